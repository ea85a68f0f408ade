/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* /etc/hosts, /etc/resolv.conf and the host name of a pod, as a kubelet writes them. Pure. */

#include <ekube/json.h>

/* spec.hostname, or the pod's name cut to 63 bytes; with the domain when the pod wants it. Malloc'd. */
char *ek_pod_hostname(const struct ek_json *pod, const char *domain);

/* host_file: the node's own, for pods that share its network (NULL: it has none). ip may be NULL then. Malloc'd. */
char *ek_pod_hosts(const struct ek_json *pod, const char *ip, const char *domain, const char *host_file);

/*
 * host_file: the node's resolv.conf, or NULL. dns: the cluster's name server, or NULL. Malloc'd.
 */
char *ek_pod_resolv_conf(const struct ek_json *pod, const char *dns, const char *domain, const char *host_file);
