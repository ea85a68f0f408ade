/* SPDX-License-Identifier: Apache-2.0 */
#include "services.h"

#include "ipalloc.h"
#include "status.h"

#include <ekube/str.h>

#include <stdlib.h>

enum {
	MAX_FAMILIES   = 2,
	MAX_RANGE_BITS = 20, /* a bitmap of 128 KiB at most */
	MAX_PORTS      = 65535,
};

/*
 * Addresses of one family: number i is the (i + 1)th of the block, the network's own is nobody's.
 */
struct range {
	const char       *family;
	struct ek_cidr    cidr;
	char              text[64];
	struct ek_numbers numbers;
};

struct ek_services {
	struct range      ranges[MAX_FAMILIES];
	size_t            n_ranges;
	uint32_t          first_port;
	char              ports_text[16];
	struct ek_numbers ports;
};

/* ---- life ---- */

static int add_range(struct ek_services *s, const char *text, struct ek_err *err)
{
	struct range *r = &s->ranges[s->n_ranges];
	unsigned host_bits, size;
	int rc;

	rc = ek_cidr_parse(text, &r->cidr, err);
	if (rc < 0)
		return ek_wrap(err, rc, "service addresses");
	host_bits = EK_MIN((unsigned)r->cidr.ip.n * 8 - r->cidr.bits, (unsigned)MAX_RANGE_BITS);
	if (host_bits < 3)
		return ek_fail(err, EK_EINVALID,
			       "service addresses %s: the block must have at least 8 addresses",
			       text);
	/* IPv4 has a broadcast address at the end */
	size = (1u << host_bits) - (r->cidr.ip.n == 4 ? 2 : 1);
	r->family = r->cidr.ip.n == 4 ? "IPv4" : "IPv6";
	ek_str_into(r->text, sizeof(r->text), "%s", text);
	ek_numbers_init(&r->numbers, size, ek_numbers_band(size, 16, 256, 16));
	s->n_ranges++;
	return 0;
}

static int add_ports(struct ek_services *s, const char *text, struct ek_err *err)
{
	EK_FREE char *copy = ek_str_dup(text);
	char *parts[2] = { NULL, NULL };
	int64_t from = 0, to = 0;

	if (ek_str_split(copy, '-', parts, 2) != 2 ||
	    ek_str_to_int(parts[0], 1, MAX_PORTS, &from) < 0 ||
	    ek_str_to_int(parts[1], from, MAX_PORTS, &to) < 0)
		return ek_fail(err, EK_EINVALID, "node ports %s: must be two ports, first-last",
			       text);
	s->first_port = (uint32_t)from;
	ek_str_into(s->ports_text, sizeof(s->ports_text), "%s", text);
	ek_numbers_init(&s->ports, (uint32_t)(to - from + 1),
			ek_numbers_band((uint32_t)(to - from + 1), 16, 128, 32));
	return 0;
}

int ek_services_new(struct ek_registry *r, struct ek_services **ret, struct ek_err *err)
{
	const char *cidrs = r->api->service_cidr ? r->api->service_cidr : "10.43.0.0/16";
	const char *ports = r->api->node_port_range ? r->api->node_port_range : "30000-32767";
	EK_FREE char *copy = ek_str_dup(cidrs);
	struct ek_services *s = ek_new(struct ek_services);
	char *parts[MAX_FAMILIES];
	size_t n = ek_str_split(copy, ',', parts, MAX_FAMILIES);
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < n; i++)
		rc = add_range(s, parts[i], err);
	if (rc == 0)
		rc = add_ports(s, ports, err);
	if (rc < 0) {
		ek_services_free(s);
		return rc;
	}
	*ret = s;
	return 0;
}

void ek_services_free(struct ek_services *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->n_ranges; i++)
		ek_numbers_done(&s->ranges[i].numbers);
	ek_numbers_done(&s->ports);
	free(s);
}

