/* SPDX-License-Identifier: Apache-2.0 */
#include "../../lib/ek_test.h"
#include "../../../src/scheduler/filters.h"

#include <ekube/str.h>

static struct ek_json *json(const char *text)
{
	EK_FREE char *copy = ek_str_dup(text);
	struct ek_json *v = NULL;
	struct ek_err err;

	for (char *c = copy; *c; c++)
		if (*c == '\'')
			*c = '"';
	ck_assert_msg(ek_json_parse(copy, strlen(copy), 1 << 20, &v, NULL, &err) == 0, "%s: %s", err.msg, text);
	return v;
}

static struct pod_info *info_of(const struct ek_json *pod)
{
	struct ek_bytes *index = ek_index_new(pod, NULL);
	struct pod_info *p = pod_info_new(pod, index);

	ek_bytes_unref(index);
	return p;
}

#define NODE "'status':{'allocatable':{'cpu':'2','memory':'1Gi','pods':'3','example.com/gpu':'1'}}"
#define NODE_A "{'metadata':{'name':'a','labels':{'zone':'z1','disk':'ssd','n':'5'}}," NODE "}"

/* one row: a pod's spec, a node, a pod that is there already, the reasons joined by '; ' */
static const struct {
	const char *what, *spec, *node, *there, *reasons;
} rows[] = {
	{ "nothing asked", "{'containers':[{'name':'c'}]}", NODE_A, NULL, "" },
	{ "cpu", "{'containers':[{'resources':{'requests':{'cpu':'2500m'}}}]}", NODE_A, NULL, "Insufficient cpu" },
	{ "cpu and memory", "{'containers':[{'resources':{'requests':{'cpu':'3','memory':'2Gi'}}}]}", NODE_A, NULL,
	  "Insufficient cpu; Insufficient memory" },
	{ "what is there counts", "{'containers':[{'resources':{'requests':{'cpu':'1500m'}}}]}", NODE_A,
	  "{'containers':[{'resources':{'requests':{'cpu':'1'}}}]}", "Insufficient cpu" },
	{ "extended resource", "{'containers':[{'resources':{'requests':{'example.com/gpu':'2'}}}]}", NODE_A, NULL,
	  "Insufficient example.com/gpu" },
	{ "init containers take turns", "{'initContainers':[{'resources':{'requests':{'cpu':'2'}}},"
	  "{'resources':{'requests':{'cpu':'2'}}}],'containers':[{}]}", NODE_A, NULL, "" },
	{ "sidecars stay", "{'initContainers':[{'restartPolicy':'Always','resources':{'requests':{'cpu':'1500m'}}},"
	  "{'resources':{'requests':{'cpu':'1'}}}],'containers':[{}]}", NODE_A, NULL, "Insufficient cpu" },
	{ "too many pods", "{'containers':[{}]}", "{'metadata':{'name':'a'},'status':{'allocatable':{'pods':'0'}}}", NULL,
	  "Too many pods" },
	{ "another node by name", "{'nodeName':'b','containers':[{}]}", NODE_A, NULL,
	  "node(s) didn't match the requested node name" },
	{ "node selector", "{'nodeSelector':{'disk':'hdd'},'containers':[{}]}", NODE_A, NULL,
	  "node(s) didn't match Pod's node affinity/selector" },
	{ "node selector holds", "{'nodeSelector':{'disk':'ssd'},'containers':[{}]}", NODE_A, NULL, "" },
	{ "affinity greater", "{'affinity':{'nodeAffinity':{'requiredDuringSchedulingIgnoredDuringExecution':"
	  "{'nodeSelectorTerms':[{'matchExpressions':[{'key':'n','operator':'Gt','values':['4']}]}]}}},"
	  "'containers':[{}]}", NODE_A, NULL, "" },
	{ "affinity by field", "{'affinity':{'nodeAffinity':{'requiredDuringSchedulingIgnoredDuringExecution':"
	  "{'nodeSelectorTerms':[{'matchFields':[{'key':'metadata.name','operator':'In','values':['b']}]}]}}},"
	  "'containers':[{}]}", NODE_A, NULL, "node(s) didn't match Pod's node affinity/selector" },
	{ "taint", "{'containers':[{}]}", "{'metadata':{'name':'a'},'spec':{'taints':[{'key':'k','value':'v',"
	  "'effect':'NoSchedule'}]}," NODE "}", NULL, "node(s) had untolerated taint {k: v}" },
	{ "taint without value", "{'containers':[{}]}", "{'metadata':{'name':'a'},'spec':{'taints':[{'key':'k',"
	  "'effect':'NoExecute'}]}," NODE "}", NULL, "node(s) had untolerated taint {k: }" },
	{ "tolerated", "{'tolerations':[{'key':'k','operator':'Exists'}],'containers':[{}]}",
	  "{'metadata':{'name':'a'},'spec':{'taints':[{'key':'k','effect':'NoExecute'}]}," NODE "}", NULL, "" },
	{ "everything tolerated", "{'tolerations':[{'operator':'Exists'}],'containers':[{}]}",
	  "{'metadata':{'name':'a'},'spec':{'unschedulable':true,'taints':[{'key':'k','effect':'NoExecute'}]}," NODE "}",
	  NULL, "" },
	{ "cordoned", "{'containers':[{}]}", "{'metadata':{'name':'a'},'spec':{'unschedulable':true}," NODE "}", NULL,
	  "node(s) were unschedulable" },
	{ "host port", "{'containers':[{'ports':[{'hostPort':80,'protocol':'TCP'}]}]}", NODE_A,
	  "{'containers':[{'ports':[{'hostPort':80,'hostIP':'127.0.0.1','protocol':'TCP'}]}]}",
	  "node(s) didn't have free ports for the requested pod ports" },
	{ "host port of another protocol", "{'containers':[{'ports':[{'hostPort':80,'protocol':'UDP'}]}]}", NODE_A,
	  "{'containers':[{'ports':[{'hostPort':80,'protocol':'TCP'}]}]}", "" },
	{ "anti-affinity to what is there", "{'affinity':{'podAntiAffinity':{"
	  "'requiredDuringSchedulingIgnoredDuringExecution':[{'topologyKey':'zone','labelSelector':"
	  "{'matchLabels':{'app':'x'}}}]}},'containers':[{}]}", NODE_A, "{'containers':[{}]}",
	  "node(s) didn't match pod anti-affinity rules" },
	{ "what is there refuses", "{'containers':[{}]}", NODE_A, "{'affinity':{'podAntiAffinity':{"
	  "'requiredDuringSchedulingIgnoredDuringExecution':[{'topologyKey':'zone','labelSelector':"
	  "{'matchLabels':{'app':'x'}}}]}},'containers':[{}]}",
	  "node(s) didn't satisfy existing pods anti-affinity rules" },
	{ "affinity to nobody", "{'affinity':{'podAffinity':{'requiredDuringSchedulingIgnoredDuringExecution':"
	  "[{'topologyKey':'zone','labelSelector':{'matchLabels':{'app':'y'}}}]}},'containers':[{}]}", NODE_A, NULL,
	  "node(s) didn't match pod affinity rules" },
	{ "the first of a group", "{'affinity':{'podAffinity':{'requiredDuringSchedulingIgnoredDuringExecution':"
	  "[{'topologyKey':'zone','labelSelector':{'matchLabels':{'app':'x'}}}]}},'containers':[{}]}", NODE_A, NULL, "" },
	{ "spread without the label", "{'topologySpreadConstraints':[{'maxSkew':1,'topologyKey':'rack',"
	  "'whenUnsatisfiable':'DoNotSchedule','labelSelector':{'matchLabels':{'app':'x'}}}],'containers':[{}]}", NODE_A,
	  NULL, "node(s) didn't match pod topology spread constraints (missing required label)" },
};

