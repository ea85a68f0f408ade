/* SPDX-License-Identifier: Apache-2.0 */
#include "sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <ekube/file.h>
#include <ekube/log.h>

#include "pod_files.h"
#include "spec/podspec.h"

/*
 *            ┌──► network ────────────┐
 *   setup ───┼──► cgroup, namespaces ─┼──► files with the address ──► READY
 *            └──► volumes ────────────┘
 *
 * All three at once. A failure is told and tried again; what has been made stays made: every
 * step is such that it
 * may be taken twice, which is also how a new ekube finds its way back into an old sandbox.
 */

enum {
	RETRY_MIN_MS = 1000,
	RETRY_MAX_MS = 60 * 1000,
	HOST_FILE_MAX = 64 << 10,
	REMOVE_WAIT_MS = 10 * 1000,
	PORTS_MAX = 1024
};

static void look(struct ek_pod *p);

/* ---- paths ---- */

static char *ns_dir(const struct ek_pod *p)
{
	return ek_path_join(p->node->dirs.ns, p->uid);
}

void ek_sandbox_paths(const struct ek_pod *p, struct ek_sandbox_paths *ret)
{
	const struct ek_json *pod = ek_pod_json(p);
	bool host_ipc = ek_json_bool_at(pod, "spec.hostIPC", false);
	EK_FREE char *ns = ns_dir(p);

	*ret = (struct ek_sandbox_paths){
		.ipc = host_ipc ? NULL : ek_path_join(ns, "ipc"),
		.shm = host_ipc ? NULL : ek_path_join(p->node->dirs.shm, p->uid),
		.uts = ek_podspec_host_network(pod) ? NULL : ek_path_join(ns, "uts"),
		.pid = ek_json_bool_at(pod, "spec.shareProcessNamespace", false) ? ek_path_join(ns, "pid") : NULL,
		.hosts = ek_path_join(p->dir, "etc-hosts"),
		.resolv = ek_path_join(p->dir, "etc-resolv.conf"),
		.hostname = ek_path_join(p->dir, "etc-hostname"),
	};
}

void ek_sandbox_paths_done(struct ek_sandbox_paths *paths)
{
	free(paths->ipc);
	free(paths->uts);
	free(paths->pid);
	free(paths->shm);
	free(paths->hosts);
	free(paths->resolv);
	free(paths->hostname);
}

const char *ek_sandbox_netns(const struct ek_pod *p)
{
	const struct ek_podnet_pod *net = p->node->net ? ek_podnet_get(p->node->net, p->uid) : NULL;

	return net && !ek_podspec_host_network(ek_pod_json(p)) ? net->netns : NULL;
}

const char *ek_pod_ip(const struct ek_pod *p)
{
	return ek_podspec_host_network(ek_pod_json(p)) ? p->node->ip : p->sandbox.ip;
}

/* ---- failure ---- */

static void on_retry(struct ek_timer *t)
{
	struct ek_pod *p = ek_container_of(t, struct ek_pod, sandbox.retry);

	p->sandbox.failed = false;
	look(p);
}

static void fail(struct ek_pod *p, const struct ek_err *err)
{
	struct ek_sandbox *s = &p->sandbox;

	if (p->node->stopping || (s->state != EK_SANDBOX_STARTING && s->state != EK_SANDBOX_READY))
		return;
	if (!s->failed && s->state == EK_SANDBOX_STARTING)
		ek_pod_event(p, NULL, "Warning", "FailedCreatePodSandBox", "Failed to create pod sandbox: %s", err->msg);
	s->failed = true;
	s->pause_ms = s->pause_ms ? EK_MIN(2 * s->pause_ms, (int64_t)RETRY_MAX_MS) : RETRY_MIN_MS;
	ek_timer_start(p->node->loop, &s->retry, s->pause_ms, on_retry);
}

/* ---- cgroup, namespaces, /dev/shm, files: in the pool ---- */

struct making {
	struct ek_work          work;
	struct ek_pod          *pod;
	struct ek_node         *node;
	struct ek_cgroups      *cgroups;
	struct ek_cgroup_limits limits;
	char                   *cgroup, *dir, *ns_dir, *shm, *pid, *hostname;
	bool                    ipc, uts;
	struct ek_err           err;
};

