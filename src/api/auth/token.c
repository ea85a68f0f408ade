/* SPDX-License-Identifier: Apache-2.0 */
#include "token.h"

#include "cache.h"

#include <ekube/clock.h>
#include <ekube/str.h>

#include <stdlib.h>

/*
 * A token is a signed statement about a service account, and about what it is bound to. It is good
 * as long as what it names is there with the same uid: deleting the pod, secret, node or account
 * ends it.
 */
struct ek_tokens {
	struct ek_key *key;
	char          *key_id, *issuer;
};

enum { LEEWAY_S = 60 };

int ek_tokens_new(const struct ek_api_options *options, struct ek_tokens **ret, struct ek_err *err)
{
	struct ek_tokens *t = ek_new(struct ek_tokens);
	int rc;

	t->issuer = ek_str_dup(options->issuer ? options->issuer :
						 "https://kubernetes.default.svc.cluster.local");
	if (options->service_account_key) {
		rc = ek_key_from_pem(options->service_account_key, &t->key, err);
		if (rc < 0) {
			ek_tokens_free(t);
			return ek_wrap(err, rc, "service account key");
		}
		t->key_id = ek_key_id(t->key);
	}
	*ret = t;
	return 0;
}

void ek_tokens_free(struct ek_tokens *t)
{
	if (!t)
		return;
	ek_key_free(t->key);
	free(t->key_id);
	free(t->issuer);
	free(t);
}

/* ---- issue ---- */

static struct ek_json *ref_to(const struct ek_json *obj)
{
	return obj ? ek_json_make("{'name':%s,'uid':%s}", ek_meta_name(obj), ek_meta_uid(obj)) :
		     NULL;
}

/* A pod's token also tells the node, so that nobody has to look. */
static struct ek_json *node_of_pod(struct ek_registry *r, const struct ek_json *pod)
{
	const char *name = ek_json_str_at(pod, "spec.nodeName");
	EK_OBJECT struct ek_object *node = NULL;

	if (ek_str_empty(name))
		return NULL;
	node = ek_registry_read(r, &ek_kind_node, NULL, name);
	if (node)
		return ref_to(ek_object_tree(node));
	return ek_json_make("{'name':%s}", name);
}

static struct ek_json *kubernetes_claims(struct ek_registry *r, const struct ek_json *sa,
					 const struct ek_json *bound)
{
	const char *kind = ek_json_str_at(bound, "kind");
	EK_JSON struct ek_json *account = ref_to(sa), *ref = ref_to(bound), *node = NULL;
	struct ek_json *k = ek_json_make("{'namespace':%s,'serviceaccount':%v}",
					 ek_meta_namespace(sa), account);

	if (ek_streq(kind, "Pod")) {
		node = node_of_pod(r, bound);
		if (node)
			ek_json_set(k, "node", ek_json_ref(node));
		ek_json_set(k, "pod", ek_json_ref(ref));
	} else if (ek_streq(kind, "Secret")) {
		ek_json_set(k, "secret", ek_json_ref(ref));
	} else if (ek_streq(kind, "Node")) {
		ek_json_set(k, "node", ek_json_ref(ref));
	}
	return k;
}

/*
 * Pods of before bound tokens never read theirs again: upstream lets those live a year and warns.
 */
enum { WARN_ONLY_S = 3607, EXTENDED_S = 365 * 24 * 3600 };

static bool is_extended(const struct ek_tokens *t, const char *const *audiences, int64_t expires_s,
			const struct ek_json *bound)
{
	return expires_s == WARN_ONLY_S && ek_streq(ek_json_str_at(bound, "kind"), "Pod") &&
	       (!audiences || !audiences[0] ||
		(ek_streq(audiences[0], t->issuer) && !audiences[1]));
}

int ek_token_issue(struct ek_registry *r, const struct ek_json *sa, const char *const *audiences,
		   int64_t expires_s, const struct ek_json *bound_object, char **ret_token,
		   int64_t *ret_expires_us, struct ek_err *err)
{
	const struct ek_tokens *t = r->tokens;
	bool extended = is_extended(t, audiences, expires_s, bound_object);
	int64_t now = ek_clock_wall_us() / 1000000;
	EK_JSON struct ek_json *k8s = NULL, *claims = NULL, *aud = ek_json_array();
	EK_BUF struct ek_buf text = EK_BUF_INIT(64 << 10);
	char jti[37];

	if (!t->key)
		return ek_fail(err, EK_EUNAVAILABLE, "this server has no service account key");
	for (size_t i = 0; audiences && audiences[i]; i++)
		ek_json_append(aud, ek_json_new_str(audiences[i]));
	if (ek_json_len(aud) == 0)
		ek_json_append(aud, ek_json_new_str(t->issuer));
	k8s = kubernetes_claims(r, sa, bound_object);
	if (extended)
		ek_json_set_int(k8s, "warnafter", now + expires_s);
	ek_rand_uuid(jti);
	claims = ek_json_make(
		"{'aud':%v,'exp':%D,'iat':%D,'iss':%s,'jti':%s,'kubernetes.io':%v,'nbf':%D,"
		"'sub':'system:serviceaccount:%s:%s'}",
		aud, now + (extended ? EXTENDED_S : expires_s), now, t->issuer, jti, k8s, now,
		ek_meta_namespace(sa), ek_meta_name(sa));
	(void)ek_json_write(claims, &text);
	*ret_expires_us = (now + expires_s) * 1000000;
	return ek_jwt_sign(t->key, t->key_id, text.data, ret_token, err);
}

