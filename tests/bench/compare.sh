#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# xdp-edge beside the tools that users would pick instead: the same rules and the same packets, over veth, on one core.
# Raw figures only; run.sh makes the report. Everything is done in namespaces that end with it.
#
# compare.sh OUT: writes into the directory OUT
#   rates.csv   rules,tool,round,delivered,dropped,wall_ns,cpu_ns
#   loads.csv   rules,tool,run,seconds,cpu_seconds
#   tools.csv   rules,tool,state,kernel_bytes,check     state: ok, or what the tool said when it would not load
#
# Environment: SIZES, ROUNDS, TIME (seconds a round), LOADS, LOAD_LIMIT (seconds), SEED, CPU, CGROUP (see run.sh); ONLY (names
# of tools).
set -euo pipefail
export LC_ALL=C # decimal points
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
XE=${XE:-$here/../../build/xdp-edge}
SENDER=${SENDER:-$here/../../build/tests/sender}
FLOOR=${FLOOR:-$here/../../build/floor.bpf.o}
export XDP_EDGE_SPEC=$here/../../maps/spec
# shellcheck disable=SC2034 # read by lib.sh, which would build another one
SEND=$SENDER
# shellcheck disable=SC1091
source "$here/../datapath/lib.sh"
# shellcheck disable=SC1091
source "$here/peers.sh"
world "$0" "$@"

out=$1
read -ra sizes <<<"${SIZES:-100 1000 10000}"
rounds=${ROUNDS:-11} time=${TIME:-0.4} loads=${LOADS:-3} limit=${LOAD_LIMIT:-60} seed=${SEED:-1}
cpu=${CPU:-$(($(nproc) - 1))}
[[ -z ${ONLY:-} ]] || read -ra PEERS <<<"$ONLY"
TIMEFORMAT='%R %U %S'

declare -A sent lost mac

say() {
	echo "bench: $*" >&2
}

# Kernel memory charged to a group of its own, so that other processes do not matter. CGROUP is `v1 NAME` or `v2 NAME`.
if [[ -n ${CGROUP:-} ]]; then
	mkdir "$WORK/cgroup"
	read -r cgroup_version cgroup_name <<<"$CGROUP"
	if [[ $cgroup_version == v1 ]]; then
		mount -t cgroup -o memory cgroup "$WORK/cgroup"
	else
		mount -t cgroup2 cgroup2 "$WORK/cgroup"
	fi
fi

group() {
	echo "$WORK/cgroup/$cgroup_name/$1-$rules"
}

# kernel_bytes TOOL: what the kernel holds for the tool's group now.
kernel_bytes() {
	if [[ $cgroup_version == v1 ]]; then
		cat "$(group "$1")/memory.kmem.usage_in_bytes"
	else
		awk '$1 == "kernel" { n = $2 } END { print n + 0 }' "$(group "$1")/memory.stat"
	fi
}

# limited FUNCTION TOOL: timed, and ended when it takes too long. What it says goes to $WORK/said, its times to $WORK/time.
# Returns 124 if it took too long.
limited() {
	local pid timer rc=0
	set -m # a process group each, so that nothing of either is left
	(
		[[ -z $CGROUP ]] || echo "$BASHPID" >"$(group "$2")/cgroup.procs"
		{ time "$@" >"$WORK/said" 2>&1; } 2>"$WORK/time"
	) &
	pid=$!
	(
		sleep "$limit"
		kill -KILL -- "-$pid"
	) >/dev/null 2>&1 &
	timer=$!
	set +m
	{ wait "$pid" || rc=$?; } 2>/dev/null
	kill -KILL -- "-$timer" 2>/dev/null || true
	wait "$timer" 2>/dev/null || true
	((rc != 137)) || rc=124
	return "$rc"
}

# load TOOL RUN: once, timed. Writes the time, or into `state` why not.
load() {
	local tool=$1 run=$2 real user system rc=0
	limited peer_load "$tool" || rc=$?
	if ((rc)); then
		state[$tool]=$(reason "$rc")
		peer_unload "$tool" >/dev/null 2>&1 || true # half of it may be there
		return 1
	fi
	read -r real user system <"$WORK/time"
	awk -v OFS=, -v r="$rules" -v t="$tool" -v n="$run" -v w="$real" -v u="$user" -v s="$system" \
		'BEGIN { print r, t, n, w, u + s }' >>"$out/loads.csv"
}

