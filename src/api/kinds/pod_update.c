/* SPDX-License-Identifier: Apache-2.0 */

/* What may still change in a pod, in its status, and in its ephemeral containers. */

#include "pod_validate.h"

#include "kinds.h"

#include <ekube/str.h>

#include <ctype.h>

/* ---- the difference, for people: like Go's cmp.Diff, by the fields' names ---- */

enum { MAX_DIFF = 32 << 10 };

static void put_name(struct ek_buf *out, char sign, int depth, const char *name)
{
	(void)ek_buf_fmt(out, "%c %.*s", sign, depth, "\t\t\t\t\t\t\t\t");
	if (name)
		(void)ek_buf_fmt(out, "%c%s: ", toupper((unsigned char)name[0]), name + 1);
}

static void put_value(struct ek_buf *out, char sign, int depth, const char *name,
		      const struct ek_json *v)
{
	EK_FREE char *text = v ? ek_json_text(v) : NULL;

	put_name(out, sign, depth, name);
	(void)ek_buf_fmt(out, "%s,\n", text ? text : "nil");
}

static void diff(struct ek_buf *out, int depth, const char *name, const struct ek_json *a,
		 const struct ek_json *b);

static void diff_members(struct ek_buf *out, int depth, const struct ek_json *a,
			 const struct ek_json *b)
{
	struct ek_json_iter it;

	for (it = ek_json_iter(a); ek_json_next(&it);)
		diff(out, depth, it.key, it.value, ek_json_get(b, it.key));
	for (it = ek_json_iter(b); ek_json_next(&it);)
		if (!ek_json_get(a, it.key))
			diff(out, depth, it.key, NULL, it.value);
}

static void diff(struct ek_buf *out, int depth, const char *name, const struct ek_json *a,
		 const struct ek_json *b)
{
	bool lists = ek_json_is_array(a) && ek_json_is_array(b) && ek_json_len(a) == ek_json_len(b);

	if (ek_json_same(a, b))
		return;
	if (!lists && !(ek_json_is_object(a) && ek_json_is_object(b))) {
		if (a)
			put_value(out, '-', depth, name, a);
		if (b)
			put_value(out, '+', depth, name, b);
		return;
	}
	put_name(out, ' ', depth, name);
	(void)ek_buf_str(out, "{\n");
	if (lists) {
		for (size_t i = 0; i < ek_json_len(a); i++)
			diff(out, depth + 1, NULL, ek_json_elem(a, i), ek_json_elem(b, i));
	} else {
		diff_members(out, depth + 1, a, b);
	}
	put_name(out, ' ', depth, NULL);
	(void)ek_buf_str(out, "},\n");
}

static char *diff_text(const char *type, const struct ek_json *a, const struct ek_json *b)
{
	struct ek_buf out = EK_BUF_INIT(MAX_DIFF);

	(void)ek_buf_fmt(&out, "  %s{\n", type);
	diff_members(&out, 1, a, b);
	(void)ek_buf_str(&out, "  }\n");
	return ek_buf_steal(&out);
}

/* ---- what may change ---- */

static bool same_number(const struct ek_json *a, const struct ek_json *b, const char *list)
{
	return ek_json_len(ek_json_get(a, list)) == ek_json_len(ek_json_get(b, list));
}

static bool check_deadline(struct ek_check *c, const struct ek_json *spec,
			   const struct ek_json *old)
{
	const struct ek_json *now = ek_json_get(spec, "activeDeadlineSeconds");
	const struct ek_json *was = ek_json_get(old, "activeDeadlineSeconds");

	if (!now && was)
		ek_check_invalid(c, "activeDeadlineSeconds", NULL,
				 "must not update from a positive integer to nil value");
	if (now && was && ek_json_int(was, 0) < ek_json_int(now, 0)) {
		ek_check_invalid(c, "activeDeadlineSeconds", now,
				 "must be less than or equal to previous value");
		return false;
	}
	return true;
}

/* Equal but for how long it holds. */
static bool same_toleration(const struct ek_json *a, const struct ek_json *b)
{
	static const char *const fields[] = { "key", "operator", "value", "effect" };

	for (size_t i = 0; i < EK_ARRAY_LEN(fields); i++)
		if (!ek_json_same(ek_json_get(a, fields[i]), ek_json_get(b, fields[i])))
			return false;
	return true;
}

static void check_tolerations(struct ek_check *c, const struct ek_json *now,
			      const struct ek_json *was)
{
	for (struct ek_json_iter o = ek_json_iter(was); ek_json_next(&o);) {
		bool found = false;

		for (struct ek_json_iter it = ek_json_iter(now); !found && ek_json_next(&it);)
			found = same_toleration(o.value, it.value);
		if (!found) {
			ek_check_forbidden(
				c, "tolerations",
				"existing toleration can not be modified except its tolerationSeconds");
			return;
		}
	}
}

