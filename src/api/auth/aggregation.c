/* SPDX-License-Identifier: Apache-2.0 */
#include "aggregation.h"

#include "cache.h"

#include <ekube/log.h>
#include <ekube/str.h>

#include <stdlib.h>

/*
 * One role at a time: look for the first whose rules are not what they should be, write it, look
 * again. The write changes the cache, which wants another look; roles made of roles made of roles
 * settle that way.
 */
struct ek_aggregation {
	struct ek_registry *r;
	struct ek_defer     look;
	struct ek_op        op;
	struct ek_json     *body;
	char               *name;
	bool                writing, again;
	void (*settled)(void *arg);
	void *arg;
};

struct ek_aggregation *ek_aggregation_new(struct ek_registry *r)
{
	struct ek_aggregation *a = ek_new(struct ek_aggregation);

	a->r = r;
	return a;
}

static void clear(struct ek_aggregation *a)
{
	ek_op_done(&a->op);
	ek_json_unrefp(&a->body);
	free(ek_steal(a->name));
	a->writing = false;
}

void ek_aggregation_free(struct ek_aggregation *a)
{
	if (!a)
		return;
	ek_defer_cancel(&a->look);
	ek_op_abandon(&a->op);
	clear(a);
	free(a);
}

/* ---- what the rules should be ---- */

static bool has_rule(const struct ek_json *rules, const struct ek_json *rule)
{
	for (struct ek_json_iter it = ek_json_iter(rules); ek_json_next(&it);)
		if (ek_json_same(it.value, rule))
			return true;
	return false;
}

static int by_name(const void *a, const void *b)
{
	const struct ek_object *x = *(struct ek_object *const *)a,
			       *y = *(struct ek_object *const *)b;

	return strcmp(ek_index_field(x->index, "metadata.name"),
		      ek_index_field(y->index, "metadata.name"));
}

static void add_rules(struct ek_json *rules, struct ek_object *from)
{
	for (struct ek_json_iter it = ek_json_iter(ek_json_get(ek_object_tree(from), "rules"));
	     ek_json_next(&it);)
		if (!has_rule(rules, it.value))
			ek_json_append(rules, ek_json_copy(it.value));
	ek_object_slim(from);
}

static void add_selected(struct ek_aggregation *a, const struct ek_json *role,
			 const struct ek_json *selector, struct ek_json *rules)
{
	EK_CLEANUP(ek_selector_unrefp) struct ek_selector *s = NULL;
	EK_VEC(struct ek_object *) found = { 0 };
	void *pos = NULL;

	if (ek_selector_from_json(selector, &s, NULL) < 0)
		return;
	for (struct ek_object *o;
	     (o = ek_cache_next(a->r->caches[EK_CACHED_CLUSTERROLES], NULL, &pos));)
		if (ek_index_match(o->index, s, NULL) &&
		    !ek_streq(ek_index_field(o->index, "metadata.name"), ek_meta_name(role)))
			ek_vec_push(&found, o);
	if (found.n > 1)
		qsort(found.items, found.n, sizeof(*found.items), by_name);
	for (size_t i = 0; i < found.n; i++)
		add_rules(rules, found.items[i]);
	ek_vec_done(&found);
}

static struct ek_json *wanted_rules(struct ek_aggregation *a, const struct ek_json *role)
{
	struct ek_json *rules = ek_json_array();

	for (struct ek_json_iter it =
		     ek_json_iter(ek_json_at(role, "aggregationRule.clusterRoleSelectors"));
	     ek_json_next(&it);)
		add_selected(a, role, it.value, rules);
	return rules;
}

/* The role as it should be; NULL when it is that, or is none of ours. */
static struct ek_json *corrected(struct ek_aggregation *a, struct ek_object *o)
{
	EK_JSON struct ek_json *role = NULL, *rules = NULL;

	/* nearly all roles are none: the bytes tell without parsing */
	if (!strstr(o->value->data, "\"aggregationRule\":"))
		return NULL;
	role = ek_json_ref(ek_object_tree(o));
	ek_object_slim(o);
	if (ek_json_is_null(ek_json_get(role, "aggregationRule")))
		return NULL;
	rules = wanted_rules(a, role);
	if (ek_json_same(rules, ek_json_get(role, "rules")))
		return NULL;
	ek_json_edit(&role);
	ek_json_set(role, "rules", ek_steal(rules));
	return ek_steal(role);
}

/* ---- acting ---- */

static void on_written(struct ek_op *op, int rc)
{
	struct ek_aggregation *a = ek_container_of(op, struct ek_aggregation, op);

	if (rc < 0 && rc != EK_ECONFLICT && rc != EK_ENOTFOUND)
		ek_warn("aggregated ClusterRole not written", "role", a->name, "error",
			ek_json_str_at(op->status, "message"));
	/* one that cannot be written would be tried for ever: the next change is soon enough */
	a->again = a->again || rc == 0;
	clear(a);
	if (a->again)
		ek_aggregation_wanted(a);
	else if (a->settled)
		ek_steal(a->settled)(a->arg);
}

static void write_role(struct ek_aggregation *a, struct ek_json *take_role)
{
	a->body = take_role;
	a->name = ek_str_dup(ek_meta_name(take_role));
	a->writing = true;
	ek_op_init(&a->op, EK_DO_UPDATE, &ek_kind_clusterrole, on_written);
	a->op.user = &ek_user_self;
	a->op.name = a->name;
	a->op.body = a->body;
	ek_op_start(a->r, &a->op);
}

static void on_look(struct ek_defer *d)
{
	struct ek_aggregation *a = ek_container_of(d, struct ek_aggregation, look);
	void *pos = NULL;

	if (a->writing) {
		a->again = true;
		return;
	}
	a->again = false;
	for (struct ek_object *o;
	     (o = ek_cache_next(a->r->caches[EK_CACHED_CLUSTERROLES], NULL, &pos));) {
		struct ek_json *role = corrected(a, o);

		if (role) {
			write_role(a, role);
			return;
		}
	}
	if (a->settled)
		ek_steal(a->settled)(a->arg);
}

void ek_aggregation_wanted(struct ek_aggregation *a)
{
	ek_defer(a->r->loop, &a->look, on_look);
}

void ek_aggregation_settle(struct ek_aggregation *a, void (*cb)(void *arg), void *arg)
{
	a->settled = cb;
	a->arg = arg;
	ek_aggregation_wanted(a);
}
