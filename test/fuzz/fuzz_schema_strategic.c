/* SPDX-License-Identifier: Apache-2.0 */
#include <ekube/schema.h>

#include <stdlib.h>
#include <string.h>

/*
 * Input: a Deployment and a strategic merge patch, a line break between. The patch leaves its
 * inputs alone, fails with a message that a client may see, and gives something that can be edited;
 * an empty patch changes nothing.
 */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct ek_type *t, const struct ek_json *doc, const struct ek_json *patch)
{
	EK_JSON struct ek_json *out = NULL, *same = NULL, *decoded = NULL,
			       *empty = ek_json_object();
	EK_JSON struct ek_json *doc_before = ek_json_copy(doc), *patch_before = ek_json_copy(patch);
	struct ek_err err = { 0 };
	int rc = ek_strategic_patch(t, doc, patch, &out, &err);
	struct ek_json *was = out;

	EK_ASSERT(ek_json_equal(doc, doc_before) && ek_json_equal(patch, patch_before));
	if (rc < 0) {
		EK_ASSERT((rc == EK_EINVALID || rc == EK_EBADREQUEST) && *err.msg && !out);
		return;
	}
	EK_ASSERT(ek_json_edit(&out) == was);
	EK_ASSERT(ek_strategic_patch(t, out, empty, &same, &err) == 0 && ek_json_equal(out, same));
	if (t)
		(void)ek_schema_decode(t, out, EK_FIELDS_IGNORE, &decoded, NULL, &err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct ek_type *t = ek_kind_deployment.type;
	const uint8_t *nl = size ? memchr(data, '\n', size) : NULL;
	EK_JSON struct ek_json *doc = NULL, *patch = NULL, *typed = NULL;
	size_t n = nl ? (size_t)(nl - data) : size;
	struct ek_err err;

	if (!nl || ek_json_parse((const char *)data, n, EK_JSON_MAX_BYTES, &doc, NULL, &err) < 0 ||
	    ek_json_parse((const char *)nl + 1, size - n - 1, EK_JSON_MAX_BYTES, &patch, NULL,
			  &err) < 0)
		return 0;
	if (!ek_json_is_object(doc))
		return 0;
	check(t, doc, patch);
	check(NULL, doc, patch);
	if (ek_schema_decode(t, doc, EK_FIELDS_IGNORE, &typed, NULL, &err) == 0)
		check(t, typed, patch);
	return 0;
}
