/* SPDX-License-Identifier: Apache-2.0 */
#include <ekube/str.h>

#include "pod/admit.h"
#include "ek_test.h"
#include "spec/podspec.h"

/* Reasons and messages as those of a kubelet. */

static const char node[] = "{'metadata':{'name':'n1','labels':{'zone':'a','n':'5'}},"
			   "'spec':{'taints':[{'key':'t','value':'v','effect':'NoExecute'},{'key':'s','effect':'NoSchedule'}]}}";
static const char allocatable[] = "{'cpu':'2','memory':'1Gi','ephemeral-storage':'10Gi','pods':'3'}";
static const char other[] = "{'spec':{'containers':[{'name':'a','resources':{'requests':{'cpu':'1500m','memory':'512Mi'}},"
			    "'ports':[{'containerPort':80,'hostPort':8080},{'containerPort':53,'hostPort':53,'protocol':'UDP',"
			    "'hostIP':'10.0.0.1'}]}]}}";

#define TOLERATES "'tolerations':[{'key':'t','operator':'Exists'}],"
#define REQUESTS(r) "{'spec':{" TOLERATES "'containers':[{'name':'c','resources':{'requests':{" r "}}}]}}"
#define PORT(p) "{'spec':{" TOLERATES "'containers':[{'name':'c','ports':[{" p "}]}]}}"
#define SPEC(s) "{'spec':{" TOLERATES s "'containers':[{'name':'c'}]}}"
#define TERM(t) SPEC("'affinity':{'nodeAffinity':{'requiredDuringSchedulingIgnoredDuringExecution':{'nodeSelectorTerms':[" t "]}}},")
#define SYSCTL(more, name) SPEC(more "'securityContext':{'sysctls':[{'name':'" name "','value':'1'}]},")

#define AFFINITY "Predicate NodeAffinity failed: node(s) didn't match Pod's node affinity/selector"
#define PORTS "Predicate NodePorts failed: node(s) didn't have free ports for the requested pod ports"

