/* SPDX-License-Identifier: Apache-2.0 */

/* k8s.io/apimachinery/pkg/api/validation: what must hold of the metadata of any object. */

#include "type.h"

#include <ekube/str.h>
#include <ctype.h>
#include <stdlib.h>

enum {
	MAX_ANNOTATIONS = 256 << 10, /* bytes of all keys and values */
	MAX_MANAGER = 128,
	MAX_SUBRESOURCE = 256,
};

static void invalid_str(struct ek_causes *c, const struct ek_path *at, const char *bad,
			const char *msg)
{
	EK_JSON struct ek_json *v = ek_json_new_str(bad ? bad : "");

	ek_cause_add(c, EK_CAUSE_INVALID, at, v, "%s", msg);
}

/* ---- names ---- */

/*
 * A name that will get a suffix may end in a dash. Upstream judges it with its last two characters
 * replaced by an 'a', and so do we: what is let through is what is let through there.
 */
static char *mask_trailing_dash(const char *name)
{
	size_t n = strlen(name);

	if (n > 1 && name[n - 1] == '-')
		return ek_str_fmt("%.*sa", (int)(n - 2), name);
	return ek_str_dup(name);
}

static void check_generate_name(const struct ek_json *meta, ek_name_check name_check,
				struct ek_path *at, struct ek_causes *c)
{
	const char *prefix = ek_json_str_at(meta, "generateName");
	size_t mark = ek_path_push(at, "generateName");

	if (!ek_str_empty(prefix) && strlen(prefix) < EK_JSON_MAX_BYTES) {
		EK_FREE char *masked = mask_trailing_dash(prefix);
		const char *msg = name_check(masked);

		if (msg)
			invalid_str(c, at, prefix, msg);
	}
	ek_path_pop(at, mark);
}

static void check_name(const struct ek_json *meta, ek_name_check name_check, struct ek_path *at,
		       struct ek_causes *c)
{
	const char *name = ek_json_str_at(meta, "name"), *msg;
	size_t mark = ek_path_push(at, "name");

	if (ek_str_empty(name))
		ek_cause_add(c, EK_CAUSE_REQUIRED, at, NULL, "name or generateName is required");
	else if ((msg = name_check(name)))
		invalid_str(c, at, name, msg);
	ek_path_pop(at, mark);
}

static void check_namespace(const struct ek_json *meta, bool namespaced, struct ek_path *at,
			    struct ek_causes *c)
{
	const char *ns = ek_json_str_at(meta, "namespace"), *msg;
	size_t mark = ek_path_push(at, "namespace");

	if (!namespaced && !ek_str_empty(ns))
		ek_cause_add(c, EK_CAUSE_FORBIDDEN, at, NULL, "not allowed on this type");
	else if (namespaced && ek_str_empty(ns))
		ek_cause_add(c, EK_CAUSE_REQUIRED, at, NULL, NULL);
	else if (namespaced && (msg = ek_name_dns1123_label(ns)))
		invalid_str(c, at, ns, msg);
	ek_path_pop(at, mark);
}

/* ---- annotations ---- */

static void check_annotations(const struct ek_json *meta, struct ek_path *at, struct ek_causes *c)
{
	size_t mark = ek_path_push(at, "annotations"), total = 0;

	for (struct ek_json_iter it = ek_json_iter(ek_json_get(meta, "annotations"));
	     ek_json_next(&it);) {
		EK_FREE char *lower =
			ek_str_dup(it.key); /* unlike a label's, its case does not matter */
		const char *msg;

		for (char *p = lower; *p; p++)
			*p = (char)tolower((unsigned char)*p);
		msg = ek_name_qualified(lower);
		if (msg)
			invalid_str(c, at, it.key, msg);
		total += strlen(it.key) + ek_json_str_len(it.value);
	}
	if (total > MAX_ANNOTATIONS)
		ek_cause_add(c, EK_CAUSE_TOOLONG, at, NULL, "may not be more than %d bytes",
			     MAX_ANNOTATIONS);
	ek_path_pop(at, mark);
}

