/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A container's environment, and the fields of a pod that may be asked for by name (downward API).
 * Pure: what was read from the API is given.
 */

#include <ekube/json.h>
#include <ekube/vec.h>

/* What the values come from. Everything is borrowed. */
struct ek_env_source {
	const struct ek_json *pod, *container;
	const char           *pod_ip, *host_ip;
	const struct ek_json *allocatable;           /* of the node: limits that are not set */
	const struct ek_json *const *services;       /* Service objects of all namespaces */
	size_t                n_services;
	/* A ConfigMap or Secret of the pod's namespace; NULL when there is none. */
	const struct ek_json *(*find)(void *arg, const char *kind, const char *name);
	void                 *arg;
};

/*
 * name -> value (malloc'd) in the order in which they were first named. On failure the message is what
 * users see in CreateContainerConfigError. *ret is zeroed by the caller.
 */
int  ek_env_make(const struct ek_env_source *src, struct ek_map *ret, struct ek_err *err);
void ek_env_done(struct ek_map *env);

/*
 * Replace $(NAME) by what lookup says; $$ is a dollar. What nobody knows stays as it is written.
 * Malloc'd.
 */
char *ek_env_expand(const char *s, const char *(*lookup)(void *arg, const char *name), void *arg);
char *ek_env_expand_map(const char *s, const struct ek_map *env);

/* fieldRef.fieldPath: "metadata.labels['a']", "status.podIP". *ret is malloc'd. */
int ek_field_ref(const struct ek_env_source *src, const char *path, char **ret, struct ek_err *err);
/* resourceFieldRef; without containerName it is about src->container. */
int ek_resource_ref(const struct ek_env_source *src, const struct ek_json *ref, char **ret, struct ek_err *err);
