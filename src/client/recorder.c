/* SPDX-License-Identifier: Apache-2.0 */
#include <ekube/informer.h>

#include <ekube/clock.h>
#include <ekube/log.h>
#include <ekube/str.h>
#include <stdio.h>
#include <stdlib.h>

/*
 * Events, correlated as client-go's EventCorrelator does before they cost a write:
 *  - the same event again becomes a higher `count` on the one that is there;
 *  - more than 10 different messages of one reason about one object within 10 minutes become one
 *    "(combined from similar events)";
 *  - one source may start a burst of 25 about one object, then one every 5 minutes.
 * What is remembered is a few numbers, found by a hash of all that makes two events the same; it
 * is bounded: the least recently used is forgotten. The event itself lives until it is written, in
 * a turn of the loop of its own: what is worth an event is worth more than it.
 */

enum {
	MEMOS_MAX = 512, /* of each kind */
	SIMILAR_MAX = 10,
	SIMILAR_WINDOW_MS = 10 * 60 * 1000,
	BURST = 25,
	REFILL_MS = 5 * 60 * 1000,
	MAX_MESSAGE = 1024,
};

/* What is remembered under a hash; the newest is the last of its list. */
struct memo {
	struct ek_list node;
	uint64_t       key;
};

struct memos {
	struct ek_list list;
	size_t         n;
};

/* One event that the API has, or will have. */
struct series {
	struct memo     memo;
	struct writing *writing; /* NULL: all of it is told */
	uint64_t        stamp;   /* the end of its name */
	int64_t         first_us;
	int32_t         count;
	bool            made;    /* the API has it */
};

/* One reason about one object: how many different messages, in the window. */
struct similar {
	struct memo memo;
	int64_t     since_ms;
	uint32_t    messages[SIMILAR_MAX]; /* hashes */
	uint8_t     n;
};

/* One object. */
struct bucket {
	struct memo memo;
	int64_t     refilled_ms;
	int         tokens;
};

/* An event on its way. */
struct writing {
	struct ek_list      node;
	struct ek_recorder *recorder;
	struct series      *series;  /* NULL: forgotten meanwhile */
	struct ek_json     *event;
	struct ek_json     *newer;   /* came while `event` was in flight: the next to write */
	struct ek_json     *body;
	struct ek_call      call;
	bool                made, in_flight;
};

struct ek_recorder {
	struct ek_client *client;
	char             *component, *host;
	uint64_t          seed;
	uint64_t          stamp; /* the last one given: no two events of a moment have one name */
	struct memos      series, similars, buckets;
	struct ek_list    writings;
	struct ek_timer   turn; /* in which what waits is written */
};

/* ---- remembering ---- */

/* FNV-1a, from a start that nobody knows. */
static uint64_t hash(uint64_t h, const char *s)
{
	for (const unsigned char *at = (const unsigned char *)(s ? s : ""); *at; at++)
		h = (h ^ *at) * 0x100000001b3;
	return (h ^ 0xff) * 0x100000001b3; /* the end: no byte of a text */
}

static struct memo *newest(struct memos *m, struct memo *memo)
{
	ek_list_del(&memo->node);
	ek_list_add_tail(&m->list, &memo->node);
	return memo;
}

static struct memo *find(struct memos *m, uint64_t key)
{
	EK_LIST_EACH(node, tmp, &m->list) {
		struct memo *memo = ek_container_of(node, struct memo, node);

		if (memo->key == key)
			return newest(m, memo);
	}
	return NULL;
}

static void forget(struct memos *m, struct memo *memo)
{
	ek_list_del(&memo->node);
	m->n--;
	free(memo); /* the first of each */
}

/* The oldest, when there is no room for one more. */
static struct memo *surplus(struct memos *m)
{
	return m->n < MEMOS_MAX ? NULL : ek_list_first(&m->list, struct memo, node);
}

static void make_room(struct memos *m)
{
	struct memo *old = surplus(m);

	if (old)
		forget(m, old);
}

static void remember(struct memos *m, struct memo *memo, uint64_t key)
{
	memo->key = key;
	ek_list_add_tail(&m->list, &memo->node);
	m->n++;
}

