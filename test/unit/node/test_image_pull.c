/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <ekube/clock.h>
#include <ekube/file.h>
#include <ekube/json.h>
#include <ekube/str.h>

#include "ek_test.h"
#include "node/registry_box.h"

static const struct tar_entry base[] = {
	{ .name = "bin/", .type = '5' }, { .name = "bin/x", .data = "program", .mode = 0755 }, { .name = NULL },
};
static const struct tar_entry top[] = { { .name = "new", .data = "new" }, { .name = NULL } };

static bool needs_root(void)
{
	if (geteuid() == 0)
		return false;
	printf("skipped: images need root\n");
	return true;
}

static void make(struct made_image *m, int how)
{
	*m = (struct made_image){ 0 };
	made_image_add_layer(m, base, how);
	made_image_add_layer(m, top, how);
	made_image_finish(m, NULL);
}

/* An image with a layer of so many bytes that do not compress. */
static void make_big(struct made_image *m, size_t bytes)
{
	struct tar_entry e[2] = { { .name = "big" }, { .name = NULL } };
	char *data = ek_malloc(bytes + 1);
	uint32_t x = 7;

	for (size_t i = 0; i < bytes; i++) {
		x = x * 1664525 + 1013904223;
		data[i] = (char)(1 + (x >> 24) % 250);
	}
	data[bytes] = '\0';
	e[0].data = data;
	*m = (struct made_image){ 0 };
	made_image_add_layer(m, e, TAR_GZIP);
	made_image_finish(m, NULL);
	free(data);
}

struct world {
	struct image_box    b;
	struct made_image   m;
	struct registry_box r;
	char                ref[128];
};

static void world_open(struct world *w, int how)
{
	image_box_open(&w->b);
	if (how >= 0)
		make(&w->m, how);
	registry_box_open(w->b.loop, &w->r, &w->m, "team/app", "v1");
	snprintf(w->ref, sizeof(w->ref), "127.0.0.1:%d/team/app:v1", w->r.port);
}

static void world_close(struct world *w)
{
	registry_box_close(&w->r);
	made_image_done(&w->m);
	image_box_close(&w->b);
}

struct result {
	struct ek_image_pull pull;
	bool                 done;
	int                  rc;
	char                 id[EK_IMAGE_DIGEST_SIZE];
	struct ek_err        err;
	struct ek_image_progress last;
	int                  reports;
};

static void on_pulled(struct ek_image_pull *p, int rc, const struct ek_image *image,
		      const struct ek_err *err)
{
	struct result *r = ek_container_of(p, struct result, pull);

	ck_assert(!r->done);
	r->done = true;
	r->rc = rc;
	ck_assert_int_eq(rc == 0, image != NULL);
	if (image)
		strcpy(r->id, image->id);
	else
		r->err = *err;
}

static void on_progress(struct ek_image_pull *p, const struct ek_image_progress *now)
{
	struct result *r = ek_container_of(p, struct result, pull);

	ck_assert(now->layers_done <= now->layers);
	ck_assert(now->bytes_done <= now->bytes && now->bytes_done >= 0);
	r->last = *now;
	r->reports++;
}

static void pull_start(struct world *w, struct result *r, const char *ref,
		       const struct ek_json *secret)
{
	struct ek_err err = { 0 };

	*r = (struct result){ .pull = { .cb = on_pulled, .on_progress = on_progress } };
	ck_assert_msg(ek_images_pull(w->b.images, &r->pull, ref, &secret, secret ? 1 : 0, &err) ==
			      0,
		      "%s", err.msg);
}

static void pull_secret(struct world *w, struct result *r, const char *ref,
			const struct ek_json *secret)
{
	pull_start(w, r, ref, secret);
	ck_assert(ek_loop_until(w->b.loop, &r->done, 40000));
}

static void pull(struct world *w, struct result *r)
{
	pull_secret(w, r, w->ref, NULL);
}

