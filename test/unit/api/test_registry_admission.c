/* SPDX-License-Identifier: Apache-2.0 */
#include "api/api_world.h"
#include "ek_test.h"

#include <ekube/str.h>

/*
 * ---- pods: what is completed, what is refused. The account "none" mounts no token, "puller" has
 * a pull secret ----
 */

static const struct row {
	const char *what, *pod;
	int         rc;
	const char *path, *want; /* in the pod; or of the Status' message */
} rows[] = {
	{ "priority of a class", "{'metadata':{'name':'p'},'spec':{'priorityClassName':'high',%c}}",
	  0, "spec.priority", "1000" },
	{ "a system class",
	  "{'metadata':{'name':'p'},'spec':{'priorityClassName':'system-node-critical',%c}}", 0,
	  "spec.priority", "2000001000" },
	{ "the default class", "{'metadata':{'name':'p'},'spec':{%c}}", 0, "spec.priorityClassName",
	  NULL },
	{ "unknown class", "{'metadata':{'name':'p'},'spec':{'priorityClassName':'x',%c}}",
	  EK_EFORBIDDEN, NULL, "pods \"p\" is forbidden: no PriorityClass with name x was found" },
	{ "a number of one's own", "{'metadata':{'name':'p'},'spec':{'priority':7,%c}}",
	  EK_EFORBIDDEN, NULL,
	  "pods \"p\" is forbidden: the integer value of priority (7) must not be provided in pod spec; priority admission "
	  "controller computed 0 from the given PriorityClass name" },
	{ "policy of a class", "{'metadata':{'name':'p'},'spec':{'priorityClassName':'high',%c}}",
	  0, "spec.preemptionPolicy", "Never" },
	{ "own patience",
	  "{'metadata':{'name':'p'},'spec':{'tolerations':[{'key':'node.kubernetes.io/not-ready',"
	  "'operator':'Exists','effect':'NoExecute','tolerationSeconds':5}],%c}}",
	  0, "spec.tolerations.0.tolerationSeconds", "5" },
	{ "the other default",
	  "{'metadata':{'name':'p'},'spec':{'tolerations':[{'key':'node.kubernetes.io/not-ready',"
	  "'operator':'Exists','effect':'NoExecute','tolerationSeconds':5}],%c}}",
	  0, "spec.tolerations.1.key", "node.kubernetes.io/unreachable" },
	{ "tolerates all",
	  "{'metadata':{'name':'p'},'spec':{'tolerations':[{'operator':'Exists'}],%c}}", 0,
	  "spec.tolerations.1.key", NULL },
	{ "unknown account", "{'metadata':{'name':'p'},'spec':{'serviceAccountName':'x',%c}}",
	  EK_EFORBIDDEN, NULL,
	  "pods \"p\" is forbidden: error looking up service account default/x: serviceaccount \"x\" not found" },
	{ "a generated name in a sentence",
	  "{'metadata':{'generateName':'p-'},'spec':{'serviceAccountName':'x',%c}}", EK_EFORBIDDEN,
	  NULL,
	  "pods \"p-\" is forbidden: error looking up service account default/x: serviceaccount \"x\" not found" },
	{ "an account without token",
	  "{'metadata':{'name':'p'},'spec':{'serviceAccountName':'none',%c}}", 0,
	  "spec.volumes.0.name", NULL },
	{ "the pod's own will",
	  "{'metadata':{'name':'p'},'spec':{'automountServiceAccountToken':false,%c}}", 0,
	  "spec.volumes.0.name", NULL },
	{ "pull secrets of the account",
	  "{'metadata':{'name':'p'},'spec':{'serviceAccountName':'puller',%c}}", 0,
	  "spec.imagePullSecrets.0.name", "reg" },
	{ "own pull secrets",
	  "{'metadata':{'name':'p'},'spec':{'serviceAccountName':'puller','imagePullSecrets':[{'name':"
	  "'mine'}],%c}}",
	  0, "spec.imagePullSecrets.0.name", "mine" },
	{ "something else is mounted there",
	  "{'metadata':{'name':'p'},'spec':{'volumes':[{'name':'v','emptyDir':{}}],'containers':[{'name':'c','image':'i',"
	  "'volumeMounts':[{'name':'v','mountPath':'/var/run/secrets/kubernetes.io/serviceaccount'}]}]}}",
	  0, "spec.volumes.1.name", NULL },
	{ "a mirror pod",
	  "{'metadata':{'name':'p','annotations':{'kubernetes.io/config.mirror':'x'}},'spec':{'nodeName':"
	  "'n',%c}}",
	  0, "spec.volumes.0.name", NULL },
	{ "a mirror pod with an account",
	  "{'metadata':{'name':'p','annotations':{'kubernetes.io/config.mirror':'x'}},"
	  "'spec':{'serviceAccountName':'default','nodeName':'n',%c}}",
	  EK_EFORBIDDEN, NULL,
	  "pods \"p\" is forbidden: a mirror pod may not reference service accounts" },
};

