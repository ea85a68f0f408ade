/* SPDX-License-Identifier: Apache-2.0 */
#include "core.h"

#include "admit/services.h"
#include "status.h"

#include <ekube/str.h>

#include <stdlib.h>

enum {
	QUIET_MS  = 1000,
	KEEP_IDLE = 256 << 10, /* bytes of trees that may wait for the next request for ever */
};

/* ---- names of things ---- */

const struct ek_user ek_user_self = {
	.name = "system:apiserver",
	.uid = "",
	.groups = (const char *const[]){ "system:masters", "system:authenticated", NULL },
};

const char *ek_verb_name(enum ek_verb verb)
{
	static const char *const names[] = {
		[EK_DO_GET] = "get",
		[EK_DO_LIST] = "list",
		[EK_DO_CREATE] = "create",
		[EK_DO_UPDATE] = "update",
		[EK_DO_PATCH] = "patch",
		[EK_DO_DELETE] = "delete",
		[EK_DO_DELETE_COLLECTION] = "deletecollection",
	};

	return names[verb];
}

const struct ek_kind *ek_kind_stored(const struct ek_kind *k)
{
	return k->stored_as ? k->stored_as : k;
}

char *ek_key_make(const struct ek_kind *k, const char *ns, const char *name)
{
	const struct ek_kind *s = ek_kind_stored(k);
	bool with_ns = s->namespaced && !ek_str_empty(ns);
	const char *parts[] = {
		"/", s->group, "/", s->plural, "/", with_ns ? ns : "", with_ns ? "/" : "",
		name ? name : "",
	};
	size_t lens[EK_ARRAY_LEN(parts)], len = 0;
	char *key, *to;

	/* ten a request: no printf */
	for (size_t i = 0; i < EK_ARRAY_LEN(parts); i++)
		len += lens[i] = strlen(parts[i]);
	key = to = ek_malloc(len + 1);
	for (size_t i = 0; i < EK_ARRAY_LEN(parts); i++)
		to = (char *)memcpy(to, parts[i], lens[i]) + lens[i];
	*to = '\0';
	return key;
}

struct ek_object *ek_object_of_event(const struct ek_store_event *e)
{
	struct ek_object *o = NULL;

	if (!e->made) {
		(void)ek_object_from_stored(e->value, e->index, e->rev, &o, NULL);
		return o;
	}
	ek_object_written(e->made, e->rev);
	return ek_object_twin(e->made);
}

/* ---- one read ---- */

struct read {
	struct ek_object *object;
	struct ek_err     err;
	bool              answered;
};

static void on_read(void *arg, int rc, const struct ek_record *rec)
{
	struct read *rd = arg;

	rd->answered = true;
	if (rc == 0)
		(void)ek_object_from_stored(rec->value, rec->index, rec->rev, &rd->object,
					    &rd->err);
}

struct ek_object *ek_registry_read(struct ek_registry *r, const struct ek_kind *k, const char *ns,
				   const char *name)
{
	EK_FREE char *key = ek_key_make(k, ns, name);
	struct read rd = { 0 };

	if (strlen(key) > EK_STORE_MAX_KEY)
		return NULL;
	ek_store_get(r->store, key, on_read, &rd);
	EK_ASSERT(rd.answered);
	return rd.object;
}

/* ---- life ---- */

struct ek_request *ek_request_of(struct ek_flow *f)
{
	return ek_container_of(f, struct ek_request, flow);
}

struct ek_request *ek_request_new(struct ek_registry *r, struct ek_op *op)
{
	struct ek_request *q = ek_new(struct ek_request);

	q->r = r;
	q->op = op;
	q->kind = op->kind;
	q->stored = ek_kind_stored(op->kind);
	q->strategy = ek_strategy_of(q->stored);
	q->ns = ek_str_dup(op->ns);
	q->name = ek_str_dup(op->name);
	q->dry_run = op->dry_run;
	/* duplicates that the parser found matter as much as unknown fields do */
	q->warnings = ek_steal(op->warnings);
	if (!q->warnings || op->strictness == EK_FIELDS_IGNORE) {
		ek_json_unref(q->warnings);
		q->warnings = ek_json_array();
	}
	q->flow.done = ek_request_done;
	op->impl = q;
	ek_list_add_tail(&r->requests, &q->node);
	return q;
}

