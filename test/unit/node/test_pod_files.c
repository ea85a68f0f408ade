/* SPDX-License-Identifier: Apache-2.0 */
#include "ek_test.h"

#include <ekube/str.h>

#include "sandbox/pod_files.h"

static struct ek_json *pod_of(const char *spec_text)
{
	EK_JSON struct ek_json *spec = ek_json_make(spec_text);

	return ek_json_make("{'metadata':{'name':'web-1','namespace':'shop'},'spec':%v}", spec);
}

static const struct {
	const char *name, *spec, *want;
} name_rows[] = {
	{ "web-1", "{}", "web-1" },
	{ "web-1", "{'hostname':'h'}", "h" },
	{ "web-1", "{'hostname':'h','subdomain':'s'}", "h" },
	{ "web-1", "{'hostname':'h','subdomain':'s','setHostnameAsFQDN':true}", "h.s.shop.svc.cluster.local" },
	{ "a234567890123456789012345678901234567890123456789012345678901-.b", "{}",
	  "a234567890123456789012345678901234567890123456789012345678901" },
};

START_TEST(host_names)
{
	EK_JSON struct ek_json *pod = pod_of(name_rows[_i].spec);
	EK_FREE char *got = NULL;

	ek_json_set_at(pod, "metadata.name", ek_json_new_str(name_rows[_i].name));
	got = ek_pod_hostname(pod, "cluster.local");
	ck_assert_str_eq(got, name_rows[_i].want);
}
END_TEST

#define USUAL \
	"# Kubernetes-managed hosts file.\n127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n" \
	"fe00::0\tip6-localnet\nfe00::0\tip6-mcastprefix\nfe00::1\tip6-allnodes\nfe00::2\tip6-allrouters\n"

static const struct {
	const char *spec, *want;
} hosts_rows[] = {
	{ "{}", USUAL "10.0.0.1\tweb-1\n" },
	{ "{'hostname':'h','subdomain':'s'}", USUAL "10.0.0.1\th.s.shop.svc.cluster.local\th\n" },
	{ "{'hostAliases':[{'ip':'1.2.3.4','hostnames':['a','b']},{'ip':'::2','hostnames':['c']}]}",
	  USUAL "10.0.0.1\tweb-1\n\n# Entries added by HostAliases.\n1.2.3.4\ta\tb\n::2\tc\n" },
	{ "{'hostNetwork':true}", "# Kubernetes-managed hosts file (host network).\n9.9.9.9 nine\n" },
	{ "{'hostNetwork':true,'hostAliases':[{'ip':'1.2.3.4','hostnames':['a']}]}",
	  "# Kubernetes-managed hosts file (host network).\n9.9.9.9 nine\n\n# Entries added by HostAliases.\n1.2.3.4\ta\n" },
};

START_TEST(hosts)
{
	EK_JSON struct ek_json *pod = pod_of(hosts_rows[_i].spec);
	EK_FREE char *got = ek_pod_hosts(pod, "10.0.0.1", "cluster.local", "9.9.9.9 nine\n");

	ck_assert_str_eq(got, hosts_rows[_i].want);
}
END_TEST

#define HOST "# comment\nnameserver 192.0.2.53\nsearch old\nsearch example.org corp\noptions edns0 ndots:2\n"
#define CLUSTER "search shop.svc.cluster.local svc.cluster.local cluster.local example.org corp\nnameserver 10.43.0.10\n"

static const struct {
	const char *spec, *host, *want;
} resolv_rows[] = {
	{ "{}", HOST, CLUSTER "options ndots:5\n" },
	{ "{'dnsPolicy':'ClusterFirst'}", HOST, CLUSTER "options ndots:5\n" },
	{ "{'dnsPolicy':'ClusterFirst'}", NULL,
	  "search shop.svc.cluster.local svc.cluster.local cluster.local\nnameserver 10.43.0.10\noptions ndots:5\n" },
	{ "{'dnsPolicy':'Default'}", HOST, "search example.org corp\nnameserver 192.0.2.53\noptions edns0 ndots:2\n" },
	{ "{'hostNetwork':true}", HOST, "search example.org corp\nnameserver 192.0.2.53\noptions edns0 ndots:2\n" },
	{ "{'hostNetwork':true,'dnsPolicy':'ClusterFirstWithHostNet'}", HOST, CLUSTER "options ndots:5\n" },
	{ "{'dnsPolicy':'None','dnsConfig':{'nameservers':['1.1.1.1'],'searches':['x.y'],'options':[{'name':'ndots','value':'3'},"
	  "{'name':'rotate'}]}}", HOST, "search x.y\nnameserver 1.1.1.1\noptions ndots:3 rotate\n" },
	{ "{'dnsConfig':{'nameservers':['1.1.1.1','2.2.2.2','3.3.3.3'],'options':[{'name':'ndots','value':'1'}]}}", NULL,
	  "search shop.svc.cluster.local svc.cluster.local cluster.local\nnameserver 10.43.0.10\nnameserver 1.1.1.1\n"
	  "nameserver 2.2.2.2\noptions ndots:1\n" },
	{ "{'dnsPolicy':'None'}", HOST, "" },
};

START_TEST(resolv_confs)
{
	EK_JSON struct ek_json *pod = pod_of(resolv_rows[_i].spec);
	EK_FREE char *got = ek_pod_resolv_conf(pod, "10.43.0.10", "cluster.local", resolv_rows[_i].host);

	ck_assert_str_eq(got, resolv_rows[_i].want);
}
END_TEST

EK_TESTS("node/pod_files", EK_ROWS(host_names, name_rows), EK_ROWS(hosts, hosts_rows), EK_ROWS(resolv_confs, resolv_rows))