/* ---- check ---- */

static int check_times(const struct ek_json *claims, struct ek_err *err)
{
	int64_t now = ek_clock_wall_us() / 1000000;

	if (now - LEEWAY_S > ek_json_int_at(claims, "exp", 0))
		return ek_fail(err, EK_EUNAUTHORIZED, "service account token has expired");
	if (now + LEEWAY_S < ek_json_int_at(claims, "nbf", 0))
		return ek_fail(err, EK_EUNAUTHORIZED, "service account token is not valid yet");
	if (now + LEEWAY_S < ek_json_int_at(claims, "iat", 0))
		return ek_fail(err, EK_EUNAUTHORIZED,
			       "service account token is issued in the future");
	return 0;
}

static bool was_deleted(const struct ek_json *obj)
{
	const char *text = ek_json_str_at(obj, "metadata.deletionTimestamp");
	int64_t us = 0;

	return text && ek_time_parse(text, &us) == 0 &&
	       us < ek_clock_wall_us() - (int64_t)LEEWAY_S * 1000000;
}

/* What the token names must be there, the same one, and not on its way out for long. */
static int check_bound(struct ek_registry *r, const struct ek_kind *k, const char *word,
		       const char *ns, const struct ek_json *ref, struct ek_err *err)
{
	const char *name = ek_json_str_at(ref, "name"), *uid = ek_json_str_at(ref, "uid");
	EK_OBJECT struct ek_object *o = NULL;

	if (!ref)
		return 0;
	o = name ? ek_registry_read(r, k, ns, name) : NULL;
	if (!o)
		return ek_fail(err, EK_EUNAUTHORIZED, "service account token has been invalidated");
	if (!ek_streq(ek_index_uid(o->index), uid))
		return ek_fail(err, EK_EUNAUTHORIZED,
			       "%s UID (%s) does not match service account %s ref claim (%s)", word,
			       ek_index_uid(o->index), word, uid ? uid : "");
	if (was_deleted(ek_object_tree(o)))
		return ek_fail(err, EK_EUNAUTHORIZED, "service account token has been invalidated");
	return 0;
}

static int check_account(struct ek_registry *r, const struct ek_json *k8s, struct ek_err *err)
{
	const char *ns = ek_json_str_at(k8s, "namespace"),
		   *name = ek_json_str_at(k8s, "serviceaccount.name");
	const char *uid = ek_json_str_at(k8s, "serviceaccount.uid");
	struct ek_object *o;

	if (!ns || !name || !uid)
		return ek_fail(err, EK_EUNAUTHORIZED, "the token is not a service account's");
	o = ek_cache_get(r->caches[EK_CACHED_SERVICEACCOUNTS], ns, name);
	if (!o)
		return ek_fail(err, EK_EUNAUTHORIZED, "serviceaccounts \"%s\" not found", name);
	if (!ek_streq(ek_index_uid(o->index), uid))
		return ek_fail(err, EK_EUNAUTHORIZED,
			       "service account UID (%s) does not match claim (%s)",
			       ek_index_uid(o->index), uid);
	return 0;
}

static int check_all_bound(struct ek_registry *r, const struct ek_json *k8s, struct ek_err *err)
{
	const char *ns = ek_json_str_at(k8s, "namespace");
	const struct ek_json *pod = ek_json_get(k8s, "pod");
	int rc = check_account(r, k8s, err);

	if (rc == 0)
		rc = check_bound(r, &ek_kind_secret, "secret", ns, ek_json_get(k8s, "secret"), err);
	if (rc == 0)
		rc = check_bound(r, &ek_kind_pod, "pod", ns, pod, err);
	/* the node of a pod's token is only told */
	if (rc == 0 && !pod)
		rc = check_bound(r, &ek_kind_node, "node", NULL, ek_json_get(k8s, "node"), err);
	return rc;
}

