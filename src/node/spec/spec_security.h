/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Parts of runtime_spec.c: capabilities and seccomp. Pure. */

#include <ekube/json.h>

/*
 * The names ("CAP_CHOWN", ...) that a container has: all when privileged, else the default ones of container
 * runtimes with capabilities.add and .drop. A new array. EK_EINVALID for a name that the kernel has not.
 */
int ek_spec_capabilities(bool privileged, const struct ek_json *change, struct ek_json **ret, struct ek_err *err);

/* OCI's linux.seccomp of RuntimeDefault: what container runtimes allow, given these capabilities. */
struct ek_json *ek_spec_seccomp_default(const struct ek_json *capabilities);

/* A profile of the user's, as it is in a file (Localhost): checked for its form only. */
int ek_spec_seccomp_check(const struct ek_json *profile, struct ek_err *err);
