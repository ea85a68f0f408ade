/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* A label selector from the inside: made by selector.c and selector_parse.c. */

#include "text.h"

#include <ekube/meta.h>
#include <ekube/vec.h>

enum selector_op {
	SEL_IN,
	SEL_NOT_IN,
	SEL_EQ,
	SEL_EQ2,
	SEL_NE,
	SEL_GT,
	SEL_LT,
	SEL_EXISTS,
	SEL_NOT_EXISTS,
};

struct selector_req {
	char            *key;
	EK_VEC(char *)   values; /* sorted, each once */
	enum selector_op op;
	size_t           seq;    /* keeps requirements on one key in the order they were written */
};

struct ek_selector {
	unsigned                    refs;
	bool                        nothing; /* matches no labels at all */
	EK_VEC(struct selector_req) reqs;    /* all must hold; sorted by key */
};

struct ek_selector *ek_selector_new(void);
/* EK_EINVALID with the words of apimachinery's NewRequirement. */
int  ek_selector_add(struct ek_selector *s, struct selector_req *take_req, struct ek_err *err);
void ek_selector_req_done(struct selector_req *r);
void ek_selector_sort(struct ek_selector *s);
