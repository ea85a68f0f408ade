/* SPDX-License-Identifier: Apache-2.0 */
#include "admission.h"

#include "cache.h"
#include "status.h"

#include <ekube/clock.h>
#include <ekube/str.h>

/*
 * What admission completes in a pod: its service account, its priority, its patience with sick
 * nodes.
 */

static const char mirror_annotation[] = "kubernetes.io/config.mirror";
static const char token_path[] = "/var/run/secrets/kubernetes.io/serviceaccount";
static const char token_volume[] = "kube-api-access-";

/* ---- ServiceAccount ---- */

/*
 * Made by hand or by another API server's copy: anything in it named after this volume is taken
 * for it.
 */
static const char *find_token_volume(const struct ek_json *volumes)
{
	for (struct ek_json_iter it = ek_json_iter(volumes); ek_json_next(&it);) {
		const char *name = ek_json_str_at(it.value, "name");

		if (name && ek_str_starts(name, token_volume))
			return name;
	}
	return NULL;
}

static bool mount_in(struct ek_json *containers, const char *volume)
{
	bool mounted = false;

	for (struct ek_json_iter it = ek_json_iter(containers); ek_json_next(&it);) {
		struct ek_json *mounts = ek_json_get(it.value, "volumeMounts");

		/* who mounts something else there wants it that way */
		if (ek_json_find(mounts, "mountPath", token_path, NULL))
			continue;
		if (!ek_json_is_array(mounts)) {
			mounts = ek_json_array();
			ek_json_set(it.value, "volumeMounts", mounts);
		}
		ek_json_append(mounts, ek_json_make("{'name':%s,'readOnly':true,'mountPath':%s}",
						    volume, token_path));
		mounted = true;
	}
	return mounted;
}

static struct ek_json *new_token_volume(const char *name)
{
	static struct ek_json *token_source;
	EK_JSON struct ek_json *source = ek_json_const(
		&token_source,
		"{'sources':[{'serviceAccountToken':{'expirationSeconds':3607,'path':'token'}},"
		"{'configMap':{'name':'kube-root-ca.crt','items':[{'key':'ca.crt','path':'ca.crt'}]}},"
		"{'downwardAPI':{'items':[{'path':'namespace',"
		"'fieldRef':{'apiVersion':'v1','fieldPath':'metadata.namespace'}}]}}],"
		"'defaultMode':420}");

	return ek_json_make("{'name':%s,'projected':%v}", name, source);
}

static void mount_token(struct ek_json *spec)
{
	struct ek_json *volumes = ek_json_get(spec, "volumes");
	const char *found = find_token_volume(volumes);
	EK_FREE char *name = ek_str_dup(found);
	char suffix[6];
	bool mounted;

	if (!name) {
		ek_rand_suffix(suffix, 5);
		name = ek_str_fmt("%s%s", token_volume, suffix);
	}
	mounted = mount_in(ek_json_get(spec, "initContainers"), name);
	mounted |= mount_in(ek_json_get(spec, "containers"), name);
	if (found || !mounted)
		return;
	if (!ek_json_is_array(volumes)) {
		volumes = ek_json_array();
		ek_json_set(spec, "volumes", volumes);
	}
	ek_json_append(volumes, new_token_volume(name));
}

/* Told by the bytes: most accounts say nothing that a pod must know of. */
static bool may_say(const struct ek_object *account)
{
	static const char auto_mount[] = "\"automountServiceAccountToken\"",
			  secrets[] = "\"imagePullSecrets\"";
	const struct ek_bytes *v = account->value;

	return memmem(v->data, v->len, auto_mount, sizeof(auto_mount) - 1) ||
	       memmem(v->data, v->len, secrets, sizeof(secrets) - 1);
}

static bool wants_token(const struct ek_json *spec, const struct ek_json *account)
{
	const struct ek_json *of_pod = ek_json_get(spec, "automountServiceAccountToken");

	if (!ek_json_is_null(of_pod))
		return ek_json_bool(of_pod, true);
	return ek_json_bool_at(account, "automountServiceAccountToken", true);
}

