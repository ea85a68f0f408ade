/* SPDX-License-Identifier: Apache-2.0 */
#include "impl.h"

#include <stdlib.h>

/*
 * One turn of the loop:
 *
 *	ek_store_write ... ek_store_write      queued, nothing else
 *	end of turn:  find, decide, put  for each
 *	              commit                   one fsync for all
 *	              watch events             first, so that informers know
 *	              results, in order        whoever is told a result can read it and has seen it
 *
 * Nothing reads between the first put and the commit, because they are one call from the loop:
 * hence one database connection, and no dirty reads.
 */

enum {
	BATCH_MAX_WRITES = 1024,
	BATCH_MAX_BYTES  = 16 << 20,
	DEFAULT_LOG_RECORDS = 10000,
	DEFAULT_LOG_AGE_MS  = 5 * 60 * 1000,
	DEFAULT_VOLATILE_MS = 60 * 1000,
};

typedef EK_VEC(struct change) change_vec;

void version_done(struct version *v)
{
	ek_bytes_unref(v->value);
	ek_bytes_unref(v->index);
	*v = (struct version){ 0 };
}

static void changes_done(change_vec *v)
{
	for (size_t i = 0; i < v->n; i++) {
		ek_bytes_unref(v->items[i].value);
		ek_bytes_unref(v->items[i].index);
		ek_bytes_unref(v->items[i].prev_index);
	}
	ek_vec_done(v);
}

/* ---- what a write does ---- */

static int refuse(const struct ek_store_write *w, const struct version *cur, struct ek_err *err)
{
	if (w->op == EK_WRITE_CREATE)
		return cur->rev == 0 ? 0 : ek_fail(err, EK_EEXISTS, "%s exists already", w->key);
	if (cur->rev == 0)
		return ek_fail(err, EK_ENOTFOUND, "%s does not exist", w->key);
	if (w->if_rev != 0 && w->if_rev != cur->rev)
		return ek_fail(err, EK_ECONFLICT, "%s is at revision %" PRId64 ", not %" PRId64,
			       w->key, cur->rev, w->if_rev);
	return 0;
}

static int check_input(const struct ek_store_write *w, struct ek_err *err)
{
	size_t len = strlen(w->key);

	if (len == 0 || len > EK_STORE_MAX_KEY)
		return ek_fail(err, EK_EINVALID, "a key has 1 to %d bytes, this one %zu",
			       EK_STORE_MAX_KEY, len);
	if (w->value && w->value->len > EK_STORE_MAX_VALUE)
		return ek_fail(err, EK_ETOOLARGE, "%s: %u bytes, the limit is %d", w->key,
			       w->value->len, EK_STORE_MAX_VALUE);
	if (w->index && w->index->len > EK_STORE_MAX_VALUE)
		return ek_fail(err, EK_ETOOLARGE, "%s: an index of %u bytes, the limit is %d",
			       w->key, w->index->len, EK_STORE_MAX_VALUE);
	if (!w->value && w->op != EK_WRITE_DELETE)
		return ek_fail(err, EK_EINVALID, "%s: nothing to store", w->key);
	return 0;
}

static struct change make_change(struct ek_store *s, const struct ek_store_write *w,
				 const struct version *cur, int64_t rev)
{
	static const enum ek_event_type types[] = {
		[EK_WRITE_CREATE] = EK_EVENT_ADDED,
		[EK_WRITE_UPDATE] = EK_EVENT_MODIFIED,
		[EK_WRITE_DELETE] = EK_EVENT_DELETED,
	};
	bool keep = w->op == EK_WRITE_DELETE && !w->value; /* the final state is the last one */
	struct ek_bytes *index = keep ? cur->index : w->index ? w->index : s->empty;

	return (struct change){
		.type = types[w->op],
		.key = w->key,
		.rev = rev,
		.create_rev = cur->rev ? cur->create_rev : rev,
		.prev_rev = cur->rev,
		.value = ek_bytes_ref(keep ? cur->value : w->value),
		.index = ek_bytes_ref(index),
		.prev_index = ref_or_null(cur->index),
		.made = w->made,
		.may_wait = w->flags & EK_PUT_VOLATILE,
	};
}

/* A refusal concerns this write alone and is left in w->err; what is returned concerns them all. */
static int apply_one(struct ek_store *s, struct ek_store_write *w, int64_t rev, change_vec *changes,
		     struct ek_err *err)
{
	struct version cur = { 0 };
	int rc;

	if (w->err.code < 0 || check_input(w, &w->err) < 0)
		return 0;
	rc = s->ops->find(s, w->key, &cur, err);
	if (rc == EK_ENOTFOUND)
		rc = 0;
	if (rc == 0 && refuse(w, &cur, &w->err) == 0) {
		struct change c = make_change(s, w, &cur, rev);

		ek_vec_push(changes, c);
		rc = s->ops->put(s, &c, &cur, err);
	}
	version_done(&cur);
	return rc;
}

static int apply_all(struct ek_store *s, struct ek_list *batch, change_vec *changes,
		     struct ek_err *err)
{
	EK_LIST_EACH(node, tmp, batch) {
		struct ek_store_write *w = ek_container_of(node, struct ek_store_write, node);
		int64_t rev = s->rev + 1 + (int64_t)changes->n;
		int rc = apply_one(s, w, rev, changes, err);

		if (rc < 0) {
			s->ops->rollback(s);
			return rc;
		}
		if (w->err.code == 0)
			w->rev = rev;
	}
	return changes->n > 0 ? s->ops->commit(s, err) : 0;
}

