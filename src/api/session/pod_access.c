/* SPDX-License-Identifier: Apache-2.0 */
#include "pod_access.h"

#include <ekube/clock.h>
#include <ekube/str.h>
#include <stdio.h>
#include <stdlib.h>

#include "core.h"

enum { MAX_COMMAND = 1024 };

static bool refuse(struct request *rq, int code, const char *fmt, ...) EK_PRINTF(3, 4);

static bool refuse(struct request *rq, int code, const char *fmt, ...)
{
	struct ek_err err = { .code = code };
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(err.msg, sizeof(err.msg), fmt, ap);
	va_end(ap);
	request_fail_err(rq, &err);
	return false;
}

/* ---- the container ---- */

static const char *const container_lists[] = { "containers", "initContainers", "ephemeralContainers" };

static bool has_container(const struct ek_json *spec, const char *name)
{
	for (size_t i = 0; i < EK_ARRAY_LEN(container_lists); i++)
		if (ek_json_find(ek_json_get(spec, container_lists[i]), "name", name, NULL))
			return true;
	return false;
}

/* Of several containers none is guessed: the answer lists them. */
static bool must_choose(struct request *rq, const struct ek_json *spec)
{
	static const char *const lists[] = { "initContainers", "containers",
					     "ephemeralContainers" };
	EK_BUF struct ek_buf text = EK_BUF_INIT(64 << 10);
	const char *between = "";

	(void)ek_buf_fmt(&text, "a container name must be specified for pod %s, choose one of: [",
			 rq->route.name);
	for (size_t i = 0; i < EK_ARRAY_LEN(lists); i++) {
		const struct ek_json *list = ek_json_get(spec, lists[i]);

		for (size_t n = 0; n < ek_json_len(list); n++) {
			(void)ek_buf_fmt(&text, "%s%s", between,
					 ek_json_str_at(ek_json_elem(list, n), "name"));
			between = " ";
		}
	}
	(void)ek_buf_char(&text, ']');
	request_fail(rq, ek_status_new(EK_EBADREQUEST, NULL, NULL, NULL, "%s", text.data));
	return false;
}

static bool choose_container(struct request *rq, struct pod_access *a)
{
	const struct ek_json *spec = ek_json_get(ek_object_tree(a->pod), "spec");
	const struct ek_json *containers = ek_json_get(spec, "containers");
	const char *name = query_get(&rq->query, "container");

	if (ek_str_empty(name)) {
		if (ek_json_len(containers) != 1)
			return must_choose(rq, spec);
		name = ek_json_str_at(ek_json_elem(containers, 0), "name");
	} else if (!has_container(spec, name)) {
		return refuse(rq, EK_EBADREQUEST, "container %s is not valid for pod %s", name,
			      rq->route.name);
	}
	a->container = ek_str_dup(name);
	return true;
}

/* ---- options ---- */

static void add_cause(struct ek_causes *causes, enum ek_cause_type type, const char *field,
		      int64_t bad, const char *detail)
{
	EK_JSON struct ek_json *value = ek_json_new_int(bad);
	struct ek_path at = { .len = 0 };

	(void)ek_path_push(&at, field);
	ek_cause_add(causes, type, &at, value, "%s", detail);
}

static void check_log_options(const struct query *q, const struct ek_session_spec *s,
			      int64_t since_s, struct ek_causes *causes)
{
	bool has_since = query_get(q, "sinceSeconds") != NULL;

	if (query_get(q, "tailLines") && s->tail_lines < 0)
		add_cause(causes, EK_CAUSE_INVALID, "tailLines", s->tail_lines,
			  "must be greater than or equal to 0");
	if (query_get(q, "limitBytes") && s->limit_bytes < 1)
		add_cause(causes, EK_CAUSE_INVALID, "limitBytes", s->limit_bytes,
			  "must be greater than 0");
	if (has_since && !ek_str_empty(query_get(q, "sinceTime")))
		add_cause(causes, EK_CAUSE_FORBIDDEN, "", 0,
			  "at most one of `sinceTime` or `sinceSeconds` may be specified");
	else if (has_since && since_s < 1)
		add_cause(causes, EK_CAUSE_INVALID, "sinceSeconds", since_s,
			  "must be greater than 0");
}

static bool read_log_options(struct request *rq, struct ek_session_spec *s)
{
	static const struct ek_kind options = { .group = "", .kind = "PodLogOptions" };
	const char *since_time = query_get(&rq->query, "sinceTime");
	EK_CLEANUP(ek_causes_done) struct ek_causes causes = { 0 };
	struct ek_err err;
	int64_t since_s;

	s->follow = query_bool(&rq->query, "follow");
	s->previous = query_bool(&rq->query, "previous");
	s->timestamps = query_bool(&rq->query, "timestamps");
	if (query_int(&rq->query, "tailLines", -1, &s->tail_lines, &err) < 0 ||
	    query_int(&rq->query, "limitBytes", -1, &s->limit_bytes, &err) < 0 ||
	    query_int(&rq->query, "sinceSeconds", 0, &since_s, &err) < 0) {
		request_fail_err(rq, &err);
		return false;
	}
	if (!ek_str_empty(since_time) && ek_time_parse(since_time, &s->since_us) < 0)
		return refuse(
			rq, EK_EBADREQUEST,
			"parsing time \"%.64s\" as \"2006-01-02T15:04:05Z07:00\": cannot parse",
			since_time);
	check_log_options(&rq->query, s, since_s, &causes);
	if (causes.v.n) {
		request_fail(rq, ek_status_invalid(&options, rq->route.name, &causes));
		return false;
	}
	if (since_s)
		s->since_us = ek_clock_wall_us() - since_s * 1000000;
	return true;
}

