/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ekube/clock.h>
#include <ekube/file.h>
#include <ekube/log.h>

#include "admit.h"
#include "coldplug.h"
#include "container/container.h"
#include "spec/podspec.h"
#include "container/probes.h"

/*
 * The pods of this node: what the API says of them, and their life from the first word of them
 * to the last.
 *
 *   informer ─► ek_pod_new ─► (worker) ... ended ─► gone from the API ─► ek_pod_forget ─► freed
 */

enum { GRACE_FORCED_S = 1 };

const struct ek_json *ek_pod_json(const struct ek_pod *p)
{
	return ek_object_tree(p->object);
}

const struct ek_json *ek_slot_spec(const struct ek_slot *s)
{
	return ek_podspec_find(ek_pod_json(s->pod), s->name);
}

struct ek_slot *ek_pod_slot(const struct ek_pod *p, const char *container)
{
	for (size_t i = 0; i < p->slots.n; i++)
		if (ek_streq(p->slots.items[i]->name, container))
			return p->slots.items[i];
	return NULL;
}

struct ek_pod *ek_pods_find(struct ek_node *n, const char *ns, const char *name, const char *uid)
{
	struct ek_pod *p = uid ? ek_map_get(&n->pods, uid) : NULL;

	if (uid)
		return p && ek_streq(p->ns, ns) && ek_streq(p->name, name) ? p : NULL;
	for (struct ek_map_entry *e = NULL; (e = ek_map_next(&n->pods, e));) {
		p = e->value;
		if (p->in_api && ek_streq(p->ns, ns) && ek_streq(p->name, name))
			return p;
	}
	return NULL;
}

void ek_pod_event(const struct ek_pod *p, const char *container, const char *type,
		  const char *reason, const char *fmt, ...)
{
	EK_FREE char *path = container ? ek_podspec_field_path(ek_pod_json(p), container) : NULL;
	char text[1024];
	va_list ap;

	if (!p->node->recorder)
		return;
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	ek_record(p->node->recorder, ek_pod_json(p), path, type, reason, "%s", text);
}

/* ---- on disk: what a start must know of a pod before the API has spoken ---- */

void ek_pod_remember(struct ek_pod *p)
{
	EK_FREE char *path = ek_path_join(p->dir, EK_POD_MANIFEST);
	EK_BUF struct ek_buf text = EK_BUF_INIT(EK_OBJECT_MAX_BYTES);
	struct ek_err err = { 0 };
	int rc = ek_dir_make(AT_FDCWD, p->dir, 0750, &err);

	if (rc == 0)
		rc = ek_object_write(p->object, &text);
	if (rc == 0)
		rc = ek_file_write(AT_FDCWD, path, text.data, text.len, 0600, false, &err);
	if (rc < 0)
		ek_warn("a pod cannot be remembered: a restart of this node would start its containers anew", "pod",
			EK_F("%s/%s", p->ns, p->name), "error", err.msg);
}

/* ---- making and freeing ---- */

/* Ephemeral containers may come; nothing else of the lists ever changes, and they are the last. */
static void add_slots(struct ek_pod *p)
{
	const struct ek_json *c;
	enum ek_ctr_role role;

	for (size_t i = p->slots.n; (c = ek_podspec_container(ek_pod_json(p), i, &role)); i++) {
		struct ek_slot *s = ek_new(struct ek_slot);

		s->pod = p;
		s->name = ek_str_dup(ek_json_str_at(c, "name"));
		s->role = role;
		ek_vec_push(&p->slots, s);
	}
}

static void on_deadline(struct ek_timer *t)
{
	static const char reason[] = "DeadlineExceeded";
	static const char message[] = "Pod was active on the node longer than the specified deadline";
	struct ek_pod *p = ek_container_of(t, struct ek_pod, deadline);

	if (p->ending)
		return;
	ek_pod_event(p, NULL, "Normal", reason, "%s", message);
	ek_pod_end(p, reason, message, -1);
}

