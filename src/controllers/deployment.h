/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What the files of the Deployment controller share. One pass works on copies of the ReplicaSets:
 * what it plans is seen by what it decides next, as if the writes had happened.
 */

#include "pods.h"
#include "refs.h"
#include "rows.h"

#include <ekube/str.h>

#define DEPLOYMENT_REVISION "deployment.kubernetes.io/revision"
#define DEPLOYMENT_HISTORY  "deployment.kubernetes.io/revision-history"
#define DEPLOYMENT_DESIRED  "deployment.kubernetes.io/desired-replicas"
#define DEPLOYMENT_MAX	    "deployment.kubernetes.io/max-replicas"

/* lists of the snapshot */
enum {
	DEPLOYMENT_SETS, /* ReplicaSets: its own, those that its selector matches, those of its name */
	DEPLOYMENT_PODS, /* pods of its own ReplicaSets */
};

struct set {		    /* a ReplicaSet */
	struct ek_json *rs; /* a copy of ours to change; a reference */
	const char *name, *uid;
	int replicas;		      /* spec */
	int ready, available, actual; /* status */
	int64_t created_us;
	bool changed; /* rs differs from what is stored: written once, at the end */
	bool is_new;  /* this pass makes it */
	int from;     /* replicas as stored */
};

struct rollout {
	const struct snapshot *s;
	const struct ek_json *d;
	struct plan *p;
	struct set *sets; /* all, oldest first; pointers into it stay good */
	size_t n_sets;
	struct set *fresh;	/* whose template is the Deployment's; NULL: none yet */
	struct ek_json *status; /* the status to be */
	int replicas, max_surge, max_unavailable;
	bool rolling; /* strategy RollingUpdate */
	bool stop;    /* only what is planned; the rest when the caches show it */
	char now[32];
};

#define EACH_SET(var, r)     for (struct set *var = (r)->sets; var < (r)->sets + (r)->n_sets; var++)
#define EACH_OLD_SET(var, r) EACH_SET(var, r) if (var != (r)->fresh)

/* deployment_sets.c */
void deployment_load_sets(struct rollout *r, const struct objects *mine);
void deployment_find_fresh(struct rollout *r);
/* The newest revision and its annotations are brought in line; made when missing and `create`. */
void deployment_sync_fresh(struct rollout *r, bool create);
/* Plans the size; "scaled" when that changes something. */
bool deployment_scale_set(struct rollout *r, struct set *x, int replicas);
void deployment_note_sizes(struct rollout *r,
			   struct set *x); /* the two annotations about replicas */
void deployment_write_sets(struct rollout *r);
void deployment_trim_history(struct rollout *r);
int deployment_total(const struct rollout *r, bool old_only); /* spec.replicas of all */
int deployment_new_size(const struct rollout *r, const struct set *x);
bool deployment_reads_count(const struct set *x, const char *annotation, int *ret);

/* deployment_scale.c: the number of replicas was changed, or the Deployment is paused */
bool deployment_is_scaling(const struct rollout *r);
void deployment_scale(struct rollout *r);

/* deployment_status.c */
bool deployment_has_deadline(const struct ek_json *d);
bool deployment_is_complete(const struct rollout *r, const struct ek_json *status);
void deployment_set_condition(struct rollout *r, const char *type, const char *status,
			      const char *reason, const char *message);
void deployment_count_status(struct rollout *r);
void deployment_judge_progress(struct rollout *r);
void deployment_write_status(struct rollout *r);
