/* SPDX-License-Identifier: Apache-2.0 */

/* ConfigMap and Secret: data by key; ServiceAccount. */

#include "check.h"
#include "kinds.h"

#include <ekube/str.h>

enum { MAX_DATA = 1 << 20 };

/* How many bytes a value is: of base64 what it decodes to. */
static size_t size_of(const struct ek_json *v, bool base64)
{
	const char *s = ek_json_str(v);
	size_t n = ek_json_str_len(v);

	if (!base64 || n < 4)
		return base64 ? 0 : n;
	return n / 4 * 3 - (s[n - 1] == '=') - (s[n - 2] == '=');
}

static size_t check_keys(struct ek_check *c, const char *map, const struct ek_json *data,
			 bool base64, const struct ek_json *other)
{
	size_t total = 0;

	for (struct ek_json_iter it = ek_json_iter(data); ek_json_next(&it);) {
		size_t mark = ek_check_key(c, map, it.key);

		ek_check_name(c, NULL, it.key, ek_name_config_key);
		if (ek_json_get(other, it.key))
			ek_check_invalid_str(c, NULL, it.key,
					     "duplicate of key present in binaryData");
		ek_check_pop(c, mark);
		total += size_of(it.value, base64);
	}
	return total;
}

static void check_size(struct ek_check *c, const char *field, size_t total)
{
	size_t mark = ek_check_push(c, field);

	if (total > MAX_DATA)
		ek_cause_add(c->causes, EK_CAUSE_TOOLONG, &c->at, NULL,
			     "may not be more than %d bytes", MAX_DATA);
	ek_check_pop(c, mark);
}

static void check_kept(struct ek_check *c, const struct ek_json *obj, const struct ek_json *old,
		       const char *const *fields)
{
	static const char text[] = "field is immutable when `immutable` is set";

	if (!ek_json_bool_at(old, "immutable", false))
		return;
	if (!ek_json_bool_at(obj, "immutable", false))
		ek_check_forbidden(c, "immutable", text);
	for (; *fields; fields++)
		if (!ek_json_same(ek_json_get(obj, *fields), ek_json_get(old, *fields)))
			ek_check_forbidden(c, *fields, text);
}

void ek_configmap_validate(const struct ek_json *obj, const struct ek_json *old,
			   struct ek_causes *causes)
{
	static const char *const fields[] = { "data", "binaryData", NULL };
	const struct ek_json *data = ek_json_get(obj, "data"),
			     *binary = ek_json_get(obj, "binaryData");
	struct ek_check c = { .causes = causes };
	size_t total;

	check_kept(&c, obj, old, fields);
	total = check_keys(&c, "data", data, false, binary);
	total += check_keys(&c, "binaryData", binary, true, NULL);
	check_size(&c, "", total); /* the whole of it */
}

/* ---- Secret ---- */

/* stringData is a way in only: it becomes data. */
void ek_secret_default(struct ek_json *obj)
{
	const struct ek_json *plain = ek_json_get(obj, "stringData");

	if (!plain)
		return;
	if (ek_json_is_null(ek_json_get(obj, "data")))
		ek_json_set(obj, "data", ek_json_object());
	for (struct ek_json_iter it = ek_json_iter(plain); ek_json_next(&it);) {
		EK_CLEANUP(ek_secret_freep)
		char *text =
			ek_base64_encode(ek_json_str(it.value), ek_json_str_len(it.value), false);

		ek_json_set_str(ek_json_get(obj, "data"), it.key, text);
	}
	ek_json_del(obj, "stringData");
}

enum how { ALL_OF, ONE_OF, NOT_EMPTY, AN_OBJECT };

/* What a type's data must have. */
static const struct {
	const char *type, *keys[2];
	enum how how;
} types[] = {
	{ "kubernetes.io/dockercfg", { ".dockercfg" }, AN_OBJECT },
	{ "kubernetes.io/dockerconfigjson", { ".dockerconfigjson" }, AN_OBJECT },
	{ "kubernetes.io/basic-auth", { "username", "password" }, ONE_OF },
	{ "kubernetes.io/ssh-auth", { "ssh-privatekey" }, NOT_EMPTY },
	{ "kubernetes.io/tls", { "tls.crt", "tls.key" }, ALL_OF },
};

