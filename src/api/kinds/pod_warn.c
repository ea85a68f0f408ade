/* SPDX-License-Identifier: Apache-2.0 */

/* Warnings that go to the client with the answer: k8s.io/kubernetes/pkg/api/pod/warnings.go. */

#include "kinds.h"

#include <ekube/str.h>

static void warn(struct ek_json *warnings, const struct ek_path *at, const char *fmt, ...)
	EK_PRINTF(3, 4);
static void warn(struct ek_json *warnings, const struct ek_path *at, const char *fmt, ...)
{
	EK_BUF struct ek_buf text = EK_BUF_INIT(8 << 10);
	va_list ap;

	(void)ek_buf_fmt(&text, "%s: ", at->text);
	va_start(ap, fmt);
	(void)ek_buf_vfmt(&text, fmt, ap);
	va_end(ap);
	ek_json_append(warnings, ek_json_new_str(text.data));
}

/* ---- volumes ---- */

static void warn_volumes(const struct ek_json *spec, struct ek_check *c, struct ek_json *warnings)
{
	static const struct {
		const char *field, *said, *text;
	} old_kinds[] = {
		{ "photonPersistentDisk", NULL, "deprecated in v1.11, non-functional in v1.16+" },
		{ "gitRepo", NULL, "deprecated in v1.11" },
		{ "scaleIO", NULL, "deprecated in v1.16, non-functional in v1.22+" },
		{ "flocker", NULL, "deprecated in v1.22, non-functional in v1.25+" },
		{ "storageos", "storageOS", "deprecated in v1.22, non-functional in v1.25+" },
		{ "quobyte", NULL, "deprecated in v1.22, non-functional in v1.25+" },
		{ "glusterfs", NULL, "deprecated in v1.25, non-functional in v1.26+" },
		{ "cephfs", NULL, "deprecated in v1.28, non-functional in v1.31+" },
		{ "rbd", NULL, "deprecated in v1.28, non-functional in v1.31+" },
	};

	for (struct ek_json_iter it = ek_json_iter(ek_json_get(spec, "volumes"));
	     ek_json_next(&it);)
		for (size_t i = 0; i < EK_ARRAY_LEN(old_kinds); i++) {
			size_t mark;

			if (!ek_json_get(it.value, old_kinds[i].field))
				continue;
			mark = ek_check_elem(c, "volumes", it.i);
			(void)ek_check_push(c, old_kinds[i].said ? old_kinds[i].said :
								   old_kinds[i].field);
			warn(warnings, &c->at, "%s", old_kinds[i].text);
			ek_check_pop(c, mark);
		}
}

/* ---- lists in which a name comes twice ---- */

static void warn_twice(const struct ek_json *spec, const char *list, const char *key,
		       struct ek_check *c, struct ek_json *warnings)
{
	const struct ek_json *all = ek_json_get(spec, list);

	for (struct ek_json_iter it = ek_json_iter(all); ek_json_next(&it);) {
		const char *s = ek_json_str_at(it.value, key);
		size_t first = it.i, mark = ek_check_elem(c, list, it.i);

		(void)ek_check_push(c, key);
		if (s && ek_json_find(all, key, s, &first) && first != it.i)
			warn(warnings, &c->at, "duplicate %s \"%s\"", key, s);
		if (ek_str_empty(s) && ek_streq(list, "imagePullSecrets"))
			warn(warnings, &c->at, "invalid empty name \"\"");
		ek_check_pop(c, mark);
	}
}

/* ---- containers ---- */

/* An earlier value is hidden, unless the new one is made of it. */
static bool hides(const struct ek_json *env)
{
	const char *value = ek_json_str_at(env, "value"), *name = ek_json_str_at(env, "name");
	EK_FREE char *ref = ek_str_fmt("$(%s)", name);

	return ek_json_get(env, "valueFrom") || ek_streq(value, ref) || !value ||
	       !strstr(value, ref);
}

static void warn_env(const struct ek_json *container, struct ek_check *c, struct ek_json *warnings)
{
	const struct ek_json *env = ek_json_get(container, "env");

	for (struct ek_json_iter it = ek_json_iter(env); ek_json_next(&it);) {
		const char *name = ek_json_str_at(it.value, "name");
		size_t first = it.i, mark = ek_check_elem(c, "env", it.i);

		if (name && ek_json_find(env, "name", name, &first) && first != it.i &&
		    hides(it.value))
			warn(warnings, &c->at,
			     "hides previous definition of \"%s\", which may be dropped when using apply",
			     name);
		ek_check_pop(c, mark);
	}
}

static void warn_fractions(const struct ek_json *container, struct ek_check *c,
			   struct ek_json *warnings)
{
	static const char *const sides[] = { "limits", "requests" }, *const whole[] = {
		"memory", "ephemeral-storage"
	};

	for (size_t k = 0; k < EK_ARRAY_LEN(whole); k++)
		for (size_t i = 0; i < EK_ARRAY_LEN(sides); i++) {
			const struct ek_json *list =
				ek_json_get(ek_json_get(container, "resources"), sides[i]);
			const struct ek_json *v = ek_json_get(list, whole[k]);
			size_t mark;

			if (!v || ek_quantity_json_milli(v) % 1000 == 0)
				continue;
			mark = ek_check_push(c, "resources");
			(void)ek_check_key(c, sides[i], whole[k]);
			warn(warnings, &c->at,
			     "fractional byte value \"%s\" is invalid, must be an integer",
			     ek_json_str(v));
			ek_check_pop(c, mark);
		}
}

