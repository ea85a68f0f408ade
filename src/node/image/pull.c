/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ekube/flow.h>
#include <ekube/json.h>
#include <ekube/log.h>
#include <ekube/str.h>

#include "download.h"
#include "store.h"

/*
 *            ┌─ another endpoint, other credentials ─┐
 *  HEAD ──► ASK ──► READ ──► (index) CHOSEN ──► CONFIG ──► LAYERS ──► COMMIT ──► END
 *    └── it is what we have ────────────────────────────────────────────────────►┘
 *
 * HEAD is asked only when an image has the tag already: registries count full requests.
 */
enum { S_HEAD, S_ASK, S_READ, S_CHOSEN, S_CONFIG, S_LAYERS, S_COMMIT, S_END, N_STATES };

struct layer {
	struct ek_layer_wait wait;
	struct pull         *pull;
	char                 diff_id[EK_IMAGE_DIGEST_SIZE];
	bool                 held;
};

struct pull {
	struct ek_flow        flow;
	struct ek_image_pull *owner;
	struct ek_images     *images;
	struct ek_image_ref   ref;
	char                  whole[EK_IMAGE_REF_SIZE];

	struct ek_endpoint    endpoints[EK_ENDPOINTS_MAX];
	size_t                n_endpoints, endpoint;
	struct ek_cred        secrets[EK_CREDS_MAX];
	size_t                n_secrets, secret;
	struct ek_image_source   *registry; /* of this try */
	struct ek_image_source_get get;
	const struct ek_image *image;   /* HEAD: what we have; END: the result */

	char                 *manifest;
	size_t                manifest_len;
	char                  top_digest[EK_IMAGE_DIGEST_SIZE]; /* what the tag stands for */
	char                  manifest_digest[EK_IMAGE_DIGEST_SIZE];
	struct ek_image_manifest m;
	char                 *config;
	size_t                config_len;
	struct ek_image_config parsed;
	struct layer         *layers;
	size_t                waiting;
	struct ek_image_progress progress;
	struct ek_commit      commit;
	bool                  committing;

	struct ek_err         err;       /* why it failed */
	struct ek_err         first_err; /* of the registry itself */
};

static struct pull *pull_of(struct ek_flow *f)
{
	return ek_container_of(f, struct pull, flow);
}

/* ---- asking ---- */

static void on_get(struct ek_image_source_get *g, int rc)
{
	struct pull *p = ek_container_of(g, struct pull, get);

	if (rc < 0)
		p->err = g->err;
	/* of HEAD and ASK the step that follows judges: a refusal may lead to another try */
	ek_flow_resume(&p->flow, p->flow.state == S_ASK || p->flow.state == S_READ ? 0 : rc);
}

static void get(struct pull *p, const char *method, const char *what, const char *name)
{
	ek_image_source_get_done(&p->get);
	p->err = (struct ek_err){ 0 };
	p->get = (struct ek_image_source_get){ .registry = p->registry,
					       .method = method,
					       .what = what,
					       .name = name,
					       .max_body = EK_IMAGE_JSON_MAX,
					       .cb = on_get };
	ek_image_source_get_start(&p->get);
}

/* A pull secret is for the registry that it names: no mirror sees it. */
static const struct ek_cred *cred_of_try(const struct pull *p)
{
	const struct ek_endpoint *e = &p->endpoints[p->endpoint];

	if (!e->is_mirror && p->n_secrets)
		return &p->secrets[p->secret];
	return e->host && !ek_cred_is_empty(&e->host->cred) ? &e->host->cred : NULL;
}

static void open_registry(struct pull *p)
{
	ek_image_source_unref(p->registry);
	p->registry =
		ek_image_source_new(p->images->loop, &p->endpoints[p->endpoint], cred_of_try(p));
}

/* The next try after a failure; false when there is none that could do better. */
static bool next_try(struct pull *p)
{
	const struct ek_endpoint *e = &p->endpoints[p->endpoint];
	bool denied = p->err.code == EK_EUNAUTHORIZED || p->err.code == EK_EFORBIDDEN;

	ek_debug("image pull: no", "image", p->whole, "endpoint", e->base, "error", p->err.msg);
	if (!e->is_mirror && !p->first_err.code)
		p->first_err = p->err;
	if (!e->is_mirror && (denied || p->err.code == EK_ENOTFOUND) &&
	    p->secret + 1 < p->n_secrets) {
		p->secret++;
		return true;
	}
	/* the registry itself has answered (400: "this is https"): no use to knock at its other door */
	if (!e->is_mirror && p->get.http.status && p->get.http.status != 400) {
		p->first_err = p->err;
		return false;
	}
	p->secret = 0;
	return ++p->endpoint < p->n_endpoints;
}

