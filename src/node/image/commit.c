/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <ekube/file.h>
#include <ekube/str.h>

#include "mend.h"
#include "store.h"

/*
 *  layers whole, held ──► pool: mend, write config, sync ──► adopt what was mended ──► index ──► cb
 */

/* What lies above layer i to mend it. */
struct ek_mended {
	char tmp[64];  /* where it is made */
	char name[80]; /* "mend-<chain id>" */
	bool known;    /* it is in the store already */
	bool made;
};

static int open_layer(const struct ek_images *s, const char *name)
{
	return openat(s->dir, EK_F("layers/%s", name), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static int mend_one(struct ek_commit *c, const int *layers, size_t i)
{
	struct ek_mended *m = &c->mended[i];
	const struct ek_images *s = c->images;
	EK_CLOSE int out = -1;
	int rc;

	if (m->known)
		return 0;
	if (mkdirat(s->dir, EK_F("tmp/%s", m->tmp), 0700) < 0)
		return ek_fail_errno(&c->err, "make tmp/%s", m->tmp);
	out = openat(s->dir, EK_F("tmp/%s", m->tmp), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (out < 0)
		return ek_fail_errno(&c->err, "open tmp/%s", m->tmp);
	rc = ek_mend(layers, i + 1, out, &c->err);
	m->made = rc > 0;
	if (!m->made)
		(void)ek_dir_remove(s->dir, EK_F("tmp/%s", m->tmp), NULL);
	return rc < 0 ? rc : 0;
}

static int mend_all(struct ek_commit *c)
{
	int fds[EK_IMAGE_LAYERS_MAX];
	size_t n = 0;
	int rc = 0;

	for (; rc == 0 && n < c->n_mended; n++) {
		fds[n] = open_layer(c->images, c->image->layers[n]);
		if (fds[n] < 0) {
			rc = ek_fail_errno(&c->err, "open layer %s", c->image->layers[n]);
			break;
		}
		if (n > 0)
			rc = mend_one(c, fds, n);
	}
	while (n-- > 0)
		ek_closep(&fds[n]);
	return rc;
}

static int write_blob(struct ek_commit *c, const char *digest, const char *text, size_t n)
{
	EK_FREE char *path = ek_str_fmt("blobs/%s", ek_digest_hex(digest));

	return ek_file_write(c->images->dir, path, text, n, 0600, false, &c->err);
}

static int run_commit(struct ek_work *w)
{
	struct ek_commit *c = ek_container_of(w, struct ek_commit, work);
	int rc = mend_all(c);

	if (rc == 0)
		rc = write_blob(c, c->image->id, c->config, c->config_len);
	if (rc == 0 && c->manifest)
		rc = write_blob(c, c->manifest_digest, c->manifest, c->manifest_len);
	if (rc == 0 && syncfs(c->images->dir) < 0)
		rc = ek_fail_errno(&c->err, "write the image to the disk");
	return rc;
}

/* ---- on the loop ---- */

static void finish(struct ek_commit *c, int rc)
{
	free(ek_steal(c->mended));
	free(ek_steal(c->config));
	free(ek_steal(c->manifest));
	ek_image_free(ek_steal(c->image));
	c->images->ops--;
	c->cb(c, rc, rc == 0 ? c->result : NULL);
}

static void on_index(struct ek_images_saved *w, int rc, const struct ek_err *err)
{
	struct ek_commit *c = ek_container_of(w, struct ek_commit, saved);

	if (rc < 0)
		c->err = *err;
	finish(c, rc);
}

static void push(char **list, size_t *n, const char *s)
{
	list[(*n)++] = ek_str_dup(s);
}

/* The image's list of layers, with what was mended in its place; each of these held. */
static int adopt_mended(struct ek_commit *c)
{
	char **old = c->image->layers;
	char **list = ek_calloc(2 * c->n_mended + 1, sizeof(char *));
	size_t n = 0;
	int rc = 0;

	for (size_t i = 0; i < c->n_mended; i++) {
		struct ek_mended *m = &c->mended[i];

		push(list, &n, old[i]);
		if (m->made && rc == 0)
			rc = ek_images_adopt_layer(c->images, m->tmp, m->name, &c->err);
		if (rc == 0 && (m->made || m->known))
			push(list, &n, m->name);
		if (rc < 0)
			m->made = m->known = false;
	}
	c->image->layers = list;
	ek_list_free(old);
	return rc;
}

static void release_mended(struct ek_commit *c)
{
	for (size_t i = 0; i < c->n_mended; i++)
		if (c->mended[i].made || c->mended[i].known)
			ek_images_release(c->images, c->mended[i].name);
}

static void discard_mended(struct ek_commit *c)
{
	for (size_t i = 0; i < c->n_mended; i++) {
		if (c->mended[i].made)
			ek_images_discard(c->images, c->mended[i].tmp);
		if (c->mended[i].known)
			ek_images_release(c->images, c->mended[i].name);
	}
}

static void on_committed(struct ek_work *w, int rc)
{
	struct ek_commit *c = ek_container_of(w, struct ek_commit, work);

	if (rc < 0) {
		discard_mended(c);
		finish(c, rc);
		return;
	}
	rc = adopt_mended(c);
	if (rc == 0)
		c->result = ek_images_add(c->images, ek_steal(c->image));
	release_mended(c);
	if (rc < 0) {
		finish(c, rc);
		return;
	}
	c->saved.cb = on_index;
	ek_images_save(c->images, &c->saved);
}

void ek_commit_start(struct ek_commit *c)
{
	char chain[EK_IMAGE_DIGEST_SIZE] = "", diff_id[EK_IMAGE_DIGEST_SIZE];

	c->images->ops++;
	c->n_mended = 0;
	while (c->image->layers[c->n_mended])
		c->n_mended++;
	EK_ASSERT(c->n_mended <= EK_IMAGE_LAYERS_MAX);
	c->mended = ek_calloc(c->n_mended + 1, sizeof(c->mended[0]));
	for (size_t i = 0; i < c->n_mended; i++) {
		struct ek_mended *m = &c->mended[i];

		(void)snprintf(diff_id, sizeof(diff_id), "sha256:%s", c->image->layers[i]);
		ek_image_chain_next(chain, diff_id);
		(void)snprintf(m->name, sizeof(m->name), "mend-%s", ek_digest_hex(chain));
		ek_images_tmp_name(c->images, "mend", m->tmp);
		m->known = ek_images_has_layer(c->images, m->name);
		if (m->known)
			ek_images_hold(c->images, m->name);
	}
	c->work = (struct ek_work){ .run = run_commit, .done = on_committed };
	ek_work_start(c->images->loop, &c->work);
}
