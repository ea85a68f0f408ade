/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <ekube/file.h>
#include <ekube/str.h>

#include "ek_test.h"
#include "image/auth.h"
#include "image/registries.h"

static struct ek_json *parse(const char *text)
{
	EK_FREE char *copy = ek_str_dup(text);
	struct ek_json *v = NULL;
	struct ek_err err = { 0 };

	for (char *c = copy; *c; c++)
		if (*c == '\'')
			*c = '"';
	ck_assert_msg(ek_json_parse(copy, strlen(copy), 1 << 20, &v, NULL, &err) == 0, "%s: %s",
		      err.msg, text);
	return v;
}

/* ---- which credentials: the users' names, in order; dXNlcjpwYXNz is user:pass ---- */

#define U(name) "{'username':'" name "','password':'p'}"

static const struct {
	const char *secret, *image, *users;
} lookups[] = {
	{ "{'auths':{'reg.example.com':" U("a") "}}", "reg.example.com/x", "a" },
	{ "{'reg.example.com':" U("a") "}", "reg.example.com/x", "a" }, /* dockercfg */
	{ "{'auths':{'https://reg.example.com':" U("a") "}}", "reg.example.com/x", "a" },
	{ "{'auths':{'http://reg.example.com/v1/':" U("a") "}}", "reg.example.com/x", "a" },
	{ "{'auths':{'reg.example.com':" U("a") "}}", "other.example.com/x", "" },
	{ "{'auths':{'reg.example.com':" U("a") "}}", "reg.example.com:5000/x", "" },
	{ "{'auths':{'reg.example.com:5000':" U("a") "}}", "reg.example.com:5000/x", "a" },
	{ "{'auths':{'reg.example.com':" U("a") ",'reg.example.com/team':" U("b") "}}", "reg.example.com/team/x", "b a" },
	{ "{'auths':{'reg.example.com':" U("a") ",'reg.example.com/team':" U("b") "}}", "reg.example.com/x", "a" },
	{ "{'auths':{'*.example.com':" U("a") "}}", "reg.example.com/x", "a" },
	{ "{'auths':{'*.example.com':" U("a") "}}", "a.reg.example.com/x", "" }, /* a star is one part */
	{ "{'auths':{'*.*.example.com':" U("a") "}}", "a.reg.example.com/x", "a" },
	{ "{'auths':{'r?g.example.com':" U("a") "}}", "reg.example.com/x", "a" },
	{ "{'auths':{'https://index.docker.io/v1/':" U("hub") "}}", "docker.io/library/busybox", "hub" },
	{ "{'auths':{'docker.io':" U("hub") "}}", "docker.io/library/busybox", "hub" },
	{ "{'auths':{'https://index.docker.io/v1/':" U("hub") "}}", "reg.example.com/x", "" },
	{ "{'auths':{'reg':{'auth':'dXNlcjpwYXNz'}}}", "reg/x", "user" },
	{ "{'auths':{'reg':{'auth':'***'}}}", "reg/x", "" },
	{ "{'auths':{'reg':{'auth':'bm9jb2xvbg=='}}}", "reg/x", "" },
	{ "{'auths':{'reg':7,'reg/':" U("a") "}}", "reg/x", "a" },
	{ "{'auths':{}}", "reg/x", "" },
	{ "[]", "reg/x", "" },
	{ "null", "reg/x", "" },
};

START_TEST(finds_credentials)
{
	EK_JSON struct ek_json *secret = parse(lookups[_i].secret);
	const struct ek_json *secrets[] = { secret };
	struct ek_cred creds[EK_CREDS_MAX];
	size_t n = ek_keyring_lookup(secrets, 1, lookups[_i].image, creds);
	EK_BUF struct ek_buf users = EK_BUF_INIT(1000);

	for (size_t i = 0; i < n; i++) {
		(void)ek_buf_fmt(&users, "%s%s", i ? " " : "", creds[i].username);
		ek_cred_done(&creds[i]);
	}
	ck_assert_str_eq(users.data ? users.data : "", lookups[_i].users);
}
END_TEST

