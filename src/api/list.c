/* SPDX-License-Identifier: Apache-2.0 */
#include "core.h"

#include "continue.h"
#include "select.h"
#include "status.h"

#include <ekube/str.h>

#include <stdlib.h>

/*
 * A list is a walk over a snapshot of the store: records come one by one, their index tells whether
 * they are selected, and the stored bytes go on to the asker. Nothing is kept but the last key.
 */
struct list {
	struct ek_registry  *r;
	struct ek_list_op   *op;
	struct ek_select     select;
	struct ek_store_list walk;
	struct ek_continue   from;   /* start is NULL in a first page */
	char                *after;
	char                 last[EK_STORE_MAX_KEY + 1]; /* key of the last object handed over, "" before */
	size_t               sent;
	bool                 started, calling, gone;
};

static void list_free(struct list *ls)
{
	ek_select_done(&ls->select);
	free(ls->from.start);
	free(ls->after);
	free(ls);
}

/* ---- the end ---- */

static void finish(struct list *ls, int rc, bool more, struct ek_json *take_status)
{
	EK_JSON struct ek_json *status = take_status;
	struct ek_list_op *op = ls->op;
	EK_FREE char *next = NULL;
	int64_t remaining = -1;

	if (rc == 0 && more) {
		if (ls->select.all && ls->from.start)
			remaining = EK_MAX(ls->from.remaining - (int64_t)ls->sent, -1);
		else if (ls->select.all)
			remaining =
				ek_store_count(ls->r->store, ls->select.prefix) - (int64_t)ls->sent;
		/* fewer than one cannot be left: the count is of now, the list of its revision */
		if (remaining < 1)
			remaining = -1;
		next = ek_continue_encode(&(struct ek_continue){ ls->last + ls->select.base,
								 ls->walk.at_rev, remaining });
	}
	op->impl = NULL;
	list_free(ls);
	op->done(op, rc, next, remaining, status);
}

static void refuse(struct list *ls, struct ek_json *take_status)
{
	finish(ls, ek_status_code(take_status), false, take_status);
}

static struct ek_json *too_old(struct list *ls)
{
	EK_FREE char *token = NULL;
	struct ek_json *status;

	if (!ls->from.start)
		return ek_status_expired("The resourceVersion for the provided list is too old.");
	token = ek_continue_encode(&(struct ek_continue){
		*ls->last ? ls->last + ls->select.base : ls->from.start, -1, -1 });
	status = ek_status_expired(
		"The provided continue parameter is too old to display a consistent list result. You can start a new "
		"list without the continue parameter, or use the continue token in this response to retrieve the "
		"remainder of the results. Continuing with the provided token results in an inconsistent list - "
		"objects that were created, modified, or deleted between the time the first chunk was returned and "
		"now may show up in the list.");
	ek_json_set_at(status, "metadata.continue", ek_json_new_str(token));
	return status;
}

/* ---- records ---- */

/* False when the asker left meanwhile. */
static bool start(struct list *ls)
{
	if (ls->started)
		return true;
	ls->started = true;
	if (ls->op->on_start)
		ls->op->on_start(ls->op, ls->walk.at_rev);
	return !ls->gone;
}

static bool hand_over(struct list *ls, const struct ek_record *rec)
{
	EK_OBJECT struct ek_object *stored = NULL, *o = NULL;

	/* damaged records were logged by the store's reader; the list goes on without */
	if (ek_object_from_stored(rec->value, rec->index, rec->rev, &stored, NULL) < 0)
		return true;
	o = ek_object_as(stored, ls->op->kind);
	memcpy(ls->last, rec->key, strlen(rec->key) + 1);
	ls->sent++;
	return ls->op->on_object(ls->op, o);
}

static bool on_record(struct ek_store_list *walk, const struct ek_record *rec)
{
	struct list *ls = ek_container_of(walk, struct list, walk);
	bool go_on = true;

	if (!ek_select_has(&ls->select, rec->key, rec->index))
		return true;
	if (ls->op->limit && ls->sent == ls->op->limit) {
		ek_store_list_cancel(walk);
		finish(ls, 0, true, NULL);
		return false;
	}
	ls->calling = true;
	if (start(ls))
		go_on = hand_over(ls, rec);
	ls->calling = false;
	if (ls->gone)
		list_free(ls);
	return go_on;
}

static void on_done(struct ek_store_list *walk, int rc, bool more)
{
	struct list *ls = ek_container_of(walk, struct list, walk);

	(void)more;
	if (rc == EK_EEXPIRED) {
		refuse(ls, too_old(ls));
		return;
	}
	if (rc == EK_EINVALID) {
		refuse(ls, ek_status_future_rev(walk->at_rev, ek_store_rev(ls->r->store)));
		return;
	}
	if (rc < 0) {
		refuse(ls, ek_status_internal("%s", ek_err_name(rc)));
		return;
	}
	ls->calling = true;
	if (start(ls)) {
		finish(ls, 0, false, NULL);
		return;
	}
	list_free(ls);
}

