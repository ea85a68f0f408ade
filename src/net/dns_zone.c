/* SPDX-License-Identifier: Apache-2.0 */
#include "dns_zone.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <ekube/net_pod.h>
#include <ekube/vec.h>

enum { HITS_MAX = EK_SVC_EPS_MAX, LABEL_TEXT = 64 };

/* The question, taken apart. */
struct ask {
	const struct ek_dns_zone *z;
	const struct ek_dns_name *name;
	uint16_t type;
	uint32_t turn;
	struct ek_dns_out  *out;
	struct ek_dns_name *target;
	char labels[5][LABEL_TEXT]; /* below the domain, lower case, leftmost first */
	size_t n;
};

/*
 * One answer before it is known which record it makes: an address, perhaps with a port and a host.
 */
struct hit {
	struct ek_ip ip;
	uint16_t     port;     /* 0: none, makes no SRV */
	const char  *hostname; /* of an endpoint; "" stands for its address; NULL: the Service itself */
};

struct hits {
	struct hit *items;
	size_t n, cap;
};

int ek_dns_zone_init(struct ek_dns_zone *z, const struct ek_svcdir *dir, const char *domain,
		     struct ek_err *err)
{
	*z = (struct ek_dns_zone){ .dir = dir };
	if (strlen(domain) > 180 || ek_dns_name_parse(domain, &z->domain) < 0 || z->domain.n < 3 ||
	    ek_dns_name_parse(EK_F("ns.dns.%s", domain), &z->ns_name) < 0 ||
	    ek_dns_name_parse(EK_F("hostmaster.%s", domain), &z->rname) < 0)
		return ek_fail(err, EK_EINVALID, "cluster domain: not a domain name: %s", domain);
	return 0;
}

/* ---- verdicts ---- */

static void put_soa(const struct ek_dns_zone *z, struct ek_dns_out *out, enum ek_dns_section s,
		    const struct ek_dns_name *owner)
{
	ek_dns_put_soa(out, s, owner, EK_DNS_TTL, &z->ns_name, &z->rname, 1, EK_DNS_TTL);
}

/* The SOA of a negative answer, from a zone that the name lies in. */
static void put_negative(const struct ask *a)
{
	size_t labels;

	put_soa(a->z, a->out, EK_DNS_AUTHORITY,
		ek_dns_name_under(a->name, &a->z->domain, &labels) ? &a->z->domain : a->name);
}

static unsigned no_data(const struct ask *a)
{
	put_negative(a);
	return EK_DNS_NOERROR;
}

static unsigned no_name(const struct ask *a)
{
	put_negative(a);
	return EK_DNS_NXDOMAIN;
}

static unsigned exists_if(const struct ask *a, bool yes)
{
	return yes ? no_data(a) : no_name(a);
}

static bool wants(const struct ask *a, const struct ek_ip *ip)
{
	return a->type == EK_DNS_ANY || a->type == (ip->n == 4 ? EK_DNS_A : EK_DNS_AAAA);
}

/* ---- names ---- */

/* A label as text; false for bytes that no name of ours has. */
static bool label_text(const uint8_t *label, char out[LABEL_TEXT])
{
	for (size_t i = 0; i < label[0]; i++) {
		char c = (char)label[1 + i];

		if (c >= 'A' && c <= 'Z')
			c = (char)(c + 32);
		if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '-' && c != '_')
			return false;
		out[i] = c;
	}
	out[label[0]] = '\0';
	return true;
}

static bool take_apart(struct ask *a, size_t n)
{
	uint8_t at[EK_DNS_LABELS_MAX];

	if (n > EK_ARRAY_LEN(a->labels))
		return false;
	(void)ek_dns_name_labels(a->name, at);
	for (size_t i = 0; i < n; i++)
		if (!label_text(a->name->b + at[i], a->labels[i]))
			return false;
	a->n = n;
	return true;
}

static void dashed(const struct ek_ip *ip, char out[LABEL_TEXT])
{
	char text[46];

	ek_ip_format(ip, text);
	for (char *c = text; *c; c++)
		if (*c == '.' || *c == ':')
			*c = '-';
	(void)snprintf(out, LABEL_TEXT, "%s", text);
}

