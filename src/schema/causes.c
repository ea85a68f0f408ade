/* SPDX-License-Identifier: Apache-2.0 */
#include "type.h"

#include <ekube/str.h>
#include <stdlib.h>

enum {
	MAX_CAUSES = 100,
	MAX_MESSAGE = 64 << 10, /* a value that is not text can be as large as the object */
};

static const struct {
	const char *reason, *words;
	bool        no_value; /* the message never shows the offending value */
} types[] = {
	[EK_CAUSE_NOTFOUND]    = { "FieldValueNotFound", "Not found", false },
	[EK_CAUSE_REQUIRED]    = { "FieldValueRequired", "Required value", true },
	[EK_CAUSE_DUPLICATE]   = { "FieldValueDuplicate", "Duplicate value", false },
	[EK_CAUSE_INVALID]     = { "FieldValueInvalid", "Invalid value", false },
	[EK_CAUSE_UNSUPPORTED] = { "FieldValueNotSupported", "Unsupported value", false },
	[EK_CAUSE_FORBIDDEN]   = { "FieldValueForbidden", "Forbidden", true },
	[EK_CAUSE_TOOLONG]     = { "FieldValueTooLong", "Too long", true },
	[EK_CAUSE_TOOMANY]     = { "FieldValueTooMany", "Too many", false },
	[EK_CAUSE_INTERNAL]    = { "InternalError", "Internal error", true },
	[EK_CAUSE_TYPE]        = { "FieldValueTypeInvalid", "Invalid value", false },
};

const char *ek_cause_reason(enum ek_cause_type type)
{
	return types[type].reason;
}

void ek_causes_done(struct ek_causes *c)
{
	for (size_t i = 0; i < c->v.n; i++) {
		free(c->v.items[i].field);
		free(c->v.items[i].message);
	}
	ek_vec_done(&c->v);
	c->more = 0;
}

void ek_cause_add_text(struct ek_causes *c, enum ek_cause_type type, const struct ek_path *at,
		       const char *bad, const char *detail)
{
	EK_BUF struct ek_buf msg = EK_BUF_INIT(3 * MAX_MESSAGE);
	struct ek_cause cause = { .type = type };

	if (c->v.n >= MAX_CAUSES) {
		c->more++;
		return;
	}
	(void)ek_buf_str(&msg, types[type].words);
	if (bad && !types[type].no_value)
		(void)ek_buf_fmt(&msg, ": %s", bad);
	if (!ek_str_empty(detail))
		(void)ek_buf_fmt(&msg, ": %s", detail);
	cause.field = ek_str_dup(at->text);
	cause.message = ek_buf_steal(&msg);
	ek_vec_push(&c->v, cause);
}

/* The offending value as field.Error prints it; too large ones are cut. */
static void bad_text(struct ek_buf *out, const struct ek_json *bad)
{
	if (ek_json_is_null(bad))
		(void)ek_buf_str(out, "\"null\""); /* Go puts the word there as a string */
	else
		ek_go_syntax(out, bad);
}

static void add(struct ek_causes *c, enum ek_cause_type type, const struct ek_path *at,
		const struct ek_json *bad, const char *detail)
{
	EK_BUF struct ek_buf text = EK_BUF_INIT(MAX_MESSAGE);

	bad_text(&text, bad);
	ek_cause_add_text(c, type, at, type == EK_CAUSE_TOOMANY && !bad ? NULL : text.data, detail);
}

void ek_cause_add(struct ek_causes *c, enum ek_cause_type type, const struct ek_path *at,
		  const struct ek_json *bad, const char *fmt, ...)
{
	EK_BUF struct ek_buf detail = EK_BUF_INIT(MAX_MESSAGE);
	va_list ap;

	if (fmt) {
		va_start(ap, fmt);
		(void)ek_buf_vfmt(&detail, fmt, ap);
		va_end(ap);
	}
	add(c, type, at, bad, detail.data);
}

void ek_cause_unsupported(struct ek_causes *c, const struct ek_path *at, const struct ek_json *bad,
			  const char *const *supported)
{
	EK_BUF struct ek_buf detail = EK_BUF_INIT(MAX_MESSAGE);

	for (size_t i = 0; supported[i]; i++) {
		(void)ek_buf_str(&detail, i ? ", " : "supported values: ");
		ek_go_quote(&detail, supported[i]);
	}
	add(c, EK_CAUSE_UNSUPPORTED, at, bad, detail.data);
}

/* utilerrors.Aggregate: each message once, in brackets when there are several. */
static bool seen_before(const struct ek_causes *c, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (strcmp(c->v.items[k].field, c->v.items[i].field) == 0 &&
		    strcmp(c->v.items[k].message, c->v.items[i].message) == 0)
			return true;
	return false;
}

char *ek_causes_text(const struct ek_causes *c)
{
	struct ek_buf out = EK_BUF_INIT(MAX_CAUSES * 3 * MAX_MESSAGE);
	EK_BUF struct ek_buf all = EK_BUF_INIT(MAX_CAUSES * 3 * MAX_MESSAGE);
	size_t n = 0;

	for (size_t i = 0; i < c->v.n; i++) {
		const struct ek_cause *it = &c->v.items[i];

		if (seen_before(c, i))
			continue;
		(void)ek_buf_fmt(&all, "%s%s: %s", n++ ? ", " : "", it->field, it->message);
	}
	if (n > 1)
		(void)ek_buf_fmt(&out, "[%s]", all.data);
	else
		(void)ek_buf_str(&out, all.data ? all.data : "");
	return ek_buf_steal(&out);
}
