/* SPDX-License-Identifier: Apache-2.0 */
#include "status.h"

#include <ekube/str.h>

enum { MAX_MESSAGE = 64 << 10 };

const char *ek_resource_name(const struct ek_kind *k, char out[256])
{
	return ek_str_into(out, 256, "%s%s%s", k->plural, *k->group ? "." : "", k->group);
}

const char *ek_go_quoted(const char *s, char *out, size_t n)
{
	static const char short_for[] = "abtnvfr"; /* of 7 to 13 */
	size_t at = 0;

	out[at++] = '"';
	for (; s && *s && at + 6 < n; s++) {
		unsigned char c = (unsigned char)*s;

		if (c == '"' || c == '\\') {
			out[at++] = '\\';
			out[at++] = (char)c;
		} else if (c >= 7 && c <= 13) {
			out[at++] = '\\';
			out[at++] = short_for[c - 7];
		} else if (c < 0x20 || c == 0x7f) {
			ek_str_into(out + at, n - at, "\\x%02x", c);
			at += 4;
		} else {
			out[at++] = (char)c;
		}
	}
	out[at++] = '"';
	out[at] = '\0';
	return out;
}

/* ---- the frame ---- */

static struct ek_json *details_new(const char *group, const char *kind, const char *name)
{
	if (ek_str_empty(group) && ek_str_empty(kind) && ek_str_empty(name))
		return NULL;
	return ek_json_make("{'name':%s,'group':%s,'kind':%s}", ek_str_empty(name) ? NULL : name,
			    ek_str_empty(group) ? NULL : group, ek_str_empty(kind) ? NULL : kind);
}

static struct ek_json *failure(int code, const char *message, const struct ek_json *details)
{
	struct ek_json *s =
		ek_json_make("{'kind':'Status','apiVersion':'v1','metadata':{},"
			     "'status':'Failure','message':%s,'reason':%s,'details':%v}",
			     message, ek_err_reason(code), details);

	ek_json_set_int(s, "code", ek_err_http(code));
	return s;
}

static struct ek_json *failure_v(int code, const struct ek_json *details, const char *prefix,
				 const char *fmt, va_list ap)
	EK_PRINTF(4, 0);

static struct ek_json *failure_v(int code, const struct ek_json *details, const char *prefix,
				 const char *fmt, va_list ap)
{
	EK_BUF struct ek_buf text = EK_BUF_INIT(MAX_MESSAGE);

	(void)ek_buf_str(&text, prefix);
	(void)ek_buf_vfmt(&text, fmt, ap);
	return failure(code, text.data, details);
}

struct ek_json *ek_status_new(int code, const char *group, const char *kind_or_resource,
			      const char *name, const char *fmt, ...)
{
	EK_JSON struct ek_json *details = details_new(group, kind_or_resource, name);
	struct ek_json *s;
	va_list ap;

	va_start(ap, fmt);
	s = failure_v(code, details, "", fmt, ap);
	va_end(ap);
	return s;
}

/* apierrors.NewInternalError tells its message twice. */
static struct ek_json *internal(const char *message)
{
	EK_JSON struct ek_json *details = ek_json_make("{'causes':[{'message':%s}]}", message);
	EK_FREE char *text = ek_str_fmt("Internal error occurred: %s", message);

	return failure(EK_EINTERNAL, text, details);
}

struct ek_json *ek_status_from_err(const struct ek_err *err)
{
	if (ek_err_http(err->code) == 500)
		return internal(err->msg);
	return failure(err->code, err->msg, NULL);
}

/* ---- one a reason ---- */

static struct ek_json *about(int code, const struct ek_kind *k, const char *name, const char *fmt,
			     ...) EK_PRINTF(4, 5);

static struct ek_json *about(int code, const struct ek_kind *k, const char *name, const char *fmt,
			     ...)
{
	EK_JSON struct ek_json *details = details_new(k->group, k->plural, name);
	struct ek_json *s;
	va_list ap;

	va_start(ap, fmt);
	s = failure_v(code, details, "", fmt, ap);
	va_end(ap);
	return s;
}

struct ek_json *ek_status_not_found(const struct ek_kind *k, const char *name)
{
	return about(EK_ENOTFOUND, k, name, "%s %s not found",
		     ek_resource_name(k, (char[256]){ 0 }), EK_Q(name));
}

