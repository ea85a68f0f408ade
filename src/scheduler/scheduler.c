/* SPDX-License-Identifier: Apache-2.0 */
#include <ekube/scheduler.h>

#include <ekube/log.h>
#include <ekube/str.h>
#include <stdlib.h>

#include "filters.h"
#include "preempt.h"

/*
 * A pod on its way:
 *
 *	READY ──decide──► BINDING ──bound──► (the cache shows it on its node)
 *	  ▲  └─no node──► WAITING            ▲ assumed: it counts on the node from the decision on
 *	  └──back-off after a change that may help, or after a failed bind
 *
 * Decisions are made in a deferred callback, highest priority first, then oldest; a long queue is
 * worked off in slices so that the loop stays free.
 */

enum { SLICE = 32, BACKOFF_MIN_MS = 1000, BACKOFF_MAX_MS = 10000 };

static const char scheduler_name[] = "default-scheduler";

enum waiting_state { READY, WAITING, BACKING_OFF, BINDING };

struct waiting {
	struct ek_list       node; /* in the ready or the waiting list */
	struct ek_scheduler *s;
	struct ek_object    *pod;
	struct pod_info     *info;
	enum waiting_state   state;
	unsigned             attempts;
	struct ek_timer      backoff;
	struct ek_call       bind;
	struct ek_call       status;
	struct ek_json      *bind_body, *status_body;
	char                *node_name; /* while BINDING */
	bool                 binding, writing_status, gone;
};

struct ek_scheduler {
	struct ek_client    *client;
	struct ek_informers *informers;
	struct ek_recorder  *recorder;
	struct ek_informer  *pods, *nodes, *namespaces;
	struct ek_informer_handler on_pods, on_nodes;
	struct ek_map        waiting;   /* by uid */
	struct ek_map        node_infos; /* by name */
	struct ek_map        assigned;  /* uid -> name of the node it counts on (malloc'd) */
	struct ek_list       ready;
	struct ek_defer      decide;
	struct preempt       preempt;
};

static void wake(struct ek_scheduler *s);

/* ------------------------------------------------------- nodes and their pods */

static struct node_info *node_of(struct ek_scheduler *s, const char *name)
{
	struct node_info *n = ek_map_get(&s->node_infos, name);

	if (!n) {
		n = node_info_new(name);
		ek_map_put(&s->node_infos, name, n);
	}
	return n;
}

static void forget_if_empty(struct ek_scheduler *s, struct node_info *n)
{
	if (n->node || n->pods.n)
		return;
	ek_map_del(&s->node_infos, n->name);
	node_info_free(n);
}

static void unassign(struct ek_scheduler *s, const char *uid)
{
	EK_FREE char *name = ek_map_del(&s->assigned, uid);
	struct node_info *n = name ? ek_map_get(&s->node_infos, name) : NULL;

	if (!n)
		return;
	(void)node_info_remove(n, uid);
	forget_if_empty(s, n);
}

static void assign(struct ek_scheduler *s, const char *node, struct pod_info *p)
{
	unassign(s, p->uid);
	node_info_add(node_of(s, node), p);
	(void)ek_map_put(&s->assigned, p->uid, ek_str_dup(node));
}

/* ---------------------------------------------------------------- the queue */

static bool comes_before(const struct waiting *a, const struct waiting *b)
{
	const char *ta, *tb;

	if (a->info->priority != b->info->priority)
		return a->info->priority > b->info->priority;
	ta = ek_json_str_at(ek_object_tree(a->pod), "metadata.creationTimestamp");
	tb = ek_json_str_at(ek_object_tree(b->pod), "metadata.creationTimestamp");
	return strcmp(ta ? ta : "", tb ? tb : "") < 0;
}

static void make_ready(struct waiting *w)
{
	struct ek_list *at = w->s->ready.prev;

	if (w->state == READY && w->node.next)
		return;
	ek_timer_stop(&w->backoff);
	w->state = READY;
	/* from the end: pods mostly come in order */
	while (at != &w->s->ready && comes_before(w, ek_container_of(at, struct waiting, node)))
		at = at->prev;
	ek_list_add_tail(at->next, &w->node);
	wake(w->s);
}

