/* SPDX-License-Identifier: Apache-2.0 */

#include "tables.h"

static const struct ek_field service_backend_port_rows[] = {
	{ "name", EK_F_STR, .pb = 1, .doc = "Its name." },
	{ "number", EK_F_INT32, .pb = 2, .doc = "Its number." },
};
static EK_TYPE(service_backend_port_type, "io.k8s.api.networking.v1.ServiceBackendPort",
	       "A port, by name or by number.", service_backend_port_rows, .flags = EK_ATOMIC);

static const struct ek_field ingress_service_backend_rows[] = {
	{ "name", EK_F_STR, EK_ONE, EK_KEEP | EK_REQUIRED, .pb = 1, .doc = "Name of the Service." },
	{ "port", EK_F_OBJ, .pb = 2, .of = &service_backend_port_type, .doc = "Its port." },
};
static EK_TYPE(ingress_service_backend_type, "io.k8s.api.networking.v1.IngressServiceBackend",
	       "A port of a Service.", ingress_service_backend_rows);

static const struct ek_field ingress_backend_rows[] = {
	{ "service", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 4, .of = &ingress_service_backend_type,
	  .doc = "A Service." },
	{ "resource", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 3, .of = &ek_type_typed_local_object_reference,
	  .doc = "Another object of the namespace." },
};
static EK_TYPE(ingress_backend_type, "io.k8s.api.networking.v1.IngressBackend",
	       "Where requests go; one of these.", ingress_backend_rows);

static const struct ek_field ingress_tls_rows[] = {
	{ "hosts", EK_F_STR, EK_LIST, EK_ATOMIC, .pb = 1, .doc = "The hosts." },
	{ "secretName", EK_F_STR, .pb = 2, .doc = "Secret with certificate and key." },
};
static EK_TYPE(ingress_tls_type, "io.k8s.api.networking.v1.IngressTLS", "A certificate for hosts.",
	       ingress_tls_rows);

static const struct ek_field http_ingress_path_rows[] = {
	{ "path", EK_F_STR, .pb = 1, .doc = "The path." },
	{ "pathType", EK_F_STR, EK_ONE, EK_KEEP | EK_POINTER, .pb = 3, .go = "v1.PathType",
	  .one_of = EK_ONE_OF("Exact", "ImplementationSpecific", "Prefix"),
	  .doc = "Exact, Prefix or ImplementationSpecific." },
	{ "backend", EK_F_OBJ, EK_ONE, EK_KEEP, .pb = 2, .of = &ingress_backend_type,
	  .doc = "Where it leads." },
};
static EK_TYPE(http_ingress_path_type, "io.k8s.api.networking.v1.HTTPIngressPath",
	       "A path and where it leads.", http_ingress_path_rows);

static const struct ek_field http_ingress_rule_value_rows[] = {
	{ "paths", EK_F_OBJ, EK_LIST, EK_KEEP | EK_ATOMIC | EK_REQUIRED, .pb = 1,
	  .of = &http_ingress_path_type, .doc = "The paths." },
};
static EK_TYPE(http_ingress_rule_value_type, "io.k8s.api.networking.v1.HTTPIngressRuleValue",
	       "Paths of a host.", http_ingress_rule_value_rows);

static const struct ek_field ingress_rule_value_rows[] = {
	{ "http", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 1, .of = &http_ingress_rule_value_type,
	  .doc = "Its paths." },
};
static EK_TYPE(ingress_rule_value_type, "io.k8s.api.networking.v1.IngressRuleValue", "What a host has.",
	       ingress_rule_value_rows);

static const struct ek_field ingress_rule_rows[] = {
	{ "host", EK_F_STR, .pb = 1, .doc = "The host; \"*.example.com\" for all below." },
	{ "IngressRuleValue", EK_F_OBJ, EK_ONE, EK_INLINE, .pb = 2, .of = &ingress_rule_value_type },
};
static EK_TYPE(ingress_rule_type, "io.k8s.api.networking.v1.IngressRule", "A host and its paths.",
	       ingress_rule_rows);

static const struct ek_field ingress_spec_rows[] = {
	{ "ingressClassName", EK_F_STR, EK_ONE, EK_POINTER, .pb = 4, .doc = "Which class serves it." },
	{ "defaultBackend", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 1, .of = &ingress_backend_type,
	  .doc = "Where requests go that no rule matches." },
	{ "tls", EK_F_OBJ, EK_LIST, EK_ATOMIC, .pb = 2, .of = &ingress_tls_type,
	  .doc = "Certificates by host." },
	{ "rules", EK_F_OBJ, EK_LIST, EK_ATOMIC, .pb = 3, .of = &ingress_rule_type,
	  .doc = "Hosts and their paths." },
};
static EK_TYPE(ingress_spec_type, "io.k8s.api.networking.v1.IngressSpec", "Which requests go where.",
	       ingress_spec_rows);

