/* SPDX-License-Identifier: Apache-2.0 */
#include "server.h"

#include <ekube/api.h>
#include <ekube/clock.h>
#include <ekube/controllers.h>
#include <ekube/file.h>
#include <ekube/log.h>
#include <ekube/scheduler.h>
#include <ekube/str.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "advice.h"
#include "agent.h"
#include "machine.h"
#include "network.h"
#include "notify.h"
#include "pki.h"
#include "version.h"

/*
 *  start:  directory ─► trust ─► store ─► API ─► (ready) ─► kubeconfig ─► controllers, scheduler
 *          ─► network ─► node
 *  stop:   node ─► (stopped) ─► network ─► scheduler, controllers ─► API ─► (stopped) ─► store
 *
 *  Containers stay.
 */

enum { VOLATILE_MS = 4 * 60 * 1000 };

struct server {
	const struct server_config *config;
	struct ek_loop      *loop;
	int                  lock;         /* of the data directory */
	struct pki           pki;
	struct ek_store     *store;
	struct ek_api_options api_options;
	struct ek_api       *api;
	struct ek_client    *admin;        /* reads for everybody's caches */
	struct ek_informers *informers;
	struct ek_map        clients;      /* by user: one for each part that writes */
	struct ek_scheduler *scheduler;
	struct ek_controllers *controllers;
	struct network      *network;
	struct agent        *agent;
	struct ek_signal     on_term, on_int;
	int64_t              started_ms;
	bool                 stopping;
	int                  rc;           /* of a start that failed after the loop began */
	struct ek_err       *err;
};

/* ------------------------------------------------------------------- trust */

static int load_trust(struct server *s, struct ek_err *err)
{
	const struct server_config *c = s->config;
	EK_FREE char *dir = ek_str_fmt("%s/server/tls", c->instance.data_dir);
	EK_FREE char *domain = ek_str_fmt("kubernetes.default.svc.%s", c->cluster_domain);
	const char *fixed[] = { "kubernetes",
				"kubernetes.default",
				"kubernetes.default.svc",
				domain,
				"localhost",
				"127.0.0.1",
				"::1",
				c->service_ip,
				c->node_ip,
				c->advertise_address,
				c->node_name };
	EK_VEC(const char *) sans = { 0 };
	struct pki_spec spec = { .dir = dir, .node_name = c->node_name };
	int rc;

	for (size_t i = 0; i < EK_ARRAY_LEN(fixed); i++)
		ek_vec_push(&sans, fixed[i]);
	for (size_t i = 0; i < c->n_tls_sans; i++)
		ek_vec_push(&sans, c->tls_sans[i]);
	ek_vec_push(&sans, NULL);
	spec.sans = sans.items;
	rc = pki_load(&spec, &s->pki, err);
	ek_vec_done(&sans);
	if (rc < 0 && rc < EK_ERR_END_) /* else it is the disk, which speaks for itself */
		return advise(
			err, rc,
			"put the file back, or move the directory away: then new ones are made, which "
			"old kubeconfigs do not know");
	return rc;
}

static int write_kubeconfig(struct server *s, struct ek_err *err)
{
	const struct server_config *c = s->config;
	const char *host = ek_streq(c->bind_address, "0.0.0.0") ? "127.0.0.1" : c->bind_address;
	EK_FREE char *url = ek_str_fmt("https://%s:%d", host, ek_api_port(s->api));
	EK_CLEANUP(ek_secret_freep) char *text = pki_kubeconfig(&s->pki, url, "default");
	EK_FREE char *copy = ek_str_dup(c->kubeconfig);
	int rc = ek_dir_make(AT_FDCWD, dirname(copy), 0755, err);

	if (rc == 0)
		rc = ek_file_write(AT_FDCWD, c->kubeconfig, text, strlen(text), c->kubeconfig_mode,
				   false, err);
	return rc < 0 ? ek_wrap(err, rc,
				"write the kubeconfig (--write-kubeconfig chooses another place)") :
			0;
}

