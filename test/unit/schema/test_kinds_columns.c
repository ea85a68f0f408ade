/* SPDX-License-Identifier: Apache-2.0 */

/* The cells of every kind's table, wide, as k8s.io/kubernetes/pkg/printers makes them. */

#include <ek_test.h>
#include <schema/schema_types.h>

#include "kinds/tables.h"

#include <ekube/clock.h>
#include <ekube/str.h>

#define NOW  "2024-01-02T01:00:00Z"
#define META "'metadata':{'name':'a','creationTimestamp':'2024-01-01T23:00:00Z'}"
#define AGE  "120m"

static const struct {
	const struct ek_kind *kind;
	const char *want;
} headers[] = {
	{ &ek_kind_pod, "Name,Ready,Status,Restarts,Age,IP+,Node+,Nominated Node+,Readiness Gates+" },
	{ &ek_kind_node, "Name,Status,Roles,Age,Version,Internal-IP+,External-IP+,OS-Image+,Kernel-Version+,"
	  "Container-Runtime+" },
	{ &ek_kind_namespace, "Name,Status,Age" },
	{ &ek_kind_service, "Name,Type,Cluster-IP,External-IP,Port(s),Age,Selector+" },
	{ &ek_kind_deployment, "Name,Ready,Up-to-date,Available,Age,Containers+,Images+,Selector+" },
	{ &ek_kind_replicaset, "Name,Desired,Current,Ready,Age,Containers+,Images+,Selector+" },
	{ &ek_kind_rc, "Name,Desired,Current,Ready,Age,Containers+,Images+,Selector+" },
	{ &ek_kind_statefulset, "Name,Ready,Age,Containers+,Images+" },
	{ &ek_kind_daemonset, "Name,Desired,Current,Ready,Up-to-date,Available,Node Selector,Age,Containers+,"
	  "Images+,Selector+" },
	{ &ek_kind_controllerrevision, "Name,Controller,Revision,Age" },
	{ &ek_kind_event, "Last Seen,Type,Reason,Object,Subobject+,Source+,Message,First Seen+,Count+,Name+" },
	{ &ek_kind_events_event, "Last Seen,Type,Reason,Object,Subobject+,Source+,Message,First Seen+,Count+,Name+" },
	{ &ek_kind_endpoints, "Name,Endpoints,Age" },
	{ &ek_kind_endpointslice, "Name,AddressType,Ports,Endpoints,Age" },
	{ &ek_kind_secret, "Name,Type,Data,Age" },
	{ &ek_kind_configmap, "Name,Data,Age" },
	{ &ek_kind_serviceaccount, "Name,Secrets,Age" },
	{ &ek_kind_pv, "Name,Capacity,Access Modes,Reclaim Policy,Status,Claim,StorageClass,VolumeAttributesClass,"
	  "Reason,Age,VolumeMode+" },
	{ &ek_kind_pvc, "Name,Status,Volume,Capacity,Access Modes,StorageClass,VolumeAttributesClass,Age,VolumeMode+" },
	{ &ek_kind_podtemplate, "Name,Containers,Images,Pod Labels" },
	{ &ek_kind_resourcequota, "Name,Age,Request,Limit" },
	{ &ek_kind_limitrange, "Name,Created At" },
	{ &ek_kind_role, "Name,Created At" },
	{ &ek_kind_clusterrole, "Name,Created At" },
	{ &ek_kind_rolebinding, "Name,Role,Age,Users+,Groups+,ServiceAccounts+" },
	{ &ek_kind_clusterrolebinding, "Name,Role,Age,Users+,Groups+,ServiceAccounts+" },
	{ &ek_kind_lease, "Name,Holder,Age" },
	{ &ek_kind_priorityclass, "Name,Value,Global-Default,Age,PreemptionPolicy" },
	{ &ek_kind_job, "Name,Status,Completions,Duration,Age,Containers+,Images+,Selector+" },
	{ &ek_kind_cronjob, "Name,Schedule,Timezone,Suspend,Active,Last Schedule,Age,Containers+,Images+,Selector+" },
	{ &ek_kind_pdb, "Name,Min Available,Max Unavailable,Allowed Disruptions,Age" },
	{ &ek_kind_storageclass, "Name,Provisioner,ReclaimPolicy,VolumeBindingMode,AllowVolumeExpansion,Age" },
	{ &ek_kind_ingress, "Name,Class,Hosts,Address,Ports,Age" },
	{ &ek_kind_ingressclass, "Name,Controller,Parameters,Age" },
	{ &ek_kind_networkpolicy, "Name,Pod-Selector,Age" },
	{ &ek_kind_runtimeclass, "Name,Handler,Age" },
};

