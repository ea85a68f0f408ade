/* SPDX-License-Identifier: Apache-2.0 */
#include "deployment.h"

#include "template.h"

enum { MAX_HISTORY = 2000 }; /* characters of the annotation */

#define HASH_LABEL "pod-template-hash"

static int by_creation(const void *pa, const void *pb)
{
	const struct set *a = pa, *b = pb;

	if (a->created_us != b->created_us)
		return a->created_us < b->created_us ? -1 : 1;
	return strcmp(a->name, b->name);
}

static void load(struct set *x, struct ek_json *take_rs)
{
	x->rs = take_rs;
	x->name = ek_meta_name(x->rs);
	x->uid = ek_meta_uid(x->rs);
	x->replicas = x->from = (int)ek_json_int_at(x->rs, "spec.replicas", 1);
	x->actual = (int)ek_json_int_at(x->rs, "status.replicas", 0);
	x->ready = (int)ek_json_int_at(x->rs, "status.readyReplicas", 0);
	x->available = (int)ek_json_int_at(x->rs, "status.availableReplicas", 0);
	x->created_us = object_time_us(x->rs, "metadata.creationTimestamp");
}

void deployment_load_sets(struct rollout *r, const struct objects *mine)
{
	r->sets = ek_calloc(mine->n + 1, sizeof(*r->sets)); /* one more: the one that may be made */
	for (size_t i = 0; i < mine->n; i++)
		load(&r->sets[i], ek_json_copy(mine->items[i]));
	r->n_sets = mine->n;
	qsort(r->sets, r->n_sets, sizeof(*r->sets), by_creation);
}

void deployment_find_fresh(struct rollout *r)
{
	r->fresh = NULL;
	EACH_SET(x, r)
	{
		if (!template_same(ek_json_at(x->rs, "spec.template"),
				   ek_json_at(r->d, "spec.template")))
			continue;
		r->fresh = x;
		return;
	}
}

/* ---- annotations ---- */

static const char *annotation(const struct set *x, const char *key)
{
	return ek_meta_annotation(x->rs, key);
}

static void annotate(struct set *x, const char *key, const char *value)
{
	if (ek_streq(annotation(x, key), value))
		return;
	if (!ek_json_is_object(ek_meta_annotations(x->rs)))
		ek_json_set_at(x->rs, "metadata.annotations", ek_json_object());
	ek_json_set_str(ek_meta_annotations(x->rs), key, value);
	x->changed = true;
}

/* -1: not a number; absent is 0 */
static int64_t revision_of(const struct set *x)
{
	const char *text = annotation(x, DEPLOYMENT_REVISION);
	int64_t n = 0;

	return !text || ek_str_to_int(text, INT64_MIN, INT64_MAX, &n) == 0 ? n : -1;
}

bool deployment_reads_count(const struct set *x, const char *key, int *ret)
{
	const char *text = annotation(x, key);
	int64_t n;

	if (!text || ek_str_to_int(text, 0, INT32_MAX, &n) < 0)
		return false;
	*ret = (int)n;
	return true;
}

void deployment_note_sizes(struct rollout *r, struct set *x)
{
	annotate(x, DEPLOYMENT_DESIRED, EK_I(r->replicas));
	annotate(x, DEPLOYMENT_MAX, EK_I((int64_t)r->replicas + r->max_surge));
}

static bool is_private(const char *key)
{
	static const char *const keys[] = {
		"kubectl.kubernetes.io/last-applied-configuration",
		DEPLOYMENT_REVISION,
		DEPLOYMENT_HISTORY,
		DEPLOYMENT_DESIRED,
		DEPLOYMENT_MAX,
		"deprecated.deployment.rollback.to",
	};

	for (size_t i = 0; i < EK_ARRAY_LEN(keys); i++)
		if (ek_streq(key, keys[i]))
			return true;
	return false;
}

/* The revisions that this template had before: "1,3"; the oldest go when it grows too long. */
static void append_history(struct set *x, const char *revision)
{
	const char *old = annotation(x, DEPLOYMENT_HISTORY);
	EK_FREE char *text = NULL;

	if (ek_str_empty(old)) {
		annotate(x, DEPLOYMENT_HISTORY, revision);
		return;
	}
	while (old && strlen(old) + strlen(revision) + 1 > MAX_HISTORY) {
		old = strchr(old, ',');
		old = old ? old + 1 : NULL;
	}
	text = old ? ek_str_fmt("%s,%s", old, revision) : ek_str_dup(revision);
	annotate(x, DEPLOYMENT_HISTORY, text);
}

static int64_t next_revision(const struct rollout *r)
{
	int64_t max = 0;

	EACH_OLD_SET(x, r)
	max = EK_MAX(max, revision_of(x));
	return max + 1;
}

