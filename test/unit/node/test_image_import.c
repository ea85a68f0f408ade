/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <ekube/file.h>
#include <ekube/json.h>
#include <ekube/str.h>

#include "ek_test.h"
#include "node/image_box.h"

static const struct tar_entry base[] = {
	{ .name = "bin/", .type = '5' },
	{ .name = "bin/x", .data = "program", .mode = 0755 },
	{ .name = "tmp/", .type = '5', .mode = 01777 },
	{ .name = "old", .data = "old" },
	{ .name = NULL },
};
static const struct tar_entry top[] = {
	{ .name = "tmp/scratch", .data = "s" }, /* tmp/ is implied */
	{ .name = ".wh.old" },
	{ .name = "new", .data = "new" },
	{ .name = NULL },
};
static const struct tar_entry other[] = { { .name = "other", .data = "other" }, { .name = NULL } };

static bool needs_root(void)
{
	if (geteuid() == 0)
		return false;
	printf("skipped: images need root\n");
	return true;
}

static void make(struct made_image *m, int how)
{
	*m = (struct made_image){ 0 };
	made_image_add_layer(m, base, how);
	made_image_add_layer(m, top, how);
	made_image_finish(m, NULL);
}

static const int kinds[] = { TAR_PLAIN, TAR_GZIP, TAR_ZSTD };

/* ---- the two kinds of archives, compressed and not, outside and inside ---- */

START_TEST(docker_archives)
{
	EK_BUF struct ek_buf tar = EK_BUF_INIT(64 << 20), packed = { 0 };
	const char *const names[] = { "busybox:1.36 reg.example.com/team/bb:x", "other/image" };
	struct made_image m[2] = { 0 };
	struct image_box b;
	struct import_result r;
	const struct ek_image *image;
	struct ek_image_config config;

	if (needs_root())
		return;
	make(&m[0], TAR_PLAIN);
	made_image_add_layer(&m[1], other, TAR_PLAIN);
	made_image_finish(&m[1], NULL);
	made_image_docker_archive(m, 2, names, &tar);
	packed = tar_compress(&tar, kinds[_i]);
	image_box_open(&b);
	image_box_import(&b, &r, &packed, NULL);
	ck_assert_msg(r.rc == 0, "%s", r.err.msg);
	ck_assert_str_eq(
		r.names,
		"docker.io/library/busybox:1.36 reg.example.com/team/bb:x docker.io/other/image:latest");
	ck_assert_uint_eq(ek_images_count(b.images), 2);
	image = ek_images_find(b.images, "busybox:1.36");
	ck_assert_ptr_nonnull(image);
	ck_assert_str_eq(image->id, m[0].id);
	ck_assert_ptr_eq(ek_images_find(b.images, "reg.example.com/team/bb:x"), image);
	ck_assert_ptr_eq(ek_images_find(b.images, m[0].id), image);
	ck_assert_ptr_eq(ek_images_find(b.images, m[0].id + 7), image);
	ck_assert_ptr_null(ek_images_find(b.images, "busybox"));
	ck_assert_int_gt(image->size, 1000);
	ck_assert_int_eq(image->unpacked, 7 + 3 + 1 + 3);
	ck_assert_int_eq(ek_images_config(b.images, image, &config, NULL), 0);
	ck_assert_str_eq(config.cmd[0], "/bin/x");
	ek_image_config_done(&config);
	ck_assert_int_eq(image_box_count(&b, "tmp"), 0);
	ck_assert_int_eq(image_box_count(&b, "trash"), 0);
	ck_assert_int_eq(image_box_count(&b, "layers"), 4); /* two, one, and what mends tmp/ */
	made_image_done(&m[0]);
	made_image_done(&m[1]);
	image_box_close(&b);
}
END_TEST

