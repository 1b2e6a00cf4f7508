#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Brings up the lab with real services and clients, and proves the counters of xdp-edge frame for frame; shows that the
# proof can fail; and that nothing of a lab is left behind, also of an interrupted one. Closing line: N passed, N failed.
set -euo pipefail

# Client ports that overlap the media ranges: the harder case, where many rows claim one packet.
export LAB_EPHEMERAL="32768 60999"

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=scripts/lab/lab.sh
. "$HERE/../../scripts/lab/lab.sh"
# shellcheck source=tests/datapath/check.sh
. "$HERE/check.sh"

test_end() {
	local rc=$?
	trap '' INT TERM
	lab_down
	exit "$rc"
}

# Rows of the Edge's own tables that the traffic must reach as deciding rows, whatever ports the clients get.
EDGE_ROWS=(
	external/{1,2,3,4,6,7,8,9,10,11,12,13,14,15,16}
	internal/{1,2,4,5,6,7,8,9,10,11} public-im/{1,2,3,5,6} xmpp/2
)
REACHED_MISSES=(unmatched foreign spoofed fragment ip-other ipsec non-ip)

# json EXPRESSION: a Python expression over `stats`; true or false.
json() {
	/usr/bin/python3 -c 'import json, sys
stats = json.load(open(sys.argv[1]))
rows = {row["id"]: row for row in stats["rows"]}
sys.exit(not eval(sys.argv[2]))' "$STATE/stats.json" "$1"
}

reached_rows() {
	local row rc=0
	for row in "${EDGE_ROWS[@]}"; do
		json "rows['lync2013-edge-nat/$row']['decided']['packets'] > 0" || {
			echo "lync2013-edge-nat/$row decided nothing"
			rc=1
		}
	done
	return $rc
}

reached_misses() {
	local miss rc=0
	for miss in "${REACHED_MISSES[@]}"; do
		json "stats['misses']['$miss']['packets'] > 0" || {
			echo "no packet was $miss"
			rc=1
		}
	done
	return $rc
}

# The statistics with one number changed by one: the proof must notice.
proof_notices_wrong_statistics() {
	local change
	for change in "rows['lync2013-edge-nat/external/14']['decided']['packets'] += 1" \
		"rows['lync2013-edge-nat/external/5']['matched']['packets'] -= 1" \
		"rows['lync2013-edge-nat/external/12']['reply']['bytes'] += 1" \
		"rows['lync2013-edge-nat/external/15']['new'] -= 1" \
		"rows['sfb-internal/client-ports/7']['decided']['packets'] += 1" \
		"stats['misses']['non-ip']['packets'] -= 1" "stats['total']['bytes'] += 1"; do
		/usr/bin/python3 -c 'import json, sys
stats = json.load(open(sys.argv[1]))
rows = {row["id"]: row for row in stats["rows"]}
exec(sys.argv[2])
json.dump(stats, open(sys.argv[3], "w"))' "$STATE/stats.json" "$change" "$STATE/wrong.json" || return 1
		if "$LAB_HOME/expect.py" "$LAB_ROOT/maps/spec" "$STATE/site.yaml" --stats "$STATE/wrong.json" "$STATE"/captures/*.pcap; then
			echo "not noticed: $change"
			return 1
		fi
	done
}

# A capture that lost its last frame: the proof must notice.
proof_notices_lost_frame() {
	local size
	mkdir "$STATE/cut"
	cp "$STATE"/captures/*.pcap "$STATE/cut"
	# The last record's place: walk the records.
	size=$(/usr/bin/python3 -c 'import struct, sys
data = open(sys.argv[1], "rb").read()
at = last = 24
while at < len(data):
    last, at = at, at + 16 + struct.unpack_from("<I", data, at + 8)[0]
print(last)' "$STATE/cut/wan0.pcap")
	truncate -s "$size" "$STATE/cut/wan0.pcap"
	[[ $size -gt 24 ]] &&
		! "$LAB_HOME/expect.py" "$LAB_ROOT/maps/spec" "$STATE/site.yaml" --stats "$STATE/stats.json" "$STATE"/cut/*.pcap
}

# nothing_left NAME DIRECTORY: namespaces, pins, directory and processes of that lab.
nothing_left() {
	local rc=0
	if ip netns list | grep "^$1-"; then
		rc=1
	fi
	for path in "/sys/fs/bpf/xdp-edge/$1" "$2"; do
		if [[ -e $path ]]; then
			echo "$path is left"
			rc=1
		fi
	done
	# Whoever works for a lab has its directory or its name among the words of its command.
	if grep -lsaF -f <(printf '%s\n' "$1" "$2") /proc/[0-9]*/cmdline; then
		rc=1
	fi
	return $rc
}

