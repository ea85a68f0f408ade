/* SPDX-License-Identifier: Apache-2.0 */

/* The options of a server, a row each. */

#include "server.h"

/* Spelled as K3s spells them. */
const struct option_row server_rows[] = {
	{ "config", 'c', OPTION_STR, "General", "FILE", "/etc/ekube/config.yaml",
	  "read options from FILE and FILE.d/*.yaml", 0, 0, "EKUBE_CONFIG_FILE" },
	{ "data-dir", 'd', OPTION_STR, "General", "DIR", "/var/lib/ekube", "keep all state below DIR", 0, 0, NULL },
	{ "debug", 0, OPTION_BOOL, "General", "", NULL, "log more", 0, 0, NULL },
	{ "write-kubeconfig", 'o', OPTION_STR, "General", "FILE", "/etc/ekube/ekube.yaml",
	  "write the administrator's kubeconfig to FILE", 0, 0, "EKUBE_KUBECONFIG_OUTPUT" },
	{ "write-kubeconfig-mode", 0, OPTION_STR, "General", "MODE", "600", "permissions of that file, octal", 0, 0,
	  "EKUBE_KUBECONFIG_MODE" },

	{ "bind-address", 0, OPTION_STR, "API server", "IP", "0.0.0.0", "listen on this address", 0, 0, NULL },
	{ "https-listen-port", 0, OPTION_INT, "API server", "PORT", "6443", "listen on this port", 1, 65535, NULL },
	{ "advertise-address", 0, OPTION_STR, "API server", "IP", NULL,
	  "address that pods reach the API server by; the node's when not given", 0, 0, NULL },
	{ "tls-san", 0, OPTION_LIST, "API server", "NAME", NULL,
	  "one more name or address in the serving certificate", 0, 0, NULL },
	{ "token", 't', OPTION_STR, "API server", "SECRET", NULL, "shared secret by which agents will join; no agents yet", 0, 0, NULL },
	{ "token-auth-file", 0, OPTION_STR, "API server", "FILE", NULL,
	  "static tokens, lines of token,user,uid,\"groups\"", 0, 0, NULL },

	{ "cluster-cidr", 0, OPTION_STR, "Network", "CIDR", "10.42.0.0/16", "addresses of pods", 0, 0, NULL },
	{ "service-cidr", 0, OPTION_STR, "Network", "CIDR", "10.43.0.0/16", "addresses of Services", 0, 0, NULL },
	{ "service-node-port-range", 0, OPTION_STR, "Network", "A-B", "30000-32767", "ports of NodePort Services", 0, 0, NULL },
	{ "cluster-dns", 0, OPTION_STR, "Network", "IP", NULL,
	  "address of the DNS server; the tenth of --service-cidr when not given", 0, 0, NULL },
	{ "cluster-domain", 0, OPTION_STR, "Network", "NAME", "cluster.local", "domain of the cluster", 0, 0, NULL },
	{ "bridge", 0, OPTION_STR, "Network", "NAME", NULL, "name of the pods' bridge; from --data-dir when not given",
	  0, 0, NULL },

	{ "node-name", 0, OPTION_STR, "Node", "NAME", NULL, "name of this node; the host's when not given", 0, 0, NULL },
	{ "node-ip", 'i', OPTION_STR, "Node", "IP", NULL, "address of this node; found when not given", 0, 0, NULL },
	{ "node-label", 0, OPTION_LIST, "Node", "KEY=VALUE", NULL, "label the node when it registers", 0, 0, NULL },
	{ "node-taint", 0, OPTION_LIST, "Node", "KEY=VALUE:EFFECT", NULL, "taint the node when it registers", 0, 0, NULL },
	{ "runtime", 0, OPTION_STR, "Node", "PROGRAM", "runc", "runc, crun, or a path to one of them", 0, 0, NULL },
	{ "private-registry", 0, OPTION_STR, "Node", "FILE", "/etc/ekube/registries.yaml",
	  "mirrors and credentials of image registries", 0, 0, NULL },
	{ "kubelet-arg", 0, OPTION_LIST, "Node", "NAME=VALUE", NULL, "as a kubelet has it: max-pods=N", 0, 0, NULL },

	{ "disable", 0, OPTION_LIST, "Parts", "PART", NULL, "leave out a part: network", 0, 0, NULL },
	{ "disable-agent", 0, OPTION_BOOL, "Parts", "", NULL, "run no node: the control plane only", 0, 0, NULL },
	{ "disable-scheduler", 0, OPTION_BOOL, "Parts", "", NULL, "run no scheduler", 0, 0, NULL },
	{ "disable-controller-manager", 0, OPTION_BOOL, "Parts", "", NULL, "run no controllers", 0, 0, NULL },
	{ 0 },
};
