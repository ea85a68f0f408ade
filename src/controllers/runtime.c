/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime.h"

#include <ekube/clock.h>
#include <ekube/log.h>
#include <ekube/str.h>

/*
 *   change ──map──► key ──queue──► pass: collect ─► reconcile ─► step 0 ─► step 1 ... ─► finish
 *                    ▲                                                         │
 *                    └── the caches have reached what was written ◄── expect ──┘
 */

enum { RECHECK_MS = 1000, MAX_FAILURE = 4096 };

struct hook {
	struct running *r;
	const struct watch_row *row;
	const struct ek_kind *kind;
	struct ek_informer *informer;
	struct ek_informer_handler handler;
};

/* What the caches must show before a key is worked on again. */
struct expect {
	int64_t *revs; /* by hook: this revision or a later one */
	EK_VEC(struct expect_gone) gone;
	bool wanted; /* the key came up meanwhile */
};
struct expect_gone {
	struct hook *hook;
	char *uid;
};

struct running {
	const struct controller *row;
	const struct runtime_env *env;
	struct ek_client *client;
	struct ek_recorder *recorder;
	struct ek_queue queue;
	struct hook *hooks;
	size_t n_hooks;
	struct watch_row *more;
	struct ek_map expects; /* key -> struct expect */
	struct ek_map held;    /* keys that came before the caches were complete */
	struct ek_list passes;
	void *state;
	bool ready;
};

struct job {
	struct ek_call call;
	struct pass *pass;
	struct plan_write *write;
	struct ek_json *body;
	bool in_flight;
};

struct written {
	const struct ek_kind *kind;
	char *ns, *name;
	int64_t rev;
};

struct pass {
	struct ek_list node;
	struct running *r;
	char *key, *ns, *name;
	struct snapshot snapshot;
	struct plan plan;
	struct job *jobs;
	size_t next, in_flight;
	EK_VEC(struct written) written; /* later writes to the same object follow this revision */
	int rc;
	int first_rc; /* why the plan failed, while the failure is being told */
	bool stop, telling, starting;
	char *failure_text;
};

static char mark; /* a value for sets */

/* ------------------------------------------------------------ expectations */

static struct hook *hook_of(struct running *r, const struct ek_kind *kind)
{
	for (size_t i = 0; i < r->n_hooks; i++)
		if (r->hooks[i].kind == kind)
			return &r->hooks[i];
	return NULL;
}

static void expect_free(struct expect *e)
{
	for (size_t i = 0; i < e->gone.n; i++)
		free(e->gone.items[i].uid);
	ek_vec_done(&e->gone);
	free(e->revs);
	free(e);
}

static struct expect *expect_of(struct running *r, const char *key)
{
	struct expect *e = ek_map_get(&r->expects, key);

	if (e)
		return e;
	e = ek_new(struct expect);
	e->revs = ek_calloc(r->n_hooks + 1, sizeof(*e->revs));
	(void)ek_map_put(&r->expects, key, e);
	return e;
}

static bool is_gone(const struct expect_gone *g)
{
	struct ek_object *o = ek_informer_find_uid(g->hook->informer, g->uid);
	bool leaving;

	if (!o)
		return true;
	leaving = ek_meta_deleting(ek_object_tree(o));
	ek_object_slim(o);
	return leaving;
}

static bool is_met(struct running *r, struct expect *e)
{
	for (size_t i = 0; i < r->n_hooks; i++)
		if (e->revs[i] > ek_informer_rev(r->hooks[i].informer))
			return false;
	while (e->gone.n) {
		if (!is_gone(&e->gone.items[e->gone.n - 1]))
			return false;
		free(e->gone.items[--e->gone.n].uid);
	}
	return true;
}

static void check_expectations(struct running *r)
{
	for (struct ek_map_entry *m = NULL; (m = ek_map_next(&r->expects, m));) {
		struct expect *e = m->value;

		if (!e->wanted || !is_met(r, e))
			continue;
		ek_queue_add(&r->queue, m->key);
		(void)ek_map_del(&r->expects, m->key);
		expect_free(e);
	}
}

/* A write succeeded: remember what the caches will have to show. */
static void expect_write(struct pass *p, const struct plan_write *w, const struct ek_object *answer)
{
	struct hook *h = hook_of(p->r, w->kind);
	struct expect_gone gone = { .hook = h };
	struct expect *e;
	size_t at;

	if (!h || (!answer && !w->if_uid))
		return;
	e = expect_of(p->r, p->key);
	at = (size_t)(h - p->r->hooks);
	if (w->verb != PLAN_DELETE) {
		e->revs[at] = EK_MAX(e->revs[at], answer ? answer->rev : 0);
		return;
	}
	gone.uid = ek_str_dup(w->if_uid ? w->if_uid : ek_index_uid(answer->index));
	ek_vec_push(&e->gone, gone);
}

