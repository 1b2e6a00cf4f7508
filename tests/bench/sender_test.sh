#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The benchmark's sender: does it send what its trace says, and is every frame accounted for? No figures.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
SENDER=${SENDER:-$here/../../build/tests/sender}
FLOOR=${FLOOR:-$here/../../build/floor.bpf.o}
# shellcheck disable=SC2034 # read by lib.sh, which would build another one
SEND=$SENDER
# shellcheck disable=SC1091
source "$here/../datapath/lib.sh"
world "$0" "$@"

# receive NIC PROGRAM: attach one of the floors.
receive() {
	[[ -e $BPFFS/floor ]] || bpftool prog loadall "$FLOOR" "$BPFFS/floor"
	bpftool net attach xdpdrv pinned "$BPFFS/floor/$2" dev "$1"
}

# sender NIC ARGUMENT...: prints its JSON.
sender() {
	far "$SENDER" --dev "$1-far" --json "${@:2}"
}

# rx NIC STATISTIC: of ethtool, summed over queues.
rx() {
	ethtool -S "$1" | awk -v name="_$2:" 'index($1, name) && $1 ~ /^rx_/ { n += $2 } END { print n + 0 }'
}

four="$WORK/four.txt"
cat >"$four" <<-END
	# a packet of each kind
	tcp 192.0.2.1 198.51.100.1 40001 443
	tcp 192.0.2.2 198.51.100.2 40002 5061 syn

	udp 192.0.2.3 198.51.100.3 40003 3478
	udp 2001:db8::3 2001:db8:1::3 40004 3479
	tcp 2001:db8::4 2001:db8:1::4 40005 443
END
ipv4="$WORK/ipv4.txt"
for ((i = 1; i <= 250; i++)); do
	echo "udp 192.0.2.$i 198.51.100.1 $((40000 + i)) 3478"
done >"$ipv4"

nic one
nic two numtxqueues 2 numrxqueues 2
nic idle
receive one floor_count_drop
receive two floor_drop

exact_count() {
	local before json
	before=$(rx one xdp_drops)
	json=$(sender one --trace "$ipv4" --count 100003)
	equal "$(jq -c '[.attempted, .delivered, .dropped, .refused]' <<<"$json")" "[100003,100003,0,0]" &&
		equal "$(($(rx one xdp_drops) - before))" 100003
}
check 'delivers as many as asked' exact_count

all_the_same() {
	local json
	json=$(sender one --trace "$ipv4" --seconds 0.2)
	jq -e '.attempted > 0 and .attempted == .delivered + .dropped and .refused == 0' <<<"$json"
}
check 'for a time: attempted = delivered + dropped' all_the_same

rate() {
	local json
	json=$(sender one --trace "$ipv4" --count 2000 --rate 20000)
	equal "$(jq -c '[.attempted, .delivered]' <<<"$json")" "[2000,2000]"
}
check 'at a rate: all of them' rate

size() {
	local before bytes
	before=$(rx one xdp_bytes)
	sender one --trace "$ipv4" --count 100 --size 512 >/dev/null
	bytes=$(($(rx one xdp_bytes) - before))
	equal "$bytes" 51200
}
check 'frames of the size asked for' size

two_cpus() {
	local json before
	before=$(rx two xdp_drops)
	json=$(sender two --trace "$ipv4" --count 100001 --cpu 0,1)
	equal "$(jq -c '[.attempted, .refused]' <<<"$json")" '[100001,0]' &&
		equal "$(($(rx two xdp_drops) - before))" "$(jq .delivered <<<"$json")"
}
if (($(nproc) > 1)); then
	check 'two CPUs, two rings: counts add up' two_cpus
	check 'two CPUs, one ring: refused, its counts would lie' ends 1 "sender: one-far: CPUs 0 and 1 would share one of its 1\
 queues; make both ends with numtxqueues and numrxqueues of one a CPU" sender one --trace "$ipv4" --count 1 --cpu 0,1
