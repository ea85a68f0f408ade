/* SPDX-License-Identifier: Apache-2.0 */
#include "ek_test.h"

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <ekube/clock.h>
#include <ekube/file.h>
#include <ekube/str.h>

#include "fake_client.h"
#include "volume/subpath.h"
#include "volume/volumes.h"

enum { WAIT_MS = 10000 };

struct world {
	struct ek_loop     *loop;
	struct fake_client *fake;
	struct ek_sources  *sources;
	struct ek_volumes  *volumes;
	struct ek_json     *pod;
	char                dir[64], pod_dir[96], tmp_dir[96];
	int                 changes;
	bool                changed, gone;
};

static void on_changed(void *arg)
{
	struct world *w = arg;

	w->changes++;
	w->changed = true;
}

static void world_open(struct world *w)
{
	*w = (struct world){ .dir = "/tmp/ek-vol-XXXXXX" };
	ck_assert_ptr_nonnull(mkdtemp(w->dir));
	snprintf(w->pod_dir, sizeof(w->pod_dir), "%s/pod", w->dir);
	snprintf(w->tmp_dir, sizeof(w->tmp_dir), "%s/tmp", w->dir);
	ck_assert_int_eq(mkdir(w->pod_dir, 0755), 0);
	w->loop = ek_loop_new();
	w->fake = fake_client_new(w->loop);
	w->sources = ek_sources_new(w->loop, fake_client_of(w->fake));
}

static const struct ek_json *newest(void *arg)
{
	return ((struct world *)arg)->pod;
}

static void start(struct world *w, const char *spec_text)
{
	EK_JSON struct ek_json *spec = ek_json_make(spec_text);
	struct ek_volumes_env env = { .loop = w->loop,
				      .client = fake_client_of(w->fake),
				      .sources = w->sources,
				      .dir = w->pod_dir,
				      .tmp_dir = w->tmp_dir,
				      .pod = newest,
				      .changed = on_changed,
				      .arg = w };

	w->pod = ek_json_make("{'metadata':{'name':'web','namespace':'shop','uid':'u','labels':{'a':'1'}},'spec':%v}", spec);
	w->volumes = ek_volumes_new(&env);
}

static void await_change(struct world *w)
{
	w->changed = false;
	ck_assert(ek_loop_until(w->loop, &w->changed, WAIT_MS));
}

static void await_ready(struct world *w)
{
	const char *volume;

	if (!ek_volumes_ready(w->volumes))
		await_change(w);
	ck_assert_msg(ek_volumes_ready(w->volumes), "%s", ek_volumes_error(w->volumes, &volume));
}

static void on_gone(void *arg)
{
	((struct world *)arg)->gone = true;
}

static void world_close(struct world *w)
{
	ek_volumes_free(w->volumes, on_gone, w);
	ck_assert(w->gone || ek_loop_until(w->loop, &w->gone, WAIT_MS));
	ck_assert_int_eq(ek_volumes_remove(w->pod_dir, w->tmp_dir, NULL), 0);
	ek_sources_free(w->sources);
	ek_json_unref(w->pod);
	fake_client_free(w->fake);
	ek_loop_free(w->loop);
	ck_assert_int_eq(rmdir(w->pod_dir), 0);
	ck_assert_int_eq(ek_dir_remove(AT_FDCWD, w->dir, NULL), 0);
}

static char *read_at(struct world *w, const char *volume, const char *file)
{
	struct ek_volume_at at;
	char *text = NULL;

	ck_assert_int_eq(ek_volumes_at(w->volumes, volume, &at), 0);
	EK_FREE char *path = ek_path_join(at.path, file);
	(void)ek_file_read(AT_FDCWD, path, 4096, &text, NULL, NULL);
	return text;
}

static bool says(struct world *w, const char *volume, const char *file, const char *want)
{
	EK_FREE char *text = read_at(w, volume, file);

	return ek_streq(text, want);
}

/* Turn the loop until the file says so. */
static bool comes_to_say(struct world *w, const char *volume, const char *file, const char *want)
{
	bool never = false;

	for (int i = 0; i < 500; i++) {
		if (says(w, volume, file, want))
			return true;
		(void)ek_loop_until(w->loop, &never, 10);
	}
	return false;
}