/* ------------------------------------------------------------------- passes */

static void run_step(struct pass *p);

static void pass_free(struct pass *p)
{
	ek_list_del(&p->node);
	for (size_t i = 0; p->jobs && i < p->plan.writes.n; i++) {
		if (p->jobs[i].in_flight)
			ek_call_cancel(&p->jobs[i].call);
		ek_json_unref(p->jobs[i].body);
	}
	for (size_t i = 0; i < p->written.n; i++) {
		free(p->written.items[i].ns);
		free(p->written.items[i].name);
	}
	ek_vec_done(&p->written);
	free(p->jobs);
	plan_done(&p->plan);
	snapshot_done(&p->snapshot);
	free(p->key);
	free(p->ns);
	free(p->name);
	free(p->failure_text);
	free(p);
}

static void pass_finish(struct pass *p)
{
	struct running *r = p->r;
	struct expect *e = ek_map_get(&r->expects, p->key);
	int rc = p->telling ? p->first_rc : p->rc;
	int64_t again = p->plan.again_ms;
	EK_FREE char *key = ek_str_dup(p->key);

	/* the cache was behind: usual, not news */
	if (rc == EK_ECONFLICT || rc == EK_EEXISTS || rc == EK_ENOTFOUND)
		ek_debug("try again", "controller", r->row->name, "key", key, "error",
			 p->failure_text);
	else if (rc < 0)
		ek_warn("reconcile failed", "controller", r->row->name, "key", key, "error",
			p->failure_text ? p->failure_text : ek_err_name(rc));
	if (e && is_met(r, e)) {
		(void)ek_map_del(&r->expects, key);
		expect_free(e);
	}
	pass_free(p);
	ek_queue_finish(&r->queue, key, rc, again);
}

static void record(struct pass *p, const struct plan_event *e, const char *more)
{
	const struct ek_json *about = e->about ? e->about : p->snapshot.object;

	if (e->type && about)
		ek_record(p->r->recorder, about, NULL, e->type, e->reason, "%s%s",
			  e->text ? e->text : "", more ? more : "");
}

static bool namespace_is_ending(const struct ek_call *c)
{
	const struct ek_json *causes = ek_json_at(c->status, "details.causes");

	return ek_json_find(causes, "reason", "NamespaceTerminating", NULL) != NULL;
}

static int judge_check(const struct plan_write *w, const struct ek_call *c, int rc)
{
	const struct ek_json *obj = c->object ? ek_object_tree(c->object) : NULL;
	bool same = rc == 0 && (!w->if_uid || ek_streq(ek_meta_uid(obj), w->if_uid));

	if (w->verb == PLAN_CHECK_EMPTY)
		return rc == 0 && c->n_items ? EK_ECONFLICT : rc;
	if (w->verb == PLAN_CHECK_ABSENT)
		return rc == EK_ENOTFOUND || (rc == 0 && !same) ? 0 : rc < 0 ? rc : EK_ECONFLICT;
	return same && !ek_meta_deleting(obj) ? 0 : rc < 0 ? rc : EK_ECONFLICT;
}

static bool is_ignored(const struct plan_write *w, int rc)
{
	return (rc == EK_ENOTFOUND && (w->ignore & PLAN_IGNORE_NOTFOUND)) ||
	       (rc == EK_EEXISTS && (w->ignore & PLAN_IGNORE_EXISTS)) ||
	       (rc == EK_ECONFLICT && (w->ignore & PLAN_IGNORE_CONFLICT));
}

static void note_written(struct pass *p, const struct plan_write *w, struct ek_object *answer)
{
	struct written now = { .kind = w->kind };

	if (!answer || (w->verb != PLAN_UPDATE && w->verb != PLAN_PATCH))
		return;
	for (size_t i = 0; i < p->written.n; i++) {
		struct written *old = &p->written.items[i];

		if (old->kind == w->kind && ek_streq(old->ns, w->ns) &&
		    ek_streq(old->name, w->name)) {
			old->rev = answer->rev;
			return;
		}
	}
	now.ns = ek_str_dup(w->ns);
	now.name = ek_str_dup(w->name);
	now.rev = answer->rev;
	ek_vec_push(&p->written, now);
}

