/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Container images on this machine: pull, import, list, remove, and the root file systems made of
 * them. Nothing else in the node looks into the store.
 *
 *	<dir>/index.json   the images: names, config, layers. Replaced as a whole; the only root of
 *	                   everything: what it does not name is garbage
 *	<dir>/blobs/<hex>  configs and manifests
 *	<dir>/layers/<hex> unpacked layers by diff id ("fs" for overlayfs), shared by all images;
 *	                   "mend-<hex>" where layers had to be mended (mend.h)
 *	<dir>/l/<short>    links to layers/<hex>/fs, because a mount's options have one page
 *	<dir>/tmp          downloads and half-unpacked layers; <dir>/trash: on its way out
 *
 * A layer has its name only when it is whole and on the disk, and an image is in the index only when
 * all its layers are. So a kill -9 or a power cut at any instant leaves garbage at worst, which the
 * next open removes. Downloads stay for a day: the next pull resumes them.
 *
 * All functions are for the loop thread; blocking work goes to the pool.
 */

#include <ekube/loop.h>

struct ek_images;
struct ek_image_config; /* node/image/manifest.h */
struct ek_json;

struct ek_image {
	char   *id;       /* "sha256:<hex>" of the config: the image ID of pod statuses */
	char  **tags;     /* "docker.io/library/busybox:latest"; lists end with NULL */
	char  **digests;  /* "docker.io/library/busybox@sha256:<hex>" */
	char  **layers;   /* names in layers/, lowest first */
	int64_t size;     /* as the registry keeps it: what kubelet and crictl report */
	int64_t unpacked; /* bytes of files on this disk, shared layers included */
	int64_t pulled_us;
};

/* ---- the store ---- */

/* Coldplug: read the index, drop images whose layers are gone, remove garbage (in the pool). */
int  ek_images_open(struct ek_loop *loop, const char *dir, struct ek_images **ret, struct ek_err *err);
void ek_images_close(struct ek_images *s); /* nothing may be in flight; waits for what the pool still has */

size_t                 ek_images_count(const struct ek_images *s);
const struct ek_image *ek_images_at(const struct ek_images *s, size_t i); /* borrowed until the next change */
/* By reference, by reference with digest, by ID, or by 6 and more first digits of it. NULL when not here. */
const struct ek_image *ek_images_find(const struct ek_images *s, const char *name);

/* `changed` is called whenever the list of images did; one observer, NULL: none any more. */
void ek_images_set_observer(struct ek_images *s, void (*changed)(void *arg), void *arg);

/* Blocks for one small file. */
int ek_images_config(const struct ek_images *s, const struct ek_image *image, struct ek_image_config *ret,
		     struct ek_err *err);

/*
 * Remove by any name that find() takes: a tag among several is only taken off. Layers that containers
 * have mounted stay until they are not, and the next removal or start.
 * cb fires once, after the index is on the disk; EK_ENOTFOUND when there is none.
 */
struct ek_image_remove {
	void (*cb)(struct ek_image_remove *r, int rc, const struct ek_err *err);
	/* private */
	struct ek_list   node;
	struct ek_defer  defer;
	struct ek_images *images;
	struct ek_err    err;
};
void ek_images_remove(struct ek_images *s, struct ek_image_remove *r, const char *name);

/* ---- import: docker save, OCI layouts; plain, gzip or zstd ---- */

struct ek_image_import {
	/* names: the references that were imported (or IDs of images without one); NULL-terminated, borrowed. */
	void (*cb)(struct ek_image_import *i, int rc, char *const *names, const struct ek_err *err);
	/* private */
	struct import *impl;
};
/*
 * Read an archive from take_fd (a file, a pipe) and keep the images that run here. A name in the archive
 * moves to the image of the archive. `name`: for an archive with one image that has none; may be NULL.
 */
int  ek_images_import(struct ek_images *s, struct ek_image_import *i, int take_fd, const char *name,
		      struct ek_err *err);
void ek_image_import_cancel(struct ek_image_import *i); /* cb fires soon, with EK_ECANCELLED */

/* ---- pull ---- */

/* registries.yaml as K3s reads it, parsed; NULL: none. Not while a pull or an import is in flight; reads PEM files. */
int ek_images_set_registries(struct ek_images *s, const struct ek_json *registries, struct ek_err *err);

struct ek_image_progress {
	size_t  layers, layers_done; /* layers_done: on the disk, or here before */
	int64_t bytes, bytes_done;   /* to be downloaded */
};

struct ek_image_pull {
	/*
	 * rc 0: `image` is here. Else err says why, in the words of a container runtime, and rc what kind it is:
	 * EK_ENOTFOUND, EK_EUNAUTHORIZED, EK_EFORBIDDEN, EK_EUNAVAILABLE (unreachable, or it failed), EK_ETIMEOUT,
	 * EK_EINVALID (a bad reference, or bad data), EK_ECANCELLED, -errno (this machine's disk).
	 */
	void (*cb)(struct ek_image_pull *p, int rc, const struct ek_image *image, const struct ek_err *err);
	void (*on_progress)(struct ek_image_pull *p, const struct ek_image_progress *now); /* may be NULL */
	/* private */
	struct pull *impl;
};
/*
 * Ask the registry, download what is not here, unpack. The same layers are downloaded once, however many
 * pulls want them. secrets: the data of imagePullSecrets, parsed: objects of type dockerconfigjson
 * ({"auths":{...}}) or dockercfg ({...}); tried in order; borrowed during the call.
 */
int  ek_images_pull(struct ek_images *s, struct ek_image_pull *p, const char *ref,
		    const struct ek_json *const *secrets, size_t n_secrets, struct ek_err *err);
void ek_image_pull_cancel(struct ek_image_pull *p); /* cb fires soon, with EK_ECANCELLED */

/* ---- root file systems ---- */

/*
 * Mount the image's layers, read-only below a writable one of its own, at <dir>/rootfs (an absolute path,
 * which exists). Already mounted is fine. The writable layer is not synced to the disk: it ends with
 * its container, and is made anew for the next. Takes a fraction of a millisecond.
 */
int  ek_rootfs_mount(const struct ek_images *s, const struct ek_image *image, const char *dir,
		     struct ek_err *err);
bool ek_rootfs_is_mounted(const char *dir);
/* Unmount and remove what mount made. Missing is success. Removing is for the pool when there is much. */
int  ek_rootfs_remove(const char *dir, struct ek_err *err);
