# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# The first day with kubectl and real containers: what travels over streams with every kubectl, the rest
# with the newest.

# Two containers to talk to: one counts lines and serves a page, one sleeps.
pods_fixture() {
	k create -f - <<YAML
apiVersion: v1
kind: Pod
metadata: {name: talker, labels: {app: talker, serves: web}}
spec:
  terminationGracePeriodSeconds: 1
  containers:
  - name: main
    image: $B
    command: [sh, -c, "httpd -p 8080 -h /www; i=0; while :; do echo line \$i; i=\$((i + 1)); sleep 0.2; done"]
    ports: [{name: web, containerPort: 8080}]
  - {name: second, image: $B, command: [sh, -c, "echo second speaks; exec sleep 1000"]}
---
apiVersion: v1
kind: Pod
metadata: {name: other, labels: {app: talker}}
spec:
  terminationGracePeriodSeconds: 1
  containers: [{name: main, image: $B, command: [sh, -c, "echo other speaks; exec sleep 1000"]}]
---
apiVersion: v1
kind: Service
metadata: {name: talker}
spec: {selector: {serves: web}, ports: [{port: 80, targetPort: web}]}
YAML
	ready pod talker other
}

# ---- with every kubectl ----

stream_exec() {
	is out k exec talker -c main -- echo out
	is '' sh -c "$KUBECTL exec talker -c main -- sh -c 'echo err >&2' 2>/dev/null"
	ends_with 7 k exec talker -c main -- sh -c 'exit 7'
	has 'command terminated with exit code 3' k exec talker -c main -- sh -c 'exit 3'
	is 5 sh -c "echo hello | $KUBECTL exec -i talker -c second -- wc -L"
	has 'container nope is not valid|container not found|not found' k exec talker -c nope -- true
	has '^error: .*exec failed: .*"nope": executable file not found in' k exec talker -c main -- nope
	ends_with 9 "$TOP/test/e2e/on-terminal" \
		'# ' 'stty size\n' '40 120' 'resize 50 100' '# ' 'stty size\n' '50 100' 'exit 9\n' \
		-- "$KUBECTL" exec -it talker -c main -- sh
}

# A megabyte both ways, and a folder.
stream_cp() {
	local dir=$WORK/cp-$1
	mkdir -p "$dir/tree/sub"
	head -c 1000000 /dev/urandom >"$dir/blob"
	echo deep >"$dir/tree/sub/file"
	k cp "$dir/blob" "talker:/tmp/blob-$1" -c main
	k cp "talker:/tmp/blob-$1" "$dir/back" -c main
	cmp "$dir/blob" "$dir/back"
	k cp "$dir/tree" "talker:/tmp/tree-$1" -c main
	is deep k exec talker -c main -- cat "/tmp/tree-$1/sub/file"
}

stream_logs() {
	local out=$WORK/logs-$1
	timeout 20 "$KUBECTL" logs -f talker -c main --tail=1 >"$out" &
	local follower=$!
	wait_for 10 sh -c "[ \$(wc -l <$out) -ge 5 ]"
	kill $follower
	has '^20[0-9-]*T[0-9:.]*Z line [0-9]+$' k logs talker -c main --tail=1 --timestamps
}

stream_attach() {
	timeout 20 "$KUBECTL" attach talker -c main >"$WORK/attach-$1" 2>&1 &
	local attached=$!
	wait_for 10 sh -c "[ \$(grep -c '^line' $WORK/attach-$1) -ge 3 ]"
	kill $attached
	k run "ask-$1" --image=$B --restart=Never -i --tty --labels=app=ask --command -- \
		sh -c 'read x; echo "got $x"; read y; exit 4' </dev/null >/dev/null 2>&1 &
	wait_for 10 k get pod "ask-$1"
	ready "pod/ask-$1"
	has 'got hello' "$TOP/test/e2e/on-terminal" '.' 'hello\n' 'got hello' 'bye\n' -- "$KUBECTL" attach -it "ask-$1"
	wait_for 10 is 4 k get pod "ask-$1" -o 'jsonpath={.status.containerStatuses[0].state.terminated.exitCode}'
	k delete pod "ask-$1" --now --wait=false
}

