# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# The lab's networks: five namespaces, four cables, addresses and routes; the gate that lets frames onto the cables; and
# the captures. Sourced by lab.sh, which owns $LAB (the prefix of every name) and $STATE (the private directory).
#
#   inet --eth0----wan0-- box --dmz0----ext0-- edge    every veth pair is one cable; the end inside `box` is the NIC
#   attacker --'          box --dmi0----int0-- edge    that xdp-edge watches, the other end is its peer
#                         box --lan0----eth0-- inside
#
# The attacker shares the cable of the internet, with a MAC address of its own (macvlan).
#
# Addresses are those of maps/sites/lab.yaml.

# Cables: NIC of the box, namespace of the peer, name of the peer.
CABLES=(
	"wan0 inet eth0"
	"dmz0 edge ext0"
	"dmi0 edge int0"
	"lan0 inside eth0"
)
NAMESPACES=(inet attacker box edge inside)

# Ports that clients call from. Below the media ranges, so that a conversation stays on one row from SYN to FIN; tests
# take a range that overlaps them, where the row depends on the port that a client happened to get.
LAB_EPHEMERAL=${LAB_EPHEMERAL:-32768 49151}

# Addresses: namespace, device, addresses with prefix lengths. The first of a family is the default source.
ADDRESSES=(
	"box wan0 198.51.100.1/24 2001:db8:1::1/64"
	"box dmz0 203.0.113.1/24 2001:db8:e::1/64"
	"box dmi0 10.1.0.1/24 2001:db8:1d::1/64"
	"box lan0 10.2.0.1/24 2001:db8:2d::1/64"
	# clients; federated partner and its A/V Edge; IM partner; messenger client; DNS; web; passer-by
	"inet eth0 198.51.100.10/24 198.51.100.11/24 198.51.100.20/24 198.51.100.21/24 198.51.100.30/24 198.51.100.40/24
		198.51.100.53/24 198.51.100.80/24 198.51.100.200/24"
	"inet eth0 2001:db8:1:0:c::10/64 2001:db8:1:0:c::11/64 2001:db8:1::20/64 2001:db8:1::21/64 2001:db8:1::30/64
		2001:db8:1::40/64 2001:db8:1::53/64 2001:db8:1::80/64 2001:db8:1::200/64"
	# the attacker, and what the site's deny list holds
	"attacker eth0 198.51.100.100/24 198.51.100.66/24"
	"attacker eth0 2001:db8:1::100/64 2001:db8:1::66/64"
	"edge ext0 203.0.113.10/24 203.0.113.11/24 203.0.113.12/24"
	"edge ext0 2001:db8:e::10/64 2001:db8:e::11/64 2001:db8:e::12/64"
	"edge int0 10.1.0.10/24 10.1.0.20/24 2001:db8:1d::10/64 2001:db8:1d::20/64"
	"inside eth0 10.2.0.10/24 10.2.0.11/24 10.2.0.12/24 10.2.0.200/24"
	"inside eth0 2001:db8:2d::10/64 2001:db8:2d::11/64 2001:db8:2d::12/64 2001:db8:2d:0:c::200/64"
	# An inside server's address worn by somebody on the internet: for the miss `spoofed`.
	"inet lo 10.2.0.10/32"
)

# Routes: namespace, then arguments of `ip route add`. As on a real Edge: default route out of the external NIC,
# static routes to the inside networks out of the internal one.
ROUTES=(
	"inet default via 198.51.100.1 src 198.51.100.20"
	"inet default via 2001:db8:1::1 src 2001:db8:1::20"
	"attacker default via 198.51.100.1 src 198.51.100.100"
	"attacker default via 2001:db8:1::1 src 2001:db8:1::100"
	"edge default via 203.0.113.1 src 203.0.113.10"
	"edge default via 2001:db8:e::1 src 2001:db8:e::10"
	"edge 10.2.0.0/24 via 10.1.0.1 src 10.1.0.10"
	"edge 2001:db8:2d::/64 via 2001:db8:1d::1 src 2001:db8:1d::10"
	"inside default via 10.2.0.1 src 10.2.0.10"
	"inside default via 2001:db8:2d::1 src 2001:db8:2d::10"
)

# in_ns NAMESPACE COMMAND...: run in one of the lab's namespaces. nsenter and not `ip netns exec`: that one mounts a
# fresh /sys and so hides the bpf file system.
in_ns() {
	local ns=$1
	shift
	nsenter --net="/run/netns/$LAB-$ns" "$@"
}

