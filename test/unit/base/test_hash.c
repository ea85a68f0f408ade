/* SPDX-License-Identifier: Apache-2.0 */
#include <ekube/hash.h>

#include <ek_test.h>
#include <string.h>

/* Zeros of every length, and each bit of a text. Two may be the same, once in 10^5 runs. */
START_TEST(every_byte_and_the_length_count)
{
	char text[24] = "";
	uint32_t seen[24 + 24 * 8];
	size_t n = 0, same = 0;

	for (size_t len = 0; len < sizeof(text); len++)
		seen[n++] = ek_hash(text, len);
	for (size_t bit = 0; bit < sizeof(text) * 8; bit++) {
		text[bit / 8] ^= (char)(1u << bit % 8);
		seen[n++] = ek_hash(text, sizeof(text));
		text[bit / 8] ^= (char)(1u << bit % 8);
	}
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < i; k++)
			same += seen[i] == seen[k];
	ck_assert_uint_le(same, 1);
}
END_TEST

START_TEST(same_bytes_same_hash)
{
	char a[] = "xmetadata.name", b[] = "metadata.name";

	ck_assert_uint_eq(ek_hash(a + 1, strlen(b)), ek_hash(b, strlen(b)));
}
END_TEST

EK_TESTS("base/hash", every_byte_and_the_length_count, same_bytes_same_hash)
