/* SPDX-License-Identifier: Apache-2.0 */
#include "tarball.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <ekube/file.h>
#include <ekube/json.h>
#include <ekube/str.h>

#include "store.h"
#include "stream.h"

/* ---- the one pass ---- */

/* The data of the archive's current entry. */
struct entry_source {
	struct ek_bytes_source source;
	struct ek_tar         *tar;
	ssize_t                first; /* bytes of buf that were looked at already */
	char                   buf[64 * 1024];
};

static ssize_t read_entry(struct ek_bytes_source *source, const void **ret_data, struct ek_err *err)
{
	struct entry_source *s = ek_container_of(source, struct entry_source, source);
	ssize_t n = s->first;

	s->first = 0;
	if (n == 0)
		n = archive_read_data(s->tar->archive, s->buf, sizeof(s->buf));
	*ret_data = s->buf;
	return n < 0 ? ek_tar_fail(s->tar, err) : n;
}

static bool looks_like_json(const char *data, ssize_t n)
{
	ssize_t i = 0;

	while (i < n && strchr(" \t\r\n", data[i]))
		i++;
	return i < n && (data[i] == '{' || data[i] == '[');
}

static int keep_json(struct ek_tarball *a, struct ek_tarball_file *f, struct entry_source *s,
		     struct ek_err *err)
{
	EK_BUF struct ek_buf b = EK_BUF_INIT(EK_IMAGE_JSON_MAX);
	const void *data;
	ssize_t n;

	while ((n = s->source.read(&s->source, &data, err)) > 0)
		if (ek_buf_append(&b, data, (size_t)n) < 0)
			return 0; /* whatever it is, no manifest is so large */
	if (n < 0)
		return (int)n;
	a->json_bytes += b.len;
	if (a->json_bytes > EK_TARBALL_JSON_MAX)
		return ek_fail(err, EK_ETOOLARGE, "the archive holds more than %d bytes of JSON",
			       EK_TARBALL_JSON_MAX);
	f->json_len = b.len;
	ek_image_digest_of(b.data, b.len, f->result.blob);
	f->json = ek_buf_steal(&b);
	return 0;
}

/* One that fails is an error only when an image wants it: archives carry other things too. */
static int keep_layer(struct ek_tarball *a, struct ek_tarball_file *f, struct entry_source *s,
		      struct ek_err *err)
{
	struct ek_layer_limits limits = { .cancel = a->cancel };
	EK_CLOSE int dir = -1;
	char name[24];
	int rc;

	if (a->n_layers >= EK_TARBALL_LAYERS_MAX)
		return ek_fail(err, EK_ETOOLARGE, "the archive holds more than %d layers",
			       EK_TARBALL_LAYERS_MAX);
	(void)snprintf(name, sizeof(name), "%zu", a->n_layers);
	if (mkdirat(a->dir, name, 0700) < 0)
		return ek_fail_errno(err, "make a directory for a layer");
	dir = openat(a->dir, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return ek_fail_errno(err, "open a layer's directory");
	rc = ek_layer_unpack(dir, &s->source, &limits, &f->result, &f->err);
	if (rc == EK_ECANCELLED || s->tar->failed || rc == -ENOSPC || rc == -EIO || rc == -EDQUOT)
		return ek_fail(err, rc, "%s", f->err.msg);
	if (rc == 0)
		f->layer = (int)a->n_layers++;
	else
		(void)ek_dir_remove(a->dir, name, NULL);
	return 0;
}

static int read_file(struct ek_tarball *a, struct ek_tarball_file *f, struct ek_tar *tar,
		     struct ek_err *err)
{
	EK_FREE struct entry_source *s = ek_calloc(1, sizeof(*s));

