/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The v2 document as gnostic's protobuf (openapi.v2.Document), which kubectl asks for by
 * "application/com.github.proto-openapi.spec.v2@v1.0+protobuf". Each message is a table from JSON
 * members to field numbers; the pieces are the same small trees that become JSON text.
 */

#include "openapi.h"

#include <ekube/str.h>

/* ---- protobuf, as far as it is needed ---- */

enum { VARINT = 0, BYTES = 2, MAX_VARINT = 10 };

static size_t varint(uint64_t n, char out[MAX_VARINT])
{
	size_t len = 0;

	for (; n >= 0x80; n >>= 7)
		out[len++] = (char)(uint8_t)(n | 0x80);
	out[len++] = (char)(uint8_t)n;
	return len;
}

static void put_varint(struct ek_buf *b, uint64_t n)
{
	char text[MAX_VARINT];

	(void)ek_buf_append(b, text, varint(n, text));
}

static void put_key(struct ek_buf *b, unsigned field, unsigned wire)
{
	put_varint(b, (uint64_t)field << 3 | wire);
}

static void put_str(struct ek_buf *b, unsigned field, const char *s, size_t n)
{
	put_key(b, field, BYTES);
	put_varint(b, n);
	(void)ek_buf_append(b, s, n);
}

/* A message whose length is known when it is written: begin gives where it starts. */
static size_t begin(struct ek_buf *b, unsigned field)
{
	put_key(b, field, BYTES);
	return b->len;
}

static void end(struct ek_buf *b, size_t start)
{
	size_t n = b->len - start, len;
	char text[MAX_VARINT];

	len = varint(n, text);
	if (b->overflow || ek_buf_append(b, text, len) < 0) /* makes the room */
		return;
	memmove(b->data + start + len, b->data + start, n);
	memcpy(b->data + start, text, len);
}

/* ---- messages ---- */

enum pb_kind {
	PB_STR,
	PB_STRS,
	PB_BOOL,
	PB_STR_IN,  /* the only field, 1, of a message: TypeItem */
	PB_MSG,     /* through `via`, when not 0: the number in a message that has nothing else */
	PB_MSGS,
	PB_NAMED,   /* an object of any keys: a message of repeated { name, value } */
	PB_ANY,     /* Any.yaml; JSON is YAML */
	PB_ANYS,
	PB_PARAMS,  /* a list of parameters or references to them */
};

struct pb_message;

struct pb_row {
	const char              *key;
	uint8_t                  field, kind, via;
	const struct pb_message *of;
};

struct pb_message {
	const struct pb_row *rows;
	size_t               n_rows;
	unsigned             extensions; /* vendor_extension: what begins with "x-" */
};
#define PB_MESSAGE(var, rows_, extensions_) \
	static const struct pb_message var = { rows_, EK_ARRAY_LEN(rows_), extensions_ }

static const struct pb_message schema_message;

static const struct pb_row schema_rows[] = {
	{ "$ref", 1, PB_STR, 0, NULL },
	{ "format", 2, PB_STR, 0, NULL },
	{ "description", 4, PB_STR, 0, NULL },
	{ "default", 5, PB_ANY, 0, NULL },
	{ "required", 19, PB_STRS, 0, NULL },
	{ "enum", 20, PB_ANYS, 0, NULL },
	{ "additionalProperties", 21, PB_MSG, 1, &schema_message },
	{ "type", 22, PB_STR_IN, 0, NULL },
	{ "items", 23, PB_MSG, 1, &schema_message },
	{ "properties", 25, PB_NAMED, 0, &schema_message },
};
PB_MESSAGE(schema_message, schema_rows, 31);

static const struct pb_row body_rows[] = {
	{ "description", 1, PB_STR, 0, NULL },
	{ "name", 2, PB_STR, 0, NULL },
	{ "in", 3, PB_STR, 0, NULL },
	{ "required", 4, PB_BOOL, 0, NULL },
	{ "schema", 5, PB_MSG, 0, &schema_message },
};
PB_MESSAGE(body_message, body_rows, 6);

static const struct pb_row query_rows[] = {
	{ "required", 1, PB_BOOL, 0, NULL },
	{ "in", 2, PB_STR, 0, NULL },
	{ "description", 3, PB_STR, 0, NULL },
	{ "name", 4, PB_STR, 0, NULL },
	{ "type", 6, PB_STR, 0, NULL },
	{ "uniqueItems", 20, PB_BOOL, 0, NULL },
};
PB_MESSAGE(query_message, query_rows, 23);

static const struct pb_row path_param_rows[] = {
	{ "required", 1, PB_BOOL, 0, NULL },
	{ "in", 2, PB_STR, 0, NULL },
	{ "description", 3, PB_STR, 0, NULL },
	{ "name", 4, PB_STR, 0, NULL },
	{ "type", 5, PB_STR, 0, NULL },
	{ "uniqueItems", 19, PB_BOOL, 0, NULL },
};
PB_MESSAGE(path_param_message, path_param_rows, 22);