static void check_image(struct world *w)
{
	const struct ek_image *image = ek_images_find(w->b.images, w->ref);
	EK_FREE char *text = NULL;
	EK_FREE char *path = NULL;

	ck_assert_ptr_nonnull(image);
	path = ek_str_fmt("%s/layers/%s/fs/bin/x", w->b.path, image->layers[0]);
	ck_assert_int_eq(ek_file_read(AT_FDCWD, path, 100, &text, NULL, NULL), 0);
	ck_assert_str_eq(text, "program");
	ck_assert_int_eq(image_box_count(&w->b, "tmp"), 0);
	ck_assert_int_eq(image_box_count(&w->b, "layers"), 2);
}

/* ---- good registries ---- */

static const struct {
	int  how, auth;
	bool index;
} good[] = {
	{ TAR_GZIP, REG_OPEN, false },  { TAR_ZSTD, REG_OPEN, true },
	{ TAR_PLAIN, REG_OPEN, false },
	{ TAR_GZIP, REG_TOKEN, true }, { TAR_GZIP, REG_TOKEN, false },
};

START_TEST(pulls)
{
	struct world w = { 0 };
	struct result r;
	const struct ek_image *image;
	char digest[EK_IMAGE_DIGEST_SIZE];

	if (needs_root())
		return;
	world_open(&w, good[_i].how);
	w.r.auth = good[_i].auth;
	w.r.index = good[_i].index;
	pull(&w, &r);
	ck_assert_msg(r.rc == 0, "%s", r.err.msg);
	ck_assert_str_eq(r.id, w.m.id);
	check_image(&w);
	image = ek_images_find(w.b.images, w.ref);
	ck_assert_str_eq(image->tags[0], w.ref);
	ck_assert_int_eq(image->size, (int64_t)(w.m.layers[0].blob.len + w.m.layers[1].blob.len +
						strlen(w.m.config) + strlen(w.m.manifest)));
	/* the digest is that of what the tag stands for */
	snprintf(digest, sizeof(digest), "%s", strchr(image->digests[0], '@') + 1);
	ck_assert_int_eq(ek_streq(digest, w.m.digest), !good[_i].index);
	ck_assert_uint_eq(r.last.layers_done, 2);
	ck_assert_int_eq(r.last.bytes_done, r.last.bytes);
	ck_assert_uint_eq(w.r.tokens, good[_i].auth == REG_TOKEN);
	/* again: one HEAD and nothing more */
	w.r.manifests = w.r.blobs = 0;
	pull(&w, &r);
	ck_assert_int_eq(r.rc, 0);
	ck_assert_uint_eq(w.r.manifests + w.r.blobs, 0);
	ck_assert_uint_eq(w.r.heads, 1);
	/* by digest */
	EK_FREE char *by_digest = ek_str_fmt("127.0.0.1:%d/team/app@%s", w.r.port, digest);

	if (!good[_i].index) {
		pull_secret(&w, &r, by_digest, NULL);
		ck_assert_msg(r.rc == 0, "%s", r.err.msg);
	}
	world_close(&w);
}
END_TEST

START_TEST(a_tag_that_moves)
{
	struct world w = { 0 };
	struct made_image second = { 0 };
	struct result r;

	if (needs_root())
		return;
	world_open(&w, TAR_GZIP);
	w.r.no_head = _i != 0;
	pull(&w, &r);
	ck_assert_int_eq(r.rc, 0);
	made_image_add_layer(&second, base, TAR_GZIP);
	made_image_finish(&second, NULL);
	w.r.image = &second;
	w.r.blobs = 0;
	pull(&w, &r);
	ck_assert_msg(r.rc == 0, "%s", r.err.msg);
	ck_assert_str_eq(r.id, second.id);
	ck_assert_uint_eq(w.r.blobs, 1); /* the config: the layer is here */
	ck_assert_uint_eq(ek_images_count(w.b.images), 2);
	made_image_done(&second);
	world_close(&w);
}
END_TEST
static const int two[2];

/* ---- who we are ---- */

