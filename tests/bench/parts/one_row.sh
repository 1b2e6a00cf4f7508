#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# One active row beside all rows: the same packet through the site with every table on and through the same site with one table
# of one row, in turns. No network, no namespaces: packets run by BPF_PROG_TEST_RUN.
set -euo pipefail
export LC_ALL=C
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../.." && pwd)
XE=$(realpath "${XE:-$root/build/xdp-edge}")
cd "$root"
export XDP_EDGE_SPEC=${XDP_EDGE_SPEC:-$root/maps/spec}

QUICK=${QUICK:-}
OUT=${OUT:-}
TURNS=${TURNS:-$([[ $QUICK ]] && echo 3 || echo 15)}
ROW=lync2013-edge-nat/federation/1

((EUID == 0)) || { echo "one_row: only root may run programs" >&2; exit 1; }
[[ -x $XE ]] || make -s all >&2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
if [[ $OUT ]]; then mkdir -p "$OUT"; fi

cp tests/bench/consolidated.yaml "$work/all.yaml"
# the list of tables, whole, for the one table
awk -v table="${ROW%/*}" '/^tables:/ { print "tables: [" table "]"; skip = 1; next } /^[^ #]/ { skip = 0 } !skip' \
	tests/bench/consolidated.yaml >"$work/one.yaml"

raw=$work/raw.csv
echo site,family,turn,ns_median,pass_ns,added_ns >"$raw"
for ((turn = 1; turn <= TURNS; turn++)); do
	for site in one all; do
		echo "one_row: turn $turn of $TURNS, $site" >&2
		"$XE" -c "$work/$site.yaml" -j bench --verdict pass --case "$ROW" 2>/dev/null |
			jq -r --arg site "$site" --arg turn "$turn" \
				'.cases[] | [$site, .family, $turn, .ns_median, .pass_ns, .added_ns] | join(",")' >>"$raw"
	done
done
if [[ $OUT ]]; then cp "$raw" "$OUT/one_row.csv"; fi

# median SITE FAMILY COLUMN
median() {
	awk -F, -v site="$1" -v family="$2" -v column="$3" '$1 == site && $2 == family { print $column }' "$raw" |
		sort -n | awk '{ v[NR] = $1 } END { print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'
}

rows() {
	"$XE" -c "$work/$1.yaml" -j check 2>/dev/null | jq .sizes.rows_active
}

cat <<END
## One row and all rows

The same packet, to row \`$ROW\`, through a policy of $(rows one) active row and one of $(rows all), in $TURNS turns; medians over the
turns, in ns. Target: within 5 % of each other.

| family | one row | all rows | all ÷ one | added, one row | added, all rows |
|---|---|---|---|---|---|
END
for family in 4 6; do
	one=$(median one $family 4) all=$(median all $family 4)
	printf '| IPv%s | %s | %s | %s | %s | %s |\n' "$family" "$one" "$all" "$(awk -v a="$all" -v o="$one" 'BEGIN { printf "%.3f", a / o }')" \
		"$(median one $family 6)" "$(median all $family 6)"
done
