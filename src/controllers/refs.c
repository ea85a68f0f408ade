/* SPDX-License-Identifier: Apache-2.0 */
#include "refs.h"

#include <ekube/str.h>

int refs_selector(const struct ek_kind *kind, const struct ek_json *obj, struct ek_selector **ret,
		  struct ek_err *err)
{
	const struct ek_json *js = ek_json_at(obj, "spec.selector");

	if (kind != &ek_kind_rc)
		return ek_selector_from_json(js, ret, err);
	*ret = ek_selector_from_map(js);
	return 0;
}

/* metadata.ownerReferences as it shall be, with uid and revision as preconditions */
static struct ek_json *owners_patch(const struct ek_json *obj, struct ek_json *take_owners)
{
	EK_JSON struct ek_json *owners = take_owners;

	return ek_json_make("{'metadata':{'uid':%s,'resourceVersion':%s,'ownerReferences':%v}}",
			    ek_meta_uid(obj), ek_json_str_at(obj, "metadata.resourceVersion"),
			    owners);
}

static struct ek_json *owners_without(const struct ek_json *obj, const char *uid)
{
	struct ek_json *list = ek_json_array();

	for (struct ek_json_iter it = ek_json_iter(ek_json_at(obj, "metadata.ownerReferences"));
	     ek_json_next(&it);)
		if (!ek_streq(ek_json_str_at(it.value, "uid"), uid))
			ek_json_append(list, ek_json_ref(it.value));
	return list;
}

static void adopt(const struct ek_kind *owner_kind, const struct ek_json *owner,
		  const struct ek_kind *kind, const struct ek_json *obj, struct plan *p)
{
	char api_version[96];
	struct ek_json *owners = owners_without(obj, ek_meta_uid(owner));

	ek_json_append(owners, ek_meta_new_owner(ek_kind_api_version(owner_kind, api_version),
						 owner_kind->kind, owner));
	plan_patch(p, kind, obj, NULL, owners_patch(obj, owners));
}

static void release(const struct ek_json *owner, const struct ek_kind *kind,
		    const struct ek_json *obj, struct plan *p)
{
	plan_patch(p, kind, obj, NULL, owners_patch(obj, owners_without(obj, ek_meta_uid(owner))))
		->ignore = PLAN_IGNORE_NOTFOUND;
}

static bool wants(const struct ek_json *owner, const struct ek_selector *selector,
		  const struct ek_json *obj)
{
	return !ek_meta_controller(obj) && !ek_meta_deleting(owner) && !ek_meta_deleting(obj) &&
	       ek_selector_match(selector, ek_meta_labels(obj));
}

void refs_claim(const struct ek_kind *owner_kind, const struct ek_json *owner,
		const struct ek_selector *selector, const struct ek_kind *kind,
		const struct objects *all, struct plan *p, struct objects *ret)
{
	bool checked = false;
	size_t before = p->writes.n;

	for (size_t i = 0; i < all->n; i++) {
		struct ek_json *obj = all->items[i];
		const struct ek_json *ref = ek_meta_controller(obj);

		if (ref && !ek_streq(ek_json_str_at(ref, "uid"), ek_meta_uid(owner)))
			continue;
		if (ref && ek_selector_match(selector, ek_meta_labels(obj))) {
			ek_vec_push(ret, obj);
		} else if (ref) {
			if (!ek_meta_deleting(owner))
				release(owner, kind, obj, p);
		} else if (wants(owner, selector, obj)) {
			/* the cache may not know yet that the owner is on its way out */
			if (!checked) {
				plan_check(p, PLAN_CHECK_ALIVE, owner_kind,
					   ek_meta_namespace(owner), ek_meta_name(owner),
					   ek_meta_uid(owner));
				plan_next_step(p);
			}
			checked = true;
			adopt(owner_kind, owner, kind, obj, p);
			ek_vec_push(ret, obj);
		}
	}
	if (p->writes.n > before)
		plan_next_step(p);
}
