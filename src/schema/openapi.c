/* SPDX-License-Identifier: Apache-2.0 */
#include "openapi.h"

struct ek_json *ek_openapi_info(void)
{
	return ek_json_make("{'title':'Kubernetes','version':'v1.32.0'}");
}

struct ek_json *ek_openapi_security(void)
{
	return ek_json_make(
		"{'BearerToken':{'description':'Bearer Token authentication','type':'apiKey',"
		"'name':'authorization','in':'header'}}");
}

/* An object that is written member by member. */
struct members {
	struct ek_buf *out;
	bool           any;
};

static void write_member(void *arg, const char *name, const struct ek_json *value)
{
	struct members *m = arg;
	EK_JSON struct ek_json *key = ek_json_new_str(name);

	if (m->any)
		(void)ek_buf_char(m->out, ',');
	m->any = true;
	(void)ek_json_write(key, m->out);
	(void)ek_buf_char(m->out, ':');
	(void)ek_json_write(value, m->out);
}

int ek_openapi_v2(const struct ek_kind *const *kinds, struct ek_buf *out)
{
	EK_JSON struct ek_json *info = ek_openapi_info(), *security = ek_openapi_security();
	EK_CLEANUP(ek_openapi_done) struct ek_openapi o;

	ek_openapi_init(&o, 2, NULL, NULL, kinds);
	(void)ek_buf_str(out, "{\"swagger\":\"2.0\",\"info\":");
	(void)ek_json_write(info, out);
	(void)ek_buf_str(out, ",\"paths\":{");
	ek_openapi_paths(&o, write_member, &(struct members){ .out = out });
	(void)ek_buf_str(out, "},\"definitions\":{");
	ek_openapi_definitions(&o, write_member, &(struct members){ .out = out });
	(void)ek_buf_str(out, "},\"parameters\":{");
	ek_openapi_parameters(&o, write_member, &(struct members){ .out = out });
	(void)ek_buf_str(out, "},\"securityDefinitions\":");
	(void)ek_json_write(security, out);
	(void)ek_buf_str(out, ",\"security\":[{\"BearerToken\":[]}]}");
	return out->overflow ? EK_ETOOLARGE : 0;
}

int ek_openapi_v3(const char *group, const char *version, const struct ek_kind *const *kinds,
		  struct ek_buf *out)
{
	EK_JSON struct ek_json *info = ek_openapi_info(), *security = ek_openapi_security();
	EK_CLEANUP(ek_openapi_done) struct ek_openapi o;

	ek_openapi_init(&o, 3, group, version, kinds);
	(void)ek_buf_str(out, "{\"openapi\":\"3.0.0\",\"info\":");
	(void)ek_json_write(info, out);
	(void)ek_buf_str(out, ",\"paths\":{");
	ek_openapi_paths(&o, write_member, &(struct members){ .out = out });
	(void)ek_buf_str(out, "},\"components\":{\"schemas\":{");
	ek_openapi_definitions(&o, write_member, &(struct members){ .out = out });
	(void)ek_buf_str(out, "},\"securitySchemes\":");
	(void)ek_json_write(security, out);
	(void)ek_buf_str(out, "}}");
	return out->overflow ? EK_ETOOLARGE : 0;
}
