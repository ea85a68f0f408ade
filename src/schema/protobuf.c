/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Objects in Kubernetes' protobuf form, read by the tables' field numbers. Typed clients (kubectl
 * 1.32 among them) send their bodies so; answers they take as JSON.
 *
 *	"k8s\0" Unknown{ 1: TypeMeta{ 1: apiVersion, 2: kind }, 2: raw,
 *			 3: contentEncoding, 4: contentType }
 *
 * The result is plain JSON with everything that was on the wire; what ek_schema_decode() makes of
 * it is what it would make of the same object in JSON. Source: generated.proto of each group,
 * k8s.io/apimachinery/pkg/runtime/serializer/protobuf, and the protocol buffers encoding.
 */

#include <ekube/schema.h>

#include <ekube/clock.h>
#include <ekube/str.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_DEPTH = 64 };

enum wire { WIRE_VARINT = 0, WIRE_FIXED64 = 1, WIRE_BYTES = 2, WIRE_FIXED32 = 5 };

struct reader {
	const uint8_t *p, *end;
};

/* One field on the wire: a number, or bytes. */
struct item {
	uint32_t      number;
	enum wire     wire;
	uint64_t      value;
	struct reader bytes;
};

static int damaged(struct ek_err *err)
{
	return ek_fail(err, EK_EBADREQUEST, "the protobuf body of the request is damaged");
}

static bool get_varint(struct reader *r, uint64_t *ret)
{
	uint64_t v = 0;

	for (unsigned shift = 0; shift < 64; shift += 7) {
		uint8_t b;

		if (r->p == r->end)
			return false;
		b = *r->p++;
		v |= (uint64_t)(b & 0x7f) << shift;
		if (!(b & 0x80)) {
			*ret = v;
			return true;
		}
	}
	return false;
}

static bool get_fixed(struct reader *r, unsigned n, uint64_t *ret)
{
	if ((size_t)(r->end - r->p) < n)
		return false;
	*ret = 0;
	for (unsigned i = 0; i < n; i++)
		*ret |= (uint64_t)r->p[i] << (8 * i);
	r->p += n;
	return true;
}

static bool get_bytes(struct reader *r, struct reader *ret)
{
	uint64_t n;

	if (!get_varint(r, &n) || n > (uint64_t)(r->end - r->p))
		return false;
	*ret = (struct reader){ r->p, r->p + n };
	r->p += n;
	return true;
}

/* 1: an item; 0: the end; -1: damaged. */
static int next_item(struct reader *r, struct item *ret)
{
	uint64_t tag;
	bool ok;

	if (r->p == r->end)
		return 0;
	if (!get_varint(r, &tag) || tag >> 3 == 0 || tag >> 3 > UINT32_MAX)
		return -1;
	*ret = (struct item){ .number = (uint32_t)(tag >> 3), .wire = (enum wire)(tag & 7) };
	switch (ret->wire) {
	case WIRE_VARINT:
		ok = get_varint(r, &ret->value);
		break;
	case WIRE_FIXED64:
		ok = get_fixed(r, 8, &ret->value);
		break;
	case WIRE_FIXED32:
		ok = get_fixed(r, 4, &ret->value);
		break;
	case WIRE_BYTES:
		ok = get_bytes(r, &ret->bytes);
		break;
	default:
		ok = false;
	}
	return ok ? 1 : -1;
}

static struct ek_json *text_of(const struct reader *r)
{
	return ek_json_new_strn((const char *)r->p, (size_t)(r->end - r->p));
}

/* ---- messages that stand for one value ---- */

/* Time{ 1: seconds, 2: nanos }; empty is the zero time. */
static int time_value(struct reader r, bool micro, struct ek_json **ret)
{
	int64_t seconds = 0, nanos = 0;
	bool any = false;
	struct item it;
	char text[40];
	int rc;

	while ((rc = next_item(&r, &it)) > 0) {
		any = true;
		if (it.number == 1)
			seconds = (int64_t)it.value;
		else if (it.number == 2)
			nanos = (int64_t)it.value;
	}
	if (rc < 0 || seconds > INT64_MAX / 1000000 || seconds < INT64_MIN / 1000000)
		return -1;
	if (!any) {
		*ret = ek_json_null();
		return 0;
	}
	if (micro)
		ek_time_format_micro(seconds * 1000000 + nanos / 1000, text);
	else
		ek_time_format(seconds * 1000000, text);
	*ret = ek_json_new_str(text);
	return 0;
}

