/* SPDX-License-Identifier: Apache-2.0 */
#include "value.h"

#include "nodes.h"
#include "words.h"

/* Before any thread and any value. */
__attribute__((constructor)) static void start(void)
{
	nodes_start();
	words_start();
}

/* ---- scalars ---- */

struct ek_json *text_new(const char *s, size_t n)
{
	struct ek_json *v = words_find(s, n);
	size_t at = n <= SHORT_MAX ? SHORT_AT : LONG_AT;
	uint32_t len = (uint32_t)n;
	char *to;

	if (v)
		return v;
	EK_ASSERT(n < UINT32_MAX);
	to = nodes_alloc(at + n + 1);
	v = NODE(struct ek_json, to);
	*v = (struct ek_json){
		.refs = 1,
		.type = EK_JSON_STR,
		.wide = n > SHORT_MAX,
		.n = (uint8_t)n,
		.room = n ? (uint8_t)*s : 0, /* text_tag */
	};
	if (v->wide)
		memcpy(to + sizeof(*v), &len, sizeof(len));
	memcpy(to + at, s, n);
	to[at + n] = '\0';
	return v;
}

static struct number *number_new(enum ek_json_type type)
{
	struct number *v = nodes_alloc(sizeof(*v));

	v->head = (struct ek_json){ .refs = 1, .type = (uint8_t)type };
	return v;
}

/* Most numbers are ports, seconds and counts. */
#define SMALL_1(i_) { { .refs = IMMORTAL, .type = EK_JSON_INT }, { .i = (i_) } }
#define SMALL_4(i_) SMALL_1(i_), SMALL_1((i_) + 1), SMALL_1((i_) + 2), SMALL_1((i_) + 3)
#define SMALL_16(i_) SMALL_4(i_), SMALL_4((i_) + 4), SMALL_4((i_) + 8), SMALL_4((i_) + 12)
static const struct number small[] = { SMALL_16(0), SMALL_16(16), SMALL_16(32), SMALL_16(48) };

struct ek_json *number_new_int(int64_t i)
{
	struct number *v;

	if (i >= 0 && i < (int64_t)EK_ARRAY_LEN(small))
		return NODE(struct ek_json, &small[i]);
	v = number_new(EK_JSON_INT);
	v->i = i;
	return &v->head;
}

struct ek_json *number_new_real(double d)
{
	struct number *v = number_new(EK_JSON_REAL);

	v->d = d;
	return &v->head;
}

/* ---- the end ---- */

static void free_value(struct ek_json *v)
{
	switch (v->type) {
	case EK_JSON_STR:
		nodes_free(v, (v->wide ? (size_t)LONG_AT : (size_t)SHORT_AT) + text_len(v) + 1);
		break;
	case EK_JSON_ARRAY:
		array_free_store(v);
		nodes_free(v, array_size(v->room));
		break;
	case EK_JSON_OBJECT:
		object_free_store(v);
		nodes_free(v, object_size(v->room));
		break;
	default:
		nodes_free(v, sizeof(struct number));
	}
}

/* Where the child behind the last one would lie: there a container's own parent waits meanwhile. */
static struct ek_json **place_behind(struct ek_json *v)
{
	size_t n;

	if (v->type == EK_JSON_OBJECT) {
		struct member *at = members_of(v, &n);

		return &at[n].value;
	}
	return elements_of(v, &n) + n;
}

static void set_count(struct ek_json *v, size_t n)
{
	if (!v->wide)
		v->n = (uint8_t)n;
	else if (v->type == EK_JSON_OBJECT)
		NODE(struct object, v)->store->n = (uint32_t)n;
	else
		NODE(struct array, v)->store->n = (uint32_t)n;
}

/* Take the last child from a container; NULL when there is none. */
static struct ek_json *take_last(struct ek_json *v)
{
	struct ek_json *child = NULL;
	size_t n;

	if (v->type == EK_JSON_ARRAY) {
		struct ek_json **at = elements_of(v, &n);

		child = n > 0 ? at[--n] : NULL;
	} else {
		struct member *at = members_of(v, &n);

		while (!child && n > 0) {
			child = at[--n].value;
			value_unref(at[n].key);
		}
	}
	set_count(v, n);
	return child;
}

void value_drop(struct ek_json *v)
{
	struct ek_json *up = NULL, *child;

	for (;;) {
		child = is_container(v) ? take_last(v) : NULL;
		if (child && !value_leave(child))
			continue;
		if (child && is_container(child)) {
			*place_behind(v) = up;
			up = v;
			v = child;
			continue;
		}
		if (child) {
			free_value(child);
			continue;
		}
		free_value(v);
		if (!up)
			return;
		v = up;
		up = *place_behind(v);
	}
}