START_TEST(oci_archives)
{
	EK_BUF struct ek_buf tar = EK_BUF_INIT(64 << 20), packed = { 0 };
	struct made_image m;
	struct image_box b;
	struct import_result r;
	const struct ek_image *image;

	if (needs_root())
		return;
	make(&m, kinds[_i]);
	made_image_oci_archive(&m, "reg.example.com/app:v1", &tar);
	packed = tar_compress(&tar, kinds[(_i + 1) % 3]);
	image_box_open(&b);
	image_box_import(&b, &r, &packed, "ignored:x");
	ck_assert_msg(r.rc == 0, "%s", r.err.msg);
	ck_assert_str_eq(r.names, "reg.example.com/app:v1");
	image = ek_images_find(b.images, "reg.example.com/app:v1");
	ck_assert_str_eq(image->id, m.id);
	EK_FREE char *by_digest = ek_str_fmt("reg.example.com/app@%s", m.digest);

	ck_assert_str_eq(image->digests[0], by_digest);
	ck_assert_ptr_eq(ek_images_find(b.images, by_digest), image);
	made_image_done(&m);
	image_box_close(&b);
}
END_TEST

START_TEST(names_for_the_nameless)
{
	static const char *const given[] = { NULL, "given:tag" };
	EK_BUF struct ek_buf tar = EK_BUF_INIT(64 << 20);
	struct made_image m;
	struct image_box b;
	struct import_result r;

	if (needs_root())
		return;
	make(&m, TAR_PLAIN);
	if (_i < 2)
		made_image_docker_archive(&m, 1, NULL, &tar);
	else
		made_image_oci_archive(&m, "latest", &tar); /* a tag alone is no name */
	image_box_open(&b);
	image_box_import(&b, &r, &tar, given[_i % 2]);
	ck_assert_msg(r.rc == 0, "%s", r.err.msg);
	ck_assert_str_eq(r.names, _i % 2 ? "docker.io/library/given:tag" : m.id);
	made_image_done(&m);
	image_box_close(&b);
}
END_TEST
static const int four[4];

/* ---- docker's links between layers, and order ---- */

START_TEST(linked_layers)
{
	EK_BUF struct ek_buf tar = EK_BUF_INIT(64 << 20);
	struct made_image m = { 0 };
	struct image_box b;
	struct import_result r;
	const struct ek_image *image;

	if (needs_root())
		return;
	made_image_add_layer(&m, base, TAR_PLAIN);
	made_image_add_layer(&m, base, TAR_PLAIN); /* twice the same */
	made_image_finish(&m, NULL);
	EK_FREE char *manifest =
		ek_str_fmt("[{\"Config\":\"c.json\",\"RepoTags\":[\"x\"],\"Layers\":"
			   "[\"./a/layer.tar\",\"b/layer.tar\"]}]");

	tar_add_data(&tar, "manifest.json", manifest, strlen(manifest)); /* first, this time */
	tar_add(&tar, &(struct tar_entry){
			      .name = "b/layer.tar", .type = '2', .link = "../a/layer.tar" });
	tar_add_data(&tar, "a/layer.tar", m.layers[0].plain.data, m.layers[0].plain.len);
	tar_add_data(&tar, "c.json", m.config, strlen(m.config));
	tar_end(&tar);
	image_box_open(&b);
	image_box_import(&b, &r, &tar, NULL);
	ck_assert_msg(r.rc == 0, "%s", r.err.msg);
	image = ek_images_find(b.images, "x");
	ck_assert_str_eq(image->layers[0], image->layers[1]);
	ck_assert_ptr_null(image->layers[2]);
	ck_assert_int_eq(image_box_count(&b, "layers"), 1);
	ck_assert_int_eq(image_box_remove(&b, "x"), 0);
	ck_assert_int_eq(image_box_count(&b, "layers"), 0);
	made_image_done(&m);
	image_box_close(&b);
}
END_TEST

/* ---- bad archives: nothing may stay behind ---- */

enum {
	BAD_EMPTY,
	BAD_TEXT,
	BAD_NO_MANIFEST,
	BAD_MANIFEST,
	BAD_NO_CONFIG,
	BAD_NO_LAYER,
	BAD_DIFF,
	BAD_ARCH,
	BAD_COUNT,
	BAD_TAG,
	BAD_HOSTILE,
	BAD_OCI_DIGEST,
	BAD_TRUNCATED,
	BAD_LOOP
};