static const struct ek_field ingress_port_status_rows[] = {
	{ "port", EK_F_INT32, EK_ONE, EK_KEEP, .pb = 1, .doc = "The port." },
	{ "protocol", EK_F_STR, EK_ONE, EK_KEEP, .pb = 2, .go = "v1.Protocol", .doc = "Its protocol." },
	{ "error", EK_F_STR, EK_ONE, EK_POINTER, .pb = 3, .doc = "What is wrong with it." },
};
static EK_TYPE(ingress_port_status_type, "io.k8s.api.networking.v1.IngressPortStatus", "State of a port.",
	       ingress_port_status_rows);

static const struct ek_field ingress_load_balancer_ingress_rows[] = {
	{ "ip", EK_F_STR, .pb = 1, .doc = "Address." },
	{ "hostname", EK_F_STR, .pb = 2, .doc = "Name." },
	{ "ports", EK_F_OBJ, EK_LIST, EK_ATOMIC, .pb = 4, .of = &ingress_port_status_type,
	  .doc = "State of its ports." },
};
static EK_TYPE(ingress_load_balancer_ingress_type, "io.k8s.api.networking.v1.IngressLoadBalancerIngress",
	       "A name or address of an Ingress.", ingress_load_balancer_ingress_rows);

static const struct ek_field ingress_load_balancer_status_rows[] = {
	{ "ingress", EK_F_OBJ, EK_LIST, EK_ATOMIC, .pb = 1, .of = &ingress_load_balancer_ingress_type,
	  .doc = "Names and addresses." },
};
static EK_TYPE(ingress_load_balancer_status_type, "io.k8s.api.networking.v1.IngressLoadBalancerStatus",
	       "Where an Ingress is reached.", ingress_load_balancer_status_rows);

static const struct ek_field ingress_status_rows[] = {
	{ "loadBalancer", EK_F_OBJ, .pb = 1, .of = &ingress_load_balancer_status_type,
	  .doc = "Where it is reached." },
};
static EK_TYPE(ingress_status_type, "io.k8s.api.networking.v1.IngressStatus", "State of an Ingress.",
	       ingress_status_rows);

static const struct ek_field ingress_rows[] = {
	EK_ROWS_TYPE_META,
	EK_ROW_METADATA,
	{ "spec", EK_F_OBJ, .pb = 2, .of = &ingress_spec_type, .doc = "What is wanted." },
	{ "status", EK_F_OBJ, .pb = 3, .of = &ingress_status_type, .doc = "What there is now." },
};
static EK_TYPE(ingress_type, "io.k8s.api.networking.v1.Ingress", "Leads HTTP requests to Services.",
	       ingress_rows);

EK_CELL(cell_class)
{
	const char *class = ek_json_str_at(obj, "spec.ingressClassName");

	return ek_json_new_str(class ? class : "<none>");
}

enum { MAX_SHOWN = 3 };

/* "a.example.com,b.example.com + 2 more..." */
EK_CELL(cell_hosts)
{
	const struct ek_json *rules = ek_json_at(obj, "spec.rules");
	EK_BUF struct ek_buf text = EK_CELL_TEXT;
	size_t shown = 0;
	bool more = false;

	for (struct ek_json_iter it = ek_json_iter(rules); ek_json_next(&it);) {
		const char *host = ek_json_str_at(it.value, "host");

		more |= shown == MAX_SHOWN;
		if (more || ek_str_empty(host))
			continue;
		ek_cell_add(&text, ",", host);
		shown++;
	}
	if (more)
		(void)ek_buf_fmt(&text, " + %zu more...", ek_json_len(rules) - MAX_SHOWN);
	return ek_cell_text(&text, "*");
}

EK_CELL(cell_address)
{
	return ek_cell_ingress(ek_json_at(obj, "status.loadBalancer.ingress"));
}

EK_CELL(cell_ports)
{
	return ek_json_new_str(ek_json_len(ek_json_at(obj, "spec.tls")) ? "80, 443" : "80");
}

static const struct ek_column columns[] = {
	EK_COLUMN_NAME,
	{ .name = "Class", .type = "string", .doc = "Which class serves it.", .cell = cell_class },
	{ .name = "Hosts", .type = "string", .doc = "Hosts it has rules for.", .cell = cell_hosts },
	{ .name = "Address", .type = "string", .doc = "Where it is reached.", .cell = cell_address },
	{ .name = "Ports", .type = "string", .doc = "Ports it is reached at.", .cell = cell_ports },
	EK_COLUMN_AGE,
	{ 0 },
};

static const struct ek_subresource subresources[] = {
	{ "status", .verbs = EK_V_GET | EK_V_PATCH | EK_V_UPDATE },
	{ 0 },
};

const struct ek_kind ek_kind_ingress = {
	.group = "networking.k8s.io", .version = "v1", .kind = "Ingress",
	.plural = "ingresses", .singular = "ingress",
	.short_names = (const char *const[]){ "ing", NULL },
	.namespaced = true,
	.verbs = EK_V_ALL,
	.subresources = subresources,
	.type = &ingress_type,
	.columns = columns,
};
