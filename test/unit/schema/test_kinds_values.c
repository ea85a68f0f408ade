/* SPDX-License-Identifier: Apache-2.0 */

/* What the tables default and refuse without a look at other fields, as upstream does. */

#include <ek_test.h>
#include <schema/schema_types.h>

#include "kinds/tables.h"

#include <ekube/str.h>

#define POD(spec)   "{'spec':{'containers':[{'name':'a','image':'i'}]," spec "}}"
#define C(fields)   "{'spec':{'containers':[{'name':'a','image':'i'," fields "}]}}"
#define AT_C	    "spec.containers[0]."
#define VOL(source) POD("'volumes':[{'name':'v'," source "}]")
#define AT_V	    "spec.volumes[0]."

static struct ek_json *decoded(const struct ek_kind *k, const char *text)
{
	EK_JSON struct ek_json *in = t_json(text);
	struct ek_json *out;
	struct ek_err err;

	ck_assert_msg(ek_schema_decode(k->type, in, EK_FIELDS_STRICT, &out, NULL, &err) == 0, "%s", err.msg);
	return out;
}

/* ---- defaults ---- */

static const struct {
	const struct ek_kind *kind;
	const char *in, *path, *want; /* want NULL: there is nothing */
} defaults[] = {
	{ &ek_kind_pod, POD("'hostname':'h'"), "spec.restartPolicy", "'Always'" },
	{ &ek_kind_pod, POD("'restartPolicy':'Never'"), "spec.restartPolicy", "'Never'" },
	{ &ek_kind_pod, POD("'hostname':'h'"), "spec.dnsPolicy", "'ClusterFirst'" },
	{ &ek_kind_pod, POD("'hostname':'h'"), "spec.schedulerName", "'default-scheduler'" },
	{ &ek_kind_pod, POD("'hostname':'h'"), "spec.securityContext", "{}" },
	{ &ek_kind_pod, POD("'hostname':'h'"), "spec.terminationGracePeriodSeconds", "30" },
	{ &ek_kind_pod, POD("'terminationGracePeriodSeconds':0"), "spec.terminationGracePeriodSeconds", "0" },
	{ &ek_kind_pod, C("'tty':true"), "spec.containers.0.terminationMessagePath", "'/dev/termination-log'" },
	{ &ek_kind_pod, C("'tty':true"), "spec.containers.0.terminationMessagePolicy", "'File'" },
	{ &ek_kind_pod, C("'ports':[{'containerPort':80}]"), "spec.containers.0.ports.0",
	  "{'containerPort':80,'protocol':'TCP'}" },
	{ &ek_kind_pod, C("'livenessProbe':{'httpGet':{'port':80}}"), "spec.containers.0.livenessProbe",
	  "{'httpGet':{'path':'/','port':80,'scheme':'HTTP'},'timeoutSeconds':1,'periodSeconds':10,"
	  "'successThreshold':1,'failureThreshold':3}" },
	{ &ek_kind_pod, C("'startupProbe':{'grpc':{'port':80},'periodSeconds':2}"), "spec.containers.0.startupProbe",
	  "{'grpc':{'port':80,'service':''},'timeoutSeconds':1,'periodSeconds':2,"
	  "'successThreshold':1,'failureThreshold':3}" },
	{ &ek_kind_pod, C("'lifecycle':{'preStop':{'httpGet':{'port':'p'}}}"), "spec.containers.0.lifecycle",
	  "{'preStop':{'httpGet':{'path':'/','port':'p','scheme':'HTTP'}}}" },
	{ &ek_kind_pod, C("'env':[{'name':'e','valueFrom':{'fieldRef':{'fieldPath':'f'}}}]"), "spec.containers.0.env.0.valueFrom",
	  "{'fieldRef':{'apiVersion':'v1','fieldPath':'f'}}" },
	{ &ek_kind_pod, POD("'ephemeralContainers':[{'name':'e','image':'i'}]"), "spec.ephemeralContainers.0",
	  "{'name':'e','image':'i','resources':{},'terminationMessagePath':'/dev/termination-log',"
	  "'terminationMessagePolicy':'File'}" },
	{ &ek_kind_pod, VOL("'hostPath':{'path':'/'}"), "spec.volumes.0.hostPath", "{'path':'/','type':''}" },
	{ &ek_kind_pod, VOL("'secret':{'secretName':'s'}"), "spec.volumes.0.secret",
	  "{'secretName':'s','defaultMode':420}" },
	{ &ek_kind_pod, VOL("'configMap':{'name':'s','defaultMode':0}"), "spec.volumes.0.configMap",
	  "{'name':'s','defaultMode':0}" },
	{ &ek_kind_pod, VOL("'projected':{'sources':[{'serviceAccountToken':{'path':'t'}}]}"), "spec.volumes.0.projected",
	  "{'sources':[{'serviceAccountToken':{'expirationSeconds':3600,'path':'t'}}],'defaultMode':420}" },
	{ &ek_kind_pod, VOL("'downwardAPI':{'items':[{'path':'p','fieldRef':{'fieldPath':'f'}}]}"), "spec.volumes.0.downwardAPI",
	  "{'items':[{'path':'p','fieldRef':{'apiVersion':'v1','fieldPath':'f'}}],'defaultMode':420}" },
	{ &ek_kind_pod, VOL("'ephemeral':{'volumeClaimTemplate':{'spec':{}}}"), "spec.volumes.0.ephemeral.volumeClaimTemplate.spec",
	  "{'resources':{},'volumeMode':'Filesystem'}" },
	{ &ek_kind_pod, VOL("'azureDisk':{'diskName':'d','diskURI':'u'}"), "spec.volumes.0.azureDisk",
	  "{'diskName':'d','diskURI':'u','cachingMode':'ReadWrite','fsType':'ext4','readOnly':false,'kind':'Shared'}" },
	{ &ek_kind_deployment, "{'spec':{}}", "spec.replicas", "1" },
	{ &ek_kind_deployment, "{'spec':{'replicas':0}}", "spec.replicas", "0" },
	{ &ek_kind_deployment, "{}", "spec.strategy", "{'type':'RollingUpdate'}" },
	{ &ek_kind_deployment, "{}", "spec.revisionHistoryLimit", "10" },
	{ &ek_kind_deployment, "{}", "spec.progressDeadlineSeconds", "600" },
	{ &ek_kind_deployment, "{'spec':{'template':{'spec':{}}}}", "spec.template.spec.dnsPolicy", "'ClusterFirst'" },
	{ &ek_kind_replicaset, "{}", "spec.replicas", "1" },
	{ &ek_kind_statefulset, "{}", "spec.persistentVolumeClaimRetentionPolicy", "{'whenDeleted':'Retain','whenScaled':'Retain'}" },
	{ &ek_kind_statefulset, "{}", "spec.podManagementPolicy", "'OrderedReady'" },
	{ &ek_kind_daemonset, "{}", "spec.updateStrategy.type", "'RollingUpdate'" },
	{ &ek_kind_service, "{'spec':{'ports':[{'port':80}]}}", "spec",
	  "{'ports':[{'protocol':'TCP','port':80,'targetPort':0}],'type':'ClusterIP','sessionAffinity':'None'}" },
	{ &ek_kind_endpoints, "{'subsets':[{'ports':[{'port':1}]}]}", "subsets.0.ports.0", "{'port':1,'protocol':'TCP'}" },
	{ &ek_kind_endpointslice, "{'ports':[{'port':1}]}", "ports.0", "{'name':'','protocol':'TCP','port':1}" },
	{ &ek_kind_secret, "{}", "type", "'Opaque'" },
	{ &ek_kind_secret, "{'type':'x/y'}", "type", "'x/y'" },
	{ &ek_kind_namespace, "{}", "status", "{'phase':'Active'}" },
	{ &ek_kind_pv, "{}", "spec", "{'persistentVolumeReclaimPolicy':'Retain','volumeMode':'Filesystem'}" },
	{ &ek_kind_pv, "{}", "status", "{'phase':'Pending'}" },
	{ &ek_kind_pvc, "{}", "spec", "{'resources':{},'volumeMode':'Filesystem'}" },
	{ &ek_kind_rolebinding, "{'roleRef':{'kind':'Role','name':'r'}}", "roleRef",
	  "{'apiGroup':'rbac.authorization.k8s.io','kind':'Role','name':'r'}" },
	{ &ek_kind_priorityclass, "{}", "preemptionPolicy", "'PreemptLowerPriority'" },
	{ &ek_kind_cronjob, "{}", "spec.concurrencyPolicy", "'Allow'" },
	{ &ek_kind_cronjob, "{}", "spec.successfulJobsHistoryLimit", "3" },
	{ &ek_kind_storageclass, "{}", "volumeBindingMode", "'Immediate'" },
	{ &ek_kind_networkpolicy, "{'spec':{'ingress':[{'ports':[{'port':80}]}]}}", "spec.ingress.0.ports.0",
	  "{'protocol':'TCP','port':80}" },
	{ &ek_kind_ingressclass, "{'spec':{'parameters':{'kind':'K','name':'n'}}}", "spec.parameters.scope", "'Cluster'" },
};

