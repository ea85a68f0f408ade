/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Values in tests are written with single quotes, compared as compact text. */

#include <ekube/json.h>
#include <ekube/str.h>

#include <ek_test.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

/* The value of a text in which single quotes stand for double quotes; owned by the caller. */
static inline struct ek_json *json(const char *text)
{
	EK_FREE char *copy = ek_str_dup(text);
	struct ek_json *v = NULL;
	struct ek_err err;
	int rc;

	for (char *p = copy; (p = strchr(p, '\''));)
		*p = '"';
	rc = ek_json_parse(copy, strlen(copy), EK_JSON_MAX_BYTES, &v, NULL, &err);
	ck_assert_msg(rc == 0, "%s: %s", text, rc ? err.msg : "");
	return v;
}

static inline void check_json(const struct ek_json *v, const char *want)
{
	EK_JSON struct ek_json *w = json(want);
	EK_FREE char *expected = ek_json_text(w);
	EK_FREE char *got = ek_json_text(v);

	ck_assert_str_eq(got, expected);
}

/* Whether fn is stopped by an assertion: tried in a child that says nothing. */
static inline bool aborts(void (*fn)(int arg), int arg)
{
	pid_t pid = fork();
	int status = 0;

	if (pid == 0) {
		(void)dup2(open("/dev/null", O_WRONLY | O_CLOEXEC), 2);
		fn(arg);
		_exit(0);
	}
	ck_assert(pid > 0 && waitpid(pid, &status, 0) == pid);
	return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}
