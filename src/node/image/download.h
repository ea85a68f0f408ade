/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Getting one layer: download, check, unpack, name. There is one job for a layer, however many pulls
 * wait for it; it ends with the last of them.
 *
 *	QUEUED ──► (hash what a former try left) ──► DOWNLOADING ──► UNPACKING ──► in the store
 *	               ▲            └── broken: again from there, with Range, after a while
 */

#include "registry.h"
#include "store.h"

struct ek_layer_job;

/* One who waits. */
struct ek_layer_wait {
	/* rc 0: the layer is in the store, and held for this waiter. Once; not from within join. */
	void (*cb)(struct ek_layer_wait *w, int rc, const struct ek_err *err);
	void (*on_bytes)(struct ek_layer_wait *w, int64_t n); /* n more were downloaded; may be NULL */
	/* private */
	struct ek_list       node;
	struct ek_layer_job *job;
};

/*
 * Wait for the layer with this diff id; when nobody is at it, begin: ask r for the blob. The layer is not
 * in the store.
 */
void ek_layer_join(struct ek_images *s, struct ek_layer_wait *w, const char *diff_id,
		   const struct ek_image_descriptor *blob, struct ek_image_source *r);
void ek_layer_leave(struct ek_layer_wait *w); /* no cb; harmless when over */
