/* SPDX-License-Identifier: Apache-2.0 */
#include "pods.h"

#include <ekube/clock.h>
#include <ekube/str.h>

bool pod_is_over(const struct ek_json *pod)
{
	const char *phase = ek_json_str_at(pod, "status.phase");

	return ek_streq(phase, "Succeeded") || ek_streq(phase, "Failed");
}

bool pod_is_active(const struct ek_json *pod)
{
	return !pod_is_over(pod) && !ek_meta_deleting(pod);
}

bool pod_is_ready(const struct ek_json *pod)
{
	return ek_meta_condition_is(pod, "Ready", "True");
}

int64_t object_time_us(const struct ek_json *obj, const char *path)
{
	const char *text = ek_json_str_at(obj, path);
	int64_t us = 0;

	return text && ek_time_parse(text, &us) == 0 ? us : 0;
}

static int64_t ready_since_us(const struct ek_json *pod)
{
	return object_time_us(ek_meta_condition(pod, "Ready"), "lastTransitionTime");
}

bool pod_is_available(const struct ek_json *pod, int64_t min_ready_s, int64_t now_us,
		      int64_t *ret_again_us)
{
	int64_t since, left;

	if (!pod_is_ready(pod))
		return false;
	if (min_ready_s == 0)
		return true;
	since = ready_since_us(pod);
	left = since + min_ready_s * 1000000 - now_us;
	if (since && left <= 0)
		return true;
	*ret_again_us = left;
	return false;
}

/* ---- making one ---- */

struct ek_json *pod_from_template(const struct ek_kind *owner_kind, const struct ek_json *owner)
{
	const struct ek_json *template = ek_json_at(owner, "spec.template");
	EK_FREE char *prefix = ek_str_fmt("%s-", ek_meta_name(owner));
	char api_version[96];
	EK_JSON struct ek_json *ref = ek_meta_new_owner(
		ek_kind_api_version(owner_kind, api_version), owner_kind->kind, owner);

	/*
	 * a name may end in "-" only when more follows, so the prefix is checked with something
	 * behind it
	 */
	EK_FREE char *probe = ek_str_fmt("%sa", prefix);
	return ek_json_make(
		"{'kind':'Pod','apiVersion':'v1','metadata':{'generateName':%s,'namespace':%s,'labels':%v,"
		"'annotations':%v,'finalizers':%v,'ownerReferences':[%v]},'spec':%v}",
		ek_name_dns1123_subdomain(probe) ? ek_meta_name(owner) : prefix,
		ek_meta_namespace(owner), ek_meta_labels(template), ek_meta_annotations(template),
		ek_json_at(template, "metadata.finalizers"), ref, ek_json_get(template, "spec"));
}

/* ---- the order of deletion ---- */

struct ranked {
	struct ek_json *pod;
	const char *uid;
	bool assigned, ready;
	int phase;
	int64_t cost, on_node, ready_us, created_us;
	int restarts, sidecar_restarts;
	int64_t now_us;
};

static int phase_order(const struct ek_json *pod)
{
	const char *phase = ek_json_str_at(pod, "status.phase");

	return ek_streq(phase, "Unknown") ? 1 : ek_streq(phase, "Running") ? 2 : 0;
}

static int64_t deletion_cost(const struct ek_json *pod)
{
	const char *text = ek_meta_annotation(pod, "controller.kubernetes.io/pod-deletion-cost");
	int64_t cost = 0;

	return text && ek_str_to_int(text, INT32_MIN, INT32_MAX, &cost) == 0 ? cost : 0;
}

static int max_restarts(const struct ek_json *statuses)
{
	int64_t max = 0;

	for (struct ek_json_iter it = ek_json_iter(statuses); ek_json_next(&it);)
		max = EK_MAX(max, ek_json_int_at(it.value, "restartCount", 0));
	return (int)max;
}

static int64_t count_on_node(const struct objects *related, const char *node)
{
	int64_t n = 0;

	for (size_t i = 0; i < related->n; i++)
		n += pod_is_active(related->items[i]) &&
		     ek_streq(ek_json_str_at(related->items[i], "spec.nodeName"), node);
	return n;
}

static struct ranked rank(struct ek_json *pod, const struct objects *related, int64_t now_us)
{
	const char *node = ek_json_str_at(pod, "spec.nodeName");

	return (struct ranked){
		.pod = pod,
		.uid = ek_meta_uid(pod) ? ek_meta_uid(pod) : "",
		.assigned = !ek_str_empty(node),
		.ready = pod_is_ready(pod),
		.phase = phase_order(pod),
		.cost = deletion_cost(pod),
		.on_node = count_on_node(related, node),
		.ready_us = ready_since_us(pod),
		.created_us = object_time_us(pod, "metadata.creationTimestamp"),
		.restarts = max_restarts(ek_json_at(pod, "status.containerStatuses")),
		.sidecar_restarts = max_restarts(ek_json_at(pod, "status.initContainerStatuses")),
		.now_us = now_us,
	};
}

/*
 * floor(log2) of an age: pods of about one age are equals, and chance (the uid) decides among them
 */
static int age_class(int64_t now_us, int64_t t)
{
	uint64_t ns = now_us > t ? (uint64_t)(now_us - t) * 1000 : 0;
	int n = -1;

	for (; ns; ns >>= 1)
		n++;
	return n;
}

static int by_age(const struct ranked *a, const struct ranked *b, int64_t at, int64_t bt)
{
	int diff;

	if (!at || !bt) /* no time at all goes first */
		return at == bt ? 0 : !at ? -1 : 1;
	diff = age_class(a->now_us, at) - age_class(b->now_us, bt);
	return diff ? diff : strcmp(a->uid, b->uid);
}

#define ASCENDING(x)                                                                               \
	do {                                                                                       \
		if (a->x != b->x)                                                                  \
			return a->x < b->x ? -1 : 1;                                               \
	} while (0)
#define DESCENDING(x)                                                                              \
	do {                                                                                       \
		if (a->x != b->x)                                                                  \
			return a->x > b->x ? -1 : 1;                                               \
	} while (0)

static int by_rank(const void *pa, const void *pb)
{
	const struct ranked *a = pa, *b = pb;

	ASCENDING(assigned);
	ASCENDING(phase);
	ASCENDING(ready);
	ASCENDING(cost);
	DESCENDING(on_node);
	if (a->ready && b->ready && a->ready_us != b->ready_us)
		return by_age(a, b, a->ready_us, b->ready_us);
	DESCENDING(restarts);
	DESCENDING(sidecar_restarts);
	if (a->created_us != b->created_us)
		return by_age(a, b, a->created_us, b->created_us);
	return strcmp(a->uid, b->uid);
}

void pods_sort_for_deletion(struct ek_json **pods, size_t n, const struct objects *related,
			    int64_t now_us)
{
	struct ranked *all = ek_calloc(n + 1, sizeof(*all));

	for (size_t i = 0; i < n; i++)
		all[i] = rank(pods[i], related, now_us);
	qsort(all, n, sizeof(*all), by_rank);
	for (size_t i = 0; i < n; i++)
		pods[i] = all[i].pod;
	free(all);
}