const char *ek_services_first(struct ek_services *s, char out[46])
{
	struct ek_ip ip;

	out[0] = '\0';
	if (ek_cidr_nth(&s->ranges[0].cidr, 1, &ip) == 0)
		ek_ip_format(&ip, out);
	return out;
}

/* ---- addresses and their numbers ---- */

static struct range *range_of_family(struct ek_services *s, const char *family)
{
	for (size_t i = 0; i < s->n_ranges; i++)
		if (ek_streq(s->ranges[i].family, family))
			return &s->ranges[i];
	return NULL;
}

static const char *family_of(const char *ip)
{
	return strchr(ip, ':') ? "IPv6" : "IPv4";
}

/* The number of an address; false when it is not one that is given out here. */
static bool number_of(const struct range *r, const char *text, uint32_t *ret)
{
	struct ek_ip ip;
	uint32_t n = 0, base = 0;

	if (ek_ip_parse(text, &ip) < 0 || ip.n != r->cidr.ip.n || !ek_cidr_has(&r->cidr, &ip))
		return false;
	for (size_t i = 0; i < ip.n; i++) {
		if (i + 4 < ip.n && ip.b[i] != r->cidr.ip.b[i])
			return false;
		n = n << 8 | ip.b[i];
		base = base << 8 | r->cidr.ip.b[i];
	}
	*ret = n - base - 1;
	return n - base >= 1 && *ret < r->numbers.size;
}

static void note(struct ek_request *q, struct ek_json *take_what)
{
	if (!q->taken)
		q->taken = ek_json_array();
	ek_json_append(q->taken, take_what);
}

/* ---- what an object holds ---- */

static void each_held(struct ek_services *s, const struct ek_json *obj,
		      void (*fn)(struct ek_numbers *n, uint32_t i, const struct ek_json *arg),
		      const struct ek_json *arg)
{
	const struct ek_json *spec = ek_json_get(obj, "spec");
	uint32_t number;

	for (struct ek_json_iter it = ek_json_iter(ek_json_get(spec, "clusterIPs"));
	     ek_json_next(&it);)
		for (size_t i = 0; ek_json_str(it.value) && i < s->n_ranges; i++)
			if (number_of(&s->ranges[i], ek_json_str(it.value), &number))
				fn(&s->ranges[i].numbers, number, arg);
	for (struct ek_json_iter it = ek_json_iter(ek_json_get(spec, "ports")); ek_json_next(&it);)
		if (ek_json_int_at(it.value, "nodePort", 0) > 0)
			fn(&s->ports,
			   (uint32_t)ek_json_int_at(it.value, "nodePort", 0) - s->first_port, arg);
	if (ek_json_int_at(spec, "healthCheckNodePort", 0) > 0)
		fn(&s->ports,
		   (uint32_t)ek_json_int_at(spec, "healthCheckNodePort", 0) - s->first_port, arg);
}

static void give_one(struct ek_numbers *n, uint32_t i, const struct ek_json *arg)
{
	(void)arg;
	ek_numbers_give_back(n, i);
}

static void take_one(struct ek_numbers *n, uint32_t i, const struct ek_json *arg)
{
	(void)arg;
	(void)ek_numbers_take(n, i);
}

void ek_services_changed(struct ek_services *s, struct ek_object *before, struct ek_object *after)
{
	if (before) {
		each_held(s, ek_object_tree(before), give_one, NULL);
		ek_object_slim(before);
	}
	if (after)
		each_held(s, ek_object_tree(after), take_one, NULL);
}

void ek_services_give_back(struct ek_services *s, const struct ek_json *taken)
{
	for (struct ek_json_iter it = ek_json_iter(taken); ek_json_next(&it);) {
		const char *ip = ek_json_str(it.value);
		uint32_t number;

		if (!ip)
			ek_numbers_give_back(&s->ports,
					     (uint32_t)ek_json_int(it.value, 0) - s->first_port);
		for (size_t i = 0; ip && i < s->n_ranges; i++)
			if (number_of(&s->ranges[i], ip, &number))
				ek_numbers_give_back(&s->ranges[i].numbers, number);
	}
}

