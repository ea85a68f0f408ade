/* SPDX-License-Identifier: Apache-2.0 */
#include "volumes.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <ekube/file.h>
#include <ekube/str.h>

#include "claim.h"
#include "payload.h"
#include "spec/podspec.h"
#include "volume_make.h"

enum { RETRY_MIN_MS = 500, RETRY_MAX_MS = 122 * 1000, REFS_MAX = 4096 };

/* A projected source that is a token. */
struct token_ref {
	struct ek_token token;
	struct volume  *volume;
	size_t          at; /* in `sources` */
};

struct volume {
	struct ek_volumes    *set;
	const struct ek_json *spec;    /* in set->specs: volumes never change */
	const char           *name;
	char                 *path;    /* NULL until it is known where it is */
	bool                  read_only, shared_mounts;
	struct ek_claim       claim;
	bool                  has_claim, claim_open; /* of a claim; asked for and not answered */
	EK_VEC(struct token_ref *) tokens;
};

struct object_ref {
	struct ek_source_ref ref;
	struct ek_volumes   *set;
};

struct ek_volumes {
	struct ek_volumes_env env;
	struct ek_json *
		/* spec.volumes, copied: the whole pod as a tree is much memory for so long */
		specs;
	char                 *ns, *pod_name;
	EK_VEC(struct volume *) list;
	EK_VEC(struct object_ref *) objects;
	struct ek_timer       timer;
	int64_t               pause_ms;
	bool                  begun, ready, again;
	char                 *error; /* of the last try; NULL: it went well */
	const char           *error_volume;

	struct ek_work        work; /* one at a time */
	bool                  working, freed;
	EK_VEC(struct ek_volume_job) jobs;
	size_t                failed;
	struct ek_err        *work_err; /* while it works */
	void                (*gone)(void *arg);
	void                 *gone_arg;
};

static void look(struct ek_volumes *v);

/* ---- what is referred to ---- */

static void on_source(struct ek_source_ref *r)
{
	struct ek_volumes *v = ek_container_of(r, struct object_ref, ref)->set;

	v->pause_ms = 0; /* what failed for want of it may work now */
	look(v);
}

static void want(struct ek_volumes *v, enum ek_source_kind kind, const char *name)
{
	struct object_ref *o;

	if (ek_str_empty(name) || v->objects.n >= REFS_MAX)
		return;
	for (size_t i = 0; i < v->objects.n; i++)
		if (ek_source_kind_of(&v->objects.items[i]->ref) == kind &&
		    ek_streq(ek_source_name(&v->objects.items[i]->ref), name))
			return;
	o = ek_new(struct object_ref);
	o->set = v;
	ek_source_want(v->env.sources, &o->ref, kind, v->ns, name, on_source);
	ek_vec_push(&v->objects, o);
}

static const struct ek_json *pod_of(const struct ek_volumes *v)
{
	return v->env.pod(v->env.arg);
}

static void want_env(struct ek_volumes *v, const struct ek_json *ctr)
{
	const struct ek_json *from = ek_json_get(ctr, "envFrom"), *env = ek_json_get(ctr, "env");

	for (size_t i = 0; i < ek_json_len(from); i++) {
		want(v, EK_SOURCE_CONFIGMAP, ek_json_str_at(ek_json_elem(from, i), "configMapRef.name"));
		want(v, EK_SOURCE_SECRET, ek_json_str_at(ek_json_elem(from, i), "secretRef.name"));
	}
	for (size_t i = 0; i < ek_json_len(env); i++) {
		want(v, EK_SOURCE_CONFIGMAP, ek_json_str_at(ek_json_elem(env, i), "valueFrom.configMapKeyRef.name"));
		want(v, EK_SOURCE_SECRET, ek_json_str_at(ek_json_elem(env, i), "valueFrom.secretKeyRef.name"));
	}
}

static void want_volume(struct ek_volumes *v, const struct ek_json *spec)
{
	const struct ek_json *sources = ek_json_at(spec, "projected.sources");

	want(v, EK_SOURCE_CONFIGMAP, ek_json_str_at(spec, "configMap.name"));
	want(v, EK_SOURCE_SECRET, ek_json_str_at(spec, "secret.secretName"));
	for (size_t i = 0; i < ek_json_len(sources); i++) {
		want(v, EK_SOURCE_CONFIGMAP, ek_json_str_at(ek_json_elem(sources, i), "configMap.name"));
		want(v, EK_SOURCE_SECRET, ek_json_str_at(ek_json_elem(sources, i), "secret.name"));
	}
}

