/* SPDX-License-Identifier: Apache-2.0 */
#include "words.h"

#include "value.h"

/*
 * The same few hundred strings are most of what objects say: names of fields, and values that come
 * from a short list. They lie here once, as values in read-only memory, so a tree points at them
 * instead of having them. A string that is not here costs a block, nothing else: leave out what is
 * rare, and what JSON must escape. What is too long does not compile.
 */
#define W(text_) { IMMORTAL, EK_JSON_STR, false, LENGTH(text_), text_ }
#define LENGTH(text_) (sizeof(char[WORD_MAX + 2 - sizeof(text_)]) ? sizeof(text_) - 1 : 0)

static const struct word {
	uint32_t refs;
	uint8_t  type;
	bool     wide;
	uint8_t  n;
	char     text[WORD_MAX + 1];
} words[] = {
	W(""), W("*"), W("-c"), W("/"), W("/bin/sh"), W("/dev/termination-log"),
	W("/var/run/secrets/kubernetes.io"), W("0"), W("1"), W("25%"), W("ALL"), W("Active"),
	W("Always"), W("Apply"), W("Available"), W("Background"), W("BestEffort"), W("Block"),
	W("Bound"), W("Burstable"), W("Cluster"), W("ClusterFirst"), W("ClusterFirstWithHostNet"),
	W("ClusterIP"), W("ClusterRole"), W("ClusterRoleBinding"), W("Complete"), W("Completed"),
	W("ConfigMap"), W("ContainerCreating"), W("ContainersNotReady"), W("ContainersReady"),
	W("ControllerRevision"), W("CrashLoopBackOff"), W("Created"), W("CronJob"), W("DaemonSet"),
	W("Default"), W("Delete"), W("Deployment"), W("DiskPressure"), W("DoesNotExist"),
	W("EndpointSlice"), W("Endpoints"), W("Equal"), W("Error"), W("Event"), W("Exists"),
	W("ExternalIP"), W("ExternalName"), W("Failed"), W("FallbackToLogsOnError"), W("False"),
	W("FieldsV1"), W("File"), W("Filesystem"), W("Foreground"), W("Group"), W("Guaranteed"),
	W("HTTP"), W("HTTPS"), W("Helm"), W("Hostname"), W("IPv4"), W("IPv6"), W("IfNotPresent"),
	W("In"), W("Ingress"), W("Initialized"), W("InternalIP"), W("Job"), W("Killing"),
	W("KubeletReady"), W("Lease"), W("List"), W("LoadBalancer"), W("Local"),
	W("MemoryPressure"), W("MinimumReplicasAvailable"), W("MinimumReplicasUnavailable"),
	W("Namespace"), W("NetworkPolicy"), W("Never"), W("NewReplicaSetAvailable"),
	W("NoExecute"), W("NoSchedule"), W("Node"), W("NodePort"), W("None"), W("Normal"),
	W("NotIn"), W("OnDelete"), W("OnFailure"), W("Opaque"), W("OrderedReady"), W("Orphan"),
	W("PIDPressure"), W("Parallel"), W("Pending"), W("PersistentVolume"),
	W("PersistentVolumeClaim"), W("Pod"), W("PodInitializing"), W("PodReadyToStartContainers"),
	W("PodScheduled"), W("PreferDualStack"), W("PreferNoSchedule"), W("Progressing"),
	W("Pulled"), W("ReadOnlyMany"), W("ReadWriteMany"), W("ReadWriteOnce"), W("Ready"),
	W("Recreate"), W("ReplicaFailure"), W("ReplicaSet"), W("ReplicaSetUpdated"),
	W("RequireDualStack"), W("Retain"), W("Role"), W("RoleBinding"), W("RollingUpdate"),
	W("Running"), W("RuntimeDefault"), W("SCTP"), W("ScalingReplicaSet"), W("Scheduled"),
	W("Secret"), W("Service"), W("ServiceAccount"), W("SingleStack"), W("Started"),
	W("StatefulSet"), W("Status"), W("Succeeded"), W("SuccessfulCreate"),
	W("SuccessfulDelete"), W("TCP"), W("Terminating"), W("True"), W("UDP"), W("Unconfined"),
	W("Unknown"), W("Unschedulable"), W("Update"), W("User"), W("Warning"), W("accessModes"),
	W("acquireTime"), W("action"), W("active"), W("activeDeadlineSeconds"), W("add"),
	W("address"), W("addressType"), W("addresses"), W("affinity"), W("aggregationRule"),
	W("allocatable"), W("allocateLoadBalancerNodePorts"), W("allocatedResourceStatuses"),
	W("allocatedResources"), W("allocatedResourcesStatus"), W("allowPrivilegeEscalation"),
	W("amd64"), W("annotations"), W("apiGroup"), W("apiGroups"), W("apiVersion"), W("app"),
	W("app.kubernetes.io/component"), W("app.kubernetes.io/instance"),
	W("app.kubernetes.io/managed-by"), W("app.kubernetes.io/name"),
	W("app.kubernetes.io/part-of"), W("app.kubernetes.io/version"), W("appArmorProfile"),
	W("appProtocol"), W("apps.kubernetes.io/pod-index"), W("apps/v1"), W("architecture"),
	W("args"), W("arm"), W("arm64"), W("assigned"), W("audience"), W("audiences"),
	W("automountServiceAccountToken"), W("availableReplicas"), W("backend"), W("backoffLimit"),
	W("backoffLimitPerIndex"), W("batch.kubernetes.io/job-name"), W("batch/v1"),
	W("beta.kubernetes.io/arch"), W("beta.kubernetes.io/os"), W("binaryData"),
	W("blockOwnerDeletion"), W("bootID"), W("boundObjectRef"), W("ca.crt"), W("capabilities"),
	W("capacity"), W("causes"), W("cidr"), W("claimName"), W("claimRef"), W("claims"),
	W("clientIP"), W("clusterIP"), W("clusterIPs"), W("clusterRoleSelectors"), W("code"),
	W("collisionCount"), W("command"), W("completedIndexes"), W("completionMode"),
	W("completionTime"), W("completions"), W("component"), W("concurrencyPolicy"),
	W("conditionType"), W("conditions"), W("config"), W("configMap"), W("configMapKeyRef"),
	W("configMapRef"), W("configSource"), W("containerID"), W("containerName"),
	W("containerPort"), W("containerRuntimeVersion"), W("containerStatuses"), W("containers"),
	W("continue"), W("controller"), W("controller-revision-hash"), W("controller-uid"),
	W("coordination.k8s.io/v1"), W("count"), W("cpu"), W("create"), W("creationTimestamp"),
	W("csi"), W("currentHealthy"), W("currentNumberScheduled"), W("currentReplicas"),
	W("currentRevision"), W("currentVolumeAttributesClassName"), W("daemonEndpoints"),
	W("data"), W("default"), W("default-scheduler"), W("defaultBackend"), W("defaultMode"),
	W("delete"), W("deletionGracePeriodSeconds"), W("deletionTimestamp"), W("deprecatedCount"),
	W("deprecatedFirstTimestamp"), W("deprecatedLastTimestamp"), W("deprecatedSource"),
	W("deprecatedTopology"), W("description"), W("desiredHealthy"),
	W("desiredNumberScheduled"), W("details"), W("devicePath"), W("discovery.k8s.io/v1"),
	W("disruptedPods"), W("disruptionsAllowed"), W("divisor"), W("dnsConfig"), W("dnsPolicy"),
	W("downwardAPI"), W("drop"), W("effect"), W("egress"), W("ekube"), W("emptyDir"),
	W("enableServiceLinks"), W("endPort"), W("endpoints"), W("env"), W("envFrom"),
	W("ephemeral-storage"), W("ephemeralContainerStatuses"), W("ephemeralContainers"),
	W("error"), W("eventTime"), W("events.k8s.io/v1"), W("except"), W("exec"), W("exitCode"),
	W("expectedPods"), W("expirationSeconds"), W("expirationTimestamp"), W("externalID"),
	W("externalIPs"), W("externalName"), W("externalTrafficPolicy"), W("failed"),
	W("failedIndexes"), W("failedJobsHistoryLimit"), W("failureThreshold"), W("false"),
	W("features"), W("field"), W("fieldPath"), W("fieldRef"), W("fieldsType"), W("fieldsV1"),
	W("finalizers"), W("finishedAt"), W("firstTimestamp"), W("forZones"), W("from"),
	W("fsGroup"), W("fsGroupChangePolicy"), W("fullyLabeledReplicas"), W("generateName"),
	W("generation"), W("get"), W("gid"), W("globalDefault"), W("gmsaCredentialSpec"),
	W("gmsaCredentialSpecName"), W("groups"), W("grpc"), W("handler"), W("hard"), W("health"),
	W("healthCheckNodePort"), W("helm.sh/chart"), W("hints"), W("holderIdentity"), W("host"),
	W("hostAliases"), W("hostIP"), W("hostIPC"), W("hostIPs"), W("hostNetwork"), W("hostPID"),
	W("hostPath"), W("hostPort"), W("hostProcess"), W("hostUsers"), W("hostname"),
	W("hostnames"), W("hosts"), W("http"), W("httpGet"), W("httpHeaders"), W("https"),
	W("hugepages-2Mi"), W("image"), W("imageID"), W("imagePullPolicy"), W("imagePullSecrets"),
	W("images"), W("immutable"), W("ingress"), W("ingressClassName"),
	W("initContainerStatuses"), W("initContainers"), W("initialDelaySeconds"),
	W("internalTrafficPolicy"), W("involvedObject"), W("ip"), W("ipBlock"), W("ipFamilies"),
	W("ipFamilyPolicy"), W("ipMode"), W("items"), W("job-name"), W("jobTemplate"),
	W("k8s-app"), W("kernelVersion"), W("key"), W("kind"), W("kube-api-access"),
	W("kube-node-lease"), W("kube-public"), W("kube-root-ca.crt"), W("kube-system"),
	W("kubeProxyVersion"), W("kubeletConfigKey"), W("kubeletEndpoint"), W("kubeletVersion"),
	W("kubernetes"), W("kubernetes.io/arch"), W("kubernetes.io/config.source"),
	W("kubernetes.io/hostname"), W("kubernetes.io/metadata.name"), W("kubernetes.io/os"),
	W("kubernetes.io/service-name"), W("labelSelector"), W("labels"), W("lastHeartbeatTime"),
	W("lastKnownGood"), W("lastObservedTime"), W("lastProbeTime"), W("lastScheduleTime"),
	W("lastState"), W("lastSuccessfulTime"), W("lastTimestamp"), W("lastTransitionTime"),
	W("lastUpdateTime"), W("leaseDurationSeconds"), W("leaseTransitions"), W("level"),
	W("lifecycle"), W("limits"), W("linux"), W("list"), W("livenessProbe"), W("loadBalancer"),
	W("loadBalancerClass"), W("loadBalancerIP"), W("loadBalancerSourceRanges"),
	W("localhostProfile"), W("machineID"), W("main"), W("managedBy"), W("managedFields"),
	W("manager"), W("manualSelector"), W("matchExpressions"), W("matchFields"),
	W("matchLabelKeys"), W("matchLabels"), W("maxFailedIndexes"), W("maxSkew"), W("maxSurge"),
	W("maxUnavailable"), W("medium"), W("memory"), W("message"), W("metadata"),
	W("metadata.name"), W("metadata.namespace"), W("minAvailable"), W("minDomains"),
	W("minReadySeconds"), W("mismatchLabelKeys"), W("mode"), W("modifyVolumeStatus"),
	W("mountPath"), W("mountPropagation"), W("name"), W("names"), W("nameservers"),
	W("namespace"), W("namespaceSelector"), W("namespaces"), W("nfs"), W("nginx"),
	W("node.kubernetes.io/disk-pressure"), W("node.kubernetes.io/not-ready"),
	W("node.kubernetes.io/pid-pressure"), W("node.kubernetes.io/unreachable"),
	W("node.kubernetes.io/unschedulable"), W("nodeAffinity"), W("nodeAffinityPolicy"),
	W("nodeInfo"), W("nodeName"), W("nodePort"), W("nodeSelector"), W("nodeSelectorTerms"),
	W("nodeTaintsPolicy"), W("nominatedNodeName"), W("nonResourceURLs"),
	W("notReadyAddresses"), W("note"), W("number"), W("numberAvailable"),
	W("numberMisscheduled"), W("numberReady"), W("numberUnavailable"), W("observedGeneration"),
	W("onExitCodes"), W("onPodConditions"), W("operatingSystem"), W("operation"),
	W("operator"), W("optional"), W("options"), W("ordinals"), W("os"), W("osImage"),
	W("overhead"), W("ownerReferences"), W("parallelism"), W("partition"), W("patch"),
	W("path"), W("pathType"), W("paths"), W("paused"), W("periodSeconds"),
	W("persistentVolumeClaim"), W("persistentVolumeReclaimPolicy"), W("phase"),
	W("pod-template-generation"), W("pod-template-hash"), W("podAffinity"),
	W("podAffinityTerm"), W("podAntiAffinity"), W("podCIDR"), W("podCIDRs"),
	W("podFailurePolicy"), W("podFixed"), W("podIP"), W("podIPs"), W("podManagementPolicy"),
	W("podReplacementPolicy"), W("podSelector"), W("pods"), W("policyTypes"), W("port"),
	W("ports"), W("postStart"), W("preStop"), W("preemptionPolicy"), W("preference"),
	W("preferredHolder"), W("prefix"), W("priority"), W("priorityClassName"), W("privileged"),
	W("procMount"), W("progressDeadlineSeconds"), W("projected"), W("protocol"),
	W("providerID"), W("provisioner"), W("publishNotReadyAddresses"), W("qosClass"),
	W("rbac.authorization.k8s.io"), W("rbac.authorization.k8s.io/v1"), W("readOnly"),
	W("readOnlyRootFilesystem"), W("readinessGates"), W("readinessProbe"), W("ready"),
	W("readyReplicas"), W("reason"), W("reclaimPolicy"), W("recursiveReadOnly"),
	W("recursiveReadOnlyMounts"), W("regarding"), W("related"), W("remainingItemCount"),
	W("renewTime"), W("replicas"), W("reportingComponent"), W("reportingController"),
	W("reportingInstance"), W("request"), W("requests"), W("resize"), W("resizePolicy"),
	W("resource"), W("resourceClaimName"), W("resourceClaimStatuses"),
	W("resourceClaimTemplateName"), W("resourceClaims"), W("resourceFieldRef"),
	W("resourceID"), W("resourceName"), W("resourceNames"), W("resourceVersion"),
	W("resources"), W("restartCount"), W("restartPolicy"), W("revision"),
	W("revisionHistoryLimit"), W("role"), W("roleRef"), W("rollingUpdate"), W("rules"),
	W("runAsGroup"), W("runAsNonRoot"), W("runAsUser"), W("runAsUserName"), W("running"),
	W("runtimeClassName"), W("runtimeHandlers"), W("schedule"), W("schedulerName"),
	W("scheduling"), W("schedulingGates"), W("scheme"), W("scopeName"), W("scopeSelector"),
	W("scopes"), W("seLinuxChangePolicy"), W("seLinuxOptions"), W("searches"),
	W("seccompProfile"), W("seconds"), W("secret"), W("secretKeyRef"), W("secretName"),
	W("secretRef"), W("secrets"), W("securityContext"), W("selector"), W("selfLink"),
	W("series"), W("server"), W("service"), W("serviceAccount"), W("serviceAccountName"),
	W("serviceAccountToken"), W("serviceName"), W("serving"), W("sessionAffinity"),
	W("sessionAffinityConfig"), W("setHostnameAsFQDN"), W("sh"), W("shareProcessNamespace"),
	W("signal"), W("sizeBytes"), W("sizeLimit"), W("sleep"), W("source"), W("sources"),
	W("spec"), W("spec.nodeName"), W("start"), W("startTime"), W("started"), W("startedAt"),
	W("startingDeadlineSeconds"), W("startupProbe"), W("state"), W("status"),
	W("status.podIP"), W("stdin"), W("stdinOnce"), W("storage"), W("storageClassName"),
	W("strategy"), W("stringData"), W("subPath"), W("subPathExpr"), W("subdomain"),
	W("subjects"), W("subresource"), W("subsets"), W("succeeded"), W("succeededCount"),
	W("succeededIndexes"), W("successPolicy"), W("successThreshold"),
	W("successfulJobsHistoryLimit"), W("supplementalGroups"), W("supplementalGroupsPolicy"),
	W("suspend"), W("sysctls"), W("systemUUID"), W("taints"), W("target"),
	W("targetContainerName"), W("targetPort"), W("targetRef"),
	W("targetVolumeAttributesClassName"), W("tcpSocket"), W("template"), W("terminated"),
	W("terminating"), W("terminationGracePeriodSeconds"), W("terminationMessagePath"),
	W("terminationMessagePolicy"), W("tier"), W("time"), W("timeAdded"), W("timeZone"),
	W("timeoutSeconds"), W("tls"), W("to"), W("token"), W("tolerationSeconds"),
	W("tolerations"), W("topologyKey"), W("topologySpreadConstraints"),
	W("trafficDistribution"), W("true"), W("ttlSecondsAfterFinished"), W("tty"), W("type"),
	W("uid"), W("unavailableReplicas"), W("uncountedTerminatedPods"),
	W("unhealthyPodEvictionPolicy"), W("unschedulable"), W("update"), W("updateRevision"),
	W("updateStrategy"), W("updatedNumberScheduled"), W("updatedReplicas"), W("used"),
	W("user"), W("userNamespaces"), W("v1"), W("value"), W("valueFrom"), W("values"),
	W("verbs"), W("volumeBindingMode"), W("volumeClaimTemplates"), W("volumeDevices"),
	W("volumeMode"), W("volumeMounts"), W("volumeName"), W("volumes"), W("volumesAttached"),
	W("volumesInUse"), W("waiting"), W("watch"), W("web"), W("weight"), W("whenDeleted"),
	W("whenScaled"), W("whenUnsatisfiable"), W("windowsOptions"), W("workingDir"), W("zone"),
};

