/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"
#include "kinds.h"

#include <ekube/str.h>

static const char metadata_name[] = "kubernetes.io/metadata.name";
static const char own_finalizer[] = "kubernetes";

/* The "kubernetes" finalizer keeps a namespace until the controller has emptied it. */
void ek_namespace_prepare_create(struct ek_json *ns)
{
	struct ek_json *finalizers = ek_json_at(ns, "spec.finalizers");

	if (!ek_json_is_array(finalizers))
		ek_json_set_at(ns, "spec.finalizers", ek_json_make("['kubernetes']"));
	else if (!ek_json_has_str(finalizers, own_finalizer))
		ek_json_append(finalizers, ek_json_new_str(own_finalizer));
	ek_json_set(ns, "status", ek_json_make("{'phase':'Active'}"));
}

void ek_namespace_prepare_update(struct ek_json *ns, const struct ek_json *old)
{
	ek_json_set(ns, "spec", ek_json_copy(ek_json_get(old, "spec")));
	ek_json_set(ns, "status", ek_json_copy(ek_json_get(old, "status")));
}

/* The name as a label, so that selectors can speak of it. */
void ek_namespace_default(struct ek_json *ns)
{
	const char *name = ek_meta_name(ns);
	struct ek_json *metadata = ek_json_get(ns, "metadata");

	if (ek_str_empty(name))
		return;
	if (ek_json_is_null(ek_json_get(metadata, "labels")))
		ek_json_set(metadata, "labels", ek_json_object());
	ek_json_set_str(ek_json_get(metadata, "labels"), metadata_name, name);
}

void ek_namespace_validate(const struct ek_json *ns, const struct ek_json *old,
			   struct ek_causes *causes)
{
	static const char *const standard[] = { own_finalizer, "orphan", "foregroundDeletion",
						NULL };
	struct ek_check c = { .causes = causes };

	if (old)
		return;
	for (struct ek_json_iter it = ek_json_iter(ek_json_at(ns, "spec.finalizers"));
	     ek_json_next(&it);) {
		const char *s = ek_json_str(it.value);

		ek_check_name(&c, "spec.finalizers", s, ek_name_qualified);
		if (s && !strchr(s, '/') && !ek_check_one_of(s, standard))
			ek_check_invalid_str(
				&c, "spec.finalizers", s,
				"name is neither a standard finalizer name nor is it fully qualified");
	}
}

void ek_namespace_status_validate(const struct ek_json *ns, const struct ek_json *old,
				  struct ek_causes *causes)
{
	const char *phase = ek_json_str_at(ns, "status.phase");
	struct ek_check c = { .causes = causes };

	(void)old;
	if (!ek_meta_deleting(ns) && !ek_streq(phase, "Active"))
		ek_check_invalid_str(&c, "status.Phase", phase,
				     "may only be 'Active' if `deletionTimestamp` is empty");
	else if (ek_meta_deleting(ns) && !ek_streq(phase, "Terminating"))
		ek_check_invalid_str(
			&c, "status.Phase", phase,
			"may only be 'Terminating' if `deletionTimestamp` is not empty");
}
