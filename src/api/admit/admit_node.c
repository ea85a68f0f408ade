/* SPDX-License-Identifier: Apache-2.0 */
#include "admission.h"

#include "auth/node_authz.h"
#include "status.h"

#include <ekube/str.h>

#include <stdlib.h>

/*
 * NodeRestriction: a node writes itself and what runs on it. The authorizer says what kinds of
 * things a node may do; here it is held to its own.
 */

static const char mirror_annotation[] = "kubernetes.io/config.mirror";

/* ---- labels that a node may give itself (k8s.io/kubelet/pkg/apis/well_known_labels.go) ---- */

static bool is_kubelet_label(const char *key)
{
	static const char *const labels[] = {
		"kubernetes.io/hostname",
		"topology.kubernetes.io/zone",
		"topology.kubernetes.io/region",
		"beta.kubernetes.io/instance-type",
		"node.kubernetes.io/instance-type",
		"beta.kubernetes.io/os",
		"beta.kubernetes.io/arch",
		"kubernetes.io/os",
		"kubernetes.io/arch",
		"failure-domain.beta.kubernetes.io/zone",
		"failure-domain.beta.kubernetes.io/region",
	};
	size_t n = strcspn(key, "/");
	EK_FREE char *domain = ek_str_ndup(key, n);

	for (size_t i = 0; i < EK_ARRAY_LEN(labels); i++)
		if (ek_streq(labels[i], key))
			return true;
	return ek_streq(domain, "kubelet.kubernetes.io") ||
	       ek_str_ends(domain, ".kubelet.kubernetes.io") ||
	       ek_streq(domain, "node.kubernetes.io") || ek_str_ends(domain, ".node.kubernetes.io");
}

static bool is_reserved_domain(const char *key)
{
	EK_FREE char *domain = strchr(key, '/') ? ek_str_ndup(key, strcspn(key, "/")) :
						  ek_str_dup("");

	return ek_streq(domain, "kubernetes.io") || ek_str_ends(domain, ".kubernetes.io") ||
	       ek_streq(domain, "k8s.io") || ek_str_ends(domain, ".k8s.io");
}

