/* SPDX-License-Identifier: Apache-2.0 */
#include "ek_test.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <ekube/file.h>
#include <ekube/str.h>

#include "volume/payload.h"

/* ---- what is in a volume ---- */

static const struct ek_json *find_object(void *arg, const char *kind, const char *name)
{
	return ek_json_get(ek_json_get(arg, kind), name);
}

static const char *find_token(void *arg, size_t i)
{
	(void)arg;
	return i == 9 ? NULL : "t0k3n";
}

/* "path:mode[@uid]=data path..." */
static char *payload_text(const struct ek_payload *p)
{
	struct ek_buf b = EK_BUF_INIT(65536);

	(void)ek_buf_str(&b, "");
	for (size_t i = 0; i < p->files.n; i++) {
		const struct ek_payload_file *f = &p->files.items[i];

		(void)ek_buf_fmt(&b, "%s%s:%o", i ? " " : "", f->path, f->mode);
		if (f->uid >= 0)
			(void)ek_buf_fmt(&b, "@%d", (int)f->uid);
		(void)ek_buf_char(&b, '=');
		(void)ek_buf_append(&b, f->data, f->n);
	}
	return ek_buf_steal(&b);
}

static const struct {
	const char *volume, *want, *error;
	int64_t     group, user;
} rows[] = {
	{ "{'configMap':{'name':'cm'}}", "a:644=1 b:644=2 bin:644=xyz", NULL, -1, -1 },
	{ "{'configMap':{'name':'cm','defaultMode':256}}", "a:400=1 b:400=2 bin:400=xyz", NULL, -1, -1 },
	{ "{'configMap':{'name':'cm','defaultMode':256}}", "a:440=1 b:440=2 bin:440=xyz", NULL, 5, -1 },
	{ "{'configMap':{'name':'cm','items':[{'key':'a','path':'x/y','mode':384}]}}", "x/y:600=1", NULL, -1, -1 },
	{ "{'configMap':{'name':'cm','items':[{'key':'no','path':'x'}]}}", NULL,
	  "configmap references non-existent config key: no", -1, -1 },
	{ "{'configMap':{'name':'cm','optional':true,'items':[{'key':'no','path':'x'}]}}", "", NULL, -1, -1 },
	{ "{'configMap':{'name':'cm','items':[{'key':'a','path':'../x'}]}}", NULL, "invalid path in a volume: \"../x\"", -1, -1 },
	{ "{'configMap':{'name':'cm','items':[{'key':'a','path':'/x'}]}}", NULL, "invalid path in a volume: \"/x\"", -1, -1 },
	{ "{'configMap':{'name':'cm','items':[{'key':'a','path':'a//x'}]}}", NULL, "invalid path in a volume: \"a//x\"", -1, -1 },
	{ "{'configMap':{'name':'no'}}", NULL, "configmap \"no\" not found", -1, -1 },
	{ "{'configMap':{'name':'no','optional':true}}", "", NULL, -1, -1 },
	{ "{'secret':{'secretName':'s'}}", "pw:644=hunter2", NULL, -1, -1 },
	{ "{'secret':{'secretName':'no'}}", NULL, "secret \"no\" not found", -1, -1 },
	{ "{'secret':{'secretName':'bad'}}", NULL, "the value of x is not base64", -1, -1 },
	{ "{'downwardAPI':{'items':[{'path':'n','fieldRef':{'fieldPath':'metadata.name'}}]}}", "n:644=web", NULL, -1, -1 },
	{ "{'downwardAPI':{'items':[{'path':'c','mode':256,'resourceFieldRef':{'containerName':'c','resource':'limits.cpu'}}]}}",
	  "c:400=2", NULL, -1, -1 },
	{ "{'projected':{'sources':[{'serviceAccountToken':{'path':'token'}},{'configMap':{'name':'cm','items':"
	  "[{'key':'a','path':'ca.crt'}]}},{'downwardAPI':{'items':[{'path':'namespace','fieldRef':{'fieldPath':"
	  "'metadata.namespace'}}]}}],'defaultMode':420}}", "token:644=t0k3n ca.crt:644=1 namespace:644=shop", NULL, -1, -1 },
	{ "{'projected':{'sources':[{'serviceAccountToken':{'path':'token'}}]}}", "token:640=t0k3n", NULL, 7, -1 },
	{ "{'projected':{'sources':[{'serviceAccountToken':{'path':'token'}}]}}", "token:600@8=t0k3n", NULL, -1, 8 },
	{ "{'projected':{'sources':[{'serviceAccountToken':{'path':'token'}}]}}", "token:640@8=t0k3n", NULL, 7, 8 },
	{ "{'projected':{'sources':[{'secret':{'name':'s'}},{'configMap':{'name':'cm','items':[{'key':'a','path':'pw'}]}}]}}",
	  "pw:644=1", NULL, -1, -1 },
	{ "{'projected':{'sources':[{},{},{},{},{},{},{},{},{},{'serviceAccountToken':{'path':'token'}}]}}", NULL,
	  "failed to fetch token", -1, -1 },
};

