/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"

#include <ekube/str.h>

#include <stdlib.h>

enum { MAX_DETAIL = 64 << 10 };

/* ---- where ---- */

size_t ek_check_push(struct ek_check *c, const char *field)
{
	return field ? ek_path_push(&c->at, field) : c->at.len;
}

size_t ek_check_index(struct ek_check *c, size_t i)
{
	return ek_path_index(&c->at, i);
}

size_t ek_check_elem(struct ek_check *c, const char *list, size_t i)
{
	size_t mark = ek_path_push(&c->at, list);

	(void)ek_path_index(&c->at, i);
	return mark;
}

size_t ek_check_key(struct ek_check *c, const char *map, const char *key)
{
	size_t mark = ek_path_push(&c->at, map);

	(void)ek_path_key(&c->at, key);
	return mark;
}

void ek_check_pop(struct ek_check *c, size_t mark)
{
	ek_path_pop(&c->at, mark);
}

/* ---- what ---- */

EK_PRINTF(5, 0)
static void add(struct ek_check *c, enum ek_cause_type type, const char *field,
		const struct ek_json *bad, const char *fmt, va_list ap)
{
	EK_BUF struct ek_buf detail = EK_BUF_INIT(MAX_DETAIL);
	size_t mark = ek_check_push(c, field);

	(void)ek_buf_vfmt(&detail, fmt, ap);
	ek_cause_add(c->causes, type, &c->at, bad, "%s", detail.data ? detail.data : "");
	ek_check_pop(c, mark);
}

void ek_check_required(struct ek_check *c, const char *field, const char *detail)
{
	size_t mark = ek_check_push(c, field);

	ek_cause_add(c->causes, EK_CAUSE_REQUIRED, &c->at, NULL, "%s", detail ? detail : "");
	ek_check_pop(c, mark);
}

void ek_check_forbidden(struct ek_check *c, const char *field, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add(c, EK_CAUSE_FORBIDDEN, field, NULL, fmt, ap);
	va_end(ap);
}

void ek_check_invalid(struct ek_check *c, const char *field, const struct ek_json *bad,
		      const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add(c, EK_CAUSE_INVALID, field, bad, fmt, ap);
	va_end(ap);
}

void ek_check_invalid_str(struct ek_check *c, const char *field, const char *bad, const char *fmt,
			  ...)
{
	EK_JSON struct ek_json *v = ek_json_new_str(bad ? bad : "");
	va_list ap;

	va_start(ap, fmt);
	add(c, EK_CAUSE_INVALID, field, v, fmt, ap);
	va_end(ap);
}

void ek_check_invalid_text(struct ek_check *c, const char *field, const char *text,
			   const char *detail)
{
	size_t mark = ek_check_push(c, field);

	ek_cause_add_text(c->causes, EK_CAUSE_INVALID, &c->at, text, detail);
	ek_check_pop(c, mark);
}

static void add_str(struct ek_check *c, enum ek_cause_type type, const char *field, const char *bad)
{
	EK_JSON struct ek_json *v = ek_json_new_str(bad ? bad : "");
	size_t mark = ek_check_push(c, field);

	ek_cause_add(c->causes, type, &c->at, v, NULL);
	ek_check_pop(c, mark);
}

void ek_check_duplicate(struct ek_check *c, const char *field, const char *bad)
{
	add_str(c, EK_CAUSE_DUPLICATE, field, bad);
}

void ek_check_notfound(struct ek_check *c, const char *field, const char *bad)
{
	add_str(c, EK_CAUSE_NOTFOUND, field, bad);
}

void ek_check_unsupported(struct ek_check *c, const char *field, const char *bad,
			  const char *const *supported)
{
	EK_JSON struct ek_json *v = ek_json_new_str(bad ? bad : "");
	size_t mark = ek_check_push(c, field);

	ek_cause_unsupported(c->causes, &c->at, v, supported);
	ek_check_pop(c, mark);
}

/* ---- one value ---- */

bool ek_check_one_of(const char *s, const char *const *values)
{
	for (; *values; values++)
		if (ek_streq(*values, s))
			return true;
	return false;
}

void ek_check_name(struct ek_check *c, const char *field, const char *s, ek_name_check check)
{
	const char *msg = check(s ? s : "");

	if (msg)
		ek_check_invalid_str(c, field, s, "%s", msg);
}

void ek_check_nonnegative(struct ek_check *c, const char *field, const struct ek_json *n)
{
	if (ek_json_int(n, 0) < 0)
		ek_check_invalid(c, field, n, "must be greater than or equal to 0");
}

bool ek_check_ip(struct ek_check *c, const char *field, const char *s)
{
	struct ek_ip ip;

	if (s && ek_ip_parse(s, &ip) == 0)
		return true;
	ek_check_invalid_str(c, field, s,
			     "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)");
	return false;
}

/* Addresses that mean something else on every node are no endpoints. */
void ek_check_ip_special(struct ek_check *c, const char *field, const char *s)
{
	static const struct {
		const char *cidr4, *cidr6, *what;
	} ranges[] = {
		{ "127.0.0.0/8", "::1/128",
		  "may not be in the loopback range (127.0.0.0/8, ::1/128)" },
		{ "169.254.0.0/16", "fe80::/10",
		  "may not be in the link-local range (169.254.0.0/16, fe80::/10)" },
		{ "224.0.0.0/24", "ff02::/16",
		  "may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)" },
	};
	static const uint8_t zeros[16];
	struct ek_cidr range;
	struct ek_ip ip;

	if (!s || ek_ip_parse(s, &ip) < 0) {
		ek_check_invalid_str(c, field, s, "must be a valid IP address");
		return;
	}
	if (memcmp(ip.b, zeros, ip.n) == 0)
		ek_check_invalid_str(c, field, s, "may not be unspecified (%s)", s);
	for (size_t i = 0; i < EK_ARRAY_LEN(ranges); i++)
		if (ek_cidr_parse(ip.n == 4 ? ranges[i].cidr4 : ranges[i].cidr6, &range, NULL) ==
			    0 &&
		    ek_cidr_has(&range, &ip))
			ek_check_invalid_str(c, field, s, "%s", ranges[i].what);
}

