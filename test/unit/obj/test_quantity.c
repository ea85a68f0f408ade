/* SPDX-License-Identifier: Apache-2.0 */
#include "obj_test.h"

#include <ekube/meta.h>

/* Rows were checked against k8s.io/apimachinery/pkg/api/resource. */
static const struct {
	const char *in, *canonical, *kept; /* kept: NULL when the same */
	int64_t     value, milli;
} good[] = {
	{ "0", "0", NULL, 0, 0 },
	{ "1", "1", NULL, 1, 1000 },
	{ "-1", "-1", NULL, -1, -1000 },
	{ "+5", "5", "+5", 5, 5000 },
	{ "005", "5", "005", 5, 5000 },
	{ "100m", "100m", NULL, 1, 100 },
	{ "0.1", "100m", NULL, 1, 100 },
	{ "1.500", "1500m", "1.500", 2, 1500 },
	{ "1.5", "1500m", NULL, 2, 1500 },
	{ "1000m", "1", NULL, 1, 1000 },
	{ "2000000", "2M", NULL, 2000000, 2000000000 },
	{ "1k", "1k", NULL, 1000, 1000000 },
	{ "1500k", "1500k", NULL, 1500000, 1500000000 },
	{ "10000k", "10M", NULL, 10000000, 10000000000 },
	{ "1E", "1E", NULL, 1000000000000000000, INT64_MAX },
	{ "1Ki", "1Ki", NULL, 1024, 1024000 },
	{ "1023", "1023", NULL, 1023, 1023000 },
	{ "1024Ki", "1Mi", NULL, 1048576, 1048576000 },
	{ "1.5Gi", "1536Mi", NULL, 1610612736, 1610612736000 },
	{ "0.1Gi", "107374182400m", NULL, 107374183, 107374182400 },
	{ "0.5Ki", "512", NULL, 512, 512000 },
	{ "0.0001Ki", "102400u", NULL, 1, 103 },
	{ "-0.5Ki", "-512", NULL, -512, -512000 },
	{ "-1Ki", "-1Ki", NULL, -1024, -1024000 },
	{ "8Ei", "9223372036854775807", NULL, INT64_MAX, INT64_MAX },
	{ "100Ei", "9223372036854775807", NULL, INT64_MAX, INT64_MAX },
	{ "-100Ei", "-9223372036854775807", NULL, -INT64_MAX, -INT64_MAX },
	{ "1e3", "1e3", NULL, 1000, 1000000 },
	{ "1E3", "1e3", "1E3", 1000, 1000000 },
	{ "12e6", "12e6", NULL, 12000000, 12000000000 },
	{ "1e2", "100", NULL, 100, 100000 },
	{ "1e-3", "1e-3", NULL, 1, 1 },
	{ "15e-1", "1500e-3", NULL, 2, 1500 },
	{ "1n", "1n", NULL, 1, 1 },
	{ "0.1n", "1n", NULL, 1, 1 },
	{ "1.00000000001", "1000000001n", NULL, 2, 1001 },
	{ "1e-100", "1e-9", NULL, 1, 1 },
	{ "0.00000000000000000000000000001", "1n", NULL, 1, 1 },
	{ "123456789012345678", "123456789012345678", NULL, 123456789012345678, INT64_MAX },
	{ "9223372036854775807", "9223372036854775807", NULL, INT64_MAX, INT64_MAX },
	{ "1e40", "10e39", NULL, INT64_MAX, INT64_MAX },
	{ "+", "0", NULL, 0, 0 },
	{ ".", "0", NULL, 0, 0 },
	{ "Ki", "0", NULL, 0, 0 },
	{ "1.", "1", "1.", 1, 1000 },
	{ ".5", "500m", NULL, 1, 500 },
	{ "0.0", "0", NULL, 0, 0 },
	{ "-0", "0", NULL, 0, 0 },
};