START_TEST(makes_payloads)
{
	EK_JSON struct ek_json *pod = ek_json_make("{'metadata':{'name':'web','namespace':'shop'},'spec':{'containers':"
						   "[{'name':'c','resources':{'limits':{'cpu':'2'}}}]}}");
	EK_JSON struct ek_json *objects = ek_json_make(
		"{'ConfigMap':{'cm':{'data':{'a':'1','b':'2'},'binaryData':{'bin':'eHl6'}}},"
		"'Secret':{'s':{'data':{'pw':'aHVudGVyMg=='}},'bad':{'data':{'x':'%%%%'}}}}");
	EK_JSON struct ek_json *volume = ek_json_make(rows[_i].volume);
	struct ek_payload_source src = { .env = { .pod = pod, .find = find_object, .arg = objects },
					 .token = find_token,
					 .fs_group = rows[_i].group,
					 .fs_user = rows[_i].user };
	struct ek_payload p = { 0 };
	struct ek_err err = { 0 };
	int rc = ek_payload_make(&src, volume, &p, &err);

	if (rows[_i].error) {
		ck_assert_int_lt(rc, 0);
		ck_assert_str_eq(err.msg, rows[_i].error);
	} else {
		EK_FREE char *got = payload_text(&p);

		ck_assert_msg(rc == 0, "%s", err.msg);
		ck_assert_str_eq(got, rows[_i].want);
	}
	ek_payload_done(&p);
}
END_TEST

START_TEST(finds_one_user)
{
	EK_JSON struct ek_json *one = ek_json_make("{'spec':{'securityContext':{'runAsUser':5},'containers':[{},{}]}}");
	EK_JSON struct ek_json *two = ek_json_make(
		"{'spec':{'securityContext':{'runAsUser':5},'containers':[{},{'securityContext':{'runAsUser':6}}]}}");
	EK_JSON struct ek_json *none = ek_json_make("{'spec':{'containers':[{}]}}");

	ck_assert_int_eq(ek_payload_fs_user(one), 5);
	ck_assert_int_eq(ek_payload_fs_user(two), -1);
	ck_assert_int_eq(ek_payload_fs_user(none), -1);
}
END_TEST

/* ---- the files ---- */

struct dir {
	char path[64];
};