static void populate(struct world *w)
{
	world_open(w);
	ck_assert_int_eq(
		world_create(
			w, &ek_kind_priorityclass, NULL,
			"{'metadata':{'name':'high'},'value':1000,'preemptionPolicy':'Never'}"),
		0);
	ck_assert_int_eq(
		world_create(w, &ek_kind_serviceaccount, "default",
			     "{'metadata':{'name':'none'},'automountServiceAccountToken':false}"),
		0);
	ck_assert_int_eq(
		world_create(w, &ek_kind_serviceaccount, "default",
			     "{'metadata':{'name':'puller'},'imagePullSecrets':[{'name':'reg'}]}"),
		0);
}

/* %c stands for a container. */
static char *with_container(const char *text)
{
	struct ek_buf out = EK_BUF_INIT(4096);

	for (; *text; text++)
		if (text[0] == '%' && text[1] == 'c') {
			(void)ek_buf_str(&out, "'containers':[{'name':'c','image':'i'}]");
			text++;
		} else {
			(void)ek_buf_char(&out, *text);
		}
	return ek_buf_steal(&out);
}

START_TEST(pods)
{
	const struct row *r = &rows[_i];
	EK_FREE char *text = with_container(r->pod);
	const struct ek_json *v;
	const char *have;
	struct world w;

	populate(&w);
	ck_assert_msg(world_create(&w, &ek_kind_pod, "default", text) == r->rc, "%s: %d %s",
		      r->what, w.rc, world_message(&w));
	if (r->rc < 0) {
		ck_assert_str_eq(world_message(&w), r->want);
	} else {
		v = ek_json_at(world_object(&w), r->path);
		have = ek_json_type(v) == EK_JSON_INT ? EK_I(ek_json_int(v, 0)) : ek_json_str(v);
		ck_assert_pstr_eq(have, r->want);
	}
	world_close(&w);
}
END_TEST

START_TEST(one_default_class_only)
{
	struct world w;

	world_open(&w);
	ck_assert_int_eq(world_create(&w, &ek_kind_priorityclass, NULL,
				      "{'metadata':{'name':'a'},'value':5,'globalDefault':true}"),
			 0);
	ck_assert_int_eq(world_create(&w, &ek_kind_priorityclass, NULL,
				      "{'metadata':{'name':'b'},'value':5,'globalDefault':true}"),
			 EK_EFORBIDDEN);
	ck_assert_str_eq(
		world_message(&w),
		"priorityclasses.scheduling.k8s.io \"b\" is forbidden: PriorityClass a is already "
		"marked as default. Only one default can exist");
	ck_assert_int_eq(
		world_create(
			&w, &ek_kind_pod, "default",
			"{'metadata':{'name':'p'},'spec':{'containers':[{'name':'c','image':'i'}]}}"),
		0);
	ck_assert_int_eq(world_int(&w, "spec.priority"), 5);
	ck_assert_str_eq(world_str(&w, "spec.priorityClassName"), "a");
	world_close(&w);
}
END_TEST

/* ---- patience with a namespace that was just made ---- */

static struct ek_call waiting;
static bool answered;
static int answer;

static void on_waiting(struct ek_call *c, int rc)
{
	(void)c;
	answered = true;
	answer = rc;
}

