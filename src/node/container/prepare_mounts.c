/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "spec/env.h"
#include "spec/podspec.h"
#include "prepare.h"
#include "sandbox/sandbox.h"

static enum ek_propagation propagation_of(const struct ek_json *mount)
{
	const char *s = ek_json_str_at(mount, "mountPropagation");

	if (ek_streq(s, "Bidirectional"))
		return EK_PROP_BIDIRECTIONAL;
	return ek_streq(s, "HostToContainer") ? EK_PROP_HOST_TO_CONTAINER : EK_PROP_NONE;
}

struct missing {
	const struct ek_map *env;
	const char          *name; /* the first one that is not there */
};

static const char *lookup(void *arg, const char *name)
{
	struct missing *m = arg;
	const char *value = ek_map_get(m->env, name);

	if (!value && !m->name)
		m->name = name;
	return value;
}

/* subPath, or subPathExpr with the environment put in; *ret stays NULL when there is neither. */
static int sub_of(const struct ek_prepare *p, const struct ek_json *mount, char **ret,
		  struct ek_err *err)
{
	const char *sub = ek_json_str_at(mount, "subPath"), *expr = ek_json_str_at(mount, "subPathExpr");
	struct missing m = { .env = &p->env };
	EK_FREE char *made = NULL;

	if (!ek_str_empty(expr)) {
		made = ek_env_expand(expr, lookup, &m);
		if (m.name)
			return ek_fail(err, EK_EINVALID, "missing value for an environment variable of subPathExpr \"%s\"", expr);
		sub = made;
	}
	if (ek_str_empty(sub))
		return 0;
	if (sub[0] == '/')
		return ek_fail(err, EK_EINVALID, "error SubPath `%s` must not be an absolute path", sub);
	for (const char *at = sub; (at = strstr(at, "..")); at += 2)
		if ((at == sub || at[-1] == '/') && (!at[2] || at[2] == '/'))
			return ek_fail(err, EK_EINVALID, "unable to provision SubPath `%s`: must not contain '..'", sub);
	*ret = ek_str_dup(sub);
	return 0;
}

static char *absolute(const char *path)
{
	return path[0] == '/' ? ek_str_dup(path) : ek_str_fmt("/%s", path);
}

static int add_volume(struct ek_prepare *p, const struct ek_pod *pod, const char *container,
		      size_t i, const struct ek_json *mount, struct ek_err *err)
{
	const char *name = ek_json_str_at(mount, "name"), *target = ek_json_str_at(mount, "mountPath");
	struct ek_prepare_mount m = { .propagation = propagation_of(mount) };
	struct ek_volume_at at;
	int rc = sub_of(p, mount, &m.sub, err);

	if (rc < 0)
		return rc;
	if (!name || !target || ek_volumes_at(pod->volumes, name, &at) < 0) {
		free(m.sub);
		return ek_fail(err, EK_EINVALID, "cannot find volume \"%s\" to mount into container \"%s\"", name ? name : "", container);
	}
	m.volume = ek_str_dup(at.path);
	m.target = absolute(target);
	m.read_only = at.read_only || ek_json_bool_at(mount, "readOnly", false);
	m.recursive_read_only = ek_streq(ek_json_str_at(mount, "recursiveReadOnly"), "Enabled");
	if (m.sub)
		m.bind_at = ek_str_fmt("%s/volume-subpaths/%s/%s/%zu", pod->dir, name, container, i);
	ek_vec_push(&p->mounts, m);
	return 0;
}

static bool is_mounted(const struct ek_prepare *p, const char *target)
{
	for (size_t i = 0; i < p->mounts.n; i++)
		if (ek_streq(p->mounts.items[i].target, target))
			return true;
	return false;
}

static void add_file(struct ek_prepare *p, const char *source, const char *target, bool read_only)
{
	struct ek_prepare_mount m = { .volume = ek_str_dup(source),
				      .target = ek_str_dup(target),
				      .read_only = read_only };

	/* whoever mounts something there himself means it */
	if (is_mounted(p, target)) {
		free(m.volume);
		free(m.target);
		return;
	}
	ek_vec_push(&p->mounts, m);
}

static void add_files(struct ek_prepare *p, const struct ek_pod *pod)
{
	bool ro = ek_json_bool_at(p->container, "securityContext.readOnlyRootFilesystem", false);
	const char *term = ek_json_str_at(p->container, "terminationMessagePath");
	EK_FREE char *term_target = absolute(ek_str_empty(term) ? "/dev/termination-log" : term);
	struct ek_sandbox_paths paths;

	ek_sandbox_paths(pod, &paths);
	add_file(p, paths.hosts, "/etc/hosts", ro);
	add_file(p, paths.resolv, "/etc/resolv.conf", ro);
	add_file(p, paths.hostname, "/etc/hostname", ro);
	add_file(p, p->term_path, term_target, false);
	ek_sandbox_paths_done(&paths);
}

int ek_prepare_mounts(struct ek_prepare *p, const struct ek_pod *pod, const char *container,
		      struct ek_err *err)
{
	const struct ek_json *list = ek_json_get(p->container, "volumeMounts");

	for (size_t i = 0; i < ek_json_len(list); i++) {
		int rc = add_volume(p, pod, container, i, ek_json_elem(list, i), err);

		if (rc < 0)
			return rc;
	}
	if (ek_json_len(ek_json_get(p->container, "volumeDevices")) > 0)
		return ek_fail(err, EK_EINVALID, "block volumes are not supported");
	add_files(p, pod);
	return 0;
}
