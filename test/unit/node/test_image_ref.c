/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include <ekube/str.h>

#include "ek_test.h"
#include "image/ref.h"

#define D64 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define C50 "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeee"

static const struct {
	const char *in, *domain, *path, *tag, *digest, *whole;
} good[] = {
	{ "busybox", "docker.io", "library/busybox", "latest", "", "docker.io/library/busybox:latest" },
	{ "busybox:1.36", "docker.io", "library/busybox", "1.36", "", "docker.io/library/busybox:1.36" },
	{ "a/b", "docker.io", "a/b", "latest", "", "docker.io/a/b:latest" },
	{ "docker.io/busybox", "docker.io", "library/busybox", "latest", "", NULL },
	{ "index.docker.io/busybox", "docker.io", "library/busybox", "latest", "", NULL },
	{ "docker.io/library/busybox:x", "docker.io", "library/busybox", "x", "", NULL },
	{ "localhost/x", "localhost", "x", "latest", "", "localhost/x:latest" },
	{ "localhost:5000/x", "localhost:5000", "x", "latest", "", "localhost:5000/x:latest" },
	{ "host:5000/a/b/c:v1", "host:5000", "a/b/c", "v1", "", "host:5000/a/b/c:v1" },
	{ "reg.k8s.example/pause:3.9", "reg.k8s.example", "pause", "3.9", "", NULL },
	{ "[::1]:5000/x:t", "[::1]:5000", "x", "t", "", NULL },
	{ "[fe80::1]/x", "[fe80::1]", "x", "latest", "", NULL },
	{ "127.0.0.1:5000/x", "127.0.0.1:5000", "x", "latest", "", NULL },
	{ "FOO/bar", "FOO", "bar", "latest", "", NULL }, /* upper case: it must be a host */
	{ "a.b/c__d--e.f_g", "a.b", "c__d--e.f_g", "latest", "", NULL },
	{ "x@sha256:" D64, "docker.io", "library/x", "", "sha256:" D64, "docker.io/library/x@sha256:" D64 },
	{ "x:t@sha256:" D64, "docker.io", "library/x", "t", "sha256:" D64, "docker.io/library/x@sha256:" D64 },
	{ "x:_A.b-9", "docker.io", "library/x", "_A.b-9", "", NULL },
	{ "busybox:5000/foo", "busybox:5000", "foo", "latest", "", NULL },
};

START_TEST(parses)
{
	struct ek_image_ref r;
	char whole[EK_IMAGE_REF_SIZE];
	struct ek_err err = { 0 };

	ck_assert_msg(ek_image_ref_parse(good[_i].in, &r, &err) == 0, "%s", err.msg);
	ck_assert_str_eq(r.domain, good[_i].domain);
	ck_assert_str_eq(r.path, good[_i].path);
	ck_assert_str_eq(r.tag, good[_i].tag);
	ck_assert_str_eq(r.digest, good[_i].digest);
	ek_image_ref_format(&r, whole);
	if (good[_i].whole)
		ck_assert_str_eq(whole, good[_i].whole);
	/* the long form means the same */
	ck_assert_int_eq(ek_image_ref_parse(whole, &r, &err), 0);
	ck_assert_str_eq(r.path, good[_i].path);
	ek_image_ref_name(&r, whole);
	ck_assert(ek_str_starts(whole, good[_i].domain) && ek_str_ends(whole, good[_i].path));
}
END_TEST

static const struct {
	const char *in, *message;
} bad[] = {
	{ "", "invalid reference format" },
	{ " ", "invalid reference format" },
	{ ":x", "invalid reference format" },
	{ "x:", "invalid reference format" },
	{ "x:a b", "invalid reference format" },
	{ "x:-a", "invalid reference format" },
	{ "x:.a", "invalid reference format" },
	{ "x:a/b", "invalid reference format" },
	{ "x:" C50 C50 "12345678901234567890123456789", "invalid reference format" }, /* 129 */
	{ "Busybox", "invalid reference format: repository name (library/Busybox) must be lowercase" },
	{ "a/B", "invalid reference format: repository name (a/B) must be lowercase" },
	{ "host.x/a/B:t", "invalid reference format: repository name (a/B) must be lowercase" },
	{ "a//b", "invalid reference format" },
	{ "/a", "invalid reference format" },
	{ "a/", "invalid reference format" },
	{ "a/../b", "invalid reference format" },
	{ "a_/b", "invalid reference format" },
	{ "a___b", "invalid reference format" },
	{ "a..b", "invalid reference format" },
	{ "-a.b/c", "invalid reference format" },
	{ "a.b:x/c", "invalid reference format" },
	{ "a.b:/c", "invalid reference format" },
	{ "[::1/c:5/d", "invalid reference format" },
	{ "[::g]:5/d", "invalid reference format" },
	{ "a.b/", "invalid reference format" },
	{ "http://a.b/c", "invalid reference format" },
	{ "x@", "invalid reference format" },
	{ "x@sha256", "invalid reference format" },
	{ "x@sha256:abc", "invalid reference format" },
	{ "x@sha256:0123456789abcdef0123456789abcdef", "invalid checksum digest length" },
	{ "x@sha512:" D64 D64, "unsupported digest algorithm" },
	{ "x@sha256:0123456789ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef",
	  "invalid checksum digest format" },
	{ D64, "invalid repository name (" D64 "), cannot specify 64-byte hexadecimal strings" },
	{ C50 C50 C50 C50 C50, "repository name must not be longer than 255 characters" },
	{ "x\n", "invalid reference format" },
	{ "\xff\xfe", "invalid reference format" },
	{ "x:t@sha256:" D64 "@sha256:" D64, "invalid reference format" },
};

START_TEST(refuses)
{
	struct ek_image_ref r;
	struct ek_err err = { 0 };

	ck_assert_int_eq(ek_image_ref_parse(bad[_i].in, &r, &err), EK_EINVALID);
	ck_assert_str_eq(err.msg, bad[_i].message);
}
END_TEST

START_TEST(takes_all_lengths)
{
	static char s[8192];
	struct ek_image_ref r;

	for (size_t n = 0; n < sizeof(s) - 1; n += n < 600 ? 1 : 500) {
		memset(s, 'a', n);
		s[n] = '\0';
		(void)ek_image_ref_parse(s, &r, NULL);
		if (n > 4)
			memcpy(s, "a.b/", 4);
		(void)ek_image_ref_parse(s, &r, NULL);
		if (n > 8)
			s[n - 3] = ':';
		(void)ek_image_ref_parse(s, &r, NULL);
	}
	ck_assert_int_lt(ek_image_ref_parse(NULL, &r, NULL), 0);
}
END_TEST

EK_TESTS("node/image ref", EK_ROWS(parses, good), EK_ROWS(refuses, bad), takes_all_lengths)