START_TEST(secrets_are_used)
{
	struct world w = { 0 };
	struct result r;
	EK_JSON struct ek_json *secret = NULL;

	if (needs_root())
		return;
	world_open(&w, TAR_GZIP);
	w.r.auth = _i ? REG_TOKEN : REG_BASIC;
	EK_FREE char *host = ek_str_fmt("127.0.0.1:%d", w.r.port);

	/* the wrong password first, for a longer path: the next one helps */
	secret = ek_json_make(
		"{'auths':{%s:{'username':'user','password':'wrong'},%s:{'auth':'dXNlcjpwYXNz'}}}",
		EK_F("%s/team", host), host);
	pull_secret(&w, &r, w.ref, secret);
	ck_assert_msg(r.rc == 0, "%s", r.err.msg);
	check_image(&w);
	if (_i) {
		ck_assert_str_eq(w.r.last_token_query,
				 "service=the%20test&scope=repository%3Ateam%2Fapp%3Apull");
		ck_assert_str_eq(w.r.last_token_auth, "Basic dXNlcjpwYXNz");
	}
	world_close(&w);
}
END_TEST

START_TEST(config_of_the_registry_is_used)
{
	struct world w = { 0 };
	struct result r;
	EK_JSON struct ek_json *registries = NULL;

	if (needs_root())
		return;
	world_open(&w, TAR_GZIP);
	w.r.auth = REG_BASIC;
	registries = ek_json_make("{'configs':{%s:{'auth':{'username':'user','password':'pass'}}}}",
				  EK_F("127.0.0.1:%d", w.r.port));
	ck_assert_int_eq(ek_images_set_registries(w.b.images, registries, NULL), 0);
	pull(&w, &r);
	ck_assert_msg(r.rc == 0, "%s", r.err.msg);
	world_close(&w);
}
END_TEST

START_TEST(mirrors_come_first)
{
	struct world w = { 0 };
	struct result r;
	EK_JSON struct ek_json *registries = NULL, *secret = NULL;

	if (needs_root())
		return;
	world_open(&w, TAR_GZIP);
	/* a dead one, then ours under another name */
	registries = ek_json_make("{'mirrors':{'reg.invalid':{'endpoint':['http://127.0.0.1:1',%s],"
				  "'rewrite':{'^lib/(.*)':'team/$1'}}}}",
				  EK_F("http://127.0.0.1:%d", w.r.port));
	secret = ek_json_make("{'auths':{'reg.invalid':{'username':'user','password':'secret'}}}");
	ck_assert_int_eq(ek_images_set_registries(w.b.images, registries, NULL), 0);
	pull_secret(&w, &r, "reg.invalid/lib/app:v1", secret);
	ck_assert_msg(r.rc == 0, "%s", r.err.msg);
	ck_assert_ptr_nonnull(ek_images_find(w.b.images, "reg.invalid/lib/app:v1"));
	ck_assert(!w.r.saw_authorization);
	/* what the mirror does not have is asked of the registry: that error is read */
	pull_secret(&w, &r, "reg.invalid/lib/nothing:v1", NULL);
	ck_assert_int_eq(r.rc, EK_EUNAVAILABLE);
	ck_assert_msg(strstr(r.err.msg, "https://reg.invalid/v2/lib/nothing/manifests/v1"), "%s",
		      r.err.msg);
	world_close(&w);
}
END_TEST

START_TEST(redirects_do_not_leak)
{
	struct world w = { 0 };
	struct registry_box cdn = { 0 };
	struct result r;

	if (needs_root())
		return;
	world_open(&w, TAR_GZIP);
	registry_box_open(w.b.loop, &cdn, &w.m, "cdn", "x");
	w.r.auth = REG_TOKEN;
	w.r.redirect_to = &cdn;
	pull(&w, &r);
	ck_assert_msg(r.rc == 0, "%s", r.err.msg);
	ck_assert(w.r.saw_authorization);
	ck_assert(!cdn.saw_authorization);
	ck_assert_uint_eq(cdn.blobs, 3);
	registry_box_close(&cdn);
	world_close(&w);
}
END_TEST

