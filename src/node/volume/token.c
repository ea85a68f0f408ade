/* SPDX-License-Identifier: Apache-2.0 */
#include "token.h"

#include <stdlib.h>

#include <ekube/clock.h>
#include <ekube/str.h>

enum {
	RETRY_MIN_MS = 1000,
	RETRY_MAX_MS = 60 * 1000,
	JITTER_MS = 10 * 1000,
	LIFE_DEFAULT_S = 3600
};

#define DAY_MS (24 * 3600 * INT64_C(1000))

/* Only while it is under way: a token lasts. */
struct ek_token_ask {
	struct ek_token *token;
	struct ek_json  *body;
	struct ek_call   call;
};

static void ask(struct ek_token *t);

static void ask_free(struct ek_token_ask *a)
{
	a->token->asking = NULL;
	ek_call_done(&a->call);
	ek_json_unref(a->body);
	free(a);
}

int64_t ek_token_refresh_ms(int64_t now_us, int64_t expires_us)
{
	int64_t left_ms = (expires_us - now_us) / 1000;

	return left_ms <= 0 ? 0 : EK_MIN(left_ms / 5 * 4, DAY_MS);
}

static void on_timer(struct ek_timer *timer)
{
	ask(ek_container_of(timer, struct ek_token, timer));
}

static void ask_after(struct ek_token *t, int64_t ms)
{
	ek_timer_start(t->client->loop, &t->timer, ms, on_timer);
}

static void on_answer(struct ek_call *c, int rc)
{
	struct ek_token_ask *a = ek_container_of(c, struct ek_token_ask, call);
	struct ek_token *t = a->token;
	const struct ek_json *answer = c->object ? ek_object_tree(c->object) : NULL;
	const char *text = ek_json_str_at(answer, "status.token");
	const char *until = ek_json_str_at(answer, "status.expirationTimestamp");
	int64_t now = ek_clock_wall_us(), expires;

	free(ek_steal(t->error));
	if (rc < 0 || !text) {
		t->error = ek_str_fmt("failed to fetch token: %s", rc < 0 ? c->err.msg : "empty answer");
		t->pause_ms = t->pause_ms ? EK_MIN(2 * t->pause_ms, (int64_t)RETRY_MAX_MS) :
					    RETRY_MIN_MS;
		ask_after(t, t->pause_ms);
	} else {
		if (!until || ek_time_parse(until, &expires) < 0)
			expires = now + LIFE_DEFAULT_S * INT64_C(1000000);
		ek_secret_freep(&t->text);
		t->text = ek_str_dup(text);
		t->pause_ms = 0;
		/* a token that is old when it comes (the clock jumps) must not make a storm */
		ask_after(t, EK_MAX(ek_token_refresh_ms(now, expires), (int64_t)RETRY_MAX_MS) +
				     ek_rand_below(JITTER_MS));
	}
	ask_free(a);
	t->changed(t);
}

static void ask(struct ek_token *t)
{
	struct ek_token_ask *a = ek_new(struct ek_token_ask);

	a->token = t;
	a->body = ek_json_make("{'apiVersion':'authentication.k8s.io/v1','kind':'TokenRequest','spec':{'audiences':[],"
			       "'expirationSeconds':%D,'boundObjectRef':{'apiVersion':'v1','kind':'Pod','name':%s,'uid':%s}}}",
			       t->seconds, t->pod, t->uid);
	if (t->audience)
		ek_json_append(ek_json_at(a->body, "spec.audiences"), ek_json_new_str(t->audience));
	ek_call_init(&a->call, EK_DO_CREATE, &ek_kind_serviceaccount, t->ns, t->account, on_answer);
	a->call.subresource = "token";
	a->call.body = a->body;
	t->asking = a;
	ek_call_start(t->client, &a->call);
}

void ek_token_start(struct ek_client *client, struct ek_token *t, const struct ek_json *pod,
		    const struct ek_json *source, void (*changed)(struct ek_token *t))
{
	const char *audience = ek_json_str_at(source, "audience"), *account = ek_json_str_at(pod, "spec.serviceAccountName");

	*t = (struct ek_token){ .changed = changed, .client = client };
	t->ns = ek_str_dup(ek_meta_namespace(pod));
	t->account = ek_str_dup(ek_str_empty(account) ? "default" : account);
	t->audience = ek_str_empty(audience) ? NULL : ek_str_dup(audience);
	t->pod = ek_str_dup(ek_meta_name(pod));
	t->uid = ek_str_dup(ek_meta_uid(pod));
	t->seconds = ek_json_int_at(source, "expirationSeconds", LIFE_DEFAULT_S);
	ask_after(t, 0);
}

void ek_token_stop(struct ek_token *t)
{
	if (!t->client)
		return;
	ek_timer_stop(&t->timer);
	if (t->asking) {
		ek_call_cancel(&t->asking->call);
		ask_free(t->asking);
	}
	ek_secret_freep(&t->text);
	free(t->error);
	free(t->ns);
	free(t->account);
	free(t->audience);
	free(t->pod);
	free(t->uid);
	*t = (struct ek_token){ 0 };
}
