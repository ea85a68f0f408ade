/* SPDX-License-Identifier: Apache-2.0 */
#include "deployment.h"

#include <math.h>

bool deployment_is_scaling(const struct rollout *r)
{
	EACH_SET(x, r)
	{
		int desired;

		if (x->replicas > 0 && deployment_reads_count(x, DEPLOYMENT_DESIRED, &desired) &&
		    desired != r->replicas)
			return true;
	}
	return false;
}

/* The only active one, or the newest when none is; NULL when several are active. */
static struct set *active_or_latest(struct rollout *r)
{
	struct set *active = NULL, *latest = NULL;
	int n = 0;

	EACH_SET(x, r)
	{
		if (x->replicas > 0) {
			active = x;
			n++;
		}
		if (x != r->fresh)
			latest = x; /* oldest first */
	}
	if (n > 1)
		return NULL;
	return n ? active : r->fresh ? r->fresh : latest;
}

static bool is_saturated(const struct rollout *r)
{
	int desired;

	return r->fresh && deployment_reads_count(r->fresh, DEPLOYMENT_DESIRED, &desired) &&
	       desired == r->replicas && r->fresh->replicas == r->replicas &&
	       r->fresh->available == r->replicas;
}

static int larger_first(const struct set *a, const struct set *b, bool newer_first)
{
	if (a->replicas != b->replicas)
		return a->replicas > b->replicas ? -1 : 1;
	/* sets are sorted by age, so their place tells it */
	return (a < b ? -1 : 1) * (newer_first ? -1 : 1);
}

static int by_size_newer(const void *a, const void *b)
{
	return larger_first(*(struct set *const *)a, *(struct set *const *)b, true);
}

static int by_size_older(const void *a, const void *b)
{
	return larger_first(*(struct set *const *)a, *(struct set *const *)b, false);
}

static int share_of(const struct rollout *r, const struct set *x, int to_add, int added)
{
	int max_before, fraction, allowed = to_add - added;

	if (x->replicas == 0 || to_add == 0 || to_add == added)
		return 0;
	if (r->replicas == 0)
		fraction = -x->replicas;
	else {
		if (!deployment_reads_count(x, DEPLOYMENT_MAX, &max_before) || max_before == 0)
			max_before = (int)ek_json_int_at(r->d, "status.replicas", 0);
		if (max_before == 0)
			return 0;
		fraction = (int)lround((double)x->replicas * (r->replicas + r->max_surge) /
				       max_before) -
			   x->replicas;
	}
	return to_add > 0 ? EK_MIN(fraction, allowed) : EK_MAX(fraction, allowed);
}

/* In the middle of a rollout every active set gets its share, the largest what rounding left. */
static void scale_in_proportion(struct rollout *r)
{
	struct set **active = ek_calloc(r->n_sets + 1, sizeof(struct set *));
	int *size = ek_calloc(r->n_sets + 1, sizeof(*size));
	int to_add =
		(r->replicas > 0 ? r->replicas + r->max_surge : 0) - deployment_total(r, false);
	int added = 0;
	size_t n = 0;

	EACH_SET(x, r)
	{
		if (x->replicas > 0)
			active[n++] = x;
	}
	if (to_add)
		qsort(active, n, sizeof(struct set *), to_add > 0 ? by_size_newer : by_size_older);
	for (size_t i = 0; i < n; i++) {
		int share = share_of(r, active[i], to_add, added);

		size[i] = active[i]->replicas + share;
		added += share;
	}
	if (n && to_add)
		size[0] = EK_MAX(size[0] + to_add - added, 0);
	for (size_t i = 0; i < n; i++) {
		deployment_scale_set(r, active[i], size[i]);
		deployment_note_sizes(r, active[i]);
	}
	free(active);
	free(size);
}

void deployment_scale(struct rollout *r)
{
	struct set *only = active_or_latest(r);

	if (only) {
		deployment_scale_set(r, only, r->replicas);
	} else if (is_saturated(r)) {
		EACH_OLD_SET(x, r)
		deployment_scale_set(r, x, 0);
	} else if (r->rolling) {
		scale_in_proportion(r);
	}
}
