/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What tests of controllers share: decisions as rows ("snapshot, plan"), and controllers that run
 * against the fake API in virtual time.
 */

#include "plan.h"
#include "snapshot.h"
#include "runtime.h"

#include <ekube/client.h>

#include "../fake_client.h"

typedef int (*ctl_reconcile)(const struct snapshot *s, struct plan *p, struct ek_err *err);

/* Wall time in snapshots and in running tests starts at 2025-01-01T00:00:00Z. */
#define CTL_NOW_US INT64_C(1735689600000000)

/* JSON with single quotes; NULL stays NULL. Aborts when it is none. */
struct ek_json *ctl_json(const char *text);
/* object and lists are JSON with single quotes, a list is an array; absent ones are NULL. */
void ctl_snapshot(struct snapshot *s, const struct ek_kind *kind, const char *object,
		  const char *list0, const char *list1, const char *list2);
/* The plan as text (see plan_text). Malloc'd. */
char *ctl_decide(ctl_reconcile fn, const struct snapshot *s);
/*
 * The body of the first write of that verb on that kind; a new reference, NULL when there is none.
 */
struct ek_json *ctl_body(ctl_reconcile fn, const struct snapshot *s, enum plan_verb verb,
			 const struct ek_kind *kind, const char *subresource);

/* ---- running ---- */
struct ctl {
	struct ek_loop *loop;
	struct fake_client *fake;
	struct ek_informers *informers;
	struct runtime_env env;
	struct running *running[8];
	size_t n;
};
void ctl_start(struct ctl *c, const struct controller *const *rows, size_t n);
void ctl_stop(struct ctl *c);
void ctl_settle(struct ctl *c);		  /* until nothing happens any more, without time passing */
void ctl_pass(struct ctl *c, int64_t ms); /* time passes, then settle */
/* How many events of a reason there are. */
int ctl_events(struct ctl *c, const char *reason);
void ctl_clock_on(void);
/* As a kubelet would: every pod runs and is ready. Returns how many were not before. */
int ctl_run_pods(struct ctl *c);
