/* SPDX-License-Identifier: Apache-2.0 */
#include "core.h"

#include "admit/admission.h"
#include "status.h"

#include <ekube/clock.h>
#include <ekube/str.h>

#include <stdlib.h>

/*
 * Deletion is one of three writes, told by the object's finalizers, its kind's grace and the
 * options: nothing (it is already going), an update that marks it, or its removal.
 *
 *	READ ──► DECIDE ──► WRITE ──► WROTE ──► END
 *	  ▲                             │
 *	  └───── somebody was faster ───┘
 */
enum { READ, DECIDE, WRITE, WROTE, END, N_STATES };

enum { MAX_TRIES = 1024 };

static const char orphan_finalizer[] = "orphan", foreground_finalizer[] = "foregroundDeletion";

/* ---- options ---- */

static void check_propagation(const struct ek_json *options, struct ek_causes *causes)
{
	static const char *const policies[] = { "Foreground", "Background", "Orphan", "nil", NULL };
	const struct ek_json *policy = ek_json_get(options, "propagationPolicy");
	const char *text = ek_json_str(policy);
	struct ek_path at = { 0 };

	if (!policy)
		return;
	(void)ek_path_push(&at, "propagationPolicy");
	if (ek_json_get(options, "orphanDependents"))
		ek_cause_add(causes, EK_CAUSE_INVALID, &at, policy,
			     "orphanDependents and deletionPropagation cannot be both set");
	if (!ek_streq(text, policies[0]) && !ek_streq(text, policies[1]) &&
	    !ek_streq(text, policies[2]))
		ek_cause_unsupported(causes, &at, policy, policies);
}

static void check_dry_run(const struct ek_json *options, struct ek_causes *causes)
{
	static const char *const allowed[] = { "All", NULL };
	struct ek_path at = { 0 };

	(void)ek_path_push(&at, "dryRun");
	for (struct ek_json_iter it = ek_json_iter(ek_json_get(options, "dryRun"));
	     ek_json_next(&it);)
		if (!ek_streq(ek_json_str(it.value), "All"))
			ek_cause_unsupported(causes, &at, ek_json_get(options, "dryRun"), allowed);
}

static struct ek_json *options_of_query(const struct ek_op *op)
{
	struct ek_json *o = ek_json_make("{'propagationPolicy':%s,'preconditions':{'uid':%s}}",
					 op->propagation, op->if_uid);

	if (op->grace_s >= 0)
		ek_json_set_int(o, "gracePeriodSeconds", op->grace_s);
	if (op->if_rev > 0)
		ek_json_set_at(o, "preconditions.resourceVersion",
			       ek_json_new_str(EK_I(op->if_rev)));
	return o;
}

int ek_delete_options(struct ek_request *q, const struct ek_json *body)
{
	struct ek_causes causes = { 0 };
	struct ek_err err;
	int rc = 0;

	if (ek_json_is_null(body)) {
		q->options = options_of_query(q->op);
	} else if (ek_schema_decode(&ek_type_delete_options, body, EK_FIELDS_IGNORE, &q->options,
				    NULL, &err) < 0) {
		return ek_request_fail(q, ek_status_bad_request("%s", err.msg));
	}
	check_propagation(q->options, &causes);
	check_dry_run(q->options, &causes);
	if (causes.v.n > 0)
		rc = ek_request_fail(q, ek_status_invalid_of("meta.k8s.io", "DeleteOptions", "",
							     &causes));
	ek_causes_done(&causes);
	q->dry_run |= ek_json_len(ek_json_get(q->options, "dryRun")) > 0;
	return rc;
}

/* What was asked for: -1 when nothing was; a negative one counts as a second. */
static int64_t asked_grace(const struct ek_request *q)
{
	const struct ek_json *v = ek_json_get(q->options, "gracePeriodSeconds");

	if (ek_json_is_null(v))
		return -1;
	return ek_json_int(v, 0) < 0 ? 1 : ek_json_int(v, 0);
}

/* ---- preconditions ---- */

static int check_preconditions(struct ek_request *q, const struct ek_json *obj)
{
	const char *uid = ek_json_str_at(q->options, "preconditions.uid"), *have = ek_meta_uid(obj);
	const char *rev = ek_json_str_at(q->options, "preconditions.resourceVersion");
	/* the sentence names the kind where others name the resource */
	const struct ek_kind as_kind = { .group = q->kind->group, .plural = q->kind->kind };

	if (!ek_str_empty(uid) && !ek_streq(uid, have) && q->stored == &ek_kind_namespace)
		return ek_request_fail(
			q,
			ek_status_conflict(
				q->kind, q->name,
				"Precondition failed: UID in precondition: %s, UID in object meta: %s",
				uid, have));
	if (!ek_str_empty(uid) && !ek_streq(uid, have))
		return ek_request_fail(
			q,
			ek_status_conflict(
				&as_kind, q->name,
				"the UID in the precondition (%s) does not match the UID in record (%s). "
				"The object might have been deleted and then recreated",
				uid, have));
	if (!ek_str_empty(rev) && !ek_streq(rev, EK_I(q->old->rev)))
		return ek_request_fail(
			q,
			ek_status_conflict(
				&as_kind, q->name,
				"the ResourceVersion in the precondition (%s) does not match the "
				"ResourceVersion in record (%" PRId64
				"). The object might have been modified",
				rev, q->old->rev));
	return 0;
}