/* ---- the batch ---- */

/* As much as one commit may hold; the others wait for the next turn. */
static void take_batch(struct ek_store *s, struct ek_list *batch)
{
	size_t n = 0, bytes = 0;

	ek_list_init(batch);
	while (n < BATCH_MAX_WRITES && bytes < BATCH_MAX_BYTES) {
		struct ek_store_write *w = ek_list_first(&s->writes, struct ek_store_write, node);

		if (!w)
			break;
		ek_list_del(&w->node);
		ek_list_add_tail(batch, &w->node);
		bytes += w->value ? w->value->len : 0;
		n++;
	}
}

static void finish_write(struct ek_store_write *w)
{
	char *key = (char *)w->key;
	struct ek_bytes *value = w->value, *index = w->index;

	ek_list_del(&w->node);
	if (w->err.code < 0)
		w->rev = 0;
	w->cb(w, w->err.code); /* w may be gone or started again */
	free(key);
	ek_bytes_unref(value);
	ek_bytes_unref(index);
}

static void run_batch(struct ek_store *s)
{
	change_vec changes = { 0 };
	struct ek_err err = { 0 };
	struct ek_list batch;
	int rc;

	take_batch(s, &batch);
	s->in_batch = true;
	rc = apply_all(s, &batch, &changes, &err);
	s->in_batch = false;
	if (rc < 0) {
		EK_LIST_EACH(node, tmp, &batch)
			ek_container_of(node, struct ek_store_write, node)->err = err;
	} else if (changes.n > 0) {
		s->rev = changes.items[changes.n - 1].rev;
		s->n_writes += (int64_t)changes.n;
		s->n_commits++;
		hub_publish(s, changes.items, changes.n);
		hub_trimmed(s);
	}
	while (!ek_list_empty(&batch))
		finish_write(ek_list_first(&batch, struct ek_store_write, node));
	changes_done(&changes);
}

static void on_turn_end(struct ek_defer *d)
{
	struct ek_store *s = ek_container_of(d, struct ek_store, commit);

	run_batch(s);
	if (!ek_list_empty(&s->writes))
		ek_defer(s->loop, d, on_turn_end);
}

void ek_store_write(struct ek_store *s, struct ek_store_write *w)
{
	EK_ASSERT(w->key && w->cb && !w->node.next);
	w->rev = 0;
	w->err = (struct ek_err){ 0 };
	if (s->closing)
		ek_fail(&w->err, EK_EUNAVAILABLE, "the store is being closed");
	w->key = ek_str_dup(w->key);
	w->value = ref_or_null(w->value);
	w->index = ref_or_null(w->index);
	ek_list_add_tail(&s->writes, &w->node);
	ek_defer(s->loop, &s->commit, on_turn_end);
}

/* ---- reads ---- */

void ek_store_get(struct ek_store *s, const char *key, ek_store_get_cb cb, void *arg)
{
	struct version v = { 0 };
	struct ek_record r;
	int rc;

	EK_ASSERT(!s->in_batch);
	rc = s->ops->find(s, key, &v, NULL);
	r = (struct ek_record){ key, v.rev, v.create_rev, v.value, v.index };
	cb(arg, rc, rc == 0 ? &r : NULL);
	version_done(&v);
}

int64_t ek_store_count(struct ek_store *s, const char *prefix)
{
	return s->ops->count(s, prefix);
}

int64_t ek_store_rev(struct ek_store *s)
{
	return s->rev;
}

int64_t ek_store_floor(struct ek_store *s)
{
	return s->floor;
}

void ek_store_stats(struct ek_store *s, struct ek_store_stats *ret)
{
	*ret = (struct ek_store_stats){
		.writes = s->n_writes,
		.commits = s->n_commits,
		.watchers = (int64_t)s->hub.n_watchers,
	};
	s->ops->stats(s, ret);
}

/* ---- life ---- */

void store_init(struct ek_store *s, struct ek_loop *loop, const struct ek_store_options *options,
		const struct store_ops *ops)
{
	s->ops = ops;
	s->loop = loop;
	if (options)
		s->options = *options;
	s->options.path = NULL; /* borrowed for the open only */
	if (s->options.log_max_records <= 0)
		s->options.log_max_records = DEFAULT_LOG_RECORDS;
	if (s->options.log_max_age_ms <= 0)
		s->options.log_max_age_ms = DEFAULT_LOG_AGE_MS;
	if (s->options.volatile_ms <= 0)
		s->options.volatile_ms = DEFAULT_VOLATILE_MS;
	s->empty = ek_bytes_new("", 0);
	ek_list_init(&s->writes);
	ek_list_init(&s->lists);
	hub_init(s);
}

void store_done(struct ek_store *s)
{
	ek_defer_cancel(&s->commit);
	hub_done(s);
	lists_drop(s);
	ek_bytes_unref(s->empty);
	free(s);
}

void ek_store_close(struct ek_store *s)
{
	if (!s)
		return;
	hub_done(s); /* no events from what is committed here */
	lists_drop(s);
	s->closing = true;
	while (!ek_list_empty(&s->writes))
		run_batch(s);
	s->ops->close(s);
}
