/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * For clang's static analyzer only, which reads one file at a time: what the functions that report
 * a failure return. Without it every `if (rc < 0)` after a failed call has two futures.
 */

#include <ekube/err.h>

static inline int ek_tidy_failed(struct ek_err *err, int code, const char *fmt, ...)
{
	(void)err;
	(void)fmt;
	return code < 0 ? code : -1;
}

static inline int ek_tidy_failed_errno(struct ek_err *err, const char *fmt, ...)
{
	(void)err;
	(void)fmt;
	return -1;
}

#define ek_fail(...)       ek_tidy_failed(__VA_ARGS__)
#define ek_wrap(...)       ek_tidy_failed(__VA_ARGS__)
#define ek_fail_errno(...) ek_tidy_failed_errno(__VA_ARGS__)
