/* SPDX-License-Identifier: Apache-2.0 */
#include "services.h"

#include <ekube/str.h>

/*
 * Endpoints: the older, single list of what stands behind a Service. Upstream:
 * pkg/controller/endpoint.
 */

enum { MAX_ADDRESSES = 1000 };

#define HEADLESS_LABEL "service.kubernetes.io/headless"
#define CAPACITY       "endpoints.kubernetes.io/over-capacity"

/* Addresses that have the same ports stand in one subset. */
struct subset {
	struct ek_json *ports, *ready, *not_ready;
};
struct subsets {
	struct subset *items;
	size_t n, cap;
};

static struct subset *subset_of(struct subsets *all, struct ek_json *take_ports)
{
	struct subset fresh = { .ports = take_ports };

	for (size_t i = 0; i < all->n; i++) {
		if (!ek_json_same(all->items[i].ports, take_ports))
			continue;
		ek_json_unref(take_ports);
		return &all->items[i];
	}
	fresh.ready = ek_json_array();
	fresh.not_ready = ek_json_array();
	ek_vec_push(all, fresh);
	return &all->items[all->n - 1];
}

/* Kept in the order of addresses, as upstream's repacking leaves them. */
static void insert_address(struct ek_json *list, struct ek_json *take_address)
{
	size_t at = ek_json_len(list);

	while (at > 0 && strcmp(ek_json_str_at(ek_json_elem(list, at - 1), "ip"),
				ek_json_str_at(take_address, "ip")) > 0)
		at--;
	ek_json_insert(list, at, take_address);
}

static void add_pod(const struct snapshot *s, const struct ek_json *pod, struct subsets *all)
{
	const char *family = ek_json_str(ek_json_elem(ek_json_at(s->object, "spec.ipFamilies"), 0));
	bool v6 = ek_streq(family, "IPv6") ||
		  (!family && service_is_ipv6(ek_json_str_at(s->object, "spec.clusterIP")));
	bool not_ready_too = ek_json_bool_at(s->object, "spec.publishNotReadyAddresses", false);
	const char *ip = service_pod_ip(pod, v6);
	EK_JSON struct ek_json *ref = service_target_ref(pod), *ports = NULL;
	struct subset *x;

	if (!service_wants_pod(pod, not_ready_too) || !ip)
		return;
	ports = service_ports_of(s->object, pod);
	if (!ek_json_len(ports) &&
	    (ek_json_len(ek_json_at(s->object, "spec.ports")) || !service_is_headless(s->object)))
		return;
	x = subset_of(all, ek_steal(ports));
	insert_address(not_ready_too || pod_is_ready(pod) ? x->ready : x->not_ready,
		       ek_json_make("{'ip':%s,'hostname':%s,'nodeName':%s,'targetRef':%v}", ip,
				    service_gives_hostname(s->object, pod) ?
					    ek_json_str_at(pod, "spec.hostname") :
					    NULL,
				    ek_json_str_at(pod, "spec.nodeName"), ref));
}

static void cut(struct ek_json *list, size_t *room)
{
	while (ek_json_len(list) > *room)
		ek_json_remove(list, ek_json_len(list) - 1);
	*room -= ek_json_len(list);
}

/* At most so many addresses; those that are ready stay before those that are not. */
static bool truncate_all(struct subsets *all)
{
	size_t room = MAX_ADDRESSES, n = 0;

	for (size_t i = 0; i < all->n; i++)
		n += ek_json_len(all->items[i].ready) + ek_json_len(all->items[i].not_ready);
	if (n <= MAX_ADDRESSES)
		return false;
	for (size_t i = 0; i < all->n; i++)
		cut(all->items[i].ready, &room);
	for (size_t i = 0; i < all->n; i++)
		cut(all->items[i].not_ready, &room);
	return true;
}

static struct ek_json *subsets_json(struct subsets *all)
{
	struct ek_json *list = ek_json_array();

	for (size_t i = 0; i < all->n; i++) {
		struct subset *x = &all->items[i];
		struct ek_json *one = ek_json_object();

		if (ek_json_len(x->ready))
			ek_json_set(one, "addresses", ek_json_ref(x->ready));
		if (ek_json_len(x->not_ready))
			ek_json_set(one, "notReadyAddresses", ek_json_ref(x->not_ready));
		if (ek_json_len(x->ports))
			ek_json_set(one, "ports", ek_json_ref(x->ports));
		if (ek_json_len(x->ready) + ek_json_len(x->not_ready))
			ek_json_append(list, one);
		else
			ek_json_unref(one);
		ek_json_unref(x->ready);
		ek_json_unref(x->not_ready);
		ek_json_unref(x->ports);
	}
	ek_vec_done(all);
	return list;
}

