/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The air-gap folder: archives of images that somebody laid beside the server (<data-dir>/agent/images/
 * *.tar, .tar.gz, .tgz, .tar.zst) are imported at a start, one after the other, in the background. A file that
 * was imported before, has not changed since, and whose images are still here, is passed over.
 */

#include <ekube/base.h>

struct airgap;
struct ek_images;

/*
 * record: a file that remembers what was imported. A missing folder is fine; what cannot be imported is
 * logged. images is borrowed until stopped.
 */
struct airgap *airgap_start(struct ek_images *images, const char *folder, const char *record);
/* `stopped` fires once, possibly before this returns; g is gone then. */
void airgap_stop(struct airgap *g, void (*stopped)(void *arg), void *arg);
bool airgap_idle(const struct airgap *g); /* everything was looked at */