START_TEST(reads)
{
	struct ek_quantity q;
	struct ek_err err = { 0 };
	char canonical[40], kept[40];
	int rc = ek_quantity_parse(good[_i].in, &q, &err);

	ck_assert_msg(rc == 0, "%s", err.msg);
	ek_quantity_format(&q, canonical);
	ck_assert_str_eq(canonical, good[_i].canonical);
	ck_assert_int_eq(ek_quantity_canonical(good[_i].in, kept, NULL), 0);
	ck_assert_str_eq(kept, good[_i].kept ? good[_i].kept : good[_i].canonical);
	ck_assert_int_eq(ek_quantity_value(&q), good[_i].value);
	ck_assert_int_eq(ek_quantity_milli(&q), good[_i].milli);
}
END_TEST

/* What Kubernetes keeps in more than 63 bits is rounded up here. */
START_TEST(large_numbers_round_up)
{
	char out[40];

	ck_assert_int_eq(ek_quantity_canonical("123456789012345678901", out, NULL), 0);
	ck_assert_str_eq(out, "123456789012345679k");
	ck_assert_int_eq(ek_quantity_canonical("9223372036854775807.5", out, NULL), 0);
	ck_assert_str_eq(out, "9223372036854775810");
	ck_assert_int_eq(ek_quantity_canonical("999999999999999999999999999999E", out, NULL), 0);
	ck_assert_str_eq(out, "1000000000000000000000000000000E");
}
END_TEST

static const char long_zeros[] = "00000000000000000000000000000000000000000000000000000000000005";

START_TEST(kept_text_has_a_limit)
{
	char out[40];

	ck_assert_int_eq(ek_quantity_canonical(long_zeros, out, NULL), 0);
	ck_assert_str_eq(out, "5");
}
END_TEST

#define WRONG_FORMAT "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
#define WRONG_NUMBER "unable to parse numeric part of quantity"
#define WRONG_SUFFIX "unable to parse quantity's suffix"

static const struct {
	const char *in, *msg;
} bad[] = {
	{ "", WRONG_FORMAT },
	{ " 1", WRONG_FORMAT },
	{ "1 ", WRONG_FORMAT },
	{ "a", WRONG_FORMAT },
	{ "1.2.3", WRONG_FORMAT },
	{ "1Kib", WRONG_FORMAT },
	{ "--1", WRONG_SUFFIX },
	{ "1e", WRONG_SUFFIX },
	{ "1K", WRONG_SUFFIX },
	{ "1mi", WRONG_SUFFIX },
	{ "1e3e3", WRONG_FORMAT },
	{ "1e1.5", WRONG_FORMAT },
	{ "1eKi", WRONG_SUFFIX },
	{ "1Ki3", WRONG_SUFFIX },
	{ "Ei", WRONG_NUMBER },
	{ "e-12", WRONG_NUMBER },
	{ "1e99", WRONG_NUMBER },
	{ "1e99999999999", WRONG_SUFFIX },
};

START_TEST(refuses)
{
	struct ek_quantity q;
	struct ek_err err = { 0 };
	char out[40];

	ck_assert_int_eq(ek_quantity_parse(bad[_i].in, &q, &err), EK_EINVALID);
	ck_assert_str_eq(err.msg, bad[_i].msg);
	ck_assert_int_eq(ek_quantity_canonical(bad[_i].in, out, NULL), EK_EINVALID);
}
END_TEST

START_TEST(bounds_length)
{
	char text[300];
	struct ek_quantity q;

	memset(text, '1', sizeof text);
	for (size_t n = 1; n < sizeof text - 1; n++) {
		text[n] = '\0';
		ck_assert_int_eq(ek_quantity_parse(text, &q, NULL), n <= 49 ? 0 : EK_EINVALID);
		text[n] = '1';
	}
	ck_assert_int_eq(ek_quantity_parse(NULL, &q, NULL), EK_EINVALID);
}
END_TEST

