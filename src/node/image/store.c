/* SPDX-License-Identifier: Apache-2.0 */
#include "store.h"

#include <dirent.h>
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

enum {
	INDEX_MAX = 16 << 20,
	IMAGES_MAX = 10000,
	MOUNTINFO_MAX = 64 << 20,
	LINK_MIN = 16, /* digits of a link's name in l/ */
	ID_PREFIX_MIN = 6,
};

static const char *const folders[] = { "blobs", "layers", "l", "tmp", "trash" };

/* ---- images ---- */

void ek_list_free(char **list)
{
	for (size_t i = 0; list && list[i]; i++)
		free(list[i]);
	free(list);
}

static size_t list_find(char *const *list, const char *s)
{
	size_t i = 0;

	while (list[i] && strcmp(list[i], s) != 0)
		i++;
	return i;
}

char **ek_list_add(char **list, const char *s)
{
	size_t i = list ? list_find(list, s) : 0;

	if (list && list[i])
		return list;
	list = ek_realloc(list, (i + 2) * sizeof(char *));
	list[i] = ek_str_dup(s);
	list[i + 1] = NULL;
	return list;
}

static bool list_del(char **list, const char *s)
{
	size_t i = list_find(list, s);

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

/* ---- layers ---- */

static bool is_layer_name(const char *name)
{
	const char *hex = ek_str_starts(name, "mend-") ? name + 5 : name;

	return strlen(hex) == 64 && strspn(hex, "0123456789abcdef") == 64;
}

bool ek_images_has_layer(const struct ek_images *s, const char *name)
{
	return ek_map_get(&s->layers, name) != NULL;
}

static struct ek_layer *layer_of(struct ek_images *s, const char *name)
{
	struct ek_layer *l = ek_map_get(&s->layers, name);

	EK_ASSERT(l);
	return l;
}

void ek_images_hold(struct ek_images *s, const char *name)
{
	layer_of(s, name)->holds++;
}

void ek_images_release(struct ek_images *s, const char *name)
{
	struct ek_layer *l = layer_of(s, name);

	EK_ASSERT(l->holds > 0);
	l->holds--;
}

static void count_refs(struct ek_images *s, const struct ek_image *image, int by)
{
	for (size_t i = 0; image->layers[i]; i++)
		layer_of(s, image->layers[i])->refs += by;
}

/*
 * l/<the first digits> -> ../layers/<name>/fs. Two layers with the same sixteen first digits do not
 * happen by chance; if somebody made them, the second gets a longer name.
 */
static int make_link(const struct ek_images *s, const char *name, struct ek_err *err)
{
	EK_FREE char *target = ek_str_fmt("../layers/%s/fs", name);
	char path[80], old[128];

	for (int digits = LINK_MIN; digits <= 70; digits += 8) {
		ssize_t n;

		(void)snprintf(path, sizeof(path), "l/%.*s", digits, name);
		if (symlinkat(target, s->dir, path) == 0)
			return 0;
		if (errno != EEXIST)
			return ek_fail_errno(err, "make the link %s", path);
		n = readlinkat(s->dir, path, old, sizeof(old) - 1);
		old[n > 0 ? n : 0] = '\0';
		if (ek_streq(old, target))
			return 0;
	}
	return ek_fail(err, EK_EINTERNAL, "no free name for layer %s", name);
}

void ek_images_tmp_name(struct ek_images *s, const char *what, char out[64])
{
	(void)snprintf(out, 64, "%s-%d-%u", what, (int)getpid(), s->counter++);
}

static void trash(struct ek_images *s, const char *path)
{
	char to[80], name[64];

	ek_images_tmp_name(s, "t", name);
	(void)snprintf(to, sizeof(to), "trash/%s", name);
	if (renameat(s->dir, path, s->dir, to) < 0 && errno != ENOENT)
		ek_warn("image store: cannot remove", "path", path, "error", strerror(errno));
}

void ek_images_discard(struct ek_images *s, const char *tmp)
{
	trash(s, EK_F("tmp/%s", tmp));
	ek_images_sweep(s);
}

int ek_images_adopt_layer(struct ek_images *s, const char *tmp, const char *name, struct ek_err *err)
{
	struct ek_layer *l;
	int rc;

	EK_ASSERT(is_layer_name(name));
	if (ek_images_has_layer(s, name)) {
		ek_images_discard(s, tmp);
		ek_images_hold(s, name);
		return 0;
	}
	rc = make_link(s, name, err);
	if (rc < 0)
		return rc;
	if (renameat(s->dir, EK_F("tmp/%s", tmp), s->dir, EK_F("layers/%s", name)) < 0)
		return ek_fail_errno(err, "name layer %s", name);
	l = ek_new(struct ek_layer);
	l->holds = 1;
	ek_map_put(&s->layers, name, l);
	return 0;
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
		ek_warn("image is not whole any more", "image", image->tags[0] ? image->tags[0] : id);
		ek_image_free(image);
		return;
	}
	count_refs(s, image, 1);
	ek_vec_push(&s->images, image);
}

