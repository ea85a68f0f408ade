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
	 EK_ROWS(a_node_keeps_to_its_own, attempts))
