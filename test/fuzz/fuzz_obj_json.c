/* SPDX-License-Identifier: Apache-2.0 */
#include <ekube/json.h>

#include <stdlib.h>
#include <string.h>

/* What is read, written and read again is the same. */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	EK_JSON struct ek_json *v = NULL;
	EK_JSON struct ek_json *back = NULL;
	EK_FREE char *duplicates = NULL;
	EK_FREE char *text = NULL;
	struct ek_err err;

	if (ek_json_parse((const char *)data, size, EK_JSON_MAX_BYTES, &v, &duplicates, &err) < 0)
		return 0;
	text = ek_json_text(v);
	EK_ASSERT(ek_json_parse(text, strlen(text), SIZE_MAX / 8, &back, NULL, &err) == 0);
	EK_ASSERT(ek_json_equal(v, back) && ek_json_same(v, back));
	ek_json_unrefp(&back);
	back = ek_json_copy(v);
	EK_ASSERT(ek_json_equal(v, ek_json_edit(&back)));
	return 0;
}
