/* SPDX-License-Identifier: Apache-2.0 */
#include "services.h"

#include <ekube/str.h>

/*
 * EndpointSlices: what stands behind a Service, at most 100 endpoints a slice, one set of slices
 * for every address family and every set of ports. Endpoints stay in the slice that they are in, so
 * that one pod's change is one slice's write. Upstream: pkg/controller/endpointslice,
 * k8s.io/endpointslice.
 */

enum { MAX_ENDPOINTS = 100 };

#define NAME_LABEL     "kubernetes.io/service-name"
#define MANAGER_LABEL  "endpointslice.kubernetes.io/managed-by"
#define MANAGER	       "endpointslice-controller.k8s.io"
#define HEADLESS_LABEL "service.kubernetes.io/headless"
#define ZONE_LABEL     "topology.kubernetes.io/zone"

struct slice {
	struct ek_json *have;	   /* NULL: to be made */
	struct ek_json *endpoints; /* as they shall be */
	struct ek_json *ports;
	bool changed, claimed;
};
struct slices {
	struct slice *items;
	size_t n, cap;
};

/* The endpoints that have one set of ports. */
struct group {
	struct ek_json *ports, *endpoints;
};
struct groups {
	struct group *items;
	size_t n, cap;
};

/* ---- what shall be ---- */

static const char *zone_of(const struct snapshot *s, const char *node)
{
	for (size_t i = 0; node && i < s->list[SERVICE_NODES].n; i++)
		if (ek_streq(ek_meta_name(s->list[SERVICE_NODES].items[i]), node))
			return ek_meta_label(s->list[SERVICE_NODES].items[i], ZONE_LABEL);
	return NULL;
}

static struct ek_json *endpoint_new(const struct snapshot *s, const struct ek_json *pod,
				    const char *ip)
{
	EK_JSON struct ek_json *ref = service_target_ref(pod);
	bool serving = pod_is_ready(pod), terminating = ek_meta_deleting(pod);
	bool ready = ek_json_bool_at(s->object, "spec.publishNotReadyAddresses", false) ||
		     (serving && !terminating);
	const char *node = ek_json_str_at(pod, "spec.nodeName");

	return ek_json_make(
		"{'addresses':[%s],'conditions':{'ready':%b,'serving':%b,'terminating':%b},'hostname':%s,"
		"'targetRef':%v,'nodeName':%s,'zone':%s}",
		ip, ready, serving, terminating,
		service_gives_hostname(s->object, pod) ? ek_json_str_at(pod, "spec.hostname") :
							 NULL,
		ref, node, zone_of(s, node));
}

static void add_to_group(struct groups *all, struct ek_json *take_ports,
			 struct ek_json *take_endpoint)
{
	struct group fresh = { .ports = take_ports };

	for (size_t i = 0; i < all->n; i++) {
		if (!ek_json_same(all->items[i].ports, take_ports))
			continue;
		ek_json_unref(take_ports);
		ek_json_append(all->items[i].endpoints, take_endpoint);
		return;
	}
	fresh.endpoints = ek_json_array();
	ek_json_append(fresh.endpoints, take_endpoint);
	ek_vec_push(all, fresh);
}

static void group_pods(const struct snapshot *s, bool v6, struct groups *all)
{
	const struct objects *pods = &s->list[SERVICE_PODS];

	for (size_t i = 0; i < pods->n; i++) {
		const char *ip = service_pod_ip(pods->items[i], v6);

		if (ip && service_wants_pod(pods->items[i], true))
			add_to_group(all, service_ports_of(s->object, pods->items[i]),
				     endpoint_new(s, pods->items[i], ip));
	}
}

static struct ek_json *labels_of(const struct ek_json *svc)
{
	struct ek_json *labels = ek_json_object();

	for (struct ek_json_iter it = ek_json_iter(ek_meta_labels(svc)); ek_json_next(&it);)
		if (!ek_streq(it.key, NAME_LABEL) && !ek_streq(it.key, MANAGER_LABEL) &&
		    !ek_streq(it.key, HEADLESS_LABEL))
			ek_json_set(labels, it.key, ek_json_ref(it.value));
	if (service_is_headless(svc))
		ek_json_set_str(labels, HEADLESS_LABEL, "");
	ek_json_set_str(labels, NAME_LABEL, ek_meta_name(svc));
	ek_json_set_str(labels, MANAGER_LABEL, MANAGER);
	return labels;
}

/* ---- from what is there to what shall be ---- */

static const char *uid_of(const struct ek_json *endpoint)
{
	return ek_json_str_at(endpoint, "targetRef.uid");
}

static struct ek_json *find_endpoint(const struct ek_json *list, const char *uid, size_t *ret_i)
{
	for (size_t i = 0; uid && i < ek_json_len(list); i++) {
		*ret_i = i;
		if (ek_streq(uid_of(ek_json_elem(list, i)), uid))
			return ek_json_elem(list, i);
	}
	return NULL;
}

