/* SPDX-License-Identifier: Apache-2.0 */
#include "fake_client.h"

#include <ekube/clock.h>
#include <ekube/str.h>
#include <stdlib.h>

enum { N_VERBS = EK_DO_DELETE_COLLECTION + 1, MAX_SETTLE_TURNS = 100000 };

struct slot {
	const struct ek_kind *kind;
	char                 *key;
	struct ek_object     *object;
};

/* A call that waits for its answer. The call may be cancelled meanwhile. */
struct pending {
	struct ek_list  node;
	struct ek_call *call;
	int             rc;
};

struct event {
	enum ek_watch_type type;
	struct ek_object  *object;
};

struct watch {
	struct ek_list          node;
	struct ek_client_watch *watch;
	EK_VEC(struct event) queue;
	int                     end_rc;
	bool                    ended;
};

struct failure {
	enum ek_verb          verb;
	const struct ek_kind *kind;
	int                   rc, times;
};

struct fake_client {
	struct ek_client client;
	EK_VEC(struct slot) slots; /* order of creation */
	struct ek_list   pending, watches;
	struct ek_timer  deliver;
	EK_VEC(struct failure) failures;
	int64_t          rev;
	int              calls[N_VERBS];
};

static void on_deliver(struct ek_timer *t);

static struct fake_client *fake_of(struct ek_client *c)
{
	return ek_container_of(c, struct fake_client, client);
}

static void wake(struct fake_client *f)
{
	if (!ek_timer_active(&f->deliver))
		ek_timer_start(f->client.loop, &f->deliver, 0, on_deliver);
}

static char *key_of(const char *ns, const char *name)
{
	return ek_str_fmt("%s/%s", ns ? ns : "", name);
}

static struct slot *find(struct fake_client *f, const struct ek_kind *kind, const char *ns,
			 const char *name)
{
	EK_FREE char *key = key_of(ns, name);

	for (size_t i = 0; i < f->slots.n; i++)
		if (f->slots.items[i].kind == kind && ek_streq(f->slots.items[i].key, key))
			return &f->slots.items[i];
	return NULL;
}

/* what a list or a watch asks for */
struct scope {
	const struct ek_kind *kind;
	const char           *ns, *labels, *fields;
};

static struct scope scope_of_call(const struct ek_call *c)
{
	return (struct scope){ c->kind, c->ns, c->label_selector, c->field_selector };
}

static struct scope scope_of_watch(const struct ek_client_watch *w)
{
	return (struct scope){ w->kind, w->ns, w->label_selector, w->field_selector };
}

static bool in_sight(struct scope s, const struct ek_kind *kind, struct ek_object *o)
{
	EK_CLEANUP(ek_selector_unrefp) struct ek_selector *sel = NULL;
	EK_CLEANUP(ek_field_selector_done) struct ek_field_selector fsel = { 0 };

	if (s.kind != kind || (s.ns && !ek_streq(s.ns, ek_meta_namespace(ek_object_tree(o)))))
		return false;
	if (s.labels && ek_selector_parse(s.labels, &sel, NULL) < 0)
		return false;
	if (s.fields && ek_field_selector_parse(s.fields, &fsel, NULL) < 0)
		return false;
	return ek_index_match(o->index, sel, s.fields ? &fsel : NULL);
}

/* What a change is to a watch: what leaves its sight is deleted, what enters it is added. */
static enum ek_watch_type seen_as(enum ek_watch_type type, bool saw, bool sees)
{
	if (type == EK_WATCH_DELETED || !sees)
		return EK_WATCH_DELETED;
	return saw ? EK_WATCH_MODIFIED : EK_WATCH_ADDED;
}

static void announce(struct fake_client *f, const struct ek_kind *kind, enum ek_watch_type type,
		     struct ek_object *before, struct ek_object *after)
{
	EK_LIST_EACH(node, tmp, &f->watches) {
		struct watch *w = ek_container_of(node, struct watch, node);
		struct scope scope = scope_of_watch(w->watch);
		struct ek_object *o = after ? after : before;
		bool saw = before && in_sight(scope, kind, before);
		bool sees = after && in_sight(scope, kind, after);
		struct event e = { .type = type, .object = NULL };

		if (!saw && !sees)
			continue;
		e.type = seen_as(type, saw, sees);
		e.object = ek_object_new(ek_object_tree(o), f->rev, kind->fields);
		ek_vec_push(&w->queue, e);
	}
	wake(f);
}

