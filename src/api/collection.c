/* SPDX-License-Identifier: Apache-2.0 */
#include "core.h"

#include "select.h"
#include "status.h"

#include <ekube/str.h>

#include <stdlib.h>

/*
 * deletecollection: names are read page by page from one snapshot, and every object takes the road
 * of a single deletion; so many at once that they share commits, so few that memory stays flat.
 *
 *	LIST ──► DELETE ──► (next page) LIST ... ──► END
 *
 * The answer is the list of what was there, as upstream gives it, while that is of a moderate size.
 */
enum { LIST, DELETE, END, N_STATES };

enum { PAGE = 500, MAX_IN_ANSWER = 1000 };

struct collection;

struct victim {
	struct ek_op       op;
	struct collection *c;
	char              *ns, *name;
};

struct collection {
	struct ek_request    *q;
	struct ek_select      select;
	struct ek_store_list  list;
	struct victim        *victims;  /* of this page */
	size_t                n, left;  /* left: not yet answered */
	char                 *after;
	struct ek_json       *items;
	struct ek_json       *failure;  /* the first */
	bool                  more;
};

static void victims_free(struct collection *c)
{
	for (size_t i = 0; i < c->n; i++) {
		free(c->victims[i].ns);
		free(c->victims[i].name);
	}
	free(ek_steal(c->victims));
	c->n = 0;
}

static void collection_free(struct collection *c)
{
	victims_free(c);
	ek_select_done(&c->select);
	free(c->after);
	ek_json_unref(c->items);
	ek_json_unref(c->failure);
	free(c);
}

/* ---- names ---- */

static bool on_record(struct ek_store_list *list, const struct ek_record *rec)
{
	struct collection *c = ek_container_of(list, struct collection, list);
	EK_OBJECT struct ek_object *o = NULL;
	const struct ek_json *tree;
	struct victim *v;

	ek_str_set(&c->after, rec->key);
	if (!ek_select_has(&c->select, rec->key, rec->index) ||
	    ek_object_from_stored(rec->value, rec->index, rec->rev, &o, NULL) < 0)
		return true;
	tree = ek_object_tree(o);
	v = &c->victims[c->n++];
	v->ns = ek_str_dup(ek_meta_namespace(tree));
	v->name = ek_str_dup(ek_meta_name(tree));
	if (ek_json_len(c->items) < MAX_IN_ANSWER)
		ek_json_append(c->items, ek_json_ref(tree));
	return true;
}

static void on_listed(struct ek_store_list *list, int rc, bool more)
{
	struct collection *c = ek_container_of(list, struct collection, list);

	c->more = more;
	ek_flow_resume(&c->q->flow, rc);
}

static int begin(struct ek_request *q)
{
	const struct ek_op *op = q->op;
	struct ek_json *status = NULL;
	struct collection *c;
	int rc;

	rc = ek_request_authorize(q, "deletecollection");
	if (rc == 0)
		rc = ek_delete_options(q, op->body);
	if (rc < 0)
		return rc;
	c = ek_new(struct collection);
	c->q = q;
	c->items = ek_json_array();
	q->collection = c;
	rc = ek_select_parse(op->kind, op->ns, op->label_selector, op->field_selector, &c->select,
			     &status);
	return rc < 0 ? ek_request_fail(q, status) : 0;
}

static int step_list(struct ek_flow *f)
{
	struct ek_request *q = ek_request_of(f);
	struct collection *c;
	int rc;

	if (!q->op)
		return EK_ECANCELLED;
	rc = q->collection ? 0 : begin(q);
	if (rc < 0)
		return rc;
	c = q->collection;
	if (c->failure)
		return EK_GO(END);
	victims_free(c);
	c->victims = ek_calloc(PAGE, sizeof(*c->victims));
	/* the snapshot of the first page is that of the others as long as it can be told */
	c->list.prefix = c->select.prefix;
	c->list.after = c->after;
	c->list.limit = PAGE;
	c->list.on_record = on_record;
	c->list.done = on_listed;
	ek_store_list(q->r->store, &c->list);
	return EK_WAIT(DELETE);
}

/* ---- deletions ---- */

static void on_deleted(struct ek_op *op, int rc)
{
	struct victim *v = ek_container_of(op, struct victim, op);
	struct collection *c = v->c;

	/* who is gone already needs no deletion */
	if (rc < 0 && rc != EK_ENOTFOUND && !c->failure)
		c->failure = ek_json_ref(op->status);
	ek_op_done(op);
	if (--c->left == 0)
		ek_flow_resume(&c->q->flow, 0);
}

static void start_victim(struct collection *c, struct victim *v)
{
	struct ek_request *q = c->q, *one;

	v->c = c;
	ek_op_init(&v->op, EK_DO_DELETE, q->kind, on_deleted);
	v->op.user = &ek_user_self;
	v->op.ns = v->ns;
	v->op.name = v->name;
	v->op.dry_run = q->dry_run;
	one = ek_request_new(q->r, &v->op);
	one->trusted = true;
	one->options = ek_json_ref(q->options);
	ek_delete_start(one);
}

static int step_delete(struct ek_flow *f)
{
	struct collection *c = ek_request_of(f)->collection;

	/* counted before the first starts: any of them may be answered at once */
	c->left = c->n + 1;
	for (size_t i = 0; i < c->n; i++)
		start_victim(c, &c->victims[i]);
	if (--c->left > 0)
		return EK_WAIT(c->more ? LIST : END);
	return EK_GO(c->more ? LIST : END);
}

static int step_end(struct ek_flow *f)
{
	struct ek_request *q = ek_request_of(f);
	struct collection *c = ek_steal(q->collection);
	char api[96];

	if (c && c->failure && f->rc == 0)
		f->rc = ek_request_fail(q, ek_json_ref(c->failure));
	if (f->rc == 0 && ek_json_len(c->items) < MAX_IN_ANSWER)
		q->answer = ek_json_make(
			"{'kind':'%sList','apiVersion':%s,'metadata':{'resourceVersion':%s},"
			"'items':%v}",
			q->kind->kind, ek_kind_api_version(q->kind, api), EK_I(c->list.at_rev),
			c->items);
	else if (f->rc == 0)
		q->answer = ek_status_success(200, NULL);
	if (c)
		collection_free(c);
	return ek_request_end(f);
}

static const struct ek_flow_state states[N_STATES] = {
	[LIST]   = { "list", step_list, EK_BIT(DELETE) | EK_BIT(END) },
	[DELETE] = { "delete", step_delete, EK_BIT(LIST) | EK_BIT(END) },
	[END]    = { "end", step_end, 0 },
};

void ek_collection_start(struct ek_request *q)
{
	ek_flow_start(&q->flow, states, N_STATES);
}
