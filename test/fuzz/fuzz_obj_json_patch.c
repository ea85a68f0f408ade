/* SPDX-License-Identifier: Apache-2.0 */
#include <ekube/meta.h>

#include <stdlib.h>
#include <string.h>

/*
 * Input: a document and a patch, a line break between. Patches leave their inputs alone, results
 * may be edited and are no deeper than what is read; a difference applied gives the other side.
 */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_result(const struct ek_json *v)
{
	EK_FREE char *text = ek_json_text(v);
	EK_JSON struct ek_json *back = NULL;

	EK_ASSERT(ek_json_parse(text, strlen(text), SIZE_MAX / 8, &back, NULL, NULL) == 0);
	EK_ASSERT(ek_json_equal(v, back));
}

static bool has_null(const struct ek_json *v)
{
	if (ek_json_is_null(v))
		return true;
	for (struct ek_json_iter it = ek_json_iter(v); ek_json_next(&it);)
		if (has_null(it.value))
			return true;
	return false;
}

static void patch(const struct ek_json *doc, const struct ek_json *ops)
{
	EK_JSON struct ek_json *got = NULL;
	EK_FREE char *before = ek_json_text(doc);
	EK_FREE char *after = NULL;
	struct ek_err err;

	if (ek_json_patch(doc, ops, &got, &err) == 0) {
		struct ek_json *same = got;

		check_result(got);
		EK_ASSERT(ek_json_edit(&got) == same);
	}
	after = ek_json_text(doc);
	EK_ASSERT(strcmp(before, after) == 0);
}

static void merge(const struct ek_json *a, const struct ek_json *b)
{
	EK_JSON struct ek_json *merged = ek_merge_patch(a, b);
	EK_JSON struct ek_json *diff = ek_merge_diff(a, b);
	EK_JSON struct ek_json *applied = NULL;

	check_result(merged);
	EK_ASSERT(!diff == ek_json_equal(a, b));
	if (!diff || !ek_json_is_object(a) || !ek_json_is_object(b) || has_null(b))
		return; /* a null in the target is what a merge patch cannot say */
	applied = ek_merge_patch(a, diff);
	EK_ASSERT(ek_json_equal(applied, b));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	const char *line = size ? memchr(text, '\n', size) : NULL;
	EK_JSON struct ek_json *doc = NULL;
	EK_JSON struct ek_json *other = NULL;

	if (!line || ek_json_parse(text, (size_t)(line - text), size, &doc, NULL, NULL) < 0)
		return 0;
	line++;
	if (ek_json_parse(line, size - (size_t)(line - text), size, &other, NULL, NULL) < 0)
		return 0;
	patch(doc, other);
	merge(doc, other);
	return 0;
}
