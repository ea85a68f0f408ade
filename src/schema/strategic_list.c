/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Strategic merge patch on lists: merging by key, deleting, and the order of what results. The
 * order is: as "$setElementOrder" says, else as the patch has them, with what only the server has
 * kept in its place between.
 */

#include "strategic.h"

#include <ekube/str.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- vectors of elements, each held by one reference ---- */

struct items {
	EK_VEC(struct ek_json *) v;
};

static void items_done(struct items *l)
{
	for (size_t i = 0; i < l->v.n; i++)
		ek_json_unref(l->v.items[i]);
	ek_vec_done(&l->v);
}
#define ITEMS EK_CLEANUP(items_done) struct items

static void items_add(struct items *l, struct ek_json *take_item)
{
	ek_vec_push(&l->v, take_item);
}

/* Copies, so that merging into an element never meets a second owner. */
static void items_copy(struct items *l, const struct ek_json *array)
{
	for (struct ek_json_iter it = ek_json_iter(array); ek_json_next(&it);)
		items_add(l, ek_json_copy(it.value));
}

static void items_move(struct items *to, struct items *from)
{
	items_done(to);
	*to = *from;
	*from = (struct items){ 0 };
}

static struct ek_json *items_array(struct items *take_items)
{
	struct ek_json *out = ek_json_array();

	for (size_t i = 0; i < take_items->v.n; i++)
		ek_json_append(out, take_items->v.items[i]);
	ek_vec_done(&take_items->v);
	return out;
}

/* ---- places: from an element's key to where it stands ---- */

struct places {
	struct ek_map map; /* JSON text of the key -> number + 1; the first of equals counts */
	size_t        n;
	size_t        limit; /* 0: none; else what stands at or behind it is not found */
};
#define PLACES EK_CLEANUP(places_done) struct places

static void places_done(struct places *p)
{
	ek_map_done(&p->map);
}

/* What tells elements apart: the merge key's value, or a scalar itself. */
static int key_of(const struct ek_json *item, const char *merge_key, const struct ek_json **ret,
		  struct ek_err *err)
{
	*ret = item;
	if (!*merge_key)
		return 0;
	if (!ek_json_is_object(item))
		return ek_smp_bad_type("map[string]interface {}", item, err);
	*ret = ek_json_get(item, merge_key);
	return *ret ? 0 : ek_smp_no_merge_key(item, merge_key, err);
}

static void places_add(struct places *p, const struct ek_json *key)
{
	EK_FREE char *text = ek_json_text(key);

	p->n++;
	if (!ek_map_get(&p->map, text))
		(void)ek_map_put(&p->map, text, (void *)(uintptr_t)p->n);
}

/* -1 when it is not there. */
static int64_t places_find(const struct places *p, const struct ek_json *key)
{
	EK_FREE char *text = ek_json_text(key);
	int64_t i = (int64_t)(uintptr_t)ek_map_get(&p->map, text) - 1;

	return p->limit && i >= (int64_t)p->limit ? -1 : i;
}

static int places_of(struct places *p, const struct items *l, const char *merge_key,
		     struct ek_err *err)
{
	for (size_t i = 0; i < l->v.n; i++) {
		const struct ek_json *key;
		int rc = key_of(l->v.items[i], merge_key, &key, err);

		if (rc < 0)
			return rc;
		places_add(p, key);
	}
	return 0;
}

/* ---- order ---- */

struct placed {
	struct ek_json *item;   /* owned by the list it came from until the end */
	int64_t         wanted; /* where its own order has it */
	int64_t         server; /* where the server's list had it, -1: nowhere */
	size_t          seq;    /* keeps equals as they came */
};

struct run {
	EK_VEC(struct placed) v;
};

static void run_done(struct run *r)
{
	ek_vec_done(&r->v);
}
#define RUN EK_CLEANUP(run_done) struct run

static int compare(const void *a, const void *b)
{
	const struct placed *x = a, *y = b;

	if (x->wanted != y->wanted)
		return x->wanted < y->wanted ? -1 : 1;
	return x->seq < y->seq ? -1 : x->seq > y->seq;
}

static void run_sort(struct run *r)
{
	if (r->v.n > 1)
		qsort(r->v.items, r->v.n, sizeof(*r->v.items), compare);
}