static int read_index(struct ek_images *s, struct ek_err *err)
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
		return ek_fail(err, EK_EINVALID, "%s/index.json is of another version of ekube", s->path);
	for (struct ek_json_iter it = ek_json_iter(ek_json_get(index, "images")); ek_json_next(&it);)
		if (s->images.n < IMAGES_MAX)
			read_image(s, it.value);
	return 0;
}

/* ---- saving ---- */

static int run_save(struct ek_work *w)
{
	struct ek_images *s = ek_container_of(w, struct ek_images, save_work);

	return ek_file_write(s->dir, "index.json", s->save_text, strlen(s->save_text), 0600, true, &s->save_err);
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
	if (s->saving)
		s->save_again = true;
	else
		start_save(s);
}

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

static struct ek_image *find_ref(const struct ek_images *s, const char *name, char whole[EK_IMAGE_REF_SIZE])
{
	struct ek_image_ref ref;

	if (ek_image_ref_parse(name, &ref, NULL) < 0)
		return NULL;
	ek_image_ref_format(&ref, whole);
	for (size_t i = 0; i < s->images.n; i++) {
		struct ek_image *image = s->images.items[i];
		char **list = ref.digest[0] ? image->digests : image->tags;

		if (list[list_find(list, whole)])
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
			(void)list_del(s->images.items[i]->tags, tag);
}

const struct ek_image *ek_images_add(struct ek_images *s, struct ek_image *take_image)
{
	struct ek_image *image = find_id(s, take_image->id);

	if (!image) {
		image = take_image;
		count_refs(s, image, 1);
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
	count_refs(s, image, -1);
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
	if (whole[0] && list_del(image->tags, whole))
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

int ek_images_config(const struct ek_images *s, const struct ek_image *image, struct ek_image_config *ret,
		     struct ek_err *err)
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

/* ---- garbage ---- */

static void each_in(struct ek_images *s, const char *folder, void (*fn)(struct ek_images *s, const char *name))
{
	EK_CLOSE int fd = openat(s->dir, folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd >= 0 ? fdopendir(dup(fd)) : NULL;
	struct dirent *e;

	while (dir && (e = readdir(dir)))
		if (!ek_streq(e->d_name, ".") && !ek_streq(e->d_name, ".."))
			fn(s, e->d_name);
	if (dir)
		closedir(dir);
}

static bool is_blob_used(const struct ek_images *s, const char *hex)
{
	for (size_t i = 0; i < s->images.n; i++) {
		const struct ek_image *image = s->images.items[i];

		if (ek_streq(ek_digest_hex(image->id), hex))
			return true;
		for (size_t j = 0; image->digests[j]; j++)
			if (ek_str_ends(image->digests[j], hex))
				return true;
	}
	return false;
}

static void learn_blob(struct ek_images *s, const char *name)
{
	if (!is_blob_used(s, name))
		trash(s, EK_F("blobs/%s", name));
}

static int run_sweep(struct ek_work *w)
{
	struct ek_images *s = ek_container_of(w, struct ek_images, sweep_work);
	EK_CLOSE int fd = openat(s->dir, "trash", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd >= 0 ? fdopendir(dup(fd)) : NULL;
	struct dirent *e;

	while (dir && (e = readdir(dir)))
		if (!ek_streq(e->d_name, ".") && !ek_streq(e->d_name, ".."))
			(void)ek_dir_remove(fd, e->d_name, NULL);
	if (dir)
		closedir(dir);
	return 0;
}

static void on_swept(struct ek_work *w, int rc)
{
	struct ek_images *s = ek_container_of(w, struct ek_images, sweep_work);

	(void)rc;
	s->sweeping = false;
	if (s->sweep_again)
		ek_images_sweep(s);
}

/* The name of the layer's link, as a mount's options show it: "/<link>:" or "/<link>,". */
static bool is_mounted(const struct ek_images *s, const char *mounts, const char *name)
{
	EK_FREE char *target = ek_str_fmt("../layers/%s/fs", name);
	char link[80], old[128];

	for (int digits = LINK_MIN; digits <= 70; digits += 8) {
		ssize_t n;

		(void)snprintf(link, sizeof(link), "l/%.*s", digits, name);
		n = readlinkat(s->dir, link, old, sizeof(old) - 1);
		old[n > 0 ? n : 0] = '\0';
		if (!ek_streq(old, target))
			continue;
		for (const char *at = strstr(mounts, link + 1); at; at = strstr(at + 1, link + 1))
			if (strchr(":,", at[strlen(link + 1)]))
				return true;
	}
	return false;
}

static void drop_links(struct ek_images *s, const char *name)
{
	EK_FREE char *target = ek_str_fmt("../layers/%s/fs", name);
	char link[80], old[128];

	for (int digits = LINK_MIN; digits <= 70; digits += 8) {
		ssize_t n;

		(void)snprintf(link, sizeof(link), "l/%.*s", digits, name);
		n = readlinkat(s->dir, link, old, sizeof(old) - 1);
		old[n > 0 ? n : 0] = '\0';
		if (ek_streq(old, target))
			(void)unlinkat(s->dir, link, 0);
	}
}

static void trash_layers(struct ek_images *s)
{
	EK_FREE char *mounts = NULL;

	for (struct ek_map_entry *e = NULL; (e = ek_map_next(&s->layers, e));) {
		const struct ek_layer *l = e->value;

		if (l->refs || l->holds)
			continue;
		/* read once, and only when there is something to remove */
		if (!mounts && ek_file_read(AT_FDCWD, "/proc/self/mountinfo", MOUNTINFO_MAX, &mounts, NULL, NULL) < 0)
			return;
		if (is_mounted(s, mounts, e->key))
			continue;
		drop_links(s, e->key);
		trash(s, EK_F("layers/%s", e->key));
		free(ek_map_del(&s->layers, e->key));
	}
}

void ek_images_sweep(struct ek_images *s)
{
	if (s->sweeping) {
		s->sweep_again = true;
		return;
	}
	s->sweep_again = false;
	trash_layers(s);
	if (s->ops == 0) /* a commit writes its blobs before the index names them */
		each_in(s, "blobs", learn_blob);
	s->sweeping = true;
	s->sweep_work = (struct ek_work){ .run = run_sweep, .done = on_swept };
	ek_work_start(s->loop, &s->sweep_work);
}

/* ---- open ---- */

static void learn_layer(struct ek_images *s, const char *name)
{
	if (!is_layer_name(name))
		trash(s, EK_F("layers/%s", name));
	else if (make_link(s, name, NULL) == 0)
		ek_map_put(&s->layers, name, ek_new(struct ek_layer));
}

/* A download may be resumed for a day; all else in tmp/ died with who made it. */
static bool is_stale(const struct ek_images *s, const char *name)
{
	struct stat st;
	int64_t day = 24 * 3600;

	if (!ek_str_starts(name, "download-") || fstatat(s->dir, EK_F("tmp/%s", name), &st, 0) < 0)
		return true;
	return ek_clock_wall_us() / 1000000 - st.st_mtime > day;
}

static void learn_tmp(struct ek_images *s, const char *name)
{
	if (is_stale(s, name))
		trash(s, EK_F("tmp/%s", name));
}

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

int ek_images_open(struct ek_loop *loop, const char *dir, struct ek_images **ret, struct ek_err *err)
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
		each_in(s, "layers", learn_layer);
		rc = read_index(s, err);
	}
	if (rc < 0) {
		ek_images_close(s);
		return rc;
	}
	each_in(s, "tmp", learn_tmp);
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