START_TEST(a_pod_waits_for_the_default_account)
{
	EK_JSON struct ek_json *body = world_json(
		"{'metadata':{'name':'p'},'spec':{'containers':[{'name':'c','image':'i'}]}}");
	struct world w;

	world_open(&w);
	ck_assert_int_eq(
		world_create(&w, &ek_kind_namespace, NULL, "{'metadata':{'name':'fresh'}}"), 0);
	ek_call_init(&waiting, EK_DO_CREATE, &ek_kind_pod, "fresh", NULL, on_waiting);
	waiting.body = body;
	ek_call_start(w.admin, &waiting);
	ck_assert(!answered);
	ck_assert_int_eq(world_create(&w, &ek_kind_serviceaccount, "fresh",
				      "{'metadata':{'name':'default'}}"),
			 0);
	ck_assert(ek_loop_until(w.loop, &answered, 2000));
	ck_assert_int_eq(answer, 0);
	ek_call_done(&waiting);
	world_close(&w);
}
END_TEST

/* ---- LimitRanger ---- */

static const struct limit {
	const char *what, *limits, *resources;
	int         rc;
	const char *path, *want;
} limits[] = {
	{ "default limit", "{'type':'Container','default':{'cpu':'2'}}", "{}", 0,
	  "spec.containers.0.resources.limits.cpu", "2" },
	{ "default request", "{'type':'Container','defaultRequest':{'memory':'1Mi'}}", "{}", 0,
	  "spec.containers.0.resources.requests.memory", "1Mi" },
	{ "said by the pod", "{'type':'Container','default':{'cpu':'2'}}", "{'limits':{'cpu':'1'}}",
	  0, "spec.containers.0.resources.limits.cpu", "1" },
	{ "noted", "{'type':'Container','default':{'cpu':'2'},'defaultRequest':{'cpu':'1'}}", "{}",
	  0, NULL,
	  "LimitRanger plugin set: cpu request for container c; cpu limit for container c" },
	{ "too much", "{'type':'Container','max':{'cpu':'1'}}", "{'limits':{'cpu':'2'}}",
	  EK_EFORBIDDEN, NULL,
	  "pods \"p\" is forbidden: maximum cpu usage per Container is 1, but limit is 2" },
	{ "the most is the default", "{'type':'Container','max':{'cpu':'1'}}", "{}", 0,
	  "spec.containers.0.resources.requests.cpu", "1" },
	{ "unbounded", "{'type':'Pod','max':{'cpu':'1'}}", "{}", EK_EFORBIDDEN, NULL,
	  "pods \"p\" is forbidden: maximum cpu usage per Pod is 1.  No limit is specified" },
	{ "too little", "{'type':'Container','min':{'memory':'10Mi'}}",
	  "{'requests':{'memory':'1Mi'}}", EK_EFORBIDDEN, NULL,
	  "pods \"p\" is forbidden: minimum memory usage per Container is 10Mi, but request is 1Mi" },
	{ "a wide range", "{'type':'Container','maxLimitRequestRatio':{'cpu':'2'}}",
	  "{'limits':{'cpu':'3'},'requests':{'cpu':'1'}}", EK_EFORBIDDEN, NULL,
	  "pods \"p\" is forbidden: cpu max limit to request ratio per Container is 2, but provided ratio is 3.000000" },
	{ "the pod as a whole", "{'type':'Pod','max':{'cpu':'1'}}", "{'limits':{'cpu':'2'}}",
	  EK_EFORBIDDEN, NULL,
	  "pods \"p\" is forbidden: maximum cpu usage per Pod is 1, but limit is 2" },
	{ "two at once", "{'type':'Container','max':{'cpu':'1','memory':'1Mi'}}",
	  "{'limits':{'cpu':'2','memory':'2Mi'}}", EK_EFORBIDDEN, NULL,
	  "pods \"p\" is forbidden: [maximum cpu usage per Container is 1, but limit is 2, maximum memory usage per "
	  "Container is 1Mi, but limit is 2Mi]" },
};

