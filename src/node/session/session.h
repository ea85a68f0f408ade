/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The node's half of pod_session.h: logs, exec, attach, port-forward. What it needs to know of pods and
 * containers it asks its host, the node.
 */

#include <ekube/pod_session.h>

/* Where a session leads. Strings are the session's (free with ek_session_target_done). */
struct ek_session_target {
	char *dir;       /* the container's folder: its shim */
	char *id;        /* as the runtime knows it */
	char *log_path;  /* logs: of the attempt that is asked for (previous or not) */
	char *netns;     /* forward: NULL is the host's */
	char *process;   /* exec: the OCI "process" object for spec->command, as JSON */
	bool  running;   /* logs: more may come */
	bool  has_stdin, has_tty; /* attach: what the container was started with */
};
void ek_session_target_done(struct ek_session_target *t);

struct ek_session_host {
	struct ek_loop    *loop;
	const char        *shim;     /* program */
	const char *const *runtime;  /* runc and its global options, NULL-terminated */
	/* 0, or a failure with the message that users see ("container \"c\" is not running"). */
	int (*find)(struct ek_session_host *h, const struct ek_session_spec *spec, struct ek_session_target *ret,
		    struct ek_err *err);
};

struct ek_sessions; /* all that are open */

struct ek_sessions *ek_sessions_new(struct ek_session_host *host);
void ek_sessions_open(struct ek_sessions *s, const struct ek_session_spec *spec,
		      struct ek_session *session);
/* The container of this folder ended: logs that follow it end after what is there. */
void                ek_sessions_container_ended(struct ek_sessions *s, const char *dir);
/* Ends all of them: users are told that the node stops. */
void                ek_sessions_free(struct ek_sessions *s);
