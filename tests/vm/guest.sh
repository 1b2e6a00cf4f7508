#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# What vm-test.sh runs inside the guest: xdp-edge on this kernel's real drivers. Each check sends
# an exact number of frames and compares every counter with it. Prints one line a check,
# `ok - NAME` or `not ok - NAME: reason`, and last the plan `1..N`, so that a guest that died
# half-way is not taken for one that passed.
#
# Usage: guest.sh [COMMAND...]: each further shell command is a check that passes if it exits 0.
#
# The receiving NICs stand in this network namespace, the sending ends in the namespace `sender`.
# No NIC has an address and IPv6 is off, so that nobody but send.c sends anything.
set -euo pipefail

TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
EDGE=build/xdp-edge
TOOLS=build/tests/vm # send, other.bpf.o
SITE=/run/site.yaml
SITE_B=/run/site-b.yaml
PINS=/sys/fs/bpf/xdp-edge
CHECKS=0

INTERNET=198.51.100.7
INTERNET6=2001:db8:ffff::7
TABLE=lync2013-edge-nat/external

# shellcheck source=tests/vm/guest_enforce.sh
. "$TOP/tests/vm/guest_enforce.sh"
# shellcheck source=tests/vm/guest_capture.sh
. "$TOP/tests/vm/guest_capture.sh"

# --- Checks --------------------------------------------------------------------------------

# check NAME COMMAND...: the reason of a failure is what the command said.
check() {
	local name=$1 said rc=0
	shift
	CHECKS=$((CHECKS + 1))
	# Not part of a condition, so that errexit holds inside.
	set +e
	said=$(
		# What is sent in the background is bounded: let it end before the next check. A capture is not.
		watcher=
		trap '[ -z "$watcher" ] || kill -INT "$watcher" 2>/dev/null || true; wait' EXIT
		set -e
		"$@" 2>&1
	)
	rc=$?
	set -e
	if [ "$rc" -eq 0 ]; then
		echo "ok - $name"
	else
		# A verifier's log may stand before it.
		said=$(tr '\n' ' ' <<<"${said:-exit status $rc}" | sed 's/ *$//' | tail -c 2000)
		echo "not ok - $name: $said"
		clean_up
	fi
}

fail() {
	echo "$*"
	exit 1
}

# clean_up: after a failed check, so that the next one starts from nothing.
clean_up() {
	local nic
	"$EDGE" -c "$SITE" unload >/dev/null 2>&1 || true
	for nic in eth0 v0; do
		xdp-loader unload -a "$nic" >/dev/null 2>&1 || true
	done
	rm -rf "$PINS"
	set_mtu eth0 eth1 1500
	set_mtu v0 v1 1500
}

# --- Steps ---------------------------------------------------------------------------------

# site_on NIC: the site with that NIC under test, and a second one that differs in a row which
# the test's traffic never meets.
site_on() {
	NIC=$1
	sed "s/^  eth0:/  $NIC:/" tests/vm/site.yaml >"$SITE"
	{
		cat "$SITE"
		echo 'rows:'
		echo '  - {name: spare, service: spare, l4: tcp, ports: 9100, source: 192.0.2.53, destination: access-edge}'
	} >"$SITE_B"
}

# set_mtu NIC FAR_END BYTES
set_mtu() {
	ip link set "$1" mtu "$3"
	ip -n sender link set "$2" mtu "$3"
}

edge() {
	"$EDGE" -c "$SITE" "$@"
}

# send KIND DADDR [SPORT:]DPORT COUNT PAYLOAD [USEC]: from the far end of the NIC under test.
send() {
	local kind=$1 from=$INTERNET far=eth1
	shift
	[[ $1 != *:* ]] || from=$INTERNET6
	[ "$NIC" = eth0 ] || far=v1
	ip netns exec sender "$TOOLS/send" "$far" "$(<"/sys/class/net/$NIC/address")" "$kind" "$from" "$@"
}

