/* SPDX-License-Identifier: Apache-2.0 */
#include "node/node_box.h"

#include <dirent.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <ekube/clock.h>
#include <ekube/file.h>
#include <ekube/str.h>

#include "ek_test.h"
#include "node/shim_box.h"

enum { WAIT_MS = 40 * 1000, LOG_MAX = 1 << 20 };

static const struct tar_entry files[] = {
	{ .name = "bin/", .type = '5' },
	{ .name = "etc/", .type = '5' },
	{ .name = "tmp/", .type = '5', .mode = 01777 },
	{ .name = "proc/", .type = '5' },
	{ .name = "sys/", .type = '5' },
	{ .name = "dev/", .type = '5' },
	{ .name = NULL },
};

/* ---- the machine ---- */

static char busybox[256]; /* a static one */

static bool find_busybox(void)
{
	FILE *f = popen("b=$(command -v busybox) && ! ldd $b >/dev/null 2>&1 || "
			"b=$(scripts/fetch-deb busybox-static bin/busybox 2>/dev/null); echo $b", "r");
	bool found = f && fgets(busybox, sizeof(busybox), f);

	if (f)
		(void)pclose(f);
	busybox[strcspn(busybox, "\n")] = '\0';
	return found && access(busybox, X_OK) == 0;
}

static bool can_run(void)
{
	if (geteuid() == 0 && find_busybox() && system("command -v runc >/dev/null") == 0 &&
	    unshare(CLONE_NEWNS | CLONE_NEWNET) == 0 && mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0)
		return true;
	printf("skipped: needs root, namespaces, runc and a static busybox\n");
	return false;
}

void node_box_sh(const char *fmt, ...)
{
	EK_BUF struct ek_buf b = EK_BUF_INIT(4096);
	va_list ap;

	va_start(ap, fmt);
	ck_assert_int_eq(ek_buf_vfmt(&b, fmt, ap), 0);
	va_end(ap);
	ck_assert_msg(system(b.data) == 0, "%s", b.data);
}

static void make_image(struct node_box *b)
{
	EK_BUF struct ek_buf tar = EK_BUF_INIT(1 << 20);
	static const char *const names[] = { "box:1" };
	struct made_image m = { 0 };
	struct import_result r;

	made_image_add_layer(&m, files, TAR_PLAIN);
	made_image_finish(&m, NULL);
	made_image_docker_archive(&m, 1, names, &tar);
	image_box_import(&b->images, &r, &tar, NULL);
	ck_assert_int_eq(r.rc, 0);
	made_image_done(&m);
	/* a program of a megabyte does not have to go through the archive */
	node_box_sh("cd %s/layers/*/fs/bin && cp %s busybox && for a in sh cat echo sleep true false id kill touch ls ps; do "
		  "ln busybox $a; done", b->images.path, busybox);
}

struct ek_node_options node_box_options(const struct node_box *b)
{
	return (struct ek_node_options){
		.loop = b->images.loop,
		.client = fake_client_of(b->api),
		.informers = b->informers,
		.images = b->images.images,
		.name = "n1",
		.ip = "127.0.0.1",
		.data_dir = b->data,
		.run_dir = b->run,
		.cgroup = b->cgroup,
		.version = "v1.32.0",
	};
}

void node_box_start(struct node_box *b)
{
	struct ek_err err = { 0 };

	b->informers = ek_informers_new(fake_client_of(b->api));
	struct ek_node_options o = node_box_options(b);

	ck_assert_msg(ek_node_new(&o, &b->node, &err) == 0, "%s", err.msg);
	ek_node_start(b->node);
}

static void on_stopped(void *arg)
{
	((struct node_box *)arg)->stopped = true;
}

void node_box_stop(struct node_box *b)
{
	b->stopped = false;
	ek_node_stop(b->node, on_stopped, b);
	ck_assert(ek_loop_until(b->images.loop, &b->stopped, WAIT_MS));
	ek_node_free(b->node);
	b->node = NULL;
	ek_informers_free(ek_steal(b->informers));
}

bool node_box_open(struct node_box *b)
{
	static int counter;

	*b = (struct node_box){ 0 };
	if (!can_run())
		return false;
	node_box_sh("ip link set lo up");
	image_box_open(&b->images);
	snprintf(b->data, sizeof(b->data), "%s/data", b->images.dir);
	snprintf(b->run, sizeof(b->run), "%s/run", b->images.dir);
	snprintf(b->cgroup, sizeof(b->cgroup), "ek-test-node-%d-%d", (int)getpid(), counter++);
	node_box_sh("mkdir %s %s", b->data, b->run);
	ck_assert_int_eq(mount("tmpfs", b->run, "tmpfs", 0, "mode=755"), 0);
	make_image(b);
	b->api = fake_client_new(b->images.loop);
	node_box_start(b);
	return true;
}

static void check_mounts(const struct node_box *b)
{
	EK_FREE char *text = NULL;
	int n = 0;

	ck_assert_int_eq(ek_file_read(AT_FDCWD, "/proc/self/mounts", LOG_MAX, &text, NULL, NULL), 0);
	for (const char *at = text; (at = strstr(at, b->images.dir)); at++)
		n++;
	ck_assert_msg(n == 1, "%d mounts instead of the test's own:\n%s", n, text); /* run itself */
}

void node_box_close(struct node_box *b)
{
	struct ek_node_options o;
	struct ek_err err = { 0 };

	if (b->node)
		node_box_stop(b);
	o = node_box_options(b);
	ck_assert_msg(ek_node_remove_all(&o, &err) == 0, "%s", err.msg);
	check_mounts(b);
	node_box_sh("! find /sys/fs/cgroup -maxdepth 3 -name %s 2>/dev/null | grep .", b->cgroup);
	fake_client_free(b->api);
	ck_assert_int_eq(umount2(b->run, MNT_DETACH), 0);
	image_box_close(&b->images);
}

