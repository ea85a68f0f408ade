/* SPDX-License-Identifier: Apache-2.0 */
#include "coldplug.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <ekube/clock.h>
#include <ekube/file.h>
#include <ekube/log.h>

#include "container/container.h"
#include "spec/podspec.h"
#include "container/probes.h"
#include "sandbox/sandbox.h"

/*
 * What a former ekube left, whatever instant it ended at. Disk and kernel are asked; nothing
 * else is believed.
 *
 *   pods/<uid>/pod.json ──► ek_pod ◄── containers/<id>/record.json ──► the shim: runs,
 *                                                                           ended, lost, never was
 *   everything of a pod or container that nobody claims ──► removed
 */

enum { MANIFEST_MAX = EK_OBJECT_MAX_BYTES, WAIT_MS = 5000 };

/* Call back for each name in dir that is not hidden. A folder that is missing is empty. */
static void each_name(const char *dir, void (*cb)(struct ek_node *n, const char *name),
		      struct ek_node *n)
{
	EK_VEC(char *) names = { 0 };
	DIR *d = opendir(dir);

	for (struct dirent *e; d && (e = readdir(d));)
		if (e->d_name[0] != '.')
			ek_vec_push(&names, ek_str_dup(e->d_name));
	if (d)
		closedir(d);
	for (size_t i = 0; i < names.n; i++) { /* apart: callbacks remove what they meet */
		cb(n, names.items[i]);
		free(names.items[i]);
	}
	ek_vec_done(&names);
}

/* ---- pods ---- */

static int read_manifest(struct ek_node *n, const char *uid, struct ek_object **ret,
			 struct ek_err *err)
{
	EK_FREE char *path = ek_str_fmt("%s/%s/" EK_POD_MANIFEST, n->dirs.pods, uid), *text = NULL;
	EK_JSON struct ek_json *tree = NULL;
	size_t len;
	int rc = ek_file_read(AT_FDCWD, path, MANIFEST_MAX, &text, &len, err);

	if (rc == 0)
		rc = ek_json_parse(text, len, MANIFEST_MAX, &tree, NULL, err);
	if (rc == 0 &&
	    (!ek_streq(ek_meta_uid(tree), uid) || !ek_meta_name(tree) || !ek_meta_namespace(tree)))
		rc = ek_fail(err, EK_EINVALID, "%s is not the manifest of pod %s", path, uid);
	if (rc == 0)
		*ret = ek_object_new(tree, ek_meta_rev(tree), NULL);
	return rc;
}

static void plug_pod(struct ek_node *n, const char *uid)
{
	EK_OBJECT struct ek_object *object = NULL;
	struct ek_err err = { 0 };
	struct ek_pod *p;

	if (read_manifest(n, uid, &object, &err) < 0)
		return; /* its folder goes with what nobody claims */
	p = ek_pod_new(n, object);
	p->plugged = true;
	/* half made, or half taken down: whatever is there of it is taken down with the pod */
	p->sandbox.in_parts = !ek_sandbox_find(p);
}

/* ---- containers ---- */

static int64_t mono_of_wall_ms(int64_t wall_ms)
{
	return ek_clock_mono_ms() - EK_MAX(ek_clock_wall_us() / 1000 - wall_ms, (int64_t)0);
}

/* The newest of a slot is the current one; two attempts are remembered. */
static void place(struct ek_slot *s, struct ek_ctr *c)
{
	struct ek_ctr *rest = c;

	if (!s->cur || c->attempt > s->cur->attempt) {
		rest = s->cur;
		s->cur = c;
	}
	if (rest && (!s->before || rest->attempt > s->before->attempt)) {
		struct ek_ctr *old = s->before;

		s->before = rest;
		rest = old;
	}
	if (rest)
		ek_ctr_discard(rest);
}

static void undo(struct ek_node *n, const char *id, const char *cgroup)
{
	struct ek_err err = { 0 };

	if (ek_ctr_remove_folder(n, id, cgroup, &err) < 0)
		ek_warn("a container that was never finished cannot be removed", "id", id, "error", err.msg);
}

static struct ek_slot *slot_of(struct ek_node *n, const struct ek_ctr_record *r)
{
	struct ek_pod *p = ek_map_get(&n->pods, r->uid);

	return p ? ek_pod_slot(p, r->container) : NULL;
}

static void plug_container(struct ek_node *n, const char *id)
{
	EK_FREE char *dir = ek_path_join(n->dirs.containers, id), *cgroup = NULL;
	struct ek_ctr_record record = { 0 };
	struct ek_backoff backoff;
	struct ek_slot *s;
	struct ek_ctr *c;
	int rc = ek_ctr_record_read(dir, &record, NULL);

	s = rc == 0 ? slot_of(n, &record) : NULL;
	cgroup = ek_str_dup(record.cgroup);
	if (!s) {
		ek_ctr_record_done(&record);
		undo(n, id, cgroup);
		return;
	}
	backoff = record.backoff;
	c = ek_ctr_new(s, id, &record);
	if (ek_shim_adopt(n->loop, &c->shim, c->shim_dir, NULL) < 0 ||
	    c->shim.status.state == EK_SHIM_NONE) {
		s->restarts = EK_MAX(s->restarts, c->attempt);
		ek_ctr_free(c);
		undo(n, id, cgroup);
		return;
	}
	if (backoff.ms && (!s->cur || c->attempt > s->cur->attempt))
		s->backoff =
			(struct ek_backoff){ .ms = backoff.ms,
					     .updated_ms = mono_of_wall_ms(backoff.updated_ms) };
	place(s, c);
}

