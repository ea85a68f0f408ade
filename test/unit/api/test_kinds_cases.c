/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Runs test/cases/kinds/<group>/<subject>.yaml through a kind's hooks, as the registry does. A file
 * is a stream: first the object that the cases start from, then a case a document:
 *
 *	case: a name
 *	set:    { /spec/x: value }   changed in the object before (JSON pointers; null removes)
 *	update: { /spec/x: value }   then an update with this; without it the case is a creation
 *	via: status | ephemeral      through that subresource
 *	expect: { /spec/x: value }   what the object is afterwards (null: absent)
 *	causes: ["FieldValueInvalid spec.x: Invalid value: ..."]   absent: it must be valid
 *	warnings: ["..."]            absent: not looked at
 *
 * A cause or warning that ends in "..." is compared up to there.
 */

#include "ek_test.h"
#include "kinds/strategy.h"

#include <ekube/file.h>
#include <ekube/str.h>

#include <fcntl.h>
#include <glob.h>
#include <stdio.h>

enum {
	MAX_FILE = 1 << 20,
	MAX_CASES = 4096,
	MAX_FILES = 256,
};

struct one {
	const char *file;
	const struct ek_json *base, *doc;
};

static struct one cases[MAX_CASES];
static size_t n_cases;
static struct ek_json *streams[MAX_FILES]; /* the cases point into them */

/* ---- reading ---- */

static void load(const char *file, struct ek_json **ret_stream)
{
	EK_FREE char *text = NULL;
	struct ek_json *docs = NULL;
	struct ek_err err;
	size_t n = 0;

	if (ek_file_read(AT_FDCWD, file, MAX_FILE, &text, &n, &err) < 0 ||
	    ek_yaml_parse_all(text, n, MAX_FILE, &docs, &err) < 0) {
		fprintf(stderr, "%s: %s\n", file, err.msg);
		exit(EXIT_FAILURE);
	}
	*ret_stream = docs;
	for (size_t i = 1; i < ek_json_len(docs) && n_cases < MAX_CASES; i++)
		cases[n_cases++] =
			(struct one){ file, ek_json_elem(docs, 0), ek_json_elem(docs, i) };
}

/* The object with what the case sets: a JSON patch that adds, and removes where null is. */
static struct ek_json *with(const struct ek_json *obj, const struct ek_json *set)
{
	EK_JSON struct ek_json *ops = ek_json_array();
	struct ek_json *out = NULL;
	struct ek_err err;

	for (struct ek_json_iter it = ek_json_iter(set); ek_json_next(&it);)
		ek_json_append(ops, ek_json_is_null(it.value) ?
					    ek_json_make("{'op':'remove','path':%s}", it.key) :
					    ek_json_make("{'op':'add','path':%s,'value':%v}",
							 it.key, it.value));
	ck_assert_msg(ek_json_patch(obj, ops, &out, &err) == 0, "set: %s", err.msg);
	return out;
}

static const struct ek_json *at(const struct ek_json *obj, const char *pointer)
{
	EK_FREE char *copy = ek_str_dup(pointer + 1);
	char *rest = copy, *part;

	while ((part = strsep(&rest, "/"))) {
		char key[256] = "";

		for (size_t n = 0; *part && n + 1 < sizeof(key); n++) {
			bool escaped = part[0] == '~' && (part[1] == '0' || part[1] == '1');

			key[n] = escaped ? "~/"[part[1] - '0'] : *part;
			part += escaped ? 2 : 1;
		}
		obj = ek_json_is_array(obj) ? ek_json_elem(obj, (size_t)atoi(key)) :
					      ek_json_get(obj, key);
	}
	return obj;
}

/* ---- the way of the registry ---- */

/* Kinds that have their hooks, served or not. */
static const struct ek_kind *const more_kinds[] = {
	&ek_kind_rc,	     &ek_kind_daemonset,     &ek_kind_statefulset,
	&ek_kind_limitrange, &ek_kind_resourcequota, &ek_kind_priorityclass,
	&ek_kind_podtemplate
};

static const struct ek_kind *kind_of(const struct ek_json *obj)
{
	const char *api = ek_json_str_at(obj, "apiVersion"), *slash = strchr(api, '/');
	EK_FREE char *group = slash ? ek_str_ndup(api, (size_t)(slash - api)) : ek_str_dup("");
	const char *kind = ek_json_str_at(obj, "kind");
	const struct ek_kind *k = ek_kind_find(group, slash ? slash + 1 : api, kind);

	for (size_t i = 0; !k && i < EK_ARRAY_LEN(more_kinds); i++)
		if (ek_streq(more_kinds[i]->group, group) && ek_streq(more_kinds[i]->kind, kind))
			k = more_kinds[i];
	ck_assert_msg(k != NULL, "no kind %s in %s", kind, api);
	return k;
}

static struct ek_json *decode(const struct ek_kind *k, const struct ek_json *in)
{
	const struct ek_strategy *s = ek_strategy_of(k);
	struct ek_json *obj = NULL;
	struct ek_err err;

	ck_assert_msg(ek_schema_decode(k->type, in, EK_FIELDS_STRICT, &obj, NULL, &err) == 0, "%s",
		      err.msg);
	ek_json_set_str(obj, "kind", ek_json_str_at(in, "kind"));
	ek_json_set_str(obj, "apiVersion", ek_json_str_at(in, "apiVersion"));
	ek_schema_default(k->type, obj);
	if (s && s->default_)
		s->default_(obj);
	return obj;
}

