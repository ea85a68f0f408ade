/* SPDX-License-Identifier: Apache-2.0 */

/* Defaults of the workloads: k8s.io/kubernetes/pkg/apis/apps/v1/defaults.go. */

#include "kinds.h"

#include <ekube/str.h>

static struct ek_json *object_in(struct ek_json *obj, const char *key)
{
	if (ek_json_is_null(ek_json_get(obj, key)))
		ek_json_set(obj, key, ek_json_object());
	return ek_json_get(obj, key);
}

static void default_to(struct ek_json *obj, const char *key, struct ek_json *take_value)
{
	if (ek_json_is_null(ek_json_get(obj, key)))
		ek_json_set(obj, key, take_value);
	else
		ek_json_unref(take_value);
}

void ek_deployment_default(struct ek_json *d)
{
	struct ek_json *spec = ek_json_get(d, "spec"), *rolling;

	if (!spec)
		return;
	ek_pod_template_default(d);
	ek_default_str(object_in(spec, "strategy"), "type", "RollingUpdate");
	if (!ek_streq(ek_json_str_at(spec, "strategy.type"), "RollingUpdate"))
		return;
	rolling = object_in(ek_json_get(spec, "strategy"), "rollingUpdate");
	default_to(rolling, "maxUnavailable", ek_json_new_str("25%"));
	default_to(rolling, "maxSurge", ek_json_new_str("25%"));
}

void ek_daemonset_default(struct ek_json *d)
{
	struct ek_json *spec = ek_json_get(d, "spec"), *rolling;

	if (!spec)
		return;
	ek_pod_template_default(d);
	ek_default_str(object_in(spec, "updateStrategy"), "type", "RollingUpdate");
	if (!ek_streq(ek_json_str_at(spec, "updateStrategy.type"), "RollingUpdate"))
		return;
	rolling = object_in(ek_json_get(spec, "updateStrategy"), "rollingUpdate");
	default_to(rolling, "maxUnavailable", ek_json_new_int(1));
	default_to(rolling, "maxSurge", ek_json_new_int(0));
}

void ek_statefulset_default(struct ek_json *s)
{
	struct ek_json *spec = ek_json_get(s, "spec"), *strategy;

	if (!spec)
		return;
	ek_pod_template_default(s);
	strategy = object_in(spec, "updateStrategy");
	/* with a type the partition is only written into a rollingUpdate that is there */
	if (ek_str_empty(ek_json_str_at(strategy, "type"))) {
		ek_json_set_str(strategy, "type", "RollingUpdate");
		(void)object_in(strategy, "rollingUpdate");
	}
	if (ek_streq(ek_json_str_at(strategy, "type"), "RollingUpdate") &&
	    ek_json_get(strategy, "rollingUpdate"))
		default_to(ek_json_get(strategy, "rollingUpdate"), "partition", ek_json_new_int(0));
	for (struct ek_json_iter it = ek_json_iter(ek_json_get(spec, "volumeClaimTemplates"));
	     ek_json_next(&it);) {
		/* they are whole objects, and say so */
		ek_json_set_str(it.value, "kind", "PersistentVolumeClaim");
		ek_json_set_str(it.value, "apiVersion", "v1");
	}
}

/* In v1 a controller without selector or labels takes its template's. */
void ek_rc_default(struct ek_json *rc)
{
	struct ek_json *spec = ek_json_get(rc, "spec"), *metadata = ek_json_get(rc, "metadata");
	const struct ek_json *labels = ek_json_at(spec, "template.metadata.labels");

	if (!spec)
		return;
	ek_pod_template_default(rc);
	if (ek_json_len(labels) == 0)
		return;
	if (ek_json_len(ek_json_get(spec, "selector")) == 0)
		ek_json_set(spec, "selector", ek_json_copy(labels));
	if (metadata && ek_json_len(ek_json_get(metadata, "labels")) == 0)
		ek_json_set(metadata, "labels", ek_json_copy(labels));
}
