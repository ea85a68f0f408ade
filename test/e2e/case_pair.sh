# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# Two servers on one machine do not see each other; what one leaves behind when it stops runs on, is taken back
# by its next start, and goes with killall.

pair_fixture() {
	k create deployment web --image=$B --replicas=2 -- sh -c "echo $SERVER >/www/index.html; $OBEDIENT"
	k expose deploy web --port 80 --target-port 8080
	k run client --image=$B --restart=Never --command -- sleep 1000
	k rollout status deploy web --timeout=30s
	ready pod client
	pair_works
}

# From the machine by address, from a pod by name.
pair_works() {
	is "$SERVER" curl -s -m 5 "http://$(k get svc web -o 'jsonpath={.spec.clusterIP}')/"
	is "$SERVER" k exec client -- timeout 5 wget -qO- http://web
	has "^$SERVER +Ready" k get nodes
	is 1 sh -c "$KUBECTL get nodes -o name | wc -l"
}

start_left() {
	start_server left
}

start_right() {
	start_server right --https-listen-port 7443 --cluster-cidr 10.52.0.0/16 --service-cidr 10.53.0.0/16
}

processes() {
	for f in "$DATA"/agent/containers/*/shim/pid; do cat "$f"; echo; done | sort -n
}

pair_side_by_side() {
	use_server left
	pair_fixture
	use_server right
	pair_fixture
	use_server left
	pair_works
}

pair_stop_and_start() {
	local before address
	use_server left
	before=$(processes)
	address=$(k get svc web -o 'jsonpath={.spec.clusterIP}')
	stop_server
	is "$before" processes
	for pid in $before; do kill -0 "$pid"; done
	is left curl -s -m 5 "http://$address/"
	use_server right
	pair_works
	start_left
	wait_for 10 pair_works
	is "$before" processes
	is '0 0 0' k get pod -o 'jsonpath={.items[*].status.containerStatuses[*].restartCount}'
	# it is its master again
	k scale deploy web --replicas=1
	wait_for 20 is 1 k get pod -l app=web -o 'go-template={{len .items}}'
}

pair_killall() {
	use_server left
	end_server
	use_server right
	pair_works
	stop_server
	[ -n "$(list_all_traces)" ]
	"$EKUBE" killall --data-dir "$DATA"
	is '' list_all_traces
	# data stays: the next start brings everything back
	start_right
	k rollout status deploy web --timeout=30s
	wait_for 30 pair_works
	end_server
}

start_left
"$EKUBE" image --data-dir "$DATA" import "$WORK/busybox.tar" >/dev/null
start_right
"$EKUBE" image --data-dir "$DATA" import "$WORK/busybox.tar" >/dev/null
run pair_side_by_side
run pair_stop_and_start
run pair_killall
