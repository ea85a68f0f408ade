/* SPDX-License-Identifier: Apache-2.0 */

/* What the options of a server come down to. */

#include <ekube/file.h>
#include <ekube/str.h>
#include <stdlib.h>

#include "address.h"
#include "options.h"
#include "server.h"

enum { MAX_PODS = 1024 };

static int check_ip(const struct options *o, const char *name, struct ek_err *err)
{
	struct ek_ip ip;

	if (options_str(o, name) && ek_ip_parse(options_str(o, name), &ip) < 0)
		return ek_fail(err, EK_EINVALID,
			       "--%s must be an address like 192.0.2.1, not \"%.80s\"", name,
			       options_str(o, name));
	return 0;
}

/* Where pods and other machines find us: as a kubelet and the Endpoints of the API want it. */
static int check_reachable(const struct options *o, const char *name, struct ek_err *err)
{
	static const char *const nowhere[] = { "0.0.0.0/32",  "127.0.0.0/8", "169.254.0.0/16",
					       "224.0.0.0/4", "::/128",	     "::1/128",
					       "fe80::/10",   "ff00::/8" };
	struct ek_cidr block;
	struct ek_ip ip;

	if (!options_str(o, name) || ek_ip_parse(options_str(o, name), &ip) < 0)
		return check_ip(o, name, err);
	for (size_t i = 0; i < EK_ARRAY_LEN(nowhere); i++)
		if (ek_cidr_parse(nowhere[i], &block, NULL) == 0 && ek_cidr_has(&block, &ip))
			return ek_fail(err, EK_EINVALID,
				       "--%s must be an address that pods can reach, not %s", name,
				       options_str(o, name));
	return 0;
}

static int check_cidr(const struct options *o, const char *name, struct ek_cidr *ret,
		      struct ek_err *err)
{
	if (ek_cidr_parse(options_str(o, name), ret, NULL) < 0 || ret->ip.n != 4 || ret->bits < 8 ||
	    ret->bits > 24)
		return ek_fail(
			err, EK_EINVALID,
			"--%s must be an IPv4 block of /8 to /24 like 10.42.0.0/16, not \"%.80s\"",
			name, options_str(o, name));
	return 0;
}

static int check_cidrs(const struct options *o, struct ek_err *err)
{
	struct ek_cidr pods, services;
	int rc = check_cidr(o, "cluster-cidr", &pods, err);

	if (rc == 0)
		rc = check_cidr(o, "service-cidr", &services, err);
	if (rc == 0 && (ek_cidr_has(&pods, &services.ip) || ek_cidr_has(&services, &pods.ip)))
		rc = ek_fail(
			err, EK_EINVALID,
			"--cluster-cidr %.40s and --service-cidr %.40s overlap: choose two blocks apart",
			options_str(o, "cluster-cidr"), options_str(o, "service-cidr"));
	return rc;
}

static int check_port_range(const struct options *o, struct ek_err *err)
{
	const char *text = options_str(o, "service-node-port-range");
	EK_FREE char *copy = ek_str_dup(text);
	char *parts[2];
	int64_t first = 0, last = 0;

	if (ek_str_split(copy, '-', parts, 2) == 2 &&
	    ek_str_to_int(parts[0], 1, 65535, &first) == 0 &&
	    ek_str_to_int(parts[1], first, 65535, &last) == 0)
		return 0;
	return ek_fail(
		err, EK_EINVALID,
		"--service-node-port-range must be two ports like 30000-32767, not \"%.40s\"",
		text);
}

/* "key=value" */
static int check_label(const char *text, struct ek_err *err)
{
	EK_FREE char *key = ek_str_ndup(text, strcspn(text, "="));
	const char *value = strchr(text, '=');
	const char *why = ek_name_qualified(key);

	if (!why && value)
		why = ek_name_label_value(value + 1);
	if (why || !value)
		return ek_fail(err, EK_EINVALID,
			       "--node-label must be key=value, not \"%.80s\"%s%.200s", text,
			       why ? ": " : "", why ? why : "");
	return 0;
}