static void complete(struct ek_json *obj)
{
	char text[40];

	if (!ek_json_get(obj, "metadata"))
		ek_json_set(obj, "metadata", ek_json_object());
	if (!ek_meta_uid(obj)) {
		ek_rand_uuid(text);
		ek_json_set_at(obj, "metadata.uid", ek_json_new_str(text));
	}
	if (!ek_json_at(obj, "metadata.creationTimestamp"))
		ek_json_set_at(obj, "metadata.creationTimestamp", ek_json_new_str(ek_time_now(text)));
	if (!ek_meta_name(obj) && ek_json_str_at(obj, "metadata.generateName")) {
		ek_rand_suffix(text, 5);
		ek_json_set_at(obj, "metadata.name",
			       ek_json_new_fmt("%s%s", ek_json_str_at(obj, "metadata.generateName"), text));
	}
}

static struct ek_object *store(struct fake_client *f, const struct ek_kind *kind,
			       struct ek_json *obj)
{
	char api_version[96];
	struct ek_object *o, *before;
	struct slot *s;

	ek_json_set_str(obj, "kind", kind->kind);
	ek_json_set_str(obj, "apiVersion", ek_kind_api_version(kind, api_version));
	complete(obj);
	o = ek_object_new(obj, ++f->rev, kind->fields);
	s = find(f, kind, ek_meta_namespace(obj), ek_meta_name(obj));
	if (!s) {
		struct slot fresh = { kind, key_of(ek_meta_namespace(obj), ek_meta_name(obj)), o };

		ek_vec_push(&f->slots, fresh);
		announce(f, kind, EK_WATCH_ADDED, NULL, o);
		return o;
	}
	before = s->object;
	s->object = o;
	announce(f, kind, EK_WATCH_MODIFIED, before, o);
	ek_object_unref(before);
	return o;
}

static void drop(struct fake_client *f, struct slot *s)
{
	struct slot gone = *s;

	ek_vec_remove(&f->slots, (size_t)(s - f->slots.items));
	f->rev++;
	announce(f, gone.kind, EK_WATCH_DELETED, gone.object, NULL);
	ek_object_unref(gone.object);
	free(gone.key);
}

/* ---- verbs: each returns the code of the answer ---- */

static int do_list(struct fake_client *f, struct ek_call *c)
{
	EK_VEC(struct ek_object *) found = { 0 };
	size_t i = c->continue_token ? (size_t)atoi(c->continue_token) : 0;

	for (; i < f->slots.n && (c->limit == 0 || found.n < c->limit); i++) {
		struct slot *s = &f->slots.items[i];

		if (in_sight(scope_of_call(c), s->kind, s->object))
			ek_vec_push(&found, ek_object_ref(s->object));
	}
	if (i < f->slots.n)
		c->next = ek_str_fmt("%zu", i);
	c->items = found.items;
	c->n_items = found.n;
	c->list_rev = f->rev;
	return 0;
}

static int do_create(struct fake_client *f, struct ek_call *c)
{
	EK_JSON struct ek_json *obj = ek_json_copy(c->body);

	if (c->subresource && ek_streq(c->subresource, "binding")) {
		struct slot *s = find(f, &ek_kind_pod, c->ns, c->name);

		if (!s)
			return EK_ENOTFOUND;
		EK_JSON struct ek_json *pod = ek_json_copy(ek_object_tree(s->object));
		ek_json_set_at(pod, "spec.nodeName", ek_json_ref(ek_json_at(c->body, "target.name")));
		c->object = ek_object_ref(store(f, &ek_kind_pod, pod));
		return 0;
	}
	if (c->ns && !ek_meta_namespace(obj))
		ek_json_set_at(obj, "metadata.namespace", ek_json_new_str(c->ns));
	if (ek_meta_name(obj) && find(f, c->kind, ek_meta_namespace(obj), ek_meta_name(obj)))
		return EK_EEXISTS;
	c->object = ek_object_ref(store(f, c->kind, obj));
	return 0;
}

static bool finished(const struct ek_json *obj)
{
	return ek_meta_deleting(obj) && ek_json_len(ek_json_at(obj, "metadata.finalizers")) == 0 &&
	       ek_json_len(ek_json_at(obj, "spec.finalizers")) == 0 &&
	       ek_json_int_at(obj, "metadata.deletionGracePeriodSeconds", 0) == 0;
}

static int put_back(struct fake_client *f, struct ek_call *c, struct ek_json *obj)
{
	c->object = ek_object_ref(store(f, c->kind, obj));
	if (finished(obj))
		drop(f, find(f, c->kind, c->ns, c->name));
	return 0;
}

