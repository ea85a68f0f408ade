/* SPDX-License-Identifier: Apache-2.0 */
#include "node_graph.h"

#include <ekube/log.h>
#include <ekube/str.h>

#include <stdlib.h>

enum { SEARCHED_BYTES = 4096 };

/* The first letter of a reference tells its kind; all are in the pod's namespace. */
enum ref { REF_ACCOUNT = 'a', REF_CLAIM = 'v', REF_CONFIGMAP = 'c', REF_SECRET = 's' };

struct home { /* a node, while pods are bound to it */
	struct ek_list pods; /* struct bound.node */
	char           name[];
};

struct bound { /* a pod that is bound */
	struct ek_list node;
	struct home   *home;
	char          *refs;        /* "sname\0cname\0", of these many bytes; NULL: none */
	size_t         refs_len;
	size_t         n_ephemeral; /* containers whose references are in refs */
	bool           is_read;
	const char    *name;        /* in key */
	size_t         ns_len;
	char           key[];       /* "ns/name" */
};

struct ek_node_graph {
	struct ek_registry   *r;
	char                 *prefix;
	struct ek_map         pods;  /* "ns/name" -> struct bound */
	struct ek_map         homes; /* node's name -> struct home */
	struct ek_store_list  list;
	struct ek_store_watch watch;
	int                   rc;    /* of the list */
};

/* ---- references of a pod ---- */

static bool has_ref(const char *refs, size_t len, enum ref kind, const char *name)
{
	for (size_t at = 0; at < len; at += strlen(refs + at) + 1)
		if (refs[at] == (char)kind && ek_streq(refs + at + 1, name))
			return true;
	return false;
}

/* Twice the same is kept once, as far as looking is cheap: a pod may be megabytes of references. */
static void add_ref(struct ek_buf *to, enum ref kind, const char *name)
{
	if (ek_str_empty(name) ||
	    has_ref(to->data, EK_MIN(to->len, (size_t)SEARCHED_BYTES), kind, name))
		return;
	(void)ek_buf_char(to, (char)kind);
	(void)ek_buf_append(to, name, strlen(name) + 1);
}

static void add_containers(struct ek_buf *to, const struct ek_json *containers)
{
	for (struct ek_json_iter c = ek_json_iter(containers); ek_json_next(&c);) {
		for (struct ek_json_iter e = ek_json_iter(ek_json_get(c.value, "envFrom"));
		     ek_json_next(&e);) {
			add_ref(to, REF_SECRET, ek_json_str_at(e.value, "secretRef.name"));
			add_ref(to, REF_CONFIGMAP, ek_json_str_at(e.value, "configMapRef.name"));
		}
		for (struct ek_json_iter e = ek_json_iter(ek_json_get(c.value, "env"));
		     ek_json_next(&e);) {
			const struct ek_json *from = ek_json_get(e.value, "valueFrom");

			add_ref(to, REF_SECRET, ek_json_str_at(from, "secretKeyRef.name"));
			add_ref(to, REF_CONFIGMAP, ek_json_str_at(from, "configMapKeyRef.name"));
		}
	}
}

static void add_volume(struct ek_buf *to, const struct ek_json *v, const char *pod)
{
	static const char *const secrets[] = {
		"azureFile.secretName",	    "cephfs.secretRef.name",
		"cinder.secretRef.name",    "flexVolume.secretRef.name",
		"rbd.secretRef.name",	    "secret.secretName",
		"scaleIO.secretRef.name",   "iscsi.secretRef.name",
		"storageos.secretRef.name", "csi.nodePublishSecretRef.name",
	};

	for (size_t i = 0; i < EK_ARRAY_LEN(secrets); i++)
		add_ref(to, REF_SECRET, ek_json_str_at(v, secrets[i]));
	add_ref(to, REF_CONFIGMAP, ek_json_str_at(v, "configMap.name"));
	for (struct ek_json_iter it = ek_json_iter(ek_json_at(v, "projected.sources"));
	     ek_json_next(&it);) {
		add_ref(to, REF_SECRET, ek_json_str_at(it.value, "secret.name"));
		add_ref(to, REF_CONFIGMAP, ek_json_str_at(it.value, "configMap.name"));
	}
	add_ref(to, REF_CLAIM, ek_json_str_at(v, "persistentVolumeClaim.claimName"));
	if (ek_json_get(v, "ephemeral")) {
		EK_FREE char *claim = ek_str_fmt("%s-%s", pod, ek_json_str_at(v, "name"));

		add_ref(to, REF_CLAIM, claim);
	}
}