/* Each server-only element goes before the first wanted one that the server had behind it. */
static void interleave(const struct run *server_only, const struct run *wanted, struct items *out)
{
	size_t i = 0, j = 0;

	while (i < server_only->v.n || j < wanted->v.n) {
		const struct placed *l = i < server_only->v.n ? &server_only->v.items[i] : NULL;
		const struct placed *r = j < wanted->v.n ? &wanted->v.items[j] : NULL;

		if (!r || (l && l->server >= 0 && r->server >= 0 && l->server < r->server)) {
			items_add(out, l->item);
			i++;
		} else {
			items_add(out, r->item);
			j++;
		}
	}
}

/* Puts l in order: what is in `order` as it stands there, the rest as the server had it. */
static int put_in_order(struct items *l, const struct places *order, const struct places *server,
			const char *merge_key, struct ek_err *err)
{
	RUN wanted = { 0 };
	RUN server_only = { 0 };
	struct items out = { 0 };

	for (size_t i = 0; i < l->v.n; i++) {
		struct placed p = { .item = l->v.items[i], .seq = i };
		const struct ek_json *key;
		int rc = key_of(p.item, merge_key, &key, err);

		if (rc < 0)
			return rc;
		p.server = places_find(server, key);
		p.wanted = places_find(order, key);
		if (p.wanted >= 0) {
			ek_vec_push(&wanted.v, p);
		} else {
			p.wanted = p.server;
			ek_vec_push(&server_only.v, p);
		}
	}
	run_sort(&wanted);
	run_sort(&server_only);
	interleave(&server_only, &wanted, &out);
	ek_vec_done(&l->v);
	*l = out;
	return 0;
}

/* ---- merging ---- */

static int not_identical(const struct items *a, const struct items *b, struct ek_err *err)
{
	EK_BUF struct ek_buf text = EK_BUF_INIT(64 << 10);

	for (size_t i = 0; i < a->v.n; i++) {
		(void)ek_buf_str(&text, i ? " " : "");
		ek_go_print(&text, a->v.items[i]);
	}
	(void)ek_buf_str(&text, "] [");
	for (size_t i = 0; i < b->v.n; i++) {
		(void)ek_buf_str(&text, i ? " " : "");
		ek_go_print(&text, b->v.items[i]);
	}
	return ek_fail(err, EK_EINVALID, "list element types are not identical: [[%s]]", text.data);
}

/* All elements must be of one type, and no lists. */
static int check_elements(const struct items *a, const struct items *b, bool *ret_maps,
			  struct ek_err *err)
{
	enum ek_json_type type = EK_JSON_ABSENT;

	for (size_t i = 0; i < a->v.n + b->v.n; i++) {
		const struct ek_json *v = i < a->v.n ? a->v.items[i] : b->v.items[i - a->v.n];

		if (type == EK_JSON_ABSENT)
			type = ek_json_type(v);
		if (type == EK_JSON_ARRAY)
			return ek_fail(err, EK_EINVALID, "lists of lists are not supported");
		if (ek_json_type(v) != type || type == EK_JSON_NULL)
			return not_identical(a, b, err);
	}
	if (type == EK_JSON_ABSENT)
		return ek_fail(err, EK_EINVALID, "no elements in any of the given slices");
	*ret_maps = type == EK_JSON_OBJECT;
	return 0;
}

/* Elements of l whose place is (or is not) among the keys of `set`. */
static int filter(struct items *l, const struct places *set, bool keep_members,
		  const char *merge_key, struct ek_err *err)
{
	size_t n = 0;

	for (size_t i = 0; i < l->v.n; i++) {
		const struct ek_json *key;
		int rc = key_of(l->v.items[i], merge_key, &key, err);

		if (rc < 0)
			key = NULL; /* an element without the key matches nothing */
		if ((key && places_find(set, key) >= 0) == keep_members)
			l->v.items[n++] = l->v.items[i];
		else
			ek_json_unref(l->v.items[i]);
	}
	l->v.n = n;
	return 0;
}

/* Scalars of both, each once. */
static void merge_scalars(struct items *original, const struct items *patch)
{
	PLACES seen = { 0 };
	struct items out = { 0 };

	for (size_t i = 0; i < original->v.n + patch->v.n; i++) {
		struct ek_json *v = i < original->v.n ? original->v.items[i] :
							patch->v.items[i - original->v.n];

		if (places_find(&seen, v) >= 0)
			continue;
		places_add(&seen, v);
		items_add(&out, ek_json_ref(v));
	}
	items_move(original, &out);
}

