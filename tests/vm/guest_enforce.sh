# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# The guest's checks of verdicts, through libxdp's dispatcher: what is dropped and what comes through, flows, the fallback of
# an enforcement that nobody confirms, and the program replaced by a reload under traffic. Sourced by guest.sh.

# enforce_site [LINE...]: the NIC under test faces the internet, eth0 the Edge.
enforce_site() {
	NIC=v0
	{
		sed "s/^  eth0:.*/  v0: internet\n  eth0: dmz-external/; s/^mode: .*/mode: rehearse/" tests/vm/site.yaml
		printf '%s\n' "$@"
	} >"$SITE"
	sed 's/^mode: .*/mode: monitor/' "$SITE" >"$SITE_B"
}

# from_edge KIND PORTS COUNT: the Access Edge to INTERNET, out of eth1 into eth0.
from_edge() {
	ip netns exec sender "$TOOLS/send" eth1 "$(<"/sys/class/net/eth0/address")" "$1" 203.0.113.10 "$INTERNET" "$2" "$3" 32
}

# to_edge KIND PORTS COUNT: INTERNET to the Access Edge.
to_edge() {
	send "$1" 203.0.113.10 "$2" "$3" 32
}

# verdicts: every one that moved, one a line: `dropped`, `would_drop` or `exempt`, NAME PACKETS BYTES.
verdicts() {
	edge -j stats | jq -r '
		("dropped", "would_drop", "exempt") as $kind | .[$kind] | group_by(.reason // .name)[]
			| "\($kind) \(.[0] | .reason // .name) \(map(.packets) | add) \(map(.bytes) | add)"' | LC_ALL=C sort
}

# expect_verdicts LINE...: fails unless exactly these verdicts moved.
expect_verdicts() {
	local want have i
	want=$(printf '%s\n' "$@" | LC_ALL=C sort)
	for ((i = 0; i < 15; i++)); do
		have=$(verdicts)
		[ "$have" != "$want" ] || return 0
		sleep 0.4
	done
	fail "verdicts:" "$(paste -sd, <<<"$have")" "expected:" "$(paste -sd, <<<"$want")"
}

# watch_passed: from now on frames behind the program of v0 are captured. passed: how many there were.
watch_passed() {
	tcpdump -Z root -n -p -B 4096 --immediate-mode -U -i v0 -Q in -w /run/passed.pcap 2>/run/passed.log &
	watcher=$!
	for ((i = 0; i < 50; i++)); do
		! grep -q 'listening on' /run/passed.log || return 0
		sleep 0.2
	done
	fail "tcpdump did not start"
}

passed() {
	sleep 1
	kill -INT "$watcher"
	wait "$watcher" || true
	sed -n 's/^\([0-9]*\) packets* captured$/\1/p' /run/passed.log
}

uses_dispatcher() {
	edge -j stats | jq -e '[.interfaces[] | select(.dispatcher)] | length == 2' >/dev/null ||
		fail "the NICs are not attached through the dispatcher"
}

DROPPED=(
	"dropped unmatched 10 740"
	"dropped unsolicited 9 666" # 14 + 20 + 8 + 32
	"exempt arp 5 300"
	"exempt echo 6 444"
)

# Some of everything and nine answers that nobody asked for; then the question, and nine answers again.
enforce_exactly() {
	local came
	enforce_site
	edge load --enforce
	attached native
	uses_dispatcher
	watch_passed
	traffic
	to_edge udp 53:40001 9
	expect_verdicts "${DROPPED[@]}"
	from_edge udp 40001:53 1
	sleep 0.5
	to_edge udp 53:40001 9
	expect_verdicts "${DROPPED[@]}"
	came=$(passed)
	# 170 frames of everything, twice nine answers.
	[ "$came" -eq $((170 - 10 + 9)) ] || fail "$came frames came through, not 169"
	edge unload
	gone
}

rehearse_exactly() {
	local came
	enforce_site
	edge load
	watch_passed
	traffic
	to_edge udp 53:40001 9
	expect_verdicts "${DROPPED[@]/#dropped/would_drop}"
	came=$(passed)
	[ "$came" -eq 179 ] || fail "$came frames came through, not 179"
	edge unload
	gone
}

# Nobody confirms: after ten seconds the kernel itself drops no more, and it is too late to confirm.
unconfirmed() {
	local rc=0
	enforce_site
	edge load --enforce --confirm-within 10s
	to_edge udp 9 12
	expect_verdicts "dropped unmatched 12 888"
	sleep 11
	to_edge udp 9 7
	expect_verdicts "dropped unmatched 12 888" "would_drop unmatched 7 518"
	edge confirm && rc=1
	[ "$rc" -eq 0 ] || fail "confirm came too late, and was taken"
	edge unload
	gone
}

confirmed() {
	enforce_site
	edge load --enforce --confirm-within 10s
	edge confirm
	sleep 11
	to_edge udp 9 7
	expect_verdicts "dropped unmatched 7 518"
	edge unload
	gone
}

# keep_sending: frames that a row allows, until the file /run/enough is there; how many comes to /run/sent.
keep_sending() {
	local sent=0
	while [ ! -e /run/enough ] && [ "$sent" -lt 100000 ]; do
		send udp 203.0.113.12 3478 200 32 2000
		sent=$((sent + 200))
	done
	echo "$sent" >/run/sent
}

# The mode changes while packets arrive, back and forth between the plain program and the one with verdicts: every frame is
# counted once, and the frames that a row allows all come through.
modes_under_traffic() {
	local sender round sent came
	enforce_site
	SITE=$SITE_B edge load
	watch_passed
	rm -f /run/enough /run/sent
	keep_sending &
	sender=$!
	for round in 1 2; do
		edge reload --enforce
		edge reload
		SITE=$SITE_B edge reload
	done
	[ ! -e /run/sent ] || fail "the traffic ended before the reloads of round $round"
	touch /run/enough
	wait "$sender"
	sent=$(</run/sent)
	attached native
	uses_dispatcher
	send syn 203.0.113.10 5061 9 32
	expect "$TABLE/14 $sent $((sent * 74))" "$TABLE/6 9 774" "new $TABLE/6 9"
	came=$(passed)
	[ "$came" -eq $((sent + 9)) ] || fail "$came frames came through, not $((sent + 9))"
	edge unload
	gone
}

enforce_checks() {
	check "veth: enforce, verdicts exact, through the dispatcher" enforce_exactly
	check "veth: rehearse, verdicts exact, nothing dropped" rehearse_exactly
	check "veth: enforce falls back when nobody confirms" unconfirmed
	check "veth: enforce stays when confirmed" confirmed
	check "veth: mode changes under traffic, sent = counted" modes_under_traffic
}