static void want_all(struct ek_volumes *v)
{
	const struct ek_json *pod = pod_of(v), *pulls = ek_json_at(pod, "spec.imagePullSecrets");
	const struct ek_json *ctr;
	enum ek_ctr_role role;

	for (size_t i = 0; (ctr = ek_podspec_container(pod, i, &role)); i++)
		want_env(v, ctr);
	for (size_t i = 0; i < ek_json_len(v->specs); i++)
		want_volume(v, ek_json_elem(v->specs, i));
	for (size_t i = 0; i < ek_json_len(pulls); i++)
		want(v, EK_SOURCE_SECRET, ek_json_str_at(ek_json_elem(pulls, i), "name"));
}

const struct ek_json *ek_volumes_find(void *volumes, const char *kind, const char *name)
{
	struct ek_volumes *v = volumes;
	enum ek_source_kind k = ek_streq(kind, "Secret") ? EK_SOURCE_SECRET : EK_SOURCE_CONFIGMAP;

	for (size_t i = 0; i < v->objects.n; i++)
		if (ek_source_kind_of(&v->objects.items[i]->ref) == k &&
		    ek_streq(ek_source_name(&v->objects.items[i]->ref), name))
			return ek_source_object(&v->objects.items[i]->ref);
	return NULL;
}

bool ek_volumes_objects_known(const struct ek_volumes *v)
{
	for (size_t i = 0; i < v->objects.n; i++)
		if (!ek_source_known(&v->objects.items[i]->ref))
			return false;
	return true;
}

/* ---- tokens ---- */

static void on_token(struct ek_token *t)
{
	look(ek_container_of(t, struct token_ref, token)->volume->set);
}

static void want_tokens(struct volume *vol)
{
	const struct ek_json *sources = ek_json_at(vol->spec, "projected.sources");

	for (size_t i = 0; i < ek_json_len(sources); i++) {
		const struct ek_json *s = ek_json_get(ek_json_elem(sources, i), "serviceAccountToken");
		struct token_ref *t;

		if (!s)
			continue;
		t = ek_new(struct token_ref);
		t->volume = vol;
		t->at = i;
		ek_vec_push(&vol->tokens, t);
		ek_token_start(vol->set->env.client, &t->token, pod_of(vol->set), s, on_token);
	}
}

static const char *token_at(void *arg, size_t i)
{
	struct volume *vol = arg;

	for (size_t k = 0; k < vol->tokens.n; k++)
		if (vol->tokens.items[k]->at == i)
			return vol->tokens.items[k]->token.text;
	return NULL;
}

/* ---- claims ---- */

static char *claim_name(const struct ek_volumes *v, const struct ek_json *spec)
{
	if (ek_json_get(spec, "ephemeral"))
		return ek_str_fmt("%s-%s", v->pod_name, ek_json_str_at(spec, "name"));
	return ek_str_dup(ek_json_str_at(spec, "persistentVolumeClaim.claimName"));
}

static void on_claim(struct ek_claim *c, int rc)
{
	struct volume *vol = ek_container_of(c, struct volume, claim);

	(void)rc;
	vol->claim_open = false;
	look(vol->set);
}

static void ask_claim(struct volume *vol)
{
	EK_FREE char *name = claim_name(vol->set, vol->spec);

	ek_claim_stop(&vol->claim);
	vol->claim_open = true;
	ek_claim_start(vol->set->env.client, &vol->claim, vol->set->ns, name ? name : "", on_claim);
}

/* ---- jobs ---- */

static int64_t fs_group(const struct ek_volumes *v)
{
	return ek_json_int_at(pod_of(v), "spec.securityContext.fsGroup", -1);
}

static bool is_files(const struct ek_json *spec)
{
	return ek_json_get(spec, "configMap") || ek_json_get(spec, "secret") || ek_json_get(spec, "downwardAPI") ||
	       ek_json_get(spec, "projected");
}

/* Secrets never touch the disk; ConfigMaps may be large. */
static void set_own_path(struct volume *vol, const char *plugin)
{
	const struct ek_volumes *v = vol->set;
	bool on_disk = ek_streq(plugin, "configmap") || ek_streq(plugin, "empty-dir");

	if (!vol->path)
		vol->path = ek_str_fmt("%s/volumes/kubernetes.io~%s/%s", on_disk ? v->env.dir : v->env.tmp_dir, plugin, vol->name);
}

