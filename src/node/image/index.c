/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <ekube/file.h>
#include <ekube/json.h>
#include <ekube/log.h>
#include <ekube/str.h>

#include "store.h"

enum { INDEX_MAX = 16 << 20, IMAGES_MAX = 10000 };

/* ---- images ---- */

void ek_list_free(char **list)
{
	for (size_t i = 0; list && list[i]; i++)
		free(list[i]);
	free(list);
}

size_t ek_list_find(char *const *list, const char *s)
{
	size_t i = 0;

	while (list[i] && strcmp(list[i], s) != 0)
		i++;
	return i;
}

char **ek_list_add(char **list, const char *s)
{
	size_t i = list ? ek_list_find(list, s) : 0;

	if (list && list[i])
		return list;
	list = ek_realloc(list, (i + 2) * sizeof(char *));
	list[i] = ek_str_dup(s);
	list[i + 1] = NULL;
	return list;
}

bool ek_list_remove(char **list, const char *s)
{
	size_t i = ek_list_find(list, s);

	if (!list[i])
		return false;
	free(list[i]);
	for (; list[i]; i++)
		list[i] = list[i + 1];
	return true;
}

static char **list_new(void)
{
	return ek_calloc(1, sizeof(char *));
}

struct ek_image *ek_image_new(const char *id)
{
	struct ek_image *image = ek_new(struct ek_image);

	image->id = ek_str_dup(id);
	image->tags = list_new();
	image->digests = list_new();
	image->layers = list_new();
	return image;
}

void ek_image_free(struct ek_image *image)
{
	if (!image)
		return;
	free(image->id);
	ek_list_free(image->tags);
	ek_list_free(image->digests);
	ek_list_free(image->layers);
	free(image);
}

/* Layers may repeat in an image (an empty one, say): no set here. */
static void push_layer(struct ek_image *image, const char *name)
{
	size_t n = 0;

	while (image->layers[n])
		n++;
	image->layers = ek_realloc(image->layers, (n + 2) * sizeof(char *));
	image->layers[n] = ek_str_dup(name);
	image->layers[n + 1] = NULL;
}

/* ---- the index, as text ---- */

static struct ek_json *list_to_json(char *const *list)
{
	struct ek_json *v = ek_json_array();

	for (size_t i = 0; list[i]; i++)
		ek_json_append(v, ek_json_new_str(list[i]));
	return v;
}

static struct ek_json *image_to_json(const struct ek_image *image)
{
	struct ek_json *v = ek_json_object();

	ek_json_set_str(v, "id", image->id);
	ek_json_set(v, "tags", list_to_json(image->tags));
	ek_json_set(v, "digests", list_to_json(image->digests));
	ek_json_set(v, "layers", list_to_json(image->layers));
	ek_json_set_int(v, "size", image->size);
	ek_json_set_int(v, "unpacked", image->unpacked);
	ek_json_set_int(v, "pulled", image->pulled_us);
	return v;
}

static char *index_text(const struct ek_images *s)
{
	EK_BUF struct ek_buf b = EK_BUF_INIT(INDEX_MAX);
	EK_JSON struct ek_json *index = ek_json_make("{'version':1}");
	struct ek_json *images = ek_json_array();

	for (size_t i = 0; i < s->images.n; i++)
		ek_json_append(images, image_to_json(s->images.items[i]));
	ek_json_set(index, "images", images);
	if (ek_json_write(index, &b) < 0)
		return NULL;
	return ek_buf_steal(&b);
}

static bool read_layers(struct ek_images *s, struct ek_image *image, const struct ek_json *names)
{
	for (struct ek_json_iter it = ek_json_iter(names); ek_json_next(&it);) {
		const char *name = ek_json_str(it.value);

		if (!name || !ek_images_has_layer(s, name))
			return false;
		push_layer(image, name);
	}
	return true;
}

static char **read_names(char **list, const struct ek_json *names)
{
	for (struct ek_json_iter it = ek_json_iter(names); ek_json_next(&it);)
		if (ek_json_str(it.value))
			list = ek_list_add(list, ek_json_str(it.value));
	return list;
}

