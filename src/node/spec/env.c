/* SPDX-License-Identifier: Apache-2.0 */
#include "env.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include <ekube/meta.h>
#include <ekube/str.h>

enum { EXPANDED_MAX = 1 << 20 };

/* ---- $(NAME) ---- */

char *ek_env_expand(const char *s, const char *(*lookup)(void *arg, const char *name), void *arg)
{
	struct ek_buf b = EK_BUF_INIT(EXPANDED_MAX);

	while (*s) {
		const char *end = s[0] == '$' && s[1] == '(' ? strchr(s, ')') : NULL;

		if (end) {
			EK_FREE char *name = ek_str_ndup(s + 2, (size_t)(end - s) - 2);
			const char *value = lookup(arg, name);

			(void)(value ? ek_buf_str(&b, value) :
				       ek_buf_append(&b, s, (size_t)(end - s) + 1));
			s = end + 1;
		} else if (s[0] == '$' && s[1] == '$') {
			(void)ek_buf_char(&b, '$');
			s += 2;
		} else {
			(void)ek_buf_char(&b, *s++);
		}
	}
	return ek_buf_steal(&b);
}

static const char *lookup_map(void *arg, const char *name)
{
	return ek_map_get(arg, name);
}

char *ek_env_expand_map(const char *s, const struct ek_map *env)
{
	return ek_env_expand(s, lookup_map, (void *)env);
}

/* ---- the map ---- */

static void put(struct ek_map *env, const char *name, char *take_value)
{
	free(ek_map_put(env, name, take_value));
}

void ek_env_done(struct ek_map *env)
{
	for (struct ek_map_entry *e = NULL; (e = ek_map_next(env, e));)
		free(e->value);
	ek_map_done(env);
}

/* ---- Services, as variables of Docker's links ---- */

static char *variable_of(const char *name)
{
	char *s = ek_str_dup(name);

	for (char *c = s; *c; c++)
		*c = *c == '-' ? '_' : (char)toupper((unsigned char)*c);
	return s;
}

EK_PRINTF(2, 3) static void put_fmt(struct ek_map *env, const char *name_fmt, ...)
{
	EK_FREE char *text = NULL;
	struct ek_buf b = EK_BUF_INIT(8192);
	char *eq;
	va_list ap;

	va_start(ap, name_fmt);
	(void)ek_buf_vfmt(&b, name_fmt, ap);
	va_end(ap);
	text = ek_buf_steal(&b);
	eq = strchr(text, '=');
	*eq = '\0';
	put(env, text, ek_str_dup(eq + 1));
}

static void put_service(struct ek_map *env, const struct ek_json *svc)
{
	EK_FREE char *prefix = variable_of(ek_meta_name(svc));
	const char *ip = ek_json_str_at(svc, "spec.clusterIP");
	const struct ek_json *ports = ek_json_at(svc, "spec.ports");
	/* an IPv6 address in a URL stands in brackets */
	EK_FREE char *host = ek_str_fmt(strchr(ip, ':') ? "[%s]" : "%s", ip);

	put_fmt(env, "%s_SERVICE_HOST=%s", prefix, ip);
	for (size_t i = 0; i < ek_json_len(ports); i++) {
		const struct ek_json *p = ek_json_elem(ports, i);
		const char *name = ek_json_str_at(p, "name"), *proto = ek_json_str_at(p, "protocol");
		EK_FREE char *upper = variable_of(proto ? proto : "TCP");
		EK_FREE char *lower = ek_str_dup(upper);
		EK_FREE char *port_name = variable_of(name ? name : "");
		int port = (int)ek_json_int_at(p, "port", 0);

		for (char *c = lower; *c; c++)
			*c = (char)tolower((unsigned char)*c);
		if (i == 0) {
			put_fmt(env, "%s_SERVICE_PORT=%d", prefix, port);
			put_fmt(env, "%s_PORT=%s://%s:%d", prefix, lower, host, port);
		}
		if (!ek_str_empty(name))
			put_fmt(env, "%s_SERVICE_PORT_%s=%d", prefix, port_name, port);
		put_fmt(env, "%s_PORT_%d_%s=%s://%s:%d", prefix, port, upper, lower, host, port);
		put_fmt(env, "%s_PORT_%d_%s_PROTO=%s", prefix, port, upper, lower);
		put_fmt(env, "%s_PORT_%d_%s_PORT=%d", prefix, port, upper, port);
		put_fmt(env, "%s_PORT_%d_%s_ADDR=%s", prefix, port, upper, ip);
	}
}

/*
 * The API itself is known to every pod, the Services of its own namespace to those that want
 * links.
 */
static void put_services(const struct ek_env_source *src, struct ek_map *env)
{
	bool links = ek_json_bool_at(src->pod, "spec.enableServiceLinks", true);
	const char *ns = ek_meta_namespace(src->pod);

	for (size_t i = 0; i < src->n_services; i++) {
		const struct ek_json *svc = src->services[i];
		const char *ip = ek_json_str_at(svc, "spec.clusterIP");
		bool api = ek_streq(ek_meta_namespace(svc), "default") && ek_streq(ek_meta_name(svc), "kubernetes");

		if (ek_str_empty(ip) || ek_streq(ip, "None"))
			continue;
		if (api || (links && ek_streq(ek_meta_namespace(svc), ns)))
			put_service(env, svc);
	}
}

/* ---- ConfigMaps and Secrets ---- */

static const char *const kinds[] = { "ConfigMap", "Secret" };

