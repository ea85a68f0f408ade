/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Watches: one line an event. As they are, the lines are the registry's, encoded once for all
 * watchers; tables and partial objects are encoded here. A client that does not keep up pauses
 * its own watch.
 */

#include <ekube/str.h>
#include <stdlib.h>

#include "handlers.h"
#include "list_options.h"

static const char *const type_names[] = {
	[EK_WATCH_ADDED] = "ADDED",
	[EK_WATCH_MODIFIED] = "MODIFIED",
	[EK_WATCH_DELETED] = "DELETED",
	[EK_WATCH_BOOKMARK] = "BOOKMARK",
};

static void on_started(struct ek_watch_op *w)
{
	struct request *rq = ek_container_of(w, struct request, watch.op);

	rq->watch.started = true;
	http_start(rq->http, 200,
		   rq->enc.choice.as == AS_IS ? "application/json" :
						"application/json;stream=watch");
}

static bool write_encoded(struct request *rq, enum ek_watch_type type, struct ek_object *o)
{
	EK_BUF struct ek_buf out = EK_BUF_INIT(EK_STORE_MAX_VALUE * 2);
	struct ek_bytes *b;
	bool more;

	if (encode_event(&rq->enc, type_names[type], o, !rq->watch.any, &out) < 0)
		return true;
	rq->watch.any = true;
	b = ek_bytes_new(out.data, out.len);
	more = http_write(rq->http, b);
	ek_bytes_unref(b);
	return more;
}

static bool on_event(struct ek_watch_op *w, enum ek_watch_type type, struct ek_object *o,
		     struct ek_bytes *line)
{
	struct request *rq = ek_container_of(w, struct request, watch.op);

	if (rq->enc.choice.as == AS_IS || !o)
		return http_write(rq->http, line);
	return write_encoded(rq, type, o);
}

static void on_drained(struct http_req *r)
{
	struct request *rq = r->state;

	ek_watch_op_resume(&rq->watch.op);
}

static void write_error(struct request *rq, const struct ek_json *status)
{
	EK_JSON struct ek_json *event = ek_json_make("{'type':'ERROR','object':%v}", status);
	EK_BUF struct ek_buf out = EK_BUF_INIT(1 << 20);
	struct ek_bytes *b;

	(void)ek_json_write(event, &out);
	(void)ek_buf_char(&out, '\n');
	b = ek_bytes_new(out.data, out.len);
	(void)http_write(rq->http, b);
	ek_bytes_unref(b);
}

static void on_ended(struct ek_watch_op *w, int rc, struct ek_json *status)
{
	struct request *rq = ek_container_of(w, struct request, watch.op);

	rq->leave = NULL;
	rq->http->drained = NULL;
	if (!rq->watch.started) {
		request_fail(rq, ek_json_ref(status));
		return;
	}
	if (rc < 0)
		write_error(rq, status);
	http_end(rq->http, true);
}

static void leave_watch(struct request *rq)
{
	ek_watch_op_stop(&rq->watch.op);
}

void handle_watch(struct request *rq)
{
	struct list_options o;

	if (!list_options_read(rq, &o))
		return;
	rq->enc.choice.media = MEDIA_JSON; /* a stream of YAML documents is nobody's format */
	rq->watch.op = (struct ek_watch_op){
		.user = &rq->id.user,
		.kind = rq->route.kind,
		.ns = rq->route.ns,
		.label_selector = o.label_selector,
		.field_selector = o.field_selector,
		.rev = o.rev,
		.rev_match = o.rev_match,
		.bookmarks = o.bookmarks,
		.initial_events = o.initial_events,
		.timeout_s = o.timeout_s,
		.want_objects = rq->enc.choice.as != AS_IS,
		.started = on_started,
		.on_event = on_event,
		.ended = on_ended,
	};
	rq->leave = leave_watch;
	rq->http->drained = on_drained;
	ek_watch_op_start(front_registry(rq->front), &rq->watch.op);
}
