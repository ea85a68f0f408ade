/* SPDX-License-Identifier: Apache-2.0 */

#include "tables.h"

#include <ctype.h>

static const struct ek_field controller_revision_rows[] = {
	EK_ROWS_TYPE_META,
	EK_ROW_METADATA,
	{ "data", EK_F_RAW, .pb = 2, .of = &ek_type_raw_extension, .doc = "The state." },
	{ "revision", EK_F_INT64, EK_ONE, EK_KEEP, .pb = 3, .max = EK_NO_MAX, .doc = "Its number." },
};
static EK_TYPE(controller_revision_type, "io.k8s.api.apps.v1.ControllerRevision",
	       "A state of a controller, kept for going back.", controller_revision_rows);

/* "statefulset.apps/web" */
EK_CELL(cell_controller)
{
	const struct ek_json *owner = ek_meta_controller(obj);
	const char *version = ek_json_str_at(owner, "apiVersion"), *kind = ek_json_str_at(owner, "kind");
	const char *name = ek_json_str_at(owner, "name");
	const char *slash = version ? strchr(version, '/') : NULL;
	EK_BUF struct ek_buf text = EK_CELL_TEXT;

	if (!owner)
		return ek_json_new_str("<none>");
	(void)ek_buf_str(&text, kind ? kind : "");
	if (slash)
		(void)ek_buf_fmt(&text, ".%.*s", (int)(slash - version), version);
	for (size_t i = 0; i < text.len; i++)
		text.data[i] = (char)tolower((unsigned char)text.data[i]);
	(void)ek_buf_fmt(&text, "%s%s", text.len ? "/" : "", name ? name : "");
	return ek_cell_text(&text, "");
}

EK_CELL(cell_revision)
{
	return ek_json_new_int(ek_json_int_at(obj, "revision", 0));
}

static const struct ek_column columns[] = {
	EK_COLUMN_NAME,
	{ .name = "Controller", .type = "string", .doc = "Whose revision it is.", .cell = cell_controller },
	{ .name = "Revision", .type = "string", .doc = "Which one.", .cell = cell_revision },
	EK_COLUMN_AGE,
	{ 0 },
};

const struct ek_kind ek_kind_controllerrevision = {
	.group = "apps", .version = "v1", .kind = "ControllerRevision",
	.plural = "controllerrevisions", .singular = "controllerrevision",
	.namespaced = true,
	.verbs = EK_V_ALL,
	.type = &controller_revision_type,
	.columns = columns,
};