/* Quantity{ 1: string }, Duration{ 1: nanoseconds }, RawExtension and FieldsV1{ 1: JSON }. */
static int wrapped_value(struct reader r, uint8_t type, struct ek_json **ret)
{
	struct item it, last = { 0 };
	char text[32];
	int rc;

	while ((rc = next_item(&r, &it)) > 0)
		if (it.number == 1)
			last = it;
	if (rc < 0)
		return -1;
	if (type == EK_F_DURATION) {
		ek_duration_format((int64_t)last.value, text);
		*ret = ek_json_new_str(text);
		return 0;
	}
	if (!last.bytes.p) {
		*ret = type == EK_F_QUANTITY ? ek_json_new_str("0") : ek_json_null();
		return 0;
	}
	if (type == EK_F_QUANTITY) {
		*ret = text_of(&last.bytes);
		return 0;
	}
	return ek_json_parse((const char *)last.bytes.p, (size_t)(last.bytes.end - last.bytes.p),
			     EK_JSON_MAX_BYTES, ret, NULL, NULL);
}

/* IntOrString{ 1: type (0 int, 1 string), 2: intVal, 3: strVal }. */
static int int_or_string(struct reader r, struct ek_json **ret)
{
	uint64_t type = 0, number = 0;
	struct reader text = { 0 };
	struct item it;
	int rc;

	while ((rc = next_item(&r, &it)) > 0) {
		if (it.number == 1)
			type = it.value;
		else if (it.number == 2)
			number = it.value;
		else if (it.number == 3)
			text = it.bytes;
	}
	if (rc < 0)
		return -1;
	*ret = type ? text_of(&text) : ek_json_new_int((int32_t)number);
	return 0;
}

/* ---- fields by their rows ---- */

static int message(const struct ek_type *t, struct reader r, unsigned depth, struct ek_json *into);

static int bytes_value(const struct reader *r, struct ek_json **ret)
{
	EK_FREE char *text = ek_base64_encode(r->p, (size_t)(r->end - r->p), false);

	*ret = ek_json_new_str(text);
	return 0;
}

static int double_value(uint64_t bits, struct ek_json **ret)
{
	double d;

	memcpy(&d, &bits, sizeof(d));
	*ret = ek_json_new_real(d);
	return 0;
}

/* One value of a field's type; for lists one element, for maps one member's value. */
static int value_of(const struct ek_field *f, const struct item *it, unsigned depth,
		    struct ek_json **ret)
{
	bool is_bytes = it->wire == WIRE_BYTES;

	switch ((enum ek_ftype)f->type) {
	case EK_F_INT32:
		*ret = ek_json_new_int((int32_t)it->value);
		return is_bytes ? -1 : 0;
	case EK_F_INT64:
		*ret = ek_json_new_int((int64_t)it->value);
		return is_bytes ? -1 : 0;
	case EK_F_BOOL:
		*ret = ek_json_new_bool(it->value != 0);
		return is_bytes ? -1 : 0;
	case EK_F_DOUBLE:
		return is_bytes ? -1 : double_value(it->value, ret);
	default:
		break;
	}
	if (!is_bytes)
		return -1;
	switch ((enum ek_ftype)f->type) {
	case EK_F_STR:
		*ret = text_of(&it->bytes);
		return 0;
	case EK_F_BYTES:
		return bytes_value(&it->bytes, ret);
	case EK_F_TIME:
		return time_value(it->bytes, false, ret);
	case EK_F_MICROTIME:
		return time_value(it->bytes, true, ret);
	case EK_F_INTORSTR:
		return int_or_string(it->bytes, ret);
	case EK_F_OBJ:
		*ret = ek_json_object();
		return message(f->of, it->bytes, depth + 1, *ret);
	default:
		return wrapped_value(it->bytes, f->type, ret);
	}
}

/* A list as a message of its own (map values): { 1: element, 1: element, ... }. */
static int list_message(const struct ek_field *f, struct reader r, unsigned depth,
			struct ek_json **ret)
{
	struct item it;
	int rc;

	*ret = ek_json_array();
	while ((rc = next_item(&r, &it)) > 0) {
		struct ek_json *v = NULL;

		if (value_of(f, &it, depth, &v) < 0) {
			ek_json_unref(v);
			return -1;
		}
		ek_json_append(*ret, v);
	}
	return rc;
}

/* A member of a map: { 1: key, 2: value }. */
static int member(const struct ek_field *f, struct reader r, unsigned depth, struct ek_json *map)
{
	EK_JSON struct ek_json *key = NULL;
	EK_JSON struct ek_json *v = NULL;
	struct item it, value = { .wire = WIRE_BYTES };
	int rc;

	while ((rc = next_item(&r, &it)) > 0) {
		if (it.number == 1 && it.wire == WIRE_BYTES && !key)
			key = text_of(&it.bytes);
		else if (it.number == 2)
			value = it;
	}
	if (rc < 0)
		return -1;
	if (f->shape == EK_MAP_OF_LISTS)
		rc = list_message(f, value.bytes, depth, &v);
	else
		rc = value_of(f, &value, depth, &v);
	if (rc == 0)
		ek_json_set(map, key ? ek_json_str(key) : "", ek_steal(v));
	return rc;
}

