/* SPDX-License-Identifier: Apache-2.0 */
#include "node_status.h"

#include <ekube/clock.h>
#include <ekube/file.h>
#include <ekube/log.h>
#include <ekube/str.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/statvfs.h>
#include <sys/utsname.h>
#include <unistd.h>

enum {
	LEASE_MS = 10 * 1000,
	STATUS_MS = 5 * 60 * 1000,
	RETRY_MIN_MS = 1000,
	RETRY_MAX_MS = 30 * 1000,
	LEASE_SECONDS = 40,
};

static const char lease_namespace[] = "kube-node-lease";

struct ek_node_status {
	const struct ek_node_status_options *o;
	struct ek_call   call;       /* get, create, status: one at a time */
	struct ek_call   lease;
	struct ek_json  *body, *lease_body;
	struct ek_timer  again, beat;
	int64_t          retry_ms;
	char            *uid;
	struct ek_json  *images;
	char            *not_ready;  /* message; NULL: ready */
	char             since[32];  /* when Ready last changed */
	bool             calling, leasing, lease_exists, registered, dirty;
};

static void look_up(struct ek_node_status *s);
static void write_status(struct ek_node_status *s);
static void renew(struct ek_node_status *s);

/* ---- what the machine is ---- */

static int64_t memory_kib(void)
{
	EK_FREE char *text = NULL;
	const char *at;

	if (ek_file_read(AT_FDCWD, "/proc/meminfo", 64 << 10, &text, NULL, NULL) < 0)
		return 0;
	at = strstr(text, "MemTotal:");
	return at ? strtoll(at + strlen("MemTotal:"), NULL, 10) : 0;
}

static int64_t storage_kib(const char *dir)
{
	struct statvfs v;

	return statvfs(dir, &v) == 0 ? (int64_t)v.f_blocks * (int64_t)v.f_frsize / 1024 : 0;
}

struct ek_json *ek_node_capacity(const char *data_dir, int max_pods)
{
	return ek_json_make("{'cpu':%s,'memory':%s,'ephemeral-storage':%s,'pods':%s}",
			    EK_I(sysconf(_SC_NPROCESSORS_ONLN)), EK_F("%" PRId64 "Ki", memory_kib()),
			    EK_F("%" PRId64 "Ki", storage_kib(data_dir)), EK_I(max_pods));
}

static char *first_line(const char *path)
{
	char *text = NULL;

	if (ek_file_read(AT_FDCWD, path, 4096, &text, NULL, NULL) < 0)
		return ek_str_dup("");
	text[strcspn(text, "\n")] = '\0';
	return text;
}

/* PRETTY_NAME="..." of /etc/os-release. */
static char *os_image(void)
{
	EK_FREE char *text = NULL;
	char *at;

	if (ek_file_read(AT_FDCWD, "/etc/os-release", 64 << 10, &text, NULL, NULL) < 0)
		return ek_str_dup("Linux");
	at = strstr(text, "PRETTY_NAME=");
	if (!at)
		return ek_str_dup("Linux");
	at += strlen("PRETTY_NAME=");
	at += *at == '"';
	return ek_str_ndup(at, strcspn(at, "\"\n"));
}

static const char *architecture(const struct utsname *u)
{
	static const char *const names[][2] = {
		{ "x86_64", "amd64" }, { "aarch64", "arm64" },	 { "armv7l", "arm" },
		{ "armv6l", "arm" },   { "riscv64", "riscv64" },
	};

	for (size_t i = 0; i < EK_ARRAY_LEN(names); i++)
		if (ek_streq(names[i][0], u->machine))
			return names[i][1];
	return u->machine;
}

static struct ek_json *node_info(const struct ek_node_status_options *o)
{
	EK_FREE char *machine = first_line("/etc/machine-id"), *boot = first_line("/proc/sys/kernel/random/boot_id");
	EK_FREE char *system = first_line("/sys/class/dmi/id/product_uuid"), *os = os_image();
	struct utsname u;

