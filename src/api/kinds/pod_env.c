/* SPDX-License-Identifier: Apache-2.0 */

/* Environment: where values come from, and the references that volumes make as well. */

#include "pod_validate.h"

#include <ekube/str.h>

#include <ctype.h>

static const char *const env_fields[] = {
	"metadata.name",
	"metadata.namespace",
	"metadata.uid",
	"spec.nodeName",
	"spec.serviceAccountName",
	"status.hostIP",
	"status.hostIPs",
	"status.podIP",
	"status.podIPs",
	NULL,
};

static const char *const volume_fields[] = {
	"metadata.annotations", "metadata.labels", "metadata.name",
	"metadata.namespace",	"metadata.uid",	   NULL,
};

/* What the conversion of field labels knows at all; spec.host is the old name of spec.nodeName. */
static const char *const known_fields[] = {
	"metadata.annotations", "metadata.labels", "metadata.name",	 "metadata.namespace",
	"metadata.uid",		"spec.nodeName",   "spec.restartPolicy", "spec.serviceAccountName",
	"spec.schedulerName",	"status.phase",	   "status.hostIP",	 "status.hostIPs",
	"status.podIP",		"status.podIPs",   "spec.host",		 NULL,
};

static const char *const resource_fields[] = {
	"limits.cpu",	"limits.ephemeral-storage",   "limits.memory",
	"requests.cpu", "requests.ephemeral-storage", "requests.memory",
	NULL,
};

/* ---- fieldRef ---- */

/* "metadata.labels['app']": the path alone and the subscript, both malloc'd; false when it has none. */
static bool split_subscript(const char *path, char **ret_path, char **ret_subscript)
{
	const char *open = strstr(path, "['");

	if (!open || open == path || !ek_str_ends(path, "']") || strlen(open) < strlen("['']"))
		return false;
	*ret_path = ek_str_ndup(path, (size_t)(open - path));
	*ret_subscript = ek_str_ndup(open + 2, strlen(open) - 4);
	return true;
}

static void check_subscript(struct ek_check *c, const char *path, char *key)
{
	const char *msg;

	if (ek_streq(path, "metadata.annotations"))
		for (char *p = key; *p; p++)
			*p = (char)tolower((unsigned char)*p);
	msg = ek_name_qualified(key);
	if (msg)
		ek_check_invalid_str(c, NULL, key, "%s", msg);
}

void ek_pod_field_ref_validate(struct ek_check *c, const struct ek_json *ref, bool volume)
{
	const char *path = ek_json_str_at(ref, "fieldPath"),
		   *version = ek_json_str_at(ref, "apiVersion");
	EK_FREE char *base = NULL, *key = NULL;
	bool subscripted;

	if (ek_str_empty(path) || ek_str_empty(version))
		return;
	if (!ek_streq(version, "v1")) {
		ek_check_invalid_str(c, "fieldPath", path,
				     "error converting fieldPath: unsupported pod version: %s",
				     version);
		return;
	}
	subscripted = split_subscript(path, &base, &key);
	if (subscripted &&
	    (ek_streq(base, "metadata.annotations") || ek_streq(base, "metadata.labels"))) {
		check_subscript(c, base, key);
		return;
	}
	if (subscripted || !ek_check_one_of(path, known_fields)) {
		ek_check_invalid_str(c, "fieldPath", path,
				     "error converting fieldPath: field label %s: %s",
				     subscripted ? "does not support subscript" : "not supported",
				     path);
		return;
	}
	if (ek_streq(path, "spec.host"))
		path = "spec.nodeName";
	if (!ek_check_one_of(path, volume ? volume_fields : env_fields))
		ek_check_unsupported(c, "fieldPath", path, volume ? volume_fields : env_fields);
}

/* ---- resourceFieldRef ---- */

static void check_divisor(struct ek_check *c, const char *resource, const struct ek_json *ref)
{
	static const char *const units[] = { "1",   "1k",  "1M",  "1G",	 "1T",	"1P",  "1E",
					     "1Ki", "1Mi", "1Gi", "1Ti", "1Pi", "1Ei", NULL };
	static const char *const cpu_units[] = { "1m", "1", NULL };
	static const struct {
		const char *suffix, *name;
	} resources[] = {
		{ ".cpu", NULL },
		{ ".memory", "memory" },
		{ ".ephemeral-storage", "local ephemeral storage" },
	};
	struct ek_quantity q = { 0 };
	char text[40];

	if (ek_quantity_from_json(ek_json_get(ref, "divisor"), &q, NULL) < 0 || q.value == 0)
		return;
	ek_quantity_format(&q, text);
	for (size_t i = 0; i < EK_ARRAY_LEN(resources); i++) {
		if (!ek_str_ends(resource, resources[i].suffix))
			continue;
		if (!resources[i].name && !ek_check_one_of(text, cpu_units))
			ek_check_invalid_str(
				c, "divisor", resource,
				"only divisor's values 1m and 1 are supported with the cpu resource");
		if (resources[i].name && !ek_check_one_of(text, units))
			ek_check_invalid_str(
				c, "divisor", resource,
				"only divisor's values 1, 1k, 1M, 1G, 1T, 1P, 1E, 1Ki, 1Mi, 1Gi, 1Ti, 1Pi, "
				"1Ei are supported with the %s resource",
				resources[i].name);
		return;
	}
	if (strstr(resource, ".hugepages-") && !ek_check_one_of(text, units))
		ek_check_invalid_str(
			c, "divisor", resource,
			"only divisor's values 1, 1k, 1M, 1G, 1T, 1P, 1E, 1Ki, 1Mi, 1Gi, 1Ti, 1Pi, 1Ei are "
			"supported with the hugepages resource");
}