static const struct {
	int         kind;
	const char *message;
} bad[] = {
	{ BAD_EMPTY, "the archive is empty" },
	{ BAD_TEXT, "invalid tar archive: Unrecognized archive format" },
	{ BAD_NO_MANIFEST, "neither manifest.json (docker save) nor index.json (OCI layout) is in the archive" },
	{ BAD_MANIFEST, "manifest.json: " },
	{ BAD_NO_CONFIG, "the archive lacks c.json" },
	{ BAD_NO_LAYER, "the archive lacks the layer a/layer.tar" },
	{ BAD_DIFF, "the archive is damaged: layer a/layer.tar is sha256:" },
	{ BAD_ARCH, "the archive holds no image for linux/" },
	{ BAD_COUNT, "manifest.json names 1 layers, the image has 2" },
	{ BAD_TAG, "the name \"In Valid\" of an image: invalid reference format" },
	{ BAD_HOSTILE, "layer a/layer.tar: the entry \"../../x\" leads out of the layer" },
	{ BAD_OCI_DIGEST, "the archive is damaged: what is called sha256:" },
	{ BAD_TRUNCATED, "Truncated" },
	{ BAD_LOOP, "the archive lacks the layer a/layer.tar" },
};

static void build_bad(int kind, struct made_image *m, struct ek_buf *tar)
{
	static const struct tar_entry hostile[] = { { .name = "../../x", .data = "x" },
						    { .name = NULL } };
	const char *tag = kind == BAD_TAG ? "In Valid" : "x";
	EK_FREE char *manifest = ek_str_fmt(
		"[{\"Config\":\"c.json\",\"RepoTags\":[\"%s\"],\"Layers\":[\"a/layer.tar\"]}]",
		tag);

	made_image_add_layer(m, kind == BAD_HOSTILE ? hostile : base, TAR_PLAIN);
	if (kind == BAD_COUNT)
		made_image_add_layer(m, top, TAR_PLAIN);
	made_image_finish(m, kind == BAD_ARCH ? "pdp11" : NULL);
	if (kind == BAD_OCI_DIGEST) {
		m->digest[20] = m->digest[20] == 'a' ? 'b' : 'a';
		made_image_oci_archive(m, "x:y", tar);
		return;
	}
	if (kind == BAD_EMPTY)
		return;
	if (kind == BAD_TEXT) {
		(void)ek_buf_str(tar, "this is not an archive of any kind, whatever its name says");
		return;
	}
	if (kind != BAD_NO_MANIFEST)
		tar_add_data(tar, "manifest.json", manifest,
			     kind == BAD_MANIFEST ? 20 : strlen(manifest));
	if (kind != BAD_NO_CONFIG)
		tar_add_data(tar, "c.json", m->config, strlen(m->config));
	if (kind == BAD_DIFF)
		m->layers[0].plain.data[512]++; /* a byte of the file's data */
	if (kind == BAD_LOOP)
		tar_add(tar, &(struct tar_entry){
				     .name = "a/layer.tar", .type = '2', .link = "layer.tar" });
	else if (kind != BAD_NO_LAYER)
		tar_add_data(tar, "a/layer.tar", m->layers[0].plain.data, m->layers[0].plain.len);
	if (kind == BAD_TRUNCATED)
		tar->len -= 1500;
	else
		tar_end(tar);
}

START_TEST(bad_archives)
{
	EK_BUF struct ek_buf tar = EK_BUF_INIT(64 << 20);
	struct made_image m = { 0 };
	struct image_box b;
	struct import_result r;

	if (needs_root())
		return;
	build_bad(bad[_i].kind, &m, &tar);
	image_box_open(&b);
	if (!tar.data)
		(void)ek_buf_append(&tar, "", 0);
	image_box_import(&b, &r, &tar, NULL);
	ck_assert_int_lt(r.rc, 0);
	ck_assert_msg(strstr(r.err.msg, bad[_i].message), "%s", r.err.msg);
	ck_assert_uint_eq(ek_images_count(b.images), 0);
	ck_assert_int_eq(image_box_count(&b, "tmp"), 0);
	ck_assert_int_eq(image_box_count(&b, "layers"), 0);
	ck_assert_int_eq(image_box_count(&b, "trash"), 0);
	image_box_reopen(&b);
	ck_assert_int_eq(image_box_count(&b, "blobs"), 0);
	made_image_done(&m);
	image_box_close(&b);
}
END_TEST

