/* SPDX-License-Identifier: Apache-2.0 */
#include "image_ensure.h"

#include <stdlib.h>
#include <string.h>

#include <ekube/clock.h>
#include <ekube/informer.h>

#include "image/ref.h"

enum { SECRET_MAX = 1 << 20, TELL_AGAIN_MS = 5000 };

/* ---- names ---- */

static bool in_list(char *const *list, const char *s)
{
	for (; *list; list++)
		if (ek_streq(*list, s))
			return true;
	return false;
}

char *ek_image_display(const struct ek_image *image, const char *wanted)
{
	struct ek_image_ref ref;
	char name[EK_IMAGE_REF_SIZE];

	if (ek_image_ref_parse(wanted, &ref, NULL) == 0) {
		ek_image_ref_format(&ref, name);
		if (in_list(image->tags, name))
			return ek_str_dup(name);
	}
	return ek_str_dup(image->tags[0] ? image->tags[0] : wanted);
}

char *ek_image_display_id(const struct ek_image *image, const char *wanted)
{
	struct ek_image_ref ref;
	char name[EK_IMAGE_REF_SIZE];
	size_t n;

	if (ek_image_ref_parse(wanted, &ref, NULL) == 0) {
		ek_image_ref_name(&ref, name);
		n = strlen(name);
		for (char *const *d = image->digests; *d; d++)
			if (strncmp(*d, name, n) == 0 && (*d)[n] == '@')
				return ek_str_dup(*d);
	}
	return ek_str_dup(image->digests[0] ? image->digests[0] : image->id);
}

/* ---- the end ---- */

EK_PRINTF(4, 5)
static void fail(struct ek_image_ensure *e, const char *reason, int64_t retry_ms, const char *fmt,
		 ...)
{
	struct ek_buf b = EK_BUF_INIT(8192);
	va_list ap;

	va_start(ap, fmt);
	(void)ek_buf_vfmt(&b, fmt, ap);
	va_end(ap);
	e->reason = reason;
	e->message = ek_buf_steal(&b);
	e->retry_ms = retry_ms;
	e->done(e, EK_EUNAVAILABLE);
}

void ek_image_ensure_done(struct ek_image_ensure *e)
{
	for (size_t i = 0; i < e->secrets.n; i++)
		ek_json_unref(e->secrets.items[i]);
	ek_vec_done(&e->secrets);
	free(e->message);
	free(e->image);
	*e = (struct ek_image_ensure){ 0 };
}

/* ---- secrets ---- */

static void add_secret(struct ek_image_ensure *e, const struct ek_json *secret)
{
	static const char *const keys[] = { ".dockerconfigjson", ".dockercfg" };

	for (size_t i = 0; i < EK_ARRAY_LEN(keys); i++) {
		const struct ek_json *v = ek_json_get(ek_json_get(secret, "data"), keys[i]);
		EK_FREE char *text = NULL;
		struct ek_json *parsed;
		size_t n;

		if (!ek_json_str(v) ||
		    ek_base64_decode(ek_json_str(v), ek_json_str_len(v), false, &text, &n) < 0)
			continue;
		if (ek_json_parse(text, n, SECRET_MAX, &parsed, NULL, NULL) == 0)
			ek_vec_push(&e->secrets, parsed);
	}
}

static void collect_secrets(struct ek_image_ensure *e)
{
	struct ek_pod *p = e->slot->pod;
	const struct ek_json *list = ek_json_at(ek_pod_json(p), "spec.imagePullSecrets");
	EK_BUF struct ek_buf missing = EK_BUF_INIT(4096);

	for (size_t i = 0; i < ek_json_len(list); i++) {
		const char *name = ek_json_str_at(ek_json_elem(list, i), "name");
		const struct ek_json *secret = ek_str_empty(name) ? NULL : ek_volumes_find(p->volumes, "Secret", name);

		if (secret)
			add_secret(e, secret);
		else if (!ek_str_empty(name))
			(void)ek_buf_fmt(&missing, "%s%s", missing.len ? ", " : "", name);
	}
	if (missing.len > 0)
		ek_pod_event(p, NULL, "Warning", "FailedToRetrieveImagePullSecret",
			     "Unable to retrieve some image pull secrets (%s); attempting to pull the image may not succeed.",
			     missing.data);
}

/* ---- pulling ---- */