static bool may_label(const char *key)
{
	EK_FREE char *domain = strchr(key, '/') ? ek_str_ndup(key, strcspn(key, "/")) :
						  ek_str_dup("");

	if (ek_streq(domain, "node-restriction.kubernetes.io") ||
	    ek_str_ends(domain, ".node-restriction.kubernetes.io"))
		return false;
	return !is_reserved_domain(key) || is_kubelet_label(key);
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/*
 * Labels that differ and that the node may not touch, sorted and joined; NULL when there is none.
 */
static char *forbidden_labels(const struct ek_json *now, const struct ek_json *before)
{
	struct ek_buf out = EK_BUF_INIT(16 << 10);
	EK_VEC(const char *) keys = { 0 };

	for (struct ek_json_iter it = ek_json_iter(now); ek_json_next(&it);)
		if (!ek_json_equal(it.value, ek_json_get(before, it.key)) && !may_label(it.key))
			ek_vec_push(&keys, it.key);
	for (struct ek_json_iter it = ek_json_iter(before); ek_json_next(&it);)
		if (!ek_json_get(now, it.key) && !may_label(it.key))
			ek_vec_push(&keys, it.key);
	if (keys.n > 1)
		qsort(keys.items, keys.n, sizeof(*keys.items), compare);
	for (size_t i = 0; i < keys.n; i++)
		(void)ek_buf_fmt(&out, "%s%s", i ? ", " : "", keys.items[i]);
	ek_vec_done(&keys);
	if (out.len > 0)
		return ek_buf_steal(&out);
	ek_buf_done(&out);
	return NULL;
}

/* ---- nodes ---- */

static bool same_taints(const struct ek_json *a, const struct ek_json *b)
{
	return ek_json_same(ek_json_at(a, "spec.taints"), ek_json_at(b, "spec.taints"));
}

static int admit_node(struct ek_request *q, enum ek_admit_op op, const char *node)
{
	const struct ek_json *old = op == EK_ADMIT_UPDATE ? ek_object_tree(q->old) : NULL;
	const char *name = op == EK_ADMIT_CREATE ? ek_meta_name(q->obj) : q->name;
	EK_FREE char *labels = NULL;

	if (!ek_streq(name, node))
		return ek_admit_deny(q, "node %s is not allowed to modify node %s", EK_Q(node),
				     EK_Q(name));
	if (op == EK_ADMIT_DELETE)
		return 0;
	if (ek_json_at(q->obj, "spec.configSource") &&
	    !ek_json_same(ek_json_at(q->obj, "spec.configSource"),
			  ek_json_at(old, "spec.configSource")))
		return ek_admit_deny(
			q,
			"node %s is not allowed to update configSource to a new non-nil configSource",
			EK_Q(node));
	if (old && !same_taints(q->obj, old))
		return ek_admit_deny(q, "node %s is not allowed to modify taints", EK_Q(node));
	labels = forbidden_labels(ek_meta_labels(q->obj), ek_meta_labels(old));
	if (labels && old)
		return ek_admit_deny(q, "is not allowed to modify labels: %s", labels);
	if (labels)
		return ek_admit_deny(q, "node %s is not allowed to set the following labels: %s",
				     EK_Q(node), labels);
	return 0;
}

/* ---- pods ---- */

static bool refers_to(const struct ek_json *pod, const char *volume)
{
	for (struct ek_json_iter it = ek_json_iter(ek_json_at(pod, "spec.volumes"));
	     ek_json_next(&it);)
		if (ek_json_get(it.value, volume))
			return true;
	return false;
}

static int admit_mirror_pod(struct ek_request *q, const char *node)
{
	const struct ek_json *owners = ek_json_at(q->obj, "metadata.ownerReferences");
	const struct ek_json *owner = ek_json_elem(owners, 0);

	if (!ek_meta_annotation(q->obj, mirror_annotation))
		return ek_admit_deny(
			q, "pod does not have %s annotation, node %s can only create mirror pods",
			EK_Q(mirror_annotation), EK_Q(node));
	if (!ek_streq(ek_json_str_at(q->obj, "spec.nodeName"), node))
		return ek_admit_deny(
			q, "node %s can only create pods with spec.nodeName set to itself",
			EK_Q(node));
	if (ek_json_len(owners) > 1)
		return ek_admit_deny(
			q,
			"node %s can only create pods with a single owner reference set to itself",
			EK_Q(node));
	if (!owner || !ek_streq(ek_json_str_at(owner, "kind"), "Node") ||
	    !ek_streq(ek_json_str_at(owner, "name"), node))
		return ek_admit_deny(
			q, "node %s can only create pods with an owner reference set to itself",
			EK_Q(node));
	if (!ek_str_empty(ek_json_str_at(q->obj, "spec.serviceAccountName")))
		return ek_admit_deny(q,
				     "node %s can not create pods that reference a service account",
				     EK_Q(node));
	if (refers_to(q->obj, "secret"))
		return ek_admit_deny(q, "node %s can not create pods that reference secrets",
				     EK_Q(node));
	if (refers_to(q->obj, "configMap"))
		return ek_admit_deny(q, "node %s can not create pods that reference configmaps",
				     EK_Q(node));
	if (refers_to(q->obj, "persistentVolumeClaim"))
		return ek_admit_deny(
			q, "node %s can not create pods that reference persistentvolumeclaims",
			EK_Q(node));
	return 0;
}

static int admit_pod(struct ek_request *q, enum ek_admit_op op, const char *node)
{
	const struct ek_json *old = q->old ? ek_object_tree(q->old) : NULL;
	const char *sub = q->op->subresource;
	bool own = ek_streq(ek_json_str_at(old, "spec.nodeName"), node);

	if (op == EK_ADMIT_CREATE)
		return admit_mirror_pod(q, node);
	if (op == EK_ADMIT_DELETE)
		return own ? 0 :
			     ek_admit_deny(
				     q,
				     "node %s can only delete pods with spec.nodeName set to itself",
				     EK_Q(node));
	if (!sub)
		return ek_admit_deny(
			q,
			"unexpected operation \"UPDATE\", node %s can only create and delete mirror pods",
			EK_Q(node));
	if (!ek_streq(sub, "status"))
		return ek_admit_deny(
			q,
			"unexpected pod subresource %s, only 'status' and 'eviction' are allowed",
			EK_Q(sub));
	if (!own)
		return ek_admit_deny(
			q,
			"node %s can only update pod status for pods with spec.nodeName set to itself",
			EK_Q(node));
	if (!ek_json_same(ek_meta_labels(old), ek_meta_labels(q->obj)))
		return ek_admit_deny(q, "node %s cannot update labels through pod status",
				     EK_Q(node));
	return 0;
}

int ek_admit_node_eviction(struct ek_request *q)
{
	const char *node = ek_user_node(q->op->user);
	EK_OBJECT struct ek_object *pod = NULL;

	if (!node)
		return 0;
	pod = ek_registry_read(q->r, &ek_kind_pod, q->ns, q->op->name);
	if (!pod || ek_streq(ek_index_field(pod->index, "spec.nodeName"), node))
		return 0;
	return ek_admit_deny(q, "node %s can only evict pods with spec.nodeName set to itself",
			     node);
}

/* ---- claims ---- */

/* All of a claim that is not for its node to say. */
static struct ek_json *rest_of_claim(const struct ek_json *claim)
{
	static const char *const said[] = { "capacity", "conditions", "allocatedResourceStatuses",
					    "allocatedResources" };
	struct ek_json *rest = ek_json_copy(claim);
	struct ek_json *status = ek_json_get(rest, "status");

	for (size_t i = 0; status && i < EK_ARRAY_LEN(said); i++)
		ek_json_del(status, said[i]);
	ek_json_del(ek_json_get(rest, "metadata"), "resourceVersion");
	return rest;
}

static int admit_claim(struct ek_request *q, enum ek_admit_op op, const char *node)
{
	EK_JSON struct ek_json *before = NULL, *after = NULL;

	if (!ek_streq(q->op->subresource, "status") || op != EK_ADMIT_UPDATE)
		return ek_admit_deny(q, "may only update PVC status");
	before = rest_of_claim(ek_object_tree(q->old));
	after = rest_of_claim(q->obj);
	if (ek_json_same(before, after))
		return 0;
	return ek_admit_deny(
		q,
		"node %s is not allowed to update fields other than status.quantity and status.conditions",
		EK_Q(node));
}

/* ---- leases ---- */

static int admit_lease(struct ek_request *q, enum ek_admit_op op, const char *node)
{
	const char *name = op == EK_ADMIT_CREATE ? ek_meta_name(q->obj) : q->name;

	if (!ek_streq(q->ns, "kube-node-lease"))
		return ek_admit_deny(q, "can only access leases in the %s system namespace",
				     EK_Q("kube-node-lease"));
	if (!ek_streq(name, node))
		return ek_admit_deny(
			q, "can only access node lease with the same name as the requesting node");
	return 0;
}

int ek_admit_node_restriction(struct ek_request *q, enum ek_admit_op op)
{
	const char *node = ek_user_node(q->op->user);

	if (!node)
		return 0;
	if (!*node)
		return ek_admit_deny(q, "could not determine node from user %s",
				     EK_Q(q->op->user->name));
	if (q->stored == &ek_kind_node)
		return admit_node(q, op, node);
	if (q->stored == &ek_kind_pod)
		return admit_pod(q, op, node);
	if (q->stored == &ek_kind_pvc)
		return admit_claim(q, op, node);
	if (q->stored == &ek_kind_lease)
		return admit_lease(q, op, node);
	return 0;
}