_Static_assert(offsetof(struct word, text) == SHORT_AT, "a word is a short string");

enum { SLOTS = 2048 }; /* about a third of them taken */

/* Hash -> place in words + 1, linear probing. Written before there are threads. */
static uint16_t slots[SLOTS];

/* The first and the last four bytes and the length tell words apart well enough. */
static size_t slot_of(const char *s, size_t n)
{
	uint32_t first = 0, last = 0;

	if (n >= sizeof(first)) {
		memcpy(&first, s, sizeof(first));
		memcpy(&last, s + n - sizeof(last), sizeof(last));
	} else if (n > 0) {
		first = (uint32_t)(unsigned char)s[0] << 16 |
			(uint32_t)(unsigned char)s[n / 2] << 8 | (unsigned char)s[n - 1];
	}
	first = (first ^ (uint32_t)n) * 0x9e3779b1u ^ last * 0x85ebca77u;
	return (first ^ first >> 15) % SLOTS;
}

void words_start(void)
{
	_Static_assert(EK_ARRAY_LEN(words) < SLOTS / 2, "probing stays short");
	for (size_t w = 0; w < EK_ARRAY_LEN(words); w++) {
		size_t i = slot_of(words[w].text, words[w].n);

		while (slots[i])
			i = (i + 1) % SLOTS;
		slots[i] = (uint16_t)(w + 1);
	}
}

struct ek_json *words_find(const char *s, size_t n)
{
	if (n > WORD_MAX)
		return NULL;
	for (size_t i = slot_of(s, n); slots[i]; i = (i + 1) % SLOTS) {
		const struct word *w = &words[slots[i] - 1];

		if (w->n == n && bytes_equal(w->text, s, n))
			return NODE(struct ek_json, w);
	}
	return NULL;
}