static struct ek_json *pod_of(const char *name, const char *spec)
{
	EK_JSON struct ek_json *s = json(spec);

	return ek_json_make("{'metadata':{'name':%s,'namespace':'ns','uid':%s,'labels':{'app':'x'}},'spec':%v}", name, name, s);
}

START_TEST(reasons_are_upstreams)
{
	EK_JSON struct ek_json *node = json(rows[_i].node), *pod = pod_of("new", rows[_i].spec);
	struct node_info *n = node_info_new("a");
	struct pod_info *p = info_of(pod);
	struct candidate c = { pod, p };
	struct snapshot all = { .nodes = &n, .n = 1 };
	EK_BUF struct ek_buf got = EK_BUF_INIT(4096);
	struct verdict v;

	node_info_set(n, node);
	if (rows[_i].there) {
		EK_JSON struct ek_json *there = pod_of("there", rows[_i].there);
		struct pod_info *t = info_of(there);

		node_info_add(n, t);
		pod_info_unref(t);
	}
	filter_node(&c, n, &all, &v);
	for (size_t i = 0; i < v.n; i++)
		(void)ek_buf_fmt(&got, "%s%s", i ? "; " : "", v.reasons[i]);
	ck_assert_msg(ek_streq(got.data ? got.data : "", rows[_i].reasons), "%s: got '%s'", rows[_i].what, got.data);
	ck_assert(v.fits == (v.n == 0));
	pod_info_unref(p);
	node_info_free(n);
}
END_TEST

