/* SPDX-License-Identifier: Apache-2.0 */
#include "bootstrap.h"

#include "aggregation.h"
#include "rbac_defaults.h"
#include "services.h"

#include <ekube/log.h>
#include <ekube/str.h>

#include <stdlib.h>

/*
 *	NAMESPACES ──► OBJECTS ──► AGGREGATE ──► END
 *
 * The objects of a step are written side by side, so that they share commits. On an old cluster nearly
 * all are there and nothing is written.
 */
enum { NAMESPACES, OBJECTS, AGGREGATE, END, N_STATES };

enum { API_PORT = 443 };

struct item {
	struct ek_op         op;
	struct ek_bootstrap *b;
	struct ek_json      *body;
	char                *ns, *name;
	struct item         *next;
};

struct ek_bootstrap {
	struct ek_flow      flow;
	struct ek_registry *r;
	struct item        *items;
	size_t              left;
	struct ek_err       err;
	void (*done)(void *arg, int rc, const struct ek_err *err);
	void *arg;
};

static struct ek_bootstrap *bootstrap_of(struct ek_flow *f)
{
	return ek_container_of(f, struct ek_bootstrap, flow);
}

static void items_free(struct ek_bootstrap *b)
{
	struct item *it;

	while ((it = b->items)) {
		b->items = it->next;
		ek_op_abandon(&it->op);
		ek_op_done(&it->op);
		ek_json_unref(it->body);
		free(it->ns);
		free(it->name);
		free(it);
	}
}

void ek_bootstrap_free(struct ek_bootstrap *b)
{
	if (!b)
		return;
	items_free(b);
	free(b);
}

/* ---- one object ---- */

static void item_done(struct ek_op *op, int rc)
{
	struct item *it = ek_container_of(op, struct item, op);
	struct ek_bootstrap *b = it->b;

	/* made by somebody else meanwhile, or changed: theirs counts */
	if (rc < 0 && rc != EK_EEXISTS && rc != EK_ECONFLICT && b->err.code == 0)
		(void)ek_fail(&b->err, rc, "default %s %s: %s", op->kind->kind, it->name,
			      ek_json_str_at(op->status, "message"));
	if (--b->left == 0)
		ek_flow_resume(&b->flow, 0);
}

static void write_item(struct ek_bootstrap *b, enum ek_verb verb, const struct ek_kind *k, struct ek_json *take_body)
{
	struct item *it = ek_new(struct item);

	it->b = b;
	it->body = take_body;
	it->ns = ek_str_dup(ek_meta_namespace(take_body));
	it->name = ek_str_dup(ek_meta_name(take_body));
	it->next = b->items;
	b->items = it;
	b->left++;
	ek_op_init(&it->op, verb, k, item_done);
	it->op.user = &ek_user_self;
	it->op.ns = it->ns;
	it->op.name = verb == EK_DO_UPDATE ? it->name : NULL;
	it->op.body = it->body;
	ek_op_start(b->r, &it->op);
}

/*
 * wanted is owned. update(have, wanted) changes an editable copy of what is there and tells whether
 * anything is different; NULL: what is there stays as it is.
 */
static void ensure(struct ek_bootstrap *b, const struct ek_kind *k, struct ek_json *take_wanted,
		   bool (*update)(struct ek_json *have, const struct ek_json *wanted))
{
	EK_JSON struct ek_json *wanted = take_wanted, *have = NULL;
	EK_OBJECT struct ek_object *o = ek_registry_read(b->r, k, ek_meta_namespace(wanted), ek_meta_name(wanted));

	if (!o) {
		write_item(b, EK_DO_CREATE, k, ek_steal(wanted));
		return;
	}
	if (!update)
		return;
	have = ek_json_copy(ek_object_tree(o));
	if (update(have, wanted))
		write_item(b, EK_DO_UPDATE, k, ek_steal(have));
}

/* ---- RBAC: what is missing comes back, unless somebody said not to touch it ---- */