/* ---- what goes wrong, and how it is said ---- */

enum {
	NOT_FOUND,
	NO_REPO,
	BASIC_ANONYMOUS,
	TOKEN_DENIED,
	TOKEN_GARBAGE,
	WRONG_SECRET,
	UNREACHABLE,
	CORRUPT,
	NO_LAYER,
	NOT_JSON,
	HTML,
	SCHEMA1,
	TOO_LARGE,
	NO_PLATFORM,
	FOREIGN_REALM,
	MISCOUNT,
	ALWAYS_503
};

static const struct {
	int         kind, rc;
	const char *message; /* %R: the reference */
} failures[] = {
	{ NOT_FOUND, EK_ENOTFOUND, "failed to pull and unpack image \"%R\": failed to resolve reference \"%R\": %R: not found" },
	{ NO_REPO, EK_ENOTFOUND, "failed to pull and unpack image \"%R\": failed to resolve reference \"%R\": %R: not found" },
	{ BASIC_ANONYMOUS, EK_EUNAUTHORIZED, "failed to pull and unpack image \"%R\": failed to resolve reference \"%R\": "
	  "pull access denied, repository does not exist or may require authorization: server message: authentication required" },
	{ TOKEN_DENIED, EK_EUNAUTHORIZED, "failed to pull and unpack image \"%R\": failed to resolve reference \"%R\": "
	  "failed to authorize: failed to fetch anonymous token: unexpected status from GET request to http://127.0.0.1:" },
	{ TOKEN_GARBAGE, EK_EUNAVAILABLE, "failed to pull and unpack image \"%R\": failed to resolve reference \"%R\": "
	  "failed to authorize: failed to fetch anonymous token: the answer is not JSON" },
	{ WRONG_SECRET, EK_EUNAUTHORIZED, "failed to pull and unpack image \"%R\": failed to resolve reference \"%R\": "
	  "failed to authorize: failed to fetch oauth token: unexpected status from GET request to http://127.0.0.1:" },
	{ UNREACHABLE, EK_EUNAVAILABLE, "failed to pull and unpack image \"%R\": failed to resolve reference \"%R\": "
	  "failed to do request: GET http://127.0.0.1:1/v2/team/app/manifests/v1: " },
	{ CORRUPT, EK_EINVALID, "failed to pull and unpack image \"%R\": failed commit on layer sha256:" },
	{ NO_LAYER, EK_ENOTFOUND, "failed to pull and unpack image \"%R\": %R: not found" },
	{ NOT_JSON, EK_EINVALID, "failed to pull and unpack image \"%R\": the manifest is not JSON: " },
	{ HTML, EK_EINVALID, "failed to pull and unpack image \"%R\": invalid manifest: no list of layers" },
	{ SCHEMA1, EK_EINVALID, "failed to pull and unpack image \"%R\": the image is in Docker's schema 1 format" },
	{ TOO_LARGE, EK_ETOOLARGE, "failed to pull and unpack image \"%R\": failed to resolve reference \"%R\": " },
	{ NO_PLATFORM, EK_ENOTFOUND, "failed to pull and unpack image \"%R\": no match for platform in manifest: not found" },
	{ FOREIGN_REALM, EK_EUNAVAILABLE, "failed to pull and unpack image \"%R\": failed to resolve reference \"%R\": "
	  "failed to authorize: failed to fetch anonymous token: " },
	{ MISCOUNT, EK_EINVALID, "failed to pull and unpack image \"%R\": the manifest names 1 layers, the config 2" },
	{ ALWAYS_503, EK_EUNAVAILABLE, "failed to pull and unpack image \"%R\": unexpected status from GET request to http://" },
};

