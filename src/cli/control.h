/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The socket by which commands on this machine ask a running server (<run_dir>/control.sock, root only).
 * One request a connection: a line of JSON, with a descriptor beside it when there is one; lines of JSON
 * come back, the last with "done" or "error".
 */

#include <ekube/json.h>
#include <ekube/loop.h>

struct control;
struct ek_images;
struct instance;

enum { CONTROL_MAX_LINE = 64 << 10 };

/* The server's side. images is borrowed until stopped. */
int  control_start(struct ek_loop *loop, const struct instance *i, struct ek_images *images, struct control **ret,
		   struct ek_err *err);
/* What runs is cancelled. `stopped` fires once, possibly before this returns; c is gone then. */
void control_stop(struct control *c, void (*stopped)(void *arg), void *arg);

/*
 * The command's side; blocks. -ECONNREFUSED or -ENOENT when no server runs. fd -1: none. Each line goes to
 * on_line; the last one is returned.
 */
int control_ask(const struct instance *i, const struct ek_json *request, int fd,
		void (*on_line)(void *arg, const struct ek_json *line), void *arg, struct ek_json **ret_last,
		struct ek_err *err);
