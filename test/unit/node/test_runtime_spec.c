/* SPDX-License-Identifier: Apache-2.0 */
#include "ek_test.h"

#include <ctype.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/capability.h>
#include <sys/stat.h>
#include <unistd.h>

#include <ekube/file.h>
#include <ekube/str.h>

#include "spec/runtime_spec.h"
#include "spec/spec_security.h"

#define S(text) ((char *)(uintptr_t)(text)) /* read only, but declared otherwise */

static char *words_entry[] = { S("/entry"), NULL }, *words_cmd[] = { S("serve"), S("$(A)"), NULL },
	    *words_env[] = { S("PATH=/img/bin"), S("LANG=C"), NULL }, *none[] = { NULL };

static struct ek_image_config image = { .entrypoint = words_entry,
					.cmd = words_cmd,
					.env = words_env,
					.ports = none,
					.volumes = none,
					.user = S(""),
					.working_dir = S("/srv"),
					.stop_signal = S("") };

static struct ek_spec_mount mounts[] = {
	{ S("/v/deep"), S("/data/deep/er"), false, false, EK_PROP_NONE },
	{ S("/v/ro"), S("/data"), true, false, EK_PROP_HOST_TO_CONTAINER },
	{ S("/v/hosts"), S("/etc/hosts"), false, false, EK_PROP_NONE },
};

struct spec {
	struct ek_json *pod, *container, *config;
	struct ek_map env;
	struct ek_user user;
	struct ek_spec_input in;
	struct ek_err err;
};

/* pod: members of spec; container: the whole */
static int spec_make(struct spec *s, const char *pod, const char *container, bool unified)
{
	EK_JSON struct ek_json *spec = ek_json_make(pod);

	*s = (struct spec){ 0 };
	s->pod = ek_json_make("{'metadata':{'name':'p','namespace':'n','uid':'u'},'spec':%v}", spec);
	s->container = ek_json_make(container);
	if (!ek_json_at(s->pod, "spec.containers")) {
		ek_json_unref(s->pod);
		ek_json_set(spec, "containers", ek_json_make("[%v]", s->container));
		s->pod = ek_json_make("{'metadata':{'name':'p','namespace':'n','uid':'u'},'spec':%v}", spec);
	}
	(void)ek_map_put(&s->env, "A", S("1"));
	(void)ek_map_put(&s->env, "LANG", S("de"));
	s->user = (struct ek_user){ .uid = 7, .gid = 8, .groups = { 8, 9 }, .n_groups = 2, .home = "/h" };
	s->in = (struct ek_spec_input){
		.pod = s->pod, .container = s->container, .image = &image, .env = &s->env, .user = &s->user, .root = "/c/rootfs",
		.hostname = "web-1", .cgroup = "/ekube/x", .netns = "/run/netns/u", .ipcns = "/run/ipc", .utsns = "/run/uts",
		.shm = "/run/shm", .mounts = mounts, .n_mounts = EK_ARRAY_LEN(mounts),
		.machine = { .unified = unified, .swap_limit = true, .memory = 1000000 },
	};
	return ek_runtime_spec(&s->in, &s->config, &s->err);
}

static void spec_done(struct spec *s)
{
	ek_map_done(&s->env);
	ek_json_unref(s->pod);
	ek_json_unref(s->container);
	ek_json_unref(s->config);
}