/* ---- finalizers ---- */

/*
 * "orphan", "foregroundDeletion" or NULL: what the options or else the object ask of the garbage
 * collector.
 */
static const char *wanted_finalizer(const struct ek_request *q, const struct ek_json *obj)
{
	const struct ek_json *orphan = ek_json_get(q->options, "orphanDependents");
	const char *policy = ek_json_str_at(q->options, "propagationPolicy");

	if (!ek_json_is_null(orphan))
		return ek_json_bool(orphan, false) ? orphan_finalizer : NULL;
	if (policy)
		return ek_streq(policy, "Orphan")     ? orphan_finalizer :
		       ek_streq(policy, "Foreground") ? foreground_finalizer :
							NULL;
	if (ek_meta_has_finalizer(obj, orphan_finalizer))
		return orphan_finalizer;
	return ek_meta_has_finalizer(obj, foreground_finalizer) ? foreground_finalizer : NULL;
}

/* True when the object's finalizers changed. */
static bool set_finalizers(const struct ek_request *q, struct ek_json *obj)
{
	const char *wanted = wanted_finalizer(q, obj);
	const struct ek_json *old = ek_json_at(obj, "metadata.finalizers");
	bool changed = wanted && !ek_json_has_str(old, wanted);
	struct ek_json *list = ek_json_array();

	for (struct ek_json_iter it = ek_json_iter(old); ek_json_next(&it);) {
		const char *f = ek_json_str(it.value);

		if ((ek_streq(f, orphan_finalizer) || ek_streq(f, foreground_finalizer)) &&
		    !ek_streq(f, wanted))
			changed = true;
		else
			ek_json_append(list, ek_json_ref(it.value));
	}
	if (wanted && !ek_json_has_str(list, wanted))
		ek_json_append(list, ek_json_new_str(wanted));
	if (ek_json_len(list) == 0) {
		ek_json_unref(list);
		list = NULL;
	}
	ek_json_set(ek_json_get(obj, "metadata"), "finalizers", list);
	return changed;
}

/* ---- marks ---- */

static void set_time(struct ek_json *meta, int64_t us)
{
	char text[32];

	ek_time_format(us, text);
	ek_json_set_str(meta, "deletionTimestamp", text);
}

static int64_t marked_at(const struct ek_json *meta)
{
	int64_t us = 0;

	(void)ek_time_parse(ek_json_str_at(meta, "deletionTimestamp"), &us);
	return us;
}

static void count_generation(struct ek_json *meta)
{
	int64_t n = ek_json_int_at(meta, "generation", 0);

	if (n > 0)
		ek_json_set_int(meta, "generation", n + 1);
}

/* Kept by its finalizers: it goes when the last of them does. */
static void mark_now(struct ek_json *meta)
{
	int64_t now = ek_clock_wall_us();

	if (!ek_json_str_at(meta, "deletionTimestamp")) {
		count_generation(meta);
		set_time(meta, now);
	} else if (marked_at(meta) > now) {
		set_time(meta, now);
	}
	ek_json_set_int(meta, "deletionGracePeriodSeconds", 0);
}

enum grace { NO_GRACE, PENDING, GRACEFUL };

/* As rest.BeforeDelete: the object's mark, when its kind goes gracefully. */
static enum grace mark_gracefully(struct ek_request *q, struct ek_json *obj)
{
	const struct ek_strategy *s = q->strategy;
	struct ek_json *meta = ek_json_get(obj, "metadata");
	int64_t asked = asked_grace(q),
		have = ek_json_int_at(meta, "deletionGracePeriodSeconds", 0);

	if (!s || (!s->grace && s->default_grace_s <= 0))
		return NO_GRACE;
	if (ek_meta_deleting(obj)) {
		if (have == 0)
			return NO_GRACE;
		if (asked < 0 || asked >= have)
			return PENDING;
		set_time(meta, marked_at(meta) + (asked - have) * 1000000);
		ek_json_set_int(meta, "deletionGracePeriodSeconds", asked);
		return GRACEFUL;
	}
	asked = s->grace ? s->grace(obj, asked) : asked < 0 ? s->default_grace_s : asked;
	set_time(meta, ek_clock_wall_us() + asked * 1000000);
	ek_json_set_int(meta, "deletionGracePeriodSeconds", asked);
	count_generation(meta);
	return GRACEFUL;
}

/* ---- the decision ---- */

static bool answers_object(const struct ek_kind *k)
{
	static const struct ek_kind *const kinds[] = {
		&ek_kind_pod,	      &ek_kind_namespace, &ek_kind_service, &ek_kind_serviceaccount,
		&ek_kind_podtemplate, &ek_kind_pv,	  &ek_kind_pvc,	    &ek_kind_resourcequota,
	};

	for (size_t i = 0; i < EK_ARRAY_LEN(kinds); i++)
		if (kinds[i] == k)
			return true;
	return false;
}

