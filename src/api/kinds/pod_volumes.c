/* SPDX-License-Identifier: Apache-2.0 */

/* Volumes of a pod: ValidateVolumes in k8s.io/kubernetes/pkg/apis/core/validation. */

#include "pod_validate.h"

#include "kinds.h"

#include <ekube/str.h>

static const char mode_msg[] = "must be a number between 0 and 0777 (octal), both inclusive";

static void check_mode(struct ek_check *c, const char *field, const struct ek_json *obj)
{
	const struct ek_json *mode = ek_json_get(obj, field);
	int64_t n = ek_json_int(mode, 0);

	if (n < 0 || n > 0777)
		ek_check_invalid(c, field, mode, mode_msg);
}

static void check_item(struct ek_check *c, const struct ek_json *item)
{
	ek_check_path_reserved(c, "path", ek_json_str_at(item, "path"));
	check_mode(c, "mode", item);
}

static void check_items(struct ek_check *c, const struct ek_json *source)
{
	check_mode(c, "defaultMode", source);
	for (struct ek_json_iter it = ek_json_iter(ek_json_get(source, "items"));
	     ek_json_next(&it);) {
		size_t mark = ek_check_elem(c, "items", it.i);

		check_item(c, it.value);
		ek_check_pop(c, mark);
	}
}

/* ---- downwardAPI: upstream says everything of the list, not of its element ---- */

static void check_file(struct ek_check *c, const struct ek_json *file)
{
	const struct ek_json *field = ek_json_get(file, "fieldRef"),
			     *resource = ek_json_get(file, "resourceFieldRef");
	size_t mark;

	ek_check_path_reserved(c, "path", ek_json_str_at(file, "path"));
	if (field) {
		mark = ek_check_push(c, "fieldRef");
		ek_pod_field_ref_validate(c, field, true);
		ek_check_pop(c, mark);
		if (resource)
			ek_check_invalid_str(
				c, NULL, "resource",
				"fieldRef and resourceFieldRef can not be specified simultaneously");
	} else if (resource) {
		mark = ek_check_push(c, "resourceFieldRef");
		ek_pod_resource_ref_validate(c, resource, true);
		ek_check_pop(c, mark);
	} else {
		ek_check_required(c, NULL, "one of fieldRef and resourceFieldRef is required");
	}
	check_mode(c, "mode", file);
}

static void check_downward(struct ek_check *c, const struct ek_json *source)
{
	check_mode(c, "defaultMode", source);
	for (struct ek_json_iter it = ek_json_iter(ek_json_get(source, "items"));
	     ek_json_next(&it);)
		check_file(c, it.value);
}

/* ---- projected ---- */

/* Paths of a projected volume, over all its sources. */
struct paths {
	struct ek_json *seen; /* an object: path -> true */
};

static void take_path(struct ek_check *c, struct paths *p, const char *path, const char *bad)
{
	if (ek_str_empty(path))
		return;
	if (ek_json_get(p->seen, path))
		ek_check_invalid_str(c, NULL, bad, "conflicting duplicate paths");
	ek_json_set_bool(p->seen, path, true);
}

static void check_token(struct ek_check *c, const char *source, const struct ek_json *token)
{
	const struct ek_json *seconds = ek_json_get(token, "expirationSeconds");
	int64_t n = ek_json_int(seconds, 3600);
	size_t mark = ek_check_push(c, source);

	(void)ek_check_push(c, "serviceAccountToken");
	if (n < 600)
		ek_check_invalid(c, "expirationSeconds", seconds,
				 "may not specify a duration less than 10 minutes");
	if (n > INT64_C(1) << 32)
		ek_check_invalid(c, "expirationSeconds", seconds,
				 "may not specify a duration larger than 2^32 seconds");
	ek_check_pop(c, mark);
	ek_check_path_reserved(c, "path", ek_json_str_at(token, "path"));
}

static void check_trust_bundle(struct ek_check *c, const char *source, struct paths *p,
			       const struct ek_json *bundle)
{
	bool by_name = ek_json_get(bundle, "name"), by_signer = ek_json_get(bundle, "signerName");
	const char *path = ek_json_str_at(bundle, "path");
	size_t mark = ek_check_push(c, source);

	(void)ek_check_push(c, "clusterTrustBundle");
	if (by_name && by_signer)
		ek_check_invalid(c, NULL, bundle, "only one of name and signerName may be used");
	else if (!by_name && !by_signer)
		ek_check_required(c, NULL, "either name or signerName must be specified");
	else if (by_name && ek_str_empty(ek_json_str_at(bundle, "name")))
		ek_check_required(c, "name", "must be a valid object name");
	else if (by_signer && ek_str_empty(ek_json_str_at(bundle, "signerName")))
		ek_check_required(c, "signerName", "must be a valid signer name");
	ek_check_path_reserved(c, "path", path);
	ek_check_pop(c, mark);
	take_path(c, p, path, path);
}

