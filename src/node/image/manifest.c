/* SPDX-License-Identifier: Apache-2.0 */
#include "manifest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include <ekube/crypto.h>
#include <ekube/str.h>

/* ---- digests ---- */

void ek_image_digest_of(const void *data, size_t n, char out[EK_IMAGE_DIGEST_SIZE])
{
	uint8_t digest[32];

	ek_sha256(data, n, digest);
	(void)snprintf(out, EK_IMAGE_DIGEST_SIZE, "sha256:");
	ek_hex(digest, sizeof(digest), out + 7);
}

void ek_image_chain_next(char chain[EK_IMAGE_DIGEST_SIZE], const char *diff_id)
{
	char both[2 * EK_IMAGE_DIGEST_SIZE];

	if (!chain[0]) {
		(void)snprintf(chain, EK_IMAGE_DIGEST_SIZE, "%s", diff_id);
		return;
	}
	(void)snprintf(both, sizeof(both), "%s %s", chain, diff_id);
	ek_image_digest_of(both, strlen(both), chain);
}

static int read_descriptor(const struct ek_json *v, const char *what,
			   struct ek_image_descriptor *ret, struct ek_err *err)
{
	const char *digest = ek_json_str_at(v, "digest");
	int64_t size = ek_json_int_at(v, "size", -1);

	if (!ek_image_is_digest(digest))
		return ek_fail(err, EK_EINVALID, "invalid manifest: %s has no sha256 digest", what);
	if (size < 0)
		return ek_fail(err, EK_EINVALID, "invalid manifest: %s has no size", what);
	(void)snprintf(ret->digest, sizeof(ret->digest), "%s", digest);
	ret->size = size;
	return 0;
}

/* ---- platforms ---- */

#if defined(__x86_64__)
#define ARCH "amd64"
#elif defined(__aarch64__)
#define ARCH "arm64"
#elif defined(__arm__)
#define ARCH "arm"
#elif defined(__i386__)
#define ARCH "386"
#elif defined(__riscv) && __riscv_xlen == 64
#define ARCH "riscv64"
#elif defined(__powerpc64__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define ARCH "ppc64le"
#elif defined(__s390x__)
#define ARCH "s390x"
#elif defined(__mips64) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define ARCH "mips64le"
#else
#error "how does Go call this architecture?"
#endif

struct ek_image_platform ek_image_platform_here(void)
{
	struct ek_image_platform p = { .os = "linux", .arch = ARCH };
	struct utsname u;

	if (!ek_streq(p.arch, "arm"))
		return p;
	/* "armv7l"; a 64-bit kernel under us says "aarch64" or "armv8l" */
	(void)snprintf(p.variant, sizeof(p.variant), "v7");
	if (uname(&u) == 0 && ek_str_starts(u.machine, "armv") && u.machine[4] < '7')
		(void)snprintf(p.variant, sizeof(p.variant), "v%c", u.machine[4]);
	return p;
}

/* How well an image for `have` runs here: 0 not at all, else the more the better. */
static int rank(const struct ek_json *have, const struct ek_image_platform *here)
{
	const char *arch = ek_json_str_at(have, "architecture");
	const char *variant = ek_json_str_at(have, "variant");

	if (!ek_streq(ek_json_str_at(have, "os"), here->os) || !ek_streq(arch, here->arch))
		return 0;
	if (ek_str_empty(variant) && ek_streq(arch, "arm"))
		variant = "v7";
	if (ek_str_empty(variant) || ek_streq(variant, here->variant))
		return 100;
	if (ek_streq(arch, "arm64")) /* v8 is what everybody means; later ones may not run */
		return ek_streq(variant, "v8") ? 100 : 0;
	if (!ek_streq(arch, "arm"))
		return ek_streq(variant, "v1") ? 100 : 0; /* amd64/v1 is the baseline */
	if (variant[0] != 'v' || variant[1] < '5' || variant[1] > here->variant[1])
		return 0;
	return variant[1] - '0';
}

bool ek_image_is_index(const struct ek_json *v)
{
	return ek_json_is_array(ek_json_get(v, "manifests")) && !ek_json_get(v, "layers");
}

int ek_image_index_choose(const struct ek_json *index, const struct ek_image_platform *here,
			  struct ek_image_descriptor *ret, struct ek_err *err)
{
	const struct ek_json *manifests = ek_json_get(index, "manifests"), *best = NULL;
	int best_rank = 0;

	if (ek_json_len(manifests) > EK_IMAGE_MANIFESTS_MAX)
		return ek_fail(err, EK_EINVALID, "invalid index: more than %d manifests",
			       EK_IMAGE_MANIFESTS_MAX);
	for (size_t i = 0; i < ek_json_len(manifests); i++) {
		const struct ek_json *m = ek_json_elem(manifests, i);
		const struct ek_json *platform = ek_json_get(m, "platform");
		/* one without a platform may be anything: better than nothing */
		int r = ek_json_is_null(platform) ? 1 : rank(platform, here);

		if (r > best_rank) {
			best_rank = r;
			best = m;
		}
	}
	if (!best)
		return ek_fail(err, EK_ENOTFOUND, "no match for platform in manifest: not found");
	return read_descriptor(best, "the index's entry", ret, err);
}

/* ---- manifests ---- */

/* Layers are told by their bytes, not by their type; but what no tar can be is refused by name. */
static int check_layer_type(const char *type, struct ek_err *err)
{
	if (type && strstr(type, "encrypted"))
		return ek_fail(err, EK_EINVALID, "encrypted layers are not supported (%.100s)",
			       type);
	if (type && !strstr(type, "tar"))
		return ek_fail(err, EK_EINVALID,
			       "this is not a container image: a layer is of type %.100s", type);
	return 0;
}

