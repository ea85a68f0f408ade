/* SPDX-License-Identifier: Apache-2.0 */
#include <ekube/flow.h>

#include <stdio.h>

#include <ekube/err.h>
#include <ek_test.h>

/*
 * A job of three operations that are undone in reverse order, the undoing asynchronous too.
 * The log tells what happened: A B C begun, c b a undone, ! abort, . done.
 */
enum { OP_A, OP_B, OP_C, END, N_STATES };

struct job {
	struct ek_flow flow;
	bool sync;         /* callbacks fire before the step returns */
	int  fail_begin;   /* this operation cannot be begun; -1: none */
	int  fail_end;     /* this operation ends in failure */
	int  cancel_in;    /* cancel from inside this step */
	bool deaf;         /* abort does not end the operation at once */
	bool in_flight;
	int  up;           /* operations to undo */
	int  n_done, rc;
	bool active_in_done, again;
	char log[64];
};

static void note(struct job *j, char c)
{
	size_t n = strlen(j->log);

	ck_assert(n + 1 < sizeof(j->log));
	j->log[n] = c;
}

static void fire(struct job *j, int rc)
{
	ck_assert(j->in_flight);
	j->in_flight = false;
	ek_flow_resume(&j->flow, rc);
}

static int begin(struct ek_flow *f, int op)
{
	struct job *j = ek_container_of(f, struct job, flow);

	note(j, (char)('A' + op));
	if (j->cancel_in == op)
		ek_flow_cancel(f);
	if (j->fail_begin == op)
		return EK_ENOTFOUND;
	j->up++;
	j->in_flight = true;
	if (j->sync)
		fire(j, j->fail_end == op ? EK_ECONFLICT : 0);
	return EK_WAIT(op + 1);
}

static int step_a(struct ek_flow *f)
{
	return begin(f, OP_A);
}
static int step_b(struct ek_flow *f)
{
	return begin(f, OP_B);
}
static int step_c(struct ek_flow *f)
{
	return begin(f, OP_C);
}

static int step_end(struct ek_flow *f)
{
	struct job *j = ek_container_of(f, struct job, flow);

	if (f->rc == 0 || j->up == 0)
		return EK_END;
	note(j, (char)('a' + --j->up));
	j->in_flight = true;
	if (j->sync)
		fire(j, 0);
	return EK_WAIT(END);
}

static const struct ek_flow_state states[N_STATES] = {
	[OP_A] = { "a", step_a, EK_BIT(OP_B) },
	[OP_B] = { "b", step_b, EK_BIT(OP_C) },
	[OP_C] = { "c", step_c, EK_BIT(END) },
	[END] = { "end", step_end, 0 },
};

static void on_abort(struct ek_flow *f)
{
	struct job *j = ek_container_of(f, struct job, flow);

	note(j, '!');
	if (!j->deaf)
		fire(j, EK_ECANCELLED);
}

static void on_done(struct ek_flow *f)
{
	struct job *j = ek_container_of(f, struct job, flow);

	note(j, '.');
	j->n_done++;
	j->rc = f->rc;
	j->active_in_done = ek_flow_active(f);
	if (j->again) {
		j->again = false;
		j->up = 0;
		ek_flow_start(f, states, N_STATES);
	}
}

static struct job job_new(bool sync)
{
	return (struct job){ .flow = { .abort = on_abort, .done = on_done },
			     .sync = sync,
			     .fail_begin = -1,
			     .fail_end = -1,
			     .cancel_in = -1,
			     .rc = 1 };
}

/* Complete what is in flight until the flow has ended; op counts from the first. */
static void play(struct job *j, int fail_op)
{
	for (int op = 0; j->in_flight; op++)
		fire(j, op == fail_op ? EK_ECONFLICT : 0);
}

START_TEST(goes_through_sync_and_async)
{
	for (int sync = 0; sync < 2; sync++) {
		struct job j = job_new(sync);

		ck_assert(!ek_flow_active(&j.flow));
		ek_flow_start(&j.flow, states, N_STATES);
		ck_assert_int_eq(ek_flow_active(&j.flow), !sync);
		play(&j, -1);
		ck_assert_str_eq(j.log, "ABC.");
		ck_assert_int_eq(j.rc, 0);
		ck_assert_int_eq(j.n_done, 1);
		ck_assert(!j.active_in_done);
	}
}
END_TEST

START_TEST(each_operation_cannot_begin)
{
	static const char *const logs[] = { "A.", "ABa.", "ABCba." };

	for (int row = 0; row < 6; row++) {
		struct job j = job_new(row % 2);

		j.fail_begin = row / 2;
		ek_flow_start(&j.flow, states, N_STATES);
		play(&j, -1);
		ck_assert_str_eq(j.log, logs[row / 2]);
		ck_assert_int_eq(j.rc, EK_ENOTFOUND);
		ck_assert_int_eq(j.n_done, 1);
	}
}
END_TEST