static void dir_open(struct dir *d)
{
	strcpy(d->path, "/tmp/ek-atomic-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(d->path));
}

static void dir_close(struct dir *d)
{
	ck_assert_int_eq(ek_dir_remove(AT_FDCWD, d->path, NULL), 0);
}

static bool write_files(struct dir *d, const char *const *files, unsigned mode)
{
	struct ek_payload p = { 0 };
	struct ek_err err = { 0 };
	bool changed;

	for (; *files; files += 2)
		ck_assert_int_eq(ek_payload_add(&p, files[0], files[1], strlen(files[1]), mode, -1,
						NULL),
				 0);
	ck_assert_msg(ek_atomic_write(d->path, &p, -1, &changed, &err) == 0, "%s", err.msg);
	ek_payload_done(&p);
	return changed;
}

static char *read_in(const struct dir *d, const char *name)
{
	EK_FREE char *path = ek_path_join(d->path, name);
	char *text = NULL;

	(void)ek_file_read(AT_FDCWD, path, 4096, &text, NULL, NULL);
	return text;
}

static bool says(const struct dir *d, const char *name, const char *want)
{
	EK_FREE char *text = read_in(d, name);

	return ek_streq(text, want);
}

static int count_entries(const struct dir *d)
{
	DIR *dir = opendir(d->path);
	int n = 0;

	while (readdir(dir))
		n++;
	closedir(dir);
	return n - 2;
}

START_TEST(writes_at_once)
{
	static const char *const first[] = { "a", "1", "deep/b", "2", "deep/c", "3", NULL };
	static const char *const second[] = { "a", "new", "other", "4", NULL };
	struct dir d;
	char link[128], old[128];
	ssize_t n;

	dir_open(&d);
	ck_assert(write_files(&d, first, 0640));
	ck_assert(says(&d, "a", "1") && says(&d, "deep/b", "2") && says(&d, "deep/c", "3"));
	ck_assert_int_eq(count_entries(&d), 4);	  /* ..data, the version, a, deep */
	ck_assert(!write_files(&d, first, 0640)); /* nothing to do */
	ck_assert(write_files(&d, first, 0600));  /* but a mode counts */
	EK_FREE char *data = ek_path_join(d.path, "..data");
	n = readlink(data, old, sizeof(old) - 1);
	old[n] = '\0';
	ck_assert(write_files(&d, second, 0600));
	n = readlink(data, link, sizeof(link) - 1);
	link[n] = '\0';
	ck_assert_str_ne(link, old);
	ck_assert(says(&d, "a", "new") && says(&d, "other", "4") && !read_in(&d, "deep/b"));
	ck_assert_int_eq(count_entries(&d), 4);
	dir_close(&d);
}
END_TEST

START_TEST(survives_half_a_write)
{
	static const char *const files[] = { "a", "1", NULL };
	struct dir d;

	dir_open(&d);
	EK_FREE char *half = ek_str_fmt("%s/..2020_01_01_00_00_00.000000001", d.path);
	EK_FREE char *tmp = ek_str_fmt("%s/..data_tmp", d.path);
	ck_assert_int_eq(mkdir(half, 0755), 0);
	ck_assert_int_eq(symlink("nowhere", tmp), 0);
	ck_assert(write_files(&d, files, 0644));
	ck_assert(says(&d, "a", "1"));
	ck_assert_int_eq(count_entries(&d), 3);
	dir_close(&d);
}
END_TEST

START_TEST(gives_to_the_group)
{
	struct ek_payload p = { 0 };
	struct dir d;
	struct stat st;

	if (geteuid() != 0)
		return;
	dir_open(&d);
	ck_assert_int_eq(ek_payload_add(&p, "x/y", "1", 1, 0640, 77, NULL), 0);
	ck_assert_int_eq(ek_atomic_write(d.path, &p, 99, NULL, NULL), 0);
	EK_FREE char *file = ek_path_join(d.path, "x/y"), *sub = ek_path_join(d.path, "x");
	ck_assert_int_eq(stat(file, &st), 0);
	ck_assert(st.st_uid == 77 && st.st_gid == 99 && (st.st_mode & 07777) == 0640);
	ck_assert_int_eq(stat(sub, &st), 0);
	ck_assert(st.st_gid == 99 && (st.st_mode & 07777) == 02755);
	ek_payload_done(&p);
	dir_close(&d);
}
END_TEST

START_TEST(is_bounded)
{
	struct ek_payload p = { 0 };
	struct ek_err err;
	char path[300];
	int rc = 0;

	for (int i = 0; rc == 0 && i < 10000; i++) {
		snprintf(path, sizeof(path), "f%d", i);
		rc = ek_payload_add(&p, path, "", 0, 0644, -1, &err);
	}
	ck_assert_int_eq(rc, EK_ETOOLARGE);
	ek_payload_done(&p);
	memset(path, 'x', sizeof(path));
	path[sizeof(path) - 1] = '\0';
	ck_assert_int_eq(ek_payload_add(&p, path, "", 0, 0644, -1, &err), EK_EINVALID);
	ck_assert_int_eq(ek_payload_add(&p, "..2020", "", 0, 0644, -1, &err), EK_EINVALID);
	ck_assert_int_eq(ek_payload_add(&p, "", "", 0, 0644, -1, &err), EK_EINVALID);
	ek_payload_done(&p);
}
END_TEST

EK_TESTS("node/payload", EK_ROWS(makes_payloads, rows), finds_one_user, writes_at_once, survives_half_a_write,
	 gives_to_the_group, is_bounded)
