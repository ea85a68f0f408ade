/* SPDX-License-Identifier: Apache-2.0 */

/* What the options of a server come down to, and what is said of bad ones. */

#include "ek_test.h"

#include <ekube/str.h>

#include "options.h"
#include "server.h"

static int read_options(const char *flags, struct options *o, struct server_config *c,
			struct ek_err *err)
{
	/* an empty file: the one of this machine must not matter */
	EK_FREE char *copy = ek_str_fmt("--config=/dev/null %s", flags);
	char *argv[32], *env[] = { NULL };
	int argc = (int)ek_str_split(copy, ' ', argv, 32);
	int rc = options_parse(o, server_rows, argc, argv, env, err);

	return rc < 0 ? rc : server_config_read(o, c, err);
}

START_TEST(defaults)
{
	struct server_config c = { 0 };
	struct options o;
	struct ek_err err;

	ck_assert_int_eq(read_options("--data-dir=/tmp/x --node-ip=192.0.2.5 --node-name=board", &o,
				      &c, &err),
			 0);
	ck_assert_str_eq(c.cluster_dns, "10.43.0.10");
	ck_assert_str_eq(c.service_ip, "10.43.0.1");
	ck_assert_str_eq(c.pod_cidr, "10.42.0.0/24");
	ck_assert_str_eq(c.agent_dir, "/tmp/x/agent");
	ck_assert_str_eq(c.advertise_address, "192.0.2.5");
	ck_assert_uint_eq(c.kubeconfig_mode, 0600);
	ck_assert_str_eq(c.registries, "/etc/ekube/registries.yaml");
	ck_assert(!c.registries_asked);
	ck_assert_int_eq(c.max_pods, 0);
	server_config_done(&c);
	options_done(&o);
}
END_TEST

START_TEST(what_a_node_is_told)
{
	struct server_config c = { 0 };
	struct options o;
	struct ek_err err;

	ck_assert_int_eq(
		read_options(
			"--node-label=a=b,example.com/c= --node-taint=k=v:NoExecute --node-taint=k:NoSchedule "
			"--kubelet-arg=max-pods=250 --private-registry=/r.yaml --cluster-cidr=10.60.4.0/22",
			&o, &c, &err),
		0);
	ck_assert_uint_eq(c.n_node_labels, 2);
	ck_assert_str_eq(c.node_labels[1], "example.com/c=");
	ck_assert_uint_eq(c.n_node_taints, 2);
	ck_assert_int_eq(c.max_pods, 250);
	ck_assert(c.registries_asked);
	ck_assert_str_eq(c.pod_cidr, "10.60.4.0/24");
	server_config_done(&c);
	options_done(&o);
}
END_TEST

static const struct {
	const char *flags, *says;
} bad[] = {
	{ "--cluster-cidr=10.42.0.0", "--cluster-cidr must be an IPv4 block" },
	{ "--cluster-cidr=10.42.0.0/28", "--cluster-cidr must be an IPv4 block" },
	{ "--cluster-cidr=0.0.0.0/0", "--cluster-cidr must be an IPv4 block" },
	{ "--service-cidr=fd00::/16", "--service-cidr must be an IPv4 block" },
	{ "--service-cidr=10.42.128.0/20", "overlap" },
	{ "--cluster-dns=ten", "--cluster-dns must be an address" },
	{ "--bind-address=localhost", "--bind-address must be an address" },
	{ "--node-ip=board", "--node-ip must be an address like" },
	{ "--node-ip=127.0.0.1", "--node-ip must be an address that pods can reach, not 127.0.0.1" },
	{ "--advertise-address=0.0.0.0", "--advertise-address must be an address that pods can reach" },
	{ "--advertise-address=169.254.7.7", "--advertise-address must be an address that pods can reach" },
	{ "--advertise-address=224.0.0.1", "--advertise-address must be an address that pods can reach" },
	{ "--advertise-address=::1", "--advertise-address must be an address that pods can reach" },
	{ "--https-listen-port=70000", "--https-listen-port must be a number from 1 to 65535" },
	{ "--service-node-port-range=5", "--service-node-port-range must be two ports" },
	{ "--service-node-port-range=20-10", "--service-node-port-range must be two ports" },
	{ "--write-kubeconfig-mode=rw", "--write-kubeconfig-mode must be octal" },
	{ "--write-kubeconfig-mode=7777", "--write-kubeconfig-mode must be octal" },
	{ "--data-dir=here", "--data-dir must be an absolute path" },
	{ "--node-name=My_Node", "--node-name \"My_Node\"" },
	{ "--cluster-domain=Cluster", "--cluster-domain" },
	{ "--bridge=a-name-that-is-too-long", "--bridge must have at most 15" },
	{ "--node-label=novalue", "--node-label must be key=value" },
	{ "--node-label=-bad-=x", "--node-label must be key=value, not \"-bad-=x\": " },
	{ "--node-label=a=b=c", "--node-label must be key=value" },
	{ "--node-taint=k=v", "--node-taint must be key=value:Effect" },
	{ "--node-taint=k=v:Never", "--node-taint must be key=value:Effect" },
	{ "--node-taint=:NoSchedule", "--node-taint must be key=value:Effect" },
	{ "--kubelet-arg=max-pods=0", "max-pods must be a number from 1" },
	{ "--kubelet-arg=v=5", "it may be: max-pods=N" },
	{ "--disable=traefik", "--disable traefik: there is no such part" },
	{ "--no-such-flag", "--no-such-flag is not an option" },
	{ "--token", "--token needs a value" },
};

START_TEST(bad_options)
{
	struct server_config c = { 0 };
	struct options o;
	struct ek_err err = { 0 };

	ck_assert_int_eq(read_options(bad[_i].flags, &o, &c, &err), EK_EINVALID);
	ck_assert_msg(strstr(err.msg, bad[_i].says) != NULL, "%s: \"%s\" is not in \"%s\"",
		      bad[_i].flags, bad[_i].says, err.msg);
	ck_assert_ptr_null(strchr(err.msg, '\n'));
	server_config_done(&c);
	options_done(&o);
}
END_TEST

EK_TESTS("cli/server_config", defaults, what_a_node_is_told, EK_ROWS(bad_options, bad))
