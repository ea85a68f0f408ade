/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <ekube/crypto.h>
#include <ekube/file.h>
#include <ekube/str.h>

#include "ek_test.h"
#include "image/layer.h"
#include "image/manifest.h"
#include "image/mend.h"
#include "image/tree.h"
#include "node/tar_box.h"

/* A source of bytes in memory, in small pieces. */
struct memory {
	struct ek_bytes_source source;
	const char *data;
	size_t n, at, piece;
};

static ssize_t read_memory(struct ek_bytes_source *s, const void **ret_data, struct ek_err *err)
{
	struct memory *m = ek_container_of(s, struct memory, source);
	size_t n = EK_MIN(m->piece, m->n - m->at);

	(void)err;
	*ret_data = m->data + m->at;
	m->at += n;
	return (ssize_t)n;
}

struct place {
	char dir[32], victim[64]; /* what must never change */
	int  fd;
};

static void place_open(struct place *p)
{
	strcpy(p->dir, "/tmp/ek-layer-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(p->dir));
	snprintf(p->victim, sizeof(p->victim), "%s/victim", p->dir);
	ck_assert_int_eq(ek_file_write(AT_FDCWD, p->victim, "safe", 4, 0600, false, NULL), 0);
	ck_assert_int_eq(mkdir(EK_F("%s/layer", p->dir), 0700), 0);
	p->fd = open(EK_F("%s/layer", p->dir), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_ge(p->fd, 0);
}

static void place_close(struct place *p)
{
	EK_FREE char *text = NULL;
	struct stat st;

	ck_assert_int_eq(ek_file_read(AT_FDCWD, p->victim, 100, &text, NULL, NULL), 0);
	ck_assert_str_eq(text, "safe");
	ck_assert_int_eq(stat(p->victim, &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0600);
	ck_assert_uint_eq(st.st_nlink, 1);
	close(p->fd);
	ck_assert_int_eq(ek_dir_remove(AT_FDCWD, p->dir, NULL), 0);
}

static int unpack_bytes(struct place *p, const void *data, size_t n,
			const struct ek_layer_limits *limits, struct ek_layer_result *r,
			struct ek_err *err)
{
	struct memory m = { .source = { read_memory }, .data = data, .n = n, .piece = 1000 };
	struct ek_layer_limits none = { 0 };

	return ek_layer_unpack(p->fd, &m.source, limits ? limits : &none, r, err);
}

static int unpack(struct place *p, const struct tar_entry *entries, size_t n, struct ek_err *err)
{
	EK_BUF struct ek_buf b = EK_BUF_INIT(64 << 20);
	struct ek_layer_result r;

	for (size_t i = 0; i < n && entries[i].name; i++)
		tar_add(&b, &entries[i]);
	tar_end(&b);
	return unpack_bytes(p, b.data, b.len, NULL, &r, err);
}

static const char *in(struct place *p, const char *path)
{
	static char out[4][600];
	static unsigned i;

	snprintf(out[++i % 4], sizeof(out[0]), "%s/layer/fs/%s", p->dir, path);
	return out[i % 4];
}

static char *text_of(struct place *p, const char *path)
{
	char *text = NULL;
	struct ek_err err = { 0 };

	ck_assert_msg(ek_file_read(AT_FDCWD, in(p, path), 1 << 20, &text, NULL, &err) == 0, "%s",
		      err.msg);
	return text;
}

static bool needs_root(void)
{
	if (geteuid() == 0)
		return false;
	printf("skipped: unpacking layers needs root\n");
	return true;
}

/* ---- what a good layer becomes ---- */

START_TEST(keeps_everything)
{
	static const char cap[] =
		"\1\0\0\2\0\4\0\0\0\0\0\0\0\0\0\0\0\0\0\0"; /* cap_net_bind_service=ep */
	static const struct tar_entry entries[] = {
		{ .name = "./", .type = '5', .mode = 0755 },
		{ .name = "etc/",
		  .type = '5',
		  .mode = 0750,
		  .uid = 3,
		  .gid = 4,
		  .mtime = 1000000000 },
		{ .name = "etc/passwd",
		  .data = "root:x:0:0\n",
		  .mode = 0640,
		  .uid = 1,
		  .gid = 2,
		  .mtime = 1234567890 },
		{ .name = "bin/", .type = '5' },
		{ .name = "bin/su", .data = "x", .mode = 04755 },
		{ .name = "bin/sh", .type = '2', .link = "/bin/su" },
		{ .name = "bin/up", .type = '2', .link = "../../../../etc/shadow" },
		{ .name = "bin/hard", .type = '1', .link = "bin/su" },
		{ .name = "bin/ping",
		  .data = "p",
		  .mode = 0755,
		  .xattr = "security.capability",
		  .xattr_value = cap,
		  .xattr_size = 20 },
		{ .name = "tmp/", .type = '5', .mode = 01777 },
		{ .name = "dev/", .type = '5' },
		{ .name = "dev/null", .type = '3', .mode = 0666, .major = 1, .minor = 3 },
		{ .name = "dev/sda", .type = '4', .mode = 0660, .major = 8 },
		{ .name = "run/", .type = '5' },
		{ .name = "run/fifo", .type = '6', .mode = 0600 },
		{ .name = "big/", .type = '5', .uid = 4000000000 },
		{ .name = "empty", .data = "" },
		{ .name = "x",
		  .pax = { "path=a/name with \xc3\xa4\xc3\xb6 and more than a hundred bytes, since only an "
			   "extended header can hold such a path in a tar archive at all",
			   "mtime=1234567890.123456789" },
		  .data = "long" },
	};
	struct place p;
	struct ek_err err = { 0 };
	struct stat st, st2;
	char link[100] = { 0 }, value[64];
	EK_FREE char *passwd = NULL, *named = NULL;

	if (needs_root())
		return;
	place_open(&p);
	ck_assert_msg(unpack(&p, entries, EK_ARRAY_LEN(entries), &err) == 0, "%s", err.msg);
	ck_assert_int_eq(stat(in(&p, "etc"), &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0750);
	ck_assert(st.st_uid == 3 && st.st_gid == 4 && st.st_mtime == 1000000000);
	ck_assert_int_eq(stat(in(&p, "etc/passwd"), &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0640);
	ck_assert(st.st_uid == 1 && st.st_gid == 2 && st.st_mtime == 1234567890);
	passwd = text_of(&p, "etc/passwd");
	ck_assert_str_eq(passwd, "root:x:0:0\n");
	ck_assert_int_eq(stat(in(&p, "bin/su"), &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 04755);
	ck_assert_int_eq(stat(in(&p, "bin/hard"), &st2), 0);
	ck_assert(st.st_ino == st2.st_ino);
	ck_assert_int_gt(readlink(in(&p, "bin/up"), link, sizeof(link) - 1), 0);
	ck_assert_str_eq(link, "../../../../etc/shadow");
	ck_assert_int_eq(getxattr(in(&p, "bin/ping"), "security.capability", value, sizeof(value)),
			 20);
	ck_assert_int_eq(stat(in(&p, "tmp"), &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 01777);
	ck_assert_int_eq(stat(in(&p, "dev/null"), &st), 0);
	ck_assert(S_ISCHR(st.st_mode) && st.st_rdev == makedev(1, 3) &&
		  (st.st_mode & 07777) == 0666);
	ck_assert_int_eq(stat(in(&p, "dev/sda"), &st), 0);
	ck_assert(S_ISBLK(st.st_mode) && st.st_rdev == makedev(8, 0));
	ck_assert_int_eq(stat(in(&p, "run/fifo"), &st), 0);
	ck_assert(S_ISFIFO(st.st_mode));
	ck_assert_int_eq(stat(in(&p, "big"), &st), 0);
	ck_assert_uint_eq(st.st_uid, 4000000000u);
	named = text_of(&p, entries[EK_ARRAY_LEN(entries) - 1].pax[0] + 5);
	ck_assert_str_eq(named, "long");
	ck_assert_int_eq(stat(in(&p, "a"), &st), 0); /* implied */
	ck_assert_uint_eq(st.st_mode & 07777, 0755);
	place_close(&p);
}
END_TEST

/* ---- whiteouts ---- */

static bool is_whiteout(struct place *p, const char *path)
{
	struct stat st;

	return lstat(in(p, path), &st) == 0 && S_ISCHR(st.st_mode) && st.st_rdev == 0;
}

static bool is_opaque(struct place *p, const char *path)
{
	char v[4];

	return lgetxattr(in(p, path), "trusted.overlay.opaque", v, sizeof(v)) == 1 && v[0] == 'y';
}

static bool exists(struct place *p, const char *path)
{
	struct stat st;

	return lstat(in(p, path), &st) == 0;
}

START_TEST(whiteouts)
{
	static const struct tar_entry entries[] = {
		{ .name = "gone/.wh.file" },
		{ .name = "opaque/", .type = '5' },
		{ .name = "opaque/.wh..wh..opq" },
		{ .name = "opaque/new", .data = "n" },
		{ .name = "late/.wh..wh..opq" }, /* its directory was not there yet */
		{ .name = "own", .data = "mine" },
		{ .name = ".wh.own" }, /* hides what is below, not ours */
		{ .name = "owndir/", .type = '5' },
		{ .name = "owndir/f", .data = "f" },
		{ .name = ".wh.owndir" },
		{ .name = ".wh.back" },
		{ .name = "back", .data = "again" },
		{ .name = ".wh.backdir" },
		{ .name = "backdir/", .type = '5' },
		{ .name = ".wh.deep" },
		{ .name = "deep/in/it", .data = "d" },
		{ .name = ".wh..wh.plnk/", .type = '5' }, /* an old union file system's */
		{ .name = ".wh..wh.aufs", .data = "" },
		{ .name = "zero", .type = '3', .mode = 0600 }, /* 0:0 by its own name is the same */
	};
	struct place p;
	struct ek_err err = { 0 };

	if (needs_root())
		return;
	place_open(&p);
	ck_assert_msg(unpack(&p, entries, EK_ARRAY_LEN(entries), &err) == 0, "%s", err.msg);
	ck_assert(is_whiteout(&p, "gone/file"));
	ck_assert(is_opaque(&p, "opaque") && exists(&p, "opaque/new"));
	ck_assert(!exists(&p, "opaque/.wh..wh..opq"));
	ck_assert(is_opaque(&p, "late"));
	ck_assert(exists(&p, "own") && !is_whiteout(&p, "own"));
	ck_assert(exists(&p, "owndir/f") && is_opaque(&p, "owndir"));
	ck_assert(exists(&p, "back") && !is_whiteout(&p, "back"));
	ck_assert(is_opaque(&p, "backdir"));
	ck_assert(exists(&p, "deep/in/it") && is_opaque(&p, "deep"));
	ck_assert(!exists(&p, ".wh..wh.plnk") && !exists(&p, ".wh..wh.aufs"));
	ck_assert(is_whiteout(&p, "zero"));
	place_close(&p);
}
END_TEST

/* ---- hostile layers: an error, or harmless; place_close() looks at the victim beside ---- */

#define UP "../../../../../../../../"

static const struct {
	const char      *name;
	const char      *message; /* part of it; NULL: accepted */
	struct tar_entry e[5];
	const char      *makes;   /* then this is there */
} hostile[] = {
	{ "dotdot", "the entry \"../../victim\" leads out of the layer", { { .name = "../../victim", .data = "x" } }, NULL },
	{ "dotdot inside", "leads out of the layer", { { .name = "a/../../../victim", .data = "x" } }, NULL },
	{ "dotdot at the end", "leads out of the layer", { { .name = "a/..", .type = '5' } }, NULL },
	{ "dotdot alone", "leads out of the layer", { { .name = "..", .type = '5', .mode = 0777 } }, NULL },
	{ "dotdot in a whiteout", "leads out of the layer", { { .name = "a/../../.wh.victim" } }, NULL },
	{ "absolute", NULL, { { .name = "/victim", .data = "x" } }, "victim" },
	{ "absolute with slashes", NULL, { { .name = "///tmp//./x", .data = "x" } }, "tmp/x" },
	{ "through a link up", NULL,
	  { { .name = "l", .type = '2', .link = "../.." }, { .name = "l/victim", .data = "x" } }, "victim" },
	{ "through an absolute link", NULL,
	  { { .name = "l", .type = '2', .link = "/etc" }, { .name = "etc/", .type = '5' },
	    { .name = "l/victim", .data = "x" } }, "etc/victim" },
	{ "through a link to what is not there", "make \"l\": File exists",
	  { { .name = "l", .type = '2', .link = "/tmp" }, { .name = "l/victim", .data = "x" } }, NULL },
	{ "through many links", NULL,
	  { { .name = "a", .type = '2', .link = UP }, { .name = "b", .type = '2', .link = "a/" UP },
	    { .name = "b/victim", .data = "x" } }, "victim" },
	{ "through a loop", "open \"l\": ",
	  { { .name = "l", .type = '2', .link = "l" }, { .name = "l/x", .data = "x" } }, NULL },
	{ "over a link", NULL, /* the link is replaced, not followed */
	  { { .name = "l", .type = '2', .link = "../../victim" }, { .name = "l", .data = "x" } }, "l" },
	{ "directory over a link", NULL,
	  { { .name = "l", .type = '2', .link = "../.." }, { .name = "l/", .type = '5', .mode = 0777 } }, "l" },
	{ "magic link", "",
	  { { .name = "l", .type = '2', .link = "/proc/self/root" }, { .name = "l/tmp/x", .data = "x" } }, NULL },
	{ "hard link up", "leads out of the layer", { { .name = "h", .type = '1', .link = "../../victim" } }, NULL },
	{ "hard link to an absolute name", NULL, { { .name = "h", .type = '1', .link = "/etc/passwd" } }, NULL },
	{ "hard link through a link", NULL,
	  { { .name = "l", .type = '2', .link = "../.." }, { .name = "h", .type = '1', .link = "l/victim" } }, NULL },
	{ "hard link to a link, then through it", NULL,
	  { { .name = "l", .type = '2', .link = "../../victim" }, { .name = "h", .type = '1', .link = "l" },
	    { .name = "h", .data = "x" } }, "h" },
	{ "hard link to a directory", "link \"h\" to \"d\"",
	  { { .name = "d/", .type = '5' }, { .name = "h", .type = '1', .link = "d" } }, NULL },
	{ "hard link to itself", NULL, { { .name = "h", .type = '1', .link = "h" } }, NULL },
	{ "hard link to nothing", "", { { .name = "h", .type = '1', .link = "" } }, NULL },
	{ "file as directory", "make \"f\": File exists",
	  { { .name = "f", .data = "x" }, { .name = "f/x", .data = "x" } }, NULL },
	{ "directory becomes file becomes directory", NULL,
	  { { .name = "d/a/b", .data = "1" }, { .name = "d", .data = "2" }, { .name = "d/", .type = '5' } }, "d" },
	{ "twice", NULL, { { .name = "f", .data = "1", .mode = 0400 }, { .name = "f", .data = "22" } }, "f" },
	{ "link without target", "points nowhere", { { .name = "l", .type = '2', .link = "" } }, NULL },
	{ "the root as a file", "the layer's root is not a directory", { { .name = ".", .data = "" } }, NULL },
	{ "the root as a link", "the layer's root is not a directory", { { .name = ".", .type = '2', .link = "/" } }, NULL },
	{ "whiteout of nothing", "hides nothing that can be", { { .name = ".wh." } }, NULL },
	{ "whiteout of itself", "hides nothing that can be", { { .name = "a/.wh.." } }, NULL },
	{ "whiteout of the parent", "hides nothing that can be", { { .name = "a/.wh..." } }, NULL },
	{ "impossible owner", "has an impossible owner", { { .name = "f", .uid = 4294967295 } }, NULL },
	{ "negative owner", "has an impossible owner", { { .name = "f", .pax = { "gid=-1" } } }, NULL },
	{ "sparse without end", "the layer's files are larger than", { { .name = "f", .size = INT64_C(1) << 60 } }, NULL },
	{ "overlay attributes", NULL,
	  { { .name = "f", .data = "", .xattr = "trusted.overlay.redirect", .xattr_value = "/etc/shadow" } }, "f" },
	{ "user overlay attributes", NULL,
	  { { .name = "f", .data = "", .xattr = "user.overlay.opaque", .xattr_value = "y" } }, "f" },
	{ "a file that ends early", "Truncated tar archive", { { .name = "f", .size = 100000, .data = "x" } }, NULL },
	{ "a name that is too long", "is too long", { { .name = "x", .data = "", .pax = { "path="
	  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" } } }, NULL },
	{ "an empty name", NULL, { { .name = "", .type = '5' } }, NULL },
	{ "control characters", NULL, { { .name = "a\nb\x1b[2J", .data = "x" } }, "a\nb\x1b[2J" },
	{ "set-id and owner in one", NULL, { { .name = "s", .data = "x", .mode = 06777, .uid = 7, .gid = 8 } }, "s" },
};

START_TEST(hostile_layers)
{
	struct place p;
	struct ek_err err = { 0 };
	int rc;

	if (needs_root())
		return;
	place_open(&p);
	rc = unpack(&p, hostile[_i].e, 5, &err);
	if (hostile[_i].message) {
		ck_assert_msg(rc < 0 || !hostile[_i].message[0], "%s was accepted",
			      hostile[_i].name);
		ck_assert_msg(strstr(err.msg, hostile[_i].message), "%s: %s", hostile[_i].name,
			      err.msg);
	} else {
		ck_assert_msg(rc == 0, "%s: %s", hostile[_i].name, err.msg);
	}
	if (hostile[_i].makes)
		ck_assert_msg(exists(&p, hostile[_i].makes), "%s: no %s", hostile[_i].name,
			      hostile[_i].makes);
	ck_assert_int_lt(lgetxattr(in(&p, "f"), "trusted.overlay.redirect", NULL, 0), 0);
	ck_assert_int_lt(lgetxattr(in(&p, "f"), "user.overlay.opaque", NULL, 0), 0);
	place_close(&p);
}
END_TEST

START_TEST(deep_paths)
{
	EK_BUF struct ek_buf path = EK_BUF_INIT(64 << 10);
	EK_BUF struct ek_buf tar = EK_BUF_INIT(1 << 20);
	struct tar_entry e = { .name = "x", .data = "x" };
	struct ek_layer_result r;
	struct ek_err err = { 0 };
	struct place p;
	int depth = _i ? 3000 : 1900;

	if (needs_root())
		return;
	(void)ek_buf_str(&path, "path=");
	for (int i = 0; i < depth; i++)
		(void)ek_buf_str(&path, "d/");
	(void)ek_buf_str(&path, "f");
	e.pax[0] = path.data;
	tar_add(&tar, &e);
	tar_end(&tar);
	place_open(&p);
	ck_assert_int_eq(unpack_bytes(&p, tar.data, tar.len, NULL, &r, &err), _i ? EK_EINVALID : 0);
	place_close(&p);
}
END_TEST
static const int both[2];

static const struct {
	struct ek_layer_limits limits;
	const char            *message;
} limited[] = {
	{ { .max_entries = 10 }, "the layer has more than 10 entries" },
	{ { .max_bytes = 1000 }, "the layer's files are larger than 1000 bytes" },
	{ { .cancel = &(const bool){ true } }, "cancelled" },
};

START_TEST(keeps_limits)
{
	EK_BUF struct ek_buf tar = EK_BUF_INIT(1 << 20);
	struct ek_layer_result r;
	struct ek_err err = { 0 };
	struct place p;

	if (needs_root())
		return;
	for (int i = 0; i < 20; i++) {
		char name[20];

		snprintf(name, sizeof(name), "f%d", i);
		tar_add(&tar,
			&(struct tar_entry){
				.name = name,
				.data = "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeaaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeee" });
	}
	tar_end(&tar);
	place_open(&p);
	ck_assert_int_lt(unpack_bytes(&p, tar.data, tar.len, &limited[_i].limits, &r, &err), 0);
	ck_assert_str_eq(err.msg, limited[_i].message);
	place_close(&p);
}
END_TEST

/* A gigabyte of zeroes is a megabyte of gzip, and no file of the tar: behind its end. */
START_TEST(bombs)
{
	EK_BUF struct ek_buf tar = EK_BUF_INIT(1u << 30);
	EK_BUF struct ek_buf bomb = { 0 };
	EK_FREE char *zeroes = ek_calloc(1, 50 << 20);
	struct ek_layer_limits limits = { .max_bytes = 10 << 20 };
	struct ek_layer_result r;
	struct ek_err err = { 0 };
	struct place p;

	if (needs_root())
		return;
	if (_i == 0)
		tar_add_data(&tar, "zeroes", zeroes, 50 << 20);
	tar_end(&tar);
	(void)ek_buf_append(&tar, zeroes, 50 << 20);
	bomb = tar_compress(&tar, TAR_GZIP);
	ck_assert_uint_lt(bomb.len, 1 << 20);
	place_open(&p);
	ck_assert_int_eq(unpack_bytes(&p, bomb.data, bomb.len, &limits, &r, &err), EK_ETOOLARGE);
	place_close(&p);
}
END_TEST

/* ---- compression, hashes ---- */

START_TEST(compressions)
{
	EK_BUF struct ek_buf tar = EK_BUF_INIT(4 << 20);
	EK_BUF struct ek_buf packed = { 0 };
	char diff_id[EK_IMAGE_DIGEST_SIZE], blob[EK_IMAGE_DIGEST_SIZE];
	struct ek_layer_result r;
	struct ek_err err = { 0 };
	struct place p;
	EK_FREE char *text = NULL;

	if (needs_root())
		return;
	for (int i = 0; i < 200; i++) {
		char name[20];

		snprintf(name, sizeof(name), "f%d", i);
		tar_add(&tar, &(struct tar_entry){ .name = name, .data = "content" });
	}
	tar_end(&tar);
	(void)ek_buf_append(&tar, "trailing bytes count too", 24);
	ek_image_digest_of(tar.data, tar.len, diff_id);
	packed = tar_compress(&tar, _i);
	ek_image_digest_of(packed.data, packed.len, blob);
	ck_assert(ek_layer_looks_like(packed.data, packed.len));
	place_open(&p);
	ck_assert_msg(unpack_bytes(&p, packed.data, packed.len, NULL, &r, &err) == 0, "%s",
		      err.msg);
	ck_assert_str_eq(r.diff_id, diff_id);
	ck_assert_str_eq(r.blob, blob);
	ck_assert_int_eq(r.blob_size, (int64_t)packed.len);
	ck_assert_int_eq(r.entries, 200);
	ck_assert_int_eq(r.bytes, 200 * 7);
	text = text_of(&p, "f199");
	ck_assert_str_eq(text, "content");
	place_close(&p);
}
END_TEST
static const int kinds[] = { TAR_PLAIN, TAR_GZIP, TAR_ZSTD };

START_TEST(broken_compression)
{
	EK_BUF struct ek_buf tar = EK_BUF_INIT(4 << 20);
	EK_BUF struct ek_buf packed = { 0 };
	char diff_id[EK_IMAGE_DIGEST_SIZE];
	struct ek_layer_result r;
	struct ek_err err = { 0 };
	struct place p;

	if (needs_root())
		return;
	for (int i = 0; i < 500; i++) {
		char name[20];

		snprintf(name, sizeof(name), "f%d", i * 7919);
		tar_add(&tar, &(struct tar_entry){ .name = name, .data = name });
	}
	tar_end(&tar);
	packed = tar_compress(&tar, kinds[_i]);
	/* cut anywhere */
	for (size_t n = 0; n < packed.len; n += packed.len / 7 + 1) {
		place_open(&p);
		ck_assert_int_lt(unpack_bytes(&p, packed.data, n, NULL, &r, &err), 0);
		place_close(&p);
	}
	if (kinds[_i] == TAR_PLAIN)
		return;
	/* libarchive does not look at gzip's checksum: the diff id is what tells */
	ek_image_digest_of(tar.data, tar.len, diff_id);
	memset(packed.data + packed.len / 2, 0x55, 20);
	place_open(&p);
	if (unpack_bytes(&p, packed.data, packed.len, NULL, &r, &err) == 0)
		ck_assert_str_ne(r.diff_id, diff_id);
	place_close(&p);
}
END_TEST

START_TEST(compressed_twice_is_refused)
{
	EK_BUF struct ek_buf tar = EK_BUF_INIT(1 << 20);
	EK_BUF struct ek_buf once = { 0 }, twice = { 0 };
	struct ek_layer_result r;
	struct ek_err err = { 0 };
	struct place p;

	if (needs_root())
		return;
	tar_add(&tar, &(struct tar_entry){ .name = "f", .data = "x" });
	tar_end(&tar);
	once = tar_compress(&tar, TAR_GZIP);
	twice = tar_compress(&once, TAR_GZIP);
	place_open(&p);
	ck_assert_int_eq(unpack_bytes(&p, twice.data, twice.len, NULL, &r, &err), EK_EINVALID);
	place_close(&p);
}
END_TEST

static const char *const rubbish[] = { "", "x", "hello, this is no archive at all\n", "\x1f\x8b", "\x1f\x8b\x08",
	"\x28\xb5\x2f\xfd", "<html><body>502 Bad Gateway</body></html>", "PK\3\4", "BZh91AY&SY" };

START_TEST(rubbish_is_refused)
{
	EK_FREE char *padded = ek_calloc(1, 4096);
	struct ek_layer_result r;
	struct ek_err err = { 0 };
	struct place p;

	if (needs_root())
		return;
	place_open(&p);
	ck_assert_int_eq(unpack_bytes(&p, rubbish[_i], strlen(rubbish[_i]), NULL, &r, &err),
			 EK_EINVALID);
	ck_assert(err.msg[0]);
	place_close(&p);
	memcpy(padded, rubbish[_i], strlen(rubbish[_i]));
	place_open(&p);
	if (rubbish[_i][0])
		ck_assert_int_eq(unpack_bytes(&p, padded, 4096, NULL, &r, &err), EK_EINVALID);
	else
		ck_assert_int_eq(unpack_bytes(&p, padded, 4096, NULL, &r, &err),
				 0); /* an empty layer */
	place_close(&p);
}
END_TEST

/* ---- mending ---- */

START_TEST(mends_what_is_implied)
{
	static const struct tar_entry low[] = {
		{ .name = "tmp/", .type = '5', .mode = 01777 },
		{ .name = "home/", .type = '5', .mode = 0711 },
		{ .name = "home/u/", .type = '5', .mode = 0700, .uid = 1000, .gid = 1000 },
		{ .name = "plain/", .type = '5' },
		{ .name = "bin/", .type = '5', .mode = 0751 },
		{ .name = "bin/tool", .data = "tool", .mode = 04755, .uid = 5 },
		{ .name = NULL },
	}, mid[] = {
		{ .name = "home/", .type = '5', .mode = 0750 },
		{ .name = ".wh.hidden" },
		{ .name = NULL },
	}, top[] = {
		{ .name = "tmp/file", .data = "x" },
		{ .name = "home/u/.profile", .data = "x" },
		{ .name = "plain/file", .data = "x" },
		{ .name = "hidden/file", .data = "x" },
		{ .name = "new/file", .data = "x" },
		{ .name = "usr/bin/alias", .type = '1', .link = "bin/tool" },
		{ .name = NULL },
	};
	const struct tar_entry *const all[] = { low, mid, top };
	struct place p[3], out;
	struct ek_err err = { 0 };
	struct stat st;
	EK_FREE char *text = NULL;
	int fds[3];

	if (needs_root())
		return;
	for (int i = 0; i < 3; i++) {
		place_open(&p[i]);
		ck_assert_msg(unpack(&p[i], all[i], 10, &err) == 0, "%s", err.msg);
		fds[i] = p[i].fd;
	}
	place_open(&out);
	ck_assert_int_eq(ek_mend(fds, 1, out.fd, &err), 0);
	ck_assert_int_eq(ek_mend(fds, 2, out.fd, &err), 0);
	ck_assert_msg(ek_mend(fds, 3, out.fd, &err) == 1, "%s", err.msg);
	ck_assert_int_eq(stat(in(&out, "tmp"), &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 01777);
	ck_assert_int_eq(stat(in(&out, "home"), &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0750); /* of the middle one */
	ck_assert_int_eq(stat(in(&out, "home/u"), &st), 0);
	ck_assert(st.st_uid == 1000 && (st.st_mode & 07777) == 0700);
	ck_assert(!exists(&out, "plain") && !exists(&out, "hidden") && !exists(&out, "new"));
	text = text_of(&out, "usr/bin/alias");
	ck_assert_str_eq(text, "tool");
	ck_assert_int_eq(stat(in(&out, "usr/bin/alias"), &st), 0);
	ck_assert(st.st_uid == 5 && (st.st_mode & 07777) == 04755);
	place_close(&out);
	/* alone, the link leads nowhere */
	place_open(&out);
	ck_assert_int_eq(ek_mend(fds + 2, 1, out.fd, &err), EK_EINVALID);
	ck_assert_ptr_nonnull(strstr(err.msg, "which is no file of the image"));
	place_close(&out);
	for (int i = 0; i < 3; i++)
		place_close(&p[i]);
}
END_TEST

EK_TESTS("node/image layer", keeps_everything, whiteouts, EK_ROWS(hostile_layers, hostile),
	 EK_ROWS(deep_paths, both), EK_ROWS(keeps_limits, limited), EK_ROWS(bombs, both),
	 EK_ROWS(compressions, kinds), EK_ROWS(broken_compression, kinds),
	 compressed_twice_is_refused, EK_ROWS(rubbish_is_refused, rubbish), mends_what_is_implied)
