/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"
#include "kinds.h"
#include "resources.h"

#include <ekube/str.h>

/* Who tells a capacity and no allocatable can give all of it. */
void ek_node_default(struct ek_json *node)
{
	struct ek_json *status = ek_json_get(node, "status");
	const struct ek_json *capacity = ek_json_get(status, "capacity");

	if (capacity && ek_json_is_null(ek_json_get(status, "allocatable")))
		ek_json_set(status, "allocatable", ek_json_copy(capacity));
}

/* Upstream says "metadata.taints" of them. */
static void check_taints(struct ek_check *c, const struct ek_json *taints)
{
	for (size_t i = 0; i < ek_json_len(taints); i++) {
		const struct ek_json *t = ek_json_elem(taints, i);
		bool seen = false;

		for (size_t k = 0; k < i && !seen; k++)
			seen = ek_json_same(ek_json_get(ek_json_elem(taints, k), "key"),
					    ek_json_get(t, "key")) &&
			       ek_json_same(ek_json_get(ek_json_elem(taints, k), "effect"),
					    ek_json_get(t, "effect"));
		if (seen) {
			EK_FREE char *own =
				ek_check_text_own(ek_kind_node.type, "spec.taints", t, "core");
			size_t mark = ek_check_push(c, "metadata");

			(void)ek_check_elem(c, "taints", i);
			ek_cause_add_text(c->causes, EK_CAUSE_DUPLICATE, &c->at, own,
					  "taints must be unique by key and effect pair");
			ek_check_pop(c, mark);
		}
		if (ek_str_empty(ek_json_str_at(t, "key"))) {
			size_t mark = ek_check_push(c, "metadata");

			(void)ek_check_elem(c, "taints", i);
			ek_check_name(c, "key", "", ek_name_qualified);
			ek_check_pop(c, mark);
		}
	}
}

static void check_amounts(struct ek_check *c, const struct ek_json *node)
{
	static const char *const lists[] = { "capacity", "allocatable" };

	for (size_t i = 0; i < EK_ARRAY_LEN(lists); i++)
		for (struct ek_json_iter it =
			     ek_json_iter(ek_json_get(ek_json_get(node, "status"), lists[i]));
		     ek_json_next(&it);) {
			size_t mark = ek_check_push(c, "status");

			(void)ek_check_push(c, lists[i]);
			(void)ek_check_push(c, it.key);
			ek_resource_amount_validate(c, it.key, it.value);
			ek_check_pop(c, mark);
		}
}

static void check_cidrs(struct ek_check *c, const struct ek_json *cidrs)
{
	size_t families[2] = { 0 };

	for (struct ek_json_iter it = ek_json_iter(cidrs); ek_json_next(&it);) {
		ek_check_cidr(c, EK_F("spec.podCIDRs[%zu]", it.i), ek_json_str(it.value));
		families[strchr(ek_json_str(it.value), ':') != NULL]++;
	}
	if (families[0] > 1 || families[1] > 1)
		ek_check_invalid(c, "spec.podCIDRs", cidrs,
				 "may specify no more than one CIDR for each IP family");
	for (size_t i = 0; i < ek_json_len(cidrs); i++)
		for (size_t k = 0; k < i; k++)
			if (ek_json_equal(ek_json_elem(cidrs, i), ek_json_elem(cidrs, k))) {
				ek_check_duplicate(c, EK_F("spec.podCIDRs[%zu]", i),
						   ek_json_str(ek_json_elem(cidrs, i)));
				break;
			}
}

static void check_update(struct ek_check *c, const struct ek_json *spec, const struct ek_json *old)
{
	const char *provider = ek_json_str_at(old, "providerID");
	const struct ek_json *cidrs = ek_json_get(old, "podCIDRs");

	if (ek_json_len(cidrs) > 0 && !ek_json_same(ek_json_get(spec, "podCIDRs"), cidrs))
		ek_check_forbidden(c, "spec.podCIDRs",
				   "node updates may not change podCIDR except from \"\" to valid");
	if (!ek_str_empty(provider) && !ek_streq(ek_json_str_at(spec, "providerID"), provider))
		ek_check_forbidden(
			c, "spec.providerID",
			"node updates may not change providerID except from \"\" to valid");
}

/* podCIDR is the first of podCIDRs: the old name is kept in step. */
static void sync_cidrs(struct ek_json *node)
{
	struct ek_json *spec = ek_json_get(node, "spec");
	const char *one = ek_json_str_at(spec, "podCIDR");
	const struct ek_json *all = ek_json_get(spec, "podCIDRs");

	if (ek_json_len(all) > 0)
		ek_json_set(spec, "podCIDR", ek_json_copy(ek_json_elem(all, 0)));
	else if (!ek_str_empty(one))
		ek_json_set(spec, "podCIDRs", ek_json_make("[%s]", one));
}

void ek_node_prepare_create(struct ek_json *node)
{
	sync_cidrs(node);
}

void ek_node_prepare_update(struct ek_json *node, const struct ek_json *old)
{
	(void)old;
	sync_cidrs(node);
}

void ek_node_validate(const struct ek_json *node, const struct ek_json *old,
		      struct ek_causes *causes)
{
	const struct ek_json *spec = ek_json_get(node, "spec");
	struct ek_check c = { .causes = causes };

	check_taints(&c, ek_json_get(spec, "taints"));
	check_amounts(&c, node);
	if (!old)
		check_cidrs(&c, ek_json_get(spec, "podCIDRs"));
	else
		check_update(&c, spec, ek_json_get(old, "spec"));
}

void ek_node_status_validate(const struct ek_json *node, const struct ek_json *old,
			     struct ek_causes *causes)
{
	const struct ek_json *addresses = ek_json_at(node, "status.addresses");
	struct ek_check c = { .causes = causes };

	(void)old;
	check_amounts(&c, node);
	for (size_t i = 0; i < ek_json_len(addresses); i++)
		for (size_t k = 0; k < i; k++)
			if (ek_json_equal(ek_json_elem(addresses, i), ek_json_elem(addresses, k))) {
				EK_FREE char *own =
					ek_check_text_own(ek_kind_node.type, "status.addresses",
							  ek_json_elem(addresses, i), "core");
				size_t mark = ek_check_push(&c, "status");

				(void)ek_check_elem(&c, "addresses", i);
				ek_cause_add_text(causes, EK_CAUSE_DUPLICATE, &c.at, own, NULL);
				ek_check_pop(&c, mark);
				break;
			}
}