/* ---- pods ---- */

void node_box_spec(struct node_box *b, const char *name, const char *spec)
{
	EK_FREE char *text = ek_str_fmt("{'metadata':{'name':'%s','namespace':'default'},'spec':{'nodeName':'n1','hostNetwork':true,%s}}",
					name, spec);

	fake_client_put_text(b->api, &ek_kind_pod, text);
}

void node_box_pod(struct node_box *b, const char *name, const char *more, const char *container,
		  const char *script)
{
	EK_FREE char *spec = ek_str_fmt("%s'containers':[{'name':'c','image':'box:1','imagePullPolicy':'IfNotPresent',%s"
					"'command':['sh','-c','%s']}]", more, container, script);

	node_box_spec(b, name, spec);
}

static void on_deleted(struct ek_call *c, int rc)
{
	(void)rc;
	ek_call_done(c);
}

void node_box_delete(struct node_box *b, const char *name, int64_t grace_s)
{
	static struct ek_call call;

	ek_call_init(&call, EK_DO_DELETE, &ek_kind_pod, "default", name, on_deleted);
	call.grace_s = grace_s;
	ek_call_start(fake_client_of(b->api), &call);
	node_box_turns(b, 5);
}

/* ---- looking ---- */

void node_box_turns(struct node_box *b, int ms)
{
	int64_t until = ek_clock_mono_ms() + ms;

	do
		if (!ek_loop_turn(b->images.loop))
			(void)usleep(500);
	while (ek_clock_mono_ms() < until);
}

char *node_box_value(struct node_box *b, const char *name, const char *path)
{
	const struct ek_json *pod = fake_client_get(b->api, &ek_kind_pod, "default", name);
	const struct ek_json *v = pod ? ek_json_at(pod, path) : NULL;

	return !v ? NULL : ek_json_str(v) ? ek_str_dup(ek_json_str(v)) : ek_json_text(v);
}

void node_box_sees(struct node_box *b, const char *name, const char *path, const char *value)
{
	int64_t until = ek_clock_mono_ms() + WAIT_MS;

	for (;;) {
		EK_FREE char *now = node_box_value(b, name, path);

		if (now && ek_streq(now, value))
			return;
		if (ek_clock_mono_ms() > until) {
			EK_FREE char *all = node_box_value(b, name, "status");

			ck_abort_msg("%s of %s is %s, not %s; status: %s", path, name, now ? now : "(nothing)", value, all ? all : "-");
		}
		node_box_turns(b, 1);
	}
}

static void wait_for(struct node_box *b, bool (*is)(struct node_box *b, const char *name),
		     const char *name, const char *what)
{
	int64_t until = ek_clock_mono_ms() + WAIT_MS;

	while (!is(b, name)) {
		ck_assert_msg(ek_clock_mono_ms() < until, "never: %s", what);
		node_box_turns(b, 1);
	}
}

static bool is_gone(struct node_box *b, const char *name)
{
	return !fake_client_get(b->api, &ek_kind_pod, "default", name);
}

void node_box_sees_none(struct node_box *b, const char *name)
{
	wait_for(b, is_gone, name, EK_F("pod %s is gone", name));
}

static bool is_quiet(struct node_box *b, const char *name)
{
	(void)name;
	return node_box_files(b, "pods") + node_box_files(b, "containers") + node_box_files(b, "logs") == 0;
}

void node_box_quiet(struct node_box *b)
{
	wait_for(b, is_quiet, "", "nothing is left on the disk");
	ck_assert_int_eq(node_box_files(b, "../run/ns") + node_box_files(b, "../run/shm") + node_box_files(b, "../run/volumes"), 0);
	node_box_sh("! find /sys/fs/cgroup -path '*%s/kubepods/*' -name 'pod*' -type d 2>/dev/null | grep .", b->cgroup);
}

int node_box_files(struct node_box *b, const char *folder)
{
	EK_FREE char *path = ek_path_join(b->data, folder);
	DIR *d = opendir(path);
	int n = 0;

	for (struct dirent *e; d && (e = readdir(d));)
		n += e->d_name[0] != '.';
	if (d)
		closedir(d);
	return n;
}

static const char *find_event(const struct node_box *b, const char *name, const char *reason)
{
	const struct ek_json *e;

	for (size_t i = 0; (e = fake_client_nth(b->api, &ek_kind_event, i)); i++)
		if (ek_streq(ek_json_str_at(e, "involvedObject.name"), name) && ek_streq(ek_json_str_at(e, "reason"), reason))
			return ek_json_str_at(e, "message");
	return NULL;
}

const char *node_box_event(struct node_box *b, const char *name, const char *reason)
{
	const char *message = find_event(b, name, reason);

	if (message)
		return message;
	fake_client_settle(b->api); /* it comes a turn later than what it tells of */
	return find_event(b, name, reason);
}

char *node_box_log(struct node_box *b, const char *name, int attempt)
{
	EK_FREE char *uid = node_box_value(b, name, "metadata.uid");
	EK_FREE char *path = ek_str_fmt("%s/logs/default_%s_%s/c/%d.log", b->data, name, uid, attempt);
	char *text = NULL;

	ck_assert_int_eq(ek_file_read(AT_FDCWD, path, LOG_MAX, &text, NULL, NULL), 0);
	return strip_stamps(text);
}
