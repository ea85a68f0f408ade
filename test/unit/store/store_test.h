/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What every test of the store needs: a store on either back end, writes that wait for their
 * result, lists and watches written down as text that a test can compare.
 */

#include <ekube/clock.h>
#include <ekube/file.h>
#include <ekube/store.h>
#include <ekube/str.h>
#include <ek_test.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

enum kind { MEMORY, SQLITE, N_KINDS };
static const char *const kinds[N_KINDS] = { "memory", "sqlite" };

struct env {
	enum kind kind;
	struct ek_loop *loop;
	struct ek_store *s;
	char dir[64];
	struct ek_store_options options;
};

/* ---- virtual time ---- */

static int64_t test_ms;

static inline int64_t test_mono(void *arg)
{
	(void)arg;
	return test_ms;
}

static inline int64_t test_wall(void *arg)
{
	(void)arg;
	return test_ms * 1000;
}

static inline void virtual_time(void)
{
	static const struct ek_clock_source source = { test_mono, test_wall, NULL };

	test_ms = 1000;
	ek_clock_set_source(&source);
}

static inline void pass_time(struct env *e, int64_t ms)
{
	test_ms += ms;
	ek_loop_advance(e->loop);
	for (int i = 0; i < 3; i++)
		ek_loop_turn(e->loop);
}

/* ---- life ---- */

static inline void env_start(struct env *e)
{
	struct ek_err err = { 0 };

	e->options.path = e->dir;
	if (e->kind == MEMORY)
		e->s = ek_store_open_memory(e->loop, &e->options);
	else
		ck_assert_msg(ek_store_open_sqlite(e->loop, &e->options, &e->s, &err) == 0, "%s",
			      err.msg);
}