static int job_files(struct volume *vol, struct ek_volume_job *job, struct ek_err *err)
{
	struct ek_volumes *v = vol->set;
	const char *plugin = ek_json_get(vol->spec, "configMap") ? "configmap" :
			     ek_json_get(vol->spec, "secret")	 ? "secret" :
			     ek_json_get(vol->spec, "projected") ? "projected" :
								   "downward-api";
	struct ek_payload_source src = {
		.env = { .pod = pod_of(v),
			 .allocatable = v->env.allocatable,
			 .find = ek_volumes_find,
			 .arg = v },
		.token = token_at,
		.token_arg = vol,
		.fs_group = fs_group(v),
		.fs_user = ek_payload_fs_user(pod_of(v)),
	};

	set_own_path(vol, plugin);
	vol->read_only = true;
	job->type = EK_VOLUME_FILES;
	for (size_t i = 0; i < vol->tokens.n; i++)
		if (!vol->tokens.items[i]->token.text)
			return ek_fail(err, EK_EUNAVAILABLE, "%s", vol->tokens.items[i]->token.error);
	return ek_payload_make(&src, vol->spec, &job->payload, err);
}

static int job_empty(struct volume *vol, struct ek_volume_job *job, struct ek_err *err)
{
	const struct ek_json *e = ek_json_get(vol->spec, "emptyDir");
	const char *medium = ek_json_str_at(e, "medium");

	set_own_path(vol, "empty-dir");
	job->type = ek_streq(medium, "Memory") ? EK_VOLUME_MEMORY : EK_VOLUME_EMPTY;
	job->size = ek_quantity_json_value(ek_json_get(e, "sizeLimit"));
	if (!ek_str_empty(medium) && job->type == EK_VOLUME_EMPTY)
		return ek_fail(err, EK_EINVALID, "storage medium \"%s\" is not supported", medium);
	return 0;
}

static int job_host(struct volume *vol, const struct ek_json *host, struct ek_volume_job *job,
		    struct ek_err *err)
{
	const char *path = ek_json_str_at(host, "path");

	if (!path || path[0] != '/')
		return ek_fail(err, EK_EINVALID, "hostPath \"%s\" is not absolute", path ? path : "");
	ek_str_set(&vol->path, path);
	vol->shared_mounts = true;
	job->type = EK_VOLUME_HOST;
	job->host_type = ek_json_str_at(host, "type");
	return 0;
}

static int job_claim(struct volume *vol, struct ek_volume_job *job, struct ek_err *err)
{
	const struct ek_json *pv = vol->claim.pv, *local = ek_json_at(pv, "spec.local");
	const char *policy = ek_json_str_at(pod_of(vol->set), "spec.securityContext.fsGroupChangePolicy");

	if (!pv)
		return ek_fail(err, EK_EUNAVAILABLE, "%s", vol->claim.err.msg);
	vol->read_only = ek_json_bool_at(vol->spec, "persistentVolumeClaim.readOnly", false);
	if (ek_json_at(pv, "spec.hostPath"))
		return job_host(vol, ek_json_at(pv, "spec.hostPath"), job, err);
	if (!local)
		return ek_fail(err, EK_EINVALID, "failed to get Plugin from volumeSpec for volume \"%s\" err=no volume plugin matched",
			       ek_meta_name(pv));
	ek_str_set(&vol->path, ek_json_str_at(local, "path"));
	job->type = EK_VOLUME_LOCAL;
	job->group = fs_group(vol->set);
	job->root_only = ek_streq(policy, "OnRootMismatch");
	return 0;
}

static int job_of(struct volume *vol, struct ek_volume_job *job, struct ek_err *err)
{
	int rc;

	*job = (struct ek_volume_job){ .name = vol->name, .group = fs_group(vol->set) };
	if (is_files(vol->spec))
		rc = job_files(vol, job, err);
	else if (ek_json_get(vol->spec, "hostPath"))
		rc = job_host(vol, ek_json_get(vol->spec, "hostPath"), job, err);
	else if (vol->has_claim)
		rc = job_claim(vol, job, err);
	else if (ek_json_get(vol->spec, "emptyDir") || ek_json_len(vol->spec) == 1)
		rc = job_empty(vol, job, err);
	else
		rc = ek_fail(err, EK_EINVALID, "failed to get Plugin from volumeSpec for volume \"%s\" err=no volume plugin matched",
			     vol->name);
	job->path = ek_str_dup(vol->path);
	return rc;
}

/* ---- attempts ---- */

static void drop_jobs(struct ek_volumes *v)
{
	for (size_t i = 0; i < v->jobs.n; i++)
		ek_volume_job_done(&v->jobs.items[i]);
	ek_vec_done(&v->jobs);
}

