/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Manifests as people write them, decoded by the tables of their kinds: the result is what Go's
 * types encode for the same manifests, member by member.
 */

#include <ek_test.h>
#include <schema/schema_types.h>

#include <ekube/base.h>

static const struct {
	const struct ek_kind *kind;
	const char *yaml, *want;
} rows[] = {
	{ &ek_kind_deployment,
	  "apiVersion: apps/v1\n"
	  "kind: Deployment\n"
	  "metadata:\n"
	  "  name: web\n"
	  "  namespace: shop\n"
	  "  labels: {app: web, tier: \"1\"}\n"
	  "spec:\n"
	  "  replicas: 3\n"
	  "  selector:\n"
	  "    matchLabels: {app: web}\n"
	  "  strategy:\n"
	  "    rollingUpdate: {maxSurge: 25%, maxUnavailable: 0}\n"
	  "  template:\n"
	  "    metadata:\n"
	  "      labels: {app: web}\n"
	  "      annotations: {prometheus.io/scrape: \"true\"}\n"
	  "    spec:\n"
	  "      serviceAccountName: web\n"
	  "      securityContext: {runAsNonRoot: true, fsGroup: 2000}\n"
	  "      containers:\n"
	  "      - name: web\n"
	  "        image: registry.example.com/web:1.27\n"
	  "        args: [--port, \"8080\", --verbose]\n"
	  "        ports:\n"
	  "        - {name: http, containerPort: 8080}\n"
	  "        env:\n"
	  "        - name: POD_IP\n"
	  "          valueFrom: {fieldRef: {fieldPath: status.podIP}}\n"
	  "        - name: MEM\n"
	  "          valueFrom: {resourceFieldRef: {resource: limits.memory, divisor: 1Mi}}\n"
	  "        envFrom:\n"
	  "        - configMapRef: {name: web, optional: true}\n"
	  "        resources:\n"
	  "          requests: {cpu: 0.25, memory: 64Mi}\n"
	  "          limits: {ephemeral-storage: 1e9, memory: 128Mi}\n"
	  "        livenessProbe:\n"
	  "          httpGet: {path: /healthz, port: http, httpHeaders: [{name: X-Probe, value: \"1\"}]}\n"
	  "          initialDelaySeconds: 3\n"
	  "        readinessProbe:\n"
	  "          tcpSocket: {port: 8080}\n"
	  "          periodSeconds: 5\n"
	  "        securityContext:\n"
	  "          allowPrivilegeEscalation: false\n"
	  "          capabilities: {drop: [ALL]}\n"
	  "          readOnlyRootFilesystem: true\n"
	  "        volumeMounts:\n"
	  "        - {name: cache, mountPath: /cache}\n"
	  "        - {name: conf, mountPath: /etc/web, readOnly: true}\n"
	  "      volumes:\n"
	  "      - name: cache\n"
	  "        emptyDir: {medium: Memory, sizeLimit: 64Mi}\n"
	  "      - name: conf\n"
	  "        configMap: {name: web, defaultMode: 0440, items: [{key: a.conf, path: a/b.conf}]}\n"
	  "      topologySpreadConstraints:\n"
	  "      - maxSkew: 1\n"
	  "        topologyKey: kubernetes.io/hostname\n"
	  "        whenUnsatisfiable: ScheduleAnyway\n"
	  "        labelSelector: {matchLabels: {app: web}}\n",
	  "{'kind':'Deployment','apiVersion':'apps/v1','metadata':{'name':'web','namespace':'shop',"
	  "'creationTimestamp':null,'labels':{'app':'web','tier':'1'}},'spec':{'replicas':3,'selector':"
	  "{'matchLabels':{'app':'web'}},'template':{'metadata':{'creationTimestamp':null,'labels':{"
	  "'app':'web'},'annotations':{'prometheus.io/scrape':'true'}},'spec':{'volumes':[{'name':'cache',"
	  "'emptyDir':{'medium':'Memory','sizeLimit':'64Mi'}},{'name':'conf','configMap':{'name':'web',"
	  "'items':[{'key':'a.conf','path':'a/b.conf'}],'defaultMode':288}}],'containers':[{'name':'web',"
	  "'image':'registry.example.com/web:1.27','args':['--port','8080','--verbose'],'ports':["
	  "{'name':'http','containerPort':8080}],'envFrom':[{'configMapRef':{'name':'web','optional':true}"
	  "}],'env':[{'name':'POD_IP','valueFrom':{'fieldRef':{'fieldPath':'status.podIP'}}},{'name':'MEM',"
	  "'valueFrom':{'resourceFieldRef':{'resource':'limits.memory','divisor':'1Mi'}}}],'resources':"
	  "{'limits':{'ephemeral-storage':'1G','memory':'128Mi'},'requests':{'cpu':'250m','memory':'64Mi'}"
	  "},'volumeMounts':[{'name':'cache','mountPath':'/cache'},{'name':'conf','readOnly':true,"
	  "'mountPath':'/etc/web'}],'livenessProbe':{'httpGet':{'path':'/healthz','port':'http',"
	  "'httpHeaders':[{'name':'X-Probe','value':'1'}]},'initialDelaySeconds':3},'readinessProbe':{"
	  "'tcpSocket':{'port':8080},'periodSeconds':5},'securityContext':{'capabilities':{'drop':["
	  "'ALL']},'readOnlyRootFilesystem':true,'allowPrivilegeEscalation':false}}],'serviceAccountName':"
	  "'web','securityContext':{'runAsNonRoot':true,'fsGroup':2000},'topologySpreadConstraints':["
	  "{'maxSkew':1,'topologyKey':'kubernetes.io/hostname','whenUnsatisfiable':'ScheduleAnyway',"
	  "'labelSelector':{'matchLabels':{'app':'web'}}}]}},'strategy':{'rollingUpdate':{'maxUnavailable':"
	  "0,'maxSurge':'25%'}}},'status':{}}" },
	{ &ek_kind_pod,
	  "apiVersion: v1\n"
	  "kind: Pod\n"
	  "metadata:\n"
	  "  generateName: job-\n"
	  "  creationTimestamp: null\n"
	  "  ownerReferences:\n"
	  "  - {apiVersion: batch/v1, kind: Job, name: job, uid: 5d2c, controller: true, blockOwnerDeletion: true}\n"
	  "spec:\n"
	  "  restartPolicy: OnFailure\n"
	  "  hostNetwork: false\n"
	  "  terminationGracePeriodSeconds: 0\n"
	  "  nodeSelector: {kubernetes.io/os: linux}\n"
	  "  tolerations:\n"
	  "  - {key: node.kubernetes.io/not-ready, operator: Exists, effect: NoExecute, tolerationSeconds: 300}\n"
	  "  affinity:\n"
	  "    nodeAffinity:\n"
	  "      requiredDuringSchedulingIgnoredDuringExecution:\n"
	  "        nodeSelectorTerms:\n"
	  "        - matchExpressions:\n"
	  "          - {key: zone, operator: In, values: [a, b]}\n"
	  "    podAntiAffinity:\n"
	  "      preferredDuringSchedulingIgnoredDuringExecution:\n"
	  "      - weight: 100\n"
	  "        podAffinityTerm:\n"
	  "          topologyKey: zone\n"
	  "          labelSelector: {matchExpressions: [{key: app, operator: Exists}]}\n"
	  "  initContainers:\n"
	  "  - name: proxy\n"
	  "    image: proxy\n"
	  "    restartPolicy: Always\n"
	  "    startupProbe: {grpc: {port: 9000}}\n"
	  "  - name: init\n"
	  "    image: busybox\n"
	  "    command: [sh, -c, \"echo <start> & wait\"]\n"
	  "    lifecycle: {preStop: {sleep: {seconds: 1}}}\n"
	  "  containers:\n"
	  "  - name: main\n"
	  "    image: busybox@sha256:0123\n"
	  "    stdin: true\n"
	  "    tty: true\n"
	  "    workingDir: /w\n"
	  "    volumeDevices: [{name: block, devicePath: /dev/xvda}]\n"
	  "  volumes:\n"
	  "  - name: block\n"
	  "    persistentVolumeClaim: {claimName: data}\n"
	  "  - name: token\n"
	  "    projected:\n"
	  "      sources:\n"
	  "      - serviceAccountToken: {path: token, expirationSeconds: 3607}\n"
	  "      - configMap: {name: kube-root-ca.crt, items: [{key: ca.crt, path: ca.crt}]}\n"
	  "      - downwardAPI: {items: [{path: namespace, fieldRef: {apiVersion: v1, fieldPath: metadata.namespace}}]}\n"
	  "status:\n"
	  "  phase: Running\n"
	  "  podIPs: [{ip: 10.1.0.5}]\n"
	  "  startTime: 2024-05-01T10:00:00+02:00\n"
	  "  conditions:\n"
	  "  - {type: Ready, status: \"True\", lastProbeTime: null, lastTransitionTime: \"2024-05-01T08:00:05Z\"}\n"
	  "  containerStatuses:\n"
	  "  - name: main\n"
	  "    image: busybox\n"
	  "    imageID: \"\"\n"
	  "    ready: true\n"
	  "    started: true\n"
	  "    restartCount: 1\n"
	  "    state: {running: {startedAt: \"2024-05-01T08:00:04Z\"}}\n"
	  "    lastState: {terminated: {exitCode: 137, reason: OOMKilled, startedAt: \"2024-05-01T08:00:01Z\", finishedAt: \"2024-05-01T08:00:03Z\"}}\n",
	  "{'kind':'Pod','apiVersion':'v1','metadata':{'generateName':'job-','creationTimestamp':null,"
	  "'ownerReferences':[{'apiVersion':'batch/v1','kind':'Job','name':'job','uid':'5d2c','controller':"
	  "true,'blockOwnerDeletion':true}]},'spec':{'volumes':[{'name':'block','persistentVolumeClaim':"
	  "{'claimName':'data'}},{'name':'token','projected':{'sources':[{'serviceAccountToken':{"
	  "'expirationSeconds':3607,'path':'token'}},{'configMap':{'name':'kube-root-ca.crt','items':["
	  "{'key':'ca.crt','path':'ca.crt'}]}},{'downwardAPI':{'items':[{'path':'namespace','fieldRef':"
	  "{'apiVersion':'v1','fieldPath':'metadata.namespace'}}]}}]}}],'initContainers':[{'name':'proxy',"
	  "'image':'proxy','resources':{},'restartPolicy':'Always','startupProbe':{'grpc':{'port':9000,"
	  "'service':null}}},{'name':'init','image':'busybox','command':['sh','-c','echo <start> & wait'],"
	  "'resources':{},'lifecycle':{'preStop':{'sleep':{'seconds':1}}}}],'containers':[{'name':'main',"
	  "'image':'busybox@sha256:0123','workingDir':'/w','resources':{},'volumeDevices':[{'name':'block',"
	  "'devicePath':'/dev/xvda'}],'stdin':true,'tty':true}],'restartPolicy':'OnFailure','terminationGracePeriodSeconds':"
	  "0,'nodeSelector':{'kubernetes.io/os':'linux'},'affinity':{'nodeAffinity':{'requiredDuringSchedulingIgnoredDuringExecution':"
	  "{'nodeSelectorTerms':[{'matchExpressions':[{'key':'zone','operator':'In','values':['a',"
	  "'b']}]}]}},'podAntiAffinity':{'preferredDuringSchedulingIgnoredDuringExecution':[{'weight':100,"
	  "'podAffinityTerm':{'labelSelector':{'matchExpressions':[{'key':'app','operator':'Exists'}"
	  "]},'topologyKey':'zone'}}]}},'tolerations':[{'key':'node.kubernetes.io/not-ready','operator':"
	  "'Exists','effect':'NoExecute','tolerationSeconds':300}]},'status':{'phase':'Running',"
	  "'conditions':[{'type':'Ready','status':'True','lastProbeTime':null,'lastTransitionTime':'2024-05-01T08:"
	  "00:05Z'}],'podIPs':[{'ip':'10.1.0.5'}],'startTime':'2024-05-01T08:00:00Z','containerStatuses':"
	  "[{'name':'main','state':{'running':{'startedAt':'2024-05-01T08:00:04Z'}},'lastState':{"
	  "'terminated':{'exitCode':137,'reason':'OOMKilled','startedAt':'2024-05-01T08:00:01Z',"
	  "'finishedAt':'2024-05-01T08:00:03Z'}},'ready':true,'restartCount':1,'image':'busybox',"
	  "'imageID':'','started':true}]}}" },
	{ &ek_kind_statefulset,
	  "apiVersion: apps/v1\n"
	  "kind: StatefulSet\n"
	  "metadata: {name: db}\n"
	  "spec:\n"
	  "  serviceName: db\n"
	  "  selector: {matchLabels: {app: db}}\n"
	  "  updateStrategy: {rollingUpdate: {partition: 0}}\n"
	  "  template:\n"
	  "    metadata: {labels: {app: db}}\n"
	  "    spec:\n"
	  "      containers: [{name: db, image: db, volumeMounts: [{name: data, mountPath: /data, subPath: db}]}]\n"
	  "  volumeClaimTemplates:\n"
	  "  - metadata: {name: data}\n"
	  "    spec:\n"
	  "      accessModes: [ReadWriteOnce]\n"
	  "      storageClassName: \"\"\n"
	  "      resources: {requests: {storage: 1.5Gi}}\n",
	  "{'kind':'StatefulSet','apiVersion':'apps/v1','metadata':{'name':'db','creationTimestamp':null}"
	  ",'spec':{'selector':{'matchLabels':{'app':'db'}},'template':{'metadata':{'creationTimestamp':"
	  "null,'labels':{'app':'db'}},'spec':{'containers':[{'name':'db','image':'db','resources':{"
	  "},'volumeMounts':[{'name':'data','mountPath':'/data','subPath':'db'}]}]}},'volumeClaimTemplates':"
	  "[{'metadata':{'name':'data','creationTimestamp':null},'spec':{'accessModes':['ReadWriteOnce'],"
	  "'resources':{'requests':{'storage':'1536Mi'}},'storageClassName':''},'status':{}}],'serviceName':"
	  "'db','updateStrategy':{'rollingUpdate':{'partition':0}}},'status':{'replicas':0,'availableReplicas':"
	  "0}}" },
	{ &ek_kind_service,
	  "apiVersion: v1\n"
	  "kind: Service\n"
	  "metadata: {name: web}\n"
	  "spec:\n"
	  "  type: NodePort\n"
	  "  selector: {app: web}\n"
	  "  sessionAffinity: ClientIP\n"
	  "  sessionAffinityConfig: {clientIP: {timeoutSeconds: 60}}\n"
	  "  ports:\n"
	  "  - {name: http, port: 80, targetPort: http, nodePort: 30080}\n"
	  "  - {name: dns, port: 53, protocol: UDP, targetPort: 5353}\n",
	  "{'kind':'Service','apiVersion':'v1','metadata':{'name':'web','creationTimestamp':null}"
	  ",'spec':{'ports':[{'name':'http','port':80,'targetPort':'http','nodePort':30080},{'name':'dns',"
	  "'protocol':'UDP','port':53,'targetPort':5353}],'selector':{'app':'web'},'type':'NodePort',"
	  "'sessionAffinity':'ClientIP','sessionAffinityConfig':{'clientIP':{'timeoutSeconds':60}"
	  "}},'status':{'loadBalancer':{}}}" },
	{ &ek_kind_secret,
	  "apiVersion: v1\n"
	  "kind: Secret\n"
	  "metadata: {name: s}\n"
	  "immutable: false\n"
	  "type: kubernetes.io/basic-auth\n"
	  "stringData: {username: admin}\n"
	  "data: {password: czNjcjN0}\n",
	  "{'kind':'Secret','apiVersion':'v1','metadata':{'name':'s','creationTimestamp':null},"
	  "'immutable':false,'data':{'password':'czNjcjN0'},'stringData':{'username':'admin'},'type':'kubernetes.io/basic-auth'}" },
	{ &ek_kind_endpointslice,
	  "apiVersion: discovery.k8s.io/v1\n"
	  "kind: EndpointSlice\n"
	  "metadata: {name: web-x, labels: {kubernetes.io/service-name: web}}\n"
	  "addressType: IPv4\n"
	  "ports: [{name: \"\", port: 8080, protocol: TCP}]\n"
	  "endpoints:\n"
	  "- addresses: [10.1.0.5]\n"
	  "  conditions: {ready: false, terminating: true}\n"
	  "  nodeName: n1\n"
	  "  zone: a\n"
	  "  targetRef: {kind: Pod, namespace: default, name: web-1}\n"
	  "- addresses: [10.1.0.6]\n",
	  "{'kind':'EndpointSlice','apiVersion':'discovery.k8s.io/v1','metadata':{'name':'web-x',"
	  "'creationTimestamp':null,'labels':{'kubernetes.io/service-name':'web'}},'addressType':'IPv4',"
	  "'endpoints':[{'addresses':['10.1.0.5'],'conditions':{'ready':false,'terminating':true}"
	  ",'targetRef':{'kind':'Pod','namespace':'default','name':'web-1'},'nodeName':'n1','zone':'a'}"
	  ",{'addresses':['10.1.0.6'],'conditions':{}}],'ports':[{'name':'','protocol':'TCP','port':8080}"
	  "]}" },
	{ &ek_kind_lease,
	  "apiVersion: coordination.k8s.io/v1\n"
	  "kind: Lease\n"
	  "metadata: {name: n1, namespace: kube-node-lease}\n"
	  "spec: {holderIdentity: n1, leaseDurationSeconds: 40, renewTime: \"2024-05-01T08:00:00.123456Z\", leaseTransitions: 0}\n",
	  "{'kind':'Lease','apiVersion':'coordination.k8s.io/v1','metadata':{'name':'n1','namespace':'kube-node-lease',"
	  "'creationTimestamp':null},'spec':{'holderIdentity':'n1','leaseDurationSeconds':40,'renewTime':"
	  "'2024-05-01T08:00:00.123456Z','leaseTransitions':0}}" },
	{ &ek_kind_node,
	  "apiVersion: v1\n"
	  "kind: Node\n"
	  "metadata: {name: n1}\n"
	  "spec:\n"
	  "  podCIDR: 10.1.0.0/24\n"
	  "  podCIDRs: [10.1.0.0/24]\n"
	  "  taints: [{key: k, effect: NoExecute, timeAdded: \"2024-05-01T08:00:00Z\"}]\n"
	  "status:\n"
	  "  capacity: {cpu: 4, hugepages-2Mi: 0, memory: 8041236Ki, pods: \"110\"}\n"
	  "  addresses: [{type: InternalIP, address: 192.168.0.7}]\n"
	  "  conditions:\n"
	  "  - {type: Ready, status: \"True\", lastHeartbeatTime: \"2024-05-01T08:00:00Z\", lastTransitionTime: null, reason: KubeletReady}\n"
	  "  daemonEndpoints: {kubeletEndpoint: {Port: 10250}}\n"
	  "  nodeInfo: {kubeletVersion: v1.32.0, architecture: arm64}\n"
	  "  images: [{names: [a@sha256:1, \"a:1\"], sizeBytes: 1234567}]\n",
	  "{'kind':'Node','apiVersion':'v1','metadata':{'name':'n1','creationTimestamp':null},'spec':{"
	  "'podCIDR':'10.1.0.0/24','podCIDRs':['10.1.0.0/24'],'taints':[{'key':'k','effect':'NoExecute',"
	  "'timeAdded':'2024-05-01T08:00:00Z'}]},'status':{'capacity':{'cpu':'4','hugepages-2Mi':'0',"
	  "'memory':'8041236Ki','pods':'110'},'conditions':[{'type':'Ready','status':'True','lastHeartbeatTime':"
	  "'2024-05-01T08:00:00Z','lastTransitionTime':null,'reason':'KubeletReady'}],'addresses':["
	  "{'type':'InternalIP','address':'192.168.0.7'}],'daemonEndpoints':{'kubeletEndpoint':{"
	  "'Port':10250}},'nodeInfo':{'machineID':'','systemUUID':'','bootID':'','kernelVersion':'',"
	  "'osImage':'','containerRuntimeVersion':'','kubeletVersion':'v1.32.0','kubeProxyVersion':'',"
	  "'operatingSystem':'','architecture':'arm64'},'images':[{'names':['a@sha256:1','a:1'],"
	  "'sizeBytes':1234567}]}}" },
	{ &ek_kind_clusterrole,
	  "apiVersion: rbac.authorization.k8s.io/v1\n"
	  "kind: ClusterRole\n"
	  "metadata: {name: monitor}\n"
	  "aggregationRule:\n"
	  "  clusterRoleSelectors:\n"
	  "  - matchLabels: {monitor: \"true\"}\n"
	  "rules:\n"
	  "- {apiGroups: [\"\"], resources: [pods, pods/log], verbs: [get, list, watch]}\n"
	  "- {nonResourceURLs: [/metrics, /healthz/*], verbs: [get]}\n",
	  "{'kind':'ClusterRole','apiVersion':'rbac.authorization.k8s.io/v1','metadata':{'name':'monitor',"
	  "'creationTimestamp':null},'rules':[{'verbs':['get','list','watch'],'apiGroups':[''],"
	  "'resources':['pods','pods/log']},{'verbs':['get'],'nonResourceURLs':['/metrics','/healthz/*']}"
	  "],'aggregationRule':{'clusterRoleSelectors':[{'matchLabels':{'monitor':'true'}}]}}" },
	{ &ek_kind_rolebinding,
	  "apiVersion: rbac.authorization.k8s.io/v1\n"
	  "kind: RoleBinding\n"
	  "metadata: {name: r, namespace: ns}\n"
	  "roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: edit}\n"
	  "subjects:\n"
	  "- {kind: ServiceAccount, name: default, namespace: ns}\n"
	  "- {kind: User, apiGroup: rbac.authorization.k8s.io, name: jane}\n",
	  "{'kind':'RoleBinding','apiVersion':'rbac.authorization.k8s.io/v1','metadata':{'name':'r',"
	  "'namespace':'ns','creationTimestamp':null},'subjects':[{'kind':'ServiceAccount','name':'default',"
	  "'namespace':'ns'},{'kind':'User','apiGroup':'rbac.authorization.k8s.io','name':'jane'}"
	  "],'roleRef':{'apiGroup':'rbac.authorization.k8s.io','kind':'ClusterRole','name':'edit'}"
	  "}" },
};