static void bring_annotations_in_line(struct rollout *r, struct set *x)
{
	int64_t have, want = next_revision(r);
	EK_FREE char *old = NULL;

	for (struct ek_json_iter it = ek_json_iter(ek_meta_annotations(r->d)); ek_json_next(&it);)
		if (!is_private(it.key))
			annotate(x, it.key, ek_json_str(it.value));
	have = revision_of(x);
	if (have < 0 || have >= want)
		return;
	old = ek_str_dup(annotation(x, DEPLOYMENT_REVISION));
	annotate(x, DEPLOYMENT_REVISION, EK_I(want));
	if (old)
		append_history(x, old);
}

/* The Deployment wears the revision of its newest ReplicaSet. */
static void copy_revision(struct rollout *r, const char *revision)
{
	struct ek_json *d;

	if (!revision || ek_streq(ek_meta_annotation(r->d, DEPLOYMENT_REVISION), revision))
		return;
	d = ek_json_copy(r->d);
	if (!ek_json_is_object(ek_meta_annotations(d)))
		ek_json_set_at(d, "metadata.annotations", ek_json_object());
	ek_json_set_str(ek_meta_annotations(d), DEPLOYMENT_REVISION, revision);
	plan_next_step(r->p);
	plan_update(r->p, r->s->kind, NULL, d);
}

/* ---- the newest one ---- */

static struct ek_json *set_body(const struct rollout *r, const char *name, const char *hash)
{
	const struct ek_json *spec = ek_json_get(r->d, "spec");
	EK_JSON struct ek_json *template = ek_json_copy(ek_json_get(spec, "template"));
	EK_JSON struct ek_json *selector = ek_json_copy(ek_json_get(spec, "selector"));
	char api_version[96];
	EK_JSON struct ek_json *ref = ek_meta_new_owner(
		ek_kind_api_version(r->s->kind, api_version), r->s->kind->kind, r->d);
	int64_t min_ready = ek_json_int_at(spec, "minReadySeconds", 0);
	struct ek_json *rs;

	ek_json_set_at(template, "metadata.labels." HASH_LABEL, ek_json_new_str(hash));
	ek_json_set_at(selector, "matchLabels." HASH_LABEL, ek_json_new_str(hash));
	EK_JSON struct ek_json *labels = ek_json_copy(ek_meta_labels(template));
	rs = ek_json_make(
		"{'kind':'ReplicaSet','apiVersion':'apps/v1','metadata':{'name':%s,'namespace':%s,'labels':%v,"
		"'ownerReferences':[%v]},'spec':{'replicas':0,'selector':%v,'template':%v}}",
		name, r->s->ns, labels, ref, selector, template);
	if (min_ready)
		ek_json_set_at(rs, "spec.minReadySeconds", ek_json_new_int(min_ready));
	return rs;
}

/* Somebody else's ReplicaSet has the name: next time the hash is another one. */
static bool name_is_taken(struct rollout *r, const char *name)
{
	const struct objects *all = &r->s->list[DEPLOYMENT_SETS];

	for (size_t i = 0; i < all->n; i++)
		if (ek_streq(ek_meta_name(all->items[i]), name))
			return true;
	return false;
}

static void count_collision(struct rollout *r)
{
	int64_t n = ek_json_int_at(r->status, "collisionCount", 0);

	ek_json_set_int(r->status, "collisionCount", n + 1);
	r->stop = true;
}

static void creation_failed(struct rollout *r, const char *name)
{
	EK_FREE char *message =
		ek_str_fmt("Failed to create new replica set \"%s\": %s", name, r->s->failure_text);

	if (deployment_has_deadline(r->d))
		deployment_set_condition(r, "Progressing", "False", "ReplicaSetCreateError",
					 message);
	plan_event(r->p, "Warning", "ReplicaSetCreateError", "%s", message);
	r->stop = true;
}