	s->source.read = read_entry;
	s->tar = tar;
	s->first = archive_read_data(tar->archive, s->buf, sizeof(s->buf));
	if (s->first < 0)
		return ek_tar_fail(tar, err);
	if (looks_like_json(s->buf, s->first))
		return keep_json(a, f, s, err);
	if (s->first > 0 && ek_layer_looks_like(s->buf, (size_t)s->first))
		return keep_layer(a, f, s, err);
	return 0;
}

/* "a/b/../c" -> "a/c"; links in docker's archives are of this form. In place; false when it leads out. */
static bool flatten(char *path)
{
	char *parts[64], *kept[64] = { 0 };
	size_t n = ek_str_split(path, '/', parts, 64), m = 0;
	EK_BUF struct ek_buf b = EK_BUF_INIT(2 * EK_TARBALL_NAME_MAX);

	for (size_t i = 0; i < n; i++) {
		if (!*parts[i] || ek_streq(parts[i], "."))
			continue;
		if (ek_streq(parts[i], "..") && m == 0)
			return false;
		if (ek_streq(parts[i], ".."))
			m--;
		else
			kept[m++] = parts[i];
	}
	for (size_t i = 0; i < m; i++)
		(void)ek_buf_fmt(&b, "%s%s", i ? "/" : "", kept[i]);
	/* it is never longer than what it was made of */
	memcpy(path, b.len ? b.data : "", b.len + 1);
	return m > 0;
}

static char *link_target(const char *name, struct archive_entry *e)
{
	const char *hard = archive_entry_hardlink(e);
	const char *soft = hard ? NULL : archive_entry_symlink(e);
	const char *slash = strrchr(name, '/');
	char *target;

	if (!hard && !soft)
		return NULL;
	if (strlen(hard ? hard : soft) > EK_TARBALL_NAME_MAX)
		return NULL;
	target = hard ? ek_str_dup(hard) :
			ek_str_fmt("%.*s/%s", slash ? (int)(slash - name) : 0, name, soft);
	if (!flatten(target))
		free(ek_steal(target));
	return target;
}

static void file_free(struct ek_tarball_file *f)
{
	if (!f)
		return;
	free(f->json);
	free(f->link);
	free(f);
}

static int read_one(struct ek_tarball *a, struct ek_tar *tar, struct archive_entry *e,
		    struct ek_err *err)
{
	const char *raw = archive_entry_pathname(e);
	struct ek_tarball_file *f;
	char name[EK_TARBALL_NAME_MAX + 1];
	int rc = 0;

	if (a->cancel && __atomic_load_n(a->cancel, __ATOMIC_RELAXED))
		return ek_fail(err, EK_ECANCELLED, "cancelled");
	if (!raw || strlen(raw) > EK_TARBALL_NAME_MAX)
		return 0;
	(void)snprintf(name, sizeof(name), "%s", raw);
	if (!flatten(name))
		return 0;
	if (a->files.n >= EK_TARBALL_FILES_MAX)
		return ek_fail(err, EK_ETOOLARGE, "the archive holds more than %d files",
			       EK_TARBALL_FILES_MAX);
	f = ek_new(struct ek_tarball_file);
	f->layer = -1;
	f->link = link_target(name, e);
	if (!f->link && archive_entry_filetype(e) == AE_IFREG)
		rc = read_file(a, f, tar, err);
	file_free(ek_map_put(&a->files, name, f));
	return rc;
}

static int read_all(struct ek_tarball *a, struct ek_bytes_source *from, struct ek_err *err)
{
	struct archive_entry *e;
	struct ek_decompressor d;
	struct ek_tar tar;
	int rc = ek_decompressor_open(&d, from, err);

	if (rc < 0)
		return rc;
	rc = ek_tar_open(&tar, &d.source, err);
	if (rc == 0) {
		while ((rc = ek_tar_next(&tar, &e, err)) > 0) {
			rc = read_one(a, &tar, e, err);
			if (rc < 0)
				break;
		}
		ek_tar_close(&tar);
	}
	ek_decompressor_close(&d);
	return rc;
}

/* ---- following the manifests ---- */

static const struct ek_tarball_file *find(const struct ek_tarball *a, const char *name)
{
	EK_FREE char *at = ek_str_dup(name);

	for (int i = 0; i < 8 && at && flatten(at); i++) {
		const struct ek_tarball_file *f = ek_map_get(&a->files, at);

		if (!f || !f->link)
			return f;
		free(at);
		at = ek_str_dup(f->link);
	}
	return NULL;
}

static int load(const struct ek_tarball *a, const char *name,
		const struct ek_tarball_file **ret_file, struct ek_json **ret, struct ek_err *err)
{
	const struct ek_tarball_file *f = find(a, name);
	int rc;

	if (!f || !f->json)
		return ek_fail(err, EK_EINVALID, "the archive lacks %.200s", name);
	rc = ek_json_parse(f->json, f->json_len, EK_IMAGE_JSON_MAX, ret, NULL, err);
	if (rc < 0)
		return ek_wrap(err, EK_EINVALID, "%.200s", name);
	*ret_file = f;
	return 0;
}

static int load_blob(const struct ek_tarball *a, const char *digest,
		     const struct ek_tarball_file **ret_file, struct ek_json **ret,
		     struct ek_err *err)
{
	int rc = load(a, EK_F("blobs/sha256/%s", ek_digest_hex(digest)), ret_file, ret, err);

