/* SPDX-License-Identifier: Apache-2.0 */
#include "rows.h"

#include "kinds.h"

#include <ekube/str.h>

/*
 * The garbage collector: what is left without an owner goes. Upstream:
 * pkg/controller/garbagecollector.
 *
 * The graph of owners is the caches themselves: they find an object by uid, and by owner. A key is
 * a kind and an object of it: "apps/v1/ReplicaSet/ns/name" with the parts before the namespace in
 * one.
 *
 *	owner gone                      ─► look once more at the API, then delete (background)
 *	owner waits (foreground)        ─► delete, itself foreground when it has dependents
 *	some owners gone, some not      ─► take the references to those that are gone away
 *	deleted with "orphan"           ─► take the references out of its dependents, then the finalizer
 *	deleted with foregroundDeletion ─► its finalizer goes when no dependent blocks any more
 */

enum { OWNERS, DEPENDENTS };

#define ORPHAN	   "orphan"
#define FOREGROUND "foregroundDeletion"

static const struct ek_kind *kind_of(const struct ek_json *obj)
{
	return kind_of_reference(ek_json_str_at(obj, "apiVersion"), ek_json_str_at(obj, "kind"));
}

static bool is_waiting(const struct ek_json *owner)
{
	return ek_meta_deleting(owner) && ek_meta_has_finalizer(owner, FOREGROUND);
}

/* ---- patches ---- */

static struct ek_json *meta_patch(const struct ek_json *obj, const char *member,
				  struct ek_json *take_value)
{
	EK_JSON struct ek_json *value = take_value;
	struct ek_json *patch = ek_json_make("{'metadata':{'uid':%s,'resourceVersion':%s}}",
					     ek_meta_uid(obj),
					     ek_json_str_at(obj, "metadata.resourceVersion"));

	ek_json_set(ek_json_get(patch, "metadata"), member,
		    ek_json_len(value) ? ek_json_ref(value) : ek_json_null());
	return patch;
}

static void drop_finalizer(const struct snapshot *s, const char *name, struct plan *p)
{
	struct ek_json *left = ek_json_array();

	for (struct ek_json_iter it = ek_json_iter(ek_json_at(s->object, "metadata.finalizers"));
	     ek_json_next(&it);)
		if (!ek_streq(ek_json_str(it.value), name))
			ek_json_append(left, ek_json_ref(it.value));
	plan_next_step(p);
	plan_patch(p, s->kind, s->object, NULL, meta_patch(s->object, "finalizers", left))->ignore =
		PLAN_IGNORE_NOTFOUND;
}

static void drop_reference(const struct ek_json *dependent, const char *uid, struct plan *p)
{
	struct ek_json *left = ek_json_array();

	for (struct ek_json_iter it =
		     ek_json_iter(ek_json_at(dependent, "metadata.ownerReferences"));
	     ek_json_next(&it);)
		if (!ek_streq(ek_json_str_at(it.value, "uid"), uid))
			ek_json_append(left, ek_json_ref(it.value));
	plan_patch(p, kind_of(dependent), dependent, NULL,
		   meta_patch(dependent, "ownerReferences", left))
		->ignore = PLAN_IGNORE_NOTFOUND;
}

/* ---- one that is being deleted ---- */

static void let_dependents_go(const struct snapshot *s, struct plan *p)
{
	for (size_t i = 0; i < s->list[DEPENDENTS].n; i++)
		if (kind_of(s->list[DEPENDENTS].items[i]))
			drop_reference(s->list[DEPENDENTS].items[i], ek_meta_uid(s->object), p);
	drop_finalizer(s, ORPHAN, p);
}

static bool blocks(const struct ek_json *dependent, const char *owner_uid)
{
	const struct ek_json *ref = ek_json_find(ek_json_at(dependent, "metadata.ownerReferences"),
						 "uid", owner_uid, NULL);

	return ek_json_bool_at(ref, "blockOwnerDeletion", false);
}

static void wait_for_dependents(const struct snapshot *s, struct plan *p)
{
	for (size_t i = 0; i < s->list[DEPENDENTS].n; i++)
		if (blocks(s->list[DEPENDENTS].items[i], ek_meta_uid(s->object)))
			return;
	drop_finalizer(s, FOREGROUND, p);
}

/* ---- one that is not ---- */

struct owners {
	struct ek_json *left; /* references to owners that are there and stay */
	size_t absent, waiting;
	bool unknown; /* a kind that we cannot look up, or a scope that cannot be */
};

static const struct ek_json *find_owner(const struct snapshot *s, const char *uid)
{
	for (size_t i = 0; i < s->list[OWNERS].n; i++)
		if (ek_streq(ek_meta_uid(s->list[OWNERS].items[i]), uid))
			return s->list[OWNERS].items[i];
	return NULL;
}

static struct owners classify(const struct snapshot *s, struct plan *p)
{
	struct owners o = { .left = ek_json_array() };