/* ---- refusals ---- */

static int invalid(struct ek_request *q, const char *field, const struct ek_json *bad,
		   const char *fmt, ...) EK_PRINTF(4, 5);

static int invalid(struct ek_request *q, const char *field, const struct ek_json *bad,
		   const char *fmt, ...)
{
	struct ek_causes causes = { 0 };
	struct ek_path at = { 0 };
	EK_BUF struct ek_buf why = EK_BUF_INIT(4096);
	va_list ap;
	int rc;

	va_start(ap, fmt);
	(void)ek_buf_vfmt(&why, fmt, ap);
	va_end(ap);
	(void)ek_path_push(&at, field);
	ek_cause_add(&causes, EK_CAUSE_INVALID, &at, bad, "%s", why.data);
	rc = ek_request_fail(q, ek_status_invalid(q->kind, ek_meta_name(q->obj), &causes));
	ek_causes_done(&causes);
	return rc;
}

/* ---- families ---- */

static bool is_type(const struct ek_json *spec, const char *type)
{
	return ek_streq(ek_json_str_at(spec, "type"), type);
}

static bool is_headless(const struct ek_json *spec)
{
	return ek_streq(ek_json_str_at(spec, "clusterIP"), "None") ||
	       ek_streq(ek_json_str(ek_json_elem(ek_json_get(spec, "clusterIPs"), 0)), "None");
}

static struct ek_json *list_of(struct ek_json *spec, const char *field)
{
	struct ek_json *list = ek_json_get(spec, field);

	if (!ek_json_is_array(list)) {
		list = ek_json_array();
		ek_json_set(spec, field, list);
	}
	return list;
}

static const char *other_family(const char *family)
{
	return ek_streq(family, "IPv4") ? "IPv6" : "IPv4";
}

static void default_policy(struct ek_json *spec, const struct ek_json *old_spec)
{
	const char *before = ek_json_str_at(old_spec, "ipFamilyPolicy");

	if (!ek_str_empty(ek_json_str_at(spec, "ipFamilyPolicy")))
		return;
	if (ek_str_empty(before))
		before = is_headless(spec) && ek_json_len(ek_json_get(spec, "selector")) == 0 ?
				 "RequireDualStack" :
				 "SingleStack";
	ek_json_set_str(spec, "ipFamilyPolicy", before);
}

/* Families of the addresses that were asked for. */
static int infer_families(struct ek_request *q, struct ek_json *spec)
{
	const struct ek_json *ips = ek_json_get(spec, "clusterIPs");
	struct ek_json *families = list_of(spec, "ipFamilies");

	for (size_t i = ek_json_len(families); i < ek_json_len(ips); i++) {
		const char *ip = ek_json_str(ek_json_elem(ips, i));

		if (ek_str_empty(ip) || ek_streq(ip, "None"))
			break;
		if (!range_of_family(q->r->services, family_of(ip)))
			return invalid(q, EK_F("spec.clusterIPs[%zu]", i), ips,
				       "%s is not configured on this cluster", family_of(ip));
		ek_json_append(families, ek_json_new_str(family_of(ip)));
	}
	return 0;
}