static void job_failed(struct job *j, int rc)
{
	struct pass *p = j->pass;

	p->stop = true;
	if (namespace_is_ending(&j->call))
		return; /* nothing can be made there any more: not a failure, and no news */
	if (p->rc == 0) {
		p->rc = rc;
		free(p->failure_text);
		p->failure_text = ek_str_dup(*j->call.err.msg ? j->call.err.msg : ek_err_name(rc));
	}
	if (j->write->failed.type)
		record(p, &j->write->failed, j->call.err.msg);
}

static void on_answer(struct ek_call *c, int rc)
{
	struct job *j = ek_container_of(c, struct job, call);
	struct pass *p = j->pass;
	const struct plan_write *w = j->write;
	bool is_check = w->verb >= PLAN_CHECK_ALIVE;

	j->in_flight = false;
	p->in_flight--;
	if (is_check)
		rc = judge_check(w, c, rc);
	if (rc < 0 && !is_ignored(w, rc)) {
		job_failed(j, rc);
	} else if (!is_check && rc >= 0) {
		expect_write(p, w, c->object);
		note_written(p, w, c->object);
		if (w->done.type)
			record(p, &w->done,
			       w->name	 ? w->name :
			       c->object ? ek_meta_name(ek_object_tree(c->object)) :
					   "");
	}
	ek_call_done(c);
	ek_json_unrefp(&j->body);
	if (p->in_flight == 0 && !p->starting)
		run_step(p);
}

/* An object that this pass wrote already has another revision by now. */
static struct ek_json *current_body(struct pass *p, const struct plan_write *w)
{
	for (size_t i = 0; i < p->written.n && w->verb == PLAN_UPDATE; i++) {
		const struct written *x = &p->written.items[i];
		struct ek_json *body;

		if (x->kind != w->kind || !ek_streq(x->ns, w->ns) || !ek_streq(x->name, w->name))
			continue;
		body = ek_json_copy(w->body);
		ek_json_set_at(body, "metadata.resourceVersion",
			       ek_json_new_fmt("%" PRId64, x->rev));
		return body;
	}
	return w->body ? ek_json_ref(w->body) : NULL;
}

static void start_job(struct pass *p, size_t i)
{
	static const enum ek_verb verbs[] = {
		EK_DO_CREATE, EK_DO_UPDATE, EK_DO_PATCH, EK_DO_DELETE, EK_DO_DELETE_COLLECTION,
		EK_DO_GET,    EK_DO_GET,    EK_DO_LIST
	};
	struct job *j = &p->jobs[i];
	struct plan_write *w = &p->plan.writes.items[i];

	j->pass = p;
	j->write = w;
	j->body = current_body(p, w);
	ek_call_init(&j->call, verbs[w->verb], w->kind, w->ns, w->name, on_answer);
	j->call.subresource = w->subresource;
	j->call.body = j->body;
	j->call.patch_type = EK_PATCH_MERGE_DOC;
	j->call.grace_s = w->grace_s;
	j->call.propagation = w->propagation;
	j->call.limit = w->verb == PLAN_CHECK_EMPTY;
	if (w->verb == PLAN_DELETE) {
		j->call.if_uid = w->if_uid;
		j->call.if_rev = w->if_rev;
	}
	j->in_flight = true;
	p->in_flight++;
	ek_call_start(p->r->client, &j->call);
}

/* The plan failed: what there is to tell about it is another, shorter plan. */
static bool tell_failure(struct pass *p)
{
	struct plan plan = { 0 };
	struct ek_err err = { 0 };

	if (p->telling || p->rc == 0 || !p->r->row->tells_failure)
		return false;
	p->telling = true;
	p->first_rc = p->rc;
	p->snapshot.failure = p->rc;
	p->snapshot.failure_text = p->failure_text;
	(void)p->r->row->reconcile(&p->snapshot, &plan, &err);
	free(ek_steal(p->jobs));
	plan_done(&p->plan);
	p->plan = plan;
	p->jobs = ek_calloc(plan.writes.n + 1, sizeof(*p->jobs));
	p->next = 0;
	p->stop = false;
	return true;
}

static void run_step(struct pass *p)
{
	size_t n = p->plan.writes.n;

	/* answers may come before start returns: go round here instead of deeper down */
	while (p->in_flight == 0) {
		unsigned step;

		if (p->stop && tell_failure(p))
			n = p->plan.writes.n;
		if (p->stop || p->next == n)
			break;
		step = p->plan.writes.items[p->next].step;
		p->starting = true;
		while (p->next < n && p->plan.writes.items[p->next].step == step)
			start_job(p, p->next++);
		p->starting = false;
	}
	if (p->in_flight)
		return;
	for (size_t i = 0; i < p->plan.events.n && !p->stop; i++)
		record(p, &p->plan.events.items[i], NULL);
	pass_finish(p);
}

