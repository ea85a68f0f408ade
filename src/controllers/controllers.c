/* SPDX-License-Identifier: Apache-2.0 */
#include <ekube/controllers.h>

#include "kinds.h"
#include "rows.h"

#include <ekube/str.h>

static const struct controller *const rows[] = {
	&deployment_controller,
	&replicaset_controller,
	&replication_controller,
	&serviceaccount_controller,
	&root_ca_controller,
	&endpoints_controller,
	&endpointslice_controller,
	&node_lifecycle_controller,
	&taint_eviction_controller,
	&pod_gc_controller,
	/* metadata of every kind is enough for these: they share what others have whole */
	&namespace_controller,
	&garbage_collector,
};

struct ek_controllers {
	struct runtime_env env;
	struct running *running[EK_ARRAY_LEN(rows)];
};

struct ek_controllers *ek_controllers_start(struct ek_loop *loop,
					    struct ek_client *(*client_for)(void *arg,
									    const char *user),
					    void *arg, const struct ek_controllers_config *config)
{
	struct ek_controllers *c = ek_new(struct ek_controllers);

	c->env = (struct runtime_env){ .loop = loop,
				       .informers = config->informers,
				       .root_ca = config->root_ca,
				       .node_grace_ms = config->node_grace_ms };
	for (size_t i = 0; i < EK_ARRAY_LEN(rows); i++) {
		EK_FREE char *user = NULL;

		/* the tables may have a kind that this server does not offer */
		if (rows[i]->kind && !kind_is_served(rows[i]->kind))
			continue;
		user = ek_str_fmt("system:serviceaccount:kube-system:%s", rows[i]->user);
		c->running[i] = running_start(rows[i], &c->env, client_for(arg, user));
	}
	return c;
}

void ek_controllers_stop(struct ek_controllers *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < EK_ARRAY_LEN(rows); i++)
		running_stop(c->running[i]);
	free(c);
}
