/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * UDP has no end that conntrack could see: a client that keeps sending from one port stays bound
 * to an endpoint that is gone, or to none when the Service came after the first packet. So
 * entries that lead elsewhere than to a present endpoint are deleted when endpoints change.
 */

#include <ekube/buf.h>
#include <ekube/err.h>
#include <ekube/vec.h>

/* One address and port of a Service, and where its packets may go now. */
struct ek_ct_front {
	uint8_t proto, ip[4], port[2]; /* network order; ip all zeros: any address of the node */
	size_t  first, n;              /* of the job's targets */
};
struct ek_ct_target {
	uint8_t ip[4], port[2];
};

struct ek_ct_job {
	EK_VEC(struct ek_ct_front) fronts;
	EK_VEC(struct ek_ct_target) targets;
};
void ek_ct_job_done(struct ek_ct_job *job);

/* Blocks for as long as it takes to read the kernel's table: for the pool. Returns how many went. */
int ek_conntrack_clean(const struct ek_ct_job *job, struct ek_err *err);
