/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * How the API server reaches into a pod: logs, exec, attach, port-forward. The node implements
 * struct ek_node_access (or, for a remote node, the tunnel does), the API server calls it and speaks
 * SPDY/3.1, WebSocket or plain HTTP to the user. Neither knows the other.
 *
 * A session is two halves that call each other. Bytes are pushed; every push returns whether the
 * other half can take more: after `false` the pusher stops reading its source until it is resumed.
 * Either side may end it at any time; after `closed`/`close` neither half is called again.
 */

#include <ekube/json.h>
#include <ekube/loop.h>

enum ek_session_kind { EK_SESSION_LOGS, EK_SESSION_EXEC, EK_SESSION_ATTACH, EK_SESSION_FORWARD };

enum { EK_CH_STDIN, EK_CH_STDOUT, EK_CH_STDERR }; /* LOGS uses STDOUT; FORWARD: the connection's number */

struct ek_session_spec {
	enum ek_session_kind kind;
	const char *ns, *pod, *uid, *container;      /* container is never NULL for logs, exec, attach */
	/* exec, attach */
	const char *const *command;                  /* NULL-terminated */
	bool in, out, err, tty;
	/* logs (PodLogOptions) */
	bool    follow, previous, timestamps;
	int64_t tail_lines;                          /* -1: all */
	int64_t limit_bytes;                         /* -1: all */
	int64_t since_us;                            /* wall clock; 0: from the start */
};

struct ek_session;

/* Implemented by the API server. */
struct ek_session_front {
	/* The session works: logs may answer 200, exec may upgrade. Exactly one of ready or closed comes first. */
	void (*ready)(struct ek_session *s);
	bool (*push)(struct ek_session *s, int channel, const void *data, size_t n);
	void (*push_end)(struct ek_session *s, int channel);
	/* The user's channel may be fed again (after the node's push returned false). */
	void (*resume)(struct ek_session *s, int channel);
	/*
	 * The end. rc 0: success; exit_code > 0: the command's status ("NonZeroExitCode"); rc < 0: could
	 * not be done, with the message users see.
	 */
	void (*closed)(struct ek_session *s, int rc, int exit_code, const char *message);
};

/* Implemented by the node. */
struct ek_session_back {
	bool (*push)(struct ek_session *s, int channel, const void *data, size_t n);
	void (*push_end)(struct ek_session *s, int channel);
	void (*resume)(struct ek_session *s, int channel);
	void (*resize)(struct ek_session *s, int cols, int rows);
	/* FORWARD: the user opened connection `channel` to `port`; it ends with push_end both ways. */
	void (*connect)(struct ek_session *s, int channel, int port);
	/* FORWARD, node to user: through front->push_end, or front-side error text by connect_failed. */
	void (*close)(struct ek_session *s); /* the user is gone: kill nothing but what exec started on a tty */
};

struct ek_session {
	const struct ek_session_front *front;
	const struct ek_session_back  *back;
	void *back_state; /* the node's */
	/* FORWARD: told when connect() failed; the connection's error stream. Set by the API server. */
	void (*connect_failed)(struct ek_session *s, int channel, const char *message);
};

struct ek_node_access {
	/* spec is borrowed during the call. The front's ready or closed follows, possibly at once. */
	void (*open)(struct ek_node_access *a, const struct ek_session_spec *spec, struct ek_session *s);
};
