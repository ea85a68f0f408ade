/* SPDX-License-Identifier: Apache-2.0 */
#include "type.h"

#include <ekube/str.h>

/* The words of k8s.io/apimachinery/pkg/util/validation and of core/validation. */
static void add_range(struct ek_causes *c, const struct ek_path *at, const struct ek_json *v,
		      const struct ek_field *f)
{
	if (f->max != EK_NO_MAX)
		ek_cause_add(c, EK_CAUSE_INVALID, at, v,
			     "must be between %" PRId64 " and %" PRId64 ", inclusive", f->min,
			     f->max);
	else if (f->min == 1)
		ek_cause_add(c, EK_CAUSE_INVALID, at, v, "must be greater than zero");
	else
		ek_cause_add(c, EK_CAUSE_INVALID, at, v,
			     "must be greater than or equal to %" PRId64, f->min);
}

static void check_number(const struct ek_field *f, const struct ek_json *v,
			 const struct ek_path *at, struct ek_causes *c)
{
	int64_t n = ek_json_int(v, 0);

	if ((f->min || f->max) && (n < f->min || n > f->max))
		add_range(c, at, v, f);
}

static void check_quantity(const struct ek_field *f, const struct ek_json *v,
			   const struct ek_path *at, struct ek_causes *c)
{
	struct ek_quantity q, min = { .value = f->min }, max = { .value = f->max };

	if ((!f->min && !f->max) || ek_quantity_from_json(v, &q, NULL) < 0)
		return;
	if (ek_quantity_cmp(&q, &min) < 0 || (f->max != EK_NO_MAX && ek_quantity_cmp(&q, &max) > 0))
		add_range(c, at, v, f);
}

static bool is_one_of(const char *const *values, const char *s)
{
	for (; *values; values++)
		if (strcmp(*values, s) == 0)
			return true;
	return false;
}

static void check_string(const struct ek_field *f, const struct ek_json *v,
			 const struct ek_path *at, struct ek_causes *c)
{
	const char *s = ek_json_str(v), *msg;
	size_t len = ek_json_str_len(v);

	if (!s || (len == 0 && f->shape == EK_ONE && !(f->flags & EK_POINTER)))
		return; /* not set */
	if (f->one_of && !is_one_of(f->one_of, s)) {
		ek_cause_unsupported(c, at, v, f->one_of);
		return;
	}
	msg = f->check ? f->check(s) : NULL;
	if (msg)
		ek_cause_add(c, EK_CAUSE_INVALID, at, v, "%s", msg);
	if (f->max && f->max != EK_NO_MAX && len > (uint64_t)f->max)
		ek_cause_add(c, EK_CAUSE_TOOLONG, at, NULL,
			     "may not be more than %" PRId64 " bytes", f->max);
}

static void check_one(const struct ek_field *f, const struct ek_json *v, const struct ek_json *old,
		      struct ek_path *at, struct ek_causes *c)
{
	switch (f->type) {
	case EK_F_OBJ:
		ek_schema_validate(f->of, v, old, at, c);
		break;
	case EK_F_STR:
		check_string(f, v, at, c);
		break;
	case EK_F_INT32:
	case EK_F_INT64:
		check_number(f, v, at, c);
		break;
	case EK_F_QUANTITY:
		check_quantity(f, v, at, c);
		break;
	default:
		break;
	}
}

/* Elements have no old: who knows which of them was which? */
static void check_shape(const struct ek_field *f, enum ek_fshape shape, const struct ek_json *v,
			const struct ek_json *old, struct ek_path *at, struct ek_causes *c)
{
	enum ek_fshape below = shape == EK_MAP_OF_LISTS ? EK_LIST : EK_ONE;

	if (shape == EK_ONE) {
		check_one(f, v, old, at, c);
		return;
	}
	for (struct ek_json_iter it = ek_json_iter(v); ek_json_next(&it);) {
		size_t mark = it.key ? ek_path_key(at, it.key) : ek_path_index(at, it.i);

		check_shape(f, below, it.value, NULL, at, c);
		ek_path_pop(at, mark);
	}
}

static bool is_unset(const struct ek_field *f, const struct ek_json *v)
{
	if (ek_json_is_null(v))
		return true;
	if (f->shape != EK_ONE)
		return ek_json_len(v) == 0;
	switch (f->type) {
	case EK_F_STR:
	case EK_F_BYTES:
		return ek_json_str_len(v) == 0;
	case EK_F_INT32:
	case EK_F_INT64:
		return !(f->flags & EK_POINTER) && ek_json_int(v, 0) == 0;
	default:
		return false;
	}
}

static void check_immutable(const struct ek_field *f, const struct ek_json *v,
			    const struct ek_json *old, const struct ek_path *at,
			    struct ek_causes *c)
{
	EK_BUF struct ek_buf text = EK_BUF_INIT(64 << 10);

	if (ek_json_same(v, old))
		return;
	if (f->shape == EK_ONE && (f->flags & EK_POINTER) && ek_json_is_null(v))
		(void)ek_buf_str(&text, "\"null\"");
	else
		ek_go_syntax_of(&text, f, f->shape, v);
	ek_cause_add_text(c, EK_CAUSE_INVALID, at, text.data, "field is immutable");
}

static void check_field(const struct ek_field *f, const struct ek_json *v,
			const struct ek_json *old, bool is_update, struct ek_path *at,
			struct ek_causes *c)
{
	size_t mark;

	if (ek_json_is_null(v) && !(f->flags & (EK_REQUIRED | EK_IMMUTABLE)))
		return; /* most fields of most objects */
	mark = ek_path_push(at, f->name);
	if ((f->flags & EK_REQUIRED) && is_unset(f, v))
		ek_cause_add(c, EK_CAUSE_REQUIRED, at, NULL, NULL);
	else if (!ek_json_is_null(v))
		check_shape(f, f->shape, v, old, at, c);
	if (is_update && (f->flags & EK_IMMUTABLE))
		check_immutable(f, v, old, at, c);
	ek_path_pop(at, mark);
}

void ek_schema_validate(const struct ek_type *t, const struct ek_json *obj,
			const struct ek_json *old, struct ek_path *at, struct ek_causes *causes)
{
	const struct ek_type_index *ix = ek_type_index(t);
	const struct ek_json *few[EK_TYPE_FEW] = { 0 };
	EK_FREE const struct ek_json **many = ix->n > EK_TYPE_FEW ?
						     ek_calloc(ix->n, sizeof(*many)) :
						     NULL;
	const struct ek_json **values = many ? many : few;

	if (!ix->checks)
		return;
	/* one walk over what is there, not a lookup for each of the many fields that might be */
	for (struct ek_json_iter it = ek_json_iter(obj); ek_json_next(&it);) {
		int i = ek_type_find(ix, it.key);

		if (i >= 0)
			values[i] = it.value;
	}
	for (size_t i = 0; i < ix->n; i++) {
		const struct ek_field *f = ix->rows[i].f;

		if (ix->rows[i].checked)
			check_field(f, values[i], old ? ek_json_get(old, f->name) : NULL,
				    old != NULL, at, causes);
	}
}
