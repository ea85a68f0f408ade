/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What `ekube image` asks for, done on an image store: by the server that owns the store, on behalf of
 * the command, or by the command itself when no server runs.
 */

#include <ekube/json.h>
#include <ekube/loop.h>

struct ek_images;

struct image_op {
	/* Lines on the way: {"image":...} of ls, {"progress":...} of pull. Borrowed. */
	void (*line)(struct image_op *op, const struct ek_json *line);
	/* Once: {"done":true,"names":[..]} or {"error":".."}. The op may be freed in it. */
	void (*done)(struct image_op *op, const struct ek_json *last);
	/* private */
	void *impl;
};

/*
 * request: {"do":"ls"} {"do":"rm","name":..} {"do":"pull","name":..} {"do":"import","name":..}; take_fd is
 * the archive of import, else -1. Bad requests end through `done` too.
 */
void image_op_start(struct image_op *op, struct ek_images *images, const struct ek_json *request, int take_fd);
/* `done` comes soon. What is being written to the disk comes to its end. */
void image_op_cancel(struct image_op *op);