START_TEST(several_secrets_count_together)
{
	EK_JSON struct ek_json *a = parse("{'auths':{'reg':" U("a") "}}"),
			       *b = parse("{'auths':{'reg/x':" U("b") "}}");
	const struct ek_json *secrets[] = { a, b };
	struct ek_cred creds[EK_CREDS_MAX];

	ck_assert_uint_eq(ek_keyring_lookup(secrets, 2, "reg/x/y", creds), 2);
	ck_assert_str_eq(creds[0].username, "b");
	ck_assert_str_eq(creds[1].username, "a");
	ek_cred_done(&creds[0]);
	ek_cred_done(&creds[1]);
}
END_TEST

/* ---- challenges ---- */

static const struct {
	const char *header;
	bool        bearer, basic;
	const char *realm, *service, *scope;
} challenges[] = {
	{ "Bearer realm=\"https://auth.example.com/token\",service=\"registry.example.com\",scope=\"repository:a/b:pull\"",
	  true, false, "https://auth.example.com/token", "registry.example.com", "repository:a/b:pull" },
	{ "bearer Realm=https://a/t , service = s", true, false, "https://a/t", "s", NULL },
	{ "Basic realm=\"x\"", false, true, NULL, NULL, NULL },
	{ "Basic", false, true, NULL, NULL, NULL },
	{ "Basic realm=\"x\", Bearer realm=\"https://a/t\"", true, true, "https://a/t", NULL, NULL },
	{ "Bearer realm=\"https://a/t\", Basic realm=\"x\"", true, true, "https://a/t", NULL, NULL },
	{ "Negotiate", false, false, NULL, NULL, NULL },
	{ "Negotiate abc==, Bearer realm=\"r\"", true, false, "r", NULL, NULL },
	{ "Bearer realm=\"with \\\"quotes\\\", and comma\"", true, false, "with \"quotes\", and comma", NULL, NULL },
	{ "Bearer realm=\"unterminated", true, false, "unterminated", NULL, NULL },
	{ "Bearer realm=", true, false, "", NULL, NULL },
	{ "Bearer realm=\"a\",realm=\"b\"", true, false, "a", NULL, NULL },
	{ "", false, false, NULL, NULL, NULL },
	{ ",,, ,", false, false, NULL, NULL, NULL },
	{ "=\"x\"", false, false, NULL, NULL, NULL },
	{ "\"\"\"", false, false, NULL, NULL, NULL },
};

START_TEST(reads_challenges)
{
	struct ek_challenge c;

	ek_challenge_parse(challenges[_i].header, &c);
	ck_assert_int_eq(c.bearer, challenges[_i].bearer);
	ck_assert_int_eq(c.basic, challenges[_i].basic);
	ck_assert_pstr_eq(c.realm, challenges[_i].realm);
	ck_assert_pstr_eq(c.service, challenges[_i].service);
	ck_assert_pstr_eq(c.scope, challenges[_i].scope);
	ek_challenge_done(&c);
}
END_TEST

START_TEST(escapes)
{
	EK_FREE char *s = ek_url_escape("repository:a/b:pull,push Z~-._\xc3\xa4");

	ck_assert_str_eq(s, "repository%3Aa%2Fb%3Apull%2Cpush%20Z~-._%C3%A4");
}
END_TEST

/* ---- registries.yaml ---- */

