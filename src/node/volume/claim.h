/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Part of volumes.c: which PersistentVolume a claim is bound to. */

#include <ekube/client.h>

struct ek_claim {
	/* Once: the volume is in `pv`, or err has the words of FailedMount events. */
	void (*done)(struct ek_claim *c, int rc);
	struct ek_json *pv;
	bool            read_only;
	struct ek_err   err;
	/* private */
	struct ek_client *client;
	struct ek_call    call;
	char             *ns, *name, *pv_name;
	bool              asking;
};

/* pod: whose claim it is; generic ephemeral volumes have a claim of their own that must be the pod's. */
void ek_claim_start(struct ek_client *client, struct ek_claim *c, const char *ns, const char *name,
		    void (*done)(struct ek_claim *c, int rc));
void ek_claim_stop(struct ek_claim *c); /* harmless when zeroed; drops the result */
