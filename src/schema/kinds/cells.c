/* SPDX-License-Identifier: Apache-2.0 */

/* Cells that several kinds print. */

#include "tables.h"

EK_CELL(cell_created)
{
	/* what Go prints of a time that was never set */
	return ek_cell_str(ek_json_str_at(obj, "metadata.creationTimestamp"), "0001-01-01T00:00:00Z");
}

const struct ek_column ek_columns_created[] = {
	EK_COLUMN_NAME,
	{ .name = "Created At", .type = "date", .doc = "When it was created.", .cell = cell_created },
	{ 0 },
};

void ek_cell_add(struct ek_buf *text, const char *separator, const char *item)
{
	(void)ek_buf_fmt(text, "%s%s", text->data ? separator : "", item ? item : "");
}

struct ek_json *ek_cell_text(struct ek_buf *text, const char *none)
{
	return ek_cell_str(text->data, none);
}

struct ek_json *ek_cell_str(const char *s, const char *none)
{
	return ek_json_new_str(ek_str_empty(s) ? none : s);
}

struct ek_json *ek_cell_members(const struct ek_json *list, const char *name)
{
	EK_BUF struct ek_buf text = EK_CELL_TEXT;

	for (struct ek_json_iter it = ek_json_iter(list); ek_json_next(&it);)
		ek_cell_add(&text, ",", ek_json_str(ek_json_get(it.value, name)));
	return ek_cell_text(&text, "");
}

struct ek_json *ek_cell_containers(const struct ek_json *obj, int64_t now_us)
{
	(void)now_us;
	return ek_cell_members(ek_json_at(obj, "spec.template.spec.containers"), "name");
}

struct ek_json *ek_cell_images(const struct ek_json *obj, int64_t now_us)
{
	(void)now_us;
	return ek_cell_members(ek_json_at(obj, "spec.template.spec.containers"), "image");
}

struct ek_json *ek_cell_label_selector(const struct ek_json *selector)
{
	EK_CLEANUP(ek_selector_unrefp) struct ek_selector *s = NULL;
	EK_FREE char *text = NULL;

	if (ek_selector_from_json(selector, &s, NULL) < 0)
		return ek_json_new_str("<error>");
	text = ek_selector_text(s);
	return ek_cell_str(text, "<none>");
}

struct ek_json *ek_cell_selector(const struct ek_json *obj, int64_t now_us)
{
	(void)now_us;
	return ek_cell_label_selector(ek_json_at(obj, "spec.selector"));
}

struct ek_json *ek_cell_labels(const struct ek_json *map)
{
	EK_CLEANUP(ek_selector_unrefp) struct ek_selector *s = ek_selector_from_map(map);
	EK_FREE char *text = ek_selector_text(s);

	return ek_cell_str(text, "<none>");
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

struct ek_json *ek_cell_ingress(const struct ek_json *ingress)
{
	EK_FREE const char **all = ek_calloc(ek_json_len(ingress) + 1, sizeof(*all));
	EK_BUF struct ek_buf text = EK_CELL_TEXT;
	size_t n = 0;

	for (struct ek_json_iter it = ek_json_iter(ingress); ek_json_next(&it);) {
		const char *ip = ek_json_str_at(it.value, "ip");
		const char *name = ek_str_empty(ip) ? ek_json_str_at(it.value, "hostname") : ip;

		if (!ek_str_empty(name))
			all[n++] = name;
	}
	qsort(all, n, sizeof(*all), by_text);
	for (size_t i = 0; i < n; i++)
		if (i == 0 || strcmp(all[i], all[i - 1]) != 0)
			ek_cell_add(&text, ",", all[i]);
	return ek_cell_text(&text, "");
}
