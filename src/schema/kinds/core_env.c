/* SPDX-License-Identifier: Apache-2.0 */

#include "tables.h"

static const struct ek_field object_field_selector_rows[] = {
	{ "apiVersion", EK_F_STR, .pb = 1, .dflt = "\"v1\"", .doc = "The version whose path this is." },
	{ "fieldPath", EK_F_STR, EK_ONE, EK_KEEP | EK_REQUIRED, .pb = 2,
	  .doc = "Path of the field: metadata.labels['app']." },
};
EK_TYPE(ek_type_object_field_selector, "io.k8s.api.core.v1.ObjectFieldSelector", "A field of an object.",
	object_field_selector_rows, .flags = EK_ATOMIC);

static const struct ek_field resource_field_selector_rows[] = {
	{ "containerName", EK_F_STR, .pb = 1, .doc = "Which container; needed in volumes." },
	{ "resource", EK_F_STR, EK_ONE, EK_KEEP | EK_REQUIRED, .pb = 2,
	  .doc = "Which one: limits.cpu, requests.memory." },
	{ "divisor", EK_F_QUANTITY, .pb = 3, .doc = "The unit to count in; 1 by default." },
};
EK_TYPE(ek_type_resource_field_selector, "io.k8s.api.core.v1.ResourceFieldSelector",
	"A limit or request of a container as a number.", resource_field_selector_rows, .flags = EK_ATOMIC);

static const struct ek_field config_map_key_selector_rows[] = {
	{ "LocalObjectReference", EK_F_OBJ, EK_ONE, EK_INLINE, .pb = 1,
	  .of = &ek_type_local_object_reference },
	{ "key", EK_F_STR, EK_ONE, EK_KEEP | EK_REQUIRED, .pb = 2, .check = ek_name_config_key,
	  .doc = "The key." },
	{ "optional", EK_F_BOOL, EK_ONE, EK_POINTER, .pb = 3, .doc = "Whether it may be missing." },
};
static EK_TYPE(config_map_key_selector_type, "io.k8s.api.core.v1.ConfigMapKeySelector",
	       "A key of a ConfigMap.", config_map_key_selector_rows, .flags = EK_ATOMIC);

static const struct ek_field secret_key_selector_rows[] = {
	{ "LocalObjectReference", EK_F_OBJ, EK_ONE, EK_INLINE, .pb = 1,
	  .of = &ek_type_local_object_reference },
	{ "key", EK_F_STR, EK_ONE, EK_KEEP | EK_REQUIRED, .pb = 2, .check = ek_name_config_key,
	  .doc = "The key." },
	{ "optional", EK_F_BOOL, EK_ONE, EK_POINTER, .pb = 3, .doc = "Whether it may be missing." },
};
static EK_TYPE(secret_key_selector_type, "io.k8s.api.core.v1.SecretKeySelector", "A key of a Secret.",
	       secret_key_selector_rows, .flags = EK_ATOMIC);

static const struct ek_field env_var_source_rows[] = {
	{ "fieldRef", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 1, .of = &ek_type_object_field_selector,
	  .doc = "A field of the pod: metadata.name, status.podIP and so on." },
	{ "resourceFieldRef", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 2, .of = &ek_type_resource_field_selector,
	  .doc = "A limit or request of a container." },
	{ "configMapKeyRef", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 3, .of = &config_map_key_selector_type,
	  .doc = "A key of a ConfigMap." },
	{ "secretKeyRef", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 4, .of = &secret_key_selector_type,
	  .doc = "A key of a Secret." },
};
static EK_TYPE(env_var_source_type, "io.k8s.api.core.v1.EnvVarSource",
	       "Where a variable's value comes from; one of these.", env_var_source_rows);

static const struct ek_field env_var_rows[] = {
	{ "name", EK_F_STR, EK_ONE, EK_KEEP | EK_REQUIRED, .pb = 1, .check = ek_name_env_var,
	  .doc = "Its name; printable ASCII without '='." },
	{ "value", EK_F_STR, .pb = 2, .doc = "Its value; $(NAME) stands for another variable." },
	{ "valueFrom", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 3, .of = &env_var_source_type,
	  .doc = "Where the value comes from, when it is not given." },
};
EK_TYPE(ek_type_env_var, "io.k8s.api.core.v1.EnvVar", "A variable in a container's environment.",
	env_var_rows);

static const struct ek_field config_map_env_source_rows[] = {
	{ "LocalObjectReference", EK_F_OBJ, EK_ONE, EK_INLINE, .pb = 1, .of = &ek_type_named_reference },
	{ "optional", EK_F_BOOL, EK_ONE, EK_POINTER, .pb = 2, .doc = "Whether it may be missing." },
};
static EK_TYPE(config_map_env_source_type, "io.k8s.api.core.v1.ConfigMapEnvSource",
	       "A ConfigMap whose keys become variables.", config_map_env_source_rows);

static const struct ek_field secret_env_source_rows[] = {
	{ "LocalObjectReference", EK_F_OBJ, EK_ONE, EK_INLINE, .pb = 1, .of = &ek_type_named_reference },
	{ "optional", EK_F_BOOL, EK_ONE, EK_POINTER, .pb = 2, .doc = "Whether it may be missing." },
};
static EK_TYPE(secret_env_source_type, "io.k8s.api.core.v1.SecretEnvSource",
	       "A Secret whose keys become variables.", secret_env_source_rows);

static const struct ek_field env_from_source_rows[] = {
	{ "prefix", EK_F_STR, .pb = 1, .check = ek_name_env_var, .doc = "Put in front of every key." },
	{ "configMapRef", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 2, .of = &config_map_env_source_type,
	  .doc = "The ConfigMap to take them from." },
	{ "secretRef", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 3, .of = &secret_env_source_type,
	  .doc = "The Secret to take them from." },
};
EK_TYPE(ek_type_env_from_source, "io.k8s.api.core.v1.EnvFromSource", "Many variables from one object.",
	env_from_source_rows);
