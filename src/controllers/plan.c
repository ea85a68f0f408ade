/* SPDX-License-Identifier: Apache-2.0 */
#include "plan.h"

#include <ekube/str.h>

enum { MAX_EVENT = 1024, MAX_TEXT = 1 << 20 };

static void event_done(struct plan_event *e)
{
	free(e->text);
	ek_json_unref(e->about);
}

void plan_done(struct plan *p)
{
	for (size_t i = 0; i < p->writes.n; i++) {
		struct plan_write *w = &p->writes.items[i];

		free(w->ns);
		free(w->name);
		free(w->if_uid);
		ek_json_unref(w->body);
		event_done(&w->done);
		event_done(&w->failed);
	}
	for (size_t i = 0; i < p->events.n; i++)
		event_done(&p->events.items[i]);
	ek_vec_done(&p->writes);
	ek_vec_done(&p->events);
	p->step = 0;
	p->again_ms = 0;
}

void plan_next_step(struct plan *p)
{
	if (p->writes.n && p->writes.items[p->writes.n - 1].step == p->step)
		p->step++;
}

void plan_again(struct plan *p, int64_t ms)
{
	ms = EK_MAX(ms, (int64_t)1);
	if (!p->again_ms || ms < p->again_ms)
		p->again_ms = ms;
}

/* ---- writes ---- */

static struct plan_write *add(struct plan *p, enum plan_verb verb, const struct ek_kind *kind,
			      const char *ns, const char *name)
{
	struct plan_write w = { .verb = verb, .kind = kind, .step = p->step, .grace_s = -1 };

	w.ns = kind->namespaced ? ek_str_dup(ns) : NULL;
	w.name = ek_str_dup(name);
	ek_vec_push(&p->writes, w);
	return &p->writes.items[p->writes.n - 1];
}

struct plan_write *plan_create(struct plan *p, const struct ek_kind *kind, const char *ns,
			       struct ek_json *take_body)
{
	struct plan_write *w = add(p, PLAN_CREATE, kind, ns, NULL);

	w->body = take_body;
	return w;
}

struct plan_write *plan_update(struct plan *p, const struct ek_kind *kind, const char *subresource,
			       struct ek_json *take_body)
{
	struct plan_write *w =
		add(p, PLAN_UPDATE, kind, ek_meta_namespace(take_body), ek_meta_name(take_body));

	w->subresource = subresource;
	w->body = take_body;
	return w;
}

struct plan_write *plan_patch(struct plan *p, const struct ek_kind *kind, const struct ek_json *obj,
			      const char *subresource, struct ek_json *take_patch)
{
	struct plan_write *w = add(p, PLAN_PATCH, kind, ek_meta_namespace(obj), ek_meta_name(obj));

	w->subresource = subresource;
	w->body = take_patch;
	return w;
}

struct plan_write *plan_delete(struct plan *p, const struct ek_kind *kind,
			       const struct ek_json *obj)
{
	struct plan_write *w = add(p, PLAN_DELETE, kind, ek_meta_namespace(obj), ek_meta_name(obj));

	w->if_uid = ek_str_dup(ek_meta_uid(obj));
	w->ignore = PLAN_IGNORE_NOTFOUND;
	return w;
}

struct plan_write *plan_delete_all(struct plan *p, const struct ek_kind *kind, const char *ns)
{
	return add(p, PLAN_DELETE_ALL, kind, ns, NULL);
}

struct plan_write *plan_check(struct plan *p, enum plan_verb verb, const struct ek_kind *kind,
			      const char *ns, const char *name, const char *uid)
{
	struct plan_write *w = add(p, verb, kind, ns, name);

	w->if_uid = ek_str_dup(uid);
	return w;
}

/* ---- events ---- */

EK_PRINTF(5, 0)
static void add_event(struct plan *p, const struct ek_json *about, const char *type,
		      const char *reason, const char *fmt, va_list ap)
{
	EK_BUF struct ek_buf text = EK_BUF_INIT(MAX_EVENT);
	struct plan_event e = { .type = type, .reason = reason };

	(void)ek_buf_vfmt(&text, fmt, ap);
	e.text = ek_buf_steal(&text);
	e.about = about ? ek_json_ref(about) : NULL;
	ek_vec_push(&p->events, e);
}

void plan_event(struct plan *p, const char *type, const char *reason, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add_event(p, NULL, type, reason, fmt, ap);
	va_end(ap);
}

void plan_event_about(struct plan *p, const struct ek_json *about, const char *type,
		      const char *reason, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add_event(p, about, type, reason, fmt, ap);
	va_end(ap);
}

/* ---- as text ---- */

static void write_text(const struct plan_write *w, struct ek_buf *out)
{
	static const char *const verbs[] = { "create",	   "update", "patch",	"delete",
					     "delete-all", "alive?", "absent?", "empty?" };
	const char *name = w->name ? w->name : ek_meta_name(w->body);

	if (!name)
		name = ek_json_str_at(w->body, "metadata.generateName");
	(void)ek_buf_fmt(out, "%u %s %s%s%s", w->step, verbs[w->verb], w->kind->plural,
			 w->subresource ? "/" : "", w->subresource ? w->subresource : "");
	if (name)
		(void)ek_buf_fmt(out, " %s", name);
	if (ek_json_int_at(w->body, "spec.replicas", -1) >= 0 && !w->subresource &&
	    w->verb != PLAN_PATCH)
		(void)ek_buf_fmt(out, "=%d", (int)ek_json_int_at(w->body, "spec.replicas", -1));
	(void)ek_buf_char(out, '\n');
}

char *plan_text(const struct plan *p)
{
	EK_BUF struct ek_buf out = EK_BUF_INIT(MAX_TEXT);

	for (size_t i = 0; i < p->writes.n; i++)
		write_text(&p->writes.items[i], &out);
	for (size_t i = 0; i < p->events.n; i++)
		(void)ek_buf_fmt(&out, "%s: %s\n", p->events.items[i].reason,
				 p->events.items[i].text);
	return ek_buf_steal(&out);
}
