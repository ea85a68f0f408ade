/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The cluster's trust, made at first start under <data-dir>/server/tls: two authorities (one signs
 * servers, one signs clients, so that neither can play the other), a serving certificate, client
 * certificates for the administrator and the node, the key that signs service account tokens.
 *
 * What is there is kept; a certificate is made anew when it does not fit any more (names, authority) or
 * when less than a third of its life is left. Keys are mode 600 and never made anew.
 */

#include <ekube/crypto.h>

struct pki {
	char *server_ca, *client_ca;           /* certificates */
	char *serving_cert, *serving_key;
	char *admin_cert, *admin_key;
	char *node_cert, *node_key;
	char *service_account_key;
};

struct pki_spec {
	const char        *dir;                /* made when missing */
	const char *const *sans;               /* of the serving certificate; NULL-terminated */
	const char        *node_name;
};

int  pki_load(const struct pki_spec *spec, struct pki *ret, struct ek_err *err);
void pki_done(struct pki *p);

/* A kubeconfig for the administrator: YAML text, malloc'd. */
char *pki_kubeconfig(const struct pki *p, const char *server_url, const char *cluster_name);
