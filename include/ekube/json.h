/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * JSON values: counted trees. How they lie in memory is known below src/obj only.
 *
 * A value is built or edited by the one who holds its only reference and is immutable from the
 * moment it is shared: ek_json_set & co assert that the container has one reference.
 * ek_json_edit() gives a private copy when needed. Counts are atomic: values cross threads.
 *
 * Every reader accepts NULL for "absent" and answers with absent (NULL, default, 0), so paths
 * need no checks in between.
 */

#include <ekube/buf.h>
#include <ekube/err.h>

struct ek_json;

enum ek_json_type {
	EK_JSON_ABSENT, /* a NULL pointer */
	EK_JSON_NULL,
	EK_JSON_BOOL,
	EK_JSON_INT,
	EK_JSON_REAL,
	EK_JSON_STR,
	EK_JSON_ARRAY,
	EK_JSON_OBJECT,
};

enum {
	EK_JSON_MAX_BYTES = 3 << 20, /* what the API server accepts in a request (3 MiB) */
	EK_JSON_MAX_DEPTH = 512,
};

struct ek_json *ek_json_ref(const struct ek_json *v); /* returns v without const */
void            ek_json_unref(struct ek_json *v);
void            ek_json_unrefp(struct ek_json **v);
#define EK_JSON EK_CLEANUP(ek_json_unrefp)
/*
 * The main thread keeps the memory of dropped values for the next ones. ek_json_kept() tells how many
 * bytes; when there will be no values for a while, ek_json_trim() gives them back.
 */
size_t          ek_json_kept(void);
void            ek_json_trim(void);

/* ---- text ---- */
/*
 * EK_EBADREQUEST with line and column for what is not JSON, EK_ETOOLARGE past max bytes. The
 * whole text must be one value. Of duplicate keys the last wins; *ret_duplicate (may be NULL)
 * receives the paths of duplicate fields, malloc'd, one a line ("spec.containers[0].name"), NULL
 * when there is none. At most 100, as Kubernetes' strict decoding reports.
 */
int ek_json_parse(const char *text, size_t n, size_t max, struct ek_json **ret,
		  char **ret_duplicate, struct ek_err *err);
/* Compact, keys in order of insertion. 0 or EK_ETOOLARGE. */
int   ek_json_write(const struct ek_json *v, struct ek_buf *out);
int   ek_json_write_pretty(const struct ek_json *v, struct ek_buf *out); /* indent 2 */
char *ek_json_text(const struct ek_json *v); /* malloc'd, for messages and small values */

/* YAML 1.1 as Kubernetes reads it (sigs.k8s.io/yaml): one document; aliases are bounded. */
int ek_yaml_parse(const char *text, size_t n, size_t max, struct ek_json **ret, struct ek_err *err);
/* The same, with duplicate keys: lines as upstream's strict mode says them, "line 3: key "a" already
 * set in map", malloc'd, NULL when there is none. */
int ek_yaml_parse_dup(const char *text, size_t n, size_t max, struct ek_json **ret,
		      char **ret_duplicates, struct ek_err *err);
/* All documents of a stream, as an array; empty ones are left out. */
int ek_yaml_parse_all(const char *text, size_t n, size_t max, struct ek_json **ret, struct ek_err *err);
int ek_yaml_write(const struct ek_json *v, struct ek_buf *out); /* block style, keys sorted */

/* ---- reading ---- */
enum ek_json_type ek_json_type(const struct ek_json *v);
static inline bool ek_json_is_object(const struct ek_json *v)
{
	return ek_json_type(v) == EK_JSON_OBJECT;
}
static inline bool ek_json_is_array(const struct ek_json *v)
{
	return ek_json_type(v) == EK_JSON_ARRAY;
}
static inline bool ek_json_is_null(const struct ek_json *v) /* absent or null */
{
	return ek_json_type(v) <= EK_JSON_NULL;
}

struct ek_json *ek_json_getn(const struct ek_json *obj, const char *key, size_t n);  /* borrowed */
/* Inline, because the length of a key that stands in the code is known there. */
static inline __attribute__((always_inline)) struct ek_json *ek_json_get(const struct ek_json *obj, const char *key)
{
	return key ? ek_json_getn(obj, key, __builtin_strlen(key)) : NULL;
}
/* "spec.template.metadata", "spec.containers.0.name": for keys and indexes known to the code. Borrowed. */
struct ek_json *ek_json_at(const struct ek_json *v, const char *path);

