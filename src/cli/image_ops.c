/* SPDX-License-Identifier: Apache-2.0 */
#include "image_ops.h"

#include <ekube/images.h>
#include <ekube/str.h>
#include <stdlib.h>
#include <unistd.h>

struct impl {
	struct image_op       *op;
	struct ek_image_pull   pull;
	struct ek_image_import import;
	struct ek_image_remove remove;
};

static void end(struct impl *im, struct ek_json *take_last)
{
	struct image_op *op = im->op;

	free(im);
	op->impl = NULL;
	op->done(op, take_last);
	ek_json_unref(take_last);
}

static void end_error(struct impl *im, const char *message)
{
	end(im, ek_json_make("{'error':%s}", message));
}

static void end_names(struct impl *im, char *const *names)
{
	EK_JSON struct ek_json *list = ek_json_array();

	for (; names && *names; names++)
		ek_json_append(list, ek_json_new_str(*names));
	end(im, ek_json_make("{'done':true,'names':%v}", list));
}

static struct ek_json *strings(char *const *list)
{
	struct ek_json *a = ek_json_array();

	for (; list && *list; list++)
		ek_json_append(a, ek_json_new_str(*list));
	return a;
}

static void list_images(struct impl *im, struct ek_images *images)
{
	for (size_t i = 0; i < ek_images_count(images); i++) {
		const struct ek_image *image = ek_images_at(images, i);
		EK_JSON struct ek_json *tags = strings(image->tags),
				       *digests = strings(image->digests);
		EK_JSON struct ek_json *line =
			ek_json_make("{'image':{'id':%s,'tags':%v,'digests':%v,'size':%D}}",
				     image->id, tags, digests, image->size);

		im->op->line(im->op, line);
	}
	end_names(im, NULL);
}

static void on_removed(struct ek_image_remove *r, int rc, const struct ek_err *err)
{
	struct impl *im = ek_container_of(r, struct impl, remove);

	if (rc < 0)
		end_error(im, err->msg);
	else
		end_names(im, NULL);
}

static void on_imported(struct ek_image_import *i, int rc, char *const *names,
			const struct ek_err *err)
{
	struct impl *im = ek_container_of(i, struct impl, import);

	if (rc < 0)
		end_error(im, err->msg);
	else
		end_names(im, names);
}

static void on_progress(struct ek_image_pull *p, const struct ek_image_progress *now)
{
	struct impl *im = ek_container_of(p, struct impl, pull);
	EK_JSON struct ek_json *line =
		ek_json_make("{'progress':{'layers':%d,'layersDone':%d,'bytes':%D,'bytesDone':%D}}",
			     (int)now->layers, (int)now->layers_done, now->bytes, now->bytes_done);

	im->op->line(im->op, line);
}

static void on_pulled(struct ek_image_pull *p, int rc, const struct ek_image *image,
		      const struct ek_err *err)
{
	struct impl *im = ek_container_of(p, struct impl, pull);
	char *names[] = { rc < 0 ? NULL : image->id, NULL };

	if (rc < 0)
		end_error(im, err->msg);
	else
		end_names(im, names);
}

void image_op_start(struct image_op *op, struct ek_images *images, const struct ek_json *request,
		    int take_fd)
{
	const char *what = ek_json_str_at(request, "do"), *name = ek_json_str_at(request, "name");
	struct impl *im = ek_new(struct impl);
	struct ek_err err;

	im->op = op;
	op->impl = im;
	if (!ek_streq(what, "import") && take_fd >= 0)
		(void)close(take_fd);
	if (ek_streq(what, "ls")) {
		list_images(im, images);
	} else if (ek_streq(what, "rm") && name) {
		im->remove.cb = on_removed;
		ek_images_remove(images, &im->remove, name);
	} else if (ek_streq(what, "pull") && name) {
		im->pull.cb = on_pulled;
		im->pull.on_progress = on_progress;
		if (ek_images_pull(images, &im->pull, name, NULL, 0, &err) < 0)
			end_error(im, err.msg);
	} else if (ek_streq(what, "import") && take_fd >= 0) {
		im->import.cb = on_imported;
		if (ek_images_import(images, &im->import, take_fd, name, &err) < 0)
			end_error(im, err.msg);
	} else {
		end_error(
			im,
			"not a request that this server knows; is it of the same version as this command?");
	}
}

void image_op_cancel(struct image_op *op)
{
	struct impl *im = op->impl;

	if (!im)
		return;
	/* of these at most one runs; the others have nothing to cancel */
	ek_image_pull_cancel(&im->pull);
	ek_image_import_cancel(&im->import);
}