static void host_label(const struct hit *h, char out[LABEL_TEXT])
{
	if (*h->hostname)
		(void)snprintf(out, LABEL_TEXT, "%.63s", h->hostname);
	else
		dashed(&h->ip, out);
}

/* The full name of a Service or of one of its endpoints. */
static void full_name(const struct ek_dns_zone *z, const struct ek_svc *svc, const struct hit *h,
		      struct ek_dns_name *ret)
{
	char domain[EK_DNS_TEXT_MAX], text[EK_DNS_TEXT_MAX + 4 * LABEL_TEXT], host[LABEL_TEXT] = "";

	ek_dns_name_format(&z->domain, domain);
	if (h->hostname)
		host_label(h, host);
	(void)snprintf(text, sizeof(text), "%s%s%s.%s.svc.%s", host, *host ? "." : "", svc->name,
		       svc->ns, domain);
	if (ek_dns_name_parse(text, ret) < 0)
		*ret = z->domain; /* longer than a name may be: nobody can ask for it either */
}

/* ---- collecting ---- */

static bool same_port(const struct ek_svc_port *p, const char *port, const char *proto)
{
	return (!*port || strcasecmp(p->name, port) == 0) &&
	       (!*proto || strcasecmp(ek_net_proto_name(p->proto), proto) == 0);
}

static void add_hit(struct hits *hits, const struct hit *h)
{
	if (hits->n < HITS_MAX)
		ek_vec_push(hits, *h);
}

static void collect_service(const struct ek_svc *svc, const char *port, const char *proto,
			    struct hits *hits)
{
	for (size_t p = 0; p < svc->n_ports; p++) {
		if (!same_port(&svc->ports[p], port, proto))
			continue;
		for (size_t i = 0; i < svc->n_cluster_ips; i++)
			add_hit(hits, &(struct hit){ .ip = svc->cluster_ips[i],
						     .port = svc->ports[p].port });
	}
}

static bool is_host(const struct ek_svc_ep *ep, const char *host)
{
	char text[LABEL_TEXT];

	if (ep->hostname)
		return strcasecmp(ep->hostname, host) == 0;
	dashed(&ep->ip, text);
	return strcmp(text, host) == 0;
}

static void collect_endpoint(const struct ek_svc_slice *slice, const struct ek_svc_ep *ep,
			     const char *port, const char *proto, struct hits *hits)
{
	struct hit h = { .ip = ep->ip, .hostname = ep->hostname ? ep->hostname : "" };

	/* a Service without ports still has addresses */
	if (slice->n_ports == 0 && !*port && !*proto)
		add_hit(hits, &h);
	for (size_t p = 0; p < slice->n_ports; p++) {
		h.port = slice->ports[p].port;
		if (same_port(&slice->ports[p], port, proto))
			add_hit(hits, &h);
	}
}

static void collect_endpoints(const struct ek_svc *svc, const char *host, const char *port,
			      const char *proto, struct hits *hits)
{
	for (const struct ek_list *at = svc->slices.next; at != &svc->slices; at = at->next) {
		const struct ek_svc_slice *slice =
			ek_container_of(at, const struct ek_svc_slice, node);

		for (size_t i = 0; i < slice->n_eps; i++) {
			const struct ek_svc_ep *ep = &slice->eps[i];

			if ((ep->flags & EK_EP_READY) && (!*host || is_host(ep, host)))
				collect_endpoint(slice, ep, port, proto, hits);
		}
	}
}

/* ---- records ---- */

static int cmp_ip(const void *a, const void *b)
{
	const struct hit *x = a, *y = b;
	int c = memcmp(x->ip.b, y->ip.b, sizeof(x->ip.b));

	return x->ip.n != y->ip.n ? (int)x->ip.n - (int)y->ip.n : c;
}

/* Equal when both make the same SRV record. */
static int cmp_host_port(const void *a, const void *b)
{
	const struct hit *x = a, *y = b;
	int c;

	if (x->port != y->port)
		return (int)x->port - (int)y->port;
	if (!x->hostname || !y->hostname) /* of one Service: both, then */
		return 0;
	c = strcmp(x->hostname, y->hostname);
	return c != 0 || *x->hostname ? c : cmp_ip(a, b);
}

