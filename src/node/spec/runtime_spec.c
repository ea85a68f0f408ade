/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime_spec.h"

#include <string.h>

#include <ekube/str.h>

#include "env.h"
#include "podspec.h"
#include "spec_security.h"

static const char *const masked[] = {
	"/proc/asound",     "/proc/acpi",        "/proc/kcore", "/proc/keys",    "/proc/latency_stats", "/proc/timer_list",
	"/proc/timer_stats", "/proc/sched_debug", "/proc/scsi",  "/sys/firmware", "/sys/devices/virtual/powercap",
};

static const char *const read_only[] = {
	"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger",
};

bool ek_spec_is_privileged(const struct ek_json *container)
{
	return ek_json_bool_at(container, "securityContext.privileged", false);
}

static struct ek_json *list_of(const char *const *items, size_t n)
{
	struct ek_json *list = ek_json_array();

	for (size_t i = 0; i < n; i++)
		ek_json_append(list, ek_json_new_str(items[i]));
	return list;
}

/* ---- process ---- */

static void add_expanded(const struct ek_spec_input *in, const struct ek_json *list,
			 struct ek_json *args)
{
	for (size_t i = 0; i < ek_json_len(list); i++) {
		EK_FREE char *s = ek_env_expand_map(ek_json_str(ek_json_elem(list, i)), in->env);

		ek_json_append(args, ek_json_new_str(s));
	}
}

static void add_words(char *const *words, struct ek_json *args)
{
	for (; *words; words++)
		ek_json_append(args, ek_json_new_str(*words));
}

/* command replaces the image's entrypoint and its arguments, args only its arguments */
static int put_args(const struct ek_spec_input *in, struct ek_json *process, struct ek_err *err)
{
	const struct ek_json *command = ek_json_get(in->container, "command");
	const struct ek_json *given = ek_json_get(in->container, "args");
	struct ek_json *args = ek_json_array();

	if (ek_json_len(command) > 0)
		add_expanded(in, command, args);
	else
		add_words(in->image->entrypoint, args);
	if (ek_json_len(given) > 0)
		add_expanded(in, given, args);
	else if (ek_json_len(command) == 0)
		add_words(in->image->cmd, args);
	ek_json_set(process, "args", args);
	if (ek_json_len(args) == 0)
		return ek_fail(err, EK_EINVALID, "failed to generate spec: no command specified");
	return 0;
}

static void set_variable(struct ek_map *seen, struct ek_json *list, const char *name,
			 const char *value)
{
	void *at = ek_map_get(seen, name);
	struct ek_json *text = ek_json_new_fmt("%s=%s", name, value);

	if (at) {
		ek_json_replace(list, (size_t)(uintptr_t)at - 1, text);
		return;
	}
	ek_json_append(list, text);
	(void)ek_map_put(seen, name, (void *)(uintptr_t)ek_json_len(list));
}

/* Later ones replace earlier ones: the usual, the image's, the pod's. */
static struct ek_json *environment(const struct ek_spec_input *in, bool tty)
{
	struct ek_json *list = ek_json_array();
	struct ek_map seen = { 0 };

	set_variable(&seen, list, "PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
	set_variable(&seen, list, "HOSTNAME", in->hostname);
	if (tty)
		set_variable(&seen, list, "TERM", "xterm");
	for (char *const *e = in->image->env; *e; e++) {
		const char *eq = strchr(*e, '=');
		EK_FREE char *name = eq ? ek_str_ndup(*e, (size_t)(eq - *e)) : NULL;

		if (eq)
			set_variable(&seen, list, name, eq + 1);
	}
	for (struct ek_map_entry *e = NULL; (e = ek_map_next(in->env, e));)
		set_variable(&seen, list, e->key, e->value);
	if (!ek_map_get(&seen, "HOME"))
		set_variable(&seen, list, "HOME", in->user->home);
	ek_map_done(&seen);
	return list;
}

static struct ek_json *user(const struct ek_user *u)
{
	struct ek_json *o = ek_json_make("{'uid':%D,'gid':%D}", u->uid, u->gid);
	struct ek_json *groups = ek_json_array();

	for (size_t i = 0; i < u->n_groups; i++)
		ek_json_append(groups, ek_json_new_int(u->groups[i]));
	ek_json_set(o, "additionalGids", groups);
	return o;
}

static struct ek_json *capability_sets(const struct ek_json *names)
{
	static const char *const sets[] = { "bounding", "effective", "permitted" };
	struct ek_json *o = ek_json_object();

	for (size_t i = 0; i < EK_ARRAY_LEN(sets); i++)
		ek_json_set(o, sets[i], ek_json_ref(names));
	return o;
}

static bool no_new_privileges(const struct ek_json *container)
{
	return !ek_json_bool_at(container, "securityContext.allowPrivilegeEscalation", true) &&
	       !ek_spec_is_privileged(container);
}

static int put_process(const struct ek_spec_input *in, struct ek_json *config,
		       const struct ek_json *caps, struct ek_err *err)
{
	bool tty = ek_json_bool_at(in->container, "tty", false);
	const char *cwd = ek_json_str_at(in->container, "workingDir");
	struct ek_json *p = ek_json_make("{'terminal':%b}", tty);
	int rc;

	ek_json_set(config, "process", p);
	rc = put_args(in, p, err);
	if (rc < 0)
		return rc;
	if (ek_str_empty(cwd))
		cwd = in->image->working_dir;
	ek_json_set(p, "user", user(in->user));
	ek_json_set(p, "env", environment(in, tty));
	ek_json_set(p, "cwd", ek_json_new_fmt("%s%s", cwd[0] == '/' ? "" : "/", cwd));
	ek_json_set(p, "capabilities", capability_sets(caps));
	ek_json_set_bool(p, "noNewPrivileges", no_new_privileges(in->container));
	ek_json_set_int(p, "oomScoreAdj", ek_spec_oom_score(in->pod, in->container, in->machine.memory));
	return 0;
}

/* ---- linux ---- */

static void add_namespace(struct ek_json *list, const char *type, const char *path)
{
	ek_json_append(list, ek_json_make("{'type':%s,'path':%s}", type, path));
}

static struct ek_json *namespaces(const struct ek_spec_input *in)
{
	struct ek_json *list = ek_json_array();

