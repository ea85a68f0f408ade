# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# What `sudo make demo` does, and that nothing is left when it is stopped.

demo_traces() {
	ip -o link | cut -d: -f2 | cut -d@ -f1 | sort
	nft list tables
	ls /run
	grep -c "$WORK/demo" /proc/self/mountinfo || true
	find /sys/fs/cgroup -maxdepth 2 -name "ekube-$DEMO_ID"
}

demo_runs() {
	local node port before
	before=$(demo_traces)
	export EKUBE_DEMO_DIR=$WORK/demo EKUBE_DEMO_IMAGE=$WORK/busybox.tar KUBECTL
	"$TOP/scripts/demo" >"$WORK/demo.out"
	cat "$WORK/demo.out"
	grep -q 'answers, with 3 of its pods' "$WORK/demo.out"
	grep -qE '^Memory: [1-9][0-9]* KB' "$WORK/demo.out"
	export KUBECONFIG=$WORK/demo/kubeconfig.yaml
	is 3 k get deployment web -o 'jsonpath={.status.availableReplicas}'
	node=$(sed -n 's,.*everybody  *http://\([^/]*\)/ .*,\1,p' "$WORK/demo.out")
	has 'Hello from ekube' curl -fsS "http://$node/"
	port=${node##*:}
	has 'Hello from ekube' curl -fsS "http://127.0.0.1:$port/"
	# again: the old one goes, the new one comes
	"$TOP/scripts/demo" >"$WORK/demo.out"
	is 3 k get deployment web -o 'jsonpath={.status.availableReplicas}'
	is 'the demo is gone' "$TOP/scripts/demo" stop
	fails test -e "$WORK/demo"
	is "$before" demo_traces
	is 'the demo is gone' "$TOP/scripts/demo" stop
}

KUBECTL=${KUBECTLS##* }
DEMO_ID=$(printf %s "$WORK/demo/data" | sha256sum | cut -c1-8)
run demo_runs
