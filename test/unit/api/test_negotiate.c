/* SPDX-License-Identifier: Apache-2.0 */
#include "http/negotiate.h"

#include <ekube/str.h>
#include <ek_test.h>

#define TABLE "application/json;as=Table;v=v1;g=meta.k8s.io"

static const struct {
	const char   *accept;
	enum media    media;
	enum media_as as;
	const char   *meta_version;
} accepted[] = {
	{ NULL, MEDIA_JSON, AS_IS, NULL },
	{ "", MEDIA_JSON, AS_IS, NULL },
	{ "*/*", MEDIA_JSON, AS_IS, NULL },
	{ "application/*", MEDIA_JSON, AS_IS, NULL },
	{ "application/json", MEDIA_JSON, AS_IS, NULL },
	{ "application/json, */*", MEDIA_JSON, AS_IS, NULL },
	{ "*/*, application/yaml", MEDIA_YAML, AS_IS, NULL },
	{ "application/yaml", MEDIA_YAML, AS_IS, NULL },
	{ "application/vnd.kubernetes.protobuf, application/json", MEDIA_JSON, AS_IS, NULL },
	{ "application/json;q=0.5, application/yaml;q=0.9", MEDIA_YAML, AS_IS, NULL },
	{ "application/yaml;q=0.5, application/json", MEDIA_JSON, AS_IS, NULL },
	{ "application/yaml;q=0, application/json;q=0.1", MEDIA_JSON, AS_IS, NULL },
	{ " application/json ; q = 1 ", MEDIA_JSON, AS_IS, NULL },
	{ TABLE, MEDIA_JSON, AS_TABLE, "v1" },
	{ TABLE ",application/json", MEDIA_JSON, AS_TABLE, "v1" },
	{ "application/json;as=Table;v=v1beta1;g=meta.k8s.io", MEDIA_JSON, AS_TABLE, "v1beta1" },
	{ "application/json;as=Table;v=v1beta1;g=meta.k8s.io," TABLE, MEDIA_JSON, AS_TABLE, "v1beta1" },
	{ "application/json;as=Table;v=v9;g=meta.k8s.io," TABLE, MEDIA_JSON, AS_TABLE, "v1" },
	{ "application/json;as=Dragon;v=v1;g=meta.k8s.io,application/json", MEDIA_JSON, AS_IS, NULL },
	{ "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io", MEDIA_JSON, AS_PARTIAL, "v1" },
	{ "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io", MEDIA_JSON, AS_PARTIAL_LIST, "v1" },
	{ "application/json;stream=watch", MEDIA_JSON, AS_IS, NULL },
	{ "application/json;nonsense", MEDIA_JSON, AS_IS, NULL },
};

START_TEST(accepts)
{
	struct media_choice c;
	struct ek_err err;

	ck_assert_int_eq(media_negotiate(accepted[_i].accept, &c, &err), 0);
	ck_assert_int_eq(c.media, accepted[_i].media);
	ck_assert_int_eq(c.as, accepted[_i].as);
	if (accepted[_i].meta_version)
		ck_assert_str_eq(c.meta_version, accepted[_i].meta_version);
}
END_TEST

static const char *const refused[] = {
	"text/html", "application/json;q=0", "application/json;as=Table", "application/json;as=Table;g=apps;v=v1", ",", ";",
	"application/vnd.kubernetes.protobuf",
};

START_TEST(refuses)
{
	struct media_choice c;
	struct ek_err err;

	ck_assert_int_eq(media_negotiate(refused[_i], &c, &err), EK_ENOTACCEPTABLE);
	ck_assert(ek_str_starts(err.msg,
				"only the following media types are accepted: application/json"));
}
END_TEST

START_TEST(has_a_maximum)
{
	EK_FREE char *text = ek_malloc(5001);
	struct media_choice c;
	struct ek_err err;

	memset(text, 'a', 5000);
	text[5000] = '\0';
	ck_assert_int_eq(media_negotiate(text, &c, &err), EK_ENOTACCEPTABLE);
	/* after 32 clauses nobody looks any more */
	memset(text, ',', 100);
	(void)ek_str_into(text + 100, 100, "application/json");
	ck_assert_int_eq(media_negotiate(text, &c, &err), EK_ENOTACCEPTABLE);
}
END_TEST

static const struct {
	const char *type;
	int         rc;
	enum media  media;
} bodies[] = {
	{ NULL, 0, MEDIA_JSON },
	{ "", 0, MEDIA_JSON },
	{ "application/json", 0, MEDIA_JSON },
	{ "application/json; charset=utf-8", 0, MEDIA_JSON },
	{ "Application/JSON", 0, MEDIA_JSON },
	{ "application/yaml", 0, MEDIA_YAML },
	{ "application/vnd.kubernetes.protobuf", 0, MEDIA_PROTOBUF },
	{ "application/jsonx", EK_EUNSUPPORTED, MEDIA_JSON },
	{ "text/plain", EK_EUNSUPPORTED, MEDIA_JSON },
};

START_TEST(reads_a_body_type)
{
	struct ek_err err;
	enum media m;

	ck_assert_int_eq(media_of_body(bodies[_i].type, &m, &err), bodies[_i].rc);
	if (bodies[_i].rc == 0)
		ck_assert_int_eq(m, bodies[_i].media);
}
END_TEST

EK_TESTS("api/negotiate", EK_ROWS(accepts, accepted), EK_ROWS(refuses, refused), has_a_maximum,
	 EK_ROWS(reads_a_body_type, bodies))