static int do_update(struct fake_client *f, struct ek_call *c, struct slot *s)
{
	const struct ek_json *old = ek_object_tree(s->object);
	EK_JSON struct ek_json *obj = ek_json_copy(c->body);
	bool status = ek_streq(c->subresource, "status");

	if (ek_meta_rev(obj) && ek_meta_rev(obj) != s->object->rev)
		return EK_ECONFLICT;
	ek_json_set_at(obj, "metadata.uid", ek_json_new_str(ek_meta_uid(old)));
	if (status) {
		EK_JSON struct ek_json *kept = ek_json_copy(old);

		ek_json_set(kept, "status", ek_json_ref(ek_json_get(obj, "status")));
		return put_back(f, c, kept);
	}
	if (ek_json_get(old, "status"))
		ek_json_set(obj, "status", ek_json_copy(ek_json_get(old, "status")));
	if (!ek_json_equal(ek_json_get(old, "spec"), ek_json_get(obj, "spec")))
		ek_json_set_at(obj, "metadata.generation", ek_json_new_int(ek_meta_generation(old) + 1));
	return put_back(f, c, obj);
}

static int do_patch(struct fake_client *f, struct ek_call *c, struct slot *s)
{
	EK_JSON struct ek_json *obj = NULL;
	const struct ek_json *old = ek_object_tree(s->object);

	if (c->patch_type == EK_PATCH_JSON) {
		int rc = ek_json_patch(old, c->body, &obj, &c->err);

		if (rc < 0)
			return rc;
	} else if (c->patch_type == EK_PATCH_STRATEGIC && c->kind->type) {
		int rc = ek_strategic_patch(c->kind->type, old, c->body, &obj, &c->err);

		if (rc < 0)
			return rc;
	} else {
		obj = ek_merge_patch(old, c->body);
	}
	if (ek_meta_rev(obj) && ek_meta_rev(obj) != s->object->rev)
		return EK_ECONFLICT;
	EK_JSON struct ek_json *copy = ek_json_copy(obj);
	return put_back(f, c, copy);
}

static int do_delete(struct fake_client *f, struct ek_call *c, struct slot *s)
{
	const struct ek_json *old = ek_object_tree(s->object);
	int64_t grace = c->grace_s;
	char now[32];

	if (c->if_uid && !ek_streq(c->if_uid, ek_meta_uid(old)))
		return EK_ECONFLICT;
	if (c->if_rev && c->if_rev != s->object->rev)
		return EK_ECONFLICT;
	if (c->kind != &ek_kind_pod || ek_str_empty(ek_json_str_at(old, "spec.nodeName")))
		grace = 0;
	else if (grace < 0)
		grace = ek_json_int_at(old, "spec.terminationGracePeriodSeconds", 30);
	if (grace == 0 && ek_json_len(ek_json_at(old, "metadata.finalizers")) == 0 &&
	    ek_json_len(ek_json_at(old, "spec.finalizers")) == 0 &&
	    !ek_streq(c->propagation, "Foreground") && !ek_streq(c->propagation, "Orphan")) {
		c->object = ek_object_ref(s->object);
		drop(f, s);
		return 0;
	}
	EK_JSON struct ek_json *obj = ek_json_copy(old);
	if (!ek_meta_deleting(obj))
		ek_json_set_at(obj, "metadata.deletionTimestamp", ek_json_new_str(ek_time_now(now)));
	ek_json_set_at(obj, "metadata.deletionGracePeriodSeconds", ek_json_new_int(grace));
	if (ek_streq(c->propagation, "Foreground") || ek_streq(c->propagation, "Orphan")) {
		const char *fin = ek_streq(c->propagation, "Orphan") ? "orphan" : "foregroundDeletion";

		if (!ek_json_at(obj, "metadata.finalizers"))
			ek_json_set_at(obj, "metadata.finalizers", ek_json_array());
		if (!ek_json_has_str(ek_json_at(obj, "metadata.finalizers"), fin))
			ek_json_append(ek_json_at(obj, "metadata.finalizers"), ek_json_new_str(fin));
	}
	c->object = ek_object_ref(store(f, c->kind, obj));
	return 0;
}

static int do_delete_collection(struct fake_client *f, struct ek_call *c)
{
	EK_VEC(char *) names = { 0 };

	for (size_t i = 0; i < f->slots.n; i++) {
		const struct slot *s = &f->slots.items[i];

		if (in_sight(scope_of_call(c), s->kind, s->object))
			ek_vec_push(&names, ek_str_dup(ek_meta_name(ek_object_tree(s->object))));
	}
	for (size_t i = 0; i < names.n; i++) {
		struct slot *s = find(f, c->kind, c->ns, names.items[i]);

		if (s)
			(void)do_delete(f, c, s);
		ek_object_unref(ek_steal(c->object));
		free(names.items[i]);
	}
	ek_vec_done(&names);
	return 0;
}

