/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <ekube/file.h>
#include <ekube/str.h>

#include "tarball.h"
#include "store.h"

/*
 *  pool: read, unpack, follow ──► adopt wanted layers ──► commit image after image ──► cb
 */
struct import {
	struct ek_image_import *owner;
	struct ek_images       *images;
	int                     fd;
	char                   *name;
	char                    tmp[64];
	struct ek_tarball       archive;
	struct ek_work          work;
	bool                    cancel; /* read by the pool */
	size_t                  next;   /* image to be committed */
	struct ek_commit        commit;
	EK_VEC(char *)          held;
	char                  **names;
	int                     rc;
	struct ek_err           err;
};

static int run_import(struct ek_work *w)
{
	struct import *im = ek_container_of(w, struct import, work);
	EK_CLOSE int dir = -1;
	int rc;

	if (mkdirat(im->images->dir, EK_F("tmp/%s", im->tmp), 0700) < 0)
		return ek_fail_errno(&im->err, "make tmp/%s", im->tmp);
	dir = openat(im->images->dir, EK_F("tmp/%s", im->tmp), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return ek_fail_errno(&im->err, "open tmp/%s", im->tmp);
	im->archive.dir = dir;
	im->archive.cancel = &im->cancel;
	rc = ek_tarball_read(&im->archive, im->fd, im->name, &im->err);
	if (rc == 0 && syncfs(dir) < 0) /* before any layer gets its name */
		rc = ek_fail_errno(&im->err, "write the layers to the disk");
	return rc;
}

static void finish(struct import *im)
{
	struct ek_image_import *owner = im->owner;

	for (size_t i = 0; i < im->held.n; i++) {
		ek_images_release(im->images, im->held.items[i]);
		free(im->held.items[i]);
	}
	ek_vec_done(&im->held);
	ek_tarball_done(&im->archive);
	im->images->ops--;
	ek_images_discard(im->images, im->tmp);
	ek_closep(&im->fd);
	free(im->name);
	owner->impl = NULL;
	owner->cb(owner, im->rc, im->names, &im->err);
	ek_list_free(im->names);
	free(im);
}

static void commit_next(struct import *im);

static void on_commit(struct ek_commit *c, int rc, const struct ek_image *image)
{
	struct import *im = ek_container_of(c, struct import, commit);

	if (rc < 0) {
		im->rc = rc;
		im->err = c->err;
		finish(im);
		return;
	}
	for (size_t i = 0; image->tags[i]; i++)
		im->names = ek_list_add(im->names, image->tags[i]);
	if (!image->tags[0])
		im->names = ek_list_add(im->names, image->id);
	im->next++;
	commit_next(im);
}

/* The archive's layer under its diff id, held until the end. */
static int adopt(struct import *im, const struct ek_tarball_file *f, struct ek_image *image)
{
	const char *name = ek_digest_hex(f->result.diff_id);
	size_t n = 0;
	int rc;

	if (ek_images_has_layer(im->images, name)) {
		ek_images_hold(im->images, name);
	} else {
		rc = ek_images_adopt_layer(im->images, EK_F("%s/%d", im->tmp, f->layer), name,
					   &im->err);
		if (rc < 0)
			return rc;
	}
	ek_vec_push(&im->held, ek_str_dup(name));
	while (image->layers[n])
		n++;
	image->layers = ek_realloc(image->layers, (n + 2) * sizeof(char *));
	image->layers[n] = ek_str_dup(name);
	image->layers[n + 1] = NULL;
	return 0;
}

static void start_commit(struct import *im, struct ek_tarball_image *from)
{
	struct ek_image *image = ek_image_new(from->id);

	for (size_t i = 0; im->rc == 0 && i < from->layers.n; i++)
		im->rc = adopt(im, from->layers.items[i], image);
	for (size_t i = 0; from->tags[i]; i++)
		image->tags = ek_list_add(image->tags, from->tags[i]);
	for (size_t i = 0; from->digests[i]; i++)
		image->digests = ek_list_add(image->digests, from->digests[i]);
	image->size = from->size + (int64_t)from->manifest_len;
	image->unpacked = from->unpacked;
	if (im->rc < 0) {
		ek_image_free(image);
		finish(im);
		return;
	}
	im->commit = (struct ek_commit){ .cb = on_commit,
					 .images = im->images,
					 .image = image,
					 .config = ek_steal(from->config),
					 .config_len = from->config_len,
					 .manifest = ek_steal(from->manifest),
					 .manifest_len = from->manifest_len };
	ek_image_digest_copy(im->commit.manifest_digest, from->manifest_digest);
	ek_commit_start(&im->commit);
}

static void commit_next(struct import *im)
{
	if (im->next < im->archive.images.n && !im->cancel)
		start_commit(im, &im->archive.images.items[im->next]);
	else
		finish(im);
}

static void on_read(struct ek_work *w, int rc)
{
	struct import *im = ek_container_of(w, struct import, work);

	im->rc = im->cancel ? EK_ECANCELLED : rc;
	if (im->cancel)
		(void)ek_fail(&im->err, EK_ECANCELLED, "cancelled");
	if (im->rc < 0)
		finish(im);
	else
		commit_next(im);
}

int ek_images_import(struct ek_images *s, struct ek_image_import *i, int take_fd, const char *name,
		     struct ek_err *err)
{
	EK_CLOSE int fd = take_fd;
	struct ek_image_ref ref;
	struct import *im;

	if (name && ek_image_ref_parse(name, &ref, err) < 0)
		return EK_EINVALID;
	im = ek_new(struct import);
	im->owner = i;
	im->images = s;
	im->fd = ek_steal_fd(fd);
	im->name = ek_str_dup(name);
	im->names = ek_calloc(1, sizeof(char *));
	ek_images_tmp_name(s, "import", im->tmp);
	im->work = (struct ek_work){ .run = run_import, .done = on_read };
	i->impl = im;
	s->ops++;
	ek_work_start(s->loop, &im->work);
	return 0;
}

void ek_image_import_cancel(struct ek_image_import *i)
{
	if (i->impl)
		__atomic_store_n(&i->impl->cancel, true, __ATOMIC_RELAXED);
}
