/* SPDX-License-Identifier: Apache-2.0 */

#include "tables.h"

static const char *port_name(const char *s)
{
	return ek_str_empty(s) ? NULL : ek_name_dns1123_label(s);
}

static const struct ek_field endpoint_conditions_rows[] = {
	{ "ready", EK_F_BOOL, EK_ONE, EK_POINTER, .pb = 1,
	  .doc = "Whether it takes traffic; absent means yes." },
	{ "serving", EK_F_BOOL, EK_ONE, EK_POINTER, .pb = 2, .doc = "As ready, also while it terminates." },
	{ "terminating", EK_F_BOOL, EK_ONE, EK_POINTER, .pb = 3, .doc = "Whether it is going away." },
};
static EK_TYPE(endpoint_conditions_type, "io.k8s.api.discovery.v1.EndpointConditions",
	       "State of an endpoint.", endpoint_conditions_rows);

static const struct ek_field for_zone_rows[] = {
	{ "name", EK_F_STR, EK_ONE, EK_KEEP, .pb = 1, .doc = "Its name." },
};
static EK_TYPE(for_zone_type, "io.k8s.api.discovery.v1.ForZone", "A zone.", for_zone_rows);

static const struct ek_field endpoint_hints_rows[] = {
	{ "forZones", EK_F_OBJ, EK_LIST, EK_ATOMIC, .pb = 1, .of = &for_zone_type,
	  .doc = "Clients of these zones." },
};
static EK_TYPE(endpoint_hints_type, "io.k8s.api.discovery.v1.EndpointHints", "Who should use an endpoint.",
	       endpoint_hints_rows);

static const struct ek_field endpoint_rows[] = {
	{ "addresses", EK_F_STR, EK_LIST, EK_KEEP | EK_LIST_SET, .pb = 1,
	  .doc = "Its addresses; any will do." },
	{ "conditions", EK_F_OBJ, .pb = 2, .of = &endpoint_conditions_type, .doc = "Its state." },
	{ "hostname", EK_F_STR, EK_ONE, EK_POINTER, .pb = 3, .check = ek_name_dns1123_label,
	  .doc = "Its host name." },
	{ "targetRef", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 4, .of = &ek_type_object_reference,
	  .doc = "The object that it belongs to." },
	{ "deprecatedTopology", EK_F_STR, EK_MAP, .pb = 5, .doc = "Deprecated: labels of its place." },
	{ "nodeName", EK_F_STR, EK_ONE, EK_POINTER, .pb = 6, .doc = "Its node." },
	{ "zone", EK_F_STR, EK_ONE, EK_POINTER, .pb = 7, .doc = "Its zone." },
	{ "hints", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 8, .of = &endpoint_hints_type,
	  .doc = "Who should use it." },
};
static EK_TYPE(endpoint_type, "io.k8s.api.discovery.v1.Endpoint", "Something behind a Service.",
	       endpoint_rows);

static const struct ek_field endpoint_port_rows[] = {
	{ "name", EK_F_STR, EK_ONE, EK_POINTER, .pb = 1, .dflt = "\"\"", .check = port_name,
	  .doc = "Name of the Service's port." },
	{ "protocol", EK_F_STR, EK_ONE, EK_POINTER, .pb = 2, .go = "v1.Protocol", .dflt = "\"TCP\"",
	  .one_of = EK_ONE_OF("SCTP", "TCP", "UDP"), .doc = "TCP, UDP or SCTP." },
	{ "port", EK_F_INT32, EK_ONE, EK_POINTER, .pb = 3, .doc = "The port; absent for all." },
	{ "appProtocol", EK_F_STR, EK_ONE, EK_POINTER, .pb = 4, .check = ek_name_qualified,
	  .doc = "What is spoken: http, kubernetes.io/h2c." },
};
static EK_TYPE(endpoint_port_type, "io.k8s.api.discovery.v1.EndpointPort", "A port of endpoints.",
	       endpoint_port_rows, .flags = EK_ATOMIC);

static const struct ek_field endpoint_slice_rows[] = {
	EK_ROWS_TYPE_META,
	EK_ROW_METADATA,
	{ "addressType", EK_F_STR, EK_ONE, EK_KEEP | EK_REQUIRED, .pb = 4, .go = "v1.AddressType",
	  .one_of = EK_ONE_OF("FQDN", "IPv4", "IPv6"), .doc = "IPv4, IPv6 or FQDN." },
	{ "endpoints", EK_F_OBJ, EK_LIST, EK_KEEP | EK_ATOMIC, .pb = 2, .of = &endpoint_type,
	  .doc = "The addresses, at most 1000." },
	{ "ports", EK_F_OBJ, EK_LIST, EK_KEEP | EK_OPTIONAL | EK_ATOMIC, .pb = 3, .of = &endpoint_port_type,
	  .doc = "Ports of every endpoint, at most 100." },
};
static EK_TYPE(endpoint_slice_type, "io.k8s.api.discovery.v1.EndpointSlice",
	       "Some of the addresses behind a Service.", endpoint_slice_rows);

enum { MAX_SHOWN = 3 };

static struct ek_json *sample(struct ek_buf *text, size_t n)
{
	if (n > MAX_SHOWN)
		(void)ek_buf_fmt(text, " + %zu more...", n - MAX_SHOWN);
	return ek_cell_text(text, "<unset>");
}

EK_CELL(cell_ports)
{
	EK_BUF struct ek_buf text = EK_CELL_TEXT;
	size_t n = 0;

	for (struct ek_json_iter it = ek_json_iter(ek_json_get(obj, "ports")); ek_json_next(&it);) {
		const struct ek_json *port = ek_json_get(it.value, "port");
		const char *name = ek_json_str_at(it.value, "name");

		if (n++ < MAX_SHOWN)
			ek_cell_add(&text, ",", port ? EK_I(ek_json_int(port, 0)) : name ? name : "*");
	}
	return sample(&text, n);
}

EK_CELL(cell_endpoints)
{
	EK_BUF struct ek_buf text = EK_CELL_TEXT;
	size_t n = 0;

	for (struct ek_json_iter e = ek_json_iter(ek_json_get(obj, "endpoints")); ek_json_next(&e);)
		for (struct ek_json_iter it = ek_json_iter(ek_json_get(e.value, "addresses")); ek_json_next(&it);)
			if (n++ < MAX_SHOWN)
				ek_cell_add(&text, ",", ek_json_str(it.value));
	return sample(&text, n);
}

static const struct ek_column columns[] = {
	EK_COLUMN_NAME,
	{ .name = "AddressType", .type = "string", .doc = "IPv4, IPv6 or FQDN.", .path = "addressType" },
	{ .name = "Ports", .type = "string", .doc = "Ports of every endpoint.", .cell = cell_ports },
	{ .name = "Endpoints", .type = "string", .doc = "Some of the addresses.", .cell = cell_endpoints },
	EK_COLUMN_AGE,
	{ 0 },
};

const struct ek_kind ek_kind_endpointslice = {
	.group = "discovery.k8s.io", .version = "v1", .kind = "EndpointSlice",
	.plural = "endpointslices", .singular = "endpointslice",
	.namespaced = true,
	.verbs = EK_V_ALL,
	.type = &endpoint_slice_type,
	.columns = columns,
};