START_TEST(cancelled)
{
	EK_BUF struct ek_buf tar = EK_BUF_INIT(64 << 20);
	struct image_box b;
	struct import_result r = { 0 };
	struct import_result probe;
	int ends[2];

	if (needs_root())
		return;
	image_box_open(&b);
	(void)ek_buf_append(&tar, "", 0);
	image_box_import(&b, &probe, &tar, NULL); /* for its callback */
	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	r.import.cb = probe.import.cb;
	ck_assert_int_eq(ek_images_import(b.images, &r.import, ends[0], NULL, NULL), 0);
	(void)ek_loop_until(b.loop, &r.done, 50);
	ck_assert(!r.done);
	ek_image_import_cancel(&r.import);
	close(ends[1]);
	ck_assert(ek_loop_until(b.loop, &r.done, 5000));
	ck_assert_int_eq(r.rc, EK_ECANCELLED);
	image_box_close(&b);
}
END_TEST

/* ---- the store over time ---- */

START_TEST(names_move)
{
	EK_BUF struct ek_buf tar = EK_BUF_INIT(64 << 20), tar2 = EK_BUF_INIT(64 << 20);
	struct made_image m = { 0 }, m2 = { 0 };
	const char *const name = "app:latest", *const names2 = "app:latest app:v2";
	struct image_box b;
	struct import_result r;

	if (needs_root())
		return;
	make(&m, TAR_PLAIN);
	made_image_add_layer(&m2, base, TAR_PLAIN);
	made_image_add_layer(&m2, other, TAR_PLAIN);
	made_image_finish(&m2, NULL);
	made_image_docker_archive(&m, 1, &name, &tar);
	made_image_docker_archive(&m2, 1, &names2, &tar2);
	image_box_open(&b);
	image_box_import(&b, &r, &tar, NULL);
	image_box_import(&b, &r, &tar, NULL); /* again is fine */
	ck_assert_int_eq(r.rc, 0);
	ck_assert_uint_eq(ek_images_count(b.images), 1);
	image_box_import(&b, &r, &tar2, NULL);
	ck_assert_uint_eq(ek_images_count(b.images), 2);
	ck_assert_str_eq(ek_images_find(b.images, "app")->id, m2.id);
	ck_assert_ptr_null(ek_images_find(b.images, m.id)->tags[0]);
	ck_assert_int_eq(image_box_count(&b, "layers"), 4); /* base is shared */
	/* the same after a restart */
	image_box_reopen(&b);
	ck_assert_uint_eq(ek_images_count(b.images), 2);
	ck_assert_str_eq(ek_images_find(b.images, "app:v2")->id, m2.id);
	ck_assert_int_eq(image_box_count(&b, "layers"), 4);
	/* a tag of several is only taken off */
	ck_assert_int_eq(image_box_remove(&b, "app:v2"), 0);
	ck_assert_ptr_nonnull(ek_images_find(b.images, "app"));
	ck_assert_int_eq(image_box_remove(&b, "app"), 0);
	ck_assert_int_eq(image_box_count(&b, "layers"), 3); /* base is the other's too */
	ck_assert_int_eq(image_box_remove(&b, m.id), 0);
	ck_assert_int_eq(image_box_count(&b, "layers"), 0);
	ck_assert_int_eq(image_box_count(&b, "l"), 0);
	ck_assert_int_eq(image_box_remove(&b, "app"), EK_ENOTFOUND);
	image_box_reopen(&b);
	ck_assert_uint_eq(ek_images_count(b.images), 0);
	ck_assert_int_eq(image_box_count(&b, "blobs"), 0);
	made_image_done(&m);
	made_image_done(&m2);
	image_box_close(&b);
}
END_TEST

