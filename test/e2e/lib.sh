# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# What the end-to-end cases share. A case is a function; `run NAME` runs it in a subshell with -e, so the
# first command that fails ends it. Everything happens in network and mount namespaces of this run.

passed=0 failed=0
: "${TOP:?}" "${WORK:?}" "${EKUBE:?}"

run() {
	local name=$1 start=$SECONDS log=$WORK/$1.log
	if (set -eu; "$@") >"$log" 2>&1; then
		passed=$((passed + 1))
		printf '  ok    %-56s %3ss\n' "$name" $((SECONDS - start))
	else
		failed=$((failed + 1))
		printf '  FAIL  %-56s %3ss\n' "$name" $((SECONDS - start))
		sed 's/^/        /' "$log" | tail -25
	fi
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

# fails COMMAND...
fails() {
	if "$@"; then echo "did not fail: $*"; return 1; fi
}

# ---- a server: start_server NAME [OPTIONS...] sets SERVER_PID, KUBECONFIG, DATA ----
start_server() {
	local name=$1
	shift
	DATA=$WORK/data/$name
	export KUBECONFIG=$WORK/$name.yaml
	mkdir -p "$DATA"
	"$EKUBE" server --data-dir "$DATA" --write-kubeconfig "$KUBECONFIG" --node-name "$name" "$@" >>"$WORK/$name.server.log" 2>&1 &
	SERVER_PID=$!
	echo "$SERVER_PID" >>"$WORK/pids"
	wait_for 20 server_is_up "$name"
}

server_is_up() {
	kill -0 "$SERVER_PID" 2>/dev/null || { tail -5 "$WORK/$1.server.log"; return 1; }
	[ -s "$KUBECONFIG" ] && $KUBECTL get --raw /readyz
}

node_is_ready() {
	$KUBECTL get nodes 2>/dev/null | grep -q ' Ready '
}

# Gone, or waiting to be reaped.
has_ended() {
	! grep -q '^State:.*[^Z] (' "/proc/$1/status" 2>/dev/null
}

# Its exit status is the result.
stop_server() {
	kill -TERM "$SERVER_PID"
	wait "$SERVER_PID"
}

k() {
	$KUBECTL "$@"
}
