/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * For clang's static analyzer only, which reads one file at a time: what the functions that report
 * a failure return. Without it every `if (rc < 0)` after a failed call has two futures. It does not
 * look into functions with variable arguments, so saying and failing are two.
 */

#include <ekube/err.h>

void ek_tidy_said(struct ek_err *err, const char *fmt, ...);

static inline int ek_tidy_failed(int code)
{
	return code < 0 ? code : -1;
}

#define ek_fail(err, code, ...) (ek_tidy_said(err, __VA_ARGS__), ek_tidy_failed(code))
#define ek_wrap(err, code, ...) (ek_tidy_said(err, __VA_ARGS__), ek_tidy_failed(code))
#define ek_fail_errno(...)      (ek_tidy_said(__VA_ARGS__), -1)