static int read_layers(const struct ek_json *layers, struct ek_image_manifest *m,
		       struct ek_err *err)
{
	for (size_t i = 0; i < ek_json_len(layers); i++) {
		const struct ek_json *layer = ek_json_elem(layers, i);
		int rc = read_descriptor(layer, "a layer", &m->layers[i], err);

		if (rc == 0)
			rc = check_layer_type(ek_json_str_at(layer, "mediaType"), err);
		if (rc < 0)
			return rc;
	}
	return 0;
}

int ek_image_manifest_parse(const struct ek_json *v, struct ek_image_manifest *ret,
			    struct ek_err *err)
{
	const struct ek_json *layers = ek_json_get(v, "layers");
	struct ek_image_manifest m = { 0 };
	int rc;

	if (ek_json_int_at(v, "schemaVersion", 0) == 1)
		return ek_fail(err, EK_EINVALID,
			       "the image is in Docker's schema 1 format, which is not supported");
	if (!ek_json_is_array(layers))
		return ek_fail(err, EK_EINVALID, "invalid manifest: no list of layers");
	if (ek_json_len(layers) > EK_IMAGE_LAYERS_MAX)
		return ek_fail(err, EK_EINVALID, "invalid manifest: more than %d layers",
			       EK_IMAGE_LAYERS_MAX);
	rc = read_descriptor(ek_json_get(v, "config"), "the config", &m.config, err);
	if (rc < 0)
		return rc;
	m.n_layers = ek_json_len(layers);
	m.layers = ek_calloc(m.n_layers + 1, sizeof(m.layers[0]));
	rc = read_layers(layers, &m, err);
	if (rc < 0) {
		ek_image_manifest_done(&m);
		return rc;
	}
	*ret = m;
	return 0;
}

void ek_image_manifest_done(struct ek_image_manifest *m)
{
	free(m->layers);
	*m = (struct ek_image_manifest){ 0 };
}

/* ---- configs ---- */

static void list_free(char **list)
{
	for (size_t i = 0; list && list[i]; i++)
		free(list[i]);
	free(list);
}

static int read_list(const struct ek_json *v, const char *what, char ***ret, struct ek_err *err)
{
	size_t n = ek_json_len(v);
	bool keys = ek_json_is_object(v); /* ports and volumes are sets: { "80/tcp": {} } */
	char **list;
	size_t at = 0;

	if (n > EK_IMAGE_LIST_MAX)
		return ek_fail(err, EK_EINVALID,
			       "invalid image config: %s has more than %d entries", what,
			       EK_IMAGE_LIST_MAX);
	list = ek_calloc(n + 1, sizeof(char *));
	*ret = list; /* also when it fails below: the caller frees what there is */
	for (struct ek_json_iter it = ek_json_iter(v); ek_json_next(&it);) {
		const char *s = keys ? it.key : ek_json_str(it.value);

		if (!s)
			return ek_fail(
				err, EK_EINVALID,
				"invalid image config: %s holds something other than strings",
				what);
		list[at++] = ek_str_dup(s);
	}
	return 0;
}

static char *read_string(const struct ek_json *v, const char *path)
{
	const char *s = ek_json_str_at(v, path);

	return ek_str_dup(s ? s : "");
}

static int read_config(const struct ek_json *v, struct ek_image_config *c, struct ek_err *err)
{
	const struct {
		const char *path, *what;
		char ***list;
	} rows[] = {
		{ "config.Entrypoint", "Entrypoint", &c->entrypoint },
		{ "config.Cmd", "Cmd", &c->cmd },
		{ "config.Env", "Env", &c->env },
		{ "config.ExposedPorts", "ExposedPorts", &c->ports },
		{ "config.Volumes", "Volumes", &c->volumes },
		{ "rootfs.diff_ids", "rootfs.diff_ids", &c->diff_ids },
	};

	for (size_t i = 0; i < EK_ARRAY_LEN(rows); i++) {
		int rc = read_list(ek_json_at(v, rows[i].path), rows[i].what, rows[i].list, err);

		if (rc < 0)
			return rc;
	}
	c->user = read_string(v, "config.User");
	c->working_dir = read_string(v, "config.WorkingDir");
	c->stop_signal = read_string(v, "config.StopSignal");
	(void)snprintf(c->arch, sizeof(c->arch), "%s", ek_json_str_at(v, "architecture") ?: "");
	(void)snprintf(c->os, sizeof(c->os), "%s", ek_json_str_at(v, "os") ?: "");
	for (size_t i = 0; c->diff_ids[i]; i++)
		if (!ek_image_is_digest(c->diff_ids[i]))
			return ek_fail(
				err, EK_EINVALID,
				"invalid image config: rootfs.diff_ids[%zu] is no sha256 digest",
				i);
	return 0;
}

int ek_image_config_parse(const struct ek_json *v, struct ek_image_config *ret, struct ek_err *err)
{
	struct ek_image_config c = { 0 };
	int rc;

	if (!ek_json_is_object(v) || !ek_json_is_object(ek_json_get(v, "rootfs")))
		return ek_fail(err, EK_EINVALID, "invalid image config: no rootfs");
	rc = read_config(v, &c, err);
	if (rc < 0) {
		ek_image_config_done(&c);
		return rc;
	}
	*ret = c;
	return 0;
}

void ek_image_config_done(struct ek_image_config *c)
{
	list_free(c->entrypoint);
	list_free(c->cmd);
	list_free(c->env);
	list_free(c->ports);
	list_free(c->volumes);
	list_free(c->diff_ids);
	free(c->user);
	free(c->working_dir);
	free(c->stop_signal);
	*c = (struct ek_image_config){ 0 };
}
