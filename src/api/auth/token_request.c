/* SPDX-License-Identifier: Apache-2.0 */
#include "token.h"

#include "node_authz.h"
#include "status.h"

#include <ekube/clock.h>
#include <ekube/str.h>

#include <stdlib.h>

/* TokenRequest: POST serviceaccounts/token. */

enum { MIN_EXPIRY_S = 600, DEFAULT_EXPIRY_S = 3600 };

static const struct ek_subresource *token_sub(void)
{
	for (const struct ek_subresource *s = ek_kind_serviceaccount.subresources; s && s->name;
	     s++)
		if (ek_streq(s->name, "token"))
			return s;
	return NULL;
}

static int check_expiry(struct ek_request *q, int64_t s)
{
	EK_JSON struct ek_json *bad = ek_json_new_int(s);
	struct ek_causes causes = { 0 };
	struct ek_path at = { 0 };
	int rc = 0;

	(void)ek_path_push(&at, "spec.expirationSeconds");
	if (s < MIN_EXPIRY_S)
		ek_cause_add(&causes, EK_CAUSE_INVALID, &at, bad,
			     "may not specify a duration less than 10 minutes");
	if (s > (int64_t)1 << 32)
		ek_cause_add(&causes, EK_CAUSE_INVALID, &at, bad,
			     "may not specify a duration larger than 2^32 seconds");
	if (causes.v.n > 0)
		rc = ek_request_fail(q, ek_status_invalid_of("authentication.k8s.io",
							     "TokenRequest", "", &causes));
	ek_causes_done(&causes);
	return rc;
}

/* ---- what the token is bound to ---- */

static int find_bound(struct ek_request *q, const struct ek_json *ref, struct ek_object **ret)
{
	const char *kind = ek_json_str_at(ref, "kind"), *name = ek_json_str_at(ref, "name");
	const char *uid = ek_json_str_at(ref, "uid"), *api = ek_json_str_at(ref, "apiVersion");
	const struct ek_kind *k = ek_streq(kind, "Pod")	   ? &ek_kind_pod :
				  ek_streq(kind, "Secret") ? &ek_kind_secret :
				  ek_streq(kind, "Node")   ? &ek_kind_node :
							     NULL;
	const struct ek_kind as_kind = { .group = "", .plural = kind ? kind : "" };
	const char *account;

	if (!k || !ek_streq(api, "v1"))
		return ek_request_fail(
			q, ek_status_bad_request("cannot bind token to object of type %s, Kind=%s",
						 api ? api : "", kind ? kind : ""));
	*ret = ek_registry_read(q->r, k, q->ns, name ? name : "");
	if (!*ret)
		return ek_request_fail(q, ek_status_not_found(k, name ? name : ""));
	account = ek_json_str_at(ek_object_tree(*ret), "spec.serviceAccountName");
	if (k == &ek_kind_pod && !ek_streq(account, q->op->name))
		return ek_request_fail(
			q,
			ek_status_bad_request(
				"cannot bind token for serviceaccount %s to pod running with different serviceaccount name.",
				EK_Q(q->op->name)));
	if (!ek_str_empty(uid) && !ek_streq(uid, ek_index_uid((*ret)->index)))
		return ek_request_fail(
			q,
			ek_status_conflict(
				&as_kind, name,
				"the UID in the bound object reference (%s) does not match the UID in record. The "
				"object might have been deleted and then recreated",
				uid));
	return 0;
}

/*
 * NodeRestriction: a node asks for tokens of the pods that run on it, and for no others. What it
 * names is looked at before anything is looked up, so that it learns nothing of what there is.
 */
