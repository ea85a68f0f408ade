# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# The server is killed and stopped at random instants, under load and while it starts. Nothing that it acknowledged is
# lost, no container notices, and at the end nothing is left. EKUBE_E2E_KILLS: how often (5).

# Pods that must not notice.
crash_fixture() {
	k create ns load
	k create -f - <<YAML
apiVersion: v1
kind: Pod
metadata: {name: counter}
spec:
  terminationGracePeriodSeconds: 1
  containers:
  - {name: c, image: $B, command: [sh, -c, "i=0; while :; do echo line \$i; i=\$((i + 1)); sleep 0.1; done"]}
  - name: probed
    image: $B
    command: [httpd, -f, -p, "8080", -h, /www]
    livenessProbe: {httpGet: {path: /, port: 8080}, periodSeconds: 1}
    readinessProbe: {exec: {command: ["true"]}, periodSeconds: 1}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: stable}
spec:
  replicas: 2
  selector: {matchLabels: {app: stable}}
  template:
    metadata: {labels: {app: stable}}
    spec: {terminationGracePeriodSeconds: 1, containers: [{name: c, image: $B, command: [sleep, "100000"]}]}
YAML
	k rollout status deploy stable --timeout=30s
	ready pod counter
	list_stable >"$WORK/stable"
	is 4 sh -c "wc -l <$WORK/stable"
}

# Pod's uid, container, restarts, its process and when that was started, for each container.
list_stable() {
	local uid id restarts pid
	k get pod -o 'go-template={{range .items}}{{$u := .metadata.uid}}{{range .status.containerStatuses}}{{$u}} {{.containerID}} {{.restartCount}}{{"\n"}}{{end}}{{end}}' |
		sort | while read -r uid id restarts; do
		pid=$(sed -n 's/.*"init_process_pid":\([0-9]*\).*/\1/p' "$RUN_DIR/runtime/${id#runc://}/state.json")
		echo "$uid $id $restarts $pid $(cut -d' ' -f22 "/proc/$pid/stat")"
	done
}

stable_is_as_before() {
	list_stable >"$WORK/stable.now"
	diff "$WORK/stable" "$WORK/stable.now"
}

# logs -f of a container that is older than the server, and exec in it
old_container_answers() {
	local out=$WORK/followed follower
	timeout 20 "$KUBECTL" logs -f counter -c c --tail=1 >"$out" &
	follower=$!
	is yes k exec counter -c c -- echo yes
	wait_for 10 sh -c "[ \$(wc -l <$out) -ge 3 ]"
	kill $follower
}

crash_round() {
	local load
	rm -f "$WORK/ledger.begun"
	"$TOP/test/e2e/load.py" "$KUBECONFIG" "$WORK/ledger" run &
	load=$!
	wait_for 10 test -e "$WORK/ledger.begun"
	sleep "$((RANDOM % 2)).$((RANDOM % 10))$((RANDOM % 10))"
	kill_server
	wait $load
	# now and then it does not even come up
	if [ $((RANDOM % 3)) = 0 ]; then
		launch_server crash
		sleep "0.$((RANDOM % 3))$((RANDOM % 10))"
		kill_server
	fi
	start_server crash
	"$TOP/test/e2e/load.py" "$KUBECONFIG" "$WORK/ledger" check
	wait_for 10 stable_is_as_before
	old_container_answers
}

crash_rounds() {
	local n
	for n in $(seq "${EKUBE_E2E_KILLS:-5}"); do
		echo "round $n"
		crash_round
	done
}

# Half-made pods were finished; deleted ones are gone; the containers are the same.
crash_settles() {
	"$TOP/test/e2e/load.py" "$KUBECONFIG" "$WORK/ledger" settle >"$WORK/settled" || { cat "$WORK/settled"; return 1; }
	stable_is_as_before
	has 'line 0' k logs counter -c c --limit-bytes=100
	# and not a line of the log is missing or there twice
	k logs counter -c c | awk '$2 != NR - 1 { print "line " NR " is " $0; exit 1 }'
}

# SIGTERM comes in the middle of things as well: it ends with status 0, and no container notices that either.
crash_stops_amid() {
	local i
	for i in 1 2 3; do
		k exec counter -c c -- sleep 2 &
		k logs -f counter -c c --tail=1 >/dev/null &
		k create deployment "amid$i" --image=$B --replicas=3 -- sleep 100000
		sleep "0.$((RANDOM % 4))$((RANDOM % 10))"
		stop_server
		start_server crash
	done
	k rollout status deploy amid3 --timeout=30s
	k get pod -o 'jsonpath={range .items[*].status.containerStatuses[*]}{.restartCount}{"\n"}{end}' | sort -u >"$WORK/restarts"
	is 0 cat "$WORK/restarts"
}

crash_traces() {
	k delete ns load --timeout=60s
	k delete deploy,pod --all --now
	wait_for 60 gone pod -A
	wait_for 20 has_no_traces
}

start_cluster crash
run crash_fixture
run crash_rounds
use_server crash
run crash_settles
run crash_stops_amid
use_server crash
run crash_traces
[ ! -e "$WORK/settled" ] || sed 's/^/        /' "$WORK/settled"
run end_server
