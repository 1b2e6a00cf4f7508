#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The benchmark's machinery on tiny numbers: rule sets, the check of counters, the report, and that nothing of it stays
# behind. No figure is looked at.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck disable=SC1091
source "$here/../datapath/lib.sh"
((EUID == 0)) || { echo "$0: run as root" >&2; exit 1; }
WORK=$(mktemp -d)
trap 'rm -rf "$WORK"' EXIT

# --- rule sets -----------------------------------------------------------------------------------

rules() {
	mkdir -p "$WORK/$1-$2"
	awk -v N="$1" -v SEED="$2" -v DIR="$WORK/$1-$2" -f "$here/rules.awk"
}

digest() {
	cat "$WORK/$1"/* | sha256sum
}

for n in 100 1000; do
	rules "$n" 1
	set="$WORK/$n-1"
	check "$n rules: so many" equal "$(wc -l <"$set/rules.txt")" "$n"
	check "$n rules: no two for one destination, protocol and port" \
		equal "$(awk '{ print $2, $4, $5 }' "$set/rules.txt" | sort | uniq -d)" ''
	check "$n rules: one packet of ten misses, the rest hits all equally" \
		equal "$(sort "$set/hits.txt" | uniq -c | awk '{ print $1 }' | sort -n | uniq -c | xargs)" "$n $((9000 / n)) 1 1000"
	check "$n rules: xdp-edge takes the site's rows" "$XE" -c "$set/site.yaml" rules
done
before=$(digest 100-1)
rules 100 1
check 'the same seed: the same rules and packets' equal "$(digest 100-1)" "$before"
rules 100 2
check 'another seed: others' test "$(digest 100-2)" != "$before"

# What a packet hits, found by looking at all rules with no tool's help.
slow_truth() {
	awk '
	function number(text,    part) { split(text, part, "."); return ((part[1] * 256 + part[2]) * 256 + part[3]) * 256 + part[4] }
	FNR == NR {
		proto[FNR] = $2; daddr[FNR] = $4; port[FNR] = $5; size[FNR] = 4294967296; n = FNR
		if ($3 != "any") { split($3, prefix, "/"); first[FNR] = number(prefix[1]); size[FNR] = 2 ^ (32 - prefix[2]) }
		next
	}
	{
		hit = 0
		for (i = 1; i <= n; i++)
			if ($1 == proto[i] && $3 == daddr[i] && $5 == port[i] && number($2) >= first[i] && number($2) < first[i] + size[i])
				hit = i
		print hit
	}' "$WORK/100-1/rules.txt" "$WORK/100-1/trace.txt" | cmp - "$WORK/100-1/hits.txt"
}
check 'packets hit what hits.txt says' slow_truth

# --- the check of counters -----------------------------------------------------------------------

printf '1 tcp any 192.0.2.1 80\n2 udp 198.51.100.0/24 192.0.2.2 53\n' >"$WORK/rules"
printf '1\n0\n2\n1\n' >"$WORK/hits"
# verdict SENT LOST COUNTS
verdict() {
	awk -v SENT="$1" -v LOST="$2" -f "$here/verify.awk" "$WORK/rules" "$WORK/hits" <(printf '%b' "$3")
}
right='tcp any 192.0.2.1 80 6\nudp 198.51.100.0/24 192.0.2.2 53 2\nmiss 3\n' # runs of 6 and 5 packets
check 'counters: all right' equal "$(verdict '6 5' 0 "$right")" 'every rule'
check 'counters: one packet too few' equal "$(verdict '6 5' 0 "${right/80 6/80 5}")" 'WRONG: delivered 11, counted 10'
check 'counters: at the wrong rule' equal "$(verdict '6 5' 0 'tcp any 192.0.2.1 80 5\nudp 198.51.100.0/24 192.0.2.2 53 3\nmiss 3\n' |
	sort | head -n 1)" 'WRONG: tcp any 192.0.2.1 80: delivered 6, counted 5'
check 'counters: a rule without' equal "$(verdict '6 5' 0 'tcp any 192.0.2.1 80 8\nmiss 3\n')" 'WRONG: 2 rules, counters of 1'
check 'counters: frames were lost' equal "$(verdict '6 5' 2 "$right")" 'sum'
check 'counters: only a total' equal "$(verdict '6 5' 0 'total 11\n')" 'sum'
check 'counters: a wrong total' equal "$(verdict '6 5' 0 'total 12\n')" 'WRONG: delivered 11, counted 12'
check 'counters: none' equal "$(verdict '6 5' 0 '')" '-'

# --- the report ----------------------------------------------------------------------------------

# What a run could leave: its namespaces end with its processes, which all have a path below WORK in their command line.
mkdir "$WORK/tmp"
export TMPDIR=$WORK/tmp
traces() {
	find /sys/fs/cgroup -maxdepth 2 -name 'xdp-edge-bench*' 2>/dev/null || true
	find "$TMPDIR" "$WORK/out" -mindepth 1 -maxdepth 1 \( -name 'xe-ops.*' -o -name '.bench.*' \)
	grep -lzsa "[/]${WORK#/}/\(tmp\|out\)" /proc/[0-9]*/cmdline || true # [/]: not itself
}