static const char *wanted(const struct pull *p)
{
	return p->ref.digest[0] ? p->ref.digest : p->ref.tag;
}

static int step_head(struct ek_flow *f)
{
	struct pull *p = pull_of(f);

	p->image = p->ref.digest[0] ? NULL : ek_images_find(p->images, p->whole);
	if (!p->image)
		return EK_GO(S_ASK);
	open_registry(p);
	get(p, "HEAD", "manifests", p->ref.tag);
	return EK_WAIT(S_ASK);
}

/* Is what the registry has what we have? (It may have been removed while we asked.) */
static bool is_current(struct pull *p)
{
	const char *digest = ek_http_header(&p->get.http, "Docker-Content-Digest");
	char whole[EK_IMAGE_REF_SIZE];
	struct ek_image_ref ref = p->ref;

	p->image = ek_images_find(p->images, p->whole);
	if (!p->image || !ek_image_is_digest(digest))
		return false;
	ek_image_digest_copy(ref.digest, digest);
	ek_image_ref_format(&ref, whole);
	return ek_images_find(p->images, whole) == p->image;
}

static int step_ask(struct ek_flow *f)
{
	struct pull *p = pull_of(f);

	if (p->image && !p->err.code && is_current(p))
		return EK_GO(S_END);
	p->image = NULL;
	open_registry(p);
	get(p, NULL, "manifests", wanted(p));
	return EK_WAIT(S_READ);
}

/* ---- manifests ---- */

/* The reply as JSON; its digest must be `want`, unless that is "". */
static int read_json(struct pull *p, const char *want, char digest[EK_IMAGE_DIGEST_SIZE],
		     struct ek_json **ret)
{
	const struct ek_buf *b = &p->get.http.reply;
	int rc;

	ek_image_digest_of(b->data, b->len, digest);
	if (want[0] && !ek_streq(want, digest))
		return ek_fail(&p->err, EK_EINVALID, "the registry sent %s instead of %s", digest,
			       want);
	rc = ek_json_parse(b->data, b->len, EK_IMAGE_JSON_MAX, ret, NULL, &p->err);
	return rc < 0 ? ek_wrap(&p->err, EK_EINVALID, "the manifest is not JSON") : 0;
}

static int take_manifest(struct pull *p, const struct ek_json *v, const char *digest)
{
	int rc = ek_image_manifest_parse(v, &p->m, &p->err);

	if (rc < 0)
		return rc;
	ek_image_digest_copy(p->manifest_digest, digest);
	p->manifest_len = p->get.http.reply.len;
	p->manifest = ek_memdup(p->get.http.reply.data, p->manifest_len);
	return EK_GO(S_CONFIG);
}

static int step_read(struct ek_flow *f)
{
	struct pull *p = pull_of(f);
	struct ek_image_platform here = ek_image_platform_here();
	struct ek_image_descriptor chosen;
	EK_JSON struct ek_json *v = NULL;
	int rc;

	if (p->err.code) {
		if (next_try(p))
			return EK_GO(S_ASK);
		p->err = p->first_err;
		return p->err.code;
	}
	rc = read_json(p, p->ref.digest, p->top_digest, &v);
	if (rc < 0)
		return rc;
	if (!ek_image_is_index(v))
		return take_manifest(p, v, p->top_digest);
	rc = ek_image_index_choose(v, &here, &chosen, &p->err);
	if (rc < 0)
		return rc;
	ek_image_digest_copy(p->manifest_digest, chosen.digest);
	get(p, NULL, "manifests", p->manifest_digest);
	return EK_WAIT(S_CHOSEN);
}

static int step_chosen(struct ek_flow *f)
{
	struct pull *p = pull_of(f);
	char digest[EK_IMAGE_DIGEST_SIZE];
	EK_JSON struct ek_json *v = NULL;
	int rc = read_json(p, p->manifest_digest, digest, &v);

	return rc < 0 ? rc : take_manifest(p, v, digest);
}

static int step_config(struct ek_flow *f)
{
	struct pull *p = pull_of(f);

	if (p->m.config.size > EK_IMAGE_JSON_MAX)
		return ek_fail(&p->err, EK_ETOOLARGE, "the image's config is larger than %d bytes",
			       EK_IMAGE_JSON_MAX);
	get(p, NULL, "blobs", p->m.config.digest);
	return EK_WAIT(S_LAYERS);
}

/* ---- layers ---- */

static void report(struct pull *p)
{
	if (p->owner->on_progress)
		p->owner->on_progress(p->owner, &p->progress);
}

static void on_bytes(struct ek_layer_wait *w, int64_t n)
{
	struct pull *p = ek_container_of(w, struct layer, wait)->pull;

	p->progress.bytes_done += n;
	report(p);
}

static void leave_all(struct pull *p)
{
	for (size_t i = 0; p->layers && i < p->m.n_layers; i++)
		ek_layer_leave(&p->layers[i].wait);
}

