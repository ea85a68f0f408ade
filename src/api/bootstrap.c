/* SPDX-License-Identifier: Apache-2.0 */
#include "bootstrap.h"

#include "auth/aggregation.h"
#include "cache.h"
#include "ensure.h"
#include "own_service.h"

#include <ekube/log.h>
#include <ekube/str.h>

#include <stdlib.h>

/*
 *	NAMESPACES ──► OBJECTS ──► AGGREGATE ──► END
 *
 * The objects of a step are written side by side, so that they share commits. On an old cluster
 * nearly all are there and nothing is written; to look through its roles, of which there are many,
 * takes longer than all the rest, and is left for when the server is up: upkeep below.
 */
enum { NAMESPACES, OBJECTS, AGGREGATE, END, N_STATES };

enum { UPKEEP_MS = 2 };

struct ek_bootstrap {
	struct ek_flow flow;
	struct ek_registry *r;
	struct ek_ensure ensure;
	struct ek_timer timer; /* upkeep */
	size_t pos;
	bool fresh; /* the first start: no roles yet */
	void (*done)(void *arg, int rc, const struct ek_err *err);
	void *arg;
};

static struct ek_bootstrap *bootstrap_of(struct ek_flow *f)
{
	return ek_container_of(f, struct ek_bootstrap, flow);
}

void ek_bootstrap_free(struct ek_bootstrap *b)
{
	if (!b)
		return;
	ek_timer_stop(&b->timer);
	ek_ensure_clear(&b->ensure);
	free(b);
}

static void on_idle(struct ek_ensure *e)
{
	ek_flow_resume(&ek_container_of(e, struct ek_bootstrap, ensure)->flow, 0);
}

/* ---- priority classes ---- */

static void ensure_priorities(struct ek_bootstrap *b)
{
	ek_ensure_object(
		&b->ensure, &ek_kind_priorityclass,
		ek_json_make(
			"{'kind':'PriorityClass','apiVersion':'scheduling.k8s.io/v1','metadata':{'name':"
			"'system-cluster-critical'},'value':%d,'description':'For pods that the cluster cannot do "
			"without, on whatever node.'}",
			2000000000),
		NULL);
	ek_ensure_object(
		&b->ensure, &ek_kind_priorityclass,
		ek_json_make(
			"{'kind':'PriorityClass','apiVersion':'scheduling.k8s.io/v1','metadata':{'name':"
			"'system-node-critical'},'value':%d,'description':'For pods that their node cannot do "
			"without.'}",
			2000001000),
		NULL);
}

/* What extension API servers read to know whom this server vouches for. */
static void ensure_authentication(struct ek_bootstrap *b)
{
	if (ek_str_empty(b->r->api->client_ca))
		return;
	ek_ensure_object(
		&b->ensure, &ek_kind_configmap,
		ek_json_make("{'kind':'ConfigMap','apiVersion':'v1','metadata':{'name':"
			     "'extension-apiserver-authentication','namespace':'kube-system'},"
			     "'data':{'client-ca-file':%s}}",
			     b->r->api->client_ca),
		NULL);
}

/* ---- the steps ---- */

/* Everything of a step was started: go on when all of it is answered. */
static int wait_for_all(struct ek_bootstrap *b, int next)
{
	return --b->ensure.left > 0 ? EK_WAIT(next) : EK_GO(next);
}

static int step_namespaces(struct ek_flow *f)
{
	static const char *const names[] = { "default", "kube-system", "kube-public",
					     "kube-node-lease" };
	struct ek_bootstrap *b = bootstrap_of(f);

	b->ensure.left = 1;
	for (size_t i = 0; i < EK_ARRAY_LEN(names); i++)
		ek_ensure_object(
			&b->ensure, &ek_kind_namespace,
			ek_json_make(
				"{'kind':'Namespace','apiVersion':'v1','metadata':{'name':%s}}",
				names[i]),
			NULL);
	return wait_for_all(b, OBJECTS);
}

