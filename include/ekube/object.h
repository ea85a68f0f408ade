/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A stored API object as it travels through ekube: immutable, counted, and mostly bytes.
 *
 * The encoded form never holds resourceVersion: the revision is only known when the write is.
 * It is spliced in at `rv_at` whenever the object is sent, so that lists and watches copy bytes
 * and parse nothing. A parsed tree is made when somebody asks and dropped by ek_object_slim().
 *
 * The index is what may be asked of an object without parsing it: labels, selectable fields,
 * uid, owners. The store keeps it beside the value, and with every change the index of the state
 * before, so that a selecting watch knows whether an object came into or fell out of sight.
 *
 * Trees are made lazily and without a lock: an object belongs to one thread at a time.
 */

#include <ekube/meta.h>

struct ek_object {
	unsigned         refs;
	int64_t          rev;       /* resourceVersion */
	struct ek_bytes *value;     /* {"kind":..,"apiVersion":..,"metadata":{...},...} without resourceVersion */
	struct ek_bytes *index;
	uint32_t         body_at;   /* just behind "kind" and "apiVersion" and their comma */
	uint32_t         rv_at;     /* just behind "metadata":{ */
	struct ek_json  *tree;      /* lazily; with metadata.resourceVersion set */
};

/*
 * No object is larger than what a request may be; growth by many patches ends here. Whoever
 * writes checks value->len and answers EK_ETOOLARGE: making one never fails.
 */
enum { EK_OBJECT_MAX_BYTES = EK_JSON_MAX_BYTES };

/* From a tree: kind and apiVersion are put first, metadata third, resourceVersion left out. */
struct ek_object *ek_object_new(const struct ek_json *tree, int64_t rev, const char *const *selectable_fields);
/* From what the store holds. Takes its own references. EK_EINTERNAL when the bytes are not an object of ours. */
int ek_object_from_stored(struct ek_bytes *value, struct ek_bytes *index, int64_t rev,
			  struct ek_object **ret, struct ek_err *err);
struct ek_object *ek_object_ref(struct ek_object *o);
void              ek_object_unref(struct ek_object *o);
void              ek_object_unrefp(struct ek_object **o);
#define EK_OBJECT EK_CLEANUP(ek_object_unrefp)

/* It was written and has this revision from now on. */
void              ek_object_written(struct ek_object *o, int64_t rev);
/* The same bytes and, while both have it, the same tree: for who drops trees when he likes. */
struct ek_object *ek_object_twin(const struct ek_object *o);

/*
 * The same object without anything but kind, apiVersion and of its metadata what caches are kept for: name,
 * namespace, uid, generation, labels, ownerReferences, finalizers and what tells of a deletion.
 */
struct ek_object *ek_object_metadata(const struct ek_object *o);

/* The parsed tree, borrowed from the object; never NULL. */
const struct ek_json *ek_object_tree(struct ek_object *o);
void                  ek_object_slim(struct ek_object *o); /* drop the tree: nobody may hold a borrowed part */

/* Append the JSON with the resourceVersion in its place. In lists of built-in kinds items carry no kind. */
int ek_object_write(const struct ek_object *o, struct ek_buf *out);
int ek_object_write_item(const struct ek_object *o, struct ek_buf *out);

/*
 * ---- the index, readable without the object ----
 *
 * selectable_fields is a NULL-terminated list (NULL: none) of fields beyond metadata.name and
 * metadata.namespace, which are always there. A row is the field's name; behind "<" where it is
 * read when that is elsewhere, alternatives split by "|"; behind "=" its value when absent:
 *	"status.phase"  "spec.unschedulable=false"  "status.successful<status.succeeded=0"
 *
 * Readers check every length: bytes that are not an index answer as an empty one.
 */
struct ek_bytes *ek_index_new(const struct ek_json *tree, const char *const *selectable_fields);
const char *ek_index_label(const struct ek_bytes *ix, const char *key); /* NULL when absent */
const char *ek_index_field(const struct ek_bytes *ix, const char *path); /* "" for an empty field, NULL unknown */
const char *ek_index_uid(const struct ek_bytes *ix);
/* Owner uids, one a call: start with *pos = 0; NULL at the end. */
const char *ek_index_owner(const struct ek_bytes *ix, size_t *pos);
/* Both selectors (either may be NULL) against an index. */
bool ek_index_match(const struct ek_bytes *ix, const struct ek_selector *labels,
		    const struct ek_field_selector *fields);
