/* SPDX-License-Identifier: Apache-2.0 */
#include <ekube/err.h>

#include <errno.h>
#include <limits.h>

#include <ek_test.h>

static const struct {
	int code, http;
	const char *reason;
} codes[] = {
	{ EK_EBADREQUEST, 400, "BadRequest" },
	{ EK_EUNAUTHORIZED, 401, "Unauthorized" },
	{ EK_EFORBIDDEN, 403, "Forbidden" },
	{ EK_ENOTFOUND, 404, "NotFound" },
	{ EK_ENOTALLOWED, 405, "MethodNotAllowed" },
	{ EK_ENOTACCEPTABLE, 406, "NotAcceptable" },
	{ EK_EEXISTS, 409, "AlreadyExists" },
	{ EK_ECONFLICT, 409, "Conflict" },
	{ EK_EGONE, 410, "Gone" },
	{ EK_EEXPIRED, 410, "Expired" },
	{ EK_ETOOLARGE, 413, "RequestEntityTooLarge" },
	{ EK_EUNSUPPORTED, 415, "UnsupportedMediaType" },
	{ EK_EINVALID, 422, "Invalid" },
	{ EK_ETOOMANY, 429, "TooManyRequests" },
	{ EK_EINTERNAL, 500, "InternalError" },
	{ EK_EUNAVAILABLE, 503, "ServiceUnavailable" },
	{ EK_ETIMEOUT, 504, "Timeout" },
};

START_TEST(code_has_status_and_reason)
{
	ck_assert_int_lt(codes[_i].code, -4095); /* no errno is that low */
	ck_assert_int_eq(ek_err_http(codes[_i].code), codes[_i].http);
	ck_assert_str_eq(ek_err_reason(codes[_i].code), codes[_i].reason);
	ck_assert_str_eq(ek_err_name(codes[_i].code), codes[_i].reason);
	ck_assert_int_eq(ek_err_from_reason(codes[_i].reason), codes[_i].code);
}
END_TEST

START_TEST(what_is_unknown_is_internal)
{
	const int unknown[] = { -ENOENT, 0, 1, INT_MIN, INT_MAX, EK_ERR_BASE_, EK_ERR_END_ };

	for (size_t i = 0; i < EK_ARRAY_LEN(unknown); i++) {
		ck_assert_int_eq(ek_err_http(unknown[i]), 500);
		ck_assert_str_eq(ek_err_reason(unknown[i]), "InternalError");
	}
	ck_assert_int_eq(ek_err_from_reason("NoSuchReason"), EK_EINTERNAL);
	ck_assert_int_eq(ek_err_from_reason(""), EK_EINTERNAL);
	ck_assert_int_eq(ek_err_from_reason(NULL), EK_EINTERNAL);
}
END_TEST

START_TEST(names_are_for_logs)
{
	ck_assert_str_eq(ek_err_name(0), "ok");
	ck_assert_str_eq(ek_err_name(-ENOENT), strerror(ENOENT));
	ck_assert_str_eq(ek_err_name(INT_MIN), "InternalError");
}
END_TEST

START_TEST(fail_fills_and_returns)
{
	struct ek_err err;

	errno = E2BIG;
	ck_assert_int_eq(ek_fail(&err, EK_ENOTFOUND, "pods \"%s\" not found", "a"), EK_ENOTFOUND);
	ck_assert_int_eq(err.code, EK_ENOTFOUND);
	ck_assert_str_eq(err.msg, "pods \"a\" not found");
	ck_assert_int_eq(errno, E2BIG);
	ck_assert_int_eq(ek_fail(NULL, EK_EGONE, "nobody asks"), EK_EGONE);
}
END_TEST

START_TEST(fail_errno_says_what_the_system_said)
{
	struct ek_err err;

	errno = EACCES;
	ck_assert_int_eq(ek_fail_errno(&err, "open %s", "x"), -EACCES);
	ck_assert_int_eq(err.code, -EACCES);
	ck_assert_str_eq(err.msg, "open x: Permission denied");
	ck_assert_int_eq(errno, EACCES);
	ck_assert_int_eq(ek_fail_errno(NULL, "open"), -EACCES);
	errno = 0;
	ck_assert_int_lt(ek_fail_errno(&err, "still a failure"), 0);
}
END_TEST

START_TEST(wrap_prefixes)
{
	struct ek_err err;
	int rc = ek_fail(&err, -ECONNREFUSED, "connection refused");

	rc = ek_wrap(&err, rc, "pull %s", "image");
	rc = ek_wrap(&err, EK_EUNAVAILABLE, "start pod a/b");
	ck_assert_int_eq(rc, EK_EUNAVAILABLE);
	ck_assert_int_eq(err.code, EK_EUNAVAILABLE);
	ck_assert_str_eq(err.msg, "start pod a/b: pull image: connection refused");
	ck_assert_int_eq(ek_wrap(NULL, -EIO, "x"), -EIO);
}
END_TEST

START_TEST(own_message_may_be_an_argument)
{
	struct ek_err err;

	ek_fail(&err, EK_EINVALID, "inner");
	ek_fail(&err, EK_EBADREQUEST, "outer (%s)", err.msg);
	ck_assert_str_eq(err.msg, "outer (inner)");
}
END_TEST

/* Messages go into JSON, which must be UTF-8: a cut never leaves half a character. */
START_TEST(long_messages_are_cut_between_characters)
{
	char text[1024];
	struct ek_err err;

	for (size_t pad = 0; pad < 4; pad++) {
		size_t n = 0;

		while (n < pad)
			text[n++] = '.';
		for (; n + 4 < sizeof(text); n += 4)
			memcpy(text + n, "\xf0\x9f\x9a\x80", 4);
		text[n] = '\0';
		ek_fail(&err, EK_EINVALID, "%s", text);
		ck_assert_uint_eq(strlen(err.msg), pad + (sizeof(err.msg) - 1 - pad) / 4 * 4);
		ck_assert_int_eq(strncmp(err.msg, text, strlen(err.msg)), 0);
		ek_wrap(&err, EK_EINVALID, "0123456");
		ck_assert_uint_eq((strlen(err.msg) - 9 - pad) % 4, 0);
	}
}
END_TEST

EK_TESTS("base/err", EK_ROWS(code_has_status_and_reason, codes), what_is_unknown_is_internal,
	 names_are_for_logs, fail_fills_and_returns, fail_errno_says_what_the_system_said,
	 wrap_prefixes, own_message_may_be_an_argument, long_messages_are_cut_between_characters)