static void put_config(struct world *w, const char *value)
{
	EK_JSON struct ek_json *cm = ek_json_make("{'metadata':{'name':'cm','namespace':'shop'},'data':{'k':%s}}", value);

	(void)fake_client_put(w->fake, &ek_kind_configmap, cm);
}

START_TEST(makes_all_kinds)
{
	struct world w;
	struct ek_volume_at at;
	struct stat st;

	world_open(&w);
	put_config(&w, "v");
	(void)fake_client_put_text(w.fake, &ek_kind_secret, "{'metadata':{'name':'s','namespace':'shop'},'data':{'pw':'aGk='}}");
	start(&w, "{'containers':[],'volumes':[{'name':'e','emptyDir':{}},{'name':'c','configMap':{'name':'cm'}},"
		  "{'name':'s','secret':{'secretName':'s'}},{'name':'h','hostPath':{'path':'/tmp','type':'Directory'}},"
		  "{'name':'d','downwardAPI':{'items':[{'path':'n','fieldRef':{'fieldPath':'metadata.name'}}]}}]}");
	await_ready(&w);
	ck_assert(says(&w, "c", "k", "v") && says(&w, "s", "pw", "hi") && says(&w, "d", "n", "web"));
	ck_assert_int_eq(ek_volumes_at(w.volumes, "h", &at), 0);
	ck_assert_str_eq(at.path, "/tmp");
	ck_assert_int_eq(ek_volumes_at(w.volumes, "e", &at), 0);
	ck_assert_int_eq(stat(at.path, &st), 0);
	ck_assert_int_eq(st.st_mode & 07777, 0777);
	ck_assert(!at.read_only);
	ck_assert_int_eq(ek_volumes_at(w.volumes, "s", &at), 0);
	ck_assert(at.read_only && ek_str_starts(at.path, w.tmp_dir)); /* not on the disk */
	ck_assert_int_eq(ek_volumes_at(w.volumes, "none", &at), EK_ENOTFOUND);
	world_close(&w);
}
END_TEST

START_TEST(follows_changes)
{
	struct world w;

	world_open(&w);
	put_config(&w, "old");
	start(&w, "{'containers':[],'volumes':[{'name':'c','configMap':{'name':'cm'}},"
		  "{'name':'d','downwardAPI':{'items':[{'path':'a','fieldRef':{'fieldPath':\"metadata.labels['a']\"}}]}}]}");
	await_ready(&w);
	ck_assert(says(&w, "c", "k", "old") && says(&w, "d", "a", "1"));
	put_config(&w, "new");
	ck_assert(comes_to_say(&w, "c", "k", "new"));
	ek_json_unref(w.pod);
	w.pod = ek_json_make("{'metadata':{'name':'web','namespace':'shop','uid':'u','labels':{'a':'2'}},'spec':{}}");
	ek_volumes_pod_changed(w.volumes);
	ck_assert(comes_to_say(&w, "d", "a", "2"));
	/* gone from the API: what is there stays */
	fake_client_remove(w.fake, &ek_kind_configmap, "shop", "cm");
	await_change(&w);
	ck_assert(ek_volumes_ready(w.volumes) && says(&w, "c", "k", "new"));
	world_close(&w);
}
END_TEST

START_TEST(waits_for_what_is_missing)
{
	struct world w;
	const char *volume;

	world_open(&w);
	start(&w, "{'containers':[],'volumes':[{'name':'e','emptyDir':{}},{'name':'c','configMap':{'name':'cm'}}]}");
	await_change(&w);
	ck_assert(!ek_volumes_ready(w.volumes));
	ck_assert_str_eq(ek_volumes_error(w.volumes, &volume), "configmap \"cm\" not found");
	ck_assert_str_eq(volume, "c");
	put_config(&w, "v");
	await_ready(&w);
	ck_assert(says(&w, "c", "k", "v"));
	ck_assert_str_eq(ek_volumes_error(w.volumes, &volume), "");
	world_close(&w);
}
END_TEST

