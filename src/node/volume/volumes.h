/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The volumes of one pod, and everything of the API that its containers refer to.
 *
 *   new ──► WAITING ──► (all objects and tokens known) ──► MAKING ──► READY ──┐
 *              ▲            ▲                                 │        change │
 *              └── retry ───┴──────────── failure ◄───────────┘◄──────────────┘
 *
 * It drives itself: objects that change are written anew, tokens are renewed, failures are tried again
 * after 0.5 s, doubling to 2 min, and at once when an object of the API changes.
 */

#include "sources.h"
#include "token.h"

struct ek_volumes;

struct ek_volumes_env {
	struct ek_loop    *loop;
	struct ek_client  *client;
	struct ek_sources *sources;
	const char        *dir;       /* of the pod on disk; exists. Volumes are in <dir>/volumes */
	const char        *tmp_dir;   /* of the pod in memory, for secrets; made when needed */
	const struct ek_json *allocatable; /* of the node */
	const struct ek_json *(*pod)(void *arg); /* the newest that is known; borrowed for the moment */
	/* READY was reached, or an attempt failed (see ek_volumes_error). */
	void (*changed)(void *arg);
	void  *arg;
};

/* Texts are copied. */
struct ek_volumes *ek_volumes_new(const struct ek_volumes_env *env);
/*
 * Nothing is called any more. What is in the pool goes on until it is done: `gone` is called then
 * (may be NULL; possibly before this returns).
 */
void ek_volumes_free(struct ek_volumes *v, void (*gone)(void *arg), void *arg);

/* The API has a newer pod: labels and annotations may be in volumes. */
void ek_volumes_pod_changed(struct ek_volumes *v);

/* All are there. Once true it stays true: later failures only leave old contents in place. */
bool ek_volumes_ready(const struct ek_volumes *v);
/* Why the last attempt failed, "" if it did not; and which volume it was, or NULL. */
const char *ek_volumes_error(const struct ek_volumes *v, const char **ret_volume);

/* Everything in env, envFrom and imagePullSecrets has been asked for. */
bool ek_volumes_objects_known(const struct ek_volumes *v);
/* A ConfigMap or Secret that the pod refers to; NULL: none. For struct ek_env_source. */
const struct ek_json *ek_volumes_find(void *volumes, const char *kind, const char *name);

struct ek_volume_at {
	const char *path; /* on the node */
	bool        read_only; /* whatever the mount says */
	bool        shared_mounts; /* not made here: mounts below it may come and go */
};
/* 0 or EK_ENOTFOUND; for ready volumes. */
int ek_volumes_at(const struct ek_volumes *v, const char *name, struct ek_volume_at *ret);

/* Unmount and remove what volumes of a pod left in its directories. Blocks; needs nothing but the paths. */
/* Unmount, and remove what is in memory only; what is on the disk stays. Blocks. */
int ek_volumes_release(const char *dir, const char *tmp_dir, struct ek_err *err);
int ek_volumes_remove(const char *dir, const char *tmp_dir, struct ek_err *err);
