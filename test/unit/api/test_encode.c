/* SPDX-License-Identifier: Apache-2.0 */
#include "http/encode.h"

#include <ekube/str.h>
#include <ek_test.h>

#include "api/api_world.h"

#define TABLE   "application/json;as=Table;v=v1;g=meta.k8s.io"
#define PARTIAL "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io"

static struct ek_object *make_object(void)
{
	struct ek_json *tree = world_json(
		"{'kind':'ConfigMap','apiVersion':'v1','metadata':{'name':'a','namespace':'d',"
		"'uid':'u'},'data':{'k':'v'}}");
	struct ek_object *o = ek_object_new(tree, 7, NULL);

	ek_json_unref(tree);
	return o;
}

static void init(struct encoder *e, const char *accept, const char *query, int rc)
{
	struct ek_err err = { 0 };
	struct query q;

	ck_assert_int_eq(query_parse(query, &q, &err), 0);
	ck_assert_msg(encoder_init(e, &ek_kind_configmap, accept, &q, &err) == rc, "%s", err.msg);
	if (rc == 0 && ek_streq(e->include, "Object"))
		e->include = "Object"; /* the query goes */
	query_done(&q);
}

static struct ek_json *parse(const struct ek_buf *b)
{
	struct ek_json *v = NULL;

	ck_assert_msg(ek_json_parse(b->data, b->len, 1 << 20, &v, NULL, NULL) == 0, "%s", b->data);
	return v;
}

START_TEST(writes_an_object_as_it_is)
{
	EK_BUF struct ek_buf out = EK_BUF_INIT(1 << 20);
	struct ek_object *o = make_object();
	struct encoder e;

	init(&e, NULL, "", 0);
	ck_assert_str_eq(encoder_type(&e), "application/json");
	ck_assert_int_eq(encode_object(&e, o, &out), 0);
	ck_assert(strstr(out.data, "\"data\":{\"k\":\"v\"}"));
	ek_buf_clear(&out);
	init(&e, "application/yaml", "", 0);
	ck_assert_str_eq(encoder_type(&e), "application/yaml");
	ck_assert_int_eq(encode_object(&e, o, &out), 0);
	ck_assert(strstr(out.data, "data:\n  k: v\n"));
	ek_object_unref(o);
}
END_TEST

static const struct {
	const char *query, *object_kind, *data; /* of the row's object */
} tables[] = {
	{ "", "PartialObjectMetadata", NULL },
	{ "includeObject=Metadata", "PartialObjectMetadata", NULL },
	{ "includeObject=None", NULL, NULL },
	{ "includeObject=Object", "ConfigMap", "v" },
};

START_TEST(writes_a_table)
{
	EK_BUF struct ek_buf out = EK_BUF_INIT(1 << 20);
	EK_JSON struct ek_json *v = NULL;
	struct ek_object *o = make_object();
	struct ek_err err;
	struct encoder e;
	struct query q;

	ck_assert_int_eq(query_parse(tables[_i].query, &q, &err), 0);
	ck_assert_int_eq(encoder_init(&e, &ek_kind_configmap, TABLE, &q, &err), 0);
	ck_assert_int_eq(encode_object(&e, o, &out), 0);
	v = parse(&out);
	ck_assert_str_eq(ek_json_str_at(v, "kind"), "Table");
	ck_assert_str_eq(ek_json_str_at(v, "apiVersion"), "meta.k8s.io/v1");
	ck_assert_str_eq(ek_json_str_at(v, "metadata.resourceVersion"), "7");
	ck_assert_str_eq(ek_json_str_at(v, "columnDefinitions.0.name"), "Name");
	ck_assert_str_eq(ek_json_str_at(v, "rows.0.cells.0"), "a");
	if (tables[_i].object_kind)
		ck_assert_str_eq(ek_json_str_at(v, "rows.0.object.kind"), tables[_i].object_kind);
	else
		ck_assert_ptr_null(ek_json_str_at(v, "rows.0.object.kind"));
	ck_assert_pstr_eq(ek_json_str_at(v, "rows.0.object.data.k"), tables[_i].data);
	query_done(&q);
	ek_object_unref(o);
}
END_TEST

START_TEST(refuses_an_unknown_include)
{
	struct encoder e;

	init(&e, TABLE, "includeObject=Half", EK_EBADREQUEST);
	init(&e, NULL, "includeObject=Half", 0); /* nobody asks */
}
END_TEST

static const struct {
	const char *accept, *kind, *api_version, *first; /* of the list; where the item's name is */
} lists[] = {
	{ NULL, "ConfigMapList", "v1", "items.0.metadata.name" },
	{ PARTIAL, "PartialObjectMetadataList", "meta.k8s.io/v1", "items.0.metadata.name" },
	{ "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io", "PartialObjectMetadataList", "meta.k8s.io/v1",
	  "items.1.metadata.name" },
	{ TABLE, "Table", "meta.k8s.io/v1", "rows.1.cells.0" },
};

START_TEST(writes_a_list)
{
	EK_BUF struct ek_buf out = EK_BUF_INIT(1 << 20);
	EK_JSON struct ek_json *v = NULL;
	struct ek_object *o = make_object();
	struct encoder e;

	init(&e, lists[_i].accept, "", 0);
	ck_assert_int_eq(encode_list_head(&e, &out), 0);
	ck_assert_int_eq(encode_list_item(&e, o, true, &out), 0);
	ck_assert_int_eq(encode_list_item(&e, o, false, &out), 0);
	ck_assert_int_eq(encode_list_tail(&e, 42, "next", 5, &out), 0);
	v = parse(&out);
	ck_assert_str_eq(ek_json_str_at(v, "kind"), lists[_i].kind);
	ck_assert_str_eq(ek_json_str_at(v, "apiVersion"), lists[_i].api_version);
	ck_assert_str_eq(ek_json_str_at(v, "metadata.resourceVersion"), "42");
	ck_assert_str_eq(ek_json_str_at(v, "metadata.continue"), "next");
	ck_assert_int_eq(ek_json_int_at(v, "metadata.remainingItemCount", 0), 5);
	ck_assert_str_eq(ek_json_str_at(v, lists[_i].first), "a");
	ek_object_unref(o);
}
END_TEST

START_TEST(writes_columns_once)
{
	EK_BUF struct ek_buf out = EK_BUF_INIT(1 << 20);
	struct ek_object *o = make_object();
	struct encoder e;

	init(&e, TABLE, "", 0);
	for (int i = 0; i < 2; i++) {
		EK_JSON struct ek_json *v = NULL;

		ek_buf_clear(&out);
		ck_assert_int_eq(encode_event(&e, "ADDED", o, i == 0, &out), 0);
		ck_assert_int_eq(out.data[out.len - 1], '\n');
		v = parse(&out);
		ck_assert_str_eq(ek_json_str_at(v, "type"), "ADDED");
		ck_assert_str_eq(ek_json_str_at(v, "object.kind"), "Table");
		ck_assert_int_eq(ek_json_len(ek_json_at(v, "object.columnDefinitions")) > 0,
				 i == 0);
	}
	ek_object_unref(o);
}
END_TEST

EK_TESTS("api/encode", writes_an_object_as_it_is, EK_ROWS(writes_a_table, tables), refuses_an_unknown_include,
	 EK_ROWS(writes_a_list, lists), writes_columns_once)
