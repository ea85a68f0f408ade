/* SPDX-License-Identifier: Apache-2.0 */

/*
 * One object: get, create, update, patch, delete, deletecollection, and subresources that are
 * data.
 */

#include <ekube/str.h>
#include <stdlib.h>

#include "handlers.h"

static const struct {
	const char   *word;
	enum ek_verb  verb;
} verbs[] = {
	{ "get", EK_DO_GET },       { "create", EK_DO_CREATE }, { "update", EK_DO_UPDATE },
	{ "patch", EK_DO_PATCH },   { "delete", EK_DO_DELETE }, { "deletecollection", EK_DO_DELETE_COLLECTION },
};

static enum ek_verb verb_of(const char *word)
{
	for (size_t i = 0; i < EK_ARRAY_LEN(verbs); i++)
		if (ek_streq(verbs[i].word, word))
			return verbs[i].verb;
	return EK_DO_GET;
}

/* ---- options in the query ---- */

static int read_dry_run(struct request *rq, struct ek_err *err)
{
	const char *s = query_get(&rq->query, "dryRun");

	if (ek_str_empty(s))
		return 0;
	if (!ek_streq(s, "All"))
		return ek_fail(err, EK_EINVALID,
			       "Invalid value: \"%.80s\": supported values: \"All\"", s);
	rq->op.dry_run = true;
	return 0;
}

static int read_strictness(struct request *rq, struct ek_err *err)
{
	const char *s = query_get(&rq->query, "fieldValidation");

	rq->op.strictness = EK_FIELDS_WARN;
	if (ek_str_empty(s) || ek_streq(s, "Warn"))
		return 0;
	if (ek_streq(s, "Strict"))
		rq->op.strictness = EK_FIELDS_STRICT;
	else if (ek_streq(s, "Ignore"))
		rq->op.strictness = EK_FIELDS_IGNORE;
	else
		return ek_fail(
			err, EK_EINVALID,
			"Unsupported value: \"%.80s\": supported values: \"Ignore\", \"Strict\", "
			"\"Warn\"",
			s);
	return 0;
}

static int read_delete_options(struct request *rq, struct ek_err *err)
{
	int rc = query_int(&rq->query, "gracePeriodSeconds", -1, &rq->op.grace_s, err);

	rq->op.propagation = query_get(&rq->query, "propagationPolicy");
	if (!rq->op.propagation && query_get(&rq->query, "orphanDependents"))
		rq->op.propagation = query_bool(&rq->query, "orphanDependents") ? "Orphan" :
										  "Background";
	return rc;
}

static int read_options(struct request *rq, struct ek_err *err)
{
	const char *manager = query_get(&rq->query, "fieldManager");
	int rc = read_dry_run(rq, err);

	if (rc == 0)
		rc = read_strictness(rq, err);
	if (rc == 0)
		rc = read_delete_options(rq, err);
	if (rc == 0)
		rc = query_int(&rq->query, "resourceVersion", 0, &rq->op.rev, err);
	if (rc == 0 && manager && strlen(manager) > 128)
		rc = ek_fail(err, EK_EINVALID,
			     "fieldManager: Too long: may not be more than 128 bytes");
	rq->op.field_manager = ek_str_empty(manager) ? NULL : manager;
	rq->op.force = query_bool(&rq->query, "force");
	rq->op.label_selector = query_get(&rq->query, "labelSelector");
	rq->op.field_selector = query_get(&rq->query, "fieldSelector");
	return rc;
}

/* ---- the body ---- */

static const struct {
	const char        *media;
	enum ek_patch_type type;
} patches[] = {
	{ "application/json-patch+json", EK_PATCH_JSON },
	{ "application/merge-patch+json", EK_PATCH_MERGE_DOC },
	{ "application/strategic-merge-patch+json", EK_PATCH_STRATEGIC },
	{ "application/apply-patch+yaml", EK_PATCH_APPLY },
};

static int read_patch_type(struct request *rq, enum media *ret, struct ek_err *err)
{
	const char *type = http_header(rq->http, "content-type");

	for (size_t i = 0; type && i < EK_ARRAY_LEN(patches); i++) {
		if (!media_is(type, patches[i].media))
			continue;
		rq->op.patch_type = patches[i].type;
		*ret = patches[i].type == EK_PATCH_APPLY ? MEDIA_YAML : MEDIA_JSON;
		return 0;
	}
	return ek_fail(
		err, EK_EUNSUPPORTED,
		"the body of the request was in an unknown format - accepted media types include: "
		"application/json-patch+json, application/merge-patch+json, "
		"application/strategic-merge-patch+json, application/apply-patch+yaml");
}

