/* SPDX-License-Identifier: Apache-2.0 */

/* A pod as a whole, and the templates of pods: ValidatePodSpec, ValidatePodTemplateSpec. */

#include "pod_validate.h"

#include "kinds.h"
#include "resources.h"

#include <ekube/str.h>

#include <ctype.h>
#include <stdlib.h>

enum {
	MAX_NAMESERVERS = 3,
	MAX_SEARCHES = 32,
	MAX_SEARCH_CHARS = 2048,
	MAX_ANNOTATION_SIZE = 256 << 10,
};

/* ---- names ---- */

static void check_host_aliases(struct ek_check *c, const struct ek_json *spec)
{
	for (struct ek_json_iter it = ek_json_iter(ek_json_get(spec, "hostAliases"));
	     ek_json_next(&it);) {
		size_t mark = ek_check_elem(c, "hostAliases", it.i);

		(void)ek_check_ip(c, "ip", ek_json_str_at(it.value, "ip"));
		for (struct ek_json_iter h = ek_json_iter(ek_json_get(it.value, "hostnames"));
		     ek_json_next(&h);) {
			size_t below = ek_check_elem(c, "hostnames", h.i);

			ek_check_name(c, NULL, ek_json_str(h.value), ek_name_dns1123_subdomain);
			ek_check_pop(c, below);
		}
		ek_check_pop(c, mark);
	}
}

static void check_search(struct ek_check *c, const char *search, size_t i)
{
	size_t n = strlen(search), mark = ek_check_elem(c, "searches", i);
	EK_FREE char *name = ek_str_ndup(search, n > 0 && search[n - 1] == '.' ? n - 1 : n);

	ek_check_name(c, NULL, name, ek_name_dns1123_subdomain);
	ek_check_pop(c, mark);
}

static void check_dns_config(struct ek_check *c, const struct ek_json *spec)
{
	const struct ek_json *config = ek_json_get(spec, "dnsConfig");
	const struct ek_json *servers = ek_json_get(config, "nameservers"),
			     *searches = ek_json_get(config, "searches");
	bool none = ek_streq(ek_json_str_at(spec, "dnsPolicy"), "None");
	struct ek_json_iter it;
	size_t mark, chars = 0;

	if (none && !config) {
		ek_check_required(c, "dnsConfig",
				  "must provide `dnsConfig` when `dnsPolicy` is None");
		return;
	}
	mark = ek_check_push(c, "dnsConfig");
	if (none && ek_json_len(servers) == 0)
		ek_check_required(
			c, "nameservers",
			"must provide at least one DNS nameserver when `dnsPolicy` is None");
	if (ek_json_len(servers) > MAX_NAMESERVERS)
		ek_check_invalid(c, "nameservers", servers,
				 "must not have more than %d nameservers", MAX_NAMESERVERS);
	for (it = ek_json_iter(servers); ek_json_next(&it);)
		(void)ek_check_ip(c, EK_F("nameservers[%zu]", it.i), ek_json_str(it.value));
	if (ek_json_len(searches) > MAX_SEARCHES)
		ek_check_invalid(c, "searches", searches, "must not have more than %d search paths",
				 MAX_SEARCHES);
	for (it = ek_json_iter(searches); ek_json_next(&it);)
		chars += ek_json_str_len(it.value) + (it.i > 0);
	if (chars > MAX_SEARCH_CHARS)
		ek_check_invalid(
			c, "searches", searches,
			"must not have more than %d characters (including spaces) in the search list",
			MAX_SEARCH_CHARS);
	for (it = ek_json_iter(searches); ek_json_next(&it);)
		check_search(c, ek_json_str(it.value), it.i);
	for (it = ek_json_iter(ek_json_get(config, "options")); ek_json_next(&it);)
		if (ek_str_empty(ek_json_str_at(it.value, "name")))
			ek_check_required(c, EK_F("options[%zu]", it.i), "must not be empty");
	ek_check_pop(c, mark);
}

/* ---- gates, claims, host ports, overhead ---- */

static void check_gates(struct ek_check *c, const struct ek_json *gates)
{
	for (struct ek_json_iter it = ek_json_iter(gates); ek_json_next(&it);) {
		const char *name = ek_json_str_at(it.value, "name");
		size_t first = it.i, mark = ek_check_elem(c, "schedulingGates", it.i);

		ek_check_name(c, NULL, name, ek_name_qualified);
		if (name && ek_json_find(gates, "name", name, &first) && first != it.i)
			ek_check_duplicate(c, NULL, name);
		ek_check_pop(c, mark);
	}
}

