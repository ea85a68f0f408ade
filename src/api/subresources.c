/* SPDX-License-Identifier: Apache-2.0 */
#include "core.h"

#include "admit/admission.h"
#include "metadata.h"
#include "status.h"
#include "auth/token.h"

#include <ekube/clock.h>
#include <ekube/str.h>

/* ---- scale (autoscaling/v1): a window on spec.replicas ---- */

static const struct ek_subresource *find_sub(const struct ek_kind *k, const char *name)
{
	for (const struct ek_subresource *s = k->subresources; s && s->name; s++)
		if (ek_streq(s->name, name))
			return s;
	return NULL;
}

static char *selector_text(const struct ek_kind *k, const struct ek_json *obj)
{
	EK_CLEANUP(ek_selector_unrefp) struct ek_selector *s = NULL;
	const struct ek_json *selector = ek_json_at(obj, "spec.selector");

	if (k == &ek_kind_rc)
		s = ek_selector_from_map(selector);
	else if (ek_selector_from_json(selector, &s, NULL) < 0)
		return ek_str_dup("");
	return ek_selector_text(s);
}

static struct ek_json *scale_of(const struct ek_kind *k, const struct ek_json *obj)
{
	EK_FREE char *selector = selector_text(k, obj);
	int64_t want = ek_json_int_at(obj, "spec.replicas", 0);
	struct ek_json *s = ek_json_make(
		"{'kind':'Scale','apiVersion':'autoscaling/v1','metadata':{'name':%s,'namespace':%s,'uid':%s,"
		"'resourceVersion':%s,'creationTimestamp':%s},'spec':{},'status':{'replicas':%D,'selector':%s}}",
		ek_meta_name(obj), ek_meta_namespace(obj), ek_meta_uid(obj),
		ek_json_str_at(obj, "metadata.resourceVersion"),
		ek_json_str_at(obj, "metadata.creationTimestamp"),
		ek_json_int_at(obj, "status.replicas", 0), *selector ? selector : NULL);

	if (want != 0)
		ek_json_set_int(ek_json_get(s, "spec"), "replicas", want);
	return s;
}

static int new_scale(struct ek_request *q, struct ek_json **ret)
{
	const struct ek_subresource *sub = find_sub(q->kind, "scale");
	EK_JSON struct ek_json *old = NULL, *patched = NULL;
	int rc;

	if (q->op->verb != EK_DO_PATCH)
		return ek_request_decode(q, sub->type, sub->group, sub->version, sub->kind,
					 q->op->body, ret);
	old = scale_of(q->stored, ek_object_tree(q->old));
	rc = ek_patch_apply(q, sub->type, old, &patched);
	return rc < 0 ? rc : ek_patch_decode(q, sub->type, patched, ret);
}

static int check_scale(struct ek_request *q, const struct ek_json *scale)
{
	struct ek_causes causes = { 0 };
	struct ek_path at = { 0 };
	int rc = ek_meta_check_name(q, scale);

	if (rc < 0)
		return rc;
	(void)ek_path_push(&at, "spec.replicas");
	if (ek_json_int_at(scale, "spec.replicas", 0) < 0)
		ek_cause_add(&causes, EK_CAUSE_INVALID, &at, ek_json_at(scale, "spec.replicas"),
			     "must be greater than or equal to 0");
	if (causes.v.n > 0)
		rc = ek_request_fail(q, ek_status_invalid_of("autoscaling", "Scale", q->name,
							     &causes));
	ek_causes_done(&causes);
	return rc;
}

/* The stored object with what the body may change taken over, and the body's conditions. */
static void begin_from_old(struct ek_request *q, const struct ek_json *body)
{
	struct ek_json *meta;

	ek_json_unref(q->obj);
	q->obj = ek_json_copy(ek_object_tree(q->old));
	meta = ek_json_get(q->obj, "metadata");
	ek_json_set_str(meta, "resourceVersion", ek_json_str_at(body, "metadata.resourceVersion"));
	if (!ek_str_empty(ek_meta_uid(body)))
		ek_json_set_str(meta, "uid", ek_meta_uid(body));
}

