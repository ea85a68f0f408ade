/* SPDX-License-Identifier: Apache-2.0 */
#include <ekube/meta.h>

#include <ekube/str.h>

static struct ek_json *meta(const struct ek_json *obj, const char *key)
{
	return ek_json_get(ek_json_get(obj, "metadata"), key);
}

const char *ek_meta_name(const struct ek_json *obj)
{
	return ek_json_str(meta(obj, "name"));
}

const char *ek_meta_namespace(const struct ek_json *obj)
{
	return ek_json_str(meta(obj, "namespace"));
}

const char *ek_meta_uid(const struct ek_json *obj)
{
	return ek_json_str(meta(obj, "uid"));
}

int64_t ek_meta_rev(const struct ek_json *obj)
{
	const char *text = ek_json_str(meta(obj, "resourceVersion"));
	int64_t rev = 0;

	return text && ek_str_to_int(text, 0, INT64_MAX, &rev) == 0 ? rev : 0;
}

int64_t ek_meta_generation(const struct ek_json *obj)
{
	return ek_json_int(meta(obj, "generation"), 0);
}

struct ek_json *ek_meta_labels(const struct ek_json *obj)
{
	return meta(obj, "labels");
}

struct ek_json *ek_meta_annotations(const struct ek_json *obj)
{
	return meta(obj, "annotations");
}

const char *ek_meta_label(const struct ek_json *obj, const char *key)
{
	return ek_json_str(ek_json_get(ek_meta_labels(obj), key));
}

const char *ek_meta_annotation(const struct ek_json *obj, const char *key)
{
	return ek_json_str(ek_json_get(ek_meta_annotations(obj), key));
}

bool ek_meta_deleting(const struct ek_json *obj)
{
	return !ek_str_empty(ek_json_str(meta(obj, "deletionTimestamp")));
}

bool ek_meta_has_finalizer(const struct ek_json *obj, const char *name)
{
	return ek_json_has_str(meta(obj, "finalizers"), name);
}

struct ek_json *ek_meta_controller(const struct ek_json *obj)
{
	for (struct ek_json_iter it = ek_json_iter(meta(obj, "ownerReferences")); ek_json_next(&it);)
		if (ek_json_bool(ek_json_get(it.value, "controller"), false))
			return it.value;
	return NULL;
}

bool ek_meta_owned_by(const struct ek_json *obj, const char *uid)
{
	return ek_json_find(meta(obj, "ownerReferences"), "uid", uid, NULL);
}

struct ek_json *ek_meta_new_owner(const char *api_version, const char *kind,
				  const struct ek_json *owner)
{
	return ek_json_make("{'apiVersion':%s,'kind':%s,'name':%s,'uid':%s,"
			    "'controller':true,'blockOwnerDeletion':true}",
			    api_version, kind, ek_meta_name(owner), ek_meta_uid(owner));
}

struct ek_json *ek_meta_condition(const struct ek_json *obj, const char *type)
{
	return ek_json_find(ek_json_at(obj, "status.conditions"), "type", type, NULL);
}

bool ek_meta_condition_is(const struct ek_json *obj, const char *type, const char *status)
{
	return ek_streq(ek_json_str(ek_json_get(ek_meta_condition(obj, type), "status")), status) && status;
}

bool ek_meta_set_condition(struct ek_json *obj, const char *type, const char *status,
			   const char *reason, const char *message, const char *now)
{
	struct ek_json *list = ek_json_at(obj, "status.conditions");
	struct ek_json *c;

	if (!ek_json_is_array(list)) {
		ek_json_set_at(obj, "status.conditions", ek_json_array());
		list = ek_json_at(obj, "status.conditions");
	}
	c = ek_json_find(list, "type", type, NULL);
	if (!c) {
		ek_json_append(list, ek_json_make("{'type':%s,'status':%s,'lastTransitionTime':%s,"
						  "'reason':%s,'message':%s}",
						  type, status, now, reason, message));
		return true;
	}
	if (ek_streq(ek_json_str(ek_json_get(c, "status")), status) &&
	    ek_streq(ek_json_str(ek_json_get(c, "reason")), reason) &&
	    ek_streq(ek_json_str(ek_json_get(c, "message")), message))
		return false;
	if (!ek_streq(ek_json_str(ek_json_get(c, "status")), status))
		ek_json_set_str(c, "lastTransitionTime", now);
	ek_json_set_str(c, "status", status);
	ek_json_set_str(c, "reason", reason);
	ek_json_set_str(c, "message", message);
	return true;
}
