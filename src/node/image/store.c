/* SPDX-License-Identifier: Apache-2.0 */
#include "store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <ekube/clock.h>
#include <ekube/file.h>
#include <ekube/json.h>
#include <ekube/log.h>
#include <ekube/str.h>

#include "registries.h"

enum { ID_PREFIX_MIN = 6 };

static const char *const folders[] = { "blobs", "layers", "l", "tmp", "trash" };

/* ---- add, find, remove ---- */

size_t ek_images_count(const struct ek_images *s)
{
	return s->images.n;
}

const struct ek_image *ek_images_at(const struct ek_images *s, size_t i)
{
	EK_ASSERT(i < s->images.n);
	return s->images.items[i];
}

void ek_images_set_observer(struct ek_images *s, void (*changed)(void *arg), void *arg)
{
	s->changed = changed;
	s->changed_arg = arg;
}

static struct ek_image *find_id(const struct ek_images *s, const char *name)
{
	const char *hex = ek_str_starts(name, "sha256:") ? name + 7 : name;
	size_t n = strlen(hex);
	struct ek_image *found = NULL;

	if (n < ID_PREFIX_MIN || n > 64 || strspn(hex, "0123456789abcdef") != n)
		return NULL;
	for (size_t i = 0; i < s->images.n; i++) {
		if (strncmp(ek_digest_hex(s->images.items[i]->id), hex, n) != 0)
			continue;
		if (found)
			return NULL; /* of two images */
		found = s->images.items[i];
	}
	return found;
}

static struct ek_image *find_ref(const struct ek_images *s, const char *name,
				 char whole[EK_IMAGE_REF_SIZE])
{
	struct ek_image_ref ref;

	if (ek_image_ref_parse(name, &ref, NULL) < 0)
		return NULL;
	ek_image_ref_format(&ref, whole);
	for (size_t i = 0; i < s->images.n; i++) {
		struct ek_image *image = s->images.items[i];
		char **list = ref.digest[0] ? image->digests : image->tags;

		if (list[ek_list_find(list, whole)])
			return image;
	}
	return NULL;
}

const struct ek_image *ek_images_find(const struct ek_images *s, const char *name)
{
	char whole[EK_IMAGE_REF_SIZE];
	const struct ek_image *image = find_ref(s, name, whole);

	return image ? image : find_id(s, name);
}

static void take_tag_from_others(struct ek_images *s, const struct ek_image *keep, const char *tag)
{
	for (size_t i = 0; i < s->images.n; i++)
		if (s->images.items[i] != keep)
			(void)ek_list_remove(s->images.items[i]->tags, tag);
}

const struct ek_image *ek_images_add(struct ek_images *s, struct ek_image *take_image)
{
	struct ek_image *image = find_id(s, take_image->id);

	if (!image) {
		image = take_image;
		ek_images_count_refs(s, image, 1);
		ek_vec_push(&s->images, image);
	}
	for (size_t i = 0; take_image->tags[i]; i++) {
		take_tag_from_others(s, image, take_image->tags[i]);
		image->tags = ek_list_add(image->tags, take_image->tags[i]);
	}
	for (size_t i = 0; take_image->digests[i]; i++)
		image->digests = ek_list_add(image->digests, take_image->digests[i]);
	image->pulled_us = ek_clock_wall_us();
	if (image != take_image)
		ek_image_free(take_image);
	return image;
}

static void forget_image(struct ek_images *s, struct ek_image *image)
{
	size_t i = 0;

	while (s->images.items[i] != image)
		i++;
	ek_vec_remove(&s->images, i);
	ek_images_count_refs(s, image, -1);
	ek_image_free(image);
}

/* What the index on the disk does not name any more may go now, not before. */
static void on_removed(struct ek_images_saved *w, int rc, const struct ek_err *err);

struct removal {
	struct ek_images_saved  saved;
	struct ek_image_remove *owner;
};

static void on_removed(struct ek_images_saved *w, int rc, const struct ek_err *err)
{
	struct removal *removal = ek_container_of(w, struct removal, saved);
	struct ek_image_remove *r = removal->owner;

	free(removal);
	r->images->ops--;
	if (rc == 0)
		ek_images_sweep(r->images);
	r->cb(r, rc, err);
}

