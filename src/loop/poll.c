/* SPDX-License-Identifier: Apache-2.0 */
#include "impl.h"

struct poll_handle {
	uv_poll_t       uv;
	struct ek_poll *poll; /* NULL once stopped */
	struct ek_loop *loop;
	int             fd;
	int             events;
};

static int to_uv(int events)
{
	return (events & EK_READABLE ? UV_READABLE : 0) | (events & EK_WRITABLE ? UV_WRITABLE : 0) |
	       (events & EK_HANGUP ? UV_DISCONNECT : 0);
}

static int from_uv(int events)
{
	return (events & UV_READABLE ? EK_READABLE : 0) | (events & UV_WRITABLE ? EK_WRITABLE : 0) |
	       (events & UV_DISCONNECT ? EK_HANGUP : 0);
}

static void on_poll(uv_poll_t *uv, int status, int events)
{
	struct poll_handle *h = ek_container_of(uv, struct poll_handle, uv);
	int got = from_uv(events);

	if (!h->poll)
		return;
	if (status < 0) {
		/*
		 * libuv gives up on EPOLLERR, but a UDP socket that got an ICMP error lives on:
		 * watch again, and let the owner's read() fetch the reason.
		 */
		got = h->events | EK_HANGUP;
		uv_poll_start(uv, to_uv(h->events), on_poll);
	}
	h->loop->n_events++;
	h->poll->cb(h->poll, got);
}

static void on_closed(uv_handle_t *uv)
{
	free(ek_container_of((uv_poll_t *)uv, struct poll_handle, uv));
}

int ek_poll_start(struct ek_loop *loop, struct ek_poll *p, int fd, int events,
		  void (*cb)(struct ek_poll *p, int events))
{
	struct poll_handle *h = p->handle;
	int rc;

	if (h && h->fd != fd) {
		ek_poll_stop(p);
		h = NULL;
	}
	p->cb = cb;
	if (h && h->events == events)
		return 0;
	if (!h) {
		h = ek_new(struct poll_handle);
		rc = uv_poll_init(&loop->uv, &h->uv, fd);
		if (rc < 0) {
			free(h); /* not yet known to the loop */
			return rc;
		}
		h->poll = p;
		h->loop = loop;
		h->fd = fd;
		p->handle = h;
	}
	h->events = events;
	rc = uv_poll_start(&h->uv, to_uv(events), on_poll); /* 0: keeps the handle, asleep */
	if (rc < 0)
		ek_poll_stop(p);
	return rc;
}

void ek_poll_stop(struct ek_poll *p)
{
	struct poll_handle *h = p->handle;

	if (!h)
		return;
	p->handle = NULL;
	h->poll = NULL;
	uv_close((uv_handle_t *)&h->uv, on_closed); /* takes fd out of epoll at once */
}
