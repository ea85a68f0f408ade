/* SPDX-License-Identifier: Apache-2.0 */
#include <ekube/meta.h>
#include <ekube/str.h>

#include "podspec.h"
#include "runtime_spec.h"

enum { SHARES_MIN = 2, SHARES_MAX = 262144, QUOTA_MIN = 1000, CRITICAL_PRIORITY = 2000000000 };

int64_t ek_cpu_shares(int64_t milli)
{
	int64_t shares = milli * 1024 / 1000;

	return shares < SHARES_MIN ? SHARES_MIN : EK_MIN(shares, (int64_t)SHARES_MAX);
}

int64_t ek_cpu_quota(int64_t milli)
{
	return milli <= 0 ? 0 : EK_MAX(milli * EK_CPU_PERIOD / 1000, (int64_t)QUOTA_MIN);
}

int64_t ek_cpu_weight(int64_t shares)
{
	return 1 + (shares - 2) * 9999 / 262142;
}

/* ---- who is killed first when memory is short ---- */

enum { OOM_GUARANTEED = -997, OOM_BEST_EFFORT = 1000 };

static int64_t memory_request(const struct ek_json *container)
{
	return ek_quantity_json_value(ek_json_at(container, "resources.requests.memory"));
}

static int64_t least_request(const struct ek_json *pod)
{
	const struct ek_json *list = ek_json_at(pod, "spec.containers");
	int64_t least = INT64_MAX;

	for (size_t i = 0; i < ek_json_len(list); i++)
		least = EK_MIN(least, memory_request(ek_json_elem(list, i)));
	return least == INT64_MAX ? 0 : least;
}

int ek_spec_oom_score(const struct ek_json *pod, const struct ek_json *container, int64_t memory)
{
	const char *qos = ek_podspec_qos(pod);
	int64_t request = memory_request(container), score;

	if (ek_json_int_at(pod, "spec.priority", 0) >= CRITICAL_PRIORITY || ek_streq(qos, "Guaranteed"))
		return OOM_GUARANTEED;
	if (ek_streq(qos, "BestEffort") || memory <= 0)
		return OOM_BEST_EFFORT;
	/* a sidecar must not go before those that it serves */
	if (ek_streq(ek_json_str_at(container, "restartPolicy"), "Always"))
		request = EK_MAX(request, least_request(pod));
	/* who asked for a tenth of the memory is at 900 */
	score = 1000 - (int64_t)(1000.0 * (double)request / (double)memory);
	if (score < 1000 + OOM_GUARANTEED)
		return 1000 + OOM_GUARANTEED;
	return (int)(score >= OOM_BEST_EFFORT ? OOM_BEST_EFFORT - 1 : score);
}

/* ---- limits ---- */

static void put_cpu(const struct ek_json *container, struct ek_json *resources)
{
	const struct ek_json *request = ek_json_at(container, "resources.requests.cpu");
	const struct ek_json *limit = ek_json_at(container, "resources.limits.cpu");
	int64_t quota = ek_cpu_quota(ek_quantity_json_milli(limit));
	/* who only says a limit asks for as much */
	int64_t shares = ek_cpu_shares(ek_quantity_json_milli(request ? request : limit));
	struct ek_json *cpu = ek_json_make("{'shares':%D}", shares);

	if (quota > 0) {
		ek_json_set_int(cpu, "quota", quota);
		ek_json_set_int(cpu, "period", EK_CPU_PERIOD);
	}
	ek_json_set(resources, "cpu", cpu);
}

static void put_memory(const struct ek_spec_input *in, struct ek_json *resources)
{
	int64_t limit = ek_quantity_json_value(ek_json_at(in->container, "resources.limits.memory"));
	struct ek_json *memory;

	if (limit <= 0)
		return;
	memory = ek_json_make("{'limit':%D}", limit);
	if (in->machine.swap_limit) /* memory and swap together: none of it is swap */
		ek_json_set_int(memory, "swap", limit);
	ek_json_set(resources, "memory", memory);
}

struct ek_json *ek_spec_resources(const struct ek_spec_input *in, bool privileged)
{
	struct ek_json *r = ek_json_object();

	if (privileged)
		ek_json_set(r, "devices", ek_json_make("[{'allow':true,'access':'rwm'}]"));
	else
		ek_json_set(r, "devices", ek_json_make("[{'allow':false,'access':'rwm'}]"));
	if (in->no_limits)
		return r;
	put_cpu(in->container, r);
	put_memory(in, r);
	if (in->machine.unified) /* half a container is no container */
		ek_json_set(r, "unified", ek_json_make("{'memory.oom.group':'1'}"));
	return r;
}