/* "key=value:Effect", "key:Effect" */
static int check_taint(const char *text, struct ek_err *err)
{
	static const char *const effects[] = { "NoSchedule", "PreferNoSchedule", "NoExecute" };
	EK_FREE char *copy = ek_str_dup(text);
	char *effect = strrchr(copy, ':'), *value;
	bool known = false;

	if (effect)
		*effect++ = '\0';
	for (size_t i = 0; i < EK_ARRAY_LEN(effects); i++)
		known |= ek_streq(effect, effects[i]);
	value = strchr(copy, '=');
	if (value)
		*value++ = '\0';
	if (!known || ek_name_qualified(copy) || (value && ek_name_label_value(value)))
		return ek_fail(
			err, EK_EINVALID,
			"--node-taint must be key=value:Effect with an effect of NoSchedule, "
			"PreferNoSchedule or NoExecute, not \"%.80s\"",
			text);
	return 0;
}

static int check_each(const struct options *o, const char *name,
		      int (*check)(const char *text, struct ek_err *err), struct ek_err *err)
{
	size_t n;
	const char *const *texts = options_list(o, name, &n);
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < n; i++)
		rc = check(texts[i], err);
	return rc;
}

static int check_all(const struct options *o, struct ek_err *err)
{
	static const char *const addresses[] = { "bind-address", "cluster-dns" };
	static const char *const reachable[] = { "advertise-address", "node-ip" };
	int rc = check_cidrs(o, err);

	if (rc == 0)
		rc = check_port_range(o, err);

	for (size_t i = 0; rc == 0 && i < EK_ARRAY_LEN(addresses); i++)
		rc = check_ip(o, addresses[i], err);
	for (size_t i = 0; rc == 0 && i < EK_ARRAY_LEN(reachable); i++)
		rc = check_reachable(o, reachable[i], err);
	if (rc == 0 && options_str(o, "node-name") &&
	    ek_name_dns1123_subdomain(options_str(o, "node-name")))
		rc = ek_fail(err, EK_EINVALID,
			     "--node-name \"%.80s\" is not a DNS name in lower case",
			     options_str(o, "node-name"));
	if (rc == 0 && ek_name_dns1123_subdomain(options_str(o, "cluster-domain")))
		rc = ek_fail(err, EK_EINVALID,
			     "--cluster-domain \"%.80s\" is not a DNS name in lower case",
			     options_str(o, "cluster-domain"));
	if (rc == 0 && options_str(o, "bridge") && strlen(options_str(o, "bridge")) > 15)
		rc = ek_fail(err, EK_EINVALID, "--bridge must have at most 15 characters");
	if (rc == 0)
		rc = check_each(o, "node-label", check_label, err);
	return rc < 0 ? rc : check_each(o, "node-taint", check_taint, err);
}

/* Of a kubelet's arguments the one that has a meaning here. */
static int read_kubelet_args(const struct options *o, struct server_config *c, struct ek_err *err)
{
	size_t n;
	const char *const *args = options_list(o, "kubelet-arg", &n);

	for (size_t i = 0; i < n; i++) {
		int64_t max;

		if (!ek_str_starts(args[i], "max-pods="))
			return ek_fail(err, EK_EINVALID,
				       "--kubelet-arg %.80s: not known here; it may be: max-pods=N",
				       args[i]);
		if (ek_str_to_int(args[i] + strlen("max-pods="), 1, MAX_PODS, &max) < 0)
			return ek_fail(
				err, EK_EINVALID,
				"--kubelet-arg max-pods must be a number from 1 to %d, not \"%.40s\"",
				MAX_PODS, args[i] + strlen("max-pods="));
		c->max_pods = (int)max;
	}
	return 0;
}

static int read_mode(const struct options *o, unsigned *ret, struct ek_err *err)
{
	const char *text = options_str(o, "write-kubeconfig-mode");
	char *end;
	unsigned long mode = strtoul(text, &end, 8);

	if (!*text || *end || mode > 0777)
		return ek_fail(
			err, EK_EINVALID,
			"--write-kubeconfig-mode must be octal permissions like 600, not \"%.20s\"",
			text);
	*ret = (unsigned)mode;
	return 0;
}

static char *nth_text(const char *cidr, uint32_t n)
{
	struct ek_cidr c;
	struct ek_ip ip;
	char text[46] = "";

	(void)ek_cidr_parse(cidr, &c, NULL);
	if (ek_cidr_nth(&c, n, &ip) == 0)
		ek_ip_format(&ip, text);
	return ek_str_dup(text);
}

