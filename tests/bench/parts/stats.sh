#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# `stats`: what a reading costs, by atoms, match sets, rows and NICs; the command as a whole; and what ten readings a second cost
# the traffic.
set -euo pipefail
# shellcheck source=tests/bench/policy/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../policy/lib.sh"
bench_world "$0" "$@"

READINGS=${QUICK:+5}
READINGS=${READINGS:-25}
COMMANDS=${QUICK:+3}
COMMANDS=${COMMANDS:-11}
ROUNDS=${QUICK:+4}
ROUNDS=${ROUNDS:-30}
SECONDS_EACH=${QUICK:+0.5}
SECONDS_EACH=${SECONDS_EACH:-1}
CPUS=$(getconf _NPROCESSORS_CONF)

# big NICS ROWS ATOMS MATCHES: a line of the table, and of CSV. The first snapshot reads what the atoms mean as well; what a
# reader keeps from one to the next it does not read again.
big() {
	local nics=(wan0 lan0 dmi0 dmz0) i
	generated_site big "$2" "${nics[@]:0:$1}" >"$WORK/big.yaml"
	"$BIG_POLICY" make "$WORK/big.yaml" "$3" "$4"
	"$BIG_POLICY" read big "$READINGS" >"$WORK/read"
	for ((i = 1; i < COMMANDS; i++)); do "$BIG_POLICY" read big 1; done >>"$WORK/read"
	for ((i = 0; i < COMMANDS; i++)); do milliseconds "$XE" -j stats big; done >"$WORK/json"
	for ((i = 0; i < COMMANDS; i++)); do milliseconds "$XE" stats big; done >"$WORK/table"
	"$BIG_POLICY" remove big
	times() {
		awk -v what="$1" -v field="$2" '$1 == what { print $field }' "$WORK/read"
	}
	printf '| %d | %d | %d | %d | %s | %s | %s | %s | %s |\n' "$3" "$4" "$2" "$1" "$(both < <(times first 2) 3< <(times first 3))" \
		"$(both < <(times again 2) 3< <(times again 3))" \
		"$(times again 3 | quantile 0.5 | awk -v n=$(($3 * $1)) '{ printf "%.1f", $1 * 1e6 / n }')" \
		"$(both < <(cut -d' ' -f1 "$WORK/json") 3< <(cut -d' ' -f2 "$WORK/json"))" \
		"$(both < <(cut -d' ' -f1 "$WORK/table") 3< <(cut -d' ' -f2 "$WORK/table"))"
	{
		cat "$WORK/read"
		sed 's/^/json-command /' "$WORK/json"
		sed 's/^/table-command /' "$WORK/table"
	} | awk -v head="$1,$2,$3,$4,$CPUS" '{ print head "," $1 "," $2 "," $3 }' >>"$WORK/readings"
}

# both: "MEDIAN (LEAST–MOST), CPU MEDIAN" of times on stdin and of CPU times on descriptor 3.
both() {
	printf '%s, CPU %s' "$(spread 1)" "$(quantile 0.5 <&3 | xargs printf '%.1f')"
}

echo "nics,rows,atoms,matches,cpus,what,ms,cpu_ms" >"$WORK/readings"
cat <<END
## Reading counters

A snapshot in memory, and the commands \`stats -j\` and \`stats\` from start to exit, of made-up policies (\`tests/bench/policy\`) of
which every counter on every NIC and CPU differs from 0: the worst that can be read. This machine has **$CPUS** possible CPUs; the kernel
hands out each atom's counters of all of them, 16 bytes a CPU. Milliseconds of the clock, median (least–most), and of the CPU, median:
other work on the machine lengthens the first and not the second.

| atoms | matches | rows | NICs | first snapshot | each later one | of that, CPU ns an atom and NIC | \`stats -j\` | \`stats\` |
|---|---|---|---|---|---|---|---|---|
END
big 1 200 1000 4000
big 4 200 1000 4000
big 4 200 20000 160000
big 1 10000 65534 400000
big 4 10000 65534 400000
if [[ -z $QUICK ]]; then
	big 4 200 65534 65534
	big 4 10000 65534 2000000
	big 4 10000 300000 2000000
fi
csv stats <"$WORK/readings"

# --- ten readings a second -----------------------------------------------------------------------------------------

SITE=$WORK/site.yaml
nic wan0 numtxqueues "$(nproc)" numrxqueues "$(nproc)"
internal_servers wan0 >"$SITE"
random_trace 16384 >"$WORK/trace"
xe load >&2
atoms=$(xe -j status | jq '.policies[0].room.atoms')

# round READER: packets a second, and nanoseconds of CPU a packet, with a reader or without. It runs where the scheduler puts it.
one_round() {
	local reader=""
	if [[ $1 == on ]]; then
		"$XE" -j stats --interval 0.1 internal-servers >/dev/null &
		reader=$!
	fi
	send wan0 "$CPU" "$SECONDS_EACH" "$WORK/trace" | jq -r '"\(.packets_per_second) \(.cpu_ns) \(.delivered)"'
	[[ -z $reader ]] || { kill "$reader"; wait "$reader" || true; }
}

delivered=0
for ((round = 0; round < ROUNDS; round++)); do
	# which comes first changes
	if ((round % 2)); then order=(on off); else order=(off on); fi
	for state in "${order[@]}"; do
		read -r pps cpu_ns got < <(one_round "$state")
		delivered=$((delivered + got))
		echo "$round $state $pps $cpu_ns"
	done
done >"$WORK/rounds"
sleep 0.3
counted=$(stats .total.packets)
xe unload >&2
awk '{ v[$1, $2] = $3; c[$1, $2] = $4; n = $1 } END { for (i = 0; i <= n; i++)
	printf "%d,%s,%s,%s,%s\n", i, v[i, "off"], v[i, "on"], c[i, "off"], c[i, "on"] }' "$WORK/rounds" >"$WORK/pairs"
(echo "round,off_pps,on_pps,off_cpu_ns,on_cpu_ns"; cat "$WORK/pairs") | csv stats-10hz
column() {
	awk -F, "{ print $1 }" "$WORK/pairs"
}

cat <<END

### Ten readings a second beside traffic

\`stats --interval 0.1\` on or off in turns, site \`internal-servers\` (room for $atoms atoms), one core sending $(wc -l <"$WORK/trace") different packets
as fast as it can, frames counted and dropped; $ROUNDS pairs of rounds of $SECONDS_EACH s, median (least–most).

| | without | with | **with ÷ without**, by pair |
|---|---|---|---|
| million packets a second | $(column '$2 / 1e6' | spread 2) | $(column '$3 / 1e6' | spread 2) | **$(column '$3 / $2' | spread 3)**, $(column '$3 / $2' | middle 3) |
| CPU time a packet, ns | $(column '$4' | spread 1) | $(column '$5' | spread 1) | $(column '$5 / $4' | spread 3), $(column '$5 / $4' | middle 3) |

Counted while it was read: $delivered delivered, $counted counted: $([[ $counted == "$delivered" ]] && echo exact || echo "**NOT EXACT**").
END
is_exact "$delivered" "$counted"