/* ---- who it is ---- */

struct strings {
	EK_VEC(char *) v;
};

static const char *keep(struct strings *s, char *take)
{
	ek_vec_push(&s->v, take);
	return take;
}

/* Audiences that both sides know. NULL when there is none. */
static char **common_audiences(const struct ek_json *aud, const char *const *wanted)
{
	EK_VEC(char *) v = { 0 };

	for (size_t i = 0; wanted[i]; i++)
		if (ek_json_has_str(aud, wanted[i]) || ek_streq(ek_json_str(aud), wanted[i]))
			ek_vec_push(&v, ek_str_dup(wanted[i]));
	if (v.n == 0)
		return NULL;
	ek_vec_push(&v, NULL);
	return v.items;
}

static void set_extra(struct ek_json *extra, const char *key, const char *value)
{
	if (!ek_str_empty(value))
		ek_json_set(extra, key, ek_json_make("[%s]", value));
}

static void fill_user(const struct ek_json *claims, struct ek_token_user *ret)
{
	const struct ek_json *k8s = ek_json_get(claims, "kubernetes.io");
	const char *ns = ek_json_str_at(k8s, "namespace");
	const char *jti = ek_json_str_at(claims, "jti");
	const char **groups = ek_calloc(4, sizeof(*groups));
	struct strings s = { 0 };
	struct ek_json *extra = ek_json_object();

	groups[0] = "system:serviceaccounts";
	groups[1] = keep(&s, ek_str_fmt("system:serviceaccounts:%s", ns));
	groups[2] = "system:authenticated";
	if (jti)
		set_extra(extra, "authentication.kubernetes.io/credential-id", EK_F("JTI=%s", jti));
	set_extra(extra, "authentication.kubernetes.io/node-name",
		  ek_json_str_at(k8s, "node.name"));
	set_extra(extra, "authentication.kubernetes.io/node-uid", ek_json_str_at(k8s, "node.uid"));
	set_extra(extra, "authentication.kubernetes.io/pod-name", ek_json_str_at(k8s, "pod.name"));
	set_extra(extra, "authentication.kubernetes.io/pod-uid", ek_json_str_at(k8s, "pod.uid"));
	ret->user = (struct ek_user){
		.name = keep(&s, ek_str_fmt("system:serviceaccount:%s:%s", ns,
					    ek_json_str_at(k8s, "serviceaccount.name"))),
		.uid = keep(&s, ek_str_dup(ek_json_str_at(k8s, "serviceaccount.uid"))),
		.groups = groups,
		.extra = extra,
	};
	keep(&s, (char *)groups);
	ek_vec_push(&s.v, NULL);
	ret->strings = (char *)s.v.items;
}

int ek_token_check(struct ek_registry *r, const char *token, const char *const *audiences,
		   struct ek_token_user *ret, struct ek_err *err)
{
	const struct ek_tokens *t = r->tokens;
	const char *const own[] = { t->issuer, NULL };
	const struct ek_key *key = t->key;
	EK_JSON struct ek_json *claims = NULL;
	EK_FREE char *text = NULL;
	char **common;
	int rc;

	if (!key)
		return ek_fail(err, EK_EUNAUTHORIZED, "this server has no service account key");
	rc = ek_jwt_verify(&key, 1, token, &text, err);
	if (rc == 0)
		rc = ek_json_parse(text, strlen(text), 64 << 10, &claims, NULL, err);
	if (rc < 0)
		return ek_fail(err, EK_EUNAUTHORIZED, "invalid bearer token");
	if (!ek_streq(ek_json_str_at(claims, "iss"), t->issuer))
		return ek_fail(err, EK_EUNAUTHORIZED, "token issuer is invalid");
	rc = check_times(claims, err);
	if (rc == 0)
		rc = check_all_bound(r, ek_json_get(claims, "kubernetes.io"), err);
	if (rc < 0)
		return rc;
	common = common_audiences(ek_json_get(claims, "aud"),
				  audiences && audiences[0] ? audiences : own);
	if (!common)
		return ek_fail(err, EK_EUNAUTHORIZED,
			       "token audiences are invalid for the target audiences");
	fill_user(claims, ret);
	ret->audiences = common;
	return 0;
}

void ek_token_user_done(struct ek_token_user *u)
{
	char **strings = (char **)(void *)u->strings;

	for (size_t i = 0; strings && strings[i]; i++)
		free(strings[i]);
	free(strings);
	for (size_t i = 0; u->audiences && u->audiences[i]; i++)
		free(u->audiences[i]);
	free(u->audiences);
	ek_json_unref(u->user.extra);
	*u = (struct ek_token_user){ 0 };
}