static int check_node_ref(struct ek_request *q, const struct ek_json *ref)
{
	if (!ek_streq(ek_json_str_at(ref, "apiVersion"), "v1") ||
	    !ek_streq(ek_json_str_at(ref, "kind"), "Pod") ||
	    ek_str_empty(ek_json_str_at(ref, "name")))
		return ek_request_fail(q,
				       ek_status_denied(q->kind, q->op->name,
							"node requested token not bound to a pod"));
	if (ek_str_empty(ek_json_str_at(ref, "uid")))
		return ek_request_fail(
			q,
			ek_status_denied(q->kind, q->op->name,
					 "node requested token with a pod binding without a uid"));
	return 0;
}

static int check_node_pod(struct ek_request *q, const struct ek_json *pod, const char *node)
{
	if (ek_streq(ek_json_str_at(pod, "spec.nodeName"), node))
		return 0;
	return ek_request_fail(
		q, ek_status_denied(
			   q->kind, q->op->name,
			   "node requested token bound to a pod scheduled on a different node"));
}

/* ---- the request ---- */

static int issue(struct ek_request *q, struct ek_json *tr, const struct ek_json *bound)
{
	int64_t expires_s = ek_json_int_at(tr, "spec.expirationSeconds", DEFAULT_EXPIRY_S),
		expires_us = 0;
	struct ek_json *spec = ek_json_get(tr, "spec");
	const struct ek_json *list = ek_json_get(spec, "audiences");
	EK_FREE const char **audiences = ek_calloc(ek_json_len(list) + 1, sizeof(*audiences));
	EK_CLEANUP(ek_secret_freep) char *token = NULL;
	struct ek_err err;
	char when[32];
	int rc;

	for (size_t i = 0; i < ek_json_len(list); i++)
		audiences[i] = ek_json_str(ek_json_elem(list, i));
	rc = ek_token_issue(q->r, ek_object_tree(q->old), audiences, expires_s, bound, &token,
			    &expires_us, &err);
	if (rc < 0)
		return ek_request_fail(q,
				       ek_status_internal("failed to generate token: %s", err.msg));
	ek_time_format(expires_us, when);
	ek_json_set_int(spec, "expirationSeconds", expires_s);
	if (ek_json_len(list) == 0)
		ek_json_set(spec, "audiences",
			    ek_json_make("[%s]",
					 q->r->api->issuer ?
						 q->r->api->issuer :
						 "https://kubernetes.default.svc.cluster.local"));
	ek_json_set(tr, "status",
		    ek_json_make("{'token':%s,'expirationTimestamp':%s}", token, when));
	return 0;
}

static int answer(struct ek_request *q)
{
	const char *node = ek_user_node(q->op->user);
	const struct ek_subresource *sub = token_sub();
	EK_OBJECT struct ek_object *bound = NULL;
	const struct ek_json *ref;
	int rc;

	rc = ek_request_authorize(q, "create");
	if (rc == 0)
		rc = ek_request_decode(q, sub->type, sub->group, sub->version, sub->kind,
				       q->op->body, &q->obj);
	if (rc == 0)
		rc = check_expiry(q, ek_json_int_at(q->obj, "spec.expirationSeconds",
						    DEFAULT_EXPIRY_S));
	if (rc < 0)
		return rc;
	ek_request_read(q);
	if (!q->old)
		return ek_request_fail(q, ek_status_not_found(q->kind, q->op->name));
	ref = ek_json_at(q->obj, "spec.boundObjectRef");
	if (node)
		rc = check_node_ref(q, ref);
	if (rc == 0 && !ek_json_is_null(ref))
		rc = find_bound(q, ref, &bound);
	if (rc == 0 && node)
		rc = check_node_pod(q, ek_object_tree(bound), node);
	if (rc == 0)
		rc = issue(q, q->obj, bound ? ek_object_tree(bound) : NULL);
	if (rc < 0)
		return rc;
	ek_json_set_str(ek_json_get(q->obj, "metadata"), "name", q->op->name);
	ek_json_set_str(ek_json_get(q->obj, "metadata"), "namespace", q->ns);
	q->answer = ek_json_ref(q->obj);
	q->created = true;
	return 0;
}

void ek_token_request_start(struct ek_request *q)
{
	ek_answer_start(q, answer);
}
