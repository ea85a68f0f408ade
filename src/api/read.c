/* SPDX-License-Identifier: Apache-2.0 */
#include "core.h"

#include "status.h"

#include <ekube/str.h>

/*
 * GET of one object. The store answers from its newest state, which is never older than what a
 * client has seen; a revision that does not exist yet is refused as the API server's cache refuses
 * it.
 */
static int check_rev(struct ek_request *q)
{
	int64_t now = ek_store_rev(q->r->store);

	return q->op->rev > now ? ek_request_fail(q, ek_status_future_rev(q->op->rev, now)) : 0;
}

static int read_object(struct ek_request *q)
{
	int rc = ek_request_authorize(q, "get");

	if (rc == 0)
		rc = check_rev(q);
	if (rc < 0)
		return rc;
	ek_request_read(q);
	if (!q->old)
		return ek_request_fail(q, ek_status_not_found(q->kind, q->name));
	q->next = ek_object_ref(q->old);
	if (q->op->subresource)
		q->answer = ek_subresource_answer(q);
	return 0;
}

void ek_read_start(struct ek_request *q)
{
	ek_answer_start(q, read_object);
}

/* ---- one step ---- */

static int step_answer(struct ek_flow *f)
{
	struct ek_request *q = ek_request_of(f);
	int rc = q->run(q);

	if (rc < 0)
		f->rc = rc;
	return ek_request_end(f);
}

static const struct ek_flow_state states[] = {
	{ "answer", step_answer, 0 },
};

void ek_answer_start(struct ek_request *q, int (*fn)(struct ek_request *q))
{
	q->run = fn;
	ek_flow_start(&q->flow, states, 1);
}
