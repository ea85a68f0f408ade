/* SPDX-License-Identifier: Apache-2.0 */
#include "core.h"

#include "admit/admission.h"
#include "generation.h"
#include "metadata.h"
#include "status.h"

#include <ekube/clock.h>
#include <ekube/str.h>

#include <stdlib.h>

/*
 *	DECODE ──► ADMIT ──► NAME ──► WRITE ──► WROTE ──► END
 *	                      ▲                   │
 *	                      └── generated name ─┘
 *	                          was taken
 */
enum { DECODE, ADMIT, NAME, WRITE, WROTE, END, N_STATES };

enum {
	WAIT_MS         = 50,
	MAX_WAITS       = 20,
	MAX_NAME_TRIES  = 8,
	SUFFIX_LENGTH   = 5,
	MAX_STEM_LENGTH = 63 - SUFFIX_LENGTH,
};

/* ---- what the server makes of the object ---- */

/* Status is for who reports it. A node reports its own from the first moment on. */
static void reset_status(struct ek_request *q)
{
	const struct ek_field *f = ek_type_field(q->stored->type, "status");
	EK_JSON struct ek_json *empty = ek_json_object();
	struct ek_json *status = NULL;

	if (!q->strategy || !q->strategy->has_status || !f || q->stored == &ek_kind_node)
		return;
	if (ek_schema_decode(f->of, empty, EK_FIELDS_IGNORE, &status, NULL, NULL) == 0)
		ek_json_set(q->obj, "status", status);
}

static int prepare(struct ek_request *q)
{
	const struct ek_strategy *s = q->strategy;
	int rc;

	ek_schema_default(q->stored->type, q->obj);
	if (s && s->default_)
		s->default_(q->obj);
	rc = ek_admit(q, EK_ADMIT_CREATE);
	if (rc < 0)
		return rc;
	if (ek_kind_counts_generation(q->stored))
		ek_json_set_int(ek_json_get(q->obj, "metadata"), "generation", 1);
	reset_status(q);
	if (s && s->prepare_create)
		s->prepare_create(q->obj);
	return 0;
}

/* The metadata that a client may not choose. */
static int clean(struct ek_request *q)
{
	int rc;

	ek_meta_wipe(q->obj);
	rc = ek_meta_put_namespace(q, q->obj);
	if (rc == 0)
		ek_meta_dedup_owners(q->obj, q->warnings);
	return rc;
}

static int step_decode(struct ek_flow *f)
{
	struct ek_request *q = ek_request_of(f);
	struct ek_json *obj = NULL;
	int rc;

	rc = ek_request_authorize(q, "create");
	if (rc < 0)
		return rc;
	rc = ek_request_decode(q, q->kind->type, q->kind->group, q->kind->version, q->kind->kind,
			       q->op->body, &obj);
	if (rc < 0)
		return rc;
	q->obj = obj;
	if (ek_meta_rev(obj) != 0)
		return ek_request_fail(
			q, ek_status_unknown(
				   "resourceVersion should not be set on objects to be created"));
	ek_meta_to_stored(q);
	rc = clean(q);
	return rc < 0 ? rc : EK_GO(ADMIT);
}

static void on_wait_over(struct ek_timer *t)
{
	ek_flow_resume(&ek_container_of(t, struct ek_request, patience)->flow, 0);
}

/* A namespace's default account is made a moment after the namespace: worth a little patience. */
static int step_admit(struct ek_flow *f)
{
	struct ek_request *q = ek_request_of(f);
	int rc;

	if (!q->op)
		return EK_ECANCELLED;
	if (ek_admit_must_wait(q) && q->tries++ < MAX_WAITS) {
		ek_timer_start(q->r->loop, &q->patience, WAIT_MS, on_wait_over);
		return EK_WAIT(ADMIT);
	}
	q->tries = 0;
	rc = prepare(q);
	return rc < 0 ? rc : EK_GO(NAME);
}

/* ---- name, uid, age ---- */

