/* SPDX-License-Identifier: Apache-2.0 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include <ekube/meta.h>
#include <ekube/str.h>

#include "env.h"
#include "podspec.h"

enum { FIELD_MAX = 1 << 20 };

/* ---- maps: key="value" lines, keys sorted, values quoted as Go does ---- */

static void put_quoted(struct ek_buf *b, const char *s)
{
	static const char special[] = "\a\b\f\n\r\t\v\\\"", names[] = "abfnrtv\\\"";

	(void)ek_buf_char(b, '"');
	for (; *s; s++) {
		const char *at = strchr(special, *s);

		if (at)
			(void)ek_buf_fmt(b, "\\%c", names[at - special]);
		else if ((unsigned char)*s < 0x20 || *s == 0x7f)
			(void)ek_buf_fmt(b, "\\x%02x", *s);
		else
			(void)ek_buf_char(b, *s);
	}
	(void)ek_buf_char(b, '"');
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static char *map_text(const struct ek_json *map)
{
	struct ek_buf b = EK_BUF_INIT(FIELD_MAX);
	EK_VEC(const char *) keys = { 0 };

	for (struct ek_json_iter it = ek_json_iter(map); ek_json_next(&it);)
		ek_vec_push(&keys, it.key);
	if (keys.n > 0)
		qsort(keys.items, keys.n, sizeof(*keys.items), by_name);
	for (size_t i = 0; i < keys.n; i++) {
		(void)ek_buf_fmt(&b, "%s%s=", i ? "\n" : "", keys.items[i]);
		put_quoted(&b, ek_json_str(ek_json_get(map, keys.items[i])));
	}
	ek_vec_done(&keys);
	return ek_buf_steal(&b);
}

/* ---- fields ---- */

/* metadata.labels['key'] */
static int subscript(const struct ek_env_source *src, const char *path, size_t n, char **ret,
		     struct ek_err *err)
{
	EK_FREE char *key = ek_str_ndup(path + n + 2, strlen(path + n + 2) - 2);
	EK_FREE char *checked = ek_str_dup(key);
	bool labels = strncmp(path, "metadata.labels", n) == 0 && n == strlen("metadata.labels");
	bool annotations = strncmp(path, "metadata.annotations", n) == 0 && n == strlen("metadata.annotations");
	const char *why, *value;

	if (!labels && !annotations)
		return ek_fail(err, EK_EINVALID, "fieldPath \"%s\" does not support subscript", path);
	for (char *c = checked; annotations && *c; c++)
		*c = (char)tolower((unsigned char)*c);
	why = ek_name_qualified(checked);
	if (why)
		return ek_fail(err, EK_EINVALID, "invalid key subscript in %s: %s", path, why);
	value = labels ? ek_meta_label(src->pod, key) : ek_meta_annotation(src->pod, key);
	*ret = ek_str_dup(value ? value : "");
	return 0;
}

int ek_field_ref(const struct ek_env_source *src, const char *path, char **ret, struct ek_err *err)
{
	/* where the value is: in the object, or known to the node alone */
	const struct {
		const char *path, *value;
	} fields[] = {
		{ "metadata.name", ek_meta_name(src->pod) },
		{ "metadata.namespace", ek_meta_namespace(src->pod) },
		{ "metadata.uid", ek_meta_uid(src->pod) },
		{ "spec.nodeName", ek_json_str_at(src->pod, "spec.nodeName") },
		{ "spec.serviceAccountName", ek_json_str_at(src->pod, "spec.serviceAccountName") },
		{ "status.hostIP", src->host_ip },
		{ "status.hostIPs", src->host_ip },
		{ "status.podIP", src->pod_ip },
		{ "status.podIPs", src->pod_ip },
	};
	const char *open = path ? strstr(path, "['") : NULL;

	if (open && open > path && ek_str_ends(path, "']"))
		return subscript(src, path, (size_t)(open - path), ret, err);
	if (ek_streq(path, "metadata.labels") || ek_streq(path, "metadata.annotations")) {
		*ret = map_text(ek_json_at(src->pod, path));
		return 0;
	}
	for (size_t i = 0; i < EK_ARRAY_LEN(fields); i++)
		if (ek_streq(fields[i].path, path)) {
			*ret = ek_str_dup(fields[i].value ? fields[i].value : "");
			return 0;
		}
	return ek_fail(err, EK_EINVALID, "unsupported fieldPath: %s", path ? path : "");
}

/* ---- resources ---- */

static int64_t divide_up(int64_t n, int64_t by)
{
	return by <= 0 ? 0 : n / by + (n % by != 0);
}

int ek_resource_ref(const struct ek_env_source *src, const struct ek_json *ref, char **ret,
		    struct ek_err *err)
{
	const char *name = ek_json_str_at(ref, "containerName");
	const char *resource = ek_json_str_at(ref, "resource");
	const struct ek_json *ctr = ek_str_empty(name) ? src->container :
							 ek_podspec_find(src->pod, name);
	const struct ek_json *value, *divisor = ek_json_get(ref, "divisor");
	bool limit = ek_str_starts(resource ? resource : "", "limits.");
	const char *what;
	bool cpu;
	int64_t n, by;

	if (!ctr)
		return ek_fail(err, EK_EINVALID, "container %s not found", name ? name : "");
	if (!resource || (!limit && !ek_str_starts(resource, "requests.")))
		return ek_fail(err, EK_EINVALID, "unsupported container resource : %s", resource ? resource : "");
	what = strchr(resource, '.') + 1;
	cpu = ek_streq(what, "cpu");
	if (!cpu && !ek_streq(what, "memory") && !ek_streq(what, "ephemeral-storage") && !ek_str_starts(what, "hugepages-"))
		return ek_fail(err, EK_EINVALID, "unsupported container resource : %s", resource);
	value = ek_json_get(ek_json_get(ek_json_get(ctr, "resources"), limit ? "limits" : "requests"), what);
	/* a limit that is not set is what the node has */
	if (limit && ek_quantity_json_milli(value) == 0 && !ek_str_starts(what, "hugepages-"))
		value = ek_json_get(src->allocatable, what);
	n = cpu ? ek_quantity_json_milli(value) : ek_quantity_json_value(value);
	by = cpu ? ek_quantity_json_milli(divisor) : ek_quantity_json_value(divisor);
	*ret = ek_str_fmt("%" PRId64, divide_up(n, by > 0 ? by : cpu ? 1000 : 1));
	return 0;
}
