/* SPDX-License-Identifier: Apache-2.0 */
#include "preempt.h"

#include <ekube/clock.h>
#include <ekube/log.h>
#include <ekube/str.h>
#include <stdlib.h>

/* First its status says why it goes, then it goes. */
struct eviction {
	struct ek_list    node;
	struct ek_call    call;
	struct ek_client *client;
	struct ek_json   *body;
	char             *ns, *name, *uid;
};

/* What must go for the pod to fit, least important last. */
struct plan {
	EK_VEC(struct pod_info *) victims;
	int64_t highest, sum;
};

void preempt_init(struct preempt *p, struct ek_client *client, struct ek_recorder *recorder)
{
	p->client = client;
	p->recorder = recorder;
	ek_list_init(&p->evictions);
}

static void eviction_free(struct eviction *e)
{
	ek_list_del(&e->node);
	ek_json_unref(e->body);
	free(e->ns);
	free(e->name);
	free(e->uid);
	free(e);
}

void preempt_done(struct preempt *p)
{
	EK_LIST_EACH(node, tmp, &p->evictions) {
		struct eviction *e = ek_container_of(node, struct eviction, node);

		ek_call_cancel(&e->call);
		eviction_free(e);
	}
}

static void on_evicted(struct ek_call *c, int rc)
{
	struct eviction *e = ek_container_of(c, struct eviction, call);

	if (rc < 0 && rc != EK_ENOTFOUND)
		ek_warn("a pod that should make room was not deleted", "pod",
			EK_F("%s/%s", e->ns, e->name), "error", c->err.msg);
	ek_call_done(c);
	eviction_free(e);
}

static void on_told(struct ek_call *c, int rc)
{
	struct eviction *e = ek_container_of(c, struct eviction, call);

	if (rc < 0) {
		on_evicted(c, rc); /* it will be tried again with the pod that wants the room */
		return;
	}
	ek_call_done(c);
	ek_call_init(&e->call, EK_DO_DELETE, &ek_kind_pod, e->ns, e->name, on_evicted);
	e->call.if_uid = e->uid;
	ek_call_start(e->client, &e->call);
}

static struct ek_json *disruption(const struct pod_info *victim, const struct candidate *c)
{
	EK_FREE char *message = ek_str_fmt("%s: preempting to accommodate a higher priority pod",
					   ek_json_str_at(c->pod, "spec.schedulerName"));
	char now[32];

	return ek_json_make(
		"{'metadata':{'uid':%s},'status':{'conditions':[{"
		"'type':'DisruptionTarget','status':'True','lastProbeTime':null,"
		"'lastTransitionTime':%s,'reason':'PreemptionByScheduler','message':%s}]}}",
		victim->uid, ek_time_now(now), message);
}

static bool is_going(const struct preempt *p, const struct pod_info *victim)
{
	EK_LIST_EACH(node, tmp, &p->evictions)
		if (ek_streq(ek_container_of(node, struct eviction, node)->uid, victim->uid))
			return true;
	return victim->deleting;
}

static void evict(struct preempt *p, const struct pod_info *victim, const struct candidate *c,
		  const char *node)
{
	EK_JSON struct ek_json *about =
		ek_json_make("{'kind':'Pod','apiVersion':'v1','metadata':{'name':%s,"
			     "'namespace':%s,'uid':%s}}",
			     victim->name, victim->ns, victim->uid);
	struct eviction *e;

	if (is_going(p, victim))
		return;
	e = ek_new(struct eviction);
	e->client = p->client;
	e->ns = ek_str_dup(victim->ns);
	e->name = ek_str_dup(victim->name);
	e->uid = ek_str_dup(victim->uid);
	e->body = disruption(victim, c);
	ek_list_add_tail(&p->evictions, &e->node);
	ek_record(p->recorder, about, NULL, "Normal", "Preempted", "Preempted by pod %s on node %s",
		  c->info->uid, node);
	ek_call_init(&e->call, EK_DO_PATCH, &ek_kind_pod, e->ns, e->name, on_told);
	e->call.subresource = "status";
	e->call.patch_type = EK_PATCH_STRATEGIC;
	e->call.body = e->body;
	ek_call_start(p->client, &e->call);
}

/* ---- choosing ---- */

static int by_importance(const void *a, const void *b)
{
	const struct pod_info *pa = *(struct pod_info *const *)a,
			      *pb = *(struct pod_info *const *)b;

	if (pa->priority != pb->priority)
		return pa->priority > pb->priority ? -1 : 1;
	return pa->start_us < pb->start_us ? -1 : pa->start_us > pb->start_us;
}

static bool fits(const struct candidate *c, struct node_info *n, const struct snapshot *all,
		 size_t at)
{
	struct node_info *kept = all->nodes[at];
	struct verdict v;

	all->nodes[at] = n; /* the others see the node as it would be */
	filter_node(c, n, all, &v);
	all->nodes[at] = kept;
	return v.fits;
}