# sent: frames that the far end has sent in all, by its own counter.
sent() {
	local far=eth1
	[ "$NIC" = eth0 ] || far=v1
	ip -n sender -s -j link show dev "$far" | jq '.[0].stats64.tx.packets'
}

# counted: every counter that moved, one a line: NAME PACKETS BYTES, and `new ROW PACKETS`.
counted() {
	edge -j stats | jq -r '
		(.rows[] | select(.decided.packets > 0) | "\(.id) \(.decided.packets) \(.decided.bytes)"),
		(.rows[] | select(.new > 0) | "new \(.id) \(.new)"),
		(.misses | to_entries[] | select(.value.packets > 0)
			| "\(.key) \(.value.packets) \(.value.bytes)"),
		"total \(.total.packets) \(.total.bytes)"' | LC_ALL=C sort
}

# expect LINE...: fails unless exactly these counters moved, the total (added up here) included.
expect() {
	local want have total i
	total=$(printf '%s\n' "$@" | awk '$1 != "new" { p += $2; b += $3 } END { print p + 0, b + 0 }')
	want=$(printf '%s\n' "$@" "total $total" | LC_ALL=C sort)
	# The last frames may still be on their way; one counted too much would have come by then.
	for ((i = 0; i < 15; i++)); do
		sleep 0.4
		have=$(counted)
		[ "$have" != "$want" ] || break
	done
	[ "$have" = "$want" ] || fail "counted:" "$(paste -sd, <<<"$have")" "expected:" "$(paste -sd, <<<"$want")"
}

# attached MODE: fails unless the NIC under test has a program in that mode (native, generic).
attached() {
	local mode
	mode=$(ip -j -d link show dev "$NIC" | jq -r '.[0].xdp.mode // 0')
	case $1:$mode in
	native:1 | generic:2) ;;
	*) fail "$NIC: attached in mode $mode, not $1" ;;
	esac
}

# gone: fails unless xdp-edge left nothing behind.
gone() {
	local left
	[ "$(ip -j -d link show dev "$NIC" | jq '.[0].xdp')" = null ] || fail "$NIC still has a program"
	left=$(find /sys/fs/bpf -mindepth 1 -type f ! -name '*.debug')
	[ -z "$left" ] || fail "pins left:" "$left"
}

# --- The checks themselves -----------------------------------------------------------------

# Some of everything. Every length is that of the frame as it is on the wire, without its FCS.
traffic() {
	send udp 203.0.113.12 3478 40 32    # 14 + 20 + 8 + 32 = 74 bytes
	send udp 2001:db8:16::12 3478 30 32 # 14 + 40 + 8 + 32 = 94
	send syn 203.0.113.10 5061 25 32    # 14 + 20 + 20 + 32 = 86
	send ack 203.0.113.10 5061 15 32
	send syn 203.0.113.12 443 20 32
	send syn 2001:db8:16::10 443 12 32 # 14 + 40 + 20 + 32 = 106
	send udp 203.0.113.10 9 10 32
	send udp 192.0.2.200 3478 7 32
	send icmp 203.0.113.10 0 6 32
	send arp 203.0.113.10 0 5 0 # 60
}

TRAFFIC=(
	"$TABLE/14 70 $((40 * 74 + 30 * 94))"
	"$TABLE/6 40 $((40 * 86))"
	"$TABLE/15 20 $((20 * 86))"
	"$TABLE/5 12 $((12 * 106))"
	"new $TABLE/6 25"
	"new $TABLE/15 20"
	"new $TABLE/5 12"
	"unmatched 10 740"
	"foreign 7 $((7 * 74))"
	"ip-other 6 $((6 * 74))"
	"non-ip 5 300"
)

# counts_exactly NIC MODE [LOAD OPTION...]
counts_exactly() {
	local mode=$2 before
	site_on "$1"
	shift 2
	edge load "$@"
	attached "$mode"
	before=$(sent)
	traffic
	expect "${TRAFFIC[@]}"
	[ $(($(sent) - before)) -eq 170 ] || fail "the far end sent $(($(sent) - before)) frames, not 170"
	edge unload
	gone
}