static void check_gates(struct ek_check *c, const struct ek_json *now, const struct ek_json *was)
{
	for (struct ek_json_iter it = ek_json_iter(now); ek_json_next(&it);) {
		const char *name = ek_json_str_at(it.value, "name");

		if (!ek_json_find(was, "name", name ? name : "", NULL))
			ek_check_forbidden(
				c, EK_F("schedulingGates[%zu].name", it.i),
				"only deletion is allowed, but found new scheduling gate '%s'",
				name);
	}
}

/* ---- a gated pod may still be narrowed ---- */

static void check_node_selector(struct ek_check *c, const struct ek_json *now,
				const struct ek_json *was)
{
	for (struct ek_json_iter it = ek_json_iter(was); ek_json_next(&it);)
		if (!ek_json_equal(ek_json_get(now, it.key), it.value)) {
			ek_check_invalid(c, "nodeSelector", now,
					 "only additions to spec.nodeSelector are allowed "
					 "(no mutations or deletions)");
			return;
		}
}

static bool only_adds(const struct ek_json *now, const struct ek_json *was, const char *list)
{
	const struct ek_json *a = ek_json_get(now, list), *b = ek_json_get(was, list);

	for (size_t i = 0; i < ek_json_len(b); i++)
		if (!ek_json_same(ek_json_elem(a, i), ek_json_elem(b, i)))
			return false;
	return true;
}

static bool term_only_adds(const struct ek_json *now, const struct ek_json *was)
{
	bool was_empty = ek_json_len(ek_json_get(was, "matchExpressions")) +
				 ek_json_len(ek_json_get(was, "matchFields")) ==
			 0;
	bool is_empty = ek_json_len(ek_json_get(now, "matchExpressions")) +
				ek_json_len(ek_json_get(now, "matchFields")) ==
			0;

	if (was_empty && !is_empty)
		return false;
	return only_adds(now, was, "matchExpressions") && only_adds(now, was, "matchFields");
}

static void check_node_affinity(struct ek_check *c, const struct ek_json *now,
				const struct ek_json *was)
{
	static const char path[] =
		"affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms";
	const struct ek_json *a = ek_json_at(now, path), *b = ek_json_at(was, path);
	size_t mark = ek_check_push(c, path);

	if (ek_json_len(b) > 0 && ek_json_len(a) != ek_json_len(b)) {
		ek_check_invalid(
			c, NULL, a,
			"no additions/deletions to non-empty NodeSelectorTerms list are allowed");
	} else {
		for (size_t i = 0; i < ek_json_len(b); i++)
			if (!term_only_adds(ek_json_elem(a, i), ek_json_elem(b, i)))
				ek_check_invalid(
					c, EK_F("[%zu]", i), ek_json_elem(a, i),
					"only additions are allowed (no mutations or deletions)");
	}
	ek_check_pop(c, mark);
}

/* ---- what must not: everything else ---- */

static void take_images(struct ek_json *spec, const struct ek_json *old, const char *list)
{
	for (struct ek_json_iter it = ek_json_iter(ek_json_get(spec, list)); ek_json_next(&it);)
		ek_json_set(it.value, "image",
			    ek_json_copy(ek_json_get(ek_json_elem(ek_json_get(old, list), it.i),
						     "image")));
}

static void take(struct ek_json *spec, const struct ek_json *old, const char *field)
{
	const struct ek_json *was = ek_json_get(old, field);

	ek_json_set(spec, field, was ? ek_json_copy(was) : NULL);
}

static void take_node_affinity(struct ek_json *spec, const struct ek_json *old)
{
	const struct ek_json *was = ek_json_at(old, "affinity.nodeAffinity");
	struct ek_json *affinity = ek_json_get(spec, "affinity");

	if (!affinity && was)
		ek_json_set_at(spec, "affinity.nodeAffinity", ek_json_copy(was));
	else if (affinity)
		ek_json_set(affinity, "nodeAffinity", was ? ek_json_copy(was) : NULL);
	if (affinity && !ek_json_get(old, "affinity") && ek_json_len(affinity) == 0)
		ek_json_del(spec, "affinity");
}

/* The new spec with all that may change put back to what it was. */
static struct ek_json *put_back(const struct ek_json *now, const struct ek_json *old)
{
	struct ek_json *spec = ek_json_copy(now);