START_TEST(names_columns)
{
	EK_JSON struct ek_json *columns = ek_table_columns(headers[_i].kind);
	EK_BUF struct ek_buf text = EK_BUF_INIT(4096);

	for (struct ek_json_iter it = ek_json_iter(columns); ek_json_next(&it);)
		(void)ek_buf_fmt(&text, "%s%s%s", it.i ? "," : "", ek_json_str_at(it.value, "name"),
				 ek_json_int_at(it.value, "priority", 0) ? "+" : "");
	ck_assert_str_eq(text.data, headers[_i].want);
}
END_TEST

/* ---- cells ---- */

#define POD(spec, status) "{" META ",'spec':{" spec "},'status':{" status "}}"
#define TWO		  "'containers':[{'name':'x'},{'name':'y'}],'nodeName':'n'"
#define SIDECAR		  "'initContainers':[{'name':'i','restartPolicy':'Always'},{'name':'j'}]," TWO
#define UP(name)	  "{'name':'" name "','ready':true,'restartCount':0,'state':{'running':{}}}"
#define DOWN(name, state) "{'name':'" name "','ready':false,'restartCount':2,'state':{" state "}}"
#define CELLS(ready, status, restarts) "['a','" ready "','" status "','" restarts "','" AGE "','<none>','n','<none>','<none>']"
#define DELETED "{'metadata':{'name':'a','creationTimestamp':'2024-01-01T23:00:00Z','deletionTimestamp':'2024-01-02T00:00:00Z'},"
#define WORKLOAD(spec, status) "{" META ",'spec':{'selector':{'matchLabels':{'b':'2','a':'1'}},'template':{'spec':{" \
	"'containers':[{'name':'x','image':'i:1'},{'name':'y','image':'j'}],'nodeSelector':{'os':'l'}}}," spec "},'status':{" status "}}"
#define SVC(spec, status) "{" META ",'spec':{" spec "},'status':{" status "}}"