static void sort_unique(struct hits *hits, int (*cmp)(const void *a, const void *b))
{
	size_t n = 0;

	if (hits->n)
		qsort(hits->items, hits->n, sizeof(*hits->items), cmp);
	for (size_t i = 0; i < hits->n; i++)
		if (n == 0 || cmp(&hits->items[n - 1], &hits->items[i]) != 0)
			hits->items[n++] = hits->items[i];
	hits->n = n;
}

static size_t put_addresses(const struct ask *a, struct hits *hits)
{
	size_t put = 0;

	sort_unique(hits, cmp_ip);
	for (size_t i = 0; i < hits->n; i++) {
		const struct hit *h = &hits->items[(i + a->turn) % hits->n];

		if (!wants(a, &h->ip))
			continue;
		ek_dns_put_ip(a->out, EK_DNS_ANSWER, a->name, EK_DNS_TTL, &h->ip);
		put++;
	}
	return put;
}

/* Addresses of the SRV records' targets, for clients that do not like to ask twice. */
static void put_glue(const struct ask *a, const struct ek_svc *svc, struct hits *hits)
{
	struct ek_dns_name target;

	sort_unique(hits, cmp_ip);
	for (size_t i = 0; i < hits->n; i++) {
		full_name(a->z, svc, &hits->items[i], &target);
		ek_dns_put_ip(a->out, EK_DNS_ADDITIONAL, &target, EK_DNS_TTL, &hits->items[i].ip);
	}
}

static size_t put_srvs(const struct ask *a, const struct ek_svc *svc, struct hits *hits)
{
	struct hits ports = { 0 };
	struct ek_dns_name target;
	size_t put;

	for (size_t i = 0; i < hits->n; i++)
		if (hits->items[i].port)
			ek_vec_push(&ports, hits->items[i]);
	sort_unique(&ports, cmp_host_port);
	for (size_t i = 0; i < ports.n; i++) {
		const struct hit *h = &ports.items[(i + a->turn) % ports.n];

		full_name(a->z, svc, h, &target);
		ek_dns_put_srv(a->out, EK_DNS_ANSWER, a->name, EK_DNS_TTL, 0,
			       (uint16_t)(100 / ports.n), h->port, &target);
	}
	put = ports.n;
	ek_vec_done(&ports);
	if (put)
		put_glue(a, svc, hits);
	return put;
}

static unsigned put_hits(const struct ask *a, const struct ek_svc *svc, struct hits *hits)
{
	size_t put;

	if (hits->n == 0)
		return no_name(a);
	put = a->type == EK_DNS_SRV ? put_srvs(a, svc, hits) : put_addresses(a, hits);
	return put ? EK_DNS_NOERROR : no_data(a);
}

/* ---- <...>.<svc>.<ns>.svc ---- */

static enum ek_dns_verdict alias(const struct ask *a, const struct ek_svc *svc, unsigned *ret_rcode)
{
	struct ek_ip ip;

	*ret_rcode = EK_DNS_NOERROR;
	/* an address is no name, though the API takes it for one */
	if (ek_ip_parse(svc->external_name, &ip) == 0 ||
	    ek_dns_name_parse(svc->external_name, a->target) < 0 || a->target->n < 2) {
		*ret_rcode = no_name(a);
		return EK_DNS_DONE;
	}
	ek_dns_put_name(a->out, EK_DNS_ANSWER, a->name, EK_DNS_TTL, EK_DNS_CNAME, a->target);
	return a->type == EK_DNS_CNAME ? EK_DNS_DONE : EK_DNS_CHASE;
}

static const char *without_underscore(const char *label)
{
	return *label == '_' ? label + 1 : label;
}

