/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Symbols that libh2o refers to and ekube does without, and one that it uses wrongly.
 */

#include <stdlib.h>
#include <openssl/ssl.h>
#include <uv.h>

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

/*
 * h2o writes through this instead of uv_write (the recipe renames the call), because it looks at
 * the callback only. After a reset libuv refuses a write at once and never calls back: the
 * connection would stay for ever, waiting to say goodbye. With the stream taken for writable the
 * write is tried and its failure told. The flag is libuv 1's UV_HANDLE_WRITABLE;
 * test/unit/api/test_front.c resets a connection.
 */
enum { HANDLE_WRITABLE = 0x8000 };

#undef uv_write
int uv_write(uv_write_t *req, uv_stream_t *stream, const uv_buf_t bufs[], unsigned n,
	     uv_write_cb cb);

int ek_h2o_uv_write(uv_write_t *req, uv_stream_t *stream, const uv_buf_t bufs[], unsigned n,
		    uv_write_cb cb)
{
	stream->flags |= HANDLE_WRITABLE;
	return uv_write(req, stream, bufs, n, cb);
}
