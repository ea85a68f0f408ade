/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The API server: HTTP front, authentication, authorization, admission, registry, watch.
 * Made and wired by cli/; everybody else sees it as a struct ek_client.
 */

#include <ekube/client.h>
#include <ekube/crypto.h>
#include <ekube/pod_session.h>
#include <ekube/store.h>

struct ek_api;

struct ek_api_options {
	struct ek_loop  *loop;
	struct ek_store *store;            /* borrowed */
	/* TLS and trust, in PEM; copied */
	const char *serving_cert, *serving_key;
	const char *client_ca;             /* who signs client certificates */
	const char *server_ca;             /* published as kube-root-ca.crt */
	const char *service_account_key;   /* private; signs and verifies tokens */
	const char *issuer;                /* "https://kubernetes.default.svc.cluster.local" */
	/* static tokens file lines "token,user,uid,\"group1,group2\"" or NULL */
	const char *token_file;
	const char *bind_address;          /* "0.0.0.0" */
	int         port;                  /* 0: none is opened (tests use the local client); -1: any */
	const char *advertise_address;     /* endpoint of the kubernetes Service */
	int         advertise_port;
	const char *service_cidr;          /* "10.43.0.0/16" */
	const char *node_port_range;       /* "30000-32767" */
	const char *cluster_domain;        /* "cluster.local" */
	const char *version, *git_commit, *build_date;
	/* The node that runs pods, by name; NULL when it is not known. */
	struct ek_node_access *(*node_access)(void *arg, const char *node_name);
	void *arg;
};

int  ek_api_new(const struct ek_api_options *options, struct ek_api **ret, struct ek_err *err);
/* Default objects (namespaces, RBAC defaults, the kubernetes Service) are made; then the port opens. */
void ek_api_start(struct ek_api *api, void (*ready)(void *arg, int rc, const struct ek_err *err), void *arg);
/* Stops accepting, ends watches, waits for writes in flight, then calls back. */
void ek_api_stop(struct ek_api *api, void (*stopped)(void *arg), void *arg);
void ek_api_free(struct ek_api *api);

/*
 * A client that is a function call: no HTTP, no encoding, but through authorization, admission and
 * validation as `user` in `groups` (NULL-terminated). Free with ek_client_free before the api.
 */
struct ek_client *ek_api_local_client(struct ek_api *api, const char *user, const char *const *groups);

int ek_api_port(const struct ek_api *api); /* the port in use (for tests that ask for any) */