static int step_objects(struct ek_flow *f)
{
	struct ek_bootstrap *b = bootstrap_of(f);

	if (b->ensure.err.code < 0)
		return b->ensure.err.code;
	ek_ensure_clear(&b->ensure);
	b->ensure.left = 1;
	for (size_t i = 0; b->fresh && ek_ensure_rbac(&b->ensure, i); i++)
		;
	ensure_priorities(b);
	ek_own_service_ensure(&b->ensure);
	ensure_authentication(b);
	return wait_for_all(b, AGGREGATE);
}

static void on_settled(void *arg)
{
	struct ek_bootstrap *b = arg;

	ek_flow_resume(&b->flow, 0);
}

static int step_aggregate(struct ek_flow *f)
{
	struct ek_bootstrap *b = bootstrap_of(f);

	if (b->ensure.err.code < 0)
		return b->ensure.err.code;
	ek_ensure_clear(&b->ensure);
	if (!b->fresh)
		return EK_GO(END);
	ek_aggregation_settle(b->r->aggregation, on_settled, b);
	return EK_WAIT(END);
}

static int step_end(struct ek_flow *f)
{
	(void)f;
	return EK_END;
}

static const struct ek_flow_state states[N_STATES] = {
	[NAMESPACES] = { "namespaces", step_namespaces, EK_BIT(OBJECTS) },
	[OBJECTS] = { "objects", step_objects, EK_BIT(AGGREGATE) },
	[AGGREGATE] = { "aggregate", step_aggregate, EK_BIT(END) },
	[END] = { "end", step_end, 0 },
};

/* ---- upkeep: the roles of an old cluster, a few at a time ---- */

static void upkeep_idle(struct ek_ensure *e)
{
	if (e->err.code < 0)
		ek_warn("default role not brought up to date", "error", e->err.msg);
	e->err.code = 0;
}

static void on_upkeep(struct ek_timer *t)
{
	struct ek_bootstrap *b = ek_container_of(t, struct ek_bootstrap, timer);
	struct ek_registry *r = b->r;

	if (b->ensure.left > 0 || ek_ensure_rbac(&b->ensure, b->pos++)) {
		ek_timer_start(r->loop, t, UPKEEP_MS, on_upkeep);
		return;
	}
	r->bootstrap = NULL;
	ek_bootstrap_free(b);
}

static void on_done(struct ek_flow *f)
{
	struct ek_bootstrap *b = bootstrap_of(f);
	struct ek_registry *r = b->r;
	struct ek_err err = b->ensure.err;
	void (*done)(void *arg, int rc, const struct ek_err *err) = b->done;
	void *arg = b->arg;
	int rc = f->rc;

	if (rc == 0)
		rc = ek_own_service_keep(r, &r->own_service, &err);
	if (rc == 0 && !b->fresh) {
		b->ensure.idle = upkeep_idle;
		ek_timer_start(r->loop, &b->timer, UPKEEP_MS, on_upkeep);
	} else {
		r->bootstrap = NULL;
		ek_bootstrap_free(b);
	}
	if (rc < 0 && err.code == 0)
		(void)ek_fail(&err, rc, "default objects: %s", ek_err_name(rc));
	done(arg, rc, &err);
}

void ek_bootstrap_start(struct ek_registry *r,
			void (*done)(void *arg, int rc, const struct ek_err *err), void *arg)
{
	struct ek_bootstrap *b = ek_new(struct ek_bootstrap);

	b->r = r;
	b->ensure.r = r;
	b->ensure.idle = on_idle;
	b->fresh = !ek_cache_get(r->caches[EK_CACHED_CLUSTERROLES], NULL, "cluster-admin");
	b->done = done;
	b->arg = arg;
	b->flow.done = on_done;
	r->bootstrap = b;
	ek_flow_start(&b->flow, states, N_STATES);
}