	add_namespace(list, "mount", NULL);
	if (in->pidns || !ek_json_bool_at(in->pod, "spec.hostPID", false))
		add_namespace(list, "pid", in->pidns);
	if (in->netns)
		add_namespace(list, "network", in->netns);
	if (in->ipcns)
		add_namespace(list, "ipc", in->ipcns);
	if (in->utsns)
		add_namespace(list, "uts", in->utsns);
	if (in->machine.unified && !ek_spec_is_privileged(in->container))
		add_namespace(list, "cgroup", NULL);
	return list;
}

const char *ek_spec_seccomp_type(const struct ek_json *pod, const struct ek_json *container,
				 const char **ret_file)
{
	const struct ek_json *profile = ek_security_field(pod, container, "seccompProfile");
	const char *type = ek_json_str_at(profile, "type");

	*ret_file = ek_json_str_at(profile, "localhostProfile");
	if (!type || ek_spec_is_privileged(container))
		return "Unconfined";
	return type;
}

static struct ek_json *seccomp(const struct ek_spec_input *in, const struct ek_json *caps)
{
	const char *file, *type = ek_spec_seccomp_type(in->pod, in->container, &file);

	if (ek_streq(type, "RuntimeDefault"))
		return ek_spec_seccomp_default(caps);
	return ek_streq(type, "Localhost") && in->localhost_profile ? ek_json_ref(in->localhost_profile) : NULL;
}

static const char *root_propagation(const struct ek_spec_input *in)
{
	enum ek_propagation most = EK_PROP_NONE;

	for (size_t i = 0; i < in->n_mounts; i++)
		most = EK_MAX(most, in->mounts[i].propagation);
	return most == EK_PROP_BIDIRECTIONAL	 ? "rshared" :
	       most == EK_PROP_HOST_TO_CONTAINER ? "rslave" :
						   NULL;
}

static struct ek_json *sysctls(const struct ek_json *pod)
{
	const struct ek_json *list = ek_json_at(pod, "spec.securityContext.sysctls");
	struct ek_json *o = ek_json_len(list) ? ek_json_object() : NULL;

	for (size_t i = 0; i < ek_json_len(list); i++) {
		/* runtimes know the spelling with dots only */
		EK_FREE char *name = ek_podspec_sysctl_name(ek_json_str_at(ek_json_elem(list, i), "name"));

		ek_json_set_str(o, name, ek_json_str_at(ek_json_elem(list, i), "value"));
	}
	return o;
}

static struct ek_json *linux_part(const struct ek_spec_input *in, const struct ek_json *caps)
{
	bool privileged = ek_spec_is_privileged(in->container);
	bool bare = ek_streq(ek_json_str_at(in->container, "securityContext.procMount"), "Unmasked");
	struct ek_json *o = ek_json_make("{'cgroupsPath':%s}", in->cgroup);

	ek_json_set(o, "namespaces", namespaces(in));
	ek_json_set(o, "resources", ek_spec_resources(in, privileged));
	ek_json_set_str(o, "rootfsPropagation", root_propagation(in));
	ek_json_set(o, "sysctl", sysctls(in->pod));
	ek_json_set(o, "seccomp", seccomp(in, caps));
	if (privileged && in->devices)
		ek_json_set(o, "devices", ek_json_ref(in->devices));
	if (!privileged && !bare) {
		ek_json_set(o, "maskedPaths", list_of(masked, EK_ARRAY_LEN(masked)));
		ek_json_set(o, "readonlyPaths", list_of(read_only, EK_ARRAY_LEN(read_only)));
	}
	return o;
}

/* ---- all of it ---- */

int ek_runtime_spec(const struct ek_spec_input *in, struct ek_json **ret, struct ek_err *err)
{
	bool privileged = ek_spec_is_privileged(in->container);
	bool ro = ek_json_bool_at(in->container, "securityContext.readOnlyRootFilesystem", false);
	EK_JSON struct ek_json *config = ek_json_make("{'ociVersion':'1.0.2'}");
	EK_JSON struct ek_json *caps = NULL;
	int rc = ek_spec_capabilities(privileged, ek_json_at(in->container, "securityContext.capabilities"), &caps, err);

	if (rc == 0)
		rc = put_process(in, config, caps, err);
	if (rc < 0)
		return rc;
	ek_json_set(config, "root", ek_json_make("{'path':%s,'readonly':%b}", in->root, ro));
	if (in->utsns)
		ek_json_set_str(config, "hostname", in->hostname);
	ek_json_set(config, "mounts", ek_spec_mounts(in));
	ek_json_set(config, "linux", linux_part(in, caps));
	*ret = ek_steal(config);
	return 0;
}

struct ek_json *ek_runtime_spec_exec(const struct ek_json *config, const char *const *command,
				     bool tty)
{
	struct ek_json *p = ek_json_copy(ek_json_get(config, "process"));
	struct ek_json *args = ek_json_array();

	for (; *command; command++)
		ek_json_append(args, ek_json_new_str(*command));
	ek_json_set(p, "args", args);
	ek_json_set_bool(p, "terminal", tty);
	if (tty)
		ek_json_append(ek_json_get(p, "env"), ek_json_new_str("TERM=xterm"));
	return p;
}
