/* SPDX-License-Identifier: Apache-2.0 */
#include "quotas.h"

#include <ekube/str.h>

#include <stdlib.h>

/* ---- amounts ---- */

struct ek_amount *ek_amounts_find(const struct ek_amounts *a, const char *name)
{
	for (size_t i = 0; i < a->v.n; i++)
		if (ek_streq(a->v.items[i].name, name))
			return &a->v.items[i];
	return NULL;
}

void ek_amounts_add(struct ek_amounts *a, const char *name, const struct ek_quantity *q)
{
	struct ek_amount *have = ek_amounts_find(a, name);
	struct ek_amount fresh = { NULL, *q };

	if (have) {
		ek_quantity_add(&have->q, q);
		return;
	}
	fresh.name = ek_str_dup(name);
	ek_vec_push(&a->v, fresh);
}

void ek_amounts_done(struct ek_amounts *a)
{
	for (size_t i = 0; i < a->v.n; i++)
		free(a->v.items[i].name);
	ek_vec_done(&a->v);
}

static void add_number(struct ek_amounts *a, const char *name, int64_t n)
{
	ek_amounts_add(a, name, &(struct ek_quantity){ .value = n });
}

/* ---- pods ---- */

static bool is_over(const struct ek_json *pod)
{
	const char *phase = ek_json_str_at(pod, "status.phase");

	return ek_streq(phase, "Succeeded") || ek_streq(phase, "Failed");
}

/* A sidecar: an init container that goes on beside the others. */
static bool goes_on(const struct ek_json *container)
{
	return ek_streq(ek_json_str_at(container, "restartPolicy"), "Always");
}

static void add_list(struct ek_amounts *a, const struct ek_json *list)
{
	for (struct ek_json_iter it = ek_json_iter(list); ek_json_next(&it);) {
		struct ek_quantity q;

		if (ek_quantity_from_json(it.value, &q, NULL) == 0)
			ek_amounts_add(a, it.key, &q);
	}
}

static void raise_to(struct ek_amounts *a, const struct ek_json *list)
{
	for (struct ek_json_iter it = ek_json_iter(list); ek_json_next(&it);) {
		struct ek_amount *have = ek_amounts_find(a, it.key);
		struct ek_quantity q;

		if (ek_quantity_from_json(it.value, &q, NULL) < 0)
			continue;
		if (!have)
			ek_amounts_add(a, it.key, &q);
		else if (ek_quantity_cmp(&q, &have->q) > 0)
			have->q = q;
	}
}

/* What the pod needs at once: all that runs together, or one init container when that is more. */
static void sum_pod(const struct ek_json *pod, const char *which, struct ek_amounts *a)
{
	const struct ek_json *inits = ek_json_at(pod, "spec.initContainers");
	struct ek_json_iter it;

	for (it = ek_json_iter(ek_json_at(pod, "spec.containers")); ek_json_next(&it);)
		add_list(a, ek_json_get(ek_json_get(it.value, "resources"), which));
	for (it = ek_json_iter(inits); ek_json_next(&it);)
		if (goes_on(it.value))
			add_list(a, ek_json_get(ek_json_get(it.value, "resources"), which));
	for (it = ek_json_iter(inits); ek_json_next(&it);)
		if (!goes_on(it.value))
			raise_to(a, ek_json_get(ek_json_get(it.value, "resources"), which));
	add_list(a, ek_json_at(pod, "spec.overhead"));
}

/*
 * "cpu" means requests; other resources than the machine's own are only counted with their
 * prefix.
 */
static bool is_plain(const char *name)
{
	return ek_streq(name, "cpu") || ek_streq(name, "memory") ||
	       ek_streq(name, "ephemeral-storage") || ek_str_starts(name, "hugepages-");
}

static void pod_usage(const struct ek_json *pod, struct ek_amounts *a)
{
	struct ek_amounts requests = { 0 }, limits = { 0 };

	if (is_over(pod))
		return;
	add_number(a, "pods", 1);
	sum_pod(pod, "requests", &requests);
	sum_pod(pod, "limits", &limits);
	for (size_t i = 0; i < requests.v.n; i++) {
		const struct ek_amount *r = &requests.v.items[i];

		ek_amounts_add(a, EK_F("requests.%s", r->name), &r->q);
		if (is_plain(r->name))
			ek_amounts_add(a, r->name, &r->q);
	}
	for (size_t i = 0; i < limits.v.n; i++)
		if (is_plain(limits.v.items[i].name))
			ek_amounts_add(a, EK_F("limits.%s", limits.v.items[i].name),
				       &limits.v.items[i].q);
	ek_amounts_done(&requests);
	ek_amounts_done(&limits);
}

/* ---- the others ---- */

static void service_usage(const struct ek_json *svc, struct ek_amounts *a)
{
	const char *type = ek_json_str_at(svc, "spec.type");
	bool balanced = ek_streq(type, "LoadBalancer");
	int64_t ports = 0;

	add_number(a, "services", 1);
	add_number(a, "services.loadbalancers", balanced);
	if (ek_streq(type, "NodePort") ||
	    (balanced && ek_json_bool_at(svc, "spec.allocateLoadBalancerNodePorts", true)))
		ports = (int64_t)ek_json_len(ek_json_at(svc, "spec.ports"));
	add_number(a, "services.nodeports", ports);
}