static char *fill_in(const char *message, const char *ref)
{
	struct ek_buf b = EK_BUF_INIT(4000);

	for (; *message; message++) {
		if (message[0] == '%' && message[1] == 'R') {
			(void)ek_buf_str(&b, ref);
			message++;
		} else {
			(void)ek_buf_char(&b, *message);
		}
	}
	return ek_buf_steal(&b);
}

static char *misbehave(struct world *w, int kind, struct ek_json **secret)
{
	char *manifest = NULL;

	switch (kind) {
	case NOT_FOUND:
		strcpy(strrchr(w->ref, ':'), ":v2");
		break;
	case NO_REPO:
		strcpy(strrchr(w->ref, '/'), "/nope:v1");
		break;
	case BASIC_ANONYMOUS:
		w->r.auth = REG_BASIC;
		break;
	case TOKEN_DENIED:
		w->r.auth = REG_TOKEN;
		w->r.token_denied = true;
		break;
	case TOKEN_GARBAGE:
		w->r.auth = REG_TOKEN;
		w->r.token_garbage = true;
		break;
	case WRONG_SECRET:
		w->r.auth = REG_TOKEN;
		*secret = ek_json_object();
		ek_json_set(*secret, EK_F("127.0.0.1:%d", w->r.port),
			    ek_json_make("{'username':'user','password':'wrong'}"));
		break;
	case UNREACHABLE:
		strcpy(w->ref, "127.0.0.1:1/team/app:v1");
		break;
	case CORRUPT:
		w->r.corrupt = 1000;
		break;
	case NO_LAYER:
		manifest = ek_str_dup(w->m.manifest);
		/* its layers' digests begin otherwise: nobody has those */
		memcpy(strstr(manifest, w->m.layers[0].digest) + 7, "0000", 4);
		break;
	case NOT_JSON:
		manifest = ek_str_dup("<html><body>captive portal</body></html>");
		break;
	case HTML:
		manifest = ek_str_dup("\"ok\"");
		break;
	case SCHEMA1:
		manifest = ek_str_dup("{\"schemaVersion\":1,\"fsLayers\":[]}");
		break;
	case TOO_LARGE:
		manifest = ek_malloc((5 << 20) + 1);
		memset(manifest, ' ', 5 << 20);
		manifest[5 << 20] = '\0';
		break;
	case NO_PLATFORM:
		manifest = ek_str_dup("{\"manifests\":[]}");
		break;
	case FOREIGN_REALM:
		w->r.auth = REG_TOKEN;
		w->r.realm = "file:///etc/passwd";
		break;
	case MISCOUNT:
		manifest = ek_str_fmt(
			"{\"config\":{\"digest\":\"%s\",\"size\":1},\"layers\":[{\"digest\":\"%s\",\"size\":1}]}",
			w->m.id, w->m.layers[0].digest);
		break;
	case ALWAYS_503:
		w->r.fail_first = 1000;
		w->r.fail_status = 503;
		break;
	default:
		ck_abort();
	}
	return manifest;
}

START_TEST(fails_in_the_known_words)
{
	struct world w = { 0 };
	struct result r;
	EK_JSON struct ek_json *secret = NULL;
	EK_FREE char *manifest = NULL, *message = NULL;

	if (needs_root())
		return;
	world_open(&w, TAR_GZIP);
	w.r.manifest = manifest = misbehave(&w, failures[_i].kind, &secret);
	message = fill_in(failures[_i].message, w.ref);
	pull_secret(&w, &r, w.ref, secret);
	ck_assert_msg(r.rc == failures[_i].rc, "%d: %s", r.rc, r.err.msg);
	ck_assert_msg(ek_str_starts(r.err.msg, message), "%s", r.err.msg);
	ck_assert_uint_eq(ek_images_count(w.b.images), 0);
	ck_assert_int_eq(image_box_count(&w.b, "layers"), 0);
	ck_assert_int_eq(image_box_count(&w.b, "blobs"), 0);
	world_close(&w);
}
END_TEST

static const char *const bad_refs[] = { "", "UPPER", "a b", "x:y:z", "x@sha256:short", "../../etc" };

