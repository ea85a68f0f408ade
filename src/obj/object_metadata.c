/* SPDX-License-Identifier: Apache-2.0 */
#include <ekube/object.h>

#include <string.h>

/*
 * Metadata cut out of an object's bytes: no tree is made, since caches do this to every object that
 * anybody writes. The bytes are our own encoder's: no white space, "metadata" behind the head. Where they
 * are not, the object stays whole.
 */

static bool is_kept(const char *key, size_t n)
{
	static const char *const kept[] = {
		"name",
		"namespace",
		"uid",
		"generation",
		"labels",
		"ownerReferences",
		"finalizers",
		"deletionTimestamp",
		"deletionGracePeriodSeconds",
	};

	for (size_t i = 0; i < EK_ARRAY_LEN(kept); i++)
		if (strlen(kept[i]) == n && memcmp(kept[i], key, n) == 0)
			return true;
	return false;
}

/* Behind the string that begins at p; NULL when it has no end. */
static const char *skip_string(const char *p)
{
	for (p++; *p && *p != '"'; p++)
		if (*p == '\\' && p[1])
			p++;
	return *p ? p + 1 : NULL;
}

/* The comma or brace behind the value at p; NULL when there is none. */
static const char *skip_value(const char *p)
{
	for (int depth = 0; p && *p;) {
		if (*p == '"') {
			p = skip_string(p);
			continue;
		}
		if (depth == 0 && (*p == ',' || *p == '}'))
			return p;
		depth += (*p == '{' || *p == '[') - (*p == '}' || *p == ']');
		p++;
	}
	return NULL;
}

/* Members from p, which is behind the opening brace; false when they are not as expected. */
static bool copy_members(const char *p, struct ek_buf *out)
{
	size_t start = out->len;

	while (*p == '"') {
		const char *key = p + 1, *colon = skip_string(p), *end;

		if (!colon || *colon != ':')
			return false;
		end = skip_value(colon + 1);
		if (!end)
			return false;
		if (is_kept(key, (size_t)(colon - 1 - key))) {
			(void)ek_buf_str(out, out->len > start ? "," : "");
			(void)ek_buf_append(out, p, (size_t)(end - p));
		}
		p = end + (*end == ',');
	}
	return *p == '}';
}

struct ek_object *ek_object_metadata(const struct ek_object *o)
{
	EK_BUF struct ek_buf out = EK_BUF_INIT(UINT32_MAX / 2);
	EK_CLEANUP(ek_bytes_unrefp) struct ek_bytes *value = NULL;
	struct ek_object *ret = NULL;

	(void)ek_buf_append(&out, o->value->data, o->rv_at);
	if (!copy_members(o->value->data + o->rv_at, &out))
		return ek_object_twin(o);
	(void)ek_buf_str(&out, "}}");
	value = ek_bytes_new(out.data, out.len);
	if (ek_object_from_stored(value, o->index, o->rev, &ret, NULL) < 0)
		return ek_object_twin(o);
	return ret;
}
