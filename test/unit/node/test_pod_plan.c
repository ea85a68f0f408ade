/* SPDX-License-Identifier: Apache-2.0 */
#include "ek_test.h"

#include <stdio.h>

#include <ekube/buf.h>
#include <ekube/str.h>

#include "pod/pod_plan.h"

/*
 * A pod in one line: containers as role and state, in the order of the spec.
 *	i s m e     init, sidecar, main, ephemeral
 *	- S r R T H none, starting, running, running and started, stopping, stopping and holding
 *	X<code>     exited
 *	l u c h b a liveness failed, startup failed, image changed, postStart failed,
 *	            in back-off (5 s left), was stopped to start again
 */
static const struct {
	const char *name, *policy;
	char        sandbox; /* - none, S starting, R ready */
	bool        ending;
	const char *ctrs, *want;
} rows[] = {
	{ "new pod: everything at once", "Always", '-', false, "m- m-", "setup start0 start1" },
	{ "set-up under way", "Always", 'S', false, "mS mS", "" },
	{ "quiet", "Always", 'R', false, "mR mR", "" },
	{ "one missing", "Always", 'R', false, "mR m-", "start1" },
	{ "init first", "Always", '-', false, "i- i- m-", "setup start0" },
	{ "init runs", "Always", 'R', false, "iR i- m-", "" },
	{ "next init", "Always", 'R', false, "iX0 i- m-", "start1" },
	{ "initialized", "Always", 'R', false, "iX0 iX0 m- m-", "start2 start3" },
	{ "init failed, again", "Always", 'R', false, "iX1 i- m-", "start0" },
	{ "init failed, later", "OnFailure", 'R', false, "iX1b m-", "backoff0 again=5000" },
	{ "init failed for good", "Never", 'R', false, "iX1 m-", "end" },
	{ "init's code is forgotten when main runs", "Always", 'R', false, "iX1 mR", "" },
	{ "sidecar starting holds the next", "Always", 'R', false, "sr i- m-", "" },
	{ "sidecar started", "Always", 'R', false, "sR i- m-", "start1" },
	{ "sidecar started, main next", "Always", 'R', false, "sR m-", "start1" },
	{ "sidecar died while init works", "Always", 'R', false, "sX1 iR m-", "start0" },
	{ "sidecar died before the next began", "Always", 'R', false, "sX1 i- m-", "start0" },
	{ "sidecar died under main", "Never", 'R', false, "sX0 mR", "start0" },
	{ "sidecar in back-off", "Always", 'R', false, "sX1b mR", "backoff0 again=5000" },
	{ "sidecar's liveness", "Always", 'R', false, "sRl mR", "stop0:liveness" },
	{ "sidecar's startup", "Always", 'R', false, "sru m-", "stop0:startup" },
	{ "sidecars do not keep a pod", "Never", 'R', false, "sR mX0", "end" },
	{ "restart always", "Always", 'R', false, "mX0", "start0" },
	{ "restart on failure", "OnFailure", 'R', false, "mX1 mX0", "start0" },
	{ "never again, but one runs", "Never", 'R', false, "mX1 mR", "" },
	{ "never again", "Never", 'R', false, "mX1 mX0", "end" },
	{ "succeeded", "OnFailure", 'R', false, "mX0 mX0", "end" },
	{ "back-off", "Always", 'R', false, "mX1b mR", "backoff0 again=5000" },
	{ "liveness", "Always", 'R', false, "mRl", "stop0:liveness:restart" },
	{ "liveness without restart", "Never", 'R', false, "mRl", "stop0:liveness" },
	{ "startup", "OnFailure", 'R', false, "mru", "stop0:startup:restart" },
	{ "stopped to start again, exit 0", "OnFailure", 'R', false, "mX0a", "start0" },
	{ "changed", "Never", 'R', false, "mRc", "stop0:other:restart" },
	{ "postStart failed", "Always", 'R', false, "mRh", "stop0:hook" },
	{ "stopping is left alone", "Always", 'R', false, "mTl", "" },
	{ "ephemeral once", "Always", 'R', false, "mR e-", "start1" },
	{ "ephemeral never again", "Always", 'R', false, "mR eX1", "" },
	{ "ephemeral before initialization", "Always", 'R', false, "iR m- e-", "start2" },
	{ "finished, ephemeral runs", "Never", 'R', false, "mX0 eR", "end" },
	{ "end: all", "Always", 'R', true, "mR mS", "stop0:pod stop1:pod" },
	{ "end: sidecars wait", "Always", 'R', true, "sR sR mR", "stop0:pod:hold stop1:pod:hold stop2:pod" },
	{ "end: main still there", "Always", 'R', true, "sH sH mT", "" },
	{ "end: last sidecar first", "Always", 'R', true, "sH sH mX0", "turn1" },
	{ "end: then the one before", "Always", 'R', true, "sH sX0 mX0", "turn0" },
	{ "end: turn is given once", "Always", 'R', true, "sH sT mX0", "" },
	{ "end: nothing lives", "Always", 'R', true, "sX0 mX0 e-", "teardown" },
	{ "end: never set up", "Always", '-', true, "m-", "" },
	{ "end: half set up", "Always", 'S', true, "m-", "teardown" },
};

