/* SPDX-License-Identifier: Apache-2.0 */
#include "dns_cache.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct dns_cached {
	char            *key;
	struct ek_bytes *answer;
	int64_t          stored_ms, until_ms;
	struct ek_list   node;
};

void ek_dns_cache_init(struct ek_dns_cache *c)
{
	*c = (struct ek_dns_cache){ 0 };
	ek_list_init(&c->lru);
}

static void drop(struct ek_dns_cache *c, struct dns_cached *e)
{
	(void)ek_map_del(&c->entries, e->key);
	ek_list_del(&e->node);
	c->bytes -= e->answer->len;
	ek_bytes_unref(e->answer);
	free(e->key);
	free(e);
}

void ek_dns_cache_done(struct ek_dns_cache *c)
{
	EK_LIST_EACH(node, tmp, &c->lru)
		drop(c, ek_container_of(node, struct dns_cached, node));
	ek_map_done(&c->entries);
}

void ek_dns_key(const struct ek_dns_name *name, uint16_t type, bool dnssec_ok, bool cd,
		char out[EK_DNS_KEY_MAX])
{
	size_t n;

	ek_dns_name_format(name, out);
	for (n = 0; out[n]; n++)
		if (out[n] >= 'A' && out[n] <= 'Z')
			out[n] = (char)(out[n] + 32);
	(void)snprintf(out + n, EK_DNS_KEY_MAX - n, " %u%s%s", type, dnssec_ok ? " do" : "",
		       cd ? " cd" : "");
}

/* minimum is the last of an SOA's five numbers; the RFC 2308 time of a negative answer. */
static uint32_t negative_ttl(const struct ek_dns_msg *m, const struct ek_dns_rr *rr)
{
	const uint8_t *p = m->data + rr->end - 4;
	uint32_t minimum;

	if (rr->data_n < 22)
		return 0;
	minimum = (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
	return EK_MIN(minimum, rr->ttl);
}

/* Seconds this answer may be kept; 0: not at all. */
static uint32_t keep_for(const struct ek_dns_msg *m)
{
	unsigned rcode = m->flags & EK_DNS_RCODE;
	uint32_t ttl = EK_DNS_CACHE_TTL;
	bool soa = false;

	if ((m->flags & EK_DNS_TC) || m->ext_rcode || m->n > EK_DNS_CACHE_ANSWER ||
	    (rcode != EK_DNS_NOERROR && rcode != EK_DNS_NXDOMAIN))
		return 0;
	for (struct ek_dns_rr rr = { 0 }; ek_dns_rr_next(m, &rr);) {
		if (rr.section == EK_DNS_ANSWER)
			ttl = EK_MIN(ttl, rr.ttl);
		if (rr.section != EK_DNS_AUTHORITY || rr.type != EK_DNS_SOA || m->counts[1])
			continue;
		soa = true;
		ttl = EK_MIN(ttl, negative_ttl(m, &rr));
	}
	return m->counts[1] || soa ? ttl : 0;
}

void ek_dns_cache_put(struct ek_dns_cache *c, const char *key, const struct ek_dns_msg *answer,
		      int64_t now_ms)
{
	struct dns_cached *e = ek_map_get(&c->entries, key);
	uint32_t ttl = keep_for(answer);

	if (e)
		drop(c, e);
	if (ttl == 0)
		return;
	while ((c->entries.n >= EK_DNS_CACHE_ENTRIES ||
		c->bytes + answer->n > EK_DNS_CACHE_BYTES) &&
	       (e = ek_list_first(&c->lru, struct dns_cached, node)))
		drop(c, e);
	e = ek_new(struct dns_cached);
	*e = (struct dns_cached){ .key = ek_str_dup(key),
				  .answer = ek_bytes_new(answer->data, answer->n),
				  .stored_ms = now_ms,
				  .until_ms = now_ms + (int64_t)ttl * 1000 };
	(void)ek_map_put(&c->entries, key, e);
	ek_list_add_tail(&c->lru, &e->node);
	c->bytes += e->answer->len;
}

const struct ek_bytes *ek_dns_cache_get(struct ek_dns_cache *c, const char *key, int64_t now_ms,
					uint32_t *ret_age)
{
	struct dns_cached *e = ek_map_get(&c->entries, key);

	if (!e)
		return NULL;
	if (now_ms >= e->until_ms) {
		drop(c, e);
		return NULL;
	}
	ek_list_del(&e->node);
	ek_list_add_tail(&c->lru, &e->node);
	*ret_age = (uint32_t)((now_ms - e->stored_ms) / 1000);
	return e->answer;
}
