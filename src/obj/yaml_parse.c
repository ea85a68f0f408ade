/* SPDX-License-Identifier: Apache-2.0 */
#include "text.h"
#include "value.h"
#include "yaml_scalar.h"

#include <ekube/str.h>
#include <ekube/vec.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

/*
 * Events to JSON values, without a tree of nodes between. An anchor keeps the finished value; an
 * alias takes a reference, so that a bomb costs nothing until its size is known: nodes and bytes
 * are counted as if expanded, and refused with Kubernetes' rule and words. What is left is
 * unshared at the end, so that callers get a tree that they may edit.
 */
struct anchor {
	char           *name;
	struct ek_json *value; /* NULL while its node is being read: an alias is a cycle */
	size_t          nodes, bytes;
	int             height;
};

struct loader {
	yaml_parser_t         parser;
	yaml_event_t          ev; /* the event ahead */
	EK_VEC(struct anchor) anchors;
	struct ek_buf         duplicates;
	struct ek_err        *err;
	size_t                nodes, alias_nodes, bytes, max;
	int                   depth;  /* collections around the node ahead */
	int                   height; /* collections within the last node read */
};

static int load_node(struct loader *l, struct ek_json **ret);

/* ---- events and errors ---- */

static int fail_yaml(struct loader *l, const char *what)
{
	return ek_fail(l->err, EK_EBADREQUEST, "yaml: %s", what);
}

/* Lines as goyaml counts them: from 0, except where the scanner failed. */
static int fail_parser(struct loader *l)
{
	const yaml_parser_t *p = &l->parser;
	const char *what = p->problem ? p->problem : "unknown problem parsing YAML content";
	size_t line = 0;

	EK_ASSERT(p->error != YAML_MEMORY_ERROR);
	if (p->problem_mark.line)
		line = p->problem_mark.line + (p->error == YAML_SCANNER_ERROR);
	else if (p->context_mark.line)
		line = p->context_mark.line;
	if (!line)
		return fail_yaml(l, what);
	return ek_fail(l->err, EK_EBADREQUEST, "yaml: line %zu: %s", line, what);
}

static int advance(struct loader *l)
{
	yaml_event_delete(&l->ev);
	return yaml_parser_parse(&l->parser, &l->ev) ? 0 : fail_parser(l);
}

/* ---- anchors ---- */

static struct anchor *find_anchor(struct loader *l, const char *name)
{
	for (size_t i = l->anchors.n; i-- > 0;)
		if (ek_streq(l->anchors.items[i].name, name))
			return &l->anchors.items[i];
	return NULL;
}

enum { MAX_ANCHORS = 1000, NO_ANCHOR = MAX_ANCHORS };

/* Reserve a place for the anchor of the event ahead; its index, NO_ANCHOR without one. */
static int open_anchor(struct loader *l, const yaml_char_t *name, size_t *ret)
{
	struct anchor a = { .nodes = l->nodes, .bytes = l->bytes };

	*ret = NO_ANCHOR;
	if (!name)
		return 0;
	if (l->anchors.n == MAX_ANCHORS)
		return fail_yaml(l, "document has too many anchors");
	a.name = ek_str_dup((const char *)name);
	*ret = l->anchors.n;
	ek_vec_push(&l->anchors, a);
	return 0;
}

static void close_anchor(struct loader *l, size_t i, const struct ek_json *v)
{
	struct anchor *a;

	if (i == NO_ANCHOR)
		return;
	a = &l->anchors.items[i];
	a->value = ek_json_ref(v);
	a->nodes = l->nodes - a->nodes;
	a->bytes = l->bytes - a->bytes;
	a->height = l->height;
}

static void drop_anchors(struct loader *l)
{
	for (size_t i = 0; i < l->anchors.n; i++) {
		free(l->anchors.items[i].name);
		ek_json_unref(l->anchors.items[i].value);
	}
	ek_vec_done(&l->anchors);
}

