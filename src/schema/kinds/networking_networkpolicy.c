/* SPDX-License-Identifier: Apache-2.0 */

#include "tables.h"

static const struct ek_field network_policy_port_rows[] = {
	{ "protocol", EK_F_STR, EK_ONE, EK_POINTER, .pb = 1, .go = "v1.Protocol", .dflt = "\"TCP\"",
	  .one_of = EK_ONE_OF("TCP", "UDP", "SCTP"), .doc = "TCP, UDP or SCTP." },
	{ "port", EK_F_INTORSTR, EK_ONE, EK_POINTER, .pb = 2, .doc = "Number or name; absent for all." },
	{ "endPort", EK_F_INT32, EK_ONE, EK_POINTER, .pb = 3, .doc = "Last port of a range." },
};
static EK_TYPE(network_policy_port_type, "io.k8s.api.networking.v1.NetworkPolicyPort",
	       "A port, or a range of them.", network_policy_port_rows);

static const struct ek_field ip_block_rows[] = {
	{ "cidr", EK_F_STR, EK_ONE, EK_KEEP | EK_REQUIRED, .pb = 1, .doc = "The block." },
	{ "except", EK_F_STR, EK_LIST, EK_ATOMIC, .pb = 2, .doc = "Blocks in it that do not count." },
};
static EK_TYPE(ip_block_type, "io.k8s.api.networking.v1.IPBlock", "A block of addresses.", ip_block_rows);

static const struct ek_field network_policy_peer_rows[] = {
	{ "podSelector", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 1, .of = &ek_type_label_selector,
	  .doc = "Pods, of the policy's namespace or those below." },
	{ "namespaceSelector", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 2, .of = &ek_type_label_selector,
	  .doc = "Namespaces by their labels." },
	{ "ipBlock", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 3, .of = &ip_block_type, .doc = "Addresses." },
};
static EK_TYPE(network_policy_peer_type, "io.k8s.api.networking.v1.NetworkPolicyPeer", "Pods or addresses.",
	       network_policy_peer_rows);

static const struct ek_field network_policy_ingress_rule_rows[] = {
	{ "ports", EK_F_OBJ, EK_LIST, EK_ATOMIC, .pb = 1, .of = &network_policy_port_type,
	  .doc = "To which ports; absent for all." },
	{ "from", EK_F_OBJ, EK_LIST, EK_ATOMIC, .pb = 2, .of = &network_policy_peer_type,
	  .doc = "From whom; absent for all." },
};
static EK_TYPE(network_policy_ingress_rule_type, "io.k8s.api.networking.v1.NetworkPolicyIngressRule",
	       "Traffic that may come in.", network_policy_ingress_rule_rows);

static const struct ek_field network_policy_egress_rule_rows[] = {
	{ "ports", EK_F_OBJ, EK_LIST, EK_ATOMIC, .pb = 1, .of = &network_policy_port_type,
	  .doc = "To which ports; absent for all." },
	{ "to", EK_F_OBJ, EK_LIST, EK_ATOMIC, .pb = 2, .of = &network_policy_peer_type,
	  .doc = "To whom; absent for all." },
};
static EK_TYPE(network_policy_egress_rule_type, "io.k8s.api.networking.v1.NetworkPolicyEgressRule",
	       "Traffic that may go out.", network_policy_egress_rule_rows);

static const struct ek_field network_policy_spec_rows[] = {
	{ "podSelector", EK_F_OBJ, EK_ONE, EK_KEEP, .pb = 1, .of = &ek_type_label_selector,
	  .doc = "Which pods." },
	{ "ingress", EK_F_OBJ, EK_LIST, EK_ATOMIC, .pb = 2, .of = &network_policy_ingress_rule_type,
	  .doc = "What may come in." },
	{ "egress", EK_F_OBJ, EK_LIST, EK_ATOMIC, .pb = 3, .of = &network_policy_egress_rule_type,
	  .doc = "What may go out." },
	{ "policyTypes", EK_F_STR, EK_LIST, EK_ATOMIC, .pb = 4, .go = "v1.PolicyType",
	  .doc = "Ingress, Egress: which directions it is about." },
};
static EK_TYPE(network_policy_spec_type, "io.k8s.api.networking.v1.NetworkPolicySpec",
	       "Which traffic pods may have.", network_policy_spec_rows);

static const struct ek_field network_policy_rows[] = {
	EK_ROWS_TYPE_META,
	EK_ROW_METADATA,
	{ "spec", EK_F_OBJ, .pb = 2, .of = &network_policy_spec_type, .doc = "What is wanted." },
};
static EK_TYPE(network_policy_type, "io.k8s.api.networking.v1.NetworkPolicy", "Which traffic pods may have.",
	       network_policy_rows);

EK_CELL(cell_pods)
{
	return ek_cell_label_selector(ek_json_at(obj, "spec.podSelector"));
}

static const struct ek_column columns[] = {
	EK_COLUMN_NAME,
	{ .name = "Pod-Selector", .type = "string", .doc = "Which pods it is about.", .cell = cell_pods },
	EK_COLUMN_AGE,
	{ 0 },
};

const struct ek_kind ek_kind_networkpolicy = {
	.group = "networking.k8s.io", .version = "v1", .kind = "NetworkPolicy",
	.plural = "networkpolicies", .singular = "networkpolicy",
	.short_names = (const char *const[]){ "netpol", NULL },
	.namespaced = true,
	.verbs = EK_V_ALL,
	.type = &network_policy_type,
	.columns = columns,
};
