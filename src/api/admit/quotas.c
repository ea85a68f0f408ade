/* SPDX-License-Identifier: Apache-2.0 */
#include "quotas.h"

#include "cache.h"

#include <ekube/log.h>
#include <ekube/str.h>

#include <stdlib.h>

/*
 * Counting is done afresh each time: nothing is kept that could go wrong, and a namespace without a
 * quota costs nothing. What has been admitted and is not yet stored counts by its request.
 *
 *	any change in a namespace with a quota ──► (half a second) ──► count ──► status.used
 */
enum { SYNC_MS = 500 };

struct ek_quotas {
	struct ek_registry   *r;
	struct ek_map         dirty; /* namespaces to count; values are of no meaning */
	struct ek_timer       timer;
	struct ek_store_watch watch; /* on everything, while there is any quota */
	size_t                n;     /* quotas there are */
	bool                  watching;
	/* one status at a time */
	struct ek_op    op;
	struct ek_json *body;
	char           *ns, *name;
	bool            writing;
};

/* ---- counting ---- */

static bool is_wanted(const struct ek_json *hard, const char *name)
{
	return ek_json_get(hard, name) != NULL;
}

static void add_wanted(struct ek_amounts *to, const struct ek_amounts *from,
		       const struct ek_json *hard)
{
	for (size_t i = 0; i < from->v.n; i++)
		if (is_wanted(hard, from->v.items[i].name))
			ek_amounts_add(to, from->v.items[i].name, &from->v.items[i].q);
}

struct count {
	struct ek_store_list  list;
	const struct ek_kind *kind;
	const struct ek_json *quota, *hard;
	struct ek_amounts    *total;
};

static bool on_record(struct ek_store_list *list, const struct ek_record *rec)
{
	struct count *c = ek_container_of(list, struct count, list);
	EK_OBJECT struct ek_object *o = NULL;
	struct ek_amounts one = { 0 };

	if (ek_object_from_stored(rec->value, rec->index, rec->rev, &o, NULL) < 0)
		return true;
	if (c->kind == &ek_kind_pod && !ek_usage_in_scope(c->quota, ek_object_tree(o)))
		return true;
	ek_usage_of(c->kind, ek_object_tree(o), &one);
	add_wanted(c->total, &one, c->hard);
	ek_amounts_done(&one);
	return true;
}

static void on_listed(struct ek_store_list *list, int rc, bool more)
{
	(void)list;
	(void)rc;
	(void)more;
}

static void count_kind(struct ek_registry *r, const char *ns, const struct ek_kind *k,
		       const struct ek_json *quota, struct ek_amounts *total)
{
	EK_FREE char *prefix = ek_key_make(k, ns, NULL);
	struct count c = {
		.list = { .prefix = prefix, .on_record = on_record, .done = on_listed },
		.kind = k,
		.quota = quota,
		.hard = ek_json_at(quota, "spec.hard"),
		.total = total,
	};

	ek_store_list(r->store, &c.list);
}

static bool has_scopes(const struct ek_json *quota)
{
	return ek_json_len(ek_json_at(quota, "spec.scopes")) > 0 ||
	       ek_json_get(ek_json_get(quota, "spec"), "scopeSelector");
}

/* Does the quota name anything that objects of the kind use? */
static bool concerns(const struct ek_kind *k, const struct ek_json *quota)
{
	const struct ek_json *hard = ek_json_at(quota, "spec.hard");
	EK_FREE char *count = ek_str_fmt("count/%s%s%s", k->plural, *k->group ? "." : "", k->group);

	if (!k->namespaced || k->stored_as || (has_scopes(quota) && k != &ek_kind_pod))
		return false;
	for (struct ek_json_iter it = ek_json_iter(hard); ek_json_next(&it);) {
		if (ek_streq(it.key, count) || ek_streq(it.key, k->plural))
			return true;
		if (k == &ek_kind_pod && !ek_str_starts(it.key, "count/") &&
		    (ek_str_starts(it.key, "limits.") || !strchr(it.key, '/')))
			return true;
		if (k == &ek_kind_service && ek_str_starts(it.key, "services."))
			return true;
		if (k == &ek_kind_pvc && ek_str_ends(it.key, "requests.storage"))
			return true;
		if (k == &ek_kind_pvc && ek_str_ends(it.key, "/persistentvolumeclaims"))
			return true;
	}
	return false;
}

