/* SPDX-License-Identifier: Apache-2.0 */
#include "api/api_world.h"
#include "ek_test.h"

#include <ekube/str.h>

static const char pod[] = "{'metadata':{'name':'web'},'spec':{'containers':[{'name':'c','image':'nginx'}]}}";
static const char map[] = "{'metadata':{'name':'a'},'data':{'k':'v'}}";

/* ---- create, get, update, delete ---- */

START_TEST(a_config_map_lives)
{
	struct world w;
	char uid[40];

	world_open(&w);
	ck_assert_int_eq(world_create(&w, &ek_kind_configmap, "default", map), 0);
	ck_assert_str_eq(world_str(&w, "kind"), "ConfigMap");
	ck_assert_str_eq(world_str(&w, "apiVersion"), "v1");
	ck_assert_str_eq(world_str(&w, "metadata.namespace"), "default");
	ck_assert_uint_eq(strlen(world_str(&w, "metadata.creationTimestamp")), 20);
	ek_str_into(uid, sizeof(uid), "%s", world_str(&w, "metadata.uid"));
	ck_assert_uint_eq(strlen(uid), 36);

	ck_assert_int_eq(world_get(&w, &ek_kind_configmap, "default", "a"), 0);
	ck_assert_str_eq(world_str(&w, "data.k"), "v");
	ck_assert_str_eq(world_str(&w, "metadata.uid"), uid);

	ck_assert_int_eq(world_do(&w, NULL, EK_DO_UPDATE, &ek_kind_configmap, "default", "a",
				  "{'metadata':{'name':'a'},'data':{'k':'w'}}"), 0);
	ck_assert_str_eq(world_str(&w, "data.k"), "w");
	ck_assert_str_eq(world_str(&w, "metadata.uid"), uid);

	ck_assert_int_eq(world_do(&w, NULL, EK_DO_DELETE, &ek_kind_configmap, "default", "a", NULL), 0);
	ck_assert_str_eq(world_str(&w, "status"), "Success");
	ck_assert_str_eq(world_str(&w, "details.uid"), uid);
	ck_assert_str_eq(world_str(&w, "details.kind"), "configmaps");
	ck_assert_int_eq(world_get(&w, &ek_kind_configmap, "default", "a"), EK_ENOTFOUND);
	ck_assert_str_eq(world_message(&w), "configmaps \"a\" not found");
	world_close(&w);
}
END_TEST

START_TEST(a_pod_is_completed)
{
	struct world w;

	world_open(&w);
	ck_assert_int_eq(world_create(&w, &ek_kind_pod, "default", pod), 0);
	ck_assert_str_eq(world_str(&w, "status.phase"), "Pending");
	ck_assert_str_eq(world_str(&w, "status.qosClass"), "BestEffort");
	ck_assert_str_eq(world_str(&w, "spec.serviceAccountName"), "default");
	ck_assert_str_eq(world_str(&w, "spec.volumes.0.projected.sources.0.serviceAccountToken.path"), "token");
	ck_assert(ek_str_starts(world_str(&w, "spec.volumes.0.name"), "kube-api-access-"));
	ck_assert_str_eq(world_str(&w, "spec.containers.0.volumeMounts.0.mountPath"),
			 "/var/run/secrets/kubernetes.io/serviceaccount");
	ck_assert_int_eq(world_int(&w, "spec.priority"), 0);
	ck_assert_int_eq(world_int(&w, "spec.tolerations.1.tolerationSeconds"), 300);
	world_close(&w);
}
END_TEST

EK_TESTS("api/registry_objects", a_config_map_lives, a_pod_is_completed)
