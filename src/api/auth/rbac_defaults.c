/* SPDX-License-Identifier: Apache-2.0 */
#include "rbac_defaults.h"

#include <ekube/str.h>

/* A rule on resources, one on named ones, one on paths. */
#define ON(v, g, r)       { .verbs = (v), .groups = (g), .resources = (r) }
#define NAMED(v, g, r, n) { .verbs = (v), .groups = (g), .resources = (r), .names = (n) }
#define AT(v, u)          { .verbs = (v), .urls = (u) }
#define END               { .verbs = NULL }

const struct ek_rbac_role ek_rbac_roles[] = {
	{ .name = "cluster-admin",
	  .rules = (const struct ek_rbac_rule[]){
		ON("*", "*", "*"),
		AT("*", "*"),
		END } },
	{ .name = "system:discovery",
	  .rules = (const struct ek_rbac_rule[]){
		AT("get", "/livez /readyz /healthz /version /version/ /openapi "
		  "/openapi/* /api /api/* /apis /apis/*"),
		END } },
	{ .name = "system:monitoring",
	  .rules = (const struct ek_rbac_rule[]){
		AT("get", "/metrics /metrics/slis /livez /readyz /healthz "
		  "/livez/* /readyz/* /healthz/*"),
		END } },
	{ .name = "system:basic-user",
	  .rules = (const struct ek_rbac_rule[]){
		ON("create", "authorization.k8s.io", "selfsubjectaccessreviews "
		  "selfsubjectrulesreviews"),
		ON("create", "authentication.k8s.io", "selfsubjectreviews"),
		END } },
	{ .name = "system:public-info-viewer",
	  .rules = (const struct ek_rbac_rule[]){
		AT("get", "/livez /readyz /healthz /version /version/"),
		END } },
	{ .name = "admin", .made_of = "admin" },
	{ .name = "edit", .aggregates_to = "admin", .made_of = "edit" },
	{ .name = "view", .aggregates_to = "edit", .made_of = "view" },
	{ .name = "system:aggregate-to-admin", .aggregates_to = "admin",
	  .rules = (const struct ek_rbac_rule[]){
		ON("create", "authorization.k8s.io", "localsubjectaccessreviews"),
		ON("get list watch create update patch delete deletecollection",
		  "rbac.authorization.k8s.io", "roles rolebindings"),
		END } },
	{ .name = "system:aggregate-to-edit", .aggregates_to = "edit",
	  .rules = (const struct ek_rbac_rule[]){
		ON("get list watch", "core", "pods/attach pods/proxy pods/exec pods/portforward "
		  "secrets services/proxy"),
		ON("impersonate", "core", "serviceaccounts"),
		ON("create update patch delete deletecollection", "core", "pods pods/attach "
		  "pods/proxy pods/exec pods/portforward"),
		ON("create", "core", "pods/eviction"),
		ON("create update patch delete deletecollection", "core", "replicationcontrollers "
		  "replicationcontrollers/scale serviceaccounts services services/proxy "
		  "persistentvolumeclaims configmaps secrets events"),
		ON("create", "core", "serviceaccounts/token"),
		ON("create update patch delete deletecollection", "apps", "statefulsets "
		  "statefulsets/scale daemonsets deployments deployments/scale "
		  "deployments/rollback replicasets replicasets/scale"),
		ON("create update patch delete deletecollection", "autoscaling",
		  "horizontalpodautoscalers"),
		ON("create update patch delete deletecollection", "batch", "jobs cronjobs"),
		ON("create update patch delete deletecollection", "extensions", "daemonsets "
		  "deployments deployments/scale deployments/rollback ingresses replicasets "
		  "replicasets/scale replicationcontrollers/scale networkpolicies"),
		ON("create update patch delete deletecollection", "policy", "poddisruptionbudgets"),
		ON("create update patch delete deletecollection", "networking.k8s.io",
		  "networkpolicies ingresses"),
		ON("get list watch create update patch delete deletecollection",
		  "coordination.k8s.io", "leases"),
		END } },
	{ .name = "system:aggregate-to-view", .aggregates_to = "view",
	  .rules = (const struct ek_rbac_rule[]){
		ON("get list watch", "core", "pods replicationcontrollers "
		  "replicationcontrollers/scale serviceaccounts services services/status "
		  "endpoints persistentvolumeclaims persistentvolumeclaims/status configmaps"),
		ON("get list watch", "core", "limitranges resourcequotas bindings events "
		  "pods/status resourcequotas/status namespaces/status "
		  "replicationcontrollers/status pods/log"),
		ON("get list watch", "core", "namespaces"),
		ON("get list watch", "discovery.k8s.io", "endpointslices"),
		ON("get list watch", "apps", "controllerrevisions statefulsets "
		  "statefulsets/status statefulsets/scale daemonsets daemonsets/status "
		  "deployments deployments/status deployments/scale replicasets "
		  "replicasets/status replicasets/scale"),
		ON("get list watch", "autoscaling", "horizontalpodautoscalers "
		  "horizontalpodautoscalers/status"),
		ON("get list watch", "batch", "jobs cronjobs cronjobs/status jobs/status"),
		ON("get list watch", "extensions", "daemonsets daemonsets/status deployments "
		  "deployments/scale deployments/status ingresses ingresses/status replicasets "
		  "replicasets/scale replicasets/status replicationcontrollers/scale "
		  "networkpolicies"),
		ON("get list watch", "policy", "poddisruptionbudgets poddisruptionbudgets/status"),
		ON("get list watch", "networking.k8s.io", "networkpolicies ingresses "
		  "ingresses/status"),
		END } },
	{ .name = "system:heapster",
	  .rules = (const struct ek_rbac_rule[]){
		ON("get list watch", "core", "events pods nodes namespaces"),
		ON("get list watch", "extensions", "deployments"),
		END } },
	{ .name = "system:node",
	  .rules = (const struct ek_rbac_rule[]){
		ON("create", "authentication.k8s.io", "tokenreviews"),
		ON("create", "authorization.k8s.io", "subjectaccessreviews "
		  "localsubjectaccessreviews"),
		ON("get list watch", "core", "services"),
		ON("create get list watch", "core", "nodes"),
		ON("update patch", "core", "nodes/status"),
		ON("update patch", "core", "nodes"),
		ON("create update patch", "core", "events"),
		ON("get list watch", "core", "pods"),
		ON("create delete", "core", "pods"),
		ON("update patch", "core", "pods/status"),
		ON("create", "core", "pods/eviction"),
		ON("get list watch", "core", "secrets configmaps"),
		ON("get", "core", "persistentvolumeclaims persistentvolumes"),
		ON("get", "core", "endpoints"),
		ON("create get list watch", "certificates.k8s.io", "certificatesigningrequests"),
		ON("get create update patch delete", "coordination.k8s.io", "leases"),
		ON("get", "storage.k8s.io", "volumeattachments"),
		ON("create", "core", "serviceaccounts/token"),
		ON("get update patch", "core", "persistentvolumeclaims/status"),
		ON("get watch list", "storage.k8s.io", "csidrivers"),
		ON("get create update patch delete", "storage.k8s.io", "csinodes"),
		ON("get list watch", "node.k8s.io", "runtimeclasses"),
		END } },
	{ .name = "system:node-problem-detector",
	  .rules = (const struct ek_rbac_rule[]){
		ON("get", "core", "nodes"),
		ON("patch", "core", "nodes/status"),
		ON("create update patch", "core events.k8s.io", "events"),
		END } },
	{ .name = "system:node-bootstrapper",
	  .rules = (const struct ek_rbac_rule[]){
		ON("create get list watch", "certificates.k8s.io", "certificatesigningrequests"),
		END } },
	{ .name = "system:auth-delegator",
	  .rules = (const struct ek_rbac_rule[]){
		ON("create", "authentication.k8s.io", "tokenreviews"),
		ON("create", "authorization.k8s.io", "subjectaccessreviews"),
		END } },
	{ .name = "system:kube-aggregator",
	  .rules = (const struct ek_rbac_rule[]){
		ON("get list watch", "core", "services endpoints"),
		END } },
	{ .name = "system:kube-controller-manager",
	  .rules = (const struct ek_rbac_rule[]){
		ON("create update patch", "core events.k8s.io", "events"),
		ON("create", "coordination.k8s.io", "leases"),
		NAMED("get update", "coordination.k8s.io", "leases", "kube-controller-manager"),
		ON("create", "core", "secrets serviceaccounts"),
		ON("delete", "core", "secrets"),
		ON("get", "core", "namespaces secrets serviceaccounts configmaps"),
		ON("update", "core", "secrets serviceaccounts"),
		ON("create", "authentication.k8s.io", "tokenreviews"),
		ON("create", "authorization.k8s.io", "subjectaccessreviews"),
		ON("list watch", "*", "*"),
		ON("create", "core", "serviceaccounts/token"),
		END } },
	{ .name = "system:kube-dns",
	  .rules = (const struct ek_rbac_rule[]){
		ON("list watch", "core", "endpoints services"),
		END } },
	{ .name = "system:persistent-volume-provisioner",
	  .rules = (const struct ek_rbac_rule[]){
		ON("get list watch create delete", "core", "persistentvolumes"),
		ON("get list watch update", "core", "persistentvolumeclaims"),
		ON("get list watch", "storage.k8s.io", "storageclasses"),
		ON("watch", "core", "events"),
		ON("create update patch", "core events.k8s.io", "events"),
		END } },
	{ .name = "system:certificates.k8s.io:certificatesigningrequests:nodeclient",
	  .rules = (const struct ek_rbac_rule[]){
		ON("create", "certificates.k8s.io", "certificatesigningrequests/nodeclient"),
		END } },
	{ .name = "system:certificates.k8s.io:certificatesigningrequests:selfnodeclient",
	  .rules = (const struct ek_rbac_rule[]){
		ON("create", "certificates.k8s.io", "certificatesigningrequests/selfnodeclient"),
		END } },
	{ .name = "system:volume-scheduler",
	  .rules = (const struct ek_rbac_rule[]){
		ON("get list watch update patch", "core", "persistentvolumes"),
		ON("get list watch", "storage.k8s.io", "storageclasses"),
		ON("get list watch update patch", "core", "persistentvolumeclaims"),
		END } },
	{ .name = "system:certificates.k8s.io:legacy-unknown-approver",
	  .rules = (const struct ek_rbac_rule[]){
		NAMED("approve", "certificates.k8s.io", "signers", "kubernetes.io/legacy-unknown"),
		END } },
	{ .name = "system:certificates.k8s.io:kubelet-serving-approver",
	  .rules = (const struct ek_rbac_rule[]){
		NAMED("approve", "certificates.k8s.io", "signers", "kubernetes.io/kubelet-serving"),
		END } },
	{ .name = "system:certificates.k8s.io:kube-apiserver-client-approver",
	  .rules = (const struct ek_rbac_rule[]){
		NAMED("approve", "certificates.k8s.io", "signers",
		  "kubernetes.io/kube-apiserver-client"),
		END } },
	{ .name = "system:certificates.k8s.io:kube-apiserver-client-kubelet-approver",
	  .rules = (const struct ek_rbac_rule[]){
		NAMED("approve", "certificates.k8s.io", "signers",
		  "kubernetes.io/kube-apiserver-client-kubelet"),
		END } },
	{ .name = "system:service-account-issuer-discovery",
	  .rules = (const struct ek_rbac_rule[]){
		AT("get", "/.well-known/openid-configuration "
		  "/.well-known/openid-configuration/ /openid/v1/jwks /openid/v1/jwks/"),
		END } },
	{ .name = "system:kubelet-api-admin",
	  .rules = (const struct ek_rbac_rule[]){
		ON("get list watch", "core", "nodes"),
		ON("proxy", "core", "nodes"),
		ON("*", "core", "nodes/proxy nodes/metrics nodes/stats nodes/log"),
		END } },
	{ .name = "system:node-proxier",
	  .rules = (const struct ek_rbac_rule[]){
		ON("list watch", "core", "services endpoints"),
		ON("get list watch", "core", "nodes"),
		ON("create update patch", "core events.k8s.io", "events"),
		ON("list watch", "discovery.k8s.io", "endpointslices"),
		END } },
	{ .name = "system:kube-scheduler",
	  .rules = (const struct ek_rbac_rule[]){
		ON("create update patch", "core events.k8s.io", "events"),
		ON("create", "coordination.k8s.io", "leases"),
		NAMED("get update list watch", "coordination.k8s.io", "leases", "kube-scheduler"),
		ON("get list watch create update patch delete deletecollection",
		  "coordination.k8s.io", "leasecandidates"),
		ON("get list watch", "core", "nodes"),
		ON("get list watch delete", "core", "pods"),
		ON("create", "core", "pods/binding bindings"),
		ON("patch update", "core", "pods/status"),
		ON("get list watch", "core", "services replicationcontrollers"),
		ON("get list watch", "apps extensions", "replicasets"),
		ON("get list watch", "apps", "statefulsets"),
		ON("get list watch", "policy", "poddisruptionbudgets"),
		ON("get list watch", "core", "persistentvolumeclaims persistentvolumes"),
		ON("create", "authentication.k8s.io", "tokenreviews"),
		ON("create", "authorization.k8s.io", "subjectaccessreviews"),
		ON("get list watch", "storage.k8s.io", "csinodes"),
		ON("get list watch", "storage.k8s.io", "volumeattachments"),
		ON("get list watch", "core", "namespaces"),
		ON("get list watch", "storage.k8s.io", "csidrivers"),
		ON("get list watch", "storage.k8s.io", "csistoragecapacities"),
		END } },
	{ .name = "system:controller:attachdetach-controller",
	  .rules = (const struct ek_rbac_rule[]){
		ON("list watch", "core", "persistentvolumes persistentvolumeclaims"),
		ON("get list watch", "core", "nodes"),
		ON("patch update", "core", "nodes/status"),
		ON("list watch", "core", "pods"),
		ON("create update patch", "core events.k8s.io", "events"),
		ON("get create delete list watch", "storage.k8s.io", "volumeattachments"),
		ON("get watch list", "storage.k8s.io", "csidrivers"),
		ON("get watch list", "storage.k8s.io", "csinodes"),
		END } },
	{ .name = "system:controller:clusterrole-aggregation-controller",
	  .rules = (const struct ek_rbac_rule[]){
		ON("escalate get list watch update patch", "rbac.authorization.k8s.io",
		  "clusterroles"),
		END } },
	{ .name = "system:controller:cronjob-controller",
	  .rules = (const struct ek_rbac_rule[]){
		ON("get list watch update", "batch", "cronjobs"),
		ON("get list watch create update delete patch", "batch", "jobs"),
		ON("update", "batch", "cronjobs/status"),
		ON("update", "batch", "cronjobs/finalizers"),
		ON("list watch delete", "core", "pods"),
		ON("create update patch", "core events.k8s.io", "events"),
		END } },
	{ .name = "system:controller:daemon-set-controller",
	  .rules = (const struct ek_rbac_rule[]){
		ON("get list watch", "extensions apps", "daemonsets"),
		ON("update", "extensions apps", "daemonsets/status"),
		ON("update", "extensions apps", "daemonsets/finalizers"),
		ON("list watch", "core", "nodes"),
		ON("list watch create delete patch", "core", "pods"),
		ON("create", "core", "pods/binding"),
		ON("get list watch create delete update patch", "apps", "controllerrevisions"),
		ON("create update patch", "core events.k8s.io", "events"),
		END } },
	{ .name = "system:controller:deployment-controller",
	  .rules = (const struct ek_rbac_rule[]){
		ON("get list watch update", "extensions apps", "deployments"),
		ON("update", "extensions apps", "deployments/status"),
		ON("update", "extensions apps", "deployments/finalizers"),
		ON("get list watch create update patch delete", "apps extensions", "replicasets"),
		ON("get list watch update", "core", "pods"),
		ON("create update patch", "core events.k8s.io", "events"),
		END } },
	{ .name = "system:controller:disruption-controller",
	  .rules = (const struct ek_rbac_rule[]){
		ON("get list watch", "extensions apps", "deployments"),
		ON("get list watch", "apps extensions", "replicasets"),
		ON("get list watch", "core", "replicationcontrollers"),
		ON("get list watch", "policy", "poddisruptionbudgets"),
		ON("get list watch", "apps", "statefulsets"),
		ON("update", "policy", "poddisruptionbudgets/status"),
		ON("patch update", "core", "pods/status"),
		ON("get", "*", "*/scale"),
		ON("create update patch", "core events.k8s.io", "events"),
		END } },
	{ .name = "system:controller:endpoint-controller",
	  .rules = (const struct ek_rbac_rule[]){
		ON("get list watch", "core", "services pods"),
		ON("get list watch create update delete", "core", "endpoints"),
		ON("create", "core", "endpoints/restricted"),
		ON("create update patch", "core events.k8s.io", "events"),
		END } },
	{ .name = "system:controller:endpointslice-controller",
	  .rules = (const struct ek_rbac_rule[]){
		ON("get list watch", "core", "services pods nodes"),
		ON("update", "core", "services/finalizers"),
		ON("get list watch create update delete", "discovery.k8s.io", "endpointslices"),
		ON("create update patch", "core events.k8s.io", "events"),
		END } },
	{ .name = "system:controller:endpointslicemirroring-controller",
	  .rules = (const struct ek_rbac_rule[]){
		ON("get list watch", "core", "services endpoints"),
		ON("update", "core", "services/finalizers"),
		ON("update", "core", "endpoints/finalizers"),
		ON("get list watch create update delete", "discovery.k8s.io", "endpointslices"),
		ON("create update patch", "core events.k8s.io", "events"),
		END } },
	{ .name = "system:controller:expand-controller",
	  .rules = (const struct ek_rbac_rule[]){
		ON("get list watch update patch", "core", "persistentvolumes"),
		ON("update patch", "core", "persistentvolumeclaims/status"),
		ON("get list watch", "core", "persistentvolumeclaims"),
		ON("create update patch", "core events.k8s.io", "events"),
		ON("get", "core", "services"),
		END } },
	{ .name = "system:controller:ephemeral-volume-controller",
	  .rules = (const struct ek_rbac_rule[]){
		ON("get list watch", "core", "pods"),
		ON("update", "core", "pods/finalizers"),
		ON("get list watch create", "core", "persistentvolumeclaims"),
		ON("create update patch", "core events.k8s.io", "events"),
		END } },
	{ .name = "system:controller:generic-garbage-collector",
	  .rules = (const struct ek_rbac_rule[]){
		ON("get list watch patch update delete", "*", "*"),
		ON("create update patch", "core events.k8s.io", "events"),
		END } },
	{ .name = "system:controller:horizontal-pod-autoscaler",
	  .rules = (const struct ek_rbac_rule[]){
		ON("get list watch", "autoscaling", "horizontalpodautoscalers"),
		ON("update", "autoscaling", "horizontalpodautoscalers/status"),
		ON("get update", "*", "*/scale"),
		ON("list watch", "core", "pods"),
		ON("list watch", "metrics.k8s.io", "pods"),
		ON("get list watch", "custom.metrics.k8s.io", "*"),
		ON("get list watch", "external.metrics.k8s.io", "*"),
		ON("create update patch", "core events.k8s.io", "events"),
		END } },
	{ .name = "system:controller:job-controller",
	  .rules = (const struct ek_rbac_rule[]){
		ON("get list watch update patch", "batch", "jobs"),
		ON("update", "batch", "jobs/status"),
		ON("update", "batch", "jobs/finalizers"),
		ON("list watch create delete patch", "core", "pods"),
		ON("create update patch", "core events.k8s.io", "events"),
		END } },
	{ .name = "system:controller:namespace-controller",
	  .rules = (const struct ek_rbac_rule[]){
		ON("get list watch delete", "core", "namespaces"),
		ON("update", "core", "namespaces/finalize namespaces/status"),
		ON("get list watch delete deletecollection", "*", "*"),
		END } },
	{ .name = "system:controller:node-controller",
	  .rules = (const struct ek_rbac_rule[]){
		ON("get list watch update delete patch", "core", "nodes"),
		ON("patch update", "core", "nodes/status"),
		ON("patch update", "core", "pods/status"),
		ON("list watch get delete", "core", "pods"),
		ON("create update patch", "core events.k8s.io", "events"),
		END } },
	{ .name = "system:controller:persistent-volume-binder",
	  .rules = (const struct ek_rbac_rule[]){
		ON("get list watch update create delete", "core", "persistentvolumes"),
		ON("update", "core", "persistentvolumes/status"),
		ON("get list watch update", "core", "persistentvolumeclaims"),
		ON("update", "core", "persistentvolumeclaims/status"),
		ON("list watch get create delete", "core", "pods"),
		ON("get list watch", "storage.k8s.io", "storageclasses"),
		ON("list watch", "core", "nodes"),
		ON("create update patch", "core events.k8s.io", "events"),
		ON("watch", "core", "events"),
		ON("get", "core", "services"),
		END } },
	{ .name = "system:controller:pod-garbage-collector",
	  .rules = (const struct ek_rbac_rule[]){
		ON("list watch delete", "core", "pods"),
		ON("get list watch", "core", "nodes"),
		ON("patch", "core", "pods/status"),
		END } },
	{ .name = "system:controller:replicaset-controller",
	  .rules = (const struct ek_rbac_rule[]){
		ON("get list watch update", "apps extensions", "replicasets"),
		ON("update", "apps extensions", "replicasets/status"),
		ON("update", "apps extensions", "replicasets/finalizers"),
		ON("list watch patch create delete", "core", "pods"),
		ON("create update patch", "core events.k8s.io", "events"),
		END } },
	{ .name = "system:controller:replication-controller",
	  .rules = (const struct ek_rbac_rule[]){
		ON("get list watch update", "core", "replicationcontrollers"),
		ON("update", "core", "replicationcontrollers/status"),
		ON("update", "core", "replicationcontrollers/finalizers"),
		ON("list watch patch create delete", "core", "pods"),
		ON("create update patch", "core events.k8s.io", "events"),
		END } },
	{ .name = "system:controller:resourcequota-controller",
	  .rules = (const struct ek_rbac_rule[]){
		ON("list watch", "*", "*"),
		ON("update", "core", "resourcequotas/status"),
		ON("create update patch", "core events.k8s.io", "events"),
		END } },
	{ .name = "system:controller:route-controller",
	  .rules = (const struct ek_rbac_rule[]){
		ON("list watch", "core", "nodes"),
		ON("patch", "core", "nodes/status"),
		ON("create update patch", "core events.k8s.io", "events"),
		END } },
	{ .name = "system:controller:service-account-controller",
	  .rules = (const struct ek_rbac_rule[]){
		ON("create", "core", "serviceaccounts"),
		ON("create update patch", "core events.k8s.io", "events"),
		END } },
	{ .name = "system:controller:service-controller",
	  .rules = (const struct ek_rbac_rule[]){
		ON("get list watch", "core", "services"),
		ON("patch update", "core", "services/status"),
		ON("list watch", "core", "nodes"),
		ON("create update patch", "core events.k8s.io", "events"),
		END } },
	{ .name = "system:controller:statefulset-controller",
	  .rules = (const struct ek_rbac_rule[]){
		ON("list watch", "core", "pods"),
		ON("get list watch", "apps", "statefulsets"),
		ON("update", "apps", "statefulsets/status"),
		ON("update", "apps", "statefulsets/finalizers"),
		ON("get create delete update patch", "core", "pods"),
		ON("get create delete update patch list watch", "apps", "controllerrevisions"),
		ON("get create list watch", "core", "persistentvolumeclaims"),
		ON("create update patch", "core events.k8s.io", "events"),
		ON("update delete", "core", "persistentvolumeclaims"),
		ON("update", "core", "pods/finalizers"),
		END } },
	{ .name = "system:controller:ttl-controller",
	  .rules = (const struct ek_rbac_rule[]){
		ON("update patch list watch", "core", "nodes"),
		ON("create update patch", "core events.k8s.io", "events"),
		END } },
	{ .name = "system:controller:certificate-controller",
	  .rules = (const struct ek_rbac_rule[]){
		ON("get list watch delete", "certificates.k8s.io", "certificatesigningrequests"),
		ON("update", "certificates.k8s.io", "certificatesigningrequests/status "
		  "certificatesigningrequests/approval"),
		NAMED("approve", "certificates.k8s.io", "signers",
		  "kubernetes.io/kube-apiserver-client-kubelet"),
		NAMED("sign", "certificates.k8s.io", "signers", "kubernetes.io/legacy-unknown "
		  "kubernetes.io/kube-apiserver-client "
		  "kubernetes.io/kube-apiserver-client-kubelet kubernetes.io/kubelet-serving"),
		ON("create", "authorization.k8s.io", "subjectaccessreviews"),
		ON("create update patch", "core events.k8s.io", "events"),
		END } },
	{ .name = "system:controller:pvc-protection-controller",
	  .rules = (const struct ek_rbac_rule[]){
		ON("get list watch update", "core", "persistentvolumeclaims"),
		ON("list watch get", "core", "pods"),
		ON("create update patch", "core events.k8s.io", "events"),
		END } },
	{ .name = "system:controller:pv-protection-controller",
	  .rules = (const struct ek_rbac_rule[]){
		ON("get list watch update", "core", "persistentvolumes"),
		ON("create update patch", "core events.k8s.io", "events"),
		END } },
	{ .name = "system:controller:ttl-after-finished-controller",
	  .rules = (const struct ek_rbac_rule[]){
		ON("get list watch delete", "batch", "jobs"),
		ON("create update patch", "core events.k8s.io", "events"),
		END } },
	{ .name = "system:controller:root-ca-cert-publisher",
	  .rules = (const struct ek_rbac_rule[]){
		ON("create update", "core", "configmaps"),
		ON("create update patch", "core events.k8s.io", "events"),
		END } },
	{ .name = "system:controller:validatingadmissionpolicy-status-controller",
	  .rules = (const struct ek_rbac_rule[]){
		ON("get list watch", "admissionregistration.k8s.io", "validatingadmissionpolicies"),
		ON("get patch update", "admissionregistration.k8s.io",
		  "validatingadmissionpolicies/status"),
		ON("create update patch", "core events.k8s.io", "events"),
		END } },
	{ .name = "system:controller:legacy-service-account-token-cleaner",
	  .rules = (const struct ek_rbac_rule[]){
		NAMED("get", "core", "configmaps",
		  "kube-apiserver-legacy-service-account-token-tracking"),
		ON("patch delete", "core", "secrets"),
		END } },
	{ .ns = "kube-system", .name = "extension-apiserver-authentication-reader",
	  .rules = (const struct ek_rbac_rule[]){
		NAMED("get list watch", "core", "configmaps", "extension-apiserver-authentication"),
		END } },
	{ .ns = "kube-system", .name = "system:controller:bootstrap-signer",
	  .rules = (const struct ek_rbac_rule[]){
		ON("get list watch", "core", "secrets"),
		END } },
	{ .ns = "kube-system", .name = "system:controller:cloud-provider",
	  .rules = (const struct ek_rbac_rule[]){
		ON("create get list watch", "core", "configmaps"),
		END } },
	{ .ns = "kube-system", .name = "system:controller:token-cleaner",
	  .rules = (const struct ek_rbac_rule[]){
		ON("get list watch delete", "core", "secrets"),
		ON("create update patch", "core events.k8s.io", "events"),
		END } },
	{ .ns = "kube-system", .name = "system::leader-locking-kube-controller-manager",
	  .rules = (const struct ek_rbac_rule[]){
		ON("watch", "core", "configmaps"),
		NAMED("get update", "core", "configmaps", "kube-controller-manager"),
		ON("get watch list create update", "coordination.k8s.io", "leases"),
		ON("get watch list create update", "coordination.k8s.io", "leasecandidates"),
		END } },
	{ .ns = "kube-system", .name = "system::leader-locking-kube-scheduler",
	  .rules = (const struct ek_rbac_rule[]){
		ON("watch", "core", "configmaps"),
		NAMED("get update", "core", "configmaps", "kube-scheduler"),
		ON("get watch list create update", "coordination.k8s.io", "leases"),
		ON("get watch list create update", "coordination.k8s.io", "leasecandidates"),
		END } },
	{ .ns = "kube-public", .name = "system:controller:bootstrap-signer",
	  .rules = (const struct ek_rbac_rule[]){
		ON("get list watch", "core", "configmaps"),
		NAMED("update", "core", "configmaps", "cluster-info"),
		ON("create update patch", "core events.k8s.io", "events"),
		END } },
	{ .name = NULL },
};