	if (rc == 0 && !ek_streq((*ret_file)->result.blob, digest)) {
		ek_json_unrefp(ret);
		return ek_fail(err, EK_EINVALID, "the archive is damaged: what is called %s is %s",
			       digest, (*ret_file)->result.blob);
	}
	return rc;
}

static bool runs_here(const struct ek_image_config *c)
{
	struct ek_image_platform here = ek_image_platform_here();

	return (!c->arch[0] || ek_streq(c->arch, here.arch)) &&
	       (!c->os[0] || ek_streq(c->os, here.os));
}

static int add_layer(struct ek_tarball_image *image, const struct ek_tarball_file *f,
		     const char *name, const char *diff_id, struct ek_err *err)
{
	if (!f)
		return ek_fail(err, EK_EINVALID, "the archive lacks the layer %.200s", name);
	if (f->layer < 0)
		return ek_fail(err, f->err.code ? f->err.code : EK_EINVALID, "layer %.200s: %s",
			       name, f->err.code ? f->err.msg : "not a layer");
	if (!diff_id || !ek_streq(f->result.diff_id, diff_id))
		return ek_fail(err, EK_EINVALID,
			       "the archive is damaged: layer %.100s is %s, the image wants %s",
			       name, f->result.diff_id, diff_id ? diff_id : "no more layers");
	ek_vec_push(&image->layers, f);
	image->size += f->result.blob_size;
	image->unpacked += f->result.bytes;
	return 0;
}

static void image_done(struct ek_tarball_image *image)
{
	free(image->config);
	free(image->manifest);
	ek_list_free(image->tags);
	ek_list_free(image->digests);
	ek_vec_done(&image->layers);
}

static void set_config(struct ek_tarball_image *image, const struct ek_tarball_file *f)
{
	EK_ASSERT(f && f->json);
	ek_image_digest_copy(image->id, f->result.blob);
	image->config = ek_memdup(f->json, f->json_len);
	image->config_len = f->json_len;
	image->size += (int64_t)f->json_len;
}

static int add_tag(struct ek_tarball_image *image, const char *name, struct ek_err *err)
{
	char whole[EK_IMAGE_REF_SIZE];
	struct ek_image_ref ref;

	if (ek_image_ref_parse(name, &ref, err) < 0)
		return ek_wrap(err, EK_EINVALID, "the name \"%.200s\" of an image", name);
	if (ref.tag[0]) {
		ref.digest[0] = '\0';
		ek_image_ref_format(&ref, whole);
		image->tags = ek_list_add(image->tags, whole);
	}
	if (image->manifest_digest[0]) {
		ek_image_digest_copy(ref.digest, image->manifest_digest);
		ek_image_ref_format(&ref, whole);
		image->digests = ek_list_add(image->digests, whole);
	}
	return 0;
}

/* One element of docker's manifest.json: { Config, RepoTags, Layers }. */
static int follow_docker(const struct ek_tarball *a, const struct ek_json *v,
			 struct ek_tarball_image *image, bool *ret_here, struct ek_err *err)
{
	const struct ek_json *layers = ek_json_get(v, "Layers"), *tags = ek_json_get(v, "RepoTags");
	const char *config_name = ek_json_str_at(v, "Config");
	const struct ek_tarball_file *f = NULL;
	EK_JSON struct ek_json *json = NULL;
	EK_CLEANUP(ek_image_config_done) struct ek_image_config config = { 0 };
	size_t n_diffs = 0;
	int rc;