/* It is already on its way: nothing to write. */
static int already(struct ek_request *q)
{
	q->next = ek_object_ref(q->old);
	if (!answers_object(q->stored))
		q->answer = ek_status_deleted(q->kind, ek_object_tree(q->old));
	return EK_GO(END);
}

static int decide_namespace(struct ek_request *q)
{
	struct ek_json *meta = ek_json_get(q->obj, "metadata");

	if (ek_meta_deleting(q->obj))
		return ek_json_len(ek_json_at(q->obj, "spec.finalizers")) > 0 ? already(q) : 0;
	set_time(meta, ek_clock_wall_us());
	ek_json_set_at(q->obj, "status.phase", ek_json_new_str("Terminating"));
	(void)set_finalizers(q, q->obj);
	return EK_GO(WRITE);
}

/* WRITE with q->deletes told, or END. */
static int decide(struct ek_request *q)
{
	struct ek_json *meta = ek_json_get(q->obj, "metadata");
	enum grace grace = mark_gracefully(q, q->obj);
	bool kept;

	if (grace == PENDING)
		return already(q);
	(void)set_finalizers(q, q->obj);
	kept = ek_json_len(ek_json_get(meta, "finalizers")) > 0;
	if (kept && grace == NO_GRACE)
		mark_now(meta);
	q->deletes = !kept && (grace == NO_GRACE ||
			       ek_json_int_at(meta, "deletionGracePeriodSeconds", 0) == 0);
	return EK_GO(WRITE);
}

static int step_read(struct ek_flow *f)
{
	struct ek_request *q = ek_request_of(f);
	int rc = 0;

	if (!q->op)
		return EK_ECANCELLED;
	if (q->tries == 0 && q->begin)
		rc = q->begin(q);
	else if (q->tries == 0)
		rc = ek_request_authorize(q, "delete");
	if (rc == 0 && !q->options)
		rc = ek_delete_options(q, q->op->body);
	if (rc < 0)
		return rc;
	ek_request_read(q);
	return q->old ? EK_GO(DECIDE) : ek_request_fail(q, ek_status_not_found(q->kind, q->name));
}

static int step_decide(struct ek_flow *f)
{
	struct ek_request *q = ek_request_of(f);
	int rc;

	ek_json_unref(q->obj);
	q->obj = ek_json_copy(ek_object_tree(q->old));
	rc = check_preconditions(q, q->obj);
	if (rc == 0 && !q->trusted)
		rc = ek_admit(q, EK_ADMIT_DELETE);
	if (rc < 0)
		return rc;
	if (q->stored == &ek_kind_namespace) {
		rc = decide_namespace(q);
		if (rc != 0)
			return rc;
	}
	return decide(q);
}

/* ---- write ---- */

static int step_write(struct ek_flow *f)
{
	struct ek_request *q = ek_request_of(f);
	int rc;

	rc = ek_request_encode(q);
	if (rc < 0 && !q->deletes)
		return rc;
	q->next->rev = q->old->rev;
	q->unwritten = !q->deletes && ek_json_equal(q->obj, ek_object_tree(q->old));
	if (q->dry_run || q->unwritten)
		return EK_GO(END);
	free(q->key);
	q->key = ek_key_make(q->stored, q->ns, q->name);
	ek_request_write(q, q->deletes ? EK_WRITE_DELETE : EK_WRITE_UPDATE);
	return EK_WAIT(WROTE);
}

static int step_wrote(struct ek_flow *f)
{
	struct ek_request *q = ek_request_of(f);
	int code = q->write.err.code;

	if (code == EK_ECONFLICT && ++q->tries < MAX_TRIES) {
		q->deletes = false;
		return EK_GO(READ);
	}
	return code < 0 ? ek_request_store_failed(q, &q->write.err) : EK_GO(END);
}

static int step_end(struct ek_flow *f)
{
	struct ek_request *q = ek_request_of(f);
	const struct ek_json *orphan = ek_json_get(q->options, "orphanDependents");

	if (f->rc == 0 && q->change) {
		ek_json_unref(q->answer);
		q->answer = q->change->answer(q);
		q->created = q->change->creates;
	} else if (f->rc == 0 && q->deletes && !q->answer && !answers_object(q->stored)) {
		q->answer = ek_status_deleted(q->kind, q->obj);
	}
	if (f->rc == 0 && q->op && !q->deletes && !ek_json_is_null(orphan) &&
	    !ek_json_bool(orphan, true))
		q->op->accepted = true;
	return ek_request_end(f);
}

static const struct ek_flow_state states[N_STATES] = {
	[READ]   = { "read", step_read, EK_BIT(DECIDE) },
	[DECIDE] = { "decide", step_decide, EK_BIT(WRITE) | EK_BIT(END) },
	[WRITE]  = { "write", step_write, EK_BIT(WROTE) | EK_BIT(END) },
	[WROTE]  = { "wrote", step_wrote, EK_BIT(READ) | EK_BIT(END) },
	[END]    = { "end", step_end, 0 },
};

void ek_delete_start(struct ek_request *q)
{
	ek_flow_start(&q->flow, states, N_STATES);
}