static int injected(struct fake_client *f, const struct ek_call *c)
{
	for (size_t i = 0; i < f->failures.n; i++) {
		struct failure *x = &f->failures.items[i];

		if (x->times > 0 && x->verb == c->verb && (!x->kind || x->kind == c->kind)) {
			x->times--;
			return x->rc;
		}
	}
	return 0;
}

static int answer(struct fake_client *f, struct ek_call *c)
{
	int rc = injected(f, c);
	struct slot *s;

	if (rc < 0)
		return rc;
	if (c->verb == EK_DO_LIST)
		return do_list(f, c);
	if (c->verb == EK_DO_CREATE)
		return do_create(f, c);
	if (c->verb == EK_DO_DELETE_COLLECTION)
		return do_delete_collection(f, c);
	s = c->name ? find(f, c->kind, c->ns, c->name) : NULL;
	if (!s)
		return EK_ENOTFOUND;
	switch (c->verb) {
	case EK_DO_GET:
		c->object = ek_object_ref(s->object);
		return 0;
	case EK_DO_UPDATE:
		return do_update(f, c, s);
	case EK_DO_PATCH:
		return do_patch(f, c, s);
	case EK_DO_DELETE:
		return do_delete(f, c, s);
	default:
		return EK_ENOTALLOWED;
	}
}

/* ---- the transport ---- */

static void fake_call(struct ek_client *client, struct ek_call *c)
{
	struct fake_client *f = fake_of(client);
	struct pending *p = ek_new(struct pending);

	p->call = c;
	p->rc = answer(f, c);
	f->calls[c->verb]++;
	if (p->rc < 0 && !c->err.code)
		ek_fail(&c->err, p->rc, "%s %s: %s", c->kind->plural, c->name ? c->name : "", ek_err_reason(p->rc));
	ek_list_add_tail(&f->pending, &p->node);
	wake(f);
}

static void fake_call_cancel(struct ek_client *client, struct ek_call *c)
{
	struct fake_client *f = fake_of(client);

	EK_LIST_EACH(node, tmp, &f->pending) {
		struct pending *p = ek_container_of(node, struct pending, node);

		if (p->call != c)
			continue;
		ek_list_del(&p->node);
		free(p);
	}
	ek_call_done(c);
}

static void fake_watch(struct ek_client *client, struct ek_client_watch *cw)
{
	struct fake_client *f = fake_of(client);
	struct watch *w = ek_new(struct watch);

	w->watch = cw;
	cw->impl = w;
	/* the past is not kept: what changed since from_rev and is still there is told as it is */
	for (size_t i = 0; i < f->slots.n; i++) {
		struct slot *s = &f->slots.items[i];
		struct event e = { EK_WATCH_MODIFIED, s->object };

		if (s->object->rev <= cw->from_rev ||
		    !in_sight(scope_of_watch(cw), s->kind, s->object))
			continue;
		ek_object_ref(s->object);
		ek_vec_push(&w->queue, e);
	}
	ek_list_add_tail(&f->watches, &w->node);
	wake(f);
}

static void watch_free(struct watch *w)
{
	ek_list_del(&w->node);
	for (size_t i = 0; i < w->queue.n; i++)
		ek_object_unref(w->queue.items[i].object);
	ek_vec_done(&w->queue);
	free(w);
}

static void fake_watch_stop(struct ek_client *client, struct ek_client_watch *cw)
{
	(void)client;
	if (cw->impl)
		watch_free(cw->impl);
	cw->impl = NULL;
}

static const struct ek_client_ops ops = {
	.call = fake_call,
	.call_cancel = fake_call_cancel,
	.watch = fake_watch,
	.watch_stop = fake_watch_stop,
};

/* One event of one watch; false when there is none. The callback may stop any watch. */
static bool deliver_event(struct fake_client *f)
{
	EK_LIST_EACH(node, tmp, &f->watches) {
		struct watch *w = ek_container_of(node, struct watch, node);
		struct ek_client_watch *cw = w->watch;

		if (w->queue.n) {
			struct event e = w->queue.items[0];

			ek_vec_remove(&w->queue, 0);
			cw->on_event(cw, e.type, e.object);
			ek_object_unref(e.object);
			return true;
		}
		if (w->ended) {
			int rc = w->end_rc;

			cw->impl = NULL;
			watch_free(w);
			cw->on_end(cw, rc);
			return true;
		}
	}
	return false;
}

