/* SPDX-License-Identifier: Apache-2.0 */
#include "obj_test.h"

#include <ekube/object.h>

#include "index.h"

static const char pod[] =
	"{'metadata':{'name':'web','namespace':'ns','uid':'u1','labels':{'app':'x','empty':'','odd':7},"
	"'ownerReferences':[{'uid':'o1'},{'name':'none'},{'uid':'o2'}]},"
	"'spec':{'nodeName':'n1','hostNetwork':true,'replicas':3,'half':0.5,'deep':{'er':'yes'}},"
	"'source':{'component':''},'reporter':'kubelet'}";

static const char *const fields[] = {
	"spec.nodeName",
	"spec.hostNetwork=false",
	"spec.unschedulable=false",
	"spec.replicas",
	"spec.half",
	"spec.deep",
	"spec.deep.er",
	"status.phase",
	"status.successful<status.succeeded=0",
	"from<source.component|reporter",
	"node<spec.nodeName",
	NULL,
};

static struct ek_bytes *pod_index(void)
{
	EK_JSON struct ek_json *o = json(pod);

	return ek_index_new(o, fields);
}

static const struct {
	const char *path, *want;
} field_rows[] = {
	{ "metadata.name", "web" },
	{ "metadata.namespace", "ns" },
	{ "spec.nodeName", "n1" },
	{ "spec.hostNetwork", "true" },
	{ "spec.unschedulable", "false" },
	{ "spec.replicas", "3" },
	{ "spec.half", "0.5" },
	{ "spec.deep", "" },
	{ "spec.deep.er", "yes" },
	{ "status.phase", "" },
	{ "status.successful", "0" },
	{ "from", "kubelet" },
	{ "node", "n1" },
	{ "status.succeeded", NULL },
	{ "metadata", NULL },
	{ "", NULL },
};

START_TEST(answers_fields)
{
	EK_CLEANUP(ek_bytes_unrefp) struct ek_bytes *ix = pod_index();
	const char *v = ek_index_field(ix, field_rows[_i].path);

	ck_assert_msg(ek_streq(v, field_rows[_i].want), "%s", v);
}
END_TEST

START_TEST(answers_the_rest)
{
	EK_CLEANUP(ek_bytes_unrefp) struct ek_bytes *ix = pod_index();
	size_t pos = 0;

	ck_assert(ek_index_valid(ix));
	ck_assert_str_eq(ek_index_uid(ix), "u1");
	ck_assert_str_eq(ek_index_label(ix, "app"), "x");
	ck_assert_str_eq(ek_index_label(ix, "empty"), "");
	ck_assert_ptr_null(ek_index_label(ix, "odd"));
	ck_assert_ptr_null(ek_index_label(ix, "ap"));
	ck_assert_str_eq(ek_index_owner(ix, &pos), "o1");
	ck_assert_str_eq(ek_index_owner(ix, &pos), "o2");
	ck_assert_ptr_null(ek_index_owner(ix, &pos));
	ck_assert_ptr_null(ek_index_owner(ix, &pos));
}
END_TEST

START_TEST(of_nothing)
{
	EK_JSON struct ek_json *o = json("{}");
	EK_CLEANUP(ek_bytes_unrefp) struct ek_bytes *ix = ek_index_new(o, NULL);
	size_t pos = 0;

	ck_assert(ek_index_valid(ix));
	ck_assert_str_eq(ek_index_uid(ix), "");
	ck_assert_str_eq(ek_index_field(ix, "metadata.name"), "");
	ck_assert_ptr_null(ek_index_label(ix, "a"));
	ck_assert_ptr_null(ek_index_owner(ix, &pos));
}
END_TEST

START_TEST(long_strings_and_many_labels)
{
	EK_JSON struct ek_json *o = json("{'metadata':{'labels':{}}}");
	EK_CLEANUP(ek_bytes_unrefp) struct ek_bytes *ix = NULL;
	char longest[20001];

	memset(longest, 'z', sizeof longest - 1);
	longest[sizeof longest - 1] = '\0';
	for (int i = 0; i < 300; i++)
		ek_json_set_str(ek_meta_labels(o), EK_F("key-%d", i), EK_I(i));
	ek_json_set_str(ek_json_get(o, "metadata"), "name", longest);
	ix = ek_index_new(o, NULL);
	ck_assert(ek_index_valid(ix));
	ck_assert_str_eq(ek_index_field(ix, "metadata.name"), longest);
	ck_assert_str_eq(ek_index_label(ix, "key-299"), "299");
	ck_assert_str_eq(ek_index_label(ix, "key-0"), "0");
}
END_TEST

