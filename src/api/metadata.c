/* SPDX-License-Identifier: Apache-2.0 */
#include "metadata.h"

#include "status.h"

#include <ekube/str.h>

static struct ek_json *meta_of(struct ek_json *obj)
{
	struct ek_json *meta = ek_json_get(obj, "metadata");

	if (!ek_json_is_object(meta)) {
		meta = ek_json_object();
		ek_json_set(obj, "metadata", meta);
	}
	return meta;
}

void ek_meta_wipe(struct ek_json *obj)
{
	static const char *const fields[] = {
		"uid",	    "deletionTimestamp", "deletionGracePeriodSeconds",
		"selfLink", "managedFields",
	};
	struct ek_json *meta = meta_of(obj);

	for (size_t i = 0; i < EK_ARRAY_LEN(fields); i++)
		ek_json_del(meta, fields[i]);
}

int ek_meta_put_namespace(struct ek_request *q, struct ek_json *obj)
{
	const char *have = ek_meta_namespace(obj);
	const char *want = q->stored->namespaced ? q->ns : NULL;

	if (ek_str_empty(have) && ek_str_empty(want))
		return 0;
	if (!ek_str_empty(have) && !ek_str_empty(want) && !ek_streq(have, want))
		return ek_request_fail(
			q,
			ek_status_bad_request("the namespace of the provided object does not match "
					      "the namespace sent on the request"));
	ek_json_set_str(meta_of(obj), "namespace", want);
	return 0;
}

int ek_meta_check_name(struct ek_request *q, const struct ek_json *obj)
{
	const char *name = ek_meta_name(obj), *ns = ek_meta_namespace(obj);

	if (ek_str_empty(name))
		return ek_request_fail(
			q, ek_status_bad_request("the name of the object (%s based on URL) was "
						 "undeterminable: name must be provided",
						 q->op->name));
	if (!ek_streq(name, q->op->name))
		return ek_request_fail(
			q,
			ek_status_bad_request("the name of the object (%s) does not match the name "
					      "on the URL (%s)",
					      name, q->op->name));
	if (!ek_str_empty(q->ns) && !ek_str_empty(ns) && !ek_streq(ns, q->ns))
		return ek_request_fail(
			q,
			ek_status_bad_request("the namespace of the object (%s) does not match the "
					      "namespace on the request (%s)",
					      ns, q->ns));
	return 0;
}

/* ---- owners ---- */

static bool seen_before(const struct ek_json *owners, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (ek_json_equal(ek_json_elem(owners, k), ek_json_elem(owners, i)))
			return true;
	return false;
}

void ek_meta_dedup_owners(struct ek_json *obj, struct ek_json *warnings)
{
	struct ek_json *owners = ek_json_at(obj, "metadata.ownerReferences");
	EK_BUF struct ek_buf uids = EK_BUF_INIT(4096);

	for (size_t i = 1; i < ek_json_len(owners);) {
		if (!seen_before(owners, i)) {
			i++;
			continue;
		}
		(void)ek_buf_fmt(&uids, "%s%s", uids.len ? ", " : "",
				 ek_json_str_at(ek_json_elem(owners, i), "uid"));
		ek_json_remove(owners, i);
	}
	if (uids.len > 0)
		ek_json_append(
			warnings,
			ek_json_new_fmt(
				".metadata.ownerReferences contains duplicate entries; API server dedups owner references in "
				"1.20+, and may reject such requests as early as 1.24; please fix your requests; duplicate "
				"UID(s) observed: %s",
				uids.data));
}

/* ---- update ---- */

static void take_over(struct ek_json *meta, const struct ek_json *old, const char *field)
{
	struct ek_json *v = ek_json_get(old, field);

	if (v)
		ek_json_set(meta, field, ek_json_copy(v));
}

void ek_meta_carry(struct ek_json *obj, const struct ek_json *old, int64_t old_rev)
{
	struct ek_json *meta = meta_of(obj);
	const struct ek_json *from = ek_json_get(old, "metadata");

	ek_json_del(meta, "managedFields");
	ek_json_del(meta, "selfLink");
	if (ek_str_empty(ek_meta_uid(obj)))
		take_over(meta, from, "uid");
	take_over(meta, from, "creationTimestamp");
	take_over(meta, from, "deletionTimestamp");
	if (ek_json_is_null(ek_json_get(meta, "deletionGracePeriodSeconds")))
		take_over(meta, from, "deletionGracePeriodSeconds");
	ek_json_set_str(meta, "resourceVersion", EK_I(old_rev));
}

/* ---- aliases ---- */

void ek_meta_to_stored(struct ek_request *q)
{
	struct ek_json *stored;

	if (!q->kind->stored_as)
		return;
	stored = q->kind->to_stored(q->obj);
	ek_json_unref(q->obj);
	q->obj = stored;
	ek_json_edit(&q->obj);
}

struct ek_json *ek_meta_from_stored(struct ek_request *q, const struct ek_json *obj)
{
	return q->kind->stored_as ? q->kind->from_stored(obj) : ek_json_ref(obj);
}
