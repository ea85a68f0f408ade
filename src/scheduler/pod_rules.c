/* SPDX-License-Identifier: Apache-2.0 */
#include "pod_rules.h"

#include <ekube/str.h>

enum { MAX_SCORE = 100 };

/* ---- terms ---- */

/* Does the term, written by a pod in `own_ns`, speak of this pod? */
static bool term_selects(const struct ek_json *term, const char *own_ns, const struct pod_info *p,
			 const struct snapshot *all)
{
	EK_CLEANUP(ek_selector_unrefp) struct ek_selector *labels = NULL;
	EK_CLEANUP(ek_selector_unrefp) struct ek_selector *namespaces = NULL;
	const struct ek_json *names = ek_json_get(term, "namespaces"),
			     *ns_sel = ek_json_get(term, "namespaceSelector");
	bool in_scope = ek_json_len(names) || ns_sel ? ek_json_has_str(names, p->ns) :
						       ek_streq(own_ns, p->ns);

	if (!in_scope && ns_sel && all->namespace_labels &&
	    ek_selector_from_json(ns_sel, &namespaces, NULL) == 0)
		in_scope = ek_selector_match(namespaces, all->namespace_labels(all->arg, p->ns));
	if (!in_scope ||
	    ek_selector_from_json(ek_json_get(term, "labelSelector"), &labels, NULL) < 0)
		return false;
	return ek_selector_match_fn(labels, pod_info_label, (void *)p);
}

static bool same_domain(const struct ek_json *a, const struct ek_json *b, const char *key)
{
	const char *va = ek_meta_label(a, key), *vb = ek_meta_label(b, key);

	return va && vb && ek_streq(va, vb);
}

/* How many pods that the term selects run in the topology domain of `n`. */
static int64_t count_in_domain(const struct candidate *c, const struct ek_json *term,
			       const struct node_info *n, const struct snapshot *all)
{
	const char *key = ek_json_str_at(term, "topologyKey");
	int64_t found = 0;

	for (size_t i = 0; i < all->n; i++) {
		const struct node_info *other = all->nodes[i];

		if (!other->node || !same_domain(n->node, other->node, key))
			continue;
		for (size_t k = 0; k < other->pods.n; k++)
			found += term_selects(term, c->info->ns, other->pods.items[k], all);
	}
	return found;
}

static bool selected_anywhere(const struct candidate *c, const struct ek_json *term,
			      const struct snapshot *all)
{
	for (size_t i = 0; i < all->n; i++)
		for (size_t k = 0; k < all->nodes[i]->pods.n; k++)
			if (term_selects(term, c->info->ns, all->nodes[i]->pods.items[k], all))
				return true;
	return false;
}

static const struct ek_json *terms(const struct candidate *c, const char *path)
{
	return ek_json_at(c->info->affinity_all, path);
}

/* The first pod of a group that wants to be together may start anywhere. */
static bool required_affinity_holds(const struct candidate *c, const struct node_info *n,
				    const struct snapshot *all)
{
	const struct ek_json *required =
		terms(c, "podAffinity.requiredDuringSchedulingIgnoredDuringExecution");

	for (struct ek_json_iter it = ek_json_iter(required); ek_json_next(&it);) {
		if (!ek_meta_label(n->node, ek_json_str_at(it.value, "topologyKey")))
			return false;
		if (count_in_domain(c, it.value, n, all) > 0)
			continue;
		if (!term_selects(it.value, c->info->ns, c->info, all) ||
		    selected_anywhere(c, it.value, all))
			return false;
	}
	return true;
}

static bool required_anti_affinity_holds(const struct candidate *c, const struct node_info *n,
					 const struct snapshot *all)
{
	const struct ek_json *required =
		terms(c, "podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution");

	for (struct ek_json_iter it = ek_json_iter(required); ek_json_next(&it);)
		if (count_in_domain(c, it.value, n, all) > 0)
			return false;
	return true;
}

static bool existing_pods_allow(const struct candidate *c, const struct node_info *n,
				const struct snapshot *all)
{
	for (size_t i = 0; i < all->n; i++) {
		const struct node_info *other = all->nodes[i];

		for (size_t k = 0; other->node && k < other->pods.n; k++) {
			const struct pod_info *p = other->pods.items[k];

			for (struct ek_json_iter it = ek_json_iter(p->anti_affinity);
			     ek_json_next(&it);)
				if (same_domain(n->node, other->node,
						ek_json_str_at(it.value, "topologyKey")) &&
				    term_selects(it.value, p->ns, c->info, all))
					return false;
		}
	}
	return true;
}

void filter_pod_affinity(const struct candidate *c, const struct node_info *n,
			 const struct snapshot *all, struct verdict *v)
{
	if (!required_affinity_holds(c, n, all))
		verdict_refuse(v, true, "node(s) didn't match pod affinity rules");
	else if (!required_anti_affinity_holds(c, n, all))
		verdict_refuse(v, false, "node(s) didn't match pod anti-affinity rules");
	else if (!existing_pods_allow(c, n, all))
		verdict_refuse(v, false,
			       "node(s) didn't satisfy existing pods anti-affinity rules");
}