const struct ek_rbac_binding ek_rbac_bindings[] = {
	{ .name = "cluster-admin", .subjects = "Group:system:masters" },
	{ .name = "system:monitoring", .subjects = "Group:system:monitoring" },
	{ .name = "system:discovery", .subjects = "Group:system:authenticated" },
	{ .name = "system:basic-user", .subjects = "Group:system:authenticated" },
	{ .name = "system:public-info-viewer", .subjects = "Group:system:authenticated Group:system:unauthenticated" },
	{ .name = "system:node-proxier", .subjects = "User:system:kube-proxy" },
	{ .name = "system:kube-controller-manager", .subjects = "User:system:kube-controller-manager" },
	{ .name = "system:kube-dns", .subjects = "SA:kube-system/kube-dns" },
	{ .name = "system:kube-scheduler", .subjects = "User:system:kube-scheduler" },
	{ .name = "system:volume-scheduler", .subjects = "User:system:kube-scheduler" },
	/* nodes get this role from the authorizer itself */
	{ .name = "system:node" },
	{ .name = "system:service-account-issuer-discovery", .subjects = "Group:system:serviceaccounts" },

	{ .ns = "kube-system", .name = "system::extension-apiserver-authentication-reader",
	  .role = "extension-apiserver-authentication-reader",
	  .subjects = "User:system:kube-controller-manager User:system:kube-scheduler" },
	{ .ns = "kube-system", .name = "system::leader-locking-kube-controller-manager",
	  .subjects = "User:system:kube-controller-manager SA:kube-system/kube-controller-manager "
		      "SA:kube-system/leader-election-controller" },
	{ .ns = "kube-system", .name = "system::leader-locking-kube-scheduler",
	  .subjects = "User:system:kube-scheduler SA:kube-system/kube-scheduler" },
	{ .ns = "kube-system", .name = "system:controller:bootstrap-signer",
	  .subjects = "SA:kube-system/bootstrap-signer" },
	{ .ns = "kube-system", .name = "system:controller:cloud-provider", .subjects = "SA:kube-system/cloud-provider" },
	{ .ns = "kube-system", .name = "system:controller:token-cleaner", .subjects = "SA:kube-system/token-cleaner" },
	{ .ns = "kube-public", .name = "system:controller:bootstrap-signer",
	  .subjects = "SA:kube-system/bootstrap-signer" },
	{ .name = NULL },
};