static struct ek_json *labels_of(const struct ek_json *svc)
{
	const struct ek_json *own = ek_meta_labels(svc);
	struct ek_json *labels = own ? ek_json_copy(own) : ek_json_object();

	ek_json_set_str(labels, HEADLESS_LABEL, service_is_headless(svc) ? "" : NULL);
	return labels;
}

/* ek_json_same takes "" for absent; a label of the empty value is there or not */
static bool same_labels(const struct ek_json *a, const struct ek_json *b)
{
	return ek_json_len(a) == ek_json_len(b) && (ek_json_len(a) == 0 || ek_json_equal(a, b));
}

static void write(const struct snapshot *s, struct ek_json *subsets, bool truncated, struct plan *p)
{
	const struct ek_json *have = s->list[SERVICE_HAVE].n ? s->list[SERVICE_HAVE].items[0] :
							       NULL;
	EK_JSON struct ek_json *labels = labels_of(s->object);
	const char *capacity = truncated ? "truncated" : NULL;
	struct ek_json *obj;

	if (have && ek_json_same(ek_json_get(have, "subsets"), subsets) &&
	    same_labels(ek_meta_labels(have), labels) &&
	    ek_streq(ek_meta_annotation(have, CAPACITY), capacity))
		return;
	obj = have ? ek_json_copy(have) :
		     ek_json_make(
			     "{'kind':'Endpoints','apiVersion':'v1','metadata':{'name':%s,'namespace':%s}}",
			     s->name, s->ns);
	ek_json_set_at(obj, "metadata.labels", ek_json_ref(labels));
	ek_json_set(obj, "subsets", ek_json_ref(subsets));
	if (capacity && !ek_json_is_object(ek_meta_annotations(obj)))
		ek_json_set_at(obj, "metadata.annotations", ek_json_object());
	if (ek_meta_annotations(obj))
		ek_json_set_str(ek_meta_annotations(obj), CAPACITY, capacity);
	if (have)
		plan_update(p, &ek_kind_endpoints, NULL, obj);
	else
		plan_create(p, &ek_kind_endpoints, s->ns, obj);
}

int endpoints_reconcile(const struct snapshot *s, struct plan *p, struct ek_err *err)
{
	EK_JSON struct ek_json *list = NULL;
	struct subsets all = { 0 };
	bool truncated;

	(void)err;
	if (!s->object && s->list[SERVICE_HAVE].n &&
	    !ek_meta_annotation(s->list[SERVICE_HAVE].items[0],
				"control-plane.alpha.kubernetes.io/leader"))
		plan_delete(p, &ek_kind_endpoints, s->list[SERVICE_HAVE].items[0]);
	if (!s->object || !service_is_managed(s->object))
		return 0;
	for (size_t i = 0; i < s->list[SERVICE_PODS].n; i++)
		add_pod(s, s->list[SERVICE_PODS].items[i], &all);
	truncated = truncate_all(&all);
	list = subsets_json(&all);
	write(s, list, truncated, p);
	return 0;
}

static void collect(struct running *r, struct snapshot *s)
{
	struct ek_object *have =
		ek_informer_find(running_informer(r, &ek_kind_endpoints), s->ns, s->name);

	if (have)
		snapshot_add(s, SERVICE_HAVE, have);
	if (s->object && service_is_managed(s->object))
		service_collect_pods(r, s);
}

/*
 * Somebody changed or removed what we made. Endpoints without a Service are looked at only on
 * start: theirs may have gone while we were away. Made later, they are somebody's own and stay.
 */
static void map_endpoints(struct running *r, struct ek_object *before, struct ek_object *after)
{
	const struct ek_json *obj = ek_object_tree(after ? after : before);

	if (running_is_starting(r) || ek_informer_find(running_informer(r, &ek_kind_service),
						       ek_meta_namespace(obj), ek_meta_name(obj)))
		running_enqueue(r, ek_meta_namespace(obj), ek_meta_name(obj));
}

static const struct watch_row watches[] = {
	{ .kind = &ek_kind_service, .map = map_self },
	{ .kind = &ek_kind_pod, .map = map_pod_to_services },
	{ .kind = &ek_kind_endpoints, .map = map_endpoints },
	{ 0 },
};
const struct controller endpoints_controller = {
	.name = "endpoint-controller",
	.user = "endpoint-controller",
	.kind = &ek_kind_service,
	.watches = watches,
	.workers = 5,
	.collect = collect,
	.reconcile = endpoints_reconcile,
};
