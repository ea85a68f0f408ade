/* SPDX-License-Identifier: Apache-2.0 */
#include <ekube/json.h>

#include <stdlib.h>
#include <string.h>

/* Whatever a stream holds, each document that is read survives being written and read. */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void there_and_back(const struct ek_json *v)
{
	EK_BUF struct ek_buf out = EK_BUF_INIT(64 << 20);
	EK_JSON struct ek_json *back = NULL;
	EK_FREE char *duplicates = NULL;
	struct ek_err err;

	if (ek_yaml_write(v, &out) < 0)
		return;
	EK_ASSERT(ek_yaml_parse_dup(out.data, out.len, out.len, &back, &duplicates, &err) == 0);
	EK_ASSERT(!duplicates && ek_json_equal(v, back));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	EK_JSON struct ek_json *v = NULL;
	EK_JSON struct ek_json *all = NULL;
	EK_FREE char *duplicates = NULL;
	const char *text = (const char *)data;
	struct ek_err err;

	if (ek_yaml_parse_dup(text, size, EK_JSON_MAX_BYTES, &v, &duplicates, &err) == 0)
		there_and_back(v);
	if (ek_yaml_parse_all(text, size, EK_JSON_MAX_BYTES, &all, &err) == 0)
		for (struct ek_json_iter it = ek_json_iter(all); ek_json_next(&it);)
			there_and_back(it.value);
	return 0;
}