static bool add_missing(struct ek_json *have, const struct ek_json *wanted, const char *field)
{
	struct ek_json *list = ek_json_get(have, field);
	bool changed = false;

	for (struct ek_json_iter it = ek_json_iter(ek_json_get(wanted, field)); ek_json_next(&it);) {
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

	if (!ek_streq(ek_meta_annotation(have, "rbac.authorization.kubernetes.io/autoupdate"), "true"))
		return false;
	rules = !ek_json_get(have, "aggregationRule") && add_missing(have, wanted, "rules");
	subjects = add_missing(have, wanted, "subjects");
	return rules || subjects;
}

static void ensure_rbac(struct ek_bootstrap *b)
{
	for (const struct ek_rbac_role *r = ek_rbac_roles; r->name; r++) {
		struct ek_rbac_binding binding;
		char text[256];

		ensure(b, r->ns ? &ek_kind_role : &ek_kind_clusterrole, ek_rbac_role_new(r), update_rbac);
		if (ek_rbac_controller_binding(r, &binding, text))
			ensure(b, &ek_kind_clusterrolebinding, ek_rbac_binding_new(&binding), update_rbac);
	}
	for (const struct ek_rbac_binding *x = ek_rbac_bindings; x->name; x++)
		ensure(b, x->ns ? &ek_kind_rolebinding : &ek_kind_clusterrolebinding, ek_rbac_binding_new(x),
		       update_rbac);
}

/* ---- priority classes ---- */

static void ensure_priorities(struct ek_bootstrap *b)
{
	ensure(b, &ek_kind_priorityclass,
	       ek_json_make("{'kind':'PriorityClass','apiVersion':'scheduling.k8s.io/v1','metadata':{'name':"
			    "'system-cluster-critical'},'value':%d,'description':'For pods that the cluster cannot do "
			    "without, on whatever node.'}", 2000000000), NULL);
	ensure(b, &ek_kind_priorityclass,
	       ek_json_make("{'kind':'PriorityClass','apiVersion':'scheduling.k8s.io/v1','metadata':{'name':"
			    "'system-node-critical'},'value':%d,'description':'For pods that their node cannot do "
			    "without.'}", 2000001000), NULL);
}

/* ---- the Service by which pods reach this server ---- */

static bool update_subsets(struct ek_json *have, const struct ek_json *wanted)
{
	if (ek_json_same(ek_json_get(have, "subsets"), ek_json_get(wanted, "subsets")))
		return false;
	ek_json_set(have, "subsets", ek_json_copy(ek_json_get(wanted, "subsets")));
	return true;
}

static bool update_slice(struct ek_json *have, const struct ek_json *wanted)
{
	/* what the server was never told (conditions' defaults) does not count */
	const struct ek_json *old = ek_json_elem(ek_json_get(have, "endpoints"), 0);
	const struct ek_json *now = ek_json_elem(ek_json_get(wanted, "endpoints"), 0);

	if (ek_json_same(ek_json_get(old, "addresses"), ek_json_get(now, "addresses")) &&
	    ek_json_int_at(have, "ports.0.port", 0) == ek_json_int_at(wanted, "ports.0.port", 0))
		return false;
	ek_json_set(have, "endpoints", ek_json_copy(ek_json_get(wanted, "endpoints")));
	ek_json_set(have, "ports", ek_json_copy(ek_json_get(wanted, "ports")));
	return true;
}

static bool update_service(struct ek_json *have, const struct ek_json *wanted)
{
	struct ek_json *port = ek_json_at(have, "spec.ports.0");
	int64_t target = ek_json_int_at(wanted, "spec.ports.0.targetPort", 0);

	if (!port || ek_json_int_at(port, "targetPort", 0) == target)
		return false;
	ek_json_set_int(port, "targetPort", target);
	return true;
}

static void ensure_endpoints(struct ek_bootstrap *b, const char *address, int port)
{
	const char *family = strchr(address, ':') ? "IPv6" : "IPv4";

	ensure(b, &ek_kind_endpoints,
	       ek_json_make("{'kind':'Endpoints','apiVersion':'v1','metadata':{'name':'kubernetes','namespace':'default',"
			    "'labels':{'endpointslice.kubernetes.io/skip-mirror':'true'}},'subsets':[{'addresses':[{'ip':%s}],"
			    "'ports':[{'name':'https','port':%d,'protocol':'TCP'}]}]}", address, port), update_subsets);
	ensure(b, &ek_kind_endpointslice,
	       ek_json_make("{'kind':'EndpointSlice','apiVersion':'discovery.k8s.io/v1','metadata':{'name':'kubernetes',"
			    "'namespace':'default','labels':{'kubernetes.io/service-name':'kubernetes'}},"
			    "'addressType':%s,'endpoints':[{'addresses':[%s],'conditions':{'ready':true}}],"
			    "'ports':[{'name':'https','port':%d,'protocol':'TCP'}]}", family, address, port),
	       update_slice);
}

static void ensure_service(struct ek_bootstrap *b)
{
	const struct ek_api_options *o = b->r->api;
	int port = o->advertise_port ? o->advertise_port : o->port ? o->port : 6443;
	char ip[46];

	ensure(b, &ek_kind_service,
	       ek_json_make("{'kind':'Service','apiVersion':'v1','metadata':{'name':'kubernetes','namespace':'default',"
			    "'labels':{'component':'apiserver','provider':'kubernetes'}},'spec':{'type':'ClusterIP',"
			    "'clusterIP':%s,'sessionAffinity':'None','ports':[{'name':'https','port':%d,'protocol':'TCP',"
			    "'targetPort':%d}]}}", ek_services_first(b->r->services, ip), API_PORT, port),
	       update_service);
	if (!ek_str_empty(o->advertise_address))
		ensure_endpoints(b, o->advertise_address, port);
}

/* What extension API servers read to know whom this server vouches for. */
static void ensure_authentication(struct ek_bootstrap *b)
{
	if (ek_str_empty(b->r->api->client_ca))
		return;
	ensure(b, &ek_kind_configmap,
	       ek_json_make("{'kind':'ConfigMap','apiVersion':'v1','metadata':{'name':"
			    "'extension-apiserver-authentication','namespace':'kube-system'},"
			    "'data':{'client-ca-file':%s}}", b->r->api->client_ca), NULL);
}

/* ---- the steps ---- */

/* Everything of a step was started: go on when all of it is answered. */
static int wait_for_items(struct ek_bootstrap *b, int next)
{
	return --b->left > 0 ? EK_WAIT(next) : EK_GO(next);
}

static int step_namespaces(struct ek_flow *f)
{
	static const char *const names[] = { "default", "kube-system", "kube-public", "kube-node-lease" };
	struct ek_bootstrap *b = bootstrap_of(f);

	b->left = 1;
	for (size_t i = 0; i < EK_ARRAY_LEN(names); i++)
		ensure(b, &ek_kind_namespace, ek_json_make("{'kind':'Namespace','apiVersion':'v1','metadata':"
							   "{'name':%s}}", names[i]), NULL);
	return wait_for_items(b, OBJECTS);
}

static int step_objects(struct ek_flow *f)
{
	struct ek_bootstrap *b = bootstrap_of(f);

	if (b->err.code < 0)
		return b->err.code;
	items_free(b);
	b->left = 1;
	ensure_rbac(b);
	ensure_priorities(b);
	ensure_service(b);
	ensure_authentication(b);
	return wait_for_items(b, AGGREGATE);
}

static void on_settled(void *arg)
{
	struct ek_bootstrap *b = arg;

	ek_flow_resume(&b->flow, 0);
}

static int step_aggregate(struct ek_flow *f)
{
	struct ek_bootstrap *b = bootstrap_of(f);

	if (b->err.code < 0)
		return b->err.code;
	items_free(b);
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
	[OBJECTS]    = { "objects", step_objects, EK_BIT(AGGREGATE) },
	[AGGREGATE]  = { "aggregate", step_aggregate, EK_BIT(END) },
	[END]        = { "end", step_end, 0 },
};

static void on_done(struct ek_flow *f)
{
	struct ek_bootstrap *b = bootstrap_of(f);
	struct ek_err err = b->err;
	void (*done)(void *arg, int rc, const struct ek_err *err) = b->done;
	void *arg = b->arg;
	int rc = f->rc;

	b->r->bootstrap = NULL;
	ek_bootstrap_free(b);
	if (rc < 0 && err.code == 0)
		(void)ek_fail(&err, rc, "default objects: %s", ek_err_name(rc));
	done(arg, rc, &err);
}

void ek_bootstrap_start(struct ek_registry *r, void (*done)(void *arg, int rc, const struct ek_err *err), void *arg)
{
	struct ek_bootstrap *b = ek_new(struct ek_bootstrap);

	b->r = r;
	b->done = done;
	b->arg = arg;
	b->flow.done = on_done;
	r->bootstrap = b;
	ek_flow_start(&b->flow, states, N_STATES);
}
