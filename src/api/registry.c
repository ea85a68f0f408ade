/* SPDX-License-Identifier: Apache-2.0 */
#include "core.h"

#include "auth/aggregation.h"
#include "auth/authz.h"
#include "bootstrap.h"
#include "cache.h"
#include "expiry.h"
#include "auth/node_authz.h"
#include "own_service.h"
#include "admit/quotas.h"
#include "admit/services.h"
#include "status.h"
#include "auth/token.h"

#include <ekube/log.h>
#include <ekube/str.h>

#include <stdlib.h>

/* ---- what is kept in memory ---- */

static void service_changed(void *arg, struct ek_object *before, struct ek_object *after)
{
	ek_services_changed(((struct ek_registry *)arg)->services, before, after);
}

static void quota_changed(void *arg, struct ek_object *before, struct ek_object *after)
{
	ek_quotas_changed(((struct ek_registry *)arg)->quotas, before, after);
}

static void cluster_role_changed(void *arg, struct ek_object *before, struct ek_object *after)
{
	struct ek_registry *r = arg;

	ek_authz_role_changed(r->authz, before, after);
	ek_aggregation_wanted(r->aggregation);
}

static void role_changed(void *arg, struct ek_object *before, struct ek_object *after)
{
	ek_authz_role_changed(((struct ek_registry *)arg)->authz, before, after);
}

static void binding_changed(void *arg, struct ek_object *before, struct ek_object *after)
{
	ek_authz_binding_changed(((struct ek_registry *)arg)->authz, before, after);
}

static const struct {
	const struct ek_kind *kind;
	void (*changed)(void *arg, struct ek_object *before, struct ek_object *after);
} cached[EK_N_CACHED] = {
	[EK_CACHED_NAMESPACES] = { &ek_kind_namespace, NULL },
	[EK_CACHED_SERVICEACCOUNTS] = { &ek_kind_serviceaccount, NULL },
	[EK_CACHED_PRIORITYCLASSES] = { &ek_kind_priorityclass, NULL },
	[EK_CACHED_LIMITRANGES] = { &ek_kind_limitrange, NULL },
	[EK_CACHED_QUOTAS] = { &ek_kind_resourcequota, quota_changed },
	[EK_CACHED_SERVICES] = { &ek_kind_service, service_changed },
	[EK_CACHED_ROLES] = { &ek_kind_role, role_changed },
	[EK_CACHED_CLUSTERROLES] = { &ek_kind_clusterrole, cluster_role_changed },
	[EK_CACHED_ROLEBINDINGS] = { &ek_kind_rolebinding, binding_changed },
	[EK_CACHED_CLUSTERROLEBINDINGS] = { &ek_kind_clusterrolebinding, binding_changed },
};

/* ---- life ---- */

int ek_registry_new(const struct ek_registry_options *o, struct ek_registry **ret,
		    struct ek_err *err)
{
	struct ek_registry *r = ek_new(struct ek_registry);
	int rc;

	r->loop = o->loop;
	r->store = o->store;
	r->api = o->api;
	ek_list_init(&r->requests);
	ek_list_init(&r->watches);
	r->authz = ek_authz_new();
	r->node_authz = ek_node_authz_new(r);
	r->aggregation = ek_aggregation_new(r);
	r->expiry = ek_expiry_new(r);
	r->quotas = ek_quotas_new(r);
	for (size_t i = 0; i < EK_N_CACHED; i++)
		r->caches[i] = ek_cache_new(r, &(struct ek_cache_spec){ cached[i].kind,
									cached[i].changed, r });
	rc = ek_services_new(r, &r->services, err);
	if (rc == 0)
		rc = ek_tokens_new(o->api, &r->tokens, err);
	if (rc < 0) {
		ek_registry_free(r);
		return rc;
	}
	*ret = r;
	return 0;
}

void ek_registry_free(struct ek_registry *r)
{
	if (!r)
		return;
	ek_timer_stop(&r->bookmarks);
	ek_timer_stop(&r->quiet);
	ek_bootstrap_free(r->bootstrap);
	ek_own_service_free(r->own_service);
	ek_expiry_free(r->expiry);
	ek_aggregation_free(r->aggregation);
	ek_quotas_free(r->quotas);
	for (size_t i = 0; i < EK_N_CACHED; i++)
		ek_cache_free(r->caches[i]);
	ek_node_authz_free(r->node_authz);
	ek_authz_free(r->authz);
	ek_services_free(r->services);
	ek_tokens_free(r->tokens);
	free(r);
}

void ek_registry_start(struct ek_registry *r,
		       void (*done)(void *arg, int rc, const struct ek_err *err), void *arg)
{
	struct ek_err err = { 0 };
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < EK_N_CACHED; i++)
		rc = ek_cache_load(r->caches[i], &err);
	if (rc == 0)
		rc = ek_node_authz_load(r->node_authz, &err);
	if (rc == 0)
		rc = ek_expiry_load(r->expiry, &err);
	if (rc < 0) {
		done(arg, rc, &err);
		return;
	}
	ek_bootstrap_start(r, done, arg);
}

/* ---- dispatch ---- */

void ek_op_init(struct ek_op *op, enum ek_verb verb, const struct ek_kind *kind,
		void (*cb)(struct ek_op *op, int rc))
{
	*op = (struct ek_op){ .verb = verb, .kind = kind, .cb = cb, .grace_s = -1 };
}

static int refuse(struct ek_request *q)
{
	return ek_request_fail(q, ek_status_not_allowed(q->kind, ek_verb_name(q->op->verb)));
}

static void start_main(struct ek_request *q)
{
	switch (q->op->verb) {
	case EK_DO_GET:
		ek_read_start(q);
		return;
	case EK_DO_CREATE:
		ek_create_start(q);
		return;
	case EK_DO_UPDATE:
	case EK_DO_PATCH:
		ek_update_start(q, &ek_change_main);
		return;
	case EK_DO_DELETE:
		ek_delete_start(q);
		return;
	case EK_DO_DELETE_COLLECTION:
		ek_collection_start(q);
		return;
	default:
		ek_answer_start(q, refuse);
	}
}

void ek_op_start(struct ek_registry *r, struct ek_op *op)
{
	struct ek_request *q;

	EK_ASSERT(op->cb && op->kind && op->user && !op->impl);
	q = ek_request_new(r, op);
	if (ek_review_start(q) || ek_subresource_start(q))
		return;
	if (op->subresource)
		ek_answer_start(q, refuse);
	else
		start_main(q);
}

void ek_op_abandon(struct ek_op *op)
{
	struct ek_request *q = ek_steal(op->impl);

	if (q)
		q->op = NULL;
}

void ek_op_done(struct ek_op *op)
{
	ek_object_unref(ek_steal(op->object));
	ek_json_unrefp(&op->answer);
	ek_json_unrefp(&op->status);
	ek_json_unrefp(&op->warnings);
}