	take_images(spec, old, "containers");
	take_images(spec, old, "initContainers");
	take(spec, old, "activeDeadlineSeconds");
	take(spec, old, "schedulingGates");
	take(spec, old, "tolerations");
	if (ek_json_int_at(old, "terminationGracePeriodSeconds", 0) < 0 &&
	    ek_json_int_at(spec, "terminationGracePeriodSeconds", 0) == 1)
		take(spec, old, "terminationGracePeriodSeconds");
	if (ek_json_len(ek_json_get(old, "schedulingGates")) > 0) {
		take(spec, old, "nodeSelector");
		take_node_affinity(spec, old);
	}
	return spec;
}

static void check_rest(struct ek_check *c, const struct ek_json *now, const struct ek_json *old)
{
	EK_JSON struct ek_json *rest = put_back(now, old);
	EK_FREE char *text = NULL;

	if (ek_json_same(rest, old))
		return;
	text = diff_text("core.PodSpec", old, rest);
	ek_check_forbidden(
		c, NULL,
		"pod updates may not change fields other than `spec.containers[*].image`,"
		"`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,"
		"`spec.tolerations` (only additions to existing tolerations),"
		"`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously "
		"negative)\n%s",
		text);
}

/* The mirror of a static pod stays one, and no pod becomes one. */
static void check_mirror(struct ek_check *c, const struct ek_json *pod, const struct ek_json *old)
{
	static const char key[] = "kubernetes.io/config.mirror";
	const char *now = ek_meta_annotation(pod, key), *was = ek_meta_annotation(old, key);
	size_t mark = ek_check_push(c, "metadata");

	(void)ek_check_key(c, "annotations", key);
	if (was && !ek_streq(now, was))
		ek_check_forbidden(c, NULL, "may not remove or update mirror pod annotation");
	else if (!was && now)
		ek_check_forbidden(c, NULL, "may not add mirror pod annotation");
	ek_check_pop(c, mark);
}

static bool check_spec(struct ek_check *c, const struct ek_json *spec, const struct ek_json *old)
{
	static const char *const lists[] = { "containers", "initContainers" };

	for (size_t i = 0; i < EK_ARRAY_LEN(lists); i++)
		if (!same_number(spec, old, lists[i])) {
			ek_check_forbidden(c, lists[i],
					   "pod updates may not add or remove containers");
			return false;
		}
	if (!check_deadline(c, spec, old))
		return false;
	check_tolerations(c, ek_json_get(spec, "tolerations"), ek_json_get(old, "tolerations"));
	check_gates(c, ek_json_get(spec, "schedulingGates"), ek_json_get(old, "schedulingGates"));
	return true;
}

void ek_pod_update_validate(struct ek_check *c, const struct ek_json *pod,
			    const struct ek_json *old)
{
	const struct ek_json *spec = ek_json_get(pod, "spec"), *was = ek_json_get(old, "spec");
	size_t mark;

	check_mirror(c, pod, old);
	mark = ek_check_push(c, "spec");
	if (check_spec(c, spec, was)) {
		if (ek_json_len(ek_json_get(was, "schedulingGates")) > 0) {
			check_node_selector(c, ek_json_get(spec, "nodeSelector"),
					    ek_json_get(was, "nodeSelector"));
			check_node_affinity(c, spec, was);
		}
		check_rest(c, spec, was);
	}
	ek_check_pop(c, mark);
}

/* ---- pods/ephemeralcontainers ---- */

void ek_pod_ephemeral_validate(const struct ek_json *pod, const struct ek_json *old,
			       struct ek_causes *causes)
{
	static const char list[] = "ephemeralContainers";
	struct ek_check c = { .causes = causes };
	const struct ek_json *spec = ek_json_get(pod, "spec");
	const struct ek_json *now = ek_json_get(spec, list),
			     *was = ek_json_at(old, "spec.ephemeralContainers");

	if (ek_meta_annotation(old, "kubernetes.io/config.mirror")) {
		ek_check_forbidden(&c, NULL, "static pods do not support ephemeral containers");
		return;
	}
	(void)ek_check_push(&c, "spec");
	ek_pod_spec_validate(&c, spec, true, ek_meta_name(pod));
	for (struct ek_json_iter it = ek_json_iter(was); ek_json_next(&it);) {
		const char *name = ek_json_str_at(it.value, "name");
		const struct ek_json *same = ek_json_find(now, "name", name, NULL);

		if (!same) {
			ek_check_forbidden(
				&c, list,
				"existing ephemeral containers \"%s\" may not be removed\n", name);
		} else if (!ek_json_same(same, it.value)) {
			EK_FREE char *text = diff_text("core.EphemeralContainer", it.value, same);

			ek_check_forbidden(
				&c, list,
				"existing ephemeral containers \"%s\" may not be changed\n%s", name,
				text);
		}
	}
}

/* ---- pods/status ---- */