static const struct {
	const char *pod, *container, *path, *want; /* JSON; NULL: absent */
} rows[] = {
	{ "{}", "{'name':'c'}", "process.args", "[\"/entry\",\"serve\",\"$(A)\"]" }, /* the image's own are not expanded */
	{ "{}", "{'name':'c','args':['x$(A)']}", "process.args", "[\"/entry\",\"x1\"]" },
	{ "{}", "{'name':'c','command':['/bin/a','$(B)']}", "process.args", "[\"/bin/a\",\"$(B)\"]" },
	{ "{}", "{'name':'c','command':['/bin/a'],'args':['b']}", "process.args", "[\"/bin/a\",\"b\"]" },
	{ "{}", "{'name':'c'}", "process.env",
	  "[\"PATH=/img/bin\",\"HOSTNAME=web-1\",\"LANG=de\",\"A=1\",\"HOME=/h\"]" },
	{ "{}", "{'name':'c','tty':true}", "process.env.2", "\"TERM=xterm\"" },
	{ "{}", "{'name':'c','tty':true}", "process.terminal", "true" },
	{ "{}", "{'name':'c'}", "process.cwd", "\"/srv\"" },
	{ "{}", "{'name':'c','workingDir':'/w'}", "process.cwd", "\"/w\"" },
	{ "{}", "{'name':'c'}", "process.user", "{\"uid\":7,\"gid\":8,\"additionalGids\":[8,9]}" },
	{ "{}", "{'name':'c'}", "process.noNewPrivileges", "false" },
	{ "{}", "{'name':'c','securityContext':{'allowPrivilegeEscalation':false}}", "process.noNewPrivileges", "true" },
	{ "{}", "{'name':'c'}", "process.oomScoreAdj", "1000" },
	{ "{'priority':2000001000}", "{'name':'c'}", "process.oomScoreAdj", "-997" },
	{ "{}", "{'name':'c','resources':{'requests':{'memory':'100000'}}}", "process.oomScoreAdj", "900" },
	{ "{}", "{'name':'c','resources':{'requests':{'memory':'1'}}}", "process.oomScoreAdj", "999" },
	{ "{}", "{'name':'c','resources':{'requests':{'memory':'2000000'}}}", "process.oomScoreAdj", "3" },
	{ "{}", "{'name':'c','resources':{'requests':{'memory':'9','cpu':'1'},'limits':{'memory':'9','cpu':'1'}}}",
	  "process.oomScoreAdj", "-997" },
	{ "{'containers':[{'name':'m','resources':{'requests':{'memory':'500000'}}}]}", "{'name':'s','restartPolicy':'Always'}",
	  "process.oomScoreAdj", "500" },
	{ "{}", "{'name':'c'}", "root", "{\"path\":\"/c/rootfs\",\"readonly\":false}" },
	{ "{}", "{'name':'c','securityContext':{'readOnlyRootFilesystem':true}}", "root.readonly", "true" },
	{ "{}", "{'name':'c'}", "hostname", "\"web-1\"" },
	{ "{}", "{'name':'c'}", "linux.cgroupsPath", "\"/ekube/x\"" },
	{ "{}", "{'name':'c'}", "linux.namespaces",
	  "[{\"type\":\"mount\"},{\"type\":\"pid\"},{\"type\":\"network\",\"path\":\"/run/netns/u\"},"
	  "{\"type\":\"ipc\",\"path\":\"/run/ipc\"},{\"type\":\"uts\",\"path\":\"/run/uts\"}]" },
	{ "{'hostPID':true}", "{'name':'c'}", "linux.namespaces.1.type", "\"network\"" },
	{ "{}", "{'name':'c'}", "linux.resources",
	  "{\"devices\":[{\"allow\":false,\"access\":\"rwm\"}],\"cpu\":{\"shares\":2}}" },
	{ "{}", "{'name':'c','resources':{'limits':{'cpu':'500m','memory':'64Mi'}}}", "linux.resources.cpu",
	  "{\"shares\":512,\"quota\":50000,\"period\":100000}" },
	{ "{}", "{'name':'c','resources':{'limits':{'cpu':'500m'},'requests':{'cpu':'100m'}}}", "linux.resources.cpu.shares", "102" },
	{ "{}", "{'name':'c','resources':{'limits':{'memory':'64Mi'}}}", "linux.resources.memory",
	  "{\"limit\":67108864,\"swap\":67108864}" },
	{ "{}", "{'name':'c'}", "linux.maskedPaths.0", "\"/proc/asound\"" },
	{ "{}", "{'name':'c','securityContext':{'procMount':'Unmasked'}}", "linux.maskedPaths", NULL },
	{ "{}", "{'name':'c','securityContext':{'privileged':true}}", "linux.maskedPaths", NULL },
	{ "{}", "{'name':'c','securityContext':{'privileged':true}}", "linux.readonlyPaths", NULL },
	{ "{}", "{'name':'c','securityContext':{'privileged':true}}", "linux.resources.devices",
	  "[{\"allow\":true,\"access\":\"rwm\"}]" },
	{ "{}", "{'name':'c'}", "linux.seccomp", NULL },
	{ "{'securityContext':{'seccompProfile':{'type':'RuntimeDefault'}}}", "{'name':'c'}", "linux.seccomp.defaultAction",
	  "\"SCMP_ACT_ERRNO\"" },
	{ "{'securityContext':{'seccompProfile':{'type':'RuntimeDefault'}}}",
	  "{'name':'c','securityContext':{'seccompProfile':{'type':'Unconfined'}}}", "linux.seccomp", NULL },
	{ "{'securityContext':{'seccompProfile':{'type':'RuntimeDefault'}}}", "{'name':'c','securityContext':{'privileged':true}}",
	  "linux.seccomp", NULL },
	{ "{'securityContext':{'sysctls':[{'name':'net/core/x','value':'1'},{'name':'kernel.y','value':'2'}]}}", "{'name':'c'}",
	  "linux.sysctl", "{\"net.core.x\":\"1\",\"kernel.y\":\"2\"}" },
	{ "{}", "{'name':'c'}", "linux.rootfsPropagation", "\"rslave\"" },
	{ "{}", "{'name':'c'}", "mounts.0", "{\"destination\":\"/proc\",\"type\":\"proc\",\"source\":\"proc\",\"options\":"
					     "[\"nosuid\",\"noexec\",\"nodev\"]}" },
	{ "{}", "{'name':'c'}", "mounts.4.options.3", "\"ro\"" },
	{ "{}", "{'name':'c','securityContext':{'privileged':true}}", "mounts.4.options.3", "\"rw\"" },
	{ "{}", "{'name':'c'}", "mounts.6.source", "\"/run/shm\"" },
	{ "{'hostIPC':true}", "{'name':'c'}", "mounts.3.type", "\"mqueue\"" },
	{ "{}", "{'name':'c'}", "mounts.7", "{\"destination\":\"/data\",\"type\":\"bind\",\"source\":\"/v/ro\",\"options\":"
					     "[\"rbind\",\"rslave\",\"ro\"]}" },
	{ "{}", "{'name':'c'}", "mounts.8.destination", "\"/etc/hosts\"" },
	{ "{}", "{'name':'c'}", "mounts.9.destination", "\"/data/deep/er\"" },
};

