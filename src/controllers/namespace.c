/* SPDX-License-Identifier: Apache-2.0 */
#include "rows.h"

#include "kinds.h"

#include <ekube/clock.h>
#include <ekube/str.h>

/*
 * A namespace that goes takes everything in it along. Upstream: pkg/controller/namespace.
 *
 *	Terminating ─► delete all of every kind ─► (they go) ─► make sure it is empty ─► finalize
 *
 * The end of the last object is what wakes the controller: it asks nobody in between.
 */

/*
 * One a kind with objects left: {"resource","group","n","fresh","finalizers":{name: n}}; fresh: not
 * yet deleted.
 */
enum { REMAINING };

#define FINALIZER "kubernetes"

static const struct ek_kind *kind_of(const struct ek_json *row)
{
	return ek_kind_by_plural(ek_json_str_at(row, "group"), ek_json_str_at(row, "version"),
				 ek_json_str_at(row, "resource"));
}

/* ---- status ---- */

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

struct lines {
	char **items;
	size_t n, cap;
};

/*
 * "Some resources are remaining: a. has 1 resource instances, b." : sorted, so that it changes only
 * with the facts
 */
static char *join(const char *start, struct lines *lines)
{
	EK_BUF struct ek_buf out = EK_BUF_INIT(16384);

	qsort(lines->items, lines->n, sizeof(char *), by_text);
	(void)ek_buf_str(&out, start);
	for (size_t i = 0; i < lines->n; i++) {
		(void)ek_buf_fmt(&out, "%s%s", i ? ", " : "", lines->items[i]);
		free(lines->items[i]);
	}
	ek_vec_done(lines);
	return ek_buf_steal(&out);
}

static char *remaining_text(const struct objects *rows)
{
	struct lines lines = { 0 };

	for (size_t i = 0; i < rows->n; i++)
		ek_vec_push(&lines, ek_str_fmt("%s.%s has %d resource instances",
					       ek_json_str_at(rows->items[i], "resource"),
					       ek_json_str_at(rows->items[i], "group"),
					       (int)ek_json_int_at(rows->items[i], "n", 0)));
	return lines.n ? join("Some resources are remaining: ", &lines) : NULL;
}

static char *finalizers_text(const struct objects *rows)
{
	EK_JSON struct ek_json *sums = ek_json_object();
	struct lines lines = { 0 };

	for (size_t i = 0; i < rows->n; i++)
		for (struct ek_json_iter it =
			     ek_json_iter(ek_json_get(rows->items[i], "finalizers"));
		     ek_json_next(&it);)
			ek_json_set_int(sums, it.key,
					ek_json_int(ek_json_get(sums, it.key), 0) +
						ek_json_int(it.value, 0));
	for (struct ek_json_iter it = ek_json_iter(sums); ek_json_next(&it);)
		ek_vec_push(&lines, ek_str_fmt("%s in %d resource instances", it.key,
					       (int)ek_json_int(it.value, 0)));
	return lines.n ? join("Some content in the namespace has finalizers remaining: ", &lines) :
			 NULL;
}

static struct ek_json *status_now(const struct snapshot *s)
{
	EK_FREE char *remaining = remaining_text(&s->list[REMAINING]),
		     *finalizers = finalizers_text(&s->list[REMAINING]);
	struct ek_json *obj = ek_json_copy(s->object);
	char now[32];

	ek_time_format(s->now_us, now);
	ek_json_set_at(obj, "status.phase", ek_json_new_str("Terminating"));
	(void)ek_meta_set_condition(obj, "NamespaceDeletionDiscoveryFailure", "False",
				    "ResourcesDiscovered", "All resources successfully discovered",
				    now);
	(void)ek_meta_set_condition(obj, "NamespaceDeletionGroupVersionParsingFailure", "False",
				    "ParsedGroupVersions",
				    "All legacy kube types successfully parsed", now);
	(void)ek_meta_set_condition(
		obj, "NamespaceDeletionContentFailure", s->failure ? "True" : "False",
		s->failure ? "ContentDeletionFailed" : "ContentDeleted",
		s->failure ? s->failure_text :
			     "All content successfully deleted, may be waiting on finalization",
		now);
	(void)ek_meta_set_condition(obj, "NamespaceContentRemaining", remaining ? "True" : "False",
				    remaining ? "SomeResourcesRemain" : "ContentRemoved",
				    remaining ? remaining : "All content successfully removed",
				    now);
	(void)ek_meta_set_condition(
		obj, "NamespaceFinalizersRemaining", finalizers ? "True" : "False",
		finalizers ? "SomeFinalizersRemain" : "ContentHasNoFinalizers",
		finalizers ? finalizers : "All content-preserving finalizers finished", now);
	return obj;
}

/* ---- the decision ---- */

static void delete_what_is_fresh(const struct snapshot *s, struct plan *p)
{
	for (size_t i = 0; i < s->list[REMAINING].n; i++) {
		const struct ek_json *row = s->list[REMAINING].items[i];
		const struct ek_kind *k = kind_of(row);

		if (!k || !ek_json_int_at(row, "fresh", 0))
			continue;
		plan_delete_all(p, k, s->name)->propagation = "Background";
	}
}

static struct ek_json *finalizers_without_ours(const struct ek_json *ns)
{
	struct ek_json *list = ek_json_array();

	for (struct ek_json_iter it = ek_json_iter(ek_json_at(ns, "spec.finalizers"));
	     ek_json_next(&it);)
		if (!ek_streq(ek_json_str(it.value), FINALIZER))
			ek_json_append(list, ek_json_ref(it.value));
	return list;
}

