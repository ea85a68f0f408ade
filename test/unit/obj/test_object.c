/* SPDX-License-Identifier: Apache-2.0 */
#include "obj_test.h"

#include <ekube/log.h>
#include <ekube/object.h>

static const char *text_of(int (*write)(const struct ek_object *, struct ek_buf *),
			   const struct ek_object *o)
{
	static char text[2000];
	EK_BUF struct ek_buf out = EK_BUF_INIT(sizeof text);

	ck_assert_int_eq(write(o, &out), 0);
	return memcpy(text, out.data, out.len + 1);
}

static const struct {
	const char *tree, *value, *whole, *item;
} rows[] = {
	{ "{'metadata':{'name':'a','resourceVersion':'1','uid':'u'},'spec':{'x':[1]},'apiVersion':'v1','kind':'Pod'}",
	  "{\"kind\":\"Pod\",\"apiVersion\":\"v1\",\"metadata\":{\"name\":\"a\",\"uid\":\"u\"},\"spec\":{\"x\":[1]}}",
	  "{\"kind\":\"Pod\",\"apiVersion\":\"v1\",\"metadata\":{\"resourceVersion\":\"7\",\"name\":\"a\",\"uid\":\"u\"},"
	  "\"spec\":{\"x\":[1]}}",
	  "{\"metadata\":{\"resourceVersion\":\"7\",\"name\":\"a\",\"uid\":\"u\"},\"spec\":{\"x\":[1]}}" },
	{ "{'kind':'K','apiVersion':'g/v1','metadata':{'resourceVersion':'1'}}",
	  "{\"kind\":\"K\",\"apiVersion\":\"g/v1\",\"metadata\":{}}",
	  "{\"kind\":\"K\",\"apiVersion\":\"g/v1\",\"metadata\":{\"resourceVersion\":\"7\"}}",
	  "{\"metadata\":{\"resourceVersion\":\"7\"}}" },
	{ "{'data':{'a\\n':'b'},'kind':'K\\\"\\\\'}",
	  "{\"kind\":\"K\\\"\\\\\",\"metadata\":{},\"data\":{\"a\\n\":\"b\"}}",
	  "{\"kind\":\"K\\\"\\\\\",\"metadata\":{\"resourceVersion\":\"7\"},\"data\":{\"a\\n\":\"b\"}}",
	  "{\"metadata\":{\"resourceVersion\":\"7\"},\"data\":{\"a\\n\":\"b\"}}" },
	{ "{'kind':7,'metadata':[1],'apiVersion':null}",
	  "{\"metadata\":{}}", "{\"metadata\":{\"resourceVersion\":\"7\"}}", "{\"metadata\":{\"resourceVersion\":\"7\"}}" },
	{ "{'metadata':{'a\\\"b':1}}",
	  "{\"metadata\":{\"a\\\"b\":1}}", "{\"metadata\":{\"resourceVersion\":\"7\",\"a\\\"b\":1}}",
	  "{\"metadata\":{\"resourceVersion\":\"7\",\"a\\\"b\":1}}" },
};

START_TEST(encodes_and_splices)
{
	EK_JSON struct ek_json *tree = json(rows[_i].tree);
	EK_OBJECT struct ek_object *o = ek_object_new(tree, 7, NULL);
	EK_OBJECT struct ek_object *again = NULL;

	ck_assert_str_eq(o->value->data, rows[_i].value);
	ck_assert_str_eq(text_of(ek_object_write, o), rows[_i].whole);
	ck_assert_str_eq(text_of(ek_object_write_item, o), rows[_i].item);
	ck_assert_int_eq(ek_object_from_stored(o->value, o->index, 8, &again, NULL), 0);
	ck_assert_uint_eq(again->body_at, o->body_at);
	ck_assert_uint_eq(again->rv_at, o->rv_at);
	ck_assert_int_eq(again->rev, 8);
	ck_assert_int_eq(ek_meta_rev(ek_object_tree(again)), 8);
}
END_TEST

START_TEST(the_tree_comes_and_goes)
{
	EK_JSON struct ek_json *tree = json(rows[0].tree);
	EK_OBJECT struct ek_object *o = ek_object_new(tree, 7, NULL);
	EK_OBJECT struct ek_object *other = ek_object_ref(o);
	const struct ek_json *t;

	ck_assert_ptr_null(o->tree);
	t = ek_object_tree(o);
	ck_assert_ptr_eq(t, ek_object_tree(other));
	ck_assert_int_eq(ek_meta_rev(t), 7);
	ck_assert_str_eq(ek_meta_name(t), "a");
	ek_object_slim(o);
	ck_assert_ptr_null(o->tree);
	ck_assert_int_eq(ek_meta_rev(ek_object_tree(o)), 7);
	check_json(tree, rows[0].tree); /* not ours to change */
}
END_TEST