# big_frames_counted: frames that do not fit one page are counted once and whole.
big_frames_counted() {
	send udp 203.0.113.12 3478 30 8000    # 14 + 20 + 8 + 8000 = 8042
	send udp 2001:db8:16::12 3478 20 8000 # 8062
	send syn 203.0.113.10 5061 10 32
	expect "$TABLE/14 50 $((30 * 8042 + 20 * 8062))" "$TABLE/6 10 860" "new $TABLE/6 10"
}

mtu_9000_veth() {
	site_on v0
	set_mtu v0 v1 9000
	edge load
	attached native
	big_frames_counted
	edge unload
	gone
	set_mtu v0 v1 1500
}

# virtio_net before Linux 6.3 or so has no native XDP for frames above a page: then the refusal
# must say what is wrong and what helps, and leave nothing behind.
mtu_9000_virtio_native() {
	local said rc=0
	site_on eth0
	set_mtu eth0 eth1 9000
	said=$(edge load 2>&1) || rc=$?
	if [ "$rc" -eq 0 ]; then
		attached native
		big_frames_counted
		edge unload
	else
		[ "$rc" -eq 1 ] || [ "$rc" -eq 3 ] || fail "exit status $rc:" "$said"
		for word in eth0 native MTU generic; do
			grep -qi -- "$word" <<<"$said" || fail "the refusal does not name $word:" "$said"
		done
	fi
	gone
	set_mtu eth0 eth1 1500
}

mtu_9000_virtio_generic() {
	site_on eth0
	set_mtu eth0 eth1 9000
	edge load --mode generic
	attached generic
	big_frames_counted
	edge unload
	gone
	set_mtu eth0 eth1 1500
}

other_packets() {
	bpftool -j map dump name other_packets | jq '.[0].formatted.value // .[0].value'
}

# Beside somebody else's program, through libxdp's dispatcher: both count, and ours goes alone.
beside_another() {
	local before
	site_on v0
	xdp-loader load -m native "$NIC" "$TOOLS/other.bpf.o"
	before=$(other_packets)
	send udp 203.0.113.12 3478 11 32
	sleep 0.3
	[ $(($(other_packets) - before)) -eq 11 ] || fail "the other program alone did not count 11 packets"

	edge load
	attached native
	before=$(other_packets)
	traffic
	expect "${TRAFFIC[@]}"
	[ $(($(other_packets) - before)) -eq 170 ] ||
		fail "beside xdp-edge the other counted $(($(other_packets) - before)) packets, not 170"

	edge unload
	[ ! -e "$PINS/vm" ] || fail "pins left:" "$(find "$PINS/vm")"
	attached native
	before=$(other_packets)
	send udp 203.0.113.12 3478 13 32
	sleep 0.3
	[ $(($(other_packets) - before)) -eq 13 ] || fail "after unload the other did not count 13 packets"
	xdp-loader unload -a "$NIC"
	gone
}

# seen STATE: of the NIC under test, by status; and so by whoever has no capability but is in the group that may read counters.
seen() {
	local state
	for state in "$(edge -j status vm)" \
		"$(setpriv --reuid 65534 --regid xdp-edge --clear-groups --bounding-set=-all --inh-caps=-all "$EDGE" -c "$SITE" -j status vm)"; do
		state=$(jq -r '.policies[0].interfaces[0] | "\(.state), dispatcher \(.dispatcher)"' <<<"$state")
		[ "$state" = "$1, dispatcher true" ] || fail "$NIC is $state, not $1"
		shift
	done
}

# By the dispatcher that was noted; by another one, that something else has come or gone, and no more.
seen_without_rights() {
	site_on v0
	getent group xdp-edge >/dev/null || groupadd --system xdp-edge
	edge load
	seen attached attached
	sed -i 's/^mode: .*/mode: enforce/' "$SITE"
	edge reload --force
	seen attached attached
	xdp-loader load -m native "$NIC" "$TOOLS/other.bpf.o"
	seen attached unknown
	edge reload --force
	seen attached attached
	ip link set "$NIC" xdp off
	seen missing missing
	edge reload --force
	seen attached attached
	edge unload
	xdp-loader clean "$NIC" >/dev/null # what is left of the dispatcher that was taken off
	gone
}