static void count_all(struct ek_registry *r, const char *ns, const struct ek_json *quota,
		      struct ek_amounts *total)
{
	for (size_t i = 0; ek_kinds[i]; i++)
		if (concerns(ek_kinds[i], quota))
			count_kind(r, ns, ek_kinds[i], quota, total);
}

/* ---- admission ---- */

static struct ek_json *charge_of(const struct ek_amounts *a)
{
	struct ek_json *o = ek_json_object();
	char text[40];

	for (size_t i = 0; i < a->v.n; i++) {
		ek_quantity_format(&a->v.items[i].q, text);
		ek_json_set_str(o, a->v.items[i].name, text);
	}
	return o;
}

/* What others were admitted with and have not written yet. */
static void add_pending(struct ek_request *q, const struct ek_json *hard, struct ek_amounts *total)
{
	EK_LIST_EACH(node, tmp, &q->r->requests) {
		const struct ek_request *other = ek_container_of(node, struct ek_request, node);

		if (other == q || other->dry_run || !ek_streq(other->ns, q->ns))
			continue;
		for (struct ek_json_iter it = ek_json_iter(other->charge); ek_json_next(&it);) {
			struct ek_quantity v;

			if (is_wanted(hard, it.key) &&
			    ek_quantity_from_json(it.value, &v, NULL) == 0)
				ek_amounts_add(total, it.key, &v);
		}
	}
}

static void put(struct ek_buf *out, const char *name, const struct ek_quantity *q)
{
	char text[40];

	ek_quantity_format(q, text);
	(void)ek_buf_fmt(out, "%s%s=%s", out->len ? "," : "", name, text);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct ek_amount *)a)->name, ((const struct ek_amount *)b)->name);
}

/* The request's amounts against what is left of the quota. */
static int check_left(struct ek_request *q, const struct ek_json *quota,
		      struct ek_amounts *requested)
{
	EK_BUF struct ek_buf asked = EK_BUF_INIT(4096), used = EK_BUF_INIT(4096),
			     limited = EK_BUF_INIT(4096);
	const struct ek_json *hard = ek_json_at(quota, "spec.hard");
	struct ek_amounts total = { 0 };
	int rc = 0;

	count_all(q->r, q->ns, quota, &total);
	add_pending(q, hard, &total);
	if (requested->v.n > 1)
		qsort(requested->v.items, requested->v.n, sizeof(*requested->v.items), by_name);
	for (size_t i = 0; i < requested->v.n; i++) {
		const struct ek_amount *r = &requested->v.items[i];
		const struct ek_amount *have = ek_amounts_find(&total, r->name);
		struct ek_quantity zero = { 0 }, sum = r->q, max;

		if (r->q.value <= 0 ||
		    ek_quantity_from_json(ek_json_get(hard, r->name), &max, NULL) < 0)
			continue;
		ek_quantity_add(&sum, have ? &have->q : &zero);
		if (ek_quantity_cmp(&sum, &max) <= 0)
			continue;
		put(&asked, r->name, &r->q);
		put(&used, r->name, have ? &have->q : &zero);
		put(&limited, r->name, &max);
	}
	ek_amounts_done(&total);
	if (asked.len > 0)
		rc = ek_admit_deny(q, "exceeded quota: %s, requested: %s, used: %s, limited: %s",
				   ek_meta_name(quota), asked.data, used.data, limited.data);
	return rc;
}

static int check_quota(struct ek_request *q, const struct ek_json *quota,
		       struct ek_amounts *requested)
{
	EK_FREE char *missing = NULL;