struct ek_json *ek_status_exists(const struct ek_kind *k, const char *name)
{
	return about(EK_EEXISTS, k, name, "%s %s already exists",
		     ek_resource_name(k, (char[256]){ 0 }), EK_Q(name));
}

struct ek_json *ek_status_name_conflict(const struct ek_kind *k, const char *name)
{
	struct ek_json *s =
		about(EK_EEXISTS, k, name,
		      "%s %s already exists, the server was not able to generate a unique name for "
		      "the object",
		      ek_resource_name(k, (char[256]){ 0 }), EK_Q(name));

	ek_json_set_int(ek_json_get(s, "details"), "retryAfterSeconds", 1);
	return s;
}

struct ek_json *ek_status_conflict(const struct ek_kind *k, const char *name, const char *fmt, ...)
{
	EK_JSON struct ek_json *details = details_new(k->group, k->plural, name);
	EK_FREE char *prefix = ek_str_fmt("Operation cannot be fulfilled on %s %s: ",
					  ek_resource_name(k, (char[256]){ 0 }), EK_Q(name));
	struct ek_json *s;
	va_list ap;

	va_start(ap, fmt);
	s = failure_v(EK_ECONFLICT, details, prefix, fmt, ap);
	va_end(ap);
	return s;
}

struct ek_json *ek_status_modified(const struct ek_kind *k, const char *name)
{
	return ek_status_conflict(
		k, name,
		"the object has been modified; please apply your changes to the latest "
		"version and try again");
}

struct ek_json *ek_status_bad_request(const char *fmt, ...)
{
	struct ek_json *s;
	va_list ap;

	va_start(ap, fmt);
	s = failure_v(EK_EBADREQUEST, NULL, "", fmt, ap);
	va_end(ap);
	return s;
}

struct ek_json *ek_status_internal(const char *fmt, ...)
{
	EK_BUF struct ek_buf text = EK_BUF_INIT(MAX_MESSAGE);
	va_list ap;

	va_start(ap, fmt);
	(void)ek_buf_vfmt(&text, fmt, ap);
	va_end(ap);
	return internal(text.data ? text.data : "");
}

struct ek_json *ek_status_unknown(const char *fmt, ...)
{
	struct ek_json *s;
	va_list ap;

	va_start(ap, fmt);
	s = failure_v(EK_EINTERNAL, NULL, "", fmt, ap);
	va_end(ap);
	ek_json_del(s, "reason");
	return s;
}

struct ek_json *ek_status_too_large(const char *fmt, ...)
{
	struct ek_json *s;
	va_list ap;

	va_start(ap, fmt);
	s = failure_v(EK_ETOOLARGE, NULL, "Request entity too large: ", fmt, ap);
	va_end(ap);
	return s;
}

struct ek_json *ek_status_expired(const char *message)
{
	return failure(EK_EEXPIRED, message, NULL);
}

struct ek_json *ek_status_not_allowed(const struct ek_kind *k, const char *action)
{
	return about(EK_ENOTALLOWED, k, NULL, "%s is not supported on resources of kind %s", action,
		     EK_Q(ek_resource_name(k, (char[256]){ 0 })));
}

struct ek_json *ek_status_denied(const struct ek_kind *k, const char *name, const char *fmt, ...)
{
	EK_JSON struct ek_json *details = details_new(k->group, k->plural, name);
	EK_FREE char *prefix = NULL;
	struct ek_json *s;
	va_list ap;

	if (ek_str_empty(name))
		prefix = ek_str_fmt("%s is forbidden: ", ek_resource_name(k, (char[256]){ 0 }));
	else
		prefix = ek_str_fmt("%s %s is forbidden: ", ek_resource_name(k, (char[256]){ 0 }),
				    EK_Q(name));
	va_start(ap, fmt);
	s = failure_v(EK_EFORBIDDEN, details, prefix, fmt, ap);
	va_end(ap);
	return s;
}

struct ek_json *ek_status_future_rev(int64_t rev, int64_t current)
{
	EK_JSON struct ek_json *details = ek_json_make(
		"{'causes':[{'reason':'ResourceVersionTooLarge','message':'Too large resource version'}],"
		"'retryAfterSeconds':1}");

	return failure(EK_ETIMEOUT,
		       EK_F("Timeout: Too large resource version: %" PRId64 ", current: %" PRId64,
			    rev, current),
		       details);
}

