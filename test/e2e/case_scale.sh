# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# Thirty pods come up, roll, scale to zero, and leave nothing on the machine.

memory_of() {
	sed -n "s/^$1: *\([0-9]*\) kB/\1/p" "/proc/$2/smaps_rollup"
}

note_memory() {
	local shim total=0 n=0
	for shim in $(grep -la "^$RUN_DIR/ekube-shim" /proc/[0-9]*/cmdline 2>/dev/null | cut -d/ -f3); do
		total=$((total + $(memory_of Pss "$shim"))) n=$((n + 1))
	done
	echo "        $1: server RSS $(memory_of Rss "$SERVER_PID") KiB, PSS $(memory_of Pss "$SERVER_PID") KiB;" \
		"$n shims PSS $total KiB" >>"$WORK/memory"
}

scale_up() {
	k create -f - <<YAML
apiVersion: apps/v1
kind: Deployment
metadata: {name: many}
spec:
  replicas: 30
  strategy: {rollingUpdate: {maxSurge: 10, maxUnavailable: 10}}
  selector: {matchLabels: {app: many}}
  template:
    metadata: {labels: {app: many}}
    spec:
      terminationGracePeriodSeconds: 1
      containers:
      - name: c
        image: $B
        command: [sh, -c, "trap exit TERM; echo up; sleep 1000 & wait"]
        volumeMounts: [{name: tmp, mountPath: /scratch}]
        resources: {requests: {cpu: 1m, memory: 1Mi}}
      volumes: [{name: tmp, emptyDir: {}}]
YAML
	k rollout status deploy many --timeout=60s
	is 30 k get deploy many -o 'jsonpath={.status.readyReplicas}'
	# every pod has an address of its own, and answers
	is 30 sh -c "$KUBECTL get pod -l app=many -o 'jsonpath={range .items[*]}{.status.podIP}{\"\n\"}{end}' | sort -u | wc -l"
	is 30 sh -c "$KUBECTL logs -l app=many --tail=1 --max-log-requests=30 | grep -c up"
	note_memory '30 pods'
}

scale_roll() {
	k set env deploy/many ROUND=2
	k rollout status deploy many --timeout=60s
	wait_for 30 is 30 k get pod -l app=many -o 'go-template={{len .items}}'
	is 2 k exec deploy/many -- sh -c 'echo $ROUND'
	is 0 k get pod -l app=many -o 'jsonpath={.items[0].status.containerStatuses[0].restartCount}'
}

scale_to_zero() {
	k scale deploy many --replicas=0
	wait_for 40 gone pod -l app=many
	wait_for 20 has_no_traces
	k delete deploy many
	note_memory 'after them'
}

start_cluster scale
note_memory 'no pod'
run scale_up
run scale_roll
run scale_to_zero
[ ! -e "$WORK/memory" ] || cat "$WORK/memory"
run end_server
