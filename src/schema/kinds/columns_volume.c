/* SPDX-License-Identifier: Apache-2.0 */

/* Cells that PersistentVolumes and their claims share. */

#include "tables.h"

struct ek_json *ek_cell_access_modes(const struct ek_json *modes)
{
	static const char *const names[][2] = { { "ReadWriteOnce", "RWO" },
						{ "ReadOnlyMany", "ROX" },
						{ "ReadWriteMany", "RWX" },
						{ "ReadWriteOncePod", "RWOP" } };
	EK_BUF struct ek_buf text = EK_CELL_TEXT;

	for (size_t i = 0; i < EK_ARRAY_LEN(names); i++)
		if (ek_json_has_str(modes, names[i][0]))
			ek_cell_add(&text, ",", names[i][1]);
	return ek_cell_text(&text, "");
}

struct ek_json *ek_cell_volume_class(const struct ek_json *obj, int64_t now_us)
{
	const char *old = ek_meta_annotation(obj, "volume.beta.kubernetes.io/storage-class");

	(void)now_us;
	return ek_cell_str(old ? old : ek_json_str_at(obj, "spec.storageClassName"), "");
}

struct ek_json *ek_cell_volume_attributes_class(const struct ek_json *obj, int64_t now_us)
{
	const char *class = ek_json_str_at(obj, "spec.volumeAttributesClassName");

	(void)now_us;
	return ek_json_new_str(class ? class : "<unset>");
}

struct ek_json *ek_cell_volume_phase(const struct ek_json *obj, int64_t now_us)
{
	(void)now_us;
	return ek_cell_str(ek_meta_deleting(obj) ? "Terminating" : ek_json_str_at(obj, "status.phase"), "");
}

struct ek_json *ek_cell_volume_mode(const struct ek_json *obj, int64_t now_us)
{
	const char *mode = ek_json_str_at(obj, "spec.volumeMode");

	(void)now_us;
	return ek_json_new_str(mode ? mode : "<unset>");
}