static struct pass *pass_new(struct running *r, const char *key)
{
	struct pass *p = ek_new(struct pass);
	const char *slash = strchr(key, '/');

	p->r = r;
	p->key = ek_str_dup(key);
	p->ns = slash > key ? ek_str_ndup(key, (size_t)(slash - key)) : NULL;
	p->name = ek_str_dup(slash + 1);
	ek_list_add_tail(&r->passes, &p->node);
	p->snapshot.kind = r->row->kind;
	p->snapshot.ns = p->ns;
	p->snapshot.name = p->name;
	p->snapshot.now_us = ek_clock_wall_us();
	p->snapshot.root_ca = r->env->root_ca;
	p->snapshot.grace_ms = r->env->node_grace_ms;
	return p;
}

static void work(struct ek_queue *q, const char *key)
{
	struct running *r = ek_container_of(q, struct running, queue);
	struct expect *e = ek_map_get(&r->expects, key);
	struct hook *own = hook_of(r, r->row->kind);
	struct ek_err err = { 0 };
	struct pass *p;

	if (!r->ready) {
		(void)ek_map_put(&r->held, key, &mark);
		ek_queue_finish(q, key, 0, 0);
		return;
	}
	if (e && !is_met(r, e)) {
		e->wanted = true;
		ek_queue_finish(q, key, 0,
				RECHECK_MS); /* a watch that is being repaired may not tell us */
		return;
	}
	p = pass_new(r, key);
	snapshot_set(&p->snapshot, own ? ek_informer_find(own->informer, p->ns, p->name) : NULL);
	if (r->row->collect)
		r->row->collect(r, &p->snapshot);
	p->rc = r->row->reconcile(&p->snapshot, &p->plan, &err);
	if (p->rc < 0) {
		p->failure_text = ek_str_dup(err.msg);
		p->stop = p->telling = true;
		p->first_rc = p->rc;
	}
	p->jobs = ek_calloc(p->plan.writes.n + 1, sizeof(*p->jobs));
	run_step(p);
}

/* -------------------------------------------------------------------- hooks */

static void on_change(struct ek_informer_handler *h, struct ek_object *before,
		      struct ek_object *after)
{
	struct hook *k = ek_container_of(h, struct hook, handler);

	if (k->row->map)
		k->row->map(k->r, before, after);
	if (k->r->expects.n)
		check_expectations(k->r);
}

static void on_synced(struct ek_informer_handler *h)
{
	struct running *r = ek_container_of(h, struct hook, handler)->r;

	for (size_t i = 0; i < r->n_hooks; i++)
		if (!r->hooks[i].informer || !ek_informer_synced(r->hooks[i].informer))
			return;
	r->ready = true;
	for (struct ek_map_entry *e = NULL; (e = ek_map_next(&r->held, e));)
		ek_queue_add(&r->queue, e->key);
	ek_map_done(&r->held);
	r->held = (struct ek_map){ 0 };
}

static size_t count_rows(const struct watch_row *rows)
{
	size_t n = 0;

	while (rows && rows[n].kind)
		n++;
	return n;
}

static void add_hooks(struct running *r, const struct watch_row *rows)
{
	for (; rows && rows->kind; rows++)
		r->hooks[r->n_hooks++] = (struct hook){
			.r = r,
			.row = rows,
			.kind = rows->kind,
			.handler = { .on_change = on_change, .on_synced = on_synced },
		};
}

static struct ek_informer *informer_of(const struct runtime_env *env, const struct watch_row *row)
{
	if (row->metadata)
		return ek_informer_get_metadata(env->informers, row->kind, NULL);
	return ek_informer_get(env->informers, row->kind, NULL, NULL, row->fields);
}

struct running *running_start(const struct controller *row, const struct runtime_env *env,
			      struct ek_client *client)
{
	struct running *r = ek_new(struct running);

	r->row = row;
	r->env = env;
	r->client = client;
	r->recorder = ek_recorder_new(client, row->name, NULL);
	r->state = row->state_new ? row->state_new() : NULL;
	r->more = row->more_watches ? row->more_watches() : NULL;
	ek_list_init(&r->passes);
	ek_queue_init(env->loop, &r->queue, row->workers ? row->workers : 1, work);
	r->hooks = ek_calloc(count_rows(row->watches) + count_rows(r->more) + 1, sizeof(*r->hooks));
	add_hooks(r, row->watches);
	add_hooks(r, r->more);
	for (size_t i = 0; i < r->n_hooks; i++)
		r->hooks[i].informer = informer_of(env, r->hooks[i].row);
	for (size_t i = 0; i < r->n_hooks; i++)
		ek_informer_add(r->hooks[i].informer, &r->hooks[i].handler);
	return r;
}

