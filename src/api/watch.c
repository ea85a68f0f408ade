/* SPDX-License-Identifier: Apache-2.0 */
#include "core.h"

#include "select.h"
#include "status.h"

#include <ekube/clock.h>
#include <ekube/str.h>

#include <stdlib.h>

/*
 *	START ──► LIST ──────────► LIVE ──► ended
 *	  │       existing objects   ▲
 *	  └── from a revision ───────┘
 *
 * An event is encoded by the first watcher that sends it as it happened; the others share the
 * bytes. Who selects decides by the index of the state before and after, and may send another type:
 * coming into sight is an addition, falling out of it a removal.
 */
struct watch {
	struct ek_list        node;     /* in r->watches: those that asked for bookmarks */
	struct ek_registry   *r;
	struct ek_watch_op   *op;
	struct ek_select      select;
	struct ek_store_list  list;
	struct ek_store_watch events;
	struct ek_timer       deadline;
	int64_t               told;     /* the newest revision that the asker knows of */
	bool                  live, listing, calling, gone;
};

enum {
	BOOKMARK_MS    = 60 * 1000,
	MIN_TIMEOUT_S  = 30 * 60,
	MAX_LINE_BYTES = EK_OBJECT_MAX_BYTES + 4096,
};

static const char *const type_names[] = {
	[EK_WATCH_ADDED] = "ADDED",
	[EK_WATCH_MODIFIED] = "MODIFIED",
	[EK_WATCH_DELETED] = "DELETED",
	[EK_WATCH_BOOKMARK] = "BOOKMARK",
};

static void watch_free(struct watch *w)
{
	ek_select_done(&w->select);
	free(w);
}

/* Nothing comes any more; the memory goes when no callback of ours is on the stack. */
static void leave(struct watch *w)
{
	ek_list_del(&w->node);
	ek_timer_stop(&w->deadline);
	if (w->listing)
		ek_store_list_cancel(&w->list);
	if (w->live)
		ek_store_watch_stop(&w->events);
	w->listing = w->live = false;
	w->op->impl = NULL;
	if (w->calling)
		w->gone = true;
	else
		watch_free(w);
}

/* After a callback that was called with w->calling set: false when the asker left in it. */
static bool still_there(struct watch *w)
{
	w->calling = false;
	if (!w->gone)
		return true;
	watch_free(w);
	return false;
}

static void end(struct watch *w, struct ek_json *take_status)
{
	EK_JSON struct ek_json *status = take_status;
	struct ek_watch_op *op = w->op;

	leave(w);
	op->ended(op, status ? ek_status_code(status) : 0, status);
}

/* ---- encoding ---- */

static struct ek_bytes *encode(enum ek_watch_type type, const struct ek_object *o)
{
	EK_BUF struct ek_buf out = EK_BUF_INIT(MAX_LINE_BYTES);

	(void)ek_buf_fmt(&out, "{\"type\":\"%s\",\"object\":", type_names[type]);
	(void)ek_object_write(o, &out);
	(void)ek_buf_str(&out, "}\n");
	return ek_bytes_new(out.data, out.len);
}

/* The asker's turn; false when it cannot take more. The watch may be gone afterwards. */
static bool send(struct watch *w, enum ek_watch_type type, struct ek_object *o,
		 struct ek_bytes *line)
{
	bool was_calling = w->calling, more;

	w->told = o->rev;
	w->calling = true;
	more = w->op->on_event(w->op, type, o, line);
	w->calling = was_calling;
	if (!w->gone)
		return more;
	if (!was_calling)
		watch_free(w);
	return false;
}

static bool send_object(struct watch *w, enum ek_watch_type type, struct ek_object *stored,
			struct ek_bytes **shared)
{
	EK_OBJECT struct ek_object *o = ek_object_as(stored, w->op->kind);
	EK_CLEANUP(ek_bytes_unrefp) struct ek_bytes *line = NULL;

	if (w->op->want_objects)
		return send(w, type, o, NULL);
	if (shared && *shared)
		return send(w, type, o, *shared);
	line = encode(type, o);
	if (shared)
		*shared = ek_bytes_ref(line);
	return send(w, type, o, line);
}

/* ---- bookmarks ---- */

/* An object of the kind with nothing in it but the revision. */
static struct ek_object *bookmark_new(const struct ek_kind *k, int64_t rev, bool initial_end)
{
	EK_JSON struct ek_json *empty = ek_json_object(), *tree = NULL;
	char api[96];

