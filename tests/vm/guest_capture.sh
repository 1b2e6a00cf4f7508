# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# The guest's checks of captures, through libxdp's dispatcher, where programs that copy come beside the others and take over
# with an epoch of their own. Sourced by guest.sh.

# capture_begins [ARGUMENT...]: to /run/capture.pcapng; its process: `capture`.
capture_begins() {
	local i
	rm -f /run/capture.err
	# not through edge(): the signals must reach it
	"$EDGE" -c "$SITE" capture -w /run/capture.pcapng "$@" 2>/run/capture.err >/dev/null &
	capture=$!
	trap 'kill "$capture" 2>/dev/null || true; wait || true' EXIT # also if a check fails meanwhile
	for ((i = 0; i < 600; i++)); do
		! grep -q 'capturing what enters' /run/capture.err || return 0
		sleep 0.2
	done
	fail "the capture did not begin:" "$(cat /run/capture.err)"
}

capture_ends() {
	kill -INT "$capture"
	wait "$capture" || fail "the capture failed:" "$(cat /run/capture.err)"
}

# captured LINE...: fails unless the comments, without their tails, are exactly these, each with its number.
captured() {
	local want have
	want=$(printf '%s\n' "$@" | LC_ALL=C sort)
	have=$(tshark -r /run/capture.pcapng -T fields -e frame.comment 2>/dev/null |
		sed -E 's/ (role|interface)=.*//' | LC_ALL=C sort | uniq -c | sed 's/^ *//' | LC_ALL=C sort)
	[ "$have" = "$want" ] || fail "captured:" "$(paste -sd, <<<"$have")" "expected:" "$(paste -sd, <<<"$want")" "$(cat /run/capture.err)"
}

# capture_is STATE, by the dispatcher.
capture_is() {
	local is
	is=$(edge -j status | jq -r '.policies[0] | "\(.capture) \(.interfaces[0].dispatcher)"')
	[ "$is" = "$1 true" ] || fail "capture and dispatcher are $is, not $1 true"
}

some_traffic() {
	to_edge udp 3478 5    # unmatched there: it is the A/V Edge's
	to_edge syn 5061 7
	to_edge udp 9 10
}

# capture_in_enforce: the largest program there is.
capture_in_enforce() {
	local loaded
	site_on v0
	sed -i 's/^mode: .*/mode: enforce/' "$SITE"
	echo 'payload: yes' >>"$SITE"
	edge load
	loaded=$(edge -j status | jq '.policies[0].interfaces[0].prog_id')
	capture_begins
	capture_is running
	[ "$(edge -j status | jq '.policies[0].interfaces[0].prog_id')" != "$loaded" ] || fail "the same program copies"
	some_traffic
	expect "$TABLE/6 7 602" "new $TABLE/6 7" "unmatched 15 1110"
	capture_ends
	captured "7 row=$TABLE/6 sense=forward verdict=passed" "15 miss=unmatched verdict=dropped reason=unmatched"
	capture_is none
	edge unload
	gone
}

# capture_follows: reloads and kills while packets are copied.
capture_follows() {
	site_on v0
	edge load
	capture_begins --miss unmatched
	some_traffic
	SITE=$SITE_B edge reload
	for ((i = 0; i < 300; i++)); do
		! grep -q 'the capture goes on by it' /run/capture.err || break
		sleep 0.2
	done
	capture_is running
	some_traffic
	expect "$TABLE/6 14 1204" "new $TABLE/6 14" "unmatched 30 2220"
	capture_ends
	captured "30 miss=unmatched verdict=would-drop reason=unmatched"
	capture_begins
	kill -KILL "$capture"
	wait "$capture" 2>/dev/null || true
	capture_is left
	edge reload
	capture_is none
	some_traffic
	expect "$TABLE/6 21 1806" "new $TABLE/6 21" "unmatched 45 3330"
	edge unload
	gone
}

# capture_under_traffic: a frame that is between the two programs, one a CPU at most and NIC, may be counted twice or not at all.
capture_under_traffic() {
	local sender room counted exchanges=0
	site_on v0
	edge load
	send udp 203.0.113.12 3478 4000 32 1000 &
	sender=$!
	while kill -0 "$sender" 2>/dev/null; do
		capture_begins --sample 10
		capture_ends
		exchanges=$((exchanges + 2))
	done
	wait "$sender"
	[ "$exchanges" -ge 2 ] || fail "no capture while packets arrived"
	sleep 0.5
	room=$(($(nproc) * exchanges))
	counted=$(edge -j stats | jq .total.packets)
	((counted - 4000 <= room && 4000 - counted <= room)) ||
		fail "counted $counted of 4000, at most $room may differ"
	edge unload
	gone
}

# capture_beside: somebody else's program in the same dispatcher goes on counting.
capture_beside() {
	local before
	site_on v0
	xdp-loader load -m native "$NIC" "$TOOLS/other.bpf.o"
	edge load
	before=$(other_packets)
	capture_begins --row "$TABLE/14"
	send udp 203.0.113.12 3478 11 32
	expect "$TABLE/14 11 814"
	capture_ends
	captured "11 row=$TABLE/14 sense=forward verdict=passed"
	[ $(($(other_packets) - before)) -eq 11 ] || fail "the other program counted $(($(other_packets) - before)) packets, not 11"
	edge unload
	xdp-loader unload -a "$NIC"
	gone
}

capture_checks() {
	check "veth: capture in enforce, payload classes on" capture_in_enforce
	check "veth: capture, reloads and kills" capture_follows
	check "veth: capture under traffic" capture_under_traffic
	check "veth: capture beside another program" capture_beside
}
