/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Outside JSON to the form that a Go API server would encode again: sigs.k8s.io/json decodes it
 * into structs, encoding/json writes those. Here both happen in one walk over the input.
 */

#include "decode.h"

#include <ekube/str.h>
#include <stdlib.h>

enum {
	MAX_FINDINGS = 100, /* sigs.k8s.io/json stops there too */
	MAX_PATH = 4096,
};

/* ---- errors ---- */

/* The names of struct fields down to here, as UnmarshalTypeError.Field: no keys, no indexes. */
static void fields_text(struct ek_buf *out, const struct ek_place *at)
{
	if (!at)
		return;
	fields_text(out, at->up);
	if (at->kind == EK_AT_FIELD)
		(void)ek_buf_fmt(out, "%s%s", out->len ? "." : "", at->name);
}

/* The whole path, as strict errors have it: "spec.containers[0].name". */
static void path_text(struct ek_buf *out, const struct ek_place *at)
{
	if (!at)
		return;
	path_text(out, at->up);
	if (at->kind == EK_AT_INDEX)
		(void)ek_buf_fmt(out, "[%zu]", at->i);
	else if (at->kind != EK_AT_ROOT)
		(void)ek_buf_fmt(out, "%s%s", out->len ? "." : "", at->name);
}

void ek_decode_failed(struct ek_decode *d, const char *msg)
{
	if (!d->failed)
		(void)ek_fail(&d->err, EK_EBADREQUEST, "%s", msg);
	d->failed = true;
}

void ek_decode_fatal(struct ek_decode *d, const char *msg)
{
	if (!d->fatal)
		(void)ek_fail(&d->err, EK_EBADREQUEST, "%s", msg);
	d->failed = d->fatal = true;
}

void ek_decode_mismatch(struct ek_decode *d, const struct ek_place *at, const char *what,
			const char *type)
{
	EK_BUF struct ek_buf msg = EK_BUF_INIT(MAX_PATH), path = EK_BUF_INIT(MAX_PATH);
	const struct ek_place *p = at;

	while (p->kind != EK_AT_FIELD && p->up)
		p = p->up;
	if (p->kind == EK_AT_FIELD) {
		fields_text(&path, at);
		(void)ek_buf_fmt(&msg,
				 "json: cannot unmarshal %s into Go struct field %s.%s of type %s",
				 what, ek_go_struct(p->in), path.data, type);
	} else {
		(void)ek_buf_fmt(&msg, "json: cannot unmarshal %s into Go value of type %s", what,
				 type);
	}
	ek_decode_failed(d, msg.data);
}

const char *ek_decode_what(const struct ek_json *v, bool with_number, char out[64])
{
	EK_BUF struct ek_buf number = EK_BUF_INIT(64);

	switch (ek_json_type(v)) {
	case EK_JSON_BOOL:
		return "bool";
	case EK_JSON_STR:
		return "string";
	case EK_JSON_ARRAY:
		return "array";
	case EK_JSON_OBJECT:
		return "object";
	case EK_JSON_INT:
	case EK_JSON_REAL:
		break;
	default:
		return "null";
	}
	if (!with_number || ek_json_write(v, &number) < 0)
		return "number";
	/* the parser dropped the ".0" that made it no integer */
	return ek_str_into(out, 64, "number %s%s", number.data,
			   ek_json_type(v) == EK_JSON_REAL && !strpbrk(number.data, ".eE") ? ".0" :
											     "");
}

static void mismatch_shape(struct ek_decode *d, const struct ek_field *f, enum ek_fshape shape,
			   const struct ek_json *in, const struct ek_place *at)
{
	EK_BUF struct ek_buf type = EK_BUF_INIT(MAX_PATH);
	char what[64];

	ek_go_type(&type, f, shape);
	ek_decode_mismatch(d, at, ek_decode_what(in, false, what), type.data);
}

static void found_unknown(struct ek_decode *d, const struct ek_place *at, const char *key)
{
	EK_BUF struct ek_buf path = EK_BUF_INIT(MAX_PATH), text = EK_BUF_INIT(2 * MAX_PATH);
	const struct ek_place here = { .up = at, .kind = EK_AT_KEY, .name = key };

	if (d->strictness == EK_FIELDS_IGNORE || ek_json_len(d->findings) >= MAX_FINDINGS)
		return;
	path_text(&path, &here);
	(void)ek_buf_str(&text, "unknown field ");
	ek_go_quote(&text, path.data ? path.data : "");
	if (!ek_json_has_str(d->findings, text.data))
		ek_json_append(d->findings, ek_json_new_str(text.data));
}