START_TEST(has_an_index)
{
	static const char *const fields[] = { "spec.x.0", NULL };
	EK_JSON struct ek_json *tree = json(rows[0].tree);
	EK_OBJECT struct ek_object *o = ek_object_new(tree, 7, fields);

	ck_assert_str_eq(ek_index_uid(o->index), "u");
	ck_assert_str_eq(ek_index_field(o->index, "metadata.name"), "a");
	ck_assert_str_eq(ek_index_field(o->index, "spec.x.0"), "1");
}
END_TEST

static const struct {
	const char *bytes;
	size_t      n;
} damaged[] = {
	{ "", 0 },
	{ "{", 1 },
	{ "{}", 2 },
	{ "[]", 2 },
	{ "{\"metadata\":{", 13 },
	{ "{\"metadata\":{}", 14 },
	{ "{\"metadata\":{1}}", 16 },
	{ "{\"metadata\":null}", 17 },
	{ "{\"kind\":\"Pod\"}", 14 },
	{ "{\"kind\":\"Pod\",\"spec\":{}}", 24 },
	{ "{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{}}", 46 },
	{ "{\"kind\":\"Pod\\\",\"metadata\":{}}", 30 },
	{ "{\"metadata\":{}}\n", 16 },
	{ "{\"metadata\":{\0}}", 16 },
};

START_TEST(refuses_damaged_bytes)
{
	EK_JSON struct ek_json *empty = json("{}");
	EK_CLEANUP(ek_bytes_unrefp)
	struct ek_bytes *value = ek_bytes_new(damaged[_i].bytes, damaged[_i].n);
	EK_CLEANUP(ek_bytes_unrefp) struct ek_bytes *index = ek_index_new(empty, NULL);
	struct ek_object *o = NULL;
	struct ek_err err = { 0 };

	ck_assert_int_eq(ek_object_from_stored(value, index, 9, &o, &err), EK_EINTERNAL);
	ck_assert_str_eq(err.msg, "stored object at revision 9 is damaged");
	ck_assert_ptr_null(o);
}
END_TEST

START_TEST(refuses_a_damaged_index)
{
	static const char text[] = "{\"metadata\":{}}";
	EK_CLEANUP(ek_bytes_unrefp) struct ek_bytes *value = ek_bytes_new(text, strlen(text));
	EK_CLEANUP(ek_bytes_unrefp) struct ek_bytes *index = ek_bytes_new("x", 1);
	struct ek_object *o = NULL;
	struct ek_err err = { 0 };

	ck_assert_int_eq(ek_object_from_stored(value, index, 9, &o, &err), EK_EINTERNAL);
	ck_assert_str_eq(err.msg, "index of the stored object at revision 9 is damaged");
}
END_TEST

static int lines;

static void count_line(void *arg, const char *line)
{
	(void)arg;
	ck_assert_ptr_nonnull(strstr(line, "damaged"));
	lines++;
}

/* Damage that only parsing finds must not take the server down with it. */
START_TEST(damage_inside_shows_as_an_empty_object)
{
	static const char *const texts[] = { "{\"metadata\":{\"name\":}}",
					     "{\"metadata\":{},\"metadata\":1}" };
	EK_JSON struct ek_json *empty = json("{}");
	EK_CLEANUP(ek_bytes_unrefp) struct ek_bytes *index = ek_index_new(empty, NULL);

	ek_log_capture(count_line, NULL);
	for (size_t i = 0; i < EK_ARRAY_LEN(texts); i++) {
		EK_CLEANUP(ek_bytes_unrefp)
		struct ek_bytes *value = ek_bytes_new(texts[i], strlen(texts[i]));
		EK_OBJECT struct ek_object *o = NULL;

		ck_assert_int_eq(ek_object_from_stored(value, index, 9, &o, NULL), 0);
		check_json(ek_object_tree(o), "{'metadata':{'resourceVersion':'9'}}");
	}
	ek_log_capture(NULL, NULL);
	ck_assert_int_eq(lines, 2);
}
END_TEST