static const struct {
	const char *labels, *fields; /* NULL: no selector */
	bool        match;
} matches[] = {
	{ NULL, NULL, true },
	{ "app=x", NULL, true },
	{ "app=y", NULL, false },
	{ "app,empty=,!missing", NULL, true },
	{ NULL, "metadata.name=web", true },
	{ NULL, "metadata.name!=web", false },
	{ NULL, "metadata.name=web,spec.nodeName!=n2", true },
	{ NULL, "metadata.name=web,spec.nodeName=n2", false },
	{ NULL, "status.phase=", true },
	{ NULL, "spec.unschedulable=false", true },
	{ NULL, "unknown=", true },
	{ NULL, "unknown=x", false },
	{ NULL, "unknown!=x", true },
	{ "app=x", "metadata.namespace=ns", true },
	{ "app=y", "metadata.namespace=ns", false },
	{ "app=x", "metadata.namespace=other", false },
};

START_TEST(selects)
{
	EK_CLEANUP(ek_bytes_unrefp) struct ek_bytes *ix = pod_index();
	EK_CLEANUP(ek_selector_unrefp) struct ek_selector *s = NULL;
	EK_CLEANUP(ek_field_selector_done) struct ek_field_selector f = { 0 };

	if (matches[_i].labels)
		ck_assert_int_eq(ek_selector_parse(matches[_i].labels, &s, NULL), 0);
	if (matches[_i].fields)
		ck_assert_int_eq(ek_field_selector_parse(matches[_i].fields, &f, NULL), 0);
	ck_assert_int_eq(ek_index_match(ix, s, matches[_i].fields ? &f : NULL), matches[_i].match);
}
END_TEST

/* Whatever the bytes say, every reader ends within them: the block ends where the page does. */
static void ask_everything(const char *data, size_t n)
{
	EK_CLEANUP(ek_bytes_unrefp) struct ek_bytes *ix = ek_bytes_new(data, n);
	size_t pos = 0;

	(void)ek_index_valid(ix);
	ck_assert_ptr_nonnull(ek_index_uid(ix));
	(void)ek_index_label(ix, "app");
	(void)ek_index_field(ix, "spec.nodeName");
	for (int i = 0; i < 1000 && ek_index_owner(ix, &pos); i++)
		continue;
}

START_TEST(damaged_bytes_are_harmless)
{
	EK_CLEANUP(ek_bytes_unrefp) struct ek_bytes *ix = pod_index();
	size_t valid = 0;

	for (size_t n = 0; n < ix->len; n++)
		ask_everything(ix->data, n);
	for (size_t at = 0; at < ix->len; at++) {
		char was = ix->data[at];

		for (int c = 0; c < 256; c++) {
			ix->data[at] = (char)c;
			ask_everything(ix->data, ix->len);
			valid += ek_index_valid(ix);
		}
		ix->data[at] = was;
	}
	ck_assert_uint_gt(valid, ix->len); /* letters may change */
	ck_assert_uint_lt(valid, 256 * (size_t)ix->len);
}
END_TEST

static const struct {
	const char *bytes;
	size_t      n;
} invalid[] = {
	{ "", 0 },
	{ "\1", 1 },
	{ "\2\0\0\0\0\0", 6 },                     /* another version */
	{ "\1\0\0\0\0", 5 },                       /* no NUL behind the uid */
	{ "\1\0\0\0\1\0\0", 7 },                   /* a NUL inside the uid */
	{ "\1\0\0\0\0\0x", 7 },                    /* more behind the end */
	{ "\1\1\0\0\0\0", 6 },                     /* an owner is missing */
	{ "\1\xff\xff\xff\xff\xff\xff\0\0", 9 },   /* a count without end */
	{ "\1\0\0\0\xff\xff\xff\x7f", 8 },         /* a string without end */
};

START_TEST(knows_damage)
{
	EK_CLEANUP(ek_bytes_unrefp)
	struct ek_bytes *ix = ek_bytes_new(invalid[_i].bytes, invalid[_i].n);

	ck_assert(!ek_index_valid(ix));
	ask_everything(invalid[_i].bytes, invalid[_i].n);
}
END_TEST

EK_TESTS("obj/index", EK_ROWS(answers_fields, field_rows), answers_the_rest, of_nothing, long_strings_and_many_labels,
	 EK_ROWS(selects, matches), damaged_bytes_are_harmless, EK_ROWS(knows_damage, invalid))