/* All ports that were met so far, each with the path of where. */
static void warn_ports(const struct ek_json *container, struct ek_check *c, struct ek_json *met,
		       struct ek_json *warnings)
{
	for (struct ek_json_iter it = ek_json_iter(ek_json_get(container, "ports"));
	     ek_json_next(&it);) {
		int64_t port = ek_json_int_at(it.value, "containerPort", 0),
			host = ek_json_int_at(it.value, "hostPort", 0);
		const char *ip = ek_json_str_at(it.value, "hostIP"),
			   *protocol = ek_json_str_at(it.value, "protocol");
		size_t mark = ek_check_elem(c, "ports", it.i);

		ip = ip ? ip : "";
		for (struct ek_json_iter m = ek_json_iter(met); ek_json_next(&m);) {
			int64_t other = ek_json_int_at(m.value, "host", 0);
			const char *other_ip = ek_json_str_at(m.value, "ip"),
				   *at = ek_json_str_at(m.value, "at");

			if (ek_json_int_at(m.value, "port", 0) != port ||
			    !ek_streq(ek_json_str_at(m.value, "protocol"), protocol))
				continue;
			if (host == other && ek_streq(ip, other_ip))
				warn(warnings, &c->at, "duplicate port definition with %s", at);
			else if (host == 0 || other == 0)
				warn(warnings, &c->at, "overlapping port definition with %s", at);
			else if (host == other && (!*ip || !*other_ip))
				warn(warnings, &c->at,
				     "dangerously ambiguous port definition with %s", at);
		}
		ek_json_append(met,
			       ek_json_make("{'port':%D,'host':%D,'ip':%s,'protocol':%s,'at':%s}",
					    port, host, ip, protocol, c->at.text));
		ek_check_pop(c, mark);
	}
}

static size_t count_ports(const struct ek_json *spec, const char *const *lists, size_t n_lists)
{
	size_t n = 0;

	for (size_t i = 0; i < n_lists; i++)
		for (struct ek_json_iter it = ek_json_iter(ek_json_get(spec, lists[i]));
		     ek_json_next(&it);)
			n += ek_json_len(ek_json_get(it.value, "ports"));
	return n;
}

static void warn_containers(const struct ek_json *spec, struct ek_check *c,
			    struct ek_json *warnings)
{
	/* the order in which upstream visits them */
	static const char *const lists[] = { "initContainers", "containers",
					     "ephemeralContainers" };
	EK_JSON struct ek_json *met = ek_json_array();
	int rounds = count_ports(spec, lists, EK_ARRAY_LEN(lists)) > 1 ? 2 : 1;

	for (int ports = 0; ports < rounds; ports++)
		for (size_t i = 0; i < EK_ARRAY_LEN(lists); i++)
			for (struct ek_json_iter it = ek_json_iter(ek_json_get(spec, lists[i]));
			     ek_json_next(&it);) {
				size_t mark = ek_check_elem(c, lists[i], it.i);

				if (ports) {
					warn_ports(it.value, c, met, warnings);
				} else {
					warn_fractions(it.value, c, warnings);
					warn_env(it.value, c, warnings);
				}
				ek_check_pop(c, mark);
			}
}

/* ---- the spec ---- */

static void warn_spec(const struct ek_json *spec, struct ek_check *c, struct ek_json *warnings)
{
	size_t mark;

	for (struct ek_json_iter it = ek_json_iter(ek_json_get(spec, "topologySpreadConstraints"));
	     ek_json_next(&it);) {
		mark = ek_check_elem(c, "topologySpreadConstraints", it.i);
		(void)ek_check_push(c, "labelSelector");
		if (!ek_json_get(it.value, "labelSelector"))
			warn(warnings, &c->at, "a null labelSelector results in matching no pod");
		ek_check_pop(c, mark);
	}
	warn_volumes(spec, c, warnings);
	warn_twice(spec, "hostAliases", "ip", c, warnings);
	warn_twice(spec, "imagePullSecrets", "name", c, warnings);
	warn_containers(spec, c, warnings);
	mark = ek_check_push(c, "terminationGracePeriodSeconds");
	if (ek_json_int_at(spec, "terminationGracePeriodSeconds", 0) < 0)
		warn(warnings, &c->at,
		     "must be >= 0; negative values are invalid and will be treated as 1");
	ek_check_pop(c, mark);
}

void ek_pod_warn(const struct ek_json *obj, const struct ek_json *old, struct ek_json *warnings)
{
	struct ek_check c = { 0 };

	if (old && ek_json_same(ek_json_get(obj, "spec"), ek_json_get(old, "spec")))
		return;
	(void)ek_check_push(&c, "spec");
	warn_spec(ek_json_get(obj, "spec"), &c, warnings);
}

void ek_workload_warn(const struct ek_json *obj, const struct ek_json *old,
		      struct ek_json *warnings)
{
	struct ek_check c = { 0 };

	/* who only scales was told before */
	if (old && ek_json_same(ek_json_at(obj, "spec.template"), ek_json_at(old, "spec.template")))
		return;
	(void)ek_check_push(&c, "spec.template.spec");
	warn_spec(ek_json_at(obj, "spec.template.spec"), &c, warnings);
}