START_TEST(limit_ranges)
{
	const struct limit *l = &limits[_i];
	struct world w;
	char text[512];

	world_open(&w);
	ek_str_into(text, sizeof(text), "{'metadata':{'name':'l'},'spec':{'limits':[%s]}}",
		    l->limits);
	ck_assert_msg(world_create(&w, &ek_kind_limitrange, "default", text) == 0, "%s",
		      world_message(&w));
	ek_str_into(
		text, sizeof(text),
		"{'metadata':{'name':'p'},'spec':{'containers':[{'name':'c','image':'i','resources':"
		"%s}]}}",
		l->resources);
	ck_assert_msg(world_create(&w, &ek_kind_pod, "default", text) == l->rc, "%s: %s", l->what,
		      world_message(&w));
	if (l->rc < 0)
		ck_assert_str_eq(world_message(&w), l->want);
	else if (l->path)
		ck_assert_str_eq(world_str(&w, l->path), l->want);
	else
		ck_assert_str_eq(ek_meta_annotation(world_object(&w), "kubernetes.io/limit-ranger"),
				 l->want);
	world_close(&w);
}
END_TEST

/* ---- ResourceQuota: with one small pod, one Service and one ConfigMap there ---- */

static const struct quota {
	const char *what, *spec;
	const struct ek_kind *kind;
	const char *object;
	int         rc;
	const char *message;
} quotas[] = {
	{ "pods", "{'hard':{'pods':'1'}}", &ek_kind_pod, "{'metadata':{'name':'p'},'spec':{%c}}",
	  EK_EFORBIDDEN,
	  "pods \"p\" is forbidden: exceeded quota: q, requested: pods=1, used: pods=1, limited: "
	  "pods=1" },
	{ "room for one", "{'hard':{'pods':'2'}}", &ek_kind_pod,
	  "{'metadata':{'name':'p'},'spec':{%c}}", 0, NULL },
	{ "nothing said", "{'hard':{'limits.cpu':'2','requests.memory':'1Gi'}}", &ek_kind_pod,
	  "{'metadata':{'name':'p'},'spec':{%c}}", EK_EFORBIDDEN,
	  "pods \"p\" is forbidden: failed quota: q: must specify limits.cpu for: c; "
	  "requests.memory for: c" },
	{ "too much", "{'hard':{'requests.cpu':'1','cpu':'2'}}", &ek_kind_pod,
	  "{'metadata':{'name':'p'},'spec':{'containers':[{'name':'c','image':'i','resources':"
	  "{'requests':{'cpu':'950m'}}}]}}",
	  EK_EFORBIDDEN,
	  "pods \"p\" is forbidden: exceeded quota: q, requested: requests.cpu=950m, used: "
	  "requests.cpu=100m, limited: requests.cpu=1" },
	{ "an init container alone", "{'hard':{'requests.cpu':'1'}}", &ek_kind_pod,
	  "{'metadata':{'name':'p'},'spec':{'initContainers':[{'name':'i','image':'i','resources':"
	  "{'requests':{'cpu':'800m'}}}],'containers':[{'name':'c','image':'i','resources':"
	  "{'requests':{'cpu':'700m'}}}]}}",
	  0, NULL },
	{ "another scope", "{'hard':{'pods':'0'},'scopes':['BestEffort']}", &ek_kind_pod,
	  "{'metadata':{'name':'p'},'spec':{'containers':[{'name':'c','image':'i','resources':"
	  "{'requests':{'cpu':'1m'}}}]}}",
	  0, NULL },
	{ "its scope", "{'hard':{'pods':'0'},'scopes':['BestEffort']}", &ek_kind_pod,
	  "{'metadata':{'name':'p'},'spec':{%c}}", EK_EFORBIDDEN,
	  "pods \"p\" is forbidden: exceeded quota: q, requested: pods=1, used: pods=0, limited: "
	  "pods=0" },
	{ "objects by kind", "{'hard':{'count/configmaps':'1'}}", &ek_kind_configmap,
	  "{'metadata':{'name':'b'}}", EK_EFORBIDDEN,
	  "configmaps \"b\" is forbidden: exceeded quota: q, requested: count/configmaps=1, used: "
	  "count/configmaps=1, limited: count/configmaps=1" },
	{ "objects by old name", "{'hard':{'configmaps':'1'}}", &ek_kind_configmap,
	  "{'metadata':{'name':'b'}}", EK_EFORBIDDEN, NULL },
	{ "objects of a group", "{'hard':{'count/deployments.apps':'0'}}", &ek_kind_deployment,
	  "{'metadata':{'name':'d'},'spec':{'selector':{'matchLabels':{'a':'b'}},'template':"
	  "{'metadata':{'labels':{'a':'b'}},'spec':{%c}}}}",
	  EK_EFORBIDDEN, NULL },
	{ "node ports", "{'hard':{'services.nodeports':'1'}}", &ek_kind_service,
	  "{'metadata':{'name':'s'},'spec':{'type':'NodePort','ports':[{'name':'a','port':1},"
	  "{'name':'b','port':2}]}}",
	  EK_EFORBIDDEN,
	  "services \"s\" is forbidden: exceeded quota: q, requested: services.nodeports=2, used: "
	  "services.nodeports=0, limited: services.nodeports=1" },
	{ "no node ports", "{'hard':{'services.nodeports':'0'}}", &ek_kind_service,
	  "{'metadata':{'name':'s'},'spec':{'ports':[{'port':1}]}}", 0, NULL },
};

