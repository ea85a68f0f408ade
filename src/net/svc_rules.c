/* SPDX-License-Identifier: Apache-2.0 */
#include "svc_rules.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ekube/vec.h>

/* An endpoint as the kernel sees it. */
struct target {
	uint8_t b[8]; /* ip, port, two zeros */
};

struct targets {
	struct target *items;
	size_t n, cap;
};

/* The endpoints of one Service port, by who may use them. */
struct backends {
	struct targets all, local; /* what policies Cluster and Local balance over */
};

size_t ek_svc_key_n(enum ek_svc_set set)
{
	static const uint8_t n[EK_SET_N] = {
		[EK_SET_SVC] = 12,   [EK_SET_EP] = 16,	    [EK_SET_EP_LOCAL] = 16,
		[EK_SET_KNOWN] = 20, [EK_SET_REFUSED] = 12,
	};

	return n[set];
}

bool ek_svc_set_leads(enum ek_svc_set set)
{
	return set == EK_SET_SVC || set == EK_SET_REFUSED;
}

/* ---- endpoints ---- */

static int cmp_target(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct target));
}

static void sort_unique(struct targets *t)
{
	size_t n = 0;

	if (t->n)
		qsort(t->items, t->n, sizeof(*t->items), cmp_target);
	for (size_t i = 0; i < t->n; i++)
		if (n == 0 || cmp_target(&t->items[n - 1], &t->items[i]) != 0)
			t->items[n++] = t->items[i];
	t->n = EK_MIN(n, (size_t)EK_SVC_EPS_MAX);
}

static void collect_slice(const struct ek_svc_slice *slice, const struct ek_svc_port *port,
			  uint8_t want, struct targets *ret)
{
	for (size_t p = 0; p < slice->n_ports; p++) {
		const struct ek_svc_port *sp = &slice->ports[p];
		uint16_t number = htons(sp->port);

		if (sp->proto != port->proto || !ek_streq(sp->name, port->name) || !sp->port)
			continue;
		for (size_t i = 0; i < slice->n_eps; i++) {
			struct target t = { 0 };

			if (slice->eps[i].ip.n != 4 || (slice->eps[i].flags & want) != want)
				continue;
			memcpy(t.b, slice->eps[i].ip.b, 4);
			memcpy(t.b + 4, &number, 2);
			ek_vec_push(ret, t);
		}
	}
}

static void collect(const struct ek_svc *svc, const struct ek_svc_port *port, uint8_t want,
		    struct targets *ret)
{
	for (const struct ek_list *at = svc->slices.next; at != &svc->slices; at = at->next)
		collect_slice(ek_container_of(at, const struct ek_svc_slice, node), port, want,
			      ret);
	sort_unique(ret);
}

/* Ready ones; when there is none, those on their way out that still serve (KEP-1669). */
static void collect_usable(const struct ek_svc *svc, const struct ek_svc_port *port, uint8_t where,
			   struct targets *ret)
{
	collect(svc, port, EK_EP_READY | where, ret);
	if (ret->n == 0)
		collect(svc, port, EK_EP_SERVING | EK_EP_TERMINATING | where, ret);
}

/* ---- keeping places ---- */

static int cmp_elem(const void *a, const void *b)
{
	const struct ek_svc_elem *x = a, *y = b;

	return x->set != y->set ? (int)x->set - (int)y->set :
				  memcmp(x->key, y->key, sizeof(x->key));
}

static const struct target *find_target(const struct targets *t, const uint8_t data[8])
{
	return t->n ? bsearch(data, t->items, t->n, sizeof(*t->items), cmp_target) : NULL;
}