static const struct {
	const char *config, *image, *urls; /* base/repo, in order; "m:" marks a mirror */
} endpoints[] = {
	{ "{}", "busybox", "https://registry-1.docker.io/v2/library/busybox" },
	{ "{}", "reg.example.com/a", "https://reg.example.com/v2/a" },
	{ "{}", "localhost:5000/a", "http://localhost:5000/v2/a https://localhost:5000/v2/a" },
	{ "{}", "127.0.0.1:5000/a", "http://127.0.0.1:5000/v2/a https://127.0.0.1:5000/v2/a" },
	{ "{'mirrors':{'docker.io':{'endpoint':['https://m.example.com','http://n:5000/']}}}", "busybox",
	  "m:https://m.example.com/v2/library/busybox m:http://n:5000/v2/library/busybox "
	  "https://registry-1.docker.io/v2/library/busybox" },
	{ "{'mirrors':{'*':{'endpoint':['m.example.com']}}}", "reg.x/a",
	  "m:https://m.example.com/v2/a https://reg.x/v2/a" },
	{ "{'mirrors':{'*':{'endpoint':['m.example.com']},'reg.x':{}}}", "reg.x/a", "https://reg.x/v2/a" },
	{ "{'mirrors':{'reg.x':{'endpoint':['https://m/v2/project']}}}", "reg.x/a",
	  "m:https://m/v2/project/a https://reg.x/v2/a" },
	{ "{'mirrors':{'reg.x':{'endpoint':['https://m/project']}}}", "reg.x/a",
	  "m:https://m/project/v2/a https://reg.x/v2/a" },
	{ "{'mirrors':{'reg.x:5000':{'endpoint':['http://reg.x:5000']}}}", "reg.x:5000/a",
	  "http://reg.x:5000/v2/a https://reg.x:5000/v2/a" },
	{ "{'mirrors':{'docker.io':{'endpoint':['https://m'],'rewrite':{'^library/(.*)':'mirror/$1'}}}}", "busybox",
	  "m:https://m/v2/mirror/busybox https://registry-1.docker.io/v2/library/busybox" },
	{ "{'mirrors':{'docker.io':{'endpoint':['https://m'],'rewrite':{'(\\\\w+)/(\\\\w+)$':'${2}/$1-x'}}}}", "a/b",
	  "m:https://m/v2/b/a-x https://registry-1.docker.io/v2/a/b" },
	{ "{'mirrors':{'docker.io':{'endpoint':['https://m'],'rewrite':{'.*':'../../etc'}}}}", "a/b",
	  "m:https://m/v2/a/b https://registry-1.docker.io/v2/a/b" },
	{ "{'mirrors':{'docker.io':{'endpoint':['https://m'],'rewrite':{'nothing':'x'}}}}", "a/b",
	  "m:https://m/v2/a/b https://registry-1.docker.io/v2/a/b" },
};

START_TEST(chooses_endpoints)
{
	EK_JSON struct ek_json *v = parse(endpoints[_i].config);
	EK_BUF struct ek_buf urls = EK_BUF_INIT(4000);
	struct ek_endpoint list[EK_ENDPOINTS_MAX];
	struct ek_registries *r = NULL;
	struct ek_image_ref ref;
	struct ek_err err = { 0 };
	size_t n;

	ck_assert_msg(ek_registries_parse(v, &r, &err) == 0, "%s", err.msg);
	ck_assert_int_eq(ek_image_ref_parse(endpoints[_i].image, &ref, NULL), 0);
	n = ek_registries_endpoints(r, &ref, list);
	for (size_t i = 0; i < n; i++) {
		(void)ek_buf_fmt(&urls, "%s%s%s/%s", i ? " " : "", list[i].is_mirror ? "m:" : "",
				 list[i].base, list[i].repo);
		ek_endpoint_done(&list[i]);
	}
	ck_assert_str_eq(urls.data, endpoints[_i].urls);
	ek_registries_free(r);
}
END_TEST

START_TEST(configs_belong_to_hosts)
{
	EK_JSON struct ek_json *v = parse(
		"{'mirrors':{'docker.io':{'endpoint':['https://m:5000']}},'configs':{"
		"'m:5000':{'auth':{'username':'mu','password':'mp'},'tls':{'insecure_skip_verify':true}},"
		"'docker.io':{'auth':{'auth':'dXNlcjpwYXNz'}}}}");
	struct ek_endpoint list[EK_ENDPOINTS_MAX];
	struct ek_registries *r = NULL;
	struct ek_image_ref ref;

	ck_assert_int_eq(ek_registries_parse(v, &r, NULL), 0);
	ck_assert_int_eq(ek_image_ref_parse("busybox", &ref, NULL), 0);
	ck_assert_uint_eq(ek_registries_endpoints(r, &ref, list), 2);
	ck_assert_str_eq(list[0].host->cred.username, "mu");
	ck_assert(list[0].host->insecure);
	ck_assert_str_eq(list[1].host->cred.password, "pass");
	ek_endpoint_done(&list[0]);
	ek_endpoint_done(&list[1]);
	ek_registries_free(r);
}
END_TEST

