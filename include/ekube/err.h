/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Failure is a return value: 0 or positive is success, negative is either -errno or one of the
 * codes below. The words travel beside it in a struct ek_err on the caller's stack.
 *
 * Library code never logs a failure that it returns; who handles it logs it once.
 */

#include <ekube/base.h>

/*
 * One row per failure that the API can report: code, HTTP status, metav1.Status reason.
 * Source: StatusReason in k8s.io/apimachinery/pkg/apis/meta/v1.
 */
#define EK_ERR_TABLE(X)                                     \
	X(BADREQUEST,    400, "BadRequest")                 \
	X(UNAUTHORIZED,  401, "Unauthorized")               \
	X(FORBIDDEN,     403, "Forbidden")                  \
	X(NOTFOUND,      404, "NotFound")                   \
	X(NOTALLOWED,    405, "MethodNotAllowed")           \
	X(NOTACCEPTABLE, 406, "NotAcceptable")              \
	X(EXISTS,        409, "AlreadyExists")              \
	X(CONFLICT,      409, "Conflict")                   \
	X(GONE,          410, "Gone")                       \
	X(EXPIRED,       410, "Expired")                    \
	X(TOOLARGE,      413, "RequestEntityTooLarge")      \
	X(UNSUPPORTED,   415, "UnsupportedMediaType")       \
	X(INVALID,       422, "Invalid")                    \
	X(TOOMANY,       429, "TooManyRequests")            \
	X(CANCELLED,     499, "Cancelled")                  \
	X(INTERNAL,      500, "InternalError")              \
	X(UNAVAILABLE,   503, "ServiceUnavailable")         \
	X(TIMEOUT,       504, "Timeout")

enum ek_err_code {
	EK_OK = 0,
	EK_ERR_BASE_ = -10000, /* below every -errno, so both share one int */
#define X(name, http, reason) EK_E##name,
	EK_ERR_TABLE(X)
#undef X
	EK_ERR_END_
};

/* Lives on the caller's stack: never allocated, never freed. NULL means "don't care". */
struct ek_err {
	int  code;
	char msg[508];
};

/* Fill `err` and return `code`, so that `return ek_fail(err, EK_ENOTFOUND, ...)` is one act. */
int ek_fail(struct ek_err *err, int code, const char *fmt, ...) EK_PRINTF(3, 4);

/* ek_fail(err, -errno, "what: strerror"): the usual end of a failed system call. Keeps errno. */
int ek_fail_errno(struct ek_err *err, const char *fmt, ...) EK_PRINTF(2, 3);

/* Prefix what a callee reported: "start pod a/b: pull image: connection refused". */
int ek_wrap(struct ek_err *err, int code, const char *fmt, ...) EK_PRINTF(3, 4);

/* HTTP status and Status.reason of a code; every -errno and unknown code is InternalError. */
int         ek_err_http(int code);
const char *ek_err_reason(int code);

/* The code whose reason is `reason` ("NotFound"), EK_EINTERNAL when there is none. */
int ek_err_from_reason(const char *reason);

/* A word for logs: the reason of an EK_E code, strerror() of a -errno. */
const char *ek_err_name(int code);
