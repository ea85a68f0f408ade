/* SPDX-License-Identifier: Apache-2.0 */
#include <ekube/schema.h>
#include <ekube/str.h>

#include <stdlib.h>

/*
 * Input: an object of a built-in kind. What is decoded decodes to itself, also after defaulting;
 * validation and printing take whatever came through.
 */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct ek_kind *kind_of(const struct ek_json *v)
{
	const char *kind = ek_json_str_at(v, "kind");

	for (const struct ek_kind *const *k = ek_kinds; *k; k++)
		if (ek_streq((*k)->kind, kind))
			return *k;
	return &ek_kind_pod;
}

static void use(const struct ek_kind *k, struct ek_json *obj)
{
	EK_JSON struct ek_json *again = NULL, *cells = NULL;
	EK_CLEANUP(ek_causes_done) struct ek_causes causes = { 0 };
	EK_FREE char *text = NULL;
	struct ek_path at = { 0 };

	EK_ASSERT(ek_schema_decode(k->type, obj, EK_FIELDS_STRICT, &again, NULL, NULL) == 0);
	EK_ASSERT(ek_json_equal(obj, again));
	ek_schema_default(k->type, again);
	ek_json_unrefp(&cells);
	EK_ASSERT(ek_schema_decode(k->type, again, EK_FIELDS_STRICT, &cells, NULL, NULL) == 0);
	ek_schema_validate(k->type, again, NULL, &at, &causes);
	ek_schema_validate(k->type, again, obj, &at, &causes);
	ek_meta_validate(again, NULL, k->namespaced, ek_name_dns1123_subdomain, &at, &causes);
	ek_meta_validate(again, obj, k->namespaced, ek_name_dns1123_subdomain, &at, &causes);
	ek_label_selector_validate(ek_json_at(again, "spec.selector"), false, &at, &causes);
	EK_ASSERT(at.len == 0);
	text = ek_causes_text(&causes);
	ek_json_unrefp(&cells);
	cells = ek_table_cells(k, again, INT64_C(1700000000000000));
	EK_ASSERT(ek_json_is_array(cells) && text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	EK_JSON struct ek_json *v = NULL, *obj = NULL, *warned = NULL, *strict = NULL,
			       *warnings = ek_json_array();
	struct ek_err err = { 0 };
	const struct ek_kind *k;
	int rc;

	if (ek_json_parse((const char *)data, size, EK_JSON_MAX_BYTES, &v, NULL, &err) < 0)
		return 0;
	k = kind_of(v);
	rc = ek_schema_decode(k->type, v, EK_FIELDS_IGNORE, &obj, NULL, &err);
	EK_ASSERT(rc == 0 || (rc == EK_EBADREQUEST && *err.msg && !obj));
	EK_ASSERT(ek_schema_decode(k->type, v, EK_FIELDS_WARN, &warned, warnings, &err) == rc);
	EK_ASSERT(ek_json_equal(obj, warned) && ek_json_len(warnings) <= 100);
	if (ek_schema_decode(k->type, v, EK_FIELDS_STRICT, &strict, NULL, &err) == 0)
		EK_ASSERT(rc == 0 && ek_json_len(warnings) == 0 && ek_json_equal(obj, strict));
	if (rc == 0)
		use(k, obj);
	return 0;
}
