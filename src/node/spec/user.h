/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* As whom a container runs: what the pod says, else what the image says, looked up in the image's files. */

#include <ekube/json.h>

enum { EK_USER_GROUPS_MAX = 64 };

struct ek_user {
	int64_t uid, gid;
	int64_t groups[EK_USER_GROUPS_MAX]; /* supplementary */
	size_t  n_groups;
	char    name[64];                   /* "" when only the number is known */
	char    home[256];                  /* "/" when it is not known */
};

/*
 * root_fd: the container's root directory. image_user: "", "user", "uid", either with ":group" or ":gid".
 * The message of a failure is what users see.
 */
int ek_user_resolve(int root_fd, const struct ek_json *pod, const struct ek_json *container,
		    const char *image_user, struct ek_user *ret, struct ek_err *err);

/* securityContext's field of the container, else of the pod; NULL when neither says it. Borrowed. */
const struct ek_json *ek_security_field(const struct ek_json *pod, const struct ek_json *container, const char *name);
