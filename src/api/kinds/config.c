/* SPDX-License-Identifier: Apache-2.0 */

/* ConfigMap and Secret: data by key. */

#include "kinds.h"

#include <ekube/str.h>

enum { MAX_DATA = 1 << 20 };

static void validate_keys(const struct ek_json *map, struct ek_path *at, size_t *total, bool base64, struct ek_causes *causes)
{
	for (struct ek_json_iter it = ek_json_iter(map); ek_json_next(&it);) {
		const char *problem = ek_name_config_key(it.key);
		size_t mark = ek_path_key(at, it.key), n = ek_json_str_len(it.value);
		EK_JSON struct ek_json *key = ek_json_new_str(it.key);

		if (problem)
			ek_cause_add(causes, EK_CAUSE_INVALID, at, key, "%s", problem);
		*total += base64 ? n / 4 * 3 : n;
		ek_path_pop(at, mark);
	}
}

static void validate_immutable(const struct ek_json *obj, const struct ek_json *old, const char *field, struct ek_causes *causes)
{
	struct ek_path at = { .len = 0 };

	if (!ek_json_bool_at(old, "immutable", false))
		return;
	(void)ek_path_push(&at, field);
	if (ek_streq(field, "immutable")) {
		if (!ek_json_bool_at(obj, "immutable", false))
			ek_cause_add(causes, EK_CAUSE_FORBIDDEN, &at, NULL, "field is immutable when `immutable` is set");
	} else if (!ek_json_same(ek_json_get(obj, field), ek_json_get(old, field))) {
		ek_cause_add(causes, EK_CAUSE_FORBIDDEN, &at, NULL, "field is immutable when `immutable` is set");
	}
}

void configmap_validate(const struct ek_json *obj, const struct ek_json *old, struct ek_causes *causes)
{
	struct ek_path at = { .len = 0 };
	size_t total = 0, mark = ek_path_push(&at, "data");

	validate_keys(ek_json_get(obj, "data"), &at, &total, false, causes);
	ek_path_pop(&at, mark);
	mark = ek_path_push(&at, "binaryData");
	validate_keys(ek_json_get(obj, "binaryData"), &at, &total, true, causes);
	ek_path_pop(&at, mark);
	if (total > MAX_DATA)
		ek_cause_add(causes, EK_CAUSE_TOOLONG, &at, NULL, "may not be more than %d bytes", MAX_DATA);
	validate_immutable(obj, old, "immutable", causes);
	validate_immutable(obj, old, "data", causes);
	validate_immutable(obj, old, "binaryData", causes);
}

/* stringData is a way in only: it becomes data. */
void secret_default(struct ek_json *obj)
{
	const struct ek_json *plain = ek_json_get(obj, "stringData");

	default_str(obj, "type", "Opaque");
	if (!plain)
		return;
	if (!ek_json_get(obj, "data"))
		ek_json_set(obj, "data", ek_json_object());
	for (struct ek_json_iter it = ek_json_iter(plain); ek_json_next(&it);) {
		EK_CLEANUP(ek_secret_freep) char *text =
			ek_base64_encode(ek_json_str(it.value), ek_json_str_len(it.value), false);

		ek_json_set_str(ek_json_get(obj, "data"), it.key, text);
	}
	ek_json_del(obj, "stringData");
}

static const struct {
	const char *type, *key;
} required_keys[] = {
	{ "kubernetes.io/dockercfg", ".dockercfg" },
	{ "kubernetes.io/dockerconfigjson", ".dockerconfigjson" },
	{ "kubernetes.io/ssh-auth", "ssh-privatekey" },
	{ "kubernetes.io/tls", "tls.crt" },
	{ "kubernetes.io/tls", "tls.key" },
};

void secret_validate(const struct ek_json *obj, const struct ek_json *old, struct ek_causes *causes)
{
	const char *type = ek_json_str_at(obj, "type");
	struct ek_path at = { .len = 0 };
	size_t total = 0, mark = ek_path_push(&at, "data");

	validate_keys(ek_json_get(obj, "data"), &at, &total, true, causes);
	if (total > MAX_DATA)
		ek_cause_add(causes, EK_CAUSE_TOOLONG, &at, NULL, "may not be more than %d bytes", MAX_DATA);
	for (size_t i = 0; i < EK_ARRAY_LEN(required_keys); i++) {
		size_t m = ek_path_key(&at, required_keys[i].key);

		if (ek_streq(type, required_keys[i].type) && !ek_json_get(ek_json_get(obj, "data"), required_keys[i].key))
			ek_cause_add(causes, EK_CAUSE_REQUIRED, &at, NULL, "%s", "");
		ek_path_pop(&at, m);
	}
	ek_path_pop(&at, mark);
	if (old && !ek_streq(type, ek_json_str_at(old, "type"))) {
		(void)ek_path_push(&at, "type");
		ek_cause_add(causes, EK_CAUSE_INVALID, &at, ek_json_get(obj, "type"), "field is immutable");
	}
	validate_immutable(obj, old, "immutable", causes);
	validate_immutable(obj, old, "data", causes);
}
