/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The store from the inside: shared by store.c, commit.c, import.c, pull.c, rootfs.c. */

#include "image.h"
#include "layer.h"

struct ek_registries;

/* A directory in layers/. */
struct ek_layer {
	int refs;  /* of images in the index */
	int holds; /* of operations that count on it */
};

struct ek_images {
	struct ek_loop *loop;
	char           *path;
	int             dir;
	EK_VEC(struct ek_image *) images;
	struct ek_map   layers; /* name -> struct ek_layer */
	unsigned        counter; /* of names in tmp/ and trash/ */
	int             ops;     /* imports, pulls, commits in flight */

	void          (*changed)(void *arg); /* the observer */
	void           *changed_arg;

	struct ek_work  save_work; /* the index on its way to the disk */
	bool            saving, save_again;
	char           *save_text;
	struct ek_err   save_err;
	struct ek_list  save_now, save_next;

	struct ek_work  sweep_work; /* the trash */
	bool            sweeping, sweep_again;

	struct ek_registries *registries;
	int             n_downloading, n_jobs; /* jobs outlive their pulls while the pool has them */
	struct ek_list  layer_jobs;
};

/* ---- the index ---- */

int ek_images_read_index(struct ek_images *s, struct ek_err *err); /* layers must be known */

/* Told once the index, as it is now, is on the disk. */
struct ek_images_saved {
	void (*cb)(struct ek_images_saved *w, int rc, const struct ek_err *err);
	struct ek_list node;
};
void ek_images_save(struct ek_images *s, struct ek_images_saved *w);

/* Put an image in, or merge its names into the one that is there; tags move here from others. */
const struct ek_image *ek_images_add(struct ek_images *s, struct ek_image *take_image);

struct ek_image *ek_image_new(const char *id);
void             ek_image_free(struct ek_image *image);
/* NULL-terminated lists of strings: */
char           **ek_list_add(char **list, const char *s); /* grown; s once only */
size_t           ek_list_find(char *const *list, const char *s); /* the end's index when it is not there */
bool             ek_list_remove(char **list, const char *s);
void             ek_list_free(char **list);

/* ---- layers ---- */

bool ek_images_has_layer(const struct ek_images *s, const char *name);
void ek_images_hold(struct ek_images *s, const char *name);    /* a layer that is there */
void ek_images_release(struct ek_images *s, const char *name);
/*
 * Give the directory tmp/<tmp> its name in layers/, held once; when the name is taken it goes to the trash.
 * It must be on the disk.
 */
int ek_images_adopt_layer(struct ek_images *s, const char *tmp, const char *name, struct ek_err *err);

/* A new name for tmp/ ("layer-7"); nothing is made. */
void ek_images_tmp_name(struct ek_images *s, const char *what, char out[64]);
void ek_images_discard(struct ek_images *s, const char *tmp); /* tmp/<tmp> to the trash */
void ek_images_sweep(struct ek_images *s);                    /* collect garbage */
void ek_images_learn(struct ek_images *s);                    /* at the start: what layers and downloads there are */
void ek_images_count_refs(struct ek_images *s, const struct ek_image *image, int by);
int  ek_images_link_of(const struct ek_images *s, const char *layer, char out[80]); /* its name in l/; -ENOENT */

/* The hexadecimal part: "sha256:<hex>" -> "<hex>". */
static inline const char *ek_digest_hex(const char *digest)
{
	return digest + 7;
}

/* ---- commit.c: from whole layers to an image in the index ---- */

struct ek_commit {
	void (*cb)(struct ek_commit *c, int rc, const struct ek_image *image);
	struct ek_images *images;
	struct ek_image  *image;  /* id, tags, digests, layers (plain ones, each held by the caller), sizes */
	char             *config, *manifest; /* texts; manifest may be NULL */
	size_t            config_len, manifest_len;
	char              manifest_digest[EK_IMAGE_DIGEST_SIZE];
	struct ek_err     err;
	/* private */
	struct ek_work         work;
	struct ek_images_saved saved;
	const struct ek_image *result;
	struct ek_mended      *mended;
	size_t                 n_mended;
};
/* Takes image and texts. cb fires once. Holds of the caller's on the layers are his to release after cb. */
void ek_commit_start(struct ek_commit *c);
