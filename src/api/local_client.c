/* SPDX-License-Identifier: Apache-2.0 */
#include "local_client.h"

#include <ekube/str.h>

#include <stdlib.h>

/*
 * The client that is a function call: a call becomes an op of the registry under the client's own
 * identity, and goes through the same authorization, admission and validation as one over HTTP.
 */
struct local_client {
	struct ek_client    client;
	struct ek_registry *r;
	struct ek_user      user;
	char               *name;
	char              **groups;
};

struct local_call {
	struct ek_call    *call;
	struct ek_op       op;
	struct ek_list_op  list;
	EK_VEC(struct ek_object *) items;
};

struct local_watch {
	struct ek_client_watch *watch;
	struct ek_watch_op      op;
};

static struct local_client *local_of(struct ek_client *client)
{
	return ek_container_of(client, struct local_client, client);
}

/* ---- calls ---- */

static void local_call_free(struct local_call *lc)
{
	for (size_t i = 0; i < lc->items.n; i++)
		ek_object_unref(lc->items.items[i]);
	ek_vec_done(&lc->items);
	ek_op_done(&lc->op);
	free(lc);
}

static void take_status(struct ek_call *c, const struct ek_json *status, int rc)
{
	const char *message = ek_json_str_at(status, "message");

	c->status = status ? ek_json_ref(status) : NULL;
	if (rc < 0)
		(void)ek_fail(&c->err, rc, "%s", message ? message : ek_err_name(rc));
}

static void on_op(struct ek_op *op, int rc)
{
	struct local_call *lc = ek_container_of(op, struct local_call, op);
	struct ek_call *c = lc->call;

	take_status(c, op->status, rc);
	if (op->answer)
		c->object = ek_object_new(op->answer, ek_meta_rev(op->answer), NULL);
	else
		c->object = ek_steal(op->object);
	c->impl = NULL;
	local_call_free(lc);
	c->cb(c, rc);
}

static void start_op(struct local_client *l, struct local_call *lc)
{
	const struct ek_call *c = lc->call;
	struct ek_op *op = &lc->op;

	ek_op_init(op, c->verb, c->kind, on_op);
	op->user = &l->user;
	op->ns = c->ns;
	op->name = c->name;
	op->subresource = c->subresource;
	op->body = c->body;
	op->patch_type = c->patch_type;
	op->strictness = EK_FIELDS_IGNORE;
	op->field_manager = c->field_manager;
	op->force = c->force;
	op->dry_run = c->dry_run;
	op->grace_s = c->grace_s;
	op->propagation = c->propagation;
	op->if_uid = c->if_uid;
	op->if_rev = c->if_rev;
	op->label_selector = c->label_selector;
	op->field_selector = c->field_selector;
	ek_op_start(l->r, op);
}

static void on_list_start(struct ek_list_op *list, int64_t list_rev)
{
	ek_container_of(list, struct local_call, list)->call->list_rev = list_rev;
}

static bool on_list_object(struct ek_list_op *list, struct ek_object *o)
{
	struct local_call *lc = ek_container_of(list, struct local_call, list);

	ek_vec_push(&lc->items, ek_object_ref(o));
	return true;
}

static void on_list_done(struct ek_list_op *list, int rc, const char *next, int64_t remaining,
			 struct ek_json *status)
{
	struct local_call *lc = ek_container_of(list, struct local_call, list);
	struct ek_call *c = lc->call;

	(void)remaining;
	take_status(c, status, rc);
	c->next = ek_str_dup(next);
	if (rc == 0) {
		c->items = ek_steal(lc->items.items);
		c->n_items = lc->items.n;
		lc->items.n = lc->items.cap = 0;
	}
	c->impl = NULL;
	local_call_free(lc);
	c->cb(c, rc);
}

static void start_list(struct local_client *l, struct local_call *lc)
{
	const struct ek_call *c = lc->call;
	struct ek_list_op *list = &lc->list;

	list->user = &l->user;
	list->kind = c->kind;
	list->ns = c->ns;
	list->label_selector = c->label_selector;
	list->field_selector = c->field_selector;
	list->rev = -1;
	list->limit = c->limit;
	list->continue_token = c->continue_token;
	list->on_start = on_list_start;
	list->on_object = on_list_object;
	list->done = on_list_done;
	ek_list_op_start(l->r, list);
}

