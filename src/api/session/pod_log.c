/* SPDX-License-Identifier: Apache-2.0 */
#include "pod_log.h"

bool pod_log_open(struct pod_log *l, struct request *rq, void (*leave)(struct request *rq))
{
	struct ek_node_access *node;

	l->rq = rq;
	if (!pod_access_open(rq, EK_SESSION_LOGS, &l->access))
		return false;
	rq->state = l;
	rq->leave = leave;
	node = l->access.node;
	node->open(node, &l->access.spec, &l->session);
	return true;
}

void pod_log_fail(struct pod_log *l, int rc, const char *message)
{
	struct ek_err err;

	(void)ek_fail(&err, rc, "%s", message ? message : "the log cannot be read");
	request_fail_err(l->rq, &err);
}

void pod_log_resume(struct pod_log *l)
{
	if (!l->closed)
		l->session.back->resume(&l->session, EK_CH_STDOUT);
}

void pod_log_close(struct pod_log *l)
{
	if (!l->closed && l->session.back)
		l->session.back->close(&l->session);
	l->closed = true;
}

void pod_log_ignore(struct ek_session *s, int channel)
{
	(void)s;
	(void)channel;
}
