/* SPDX-License-Identifier: Apache-2.0 */
#include <ekube/str.h>

#include <ek_test.h>

static const struct {
	const char *s;
	const char *same; /* as it is written back; NULL: not an address */
} ips[] = {
	{ "0.0.0.0", "0.0.0.0" },
	{ "10.9.8.7", "10.9.8.7" },
	{ "255.255.255.255", "255.255.255.255" },
	{ "010.009.08.007", "10.9.8.7" }, /* decimal, as Kubernetes has always read it */
	{ "::", "::" },
	{ "::1", "::1" },
	{ "1::", "1::" },
	{ "2001:db8::ffff", "2001:db8::ffff" },
	{ "2001:DB8:0:0:1:0:0:1", "2001:db8::1:0:0:1" },
	{ "2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1" },
	{ "1:0:0:2:0:0:0:3", "1:0:0:2::3" },
	{ "0:0:0:0:0:0:0:1", "::1" },
	{ "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8" },
	{ "1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0" },
	{ "::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8" },
	{ "fe80::0001", "fe80::1" },
	{ "64:ff9b::1.2.3.4", "64:ff9b::102:304" },
	{ "1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:102:304" },
	{ "::ffff:1.2.3.4", "1.2.3.4" },
	{ "::ffff:102:304", "1.2.3.4" },
	{ "::fffe:1.2.3.4", "::fffe:102:304" },
	{ NULL, NULL }, { "", NULL }, { "1", NULL }, { "1.2.3", NULL }, { "1.2.3.", NULL },
	{ "1.2.3.4.", NULL }, { "1.2.3.4.5", NULL }, { ".1.2.3", NULL }, { "1..2.3", NULL },
	{ "256.1.1.1", NULL }, { "1.2.3.4 ", NULL }, { " 1.2.3.4", NULL }, { "1.2.3.a", NULL },
	{ "0x1.2.3.4", NULL }, { "-1.2.3.4", NULL }, { "1.2.3.99999999999999999999", NULL },
	{ ":", NULL }, { ":::", NULL }, { "1:", NULL }, { ":1", NULL }, { "1::2::3", NULL },
	{ "12345::", NULL }, { "g::", NULL }, { "1:2:3:4:5:6:7", NULL },
	{ "1:2:3:4:5:6:7:8:9", NULL }, { "1:2:3:4:5:6:7:8::", NULL }, { "::1:2:3:4:5:6:7:8", NULL },
	{ "1:2:3:4:5:6:7:8:", NULL }, { "fe80::1%eth0", NULL }, { "::1.2.3", NULL },
	{ "1.2.3.4::", NULL }, { "::1.2.3.4:5", NULL }, { "1:2:3:4:5:6:7:1.2.3.4", NULL },
	{ "1:1.2.3.4", NULL }, { "[::1]", NULL }, { "::ffff:1.2.3.256", NULL },
};

START_TEST(reads_and_writes)
{
	for (size_t i = 0; i < EK_ARRAY_LEN(ips); i++) {
		struct ek_ip ip = { .n = 99 };
		char out[46] = "";
		int rc = ek_ip_parse(ips[i].s, &ip);

		ck_assert_msg((rc == 0) == !!ips[i].same, "%s: %d", ips[i].s, rc);
		if (rc < 0) {
			ck_assert_int_eq(ip.n, 99);
			continue;
		}
		ek_ip_format(&ip, out);
		ck_assert_str_eq(out, ips[i].same);
	}
}
END_TEST

