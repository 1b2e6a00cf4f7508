#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# 100 swaps of the policy while both of two NICs take frames as fast as two CPUs can make them: every frame that veth
# delivered is counted once, packet and byte, on its NIC, and each policy decided in its turn. What veth itself dropped,
# because a ring was full, never reached the program and is told apart by the driver's own counters. How long a swap takes is
# for `make bench` to say.
set -euo pipefail
# shellcheck source=tests/datapath/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
world "$0" "$@"

SENDER=${SENDER:-$OPS_ROOT/build/tests/sender}
SWAPS=100
FRAME=128
FRAMES_WANTED=100000
BEFORE=$FIXTURES/before.yaml
AFTER=$FIXTURES/after.yaml
SITE=$BEFORE
LAST_CPU=$(($(nproc) - 1))

# The sender's traces: rows that stay, rows that one policy has and the other has not, misses, both IP versions.
write_traces() {
	cat >"$WORK/wan0.trace" <<-END
		udp 192.0.2.1 203.0.113.10 5000 7000
		udp 192.0.2.1 203.0.113.10 5000 7002
		udp 192.0.2.1 203.0.113.10 5000 7001
		tcp 192.0.2.1 203.0.113.10 5000 7003
		tcp 198.51.100.7 203.0.113.10 5000 443 syn
		tcp 2001:db8:c::1 2001:db8:16::10 5000 443
		udp 198.51.100.7 203.0.113.30 5000 3478
		udp 10.0.1.11 203.0.113.10 5000 7000
	END
	cat >"$WORK/lan0.trace" <<-END
		tcp 10.0.1.11 172.25.33.10 5000 5061 syn
		udp 192.0.2.9 192.0.2.10 5000 7000
		tcp 10.0.1.11 172.25.33.10 5000 5061
	END
}

# start NIC CPU: a sender in the background, until it is told to stop; what became of its frames comes to WORK/NIC.sent.
start() {
	# not through far(): the signal that ends it must reach it
	nsenter --net=/run/netns/far "$SENDER" --dev "$1-far" --trace "$WORK/$1.trace" --cpu "$2" --size "$FRAME" \
		--seconds 300 --json >"$WORK/$1.sent" &
	senders+=($!)
}

# sent_of NIC FIELD
sent_of() {
	jq ".$2" "$WORK/$1.sent"
}

# counted EXPRESSION: of jq, over the last reading.
counted() {
	jq -r "$1" "$WORK/stats.json"
}

# swap_all: sets swaps and failures.
swap_all() {
	swaps=0
	failures=0
	while ((swaps + failures < SWAPS)); do
		if ((swaps % 2)); then SITE=$BEFORE; else SITE=$AFTER; fi
		if xe reload >>"$WORK/reloads" 2>&1; then swaps=$((swaps + 1)); else failures=$((failures + 1)); fi
	done
	SITE=$BEFORE
}

# nic_exact NIC: attempted = delivered + dropped by veth, and delivered = received by the driver = counted.
nic_exact() {
	local delivered
	delivered=$(sent_of "$1" delivered)
	equal "$(($(sent_of "$1" dropped) + $(sent_of "$1" refused) + delivered)) refused $(sent_of "$1" refused)" \
		"$(sent_of "$1" attempted) refused 0"
	equal "received $(statistic "$1" rx_packets), counted $(counted ".interfaces[] | select(.name == \"$1\") | \"\(.packets) \(.bytes)\"")" \
		"received $delivered, counted $delivered $((delivered * FRAME))"
}

total_exact() {
	local delivered=$(($(sent_of wan0 delivered) + $(sent_of lan0 delivered)))
	equal "$(counted '"\(.total.packets) \(.total.bytes)"')" "$delivered $((delivered * FRAME))"
	equal "$(counted '[.rows[].decided, .misses[]] | "\(map(.packets) | add) \(map(.bytes) | add)"')" "$(counted '"\(.total.packets) \(.total.bytes)"')"
}

