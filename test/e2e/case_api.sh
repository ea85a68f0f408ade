# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# The first day with kubectl, as far as no container has to run: every kubectl, one control plane.

api_first_day() {
	local ns=day-$1 f=$WORK/day-$1.yaml
	k version >/dev/null
	has 'control plane.*is running at' k cluster-info
	has '^deployments +deploy +apps/v1 +true +Deployment' k api-resources
	k create ns "$ns"
	is Active k get ns "$ns" -o 'jsonpath={.status.phase}'
	cat >"$f" <<YAML
apiVersion: v1
kind: ConfigMap
metadata: {name: a, namespace: $ns}
data: {x: "1"}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: d, namespace: $ns}
spec:
  replicas: 2
  selector: {matchLabels: {app: d}}
  template:
    metadata: {labels: {app: d}}
    spec: {containers: [{name: c, image: "b:1", ports: [{containerPort: 80}]}]}
YAML
	has 'configmap/a created' k apply -f "$f"
	k diff -f "$f"
	sed -i 's/x: "1"/x: "2"/' "$f"
	fails k diff -f "$f"
	has 'deployment.apps/d unchanged' k apply -f "$f"
	is 2 k -n "$ns" get cm a -o 'jsonpath={.data.x}'
	is 'deployment.apps/d' k -n "$ns" get deploy -o name
	has '^d +2' k -n "$ns" get deploy -o custom-columns=N:.metadata.name,R:.spec.replicas
	has '^kind: ConfigMap' k -n "$ns" get cm a -o yaml
	has '"kind": "ConfigMap"' k -n "$ns" get cm a -o json
	k -n "$ns" label cm a l=1
	is configmap/a k -n "$ns" get cm -l l=1 -o name
	k -n "$ns" annotate cm a note=1
	k -n "$ns" patch cm a --type=merge -p '{"data":{"y":"1"}}'
	k -n "$ns" patch cm a --type=json -p '[{"op":"add","path":"/data/z","value":"q"}]'
	is 2,1,q k -n "$ns" get cm a -o 'jsonpath={.data.x},{.data.y},{.data.z}'
	wait_for 10 is 2 k -n "$ns" get deploy d -o 'jsonpath={.status.replicas}'
	k -n "$ns" patch deploy d -p '{"spec":{"template":{"spec":{"containers":[{"name":"c","image":"b:2"}]}}}}'
	wait_for 10 has '^2 ' k -n "$ns" rollout history deploy d
	EDITOR='sed -i s/b:2/b:3/' k -n "$ns" edit deploy d
	is b:3 k -n "$ns" get deploy d -o 'jsonpath={.spec.template.spec.containers[0].image}'
	wait_for 10 has '^3 ' k -n "$ns" rollout history deploy d
	k -n "$ns" set image deploy/d c=b:4
	wait_for 10 has '^4 ' k -n "$ns" rollout history deploy d
	k -n "$ns" rollout undo deploy d
	wait_for 10 is b:3 k -n "$ns" get deploy d -o 'jsonpath={.spec.template.spec.containers[0].image}'
	k -n "$ns" rollout restart deploy d
	k -n "$ns" scale deploy d --replicas=3
	wait_for 10 is 3 k -n "$ns" get deploy d -o 'jsonpath={.spec.replicas}'
	k -n "$ns" expose deploy d --port 80
	has '10\.43\.' k -n "$ns" get svc d -o 'jsonpath={.spec.clusterIP}'
	k -n "$ns" run p --image=b:1 --restart=Never
	is Pending k -n "$ns" get po p -o 'jsonpath={.status.phase}'
	has 'ScalingReplicaSet' k -n "$ns" describe deploy d
	is yes k auth can-i '*' '*'
	is no k -n "$ns" auth can-i list secrets --as "system:serviceaccount:$ns:default" || true
	has certificate-authority-data k config view
	k -n "$ns" delete po p
	k -n "$ns" delete deploy d
	k delete ns "$ns" --timeout=20s
}

api_errors() {
	has 'NotFound.*pods "nope" not found' k get po nope
	has 'configmaps "kube-root-ca.crt" already exists' k create cm kube-root-ca.crt
	has 'metadata.name: Invalid value' k create cm Bad_Name
	has 'spec.restartPolicy: Unsupported value: "Sometimes"' k create -f - <<YAML
{"apiVersion":"v1","kind":"Pod","metadata":{"name":"x"},"spec":{"containers":[{"name":"c","image":"i"}],"restartPolicy":"Sometimes"}}
YAML
	has 'namespaces "nowhere" not found' k -n nowhere create cm a
	# the server's own check; before 1.25 kubectl looks into the schema itself
	has 'unknown field "(spec.)?foo"' k create -f - "--validate=$(since 25 && echo strict || echo true)" <<YAML
{"apiVersion":"v1","kind":"Service","metadata":{"name":"x"},"spec":{"foo":1,"ports":[{"port":80}]}}
YAML
	has 'Forbidden.*cannot list resource "secrets"' k get secrets --as nobody
	has '"code":401' curl -sk -H 'Authorization: Bearer wrong' "$URL/api"
	has '"reason":"Forbidden"' curl -sk "$URL/api/v1/secrets"
	is ok curl -sk "$URL/healthz"
	head -c 4000000 /dev/zero >"$WORK/large"
	has '413|RequestEntityTooLarge' curl -sk -X POST --data-binary "@$WORK/large" "$URL/api/v1/namespaces/default/configmaps"
	k get --raw /readyz
}

# Pages, revisions and watches as client-go uses them.
api_lists() {
	for i in 1 2 3 4 5; do k -n default create cm "l$i"; done
	is 6 sh -c "$KUBECTL -n default get cm --chunk-size=2 -o name | wc -l"
	timeout 10 "$KUBECTL" -n default get cm l1 -w -o name >"$WORK/watched" &
	local watcher=$!
	sleep 0.5
	k -n default label cm l1 seen=yes
	wait_for 5 sh -c "[ \$(wc -l <$WORK/watched) -ge 2 ]"
	kill $watcher
	k -n default delete cm l1 l2 l3 l4 l5
}

# With a watch open.
api_stops() {
	timeout 20 "$KUBECTL" get cm -A -w >/dev/null 2>&1 &
	sleep 0.3
	stop_server
}

URL=https://127.0.0.1:7443
start_server api --https-listen-port 7443 --disable-agent
some_kubectls api_first_day
run api_errors
run api_lists
run api_stops