static void claim_usage(const struct ek_json *pvc, struct ek_amounts *a)
{
	const char *class = ek_json_str_at(pvc, "spec.storageClassName");
	struct ek_quantity q;

	add_number(a, "persistentvolumeclaims", 1);
	if (ek_quantity_from_json(ek_json_at(pvc, "spec.resources.requests.storage"), &q, NULL) < 0)
		return;
	ek_amounts_add(a, "requests.storage", &q);
	if (ek_str_empty(class))
		return;
	add_number(a, EK_F("%s.storageclass.storage.k8s.io/persistentvolumeclaims", class), 1);
	ek_amounts_add(a, EK_F("%s.storageclass.storage.k8s.io/requests.storage", class), &q);
}

void ek_usage_of(const struct ek_kind *k, const struct ek_json *obj, struct ek_amounts *a)
{
	static const struct ek_kind *const by_name[] = {
		&ek_kind_configmap,
		&ek_kind_secret,
		&ek_kind_rc,
		&ek_kind_resourcequota,
	};

	add_number(a, EK_F("count/%s%s%s", k->plural, *k->group ? "." : "", k->group), 1);
	for (size_t i = 0; i < EK_ARRAY_LEN(by_name); i++)
		if (k == by_name[i])
			add_number(a, k->plural, 1);
	if (k == &ek_kind_pod)
		pod_usage(obj, a);
	else if (k == &ek_kind_service)
		service_usage(obj, a);
	else if (k == &ek_kind_pvc)
		claim_usage(obj, a);
}

/* ---- what must be said ---- */

/* The list and name that a quota's resource stands for: "limits.cpu" is limits, cpu. */
static const char *list_of(const char *resource, const char **ret_name)
{
	static const char limits[] = "limits.", requests[] = "requests.";

	*ret_name = resource;
	if (ek_str_starts(resource, limits)) {
		*ret_name = resource + sizeof(limits) - 1;
		return "limits";
	}
	if (ek_str_starts(resource, requests))
		*ret_name = resource + sizeof(requests) - 1;
	return is_plain(*ret_name) ? "requests" : NULL;
}

static void note_missing(const struct ek_json *containers, const char *resource,
			 struct ek_buf *names)
{
	const char *name, *list = list_of(resource, &name);

	for (struct ek_json_iter it = ek_json_iter(containers); list && ek_json_next(&it);)
		if (!ek_json_get(ek_json_get(ek_json_get(it.value, "resources"), list), name))
			(void)ek_buf_fmt(names, "%s%s", names->len ? "," : "",
					 ek_json_str_at(it.value, "name"));
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

char *ek_usage_missing(const struct ek_json *pod, const struct ek_json *hard)
{
	struct ek_buf out = EK_BUF_INIT(16 << 10);
	EK_VEC(const char *) keys = { 0 };

	for (struct ek_json_iter it = ek_json_iter(hard); ek_json_next(&it);)
		ek_vec_push(&keys, it.key);
	if (keys.n > 1)
		qsort(keys.items, keys.n, sizeof(*keys.items), compare);
	for (size_t i = 0; i < keys.n; i++) {
		EK_BUF struct ek_buf names = EK_BUF_INIT(4096);

		note_missing(ek_json_at(pod, "spec.containers"), keys.items[i], &names);
		note_missing(ek_json_at(pod, "spec.initContainers"), keys.items[i], &names);
		if (names.len > 0)
			(void)ek_buf_fmt(&out, "%s%s for: %s", out.len ? "; " : "", keys.items[i],
					 names.data);
	}
	ek_vec_done(&keys);
	if (out.len > 0)
		return ek_buf_steal(&out);
	ek_buf_done(&out);
	return NULL;
}

/* ---- scopes ---- */

static bool is_best_effort(const struct ek_json *pod)
{
	struct ek_amounts a = { 0 };
	bool best;

	sum_pod(pod, "requests", &a);
	sum_pod(pod, "limits", &a);
	best = a.v.n == 0;
	ek_amounts_done(&a);
	return best;
}

static bool has_scope(const struct ek_json *pod, const char *scope)
{
	bool terminating = !ek_json_is_null(ek_json_at(pod, "spec.activeDeadlineSeconds"));

	if (ek_streq(scope, "Terminating"))
		return terminating;
	if (ek_streq(scope, "NotTerminating"))
		return !terminating;
	if (ek_streq(scope, "BestEffort"))
		return is_best_effort(pod);
	if (ek_streq(scope, "NotBestEffort"))
		return !is_best_effort(pod);
	if (ek_streq(scope, "PriorityClass"))
		return !ek_str_empty(ek_json_str_at(pod, "spec.priorityClassName"));
	return false;
}

static bool matches(const struct ek_json *pod, const struct ek_json *expression)
{
	const char *scope = ek_json_str_at(expression, "scopeName");
	const char *op = ek_json_str_at(expression, "operator");
	const char *class = ek_json_str_at(pod, "spec.priorityClassName");
	bool listed = ek_json_has_str(ek_json_get(expression, "values"), class ? class : "");

	if (ek_streq(op, "In"))
		return has_scope(pod, scope) && listed;
	if (ek_streq(op, "NotIn"))
		return !listed;
	return has_scope(pod, scope) == !ek_streq(op, "DoesNotExist");
}

bool ek_usage_in_scope(const struct ek_json *quota, const struct ek_json *pod)
{
	struct ek_json_iter it;

	for (it = ek_json_iter(ek_json_at(quota, "spec.scopes")); ek_json_next(&it);)
		if (!has_scope(pod, ek_json_str(it.value)))
			return false;
	for (it = ek_json_iter(ek_json_at(quota, "spec.scopeSelector.matchExpressions"));
	     ek_json_next(&it);)
		if (!matches(pod, it.value))
			return false;
	return true;
}