static const struct {
	const char *volume, *error;
} bad_rows[] = {
	{ "{'name':'v','hostPath':{'path':'/nonexistent-ek','type':'Directory'}}",
	  "hostPath type check failed: /nonexistent-ek is not a directory" },
	{ "{'name':'v','hostPath':{'path':'/tmp','type':'File'}}", "hostPath type check failed: /tmp is not a file" },
	{ "{'name':'v','hostPath':{'path':'/dev/null','type':'Socket'}}",
	  "hostPath type check failed: /dev/null is not a socket file" },
	{ "{'name':'v','hostPath':{'path':'tmp'}}", "hostPath \"tmp\" is not absolute" },
	{ "{'name':'v','nfs':{'server':'x','path':'/'}}",
	  "failed to get Plugin from volumeSpec for volume \"v\" err=no volume plugin matched" },
	{ "{'name':'v','emptyDir':{'medium':'HugePages'}}", "storage medium \"HugePages\" is not supported" },
	{ "{'name':'v','persistentVolumeClaim':{'claimName':'none'}}",
	  "error processing PVC shop/none: failed to fetch PVC from API server: persistentvolumeclaims \"none\" not found" },
	{ "{'name':'v','persistentVolumeClaim':{'claimName':'unbound'}}", "error processing PVC shop/unbound: PVC is not bound" },
	{ "{'name':'v','persistentVolumeClaim':{'claimName':'stolen'}}",
	  "error processing PVC shop/stolen: PV pv is bound to another claim" },
};

static void put_claims(struct world *w, const char *local)
{
	EK_JSON struct ek_json *pv = ek_json_make("{'metadata':{'name':'pv'},'spec':{'local':{'path':%s},'claimRef':"
						  "{'namespace':'shop','name':'mine'}}}", local);

	(void)fake_client_put_text(w->fake, &ek_kind_pvc, "{'metadata':{'name':'unbound','namespace':'shop'},'spec':{}}");
	(void)fake_client_put_text(w->fake, &ek_kind_pvc, "{'metadata':{'name':'stolen','namespace':'shop'},'spec':"
							   "{'volumeName':'pv'},'status':{'phase':'Bound'}}");
	(void)fake_client_put_text(w->fake, &ek_kind_pvc, "{'metadata':{'name':'mine','namespace':'shop'},'spec':"
							   "{'volumeName':'pv'},'status':{'phase':'Bound'}}");
	(void)fake_client_put(w->fake, &ek_kind_pv, pv);
}

START_TEST(says_what_is_wrong)
{
	struct world w;
	const char *volume, *error;

	world_open(&w);
	put_claims(&w, "/tmp");
	EK_FREE char *spec = ek_str_fmt("{'containers':[],'volumes':[%s]}", bad_rows[_i].volume);
	start(&w, spec);
	await_change(&w);
	error = ek_volumes_error(w.volumes, &volume);
	/* the fake API's own words are short */
	ck_assert_msg(strncmp(error, bad_rows[_i].error, strcspn(error, "\"") < 40 ? strlen(bad_rows[_i].error) : 60) == 0,
		      "%s", error);
	ck_assert_str_eq(volume, "v");
	world_close(&w);
}
END_TEST

START_TEST(finds_claims)
{
	struct world w;
	struct ek_volume_at at;

	world_open(&w);
	put_claims(&w, w.dir);
	start(&w, "{'containers':[],'volumes':[{'name':'v','persistentVolumeClaim':{'claimName':'mine','readOnly':true}}]}");
	await_ready(&w);
	ck_assert_int_eq(ek_volumes_at(w.volumes, "v", &at), 0);
	ck_assert_str_eq(at.path, w.dir);
	ck_assert(at.read_only);
	world_close(&w);
}
END_TEST

START_TEST(knows_the_objects_of_env)
{
	struct world w;

	world_open(&w);
	put_config(&w, "v");
	start(&w, "{'imagePullSecrets':[{'name':'none'}],'containers':[{'name':'c','envFrom':[{'configMapRef':{'name':'cm'}}]}]}");
	ck_assert(!ek_volumes_objects_known(w.volumes));
	await_ready(&w);
	ck_assert(ek_volumes_objects_known(w.volumes));
	ck_assert_str_eq(ek_json_str_at(ek_volumes_find(w.volumes, "ConfigMap", "cm"), "data.k"), "v");
	ck_assert_ptr_null(ek_volumes_find(w.volumes, "Secret", "none"));
	world_close(&w);
}
END_TEST