static void read_image(struct ek_images *s, const struct ek_json *v)
{
	const char *id = ek_json_str_at(v, "id");
	struct ek_image *image;

	if (!ek_image_is_digest(id))
		return;
	image = ek_image_new(id);
	image->tags = read_names(image->tags, ek_json_get(v, "tags"));
	image->digests = read_names(image->digests, ek_json_get(v, "digests"));
	image->size = ek_json_int_at(v, "size", 0);
	image->unpacked = ek_json_int_at(v, "unpacked", 0);
	image->pulled_us = ek_json_int_at(v, "pulled", 0);
	if (!read_layers(s, image, ek_json_get(v, "layers")) ||
	    faccessat(s->dir, EK_F("blobs/%s", ek_digest_hex(id)), R_OK, 0) < 0) {
		ek_warn("image is not whole any more", "image",
			image->tags[0] ? image->tags[0] : id);
		ek_image_free(image);
		return;
	}
	ek_images_count_refs(s, image, 1);
	ek_vec_push(&s->images, image);
}

int ek_images_read_index(struct ek_images *s, struct ek_err *err)
{
	EK_FREE char *text = NULL;
	EK_JSON struct ek_json *index = NULL;
	size_t n = 0;
	int rc = ek_file_read(s->dir, "index.json", INDEX_MAX, &text, &n, err);

	if (rc == -ENOENT)
		return 0;
	if (rc == 0)
		rc = ek_json_parse(text, n, INDEX_MAX, &index, NULL, err);
	if (rc < 0)
		return ek_wrap(err, rc, "%s/index.json", s->path);
	if (ek_json_int_at(index, "version", 0) != 1)
		return ek_fail(err, EK_EINVALID, "%s/index.json is of another version of ekube",
			       s->path);
	for (struct ek_json_iter it = ek_json_iter(ek_json_get(index, "images"));
	     ek_json_next(&it);)
		if (s->images.n < IMAGES_MAX)
			read_image(s, it.value);
	return 0;
}

/* ---- saving ---- */

static int run_save(struct ek_work *w)
{
	struct ek_images *s = ek_container_of(w, struct ek_images, save_work);

	return ek_file_write(s->dir, "index.json", s->save_text, strlen(s->save_text), 0600, true,
			     &s->save_err);
}

static void start_save(struct ek_images *s);

static void move_list(struct ek_list *to, struct ek_list *from)
{
	EK_LIST_EACH(node, tmp, from) {
		ek_list_del(node);
		ek_list_add_tail(to, node);
	}
}

static void on_saved(struct ek_work *w, int rc)
{
	struct ek_images *s = ek_container_of(w, struct ek_images, save_work);
	struct ek_images_saved *waiter;
	struct ek_err err = s->save_err;

	s->saving = false;
	free(ek_steal(s->save_text));
	if (s->save_again) { /* those who came later wait for the next one; they are in save_next */
		struct ek_list done;

		ek_list_init(&done);
		move_list(&done, &s->save_now);
		start_save(s);
		while ((waiter = ek_list_first(&done, struct ek_images_saved, node))) {
			ek_list_del(&waiter->node);
			waiter->cb(waiter, rc, &err);
		}
		return;
	}
	while ((waiter = ek_list_first(&s->save_now, struct ek_images_saved, node))) {
		ek_list_del(&waiter->node);
		waiter->cb(waiter, rc, &err);
	}
}

static void start_save(struct ek_images *s)
{
	s->saving = true;
	s->save_again = false;
	s->save_err = (struct ek_err){ 0 };
	s->save_text = index_text(s);
	EK_ASSERT(s->save_text);
	move_list(&s->save_now, &s->save_next);
	s->save_work = (struct ek_work){ .run = run_save, .done = on_saved };
	ek_work_start(s->loop, &s->save_work);
}

void ek_images_save(struct ek_images *s, struct ek_images_saved *w)
{
	ek_list_add_tail(&s->save_next, &w->node);
	if (s->changed)
		s->changed(s->changed_arg);
	if (s->saving)
		s->save_again = true;
	else
		start_save(s);
}
