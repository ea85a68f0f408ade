/* SPDX-License-Identifier: Apache-2.0 */

/* The tables against themselves: every type that any kind reaches, every row. */

#include <ek_test.h>
#include <schema/schema_types.h>

#include "kinds/tables.h"

#include <ekube/str.h>
#include <strings.h>

/* Those that are served and those that only have tables so far. */
static const struct ek_kind *const kinds[] = {
	&ek_kind_pod, &ek_kind_node, &ek_kind_namespace, &ek_kind_service, &ek_kind_endpoints,
	&ek_kind_configmap, &ek_kind_secret, &ek_kind_serviceaccount, &ek_kind_event, &ek_kind_pv,
	&ek_kind_pvc, &ek_kind_podtemplate, &ek_kind_rc, &ek_kind_limitrange,
	&ek_kind_resourcequota, &ek_kind_deployment, &ek_kind_replicaset, &ek_kind_lease,
	&ek_kind_endpointslice, &ek_kind_role, &ek_kind_clusterrole, &ek_kind_rolebinding,
	&ek_kind_clusterrolebinding, &ek_kind_events_event, &ek_kind_controllerrevision,
	&ek_kind_daemonset, &ek_kind_statefulset, &ek_kind_priorityclass, &ek_kind_tokenreview,
	&ek_kind_selfsubjectreview, &ek_kind_subjectaccessreview, &ek_kind_selfsubjectaccessreview,
	&ek_kind_localsubjectaccessreview, &ek_kind_selfsubjectrulesreview,
	/* not served yet */
	&ek_kind_job, &ek_kind_cronjob, &ek_kind_pdb, &ek_kind_storageclass, &ek_kind_ingress,
	&ek_kind_ingressclass, &ek_kind_networkpolicy, &ek_kind_runtimeclass,
};

#define WHERE(t, f) "%s.%s", (t)->name, (f)->name

static void check_unique(const struct ek_type *t)
{
	for (size_t i = 0; i < t->n_fields; i++) {
		const struct ek_field *a = &t->fields[i];

		for (size_t j = 0; j < i; j++) {
			const struct ek_field *b = &t->fields[j];

			ck_assert_msg(strcmp(a->name, b->name) != 0, WHERE(t, a));
			ck_assert_msg(a->pb == 0 || a->pb != b->pb, WHERE(t, a));
		}
		ck_assert_msg(a->pb != 0 || ek_streq(a->name, "kind") ||
				      ek_streq(a->name, "apiVersion"),
			      WHERE(t, a));
	}
}

static void check_keys(const struct ek_type *t, const struct ek_field *f)
{
	EK_FREE char *keys = ek_str_dup(f->list_keys ? f->list_keys : "");
	char *key[8];
	size_t n = f->list_keys ? ek_str_split(keys, ',', key, EK_ARRAY_LEN(key)) : 0;

	ck_assert_msg(!(f->flags & EK_LIST_MAP) == !f->list_keys, WHERE(t, f));
	ck_assert_msg(!f->merge_key || (f->flags & EK_PATCH_MERGE), WHERE(t, f));
	ck_assert_msg(!(f->flags & (EK_LIST_MAP | EK_LIST_SET)) || f->shape == EK_LIST,
		      WHERE(t, f));
	for (size_t i = 0; i < n; i++)
		ck_assert_msg(ek_type_field(f->of, key[i]) != NULL, WHERE(t, f));
	if (f->merge_key && f->type == EK_F_OBJ)
		ck_assert_msg(ek_type_field(f->of, f->merge_key) != NULL, WHERE(t, f));
}