void running_stop(struct running *r)
{
	if (!r)
		return;
	for (size_t i = 0; i < r->n_hooks; i++)
		ek_informer_remove(r->hooks[i].informer, &r->hooks[i].handler);
	ek_queue_close(&r->queue);
	EK_LIST_EACH(node, tmp, &r->passes)
		pass_free(ek_container_of(node, struct pass, node));
	ek_queue_free(&r->queue);
	for (struct ek_map_entry *e = NULL; (e = ek_map_next(&r->expects, e));)
		expect_free(e->value);
	ek_map_done(&r->expects);
	ek_map_done(&r->held);
	ek_recorder_free(r->recorder);
	if (r->row->state_free)
		r->row->state_free(r->state);
	free(r->more);
	free(r->hooks);
	free(r);
}

/* ------------------------------------------------------ for map and collect */

void running_enqueue_after(struct running *r, const char *ns, const char *name, int64_t ms)
{
	EK_FREE char *key = ek_str_fmt("%s/%s", ns ? ns : "", name);

	ek_queue_add_after(&r->queue, key, ms);
}

void running_enqueue(struct running *r, const char *ns, const char *name)
{
	running_enqueue_after(r, ns, name, 0);
}

struct ek_informer *running_informer(struct running *r, const struct ek_kind *kind)
{
	struct hook *h = hook_of(r, kind);

	EK_ASSERT(h);
	return h->informer;
}

void *running_state(struct running *r)
{
	return r->state;
}

bool running_is_starting(const struct running *r)
{
	return !r->ready;
}

void map_self(struct running *r, struct ek_object *before, struct ek_object *after)
{
	const struct ek_json *obj = ek_object_tree(after ? after : before);

	running_enqueue(r, ek_meta_namespace(obj), ek_meta_name(obj));
}

void map_same_name(struct running *r, struct ek_object *before, struct ek_object *after)
{
	map_self(r, before, after);
}

static bool enqueue_controller(struct running *r, struct ek_object *o)
{
	const struct ek_json *obj = ek_object_tree(o);
	const struct ek_json *ref = ek_meta_controller(obj);
	char api_version[96];

	if (!ref)
		return false;
	if (ek_streq(ek_json_str_at(ref, "kind"), r->row->kind->kind) &&
	    ek_streq(ek_json_str_at(ref, "apiVersion"),
		     ek_kind_api_version(r->row->kind, api_version)))
		running_enqueue(r, r->row->kind->namespaced ? ek_meta_namespace(obj) : NULL,
				ek_json_str_at(ref, "name"));
	return true;
}

void map_controller(struct running *r, struct ek_object *before, struct ek_object *after)
{
	/* the one before counts too: who lost it must know */
	if (before)
		(void)enqueue_controller(r, before);
	if (after)
		(void)enqueue_controller(r, after);
}

static void enqueue_selecting(struct running *r, struct ek_object *orphan)
{
	struct ek_informer *inf = running_informer(r, r->row->kind);
	struct ek_informer_iter it;

	for (struct ek_object *o =
		     ek_informer_first(inf, ek_meta_namespace(ek_object_tree(orphan)), NULL, &it);
	     o; o = ek_informer_next(&it)) {
		EK_CLEANUP(ek_selector_unrefp) struct ek_selector *sel = NULL;
		const struct ek_json *obj = ek_object_tree(o);
		const struct ek_json *js = ek_json_at(obj, "spec.selector");

		/* ReplicationController's is a plain map */
		if (!ek_json_get(js, "matchLabels") && !ek_json_get(js, "matchExpressions"))
			sel = ek_json_len(js) ? ek_selector_from_map(js) : NULL;
		else if (ek_selector_from_json(js, &sel, NULL) < 0)
			sel = NULL;
		if (sel && !ek_selector_empty(sel) && ek_index_match(orphan->index, sel, NULL))
			running_enqueue(r, ek_meta_namespace(obj), ek_meta_name(obj));
		ek_object_slim(o);
	}
}

void map_controller_or_selectors(struct running *r, struct ek_object *before,
				 struct ek_object *after)
{
	if (before)
		(void)enqueue_controller(r, before);
	if (after && !enqueue_controller(r, after) && !ek_meta_deleting(ek_object_tree(after)))
		enqueue_selecting(r, after);
}
