/* SPDX-License-Identifier: Apache-2.0 */

/* How well a node that fits fits: 0 to 100 a score, weighted as kube-scheduler's defaults. */

#include "filters.h"

#include <ekube/str.h>

#include "pod_rules.h"

enum { MAX_SCORE = 100 };

static int64_t share_free(int64_t want, int64_t used, int64_t total)
{
	if (total <= 0 || used + want > total)
		return 0;
	return (total - used - want) * MAX_SCORE / total;
}

/* NodeResourcesFit, LeastAllocated: the emptier the better. */
static int64_t score_least_allocated(const struct candidate *c, const struct node_info *n,
				     const struct snapshot *all)
{
	(void)all;
	return (share_free(c->info->scored_cpu, n->scored_cpu, n->allocatable.milli_cpu) +
		share_free(c->info->scored_memory, n->scored_memory, n->allocatable.memory)) /
	       2;
}

/* NodeResourcesBalancedAllocation: cpu and memory used in like shares. */
static int64_t score_balanced(const struct candidate *c, const struct node_info *n,
			      const struct snapshot *all)
{
	int64_t cpu, memory, apart;

	(void)all;
	if (n->allocatable.milli_cpu <= 0 || n->allocatable.memory <= 0)
		return 0;
	cpu = (n->requested.milli_cpu + c->info->requests.milli_cpu) * 1000 /
	      n->allocatable.milli_cpu;
	memory = (n->requested.memory + c->info->requests.memory) /
		 (n->allocatable.memory / 1000 + 1);
	cpu = EK_MIN(cpu, (int64_t)1000);
	memory = EK_MIN(memory, (int64_t)1000);
	apart = cpu > memory ? cpu - memory : memory - cpu;
	return (1000 - apart / 2) * MAX_SCORE / 1000;
}

/* TaintToleration: fewer PreferNoSchedule taints that the pod does not tolerate. */
static int64_t score_taints(const struct candidate *c, const struct node_info *n,
			    const struct snapshot *all)
{
	const struct ek_json *tolerations = ek_json_at(c->pod, "spec.tolerations");
	int64_t bad = 0;

	(void)all;
	for (struct ek_json_iter it = ek_json_iter(ek_json_at(n->node, "spec.taints"));
	     ek_json_next(&it);)
		if (ek_streq(ek_json_str_at(it.value, "effect"), "PreferNoSchedule") &&
		    !ek_taint_is_tolerated(it.value, tolerations))
			bad++;
	return MAX_SCORE - EK_MIN(bad * 20, (int64_t)MAX_SCORE);
}

/* NodeAffinity: the weights of the preferred terms that match. */
static int64_t score_node_affinity(const struct candidate *c, const struct node_info *n,
				   const struct snapshot *all)
{
	const struct ek_json *preferred = ek_json_at(
		c->pod,
		"spec.affinity.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution");
	int64_t sum = 0;

	(void)all;
	for (struct ek_json_iter it = ek_json_iter(preferred); ek_json_next(&it);) {
		EK_JSON struct ek_json *selector = ek_json_make(
			"{'nodeSelectorTerms':[%v]}", ek_json_get(it.value, "preference"));

		if (ek_node_selector_match(n->node, selector))
			sum += ek_json_int_at(it.value, "weight", 0);
	}
	return EK_MIN(sum, (int64_t)MAX_SCORE);
}

/* ImageLocality: a node that has the images need not pull them. */
static int64_t score_images(const struct candidate *c, const struct node_info *n,
			    const struct snapshot *all)
{
	int64_t have = 0, want = 0;

	(void)all;
	for (struct ek_json_iter it = ek_json_iter(ek_json_at(c->pod, "spec.containers"));
	     ek_json_next(&it);) {
		const char *image = ek_json_str_at(it.value, "image");

		want++;
		for (struct ek_json_iter im = ek_json_iter(ek_json_at(n->node, "status.images"));
		     ek_json_next(&im);)
			if (image && ek_json_has_str(ek_json_get(im.value, "names"), image)) {
				have++;
				break;
			}
	}
	return want ? have * MAX_SCORE / want : 0;
}

static const struct {
	const char *name;
	int64_t     weight;
	int64_t (*score)(const struct candidate *c, const struct node_info *n,
			 const struct snapshot *all);
} scores[] = {
	{ "NodeResourcesFit", 1, score_least_allocated },
	{ "NodeResourcesBalancedAllocation", 1, score_balanced },
	{ "ImageLocality", 1, score_images },
	{ "InterPodAffinity", 2, score_pod_affinity },
	{ "NodeAffinity", 2, score_node_affinity },
	{ "PodTopologySpread", 2, score_spread },
	{ "TaintToleration", 3, score_taints },
};

int64_t score_node(const struct candidate *c, const struct node_info *n, const struct snapshot *all)
{
	int64_t sum = 0;

	for (size_t i = 0; i < EK_ARRAY_LEN(scores); i++)
		sum += scores[i].weight * scores[i].score(c, n, all);
	return sum;
}
