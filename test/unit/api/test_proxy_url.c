/* SPDX-License-Identifier: Apache-2.0 */
#include "proxy/proxy_url.h"

#include <ek_test.h>
#include <ekube/buf.h>

/* "scheme|name|port"; NULL: refused. */
static const struct {
	const char *id, *expect;
} names[] = {
	{ "web", "|web|" },
	{ "web:80", "|web|80" },
	{ "web:http", "|web|http" },
	{ "web:", "|web|" },
	{ "http:web:80", "http|web|80" },
	{ "https:web:", "https|web|" },
	{ ":web:80", "|web|80" },
	{ "", NULL },
	{ ":80", NULL },
	{ "http::80", NULL },
	{ "ftp:web:80", NULL },
	{ "HTTP:web:80", NULL },
	{ "a:b:c:d", NULL },
	{ "https:web:80:", NULL },
};

START_TEST(splits_names)
{
	EK_FREE char *have = NULL;
	struct proxy_name n;

	if (!names[_i].expect) {
		ck_assert_int_eq(proxy_name_parse(names[_i].id, &n), EK_EINVALID);
		return;
	}
	ck_assert_int_eq(proxy_name_parse(names[_i].id, &n), 0);
	have = ek_str_fmt("%s|%s|%s", n.scheme, n.name, n.port);
	ck_assert_str_eq(have, names[_i].expect);
	proxy_name_done(&n);
}
END_TEST

static const struct {
	const char *ip;
	bool        may;
} addresses[] = {
	{ "10.42.0.7", true },	     { "192.168.1.1", true },	{ "8.8.8.8", true },
	{ "fd00::1", true },	     { "2001:db8::1", true },	{ "::ffff:10.0.0.1", true },
	{ "", false },		     { NULL, false },		{ "localhost", false },
	{ "10.42.0.7:80", false },   { "127.0.0.1", false },	{ "127.255.0.9", false },
	{ "0.0.0.0", false },	     { "0.1.2.3", false },	{ "169.254.169.254", false },
	{ "224.0.0.1", false },	     { "255.255.255.255", false }, { "::", false },
	{ "::1", false },	     { "fe80::1", false },	{ "ff02::1", false },
	{ "::ffff:127.0.0.1", false },
};

START_TEST(knows_where_it_may_go)
{
	ck_assert_int_eq(proxy_may_reach(addresses[_i].ip), addresses[_i].may);
}
END_TEST

static const struct {
	const char *rest, *path, *escaped;
} paths[] = {
	{ NULL, "", "" },
	{ "", "/", "/" },
	{ "/", "/", "/" },
	{ "a", "/a", "/a" },
	{ "a/b/", "/a/b/", "/a/b/" },
	{ "a//b", "/a/b", "/a/b" },
	{ "a/./b/.", "/a/b", "/a/b" },
	{ "../../etc", "/etc", "/etc" },
	{ "a/../../b/", "/b/", "/b/" },
	{ "a/..", "/", "/" },
	{ "..", "/", "/" },
	{ "...", "/...", "/..." },
	{ "a b?c#d%", "/a b?c#d%", "/a%20b%3Fc%23d%25" },
	{ "$&+,:;=@-_.~!'()*", "/$&+,:;=@-_.~!'()*", "/$&+,:;=@-_.~%21%27%28%29%2A" },
	{ "\xc3\xa4\n", "/\xc3\xa4\n", "/%C3%A4%0A" },
};

START_TEST(makes_the_backends_path)
{
	EK_FREE char *path = proxy_backend_path(paths[_i].rest);
	EK_FREE char *escaped = proxy_escape(path);

	ck_assert_str_eq(path, paths[_i].path);
	ck_assert_str_eq(escaped, paths[_i].escaped);
}
END_TEST

#define P "/api/v1/namespaces/d/pods/p/proxy"

static const struct {
	const char *request, *backend, *prefix, *uri;
} prefixes[] = {
	{ P "/", "/", P, P "/" },
	{ P, "", P, P },
	{ P "/a/b", "/a/b", P, P "/a/b" },
	{ P "/a/b/", "/a/b/", P, P "/a/b/" },
	{ P "/a//b", "/a/b", P "/a//b", P "/a/b/a/b" }, /* as upstream: it looks for the clean path */
};

START_TEST(tells_what_was_asked)
{
	EK_FREE char *prefix = proxy_prefix(prefixes[_i].request, prefixes[_i].backend);
	EK_FREE char *uri = proxy_forwarded_uri(prefix, prefixes[_i].backend);

	ck_assert_str_eq(prefix, prefixes[_i].prefix);
	ck_assert_str_eq(uri, prefixes[_i].uri);
}
END_TEST

static const struct {
	const char *target, *expect;
} locations[] = {
	{ "/login", P "/login" },
	{ "/", P "/" },
	{ "/a/?x=1#y", P "/a/?x=1#y" },
	{ "/a/../b", P "/b" },
	{ "/a%20b%2Fc", P "/a%20b/c" },
	{ "http://10.0.0.1:80/login", P "/login" },
	{ "//10.0.0.1:80/login", P "/login" },
	{ "http://api:6443/login", "http://api:6443" P "/login" },
	{ "http://api:6443" P "/x", "http://api:6443" P "/x" },
	{ "http://10.0.0.1:80" P "/x", P "/x" },
	{ P "/x?y", P "/x?y" },
	{ "login", "login" },
	{ "../login", "../login" },
	{ "?x", "?x" },
	{ "", "" },
	{ "http://10.0.0.1:80", "http://10.0.0.1:80" },
	{ "http://other/login", "http://other/login" },
	{ "http://10.0.0.1:8080/login", "http://10.0.0.1:8080/login" },
	{ "http://u@10.0.0.1:80/login", "http://u@10.0.0.1:80/login" },
	{ "mailto:x", "mailto:x" },
	{ "/%zz", "/%zz" },
};

START_TEST(rewrites_locations)
{
	EK_FREE char *have = proxy_location(locations[_i].target, P, "10.0.0.1:80", "api:6443");

	ck_assert_str_eq(have, locations[_i].expect);
}
END_TEST

EK_TESTS("api/proxy_url", EK_ROWS(splits_names, names), EK_ROWS(knows_where_it_may_go, addresses),
	 EK_ROWS(makes_the_backends_path, paths), EK_ROWS(tells_what_was_asked, prefixes),
	 EK_ROWS(rewrites_locations, locations))