/* ---- owners ---- */

static void check_not_empty(const struct ek_json *ref, const char *field, const char *msg,
			    struct ek_path *at, struct ek_causes *c)
{
	size_t mark = ek_path_push(at, field);

	if (ek_str_empty(ek_json_str_at(ref, field)))
		invalid_str(c, at, "", msg);
	ek_path_pop(at, mark);
}

static void check_owner(const struct ek_json *ref, struct ek_path *at, struct ek_causes *c)
{
	static const struct ek_field as_object = { .type = EK_F_OBJ,
						   .of = &ek_type_owner_reference };
	const char *api_version = ek_json_str_at(ref, "apiVersion");
	size_t mark = ek_path_push(at, "apiVersion");

	/* "group/" has an empty version, "v1" an empty group */
	if (ek_str_empty(api_version) || ek_str_ends(api_version, "/"))
		invalid_str(c, at, api_version, "version must not be empty");
	ek_path_pop(at, mark);
	check_not_empty(ref, "kind", "kind must not be empty", at, c);
	check_not_empty(ref, "name", "name must not be empty", at, c);
	check_not_empty(ref, "uid", "uid must not be empty", at, c);
	if (ek_streq(api_version, "v1") && ek_streq(ek_json_str_at(ref, "kind"), "Event")) {
		EK_BUF struct ek_buf text = EK_BUF_INIT(64 << 10);

		ek_go_syntax_of(&text, &as_object, EK_ONE, ref);
		ek_cause_add_text(c, EK_CAUSE_INVALID, at, text.data,
				  "/v1, Kind=Event is disallowed from being an owner");
	}
}

static void too_many_controllers(const struct ek_json *refs, const struct ek_json *first,
				 const struct ek_json *ref, const struct ek_path *at,
				 struct ek_causes *c)
{
	static const struct ek_field as_list = { .type = EK_F_OBJ,
						 .shape = EK_LIST,
						 .of = &ek_type_owner_reference };
	EK_BUF struct ek_buf text = EK_BUF_INIT(64 << 10);
	EK_FREE char *msg = ek_str_fmt(
		"Only one reference can have Controller set to true. Found \"true\" in references for %s/%s and %s/%s",
		ek_json_str_at(first, "kind"), ek_json_str_at(first, "name"),
		ek_json_str_at(ref, "kind"), ek_json_str_at(ref, "name"));

	ek_go_syntax_of(&text, &as_list, EK_LIST, refs);
	ek_cause_add_text(c, EK_CAUSE_INVALID, at, text.data, msg);
}

static void check_owners(const struct ek_json *meta, struct ek_path *at, struct ek_causes *c)
{
	const struct ek_json *refs = ek_json_get(meta, "ownerReferences"), *first = NULL;
	size_t mark = ek_path_push(at, "ownerReferences");

	for (struct ek_json_iter it = ek_json_iter(refs); ek_json_next(&it);) {
		check_owner(it.value, at, c);
		if (!ek_json_bool_at(it.value, "controller", false))
			continue;
		if (first)
			too_many_controllers(refs, first, it.value, at, c);
		else
			first = it.value;
	}
	ek_path_pop(at, mark);
}

/* ---- finalizers ---- */