START_TEST(configures)
{
	struct spec s;
	EK_FREE char *got = NULL;
	const struct ek_json *v;

	ck_assert_int_eq(spec_make(&s, rows[_i].pod, rows[_i].container, false), 0);
	v = ek_json_at(s.config, rows[_i].path);
	got = v ? ek_json_text(v) : NULL;
	ck_assert_msg(ek_streq(got, rows[_i].want), "%s: want %s, got %s", rows[_i].path, rows[_i].want ? rows[_i].want : "none",
		      got ? got : "none");
	spec_done(&s);
}
END_TEST

START_TEST(configures_unified)
{
	struct spec s;

	ck_assert_int_eq(spec_make(&s, "{}", "{'name':'c'}", true), 0);
	ck_assert_str_eq(ek_json_str_at(s.config, "linux.namespaces.5.type"), "cgroup");
	ck_assert_str_eq(ek_json_str(ek_json_get(ek_json_at(s.config, "linux.resources.unified"), "memory.oom.group")), "1");
	spec_done(&s);
}
END_TEST

START_TEST(user_mounts_win)
{
	struct spec s;
	struct ek_spec_mount own[] = { { S("/v/shm"), S("/dev/shm/"), false, false, 0 }, { S("/v/sys"), S("/sys"), true, true, 0 } };

	ck_assert_int_eq(spec_make(&s, "{}", "{'name':'c'}", false), 0);
	s.in.mounts = own;
	s.in.n_mounts = 2;
	EK_JSON struct ek_json *list = ek_spec_mounts(&s.in);
	for (size_t i = 0; i < ek_json_len(list); i++) {
		ck_assert_str_ne(ek_json_str_at(ek_json_elem(list, i), "source"), "/run/shm");
		ck_assert_str_ne(ek_json_str_at(ek_json_elem(list, i), "type"), "sysfs");
	}
	ck_assert_int_eq(ek_json_len(list), 7);
	ck_assert(ek_json_has_str(ek_json_get(ek_json_elem(list, 5), "options"), "rro"));
	spec_done(&s);
}
END_TEST

