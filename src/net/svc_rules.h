/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What nf_tables has to say for one Service: elements of a few sets, and the chains they lead to.
 * Pure: Service and endpoints in, a sorted list of elements out. The difference of two lists is
 * what has to be told to the kernel.
 *
 *	svc     { proto . address . port : goto chain }     0.0.0.0: any address of the node (NodePort)
 *	ep      { proto . address . port . n : ip . port }  the nth endpoint
 *	ep_local  the same, of this node's endpoints only
 *	known   { proto . address . port . ip . port }      endpoints that a sticky client may keep
 *	refused { proto . address . port : goto reject | drop }
 *
 * A chain is made for each number of endpoints, not for each Service: it draws n and looks up
 * the address in `ep`. A Service that gains an endpoint changes one element of svc and one of ep.
 */

#include "svc.h"

enum ek_svc_set { EK_SET_SVC, EK_SET_EP, EK_SET_EP_LOCAL, EK_SET_KNOWN, EK_SET_REFUSED, EK_SET_N };

enum ek_svc_chain_kind {
	EK_CHAIN_INNER,  /* a cluster address */
	EK_CHAIN_OUTER,  /* an outer address or NodePort: all endpoints, source rewritten */
	EK_CHAIN_LOCAL,  /* the same with externalTrafficPolicy Local: from outside, local ones as they are */
	EK_CHAIN_REJECT, /* nobody there: say so */
	EK_CHAIN_DROP,   /* somebody, but not for you: silence */
};

/* Which chain; equal fields, same chain. */
struct ek_svc_chain {
	uint8_t  kind;    /* enum ek_svc_chain_kind */
	uint8_t  any;     /* looks up 0.0.0.0 instead of the packet's destination */
	uint16_t n;       /* endpoints in ep */
	uint16_t n_local; /* EK_CHAIN_LOCAL: endpoints in ep_local */
	uint32_t sticky;  /* seconds */
};

enum { EK_SVC_KEY_MAX = 20, EK_SVC_CHAIN_NAME_MAX = 64 };

struct ek_svc_elem {
	uint8_t set; /* enum ek_svc_set */
	uint8_t key[EK_SVC_KEY_MAX]; /* zeros behind its length */
	union {
		uint8_t data[8];           /* EP, EP_LOCAL */
		struct ek_svc_chain chain; /* SVC, REFUSED */
	};
};

struct ek_svc_elems {
	struct ek_svc_elem *items; /* sorted by set and key, no two alike */
	size_t n, cap;
};

struct ek_svc_env {
	const struct ek_ip *own; /* Services on these addresses are none of the kernel's business */
	size_t n_own;
	/* Whether this Service may have the address and port (0.0.0.0 for a NodePort); NULL: it may. */
	bool (*claim)(void *arg, const struct ek_svc *svc, const uint8_t key[12]);
	void *arg;
};

/*
 * `was` (may be empty) is the Service's present list: an endpoint keeps its n where it can, so
 * that one of many that comes or goes changes few elements. svc NULL or not proxied: an empty list.
 */
void ek_svc_rules(const struct ek_svc_env *env, const struct ek_svc *svc, const struct ek_svc_elems *was,
		  struct ek_svc_elems *ret);
void ek_svc_elems_done(struct ek_svc_elems *e);

size_t ek_svc_key_n(enum ek_svc_set set);
bool   ek_svc_set_leads(enum ek_svc_set set); /* its data is a chain */
void   ek_svc_chain_name(const struct ek_svc_chain *c, char out[EK_SVC_CHAIN_NAME_MAX]);

/* Walk what is only in `was` (del) and only in `now` (add); changed data is both. */
void ek_svc_elems_diff(const struct ek_svc_elems *was, const struct ek_svc_elems *now,
		       void (*fn)(void *arg, bool del, const struct ek_svc_elem *e), void *arg);
