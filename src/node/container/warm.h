/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A container's process is moved into its cgroup by the runtime, and the kernel makes the first such move in a
 * while wait for a grace period: 10 ms and more, a fifth of a start. The next ones find it ready, until one more
 * such period has passed without any. The runtime needs about as long to come so far, so the wait is had
 * meanwhile: while containers are being launched, this process moves to where it is, again and again.
 */

#include <ekube/loop.h>

struct ek_cgroups;

struct ek_warm {
	struct ek_loop          *loop;
	const struct ek_cgroups *cgroups;
	struct ek_work           work;
	struct ek_timer          again;
	size_t                   launches;
	int                      moves_left;  /* a launch that takes long is not accompanied for ever */
	bool                     working;
	bool                     useless;     /* it may not */
	void                   (*held)(void *arg, bool hold); /* something is in the pool */
	void                    *arg;
};

void ek_warm_begin(struct ek_warm *w); /* the runtime is being started */
void ek_warm_end(struct ek_warm *w);   /* ... and has come to its end; once each */
void ek_warm_stop(struct ek_warm *w);  /* no more; what is in the pool is told to `held` when it is not */