static void add_refs(struct ek_buf *to, const struct ek_json *spec, const char *pod)
{
	add_ref(to, REF_ACCOUNT, ek_json_str_at(spec, "serviceAccountName"));
	for (struct ek_json_iter it = ek_json_iter(ek_json_get(spec, "imagePullSecrets"));
	     ek_json_next(&it);)
		add_ref(to, REF_SECRET, ek_json_str_at(it.value, "name"));
	add_containers(to, ek_json_get(spec, "initContainers"));
	add_containers(to, ek_json_get(spec, "containers"));
	add_containers(to, ek_json_get(spec, "ephemeralContainers"));
	for (struct ek_json_iter it = ek_json_iter(ek_json_get(spec, "volumes"));
	     ek_json_next(&it);)
		add_volume(to, it.value, pod);
}

/*
 * A mirror pod gives its node nothing: nodes make those themselves. (Admission refuses one that
 * refers to anything; this is the second lock.)
 */
static void read_refs(struct bound *b, const struct ek_json *pod)
{
	EK_BUF struct ek_buf refs = EK_BUF_INIT(EK_OBJECT_MAX_BYTES);
	const struct ek_json *spec = ek_json_get(pod, "spec");

	b->is_read = true;
	b->n_ephemeral = ek_json_len(ek_json_get(spec, "ephemeralContainers"));
	if (!ek_meta_annotation(pod, "kubernetes.io/config.mirror"))
		add_refs(&refs, spec, b->name);
	free(b->refs);
	b->refs_len = refs.len;
	b->refs = refs.len > 0 ? ek_buf_steal(&refs) : NULL;
}

/* ---- pods come and go ---- */

static struct home *home_of(struct ek_node_graph *g, const char *node)
{
	struct home *h = ek_map_get(&g->homes, node);
	size_t n = strlen(node);

	if (h)
		return h;
	h = ek_malloc(sizeof(*h) + n + 1);
	memcpy(h->name, node, n + 1);
	ek_list_init(&h->pods);
	ek_map_put(&g->homes, node, h);
	return h;
}

static struct bound *bind(struct ek_node_graph *g, const char *key, const char *node)
{
	size_t n = strlen(key);
	struct bound *b = ek_malloc(sizeof(*b) + n + 1);

	*b = (struct bound){ .home = home_of(g, node), .ns_len = strcspn(key, "/") };
	memcpy(b->key, key, n + 1);
	b->name = b->key + b->ns_len + (b->key[b->ns_len] == '/');
	ek_list_add_tail(&b->home->pods, &b->node);
	ek_map_put(&g->pods, key, b);
	return b;
}

static void unbind(struct ek_node_graph *g, const char *key)
{
	struct bound *b = ek_map_del(&g->pods, key);

	if (!b)
		return;
	ek_list_del(&b->node);
	if (ek_list_empty(&b->home->pods)) {
		free(ek_map_del(&g->homes, b->home->name));
		ek_map_tidy(&g->homes);
	}
	free(b->refs);
	free(b);
	ek_map_tidy(&g->pods);
}

/* Neither a pod's node changes nor what it refers to, but for containers that are added later. */
static void changed(struct ek_node_graph *g, const char *key, const struct ek_store_event *e)
{
	const char *node = ek_index_field(e->index, "spec.nodeName");
	EK_OBJECT struct ek_object *o = NULL;
	struct bound *b = ek_map_get(&g->pods, key);
	const struct ek_json *pod;

	if (ek_str_empty(node))
		return;
	if (!b)
		b = bind(g, key, node);
	else if (!b->is_read)
		return;
	o = ek_object_of_event(e);
	if (!o)
		return;
	pod = ek_object_tree(o);
	if (!b->is_read ||
	    ek_json_len(ek_json_at(pod, "spec.ephemeralContainers")) > b->n_ephemeral)
		read_refs(b, pod);
}