# The first line of what was said, fit for a CSV field.
reason() {
	if (($1 == 124)); then
		echo "not done in $limit s"
	else
		sed -n "s|$RULES/||; s|[\",]||g; 1p" "$WORK/said" | grep . || echo "exit code $1"
	fi
}

# round NUMBER: every tool once, beginning with another one each time.
round() {
	local number=$1 i tool json delivered dropped arrived wall_ns cpu_ns
	for ((i = 0; i < ${#PEERS[@]}; i++)); do
		tool=${PEERS[(i + number) % ${#PEERS[@]}]}
		[[ ${state[$tool]} == ok ]] || continue
		json=$(far "$SENDER" --json --dev "$(peer_device "$tool")" --trace "$RULES/trace.txt" --dmac "${mac[$tool]}" --cpu "$cpu" --seconds "$time")
		IFS=, read -r delivered dropped arrived wall_ns cpu_ns < <(jq -r \
			'[.delivered, .dropped, .attempted - .dropped, .wall_ns, .cpu_ns] | join(",")' <<<"$json")
		((number == 0)) || [[ $cpu_ns == 0* ]] ||
			echo "$rules,$tool,$number,$delivered,$dropped,$wall_ns,$cpu_ns" >>"$out/rates.csv"
		sent[$tool]+=" $arrived"
		lost[$tool]=$((lost[$tool] + dropped))
	done
}

# The tools with rules of one size: load, send in rounds, check, unload.
compare_size() {
	local tool run before after check number
	declare -A state memory
	RULES=$WORK/rules-$rules
	mkdir "$RULES"
	awk -v N="$rules" -v SEED="$seed" -v DIR="$RULES" -f "$here/rules.awk"
	for tool in "${PEERS[@]}"; do
		state[$tool]=ok sent[$tool]="" lost[$tool]=0 memory[$tool]=""
		[[ -z $CGROUP ]] || mkdir "$(group "$tool")"
	done
	for ((run = 1; run <= loads; run++)); do
		say "$rules rules: loading, $run of $loads"
		for tool in "${PEERS[@]}"; do
			[[ ${state[$tool]} == ok ]] || continue
			if ((run == loads)) && [[ -n $CGROUP ]]; then
				limited true "$tool"
				before=$(kernel_bytes "$tool")
			fi
			load "$tool" "$run" || continue
			if ((run < loads)); then
				peer_unload "$tool" >/dev/null
			elif [[ -n $CGROUP ]]; then
				sleep 0.2 # what the loader itself held is given back late
				after=$(kernel_bytes "$tool")
				memory[$tool]=$(((after > before ? after - before : 0) + $(peer_memory "$tool")))
			fi
		done
	done
	for ((number = 0; number <= rounds; number++)); do
		say "$rules rules: sending, $( ((number)) && echo "round $number of $rounds" || echo "warming up")"
		round "$number"
	done
	for tool in "${PEERS[@]}"; do
		check=-
		if [[ ${state[$tool]} == ok ]]; then
			sleep 0.1
			peer_counts "$tool" >"$WORK/counts"
			check=$(awk -v SENT="${sent[$tool]}" -v LOST="${lost[$tool]}" -f "$here/verify.awk" \
				"$RULES/rules.txt" "$RULES/hits.txt" "$WORK/counts")
			peer_unload "$tool" >/dev/null
		fi
		echo "$rules,$tool,${state[$tool]},${memory[$tool]},${check//,/;}" >>"$out/tools.csv"
	done
}

CGROUP=${CGROUP:-}
mkdir -p "$out"
echo rules,tool,round,delivered,dropped,wall_ns,cpu_ns >"$out/rates.csv"
echo rules,tool,run,seconds,cpu_seconds >"$out/loads.csv"
echo rules,tool,state,kernel_bytes,check >"$out/tools.csv"
for tool in "${PEERS[@]}"; do
	peer_add "$tool"
	mac[$tool]=$(ip -j -n "t-$tool" link show rx | jq -r '.[0].address')
done
for rules in "${sizes[@]}"; do
	compare_size
done
