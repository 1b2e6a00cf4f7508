#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Every frame is counted once while policies are replaced again and again under full load: frames and bytes sent = counted,
# in all, by NIC and by row; and nobody who reads meanwhile sees a counter go down or a frame missing.
#
#	ops_accounting.sh [SECONDS]    default 10
set -euo pipefail
# shellcheck source=tests/datapath/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
world "$0" "$@"

SECONDS_OF_TRAFFIC=${1:-10}
FRAMES_WANTED=100000
RELOADS_WANTED=10
BEFORE=$FIXTURES/before.yaml
AFTER=$FIXTURES/after.yaml
SITE=$BEFORE

# Name, what decides it in each policy, and the flow. They take turns, frame by frame.
WAN_FLOWS=(
	"kept         site/rows/kept                 site/rows/kept                 udp,192.0.2.1,5000,203.0.113.10,7000,60"
	"split        site/rows/split-before         site/rows/split-after          udp,192.0.2.1,5000,203.0.113.10,7002,64"
	"only-before  site/rows/only-before          unmatched                      udp,192.0.2.1,5000,203.0.113.10,7001,142"
	"only-after   unmatched                      site/rows/only-after           tcp,192.0.2.1,5000,203.0.113.10,7003,1514"
	"prefix       foreign                        lync2013-edge-nat/external/8   syn,198.51.100.200,5000,198.51.100.99,443,74"
	"sip          lync2013-edge-nat/external/5   lync2013-edge-nat/external/5   syn,198.51.100.7,5000,203.0.113.10,443,74"
	"sip6         lync2013-edge-nat/external/5   lync2013-edge-nat/external/5   tcp,2001:db8:c::1,5000,2001:db8:16::10,443,90"
	"stun         lync2013-edge-nat/external/14  lync2013-edge-nat/external/14  udp,198.51.100.7,5000,203.0.113.30,3478,600"
	"reply        lync2013-edge-nat/external/4   lync2013-edge-nat/external/4   udp,198.51.100.53,53,203.0.113.10,5000,300"
	"spoofed      spoofed                        spoofed                        udp,10.0.1.11,5000,203.0.113.10,7000,60"
	"non-ip       non-ip                         non-ip                         0x88b5,60"
)
LAN_FLOWS=(
	"ping         ip-other                       ip-other                       icmp,10.0.1.11,0,203.0.113.10,0,98"
	"foreign      foreign                        foreign                        udp,192.0.2.9,5000,192.0.2.10,7000,60"
	"sip-out      lync2013-edge-nat/internal/2   lync2013-edge-nat/internal/2   syn,10.0.1.11,5000,172.25.33.10,5061,74"
)

# One reading after the other, each by a new process, with what both NICs had received before.
read_one_by_one() {
	local before
	while [[ ! -e $WORK/done ]]; do
		before=$(($(statistic wan0 rx_packets) + $(statistic lan0 rx_packets)))
		xe -j stats | jq -c ".received_before = $before" || echo '"failed"'
		sleep 0.02
	done >"$WORK/singly.json"
}

# A reader that takes its time between any two looks at the kernel, so that nearly every reload falls into a reading. It may
# give up, since the policy is replaced again and again; what it does say must be right.
read_slowly() {
	while [[ ! -e $WORK/done ]]; do
		strace -qq -o /dev/null -e trace=bpf -e inject=bpf:delay_exit=400 "$XE" -j -c "$BEFORE" stats 2>>"$WORK/gave-up" || true
	done >"$WORK/slowly.json"
}

all_sent() {
	echo "$(($(sent_of wan0 total 1) + $(sent_of lan0 total 1))) $(($(sent_of wan0 total 2) + $(sent_of lan0 total 2)))"
}

# The sum by NIC and over rows and misses.
nic_total() {
	equal "$(jq -r ".interfaces[] | select(.name == \"$1\") | \"\(.packets) \(.bytes)\"" "$WORK/stats.json")" \
		"$(sent_of "$1" total 1) $(sent_of "$1" total 2)"
}

rows_and_misses() {
	equal "$(jq -r '[.rows[].decided, .misses[]] | "\(map(.packets) | add) \(map(.bytes) | add)"' "$WORK/stats.json")" "$(all_sent)"
}

