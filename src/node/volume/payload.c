/* SPDX-License-Identifier: Apache-2.0 */
#include "payload.h"

#include <stdlib.h>
#include <string.h>

#include <ekube/meta.h>
#include <ekube/str.h>

#include "spec/podspec.h"
#include "spec/user.h"

enum { MODE_DEFAULT = 0644, MODE_TOKEN_OWNED = 0600, MODE_GROUP_READS = 0440 };

struct making {
	const struct ek_payload_source *src;
	struct ek_payload              *out;
};

/* ---- modes ---- */

static unsigned default_mode(const struct ek_json *source)
{
	return (unsigned)ek_json_int_at(source, "defaultMode", MODE_DEFAULT);
}

/* The pod's group may read what its owner may. */
static unsigned grouped(const struct making *m, unsigned mode)
{
	return m->src->fs_group >= 0 ? mode | MODE_GROUP_READS : mode;
}

/* ---- ConfigMaps and Secrets ---- */

static const struct ek_json *value_in(const struct ek_json *obj, const char *key, bool *ret_base64,
				      bool secret)
{
	const struct ek_json *v = ek_json_get(ek_json_get(obj, "data"), key);

	*ret_base64 = secret;
	if (!v && !secret) {
		v = ek_json_get(ek_json_get(obj, "binaryData"), key);
		*ret_base64 = true;
	}
	return v;
}

static int add_value(struct making *m, const char *path, const struct ek_json *value, bool base64,
		     unsigned mode, struct ek_err *err)
{
	EK_FREE char *data = NULL;
	size_t n = 0;

	if (!base64)
		return ek_payload_add(m->out, path, ek_json_str(value), ek_json_str_len(value),
				      grouped(m, mode), -1, err);
	if (ek_base64_decode(ek_json_str(value) ? ek_json_str(value) : "", ek_json_str_len(value), false, &data, &n) < 0)
		return ek_fail(err, EK_EINVALID, "the value of %s is not base64", path);
	return ek_payload_add(m->out, path, data, n, grouped(m, mode), -1, err);
}

static int add_all(struct making *m, const struct ek_json *obj, bool secret, unsigned mode,
		   struct ek_err *err)
{
	static const char *const maps[] = { "data", "binaryData" };
	int rc = 0;

	for (size_t i = 0; i < (secret ? 1u : 2u); i++)
		for (struct ek_json_iter it = ek_json_iter(ek_json_get(obj, maps[i]));
		     rc == 0 && ek_json_next(&it);)
			rc = add_value(m, it.key, it.value, secret || i == 1, mode, err);
	return rc;
}

/* items: [{key, path, mode}] */
static int add_items(struct making *m, const struct ek_json *obj, bool secret,
		     const struct ek_json *items, bool optional, unsigned mode, struct ek_err *err)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < ek_json_len(items); i++) {
		const struct ek_json *item = ek_json_elem(items, i);
		const char *key = ek_json_str_at(item, "key"), *path = ek_json_str_at(item, "path");
		const struct ek_json *value;
		bool base64;

		value = value_in(obj, key ? key : "", &base64, secret);
		if (value)
			rc = add_value(m, path ? path : "", value, base64, (unsigned)ek_json_int_at(item, "mode", mode), err);
		else if (!optional)
			rc = ek_fail(err, EK_ENOTFOUND, secret ? "references non-existent secret key: %s" :
								 "configmap references non-existent config key: %s", key ? key : "");
	}
	return rc;
}

static int add_object(struct making *m, const struct ek_json *source, bool secret, const char *name,
		      unsigned mode, struct ek_err *err)
{
	bool optional = ek_json_bool_at(source, "optional", false);
	const struct ek_json *items = ek_json_get(source, "items");
	const struct ek_env_source *env = &m->src->env;
	const struct ek_json *obj = env->find(env->arg, secret ? "Secret" : "ConfigMap", name ? name : "");

	if (!obj && optional)
		return 0;
	if (!obj)
		return ek_fail(err, EK_ENOTFOUND, "%s \"%s\" not found", secret ? "secret" : "configmap", name ? name : "");
	if (ek_json_len(items) > 0)
		return add_items(m, obj, secret, items, optional, mode, err);
	return add_all(m, obj, secret, mode, err);
}

