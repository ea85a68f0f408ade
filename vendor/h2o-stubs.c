/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Symbols that libh2o refers to and ekube does without.
 */

#include <stdlib.h>
#include <openssl/ssl.h>

/* The memcached session cache: never configured, so a call is a bug and stops the program. */
void h2o_memcached_get(void);
void h2o_memcached_cancel_get(void);
void h2o_memcached_set(void);

void h2o_memcached_get(void)
{
	abort();
}

void h2o_memcached_cancel_get(void)
{
	abort();
}

void h2o_memcached_set(void)
{
	abort();
}

void SSL_get0_next_proto_negotiated(const SSL *ssl, const unsigned char **ret_data,
				    unsigned *ret_len);
void SSL_CTX_set_next_protos_advertised_cb(SSL_CTX *ctx, void *cb, void *arg);

/* NPN, which ALPN replaced: our OpenSSL has none. h2o asks after every handshake without ALPN. */
void SSL_get0_next_proto_negotiated(const SSL *ssl, const unsigned char **ret_data,
				    unsigned *ret_len)
{
	(void)ssl;
	*ret_data = NULL;
	*ret_len = 0;
}

void SSL_CTX_set_next_protos_advertised_cb(SSL_CTX *ctx, void *cb, void *arg)
{
	(void)ctx;
	(void)cb;
	(void)arg;
}