static int check_families(struct ek_request *q, const struct ek_json *spec)
{
	const struct ek_json *policy = ek_json_get(spec, "ipFamilyPolicy"),
			     *families = ek_json_get(spec, "ipFamilies");
	bool single = ek_streq(ek_json_str(policy), "SingleStack");

	if (single && ek_json_len(ek_json_get(spec, "clusterIPs")) == 2)
		return invalid(q, "spec.ipFamilyPolicy", policy,
			       "must be 'RequireDualStack' or 'PreferDualStack' when "
			       "multiple cluster IPs are specified");
	if (single && ek_json_len(families) == 2)
		return invalid(q, "spec.ipFamilyPolicy", policy,
			       "must be 'RequireDualStack' or 'PreferDualStack' when "
			       "multiple IP families are specified");
	if (is_headless(spec) && ek_json_len(ek_json_get(spec, "selector")) == 0)
		return 0;
	if (ek_streq(ek_json_str(policy), "RequireDualStack") && q->r->services->n_ranges < 2)
		return invalid(q, "spec.ipFamilyPolicy", policy,
			       "this cluster is not configured for dual-stack services");
	for (size_t i = 0; i < ek_json_len(families); i++)
		if (!range_of_family(q->r->services, ek_json_str(ek_json_elem(families, i))))
			return invalid(q, EK_F("spec.ipFamilies[%zu]", i),
				       ek_json_elem(families, i), "not configured on this cluster");
	return 0;
}

static void complete_families(struct ek_services *s, struct ek_json *spec)
{
	bool single = ek_streq(ek_json_str_at(spec, "ipFamilyPolicy"), "SingleStack");
	bool free_choice = is_headless(spec) && ek_json_len(ek_json_get(spec, "selector")) == 0;
	struct ek_json *families = list_of(spec, "ipFamilies");

	if (ek_json_len(families) == 0)
		ek_json_append(families, ek_json_new_str(s->ranges[0].family));
	if (!single && ek_json_len(families) == 1 && (free_choice || s->n_ranges == 2))
		ek_json_append(families, ek_json_new_str(other_family(
						 ek_json_str(ek_json_elem(families, 0)))));
}

/* ---- cluster addresses ---- */

static int take_ip(struct ek_request *q, const char *family, const char *wanted, char out[46])
{
	struct range *r = range_of_family(q->r->services, family);
	const struct ek_json *ips = ek_json_at(q->obj, "spec.clusterIPs");
	struct ek_ip ip;
	uint32_t n;

	if (!ek_str_empty(wanted)) {
		if (!number_of(r, wanted, &n))
			return invalid(q, "spec.clusterIPs", ips,
				       "failed to allocate IP %s: the provided IP (%s) is not "
				       "in the valid range. The range of valid IPs is %s",
				       wanted, wanted, r->text);
		if (!ek_numbers_take(&r->numbers, n))
			return invalid(q, "spec.clusterIPs", ips,
				       "failed to allocate IP %s: provided IP is already "
				       "allocated",
				       wanted);
		ek_str_into(out, 46, "%s", wanted);
	} else {
		if (!ek_numbers_next(&r->numbers, &n) || ek_cidr_nth(&r->cidr, n + 1, &ip) < 0)
			return ek_request_fail(
				q, ek_status_internal(
					   "failed to allocate a serviceIP: range is full"));
		ek_ip_format(&ip, out);
	}
	note(q, ek_json_new_str(out));
	return 0;
}

static int take_ips(struct ek_request *q, struct ek_json *spec, const struct ek_json *old_spec)
{
	const struct ek_json *families = ek_json_get(spec, "ipFamilies"),
			     *held = ek_json_get(old_spec, "clusterIPs");
	struct ek_json *ips = list_of(spec, "clusterIPs");

	for (size_t i = 0; i < ek_json_len(families); i++) {
		const char *wanted = ek_json_str(ek_json_elem(ips, i));
		char ip[46];
		int rc;

		if (!ek_str_empty(wanted) && ek_json_has_str(held, wanted))
			continue;
		rc = take_ip(q, ek_json_str(ek_json_elem(families, i)), wanted, ip);
		if (rc < 0)
			return rc;
		if (i < ek_json_len(ips))
			ek_json_replace(ips, i, ek_json_new_str(ip));
		else
			ek_json_append(ips, ek_json_new_str(ip));
	}
	ek_json_set_str(spec, "clusterIP", ek_json_str(ek_json_elem(ips, 0)));
	return 0;
}