	(void)uname(&u);
	return ek_json_make(
		"{'machineID':%s,'systemUUID':%s,'bootID':%s,'kernelVersion':%s,'osImage':%s,"
		"'containerRuntimeVersion':%s,'kubeletVersion':%s,'kubeProxyVersion':%s,"
		"'operatingSystem':'linux','architecture':%s}",
		machine, *system ? system : machine, boot, u.release, os, o->runtime_version,
		o->version, o->version, architecture(&u));
}

/* ---- the object ---- */

static void add_pairs(struct ek_json *map, const char *const *pairs, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		EK_FREE char *copy = ek_str_dup(pairs[i]);
		char *eq = strchr(copy, '=');

		if (eq)
			*eq++ = '\0';
		ek_json_set_str(map, copy, eq ? eq : "");
	}
}

/* "key=value:Effect" or "key:Effect" */
static struct ek_json *taint_of(const char *text)
{
	EK_FREE char *copy = ek_str_dup(text);
	char *colon = strrchr(copy, ':'), *eq = strchr(copy, '=');

	if (!colon)
		return NULL;
	*colon++ = '\0';
	if (eq)
		*eq++ = '\0';
	return ek_json_make("{'key':%s,'value':%s,'effect':%s}", copy, eq, colon);
}

struct ek_json *ek_node_initial(const struct ek_node_status_options *o)
{
	EK_JSON struct ek_json *labels = ek_json_object();
	EK_JSON struct ek_json *taints = ek_json_array();
	EK_JSON struct ek_json *cidrs = o->pod_cidr ? ek_json_make("[%s]", o->pod_cidr) : NULL;
	struct utsname u;

	(void)uname(&u);
	add_pairs(labels, o->labels, o->n_labels);
	ek_json_set_str(labels, "kubernetes.io/hostname", o->name);
	ek_json_set_str(labels, "kubernetes.io/os", "linux");
	ek_json_set_str(labels, "kubernetes.io/arch", architecture(&u));
	ek_json_set_str(labels, "beta.kubernetes.io/os", "linux");
	ek_json_set_str(labels, "beta.kubernetes.io/arch", architecture(&u));
	for (size_t i = 0; i < o->n_taints; i++) {
		struct ek_json *t = taint_of(o->taints[i]);

		if (t)
			ek_json_append(taints, t);
	}
	return ek_json_make("{'kind':'Node','apiVersion':'v1','metadata':{'name':%s,'labels':%v},"
			    "'spec':{'podCIDR':%s,'podCIDRs':%v,'taints':%v}}",
			    o->name, labels, o->pod_cidr, cidrs,
			    ek_json_len(taints) ? taints : NULL);
}

static struct ek_json *condition(const char *type, const char *status, const char *reason,
				 const char *message, const char *since)
{
	char now[32];

	return ek_json_make("{'type':%s,'status':%s,'reason':%s,'message':%s,'lastHeartbeatTime':%s,"
			    "'lastTransitionTime':%s}", type, status, reason, message, ek_time_now(now), since);
}

static struct ek_json *conditions(const struct ek_node_status *s)
{
	struct ek_json *a = ek_json_array();

	ek_json_append(a, condition("MemoryPressure", "False", "KubeletHasSufficientMemory",
				    "kubelet has sufficient memory available", s->since));
	ek_json_append(a, condition("DiskPressure", "False", "KubeletHasNoDiskPressure",
				    "kubelet has no disk pressure", s->since));
	ek_json_append(a, condition("PIDPressure", "False", "KubeletHasSufficientPID",
				    "kubelet has sufficient PID available", s->since));
	if (s->not_ready)
		ek_json_append(a, condition("Ready", "False", "KubeletNotReady", s->not_ready, s->since));
	else
		ek_json_append(a, condition("Ready", "True", "KubeletReady", "kubelet is posting ready status", s->since));
	return a;
}

static struct ek_json *status_patch(const struct ek_node_status *s)
{
	const struct ek_node_status_options *o = s->o;
	EK_JSON struct ek_json *capacity = ek_node_capacity(o->data_dir, o->max_pods);
	EK_JSON struct ek_json *info = node_info(o);
	EK_JSON struct ek_json *conds = conditions(s);