/* Killed at some moment of an import: the next start has the image whole, or not at all. */
START_TEST(killed_while_importing)
{
	EK_BUF struct ek_buf tar = EK_BUF_INIT(64 << 20);
	struct made_image m;
	const char *const name = "app";
	struct image_box b;

	if (needs_root())
		return;
	make(&m, TAR_PLAIN);
	made_image_docker_archive(&m, 1, &name, &tar);
	image_box_open(&b);
	ek_images_close(b.images);
	for (int i = 0; i < 30; i++) {
		int pid = fork(), st;

		if (pid == 0) {
			struct import_result r;

			alarm(20);
			b.loop = ek_loop_new();
			if (ek_images_open(b.loop, b.path, &b.images, NULL) < 0)
				_exit(1);
			image_box_import(&b, &r, &tar, NULL);
			_exit(0);
		}
		usleep((useconds_t)i * 700);
		kill(pid, SIGKILL);
		ck_assert_int_eq(waitpid(pid, &st, 0), pid);
		ck_assert_int_eq(ek_images_open(b.loop, b.path, &b.images, NULL), 0);
		if (ek_images_count(b.images)) {
			const struct ek_image *image = ek_images_find(b.images, "app");
			EK_FREE char *text = NULL;

			ck_assert_ptr_nonnull(image);
			ck_assert_int_eq(ek_file_read(AT_FDCWD,
						      EK_F("%s/layers/%s/fs/bin/x", b.path,
							   image->layers[0]),
						      100, &text, NULL, NULL),
					 0);
			ck_assert_str_eq(text, "program");
			ck_assert_int_eq(image_box_remove(&b, "app"), 0);
		}
		ck_assert_int_eq(image_box_count(&b, "tmp"), 0);
		ck_assert_int_eq(image_box_count(&b, "layers"), 0);
		ek_images_close(b.images);
	}
	ck_assert_int_eq(ek_images_open(b.loop, b.path, &b.images, NULL), 0);
	made_image_done(&m);
	image_box_close(&b);
}
END_TEST

static const struct {
	const char *index, *message;
} indexes[] = {
	{ "{", "index.json" },
	{ "{\"version\":9,\"images\":[]}", "is of another version of ekube" },
};

START_TEST(a_broken_index_is_not_overwritten)
{
	struct image_box b;
	struct ek_images *s = NULL;
	struct ek_err err = { 0 };

	image_box_open(&b);
	ek_images_close(b.images);
	ck_assert_int_eq(ek_file_write(AT_FDCWD, EK_F("%s/index.json", b.path), indexes[_i].index,
				       strlen(indexes[_i].index), 0600, false, NULL),
			 0);
	ck_assert_int_lt(ek_images_open(b.loop, b.path, &s, &err), 0);
	ck_assert_msg(strstr(err.msg, indexes[_i].message), "%s", err.msg);
	unlink(EK_F("%s/index.json", b.path));
	ck_assert_int_eq(ek_images_open(b.loop, b.path, &b.images, NULL), 0);
	image_box_close(&b);
}
END_TEST

START_TEST(an_image_without_its_layer_is_dropped)
{
	EK_BUF struct ek_buf tar = EK_BUF_INIT(64 << 20);
	struct made_image m;
	const char *const name = "app";
	struct image_box b;
	struct import_result r;

	if (needs_root())
		return;
	make(&m, TAR_PLAIN);
	made_image_docker_archive(&m, 1, &name, &tar);
	image_box_open(&b);
	image_box_import(&b, &r, &tar, NULL);
	ck_assert_int_eq(r.rc, 0);
	ck_assert_int_eq(ek_dir_remove(AT_FDCWD,
				       EK_F("%s/layers/%s", b.path, m.layers[0].diff_id + 7), NULL),
			 0);
	image_box_reopen(&b);
	ck_assert_uint_eq(ek_images_count(b.images), 0);
	image_box_import(&b, &r, &tar, NULL); /* and can be had again */
	ck_assert_int_eq(r.rc, 0);
	made_image_done(&m);
	image_box_close(&b);
}
END_TEST

