/* SPDX-License-Identifier: Apache-2.0 */

/* Who asks, as the server sees it: SelfSubjectReview tells. */

#include "http/authn.h"

#include <ekube/str.h>
#include <ek_test.h>
#include <unistd.h>

#include "api/api_port.h"

#define REVIEWS "/apis/authentication.k8s.io/v1/selfsubjectreviews"

/* "name group group"; or the Status' message. */
static char *who(struct peer *c, const char *token, const char *more, int *ret_status)
{
	EK_BUF struct ek_buf out = EK_BUF_INIT(1 << 20);
	const struct ek_json *user;
	struct reply r;

	peer_ask(c, &r, "POST", REVIEWS, token, more, "{}");
	*ret_status = r.status;
	user = ek_json_at(r.json, "status.userInfo");
	if (user) {
		(void)ek_buf_str(&out, ek_json_str_at(user, "username"));
		for (size_t i = 0; i < ek_json_len(ek_json_get(user, "groups")); i++)
			(void)ek_buf_fmt(&out, " %s",
					 ek_json_str(ek_json_elem(ek_json_get(user, "groups"), i)));
	} else {
		(void)ek_buf_str(&out, ek_json_str_at(r.json, "message"));
	}
	reply_done(&r);
	return ek_buf_steal(&out);
}

static const struct {
	const char *token, *more;
	int         status;
	const char *who;
} askers[] = {
	{ PORT_ADMIN, NULL, 201, "admin system:masters system:authenticated" },
	{ PORT_USER, NULL, 201, "jane devs system:authenticated" },
	{ "wrong", NULL, 401, "Unauthorized" },
	{ "", NULL, 401, "Unauthorized" },
	{ NULL, "Authorization: Basic YTpi\r\n", 403, NULL },
	{ NULL, "Authorization: bearer   " PORT_USER "\r\n", 201, "jane devs system:authenticated" },
	{ NULL, NULL, 403, NULL },
	/* as somebody else */
	{ PORT_ADMIN, "Impersonate-User: bob\r\n", 201, "bob system:authenticated" },
	{ PORT_ADMIN, "Impersonate-User: bob\r\nImpersonate-Group: a\r\nImpersonate-Group: b\r\n", 201,
	  "bob a b system:authenticated" },
	{ PORT_ADMIN, "Impersonate-User: system:anonymous\r\nImpersonate-Group: system:masters\r\n", 201,
	  "system:anonymous system:masters system:unauthenticated" },
	{ PORT_ADMIN, "Impersonate-User: bob\r\nImpersonate-Group: system:authenticated\r\n", 201,
	  "bob system:authenticated" },
	{ PORT_ADMIN, "Impersonate-User: system:serviceaccount:ns:sa\r\n", 201,
	  "system:serviceaccount:ns:sa system:serviceaccounts system:serviceaccounts:ns system:authenticated" },
	{ PORT_ADMIN, "Impersonate-User: system:serviceaccount:ns:sa\r\nImpersonate-Group: a\r\n", 201,
	  "system:serviceaccount:ns:sa a system:authenticated" },
	{ PORT_USER, "Impersonate-User: bob\r\n", 403,
	  "users \"bob\" is forbidden: User \"jane\" cannot impersonate resource \"users\" in API group \"\" at the cluster "
	  "scope" },
	{ PORT_USER, "Impersonate-User: system:serviceaccount:ns:sa\r\n", 403,
	  "serviceaccounts \"sa\" is forbidden: User \"jane\" cannot impersonate resource \"serviceaccounts\" in API group "
	  "\"\" in the namespace \"ns\"" },
	{ PORT_ADMIN, "Impersonate-Group: a\r\n", 400, "requested impersonation without impersonating a user" },
	{ PORT_ADMIN, "Impersonate-Uid: a\r\n", 400, "requested impersonation without impersonating a user" },
};

START_TEST(knows_who_asks)
{
	struct port_world p;
	EK_FREE char *have = NULL;
	struct peer c;
	int status;

	port_open(&p, NULL);
	peer_open(&c, &p, "http/1.1");
	have = who(&c, askers[_i].token, askers[_i].more, &status);
	ck_assert_msg(status == askers[_i].status, "%d %s", status, have);
	if (askers[_i].who)
		ck_assert_str_eq(have, askers[_i].who);
	peer_close(&c);
	port_close(&p);
}
END_TEST

START_TEST(has_a_maximum_of_groups)
{
	EK_BUF struct ek_buf more = EK_BUF_INIT(1 << 16);
	EK_FREE char *have = NULL;
	struct port_world p;
	struct peer c;
	int status;

	(void)ek_buf_str(&more, "Impersonate-User: bob\r\n");
	for (int i = 0; i < 65; i++)
		(void)ek_buf_fmt(&more, "Impersonate-Group: g%d\r\n", i);
	port_open(&p, NULL);
	peer_open(&c, &p, "http/1.1");
	have = who(&c, PORT_ADMIN, more.data, &status);
	ck_assert_int_eq(status, 400);
	ck_assert_str_eq(have, "too many groups are impersonated");
	peer_close(&c);
	port_close(&p);
}
END_TEST

