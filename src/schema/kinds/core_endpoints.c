/* SPDX-License-Identifier: Apache-2.0 */

#include "tables.h"

static const struct ek_field endpoint_address_rows[] = {
	{ "ip", EK_F_STR, EK_ONE, EK_KEEP, .pb = 1 },
	{ "hostname", EK_F_STR, .pb = 3, .check = ek_name_dns1123_label },
	{ "nodeName", EK_F_STR, EK_ONE, EK_POINTER, .pb = 4, .check = ek_name_dns1123_subdomain },
	{ "targetRef", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 2, .of = &ek_type_object_reference },
};
static EK_TYPE(endpoint_address_type, "io.k8s.api.core.v1.EndpointAddress", NULL,
	       endpoint_address_rows, .flags = EK_ATOMIC);

static const struct ek_field endpoint_port_rows[] = {
	{ "name", EK_F_STR, .pb = 1, .check = ek_name_dns1123_label },
	{ "port", EK_F_INT32, EK_ONE, EK_KEEP, .pb = 2, .min = 1, .max = 65535 },
	{ "protocol", EK_F_STR, .pb = 3, .go = "v1.Protocol", .dflt = "\"TCP\"",
	  .one_of = EK_ONE_OF("SCTP", "TCP", "UDP") },
	{ "appProtocol", EK_F_STR, EK_ONE, EK_POINTER, .pb = 4, .check = ek_name_qualified },
};
static EK_TYPE(endpoint_port_type, "io.k8s.api.core.v1.EndpointPort", NULL,
	       endpoint_port_rows, .flags = EK_ATOMIC);

static const struct ek_field endpoint_subset_rows[] = {
	{ "addresses", EK_F_OBJ, EK_LIST, EK_ATOMIC, .pb = 1, .of = &endpoint_address_type },
	{ "notReadyAddresses", EK_F_OBJ, EK_LIST, EK_ATOMIC, .pb = 2,
	  .of = &endpoint_address_type },
	{ "ports", EK_F_OBJ, EK_LIST, EK_ATOMIC, .pb = 3, .of = &endpoint_port_type },
};
static EK_TYPE(endpoint_subset_type, "io.k8s.api.core.v1.EndpointSubset", NULL,
	       endpoint_subset_rows);

static const struct ek_field endpoints_rows[] = {
	EK_ROWS_TYPE_META,
	EK_ROW_METADATA,
	{ "subsets", EK_F_OBJ, EK_LIST, EK_ATOMIC, .pb = 2, .of = &endpoint_subset_type },
};
static EK_TYPE(endpoints_type, "io.k8s.api.core.v1.Endpoints", NULL, endpoints_rows);

const struct ek_kind ek_kind_endpoints = {
	.group = "", .version = "v1", .kind = "Endpoints",
	.plural = "endpoints", .singular = "endpoints",
	.short_names = (const char *const[]){ "ep", NULL },
	.namespaced = true,
	.verbs = EK_V_ALL,
	.type = &endpoints_type,
};