static void check_values(const struct ek_type *t, const struct ek_field *f)
{
	const bool number = f->type == EK_F_INT32 || f->type == EK_F_INT64 ||
			    f->type == EK_F_QUANTITY;

	ck_assert_msg(!f->one_of || f->type == EK_F_STR, WHERE(t, f));
	ck_assert_msg(!f->check || f->type == EK_F_STR, WHERE(t, f));
	ck_assert_msg(!f->max || number || f->type == EK_F_STR, WHERE(t, f));
	ck_assert_msg(f->min <= f->max, WHERE(t, f));
	for (const char *const *v = f->one_of; v && *v; v++)
		for (const char *const *w = f->one_of; w < v; w++)
			ck_assert_msg(strcmp(*v, *w) != 0, WHERE(t, f));
	ck_assert_msg(!f->go || strchr(f->go, '.'), WHERE(t, f));
	ck_assert_msg((f->type == EK_F_OBJ || f->type == EK_F_RAW) == (f->of != NULL), WHERE(t, f));
	ck_assert_msg(!(f->flags & EK_OPTIONAL) || (f->flags & EK_KEEP), WHERE(t, f));
	ck_assert_msg(!(f->flags & EK_REQUIRED) || !f->dflt || f->flags & EK_KEEP ||
			      f->type == EK_F_STR,
		      WHERE(t, f));
}

/* A default is what decoding makes of it. */
static void check_default(const struct ek_type *t, const struct ek_field *f)
{
	const struct ek_field row = { .name = f->name,
				      .type = f->type,
				      .shape = f->shape,
				      .of = f->of,
				      .flags = EK_POINTER };
	const struct ek_type one = { .name = t->name,
				     .fields = &row,
				     .n_fields = 1,
				     .cache = &(struct ek_type_cache){ 0 } };
	EK_JSON struct ek_json *in = ek_json_object(), *out = NULL, *dflt = NULL;
	struct ek_err err;

	if (!f->dflt)
		return;
	ck_assert_msg(ek_json_parse(f->dflt, strlen(f->dflt), 1000, &dflt, NULL, &err) == 0,
		      WHERE(t, f));
	ek_json_set(in, f->name, ek_json_ref(dflt));
	ck_assert_msg(ek_schema_decode(&one, in, EK_FIELDS_STRICT, &out, NULL, &err) == 0,
		      "%s.%s: %s", t->name, f->name, err.msg);
	ck_assert_msg(f->type == EK_F_OBJ || ek_json_equal(in, out), WHERE(t, f));
	if (f->one_of && ek_json_str(dflt)) {
		const char *const *v = f->one_of;

		while (*v && strcmp(*v, ek_json_str(dflt)) != 0)
			v++;
		ck_assert_msg(*v != NULL, WHERE(t, f));
	}
	ek_type_cache_done(one.cache);
}

/* One short sentence: "kubectl explain" shows it, and it stays in memory. */
static void check_doc(const char *doc, const char *type, const char *field)
{
	ck_assert_msg(!ek_str_empty(doc), "%s.%s", type, field);
	ck_assert_msg(strlen(doc) <= 100 && ek_str_ends(doc, "."), "%s.%s: %s", type, field, doc);
}

struct seen {
	const struct ek_type *v[512];
	size_t n;
};

static void walk(struct seen *s, const struct ek_type *t)
{
	for (size_t i = 0; i < s->n; i++) {
		ck_assert_msg(s->v[i] == t || strcmp(s->v[i]->name, t->name) != 0,
			      "two types are called %s", t->name);
		if (s->v[i] == t)
			return;
	}
	ck_assert_uint_lt(s->n, EK_ARRAY_LEN(s->v));
	s->v[s->n++] = t;
	ck_assert_ptr_nonnull(t->cache);
	ck_assert_msg(ek_str_starts(t->name, "io.k8s."), "%s", t->name);
	check_unique(t);
	check_doc(t->doc, t->name, "");
	for (size_t i = 0; i < t->n_fields; i++) {
		const struct ek_field *f = &t->fields[i];

		if (!(f->flags & EK_INLINE))
			check_doc(f->doc, t->name, f->name);
		check_keys(t, f);
		check_values(t, f);
		check_default(t, f);
		if (f->of)
			walk(s, f->of);
	}
}

START_TEST(types_are_sound)
{
	struct seen seen = { .n = 0 };

	walk(&seen, kinds[_i]->type);
	for (const struct ek_subresource *s = kinds[_i]->subresources; s && s->name; s++)
		if (s->type)
			walk(&seen, s->type);
}
END_TEST

