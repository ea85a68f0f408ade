/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What is found out by doing it, in a child process. */

#include <ekube/err.h>

struct server_config;

/* What `program argument` prints, malloc'd, at most a few KB; NULL when it fails. */
char *machine_output_of(const char *program, const char *argument);

/* Bring up the pods' network in a namespace of its own, which ends with it. */
int machine_try_network(const struct server_config *c, struct ek_err *err);
