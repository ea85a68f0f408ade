/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Answers of other servers, kept for as long as they say but no longer than EK_DNS_CACHE_TTL.
 * Bounded in number and bytes; who was not asked for the longest time goes first.
 */

#include <ekube/buf.h>
#include <ekube/vec.h>

#include "dns.h"

enum {
	EK_DNS_CACHE_TTL = 30,          /* seconds */
	EK_DNS_CACHE_ENTRIES = 1024,
	EK_DNS_CACHE_BYTES = 512 << 10,
	EK_DNS_CACHE_ANSWER = 4096,     /* a larger one is not kept */
	EK_DNS_KEY_MAX = EK_DNS_TEXT_MAX + 16,
};

struct ek_dns_cache {
	struct ek_map  entries; /* key -> struct dns_cached */
	struct ek_list lru;     /* oldest first */
	size_t         bytes;
};

void ek_dns_cache_init(struct ek_dns_cache *c);
void ek_dns_cache_done(struct ek_dns_cache *c);

/* What makes two questions the same: name without case, type, and which checks are wanted. */
void ek_dns_key(const struct ek_dns_name *name, uint16_t type, bool dnssec_ok, bool cd,
		char out[EK_DNS_KEY_MAX]);

/* Keep an answer, if it may be: not truncated, positive with a TTL or negative with an SOA. */
void ek_dns_cache_put(struct ek_dns_cache *c, const char *key, const struct ek_dns_msg *answer, int64_t now_ms);

/* The message as it came and its age in seconds; NULL when there is none or it is too old. Borrowed. */
const struct ek_bytes *ek_dns_cache_get(struct ek_dns_cache *c, const char *key, int64_t now_ms,
					uint32_t *ret_age);
