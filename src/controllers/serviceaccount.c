/* SPDX-License-Identifier: Apache-2.0 */
#include "rows.h"

#include <ekube/str.h>

/*
 * What every namespace has: the ServiceAccount "default" and the ConfigMap "kube-root-ca.crt".
 * Upstream: pkg/controller/serviceaccount, pkg/controller/certificates/rootcacertpublisher.
 */

#define ACCOUNT "default"
#define CONFIG	"kube-root-ca.crt"

enum { FOUND }; /* the object of that name in the namespace, if it is there */

static bool is_active(const struct ek_json *ns)
{
	const char *phase = ek_json_str_at(ns, "status.phase");

	return ns && !ek_meta_deleting(ns) && (ek_str_empty(phase) || ek_streq(phase, "Active"));
}

static void collect_named(struct running *r, struct snapshot *s, const struct ek_kind *kind,
			  const char *name)
{
	struct ek_object *o = ek_informer_find(running_informer(r, kind), s->name, name);

	if (o)
		snapshot_add(s, FOUND, o);
}

static void map_named(struct running *r, struct ek_object *o, const char *name)
{
	const struct ek_json *obj = ek_object_tree(o);

	if (ek_streq(ek_meta_name(obj), name))
		running_enqueue(r, NULL, ek_meta_namespace(obj));
}

/* ---- the account ---- */

int serviceaccount_reconcile(const struct snapshot *s, struct plan *p, struct ek_err *err)
{
	(void)err;
	if (!is_active(s->object) || s->list[FOUND].n)
		return 0;
	plan_create(
		p, &ek_kind_serviceaccount, s->name,
		ek_json_make(
			"{'kind':'ServiceAccount','apiVersion':'v1','metadata':{'name':'" ACCOUNT
			"','namespace':%s}}",
			s->name))
		->ignore = PLAN_IGNORE_EXISTS;
	return 0;
}

static void collect_account(struct running *r, struct snapshot *s)
{
	collect_named(r, s, &ek_kind_serviceaccount, ACCOUNT);
}

static void map_account(struct running *r, struct ek_object *before, struct ek_object *after)
{
	if (!after)
		map_named(r, before, ACCOUNT);
}

static const struct watch_row account_watches[] = {
	{ .kind = &ek_kind_namespace, .map = map_self },
	{ .kind = &ek_kind_serviceaccount, .map = map_account },
	{ 0 },
};
const struct controller serviceaccount_controller = {
	.name = "serviceaccount-controller",
	.user = "service-account-controller",
	.kind = &ek_kind_namespace,
	.watches = account_watches,
	.workers = 5,
	.collect = collect_account,
	.reconcile = serviceaccount_reconcile,
};

/* ---- the CA ---- */

#define ABOUT_KEY "kubernetes.io/description"
#define ABOUT \
	"Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints " \
	"such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across " \
	"distributions of Kubernetes clusters."

int root_ca_reconcile(const struct snapshot *s, struct plan *p, struct ek_err *err)
{
	const struct ek_json *found = s->list[FOUND].n ? s->list[FOUND].items[0] : NULL;
	EK_JSON struct ek_json *data = NULL;
	struct ek_json *obj;

	(void)err;
	if (!is_active(s->object) || !s->root_ca)
		return 0;
	data = ek_json_make("{'ca.crt':%s}", s->root_ca);
	if (found && ek_json_same(ek_json_get(found, "data"), data) &&
	    ek_streq(ek_meta_annotation(found, ABOUT_KEY), ABOUT))
		return 0;
	if (found) {
		obj = ek_json_copy(found);
		ek_json_set(obj, "data", ek_json_ref(data));
		if (!ek_json_is_object(ek_meta_annotations(obj)))
			ek_json_set_at(obj, "metadata.annotations", ek_json_object());
		ek_json_set_str(ek_meta_annotations(obj), ABOUT_KEY, ABOUT);
		plan_update(p, &ek_kind_configmap, NULL, obj);
		return 0;
	}
	obj = ek_json_make("{'kind':'ConfigMap','apiVersion':'v1','metadata':{'name':'" CONFIG
			   "','namespace':%s,"
			   "'annotations':{'" ABOUT_KEY "':%s}},'data':%v}",
			   s->name, ABOUT, data);
	plan_create(p, &ek_kind_configmap, s->name, obj)->ignore = PLAN_IGNORE_EXISTS;
	return 0;
}

static void collect_ca(struct running *r, struct snapshot *s)
{
	collect_named(r, s, &ek_kind_configmap, CONFIG);
}

static void map_ca(struct running *r, struct ek_object *before, struct ek_object *after)
{
	map_named(r, after ? after : before, CONFIG);
}

static const struct watch_row ca_watches[] = {
	{ .kind = &ek_kind_namespace, .map = map_self },
	{ .kind = &ek_kind_configmap, .map = map_ca, .fields = "metadata.name=" CONFIG },
	{ 0 },
};
const struct controller root_ca_controller = {
	.name = "root-ca-cert-publisher",
	.user = "root-ca-cert-publisher",
	.kind = &ek_kind_namespace,
	.watches = ca_watches,
	.workers = 5,
	.collect = collect_ca,
	.reconcile = root_ca_reconcile,
};
