/* SPDX-License-Identifier: Apache-2.0 */
#include <ekube/net_services.h>

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include <ekube/log.h>
#include <ekube/vec.h>

#include "conntrack.h"
#include "nft_watch.h"
#include "services_nft.h"

/*
 * One state a Service that has elements in the kernel, or waits for an address that another has.
 *
 *   directory ──changed──► dirty ──end of turn──► apply ──► conntrack (pool, UDP only)
 *                                                   └─ refused ──► pause ──► replace everything
 */
struct svc_state {
	char               *key;
	struct ek_svc_elems elems; /* what the kernel has */
	bool                contested; /* another Service has one of its addresses and ports */
	bool                dirty;
	struct ek_list      node;  /* in s->dirty */
};

enum { RETRY_FIRST_MS = 500, RETRY_MAX_MS = 60000, FRONT_TEXT = 2 * 12 + 1 };

struct ek_services {
	struct ek_loop           *loop;
	struct ek_svcdir         *dir;
	struct ek_svcdir_watch    watch;
	struct ek_services_table  table;
	char                     *table_name;
	struct ek_ip              own[EK_NET_LOCAL_MAX];
	struct ek_svc_env         env;
	struct ek_nl              nft;
	struct ek_nft_watch       table_watch;
	struct ek_map             states; /* key -> struct svc_state */
	struct ek_map             claims; /* address and port -> struct svc_state that has it */
	struct ek_svc_chains      chains;
	struct ek_list            dirty;
	struct ek_defer           apply;
	struct ek_timer           retry;
	int64_t                   retry_ms;
	bool                      started;
	struct ek_ct_job          ct_next, ct_job; /* gathering; in the pool */
	struct ek_work            ct_work;
	struct ek_err             ct_err;
	bool                      ct_busy, closing;
};

/* ---- who has which address ---- */

static void front_text(const uint8_t key[12], char out[FRONT_TEXT])
{
	ek_hex(key, 12, out);
}

static bool claim(void *arg, const struct ek_svc *svc, const uint8_t key[12])
{
	struct ek_services *s = arg;
	struct svc_state *me = ek_map_get(&s->states, svc->key), *owner;
	char text[FRONT_TEXT];

	front_text(key, text);
	owner = ek_map_get(&s->claims, text);
	if (!owner)
		(void)ek_map_put(&s->claims, text, me);
	if (!owner || owner == me)
		return true;
	if (!me->contested)
		ek_warn("two services want the same address and port", "service", me->key, "has",
			owner->key);
	me->contested = true;
	return false;
}

static void release_claims(struct ek_services *s, const struct svc_state *st)
{
	char text[FRONT_TEXT];

	for (size_t i = 0; i < st->elems.n; i++) {
		if (!ek_svc_set_leads(st->elems.items[i].set))
			continue;
		front_text(st->elems.items[i].key, text);
		if (ek_map_get(&s->claims, text) == st)
			(void)ek_map_del(&s->claims, text);
	}
}

/* ---- UDP flows to look after ---- */

static bool is_udp_front(const struct ek_svc_elem *e)
{
	return ek_svc_set_leads(e->set) && e->key[0] == IPPROTO_UDP;
}

static void add_ct_targets(struct ek_ct_job *job, struct ek_ct_front *front, const uint8_t key[12],
			   const struct ek_svc_elems *now)
{
	for (size_t i = 0; i < now->n; i++) {
		const struct ek_svc_elem *e = &now->items[i];
		struct ek_ct_target t;

		if ((e->set != EK_SET_EP && e->set != EK_SET_EP_LOCAL) ||
		    memcmp(e->key, key, 12) != 0)
			continue;
		memcpy(t.ip, e->data, 4);
		memcpy(t.port, e->data + 4, 2);
		ek_vec_push(&job->targets, t);
		front->n++;
	}
}

static void add_ct_front(struct ek_ct_job *job, const uint8_t key[12],
			 const struct ek_svc_elems *now)
{
	struct ek_ct_front front = { .proto = key[0], .first = job->targets.n };

	memcpy(front.ip, key + 4, 4);
	memcpy(front.port, key + 8, 2);
	add_ct_targets(job, &front, key, now);
	ek_vec_push(&job->fronts, front);
}

static bool has_front(const struct ek_svc_elems *elems, const uint8_t key[12])
{
	for (size_t i = 0; i < elems->n; i++)
		if (is_udp_front(&elems->items[i]) && memcmp(elems->items[i].key, key, 12) == 0)
			return true;
	return false;
}

/* Every UDP front of a changed Service, and those it no longer has. */
static void gather_udp(struct ek_services *s, const struct ek_svc_elems *was,
		       const struct ek_svc_elems *now)
{
	for (size_t i = 0; i < now->n; i++)
		if (is_udp_front(&now->items[i]))
			add_ct_front(&s->ct_next, now->items[i].key, now);
	for (size_t i = 0; i < was->n; i++)
		if (is_udp_front(&was->items[i]) && !has_front(now, was->items[i].key))
			add_ct_front(&s->ct_next, was->items[i].key, now);
}

