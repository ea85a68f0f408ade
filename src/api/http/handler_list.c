/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Lists: encoded as the objects come, sent in pieces, paused while the client is behind. Memory
 * does not grow with the list. The list's metadata comes last, because the continue token is
 * known last. YAML, which nobody streams, is built whole and has a maximum.
 */

#include <ekube/str.h>
#include <stdlib.h>

#include "handlers.h"
#include "list_options.h"

enum {
	PIECE = HTTP_HIGH_WATER + 1,     /* one is on its way, the next waits for it */
	PIECE_ROOM = PIECE + (16 << 10), /* with the object that fills it, mostly */
	MAX_PIECE = PIECE + EK_STORE_MAX_VALUE * 2,
	MAX_YAML = 32 << 20,
};

static bool is_yaml(const struct request *rq)
{
	return rq->enc.choice.media == MEDIA_YAML;
}

/*
 * The next piece's bytes. Blocks whose last piece has been sent are filled again: a fresh one costs
 * a page fault for every 4 KB of a long list.
 */
static struct ek_bytes *take_piece(struct request *rq)
{
	const struct ek_buf *out = &rq->list.out;

	for (size_t i = 0; i < EK_ARRAY_LEN(rq->list.blocks) && out->len <= PIECE_ROOM; i++) {
		struct ek_bytes **b = &rq->list.blocks[i];

		if (!*b)
			*b = ek_bytes_new(NULL, PIECE_ROOM);
		if ((*b)->refs > 1)
			continue;
		memcpy((*b)->data, out->data, out->len);
		(*b)->len = (uint32_t)out->len;
		return ek_bytes_ref(*b);
	}
	return ek_bytes_new(out->data, out->len);
}

static void drop_pieces(struct request *rq)
{
	for (size_t i = 0; i < EK_ARRAY_LEN(rq->list.blocks); i++)
		ek_bytes_unref(ek_steal(rq->list.blocks[i]));
	ek_buf_done(&rq->list.out);
}

static bool send_piece(struct request *rq)
{
	struct ek_bytes *b = take_piece(rq);
	bool more = http_write(rq->http, b);

	ek_bytes_unref(b);
	ek_buf_clear(&rq->list.out);
	return more;
}

static void start_list(struct request *rq)
{
	rq->list.started = true;
	(void)encode_list_head(&rq->enc, &rq->list.out);
	if (!is_yaml(rq))
		http_start(rq->http, 200, encoder_type(&rq->enc));
}

static void on_start(struct ek_list_op *l, int64_t list_rev)
{
	ek_container_of(l, struct request, list.op)->list.rev = list_rev;
}

static bool on_object(struct ek_list_op *l, struct ek_object *o)
{
	struct request *rq = ek_container_of(l, struct request, list.op);

	if (!rq->list.started)
		start_list(rq);
	(void)encode_list_item(&rq->enc, o, !rq->list.any, &rq->list.out);
	rq->list.any = true;
	ek_object_slim(o);
	if (is_yaml(rq) || rq->list.out.len < PIECE)
		return true;
	return send_piece(rq);
}

static void on_drained(struct http_req *r)
{
	struct request *rq = r->state;

	ek_list_op_resume(&rq->list.op);
}

/* The last answer may end the request: nothing of it is touched after. */
static void reply_small(struct request *rq)
{
	struct ek_bytes *b = ek_bytes_new(rq->list.out.data, rq->list.out.len);

	drop_pieces(rq);
	http_reply(rq->http, 200, encoder_type(&rq->enc), b);
}

static void end_pieces(struct request *rq)
{
	bool ok = !rq->list.out.overflow;

	(void)send_piece(rq);
	drop_pieces(rq);
	http_end(rq->http, ok);
}

static void reply_yaml(struct request *rq)
{
	EK_BUF struct ek_buf text = EK_BUF_INIT(MAX_YAML);
	EK_JSON struct ek_json *v = NULL;
	struct ek_err err;
	bool ok = !rq->list.out.overflow &&
		  ek_json_parse(rq->list.out.data, rq->list.out.len, MAX_YAML, &v, NULL, &err) ==
			  0 &&
		  ek_yaml_write(v, &text) == 0;

	drop_pieces(rq);
	if (!ok) {
		(void)ek_fail(
			&err, EK_ETOOLARGE,
			"the list is too large for YAML: ask for JSON, or for fewer with limit");
		request_fail_err(rq, &err);
		return;
	}
	http_reply(rq->http, 200, encoder_type(&rq->enc), ek_bytes_new(text.data, text.len));
}

static void on_done(struct ek_list_op *l, int rc, const char *next, int64_t remaining,
		    struct ek_json *status)
{
	struct request *rq = ek_container_of(l, struct request, list.op);
	bool whole = !rq->list.started || is_yaml(rq);

	rq->leave = NULL;
	rq->http->drained = NULL;
	if (rc < 0) {
		drop_pieces(rq);
		if (whole)
			request_fail(rq, ek_json_ref(status));
		else
			http_end(rq->http, false);
		return;
	}
	if (!rq->list.started)
		(void)encode_list_head(&rq->enc, &rq->list.out);
	(void)encode_list_tail(&rq->enc, rq->list.rev, next, remaining, &rq->list.out);
	if (is_yaml(rq))
		reply_yaml(rq);
	else if (whole)
		reply_small(rq);
	else
		end_pieces(rq);
}

static void leave_list(struct request *rq)
{
	ek_list_op_cancel(&rq->list.op);
	drop_pieces(rq);
}

void handle_list(struct request *rq)
{
	struct list_options o;

	if (!list_options_read(rq, &o))
		return;
	ek_buf_init(&rq->list.out, is_yaml(rq) ? MAX_YAML : MAX_PIECE);
	rq->list.op = (struct ek_list_op){
		.user = &rq->id.user,
		.kind = rq->route.kind,
		.ns = rq->route.ns,
		.label_selector = o.label_selector,
		.field_selector = o.field_selector,
		.rev = o.rev,
		.rev_match = o.rev_match,
		.limit = o.limit,
		.continue_token = o.continue_token,
		.on_start = on_start,
		.on_object = on_object,
		.done = on_done,
	};
	rq->leave = leave_list;
	rq->http->drained = on_drained;
	ek_list_op_start(front_registry(rq->front), &rq->list.op);
}