static const struct {
	const char *pod, *reason, *message; /* NULL: admitted */
	int         others;
} rows[] = {
	{ SPEC(""), NULL, NULL, 1 },
	{ SPEC(""), NULL, NULL, 2 },
	{ SPEC(""), "OutOfpods", "Node didn't have enough resource: pods, requested: 1, used: 3, capacity: 3", 3 },
	/* resources */
	{ REQUESTS("'cpu':'500m','memory':'512Mi'"), NULL, NULL, 1 },
	{ REQUESTS("'cpu':'501m'"), "OutOfcpu", "Node didn't have enough resource: cpu, requested: 501, used: 1500, capacity: 2000", 1 },
	{ REQUESTS("'memory':'513Mi'"), "OutOfmemory",
	  "Node didn't have enough resource: memory, requested: 537919488, used: 536870912, capacity: 1073741824", 1 },
	{ REQUESTS("'ephemeral-storage':'11Gi'"), "OutOfephemeral-storage",
	  "Node didn't have enough resource: ephemeral-storage, requested: 11811160064, used: 0, capacity: 10737418240", 0 },
	{ REQUESTS("'hugepages-2Mi':'2Mi'"), "OutOfhugepages-2Mi",
	  "Node didn't have enough resource: hugepages-2Mi, requested: 2097152, used: 0, capacity: 0", 0 },
	{ REQUESTS("'example.com/gpu':'1'"), NULL, NULL, 0 }, /* of the cluster, for all that the node knows */
	/* labels */
	{ SPEC("'nodeSelector':{'zone':'a'},"), NULL, NULL, 0 },
	{ SPEC("'nodeSelector':{'zone':'b'},"), "NodeAffinity", AFFINITY, 0 },
	{ TERM("{'matchExpressions':[{'key':'zone','operator':'In','values':['b']}]},"
	       "{'matchExpressions':[{'key':'n','operator':'Gt','values':['4']}]}"), NULL, NULL, 0 },
	{ TERM("{'matchExpressions':[{'key':'zone','operator':'DoesNotExist'}]}"), "NodeAffinity", AFFINITY, 0 },
	{ TERM("{'matchFields':[{'key':'metadata.name','operator':'In','values':['n1']}]}"), NULL, NULL, 0 },
	{ TERM("{}"), "NodeAffinity", AFFINITY, 0 },
	/* taints: those that drive out */
	{ "{'spec':{'containers':[{'name':'c'}]}}", "TaintToleration",
	  "Predicate TaintToleration failed: node(s) had taints that the pod didn't tolerate", 0 },
	/* ports */
	{ PORT("'containerPort':80,'hostPort':8081"), NULL, NULL, 1 },
	{ PORT("'containerPort':80,'hostPort':8080"), "NodePorts", PORTS, 1 },
	{ PORT("'containerPort':80,'hostPort':8080,'hostIP':'10.0.0.2'"), "NodePorts", PORTS, 1 },
	{ PORT("'containerPort':80,'hostPort':8080,'protocol':'UDP'"), NULL, NULL, 1 },
	{ PORT("'containerPort':53,'hostPort':53,'protocol':'UDP','hostIP':'10.0.0.2'"), NULL, NULL, 1 },
	{ PORT("'containerPort':8080"), NULL, NULL, 1 },
	/* the operating system */
	{ SPEC("'os':{'name':'linux'},"), NULL, NULL, 0 },
	{ SPEC("'os':{'name':'windows'},"), "PodOSNotSupported", "Failed to admit pod as the OS field doesn't match node OS", 0 },
	{ "{'metadata':{'labels':{'kubernetes.io/os':'windows'}},'spec':{}}", "PodOSSelectorNodeLabelDoesNotMatch",
	  "Failed to admit pod as the `kubernetes.io/os` label doesn't match node label", 0 },
	/* sysctls */
	{ SYSCTL("", "net.ipv4.ip_unprivileged_port_start"), NULL, NULL, 0 },
	{ SYSCTL("", "net/ipv4/tcp_syncookies"), NULL, NULL, 0 },
	{ SYSCTL("", "kernel.msgmax"), "SysctlForbidden", "forbidden sysctl: \"kernel.msgmax\" not allowlisted", 0 },
	{ SYSCTL("'hostNetwork':true,", "net.ipv4.tcp_syncookies"), "SysctlForbidden",
	  "forbidden sysctl: \"net.ipv4.tcp_syncookies\" not allowed with host net enabled", 0 },
	{ SYSCTL("'hostIPC':true,", "kernel.shm_rmid_forced"), "SysctlForbidden",
	  "forbidden sysctl: \"kernel.shm_rmid_forced\" not allowed with host ipc enabled", 0 },
	{ SYSCTL("'hostIPC':true,", "net.ipv4.tcp_syncookies"), NULL, NULL, 0 },
};

START_TEST(admits)
{
	EK_JSON struct ek_json *pod = ek_json_make(rows[_i].pod), *n = ek_json_make(node),
			       *a = ek_json_make(allocatable), *o = ek_json_make(other);
	const struct ek_json *others[] = { o, o, o };
	struct ek_node_admit in = { .pod = pod,
				    .node = n,
				    .allocatable = a,
				    .others = others,
				    .n_others = (size_t)rows[_i].others };
	struct ek_node_refusal refusal = { 0 };

	ck_assert_int_eq(ek_node_admit(&in, &refusal), rows[_i].reason == NULL);
	if (rows[_i].reason) {
		ck_assert_str_eq(refusal.reason, rows[_i].reason);
		ck_assert_str_eq(refusal.message, rows[_i].message);
	}
}
END_TEST

static const struct {
	const char *given, *name;
} sysctl_rows[] = {
	{ "kernel.shmmax", "kernel.shmmax" }, { "kernel/shmmax", "kernel.shmmax" }, { "net/ipv4/conf/eth0.1/x", "net.ipv4.conf.eth0/1.x" },
	{ "net.ipv4.conf.eth0/1.x", "net.ipv4.conf.eth0/1.x" }, { "plain", "plain" },
};

START_TEST(sysctl_names)
{
	EK_FREE char *name = ek_podspec_sysctl_name(sysctl_rows[_i].given);

	ck_assert_str_eq(name, sysctl_rows[_i].name);
}
END_TEST

EK_TESTS("node/admit", EK_ROWS(admits, rows), EK_ROWS(sysctl_names, sysctl_rows))
