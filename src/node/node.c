/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <ekube/file.h>
#include <ekube/images.h>
#include <ekube/log.h>

#include "coldplug.h"
#include "container/container.h"
#include "image_gc.h"
#include "node_dirs.h"
#include "spec/podspec.h"
#include "container/probes.h"
#include "sandbox/sandbox.h"

/*
 *   new: directories, cgroups, shim, what the machine is
 *   start: coldplug ──► the runtime's version ──► Node object ──► follow the API
 *   stop: look away from everything; wait for what is in the pool
 */

/* ---- the runtime ---- */

int ek_node_need_runtime(struct ek_node *n, struct ek_err *err)
{
	if (!n->runtime)
		n->runtime = ek_program_find(n->runtime_wanted);
	if (!n->runtime)
		return ek_fail(err, EK_EUNAVAILABLE,
			       "%s is not installed: install the package runc (or crun, and start with --runtime crun)", n->runtime_wanted);
	n->runtime_argv[0] = n->runtime;
	return 0;
}

/* "runc version 1.1.5+ds1\n..." */
static void on_version(struct ek_proc *proc, int rc)
{
	struct ek_node *n = ek_container_of(proc, struct ek_node, version_proc);
	const char *at = rc == 0 && proc->out.len ? strstr(proc->out.data, " version ") : NULL;

	at = at ? at + strlen(" version ") : "unknown";
	(void)ek_str_into(n->runtime_version, sizeof(n->runtime_version), "%s://%.*s", n->runtime_name, (int)strcspn(at, " \n"), at);
	ek_proc_done(proc);
	if (!n->stopping) {
		n->status = ek_node_status_start(&n->status_options);
		ek_image_gc_tell(n);
	}
	ek_node_release(n);
}

static void start_status(struct ek_node *n)
{
	const char *argv[] = { n->runtime, "--version", NULL };
	const struct ek_proc_spec spec = { .argv = argv,
					   .stdio = { EK_PROC_NULL, EK_PROC_CAPTURE, EK_PROC_NULL },
					   .timeout_ms = 5000 };
	struct ek_err err = { 0 };

	if (ek_node_need_runtime(n, &err) == 0) {
		ek_node_hold(n);
		if (ek_proc_start(n->loop, &n->version_proc, &spec, on_version, &err) == 0)
			return;
		ek_node_release(n);
	}
	ek_error("this node cannot run containers", "error", err.msg);
	(void)ek_str_into(n->runtime_version, sizeof(n->runtime_version), "%s://", n->runtime_name);
	n->status = ek_node_status_start(&n->status_options);
	ek_node_status_set_ready(n->status, false, err.msg);
	ek_image_gc_tell(n);
}

/* ---- counting ---- */

void ek_node_hold(struct ek_node *n)
{
	n->busy++;
}

static void on_stopped(struct ek_timer *t)
{
	struct ek_node *n = ek_container_of(t, struct ek_node, stop_timer);

	n->stopped(n->stopped_arg);
}

void ek_node_release(struct ek_node *n)
{
	EK_ASSERT(n->busy > 0);
	n->busy--;
	if (n->stopping && n->busy == 0)
		ek_timer_start(n->loop, &n->stop_timer, 0,
			       on_stopped); /* in a turn of its own: callers still use the node */
}

void ek_node_count_burstable(struct ek_node *n)
{
	int64_t milli = 0;

	for (struct ek_map_entry *e = NULL; (e = ek_map_next(&n->pods, e));) {
		const struct ek_pod *p = e->value;

		if (!p->ended && strstr(p->cgroup, "/burstable/"))
			milli += ek_podspec_requests(ek_pod_json(p)).cpu_milli;
	}
	if (milli == n->burstable_milli)
		return;
	n->burstable_milli = milli;
	ek_cgroups_set_burstable(n->cgroups, milli);
}

static void hold_for_warm(void *arg, bool hold)
{
	if (hold)
		ek_node_hold(arg);
	else
		ek_node_release(arg);
}

/* ---- new ---- */

static char **copy_list(const char *const *list, size_t count)
{
	char **copy = ek_calloc(count + 1, sizeof(*copy));

	for (size_t i = 0; i < count; i++)
		copy[i] = ek_str_dup(list[i]);
	return copy;
}

static void copy_options(struct ek_node *n, const struct ek_node_options *o)
{
	const char *runtime = o->runtime ? o->runtime : "runc", *slash = strrchr(runtime, '/');

	n->loop = o->loop;
	n->client = o->client;
	n->informers = o->informers;
	n->images = o->images;
	n->net = o->net;
	n->name = ek_str_dup(o->name);
	n->ip = ek_str_dup(o->ip);
	n->pod_cidr = ek_str_dup(o->pod_cidr);
	n->dns = ek_str_dup(o->cluster_dns);
	n->domain = ek_str_dup(o->cluster_domain ? o->cluster_domain : "cluster.local");
	n->version = ek_str_dup(o->version);
	n->labels = copy_list(o->labels, o->n_labels);
	n->taints = copy_list(o->taints, o->n_taints);
	n->max_pods = o->max_pods ? o->max_pods : 110;
	n->api_port = o->api_port ? o->api_port : 10250;
	n->no_limits = o->no_cgroup_limits;
	n->data_dir = ek_str_dup(o->data_dir);
	n->run_dir = ek_str_dup(o->run_dir);
	n->runtime_wanted = ek_str_dup(runtime);
	n->runtime_name = ek_str_dup(slash ? slash + 1 : runtime);
	n->status_options = (struct ek_node_status_options){
		.loop = n->loop,
		.client = n->client,
		.name = n->name,
		.ip = n->ip,
		.pod_cidr = n->pod_cidr,
		.labels = (const char *const *)n->labels,
		.n_labels = o->n_labels,
		.taints = (const char *const *)n->taints,
		.n_taints = o->n_taints,
		.version = n->version,
		.runtime_version = n->runtime_version,
		.data_dir = n->data_dir,
		.max_pods = n->max_pods,
		.api_port = n->api_port,
	};
}

