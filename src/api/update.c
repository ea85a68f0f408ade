/* SPDX-License-Identifier: Apache-2.0 */
#include "core.h"

#include "admit/admission.h"
#include "generation.h"
#include "metadata.h"
#include "admit/services.h"
#include "status.h"

#include <ekube/str.h>

#include <stdlib.h>

/*
 * Everything that makes a new state from the one that is stored: PUT, PATCH, and the subresources.
 *
 *	READ ──► MAKE ──► WRITE ──► WROTE ──► END
 *	 ▲ │                          │
 *	 │ └─► CREATE ──► END         │
 *	 └──── somebody was faster ───┘
 *
 * A lost race starts over with what won, as etcd's GuaranteedUpdate does: who named a revision gets
 * his conflict from MAKE, who did not is served. Of n writers to one object at least one wins each
 * round.
 */
enum { READ, CREATE, MAKE, WRITE, WROTE, END, N_STATES };

enum { MAX_TRIES = 1024 };

static bool may_create(const struct ek_request *q)
{
	return q->change == &ek_change_main && q->op->verb == EK_DO_UPDATE && q->strategy &&
	       q->strategy->allow_create_on_update;
}

static int step_read(struct ek_flow *f)
{
	struct ek_request *q = ek_request_of(f);
	int rc;

	if (!q->op)
		return EK_ECANCELLED;
	rc = q->tries > 0 ? 0 : ek_request_authorize(q, ek_verb_name(q->op->verb));
	if (rc < 0)
		return rc;
	ek_request_read(q);
	if (q->old)
		return EK_GO(MAKE);
	if (may_create(q))
		return EK_GO(CREATE);
	return ek_request_fail(q, ek_status_not_found(q->kind, q->name));
}

/* ---- create on update ---- */

static int step_create(struct ek_flow *f)
{
	struct ek_request *q = ek_request_of(f);
	int rc = q->change->make(q);

	if (rc < 0)
		return rc;
	rc = ek_request_authorize(q, "create");
	if (rc < 0)
		return rc;
	if (!ek_str_empty(ek_meta_uid(q->obj)))
		return ek_request_fail(
			q,
			ek_status_conflict(
				q->kind, q->name,
				"Precondition failed: UID in precondition: %s, UID in object meta: ",
				ek_meta_uid(q->obj)));
	rc = ek_create_put(q);
	if (rc < 0)
		return rc;
	if (q->dry_run) {
		q->answer = ek_meta_from_stored(q, q->obj);
		q->created = true;
		return EK_GO(END);
	}
	ek_request_write(q, EK_WRITE_CREATE);
	return EK_WAIT(WROTE);
}

/* ---- the checks before ---- */

static int check_uid(struct ek_request *q, const struct ek_json *old)
{
	const char *want = ek_meta_uid(q->obj), *have = ek_meta_uid(old);

	if (ek_str_empty(want) || ek_streq(want, have))
		return 0;
	return ek_request_fail(
		q,
		ek_status_conflict(
			q->kind, q->name,
			"StorageError: invalid object, Code: 4, Key: /registry/%s/%s%s%s, ResourceVersion: 0, "
			"AdditionalErrorMsg: Precondition failed: UID in precondition: %s, UID in object meta: %s",
			q->stored->plural, q->ns ? q->ns : "", q->ns ? "/" : "", q->name, want,
			have));
}

static int no_revision(struct ek_request *q)
{
	struct ek_causes causes = { 0 };
	struct ek_cause cause = {
		.type = EK_CAUSE_INVALID,
		.field = ek_str_dup("metadata.resourceVersion"),
		.message = ek_str_dup("Invalid value: 0x0: must be specified for an update"),
	};
	int rc;

	ek_vec_push(&causes.v, cause);
	rc = ek_request_fail(q, ek_status_invalid_of(q->kind->group, q->kind->plural, q->name,
						     &causes));
	ek_causes_done(&causes);
	return rc;
}

static int check_revision(struct ek_request *q)
{
	const char *text = ek_json_str_at(q->obj, "metadata.resourceVersion");
	int64_t rev = ek_meta_rev(q->obj);

	if (!ek_str_empty(text) && rev == 0 && !ek_streq(text, "0"))
		return ek_request_fail(q, ek_status_bad_request("invalid resource version %s",
								EK_Q(text)));
	if (rev == 0)
		return !q->strategy || q->strategy->unconditional_update ? 0 : no_revision(q);
	return rev == q->old->rev ? 0 : ek_request_fail(q, ek_status_modified(q->kind, q->name));
}

/* ---- what becomes of the object ---- */

/* Of a subresource that has no hook of its own: everything but the status is the old object's. */
static void keep_all_but_status(struct ek_request *q, const struct ek_json *old)
{
	struct ek_json *obj = ek_json_copy(old);

	ek_json_set(obj, "status", ek_json_copy(ek_json_get(q->obj, "status")));
	ek_json_unref(q->obj);
	q->obj = obj;
}

static void set_generation(struct ek_json *obj, int64_t n)
{
	if (n > 0)
		ek_json_set_int(ek_json_get(obj, "metadata"), "generation", n);
	else
		ek_json_del(ek_json_get(obj, "metadata"), "generation");
}

static void prepare(struct ek_request *q, const struct ek_json *old)
{
	const struct ek_strategy *s = q->strategy;

	set_generation(q->obj, ek_meta_generation(old));
	if (q->change->hooks == EK_HOOKS_STATUS) {
		if (s && s->prepare_status)
			s->prepare_status(q->obj, old);
		else
			keep_all_but_status(q, old);
		return;
	}
	if (s && s->has_status)
		ek_json_set(q->obj, "status", ek_json_copy(ek_json_get(old, "status")));
	if (s && s->prepare_update)
		s->prepare_update(q->obj, old);
}