START_TEST(refuses_references)
{
	struct image_box b;
	struct ek_image_pull p = { .cb = on_pulled };
	struct ek_err err = { 0 };

	image_box_open(&b);
	ck_assert_int_eq(ek_images_pull(b.images, &p, bad_refs[_i], NULL, 0, &err), EK_EINVALID);
	ck_assert(ek_str_starts(err.msg, "couldn't parse image name \""));
	image_box_close(&b);
}
END_TEST

/* ---- lines that break ---- */

static const struct {
	const char *name;
	bool        no_ranges;
	int         breaks, fail_first, fail_status;
} lines[] = {
	{ "resumed", false, 3, 0, 0 },
	{ "begun anew", true, 2, 0, 0 },
	{ "busy", false, 0, 2, 429 },
	{ "broken server", false, 0, 2, 502 },
	{ "both", false, 2, 2, 500 },
};

START_TEST(survives_bad_lines)
{
	struct world w = { 0 };
	struct result r;
	int64_t size;

	if (needs_root())
		return;
	make_big(&w.m, 2 << 20);
	world_open(&w, -1);
	size = (int64_t)w.m.layers[0].blob.len;
	w.r.no_ranges = lines[_i].no_ranges;
	w.r.breaks = lines[_i].breaks;
	w.r.break_after = 600 * 1024;
	w.r.fail_first = lines[_i].fail_first;
	w.r.fail_status = lines[_i].fail_status;
	pull(&w, &r);
	ck_assert_msg(r.rc == 0, "%s: %s", lines[_i].name, r.err.msg);
	ck_assert_int_eq(r.last.bytes_done, size);
	if (lines[_i].breaks && !lines[_i].no_ranges) {
		ck_assert_uint_gt(w.r.ranges, 0);
		ck_assert_int_lt(w.r.blob_bytes,
				 size + size / 2); /* not from the beginning each time */
	}
	world_close(&w);
}
END_TEST

/* ekube is killed in the middle: the next one goes on from there. */
START_TEST(resumes_after_a_crash)
{
	struct world w = { 0 };
	struct result r;
	int64_t size;

	if (needs_root())
		return;
	make_big(&w.m, 3 << 20);
	world_open(&w, -1);
	size = (int64_t)w.m.layers[0].blob.len;
	w.r.breaks = 1000;
	w.r.break_after = 1 << 20;
	pull_start(&w, &r, w.ref, NULL);
	while (r.last.bytes_done < (1 << 20) && !r.done)
		(void)ek_loop_until(w.b.loop, &r.done, 5);
	(void)ek_loop_until(w.b.loop, &r.done, 200); /* until it is written */
	ek_image_pull_cancel(&r.pull);
	ck_assert(ek_loop_until(w.b.loop, &r.done, 5000));
	ck_assert_int_eq(r.rc, EK_ECANCELLED);
	ck_assert_int_eq(image_box_count(&w.b, "tmp"), 1);
	image_box_reopen(&w.b);
	ck_assert_int_eq(image_box_count(&w.b, "tmp"), 1);
	w.r.breaks = 0;
	w.r.blob_bytes = 0;
	pull(&w, &r);
	ck_assert_msg(r.rc == 0, "%s", r.err.msg);
	ck_assert_int_lt(w.r.blob_bytes, size - (1 << 19));
	ck_assert_int_eq(image_box_count(&w.b, "tmp"), 0);
	world_close(&w);
}
END_TEST

START_TEST(a_damaged_download_is_not_resumed_for_ever)
{
	struct world w = { 0 };
	struct result r;

	if (needs_root())
		return;
	world_open(&w, TAR_GZIP);
	w.r.corrupt = 2;
	pull(&w, &r);
	ck_assert_int_eq(r.rc, EK_EINVALID);
	for (int i = 0; i < 2 && r.rc < 0; i++)
		pull(&w, &r);
	ck_assert_msg(r.rc == 0, "%s", r.err.msg);
	check_image(&w);
	world_close(&w);
}
END_TEST