# Two labs at once do not meet: the second comes and goes beside the first.
second_lab() (
	set -e
	trap lab_down EXIT
	first=$LAB
	lab_up
	[[ $LAB != "$first" ]]
	lab_xdp_edge load
	[[ -e /sys/fs/bpf/xdp-edge/$LAB && -e /sys/fs/bpf/xdp-edge/$first ]]
	gate_open
	in_ns inet ping -q -c 1 -W 2 203.0.113.10
	lab_xdp_edge unload
)

first_lab_untouched() {
	[[ -e /sys/fs/bpf/xdp-edge/$LAB ]] && lab_xdp_edge -j status && in_ns box ip -d link show wan0 | grep -w xdp
}

# interrupted SIGNAL SECONDS: starts the demo, ends it in the middle, wants exit 128+N and nothing left.
interrupted() {
	local demo dir name rc=0 number
	number=$(kill -l "$1")
	dir=$(mktemp -d)
	# A session of its own, so that the signal's way is the same as from a terminal: to everybody in the foreground. Started
	# through Python since a background job of a shell ignores SIGINT and its children cannot undo that.
	TMPDIR=$dir /usr/bin/python3 -c 'import os, signal, sys
os.setsid()
signal.signal(signal.SIGINT, signal.SIG_DFL)
os.execv(sys.argv[1], sys.argv[1:])' "$LAB_ROOT/scripts/demo.sh" >"$dir/output" 2>&1 </dev/null &
	demo=$!
	sleep "$2"
	name=$(cat "$dir"/xe-lab.*/name 2>/dev/null) || true
	kill -s "$1" -- "-$demo" || { echo "the demo had ended already"; cat "$dir/output"; rc=1; }
	wait "$demo" || number=$((number - $? + 128))
	((number == 0)) || { echo "exit code is off by $number"; tail -n 5 "$dir/output"; rc=1; }
	[[ -n $name ]] || { echo "there was no lab"; rc=1; }
	nothing_left "${name:-none}" "$dir/xe-lab." || { tail -n 8 "$dir/output"; rc=1; }
	rm -rf "$dir"
	return $rc
}

main() {
	local name directory
	trap test_end EXIT
	trap 'trap "" INT TERM HUP; exit 130' INT
	trap 'exit 143' TERM

	lab_up
	check "the lab's directory is private" test "$(stat -c %a "$STATE")" = 700
	check "services start" services_up
	check "captures start" capture_start
	check "xdp-edge loads on four NICs" lab_load load
	gate_open
	check "every conversation is answered" lab_traffic
	gate_close
	lab_xdp_edge -j stats >"$STATE/stats.json" || true
	check "captures are complete" capture_stop
	check "counters equal captures, row by row" lab_prove
	check "the traffic reached the Edge's rows" reached_rows
	check "the traffic reached the misses" reached_misses
	check "the proof notices wrong statistics" proof_notices_wrong_statistics
	check "the proof notices a lost frame" proof_notices_lost_frame
	check "a second lab beside this one" second_lab
	check "this one is untouched by it" first_lab_untouched
	check "unload" lab_xdp_edge unload
	name=$LAB directory=$STATE
	lab_down
	check "nothing is left" nothing_left "$name" "$directory"
	check "down again is no error" env LAB_STATE="$directory" "$LAB_HOME/lab.sh" down
	check "demo interrupted early leaves nothing" interrupted INT 1
	check "demo interrupted in its traffic leaves nothing" interrupted INT 8
	check "demo terminated in its traffic leaves nothing" interrupted TERM 6

	echo "$passed passed, $failed failed"
	((failed == 0))
}

main "$@"
