/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The socket over which an OCI runtime hands out a terminal's master (SCM_RIGHTS). */

#include <ekube/stream.h>

struct ek_console {
	void (*on_terminal)(struct ek_console *c, int take_fd); /* once, or never */
	/* private */
	struct ek_loop    *loop;
	struct ek_listener listener;
	struct ek_poll     poll;
	int                dir_fd, fd;
	char               name[32];
};

/* path: what to give to the runtime; short whatever dir is. The socket is dir/name. */
int  ek_console_open(struct ek_loop *loop, struct ek_console *c, const char *dir, const char *name,
		     char path[64], struct ek_err *err);
/* A terminal that was sent already is still delivered, before the return. */
void ek_console_look(struct ek_console *c);
void ek_console_close(struct ek_console *c); /* removes the socket */
