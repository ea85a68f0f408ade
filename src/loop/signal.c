/* SPDX-License-Identifier: Apache-2.0 */
#include "impl.h"

struct signal_handle {
	uv_signal_t       uv;
	struct ek_signal *signal; /* NULL once stopped */
	struct ek_loop   *loop;
};

static void on_signal(uv_signal_t *uv, int signum)
{
	struct signal_handle *h = ek_container_of(uv, struct signal_handle, uv);

	if (!h->signal)
		return;
	h->loop->n_events++;
	h->signal->cb(h->signal, signum);
}

static void on_closed(uv_handle_t *uv)
{
	free(ek_container_of((uv_signal_t *)uv, struct signal_handle, uv));
}

int ek_signal_start(struct ek_loop *loop, struct ek_signal *s, int signum,
		    void (*cb)(struct ek_signal *s, int signum))
{
	struct signal_handle *h;
	int rc;

	ek_signal_stop(s);
	h = ek_new(struct signal_handle);
	rc = uv_signal_init(&loop->uv, &h->uv);
	if (rc < 0) {
		free(h);
		return rc;
	}
	h->signal = s;
	h->loop = loop;
	s->cb = cb;
	s->handle = h;
	rc = uv_signal_start(&h->uv, on_signal, signum);
	if (rc < 0)
		ek_signal_stop(s);
	return rc;
}

void ek_signal_stop(struct ek_signal *s)
{
	struct signal_handle *h = s->handle;

	if (!h)
		return;
	s->handle = NULL;
	h->signal = NULL;
	uv_close((uv_handle_t *)&h->uv, on_closed);
}
