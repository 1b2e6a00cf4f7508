# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# What the operations tests share: a world of their own, NICs in it, senders, checks.
#
# The world: a test runs itself again inside new network, mount and process namespaces with a bpffs, a sysfs and a
# directory WORK of its own. "The box" is that network namespace; `far` is the other ends' one. Nothing of it has a name
# outside, so that nothing is left when the test ends, however it ends: with its first process go all others, the
# namespaces, the veth pairs, the pins and so the programs.

OPS_ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
XE=${XE:-$OPS_ROOT/build/xdp-edge}
SEND=${SEND:-$OPS_ROOT/build/tests/send}
# shellcheck disable=SC2034 # for those who read this file
FIXTURES=$OPS_ROOT/tests/fixtures/ops
BPFFS=/sys/fs/bpf

# shellcheck source=tests/datapath/check.sh
. "$OPS_ROOT/tests/datapath/check.sh"
# shellcheck source=scripts/lab/wait.sh
. "$OPS_ROOT/scripts/lab/wait.sh"

# The group of readers_group.
READERS=54321

# world SCRIPT [ARGUMENT...]: returns inside; outside, waits for the inside and exits with its code.
world() {
	if [[ ${OPS_WORLD:-} == inside ]]; then
		enter_world
		return
	fi
	((EUID == 0)) || { echo "$1: run as root" >&2; exit 1; }
	[[ -x $SEND ]] || make -s -C "$OPS_ROOT" build/tests/send
	# Only a place to mount at; short, since paths of sockets in it are (TMPDIR may be long).
	WORK=$(mktemp -d /tmp/xe-ops.XXXXXX)
	OPS_WORLD=inside WORK=$WORK setpriv --pdeathsig KILL \
		unshare --net --mount --pid --fork --kill-child --mount-proc bash "$@" &
	world_pid=$!
	trap world_end EXIT
	trap 'trap "" INT TERM HUP; exit 130' INT
	trap 'exit 143' TERM
	trap 'exit 129' HUP
	local rc=0
	wait "$world_pid" || rc=$?
	exit "$rc"
}

world_end() {
	local rc=$?
	trap '' INT TERM HUP
	kill -KILL "$world_pid" 2>/dev/null || true
	wait "$world_pid" 2>/dev/null || true
	rmdir "$WORK" || true
	exit "$rc"
}

# A suite that a failed command ends says which: it has no sum.
left_early() {
	local rc=$? command=$BASH_COMMAND
	((rc == 0)) || [[ $finished ]] ||
		echo "FAIL ended early (exit $rc) after $passed passed, $failed failed, by: $command" >&2
}

enter_world() {
	finished=
	trap left_early EXIT
	mount -t tmpfs -o mode=0700 tmpfs "$WORK"
	mount -t sysfs sysfs /sys
	mount -t bpf -o mode=0755 bpf "$BPFFS"
	mkdir -p /run/netns
	mount -t tmpfs tmpfs /run/netns
	# Groups from the file only: other ways to look one up only add system calls between which nothing happens.
	printf 'passwd: files\ngroup: files\n' >"$WORK/nsswitch.conf"
	mount --bind "$WORK/nsswitch.conf" /etc/nsswitch.conf
	unset OPS_WORLD
	ip link set lo up
	ip netns add far
	quiet_namespace
	far quiet_namespace
}

# In a namespace without IPv6 of its own and without addresses the kernel sends nothing by itself.
quiet_namespace() {
	echo 1 >/proc/sys/net/ipv6/conf/all/disable_ipv6
	echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6
}

# far COMMAND...: in the other ends' network namespace; functions too.
far() {
	if [[ $(type -t "$1") == function ]]; then
		nsenter --net=/run/netns/far bash -c "$(declare -f "$1"); $*"
	else
		nsenter --net=/run/netns/far "$@"
	fi
}

# nic NAME [ARGUMENT...]: a veth pair; NAME in the box, `NAME-far` at the other end; both up.
nic() {
	local name=$1
	shift
	ip link add "$name" "$@" type veth peer name "$name-far" "$@" netns far
	ip link set "$name" up
	far ip link set "$name-far" up
}

# sent NIC FLOW...: sends now; prints "PACKETS BYTES" of all flows.
sent() {
	local nic=$1
	shift
	far "$SEND" "$nic-far" "$@" | sed -n 's/^total //p'
}

# statistic NIC NAME: of the box's end. far_statistic: of the other end.
statistic() {
	cat "/sys/class/net/$1/statistics/$2"
}

far_statistic() {
	far ip -s -s -j link show dev "$1-far" | jq ".[0].stats64.$2"
}