static void on_pulled(struct ek_image_pull *pull, int rc, const struct ek_image *image,
		      const struct ek_err *err)
{
	struct ek_image_ensure *e = ek_container_of(pull, struct ek_image_ensure, pull);
	struct ek_slot *s = e->slot;
	int64_t now = ek_clock_mono_ms();
	char took[32];

	e->pulling = false;
	if (rc == EK_ECANCELLED) {
		e->done(e, rc);
		return;
	}
	if (rc < 0 || !image) {
		ek_backoff_next(&s->pull_backoff, now, now);
		ek_str_set(&s->pull_error, err->msg);
		ek_pod_event(s->pod, s->name, "Warning", "Failed", "Failed to pull image \"%s\": %s", e->image, err->msg);
		/* soon the status says that it waits; the next pull is when the back-off is over */
		fail(e, "ErrImagePull", TELL_AGAIN_MS, "%s", err->msg);
		return;
	}
	ek_duration_format((now - e->began_ms) * 1000000, took);
	ek_pod_event(s->pod, s->name, "Normal", "Pulled",
		     "Successfully pulled image \"%s\" in %s (%s including waiting). Image size: %" PRId64 " bytes.", e->image, took,
		     took, image->size);
	free(ek_steal(s->pull_error));
	s->pull_backoff = (struct ek_backoff){ 0 };
	e->done(e, 0);
}

static void pull(struct ek_image_ensure *e)
{
	struct ek_slot *s = e->slot;
	int64_t now = ek_clock_mono_ms(),
		until = ek_backoff_until(&s->pull_backoff, s->pull_backoff.updated_ms);
	struct ek_err err = { 0 };

	if (s->pull_error && until > now) {
		ek_pod_event(s->pod, s->name, "Normal", "BackOff", "Back-off pulling image \"%s\"", e->image);
		fail(e, "ImagePullBackOff", until - now, "Back-off pulling image \"%s\": ErrImagePull: %s", e->image, s->pull_error);
		return;
	}
	ek_pod_event(s->pod, s->name, "Normal", "Pulling", "Pulling image \"%s\"", e->image);
	collect_secrets(e);
	e->began_ms = now;
	e->pull.cb = on_pulled;
	e->pulling = true;
	if (ek_images_pull(s->pod->node->images, &e->pull, e->image,
			   (const struct ek_json *const *)e->secrets.items, e->secrets.n, &err) < 0)
		on_pulled(&e->pull, err.code ? err.code : EK_EINVALID, NULL, &err);
}

void ek_image_ensure_start(struct ek_image_ensure *e, struct ek_slot *slot,
			   const struct ek_json *container,
			   void (*done)(struct ek_image_ensure *e, int rc))
{
	const char *image = ek_json_str_at(container, "image"), *policy = ek_json_str_at(container, "imagePullPolicy");
	struct ek_image_ref ref;
	struct ek_err err = { 0 };

	*e = (struct ek_image_ensure){ .done = done, .slot = slot, .image = ek_str_dup(image ? image : "") };
	if (ek_image_ref_parse(e->image, &ref, &err) < 0) {
		EK_FREE char *words = ek_str_fmt("Failed to apply default image tag \"%s\": couldn't parse image name \"%s\": %s",
						 e->image, e->image, err.msg);

		ek_pod_event(slot->pod, slot->name, "Warning", "InspectFailed", "%s", words);
		fail(e, "InvalidImageName", EK_BACKOFF_FIRST_MS, "%s", words);
		return;
	}
	if (ek_streq(policy, "Always") || !ek_images_find(slot->pod->node->images, e->image)) {
		if (ek_streq(policy, "Never")) {
			ek_pod_event(slot->pod, slot->name, "Warning", "ErrImageNeverPull",
				     "Container image \"%s\" is not present with pull policy of Never", e->image);
			fail(e, "ErrImageNeverPull", EK_BACKOFF_FIRST_MS,
			     "Container image \"%s\" is not present with pull policy of Never", e->image);
		} else {
			pull(e);
		}
		return;
	}
	ek_pod_event(slot->pod, slot->name, "Normal", "Pulled", "Container image \"%s\" already present on machine", e->image);
	e->done(e, 0);
}

void ek_image_ensure_cancel(struct ek_image_ensure *e)
{
	if (e->pulling)
		ek_image_pull_cancel(&e->pull);
}
