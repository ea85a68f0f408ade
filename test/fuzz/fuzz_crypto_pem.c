/* SPDX-License-Identifier: Apache-2.0 */
#include <ekube/crypto.h>

#include <stdlib.h>
#include <string.h>

#include <ekube/str.h>

/* Certificates and keys from anywhere: as PEM text, and as DER that is wrapped here. */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try(const char *pem)
{
	struct ek_cert_info info;
	struct ek_key *key = NULL;
	struct ek_err err;

	if (ek_cert_parse(pem, &info, &err) == 0) {
		EK_ASSERT(info.common_name && info.organizations && info.sans);
		ek_cert_info_done(&info);
	}
	if (ek_key_from_pem(pem, &key, &err) == 0) {
		EK_FREE char *id = ek_key_id(key);
		EK_FREE char *jwk = ek_key_jwk(key);
		EK_FREE char *text = ek_key_public_pem(key);

		(void)ek_cert_matches(pem, key);
		EK_ASSERT(id && text && (!jwk || strstr(jwk, id)));
		ek_key_free(key);
	}
}

static void try_wrapped(const char *der64, const char *what)
{
	EK_FREE char *pem =
		ek_str_fmt("-----BEGIN %s-----\n%s\n-----END %s-----\n", what, der64, what);

	try(pem);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	EK_FREE char *text = ek_str_ndup((const char *)data, size);
	EK_FREE char *der64 = ek_base64_encode(data, size, false);

	try(text);
	try_wrapped(der64, "CERTIFICATE");
	try_wrapped(der64, "PUBLIC KEY");
	try_wrapped(der64, "PRIVATE KEY");
	return 0;
}
