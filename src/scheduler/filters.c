/* SPDX-License-Identifier: Apache-2.0 */
#include "filters.h"

#include <ekube/str.h>
#include <stdio.h>

#include "pod_rules.h"

static void refuse(struct verdict *v, bool final, const char *fmt, ...) EK_PRINTF(3, 4);

static void refuse(struct verdict *v, bool final, const char *fmt, ...)
{
	va_list ap;

	v->fits = false;
	v->final = v->final || final;
	if (v->n == MAX_REASONS)
		return;
	va_start(ap, fmt);
	(void)vsnprintf(v->reasons[v->n++], MAX_REASON, fmt, ap);
	va_end(ap);
}

static const struct ek_json *spec_of(const struct candidate *c)
{
	return ek_json_get(c->pod, "spec");
}

/* ---- taints ---- */

static void filter_taints(const struct candidate *c, const struct node_info *n,
			  const struct snapshot *all, struct verdict *v)
{
	const struct ek_json *tolerations = ek_json_get(spec_of(c), "tolerations");

	(void)all;
	for (struct ek_json_iter it = ek_json_iter(ek_json_at(n->node, "spec.taints"));
	     ek_json_next(&it);) {
		const char *effect = ek_json_str_at(it.value, "effect");
		const char *value = ek_json_str_at(it.value, "value");

		if (!ek_streq(effect, "NoSchedule") && !ek_streq(effect, "NoExecute"))
			continue;
		if (ek_taint_is_tolerated(it.value, tolerations))
			continue;
		refuse(v, true, "node(s) had untolerated taint {%s: %s}",
		       ek_json_str_at(it.value, "key"), value ? value : "");
		return;
	}
}

static void filter_unschedulable(const struct candidate *c, const struct node_info *n,
				 const struct snapshot *all, struct verdict *v)
{
	EK_JSON struct ek_json *taint = NULL;

	(void)all;
	if (!ek_json_bool_at(n->node, "spec.unschedulable", false))
		return;
	taint = ek_json_make("{'key':'node.kubernetes.io/unschedulable','effect':'NoSchedule'}");
	if (!ek_taint_is_tolerated(taint, ek_json_get(spec_of(c), "tolerations")))
		refuse(v, true, "node(s) were unschedulable");
}

static void filter_name(const struct candidate *c, const struct node_info *n,
			const struct snapshot *all, struct verdict *v)
{
	const char *want = ek_json_str_at(spec_of(c), "nodeName");

	(void)all;
	if (!ek_str_empty(want) && !ek_streq(want, n->name))
		refuse(v, true, "node(s) didn't match the requested node name");
}

/* ---- node affinity ---- */

static void filter_affinity(const struct candidate *c, const struct node_info *n,
			    const struct snapshot *all, struct verdict *v)
{
	(void)all;
	if (!ek_node_wanted_by(n->node, spec_of(c)))
		refuse(v, true, "node(s) didn't match Pod's node affinity/selector");
}

/* ---- ports and resources ---- */

static bool ports_clash(const struct host_port *a, const struct host_port *b)
{
	return a->port == b->port && ek_streq(a->protocol, b->protocol) &&
	       (ek_streq(a->ip, b->ip) || ek_streq(a->ip, "0.0.0.0") || ek_streq(b->ip, "0.0.0.0"));
}

static bool port_is_taken(const struct node_info *n, const struct host_port *want)
{
	for (size_t i = 0; i < n->pods.n; i++) {
		const struct pod_info *p = n->pods.items[i];

		for (size_t k = 0; k < p->ports.n; k++)
			if (ports_clash(&p->ports.items[k], want))
				return true;
	}
	return false;
}

static void filter_ports(const struct candidate *c, const struct node_info *n,
			 const struct snapshot *all, struct verdict *v)
{
	(void)all;
	for (size_t i = 0; i < c->info->ports.n; i++)
		if (port_is_taken(n, &c->info->ports.items[i])) {
			refuse(v, false,
			       "node(s) didn't have free ports for the requested pod ports");
			return;
		}
}

static void need(struct verdict *v, const char *name, int64_t want, int64_t total, int64_t used)
{
	if (want > 0 && want > total - used)
		refuse(v, want > total, "Insufficient %s", name);
}

static void filter_resources(const struct candidate *c, const struct node_info *n,
			     const struct snapshot *all, struct verdict *v)
{
	const struct resources *want = &c->info->requests, *total = &n->allocatable,
			       *used = &n->requested;

	(void)all;
	if ((int64_t)n->pods.n + 1 > total->pods)
		refuse(v, false, "Too many pods");
	need(v, "cpu", want->milli_cpu, total->milli_cpu, used->milli_cpu);
	need(v, "memory", want->memory, total->memory, used->memory);
	need(v, "ephemeral-storage", want->ephemeral, total->ephemeral, used->ephemeral);
	for (size_t i = 0; i < want->scalars.n; i++) {
		const struct scalar *s = &want->scalars.items[i];

		need(v, s->name, s->value, resources_scalar(total, s->name),
		     resources_scalar(used, s->name));
	}
}

/* ---- the tables ---- */

typedef void (*filter_fn)(const struct candidate *c, const struct node_info *n,
			  const struct snapshot *all, struct verdict *v);

/* In kube-scheduler's order: the first that refuses is the one that is reported. */
static const struct {
	const char *name;
	filter_fn   filter;
} filters[] = {
	{ "NodeUnschedulable", filter_unschedulable },
	{ "NodeName", filter_name },
	{ "TaintToleration", filter_taints },
	{ "NodeAffinity", filter_affinity },
	{ "NodePorts", filter_ports },
	{ "NodeResourcesFit", filter_resources },
	{ "PodTopologySpread", filter_spread },
	{ "InterPodAffinity", filter_pod_affinity },
};

void filter_node(const struct candidate *c, const struct node_info *n, const struct snapshot *all,
		 struct verdict *ret)
{
	*ret = (struct verdict){ .fits = true };
	for (size_t i = 0; i < EK_ARRAY_LEN(filters) && ret->fits; i++)
		filters[i].filter(c, n, all, ret);
}

void verdict_refuse(struct verdict *v, bool final, const char *reason)
{
	refuse(v, final, "%s", reason);
}
