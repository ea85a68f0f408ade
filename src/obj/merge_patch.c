/* SPDX-License-Identifier: Apache-2.0 */
#include <ekube/meta.h>

#include <ekube/str.h>

/*
 * RFC 7386 as the API server applies it. Beyond the RFC, nulls are also dropped from objects
 * inside lists, except where a list replaces an object: that is what its library does and what
 * clients' stored objects show.
 */

static struct ek_json *without_nulls(const struct ek_json *v)
{
	struct ek_json *to;

	if (ek_json_is_array(v)) {
		to = ek_json_array();
		for (struct ek_json_iter it = ek_json_iter(v); ek_json_next(&it);)
			ek_json_append(to, without_nulls(it.value));
		return to;
	}
	if (!ek_json_is_object(v))
		return ek_json_copy(v);
	to = ek_json_object();
	for (struct ek_json_iter it = ek_json_iter(v); ek_json_next(&it);)
		if (!ek_json_is_null(it.value))
			ek_json_set(to, it.key, without_nulls(it.value));
	return to;
}

static void merge_into(struct ek_json *doc, const struct ek_json *patch)
{
	for (struct ek_json_iter it = ek_json_iter(patch); ek_json_next(&it);) {
		struct ek_json *cur = ek_json_get(doc, it.key);

		if (ek_json_is_null(it.value))
			ek_json_del(doc, it.key);
		else if (!ek_json_is_object(cur))
			ek_json_set(doc, it.key, without_nulls(it.value));
		else if (ek_json_is_object(it.value))
			merge_into(cur, it.value);
		else
			ek_json_set(doc, it.key, ek_json_copy(it.value));
	}
}

struct ek_json *ek_merge_patch(const struct ek_json *doc, const struct ek_json *patch)
{
	struct ek_json *to;

	if (!ek_json_is_object(doc) || !ek_json_is_object(patch))
		return without_nulls(patch);
	to = ek_json_copy(doc);
	merge_into(to, patch);
	return to;
}

/* What an object needs to become another; NULL for nothing. */
static struct ek_json *diff_objects(const struct ek_json *a, const struct ek_json *b)
{
	EK_JSON struct ek_json *diff = ek_json_object();

	for (struct ek_json_iter it = ek_json_iter(b); ek_json_next(&it);) {
		struct ek_json *was = ek_json_get(a, it.key);

		if (ek_json_is_object(was) && ek_json_is_object(it.value))
			ek_json_set(diff, it.key, diff_objects(was, it.value));
		else if (!was || !ek_json_equal(was, it.value))
			ek_json_set(diff, it.key, ek_json_copy(it.value));
	}
	for (struct ek_json_iter it = ek_json_iter(a); ek_json_next(&it);)
		if (!ek_json_get(b, it.key))
			ek_json_set(diff, it.key, ek_json_null());
	return ek_json_len(diff) ? ek_steal(diff) : NULL;
}

struct ek_json *ek_merge_diff(const struct ek_json *a, const struct ek_json *b)
{
	if (ek_json_is_object(a) && ek_json_is_object(b))
		return diff_objects(a, b);
	return ek_json_equal(a, b) ? NULL : ek_json_copy(b);
}