static void fill_quota_space(struct world *w, const char *spec)
{
	EK_FREE char *text = ek_str_fmt("{'metadata':{'name':'q'},'spec':%s}", spec);

	world_open(w);
	ck_assert_int_eq(world_create(w, &ek_kind_namespace, NULL, "{'metadata':{'name':'n'}}"), 0);
	ck_assert_int_eq(world_create(w, &ek_kind_serviceaccount, "n",
				      "{'metadata':{'name':'default'}}"),
			 0);
	ck_assert_int_eq(
		world_create(w, &ek_kind_pod, "n",
			     "{'metadata':{'name':'old'},'spec':{'containers':[{'name':'c',"
			     "'image':'i','resources':{'requests':{'cpu':'100m'}}}]}}"),
		0);
	ck_assert_int_eq(world_create(w, &ek_kind_configmap, "n", "{'metadata':{'name':'a'}}"), 0);
	ck_assert_msg(world_create(w, &ek_kind_resourcequota, "n", text) == 0, "%s",
		      world_message(w));
}

START_TEST(resource_quotas)
{
	const struct quota *q = &quotas[_i];
	EK_FREE char *text = with_container(q->object);
	struct world w;

	fill_quota_space(&w, q->spec);
	ck_assert_msg(world_create(&w, q->kind, "n", text) == q->rc, "%s: %d %s", q->what, w.rc,
		      world_message(&w));
	if (q->message)
		ck_assert_str_eq(world_message(&w), q->message);
	/* other namespaces are not concerned */
	ck_assert_int_eq(
		world_create(&w, &ek_kind_configmap, "default", "{'metadata':{'name':'b'}}"), 0);
	world_close(&w);
}
END_TEST

START_TEST(a_quota_tells_what_is_used)
{
	struct world w;
	bool tick = false;

	fill_quota_space(&w, "{'hard':{'pods':'5','requests.cpu':'1','count/configmaps':'3'}}");
	for (int i = 0; i < 100; i++) {
		ck_assert_int_eq(world_get(&w, &ek_kind_resourcequota, "n", "q"), 0);
		if (world_str(&w, "status.used.pods"))
			break;
		(void)ek_loop_until(w.loop, &tick, 50);
	}
	ck_assert_str_eq(world_str(&w, "status.hard.pods"), "5");
	ck_assert_str_eq(world_str(&w, "status.used.pods"), "1");
	ck_assert_str_eq(ek_json_str(ek_json_get(ek_json_at(world_object(&w), "status.used"),
						 "requests.cpu")),
			 "100m");
	ck_assert_int_eq(world_do(&w, NULL, EK_DO_DELETE, &ek_kind_pod, "n", "old", NULL), 0);
	for (int i = 0; i < 100; i++) {
		ck_assert_int_eq(world_get(&w, &ek_kind_resourcequota, "n", "q"), 0);
		if (ek_streq(world_str(&w, "status.used.pods"), "0"))
			break;
		(void)ek_loop_until(w.loop, &tick, 50);
	}
	ck_assert_str_eq(world_str(&w, "status.used.pods"), "0");
	world_close(&w);
}
END_TEST