static const struct {
	const char *a, *b, *sum, *difference;
	int         cmp;
} pairs[] = {
	{ "1", "2", "3", "-1", -1 },
	{ "1", "1", "2", "0", 0 },
	{ "1", "1000m", "2", "0", 0 },
	{ "100m", "1", "1100m", "-900m", -1 },
	{ "1Gi", "1G", "2073741824", "73741824", 1 },
	{ "1Gi", "1Mi", "1025Mi", "1023Mi", 1 },
	{ "1G", "1Gi", "2073741824", "-73741824", -1 },
	{ "0", "1Gi", "1Gi", "-1Gi", -1 },
	{ "1Gi", "0", "1Gi", "1Gi", 1 },
	{ "-1", "1", "0", "-2", -1 },
	{ "1E", "1n", "1000000000000000001", "1E", 1 },
	{ "1E", "-1n", "1E", "1000000000000000001", 1 },
	{ "8Ei", "8Ei", "18446744073709551620", "0", 0 },
	{ "1e30", "1e-9", "1000000000000000001e12", "1e30", 1 },
	{ "-1e30", "1e-9", "-1e30", "-1000000000000000001e12", -1 },
	{ "1e3", "1k", "2e3", "0", 0 },
};

START_TEST(calculates)
{
	struct ek_quantity a, b, sum, difference;
	char out[40];

	ck_assert_int_eq(ek_quantity_parse(pairs[_i].a, &a, NULL), 0);
	ck_assert_int_eq(ek_quantity_parse(pairs[_i].b, &b, NULL), 0);
	sum = difference = a;
	ek_quantity_add(&sum, &b);
	ek_quantity_sub(&difference, &b);
	ek_quantity_format(&sum, out);
	ck_assert_str_eq(out, pairs[_i].sum);
	ek_quantity_format(&difference, out);
	ck_assert_str_eq(out, pairs[_i].difference);
	ck_assert_int_eq(ek_quantity_cmp(&a, &b), pairs[_i].cmp);
	ck_assert_int_eq(ek_quantity_cmp(&b, &a), -pairs[_i].cmp);
}
END_TEST

START_TEST(sums_saturate)
{
	struct ek_quantity a, b;
	char out[40];

	ck_assert_int_eq(ek_quantity_parse("9000000000000000000e30", &a, NULL), 0);
	b = a;
	ek_quantity_add(&a, &b);
	ek_quantity_format(&a, out);
	ck_assert_str_eq(out, "9223372036854775807e30");
	ek_quantity_sub(&a, &b);
	ek_quantity_sub(&a, &b);
	ek_quantity_sub(&a, &b);
	ek_quantity_format(&a, out);
	ck_assert_str_eq(out, "-9223372036854775807e30");
}
END_TEST

static const struct {
	const char *in;
	int64_t     value, milli;
	int         rc;
} values[] = {
	{ "'1500m'", 2, 1500, 0 },
	{ "' 2 '", 2, 2000, 0 },
	{ "3", 3, 3000, 0 },
	{ "0.25", 1, 250, 0 },
	{ "1e-7", 1, 1, 0 },
	{ "1e21", INT64_MAX, INT64_MAX, 0 },
	{ "null", 0, 0, 0 },
	{ "''", 0, 0, EK_EINVALID },
	{ "'x'", 0, 0, EK_EINVALID },
	{ "true", 0, 0, EK_EINVALID },
	{ "[]", 0, 0, EK_EINVALID },
	{ "'1\\u0000'", 1, 1000, 0 },
};

START_TEST(reads_json)
{
	EK_JSON struct ek_json *v = json(values[_i].in);
	struct ek_quantity q;

	ck_assert_int_eq(ek_quantity_from_json(v, &q, NULL), values[_i].rc);
	ck_assert_int_eq(ek_quantity_json_value(v), values[_i].value);
	ck_assert_int_eq(ek_quantity_json_milli(v), values[_i].milli);
}
END_TEST

START_TEST(absent_is_zero)
{
	struct ek_quantity q;

	ck_assert_int_eq(ek_quantity_json_value(NULL) + ek_quantity_json_milli(NULL), 0);
	ck_assert_int_eq(ek_quantity_from_json(NULL, &q, NULL), EK_EINVALID);
}
END_TEST

EK_TESTS("obj/quantity", EK_ROWS(reads, good), large_numbers_round_up, kept_text_has_a_limit,
	 EK_ROWS(refuses, bad), bounds_length, EK_ROWS(calculates, pairs), sums_saturate,
	 EK_ROWS(reads_json, values), absent_is_zero)