/* Where the numbered endpoints of a frontend begin in a list, and how many there are. */
static size_t find_run(const struct ek_svc_elems *was, enum ek_svc_set set, const uint8_t front[12],
		       const struct ek_svc_elem **ret)
{
	size_t lo = 0, hi = was->n, n = 0;

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;
		const struct ek_svc_elem *e = &was->items[mid];
		int c = e->set != set ? (int)e->set - (int)set : memcmp(e->key, front, 12);

		if (c < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	*ret = was->items + lo;
	while (lo + n < was->n && was->items[lo + n].set == set &&
	       memcmp(was->items[lo + n].key, front, 12) == 0)
		n++;
	return n;
}

static uint32_t number_of(const struct ek_svc_elem *e)
{
	uint32_t n;

	memcpy(&n, e->key + 12, sizeof(n));
	return n;
}

/* Put targets in places 0..n-1: the old place if it still exists, else whatever is free. */
static void place(const struct ek_svc_elem *was, size_t n_was, const struct targets *t,
		  struct target *places)
{
	EK_FREE bool *taken = ek_calloc(t->n + 1, 1), *placed = ek_calloc(t->n + 1, 1);
	size_t next = 0;

	for (size_t i = 0; i < n_was; i++) {
		const struct target *keep = find_target(t, was[i].data);
		uint32_t at = number_of(&was[i]);

		if (!keep || at >= t->n || placed[keep - t->items])
			continue;
		places[at] = *keep;
		taken[at] = placed[keep - t->items] = true;
	}
	for (size_t i = 0; i < t->n; i++) {
		if (placed[i])
			continue;
		while (taken[next])
			next++;
		places[next++] = t->items[i];
	}
}

/* ---- elements ---- */

struct build {
	const struct ek_svc_env *env;
	const struct ek_svc *svc;
	const struct ek_svc_elems *was;
	struct ek_svc_elems *ret;
};

static void put_targets(struct build *b, enum ek_svc_set set, const uint8_t front[12],
			const struct targets *t)
{
	EK_FREE struct target *places = ek_calloc(t->n + 1, sizeof(*places));
	const struct ek_svc_elem *run;
	size_t n_run = find_run(b->was, set, front, &run);

	place(run, n_run, t, places);
	for (size_t i = 0; i < t->n; i++) {
		struct ek_svc_elem e = { .set = (uint8_t)set };
		uint32_t n = (uint32_t)i; /* in the machine's own order, as numgen gives it */

		memcpy(e.key, front, 12);
		memcpy(e.key + 12, &n, sizeof(n));
		memcpy(e.data, places[i].b, sizeof(e.data));
		ek_vec_push(b->ret, e);
	}
}

static void put_known(struct build *b, const uint8_t front[12], const struct targets *t)
{
	for (size_t i = 0; i < t->n; i++) {
		struct ek_svc_elem e = { .set = EK_SET_KNOWN };

		memcpy(e.key, front, 12);
		memcpy(e.key + 12, t->items[i].b, 8);
		ek_vec_push(b->ret, e);
	}
}

static void put_chain(struct build *b, enum ek_svc_set set, const uint8_t front[12],
		      const struct ek_svc_chain *chain)
{
	struct ek_svc_elem e = { .set = (uint8_t)set };

	memcpy(e.key, front, 12);
	e.chain = *chain;
	ek_vec_push(b->ret, e);
}

static void put_refusal(struct build *b, const uint8_t front[12], enum ek_svc_chain_kind kind)
{
	put_chain(b, EK_SET_REFUSED, front, &(struct ek_svc_chain){ .kind = (uint8_t)kind });
}

static bool front_key(struct build *b, const struct ek_ip *ip, uint8_t proto, uint16_t port,
		      uint8_t key[12])
{
	memset(key, 0, 12);
	key[0] = proto;
	if (ip)
		memcpy(key + 4, ip->b, 4);
	key[8] = (uint8_t)(port >> 8);
	key[9] = (uint8_t)port;
	return !b->env->claim || b->env->claim(b->env->arg, b->svc, key);
}

static void put_inner(struct build *b, const struct ek_ip *ip, const struct ek_svc_port *port,
		      const struct backends *be)
{
	const struct targets *t = b->svc->internal_local ? &be->local : &be->all;
	struct ek_svc_chain chain = { .kind = EK_CHAIN_INNER,
				      .n = (uint16_t)t->n,
				      .sticky = b->svc->sticky };
	uint8_t key[12];

	if (!front_key(b, ip, port->proto, port->port, key))
		return;
	if (t->n == 0) {
		put_refusal(b, key, be->all.n ? EK_CHAIN_DROP : EK_CHAIN_REJECT);
		return;
	}
	put_chain(b, EK_SET_SVC, key, &chain);
	put_targets(b, EK_SET_EP, key, t);
	if (chain.sticky)
		put_known(b, key, t);
}

/* ip NULL: the NodePort. */
static void put_outer(struct build *b, const struct ek_ip *ip, const struct ek_svc_port *port,
		      const struct backends *be)
{
	struct ek_svc_chain chain = { .kind = EK_CHAIN_OUTER,
				      .any = !ip,
				      .n = (uint16_t)be->all.n,
				      .sticky = b->svc->sticky };
	uint8_t key[12];

	if (!front_key(b, ip, port->proto, ip ? port->port : port->node_port, key))
		return;
	if (be->all.n == 0) {
		put_refusal(b, key, EK_CHAIN_REJECT);
		return;
	}
	if (b->svc->external_local) {
		chain.kind = EK_CHAIN_LOCAL;
		chain.n_local = (uint16_t)be->local.n;
		put_targets(b, EK_SET_EP_LOCAL, key, &be->local);
	}
	put_chain(b, EK_SET_SVC, key, &chain);
	put_targets(b, EK_SET_EP, key, &be->all);
	if (!chain.sticky)
		return;
	put_known(b, key, &be->all);
	if (b->svc->external_local) /* local ones on their way out may not be among all */
		put_known(b, key, &be->local);
}

static bool is_own(const struct ek_svc_env *env, const struct ek_ip *ip)
{
	for (size_t i = 0; i < env->n_own; i++)
		if (ek_ip_equal(&env->own[i], ip))
			return true;
	return false;
}

static void put_port(struct build *b, const struct ek_svc_port *port)
{
	const struct ek_svc *svc = b->svc;
	struct backends be = { 0 };

	collect_usable(svc, port, 0, &be.all);
	if (svc->external_local || svc->internal_local)
		collect_usable(svc, port, EK_EP_LOCAL, &be.local);
	for (size_t i = 0; i < svc->n_cluster_ips; i++)
		if (svc->cluster_ips[i].n == 4 && !is_own(b->env, &svc->cluster_ips[i]))
			put_inner(b, &svc->cluster_ips[i], port, &be);
	for (size_t i = 0; i < svc->n_outer_ips; i++)
		if (svc->outer_ips[i].n == 4)
			put_outer(b, &svc->outer_ips[i], port, &be);
	if (port->node_port)
		put_outer(b, NULL, port, &be);
	ek_vec_done(&be.all);
	ek_vec_done(&be.local);
}

static void sort_elems(struct ek_svc_elems *e)
{
	size_t n = 0;

	if (e->n)
		qsort(e->items, e->n, sizeof(*e->items), cmp_elem);
	for (size_t i = 0; i < e->n; i++)
		if (n == 0 || cmp_elem(&e->items[n - 1], &e->items[i]) != 0)
			e->items[n++] = e->items[i];
	e->n = n;
}

void ek_svc_rules(const struct ek_svc_env *env, const struct ek_svc *svc,
		  const struct ek_svc_elems *was, struct ek_svc_elems *ret)
{
	struct build b = { .env = env, .svc = svc, .was = was, .ret = ret };

	*ret = (struct ek_svc_elems){ 0 };
	for (size_t i = 0; svc && svc->proxied && i < svc->n_ports; i++)
		put_port(&b, &svc->ports[i]);
	sort_elems(ret);
}

void ek_svc_elems_done(struct ek_svc_elems *e)
{
	ek_vec_done(e);
}

/* ---- chains ---- */

void ek_svc_chain_name(const struct ek_svc_chain *c, char out[EK_SVC_CHAIN_NAME_MAX])
{
	static const char *const kinds[] = {
		[EK_CHAIN_INNER] = "inner", [EK_CHAIN_OUTER] = "outer",
		[EK_CHAIN_LOCAL] = "local", [EK_CHAIN_REJECT] = "reject",
		[EK_CHAIN_DROP] = "drop",
	};
	size_t n = (size_t)snprintf(out, EK_SVC_CHAIN_NAME_MAX, "%s", kinds[c->kind]);

	if (c->kind == EK_CHAIN_REJECT || c->kind == EK_CHAIN_DROP)
		return;
	n += (size_t)snprintf(out + n, EK_SVC_CHAIN_NAME_MAX - n, "_%u", c->n);
	if (c->kind == EK_CHAIN_LOCAL)
		n += (size_t)snprintf(out + n, EK_SVC_CHAIN_NAME_MAX - n, "_%u", c->n_local);
	if (c->sticky)
		n += (size_t)snprintf(out + n, EK_SVC_CHAIN_NAME_MAX - n, "_sticky_%u", c->sticky);
	if (c->any)
		(void)snprintf(out + n, EK_SVC_CHAIN_NAME_MAX - n, "_nodeport");
}

/* ---- difference ---- */

static bool same_data(const struct ek_svc_elem *a, const struct ek_svc_elem *b)
{
	if (ek_svc_set_leads(a->set))
		return a->chain.kind == b->chain.kind && a->chain.any == b->chain.any &&
		       a->chain.n == b->chain.n && a->chain.n_local == b->chain.n_local &&
		       a->chain.sticky == b->chain.sticky;
	return memcmp(a->data, b->data, sizeof(a->data)) == 0;
}

void ek_svc_elems_diff(const struct ek_svc_elems *was, const struct ek_svc_elems *now,
		       void (*fn)(void *arg, bool del, const struct ek_svc_elem *e), void *arg)
{
	size_t i = 0, j = 0;

	while (i < was->n || j < now->n) {
		int c = i == was->n ? 1 :
			j == now->n ? -1 :
				      cmp_elem(&was->items[i], &now->items[j]);

		if (c == 0 && same_data(&was->items[i], &now->items[j])) {
			i++;
			j++;
			continue;
		}
		if (c <= 0)
			fn(arg, true, &was->items[i++]);
		if (c >= 0)
			fn(arg, false, &now->items[j++]);
	}
}
