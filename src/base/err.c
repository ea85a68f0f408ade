/* SPDX-License-Identifier: Apache-2.0 */
#include <ekube/err.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "utf8.h"

static const struct {
	int         http;
	const char *reason;
} err_rows[] = {
#define X(name, http_, reason_) [EK_E##name - EK_ERR_BASE_ - 1] = { http_, reason_ },
	EK_ERR_TABLE(X)
#undef X
};

static bool is_ours(int code)
{
	return code > EK_ERR_BASE_ && code < EK_ERR_END_;
}

static size_t row_of(int code)
{
	return (size_t)((is_ours(code) ? code : EK_EINTERNAL) - EK_ERR_BASE_ - 1);
}

int ek_err_http(int code)
{
	return err_rows[row_of(code)].http;
}

const char *ek_err_reason(int code)
{
	return err_rows[row_of(code)].reason;
}

int ek_err_from_reason(const char *reason)
{
	for (size_t i = 0; reason && i < EK_ARRAY_LEN(err_rows); i++)
		if (strcmp(err_rows[i].reason, reason) == 0)
			return EK_ERR_BASE_ + 1 + (int)i;
	return EK_EINTERNAL;
}

const char *ek_err_name(int code)
{
	if (code >= 0)
		return "ok";
	return is_ours(code) || code < EK_ERR_BASE_ ? ek_err_reason(code) : strerror(-code);
}

/* "text: tail", or one of them when the other is empty. Aliases of err->msg are welcome. */
EK_PRINTF(4, 0)
static void fill(struct ek_err *err, int code, const char *tail, const char *fmt, va_list ap)
{
	struct ek_err next = { .code = code };
	size_t n;

	ek_utf8_vformat(next.msg, sizeof(next.msg), fmt, ap);
	n = strlen(next.msg);
	if (*tail) {
		size_t room = sizeof(next.msg) - n;
		int r = snprintf(next.msg + n, room, "%s%s", n ? ": " : "", tail);

		if (r < 0 || (size_t)r >= room)
			ek_utf8_trim_cut(next.msg);
	}
	*err = next;
}

int ek_fail(struct ek_err *err, int code, const char *fmt, ...)
{
	int saved = errno;
	va_list ap;

	EK_ASSERT(code < 0);
	if (!err)
		return code;
	va_start(ap, fmt);
	fill(err, code, "", fmt, ap);
	va_end(ap);
	errno = saved;
	return code;
}

int ek_fail_errno(struct ek_err *err, const char *fmt, ...)
{
	int saved = errno ? errno : EIO; /* a failure stays one, whatever libc forgot to say */
	va_list ap;

	if (err) {
		va_start(ap, fmt);
		fill(err, -saved, strerror(saved), fmt, ap);
		va_end(ap);
	}
	errno = saved;
	return -saved;
}

int ek_wrap(struct ek_err *err, int code, const char *fmt, ...)
{
	int saved = errno;
	va_list ap;

	EK_ASSERT(code < 0);
	if (!err)
		return code;
	va_start(ap, fmt);
	fill(err, code, err->msg, fmt, ap);
	va_end(ap);
	errno = saved;
	return code;
}
