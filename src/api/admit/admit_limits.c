/* SPDX-License-Identifier: Apache-2.0 */
#include "admission.h"

#include "cache.h"

#include <ekube/str.h>

#include <stdlib.h>

/*
 * LimitRanger: what a namespace's LimitRanges say a container gets when it does not say, and the
 * bounds of what it may say.
 */

static const char annotation[] = "kubernetes.io/limit-ranger";

/* ---- defaults ---- */

/* Adds what is missing and appends the names of what was added: "cpu, memory". */
static void merge(struct ek_json *resources, const char *which, const struct ek_json *defaults,
		  struct ek_buf *added)
{
	struct ek_json *list = ek_json_get(resources, which);

	for (struct ek_json_iter it = ek_json_iter(defaults); ek_json_next(&it);) {
		if (ek_json_get(list, it.key))
			continue;
		if (!ek_json_is_object(list)) {
			list = ek_json_object();
			ek_json_set(resources, which, list);
		}
		ek_json_set(list, it.key, ek_json_ref(it.value));
		(void)ek_buf_fmt(added, "%s%s", added->len ? ", " : "", it.key);
	}
}

static void note(struct ek_buf *notes, const struct ek_buf *added, const char *what,
		 const char *word, const char *container)
{
	if (added->len > 0)
		(void)ek_buf_fmt(notes, "%s%s %s for %s %s", notes->len ? "; " : "", added->data,
				 what, word, container);
}

static void default_containers(struct ek_json *containers, const char *word,
			       const struct ek_json *limit, struct ek_buf *notes)
{
	for (struct ek_json_iter it = ek_json_iter(containers); ek_json_next(&it);) {
		EK_BUF struct ek_buf requests = EK_BUF_INIT(4096), limits = EK_BUF_INIT(4096);
		struct ek_json *resources = ek_json_get(it.value, "resources");
		const char *name = ek_json_str_at(it.value, "name");

		if (!ek_json_is_object(resources)) {
			resources = ek_json_object();
			ek_json_set(it.value, "resources", resources);
		}
		merge(resources, "limits", ek_json_get(limit, "default"), &limits);
		merge(resources, "requests", ek_json_get(limit, "defaultRequest"), &requests);
		note(notes, &requests, "request", word, name ? name : "");
		note(notes, &limits, "limit", word, name ? name : "");
	}
}

static void apply_defaults(struct ek_json *pod, const struct ek_json *limits)
{
	EK_BUF struct ek_buf notes = EK_BUF_INIT(16 << 10);
	struct ek_json *meta = ek_json_get(pod, "metadata");

	for (struct ek_json_iter it = ek_json_iter(limits); ek_json_next(&it);) {
		if (!ek_streq(ek_json_str_at(it.value, "type"), "Container"))
			continue;
		default_containers(ek_json_at(pod, "spec.containers"), "container", it.value,
				   &notes);
		default_containers(ek_json_at(pod, "spec.initContainers"), "init container",
				   it.value, &notes);
	}
	if (notes.len == 0)
		return;
	if (!ek_json_is_object(ek_json_get(meta, "annotations")))
		ek_json_set(meta, "annotations", ek_json_object());
	ek_json_set(ek_json_get(meta, "annotations"), annotation,
		    ek_json_new_fmt("LimitRanger plugin set: %s", notes.data));
}

/* ---- bounds ---- */

struct bounds {
	struct ek_buf errors;
	size_t        n;
};

static void complain(struct bounds *b, const char *fmt, ...) EK_PRINTF(2, 3);

static void complain(struct bounds *b, const char *fmt, ...)
{
	va_list ap;

	(void)ek_buf_str(&b->errors, b->n++ ? ", " : "");
	va_start(ap, fmt);
	(void)ek_buf_vfmt(&b->errors, fmt, ap);
	va_end(ap);
}

/* What is asked of a resource, by a container or by a pod as a whole. */
struct usage {
	const struct ek_json *requests, *limits;
};

static bool quantity_at(const struct ek_json *list, const char *name, struct ek_quantity *q,
			const char **text)
{
	const struct ek_json *v = ek_json_get(list, name);

	*text = ek_json_str(v);
	return v && *text && ek_quantity_from_json(v, q, NULL) == 0;
}

static void check_min(struct bounds *b, const char *type, const char *name, const char *bound,
		      const struct ek_quantity *min, const struct usage *u)
{
	struct ek_quantity r, l;
	const char *request, *limit;
	bool has_limit = quantity_at(u->limits, name, &l, &limit);

	if (!quantity_at(u->requests, name, &r, &request))
		complain(b, "minimum %s usage per %s is %s.  No request is specified", name, type,
			 bound);
	else if (ek_quantity_cmp(&r, min) < 0)
		complain(b, "minimum %s usage per %s is %s, but request is %s", name, type, bound,
			 request);
	else if (has_limit && ek_quantity_cmp(&l, min) < 0)
		complain(b, "minimum %s usage per %s is %s, but limit is %s", name, type, bound,
			 limit);
}

static void check_max(struct bounds *b, const char *type, const char *name, const char *bound,
		      const struct ek_quantity *max, const struct usage *u)
{
	struct ek_quantity r, l;
	const char *request, *limit;
	bool has_request = quantity_at(u->requests, name, &r, &request);

	if (!quantity_at(u->limits, name, &l, &limit))
		complain(b, "maximum %s usage per %s is %s.  No limit is specified", name, type,
			 bound);
	else if (ek_quantity_cmp(&l, max) > 0)
		complain(b, "maximum %s usage per %s is %s, but limit is %s", name, type, bound,
			 limit);
	else if (has_request && ek_quantity_cmp(&r, max) > 0)
		complain(b, "maximum %s usage per %s is %s, but request is %s", name, type, bound,
			 request);
}

