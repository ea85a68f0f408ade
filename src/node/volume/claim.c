/* SPDX-License-Identifier: Apache-2.0 */
#include "claim.h"

#include <stdlib.h>

#include <ekube/str.h>

static void finish(struct ek_claim *c, int rc)
{
	ek_call_done(&c->call);
	c->asking = false;
	c->done(c, rc);
}

static void on_volume(struct ek_call *call, int rc)
{
	struct ek_claim *c = ek_container_of(call, struct ek_claim, call);
	const struct ek_json *pv = call->object ? ek_object_tree(call->object) : NULL;

	if (rc < 0) {
		rc = ek_fail(&c->err, rc, "error processing PVC %s/%s: failed to fetch PV %s from API server: %s", c->ns, c->name,
			     c->pv_name, call->err.msg);
	} else if (!ek_streq(ek_json_str_at(pv, "spec.claimRef.namespace"), c->ns) ||
		   !ek_streq(ek_json_str_at(pv, "spec.claimRef.name"), c->name)) {
		rc = ek_fail(&c->err, EK_EINVALID, "error processing PVC %s/%s: PV %s is bound to another claim", c->ns, c->name,
			     c->pv_name);
	} else {
		c->pv = ek_json_ref(pv);
	}
	finish(c, rc);
}

static void on_claim(struct ek_call *call, int rc)
{
	struct ek_claim *c = ek_container_of(call, struct ek_claim, call);
	const struct ek_json *pvc = call->object ? ek_object_tree(call->object) : NULL;
	const char *volume = ek_json_str_at(pvc, "spec.volumeName");

	if (rc < 0) {
		finish(c, ek_fail(&c->err, rc, "error processing PVC %s/%s: failed to fetch PVC from API server: %s", c->ns,
				  c->name, call->err.msg));
		return;
	}
	if (ek_meta_deleting(pvc)) {
		finish(c, ek_fail(&c->err, EK_EINVALID, "error processing PVC %s/%s: PVC is being deleted", c->ns, c->name));
		return;
	}
	if (!ek_streq(ek_json_str_at(pvc, "status.phase"), "Bound") || ek_str_empty(volume)) {
		finish(c, ek_fail(&c->err, EK_EUNAVAILABLE, "error processing PVC %s/%s: PVC is not bound", c->ns, c->name));
		return;
	}
	c->pv_name = ek_str_dup(volume);
	ek_call_done(call);
	ek_call_init(call, EK_DO_GET, &ek_kind_pv, NULL, c->pv_name, on_volume);
	ek_call_start(c->client, call);
}

void ek_claim_start(struct ek_client *client, struct ek_claim *c, const char *ns, const char *name,
		    void (*done)(struct ek_claim *c, int rc))
{
	*c = (struct ek_claim){ .client = client, .done = done, .asking = true };
	c->ns = ek_str_dup(ns);
	c->name = ek_str_dup(name);
	ek_call_init(&c->call, EK_DO_GET, &ek_kind_pvc, c->ns, c->name, on_claim);
	ek_call_start(client, &c->call);
}

void ek_claim_stop(struct ek_claim *c)
{
	if (c->asking)
		ek_call_cancel(&c->call);
	ek_json_unref(c->pv);
	free(c->ns);
	free(c->name);
	free(c->pv_name);
	*c = (struct ek_claim){ 0 };
}