static const struct {
	const char *config, *message;
} bad_configs[] = {
	{ "[]", "not a map" },
	{ "{'mirrors':[]}", "mirrors: not a map" },
	{ "{'configs':'x'}", "configs: not a map" },
	{ "{'mirrors':{'a':'b'}}", "mirrors.a: not a map" },
	{ "{'mirrors':{'a':{'endpoint':'https://x'}}}", "mirrors.a.endpoint: not a list of at most 14 URLs" },
	{ "{'mirrors':{'a':{'endpoint':['https://x',7]}}}", "mirrors.a.endpoint[1]: not a string" },
	{ "{'mirrors':{'a':{'endpoint':['ftp://x']}}}", "mirrors.a.endpoint[0]: neither an http:// nor an https:// URL" },
	{ "{'mirrors':{'a':{'endpoint':['https://']}}}", "mirrors.a.endpoint[0]: not a URL of a registry: https://" },
	{ "{'mirrors':{'a':{'endpoint':['https://u:p@x']}}}", "mirrors.a.endpoint[0]: not a URL of a registry: https://u:p@x" },
	{ "{'mirrors':{'a':{'rewrite':{'(':'x'}}}}", "mirrors.a.rewrite: not a regular expression: (" },
	{ "{'mirrors':{'a':{'rewrite':{'x':7}}}}", "mirrors.a.rewrite: \"x\" has no replacement" },
	{ "{'configs':{'a':7}}", "configs.a: not a map" },
	{ "{'configs':{'a':{'tls':7}}}", "configs.a.tls: not a map" },
	{ "{'configs':{'a':{'tls':{'ca_file':7}}}}", "configs.a.tls.ca_file: not a string" },
	{ "{'configs':{'a':{'auth':7}}}", "configs.a.auth: not an object" },
	{ "{'configs':{'a':{'auth':{'auth':'%%'}}}}", "configs.a.auth: auth is not base64" },
	{ "{'configs':{'a':{'auth':{'username':7}}}}", "configs.a.auth: username is not a string, or too long" },
};

START_TEST(refuses_configs)
{
	EK_JSON struct ek_json *v = parse(bad_configs[_i].config);
	struct ek_registries *r = NULL;
	struct ek_err err = { 0 };

	ck_assert_int_lt(ek_registries_parse(v, &r, &err), 0);
	ck_assert_str_eq(err.msg, bad_configs[_i].message);
	ck_assert_ptr_null(r);
}
END_TEST

START_TEST(loads_files)
{
	EK_JSON struct ek_json *v = parse("{'configs':{'a':{'tls':{'ca_file':'/proc/self/status'}},"
					  "'b':{'tls':{'cert_file':'/nonexistent/x.pem'}}}}");
	struct ek_registries *r = NULL;
	struct ek_err err = { 0 };

	ck_assert_int_eq(ek_registries_parse(v, &r, &err), 0);
	ck_assert_int_lt(ek_registries_load(r, &err), 0);
	ck_assert_ptr_nonnull(r->hosts.items[0].ca_pem);
	ck_assert(ek_str_starts(err.msg, "configs.b.tls.cert_file: "));
	ek_registries_free(r);
	ek_registries_free(NULL);
}
END_TEST

EK_TESTS("node/image auth", EK_ROWS(finds_credentials, lookups), several_secrets_count_together,
	 EK_ROWS(reads_challenges, challenges), escapes, EK_ROWS(chooses_endpoints, endpoints),
	 configs_belong_to_hosts, EK_ROWS(refuses_configs, bad_configs), loads_files)
