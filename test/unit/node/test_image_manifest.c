/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include <ekube/str.h>

#include "ek_test.h"
#include "image/manifest.h"

#define D(c) "sha256:" c c c c c c c c c c c c c c c c
#define A D("aaaa")
#define B D("bbbb")
#define C D("cccc")

static struct ek_json *parse(const char *text)
{
	EK_FREE char *copy = ek_str_dup(text);
	struct ek_json *v = NULL;
	struct ek_err err = { 0 };

	for (char *c = copy; *c; c++)
		if (*c == '\'')
			*c = '"';
	ck_assert_msg(ek_json_parse(copy, strlen(copy), EK_IMAGE_JSON_MAX, &v, NULL, &err) == 0,
		      "%s", err.msg);
	return v;
}

/* ---- platforms ---- */

static const struct {
	const char *name, *arch, *variant, *index;
	const char *digest; /* NULL: no match */
} choices[] = {
	{ "plain", "amd64", "", "[{'digest':'" A "','size':1,'platform':{'os':'linux','architecture':'amd64'}}]", A },
	{ "the other", "arm64", "",
	  "[{'digest':'" A "','size':1,'platform':{'os':'linux','architecture':'amd64'}},"
	  "{'digest':'" B "','size':1,'platform':{'os':'linux','architecture':'arm64','variant':'v8'}}]", B },
	{ "arm64 without variant", "arm64", "",
	  "[{'digest':'" A "','size':1,'platform':{'os':'linux','architecture':'arm64'}}]", A },
	{ "arm64 v9 does not run", "arm64", "",
	  "[{'digest':'" A "','size':1,'platform':{'os':'linux','architecture':'arm64','variant':'v9'}}]", NULL },
	{ "exact variant first", "arm", "v7",
	  "[{'digest':'" A "','size':1,'platform':{'os':'linux','architecture':'arm','variant':'v6'}},"
	  "{'digest':'" B "','size':1,'platform':{'os':'linux','architecture':'arm','variant':'v7'}},"
	  "{'digest':'" C "','size':1,'platform':{'os':'linux','architecture':'arm','variant':'v5'}}]", B },
	{ "best lower variant", "arm", "v7",
	  "[{'digest':'" C "','size':1,'platform':{'os':'linux','architecture':'arm','variant':'v5'}},"
	  "{'digest':'" A "','size':1,'platform':{'os':'linux','architecture':'arm','variant':'v6'}}]", A },
	{ "v7 does not run on v6", "arm", "v6",
	  "[{'digest':'" A "','size':1,'platform':{'os':'linux','architecture':'arm','variant':'v7'}}]", NULL },
	{ "arm means v7", "arm", "v6",
	  "[{'digest':'" A "','size':1,'platform':{'os':'linux','architecture':'arm'}}]", NULL },
	{ "amd64 v3 is too much", "amd64", "",
	  "[{'digest':'" A "','size':1,'platform':{'os':'linux','architecture':'amd64','variant':'v3'}},"
	  "{'digest':'" B "','size':1,'platform':{'os':'linux','architecture':'amd64','variant':'v1'}}]", B },
	{ "windows", "amd64", "",
	  "[{'digest':'" A "','size':1,'platform':{'os':'windows','architecture':'amd64'}}]", NULL },
	{ "attestations are no image", "amd64", "",
	  "[{'digest':'" A "','size':1,'platform':{'os':'unknown','architecture':'unknown'}},"
	  "{'digest':'" B "','size':1,'platform':{'os':'linux','architecture':'amd64'}}]", B },
	{ "no platform, better than nothing", "amd64", "", "[{'digest':'" A "','size':1}]", A },
	{ "no platform, worse than ours", "amd64", "",
	  "[{'digest':'" A "','size':1},{'digest':'" B "','size':1,'platform':{'os':'linux','architecture':'amd64'}}]",
	  B },
	{ "first of equals", "amd64", "",
	  "[{'digest':'" A "','size':1,'platform':{'os':'linux','architecture':'amd64'}},"
	  "{'digest':'" B "','size':1,'platform':{'os':'linux','architecture':'amd64'}}]", A },
	{ "empty", "amd64", "", "[]", NULL },
};

START_TEST(chooses_by_platform)
{
	struct ek_image_platform here = { .os = "linux" };
	EK_FREE char *text = ek_str_fmt("{'schemaVersion':2,'manifests':%s}", choices[_i].index);
	EK_JSON struct ek_json *v = parse(text);
	struct ek_image_descriptor d;
	struct ek_err err = { 0 };
	int rc;

	strcpy(here.arch, choices[_i].arch);
	strcpy(here.variant, choices[_i].variant);
	ck_assert(ek_image_is_index(v));
	rc = ek_image_index_choose(v, &here, &d, &err);
	ck_assert_msg(rc == (choices[_i].digest ? 0 : EK_ENOTFOUND), "%s: %s", choices[_i].name,
		      err.msg);
	if (choices[_i].digest)
		ck_assert_str_eq(d.digest, choices[_i].digest);
	else
		ck_assert_str_eq(err.msg, "no match for platform in manifest: not found");
}
END_TEST