	if (ek_schema_decode(k->type, empty, EK_FIELDS_IGNORE, &tree, NULL, NULL) < 0)
		tree = ek_json_object();
	ek_json_set_str(tree, "kind", k->kind);
	ek_json_set_str(tree, "apiVersion", ek_kind_api_version(k, api));
	if (initial_end)
		ek_json_set_at(tree, "metadata.annotations",
			       ek_json_make("{'k8s.io/initial-events-end':'true'}"));
	return ek_object_new(tree, rev, NULL);
}

static bool send_bookmark(struct watch *w, int64_t rev, bool initial_end)
{
	EK_OBJECT struct ek_object *o = bookmark_new(w->op->kind, rev, initial_end);
	EK_CLEANUP(ek_bytes_unrefp) struct ek_bytes *line = encode(EK_WATCH_BOOKMARK, o);

	return send(w, EK_WATCH_BOOKMARK, o, line);
}

static void on_minute(struct ek_timer *t)
{
	struct ek_registry *r = ek_container_of(t, struct ek_registry, bookmarks);
	struct ek_list rest;
	struct watch *w;

	/* an asker may end any watch meanwhile: each goes back to the list before it is told */
	ek_list_init(&rest);
	EK_LIST_EACH(node, tmp, &r->watches) {
		ek_list_del(node);
		ek_list_add_tail(&rest, node);
	}
	while ((w = ek_list_first(&rest, struct watch, node))) {
		ek_list_del(&w->node);
		ek_list_add_tail(&r->watches, &w->node);
		if (w->live && w->events.at_rev > w->told)
			(void)send_bookmark(w, w->events.at_rev, false);
	}
	if (!ek_list_empty(&r->watches))
		ek_timer_start(r->loop, t, BOOKMARK_MS, on_minute);
}

static void want_bookmarks(struct watch *w)
{
	ek_list_add_tail(&w->r->watches, &w->node);
	if (!ek_timer_active(&w->r->bookmarks))
		ek_timer_start(w->r->loop, &w->r->bookmarks, BOOKMARK_MS, on_minute);
}

/* ---- live ---- */

static int seen_as(const struct watch *w, const struct ek_store_event *e)
{
	bool before = e->prev_index && ek_select_has(&w->select, e->key, e->prev_index);
	bool after = e->type != EK_EVENT_DELETED && ek_select_has(&w->select, e->key, e->index);

	if (before && after)
		return EK_WATCH_MODIFIED;
	if (after)
		return EK_WATCH_ADDED;
	return before ? EK_WATCH_DELETED : -1;
}

static bool on_event(struct ek_store_watch *events, const struct ek_store_event *e)
{
	static const int as_stored[] = {
		[EK_EVENT_ADDED] = EK_WATCH_ADDED,
		[EK_EVENT_MODIFIED] = EK_WATCH_MODIFIED,
		[EK_EVENT_DELETED] = EK_WATCH_DELETED,
	};
	struct watch *w = ek_container_of(events, struct watch, events);
	EK_OBJECT struct ek_object *o = NULL;
	int type = seen_as(w, e);
	bool share;

	if (type < 0)
		return true;
	o = ek_object_of_event(e);
	if (!o)
		return true;
	share = type == as_stored[e->type] && !w->op->kind->stored_as;
	return send_object(w, (enum ek_watch_type)type, o, share ? e->shared : NULL);
}

static struct ek_json *too_old(const struct watch *w, int64_t rev)
{
	return ek_status_expired(EK_F("too old resource version: %" PRId64 " (%" PRId64 ")", rev,
				      ek_store_floor(w->r->store)));
}

static void on_end(struct ek_store_watch *events, int rc)
{
	struct watch *w = ek_container_of(events, struct watch, events);

	w->live = false;
	if (rc == EK_EEXPIRED)
		end(w, too_old(w, events->at_rev));
	else
		end(w, ek_status_internal("%s", ek_err_name(rc)));
}

static void go_live(struct watch *w, int64_t from_rev)
{
	struct ek_err err;
	int rc;

	w->events.prefix = w->select.prefix;
	w->events.from_rev = from_rev;
	w->events.on_event = on_event;
	w->events.on_end = on_end;
	w->live = true;
	w->calling = true; /* past events come before the call returns */
	rc = ek_store_watch(w->r->store, &w->events, &err);
	if (!still_there(w) || rc == 0)
		return;
	w->live = false;
	if (rc == EK_EEXPIRED)
		end(w, too_old(w, from_rev));
	else
		end(w, ek_status_internal("%s", err.msg));
}

/* ---- what is already there ---- */

static bool on_record(struct ek_store_list *list, const struct ek_record *rec)
{
	struct watch *w = ek_container_of(list, struct watch, list);
	EK_OBJECT struct ek_object *o = NULL;

	if (!ek_select_has(&w->select, rec->key, rec->index) ||
	    ek_object_from_stored(rec->value, rec->index, rec->rev, &o, NULL) < 0)
		return true;
	return send_object(w, EK_WATCH_ADDED, o, NULL);
}

