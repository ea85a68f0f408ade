/* SPDX-License-Identifier: Apache-2.0 */
#include "type.h"

#include <ekube/str.h>
#include <stdlib.h>

enum { MAX_ROWS = UINT16_MAX / 2, MAX_LOOK = 8 };

static uint32_t hash(const char *s)
{
	uint32_t h = 2166136261u;

	for (; *s; s++)
		h = (h ^ (uint8_t)*s) * 16777619u;
	return h ^ (h >> 15);
}

bool ek_field_always(const struct ek_field *f)
{
	if (f->flags & EK_KEEP)
		return true;
	if (f->shape != EK_ONE || (f->flags & EK_POINTER))
		return false;
	switch (f->type) {
	case EK_F_OBJ:
	case EK_F_TIME:
	case EK_F_MICROTIME:
	case EK_F_DURATION:
	case EK_F_QUANTITY:
	case EK_F_INTORSTR:
	case EK_F_RAW:
		return true;
	default:
		return false;
	}
}

static bool has_check(const struct ek_field *f)
{
	return f->one_of || f->check || f->min || f->max ||
	       (f->flags & (EK_REQUIRED | EK_IMMUTABLE));
}

static bool has_default(const struct ek_field *f)
{
	return f->dflt != NULL;
}

/*
 * Some field of the type, or of what it holds. Types may hold themselves: deep down it is taken for
 * granted.
 */
static bool any_in(const struct ek_type *t, bool (*has)(const struct ek_field *f), int depth)
{
	for (size_t i = 0; i < t->n_fields; i++) {
		const struct ek_field *f = &t->fields[i];

		if (has(f) ||
		    (f->type == EK_F_OBJ && (depth == 0 || any_in(f->of, has, depth - 1))))
			return true;
	}
	return false;
}

static bool any_below(const struct ek_field *f, bool (*has)(const struct ek_field *f))
{
	return f->type == EK_F_OBJ && any_in(f->of, has, MAX_LOOK);
}

static size_t count_rows(const struct ek_type *t)
{
	size_t n = 0;

	for (size_t i = 0; i < t->n_fields; i++) {
		const struct ek_field *f = &t->fields[i];

		n += (f->flags & EK_INLINE) ? count_rows(f->of) : 1;
	}
	return n;
}

static struct ek_json *parse_default(const struct ek_field *f)
{
	struct ek_json *v = NULL;

	if (!f->dflt)
		return NULL;
	EK_ASSERT(ek_json_parse(f->dflt, strlen(f->dflt), EK_JSON_MAX_BYTES, &v, NULL, NULL) == 0);
	return v;
}

static void add_rows(struct ek_type_index *ix, const struct ek_type *t)
{
	for (size_t i = 0; i < t->n_fields; i++) {
		const struct ek_field *f = &t->fields[i];
		struct ek_type_row *row;

		if (f->flags & EK_INLINE) {
			add_rows(ix, f->of);
			continue;
		}
		row = &ix->rows[ix->n++];
		row->f = f;
		row->dflt = parse_default(f);
		row->always = ek_field_always(f);
		/* metadata has rules of its own: ek_meta_validate() */
		row->checked = f->of != &ek_type_object_meta &&
			       (has_check(f) || any_below(f, has_check));
		row->deep = any_below(f, has_default);
		ix->checks |= row->checked;
		ix->deep |= row->deep;
	}
}

static void add_slots(struct ek_type_index *ix)
{
	for (size_t i = 0; i < ix->n; i++) {
		uint32_t at = hash(ix->rows[i].f->name) & ix->mask;

		while (ix->slots[at])
			at = (at + 1) & ix->mask;
		ix->slots[at] = (uint16_t)(i + 1);
		if (ix->rows[i].dflt)
			ix->dflt[ix->n_dflt++] = (uint16_t)i;
	}
}

static void index_free(struct ek_type_index *ix)
{
	if (!ix)
		return;
	for (size_t i = 0; i < ix->n; i++)
		ek_json_unref(ix->rows[i].dflt);
	free(ix->rows);
	free(ix->dflt);
	free(ix->slots);
	free(ix);
}

static struct ek_type_index *index_new(const struct ek_type *t)
{
	struct ek_type_index *ix = ek_new(struct ek_type_index);
	size_t n = count_rows(t), n_slots = 4;

	EK_ASSERT(n <= MAX_ROWS);
	while (n_slots < n * 2)
		n_slots *= 2;
	ix->mask = (uint32_t)n_slots - 1;
	ix->rows = ek_calloc(n + 1, sizeof(*ix->rows));
	ix->dflt = ek_calloc(n + 1, sizeof(*ix->dflt));
	ix->slots = ek_calloc(n_slots, sizeof(*ix->slots));
	add_rows(ix, t);
	add_slots(ix);
	return ix;
}

const struct ek_type_index *ek_type_index(const struct ek_type *t)
{
	struct ek_type_index *ix = __atomic_load_n(&t->cache->index, __ATOMIC_ACQUIRE);
	struct ek_type_index *mine;

	if (ix)
		return ix;
	mine = index_new(t);
	if (__atomic_compare_exchange_n(&t->cache->index, &ix, mine, false, __ATOMIC_ACQ_REL,
					__ATOMIC_ACQUIRE))
		return mine;
	index_free(mine); /* another thread was faster */
	return ix;
}

int ek_type_find(const struct ek_type_index *ix, const char *name)
{
	for (uint32_t at = hash(name) & ix->mask; ix->slots[at]; at = (at + 1) & ix->mask) {
		int i = ix->slots[at] - 1;

		if (strcmp(ix->rows[i].f->name, name) == 0)
			return i;
	}
	return -1;
}

const struct ek_field *ek_type_field(const struct ek_type *t, const char *name)
{
	const struct ek_type_index *ix = ek_type_index(t);
	int i = ek_type_find(ix, name);

	return i < 0 ? NULL : ix->rows[i].f;
}

void ek_type_cache_done(struct ek_type_cache *c)
{
	index_free(c->index);
	c->index = NULL;
}