static const struct {
	bool        self_signed;
	const char *token;
	int         status;
	const char *who;
} certificates[] = {
	{ false, NULL, 201, "carol ops system:authenticated" },
	{ false, PORT_USER, 201, "carol ops system:authenticated" },
	{ true, NULL, 401, "Unauthorized" },
	{ true, PORT_USER, 201, "jane devs system:authenticated" },
	{ true, "wrong", 401, "Unauthorized" },
};

START_TEST(knows_a_certificate)
{
	EK_FREE char *have = NULL;
	struct port_world p;
	struct peer c;
	int status;

	port_open(&p, NULL);
	peer_open_cert(&c, &p, "carol", "ops", certificates[_i].self_signed);
	have = who(&c, certificates[_i].token, NULL, &status);
	ck_assert_int_eq(status, certificates[_i].status);
	ck_assert_str_eq(have, certificates[_i].who);
	peer_close(&c);
	port_close(&p);
}
END_TEST

/* The token among a WebSocket's subprotocols, as browsers send it. */
static const struct {
	const char *protocols;
	int         code;
	const char *reason, *message;
} websockets[] = {
	/* "user-token": known, and then the pod is missing or forbidden */
	{ "base64url.bearer.authorization.k8s.io.dXNlci10b2tlbg, v4.channel.k8s.io", 403, "Forbidden", "User \"jane\" cannot" },
	{ "v4.channel.k8s.io,base64url.bearer.authorization.k8s.io.YWRtaW4tdG9rZW4", 404, "NotFound", "pods \"p\" not found" },
	{ "v4.channel.k8s.io, base64url.bearer.authorization.k8s.io.d3Jvbmc", 401, "Unauthorized", "Unauthorized" },
	{ "v4.channel.k8s.io, base64url.bearer.authorization.k8s.io.!!", 401, "Unauthorized", "Unauthorized" },
	{ "v4.channel.k8s.io, xbase64url.bearer.authorization.k8s.io.dXNlci10b2tlbg", 403, "Forbidden", "system:anonymous" },
};

START_TEST(knows_a_websockets_token)
{
	EK_FREE char *more = ek_str_fmt(
		"Upgrade: websocket\r\nConnection: upgrade\r\nSec-WebSocket-Protocol: %s\r\n",
		websockets[_i].protocols);
	struct port_world p;
	struct peer c;
	struct reply r;

	port_open(&p, NULL);
	peer_open(&c, &p, "http/1.1");
	peer_ask(&c, &r, "GET", "/api/v1/namespaces/default/pods/p/exec?command=a&stdout=1", NULL,
		 more, NULL);
	reply_is_status(&r, websockets[_i].code, websockets[_i].reason, websockets[_i].message);
	reply_done(&r);
	peer_close(&c);
	port_close(&p);
}
END_TEST

/* ---- the token file ---- */

static const struct {
	const char *text, *message; /* NULL: it is good */
} files[] = {
	{ "", NULL },
	{ "# nobody\n\nt,u,1\n", NULL },
	{ "t,u,1,\"a,b\"\n", NULL },
	{ "t,\"u \"\"x\"\"\",1,a\n", NULL },
	{ "t,u\n", "line 1 must be token,user,uid" },
	{ "t,u,1\n,u,1\n", "line 2 must be token,user,uid" },
	{ "t,,1\n", "line 1 must be token,user,uid" },
};

START_TEST(reads_a_token_file)
{
	char path[] = "/tmp/ekube-tokens-XXXXXX";
	struct authn *a = NULL;
	struct ek_err err = { 0 };
	int fd = mkstemp(path), rc;

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, files[_i].text, strlen(files[_i].text)), strlen(files[_i].text));
	(void)close(fd);
	rc = authn_new(path, &a, &err);
	(void)unlink(path);
	if (files[_i].message) {
		ck_assert_int_eq(rc, EK_EINVALID);
		ck_assert_msg(strstr(err.msg, files[_i].message) && strstr(err.msg, path), "%s",
			      err.msg);
	} else {
		ck_assert_msg(rc == 0, "%s", err.msg);
		authn_free(a);
	}
}
END_TEST

EK_TESTS("api/authn", EK_ROWS(knows_who_asks, askers), has_a_maximum_of_groups, EK_ROWS(knows_a_certificate, certificates),
	 EK_ROWS(knows_a_websockets_token, websockets), EK_ROWS(reads_a_token_file, files))