static int make_scale(struct ek_request *q)
{
	EK_JSON struct ek_json *scale = NULL;
	int rc = new_scale(q, &scale);

	if (rc == 0)
		rc = check_scale(q, scale);
	if (rc < 0)
		return rc;
	begin_from_old(q, scale);
	ek_json_set_int(ek_json_get(q->obj, "spec"), "replicas",
			ek_json_int_at(scale, "spec.replicas", 0));
	return 0;
}

static struct ek_json *answer_scale(struct ek_request *q)
{
	return scale_of(q->stored, ek_object_tree(q->next));
}

/* ---- binding: the scheduler's word ---- */

static int refuse_binding(struct ek_request *q, const char *name, const char *why, const char *more)
{
	static const struct ek_kind pods_binding = { .group = "", .plural = "pods/binding" };

	return ek_request_fail(q, ek_status_conflict(&pods_binding, name, "pod %s %s%s", name, why,
						     more));
}

static int check_binding(struct ek_request *q, const struct ek_json *b)
{
	const char *kind = ek_json_str_at(b, "target.kind"),
		   *node = ek_json_str_at(b, "target.name");

	if (!ek_streq(ek_meta_name(b), q->op->name))
		return ek_request_fail(
			q,
			ek_status_bad_request("name in URL does not match name in Binding object"));
	if (!ek_str_empty(kind) && !ek_streq(kind, "Node"))
		return ek_request_fail(
			q,
			ek_status_unknown("target.kind: Unsupported value: %s: supported values: "
					  "\"Node\", \"<empty>\"",
					  EK_Q(kind)));
	if (ek_str_empty(node))
		return ek_request_fail(q, ek_status_unknown("target.name: Required value"));
	return 0;
}

static int check_bindable(struct ek_request *q, const struct ek_json *pod)
{
	const char *name = ek_meta_name(pod), *node = ek_json_str_at(pod, "spec.nodeName");

	if (ek_meta_deleting(pod))
		return refuse_binding(q, name, "is being deleted, cannot be assigned to a host",
				      "");
	if (!ek_str_empty(node))
		return refuse_binding(q, name, "is already assigned to node ", EK_Q(node));
	if (ek_json_len(ek_json_at(pod, "spec.schedulingGates")) > 0)
		return refuse_binding(q, name, "has non-empty .spec.schedulingGates", "");
	return 0;
}

static int make_binding(struct ek_request *q)
{
	const struct ek_subresource *sub = find_sub(q->kind, "binding");
	EK_JSON struct ek_json *b = NULL;
	struct ek_json *annotations;
	char now[32];
	int rc;

	rc = ek_request_decode(q, sub->type, "", "v1", "Binding", q->op->body, &b);
	if (rc == 0)
		rc = check_binding(q, b);
	if (rc == 0)
		rc = check_bindable(q, ek_object_tree(q->old));
	if (rc < 0)
		return rc;
	begin_from_old(q, b);
	ek_json_set_at(q->obj, "spec.nodeName", ek_json_new_str(ek_json_str_at(b, "target.name")));
	annotations = ek_meta_annotations(b);
	for (struct ek_json_iter it = ek_json_iter(annotations); ek_json_next(&it);) {
		struct ek_json *meta = ek_json_get(q->obj, "metadata");

		if (!ek_json_get(meta, "annotations"))
			ek_json_set(meta, "annotations", ek_json_object());
		ek_json_set(ek_json_get(meta, "annotations"), it.key, ek_json_ref(it.value));
	}
	(void)ek_meta_set_condition(q->obj, "PodScheduled", "True", NULL, NULL, ek_time_now(now));
	return 0;
}

static struct ek_json *answer_created(struct ek_request *q)
{
	(void)q;
	return ek_status_success(201, NULL);
}

/* ---- namespaces/finalize ---- */

static int make_finalize(struct ek_request *q)
{
	const struct ek_kind *k = q->kind;
	EK_JSON struct ek_json *body = NULL;
	int rc = ek_request_decode(q, k->type, k->group, k->version, k->kind, q->op->body, &body);

	if (rc == 0)
		rc = ek_meta_check_name(q, body);
	if (rc < 0)
		return rc;
	begin_from_old(q, body);
	ek_json_set_at(q->obj, "spec.finalizers",
		       ek_json_copy(ek_json_at(body, "spec.finalizers")));
	return 0;
}

/* ---- pods/ephemeralcontainers ---- */