START_TEST(fills_in)
{
	EK_JSON struct ek_json *obj = decoded(defaults[_i].kind, defaults[_i].in);
	EK_JSON struct ek_json *want = defaults[_i].want ? t_json(defaults[_i].want) : NULL;
	const struct ek_json *got;
	EK_FREE char *text = NULL;

	ek_schema_default(defaults[_i].kind->type, obj);
	got = ek_json_at(obj, defaults[_i].path);
	text = t_text(got);
	ck_assert_msg(ek_json_equal(got, want), "%s", text);
}
END_TEST

/* ---- validation: the whole text of all causes; "" for none ---- */

#define LABEL                                                                                   \
	"a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must " \
	"start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for " \
	"validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
#define PORT_RANGE "must be between 1 and 65535, inclusive"
#define ID_RANGE   "must be between 0 and 2147483647, inclusive"
#define NEGATIVE   "must be greater than or equal to 0"
#define DEPLOYMENT(fields) "{'spec':{'selector':{},'template':{'spec':{'containers':[{'name':'a','image':'i'}]}}," fields "}}"

static const struct {
	const struct ek_kind *kind;
	const char *in, *want;
} refusals[] = {
	{ &ek_kind_pod, POD("'hostname':'h'"), "" },
	{ &ek_kind_pod, "{}", "spec.containers: Required value" },
	{ &ek_kind_pod, "{'spec':{'containers':[{}]}}",
	  "[" AT_C "name: Required value, " AT_C "image: Required value]" },
	{ &ek_kind_pod, "{'spec':{'containers':[{'name':'A','image':'i'}]}}", AT_C "name: Invalid value: \"A\": " LABEL },
	{ &ek_kind_pod, POD("'initContainers':[{'image':'i'}]"), "spec.initContainers[0].name: Required value" },
	{ &ek_kind_pod, POD("'ephemeralContainers':[{'name':'a'}]"), "spec.ephemeralContainers[0].image: Required value" },
	{ &ek_kind_pod, POD("'restartPolicy':'x'"),
	  "spec.restartPolicy: Unsupported value: \"x\": supported values: \"Always\", \"OnFailure\", \"Never\"" },
	{ &ek_kind_pod, POD("'dnsPolicy':'x'"), "spec.dnsPolicy: Unsupported value: \"x\": supported values: "
	  "\"ClusterFirstWithHostNet\", \"ClusterFirst\", \"Default\", \"None\"" },
	{ &ek_kind_pod, POD("'activeDeadlineSeconds':0"),
	  "spec.activeDeadlineSeconds: Invalid value: 0: must be between 1 and 2147483647, inclusive" },
	{ &ek_kind_pod, POD("'hostname':'H'"), "spec.hostname: Invalid value: \"H\": " LABEL },
	{ &ek_kind_pod, POD("'securityContext':{'runAsUser':-1,'supplementalGroups':[1,-2]}"),
	  "[spec.securityContext.runAsUser: Invalid value: -1: " ID_RANGE
	  ", spec.securityContext.supplementalGroups[1]: Invalid value: -2: " ID_RANGE "]" },
	{ &ek_kind_pod, POD("'tolerations':[{'operator':'x'}]"), "spec.tolerations[0].operator: Unsupported value: \"x\": "
	  "supported values: \"Equal\", \"Exists\"" },
	{ &ek_kind_pod, POD("'topologySpreadConstraints':[{'topologyKey':'k','whenUnsatisfiable':'DoNotSchedule'}]"),
	  "spec.topologySpreadConstraints[0].maxSkew: Invalid value: 0: must be greater than zero" },
	{ &ek_kind_pod, C("'ports':[{},{'containerPort':70000,'hostPort':-1,'protocol':'x','name':'http'}]"),
	  "[" AT_C "ports[0].containerPort: Required value, " AT_C "ports[1].hostPort: Invalid value: -1: " PORT_RANGE ", " AT_C
	  "ports[1].containerPort: Invalid value: 70000: " PORT_RANGE ", " AT_C "ports[1].protocol: Unsupported value: \"x\": "
	  "supported values: \"SCTP\", \"TCP\", \"UDP\"]" },
	{ &ek_kind_pod, C("'env':[{'name':''},{'name':'a b'},{'name':'a=b'}]"),
	  "[" AT_C "env[0].name: Required value, " AT_C "env[2].name: Invalid value: \"a=b\": a valid environment variable name "
	  "must consist only of printable ASCII characters other than '=']" },
	{ &ek_kind_pod, C("'envFrom':[{'configMapRef':{}},{'secretRef':{'name':'s'}}]"),
	  AT_C "envFrom[0].configMapRef.name: Required value" },
	{ &ek_kind_pod, C("'env':[{'name':'a','valueFrom':{'secretKeyRef':{'name':'s','key':'..'}}}]"),
	  AT_C "env[0].valueFrom.secretKeyRef.key: Invalid value: \"..\": must not be '..'" },
	{ &ek_kind_pod, C("'imagePullPolicy':'x'"), AT_C "imagePullPolicy: Unsupported value: \"x\": supported values: "
	  "\"Always\", \"IfNotPresent\", \"Never\"" },
	{ &ek_kind_pod, C("'resources':{'limits':{'cpu':'-1'},'requests':{'memory':'1Gi'}}"),
	  AT_C "resources.limits[cpu]: Invalid value: \"-1\": " NEGATIVE },
	{ &ek_kind_pod, C("'livenessProbe':{'exec':{},'periodSeconds':-1}"),
	  "[" AT_C "livenessProbe.exec.command: Required value, " AT_C "livenessProbe.periodSeconds: Invalid value: -1: " NEGATIVE "]" },
	{ &ek_kind_pod, C("'livenessProbe':{'grpc':{'port':0}}"), AT_C "livenessProbe.grpc.port: Invalid value: 0: " PORT_RANGE },
	{ &ek_kind_pod, C("'livenessProbe':{'httpGet':{'port':1,'scheme':'x'}}"), AT_C "livenessProbe.httpGet.scheme: "
	  "Unsupported value: \"x\": supported values: \"HTTP\", \"HTTPS\"" },
	{ &ek_kind_pod, C("'volumeMounts':[{}]"),
	  "[" AT_C "volumeMounts[0].name: Required value, " AT_C "volumeMounts[0].mountPath: Required value]" },
	{ &ek_kind_pod, VOL("'hostPath':{'path':'','type':'x'}"), "[" AT_V "hostPath.path: Required value, " AT_V
	  "hostPath.type: Unsupported value: \"x\": supported values: \"\", \"BlockDevice\", \"CharDevice\", \"Directory\", "
	  "\"DirectoryOrCreate\", \"File\", \"FileOrCreate\", \"Socket\"]" },
	{ &ek_kind_pod, VOL("'configMap':{'items':[{}]}"), "[" AT_V "configMap.name: Required value, " AT_V
	  "configMap.items[0].key: Required value, " AT_V "configMap.items[0].path: Required value]" },
	{ &ek_kind_pod, VOL("'persistentVolumeClaim':{}"), AT_V "persistentVolumeClaim.claimName: Required value" },
	{ &ek_kind_pod, VOL("'emptyDir':{}"), "" },
	{ &ek_kind_deployment, DEPLOYMENT("'replicas':0"), "" },
	{ &ek_kind_deployment, DEPLOYMENT("'replicas':-1"), "spec.replicas: Invalid value: -1: " NEGATIVE },
	{ &ek_kind_deployment, "{'spec':{'template':{'spec':{'containers':[{'name':'a','image':'i'}]}}}}",
	  "spec.selector: Required value" },
	{ &ek_kind_service, "{'spec':{'type':'x','ports':[{'port':0,'name':'A'}]}}",
	  "[spec.ports[0].name: Invalid value: \"A\": " LABEL ", spec.ports[0].port: Invalid value: 0: " PORT_RANGE
	  ", spec.type: Unsupported value: \"x\": supported values: \"ClusterIP\", \"ExternalName\", \"LoadBalancer\", \"NodePort\"]" },
	{ &ek_kind_service, "{'spec':{'ipFamilies':['IPv4','x']}}",
	  "spec.ipFamilies[1]: Unsupported value: \"x\": supported values: \"IPv4\", \"IPv6\"" },
	{ &ek_kind_node, "{'spec':{'taints':[{'key':'k'},{'key':'k','effect':'x'}]}}",
	  "[spec.taints[0].effect: Required value, spec.taints[1].effect: Unsupported value: \"x\": supported values: "
	  "\"NoSchedule\", \"PreferNoSchedule\", \"NoExecute\"]" },
	{ &ek_kind_endpointslice, "{}", "addressType: Required value" },
	{ &ek_kind_endpointslice, "{'addressType':'IP','ports':[{'name':''}]}",
	  "addressType: Unsupported value: \"IP\": supported values: \"FQDN\", \"IPv4\", \"IPv6\"" },
	{ &ek_kind_lease, "{'spec':{'leaseTransitions':-1}}", "spec.leaseTransitions: Invalid value: -1: " NEGATIVE },
	{ &ek_kind_pv, "{}", "[spec.capacity: Required value, spec.accessModes: Required value]" },
	{ &ek_kind_pvc, "{'spec':{'storageClassName':''}}", "" },
	{ &ek_kind_clusterrolebinding, "{'roleRef':{'apiGroup':'x'},'subjects':[{'kind':'User'}]}",
	  "[subjects[0].name: Required value, roleRef.apiGroup: Unsupported value: \"x\": supported values: "
	  "\"rbac.authorization.k8s.io\", roleRef.name: Required value]" },
};

START_TEST(refuses)
{
	EK_JSON struct ek_json *obj = decoded(refusals[_i].kind, refusals[_i].in);
	EK_CLEANUP(ek_causes_done) struct ek_causes causes = { .more = 0 };
	struct ek_path at = { .len = 0 };
	EK_FREE char *text = NULL;

	ek_schema_default(refusals[_i].kind->type, obj);
	ek_schema_validate(refusals[_i].kind->type, obj, NULL, &at, &causes);
	text = causes.v.n ? ek_causes_text(&causes) : ek_str_dup("");
	ck_assert_str_eq(text, refusals[_i].want);
}
END_TEST

EK_TESTS("schema/kinds_values", EK_ROWS(fills_in, defaults), EK_ROWS(refuses, refusals))
