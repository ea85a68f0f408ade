/* SPDX-License-Identifier: Apache-2.0 */
#include "podspec.h"

#include <ekube/meta.h>
#include <ekube/str.h>

/* ---- containers ---- */

const struct ek_json *ek_podspec_container(const struct ek_json *pod, size_t i,
					   enum ek_ctr_role *ret_role)
{
	static const char *const lists[] = { "initContainers", "containers", "ephemeralContainers" };
	static const enum ek_ctr_role roles[] = { EK_CTR_INIT, EK_CTR_MAIN, EK_CTR_EPHEMERAL };
	const struct ek_json *spec = ek_json_get(pod, "spec");

	for (size_t k = 0; k < EK_ARRAY_LEN(lists); k++) {
		const struct ek_json *list = ek_json_get(spec, lists[k]);
		const struct ek_json *c;

		if (i >= ek_json_len(list)) {
			i -= ek_json_len(list);
			continue;
		}
		c = ek_json_elem(list, i);
		*ret_role = roles[k];
		if (k == 0 && ek_streq(ek_json_str_at(c, "restartPolicy"), "Always"))
			*ret_role = EK_CTR_SIDECAR;
		return c;
	}
	return NULL;
}

const struct ek_json *ek_podspec_find(const struct ek_json *pod, const char *name)
{
	const struct ek_json *c;
	enum ek_ctr_role role;

	for (size_t i = 0; (c = ek_podspec_container(pod, i, &role)); i++)
		if (ek_streq(ek_json_str_at(c, "name"), name))
			return c;
	return NULL;
}

char *ek_podspec_field_path(const struct ek_json *pod, const char *container)
{
	static const char *const lists[] = { "initContainers", "containers", "ephemeralContainers" };

	for (size_t k = 0; k < EK_ARRAY_LEN(lists); k++)
		if (ek_json_find(ek_json_get(ek_json_get(pod, "spec"), lists[k]), "name", container, NULL))
			return ek_str_fmt("spec.%s{%s}", lists[k], container);
	return NULL;
}

char *ek_podspec_label(const struct ek_json *pod)
{
	return ek_str_fmt("%s_%s(%s)", ek_meta_name(pod), ek_meta_namespace(pod), ek_meta_uid(pod));
}

/* ---- quality of service ---- */

static int64_t of_list(const struct ek_json *list, const char *resource)
{
	const struct ek_json *v = ek_json_get(list, resource);

	return ek_streq(resource, "cpu") ? ek_quantity_json_milli(v) : ek_quantity_json_value(v);
}

static int64_t amount(const struct ek_json *ctr, const char *which, const char *resource)
{
	return of_list(ek_json_get(ek_json_get(ctr, "resources"), which), resource);
}

const char *ek_podspec_qos(const struct ek_json *pod)
{
	static const char *const counted[] = { "cpu", "memory" };
	int64_t requests[2] = { 0 }, limits[2] = { 0 };
	bool guaranteed = true;
	const struct ek_json *c;
	enum ek_ctr_role role;

	for (size_t i = 0; (c = ek_podspec_container(pod, i, &role)); i++) {
		if (role == EK_CTR_EPHEMERAL)
			continue;
		for (int r = 0; r < 2; r++) {
			int64_t limit = amount(c, "limits", counted[r]);

			requests[r] += amount(c, "requests", counted[r]);
			limits[r] += limit;
			guaranteed &= limit > 0;
		}
	}
	if (!requests[0] && !requests[1] && !limits[0] && !limits[1])
		return "BestEffort";
	return guaranteed && requests[0] == limits[0] && requests[1] == limits[1] ? "Guaranteed" :
										    "Burstable";
}

/* ---- sums ---- */

/* `none`: what counts for a container that says nothing; it sticks. */
static int64_t sum(const struct ek_json *pod, const char *which, const char *resource, int64_t none)
{
	int64_t total = 0, sidecars = 0, init = 0;
	const struct ek_json *c;
	enum ek_ctr_role role;

	for (size_t i = 0; (c = ek_podspec_container(pod, i, &role)); i++) {
		int64_t n = amount(c, which, resource);

		if (role == EK_CTR_EPHEMERAL)
			continue;
		if (n == 0 && none < 0)
			return none;
		if (role == EK_CTR_INIT)
			init = EK_MAX(init, n + sidecars);
		else
			total += n;
		if (role == EK_CTR_SIDECAR)
			sidecars += n;
	}
	total = EK_MAX(total, init);
	if (total > 0 || ek_streq(which, "requests"))
		total += of_list(ek_json_at(pod, "spec.overhead"), resource);
	return total;
}

struct ek_pod_amount ek_podspec_requests(const struct ek_json *pod)
{
	return (struct ek_pod_amount){ .cpu_milli = sum(pod, "requests", "cpu", 0),
				       .memory = sum(pod, "requests", "memory", 0) };
}

int64_t ek_podspec_request(const struct ek_json *pod, const char *resource)
{
	return sum(pod, "requests", resource, 0);
}

struct ek_pod_amount ek_podspec_limits(const struct ek_json *pod)
{
	return (struct ek_pod_amount){ .cpu_milli = sum(pod, "limits", "cpu", -1),
				       .memory = sum(pod, "limits", "memory", -1) };
}

/* ---- the rest ---- */

char *ek_podspec_sysctl_name(const char *name)
{
	char *copy = ek_str_dup(name), first = '.';

	/* the one that comes first separates, the other one is part of a name: eth0.1 */
	for (char *c = copy; *c; c++) {
		if (*c != '.' && *c != '/')
			continue;
		first = *c;
		break;
	}
	for (char *c = copy; first == '/' && *c; c++)
		*c = *c == '/' ? '.' : *c == '.' ? '/' : *c;
	return copy;
}

bool ek_podspec_host_network(const struct ek_json *pod)
{
	return ek_json_bool_at(pod, "spec.hostNetwork", false);
}

const char *ek_podspec_policy(const struct ek_json *pod)
{
	const char *policy = ek_json_str_at(pod, "spec.restartPolicy");

	return policy ? policy : "Always";
}

bool ek_podspec_is_finished(const struct ek_json *pod)
{
	const char *phase = ek_json_str_at(pod, "status.phase");

	return ek_streq(phase, "Succeeded") || ek_streq(phase, "Failed");
}

int64_t ek_podspec_grace(const struct ek_json *pod)
{
	return ek_json_int_at(pod, "metadata.deletionGracePeriodSeconds",
			      ek_json_int_at(pod, "spec.terminationGracePeriodSeconds", 30));
}
