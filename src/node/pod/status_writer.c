/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include <ekube/clock.h>
#include <ekube/log.h>

#include "node_impl.h"
#include "pod_status.h"

/*
 * A pod's status on its way to the API: one write at a time, and always the newest. When the
 * last one is there and the
 * pod is over and to be deleted, it is deleted for good. While a container is being started a
 * write waits a moment: in
 * most cases it then tells of the running container, and the steps before it were never written.
 *
 *   update ─► differs from what the API has? ─► PATCH ─► (newer meanwhile? again)
 *                                                           └─► ended, deleting? ─► DELETE
 */

enum { RETRY_MIN_MS = 500, RETRY_MAX_MS = 60 * 1000, STARTING_MS = 200 };

/* One write: it is there for as long as it takes. */
struct ek_status_write {
	struct ek_pod  *pod;
	struct ek_json *body;
	struct ek_call  call;
};

static void flush(struct ek_pod *p);

static struct ek_status_write *write_new(struct ek_pod *p, enum ek_verb verb,
					 struct ek_json *take_body,
					 void (*cb)(struct ek_call *c, int rc))
{
	struct ek_status_write *w = ek_new(struct ek_status_write);

	w->pod = p;
	w->body = take_body;
	ek_call_init(&w->call, verb, &ek_kind_pod, p->ns, p->name, cb);
	w->call.body = take_body;
	p->write = w;
	return w;
}

static void write_free(struct ek_status_write *w)
{
	w->pod->write = NULL;
	ek_call_done(&w->call);
	ek_json_unref(w->body);
	free(w);
}

/* The API's status: the answer to the last write, until the informer has caught up with it. */
static const struct ek_json *in_api(const struct ek_pod *p)
{
	return p->status_api && p->status_rev > p->object->rev ? p->status_api : ek_json_get(ek_pod_json(p), "status");
}

const struct ek_json *ek_status_last(const struct ek_pod *p)
{
	return p->status ? p->status : in_api(p);
}

static void on_retry(struct ek_timer *t)
{
	struct ek_pod *p = ek_container_of(t, struct ek_pod, status_timer);

	p->status_patient = false;
	flush(p);
}

static void retry(struct ek_pod *p, const char *what, const struct ek_err *err)
{
	p->status_pause_ms = EK_MIN(EK_MAX(2 * p->status_pause_ms, (int64_t)RETRY_MIN_MS),
				    (int64_t)RETRY_MAX_MS);
	ek_warn("the API does not take it", "what", what, "pod", EK_F("%s/%s", p->ns, p->name), "error", err->msg, "again_ms",
		EK_I(p->status_pause_ms));
	p->status_patient = false;
	ek_timer_start(p->node->loop, &p->status_timer, p->status_pause_ms, on_retry);
}

static bool is_starting(const struct ek_pod_view *view)
{
	for (size_t i = 0; i < view->n_ctrs; i++)
		if (view->ctrs[i].state == EK_CTR_STARTING)
			return true;
	return false;
}

/* The pause of a failure is kept, whatever happens meanwhile. */
static void be_patient(struct ek_pod *p, bool patient)
{
	bool waits = ek_timer_active(&p->status_timer);

	if (waits && p->status_patient && !patient)
		ek_timer_stop(&p->status_timer);
	else if (!waits && patient)
		ek_timer_start(p->node->loop, &p->status_timer, STARTING_MS, on_retry);
	if (!waits || p->status_patient)
		p->status_patient = patient;
}

/* ---- the end ---- */

static void on_deleted(struct ek_call *c, int rc)
{
	struct ek_status_write *w = ek_container_of(c, struct ek_status_write, call);
	struct ek_pod *p = w->pod;

	if (rc < 0 && rc != EK_ENOTFOUND &&
	    rc != EK_ECONFLICT) { /* those two: it has gone already */
		p->delete_sent = false;
		retry(p, "delete", &c->err);
	}
	write_free(w);
}

static void delete_for_good(struct ek_pod *p)
{
	struct ek_status_write *w = write_new(p, EK_DO_DELETE, NULL, on_deleted);

	p->delete_sent = true;
	w->call.grace_s = 0;
	w->call.if_uid = p->uid;
	ek_call_start(p->node->client, &w->call);
}

/* ---- writing ---- */

static void on_written(struct ek_call *c, int rc)
{
	struct ek_status_write *w = ek_container_of(c, struct ek_status_write, call);
	struct ek_pod *p = w->pod;

	if (rc == 0) {
		ek_json_unref(p->status_api);
		p->status_api = ek_json_ref(ek_json_get(ek_object_tree(c->object), "status"));
		p->status_rev = c->object->rev;
		p->status_pause_ms = 0;
		write_free(w);
		flush(p);
		return;
	}
	/* it is gone, or another of its name is there: the informer will tell */
	if (rc != EK_ENOTFOUND && rc != EK_ECONFLICT)
		retry(p, "status", &c->err);
	write_free(w);
}

static void flush(struct ek_pod *p)
{
	struct ek_json *body = NULL;
	struct ek_status_write *w;

	if (p->write || ek_timer_active(&p->status_timer) || !p->in_api ||
	    p->node->stopping)
		return;
	if (p->status && !p->settled)
		body = ek_pod_status_patch(ek_pod_json(p), in_api(p), p->status);
	if (!body) {
		ek_json_unref(ek_steal(p->status)); /* the API has it: one of the two is enough */
		if (p->ended && !p->delete_sent && ek_meta_deleting(ek_pod_json(p)))
			delete_for_good(p);
		return;
	}
	w = write_new(p, EK_DO_PATCH, body, on_written);
	w->call.subresource = "status";
	w->call.patch_type = EK_PATCH_STRATEGIC;
	ek_call_start(p->node->client, &w->call);
}

void ek_status_update(struct ek_pod *p, const struct ek_pod_view *view)
{
	if (p->status_api && p->status_rev <= p->object->rev)
		ek_json_unref(ek_steal(p->status_api));
	if (!p->settled) {
		struct ek_json *old = p->status;

		p->status = ek_pod_status_make(view);
		ek_json_unref(old);
		be_patient(p, !view->ending && is_starting(view));
	}
	flush(p);
}

void ek_status_stop(struct ek_pod *p)
{
	ek_timer_stop(&p->status_timer);
	if (p->write) {
		ek_call_cancel(&p->write->call);
		write_free(p->write);
	}
	ek_json_unref(ek_steal(p->status_api));
	ek_json_unref(ek_steal(p->status));
}