static void on_layer(struct ek_layer_wait *w, int rc, const struct ek_err *err)
{
	struct layer *l = ek_container_of(w, struct layer, wait);
	struct pull *p = l->pull;

	if (rc < 0) {
		p->err = *err;
		p->waiting = 0;
		leave_all(p);
		ek_flow_resume(&p->flow, rc);
		return;
	}
	l->held = true;
	p->progress.layers_done++;
	report(p);
	if (--p->waiting == 0)
		ek_flow_resume(&p->flow, 0);
}

static void join(struct layer *l, size_t i)
{
	struct pull *p = l->pull;

	l->wait.cb = on_layer;
	l->wait.on_bytes = on_bytes;
	p->waiting++;
	p->progress.bytes += p->m.layers[i].size;
	ek_layer_join(p->images, &l->wait, l->diff_id, &p->m.layers[i], p->registry);
}

static int take_config(struct pull *p)
{
	const struct ek_buf *b = &p->get.http.reply;
	EK_JSON struct ek_json *v = NULL;
	char digest[EK_IMAGE_DIGEST_SIZE];
	size_t n = 0;
	int rc = read_json(p, p->m.config.digest, digest, &v);

	if (rc == 0)
		rc = ek_image_config_parse(v, &p->parsed, &p->err);
	if (rc < 0)
		return rc;
	while (p->parsed.diff_ids[n])
		n++;
	if (n != p->m.n_layers)
		return ek_fail(&p->err, EK_EINVALID,
			       "the manifest names %zu layers, the config %zu", p->m.n_layers, n);
	p->config_len = b->len;
	p->config = ek_memdup(b->data, b->len);
	return 0;
}

static int step_layers(struct ek_flow *f)
{
	struct pull *p = pull_of(f);
	int rc = take_config(p);

	if (rc < 0)
		return rc;
	p->layers = ek_calloc(p->m.n_layers + 1, sizeof(p->layers[0]));
	p->progress.layers = p->m.n_layers;
	for (size_t i = 0; i < p->m.n_layers; i++) {
		struct layer *l = &p->layers[i];
		const char *name = ek_digest_hex(p->parsed.diff_ids[i]);

		l->pull = p;
		ek_image_digest_copy(l->diff_id, p->parsed.diff_ids[i]);
		if (!ek_images_has_layer(p->images, name)) {
			join(l, i);
			continue;
		}
		ek_images_hold(p->images, name);
		l->held = true;
		p->progress.layers_done++;
	}
	report(p);
	return p->waiting ? EK_WAIT(S_COMMIT) : EK_GO(S_COMMIT);
}

/* ---- the image ---- */

static struct ek_image *make_image(struct pull *p)
{
	struct ek_image *image = ek_image_new(p->m.config.digest);
	struct ek_image_ref ref = p->ref;
	char name[EK_IMAGE_REF_SIZE];

	free(image->layers);
	image->layers = ek_calloc(p->m.n_layers + 1, sizeof(char *));
	image->size = (int64_t)p->config_len + (int64_t)p->manifest_len;
	for (size_t i = 0; i < p->m.n_layers; i++) {
		image->layers[i] = ek_str_dup(ek_digest_hex(p->layers[i].diff_id));
		image->size += p->m.layers[i].size;
	}
	if (!ref.digest[0])
		image->tags = ek_list_add(image->tags, p->whole);
	ek_image_digest_copy(ref.digest, p->top_digest);
	ek_image_ref_format(&ref, name);
	image->digests = ek_list_add(image->digests, name);
	return image;
}

static void on_commit(struct ek_commit *c, int rc, const struct ek_image *image)
{
	struct pull *p = ek_container_of(c, struct pull, commit);

	p->committing = false;
	p->image = image;
	if (rc < 0)
		p->err = c->err;
	ek_flow_resume(&p->flow, rc);
}

static int step_commit(struct ek_flow *f)
{
	struct pull *p = pull_of(f);

	p->commit = (struct ek_commit){ .cb = on_commit,
					.images = p->images,
					.image = make_image(p),
					.config = ek_steal(p->config),
					.config_len = p->config_len,
					.manifest = ek_steal(p->manifest),
					.manifest_len = p->manifest_len };
	ek_image_digest_copy(p->commit.manifest_digest, p->manifest_digest);
	p->committing = true;
	ek_commit_start(&p->commit);
	return EK_WAIT(S_END);
}

static int step_end(struct ek_flow *f)
{
	struct pull *p = pull_of(f);

	for (size_t i = 0; p->layers && i < p->m.n_layers; i++)
		if (p->layers[i].held)
			ek_images_release(p->images, ek_digest_hex(p->layers[i].diff_id));
	free(ek_steal(p->layers));
	return EK_END;
}

