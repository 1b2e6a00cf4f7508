#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Reload: how long one takes, idle and while NICs take frames as fast as they can be made; and whether every frame is counted once
# over all those swaps. Then what a reload costs beside compiling, by the size of the policy.
set -euo pipefail
# shellcheck source=tests/bench/policy/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../policy/lib.sh"
bench_world "$0" "$@"

SWAPS=${QUICK:+5}
SWAPS=${SWAPS:-100}
FOLDS=${QUICK:+3}
FOLDS=${FOLDS:-11}

# A policy and a second one that differs in a row, which take turns.
internal_sites() {
	internal_servers wan0 lan0 >"$WORK/internal-0.yaml"
	{
		cat "$WORK/internal-0.yaml"
		echo "  - {name: spare, service: spare, l4: tcp, ports: 9100, source: 192.0.2.53, destination: edge-internal}"
	} >"$WORK/internal-1.yaml"
}

own_sites() {
	generated_site own 2000 wan0 lan0 >"$WORK/own-0.yaml"
	generated_site own 2001 wan0 lan0 >"$WORK/own-1.yaml"
}

edge_sites() {
	cp "$FIXTURES/before.yaml" "$WORK/edge-0.yaml"
	cp "$FIXTURES/after.yaml" "$WORK/edge-1.yaml"
}

# swap_all KIND: milliseconds of each.
swap_all() {
	local i
	for ((i = 1; i <= SWAPS; i++)); do
		SITE=$WORK/$1-$((i % 2)).yaml
		milliseconds xe reload
	done
}

start() {
	nsenter --net=/run/netns/far "$SENDER" --dev "$1-far" --cpu "$2" --seconds 600 --trace "$WORK/trace" --size 64 --json >"$WORK/$1.sent" &
	senders+=($!)
}

# under_load KIND NIC...: the same with a sender on a CPU for each; sets rates and the sums of what was sent.
under_load() {
	local kind=$1 cpu=$CPU nic sender senders=()
	shift
	for nic; do
		start "$nic" "$cpu"
		cpu=$(((CPU + 1) % $(nproc)))
	done
	sleep 0.3
	swap_all "$kind" >"$WORK/ms"
	kill -TERM "${senders[@]}"
	for sender in "${senders[@]}"; do wait "$sender"; done
	rate=0
	for nic; do
		attempted=$((attempted + $(jq .attempted "$WORK/$nic.sent")))
		dropped=$((dropped + $(jq .dropped "$WORK/$nic.sent")))
		delivered=$((delivered + $(jq .delivered "$WORK/$nic.sent")))
		rate=$((rate + $(jq '.packets_per_second | floor' "$WORK/$nic.sent")))
	done
}

# line LOAD: of the table, from WORK/ms.
line() {
	printf '| %s | %s | %.0f | %.0f | %.0f | %s |\n' "$size" "$1" "$(cut -d' ' -f1 "$WORK/ms" | quantile 0.5)" \
		"$(cut -d' ' -f1 "$WORK/ms" | quantile 1)" "$(cut -d' ' -f2 "$WORK/ms" | quantile 0.5)" "$2"
	sed "s/^/$kind,$1,/; s/ /,/" "$WORK/ms" >>"$WORK/all"
}

measure() {
	local kind=$1 name size rate=0 attempted=0 dropped=0 delivered=0 counted exact
	SITE=$WORK/$kind-0.yaml
	name=$(sed -n 's/^name: //p' "$SITE")
	size="$name, $(xe -j check 2>/dev/null | jq -r '"\(.sizes.atoms) atoms"')"
	xe load >&2
	swap_all "$kind" >"$WORK/ms"
	line idle ""
	under_load "$kind" wan0
	line "one core sending" "$(awk -v r="$rate" 'BEGIN { printf "%.2f", r / 1e6 }')"
	under_load "$kind" wan0 lan0
	line "every core sending" "$(awk -v r="$rate" 'BEGIN { printf "%.2f", r / 1e6 }')"
	sleep 0.3
	read -r counted bytes < <(total)
	if [[ "$counted $bytes" == "$delivered $((delivered * 64))" ]]; then
		exact="exact"
	else
		exact="**NOT EXACT**"
		failed+=" $name: $counted of $delivered"
	fi
	accounts+="| $name | $((3 * SWAPS)) | $attempted | $dropped | $delivered | $counted | $exact |"$'\n'
	xe unload >&2
}

# phase NAME: "MEDIAN (LEAST–MOST), CPU MEDIAN", from WORK/folds.
phase() {
	printf '%s, CPU %.1f' "$(awk -v p="$1" '$1 == p { print $2 }' "$WORK/folds" | spread 1)" \
		"$(awk -v p="$1" '$1 == p { print $3 }' "$WORK/folds" | quantile 0.5)"
}

# beside_compiling ATOMS MATCHES
beside_compiling() {
	"$BIG_POLICY" fold "$WORK/ten-thousand.yaml" "$1" "$2" "$FOLDS" >"$WORK/folds"
	printf '| %d | %d | %s | %s | %s |\n' "$1" "$2" "$(phase meta)" "$(phase drain)" "$(phase fold)"
	sed "s/^/$1,$2,/; s/ /,/g" "$WORK/folds" >>"$WORK/phases"
	"$BIG_POLICY" remove ten-thousand
}

nic wan0 numtxqueues "$(nproc)" numrxqueues "$(nproc)"
nic lan0 numtxqueues "$(nproc)" numrxqueues "$(nproc)"
random_trace 4096 >"$WORK/trace"
edge_sites
internal_sites
own_sites
generated_site ten-thousand 10000 wan0 lan0 dmi0 dmz0 >"$WORK/ten-thousand.yaml"
echo "site,load,ms,cpu_ms" >"$WORK/all"
echo "atoms,matches,phase,ms,cpu_ms" >"$WORK/phases"
accounts=""
failed=""

cat <<END
## Reload

The command as a whole, from start to exit: read the site, compile, store what the atoms mean, write the idle block, swap by one
store, wait for programs that run, fold the old counters into the totals, zero them. $SWAPS swaps in each line, between two
policies that differ; the swap itself stops no packet.

| site | load | median, ms | longest, ms | CPU time, median, ms | Mpps meanwhile |
|---|---|---|---|---|---|
END
for kind in edge internal own; do measure "$kind"; done
cat <<END

"Every core sending" leaves the command no core of its own: it waits for its turns. Frames, over all swaps of a site:

| site | swaps | attempted | dropped by veth | delivered | counted | |
|---|---|---|---|---|---|---|
$accounts
What a reload does beside compiling, with 10,000 rows, 4 NICs, $(getconf _NPROCESSORS_CONF) CPUs and every counter different from 0; ms of
the clock, median (least–most) of $FOLDS, and of the CPU, median:

| atoms | matches | store what they mean | swap, wait for programs | fold and zero counters |
|---|---|---|---|---|
END
beside_compiling 1000 10000
beside_compiling 20000 200000
beside_compiling 65534 650000
[[ -n $QUICK ]] || beside_compiling 300000 2000000
csv reload <"$WORK/all"
csv reload-phases <"$WORK/phases"
[[ -z $failed ]] || { echo "counted otherwise than delivered: $failed" >&2; exit 1; }