	for (struct ek_json_iter it =
		     ek_json_iter(ek_json_at(s->object, "metadata.ownerReferences"));
	     ek_json_next(&it);) {
		const struct ek_kind *k = kind_of_reference(ek_json_str_at(it.value, "apiVersion"),
							    ek_json_str_at(it.value, "kind"));
		const char *uid = ek_json_str_at(it.value, "uid"),
			   *name = ek_json_str_at(it.value, "name");
		const struct ek_json *owner = find_owner(s, uid);

		if (!k || !kind_is_kept(k) || (k->namespaced && !s->kind->namespaced) ||
		    ek_str_empty(name)) {
			o.unknown = true;
		} else if (!owner) {
			o.absent++;
			(void)plan_check(p, PLAN_CHECK_ABSENT, k, ek_meta_namespace(s->object),
					 name, uid);
		} else if (is_waiting(owner)) {
			o.waiting++;
		} else {
			ek_json_append(o.left, ek_json_ref(it.value));
		}
	}
	return o;
}

static void collect_item(const struct snapshot *s, bool owner_waits, struct plan *p)
{
	struct plan_write *w;

	plan_next_step(p);
	w = plan_delete(p, s->kind, s->object);
	w->if_rev = ek_meta_rev(s->object); /* with other owners by now it must not go */
	w->propagation = owner_waits && s->list[DEPENDENTS].n	      ? "Foreground" :
			 ek_meta_has_finalizer(s->object, ORPHAN)     ? "Orphan" :
			 ek_meta_has_finalizer(s->object, FOREGROUND) ? "Foreground" :
									"Background";
}

/*
 * Owners that wait for each other would wait for ever: a dependent that itself waits in foreground
 * does not block us any more.
 */
static void break_circle(const struct snapshot *s, struct plan *p)
{
	for (size_t i = 0; i < s->list[DEPENDENTS].n; i++) {
		const struct ek_json *d = s->list[DEPENDENTS].items[i];
		EK_JSON struct ek_json *refs = NULL;

		if (!is_waiting(d) || !kind_of(d) || !blocks(d, ek_meta_uid(s->object)))
			continue;
		refs = ek_json_copy(ek_json_at(d, "metadata.ownerReferences"));
		for (size_t k = 0; k < ek_json_len(refs); k++)
			ek_json_set_bool(ek_json_elem(refs, k), "blockOwnerDeletion", false);
		plan_patch(p, kind_of(d), d, NULL, meta_patch(d, "ownerReferences", ek_steal(refs)))
			->ignore = PLAN_IGNORE_NOTFOUND;
	}
}

static void judge_owners(const struct snapshot *s, struct plan *p)
{
	struct plan checks = { 0 };
	struct owners o = classify(s, &checks);

	if (o.unknown || o.absent + o.waiting == 0) {
		ek_json_unref(o.left);
		plan_done(&checks);
		return;
	}
	*p = checks;
	if (ek_json_len(o.left)) {
		plan_next_step(p);
		plan_patch(p, s->kind, s->object, NULL,
			   meta_patch(s->object, "ownerReferences", o.left))
			->ignore = PLAN_IGNORE_NOTFOUND;
		return;
	}
	ek_json_unref(o.left);
	if (o.waiting)
		break_circle(s, p);
	collect_item(s, o.waiting > 0, p);
}

int garbage_reconcile(const struct snapshot *s, struct plan *p, struct ek_err *err)
{
	(void)err;
	if (!s->object)
		return 0;
	if (!ek_meta_deleting(s->object))
		judge_owners(s, p);
	else if (ek_meta_has_finalizer(s->object, ORPHAN))
		let_dependents_go(s, p);
	else if (ek_meta_has_finalizer(s->object, FOREGROUND))
		wait_for_dependents(s, p);
	return 0;
}

/* ---- what it sees ---- */

/* The key's "namespace" names the kind; "/" is ours to cut at, so ":" stands for it. */
static void enqueue(struct running *r, const struct ek_json *obj)
{
	const struct ek_kind *k = kind_of(obj);
	EK_FREE char *kind = NULL, *name = NULL;

	if (!k)
		return;
	kind = ek_str_fmt("%s:%s", k->group, k->plural);
	name = ek_str_fmt("%s/%s", ek_meta_namespace(obj) ? ek_meta_namespace(obj) : "",
			  ek_meta_name(obj));
	running_enqueue(r, kind, name);
}

static struct ek_object *find_key(struct running *r, const char *kind, const char *name,
				  const struct ek_kind **ret_kind)
{
	const char *slash = strchr(name, '/');
	EK_FREE char *ns = ek_str_ndup(name, (size_t)(slash - name));

	for (const struct ek_kind *const *k = ek_kinds; *k; k++) {
		EK_FREE char *id = ek_str_fmt("%s:%s", (*k)->group, (*k)->plural);

		if (!ek_streq(id, kind))
			continue;
		*ret_kind = *k;
		return ek_informer_find(running_informer(r, *k), *ns ? ns : NULL, slash + 1);
	}
	return NULL;
}

