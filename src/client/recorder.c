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
 * Everything remembered is bounded: the least recently used is forgotten.
 */

enum {
	MAX_SERIES = 512,
	MAX_GROUPS = 512,
	SIMILAR_MAX = 10,
	SIMILAR_WINDOW_MS = 10 * 60 * 1000,
	BURST = 25,
	REFILL_MS = 5 * 60 * 1000,
	MAX_MESSAGE = 1024,
};

/* One event as the API knows it. Lives in an LRU list; a write in flight pins it. */
struct series {
	struct ek_list      node;
	struct ek_recorder *recorder;
	char               *key;
	char               *name; /* of the Event object, once it was made */
	char               *ns;
	struct ek_json     *event;
	struct ek_json     *body; /* of the call in flight: `event` is not edited under it */
	struct ek_call      call;
	int64_t             count;
	bool                in_flight, behind, orphan;
};

/* What is remembered of one (object, reason) to combine, and of one object to limit. */
struct group {
	struct ek_list node;
	char          *key;
	struct ek_map  messages; /* different messages seen in the window */
	int64_t        since_ms;
	int            tokens;
	int64_t        refilled_ms;
};

struct ek_recorder {
	struct ek_client *client;
	char             *component, *host;
	struct ek_map     series, groups;
	struct ek_list    series_lru, groups_lru;
	struct ek_list    orphans; /* forgotten while in flight */
};

static char mark; /* a value for sets */

static void series_free(struct series *s)
{
	ek_list_del(&s->node);
	if (s->in_flight)
		ek_call_cancel(&s->call);
	ek_json_unref(s->body);
	ek_json_unref(s->event);
	free(s->key);
	free(s->name);
	free(s->ns);
	free(s);
}

static void series_forget(struct ek_recorder *r, struct series *s)
{
	EK_ASSERT(s);
	ek_map_del(&r->series, s->key);
	if (!s->in_flight) {
		series_free(s);
		return;
	}
	s->orphan = true;
	ek_list_del(&s->node);
	ek_list_add_tail(&r->orphans, &s->node);
}

static void group_free(struct ek_recorder *r, struct group *g)
{
	EK_ASSERT(g);
	ek_map_del(&r->groups, g->key);
	ek_list_del(&g->node);
	ek_map_done(&g->messages);
	free(g->key);
	free(g);
}

static struct group *group_of(struct ek_recorder *r, const char *key)
{
	struct group *g = ek_map_get(&r->groups, key);

	if (g) {
		ek_list_del(&g->node);
		ek_list_add_tail(&r->groups_lru, &g->node);
		return g;
	}
	if (r->groups.n >= MAX_GROUPS)
		group_free(r, ek_list_first(&r->groups_lru, struct group, node));
	g = ek_new(struct group);
	g->key = ek_str_dup(key);
	g->since_ms = g->refilled_ms = ek_clock_mono_ms();
	g->tokens = BURST;
	ek_map_put(&r->groups, key, g);
	ek_list_add_tail(&r->groups_lru, &g->node);
	return g;
}

/* Has this reason had too many different messages lately? Counts this one. */
static bool is_similar(struct ek_recorder *r, const char *key, const char *message)
{
	struct group *g = group_of(r, key);
	int64_t now = ek_clock_mono_ms();

	if (now - g->since_ms > SIMILAR_WINDOW_MS) {
		ek_map_done(&g->messages);
		g->since_ms = now;
	}
	if (g->messages.n < SIMILAR_MAX)
		ek_map_put(&g->messages, message, &mark);
	return g->messages.n >= SIMILAR_MAX;
}

static bool may_write(struct ek_recorder *r, const char *key)
{
	struct group *g = group_of(r, key);
	int64_t earned = (ek_clock_mono_ms() - g->refilled_ms) / REFILL_MS;

	if (earned > 0) {
		g->tokens = (int)EK_MIN((int64_t)BURST, g->tokens + earned);
		g->refilled_ms += earned * REFILL_MS;
	}
	if (g->tokens == 0)
		return false;
	g->tokens--;
	return true;
}

/* ---- writing ---- */

static void series_write(struct series *s);

static void on_written(struct ek_call *c, int rc)
{
	struct series *s = ek_container_of(c, struct series, call);

	s->in_flight = false;
	ek_json_unref(ek_steal(s->body));
	if (rc == EK_ENOTFOUND && s->name) {
		free(ek_steal(s->name)); /* it expired: make it anew */
		s->behind = true;
	} else if (rc < 0) {
		ek_debug("event not recorded", "event", s->key, "error", c->err.msg);
	} else if (!s->name && c->object) {
		s->name = ek_str_dup(ek_meta_name(ek_object_tree(c->object)));
	}
	ek_call_done(c);
	if (s->orphan)
		series_free(s);
	else if (s->behind && rc != EK_EFORBIDDEN)
		series_write(s);
}

static struct ek_json *count_patch(const struct series *s)
{
	return ek_json_make("{'count':%D,'lastTimestamp':%v,'message':%v}", s->count,
			    ek_json_get(s->event, "lastTimestamp"),
			    ek_json_get(s->event, "message"));
}

