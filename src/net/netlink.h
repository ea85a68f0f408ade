/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Netlink messages: a builder over a bounded buffer, a parser that trusts no length, and one
 * blocking conversation. The kernel works inside sendmsg(), so "blocking" means the time of the
 * operation itself: tens of microseconds for most, and never a wait for an answer that is not
 * there. A socket belongs to the network namespace of the thread that opened it.
 */

#include <ekube/buf.h>
#include <ekube/err.h>

#include <linux/netlink.h>

enum {
	EK_NL_BATCH_MAX = 64 << 20, /* of one send; a whole rule set of 100 000 elements fits */
	EK_NL_NEST_MAX = 60000,     /* an attribute's length is 16 bits wide */
};

/* ---- building ---- */
/*
 * A message: ek_nl_msg(), attributes, ek_nl_msg_end(). `head` is what the family puts before the
 * attributes (struct ifinfomsg & co). Several messages in one buffer are one batch. Failure to
 * grow shows in b->overflow, which ek_nl_talk() turns into an error.
 */
size_t ek_nl_msg(struct ek_buf *b, unsigned type, unsigned flags, const void *head, size_t n);
void   ek_nl_msg_end(struct ek_buf *b, size_t at);

void   ek_nl_put(struct ek_buf *b, unsigned type, const void *data, size_t n);
void   ek_nl_put_str(struct ek_buf *b, unsigned type, const char *s);
void   ek_nl_put_u8(struct ek_buf *b, unsigned type, uint8_t v);
void   ek_nl_put_u16(struct ek_buf *b, unsigned type, uint16_t v);
void   ek_nl_put_u32(struct ek_buf *b, unsigned type, uint32_t v);
void   ek_nl_put_be16(struct ek_buf *b, unsigned type, uint16_t v);
void   ek_nl_put_be32(struct ek_buf *b, unsigned type, uint32_t v);
void   ek_nl_put_be64(struct ek_buf *b, unsigned type, uint64_t v);
size_t ek_nl_nest(struct ek_buf *b, unsigned type);
void   ek_nl_nest_end(struct ek_buf *b, size_t at);

/* ---- reading ---- */
struct ek_nl_attr {
	const void *data; /* NULL when the attribute is absent; not aligned: use the readers */
	uint16_t    n;
};

/* Index the attributes of [data, data + n) by type; types above max are skipped, the last wins. */
void ek_nl_attrs(const void *data, size_t n, struct ek_nl_attr *ret, size_t max);

uint32_t    ek_nl_u32(const struct ek_nl_attr *a, uint32_t dflt);
uint32_t    ek_nl_get_be32(const struct ek_nl_attr *a, uint32_t dflt);
uint64_t    ek_nl_get_be64(const struct ek_nl_attr *a, uint64_t dflt);
uint16_t    ek_nl_get_be16(const struct ek_nl_attr *a, uint16_t dflt);
const char *ek_nl_str(const struct ek_nl_attr *a); /* NULL unless NUL-terminated inside */

/* ---- conversation ---- */
struct ek_nl {
	int      fd; /* -1 when closed; a zeroed struct is not closed */
	uint32_t seq;
};
#define EK_NL_INIT { .fd = -1 }
#define EK_NL      EK_CLEANUP(ek_nl_close)

int  ek_nl_open(struct ek_nl *nl, int protocol, struct ek_err *err);
void ek_nl_close(struct ek_nl *nl);

/* One answer: the family's head and attributes. Returning < 0 ends the conversation with that. */
typedef int ek_nl_on_msg(void *arg, unsigned type, const void *payload, size_t n);

/*
 * Send every message of `b` in one call and take the answers: an acknowledgement for each
 * message with NLM_F_ACK, or a whole dump for one with NLM_F_DUMP. The first error the kernel
 * reports is the result, in its own words where it has some; *ret_failed (may be NULL) is the
 * index of the message it is about. The buffer is left as it is.
 */
int ek_nl_talk(struct ek_nl *nl, struct ek_buf *b, ek_nl_on_msg *on_msg, void *arg,
	       size_t *ret_failed, struct ek_err *err);
