/* SPDX-License-Identifier: Apache-2.0 */

#include "tables.h"

static const struct ek_field object_field_selector_rows[] = {
	{ "apiVersion", EK_F_STR, .pb = 1, .dflt = "\"v1\"" },
	{ "fieldPath", EK_F_STR, EK_ONE, EK_KEEP | EK_REQUIRED, .pb = 2 },
};
EK_TYPE(ek_type_object_field_selector, "io.k8s.api.core.v1.ObjectFieldSelector", NULL,
	object_field_selector_rows, .flags = EK_ATOMIC);

static const struct ek_field resource_field_selector_rows[] = {
	{ "containerName", EK_F_STR, .pb = 1 },
	{ "resource", EK_F_STR, EK_ONE, EK_KEEP | EK_REQUIRED, .pb = 2 },
	{ "divisor", EK_F_QUANTITY, .pb = 3 },
};
EK_TYPE(ek_type_resource_field_selector, "io.k8s.api.core.v1.ResourceFieldSelector", NULL,
	resource_field_selector_rows, .flags = EK_ATOMIC);

static const struct ek_field config_map_key_selector_rows[] = {
	{ "LocalObjectReference", EK_F_OBJ, EK_ONE, EK_INLINE, .pb = 1,
	  .of = &ek_type_local_object_reference },
	{ "key", EK_F_STR, EK_ONE, EK_KEEP | EK_REQUIRED, .pb = 2, .check = ek_name_config_key },
	{ "optional", EK_F_BOOL, EK_ONE, EK_POINTER, .pb = 3 },
};
static EK_TYPE(config_map_key_selector_type, "io.k8s.api.core.v1.ConfigMapKeySelector", NULL,
	       config_map_key_selector_rows, .flags = EK_ATOMIC);

static const struct ek_field secret_key_selector_rows[] = {
	{ "LocalObjectReference", EK_F_OBJ, EK_ONE, EK_INLINE, .pb = 1,
	  .of = &ek_type_local_object_reference },
	{ "key", EK_F_STR, EK_ONE, EK_KEEP | EK_REQUIRED, .pb = 2, .check = ek_name_config_key },
	{ "optional", EK_F_BOOL, EK_ONE, EK_POINTER, .pb = 3 },
};
static EK_TYPE(secret_key_selector_type, "io.k8s.api.core.v1.SecretKeySelector", NULL,
	       secret_key_selector_rows, .flags = EK_ATOMIC);

static const struct ek_field env_var_source_rows[] = {
	{ "fieldRef", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 1, .of = &ek_type_object_field_selector },
	{ "resourceFieldRef", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 2,
	  .of = &ek_type_resource_field_selector },
	{ "configMapKeyRef", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 3,
	  .of = &config_map_key_selector_type },
	{ "secretKeyRef", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 4, .of = &secret_key_selector_type },
};
static EK_TYPE(env_var_source_type, "io.k8s.api.core.v1.EnvVarSource", NULL, env_var_source_rows);

static const struct ek_field env_var_rows[] = {
	{ "name", EK_F_STR, EK_ONE, EK_KEEP | EK_REQUIRED, .pb = 1, .check = ek_name_env_var },
	{ "value", EK_F_STR, .pb = 2 },
	{ "valueFrom", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 3, .of = &env_var_source_type },
};
EK_TYPE(ek_type_env_var, "io.k8s.api.core.v1.EnvVar", NULL, env_var_rows);

static const struct ek_field config_map_env_source_rows[] = {
	{ "LocalObjectReference", EK_F_OBJ, EK_ONE, EK_INLINE, .pb = 1,
	  .of = &ek_type_named_reference },
	{ "optional", EK_F_BOOL, EK_ONE, EK_POINTER, .pb = 2 },
};
static EK_TYPE(config_map_env_source_type, "io.k8s.api.core.v1.ConfigMapEnvSource", NULL,
	       config_map_env_source_rows);

static const struct ek_field secret_env_source_rows[] = {
	{ "LocalObjectReference", EK_F_OBJ, EK_ONE, EK_INLINE, .pb = 1,
	  .of = &ek_type_named_reference },
	{ "optional", EK_F_BOOL, EK_ONE, EK_POINTER, .pb = 2 },
};
static EK_TYPE(secret_env_source_type, "io.k8s.api.core.v1.SecretEnvSource", NULL,
	       secret_env_source_rows);

static const struct ek_field env_from_source_rows[] = {
	{ "prefix", EK_F_STR, .pb = 1, .check = ek_name_env_var },
	{ "configMapRef", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 2,
	  .of = &config_map_env_source_type },
	{ "secretRef", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 3, .of = &secret_env_source_type },
};
EK_TYPE(ek_type_env_from_source, "io.k8s.api.core.v1.EnvFromSource", NULL, env_from_source_rows);