/* ---- many at once ---- */

START_TEST(the_same_layers_are_downloaded_once)
{
	enum { N = 12 };
	struct world w = { 0 };
	struct result r[N];
	int64_t size;

	if (needs_root())
		return;
	make_big(&w.m, 1 << 20);
	world_open(&w, -1);
	size = (int64_t)w.m.layers[0].blob.len;
	for (int i = 0; i < N; i++)
		pull_start(&w, &r[i], w.ref, NULL);
	/* some lose interest, the first among them */
	ek_image_pull_cancel(&r[0].pull);
	while (!r[1].last.layers && !r[1].done)
		(void)ek_loop_until(w.b.loop, &r[1].done, 1);
	ek_image_pull_cancel(&r[1].pull);
	ek_image_pull_cancel(&r[5].pull);
	for (int i = 0; i < N; i++) {
		ck_assert(ek_loop_until(w.b.loop, &r[i].done, 20000));
		ck_assert_int_eq(r[i].rc, i == 0 || i == 1 || i == 5 ? EK_ECANCELLED : 0);
	}
	ck_assert_int_lt(w.r.blob_bytes, size + N * 2000);
	ck_assert_uint_eq(ek_images_count(w.b.images), 1);
	ck_assert_int_eq(image_box_count(&w.b, "layers"), 1);
	world_close(&w);
}
END_TEST

START_TEST(cancelled_at_any_moment)
{
	struct world w = { 0 };
	struct result r;

	if (needs_root())
		return;
	world_open(&w, TAR_GZIP);
	w.r.auth = REG_TOKEN;
	for (int turns = 0; turns < 60; turns++) {
		pull_start(&w, &r, w.ref, NULL);
		for (int i = 0; i < turns && !r.done; i++) {
			bool never = false;

			(void)ek_loop_until(w.b.loop, &never, i % 7 == 0);
		}
		ek_image_pull_cancel(&r.pull);
		ek_image_pull_cancel(&r.pull);
		ck_assert(ek_loop_until(w.b.loop, &r.done, 10000));
		ck_assert(r.rc == 0 || r.rc == EK_ECANCELLED);
		/* one that was cancelled while the index was written is there all the same */
		if (ek_images_find(w.b.images, w.ref))
			ck_assert_int_eq(image_box_remove(&w.b, w.ref), 0);
	}
	/* a sweep that is under way is followed by another */
	for (int i = 0; i < 500 && image_box_count(&w.b, "layers") > 0; i++) {
		bool never = false;

		(void)ek_loop_until(w.b.loop, &never, 10);
	}
	ck_assert_int_eq(image_box_count(&w.b, "layers"), 0);
	world_close(&w);
}
END_TEST

START_TEST(killed_while_pulling)
{
	struct world w = { 0 };

	if (needs_root())
		return;
	world_open(&w, TAR_GZIP);
	for (int i = 0; i < 12; i++) {
		int pid, st;
		struct result r;

		/* the child has a store of its own on the same folder; this process only serves */
		ek_images_close(w.b.images);
		pid = fork();
		if (pid == 0) {
			alarm(20);
			w.b.loop = ek_loop_new();
			if (ek_images_open(w.b.loop, w.b.path, &w.b.images, NULL) == 0)
				pull(&w, &r);
			_exit(0);
		}
		for (int64_t until = ek_clock_mono_ms() + i * 4; ek_clock_mono_ms() < until;) {
			bool never = false;

			(void)ek_loop_until(w.b.loop, &never, 1);
		}
		kill(pid, SIGKILL);
		ck_assert_int_eq(waitpid(pid, &st, 0), pid);
		ck_assert_int_eq(ek_images_open(w.b.loop, w.b.path, &w.b.images, NULL), 0);
		if (ek_images_count(w.b.images)) {
			check_image(&w);
			ck_assert_int_eq(image_box_remove(&w.b, w.ref), 0);
		}
		ck_assert_int_eq(image_box_count(&w.b, "layers"), 0);
	}
	world_close(&w);
}
END_TEST