START_TEST(each_operation_ends_in_failure)
{
	static const char *const logs[] = { "Aa.", "ABba.", "ABCcba." };

	for (int row = 0; row < 6; row++) {
		struct job j = job_new(row % 2);

		j.fail_end = row / 2;
		ek_flow_start(&j.flow, states, N_STATES);
		play(&j, row / 2);
		ck_assert_str_eq(j.log, logs[row / 2]);
		ck_assert_int_eq(j.rc, EK_ECONFLICT);
		ck_assert_int_eq(j.n_done, 1);
	}
}
END_TEST

/* The last operation too: it is in flight while the state is already END. */
START_TEST(each_operation_cancelled_in_flight)
{
	static const char *const logs[] = { "A!a.", "AB!ba.", "ABC!cba." };

	for (int row = 0; row < 6; row++) {
		struct job j = job_new(false);

		j.deaf = row % 2;
		ek_flow_start(&j.flow, states, N_STATES);
		for (int op = 0; op < row / 2; op++)
			fire(&j, 0);
		ek_flow_cancel(&j.flow);
		ek_flow_cancel(&j.flow);
		if (j.deaf) {
			ck_assert_int_eq(j.n_done, 0);
			fire(&j, 0); /* it succeeded after all: undone all the same */
		}
		ek_flow_cancel(&j.flow);
		play(&j, -1);
		ck_assert_str_eq(j.log, logs[row / 2]);
		ck_assert_int_eq(j.rc, EK_ECANCELLED);
		ck_assert_int_eq(j.n_done, 1);
		ek_flow_cancel(&j.flow); /* after the end: nothing */
		ck_assert_int_eq(j.n_done, 1);
	}
}
END_TEST

START_TEST(each_operation_cancelled_from_its_own_step)
{
	static const char *const async_logs[] = { "A!a.", "AB!ba.", "ABC!cba." };
	static const char *const sync_logs[] = { "Aa.", "ABba.", "ABCcba." };

	for (int row = 0; row < 6; row++) {
		struct job j = job_new(row % 2);

		j.cancel_in = row / 2;
		ek_flow_start(&j.flow, states, N_STATES);
		play(&j, -1);
		ck_assert_str_eq(j.log, (row % 2 ? sync_logs : async_logs)[row / 2]);
		ck_assert_int_eq(j.rc, EK_ECANCELLED);
		ck_assert_int_eq(j.n_done, 1);
	}
}
END_TEST

START_TEST(undoing_is_neither_cancelled_nor_spoilt_by_a_second_failure)
{
	struct job j = job_new(false);

	ek_flow_start(&j.flow, states, N_STATES);
	fire(&j, 0);
	fire(&j, EK_ECONFLICT);
	ck_assert_str_eq(j.log, "ABb");
	ek_flow_cancel(&j.flow);
	ck_assert_str_eq(j.log, "ABb");
	fire(&j, EK_EINTERNAL);
	fire(&j, 0);
	ck_assert_str_eq(j.log, "ABba.");
	ck_assert_int_eq(j.rc, EK_ECONFLICT);
}
END_TEST

START_TEST(may_start_again_in_done)
{
	struct job j = job_new(false);

	j.again = true;
	ek_flow_start(&j.flow, states, N_STATES);
	ek_flow_cancel(&j.flow);
	play(&j, -1);
	ck_assert_str_eq(j.log, "A!a.ABC.");
	ck_assert_int_eq(j.n_done, 2);
	ck_assert_int_eq(j.rc, 0);
}
END_TEST

static int step_lost(struct ek_flow *f)
{
	(void)f;
	return EK_GO(OP_C);
}

START_TEST(a_move_that_is_not_in_the_table_is_a_bug)
{
	static const struct ek_flow_state bad[] = {
		{ "a", step_lost, EK_BIT(1) },
		{ "b", step_b, 0 },
		{ "c", step_c, 0 },
		{ "end", step_end, 0 },
	};
	struct job j = job_new(true);

	ek_flow_start(&j.flow, bad, 4);
}
END_TEST

static int aborting_suite(void)
{
	Suite *s = suite_create("loop/flow bugs");
	TCase *tc = tcase_create("bugs");
	SRunner *runner = srunner_create(s);
	int failed;

	tcase_add_test_raise_signal(tc, a_move_that_is_not_in_the_table_is_a_bug, 6 /* SIGABRT */);
	suite_add_tcase(s, tc);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed;
}

START_TEST(bugs_abort)
{
	ck_assert_int_eq(aborting_suite(), 0);
}
END_TEST

EK_TESTS("loop/flow", goes_through_sync_and_async, each_operation_cannot_begin,
	 each_operation_ends_in_failure, each_operation_cancelled_in_flight,
	 each_operation_cancelled_from_its_own_step,
	 undoing_is_neither_cancelled_nor_spoilt_by_a_second_failure, may_start_again_in_done,
	 bugs_abort)