static void learn_machine(struct ek_node *n)
{
	n->allocatable = ek_node_capacity(n->data_dir, n->max_pods);
	n->machine = (struct ek_spec_machine){
		.unified = ek_cgroups_unified(n->cgroups),
		.swap_limit = ek_cgroups_swap_limit(n->cgroups),
		.memory = ek_quantity_json_value(ek_json_get(n->allocatable, "memory")),
	};
	n->runtime_argv[1] = "--root";
	n->runtime_argv[2] = n->dirs.runtime;
	n->runtime_argv[3] = "--log";
	n->runtime_argv[4] = "/dev/null";
}

int ek_node_new(const struct ek_node_options *o, struct ek_node **ret, struct ek_err *err)
{
	struct ek_node *n = ek_new(struct ek_node);
	int rc;

	copy_options(n, o);
	ek_node_dirs_name(&n->dirs, o);
	rc = ek_node_dirs_make(&n->dirs, err);
	if (rc == 0)
		rc = ek_cgroups_open(o->cgroup, !n->no_limits, &n->cgroups, err);
	if (rc == 0)
		rc = ek_shim_install(n->run_dir, &n->shim, err);
	if (rc < 0) {
		ek_node_free(n);
		return rc;
	}
	learn_machine(n);
	n->warm = (struct ek_warm){
		.loop = n->loop, .cgroups = n->cgroups, .held = hold_for_warm, .arg = n
	};
	(void)ek_node_need_runtime(n, NULL); /* said when it starts */
	n->recorder = ek_recorder_new(n->client, "kubelet", n->name);
	n->sources = ek_sources_new(n->loop, n->client);
	ek_node_access_init(n);
	*ret = n;
	return 0;
}

/* A kubelet names the Node by name alone, the uid included. */
static void say_starting(struct ek_node *n)
{
	EK_JSON struct ek_json *node = ek_json_make("{'kind':'Node','apiVersion':'v1','metadata':{'name':%s,'uid':%s}}", n->name, n->name);

	ek_record(n->recorder, node, NULL, "Normal", "Starting", "Starting kubelet.");
}

void ek_node_start(struct ek_node *n)
{
	n->started = true;
	say_starting(n);
	ek_coldplug(n);
	start_status(n);
	ek_pods_follow(n);
	ek_image_gc_start(n);
}

/* ---- stop ---- */

static void let_go(struct ek_pod *p)
{
	ek_status_stop(p);
	ek_sandbox_stop(p);
	ek_timer_stop(&p->again);
	ek_timer_stop(&p->deadline);
	for (size_t i = 0; i < p->slots.n; i++) {
		struct ek_slot *s = p->slots.items[i];

		if (s->starting)
			ek_starting_cancel(s->starting);
		ek_probes_stop(s);
		if (s->cur)
			ek_ctr_let_go(s->cur);
		if (s->before)
			ek_ctr_let_go(s->before);
	}
	EK_LIST_EACH(node, tmp, &p->discarded)
		ek_ctr_let_go(ek_container_of(node, struct ek_ctr, leaving));
}

void ek_node_stop(struct ek_node *n, void (*stopped)(void *arg), void *arg)
{
	n->stopped = stopped;
	n->stopped_arg = arg;
	ek_node_hold(n);
	n->stopping = true;
	ek_pods_unfollow(n);
	ek_image_gc_stop(n);
	ek_warm_stop(&n->warm);
	for (struct ek_map_entry *e = NULL; (e = ek_map_next(&n->pods, e));)
		let_go(e->value);
	ek_sessions_free(ek_steal(n->sessions));
	ek_node_status_stop(ek_steal(n->status));
	ek_recorder_free(ek_steal(n->recorder));
	ek_node_release(n);
}

static void free_list(char **list)
{
	for (size_t i = 0; list && list[i]; i++)
		free(list[i]);
	free(list);
}

void ek_node_free(struct ek_node *n)
{
	char *texts[] = { n->name,    n->ip,	       n->pod_cidr,	  n->dns,
			  n->domain,  n->version,      n->data_dir,	  n->run_dir,
			  n->runtime, n->runtime_name, n->runtime_wanted, n->shim };

	for (struct ek_map_entry *e = NULL; (e = ek_map_next(&n->pods, e));)
		ek_pod_free(e->value);
	ek_map_done(&n->pods);
	ek_sessions_free(n->sessions);
	ek_sources_free(n->sources);
	ek_recorder_free(n->recorder);
	ek_cgroups_free(n->cgroups);
	ek_json_unref(n->allocatable);
	ek_json_unref(n->devices);
	free_list(n->labels);
	free_list(n->taints);
	ek_node_dirs_done(&n->dirs);
	for (size_t i = 0; i < EK_ARRAY_LEN(texts); i++)
		free(texts[i]);
	free(n);
}