/* ---- the objects ---- */

static const char rbac_group[] = "rbac.authorization.k8s.io";

/* The words of a list; fn makes an element of each. NULL stays NULL. */
static struct ek_json *words(const char *list, struct ek_json *(*fn)(const char *word))
{
	struct ek_json *out;

	if (!list)
		return NULL;
	out = ek_json_array();
	for (const char *p = list; *p; p += strspn(p, " ")) {
		size_t n = strcspn(p, " ");
		EK_FREE char *word = ek_str_ndup(p, n);

		ek_json_append(out, fn(word));
		p += n;
	}
	return out;
}

static struct ek_json *plain(const char *word)
{
	return ek_json_new_str(word);
}

static struct ek_json *group(const char *word)
{
	return ek_json_new_str(ek_streq(word, "core") ? "" : word);
}

static struct ek_json *subject(const char *word)
{
	const char *name = strchr(word, ':') + 1;
	EK_FREE char *ns = ek_str_ndup(name, strcspn(name, "/"));

	if (ek_str_starts(word, "SA:"))
		return ek_json_make("{'kind':'ServiceAccount','name':%s,'namespace':%s}",
				    name + strlen(ns) + 1, ns);
	return ek_json_make("{'kind':%s,'apiGroup':%s,'name':%s}",
			    ek_str_starts(word, "User:") ? "User" : "Group", rbac_group, name);
}