static void check_claims(struct ek_check *c, const struct ek_json *claims)
{
	for (struct ek_json_iter it = ek_json_iter(claims); ek_json_next(&it);) {
		const char *name = ek_json_str_at(it.value, "name");
		bool claim = ek_json_get(it.value, "resourceClaimName");
		bool template = ek_json_get(it.value, "resourceClaimTemplateName");
		size_t first = it.i, mark = ek_check_elem(c, "resourceClaims", it.i);

		if (ek_str_empty(name))
			ek_check_required(c, "name", "");
		else if (ek_json_find(claims, "name", name, &first) && first != it.i)
			ek_check_duplicate(c, "name", name);
		else
			ek_check_name(c, "name", name, ek_name_dns1123_label);
		if (claim && template)
			ek_check_invalid(
				c, NULL, it.value,
				"at most one of `resourceClaimName` or `resourceClaimTemplateName` may be "
				"specified");
		else if (!claim && !template)
			ek_check_invalid(
				c, NULL, it.value,
				"must specify one of: `resourceClaimName`, `resourceClaimTemplateName`");
		ek_check_pop(c, mark);
	}
}

/* With the host's network a container's port is the host's; a template may leave it open. */
static void check_host_network(struct ek_check *c, const struct ek_json *spec, bool is_pod)
{
	if (!ek_json_bool_at(spec, "hostNetwork", false))
		return;
	for (struct ek_json_iter ct = ek_json_iter(ek_json_get(spec, "containers"));
	     ek_json_next(&ct);)
		for (struct ek_json_iter it = ek_json_iter(ek_json_get(ct.value, "ports"));
		     ek_json_next(&it);) {
			int64_t host = ek_json_int_at(it.value, "hostPort", 0);
			EK_JSON struct ek_json *bad = ek_json_new_int(host);
			size_t mark;

			if ((!is_pod && host == 0) ||
			    host == ek_json_int_at(it.value, "containerPort", 0))
				continue;
			mark = ek_check_elem(c, "containers", ct.i);
			(void)ek_check_elem(c, "ports", it.i);
			ek_check_invalid(c, "hostPort", bad,
					 "must match `containerPort` when `hostNetwork` is true");
			ek_check_pop(c, mark);
		}
}

static void check_overhead(struct ek_check *c, const struct ek_json *spec)
{
	const struct ek_json *overhead = ek_json_get(spec, "overhead");
	size_t mark = ek_check_push(c, "overhead");

	/* upstream's paths have the list's usual place in them */
	for (struct ek_json_iter it = ek_json_iter(overhead); ek_json_next(&it);) {
		size_t below = ek_check_key(c, "limits", it.key);

		ek_resource_container_name_validate(c, it.key);
		ek_resource_amount_validate(c, it.key, it.value);
		ek_check_pop(c, below);
	}
	ek_check_pop(c, mark);
}

/* ---- the spec ---- */

void ek_pod_spec_validate(struct ek_check *c, const struct ek_json *spec, bool is_pod,
			  const char *pod_name)
{
	struct ek_pod_check p = { .c = *c, .spec = spec, .is_pod = is_pod, .name = pod_name };
	size_t mark;

	ek_pod_volumes_validate(&p);
	check_claims(&p.c, ek_json_get(spec, "resourceClaims"));
	ek_pod_containers_validate(&p);
	free(p.volumes);
	check_host_network(&p.c, spec, is_pod);
	mark = ek_check_push(&p.c, "nodeSelector");
	ek_labels_validate(ek_json_get(spec, "nodeSelector"), &p.c.at, p.c.causes);
	ek_check_pop(&p.c, mark);
	ek_pod_security_validate(&p);
	ek_pod_affinity_validate(&p.c, spec);
	check_dns_config(&p.c, spec);
	check_gates(&p.c, ek_json_get(spec, "schedulingGates"));
	check_host_aliases(&p.c, spec);
	check_overhead(&p.c, spec);
	if (ek_json_get(spec, "os") && ek_str_empty(ek_json_str_at(spec, "os.name")))
		ek_check_required(&p.c, "os.name", "cannot be empty");
}

/* ---- metadata ---- */

static bool is_cost(const char *s)
{
	int64_t n;

	if (s[0] != '-' && !(s[0] >= '1' && s[0] <= '9') && !ek_streq(s, "0"))
		return false;
	return ek_str_to_int(s, INT32_MIN, INT32_MAX, &n) == 0;
}

void ek_pod_annotations_validate(struct ek_check *c, const struct ek_json *annotations,
				 const struct ek_json *spec)
{
	static const char mirror[] = "kubernetes.io/config.mirror",
			  cost[] = "controller.kubernetes.io/pod-deletion-cost";
	const struct ek_json *is_mirror = ek_json_get(annotations, mirror),
			     *costs = ek_json_get(annotations, cost);
	size_t mark;

	if (is_mirror && ek_str_empty(ek_json_str_at(spec, "nodeName"))) {
		mark = ek_check_key(c, "annotations", mirror);
		ek_check_invalid(c, NULL, is_mirror,
				 "must set spec.nodeName if mirror pod annotation is set");
		ek_check_pop(c, mark);
	}
	if (costs && !is_cost(ek_json_str(costs))) {
		mark = ek_check_key(c, "annotations", cost);
		ek_check_invalid(c, NULL, costs, "must be a 32bit integer");
		ek_check_pop(c, mark);
	}
}