/*
 * Elements of the patch that carry "$patch": "delete" takes the element of that key away, "replace"
 * makes the rest of the patch the whole list. They leave the patch.
 */
static int apply_special(struct items *original, struct items *patch, const char *merge_key,
			 struct ek_err *err)
{
	PLACES deleted = { 0 };
	struct items rest = { 0 };
	bool replace = false;
	int rc = 0;

	for (size_t i = 0; i < patch->v.n && rc == 0; i++) {
		struct ek_json *v = patch->v.items[i];
		const struct ek_json *directive = ek_json_get(v, "$patch"), *key;

		if (!directive)
			items_add(&rest, ek_json_ref(v));
		else if (ek_streq(ek_json_str(directive), "replace"))
			replace = true;
		else if (ek_streq(ek_json_str(directive), "merge"))
			rc = ek_fail(err, EK_EINVALID,
				     "merging lists cannot yet be specified in the patch");
		else if (!ek_streq(ek_json_str(directive), "delete"))
			rc = ek_smp_bad_directive(directive, v, err);
		else if ((rc = key_of(v, merge_key, &key, err)) == 0)
			places_add(&deleted, key);
	}
	items_move(patch, &rest); /* drops the second owner of each */
	if (rc < 0)
		return rc;
	if (replace) {
		items_move(original, patch);
		return 0;
	}
	return filter(original, &deleted, false, merge_key, err);
}

/* Into the element of the same key, or to the end; `at` are the places afterwards. */
static int merge_maps(const struct ek_smp_list *how, struct items *original, struct items *patch,
		      struct places *at, struct ek_err *err)
{
	int rc = places_of(at, original, how->merge_key, err);

	for (size_t i = 0; i < patch->v.n && rc == 0; i++) {
		struct ek_json *v = patch->v.items[i];
		const struct ek_json *key;
		int64_t found;

		rc = key_of(v, how->merge_key, &key, err);
		if (rc < 0)
			break;
		found = places_find(at, key);
		if (found >= 0) {
			rc = ek_smp_merge_map(how->elem, &original->v.items[found], v, err);
			continue;
		}
		places_add(at, key);
		items_add(original, ek_json_copy(v));
	}
	return rc;
}

/*
 * `after` receives the places as "$setElementOrder" sees them. Upstream it looks at the list from
 * before, in whose memory elements were deleted and new ones appended meanwhile: as many of the new
 * ones as fit where deleted ones were have a place in it. So they have here, since kubectl apply
 * relies on no more than that and people see the order.
 */
static int merge_items(const struct ek_smp_list *how, struct items *original, struct items *patch,
		       bool is_delete, struct places *after, struct ek_err *err)
{
	size_t n_before = original->v.n;
	PLACES order = { 0 };
	PLACES server = { 0 };
	bool maps;
	int rc;

	if (original->v.n == 0 && patch->v.n == 0)
		return 0;
	rc = check_elements(original, patch, &maps, err);
	if (rc < 0)
		return rc;
	if (!maps && is_delete) {
		(void)places_of(&order, patch, "", NULL);
		return filter(original, &order, false, "", err);
	}
	if (maps && !*how->merge_key)
		return ek_fail(err, EK_EINVALID, "cannot merge lists without merge key for %s",
			       how->elem ? "struct" : "string");
	rc = maps ? apply_special(original, patch, how->merge_key, err) : 0;
	if (rc == 0)
		rc = places_of(&server, original, how->merge_key, err);
	if (rc == 0)
		rc = places_of(&order, patch, how->merge_key, err);
	if (rc < 0)
		return rc;
	if (maps) {
		rc = merge_maps(how, original, patch, after, err);
		after->limit = n_before;
	} else {
		(void)places_of(after, original, "", NULL);
		merge_scalars(original, patch);
	}
	return rc < 0 ? rc : put_in_order(original, &order, &server, how->merge_key, err);
}

int ek_smp_merge_list(const struct ek_smp_list *how, const struct ek_json *original,
		      const struct ek_json *patch, bool is_delete, struct ek_json **ret,
		      struct ek_err *err)
{
	PLACES after = { 0 };
	ITEMS into = { 0 };
	ITEMS with = { 0 };
	int rc;