/* ---- options ---- */

static struct ek_json *check_match(const struct ek_list_op *op)
{
	static const char path[] = "resourceVersionMatch";
	struct ek_causes causes = { 0 };
	struct ek_path at = { 0 };
	struct ek_json *status = NULL;

	if (op->rev_match == EK_REV_UNSET)
		return NULL;
	(void)ek_path_push(&at, path);
	if (op->rev < 0)
		ek_cause_add(
			&causes, EK_CAUSE_FORBIDDEN, &at, NULL,
			"resourceVersionMatch is forbidden unless resourceVersion is provided");
	if (!ek_str_empty(op->continue_token))
		ek_cause_add(&causes, EK_CAUSE_FORBIDDEN, &at, NULL,
			     "resourceVersionMatch is forbidden when continue is provided");
	if (op->rev_match == EK_REV_EXACT && op->rev == 0)
		ek_cause_add(
			&causes, EK_CAUSE_FORBIDDEN, &at, NULL,
			"resourceVersionMatch \"exact\" is forbidden for resourceVersion \"0\"");
	if (causes.v.n > 0)
		status = ek_status_invalid_of("meta.k8s.io", "ListOptions", "", &causes);
	ek_causes_done(&causes);
	return status;
}

static struct ek_json *take_token(struct list *ls)
{
	struct ek_err err;

	if (ek_str_empty(ls->op->continue_token))
		return NULL;
	if (ek_continue_decode(ls->op->continue_token, &ls->from, &err) < 0)
		return ek_status_bad_request("%s", err.msg);
	if (ls->op->rev > 0)
		return ek_status_bad_request(
			"specifying resource version is not allowed when using continue");
	ls->after = ek_str_fmt("%.*s%s", (int)ls->select.base, ls->select.prefix, ls->from.start);
	return NULL;
}

/* Which state is listed: the newest, unless an exact one was asked for. 0: the newest. */
static struct ek_json *choose_rev(struct list *ls)
{
	const struct ek_list_op *op = ls->op;
	int64_t now = ek_store_rev(ls->r->store);

	ls->walk.at_rev = 0;
	if (ls->from.start)
		ls->walk.at_rev = EK_MAX(ls->from.rev, 0);
	else if (op->rev > 0 &&
		 (op->rev_match == EK_REV_EXACT || (op->rev_match == EK_REV_UNSET && op->limit)))
		ls->walk.at_rev = op->rev;
	if (op->rev > now || ls->walk.at_rev > now)
		return ek_status_future_rev(EK_MAX(op->rev, ls->walk.at_rev), now);
	return NULL;
}

static struct ek_json *check_access(const struct list *ls)
{
	const struct ek_list_op *op = ls->op;
	const struct ek_authz_attrs a = {
		.user = op->user,
		.verb = "list",
		.group = op->kind->group,
		.resource = op->kind->plural,
		.ns = op->kind->namespaced ? op->ns : NULL,
		.name = ek_select_asked(&ls->select),
		.fields = &ls->select.fields,
	};
	char reason[256] = "";

	return ek_authorize(ls->r, &a, reason, sizeof(reason)) ? NULL :
								 ek_status_forbidden(&a, reason);
}

void ek_list_op_start(struct ek_registry *r, struct ek_list_op *op)
{
	struct list *ls = ek_new(struct list);
	EK_JSON struct ek_json *bad_select = NULL;
	struct ek_json *status;

	ls->r = r;
	ls->op = op;
	op->impl = ls;
	(void)ek_select_parse(op->kind, op->ns, op->label_selector, op->field_selector, &ls->select,
			      &bad_select);
	status = check_access(ls);
	if (!status)
		status = check_match(op);
	if (!status)
		status = ek_steal(bad_select);
	if (!status)
		status = take_token(ls);
	if (!status)
		status = choose_rev(ls);
	if (status) {
		refuse(ls, status);
		return;
	}
	ls->walk.prefix = ls->select.prefix;
	ls->walk.after = ls->after;
	ls->walk.on_record = on_record;
	ls->walk.done = on_done;
	ek_store_list(r->store, &ls->walk);
}

void ek_list_op_resume(struct ek_list_op *op)
{
	struct list *ls = op->impl;

	if (ls)
		ek_store_list_resume(&ls->walk);
}

void ek_list_op_cancel(struct ek_list_op *op)
{
	struct list *ls = ek_steal(op->impl);

	if (!ls)
		return;
	ek_store_list_cancel(&ls->walk);
	if (ls->calling)
		ls->gone = true;
	else
		list_free(ls);
}