/* What of a slice is still wanted stays in it, brought up to date. Each endpoint is placed once. */
static void keep_wanted(struct slice *x, const struct group *g, bool *placed)
{
	const struct ek_json *old = ek_json_get(x->have, "endpoints");

	x->endpoints = ek_json_array();
	for (size_t i = 0; i < ek_json_len(old); i++) {
		size_t at = 0;
		struct ek_json *want =
			find_endpoint(g->endpoints, uid_of(ek_json_elem(old, i)), &at);

		if (!want || placed[at]) {
			x->changed = true;
			continue;
		}
		placed[at] = true;
		x->changed |= !ek_json_same(want, ek_json_elem(old, i));
		ek_json_append(x->endpoints, ek_json_ref(want));
	}
}

static struct slice *slice_with_room(struct slices *all, size_t first)
{
	struct slice *best = NULL;

	for (size_t i = first; i < all->n; i++) {
		struct slice *x = &all->items[i];

		if (ek_json_len(x->endpoints) >= MAX_ENDPOINTS)
			continue;
		if (x->changed) /* is written anyway */
			return x;
		if (!best)
			best = x;
	}
	return best;
}

static void place_group(struct slices *have, const struct group *g, struct slices *out)
{
	bool *placed = ek_calloc(ek_json_len(g->endpoints) + 1, sizeof(*placed));
	size_t first = out->n;

	for (size_t i = 0; i < have->n; i++) {
		struct slice *x = &have->items[i], kept = { .have = x->have, .ports = g->ports };

		if (x->claimed || !ek_json_same(ek_json_get(x->have, "ports"), g->ports))
			continue;
		x->claimed = true;
		keep_wanted(&kept, g, placed);
		ek_vec_push(out, kept);
	}
	for (size_t i = 0; i < ek_json_len(g->endpoints); i++) {
		struct slice fresh = { .ports = g->ports, .changed = true }, *x;

		if (placed[i])
			continue;
		x = slice_with_room(out, first);
		if (!x) {
			fresh.endpoints = ek_json_array();
			ek_vec_push(out, fresh);
			x = &out->items[out->n - 1];
		}
		ek_json_append(x->endpoints, ek_json_ref(ek_json_elem(g->endpoints, i)));
		x->changed = true;
	}
	free(placed);
}

/* ---- writing ---- */

static void write_slice(const struct snapshot *s, const struct slice *x, const char *address_type,
			const struct ek_json *labels, struct plan *p)
{
	char api_version[96];
	EK_JSON struct ek_json *ref = ek_meta_new_owner(ek_kind_api_version(s->kind, api_version),
							s->kind->kind, s->object);
	struct ek_json *obj;

	if (x->have && !x->changed && ek_json_equal(ek_meta_labels(x->have), labels))
		return;
	if (x->have) {
		obj = ek_json_copy(x->have);
		ek_json_set_at(obj, "metadata.labels", ek_json_ref(labels));
		ek_json_set(obj, "endpoints", ek_json_ref(x->endpoints));
		ek_json_set(obj, "ports", ek_json_ref(x->ports));
		plan_update(p, &ek_kind_endpointslice, NULL, obj);
		return;
	}
	obj = ek_json_make(
		"{'kind':'EndpointSlice','apiVersion':'discovery.k8s.io/v1','metadata':{'namespace':%s,"
		"'labels':%v,'ownerReferences':[%v]},'addressType':%s,'endpoints':%v,'ports':%v}",
		s->ns, labels, ref, address_type, x->endpoints, x->ports);
	EK_FREE char *prefix = ek_str_fmt("%s-", s->name);
	ek_json_set_at(obj, "metadata.generateName", ek_json_new_str(prefix));
	plan_create(p, &ek_kind_endpointslice, s->ns, obj);
}

/* Slices that nobody needs are used again under other ports before new ones are made. */
static void reuse(struct slices *have, struct slices *out)
{
	size_t next = 0;

	for (size_t i = 0; i < out->n; i++) {
		while (next < have->n && have->items[next].claimed)
			next++;
		if (next == have->n)
			return;
		if (out->items[i].have)
			continue;
		have->items[next].claimed = true;
		out->items[i].have = have->items[next].have;
	}
}

static void load_existing(const struct snapshot *s, const char *address_type, struct slices *have)
{
	const struct objects *list = &s->list[SERVICE_HAVE];

	for (size_t i = 0; i < list->n; i++) {
		struct slice x = { .have = list->items[i] };

		if (ek_streq(ek_json_str_at(x.have, "addressType"), address_type) &&
		    !ek_meta_deleting(x.have))
			ek_vec_push(have, x);
	}
}

static size_t count_live(const struct slices *out)
{
	size_t n = 0;

	for (size_t i = 0; i < out->n; i++)
		n += ek_json_len(out->items[i].endpoints) > 0;
	return n;
}

/* With nothing behind it a Service still has one slice, so that readers know it was looked at. */
static void add_placeholder(struct slices *have, struct slices *out, struct ek_json *none)
{
	struct slice x = { .endpoints = ek_json_array(), .ports = none, .changed = true };

	for (size_t i = 0; i < out->n; i++)
		ek_json_unref(out->items[i].endpoints);
	out->n = 0;
	for (size_t i = 0; i < have->n; i++)
		have->items[i].claimed = false;
	for (size_t i = 0; i < have->n && !x.have; i++) {
		x.have = have->items[i].have;
		have->items[i].claimed = true;
		x.changed = ek_json_len(ek_json_get(x.have, "endpoints")) ||
			    ek_json_len(ek_json_get(x.have, "ports"));
	}
	ek_vec_push(out, x);
}

