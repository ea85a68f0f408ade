# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# What pods have of a cluster: Services, names, the API, the node's doors, scheduling, registries.

outside() {
	nsenter --net=/run/netns/outside "$@"
}

# From a pod, from this machine, from the machine next door.
in_pod() {
	k exec client -- "$@"
}

cluster_fixture() {
	k create -f - <<YAML
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 3
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      terminationGracePeriodSeconds: 1
      containers:
      - name: c
        image: $B
        command: [sh, -c, "hostname >/tmp/index.html; exec httpd -f -p 8080 -h /tmp"]
        readinessProbe: {httpGet: {path: /, port: 8080}, periodSeconds: 1}
        ports: [{name: http, containerPort: 8080}]
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec:
  selector: {app: web}
  ports: [{name: http, port: 80, targetPort: http}]
---
apiVersion: v1
kind: Service
metadata: {name: door}
spec:
  type: NodePort
  selector: {app: web}
  ports: [{name: http, port: 80, targetPort: 8080, nodePort: 30080}]
---
apiVersion: v1
kind: Service
metadata: {name: sticky}
spec: {sessionAffinity: ClientIP, selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}
---
apiVersion: v1
kind: Service
metadata: {name: names}
spec: {type: NodePort, ports: [{name: dns, port: 53, nodePort: 30053, protocol: UDP}]}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: names, labels: {kubernetes.io/service-name: names}}
addressType: IPv4
ports: [{name: dns, port: 53, protocol: UDP}]
endpoints: [{addresses: [192.0.2.254]}]
---
apiVersion: v1
kind: Service
metadata: {name: headless}
spec: {clusterIP: None, selector: {app: named}, ports: [{name: http, port: 8080}]}
---
apiVersion: v1
kind: Service
metadata: {name: elsewhere}
spec: {type: ExternalName, externalName: somewhere.test}
---
apiVersion: v1
kind: Pod
metadata: {name: named, labels: {app: named}}
spec:
  hostname: first
  subdomain: headless
  terminationGracePeriodSeconds: 1
  containers: [{name: c, image: $B, command: [httpd, -f, -p, "8080", -h, /www], ports: [{containerPort: 8080, hostPort: 30808}]}]
---
apiVersion: v1
kind: Pod
metadata: {name: client}
spec:
  terminationGracePeriodSeconds: 1
  containers:
  - {name: c, image: $B, command: [sleep, "1000"], volumeMounts: [{name: kubectl, mountPath: /kubectl, readOnly: true}]}
  volumes: [{name: kubectl, hostPath: {path: $KUBECTL, type: File}}]
---
apiVersion: v1
kind: Pod
metadata: {name: hosted}
spec:
  hostNetwork: true
  terminationGracePeriodSeconds: 1
  containers: [{name: c, image: $B, command: [httpd, -f, -p, "30700", -h, /www]}]
YAML
	k rollout status deploy web --timeout=30s
	ready pod named client hosted
}

# A list of who answered COMMAND, asked ten times.
who_answers() {
	local n
	for n in 1 2 3 4 5 6 7 8 9 10 11 12; do "$@"; done | sort -u | grep -c .
}

