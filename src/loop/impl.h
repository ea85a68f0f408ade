/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What the files of this folder share. Nobody else sees libuv. */

#include <pthread.h>
#include <uv.h>

#include <ekube/clock.h>
#include <ekube/loop.h>

struct ek_http_hub;

struct ek_loop {
	uv_loop_t  uv;
	uv_timer_t clock; /* armed for the first timer of the heap */
	uv_idle_t  due;   /* active when timers are due: fires them, once a turn */
	uv_check_t check; /* the end of a turn: runs the defers */
	uv_idle_t  spin;  /* active while defers wait, so that the turn does not sleep */
	uv_async_t wake;  /* posts from other threads; also keeps uv_run() going */

	EK_VEC(struct ek_timer *) heap;
	uint64_t timer_seq;

	struct ek_list defers;

	pthread_mutex_t post_lock;
	struct ek_list  posts; /* under post_lock */

	struct ek_list outliving; /* processes that may go on when the loop is freed */

	struct ek_http_hub *http; /* NULL until the first transfer, and again after a while without any */

	uint64_t n_events; /* callbacks made so far; ek_loop_turn() compares */
	bool     stopping;
};

/* timer.c */
void ek_loop_timers_init(struct ek_loop *loop);
void ek_loop_timers_done(struct ek_loop *loop);

/* http.c: close the connection cache. No transfer may be under way. */
void ek_loop_http_done(struct ek_loop *loop);

/* proc.c: tell who waits for one that goes on. */
void ek_loop_leave_processes(struct ek_loop *loop);

/* listen.c: "127.0.0.1" or "::1" and a port as a socket address. */
struct sockaddr_storage;
int ek_loop_sockaddr(const char *ip, int port, struct sockaddr_storage *ret, unsigned *ret_len);
int ek_loop_port(int fd); /* that a socket is bound to; -errno */
