/* SPDX-License-Identifier: Apache-2.0 */
#include <ekube/crypto.h>

#include <stdlib.h>
#include <string.h>

#include <ekube/str.h>

/* No bytes make a token that a key has not signed: neither as they are, nor as a header. */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct ek_key *key;
	EK_FREE char *text = ek_str_ndup((const char *)data, size);
	EK_FREE char *header = ek_base64_encode(data, size, true);
	EK_FREE char *token = ek_str_fmt("%s.e30.AAAA", header);
	const struct ek_key *keys[1];
	char *claims = NULL;
	struct ek_err err;

	if (!key)
		key = ek_key_new();
	keys[0] = key;
	EK_ASSERT(ek_jwt_verify(keys, 1, text, &claims, &err) == EK_EUNAUTHORIZED);
	EK_ASSERT(ek_jwt_verify(keys, 1, token, &claims, &err) == EK_EUNAUTHORIZED);
	return 0;
}