static void count_generation(struct ek_request *q, const struct ek_json *old)
{
	if (q->change->hooks != EK_HOOKS_STATUS && ek_kind_counts_generation(q->stored) &&
	    ek_generation_changed(q->stored, q->obj, old))
		set_generation(q->obj, ek_meta_generation(old) + 1);
}

static int complete(struct ek_request *q, const struct ek_json *old)
{
	const struct ek_strategy *s = q->strategy;
	int rc;

	ek_schema_default(q->stored->type, q->obj);
	if (s && s->default_)
		s->default_(q->obj);
	rc = ek_admit(q, EK_ADMIT_UPDATE);
	if (rc < 0)
		return rc;
	prepare(q, old);
	ek_meta_dedup_owners(q->obj, q->warnings);
	ek_meta_carry(q->obj, old, q->old->rev);
	count_generation(q, old);
	return ek_request_validate(q);
}

/* The last finalizer goes from an object that was only kept by it: the update is its end. */
static bool is_finished(const struct ek_request *q, const struct ek_json *old)
{
	return ek_meta_deleting(old) &&
	       ek_json_len(ek_json_at(q->obj, "metadata.finalizers")) == 0 &&
	       ek_json_int_at(old, "metadata.deletionGracePeriodSeconds", 0) == 0 &&
	       (q->stored != &ek_kind_namespace ||
		ek_json_len(ek_json_at(q->obj, "spec.finalizers")) == 0);
}

static int step_make(struct ek_flow *f)
{
	struct ek_request *q = ek_request_of(f);
	const struct ek_json *old = ek_object_tree(q->old);
	int rc = q->change->make(q);

	if (rc == 0)
		rc = check_uid(q, old);
	if (rc == 0)
		rc = check_revision(q);
	if (rc == 0)
		rc = ek_meta_put_namespace(q, q->obj);
	if (rc == 0 && q->change->hooks != EK_HOOKS_NONE)
		rc = complete(q, old);
	if (rc < 0)
		return rc;
	ek_meta_carry(q->obj, old, q->old->rev);
	rc = ek_request_encode(q);
	return rc < 0 ? rc : EK_GO(WRITE);
}

/* ---- write ---- */

static int step_write(struct ek_flow *f)
{
	struct ek_request *q = ek_request_of(f);
	const struct ek_json *old = ek_object_tree(q->old);

	q->next->rev = q->old->rev;
	q->deletes = is_finished(q, old);
	q->unwritten = !q->deletes && ek_json_equal(q->obj, old);
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

	if (code == EK_ECONFLICT || code == EK_EEXISTS || (code == EK_ENOTFOUND && !q->deletes)) {
		if (q->taken)
			ek_services_give_back(q->r->services, q->taken);
		ek_json_unrefp(&q->taken);
		if (++q->tries < MAX_TRIES)
			return EK_GO(READ);
	}
	if (code < 0 && !(code == EK_ENOTFOUND && q->deletes))
		return ek_request_store_failed(q, &q->write.err);
	q->created = q->write.op == EK_WRITE_CREATE;
	return EK_GO(END);
}

static int step_end(struct ek_flow *f)
{
	struct ek_request *q = ek_request_of(f);

	if (f->rc == 0 && !q->answer && q->change->answer)
		q->answer = q->change->answer(q);
	q->created = q->created || q->change->creates;
	return ek_request_end(f);
}

static const struct ek_flow_state states[N_STATES] = {
	[READ]   = { "read", step_read, EK_BIT(MAKE) | EK_BIT(CREATE) },
	[CREATE] = { "create", step_create, EK_BIT(WROTE) | EK_BIT(END) },
	[MAKE]   = { "make", step_make, EK_BIT(WRITE) },
	[WRITE]  = { "write", step_write, EK_BIT(WROTE) | EK_BIT(END) },
	[WROTE]  = { "wrote", step_wrote, EK_BIT(READ) | EK_BIT(END) },
	[END]    = { "end", step_end, 0 },
};

void ek_update_start(struct ek_request *q, const struct ek_change *change)
{
	q->change = change;
	ek_flow_start(&q->flow, states, N_STATES);
}

/* ---- PUT and PATCH of the object itself ---- */

static int make_main(struct ek_request *q)
{
	const struct ek_op *op = q->op;
	const struct ek_kind *k = q->kind;
	EK_JSON struct ek_json *current = NULL, *patched = NULL;
	struct ek_json *obj = NULL;
	int rc;

	if (op->verb == EK_DO_PATCH) {
		current = ek_meta_from_stored(q, ek_object_tree(q->old));
		rc = ek_patch_apply(q, k->type, current, &patched);
		if (rc < 0)
			return rc;
		rc = ek_patch_decode(q, k->type, patched, &obj);
	} else {
		rc = ek_request_decode(q, k->type, k->group, k->version, k->kind, op->body, &obj);
	}
	if (rc < 0)
		return rc;
	ek_json_unref(q->obj);
	q->obj = obj;
	ek_meta_to_stored(q);
	return ek_meta_check_name(q, q->obj);
}

const struct ek_change ek_change_main = { .make = make_main };
const struct ek_change ek_change_status = { .make = make_main, .hooks = EK_HOOKS_STATUS };