const char *ek_json_str(const struct ek_json *v);                     /* NULL unless a string; borrowed */
size_t      ek_json_str_len(const struct ek_json *v);
int64_t     ek_json_int(const struct ek_json *v, int64_t dflt);       /* a REAL without fraction counts */
double      ek_json_real(const struct ek_json *v, double dflt);       /* INT or REAL */
bool        ek_json_bool(const struct ek_json *v, bool dflt);
/* The same through a path. */
const char *ek_json_str_at(const struct ek_json *v, const char *path);
int64_t     ek_json_int_at(const struct ek_json *v, const char *path, int64_t dflt);
bool        ek_json_bool_at(const struct ek_json *v, const char *path, bool dflt);

size_t          ek_json_len(const struct ek_json *v);                 /* elements or members; else 0 */
struct ek_json *ek_json_elem(const struct ek_json *arr, size_t i);    /* borrowed */
/* The element whose member `key` is the string `value`; NULL when none. ret_i may be NULL. */
struct ek_json *ek_json_find(const struct ek_json *arr, const char *key, const char *value, size_t *ret_i);
bool            ek_json_has_str(const struct ek_json *arr, const char *s); /* an array of strings contains s */

/* for (struct ek_json_iter it = ek_json_iter(v); ek_json_next(&it);) it.key, it.value. Order of insertion. */
struct ek_json_iter {
	const char     *key;   /* NULL in an array */
	struct ek_json *value; /* borrowed */
	size_t          i;
	/* private */
	const struct ek_json *in;
	void                 *pos;
};
struct ek_json_iter ek_json_iter(const struct ek_json *v);
bool                ek_json_next(struct ek_json_iter *it);

bool ek_json_equal(const struct ek_json *a, const struct ek_json *b); /* deep; 1 == 1.0; absent != null */
/* As apimachinery's equality.Semantic: absent, null, "", 0-length maps and lists are the same. */
bool ek_json_same(const struct ek_json *a, const struct ek_json *b);

/* ---- building ---- */
struct ek_json *ek_json_object(void);
struct ek_json *ek_json_array(void);
struct ek_json *ek_json_null(void);
struct ek_json *ek_json_new_bool(bool b);
struct ek_json *ek_json_new_int(int64_t n);
struct ek_json *ek_json_new_real(double d);
struct ek_json *ek_json_new_str(const char *s);                 /* NULL s gives null; bad UTF-8 is replaced */
struct ek_json *ek_json_new_strn(const char *s, size_t n);
struct ek_json *ek_json_new_fmt(const char *fmt, ...) EK_PRINTF(1, 2);

void ek_json_set(struct ek_json *obj, const char *key, struct ek_json *take_value); /* NULL value removes */
void ek_json_set_str(struct ek_json *obj, const char *key, const char *s);          /* NULL removes */
void ek_json_set_int(struct ek_json *obj, const char *key, int64_t n);
void ek_json_set_bool(struct ek_json *obj, const char *key, bool b);
void ek_json_del(struct ek_json *obj, const char *key);
void ek_json_append(struct ek_json *arr, struct ek_json *take_value);
void ek_json_insert(struct ek_json *arr, size_t i, struct ek_json *take_value);
void ek_json_replace(struct ek_json *arr, size_t i, struct ek_json *take_value);
void ek_json_remove(struct ek_json *arr, size_t i);
/* Through a dotted path, making objects on the way. Every container on the way must be unshared. */
void ek_json_set_at(struct ek_json *obj, const char *path, struct ek_json *take_value);

/*
 * A tree from a template: the text is JSON with %s %d (int) %D (int64_t) %b (bool) %v (struct
 * ek_json *, borrowed, a reference is kept; NULL drops the member) in place of values, and %s in
 * place of or inside strings and keys: ek_json_make("{'kind':'Pod','metadata':{'name':%s}}", name).
 * Single quotes stand for double quotes. A %s whose argument is NULL drops the member.
 * A malformed template is a bug and aborts.
 */
struct ek_json *ek_json_make(const char *tmpl, ...) EK_MUST_USE;
/*
 * One more reference to a constant: a template without arguments, made once and kept in *slot (static,
 * NULL at first). It may stand in any number of trees; who wants to edit those calls ek_json_edit().
 */
struct ek_json *ek_json_const(struct ek_json **slot, const char *tmpl) EK_MUST_USE;

struct ek_json *ek_json_copy(const struct ek_json *v); /* deep */
/*
 * A value that may be edited in place: *p itself when nothing in it is shared, else a deep copy
 * that replaces *p (dropping the old reference). Returns *p.
 */
struct ek_json *ek_json_edit(struct ek_json **p);
