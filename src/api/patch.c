/* SPDX-License-Identifier: Apache-2.0 */
#include "core.h"

#include "status.h"

#include <ekube/str.h>

/* The text of a patch or of its result, as messages show it. */
static char *as_text(const struct ek_json *v)
{
	struct ek_buf out = EK_BUF_INIT(EK_JSON_MAX_BYTES);

	(void)ek_json_write(v, &out);
	return ek_buf_steal(&out);
}

static int rejected(struct ek_request *q, const struct ek_err *err)
{
	switch (err->code) {
	case EK_EINVALID:
		/* the API server hides the library's words behind its own */
		return ek_request_fail(
			q,
			ek_status_new(
				EK_EINVALID, NULL, NULL, NULL,
				"the server rejected our request due to an error in our request"));
	case EK_ETOOLARGE:
		return ek_request_fail(q, ek_status_too_large("%s", err->msg));
	default:
		return ek_request_fail(q, ek_status_bad_request("%s", err->msg));
	}
}

static int refuse_apply(struct ek_request *q)
{
	return ek_request_fail(
		q,
		ek_status_new(
			EK_EUNSUPPORTED, NULL, NULL, NULL,
			"the body of the request was in an unknown format - accepted media types include: "
			"application/json-patch+json, application/merge-patch+json, application/strategic-merge-patch+json"));
}

int ek_patch_apply(struct ek_request *q, const struct ek_type *type, const struct ek_json *doc,
		   struct ek_json **ret)
{
	const struct ek_json *patch = q->op->body;
	struct ek_err err = { 0 };
	int rc;

	switch (q->op->patch_type) {
	case EK_PATCH_JSON:
		rc = ek_json_patch(doc, patch, ret, &err);
		break;
	case EK_PATCH_MERGE_DOC:
		if (!ek_json_is_object(patch))
			return ek_request_fail(q, ek_status_bad_request("Invalid JSON Patch"));
		*ret = ek_merge_patch(doc, patch);
		return 0;
	case EK_PATCH_STRATEGIC:
		if (!ek_json_is_object(patch))
			return ek_request_fail(
				q,
				ek_status_bad_request(
					"json: cannot unmarshal non-object into Go value of type map[string]interface {}"));
		rc = ek_strategic_patch(type, doc, patch, ret, &err);
		break;
	default:
		return refuse_apply(q);
	}
	return rc < 0 ? rejected(q, &err) : 0;
}

int ek_patch_decode(struct ek_request *q, const struct ek_type *type, const struct ek_json *patched,
		    struct ek_json **ret)
{
	struct ek_causes causes = { 0 };
	struct ek_path at = { 0 };
	struct ek_err err;
	int rc;

	if (!ek_json_is_object(patched))
		ek_fail(&err, EK_EBADREQUEST, "json: cannot unmarshal non-object into Go value");
	else if (ek_schema_decode(type, patched, q->op->strictness, ret, q->warnings, &err) == 0)
		return 0;
	if (q->op->patch_type == EK_PATCH_STRATEGIC || ek_json_is_object(patched)) {
		EK_FREE char *text =
			as_text(q->op->patch_type == EK_PATCH_STRATEGIC ? q->op->body : patched);
		EK_JSON struct ek_json *shown = ek_json_new_str(text);

		(void)ek_path_push(&at, "patch");
		ek_cause_add(&causes, EK_CAUSE_INVALID, &at, shown, "%s", err.msg);
	}
	rc = ek_request_fail(q, ek_status_invalid_of("", "", "", &causes));
	ek_causes_done(&causes);
	return rc;
}