static const struct pb_row response_rows[] = {
	{ "description", 1, PB_STR, 0, NULL },
	{ "schema", 2, PB_MSG, 1, &schema_message },
};
PB_MESSAGE(response_message, response_rows, 5);

static const struct pb_row operation_rows[] = {
	{ "tags", 1, PB_STRS, 0, NULL },
	{ "description", 3, PB_STR, 0, NULL },
	{ "operationId", 5, PB_STR, 0, NULL },
	{ "produces", 6, PB_STRS, 0, NULL },
	{ "consumes", 7, PB_STRS, 0, NULL },
	{ "parameters", 8, PB_PARAMS, 0, NULL },
	{ "responses", 9, PB_NAMED, 1, &response_message },
	{ "schemes", 10, PB_STRS, 0, NULL },
};
PB_MESSAGE(operation_message, operation_rows, 13);

static const struct pb_row path_item_rows[] = {
	{ "get", 2, PB_MSG, 0, &operation_message },
	{ "put", 3, PB_MSG, 0, &operation_message },
	{ "post", 4, PB_MSG, 0, &operation_message },
	{ "delete", 5, PB_MSG, 0, &operation_message },
	{ "options", 6, PB_MSG, 0, &operation_message },
	{ "head", 7, PB_MSG, 0, &operation_message },
	{ "patch", 8, PB_MSG, 0, &operation_message },
	{ "parameters", 9, PB_PARAMS, 0, NULL },
};
PB_MESSAGE(path_item_message, path_item_rows, 10);

static const struct pb_row info_rows[] = {
	{ "title", 1, PB_STR, 0, NULL },
	{ "version", 2, PB_STR, 0, NULL },
};
PB_MESSAGE(info_message, info_rows, 7);

static const struct pb_row api_key_rows[] = {
	{ "type", 1, PB_STR, 0, NULL },
	{ "name", 2, PB_STR, 0, NULL },
	{ "in", 3, PB_STR, 0, NULL },
	{ "description", 4, PB_STR, 0, NULL },
};
PB_MESSAGE(api_key_message, api_key_rows, 5);

/* ---- from JSON ---- */

static void put_message(struct ek_buf *b, const struct pb_message *m, const struct ek_json *v);

static void put_json_str(struct ek_buf *b, unsigned field, const struct ek_json *v)
{
	put_str(b, field, ek_json_str(v), ek_json_str_len(v));
}

static void put_any(struct ek_buf *b, unsigned field, const struct ek_json *v)
{
	EK_FREE char *text = ek_json_text(v);
	size_t at = begin(b, field);

	put_str(b, 2, text, strlen(text));
	end(b, at);
}

static void put_via(struct ek_buf *b, unsigned field, unsigned via, const struct pb_message *m,
		    const struct ek_json *v)
{
	size_t outer = begin(b, field), inner = via ? begin(b, via) : 0;

	put_message(b, m, v);
	if (via)
		end(b, inner);
	end(b, outer);
}

static void put_named(struct ek_buf *b, unsigned field, const char *name, unsigned via,
		      const struct pb_message *m, const struct ek_json *v)
{
	size_t at = begin(b, field);

	put_str(b, 1, name, strlen(name));
	put_via(b, 2, via, m, v);
	end(b, at);
}

/* Parameter { BodyParameter = 1, NonBodyParameter = 2 { query = 3, path = 4 } } */
static void put_parameter(struct ek_buf *b, const struct ek_json *v)
{
	const char *in = ek_json_str_at(v, "in");

	if (ek_streq(in, "body"))
		put_via(b, 1, 0, &body_message, v);
	else if (ek_streq(in, "path"))
		put_via(b, 2, 4, &path_param_message, v);
	else
		put_via(b, 2, 3, &query_message, v);
}

/* ParametersItem { Parameter = 1, JsonReference = 2 { _ref = 1 } } */
static void put_parameters(struct ek_buf *b, unsigned field, const struct ek_json *list)
{
	for (struct ek_json_iter it = ek_json_iter(list); ek_json_next(&it);) {
		const struct ek_json *ref = ek_json_get(it.value, "$ref");
		size_t outer = begin(b, field), inner = begin(b, ref ? 2 : 1);

		if (ref)
			put_json_str(b, 1, ref);
		else
			put_parameter(b, it.value);
		end(b, inner);
		end(b, outer);
	}
}

static void put_members(struct ek_buf *b, const struct pb_row *row, const struct ek_json *v)
{
	size_t at = begin(b, row->field);

	for (struct ek_json_iter it = ek_json_iter(v); ek_json_next(&it);)
		put_named(b, 1, it.key, row->via, row->of, it.value);
	end(b, at);
}