/* Has this reason had too many different messages lately? Counts this one. */
static bool is_similar(struct ek_recorder *r, uint64_t key, const char *message)
{
	struct similar *s = (struct similar *)find(&r->similars, key);
	uint32_t h = (uint32_t)hash(r->seed, message);
	int64_t now = ek_clock_mono_ms();

	if (!s) {
		make_room(&r->similars);
		s = ek_new(struct similar);
		s->since_ms = now;
		remember(&r->similars, &s->memo, key);
	}
	if (now - s->since_ms > SIMILAR_WINDOW_MS) {
		s->n = 0;
		s->since_ms = now;
	}
	for (size_t i = 0; i < s->n; i++)
		if (s->messages[i] == h)
			return s->n == SIMILAR_MAX;
	if (s->n < SIMILAR_MAX)
		s->messages[s->n++] = h;
	return s->n == SIMILAR_MAX;
}

static bool may_write(struct ek_recorder *r, uint64_t key)
{
	struct bucket *b = (struct bucket *)find(&r->buckets, key);
	int64_t now = ek_clock_mono_ms(), earned;

	if (!b) {
		make_room(&r->buckets);
		b = ek_new(struct bucket);
		b->tokens = BURST;
		b->refilled_ms = now;
		remember(&r->buckets, &b->memo, key);
	}
	earned = (now - b->refilled_ms) / REFILL_MS;
	if (earned > 0) {
		b->tokens = (int)EK_MIN((int64_t)BURST, b->tokens + earned);
		b->refilled_ms += earned * REFILL_MS;
	}
	if (b->tokens == 0)
		return false;
	b->tokens--;
	return true;
}

static struct series *series_of(struct ek_recorder *r, uint64_t key)
{
	struct series *s = (struct series *)find(&r->series, key), *old;

	if (s)
		return s;
	old = (struct series *)surplus(&r->series);
	if (old) {
		if (old->writing)
			old->writing->series = NULL;
		forget(&r->series, &old->memo);
	}
	s = ek_new(struct series);
	s->first_us = ek_clock_wall_us();
	r->stamp = EK_MAX(r->stamp + 1, (uint64_t)s->first_us * 1000 + ek_rand_below(1000));
	s->stamp = r->stamp;
	remember(&r->series, &s->memo, key);
	return s;
}

/* ---- writing ---- */

static void writing_free(struct writing *w)
{
	ek_list_del(&w->node);
	if (w->series)
		w->series->writing = NULL;
	if (w->in_flight)
		ek_call_cancel(&w->call);
	ek_json_unref(w->body);
	ek_json_unref(w->event);
	ek_json_unref(w->newer);
	free(w);
}

static void write_event(struct writing *w);

static void on_written(struct ek_call *c, int rc)
{
	struct writing *w = ek_container_of(c, struct writing, call);
	bool expired = rc == EK_ENOTFOUND && w->made;

	w->in_flight = false;
	ek_json_unref(ek_steal(w->body));
	if (rc < 0 && !expired)
		ek_debug("event not recorded", "event", ek_meta_name(w->event), "error", c->err.msg);
	w->made = rc == 0 || (w->made && !expired);
	if (w->series)
		w->series->made = w->made;
	ek_call_done(c);
	if (w->newer) {
		ek_json_unref(w->event);
		w->event = ek_steal(w->newer);
	} else if (!expired) {
		writing_free(w);
		return;
	}
	if (rc == EK_EFORBIDDEN)
		writing_free(w);
	else
		write_event(w);
}

static void write_event(struct writing *w)
{
	const char *ns = ek_meta_namespace(w->event);

	w->in_flight = true;
	if (w->made) {
		w->body = ek_json_make("{'count':%v,'lastTimestamp':%v,'message':%v}",
				       ek_json_get(w->event, "count"), ek_json_get(w->event, "lastTimestamp"),
				       ek_json_get(w->event, "message"));
		ek_call_init(&w->call, EK_DO_PATCH, &ek_kind_event, ns, ek_meta_name(w->event),
			     on_written);
		w->call.patch_type = EK_PATCH_MERGE_DOC;
	} else {
		w->body = ek_json_ref(w->event);
		ek_call_init(&w->call, EK_DO_CREATE, &ek_kind_event, ns, NULL, on_written);
	}
	w->call.body = w->body;
	ek_call_start(w->recorder->client, &w->call);
}

static void on_turn(struct ek_timer *t)
{
	struct ek_recorder *r = ek_container_of(t, struct ek_recorder, turn);

	/* an answer that comes at once removes the one that was asked for, and no other */
	EK_LIST_EACH(node, tmp, &r->writings) {
		struct writing *w = ek_container_of(node, struct writing, node);

		if (!w->in_flight)
			write_event(w);
	}
}

