/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * TLS of the API server: 1.2 and 1.3, HTTP/2 and HTTP/1.1 by ALPN, client certificates asked for but
 * not demanded. A certificate that does not verify does not break the handshake: the request is
 * answered 401, as kube-apiserver does.
 */

#include <ekube/err.h>
#include <openssl/ssl.h>

/* Who the client's certificate says it is. */
struct tls_peer {
	bool   has_cert, verified;
	char  *name;   /* subject's common name */
	char **groups; /* its organizations, NULL-terminated */
};
void tls_peer_done(struct tls_peer *p);

/* received: a record of n bytes was read; after the handshake. */
int tls_context_new(const char *cert_pem, const char *key_pem, const char *client_ca_pem,
		    void (*handshake_done)(SSL *ssl), void (*received)(SSL *ssl, size_t n), SSL_CTX **ret,
		    struct ek_err *err);

/* Read the peer's certificate after the handshake. */
void tls_read_peer(SSL *ssl, struct tls_peer *ret);