cluster_services() {
	local ip udp
	ip=$(k get svc web -o 'jsonpath={.spec.clusterIP}')
	wait_for 10 is 3 k get endpointslice -l kubernetes.io/service-name=web -o 'go-template={{len (index .items 0).endpoints}}'
	[ "$(who_answers curl -s -m 5 "http://$ip/")" -ge 2 ]
	[ "$(in_pod sh -c 'for i in 1 2 3 4 5 6 7 8 9 10 11 12; do timeout 5 wget -qO- http://web; done | sort -u | grep -c .')" -ge 2 ]
	[ "$(who_answers outside curl -s -m 5 http://192.0.2.1:30080/)" -ge 2 ]
	has '^web-' curl -s -m 5 http://192.0.2.1:30080/
	is 1 who_answers curl -s -m 5 "http://$(k get svc sticky -o 'jsonpath={.spec.clusterIP}')/"
	is 1 in_pod sh -c 'for i in 1 2 3 4 5 6 7 8 9 10 11 12; do timeout 5 wget -qO- http://sticky; done | sort -u | grep -c .'
	udp=$(k get svc names -o 'jsonpath={.spec.clusterIP}')
	has 'Address: 192.0.2.77' in_pod nslookup -type=a www.example.test "$udp"
	has '192.0.2.77' outside "$TOP/test/e2e/outside.py" ask 192.0.2.1 30053
	has '192.0.2.77' "$TOP/test/e2e/outside.py" ask "$udp" 53
	# nobody behind it: refused at once, not after a time-out
	k create service clusterip nobody --tcp=80
	has 'refused|No route|unreachable' in_pod timeout 5 wget -qO- "http://$(k get svc nobody -o 'jsonpath={.spec.clusterIP}')/"
	has 'no endpoints available for service "nobody"|endpoints "nobody" not found' k get --raw /api/v1/namespaces/default/services/nobody/proxy/
	k delete svc nobody
	# the same through the API server
	has '^web-' k get --raw /api/v1/namespaces/default/services/web:http/proxy/
	has '^web-' k get --raw "/api/v1/namespaces/default/pods/$(k get pod -l app=web -o 'jsonpath={.items[0].metadata.name}')/proxy/"
}

cluster_service_follows() {
	local ip
	ip=$(k get svc web -o 'jsonpath={.spec.clusterIP}')
	k scale deploy web --replicas=1
	wait_for 20 is 1 k get endpointslice -l kubernetes.io/service-name=web -o 'go-template={{len (index .items 0).endpoints}}'
	wait_for 10 is 1 who_answers curl -s -m 5 "http://$ip/"
	k scale deploy web --replicas=3
	k rollout status deploy web --timeout=30s
}

cluster_names() {
	local ip named
	ip=$(k get svc web -o 'jsonpath={.spec.clusterIP}')
	named=$(k get pod named -o 'jsonpath={.status.podIP}')
	has "Address: $ip" in_pod nslookup -type=a web.default.svc.cluster.local
	has "^$ip|Address.*$ip" in_pod sh -c 'ping -c 1 -W 1 web | head -1 | tr "()" "\n\n"'
	has 'service = 0 100 80 web.default.svc.cluster.local' in_pod nslookup -type=srv _http._tcp.web.default.svc.cluster.local
	has 'name = web.default.svc.cluster.local' in_pod nslookup "$ip"
	has "Address: $named" in_pod nslookup -type=a headless.default.svc.cluster.local
	has "Address: $named" in_pod nslookup -type=a first.headless.default.svc.cluster.local
	has "Address: $named" in_pod nslookup -type=a "$(echo "$named" | tr . -).default.pod.cluster.local"
	has 'service = 0 100 8080 first.headless.default.svc.cluster.local' \
		in_pod nslookup -type=srv _http._tcp.headless.default.svc.cluster.local
	has 'somewhere.test' in_pod nslookup -type=cname elsewhere.default.svc.cluster.local
	has "NXDOMAIN" in_pod nslookup -type=a nope.default.svc.cluster.local
	has 'Address: 192.0.2.77' in_pod nslookup -type=a www.example.test
	has 'nameserver 10.43.0.10' in_pod cat /etc/resolv.conf
	has 'search default.svc.cluster.local svc.cluster.local cluster.local' in_pod cat /etc/resolv.conf
	has 'options ndots:5' in_pod cat /etc/resolv.conf
	has "^$named[[:space:]]+first.headless.default.svc.cluster.local[[:space:]]+first" k exec named -- cat /etc/hosts
	is first k exec named -- hostname
}

# kubernetes.default with the pod's own token, checked against its own ca.crt; RBAC says no, then yes.
cluster_api_from_pod() {
	local sa=/var/run/secrets/kubernetes.io/serviceaccount
	has '"gitVersion"' in_pod sh -c "/kubectl --server=https://kubernetes.default --certificate-authority=$sa/ca.crt --token=\$(cat $sa/token) get --raw /version"
	has 'pods is forbidden: User "system:serviceaccount:default:default" cannot list resource "pods" in API group "" in the namespace "default"' \
		in_pod /kubectl get pods
	k create role reader --verb=get,list --resource=pods
	k create rolebinding reader --role=reader --serviceaccount=default:default
	wait_for 5 has '^client ' in_pod /kubectl get pods
	has 'secrets is forbidden' in_pod /kubectl get secrets
	has 'cannot list resource "pods".*in the namespace "kube-system"' in_pod /kubectl -n kube-system get pods
	k delete rolebinding,role reader
	wait_for 5 has 'pods is forbidden' in_pod /kubectl get pods
}

cluster_doors() {
	has 'hello from' outside curl -s -m 5 http://192.0.2.1:30808/
	has 'hello from' curl -s -m 5 http://192.0.2.1:30808/
	has 'hello from' outside curl -s -m 5 http://192.0.2.1:30700/
	is 192.0.2.1,192.0.2.1 k get pod hosted -o 'jsonpath={.status.hostIP},{.status.podIP}'
	# what leaves the machine has its address
	is 192.0.2.1 in_pod timeout 5 wget -qO- http://192.0.2.254:8000/
	# and two cannot have one door
	k create -f - <<YAML
{"apiVersion":"v1","kind":"Pod","metadata":{"name":"late"},"spec":{"containers":[{"name":"c","image":"$B","ports":[{"containerPort":80,"hostPort":30808}]}]}}
YAML
	wait_for 10 has "FailedScheduling.*0/1 nodes are available: 1 node\(s\) didn't have free ports for the requested pod ports" k describe pod late
	k delete pod late --now
}

cluster_scheduling() {
	k create -f - <<YAML
{"apiVersion":"v1","kind":"Pod","metadata":{"name":"picky"},"spec":{"terminationGracePeriodSeconds":1,"nodeSelector":{"disk":"fast"},"containers":[{"name":"c","image":"$B","command":["sleep","1000"]}]}}
YAML
	wait_for 10 has "FailedScheduling.*1 node\(s\) didn't match Pod's node affinity/selector" k describe pod picky
	k label node cluster disk=fast
	ready pod picky
	k delete pod picky --now
	k label node cluster disk-
	k taint node cluster only=us:NoSchedule
	k run refused --image=$B --restart=Never -- sleep 1000
	wait_for 10 has 'FailedScheduling.*1 node\(s\) had untolerated taint \{only: us\}' k describe pod refused
	k taint node cluster only-
	ready pod refused
	k delete pod refused --now
}

cluster_no_execute() {
	trap 'k taint node cluster out-' EXIT
	k run tolerant --image=$B --restart=Never \
		--overrides='{"spec":{"tolerations":[{"key":"out","operator":"Exists","effect":"NoExecute"}]}}' -- sleep 1000
	ready pod tolerant
	k taint node cluster out=now:NoExecute
	wait_for 20 gone pod client
	has 'TaintManagerEviction.*Marking for deletion Pod default/client' k get events
	is Running k get pod tolerant -o 'jsonpath={.status.phase}'
	k delete pod tolerant --now
}

cluster_drain() {
	k delete pod named hosted client --now --ignore-not-found
	k rollout status deploy web --timeout=30s
	k cordon cluster
	has 'Ready,SchedulingDisabled' k get nodes
	has 'evicted|drained|deleted' k drain cluster --ignore-daemonsets --force --delete-emptydir-data --timeout=40s
	wait_for 20 is 3 k get pod -l app=web --field-selector=status.phase=Pending -o 'go-template={{len .items}}'
	k uncordon cluster
	k rollout status deploy web --timeout=40s
}

# ---- images ----

# registry PORT [AUTH]: Debian's, in memory of the run; `user` and `pass` when AUTH.
registry() {
	local dir=$WORK/registry-$1
	mkdir -p "$dir"
	cat >"$dir/config.yml" <<YAML
version: 0.1
log: {level: error}
storage: {filesystem: {rootdirectory: $dir/data}}
http: {addr: "127.0.0.1:$1"}
YAML
	if [ -n "${2:-}" ]; then
		# shellcheck disable=SC2016
		echo 'user:$2b$04$FSPoSJNBhBTI1IiZLHRLL.oqCIR0Bz6W4ymJZV...ujpa2rvFa1Cq' >"$dir/htpasswd"
		echo "auth: {htpasswd: {realm: private, path: $dir/htpasswd}}" >>"$dir/config.yml"
	fi
	"$REGISTRY" serve "$dir/config.yml" >"$dir/log" 2>&1 &
	disown
	wait_for 10 curl -s "http://127.0.0.1:$1/v2/"
	skopeo --insecure-policy copy -q --dest-tls-verify=false ${2:+--dest-creds=user:pass} \
		"docker-archive:$WORK/busybox.tar" "docker://127.0.0.1:$1/team/busybox:1"
}

# pull_pod NAME IMAGE [SECRET]
pull_pod() {
	local secret=
	[ -z "${3:-}" ] || secret="\"imagePullSecrets\":[{\"name\":\"$3\"}],"
	k create -f - <<YAML
{"apiVersion":"v1","kind":"Pod","metadata":{"name":"$1"},"spec":{${secret}"terminationGracePeriodSeconds":1,"containers":[{"name":"c","image":"$2","imagePullPolicy":"Always","command":["sleep","1000"]}]}}
YAML
}

cluster_pull() {
	pull_pod pulled 127.0.0.1:5000/team/busybox:1
	pull_pod mirrored mirrored.example/team/busybox:1
	pull_pod locked 127.0.0.1:5001/team/busybox:1
	k create secret docker-registry creds --docker-server=127.0.0.1:5001 --docker-username=user --docker-password=pass
	pull_pod unlocked 127.0.0.1:5001/team/busybox:1 creds
	pull_pod absent 127.0.0.1:5000/team/nothing:1
	ready pod pulled mirrored unlocked
	has 'Pulling image "127.0.0.1:5000/team/busybox:1"' k describe pod pulled
	has 'Successfully pulled image "127.0.0.1:5000/team/busybox:1" in .*Image size: [0-9]+ bytes' k describe pod pulled
	has '127.0.0.1:5000/team/busybox@sha256:[0-9a-f]{64}' k get pod pulled -o 'jsonpath={.status.containerStatuses[0].imageID}'
	wait_for 10 has 'ErrImagePull|ImagePullBackOff' k get pod absent
	wait_for 20 has 'ImagePullBackOff' k get pod absent
	wait_for 10 has 'Back-off pulling image "127.0.0.1:5000/team/nothing:1"' k describe pod absent
	has 'Failed to pull image "127.0.0.1:5000/team/nothing:1"' k describe pod absent
	has 'Error: ErrImagePull' k describe pod absent
	has 'Failed to pull image "127.0.0.1:5001/team/busybox:1".*(401|[Uu]nauthorized|authorization)' k describe pod locked
	has 'ErrImagePull|ImagePullBackOff' k get pod locked
	k delete pod pulled mirrored locked unlocked absent --now
}

cluster_crash_loop() {
	k run crashing --image=$B -- sh -c 'echo alive; exit 3'
	wait_for 30 has '^crashing +0/1 +CrashLoopBackOff +[1-9]' k get pod crashing
	has 'Back-off restarting failed container crashing in pod crashing_default' k describe pod crashing
	is 3,Error k get pod crashing -o 'jsonpath={.status.containerStatuses[0].lastState.terminated.exitCode},{.status.containerStatuses[0].lastState.terminated.reason}'
	has 'back-off [0-9]+s restarting failed container=crashing pod=crashing_default' k get pod crashing -o 'jsonpath={.status.containerStatuses[0].state.waiting.message}'
	k delete pod crashing --now
}

cluster_traces() {
	k delete deploy,pod --all --now
	wait_for 60 gone pod -A
	wait_for 20 has_no_traces
}

outside "$TOP/test/e2e/outside.py" 192.0.2.254 &
disown
registry 5000 >"$WORK/registries.log" 2>&1
registry 5001 locked >>"$WORK/registries.log" 2>&1
cat >"$WORK/registries.yaml" <<'YAML'
mirrors:
  mirrored.example: {endpoint: ["http://127.0.0.1:5000"]}
YAML
start_cluster cluster --private-registry "$WORK/registries.yaml"
run cluster_fixture
together cluster_pull cluster_crash_loop cluster_services cluster_names cluster_api_from_pod cluster_doors
run cluster_service_follows
run cluster_scheduling
run cluster_no_execute
run cluster_drain
run cluster_traces
run end_server