/* ---- zero values ---- */

static struct ek_json *zero_object(const struct ek_type *t);

/* What a Go variable of the field's type encodes to before anybody sets it. */
static struct ek_json *zero_element(const struct ek_field *f)
{
	switch (f->type) {
	case EK_F_STR:
	case EK_F_BYTES:
		return ek_json_new_strn("", 0);
	case EK_F_INT32:
	case EK_F_INT64:
	case EK_F_DOUBLE:
	case EK_F_INTORSTR:
		return ek_json_new_int(0);
	case EK_F_BOOL:
		return ek_json_new_bool(false);
	case EK_F_QUANTITY:
		return ek_json_new_str("0");
	case EK_F_DURATION:
		return ek_json_new_str("0s");
	case EK_F_OBJ:
		return zero_object(f->of);
	default:
		return ek_json_null();
	}
}

/* NULL when the field is left out of the encoding. */
static struct ek_json *zero_field(const struct ek_type_row *row)
{
	if (!row->always)
		return NULL;
	if (row->f->shape != EK_ONE || (row->f->flags & EK_POINTER))
		return ek_json_null();
	return zero_element(row->f);
}

static struct ek_json *zero_object(const struct ek_type *t)
{
	const struct ek_type_index *ix = ek_type_index(t);
	struct ek_json *out = ek_json_object();

	for (size_t i = 0; i < ix->n; i++) {
		struct ek_json *v = zero_field(&ix->rows[i]);

		if (v)
			ek_json_set(out, ix->rows[i].f->name, v);
	}
	return out;
}

/* What omitempty leaves out: structs are never empty, a pointer is when it is nil. */
static bool is_empty(const struct ek_field *f, const struct ek_json *v)
{
	if (f->shape != EK_ONE)
		return ek_json_len(v) == 0;
	if (f->flags & EK_POINTER)
		return false;
	switch (f->type) {
	case EK_F_STR:
	case EK_F_BYTES:
		return ek_json_str_len(v) == 0;
	case EK_F_INT32:
	case EK_F_INT64:
	case EK_F_DOUBLE:
		return ek_json_real(v, 0) == 0;
	case EK_F_BOOL:
		return !ek_json_bool(v, false);
	default:
		return false;
	}
}

/* ---- the walk ---- */

static struct ek_json *decode_object(struct ek_decode *d, const struct ek_type *t,
				     const struct ek_json *in, const struct ek_place *at);
static struct ek_json *decode_value(struct ek_decode *d, const struct ek_field *f,
				    enum ek_fshape shape, const struct ek_json *in,
				    const struct ek_place *at);

static struct ek_json *decode_list(struct ek_decode *d, const struct ek_field *f,
				   const struct ek_json *in, const struct ek_place *at)
{
	struct ek_place here = { .up = at, .kind = EK_AT_INDEX };
	struct ek_json *out;

	if (!ek_json_is_array(in)) {
		mismatch_shape(d, f, EK_LIST, in, at);
		return NULL;
	}
	out = ek_json_array();
	for (struct ek_json_iter it = ek_json_iter(in); !d->fatal && ek_json_next(&it);) {
		struct ek_json *v;

		here.i = it.i;
		v = decode_value(d, f, EK_ONE, it.value, &here);
		ek_json_append(out, v ? v : zero_element(f));
	}
	return out;
}

static struct ek_json *decode_map(struct ek_decode *d, const struct ek_field *f,
				  enum ek_fshape shape, const struct ek_json *in,
				  const struct ek_place *at)
{
	struct ek_place here = { .up = at, .kind = EK_AT_KEY };
	struct ek_json *out;

	if (!ek_json_is_object(in)) {
		mismatch_shape(d, f, shape, in, at);
		return NULL;
	}
	out = ek_json_object();
	for (struct ek_json_iter it = ek_json_iter(in); !d->fatal && ek_json_next(&it);) {
		struct ek_json *v;

		here.name = it.key;
		v = decode_value(d, f, shape == EK_MAP ? EK_ONE : EK_LIST, it.value, &here);
		if (!v)
			v = shape == EK_MAP ? zero_element(f) : ek_json_null();
		ek_json_set(out, it.key, v);
	}
	return out;
}