static void submit(struct ek_recorder *r, struct series *s, struct ek_json *take_event)
{
	struct writing *w = s->writing;

	if (w) {
		struct ek_json **at = w->in_flight ? &w->newer : &w->event;

		ek_json_unref(*at);
		*at = take_event;
		return;
	}
	w = ek_new(struct writing);
	w->recorder = r;
	w->series = s;
	w->made = s->made;
	w->event = take_event;
	s->writing = w;
	ek_list_add_tail(&r->writings, &w->node);
	ek_timer_start(r->client->loop, &r->turn, 0, on_turn);
}

/* ---- recording ---- */

static struct ek_json *involved(const struct ek_json *about, const char *field_path)
{
	return ek_json_make("{'kind':%s,'namespace':%s,'name':%s,'uid':%s,'apiVersion':%s,"
			    "'resourceVersion':%s,'fieldPath':%s}",
			    ek_json_str_at(about, "kind"), ek_meta_namespace(about),
			    ek_meta_name(about), ek_meta_uid(about),
			    ek_json_str_at(about, "apiVersion"),
			    ek_json_str_at(about, "metadata.resourceVersion"), field_path);
}

static struct ek_json *event_of(const struct ek_recorder *r, const struct series *s,
				const struct ek_json *about, const char *field_path,
				const char *type, const char *reason)
{
	const char *ns = ek_meta_namespace(about) ? ek_meta_namespace(about) : "default";
	EK_FREE char *name = ek_str_fmt("%.200s.%" PRIx64, ek_meta_name(about) ? ek_meta_name(about) : "unknown", s->stamp);
	EK_JSON struct ek_json *who = involved(about, field_path);
	char first[32], now[32];

	ek_time_format(s->first_us, first);
	return ek_json_make(
		"{'kind':'Event','apiVersion':'v1','metadata':{'name':%s,'namespace':%s},"
		"'involvedObject':%v,'reason':%s,'type':%s,"
		"'source':{'component':%s,'host':%s},'reportingComponent':%s,"
		"'reportingInstance':%s,'firstTimestamp':%s,'lastTimestamp':%s,'count':%d}",
		name, ns, who, reason, type, r->component, r->host, r->component,
		r->host ? r->host : "", first, ek_time_now(now), (int)s->count);
}

void ek_record(struct ek_recorder *r, const struct ek_json *about, const char *field_path,
	       const char *type, const char *reason, const char *fmt, ...)
{
	uint64_t object = hash(hash(hash(r->seed, ek_json_str_at(about, "kind")), ek_meta_uid(about)), ek_meta_name(about));
	uint64_t group = hash(hash(hash(object, type), reason), field_path);
	char message[MAX_MESSAGE];
	struct ek_json *event;
	struct series *s;
	bool similar;
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(message, sizeof(message), fmt, ap);
	va_end(ap);
	similar = is_similar(r, group, message);
	if (!may_write(r, object))
		return;
	s = series_of(r, similar ? group : hash(group, message));
	s->count++;
	event = event_of(r, s, about, field_path, type, reason);
	ek_json_set(event, "message",
		    similar ? ek_json_new_fmt("(combined from similar events): %s", message) : ek_json_new_str(message));
	submit(r, s, event);
}

struct ek_recorder *ek_recorder_new(struct ek_client *client, const char *component,
				    const char *host)
{
	struct ek_recorder *r = ek_new(struct ek_recorder);

	r->client = client;
	r->component = ek_str_dup(component);
	r->host = ek_str_dup(host);
	ek_rand_bytes(&r->seed, sizeof(r->seed));
	ek_list_init(&r->series.list);
	ek_list_init(&r->similars.list);
	ek_list_init(&r->buckets.list);
	ek_list_init(&r->writings);
	return r;
}

static void memos_free(struct memos *m)
{
	EK_LIST_EACH(node, tmp, &m->list)
		forget(m, ek_container_of(node, struct memo, node));
}

void ek_recorder_free(struct ek_recorder *r)
{
	if (!r)
		return;
	ek_timer_stop(&r->turn);
	EK_LIST_EACH(node, tmp, &r->writings)
		writing_free(ek_container_of(node, struct writing, node));
	memos_free(&r->series);
	memos_free(&r->similars);
	memos_free(&r->buckets);
	free(r->component);
	free(r->host);
	free(r);
}