# Policies replaced while packets arrive: none is lost and none is counted twice.
reload_under_traffic() {
	local sender reloads=0
	site_on "$1"
	edge load
	send udp 203.0.113.12 3478 4000 32 1000 &
	sender=$!
	while kill -0 "$sender" 2>/dev/null; do
		SITE=$SITE_B edge reload
		edge reload
		reloads=$((reloads + 2))
	done
	wait "$sender"
	[ "$reloads" -ge 4 ] || fail "only $reloads reloads while packets arrived"
	send syn 203.0.113.10 5061 9 32
	expect "$TABLE/14 4000 $((4000 * 74))" "$TABLE/6 9 774" "new $TABLE/6 9"
	edge unload
	gone
}

# 100 swaps while frames arrive all the time. Sent = counted, packet for packet and byte for byte, by the far end's counter, by
# the NIC's own and by the program; both policies have the row. A frame each 100 us, as the kernel's timers allow: without a
# pause the host's queue in front of the guest would overflow, and what it drops nobody here can count.
swaps_under_load() {
	local loader before received portions=0 frames
	site_on "$1"
	edge load
	before=$(sent)
	received=$(<"/sys/class/net/$NIC/statistics/rx_packets")
	touch /run/loading
	(
		trap 'rm -f /run/loading' EXIT
		for ((i = 0; i < 100; i++)); do
			if ((i % 2)); then edge reload; else SITE=$SITE_B edge reload; fi
		done
		edge -j status | jq -e '.policies[0].generation == 101'
	) >/run/swaps 2>&1 &
	loader=$!
	while [ -e /run/loading ]; do
		send udp 203.0.113.12 3478 500 32 100
		portions=$((portions + 1))
	done
	wait "$loader" || fail "$(cat /run/swaps)"
	frames=$((portions * 500))
	[ $(($(sent) - before)) -eq "$frames" ] || fail "the far end sent $(($(sent) - before)) frames, not $frames"
	expect "$TABLE/14 $frames $((frames * 74))"
	received=$(($(<"/sys/class/net/$NIC/statistics/rx_packets") - received))
	[ "$received" -eq "$frames" ] || fail "the NIC received $received frames of $frames"
	edge unload
	gone
}

# --- Order of things -----------------------------------------------------------------------

# A copy in memory at the same place: on the host the checkout may be built anew meanwhile.
mkdir /run/checkout
tar -C "$TOP" --exclude=./.git -c . | tar -C /run/checkout -x
mount --bind /run/checkout "$TOP"
cd "$TOP"
[ -x "$EDGE" ] || fail "not ok - $EDGE is missing: run make first"

sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip netns add sender
ip netns exec sender sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip link set eth1 netns sender
ip link add v0 type veth peer name v1 netns sender
for nic in eth0 v0; do
	ip link set "$nic" up
done
for nic in eth1 v1; do
	ip -n sender link set "$nic" up
done
driver=$(basename "$(readlink /sys/class/net/eth0/device/driver)")

check "$driver: native, counts exact" counts_exactly eth0 native
check "veth: native, counts exact" counts_exactly v0 native
check "$driver: generic, counts exact" counts_exactly eth0 generic --mode generic
check "veth: MTU 9000, native, large frames whole" mtu_9000_veth
check "$driver: MTU 9000, native or refused with the remedies" mtu_9000_virtio_native
check "$driver: MTU 9000, generic, large frames whole" mtu_9000_virtio_generic
check "veth: beside another program, both count" beside_another
check "veth: where the program is, seen without a capability" seen_without_rights
check "veth: reload under traffic" reload_under_traffic v0
check "$driver: reload under traffic" reload_under_traffic eth0
check "$driver: 100 swaps under load, sent = counted" swaps_under_load eth0
enforce_checks
capture_checks
for command in "$@"; do
	check "$command" bash -c "$command"
done
echo "1..$CHECKS"
