/* SPDX-License-Identifier: Apache-2.0 */
#include "agent.h"

#include <ekube/file.h>
#include <ekube/json.h>
#include <ekube/node.h>
#include <ekube/str.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

#include "airgap.h"
#include "control.h"
#include "server.h"
#include "version.h"

/*
 *  start:  image store ─► registries.yaml ─► node made ─► control socket, air-gap folder ─► node
 *  stop:   control socket, air-gap folder, node (all at once) ─► image store
 */

enum { MAX_REGISTRIES = 1 << 20, N_PARTS = 3 };

struct agent {
	struct ek_loop   *loop;
	struct ek_images *images;
	struct control   *control;
	struct airgap    *airgap;
	struct ek_node   *node;
	size_t            n_running;  /* parts that have not stopped */
	struct ek_defer   gone;
	void            (*stopped)(void *arg);
	void             *arg;
};

/* ---- images ---- */

/* Its default place may be empty; a file that was asked for may not. */
static int read_registries(struct agent *a, const struct server_config *c, struct ek_err *err)
{
	EK_JSON struct ek_json *doc = NULL;
	EK_FREE char *text = NULL;
	size_t n;
	int rc = ek_file_read(AT_FDCWD, c->registries, MAX_REGISTRIES, &text, &n, err);

	if (rc == -ENOENT && !c->registries_asked)
		return 0;
	if (rc == 0)
		rc = ek_yaml_parse(text, n, MAX_REGISTRIES, &doc, err);
	if (rc == 0)
		rc = ek_images_set_registries(a->images, ek_json_is_null(doc) ? NULL : doc, err);
	return rc < 0 ? ek_wrap(err, rc, "registries of --private-registry %s", c->registries) : 0;
}

static int open_images(struct agent *a, const struct server_config *c, struct ek_err *err)
{
	EK_FREE char *dir = ek_path_join(c->instance.data_dir, INSTANCE_IMAGE_STORE);
	int rc = ek_images_open(a->loop, dir, &a->images, err);

	return rc < 0 ? ek_wrap(err, rc, "images") : read_registries(a, c, err);
}

/* ---- the node ---- */

void agent_node_options(const struct server_config *c, struct ek_node_options *ret)
{
	*ret = (struct ek_node_options){
		.name = c->node_name,
		.ip = c->node_ip,
		.pod_cidr = c->disable_network ? NULL : c->pod_cidr,
		.labels = c->node_labels,
		.n_labels = c->n_node_labels,
		.taints = c->node_taints,
		.n_taints = c->n_node_taints,
		.data_dir = c->agent_dir,
		.run_dir = c->instance.run_dir,
		.cgroup = c->instance.cgroup,
		.runtime = c->runtime,
		.cluster_dns = c->disable_network ? NULL : c->cluster_dns,
		.cluster_domain = c->cluster_domain,
		.version = EKUBE_GIT_VERSION,
		.max_pods = c->max_pods,
	};
}

static int make_node(struct agent *a, const struct server_config *c, struct ek_client *client,
		     struct ek_informers *informers, struct ek_podnet *net, struct ek_err *err)
{
	struct ek_node_options o;
	int rc;

	agent_node_options(c, &o);
	o.loop = a->loop;
	o.client = client;
	o.informers = informers;
	o.images = a->images;
	o.net = net;
	rc = ek_dir_make(AT_FDCWD, c->agent_dir, 0700, err);
	if (rc == 0)
		rc = ek_dir_make(AT_FDCWD, c->instance.run_dir, 0700, err);
	return rc < 0 ? rc : ek_node_new(&o, &a->node, err);
}

/* Nothing of it runs. */
static void agent_free(struct agent *a)
{
	if (a->node)
		ek_node_free(a->node);
	if (a->images)
		ek_images_close(a->images);
	free(a);
}

int agent_start(struct ek_loop *loop, const struct server_config *c, struct ek_client *client,
		struct ek_informers *informers, struct ek_podnet *net, struct agent **ret,
		struct ek_err *err)
{
	EK_FREE char *folder = ek_path_join(c->instance.data_dir, INSTANCE_AIR_GAP);
	EK_FREE char *record = ek_path_join(c->instance.data_dir, INSTANCE_IMPORTED);
	struct agent *a = ek_new(struct agent);
	int rc;

	a->loop = loop;
	rc = open_images(a, c, err);
	if (rc == 0)
		rc = make_node(a, c, client, informers, net, err);
	if (rc == 0)
		rc = control_start(loop, &c->instance, a->images, &a->control, err);
	if (rc < 0) {
		agent_free(a);
		return rc;
	}
	a->airgap = airgap_start(a->images, folder, record);
	ek_node_start(a->node);
	*ret = a;
	return 0;
}

/* ---- stop ---- */

static void on_gone(struct ek_defer *d)
{
	struct agent *a = ek_container_of(d, struct agent, gone);
	void (*stopped)(void *arg) = a->stopped;
	void *arg = a->arg;

	agent_free(a);
	stopped(arg);
}

/* The last part may be the node, in the middle of its own stop: it is freed a little later. */
static void on_part_stopped(void *arg)
{
	struct agent *a = arg;

	if (--a->n_running == 0)
		ek_defer(a->loop, &a->gone, on_gone);
}

void agent_stop(struct agent *a, void (*stopped)(void *arg), void *arg)
{
	a->stopped = stopped;
	a->arg = arg;
	a->n_running = N_PARTS;
	control_stop(ek_steal(a->control), on_part_stopped, a);
	airgap_stop(ek_steal(a->airgap), on_part_stopped, a);
	ek_node_stop(a->node, on_part_stopped, a);
}

struct ek_node_access *agent_access(struct agent *a)
{
	return ek_node_access(a->node);
}
