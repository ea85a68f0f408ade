/* SPDX-License-Identifier: Apache-2.0 */
#include <ekube/str.h>

#include "impl.h"

void ek_sha256_init(struct ek_sha256 *h)
{
	h->ctx = EVP_MD_CTX_new();
	EK_ASSERT(h->ctx && EVP_DigestInit_ex(h->ctx, EVP_sha256(), NULL) == 1);
}

void ek_sha256_add(struct ek_sha256 *h, const void *data, size_t n)
{
	EK_ASSERT(EVP_DigestUpdate(h->ctx, data, n) == 1);
}

void ek_sha256_hex(struct ek_sha256 *h, char out[65])
{
	uint8_t sum[EVP_MAX_MD_SIZE];

	EK_ASSERT(EVP_DigestFinal_ex(h->ctx, sum, NULL) == 1);
	EVP_MD_CTX_free(ek_steal(h->ctx));
	ek_hex(sum, 32, out);
}

void ek_sha256(const void *data, size_t n, uint8_t out[32])
{
	EK_ASSERT(EVP_Digest(data, n, out, NULL, EVP_sha256(), NULL) == 1);
}
