/* SPDX-License-Identifier: Apache-2.0 */

/* PersistentVolume and PersistentVolumeClaim, as records. */

#include "kinds.h"
#include "pod_validate.h"
#include "resources.h"

#include <ekube/str.h>

static const char *const modes[] = { "ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce",
				     "ReadWriteOncePod", NULL };

static void check_modes(struct ek_check *c, const struct ek_json *list)
{
	bool once_pod = false, other = false;

	for (struct ek_json_iter it = ek_json_iter(list); ek_json_next(&it);) {
		const char *mode = ek_json_str(it.value);

		if (!ek_check_one_of(mode, modes))
			ek_check_unsupported(c, "accessModes", mode, modes);
		else if (ek_streq(mode, "ReadWriteOncePod"))
			once_pod = true;
		else
			other = true;
	}
	if (once_pod && other)
		ek_check_forbidden(c, "accessModes",
				   "may not use ReadWriteOncePod with other access modes");
}

static void check_positive(struct ek_check *c, const struct ek_json *amount)
{
	struct ek_quantity q = { 0 }, zero = { 0 };
	char text[40];

	(void)ek_quantity_from_json(amount, &q, NULL);
	if (ek_quantity_cmp(&q, &zero) <= 0)
		ek_check_invalid_str(c, NULL, ek_resource_text(amount, text),
				     "must be greater than zero");
}

/* ---- PersistentVolume ---- */

/* In upstream's order. */
static const char *const sources[] = {
	"hostPath",
	"gcePersistentDisk",
	"awsElasticBlockStore",
	"glusterfs",
	"flocker",
	"nfs",
	"rbd",
	"quobyte",
	"cephfs",
	"iscsi",
	"cinder",
	"fc",
	"azureFile",
	"vsphereVolume",
	"photonPersistentDisk",
	"portworxVolume",
	"azureDisk",
	"scaleIO",
	"local",
	"storageos",
	"csi",
};

static void check_capacity(struct ek_check *c, const struct ek_json *capacity)
{
	static const char *const only[] = { "storage", NULL };
	size_t mark = ek_check_push(c, "capacity");

	if (!ek_json_get(capacity, "storage") || ek_json_len(capacity) > 1)
		ek_cause_unsupported(c->causes, &c->at, capacity, only);
	ek_check_pop(c, mark);
	for (struct ek_json_iter it = ek_json_iter(capacity); ek_json_next(&it);) {
		mark = ek_check_key(c, "capacity", it.key);
		check_positive(c, it.value);
		ek_check_pop(c, mark);
	}
}

static void check_sources(struct ek_check *c, const struct ek_json *spec)
{
	const char *path = ek_json_str_at(spec, "hostPath.path");
	bool found = false;

	for (size_t i = 0; i < EK_ARRAY_LEN(sources); i++) {
		if (!ek_json_get(spec, sources[i]))
			continue;
		if (found)
			ek_check_forbidden(c, sources[i],
					   "may not specify more than 1 volume type");
		found = true;
	}
	if (!found)
		ek_check_required(c, NULL, "must specify a volume type");
	ek_check_backsteps(c, "hostPath.path", path);
	ek_check_backsteps(c, "local.path", ek_json_str_at(spec, "local.path"));
	if (ek_json_get(spec, "local") && !ek_json_get(spec, "nodeAffinity"))
		ek_check_required(c, "nodeAffinity", "Local volume requires node affinity");
	if (path && path[strspn(path, "/")] == '\0' && path[0] &&
	    ek_streq(ek_json_str_at(spec, "persistentVolumeReclaimPolicy"), "Recycle"))
		ek_check_forbidden(c, "persistentVolumeReclaimPolicy",
				   "may not be 'recycle' for a hostPath mount of '/'");
}

static bool same_sources(const struct ek_json *a, const struct ek_json *b)
{
	for (size_t i = 0; i < EK_ARRAY_LEN(sources); i++)
		if (!ek_json_same(ek_json_get(a, sources[i]), ek_json_get(b, sources[i])))
			return false;
	return true;
}

/* Upstream's paths leave "spec" out of some of these. */
static void check_volume_update(struct ek_check *c, const struct ek_json *spec,
				const struct ek_json *old)
{
	const struct ek_json *affinity = ek_json_get(spec, "nodeAffinity"),
			     *was = ek_json_get(old, "nodeAffinity");

	if (!same_sources(spec, old))
		ek_check_forbidden(c, "spec.persistentvolumesource",
				   "spec.persistentvolumesource is immutable after creation\n");
	if (!ek_json_same(ek_json_get(spec, "volumeMode"), ek_json_get(old, "volumeMode")))
		ek_check_invalid_str(c, "volumeMode", ek_json_str_at(spec, "volumeMode"),
				     "field is immutable");
	if (was && !ek_json_same(affinity, was))
		ek_check_invalid(c, "nodeAffinity", affinity,
				 "field is immutable, except for updating from beta label to GA");
}

void ek_pv_validate(const struct ek_json *obj, const struct ek_json *old, struct ek_causes *causes)
{
	const struct ek_json *spec = ek_json_get(obj, "spec"),
			     *affinity = ek_json_get(spec, "nodeAffinity");
	struct ek_check c = { .causes = causes };
	size_t mark = ek_check_push(&c, "spec"), below;

	check_modes(&c, ek_json_get(spec, "accessModes"));
	check_capacity(&c, ek_json_get(spec, "capacity"));
	below = ek_check_push(&c, "nodeAffinity.required");
	if (ek_json_get(affinity, "required"))
		ek_node_selector_validate(&c, ek_json_get(affinity, "required"));
	ek_check_pop(&c, below);
	if (affinity && !ek_json_get(affinity, "required"))
		ek_check_required(&c, "nodeAffinity.required",
				  "must specify required node constraints");
	check_sources(&c, spec);
	ek_check_pop(&c, mark);
	if (old)
		check_volume_update(&c, spec, ek_json_get(old, "spec"));
}

