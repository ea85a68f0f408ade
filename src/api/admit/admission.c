/* SPDX-License-Identifier: Apache-2.0 */
#include "admission.h"

#include "cache.h"
#include "services.h"
#include "status.h"

#include <ekube/str.h>

/* ---- refusals ---- */

int ek_admit_deny(struct ek_request *q, const char *fmt, ...)
{
	EK_BUF struct ek_buf why = EK_BUF_INIT(64 << 10);
	const char *name = q->op->name;
	va_list ap;

	if (ek_str_empty(name))
		name = ek_meta_name(q->obj);
	if (ek_str_empty(name))
		name = ek_json_str_at(q->obj, "metadata.generateName");
	va_start(ap, fmt);
	(void)ek_buf_vfmt(&why, fmt, ap);
	va_end(ap);
	return ek_request_fail(q, ek_status_denied(q->kind, name, "%s", why.data));
}

/* ---- NamespaceLifecycle ---- */

static int admit_namespace_itself(struct ek_request *q, enum ek_admit_op op)
{
	static const char *const immortal[] = { "default", "kube-system", "kube-public" };

	for (size_t i = 0; op == EK_ADMIT_DELETE && i < EK_ARRAY_LEN(immortal); i++)
		if (ek_streq(q->name, immortal[i]))
			return ek_admit_deny(q, "this namespace may not be deleted");
	return 0;
}

static int refuse_terminating(struct ek_request *q)
{
	int rc = ek_admit_deny(
		q, "unable to create new content in namespace %s because it is being terminated",
		q->ns);

	ek_json_set_at(
		q->status, "details.causes",
		ek_json_make(
			"[{'reason':'NamespaceTerminating','message':'namespace %s is being terminated',"
			"'field':'metadata.namespace'}]",
			q->ns));
	return rc;
}

int ek_admit_namespace(struct ek_request *q, enum ek_admit_op op)
{
	struct ek_object *ns;

	if (q->stored == &ek_kind_namespace)
		return admit_namespace_itself(q, op);
	if (!q->stored->namespaced || op == EK_ADMIT_DELETE)
		return 0;
	ns = ek_cache_get(q->r->caches[EK_CACHED_NAMESPACES], NULL, q->ns ? q->ns : "");
	if (!ns)
		return ek_request_fail(q,
				       ek_status_not_found(&ek_kind_namespace, q->ns ? q->ns : ""));
	if (op == EK_ADMIT_CREATE &&
	    ek_streq(ek_index_field(ns->index, "status.phase"), "Terminating"))
		return refuse_terminating(q);
	return 0;
}

int ek_admit_service(struct ek_request *q, enum ek_admit_op op)
{
	(void)op;
	return ek_services_admit(q);
}

/* ---- the table, in upstream's order ---- */

enum {
	NEW     = EK_ADMIT_CREATE,
	CHANGE  = EK_ADMIT_CREATE | EK_ADMIT_UPDATE,
	ANY     = CHANGE | EK_ADMIT_DELETE,
};

static const struct plugin {
	const char           *name;
	const struct ek_kind *kind; /* NULL: all */
	unsigned              ops;
	bool                  subresources;
	int (*admit)(struct ek_request *q, enum ek_admit_op op);
} plugins[] = {
	{ "NamespaceLifecycle", NULL, ANY, true, ek_admit_namespace },
	{ "LimitRanger", &ek_kind_pod, NEW, false, ek_admit_limits },
	{ "ServiceAccount", &ek_kind_pod, NEW, false, ek_admit_service_account },
	{ "NodeRestriction", NULL, ANY, true, ek_admit_node_restriction },
	{ "Priority", &ek_kind_pod, NEW, false, ek_admit_priority },
	{ "Priority", &ek_kind_priorityclass, CHANGE, false, ek_admit_priority_class },
	{ "DefaultTolerationSeconds", &ek_kind_pod, NEW, false, ek_admit_tolerations },
	/* not plugins upstream, but steps of these kinds' own storage */
	{ "RoleEscalation", &ek_kind_role, CHANGE, false, ek_admit_role },
	{ "RoleEscalation", &ek_kind_clusterrole, CHANGE, false, ek_admit_role },
	{ "BindingEscalation", &ek_kind_rolebinding, CHANGE, false, ek_admit_binding },
	{ "BindingEscalation", &ek_kind_clusterrolebinding, CHANGE, false, ek_admit_binding },
	{ "ServiceAllocation", &ek_kind_service, CHANGE, false, ek_admit_service },
	{ "ResourceQuota", NULL, CHANGE, false, ek_admit_quota },
};

int ek_admit(struct ek_request *q, enum ek_admit_op op)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < EK_ARRAY_LEN(plugins); i++) {
		const struct plugin *p = &plugins[i];

		if ((p->ops & op) && (!p->kind || p->kind == q->stored) &&
		    (p->subresources || !q->op->subresource))
			rc = p->admit(q, op);
	}
	return rc;
}
