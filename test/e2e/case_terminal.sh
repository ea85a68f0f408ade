# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# What a person sees who starts a server wrongly, or on a machine that lacks something: one sentence that
# says what to do, exit status 1, and nothing on the disk that was not there before.

# refused PATTERN COMMAND...: exits with 1 soon; the one line on standard error matches.
refused() {
	local pattern=$1 status=0
	shift
	timeout 20 "$@" >"$WORK/refused.out" 2>"$WORK/refused.err" || status=$?
	cat "$WORK/refused.err"
	[ "$status" = 1 ] || { echo "exit status $status, not 1: $*"; return 1; }
	[ "$(grep -vc '^time=' "$WORK/refused.err")" = 1 ] || { echo "not one sentence"; return 1; }
	grep -qE -- "^ekube: .*$pattern" "$WORK/refused.err" || { echo "no '$pattern'"; return 1; }
}

# A server that must not start, below $WORK/t: refuse_server PATTERN OPTIONS...
refuse_server() {
	local pattern=$1
	shift
	refused "$pattern" "$EKUBE" server --data-dir "$WORK/t" --write-kubeconfig "$WORK/t.yaml" \
		--https-listen-port 7450 "$@"
}

links() {
	ip -o link | cut -d: -f2
}

untouched() {
	[ ! -e "$WORK/t" ] || { find "$WORK/t"; return 1; }
	[ ! -e "$WORK/t.yaml" ]
	is "$LINKS" links
}

terminal_options() {
	refuse_server '--no-such-flag is not an option; --help' --no-such-flag
	refuse_server '--cluster-cidr must be an IPv4 block' --cluster-cidr 10.42.0.0
	refuse_server '--service-cidr .*overlap' --service-cidr 10.42.128.0/20
	refuse_server '--node-taint must be key=value:Effect' --node-taint a=b
	refuse_server '--bind-address 192.0.2.77 is no address of this machine' --bind-address 192.0.2.77
	EKUBE_HTTPS_LISTEN_PORT=x refused 'EKUBE_HTTPS_LISTEN_PORT must be a number' "$EKUBE" server --data-dir "$WORK/t"
	refused '"frobnicate" is not a command|options only' "$EKUBE" server frobnicate
	untouched
}

terminal_config_file() {
	printf 'a: [1\n' >"$WORK/bad.yaml"
	refuse_server "$WORK/bad.yaml is not valid YAML: .*line" --config "$WORK/bad.yaml"
	printf 'no-such-option: 1\n' >"$WORK/bad.yaml"
	refuse_server "$WORK/bad.yaml: \"no-such-option\" is not an option" --config "$WORK/bad.yaml"
	printf 'https-listen-port: high\n' >"$WORK/bad.yaml"
	refuse_server "$WORK/bad.yaml: \"https-listen-port\" must be a number" --config "$WORK/bad.yaml"
	refuse_server "$WORK/none.yaml" --config "$WORK/none.yaml"
	untouched
}

terminal_files() {
	refuse_server 'token file .*--token-auth-file.*No such file' --disable-agent --token-auth-file "$WORK/none"
	rm -r "$WORK/t"
	echo 'only,two' >"$WORK/tokens"
	refuse_server 'token file .*line 1 must be token,user,uid' --disable-agent --token-auth-file "$WORK/tokens"
	rm -r "$WORK/t"
	refused 'tokens is not a directory: choose another file with --write-kubeconfig' \
		"$EKUBE" server --data-dir "$WORK/t" --write-kubeconfig "$WORK/tokens/x.yaml" --https-listen-port 7450
	refused 'is a directory: name a file' \
		"$EKUBE" server --data-dir "$WORK/t" --write-kubeconfig "$WORK" --https-listen-port 7450
	mkdir "$WORK/ro"
	mount -t tmpfs -o ro tmpfs "$WORK/ro"
	refused 'kubeconfig cannot be written to .*Read-only.*--write-kubeconfig' \
		"$EKUBE" server --data-dir "$WORK/t" --write-kubeconfig "$WORK/ro/x.yaml" --https-listen-port 7450
	refused 'read-only: choose another --data-dir' \
		"$EKUBE" server --data-dir "$WORK/ro/data" --write-kubeconfig "$WORK/t.yaml" --https-listen-port 7450
	umount "$WORK/ro"
	untouched
	printf 'mirrors: [\n' >"$WORK/registries"
	refuse_server '--private-registry .*registries' --private-registry "$WORK/registries"
	rm -r "$WORK/t" "$WORK/t.yaml"
	"$EKUBE" killall --data-dir "$WORK/t"
}

