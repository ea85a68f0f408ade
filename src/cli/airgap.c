/* SPDX-License-Identifier: Apache-2.0 */
#include "airgap.h"

#include <dirent.h>
#include <ekube/file.h>
#include <ekube/images.h>
#include <ekube/json.h>
#include <ekube/log.h>
#include <ekube/str.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MAX_RECORD = 1 << 20 };

struct airgap {
	struct ek_images      *images;
	char                  *folder, *record_path;
	struct ek_json        *record;    /* file name -> {"size", "mtime", "names"} */
	EK_VEC(char *)         files;     /* by name; those before `next` are done */
	size_t                 next;
	struct ek_image_import import;
	bool                   importing;
	struct stat            st;        /* of the file that is being imported */
	void                 (*stopped)(void *arg);
	void                  *arg;
};

/* ---- the folder and what is known of it ---- */

static int is_archive(const struct dirent *d)
{
	static const char *const ends[] = { ".tar", ".tar.gz", ".tgz", ".tar.zst", ".tar.zstd" };

	for (size_t i = 0; i < EK_ARRAY_LEN(ends); i++)
		if (d->d_name[0] != '.' && ek_str_ends(d->d_name, ends[i]))
			return 1;
	return 0;
}

static void list_files(struct airgap *g)
{
	struct dirent **names = NULL;
	int n = scandir(g->folder, &names, is_archive, alphasort);

	if (n < 0 && errno != ENOENT)
		ek_warn("air-gap folder is not readable", "folder", g->folder, "error",
			strerror(errno));
	for (int i = 0; i < n; i++) {
		ek_vec_push(&g->files, ek_str_dup(names[i]->d_name));
		free(names[i]);
	}
	free(names);
}

/* Files that are gone are forgotten; a record that cannot be read costs one import more. */
static void read_record(struct airgap *g)
{
	EK_JSON struct ek_json *old = NULL;
	EK_FREE char *text = NULL;
	size_t n;

	g->record = ek_json_object();
	if (ek_file_read(AT_FDCWD, g->record_path, MAX_RECORD, &text, &n, NULL) < 0 ||
	    ek_json_parse(text, n, MAX_RECORD, &old, NULL, NULL) < 0)
		return;
	for (size_t i = 0; i < g->files.n; i++)
		if (ek_json_get(old, g->files.items[i]))
			ek_json_set(g->record, g->files.items[i],
				    ek_json_copy(ek_json_get(old, g->files.items[i])));
}

static void write_record(struct airgap *g)
{
	EK_BUF struct ek_buf out = EK_BUF_INIT(MAX_RECORD);
	struct ek_err err;

	if (ek_json_write_pretty(g->record, &out) == 0 &&
	    ek_file_write(AT_FDCWD, g->record_path, out.data, out.len, 0600, false, &err) < 0)
		ek_warn("what was imported is not remembered", "error", err.msg);
}

static int64_t mtime_ns(const struct stat *st)
{
	return (int64_t)st->st_mtim.tv_sec * 1000000000 + st->st_mtim.tv_nsec;
}

static bool is_known(const struct airgap *g, const char *file, const struct stat *st)
{
	const struct ek_json *entry = ek_json_get(g->record, file),
			     *names = ek_json_get(entry, "names");

	if (!names || ek_json_int_at(entry, "size", -1) != st->st_size ||
	    ek_json_int_at(entry, "mtime", -1) != mtime_ns(st))
		return false;
	for (size_t i = 0; i < ek_json_len(names); i++)
		if (!ek_images_find(g->images, ek_json_str(ek_json_elem(names, i))))
			return false;
	return true;
}

static void remember(struct airgap *g, const char *file, char *const *names)
{
	EK_JSON struct ek_json *list = ek_json_array();

	for (; names && *names; names++)
		ek_json_append(list, ek_json_new_str(*names));
	ek_json_set(g->record, file,
		    ek_json_make("{'size':%D,'mtime':%D,'names':%v}", (int64_t)g->st.st_size,
				 mtime_ns(&g->st), list));
	write_record(g);
}

/* ---- one after the other ---- */

static void free_all(struct airgap *g)
{
	for (size_t i = 0; i < g->files.n; i++)
		free(g->files.items[i]);
	ek_vec_done(&g->files);
	ek_json_unref(g->record);
	free(g->folder);
	free(g->record_path);
	free(g);
}

static void go_on(struct airgap *g);

static void on_imported(struct ek_image_import *i, int rc, char *const *names,
			const struct ek_err *err)
{
	struct airgap *g = ek_container_of(i, struct airgap, import);
	const char *file = g->files.items[g->next];
	void (*stopped)(void *arg) = g->stopped;
	void *arg = g->arg;

	g->importing = false;
	g->next++;
	if (rc == 0) {
		remember(g, file, names);
		ek_info("images imported", "archive", file, "first", names && *names ? *names : "");
	} else if (rc != EK_ECANCELLED) {
		ek_warn("archive not imported", "archive", file, "error", err->msg);
	}
	if (!stopped) {
		go_on(g);
		return;
	}
	free_all(g);
	stopped(arg);
}

/* True: on_imported will come. */
static bool begin(struct airgap *g, const char *file)
{
	EK_FREE char *path = ek_path_join(g->folder, file);
	EK_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct ek_err err = { 0 };

	if (fd < 0 || fstat(fd, &g->st) < 0) {
		ek_warn("archive not imported", "archive", file, "error", strerror(errno));
		return false;
	}
	if (!S_ISREG(g->st.st_mode) || is_known(g, file, &g->st))
		return false;
	g->import = (struct ek_image_import){ .cb = on_imported };
	if (ek_images_import(g->images, &g->import, ek_steal_fd(fd), NULL, &err) < 0) {
		ek_warn("archive not imported", "archive", file, "error", err.msg);
		return false;
	}
	return true;
}

static void go_on(struct airgap *g)
{
	while (!g->importing && g->next < g->files.n) {
		g->importing = begin(g, g->files.items[g->next]);
		if (!g->importing)
			g->next++;
	}
}

struct airgap *airgap_start(struct ek_images *images, const char *folder, const char *record)
{
	struct airgap *g = ek_new(struct airgap);

	g->images = images;
	g->folder = ek_str_dup(folder);
	g->record_path = ek_str_dup(record);
	list_files(g);
	read_record(g);
	go_on(g);
	return g;
}

bool airgap_idle(const struct airgap *g)
{
	return !g->importing;
}

void airgap_stop(struct airgap *g, void (*stopped)(void *arg), void *arg)
{
	if (g->importing) {
		g->stopped = stopped;
		g->arg = arg;
		ek_image_import_cancel(&g->import);
		return;
	}
	free_all(g);
	stopped(arg);
}