static void reconcile_family(const struct snapshot *s, bool v6, const struct ek_json *labels,
			     struct plan *p)
{
	const char *address_type = v6 ? "IPv6" : "IPv4";
	EK_JSON struct ek_json *none = ek_json_array();
	struct slices have = { 0 }, out = { 0 };
	struct groups groups = { 0 };

	load_existing(s, address_type, &have);
	group_pods(s, v6, &groups);
	for (size_t i = 0; i < groups.n; i++)
		place_group(&have, &groups.items[i], &out);
	reuse(&have, &out);
	if (count_live(&out) == 0)
		add_placeholder(&have, &out, none);
	for (size_t i = 0; i < out.n; i++) {
		if (ek_json_len(out.items[i].endpoints) || out.n == 1)
			write_slice(s, &out.items[i], address_type, labels, p);
		else if (out.items[i].have)
			plan_delete(p, &ek_kind_endpointslice, out.items[i].have);
		ek_json_unref(out.items[i].endpoints);
	}
	for (size_t i = 0; i < have.n; i++)
		if (!have.items[i].claimed)
			plan_delete(p, &ek_kind_endpointslice, have.items[i].have);
	for (size_t i = 0; i < groups.n; i++) {
		ek_json_unref(groups.items[i].ports);
		ek_json_unref(groups.items[i].endpoints);
	}
	ek_vec_done(&groups);
	ek_vec_done(&have);
	ek_vec_done(&out);
}

static bool has_family(const struct ek_json *svc, bool v6)
{
	const struct ek_json *families = ek_json_at(svc, "spec.ipFamilies");

	if (ek_json_len(families))
		return ek_json_has_str(families, v6 ? "IPv6" : "IPv4");
	return v6 == service_is_ipv6(ek_json_str_at(svc, "spec.clusterIP"));
}

int endpointslice_reconcile(const struct snapshot *s, struct plan *p, struct ek_err *err)
{
	EK_JSON struct ek_json *labels = NULL;
	const struct objects *have = &s->list[SERVICE_HAVE];

	(void)err;
	/* of one that is gone the garbage collector takes care */
	if (!s->object || !service_is_managed(s->object) || ek_meta_deleting(s->object))
		return 0;
	labels = labels_of(s->object);
	for (int v6 = 0; v6 < 2; v6++) {
		if (has_family(s->object, v6)) {
			reconcile_family(s, v6, labels, p);
			continue;
		}
		for (size_t i = 0; i < have->n; i++)
			if (ek_streq(ek_json_str_at(have->items[i], "addressType"),
				     v6 ? "IPv6" : "IPv4"))
				plan_delete(p, &ek_kind_endpointslice, have->items[i]);
	}
	return 0;
}

/* ---- what it sees ---- */

static void collect(struct running *r, struct snapshot *s)
{
	struct ek_informer_iter it;

	if (!s->object || !service_is_managed(s->object))
		return;
	service_collect_pods(r, s);
	for (struct ek_object *o = ek_informer_first(running_informer(r, &ek_kind_endpointslice),
						     s->ns, NULL, &it);
	     o; o = ek_informer_next(&it))
		if (ek_streq(ek_index_label(o->index, NAME_LABEL), s->name) &&
		    ek_streq(ek_index_label(o->index, MANAGER_LABEL), MANAGER))
			snapshot_add(s, SERVICE_HAVE, o);
	for (struct ek_object *o =
		     ek_informer_first(running_informer(r, &ek_kind_node), NULL, NULL, &it);
	     o; o = ek_informer_next(&it))
		if (ek_index_label(o->index, ZONE_LABEL))
			snapshot_add(s, SERVICE_NODES, o);
}

static void map_slice(struct running *r, struct ek_object *before, struct ek_object *after)
{
	struct ek_object *both[] = { before, after };

	for (int i = 0; i < 2; i++)
		if (both[i] && ek_streq(ek_index_label(both[i]->index, MANAGER_LABEL), MANAGER) &&
		    ek_index_label(both[i]->index, NAME_LABEL))
			running_enqueue(r, ek_meta_namespace(ek_object_tree(both[i])),
					ek_index_label(both[i]->index, NAME_LABEL));
}

static const struct watch_row watches[] = {
	{ .kind = &ek_kind_service, .map = map_self },
	{ .kind = &ek_kind_pod, .map = map_pod_to_services },
	{ .kind = &ek_kind_endpointslice, .map = map_slice },
	{ .kind = &ek_kind_node },
	{ 0 },
};
const struct controller endpointslice_controller = {
	.name = "endpoint-slice-controller",
	.user = "endpointslice-controller",
	.kind = &ek_kind_service,
	.watches = watches,
	.workers = 5,
	.collect = collect,
	.reconcile = endpointslice_reconcile,
};