static int mount_shm(const char *path, struct ek_err *err)
{
	struct stat st, up;
	EK_FREE char *parent = ek_str_ndup(path, (size_t)(strrchr(path, '/') - path));
	int rc = ek_dir_make(AT_FDCWD, path, 0755, err);

	if (rc < 0)
		return rc;
	if (lstat(path, &st) == 0 && lstat(parent, &up) == 0 && st.st_dev != up.st_dev)
		return 0;
	if (mount("shm", path, "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=1777,size=65536k") < 0)
		return ek_fail_errno(err, "mount %s", path);
	return 0;
}

static int run_making(struct ek_work *w)
{
	struct making *m = ek_container_of(w, struct making, work);
	int rc = ek_dir_make(AT_FDCWD, m->dir, 0750, &m->err);

	if (rc == 0)
		rc = ek_cgroups_pod_make(m->cgroups, m->cgroup, &m->limits, &m->err);
	if (rc == 0)
		rc = ek_namespaces_pin(m->ns_dir, m->hostname, m->ipc, m->uts, &m->err);
	if (rc == 0 && m->pid)
		rc = ek_pidns_hold(m->cgroups, m->cgroup, m->node->shim, m->pid, &m->err);
	if (rc == 0 && m->shm)
		rc = mount_shm(m->shm, &m->err);
	return rc;
}

static void making_free(struct making *m)
{
	free(m->cgroup);
	free(m->dir);
	free(m->ns_dir);
	free(m->shm);
	free(m->pid);
	free(m->hostname);
	free(m);
}

static void on_made(struct ek_work *w, int rc)
{
	struct making *m = ek_container_of(w, struct making, work);
	struct ek_pod *p = m->pod;
	struct ek_node *n = m->node;

	p->sandbox.working = false;
	if (rc < 0)
		fail(p, &m->err);
	else
		p->sandbox.files_made = true;
	making_free(m);
	look(p);
	ek_node_release(n);
}

static void make_files(struct ek_pod *p)
{
	const struct ek_json *pod = ek_pod_json(p);
	struct ek_pod_amount requests = ek_podspec_requests(pod), limits = ek_podspec_limits(pod);
	struct making *m = ek_new(struct making);
	struct ek_sandbox_paths paths;

	ek_sandbox_paths(p, &paths);
	m->pod = p;
	m->node = p->node;
	m->cgroups = p->node->cgroups;
	m->limits =
		(struct ek_cgroup_limits){ .cpu_request_milli = requests.cpu_milli,
					   .cpu_limit_milli = EK_MAX(limits.cpu_milli, (int64_t)0),
					   .memory_limit = EK_MAX(limits.memory, (int64_t)0) };
	m->cgroup = ek_str_dup(p->cgroup);
	m->dir = ek_str_dup(p->dir);
	m->ns_dir = ns_dir(p);
	m->hostname = ek_pod_hostname(pod, p->node->domain);
	m->ipc = !ek_json_bool_at(pod, "spec.hostIPC", false);
	m->uts = !ek_podspec_host_network(pod);
	m->shm = ek_steal(paths.shm);
	m->pid = ek_steal(paths.pid);
	ek_sandbox_paths_done(&paths);
	m->work = (struct ek_work){ .run = run_making, .done = on_made };
	p->sandbox.working = true;
	ek_node_hold(p->node);
	ek_work_start(p->node->loop, &m->work);
}

/* ---- network ---- */

static size_t host_ports(const struct ek_json *pod, struct ek_podnet_port *ports,
			 struct ek_err *err, int *ret_rc)
{
	const struct ek_json *c;
	enum ek_ctr_role role;
	size_t n = 0;

