/* SPDX-License-Identifier: Apache-2.0 */
#include "resources.h"

#include "pod_validate.h"

#include <ekube/str.h>

static const char hugepages[] = "hugepages-", requests_prefix[] = "requests.";

static const char *const container_resources[] = { "cpu", "memory", "ephemeral-storage", NULL };

static const char *const integer_resources[] = {
	"pods",
	"resourcequotas",
	"services",
	"replicationcontrollers",
	"secrets",
	"configmaps",
	"persistentvolumeclaims",
	"services.nodeports",
	"services.loadbalancers",
	NULL,
};

/* Those of quotas; "storage" alone is standard and no quota's. */
static const char *const quota_resources[] = {
	"cpu",
	"memory",
	"ephemeral-storage",
	"requests.cpu",
	"requests.memory",
	"requests.storage",
	"requests.ephemeral-storage",
	"limits.cpu",
	"limits.memory",
	"limits.ephemeral-storage",
	"pods",
	"resourcequotas",
	"services",
	"replicationcontrollers",
	"secrets",
	"persistentvolumeclaims",
	"configmaps",
	"services.nodeports",
	"services.loadbalancers",
	NULL,
};

/* ---- names ---- */

bool ek_resource_is_hugepages(const char *name)
{
	return ek_str_starts(name, hugepages);
}

bool ek_resource_is_native(const char *name)
{
	return !strchr(name, '/') || strstr(name, "kubernetes.io/");
}

bool ek_resource_may_overcommit(const char *name)
{
	return ek_resource_is_native(name) && !ek_resource_is_hugepages(name);
}

static bool is_extended(const char *name)
{
	EK_FREE char *for_quota = NULL;

	if (ek_resource_is_native(name) || ek_str_starts(name, requests_prefix))
		return false;
	for_quota = ek_str_fmt("%s%s", requests_prefix, name);
	return !ek_name_qualified(for_quota);
}

bool ek_resource_is_standard_quota(const char *name)
{
	return ek_check_one_of(name, quota_resources) || ek_resource_is_hugepages(name) ||
	       ek_str_starts(name, "requests.hugepages-");
}

void ek_resource_name_validate(struct ek_check *c, const char *name)
{
	const char *msg = ek_name_qualified(name);

	if (msg)
		ek_check_invalid_str(c, NULL, name, "%s", msg);
	else if (!strchr(name, '/') && !ek_resource_is_standard_quota(name) &&
		 !ek_streq(name, "storage"))
		ek_check_invalid_str(c, NULL, name,
				     "must be a standard resource type or fully qualified");
}

void ek_resource_container_name_validate(struct ek_check *c, const char *name)
{
	ek_resource_name_validate(c, name);
	if (!strchr(name, '/')) {
		if (!ek_check_one_of(name, container_resources) && !ek_resource_is_hugepages(name))
			ek_check_invalid_str(c, NULL, name,
					     "must be a standard resource for containers");
	} else if (!ek_resource_is_native(name) && !is_extended(name)) {
		ek_check_invalid_str(c, NULL, name,
				     "doesn't follow extended resource name standard");
	}
}

void ek_resource_quota_name_validate(struct ek_check *c, const char *name)
{
	ek_resource_name_validate(c, name);
	if (!strchr(name, '/') && !ek_resource_is_standard_quota(name))
		ek_check_invalid_str(c, NULL, name, "must be a standard resource for quota");
}

/* ---- amounts ---- */

int ek_resource_cmp(const struct ek_json *a, const struct ek_json *b)
{
	struct ek_quantity qa = { 0 }, qb = { 0 };

	(void)ek_quantity_from_json(a, &qa, NULL);
	(void)ek_quantity_from_json(b, &qb, NULL);
	return ek_quantity_cmp(&qa, &qb);
}

const char *ek_resource_text(const struct ek_json *v, char out[40])
{
	struct ek_quantity q = { 0 };

	(void)ek_quantity_from_json(v, &q, NULL);
	ek_quantity_format(&q, out);
	return out;
}

/* What is counted comes whole. */
static void check_whole(struct ek_check *c, const char *name, const struct ek_json *amount)
{
	EK_FREE char *syntax = NULL;

	if (!ek_check_one_of(name, integer_resources) && !is_extended(name))
		return;
	if (ek_quantity_json_milli(amount) % 1000 == 0)
		return;
	syntax = ek_check_text_quantity(amount);
	ek_check_invalid_text(c, NULL, syntax, "must be an integer");
}