/* Why it is not, as Go says it; NULL when it is. The words never hold the secret. */
static const char *not_an_object(const struct ek_json *v)
{
	EK_CLEANUP(ek_secret_freep) char *text = NULL;
	EK_JSON struct ek_json *parsed = NULL;
	size_t n = 0;

	if (ek_base64_decode(ek_json_str(v), ek_json_str_len(v), false, &text, &n) < 0 || n == 0)
		return "unexpected end of JSON input";
	if (ek_json_parse(text, n, MAX_DATA, &parsed, NULL, NULL) < 0)
		return strchr(" \t\r\n{", text[0]) ?
			       "unexpected end of JSON input" :
			       "invalid character looking for beginning of value";
	if (ek_json_is_object(parsed) || ek_json_is_null(parsed))
		return NULL;
	return ek_json_is_array(parsed) ?
		       "json: cannot unmarshal array into Go value of type map[string]interface {}" :
		       "json: cannot unmarshal string into Go value of type map[string]interface {}";
}

static void check_key_of_type(struct ek_check *c, const struct ek_json *data, const char *key,
			      enum how how)
{
	const struct ek_json *v = ek_json_get(data, key);
	size_t mark = ek_check_key(c, "data", key);

	if (!v || (how == NOT_EMPTY && ek_json_str_len(v) == 0))
		ek_check_required(c, NULL, "");
	else if (how == AN_OBJECT && not_an_object(v))
		ek_check_invalid_str(c, NULL, "<secret contents redacted>", "%s", not_an_object(v));
	ek_check_pop(c, mark);
}

static void check_secret_type(struct ek_check *c, const struct ek_json *obj)
{
	static const char account[] = "kubernetes.io/service-account.name";
	const struct ek_json *data = ek_json_get(obj, "data");
	const char *type = ek_json_str_at(obj, "type");

	if (ek_streq(type, "kubernetes.io/service-account-token") &&
	    ek_str_empty(ek_meta_annotation(obj, account))) {
		size_t mark = ek_check_push(c, "metadata");

		(void)ek_check_key(c, "annotations", account);
		ek_check_required(c, NULL, "");
		ek_check_pop(c, mark);
	}
	for (size_t i = 0; i < EK_ARRAY_LEN(types); i++) {
		if (!ek_streq(type, types[i].type))
			continue;
		if (types[i].how == ONE_OF &&
		    (ek_json_get(data, types[i].keys[0]) || ek_json_get(data, types[i].keys[1])))
			continue;
		for (size_t k = 0; k < EK_ARRAY_LEN(types[i].keys) && types[i].keys[k]; k++)
			check_key_of_type(c, data, types[i].keys[k], types[i].how);
	}
}

void ek_secret_validate(const struct ek_json *obj, const struct ek_json *old,
			struct ek_causes *causes)
{
	static const char *const fields[] = { "data", NULL };
	struct ek_check c = { .causes = causes };

	if (old && !ek_json_same(ek_json_get(obj, "type"), ek_json_get(old, "type")))
		ek_check_invalid_str(&c, "type", ek_json_str_at(obj, "type"), "field is immutable");
	check_kept(&c, obj, old, fields);
	check_size(&c, "data", check_keys(&c, "data", ek_json_get(obj, "data"), true, NULL));
	check_secret_type(&c, obj);
}

/* ---- ServiceAccount ---- */

/* Of the secrets only the names count. */
void ek_serviceaccount_prepare_create(struct ek_json *obj)
{
	struct ek_json *secrets = ek_json_get(obj, "secrets");

	for (size_t i = 0; i < ek_json_len(secrets); i++)
		ek_json_replace(secrets, i,
				ek_json_make("{'name':%s}",
					     ek_json_str_at(ek_json_elem(secrets, i), "name")));
}

void ek_serviceaccount_prepare_update(struct ek_json *obj, const struct ek_json *old)
{
	(void)old;
	ek_serviceaccount_prepare_create(obj);
}