/* How much of a document may come from aliases: goyaml's figures. */
static double allowed_ratio(size_t nodes)
{
	static const double low = 400000, high = 4000000;

	if ((double)nodes <= low)
		return 0.99;
	if ((double)nodes >= high)
		return 0.10;
	return 0.99 - 0.89 * (((double)nodes - low) / (high - low));
}

static int load_alias(struct loader *l, struct ek_json **ret)
{
	const char *name = (const char *)l->ev.data.alias.anchor;
	struct anchor *a = find_anchor(l, name);

	if (!a)
		return ek_fail(l->err, EK_EBADREQUEST, "yaml: unknown anchor '%.100s' referenced", name);
	if (!a->value)
		return ek_fail(l->err, EK_EBADREQUEST, "yaml: anchor '%.100s' value contains itself", name);
	l->nodes += a->nodes + 1;
	l->alias_nodes += a->nodes;
	l->bytes += a->bytes;
	if ((l->alias_nodes > 100 && l->nodes > 1000 &&
	     (double)l->alias_nodes / (double)l->nodes > allowed_ratio(l->nodes)) ||
	    l->bytes > l->max * 2)
		return fail_yaml(l, "document contains excessive aliasing");
	if (l->depth + a->height > EK_JSON_MAX_DEPTH) /* hung below something deep */
		return fail_yaml(l, "exceeded max depth");
	l->height = a->height;
	*ret = ek_json_ref(a->value);
	return advance(l);
}

/* ---- scalars ---- */

static const char core_tag[] = "tag:yaml.org,2002:";

static const char *kind_name(enum yaml_kind k)
{
	static const char *const names[] = { "str", "null", "bool", "int", "float", "float" };

	return names[k];
}

enum { NAN_, MINUS_INF, PLUS_INF };

/* Which of the floats that JSON cannot say a text like "-.Inf" is. */
static int which_not_finite(const char *text)
{
	if (strchr("nN", text[strlen(text) - 1]))
		return NAN_;
	return *text == '-' ? MINUS_INF : PLUS_INF;
}

static int scalar_json(struct loader *l, const struct yaml_scalar *s, const char *text, size_t n,
		       struct ek_json **ret)
{
	static const char *const words[] = { "NaN", "-Inf", "+Inf" };

	switch (s->kind) {
	case YAML_STR:   *ret = ek_json_new_strn(text, n); break;
	case YAML_NULL:  *ret = ek_json_null(); break;
	case YAML_BOOL:  *ret = ek_json_new_bool(s->b); break;
	case YAML_INT:   *ret = ek_json_new_int(s->i); break;
	case YAML_FLOAT: *ret = ek_json_new_real(s->d); break;
	case YAML_NOT_FINITE:
		return ek_fail(l->err, EK_EBADREQUEST, "json: unsupported value: %s",
			       words[which_not_finite(text)]);
	}
	return 0;
}

static int binary(struct loader *l, const char *text, size_t n, struct ek_json **ret)
{
	EK_FREE char *data = NULL;

	if (ek_base64_decode(text, n, false, &data, &n) < 0)
		return fail_yaml(l, "!!binary value contains invalid base64 data");
	*ret = ek_json_new_strn(data, n);
	return 0;
}

/* A scalar with a tag: the tag decides, or must agree with what the text looks like. */
static int tagged(struct loader *l, const char *tag, const char *text, size_t n,
		  struct ek_json **ret)
{
	static const struct yaml_scalar str = { .kind = YAML_STR };
	struct yaml_scalar s;