START_TEST(decodes)
{
	EK_JSON struct ek_json *in = NULL, *out = NULL, *want = t_json(rows[_i].want);
	EK_FREE char *got_text = NULL, *want_text = t_text(want);
	const char *yaml = rows[_i].yaml;
	struct ek_err err;
	int rc;

	rc = ek_yaml_parse(yaml, strlen(yaml), EK_JSON_MAX_BYTES, &in, &err);
	ck_assert_msg(rc == 0, "%s", err.msg);
	rc = ek_schema_decode(rows[_i].kind->type, in, EK_FIELDS_STRICT, &out, NULL, &err);
	ck_assert_msg(rc == 0, "%s", err.msg);
	got_text = t_text(out);
	ck_assert_str_eq(got_text, want_text);
}
END_TEST

/* What was decoded once is decoded to itself: the store neither adds nor loses anything. */
START_TEST(decodes_again)
{
	EK_JSON struct ek_json *in = t_json(rows[_i].want), *out = NULL;
	EK_FREE char *in_text = t_text(in), *out_text = NULL;
	struct ek_err err;
	int rc;

	rc = ek_schema_decode(rows[_i].kind->type, in, EK_FIELDS_STRICT, &out, NULL, &err);
	ck_assert_msg(rc == 0, "%s", err.msg);
	out_text = t_text(out);
	ck_assert_str_eq(out_text, in_text);
}
END_TEST

EK_TESTS("schema/kinds_decode", EK_ROWS(decodes, rows), EK_ROWS(decodes_again, rows))
