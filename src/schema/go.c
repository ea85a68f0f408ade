/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Go's way of printing values. Kubernetes builds its messages with fmt's %q, %v and %#v, so
 * clients see Go's syntax in them; what they see is what we must say.
 */

#include "type.h"

#include <ekube/str.h>
#include <ctype.h>
#include <stdlib.h>

/* ---- strconv.Quote ---- */

/* Code points from 0x80 on that unicode.IsPrint denies, as far as people meet them. */
static const struct {
	uint32_t from, to;
} unprintable[] = {
	{ 0x80, 0xa0 }, { 0xad, 0xad }, { 0x61c, 0x61c }, { 0x1680, 0x1680 }, { 0x180e, 0x180e },
	{ 0x2000, 0x200f }, { 0x2028, 0x202f }, { 0x205f, 0x206f }, { 0x3000, 0x3000 },
	{ 0xd800, 0xf8ff }, { 0xfeff, 0xfeff }, { 0xfff0, 0xfffb }, { 0xfffe, 0xffff },
	{ 0xe0000, 0x10ffff },
};

static bool is_print(uint32_t c)
{
	for (size_t i = 0; i < EK_ARRAY_LEN(unprintable); i++)
		if (c >= unprintable[i].from && c <= unprintable[i].to)
			return false;
	return c >= 0x20 && c != 0x7f;
}

/* One character of UTF-8; 1 and *ret = UINT32_MAX for a byte that starts none. */
static size_t take_char(const unsigned char *s, uint32_t *ret)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t n = s[0] < 0x80	     ? 1 :
		   (s[0] >> 5) == 6  ? 2 :
		   (s[0] >> 4) == 14 ? 3 :
		   (s[0] >> 3) == 30 ? 4 :
				       0;
	uint32_t c = n == 1 ? s[0] : n ? s[0] & (0x7fu >> n) : 0;

	*ret = UINT32_MAX;
	if (n == 0)
		return 1;
	for (size_t i = 1; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 1;
		c = c << 6 | (s[i] & 0x3fu);
	}
	if (n > 1 && (c < least[n] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff)))
		return 1;
	*ret = c;
	return n;
}

static void quote_char(struct ek_buf *out, const char *s, size_t n, uint32_t c)
{
	static const char names[] = "abtnvfr"; /* 7..13 */

	if (c == UINT32_MAX)
		(void)ek_buf_fmt(out, "\\x%02x", (unsigned char)*s);
	else if (c == '"' || c == '\\')
		(void)ek_buf_fmt(out, "\\%c", (char)c);
	else if (is_print(c))
		(void)ek_buf_append(out, s, n);
	else if (c >= 7 && c <= 13)
		(void)ek_buf_fmt(out, "\\%c", names[c - 7]);
	else if (c < 0x20 || c == 0x7f)
		(void)ek_buf_fmt(out, "\\x%02x", (unsigned)c);
	else if (c < 0x10000)
		(void)ek_buf_fmt(out, "\\u%04x", (unsigned)c);
	else
		(void)ek_buf_fmt(out, "\\U%08x", (unsigned)c);
}

void ek_go_quote(struct ek_buf *out, const char *s)
{
	(void)ek_buf_char(out, '"');
	while (*s) {
		uint32_t c;
		size_t n = take_char((const unsigned char *)s, &c);

		quote_char(out, s, n, c);
		s += n;
	}
	(void)ek_buf_char(out, '"');
}

/* ---- %v of what encoding/json makes of any JSON ---- */

