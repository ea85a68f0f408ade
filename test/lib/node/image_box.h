/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Images made by hand, a store to put them in, and archives of both kinds. */

#include "image/image.h"
#include "node/tar_box.h"

struct made_layer {
	struct ek_buf plain, blob;              /* the tar, and as it travels */
	char diff_id[EK_IMAGE_DIGEST_SIZE], digest[EK_IMAGE_DIGEST_SIZE];
};

struct made_image {
	struct made_layer layers[8];
	size_t            n_layers;
	char             *config, *manifest;
	char              id[EK_IMAGE_DIGEST_SIZE], digest[EK_IMAGE_DIGEST_SIZE];
};

/* how: TAR_PLAIN, TAR_GZIP, TAR_ZSTD. entries end with one without a name. */
void made_image_add_layer(struct made_image *m, const struct tar_entry *entries, int how);
/* Makes config and manifest. arch NULL: this machine's. */
void made_image_finish(struct made_image *m, const char *arch);
void made_image_done(struct made_image *m);

/* docker save: names separated by spaces, or NULL. Layers travel plain. */
void made_image_docker_archive(const struct made_image *m, size_t n, const char *const *names, struct ek_buf *out);
void made_image_oci_archive(const struct made_image *m, const char *name, struct ek_buf *out);

struct image_box {
	struct ek_loop   *loop;
	struct ek_images *images;
	char              dir[64], path[96];
};
void image_box_open(struct image_box *b);
void image_box_reopen(struct image_box *b); /* as after a restart */
void image_box_close(struct image_box *b);

struct import_result {
	struct ek_image_import import;
	bool                   done;
	int                    rc;
	char                   names[2048]; /* separated by spaces */
	struct ek_err          err;
};
void image_box_import(struct image_box *b, struct import_result *r, const struct ek_buf *archive, const char *name);
int  image_box_remove(struct image_box *b, const char *name);
int  image_box_count(struct image_box *b, const char *folder); /* entries of <store>/<folder>, when all is quiet */
