/* SPDX-License-Identifier: Apache-2.0 */
#include "own_service.h"

#include "admit/services.h"

#include <ekube/log.h>
#include <ekube/str.h>

#include <stdlib.h>

enum { API_PORT = 443, SOON_MS = 1000, N_KEYS = 3 };

struct kept {
	struct ek_own_service *owner;
	struct ek_store_watch watch;
	char *key;
};

struct ek_own_service {
	struct ek_registry *r;
	struct ek_ensure ensure;
	struct ek_timer timer;
	struct kept kept[N_KEYS];
};

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

static void ensure_endpoints(struct ek_ensure *e, const char *address, int port)
{
	const char *family = strchr(address, ':') ? "IPv6" : "IPv4";

	ek_ensure_object(
		e, &ek_kind_endpoints,
		ek_json_make(
			"{'kind':'Endpoints','apiVersion':'v1','metadata':{'name':'kubernetes','namespace':'default',"
			"'labels':{'endpointslice.kubernetes.io/skip-mirror':'true'}},'subsets':[{'addresses':[{'ip':%s}],"
			"'ports':[{'name':'https','port':%d,'protocol':'TCP'}]}]}",
			address, port),
		update_subsets);
	ek_ensure_object(
		e, &ek_kind_endpointslice,
		ek_json_make(
			"{'kind':'EndpointSlice','apiVersion':'discovery.k8s.io/v1','metadata':{'name':'kubernetes',"
			"'namespace':'default','labels':{'kubernetes.io/service-name':'kubernetes'}},"
			"'addressType':%s,'endpoints':[{'addresses':[%s],'conditions':{'ready':true}}],"
			"'ports':[{'name':'https','port':%d,'protocol':'TCP'}]}",
			family, address, port),
		update_slice);
}

void ek_own_service_ensure(struct ek_ensure *e)
{
	const struct ek_api_options *o = e->r->api;
	int port = o->advertise_port ? o->advertise_port : o->port ? o->port : 6443;
	char ip[46];

	ek_ensure_object(
		e, &ek_kind_service,
		ek_json_make(
			"{'kind':'Service','apiVersion':'v1','metadata':{'name':'kubernetes','namespace':'default',"
			"'labels':{'component':'apiserver','provider':'kubernetes'}},'spec':{'type':'ClusterIP',"
			"'clusterIP':%s,'sessionAffinity':'None','ports':[{'name':'https','port':%d,'protocol':'TCP',"
			"'targetPort':%d}]}}",
			ek_services_first(e->r->services, ip), API_PORT, port),
		update_service);
	if (!ek_str_empty(o->advertise_address))
		ensure_endpoints(e, o->advertise_address, port);
}

/* ---- while the server runs ---- */

static void on_idle(struct ek_ensure *e)
{
	if (e->err.code < 0)
		ek_warn("the Service by which pods reach the API could not be made anew", "error",
			e->err.msg);
	e->err.code = 0;
}

static void on_time(struct ek_timer *t)
{
	struct ek_own_service *o = ek_container_of(t, struct ek_own_service, timer);

	if (o->ensure.left > 0) {
		ek_timer_start(o->r->loop, t, SOON_MS, on_time);
		return;
	}
	ek_ensure_clear(&o->ensure);
	ek_own_service_ensure(&o->ensure);
}

/* What was written here is seen as well, and found to be as it should. */
static bool on_event(struct ek_store_watch *w, const struct ek_store_event *e)
{
	const struct kept *k = ek_container_of(w, struct kept, watch);
	struct ek_own_service *o = k->owner;

	if (e->type != EK_EVENT_ADDED && ek_streq(e->key, k->key) && !ek_timer_active(&o->timer))
		ek_timer_start(o->r->loop, &o->timer, SOON_MS, on_time);
	return true;
}

static int keep(struct ek_own_service *o, struct kept *k, const struct ek_kind *kind,
		struct ek_err *err)
{
	k->owner = o;
	k->key = ek_key_make(kind, "default", "kubernetes");
	k->watch = (struct ek_store_watch){ .prefix = k->key, .on_event = on_event };
	return ek_store_watch(o->r->store, &k->watch, err);
}

int ek_own_service_keep(struct ek_registry *r, struct ek_own_service **ret, struct ek_err *err)
{
	static const struct ek_kind *const kinds[N_KEYS] = { &ek_kind_service, &ek_kind_endpoints,
							     &ek_kind_endpointslice };
	struct ek_own_service *o = ek_new(struct ek_own_service);
	int rc = 0;

	o->r = r;
	o->ensure = (struct ek_ensure){ .r = r, .idle = on_idle };
	*ret = o;
	for (size_t i = 0; i < N_KEYS && rc == 0; i++)
		rc = keep(o, &o->kept[i], kinds[i], err);
	return rc;
}

void ek_own_service_free(struct ek_own_service *o)
{
	if (!o)
		return;
	ek_timer_stop(&o->timer);
	ek_ensure_clear(&o->ensure);
	for (size_t i = 0; i < N_KEYS; i++) {
		ek_store_watch_stop(&o->kept[i].watch);
		free(o->kept[i].key);
	}
	free(o);
}
