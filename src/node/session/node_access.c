/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "container/container.h"
#include "spec/podspec.h"
#include "sandbox/sandbox.h"

/* Where sessions of users lead: which attempt, which log, which network. Words as kubelet's. */

static struct ek_node *node_of(struct ek_session_host *h)
{
	return ek_container_of(h, struct ek_node, session_host);
}

static const char *waits_for(const struct ek_pod *p, const struct ek_slot *s)
{
	if (s->wait_reason)
		return s->wait_reason;
	return ek_json_len(ek_json_at(ek_pod_json(p), "spec.initContainers")) ? "PodInitializing" : "ContainerCreating";
}

static int no_log_yet(const struct ek_pod *p, const struct ek_slot *s, struct ek_err *err)
{
	const char *reason = waits_for(p, s);

	if (ek_streq(reason, "ErrImagePull"))
		reason = "image can't be pulled";
	else if (ek_streq(reason, "ImagePullBackOff"))
		reason = "trying and failing to pull image";
	return ek_fail(err, EK_EBADREQUEST, "container \"%s\" in pod \"%s\" is waiting to start: %s", s->name, p->name, reason);
}

/* An attempt counts as previous once the next is awaited or there. */
static const struct ek_ctr *previous_of(const struct ek_slot *s)
{
	bool waits = s->cur && s->cur->ended && (s->wait_reason || s->starting);

	return waits ? s->cur : s->before;
}

static int find_log(const struct ek_pod *p, const struct ek_slot *s, bool previous,
		    struct ek_session_target *ret, struct ek_err *err)
{
	const struct ek_ctr *c = previous ? previous_of(s) : s->cur;

	if (!c && previous)
		return ek_fail(err, EK_EBADREQUEST, "previous terminated container \"%s\" in pod \"%s\" not found", s->name, p->name);
	if (!c)
		return no_log_yet(p, s, err);
	ret->dir = ek_str_dup(c->shim_dir);
	ret->id = ek_str_dup(c->id);
	ret->log_path = ek_str_dup(c->log_path);
	ret->running = !c->ended;
	return 0;
}

static int find_running(const struct ek_slot *s, const struct ek_session_spec *spec,
			struct ek_session_target *ret, struct ek_err *err)
{
	const struct ek_ctr *c = s->cur;

	if (!ek_ctr_is_running(c))
		return ek_fail(err, EK_ENOTFOUND, "container not found (\"%s\")", s->name);
	ret->dir = ek_str_dup(c->shim_dir);
	ret->id = ek_str_dup(c->id);
	ret->running = true;
	ret->has_stdin = c->has_stdin;
	ret->has_tty = c->tty;
	return spec->kind == EK_SESSION_EXEC ?
		       ek_ctr_exec_process(c, spec->command, spec->tty, &ret->process, err) :
		       0;
}

static int find(struct ek_session_host *h, const struct ek_session_spec *spec,
		struct ek_session_target *ret, struct ek_err *err)
{
	struct ek_pod *p = ek_pods_find(node_of(h), spec->ns, spec->pod, spec->uid);
	struct ek_slot *s = p && spec->container ? ek_pod_slot(p, spec->container) : NULL;

	if (!p || p->leaving)
		return ek_fail(err, EK_ENOTFOUND, "pod \"%s\" not found", spec->pod);
	if (spec->kind == EK_SESSION_FORWARD) {
		if (p->sandbox.state != EK_SANDBOX_READY)
			return ek_fail(err, EK_ENOTFOUND, "pod not found (\"%s_%s\")", spec->pod, spec->ns);
		ret->netns = ek_str_dup(ek_sandbox_netns(p));
		return 0;
	}
	if (!s)
		return ek_fail(err, EK_EBADREQUEST, "container %s is not valid for pod %s", spec->container, spec->pod);
	return spec->kind == EK_SESSION_LOGS ? find_log(p, s, spec->previous, ret, err) :
					       find_running(s, spec, ret, err);
}

static void open_session(struct ek_node_access *a, const struct ek_session_spec *spec,
			 struct ek_session *session)
{
	ek_sessions_open(ek_container_of(a, struct ek_node, access)->sessions, spec, session);
}

void ek_node_access_init(struct ek_node *n)
{
	n->session_host = (struct ek_session_host){
		.loop = n->loop, .shim = n->shim, .runtime = n->runtime_argv, .find = find
	};
	n->access = (struct ek_node_access){ .open = open_session };
	n->sessions = ek_sessions_new(&n->session_host);
}

struct ek_node_access *ek_node_access(struct ek_node *n)
{
	return &n->access;
}