static void on_retry(struct ek_timer *t)
{
	struct ek_volumes *v = ek_container_of(t, struct ek_volumes, timer);

	for (size_t i = 0; i < v->list.n; i++)
		if (v->list.items[i]->has_claim && !v->list.items[i]->claim.pv &&
		    !v->list.items[i]->claim_open)
			ask_claim(v->list.items[i]);
	look(v);
}

static void fail(struct ek_volumes *v, const struct volume *vol, const struct ek_err *err)
{
	v->pause_ms = v->pause_ms ? EK_MIN(2 * v->pause_ms, (int64_t)RETRY_MAX_MS) : RETRY_MIN_MS;
	ek_timer_start(v->env.loop, &v->timer, v->pause_ms, on_retry);
	ek_str_set(&v->error, err->msg);
	v->error_volume = vol->name;
	v->env.changed(v->env.arg);
}

static int run(struct ek_work *w)
{
	struct ek_volumes *v = ek_container_of(w, struct ek_volumes, work);

	for (v->failed = 0; v->failed < v->jobs.n; v->failed++) {
		int rc = ek_volume_make(&v->jobs.items[v->failed], v->work_err);

		if (rc < 0)
			return rc;
	}
	return 0;
}

static void destroy(struct ek_volumes *v)
{
	void (*gone)(void *arg) = v->gone;
	void *arg = v->gone_arg;

	drop_jobs(v);
	for (size_t i = 0; i < v->list.n; i++) {
		free(v->list.items[i]->path);
		free(v->list.items[i]);
	}
	ek_vec_done(&v->list);
	ek_json_unref(v->specs);
	free(v->ns);
	free(v->pod_name);
	free(v->error);
	free((char *)(uintptr_t)v->env.dir);
	free((char *)(uintptr_t)v->env.tmp_dir);
	ek_json_unref((struct ek_json *)(uintptr_t)v->env.allocatable);
	free(v);
	if (gone)
		gone(arg);
}

static void on_made(struct ek_work *w, int rc)
{
	struct ek_volumes *v = ek_container_of(w, struct ek_volumes, work);
	EK_FREE struct ek_err *err = ek_steal(v->work_err);
	bool again = v->again;

	v->working = v->again = false;
	if (v->freed) {
		destroy(v);
		return;
	}
	drop_jobs(v);
	if (rc < 0) {
		fail(v, v->list.items[v->failed], err);
		return;
	}
	free(ek_steal(v->error));
	v->error_volume = NULL;
	v->pause_ms = 0;
	if (!v->ready) {
		v->ready = true;
		v->env.changed(v->env.arg);
	}
	if (again)
		look(v);
}

static bool is_waiting(const struct ek_volumes *v)
{
	if (!ek_volumes_objects_known(v))
		return true;
	for (size_t i = 0; i < v->list.n; i++) {
		const struct volume *vol = v->list.items[i];

		if (vol->claim_open)
			return true;
		for (size_t k = 0; k < vol->tokens.n; k++)
			if (!vol->tokens.items[k]->token.text &&
			    !vol->tokens.items[k]->token.error)
				return true;
	}
	return false;
}

/*
 * Something is new: make everything that can be made. What is as it should be costs a
 * comparison.
 */
static void look(struct ek_volumes *v)
{
	struct ek_err err = { 0 };

	if (v->working) {
		v->again = true;
		return;
	}
	if (!v->begun || is_waiting(v))
		return;
	ek_timer_stop(&v->timer);
	for (size_t i = 0; i < v->list.n; i++) {
		struct ek_volume_job job;
		int rc = job_of(v->list.items[i], &job, &err);

		ek_vec_push(&v->jobs, job);
		if (rc < 0) {
			drop_jobs(v);
			fail(v, v->list.items[i], &err);
			return;
		}
	}
	v->working = true;
	v->work_err = ek_new(struct ek_err);
	v->work = (struct ek_work){ .run = run, .done = on_made };
	ek_work_start(v->env.loop, &v->work);
}

/* ---- beginning and end ---- */

static void on_begin(struct ek_timer *t)
{
	struct ek_volumes *v = ek_container_of(t, struct ek_volumes, timer);

	v->begun = true;
	look(v);
}

struct ek_volumes *ek_volumes_new(const struct ek_volumes_env *env)
{
	struct ek_volumes *v = ek_new(struct ek_volumes);
	const struct ek_json *pod = env->pod(env->arg), *list = ek_json_at(pod, "spec.volumes");