fi

no_ring() {
	equal "$(sender idle --trace "$ipv4" --count 100 | jq -c '[.attempted, .delivered, .dropped, .refused]')" '[100,0,0,100]'
}
check 'an end that takes nothing: all refused' no_ring

# What is in the frames: captured behind a program that passes.
capture() {
	nic seen
	receive seen floor_pass
	tcpdump -i seen -Q in -c 10 -w "$WORK/seen.pcap" -Z root 2>"$WORK/tcpdump.log" &
	local pid=$! i
	for ((i = 0; i < 100; i++)); do
		grep -q 'listening on' "$WORK/tcpdump.log" && break
		sleep 0.1
	done
	sender seen --trace "$four" --count 10 --dmac 02:00:00:00:00:07 --smac 02:00:00:00:00:08 >/dev/null
	wait "$pid"
}
check 'ten packets are captured' capture

# captured ARGUMENT...: what tcpdump makes of them, a line a packet, without times.
captured() {
	tcpdump -nntr "$WORK/seen.pcap" "$@" 2>/dev/null | sed 's/^ *//'
}

flows='IP 192.0.2.1.40001 > 198.51.100.1.443: Flags [.]
IP 192.0.2.2.40002 > 198.51.100.2.5061: Flags [S]
IP 192.0.2.3.40003 > 198.51.100.3.3478: UDP
IP6 2001:db8::3.40004 > 2001:db8:1::3.3479: UDP
IP6 2001:db8::4.40005 > 2001:db8:1::4.443: Flags [.]'
check 'the trace, in its order, over and over' equal "$(captured | sed 's/, .*//')" "$flows"$'\n'"$flows"
check 'all to the MACs that were given' equal \
	"$(captured -e | grep -c '^02:00:00:00:00:08 > 02:00:00:00:00:07, .* length 80: ')" 10
check 'checksums of TCP are right' equal "$(captured -vv | grep -c 'cksum 0x[0-9a-f]* (correct)')" 6
check 'checksums of UDP are right' equal "$(captured -vv | grep -c '\[udp sum ok\]')" 4
check 'no checksum of IPv4 is wrong' equal "$(captured -vv | grep -c 'bad cksum')" 0

refused_trace() {
	printf '%s\n' "$1" >"$WORK/trace"
	ends 1 "$WORK/trace:1: $2" sender one --trace "$WORK/trace" --count 1
}
check 'trace: a protocol it cannot send' refused_trace 'icmp 192.0.2.1 192.0.2.2 0 0' 'icmp: the protocol is tcp or udp'
check 'trace: families mixed' refused_trace 'udp 192.0.2.1 2001:db8::1 1 2' "2001:db8::1: not an address of the source's family"
check 'trace: a port too large' refused_trace 'udp 192.0.2.1 192.0.2.2 1 65536' '65536: a port is 0..65535'
check 'trace: syn of udp' refused_trace 'udp 192.0.2.1 192.0.2.2 1 2 syn' 'syn: only syn, and only of tcp, may stand here'
check 'trace: too short' refused_trace 'udp 192.0.2.1 192.0.2.2 1' '1: not PROTO SADDR DADDR SPORT DPORT [syn]'
check 'trace: too long' refused_trace 'tcp 192.0.2.1 192.0.2.2 1 2 syn x' 'x: one word too many'
check 'trace: nothing in it' refused_trace '# nothing' 'end of file: no packet in the trace'
check 'IPv6 does not fit 64 bytes' ends 2 'sender: --size 64: IPv6 packets need 80 bytes' \
	sender one --trace "$four" --size 64 --count 1
check 'it must be said when to stop' ends 2 'sender: --count or --seconds must say when to stop' sender one --trace "$four"
check 'a device that is no veth' ends 3 'sender: lo: not a veth; what arrives could not be told' \
	"$SENDER" --dev lo --trace "$four" --count 1

finish