void ek_request_free(struct ek_request *q)
{
	ek_list_del(&q->node);
	ek_timer_stop(&q->patience);
	free(q->ns);
	free(q->name);
	free(q->key);
	ek_object_unref(q->old);
	ek_object_unref(q->next);
	ek_json_unref(q->obj);
	ek_json_unref(q->warnings);
	ek_json_unref(q->status);
	ek_json_unref(q->answer);
	ek_json_unref(q->options);
	ek_json_unref(q->taken);
	ek_json_unref(q->charge);
	free(q);
}

/* ---- failure ---- */

int ek_request_fail(struct ek_request *q, struct ek_json *take_status)
{
	ek_json_unref(q->status);
	q->status = take_status;
	return ek_status_code(take_status);
}

int ek_request_invalid(struct ek_request *q, const struct ek_causes *causes)
{
	return ek_request_fail(q, ek_status_invalid(q->kind, q->name, causes));
}

int ek_request_store_failed(struct ek_request *q, const struct ek_err *err)
{
	switch (err->code) {
	case EK_EEXISTS:
		return ek_request_fail(q, ek_status_exists(q->kind, q->name));
	case EK_ENOTFOUND:
		return ek_request_fail(q, ek_status_not_found(q->kind, q->name));
	case EK_ECONFLICT:
		return ek_request_fail(q, ek_status_modified(q->kind, q->name));
	case EK_ETOOLARGE:
		return ek_request_fail(q, ek_status_too_large("%s", err->msg));
	default:
		return ek_request_fail(q, ek_status_internal("%s", err->msg));
	}
}

int ek_request_authorize(struct ek_request *q, const char *verb)
{
	const struct ek_op *op = q->op;
	const struct ek_authz_attrs a = {
		.user = op->user,
		.verb = verb,
		.group = op->kind->group,
		.resource = op->kind->plural,
		.subresource = op->subresource,
		.ns = op->kind->namespaced ? op->ns : NULL,
		.name = op->name,
	};
	char reason[256] = "";

	if (q->trusted || ek_authorize(q->r, &a, reason, sizeof(reason)))
		return 0;
	return ek_request_fail(q, ek_status_forbidden(&a, reason));
}

/* ---- decoding ---- */

/* Go's package of a group's internal types, as conversion errors name it. */
static const char *go_package(const struct ek_kind *k, char out[64])
{
	const struct ek_kind *s = ek_kind_stored(k);
	const char *group = *s->group ? s->group : "core";

	return ek_str_into(out, 64, "%.*s", (int)strcspn(group, "."), group);
}

static const struct ek_kind *kind_named(const char *api_version, const char *kind)
{
	const char *slash = strchr(api_version, '/');
	EK_FREE char *group = slash ? ek_str_ndup(api_version, (size_t)(slash - api_version)) :
				      ek_str_dup("");

	return ek_kind_find(group, slash ? slash + 1 : api_version, kind);
}

/* A body of another kind than the one that is served here. */
static int refuse_kind(struct ek_request *q, const char *expected_api, const char *expected_kind,
		       const char *api_version, const char *kind)
{
	static const char scheme[] = "k8s.io/kubernetes/pkg/api/legacyscheme/scheme.go:30";
	const struct ek_kind *k = kind_named(api_version, kind);
	const char *version = strrchr(api_version, '/');
	char pkg[64];

	version = version ? version + 1 : api_version;
	if (strchr(api_version, '/') != strrchr(api_version, '/'))
		return ek_request_fail(
			q,
			ek_status_bad_request(
				"the object provided is unrecognized (must be of type %s): couldn't get version/kind; json "
				"parse error: unexpected GroupVersion string: %s",
				expected_kind, api_version));
	if (!k && !(ek_streq(kind, expected_kind) && ek_streq(api_version, expected_api)))
		return ek_request_fail(
			q,
			ek_status_bad_request(
				"%s in version %s cannot be handled as a %s: no kind %s is registered for version %s in scheme "
				"%s",
				kind, EK_Q(version), expected_kind, EK_Q(kind), EK_Q(api_version),
				EK_Q(scheme)));
	if (k && ek_kind_stored(k) != q->stored)
		return ek_request_fail(
			q,
			ek_status_bad_request(
				"%s in version %s cannot be handled as a %s: converting (%s.%s) to (%s.%s): unknown conversion",
				kind, EK_Q(version), expected_kind, version, kind,
				go_package(q->kind, pkg), expected_kind));
	return ek_request_fail(
		q,
		ek_status_bad_request(
			"the API version in the data (%s) does not match the expected API version (%s)",
			api_version, expected_api));
}