	if (ek_str_starts(tag, core_tag))
		tag += sizeof core_tag - 1;
	else
		tag = "str"; /* of an application: its text */
	if (ek_streq(tag, "binary"))
		return binary(l, text, n, ret);
	if (!ek_streq(tag, "bool") && !ek_streq(tag, "int") && !ek_streq(tag, "float") && !ek_streq(tag, "null"))
		return scalar_json(l, &str, text, n, ret);
	s = ek_yaml_resolve(text, n);
	if (s.kind == YAML_INT && ek_streq(tag, "float"))
		return scalar_json(l, &(struct yaml_scalar){ .kind = YAML_FLOAT, .d = (double)s.i },
				   text, n, ret);
	if (!ek_streq(tag, kind_name(s.kind)))
		return ek_fail(l->err, EK_EBADREQUEST, "yaml: cannot decode !!%s `%.*s` as a !!%s",
			       kind_name(s.kind), (int)EK_MIN(n, 100), text, tag);
	return scalar_json(l, &s, text, n, ret);
}

static int load_scalar(struct loader *l, struct ek_json **ret)
{
	static const struct yaml_scalar str = { .kind = YAML_STR };
	const char *text = (const char *)l->ev.data.scalar.value;
	const char *tag = (const char *)l->ev.data.scalar.tag;
	size_t n = l->ev.data.scalar.length;
	size_t anchor;
	int rc = open_anchor(l, l->ev.data.scalar.anchor, &anchor);

	if (rc < 0)
		return rc;
	l->nodes++;
	l->bytes += n;
	l->height = 0;
	if (tag) {
		rc = tagged(l, tag, text, n, ret);
	} else if (l->ev.data.scalar.plain_implicit) {
		struct yaml_scalar s = ek_yaml_resolve(text, n);

		rc = scalar_json(l, &s, text, n, ret);
	} else {
		rc = scalar_json(l, &str, text, n, ret);
	}
	if (rc < 0)
		return rc;
	close_anchor(l, anchor, *ret);
	rc = advance(l);
	if (rc < 0)
		ek_json_unrefp(ret);
	return rc;
}

/* ---- mappings ---- */

/* strconv.FormatFloat(d, 'g', -1, 32), which is what a float as a key becomes. */
static char *float_key(double d)
{
	char text[48];
	int precision = 1, exp;

	for (; precision < 9; precision++) {
		(void)snprintf(text, sizeof text, "%.*e", precision - 1, d);
		if (strtof(text, NULL) == (float)d)
			break;
	}
	(void)snprintf(text, sizeof text, "%.*e", precision - 1, d);
	exp = (int)strtol(strchr(text, 'e') + 1, NULL, 10);
	if (exp >= -4 && exp < 6)
		(void)snprintf(text, sizeof text, "%.*f", EK_MAX(precision - 1 - exp, 0), d);
	return ek_str_dup(text);
}

static int key_text(struct loader *l, const struct ek_json *k, char **ret)
{
	switch (ek_json_type(k)) {
	case EK_JSON_STR:
		if (strlen(ek_json_str(k)) != ek_json_str_len(k))
			return fail_yaml(l, "invalid map key: it holds a NUL byte");
		*ret = ek_str_dup(ek_json_str(k));
		return 0;
	case EK_JSON_INT:
		*ret = ek_str_dup(EK_I(ek_json_int(k, 0)));
		return 0;
	case EK_JSON_REAL:
		*ret = float_key(ek_json_real(k, 0));
		return 0;
	case EK_JSON_BOOL:
		*ret = ek_str_dup(ek_json_bool(k, false) ? "true" : "false");
		return 0;
	case EK_JSON_NULL:
		return ek_fail(l->err, EK_EBADREQUEST, "unsupported map key of type: null");
	default:
		return fail_yaml(l, "invalid map key: only scalars may be keys");
	}
}

/* Infinities have a text as keys, though not as values. */
static int load_key(struct loader *l, char **ret)
{
	static const char *const words[] = { ".nan", "-.inf", ".inf" };
	EK_JSON struct ek_json *k = NULL;
	int rc;

	if (l->ev.type == YAML_SCALAR_EVENT && l->ev.data.scalar.plain_implicit) {
		const char *text = (const char *)l->ev.data.scalar.value;

		if (ek_yaml_resolve(text, l->ev.data.scalar.length).kind == YAML_NOT_FINITE) {
			*ret = ek_str_dup(words[which_not_finite(text)]);
			return advance(l);
		}
	}
	rc = load_node(l, &k);
	return rc < 0 ? rc : key_text(l, k, ret);
}

