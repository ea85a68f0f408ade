/* SPDX-License-Identifier: Apache-2.0 */
#include "node/image_box.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <ekube/file.h>
#include <ekube/json.h>
#include <ekube/str.h>

#include "ek_test.h"
#include "image/store.h"

void made_image_add_layer(struct made_image *m, const struct tar_entry *entries, int how)
{
	struct made_layer *l = &m->layers[m->n_layers++];

	ek_buf_init(&l->plain, 256 << 20);
	for (; entries->name; entries++)
		tar_add(&l->plain, entries);
	tar_end(&l->plain);
	if (how == TAR_PLAIN) {
		ek_buf_init(&l->blob, 256 << 20);
		(void)ek_buf_append(&l->blob, l->plain.data, l->plain.len);
	} else {
		l->blob = tar_compress(&l->plain, how);
	}
	ek_image_digest_of(l->plain.data, l->plain.len, l->diff_id);
	ek_image_digest_of(l->blob.data, l->blob.len, l->digest);
}

void made_image_finish(struct made_image *m, const char *arch)
{
	struct ek_image_platform here = ek_image_platform_here();
	EK_JSON struct ek_json *config = ek_json_make(
		"{'architecture':%s,'os':'linux','config':{'Cmd':['/bin/x'],'Env':['A=b']},'rootfs':{'type':'layers'}}",
		arch ? arch : here.arch);
	EK_JSON struct ek_json *manifest = NULL;
	struct ek_json *diffs = ek_json_array(), *layers = ek_json_array();

	for (size_t i = 0; i < m->n_layers; i++) {
		ek_json_append(diffs, ek_json_new_str(m->layers[i].diff_id));
		ek_json_append(
			layers,
			ek_json_make(
				"{'mediaType':'application/vnd.oci.image.layer.v1.tar','digest':%s,'size':%D}",
				m->layers[i].digest, (int64_t)m->layers[i].blob.len));
	}
	ek_json_set_at(config, "rootfs.diff_ids", diffs);
	m->config = ek_json_text(config);
	ek_image_digest_of(m->config, strlen(m->config), m->id);
	manifest = ek_json_make(
		"{'schemaVersion':2,'mediaType':'application/vnd.oci.image.manifest.v1+json','config':"
		"{'mediaType':'application/vnd.oci.image.config.v1+json','digest':%s,'size':%D}}",
		m->id, (int64_t)strlen(m->config));
	ek_json_set(manifest, "layers", layers);
	m->manifest = ek_json_text(manifest);
	ek_image_digest_of(m->manifest, strlen(m->manifest), m->digest);
}

void made_image_done(struct made_image *m)
{
	for (size_t i = 0; i < m->n_layers; i++) {
		ek_buf_done(&m->layers[i].plain);
		ek_buf_done(&m->layers[i].blob);
	}
	free(m->config);
	free(m->manifest);
	*m = (struct made_image){ 0 };
}

void made_image_docker_archive(const struct made_image *m, size_t n, const char *const *names,
			       struct ek_buf *out)
{
	EK_JSON struct ek_json *list = ek_json_array();
	EK_FREE char *text = NULL;

	for (size_t i = 0; i < n; i++) {
		EK_FREE char *config = ek_str_fmt("%s.json", m[i].id + 7);
		struct ek_json *image = ek_json_make("{'Config':%s}", config);
		struct ek_json *layers = ek_json_array(), *tags = ek_json_array();
		EK_FREE char *copy = ek_str_dup(names ? names[i] : NULL);
		char *parts[8];

		tar_add_data(out, config, m[i].config, strlen(m[i].config));
		for (size_t j = 0; j < m[i].n_layers; j++) {
			EK_FREE char *layer = ek_str_fmt("%zu-%zu/layer.tar", i, j);

			tar_add_data(out, layer, m[i].layers[j].plain.data,
				     m[i].layers[j].plain.len);
			ek_json_append(layers, ek_json_new_str(layer));
		}
		for (size_t j = 0, k = copy ? ek_str_split(copy, ' ', parts, 8) : 0; j < k; j++)
			ek_json_append(tags, ek_json_new_str(parts[j]));
		ek_json_set(image, "Layers", layers);
		ek_json_set(image, "RepoTags", copy ? tags : ek_json_null());
		if (!copy)
			ek_json_unref(tags);
		ek_json_append(list, image);
	}
	text = ek_json_text(list);
	tar_add_data(out, "manifest.json", text, strlen(text));
	tar_end(out);
}