/* ---- causes ---- */

struct ek_json *ek_status_invalid_of(const char *group, const char *kind, const char *name,
				     const struct ek_causes *causes)
{
	EK_JSON struct ek_json *details = details_new(group, kind, name);
	EK_FREE char *text = ek_causes_text(causes);
	struct ek_json *list = ek_json_array();
	EK_FREE char *message = ek_str_fmt("%s%s%s %s is invalid%s%s", kind, *group ? "." : "",
					   group, EK_Q(name), *text ? ": " : "", text);

	for (size_t i = 0; i < causes->v.n; i++) {
		const struct ek_cause *c = &causes->v.items[i];

		ek_json_append(list, ek_json_make("{'reason':%s,'message':%s,'field':%s}",
						  ek_cause_reason(c->type), c->message, c->field));
	}
	if (!details)
		details = ek_json_object();
	ek_json_set(details, "causes", list);
	return failure(EK_EINVALID, message, details);
}

struct ek_json *ek_status_invalid(const struct ek_kind *k, const char *name,
				  const struct ek_causes *causes)
{
	return ek_status_invalid_of(k->group, k->kind, name, causes);
}

/* ---- forbidden by authorization ---- */

/* Messages must not look like HTML to a browser. */
static void put_sanitized(struct ek_buf *out, const char *s)
{
	for (; *s; s++) {
		if (*s == '&')
			(void)ek_buf_str(out, "&amp;");
		else if (*s == '<')
			(void)ek_buf_str(out, "&lt;");
		else if (*s == '>')
			(void)ek_buf_str(out, "&gt;");
		else
			(void)ek_buf_char(out, *s);
	}
}

static char *forbidden_sentence(const struct ek_authz_attrs *a)
{
	EK_FREE char *resource = NULL;

	if (a->path)
		return ek_str_fmt("User %s cannot %s path %s", EK_Q(a->user->name), a->verb,
				  EK_Q(a->path));
	resource = ek_str_fmt("%s%s%s", a->resource, ek_str_empty(a->subresource) ? "" : "/",
			      ek_str_empty(a->subresource) ? "" : a->subresource);
	if (!ek_str_empty(a->ns))
		return ek_str_fmt(
			"User %s cannot %s resource %s in API group %s in the namespace %s",
			EK_Q(a->user->name), a->verb, EK_Q(resource), EK_Q(a->group), EK_Q(a->ns));
	return ek_str_fmt("User %s cannot %s resource %s in API group %s at the cluster scope",
			  EK_Q(a->user->name), a->verb, EK_Q(resource), EK_Q(a->group));
}

struct ek_json *ek_status_forbidden(const struct ek_authz_attrs *a, const char *reason)
{
	const struct ek_kind k = { .group = a->group ? a->group : "",
				   .plural = a->resource ? a->resource : "" };
	EK_BUF struct ek_buf out = EK_BUF_INIT(MAX_MESSAGE);
	EK_FREE char *sentence = forbidden_sentence(a);

	put_sanitized(&out, sentence);
	if (!ek_str_empty(reason))
		(void)ek_buf_fmt(&out, ": %s", reason);
	if (!*k.plural)
		return ek_status_new(EK_EFORBIDDEN, NULL, NULL, a->name, "forbidden: %s", out.data);
	return ek_status_denied(&k, a->name, "%s", out.data);
}

/* ---- success ---- */

struct ek_json *ek_status_success(int code, const struct ek_json *details)
{
	struct ek_json *s =
		ek_json_make("{'kind':'Status','apiVersion':'v1','metadata':{},'status':'Success',"
			     "'details':%v}",
			     details);

	if (code)
		ek_json_set_int(s, "code", code);
	return s;
}

struct ek_json *ek_status_deleted(const struct ek_kind *k, const struct ek_json *obj)
{
	EK_JSON struct ek_json *details = details_new(k->group, k->plural, ek_meta_name(obj));

	ek_json_set_str(details, "uid", ek_meta_uid(obj));
	return ek_status_success(0, details);
}

int ek_status_code(const struct ek_json *status)
{
	const char *reason = ek_json_str_at(status, "reason");

	if (ek_streq(ek_json_str_at(status, "status"), "Success"))
		return 0;
	return reason ? ek_err_from_reason(reason) : EK_EINTERNAL;
}
