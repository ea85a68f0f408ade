/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The client's side of SPDY/3.1, as much of it as tests need: frames into a buffer, frames out of one. */

#include <ekube/buf.h>
#include <zlib.h>

struct spdy_text {
	z_stream deflate;
};
void spdy_text_init(struct spdy_text *t);
void spdy_text_done(struct spdy_text *t);

/* headers: "name", "value", ..., NULL */
void spdy_put_syn(struct spdy_text *t, struct ek_buf *out, uint32_t id, bool fin, const char *const *headers);
void spdy_put_data(struct ek_buf *out, uint32_t id, bool fin, const void *data, size_t n);
void spdy_put_control(struct ek_buf *out, int type, int flags, const void *data, size_t n);

struct spdy_frame {
	int         type; /* 0: data */
	int         flags;
	uint32_t    id;   /* of data, and of control frames that begin with one */
	const char *data;
	size_t      n;
};
/* The first whole frame of `in`, which stays there; its size, 0 when there is none. */
size_t spdy_get(const struct ek_buf *in, struct spdy_frame *f);