	items_copy(&into, original);
	items_copy(&with, patch);
	rc = merge_items(how, &into, &with, is_delete, &after, err);
	if (rc < 0)
		return rc;
	*ret = items_array(&into);
	return 0;
}

/* ---- $setElementOrder ---- */

static int same_key(const struct ek_json *a, const struct ek_json *b, const char *merge_key,
		    bool *ret, struct ek_err *err)
{
	const struct ek_json *x, *y;
	int rc = key_of(a, merge_key, &x, err);

	if (rc == 0)
		rc = key_of(b, merge_key, &y, err);
	if (rc == 0)
		*ret = ek_json_type(x) == ek_json_type(y) && ek_json_equal(x, y);
	return rc;
}

/* What the patch sets must come in that order too; what it deletes need not. */
static int check_order(const struct ek_json *patch, const struct ek_json *order,
		       const char *merge_key, struct ek_err *err)
{
	EK_BUF struct ek_buf patch_text = EK_BUF_INIT(64 << 10), order_text = EK_BUF_INIT(64 << 10);
	size_t i = 0, n = ek_json_len(patch);

	if (n == 0 || ek_json_len(order) == 0)
		return 0;
	for (size_t j = 0; i < n && j < ek_json_len(order);) {
		const struct ek_json *v = ek_json_elem(patch, i);
		bool same = false;
		int rc;

		if (*merge_key && !ek_json_is_object(v))
			return ek_smp_bad_type("map[string]interface {}", v, err);
		if (ek_json_get(v, "$patch")) {
			i++;
			continue;
		}
		rc = same_key(v, ek_json_elem(order, j++), merge_key, &same, err);
		if (rc < 0)
			return rc;
		i += same;
	}
	while (i < n &&
	       ek_streq(ek_json_str(ek_json_get(ek_json_elem(patch, i), "$patch")), "delete"))
		i++;
	if (i == n)
		return 0;
	ek_go_print(&patch_text, patch);
	ek_go_print(&order_text, order);
	return ek_fail(err, EK_EINVALID,
		       "The order in patch list:\n%s\n doesn't match $setElementOrder list:\n%s\n",
		       patch_text.data, order_text.data);
}

/* The elements that are to be ordered: the server's, the patch's, or both merged. */
static int merge_for_order(const struct ek_smp_list *how, const struct ek_json *original,
			   struct ek_json *patch, struct items *out, struct places *server,
			   struct ek_err *err)
{
	ITEMS had = { 0 };
	ITEMS with = { 0 };
	bool maps;
	int rc;

	items_copy(&had, original);
	items_copy(&with, patch);
	rc = check_elements(&had, &with, &maps, err);
	if (rc < 0)
		return rc;
	if (original && patch && how->merges) {
		rc = merge_items(how, &had, &with, false, server, err);
		items_move(out, &had);
		return rc;
	}
	rc = places_of(server, &had, how->merge_key, err);
	if (!original)
		(void)ek_smp_remove_directives(patch);
	items_copy(out, patch ? patch : original);
	return rc;
}

int ek_smp_order_list(const struct ek_smp_list *how, const struct ek_json *original,
		      struct ek_json *patch, const struct ek_json *order, struct ek_json **ret,
		      struct ek_err *err)
{
	ITEMS merged = { 0 };
	ITEMS wanted = { 0 };
	PLACES at = { 0 };
	PLACES server = { 0 };
	int rc;

	if (original && !ek_json_is_array(original))
		return ek_smp_bad_type("[]interface {}", original, err);
	if (patch && !ek_json_is_array(patch))
		return ek_smp_bad_type("[]interface {}", patch, err);
	rc = check_order(patch, order, how->merge_key, err);
	if (rc < 0 || (!original && !patch))
		return rc;
	items_copy(&wanted, order);
	rc = merge_for_order(how, original, patch, &merged, &server, err);
	if (rc == 0)
		rc = places_of(&at, &wanted, how->merge_key, err);
	if (rc == 0)
		rc = put_in_order(&merged, &at, &server, how->merge_key, err);
	if (rc == 0)
		*ret = items_array(&merged);
	return rc;
}