START_TEST(writing_stops_at_the_maximum)
{
	EK_JSON struct ek_json *tree = json(rows[0].tree);
	EK_OBJECT struct ek_object *o = ek_object_new(tree, 7, NULL);
	EK_BUF struct ek_buf out = EK_BUF_INIT(o->value->len);

	ck_assert_int_eq(ek_object_write(o, &out), EK_ETOOLARGE);
	ek_object_unref(NULL);
	ck_assert_ptr_null(ek_object_ref(NULL));
}
END_TEST

static const struct {
	const char *tree, *kept;
} cut[] = {
	{ "{'kind':'Pod','apiVersion':'v1','metadata':{'name':'a','annotations':{'n\\\"}':'{[','uid':'x'},"
	  "'uid':'u','managedFields':[{'a':[1,{}]}],'labels':{'l':'m'}},'spec':{'a':1}}",
	  "{\"kind\":\"Pod\",\"apiVersion\":\"v1\",\"metadata\":{\"name\":\"a\",\"uid\":\"u\","
	  "\"labels\":{\"l\":\"m\"}}}" },
	{ "{'kind':'K','metadata':{'annotations':{},'generation':7,'deletionGracePeriodSeconds':0,'a':null,"
	  "'finalizers':['x','y'],'ownerReferences':[{'uid':'o'}]}}",
	  "{\"kind\":\"K\",\"metadata\":{\"generation\":7,\"deletionGracePeriodSeconds\":0,"
	  "\"finalizers\":[\"x\",\"y\"],\"ownerReferences\":[{\"uid\":\"o\"}]}}" },
	{ "{'metadata':{},'spec':{}}", "{\"metadata\":{}}" },
};

START_TEST(metadata_is_cut_out)
{
	EK_JSON struct ek_json *tree = json(cut[_i].tree);
	EK_OBJECT struct ek_object *o = ek_object_new(tree, 7, NULL);
	EK_OBJECT struct ek_object *meta = ek_object_metadata(o);

	ck_assert_str_eq(meta->value->data, cut[_i].kept);
	ck_assert_ptr_eq(meta->index, o->index);
	ck_assert_int_eq(ek_meta_rev(ek_object_tree(meta)), 7);
}
END_TEST

START_TEST(damaged_metadata_stays_whole)
{
	static const char *const texts[] = { "{\"metadata\":{\"a\"}}",
					     "{\"metadata\":{\"a\":\"b}}" };
	EK_JSON struct ek_json *empty = json("{}");
	EK_CLEANUP(ek_bytes_unrefp) struct ek_bytes *index = ek_index_new(empty, NULL);

	for (size_t i = 0; i < EK_ARRAY_LEN(texts); i++) {
		EK_CLEANUP(ek_bytes_unrefp)
		struct ek_bytes *value = ek_bytes_new(texts[i], strlen(texts[i]));
		EK_OBJECT struct ek_object *o = NULL, *meta = NULL;

		ck_assert_int_eq(ek_object_from_stored(value, index, 9, &o, NULL), 0);
		meta = ek_object_metadata(o);
		ck_assert_ptr_eq(meta->value, value);
	}
}
END_TEST

START_TEST(a_twin_has_the_tree_for_itself)
{
	EK_JSON struct ek_json *tree = json(rows[0].tree);
	EK_OBJECT struct ek_object *o = ek_object_new(tree, 0, NULL), *twin = NULL;
	const struct ek_json *seen;

	(void)ek_object_tree(o);
	ek_object_written(o, 8);
	ck_assert_int_eq(ek_meta_rev(ek_object_tree(o)), 8);
	twin = ek_object_twin(o);
	seen = ek_object_tree(twin);
	ck_assert_ptr_eq(seen, ek_object_tree(o));
	ek_object_slim(o);
	ck_assert_int_eq(ek_meta_rev(seen), 8);
	ck_assert_str_eq(ek_meta_name(seen), "a");
}
END_TEST

EK_TESTS("obj/object", EK_ROWS(metadata_is_cut_out, cut), damaged_metadata_stays_whole,
	 a_twin_has_the_tree_for_itself, EK_ROWS(encodes_and_splices, rows),
	 the_tree_comes_and_goes,
	 has_an_index,
	 EK_ROWS(refuses_damaged_bytes, damaged), refuses_a_damaged_index,
	 damage_inside_shows_as_an_empty_object, writing_stops_at_the_maximum)