/* The caches say that it is empty; what they do not know yet, and events, are asked after once. */
static void make_sure_it_is_empty(const struct snapshot *s, struct plan *p)
{
	for (const struct ek_kind *const *k = ek_kinds; *k; k++)
		if ((*k)->namespaced && kind_is_kept(*k))
			plan_delete_all(p, *k, s->name)->propagation = "Background";
	plan_next_step(p);
	for (const struct ek_kind *const *k = ek_kinds; *k; k++)
		if ((*k)->namespaced && kind_is_kept(*k))
			(void)plan_check(p, PLAN_CHECK_EMPTY, *k, s->name, NULL, NULL);
}

static void finalize(const struct ek_json *ns, struct plan *p)
{
	struct ek_json *obj = ek_json_copy(ns);

	ek_json_set_at(obj, "spec.finalizers", finalizers_without_ours(ns));
	plan_next_step(p);
	plan_update(p, &ek_kind_namespace, "finalize", obj)->ignore = PLAN_IGNORE_NOTFOUND;
	/* a server that removes it with its last finalizer has done so already */
	plan_next_step(p);
	plan_delete(p, &ek_kind_namespace, ns)->ignore = PLAN_IGNORE_NOTFOUND |
							 PLAN_IGNORE_CONFLICT;
}

/*
 * After the deletions, so that it tells of them; before, it would take back what the last failure
 * said.
 */
static void update_status(const struct snapshot *s, const struct ek_json *obj, struct plan *p)
{
	if (ek_json_same(ek_json_get(obj, "status"), ek_json_get(s->object, "status")))
		return;
	plan_next_step(p);
	plan_update(p, &ek_kind_namespace, "status", ek_json_ref(obj))->ignore =
		PLAN_IGNORE_NOTFOUND;
}

int namespace_reconcile(const struct snapshot *s, struct plan *p, struct ek_err *err)
{
	EK_JSON struct ek_json *obj = NULL;
	bool empty = s->list[REMAINING].n == 0;

	(void)err;
	if (!s->object || !ek_meta_deleting(s->object) ||
	    !ek_json_has_str(ek_json_at(s->object, "spec.finalizers"), FINALIZER))
		return 0;
	if (s->failure == EK_ECONFLICT || s->failure == EK_ENOTFOUND)
		return 0; /* not empty after all, or gone: nothing to tell */
	obj = status_now(s);
	if (!s->failure && empty)
		make_sure_it_is_empty(s, p);
	else if (!s->failure)
		delete_what_is_fresh(s, p);
	update_status(s, obj, p);
	if (!s->failure && empty)
		finalize(obj, p);
	return 0;
}

/* ---- what it sees ---- */

static struct ek_json *count_kind(struct running *r, const struct ek_kind *k, const char *ns)
{
	struct ek_json *finalizers = ek_json_object(), *row;
	struct ek_informer_iter it;
	int n = 0, fresh = 0;

	for (struct ek_object *o = ek_informer_first(running_informer(r, k), ns, NULL, &it); o;
	     o = ek_informer_next(&it)) {
		const struct ek_json *obj = ek_object_tree(o);

		n++;
		fresh += !ek_meta_deleting(obj);
		for (struct ek_json_iter f = ek_json_iter(ek_json_at(obj, "metadata.finalizers"));
		     ek_json_next(&f);)
			if (ek_json_str(f.value))
				ek_json_set_int(
					finalizers, ek_json_str(f.value),
					ek_json_int(ek_json_get(finalizers, ek_json_str(f.value)),
						    0) +
						1);
		ek_object_slim(o);
	}
	row = n ? ek_json_make(
			  "{'resource':%s,'group':%s,'version':%s,'n':%d,'fresh':%d,'finalizers':%v}",
			  k->plural, k->group, k->version, n, fresh, finalizers) :
		  NULL;
	ek_json_unref(finalizers);
	return row;
}

static void collect(struct running *r, struct snapshot *s)
{
	if (!s->object || !ek_meta_deleting(s->object))
		return;
	for (const struct ek_kind *const *k = ek_kinds; *k; k++) {
		struct ek_json *row;

		if (!(*k)->namespaced || !kind_is_kept(*k) || *k == &ek_kind_event)
			continue;
		row = count_kind(r, *k, s->name);
		if (row)
			ek_vec_push(&s->list[REMAINING], row);
	}
}

/* Something in a namespace that goes has gone. */
static void map_content(struct running *r, struct ek_object *before, struct ek_object *after)
{
	const char *name;
	struct ek_object *ns;

	if (after && before)
		return;
	name = ek_meta_namespace(ek_object_tree(after ? after : before));
	ns = name ? ek_informer_find(running_informer(r, &ek_kind_namespace), NULL, name) : NULL;
	if (!ns)
		return;
	/* by its index: this is asked for whatever comes or goes */
	if (ek_streq(ek_index_field(ns->index, "status.phase"), "Terminating"))
		running_enqueue(r, NULL, name);
}

static struct watch_row *content_rows(void)
{
	return kinds_watch_rows(map_content, true);
}

static const struct watch_row watches[] = {
	{ .kind = &ek_kind_namespace, .map = map_self },
	{ 0 },
};

const struct controller namespace_controller = {
	.name = "namespace-controller",
	.user = "namespace-controller",
	.kind = &ek_kind_namespace,
	.watches = watches,
	.more_watches = content_rows,
	.workers = 10,
	.collect = collect,
	.reconcile = namespace_reconcile,
	.tells_failure = true,
};