net_up() {
	local ns cable nic peer line dev address
	for ns in "${NAMESPACES[@]}"; do
		ip netns add "$LAB-$ns"
		# No duplicate address detection: every address is ours, and waiting for it costs a second a link.
		in_ns "$ns" sysctl -qw net.ipv6.conf.all.accept_dad=0 net.ipv6.conf.default.accept_dad=0 \
			net.ipv6.conf.default.router_solicitations=0 net.ipv4.ip_local_port_range="$LAB_EPHEMERAL"
		in_ns "$ns" ip link set lo up
	done
	in_ns box sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1 \
		net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0
	for cable in "${CABLES[@]}"; do
		read -r nic ns peer <<<"$cable"
		ip link add "$nic" netns "$LAB-box" type veth peer name "$peer" netns "$LAB-$ns"
		net_plain box "$nic"
		net_plain "$ns" "$peer"
	done
	gate_close
	for cable in "${CABLES[@]}"; do
		read -r nic ns peer <<<"$cable"
		in_ns box ip link set "$nic" up
		in_ns "$ns" ip link set "$peer" up
	done
	in_ns inet ip link add link eth0 name eth1 type macvlan mode private
	in_ns inet ip link set eth1 netns "$LAB-attacker" name eth0
	net_plain attacker eth0
	in_ns attacker ip link set eth0 up
	for line in "${ADDRESSES[@]}"; do
		# shellcheck disable=SC2086 # the line is a list
		set -- $line
		ns=$1 dev=$2
		shift 2
		for address in "$@"; do
			if [[ $address == *:* ]]; then
				in_ns "$ns" ip -6 address add "$address" dev "$dev" nodad
			else
				in_ns "$ns" ip address add "$address" dev "$dev"
			fi
		done
	done
	for line in "${ROUTES[@]}"; do
		# shellcheck disable=SC2086
		set -- $line
		ns=$1
		shift
		if [[ $* == *:* ]]; then
			in_ns "$ns" ip -6 route add "$@"
		else
			in_ns "$ns" ip route add "$@"
		fi
	done
}

# One frame captured must be one frame counted: no segmentation, no merging, no checksum left to hardware that is not
# there (the captured file then also reads well elsewhere).
net_plain() {
	in_ns "$1" ethtool -K "$2" tso off gso off gro off tx off sg off >/dev/null
}

net_down() {
	local ns
	for ns in "${NAMESPACES[@]}"; do
		if [[ -e /run/netns/$LAB-$ns ]]; then
			ip netns delete "$LAB-$ns"
		fi
	done
}

# The gate. Closed: whatever a peer wants to send disappears before it is sent, and so before a capture sees it.
# Open: everything a peer sends is captured on the peer and enters the box's NIC. So if captures start, and counters are
# read, while the gate is closed, then frames captured and frames counted are the same frames, with no race to argue about.
gate_close() {
	local nic ns peer cable
	for cable in "${CABLES[@]}"; do
		read -r nic ns peer <<<"$cable"
		in_ns "$ns" tc qdisc replace dev "$peer" root blackhole
	done
	# What was let through may still wait for the receiving CPU.
	sleep 0.2
}

gate_open() {
	local nic ns peer cable
	for cable in "${CABLES[@]}"; do
		read -r nic ns peer <<<"$cable"
		in_ns "$ns" tc qdisc delete dev "$peer" root
	done
}

# Frames that a peer has sent since it exists, as its own counter says.
frames_sent() {
	in_ns "$1" cat "/proc/net/dev" | awk -v dev="$2:" '$1 == dev {print $11}'
}

# What every peer sends, in captures/NIC.pcap, and what of it the box's stack sees, behind xdp-edge, in passed/NIC.pcap.
capture_start() {
	local nic ns peer cable
	mkdir -p "$STATE/captures" "$STATE/passed"
	for cable in "${CABLES[@]}"; do
		read -r nic ns peer <<<"$cable"
		capture_one "capture-$nic" "$ns" "$peer" out "$STATE/captures/$nic"
		capture_one "passed-$nic" box "$nic" in "$STATE/passed/$nic"
	done
	for cable in "${CABLES[@]}"; do
		read -r nic ns peer <<<"$cable"
		capture_runs "$STATE/captures/$nic" || return
		capture_runs "$STATE/passed/$nic" || return
		frames_sent "$ns" "$peer" >"$STATE/captures/$nic.before"
	done
}

# capture_one NAME NAMESPACE DEVICE DIRECTION FILE
capture_one() {
	# shellcheck disable=SC2046 # words of a command, or none
	run_in_background "$1" "$5.log" "$2" $(unconfined) tcpdump -Z root -n -p -s 0 -B 16384 --immediate-mode -U \
		-i "$3" -w "$5.pcap" -Q "$4"
}

capture_runs() {
	wait_for 10 grep -q 'listening on' "$1.log" || die "tcpdump did not start for $1: $(tail -n 1 "$1.log")"
}

# Ends the captures and fails if one of them missed a frame: the kernel dropped none, and the file holds as many as
# the peer's own counter says it sent. Closed gate expected, as for capture_start.
capture_stop() {
	local nic ns peer cable captured sent
	for cable in "${CABLES[@]}"; do
		read -r nic ns peer <<<"$cable"
		settle "$STATE/captures/$nic.pcap" || return
		settle "$STATE/passed/$nic.pcap" || return
		end_background "capture-$nic" "passed-$nic"
		captured=$(captured_whole "$STATE/captures/$nic") || return
		captured_whole "$STATE/passed/$nic" >/dev/null || return
		sent=$(($(frames_sent "$ns" "$peer") - $(<"$STATE/captures/$nic.before")))
		[[ $captured == "$sent" ]] || die "$nic: $sent frames sent to it, ${captured:-?} captured" || return
	done
}

# captured_whole FILE: prints how many frames tcpdump wrote there; fails if it missed one.
captured_whole() {
	local dropped
	dropped=$(sed -n 's/^\([0-9]*\) packets* dropped by kernel$/\1/p' "$1.log")
	[[ $dropped == 0 ]] || die "$1: ${dropped:-?} frames dropped by the kernel" || return
	sed -n 's/^\([0-9]*\) packets* captured$/\1/p' "$1.log"
}

# Waits until a file has kept its size for a third of a second.
settle() {
	local before=-1 now
	while now=$(stat -c %s "$1") && [[ $now != "$before" ]]; do
		before=$now
		sleep 0.3
	done
}