export QUICK=1 OUT=$WORK/out/report.md STEPS=compare SIZES=20 ROUNDS=4 TIME=0.15 LOADS=1 SEED=3
run() {
	ONLY=$* "$here/run.sh"
}
check 'a run of every tool' run
check 'every tool was measured' equal "$(awk -F, 'NR > 1 && $3 != "ok" { print $2 ": " $3 }' "$WORK/out/tools.csv")" ''
check "every tool's counters are right" equal \
	"$(awk -F, 'NR > 1 && $2 !~ /^xdp-drop|^xdp-count/ && $5 !~ /^(every rule|sum)$/ { print $2 ": " $5 }' "$WORK/out/tools.csv")" ''
check 'of xdp-edge and its equals, rule by rule' equal \
	"$(awk -F, 'NR > 1 && $5 == "every rule"' "$WORK/out/tools.csv" | wc -l)" 10
# On a busy machine a tool may have no round that counts.
check 'the report has a line for each' equal "$(grep -c -e '^| .* exact, ' -e '^| .* | no round was long enough ' "$OUT")" 13
for name in packets cost load; do
	check "$name.svg is a picture" grep -q '</svg>' "$WORK/out/$name.svg"
	check "$name.png is a picture" equal "$(head -c 8 "$WORK/out/$name.png" | od -An -tx1 | tr -d ' \n')" 89504e470d0a1a0a
done
check 'nothing is left' equal "$(traces)" ''

# A tool that will not load is named with what it said, the others are measured, with more rules too.
broken() {
	printf '#!/bin/sh\necho "no such luck" >&2\nexit 1\n' >"$WORK/broken"
	chmod +x "$WORK/broken"
	XE=$WORK/broken SIZES='20 40' run xdp-drop xdp-edge nft-prerouting-set &&
		equal "$(grep -c 'xdp-edge.* it said: .no such luck.' "$OUT")" 2 &&
		equal "$(grep -c 'nftables prerouting, sets.*exact, every rule' "$OUT")" 2
}
check 'a tool that will not load is named' broken

# In the middle of sending.
terminated() {
	local pid i
	ONLY='xdp-drop nft-ingress-set' ROUNDS=1000 "$here/run.sh" 2>"$WORK/log" &
	pid=$!
	for ((i = 0; i < 300; i++)); do
		grep -q 'round 1 ' "$WORK/log" && break
		sleep 0.1
	done
	[[ $(traces) == *cmdline* ]] || return 1 # or the check below means nothing
	kill -TERM "$pid"
	wait "$pid" && return 1
	equal "$(traces)" ''
}
check 'a run that is ended leaves nothing' terminated

finish
