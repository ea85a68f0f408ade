/* SPDX-License-Identifier: Apache-2.0 */
#include "list_options.h"

#include <ekube/str.h>

static int read_match(const char *s, enum ek_rev_match *ret, struct ek_err *err)
{
	*ret = EK_REV_UNSET;
	if (ek_str_empty(s))
		return 0;
	if (ek_streq(s, "NotOlderThan"))
		*ret = EK_REV_NOT_OLDER;
	else if (ek_streq(s, "Exact"))
		*ret = EK_REV_EXACT;
	else
		return ek_fail(err, EK_EINVALID, "resourceVersionMatch: Unsupported value: \"%.80s\": supported values: "
						 "\"Exact\", \"NotOlderThan\"", s);
	return 0;
}

static int read_rev(const char *s, int64_t *ret, struct ek_err *err)
{
	*ret = -1;
	if (ek_str_empty(s))
		return 0;
	if (ek_str_to_int(s, 0, INT64_MAX, ret) < 0)
		return ek_fail(err, EK_EBADREQUEST, "Invalid value: \"%.80s\": strconv.ParseUint: parsing \"%.80s\": "
						    "invalid syntax", s, s);
	return 0;
}

static int read_query(const struct query *q, struct list_options *ret, struct ek_err *err)
{
	int64_t limit = 0;
	int rc;

	*ret = (struct list_options){
		.label_selector = query_get(q, "labelSelector"),
		.field_selector = query_get(q, "fieldSelector"),
		.continue_token = query_get(q, "continue"),
		.bookmarks = query_bool(q, "allowWatchBookmarks"),
		.initial_events = query_bool(q, "sendInitialEvents"),
	};
	if (ek_str_empty(ret->continue_token))
		ret->continue_token = NULL;
	rc = query_int(q, "limit", 0, &limit, err);
	if (rc == 0)
		rc = query_int(q, "timeoutSeconds", 0, &ret->timeout_s, err);
	if (rc == 0)
		rc = read_rev(query_get(q, "resourceVersion"), &ret->rev, err);
	if (rc == 0)
		rc = read_match(query_get(q, "resourceVersionMatch"), &ret->rev_match, err);
	ret->limit = limit > 0 ? (size_t)limit : 0;
	return rc;
}

bool list_options_read(struct request *rq, struct list_options *ret)
{
	struct ek_err err = { 0 };
	int rc = encoder_init(&rq->enc, rq->route.kind, http_header(rq->http, "accept"), &rq->query,
			      &err);

	if (rc == 0)
		rc = read_query(&rq->query, ret, &err);
	if (rc < 0)
		request_fail_err(rq, &err);
	return rc == 0;
}