static enum ek_dns_verdict answer_service(const struct ask *a, unsigned *ret_rcode)
{
	const struct ek_svc *svc =
		ek_svcdir_get(a->z->dir, EK_F("%s/%s", a->labels[a->n - 2], a->labels[a->n - 3]));
	const char *host = a->n == 4 ? a->labels[0] : "";
	const char *port = a->n == 5 ? without_underscore(a->labels[0]) : "";
	const char *proto = a->n == 5 ? without_underscore(a->labels[1]) : "";
	struct hits hits = { 0 };

	if (svc && svc->exists && svc->external_name && a->n == 3)
		return alias(a, svc, ret_rcode);
	if (svc && svc->exists && !svc->external_name) {
		if (svc->headless || *host)
			collect_endpoints(svc, host, port, proto, &hits);
		else
			collect_service(svc, port, proto, &hits);
	}
	*ret_rcode = put_hits(a, svc, &hits);
	ek_vec_done(&hits);
	return EK_DNS_DONE;
}

static enum ek_dns_verdict answer_svc(const struct ask *a, unsigned *ret_rcode)
{
	if (a->n >= 3)
		return answer_service(a, ret_rcode);
	*ret_rcode =
		exists_if(a, a->n == 1 || ek_svcdir_has_namespace(a->z->dir, a->labels[a->n - 2]));
	return EK_DNS_DONE;
}

/* ---- a-b-c-d.<ns>.pod ---- */

static int undash(const char *label, struct ek_ip *ret)
{
	char text[LABEL_TEXT];
	size_t dashes = 0;

	for (size_t i = 0; i == 0 || label[i - 1]; i++) {
		text[i] = label[i] == '-' ? '.' : label[i];
		dashes += label[i] == '-';
	}
	if (dashes == 3 && ek_ip_parse(text, ret) == 0)
		return 0;
	for (char *c = text; *c; c++)
		if (*c == '.')
			*c = ':';
	return ek_ip_parse(text, ret);
}

/*
 * Not checked against the pods there are: the name says its address itself, as with "pods
 * insecure".
 */
static unsigned answer_pod(const struct ask *a)
{
	struct ek_ip ip;

	if (a->n == 1)
		return no_data(a);
	if (!ek_svcdir_has_namespace(a->z->dir, a->labels[a->n - 2]) || a->n > 3)
		return no_name(a);
	if (a->n == 2)
		return no_data(a);
	if (undash(a->labels[0], &ip) < 0)
		return no_name(a);
	if (!wants(a, &ip))
		return no_data(a);
	ek_dns_put_ip(a->out, EK_DNS_ANSWER, a->name, EK_DNS_TTL, &ip);
	return EK_DNS_NOERROR;
}

/* ---- the zone about itself ---- */

static void put_self(const struct ask *a, enum ek_dns_section s, bool all)
{
	for (size_t i = 0; i < a->z->n_self; i++)
		if (all || wants(a, &a->z->self[i]))
			ek_dns_put_ip(a->out, s, &a->z->ns_name, EK_DNS_TTL, &a->z->self[i]);
}

static unsigned answer_apex(const struct ask *a)
{
	if (a->type == EK_DNS_SOA) {
		put_soa(a->z, a->out, EK_DNS_ANSWER, &a->z->domain);
		return EK_DNS_NOERROR;
	}
	if (a->type != EK_DNS_NS)
		return no_data(a);
	ek_dns_put_name(a->out, EK_DNS_ANSWER, a->name, EK_DNS_TTL, EK_DNS_NS, &a->z->ns_name);
	put_self(a, EK_DNS_ADDITIONAL, true);
	return EK_DNS_NOERROR;
}

static unsigned answer_dns(const struct ask *a)
{
	unsigned before = a->out->counts[1];

	if (a->n == 1)
		return no_data(a);
	if (a->n > 2 || strcmp(a->labels[0], "ns") != 0)
		return no_name(a);
	put_self(a, EK_DNS_ANSWER, false);
	return a->out->counts[1] > before ? EK_DNS_NOERROR : no_data(a);
}

static unsigned answer_version(const struct ask *a)
{
	if (a->n > 1)
		return no_name(a);
	if (a->type != EK_DNS_TXT)
		return no_data(a);
	ek_dns_put_txt(a->out, EK_DNS_ANSWER, a->name, EK_DNS_TTL, "1.1.0");
	return EK_DNS_NOERROR;
}