static const struct {
	const struct ek_kind *kind;
	const char *obj, *want;
} cells[] = {
	/* pods: phases and reasons */
	{ &ek_kind_pod, POD(TWO, "'phase':'Pending'"), CELLS("0/2", "Pending", "0") },
	{ &ek_kind_pod, POD(TWO, "'phase':'Failed','reason':'Evicted'"), CELLS("0/2", "Evicted", "0") },
	{ &ek_kind_pod, POD(TWO, "'phase':'Pending','conditions':[{'type':'PodScheduled','status':'False',"
			    "'reason':'SchedulingGated'}]"), CELLS("0/2", "SchedulingGated", "0") },
	/* containers */
	{ &ek_kind_pod, POD(TWO, "'phase':'Running','containerStatuses':[" UP("x") "," UP("y") "]"),
	  CELLS("2/2", "Running", "0") },
	{ &ek_kind_pod, POD(TWO, "'phase':'Running','containerStatuses':[" UP("x") ","
			    DOWN("y", "'waiting':{'reason':'CrashLoopBackOff'}") "]"), CELLS("1/2", "CrashLoopBackOff", "2") },
	{ &ek_kind_pod, POD(TWO, "'phase':'Running','containerStatuses':[" DOWN("x", "'terminated':{'exitCode':1,"
			    "'reason':'Error'}") "," DOWN("y", "'waiting':{'reason':'ImagePullBackOff'}") "]"),
	  CELLS("0/2", "Error", "4") },
	{ &ek_kind_pod, POD(TWO, "'phase':'Running','containerStatuses':[" DOWN("x", "'terminated':{'exitCode':3}") "]"),
	  CELLS("0/2", "ExitCode:3", "2") },
	{ &ek_kind_pod, POD(TWO, "'phase':'Running','containerStatuses':[" DOWN("x", "'terminated':{'exitCode':137,"
			    "'signal':9}") "]"), CELLS("0/2", "Signal:9", "2") },
	{ &ek_kind_pod, POD(TWO, "'phase':'Running','containerStatuses':[" UP("x") "," DOWN("y",
			    "'terminated':{'exitCode':0,'reason':'Completed'}") "]"), CELLS("1/2", "NotReady", "2") },
	{ &ek_kind_pod, POD(TWO, "'phase':'Running','conditions':[{'type':'Ready','status':'True'}],'containerStatuses':["
			    UP("x") "," DOWN("y", "'terminated':{'exitCode':0,'reason':'Completed'}") "]"),
	  CELLS("1/2", "Running", "2") },
	{ &ek_kind_pod, POD(TWO, "'phase':'Succeeded','containerStatuses':[" DOWN("y",
			    "'terminated':{'exitCode':0,'reason':'Completed'}") "]"), CELLS("0/2", "Completed", "2") },
	{ &ek_kind_pod, POD(TWO, "'phase':'Running','containerStatuses':[{'name':'x','restartCount':3,'ready':true,"
			    "'state':{'running':{}},'lastState':{'terminated':{'exitCode':1,'finishedAt':"
			    "'2024-01-02T00:55:00Z'}}},{'name':'y','restartCount':1,'state':{'running':{}},'lastState':"
			    "{'terminated':{'exitCode':1,'finishedAt':'2024-01-02T00:30:00Z'}}}]"),
	  CELLS("1/2", "Running", "4 (5m ago)") },
	/* init containers and sidecars */
	{ &ek_kind_pod, POD(SIDECAR, "'phase':'Pending','initContainerStatuses':[{'name':'i','state':{'waiting':"
			    "{'reason':'PodInitializing'}}},{'name':'j'}]"), CELLS("0/3", "Init:0/2", "0") },
	{ &ek_kind_pod, POD(SIDECAR, "'phase':'Pending','initContainerStatuses':[{'name':'i','started':true,'ready':true,"
			    "'restartCount':1,'state':{'running':{}}},{'name':'j','restartCount':2,'state':{'running':{}}}]"),
	  CELLS("1/3", "Init:1/2", "3") },
	{ &ek_kind_pod, POD(SIDECAR, "'phase':'Pending','initContainerStatuses':[{'name':'i','started':true},"
			    DOWN("j", "'waiting':{'reason':'ErrImagePull'}") "]"), CELLS("0/3", "Init:ErrImagePull", "2") },
	{ &ek_kind_pod, POD(SIDECAR, "'phase':'Pending','initContainerStatuses':[" DOWN("i",
			    "'terminated':{'exitCode':1,'reason':'Error'}") "]"), CELLS("0/3", "Init:Error", "2") },
	{ &ek_kind_pod, POD(SIDECAR, "'phase':'Pending','initContainerStatuses':[" DOWN("i",
			    "'terminated':{'exitCode':2}") "]"), CELLS("0/3", "Init:ExitCode:2", "2") },
	{ &ek_kind_pod, POD(SIDECAR, "'phase':'Pending','initContainerStatuses':[" DOWN("i",
			    "'terminated':{'exitCode':2,'signal':15}") "]"), CELLS("0/3", "Init:Signal:15", "2") },
	{ &ek_kind_pod, POD(SIDECAR, "'phase':'Running','initContainerStatuses':[{'name':'i','started':true,'ready':true,"
			    "'restartCount':1,'state':{'running':{}}}," DOWN("j", "'terminated':{'exitCode':0}") "],"
			    "'containerStatuses':[" UP("x") "," UP("y") "]"), CELLS("3/3", "Running", "1") },
	{ &ek_kind_pod, POD(SIDECAR, "'phase':'Running','conditions':[{'type':'Initialized','status':'True'}],"
			    "'initContainerStatuses':[" DOWN("i", "'waiting':{'reason':'CrashLoopBackOff'}") "],"
			    "'containerStatuses':[" UP("x") "," UP("y") "]"), CELLS("2/3", "Init:CrashLoopBackOff", "2") },
	/* deletion */
	{ &ek_kind_pod, DELETED "'spec':{" TWO "},'status':{'phase':'Running'}}", CELLS("0/2", "Terminating", "0") },
	{ &ek_kind_pod, DELETED "'spec':{" TWO "},'status':{'phase':'Running','reason':'NodeLost'}}",
	  CELLS("0/2", "Unknown", "0") },
	{ &ek_kind_pod, DELETED "'spec':{" TWO "},'status':{'phase':'Succeeded'}}", CELLS("0/2", "Succeeded", "0") },
	/* the wide part */
	{ &ek_kind_pod, POD("'containers':[{'name':'x'}],'readinessGates':[{'conditionType':'g'},{'conditionType':'h'}]",
			    "'phase':'Running','podIP':'10.0.0.1','podIPs':[{'ip':'10.0.0.1'},{'ip':'fd00::1'}],"
			    "'nominatedNodeName':'m','conditions':[{'type':'g','status':'True'}]"),
	  "['a','0/1','Running','0','" AGE "','10.0.0.1','<none>','m','1/2']" },
	/* nodes */
	{ &ek_kind_node, "{" META "}",
	  "['a','Unknown','<none>','" AGE "','','<none>','<none>','<unknown>','<unknown>','<unknown>']" },
	{ &ek_kind_node, "{'metadata':{'name':'a','labels':{'node-role.kubernetes.io/worker':'','kubernetes.io/role':'edge',"
	  "'node-role.kubernetes.io/control-plane':'','node-role.kubernetes.io/':'','node-role.kubernetes.io/edge':''}},"
	  "'spec':{'unschedulable':true},'status':{'conditions':[{'type':'Ready','status':'Unknown'}],'addresses':"
	  "[{'type':'Hostname','address':'h'},{'type':'InternalIP','address':'10.0.0.1'},{'type':'ExternalIP','address':"
	  "'1.2.3.4'}],'nodeInfo':{'kubeletVersion':'v1.32.0','osImage':'Debian','kernelVersion':'6.1','"
	  "containerRuntimeVersion':'runc://1'}}}",
	  "['a','NotReady,SchedulingDisabled','control-plane,edge,worker','<unknown>','v1.32.0','10.0.0.1','1.2.3.4',"
	  "'Debian','6.1','runc://1']" },
	{ &ek_kind_node, "{" META ",'status':{'conditions':[{'type':'Ready','status':'True'}]}}",
	  "['a','Ready','<none>','" AGE "','','<none>','<none>','<unknown>','<unknown>','<unknown>']" },
	{ &ek_kind_namespace, "{" META ",'status':{'phase':'Active'}}", "['a','Active','" AGE "']" },
	/* services */
	{ &ek_kind_service, SVC("'type':'ClusterIP','clusterIPs':['10.0.0.1'],'ports':[{'port':80,'protocol':'TCP'},"
				"{'port':53,'nodePort':30053,'protocol':'UDP'}],'selector':{'b':'2','a':''}", ""),
	  "['a','ClusterIP','10.0.0.1','<none>','80/TCP,53:30053/UDP','" AGE "','a=,b=2']" },
	{ &ek_kind_service, SVC("'type':'NodePort','clusterIPs':['None'],'externalIPs':['1.1.1.1','2.2.2.2']", ""),
	  "['a','NodePort','None','1.1.1.1,2.2.2.2','<none>','" AGE "','<none>']" },
	{ &ek_kind_service, SVC("'type':'LoadBalancer'", ""),
	  "['a','LoadBalancer','<none>','<pending>','<none>','" AGE "','<none>']" },
	{ &ek_kind_service, SVC("'type':'LoadBalancer','externalIPs':['9.9.9.9']", "'loadBalancer':{'ingress':[{'ip':'2.2.2.2'},"
				"{'hostname':'lb.example.com'},{'ip':'1.1.1.1','hostname':'x'},{'ip':'2.2.2.2'}]}"),
	  "['a','LoadBalancer','<none>','1.1.1.1,2.2.2.2,lb.example.com,9.9.9.9','<none>','" AGE "','<none>']" },
	{ &ek_kind_service, SVC("'type':'ExternalName','externalName':'example.com'", ""),
	  "['a','ExternalName','<none>','example.com','<none>','" AGE "','<none>']" },
	{ &ek_kind_service, SVC("'type':'Odd'", ""), "['a','Odd','<none>','<unknown>','<none>','" AGE "','<none>']" },
	/* workloads */
	{ &ek_kind_deployment, WORKLOAD("'replicas':3", "'readyReplicas':1,'updatedReplicas':2,'availableReplicas':1"),
	  "['a','1/3',2,1,'" AGE "','x,y','i:1,j','a=1,b=2']" },
	{ &ek_kind_deployment, "{" META ",'spec':{'selector':{},'replicas':0}}", "['a','0/0',0,0,'" AGE "','','','']" },
	{ &ek_kind_deployment, "{" META ",'spec':{'selector':{'matchExpressions':[{'key':'k','operator':'Bad'}]},'replicas':0}}",
	  "['a','0/0',0,0,'" AGE "','','','<invalid>']" },
	{ &ek_kind_replicaset, WORKLOAD("'replicas':3", "'replicas':2,'readyReplicas':1"),
	  "['a',3,2,1,'" AGE "','x,y','i:1,j','a=1,b=2']" },
	{ &ek_kind_replicaset, "{" META ",'spec':{'replicas':1,'selector':{'matchExpressions':[{'key':'k','operator':'In',"
	  "'values':['w','v']},{'key':'e','operator':'Exists'}]}},'status':{'replicas':0}}",
	  "['a',1,0,0,'" AGE "','','','e,k in (v,w)']" },
	{ &ek_kind_replicaset, "{" META ",'spec':{'replicas':1,'selector':{'matchExpressions':[{'key':'k','operator':'Bad'}]}}}",
	  "['a',1,0,0,'" AGE "','','','<error>']" },
	{ &ek_kind_statefulset, WORKLOAD("'replicas':3", "'readyReplicas':1"), "['a','1/3','" AGE "','x,y','i:1,j']" },
	{ &ek_kind_daemonset, WORKLOAD("'minReadySeconds':0", "'desiredNumberScheduled':5,'currentNumberScheduled':4,"
				       "'numberReady':3,'updatedNumberScheduled':2,'numberAvailable':1"),
	  "['a',5,4,3,2,1,'os=l','" AGE "','x,y','i:1,j','a=1,b=2']" },
	{ &ek_kind_rc, "{" META ",'spec':{'replicas':2,'selector':{'b':'2','a':'1'},'template':{'spec':{'containers':"
	  "[{'name':'x','image':'i'}]}}},'status':{'replicas':1}}", "['a',2,1,0,'" AGE "','x','i','a=1,b=2']" },
	{ &ek_kind_controllerrevision, "{'metadata':{'name':'a','ownerReferences':[{'apiVersion':'apps/v1','kind':"
	  "'StatefulSet','name':'web','uid':'u','controller':true}]},'revision':3}",
	  "['a','statefulset.apps/web',3,'<unknown>']" },
	{ &ek_kind_controllerrevision, "{" META "}", "['a','<none>',0,'" AGE "']" },
	/* events */
	{ &ek_kind_event, "{" META ",'involvedObject':{'kind':'Pod','name':'p','fieldPath':'spec.x'},'reason':'Started',"
	  "'message':' hello\\n','source':{'component':'kubelet','host':'h'},'firstTimestamp':'2024-01-02T00:00:00Z',"
	  "'lastTimestamp':'2024-01-02T00:59:00Z','count':3,'type':'Normal'}",
	  "['60s','Normal','Started','pod/p','spec.x','kubelet, h','hello','60m',3,'a']" },
	{ &ek_kind_event, "{" META ",'involvedObject':{'kind':'Node'},'eventTime':'2024-01-02T00:59:55.000000Z',"
	  "'reportingComponent':'c'}", "['5s','','','node','','c','','5s',1,'a']" },
	{ &ek_kind_event, "{" META ",'involvedObject':{'kind':'Node'},'eventTime':'2024-01-02T00:00:00.000000Z',"
	  "'series':{'count':7,'lastObservedTime':'2024-01-02T00:59:00.000000Z'},'reportingComponent':'c',"
	  "'reportingInstance':'i'}", "['60s','','','node','','c, i','','60m',7,'a']" },
	{ &ek_kind_events_event, "{" META ",'regarding':{'kind':'Pod','name':'p'},'reason':'R','note':'n','type':'Warning',"
	  "'eventTime':'2024-01-02T00:59:55.000000Z','reportingController':'c','reportingInstance':'i'}",
	  "['5s','Warning','R','pod/p','','c, i','n','5s',1,'a']" },
	{ &ek_kind_events_event, "{" META ",'deprecatedSource':{'component':'s'},'deprecatedFirstTimestamp':"
	  "'2024-01-02T00:00:00Z','deprecatedLastTimestamp':'2024-01-02T00:59:00Z','deprecatedCount':2}",
	  "['60s','','','','','s','','60m',2,'a']" },
	/* the rest */
	{ &ek_kind_endpoints, "{" META "}", "['a','<none>','" AGE "']" },
	{ &ek_kind_endpoints, "{" META ",'subsets':[{'addresses':[{'ip':'10.0.0.1'},{'ip':'fd00::1'}],'ports':[{'port':80},"
	  "{'port':443}]},{'addresses':[{'ip':'10.0.0.9'}]}]}",
	  "['a','10.0.0.1:80,[fd00::1]:80,10.0.0.1:443 + 2 more...','" AGE "']" },
	{ &ek_kind_endpoints, "{" META ",'subsets':[{'notReadyAddresses':[{'ip':'10.0.0.1'}],'ports':[{'port':80}]}]}",
	  "['a','','" AGE "']" },
	{ &ek_kind_endpointslice, "{" META ",'addressType':'IPv4','ports':[{'port':80},{'name':'x'},{}],'endpoints':"
	  "[{'addresses':['10.0.0.1','10.0.0.2']},{'addresses':['10.0.0.3']},{'addresses':['10.0.0.4']}]}",
	  "['a','IPv4','80,x,*','10.0.0.1,10.0.0.2,10.0.0.3 + 1 more...','" AGE "']" },
	{ &ek_kind_endpointslice, "{" META ",'addressType':'IPv6'}", "['a','IPv6','<unset>','<unset>','" AGE "']" },
	{ &ek_kind_secret, "{" META ",'type':'Opaque','data':{'a':'','b':''}}", "['a','Opaque',2,'" AGE "']" },
	{ &ek_kind_serviceaccount, "{" META ",'secrets':[{'name':'s'}]}", "['a',1,'" AGE "']" },
	{ &ek_kind_pv, "{" META ",'spec':{'capacity':{'storage':'1Gi'},'accessModes':['ReadWriteMany','ReadWriteOnce'],"
	  "'persistentVolumeReclaimPolicy':'Retain','claimRef':{'namespace':'n','name':'c'},'storageClassName':'fast',"
	  "'volumeMode':'Block'},'status':{'phase':'Bound','reason':'r'}}",
	  "['a','1Gi','RWO,RWX','Retain','Bound','n/c','fast','<unset>','r','" AGE "','Block']" },
	{ &ek_kind_pv, DELETED "'spec':{'persistentVolumeReclaimPolicy':'Delete'},'status':{'phase':'Bound'}}",
	  "['a','0','','Delete','Terminating','','','<unset>','','" AGE "','<unset>']" },
	{ &ek_kind_pvc, "{" META ",'spec':{'accessModes':['ReadWriteOnce'],'resources':{'requests':{'storage':'1Gi'}}},"
	  "'status':{'phase':'Pending'}}", "['a','Pending','','','','','<unset>','" AGE "','<unset>']" },
	{ &ek_kind_pvc, "{'metadata':{'name':'a','annotations':{'volume.beta.kubernetes.io/storage-class':'old'}},'spec':"
	  "{'volumeName':'v','storageClassName':'new','volumeAttributesClassName':'gold','volumeMode':'Filesystem'},"
	  "'status':{'phase':'Bound','capacity':{'storage':'2Gi'},'accessModes':['ReadOnlyMany','ReadWriteOncePod']}}",
	  "['a','Bound','v','2Gi','ROX,RWOP','old','gold','<unknown>','Filesystem']" },
	{ &ek_kind_podtemplate, "{" META ",'template':{'metadata':{'labels':{'a':'1'}},'spec':{'containers':"
	  "[{'name':'x','image':'i'},{'name':'y','image':'j'}]}}}", "['a','x,y','i,j','a=1']" },
	{ &ek_kind_resourcequota, "{" META ",'status':{'hard':{'pods':'10','limits.cpu':'2','cpu':'1'},'used':{'pods':'3'}}}",
	  "['a','" AGE "','cpu: 0/1, pods: 3/10','limits.cpu: 0/2']" },
	{ &ek_kind_limitrange, "{" META "}", "['a','2024-01-01T23:00:00Z']" },
	{ &ek_kind_role, "{'metadata':{'name':'a','creationTimestamp':null}}", "['a','0001-01-01T00:00:00Z']" },
	{ &ek_kind_rolebinding, "{" META ",'roleRef':{'kind':'Role','name':'r'},'subjects':[{'kind':'User','name':'u'},"
	  "{'kind':'User','name':'v'},{'kind':'Group','name':'g'},{'kind':'ServiceAccount','namespace':'n','name':'s'}]}",
	  "['a','Role/r','" AGE "','u, v','g','n/s']" },
	{ &ek_kind_clusterrolebinding, "{" META ",'roleRef':{'kind':'ClusterRole','name':'r'}}",
	  "['a','ClusterRole/r','" AGE "','','','']" },
	{ &ek_kind_lease, "{" META ",'spec':{'holderIdentity':'h'}}", "['a','h','" AGE "']" },
	{ &ek_kind_lease, "{" META "}", "['a','','" AGE "']" },
	{ &ek_kind_priorityclass, "{" META ",'value':1000,'preemptionPolicy':'Never'}", "['a',1000,false,'" AGE "','Never']" },
	/* not served yet */
	{ &ek_kind_job, WORKLOAD("'completions':3", "'succeeded':1,'startTime':'2024-01-02T00:00:00Z'"),
	  "['a','Running','1/3','60m','" AGE "','x,y','i:1,j','a=1,b=2']" },
	{ &ek_kind_job, WORKLOAD("'parallelism':4", "'succeeded':1,'startTime':'2024-01-02T00:00:00Z','completionTime':"
				 "'2024-01-02T00:00:07Z','conditions':[{'type':'Complete','status':'True'}]"),
	  "['a','Complete','1/1 of 4','7s','" AGE "','x,y','i:1,j','a=1,b=2']" },
	{ &ek_kind_job, WORKLOAD("'parallelism':1", "'conditions':[{'type':'Failed','status':'True'}]"),
	  "['a','Failed','0/1','','" AGE "','x,y','i:1,j','a=1,b=2']" },
	{ &ek_kind_job, WORKLOAD("'parallelism':1", "'conditions':[{'type':'Suspended','status':'True'}]"),
	  "['a','Suspended','0/1','','" AGE "','x,y','i:1,j','a=1,b=2']" },
	{ &ek_kind_job, WORKLOAD("'parallelism':1", "'conditions':[{'type':'FailureTarget','status':'True'}]"),
	  "['a','FailureTarget','0/1','','" AGE "','x,y','i:1,j','a=1,b=2']" },
	{ &ek_kind_job, DELETED "'status':{}}", "['a','Terminating','0/1','','" AGE "','','','<none>']" },
	{ &ek_kind_cronjob, "{" META ",'spec':{'schedule':'* * * * *','suspend':false,'timeZone':'Etc/UTC','jobTemplate':"
	  "{'spec':{'template':{'spec':{'containers':[{'name':'x','image':'i'}]}}}}},'status':{'active':[{'name':'j'}],"
	  "'lastScheduleTime':'2024-01-02T00:59:00Z'}}",
	  "['a','* * * * *','Etc/UTC','False',1,'60s','" AGE "','x','i','<none>']" },
	{ &ek_kind_cronjob, "{" META ",'spec':{'schedule':'@daily'}}",
	  "['a','@daily','<none>','<unset>',0,'<none>','" AGE "','','','<none>']" },
	{ &ek_kind_pdb, "{" META ",'spec':{'minAvailable':2},'status':{'disruptionsAllowed':1}}", "['a','2','N/A',1,'" AGE "']" },
	{ &ek_kind_pdb, "{" META ",'spec':{'maxUnavailable':'25%'}}", "['a','N/A','25%',0,'" AGE "']" },
	{ &ek_kind_storageclass, "{'metadata':{'name':'a','annotations':{'storageclass.kubernetes.io/is-default-class':'true'}},"
	  "'provisioner':'p','reclaimPolicy':'Retain','volumeBindingMode':'WaitForFirstConsumer','allowVolumeExpansion':true}",
	  "['a (default)','p','Retain','WaitForFirstConsumer',true,'<unknown>']" },
	{ &ek_kind_storageclass, "{" META ",'provisioner':'p'}", "['a','p','Delete','Immediate',false,'" AGE "']" },
	{ &ek_kind_ingress, "{" META ",'spec':{'ingressClassName':'c','tls':[{}],'rules':[{'host':'a.x'},{},{'host':'b.x'},"
	  "{'host':'c.x'},{'host':'d.x'}]},'status':{'loadBalancer':{'ingress':[{'hostname':'h'},{'ip':'1.1.1.1'}]}}}",
	  "['a','c','a.x,b.x,c.x + 2 more...','1.1.1.1,h','80, 443','" AGE "']" },
	{ &ek_kind_ingress, "{" META "}", "['a','<none>','*','','80','" AGE "']" },
	{ &ek_kind_ingressclass, "{" META ",'spec':{'controller':'x/y','parameters':{'apiGroup':'g','kind':'K','name':'n'}}}",
	  "['a','x/y','K.g/n','" AGE "']" },
	{ &ek_kind_ingressclass, "{" META ",'spec':{'parameters':{'kind':'K','name':'n'}}}", "['a','','K/n','" AGE "']" },
	{ &ek_kind_ingressclass, "{" META "}", "['a','','<none>','" AGE "']" },
	{ &ek_kind_networkpolicy, "{" META ",'spec':{'podSelector':{'matchLabels':{'a':'1'}}}}", "['a','a=1','" AGE "']" },
	{ &ek_kind_networkpolicy, "{" META ",'spec':{'podSelector':{}}}", "['a','<none>','" AGE "']" },
	{ &ek_kind_runtimeclass, "{" META ",'handler':'h'}", "['a','h','" AGE "']" },
};

