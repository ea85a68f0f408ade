/* SPDX-License-Identifier: Apache-2.0 */

/* The air-gap folder and the control socket, on a real image store. */

#include "ek_test.h"

#include <ekube/crypto.h>
#include <ekube/file.h>
#include <ekube/images.h>
#include <ekube/json.h>
#include <ekube/log.h>
#include <ekube/str.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "airgap.h"
#include "control.h"
#include "instance.h"
#include "node/tar_box.h"

#if defined(__x86_64__)
#define ARCH "amd64"
#elif defined(__aarch64__)
#define ARCH "arm64"
#else
#define ARCH "arm"
#endif
#define NAME "docker.io/library/tiny:1"

struct box {
	struct ek_loop   *loop;
	struct ek_images *images;
	char              dir[64], store[96], folder[96], record[96];
};

static int warnings, imports;

static void on_log(void *arg, const char *line)
{
	(void)arg;
	warnings += strstr(line, "level=warn") != NULL;
	imports += strstr(line, "images imported") != NULL;
}

static void open_box(struct box *b)
{
	strcpy(b->dir, "/tmp/ek-airgap-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(b->dir));
	snprintf(b->store, sizeof(b->store), "%s/store", b->dir);
	snprintf(b->folder, sizeof(b->folder), "%s/images", b->dir);
	snprintf(b->record, sizeof(b->record), "%s/imported.json", b->dir);
	b->loop = ek_loop_new();
	ck_assert_int_eq(ek_images_open(b->loop, b->store, &b->images, NULL), 0);
	ek_log_capture(on_log, NULL);
}

static void close_box(struct box *b)
{
	ek_images_close(b->images);
	ek_loop_free(b->loop);
	ck_assert_int_eq(ek_dir_remove(AT_FDCWD, b->dir, NULL), 0);
}

static void hex_of(const struct ek_buf *b, char out[65])
{
	uint8_t digest[32];

	ek_sha256(b->data, b->len, digest);
	ek_hex(digest, 32, out);
}

/* docker save of one layer with one file of `size` bytes */
static void make_archive(const char *path, size_t size)
{
	EK_BUF struct ek_buf layer = EK_BUF_INIT(64 << 20), tar = EK_BUF_INIT(64 << 20);
	EK_FREE char *data = calloc(1, size), *config = NULL, *manifest = NULL;
	char id[65];

	tar_add_data(&layer, "file", data, size);
	tar_end(&layer);
	hex_of(&layer, id);
	config = ek_str_fmt(
		"{\"architecture\":\"%s\",\"os\":\"linux\",\"rootfs\":{\"type\":\"layers\","
		"\"diff_ids\":[\"sha256:%s\"]}}",
		ARCH, id);
	manifest = ek_str_fmt(
		"[{\"Config\":\"config.json\",\"RepoTags\":[\"%s\"],\"Layers\":[\"layer.tar\"]}]",
		NAME);
	tar_add_data(&tar, "manifest.json", manifest, strlen(manifest));
	tar_add_data(&tar, "config.json", config, strlen(config));
	tar_add_data(&tar, "layer.tar", layer.data, layer.len);
	tar_end(&tar);
	ck_assert_int_eq(ek_file_write(AT_FDCWD, path, tar.data, tar.len, 0600, false, NULL), 0);
}

static void set_true(void *arg)
{
	*(bool *)arg = true;
}

static void look_at_folder(struct box *b)
{
	struct airgap *g = airgap_start(b->images, b->folder, b->record);
	const bool never = false;
	bool stopped = false;

	for (int i = 0; i < 4000 && !airgap_idle(g); i++)
		(void)ek_loop_until(b->loop, &never, 5);
	airgap_stop(g, set_true, &stopped);
	ck_assert(stopped);
}

static void remove_image(struct ek_image_remove *r, int rc, const struct ek_err *err)
{
	(void)err;
	ck_assert_int_eq(rc, 0);
	r->cb = NULL;
}

START_TEST(only_what_changed_is_imported)
{
	struct ek_image_remove remove = { .cb = remove_image };
	const bool never = false;
	char path[128];
	struct box b;

	if (geteuid() != 0)
		return; /* layers are unpacked as root */
	open_box(&b);
	look_at_folder(&b); /* there is no folder */
	ck_assert_int_eq(warnings, 0);
	mkdir(b.folder, 0700);
	snprintf(path, sizeof(path), "%s/a.tar", b.folder);
	make_archive(path, 10);
	snprintf(path, sizeof(path), "%s/broken.tar", b.folder);
	ck_assert_int_eq(ek_file_write(AT_FDCWD, path, "no tar", 6, 0600, false, NULL), 0);
	snprintf(path, sizeof(path), "%s/readme.txt", b.folder);
	ck_assert_int_eq(ek_file_write(AT_FDCWD, path, "text", 4, 0600, false, NULL), 0);
	look_at_folder(&b);
	ck_assert_ptr_nonnull(ek_images_find(b.images, NAME));
	ck_assert_int_eq(imports, 1);
	ck_assert_int_eq(warnings, 1); /* the broken one */

	look_at_folder(&b);
	ck_assert_int_eq(imports, 1);

	snprintf(path, sizeof(path), "%s/a.tar", b.folder);
	make_archive(path, 2000);
	look_at_folder(&b);
	ck_assert_int_eq(imports, 2);

	/* somebody removed it: the folder says what has to be here */
	ek_images_remove(b.images, &remove, NAME);
	for (int i = 0; i < 2000 && remove.cb; i++)
		(void)ek_loop_until(b.loop, &never, 5);
	look_at_folder(&b);
	ck_assert_int_eq(imports, 3);
	ck_assert_ptr_nonnull(ek_images_find(b.images, NAME));
	close_box(&b);
}
END_TEST

/* In the middle of an import: it ends soon, and the next start begins it again. */
START_TEST(a_stop_ends_an_import)
{
	struct airgap *g;
	bool stopped = false;
	char path[128];
	struct box b;

	if (geteuid() != 0)
		return;
	open_box(&b);
	mkdir(b.folder, 0700);
	snprintf(path, sizeof(path), "%s/a.tar", b.folder);
	make_archive(path, 30 << 20);
	g = airgap_start(b.images, b.folder, b.record);
	ck_assert(!airgap_idle(g));
	airgap_stop(g, set_true, &stopped);
	ck_assert(ek_loop_until(b.loop, &stopped, 20000));
	look_at_folder(&b);
	ck_assert_ptr_nonnull(ek_images_find(b.images, NAME));
	close_box(&b);
}
END_TEST

/* ---- the control socket ---- */

struct question {
	struct instance i;
	const char     *what, *file;
	struct ek_json *last;
	int             rc;
	struct ek_err   err;
	bool            done;
	struct ek_loop *loop;
};

static void ignore_line(void *arg, const struct ek_json *line)
{
	(void)arg;
	(void)line;
}

static void *ask(void *arg)
{
	struct question *q = arg;
	EK_JSON struct ek_json *request = ek_json_make("{'do':%s}", q->what);
	EK_CLOSE int fd = q->file ? open(q->file, O_RDONLY | O_CLOEXEC) : -1;

	q->rc = control_ask(&q->i, request, fd, ignore_line, NULL, &q->last, &q->err);
	ek_loop_post(q->loop, set_true, &q->done);
	return NULL;
}

static void open_control(struct box *b, struct question *q, struct control **ret)
{
	open_box(b);
	*q = (struct question){ .i = { .run_dir = b->dir }, .loop = b->loop };
	ck_assert_int_eq(control_start(b->loop, &q->i, b->images, ret, NULL), 0);
}

static pthread_t begin(struct question *q, const char *what, const char *file)
{
	pthread_t t;

	q->what = what;
	q->file = file;
	q->done = false;
	ck_assert_int_eq(pthread_create(&t, NULL, ask, q), 0);
	return t;
}

static void finish(struct box *b, struct question *q, pthread_t t)
{
	ck_assert(ek_loop_until(b->loop, &q->done, 20000));
	pthread_join(t, NULL);
}

START_TEST(the_socket_answers)
{
	struct control *c;
	struct question q;
	bool stopped = false;
	char path[128];
	struct box b;

	if (geteuid() != 0)
		return;
	open_control(&b, &q, &c);
	snprintf(path, sizeof(path), "%s/a.tar", b.dir);
	make_archive(path, 10);
	finish(&b, &q, begin(&q, "import", path));
	ck_assert_int_eq(q.rc, 0);
	ck_assert_str_eq(ek_json_str(ek_json_elem(ek_json_get(q.last, "names"), 0)), NAME);
	ek_json_unref(q.last);
	finish(&b, &q, begin(&q, "dance", NULL));
	ck_assert_int_eq(q.rc, 0);
	ck_assert_ptr_nonnull(strstr(ek_json_str_at(q.last, "error"), "not a request"));
	ek_json_unref(q.last);
	control_stop(c, set_true, &stopped);
	ck_assert(stopped);
	snprintf(path, sizeof(path), "%s/control.sock", b.dir);
	ck_assert_int_ne(access(path, F_OK), 0);
	close_box(&b);
}
END_TEST

static void in_work(void *arg)
{
	struct box *b = arg;
	const bool never = false;

	(void)ek_loop_until(b->loop, &never, 100);
}

/* A command whose import the stop cancels is told so. */
START_TEST(a_stop_waits_for_what_runs)
{
	struct control *c;
	struct question q;
	bool stopped = false;
	char path[128];
	pthread_t t;
	struct box b;

	if (geteuid() != 0)
		return;
	open_control(&b, &q, &c);
	snprintf(path, sizeof(path), "%s/a.tar", b.dir);
	ck_assert_int_eq(mkfifo(path, 0600), 0);
	EK_CLOSE int writer = open(path, O_RDWR | O_CLOEXEC);
	t = begin(&q, "import", path);
	in_work(&b);
	control_stop(c, set_true, &stopped);
	ck_assert(!stopped);
	ek_closep(&writer); /* the archive ends */
	ck_assert(ek_loop_until(b.loop, &stopped, 20000));
	finish(&b, &q, t);
	ck_assert_int_eq(q.rc, 0);
	ck_assert_ptr_nonnull(ek_json_str_at(q.last, "error"));
	ek_json_unref(q.last);
	close_box(&b);
}
END_TEST

EK_TESTS("cli/airgap", only_what_changed_is_imported, a_stop_ends_an_import, the_socket_answers,
	 a_stop_waits_for_what_runs)
