/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What a server needs of the machine, one row a need: `ekube server` refuses with the sentence of the first that
 * is missing, before it has written anything; `ekube check-config` prints all of them.
 */

#include <ekube/err.h>

struct server_config;

enum {
	MACHINE_NODE    = 1, /* needed by a node only */
	MACHINE_NETWORK = 2, /* needed by the pods' network only */
	MACHINE_SLOW    = 4, /* for check-config: a start finds out by itself */
};

struct machine_need {
	const char *name;
	unsigned    flags;
	/* 0, and in `said` what there is; or what is missing, in one sentence that says what to do. */
	int (*look)(const struct server_config *c, char said[160], struct ek_err *err);
};

extern const struct machine_need machine_needs[];
extern const size_t n_machine_needs;

/* Does the row matter to this server? */
bool machine_need_applies(const struct machine_need *need, const struct server_config *c);

int machine_check(const struct server_config *c, struct ek_err *err);

/*
 * The parts of it that only look at a text.
 * /proc/cgroups (v1) or cgroup.controllers (v2): which of cpu, memory, pids is missing? NULL: none.
 */
const char *machine_missing_controller(const char *text, bool unified);
/* "runc version 1.1.5+ds1\ncommit ..": "1.1.5+ds1"; "" when it is something else. */
void machine_runtime_version(const char *text, char out[64]);
