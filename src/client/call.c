/* SPDX-License-Identifier: Apache-2.0 */
#include <ekube/client.h>

#include <stdlib.h>
#include <string.h>

void ek_call_init(struct ek_call *c, enum ek_verb verb, const struct ek_kind *kind, const char *ns,
		  const char *name, void (*cb)(struct ek_call *c, int rc))
{
	memset(c, 0, sizeof(*c));
	c->verb = verb;
	c->kind = kind;
	c->ns = ns;
	c->name = name;
	c->grace_s = -1;
	c->cb = cb;
}

void ek_call_start(struct ek_client *client, struct ek_call *c)
{
	EK_ASSERT(c->cb && c->kind);
	c->client = client;
	client->ops->call(client, c);
}

void ek_call_cancel(struct ek_call *c)
{
	if (c->client)
		c->client->ops->call_cancel(c->client, c);
	c->client = NULL;
}

void ek_call_done(struct ek_call *c)
{
	for (size_t i = 0; i < c->n_items; i++)
		ek_object_unref(c->items[i]);
	free(c->items);
	ek_object_unref(c->object);
	ek_json_unref(c->status);
	free(c->next);
	c->items = NULL;
	c->n_items = 0;
	c->object = NULL;
	c->status = NULL;
	c->next = NULL;
}

struct ek_object *ek_call_take_object(struct ek_call *c)
{
	return ek_steal(c->object);
}

void ek_client_watch_start(struct ek_client *client, struct ek_client_watch *w)
{
	EK_ASSERT(w->kind && w->on_event && w->on_end);
	w->client = client;
	client->ops->watch(client, w);
}

void ek_client_watch_stop(struct ek_client_watch *w)
{
	if (w->client)
		w->client->ops->watch_stop(w->client, w);
	w->client = NULL;
}

void ek_client_free(struct ek_client *client)
{
	if (client)
		client->ops->free(client);
}