static void series_write(struct series *s)
{
	if (s->in_flight) {
		s->behind = true;
		return;
	}
	s->behind = false;
	s->in_flight = true;
	if (s->name) {
		s->body = count_patch(s);
		ek_call_init(&s->call, EK_DO_PATCH, &ek_kind_event, s->ns, s->name, on_written);
		s->call.patch_type = EK_PATCH_MERGE_DOC;
	} else {
		ek_json_set_int(s->event, "count", s->count);
		s->body = ek_json_ref(s->event);
		ek_call_init(&s->call, EK_DO_CREATE, &ek_kind_event, s->ns, NULL, on_written);
	}
	s->call.body = s->body;
	ek_call_start(s->recorder->client, &s->call);
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

static struct ek_json *new_event(const struct ek_recorder *r, const struct ek_json *about,
				 const char *field_path, const char *type, const char *reason)
{
	const char *ns = ek_meta_namespace(about) ? ek_meta_namespace(about) : "default";
	EK_FREE char *name = ek_str_fmt("%.200s.%" PRIx64,
					ek_meta_name(about) ? ek_meta_name(about) : "unknown",
					(uint64_t)ek_clock_wall_us() * 1000 + ek_rand_below(1000));
	EK_JSON struct ek_json *who = involved(about, field_path);
	char now[32];

	return ek_json_make(
		"{'kind':'Event','apiVersion':'v1','metadata':{'name':%s,'namespace':%s},"
		"'involvedObject':%v,'reason':%s,'type':%s,"
		"'source':{'component':%s,'host':%s},'reportingComponent':%s,"
		"'reportingInstance':%s,'firstTimestamp':%s}",
		name, ns, who, reason, type, r->component, r->host, r->component,
		r->host ? r->host : "", ek_time_now(now));
}

static struct series *series_of(struct ek_recorder *r, const char *key, const struct ek_json *about,
				const char *field_path, const char *type, const char *reason)
{
	struct series *s = ek_map_get(&r->series, key);

	if (s) {
		ek_list_del(&s->node);
		ek_list_add_tail(&r->series_lru, &s->node);
		return s;
	}
	if (r->series.n >= MAX_SERIES)
		series_forget(r, ek_list_first(&r->series_lru, struct series, node));
	s = ek_new(struct series);
	s->recorder = r;
	s->key = ek_str_dup(key);
	s->event = new_event(r, about, field_path, type, reason);
	s->ns = ek_str_dup(ek_meta_namespace(s->event));
	ek_map_put(&r->series, key, s);
	ek_list_add_tail(&r->series_lru, &s->node);
	return s;
}

void ek_record(struct ek_recorder *r, const struct ek_json *about, const char *field_path,
	       const char *type, const char *reason, const char *fmt, ...)
{
	const char *uid = ek_meta_uid(about) ? ek_meta_uid(about) : "";
	const char *path = field_path ? field_path : "";
	char message[MAX_MESSAGE], now[32];
	struct series *s;
	bool similar;
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(message, sizeof(message), fmt, ap);
	va_end(ap);
	EK_FREE char *object =
		ek_str_fmt("%s|%s|%s", ek_json_str_at(about, "kind"), uid, ek_meta_name(about));
	EK_FREE char *group = ek_str_fmt("%s|%s|%s|%s", object, type, reason, path);
	similar = is_similar(r, group, message);
	EK_FREE char *key = similar ? ek_str_dup(group) : ek_str_fmt("%s|%s", group, message);
	if (!may_write(r, object))
		return;
	s = series_of(r, key, about, field_path, type, reason);
	s->count++;
	ek_json_edit(&s->event); /* copies while a call carries it */
	ek_json_set_str(s->event, "lastTimestamp", ek_time_now(now));
	ek_json_set(s->event, "message",
		    similar ? ek_json_new_fmt("(combined from similar events): %s", message) :
			      ek_json_new_str(message));
	series_write(s);
}

struct ek_recorder *ek_recorder_new(struct ek_client *client, const char *component,
				    const char *host)
{
	struct ek_recorder *r = ek_new(struct ek_recorder);

	r->client = client;
	r->component = ek_str_dup(component);
	r->host = ek_str_dup(host);
	ek_list_init(&r->series_lru);
	ek_list_init(&r->groups_lru);
	ek_list_init(&r->orphans);
	return r;
}

void ek_recorder_free(struct ek_recorder *r)
{
	if (!r)
		return;
	EK_LIST_EACH(node, tmp, &r->series_lru)
		series_free(ek_container_of(node, struct series, node));
	EK_LIST_EACH(node, tmp, &r->orphans)
		series_free(ek_container_of(node, struct series, node));
	EK_LIST_EACH(node, tmp, &r->groups_lru)
		group_free(r, ek_container_of(node, struct group, node));
	ek_map_done(&r->series);
	ek_map_done(&r->groups);
	free(r->component);
	free(r->host);
	free(r);
}