static void on_backoff(struct ek_timer *t)
{
	make_ready(ek_container_of(t, struct waiting, backoff));
}

static void back_off(struct waiting *w)
{
	int64_t ms = BACKOFF_MIN_MS;

	for (unsigned i = 1; i < w->attempts && ms < BACKOFF_MAX_MS; i++)
		ms *= 2;
	w->state = BACKING_OFF;
	ek_timer_start(w->s->client->loop, &w->backoff, EK_MIN(ms, (int64_t)BACKOFF_MAX_MS),
		       on_backoff);
}

/* Something changed that may make room: who waits tries again, after its back-off. */
static void something_changed(struct ek_scheduler *s)
{
	for (struct ek_map_entry *e = NULL; (e = ek_map_next(&s->waiting, e));) {
		struct waiting *w = e->value;

		if (w->state == WAITING)
			back_off(w);
	}
}

static void waiting_free(struct waiting *w)
{
	ek_list_del(&w->node);
	ek_timer_stop(&w->backoff);
	if (w->binding)
		ek_call_cancel(&w->bind);
	if (w->writing_status)
		ek_call_cancel(&w->status);
	ek_json_unref(w->bind_body);
	ek_json_unref(w->status_body);
	ek_object_unref(w->pod);
	pod_info_unref(w->info);
	free(w->node_name);
	free(w);
}

static void stop_waiting(struct ek_scheduler *s, const char *uid)
{
	struct waiting *w = ek_map_del(&s->waiting, uid);

	if (w)
		waiting_free(w);
}

static void wait_for_node(struct ek_scheduler *s, struct ek_object *pod)
{
	const char *uid = ek_index_uid(pod->index);
	struct waiting *w = ek_map_get(&s->waiting, uid);

	if (!w) {
		w = ek_new(struct waiting);
		w->s = s;
		w->state = WAITING;
		ek_map_put(&s->waiting, uid, w);
	}
	ek_object_unref(w->pod);
	pod_info_unref(w->info);
	w->pod = ek_object_ref(pod);
	w->info = pod_info_new(ek_object_tree(pod), pod->index);
	if (w->state == WAITING && w->attempts == 0)
		make_ready(w);
}

/* ------------------------------------------------------------------ deciding */

static const struct ek_json *namespace_labels(void *arg, const char *ns)
{
	struct ek_scheduler *s = arg;
	struct ek_object *o = ek_informer_find(s->namespaces, NULL, ns);

	return o ? ek_meta_labels(ek_object_tree(o)) : NULL;
}

static struct snapshot take_snapshot(struct ek_scheduler *s)
{
	struct snapshot all = { .namespace_labels = namespace_labels, .arg = s };

	all.nodes = ek_calloc(s->node_infos.n + 1, sizeof(struct node_info *));
	for (struct ek_map_entry *e = NULL; (e = ek_map_next(&s->node_infos, e));) {
		struct node_info *n = e->value;

		if (n->node)
			all.nodes[all.n++] = n;
	}
	return all;
}