static void add_blob(struct ek_buf *out, const char *digest, const void *data, size_t n)
{
	tar_add_data(out, EK_F("blobs/sha256/%s", digest + 7), data, n);
}

void made_image_oci_archive(const struct made_image *m, const char *name, struct ek_buf *out)
{
	EK_JSON struct ek_json *index = ek_json_make(
		"{'schemaVersion':2,'manifests':[{'mediaType':'application/vnd.oci.image.manifest.v1+json','digest':%s,"
		"'size':%D,'annotations':{'org.opencontainers.image.ref.name':%s}}]}",
		m->digest, (int64_t)strlen(m->manifest), name);
	EK_FREE char *text = ek_json_text(index);

	tar_add_data(out, "oci-layout", "{\"imageLayoutVersion\":\"1.0.0\"}", 30);
	for (size_t i = 0; i < m->n_layers; i++)
		add_blob(out, m->layers[i].digest, m->layers[i].blob.data, m->layers[i].blob.len);
	add_blob(out, m->id, m->config, strlen(m->config));
	add_blob(out, m->digest, m->manifest, strlen(m->manifest));
	tar_add_data(out, "index.json", text, strlen(text));
	tar_end(out);
}

/* ---- the store ---- */

static void open_images(struct image_box *b)
{
	struct ek_err err = { 0 };

	ck_assert_msg(ek_images_open(b->loop, b->path, &b->images, &err) == 0, "%s", err.msg);
}

void image_box_open(struct image_box *b)
{
	strcpy(b->dir, "/tmp/ek-image-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(b->dir));
	snprintf(b->path, sizeof(b->path), "%s/images", b->dir);
	b->loop = ek_loop_new();
	open_images(b);
}

void image_box_reopen(struct image_box *b)
{
	ek_images_close(b->images);
	open_images(b);
}

void image_box_close(struct image_box *b)
{
	ek_images_close(b->images);
	ek_loop_free(b->loop);
	ck_assert_int_eq(ek_dir_remove(AT_FDCWD, b->dir, NULL), 0);
}

static void on_import(struct ek_image_import *i, int rc, char *const *names,
		      const struct ek_err *err)
{
	struct import_result *r = ek_container_of(i, struct import_result, import);
	size_t n = 0;

	r->done = true;
	r->rc = rc;
	r->err = *err;
	for (; *names; names++)
		n += (size_t)snprintf(r->names + n, sizeof(r->names) - n, "%s%s", n ? " " : "",
				      *names);
}

void image_box_import(struct image_box *b, struct import_result *r, const struct ek_buf *archive,
		      const char *name)
{
	EK_FREE char *path = ek_str_fmt("%s/archive", b->dir);
	struct ek_err err = { 0 };
	int fd;

	*r = (struct import_result){ .import = { .cb = on_import } };
	ck_assert_int_eq(
		ek_file_write(AT_FDCWD, path, archive->data, archive->len, 0600, false, NULL), 0);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	unlink(path);
	ck_assert_msg(ek_images_import(b->images, &r->import, fd, name, &err) == 0, "%s", err.msg);
	ck_assert(ek_loop_until(b->loop, &r->done, 60000));
}

struct remove_result {
	struct ek_image_remove remove;
	bool done;
	int  rc;
};

static void on_remove(struct ek_image_remove *remove, int rc, const struct ek_err *err)
{
	struct remove_result *r = ek_container_of(remove, struct remove_result, remove);

	(void)err;
	r->done = true;
	r->rc = rc;
}

int image_box_remove(struct image_box *b, const char *name)
{
	struct remove_result r = { .remove = { .cb = on_remove } };

	ek_images_remove(b->images, &r.remove, name);
	ck_assert(ek_loop_until(b->loop, &r.done, 20000));
	return r.rc;
}

static int entries(struct image_box *b, const char *folder)
{
	EK_FREE char *path = ek_str_fmt("%s/%s", b->path, folder);
	DIR *d = opendir(path);
	struct dirent *e;
	int n = 0;

	while ((e = readdir(d)))
		n += e->d_name[0] != '.';
	closedir(d);
	return n;
}

int image_box_count(struct image_box *b, const char *folder)
{
	bool never = false;

	/* the trash is emptied in the pool, and there may be more of it after that */
	for (int i = 0; i < 4000 && (b->images->sweeping || b->images->n_jobs); i++)
		(void)ek_loop_until(b->loop, &never, 5);
	ck_assert_int_eq(entries(b, "trash"), 0);
	return entries(b, folder);
}
