/* SPDX-License-Identifier: Apache-2.0 */
#include <ekube/meta.h>
#include <ekube/str.h>

#include <stdlib.h>

/* A label selector's text reads back as the same text; field selectors end within their input. */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	EK_FREE char *text = ek_str_ndup((const char *)data, size);
	EK_CLEANUP(ek_selector_unrefp) struct ek_selector *s = NULL;
	EK_CLEANUP(ek_selector_unrefp) struct ek_selector *again = NULL;
	EK_CLEANUP(ek_field_selector_done) struct ek_field_selector fields = { 0 };
	EK_JSON struct ek_json *labels = ek_json_make("{'a':'x','app':'web','n':'5'}");
	struct ek_err err;

	(void)ek_field_selector_parse(text, &fields, &err);
	if (ek_selector_parse(text, &s, &err) == 0) {
		EK_FREE char *shown = ek_selector_text(s);
		EK_FREE char *shown_again = NULL;

		EK_ASSERT(ek_selector_parse(shown, &again, &err) == 0);
		shown_again = ek_selector_text(again);
		EK_ASSERT(ek_streq(shown, shown_again));
		EK_ASSERT(ek_selector_match(s, labels) == ek_selector_match(again, labels));
	}
	return 0;
}