/* Take all lesser pods away, then put back as many as possible, most important first. */
static bool plan_node(const struct candidate *c, const struct snapshot *all, size_t at,
		      struct plan *ret)
{
	struct node_info *n = node_info_copy(all->nodes[at]);
	EK_VEC(struct pod_info *) lesser = { 0 };
	bool ok;

	*ret = (struct plan){ .highest = INT64_MIN };
	for (size_t i = 0; i < n->pods.n; i++)
		if (n->pods.items[i]->priority < c->info->priority)
			ek_vec_push(&lesser, pod_info_ref(n->pods.items[i]));
	for (size_t i = 0; i < lesser.n; i++)
		(void)node_info_remove(n, lesser.items[i]->uid);
	ok = lesser.n > 0 && fits(c, n, all, at);
	if (ok)
		qsort(lesser.items, lesser.n, sizeof(*lesser.items), by_importance);
	for (size_t i = 0; i < lesser.n; i++) {
		struct pod_info *p = lesser.items[i];

		node_info_add(n, p);
		if (ok && !fits(c, n, all, at)) {
			(void)node_info_remove(n, p->uid);
			ek_vec_push(&ret->victims, pod_info_ref(p));
			ret->highest = EK_MAX(ret->highest, p->priority);
			ret->sum += p->priority - INT32_MIN;
		}
		pod_info_unref(p);
	}
	ek_vec_done(&lesser);
	node_info_free(n);
	return ok && ret->victims.n > 0;
}

static void plan_done(struct plan *p)
{
	for (size_t i = 0; i < p->victims.n; i++)
		pod_info_unref(p->victims.items[i]);
	ek_vec_done(&p->victims);
}

/* Lowest of the highest priorities, then the smallest sum, then the fewest. */
static bool is_better(const struct plan *a, const struct plan *b)
{
	if (a->highest != b->highest)
		return a->highest < b->highest;
	if (a->sum != b->sum)
		return a->sum < b->sum;
	return a->victims.n < b->victims.n;
}

static bool may_preempt(const struct candidate *c)
{
	return !ek_streq(ek_json_str_at(c->pod, "spec.preemptionPolicy"), "Never");
}

/* Pods that were asked to leave for this one are still on their way out: wait for them. */
static bool is_waiting_for_victims(const struct candidate *c, const struct snapshot *all)
{
	const char *nominated = ek_json_str_at(c->pod, "status.nominatedNodeName");

	for (size_t i = 0; nominated && i < all->n; i++) {
		if (!ek_streq(all->nodes[i]->name, nominated))
			continue;
		for (size_t k = 0; k < all->nodes[i]->pods.n; k++)
			if (all->nodes[i]->pods.items[k]->deleting &&
			    all->nodes[i]->pods.items[k]->priority < c->info->priority)
				return true;
	}
	return false;
}

static char *hopeless(const struct snapshot *all, size_t no_victims, size_t not_helpful)
{
	EK_BUF struct ek_buf out = EK_BUF_INIT(1024);

	(void)ek_buf_fmt(&out, "preemption: 0/%zu nodes are available:", all->n);
	if (no_victims)
		(void)ek_buf_fmt(&out, " %zu No preemption victims found for incoming pod",
				 no_victims);
	if (not_helpful)
		(void)ek_buf_fmt(&out, "%s %zu Preemption is not helpful for scheduling",
				 no_victims ? "," : "", not_helpful);
	(void)ek_buf_char(&out, '.');
	return ek_buf_steal(&out);
}

const char *preempt_for(struct preempt *p, const struct candidate *c, const struct snapshot *all,
			const struct verdict *verdicts, char **ret_hope)
{
	struct plan best = { 0 };
	size_t no_victims = 0, not_helpful = 0;
	const char *node = NULL;

	*ret_hope = NULL;
	if (all->n == 0)
		return NULL;
	if (!may_preempt(c)) {
		*ret_hope = ek_str_dup("preemption: not eligible due to preemptionPolicy=Never.");
		return NULL;
	}
	if (is_waiting_for_victims(c, all)) {
		*ret_hope = ek_str_dup(
			"preemption: not eligible due to a terminating pod on the nominated node.");
		return NULL;
	}
	for (size_t i = 0; i < all->n; i++) {
		struct plan plan = { 0 };

		if (verdicts[i].final) {
			not_helpful++;
		} else if (!plan_node(c, all, i, &plan)) {
			no_victims++;
			plan_done(&plan);
		} else if (!node || is_better(&plan, &best)) {
			plan_done(&best);
			best = plan;
			node = all->nodes[i]->name;
		} else {
			plan_done(&plan);
		}
	}
	for (size_t i = 0; i < best.victims.n; i++)
		evict(p, best.victims.items[i], c, node);
	plan_done(&best);
	if (!node)
		*ret_hope = hopeless(all, no_victims, not_helpful);
	return node;
}
