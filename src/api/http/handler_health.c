/* SPDX-License-Identifier: Apache-2.0 */

/* /healthz, /livez, /readyz (with named checks below them, ?verbose and ?exclude) and /version. */

#include <ekube/str.h>
#include <stdlib.h>
#include <sys/utsname.h>

#include "handlers.h"
#include "paths.h"

static bool always(struct request *rq)
{
	(void)rq;
	return true;
}

/* A server that is on its way out serves what it has begun, but wants no new work. */
static bool not_stopping(struct request *rq)
{
	return !front_is_stopping(rq->front);
}

static const struct {
	const char *name;
	bool        only_ready; /* not asked by /livez and /healthz */
	bool (*check)(struct request *rq);
} checks[] = {
	{ "ping", false, always },
	{ "log", false, always },
	{ "etcd", false, always }, /* the store: it answered at start, and a failed commit fails its writes */
	{ "shutdown", true, not_stopping },
};

static bool is_excluded(struct request *rq, const char *name)
{
	for (size_t i = 0; i < rq->query.params.n; i++)
		if (ek_streq(rq->query.params.items[i].name, "exclude") &&
		    ek_streq(rq->query.params.items[i].value, name))
			return true;
	return false;
}

static void answer(struct request *rq, bool ok, const char *what, struct ek_buf *lines)
{
	if (ok && !query_get(&rq->query, "verbose")) {
		http_reply_text(rq->http, 200, "text/plain; charset=utf-8", "ok");
		return;
	}
	(void)ek_buf_fmt(lines, ok ? "%s check passed\n" : "%s check failed\n", what);
	http_reply_text(rq->http, ok ? 200 : 500, "text/plain; charset=utf-8", lines->data);
}

void handle_health(struct request *rq)
{
	EK_BUF struct ek_buf lines = EK_BUF_INIT(4096);
	EK_FREE char *what = ek_str_dup(rq->http->path + 1);
	char *one = strchr(what, '/');
	bool ready = strncmp(what, "readyz", 6) == 0, ok = true, known = false;
	struct ek_err err;

	if (one)
		*one++ = '\0';
	for (size_t i = 0; i < EK_ARRAY_LEN(checks); i++) {
		bool passed;

		if ((checks[i].only_ready && !ready) ||
		    (!ek_str_empty(one) && !ek_streq(one, checks[i].name)))
			continue;
		known = true;
		if (is_excluded(rq, checks[i].name)) {
			(void)ek_buf_fmt(&lines, "[+]%s excluded: ok\n", checks[i].name);
			continue;
		}
		passed = checks[i].check(rq);
		ok = ok && passed;
		(void)ek_buf_fmt(&lines, passed ? "[+]%s ok\n" : "[-]%s failed: reason withheld\n",
				 checks[i].name);
	}
	if (known) {
		answer(rq, ok, what, &lines);
		return;
	}
	(void)ek_fail(&err, EK_ENOTFOUND, "the server could not find the requested resource");
	request_fail_err(rq, &err);
}

/* Go's name for this machine, as in "linux/arm64". */
static const char *platform(void)
{
	static const char *const names[][2] = {
		{ "x86_64", "linux/amd64" },	{ "aarch64", "linux/arm64" },
		{ "armv7l", "linux/arm" },	{ "armv6l", "linux/arm" },
		{ "riscv64", "linux/riscv64" },
	};
	struct utsname u;

	if (uname(&u) == 0)
		for (size_t i = 0; i < EK_ARRAY_LEN(names); i++)
			if (ek_streq(names[i][0], u.machine))
				return names[i][1];
	return "linux/unknown";
}

void handle_version(struct request *rq)
{
	const struct ek_api_options *o = front_options(rq->front);

	http_reply_json(
		rq->http, 200,
		ek_json_make(
			"{'major':'1','minor':'32','gitVersion':%s,'gitCommit':%s,'gitTreeState':'clean',"
			"'buildDate':%s,'goVersion':'none','compiler':'gcc','platform':%s}",
			o->version, o->git_commit ? o->git_commit : "",
			o->build_date ? o->build_date : "", platform()));
}