static void check_ratio(struct bounds *b, const char *type, const char *name, const char *bound,
			const struct ek_quantity *ratio, const struct usage *u)
{
	struct ek_quantity r, l;
	const char *request, *limit;
	double have;

	if (!quantity_at(u->requests, name, &r, &request) || ek_quantity_milli(&r) == 0) {
		complain(
			b,
			"%s max limit to request ratio per %s is %s, but no request is specified or request is 0",
			name, type, bound);
		return;
	}
	if (!quantity_at(u->limits, name, &l, &limit) || ek_quantity_milli(&l) == 0) {
		complain(
			b,
			"%s max limit to request ratio per %s is %s, but no limit is specified or limit is 0",
			name, type, bound);
		return;
	}
	have = (double)ek_quantity_milli(&l) / (double)ek_quantity_milli(&r);
	if (have * 1000 > (double)ek_quantity_milli(ratio))
		complain(b, "%s max limit to request ratio per %s is %s, but provided ratio is %f",
			 name, type, bound, have);
}

typedef void (*check_fn)(struct bounds *b, const char *type, const char *name, const char *bound,
			 const struct ek_quantity *q, const struct usage *u);

static void check(struct bounds *b, const struct ek_json *limit, const struct usage *u)
{
	static const struct {
		const char *field;
		check_fn fn;
	} checks[] = { { "min", check_min },
		       { "max", check_max },
		       { "maxLimitRequestRatio", check_ratio } };
	const char *type = ek_json_str_at(limit, "type");

	for (size_t i = 0; i < EK_ARRAY_LEN(checks); i++)
		for (struct ek_json_iter it = ek_json_iter(ek_json_get(limit, checks[i].field));
		     ek_json_next(&it);) {
			struct ek_quantity q;

			if (ek_json_str(it.value) && ek_quantity_from_json(it.value, &q, NULL) == 0)
				checks[i].fn(b, type, it.key, ek_json_str(it.value), &q, u);
		}
}

/* ---- the pod as a whole ---- */

/*
 * The sum over containers of what all of them name; the largest init container counts when it is
 * larger.
 */
static struct ek_json *sum(const struct ek_json *pod, const char *which)
{
	const struct ek_json *containers = ek_json_at(pod, "spec.containers");
	const struct ek_json *inits = ek_json_at(pod, "spec.initContainers");
	const struct ek_json *first =
		ek_json_get(ek_json_get(ek_json_elem(containers, 0), "resources"), which);
	struct ek_json *total = ek_json_object();

	for (struct ek_json_iter it = ek_json_iter(first); ek_json_next(&it);) {
		struct ek_quantity all = { 0 }, one;
		bool by_all = true;
		char text[40];

		for (struct ek_json_iter c = ek_json_iter(containers); ek_json_next(&c);) {
			const struct ek_json *v = ek_json_get(
				ek_json_get(ek_json_get(c.value, "resources"), which), it.key);

			if (v && ek_quantity_from_json(v, &one, NULL) == 0)
				ek_quantity_add(&all, &one);
			else
				by_all = false;
		}
		for (struct ek_json_iter c = ek_json_iter(inits); ek_json_next(&c);) {
			const struct ek_json *v = ek_json_get(
				ek_json_get(ek_json_get(c.value, "resources"), which), it.key);

			if (v && ek_quantity_from_json(v, &one, NULL) == 0 &&
			    ek_quantity_cmp(&one, &all) > 0)
				all = one;
		}
		ek_quantity_format(&all, text);
		if (by_all)
			ek_json_set_str(total, it.key, text);
	}
	return total;
}

static void check_containers(struct bounds *b, const struct ek_json *containers,
			     const struct ek_json *limit)
{
	for (struct ek_json_iter it = ek_json_iter(containers); ek_json_next(&it);) {
		const struct ek_json *resources = ek_json_get(it.value, "resources");

		check(b, limit,
		      &(struct usage){ ek_json_get(resources, "requests"),
				       ek_json_get(resources, "limits") });
	}
}

static void check_pod(struct bounds *b, const struct ek_json *pod, const struct ek_json *limit)
{
	EK_JSON struct ek_json *requests = sum(pod, "requests"), *limits = sum(pod, "limits");

	check(b, limit, &(struct usage){ requests, limits });
}

int ek_admit_limits(struct ek_request *q, enum ek_admit_op op)
{
	const struct ek_cache *c = q->r->caches[EK_CACHED_LIMITRANGES];
	struct bounds b = { .errors = EK_BUF_INIT(16 << 10) };
	void *pos = NULL;
	int rc = 0;

	(void)op;
	for (struct ek_object *o; rc == 0 && (o = ek_cache_next(c, q->ns, &pos));) {
		const struct ek_json *limits = ek_json_at(ek_object_tree(o), "spec.limits");

		apply_defaults(q->obj, limits);
		for (struct ek_json_iter it = ek_json_iter(limits); ek_json_next(&it);) {
			if (ek_streq(ek_json_str_at(it.value, "type"), "Container")) {
				check_containers(&b, ek_json_at(q->obj, "spec.containers"),
						 it.value);
				check_containers(&b, ek_json_at(q->obj, "spec.initContainers"),
						 it.value);
			} else if (ek_streq(ek_json_str_at(it.value, "type"), "Pod")) {
				check_pod(&b, q->obj, it.value);
			}
		}
		ek_object_slim(o);
		if (b.n > 0)
			rc = ek_admit_deny(q, b.n > 1 ? "[%s]" : "%s", b.errors.data);
	}
	ek_buf_done(&b.errors);
	return rc;
}