/* This node's share of the pods' addresses: the first /24. */
static char *first_share(const char *cluster_cidr)
{
	EK_FREE char *base = nth_text(cluster_cidr, 0);

	return ek_str_fmt("%s/24", base);
}

static int read_parts(const struct options *o, struct server_config *c, struct ek_err *err)
{
	size_t n;
	const char *const *parts = options_list(o, "disable", &n);

	for (size_t i = 0; i < n; i++) {
		if (!ek_streq(parts[i], "network"))
			return ek_fail(err, EK_EINVALID,
				       "--disable %.40s: there is no such part; it may be: network",
				       parts[i]);
		c->disable_network = true;
	}
	c->disable_agent = options_bool(o, "disable-agent");
	c->disable_scheduler = options_bool(o, "disable-scheduler");
	c->disable_controllers = options_bool(o, "disable-controller-manager");
	return 0;
}

/* In a namespace without interfaces the bridge's own address is the one that pods can reach. */
static char *find_node_ip(const char *cluster_cidr)
{
	struct ek_ip ip;
	char text[46];

	address_of_machine(&ip);
	if (ip.n == 0)
		return nth_text(cluster_cidr, 1);
	ek_ip_format(&ip, text);
	return ek_str_dup(text);
}

int server_config_read(const struct options *o, struct server_config *ret, struct ek_err *err)
{
	struct server_config c = { 0 };
	char host[64];
	int rc = check_all(o, err);

	if (rc == 0)
		rc = instance_of(options_str(o, "data-dir"), &c.instance, err);
	if (rc == 0)
		rc = read_mode(o, &c.kubeconfig_mode, err);
	if (rc == 0)
		rc = read_parts(o, &c, err);
	if (rc == 0)
		rc = read_kubelet_args(o, &c, err);
	if (rc < 0) {
		instance_done(&c.instance);
		return rc;
	}
	if (options_str(o, "bridge"))
		ek_str_set(&c.instance.bridge, options_str(o, "bridge"));
	hostname_of_machine(host);
	c.bind_address = options_str(o, "bind-address");
	c.port = (int)options_int(o, "https-listen-port");
	c.cluster_cidr = options_str(o, "cluster-cidr");
	c.service_cidr = options_str(o, "service-cidr");
	c.cluster_domain = options_str(o, "cluster-domain");
	c.node_port_range = options_str(o, "service-node-port-range");
	c.kubeconfig = options_str(o, "write-kubeconfig");
	c.token_file = options_str(o, "token-auth-file");
	c.runtime = options_str(o, "runtime");
	c.registries = options_str(o, "private-registry");
	c.registries_asked = options_given(o, "private-registry");
	c.agent_dir = ek_path_join(c.instance.data_dir, INSTANCE_AGENT);
	c.pod_cidr = first_share(c.cluster_cidr);
	c.node_name = ek_str_dup(options_str(o, "node-name") ? options_str(o, "node-name") : host);
	c.node_ip = options_str(o, "node-ip") ? ek_str_dup(options_str(o, "node-ip")) :
						find_node_ip(c.cluster_cidr);
	c.advertise_address = ek_str_dup(options_str(o, "advertise-address") ?
						 options_str(o, "advertise-address") :
						 c.node_ip);
	c.cluster_dns = options_str(o, "cluster-dns") ? ek_str_dup(options_str(o, "cluster-dns")) :
							nth_text(c.service_cidr, 10);
	c.service_ip = nth_text(c.service_cidr, 1);
	c.tls_sans = options_list(o, "tls-san", &c.n_tls_sans);
	c.node_labels = options_list(o, "node-label", &c.n_node_labels);
	c.node_taints = options_list(o, "node-taint", &c.n_node_taints);
	*ret = c;
	return 0;
}

void server_config_done(struct server_config *c)
{
	instance_done(&c->instance);
	free(c->advertise_address);
	free(c->node_ip);
	free(c->node_name);
	free(c->cluster_dns);
	free(c->service_ip);
	free(c->agent_dir);
	free(c->pod_cidr);
}