static void on_not_found(struct ek_defer *d)
{
	struct ek_image_remove *r = ek_container_of(d, struct ek_image_remove, defer);

	r->images->ops--;
	r->cb(r, EK_ENOTFOUND, &r->err);
}

void ek_images_remove(struct ek_images *s, struct ek_image_remove *r, const char *name)
{
	char whole[EK_IMAGE_REF_SIZE] = "";
	struct ek_image *image = find_ref(s, name, whole);
	struct removal *removal;

	s->ops++;
	r->images = s;
	if (!image) {
		whole[0] = '\0';
		image = find_id(s, name);
	}
	if (!image) {
		(void)ek_fail(&r->err, EK_ENOTFOUND, "no such image: %.300s", name);
		r->defer = (struct ek_defer){ 0 };
		ek_defer(s->loop, &r->defer, on_not_found);
		return;
	}
	if (whole[0] && ek_list_remove(image->tags, whole))
		whole[0] = image->tags[0] ? 'x' : '\0'; /* others name it still */
	else
		whole[0] = '\0';
	if (!whole[0])
		forget_image(s, image);
	removal = ek_new(struct removal);
	removal->owner = r;
	removal->saved.cb = on_removed;
	ek_images_save(s, &removal->saved);
}

int ek_images_config(const struct ek_images *s, const struct ek_image *image,
		     struct ek_image_config *ret, struct ek_err *err)
{
	EK_FREE char *path = ek_str_fmt("blobs/%s", ek_digest_hex(image->id));
	EK_FREE char *text = NULL;
	EK_JSON struct ek_json *v = NULL;
	size_t n = 0;
	int rc = ek_file_read(s->dir, path, EK_IMAGE_JSON_MAX, &text, &n, err);

	if (rc == 0)
		rc = ek_json_parse(text, n, EK_IMAGE_JSON_MAX, &v, NULL, err);
	return rc < 0 ? rc : ek_image_config_parse(v, ret, err);
}

/* ---- open ---- */

static int open_folders(struct ek_images *s, struct ek_err *err)
{
	int rc = ek_dir_make(AT_FDCWD, s->path, 0700, err);

	if (rc < 0)
		return rc;
	s->dir = open(s->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (s->dir < 0)
		return ek_fail_errno(err, "open %s", s->path);
	for (size_t i = 0; i < EK_ARRAY_LEN(folders); i++)
		if (mkdirat(s->dir, folders[i], 0700) < 0 && errno != EEXIST)
			return ek_fail_errno(err, "make %s/%s", s->path, folders[i]);
	return 0;
}

int ek_images_open(struct ek_loop *loop, const char *dir, struct ek_images **ret,
		   struct ek_err *err)
{
	struct ek_images *s = ek_new(struct ek_images);
	int rc;

	s->loop = loop;
	s->path = ek_str_dup(dir);
	s->dir = -1;
	ek_list_init(&s->save_now);
	ek_list_init(&s->save_next);
	ek_list_init(&s->layer_jobs);
	rc = open_folders(s, err);
	if (rc == 0) {
		ek_images_learn(s);
		rc = ek_images_read_index(s, err);
	}
	if (rc < 0) {
		ek_images_close(s);
		return rc;
	}
	ek_images_sweep(s);
	*ret = s;
	return 0;
}

void ek_images_close(struct ek_images *s)
{
	static const bool never;

	EK_ASSERT(s->ops == 0);
	while (s->sweeping || s->saving || s->n_jobs)
		(void)ek_loop_until(s->loop, &never, 1);
	for (size_t i = 0; i < s->images.n; i++)
		ek_image_free(s->images.items[i]);
	ek_vec_done(&s->images);
	for (struct ek_map_entry *e = NULL; (e = ek_map_next(&s->layers, e));)
		free(e->value);
	ek_map_done(&s->layers);
	ek_registries_free(s->registries);
	ek_closep(&s->dir);
	free(s->path);
	free(s);
}
