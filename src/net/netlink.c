/* SPDX-License-Identifier: Apache-2.0 */
#include "netlink.h"

#include <arpa/inet.h>
#include <endian.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	ANSWER_MAX = 32 << 10, /* the kernel fills what we offer, up to this */
	RCVBUF = 1 << 20,      /* acknowledgements of a batch wait here */
};

/* ---- building ---- */

static void pad(struct ek_buf *b)
{
	static const char zero[NLMSG_ALIGNTO];

	(void)ek_buf_append(b, zero, NLMSG_ALIGN(b->len) - b->len);
}

size_t ek_nl_msg(struct ek_buf *b, unsigned type, unsigned flags, const void *head, size_t n)
{
	struct nlmsghdr h = { .nlmsg_type = (uint16_t)type,
			      .nlmsg_flags = (uint16_t)(flags | NLM_F_REQUEST) };
	size_t at = b->len;

	(void)ek_buf_append(b, &h, sizeof(h));
	(void)ek_buf_append(b, head, n);
	pad(b);
	return at;
}

void ek_nl_msg_end(struct ek_buf *b, size_t at)
{
	uint32_t len = (uint32_t)(b->len - at);

	if (!b->overflow)
		memcpy(b->data + at + offsetof(struct nlmsghdr, nlmsg_len), &len, sizeof(len));
}

void ek_nl_put(struct ek_buf *b, unsigned type, const void *data, size_t n)
{
	struct nlattr a = { .nla_len = (uint16_t)(sizeof(a) + n), .nla_type = (uint16_t)type };

	EK_ASSERT(n <= EK_NL_NEST_MAX);
	(void)ek_buf_append(b, &a, sizeof(a));
	(void)ek_buf_append(b, data, n);
	pad(b);
}

void ek_nl_put_str(struct ek_buf *b, unsigned type, const char *s)
{
	ek_nl_put(b, type, s, strlen(s) + 1);
}

void ek_nl_put_u8(struct ek_buf *b, unsigned type, uint8_t v)
{
	ek_nl_put(b, type, &v, sizeof(v));
}

void ek_nl_put_u16(struct ek_buf *b, unsigned type, uint16_t v)
{
	ek_nl_put(b, type, &v, sizeof(v));
}

void ek_nl_put_u32(struct ek_buf *b, unsigned type, uint32_t v)
{
	ek_nl_put(b, type, &v, sizeof(v));
}

void ek_nl_put_be16(struct ek_buf *b, unsigned type, uint16_t v)
{
	v = htons(v);
	ek_nl_put(b, type, &v, sizeof(v));
}

void ek_nl_put_be32(struct ek_buf *b, unsigned type, uint32_t v)
{
	v = htonl(v);
	ek_nl_put(b, type, &v, sizeof(v));
}

void ek_nl_put_be64(struct ek_buf *b, unsigned type, uint64_t v)
{
	v = htobe64(v);
	ek_nl_put(b, type, &v, sizeof(v));
}

size_t ek_nl_nest(struct ek_buf *b, unsigned type)
{
	struct nlattr a = { .nla_type = (uint16_t)(type | NLA_F_NESTED) };
	size_t at = b->len;

	(void)ek_buf_append(b, &a, sizeof(a));
	return at;
}

void ek_nl_nest_end(struct ek_buf *b, size_t at)
{
	size_t n = b->len - at;
	uint16_t len = (uint16_t)n;

	if (b->overflow)
		return;
	EK_ASSERT(n <= UINT16_MAX);
	memcpy(b->data + at + offsetof(struct nlattr, nla_len), &len, sizeof(len));
}

/* ---- reading ---- */

void ek_nl_attrs(const void *data, size_t n, struct ek_nl_attr *ret, size_t max)
{
	const char *at = data;

	memset(ret, 0, (max + 1) * sizeof(*ret));
	while (n >= sizeof(struct nlattr)) {
		struct nlattr a;
		size_t step;

		memcpy(&a, at, sizeof(a));
		if (a.nla_len < sizeof(a) || a.nla_len > n)
			return;
		a.nla_type &= NLA_TYPE_MASK;
		if (a.nla_type <= max)
			ret[a.nla_type] =
				(struct ek_nl_attr){ .data = at + sizeof(a),
						     .n = (uint16_t)(a.nla_len - sizeof(a)) };
		step = EK_MIN((size_t)NLA_ALIGN(a.nla_len), n);
		at += step;
		n -= step;
	}
}

