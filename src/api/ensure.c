/* SPDX-License-Identifier: Apache-2.0 */
#include "ensure.h"

#include "auth/rbac_defaults.h"

#include <ekube/str.h>

#include <stdlib.h>

struct ensure_item {
	struct ek_op        op;
	struct ek_ensure   *e;
	struct ek_json     *body;
	char               *ns, *name;
	struct ensure_item *next;
};

void ek_ensure_clear(struct ek_ensure *e)
{
	struct ensure_item *it;

	while ((it = e->items)) {
		e->items = it->next;
		ek_op_abandon(&it->op);
		ek_op_done(&it->op);
		ek_json_unref(it->body);
		free(it->ns);
		free(it->name);
		free(it);
	}
}

static void on_written(struct ek_op *op, int rc)
{
	struct ensure_item *it = ek_container_of(op, struct ensure_item, op);
	struct ek_ensure *e = it->e;

	/* made by somebody else meanwhile, or changed: theirs counts */
	if (rc < 0 && rc != EK_EEXISTS && rc != EK_ECONFLICT && e->err.code == 0)
		(void)ek_fail(&e->err, rc, "default %s %s: %s", op->kind->kind, it->name,
			      ek_json_str_at(op->status, "message"));
	if (--e->left == 0)
		e->idle(e);
}

static void write_item(struct ek_ensure *e, enum ek_verb verb, const struct ek_kind *k,
		       struct ek_json *take_body)
{
	struct ensure_item *it = ek_new(struct ensure_item);

	it->e = e;
	it->body = take_body;
	it->ns = ek_str_dup(ek_meta_namespace(take_body));
	it->name = ek_str_dup(ek_meta_name(take_body));
	it->next = e->items;
	e->items = it;
	e->left++;
	ek_op_init(&it->op, verb, k, on_written);
	it->op.user = &ek_user_self;
	it->op.ns = it->ns;
	it->op.name = verb == EK_DO_UPDATE ? it->name : NULL;
	it->op.body = it->body;
	ek_op_start(e->r, &it->op);
}

void ek_ensure_object(struct ek_ensure *e, const struct ek_kind *k, struct ek_json *take_wanted,
		      bool (*update)(struct ek_json *have, const struct ek_json *wanted))
{
	EK_JSON struct ek_json *wanted = take_wanted, *have = NULL;
	EK_OBJECT struct ek_object *o =
		ek_registry_read(e->r, k, ek_meta_namespace(wanted), ek_meta_name(wanted));

	if (!o) {
		write_item(e, EK_DO_CREATE, k, ek_steal(wanted));
		return;
	}
	if (!update)
		return;
	have = ek_json_copy(ek_object_tree(o));
	if (update(have, wanted))
		write_item(e, EK_DO_UPDATE, k, ek_steal(have));
}

/* ---- RBAC: what is missing comes back, unless somebody said not to touch it ---- */

static bool add_missing(struct ek_json *have, const struct ek_json *wanted, const char *field)
{
	struct ek_json *list = ek_json_get(have, field);
	bool changed = false;

	for (struct ek_json_iter it = ek_json_iter(ek_json_get(wanted, field));
	     ek_json_next(&it);) {
		bool found = false;

		for (struct ek_json_iter h = ek_json_iter(list); ek_json_next(&h);)
			found = found || ek_json_same(h.value, it.value);
		if (found)
			continue;
		if (!ek_json_is_array(list)) {
			list = ek_json_array();
			ek_json_set(have, field, list);
		}
		ek_json_append(list, ek_json_copy(it.value));
		changed = true;
	}
	return changed;
}

static bool update_rbac(struct ek_json *have, const struct ek_json *wanted)
{
	bool rules, subjects;

	if (!ek_streq(ek_meta_annotation(have, "rbac.authorization.kubernetes.io/autoupdate"),
		      "true"))
		return false;
	rules = !ek_json_get(have, "aggregationRule") && add_missing(have, wanted, "rules");
	subjects = add_missing(have, wanted, "subjects");
	return rules || subjects;
}

bool ek_ensure_rbac(struct ek_ensure *e, size_t pos)
{
	const struct ek_rbac_role *r = ek_rbac_roles;
	const struct ek_rbac_binding *b = ek_rbac_bindings;
	struct ek_rbac_binding of_controller;
	char text[256];

	for (; r->name && pos > 0; r++)
		pos--;
	if (r->name) {
		ek_ensure_object(e, r->ns ? &ek_kind_role : &ek_kind_clusterrole,
				 ek_rbac_role_new(r), update_rbac);
		if (ek_rbac_controller_binding(r, &of_controller, text))
			ek_ensure_object(e, &ek_kind_clusterrolebinding,
					 ek_rbac_binding_new(&of_controller), update_rbac);
		return true;
	}
	for (; b->name && pos > 0; b++)
		pos--;
	if (b->name)
		ek_ensure_object(e, b->ns ? &ek_kind_rolebinding : &ek_kind_clusterrolebinding,
				 ek_rbac_binding_new(b), update_rbac);
	return b->name != NULL;
}