/* A part of the server as the API sees it. Service accounts have their groups. */
static struct ek_client *client_for(void *arg, const char *user)
{
	static const char *const account_groups[] = { "system:serviceaccounts",
						      "system:serviceaccounts:kube-system",
						      "system:authenticated", NULL };
	static const char *const groups[] = { "system:authenticated", NULL };
	static const char *const nodes[] = { "system:nodes", "system:authenticated", NULL };
	static const char *const masters[] = { "system:masters", "system:authenticated", NULL };
	struct server *s = arg;
	struct ek_client *client = ek_map_get(&s->clients, user);

	if (client)
		return client;
	client = ek_api_local_client(s->api, user,
				     ek_str_starts(user, "system:serviceaccount:") ?
					     account_groups :
				     ek_str_starts(user, "system:node:") ? nodes :
				     ek_streq(user, "system:apiserver")	 ? masters :
									   groups);
	(void)ek_map_put(&s->clients, user, client);
	return client;
}

static void free_clients(struct server *s)
{
	for (struct ek_map_entry *e = NULL; (e = ek_map_next(&s->clients, e));)
		ek_client_free(e->value);
	ek_map_done(&s->clients);
}

/* -------------------------------------------------------------------- stop */

static void on_api_stopped(void *arg)
{
	struct server *s = arg;

	ek_loop_stop(s->loop);
}

static void stop_parts(void *arg)
{
	struct server *s = arg;

	network_stop(ek_steal(s->network));
	ek_scheduler_stop(ek_steal(s->scheduler));
	if (s->controllers)
		ek_controllers_stop(ek_steal(s->controllers));
	ek_informers_free(ek_steal(s->informers));
	free_clients(s);
	ek_api_stop(s->api, on_api_stopped, s);
}

static void stop(struct server *s)
{
	if (s->stopping)
		return;
	s->stopping = true;
	notify_manager("STOPPING=1");
	ek_info("stopping", "containers", "stay");
	ek_signal_stop(&s->on_term);
	ek_signal_stop(&s->on_int);
	if (s->agent)
		agent_stop(ek_steal(s->agent), stop_parts, s);
	else
		stop_parts(s);
}

static void on_terminate(struct ek_signal *sig, int signum)
{
	(void)signum;
	stop(ek_container_of(sig, struct server, on_term));
}

static void on_interrupt(struct ek_signal *sig, int signum)
{
	(void)signum;
	stop(ek_container_of(sig, struct server, on_int));
}

static void fail_start(struct server *s, int rc)
{
	s->rc = rc;
	stop(s);
}

/* ------------------------------------------------------------------- start */

static int start_agent(struct server *s, struct ek_err *err)
{
	const struct server_config *c = s->config;
	EK_FREE char *user = ek_str_fmt("system:node:%s", c->node_name);

	return agent_start(s->loop, c, client_for(s, user), s->informers,
			   s->network ? network_podnet(s->network) : NULL, &s->agent, err);
}

static struct ek_node_access *node_access(void *arg, const char *node_name)
{
	struct server *s = arg;

	return s->agent && ek_streq(node_name, s->config->node_name) ? agent_access(s->agent) :
								       NULL;
}

static int start_parts(struct server *s, struct ek_err *err)
{
	const struct server_config *c = s->config;
	struct ek_controllers_config config = { .root_ca = s->pki.server_ca };
	int rc = 0;

	s->admin = client_for(s, "system:apiserver");
	s->informers = ek_informers_new(s->admin);
	config.informers = s->informers;
	if (!c->disable_controllers)
		s->controllers = ek_controllers_start(s->loop, client_for, s, &config);
	if (!c->disable_scheduler)
		s->scheduler =
			ek_scheduler_start(client_for(s, "system:kube-scheduler"), s->informers);
	if (!c->disable_agent && !c->disable_network)
		rc = network_start(s->loop, c, s->informers, &s->network, err);
	if (rc == 0 && !c->disable_agent)
		rc = start_agent(s, err);
	return rc;
}