static void watch_deadline(struct ek_pod *p)
{
	const struct ek_json *pod = ek_pod_json(p);
	int64_t seconds = ek_json_int_at(pod, "spec.activeDeadlineSeconds", 0), start_us = p->first_seen_us;

	if (seconds <= 0 || p->ending)
		return;
	(void)ek_time_parse(ek_json_str_at(pod, "status.startTime") ? ek_json_str_at(pod, "status.startTime") : "", &start_us);
	ek_timer_start(p->node->loop, &p->deadline,
		       EK_MAX(seconds * 1000 - (ek_clock_wall_us() - start_us) / 1000, (int64_t)0),
		       on_deadline);
}

struct ek_pod *ek_pod_new(struct ek_node *n, struct ek_object *object)
{
	struct ek_pod *p = ek_new(struct ek_pod);
	const struct ek_json *pod = ek_object_tree(object);

	p->node = n;
	p->object = ek_object_ref(object);
	p->uid = ek_str_dup(ek_meta_uid(pod));
	p->ns = ek_str_dup(ek_meta_namespace(pod));
	p->name = ek_str_dup(ek_meta_name(pod));
	p->dir = ek_path_join(n->dirs.pods, p->uid);
	p->memory_dir = ek_path_join(n->dirs.memory, p->uid);
	p->log_dir = ek_str_fmt("%s/%s_%s_%s", n->dirs.logs, p->ns, p->name, p->uid);
	p->cgroup = ek_cgroups_pod_path(n->cgroups, ek_podspec_qos(pod), p->uid);
	p->grace_s = -1;
	ek_list_init(&p->discarded);
	p->first_seen_us = ek_clock_wall_us();
	add_slots(p);
	(void)ek_map_put(&n->pods, p->uid, p);
	return p;
}

static void slot_free(struct ek_slot *s)
{
	EK_ASSERT(!s->starting);
	ek_probes_stop(s);
	ek_ctr_free(s->cur);
	ek_ctr_free(s->before);
	free(s->name);
	free(s->wait_reason);
	free(s->wait_message);
	free(s->pull_error);
	free(s);
}

/* Nothing of it may be in flight. */
void ek_pod_free(struct ek_pod *p)
{
	char *texts[] = { p->uid,     p->ns,	 p->name,	 p->dir,	 p->memory_dir,
			  p->log_dir, p->cgroup, p->fail_reason, p->fail_message };

	(void)ek_map_del(&p->node->pods, p->uid);
	ek_defer_cancel(&p->kick);
	ek_timer_stop(&p->again);
	ek_timer_stop(&p->deadline);
	ek_status_stop(p);
	for (size_t i = 0; i < p->slots.n; i++)
		slot_free(p->slots.items[i]);
	ek_vec_done(&p->slots);
	EK_LIST_EACH(node, tmp, &p->discarded)
		ek_ctr_free(ek_container_of(node, struct ek_ctr, leaving));
	ek_object_unref(p->object);
	for (size_t i = 0; i < EK_ARRAY_LEN(texts); i++)
		free(texts[i]);
	free(p);
}

/* ---- the last of it ---- */

struct forgetting {
	struct ek_work work;
	struct ek_pod *pod;
	char          *dirs[3];
	struct ek_err  err;
};

static int run_forget(struct ek_work *w)
{
	struct forgetting *f = ek_container_of(w, struct forgetting, work);
	int rc = 0;

	for (size_t i = 0; i < EK_ARRAY_LEN(f->dirs); i++) {
		int one = ek_dir_remove(AT_FDCWD, f->dirs[i], &f->err);

		rc = one < 0 ? one : rc;
	}
	return rc;
}