uint32_t ek_nl_u32(const struct ek_nl_attr *a, uint32_t dflt)
{
	uint32_t v;

	if (!a->data || a->n < sizeof(v))
		return dflt;
	memcpy(&v, a->data, sizeof(v));
	return v;
}

uint32_t ek_nl_get_be32(const struct ek_nl_attr *a, uint32_t dflt)
{
	return a->data && a->n >= sizeof(uint32_t) ? ntohl(ek_nl_u32(a, 0)) : dflt;
}

uint64_t ek_nl_get_be64(const struct ek_nl_attr *a, uint64_t dflt)
{
	uint64_t v;

	if (!a->data || a->n < sizeof(v))
		return dflt;
	memcpy(&v, a->data, sizeof(v));
	return be64toh(v);
}

uint16_t ek_nl_get_be16(const struct ek_nl_attr *a, uint16_t dflt)
{
	uint16_t v;

	if (!a->data || a->n < sizeof(v))
		return dflt;
	memcpy(&v, a->data, sizeof(v));
	return ntohs(v);
}

const char *ek_nl_str(const struct ek_nl_attr *a)
{
	return a->data && memchr(a->data, '\0', a->n) ? a->data : NULL;
}

/* ---- conversation ---- */

int ek_nl_open(struct ek_nl *nl, int protocol, struct ek_err *err)
{
	EK_CLOSE int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);
	struct sockaddr_nl sa = { .nl_family = AF_NETLINK };
	int one = 1, rcvbuf = RCVBUF;

	nl->fd = -1;
	if (fd < 0)
		return ek_fail_errno(err, "open a netlink socket");
	/*
	 * words for errors, and no echo of the request: both only make messages better or shorter
	 */
	(void)setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &one, sizeof(one));
	(void)setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &one, sizeof(one));
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &rcvbuf, sizeof(rcvbuf));
	if (bind(fd, (struct sockaddr *)&sa, sizeof(sa)) < 0)
		return ek_fail_errno(err, "bind a netlink socket");
	*nl = (struct ek_nl){ .fd = ek_steal_fd(fd) };
	return 0;
}

void ek_nl_close(struct ek_nl *nl)
{
	if (nl->fd >= 0)
		close(nl->fd);
	nl->fd = -1;
}

/* What one conversation waits for. */
struct talk {
	struct ek_nl *nl;
	ek_nl_on_msg *on_msg;
	void         *arg;
	uint32_t      first_seq, last_seq;
	size_t        acks;     /* still to come */
	bool          dump;     /* until NLMSG_DONE */
	int           rc;       /* the first error */
	size_t        failed;
	struct ek_err *err;
};

/* Number the messages; an answer carries the number of its question. */
static void number(struct talk *t, struct ek_buf *b)
{
	size_t at = 0;

	t->first_seq = t->nl->seq + 1;
	while (at < b->len) {
		struct nlmsghdr h;

		memcpy(&h, b->data + at, sizeof(h));
		EK_ASSERT(h.nlmsg_len >= sizeof(h) && h.nlmsg_len <= b->len - at);
		h.nlmsg_seq = ++t->nl->seq;
		memcpy(b->data + at, &h, sizeof(h));
		if (h.nlmsg_flags & NLM_F_ACK)
			t->acks++;
		if ((h.nlmsg_flags & NLM_F_DUMP) == NLM_F_DUMP)
			t->dump = true;
		at += NLMSG_ALIGN(h.nlmsg_len);
	}
	t->last_seq = t->nl->seq;
}

/* The kernel's own words for an error, NULL when it has none. */
static const char *words_of(const struct nlmsghdr *h, const char *payload, size_t n)
{
	struct ek_nl_attr attrs[NLMSGERR_ATTR_MSG + 1];
	struct nlmsgerr e;
	size_t skip = sizeof(e);

	memcpy(&e, payload, sizeof(e));
	if (!(h->nlmsg_flags & NLM_F_ACK_TLVS))
		return NULL;
	if (!(h->nlmsg_flags & NLM_F_CAPPED) && e.msg.nlmsg_len > sizeof(e.msg))
		skip += NLMSG_ALIGN(e.msg.nlmsg_len) - sizeof(e.msg);
	if (skip >= n)
		return NULL;
	ek_nl_attrs(payload + skip, n - skip, attrs, NLMSGERR_ATTR_MSG);
	return ek_nl_str(&attrs[NLMSGERR_ATTR_MSG]);
}