# start_flows NIC CPU FLOW...: a sender in the background; what it sent comes to WORK/NIC.sent.
start_flows() {
	local nic=$1 cpu=$2 flow flows=()
	shift 2
	for flow; do
		flows+=("0,${flow##* }")
	done
	# not through far(): the signal that ends it must reach it
	nsenter --net=/run/netns/far "$SEND" -c "$cpu" "$nic-far" "${flows[@]}" >"$WORK/$nic.sent" &
	senders+=($!)
}

# A field of `send`'s output: sent_of NIC LINE FIELD.
sent_of() {
	sed -n "s/^$2 //p" "$WORK/$1.sent" | cut -d' ' -f"$3"
}

# What veth says about the way of NIC's frames: none dropped before the program, all run through it. (rx_dropped is what the
# stack threw away behind the program.)
nic_lost_nothing() {
	equal "dropped $(far_statistic "$1" tx.dropped), received $(statistic "$1" rx_packets)" \
		"dropped 0, received $(sent_of "$1" total 1)"
}

# mode_site MODE [LINE...]: to $SITE the site of ops_accounting, with this mode and these lines besides.
mode_site() {
	sed "s/^mode:.*/mode: $1/" "$FIXTURES/before.yaml" >"$SITE"
	shift
	(($# == 0)) || printf '%s\n' "$@" >>"$SITE"
}

# readers_group: from now on there is a group xdp-edge, of this test's only: /etc/group is another file here. Its members
# can look into WORK.
readers_group() {
	chmod 711 "$WORK"
	grep -v '^xdp-edge:' /etc/group >"$WORK/group"
	echo "xdp-edge:x:$READERS:" >>"$WORK/group"
	chmod 644 "$WORK/group"
	mount --bind "$WORK/group" /etc/group
}

# xe COMMAND...: with the site $SITE.
xe() {
	"$XE" -c "$SITE" "$@"
}

# stats EXPRESSION: of jq, over the counters now.
stats() {
	xe -j stats | jq -r "$1"
}

# total: "PACKETS BYTES" counted since load.
total() {
	stats '"\(.total.packets) \(.total.bytes)"'
}

# pins: everything in the bpffs, sorted, without the kernel's own.
pins() {
	find "$BPFFS" -mindepth 1 ! -path "$BPFFS/*.debug" ! -path "$BPFFS/xdp-edge-lock*" | sed "s|^$BPFFS/||" | sort
}

# policy_pins NAME GENERATION [MAP...]: what a loaded policy has there that counts what would be dropped, sorted; dispatchers
# apart. MAP: what it has besides.
policy_pins() {
	local base="xdp-edge/$1" generation=$2 maps
	shift 2
	maps=(control policy counters totals interfaces verdicts notes baseline suspects roles "$@")
	printf '%s\n' xdp-edge "$base" "${maps[@]/#/$base/}" "$base/gen-$generation" \
		"$base/gen-$generation"/{atoms,matches,rows} | sort
}

# own_pins: pins that are not libxdp's.
own_pins() {
	pins | grep -v '^xdp\(/\|$\)' || true
}

# dispatchers: libxdp's directories, one an interface that has one.
dispatchers() {
	pins | sed -n 's|^xdp/\(dispatch-[^/]*\)$|\1|p'
}

# expected_dispatchers: those that should be there: of the dispatchers attached now.
expected_dispatchers() {
	bpftool net show -j | jq -r '.[0].xdp[] | "\(.ifindex) \(.id)"' 2>/dev/null |
		while read -r ifindex id; do
			bpftool prog show id "$id" -j | jq -r "select(.name == \"xdp_dispatcher\") | \"dispatch-$ifindex-$id\""
		done
}

# xdp_on NIC: the ids of XDP programs on it, none: empty.
xdp_on() {
	ip -j -d link show dev "$1" | jq -r '.[0].xdp.prog.id // empty'
}

# equal GOT WANTED
equal() {
	[[ $1 == "$2" ]] && return
	diff <(echo "$1") <(echo "$2") | sed 's/^</got:    /; s/^>/wanted: /; /^[0-9,]*[acd]/d'
	return 1
}

# ends CODE TEXT COMMAND...: exits so, and says exactly the lines TEXT on stderr; TEXT '-': whatever it says.
ends() {
	local code=$1 text=$2 got said
	shift 2
	got=0
	said=$("$@" 2>&1 >"$WORK/stdout") || got=$?
	if [[ $got != "$code" ]]; then
		echo "exit code $got, wanted $code; it said:"
		echo "$said"
		cat "$WORK/stdout"
		return 1
	fi
	[[ $text == - ]] || equal "$said" "$text"
}

finish() {
	finished=yes
	echo "$passed passed, $failed failed"
	((failed == 0))
}
