/* SPDX-License-Identifier: Apache-2.0 */

/* Probes and lifecycle hooks of a container. */

#include "pod_validate.h"

#include <ekube/str.h>

#include <ctype.h>

static void check_http_get(struct ek_check *c, const struct ek_json *get)
{
	ek_check_port_or_name(c, "port", ek_json_get(get, "port"));
	for (struct ek_json_iter it = ek_json_iter(ek_json_get(get, "httpHeaders"));
	     ek_json_next(&it);) {
		const char *name = ek_json_str_at(it.value, "name");
		size_t n = 0;

		while (name && (isalnum((unsigned char)name[n]) || name[n] == '-'))
			n++;
		if (n == 0 || name[n])
			ek_check_invalid_str(
				c, "httpHeaders", name,
				"a valid HTTP header must consist of alphanumeric characters or '-' "
				"(e.g. 'X-Header-Name', regex used for validation is '[-A-Za-z0-9]+')");
	}
}

static void check_sleep(struct ek_check *c, const struct ek_json *sleep,
			const struct ek_json *grace)
{
	const struct ek_json *seconds = ek_json_get(sleep, "seconds");
	int64_t n = ek_json_int(seconds, 0), most = ek_json_int(grace, INT64_MAX);

	if (n <= 0 || n > most)
		ek_check_invalid(
			c, "sleep", seconds,
			"must be greater than 0 and less than terminationGracePeriodSeconds (%" PRId64
			"). "
			"Enable AllowPodLifecycleSleepActionZeroValue feature gate for zero sleep.",
			most);
}

/* Exactly one way; of several the first counts and the others are named. */
static void check_handler(struct ek_check *c, const struct ek_json *h, const struct ek_json *grace)
{
	static const char *const ways[] = { "exec", "httpGet", "tcpSocket", "grpc", "sleep" };
	bool found = false;

	for (size_t i = 0; i < EK_ARRAY_LEN(ways); i++) {
		const struct ek_json *way = ek_json_get(h, ways[i]);
		size_t mark;

		if (!way)
			continue;
		if (found) {
			ek_check_forbidden(c, ways[i], "may not specify more than 1 handler type");
			continue;
		}
		found = true;
		mark = ek_check_push(c, ways[i]);
		if (ek_streq(ways[i], "httpGet"))
			check_http_get(c, way);
		else if (ek_streq(ways[i], "tcpSocket"))
			ek_check_port_or_name(c, "port", ek_json_get(way, "port"));
		ek_check_pop(c, mark);
		if (ek_streq(ways[i], "sleep"))
			check_sleep(c, way, grace);
	}
	if (!found)
		ek_check_required(c, NULL, "must specify a handler type");
}

static void check_probe(struct ek_check *c, const char *which, const struct ek_json *probe,
			const struct ek_json *grace)
{
	const struct ek_json *own = ek_json_get(probe, "terminationGracePeriodSeconds");
	const struct ek_json *successes = ek_json_get(probe, "successThreshold");
	bool readiness = ek_streq(which, "readinessProbe");
	size_t mark = ek_check_push(c, which);

	check_handler(c, probe, grace);
	if (own && ek_json_int(own, 1) <= 0)
		ek_check_invalid(c, "terminationGracePeriodSeconds", own, "must be greater than 0");
	if (readiness && own)
		ek_check_invalid(c, "terminationGracePeriodSeconds", own,
				 "must not be set for readinessProbes");
	if (!readiness && ek_json_int(successes, 1) != 1)
		ek_check_invalid(c, "successThreshold", successes, "must be 1");
	ek_check_pop(c, mark);
}

void ek_pod_probes_validate(struct ek_check *c, const struct ek_json *container,
			    const struct ek_json *grace)
{
	static const char *const hooks[] = { "postStart", "preStop" };
	static const char *const probes[] = { "livenessProbe", "readinessProbe", "startupProbe" };
	const struct ek_json *lifecycle = ek_json_get(container, "lifecycle");

	for (size_t i = 0; i < EK_ARRAY_LEN(hooks); i++) {
		size_t mark = ek_check_push(c, "lifecycle");

		(void)ek_check_push(c, hooks[i]);
		if (ek_json_get(lifecycle, hooks[i]))
			check_handler(c, ek_json_get(lifecycle, hooks[i]), grace);
		ek_check_pop(c, mark);
	}
	for (size_t i = 0; i < EK_ARRAY_LEN(probes); i++)
		if (ek_json_get(container, probes[i]))
			check_probe(c, probes[i], ek_json_get(container, probes[i]), grace);
}