/* The registry refuses or warns of them, as of unknown fields: it knows what the body is. */
static void note_duplicates(struct request *rq, char *lines, bool is_json)
{
	for (char *line; lines && (line = strsep(&lines, "\n"));) {
		if (!*line)
			continue;
		if (!rq->op.warnings)
			rq->op.warnings = ek_json_array();
		ek_json_append(rq->op.warnings,
			       ek_json_new_str(is_json ? EK_F("duplicate field \"%.200s\"", line) :
							 line));
	}
}

static int parse_body(struct request *rq, enum media media, struct ek_err *err)
{
	EK_FREE char *duplicates = NULL;
	const char *text = rq->http->body;
	size_t n = rq->http->body_len;
	int rc;

	if (n == 0)
		return 0;
	if (media == MEDIA_PROTOBUF)
		return ek_protobuf_decode(text, n, &rq->body, err);
	if (media == MEDIA_YAML)
		rc = ek_yaml_parse_dup(text, n, HTTP_MAX_BODY, &rq->body, &duplicates, err);
	else
		rc = ek_json_parse(text, n, HTTP_MAX_BODY, &rq->body, &duplicates, err);
	if (rc == 0 && (rq->op.verb == EK_DO_CREATE || rq->op.verb == EK_DO_UPDATE ||
			rq->op.verb == EK_DO_PATCH))
		note_duplicates(rq, duplicates, media == MEDIA_JSON);
	return rc;
}

static int read_body(struct request *rq, struct ek_err *err)
{
	enum media media = MEDIA_JSON;
	int rc;

	if (rq->op.verb == EK_DO_GET)
		return 0;
	if (rq->op.verb == EK_DO_PATCH)
		rc = read_patch_type(rq, &media, err);
	else
		rc = media_of_body(http_header(rq->http, "content-type"), &media, err);
	if (rc == 0)
		rc = parse_body(rq, media, err);
	if (rc < 0)
		return rc;
	if (!rq->body && rq->op.verb != EK_DO_DELETE && rq->op.verb != EK_DO_DELETE_COLLECTION)
		return ek_fail(err, EK_EBADREQUEST, "the request has no body");
	return 0;
}

/* ---- the answer ---- */

static void add_warnings(struct request *rq, const struct ek_json *warnings)
{
	for (size_t i = 0; i < ek_json_len(warnings); i++) {
		EK_BUF struct ek_buf text = EK_BUF_INIT(4096);

		/* RFC 9111's quoted-string; control characters could end the header */
		for (const char *s = ek_json_str(ek_json_elem(warnings, i)); s && *s; s++) {
			if (*s == '"' || *s == '\\')
				(void)ek_buf_char(&text, '\\');
			(void)ek_buf_char(&text, (unsigned char)*s < ' ' ? ' ' : *s);
		}
		http_add_header(rq->http, "warning",
				EK_F("299 - \"%.240s\"", text.data ? text.data : ""));
	}
}

static int status_code(const struct ek_op *op)
{
	return op->created ? 201 : op->accepted ? 202 : 200;
}

static void leave_done(struct request *rq)
{
	ek_op_done(&rq->op);
}

static void on_op(struct ek_op *op, int rc)
{
	struct request *rq = ek_container_of(op, struct request, op);
	EK_BUF struct ek_buf out = EK_BUF_INIT(EK_STORE_MAX_VALUE * 2);

	rq->leave = leave_done;
	add_warnings(rq, op->warnings);
	if (rc < 0) {
		request_fail(rq, ek_json_ref(op->status));
		return;
	}
	if (op->object)
		rc = encode_object(&rq->enc, op->object, &out);
	else
		rc = encode_json(&rq->enc, op->answer, &out);
	if (rc < 0) {
		struct ek_err err;

		(void)ek_fail(&err, EK_EINTERNAL, "the answer is too large");
		request_fail_err(rq, &err);
		return;
	}
	(void)ek_buf_char(&out, '\n');
	http_reply(rq->http, status_code(op), encoder_type(&rq->enc),
		   ek_bytes_new(out.data, out.len));
}

static void leave_op(struct request *rq)
{
	ek_op_abandon(&rq->op);
	ek_op_done(&rq->op);
}

void handle_object(struct request *rq)
{
	struct ek_err err = { 0 };

	ek_op_init(&rq->op, verb_of(rq->route.verb), rq->route.kind, on_op);
	rq->op.user = &rq->id.user;
	rq->op.ns = rq->route.ns;
	rq->op.name = rq->route.name;
	rq->op.subresource = rq->route.subresource;
	if (encoder_init(&rq->enc, rq->route.kind, http_header(rq->http, "accept"), &rq->query,
			 &err) < 0 ||
	    read_options(rq, &err) < 0 || read_body(rq, &err) < 0) {
		request_fail_err(rq, &err);
		return;
	}
	rq->op.body = rq->body;
	rq->leave = leave_op;
	ek_op_start(front_registry(rq->front), &rq->op);
}