/* ---- root file systems ---- */

START_TEST(mounts_a_root)
{
	EK_BUF struct ek_buf tar = EK_BUF_INIT(64 << 20);
	struct made_image m;
	const char *const name = "app";
	struct image_box b;
	struct import_result r;
	struct ek_err err = { 0 };
	struct stat st;
	EK_FREE char *text = NULL, *dir = NULL, *second = NULL;

	if (needs_root())
		return;
	make(&m, TAR_GZIP);
	made_image_docker_archive(&m, 1, &name, &tar);
	image_box_open(&b);
	image_box_import(&b, &r, &tar, NULL);
	ck_assert_msg(r.rc == 0, "%s", r.err.msg);
	dir = ek_str_fmt("%s/with:colon,and comma", b.dir); /* which mean something to overlayfs */
	second = ek_str_fmt("%s/second", b.dir);
	ck_assert_int_eq(mkdir(dir, 0700), 0);
	ck_assert_int_eq(mkdir(second, 0700), 0);
	ck_assert_msg(ek_rootfs_mount(b.images, ek_images_find(b.images, "app"), dir, &err) == 0,
		      "%s", err.msg);
	ck_assert_msg(ek_rootfs_mount(b.images, ek_images_find(b.images, "app"), second, &err) == 0,
		      "%s", err.msg);
	ck_assert(ek_rootfs_is_mounted(dir));
	ck_assert_int_eq(
		ek_file_read(AT_FDCWD, EK_F("%s/rootfs/bin/x", dir), 100, &text, NULL, NULL), 0);
	ck_assert_str_eq(text, "program");
	ck_assert_int_ne(access(EK_F("%s/rootfs/old", dir), F_OK), 0); /* whited out */
	ck_assert_int_eq(access(EK_F("%s/rootfs/new", dir), F_OK), 0);
	ck_assert_int_eq(stat(EK_F("%s/rootfs/tmp", dir), &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 01777); /* mended */
	ck_assert_int_eq(access(EK_F("%s/rootfs/tmp/scratch", dir), F_OK), 0);
	/* each writes for itself */
	ck_assert_int_eq(ek_file_write(AT_FDCWD, EK_F("%s/rootfs/bin/x", dir), "changed", 7, 0755,
				       false, NULL),
			 0);
	free(ek_steal(text));
	ck_assert_int_eq(
		ek_file_read(AT_FDCWD, EK_F("%s/rootfs/bin/x", second), 100, &text, NULL, NULL), 0);
	ck_assert_str_eq(text, "program");
	/* mounted layers survive their image, and go with the next removal */
	ck_assert_int_eq(image_box_remove(&b, "app"), 0);
	ck_assert_int_eq(image_box_count(&b, "layers"), 3);
	free(ek_steal(text));
	ck_assert_int_eq(
		ek_file_read(AT_FDCWD, EK_F("%s/rootfs/new", second), 100, &text, NULL, NULL), 0);
	ck_assert_int_eq(ek_rootfs_remove(second, &err), 0);
	image_box_reopen(&b);
	ck_assert_int_eq(image_box_count(&b, "layers"), 3);
	ck_assert_msg(ek_rootfs_remove(dir, &err) == 0, "%s", err.msg);
	ck_assert(!ek_rootfs_is_mounted(dir));
	ck_assert_int_ne(access(EK_F("%s/upper", dir), F_OK), 0);
	ck_assert_int_eq(ek_rootfs_remove(dir, &err), 0); /* again is fine */
	ck_assert_int_eq(ek_rootfs_remove("/nonexistent/x", &err), 0);
	image_box_reopen(&b);
	ck_assert_int_eq(image_box_count(&b, "layers"), 0);
	made_image_done(&m);
	image_box_close(&b);
}
END_TEST

START_TEST(mounts_many_layers)
{
	enum { N = 100 };
	EK_BUF struct ek_buf tar = EK_BUF_INIT(64 << 20);
	struct image_box b;
	struct import_result r;
	struct ek_err err = { 0 };
	EK_FREE char *dir = NULL;
	struct ek_json *diffs = ek_json_array(), *layers = ek_json_array();
	EK_JSON struct ek_json *config = ek_json_make("{'rootfs':{}}"), *manifest = NULL;
	EK_FREE char *config_text = NULL, *manifest_text = NULL;

	if (needs_root()) {
		ek_json_unref(diffs);
		ek_json_unref(layers);
		return;
	}
	for (int i = 0; i < N; i++) {
		EK_BUF struct ek_buf layer = EK_BUF_INIT(1 << 20);
		char name[32], diff_id[EK_IMAGE_DIGEST_SIZE];

		snprintf(name, sizeof(name), "file-%d", i);
		tar_add(&layer, &(struct tar_entry){ .name = name, .data = name });
		tar_end(&layer);
		ek_image_digest_of(layer.data, layer.len, diff_id);
		ek_json_append(diffs, ek_json_new_str(diff_id));
		snprintf(name, sizeof(name), "l%d/layer.tar", i);
		tar_add_data(&tar, name, layer.data, layer.len);
		ek_json_append(layers, ek_json_new_str(name));
	}
	ek_json_set_at(config, "rootfs.diff_ids", diffs);
	config_text = ek_json_text(config);
	manifest = ek_json_make("[{'Config':'c','RepoTags':['many'],'Layers':%v}]", layers);
	ek_json_unref(layers);
	manifest_text = ek_json_text(manifest);
	tar_add_data(&tar, "c", config_text, strlen(config_text));
	tar_add_data(&tar, "manifest.json", manifest_text, strlen(manifest_text));
	tar_end(&tar);
	image_box_open(&b);
	image_box_import(&b, &r, &tar, NULL);
	ck_assert_msg(r.rc == 0, "%s", r.err.msg);
	dir = ek_str_fmt("%s/c", b.dir);
	ck_assert_int_eq(mkdir(dir, 0700), 0);
	ck_assert_msg(ek_rootfs_mount(b.images, ek_images_find(b.images, "many"), dir, &err) == 0,
		      "%s", err.msg);
	ck_assert_int_eq(access(EK_F("%s/rootfs/file-0", dir), F_OK), 0);
	ck_assert_int_eq(access(EK_F("%s/rootfs/file-%d", dir, N - 1), F_OK), 0);
	ck_assert_int_eq(ek_rootfs_remove(dir, &err), 0);
	image_box_close(&b);
}
END_TEST

START_TEST(mounts_an_image_without_layers)
{
	EK_BUF struct ek_buf tar = EK_BUF_INIT(64 << 20);
	struct made_image m = { 0 };
	const char *const name = "scratch";
	struct image_box b;
	struct import_result r;
	struct ek_err err = { 0 };
	EK_FREE char *dir = NULL;

	if (needs_root())
		return;
	made_image_finish(&m, NULL);
	made_image_docker_archive(&m, 1, &name, &tar);
	image_box_open(&b);
	image_box_import(&b, &r, &tar, NULL);
	ck_assert_msg(r.rc == 0, "%s", r.err.msg);
	dir = ek_str_fmt("%s/c", b.dir);
	ck_assert_int_eq(mkdir(dir, 0700), 0);
	ck_assert_msg(ek_rootfs_mount(b.images, ek_images_find(b.images, "scratch"), dir, &err) ==
			      0,
		      "%s", err.msg);
	ck_assert_int_eq(ek_rootfs_remove(dir, &err), 0);
	made_image_done(&m);
	image_box_close(&b);
}
END_TEST

EK_TESTS("node/image import", EK_ROWS(docker_archives, kinds), EK_ROWS(oci_archives, kinds),
	 EK_ROWS(names_for_the_nameless, four), linked_layers, EK_ROWS(bad_archives, bad),
	 cancelled, names_move, killed_while_importing,
	 EK_ROWS(a_broken_index_is_not_overwritten, indexes),
	 an_image_without_its_layer_is_dropped, mounts_a_root, mounts_many_layers,
	 mounts_an_image_without_layers)