static void put(struct loader *l, struct ek_json *map, const char *key, struct ek_json *take_value,
		size_t line)
{
	char quoted[160];

	if (ek_json_get(map, key))
		(void)ek_buf_fmt(&l->duplicates, "%sline %zu: key %s already set in map",
				 l->duplicates.len ? "\n" : "", line + 1, ek_quote(key, quoted, sizeof quoted));
	(void)object_put(map, key, strlen(key), take_value);
}

static bool is_merge(const yaml_event_t *ev)
{
	return ev->type == YAML_SCALAR_EVENT && ek_streq((const char *)ev->data.scalar.value, "<<") &&
	       (ev->data.scalar.plain_implicit ||
		ek_streq((const char *)ev->data.scalar.tag, "tag:yaml.org,2002:merge"));
}

static void merge_map(struct loader *l, struct ek_json *into, const struct ek_json *from,
		      size_t line)
{
	for (struct ek_json_iter it = ek_json_iter(from); ek_json_next(&it);)
		put(l, into, it.key, ek_json_ref(it.value), line);
}

/* "<<": a map, or a list of maps of which earlier ones win. */
static int load_merge(struct loader *l, struct ek_json *into)
{
	EK_JSON struct ek_json *from = NULL;
	bool list;
	size_t line;
	int rc = advance(l);

	if (rc < 0)
		return rc;
	list = l->ev.type == YAML_SEQUENCE_START_EVENT;
	line = l->ev.start_mark.line;
	rc = load_node(l, &from);
	if (rc < 0)
		return rc;
	for (size_t i = ek_json_len(from); list && i-- > 0;) {
		if (!ek_json_is_object(ek_json_elem(from, i)))
			return fail_yaml(l, "map merge requires map or sequence of maps as the value");
		merge_map(l, into, ek_json_elem(from, i), line);
	}
	if (!list && !ek_json_is_object(from))
		return fail_yaml(l, "map merge requires map or sequence of maps as the value");
	if (!list)
		merge_map(l, into, from, line);
	return 0;
}

static int load_entry(struct loader *l, struct ek_json *map)
{
	EK_FREE char *key = NULL;
	struct ek_json *v = NULL;
	size_t line;
	int rc;

	if (is_merge(&l->ev))
		return load_merge(l, map);
	rc = load_key(l, &key);
	if (rc < 0)
		return rc;
	line = l->ev.start_mark.line;
	l->bytes += strlen(key);
	rc = load_node(l, &v);
	if (rc == 0)
		put(l, map, key, v, line);
	return rc;
}

/* ---- collections ---- */

static int load_children(struct loader *l, struct ek_json *into, yaml_event_type_t end)
{
	int rc = advance(l);
	int tallest = 0;

	while (rc == 0 && l->ev.type != end) {
		struct ek_json *v = NULL;

		rc = ek_json_is_object(into) ? load_entry(l, into) : load_node(l, &v);
		tallest = EK_MAX(tallest, l->height);
		if (v)
			array_append(into, v);
	}
	l->height = tallest + 1;
	return rc < 0 ? rc : advance(l);
}

static int load_collection(struct loader *l, struct ek_json **ret)
{
	bool map = l->ev.type == YAML_MAPPING_START_EVENT;
	EK_JSON struct ek_json *v = map ? ek_json_object() : ek_json_array();
	const yaml_char_t *name = map ? l->ev.data.mapping_start.anchor :
					l->ev.data.sequence_start.anchor;
	size_t anchor;
	int rc = open_anchor(l, name, &anchor);

	if (rc < 0)
		return rc;
	if (l->depth == EK_JSON_MAX_DEPTH)
		return fail_yaml(l, "exceeded max depth");
	l->depth++;
	l->nodes++;
	l->bytes += 2;
	rc = load_children(l, v, map ? YAML_MAPPING_END_EVENT : YAML_SEQUENCE_END_EVENT);
	l->depth--;
	if (rc < 0)
		return rc;
	close_anchor(l, anchor, v);
	*ret = ek_steal(v);
	return 0;
}