static void check_source(struct ek_check *c, size_t i, struct paths *p,
			 const struct ek_json *source)
{
	static const char *const keyed[] = { "secret", "configMap" };
	const char *at = EK_F("sources[%zu]", i);
	const struct ek_json *s;
	struct ek_json_iter it;
	size_t mark;

	for (size_t k = 0; k < EK_ARRAY_LEN(keyed); k++) {
		if (!(s = ek_json_get(source, keyed[k])))
			continue;
		mark = ek_check_push(c, at);
		(void)ek_check_push(c, keyed[k]);
		check_items(c, s);
		ek_check_pop(c, mark);
		for (it = ek_json_iter(ek_json_get(s, "items")); ek_json_next(&it);)
			take_path(c, p, ek_json_str_at(it.value, "path"),
				  ek_json_str_at(s, "name"));
	}
	if ((s = ek_json_get(source, "downwardAPI"))) {
		mark = ek_check_push(c, at);
		(void)ek_check_push(c, "downwardAPI");
		for (it = ek_json_iter(ek_json_get(s, "items")); ek_json_next(&it);)
			check_file(c, it.value);
		ek_check_pop(c, mark);
		for (it = ek_json_iter(ek_json_get(s, "items")); ek_json_next(&it);)
			take_path(c, p, ek_json_str_at(it.value, "path"),
				  ek_json_str_at(it.value, "path"));
	}
	if ((s = ek_json_get(source, "serviceAccountToken")))
		check_token(c, at, s);
	if ((s = ek_json_get(source, "clusterTrustBundle")))
		check_trust_bundle(c, at, p, s);
	if (ek_json_len(source) > 1)
		ek_check_forbidden(c, at, "may not specify more than 1 volume type per source");
}

static void check_projected(struct ek_check *c, const struct ek_json *projected)
{
	EK_JSON struct ek_json *seen = ek_json_object();
	struct paths p = { seen };

	check_mode(c, "defaultMode", projected);
	for (struct ek_json_iter it = ek_json_iter(ek_json_get(projected, "sources"));
	     ek_json_next(&it);)
		check_source(c, it.i, &p, it.value);
}

/* ---- the others ---- */

static void check_empty_dir(struct ek_check *c, const struct ek_json *s)
{
	struct ek_quantity q = { 0 };

	if (ek_quantity_from_json(ek_json_get(s, "sizeLimit"), &q, NULL) == 0 && q.value < 0)
		ek_check_forbidden(c, "sizeLimit",
				   "SizeLimit field must be a valid resource quantity");
}

static void check_host_path(struct ek_check *c, const struct ek_json *s)
{
	ek_check_backsteps(c, "path", ek_json_str_at(s, "path"));
}

static void check_nfs(struct ek_check *c, const struct ek_json *s)
{
	const char *path = ek_json_str_at(s, "path");

	if (!ek_str_empty(path) && path[0] != '/')
		ek_check_invalid_str(c, "path", path, "must be an absolute path");
}

static void check_ephemeral(struct ek_check *c, const struct ek_json *s)
{
	const struct ek_json *template = ek_json_get(s, "volumeClaimTemplate");
	size_t mark = ek_check_push(c, "volumeClaimTemplate.spec");

	if (template)
		ek_pvc_spec_validate(c, ek_json_get(template, "spec"));
	ek_check_pop(c, mark);
}