START_TEST(fills_cells)
{
	EK_JSON struct ek_json *obj = t_json(cells[_i].obj), *want = t_json(cells[_i].want);
	EK_JSON struct ek_json *got = NULL;
	EK_FREE char *text = NULL;
	int64_t now_us;

	ck_assert_int_eq(ek_time_parse(NOW, &now_us), 0);
	got = ek_table_cells(cells[_i].kind, obj, now_us);
	text = t_text(got);
	ck_assert_msg(ek_json_equal(got, want), "%s", text);
}
END_TEST

/* Nothing in an object is needed: every column has a cell, whatever is missing or odd. */
static const char *const poor[] = {
	"{}", "[]", "null", "{'metadata':null,'spec':null,'status':null}", "{'metadata':[],'spec':[],'status':[]}",
	"{'spec':{'ports':[1,null],'selector':3,'template':{'spec':{'containers':[7,{}]}},'containers':5,"
	"'initContainers':[null]},'status':{'containerStatuses':[null,3],'initContainerStatuses':[[]],'conditions':[1],"
	"'addresses':[0],'hard':{'a':1}},'subsets':[1,{'addresses':[2],'ports':[3]}],'endpoints':[4],'subjects':[5],"
	"'data':1,'secrets':2}",
};

START_TEST(survives_anything)
{
	EK_JSON struct ek_json *obj = t_json(poor[_i]);

	for (size_t i = 0; i < EK_ARRAY_LEN(headers); i++) {
		EK_JSON struct ek_json *columns = ek_table_columns(headers[i].kind);
		EK_JSON struct ek_json *got = ek_table_cells(headers[i].kind, obj, 0);

		ck_assert_uint_eq(ek_json_len(got), ek_json_len(columns));
	}
}
END_TEST

EK_TESTS("schema/kinds_columns", EK_ROWS(names_columns, headers), EK_ROWS(fills_cells, cells),
	 EK_ROWS(survives_anything, poor))