/* "status.podIP<status.podIPs.0.ip|status.podIP=x": every path leads somewhere. */
static void check_path(const struct ek_kind *k, char *path)
{
	const struct ek_type *t = k->type;
	char *part[8];
	size_t n = ek_str_split(path, '.', part, EK_ARRAY_LEN(part));

	for (size_t i = 0; i < n; i++) {
		const struct ek_field *f;

		if (part[i][0] == '0')
			continue;
		ck_assert_msg(t != NULL, "%s: %s", k->kind, part[i]);
		f = ek_type_field(t, part[i]);
		ck_assert_msg(f != NULL, "%s: %s", k->kind, part[i]);
		t = f->of;
	}
}

START_TEST(selectable_fields_exist)
{
	const struct ek_kind *k = kinds[_i];

	for (const char *const *row = k->fields; row && *row; row++) {
		EK_FREE char *text = ek_str_dup(*row);
		char *from = strchr(text, '<'), *part[4];
		size_t n;

		text[strcspn(text, "=")] = '\0';
		n = ek_str_split(from ? from + 1 : text, '|', part, EK_ARRAY_LEN(part));
		for (size_t i = 0; i < n; i++)
			check_path(k, part[i]);
	}
}
END_TEST

static const char *const column_types[] = { "boolean", "date", "integer", "number", "string" };

START_TEST(columns_are_sound)
{
	bool has_name = false;

	for (const struct ek_column *c = kinds[_i]->columns; c && c->name; c++) {
		size_t t = 0;

		while (t < EK_ARRAY_LEN(column_types) && strcmp(column_types[t], c->type) != 0)
			t++;
		ck_assert_uint_lt(t, EK_ARRAY_LEN(column_types));
		ck_assert_msg(!c->path != !c->cell, "%s: %s", kinds[_i]->kind, c->name);
		ck_assert_msg(!ek_str_empty(c->doc), "%s: %s", kinds[_i]->kind, c->name);
		if (c->path) {
			EK_FREE char *path = ek_str_dup(c->path);

			check_path(kinds[_i], path);
		}
		has_name |= ek_streq(c->format, "name");
	}
	ck_assert(!kinds[_i]->columns || has_name);
}
END_TEST

START_TEST(kinds_are_sound)
{
	const struct ek_kind *k = kinds[_i];
	char version[96];

	ck_assert_str_eq(k->version, "v1");
	ck_assert_msg(ek_type_field(k->type, "metadata") != NULL, "%s", k->kind);
	ck_assert_str_eq(ek_kind_api_version(k, version),
			 *k->group ? EK_F("%s/v1", k->group) : "v1");
	ck_assert(ek_str_ends(k->type->name, k->kind));
	ck_assert_int_eq(strcasecmp(k->singular, k->kind), 0);
	for (const struct ek_subresource *s = k->subresources; s && s->name; s++) {
		ck_assert(!s[1].name || strcmp(s->name, s[1].name) < 0);
		ck_assert_uint_ne(s->verbs, 0);
		ck_assert(!s->kind || s->stream || s->type);
	}
}
END_TEST

/* Within a group and version by plural: clients print what they are given in that order. */
START_TEST(served_kinds_are_ordered)
{
	for (size_t i = 0; ek_kinds[i]; i++) {
		const struct ek_kind *a = ek_kinds[i], *b = ek_kinds[i + 1];
		size_t at = 0;

		while (at < EK_ARRAY_LEN(kinds) && kinds[at] != a)
			at++;
		ck_assert_msg(at < EK_ARRAY_LEN(kinds), "%s is not in this test", a->kind);
		if (b && strcmp(a->group, b->group) == 0)
			ck_assert_msg(strcmp(a->plural, b->plural) < 0, "%s, %s", a->plural,
				      b->plural);
		for (size_t j = 0; b && j < i; j++)
			ck_assert(strcmp(a->group, b->group) == 0 ||
				  strcmp(ek_kinds[j]->group, b->group) != 0);
	}
}
END_TEST

EK_TESTS("schema/kinds", EK_ROWS(types_are_sound, kinds),
	 EK_ROWS(selectable_fields_exist, kinds),
	 EK_ROWS(columns_are_sound, kinds), EK_ROWS(kinds_are_sound, kinds),
	 served_kinds_are_ordered)
