/* SPDX-License-Identifier: Apache-2.0 */

/* ekube server: the options, and what they come down to. */

#include <ekube/file.h>
#include <ekube/log.h>
#include <ekube/str.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "address.h"
#include "command.h"
#include "options.h"
#include "server.h"

extern char **environ;

/* Spelled as K3s spells them. */
static const struct option_row rows[] = {
	{ "config", 'c', OPTION_STR, "General", "FILE", "/etc/ekube/config.yaml",
	  "read options from FILE and FILE.d/*.yaml", 0, 0, "EKUBE_CONFIG_FILE" },
	{ "data-dir", 'd', OPTION_STR, "General", "DIR", "/var/lib/ekube", "keep all state below DIR", 0, 0, NULL },
	{ "debug", 0, OPTION_BOOL, "General", "", NULL, "log more", 0, 0, NULL },
	{ "write-kubeconfig", 'o', OPTION_STR, "General", "FILE", "/etc/ekube/ekube.yaml",
	  "write the administrator's kubeconfig to FILE", 0, 0, "EKUBE_KUBECONFIG_OUTPUT" },
	{ "write-kubeconfig-mode", 0, OPTION_STR, "General", "MODE", "600", "permissions of that file, octal", 0, 0,
	  "EKUBE_KUBECONFIG_MODE" },

	{ "bind-address", 0, OPTION_STR, "API server", "IP", "0.0.0.0", "listen on this address", 0, 0, NULL },
	{ "https-listen-port", 0, OPTION_INT, "API server", "PORT", "6443", "listen on this port", 1, 65535, NULL },
	{ "advertise-address", 0, OPTION_STR, "API server", "IP", NULL,
	  "address that pods reach the API server by; the node's when not given", 0, 0, NULL },
	{ "tls-san", 0, OPTION_LIST, "API server", "NAME", NULL,
	  "one more name or address in the serving certificate", 0, 0, NULL },
	{ "token", 't', OPTION_STR, "API server", "SECRET", NULL, "shared secret by which agents join", 0, 0, NULL },
	{ "token-auth-file", 0, OPTION_STR, "API server", "FILE", NULL,
	  "static tokens, lines of token,user,uid,\"groups\"", 0, 0, NULL },

	{ "cluster-cidr", 0, OPTION_STR, "Network", "CIDR", "10.42.0.0/16", "addresses of pods", 0, 0, NULL },
	{ "service-cidr", 0, OPTION_STR, "Network", "CIDR", "10.43.0.0/16", "addresses of Services", 0, 0, NULL },
	{ "service-node-port-range", 0, OPTION_STR, "Network", "A-B", "30000-32767", "ports of NodePort Services", 0, 0, NULL },
	{ "cluster-dns", 0, OPTION_STR, "Network", "IP", NULL,
	  "address of the DNS server; the tenth of --service-cidr when not given", 0, 0, NULL },
	{ "cluster-domain", 0, OPTION_STR, "Network", "NAME", "cluster.local", "domain of the cluster", 0, 0, NULL },
	{ "bridge", 0, OPTION_STR, "Network", "NAME", NULL, "name of the pods' bridge; from --data-dir when not given",
	  0, 0, NULL },

	{ "node-name", 0, OPTION_STR, "Node", "NAME", NULL, "name of this node; the host's when not given", 0, 0, NULL },
	{ "node-ip", 'i', OPTION_STR, "Node", "IP", NULL, "address of this node; found when not given", 0, 0, NULL },
	{ "node-label", 0, OPTION_LIST, "Node", "KEY=VALUE", NULL, "label the node when it registers", 0, 0, NULL },
	{ "node-taint", 0, OPTION_LIST, "Node", "KEY=VALUE:EFFECT", NULL, "taint the node when it registers", 0, 0, NULL },
	{ "runtime", 0, OPTION_STR, "Node", "PROGRAM", "runc", "runc, crun, or a path to one of them", 0, 0, NULL },

	{ "disable", 0, OPTION_LIST, "Parts", "PART", NULL, "leave out a part: network", 0, 0, NULL },
	{ "disable-agent", 0, OPTION_BOOL, "Parts", "", NULL, "run no node: the control plane only", 0, 0, NULL },
	{ "disable-scheduler", 0, OPTION_BOOL, "Parts", "", NULL, "run no scheduler", 0, 0, NULL },
	{ "disable-controller-manager", 0, OPTION_BOOL, "Parts", "", NULL, "run no controllers", 0, 0, NULL },
	{ 0 },
};