	return ek_json_make(
		"{'status':{'capacity':%v,'allocatable':%v,'conditions':%v,'nodeInfo':%v,'images':%v,"
		"'addresses':[{'type':'InternalIP','address':%s},{'type':'Hostname','address':%s}],"
		"'daemonEndpoints':{'kubeletEndpoint':{'Port':%d}}}}",
		capacity, capacity, conds, info, s->images, o->ip, o->name, o->api_port);
}

/* ---- calls ---- */

static void on_again(struct ek_timer *t)
{
	struct ek_node_status *s = ek_container_of(t, struct ek_node_status, again);

	if (s->registered)
		write_status(s);
	else
		look_up(s);
}

static void retry(struct ek_node_status *s, const char *what, const char *why)
{
	s->retry_ms = EK_MIN(EK_MAX(s->retry_ms * 2, (int64_t)RETRY_MIN_MS), (int64_t)RETRY_MAX_MS);
	ek_warn("node is not written", "step", what, "error", why, "again_ms", EK_I(s->retry_ms));
	ek_timer_start(s->o->loop, &s->again, s->retry_ms, on_again);
}

static void on_status(struct ek_call *c, int rc)
{
	struct ek_node_status *s = ek_container_of(c, struct ek_node_status, call);

	s->calling = false;
	ek_json_unref(ek_steal(s->body));
	if (rc == EK_ENOTFOUND) {
		s->registered = false; /* somebody deleted the Node: register again */
		ek_call_done(c);
		look_up(s);
		return;
	}
	if (rc < 0) {
		retry(s, "status", c->err.msg);
		ek_call_done(c);
		return;
	}
	ek_call_done(c);
	s->retry_ms = 0;
	if (s->dirty)
		write_status(s);
	else
		ek_timer_start(s->o->loop, &s->again, STATUS_MS, on_again);
}

static void write_status(struct ek_node_status *s)
{
	if (s->calling || !s->registered) {
		s->dirty = true;
		return;
	}
	s->dirty = false;
	s->calling = true;
	ek_timer_stop(&s->again);
	s->body = status_patch(s);
	ek_call_init(&s->call, EK_DO_PATCH, &ek_kind_node, NULL, s->o->name, on_status);
	s->call.subresource = "status";
	s->call.patch_type = EK_PATCH_STRATEGIC;
	s->call.body = s->body;
	ek_call_start(s->o->client, &s->call);
}

static void registered(struct ek_node_status *s, const struct ek_json *node)
{
	ek_str_set(&s->uid, ek_meta_uid(node));
	s->registered = true;
	write_status(s);
	renew(s);
}

static void on_created(struct ek_call *c, int rc)
{
	struct ek_node_status *s = ek_container_of(c, struct ek_node_status, call);

	s->calling = false;
	ek_json_unref(ek_steal(s->body));
	if (rc == 0) {
		EK_OBJECT struct ek_object *o = ek_call_take_object(c);

		ek_call_done(c);
		ek_info("node registered", "name", s->o->name);
		registered(s, ek_object_tree(o));
		return;
	}
	if (rc == EK_EEXISTS)
		look_up(s);
	else
		retry(s, "register", c->err.msg);
	ek_call_done(c);
}

static void create(struct ek_node_status *s)
{
	s->calling = true;
	s->body = ek_node_initial(s->o);
	ek_call_init(&s->call, EK_DO_CREATE, &ek_kind_node, NULL, NULL, on_created);
	s->call.body = s->body;
	ek_call_start(s->o->client, &s->call);
}

static void on_found(struct ek_call *c, int rc)
{
	struct ek_node_status *s = ek_container_of(c, struct ek_node_status, call);
	EK_OBJECT struct ek_object *o = ek_call_take_object(c);

	s->calling = false;
	if (rc == 0) {
		ek_call_done(c);
		registered(s, ek_object_tree(o));
	} else if (rc == EK_ENOTFOUND) {
		ek_call_done(c);
		create(s);
	} else {
		retry(s, "look up", c->err.msg);
		ek_call_done(c);
	}
}