/* NULL for null and for what was refused. */
static struct ek_json *decode_value(struct ek_decode *d, const struct ek_field *f,
				    enum ek_fshape shape, const struct ek_json *in,
				    const struct ek_place *at)
{
	if (ek_json_is_null(in))
		return NULL;
	switch (shape) {
	case EK_LIST:
		return decode_list(d, f, in, at);
	case EK_MAP:
	case EK_MAP_OF_LISTS:
		return decode_map(d, f, shape, in, at);
	case EK_ONE:
		break;
	}
	if (f->type == EK_F_OBJ)
		return decode_object(d, f->of, in, at);
	if (f->type == EK_F_RAW)
		return ek_json_copy(in);
	return ek_decode_scalar(d, f, in, at);
}

/* The member as it will be encoded, NULL when it is as if it had not been given. */
static struct ek_json *decode_member(struct ek_decode *d, const struct ek_type *t,
				     const struct ek_field *f, const struct ek_json *in,
				     const struct ek_place *at)
{
	const struct ek_place here = { .up = at, .kind = EK_AT_FIELD, .in = t, .name = f->name };
	struct ek_json *v = decode_value(d, f, f->shape, in, &here);

	if (!v || !is_empty(f, v))
		return v;
	ek_json_unref(v);
	return NULL;
}

/* Reads the members in the order they came, so that errors come in that order too. */
static void read_members(struct ek_decode *d, const struct ek_type *t, const struct ek_json *in,
			 const struct ek_place *at, struct ek_json **values)
{
	const struct ek_type_index *ix = ek_type_index(t);

	for (struct ek_json_iter it = ek_json_iter(in); !d->fatal && ek_json_next(&it);) {
		int i = ek_type_find(ix, it.key);

		if (i >= 0)
			values[i] = decode_member(d, t, ix->rows[i].f, it.value, at);
		else if (!(t->flags & EK_OPEN))
			found_unknown(d, at, it.key);
	}
}

static void keep_open_members(const struct ek_type *t, const struct ek_json *in,
			      struct ek_json *out)
{
	const struct ek_type_index *ix = ek_type_index(t);

	for (struct ek_json_iter it = ek_json_iter(in); ek_json_next(&it);)
		if (ek_type_find(ix, it.key) < 0)
			ek_json_set(out, it.key, ek_json_copy(it.value));
}

static struct ek_json *decode_object(struct ek_decode *d, const struct ek_type *t,
				     const struct ek_json *in, const struct ek_place *at)
{
	const struct ek_type_index *ix = ek_type_index(t);
	struct ek_json *few[EK_TYPE_FEW] = { 0 };
	EK_FREE struct ek_json **many = ix->n > EK_TYPE_FEW ? ek_calloc(ix->n, sizeof(*many)) :
							      NULL;
	struct ek_json **values = many ? many : few;
	struct ek_json *out;
	char what[64];

	if (!ek_json_is_object(in)) {
		ek_decode_mismatch(d, at, ek_decode_what(in, false, what), ek_go_package_struct(t));
		return NULL;
	}
	read_members(d, t, in, at, values);
	out = ek_json_object();
	for (size_t i = 0; i < ix->n; i++) {
		struct ek_json *v = values[i] ? values[i] : zero_field(&ix->rows[i]);

		if (v)
			ek_json_set(out, ix->rows[i].f->name, v);
	}
	if (t->flags & EK_OPEN)
		keep_open_members(t, in, out);
	return out;
}

/* runtime.strictDecodingError: all of them in one line. */
static int strict_error(const struct ek_json *findings, struct ek_err *err)
{
	EK_BUF struct ek_buf text = EK_BUF_INIT(MAX_FINDINGS * 2 * MAX_PATH);

	for (struct ek_json_iter it = ek_json_iter(findings); ek_json_next(&it);)
		(void)ek_buf_fmt(&text, "%s%s", it.i ? ", " : "", ek_json_str(it.value));
	return ek_fail(err, EK_EBADREQUEST, "strict decoding error: %s", text.data);
}

int ek_schema_decode(const struct ek_type *t, const struct ek_json *in,
		     enum ek_strictness strictness, struct ek_json **ret, struct ek_json *warnings,
		     struct ek_err *err)
{
	EK_JSON struct ek_json *own = warnings ? NULL : ek_json_array();
	const struct ek_place root = { .kind = EK_AT_ROOT, .in = t };
	struct ek_decode d = { .strictness = strictness, .findings = own ? own : warnings };
	EK_JSON struct ek_json *out = decode_object(&d, t, in, &root);

	if (d.failed)
		return ek_fail(err, d.err.code, "%s", d.err.msg);
	if (strictness == EK_FIELDS_STRICT && ek_json_len(d.findings) > 0)
		return strict_error(d.findings, err);
	*ret = ek_steal(out);
	return 0;
}