	if (!concerns(q->stored, quota))
		return 0;
	if (q->stored == &ek_kind_pod) {
		if (!ek_usage_in_scope(quota, q->obj))
			return 0;
		missing = ek_usage_missing(q->obj, ek_json_at(quota, "spec.hard"));
	}
	if (missing)
		return ek_admit_deny(q, "failed quota: %s: must specify %s", ek_meta_name(quota),
				     missing);
	return check_left(q, quota, requested);
}

/* On update only what is more than before counts. */
static void subtract_old(struct ek_request *q, struct ek_amounts *requested)
{
	struct ek_amounts old = { 0 };

	ek_usage_of(q->stored, ek_object_tree(q->old), &old);
	for (size_t i = 0; i < old.v.n; i++) {
		struct ek_amount *r = ek_amounts_find(requested, old.v.items[i].name);

		if (r)
			ek_quantity_sub(&r->q, &old.v.items[i].q);
	}
	ek_amounts_done(&old);
}

int ek_admit_quota(struct ek_request *q, enum ek_admit_op op)
{
	const struct ek_cache *c = q->r->caches[EK_CACHED_QUOTAS];
	struct ek_amounts requested = { 0 };
	void *pos = NULL;
	int rc = 0;

	if (q->r->quotas->n == 0 || !q->stored->namespaced)
		return 0;
	if (op == EK_ADMIT_UPDATE && q->stored != &ek_kind_service && q->stored != &ek_kind_pvc)
		return 0;
	ek_usage_of(q->stored, q->obj, &requested);
	if (op == EK_ADMIT_UPDATE)
		subtract_old(q, &requested);
	for (struct ek_object *o; rc == 0 && (o = ek_cache_next(c, q->ns, &pos));) {
		rc = check_quota(q, ek_object_tree(o), &requested);
		ek_object_slim(o);
	}
	if (rc == 0) {
		ek_json_unref(q->charge);
		q->charge = charge_of(&requested);
	}
	ek_amounts_done(&requested);
	return rc;
}

/* ---- status ---- */

static void on_timer(struct ek_timer *t);

static void mark(struct ek_quotas *s, const char *ns)
{
	ek_map_put(&s->dirty, ns, s);
	if (!ek_timer_active(&s->timer))
		ek_timer_start(s->r->loop, &s->timer, SYNC_MS, on_timer);
}

static void written(struct ek_quotas *s)
{
	ek_op_done(&s->op);
	ek_json_unrefp(&s->body);
	free(ek_steal(s->ns));
	free(ek_steal(s->name));
	s->writing = false;
}

static void on_written(struct ek_op *op, int rc)
{
	struct ek_quotas *s = ek_container_of(op, struct ek_quotas, op);

	/* somebody changed it: that change has marked the namespace again */
	if (rc < 0 && rc != EK_ECONFLICT && rc != EK_ENOTFOUND)
		ek_warn("quota status not written", "namespace", s->ns, "quota", s->name, "error",
			ek_json_str_at(op->status, "message"));
	else if (rc == 0)
		mark(s, s->ns); /* there may be more than one */
	written(s);
}

static struct ek_json *status_of(struct ek_quotas *s, const struct ek_json *quota, const char *ns)
{
	const struct ek_json *hard = ek_json_at(quota, "spec.hard");
	struct ek_json *used = ek_json_object();
	struct ek_amounts total = { 0 };
	struct ek_json *status;

	count_all(s->r, ns, quota, &total);
	for (struct ek_json_iter it = ek_json_iter(hard); ek_json_next(&it);) {
		const struct ek_amount *a = ek_amounts_find(&total, it.key);
		char text[40] = "0";

		if (a)
			ek_quantity_format(&a->q, text);
		ek_json_set_str(used, it.key, text);
	}
	ek_amounts_done(&total);
	status = ek_json_make("{'hard':%v,'used':%v}", hard, used);
	ek_json_unref(used);
	return status;
}

/*
 * The first quota of the namespace that does not tell the truth is written; then it is looked
 * again.
 */
