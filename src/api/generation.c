/* SPDX-License-Identifier: Apache-2.0 */
#include "generation.h"

#include <ekube/str.h>

/*
 * Most kinds never had a generation; those that do count changes of what their controllers act on
 * (PrepareForUpdate of each strategy in k8s.io/kubernetes/pkg/registry).
 */
static const struct counted {
	const char *group, *plural;
	const char *fields[4];
} counted[] = {
	{ "", "replicationcontrollers", { "spec" } },
	{ "apps", "daemonsets", { "spec" } },
	{ "apps", "deployments", { "spec", "metadata.annotations" } },
	{ "apps", "replicasets", { "spec" } },
	{ "apps", "statefulsets", { "spec" } },
	{ "batch", "cronjobs", { "spec" } },
	{ "batch", "jobs", { "spec" } },
	{ "discovery.k8s.io", "endpointslices", { "endpoints", "ports", "metadata.labels" } },
	{ "networking.k8s.io", "ingressclasses", { "spec" } },
	{ "networking.k8s.io", "ingresses", { "spec" } },
	{ "networking.k8s.io", "networkpolicies", { "spec" } },
	{ "policy", "poddisruptionbudgets", { "spec" } },
	{ "scheduling.k8s.io", "priorityclasses", { NULL } },
};

static const struct counted *find(const struct ek_kind *k)
{
	for (size_t i = 0; i < EK_ARRAY_LEN(counted); i++)
		if (ek_streq(counted[i].plural, k->plural) && ek_streq(counted[i].group, k->group))
			return &counted[i];
	return NULL;
}

bool ek_kind_counts_generation(const struct ek_kind *k)
{
	return find(k) != NULL;
}

bool ek_generation_changed(const struct ek_kind *k, const struct ek_json *obj,
			   const struct ek_json *old)
{
	const struct counted *c = find(k);

	for (size_t i = 0; c && i < EK_ARRAY_LEN(c->fields) && c->fields[i]; i++)
		if (!ek_json_same(ek_json_at(obj, c->fields[i]), ek_json_at(old, c->fields[i])))
			return true;
	return false;
}
