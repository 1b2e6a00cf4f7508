#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# `xdp-edge bench`, in seconds and without looking at a single time: which cases there are on the example sites, that
# each is what it is called, that traces reach every atom, that the three forms say the same, and that nothing is left.
# The command itself checks every packet it ran against the counters, and its verdict. Root.
# shellcheck disable=SC2015,SC2016
set -euo pipefail

top=$(cd "$(dirname "$0")/../.." && pwd)
xe=${XE:-$top/build/xdp-edge}
((EUID == 0)) || { echo "$0: run as root" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$top"

passed=0 failed=0

say() { # NAME RESULT: ok, or what is wrong
	if [[ $2 == ok ]]; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		printf 'FAILED: %s: %s\n' "$1" "$2" >&2
	fi
}

# run NAME SITE ARGUMENT...: the shortest there is, into $work/out; says whether it worked.
run() {
	local name=$1 site=$2
	shift 2
	if timeout 120 "$xe" bench -c "$site" --rounds 2 --repeat 1000 "$@" >"$work/out" 2>"$work/err"; then
		say "$name" ok
	else
		say "$name" "exit code $?: $(head -c 400 "$work/err")"
	fi
}

# is NAME FILTER: a jq filter over $work/out that must be true.
is() {
	if jq -e "$2" "$work/out" >"$work/jq" 2>&1; then
		say "$1" ok
	else
		say "$1" "not so: $2 ($(head -c 200 "$work/jq"))"
	fi
}

# --- cases -----------------------------------------------------------------------------------------

for site in consolidated-nat lab mirror-port scaled-hlb; do
	"$xe" check -j -c "maps/sites/$site.yaml" >"$work/check" 2>/dev/null
	run "$site" "maps/sites/$site.yaml" -j
	is "$site: figures are numbers" \
		'(.cases | length) > 0 and all(.cases[]; all(.ns_min, .ns_median, .ratio, .added_ns, .pass_ns, .count_ns; type == "number"))'
	is "$site: ratios are positive" 'all(.cases[]; .ratio > 0)'
	is "$site: both verdicts of every case" '([.cases[] | select(.kind != "feature")] | group_by(.name) | all([.[].verdict] | sort == ["drop", "pass"]))'
	is "$site: a case of an active row is about it" \
		'all(.cases[] | select(.kind == "row"); .row != null and (.name | startswith(.)) and .interface != "")'
	# Every active row is measured over IPv4, or there is a reason why not.
	jq -r '.rows[] | select(.active) | "\(.id) ipv4"' "$work/check" | sort >"$work/want"
	jq -r '(.cases[], .not_measured[]).name' "$work/out" | sort -u >"$work/have"
	missing=$(comm -23 "$work/want" "$work/have" | head -3 | tr '\n' ' ')
	say "$site: every active row" "${missing:-ok}"
	# A row decides its own packet, unless check says that others always do, or it is an annotation.
	jq -r '.rows[] | select(.shadowed_by != []) | .id' "$work/check" | sort >"$work/shadowed"
	jq -r '.cases[] | select(.kind == "row" and (.decided_by != null or .miss != null)) | .row' "$work/out" | sort -u \
		>"$work/others"
	extra=$(comm -13 "$work/shadowed" "$work/others" | grep -v ipsec-exceptions | head -3 | tr '\n' ' ' || true)
	say "$site: only shadowed rows are decided by others" "${extra:-ok}"
	is "$site: misses" '[.cases[] | select(.kind == "miss").miss] | unique | contains(
		["foreign", "fragment", "ip-other", "malformed", "martian", "non-ip", "too-deep", "unmatched"])'
	is "$site: dressed frames" '[.cases[].kind] | unique | contains(["extensions", "first-fragment", "options", "qinq"])'
	is "$site: the environment" '.environment | .cpu != "" and .kernel != "" and .clang != "" and .libbpf != ""
		and .xlated_bytes > 0 and (.interfaces | length) > 0 and .rounds == 2 and .repeat == 1000'
	is "$site: the floor" '.floor | [.pass_ns, .count_ns, .drop_ns, .count_drop_ns] | all(type == "number")'
done

is 'a trunk without untagged frames: no-policy' '[.cases[] | select(.miss == "no-policy")] | length == 2'
is 'on a trunk no packet is untagged' 'all(.cases[] | select(.miss != "no-policy"); .interface | test("^trunk0\\.[0-9]+$"))'