static void on_api_ready(void *arg, int rc, const struct ek_err *err)
{
	struct server *s = arg;

	if (s->stopping)
		return; /* a signal was faster */
	if (rc < 0)
		*s->err = *err;
	else
		rc = write_kubeconfig(s, s->err);
	if (rc == 0)
		rc = start_parts(s, s->err);
	if (rc < 0) {
		fail_start(s, rc);
		return;
	}
	ek_info("ready", "version", EKUBE_GIT_VERSION, "address",
		EK_F("%s:%d", s->config->bind_address, ek_api_port(s->api)), "kubeconfig",
		s->config->kubeconfig, "ms", EK_I(ek_clock_mono_ms() - s->started_ms));
	notify_manager("READY=1");
}

static int open_store(struct server *s, struct ek_err *err)
{
	EK_FREE char *dir = ek_str_fmt("%s/server/db", s->config->instance.data_dir);
	/* leases reach the flash every four minutes; nothing else is volatile */
	const struct ek_store_options options = { .path = dir, .volatile_ms = VOLATILE_MS };
	int rc = ek_dir_make(AT_FDCWD, dir, 0700, err);

	return rc < 0 ? rc : ek_store_open_sqlite(s->loop, &options, &s->store, err);
}

static int start_api(struct server *s, struct ek_err *err)
{
	const struct server_config *c = s->config;
	EK_FREE char *issuer = ek_str_fmt("https://kubernetes.default.svc.%s", c->cluster_domain);
	int rc;

	s->api_options = (struct ek_api_options){
		.loop = s->loop,
		.store = s->store,
		.serving_cert = s->pki.serving_cert,
		.serving_key = s->pki.serving_key,
		.client_ca = s->pki.client_ca,
		.server_ca = s->pki.server_ca,
		.service_account_key = s->pki.service_account_key,
		.issuer = issuer,
		.token_file = c->token_file,
		.bind_address = c->bind_address,
		.port = c->port,
		.advertise_address = c->advertise_address,
		.advertise_port = c->port,
		.service_cidr = c->service_cidr,
		.node_port_range = c->node_port_range,
		.cluster_domain = c->cluster_domain,
		.version = EKUBE_GIT_VERSION,
		.node_access = node_access,
		.arg = s,
	};
	rc = ek_api_new(&s->api_options, &s->api, err);
	if (rc == 0)
		ek_api_start(s->api, on_api_ready, s);
	return rc;
}

static int prepare(struct server *s, struct ek_err *err)
{
	int rc = machine_check(s->config, err);

	if (rc == 0)
		rc = instance_prepare(&s->config->instance, &s->lock, err);
	if (rc == 0)
		rc = load_trust(s, err);
	if (rc == 0)
		rc = open_store(s, err);
	return rc;
}

int server_run(const struct server_config *c, struct ek_err *err)
{
	struct server s = { .config = c, .lock = -1, .err = err };
	int rc;

	s.started_ms = ek_clock_mono_ms();
	s.loop = ek_loop_new();
	(void)umask(0022);
	rc = prepare(&s, err);
	if (rc == 0)
		rc = ek_signal_start(s.loop, &s.on_term, SIGTERM, on_terminate);
	if (rc == 0)
		rc = ek_signal_start(s.loop, &s.on_int, SIGINT, on_interrupt);
	if (rc == 0)
		rc = start_api(&s, err);
	if (rc == 0) {
		ek_loop_run(s.loop);
		rc = s.rc;
	}
	ek_signal_stop(&s.on_term);
	ek_signal_stop(&s.on_int);
	ek_api_free(s.api);
	if (s.store)
		ek_store_close(s.store);
	pki_done(&s.pki);
	ek_loop_free(s.loop);
	ek_closep(&s.lock);
	return rc;
}
