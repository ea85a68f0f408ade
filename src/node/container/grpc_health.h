/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * grpc.health.v1.Health/Check over one HTTP/2 connection without TLS: as much of HTTP/2 as one request needs.
 */

#include <ekube/stream.h>

struct ek_grpc_check {
	/* Once. rc 0: serving; > 0: not serving, words say what it is; < 0: no answer. May free the struct. */
	void (*done)(struct ek_grpc_check *g, int rc, const char *words);
	/* private */
	struct ek_stream stream;
	struct ek_buf    in;       /* bytes of frames */
	uint8_t          message[512];
	size_t           message_n;
	bool             verdict;  /* the answer is complete */
	bool             finished;
};

/* < 0: it could not begin; done does not fire then. Zero the struct and set done first. */
int  ek_grpc_check_start(struct ek_loop *loop, struct ek_grpc_check *g, const char *ip, int port, const char *service);
void ek_grpc_check_stop(struct ek_grpc_check *g); /* harmless when finished or zeroed */