static void local_call(struct ek_client *client, struct ek_call *c)
{
	struct local_call *lc = ek_new(struct local_call);

	lc->call = c;
	c->impl = lc;
	if (c->verb == EK_DO_LIST)
		start_list(local_of(client), lc);
	else
		start_op(local_of(client), lc);
}

static void local_call_cancel(struct ek_client *client, struct ek_call *c)
{
	struct local_call *lc = ek_steal(c->impl);

	(void)client;
	if (!lc)
		return;
	ek_op_abandon(&lc->op);
	ek_list_op_cancel(&lc->list);
	local_call_free(lc);
}

/* ---- watches ---- */

static void on_watch_started(struct ek_watch_op *op)
{
	(void)op;
}

static bool on_watch_event(struct ek_watch_op *op, enum ek_watch_type type, struct ek_object *o,
			   struct ek_bytes *line)
{
	struct ek_client_watch *w = ek_container_of(op, struct local_watch, op)->watch;

	(void)line;
	w->on_event(w, type, o);
	return true;
}

static void on_watch_ended(struct ek_watch_op *op, int rc, struct ek_json *status)
{
	struct local_watch *lw = ek_container_of(op, struct local_watch, op);
	struct ek_client_watch *w = lw->watch;

	(void)status;
	w->impl = NULL;
	free(lw);
	w->on_end(w, rc);
}

static void local_watch(struct ek_client *client, struct ek_client_watch *w)
{
	struct local_client *l = local_of(client);
	struct local_watch *lw = ek_new(struct local_watch);

	lw->watch = w;
	w->impl = lw;
	lw->op = (struct ek_watch_op){
		.user = &l->user,
		.kind = w->kind,
		.ns = w->ns,
		.label_selector = w->label_selector,
		.field_selector = w->field_selector,
		.rev = w->from_rev,
		.timeout_s = -1,
		.want_objects = true,
		.started = on_watch_started,
		.on_event = on_watch_event,
		.ended = on_watch_ended,
	};
	ek_watch_op_start(l->r, &lw->op);
}

static void local_watch_stop(struct ek_client *client, struct ek_client_watch *w)
{
	struct local_watch *lw = ek_steal(w->impl);

	(void)client;
	if (!lw)
		return;
	ek_watch_op_stop(&lw->op);
	free(lw);
}

/* ---- life ---- */

static void local_free(struct ek_client *client)
{
	struct local_client *l = local_of(client);

	for (size_t i = 0; l->groups[i]; i++)
		free(l->groups[i]);
	free(l->groups);
	free(l->name);
	free(l);
}

static const struct ek_client_ops ops = {
	.call = local_call,
	.call_cancel = local_call_cancel,
	.watch = local_watch,
	.watch_stop = local_watch_stop,
	.free = local_free,
};

/* As authentication does it: everybody who is known is in system:authenticated. */
static char **copy_groups(const char *const *groups)
{
	static const char everybody[] = "system:authenticated";
	EK_VEC(char *) v = { 0 };
	bool has = false;

	for (size_t i = 0; groups && groups[i]; i++) {
		has = has || ek_streq(groups[i], everybody);
		ek_vec_push(&v, ek_str_dup(groups[i]));
	}
	if (!has)
		ek_vec_push(&v, ek_str_dup(everybody));
	ek_vec_push(&v, NULL);
	return v.items;
}

struct ek_client *ek_local_client_new(struct ek_registry *r, struct ek_loop *loop, const char *user,
				      const char *const *groups)
{
	struct local_client *l = ek_new(struct local_client);

	l->client.ops = &ops;
	l->client.loop = loop;
	l->r = r;
	l->name = ek_str_dup(user);
	l->groups = copy_groups(groups);
	l->user = (struct ek_user){ .name = l->name,
				    .uid = "",
				    .groups = (const char *const *)l->groups };
	return &l->client;
}
