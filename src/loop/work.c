/* SPDX-License-Identifier: Apache-2.0 */
#include "impl.h"

/*
 * libuv's pool: four threads unless UV_THREADPOOL_SIZE says otherwise, made with the first work
 * and kept from then on.
 */

struct work_req {
	uv_work_t       uv;
	struct ek_work *work;
	struct ek_loop *loop;
};

static void run_in_pool(uv_work_t *uv)
{
	struct work_req *req = ek_container_of(uv, struct work_req, uv);

	req->work->rc = req->work->run(req->work);
}

static void after_work(uv_work_t *uv, int status)
{
	struct work_req *req = ek_container_of(uv, struct work_req, uv);
	struct ek_work *w = req->work;

	req->loop->n_events++;
	free(req);
	w->req = NULL;
	w->done(w, status == UV_ECANCELED ? EK_ECANCELLED : w->rc);
}

void ek_work_start(struct ek_loop *loop, struct ek_work *w)
{
	struct work_req *req = ek_new(struct work_req);

	EK_ASSERT(w->run && w->done && !w->req);
	req->work = w;
	req->loop = loop;
	w->req = req;
	w->rc = 0;
	EK_ASSERT(uv_queue_work(&loop->uv, &req->uv, run_in_pool, after_work) == 0);
}

void ek_work_cancel(struct ek_work *w)
{
	struct work_req *req = w->req;

	if (req)
		uv_cancel((uv_req_t *)&req->uv); /* EBUSY: it runs already and will end by itself */
}