# forwarded OUTPUT TARGET PORT: sets FORWARD and LOCAL
forward() {
	"$KUBECTL" port-forward "$2" ":$3" >"$1" 2>&1 &
	FORWARD=$!
	wait_for 10 grep -q '^Forwarding from 127' "$1"
	LOCAL=$(sed -n 's/.*127.0.0.1:\([0-9]*\) .*/\1/p' "$1")
}

# Each answer of this httpd ends with its side closing.
stream_forward() {
	local n
	forward "$WORK/forward-$1" pod/talker 8080
	for n in 1 2 3; do has "hello from .*busybox" curl -s -m 5 "http://127.0.0.1:$LOCAL/"; done
	kill $FORWARD
	wait $FORWARD || true
	forward "$WORK/forward-$1" svc/talker 80
	has "hello from .*busybox" curl -s -m 5 "http://127.0.0.1:$LOCAL/"
	kill $FORWARD
	wait $FORWARD || true
	forward "$WORK/forward-$1" pod/talker 9
	fails curl -s -m 5 "http://127.0.0.1:$LOCAL/"
	wait_for 5 grep -q 'onnection refused' "$WORK/forward-$1"
	kill $FORWARD 2>/dev/null || true
}

pods_streams() {
	stream_exec
	stream_cp "$1"
	stream_logs "$1"
	stream_attach "$1"
	stream_forward "$1"
}

# run, look, describe, wait, delete: a pod's life with each kubectl.
pods_life() {
	local p=life-$1
	has "pod/$p created" k run "$p" --image=$B --restart=Never --labels="app=$p" --command -- sleep 1000
	ready "pod/$p"
	has "^$p +1/1 +Running +0 .*10\.42\.[0-9.]+ +pods " k get pod "$p" -o wide
	has 'Started container' k describe pod "$p"
	has '^pods +Ready .*192\.0\.2\.1 .*runc://' k get nodes -o wide
	has "pod/$p" k get all
	has "pod \"$p\"( force)? deleted" k delete pod -l "app=$p" --now
	gone pod "$p"
}

# ---- with the newest ----

# Everything a manifest may say about where values come from.
pods_example() {
	sed "s|@WORK@|$WORK|; s|@IMAGE@|$B|" "$TOP/test/e2e/example.yaml" >"$WORK/example.yaml"
	timeout 60 "$KUBECTL" get pod -w -o name >"$WORK/watched" &
	k apply -f "$WORK/example.yaml"
	ready pod example
	k diff -f "$WORK/example.yaml"
	has 'configmap/settings unchanged' k apply -f "$WORK/example.yaml"
	k exec example -c web -- env >"$WORK/env"
	for line in 'PLAIN=a b' 'EXPANDED=a b-$(x)-$(NOPE)' FROM_MAP=hello FROM_SECRET=s3cret POD=example LABEL=example \
		NODE=pods MEM=64 CPU=20 COLOR=blue K_password=s3cret KUBERNETES_SERVICE_HOST=10.43.0.1 HOSTNAME=example; do
		grep -qxF -- "$line" "$WORK/env" || { echo "no $line in:"; cat "$WORK/env"; return 1; }
	done
	grep -qE '^IP=10\.42\.' "$WORK/env"
	is $'one\ntwo' k exec example -c web -- cat /work/order
	is s3cret k exec example -c web -- cat /keys/password
	is 400 k exec example -c web -- stat -Lc %a /keys/password
	is hello,abc,example k exec example -c web -- sh -c 'echo $(cat /all/cm/greeting),$(cat /all/sec/token),$(cat /all/name)'
	is 'app="example"' k exec example -c web -- cat /down/labels
	has '"aud":\["me"\]' k exec example -c web -- sh -c 'cut -d. -f2 /all/token | tr -- -_ +/ | base64 -d 2>/dev/null'
	has 'tmpfs .*1\.0M' k exec example -c web -- df -h /mem
	fails k exec example -c web -- touch /pages/x
	k exec example -c web -- sh -c 'echo seen >/host/file; echo sub >/sub/file'
	is seen cat "$WORK/host/file"
	is sub k exec example -c web -- cat /work/a/b/file
	is 65534 k exec example -c guarded -- id -u
	has 'Read-only file system' k exec example -c guarded -- touch /x
	is 'CapBnd:0000000000000000' k exec example -c guarded -- sh -c 'grep CapBnd /proc/self/status | tr -d "\t"'
	is 1 sh -c "$KUBECTL exec example -c guarded -- grep -c 'Seccomp:.*2' /proc/self/status"
	# a volume follows its ConfigMap
	k patch cm settings -p '{"data":{"page.html":"new page"}}'
	wait_for 90 is 'new page' k exec example -c web -- cat /pages/page.html
	[ "$(grep -c pod/example "$WORK/watched")" -ge 2 ]
}

