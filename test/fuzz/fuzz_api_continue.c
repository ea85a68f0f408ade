/* SPDX-License-Identifier: Apache-2.0 */
#include "api/continue.h"

#include <ekube/str.h>

#include <stdlib.h>

/*
 * A token is what a client says it is: any text is refused or read, and what was read is written
 * alike.
 */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const char *token)
{
	struct ek_continue c = { 0 }, back = { 0 };
	EK_FREE char *again = NULL;
	struct ek_err err;

	if (ek_continue_decode(token, &c, &err) < 0) {
		EK_ASSERT(err.code == EK_EBADREQUEST);
		return;
	}
	again = ek_continue_encode(&c);
	EK_ASSERT(ek_continue_decode(again, &back, &err) == 0);
	EK_ASSERT(ek_streq(c.start, back.start) && c.rev == back.rev);
	free(c.start);
	free(back.start);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	EK_FREE char *text = ek_str_ndup((const char *)data, size);
	EK_FREE char *wrapped = ek_base64_encode(data, size, true);

	check(text);
	check(wrapped);
	return 0;
}