/* Counts of each reason, for "0/3 nodes are available: 1 Insufficient cpu, 2 node(s) were unschedulable." */
static void count_reasons(struct ek_map *counts, const struct verdict *v)
{
	for (size_t i = 0; i < v->n; i++) {
		intptr_t n = (intptr_t)ek_map_get(counts, v->reasons[i]);

		(void)ek_map_put(counts, v->reasons[i], (void *)(n + 1));
	}
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static char *join_reasons(struct ek_map *counts, size_t n_nodes)
{
	EK_BUF struct ek_buf out = EK_BUF_INIT(8192);
	EK_VEC(char *) lines = { 0 };

	if (n_nodes == 0)
		return ek_str_dup("no nodes available to schedule pods");
	for (struct ek_map_entry *e = NULL; (e = ek_map_next(counts, e));)
		ek_vec_push(&lines, ek_str_fmt("%d %s", (int)(intptr_t)e->value, e->key));
	if (lines.n)
		qsort(lines.items, lines.n, sizeof(*lines.items), by_text);
	(void)ek_buf_fmt(&out, "0/%zu nodes are available", n_nodes);
	for (size_t i = 0; i < lines.n; i++) {
		(void)ek_buf_fmt(&out, "%s %s", i ? "," : ":", lines.items[i]);
		free(lines.items[i]);
	}
	ek_vec_done(&lines);
	(void)ek_buf_char(&out, '.');
	return ek_buf_steal(&out);
}

/* The best node for a pod, or NULL and the message that says why there is none. */
static struct node_info *choose(struct waiting *w, const struct snapshot *all,
				struct verdict *verdicts, char **ret_message)
{
	const struct candidate c = { ek_object_tree(w->pod), w->info };
	struct ek_map counts = { 0 };
	struct node_info *best = NULL;
	int64_t best_score = -1;
	unsigned ties = 0;

	for (size_t i = 0; i < all->n; i++) {
		int64_t score;

		filter_node(&c, all->nodes[i], all, &verdicts[i]);
		if (!verdicts[i].fits) {
			count_reasons(&counts, &verdicts[i]);
			continue;
		}
		score = score_node(&c, all->nodes[i], all);
		if (score == best_score && ek_rand_below(++ties) == 0)
			best = all->nodes[i]; /* among equals any, evenly */
		if (score <= best_score)
			continue;
		best = all->nodes[i];
		best_score = score;
		ties = 1;
	}
	if (!best)
		*ret_message = join_reasons(&counts, all->n);
	ek_map_done(&counts);
	return best;
}

/* ------------------------------------------------------------------ binding */

static void on_bound(struct ek_call *c, int rc)
{
	struct waiting *w = ek_container_of(c, struct waiting, bind);
	struct ek_scheduler *s = w->s;

	w->binding = false;
	ek_json_unref(ek_steal(w->bind_body));
	if (rc < 0) {
		ek_warn("binding failed", "pod", EK_F("%s/%s", w->info->ns, w->info->name), "node",
			w->node_name, "error", c->err.msg);
		unassign(s, w->info->uid);
		ek_call_done(c);
		free(ek_steal(w->node_name));
		if (rc == EK_ENOTFOUND || rc == EK_ECONFLICT)
			w->state = WAITING; /* gone, or bound by somebody: the cache will tell */
		else
			back_off(w);
		return;
	}
	ek_call_done(c);
	ek_record(s->recorder, ek_object_tree(w->pod), NULL, "Normal", "Scheduled",
		  "Successfully assigned %s/%s to %s", w->info->ns, w->info->name, w->node_name);
	stop_waiting(s, w->info->uid);
}

static void bind(struct waiting *w, struct node_info *n)
{
	assign(w->s, n->name, w->info);
	w->state = BINDING;
	w->binding = true;
	ek_str_set(&w->node_name, n->name);
	w->bind_body = ek_json_make(
		"{'kind':'Binding','apiVersion':'v1','metadata':{'name':%s,'namespace':%s,'uid':%s},"
		"'target':{'kind':'Node','name':%s}}",
		w->info->name, w->info->ns, w->info->uid, n->name);
	ek_call_init(&w->bind, EK_DO_CREATE, &ek_kind_pod, w->info->ns, w->info->name, on_bound);
	w->bind.subresource = "binding";
	w->bind.body = w->bind_body;
	ek_call_start(w->s->client, &w->bind);
}

/* ------------------------------------------------------------- unschedulable */

static void on_status_written(struct ek_call *c, int rc)
{
	struct waiting *w = ek_container_of(c, struct waiting, status);

	if (rc < 0)
		ek_debug("condition not written", "pod", w->info->name, "error", c->err.msg);
	w->writing_status = false;
	ek_json_unref(ek_steal(w->status_body));
	ek_call_done(c);
}

/* PodScheduled=False with the reason, when it is not what the pod says already. */
static void write_condition(struct waiting *w, const char *reason, const char *message,
			    const char *nominated)
{
	const struct ek_json *pod = ek_object_tree(w->pod);
	const struct ek_json *old = ek_meta_condition(pod, "PodScheduled");
	EK_JSON struct ek_json *transition = NULL;
	char now[32];

	if (w->writing_status || (ek_streq(ek_json_str_at(old, "message"), message) &&
				  ek_streq(ek_json_str_at(old, "reason"), reason) && !nominated))
		return;
	if (ek_streq(ek_json_str_at(old, "status"), "False"))
		transition = ek_json_ref(ek_json_get(old, "lastTransitionTime"));
	else
		transition = ek_json_new_str(ek_time_now(now));
	w->status_body = ek_json_make(
		"{'status':{'nominatedNodeName':%s,'conditions':[{'type':'PodScheduled',"
		"'status':'False','reason':%s,'message':%s,'lastProbeTime':null,"
		"'lastTransitionTime':%v}]}}",
		nominated, reason, message, transition);
	w->writing_status = true;
	ek_call_init(&w->status, EK_DO_PATCH, &ek_kind_pod, w->info->ns, w->info->name,
		     on_status_written);
	w->status.subresource = "status";
	w->status.patch_type = EK_PATCH_STRATEGIC;
	w->status.body = w->status_body;
	ek_call_start(w->s->client, &w->status);
}

static void give_up_for_now(struct waiting *w, const struct snapshot *all,
			    const struct verdict *verdicts, char *take_message)
{
	const struct candidate c = { ek_object_tree(w->pod), w->info };
	EK_FREE char *why = take_message, *hope = NULL, *message = NULL;
	const char *nominated = preempt_for(&w->s->preempt, &c, all, verdicts, &hope);

	message = hope ? ek_str_fmt("%s %s", why, hope) : ek_str_dup(why);
	w->state = WAITING;
	ek_record(w->s->recorder, c.pod, NULL, "Warning", "FailedScheduling", "%s", message);
	write_condition(w, "Unschedulable", message, nominated);
}

static bool has_gates(const struct waiting *w)
{
	return ek_json_len(ek_json_at(ek_object_tree(w->pod), "spec.schedulingGates")) > 0;
}

static void decide_one(struct waiting *w)
{
	struct snapshot all;
	struct verdict *verdicts;
	struct node_info *best;
	char *message = NULL;

	if (has_gates(w)) {
		w->state = WAITING;
		write_condition(w, "SchedulingGated",
				"Scheduling is blocked due to non-empty scheduling gates", NULL);
		return;
	}
	w->attempts++;
	all = take_snapshot(w->s);
	verdicts = ek_calloc(all.n + 1, sizeof(*verdicts));
	best = choose(w, &all, verdicts, &message);
	if (best)
		bind(w, best);
	else
		give_up_for_now(w, &all, verdicts, message);
	free(verdicts);
	free(all.nodes);
}

static void decide_some(struct ek_defer *d)
{
	struct ek_scheduler *s = ek_container_of(d, struct ek_scheduler, decide);

	if (!ek_informer_synced(s->nodes) || !ek_informer_synced(s->pods) ||
	    !ek_informer_synced(s->namespaces))
		return; /* half a picture gives wrong decisions; on_synced wakes us */
	for (int i = 0; i < SLICE && !ek_list_empty(&s->ready); i++) {
		struct waiting *w = ek_list_first(&s->ready, struct waiting, node);

		ek_list_del(&w->node);
		decide_one(w);
		ek_object_slim(w->pod);
	}
	if (!ek_list_empty(&s->ready))
		wake(s);
}

static void wake(struct ek_scheduler *s)
{
	ek_defer(s->client->loop, &s->decide, decide_some);
}

/* ------------------------------------------------------------------ changes */

static bool is_over(const struct ek_json *pod)
{
	const char *phase = ek_json_str_at(pod, "status.phase");

	return ek_streq(phase, "Succeeded") || ek_streq(phase, "Failed");
}

static bool is_mine(const struct ek_json *pod)
{
	const char *name = ek_json_str_at(pod, "spec.schedulerName");

	return ek_str_empty(name) || ek_streq(name, scheduler_name);
}

static void pod_gone(struct ek_scheduler *s, const char *uid)
{
	bool counted = ek_map_get(&s->assigned, uid) != NULL;

	stop_waiting(s, uid);
	unassign(s, uid);
	if (counted)
		something_changed(s);
}

static void on_pod(struct ek_informer_handler *h, struct ek_object *before, struct ek_object *after)
{
	struct ek_scheduler *s = ek_container_of(h, struct ek_scheduler, on_pods);
	const char *uid = ek_index_uid(after ? after->index : before->index);
	const struct ek_json *pod;
	const char *node;

	/* the same name may come back as another pod */
	if (before && after && !ek_streq(ek_index_uid(before->index), uid))
		pod_gone(s, ek_index_uid(before->index));
	if (!after) {
		pod_gone(s, uid);
		return;
	}
	pod = ek_object_tree(after);
	node = ek_json_str_at(pod, "spec.nodeName");
	if (is_over(pod)) {
		pod_gone(s, uid);
	} else if (!ek_str_empty(node)) {
		struct pod_info *p = pod_info_new(pod, after->index);
		struct waiting *w = ek_map_get(&s->waiting, uid);

		if (w && !w->binding)
			stop_waiting(s, uid);
		assign(s, node, p);
		pod_info_unref(p);
	} else if (is_mine(pod) && !ek_meta_deleting(pod)) {
		wait_for_node(s, after);
	} else {
		stop_waiting(s, uid);
	}
}

/* Heartbeats change status and time only: they make no room. */
static bool matters(const struct ek_json *before, const struct ek_json *after)
{
	return !before || !ek_json_equal(ek_json_get(before, "spec"), ek_json_get(after, "spec")) ||
	       !ek_json_equal(ek_meta_labels(before), ek_meta_labels(after)) ||
	       !ek_json_equal(ek_json_at(before, "status.allocatable"),
			      ek_json_at(after, "status.allocatable"));
}

static void on_node(struct ek_informer_handler *h, struct ek_object *before,
		    struct ek_object *after)
{
	struct ek_scheduler *s = ek_container_of(h, struct ek_scheduler, on_nodes);
	struct ek_object *o = after ? after : before;
	struct node_info *n = node_of(s, ek_meta_name(ek_object_tree(o)));

	if (after && before && !matters(ek_object_tree(before), ek_object_tree(after))) {
		ek_object_slim(before);
		return;
	}
	node_info_set(n, after ? ek_object_tree(after) : NULL);
	forget_if_empty(s, n);
	if (after)
		something_changed(s);
}

static void on_pods_synced(struct ek_informer_handler *h)
{
	wake(ek_container_of(h, struct ek_scheduler, on_pods));
}

static void on_nodes_synced(struct ek_informer_handler *h)
{
	wake(ek_container_of(h, struct ek_scheduler, on_nodes));
}

/* ------------------------------------------------------------ start and stop */

struct ek_scheduler *ek_scheduler_start(struct ek_client *client, struct ek_informers *informers)
{
	struct ek_scheduler *s = ek_new(struct ek_scheduler);

	s->client = client;
	s->informers = informers;
	s->recorder = ek_recorder_new(client, scheduler_name, NULL);
	ek_list_init(&s->ready);
	preempt_init(&s->preempt, client, s->recorder);
	s->on_pods =
		(struct ek_informer_handler){ .on_change = on_pod, .on_synced = on_pods_synced };
	s->on_nodes =
		(struct ek_informer_handler){ .on_change = on_node, .on_synced = on_nodes_synced };
	s->namespaces = ek_informer_get(informers, &ek_kind_namespace, NULL, NULL, NULL);
	s->nodes = ek_informer_get(informers, &ek_kind_node, NULL, NULL, NULL);
	s->pods = ek_informer_get(informers, &ek_kind_pod, NULL, NULL, NULL);
	ek_informer_add(s->nodes, &s->on_nodes);
	ek_informer_add(s->pods, &s->on_pods);
	return s;
}

void ek_scheduler_stop(struct ek_scheduler *s)
{
	if (!s)
		return;
	ek_informer_remove(s->pods, &s->on_pods);
	ek_informer_remove(s->nodes, &s->on_nodes);
	ek_defer_cancel(&s->decide);
	for (struct ek_map_entry *e = NULL; (e = ek_map_next(&s->waiting, e));)
		waiting_free(e->value);
	for (struct ek_map_entry *e = NULL; (e = ek_map_next(&s->node_infos, e));)
		node_info_free(e->value);
	for (struct ek_map_entry *e = NULL; (e = ek_map_next(&s->assigned, e));)
		free(e->value);
	ek_map_done(&s->waiting);
	ek_map_done(&s->node_infos);
	ek_map_done(&s->assigned);
	preempt_done(&s->preempt);
	ek_recorder_free(s->recorder);
	free(s);
}