void ek_resource_amount_validate(struct ek_check *c, const char *name, const struct ek_json *amount)
{
	struct ek_quantity q = { 0 }, zero = { 0 };
	char text[40];

	(void)ek_quantity_from_json(amount, &q, NULL);
	if (ek_quantity_cmp(&q, &zero) < 0)
		ek_check_invalid_str(c, NULL, ek_resource_text(amount, text),
				     "must be greater than or equal to 0");
	check_whole(c, name, amount);
}

/* Pages come whole. */
static void check_hugepages(struct ek_check *c, const char *name, const struct ek_json *amount)
{
	struct ek_quantity page = { 0 };
	int64_t size;
	char text[40];

	if (!ek_resource_is_hugepages(name))
		return;
	if (ek_quantity_parse(name + strlen(hugepages), &page, NULL) == 0) {
		size = ek_quantity_value(&page);
		if (size > 0 && ek_quantity_json_value(amount) % size == 0)
			return;
	}
	(void)ek_resource_text(amount, text);
	ek_check_invalid_str(c, NULL, text, "%s is not positive integer multiple of %s", text,
			     name);
}

/* ---- requirements ---- */

static void check_list(struct ek_check *c, const char *which, const struct ek_json *list,
		       bool *cpu_or_memory, bool *pages)
{
	for (struct ek_json_iter it = ek_json_iter(list); ek_json_next(&it);) {
		size_t mark = ek_check_key(c, which, it.key);

		ek_resource_container_name_validate(c, it.key);
		check_whole(c, it.key, it.value); /* its sign is the table's */
		check_hugepages(c, it.key, it.value);
		ek_check_pop(c, mark);
		*pages = *pages || ek_resource_is_hugepages(it.key);
		*cpu_or_memory = *cpu_or_memory || ek_streq(it.key, "cpu") ||
				 ek_streq(it.key, "memory");
	}
}

static void check_request_against_limit(struct ek_check *c, const char *name,
					const struct ek_json *request, const struct ek_json *limit)
{
	bool over = ek_resource_may_overcommit(name);
	char have[40], most[40];
	int cmp;

	if (!limit) {
		if (!over)
			ek_check_required(c, "limits",
					  "Limit must be set for non overcommitable resources");
		return;
	}
	cmp = ek_resource_cmp(request, limit);
	(void)ek_resource_text(request, have);
	(void)ek_resource_text(limit, most);
	if (cmp != 0 && !over)
		ek_check_invalid_str(c, "requests", have, "must be equal to %s limit of %s", name,
				     most);
	else if (cmp > 0)
		ek_check_invalid_str(c, "requests", have,
				     "must be less than or equal to %s limit of %s", name, most);
}

static void check_claim(struct ek_check *c, const struct ek_json *list, size_t i,
			const struct ek_json *claims)
{
	const char *name = ek_json_str_at(ek_json_elem(list, i), "name");
	size_t first = i, mark = ek_check_elem(c, "claims", i);

	if (ek_str_empty(name)) {
		ek_check_required(c, NULL, "");
	} else {
		if (ek_json_find(list, "name", name, &first) && first != i)
			ek_check_duplicate(c, NULL, name);
		if (!ek_json_find(claims, "name", name, NULL)) {
			EK_JSON struct ek_json *bad = ek_json_new_str(name);
			EK_BUF struct ek_buf names = EK_BUF_INIT(64 << 10);

			for (struct ek_json_iter it = ek_json_iter(claims); ek_json_next(&it);)
				(void)ek_buf_fmt(&names, "%s%s", it.i ? ", " : ": ",
						 ek_json_str_at(it.value, "name"));
			ek_cause_add(c->causes, EK_CAUSE_NOTFOUND, &c->at, bad,
				     "must be one of the names in pod.spec.resourceClaims%s",
				     names.data ? names.data : " which is empty");
		}
	}
	ek_check_pop(c, mark);
}

void ek_resources_validate(struct ek_check *c, const struct ek_json *resources,
			   const struct ek_json *claims)
{
	const struct ek_json *limits = ek_json_get(resources, "limits"),
			     *requests = ek_json_get(resources, "requests");
	const struct ek_json *wanted = ek_json_get(resources, "claims");
	bool cpu_or_memory = false, pages = false;

	check_list(c, "limits", limits, &cpu_or_memory, &pages);
	check_list(c, "requests", requests, &cpu_or_memory, &pages);
	for (struct ek_json_iter it = ek_json_iter(requests); ek_json_next(&it);)
		check_request_against_limit(c, it.key, it.value, ek_json_get(limits, it.key));
	if (pages && !cpu_or_memory)
		ek_check_forbidden(c, NULL, "HugePages require cpu or memory");
	for (size_t i = 0; i < ek_json_len(wanted); i++)
		check_claim(c, wanted, i, claims);
}
