/* SPDX-License-Identifier: Apache-2.0 */
#include <ekube/meta.h>

#include <ekube/str.h>

#include <stdlib.h>

/*
 * RFC 6902 with the habits of the library in the API server, on which clients rely: "replace"
 * and "copy" of a member that is not there succeed (with null for copy), negative indexes count
 * from the end, and a whole document may be replaced but not added.
 *
 * Three things bound a hostile patch: how many operations, how many bytes are copied, and the
 * work that a short operation can cause (list elements shifted, values walked to know their
 * depth, which is checked wherever one goes in).
 */
enum {
	MAX_OPERATIONS = 10000,
	MAX_COPIED_BYTES = EK_JSON_MAX_BYTES,
	MAX_WORK = 20 << 20,
};

struct patcher {
	struct ek_json *doc;
	size_t          copied, work;
};

/* Where a pointer leads: a container and a key in it. */
struct place {
	struct ek_json *in; /* NULL: the path does not exist */
	char           *key;
	size_t          depth;
};

static void place_done(struct place *p)
{
	free(p->key);
}

/* ---- pointers ---- */

/* "~1" is "/", "~0" is "~". */
static char *unescape(const char *s, size_t n)
{
	char *out = ek_malloc(n + 1), *to = out;

	for (size_t i = 0; i < n; i++) {
		if (s[i] == '~' && i + 1 < n && (s[i + 1] == '0' || s[i + 1] == '1'))
			*to++ = s[++i] == '0' ? '~' : '/';
		else
			*to++ = s[i];
	}
	*to = '\0';
	return out;
}

/* An index into n elements, counted from the end when negative. */
static bool index_of(const char *key, size_t n, size_t *ret)
{
	int64_t i;

	if (ek_str_to_int(key, -(int64_t)n, (int64_t)n - 1, &i) < 0)
		return false;
	*ret = (size_t)(i < 0 ? i + (int64_t)n : i);
	return true;
}

static struct ek_json *child(const struct ek_json *in, const char *key)
{
	size_t i;

	if (ek_json_is_object(in))
		return ek_json_get(in, key);
	return index_of(key, ek_json_len(in), &i) ? ek_json_elem(in, i) : NULL;
}

static bool is_container(const struct ek_json *v)
{
	return ek_json_is_object(v) || ek_json_is_array(v);
}

static struct place find(struct patcher *p, const char *path)
{
	struct place at = { .in = p->doc, .depth = 1 };
	const char *seg = strchr(path, '/');

	if (!seg)
		return (struct place){ 0 };
	for (seg++;; seg++) {
		const char *end = strchrnul(seg, '/');
		char *key = unescape(seg, (size_t)(end - seg));

		if (*end == '\0') {
			at.key = key;
			return at;
		}
		at.in = child(at.in, key);
		free(key);
		at.depth++;
		if (!is_container(at.in))
			return (struct place){ 0 };
		seg = end;
	}
}

/* ---- what operations are made of ---- */

static bool work(struct patcher *p, const struct ek_json *v)
{
	p->work += 1 + ek_json_len(v);
	return p->work <= MAX_WORK;
}

static bool fits(struct patcher *p, const struct ek_json *v, size_t depth)
{
	if (!is_container(v))
		return true;
	if (depth >= EK_JSON_MAX_DEPTH || !work(p, v))
		return false;
	for (struct ek_json_iter it = ek_json_iter(v); ek_json_next(&it);)
		if (!fits(p, it.value, depth + 1))
			return false;
	return true;
}

static bool insert(struct patcher *p, const struct place *at, struct ek_json *take_value)
{
	EK_JSON struct ek_json *v = take_value;
	size_t i;

	if (!at->in || !fits(p, v, at->depth))
		return false;
	if (ek_json_is_object(at->in)) {
		ek_json_set(at->in, at->key, ek_steal(v));
		return true;
	}
	if (ek_streq(at->key, "-")) {
		ek_json_append(at->in, ek_steal(v));
		return true;
	}
	if (!index_of(at->key, ek_json_len(at->in) + 1, &i) || !work(p, at->in))
		return false;
	ek_json_insert(at->in, i, ek_steal(v));
	return true;
}

static bool take_out(struct patcher *p, const struct place *at)
{
	size_t i;

	if (!at->in || !child(at->in, at->key))
		return false;
	if (ek_json_is_object(at->in)) {
		ek_json_del(at->in, at->key);
		return true;
	}
	if (!index_of(at->key, ek_json_len(at->in), &i) || !work(p, at->in))
		return false;
	ek_json_remove(at->in, i);
	return true;
}

/* A value to be put into the document, private to it; no value is null. */
static struct ek_json *own(const struct ek_json *v)
{
	return v ? ek_json_copy(v) : ek_json_null();
}

/* What "from" names. A member that is not there is null, an element must be there. */
static bool source(struct patcher *p, const char *from, struct place *at, struct ek_json **ret)
{
	*at = find(p, from);
	if (!at->in)
		return false;
	*ret = child(at->in, at->key);
	return *ret || ek_json_is_object(at->in);
}

/* ---- operations ---- */

struct op {
	const char           *path, *from; /* NULL when absent */
	const struct ek_json *value;
};