static void read_ctr(const char *s, struct ek_ctr_view *c, struct ek_ctr_run *run)
{
	*c = (struct ek_ctr_view){ .name = "c" };
	c->role = s[0] == 'i' ? EK_CTR_INIT :
		  s[0] == 's' ? EK_CTR_SIDECAR :
		  s[0] == 'm' ? EK_CTR_MAIN :
				EK_CTR_EPHEMERAL;
	c->state = s[1] == '-'		      ? EK_CTR_NONE :
		   s[1] == 'S'		      ? EK_CTR_STARTING :
		   s[1] == 'X'		      ? EK_CTR_EXITED :
		   s[1] == 'T' || s[1] == 'H' ? EK_CTR_STOPPING :
						EK_CTR_RUNNING;
	c->started = s[1] == 'R';
	c->holding = s[1] == 'H';
	if (s[1] == 'X') {
		*run = (struct ek_ctr_run){ .ended = true, .code = s[2] - '0' };
		c->run = run;
		s++;
	}
	for (s += 2; *s; s++) {
		c->liveness_failed |= *s == 'l';
		c->startup_failed |= *s == 'u';
		c->changed |= *s == 'c';
		c->hook_failed |= *s == 'h';
		c->must_restart |= *s == 'a';
		if (*s == 'b')
			c->not_before_ms = 105000;
	}
}

static char *plan_text(const struct ek_plan *plan)
{
	static const char *const verbs[] = { "setup", "start", "backoff", "stop",
					     "turn",  "end",   "teardown" };
	static const char *const whys[] = { "other", "startup", "liveness", "pod", "hook" };
	struct ek_buf b = EK_BUF_INIT(4096);

	for (size_t i = 0; i < plan->n; i++) {
		const struct ek_plan_action *a = &plan->items[i];

		(void)ek_buf_fmt(&b, "%s%s", i ? " " : "", verbs[a->verb]);
		if (a->verb == EK_PLAN_START || a->verb == EK_PLAN_BACKOFF ||
		    a->verb == EK_PLAN_STOP || a->verb == EK_PLAN_TURN)
			(void)ek_buf_fmt(&b, "%zu", a->ctr);
		if (a->verb == EK_PLAN_STOP)
			(void)ek_buf_fmt(&b, ":%s%s%s", whys[a->why], a->hold ? ":hold" : "", a->restart ? ":restart" : "");
	}
	if (plan->again_ms >= 0)
		(void)ek_buf_fmt(&b, " again=%d", (int)plan->again_ms);
	return ek_buf_steal(&b);
}

START_TEST(plans)
{
	struct ek_ctr_view ctrs[8];
	struct ek_ctr_run runs[8];
	char text[64], *parts[8];
	struct ek_plan plan = { 0 };
	struct ek_pod_view p = {
		.policy = rows[_i].policy, .ending = rows[_i].ending, .now_ms = 100000, .ctrs = ctrs
	};
	char *got;

	p.sandbox = rows[_i].sandbox == '-' ? EK_SANDBOX_NONE :
		    rows[_i].sandbox == 'S' ? EK_SANDBOX_STARTING :
					      EK_SANDBOX_READY;
	snprintf(text, sizeof(text), "%s", rows[_i].ctrs);
	p.n_ctrs = ek_str_split(text, ' ', parts, 8);
	for (size_t i = 0; i < p.n_ctrs; i++)
		read_ctr(parts[i], &ctrs[i], &runs[i]);
	ek_pod_plan(&p, &plan);
	got = plan_text(&plan);
	ck_assert_msg(ek_streq(got, rows[_i].want), "%s: want \"%s\", got \"%s\"", rows[_i].name, rows[_i].want, got);
	free(got);
	ek_plan_done(&plan);
}
END_TEST

START_TEST(messages)
{
	struct ek_ctr_view c = { .name = "web", .role = EK_CTR_MAIN, .state = EK_CTR_RUNNING, .liveness_failed = true };
	struct ek_pod_view p = { .policy = "Always", .sandbox = EK_SANDBOX_READY, .ctrs = &c, .n_ctrs = 1 };
	struct ek_plan plan = { 0 };

	ek_pod_plan(&p, &plan);
	ck_assert_str_eq(plan.items[0].message, "Container web failed liveness probe, will be restarted");
	ek_plan_done(&plan);
	p.policy = "Never";
	ek_pod_plan(&p, &plan);
	ck_assert_str_eq(plan.items[0].message, "Container web failed liveness probe");
	ek_plan_done(&plan);
	c.role = EK_CTR_SIDECAR;
	ek_pod_plan(&p, &plan);
	ck_assert_str_eq(plan.items[0].message, "Init container web failed liveness probe");
	ek_plan_done(&plan);
}
END_TEST

/* Ten seconds, doubled up to five minutes; forgotten after ten good minutes. */
START_TEST(backoff)
{
	static const int want[] = { 0, 10, 20, 40, 80, 160, 300, 300 };
	struct ek_backoff b = { 0 };
	int64_t now = 1000000;

	for (size_t i = 0; i < EK_ARRAY_LEN(want); i++) {
		int64_t ended = now + 50, until = ek_backoff_until(&b, ended);

		ck_assert_int_eq(until, want[i] ? ended + want[i] * 1000 : 0);
		now = until ? until : ended;
		ek_backoff_next(&b, ended, now);
	}
	ck_assert_int_eq(ek_backoff_until(&b, now + 600000), now + 900000);
	ck_assert_int_eq(ek_backoff_until(&b, now + 600001), 0);
	ek_backoff_next(&b, now + 600001, now + 600002);
	ck_assert_int_eq(b.ms, EK_BACKOFF_FIRST_MS);
}
END_TEST

EK_TESTS("node/pod_plan", EK_ROWS(plans, rows), messages, backoff)