static void check_template_annotations(struct ek_check *c, const struct ek_json *annotations)
{
	size_t total = 0, mark;

	for (struct ek_json_iter it = ek_json_iter(annotations); ek_json_next(&it);) {
		EK_FREE char *lower = ek_str_dup(it.key);

		for (char *p = lower; *p; p++)
			*p = (char)tolower((unsigned char)*p);
		if (ek_name_qualified(lower))
			ek_check_invalid_str(c, "annotations", it.key, "%s",
					     ek_name_qualified(lower));
		total += strlen(it.key) + ek_json_str_len(it.value);
	}
	if (total <= MAX_ANNOTATION_SIZE)
		return;
	mark = ek_check_push(c, "annotations");
	ek_cause_add(c->causes, EK_CAUSE_TOOLONG, &c->at, NULL, "may not be more than %d bytes",
		     MAX_ANNOTATION_SIZE);
	ek_check_pop(c, mark);
}

/* Upstream's paths leave "metadata" out here. */
void ek_pod_template_metadata_validate(struct ek_check *c, const struct ek_json *template)
{
	const struct ek_json *annotations = ek_meta_annotations(template);
	size_t mark = ek_check_push(c, "labels");

	ek_labels_validate(ek_meta_labels(template), &c->at, c->causes);
	ek_check_pop(c, mark);
	check_template_annotations(c, annotations);
	ek_pod_annotations_validate(c, annotations, ek_json_get(template, "spec"));
}

void ek_pod_template_validate(struct ek_check *c, const struct ek_json *template)
{
	const struct ek_json *spec = ek_json_get(template, "spec");
	size_t mark;

	ek_pod_template_metadata_validate(c, template);
	mark = ek_check_push(c, "spec");
	ek_pod_spec_validate(c, spec, false, NULL);
	if (ek_json_len(ek_json_get(spec, "ephemeralContainers")) > 0)
		ek_check_forbidden(c, "ephemeralContainers",
				   "ephemeral containers not allowed in pod template");
	ek_check_pop(c, mark);
}

/* ---- the pod ---- */

/* A token needs an account. */
static void check_tokens(struct ek_check *c, const struct ek_json *spec)
{
	if (!ek_str_empty(ek_json_str_at(spec, "serviceAccountName")))
		return;
	for (struct ek_json_iter v = ek_json_iter(ek_json_get(spec, "volumes")); ek_json_next(&v);)
		for (struct ek_json_iter it =
			     ek_json_iter(ek_json_at(v.value, "projected.sources"));
		     ek_json_next(&it);)
			if (ek_json_get(it.value, "serviceAccountToken"))
				ek_check_forbidden(
					c,
					EK_F("volumes[%zu].projected.sources[%zu].serviceAccountToken",
					     v.i, it.i),
					"must not be specified when serviceAccountName is not set");
}

void ek_pod_validate(const struct ek_json *pod, const struct ek_json *old, struct ek_causes *causes)
{
	struct ek_check c = { .causes = causes };
	const struct ek_json *spec = ek_json_get(pod, "spec");
	size_t mark = ek_check_push(&c, "metadata");

	ek_pod_annotations_validate(&c, ek_meta_annotations(pod), spec);
	ek_check_pop(&c, mark);
	mark = ek_check_push(&c, "spec");
	ek_pod_spec_validate(&c, spec, true, ek_meta_name(pod));
	check_tokens(&c, spec);
	if (!old && ek_json_len(ek_json_get(spec, "ephemeralContainers")) > 0)
		ek_check_forbidden(&c, "ephemeralContainers", "cannot be set on create");
	if (!old && !ek_str_empty(ek_json_str_at(spec, "nodeName")) &&
	    ek_json_len(ek_json_get(spec, "schedulingGates")) > 0)
		ek_check_forbidden(&c, "nodeName",
				   "cannot be set until all schedulingGates have been cleared");
	ek_check_pop(&c, mark);
	if (old)
		ek_pod_update_validate(&c, pod, old);
}

void ek_podtemplate_validate(const struct ek_json *t, const struct ek_json *old,
			     struct ek_causes *causes)
{
	struct ek_check c = { .causes = causes };

	(void)old;
	(void)ek_check_push(&c, "template");
	ek_pod_template_validate(&c, ek_json_get(t, "template"));
}
