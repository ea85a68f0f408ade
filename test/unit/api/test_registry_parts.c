/* SPDX-License-Identifier: Apache-2.0 */
#include "api/api_world.h"
#include "continue.h"
#include "ek_test.h"
#include "generation.h"
#include "auth/rules.h"
#include "status.h"

#include <ekube/str.h>
#include <stdlib.h>

/* ---- statuses, whole ---- */

static char *text_of(struct ek_json *take)
{
	struct ek_buf out = EK_BUF_INIT(8192);

	(void)ek_json_write(take, &out);
	ek_json_unref(take);
	return ek_buf_steal(&out);
}

static struct ek_json *make_not_found(void)
{
	return ek_status_not_found(&ek_kind_deployment, "d");
}

static struct ek_json *make_internal(void)
{
	return ek_status_internal("no %s", "luck");
}

static struct ek_json *make_unknown(void)
{
	return ek_status_unknown("odd");
}

static struct ek_json *make_future(void)
{
	return ek_status_future_rev(9, 3);
}

static struct ek_json *make_not_allowed(void)
{
	return ek_status_not_allowed(&ek_kind_deployment, "list");
}

static struct ek_json *make_denied(void)
{
	return ek_status_denied(&ek_kind_pod, NULL, "no");
}

static struct ek_json *make_from_err(void)
{
	return ek_status_from_err(&(struct ek_err){ EK_EUNAUTHORIZED, "Unauthorized" });
}

static struct ek_json *make_success(void)
{
	return ek_status_success(201, NULL);
}

#define FAILURE "{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"metadata\":{},\"status\":\"Failure\",\"message\":"

static const struct {
	struct ek_json *(*make)(void);
	const char *text;
	int         code;
} statuses[] = {
	{ make_not_found,
	  FAILURE "\"deployments.apps \\\"d\\\" not found\",\"reason\":\"NotFound\",\"details\":{\"name\":"
		  "\"d\",\"group\":\"apps\",\"kind\":\"deployments\"},\"code\":404}",
	  EK_ENOTFOUND },
	{ make_internal,
	  FAILURE "\"Internal error occurred: no luck\",\"reason\":\"InternalError\",\"details\":{"
		  "\"causes\":[{\"message\":\"no luck\"}]},\"code\":500}",
	  EK_EINTERNAL },
	{ make_unknown, FAILURE "\"odd\",\"code\":500}", EK_EINTERNAL },
	{ make_future,
	  FAILURE "\"Timeout: Too large resource version: 9, current: 3\",\"reason\":\"Timeout\","
		  "\"details\":{\"causes\":[{\"reason\":\"ResourceVersionTooLarge\",\"message\":"
		  "\"Too large resource version\"}],\"retryAfterSeconds\":1},\"code\":504}",
	  EK_ETIMEOUT },
	{ make_not_allowed,
	  FAILURE "\"list is not supported on resources of kind \\\"deployments.apps\\\"\",\"reason\":"
		  "\"MethodNotAllowed\",\"details\":{\"group\":\"apps\",\"kind\":\"deployments\"},"
		  "\"code\":405}",
	  EK_ENOTALLOWED },
	{ make_denied,
	  FAILURE "\"pods is forbidden: no\",\"reason\":\"Forbidden\",\"details\":{\"kind\":\"pods\"},"
		  "\"code\":403}",
	  EK_EFORBIDDEN },
	{ make_from_err, FAILURE "\"Unauthorized\",\"reason\":\"Unauthorized\",\"code\":401}",
	  EK_EUNAUTHORIZED },
	{ make_success,
	  "{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"metadata\":{},\"status\":\"Success\",\"code\":"
	  "201}",
	  0 },
};

START_TEST(statuses_are_as_upstream)
{
	EK_JSON struct ek_json *again = statuses[_i].make();
	EK_FREE char *text = text_of(statuses[_i].make());

	ck_assert_str_eq(text, statuses[_i].text);
	ck_assert_int_eq(ek_status_code(again), statuses[_i].code);
}
END_TEST

static const struct {
	const char *in, *want;
} quoted[] = {
	{ "a", "\"a\"" },	  { "", "\"\"" },	    { "a\"b\\", "\"a\\\"b\\\\\"" },
	{ "a\nb\t", "\"a\\nb\\t\"" }, { "\x01", "\"\\x01\"" }, { "\xc3\xa9", "\"\xc3\xa9\"" },
};

START_TEST(quotes_as_go)
{
	ck_assert_str_eq(EK_Q(quoted[_i].in), quoted[_i].want);
}
END_TEST