START_TEST(needs_a_command)
{
	struct spec s;

	image.entrypoint = image.cmd = none;
	ck_assert_int_eq(spec_make(&s, "{}", "{'name':'c'}", false), EK_EINVALID);
	ck_assert_str_eq(s.err.msg, "failed to generate spec: no command specified");
	spec_done(&s);
}
END_TEST

START_TEST(makes_exec)
{
	struct spec s;
	const char *command[] = { "ls", "-l", NULL };

	ck_assert_int_eq(spec_make(&s, "{}", "{'name':'c'}", false), 0);
	EK_JSON struct ek_json *p = ek_runtime_spec_exec(s.config, command, true);
	EK_FREE char *args = ek_json_text(ek_json_get(p, "args"));
	ck_assert_str_eq(args, "[\"ls\",\"-l\"]");
	ck_assert(ek_json_bool_at(p, "terminal", false));
	ck_assert_int_eq(ek_json_int_at(p, "user.uid", 0), 7);
	ck_assert(!ek_json_bool_at(s.config, "process.terminal", true));
	spec_done(&s);
}
END_TEST

/* ---- capabilities ---- */

static const struct {
	bool        privileged;
	const char *change;
	const char *has, *has_not, *error;
	int         n; /* how many; 0: many */
} cap_rows[] = {
	{ false, "{}", "CAP_CHOWN", "CAP_SYS_ADMIN", NULL, 14 },
	{ true, "{}", "CAP_SYS_ADMIN", NULL, NULL, 0 },
	{ false, "{'add':['NET_ADMIN']}", "CAP_NET_ADMIN", "CAP_SYS_ADMIN", NULL, 15 },
	{ false, "{'add':['cap_net_admin']}", "CAP_NET_ADMIN", "CAP_SYS_ADMIN", NULL, 15 },
	{ false, "{'drop':['KILL']}", "CAP_CHOWN", "CAP_KILL", NULL, 13 },
	{ false, "{'drop':['ALL'],'add':['KILL']}", "CAP_KILL", "CAP_CHOWN", NULL, 1 },
	{ false, "{'add':['ALL'],'drop':['KILL']}", "CAP_SYS_ADMIN", "CAP_KILL", NULL, 0 },
	{ false, "{'add':['NONSENSE']}", NULL, NULL, "unknown capability \"NONSENSE\"", 0 },
	{ false, "{'drop':['']}", NULL, NULL, "unknown capability \"\"", 0 },
};

START_TEST(capabilities)
{
	EK_JSON struct ek_json *change = ek_json_make(cap_rows[_i].change);
	EK_JSON struct ek_json *list = NULL;
	struct ek_err err = { 0 };
	int rc = ek_spec_capabilities(cap_rows[_i].privileged, change, &list, &err);

	if (cap_rows[_i].error) {
		ck_assert_int_lt(rc, 0);
		ck_assert_str_eq(err.msg, cap_rows[_i].error);
		return;
	}
	ck_assert_int_eq(rc, 0);
	ck_assert(ek_json_has_str(list, cap_rows[_i].has));
	ck_assert(!cap_rows[_i].has_not || !ek_json_has_str(list, cap_rows[_i].has_not));
	if (cap_rows[_i].n)
		ck_assert_int_eq(ek_json_len(list), cap_rows[_i].n);
	else
		ck_assert_int_gt(ek_json_len(list), 30);
}
END_TEST

