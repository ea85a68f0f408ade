/* SPDX-License-Identifier: Apache-2.0 */
#include "kinds.h"

#include <ekube/str.h>

static const char metadata_name[] = "kubernetes.io/metadata.name";

/* The "kubernetes" finalizer keeps a namespace until the controller has emptied it. */
void namespace_prepare_create(struct ek_json *ns)
{
	EK_JSON struct ek_json *finalizers = ek_json_make("['kubernetes']");

	ek_json_set(ns, "spec", ek_json_make("{'finalizers':%v}", finalizers));
	ek_json_set(ns, "status", ek_json_make("{'phase':'Active'}"));
}

void namespace_prepare_update(struct ek_json *ns, const struct ek_json *old)
{
	ek_json_set(ns, "spec", ek_json_copy(ek_json_get(old, "spec")));
	ek_json_set(ns, "status", ek_json_copy(ek_json_get(old, "status")));
}

/* The name as a label, so that selectors can speak of it. */
void namespace_default(struct ek_json *ns)
{
	const char *name = ek_meta_name(ns);
	struct ek_json *metadata = ek_json_get(ns, "metadata");

	if (ek_str_empty(name))
		return;
	if (!ek_json_get(metadata, "labels"))
		ek_json_set(metadata, "labels", ek_json_object());
	ek_json_set_str(ek_json_get(metadata, "labels"), metadata_name, name);
}
