/* SPDX-License-Identifier: Apache-2.0 */
#include "obj_test.h"
#include "words.h"

static const char *const known[] = { "", "metadata", "name", "kind", "linux", "v1", "apps/v1", "Always", "0", "Pod",
				     "terminationGracePeriodSeconds", "kubernetes.io/hostname" };
static const char *const unknown[] = { "metadatA", "metadata ", "etadata", "nama", "2147", "a name of my own",
				       "a text that is longer than every word", "\xc3\xa9" };

START_TEST(known_words_are_there_once)
{
	EK_FREE char *text = ek_str_fmt("[\"%s\"]", known[_i]);
	EK_JSON struct ek_json *read = json(text);
	EK_JSON struct ek_json *made = ek_json_new_str(known[_i]);

	ck_assert_ptr_nonnull(words_find(known[_i], strlen(known[_i])));
	ck_assert_ptr_eq(made, words_find(known[_i], strlen(known[_i])));
	ck_assert_ptr_eq(made, ek_json_elem(read, 0));
	ck_assert_str_eq(ek_json_str(made), known[_i]);
	ck_assert_uint_eq(ek_json_str_len(made), strlen(known[_i]));
}
END_TEST

START_TEST(other_words_are_not)
{
	EK_JSON struct ek_json *a = ek_json_new_str(unknown[_i]);
	EK_JSON struct ek_json *b = ek_json_new_str(unknown[_i]);

	ck_assert_ptr_null(words_find(unknown[_i], strlen(unknown[_i])));
	ck_assert_ptr_ne(a, b);
	ck_assert(ek_json_equal(a, b));
}
END_TEST

/* References to constants cost nothing and may be dropped in any number. */
START_TEST(words_are_never_counted)
{
	struct ek_json *v = ek_json_new_str("metadata");

	for (int i = 0; i < 3; i++)
		ek_json_unref(ek_json_ref(v));
	for (int i = 0; i < 10; i++)
		ek_json_unref(v);
	ck_assert_str_eq(ek_json_str(v), "metadata");
}
END_TEST

EK_TESTS("obj/words", EK_ROWS(known_words_are_there_once, known),
	 EK_ROWS(other_words_are_not, unknown), words_are_never_counted)