pods_describe() {
	k describe pod example >"$WORK/described"
	for line in 'Successfully assigned default/example to pods' 'Container image "busybox:1.36" already present on machine' \
		'Started container web' 'Startup: +tcp-socket' 'QoS Class: +Burstable' 'Ready +True' 'Node: +pods/192.0.2.1'; do
		grep -qE -- "$line" "$WORK/described" || { echo "no $line"; cat "$WORK/described"; return 1; }
	done
	has 'Non-terminated Pods' k describe node pods
	has 'default +example +20m' k describe node pods
	has 'cpu +20m' k describe node pods
	has 'Started container web' k get events
}

pods_deployment() {
	k create deployment web --image=$B --replicas=2 -- sh -c "$OBEDIENT"
	has 'successfully rolled out' k rollout status deploy web --timeout=30s
	k expose deploy web --port 80 --target-port 8080
	has 'hello from' curl -s -m 5 "http://$(k get svc web -o 'jsonpath={.spec.clusterIP}')/"
	k set env deploy/web STAGE=2
	k rollout status deploy web --timeout=40s
	is 2 k exec deploy/web -- sh -c 'echo $STAGE'
	k set image deploy/web busybox=docker.io/library/$B
	k rollout status deploy web --timeout=40s
	has '^3 ' k rollout history deploy web
	has 'STAGE:.2' k rollout history deploy web --revision=2
	has 'rolled back' k rollout undo deploy web --to-revision=1
	k rollout status deploy web --timeout=40s
	is '' k exec deploy/web -- sh -c 'echo $STAGE'
	k rollout restart deploy web
	k rollout status deploy web --timeout=40s
	k scale deploy web --replicas=4
	k wait deploy web --for=condition=Available --timeout=20s
	wait_for 20 is 4 k get deploy web -o 'jsonpath={.status.readyReplicas}'
	has 'Scaled up replica set web-' k describe deploy web
	has '^deployment.apps/web +4/4' k get all
	k scale deploy web --replicas=0
	wait_for 40 is '' k get pod -l app=web -o name
	k delete deploy,svc web
}

pods_logs() {
	has 'second speaks' k logs talker -c second
	has "$(since 21 && echo 'Defaulted container "main"' || echo 'choose one of: \[main second\]')" k logs talker --tail=1
	is 3 sh -c "$KUBECTL logs talker -c main --tail=3 | wc -l"
	[ "$(k logs talker -c main --since=1s | wc -l)" -lt 10 ]
	has '^line 0$' k logs talker -c main --limit-bytes=7
	is $'other speaks\nsecond speaks' sh -c "$KUBECTL logs -l app=talker --all-containers | grep speaks | sort"
	has '\[pod/other/main\] other speaks' k logs -l app=talker --all-containers --prefix
	k run again --image=$B --command -- sh -c 'echo born; sleep 1; echo dies; exit 5'
	wait_for 20 has ' 1 \(?|^again +[01]/1 +[A-Za-z]+ +1 ' k get pod again --no-headers
	is $'born\ndies' k logs again --previous
	has 'previous terminated container "main" in pod "talker" not found' k logs talker -c main -p
	is 5 k get pod again -o 'jsonpath={.status.containerStatuses[0].lastState.terminated.exitCode}'
	k delete pod again --now
}