static int64_t weigh_terms(const struct candidate *c, const char *path, const struct node_info *n,
			   const struct snapshot *all)
{
	int64_t sum = 0;

	for (struct ek_json_iter it = ek_json_iter(terms(c, path)); ek_json_next(&it);)
		sum += ek_json_int_at(it.value, "weight", 0) *
		       count_in_domain(c, ek_json_get(it.value, "podAffinityTerm"), n, all);
	return sum;
}

int64_t score_pod_affinity(const struct candidate *c, const struct node_info *n,
			   const struct snapshot *all)
{
	int64_t sum;

	if (!c->info->affinity_all)
		return 0;
	sum = weigh_terms(c, "podAffinity.preferredDuringSchedulingIgnoredDuringExecution", n,
			  all) -
	      weigh_terms(c, "podAntiAffinity.preferredDuringSchedulingIgnoredDuringExecution", n,
			  all);
	return EK_MAX((int64_t)0, EK_MIN(MAX_SCORE / 2 + sum, (int64_t)MAX_SCORE));
}

/* ---- spreading ---- */

static int64_t count_matching(const struct ek_selector *sel, const struct candidate *c,
			      const struct node_info *n)
{
	int64_t found = 0;

	for (size_t i = 0; i < n->pods.n; i++) {
		struct pod_info *p = n->pods.items[i];

		found += !p->deleting && ek_streq(p->ns, c->info->ns) &&
			 ek_selector_match_fn(sel, pod_info_label, p);
	}
	return found;
}

/* May the pod go to this node at all, as far as its own selectors say? Only such domains count. */
static bool counts(const struct candidate *c, const struct ek_json *constraint,
		   const struct node_info *n)
{
	if (!n->node || !ek_meta_label(n->node, ek_json_str_at(constraint, "topologyKey")))
		return false;
	return ek_streq(ek_json_str_at(constraint, "nodeAffinityPolicy"), "Ignore") ||
	       ek_node_wanted_by(n->node, ek_json_get(c->pod, "spec"));
}

/* Matching pods in the domain of `n`. */
static int64_t domain_count(const struct candidate *c, const struct ek_json *constraint,
			    const struct ek_selector *sel, const struct node_info *n,
			    const struct snapshot *all)
{
	const char *key = ek_json_str_at(constraint, "topologyKey");
	int64_t found = 0;

	for (size_t i = 0; i < all->n; i++)
		if (counts(c, constraint, all->nodes[i]) &&
		    same_domain(n->node, all->nodes[i]->node, key))
			found += count_matching(sel, c, all->nodes[i]);
	return found;
}

static int64_t smallest_domain(const struct candidate *c, const struct ek_json *constraint,
			       const struct ek_selector *sel, const struct snapshot *all)
{
	int64_t least = INT64_MAX;

	for (size_t i = 0; i < all->n; i++)
		if (counts(c, constraint, all->nodes[i])) {
			int64_t here = domain_count(c, constraint, sel, all->nodes[i], all);

			least = EK_MIN(least, here);
		}
	return least == INT64_MAX ? 0 : least;
}

static struct ek_selector *spread_selector(const struct candidate *c,
					   const struct ek_json *constraint)
{
	struct ek_selector *sel = NULL;

	(void)c;
	return ek_selector_from_json(ek_json_get(constraint, "labelSelector"), &sel, NULL) == 0 ?
		       sel :
		       NULL;
}

void filter_spread(const struct candidate *c, const struct node_info *n, const struct snapshot *all,
		   struct verdict *v)
{
	const struct ek_json *constraints = ek_json_at(c->pod, "spec.topologySpreadConstraints");

	for (struct ek_json_iter it = ek_json_iter(constraints); ek_json_next(&it);) {
		EK_CLEANUP(ek_selector_unrefp)
		struct ek_selector *sel = spread_selector(c, it.value);
		int64_t self, skew;

		if (!sel ||
		    !ek_streq(ek_json_str_at(it.value, "whenUnsatisfiable"), "DoNotSchedule"))
			continue;
		if (!ek_meta_label(n->node, ek_json_str_at(it.value, "topologyKey"))) {
			verdict_refuse(
				v, true,
				"node(s) didn't match pod topology spread constraints (missing required label)");
			return;
		}
		self = ek_selector_match_fn(sel, pod_info_label, (void *)c->info);
		skew = domain_count(c, it.value, sel, n, all) + self -
		       smallest_domain(c, it.value, sel, all);
		if (skew > ek_json_int_at(it.value, "maxSkew", 1)) {
			verdict_refuse(v, false,
				       "node(s) didn't match pod topology spread constraints");
			return;
		}
	}
}

int64_t score_spread(const struct candidate *c, const struct node_info *n,
		     const struct snapshot *all)
{
	const struct ek_json *constraints = ek_json_at(c->pod, "spec.topologySpreadConstraints");
	int64_t sum = 0, asked = 0;

	for (struct ek_json_iter it = ek_json_iter(constraints); ek_json_next(&it);) {
		EK_CLEANUP(ek_selector_unrefp)
		struct ek_selector *sel = spread_selector(c, it.value);

		if (!sel ||
		    !ek_streq(ek_json_str_at(it.value, "whenUnsatisfiable"), "ScheduleAnyway"))
			continue;
		asked++;
		if (counts(c, it.value, n))
			sum += MAX_SCORE / (1 + domain_count(c, it.value, sel, n, all));
	}
	return asked ? sum / asked : 0;
}