void ek_pod_resource_ref_validate(struct ek_check *c, const struct ek_json *ref, bool volume)
{
	const char *resource = ek_json_str_at(ref, "resource");

	if (volume && ek_str_empty(ek_json_str_at(ref, "containerName")))
		ek_check_required(c, "containerName", "");
	if (ek_str_empty(resource))
		return;
	if (!ek_check_one_of(resource, resource_fields) &&
	    !ek_str_starts(resource, "requests.hugepages-") &&
	    !ek_str_starts(resource, "limits.hugepages-"))
		ek_check_unsupported(c, "resource", resource, resource_fields);
	check_divisor(c, resource, ref);
}

/* ---- env, envFrom ---- */

static void check_key_ref(struct ek_check *c, const char *field, const struct ek_json *ref)
{
	size_t mark = ek_check_push(c, field);

	ek_check_name(c, "name", ek_json_str_at(ref, "name"), ek_name_dns1123_subdomain);
	ek_check_pop(c, mark);
}

static void check_value_from(struct ek_check *c, const struct ek_json *env)
{
	static const char *const key_refs[] = { "configMapKeyRef", "secretKeyRef" };
	const struct ek_json *from = ek_json_get(env, "valueFrom"), *ref;
	size_t n = ek_json_len(from), mark;

	if ((ref = ek_json_get(from, "fieldRef"))) {
		mark = ek_check_push(c, "fieldRef");
		ek_pod_field_ref_validate(c, ref, false);
		ek_check_pop(c, mark);
	}
	if ((ref = ek_json_get(from, "resourceFieldRef"))) {
		mark = ek_check_push(c, "resourceFieldRef");
		ek_pod_resource_ref_validate(c, ref, false);
		ek_check_pop(c, mark);
	}
	for (size_t i = 0; i < EK_ARRAY_LEN(key_refs); i++)
		if ((ref = ek_json_get(from, key_refs[i])))
			check_key_ref(c, key_refs[i], ref);
	if (n == 0)
		ek_check_invalid_str(c, NULL, "",
				     "must specify one of: `fieldRef`, `resourceFieldRef`, "
				     "`configMapKeyRef` or `secretKeyRef`");
	else if (!ek_str_empty(ek_json_str_at(env, "value")))
		ek_check_invalid_str(c, NULL, "", "may not be specified when `value` is not empty");
	else if (n > 1)
		ek_check_invalid_str(c, NULL, "",
				     "may not have more than one field specified at a time");
}

static void check_env_from(struct ek_check *c, const struct ek_json *from)
{
	static const char *const refs[] = { "configMapRef", "secretRef" };

	for (size_t i = 0; i < EK_ARRAY_LEN(refs); i++) {
		const char *name = ek_json_str_at(ek_json_get(from, refs[i]), "name");
		size_t mark;

		if (ek_str_empty(name))
			continue;
		mark = ek_check_push(c, refs[i]);
		ek_check_name(c, "name", name, ek_name_dns1123_subdomain);
		ek_check_pop(c, mark);
	}
}

void ek_pod_env_validate(struct ek_check *c, const struct ek_json *container)
{
	struct ek_json_iter it;
	size_t mark;

	for (it = ek_json_iter(ek_json_get(container, "env")); ek_json_next(&it);) {
		if (!ek_json_get(it.value, "valueFrom"))
			continue;
		mark = ek_check_elem(c, "env", it.i);
		(void)ek_check_push(c, "valueFrom");
		check_value_from(c, it.value);
		ek_check_pop(c, mark);
	}
	for (it = ek_json_iter(ek_json_get(container, "envFrom")); ek_json_next(&it);) {
		bool map = ek_json_get(it.value, "configMapRef"),
		     secret = ek_json_get(it.value, "secretRef");

		mark = ek_check_elem(c, "envFrom", it.i);
		check_env_from(c, it.value);
		ek_check_pop(c, mark);
		/* upstream says this of the whole list */
		if (!map && !secret)
			ek_check_invalid_str(c, "envFrom", "",
					     "must specify one of: `configMapRef` or `secretRef`");
		else if (map && secret)
			ek_check_invalid_str(
				c, "envFrom", "",
				"may not have more than one field specified at a time");
	}
}