/* ---- addresses to names ---- */

static size_t put_ptrs_of(const struct ask *a, const struct ek_svc *svc, const struct ek_ip *ip,
			  bool endpoints)
{
	struct hits hits = { 0 };
	struct ek_dns_name target;
	size_t put = 0;

	if (endpoints)
		collect_endpoints(svc, "", "", "", &hits);
	for (size_t i = 0; !endpoints && i < svc->n_cluster_ips; i++)
		add_hit(&hits, &(struct hit){ .ip = svc->cluster_ips[i] });
	/* once: an endpoint with several ports is one name */
	for (size_t i = 0; i < hits.n && !put; i++) {
		if (!ek_ip_equal(&hits.items[i].ip, ip))
			continue;
		full_name(a->z, svc, &hits.items[i], &target);
		if (a->type == EK_DNS_PTR || a->type == EK_DNS_ANY)
			ek_dns_put_name(a->out, EK_DNS_ANSWER, a->name, EK_DNS_TTL, EK_DNS_PTR,
					&target);
		put++;
	}
	ek_vec_done(&hits);
	return put;
}

static size_t put_ptrs(const struct ask *a, const struct ek_ip *ip, bool endpoints)
{
	size_t found = 0;

	/* rare enough that walking all Services is cheaper than keeping an index */
	for (struct ek_map_entry *e = NULL; (e = ek_map_next(&a->z->dir->svcs, e));) {
		const struct ek_svc *svc = e->value;

		if (svc->exists && !svc->external_name)
			found += put_ptrs_of(a, svc, ip, endpoints);
	}
	return found;
}

static enum ek_dns_verdict answer_reverse(const struct ask *a, const struct ek_ip *ip,
					  unsigned *ret_rcode)
{
	size_t found = put_ptrs(a, ip, false);

	if (found == 0)
		found = put_ptrs(a, ip, true);
	*ret_rcode = EK_DNS_NOERROR;
	if (found) {
		if (a->type != EK_DNS_PTR && a->type != EK_DNS_ANY)
			(void)no_data(a);
		return EK_DNS_DONE;
	}
	for (size_t i = 0; i < a->z->n_blocks; i++) {
		if (!ek_cidr_has(&a->z->blocks[i], ip))
			continue;
		*ret_rcode = no_name(a);
		return EK_DNS_DONE;
	}
	return EK_DNS_FOREIGN;
}

/* ---- entry ---- */

static enum ek_dns_verdict answer_domain(struct ask *a, size_t labels, unsigned *ret_rcode)
{
	const char *top;

	if (labels == 0) {
		*ret_rcode = answer_apex(a);
		return EK_DNS_DONE;
	}
	if (!take_apart(a, labels)) {
		*ret_rcode = no_name(a);
		return EK_DNS_DONE;
	}
	top = a->labels[a->n - 1];
	if (strcmp(top, "svc") == 0)
		return answer_svc(a, ret_rcode);
	if (strcmp(top, "pod") == 0)
		*ret_rcode = answer_pod(a);
	else if (strcmp(top, "dns") == 0)
		*ret_rcode = answer_dns(a);
	else if (strcmp(top, "dns-version") == 0)
		*ret_rcode = answer_version(a);
	else
		*ret_rcode = no_name(a);
	return EK_DNS_DONE;
}

enum ek_dns_verdict ek_dns_zone_answer(const struct ek_dns_zone *z, const struct ek_dns_name *name,
				       uint16_t type, uint32_t turn, struct ek_dns_out *out,
				       unsigned *ret_rcode, struct ek_dns_name *ret_target)
{
	struct ask a = {
		.z = z, .name = name, .type = type, .turn = turn, .out = out, .target = ret_target
	};
	struct ek_ip ip;
	size_t labels;

	if (ek_dns_name_under(name, &z->domain, &labels))
		return answer_domain(&a, labels, ret_rcode);
	if (ek_dns_name_to_ip(name, &ip) == 0)
		return answer_reverse(&a, &ip, ret_rcode);
	return EK_DNS_FOREIGN;
}
