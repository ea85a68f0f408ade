/* SPDX-License-Identifier: Apache-2.0 */
#include "type.h"

#include <ekube/str.h>

/* What Go's defaulting functions take for "not set": nil, and the zero of what is no pointer. */
static bool is_unset(const struct ek_field *f, const struct ek_json *v)
{
	if (ek_json_is_null(v))
		return true;
	if (f->flags & EK_POINTER)
		return false;
	switch (ek_json_type(v)) {
	case EK_JSON_BOOL:
		return !ek_json_bool(v, false);
	case EK_JSON_INT:
	case EK_JSON_REAL:
		return ek_json_real(v, 0) == 0;
	case EK_JSON_STR:
		return ek_json_str_len(v) == 0;
	default:
		return f->shape != EK_ONE && ek_json_len(v) == 0;
	}
}

static void default_below(const struct ek_field *f, enum ek_fshape shape, struct ek_json *v)
{
	if (shape == EK_ONE) {
		if (ek_json_is_object(v))
			ek_schema_default(f->of, v);
		return;
	}
	for (struct ek_json_iter it = ek_json_iter(v); ek_json_next(&it);)
		default_below(f, shape == EK_MAP_OF_LISTS ? EK_LIST : EK_ONE, it.value);
}

void ek_schema_default(const struct ek_type *t, struct ek_json *obj)
{
	const struct ek_type_index *ix = ek_type_index(t);

	for (size_t i = 0; i < ix->n_dflt; i++) {
		const struct ek_type_row *row = &ix->rows[ix->dflt[i]];

		if (is_unset(row->f, ek_json_get(obj, row->f->name)))
			ek_json_set(obj, row->f->name, ek_json_copy(row->dflt));
	}
	if (!ix->deep)
		return;
	for (struct ek_json_iter it = ek_json_iter(obj); ek_json_next(&it);) {
		bool holds = ek_json_is_object(it.value) || ek_json_is_array(it.value);
		int i = holds ? ek_type_find(ix, it.key) : -1;

		if (i >= 0 && ix->rows[i].deep)
			default_below(ix->rows[i].f, ix->rows[i].f->shape, it.value);
	}
}
