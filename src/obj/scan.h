/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The tokens of JSON text. What is none is refused in the words of Go's encoding/json, which clients know. */

#include "value.h"

#include <ekube/buf.h>
#include <ekube/err.h>

struct scan {
	const char    *start, *p, *end;
	struct ek_buf  scratch; /* a string that is not literally in the text */
	struct ek_err *err;
	int            rc;      /* of the first failure */
};

HOT bool scan_at(const struct scan *x, char c)
{
	return x->p < x->end && *x->p == c;
}

HOT void scan_space(struct scan *x)
{
	while (x->p < x->end && (*x->p == ' ' || *x->p == '\n' || *x->p == '\t' || *x->p == '\r'))
		x->p++;
}

/* A failure, with the line and column of `at`. Both return NULL. */
struct ek_json *scan_fail_at(struct scan *x, const char *at, const char *what);
/* What is at x->p has no place there: "invalid character 'x' <where>". Between tokens, or in a string. */
struct ek_json *scan_fail_here(struct scan *x, const char *where);

/*
 * A string, x->p at its opening quote. The result points into the text or into the scratch
 * buffer and is good until the next string. -1 on failure.
 */
int             scan_string(struct scan *x, const char **ret, size_t *ret_n);
struct ek_json *scan_number(struct scan *x);
struct ek_json *scan_word(struct scan *x, const char *word, struct ek_json *v); /* true, false, null */