static const struct ek_flow_state states[N_STATES] = {
	[S_HEAD]   = { "head",   step_head,   EK_BIT(S_ASK) },
	[S_ASK]    = { "ask",    step_ask,    EK_BIT(S_READ) | EK_BIT(S_END) },
	[S_READ]   = { "read",   step_read,   EK_BIT(S_ASK) | EK_BIT(S_CHOSEN) | EK_BIT(S_CONFIG) },
	[S_CHOSEN] = { "chosen", step_chosen, EK_BIT(S_CONFIG) },
	[S_CONFIG] = { "config", step_config, EK_BIT(S_LAYERS) },
	[S_LAYERS] = { "layers", step_layers, EK_BIT(S_COMMIT) },
	[S_COMMIT] = { "commit", step_commit, EK_BIT(S_END) },
	[S_END]    = { "end",    step_end,    0 },
};

/* ---- life ---- */

/* As a container runtime puts it: which step it was, and of what. */
static void word_failure(struct pull *p, int rc)
{
	bool resolving = !p->top_digest[0];
	struct ek_err cause = p->err;

	if (rc == EK_ECANCELLED)
		(void)ek_fail(&cause, rc, "context canceled");
	if (rc == EK_ENOTFOUND && ek_streq(cause.msg, "not found"))
		(void)ek_fail(&cause, rc, "%s: not found", p->whole);
	if (resolving)
		(void)ek_wrap(&cause, rc, "failed to resolve reference \"%s\"", p->whole);
	p->err = cause;
	(void)ek_wrap(&p->err, rc, "failed to pull and unpack image \"%s\"", p->whole);
}

static void pull_free(struct pull *p)
{
	for (size_t i = 0; i < p->n_endpoints; i++)
		ek_endpoint_done(&p->endpoints[i]);
	for (size_t i = 0; i < p->n_secrets; i++)
		ek_cred_done(&p->secrets[i]);
	ek_image_source_get_done(&p->get);
	ek_image_source_unref(p->registry);
	ek_image_manifest_done(&p->m);
	ek_image_config_done(&p->parsed);
	free(p->manifest);
	free(p->config);
	free(p);
}

static void on_done(struct ek_flow *f)
{
	struct pull *p = pull_of(f);
	struct ek_image_pull *owner = p->owner;
	int rc = f->rc;

	owner->impl = NULL;
	p->images->ops--;
	if (rc < 0)
		word_failure(p, rc);
	ek_images_sweep(p->images); /* layers of a pull that failed */
	owner->cb(owner, rc, rc < 0 ? NULL : p->image, &p->err);
	pull_free(p);
}

/* A commit in the pool comes to its end; all else stops at once. */
static void on_abort(struct ek_flow *f)
{
	struct pull *p = pull_of(f);

	if (p->committing)
		return;
	ek_image_source_get_cancel(&p->get);
	leave_all(p);
	ek_flow_resume(f, EK_ECANCELLED);
}

int ek_images_pull(struct ek_images *s, struct ek_image_pull *owner, const char *ref,
		   const struct ek_json *const *secrets, size_t n_secrets, struct ek_err *err)
{
	char name[EK_IMAGE_REF_SIZE];
	struct ek_image_ref parsed;
	struct pull *p;

	if (ek_image_ref_parse(ref, &parsed, err) < 0)
		return ek_wrap(err, EK_EINVALID, "couldn't parse image name \"%.300s\"",
			       ref ? ref : "");
	p = ek_new(struct pull);
	p->owner = owner;
	p->images = s;
	p->ref = parsed;
	ek_image_ref_format(&parsed, p->whole);
	ek_image_ref_name(&parsed, name);
	p->n_endpoints = ek_registries_endpoints(s->registries, &parsed, p->endpoints);
	p->n_secrets = ek_keyring_lookup(secrets, n_secrets, name, p->secrets);
	p->flow.done = on_done;
	p->flow.abort = on_abort;
	owner->impl = p;
	s->ops++;
	ek_flow_start(&p->flow, states, N_STATES);
	return 0;
}

void ek_image_pull_cancel(struct ek_image_pull *owner)
{
	if (owner->impl)
		ek_flow_cancel(&owner->impl->flow);
}

int ek_images_set_registries(struct ek_images *s, const struct ek_json *registries,
			     struct ek_err *err)
{
	struct ek_registries *r = NULL;
	int rc;

	EK_ASSERT(s->ops == 0); /* what is under way borrows from the old ones */
	rc = registries ? ek_registries_parse(registries, &r, err) : 0;

	if (rc == 0 && r)
		rc = ek_registries_load(r, err);
	if (rc < 0) {
		ek_registries_free(r);
		return rc;
	}
	ek_registries_free(s->registries);
	s->registries = r;
	return 0;
}
