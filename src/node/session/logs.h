/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Reading a container's log as `kubectl logs` wants it: from the file that is current (as kubelet does),
 * the last lines, since a time, following what is appended and the file that follows after a rotation.
 *
 * Lines are CRI's: "2006-01-02T15:04:05.999999999Z stdout F text", P for a part of a line.
 */

#include <ekube/loop.h>

struct ek_log_options {
	int64_t tail_lines;  /* -1: all */
	int64_t limit_bytes; /* -1: all */
	int64_t since_us;    /* 0: from the start */
	bool    timestamps, follow;
};

struct ek_log_reader {
	/* false: enough for now; ek_log_resume() goes on */
	bool (*on_data)(struct ek_log_reader *r, const char *data, size_t n);
	/* Once, last: everything was delivered. */
	void (*on_end)(struct ek_log_reader *r, int rc);
	/* private */
	void *impl;
};

/* Callbacks come in later turns. -ENOENT when there is no such file. */
int  ek_log_open(struct ek_loop *loop, struct ek_log_reader *r, const char *path, const struct ek_log_options *o,
		 struct ek_err *err);
void ek_log_resume(struct ek_log_reader *r);
/* Following: no more will be written; ends after what is there. */
void ek_log_finish(struct ek_log_reader *r);
void ek_log_close(struct ek_log_reader *r); /* no callback after */
