/* SPDX-License-Identifier: Apache-2.0 */
#include "continue.h"

#include <ekube/str.h>

#include <stdlib.h>

static const char version[] = "meta.k8s.io/v1";

char *ek_continue_encode(const struct ek_continue *c)
{
	EK_JSON struct ek_json *v =
		ek_json_make("{'v':%s,'rv':%D,'start':%s}", version, c->rev, c->start);
	EK_BUF struct ek_buf text = EK_BUF_INIT(2 * EK_CONTINUE_MAX_BYTES);

	if (c->remaining >= 0)
		ek_json_set_int(v, "n", c->remaining);
	(void)ek_json_write(v, &text);
	return ek_base64_encode(text.data, text.len, true);
}

/* No climbing out of the list's prefix. */
static bool is_plain_path(const char *s)
{
	const char *end;

	for (; *s; s = *end ? end + 1 : end) {
		size_t n = strcspn(s, "/");

		end = s + n;
		if (n == 0 || (n == 1 && s[0] == '.') || (n == 2 && s[0] == '.' && s[1] == '.'))
			return false;
	}
	return true;
}

static int fill(const struct ek_json *v, struct ek_continue *ret, struct ek_err *err)
{
	static const char bad[] = "invalid continue token: continue key is not valid";
	const char *have = ek_json_str_at(v, "v"), *start = ek_json_str_at(v, "start");
	int64_t rev = ek_json_int_at(v, "rv", 0);

	if (!ek_streq(have, version))
		return ek_fail(err, EK_EBADREQUEST,
			       "%s: server does not recognize this encoded version %s", bad,
			       have ? have : "");
	if (rev == 0)
		return ek_fail(err, EK_EBADREQUEST,
			       "%s: incorrect encoded start resourceVersion (version %s)", bad,
			       version);
	if (ek_str_empty(start))
		return ek_fail(err, EK_EBADREQUEST, "%s: encoded start key empty (version %s)", bad,
			       version);
	if (!is_plain_path(start))
		return ek_fail(err, EK_EBADREQUEST, "%s: %s", bad, start);
	ret->start = ek_str_dup(start);
	ret->rev = rev;
	ret->remaining = ek_json_int_at(v, "n", -1);
	return 0;
}

int ek_continue_decode(const char *token, struct ek_continue *ret, struct ek_err *err)
{
	EK_JSON struct ek_json *v = NULL;
	EK_FREE char *text = NULL;
	struct ek_err why;
	size_t n = 0;

	if (strlen(token) > EK_CONTINUE_MAX_BYTES ||
	    ek_base64_decode(token, strlen(token), true, &text, &n) < 0)
		return ek_fail(
			err, EK_EBADREQUEST,
			"invalid continue token: continue key is not valid: illegal base64 data");
	if (ek_json_parse(text, n, EK_CONTINUE_MAX_BYTES, &v, NULL, &why) < 0)
		return ek_fail(err, EK_EBADREQUEST,
			       "invalid continue token: continue key is not valid: %s", why.msg);
	return fill(v, ret, err);
}
