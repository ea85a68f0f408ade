/* SPDX-License-Identifier: Apache-2.0 */
#include <ekube/api.h>

#include "core.h"
#include "http/front.h"
#include "local_client.h"

#include <ekube/str.h>

#include <stdlib.h>

/*
 * The API server as others see it: the registry behind the HTTP front. Options are kept as
 * copies.
 */
struct ek_api {
	struct ek_api_options options;
	struct ek_registry   *registry;
	struct front         *front;
	void (*ready)(void *arg, int rc, const struct ek_err *err);
	void *ready_arg;
	void (*stopped)(void *arg);
	void *stopped_arg;
	struct ek_timer settle;
};

enum { SETTLE_MS = 5 };

/* Every text of the options, so that they can be copied and freed alike. */
static const size_t texts[] = {
	offsetof(struct ek_api_options, serving_cert),
	offsetof(struct ek_api_options, serving_key),
	offsetof(struct ek_api_options, client_ca),
	offsetof(struct ek_api_options, server_ca),
	offsetof(struct ek_api_options, service_account_key),
	offsetof(struct ek_api_options, issuer),
	offsetof(struct ek_api_options, token_file),
	offsetof(struct ek_api_options, bind_address),
	offsetof(struct ek_api_options, advertise_address),
	offsetof(struct ek_api_options, service_cidr),
	offsetof(struct ek_api_options, node_port_range),
	offsetof(struct ek_api_options, cluster_domain),
	offsetof(struct ek_api_options, version),
	offsetof(struct ek_api_options, git_commit),
	offsetof(struct ek_api_options, build_date),
};

static char **text_at(struct ek_api_options *o, size_t i)
{
	return (char **)(void *)((char *)o + texts[i]);
}

static void options_copy(struct ek_api_options *to, const struct ek_api_options *from)
{
	*to = *from;
	for (size_t i = 0; i < EK_ARRAY_LEN(texts); i++)
		*text_at(to, i) = ek_str_dup(*text_at(to, i));
}

static void options_done(struct ek_api_options *o)
{
	for (size_t i = 0; i < EK_ARRAY_LEN(texts); i++)
		ek_secret_freep(text_at(o, i));
}

int ek_api_new(const struct ek_api_options *options, struct ek_api **ret, struct ek_err *err)
{
	struct ek_api *api = ek_new(struct ek_api);
	int rc;

	options_copy(&api->options, options);
	rc = ek_registry_new(&(struct ek_registry_options){ options->loop, options->store,
							    &api->options },
			     &api->registry, err);
	if (rc == 0 && options->port != 0)
		rc = front_new(&api->options, api->registry, &api->front, err);
	if (rc < 0) {
		ek_api_free(api);
		return rc;
	}
	*ret = api;
	return 0;
}

static void on_registry(void *arg, int rc, const struct ek_err *why)
{
	struct ek_api *api = arg;
	struct ek_err err = rc < 0 ? *why : (struct ek_err){ 0 };

	if (rc == 0 && api->front)
		rc = front_start(api->front, &err);
	api->ready(api->ready_arg, rc, &err);
}

void ek_api_start(struct ek_api *api, void (*ready)(void *arg, int rc, const struct ek_err *err),
		  void *arg)
{
	api->ready = ready;
	api->ready_arg = arg;
	ek_registry_start(api->registry, on_registry, api);
}

/* A write that has begun is finished and its asker told. */
static void on_settle(struct ek_timer *t)
{
	struct ek_api *api = ek_container_of(t, struct ek_api, settle);

	if (ek_list_empty(&api->registry->requests))
		api->stopped(api->stopped_arg);
	else
		ek_timer_start(api->options.loop, t, SETTLE_MS, on_settle);
}

static void on_front_stopped(void *arg)
{
	struct ek_api *api = arg;

	ek_timer_start(api->options.loop, &api->settle, 0, on_settle);
}

void ek_api_stop(struct ek_api *api, void (*stopped)(void *arg), void *arg)
{
	api->stopped = stopped;
	api->stopped_arg = arg;
	if (api->front)
		front_stop(api->front, on_front_stopped, api);
	else
		on_front_stopped(api);
}

void ek_api_free(struct ek_api *api)
{
	if (!api)
		return;
	ek_timer_stop(&api->settle);
	front_free(api->front);
	ek_registry_free(api->registry);
	options_done(&api->options);
	free(api);
}

struct ek_client *ek_api_local_client(struct ek_api *api, const char *user,
				      const char *const *groups)
{
	return ek_local_client_new(api->registry, api->options.loop, user, groups);
}

int ek_api_port(const struct ek_api *api)
{
	return api->front ? front_port(api->front) : 0;
}

struct ek_registry *ek_api_registry(struct ek_api *api)
{
	return api->registry;
}