/* ---- a registry of another make ---- */

static bool has(const char *program)
{
	EK_FREE char *check = ek_str_fmt("command -v %s >/dev/null", program);

	return system(check) == 0;
}

START_TEST(a_real_registry)
{
	static const char trust[] = "{\"default\":[{\"type\":\"insecureAcceptAnything\"}]}";
	struct image_box b;
	struct made_image m;
	EK_BUF struct ek_buf tar = EK_BUF_INIT(64 << 20);
	struct world w = { 0 };
	struct result r;
	int pid, st, port = 20000 + (int)(getpid() % 10000); /* below the ephemeral ones */
	bool never = false;

	if (needs_root() || !has("docker-registry") || !has("skopeo")) {
		printf("skipped: a_real_registry needs docker-registry and skopeo\n");
		return;
	}
	image_box_open(&b);
	make(&m, TAR_GZIP);
	made_image_oci_archive(&m, "app:v1", &tar);
	EK_FREE char *archive = ek_str_fmt("%s/app.tar", b.dir);
	EK_FREE char *config = ek_str_fmt("%s/registry.yml", b.dir);
	EK_FREE char *yaml = ek_str_fmt(
		"version: 0.1\nlog: {level: error}\nstorage:\n  filesystem: {rootdirectory: %s/reg}\n"
		"http: {addr: '127.0.0.1:%d'}\n",
		b.dir, port);
	EK_FREE char *policy = ek_str_fmt("%s/policy.json", b.dir);
	EK_FREE char *push =
		ek_str_fmt("skopeo --policy %s copy --dest-tls-verify=false oci-archive:%s "
			   "docker://127.0.0.1:%d/team/app:v1 >%s/push.log 2>&1",
			   policy, archive, port, b.dir);

	ck_assert_int_eq(ek_file_write(AT_FDCWD, policy, trust, strlen(trust), 0600, false, NULL),
			 0);
	ck_assert_int_eq(ek_file_write(AT_FDCWD, archive, tar.data, tar.len, 0600, false, NULL), 0);
	ck_assert_int_eq(ek_file_write(AT_FDCWD, config, yaml, strlen(yaml), 0600, false, NULL), 0);
	pid = fork();
	if (pid == 0) {
		int null = open("/dev/null", O_RDWR);

		dup2(null, 1);
		dup2(null, 2);
		execlp("docker-registry", "docker-registry", "serve", config, (char *)NULL);
		_exit(127);
	}
	for (int i = 0; i < 100 && system(push) != 0; i++)
		usleep(100000);
	w.b = b;
	snprintf(w.ref, sizeof(w.ref), "127.0.0.1:%d/team/app:v1", port);
	pull(&w, &r);
	ck_assert_msg(r.rc == 0, "%s", r.err.msg);
	check_image(&w);
	pull_secret(&w, &r, EK_F("127.0.0.1:%d/team/nothing", port), NULL);
	ck_assert_int_eq(r.rc, EK_ENOTFOUND);
	kill(pid, SIGKILL);
	(void)waitpid(pid, &st, 0);
	(void)ek_loop_until(b.loop, &never, 10);
	made_image_done(&m);
	image_box_close(&b);
}
END_TEST

EK_TESTS("node/image pull", EK_ROWS(pulls, good), EK_ROWS(a_tag_that_moves, two),
	 EK_ROWS(secrets_are_used, two), config_of_the_registry_is_used, mirrors_come_first,
	 redirects_do_not_leak, EK_ROWS(fails_in_the_known_words, failures),
	 EK_ROWS(refuses_references, bad_refs), EK_ROWS(survives_bad_lines, lines),
	 resumes_after_a_crash, a_damaged_download_is_not_resumed_for_ever,
	 the_same_layers_are_downloaded_once, cancelled_at_any_moment, killed_while_pulling,
	 a_real_registry)