/* Privileged is as much as this process could have: what was taken from it nobody can give. */
START_TEST(capabilities_within_bounds)
{
	EK_JSON struct ek_json *list = NULL;

	(void)cap_drop_bound(CAP_WAKE_ALARM); /* only root can; what holds then must hold without */
	ck_assert_int_eq(ek_spec_capabilities(true, NULL, &list, NULL), 0);
	for (cap_value_t i = 0; i < cap_max_bits(); i++) {
		char *name = cap_to_name(i);

		for (char *c = name; *c; c++)
			*c = (char)toupper((unsigned char)*c);
		ck_assert_int_eq(ek_json_has_str(list, name), cap_get_bound(i) > 0);
		cap_free(name);
	}
}
END_TEST

/* ---- seccomp ---- */

static bool allows(const struct ek_json *profile, const char *name)
{
	return ek_json_has_str(ek_json_at(profile, "syscalls.0.names"), name);
}

START_TEST(seccomp_profile)
{
	EK_JSON struct ek_json *plain = ek_json_make("['CAP_CHOWN']"), *admin = ek_json_make("['CAP_SYS_ADMIN']");
	EK_JSON struct ek_json *p = ek_spec_seccomp_default(plain),
			       *a = ek_spec_seccomp_default(admin);
	struct ek_err err;

	ck_assert(allows(p, "read") && allows(p, "execve") && allows(p, "futex"));
	ck_assert(!allows(p, "mount") && !allows(p, "clone") && !allows(p, "bpf") && !allows(p, "keyctl"));
	ck_assert(allows(a, "mount") && allows(a, "clone") && !allows(a, "reboot"));
	/* user namespaces are closed without the capability, and clone3 says it does not exist */
	ck_assert_ptr_nonnull(ek_json_find(ek_json_get(p, "syscalls"), "action", "SCMP_ACT_ERRNO", NULL));
	ck_assert_ptr_null(ek_json_find(ek_json_get(a, "syscalls"), "action", "SCMP_ACT_ERRNO", NULL));
	ck_assert_int_eq(ek_spec_seccomp_check(p, &err), 0);
	ck_assert_int_lt(ek_spec_seccomp_check(plain, &err), 0);
}
END_TEST

/* ---- users ---- */

static const char passwd[] = "root:x:0:0:root:/root:/bin/sh\nweb:x:101:102::/var/www:\nbad line\n:x:5\nbig:x:99999999999:1::/:\n";
static const char group[] = "root:x:0:\nweb:x:102:\nadm:x:4:web,other\nsys:x:3:webby\nlog:x:200:other,web\n";

static const struct {
	const char *pod, *container, *image;
	int64_t     uid, gid;
	const char *groups, *home, *error;
} user_rows[] = {
	{ "{}", "{}", "", 0, 0, "0", "/root", NULL },
	{ "{}", "{}", "web", 101, 102, "102 4 200", "/var/www", NULL },
	{ "{}", "{}", "web:adm", 101, 4, "4 200", "/var/www", NULL },
	{ "{}", "{}", "101", 101, 102, "102 4 200", "/var/www", NULL },
	{ "{}", "{}", "1000", 1000, 0, "0", "/", NULL },
	{ "{}", "{}", "1000:7", 1000, 7, "7", "/", NULL },
	{ "{}", "{}", "nobody", 0, 0, NULL, NULL, "unable to find user nobody: no matching entries in passwd file" },
	{ "{}", "{}", "web:none", 0, 0, NULL, NULL, "unable to find group none: no matching entries in group file" },
	{ "{}", "{'securityContext':{'runAsUser':5}}", "web", 5, 0, "0", "/", NULL },
	{ "{'runAsUser':101}", "{}", "", 101, 102, "102 4 200", "/var/www", NULL },
	{ "{'runAsUser':6,'runAsGroup':9}", "{'securityContext':{'runAsUser':5}}", "", 5, 9, "9", "/", NULL },
	{ "{'fsGroup':50,'supplementalGroups':[60,50]}", "{}", "", 0, 0, "0 60 50", "/root", NULL },
	{ "{'supplementalGroupsPolicy':'Strict','supplementalGroups':[60]}", "{}", "web", 101, 102, "102 60", "/var/www", NULL },
	{ "{'runAsNonRoot':true}", "{'name':'c'}", "", 0, 0, NULL, NULL,
	  "container has runAsNonRoot and image will run as root (pod: \"p_n(u)\", container: c)" },
	{ "{'runAsNonRoot':true}", "{'name':'c'}", "web", 0, 0, NULL, NULL,
	  "container has runAsNonRoot and image has non-numeric user (web), cannot verify user is non-root "
	  "(pod: \"p_n(u)\", container: c)" },
	{ "{'runAsNonRoot':true}", "{'name':'c'}", "101", 101, 102, "102 4 200", "/var/www", NULL },
	{ "{'runAsNonRoot':true,'runAsUser':0}", "{'name':'c'}", "101", 0, 0, NULL, NULL,
	  "container's runAsUser breaks non-root policy (pod: \"p_n(u)\", container: c)" },
	{ "{'runAsNonRoot':true}", "{'name':'c','securityContext':{'runAsNonRoot':false}}", "", 0, 0, "0", "/root", NULL },
};