# What another version of ekube wrote, and damaged trust: said, never touched.
terminal_data_dir() {
	mkdir -p "$WORK/t"
	echo 99 >"$WORK/t/layout"
	refuse_server 'written by another version .*layout 99' --disable-agent
	is layout ls "$WORK/t"
	is 99 cat "$WORK/t/layout"
	rm -r "$WORK/t"
	start_server tls --https-listen-port 7451 --disable-agent
	refused "in use by ekube, process $SERVER_PID: stop it, or give another --data-dir" \
		"$EKUBE" server --data-dir "$DATA" --write-kubeconfig "$WORK/t.yaml" --https-listen-port 7450 --disable-agent
	refused "process $SERVER_PID: stop it first" "$EKUBE" killall --data-dir "$DATA"
	refuse_server 'port 7451 is in use by another program: .*--https-listen-port' --disable-agent --https-listen-port 7451
	k get --raw /readyz
	stop_server
	untouched
	cp -r "$DATA/server/tls" "$WORK/tls.good"
	for file in server-ca.crt client-ca.key service.key; do
		echo garbage >"$DATA/server/tls/$file"
		refused "certificates in $DATA/server/tls: .*put the file back" \
			"$EKUBE" server --data-dir "$DATA" --write-kubeconfig "$WORK/t.yaml" --https-listen-port 7450 --disable-agent
		is garbage cat "$DATA/server/tls/$file"
		cp "$WORK/tls.good/$file" "$DATA/server/tls/$file"
	done
	start_server tls --https-listen-port 7451 --disable-agent
	stop_server
}

terminal_machine() {
	refused 'a node needs root: run .sudo ekube server., or only .*--disable-agent' \
		setpriv --reuid 65534 --clear-groups "$EKUBE" server --data-dir "$WORK/t" --write-kubeconfig "$WORK/t.yaml"
	refuse_server 'no-such-runtime is not installed: .*--runtime' --runtime no-such-runtime
	for dir in /usr/local/sbin /usr/local/bin /usr/sbin /usr/bin /sbin /bin; do
		[ ! -e $dir/runc ] || mount --bind /dev/null $dir/runc
	done
	refuse_server 'runc is not installed: .*apt-get install runc'
	has 'runtime +MISSING +runc is not installed' "$EKUBE" check-config --data-dir "$WORK/t"
	refused '2 of these are missing' "$EKUBE" check-config --data-dir "$WORK/t" --https-listen-port 7450
	while umount "$(readlink -f "$(command -v runc || echo /usr/sbin/runc)")" 2>/dev/null; do :; done
	refused 'the kernel has no overlayfs.*modprobe overlay' "$TOP/test/e2e/refuse" mount ENODEV \
		"$EKUBE" server --data-dir "$WORK/t" --write-kubeconfig "$WORK/t.yaml" --https-listen-port 7450
	refused 'this root may not mount' "$TOP/test/e2e/refuse" mount EPERM \
		"$EKUBE" server --data-dir "$WORK/t" --write-kubeconfig "$WORK/t.yaml" --https-listen-port 7450
	untouched
	"$EKUBE" check-config --data-dir "$WORK/t" --https-listen-port 7450
	untouched
	refused "the kernel lacks that: .*modprobe -a bridge veth nf_tables" \
		"$TOP/test/e2e/refuse" socket,2=12 EPROTONOSUPPORT \
		"$EKUBE" server --data-dir "$WORK/t" --write-kubeconfig "$WORK/t.yaml" --https-listen-port 7450
	rm -r "$WORK/t" "$WORK/t.yaml"
	untouched
}

