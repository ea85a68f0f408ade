/* SPDX-License-Identifier: Apache-2.0 */
#include "select.h"

#include "status.h"

#include <ekube/str.h>

#include <stdlib.h>

/* A row of ek_kind.fields is the field's name, then perhaps where it is read and its default. */
static bool names_field(const char *row, const char *path)
{
	size_t n = strcspn(row, "<=");

	return strlen(path) == n && strncmp(row, path, n) == 0;
}

static bool is_selectable(const struct ek_kind *k, const char *path)
{
	if (ek_streq(path, "metadata.name") || ek_streq(path, "metadata.namespace"))
		return true;
	for (size_t i = 0; k->fields && k->fields[i]; i++)
		if (names_field(k->fields[i], path))
			return true;
	return false;
}

static struct ek_json *unknown_field(const struct ek_kind *k, const char *path)
{
	if (k->fields)
		return ek_status_bad_request("field label not supported: %s", path);
	return ek_status_bad_request(
		"%s is not a known field selector: only \"metadata.name\", \"metadata.namespace\"",
		EK_Q(path));
}

/* The value that the selector demands of a field; NULL when it demands none. */
static const char *exact(const struct ek_field_selector *f, const char *path)
{
	for (size_t i = 0; i < f->n; i++)
		if (!f->terms[i].negate && ek_streq(f->terms[i].path, path))
			return f->terms[i].value;
	return NULL;
}

/*
 * Events of events.k8s.io are stored, and so indexed, as core events with other names for the
 * same.
 */
static void rename_fields(const struct ek_kind *k, struct ek_field_selector *f)
{
	static const char theirs[] = "regarding.";

	for (size_t i = 0; k->stored_as == &ek_kind_event && i < f->n; i++) {
		EK_FREE char *path = ek_steal(f->terms[i].path);

		if (ek_str_starts(path, theirs))
			f->terms[i].path =
				ek_str_fmt("involvedObject.%s", path + sizeof(theirs) - 1);
		else if (ek_streq(path, "reportingController"))
			f->terms[i].path = ek_str_dup("reportingComponent");
		else
			f->terms[i].path = ek_steal(path);
	}
}

static int parse_selectors(const struct ek_kind *k, const char *labels, const char *fields,
			   struct ek_select *s, struct ek_json **ret_status)
{
	struct ek_err err;

	if (ek_selector_parse(labels ? labels : "", &s->labels, &err) < 0 ||
	    ek_field_selector_parse(fields ? fields : "", &s->fields, &err) < 0) {
		*ret_status = ek_status_bad_request("%s", err.msg);
		return EK_EBADREQUEST;
	}
	for (size_t i = 0; i < s->fields.n; i++) {
		if (is_selectable(k, s->fields.terms[i].path))
			continue;
		*ret_status = unknown_field(k, s->fields.terms[i].path);
		return EK_EBADREQUEST;
	}
	rename_fields(k, &s->fields);
	return 0;
}

static void narrow(const struct ek_kind *k, const char *ns, struct ek_select *s)
{
	const char *name = exact(&s->fields, "metadata.name");
	EK_FREE char *base = NULL;

	if (k->namespaced && ek_str_empty(ns))
		ns = exact(&s->fields, "metadata.namespace");
	if (ek_str_empty(ns) || !k->namespaced || ek_name_dns1123_label(ns))
		ns = NULL;
	s->ns = ek_str_dup(ns);
	base = ek_key_make(k, ns, NULL);
	s->base = strlen(base);
	if (!ek_str_empty(name) && !strchr(name, '/') && (ns || !k->namespaced)) {
		s->name = ek_str_dup(name);
		s->prefix = ek_key_make(k, ns, name);
	} else {
		s->prefix = ek_steal(base);
	}
}

int ek_select_parse(const struct ek_kind *k, const char *ns, const char *labels, const char *fields,
		    struct ek_select *ret, struct ek_json **ret_status)
{
	int rc = parse_selectors(k, labels, fields, ret, ret_status);

	if (rc < 0) {
		ek_select_done(ret);
		return rc;
	}
	narrow(k, ns, ret);
	ret->all = ek_selector_empty(ret->labels) && ret->fields.n == 0;
	return 0;
}

const char *ek_select_asked(const struct ek_select *s)
{
	const char *name = exact(&s->fields, "metadata.name");

	/* what cannot be part of a path is no name */
	if (ek_str_empty(name) || strpbrk(name, "/%") || ek_streq(name, ".") ||
	    ek_streq(name, ".."))
		return NULL;
	return name;
}

void ek_select_done(struct ek_select *s)
{
	ek_selector_unref(s->labels);
	ek_field_selector_done(&s->fields);
	free(s->prefix);
	free(s->name);
	free(s->ns);
	*s = (struct ek_select){ 0 };
}

bool ek_select_has(const struct ek_select *s, const char *key, const struct ek_bytes *index)
{
	/* the prefix of one object begins others too: "//pods/default/a" and "//pods/default/ab" */
	if (s->name && strcmp(key, s->prefix) != 0)
		return false;
	return s->all || ek_index_match(index, s->labels, &s->fields);
}