	*ret_rc = 0;
	for (size_t i = 0; (c = ek_podspec_container(pod, i, &role)); i++) {
		const struct ek_json *list = ek_json_get(c, "ports");

		for (size_t k = 0; k < ek_json_len(list); k++) {
			const struct ek_json *x = ek_json_elem(list, k);
			int64_t host = ek_json_int_at(x, "hostPort", 0);
			const char *ip = ek_json_str_at(x, "hostIP");
			int proto = ek_net_proto(ek_json_str_at(x, "protocol"));

			if (host <= 0 || proto < 0)
				continue;
			if (n == PORTS_MAX) {
				*ret_rc = ek_fail(err, EK_ETOOMANY, "more than %d host ports", PORTS_MAX);
				return n;
			}
			ports[n] = (struct ek_podnet_port){ .proto = (uint8_t)proto,
							    .host_port = (uint16_t)host,
							    .port = (uint16_t)ek_json_int_at(
								    x, "containerPort", 0) };
			if (!ek_str_empty(ip))
				(void)ek_ip_parse(ip, &ports[n].host_ip);
			n++;
		}
	}
	return n;
}

/* The network being asked for. */
struct ek_net_asked {
	struct ek_podnet_up up;
	struct ek_pod      *pod;
};

static void on_up(struct ek_podnet_up *up, int rc)
{
	EK_FREE struct ek_net_asked *asked = ek_container_of(up, struct ek_net_asked, up);
	struct ek_pod *p = asked->pod;
	struct ek_node *n = p->node;

	p->sandbox.up = NULL;
	if (rc < 0) {
		fail(p, &up->err);
	} else {
		p->sandbox.net_up = true;
		ek_ip_format(&up->pod->ip, p->sandbox.ip);
	}
	look(p);
	ek_node_release(n);
}

static void make_network(struct ek_pod *p)
{
	struct ek_podnet_port ports[PORTS_MAX];
	struct ek_err err = { 0 };
	size_t n;
	int rc;

	if (ek_podspec_host_network(ek_pod_json(p))) {
		p->sandbox.net_up = true;
		return;
	}
	if (!p->node->net) {
		(void)ek_fail(&err, EK_EUNAVAILABLE, "this node has no pod network: only pods with hostNetwork can run");
		fail(p, &err);
		return;
	}
	n = host_ports(ek_pod_json(p), ports, &err, &rc);
	if (rc < 0) {
		fail(p, &err);
		return;
	}
	p->sandbox.up = ek_new(struct ek_net_asked);
	p->sandbox.up->pod = p;
	p->sandbox.up->up =
		(struct ek_podnet_up){ .id = p->uid, .ports = ports, .n_ports = n, .done = on_up };
	ek_node_hold(p->node);
	ek_podnet_up(p->node->net, &p->sandbox.up->up);
}

/* ---- the files below /etc ---- */

static char *read_host(const char *path)
{
	char *text = NULL;

	(void)ek_file_read(AT_FDCWD, path, HOST_FILE_MAX, &text, NULL, NULL);
	return text;
}

static int write_etc(struct ek_pod *p, struct ek_err *err)
{
	const struct ek_json *pod = ek_pod_json(p);
	EK_FREE char *host_hosts = read_host("/etc/hosts"), *host_resolv = read_host("/etc/resolv.conf");
	EK_FREE char *hosts = ek_pod_hosts(pod, ek_pod_ip(p), p->node->domain, host_hosts);
	EK_FREE char *resolv = ek_pod_resolv_conf(pod, p->node->dns, p->node->domain, host_resolv);
	EK_FREE char *name = ek_pod_hostname(pod, p->node->domain), *hostname = ek_str_fmt("%s\n", name);
	struct ek_sandbox_paths paths;
	int rc;

	/* containers that run see the file itself: it is written only where there is none */
	ek_sandbox_paths(p, &paths);
	rc = p->sandbox.reused ?
		     0 :
		     ek_file_write(AT_FDCWD, paths.hosts, hosts, strlen(hosts), 0644, false, err);
	if (rc == 0 && !p->sandbox.reused)
		rc = ek_file_write(AT_FDCWD, paths.resolv, resolv, strlen(resolv), 0644, false,
				   err);
	if (rc == 0 && !p->sandbox.reused)
		rc = ek_file_write(AT_FDCWD, paths.hostname, hostname, strlen(hostname), 0644,
				   false, err);
	ek_sandbox_paths_done(&paths);
	return rc;
}