/* ---- PersistentVolumeClaim ---- */

static void check_data_source(struct ek_check *c, const char *field, const struct ek_json *source)
{
	const char *group = ek_json_str_at(source, "apiGroup"),
		   *kind = ek_json_str_at(source, "kind");

	if (!source)
		return;
	if (ek_str_empty(group) && !ek_str_empty(kind) && !ek_streq(kind, "PersistentVolumeClaim"))
		ek_check_invalid_str(
			c, field, kind,
			"must be 'PersistentVolumeClaim' when referencing the default apiGroup");
	if (!ek_str_empty(group) && ek_name_dns1123_subdomain(group)) {
		size_t mark = ek_check_push(c, field);

		ek_check_name(c, "apiGroup", group, ek_name_dns1123_subdomain);
		ek_check_pop(c, mark);
	}
}

static void check_data_sources(struct ek_check *c, const struct ek_json *spec)
{
	static const char *const fields[] = { "apiGroup", "kind", "name" };
	const struct ek_json *source = ek_json_get(spec, "dataSource"),
			     *ref = ek_json_get(spec, "dataSourceRef");
	const char *at = EK_F("%s.dataSource", c->at.text);

	check_data_source(c, "dataSource", source);
	check_data_source(c, "dataSourceRef", ref);
	if (!source || !ref)
		return;
	if (!ek_str_empty(ek_json_str_at(ref, "namespace"))) {
		ek_check_invalid_str(
			c, NULL, at,
			"may not be specified when dataSourceRef.namespace is specified");
		return;
	}
	for (size_t i = 0; i < EK_ARRAY_LEN(fields); i++)
		if (!ek_json_same(ek_json_get(source, fields[i]), ek_json_get(ref, fields[i]))) {
			ek_check_invalid_str(c, NULL, at, "must match dataSourceRef");
			return;
		}
}

void ek_pvc_spec_validate(struct ek_check *c, const struct ek_json *spec)
{
	const struct ek_json *list = ek_json_get(spec, "accessModes");
	const struct ek_json *storage = ek_json_at(spec, "resources.requests.storage");
	size_t mark;

	if (ek_json_len(list) == 0)
		ek_check_required(c, "accessModes", "at least 1 access mode is required");
	mark = ek_check_push(c, "selector");
	ek_label_selector_validate(ek_json_get(spec, "selector"), false, &c->at, c->causes);
	ek_check_pop(c, mark);
	check_modes(c, list);
	mark = ek_check_key(c, "resources", "storage");
	if (!storage)
		ek_check_required(c, NULL, "");
	else
		check_positive(c, storage);
	ek_check_pop(c, mark);
	check_data_sources(c, spec);
}

/* A claim is what was asked for: only its volume is found later, and it may grow. */
static void check_claim_update(struct ek_check *c, const struct ek_json *obj,
			       const struct ek_json *old)
{
	const struct ek_json *spec = ek_json_get(obj, "spec"), *was = ek_json_get(old, "spec");
	const struct ek_json *now_size = ek_json_at(spec, "resources.requests.storage");
	const struct ek_json *was_size = ek_json_at(was, "resources.requests.storage");
	EK_JSON struct ek_json *a = ek_json_copy(spec), *b = ek_json_copy(was);
	bool bound = ek_streq(ek_json_str_at(obj, "status.phase"), "Bound");

	if (ek_str_empty(ek_json_str_at(was, "volumeName")))
		ek_json_set(b, "volumeName",
			    ek_json_get(a, "volumeName") ?
				    ek_json_copy(ek_json_get(a, "volumeName")) :
				    NULL);
	if (bound && ek_json_at(a, "resources.requests") && was_size)
		ek_json_set_at(a, "resources.requests.storage", ek_json_copy(was_size));
	if (!ek_json_same(a, b))
		ek_check_forbidden(c, "spec",
				   "spec is immutable after creation except resources.requests and "
				   "volumeAttributesClassName for bound claims\n");
	if (ek_resource_cmp(now_size, was_size) < 0 &&
	    ek_resource_cmp(now_size, ek_json_at(old, "status.capacity.storage")) <= 0)
		ek_check_forbidden(c, "spec.resources.requests.storage",
				   "field can not be less than status.capacity");
	if (!ek_json_same(ek_json_get(spec, "volumeMode"), ek_json_get(was, "volumeMode")))
		ek_check_invalid_str(c, "volumeMode", ek_json_str_at(spec, "volumeMode"),
				     "field is immutable");
}

void ek_pvc_validate(const struct ek_json *obj, const struct ek_json *old, struct ek_causes *causes)
{
	struct ek_check c = { .causes = causes };
	size_t mark = ek_check_push(&c, "spec");

	ek_pvc_spec_validate(&c, ek_json_get(obj, "spec"));
	ek_check_pop(&c, mark);
	if (old)
		check_claim_update(&c, obj, old);
}

void ek_storage_prepare_create(struct ek_json *obj)
{
	ek_json_set(obj, "status", ek_json_make("{'phase':'Pending'}"));
}