static void each_dependent(struct running *r, const char *uid,
			   void (*fn)(void *arg, struct ek_object *o), void *arg)
{
	for (const struct ek_kind *const *k = ek_kinds; *k; k++) {
		struct ek_informer_iter it;

		if (!kind_is_kept(*k) || *k == &ek_kind_event)
			continue;
		for (struct ek_object *o =
			     ek_informer_first(running_informer(r, *k), NULL, uid, &it);
		     o; o = ek_informer_next(&it))
			fn(arg, o);
	}
}

static void add_dependent(void *arg, struct ek_object *o)
{
	snapshot_add(arg, DEPENDENTS, o);
}

static struct ek_object *find_reference(struct running *r, const struct ek_json *ref)
{
	const struct ek_kind *k =
		kind_of_reference(ek_json_str_at(ref, "apiVersion"), ek_json_str_at(ref, "kind"));

	if (!k || !kind_is_kept(k) || k == &ek_kind_event || !ek_json_str_at(ref, "uid"))
		return NULL;
	return ek_informer_find_uid(running_informer(r, k), ek_json_str_at(ref, "uid"));
}

static void collect(struct running *r, struct snapshot *s)
{
	snapshot_set(s, find_key(r, s->ns, s->name, &s->kind));
	if (!s->object)
		return;
	s->ns = ek_meta_namespace(s->object);
	s->name = ek_meta_name(s->object);
	for (struct ek_json_iter it =
		     ek_json_iter(ek_json_at(s->object, "metadata.ownerReferences"));
	     ek_json_next(&it);) {
		struct ek_object *o = find_reference(r, it.value);

		if (o &&
		    ek_streq(ek_meta_name(ek_object_tree(o)), ek_json_str_at(it.value, "name")))
			snapshot_add(s, OWNERS, o);
	}
	each_dependent(r, ek_meta_uid(s->object), add_dependent, s);
}

static void enqueue_dependent(void *arg, struct ek_object *o)
{
	enqueue(arg, ek_object_tree(o));
	ek_object_slim(o);
}

/* Owners that wait for their dependents want to know of each that goes, or lets go of them. */
static void enqueue_waiting_owners(struct running *r, struct ek_object *o)
{
	for (struct ek_json_iter it =
		     ek_json_iter(ek_json_at(ek_object_tree(o), "metadata.ownerReferences"));
	     ek_json_next(&it);) {
		struct ek_object *owner = find_reference(r, it.value);

		if (!owner)
			continue;
		if (is_waiting(ek_object_tree(owner)))
			enqueue(r, ek_object_tree(owner));
		ek_object_slim(owner);
	}
}

static bool has_owner(const struct ek_object *o)
{
	size_t pos = 0;

	return o && ek_index_owner(o->index, &pos);
}

/* All owners are there and stay: nothing to collect. */
static bool is_held(struct running *r, struct ek_object *o)
{
	for (struct ek_json_iter it =
		     ek_json_iter(ek_json_at(ek_object_tree(o), "metadata.ownerReferences"));
	     ek_json_next(&it);) {
		struct ek_object *owner = find_reference(r, it.value);
		bool waits;

		if (!owner)
			return false;
		waits = is_waiting(ek_object_tree(owner));
		ek_object_slim(owner);
		if (waits)
			return false;
	}
	return true;
}

/* By the index: most changes are of a status, and nobody should parse two objects to learn that. */
static bool same_owners(const struct ek_object *a, const struct ek_object *b)
{
	size_t at_a = 0, at_b = 0;

	for (;;) {
		const char *x = ek_index_owner(a->index, &at_a),
			   *y = ek_index_owner(b->index, &at_b);

		if (!x || !y)
			return x == y;
		if (strcmp(x, y) != 0)
			return false;
	}
}

static void map_any(struct running *r, struct ek_object *before, struct ek_object *after)
{
	bool owners_changed =
		!before || !after ||
		((has_owner(before) || has_owner(after)) && !same_owners(before, after));

	if (before && owners_changed && has_owner(before))
		enqueue_waiting_owners(r, before);
	/* the same name may be another object by now */
	if (before &&
	    (!after || !ek_streq(ek_index_uid(before->index), ek_index_uid(after->index))))
		each_dependent(r, ek_index_uid(before->index), enqueue_dependent, r);
	if (!after)
		return;
	if (ek_meta_deleting(ek_object_tree(after))) {
		const struct ek_json *obj = ek_object_tree(after);

		if (is_waiting(obj) && !(before && is_waiting(ek_object_tree(before))))
			each_dependent(r, ek_index_uid(after->index), enqueue_dependent, r);
		if (ek_meta_has_finalizer(obj, ORPHAN) || ek_meta_has_finalizer(obj, FOREGROUND))
			enqueue(r, obj);
	} else if (has_owner(after) && owners_changed && !is_held(r, after)) {
		enqueue(r, ek_object_tree(after));
	}
	if (before)
		ek_object_slim(before);
}

static struct watch_row *all_rows(void)
{
	return kinds_watch_rows(map_any, false);
}

static const struct watch_row none[] = { { 0 } };

const struct controller garbage_collector = {
	.name = "generic-garbage-collector",
	.user = "generic-garbage-collector",
	.watches = none,
	.more_watches = all_rows,
	.workers = 20,
	.collect = collect,
	.reconcile = garbage_reconcile,
};