static void check_finalizers(const struct ek_json *meta, struct ek_path *at, struct ek_causes *c)
{
	const struct ek_json *list = ek_json_get(meta, "finalizers");
	size_t mark = ek_path_push(at, "finalizers");

	for (struct ek_json_iter it = ek_json_iter(list); ek_json_next(&it);) {
		const char *s = ek_json_str(it.value);
		const char *msg = s ? ek_name_qualified(s) : NULL;

		if (msg)
			invalid_str(c, at, s, msg);
	}
	if (ek_json_has_str(list, "orphan") && ek_json_has_str(list, "foregroundDeletion"))
		ek_cause_add(c, EK_CAUSE_INVALID, at, list,
			     "finalizer orphan and foregroundDeletion cannot be both set");
	ek_path_pop(at, mark);
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* One that is being deleted may only lose finalizers. */
static void check_no_new_finalizers(const struct ek_json *meta, const struct ek_json *old,
				    struct ek_path *at, struct ek_causes *c)
{
	const struct ek_json *list = ek_json_get(meta, "finalizers"),
			     *had = ek_json_get(old, "finalizers");
	EK_FREE const char **extra = ek_calloc(ek_json_len(list) + 1, sizeof(*extra));
	EK_BUF struct ek_buf text = EK_BUF_INIT(64 << 10);
	size_t mark, n = 0;

	for (struct ek_json_iter it = ek_json_iter(list); ek_json_next(&it);)
		if (ek_json_str(it.value) && !ek_json_has_str(had, ek_json_str(it.value)))
			extra[n++] = ek_json_str(it.value);
	if (n == 0)
		return;
	qsort(extra, n, sizeof(*extra), compare);
	for (size_t i = 0; i < n; i++) {
		if (i > 0 && strcmp(extra[i], extra[i - 1]) == 0)
			continue;
		(void)ek_buf_str(&text, i ? ", " : "");
		ek_go_quote(&text, extra[i]);
	}
	mark = ek_path_push(at, "finalizers");
	ek_cause_add(
		c, EK_CAUSE_FORBIDDEN, at, NULL,
		"no new finalizers can be added if the object is being deleted, found new finalizers "
		"[]string{%s}",
		text.data);
	ek_path_pop(at, mark);
}

/* ---- managed fields ---- */

static void check_manager(const struct ek_json *entry, struct ek_path *at, struct ek_causes *c)
{
	const char *s = ek_json_str_at(entry, "manager");
	size_t mark = ek_path_push(at, "manager");

	if (s && strlen(s) > MAX_MANAGER)
		ek_cause_add(c, EK_CAUSE_TOOLONG, at, NULL, "may not be more than %d bytes",
			     MAX_MANAGER);
	for (size_t i = 0; s && s[i]; i++)
		if ((unsigned char)s[i] < 0x20 || s[i] == 0x7f)
			invalid_str(c, at, s,
				    EK_F("invalid character U+%04X (at position %zu)",
					 (unsigned)(unsigned char)s[i], i));
	ek_path_pop(at, mark);
}

static void check_managed_fields(const struct ek_json *meta, struct ek_path *at,
				 struct ek_causes *c)
{
	size_t mark = ek_path_push(at, "managedFields");

	for (struct ek_json_iter it = ek_json_iter(ek_json_get(meta, "managedFields"));
	     ek_json_next(&it);) {
		const char *op = ek_json_str_at(it.value, "operation");
		const char *type = ek_json_str_at(it.value, "fieldsType");
		const char *sub = ek_json_str_at(it.value, "subresource");
		size_t at_entry = ek_path_index(at, it.i), at_field;

		at_field = ek_path_push(at, "operation");
		if (!ek_streq(op, "Apply") && !ek_streq(op, "Update"))
			invalid_str(c, at, op, "must be `Apply` or `Update`");
		ek_path_pop(at, at_field);
		at_field = ek_path_push(at, "fieldsType");
		if (!ek_str_empty(type) && strcmp(type, "FieldsV1") != 0)
			invalid_str(c, at, type, "must be `FieldsV1`");
		ek_path_pop(at, at_field);
		check_manager(it.value, at, c);
		at_field = ek_path_push(at, "subresource");
		if (sub && strlen(sub) > MAX_SUBRESOURCE)
			ek_cause_add(c, EK_CAUSE_TOOLONG, at, NULL, "may not be more than %d bytes",
				     MAX_SUBRESOURCE);
		ek_path_pop(at, at_field);
		ek_path_pop(at, at_entry);
	}
	ek_path_pop(at, mark);
}

/* ---- updates ---- */

/* A Time prints itself as "2024-01-02 03:04:05 +0000 UTC"; only creationTimestamp is no pointer. */
static void immutable_text(struct ek_buf *out, const char *field, const struct ek_json *v)
{
	const char *s = ek_json_str(v);

	if (s && ek_str_ends(field, "Timestamp") && strlen(s) == strlen("2006-01-02T15:04:05Z"))
		(void)ek_buf_fmt(out, "%.10s %.8s +0000 UTC", s, s + 11);
	else if (!ek_json_is_null(v))
		ek_go_syntax(out, v);
	else if (strcmp(field, "creationTimestamp") == 0)
		(void)ek_buf_str(out, "0001-01-01 00:00:00 +0000 UTC");
	else
		(void)ek_buf_str(out, ek_str_starts(field, "deletion") ? "\"null\"" : "\"\"");
}

/* The revision itself is compared where it is written; here it must only not be forgotten. */
static void check_rev(const struct ek_json *meta, const struct ek_json *old, struct ek_path *at,
		      struct ek_causes *c)
{
	size_t mark = ek_path_push(at, "resourceVersion");

	if (ek_str_empty(ek_json_str_at(meta, "resourceVersion")) &&
	    !ek_str_empty(ek_json_str_at(old, "resourceVersion")))
		invalid_str(c, at, "", "must be specified for an update");
	ek_path_pop(at, mark);
}

static void check_generation_grows(const struct ek_json *meta, const struct ek_json *old,
				   struct ek_path *at, struct ek_causes *c)
{
	int64_t now = ek_json_int_at(meta, "generation", 0);
	size_t mark = ek_path_push(at, "generation");

	if (now < ek_json_int_at(old, "generation", 0))
		ek_cause_add_text(c, EK_CAUSE_INVALID, at, EK_I(now), "must not be decremented");
	ek_path_pop(at, mark);
}

static void check_update(const struct ek_json *meta, const struct ek_json *old, struct ek_path *at,
			 struct ek_causes *c)
{
	static const char *const immutable[] = { "name",
						 "namespace",
						 "uid",
						 "creationTimestamp",
						 "deletionTimestamp",
						 "deletionGracePeriodSeconds" };

	if (!ek_json_is_null(ek_json_get(old, "deletionTimestamp")))
		check_no_new_finalizers(meta, old, at, c);
	check_rev(meta, old, at, c);
	check_generation_grows(meta, old, at, c);
	for (size_t i = 0; i < EK_ARRAY_LEN(immutable); i++) {
		const struct ek_json *v = ek_json_get(meta, immutable[i]);
		EK_BUF struct ek_buf text = EK_BUF_INIT(64 << 10);
		size_t mark;

		if (ek_json_same(v, ek_json_get(old, immutable[i])))
			continue;
		mark = ek_path_push(at, immutable[i]);
		immutable_text(&text, immutable[i], v);
		ek_cause_add_text(c, EK_CAUSE_INVALID, at, text.data, "field is immutable");
		ek_path_pop(at, mark);
	}
}

void ek_meta_validate(const struct ek_json *obj, const struct ek_json *old, bool namespaced,
		      ek_name_check name_check, struct ek_path *at, struct ek_causes *causes)
{
	const struct ek_json *meta = ek_json_get(obj, "metadata");
	size_t mark = ek_path_push(at, "metadata"), at_field;

	if (!old) {
		check_generate_name(meta, name_check, at, causes);
		check_name(meta, name_check, at, causes);
	}
	check_namespace(meta, namespaced, at, causes);
	at_field = ek_path_push(at, "generation");
	if (ek_json_int_at(meta, "generation", 0) < 0)
		ek_cause_add(causes, EK_CAUSE_INVALID, at, ek_json_get(meta, "generation"),
			     "must be greater than or equal to 0");
	ek_path_pop(at, at_field);
	at_field = ek_path_push(at, "labels");
	ek_labels_validate(ek_json_get(meta, "labels"), at, causes);
	ek_path_pop(at, at_field);
	check_annotations(meta, at, causes);
	check_owners(meta, at, causes);
	check_finalizers(meta, at, causes);
	check_managed_fields(meta, at, causes);
	if (old)
		check_update(meta, ek_json_get(old, "metadata"), at, causes);
	ek_path_pop(at, mark);
}
