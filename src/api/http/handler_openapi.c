/* SPDX-License-Identifier: Apache-2.0 */

/*
 * OpenAPI documents. They are large and asked for seldom, and clients keep them by their hash: made
 * when asked, from the kinds' tables, and dropped.
 */

#include <ekube/crypto.h>
#include <ekube/str.h>
#include <stdlib.h>

#include "handlers.h"
#include "paths.h"

/* Asked for with an '@', which no media type may have; answered without. */
#define V2_PROTOBUF       "application/com.github.proto-openapi.spec.v2.v1.0+protobuf"
#define V2_PROTOBUF_ASKED "application/com.github.proto-openapi.spec.v2@v1.0+protobuf"

enum { MAX_DOCUMENT = 32 << 20 };

static void hash_text(const struct ek_buf *doc, char out[65])
{
	uint8_t digest[32];

	ek_sha256(doc->data, doc->len, digest);
	ek_hex(digest, sizeof(digest), out);
}

static void reply_document(struct request *rq, const char *type, const struct ek_buf *doc)
{
	char hash[65], etag[68];

	hash_text(doc, hash);
	(void)ek_str_into(etag, sizeof(etag), "\"%s\"", hash);
	http_add_header(rq->http, "etag", etag);
	http_add_header(rq->http, "vary", "Accept-Encoding, Accept");
	if (ek_streq(http_header(rq->http, "if-none-match"), etag))
		http_reply(rq->http, 304, NULL, NULL);
	else
		http_reply(rq->http, 200, type, ek_bytes_new(doc->data, doc->len));
}

void handle_openapi_v2(struct request *rq)
{
	const char *accept = http_header(rq->http, "accept");
	bool protobuf = accept &&
			(strstr(accept, V2_PROTOBUF) || strstr(accept, V2_PROTOBUF_ASKED));
	EK_BUF struct ek_buf doc = EK_BUF_INIT(MAX_DOCUMENT);

	if (protobuf)
		(void)ek_openapi_v2_pb(ek_kinds, &doc);
	else
		(void)ek_openapi_v2(ek_kinds, &doc);
	reply_document(rq, protobuf ? V2_PROTOBUF : "application/json", &doc);
}

/* "api/v1" or "apis/apps/v1" of a kind. */
static char *document_path(const struct ek_kind *k)
{
	return *k->group ? ek_str_fmt("apis/%s/%s", k->group, k->version) :
			   ek_str_fmt("api/%s", k->version);
}

static bool is_first_of_version(size_t i)
{
	for (size_t n = 0; n < i; n++)
		if (ek_streq(ek_kinds[n]->group, ek_kinds[i]->group) &&
		    ek_streq(ek_kinds[n]->version, ek_kinds[i]->version))
			return false;
	return true;
}

static void reply_root(struct request *rq)
{
	EK_JSON struct ek_json *paths = ek_json_object();

	for (size_t i = 0; ek_kinds[i]; i++) {
		EK_BUF struct ek_buf doc = EK_BUF_INIT(MAX_DOCUMENT);
		EK_FREE char *path = document_path(ek_kinds[i]);
		char hash[65];

		if (!is_first_of_version(i))
			continue;
		(void)ek_openapi_v3(ek_kinds[i]->group, ek_kinds[i]->version, ek_kinds, &doc);
		hash_text(&doc, hash);
		ek_json_set(paths, path,
			    ek_json_make("{'serverRelativeURL':'/openapi/v3/%s?hash=%s'}", path,
					 hash));
	}
	http_reply_json(rq->http, 200, ek_json_make("{'paths':%v}", paths));
}

void handle_openapi_v3(struct request *rq)
{
	const char *wanted = rq->http->path + strlen("/openapi/v3");
	struct ek_err err;

	wanted += strspn(wanted, "/");
	if (!*wanted) {
		reply_root(rq);
		return;
	}
	for (size_t i = 0; ek_kinds[i]; i++) {
		EK_FREE char *path = document_path(ek_kinds[i]);
		EK_BUF struct ek_buf doc = EK_BUF_INIT(MAX_DOCUMENT);

		if (!ek_streq(path, wanted))
			continue;
		(void)ek_openapi_v3(ek_kinds[i]->group, ek_kinds[i]->version, ek_kinds, &doc);
		reply_document(rq, "application/json", &doc);
		return;
	}
	(void)ek_fail(&err, EK_ENOTFOUND, "the server could not find the requested resource");
	request_fail_err(rq, &err);
}
