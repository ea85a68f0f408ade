/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * An API server with its port on loopback, and a client that speaks to it byte by byte over real TLS,
 * both in one thread: whoever waits for the other turns the loop.
 */

#include <ekube/api.h>
#include <openssl/ssl.h>

#include "api_world.h"

#define PORT_ADMIN "admin-token" /* in system:masters */
#define PORT_USER  "user-token"  /* named "jane", may do nothing but what tests grant */

struct port_world {
	struct world   w;
	struct ek_key *ca_key;
	char          *ca, *cert, *key;
};

/* access: the node of every pod, or NULL. */
void port_open(struct port_world *p, struct ek_node_access *access);
void port_close(struct port_world *p);
/* A running pod "p" with containers "c" and, when several, "d", on the node "n". */
void port_add_pod(struct port_world *p, bool several);

struct peer {
	struct ek_loop *loop;
	SSL_CTX        *ctx;
	SSL            *ssl;
	int             fd;
	struct ek_buf   in;   /* decrypted, not yet taken */
	bool            ended; /* the server closed, or takes nothing any more */
};

/* alpn: "http/1.1", "h2". */
void peer_open(struct peer *c, struct port_world *p, const char *alpn);
/* With a client certificate of that name and organization, signed by the world's authority (or by itself). */
void peer_open_cert(struct peer *c, struct port_world *p, const char *name, const char *org, bool self_signed);
void peer_close(struct peer *c); /* harmless when closed */

void peer_write(struct peer *c, const void *data, size_t n); /* what the server does not take any more is dropped */
void peer_print(struct peer *c, const char *fmt, ...) EK_PRINTF(2, 3);
/* Turn the loop and read, until one of them; false after five seconds. */
bool peer_read(struct peer *c, size_t n); /* n bytes are in `in` */
bool peer_until(struct peer *c, const char *text);
bool peer_until_end(struct peer *c);
bool peer_until_set(struct peer *c, const bool *flag);
void peer_take(struct peer *c, size_t n);

/* A response over HTTP/1.1. */
struct reply {
	int   status;
	char *head; /* with its lines in lower case */
	char *body;
	struct ek_json *json; /* NULL when it is none */
};
/* Sends "METHOD target", Host, the bearer token (when not NULL) and `more` header lines; waits for the answer. */
void peer_ask(struct peer *c, struct reply *r, const char *method, const char *target, const char *token,
	      const char *more, const char *body);
void peer_reply(struct peer *c, struct reply *r); /* waits for it */
void reply_done(struct reply *r);
/* It is a Status with this code, this reason ("" for none) and this text in its message. */
void reply_is_status(const struct reply *r, int code, const char *reason, const char *message);