# Expected sum of every group of rows and misses that share a flow: rows that only one flow reaches in both policies are exact; a
# flow that changed its row is exact over both rows; unmatched and foreign take part of several.
expect_rows() {
	jq -r '
		def decided(id): [.rows[] | select(.id == id) | .decided] | .[0] // {packets: 0, bytes: 0};
		def of(ids): [ids[] as $i | decided($i)] | {packets: (map(.packets) | add), bytes: (map(.bytes) | add)};
		def text(name; x): "\(name) \(x.packets) \(x.bytes)";
		. as $all |
		text("kept"; of(["site/rows/kept"])),
		text("split"; of(["site/rows/split-before", "site/rows/split-after"])),
		text("stun"; of(["lync2013-edge-nat/external/14"])),
		text("reply"; of(["lync2013-edge-nat/external/4"])),
		text("sip"; of(["lync2013-edge-nat/external/5"])),
		text("sip-out"; of(["lync2013-edge-nat/internal/2"])),
		text("spoofed"; .misses.spoofed),
		text("non-ip"; .misses["non-ip"]),
		text("ping"; .misses["ip-other"]),
		text("changing"; [.misses.unmatched, .misses.foreign, decided("site/rows/only-before"), decided("site/rows/only-after"),
			decided("lync2013-edge-nat/external/8")] | {packets: (map(.packets) | add), bytes: (map(.bytes) | add)}),
		"others \([.rows[] | select(.decided.packets > 0) | .id] - ["site/rows/kept", "site/rows/split-before",
			"site/rows/split-after", "site/rows/only-before", "site/rows/only-after", "lync2013-edge-nat/external/14",
			"lync2013-edge-nat/external/4", "lync2013-edge-nat/external/5", "lync2013-edge-nat/internal/2",
			"lync2013-edge-nat/external/8"])"' "$WORK/stats.json"
}

# flow_sent NAME...: "PACKETS BYTES" of these flows.
flow_sent() {
	local name i packets=0 bytes=0
	for name; do
		for i in "${!WAN_FLOWS[@]}"; do
			[[ ${WAN_FLOWS[i]%% *} != "$name" ]] || {
				packets=$((packets + $(sent_of wan0 "flow $((i + 1))" 1)))
				bytes=$((bytes + $(sent_of wan0 "flow $((i + 1))" 2)))
			}
		done
		for i in "${!LAN_FLOWS[@]}"; do
			[[ ${LAN_FLOWS[i]%% *} != "$name" ]] || {
				packets=$((packets + $(sent_of lan0 "flow $((i + 1))" 1)))
				bytes=$((bytes + $(sent_of lan0 "flow $((i + 1))" 2)))
			}
		done
	done
	echo "$packets $bytes"
}

rows_exact() {
	local name wanted=""
	for name in kept split stun reply; do
		wanted+="$name $(flow_sent $name)"$'\n'
	done
	wanted+="sip $(flow_sent sip sip6)"$'\n'
	for name in sip-out spoofed non-ip ping; do
		wanted+="$name $(flow_sent $name)"$'\n'
	done
	wanted+="changing $(flow_sent only-before only-after prefix foreign)"$'\n'"others []"
	equal "$(expect_rows)" "$wanted"
}

# Each policy was in force long enough to count something of its own.
both_policies_counted() {
	jq -e '[.rows[] | select(.id == ("site/rows/split-before", "site/rows/split-after", "site/rows/only-before",
		"site/rows/only-after", "lync2013-edge-nat/external/8")) | .decided.packets > 0] == [true, true, true, true, true]' \
		"$WORK/stats.json"
}

# new, reply and matched of rows that mean the same in both.
other_counts_exact() {
	equal "$(jq -r '[.rows[] | {(.id): .}] | add |
		"new \(.["lync2013-edge-nat/external/5"].new) \(.["lync2013-edge-nat/internal/2"].new) \(.["lync2013-edge-nat/external/14"].new)",
		"reply \(.["lync2013-edge-nat/external/4"].reply.packets) \(.["lync2013-edge-nat/external/4"].reply.bytes) \(.["lync2013-edge-nat/external/5"].reply.packets)",
		"matched \(.["lync2013-edge-nat/external/5"].matched.packets) \(.["lync2013-edge-nat/external/5"].matched.bytes)"' "$WORK/stats.json")" \
		"new $(flow_sent sip | cut -d' ' -f1) $(flow_sent sip-out | cut -d' ' -f1) 0
reply $(flow_sent reply) 0
matched $(flow_sent sip sip6)"
}