static int make_ephemeral(struct ek_request *q)
{
	struct ek_json *containers;
	EK_JSON struct ek_json *pod = NULL;
	int rc = ek_change_main.make(q);

	if (rc < 0)
		return rc;
	pod = ek_steal(q->obj);
	begin_from_old(q, pod);
	containers = ek_json_at(pod, "spec.ephemeralContainers");
	ek_json_set(ek_json_get(q->obj, "spec"), "ephemeralContainers",
		    containers ? ek_json_copy(containers) : NULL);
	return 0;
}

/* ---- pods/eviction: a deletion that may be refused ---- */

static const struct ek_change change_eviction = { .answer = answer_created, .creates = true };

/* Who may evict need not be one who may delete. */
static int begin_eviction(struct ek_request *q)
{
	const struct ek_subresource *sub = find_sub(q->kind, "eviction");
	EK_JSON struct ek_json *e = NULL;
	int rc = ek_request_authorize(q, "create");

	if (rc == 0)
		rc = ek_request_decode(q, sub->type, sub->group, sub->version, sub->kind,
				       q->op->body, &e);
	if (rc == 0 && !ek_streq(ek_meta_name(e), q->op->name))
		rc = ek_request_fail(q,
				     ek_status_bad_request(
					     "name in URL does not match name in Eviction object"));
	if (rc == 0)
		rc = ek_admit_node_eviction(q);
	if (rc == 0)
		rc = ek_delete_options(q, ek_json_get(e, "deleteOptions"));
	q->trusted = rc == 0;
	return rc;
}

static void start_eviction(struct ek_request *q)
{
	q->change = &change_eviction;
	q->begin = begin_eviction;
	ek_delete_start(q);
}

/* ---- the table ---- */

static const struct ek_change change_scale = { .make = make_scale, .answer = answer_scale };
static const struct ek_change change_binding = {
	.make = make_binding, .answer = answer_created, .hooks = EK_HOOKS_NONE, .creates = true,
};
static const struct ek_change change_finalize = { .make = make_finalize, .hooks = EK_HOOKS_NONE };
static const struct ek_change change_ephemeral = { .make = make_ephemeral,
						   .hooks = EK_HOOKS_EPHEMERAL };

enum {
	READS = 1 << EK_DO_GET,
	CHANGES = 1 << EK_DO_UPDATE | 1 << EK_DO_PATCH,
	CREATES = 1 << EK_DO_CREATE
};

static const struct row {
	const struct ek_kind *kind; /* NULL: any */
	const char           *name;
	unsigned              verbs;
	const struct ek_change *change;
	void (*start)(struct ek_request *q);
} rows[] = {
	{ NULL, "status", READS | CHANGES, &ek_change_status, NULL },
	{ NULL, "scale", READS | CHANGES, &change_scale, NULL },
	{ &ek_kind_pod, "binding", CREATES, &change_binding, NULL },
	{ &ek_kind_pod, "eviction", CREATES, NULL, start_eviction },
	{ &ek_kind_pod, "ephemeralcontainers", READS | CHANGES, &change_ephemeral, NULL },
	{ &ek_kind_namespace, "finalize", 1 << EK_DO_UPDATE, &change_finalize, NULL },
	{ &ek_kind_serviceaccount, "token", CREATES, NULL, ek_token_request_start },
};

static const struct row *find_row(const struct ek_request *q)
{
	for (size_t i = 0; q->op->subresource && i < EK_ARRAY_LEN(rows); i++)
		if (ek_streq(rows[i].name, q->op->subresource) &&
		    (!rows[i].kind || rows[i].kind == q->stored) && find_sub(q->kind, rows[i].name))
			return &rows[i];
	return NULL;
}

bool ek_subresource_start(struct ek_request *q)
{
	const struct row *row = find_row(q);

	if (!row || !(row->verbs & 1u << q->op->verb))
		return false;
	if (q->op->verb == EK_DO_GET)
		ek_read_start(q);
	else if (row->start)
		row->start(q);
	else
		ek_update_start(q, row->change);
	return true;
}

struct ek_json *ek_subresource_answer(struct ek_request *q)
{
	const struct row *row = find_row(q);

	return row && row->change && row->change->answer ? row->change->answer(q) : NULL;
}