/* ---- downward API, tokens ---- */

static int add_downward(struct making *m, const struct ek_json *items, unsigned mode,
			struct ek_err *err)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < ek_json_len(items); i++) {
		const struct ek_json *item = ek_json_elem(items, i);
		const char *path = ek_json_str_at(item, "path");
		EK_FREE char *value = NULL;

		if (ek_json_get(item, "fieldRef"))
			rc = ek_field_ref(&m->src->env, ek_json_str_at(item, "fieldRef.fieldPath"), &value, err);
		else
			rc = ek_resource_ref(&m->src->env, ek_json_get(item, "resourceFieldRef"), &value, err);
		if (rc == 0)
			rc = ek_payload_add(m->out, path ? path : "", value, strlen(value),
					    grouped(m, (unsigned)ek_json_int_at(item, "mode", mode)), -1, err);
	}
	return rc;
}

/*
 * Only who runs as the one user, or is in the group, may read it; when there is neither,
 * everybody may.
 */
static int add_token(struct making *m, const struct ek_json *source, size_t i, unsigned mode,
		     struct ek_err *err)
{
	const char *token = m->src->token(m->src->token_arg, i), *path = ek_json_str_at(source, "path");

	if (!token)
		return ek_fail(err, EK_EUNAVAILABLE, "failed to fetch token");
	if (m->src->fs_user >= 0 || m->src->fs_group >= 0)
		mode = MODE_TOKEN_OWNED;
	return ek_payload_add(m->out, path ? path : "", token, strlen(token), grouped(m, mode), m->src->fs_user, err);
}

static int add_projected(struct making *m, const struct ek_json *projected, struct ek_err *err)
{
	const struct ek_json *sources = ek_json_get(projected, "sources");
	unsigned mode = default_mode(projected);
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < ek_json_len(sources); i++) {
		const struct ek_json *s = ek_json_elem(sources, i), *part;

		if ((part = ek_json_get(s, "configMap")))
			rc = add_object(m, part, false, ek_json_str_at(part, "name"), mode, err);
		else if ((part = ek_json_get(s, "secret")))
			rc = add_object(m, part, true, ek_json_str_at(part, "name"), mode, err);
		else if ((part = ek_json_get(s, "downwardAPI")))
			rc = add_downward(m, ek_json_get(part, "items"), mode, err);
		else if ((part = ek_json_get(s, "serviceAccountToken")))
			rc = add_token(m, part, i, mode, err);
		else if (ek_json_get(s, "clusterTrustBundle"))
			rc = ek_fail(err, EK_EINVALID, "ClusterTrustBundle projection is not supported");
	}
	return rc;
}

int ek_payload_make(const struct ek_payload_source *src, const struct ek_json *volume,
		    struct ek_payload *ret, struct ek_err *err)
{
	struct making m = { src, ret };
	const struct ek_json *s;
	int rc;

	if ((s = ek_json_get(volume, "configMap")))
		rc = add_object(&m, s, false, ek_json_str_at(s, "name"), default_mode(s), err);
	else if ((s = ek_json_get(volume, "secret")))
		rc = add_object(&m, s, true, ek_json_str_at(s, "secretName"), default_mode(s), err);
	else if ((s = ek_json_get(volume, "downwardAPI")))
		rc = add_downward(&m, ek_json_get(s, "items"), default_mode(s), err);
	else
		rc = add_projected(&m, ek_json_get(volume, "projected"), err);
	if (rc < 0)
		ek_payload_done(ret);
	return rc;
}

int64_t ek_payload_fs_user(const struct ek_json *pod)
{
	const struct ek_json *c;
	enum ek_ctr_role role;
	int64_t uid = -1;

	for (size_t i = 0; (c = ek_podspec_container(pod, i, &role)); i++) {
		const struct ek_json *run_as = ek_security_field(pod, c, "runAsUser");

		if (!run_as || (uid >= 0 && ek_json_int(run_as, 0) != uid))
			return -1;
		uid = ek_json_int(run_as, 0);
	}
	return uid;
}