/* In upstream's order; two of them are misspelt in its messages. */
static const struct {
	const char *name, *said;
	void (*check)(struct ek_check *c, const struct ek_json *source);
} sources[] = {
	{ "emptyDir", NULL, check_empty_dir },
	{ "hostPath", NULL, check_host_path },
	{ "gitRepo", NULL, NULL },
	{ "gcePersistentDisk", NULL, NULL },
	{ "awsElasticBlockStore", NULL, NULL },
	{ "secret", NULL, check_items },
	{ "nfs", NULL, check_nfs },
	{ "iscsi", NULL, NULL },
	{ "glusterfs", NULL, NULL },
	{ "flocker", NULL, NULL },
	{ "persistentVolumeClaim", NULL, NULL },
	{ "rbd", NULL, NULL },
	{ "cinder", NULL, NULL },
	{ "cephfs", "cephFS", NULL },
	{ "quobyte", NULL, NULL },
	{ "downwardAPI", "downwarAPI", check_downward },
	{ "fc", NULL, NULL },
	{ "flexVolume", NULL, NULL },
	{ "configMap", NULL, check_items },
	{ "azureFile", NULL, NULL },
	{ "vsphereVolume", NULL, NULL },
	{ "photonPersistentDisk", NULL, NULL },
	{ "portworxVolume", NULL, NULL },
	{ "azureDisk", NULL, NULL },
	{ "storageos", NULL, NULL },
	{ "projected", NULL, check_projected },
	{ "scaleIO", NULL, NULL },
	{ "csi", NULL, NULL },
	{ "ephemeral", NULL, check_ephemeral },
	{ "image", NULL, NULL },
};

static bool is_source(const char *key)
{
	for (size_t i = 0; i < EK_ARRAY_LEN(sources); i++)
		if (ek_streq(sources[i].name, key))
			return true;
	return false;
}

static void check_sources(struct ek_check *c, const struct ek_json *v)
{
	size_t left = 0;
	bool found = false;

	for (struct ek_json_iter it = ek_json_iter(v); ek_json_next(&it);)
		left += is_source(it.key);
	for (size_t i = 0; left > 0 && i < EK_ARRAY_LEN(sources); i++) {
		const struct ek_json *s = ek_json_get(v, sources[i].name);
		size_t mark;

		if (!s)
			continue;
		left--;
		if (found) {
			ek_check_forbidden(c, sources[i].said ? sources[i].said : sources[i].name,
					   "may not specify more than 1 volume type");
			continue;
		}
		found = true;
		mark = ek_check_push(c, sources[i].name);
		if (sources[i].check)
			sources[i].check(c, s);
		ek_check_pop(c, mark);
	}
	if (!found)
		ek_check_required(c, NULL, "must specify a volume type");
}

/* ---- all of them ---- */

/* A claim that is made for the pod is not there to be named by another volume. */
static void check_claim_name(struct ek_pod_check *p, const struct ek_json *volumes,
			     const struct ek_json *v)
{
	const char *claim = ek_json_str_at(v, "persistentVolumeClaim.claimName");

	if (!claim || ek_str_empty(p->name))
		return;
	for (struct ek_json_iter it = ek_json_iter(volumes); ek_json_next(&it);) {
		EK_FREE char *made = ek_str_fmt("%s-%s", p->name, ek_json_str_at(it.value, "name"));

		if (ek_json_get(it.value, "ephemeral") && ek_streq(made, claim))
			ek_check_invalid_str(
				&p->c, "persistentVolumeClaim.claimName", claim,
				"must not reference a PVC that gets created for an ephemeral volume");
	}
}

static void check_made_name(struct ek_pod_check *p, const struct ek_json *v, const char *name)
{
	EK_FREE char *made = NULL;
	const char *msg;

	if (!ek_json_get(v, "ephemeral") || ek_str_empty(p->name))
		return;
	made = ek_str_fmt("%s-%s", p->name, name ? name : "");
	msg = ek_name_dns1123_subdomain(made);
	if (msg)
		ek_check_invalid_str(&p->c, "name", name, "PVC name \"%s\": %s", made, msg);
}

void ek_pod_volumes_validate(struct ek_pod_check *p)
{
	const struct ek_json *volumes = ek_json_get(p->spec, "volumes");
	size_t n = 0;

	p->volumes = ek_calloc(ek_json_len(volumes) + 1, sizeof(*p->volumes));
	for (struct ek_json_iter it = ek_json_iter(volumes); ek_json_next(&it);) {
		const char *name = ek_json_str_at(it.value, "name");
		size_t mark = ek_check_elem(&p->c, "volumes", it.i), before = p->c.causes->v.n;

		check_sources(&p->c, it.value);
		check_made_name(p, it.value, name);
		if (!ek_str_empty(name) && ek_check_one_of(name, p->volumes))
			ek_check_duplicate(&p->c, "name", name);
		if (p->c.causes->v.n == before && !ek_str_empty(name) &&
		    !ek_name_dns1123_label(name))
			p->volumes[n++] = name;
		check_claim_name(p, volumes, it.value);
		ek_check_pop(&p->c, mark);
	}
}