START_TEST(knows_this_machine)
{
	struct ek_image_platform p = ek_image_platform_here();

	ck_assert_str_eq(p.os, "linux");
	ck_assert(p.arch[0]);
}
END_TEST

/* ---- manifests ---- */

START_TEST(reads_a_manifest)
{
	EK_JSON struct ek_json *v = parse(
		"{'schemaVersion':2,'mediaType':'application/vnd.oci.image.manifest.v1+json',"
		"'config':{'mediaType':'x','digest':'" A "','size':7},'layers':["
		"{'mediaType':'application/vnd.oci.image.layer.v1.tar+gzip','digest':'" B
		"','size':100},"
		"{'mediaType':'application/vnd.docker.image.rootfs.diff.tar.gzip','digest':'" C
		"','size':5000000000}]}");
	struct ek_image_manifest m;

	ck_assert(!ek_image_is_index(v));
	ck_assert_int_eq(ek_image_manifest_parse(v, &m, NULL), 0);
	ck_assert_str_eq(m.config.digest, A);
	ck_assert_int_eq(m.config.size, 7);
	ck_assert_uint_eq(m.n_layers, 2);
	ck_assert_str_eq(m.layers[0].digest, B);
	ck_assert(m.layers[1].size == 5000000000);
	ek_image_manifest_done(&m);
}
END_TEST

static const struct {
	const char *json, *message;
} bad_manifests[] = {
	{ "{}", "invalid manifest: no list of layers" },
	{ "[]", "invalid manifest: no list of layers" },
	{ "7", "invalid manifest: no list of layers" },
	{ "{'schemaVersion':1,'fsLayers':[]}", "the image is in Docker's schema 1 format, which is not supported" },
	{ "{'layers':{}}", "invalid manifest: no list of layers" },
	{ "{'layers':[]}", "invalid manifest: the config has no sha256 digest" },
	{ "{'layers':[],'config':{'digest':'sha256:../../x','size':1}}",
	  "invalid manifest: the config has no sha256 digest" },
	{ "{'layers':[],'config':{'digest':'" A "'}}", "invalid manifest: the config has no size" },
	{ "{'layers':[],'config':{'digest':'" A "','size':-1}}", "invalid manifest: the config has no size" },
	{ "{'layers':[{}],'config':{'digest':'" A "','size':1}}", "invalid manifest: a layer has no sha256 digest" },
	{ "{'layers':[7],'config':{'digest':'" A "','size':1}}", "invalid manifest: a layer has no sha256 digest" },
	{ "{'layers':[{'digest':'sha512:00','size':1}],'config':{'digest':'" A "','size':1}}",
	  "invalid manifest: a layer has no sha256 digest" },
	{ "{'layers':[{'digest':'" B "','size':1,'mediaType':'application/vnd.oci.image.layer.v1.tar+gzip+encrypted'}],"
	  "'config':{'digest':'" A "','size':1}}",
	  "encrypted layers are not supported (application/vnd.oci.image.layer.v1.tar+gzip+encrypted)" },
	{ "{'layers':[{'digest':'" B "','size':1,'mediaType':'application/vnd.in-toto+json'}],"
	  "'config':{'digest':'" A "','size':1}}",
	  "this is not a container image: a layer is of type application/vnd.in-toto+json" },
};

START_TEST(refuses_manifests)
{
	EK_JSON struct ek_json *v = parse(bad_manifests[_i].json);
	struct ek_image_manifest m = { 0 };
	struct ek_err err = { 0 };

	ck_assert_int_eq(ek_image_manifest_parse(v, &m, &err), EK_EINVALID);
	ck_assert_str_eq(err.msg, bad_manifests[_i].message);
	ck_assert_ptr_null(m.layers);
}
END_TEST

START_TEST(refuses_too_many)
{
	EK_JSON struct ek_json *v = parse("{'config':{'digest':'" A "','size':1}}");
	struct ek_json *layers = ek_json_array(), *manifests = ek_json_array();
	struct ek_image_platform here = ek_image_platform_here();
	struct ek_image_descriptor d;
	struct ek_image_manifest m;
	struct ek_err err = { 0 };

	for (int i = 0; i < EK_IMAGE_LAYERS_MAX + 1; i++)
		ek_json_append(layers, ek_json_make("{'digest':%s,'size':1}", A));
	ek_json_set(v, "layers", layers);
	ck_assert_int_eq(ek_image_manifest_parse(v, &m, &err), EK_EINVALID);
	ck_assert_str_eq(err.msg, "invalid manifest: more than 256 layers");
	ek_json_set(v, "layers", NULL);
	for (int i = 0; i < EK_IMAGE_MANIFESTS_MAX + 1; i++)
		ek_json_append(manifests, ek_json_make("{'digest':%s,'size':1}", A));
	ek_json_set(v, "manifests", manifests);
	ck_assert_int_eq(ek_image_index_choose(v, &here, &d, &err), EK_EINVALID);
}
END_TEST