static bool read_command(struct request *rq, struct pod_access *a)
{
	size_t n = 0;

	a->words = ek_json_array();
	a->command = ek_calloc(MAX_COMMAND + 1, sizeof(*a->command));
	for (size_t i = 0; i < rq->query.params.n && n < MAX_COMMAND; i++) {
		if (!ek_streq(rq->query.params.items[i].name, "command"))
			continue;
		ek_json_append(a->words, ek_json_new_str(rq->query.params.items[i].value));
		a->command[n] = ek_json_str(ek_json_elem(a->words, n));
		n++;
	}
	a->spec.command = a->command;
	return n > 0 || refuse(rq, EK_EBADREQUEST,
			       "you must specify at least one command for the container");
}

static bool read_stream_options(struct request *rq, struct ek_session_spec *s)
{
	s->in = query_bool(&rq->query, "stdin");
	s->out = query_bool(&rq->query, "stdout");
	s->err = query_bool(&rq->query, "stderr");
	s->tty = query_bool(&rq->query, "tty");
	if (s->tty)
		s->err = false; /* a terminal has one output */
	return s->in || s->out || s->err ||
	       refuse(rq, EK_EBADREQUEST, "you must specify at least 1 of stdin, stdout, stderr");
}

static bool read_options(struct request *rq, enum ek_session_kind kind, struct pod_access *a)
{
	switch (kind) {
	case EK_SESSION_LOGS:
		return choose_container(rq, a);
	case EK_SESSION_EXEC:
		return choose_container(rq, a) && read_stream_options(rq, &a->spec) &&
		       read_command(rq, a);
	case EK_SESSION_ATTACH:
		return choose_container(rq, a) && read_stream_options(rq, &a->spec);
	default:
		return true;
	}
}

/* ---- pod and node ---- */

static bool find_node(struct request *rq, struct pod_access *a)
{
	const struct ek_api_options *o = front_options(rq->front);
	const char *node = ek_json_str_at(ek_object_tree(a->pod), "spec.nodeName");

	if (ek_str_empty(node) && a->spec.kind == EK_SESSION_LOGS) {
		http_reply_text(rq->http, 200, "text/plain",
				""); /* nothing has run, nothing was said */
		return false;
	}
	if (ek_str_empty(node))
		return refuse(rq, EK_EBADREQUEST, "pod %s does not have a host assigned",
			      rq->route.name);
	a->node = o->node_access ? o->node_access(o->arg, node) : NULL;
	return a->node || refuse(rq, EK_EUNAVAILABLE, "node %s cannot be reached", node);
}

bool pod_access_open(struct request *rq, enum ek_session_kind kind, struct pod_access *ret)
{
	struct pod_access *a = ret;

	*a = (struct pod_access){ .spec.kind = kind };
	if (!request_authorized(rq) || (kind == EK_SESSION_LOGS && !read_log_options(rq, &a->spec)))
		return false;
	a->pod = ek_registry_read(front_registry(rq->front), &ek_kind_pod, rq->route.ns,
				  rq->route.name);
	if (!a->pod) {
		request_fail(rq, ek_status_new(EK_ENOTFOUND, "", "pods", rq->route.name,
					       "pods \"%s\" not found", rq->route.name));
		return false;
	}
	if (!read_options(rq, kind, a) || !find_node(rq, a)) {
		pod_access_done(a);
		return false;
	}
	a->spec.ns = ek_meta_namespace(ek_object_tree(a->pod));
	a->spec.pod = ek_meta_name(ek_object_tree(a->pod));
	a->spec.uid = ek_index_uid(a->pod->index);
	a->spec.container = a->container;
	return true;
}

void pod_access_done(struct pod_access *a)
{
	ek_object_unref(a->pod);
	free(a->container);
	free(a->command);
	ek_json_unref(a->words);
	*a = (struct pod_access){ 0 };
}

void handle_pod_stream(struct request *rq)
{
	const char *sub = rq->route.subresource;

	if (ek_streq(sub, "log"))
		handle_pod_log(rq);
	else if (ek_streq(sub, "exec"))
		handle_pod_session(rq, EK_SESSION_EXEC);
	else if (ek_streq(sub, "attach"))
		handle_pod_session(rq, EK_SESSION_ATTACH);
	else if (ek_streq(sub, "portforward"))
		handle_pod_session(rq, EK_SESSION_FORWARD);
	else
		(void)refuse(rq, EK_ENOTFOUND, "the server could not find the requested resource");
}