static bool on_event(struct ek_store_watch *w, const struct ek_store_event *e)
{
	struct ek_node_graph *g = ek_container_of(w, struct ek_node_graph, watch);
	const char *key = e->key + strlen(g->prefix);

	if (e->type == EK_EVENT_DELETED)
		unbind(g, key);
	else
		changed(g, key, e);
	return true;
}

/* A watch that never pauses is never left behind. */
static void on_end(struct ek_store_watch *w, int rc)
{
	(void)w;
	ek_error("the authorizer of nodes lost the store", "error", ek_err_name(rc));
}

static bool on_record(struct ek_store_list *list, const struct ek_record *rec)
{
	struct ek_node_graph *g = ek_container_of(list, struct ek_node_graph, list);
	const char *node = ek_index_field(rec->index, "spec.nodeName");

	if (!ek_str_empty(node))
		(void)bind(g, rec->key + strlen(g->prefix), node);
	return true;
}

static void on_listed(struct ek_store_list *list, int rc, bool more)
{
	struct ek_node_graph *g = ek_container_of(list, struct ek_node_graph, list);

	(void)more;
	g->rc = rc;
}

/* ---- life ---- */

struct ek_node_graph *ek_node_graph_new(struct ek_registry *r)
{
	struct ek_node_graph *g = ek_new(struct ek_node_graph);

	g->r = r;
	g->prefix = ek_key_make(&ek_kind_pod, NULL, NULL);
	return g;
}

void ek_node_graph_free(struct ek_node_graph *g)
{
	if (!g)
		return;
	ek_store_watch_stop(&g->watch);
	for (struct ek_map_entry *e = NULL; (e = ek_map_next(&g->pods, e));) {
		struct bound *b = e->value;

		free(b->refs);
		free(b);
	}
	for (struct ek_map_entry *e = NULL; (e = ek_map_next(&g->homes, e));)
		free(e->value);
	ek_map_done(&g->pods);
	ek_map_done(&g->homes);
	free(g->prefix);
	free(g);
}

int ek_node_graph_load(struct ek_node_graph *g, struct ek_err *err)
{
	g->list.prefix = g->prefix;
	g->list.on_record = on_record;
	g->list.done = on_listed;
	ek_store_list(g->r->store, &g->list);
	if (g->rc < 0)
		return ek_fail(err, g->rc, "read pods: %s", ek_err_name(g->rc));
	g->watch.prefix = g->prefix;
	g->watch.from_rev = g->list.at_rev;
	g->watch.on_event = on_event;
	g->watch.on_end = on_end;
	return ek_store_watch(g->r->store, &g->watch, err);
}

/* ---- questions ---- */

static void read_stored(struct ek_node_graph *g, struct bound *b)
{
	EK_FREE char *ns = ek_str_ndup(b->key, b->ns_len);
	EK_OBJECT struct ek_object *o = ek_registry_read(g->r, &ek_kind_pod, ns, b->name);

	if (o)
		read_refs(b, ek_object_tree(o));
}

static bool is_in(const struct bound *b, const char *ns)
{
	return strlen(ns) == b->ns_len && memcmp(b->key, ns, b->ns_len) == 0;
}

static bool refers(struct ek_node_graph *g, struct home *h, enum ref kind, const char *ns,
		   const char *name)
{
	EK_LIST_EACH(node, tmp, &h->pods) {
		struct bound *b = ek_container_of(node, struct bound, node);

		if (!is_in(b, ns))
			continue;
		if (!b->is_read)
			read_stored(g, b);
		if (has_ref(b->refs, b->refs_len, kind, name))
			return true;
	}
	return false;
}

/* The volume is for a claim that a pod here uses. */
static bool mounts(struct ek_node_graph *g, struct home *h, const struct ek_json *pv)
{
	const struct ek_json *claim = ek_json_at(pv, "spec.claimRef");
	const char *ns = ek_json_str_at(claim, "namespace"), *name = ek_json_str_at(claim, "name");

	return !ek_str_empty(ns) && !ek_str_empty(name) && refers(g, h, REF_CLAIM, ns, name);
}

