#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Many prefixes: one role of the consolidated Edge with up to a million of them; how long compiling takes, what it takes, and
# what a packet costs over 65,536 different sources. No network, no namespaces: packets run by BPF_PROG_TEST_RUN.
set -euo pipefail
export LC_ALL=C
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../.." && pwd)
B=${XE:+$(dirname "$(realpath "$XE")")}
B=${B:-$root/build}
PREFIXES=${PREFIXES:-$B/tests/prefixes}
cd "$root"
export XDP_EDGE_SPEC=${XDP_EDGE_SPEC:-$root/maps/spec}

QUICK=${QUICK:-}
OUT=${OUT:-}
SETS=${SETS:-$([[ $QUICK ]] && echo '4:10000 4:1000000 6:10000' ||
	echo '4:1000 4:10000 4:100000 4:1000000 6:300 6:10000 6:100000')}
BENCH_ROUNDS=${BENCH_ROUNDS:-$([[ $QUICK ]] && echo 5 || echo 31)}
SITE=tests/bench/consolidated.yaml
ROLE=clients # unprotected, so its prefixes may hold anything
declare -A DESTINATION=([4]=203.0.113.30 [6]=2001:db8:e::30) # the A/V Edge, TCP 443

((EUID == 0)) || { echo "prefixes: only root may run programs" >&2; exit 1; }
[[ -x $PREFIXES ]] || make -s B="$B" "$PREFIXES" >&2
if [[ $OUT ]]; then
	mkdir -p "$OUT"
	echo "family,prefixes,block_bytes,compile_s,compile_without_s,pass_ns,count_ns,least_ns,median_ns,added_ns,added_without_ns,hits_percent" >"$OUT/prefixes.csv"
fi

cat <<'TEXT'
## Many prefixes

One role of the consolidated Edge with random prefixes: IPv4 /16 to /32, 59 % of them /24 and 6 % hosts; IPv6 /32 to /64, half of
them /48, and 10 % hosts. Compiling: CPU seconds, the rows of all tables included (in brackets: without the prefixes). Nanoseconds
a packet over 65,536 sources, half of them in one of the prefixes, half anywhere, so that caches are cold; the median of
interleaved rounds, in brackets the least; `added` to the bare verdict on the same packets, in brackets without the prefixes. The
kernel's counters were compared with a walk in user space first.

| prefixes | block, MB | compiling, s | parse and count, ns | xdp-edge, ns | added, ns |
|---|---|---|---|---|---|
TEXT
for set in $SETS; do
	family=${set%:*} n=${set#*:}
	echo "prefixes: IPv$family $n" >&2
	line=$("$PREFIXES" "$SITE" "$ROLE" "${DESTINATION[$family]}" "$family" "$n" "$BENCH_ROUNDS")
	read -r _ _ bytes compile without _ count least median added small _ <<<"$line"
	printf "| IPv%d, %'d | %s | %s (%s) | %s | %s (%s) | %s (%s) |\n" "$family" "$n" \
		"$(awk -v b="$bytes" 'BEGIN { printf "%.1f", b / 1e6 }')" "$compile" "$without" "$count" "$median" "$least" "$added" "$small"
	if [[ $OUT ]]; then tr ' ' ',' <<<"$line" >>"$OUT/prefixes.csv"; fi
done
