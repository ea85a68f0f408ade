/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* A node that only remembers what it was asked, and says what the test tells it to: one session at a time. */

#include <ekube/pod_session.h>

enum { FAKE_CHANNELS = 64 };

struct fake_node {
	struct ek_node_access access;
	const char           *refuse;      /* with this message, and refuse_rc */
	int                   refuse_rc;
	bool                  is_full;     /* pushes answer "enough" */
	bool                  is_silent;   /* says neither yes nor no to a session */
	/* what it has seen */
	struct ek_session    *session;     /* NULL: none, or it is over */
	struct ek_session_spec spec;       /* its strings are gone */
	char                  words[1024]; /* "exec default/p c [sh -c x] in out err tty" */
	struct ek_buf         got[FAKE_CHANNELS];
	bool                  ended[FAKE_CHANNELS];
	int                   cols, rows, n_opened, n_closed, n_resumed;
	int                   channel, port; /* of the last connection */
	bool                  is_closed;     /* by the user */
};

void fake_node_init(struct fake_node *n);
void fake_node_done(struct fake_node *n);
bool fake_node_says(struct fake_node *n, int channel, const char *text);
void fake_node_ends(struct fake_node *n, int rc, int exit_code, const char *message);