static bool op_add(struct patcher *p, const struct op *op)
{
	EK_CLEANUP(place_done) struct place at = find(p, op->path);

	return insert(p, &at, own(op->value));
}

static bool op_remove(struct patcher *p, const struct op *op)
{
	EK_CLEANUP(place_done) struct place at = find(p, op->path);

	return take_out(p, &at);
}

static bool op_replace(struct patcher *p, const struct op *op)
{
	EK_CLEANUP(place_done) struct place at = { 0 };
	size_t i;

	if (!*op->path) {
		if (!is_container(op->value))
			return false;
		ek_json_unref(p->doc);
		p->doc = own(op->value);
		return true;
	}
	at = find(p, op->path);
	if (ek_json_is_object(at.in))
		return insert(p, &at, own(op->value));
	if (!at.in || !index_of(at.key, ek_json_len(at.in), &i) || !fits(p, op->value, at.depth))
		return false;
	ek_json_replace(at.in, i, own(op->value));
	return true;
}

static bool op_move(struct patcher *p, const struct op *op)
{
	EK_CLEANUP(place_done) struct place from = { 0 };
	EK_CLEANUP(place_done) struct place to = { 0 };
	EK_JSON struct ek_json *v = NULL;
	struct ek_json *found;

	if (!op->from || !source(p, op->from, &from, &found))
		return false;
	v = ek_json_ref(found);
	if (!take_out(p, &from))
		return false;
	to = find(p, op->path);
	return insert(p, &to, ek_steal(v));
}

static bool op_copy(struct patcher *p, const struct op *op)
{
	EK_CLEANUP(place_done) struct place from = { 0 };
	EK_CLEANUP(place_done) struct place to = { 0 };
	EK_BUF struct ek_buf text = EK_BUF_INIT(MAX_COPIED_BYTES - p->copied);
	struct ek_json *found;

	if (!op->from || !source(p, op->from, &from, &found) || ek_json_write(found, &text) < 0)
		return false;
	p->copied += text.len;
	to = find(p, op->path);
	return insert(p, &to, own(found));
}

static bool op_test(struct patcher *p, const struct op *op)
{
	EK_CLEANUP(place_done) struct place at = { 0 };
	struct ek_json *v;

	if (!*op->path)
		return op->value && ek_json_equal(p->doc, op->value);
	if (!source(p, op->path, &at, &v))
		return false;
	if (ek_json_is_null(v))
		return op->value && ek_json_is_null(op->value);
	return ek_json_equal(v, op->value);
}

static const struct {
	const char *name;
	bool (*run)(struct patcher *p, const struct op *op);
} operations[] = {
	{ "add", op_add },   { "remove", op_remove }, { "replace", op_replace },
	{ "move", op_move }, { "copy", op_copy },     { "test", op_test },
};

static bool apply(struct patcher *p, const struct ek_json *row)
{
	const char *name = ek_json_str(ek_json_get(row, "op"));
	const struct op op = {
		.path = ek_json_str(ek_json_get(row, "path")),
		.from = ek_json_str(ek_json_get(row, "from")),
		.value = ek_json_get(row, "value"),
	};

	for (size_t i = 0; op.path && i < EK_ARRAY_LEN(operations); i++)
		if (ek_streq(operations[i].name, name))
			return operations[i].run(p, &op);
	return false;
}

/* By enum ek_json_type, as Go's decoder calls them. */
static const char *const type_names[] = {
	"null", "null", "bool", "number", "number", "string", "array", "object",
};

/* A patch that is not a list of objects: 400, before anything is tried. */
static int check_shape(const struct ek_json *patch, struct ek_err *err)
{
	size_t n = ek_json_len(patch);

	if (!ek_json_is_array(patch))
		return ek_fail(err, EK_EBADREQUEST, "json: cannot unmarshal %s into Go value of type jsonpatch.Patch",
			       type_names[ek_json_type(patch)]);
	if (n > MAX_OPERATIONS)
		return ek_fail(err, EK_ETOOLARGE, "Request entity too large: The allowed maximum operations in a JSON patch is %d, got %zu",
			       MAX_OPERATIONS, n);
	for (size_t i = 0; i < n; i++) {
		enum ek_json_type t = ek_json_type(ek_json_elem(patch, i));

		if (t != EK_JSON_OBJECT && t != EK_JSON_NULL)
			return ek_fail(err, EK_EBADREQUEST, "json: cannot unmarshal %s into Go value of type jsonpatch.Operation",
				       type_names[t]);
	}
	return 0;
}

int ek_json_patch(const struct ek_json *doc, const struct ek_json *patch, struct ek_json **ret,
		  struct ek_err *err)
{
	struct patcher p = { 0 };
	int rc = check_shape(patch, err);

	if (rc < 0)
		return rc;
	p.doc = ek_json_copy(doc);
	for (size_t i = 0; i < ek_json_len(patch); i++) {
		if (apply(&p, ek_json_elem(patch, i)))
			continue;
		ek_json_unref(p.doc);
		/* whatever went wrong, the API tells no more than this */
		return ek_fail(err, EK_EINVALID, "the server rejected our request due to an error in our request");
	}
	*ret = p.doc;
	return 0;
}