static void put_row(struct ek_buf *b, const struct pb_row *row, const struct ek_json *v)
{
	struct ek_json_iter it = ek_json_iter(v);
	size_t at;

	switch ((enum pb_kind)row->kind) {
	case PB_STR:
		put_json_str(b, row->field, v);
		break;
	case PB_STRS:
		while (ek_json_next(&it))
			put_json_str(b, row->field, it.value);
		break;
	case PB_BOOL:
		put_key(b, row->field, VARINT);
		put_varint(b, ek_json_bool(v, false));
		break;
	case PB_STR_IN:
		at = begin(b, row->field);
		put_json_str(b, 1, v);
		end(b, at);
		break;
	case PB_MSG:
		put_via(b, row->field, row->via, row->of, v);
		break;
	case PB_MSGS:
		while (ek_json_next(&it))
			put_via(b, row->field, row->via, row->of, it.value);
		break;
	case PB_NAMED:
		put_members(b, row, v);
		break;
	case PB_ANY:
		put_any(b, row->field, v);
		break;
	case PB_ANYS:
		while (ek_json_next(&it))
			put_any(b, row->field, it.value);
		break;
	case PB_PARAMS:
		put_parameters(b, row->field, v);
		break;
	}
}

/* NamedAny { name = 1, value = 2 Any } */
static void put_extension(struct ek_buf *b, unsigned field, const char *name,
			  const struct ek_json *v)
{
	size_t at = begin(b, field);

	put_str(b, 1, name, strlen(name));
	put_any(b, 2, v);
	end(b, at);
}

static void put_message(struct ek_buf *b, const struct pb_message *m, const struct ek_json *v)
{
	for (struct ek_json_iter it = ek_json_iter(v); ek_json_next(&it);) {
		size_t i = 0;

		if (ek_str_starts(it.key, "x-")) {
			put_extension(b, m->extensions, it.key, it.value);
			continue;
		}
		while (i < m->n_rows && strcmp(m->rows[i].key, it.key) != 0)
			i++;
		EK_ASSERT(i <
			  m->n_rows); /* a member that the tables above do not know would be lost */
		put_row(b, &m->rows[i], it.value);
	}
}

/* ---- the document ---- */

struct emit {
	struct ek_buf           *out;
	unsigned                 field; /* of the named messages in the one that is open */
	const struct pb_message *of;    /* NULL: parameters */
};

static void emit_named(void *arg, const char *name, const struct ek_json *value)
{
	const struct emit *e = arg;
	size_t at, inner;

	if (e->of) {
		put_named(e->out, e->field, name, 0, e->of, value);
		return;
	}
	at = begin(e->out, e->field);
	put_str(e->out, 1, name, strlen(name));
	inner = begin(e->out, 2);
	put_parameter(e->out, value);
	end(e->out, inner);
	end(e->out, at);
}

/* SecurityDefinitions { NamedSecurityDefinitionsItem = 1 { name, value { api_key = 2 } } } */
static void put_security(struct ek_buf *out)
{
	EK_JSON struct ek_json *definitions = ek_openapi_security();
	size_t at = begin(out, 12),
	       inner; /* SecurityRequirement { NamedStringArray = 1 { name, value } } */

	inner = begin(out, 1);
	put_str(out, 1, "BearerToken", strlen("BearerToken"));
	end(out, begin(out, 2));
	end(out, inner);
	end(out, at);
	at = begin(out, 13);
	for (struct ek_json_iter it = ek_json_iter(definitions); ek_json_next(&it);)
		put_named(out, 1, it.key, 2, &api_key_message, it.value);
	end(out, at);
}

int ek_openapi_v2_pb(const struct ek_kind *const *kinds, struct ek_buf *out)
{
	EK_JSON struct ek_json *info = ek_openapi_info();
	EK_CLEANUP(ek_openapi_done) struct ek_openapi o;
	size_t at;

	ek_openapi_init(&o, 2, NULL, NULL, kinds);
	put_str(out, 1, "2.0", strlen("2.0"));
	put_via(out, 2, 0, &info_message, info);
	at = begin(out, 8);
	ek_openapi_paths(&o, emit_named,
			 &(struct emit){ .out = out, .field = 2, .of = &path_item_message });
	end(out, at);
	at = begin(out, 9);
	ek_openapi_definitions(&o, emit_named,
			       &(struct emit){ .out = out, .field = 1, .of = &schema_message });
	end(out, at);
	at = begin(out, 10);
	ek_openapi_parameters(&o, emit_named, &(struct emit){ .out = out, .field = 1 });
	end(out, at);
	put_security(out);
	return out->overflow ? EK_ETOOLARGE : 0;
}