static int admit_mirror(struct ek_request *q, const struct ek_json *spec)
{
	if (!ek_str_empty(ek_json_str_at(spec, "serviceAccountName")))
		return ek_admit_deny(q, "a mirror pod may not reference service accounts");
	for (struct ek_json_iter it = ek_json_iter(ek_json_get(spec, "volumes"));
	     ek_json_next(&it);) {
		if (ek_json_get(it.value, "secret"))
			return ek_admit_deny(q, "a mirror pod may not reference secrets");
		for (struct ek_json_iter s =
			     ek_json_iter(ek_json_at(it.value, "projected.sources"));
		     ek_json_next(&s);)
			if (ek_json_get(s.value, "serviceAccountToken"))
				return ek_admit_deny(
					q, "a mirror pod may not use ServiceAccountToken volume "
					   "projections");
	}
	return 0;
}

static void take_pull_secrets(struct ek_json *spec, const struct ek_json *account)
{
	const struct ek_json *theirs = ek_json_get(account, "imagePullSecrets");

	if (ek_json_len(ek_json_get(spec, "imagePullSecrets")) == 0 && ek_json_len(theirs) > 0)
		ek_json_set(spec, "imagePullSecrets", ek_json_copy(theirs));
}

bool ek_admit_must_wait(const struct ek_request *q)
{
	const char *name = ek_json_str_at(q->obj, "spec.serviceAccountName");

	return q->stored == &ek_kind_pod && (ek_str_empty(name) || ek_streq(name, "default")) &&
	       !ek_meta_annotation(q->obj, mirror_annotation) &&
	       ek_cache_get(q->r->caches[EK_CACHED_NAMESPACES], NULL, q->ns ? q->ns : "") &&
	       !ek_cache_get(q->r->caches[EK_CACHED_SERVICEACCOUNTS], q->ns, "default");
}

int ek_admit_service_account(struct ek_request *q, enum ek_admit_op op)
{
	struct ek_json *spec = ek_json_get(q->obj, "spec");
	const struct ek_json *account = NULL;
	struct ek_object *o;
	const char *name;

	(void)op;
	if (!spec)
		return 0;
	if (ek_meta_annotation(q->obj, mirror_annotation))
		return admit_mirror(q, spec);
	if (ek_str_empty(ek_json_str_at(spec, "serviceAccountName")))
		ek_json_set_str(spec, "serviceAccountName", "default");
	name = ek_json_str_at(spec, "serviceAccountName");
	ek_json_set_str(spec, "serviceAccount", name);
	o = ek_cache_get(q->r->caches[EK_CACHED_SERVICEACCOUNTS], q->ns, name);
	if (!o)
		return ek_admit_deny(
			q, "error looking up service account %s/%s: serviceaccount %s not found",
			q->ns, name, EK_Q(name));
	if (may_say(o))
		account = ek_object_tree(o);
	if (wants_token(spec, account))
		mount_token(spec);
	take_pull_secrets(spec, account);
	ek_object_slim(o);
	return 0;
}

/* ---- Priority ---- */

/* Told by the bytes: every pod asks, and hardly a class is it. */
static bool may_be_default(const struct ek_object *o)
{
	static const char mark[] = "\"globalDefault\":true";

	return memmem(o->value->data, o->value->len, mark, sizeof(mark) - 1);
}

static struct ek_object *default_class(const struct ek_request *q)
{
	const struct ek_cache *c = q->r->caches[EK_CACHED_PRIORITYCLASSES];
	struct ek_object *best = NULL;
	int64_t lowest = INT64_MAX;
	void *pos = NULL;

	for (struct ek_object *o; (o = ek_cache_next(c, NULL, &pos));) {
		const struct ek_json *tree;

		if (!may_be_default(o))
			continue;
		tree = ek_object_tree(o);
		if (ek_json_bool_at(tree, "globalDefault", false) &&
		    ek_json_int_at(tree, "value", 0) < lowest) {
			lowest = ek_json_int_at(tree, "value", 0);
			best = o;
		}
		ek_object_slim(o);
	}
	return best;
}

static int check_given_priority(struct ek_request *q, const struct ek_json *spec, int64_t value)
{
	const struct ek_json *given = ek_json_get(spec, "priority");

	if (ek_json_is_null(given) || ek_json_int(given, 0) == value)
		return 0;
	return ek_admit_deny(q,
			     "the integer value of priority (%" PRId64
			     ") must not be provided in pod spec; priority "
			     "admission controller computed %" PRId64
			     " from the given PriorityClass name",
			     ek_json_int(given, 0), value);
}

