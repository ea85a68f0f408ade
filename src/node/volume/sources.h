/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The ConfigMaps and Secrets that pods of this node refer to: each is read and watched by name, as long as
 * a pod wants it, once for all pods. Nothing else of their kind is ever asked for.
 */

#include <ekube/client.h>

struct ek_sources;
struct ek_source;

enum ek_source_kind { EK_SOURCE_CONFIGMAP, EK_SOURCE_SECRET };

struct ek_sources *ek_sources_new(struct ek_loop *loop, struct ek_client *client);
void               ek_sources_free(struct ek_sources *s); /* no reference may be left */

/* A reference: embedded in the owner's. */
struct ek_source_ref {
	/* The object became known, changed, or went. Not called from within ek_source_want(). */
	void (*changed)(struct ek_source_ref *r);
	/* private */
	struct ek_source *source;
	struct ek_list    node;
};
void ek_source_want(struct ek_sources *s, struct ek_source_ref *r, enum ek_source_kind kind, const char *ns,
		    const char *name, void (*changed)(struct ek_source_ref *r));
void ek_source_drop(struct ek_source_ref *r); /* harmless when zeroed or dropped */

/* False until the API has answered once; then there is an object, or there is none. */
bool                  ek_source_known(const struct ek_source_ref *r);
const struct ek_json *ek_source_object(const struct ek_source_ref *r); /* borrowed; NULL: no such object */
enum ek_source_kind   ek_source_kind_of(const struct ek_source_ref *r);
const char           *ek_source_name(const struct ek_source_ref *r);
const char           *ek_source_error(const struct ek_source_ref *r); /* why it is not known yet; "" */