static int compare(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The keys in the order in which Go prints maps; free the array, not the keys. */
static const char **sorted_keys(const struct ek_json *obj, size_t *ret_n)
{
	const char **keys = ek_calloc(ek_json_len(obj) + 1, sizeof(*keys));
	size_t n = 0;

	for (struct ek_json_iter it = ek_json_iter(obj); ek_json_next(&it);)
		keys[n++] = it.key;
	qsort(keys, n, sizeof(*keys), compare);
	*ret_n = n;
	return keys;
}

static void print_map(struct ek_buf *out, const struct ek_json *v)
{
	size_t n;
	EK_FREE const char **keys = sorted_keys(v, &n);

	(void)ek_buf_str(out, "map[");
	for (size_t i = 0; i < n; i++) {
		(void)ek_buf_fmt(out, "%s%s:", i ? " " : "", keys[i]);
		ek_go_print(out, ek_json_get(v, keys[i]));
	}
	(void)ek_buf_char(out, ']');
}

void ek_go_print(struct ek_buf *out, const struct ek_json *v)
{
	switch (ek_json_type(v)) {
	case EK_JSON_ABSENT:
	case EK_JSON_NULL:
		(void)ek_buf_str(out, "<nil>");
		break;
	case EK_JSON_STR:
		(void)ek_buf_str(out, ek_json_str(v));
		break;
	case EK_JSON_OBJECT:
		print_map(out, v);
		break;
	case EK_JSON_ARRAY:
		(void)ek_buf_char(out, '[');
		for (struct ek_json_iter it = ek_json_iter(v); ek_json_next(&it);) {
			(void)ek_buf_str(out, it.i ? " " : "");
			ek_go_print(out, it.value);
		}
		(void)ek_buf_char(out, ']');
		break;
	default:
		(void)ek_json_write(v, out);
		break;
	}
}

/* ---- names of types ---- */

static const char *last_parts(const char *name, int n)
{
	const char *p = name + strlen(name);

	while (p > name && !(p[-1] == '.' && --n == 0))
		p--;
	return p;
}

const char *ek_go_struct(const struct ek_type *t)
{
	return last_parts(t->name, 1);
}

const char *ek_go_package_struct(const struct ek_type *t)
{
	return last_parts(t->name, 2);
}

static const char *element_type(const struct ek_field *f)
{
	switch (f->type) {
	case EK_F_OBJ:
		return ek_go_package_struct(f->of);
	case EK_F_RAW:
		return f->of ? ek_go_package_struct(f->of) : "runtime.RawExtension";
	case EK_F_BYTES:
		return "[]uint8";
	case EK_F_TIME:
		return "v1.Time";
	case EK_F_MICROTIME:
		return "v1.MicroTime";
	case EK_F_DURATION:
		return "v1.Duration";
	case EK_F_QUANTITY:
		return "resource.Quantity";
	case EK_F_INTORSTR:
		return "intstr.IntOrString";
	default:
		break;
	}
	/* in a map of lists it is the list that has a name */
	if (f->go && f->shape != EK_MAP_OF_LISTS)
		return f->go;
	switch (f->type) {
	case EK_F_INT32:
		return "int32";
	case EK_F_INT64:
		return "int64";
	case EK_F_BOOL:
		return "bool";
	case EK_F_DOUBLE:
		return "float64";
	default:
		return "string";
	}
}

void ek_go_type(struct ek_buf *out, const struct ek_field *f, enum ek_fshape shape)
{
	bool named_lists = f->shape == EK_MAP_OF_LISTS && f->go;

	if (shape == EK_MAP && f->type == EK_F_QUANTITY) {
		(void)ek_buf_str(out, "v1.ResourceList");
		return;
	}
	if (shape == EK_MAP || shape == EK_MAP_OF_LISTS)
		(void)ek_buf_str(out, "map[string]");
	if (named_lists && (shape == EK_LIST || shape == EK_MAP_OF_LISTS)) {
		(void)ek_buf_str(out, f->go);
		return;
	}
	if (shape == EK_LIST || shape == EK_MAP_OF_LISTS)
		(void)ek_buf_str(out, "[]");
	(void)ek_buf_str(out, element_type(f));
}

/* ---- %#v ---- */

static bool all_strings(const struct ek_json *v)
{
	for (struct ek_json_iter it = ek_json_iter(v); ek_json_next(&it);)
		if (!ek_json_str(it.value))
			return false;
	return true;
}

void ek_go_syntax(struct ek_buf *out, const struct ek_json *v)
{
	static const struct ek_field strings = { .type = EK_F_STR };

	if (ek_json_str(v))
		ek_go_quote(out, ek_json_str(v));
	else if (ek_json_is_array(v) && all_strings(v))
		ek_go_syntax_of(out, &strings, EK_LIST, v);
	else if (ek_json_is_object(v) && all_strings(v))
		ek_go_syntax_of(out, &strings, EK_MAP, v);
	else
		(void)ek_json_write(v, out);
}

/* Go's name of a field: its JSON name with a capital, but for initialisms. */
static void field_name(struct ek_buf *out, const char *json)
{
	static const char *const special[][2] = {
		{ "uid", "UID" },
		{ "ip", "IP" },
		{ "apiVersion", "APIVersion" },
		{ "apiGroup", "APIGroup" },
		{ "apiGroups", "APIGroups" },
		{ "url", "URL" },
		{ "httpGet", "HTTPGet" },
		{ "tcpSocket", "TCPSocket" },
		{ "dnsPolicy", "DNSPolicy" },
		{ "dnsConfig", "DNSConfig" },
	};

	for (size_t i = 0; i < EK_ARRAY_LEN(special); i++)
		if (strcmp(json, special[i][0]) == 0) {
			(void)ek_buf_str(out, special[i][1]);
			return;
		}
	(void)ek_buf_char(out, (char)toupper((unsigned char)*json));
	(void)ek_buf_str(out, json + 1);
}

static void syntax_struct(struct ek_buf *out, const struct ek_type *t, const struct ek_json *v)
{
	const struct ek_type_index *ix = ek_type_index(t);

	(void)ek_buf_fmt(out, "%s{", ek_go_package_struct(t));
	for (size_t i = 0; i < ix->n; i++) {
		const struct ek_field *f = ix->rows[i].f;
		const struct ek_json *m = ek_json_get(v, f->name);

		(void)ek_buf_str(out, i ? ", " : "");
		field_name(out, f->name);
		(void)ek_buf_char(out, ':');
		if (f->shape == EK_ONE && (f->flags & EK_POINTER)) {
			(void)ek_buf_str(out, "(*");
			ek_go_type(out, f, EK_ONE);
			/* Go prints an address here, which says nothing to anybody */
			(void)ek_buf_str(out, ek_json_is_null(m) ? ")(nil)" : ")(0xc000000000)");
		} else {
			ek_go_syntax_of(out, f, f->shape, m);
		}
	}
	(void)ek_buf_char(out, '}');
}

static void syntax_one(struct ek_buf *out, const struct ek_field *f, const struct ek_json *v)
{
	switch (f->type) {
	case EK_F_OBJ:
		syntax_struct(out, f->of, v);
		break;
	case EK_F_INT32:
	case EK_F_INT64:
		(void)ek_buf_fmt(out, "%" PRId64, ek_json_int(v, 0));
		break;
	case EK_F_BOOL:
		(void)ek_buf_str(out, ek_json_bool(v, false) ? "true" : "false");
		break;
	case EK_F_STR:
	case EK_F_QUANTITY:
	case EK_F_TIME:
	case EK_F_MICROTIME:
	case EK_F_DURATION:
		ek_go_quote(out, ek_json_str(v) ? ek_json_str(v) : "");
		break;
	default:
		if (v)
			(void)ek_json_write(v, out);
		else
			(void)ek_buf_str(out, "nil");
		break;
	}
}

static void syntax_members(struct ek_buf *out, const struct ek_field *f, enum ek_fshape shape,
			   const struct ek_json *v)
{
	enum ek_fshape below = shape == EK_MAP_OF_LISTS ? EK_LIST : EK_ONE;
	size_t n = ek_json_len(v);
	EK_FREE const char **keys = ek_json_is_object(v) ? sorted_keys(v, &n) : NULL;

	(void)ek_buf_char(out, '{');
	for (size_t i = 0; i < n; i++) {
		(void)ek_buf_str(out, i ? ", " : "");
		if (keys) {
			ek_go_quote(out, keys[i]);
			(void)ek_buf_char(out, ':');
		}
		ek_go_syntax_of(out, f, below, keys ? ek_json_get(v, keys[i]) : ek_json_elem(v, i));
	}
	(void)ek_buf_char(out, '}');
}

void ek_go_syntax_of(struct ek_buf *out, const struct ek_field *f, enum ek_fshape shape,
		     const struct ek_json *v)
{
	if (shape == EK_ONE) {
		syntax_one(out, f, v);
		return;
	}
	ek_go_type(out, f, shape);
	if (ek_json_is_null(v))
		(void)ek_buf_str(out, "(nil)");
	else
		syntax_members(out, f, shape, v);
}