/* ---- configs ---- */

START_TEST(reads_a_config)
{
	EK_JSON struct ek_json *v = parse(
		"{'architecture':'amd64','os':'linux','config':{'User':'1000:1000',"
		"'Env':['PATH=/bin','A=b'],'Entrypoint':['/init'],'Cmd':['a','b'],'WorkingDir':'/w',"
		"'ExposedPorts':{'80/tcp':{},'53/udp':{}},'Volumes':{'/data':{}},'StopSignal':'SIGQUIT',"
		"'Labels':{'x':'y'}},'rootfs':{'type':'layers','diff_ids':['" A "','" B
		"']},'history':[]}");
	struct ek_image_config c;

	ck_assert_int_eq(ek_image_config_parse(v, &c, NULL), 0);
	ck_assert_str_eq(c.entrypoint[0], "/init");
	ck_assert_ptr_null(c.entrypoint[1]);
	ck_assert_str_eq(c.cmd[1], "b");
	ck_assert_str_eq(c.env[1], "A=b");
	ck_assert_str_eq(c.user, "1000:1000");
	ck_assert_str_eq(c.working_dir, "/w");
	ck_assert_str_eq(c.stop_signal, "SIGQUIT");
	ck_assert_str_eq(c.ports[0], "80/tcp");
	ck_assert_str_eq(c.ports[1], "53/udp");
	ck_assert_str_eq(c.volumes[0], "/data");
	ck_assert_str_eq(c.diff_ids[1], B);
	ck_assert_str_eq(c.arch, "amd64");
	ek_image_config_done(&c);
}
END_TEST

START_TEST(reads_a_bare_config)
{
	EK_JSON struct ek_json *v =
		parse("{'config':{'Cmd':null,'Env':null},'rootfs':{'diff_ids':null}}");
	struct ek_image_config c;

	ck_assert_int_eq(ek_image_config_parse(v, &c, NULL), 0);
	ck_assert_ptr_null(c.entrypoint[0]);
	ck_assert_ptr_null(c.cmd[0]);
	ck_assert_str_eq(c.user, "");
	ck_assert_ptr_null(c.diff_ids[0]);
	ek_image_config_done(&c);
}
END_TEST

static const struct {
	const char *json, *message;
} bad_configs[] = {
	{ "{}", "invalid image config: no rootfs" },
	{ "'x'", "invalid image config: no rootfs" },
	{ "{'rootfs':[]}", "invalid image config: no rootfs" },
	{ "{'rootfs':{'diff_ids':['x']}}", "invalid image config: rootfs.diff_ids[0] is no sha256 digest" },
	{ "{'rootfs':{'diff_ids':[7]}}",
	  "invalid image config: rootfs.diff_ids holds something other than strings" },
	{ "{'rootfs':{},'config':{'Env':['a',{}]}}", "invalid image config: Env holds something other than strings" },
};

START_TEST(refuses_configs)
{
	EK_JSON struct ek_json *v = parse(bad_configs[_i].json);
	struct ek_image_config c;
	struct ek_err err = { 0 };

	ck_assert_int_eq(ek_image_config_parse(v, &c, &err), EK_EINVALID);
	ck_assert_str_eq(err.msg, bad_configs[_i].message);
}
END_TEST

/* The rule of the OCI image specification; the second is sha256 of "A B". */
START_TEST(chains)
{
	char chain[EK_IMAGE_DIGEST_SIZE] = "", want[EK_IMAGE_DIGEST_SIZE];

	ek_image_chain_next(chain, A);
	ck_assert_str_eq(chain, A);
	ek_image_chain_next(chain, B);
	ek_image_digest_of(A " " B, strlen(A " " B), want);
	ck_assert_str_eq(chain, want);
	ek_image_digest_of("", 0, want);
	ck_assert_str_eq(want,
			 "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}
END_TEST

EK_TESTS("node/image manifest", EK_ROWS(chooses_by_platform, choices), knows_this_machine,
	 reads_a_manifest, EK_ROWS(refuses_manifests, bad_manifests), refuses_too_many,
	 reads_a_config, reads_a_bare_config, EK_ROWS(refuses_configs, bad_configs), chains)
