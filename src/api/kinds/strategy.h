/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A kind's own behaviour beyond its table: a few small hooks, every one of them optional. The registry
 * calls them on a private copy of the object that was already decoded by the kind's table.
 *
 *	create:  table defaults ─► default_ ─► admission ─► prepare_create ─► validate(obj, NULL)
 *	update:  table defaults ─► default_ ─► admission ─► prepare_update ─► validate(obj, old)
 *
 * As upstream: admission sees the complete object, and what prepare derives (a pod's QoS class) sees what
 * admission has completed.
 *
 * Hooks are pure: they look at their arguments and nothing else. What needs other objects (allocating an
 * address, checking a namespace) is admission's.
 */

#include <ekube/schema.h>

struct ek_strategy {
	const struct ek_kind *kind;
	ek_name_check         name_check;       /* NULL: dns1123 subdomain */
	bool                  allow_create_on_update; /* PUT to a missing name creates (Lease, Endpoints, Event...) */
	bool                  unconditional_update;   /* PUT without resourceVersion is allowed */
	int64_t               default_grace_s;  /* graceful deletion; 0: none */
	bool                  has_status;       /* a status subresource: status writes on the main path are dropped,
						   generation counts changes of spec */

	/* Clear what a client may not set on create (status), set what the server does. */
	void (*prepare_create)(struct ek_json *obj);
	void (*prepare_update)(struct ek_json *obj, const struct ek_json *old);
	/* NULL: all but status is kept from old. */
	void (*prepare_status)(struct ek_json *obj, const struct ek_json *old);
	/* Conditional defaults (k8s.io/kubernetes/pkg/apis/<group>/<version>/defaults.go). */
	void (*default_)(struct ek_json *obj);
	/* Everything the table cannot say. old is NULL on create. */
	void (*validate)(const struct ek_json *obj, const struct ek_json *old, struct ek_causes *causes);
	void (*validate_status)(const struct ek_json *obj, const struct ek_json *old, struct ek_causes *causes);
	/* The same through pods/ephemeralcontainers, instead of validate. */
	void (*validate_ephemeral)(const struct ek_json *obj, const struct ek_json *old, struct ek_causes *causes);
	/* Warnings for the client (deprecated fields, duplicate env names); appended to an array of strings. */
	void (*warn)(const struct ek_json *obj, const struct ek_json *old, struct ek_json *warnings);
	/*
	 * Graceful deletion: how many seconds, given what was asked (-1: not given); 0 deletes at once.
	 * NULL: default_grace_s or what was asked.
	 */
	int64_t (*grace)(const struct ek_json *obj, int64_t asked_s);
};

/* One row a kind; a kind without a row has no behaviour of its own. NULL when there is none. */
const struct ek_strategy *ek_strategy_of(const struct ek_kind *kind);

/* Defined beside their kinds, listed in kinds/strategies.c. */