/* Its network is gone from under it: what runs there is of no use. */
static void restart_all(struct ek_pod *p)
{
	const struct ek_plan_action a = { .verb = EK_PLAN_STOP,
					  .why = EK_KILL_OTHER,
					  .restart = true };

	ek_pod_event(p, NULL, "Normal", "SandboxChanged", "Pod sandbox changed, it will be killed and re-created.");
	for (size_t i = 0; i < p->slots.n; i++)
		if (ek_ctr_is_running(p->slots.items[i]->cur))
			ek_ctr_stop(p->slots.items[i]->cur, &a);
}

static size_t count_running(const struct ek_pod *p)
{
	size_t n = 0;

	for (size_t i = 0; i < p->slots.n; i++)
		n += ek_ctr_is_running(p->slots.items[i]->cur);
	return n;
}

void ek_coldplug_resume(struct ek_pod *p)
{
	const struct ek_json *statuses[] = { ek_json_at(ek_pod_json(p), "status.containerStatuses"),
					     ek_json_at(ek_pod_json(p), "status.initContainerStatuses") };

	if (!p->plugged)
		return;
	p->plugged = false;
	for (size_t i = 0; i < p->slots.n; i++) {
		struct ek_slot *s = p->slots.items[i];
		const struct ek_json *st = NULL;

		for (size_t k = 0; k < EK_ARRAY_LEN(statuses) && !st; k++)
			st = ek_json_find(statuses[k], "name", s->name, NULL);
		if (s->before)
			ek_ctr_look(s->before);
		if (!s->cur)
			continue;
		if (ek_ctr_is_running(s->cur))
			ek_probes_start(s, ek_json_bool_at(st, "started", false), ek_json_bool_at(st, "ready", false));
		ek_ctr_look(s->cur);
		if (s->cur->ended && s->cur->shim.status.finished_us)
			s->cur->ended_ms = mono_of_wall_ms(s->cur->shim.status.finished_us / 1000);
	}
	if (p->sandbox.state == EK_SANDBOX_NONE && count_running(p) > 0)
		restart_all(p);
}

/* ---- what nobody claims ---- */

static void drop_pod(struct ek_node *n, const char *uid)
{
	EK_FREE char *dir = ek_path_join(n->dirs.pods, uid),
		     *memory = ek_path_join(n->dirs.memory, uid);
	EK_FREE char *ns = ek_path_join(n->dirs.ns, uid), *shm = ek_path_join(n->dirs.shm, uid);
	struct ek_sandbox_trash t = {
		.cgroups = n->cgroups, .ns_dir = ns, .shm = shm, .dir = dir, .memory_dir = memory
	};
	struct ek_err err = { 0 };
	int rc;

	if (ek_map_get(&n->pods, uid))
		return;
	rc = ek_sandbox_remove(&t, &err);
	if (rc == 0)
		rc = ek_dir_remove(AT_FDCWD, dir, &err);
	if (rc < 0)
		ek_warn("what is left of an old pod cannot be removed", "uid", uid, "error", err.msg);
}

static void drop_runtime(struct ek_node *n, const char *id)
{
	EK_FREE char *path = ek_path_join(n->dirs.containers, id),
		     *runtime = ek_path_join(n->dirs.runtime, id);

	if (access(path, F_OK) < 0)
		(void)ek_dir_remove(AT_FDCWD, runtime, NULL);
}

static void drop_cgroups(struct ek_node *n)
{
	char **list = ek_cgroups_list_pods(n->cgroups);
	struct ek_err err = { 0 };

	for (size_t i = 0; list[i]; i++) {
		const char *uid = strrchr(list[i], '/');

		uid = uid && ek_str_starts(uid, "/pod") ? uid + 4 : "";
		if (!ek_map_get(&n->pods, uid) &&
		    ek_cgroups_remove(n->cgroups, list[i], WAIT_MS, &err) < 0)
			ek_warn("the cgroup of an old pod cannot be removed", "cgroup", list[i], "error", err.msg);
	}
	ek_cgroups_list_free(list);
}

static void drop_networks(struct ek_node *n)
{
	EK_VEC(char *) gone = { 0 };

	if (!n->net)
		return;
	for (const struct ek_podnet_pod *p = NULL; (p = ek_podnet_next(n->net, p));)
		if (!ek_map_get(&n->pods, p->id))
			ek_vec_push(&gone, ek_str_dup(p->id));
	for (size_t i = 0; i < gone.n; i++) {
		ek_podnet_down(n->net, gone.items[i]);
		free(gone.items[i]);
	}
	ek_vec_done(&gone);
}

void ek_coldplug(struct ek_node *n)
{
	size_t alive = 0;

	each_name(n->dirs.pods, plug_pod, n);
	each_name(n->dirs.containers, plug_container, n);
	drop_cgroups(n);
	each_name(n->dirs.pods, drop_pod, n);
	each_name(n->dirs.memory, drop_pod, n);
	each_name(n->dirs.ns, drop_pod, n);
	each_name(n->dirs.shm, drop_pod, n);
	each_name(n->dirs.runtime, drop_runtime, n);
	drop_networks(n);
	for (struct ek_map_entry *e = NULL; (e = ek_map_next(&n->pods, e));)
		alive += count_running(e->value);
	if (n->pods.n)
		ek_info("pods of a former start taken back", "pods", EK_I((int64_t)n->pods.n), "running", EK_I((int64_t)alive));
}
