#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Verdicts of a capture, by replay: every reason once and more, frame by frame; and that what rehearse would drop is what enforce
# drops, reason by reason and frame by frame, over random traffic too. Then explain --kernel: the program and the loader say the same.
set -euo pipefail
# shellcheck source=tests/datapath/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
world "$0" "$@"

RANDOM_FRAMES=${RANDOM_FRAMES:-20000}

write_site() {
	cat >"$SITE" <<-END
		name: ops
		mode: rehearse
		tables: [lync2013-edge-nat, sfb-internal/ipsec-exceptions]
		roles:
		  access-edge: 203.0.113.10
		  av-edge: 203.0.113.30
		  edge-internal: 172.25.33.10
		  front-end: 10.0.1.11
		interfaces:
		  wan0: dmz-external
		deny: [{name: bad, prefixes: [192.0.2.64/26]}]
		foreign: drop
		non-ip: drop
		echo: drop
		rows:
		  - {name: no, service: no, l4: tcp, ports: 9000, source: any, destination: access-edge, verdict: deny}
		  - {name: flows, service: flows, l4: udp, ports: 9001, source: any, destination: access-edge, limit: 2/s burst 3 per source}
		  - {name: packets, service: packets, l4: udp, ports: 9002, source: any, destination: access-edge, limit: 2/s burst 3 per source,
		     limit_on: packets}
	END
}

# replayed MODE ARGUMENT...
replayed() {
	xe replay "$WORK/all.pcap" --side dmz-external --mode "$@"
}

# one_by_one MODE: a line for each frame, as in EXPECTED.
one_by_one() {
	replayed "$1" --per-packet -j 2>/dev/null |
		jq -r '.verdict + (if .reason then " " + .reason elif .exempt then " " + .exempt else "" end)'
}

# sums FILE KEY: by reason and role.
sums() {
	jq -r ".$2[] | \"\(.reason) \(.role) \(.packets) \(.bytes)\"" "$1" | sort
}

by_reason() {
	sort "$1" | uniq -c | awk '$2 == "drop" { print $3, $1 }'
}

# agree TUPLE...: the program says what explain says.
agree() {
	ends 0 "" xe explain --kernel "$@"
	grep -q '^the program agrees: ' "$WORK/stdout"
}

case_replay() {
	local reason
	"$OPS_ROOT/tests/datapath/verdict_capture.py" "$WORK/all.pcap" "$WORK/expected" "$RANDOM_FRAMES"
	for mode in rehearse enforce monitor; do
		one_by_one "$mode" >"$WORK/frames.$mode"
		replayed "$mode" -j >"$WORK/sums.$mode" 2>/dev/null
	done
	check "every frame of the scenarios" diff "$WORK/expected" <(head -n "$(wc -l <"$WORK/expected")" "$WORK/frames.enforce")
	check "every reason came up" equal "$(by_reason "$WORK/expected" | wc -l)" 16
	check "frame by frame, rehearse would drop what enforce drops" cmp "$WORK/frames.rehearse" "$WORK/frames.enforce"
	check "there was something to compare" test "$(grep -c '^drop' "$WORK/frames.enforce")" -gt $((RANDOM_FRAMES / 10)) -a \
		"$(grep -c '^pass' "$WORK/frames.enforce")" -gt $((RANDOM_FRAMES / 10))
	check "reason by reason, and role by role" equal "$(sums "$WORK/sums.rehearse" would_drop)" "$(sums "$WORK/sums.enforce" dropped)"
	check "rehearse drops nothing, enforce would drop no more" equal "$(sums "$WORK/sums.rehearse" dropped)$(sums "$WORK/sums.enforce" would_drop)" ""
	check "the sums are those of the frames" equal \
		"$(jq -r '[.dropped[]] | group_by(.reason)[] | "\(.[0].reason) \(map(.packets) | add)"' "$WORK/sums.enforce")" \
		"$(by_reason "$WORK/frames.enforce" | sort)"
	check "packets are counted alike in both" equal "$(jq -c '[.rows, .misses]' "$WORK/sums.rehearse")" "$(jq -c '[.rows, .misses]' "$WORK/sums.enforce")"
	check "what passed by name too" equal "$(jq -c .exempt "$WORK/sums.rehearse")" "$(jq -c .exempt "$WORK/sums.enforce")"
	for reason in unsolicited limited fragment-denied fragment-orphan; do
		check "monitor remembers nothing: no $reason" equal "$(sums "$WORK/sums.monitor" would_drop | grep -c "^$reason " || true)" 0
	done
	for reason in unmatched foreign martian spoofed deny-list deny-row ip-other ipsec echo non-ip malformed too-deep; do
		check "monitor counts $reason as rehearse does" equal "$(sums "$WORK/sums.monitor" would_drop | grep "^$reason ")" \
			"$(sums "$WORK/sums.rehearse" would_drop | grep "^$reason ")"
	done
	xe replay "$WORK/all.pcap" --mode enforce -j >"$WORK/sums.mirror" 2>/dev/null
	check "nothing is enforced on a mirror" equal "$(sums "$WORK/sums.mirror" dropped)" ""
	check "the table names the reasons" equal "$(replayed enforce 2>/dev/null | grep -c '^\(unmatched\|unsolicited\|limited\|martian\|echo\) .* 0  *0$')" 5
}

case_explain() {
	local tuple
	while read -r tuple; do
		# shellcheck disable=SC2086
		check "explain $tuple" agree $tuple
	done <<-END
		tcp 192.0.2.1:50000 203.0.113.10:443 --syn
		tcp 192.0.2.1:50000 203.0.113.10:443
		tcp 203.0.113.10:443 192.0.2.1:50000
		tcp 192.0.2.1:443 203.0.113.30:50123 --side internet
		udp 192.0.2.1:53 203.0.113.10:40000 --side internet
		tcp 192.0.2.1:50000 203.0.113.10:22 --syn --side internet
		tcp 192.0.2.1:50000 203.0.113.10:9000 --side internet
		tcp 203.0.113.10:9000 192.0.2.1:50000
		udp 192.0.2.1:50000 203.0.113.10:9001
		udp 192.0.2.1:1 192.0.2.2:2
		udp 192.0.2.1:68 192.0.2.2:67 --side lan
		udp 192.0.2.1:68 192.0.2.2:67 --side internet
		udp 192.0.2.1:67 203.0.113.10:68 --side lan
		udp [2001:db8::1]:546 [2001:db8::2]:547 --side dmz-internal
		tcp 192.0.2.70:50000 203.0.113.10:443
		tcp 127.0.0.1:50000 203.0.113.10:443
		tcp 10.0.1.11:50000 203.0.113.10:443 --side internet
		icmp 192.0.2.1 203.0.113.10
		esp 192.0.2.1 203.0.113.30
		47 192.0.2.1 192.0.2.2
		tcp 192.0.2.1:50000 203.0.113.10:443 --side mirror
	END
	check "the verdict in words" equal "$(xe explain udp 192.0.2.1:50000 203.0.113.10:9001 | tail -n 1)" \
		"mode rehearse, passes; in enforce: passes, and its flow is remembered; new flows beyond 2/s burst 3 per source are dropped: limited"
	check "the verdict in JSON" equal "$(xe explain -j udp 192.0.2.1:53 203.0.113.10:40000 | jq -c .enforce)" \
		'{"mode":"rehearse","verdict":"needs-flow","otherwise":"drop","reason":"unsolicited","exempt":null,"limit":null,"limit_on":null}'
}

main() {
	SITE=$WORK/site.yaml
	write_site
	case_replay
	case_explain
	finish
}

main "$@"
