/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The answer to a request for an upgrade, from bytes of somebody else. Ordinary answers are read by the HTTP
 * client; this one may be followed by anything, so its head is taken apart here. Pure functions.
 */

#include <ekube/buf.h>
#include <ekube/err.h>
#include <ekube/vec.h>

struct proxy_reply {
	int    status;
	size_t head_len;        /* bytes up to the empty line and with it */
	char  *text;            /* private: the head, cut into lines */
	EK_VEC(const char *) lines; /* "Name: value" */
};

/* 1: *ret is filled; 0: the head is not whole yet; EK_EINVALID: it is none. */
int  proxy_reply_parse(const char *data, size_t n, struct proxy_reply *ret);
void proxy_reply_done(struct proxy_reply *r);
/* The value of the first header of that name; NULL when absent. */
const char *proxy_reply_find(const struct proxy_reply *r, const char *name);

/*
 * The body behind the head, as its headers tell where it ends. 1: `out` has it; 0: more is to come;
 * EK_EINVALID: it is malformed; EK_ETOOLARGE. `ended`: the backend has closed.
 */
int proxy_reply_body(const struct proxy_reply *r, const char *data, size_t n, bool ended, struct ek_buf *out);
