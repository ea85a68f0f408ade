/* SPDX-License-Identifier: Apache-2.0 */
#include "api_world.h"

#include <check.h>
#include <ekube/crypto.h>
#include <ekube/str.h>
#include <stdlib.h>

enum { PATIENCE_MS = 5000 };

struct ek_json *world_json(const char *text)
{
	EK_FREE char *copy = ek_str_dup(text);
	struct ek_json *v = NULL;
	struct ek_err err;

	for (char *p = copy; *p; p++)
		if (*p == '\'')
			*p = '"';
	if (ek_json_parse(copy, strlen(copy), 4 << 20, &v, NULL, &err) < 0)
		ck_abort_msg("not JSON: %s: %s", err.msg, text);
	return v;
}

static void on_ready(void *arg, int rc, const struct ek_err *err)
{
	struct world *w = arg;

	ck_assert_msg(rc == 0, "start: %s", err->msg);
	w->answered = true;
}

void world_start(struct world *w, const struct ek_api_options *more)
{
	static const char *const masters[] = { "system:masters", NULL };
	EK_CLEANUP(ek_key_freep) struct ek_key *key = ek_key_new();
	EK_CLEANUP(ek_secret_freep) char *pem = ek_key_to_pem(key);
	struct ek_api_options o = *more;
	struct ek_err err;

	o.loop = w->loop;
	o.store = w->store;
	o.service_account_key = pem;
	o.issuer = "https://issuer.test";
	o.service_cidr = "10.43.0.0/16";
	o.node_port_range = "30000-32767";
	o.advertise_address = "192.0.2.1";
	o.advertise_port = 6443;
	o.cluster_domain = "cluster.local";
	o.version = "v1.32.0+test";
	ck_assert_msg(ek_api_new(&o, &w->api, &err) == 0, "%s", err.msg);
	ek_api_start(w->api, on_ready, w);
	ck_assert(ek_loop_until(w->loop, &w->answered, PATIENCE_MS));
	w->admin = ek_api_local_client(w->api, "admin", masters);
}

void world_open_with(struct world *w, struct ek_store *take_store, struct ek_loop *take_loop)
{
	*w = (struct world){ .loop = take_loop, .store = take_store };
	world_start(w, &(struct ek_api_options){ 0 });
}

void world_open(struct world *w)
{
	struct ek_loop *loop = ek_loop_new();

	world_open_with(w, ek_store_open_memory(loop, NULL), loop);
	ck_assert_int_eq(world_create(w, &ek_kind_serviceaccount, "default",
				      "{'metadata':{'name':'default'}}"),
			 0);
}

static void on_stopped(void *arg)
{
	*(bool *)arg = true;
}

void world_close(struct world *w)
{
	bool stopped = false;

	ek_call_done(&w->call);
	ek_json_unrefp(&w->body);
	ek_api_stop(w->api, on_stopped, &stopped);
	ck_assert(ek_loop_until(w->loop, &stopped, PATIENCE_MS));
	ek_client_free(w->admin);
	ek_api_free(w->api);
	ek_store_close(w->store);
	ek_loop_free(w->loop);
}

static void on_call(struct ek_call *c, int rc)
{
	struct world *w = ek_container_of(c, struct world, call);

	w->rc = rc;
	w->answered = true;
}

int world_call(struct world *w, struct ek_client *client, const char *text)
{
	ek_json_unrefp(&w->body);
	if (text)
		w->body = world_json(text);
	w->call.body = w->body;
	w->call.cb = on_call;
	w->answered = false;
	ek_call_start(client ? client : w->admin, &w->call);
	ck_assert_msg(ek_loop_until(w->loop, &w->answered, PATIENCE_MS), "no answer");
	return w->rc;
}

struct ek_call *world_begin(struct world *w, enum ek_verb verb, const struct ek_kind *k,
			    const char *ns, const char *name)
{
	ek_call_done(&w->call);
	ek_call_init(&w->call, verb, k, ns, name, on_call);
	return &w->call;
}

int world_do(struct world *w, struct ek_client *client, enum ek_verb verb, const struct ek_kind *k,
	     const char *ns, const char *name, const char *text)
{
	world_begin(w, verb, k, ns, name);
	return world_call(w, client, text);
}

int world_create(struct world *w, const struct ek_kind *k, const char *ns, const char *text)
{
	return world_do(w, NULL, EK_DO_CREATE, k, ns, NULL, text);
}

int world_get(struct world *w, const struct ek_kind *k, const char *ns, const char *name)
{
	return world_do(w, NULL, EK_DO_GET, k, ns, name, NULL);
}

const struct ek_json *world_object(struct world *w)
{
	return w->call.object ? ek_object_tree(w->call.object) : NULL;
}

const char *world_str(struct world *w, const char *path)
{
	return ek_json_str_at(world_object(w), path);
}

int64_t world_int(struct world *w, const char *path)
{
	return ek_json_int_at(world_object(w), path, -1);
}

const char *world_message(struct world *w)
{
	return ek_json_str_at(w->call.status, "message");
}

const char *world_status(struct world *w, const char *path)
{
	return ek_json_str_at(w->call.status, path);
}

void world_settle(struct world *w)
{
	while (ek_loop_turn(w->loop))
		;
}