run lab maps/sites/lab.yaml -j --verdict pass
is 'both families in the summary' '.summary | [.ipv4_ratio, .ipv6_ratio, .ipv4_added_ns, .ipv6_added_ns] | all(type == "number")'
is 'one verdict only' '[.cases[].verdict] | unique == ["pass"]'
is 'no floor of the other verdict' '.floor | .drop_ns == null and .count_drop_ns == null'
is 'spoofed and ipsec' '[.cases[].miss] | contains(["spoofed", "ipsec"])'

# --- verdicts --------------------------------------------------------------------------------------

# In enforce what the policy drops ends as a drop, and only so; all else has both verdicts. The command checks every
# verdict itself.
dropped='.miss as $m | ["unmatched", "spoofed", "martian", "malformed", "too-deep"] | index([$m])'
for mode in rehearse enforce; do
	sed "s/^mode: .*/mode: $mode/" maps/sites/lab.yaml >"$work/site.yaml"
	grep -q "^mode: $mode" "$work/site.yaml" && say "$mode: a site" ok || say "$mode: a site" 'it has no mode to change'
	run "$mode" "$work/site.yaml" -j --trace random
	cp "$work/out" "$work/$mode"
	is "$mode: what rows allow passes" '[.cases[] | select(.kind == "row" and .miss == null)] | group_by(.name)
		| length > 0 and all([.[].verdict] == ["pass", "drop"])'
	is "$mode: so do later fragments" '[.cases[] | select(.name == "fragment ipv4").verdict] | sort == ["drop", "pass"]'
	is "$mode: traces" '[.cases[] | select(.kind == "trace")] | length > 0'
done
is 'enforce: misses are dropped' '[.cases[] | select(.kind == "miss" and ('"$dropped"')).verdict] | unique == ["drop"]'
cp "$work/rehearse" "$work/out"
is 'rehearse: misses pass' '[.cases[] | select(.kind == "miss" and ('"$dropped"')).verdict] | unique == ["drop", "pass"]'
code=0
"$xe" bench -c "$work/site.yaml" --verdict pass --case 'spoofed ipv4' >"$work/out" 2>"$work/err" || code=$?
((code == 1)) && grep -q 'the policy drops it' "$work/err" && say 'enforce: no drop passes' ok ||
	say 'enforce: no drop passes' "exit code $code"

# --- features --------------------------------------------------------------------------------------

run features maps/sites/lab.yaml -j --case feature
is 'features: nothing else' 'all(.cases[]; .kind == "feature")'
is 'features: no part of the summary of rows' '.summary.ipv4_ratio == null and .floor.pass_ns == null'
is 'features: known flows and drops in the summary' '.summary | .state_ratio > 0 and .drop_ratio > 0'
is 'features: both families of each' '[.cases[].name] | group_by(sub(" ipv[46]$"; "")) | all(length == 2)'
is 'features: the same packet for on and off' '[.cases[] | select(.trace | not)] | group_by(.name | sub("^[^:]*: "; ""))
	| length == 14 and all([.[].packet] | unique | length == 1)'
is 'features: the settings' '[.cases[].name | sub(":.*"; "")] | unique == (["monitor", "suggest", "enforce", "state",
	"state, rehearse", "state, suggest off", "state, payload", "state, limit on new flows", "state, limit on packets",
	"state, nat", "state, deny list of 100000", "state, table full"] | sort)'
is 'features: a known flow passes everywhere' \
	'all(.cases[] | select(.name | test("known flow|new flows|fragment")); .verdict == "pass")'
is 'features: what is dropped' '[.cases[] | select(.verdict == "drop").name | sub(" ipv[46]$"; "")] | unique == ([
	"enforce: unmatched", "state: unmatched", "state, suggest off: unmatched", "state, deny list of 100000: unmatched",
	"state, deny list of 100000: from a listed address"] | sort)'
run 'one feature' maps/sites/lab.yaml -j --case 'state, nat: *'
is 'one feature: its packets' '[.cases[].name | sub(" ipv[46]$"; "")] | unique == (["tcp", "udp", "reply"] | map("state, nat: known flow, \(.)") | sort)'

# --- choosing --------------------------------------------------------------------------------------