static void look_up(struct ek_node_status *s)
{
	s->calling = true;
	ek_call_init(&s->call, EK_DO_GET, &ek_kind_node, NULL, s->o->name, on_found);
	ek_call_start(s->o->client, &s->call);
}

/* ---- the lease ---- */

static void on_beat(struct ek_timer *t)
{
	renew(ek_container_of(t, struct ek_node_status, beat));
}

static void on_renewed(struct ek_call *c, int rc)
{
	struct ek_node_status *s = ek_container_of(c, struct ek_node_status, lease);

	s->leasing = false;
	ek_json_unref(ek_steal(s->lease_body));
	if (rc == 0 || rc == EK_EEXISTS)
		s->lease_exists = true;
	else if (rc == EK_ENOTFOUND)
		s->lease_exists = false;
	else
		ek_warn("lease not renewed", "node", s->o->name, "error", c->err.msg);
	ek_call_done(c);
	/* a lease that had to be made, or was found to be there, is renewed at once */
	ek_timer_start(s->o->loop, &s->beat,
		       rc == EK_EEXISTS || rc == EK_ENOTFOUND ? RETRY_MIN_MS : LEASE_MS, on_beat);
}

static void renew(struct ek_node_status *s)
{
	char now[40];

	if (s->leasing)
		return;
	ek_time_format_micro(ek_clock_wall_us(), now);
	s->leasing = true;
	if (s->lease_exists) {
		s->lease_body = ek_json_make("{'spec':{'holderIdentity':%s,'leaseDurationSeconds':%d,'renewTime':%s}}",
					     s->o->name, LEASE_SECONDS, now);
		ek_call_init(&s->lease, EK_DO_PATCH, &ek_kind_lease, lease_namespace, s->o->name,
			     on_renewed);
		s->lease.patch_type = EK_PATCH_MERGE_DOC;
	} else {
		s->lease_body = ek_json_make("{'kind':'Lease','apiVersion':'coordination.k8s.io/v1','metadata':{'name':%s,"
					     "'namespace':%s,'ownerReferences':[{'apiVersion':'v1','kind':'Node','name':%s,"
					     "'uid':%s}]},'spec':{'holderIdentity':%s,'leaseDurationSeconds':%d,"
					     "'renewTime':%s}}", s->o->name, lease_namespace, s->o->name, s->uid,
					     s->o->name, LEASE_SECONDS, now);
		ek_call_init(&s->lease, EK_DO_CREATE, &ek_kind_lease, lease_namespace, NULL,
			     on_renewed);
	}
	s->lease.body = s->lease_body;
	ek_call_start(s->o->client, &s->lease);
}

/* ---- outside ---- */

struct ek_node_status *ek_node_status_start(const struct ek_node_status_options *o)
{
	struct ek_node_status *s = ek_new(struct ek_node_status);

	s->o = o;
	(void)ek_time_now(s->since);
	look_up(s);
	return s;
}

void ek_node_status_stop(struct ek_node_status *s)
{
	if (!s)
		return;
	ek_timer_stop(&s->again);
	ek_timer_stop(&s->beat);
	if (s->calling)
		ek_call_cancel(&s->call);
	if (s->leasing)
		ek_call_cancel(&s->lease);
	ek_json_unref(s->body);
	ek_json_unref(s->lease_body);
	ek_json_unref(s->images);
	free(s->not_ready);
	free(s->uid);
	free(s);
}

void ek_node_status_set_ready(struct ek_node_status *s, bool ready, const char *message)
{
	const char *want = ready ? NULL : message ? message : "the node is not ready";

	if (ek_streq(want, s->not_ready))
		return;
	if (!want || !s->not_ready)
		(void)ek_time_now(s->since);
	ek_str_set(&s->not_ready, want);
	write_status(s);
}

void ek_node_status_set_images(struct ek_node_status *s, struct ek_json *take_images)
{
	bool same = ek_json_equal(s->images, take_images);

	ek_json_unref(s->images);
	s->images = take_images;
	if (!same)
		write_status(s);
}