static int find(const struct ek_env_source *src, int secret, const struct ek_json *ref,
		const struct ek_json **ret, struct ek_err *err)
{
	const char *name = ek_json_str_at(ref, "name");

	*ret = src->find(src->arg, kinds[secret], name ? name : "");
	if (*ret || ek_json_bool_at(ref, "optional", false))
		return 0;
	return ek_fail(err, EK_ENOTFOUND, "%s \"%s\" not found", secret ? "secret" : "configmap",
		       name ? name : "");
}

/* A value as text; of a Secret it is base64. */
static int value_of(const struct ek_json *v, int secret, char **ret, struct ek_err *err)
{
	const char *text = ek_json_str(v);
	EK_FREE char *data = NULL;
	size_t n = 0;

	if (!secret) {
		*ret = ek_str_dup(text ? text : "");
		return 0;
	}
	if (ek_base64_decode(text ? text : "", ek_json_str_len(v), false, &data, &n) < 0)
		return ek_fail(err, EK_EINVALID, "a Secret's value is not base64");
	if (memchr(data, '\0', n))
		return ek_fail(err, EK_EINVALID, "a Secret's value holds a zero byte and cannot be a variable");
	*ret = ek_str_ndup(data, n);
	return 0;
}

static int put_from(const struct ek_env_source *src, const struct ek_json *from, struct ek_map *env,
		    struct ek_err *err)
{
	const char *prefix = ek_json_str_at(from, "prefix");
	int secret = ek_json_get(from, "secretRef") != NULL;
	const struct ek_json *ref = ek_json_get(from, secret ? "secretRef" : "configMapRef");
	const struct ek_json *obj = NULL;
	int rc = ref ? find(src, secret, ref, &obj, err) : 0;

	for (struct ek_json_iter it = ek_json_iter(ek_json_get(obj, "data")); rc == 0 && ek_json_next(&it);) {
		EK_FREE char *name = ek_str_fmt("%s%s", prefix ? prefix : "", it.key);
		char *value;

		rc = value_of(it.value, secret, &value, err);
		if (rc == 0)
			put(env, name, value);
	}
	return rc;
}

/* *ret stays NULL when the source is optional and not there. */
static int from_key(const struct ek_env_source *src, int secret, const struct ek_json *ref,
		    char **ret, struct ek_err *err)
{
	const char *key = ek_json_str_at(ref, "key");
	const struct ek_json *obj, *value;
	int rc = find(src, secret, ref, &obj, err);

	if (rc < 0 || !obj)
		return rc;
	value = ek_json_get(ek_json_get(obj, "data"), key ? key : "");
	if (value)
		return value_of(value, secret, ret, err);
	if (ek_json_bool_at(ref, "optional", false))
		return 0;
	return ek_fail(err, EK_ENOTFOUND, "couldn't find key %s in %s %s/%s", key ? key : "",
		       kinds[secret], ek_meta_namespace(src->pod), ek_meta_name(obj));
}

static int from_source(const struct ek_env_source *src, const struct ek_json *from, char **ret,
		       struct ek_err *err)
{
	if (ek_json_get(from, "fieldRef"))
		return ek_field_ref(src, ek_json_str_at(from, "fieldRef.fieldPath"), ret, err);
	if (ek_json_get(from, "resourceFieldRef"))
		return ek_resource_ref(src, ek_json_get(from, "resourceFieldRef"), ret, err);
	if (ek_json_get(from, "configMapKeyRef"))
		return from_key(src, 0, ek_json_get(from, "configMapKeyRef"), ret, err);
	if (ek_json_get(from, "secretKeyRef"))
		return from_key(src, 1, ek_json_get(from, "secretKeyRef"), ret, err);
	*ret = ek_str_dup("");
	return 0;
}

/* ---- all together ---- */

struct scopes {
	struct ek_map *own, *services;
};

static const char *lookup_scopes(void *arg, const char *name)
{
	const struct scopes *s = arg;
	const char *value = ek_map_get(s->own, name);

	return value ? value : ek_map_get(s->services, name);
}

static int put_own(const struct ek_env_source *src, struct scopes *scopes, struct ek_err *err)
{
	const struct ek_json *from = ek_json_get(src->container, "envFrom");
	const struct ek_json *list = ek_json_get(src->container, "env");
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < ek_json_len(from); i++)
		rc = put_from(src, ek_json_elem(from, i), scopes->own, err);
	for (size_t i = 0; rc == 0 && i < ek_json_len(list); i++) {
		const struct ek_json *var = ek_json_elem(list, i);
		const char *name = ek_json_str_at(var, "name"), *text = ek_json_str_at(var, "value");
		char *value = NULL;

		if (!ek_str_empty(text))
			value = ek_env_expand(text, lookup_scopes, scopes);
		else
			rc = from_source(src, ek_json_get(var, "valueFrom"), &value, err);
		if (rc == 0 && value)
			put(scopes->own, name, value);
	}
	return rc;
}

int ek_env_make(const struct ek_env_source *src, struct ek_map *ret, struct ek_err *err)
{
	struct ek_map services = { 0 };
	struct scopes scopes = { ret, &services };
	int rc;

	put_services(src, &services);
	rc = put_own(src, &scopes, err);
	for (struct ek_map_entry *e = NULL; rc == 0 && (e = ek_map_next(&services, e));)
		if (!ek_map_get(ret, e->key))
			put(ret, e->key, ek_str_dup(e->value));
	ek_env_done(&services);
	if (rc < 0)
		ek_env_done(ret);
	return rc;
}