/* In memory: nothing of a sandbox outlives a reboot, and neither does its mark. */
static char *mark_of(const struct ek_pod *p)
{
	return ek_str_fmt("%s/%s/ready", p->node->dirs.ns, p->uid);
}

static int leave_mark(struct ek_pod *p, struct ek_err *err)
{
	EK_FREE char *mark = mark_of(p), *dir = ns_dir(p);
	int rc = ek_dir_make(AT_FDCWD, dir, 0700, err);

	return rc < 0 ? rc : ek_file_write(AT_FDCWD, mark, "", 0, 0600, false, err);
}

bool ek_sandbox_find(struct ek_pod *p)
{
	EK_FREE char *mark = mark_of(p);
	bool host = ek_podspec_host_network(ek_pod_json(p));
	const struct ek_podnet_pod *net =
		p->node->net && !host ? ek_podnet_get(p->node->net, p->uid) : NULL;

	if (access(mark, F_OK) < 0 || (!host && !net))
		return false;
	if (net)
		ek_ip_format(&net->ip, p->sandbox.ip);
	p->sandbox.reused = true;
	p->sandbox.state = EK_SANDBOX_READY;
	return true;
}

/* ---- together ---- */

static void on_volumes(void *arg)
{
	struct ek_pod *p = arg;
	const char *volume, *error = ek_volumes_error(p->volumes, &volume);

	if (*error && volume)
		ek_pod_event(p, NULL, "Warning", "FailedMount", "MountVolume.SetUp failed for volume \"%s\" : %s", volume, error);
	look(p);
}

/* Whoever asks has a tree made of it; at the end of the turn it goes. */
static const struct ek_json *newest(void *arg)
{
	struct ek_pod *p = arg;

	ek_pod_kick(p);
	return ek_pod_json(p);
}

static void make_volumes(struct ek_pod *p)
{
	struct ek_volumes_env env = { .loop = p->node->loop,
				      .client = p->node->client,
				      .sources = p->node->sources,
				      .dir = p->dir,
				      .tmp_dir = p->memory_dir,
				      .allocatable = p->node->allocatable,
				      .pod = newest,
				      .changed = on_volumes,
				      .arg = p };

	p->volumes = ek_volumes_new(&env);
}

static void ready(struct ek_pod *p)
{
	struct ek_err err = { 0 };
	int rc = write_etc(p, &err);

	if (rc == 0)
		rc = leave_mark(p, &err);
	if (rc < 0) {
		fail(p, &err);
		return;
	}
	p->sandbox.state = EK_SANDBOX_READY;
	p->sandbox.pause_ms = 0;
}

/* Something was made, or is to be tried again. */
static void look(struct ek_pod *p)
{
	struct ek_sandbox *s = &p->sandbox;

	if (s->state == EK_SANDBOX_STOPPING || p->leaving || p->node->stopping) {
		ek_sandbox_teardown(p);
		return;
	}
	if (!s->failed && !s->files_made && !s->working)
		make_files(p);
	if (!s->failed && !s->net_up && !s->up)
		make_network(p);
	if (s->state == EK_SANDBOX_STARTING && !s->failed && s->files_made && s->net_up &&
	    ek_volumes_ready(p->volumes))
		ready(p);
	ek_pod_poke(p);
	ek_pod_kick(p);
}

void ek_sandbox_setup(struct ek_pod *p)
{
	if (p->sandbox.state == EK_SANDBOX_NONE)
		p->sandbox.state = EK_SANDBOX_STARTING;
	if (!p->volumes)
		make_volumes(p);
	look(p);
}

/* ---- removal ---- */

void ek_sandbox_release(const char *ns_dir, const char *shm)
{
	static const char *const names[] = { "ipc", "uts", "pid", "ready" };

	for (size_t i = 0; i < EK_ARRAY_LEN(names); i++) {
		EK_FREE char *path = ek_path_join(ns_dir, names[i]);

		ek_namespace_unpin(path);
	}
	(void)rmdir(ns_dir);
	while (umount2(shm, MNT_DETACH | UMOUNT_NOFOLLOW) == 0)
		;
	(void)rmdir(shm);
}