static int admit_addresses(struct ek_request *q, struct ek_json *spec,
			   const struct ek_json *old_spec)
{
	const char *ip = ek_json_str_at(spec, "clusterIP");
	int rc;

	if (!ek_str_empty(ip) && ek_json_len(ek_json_get(spec, "clusterIPs")) == 0)
		ek_json_append(list_of(spec, "clusterIPs"), ek_json_new_str(ip));
	if (is_type(spec, "ExternalName"))
		return 0;
	default_policy(spec, old_spec);
	rc = infer_families(q, spec);
	if (rc == 0)
		rc = check_families(q, spec);
	if (rc < 0)
		return rc;
	complete_families(q->r->services, spec);
	return is_headless(spec) ? 0 : take_ips(q, spec, old_spec);
}

/* ---- node ports ---- */

static bool wants_node_ports(const struct ek_json *spec)
{
	return is_type(spec, "NodePort") ||
	       (is_type(spec, "LoadBalancer") &&
		ek_json_bool_at(spec, "allocateLoadBalancerNodePorts", true));
}

static bool holds_port(const struct ek_json *spec, int64_t port)
{
	for (struct ek_json_iter it = ek_json_iter(ek_json_get(spec, "ports")); ek_json_next(&it);)
		if (ek_json_int_at(it.value, "nodePort", 0) == port)
			return true;
	return port != 0 && ek_json_int_at(spec, "healthCheckNodePort", 0) == port;
}

/* wanted 0: any. field and bad name the offender in messages. */
static int take_port(struct ek_request *q, const char *field, int64_t wanted, int64_t *ret)
{
	struct ek_services *s = q->r->services;
	EK_JSON struct ek_json *bad = ek_json_new_int(wanted);
	uint32_t n;

	if (wanted == 0) {
		if (!ek_numbers_next(&s->ports, &n))
			return ek_request_fail(
				q,
				ek_status_internal("failed to allocate a nodePort: range is full"));
		wanted = s->first_port + n;
	} else if (wanted < s->first_port || wanted >= s->first_port + s->ports.size) {
		return invalid(
			q, field, bad,
			"provided port is not in the valid range. The range of valid ports is %s",
			s->ports_text);
	} else if (!ek_numbers_take(&s->ports, (uint32_t)wanted - s->first_port)) {
		return invalid(q, field, bad, "provided port is already allocated");
	}
	note(q, ek_json_new_int(wanted));
	*ret = wanted;
	return 0;
}

/* TCP and UDP of the same service port share a node port, unless told otherwise. */
static int64_t same_port_elsewhere(const struct ek_json *ports, const struct ek_json *port)
{
	for (struct ek_json_iter it = ek_json_iter(ports); ek_json_next(&it);)
		if (it.value != port &&
		    ek_json_int_at(it.value, "port", 0) == ek_json_int_at(port, "port", -1) &&
		    !ek_streq(ek_json_str_at(it.value, "protocol"),
			      ek_json_str_at(port, "protocol")) &&
		    ek_json_int_at(it.value, "nodePort", 0) > 0)
			return ek_json_int_at(it.value, "nodePort", 0);
	return 0;
}

static bool taken_now(const struct ek_request *q, int64_t port)
{
	for (struct ek_json_iter it = ek_json_iter(q->taken); ek_json_next(&it);)
		if (ek_json_int(it.value, 0) == port)
			return true;
	return false;
}

static int admit_ports(struct ek_request *q, struct ek_json *spec, const struct ek_json *old_spec)
{
	const struct ek_json *ports = ek_json_get(spec, "ports");

	for (size_t i = 0; i < ek_json_len(ports); i++) {
		struct ek_json *port = ek_json_elem(ports, i);
		int64_t want = ek_json_int_at(port, "nodePort", 0);
		int rc;

		if (want == 0 && !wants_node_ports(spec))
			continue;
		if (want == 0)
			want = same_port_elsewhere(ports, port);
		if (want == 0 || (!taken_now(q, want) && !holds_port(old_spec, want))) {
			rc = take_port(q, EK_F("spec.ports[%zu].nodePort", i), want, &want);
			if (rc < 0)
				return rc;
		}
		ek_json_set_int(port, "nodePort", want);
	}
	return 0;
}

