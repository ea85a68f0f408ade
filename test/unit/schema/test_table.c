/* SPDX-License-Identifier: Apache-2.0 */
#include <ek_test.h>
#include <schema/schema_types.h>

#include <ekube/clock.h>
#include <ekube/str.h>

#define S INT64_C(1000000)
#define M (60 * S)
#define H (60 * M)
#define D (24 * H)
#define Y (365 * D)

static const struct {
	int64_t us;
	const char *want;
} durations[] = {
	{ -3 * S, "<invalid>" }, { -2 * S, "<invalid>" }, { -S - S / 2, "0s" }, { -S, "0s" }, { 0, "0s" },
	{ S / 2, "0s" }, { 119 * S, "119s" }, { 2 * M, "2m" }, { 2 * M + S, "2m1s" }, { 10 * M - S, "9m59s" },
	{ 10 * M + 9 * S, "10m" }, { 3 * H - S, "179m" }, { 3 * H, "3h" }, { 3 * H + M, "3h1m" },
	{ 8 * H - S, "7h59m" }, { 8 * H + M, "8h" }, { 48 * H - S, "47h" }, { 48 * H, "2d" }, { 49 * H, "2d1h" },
	{ 8 * D - S, "7d23h" }, { 8 * D + H, "8d" }, { 2 * Y - H, "729d" }, { 2 * Y, "2y" }, { 2 * Y + 10 * D, "2y10d" },
	{ 8 * Y - H, "7y364d" }, { 8 * Y + 10 * D, "8y" }, { 100 * Y, "100y" },
};

START_TEST(human_duration)
{
	char out[24];

	ek_human_duration(durations[_i].us, out);
	ck_assert_str_eq(out, durations[_i].want);
}
END_TEST

static struct ek_json *two(const struct ek_json *obj, int64_t now_us)
{
	(void)obj;
	(void)now_us;
	return ek_json_new_int(2);
}

static const struct ek_column columns[] = {
	{ .name = "Name", .type = "string", .format = "name", .doc = "Its name.", .path = "metadata.name" },
	{ .name = "Ready", .type = "integer", .path = "status.ready" },
	{ .name = "Two", .type = "integer", .cell = two, .priority = 1 },
	{ .name = "Phase", .type = "string", .path = "status.phase" },
	{ .name = "Open", .type = "boolean", .path = "spec.open" },
	{ .name = "All", .type = "string", .path = "spec" },
	{ 0 },
};
static const struct ek_kind kind = { .columns = columns };
static const struct ek_kind plain = { .columns = NULL };

START_TEST(defines_columns)
{
	EK_JSON struct ek_json *got = ek_table_columns(&kind);
	EK_JSON struct ek_json *first = t_json(
		"{'name':'Name','type':'string','format':'name','description':'Its name.','priority':0}");

	ck_assert_uint_eq(ek_json_len(got), 6);
	ck_assert(ek_json_equal(ek_json_elem(got, 0), first));
	ck_assert_int_eq(ek_json_int_at(ek_json_elem(got, 2), "priority", 0), 1);
	ck_assert_str_eq(ek_json_str_at(ek_json_elem(got, 2), "format"), "");
}
END_TEST

static const struct {
	const struct ek_kind *kind;
	const char *obj, *want;
} cells[] = {
	{ &kind, "{'metadata':{'name':'a'},'status':{'ready':3,'phase':'Up'},'spec':{'open':true}}",
	  "['a',3,2,'Up',true,'{\\u0022open\\u0022:true}']" },
	{ &kind, "{}", "['',0,2,'',false,'']" },
	{ &plain, "{'metadata':{'name':'a','creationTimestamp':'2024-01-01T00:00:00Z'}}", "['a','25h']" },
	{ &plain, "{'metadata':{'name':'a','creationTimestamp':null}}", "['a','<unknown>']" },
	{ &ek_kind_configmap, "{'metadata':{'name':'c','creationTimestamp':'2024-01-02T00:59:57Z'},"
	  "'data':{'a':'1','b':'2'},'binaryData':{'c':''}}", "['c',3,'3s']" },
};

START_TEST(fills_cells)
{
	EK_JSON struct ek_json *obj = t_json(cells[_i].obj), *want = t_json(cells[_i].want),
			       *got = NULL;
	EK_FREE char *text = NULL;
	int64_t now_us;

	ck_assert_int_eq(ek_time_parse("2024-01-02T01:00:00Z", &now_us), 0);
	got = ek_table_cells(cells[_i].kind, obj, now_us);
	text = t_text(got);
	ck_assert_msg(ek_json_equal(got, want), "%s", text);
}
END_TEST

START_TEST(finds_kinds)
{
	char text[96];

	ck_assert_ptr_eq(ek_kind_find("", "v1", "ConfigMap"), &ek_kind_configmap);
	ck_assert_ptr_eq(ek_kind_by_plural("", "v1", "configmaps"), &ek_kind_configmap);
	ck_assert_ptr_null(ek_kind_find("", "v2", "ConfigMap"));
	ck_assert_ptr_null(ek_kind_find("apps", "v1", "ConfigMap"));
	ck_assert_ptr_null(ek_kind_by_plural("", "v1", "configmap"));
	ck_assert_str_eq(ek_kind_api_version(&ek_kind_configmap, text), "v1");
	ck_assert_str_eq(ek_kind_api_version(&t_kind_deployment, text), "apps/v1");
}
END_TEST

EK_TESTS("schema/table", EK_ROWS(human_duration, durations), defines_columns, EK_ROWS(fills_cells, cells), finds_kinds)