static void on_verdict(struct talk *t, const struct nlmsghdr *h, const char *payload, size_t n)
{
	struct nlmsgerr e;
	const char *words;

	if (n < sizeof(e))
		return;
	memcpy(&e, payload, sizeof(e));
	if (t->acks > 0 && (e.msg.nlmsg_flags & NLM_F_ACK))
		t->acks--;
	if (e.error == 0 || t->rc < 0)
		return;
	words = words_of(h, payload, n);
	t->failed = h->nlmsg_seq - t->first_seq;
	t->rc = ek_fail(t->err, e.error, "%s%s%s%s", strerror(-e.error), words ? " (" : "",
			words ? words : "", words ? ")" : "");
	if (t->dump)
		t->dump = false; /* refused: there will be no end mark */
}

static void on_answer(struct talk *t, const struct nlmsghdr *h, const char *payload, size_t n)
{
	int rc;

	if (h->nlmsg_seq - t->first_seq > t->last_seq - t->first_seq)
		return; /* belongs to an earlier conversation that was given up */
	if (h->nlmsg_type == NLMSG_ERROR) {
		on_verdict(t, h, payload, n);
		return;
	}
	if (h->nlmsg_type == NLMSG_DONE) {
		t->dump = false;
		return;
	}
	if (h->nlmsg_type < NLMSG_MIN_TYPE || !t->on_msg || t->rc < 0)
		return;
	rc = t->on_msg(t->arg, h->nlmsg_type, payload, n);
	if (rc < 0)
		t->rc = rc;
}

static void on_datagram(struct talk *t, const char *data, size_t n)
{
	while (n >= sizeof(struct nlmsghdr)) {
		struct nlmsghdr h;
		size_t step;

		memcpy(&h, data, sizeof(h));
		if (h.nlmsg_len < sizeof(h) || h.nlmsg_len > n)
			return;
		on_answer(t, &h, data + NLMSG_HDRLEN, h.nlmsg_len - NLMSG_HDRLEN);
		step = EK_MIN((size_t)NLMSG_ALIGN(h.nlmsg_len), n);
		data += step;
		n -= step;
	}
}

/* Everything is queued when sendmsg() returns, so an empty queue is the end, expected or not. */
static int listen_to(struct talk *t)
{
	EK_FREE char *data = ek_malloc(ANSWER_MAX);

	while (t->acks > 0 || t->dump) {
		struct sockaddr_nl from = { 0 };
		socklen_t len = sizeof(from);
		ssize_t n = recvfrom(t->nl->fd, data, ANSWER_MAX, MSG_DONTWAIT | MSG_TRUNC,
				     (struct sockaddr *)&from, &len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && t->rc < 0)
			return t->rc;
		if (n < 0)
			return ek_fail(t->err, errno == EAGAIN ? -EPROTO : -errno, "netlink: %s",
				       errno == EAGAIN ? "no answer" : strerror(errno));
		if (n > ANSWER_MAX)
			return ek_fail(t->err, -EMSGSIZE, "netlink: an answer of %zd bytes", n);
		if (from.nl_pid == 0) /* only the kernel is believed */
			on_datagram(t, data, (size_t)n);
	}
	return t->rc;
}

int ek_nl_talk(struct ek_nl *nl, struct ek_buf *b, ek_nl_on_msg *on_msg, void *arg,
	       size_t *ret_failed, struct ek_err *err)
{
	struct talk t = { .nl = nl, .on_msg = on_msg, .arg = arg, .err = err };
	ssize_t n;
	int rc;

	if (b->overflow)
		return ek_fail(err, EK_ETOOLARGE, "netlink: more than %zu bytes to send", b->max);
	number(&t, b);
	if (b->len > RCVBUF / 8) { /* the default bounds one send to about 200 KB */
		int size = (int)EK_MIN(b->len * 2, (size_t)INT32_MAX);

		(void)setsockopt(nl->fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size));
	}
	do {
		n = send(nl->fd, b->data, b->len, 0);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return ek_fail_errno(err, "netlink: send %zu bytes", b->len);
	rc = listen_to(&t);
	if (ret_failed)
		*ret_failed = t.failed;
	return rc;
}
