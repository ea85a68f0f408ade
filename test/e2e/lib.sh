# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# What the end-to-end cases share. A case is a function; `run NAME` runs it in a subshell with -e, so the
# first command that fails ends it (but not within `if`, `||`, wait_for: there a function's own steps are
# joined by &&). Everything happens in the namespaces of this run.

passed=0 failed=0
: "${TOP:?}" "${WORK:?}" "${EKUBE:?}" "${KUBECTLS:?}"

# The newest, and for each its version's second number.
KUBECTL=${KUBECTLS##* }
kubectl_minor() {
	"$1" version --client 2>/dev/null | sed -n 's/.*v1\.\([0-9]*\)\..*/\1/p' | head -1
}

# since MINOR: does the case's kubectl have what came with 1.MINOR?
since() {
	local minor
	minor=$(kubectl_minor "$KUBECTL")
	[ "${minor:-0}" -ge "$1" ]
}

is_wanted() {
	[[ $1 =~ ${EKUBE_E2E_ONLY:-.} ]]
}

# tell NAME RC SECONDS LOG
tell() {
	if [ "$2" = 0 ]; then
		passed=$((passed + 1))
		printf '  ok    %-56s %3ss\n' "$1" "$3"
	else
		failed=$((failed + 1))
		printf '  FAIL  %-56s %3ss\n' "$1" "$3"
		sed 's/^/        /' "$4" | tail -25
	fi
}

# The subshell is no condition of an `if`: -e would be ignored in it.
run() {
	local name=$1 start=$SECONDS log=$WORK/$1.log
	is_wanted "$name" || return 0
	(set -eu; "$@") >"$log" 2>&1
	tell "$name" $? $((SECONDS - start)) "$log"
}

# begin NAME COMMAND...: beside others, a few at a time; `finish` waits for all and tells.
begun= begun_pids=
begin() {
	local name=$1
	shift
	is_wanted "$name" || return 0
	begun="$begun $name"
	while [ "$(jobs -rp | wc -l)" -ge "${EKUBE_E2E_JOBS:-4}" ]; do wait -n; done
	(
		start=$SECONDS
		(set -eu; "$@") >"$WORK/$name.log" 2>&1
		echo "$? $((SECONDS - start))" >"$WORK/$name.result"
	) &
	begun_pids="$begun_pids $!"
}

finish() {
	local name rc seconds
	# shellcheck disable=SC2086
	[ -z "$begun" ] || wait $begun_pids
	for name in $begun; do
		read -r rc seconds <"$WORK/$name.result"
		tell "$name" "$rc" "$seconds" "$WORK/$name.log"
	done
	begun= begun_pids=
}

together() {
	local name
	for name in "$@"; do begin "$name" "$name"; done
	finish
}

# each_kubectl FUNCTION [KUBECTL...]: FUNCTION MINOR with every one, or with these.
each_kubectl() {
	local KUBECTL function=$1 minor
	shift
	# shellcheck disable=SC2086
	[ $# != 0 ] || set -- $KUBECTLS
	for KUBECTL in "$@"; do
		minor=$(kubectl_minor "$KUBECTL")
		begin "$function-1.${minor:-x}" "$function" "${minor:-x}"
	done
	finish
}

# What only depends on how a kubectl asks is shown with the oldest and the newest; EKUBE_E2E_ALL=1: with all.
some_kubectls() {
	if [ "${KUBECTLS%% *}" = "${KUBECTLS##* }" ]; then set -- "$1" "${KUBECTLS##* }"; else set -- "$1" "${KUBECTLS%% *}" "${KUBECTLS##* }"; fi
	if [ -n "${EKUBE_E2E_ALL:-}" ]; then each_kubectl "$1"; else each_kubectl "$@"; fi
}

# wait_for SECONDS COMMAND...: until it succeeds.
wait_for() {
	local deadline=$(($(date +%s) + $1))
	shift
	until "$@" >/dev/null 2>&1; do
		[ "$(date +%s)" -lt "$deadline" ] || { echo "gave up waiting for: $*"; "$@" || true; return 1; }
		sleep 0.1
	done
}

# is TEXT COMMAND...: the command prints exactly TEXT.
is() {
	local want=$1 got
	shift
	got=$("$@") || { echo "failed: $*"; return 1; }
	[ "$got" = "$want" ] || { echo "$*: wanted '$want', got '$got'"; return 1; }
}

# has PATTERN COMMAND...: its output (both streams) matches the extended regular expression.
has() {
	local pattern=$1 got
	shift
	got=$("$@" 2>&1) || true
	printf '%s\n' "$got" | grep -qE -- "$pattern" || { echo "$*: no '$pattern' in: $got"; return 1; }
}

lacks() {
	if has "$@" >/dev/null; then echo "there is '$1' in: ${*:2}"; return 1; fi
}

# fails COMMAND...
fails() {
	if "$@"; then echo "did not fail: $*"; return 1; fi
}

# ends_with CODE COMMAND...: its exit status.
ends_with() {
	local want=$1 rc=0
	shift
	"$@" || rc=$?
	[ "$rc" = "$want" ] || { echo "$*: wanted exit status $want, got $rc"; return 1; }
}

k() {
	"$KUBECTL" "$@"
}

# ---- pods ----
B=busybox:1.36
# serves a page, and ends when told to
OBEDIENT='trap exit TERM; httpd -p 8080 -h /www; while :; do sleep 0.1; done'

ready() {
	k wait --for=condition=Ready "$@" --timeout=20s
}

gone() {
	[ -z "$(k get "$@" -o name 2>/dev/null)" ]
}

# ---- a server: what follows is about the one that use_server named ----
use_server() {
	SERVER=$1
	SERVER_PID=$(cat "$WORK/$SERVER.pid" 2>/dev/null) || SERVER_PID=
	DATA=$WORK/data/$SERVER
	RUN_DIR=/run/ekube-$(printf %s "$DATA" | sha256sum | cut -c1-8)
	export KUBECONFIG=$WORK/$SERVER.yaml
}

# start_server NAME [OPTIONS...]
start_server() {
	launch_server "$@"
	wait_for 20 server_is_up
}

# Begun, and not waited for.
launch_server() {
	use_server "$1"
	shift
	mkdir -p "$DATA"
	rm -f "$WORK/$SERVER.rc" "$WORK/$SERVER.pid"
	# its parent tells its exit status, whoever started it
	(
		"$EKUBE" server --data-dir "$DATA" --write-kubeconfig "$KUBECONFIG" --node-name "$SERVER" "$@" \
			>>"$WORK/$SERVER.server.log" 2>&1 &
		echo $! >"$WORK/$SERVER.pid"
		rc=0
		wait $! || rc=$?
		echo $rc >"$WORK/$SERVER.rc"
	) 2>/dev/null &
	disown
	wait_for 5 test -s "$WORK/$SERVER.pid"
	SERVER_PID=$(cat "$WORK/$SERVER.pid")
}

# A server with a node and an image, ready for pods.
start_cluster() {
	start_server "$@"
	"$EKUBE" image --data-dir "$DATA" import "$WORK/busybox.tar" >/dev/null
	wait_for 10 node_is_ready
	wait_for 10 k get serviceaccount default
}

server_is_up() {
	[ ! -e "$WORK/$SERVER.rc" ] || { tail -5 "$WORK/$SERVER.server.log"; return 1; }
	[ -s "$KUBECONFIG" ] && k get --raw /readyz
}

node_is_ready() {
	k get nodes 2>/dev/null | grep -q ' Ready '
}

# It ends by itself, with status 0, and says nothing of bugs.
stop_server() {
	kill -TERM "$SERVER_PID"
	wait_for 15 test -e "$WORK/$SERVER.rc"
	is 0 cat "$WORK/$SERVER.rc" || { tail -3 "$WORK/$SERVER.server.log"; return 1; }
	fails grep -iE 'assert|abort|BUG|sanitizer' "$WORK/$SERVER.server.log"
}

# And the machine is as it was before: two clusters with the same addresses cannot be there at once.
end_server() {
	stop_server
	"$EKUBE" killall --data-dir "$DATA"
	is '' list_all_traces
}

kill_server() {
	kill -KILL "$SERVER_PID"
	wait_for 5 test -e "$WORK/$SERVER.rc"
}

# What pods have in the kernel, one line each.
list_kernel_traces() {
	grep -E " ($DATA|$RUN_DIR)/" /proc/self/mountinfo | cut -d' ' -f5
	ip -o link | grep -o "alias ekube ${RUN_DIR#/run/}.*"
	find "$RUN_DIR/netns" "$RUN_DIR/ns" "$RUN_DIR/shm" "$RUN_DIR/volumes" "$RUN_DIR/runtime" \
		-mindepth 1 -maxdepth 1 2>/dev/null
	find /sys/fs/cgroup -type d -path "*/${RUN_DIR#/run/}/*/pod*" 2>/dev/null
	grep -la "^$RUN_DIR/ekube-shim" /proc/[0-9]*/cmdline 2>/dev/null
	return 0
}

# And on the disk: without pods nothing.
list_traces() {
	list_kernel_traces
	find "$DATA/agent/pods" "$DATA/agent/containers" "$DATA/agent/logs" -mindepth 1 -maxdepth 1 2>/dev/null
	return 0
}

# What an idle server has, too: after killall nothing, while the data stays.
list_all_traces() {
	list_kernel_traces
	ls -d "$RUN_DIR" 2>/dev/null
	ip -o link | grep -o "ek-${RUN_DIR#/run/ekube-}[^:]*"
	nft list tables | grep "${RUN_DIR#/run/}"
	find /sys/fs/cgroup -type d -name "${RUN_DIR#/run/}" 2>/dev/null
	return 0
}

has_no_traces() {
	[ -z "$(list_traces)" ] || { list_traces | head -20; return 1; }
}