static void on_forgotten(struct ek_work *w, int rc)
{
	struct forgetting *f = ek_container_of(w, struct forgetting, work);
	struct ek_node *n = f->pod->node;

	if (rc < 0)
		ek_warn("files of a pod are left for the next start", "pod", EK_F("%s/%s", f->pod->ns, f->pod->name), "error",
			f->err.msg);
	ek_pod_free(f->pod);
	for (size_t i = 0; i < EK_ARRAY_LEN(f->dirs); i++)
		free(f->dirs[i]);
	free(f);
	ek_node_count_burstable(n);
	ek_node_release(n);
}

static bool is_at_rest(const struct ek_pod *p)
{
	return p->cleanups == 0 && !p->volumes_leaving && !p->sandbox.working &&
	       !p->sandbox.up;
}

void ek_pod_forget(struct ek_pod *p)
{
	struct forgetting *f;

	p->leaving = true;
	ek_status_stop(p);
	for (size_t i = 0; i < p->slots.n; i++) {
		struct ek_slot *s = p->slots.items[i];

		if (s->cur)
			ek_ctr_discard(ek_steal(s->cur));
		if (s->before)
			ek_ctr_discard(ek_steal(s->before));
	}
	if (p->forgetting || !is_at_rest(p))
		return; /* what comes to its end kicks the pod, and leads here */
	p->forgetting = true;
	f = ek_new(struct forgetting);
	f->pod = p;
	f->dirs[0] = ek_str_dup(p->memory_dir);
	f->dirs[1] = ek_str_dup(p->log_dir);
	f->dirs[2] = ek_str_dup(p->dir); /* the manifest: last */
	f->work = (struct ek_work){ .run = run_forget, .done = on_forgotten };
	ek_node_hold(p->node);
	ek_work_start(p->node->loop, &f->work);
}

/* ---- what the API says ---- */

static bool is_same_to_remember(const struct ek_json *a, const struct ek_json *b)
{
	return ek_json_equal(ek_json_get(a, "spec"), ek_json_get(b, "spec")) &&
	       ek_json_equal(ek_meta_labels(a), ek_meta_labels(b)) &&
	       ek_json_equal(ek_meta_annotations(a), ek_meta_annotations(b));
}

void ek_pod_set_object(struct ek_pod *p, struct ek_object *object)
{
	EK_OBJECT struct ek_object *old = p->object;
	const struct ek_json *pod = ek_object_tree(object);

	p->object = ek_object_ref(object);
	p->in_api = true;
	add_slots(p);
	ek_coldplug_resume(p);
	if (old != object && !is_same_to_remember(ek_object_tree(old), pod)) {
		if (!p->ended)
			ek_pod_remember(p);
		if (p->volumes)
			ek_volumes_pod_changed(p->volumes);
	}
	watch_deadline(p);
	/* somebody deletes it, or says that it is over */
	if (ek_meta_deleting(pod) || ek_podspec_is_finished(pod))
		ek_pod_end(p, NULL, NULL, -1);
	ek_pod_kick(p);
}

static void reject(struct ek_pod *p, const struct ek_node_refusal *r)
{
	ek_pod_event(p, NULL, "Warning", r->reason, "%s", r->message);
	ek_str_set(&p->fail_reason, r->reason);
	free(p->fail_message);
	p->fail_message = ek_str_fmt("Pod was rejected: %s", r->message);
	p->rejected = p->ending = p->ended = true;
}

/* Against all that are here and not over yet. */
static bool admit(const struct ek_pod *p, struct ek_node_refusal *ret)
{
	struct ek_node *n = p->node;
	struct ek_object *known = ek_informer_find(n->node_informer, NULL, n->name);
	EK_JSON struct ek_json *node = known ? ek_json_ref(ek_object_tree(known)) :
					       ek_node_initial(&n->status_options);
	EK_VEC(const struct ek_json *) others = { 0 };
	struct ek_node_admit in = { .pod = ek_pod_json(p),
				    .node = node,
				    .allocatable = n->allocatable };
	bool good;

	for (struct ek_map_entry *e = NULL; (e = ek_map_next(&n->pods, e));) {
		const struct ek_pod *other = e->value;

		if (other != p && other->in_api && !other->ended)
			ek_vec_push(&others, ek_pod_json(other));
	}
	in.others = others.items;
	in.n_others = others.n;
	good = ek_node_admit(&in, ret);
	ek_vec_done(&others);
	return good;
}