static void start_conntrack(struct ek_services *s);
static void destroy(struct ek_services *s);

static int ct_run(struct ek_work *w)
{
	struct ek_services *s = ek_container_of(w, struct ek_services, ct_work);

	return ek_conntrack_clean(&s->ct_job, &s->ct_err);
}

static void ct_done(struct ek_work *w, int rc)
{
	struct ek_services *s = ek_container_of(w, struct ek_services, ct_work);

	s->ct_busy = false;
	ek_ct_job_done(&s->ct_job);
	if (s->closing) {
		destroy(s);
		return;
	}
	if (rc < 0)
		ek_warn("stale UDP flows may remain", "error", s->ct_err.msg);
	else if (rc > 0)
		ek_debug("stale UDP flows removed", "flows", EK_I(rc));
	start_conntrack(s);
}

static void start_conntrack(struct ek_services *s)
{
	if (s->ct_busy || s->ct_next.fronts.n == 0)
		return;
	s->ct_job = s->ct_next;
	s->ct_next = (struct ek_ct_job){ 0 };
	s->ct_busy = true;
	s->ct_work = (struct ek_work){ .run = ct_run, .done = ct_done };
	ek_work_start(s->loop, &s->ct_work);
}

/* ---- states ---- */

static struct svc_state *state_of(struct ek_services *s, const char *key)
{
	struct svc_state *st = ek_map_get(&s->states, key);

	if (st)
		return st;
	st = ek_new(struct svc_state);
	st->key = ek_str_dup(key);
	(void)ek_map_put(&s->states, key, st);
	return st;
}

static void free_state(struct svc_state *st)
{
	ek_list_del(&st->node);
	ek_svc_elems_done(&st->elems);
	free(st->key);
	free(st);
}

static void free_states(struct ek_services *s)
{
	for (struct ek_map_entry *e = NULL; (e = ek_map_next(&s->states, e));)
		free_state(e->value);
	ek_map_done(&s->states);
	ek_map_done(&s->claims);
	s->states = s->claims = (struct ek_map){ 0 };
	ek_list_init(&s->dirty);
}

static void mark_dirty(struct ek_services *s, struct svc_state *st)
{
	if (st->dirty)
		return;
	st->dirty = true;
	ek_list_add_tail(&s->dirty, &st->node);
}

/* An address and port that was this Service's is nobody's now. */
static bool gave_up(struct ek_services *s, const struct ek_svc_elems *was)
{
	char text[FRONT_TEXT];

	for (size_t i = 0; i < was->n; i++) {
		if (!ek_svc_set_leads(was->items[i].set))
			continue;
		front_text(was->items[i].key, text);
		if (!ek_map_get(&s->claims, text))
			return true;
	}
	return false;
}

/*
 * Bring one state up to date; what differs goes into the change. True when it gave up an address.
 */
static bool renew(struct ek_services *s, struct svc_state *st, struct ek_svc_change *change)
{
	struct ek_svc_elems was = st->elems, now;
	size_t before = change->add.n + change->del.n;
	bool freed;

	release_claims(s, st);
	st->contested = false;
	ek_svc_rules(&s->env, ek_svcdir_get(s->dir, st->key), &was, &now);
	ek_svc_elems_diff(&was, &now, ek_svc_change_put, change);
	if (change->add.n + change->del.n != before)
		gather_udp(s, &was, &now);
	freed = gave_up(s, &was);
	ek_svc_elems_done(&was);
	st->elems = now;
	return freed;
}

static bool renew_dirty(struct ek_services *s, struct ek_svc_change *change)
{
	bool freed = false;

	EK_LIST_EACH(node, tmp, &s->dirty) {
		struct svc_state *st = ek_container_of(node, struct svc_state, node);

		ek_list_del(&st->node);
		st->dirty = false;
		freed |= renew(s, st, change);
		if (st->elems.n == 0 && !st->contested) {
			(void)ek_map_del(&s->states, st->key);
			free_state(st);
		}
	}
	return freed;
}

static void dirty_contested(struct ek_services *s)
{
	for (struct ek_map_entry *e = NULL; (e = ek_map_next(&s->states, e));) {
		struct svc_state *st = e->value;

		if (st->contested)
			mark_dirty(s, st);
	}
}

/* ---- telling the kernel ---- */

static int replace(struct ek_services *s, struct ek_err *err)
{
	struct ek_svc_change change = { 0 };
	struct ek_svc_stickies stickies = { 0 };
	int rc;

	free_states(s);
	ek_svc_chains_done(&s->chains);
	ek_ct_job_done(&s->ct_next);
	for (struct ek_map_entry *e = NULL; (e = ek_map_next(&s->dir->svcs, e));)
		mark_dirty(s, state_of(s, e->key));
	(void)renew_dirty(s, &change);
	rc = ek_services_nft_stickies(&s->table, &s->nft, &stickies, err);
	if (rc == 0)
		rc = ek_services_nft_replace(&s->table, &s->nft, &s->chains, &change, &stickies,
					     err);
	free(stickies.items);
	ek_svc_change_done(&change);
	if (rc == 0)
		start_conntrack(s);
	return rc < 0 ? ek_wrap(err, rc, "services") : 0;
}

