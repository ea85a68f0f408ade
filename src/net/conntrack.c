/* SPDX-License-Identifier: Apache-2.0 */
#include "conntrack.h"

#include <errno.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <string.h>
#include <sys/socket.h>

#include "netlink.h"
#include "rtnl.h"

enum { DELETES_AT_ONCE = 256 };

/* The original tuple as the kernel wrote it, to name the entry by. */
struct stale {
	uint16_t n;
	uint8_t  tuple[128];
};

struct clean {
	const struct ek_ct_job *job;
	EK_VEC(struct ek_ip) local; /* the node's own addresses */
	EK_VEC(struct stale) stale;
};

struct flow {
	uint8_t proto, src[4], dst[4], sport[2], dport[2];
};

void ek_ct_job_done(struct ek_ct_job *job)
{
	ek_vec_done(&job->fronts);
	ek_vec_done(&job->targets);
}

static bool copy_attr(void *out, size_t n, const struct ek_nl_attr *a)
{
	if (!a->data || a->n < n)
		return false;
	memcpy(out, a->data, n);
	return true;
}

static bool read_tuple(const struct ek_nl_attr *a, struct flow *ret)
{
	struct ek_nl_attr tuple[CTA_TUPLE_PROTO + 1], ip[CTA_IP_V4_DST + 1],
		proto[CTA_PROTO_DST_PORT + 1];

	ek_nl_attrs(a->data, a->n, tuple, CTA_TUPLE_PROTO);
	ek_nl_attrs(tuple[CTA_TUPLE_IP].data, tuple[CTA_TUPLE_IP].n, ip, CTA_IP_V4_DST);
	ek_nl_attrs(tuple[CTA_TUPLE_PROTO].data, tuple[CTA_TUPLE_PROTO].n, proto,
		    CTA_PROTO_DST_PORT);
	return copy_attr(&ret->proto, 1, &proto[CTA_PROTO_NUM]) &&
	       copy_attr(ret->src, 4, &ip[CTA_IP_V4_SRC]) &&
	       copy_attr(ret->dst, 4, &ip[CTA_IP_V4_DST]) &&
	       copy_attr(ret->sport, 2, &proto[CTA_PROTO_SRC_PORT]) &&
	       copy_attr(ret->dport, 2, &proto[CTA_PROTO_DST_PORT]);
}

static bool is_local(const struct clean *c, const uint8_t ip[4])
{
	for (size_t i = 0; i < c->local.n; i++)
		if (memcmp(c->local.items[i].b, ip, 4) == 0)
			return true;
	return false;
}

static bool leads_to(const struct clean *c, const struct flow *orig,
		     const struct ek_ct_front *front)
{
	static const uint8_t any[4];

	if (orig->proto != front->proto || memcmp(orig->dport, front->port, 2) != 0)
		return false;
	return memcmp(front->ip, any, 4) == 0 ? is_local(c, orig->dst) :
						memcmp(orig->dst, front->ip, 4) == 0;
}

/* The reply comes from where the request was sent to. */
static bool is_stale(const struct clean *c, const struct flow *orig, const struct flow *reply)
{
	for (size_t i = 0; i < c->job->fronts.n; i++) {
		const struct ek_ct_front *front = &c->job->fronts.items[i];
		const struct ek_ct_target *t = c->job->targets.items + front->first;
		bool found = false;

		if (!leads_to(c, orig, front))
			continue;
		for (size_t k = 0; k < front->n && !found; k++)
			found = memcmp(t[k].ip, reply->src, 4) == 0 &&
				memcmp(t[k].port, reply->sport, 2) == 0;
		return !found;
	}
	return false;
}

static int on_entry(void *arg, unsigned type, const void *payload, size_t n)
{
	struct clean *c = arg;
	struct ek_nl_attr tb[CTA_TUPLE_REPLY + 1];
	struct flow orig, reply;
	struct stale s;

	(void)type;
	if (n < sizeof(struct nfgenmsg))
		return 0;
	ek_nl_attrs((const char *)payload + sizeof(struct nfgenmsg), n - sizeof(struct nfgenmsg),
		    tb, CTA_TUPLE_REPLY);
	if (!read_tuple(&tb[CTA_TUPLE_ORIG], &orig) || !read_tuple(&tb[CTA_TUPLE_REPLY], &reply) ||
	    !is_stale(c, &orig, &reply) || tb[CTA_TUPLE_ORIG].n > sizeof(s.tuple))
		return 0;
	s.n = tb[CTA_TUPLE_ORIG].n;
	memcpy(s.tuple, tb[CTA_TUPLE_ORIG].data, s.n);
	ek_vec_push(&c->stale, s);
	return 0;
}

static size_t ct_msg(struct ek_buf *b, unsigned type, unsigned flags)
{
	struct nfgenmsg g = { .nfgen_family = AF_INET, .version = NFNETLINK_V0 };

	return ek_nl_msg(b, NFNL_SUBSYS_CTNETLINK << 8 | type, flags, &g, sizeof(g));
}

static int delete_stale(struct ek_nl *nl, const struct clean *c, struct ek_err *err)
{
	for (size_t i = 0; i < c->stale.n;) {
		EK_BUF struct ek_buf b = EK_BUF_INIT(EK_NL_BATCH_MAX);
		int rc;

		for (size_t n = 0; n < DELETES_AT_ONCE && i < c->stale.n; n++, i++) {
			size_t at = ct_msg(&b, IPCTNL_MSG_CT_DELETE, NLM_F_ACK);

			ek_nl_put(&b, CTA_TUPLE_ORIG | NLA_F_NESTED, c->stale.items[i].tuple,
				  c->stale.items[i].n);
			ek_nl_msg_end(&b, at);
		}
		rc = ek_nl_talk(nl, &b, NULL, NULL, NULL, err);
		if (rc < 0 && rc != -ENOENT) /* expired meanwhile */
			return ek_wrap(err, rc, "conntrack: delete");
	}
	return (int)c->stale.n;
}

static int take_local(void *arg, const struct ek_rtnl_addr *addr)
{
	struct clean *c = arg;

	ek_vec_push(&c->local, addr->ip);
	return 0;
}

static int list_local(struct clean *c, struct ek_err *err)
{
	EK_NL struct ek_nl nl = EK_NL_INIT;
	int rc = ek_nl_open(&nl, NETLINK_ROUTE, err);

	return rc < 0 ? rc : ek_rtnl_addr_each(&nl, AF_INET, take_local, c, err);
}

static int clean(struct clean *c, struct ek_err *err)
{
	EK_BUF struct ek_buf b = EK_BUF_INIT(EK_NL_BATCH_MAX);
	EK_NL struct ek_nl nl = EK_NL_INIT;
	int rc = list_local(c, err);

	if (rc == 0)
		rc = ek_nl_open(&nl, NETLINK_NETFILTER, err);
	if (rc < 0)
		return rc;
	ek_nl_msg_end(&b, ct_msg(&b, IPCTNL_MSG_CT_GET, NLM_F_DUMP));
	rc = ek_nl_talk(&nl, &b, on_entry, c, NULL, err);
	return rc < 0 ? ek_wrap(err, rc, "conntrack: list") : delete_stale(&nl, c, err);
}

int ek_conntrack_clean(const struct ek_ct_job *job, struct ek_err *err)
{
	struct clean c = { .job = job };
	int rc = clean(&c, err);

	ek_vec_done(&c.local);
	ek_vec_done(&c.stale);
	return rc;
}