# terminating POD GRACE: answers TERM by a line in a file on the host
terminating() {
	k create -f - <<YAML
apiVersion: v1
kind: Pod
metadata: {name: $1, labels: {app: terminating}}
spec:
  terminationGracePeriodSeconds: $2
  containers:
  - name: c
    image: $B
    command: [sh, -c, "trap 'sleep 0.5; echo $1 >>/host/ended; exit 0' TERM; while :; do sleep 0.1; done"]
    volumeMounts: [{name: host, mountPath: /host}]
  - {name: deaf, image: $B, command: [sleep, "1000"], lifecycle: {preStop: {exec: {command: [sh, -c, "echo hook >>/host/ended"]}}}, volumeMounts: [{name: host, mountPath: /host}]}
  volumes: [{name: host, hostPath: {path: $WORK/host, type: DirectoryOrCreate}}]
YAML
}

pods_delete() {
	terminating graceful 3
	terminating forced 2
	ready pod graceful forced
	has 'Immediate deletion does not wait' k delete pod forced --force
	gone pod forced
	k delete pod graceful --wait=false
	has 'graceful +[012]/2 +Terminating' k get pod graceful
	wait_for 20 gone pod graceful
	grep -qx graceful "$WORK/host/ended"
	grep -qx hook "$WORK/host/ended"
	k run l1 --image=$B --labels=side=left --restart=Never --command -- sleep 1000
	k run r1 --image=$B --labels=side=right --restart=Never --command -- sleep 1000
	ready pod l1 r1
	k delete pod -l side=left --now
	is pod/r1 k get pod -l side -o name
	k delete pod r1 --now
}

pods_cascade() {
	local kind
	for kind in orphan foreground background; do
		k create deployment "c-$kind" --image=$B -- sh -c "$OBEDIENT"
		k rollout status deploy "c-$kind" --timeout=20s
		k delete deploy "c-$kind" --cascade=$kind
	done
	# foreground: its sets are gone before it is
	gone rs -l app=c-foreground
	wait_for 20 gone rs -l app=c-background
	is Running k get pod -l app=c-orphan -o 'jsonpath={.items[0].status.phase}'
	is '' k get rs -l app=c-orphan -o 'jsonpath={.items[0].metadata.ownerReferences}'
	k delete rs -l app=c-orphan
	k delete pod -l 'app in (c-orphan, c-foreground, c-background)' --now --ignore-not-found
	wait_for 60 gone pod -l 'app in (c-orphan, c-foreground, c-background)'
}

pods_debug() {
	since 23 || return 0 # what older ones send was never more than an alpha
	k debug talker --image=$B -c doctor --target=main -- sh -c 'ps; echo examined; sleep 1000'
	wait_for 20 has 'examined' k logs talker -c doctor
	has 'httpd -p 8080' k logs talker -c doctor
	has 'Ephemeral Containers' k describe pod talker
}

# Without pods nothing of them is left on the machine.
pods_traces() {
	k delete pod --all --now
	k delete svc talker
	wait_for 60 gone pod -A
	wait_for 20 has_no_traces
}

start_cluster pods
run pods_fixture
each_kubectl pods_streams
each_kubectl pods_life
together pods_example pods_deployment pods_logs pods_delete pods_cascade pods_debug
run pods_describe
run pods_traces
run end_server