static void on_deliver(struct ek_timer *t)
{
	struct fake_client *f = ek_container_of(t, struct fake_client, deliver);
	struct pending *p = ek_list_first(&f->pending, struct pending, node);

	if (p) {
		struct ek_call *c = p->call;
		int rc = p->rc;

		ek_list_del(&p->node);
		free(p);
		c->client = NULL;
		c->cb(c, rc);
		wake(f);
	} else if (deliver_event(f)) {
		wake(f);
	}
}

/* ---- the test's side ---- */

struct fake_client *fake_client_new(struct ek_loop *loop)
{
	struct fake_client *f = ek_new(struct fake_client);

	f->client = (struct ek_client){ .ops = &ops, .loop = loop };
	f->rev = 100;
	ek_list_init(&f->pending);
	ek_list_init(&f->watches);
	return f;
}

struct ek_client *fake_client_of(struct fake_client *f)
{
	return &f->client;
}

void fake_client_free(struct fake_client *f)
{
	ek_timer_stop(&f->deliver);
	EK_LIST_EACH(node, tmp, &f->pending)
		free(ek_container_of(node, struct pending, node));
	EK_LIST_EACH(node, tmp, &f->watches)
		watch_free(ek_container_of(node, struct watch, node));
	for (size_t i = 0; i < f->slots.n; i++) {
		free(f->slots.items[i].key);
		ek_object_unref(f->slots.items[i].object);
	}
	ek_vec_done(&f->slots);
	ek_vec_done(&f->failures);
	free(f);
}

int64_t fake_client_put(struct fake_client *f, const struct ek_kind *kind,
			const struct ek_json *obj)
{
	EK_JSON struct ek_json *copy = ek_json_copy(obj);

	return store(f, kind, copy)->rev;
}

int64_t fake_client_put_text(struct fake_client *f, const struct ek_kind *kind, const char *text)
{
	EK_JSON struct ek_json *obj = NULL;
	EK_FREE char *json = ek_str_dup(text);
	struct ek_err err;

	for (char *c = json; *c; c++)
		if (*c == '\'')
			*c = '"';
	if (ek_json_parse(json, strlen(json), EK_JSON_MAX_BYTES, &obj, NULL, &err) < 0)
		ek_bug_(__FILE__, __LINE__, err.msg);
	return fake_client_put(f, kind, obj);
}

void fake_client_remove(struct fake_client *f, const struct ek_kind *kind, const char *ns,
			const char *name)
{
	struct slot *s = find(f, kind, ns, name);

	EK_ASSERT(s);
	drop(f, s);
}

const struct ek_json *fake_client_get(struct fake_client *f, const struct ek_kind *kind,
				      const char *ns, const char *name)
{
	struct slot *s = find(f, kind, ns, name);

	return s ? ek_object_tree(s->object) : NULL;
}

const struct ek_json *fake_client_nth(struct fake_client *f, const struct ek_kind *kind, size_t i)
{
	for (size_t k = 0; k < f->slots.n; k++)
		if (f->slots.items[k].kind == kind && i-- == 0)
			return ek_object_tree(f->slots.items[k].object);
	return NULL;
}

size_t fake_client_count(struct fake_client *f, const struct ek_kind *kind)
{
	size_t n = 0;

	while (fake_client_nth(f, kind, n))
		n++;
	return n;
}

void fake_client_fail(struct fake_client *f, enum ek_verb verb, const struct ek_kind *kind, int rc,
		      int times)
{
	struct failure x = { verb, kind, rc, times };

	ek_vec_push(&f->failures, x);
}

void fake_client_break_watches(struct fake_client *f, int rc)
{
	EK_LIST_EACH(node, tmp, &f->watches) {
		struct watch *w = ek_container_of(node, struct watch, node);

		w->ended = true;
		w->end_rc = rc;
	}
	wake(f);
}

int fake_client_calls_of(const struct fake_client *f, enum ek_verb verb)
{
	return f->calls[verb];
}

int fake_client_calls(const struct fake_client *f)
{
	int n = 0;

	for (int i = 0; i < N_VERBS; i++)
		n += f->calls[i];
	return n;
}

void fake_client_settle(struct fake_client *f)
{
	int idle = 0;

	for (int i = 0; i < MAX_SETTLE_TURNS && idle < 3; i++) {
		bool busy = ek_loop_turn(f->client.loop);

		idle = busy || ek_timer_active(&f->deliver) ? 0 : idle + 1;
	}
}