int ek_sandbox_remove(const struct ek_sandbox_trash *t, struct ek_err *err)
{
	int rc = t->cgroup ? ek_cgroups_remove(t->cgroups, t->cgroup, REMOVE_WAIT_MS, err) : 0;

	ek_sandbox_release(t->ns_dir, t->shm);
	return rc < 0 ? rc : ek_volumes_remove(t->dir, t->memory_dir, err);
}

struct removing {
	struct ek_work          work;
	struct ek_pod          *pod;
	struct ek_node         *node;
	struct ek_sandbox_trash trash;
	struct ek_err           err;
};

static int run_removing(struct ek_work *w)
{
	struct removing *r = ek_container_of(w, struct removing, work);

	return ek_sandbox_remove(&r->trash, &r->err);
}

static void on_remove_again(struct ek_timer *t)
{
	ek_sandbox_teardown(ek_container_of(t, struct ek_pod, sandbox.retry));
}

static void on_removed(struct ek_work *w, int rc)
{
	struct removing *r = ek_container_of(w, struct removing, work);
	struct ek_pod *p = r->pod;
	struct ek_node *n = r->node;

	p->sandbox.working = false;
	if (rc < 0) {
		ek_warn("pod not taken down yet", "pod", EK_F("%s/%s", p->ns, p->name), "error", r->err.msg);
		if (!n->stopping)
			ek_timer_start(n->loop, &p->sandbox.retry, RETRY_MIN_MS, on_remove_again);
	} else {
		p->sandbox.state = EK_SANDBOX_NONE;
		p->sandbox.files_made = p->sandbox.in_parts = false;
	}
	free(r->trash.cgroup);
	free(r->trash.ns_dir);
	free(r->trash.shm);
	free(r->trash.dir);
	free(r->trash.memory_dir);
	free(r);
	ek_pod_kick(p);
	ek_node_release(n);
}

static void remove_files(struct ek_pod *p)
{
	struct removing *r = ek_new(struct removing);

	r->pod = p;
	r->node = p->node;
	r->trash = (struct ek_sandbox_trash){ .cgroups = p->node->cgroups,
					      .cgroup = ek_str_dup(p->cgroup),
					      .ns_dir = ns_dir(p),
					      .shm = ek_path_join(p->node->dirs.shm, p->uid),
					      .dir = ek_str_dup(p->dir),
					      .memory_dir = ek_str_dup(p->memory_dir) };
	r->work = (struct ek_work){ .run = run_removing, .done = on_removed };
	p->sandbox.working = true;
	ek_node_hold(p->node);
	ek_work_start(p->node->loop, &r->work);
}

static void on_volumes_gone(void *arg)
{
	struct ek_pod *p = arg;
	struct ek_node *n = p->node;

	p->volumes_leaving = false;
	if (p->sandbox.state == EK_SANDBOX_STOPPING)
		ek_sandbox_teardown(p);
	else
		ek_pod_kick(p);
	ek_node_release(n);
}

static void drop_volumes(struct ek_pod *p)
{
	if (!p->volumes)
		return;
	p->volumes_leaving = true;
	ek_node_hold(p->node);
	ek_volumes_free(ek_steal(p->volumes), on_volumes_gone, p);
}

/*
 * What is being made is awaited first; the network goes in the background, nobody waits for
 * that.
 */
void ek_sandbox_teardown(struct ek_pod *p)
{
	struct ek_sandbox *s = &p->sandbox;

	if (p->node->stopping)
		return;
	s->state = EK_SANDBOX_STOPPING;
	ek_timer_stop(&s->retry);
	drop_volumes(p);
	if (s->working || s->up || p->volumes_leaving)
		return;
	if (p->node->net)
		ek_podnet_down(p->node->net, p->uid);
	s->net_up = false;
	remove_files(p);
}

void ek_sandbox_stop(struct ek_pod *p)
{
	ek_timer_stop(&p->sandbox.retry);
	drop_volumes(p);
}
