/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <ekube/clock.h>
#include <ekube/file.h>
#include <ekube/log.h>
#include <ekube/str.h>

#include "store.h"

/* Layers: who counts on them, what they are called, and how they and all else in the store go. */

enum {
	MOUNTINFO_MAX = 64 << 20,
	LINK_MIN = 16, /* digits of a link's name in l/ */
	LINK_STEP = 8,
	LINK_MAX = 72,
	DOWNLOADS_STAY_S = 24 * 3600,
};

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

void ek_images_count_refs(struct ek_images *s, const struct ek_image *image, int by)
{
	for (size_t i = 0; image->layers[i]; i++)
		layer_of(s, image->layers[i])->refs += by;
}

/*
 * l/<the first digits> -> ../layers/<name>/fs. Two layers with the same sixteen first digits do not
 * happen by chance; if somebody made them, the second gets a longer name.
 */
struct link {
	char target[128], path[80]; /* path: "l/<digits>" */
	int  digits;
};

/* The next place where the layer's link may be; start with a zeroed struct. */
static bool next_link(struct link *l, const char *name)
{
	l->digits = l->digits ? l->digits + LINK_STEP : LINK_MIN;
	(void)snprintf(l->target, sizeof(l->target), "../layers/%s/fs", name);
	(void)snprintf(l->path, sizeof(l->path), "l/%.*s", l->digits, name);
	return l->digits <= LINK_MAX;
}

static bool is_link_of(const struct ek_images *s, const struct link *l)
{
	char old[sizeof(l->target)];
	ssize_t n = readlinkat(s->dir, l->path, old, sizeof(old) - 1);

	old[n > 0 ? n : 0] = '\0';
	return ek_streq(old, l->target);
}

static int make_link(const struct ek_images *s, const char *name, struct ek_err *err)
{
	struct link l = { .digits = 0 };

	while (next_link(&l, name)) {
		if (symlinkat(l.target, s->dir, l.path) == 0)
			return 0;
		if (errno != EEXIST)
			return ek_fail_errno(err, "make the link %s", l.path);
		if (is_link_of(s, &l))
			return 0;
	}
	return ek_fail(err, EK_EINTERNAL, "no free name for layer %s", name);
}

int ek_images_link_of(const struct ek_images *s, const char *name, char out[80])
{
	struct link l = { .digits = 0 };

	while (next_link(&l, name)) {
		if (!is_link_of(s, &l))
			continue;
		(void)snprintf(out, 80, "%.72s", l.path + 2);
		return 0;
	}
	return -ENOENT;
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

int ek_images_adopt_layer(struct ek_images *s, const char *tmp, const char *name,
			  struct ek_err *err)
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

/* ---- garbage ---- */

static void each_in(struct ek_images *s, const char *folder,
		    void (*fn)(struct ek_images *s, const char *name))
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

/* A mount's options show the link's name: "/<link>:" or "/<link>,". */
static bool is_mounted(const struct ek_images *s, const char *mounts, const char *name)
{
	char link[82];
	size_t n;

	if (ek_images_link_of(s, name, link + 1) < 0)
		return false;
	link[0] = '/';
	n = strlen(link);
	for (const char *at = strstr(mounts, link); at; at = strstr(at + 1, link))
		if (at[n] == ':' || at[n] == ',')
			return true;
	return false;
}

static void drop_link(struct ek_images *s, const char *name)
{
	char link[80];

	if (ek_images_link_of(s, name, link) == 0)
		(void)unlinkat(s->dir, EK_F("l/%s", link), 0);
}

static void trash_layers(struct ek_images *s)
{
	EK_FREE char *mounts = NULL;

	for (struct ek_map_entry *e = NULL; (e = ek_map_next(&s->layers, e));) {
		const struct ek_layer *l = e->value;

		if (l->refs || l->holds)
			continue;
		/* read once, and only when there is something to remove */
		if (!mounts && ek_file_read(AT_FDCWD, "/proc/self/mountinfo", MOUNTINFO_MAX,
					    &mounts, NULL, NULL) < 0)
			return;
		if (is_mounted(s, mounts, e->key))
			continue;
		drop_link(s, e->key);
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

	if (!ek_str_starts(name, "download-") || fstatat(s->dir, EK_F("tmp/%s", name), &st, 0) < 0)
		return true;
	return ek_clock_wall_us() / 1000000 - st.st_mtime > DOWNLOADS_STAY_S;
}

static void learn_tmp(struct ek_images *s, const char *name)
{
	if (is_stale(s, name))
		trash(s, EK_F("tmp/%s", name));
}

void ek_images_learn(struct ek_images *s)
{
	each_in(s, "layers", learn_layer);
	each_in(s, "tmp", learn_tmp);
}