START_TEST(spreads_over_domains)
{
	static const char *const nodes[] = {
		"{'metadata':{'name':'a','labels':{'zone':'z1'}}," NODE "}",
		"{'metadata':{'name':'b','labels':{'zone':'z2'}}," NODE "}",
	};
	EK_JSON struct ek_json *pod = pod_of("new", "{'topologySpreadConstraints':[{'maxSkew':1,'topologyKey':'zone',"
						    "'whenUnsatisfiable':'DoNotSchedule','labelSelector':{'matchLabels':"
						    "{'app':'x'}}}],'containers':[{}]}");
	struct node_info *n[2];
	struct snapshot all = { .nodes = n, .n = 2 };
	struct pod_info *p = info_of(pod);
	struct candidate c = { pod, p };
	struct verdict v;

	for (size_t i = 0; i < 2; i++) {
		EK_JSON struct ek_json *node = json(nodes[i]);

		n[i] = node_info_new(i ? "b" : "a");
		node_info_set(n[i], node);
	}
	EK_JSON struct ek_json *there = pod_of("there", "{'containers':[{}]}");
	struct pod_info *t = info_of(there);
	node_info_add(n[0], t);
	pod_info_unref(t);
	filter_node(&c, n[0], &all, &v);
	ck_assert(!v.fits);
	ck_assert_str_eq(v.reasons[0], "node(s) didn't match pod topology spread constraints");
	filter_node(&c, n[1], &all, &v);
	ck_assert(v.fits);
	pod_info_unref(p);
	node_info_free(n[0]);
	node_info_free(n[1]);
}
END_TEST

START_TEST(the_emptier_node_scores_higher)
{
	EK_JSON struct ek_json *node = json(NODE_A), *pod = pod_of("new", "{'containers':[{}]}");
	EK_JSON struct ek_json *there = pod_of("there", "{'containers':[{'resources':{'requests':{'cpu':'1','memory':'512Mi'}}}]}");
	struct node_info *n[2] = { node_info_new("a"), node_info_new("b") };
	struct snapshot all = { .nodes = n, .n = 2 };
	struct pod_info *p = info_of(pod), *t = info_of(there);
	struct candidate c = { pod, p };

	node_info_set(n[0], node);
	node_info_set(n[1], node);
	node_info_add(n[0], t);
	ck_assert_int_gt(score_node(&c, n[1], &all), score_node(&c, n[0], &all));
	ck_assert(node_info_remove(n[0], "there"));
	ck_assert_int_eq(score_node(&c, n[1], &all), score_node(&c, n[0], &all));
	pod_info_unref(p);
	pod_info_unref(t);
	node_info_free(n[0]);
	node_info_free(n[1]);
}
END_TEST

EK_TESTS("scheduler/filters", EK_ROWS(reasons_are_upstreams, rows), spreads_over_domains, the_emptier_node_scores_higher)