static struct ek_json *object_new(const char *kind, const char *ns, const char *name)
{
	return ek_json_make(
		"{'kind':%s,'apiVersion':'rbac.authorization.k8s.io/v1','metadata':{'name':%s,"
		"'namespace':%s,'labels':{'kubernetes.io/bootstrapping':'rbac-defaults'},"
		"'annotations':{'rbac.authorization.kubernetes.io/autoupdate':'true'}}}",
		kind, name, ns);
}

static struct ek_json *rules_new(const struct ek_rbac_rule *r)
{
	struct ek_json *rules = ek_json_array();

	for (; r && r->verbs; r++) {
		struct ek_json *o = ek_json_object();

		ek_json_set(o, "verbs", words(r->verbs, plain));
		ek_json_set(o, "apiGroups", words(r->groups, group));
		ek_json_set(o, "resources", words(r->resources, plain));
		ek_json_set(o, "resourceNames", words(r->names, plain));
		ek_json_set(o, "nonResourceURLs", words(r->urls, plain));
		ek_json_append(rules, o);
	}
	return rules;
}

struct ek_json *ek_rbac_role_new(const struct ek_rbac_role *r)
{
	struct ek_json *o = object_new(r->ns ? "Role" : "ClusterRole", r->ns, r->name);

	if (r->aggregates_to)
		ek_json_set(ek_json_at(o, "metadata.labels"),
			    EK_F("rbac.authorization.k8s.io/aggregate-to-%s", r->aggregates_to),
			    ek_json_new_str("true"));
	if (r->made_of)
		ek_json_set(o, "aggregationRule",
			    ek_json_make("{'clusterRoleSelectors':[{'matchLabels':"
					 "{'rbac.authorization.k8s.io/aggregate-to-%s':'true'}}]}",
					 r->made_of));
	ek_json_set(o, "rules", rules_new(r->rules));
	return o;
}

struct ek_json *ek_rbac_binding_new(const struct ek_rbac_binding *b)
{
	struct ek_json *o =
		object_new(b->ns ? "RoleBinding" : "ClusterRoleBinding", b->ns, b->name);

	ek_json_set(o, "subjects", words(b->subjects, subject));
	ek_json_set(o, "roleRef",
		    ek_json_make("{'apiGroup':%s,'kind':%s,'name':%s}", rbac_group,
				 b->ns ? "Role" : "ClusterRole", b->role ? b->role : b->name));
	return o;
}

bool ek_rbac_controller_binding(const struct ek_rbac_role *r, struct ek_rbac_binding *ret,
				char text[256])
{
	static const char prefix[] = "system:controller:";

	if (r->ns || !ek_str_starts(r->name, prefix))
		return false;
	ek_str_into(text, 256, "SA:kube-system/%s", r->name + sizeof(prefix) - 1);
	*ret = (struct ek_rbac_binding){ .name = r->name, .subjects = text };
	return true;
}