static void generate_name(struct ek_json *meta)
{
	const char *stem = ek_json_str_at(meta, "generateName");
	char suffix[SUFFIX_LENGTH + 1];

	ek_rand_suffix(suffix, SUFFIX_LENGTH);
	ek_json_set(meta, "name", ek_json_new_fmt("%.*s%s", MAX_STEM_LENGTH, stem, suffix));
}

static int stamp(struct ek_request *q)
{
	struct ek_json *meta = ek_json_get(q->obj, "metadata");
	char uid[37], now[32];
	int rc;

	ek_rand_uuid(uid);
	ek_json_set_str(meta, "uid", uid);
	ek_json_set_str(meta, "creationTimestamp", ek_time_now(now));
	if (!ek_str_empty(ek_json_str_at(meta, "generateName")) &&
	    (q->tries > 0 || ek_str_empty(ek_meta_name(q->obj)))) {
		generate_name(meta);
		q->tries++;
	}
	ek_str_set(&q->name, ek_meta_name(q->obj));
	rc = ek_request_validate(q);
	return rc < 0 ? rc : ek_request_encode(q);
}

static int step_name(struct ek_flow *f)
{
	int rc = stamp(ek_request_of(f));

	return rc < 0 ? rc : EK_GO(WRITE);
}

/* ---- write ---- */

static int set_key(struct ek_request *q)
{
	free(q->key);
	q->key = ek_key_make(q->stored, q->ns, q->name);
	if (strlen(q->key) > EK_STORE_MAX_KEY)
		return ek_request_fail(q,
				       ek_status_bad_request("the name of the object is too long"));
	return 0;
}

static int exists(struct ek_request *q)
{
	bool generated = !ek_str_empty(ek_json_str_at(q->obj, "metadata.generateName"));
	int rc = ek_request_fail(q, generated ? ek_status_name_conflict(q->kind, q->name) :
						ek_status_exists(q->kind, q->name));

	ek_request_read(q);
	if (q->old && ek_meta_deleting(ek_object_tree(q->old)))
		ek_json_set(q->status, "message",
			    ek_json_new_fmt("object is being deleted: %s",
					    ek_json_str_at(q->status, "message")));
	return rc;
}

static int pretend(struct ek_request *q)
{
	ek_request_read(q);
	if (q->old)
		return exists(q);
	ek_json_del(ek_json_get(q->obj, "metadata"), "resourceVersion");
	q->answer = ek_meta_from_stored(q, q->obj);
	q->created = true;
	return EK_GO(END);
}

static int step_write(struct ek_flow *f)
{
	struct ek_request *q = ek_request_of(f);
	int rc = set_key(q);

	if (rc < 0)
		return rc;
	if (q->dry_run)
		return pretend(q);
	ek_request_write(q, EK_WRITE_CREATE);
	return EK_WAIT(WROTE);
}

static int step_wrote(struct ek_flow *f)
{
	struct ek_request *q = ek_request_of(f);

	if (q->write.err.code == EK_EEXISTS && q->tries > 0 && q->tries < MAX_NAME_TRIES && q->op)
		return EK_GO(NAME);
	if (q->write.err.code == EK_EEXISTS)
		return exists(q);
	if (q->write.err.code < 0)
		return ek_request_store_failed(q, &q->write.err);
	q->created = true;
	return EK_GO(END);
}

int ek_create_put(struct ek_request *q)
{
	int rc = clean(q);

	if (rc == 0)
		rc = prepare(q);
	if (rc == 0)
		rc = stamp(q);
	return rc < 0 ? rc : set_key(q);
}

static const struct ek_flow_state states[N_STATES] = {
	[DECODE] = { "decode", step_decode, EK_BIT(ADMIT) },
	[ADMIT]  = { "admit", step_admit, EK_BIT(ADMIT) | EK_BIT(NAME) },
	[NAME]   = { "name", step_name, EK_BIT(WRITE) },
	[WRITE]  = { "write", step_write, EK_BIT(WROTE) | EK_BIT(END) },
	[WROTE]  = { "wrote", step_wrote, EK_BIT(NAME) | EK_BIT(END) },
	[END]    = { "end", ek_request_end, 0 },
};

void ek_create_start(struct ek_request *q)
{
	ek_flow_start(&q->flow, states, N_STATES);
}