run 'one row' maps/sites/lab.yaml -j --verdict drop --case lync2013-director/firewall/1
is 'a row by its id: both families' '[.cases[].name] == ["lync2013-director/firewall/1 ipv4", "lync2013-director/firewall/1 ipv6"]'
is 'in drop verdict alone, so that the summary is of it' '.summary | .verdict == "drop" and .ipv4_ratio > 0'
run 'a pattern' maps/sites/lab.yaml -j --case 'spoofed *'
is 'a pattern: names' '[.cases[].name] | unique == ["spoofed ipv4", "spoofed ipv6"]'
run 'one interface' maps/sites/lab.yaml -j --interface wan0 --verdict pass --case row
is 'one interface: all enter by it' 'all(.cases[]; .interface == "wan0")'
is 'one interface: rows that never enter there are named' '.not_measured | length > 0 and all(.reason != "")'

# --- forms -----------------------------------------------------------------------------------------

run CSV maps/sites/consolidated-nat.yaml --csv --case row
cp "$work/out" "$work/csv"
run JSON maps/sites/consolidated-nat.yaml -j --case row
python3 - "$work/csv" "$work/out" <<'PY' >"$work/compared" 2>&1 || true
import csv, json, sys
rows = list(csv.DictReader(open(sys.argv[1])))
cases = json.load(open(sys.argv[2]))["cases"]
assert [(r["name"], r["verdict"]) for r in rows] == [(c["name"], c["verdict"]) for c in cases], "not the same cases"
assert all(None not in r and None not in r.values() for r in rows), "cells too many or too few"
assert all(r["cpu"] and r["kernel"] and r["interfaces"].count(",") == 3 for r in rows), "no environment"
assert all((r["row"] or None) == c["row"] and (r["miss"] or None) == c["miss"] for r, c in zip(rows, cases)), "not the same rows"
print("ok")
PY
say 'CSV and JSON have the same cases' "$(tail -n 1 "$work/compared")"
run table maps/sites/consolidated-nat.yaml --case row
jq -r '.environment.cpu' "$work/out" >/dev/null 2>&1 && say 'a table is no JSON' 'it is' || say 'a table is no JSON' ok
grep -q '^CPU  ' "$work/out" && grep -q '^IPv4, drop: ' "$work/out" && say 'table: top and bottom' ok ||
	say 'table: top and bottom' 'missing'

# --- traces ----------------------------------------------------------------------------------------

# On a mirror all atoms are on one side: each must be reached, but for spoofed (there is none), no-policy, and
# unsolicited, which none is without flows.
run 'a random trace' maps/sites/mirror-port.yaml -j --trace random --case trace
is 'it has many tuples' 'all(.cases[]; .trace.tuples >= 10000)'
is 'it reaches every atom' '.environment.atoms as $all | (.cases | length) == 2 and all(.cases[]; .trace.atoms == $all - 3)'
run 'random traces of four NICs' maps/sites/lab.yaml -j --trace random --case trace --verdict pass
is 'one for each NIC and family' '[.cases[] | "\(.interface) \(.family)"] | sort == ["dmi0 4","dmi0 6","dmz0 4","dmz0 6","lan0 4","lan0 6","wan0 4","wan0 6"]'
run 'a trace from a file' maps/sites/lab.yaml -j --trace tests/fixtures/pcap/frames.pcap --case trace --interface dmz0
is 'its different frames of 14 bytes and more' 'all(.cases[]; .trace.tuples == 8 and .interface == "dmz0")'
grep -q 'caches stay warm' "$work/err" && say 'few frames are told of' ok || say 'few frames are told of' 'not'

# --- nothing is left -------------------------------------------------------------------------------

# The programs of one run, seen while it lasts, are gone soon after it.
"$xe" bench -c maps/sites/lab.yaml --rounds 300 --case lync2013-director/firewall/1 >/dev/null &
pid=$!
ids=
while kill -0 "$pid" 2>/dev/null; do
	now=$(grep -hs '^prog_id:' /proc/"$pid"/fdinfo/* | awk '{ print $2 }' | sort -u || true)
	(($(wc -w <<<"$now") < $(wc -w <<<"$ids"))) || ids=$now
	sleep 0.1
done
wait "$pid" && say 'a longer run' ok || say 'a longer run' "exit code $?"
# four floors, and two programs for each of four NICs
n=$(wc -w <<<"$ids")
((n == 12)) && say 'its programs' ok || say 'its programs' "$n, not 12"
for _ in $(seq 50); do
	left=$(bpftool prog show -j | jq -r '.[].id' | grep -cxF "$ids" || true)
	((left)) || break
	sleep 0.2
done
((left)) && say 'no program is left' "$left are" || say 'no program is left' ok

echo "$passed passed, $failed failed"
((failed == 0))
