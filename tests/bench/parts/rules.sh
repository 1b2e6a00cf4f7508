#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Many rules: sets of the field's three kinds as rows of a site; what they compile to, and what a packet costs over more than
# 10,000 different ones. No network, no namespaces: compiling needs none, and packets run by BPF_PROG_TEST_RUN.
set -euo pipefail
export LC_ALL=C
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../.." && pwd)
XE=$(realpath "${XE:-$root/build/xdp-edge}")
cd "$root"
export XDP_EDGE_SPEC=${XDP_EDGE_SPEC:-$root/maps/spec}

QUICK=${QUICK:-}
OUT=${OUT:-}
SETS=${SETS:-$([[ $QUICK ]] && echo 'acl:1000 ipc:1000' || echo 'acl:1000 fw:1000 ipc:1000 acl:10000 fw:10000 ipc:10000')}
REPLIES=${REPLIES:-$([[ $QUICK ]] || echo 'acl:1000 fw:1000 ipc:1000 acl:10000')} # these again, their rows with replies
BENCH_ROUNDS=${BENCH_ROUNDS:-$([[ $QUICK ]] && echo 5 || echo 15)}
PACKETS=16384

((EUID == 0)) || { echo "rules: only root may run programs" >&2; exit 1; }
[[ -x $XE ]] || make -s all >&2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
if [[ $OUT ]]; then mkdir -p "$OUT"; fi

# timed COMMAND...: runs it with its output in $work/out and $work/err; sets `seconds` to its user and system time.
timed() {
	local status=0 TIMEFORMAT='%U %S'
	{ time "$@" >"$work/out" 2>"$work/err" || status=$?; } 2>"$work/time"
	seconds=$(awk '{ printf "%.2f", $1 + $2 }' "$work/time")
	return "$status"
}

line() {
	printf '| %s ' "$@"
	echo '|'
}

# one KIND SIZE [--replies]: a line of the table.
one() {
	local kind=$1 size=$2 replies=${3:-} name="$1 $2${3:+, with replies}" site=$work/site.yaml sizes figures
	echo "rules: $name" >&2
	tests/bench/rules.py "$kind" "$size" --trace "$work/trace" --packets "$PACKETS" >"$work/rules"
	scripts/import-classbench.py ${replies:+"$replies"} --site rules --interface eth0=internet --interface eth1=dmz-internal -o "$site" "$work/rules"
	if ! timed "$XE" -c "$site" -j check; then
		refused+=("$name, after $seconds s of CPU:"$'\n\n```\n'"$(sed "s|$work/||g" "$work/err" | grep -v 'forward only')"$'\n```\n')
		line "$name" "$(wc -l <"$work/rules")" refused – – – – – – "$seconds" – – – –
		return 0
	fi
	sizes=$(jq -r '.sizes | "\(.rows_active) \(.source_classes) \(.destination_classes) \(.pair_classes) " +
		"\(.destination_port_values) \(.source_port_values) \(.atoms) \(.block_bytes / 1e6 * 100 | round / 100) " +
		"\(.counter_bytes_per_cpu / 1e6 * 100 | round / 100)"' "$work/out")
	tests/bench/trace_pcap.py "$work/trace" "$work/trace.pcap" "$PACKETS"
	"$XE" -c "$site" -j bench --verdict pass --rounds "$BENCH_ROUNDS" --case trace --trace "$work/trace.pcap" >"$work/bench"
	figures=$(jq -r '.cases[0] | "\(.trace.tuples) \(.pass_ns) \(.count_ns) \(.ns_min) \(.ns_median) \(.added_ns)"' "$work/bench")
	read -r rows sources destinations pairs p q atoms block counters <<<"$sizes"
	read -r tuples pass count least median added <<<"$figures"
	line "$name" "$rows" "$sources × $destinations" "$pairs" "$p" "$q" "$atoms" "$block" "$counters" "$seconds" "$tuples" \
		"$count" "$median ($least)" "$added"
	if [[ $OUT ]]; then
		echo "$kind,$size,${replies#--},$rows,$sources,$destinations,$pairs,$p,$q,$atoms,$block,$counters,$seconds,$tuples,$pass,$count,$least,$median,$added" >>"$OUT/rules.csv"
	fi
}

refused=()
if [[ $OUT ]]; then
	echo "kind,size,replies,rows,sources,destinations,pairs,p,q,atoms,block_mb,counters_mb_per_cpu,check_s,tuples,pass_ns,count_ns,least_ns,median_ns,added_ns" >"$OUT/rules.csv"
fi
cat <<'TEXT'
## Many rules

Sets of the kinds access list (acl), firewall (fw) and Linux IP chain (ipc), by tests/bench/rules.py, as rows of a site. Nothing is
left out of what a row counts: an atom is a whole match set. `check`: CPU seconds of `xdp-edge check`, which reads the site,
compiles it and looks for repeated and hidden rows. Counters: of one CPU, two halves, two NICs. Nanoseconds a packet over that many
different ones in random order, so that caches are cold; the median of interleaved rounds, in brackets the least; `added` to the bare
verdict on the same packets.

| set | rows | source × destination classes | pairs | P | Q | atoms | block, MB | counters, MB | check, s | packets | parse and count, ns | xdp-edge, ns | added, ns |
|---|---|---|---|---|---|---|---|---|---|---|---|---|---|
TEXT
for set in $SETS; do one "${set%:*}" "${set#*:}"; done
for set in $REPLIES; do one "${set%:*}" "${set#*:}" --replies; done
for text in ${refused[@]+"${refused[@]}"}; do printf '\nRefused: %s\n' "$text"; done