START_TEST(memory_and_its_size)
{
	struct world w;
	struct ek_volume_at at;
	struct statfs fs;

	if (geteuid() != 0 || unshare(CLONE_NEWNS) < 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0) {
		printf("skipped: needs root\n");
		return;
	}
	world_open(&w);
	start(&w, "{'containers':[],'securityContext':{'fsGroup':77},'volumes':[{'name':'m','emptyDir':{'medium':'Memory',"
		  "'sizeLimit':'1Mi'}}]}");
	await_ready(&w);
	ck_assert_int_eq(ek_volumes_at(w.volumes, "m", &at), 0);
	ck_assert_int_eq(statfs(at.path, &fs), 0);
	ck_assert_int_eq((int)(fs.f_blocks * (uint64_t)fs.f_bsize), 1 << 20);
	struct stat st;
	ck_assert_int_eq(stat(at.path, &st), 0);
	ck_assert(st.st_gid == 77 && (st.st_mode & 07777) == 03777);
	world_close(&w); /* unmounts */
}
END_TEST

/* ---- tokens ---- */

START_TEST(renews_tokens_in_time)
{
	const int64_t s = 1000000, now = 1000 * s;

	ck_assert_int_eq(ek_token_refresh_ms(now, now + 3600 * s), 2880000);
	ck_assert_int_eq(ek_token_refresh_ms(now, now + 365 * 86400 * s), 86400000);
	ck_assert_int_eq(ek_token_refresh_ms(now, now), 0);
	ck_assert_int_eq(ek_token_refresh_ms(now, now - 5 * s), 0);
}
END_TEST

/* ---- sub-paths ---- */

static const struct {
	const char *sub;
	int         rc;
	const char *file; /* that is then seen at the target; "" the target itself */
} sub_rows[] = {
	{ "dir", 0, "in-dir" },
	{ "file", 0, "" },
	{ "link-in", 0, "in-dir" },
	{ "new/deep", 0, NULL },
	{ "new//deep/", 0, NULL },
	{ "link-out", EK_EINVALID, NULL },
	{ "link-out/passwd", EK_EINVALID, NULL },
	{ "link-up/x", EK_EINVALID, NULL },
	{ "../x", EK_EINVALID, NULL },
};

START_TEST(binds_subpaths)
{
	char dir[] = "/tmp/ek-sub-XXXXXX";
	struct ek_err err = { 0 };
	int rc;

	if (geteuid() != 0 || unshare(CLONE_NEWNS) < 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0) {
		printf("skipped: needs root\n");
		return;
	}
	ck_assert_ptr_nonnull(mkdtemp(dir));
	EK_FREE char *make = ek_str_fmt("mkdir -p %s/v/dir && cd %s/v && touch dir/in-dir file && ln -s dir link-in && "
					"ln -s /etc link-out && ln -s .. link-up", dir, dir);
	ck_assert_int_eq(system(make), 0);
	EK_FREE char *volume = ek_str_fmt("%s/v", dir), *at = ek_str_fmt("%s/pods/at", dir);
	for (int again = 0; again < 2; again++) {
		rc = ek_subpath_bind(volume, sub_rows[_i].sub, at, &err);
		ck_assert_msg(rc == sub_rows[_i].rc, "%s: %d %s", sub_rows[_i].sub, rc, err.msg);
		if (sub_rows[_i].file) {
			EK_FREE char *file = ek_str_fmt("%s/%s", at, sub_rows[_i].file);

			ck_assert_int_eq(access(*sub_rows[_i].file ? file : at, F_OK), 0);
		}
	}
	(void)umount2(at, MNT_DETACH);
	ck_assert_int_eq(ek_dir_remove(AT_FDCWD, dir, NULL), 0);
}
END_TEST

static const int turns[] = { 0, 1, 2, 3, 4, 5, 6, 8, 10, 20 };

START_TEST(ends_early)
{
	struct world w;

	world_open(&w);
	put_config(&w, "v");
	start(&w, "{'containers':[],'volumes':[{'name':'c','configMap':{'name':'cm'}},{'name':'e','emptyDir':{}}]}");
	for (int i = 0; i < turns[_i]; i++)
		(void)ek_loop_turn(w.loop);
	world_close(&w);
}
END_TEST

EK_TESTS("node/volumes", makes_all_kinds, follows_changes, waits_for_what_is_missing,
	 EK_ROWS(says_what_is_wrong, bad_rows), finds_claims, knows_the_objects_of_env,
	 EK_ROWS(ends_early, turns), memory_and_its_size, renews_tokens_in_time,
	 EK_ROWS(binds_subpaths, sub_rows))