static int admit_health_port(struct ek_request *q, struct ek_json *spec,
			     const struct ek_json *old_spec)
{
	int64_t want = ek_json_int_at(spec, "healthCheckNodePort", 0);
	int rc;

	if (!is_type(spec, "LoadBalancer") ||
	    !ek_streq(ek_json_str_at(spec, "externalTrafficPolicy"), "Local"))
		return 0;
	if (want > 0 && holds_port(old_spec, want))
		return 0;
	rc = take_port(q, "spec.healthCheckNodePort", want, &want);
	if (rc == 0)
		ek_json_set_int(spec, "healthCheckNodePort", want);
	return rc;
}

/* ---- what an update leaves out stays as it was ---- */

static void keep_addresses(struct ek_json *spec, const struct ek_json *old_spec)
{
	const char *before = ek_json_str_at(old_spec, "clusterIP");

	if (is_type(spec, "ExternalName") || is_type(old_spec, "ExternalName"))
		return;
	if (ek_str_empty(ek_json_str_at(spec, "clusterIP")))
		ek_json_set_str(spec, "clusterIP", before);
	if (ek_json_len(ek_json_get(spec, "clusterIPs")) == 0 &&
	    ek_streq(ek_json_str_at(spec, "clusterIP"), before))
		ek_json_set(spec, "clusterIPs", ek_json_copy(ek_json_get(old_spec, "clusterIPs")));
}

static void keep_ports(struct ek_json *spec, const struct ek_json *old_spec)
{
	if (!wants_node_ports(spec) || !wants_node_ports(old_spec))
		return;
	for (struct ek_json_iter it = ek_json_iter(ek_json_get(spec, "ports"));
	     ek_json_next(&it);) {
		const char *name = ek_json_str_at(it.value, "name");
		const struct ek_json *before = NULL;
		int64_t port;

		for (struct ek_json_iter o = ek_json_iter(ek_json_get(old_spec, "ports"));
		     ek_json_next(&o);)
			if (ek_streq(ek_json_str_at(o.value, "name"), name))
				before = o.value;
		port = ek_json_int_at(before, "nodePort", 0);
		if (port > 0 && ek_json_int_at(it.value, "nodePort", 0) == 0 &&
		    !holds_port(spec, port))
			ek_json_set_int(it.value, "nodePort", port);
	}
}

/* Going from two families to one is said by the policy alone. */
static void shrink_to_single(struct ek_json *spec, const struct ek_json *old_spec)
{
	static const char *const fields[] = { "clusterIPs", "ipFamilies" };

	if (!ek_streq(ek_json_str_at(spec, "ipFamilyPolicy"), "SingleStack"))
		return;
	for (size_t i = 0; i < EK_ARRAY_LEN(fields); i++) {
		struct ek_json *list = ek_json_get(spec, fields[i]);

		if (ek_json_len(list) > 1 && ek_json_equal(list, ek_json_get(old_spec, fields[i])))
			ek_json_remove(list, 1);
	}
}

int ek_services_admit(struct ek_request *q)
{
	const struct ek_json *old_spec = q->old ? ek_json_get(ek_object_tree(q->old), "spec") :
						  NULL;
	struct ek_json *spec = ek_json_get(q->obj, "spec");
	int rc;

	if (!spec)
		return 0;
	if (old_spec) {
		keep_addresses(spec, old_spec);
		keep_ports(spec, old_spec);
		shrink_to_single(spec, old_spec);
	}
	rc = admit_addresses(q, spec, old_spec);
	if (rc == 0)
		rc = admit_ports(q, spec, old_spec);
	return rc < 0 ? rc : admit_health_port(q, spec, old_spec);
}