# A first start on a full disk leaves nothing; a full disk later stops no server and loses nothing.
terminal_full_disk() {
	local small=$WORK/data/small name
	mkdir -p "$small"
	mount -t tmpfs -o size=512k tmpfs "$small"
	refused "the disk of $small is full .*make room, or choose another --data-dir" \
		"$EKUBE" server --data-dir "$small" --write-kubeconfig "$WORK/t.yaml" --https-listen-port 7450 --disable-agent
	is '' ls -A "$small"
	umount "$small"
	mount -t tmpfs -o size=8m tmpfs "$small"
	start_server small --https-listen-port 7452 --disable-agent
	k create cm before
	head -c 50000 /dev/zero | tr '\0' x >"$WORK/value"
	dd if=/dev/zero of="$small/filler" bs=64k 2>/dev/null || true
	: >"$WORK/acked"
	for name in $(seq 60); do
		k create cm "full-$name" --from-file="$WORK/value" 2>"$WORK/full.err" || break
		echo "full-$name" >>"$WORK/acked"
	done
	grep -E 'no space left' "$WORK/full.err"
	k -v=8 create cm full-x --from-file="$WORK/value" 2>&1 | grep -E '"kind":"Status".*"code":5(00|07)'
	kill -0 "$SERVER_PID"
	is configmap/before k get cm before -o name
	rm "$small/filler"
	wait_for 5 k create cm after --from-file="$WORK/value"
	while read -r name; do k get cm "$name" >/dev/null; done <"$WORK/acked"
	# with a full disk, too, a server comes back: to remove something is what one wants then
	dd if=/dev/zero of="$small/filler" bs=64k 2>/dev/null || true
	kill -KILL "$SERVER_PID"
	wait_for 10 fails kill -0 "$SERVER_PID"
	start_server small --https-listen-port 7452 --disable-agent
	rm "$small/filler"
	wait_for 5 k create cm at-last
	while read -r name; do k get cm "$name" >/dev/null; done <"$WORK/acked"
	k get cm after
	stop_server
	umount "$small"
}

# What a stopped server leaves runs on, until somebody wants it gone; data stays.
terminal_killall() {
	local pod id
	mkdir -p "$WORK/data/gone/agent/images"
	cp "$WORK/busybox.tar" "$WORK/data/gone/agent/images/" # the air-gap folder
	start_server gone --https-listen-port 7453
	id=$(basename /run/ekube-*)
	wait_for 10 has 'busybox:1.36' "$EKUBE" image ls --data-dir "$DATA"
	wait_for 10 k get serviceaccount default
	k run a --image=busybox:1.36 -- sh -c 'echo said; sleep 1000'
	k wait --for=condition=Ready pod/a --timeout=20s
	pod=$(k get pod a -o 'jsonpath={.metadata.uid}')
	refused "in use by ekube, process $SERVER_PID: stop it first" "$EKUBE" killall --data-dir "$DATA"
	stop_server
	[ -e "/run/$id/netns/$pod" ]
	"$EKUBE" killall --data-dir "$DATA" >"$WORK/killall"
	cat "$WORK/killall"
	has '^removed container [0-9a-f]{64}$' cat "$WORK/killall"
	has "^removed network of pod $pod\$" cat "$WORK/killall"
	has '^removed bridge ek-' cat "$WORK/killall"
	has "^removed /run/$id\$" cat "$WORK/killall"
	is "$LINKS" links
	is '' find /sys/fs/cgroup -maxdepth 2 -name "$id"
	is '' find "$DATA/agent/containers" -mindepth 1
	fails grep "$DATA" /proc/self/mountinfo
	[ -z "$(grep -la "^/run/$id/ekube-shim" /proc/[0-9]*/cmdline)" ]
	has said cat "$DATA"/agent/logs/*/a/0.log
	is '' "$EKUBE" killall --data-dir "$DATA"
	# and the pod is made again by the next start
	start_server gone --https-listen-port 7453
	wait_for 20 has said k logs a
	k delete pod a --grace-period=0 --force
	stop_server
	"$EKUBE" killall --data-dir "$DATA"
	is '' "$EKUBE" killall --data-dir "$WORK/never"
	is "$LINKS" links
}

# As systemd is told, with Type=notify.
terminal_notify() {
	local listener
	python3 -c '
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
while True:
    print(s.recv(100).decode(), flush=True)' "$WORK/notify" >"$WORK/notified" &
	listener=$!
	wait_for 5 test -S "$WORK/notify"
	export NOTIFY_SOCKET=$WORK/notify
	start_server told --https-listen-port 7454 --disable-agent
	wait_for 5 is READY=1 cat "$WORK/notified"
	stop_server
	wait_for 5 has '^STOPPING=1$' cat "$WORK/notified"
	kill $listener
}

KUBECTL=${KUBECTLS##* }
LINKS=$(links)
run terminal_options
run terminal_config_file
run terminal_files
run terminal_data_dir
run terminal_machine
run terminal_full_disk
run terminal_killall
run terminal_notify