void ek_check_cidr(struct ek_check *c, const char *field, const char *s)
{
	struct ek_cidr cidr;

	if (!s || ek_cidr_parse(s, &cidr, NULL) < 0)
		ek_check_invalid_str(
			c, field, s,
			"must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)");
}

void ek_check_port_or_name(struct ek_check *c, const char *field, const struct ek_json *port)
{
	int64_t n = ek_json_int(port, 0);

	if (ek_json_str(port))
		ek_check_name(c, field, ek_json_str(port), ek_name_port);
	else if (n < 1 || n > 65535) {
		EK_JSON struct ek_json *v = ek_json_new_int(n);

		ek_check_invalid(c, field, v, "must be between 1 and 65535, inclusive");
	}
}

void ek_check_immutable(struct ek_check *c, const struct ek_type *of, const char *field,
			const struct ek_json *obj, const struct ek_json *old)
{
	const struct ek_json *v = ek_json_get(obj, field);
	EK_FREE char *text = NULL;

	if (ek_json_same(v, ek_json_get(old, field)))
		return;
	text = ek_check_text_of(of, field, v);
	ek_check_invalid_text(c, field, text, "field is immutable");
}

/* Is ".." one of its parts? */
bool ek_check_has_backstep(const char *path)
{
	for (const char *p = path;;) {
		size_t n = strcspn(p, "/");

		if (n == 2 && p[0] == '.' && p[1] == '.')
			return true;
		if (!p[n])
			return false;
		p += n + 1;
	}
}

void ek_check_backsteps(struct ek_check *c, const char *field, const char *path)
{
	if (path && ek_check_has_backstep(path))
		ek_check_invalid_str(c, field, path, "must not contain '..'");
}

void ek_check_path_below(struct ek_check *c, const char *field, const char *path)
{
	if (path && path[0] == '/')
		ek_check_invalid_str(c, field, path, "must be a relative path");
	ek_check_backsteps(c, field, path);
}

void ek_check_path_reserved(struct ek_check *c, const char *field, const char *path)
{
	ek_check_path_below(c, field, path);
	if (path && ek_str_starts(path, "..") && !ek_str_starts(path, "../"))
		ek_check_invalid_str(c, field, path, "must not start with '..'");
}

/* ---- Go's syntax ---- */

static const struct ek_field *find_field(const struct ek_type *of, const char *path)
{
	EK_FREE char *copy = ek_str_dup(path);
	char *rest = copy, *name;
	const struct ek_field *f = NULL;

	while (of && (name = strsep(&rest, "."))) {
		f = ek_type_field(of, name);
		of = f ? f->of : NULL;
	}
	return rest ? NULL : f;
}

char *ek_check_text_of(const struct ek_type *of, const char *path, const struct ek_json *v)
{
	struct ek_buf text = EK_BUF_INIT(MAX_DETAIL);
	const struct ek_field *f = find_field(of, path);
	enum ek_fshape shape;

	EK_ASSERT(f);
	/* of a list also one element can be asked for */
	shape = f->shape == EK_LIST && ek_json_is_object(v) ? EK_ONE : f->shape;
	if (f->shape == EK_ONE && (f->flags & EK_POINTER) && ek_json_is_null(v))
		(void)ek_buf_str(&text, "\"null\"");
	else
		ek_go_syntax_of(&text, f, shape, v);
	return ek_buf_steal(&text);
}

char *ek_check_text_own(const struct ek_type *of, const char *path, const struct ek_json *v,
			const char *package)
{
	EK_FREE char *text = ek_check_text_of(of, path, v);
	char *version = strstr(text, "v1.");

	if (!version)
		return ek_steal(text);
	return ek_str_fmt("%.*s%s%s", (int)(version - text), text, package, version + strlen("v1"));
}

char *ek_check_text_intorstr(const struct ek_json *v)
{
	struct ek_buf text = EK_BUF_INIT(MAX_DETAIL);
	const char *s = ek_json_str(v);

	(void)ek_buf_fmt(&text,
			 "intstr.IntOrString{Type:%d, IntVal:%" PRId64 ", StrVal:", s ? 1 : 0,
			 ek_json_int(v, 0));
	ek_go_quote(&text, s ? s : "");
	(void)ek_buf_str(&text, "}");
	return ek_buf_steal(&text);
}

char *ek_check_text_quantity(const struct ek_json *v)
{
	static const char *const formats[] = { "DecimalSI", "BinarySI", "DecimalExponent" };
	struct ek_quantity q = { 0 };

	(void)ek_quantity_from_json(v, &q, NULL);
	return ek_str_fmt("resource.Quantity{i:resource.int64Amount{value:%" PRId64 ", scale:%d}, "
			  "d:resource.infDecAmount{Dec:(*inf.Dec)(nil)}, s:\"\", Format:\"%s\"}",
			  q.value, q.scale, formats[q.format]);
}