/* The node ahead; the event behind it is ahead afterwards. */
static int load_node(struct loader *l, struct ek_json **ret)
{
	switch (l->ev.type) {
	case YAML_ALIAS_EVENT:          return load_alias(l, ret);
	case YAML_SCALAR_EVENT:         return load_scalar(l, ret);
	case YAML_SEQUENCE_START_EVENT:
	case YAML_MAPPING_START_EVENT:  return load_collection(l, ret);
	default:                        return fail_yaml(l, "unexpected event");
	}
}

/* ---- documents ---- */

/* The document ahead, *ret NULL at the end of the stream. */
static int load_document(struct loader *l, struct ek_json **ret)
{
	EK_JSON struct ek_json *v = NULL;
	bool aliases;
	int rc = 0;

	while (rc == 0 && l->ev.type != YAML_DOCUMENT_START_EVENT &&
	       l->ev.type != YAML_STREAM_END_EVENT)
		rc = advance(l);
	if (rc < 0 || l->ev.type == YAML_STREAM_END_EVENT)
		return rc;
	l->nodes = l->alias_nodes = l->bytes = 0;
	rc = advance(l);
	if (rc == 0)
		rc = load_node(l, &v);
	aliases = l->anchors.n > 0;
	drop_anchors(l);
	if (rc < 0)
		return rc;
	if (aliases)
		(void)ek_json_edit(&v);
	*ret = ek_steal(v);
	return 0;
}

static int open_loader(struct loader *l, const char *text, size_t n, size_t max, struct ek_err *err)
{
	*l = (struct loader){ .err = err, .max = max, .duplicates = EK_BUF_INIT(16 << 10) };
	EK_ASSERT(yaml_parser_initialize(&l->parser));
	if (n > max)
		return ek_fail(err, EK_ETOOLARGE, "Request entity too large: limit is %zu", max);
	yaml_parser_set_input_string(&l->parser, (const unsigned char *)text, n);
	return advance(l);
}

static void close_loader(struct loader *l)
{
	drop_anchors(l);
	ek_buf_done(&l->duplicates);
	yaml_event_delete(&l->ev);
	yaml_parser_delete(&l->parser);
}

int ek_yaml_parse_dup(const char *text, size_t n, size_t max, struct ek_json **ret,
		      char **ret_duplicates, struct ek_err *err)
{
	EK_CLEANUP(close_loader) struct loader l;
	struct ek_json *v = NULL;
	int rc = open_loader(&l, text, n, max, err);

	if (rc == 0)
		rc = load_document(&l, &v);
	if (rc < 0)
		return rc;
	*ret = v ? v : ek_json_null();
	if (ret_duplicates)
		*ret_duplicates = l.duplicates.len ? ek_buf_steal(&l.duplicates) : NULL;
	return 0;
}

int ek_yaml_parse(const char *text, size_t n, size_t max, struct ek_json **ret, struct ek_err *err)
{
	return ek_yaml_parse_dup(text, n, max, ret, NULL, err);
}

int ek_yaml_parse_all(const char *text, size_t n, size_t max, struct ek_json **ret,
		      struct ek_err *err)
{
	EK_CLEANUP(close_loader) struct loader l;
	EK_JSON struct ek_json *all = ek_json_array();
	int rc = open_loader(&l, text, n, max, err);

	while (rc == 0) {
		struct ek_json *v = NULL;

		rc = load_document(&l, &v);
		if (rc == 0 && !v)
			break;
		if (ek_json_is_null(v))
			ek_json_unref(v);
		else
			ek_json_append(all, v);
	}
	if (rc < 0)
		return rc;
	*ret = ek_steal(all);
	return 0;
}