static inline void env_open(struct env *e, enum kind kind, const struct ek_store_options *options)
{
	memset(e, 0, sizeof(*e));
	e->kind = kind;
	e->loop = ek_loop_new();
	strcpy(e->dir, "/tmp/ek-store-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(e->dir));
	if (options)
		e->options = *options;
	env_start(e);
}

static inline void env_stop(struct env *e)
{
	ek_store_close(e->s);
	e->s = NULL;
}

static inline void env_close(struct env *e)
{
	env_stop(e);
	ek_loop_free(e->loop);
	ck_assert_int_eq(ek_dir_remove(AT_FDCWD, e->dir, NULL), 0);
}

/* ---- writes ---- */

struct put {
	struct ek_store_write w;
	bool done;
	int rc;
};

static inline void on_put(struct ek_store_write *w, int rc)
{
	struct put *p = ek_container_of(w, struct put, w);

	ck_assert(!p->done);
	p->done = true;
	p->rc = rc;
}

static inline void put_start(struct env *e, struct put *p, enum ek_write_op op, const char *key,
			     const char *value, const char *index, int64_t if_rev, unsigned flags)
{
	struct ek_bytes *v = value ? ek_bytes_new(value, strlen(value)) : NULL;
	struct ek_bytes *x = index ? ek_bytes_new(index, strlen(index)) : NULL;

	*p = (struct put){ .w = { .op = op,
				  .key = key,
				  .if_rev = if_rev,
				  .value = v,
				  .index = x,
				  .flags = flags,
				  .cb = on_put } };
	ek_store_write(e->s, &p->w);
	ck_assert(!p->done);
	ek_bytes_unref(v);
	ek_bytes_unref(x);
}

/* The result, and the revision in *ret_rev. */
static inline int write_rev(struct env *e, enum ek_write_op op, const char *key, const char *value,
			    const char *index, int64_t if_rev, unsigned flags, int64_t *ret_rev)
{
	struct put p;

	put_start(e, &p, op, key, value, index, if_rev, flags);
	ck_assert(ek_loop_until(e->loop, &p.done, 10000));
	*ret_rev = p.w.rev;
	return p.rc;
}

/* The new revision, or the failure. */
static inline int64_t create(struct env *e, const char *key, const char *value)
{
	int64_t rev;
	int rc = write_rev(e, EK_WRITE_CREATE, key, value, "i", 0, 0, &rev);

	return rc < 0 ? rc : rev;
}

static inline int64_t update(struct env *e, const char *key, const char *value)
{
	int64_t rev;
	int rc = write_rev(e, EK_WRITE_UPDATE, key, value, "i", 0, 0, &rev);

	return rc < 0 ? rc : rev;
}

static inline int64_t del(struct env *e, const char *key)
{
	int64_t rev;
	int rc = write_rev(e, EK_WRITE_DELETE, key, NULL, NULL, 0, 0, &rev);

	return rc < 0 ? rc : rev;
}

static inline int64_t beat(struct env *e, enum ek_write_op op, const char *key, const char *value)
{
	int64_t rev;
	int rc = write_rev(e, op, key, value, "i", 0, EK_PUT_VOLATILE, &rev);

	return rc < 0 ? rc : rev;
}

/* ---- reads, as text ---- */

struct seen {
	struct ek_buf text;
	int rc;
};

static inline void on_get(void *arg, int rc, const struct ek_record *r)
{
	struct seen *s = arg;

	s->rc = rc;
	if (rc == 0)
		ek_buf_fmt(&s->text, "%s=%s@%" PRId64 "/%" PRId64 "#%s", r->key, r->value->data,
			   r->rev, r->create_rev, r->index->data);
}

/* "key=value@rev/create_rev#index", "" when there is none; valid until the next call. */
static inline const char *get(struct env *e, const char *key)
{
	static char text[8192];
	struct seen s = { .text = EK_BUF_INIT(1 << 20), .rc = 1 };

	ek_store_get(e->s, key, on_get, &s);
	ck_assert(s.rc == 0 || s.rc == EK_ENOTFOUND);
	snprintf(text, sizeof(text), "%s", s.text.data ? s.text.data : "");
	ek_buf_done(&s.text);
	return text;
}

struct lister {
	struct ek_store_list l;
	struct ek_buf text;
	int budget;  /* records until it pauses; 0: never */
	int n;
	bool done, more;
	int rc;
};

static inline bool on_record(struct ek_store_list *l, const struct ek_record *r)
{
	struct lister *t = ek_container_of(l, struct lister, l);

	ck_assert(!t->done);
	ek_buf_fmt(&t->text, "%s%s=%s@%" PRId64 "/%" PRId64, t->text.len ? " " : "", r->key,
		   r->value->data, r->rev, r->create_rev);
	t->n++;
	return t->budget == 0 || t->n % t->budget != 0;
}

static inline void on_listed(struct ek_store_list *l, int rc, bool more)
{
	struct lister *t = ek_container_of(l, struct lister, l);

	ck_assert(!t->done);
	t->done = true;
	t->rc = rc;
	t->more = more;
}

static inline void list_start(struct env *e, struct lister *t, const char *prefix, int64_t at_rev,
			      int budget)
{
	*t = (struct lister){ .l = { .prefix = prefix,
				     .at_rev = at_rev,
				     .on_record = on_record,
				     .done = on_listed },
			      .text = EK_BUF_INIT(64 << 20),
			      .budget = budget };
	ek_store_list(e->s, &t->l);
}

/* All at at_rev (0: now), without pauses; the text is the caller's to free. */
static inline char *list_at(struct env *e, const char *prefix, int64_t at_rev, int *ret_rc)
{
	struct lister t;

	list_start(e, &t, prefix, at_rev, 0);
	ck_assert(t.done);
	*ret_rc = t.rc;
	return ek_buf_steal(&t.text);
}

#define ck_list(e, prefix, at_rev, expect)                                  \
	do {                                                                \
		int ck_rc_;                                                 \
		char *ck_text_ = list_at(e, prefix, at_rev, &ck_rc_);       \
		ck_assert_int_eq(ck_rc_, 0);                                \
		ck_assert_str_eq(ck_text_, expect);                         \
		free(ck_text_);                                             \
	} while (0)

/* ---- watches, as text ---- */

struct watcher {
	struct ek_store_watch w;
	struct ek_buf text; /* "+key=value@rev ~key=value@rev(prev index) -key=..." */
	int budget;         /* events until it pauses; 0: never */
	int n;
	int ended;          /* what on_end said */
	int64_t last_rev;
};

static inline bool on_event(struct ek_store_watch *w, const struct ek_store_event *e)
{
	struct watcher *t = ek_container_of(w, struct watcher, w);

	ck_assert_int_eq(t->ended, 0);
	ck_assert_msg(e->rev > t->last_rev, "%s: %" PRId64 " after %" PRId64, e->key, e->rev,
		      t->last_rev);
	ck_assert_int_eq(w->at_rev, e->rev);
	ck_assert(e->type == EK_EVENT_ADDED ? !e->prev_index : e->prev_index != NULL);
	t->last_rev = e->rev;
	ek_buf_fmt(&t->text, "%s%c%s=%s@%" PRId64, t->text.len ? " " : "", "+~-"[e->type], e -> key,
		   e -> value -> data, e -> rev);
	if (e->prev_index)
		ek_buf_fmt(&t->text, "(%s>%s)", e->prev_index->data, e->index->data);
	t->n++;
	return t->budget == 0 || t->n % t->budget != 0;
}

static inline void on_end(struct ek_store_watch *w, int rc)
{
	struct watcher *t = ek_container_of(w, struct watcher, w);

	ck_assert_int_eq(t->ended, 0);
	t->ended = rc;
}

static inline int watch_start(struct env *e, struct watcher *t, const char *prefix,
			      int64_t from_rev, int budget)
{
	*t = (struct watcher){ .w = { .prefix = prefix,
				      .from_rev = from_rev,
				      .on_event = on_event,
				      .on_end = on_end },
			       .text = EK_BUF_INIT(64 << 20),
			       .budget = budget };
	return ek_store_watch(e->s, &t->w, NULL);
}

static inline const char *watched(struct watcher *t)
{
	return t->text.data ? t->text.data : "";
}

static inline void watch_done(struct watcher *t)
{
	ek_store_watch_stop(&t->w);
	ek_buf_done(&t->text);
}