static void create_fresh(struct rollout *r)
{
	struct set *x = &r->sets[r->n_sets];
	EK_FREE char *name = NULL, *message = NULL;
	char hash[16];

	template_hash(ek_json_at(r->d, "spec.template"),
		      ek_json_int_at(r->d, "status.collisionCount", 0),
		      ek_json_at(r->d, "status.collisionCount") != NULL, hash);
	name = ek_str_fmt("%s-%s", ek_meta_name(r->d), hash);
	if (name_is_taken(r, name)) {
		count_collision(r);
		return;
	}
	if (r->s->failure) {
		creation_failed(r, name);
		return;
	}
	load(x, set_body(r, name, hash));
	x->is_new = x->changed = true;
	x->from = 0;
	r->n_sets++;
	r->fresh = x;
	x->replicas = deployment_new_size(r, x);
	bring_annotations_in_line(r, x);
	deployment_note_sizes(r, x);
	ek_json_set_at(x->rs, "spec.replicas", ek_json_new_int(x->replicas));
	plan_create(r->p, &ek_kind_replicaset, r->s->ns, ek_json_ref(x->rs));
	plan_next_step(r->p);
	if (x->replicas > 0)
		plan_event(r->p, "Normal", "ScalingReplicaSet",
			   "Scaled up replica set %s from 0 to %d", x->name, x->replicas);
	copy_revision(r, annotation(x, DEPLOYMENT_REVISION));
	message = ek_str_fmt("Created new replica set \"%s\"", x->name);
	if (deployment_has_deadline(r->d))
		deployment_set_condition(r, "Progressing", "True", "NewReplicaSetCreated", message);
}

void deployment_sync_fresh(struct rollout *r, bool create)
{
	int64_t min_ready = ek_json_int_at(r->d, "spec.minReadySeconds", 0);
	EK_FREE char *message = NULL;
	struct set *x = r->fresh;

	if (!x) {
		if (create)
			create_fresh(r);
		return;
	}
	bring_annotations_in_line(r, x);
	if (ek_json_int_at(x->rs, "spec.minReadySeconds", 0) != min_ready) {
		ek_json_set_at(x->rs, "spec.minReadySeconds", ek_json_new_int(min_ready));
		x->changed = true;
	}
	copy_revision(r, annotation(x, DEPLOYMENT_REVISION));
	message = ek_str_fmt("Found new replica set \"%s\"", x->name);
	if (deployment_has_deadline(r->d) &&
	    !ek_json_find(ek_json_get(r->status, "conditions"), "type", "Progressing", NULL))
		deployment_set_condition(r, "Progressing", "True", "FoundNewReplicaSet", message);
}

/* ---- sizes ---- */

int deployment_total(const struct rollout *r, bool old_only)
{
	int n = 0;

	EACH_SET(x, r)
	n += old_only && x == r->fresh ? 0 : x->replicas;
	return n;
}

int deployment_new_size(const struct rollout *r, const struct set *x)
{
	int room = r->replicas + r->max_surge - deployment_total(r, false);

	if (!r->rolling)
		return r->replicas;
	return room <= 0 ? x->replicas : x->replicas + EK_MIN(room, r->replicas - x->replicas);
}

bool deployment_scale_set(struct rollout *r, struct set *x, int replicas)
{
	if (x->replicas == replicas)
		return false;
	plan_event(r->p, "Normal", "ScalingReplicaSet", "Scaled %s replica set %s from %d to %d",
		   replicas > x->replicas ? "up" : "down", x->name, x->replicas, replicas);
	x->replicas = replicas;
	deployment_note_sizes(r, x);
	ek_json_set_at(x->rs, "spec.replicas", ek_json_new_int(replicas));
	x->changed = true;
	return true;
}

void deployment_write_sets(struct rollout *r)
{
	size_t before = r->p->writes.n;

	plan_next_step(r->p);
	EACH_SET(x, r)
	{
		if (x->changed && !x->is_new)
			plan_update(r->p, &ek_kind_replicaset, NULL, ek_json_ref(x->rs));
	}
	if (r->p->writes.n > before)
		plan_next_step(r->p);
}

/* ---- history ---- */

static int by_revision(const void *pa, const void *pb)
{
	const struct set *a = *(struct set *const *)pa, *b = *(struct set *const *)pb;
	int64_t ra = revision_of(a), rb = revision_of(b);

	if (ra < 0 || rb < 0 || ra == rb)
		return by_creation(a, b);
	return ra < rb ? -1 : 1;
}

void deployment_trim_history(struct rollout *r)
{
	int64_t limit = ek_json_int_at(r->d, "spec.revisionHistoryLimit", INT32_MAX);
	struct set **old = ek_calloc(r->n_sets + 1, sizeof(struct set *));
	size_t n = 0;

	EACH_OLD_SET(x, r)
	{
		if (!ek_meta_deleting(x->rs))
			old[n++] = x;
	}
	if (limit == INT32_MAX)
		n = 0;
	qsort(old, n, sizeof(struct set *), by_revision);
	for (size_t i = 0; (int64_t)i < (int64_t)n - limit; i++) {
		struct set *x = old[i];

		if (x->actual == 0 && x->replicas == 0 && !x->changed &&
		    ek_meta_generation(x->rs) <=
			    ek_json_int_at(x->rs, "status.observedGeneration", 0))
			plan_delete(r->p, &ek_kind_replicaset, x->rs);
	}
	free(old);
}