/* A creation begins with the zero status, but for nodes. */
static void reset_status(const struct ek_kind *k, struct ek_json *obj)
{
	const struct ek_strategy *s = ek_strategy_of(k);
	const struct ek_field *f = ek_type_field(k->type, "status");
	EK_JSON struct ek_json *empty = ek_json_object();
	struct ek_json *status = NULL;

	if (!s || !s->has_status || !f || k == &ek_kind_node)
		return;
	ck_assert_int_eq(ek_schema_decode(f->of, empty, EK_FIELDS_IGNORE, &status, NULL, NULL), 0);
	ek_json_set(obj, "status", status);
}

static void validate(const struct ek_kind *k, const char *via, const struct ek_json *obj,
		     const struct ek_json *old, struct ek_causes *causes)
{
	const struct ek_strategy *s = ek_strategy_of(k);
	struct ek_path path = { 0 };

	ek_meta_validate(obj, old, k->namespaced,
			 s && s->name_check ? s->name_check : ek_name_dns1123_subdomain, &path,
			 causes);
	if (!ek_streq(via, "status"))
		ek_schema_validate(k->type, obj, old, &path, causes);
	if (ek_streq(via, "status") && s && s->validate_status)
		s->validate_status(obj, old, causes);
	else if (ek_streq(via, "ephemeral") && s)
		s->validate_ephemeral(obj, old, causes);
	else if (!via && s && s->validate)
		s->validate(obj, old, causes);
}

/* ---- comparing ---- */

static bool agrees(const char *want, const char *have)
{
	size_t n = strlen(want);

	if (n > 3 && strcmp(want + n - 3, "...") == 0)
		return strncmp(want, have, n - 3) == 0;
	return strcmp(want, have) == 0;
}

static void compare_list(const char *what, const struct ek_json *want, const struct ek_json *have)
{
	EK_FREE char *all = ek_json_text(have);

	for (size_t i = 0; i < EK_MAX(ek_json_len(want), ek_json_len(have)); i++) {
		const char *w = ek_json_str(ek_json_elem(want, i)),
			   *h = ek_json_str(ek_json_elem(have, i));

		ck_assert_msg(w && h && agrees(w, h), "%s %zu\n  want %s\n  have %s\n  all: %s",
			      what, i, w ? w : "-", h ? h : "-", all);
	}
}

static void compare_object(const struct ek_json *expect, const struct ek_json *obj)
{
	for (struct ek_json_iter it = ek_json_iter(expect); ek_json_next(&it);) {
		const struct ek_json *v = at(obj, it.key);
		EK_FREE char *want = ek_json_text(it.value), *have = v ? ek_json_text(v) : NULL;

		ck_assert_msg(ek_json_is_null(it.value) ? v == NULL : ek_json_equal(v, it.value),
			      "%s\n  want %s\n  have %s", it.key, want, have ? have : "-");
	}
}

static struct ek_json *causes_as_json(const struct ek_causes *causes)
{
	struct ek_json *list = ek_json_array();

	for (size_t i = 0; i < causes->v.n; i++) {
		const struct ek_cause *c = &causes->v.items[i];

		ek_json_append(list, ek_json_new_fmt("%s %s: %s", ek_cause_reason(c->type),
						     c->field, c->message));
	}
	return list;
}

/* ---- the test ---- */

static void run(const struct one *one)
{
	const char *via = ek_json_str_at(one->doc, "via");
	const struct ek_json *update = ek_json_get(one->doc, "update");
	const struct ek_kind *k = kind_of(one->base);
	const struct ek_strategy *s = ek_strategy_of(k);
	EK_JSON struct ek_json *first = with(one->base, ek_json_get(one->doc, "set"));
	EK_JSON struct ek_json *second = update ? with(first, update) : NULL;
	EK_JSON struct ek_json *old = update ? decode(k, first) : NULL;
	EK_JSON struct ek_json *obj = decode(k, second ? second : first);
	EK_JSON struct ek_json *found = NULL, *warnings = ek_json_array();
	struct ek_causes causes = { 0 };

	if (!update)
		reset_status(k, obj);
	if (!update && s && s->prepare_create)
		s->prepare_create(obj);
	if (update && !via && s && s->prepare_update)
		s->prepare_update(obj, old);
	validate(k, via, obj, old, &causes);
	found = causes_as_json(&causes);
	ek_causes_done(&causes);
	compare_list("cause", ek_json_get(one->doc, "causes"), found);
	compare_object(ek_json_get(one->doc, "expect"), obj);
	if (!ek_json_get(one->doc, "warnings"))
		return;
	if (s && s->warn)
		s->warn(obj, old, warnings);
	compare_list("warning", ek_json_get(one->doc, "warnings"), warnings);
}

START_TEST(kinds)
{
	const struct one *one = &cases[_i];

	fprintf(stderr, "%s: %s\n", one->file, ek_json_str_at(one->doc, "case"));
	run(one);
}
END_TEST

int main(int argc, char **argv)
{
	const TTest *tests[1];
	glob_t files;
	int rc;

	if (glob("test/cases/kinds/*/*.yaml", 0, NULL, &files) != 0) {
		fprintf(stderr, "no cases: run from the top of the tree\n");
		return EXIT_FAILURE;
	}
	for (size_t i = 0; i < files.gl_pathc && i < MAX_FILES; i++)
		load(files.gl_pathv[i], &streams[i]);
	tests[0] = ek_test_rows(kinds, n_cases);
	rc = ek_test_main("api/kinds_cases", tests, 1, argc, argv);
	for (size_t i = 0; i < MAX_FILES; i++)
		ek_json_unref(streams[i]);
	globfree(&files);
	return rc;
}