static int check_ip(const struct options *o, const char *name, struct ek_err *err)
{
	struct ek_ip ip;

	if (options_str(o, name) && ek_ip_parse(options_str(o, name), &ip) < 0)
		return ek_fail(err, EK_EINVALID, "--%s must be an address like 192.0.2.1, not \"%.80s\"", name,
			       options_str(o, name));
	return 0;
}

static int check_cidr(const struct options *o, const char *name, struct ek_err *err)
{
	struct ek_cidr c;

	if (ek_cidr_parse(options_str(o, name), &c, NULL) < 0 || c.ip.n != 4 || c.bits > 24)
		return ek_fail(err, EK_EINVALID, "--%s must be an IPv4 block of /24 or larger like 10.42.0.0/16, not \"%.80s\"",
			       name, options_str(o, name));
	return 0;
}

static int check_all(const struct options *o, struct ek_err *err)
{
	static const char *const addresses[] = { "bind-address", "advertise-address", "cluster-dns", "node-ip" };
	int rc = check_cidr(o, "cluster-cidr", err);

	if (rc == 0)
		rc = check_cidr(o, "service-cidr", err);
	for (size_t i = 0; rc == 0 && i < EK_ARRAY_LEN(addresses); i++)
		rc = check_ip(o, addresses[i], err);
	if (rc == 0 && options_str(o, "node-name") && ek_name_dns1123_subdomain(options_str(o, "node-name")))
		rc = ek_fail(err, EK_EINVALID, "--node-name \"%.80s\" is not a DNS name in lower case", options_str(o, "node-name"));
	if (rc == 0 && ek_name_dns1123_subdomain(options_str(o, "cluster-domain")))
		rc = ek_fail(err, EK_EINVALID, "--cluster-domain \"%.80s\" is not a DNS name in lower case",
			     options_str(o, "cluster-domain"));
	if (rc == 0 && options_str(o, "bridge") && strlen(options_str(o, "bridge")) > 15)
		rc = ek_fail(err, EK_EINVALID, "--bridge must have at most 15 characters");
	return rc;
}

static int read_mode(const struct options *o, unsigned *ret, struct ek_err *err)
{
	const char *text = options_str(o, "write-kubeconfig-mode");
	char *end;
	unsigned long mode = strtoul(text, &end, 8);

	if (!*text || *end || mode > 0777)
		return ek_fail(err, EK_EINVALID, "--write-kubeconfig-mode must be octal permissions like 600, not \"%.20s\"", text);
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

static int read_parts(const struct options *o, struct server_config *c, struct ek_err *err)
{
	size_t n;
	const char *const *parts = options_list(o, "disable", &n);

	for (size_t i = 0; i < n; i++) {
		if (!ek_streq(parts[i], "network"))
			return ek_fail(err, EK_EINVALID, "--disable %.40s: there is no such part; it may be: network", parts[i]);
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
	c.node_name = ek_str_dup(options_str(o, "node-name") ? options_str(o, "node-name") : host);
	c.node_ip = options_str(o, "node-ip") ? ek_str_dup(options_str(o, "node-ip")) : find_node_ip(c.cluster_cidr);
	c.advertise_address = ek_str_dup(options_str(o, "advertise-address") ? options_str(o, "advertise-address") : c.node_ip);
	c.cluster_dns = options_str(o, "cluster-dns") ? ek_str_dup(options_str(o, "cluster-dns")) : nth_text(c.service_cidr, 10);
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
}

int cmd_server(int argc, char **argv)
{
	struct server_config config = { 0 };
	struct ek_err err = { 0 };
	struct options o;
	int rc = options_parse(&o, rows, argc, argv, environ, &err);

	if (rc == 0 && o.help) {
		options_help(rows, "Usage: ekube server [OPTIONS]",
			     "Runs a whole cluster in this process: API server, scheduler, controllers and a node. Options may "
			     "also be given as EKUBE_* variables and in the configuration file; a flag wins over a variable, a "
			     "variable over the file.");
		options_done(&o);
		return 0;
	}
	if (rc == 0 && o.operands.n)
		rc = ek_fail(&err, EK_EINVALID, "server takes options only, not \"%.80s\"; --help lists them", o.operands.items[0]);
	if (rc == 0)
		rc = server_config_read(&o, &config, &err);
	if (rc == 0) {
		if (options_bool(&o, "debug"))
			ek_log_set_level(EK_LOG_DEBUG);
		rc = server_run(&config, &err);
		server_config_done(&config);
	}
	options_done(&o);
	return rc < 0 ? command_fail("%s", err.msg) : 0;
}
