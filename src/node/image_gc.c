/* SPDX-License-Identifier: Apache-2.0 */
#include "image_gc.h"

#include <stdlib.h>
#include <sys/statvfs.h>

#include <ekube/clock.h>
#include <ekube/images.h>
#include <ekube/log.h>

#include "container/container.h"

enum {
	PERIOD_MS = 5 * 60 * 1000,
	HIGH_PERCENT = 85,
	LOW_PERCENT = 80,
	AGE_LEAST_S = 120,
	IMAGES_MAX = 50,
	NAMES_MAX = 5
};

struct ek_image_gc {
	struct ek_node        *node;
	struct ek_timer        timer;
	struct ek_image_remove remove;
	bool                   removing;
};

/* ---- the Node object ---- */

static void add_names(struct ek_json *names, char *const *list)
{
	for (; *list && ek_json_len(names) < NAMES_MAX; list++)
		ek_json_append(names, ek_json_new_str(*list));
}

static int by_size(const void *a, const void *b)
{
	const struct ek_image *const *x = a, *const *y = b;

	return (*x)->size < (*y)->size ? 1 : -((*x)->size > (*y)->size);
}

void ek_image_gc_tell(struct ek_node *n)
{
	struct ek_json *list;
	EK_VEC(const struct ek_image *) images = { 0 };

	if (!n->status)
		return;
	list = ek_json_array();
	for (size_t i = 0; i < ek_images_count(n->images); i++)
		ek_vec_push(&images, ek_images_at(n->images, i));
	if (images.n > 1)
		qsort(images.items, images.n, sizeof(*images.items), by_size);
	for (size_t i = 0; i < images.n && i < IMAGES_MAX; i++) {
		EK_JSON struct ek_json *names = ek_json_array();

		add_names(names, images.items[i]->digests);
		add_names(names, images.items[i]->tags);
		ek_json_append(list, ek_json_make("{'names':%v,'sizeBytes':%D}", names, images.items[i]->size));
	}
	ek_vec_done(&images);
	ek_node_status_set_images(n->status, list);
}

static void on_images_changed(void *arg)
{
	ek_image_gc_tell(arg);
}

/* ---- garbage ---- */

int64_t ek_image_gc_excess(int64_t size, int64_t available)
{
	if (size <= 0 || 100 - available * 100 / size < HIGH_PERCENT)
		return 0;
	return EK_MAX(size / 100 * (100 - LOW_PERCENT) - available, (int64_t)0);
}

static bool has_image(const struct ek_ctr *c, const struct ek_image *image)
{
	return c && ek_streq(c->image_key, image->id);
}

static bool is_used(const struct ek_node *n, const struct ek_image *image)
{
	for (struct ek_map_entry *e = NULL; (e = ek_map_next(&n->pods, e));) {
		const struct ek_pod *p = e->value;

		for (size_t i = 0; i < p->slots.n; i++) {
			const struct ek_slot *s = p->slots.items[i];
			const char *wanted = ek_json_str_at(ek_slot_spec(s), "image");

			if (has_image(s->cur, image) || has_image(s->before, image) ||
			    (!p->ended && wanted && ek_images_find(n->images, wanted) == image))
				return true;
		}
	}
	return false;
}

static const struct ek_image *oldest_unused(const struct ek_node *n)
{
	const struct ek_image *found = NULL;
	int64_t young_us = ek_clock_wall_us() - AGE_LEAST_S * (int64_t)1000000;

	for (size_t i = 0; i < ek_images_count(n->images); i++) {
		const struct ek_image *image = ek_images_at(n->images, i);

		if (image->pulled_us <= young_us &&
		    (!found || image->pulled_us < found->pulled_us) && !is_used(n, image))
			found = image;
	}
	return found;
}

static int64_t excess(const struct ek_node *n)
{
	struct statvfs v;

	if (statvfs(n->data_dir, &v) < 0)
		return 0;
	return ek_image_gc_excess((int64_t)v.f_blocks * (int64_t)v.f_frsize,
				  (int64_t)v.f_bavail * (int64_t)v.f_frsize);
}

static void collect(struct ek_image_gc *gc);

static void on_removed(struct ek_image_remove *r, int rc, const struct ek_err *err)
{
	struct ek_image_gc *gc = ek_container_of(r, struct ek_image_gc, remove);

	gc->removing = false;
	if (!gc->node) { /* stopped meanwhile */
		free(gc);
		return;
	}
	if (rc < 0)
		ek_warn("an image that nobody uses cannot be removed", "error", err->msg);
	else
		collect(gc);
}

static void collect(struct ek_image_gc *gc)
{
	struct ek_node *n = gc->node;
	int64_t bytes = gc->removing ? 0 : excess(n);
	const struct ek_image *image = bytes > 0 ? oldest_unused(n) : NULL;

	if (bytes == 0)
		return;
	if (!image) {
		ek_warn("the disk is nearly full, and no image is left that could be removed", "missing_bytes", EK_I(bytes));
		return;
	}
	ek_info("image removed for want of space", "image", image->tags[0] ? image->tags[0] : image->id);
	gc->removing = true;
	gc->remove.cb = on_removed;
	ek_images_remove(n->images, &gc->remove, image->id);
}

static void on_time(struct ek_timer *t)
{
	struct ek_image_gc *gc = ek_container_of(t, struct ek_image_gc, timer);

	ek_timer_start(gc->node->loop, &gc->timer, PERIOD_MS, on_time);
	collect(gc);
}

void ek_image_gc_start(struct ek_node *n)
{
	struct ek_image_gc *gc = ek_new(struct ek_image_gc);

	gc->node = n;
	n->image_gc = gc;
	ek_images_set_observer(n->images, on_images_changed, n);
	ek_timer_start(n->loop, &gc->timer, PERIOD_MS, on_time);
}

void ek_image_gc_stop(struct ek_node *n)
{
	struct ek_image_gc *gc = ek_steal(n->image_gc);

	if (!gc)
		return;
	ek_images_set_observer(n->images, NULL, NULL);
	ek_timer_stop(&gc->timer);
	gc->node = NULL;
	if (!gc->removing)
		free(gc);
}
