/* SPDX-License-Identifier: Apache-2.0 */

#include "tables.h"

static const struct ek_field endpoint_address_rows[] = {
	{ "ip", EK_F_STR, EK_ONE, EK_KEEP, .pb = 1, .doc = "The address." },
	{ "hostname", EK_F_STR, .pb = 3, .check = ek_name_dns1123_label, .doc = "Its host name." },
	{ "nodeName", EK_F_STR, EK_ONE, EK_POINTER, .pb = 4, .check = ek_name_dns1123_subdomain,
	  .doc = "Its node." },
	{ "targetRef", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 2, .of = &ek_type_object_reference,
	  .doc = "The object that it belongs to." },
};
static EK_TYPE(endpoint_address_type, "io.k8s.api.core.v1.EndpointAddress", "An address behind a Service.",
	       endpoint_address_rows, .flags = EK_ATOMIC);

static const struct ek_field endpoint_port_rows[] = {
	{ "name", EK_F_STR, .pb = 1, .check = ek_name_dns1123_label, .doc = "Name of the Service's port." },
	{ "port", EK_F_INT32, EK_ONE, EK_KEEP, .pb = 2, .min = 1, .max = 65535, .doc = "The port." },
	{ "protocol", EK_F_STR, .pb = 3, .go = "v1.Protocol", .dflt = "\"TCP\"",
	  .one_of = EK_ONE_OF("SCTP", "TCP", "UDP"), .doc = "TCP, UDP or SCTP." },
	{ "appProtocol", EK_F_STR, EK_ONE, EK_POINTER, .pb = 4, .check = ek_name_qualified,
	  .doc = "What is spoken: http, kubernetes.io/h2c." },
};
static EK_TYPE(endpoint_port_type, "io.k8s.api.core.v1.EndpointPort", "A port behind a Service.",
	       endpoint_port_rows, .flags = EK_ATOMIC);

static const struct ek_field endpoint_subset_rows[] = {
	{ "addresses", EK_F_OBJ, EK_LIST, EK_ATOMIC, .pb = 1, .of = &endpoint_address_type,
	  .doc = "Those that are ready." },
	{ "notReadyAddresses", EK_F_OBJ, EK_LIST, EK_ATOMIC, .pb = 2, .of = &endpoint_address_type,
	  .doc = "Those that are not ready." },
	{ "ports", EK_F_OBJ, EK_LIST, EK_ATOMIC, .pb = 3, .of = &endpoint_port_type, .doc = "Their ports." },
};
static EK_TYPE(endpoint_subset_type, "io.k8s.api.core.v1.EndpointSubset", "Addresses with common ports.",
	       endpoint_subset_rows);

static const struct ek_field endpoints_rows[] = {
	EK_ROWS_TYPE_META,
	EK_ROW_METADATA,
	{ "subsets", EK_F_OBJ, EK_LIST, EK_ATOMIC, .pb = 2, .of = &endpoint_subset_type,
	  .doc = "Addresses with common ports." },
};
static EK_TYPE(endpoints_type, "io.k8s.api.core.v1.Endpoints",
	       "Addresses behind a Service; EndpointSlices follow them.", endpoints_rows);

/* "10.0.0.1:80,10.0.0.2:80 + 3 more..." */
struct sample {
	struct ek_buf text;
	size_t        n, shown;
};

enum { MAX_SHOWN = 3 };

static void add_addresses(struct sample *s, const struct ek_json *subset, const struct ek_json *port)
{
	for (struct ek_json_iter it = ek_json_iter(ek_json_get(subset, "addresses")); ek_json_next(&it);) {
		const char *ip = ek_json_str_at(it.value, "ip");
		bool v6 = ip && strchr(ip, ':');

		s->n++;
		if (s->shown == MAX_SHOWN)
			continue;
		s->shown++;
		if (!port) {
			ek_cell_add(&s->text, ",", ip);
			continue;
		}
		ek_cell_add(&s->text, ",", v6 ? "[" : "");
		(void)ek_buf_fmt(&s->text, "%s%s:%" PRId64, ip ? ip : "", v6 ? "]" : "",
				 ek_json_int_at(port, "port", 0));
	}
}

EK_CELL(cell_endpoints)
{
	const struct ek_json *subsets = ek_json_get(obj, "subsets");
	struct sample s = { .text = EK_CELL_TEXT };
	struct ek_json *out;

	for (struct ek_json_iter it = ek_json_iter(subsets); ek_json_next(&it);) {
		const struct ek_json *ports = ek_json_get(it.value, "ports");

		if (ek_json_len(ports) == 0)
			add_addresses(&s, it.value, NULL);
		for (struct ek_json_iter p = ek_json_iter(ports); ek_json_next(&p);)
			add_addresses(&s, it.value, p.value);
	}
	if (s.n > s.shown)
		(void)ek_buf_fmt(&s.text, " + %zu more...", s.n - s.shown);
	out = ek_cell_text(&s.text, ek_json_len(subsets) ? "" : "<none>");
	ek_buf_done(&s.text);
	return out;
}

static const struct ek_column columns[] = {
	EK_COLUMN_NAME,
	{ .name = "Endpoints", .type = "string", .doc = "Addresses that are ready.", .cell = cell_endpoints },
	EK_COLUMN_AGE,
	{ 0 },
};

const struct ek_kind ek_kind_endpoints = {
	.group = "", .version = "v1", .kind = "Endpoints",
	.plural = "endpoints", .singular = "endpoints",
	.short_names = (const char *const[]){ "ep", NULL },
	.namespaced = true,
	.verbs = EK_V_ALL,
	.type = &endpoints_type,
	.columns = columns,
};