START_TEST(a_long_name_is_cut)
{
	char out[16];

	ck_assert_uint_lt(strlen(ek_go_quoted("abcdefghijklmnopqrstuvwxyz", out, sizeof(out))), 16);
}
END_TEST

/* ---- continue tokens ---- */

START_TEST(a_token_comes_back)
{
	static const struct {
		const char *start;
		int64_t     rev, remaining;
	} rows[] = { { "default/web", 7, 40 }, { "a", -1, -1 }, { "x/\xc3\xa9", 1, 0 } };

	for (size_t i = 0; i < EK_ARRAY_LEN(rows); i++) {
		EK_FREE char *start = ek_str_dup(rows[i].start);
		EK_FREE char *token = ek_continue_encode(
			&(struct ek_continue){ start, rows[i].rev, rows[i].remaining });
		struct ek_continue c = { 0 };

		ck_assert_int_eq(ek_continue_decode(token, &c, NULL), 0);
		ck_assert_str_eq(c.start, rows[i].start);
		ck_assert_int_eq(c.rev, rows[i].rev);
		ck_assert_int_eq(c.remaining, rows[i].remaining);
		free(c.start);
	}
}
END_TEST

/* ---- packed rules ---- */

START_TEST(rules_come_back)
{
	static const char text[] =
		"[{'verbs':['get','list'],'apiGroups':[''],'resources':['pods']},"
		"{'verbs':['*'],'nonResourceURLs':['/a/*']},"
		"{'verbs':['get'],'apiGroups':['apps'],'resources':['x'],'resourceNames':['n']}]";
	EK_JSON struct ek_json *in = world_json(text), *out = ek_json_array();
	struct ek_rules *r = ek_rules_new(in);
	struct ek_rule rule;

	for (size_t pos = 0; ek_rules_next(r, &pos, &rule);)
		ek_json_append(out, ek_rule_json(&rule));
	ck_assert(ek_json_equal(in, out));
	free(r);
	r = ek_rules_new(NULL);
	for (size_t pos = 0; ek_rules_next(r, &pos, &rule);)
		ck_abort_msg("a rule in nothing");
	free(r);
}
END_TEST

START_TEST(rules_that_do_not_fit_grant_nothing)
{
	EK_JSON struct ek_json *rules = ek_json_array();
	struct ek_rules *r;
	struct ek_rule rule;

	for (int i = 0; i < 200000; i++)
		ek_json_append(rules, ek_json_make("{'verbs':['get'],'resources':['a-long-resource']}"));
	r = ek_rules_new(rules);
	for (size_t pos = 0; ek_rules_next(r, &pos, &rule);)
		ck_abort_msg("half of it was kept");
	free(r);
}
END_TEST

/* ---- generation ---- */

static const struct {
	const struct ek_kind *kind;
	const char           *a, *b;
	bool                  counted, changed;
} generations[] = {
	{ &ek_kind_deployment, "{'spec':{'a':1}}", "{'spec':{'a':2}}", true, true },
	{ &ek_kind_deployment, "{'spec':{'a':1}}", "{'spec':{'a':1},'status':{'b':1}}", true, false },
	{ &ek_kind_deployment, "{'metadata':{}}", "{'metadata':{'annotations':{'a':'b'}}}", true, true },
	{ &ek_kind_replicaset, "{'metadata':{}}", "{'metadata':{'annotations':{'a':'b'}}}", true,
	  false },
	{ &ek_kind_pod, "{'spec':{'a':1}}", "{'spec':{'a':2}}", false, false },
	{ &ek_kind_service, "{'spec':{'a':1}}", "{'spec':{'a':2}}", false, false },
	{ &ek_kind_endpointslice, "{'endpoints':[]}", "{'endpoints':[{'a':1}]}", true, true },
};

START_TEST(generations_count_what_matters)
{
	EK_JSON struct ek_json *a = world_json(generations[_i].a);
	EK_JSON struct ek_json *b = world_json(generations[_i].b);

	ck_assert(ek_kind_counts_generation(generations[_i].kind) == generations[_i].counted);
	ck_assert(ek_generation_changed(generations[_i].kind, b, a) == generations[_i].changed);
}
END_TEST

EK_TESTS("api/registry_parts", EK_ROWS(statuses_are_as_upstream, statuses),
	 EK_ROWS(quotes_as_go, quoted), a_long_name_is_cut, a_token_comes_back, rules_come_back,
	 rules_that_do_not_fit_grant_nothing, EK_ROWS(generations_count_what_matters, generations))