	if (!config_name || (!ek_json_is_array(layers) && !ek_json_is_null(layers)) ||
	    ek_json_len(layers) > EK_IMAGE_LAYERS_MAX)
		return ek_fail(err, EK_EINVALID,
			       "manifest.json names no config, or no list of layers");
	rc = load(a, config_name, &f, &json, err);
	if (rc == 0)
		rc = ek_image_config_parse(json, &config, err);
	if (rc < 0)
		return rc;
	*ret_here = runs_here(&config);
	if (!*ret_here)
		return 0;
	set_config(image, f);
	while (config.diff_ids[n_diffs])
		n_diffs++;
	for (size_t i = 0; rc == 0 && i < ek_json_len(layers); i++) {
		const char *name = ek_json_str(ek_json_elem(layers, i));

		rc = add_layer(image, name ? find(a, name) : NULL, name ? name : "?",
			       i < n_diffs ? config.diff_ids[i] : NULL, err);
	}
	if (rc == 0 && image->layers.n != n_diffs)
		return ek_fail(err, EK_EINVALID,
			       "manifest.json names %zu layers, the image has %zu", image->layers.n,
			       n_diffs);
	for (size_t i = 0; rc == 0 && i < ek_json_len(tags); i++)
		rc = add_tag(image, ek_json_str(ek_json_elem(tags, i)) ?: "", err);
	return rc;
}

static int follow_oci_manifest(const struct ek_tarball *a, const struct ek_json *manifest,
			       struct ek_tarball_image *image, bool *ret_here, struct ek_err *err)
{
	struct ek_image_manifest m;
	EK_CLEANUP(ek_image_config_done) struct ek_image_config config = { 0 };
	EK_JSON struct ek_json *json = NULL;
	const struct ek_tarball_file *f = NULL;
	size_t n_diffs = 0;
	int rc = ek_image_manifest_parse(manifest, &m, err);

	if (rc < 0)
		return rc;
	rc = load_blob(a, m.config.digest, &f, &json, err);
	if (rc == 0)
		rc = ek_image_config_parse(json, &config, err);
	*ret_here = rc == 0 && runs_here(&config);
	if (*ret_here) {
		set_config(image, f);
		while (config.diff_ids[n_diffs])
			n_diffs++;
		if (n_diffs != m.n_layers)
			rc = ek_fail(err, EK_EINVALID,
				     "the manifest names %zu layers, the config %zu", m.n_layers,
				     n_diffs);
	}
	for (size_t i = 0; *ret_here && rc == 0 && i < m.n_layers; i++) {
		const struct ek_tarball_file *layer =
			find(a, EK_F("blobs/sha256/%s", ek_digest_hex(m.layers[i].digest)));

		rc = add_layer(image, layer, m.layers[i].digest, config.diff_ids[i], err);
		if (rc == 0 && !ek_streq(layer->result.blob, m.layers[i].digest))
			rc = ek_fail(err, EK_EINVALID,
				     "the archive is damaged: what is called %s is %s",
				     m.layers[i].digest, layer->result.blob);
	}
	ek_image_manifest_done(&m);
	return rc;
}

/* "v1" of a layout alone says too little; a name with a place or a tag says all. */
static const char *name_of(const struct ek_json *descriptor)
{
	const struct ek_json *annotations = ek_json_get(descriptor, "annotations");
	const char *name = ek_json_str(ek_json_get(annotations, "io.containerd.image.name"));

	if (name)
		return name;
	name = ek_json_str(ek_json_get(annotations, "org.opencontainers.image.ref.name"));
	return name && strpbrk(name, ":/") ? name : NULL;
}

/* One descriptor of an OCI layout's index.json: a manifest, or an index of manifests. */
static int follow_oci(const struct ek_tarball *a, const struct ek_json *descriptor,
		      struct ek_tarball_image *image, bool *ret_here, struct ek_err *err)
{
	struct ek_image_platform here = ek_image_platform_here();
	const char *digest = ek_json_str_at(descriptor, "digest");
	struct ek_image_descriptor chosen;
	EK_JSON struct ek_json *v = NULL;
	const struct ek_tarball_file *f = NULL;
	int rc;