START_TEST(users)
{
	char dir[] = "/tmp/ek-user-XXXXXX", path[64];
	EK_JSON struct ek_json *sc = ek_json_make(user_rows[_i].pod),
			       *container = ek_json_make(user_rows[_i].container);
	EK_JSON struct ek_json *pod = ek_json_make("{'metadata':{'name':'p','namespace':'n','uid':'u'},'spec':"
						   "{'securityContext':%v}}", sc);
	struct ek_user u;
	struct ek_err err = { 0 };
	int fd, rc;

	ck_assert_ptr_nonnull(mkdtemp(dir));
	fd = open(dir, O_RDONLY | O_DIRECTORY);
	snprintf(path, sizeof(path), "%s/etc", dir);
	ck_assert_int_eq(mkdir(path, 0755), 0);
	ck_assert_int_eq(ek_file_write(fd, "etc/passwd", passwd, strlen(passwd), 0644, false, NULL), 0);
	ck_assert_int_eq(ek_file_write(fd, "etc/group", group, strlen(group), 0644, false, NULL), 0);
	rc = ek_user_resolve(fd, pod, container, user_rows[_i].image, &u, &err);
	ck_assert_int_eq(ek_dir_remove(AT_FDCWD, dir, NULL), 0);
	close(fd);
	if (user_rows[_i].error) {
		ck_assert_int_lt(rc, 0);
		ck_assert_str_eq(err.msg, user_rows[_i].error);
	} else {
		struct ek_buf b = EK_BUF_INIT(256);

		ck_assert_msg(rc == 0, "%s", err.msg);
		for (size_t i = 0; i < u.n_groups; i++)
			(void)ek_buf_fmt(&b, "%s%d", i ? " " : "", (int)u.groups[i]);
		ck_assert_int_eq(u.uid, user_rows[_i].uid);
		ck_assert_int_eq(u.gid, user_rows[_i].gid);
		ck_assert_str_eq(b.data, user_rows[_i].groups);
		ck_assert_str_eq(u.home, user_rows[_i].home);
		ek_buf_done(&b);
	}
}
END_TEST

START_TEST(units)
{
	ck_assert_int_eq(ek_cpu_shares(0), 2);
	ck_assert_int_eq(ek_cpu_shares(1000), 1024);
	ck_assert_int_eq(ek_cpu_shares(1000000), 262144);
	ck_assert_int_eq(ek_cpu_quota(0), 0);
	ck_assert_int_eq(ek_cpu_quota(1), 1000);
	ck_assert_int_eq(ek_cpu_quota(2500), 250000);
	ck_assert_int_eq(ek_cpu_weight(2), 1);
	ck_assert_int_eq(ek_cpu_weight(1024), 39);
	ck_assert_int_eq(ek_cpu_weight(262144), 10000);
}
END_TEST

EK_TESTS("node/runtime_spec", EK_ROWS(configures, rows), configures_unified, user_mounts_win,
	 needs_a_command, makes_exec, EK_ROWS(capabilities, cap_rows), capabilities_within_bounds,
	 seccomp_profile, EK_ROWS(users, user_rows), units)