/* Does a node need the secret for this volume? (k8s.io/kubernetes/pkg/api/v1/persistentvolume) */
static bool needs_secret(const struct ek_json *pv, const char *ns, const char *name)
{
	static const struct {
		const char *ref, *name, *ns;
		bool        own_ns; /* no other namespace is meant when it has none */
	} rows[] = {
		{ "azureFile", "secretName", "secretNamespace", false },
		{ "cephfs.secretRef", "name", "namespace", false },
		{ "cinder.secretRef", "name", "namespace", true },
		{ "flexVolume.secretRef", "name", "namespace", false },
		{ "rbd.secretRef", "name", "namespace", false },
		{ "scaleIO.secretRef", "name", "namespace", false },
		{ "iscsi.secretRef", "name", "namespace", false },
		{ "storageos.secretRef", "name", "namespace", true },
		{ "csi.nodePublishSecretRef", "name", "namespace", true },
		{ "csi.nodeStageSecretRef", "name", "namespace", true },
		{ "csi.nodeExpandSecretRef", "name", "namespace", true },
	};
	const struct ek_json *spec = ek_json_get(pv, "spec");

	for (size_t i = 0; i < EK_ARRAY_LEN(rows); i++) {
		const struct ek_json *ref = ek_json_at(spec, rows[i].ref);
		const char *in = ek_json_str_at(ref, rows[i].ns);

		if (ek_str_empty(in) && !rows[i].own_ns)
			in = ek_json_str_at(spec, "claimRef.namespace");
		if (ek_streq(ek_json_str_at(ref, rows[i].name), name) && ek_streq(in, ns))
			return true;
	}
	return false;
}

static bool claim_needs_secret(struct ek_node_graph *g, struct home *h, const char *claim_ns,
			       const char *claim, const char *ns, const char *name)
{
	EK_OBJECT struct ek_object *pvc = ek_registry_read(g->r, &ek_kind_pvc, claim_ns, claim);
	EK_OBJECT struct ek_object *pv = NULL;
	const char *volume = pvc ? ek_json_str_at(ek_object_tree(pvc), "spec.volumeName") : NULL;

	if (ek_str_empty(volume))
		return false;
	pv = ek_registry_read(g->r, &ek_kind_pv, NULL, volume);
	return pv && needs_secret(ek_object_tree(pv), ns, name) &&
	       mounts(g, h, ek_object_tree(pv));
}

/* The secret may be in another namespace than the claim. All pods here have been read. */
static bool volume_needs_secret(struct ek_node_graph *g, struct home *h, const char *ns,
				const char *name)
{
	EK_LIST_EACH(node, tmp, &h->pods) {
		struct bound *b = ek_container_of(node, struct bound, node);
		EK_FREE char *claim_ns = ek_str_ndup(b->key, b->ns_len);

		if (!b->is_read)
			read_stored(g, b);
		for (size_t at = 0; at < b->refs_len; at += strlen(b->refs + at) + 1)
			if (b->refs[at] == REF_CLAIM &&
			    claim_needs_secret(g, h, claim_ns, b->refs + at + 1, ns, name))
				return true;
	}
	return false;
}

static bool has_pod(struct ek_node_graph *g, const struct home *h, const char *ns, const char *name)
{
	EK_FREE char *key = ek_str_fmt("%s/%s", ns, name);
	const struct bound *b = ek_map_get(&g->pods, key);

	return b && b->home == h;
}

static bool has_volume(struct ek_node_graph *g, struct home *h, const char *name)
{
	EK_OBJECT struct ek_object *pv = ek_registry_read(g->r, &ek_kind_pv, NULL, name);

	return pv && mounts(g, h, ek_object_tree(pv));
}

bool ek_node_graph_has(struct ek_node_graph *g, const char *node, const struct ek_kind *kind,
		       const char *ns, const char *name)
{
	struct home *h = ek_map_get(&g->homes, node);

	ns = ns ? ns : "";
	if (!h)
		return false;
	if (kind == &ek_kind_pod)
		return has_pod(g, h, ns, name);
	if (kind == &ek_kind_pv)
		return has_volume(g, h, name);
	if (kind == &ek_kind_pvc)
		return refers(g, h, REF_CLAIM, ns, name);
	if (kind == &ek_kind_configmap)
		return refers(g, h, REF_CONFIGMAP, ns, name);
	if (kind == &ek_kind_serviceaccount)
		return refers(g, h, REF_ACCOUNT, ns, name);
	return kind == &ek_kind_secret && (refers(g, h, REF_SECRET, ns, name) ||
					   volume_needs_secret(g, h, ns, name));
}