static void try_replace(struct ek_services *s);

static void on_retry(struct ek_timer *t)
{
	try_replace(ek_container_of(t, struct ek_services, retry));
}

static void try_replace(struct ek_services *s)
{
	struct ek_err err;

	if (replace(s, &err) == 0) {
		s->retry_ms = 0;
		return;
	}
	s->retry_ms = s->retry_ms ? EK_MIN(s->retry_ms * 2, (int64_t)RETRY_MAX_MS) : RETRY_FIRST_MS;
	ek_error("cannot update services", "error", err.msg, "retry_ms", EK_I(s->retry_ms));
	ek_timer_start(s->loop, &s->retry, s->retry_ms, on_retry);
}

static void on_apply(struct ek_defer *d)
{
	struct ek_services *s = ek_container_of(d, struct ek_services, apply);
	struct ek_svc_change change = { 0 };
	struct ek_err err;
	int rc;

	if (ek_timer_active(&s->retry))
		return; /* everything is going to be replaced anyway */
	if (renew_dirty(s, &change)) {
		dirty_contested(s);
		(void)renew_dirty(s, &change);
	}
	rc = ek_services_nft_apply(&s->table, &s->nft, &s->chains, &change, &err);
	ek_svc_change_done(&change);
	if (rc == 0) {
		start_conntrack(s);
		return;
	}
	if (rc == EK_ENOTFOUND)
		ek_warn("services' table was changed from outside; replacing it", "table",
			s->table_name);
	else
		ek_warn("services' table does not take a change; replacing it", "error", err.msg);
	try_replace(s);
}

static void on_table_gone(struct ek_nft_watch *w)
{
	struct ek_services *s = ek_container_of(w, struct ek_services, table_watch);

	if (ek_timer_active(&s->retry))
		return;
	ek_warn("services' table was removed from outside; replacing it", "table", s->table_name);
	try_replace(s);
}

static void on_changed(struct ek_svcdir_watch *w, const char *key)
{
	struct ek_services *s = ek_container_of(w, struct ek_services, watch);

	if (!s->started)
		return;
	mark_dirty(s, state_of(s, key));
	ek_defer(s->loop, &s->apply, on_apply);
}

/* ---- life ---- */

int ek_services_open(struct ek_loop *loop, const struct ek_net_config *cfg, struct ek_svcdir *dir,
		     struct ek_services **ret, struct ek_err *err)
{
	struct ek_services *s;
	int rc = ek_net_config_check(cfg, err);

	if (rc < 0)
		return rc;
	s = ek_new(struct ek_services);
	s->loop = loop;
	s->dir = dir;
	s->table_name = ek_str_fmt("%s_services", cfg->name);
	s->table = (struct ek_services_table){
		.name = s->table_name,
		.service_cidr = cfg->service_cidr,
		.cluster_cidr = cfg->cluster_cidr.ip.n ? cfg->cluster_cidr : cfg->pod_cidr,
	};
	memcpy(s->own, cfg->local, cfg->n_local * sizeof(s->own[0]));
	s->env = (struct ek_svc_env){
		.own = s->own, .n_own = cfg->n_local, .claim = claim, .arg = s
	};
	ek_list_init(&s->dirty);
	rc = ek_nl_open(&s->nft, NETLINK_NETFILTER, err);
	if (rc < 0) {
		free(s->table_name);
		free(s);
		return rc;
	}
	s->watch.changed = on_changed;
	ek_svcdir_watch(dir, &s->watch);
	*ret = s;
	return 0;
}

int ek_services_start(struct ek_services *s, struct ek_err *err)
{
	int rc;

	EK_ASSERT(!s->started);
	rc = replace(s, err);
	if (rc == 0)
		rc = ek_nft_watch_start(s->loop, &s->table_watch, s->table_name, &s->nft,
					on_table_gone, err);
	s->started = rc == 0;
	return rc;
}

bool ek_services_idle(const struct ek_services *s)
{
	return ek_list_empty(&s->dirty) && !s->ct_busy && !ek_timer_active(&s->retry);
}

void ek_services_close(struct ek_services *s)
{
	ek_nft_watch_stop(&s->table_watch);
	ek_svcdir_unwatch(&s->watch);
	ek_defer_cancel(&s->apply);
	ek_timer_stop(&s->retry);
	s->closing = true;
	if (!s->ct_busy) /* else when the pool is through: it reads what we gave it */
		destroy(s);
}

static void destroy(struct ek_services *s)
{
	free_states(s);
	ek_svc_chains_done(&s->chains);
	ek_ct_job_done(&s->ct_next);
	ek_nl_close(&s->nft);
	free(s->table_name);
	free(s);
}
