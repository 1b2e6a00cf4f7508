#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Two cores: a sender on each, to a NIC of its own, alone and together in turns; then both into two queues of one NIC. How much of
# the sum of both alone do they reach together? And are the counters, which each core keeps for itself, exact?
set -euo pipefail
# shellcheck source=tests/bench/policy/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../policy/lib.sh"
bench_world "$0" "$@"

ROUNDS=${QUICK:+4}
ROUNDS=${ROUNDS:-15}
SECONDS_EACH=${QUICK:+0.3}
SECONDS_EACH=${SECONDS_EACH:-1}
SITE=$WORK/site.yaml

if (($(nproc) < 2)); then
	printf '## Two cores\n\nNot measured: this machine has one.\n'
	exit
fi

# The frames are counted and dropped: what the stack would do with them is not the question.
internal_servers core0 core1 >"$SITE"
nic core0 numtxqueues "$(nproc)" numrxqueues "$(nproc)"
nic core1 numtxqueues "$(nproc)" numrxqueues "$(nproc)"
random_trace 16384 >"$WORK/trace"
xe load >&2

# run NAME NIC CPU: what was sent comes to WORK/NAME.
run() {
	send "$2" "$3" "$SECONDS_EACH" "$WORK/trace" >"$WORK/$1"
}

# busy CPU: rounds a second of a loop that touches no memory and makes no system call: what the machine gives of that core.
busy() {
	local times
	times=$(milliseconds taskset -c "$1" awk 'BEGIN { for (i = 0; i < 8000000; i++) x += i }')
	awk '{ printf "%.6f\n", 1000 / $1 }' <<<"$times"
}

# control: both loops at once as a part of the sum of each alone.
control() {
	local alone both
	alone="$(busy 0) $(busy 1)"
	busy 0 >"$WORK/busy" &
	both=$(busy 1)
	wait $!
	awk '{ printf "%.4f\n", ($3 + $4) / ($1 + $2) }' <<<"$alone $both $(<"$WORK/busy")"
}

# rate NAME...: packets a second that were delivered, added up.
rate() {
	local name
	for name; do jq .packets_per_second "$WORK/$name"; done | awk '{ sum += $1 } END { printf "%.0f\n", sum }'
}

# cpu_ns NAME...: nanoseconds of CPU a packet, the mean of all: what a neighbour takes of the clock is not in it.
cpu_ns() {
	local name
	for name; do jq .cpu_ns "$WORK/$name"; done | awk '{ sum += $1 } END { printf "%.2f\n", sum / NR }'
}

delivered=0
attempted=0
dropped=0
for ((round = 0; round < ROUNDS; round++)); do
	run a core0 0
	run b core1 1
	run both-a core0 0 &
	run both-b core1 1
	wait $!
	run one core0 0,1
	for name in a b both-a both-b one; do
		delivered=$((delivered + $(jq .delivered "$WORK/$name")))
		attempted=$((attempted + $(jq .attempted "$WORK/$name")))
		dropped=$((dropped + $(jq .dropped "$WORK/$name")))
	done
	echo "$round,$(rate a),$(rate b),$(rate both-a both-b),$(rate one),$(cpu_ns a b),$(cpu_ns both-a both-b),$(cpu_ns one),$(control)"
done >"$WORK/rounds"
sleep 0.3
counted=$(stats .total.packets)
(echo "round,core_0_alone_pps,core_1_alone_pps,both_pps,both_one_nic_pps,alone_cpu_ns,both_cpu_ns,both_one_nic_cpu_ns,control"; cat "$WORK/rounds") | csv two-cores

# column EXPRESSION: of awk, over the rounds.
column() {
	awk -F, "{ print $1 }" "$WORK/rounds"
}

siblings=$(cat /sys/devices/system/cpu/cpu0/topology/thread_siblings_list 2>/dev/null || echo unknown)
case $siblings in
0) siblings="CPUs 0 and 1 are different cores, as far as this machine says." ;;
*[,-]1*) siblings="CPUs 0 and 1 are two threads of one core (thread_siblings_list $siblings): they cannot reach 1." ;;
*) siblings="CPU 0 shares its core with: $siblings (thread_siblings_list)." ;;
esac

cat <<END
## Two cores

Sender and program share a core: core 0 sends to one veth pair, core 1 to another, alone and together in turns; then both into
two queues of one NIC. Site \`internal-servers\` ($(xe -j check | jq -r .sizes.atoms) atoms), $(wc -l <"$WORK/trace") different packets,
frames of 64 bytes, counted and dropped. $ROUNDS rounds of $SECONDS_EACH s each; million packets a second, median (least–most).

| | Mpps |
|---|---|
| core 0 alone | $(column '$2 / 1e6' | spread 2) |
| core 1 alone | $(column '$3 / 1e6' | spread 2) |
| both, two NICs | $(column '$4 / 1e6' | spread 2) |
| both, one NIC with two queues | $(column '$5 / 1e6' | spread 2) |
| **two NICs: both ÷ sum of both alone**, by round | **$(column '$4 / ($2 + $3)' | spread 3)**, $(column '$4 / ($2 + $3)' | middle 3) |
| one NIC: both ÷ sum of both alone | $(column '$5 / ($2 + $3)' | spread 3) |
| control: a loop that only counts, both ÷ sum of both alone | $(column '$9' | spread 3), $(column '$9' | middle 3) |
| **two NICs, as a part of the control** | **$(column '$4 / ($2 + $3) / $9' | spread 3)**, $(column '$4 / ($2 + $3) / $9' | middle 3) |
| CPU time a packet alone, ns (sender and program) | $(column '$6' | spread 1) |
| **two NICs: CPU time a packet alone ÷ both** | **$(column '$6 / $7' | spread 3)**, $(column '$6 / $7' | middle 3) |
| one NIC: CPU time a packet alone ÷ both | $(column '$6 / $8' | spread 3) |

$siblings
1.000 is perfect scaling. What else the machine runs, or its host, takes more of two busy cores than of one; the control shows how
much, and the CPU time a packet is free of it.

Counted: $attempted frames attempted, $dropped dropped by veth because its ring was full, $delivered delivered to the program,
**$counted counted**: $([[ $counted == "$delivered" ]] && echo "exact" || echo "**NOT EXACT**").
END
xe unload >&2
is_exact "$delivered" "$counted"