static void appear(struct ek_node *n, struct ek_object *object)
{
	const struct ek_json *pod = ek_object_tree(object);
	struct ek_pod *p = ek_pod_new(n, object);
	struct ek_node_refusal refusal;

	if (ek_podspec_is_finished(pod))
		p->settled = p->ending = p->ended = true;
	else if (!ek_meta_deleting(pod) && !admit(p, &refusal))
		reject(p, &refusal);
	else
		ek_pod_remember(p);
	ek_pod_set_object(p, object);
	ek_node_count_burstable(n);
}

static void vanish(struct ek_node *n, struct ek_object *object)
{
	struct ek_pod *p = ek_map_get(&n->pods, ek_index_uid(object->index));

	if (!p)
		return;
	p->in_api = false;
	/* nobody but this node removes a pod that runs, unless by force */
	ek_pod_end(p, NULL, NULL, p->ended ? -1 : GRACE_FORCED_S);
}

static void on_pod(struct ek_informer_handler *h, struct ek_object *before, struct ek_object *after)
{
	struct ek_node *n = ek_container_of(h, struct ek_node, on_pod);
	struct ek_pod *p = after ? ek_map_get(&n->pods, ek_index_uid(after->index)) : NULL;

	if (before &&
	    (!after || !ek_streq(ek_index_uid(before->index), ek_index_uid(after->index))))
		vanish(n, before);
	if (p)
		ek_pod_set_object(p, after);
	else if (after)
		appear(n, after);
}

/* Pods from before that the API no longer has were deleted while nobody was here. */
static void on_pods_synced(struct ek_informer_handler *h)
{
	struct ek_node *n = ek_container_of(h, struct ek_node, on_pod);

	for (struct ek_map_entry *e = NULL; (e = ek_map_next(&n->pods, e));) {
		struct ek_pod *p = e->value;

		if (p->in_api)
			continue;
		ek_coldplug_resume(p);
		ek_pod_end(p, NULL, NULL, -1);
	}
}

/* Services are part of every container's environment: nothing starts before they are known. */
static void on_services_synced(struct ek_informer_handler *h)
{
	struct ek_node *n = ek_container_of(h, struct ek_node, on_service);

	for (struct ek_map_entry *e = NULL; (e = ek_map_next(&n->pods, e));)
		ek_pod_kick(e->value);
}

void ek_pods_follow(struct ek_node *n)
{
	EK_FREE char *mine = ek_str_fmt("spec.nodeName=%s", n->name);

	n->on_pod =
		(struct ek_informer_handler){ .on_change = on_pod, .on_synced = on_pods_synced };
	EK_FREE char *me = ek_str_fmt("metadata.name=%s", n->name);

	n->on_service = (struct ek_informer_handler){ .on_synced = on_services_synced };
	n->node_informer = ek_informer_get(n->informers, &ek_kind_node, NULL, NULL, me);
	n->service_informer = ek_informer_get(n->informers, &ek_kind_service, NULL, NULL, NULL);
	n->pod_informer = ek_informer_get(n->informers, &ek_kind_pod, NULL, NULL, mine);
	ek_informer_add(n->service_informer, &n->on_service);
	ek_informer_add(n->pod_informer, &n->on_pod);
}

void ek_pods_unfollow(struct ek_node *n)
{
	if (!n->pod_informer)
		return;
	ek_informer_remove(n->pod_informer, &n->on_pod);
	ek_informer_remove(n->service_informer, &n->on_service);
	n->pod_informer = n->service_informer = n->node_informer = NULL;
}
