/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * OpenAPI in pieces: one definition or one path at a time as a small JSON tree, which the writers
 * (v2 and v3 as text, v2 as protobuf) put into their documents and drop. The whole document never
 * exists as a tree.
 */

#include "type.h"

struct ek_openapi {
	int                            version; /* 2 or 3 */
	EK_VEC(const struct ek_kind *) kinds;
	struct ek_map                  types;   /* name -> const struct ek_type *: all that can be met */
	struct ek_map                  gvks;    /* name -> array of group, version, kind */
};

/* Of the kinds of one group and version, or of all (group NULL). */
void ek_openapi_init(struct ek_openapi *o, int version, const char *group, const char *gv_version,
		     const struct ek_kind *const *kinds);
void ek_openapi_done(struct ek_openapi *o);

typedef void (*ek_openapi_emit)(void *arg, const char *name, const struct ek_json *value);

/* Definitions by name, in alphabetical order. */
void ek_openapi_definitions(struct ek_openapi *o, ek_openapi_emit emit, void *arg);
/* Paths with their operations, in order of the kinds. */
void ek_openapi_paths(struct ek_openapi *o, ek_openapi_emit emit, void *arg);
/* v2: parameters that operations refer to. */
void ek_openapi_parameters(struct ek_openapi *o, ek_openapi_emit emit, void *arg);

/* {"$ref": "#/definitions/..."} or "#/components/schemas/..." */
struct ek_json *ek_openapi_ref(const struct ek_openapi *o, const char *type_name);
struct ek_json *ek_openapi_gvk(const char *group, const char *version, const char *kind);
/* "io.k8s.api.core.v1.PodList" */
char *ek_openapi_list_name(const struct ek_kind *k);

struct ek_json *ek_openapi_info(void);
/* How one proves who one is: securityDefinitions, components.securitySchemes. */
struct ek_json *ek_openapi_security(void);