static bool may_restart(const struct ek_json *spec, const char *list, const struct ek_json *status)
{
	const struct ek_json *container = ek_json_find(ek_json_get(spec, "initContainers"), "name",
						       ek_json_str_at(status, "name"), NULL);
	const char *policy = ek_json_str_at(spec, "restartPolicy");

	if (ek_streq(list, "ephemeralContainerStatuses"))
		policy = "Never";
	if (ek_streq(policy, "Always"))
		return true;
	if (ek_streq(policy, "OnFailure") &&
	    ek_json_int_at(status, "state.terminated.exitCode", 0) != 0)
		return true;
	return ek_streq(list, "initContainerStatuses") &&
	       ek_streq(ek_json_str_at(container, "restartPolicy"), "Always");
}

/* What is over and never restarts stays over. */
static void check_states(struct ek_check *c, const char *list, const struct ek_json *pod,
			 const struct ek_json *old)
{
	const struct ek_json *now = ek_json_get(ek_json_get(pod, "status"), list);
	const struct ek_json *was = ek_json_get(ek_json_get(old, "status"), list);

	for (struct ek_json_iter it = ek_json_iter(was); ek_json_next(&it);) {
		const struct ek_json *same =
			ek_json_find(now, "name", ek_json_str_at(it.value, "name"), NULL);

		if (!ek_json_at(it.value, "state.terminated") ||
		    may_restart(ek_json_get(old, "spec"), list, it.value))
			continue;
		if (same && !ek_json_at(same, "state.terminated"))
			ek_check_forbidden(c, EK_F("%s[%zu].state", list, it.i),
					   "may not be transitioned to non-terminated state");
	}
}

static void check_ips(struct ek_check *c, const char *list, const struct ek_json *ips)
{
	size_t families[2] = { 0 };

	for (struct ek_json_iter it = ek_json_iter(ips); ek_json_next(&it);) {
		const char *s = ek_json_str_at(it.value, "ip");
		size_t first = it.i, mark = ek_check_elem(c, list, it.i);
		struct ek_ip ip;

		if (ek_check_ip(c, NULL, s) && ek_ip_parse(s, &ip) == 0)
			families[ip.n == 16]++;
		if (s && ek_json_find(ips, "ip", s, &first) && first != it.i)
			ek_cause_add(c->causes, EK_CAUSE_DUPLICATE, &c->at, it.value, NULL);
		ek_check_pop(c, mark);
	}
	if (families[0] > 1 || families[1] > 1)
		ek_check_invalid(c, list, ips,
				 "may specify no more than one IP for each IP family");
}

static void check_conditions(struct ek_check *c, const struct ek_json *pod)
{
	static const char *const own[] = { "PodScheduled", "Ready", "Initialized", NULL };

	for (struct ek_json_iter it = ek_json_iter(ek_json_at(pod, "status.conditions"));
	     ek_json_next(&it);) {
		const char *type = ek_json_str_at(it.value, "type");

		if (!ek_check_one_of(type, own)) /* the path is upstream's */
			ek_check_name(c, EK_F("metadata.conditions[%zu].Type", it.i), type,
				      ek_name_qualified);
	}
}

void ek_pod_status_validate(const struct ek_json *pod, const struct ek_json *old,
			    struct ek_causes *causes)
{
	static const char *const lists[] = { "containerStatuses", "initContainerStatuses",
					     "ephemeralContainerStatuses" };
	const struct ek_json *status = ek_json_get(pod, "status"),
			     *ips = ek_json_get(status, "hostIPs");
	const char *nominated = ek_json_str_at(status, "nominatedNodeName");
	const struct ek_json *qos = ek_json_get(status, "qosClass");
	struct ek_check c = { .causes = causes };

	check_conditions(&c, pod);
	(void)ek_check_push(&c, "status");
	if (!ek_str_empty(nominated) &&
	    !ek_streq(nominated, ek_json_str_at(old, "status.nominatedNodeName")))
		ek_check_name(&c, "nominatedNodeName", nominated, ek_name_dns1123_subdomain);
	if (!ek_json_same(qos, ek_json_at(old, "status.qosClass")))
		ek_check_invalid_str(&c, "qosClass", ek_json_str(qos), "field is immutable");
	for (size_t i = 0; i < EK_ARRAY_LEN(lists); i++)
		check_states(&c, lists[i], pod, old);
	check_ips(&c, "podIPs", ek_json_get(status, "podIPs"));
	if (ek_json_len(ips) > 0 &&
	    !ek_streq(ek_json_str_at(ek_json_elem(ips, 0), "ip"), ek_json_str_at(status, "hostIP")))
		ek_check_invalid(&c, "hostIPs[0].ip", ek_json_get(ek_json_elem(ips, 0), "ip"),
				 "must be equal to `hostIP`");
	check_ips(&c, "hostIPs", ips);
}
