/* SPDX-License-Identifier: Apache-2.0 */
#include "advice.h"

#include <stdio.h>
#include <string.h>

enum { MIN_ADVICE = 160 };

int advise(struct ek_err *err, int rc, const char *fmt, ...)
{
	size_t n;
	va_list ap;

	if (!err)
		return rc;
	/* advice has its place even after a long story */
	n = strnlen(err->msg, sizeof(err->msg) - MIN_ADVICE);
	n += (size_t)snprintf(err->msg + n, sizeof(err->msg) - n, ": ");
	va_start(ap, fmt);
	(void)vsnprintf(err->msg + n, sizeof(err->msg) - n, fmt, ap);
	va_end(ap);
	err->code = rc;
	return rc;
}