static const char *type_word(const struct ek_json *v)
{
	switch (ek_json_type(v)) {
	case EK_JSON_ARRAY:
		return "array";
	case EK_JSON_STR:
		return "string";
	case EK_JSON_BOOL:
		return "bool";
	case EK_JSON_INT:
	case EK_JSON_REAL:
		return "number";
	default:
		return "null";
	}
}

int ek_request_decode(struct ek_request *q, const struct ek_type *type, const char *group,
		      const char *version, const char *kind, const struct ek_json *in,
		      struct ek_json **ret)
{
	const char *api =
		ek_str_into((char[256]){ 0 }, 256, "%s%s%s", group, *group ? "/" : "", version);
	const char *in_api = ek_json_str_at(in, "apiVersion"),
		   *in_kind = ek_json_str_at(in, "kind");
	struct ek_err err;
	int rc;

	if (!ek_json_is_object(in))
		return ek_request_fail(
			q,
			ek_status_bad_request(
				"the object provided is unrecognized (must be of type %s): couldn't get version/kind; json "
				"parse error: json: cannot unmarshal %s into Go value of type struct { APIVersion string "
				"\"json:\\\"apiVersion,omitempty\\\"\"; Kind string \"json:\\\"kind,omitempty\\\"\" }",
				kind, type_word(in)));
	in_api = ek_str_empty(in_api) ? api : in_api;
	in_kind = ek_str_empty(in_kind) ? kind : in_kind;
	if (!ek_streq(in_api, api) || !ek_streq(in_kind, kind))
		return refuse_kind(q, api, kind, in_api, in_kind);
	rc = ek_schema_decode(type, in, q->op->strictness, ret, q->warnings, &err);
	if (rc < 0)
		return ek_request_fail(
			q, ek_status_bad_request("%s in version %s cannot be handled as a %s: %s",
						 kind, EK_Q(version), kind, err.msg));
	ek_json_set_str(*ret, "kind", kind);
	ek_json_set_str(*ret, "apiVersion", api);
	return 0;
}

/* ---- validation ---- */

typedef void (*validate_fn)(const struct ek_json *obj, const struct ek_json *old,
			    struct ek_causes *causes);

static validate_fn hook_of(const struct ek_strategy *s, enum ek_hooks hooks)
{
	if (!s)
		return NULL;
	if (hooks == EK_HOOKS_STATUS)
		return s->validate_status;
	return hooks == EK_HOOKS_EPHEMERAL ? s->validate_ephemeral : s->validate;
}

int ek_request_validate(struct ek_request *q)
{
	enum ek_hooks hooks = q->change ? q->change->hooks : EK_HOOKS_MAIN;
	const struct ek_json *old = q->old ? ek_object_tree(q->old) : NULL;
	const struct ek_strategy *s = q->strategy;
	validate_fn hook = hook_of(s, hooks);
	struct ek_causes causes = { 0 };
	struct ek_path at = { 0 };
	int rc = 0;

	ek_meta_validate(q->obj, old, q->stored->namespaced,
			 s && s->name_check ? s->name_check : ek_name_dns1123_subdomain, &at,
			 &causes);
	if (hooks != EK_HOOKS_STATUS)
		ek_schema_validate(q->stored->type, q->obj, old, &at, &causes);
	if (hook)
		hook(q->obj, old, &causes);
	if (causes.v.n > 0)
		rc = ek_request_invalid(q, &causes);
	else if (s && s->warn && hooks == EK_HOOKS_MAIN)
		s->warn(q->obj, old, q->warnings);
	ek_causes_done(&causes);
	return rc;
}

/* ---- store ---- */

int ek_request_encode(struct ek_request *q)
{
	ek_object_unref(q->next);
	q->next = ek_object_new(q->obj, 0, q->stored->fields);
	/* who hears of the write gets the tree along with the bytes */
	q->next->tree = ek_json_ref(q->obj);
	if (q->next->value->len > EK_OBJECT_MAX_BYTES)
		return ek_request_fail(q, ek_status_too_large("limit is %d", EK_OBJECT_MAX_BYTES));
	return 0;
}