static bool sync_one(struct ek_quotas *s, struct ek_object *o, const char *ns)
{
	const struct ek_json *quota = ek_object_tree(o);
	EK_JSON struct ek_json *status = status_of(s, quota, ns);

	if (ek_json_same(status, ek_json_get(quota, "status")))
		return false;
	s->body = ek_json_copy(quota);
	ek_json_set(s->body, "status", ek_steal(status));
	s->ns = ek_str_dup(ns);
	s->name = ek_str_dup(ek_meta_name(quota));
	s->writing = true;
	ek_op_init(&s->op, EK_DO_UPDATE, &ek_kind_resourcequota, on_written);
	s->op.user = &ek_user_self;
	s->op.ns = s->ns;
	s->op.name = s->name;
	s->op.subresource = "status";
	s->op.body = s->body;
	ek_op_start(s->r, &s->op);
	return true;
}

static void sync_namespace(struct ek_quotas *s, const char *ns)
{
	void *pos = NULL;
	bool wrote = false;

	for (struct ek_object *o;
	     !wrote && (o = ek_cache_next(s->r->caches[EK_CACHED_QUOTAS], ns, &pos));) {
		wrote = sync_one(s, o, ns);
		ek_object_slim(o);
	}
}

static void on_timer(struct ek_timer *t)
{
	struct ek_quotas *s = ek_container_of(t, struct ek_quotas, timer);
	struct ek_map_entry *e;

	while (!s->writing && (e = ek_map_next(&s->dirty, NULL))) {
		EK_FREE char *ns = ek_str_dup(e->key);

		ek_map_del(&s->dirty, ns);
		sync_namespace(s, ns);
	}
	if (s->dirty.n > 0)
		ek_timer_start(s->r->loop, t, SYNC_MS, on_timer);
}

/* ---- what happens ---- */

/* The namespace in "/group/plural/ns/name"; NULL for what has none. */
static char *namespace_in(const char *key)
{
	const char *p = key;

	for (int i = 0; i < 2 && p; i++)
		p = strchr(p + 1, '/');
	if (!p || !strchr(p + 1, '/'))
		return NULL;
	return ek_str_ndup(p + 1, strcspn(p + 1, "/"));
}

static bool on_event(struct ek_store_watch *w, const struct ek_store_event *e)
{
	struct ek_quotas *s = ek_container_of(w, struct ek_quotas, watch);
	EK_FREE char *ns = namespace_in(e->key);
	void *pos = NULL;

	if (ns && ek_cache_next(s->r->caches[EK_CACHED_QUOTAS], ns, &pos))
		mark(s, ns);
	return true;
}

static void on_end(struct ek_store_watch *w, int rc)
{
	ek_container_of(w, struct ek_quotas, watch)->watching = false;
	ek_error("quotas are not counted any more", "error", ek_err_name(rc));
}

static void follow(struct ek_quotas *s)
{
	if (s->n == 0 && s->watching) {
		ek_store_watch_stop(&s->watch);
		s->watching = false;
	}
	if (s->n == 0 || s->watching)
		return;
	s->watch = (struct ek_store_watch){ .prefix = "/", .on_event = on_event, .on_end = on_end };
	s->watching = ek_store_watch(s->r->store, &s->watch, NULL) == 0;
}

void ek_quotas_changed(struct ek_quotas *s, struct ek_object *before, struct ek_object *after)
{
	const char *ns = ek_meta_namespace(ek_object_tree(after ? after : before));

	s->n += (size_t)(!before && after);
	s->n -= (size_t)(before && !after);
	follow(s);
	mark(s, ns ? ns : "");
}

struct ek_quotas *ek_quotas_new(struct ek_registry *r)
{
	struct ek_quotas *s = ek_new(struct ek_quotas);

	s->r = r;
	return s;
}

void ek_quotas_free(struct ek_quotas *s)
{
	if (!s)
		return;
	ek_timer_stop(&s->timer);
	ek_store_watch_stop(&s->watch);
	ek_op_abandon(&s->op);
	written(s);
	ek_map_done(&s->dirty);
	free(s);
}
