/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* A folder, a loop, a shim program and containers of the fake runtime, for tests. */

#include "ek_test.h"

#include "session/exec.h"
#include "container/shim_client.h"

struct box {
	struct ek_loop *loop;
	char  dir[64];
	char *program;
};

void box_open(struct box *b);
void box_close(struct box *b); /* removes the folder */

struct jar {
	struct ek_shim shim;
	struct box    *box;
	char           dir[96], log[128];
	int            changes;
	bool           ended; /* EXITED or LOST was seen */
};

/* Start `script` in a container; the fields of `options` that are set go to the spec. */
void jar_launch(struct box *b, struct jar *j, const char *name, const char *script,
		const struct ek_shim_spec *options);
/* The same with a runtime of one's own. */
void jar_launch_argv(struct box *b, struct jar *j, const char *name, const char *const *runtime,
		     const struct ek_shim_spec *options);
void jar_adopt(struct box *b, struct jar *j, const char *name);
void jar_running(struct jar *j); /* waits; fails the test when it never runs */
void jar_ended(struct jar *j);   /* waits for EXITED or LOST */
char *jar_log(struct jar *j);    /* the log file, malloc'd */
void jar_close(struct jar *j);   /* kills what still runs */

/* The log without its stamps: "stdout F text\n..."; in place. */
char *strip_stamps(char *log);

struct ear {
	struct ek_attach a;
	struct ek_buf    text[3]; /* by channel */
	bool             started, ended;
	int              rc;
};
void ear_try(struct jar *j, struct ear *e, int want); /* does not wait for anything */
void ear_open(struct jar *j, struct ear *e, int want);
bool ear_hears(struct box *b, struct ear *e, int channel, const char *text); /* waits */
void ear_close(struct ear *e);