static struct ek_call many[5];
static int n_many, n_made;

static void on_many(struct ek_call *c, int rc)
{
	(void)c;
	n_many++;
	n_made += rc == 0;
}

START_TEST(a_crowd_does_not_get_past_a_quota)
{
	EK_JSON struct ek_json *body = world_json("{'metadata':{'generateName':'x-'}}");
	struct world w;

	fill_quota_space(&w, "{'hard':{'count/configmaps':'3'}}");
	for (size_t i = 0; i < EK_ARRAY_LEN(many); i++) {
		ek_call_init(&many[i], EK_DO_CREATE, &ek_kind_configmap, "n", NULL, on_many);
		many[i].body = body;
		ek_call_start(w.admin, &many[i]);
	}
	while (n_many < (int)EK_ARRAY_LEN(many))
		world_settle(&w);
	ck_assert_int_eq(n_made, 2);
	for (size_t i = 0; i < EK_ARRAY_LEN(many); i++)
		ek_call_done(&many[i]);
	world_close(&w);
}
END_TEST

/* ---- NodeRestriction: what the node n1 tries ---- */

static const struct attempt {
	const char           *what;
	enum ek_verb          verb;
	const struct ek_kind *kind;
	const char           *ns, *name, *sub, *body;
	int                   rc;
	const char           *why; /* part of the message */
} attempts[] = {
	{ "registers itself", EK_DO_CREATE, &ek_kind_node, NULL, NULL, NULL,
	  "{'metadata':{'name':'n1','labels':{'kubernetes.io/hostname':'n1','mine':'x'}}}",
	  EK_EEXISTS, NULL },
	{ "registers another", EK_DO_CREATE, &ek_kind_node, NULL, NULL, NULL,
	  "{'metadata':{'name':'n3'}}", EK_EFORBIDDEN,
	  "node \"n1\" is not allowed to modify node \"n3\"" },
	{ "labels itself as it should not", EK_DO_PATCH, &ek_kind_node, NULL, "n1", NULL,
	  "{'metadata':{'labels':{'node-role.kubernetes.io/x':''}}}", EK_EFORBIDDEN,
	  "is not allowed to modify labels: node-role.kubernetes.io/x" },
	{ "taints itself", EK_DO_PATCH, &ek_kind_node, NULL, "n1", NULL,
	  "{'spec':{'taints':[{'key':'a','effect':'NoSchedule'}]}}", EK_EFORBIDDEN,
	  "node \"n1\" is not allowed to modify "
	  "taints" },
	{ "tells its status", EK_DO_PATCH, &ek_kind_node, NULL, "n1", "status",
	  "{'status':{'phase':'Running'}}", 0, NULL },
	{ "tells another's status", EK_DO_PATCH, &ek_kind_node, NULL, "n2", "status",
	  "{'status':{'phase':'Running'}}", EK_EFORBIDDEN, "is not allowed to modify node \"n2\"" },
	{ "tells its pod's status", EK_DO_PATCH, &ek_kind_pod, "default", "mine", "status",
	  "{'status':{'phase':'Running'}}", 0, NULL },
	{ "tells another's pod's status", EK_DO_PATCH, &ek_kind_pod, "default", "theirs", "status",
	  "{'status':{'phase':'Running'}}", EK_EFORBIDDEN,
	  "can only update pod status for pods with spec.nodeName set to "
	  "itself" },
	{ "relabels a pod", EK_DO_PATCH, &ek_kind_pod, "default", "mine", "status",
	  "{'metadata':{'labels':{'a':'b'}}}", EK_EFORBIDDEN,
	  "cannot update labels through pod status" },
	{ "deletes its pod", EK_DO_DELETE, &ek_kind_pod, "default", "mine", NULL,
	  "{'gracePeriodSeconds':0}", 0, NULL },
	{ "deletes another's pod", EK_DO_DELETE, &ek_kind_pod, "default", "theirs", NULL, NULL,
	  EK_EFORBIDDEN, "can only delete pods with spec.nodeName set to itself" },
	{ "evicts its pod", EK_DO_CREATE, &ek_kind_pod, "default", "mine", "eviction",
	  "{'metadata':{'name':'mine'}}", 0, NULL },
	{ "evicts another's pod", EK_DO_CREATE, &ek_kind_pod, "default", "theirs", "eviction",
	  "{'metadata':{'name':'theirs'}}", EK_EFORBIDDEN,
	  "pods \"theirs\" is forbidden: node n1 can only evict pods with spec.nodeName set to itself" },
	{ "evicts what is not there", EK_DO_CREATE, &ek_kind_pod, "default", "none", "eviction",
	  "{'metadata':{'name':'none'}}", EK_ENOTFOUND, NULL },
	{ "makes a pod", EK_DO_CREATE, &ek_kind_pod, "default", NULL, NULL,
	  "{'metadata':{'name':'x'},'spec':{'nodeName':'n1','containers':[{'name':'c','image':'i'}]}}",
	  EK_EFORBIDDEN, "node \"n1\" can only create mirror pods" },
	{ "keeps its lease", EK_DO_CREATE, &ek_kind_lease, "kube-node-lease", NULL, NULL,
	  "{'metadata':{'name':'n1'},'spec':{'holderIdentity':'n1','leaseDurationSeconds':40}}", 0,
	  NULL },
	{ "keeps another's lease", EK_DO_CREATE, &ek_kind_lease, "kube-node-lease", NULL, NULL,
	  "{'metadata':{'name':'n2'},'spec':{'holderIdentity':'n1','leaseDurationSeconds':40}}",
	  EK_EFORBIDDEN, "can only access node lease with the same name as the requesting node" },
	{ "keeps a lease elsewhere", EK_DO_CREATE, &ek_kind_lease, "default", NULL, NULL,
	  "{'metadata':{'name':'n1'},'spec':{'holderIdentity':'n1','leaseDurationSeconds':40}}",
	  EK_EFORBIDDEN, "can only access leases in the \"kube-node-lease\" system namespace" },
};