static void on_listed(struct ek_store_list *list, int rc, bool more)
{
	struct watch *w = ek_container_of(list, struct watch, list);

	(void)more;
	w->listing = false;
	if (rc < 0) {
		end(w, rc == EK_EEXPIRED ?
			       ek_status_expired(
				       "The resourceVersion for the provided watch is too old.") :
			       ek_status_internal("%s", ek_err_name(rc)));
		return;
	}
	if (w->op->initial_events && w->op->bookmarks) {
		w->calling = true;
		(void)send_bookmark(w, list->at_rev, true);
		if (!still_there(w))
			return;
	}
	w->told = list->at_rev;
	go_live(w, list->at_rev);
}

static void list_existing(struct watch *w)
{
	w->list.prefix = w->select.prefix;
	w->list.on_record = on_record;
	w->list.done = on_listed;
	w->listing = true;
	ek_store_list(w->r->store, &w->list);
}

/* ---- options ---- */

static struct ek_json *check_options(struct ek_registry *r, const struct ek_watch_op *op)
{
	struct ek_causes causes = { 0 };
	struct ek_path at = { 0 };
	struct ek_json *status = NULL;

	(void)ek_path_push(&at, "resourceVersionMatch");
	if (op->initial_events && op->rev_match != EK_REV_NOT_OLDER)
		ek_cause_add(
			&causes, EK_CAUSE_FORBIDDEN, &at, NULL,
			"sendInitialEvents requires setting resourceVersionMatch to NotOlderThan");
	if (causes.v.n > 0)
		status = ek_status_invalid_of("meta.k8s.io", "ListOptions", "", &causes);
	ek_causes_done(&causes);
	if (!status && op->initial_events && op->rev > ek_store_rev(r->store))
		status = ek_status_future_rev(op->rev, ek_store_rev(r->store));
	return status;
}

static struct ek_json *check_access(const struct watch *w)
{
	const struct ek_watch_op *op = w->op;
	const struct ek_authz_attrs a = {
		.user = op->user,
		.verb = "watch",
		.group = op->kind->group,
		.resource = op->kind->plural,
		.ns = op->kind->namespaced ? op->ns : NULL,
		.name = ek_select_asked(&w->select),
		.fields = &w->select.fields,
	};
	char reason[256] = "";

	return ek_authorize(w->r, &a, reason, sizeof(reason)) ? NULL :
								ek_status_forbidden(&a, reason);
}

static void on_deadline(struct ek_timer *t)
{
	struct watch *w = ek_container_of(t, struct watch, deadline);

	/* who asked for bookmarks resumes from where the watch came to */
	if (w->op->bookmarks && w->live && w->events.at_rev > w->told) {
		w->calling = true;
		(void)send_bookmark(w, w->events.at_rev, false);
		if (!still_there(w))
			return;
	}
	end(w, NULL);
}

static void set_deadline(struct watch *w)
{
	int64_t s = w->op->timeout_s;

	if (s < 0)
		return;
	if (s == 0)
		s = MIN_TIMEOUT_S + ek_rand_below(MIN_TIMEOUT_S);
	ek_timer_start(w->r->loop, &w->deadline, s * 1000, on_deadline);
}

void ek_watch_op_start(struct ek_registry *r, struct ek_watch_op *op)
{
	struct watch *w = ek_new(struct watch);
	EK_JSON struct ek_json *bad_select = NULL;
	/* asked for with a match but without initial events: changes only */
	bool changes_only = op->rev_match == EK_REV_NOT_OLDER && !op->initial_events;
	struct ek_json *status;

	w->r = r;
	w->op = op;
	op->impl = w;
	(void)ek_select_parse(op->kind, op->ns, op->label_selector, op->field_selector, &w->select,
			      &bad_select);
	status = check_access(w);
	if (!status)
		status = check_options(r, op);
	if (!status)
		status = ek_steal(bad_select);
	if (status) {
		end(w, status);
		return;
	}
	set_deadline(w);
	if (op->bookmarks)
		want_bookmarks(w);
	w->calling = true;
	op->started(op);
	if (!still_there(w))
		return;
	if (op->initial_events || (op->rev <= 0 && !changes_only))
		list_existing(w);
	else
		go_live(w, EK_MAX(op->rev, 0));
}

void ek_watch_op_resume(struct ek_watch_op *op)
{
	struct watch *w = op->impl;

	if (w && w->listing)
		ek_store_list_resume(&w->list);
	else if (w && w->live)
		ek_store_watch_resume(&w->events);
}

void ek_watch_op_stop(struct ek_watch_op *op)
{
	if (op->impl)
		leave(op->impl);
}
