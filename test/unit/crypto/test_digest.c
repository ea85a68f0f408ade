/* SPDX-License-Identifier: Apache-2.0 */
#include <ekube/crypto.h>

#include <ekube/str.h>
#include <ek_test.h>

/* FIPS 180-4 examples and the empty string. */
static const struct {
	const char *text;
	int times;
	const char *sum;
} rows[] = {
	{ "", 1, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
	{ "abc", 1, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
	{ "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 1,
	  "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1" },
	{ "a", 1000000, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0" },
};

START_TEST(sums)
{
	struct ek_sha256 h;
	uint8_t sum[32];
	char hex[65];

	ek_sha256_init(&h);
	for (int i = 0; i < rows[_i].times; i++)
		ek_sha256_add(&h, rows[_i].text, strlen(rows[_i].text));
	ek_sha256_hex(&h, hex);
	ck_assert_str_eq(hex, rows[_i].sum);
	ck_assert_ptr_null(h.ctx);
	if (rows[_i].times > 1)
		return;
	ek_sha256(rows[_i].text, strlen(rows[_i].text), sum);
	ek_hex(sum, 32, hex);
	ck_assert_str_eq(hex, rows[_i].sum);
}
END_TEST

EK_TESTS("crypto/digest", EK_ROWS(sums, rows))
