/* SPDX-License-Identifier: Apache-2.0 */

/* The pieces of metav1.Table that come from a kind's columns. */

#include "kinds/tables.h"

#include <ekube/clock.h>
#include <stdlib.h>

const struct ek_column ek_columns_default[] = {
	EK_COLUMN_NAME,
	EK_COLUMN_AGE,
	{ 0 },
};

static const struct ek_column *columns_of(const struct ek_kind *k)
{
	return k->columns ? k->columns : ek_columns_default;
}

struct ek_json *ek_cell_since(const char *time, int64_t now_us)
{
	int64_t then_us;
	char text[24];

	if (ek_str_empty(time) || ek_time_parse(time, &then_us) < 0)
		return ek_json_new_str("<unknown>");
	ek_human_duration(now_us - then_us, text);
	return ek_json_new_str(text);
}

struct ek_json *ek_cell_age(const struct ek_json *obj, int64_t now_us)
{
	return ek_cell_since(ek_json_str_at(obj, "metadata.creationTimestamp"), now_us);
}

struct ek_json *ek_table_columns(const struct ek_kind *k)
{
	struct ek_json *out = ek_json_array();

	for (const struct ek_column *c = columns_of(k); c->name; c++)
		ek_json_append(
			out,
			ek_json_make(
				"{'name':%s,'type':%s,'format':%s,'description':%s,'priority':%d}",
				c->name, c->type, c->format ? c->format : "", c->doc ? c->doc : "",
				c->priority));
	return out;
}

/* What a Go printer prints of a field that is not set: its zero. */
static struct ek_json *zero_cell(const char *type)
{
	if (strcmp(type, "integer") == 0 || strcmp(type, "number") == 0)
		return ek_json_new_int(0);
	if (strcmp(type, "boolean") == 0)
		return ek_json_new_bool(false);
	return ek_json_new_str("");
}

static struct ek_json *path_cell(const struct ek_column *c, const struct ek_json *obj)
{
	const struct ek_json *v = ek_json_at(obj, c->path);
	EK_FREE char *text = NULL;

	if (ek_json_is_null(v))
		return zero_cell(c->type);
	if (!ek_json_is_object(v) && !ek_json_is_array(v))
		return ek_json_ref(v);
	text = ek_json_text(v);
	return ek_json_new_str(text);
}

struct ek_json *ek_table_cells(const struct ek_kind *k, const struct ek_json *obj, int64_t now_us)
{
	struct ek_json *out = ek_json_array();

	for (const struct ek_column *c = columns_of(k); c->name; c++)
		ek_json_append(out, c->cell ? c->cell(obj, now_us) : path_cell(c, obj));
	return out;
}
