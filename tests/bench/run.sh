#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The benchmark: measures, and writes a report with plots and raw figures. `make bench` calls it.
#
# Environment:
#   OUT     the report (default build/bench/report.md); plots and CSV go beside it
#   QUICK   not empty: under two minutes, fewer rounds and rules; for a look, not for figures
#   CPU     the one that sends and receives (default: the last one)
#   STEPS   which parts: words of `compare own parts` (default: all)
#   SIZES, ROUNDS, TIME, LOADS, LOAD_LIMIT, SEED, ONLY: see compare.sh
#   XE, SENDER, FLOOR: what is measured, if not that of build/
#
# Its parts: compare.sh (beside other tools), `xdp-edge bench`, and every executable parts/*.sh (see parts/README.md).
# shellcheck disable=SC2016 # back quotes of Markdown
set -euo pipefail
export LC_ALL=C # decimal points
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
cd "$root"

export OUT=${OUT:-$root/build/bench/report.md} QUICK=${QUICK:-}
export XE=${XE:-$root/build/xdp-edge} SENDER=${SENDER:-$root/build/tests/sender} FLOOR=${FLOOR:-$root/build/floor.bpf.o}
export XDP_EDGE_SPEC=$root/maps/spec
report=$(realpath -m "$OUT")
export STEPS=${STEPS:-compare own parts}
export CPU=${CPU:-$(($(nproc) - 1))} SEED=${SEED:-1} LOAD_LIMIT=${LOAD_LIMIT:-60}
if [[ -n $QUICK ]]; then
	export SIZES=${SIZES:-100 1000} ROUNDS=${ROUNDS:-2} TIME=${TIME:-0.15} LOADS=${LOADS:-1}
else
	export SIZES=${SIZES:-100 1000 10000} ROUNDS=${ROUNDS:-9} TIME=${TIME:-0.4} LOADS=${LOADS:-3}
fi

((EUID == 0)) || { echo "bench: only root may load programs and rules: the same again with sudo" >&2; exit 1; }
mkdir -p "$(dirname "$report")"
work=$(mktemp -d "$(dirname "$report")/.bench.XXXXXX")
child=
cgroup=

clean_up() {
	local rc=$?
	trap '' INT TERM HUP
	if [[ -n $child ]]; then
		kill -TERM -- "-$child" 2>/dev/null || true
		wait "$child" 2>/dev/null || true
	fi
	if [[ -n $cgroup ]]; then
		find "$cgroup" -depth -type d -exec rmdir {} + 2>/dev/null || true
	fi
	rm -rf "$work"
	exit "$rc"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# step COMMAND...: in a process group of its own, so that a signal to this script is answered at once and ends all of it.
step() {
	local rc=0
	set -m
	"$@" &
	child=$!
	set +m
	wait "$child" || rc=$?
	child=
	return "$rc"
}

# A control group to charge kernel memory to; without one memory is not reported.
make_cgroup() {
	local name=xdp-edge-bench.$$
	if [[ -e /sys/fs/cgroup/memory/memory.kmem.usage_in_bytes ]]; then
		cgroup=/sys/fs/cgroup/memory/$name CGROUP="v1 $name"
	elif grep -qw memory /sys/fs/cgroup/cgroup.subtree_control 2>/dev/null; then
		cgroup=/sys/fs/cgroup/$name CGROUP="v2 $name"
	else
		return 0
	fi
	if mkdir "$cgroup" 2>/dev/null; then
		if [[ $CGROUP == v2* ]]; then
			echo +memory >"$cgroup/cgroup.subtree_control" || CGROUP=
		fi
		export CGROUP
	else
		cgroup='' CGROUP=''
	fi
}

# last_line FILE: fit for code in Markdown.
last_line() {
	tail -n 1 "$1" | tr -d '`'
}

# The product's own benchmark, if this build has it.
own_bench() {
	"$XE" bench -h >/dev/null 2>&1 || return 0
	echo "bench: xdp-edge bench" >&2
	local options=(--rounds 9 --trace random)
	[[ -z $QUICK ]] || options=(--quick --case 'lync2013-edge-nat/*')
	"$XE" -c "$here/consolidated.yaml" -j bench "${options[@]}" >"$work/own.json" 2>"$work/own.log" ||
		last_line "$work/own.log" >"$work/own.failed"
}

# parts: each prints a section; one that fails says so in its place.
parts() {
	local part rc
	for part in "$here"/parts/*.sh; do
		[[ -x $part ]] || continue
		echo "bench: ${part##*/}" >&2
		rc=0
		OUT=$work "$part" >"$work/part.md" 2>"$work/part.log" || rc=$?
		cat "$work/part.md"
		if ((rc)); then
			printf '\n**%s failed** (exit code %d): `%s`\n' "${part##*/}" "$rc" "$(last_line "$work/part.log")"
		fi
		echo
	done
}

# plot NAME TITLE AXIS: from NAME.dat, both formats.
plot() {
	local term
	for term in svg png; do
		gnuplot -e "data='$work/$1.dat'; out='$work/$1.$term'; heading='$2'; axis='$3'; format='$term'" "$here/plot.gp"
	done
}

# The comparison, its tables and plots.
compare() {
	step "$here/compare.sh" "$work"
	awk -v DIR="$work" -f "$here/summary.awk" "$work/tools.csv" "$work/loads.csv" "$work/rates.csv" >"$work/compare.md"
	plot packets 'Packets a second on one core, sender and receiver together' 'packets a second (log scale)'
	plot cost 'CPU time a packet, without sender and driver' 'ns a packet (log scale)'
	plot load 'Time to load the rules' 'seconds (log scale)'
}

started=$SECONDS
make_cgroup
[[ " $STEPS " != *' compare '* ]] || compare
[[ " $STEPS " != *' own '* ]] || step own_bench
[[ " $STEPS " != *' parts '* ]] || step parts >"$work/parts.md"
step env DURATION=$((SECONDS - started)) "$here/report.sh" "$work" >"$work/report.md"

for file in "$work"/*.csv "$work"/*.svg "$work"/*.png "$work"/*.json; do
	[[ ! -e $file ]] || mv "$file" "$(dirname "$report")/"
done
mv "$work/report.md" "$report"
echo "bench: $report" >&2