# One frame in three of lan0's trace, one in eight of wan0's: what a flow got may differ from its share by what was dropped.
# A flow that is split between two policies counts once in either.
shares_hold() {
	local name got share dropped
	dropped=$(($(sent_of wan0 dropped) + $(sent_of lan0 dropped)))
	while read -r name got share; do
		((got >= share - dropped - 1 && got <= share + 1)) || {
			echo "$name: $got, its share is $share, $dropped frames were dropped"
			return 1
		}
	done < <(counted "
		def decided(id): [.rows[] | select(.id == id) | .decided.packets] | add // 0;
		($(sent_of wan0 attempted) / 8 | floor) as \$wan | ($(sent_of lan0 attempted) / 3 | floor) as \$lan |
		\"kept \(decided(\"site/rows/kept\")) \(\$wan)\",
		\"split \(decided(\"site/rows/split-before\") + decided(\"site/rows/split-after\")) \(\$wan)\",
		\"stun \(decided(\"lync2013-edge-nat/external/14\")) \(\$wan)\",
		\"sip \(decided(\"lync2013-edge-nat/external/5\")) \(2 * \$wan)\",
		\"spoofed \(.misses.spoofed.packets) \(\$wan)\",
		\"changing \(decided(\"site/rows/only-before\") + decided(\"site/rows/only-after\") + .misses.unmatched.packets) \(2 * \$wan)\",
		\"foreign \(.misses.foreign.packets) \(\$lan)\",
		\"inside \(decided(\"lync2013-edge-nat/internal/2\")) \(2 * \$lan)\"")
}

both_policies_counted() {
	[[ $(counted '[.rows[] | select(.id | test("/(split|only)-")) | select(.decided.packets > 0)] | length') == 4 ]]
}

verify_holds() {
	ends 0 "" xe stats --verify
	equal "$(xe -j stats --verify | jq -r '.[] | "\(.interface) \(.result)"' | sort)" "lan0 holds
wan0 holds"
}

main() {
	local swaps failures sender senders=() ended=""
	[[ -x $SENDER ]] || make -s -C "$OPS_ROOT" build/tests/sender
	# a ring a CPU at both ends
	nic wan0 numtxqueues "$(nproc)" numrxqueues "$(nproc)"
	nic lan0 numtxqueues "$(nproc)" numrxqueues "$(nproc)"
	write_traces
	check "load" ends 0 "" xe load
	start wan0 0
	start lan0 "$LAST_CPU"
	swap_all
	kill -TERM "${senders[@]}"
	for sender in "${senders[@]}"; do
		wait "$sender" || ended+=" $sender: exit code $?"
	done
	# what still stands in a ring
	sleep 0.3
	xe -j stats >"$WORK/stats.json"
	echo "     $(sent_of wan0 attempted) + $(sent_of lan0 attempted) frames, $(sent_of wan0 dropped) + $(sent_of lan0 dropped) of them dropped by veth"

	check "both senders ended well" equal "$ended" ""
	check "$SWAPS swaps" equal "$swaps, $failures failed, generation $(counted .generation)" "$SWAPS, 0 failed, generation $((SWAPS + 1))"
	check "there was traffic on both" test "$(sent_of wan0 delivered)" -ge "$FRAMES_WANTED" -a "$(sent_of lan0 delivered)" -ge "$FRAMES_WANTED"
	check "wan0: sent = delivered + dropped, delivered = counted" nic_exact wan0
	check "lan0: sent = delivered + dropped, delivered = counted" nic_exact lan0
	check "rows and misses add up to what was delivered" total_exact
	check "every flow has its share" shares_hold
	check "both policies counted" both_policies_counted
	check "the drivers' counters say the same" verify_holds
	check "only the live generation is left" equal "$(own_pins)" "$(policy_pins ops $((SWAPS + 1)))"
	check "unload" ends 0 "" xe unload
	check "nothing is left" equal "$(own_pins) $(dispatchers)$(xdp_on wan0)$(xdp_on lan0)" "xdp-edge "
	finish
}

main "$@"
