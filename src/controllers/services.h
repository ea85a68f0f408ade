/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What Endpoints and EndpointSlices have in common: which pods and ports stand behind a Service. */

#include "pods.h"
#include "rows.h"

enum {
	SERVICE_PODS,  /* those that the selector matches, by name */
	SERVICE_HAVE,  /* the Endpoints or EndpointSlices that there are */
	SERVICE_NODES, /* those with a zone */
};

/* Has a selector and is not a mere name for something elsewhere. */
bool service_is_managed(const struct ek_json *svc);
bool service_is_headless(const struct ek_json *svc); /* without an address of its own */
bool service_wants_pod(const struct ek_json *pod, bool with_terminating);
bool service_gives_hostname(const struct ek_json *svc, const struct ek_json *pod);
/*
 * The pod's ports in the order of the Service's, as endpoint ports; a new array. Ports that the pod
 * lacks are left out.
 */
struct ek_json *service_ports_of(const struct ek_json *svc, const struct ek_json *pod);
bool service_is_ipv6(const char *ip);
/* The pod's first address of a family, NULL when it has none; borrowed. */
const char *service_pod_ip(const struct ek_json *pod, bool v6);
struct ek_json *service_target_ref(const struct ek_json *pod);

void service_collect_pods(struct running *r, struct snapshot *s);
void map_pod_to_services(struct running *r, struct ek_object *before, struct ek_object *after);
