/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Services, in two halves. The *directory* is what the API says: Services and EndpointSlices,
 * fed from informers, read by DNS (net_dns.h) and by the proxy; pure data, no loop, no kernel. The
 * *proxy* makes the kernel's nf_tables say the same, a few elements at a time.
 *
 *   informers ──► directory ──┬──► proxy ──► nf_tables
 *                             └──► DNS zone
 */

#include <ekube/json.h>
#include <ekube/loop.h>
#include <ekube/net.h>

/* ---- the directory ---- */
enum {
	EK_SVC_PORTS_MAX = 1000,   /* of a Service or a slice */
	EK_SVC_SLICE_MAX = 1000,   /* endpoints of a slice: the API's own limit */
	EK_SVC_EPS_MAX = 8192,     /* endpoints a Service port is balanced over; more are left out */
};

struct ek_svcdir;

/* Endpoints of `node_name` count as local (may be NULL). */
struct ek_svcdir *ek_svcdir_new(const char *node_name);
void              ek_svcdir_free(struct ek_svcdir *dir); /* no watch may be left */

/*
 * Objects as the API server delivers them, added or modified. EK_EINVALID for what no API server
 * lets through (no name, an address that is none); what was known before is then as it was.
 */
int  ek_svcdir_set_service(struct ek_svcdir *dir, const struct ek_json *service, struct ek_err *err);
void ek_svcdir_del_service(struct ek_svcdir *dir, const char *ns, const char *name);
int  ek_svcdir_set_slice(struct ek_svcdir *dir, const struct ek_json *slice, struct ek_err *err);
void ek_svcdir_del_slice(struct ek_svcdir *dir, const char *ns, const char *name);
/* Namespaces decide between "no such name" and "no such record"; those of Services are known anyway. */
void ek_svcdir_set_namespace(struct ek_svcdir *dir, const char *name);
void ek_svcdir_del_namespace(struct ek_svcdir *dir, const char *name);

/* Told at every change of a Service or its endpoints; key is "namespace/name". */
struct ek_svcdir_watch {
	void (*changed)(struct ek_svcdir_watch *w, const char *key);
	/* private */
	struct ek_list node;
};
void ek_svcdir_watch(struct ek_svcdir *dir, struct ek_svcdir_watch *w);
void ek_svcdir_unwatch(struct ek_svcdir_watch *w);

/* ---- the proxy ---- */
struct ek_services;

/*
 * Watches dir, but leaves the kernel alone until ek_services_start(): what an earlier process
 * put there goes on working while the informers fill the directory. Of cfg: name, bridge, the
 * blocks, and `local`: Services on these addresses are answered by this very process.
 */
int  ek_services_open(struct ek_loop *loop, const struct ek_net_config *cfg, struct ek_svcdir *dir,
		      struct ek_services **ret, struct ek_err *err);
void ek_services_close(struct ek_services *s); /* the rules stay */

/*
 * The directory is complete (the informers have synced): replace the table in one transaction.
 * From here on changes are applied at the end of the turn of the loop they came in. When the
 * kernel refuses, it is logged and tried again as a whole, with growing pauses.
 */
int  ek_services_start(struct ek_services *s, struct ek_err *err);
bool ek_services_idle(const struct ek_services *s); /* everything applied, nothing under way */