static int check_given_policy(struct ek_request *q, const struct ek_json *spec, const char *policy)
{
	const char *given = ek_json_str_at(spec, "preemptionPolicy");

	if (ek_str_empty(given) || ek_streq(given, policy))
		return 0;
	return ek_admit_deny(
		q,
		"the string value of PreemptionPolicy (%s) must not be provided in pod spec; priority "
		"admission controller computed %s from the given PriorityClass name",
		given, policy);
}

int ek_admit_priority(struct ek_request *q, enum ek_admit_op op)
{
	struct ek_json *spec = ek_json_get(q->obj, "spec");
	const char *name = ek_json_str_at(spec, "priorityClassName");
	EK_FREE char *policy = ek_str_dup("PreemptLowerPriority");
	struct ek_object *o;
	int64_t value = 0;
	int rc;

	(void)op;
	if (ek_str_empty(name))
		o = default_class(q);
	else
		o = ek_cache_get(q->r->caches[EK_CACHED_PRIORITYCLASSES], NULL, name);
	if (!o && !ek_str_empty(name))
		return ek_admit_deny(q, "no PriorityClass with name %s was found", name);
	if (o) {
		const struct ek_json *c = ek_object_tree(o);

		value = ek_json_int_at(c, "value", 0);
		if (!ek_str_empty(ek_json_str_at(c, "preemptionPolicy")))
			ek_str_set(&policy, ek_json_str_at(c, "preemptionPolicy"));
		ek_json_set_str(spec, "priorityClassName", ek_meta_name(c));
		ek_object_slim(o);
	}
	rc = check_given_priority(q, spec, value);
	if (rc == 0)
		rc = check_given_policy(q, spec, policy);
	if (rc < 0)
		return rc;
	ek_json_set_int(spec, "priority", value);
	ek_json_set_str(spec, "preemptionPolicy", policy);
	return 0;
}

int ek_admit_priority_class(struct ek_request *q, enum ek_admit_op op)
{
	const char *name = ek_meta_name(q->obj);
	struct ek_object *other;

	(void)op;
	if (!ek_json_bool_at(q->obj, "globalDefault", false))
		return 0;
	other = default_class(q);
	if (!other || ek_streq(ek_index_field(other->index, "metadata.name"), name))
		return 0;
	return ek_admit_deny(
		q, "PriorityClass %s is already marked as default. Only one default can exist",
		ek_index_field(other->index, "metadata.name"));
}

/* ---- DefaultTolerationSeconds ---- */

/* A toleration of any key, or of this key, with NoExecute or any effect. */
static bool tolerates(const struct ek_json *tolerations, const char *key)
{
	for (struct ek_json_iter it = ek_json_iter(tolerations); ek_json_next(&it);) {
		const char *k = ek_json_str_at(it.value, "key"),
			   *effect = ek_json_str_at(it.value, "effect");

		if ((ek_str_empty(k) || ek_streq(k, key)) &&
		    (ek_str_empty(effect) || ek_streq(effect, "NoExecute")))
			return true;
	}
	return false;
}

int ek_admit_tolerations(struct ek_request *q, enum ek_admit_op op)
{
	static const char *const keys[] = { "node.kubernetes.io/not-ready",
					    "node.kubernetes.io/unreachable" };
	static const char *const made[] = {
		"{'key':'node.kubernetes.io/not-ready','operator':'Exists','effect':'NoExecute',"
		"'tolerationSeconds':300}",
		"{'key':'node.kubernetes.io/unreachable','operator':'Exists','effect':'NoExecute',"
		"'tolerationSeconds':300}",
	};
	static struct ek_json *consts[EK_ARRAY_LEN(keys)];
	struct ek_json *spec = ek_json_get(q->obj, "spec");
	struct ek_json *list = ek_json_get(spec, "tolerations");

	(void)op;
	for (size_t i = 0; spec && i < EK_ARRAY_LEN(keys); i++) {
		if (tolerates(list, keys[i]))
			continue;
		if (!ek_json_is_array(list)) {
			list = ek_json_array();
			ek_json_set(spec, "tolerations", list);
		}
		ek_json_append(list, ek_json_const(&consts[i], made[i]));
	}
	return 0;
}
