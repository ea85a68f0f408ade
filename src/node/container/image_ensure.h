/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The image of one container: found, or pulled, with the events and the back-off that a kubelet has.
 */

#include "node_impl.h"

struct ek_image_ensure {
	/* Once, possibly before start returns. rc 0: ek_images_find() has it. Else reason and message say why not. */
	void (*done)(struct ek_image_ensure *e, int rc);
	const char *reason;     /* "ErrImagePull", "ImagePullBackOff", ... */
	char       *message;
	int64_t     retry_ms;   /* how long to wait before another try */
	/* private */
	struct ek_slot      *slot;
	char                *image;
	struct ek_image_pull pull;
	bool                 pulling;
	int64_t              began_ms;
	EK_VEC(struct ek_json *) secrets;
};

void ek_image_ensure_start(struct ek_image_ensure *e, struct ek_slot *slot, const struct ek_json *container,
			   void (*done)(struct ek_image_ensure *e, int rc));
void ek_image_ensure_cancel(struct ek_image_ensure *e); /* done comes soon, with EK_ECANCELLED */
void ek_image_ensure_done(struct ek_image_ensure *e);

/* What statuses call it: a tag that matches the pod's word for it, a digest of that repository. Malloc'd. */
char *ek_image_display(const struct ek_image *image, const char *wanted);
char *ek_image_display_id(const struct ek_image *image, const char *wanted);
