/* SPDX-License-Identifier: Apache-2.0 */

/* Discovery of service account tokens' issuer and keys (OpenID Connect Discovery 1.0, RFC 7517). */

#include <ekube/crypto.h>
#include <ekube/str.h>

#include "handlers.h"
#include "paths.h"

void handle_openid_configuration(struct request *rq)
{
	const char *issuer = front_options(rq->front)->issuer;

	http_reply_json(
		rq->http, 200,
		ek_json_make(
			"{'issuer':%s,'jwks_uri':'%s/openid/v1/jwks','response_types_supported':['id_token'],"
			"'subject_types_supported':['public'],"
			"'id_token_signing_alg_values_supported':['ES256']}",
			issuer, issuer));
}

void handle_jwks(struct request *rq)
{
	EK_CLEANUP(ek_key_freep) struct ek_key *key = NULL;
	EK_JSON struct ek_json *jwk = NULL;
	EK_FREE char *text = NULL;
	struct ek_err err;

	if (ek_key_from_pem(front_options(rq->front)->service_account_key, &key, &err) < 0) {
		request_fail_err(rq, &err);
		return;
	}
	text = ek_key_jwk(key);
	(void)ek_json_parse(text, strlen(text), 64 << 10, &jwk, NULL, NULL);
	http_reply_json(rq->http, 200, ek_json_make("{'keys':[%v]}", jwk));
}