# Nothing in FILE, a reading a line, goes down or is lost from one to the next.
never_down() {
	jq -es '
		def counts: [(.rows[] | .id as $id | {($id + " decided"): .decided.packets, ($id + " decided bytes"): .decided.bytes,
			($id + " matched"): .matched.packets, ($id + " reply"): .reply.packets, ($id + " new"): .new}),
			(.misses | to_entries[] | {("miss " + .key): .value.packets}),
			(.interfaces[] | {("nic " + .name): .packets}),
			{total: .total.packets, "total bytes": .total.bytes, generation: .generation}] | add;
		map(counts) | [range(1; length) as $i | .[$i - 1] as $old | .[$i] as $new | $old | to_entries[] |
			select(.value > ($new[.key] // 0)) | "reading \($i): \(.key) was \(.value), is \($new[.key])"] |
		if . == [] then true else (.[:10] | debug | false) end' "$1"
}

sums_add_up() {
	jq -es 'all(.[]; (([.rows[].decided.packets, .misses[].packets] | add) == .total.packets)
		and (([.interfaces[].packets] | add) == .total.packets))' "$1"
}

nothing_missed() {
	jq -es '[.[] | select(.received_before > .total.packets) | [.received_before, .total.packets]] |
		if . == [] then true else (debug | false) end' "$1"
}

enough_readings() {
	local n generations
	n=$(wc -l <"$1")
	generations=$(jq -s 'map(.generation) | unique | length' "$1")
	echo "$n readings of $generations generations"
	((n >= RELOADS_WANTED && generations >= RELOADS_WANTED / 2))
}

only_gave_up() {
	! grep -vx "xdp-edge: ops: cannot read counters: the policy is being replaced again and again" "$WORK/gave-up"
}

main() {
	local reloads=0 reload_failures=0 senders=() watcher readers
	nic wan0
	nic lan0
	check "load" ends 0 "" xe load
	check "both NICs are attached in native mode" equal \
		"$(xe -j status | jq -r '.policies[0].interfaces[] | "\(.name) \(.state) \(.mode)"')" "wan0 attached native
lan0 attached native"

	"$XE" -j -c "$BEFORE" stats --interval 0.1 >"$WORK/watch.json" &
	watcher=$!
	read_one_by_one &
	readers=($!)
	read_slowly &
	readers+=($!)
	start_flows wan0 0 "${WAN_FLOWS[@]}"
	start_flows lan0 $(($(nproc) - 1)) "${LAN_FLOWS[@]}"
	SECONDS=0
	while ((SECONDS < SECONDS_OF_TRAFFIC || reloads < RELOADS_WANTED && reload_failures == 0)); do
		if ((reloads % 2)); then SITE=$BEFORE; else SITE=$AFTER; fi
		if xe reload >>"$WORK/reloads" 2>&1; then
			reloads=$((reloads + 1))
		else
			reload_failures=$((reload_failures + 1))
		fi
		sleep 0.05
	done
	kill -TERM "${senders[@]}"
	wait "${senders[@]}"
	sleep 0.3
	touch "$WORK/done"
	wait "${readers[@]}" || true
	kill -TERM "$watcher"
	wait "$watcher" || true
	xe -j stats >"$WORK/stats.json"
	echo "     $(all_sent) frames and bytes sent while $reloads reloads happened"

	check "no reload failed" equal "$reload_failures" 0
	check "there were $RELOADS_WANTED reloads or more" test "$reloads" -ge $RELOADS_WANTED
	check "there was traffic" test "$(sent_of wan0 total 1)" -ge "$FRAMES_WANTED" -a "$(sent_of lan0 total 1)" -ge "$FRAMES_WANTED"
	check "wan0: no frame was lost before the program" nic_lost_nothing wan0
	check "lan0: no frame was lost before the program" nic_lost_nothing lan0
	check "sum of counters = frames and bytes sent" equal "$(jq -r '"\(.total.packets) \(.total.bytes)"' "$WORK/stats.json")" "$(all_sent)"
	check "wan0: its sum" nic_total wan0
	check "lan0: its sum" nic_total lan0
	check "rows and misses add up to it" rows_and_misses
	check "rows that mean the same in both policies are exact" rows_exact
	check "their new, reply and matched are exact" other_counts_exact
	check "both policies counted" both_policies_counted
	check "there were readings under way" enough_readings "$WORK/singly.json"
	check "slow ones too" enough_readings "$WORK/slowly.json"
	check "who gave up said why" only_gave_up
	check "one reader: nothing goes down" never_down "$WORK/watch.json"
	check "many readers: nothing goes down" never_down "$WORK/singly.json"
	check "slow readers: nothing goes down" never_down "$WORK/slowly.json"
	check "every reading adds up" sums_add_up "$WORK/singly.json"
	check "every slow reading adds up" sums_add_up "$WORK/slowly.json"
	check "no reading misses a frame that was there before it" nothing_missed "$WORK/singly.json"
	check "only the live generation is left" equal "$(own_pins)" "$(policy_pins ops $((reloads + 1)))"
	check "unload" ends 0 "" xe unload
	check "nothing is left" equal "$(own_pins) $(dispatchers)$(xdp_on wan0)$(xdp_on lan0)" "xdp-edge "
	finish
}

main "$@"