	if (!ek_image_is_digest(digest))
		return ek_fail(err, EK_EINVALID, "index.json: a manifest has no sha256 digest");
	ek_image_digest_copy(image->manifest_digest, digest);
	rc = load_blob(a, digest, &f, &v, err);
	if (rc == 0 && ek_image_is_index(v)) {
		rc = ek_image_index_choose(v, &here, &chosen, err);
		if (rc == EK_ENOTFOUND)
			return 0;
		if (rc == 0) {
			ek_json_unrefp(&v);
			rc = load_blob(a, chosen.digest, &f, &v, err);
		}
	}
	if (rc == 0)
		rc = follow_oci_manifest(a, v, image, ret_here, err);
	if (rc == 0 && *ret_here) {
		image->manifest = ek_memdup(f->json, f->json_len);
		image->manifest_len = f->json_len;
		ek_image_digest_copy(image->manifest_digest, f->result.blob);
		if (name_of(descriptor))
			rc = add_tag(image, name_of(descriptor), err);
	}
	return rc;
}

typedef int (*follow_fn)(const struct ek_tarball *a, const struct ek_json *v,
			 struct ek_tarball_image *image, bool *ret_here, struct ek_err *err);

static int follow_all(struct ek_tarball *a, const struct ek_json *list, follow_fn follow,
		      struct ek_err *err)
{
	if (!ek_json_is_array(list) || ek_json_len(list) > EK_TARBALL_IMAGES_MAX)
		return ek_fail(err, EK_EINVALID,
			       "the archive has no list of images, or one longer than %d",
			       EK_TARBALL_IMAGES_MAX);
	for (size_t i = 0; i < ek_json_len(list); i++) {
		struct ek_tarball_image image = { .tags = ek_calloc(1, sizeof(char *)),
						  .digests = ek_calloc(1, sizeof(char *)) };
		bool here = false;
		int rc = follow(a, ek_json_elem(list, i), &image, &here, err);

		if (rc == 0 && here) {
			ek_vec_push(&a->images, image);
			continue;
		}
		image_done(&image);
		if (rc < 0)
			return rc;
	}
	return 0;
}

static int follow(struct ek_tarball *a, struct ek_err *err)
{
	EK_JSON struct ek_json *v = NULL;
	const struct ek_tarball_file *f = NULL;
	int rc;

	/* docker since 25 writes both; only its own list has all the names */
	if (find(a, "manifest.json")) {
		rc = load(a, "manifest.json", &f, &v, err);
		return rc < 0 ? rc : follow_all(a, v, follow_docker, err);
	}
	if (!find(a, "index.json"))
		return ek_fail(
			err, EK_EINVALID,
			"neither manifest.json (docker save) nor index.json (OCI layout) is in the archive");
	rc = load(a, "index.json", &f, &v, err);
	return rc < 0 ? rc : follow_all(a, ek_json_get(v, "manifests"), follow_oci, err);
}

static int name_the_one(struct ek_tarball *a, const char *name, struct ek_err *err)
{
	if (a->images.n == 1 && !a->images.items[0].tags[0])
		return add_tag(&a->images.items[0], name, err);
	return 0;
}

int ek_tarball_read(struct ek_tarball *a, int fd, const char *name, struct ek_err *err)
{
	EK_FREE struct ek_fd_source *source = ek_calloc(1, sizeof(*source));
	struct ek_image_platform here = ek_image_platform_here();
	void *locale = ek_utf8_enter();
	int rc;

	ek_fd_source_init(source, fd);
	rc = read_all(a, &source->source, err);
	if (rc == 0)
		rc = follow(a, err);
	if (rc == 0 && a->images.n == 0)
		rc = ek_fail(err, EK_ENOTFOUND, "the archive holds no image for %s/%s", here.os,
			     here.arch);
	if (rc == 0 && name)
		rc = name_the_one(a, name, err);
	ek_utf8_leave(locale);
	return rc;
}

void ek_tarball_done(struct ek_tarball *a)
{
	for (struct ek_map_entry *e = NULL; (e = ek_map_next(&a->files, e));)
		file_free(e->value);
	ek_map_done(&a->files);
	for (size_t i = 0; i < a->images.n; i++)
		image_done(&a->images.items[i]);
	ek_vec_done(&a->images);
}