static struct ek_json *need(struct ek_json *obj, const char *name, struct ek_json *(*make)(void))
{
	struct ek_json *v = ek_json_get(obj, name);

	if (!v) {
		v = make();
		ek_json_set(obj, name, v);
	}
	return v;
}

static int put_field(const struct ek_field *f, const struct item *it, unsigned depth,
		     struct ek_json *into)
{
	struct ek_json *v = NULL;

	if (f->flags & EK_INLINE)
		return it->wire == WIRE_BYTES ? message(f->of, it->bytes, depth + 1, into) : -1;
	if (f->shape == EK_MAP || f->shape == EK_MAP_OF_LISTS)
		return it->wire == WIRE_BYTES ?
			       member(f, it->bytes, depth, need(into, f->name, ek_json_object)) :
			       -1;
	if (value_of(f, it, depth, &v) < 0) {
		ek_json_unref(v);
		return -1;
	}
	if (f->shape == EK_LIST)
		ek_json_append(need(into, f->name, ek_json_array), v);
	else
		ek_json_set(into, f->name, v);
	return 0;
}

static const struct ek_field *by_number(const struct ek_type *t, uint32_t number)
{
	for (size_t i = 0; i < t->n_fields; i++)
		if (t->fields[i].pb == number)
			return &t->fields[i];
	return NULL;
}

/* Numbers without a row are of a newer version: skipped, as protocol buffers want it. */
static int message(const struct ek_type *t, struct reader r, unsigned depth, struct ek_json *into)
{
	struct item it;
	int rc;

	if (depth > MAX_DEPTH)
		return -1;
	while ((rc = next_item(&r, &it)) > 0) {
		const struct ek_field *f = by_number(t, it.number);

		if (f && put_field(f, &it, depth, into) < 0)
			return -1;
	}
	return rc;
}

/* ---- the envelope ---- */

static const struct ek_type *type_of(const char *group, const char *version, const char *kind)
{
	const struct ek_kind *k = ek_kind_find(group, version, kind);

	if (k)
		return k->type;
	if (ek_streq(kind, "DeleteOptions"))
		return &ek_type_delete_options;
	for (const struct ek_kind *const *each = ek_kinds; *each; each++)
		for (const struct ek_subresource *s = (*each)->subresources; s && s->name; s++)
			if (s->type && ek_streq(s->kind, kind) && ek_streq(s->group, group))
				return s->type;
	return NULL;
}

static int type_meta(struct reader r, struct ek_json *obj)
{
	struct item it;
	int rc;

	while ((rc = next_item(&r, &it)) > 0)
		if (it.wire == WIRE_BYTES && it.number <= 2)
			ek_json_set(obj, it.number == 1 ? "apiVersion" : "kind",
				    text_of(&it.bytes));
	return rc;
}

static int decode_raw(struct ek_json *obj, struct reader raw, struct ek_err *err)
{
	const char *api_version = ek_json_str_at(obj, "apiVersion"),
		   *kind = ek_json_str_at(obj, "kind");
	EK_FREE char *group = ek_str_dup(api_version ? api_version : "");
	char *slash = strchr(group, '/');
	const char *version = slash ? slash + 1 : group;
	const struct ek_type *t;

	if (slash)
		*slash = '\0';
	t = type_of(slash ? group : "", version, kind ? kind : "");
	if (!t)
		return ek_fail(err, EK_EBADREQUEST,
			       "no kind \"%.100s\" is registered for version \"%.100s\"",
			       kind ? kind : "", api_version ? api_version : "");
	return message(t, raw, 0, obj) < 0 ? damaged(err) : 0;
}

int ek_protobuf_decode(const void *data, size_t n, struct ek_json **ret, struct ek_err *err)
{
	EK_JSON struct ek_json *obj = ek_json_object();
	struct reader r = { data, (const uint8_t *)data + n }, raw = { 0 };
	struct item it;
	int rc;

	if (n < 4 || memcmp(data, "k8s", 4) != 0)
		return ek_fail(
			err, EK_EBADREQUEST,
			"the body of the request does not begin as Kubernetes' protobuf does");
	r.p += 4;
	while ((rc = next_item(&r, &it)) > 0) {
		if (it.number == 1 && it.wire == WIRE_BYTES && type_meta(it.bytes, obj) < 0)
			return damaged(err);
		if (it.number == 2 && it.wire == WIRE_BYTES)
			raw = it.bytes;
	}
	if (rc < 0)
		return damaged(err);
	rc = decode_raw(obj, raw, err);
	if (rc == 0)
		*ret = ek_steal(obj);
	return rc;
}
