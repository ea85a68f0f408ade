/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Network namespaces pinned to files, so that they outlive every process. A thread that has
 * moved into a namespace never comes back from it: the work is done in a short-lived thread
 * that ends there. Any thread but the loop's may call these, they take about a millisecond.
 */

#include <ekube/err.h>

/* Run fn in the namespace ns_fd; its result is the result. */
int ek_netns_run(int ns_fd, int (*fn)(void *arg), void *arg, struct ek_err *err);

/*
 * Make a namespace, pin it to `path` (which must not exist) and run fn inside, with loopback up.
 * When fn fails the pin is gone again, and the namespace with it.
 */
int ek_netns_create(const char *path, int (*fn)(void *arg), void *arg, struct ek_err *err);

/* A descriptor of the namespace pinned at path; EK_ENOTFOUND when nothing is pinned there. */
int ek_netns_open(const char *path, struct ek_err *err);

/*
 * Take the pin away; the namespace goes when its last process has gone. What `path` still is in
 * other mount namespaces goes too: removing the file detaches it everywhere. Missing is success.
 */
int ek_netns_delete(const char *path, struct ek_err *err);

/* Write /proc/sys/<key> of the calling thread's namespace, unless it already reads so. */
int ek_sysctl_set(const char *key, const char *value, struct ek_err *err);