	v->env = *env;
	v->env.dir = ek_str_dup(env->dir);
	v->env.tmp_dir = ek_str_dup(env->tmp_dir);
	v->env.allocatable = env->allocatable ? ek_json_ref(env->allocatable) : NULL;
	list = v->specs = list ? ek_json_copy(list) : ek_json_array();
	v->ns = ek_str_dup(ek_meta_namespace(pod));
	v->pod_name = ek_str_dup(ek_meta_name(pod));
	want_all(v);
	for (size_t i = 0; i < ek_json_len(list); i++) {
		struct volume *vol = ek_new(struct volume);

		vol->set = v;
		vol->spec = ek_json_elem(list, i);
		vol->name = ek_json_str_at(vol->spec, "name");
		vol->has_claim = ek_json_get(vol->spec, "persistentVolumeClaim") || ek_json_get(vol->spec, "ephemeral");
		ek_vec_push(&v->list, vol);
		want_tokens(vol);
		if (vol->has_claim)
			ask_claim(vol);
	}
	ek_timer_start(env->loop, &v->timer, 0, on_begin);
	return v;
}

void ek_volumes_free(struct ek_volumes *v, void (*gone)(void *arg), void *arg)
{
	v->gone = gone;
	v->gone_arg = arg;
	v->freed = true;
	ek_timer_stop(&v->timer);
	for (size_t i = 0; i < v->objects.n; i++) {
		ek_source_drop(&v->objects.items[i]->ref);
		free(v->objects.items[i]);
	}
	ek_vec_done(&v->objects);
	for (size_t i = 0; i < v->list.n; i++) {
		struct volume *vol = v->list.items[i];

		for (size_t k = 0; k < vol->tokens.n; k++) {
			ek_token_stop(&vol->tokens.items[k]->token);
			free(vol->tokens.items[k]);
		}
		ek_vec_done(&vol->tokens);
		ek_claim_stop(&vol->claim);
	}
	if (!v->working)
		destroy(v);
}

void ek_volumes_pod_changed(struct ek_volumes *v)
{
	want_all(v); /* an ephemeral container may refer to something new */
	if (v->ready)
		look(v);
}

bool ek_volumes_ready(const struct ek_volumes *v)
{
	return v->ready;
}

const char *ek_volumes_error(const struct ek_volumes *v, const char **ret_volume)
{
	*ret_volume = v->error_volume;
	return v->error ? v->error : "";
}

int ek_volumes_at(const struct ek_volumes *v, const char *name, struct ek_volume_at *ret)
{
	for (size_t i = 0; i < v->list.n; i++) {
		const struct volume *vol = v->list.items[i];

		if (!ek_streq(vol->name, name) || !vol->path)
			continue;
		*ret = (struct ek_volume_at){ vol->path, vol->read_only, vol->shared_mounts };
		return 0;
	}
	return EK_ENOTFOUND;
}

/* ---- removal ---- */

/* Every mount at or below dir/name, two levels down: where memory volumes and sub-paths are. */
static void unmount_below(const char *dir, int depth)
{
	DIR *d = opendir(dir);

	for (struct dirent *e; d && (e = readdir(d));) {
		EK_FREE char *path = ek_path_join(dir, e->d_name);

		if (ek_streq(e->d_name, ".") || ek_streq(e->d_name, ".."))
			continue;
		while (umount2(path, MNT_DETACH | UMOUNT_NOFOLLOW) == 0)
			;
		if (e->d_type == DT_DIR && depth > 0)
			unmount_below(path, depth - 1);
	}
	if (d)
		closedir(d);
}

int ek_volumes_release(const char *dir, const char *tmp_dir, struct ek_err *err)
{
	EK_FREE char *empty = ek_path_join(dir, "volumes/kubernetes.io~empty-dir"), *subpaths = ek_path_join(dir, "volume-subpaths");

	unmount_below(empty, 0);
	unmount_below(subpaths, 2);
	return ek_dir_remove(AT_FDCWD, tmp_dir, err);
}

int ek_volumes_remove(const char *dir, const char *tmp_dir, struct ek_err *err)
{
	EK_FREE char *volumes = ek_path_join(dir, "volumes"), *subpaths = ek_path_join(dir, "volume-subpaths");
	int rc = ek_volumes_release(dir, tmp_dir, err);

	if (rc == 0)
		rc = ek_dir_remove(AT_FDCWD, subpaths, err);
	if (rc == 0)
		rc = ek_dir_remove(AT_FDCWD, volumes, err);
	return rc;
}