void ek_request_read(struct ek_request *q)
{
	ek_object_unref(q->old);
	q->old = ek_registry_read(q->r, q->stored, q->ns, q->name);
}

static void on_write(struct ek_store_write *w, int rc)
{
	struct ek_request *q = ek_container_of(w, struct ek_request, write);

	if (rc == 0 && q->next)
		ek_object_written(q->next, w->rev);
	/* a lost race is the flow's to handle: the code is in w->err */
	ek_flow_resume(&q->flow, 0);
}

/* An object without what its owner writes only to say that it is still alive. */
static struct ek_json *without_pulse(const struct ek_json *obj)
{
	struct ek_json *copy = ek_json_copy(obj), *spec = ek_json_get(copy, "spec");

	ek_json_del(ek_json_get(copy, "metadata"), "resourceVersion");
	if (spec)
		ek_json_del(spec, "renewTime");
	for (struct ek_json_iter it = ek_json_iter(ek_json_at(copy, "status.conditions"));
	     ek_json_next(&it);)
		ek_json_del(it.value, "lastHeartbeatTime");
	return copy;
}

/* Events, renewals of a lease and heartbeats of a node may reach the disk late. */
static bool may_wait(const struct ek_request *q, enum ek_write_op op)
{
	EK_JSON struct ek_json *before = NULL, *after = NULL;

	if (q->stored == &ek_kind_event)
		return op != EK_WRITE_DELETE;
	if (op != EK_WRITE_UPDATE || !q->obj ||
	    (q->stored != &ek_kind_lease && q->stored != &ek_kind_node))
		return false;
	before = without_pulse(ek_object_tree(q->old));
	after = without_pulse(q->obj);
	return ek_json_equal(before, after);
}

void ek_request_write(struct ek_request *q, enum ek_write_op op)
{
	struct ek_store_write *w = &q->write;

	w->op = op;
	w->key = q->key;
	w->if_rev = op == EK_WRITE_CREATE ? 0 : q->old->rev;
	w->value = q->next ? q->next->value : NULL;
	w->index = q->next ? q->next->index : NULL;
	w->made = q->next;
	w->flags = may_wait(q, op) ? EK_PUT_VOLATILE : 0;
	w->cb = on_write;
	ek_store_write(q->r->store, w);
}

/* ---- the end ---- */

struct ek_object *ek_object_as(struct ek_object *o, const struct ek_kind *asked)
{
	EK_JSON struct ek_json *tree = NULL;

	if (!asked->stored_as)
		return ek_object_ref(o);
	tree = asked->from_stored(ek_object_tree(o));
	return ek_object_new(tree, o->rev, asked->fields);
}

static void hand_over(struct ek_request *q)
{
	struct ek_op *op = q->op;

	op->status = ek_steal(q->status);
	if (q->flow.rc == 0 && q->answer)
		op->answer = ek_steal(q->answer);
	else if (q->flow.rc == 0 && q->next)
		op->object = ek_object_as(q->next, q->kind);
	if (ek_json_len(q->warnings) > 0 && !op->warnings)
		op->warnings = ek_steal(q->warnings);
	op->created = q->created;
}

int ek_request_end(struct ek_flow *f)
{
	struct ek_request *q = ek_request_of(f);

	if (q->taken && (f->rc < 0 || q->unwritten || q->dry_run))
		ek_services_give_back(q->r->services, q->taken);
	if (f->rc < 0 && !q->status)
		q->status = ek_status_internal("%s", ek_err_name(f->rc));
	if (q->op)
		hand_over(q);
	return EK_END;
}

static void on_quiet(struct ek_timer *t)
{
	struct ek_registry *r = ek_container_of(t, struct ek_registry, quiet);

	if (r->n_done == r->n_done_before)
		ek_json_trim();
	else
		ek_timer_start(r->loop, t, QUIET_MS, on_quiet);
	r->n_done_before = r->n_done;
}

void ek_request_done(struct ek_flow *f)
{
	struct ek_request *q = ek_request_of(f);
	struct ek_registry *r = q->r;
	struct ek_op *op = q->op;
	int rc = f->rc;

	ek_request_free(q);
	r->n_done++;
	if (ek_json_kept() > KEEP_IDLE && !ek_timer_active(&r->quiet))
		ek_timer_start(r->loop, &r->quiet, QUIET_MS, on_quiet);
	if (!op)
		return;
	op->impl = NULL;
	op->cb(op, rc);
}