START_TEST(a_node_keeps_to_its_own)
{
	static const char *const groups[] = { "system:nodes", NULL };
	const struct attempt *a = &attempts[_i];
	struct ek_client *node;
	struct world w;

	world_open(&w);
	ck_assert_int_eq(world_create(&w, &ek_kind_node, NULL, "{'metadata':{'name':'n1'}}"), 0);
	ck_assert_int_eq(world_create(&w, &ek_kind_node, NULL, "{'metadata':{'name':'n2'}}"), 0);
	ck_assert_int_eq(world_create(&w, &ek_kind_pod, "default",
				      "{'metadata':{'name':'mine'},'spec':{'nodeName':'n1',"
				      "'containers':[{'name':'c','image':'i'}]}}"),
			 0);
	ck_assert_int_eq(world_create(&w, &ek_kind_pod, "default",
				      "{'metadata':{'name':'theirs'},'spec':{'nodeName':'n2',"
				      "'containers':[{'name':'c','image':'i'}]}}"),
			 0);
	node = ek_api_local_client(w.api, "system:node:n1", groups);
	world_begin(&w, a->verb, a->kind, a->ns, a->name)->subresource = a->sub;
	w.call.patch_type = EK_PATCH_MERGE_DOC;
	ck_assert_msg(world_call(&w, node, a->body) == a->rc, "%s: %d %s", a->what, w.rc,
		      world_message(&w));
	if (a->why)
		ck_assert_msg(strstr(world_message(&w), a->why), "%s: %s", a->what,
			      world_message(&w));
	ek_client_free(node);
	world_close(&w);
}
END_TEST

EK_TESTS("api/registry_admission", EK_ROWS(pods, rows), one_default_class_only,
	 a_pod_waits_for_the_default_account, EK_ROWS(limit_ranges, limits),
	 EK_ROWS(resource_quotas, quotas), a_quota_tells_what_is_used,
	 a_crowd_does_not_get_past_a_quota,
	 EK_ROWS(a_node_keeps_to_its_own, attempts))
