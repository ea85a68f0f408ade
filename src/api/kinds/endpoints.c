/* SPDX-License-Identifier: Apache-2.0 */

/* Endpoints and EndpointSlice. */

#include "check.h"
#include "kinds.h"

#include <ekube/str.h>

enum {
	MAX_ENDPOINTS = 1000,
	MAX_ADDRESSES = 100,
	MAX_PORTS = 20000,
	MAX_ZONE_HINTS = 8,
};

/* ---- Endpoints ---- */

static void check_addresses(struct ek_check *c, const char *list, const struct ek_json *subset)
{
	for (struct ek_json_iter it = ek_json_iter(ek_json_get(subset, list)); ek_json_next(&it);) {
		const char *ip = ek_json_str_at(it.value, "ip");
		size_t mark = ek_check_elem(c, list, it.i);

		(void)ek_check_ip(c, "ip", ip);
		ek_check_ip_special(c, "ip", ip);
		ek_check_pop(c, mark);
	}
}

static void check_subset(struct ek_check *c, const struct ek_json *subset)
{
	const struct ek_json *ports = ek_json_get(subset, "ports");

	if (ek_json_len(ek_json_get(subset, "addresses")) == 0 &&
	    ek_json_len(ek_json_get(subset, "notReadyAddresses")) == 0)
		ek_check_required(c, NULL, "must specify `addresses` or `notReadyAddresses`");
	check_addresses(c, "addresses", subset);
	check_addresses(c, "notReadyAddresses", subset);
	for (struct ek_json_iter it = ek_json_iter(ports); ek_json_next(&it);)
		if (ek_json_len(ports) > 1 && ek_str_empty(ek_json_str_at(it.value, "name")))
			ek_check_required(c, EK_F("ports[%zu].name", it.i), "");
}

void ek_endpoints_validate(const struct ek_json *obj, const struct ek_json *old,
			   struct ek_causes *causes)
{
	struct ek_check c = { .causes = causes };

	(void)old;
	for (struct ek_json_iter it = ek_json_iter(ek_json_get(obj, "subsets"));
	     ek_json_next(&it);) {
		size_t mark = ek_check_elem(&c, "subsets", it.i);

		check_subset(&c, it.value);
		ek_check_pop(&c, mark);
	}
}

/* ---- EndpointSlice ---- */

static bool too_many(struct ek_check *c, const char *field, const struct ek_json *list, size_t max)
{
	EK_JSON struct ek_json *n = ek_json_new_int((int64_t)ek_json_len(list));
	size_t mark;

	if (ek_json_len(list) <= max)
		return false;
	mark = ek_check_push(c, field);
	ek_cause_add(c->causes, EK_CAUSE_TOOMANY, &c->at, n, "must have at most %zu items", max);
	ek_check_pop(c, mark);
	return true;
}

/* A name of at least two labels; it may end in a dot. */
static void check_fqdn(struct ek_check *c, const char *s)
{
	size_t n = strlen(s);
	EK_FREE char *name = ek_str_ndup(s, n > 0 && s[n - 1] == '.' ? n - 1 : n);

	if (n == 0)
		ek_check_required(c, NULL, "");
	else if (ek_name_dns1123_subdomain(name))
		ek_check_invalid_str(c, NULL, name, "%s", ek_name_dns1123_subdomain(name));
	else if (!strchr(name, '.'))
		ek_check_invalid_str(
			c, NULL, name,
			"should be a domain with at least two segments separated by dots");
}

static void check_address(struct ek_check *c, const char *type, const char *s)
{
	struct ek_ip ip;
	bool is_ip = ek_ip_parse(s, &ip) == 0;

	if (ek_streq(type, "FQDN")) {
		check_fqdn(c, s);
		return;
	}
	if (ek_streq(type, "IPv4") && !(is_ip && ip.n == 4))
		ek_check_invalid_str(c, NULL, s, "must be a valid IPv4 address");
	else if (ek_streq(type, "IPv6") && !(is_ip && ip.n == 16))
		ek_check_invalid_str(c, NULL, s, "must be a valid IPv6 address");
	ek_check_ip_special(c, NULL, s);
}

static void check_hints(struct ek_check *c, const struct ek_json *zones)
{
	if (too_many(c, "hints.forZones", zones, MAX_ZONE_HINTS))
		return;
	for (struct ek_json_iter it = ek_json_iter(zones); ek_json_next(&it);) {
		const char *name = ek_json_str_at(it.value, "name");
		size_t first = it.i, mark = ek_check_push(c, "hints");

		(void)ek_check_elem(c, "forZones", it.i);
		if (name && ek_json_find(zones, "name", name, &first) && first != it.i)
			ek_check_duplicate(c, "name", name);
		ek_check_name(c, "name", name, ek_name_label_value);
		ek_check_pop(c, mark);
	}
}

static void check_endpoint(struct ek_check *c, const char *type, const struct ek_json *endpoint)
{
	const struct ek_json *addresses = ek_json_get(endpoint, "addresses");
	const char *node = ek_json_str_at(endpoint, "nodeName");

	if (ek_json_len(addresses) == 0)
		ek_check_required(c, "addresses", "must contain at least 1 address");
	else
		(void)too_many(c, "addresses", addresses, MAX_ADDRESSES);
	for (struct ek_json_iter it = ek_json_iter(addresses); ek_json_next(&it);) {
		size_t mark = ek_check_elem(c, "addresses", it.i);

		check_address(c, type, ek_json_str(it.value));
		ek_check_pop(c, mark);
	}
	if (node)
		ek_check_name(c, "nodeName", node, ek_name_dns1123_subdomain);
	check_hints(c, ek_json_at(endpoint, "hints.forZones"));
}

static void check_slice_ports(struct ek_check *c, const struct ek_json *ports)
{
	if (too_many(c, "ports", ports, MAX_PORTS))
		return;
	for (struct ek_json_iter it = ek_json_iter(ports); ek_json_next(&it);) {
		const char *name = ek_json_str_at(it.value, "name");
		size_t first = it.i;

		if (name && ek_json_find(ports, "name", name, &first) && first != it.i)
			ek_check_duplicate(c, EK_F("ports[%zu].name", it.i), name);
	}
}

void ek_endpointslice_validate(const struct ek_json *obj, const struct ek_json *old,
			       struct ek_causes *causes)
{
	const char *type = ek_json_str_at(obj, "addressType");
	const struct ek_json *endpoints = ek_json_get(obj, "endpoints");
	struct ek_check c = { .causes = causes };

	if (!too_many(&c, "endpoints", endpoints, MAX_ENDPOINTS))
		for (struct ek_json_iter it = ek_json_iter(endpoints); ek_json_next(&it);) {
			size_t mark = ek_check_elem(&c, "endpoints", it.i);

			check_endpoint(&c, type, it.value);
			ek_check_pop(&c, mark);
		}
	check_slice_ports(&c, ek_json_get(obj, "ports"));
	if (old && !ek_streq(type, ek_json_str_at(old, "addressType")))
		ek_check_invalid_str(&c, "addressType", type, "field is immutable");
}