START_TEST(longest_form_fits)
{
	struct ek_ip ip = { .n = 16 };
	char out[46];

	memset(ip.b, 0xff, 16);
	ek_ip_format(&ip, out);
	ck_assert_str_eq(out, "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
}
END_TEST

START_TEST(equality_knows_the_family)
{
	struct ek_ip a, b, zero4, zero6;

	ck_assert_int_eq(ek_ip_parse("1.2.3.4", &a) | ek_ip_parse("::ffff:1.2.3.4", &b), 0);
	ck_assert_int_eq(ek_ip_parse("0.0.0.0", &zero4) | ek_ip_parse("::", &zero6), 0);
	ck_assert(ek_ip_equal(&a, &b));
	ck_assert(!ek_ip_equal(&a, &zero4));
	ck_assert(!ek_ip_equal(&zero4, &zero6));
}
END_TEST

static const struct {
	const char *s;
	const char *net; /* NULL: not a block */
	unsigned bits;
} cidrs[] = {
	{ "10.9.8.0/24", "10.9.8.0", 24 },
	{ "10.9.8.7/24", "10.9.8.0", 24 },
	{ "10.255.8.7/9", "10.128.0.0", 9 },
	{ "10.9.8.7/32", "10.9.8.7", 32 },
	{ "10.9.8.7/0", "0.0.0.0", 0 },
	{ "2001:db8::1/64", "2001:db8::", 64 },
	{ "2001:db8::1/128", "2001:db8::1", 128 },
	{ "2001:db8::1/0", "::", 0 },
	{ "::ffff:10.9.8.7/120", "10.9.8.0", 24 },
	{ "::ffff:10.9.8.7/80", "::", 80 },
	{ "10.0.0.0/008", "10.0.0.0", 8 },
	{ NULL, NULL, 0 }, { "", NULL, 0 }, { "10.0.0.0", NULL, 0 }, { "10.0.0.0/", NULL, 0 },
	{ "/8", NULL, 0 }, { "10.0.0.0/33", NULL, 0 }, { "::/129", NULL, 0 },
	{ "10.0.0.0/-1", NULL, 0 }, { "10.0.0.0/+8", NULL, 0 }, { "10.0.0.0/8 ", NULL, 0 },
	{ "10.0.0.0/8/8", NULL, 0 }, { "10.0.0/8", NULL, 0 }, { "a/8", NULL, 0 },
	{ "10.0.0.0/99999999999", NULL, 0 },
};

START_TEST(blocks)
{
	for (size_t i = 0; i < EK_ARRAY_LEN(cidrs); i++) {
		struct ek_cidr c;
		struct ek_err err;
		char out[46];
		int rc = ek_cidr_parse(cidrs[i].s, &c, &err);

		ck_assert_msg((rc == 0) == !!cidrs[i].net, "%s: %d", cidrs[i].s, rc);
		if (rc < 0) {
			ck_assert_int_eq(rc, EK_EINVALID);
			ck_assert_str_eq(err.msg, EK_F("invalid CIDR address: %s",
						       cidrs[i].s ? cidrs[i].s : ""));
			continue;
		}
		ek_ip_format(&c.ip, out);
		ck_assert_str_eq(out, cidrs[i].net);
		ck_assert_uint_eq(c.bits, cidrs[i].bits);
	}
}
END_TEST

static const struct {
	const char *cidr, *ip;
	bool has;
} members[] = {
	{ "10.42.0.0/16", "10.42.255.255", true },
	{ "10.42.0.0/16", "10.43.0.0", false },
	{ "10.42.0.128/25", "10.42.0.127", false },
	{ "10.42.0.128/25", "10.42.0.129", true },
	{ "0.0.0.0/0", "1.2.3.4", true },
	{ "0.0.0.0/0", "::1", false },
	{ "::/0", "1.2.3.4", false },
	{ "10.0.0.0/8", "::ffff:10.1.1.1", true },
	{ "fd00::/63", "fd00:0:0:1::1", true },
	{ "fd00::/63", "fd00:0:0:2::1", false },
	{ "1.2.3.4/32", "1.2.3.4", true },
	{ "1.2.3.4/32", "1.2.3.5", false },
};

START_TEST(membership)
{
	for (size_t i = 0; i < EK_ARRAY_LEN(members); i++) {
		struct ek_cidr c;
		struct ek_ip ip;

		ck_assert_int_eq(ek_cidr_parse(members[i].cidr, &c, NULL), 0);
		ck_assert_int_eq(ek_ip_parse(members[i].ip, &ip), 0);
		ck_assert_msg(ek_cidr_has(&c, &ip) == members[i].has, "row %zu", i);
	}
}
END_TEST

static const struct {
	const char *cidr;
	uint32_t n;
	const char *ip; /* NULL: past the end */
} nths[] = {
	{ "10.42.3.0/24", 0, "10.42.3.0" },
	{ "10.42.3.0/24", 1, "10.42.3.1" },
	{ "10.42.3.0/24", 255, "10.42.3.255" },
	{ "10.42.3.0/24", 256, NULL },
	{ "10.42.0.0/16", 256, "10.42.1.0" },
	{ "10.42.3.1/32", 0, "10.42.3.1" },
	{ "10.42.3.1/32", 1, NULL },
	{ "0.0.0.0/0", UINT32_MAX, "255.255.255.255" },
	{ "0.0.0.0/1", UINT32_MAX, NULL },
	{ "fd00::ff00/120", 255, "fd00::ffff" },
	{ "fd00::ff00/120", 256, NULL },
	{ "fd00::/64", UINT32_MAX, "fd00::ffff:ffff" },
	{ "::/0", 65536, "::1:0" },
};

START_TEST(nth_address)
{
	for (size_t i = 0; i < EK_ARRAY_LEN(nths); i++) {
		struct ek_cidr c;
		struct ek_ip ip;
		char out[46];
		int rc;

		ck_assert_int_eq(ek_cidr_parse(nths[i].cidr, &c, NULL), 0);
		rc = ek_cidr_nth(&c, nths[i].n, &ip);
		ck_assert_int_eq(rc, nths[i].ip ? 0 : EK_EINVALID);
		if (rc < 0)
			continue;
		ek_ip_format(&ip, out);
		ck_assert_str_eq(out, nths[i].ip);
	}
}
END_TEST

EK_TESTS("base/ip", reads_and_writes, longest_form_fits, equality_knows_the_family, blocks,
	 membership, nth_address)
