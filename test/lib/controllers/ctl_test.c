/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl_test.h"

#include <ekube/clock.h>
#include <ekube/str.h>

static int64_t now_ms;

static int64_t mono(void *arg)
{
	(void)arg;
	return now_ms;
}

static int64_t wall(void *arg)
{
	(void)arg;
	return CTL_NOW_US + now_ms * 1000;
}

void ctl_clock_on(void)
{
	static const struct ek_clock_source virtual = { mono, wall, NULL };

	now_ms = 0;
	ek_clock_set_source(&virtual);
}

struct ek_json *ctl_json(const char *text)
{
	struct ek_json *v = NULL;
	EK_FREE char *json = ek_str_dup(text);
	struct ek_err err;

	if (!text)
		return NULL;
	for (char *c = json; *c; c++)
		if (*c == '\'')
			*c = '"';
	if (ek_json_parse(json, strlen(json), EK_JSON_MAX_BYTES, &v, NULL, &err) < 0)
		ek_bug_(__FILE__, __LINE__, err.msg);
	return v;
}

static void fill(struct objects *list, const char *text)
{
	EK_JSON struct ek_json *all = ctl_json(text);

	for (size_t i = 0; i < ek_json_len(all); i++)
		ek_vec_push(list, ek_json_ref(ek_json_elem(all, i)));
}

void ctl_snapshot(struct snapshot *s, const struct ek_kind *kind, const char *object,
		  const char *list0, const char *list1, const char *list2)
{
	*s = (struct snapshot){ .kind = kind, .now_us = CTL_NOW_US };
	s->object = ctl_json(object);
	s->ns = ek_meta_namespace(s->object);
	s->name = ek_meta_name(s->object);
	fill(&s->list[0], list0);
	fill(&s->list[1], list1);
	fill(&s->list[2], list2);
}

char *ctl_decide(ctl_reconcile fn, const struct snapshot *s)
{
	struct plan p = { 0 };
	struct ek_err err = { 0 };
	char *text;

	if (fn(s, &p, &err) < 0)
		text = ek_str_dup(err.msg);
	else
		text = plan_text(&p);
	plan_done(&p);
	return text;
}

struct ek_json *ctl_body(ctl_reconcile fn, const struct snapshot *s, enum plan_verb verb,
			 const struct ek_kind *kind, const char *subresource)
{
	struct plan p = { 0 };
	struct ek_err err = { 0 };
	struct ek_json *body = NULL;

	(void)fn(s, &p, &err);
	for (size_t i = 0; i < p.writes.n && !body; i++) {
		const struct plan_write *w = &p.writes.items[i];

		if (w->verb == verb && w->kind == kind && ek_streq(w->subresource, subresource) &&
		    w->body)
			body = ek_json_ref(w->body);
	}
	plan_done(&p);
	return body;
}

void ctl_start(struct ctl *c, const struct controller *const *rows, size_t n)
{
	EK_ASSERT(n <= EK_ARRAY_LEN(c->running));
	if (!c->loop) {
		ctl_clock_on();
		c->loop = ek_loop_new();
		c->fake = fake_client_new(c->loop);
	}
	c->informers = ek_informers_new(fake_client_of(c->fake));
	c->env =
		(struct runtime_env){ .loop = c->loop, .informers = c->informers, .root_ca = "CA" };
	for (c->n = 0; c->n < n; c->n++)
		c->running[c->n] = running_start(rows[c->n], &c->env, fake_client_of(c->fake));
}

void ctl_stop(struct ctl *c)
{
	for (size_t i = 0; i < c->n; i++)
		running_stop(c->running[i]);
	ek_informers_free(c->informers);
	fake_client_free(c->fake);
	ek_loop_free(c->loop);
}

void ctl_settle(struct ctl *c)
{
	int idle = 0;

	for (int i = 0; i < 200000 && idle < 4; i++) {
		bool busy = ek_loop_turn(c->loop);
		int64_t next = ek_loop_advance(c->loop);

		idle = busy || next == 0 ? 0 : idle + 1;
	}
}

void ctl_pass(struct ctl *c, int64_t ms)
{
	int64_t end = now_ms + ms;

	while (now_ms < end) {
		int64_t next = ek_loop_advance(c->loop);

		now_ms += next < 0 || next > end - now_ms ? end - now_ms : EK_MAX(next, (int64_t)1);
		ctl_settle(c);
	}
}

int ctl_events(struct ctl *c, const char *reason)
{
	int n = 0;
	const struct ek_json *e;

	for (size_t i = 0; (e = fake_client_nth(c->fake, &ek_kind_event, i)); i++)
		if (ek_streq(ek_json_str_at(e, "reason"), reason))
			n += (int)ek_json_int_at(e, "count", 1);
	return n;
}

int ctl_run_pods(struct ctl *c)
{
	const struct ek_json *pod;
	int n = 0;

	for (size_t i = 0; (pod = fake_client_nth(c->fake, &ek_kind_pod, i)); i++) {
		EK_JSON struct ek_json *copy = NULL;
		char now[32];

		if (ek_meta_condition_is(pod, "Ready", "True"))
			continue;
		copy = ek_json_copy(pod);
		ek_json_set(
			copy, "status",
			ek_json_make(
				"{'phase':'Running','conditions':[{'type':'Ready','status':'True',"
				"'lastTransitionTime':%s}]}",
				ek_time_now(now)));
		fake_client_put(c->fake, &ek_kind_pod, copy);
		n++;
	}
	return n;
}
