#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The doctor's findings by real traffic: a healthy mix of an Edge, in which it finds nothing, and each fault with it beside.
# What it does with files, with rights, with signals. Every rule's near miss is tests/unit/test_doctor.c's.
#
#	ops_doctor.sh [SECTION...]    idle healthy udp answers view media inside sides hairpin silent guard nics file damaged rights
set -euo pipefail
# shellcheck source=tests/datapath/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
world "$0" "$@"

SITE=$WORK/site.yaml
export XDP_EDGE_SPEC=$OPS_ROOT/maps/spec

CLIENT=198.51.100.7
PARTNER=198.51.100.9
ACCESS=203.0.113.10
WEB=203.0.113.20
AV=203.0.113.30
EDGE=172.25.33.10
SERVER=10.0.1.11
DESK=10.0.64.5

# site [SED-EXPRESSION...]: the site, edited.
site() {
	local edits=()
	for edit; do
		edits+=(-e "$edit")
	done
	sed "${edits[@]:-p;d}" "$FIXTURES/doctor.yaml" >"$SITE"
}

# start [SED-EXPRESSION...]: NICs as new, the edited site loaded.
start() {
	local nic
	xe unload >/dev/null 2>&1 || true
	for nic in wan0 dmz0 dmi0 lan0; do
		[[ -e /sys/class/net/$nic ]] || nic "$nic"
	done
	site "$@"
	xe load >/dev/null 2>&1
}

# The healthy mix, a function a service: what asks and what answers, each where it enters.
stun() {
	sent wan0 "400,udp,$CLIENT,4001,$AV,3478,120" >/dev/null
	sent dmz0 "400,udp,$AV,3478,$CLIENT,4001,120" >/dev/null
}

https() {
	sent wan0 "10,syn,$CLIENT,4002,$AV,443,60" "100,tcp,$CLIENT,4002,$AV,443,60" "10,syn,$CLIENT,4003,$ACCESS,443,60" \
		"90,tcp,$CLIENT,4003,$ACCESS,443,60" >/dev/null
	sent dmz0 "110,tcp,$AV,443,$CLIENT,4002,60" "95,tcp,$ACCESS,443,$CLIENT,4003,60" >/dev/null
}

meetings() {
	sent wan0 "6,syn,$CLIENT,4004,$WEB,443,60" "50,tcp,$CLIENT,4004,$WEB,443,60" >/dev/null
	sent dmz0 "50,tcp,$WEB,443,$CLIENT,4004,60" >/dev/null
}

federation() {
	sent wan0 "6,syn,$PARTNER,4005,$ACCESS,5061,60" "50,tcp,$PARTNER,4005,$ACCESS,5061,60" >/dev/null
	sent dmz0 "50,tcp,$ACCESS,5061,$PARTNER,4005,60" "6,syn,$ACCESS,4006,$PARTNER,5061,60" \
		"40,tcp,$ACCESS,4006,$PARTNER,5061,60" >/dev/null
	sent wan0 "40,tcp,$PARTNER,5061,$ACCESS,4006,60" >/dev/null
}

lists() {
	sent dmz0 "6,syn,$ACCESS,4007,$PARTNER,80,60" "30,tcp,$ACCESS,4007,$PARTNER,80,60" >/dev/null
	sent wan0 "30,tcp,$PARTNER,80,$ACCESS,4007,60" >/dev/null
}

names() {
	sent dmz0 "30,udp,$ACCESS,4008,$PARTNER,53,80" >/dev/null
	sent wan0 "29,udp,$PARTNER,53,$ACCESS,4008,200" >/dev/null
}

media() {
	sent wan0 "1200,udp,$PARTNER,50001,$AV,50002,214" >/dev/null
	sent dmz0 "1200,udp,$AV,50002,$PARTNER,50001,214" >/dev/null
}

inside() {
	sent lan0 "200,udp,$DESK,5001,$EDGE,3478,120" "6,syn,$DESK,5002,$EDGE,443,60" "50,tcp,$DESK,5002,$EDGE,443,60" \
		"6,syn,$SERVER,5003,$EDGE,5061,60" "50,tcp,$SERVER,5003,$EDGE,5061,60" \
		"6,syn,$SERVER,5005,$EDGE,5062,60" "20,tcp,$SERVER,5005,$EDGE,5062,60" >/dev/null
	sent dmi0 "200,udp,$EDGE,3478,$DESK,5001,120" "50,tcp,$EDGE,443,$DESK,5002,60" "50,tcp,$EDGE,5061,$SERVER,5003,60" \
		"6,syn,$EDGE,5004,$SERVER,5061,60" "50,tcp,$EDGE,5004,$SERVER,5061,60" "20,tcp,$EDGE,5062,$SERVER,5005,60" >/dev/null
	sent lan0 "50,tcp,$SERVER,5061,$EDGE,5004,60" >/dev/null
}

# healthy [BUT...]: all of it, but those.
healthy() {
	local part
	for part in stun https meetings federation lists names media inside; do
		[[ " $* " == *" $part "* ]] || "$part"
	done
}

# findings [ARGUMENT...]: "SEVERITY ID SUBJECT WHEN" each, of problems and warnings, in order; one reading unless said otherwise.
findings() {
	(($#)) || set -- --interval 0
	xe -j doctor "$@" | jq -r '.findings[] | select(.severity != "note") | "\(.severity) \(.id) \(.subject) \(.when)"' | sed 's/  */ /g'
}

# notes [ARGUMENT...]: the ids of notes.
notes() {
	(($#)) || set -- --interval 0
	xe -j doctor "$@" | jq -r '[.findings[] | select(.severity == "note").id] | unique | join(" ")'
}

# figure ID N: the N-th figure of a finding, since the load.
figure() {
	xe -j doctor --interval 0 | jq ".findings[] | select(.id == \"$1\").figures[$2].since_load"
}

# --- nothing, and nothing wrong -----------------------------------------------------------------------

section_idle() {
	start
	check "idle: no traffic is no fault" ends 0 "" xe doctor --interval 0.2
	check "idle: it says that it cannot judge, and why" grep -q "cannot be judged yet.*no packet has been counted" "$WORK/stdout"
	check "idle: in JSON" equal "$(xe -j doctor --interval 0 | jq -c '[.judged, (.why_not | length > 40), .problems]')" "[false,true,0]"
}

section_healthy() {
	start
	healthy
	check "healthy: no problem, no warning" equal "$(findings)" ""
	check "healthy: exit code 0" ends 0 "" xe doctor --interval 0
	check "healthy: nothing is left unchecked" equal "$(xe -j doctor --interval 0 | jq -c .not_possible)" "[]"
	check "healthy: what is clean" equal "$(xe -j doctor --interval 0 |
		jq -r '[.clean[] | select(test("unanswered|3478|rtp|nic-s|spoofed"))] | sort | join(" ")')" \
		"crl-unanswered dns-unanswered hairpin-spoofed https-unanswered nic-side nic-silent nic-spoofed rtp-one-way sip-unanswered stun-unanswered tcp-unanswered udp-3478-blocked"
	(sleep 0.5; healthy) &
	check "healthy: nor between two readings" equal "$(findings --interval 3)" ""
	wait $!
	site 's/^mode:.*/mode: rehearse/'
	xe reload >/dev/null
	healthy
	check "healthy: nor in rehearse" equal "$(findings)" ""
	site 's/^mode:.*/mode: enforce/'
	xe reload >/dev/null
	healthy
	check "healthy: nor in enforce" equal "$(findings)" ""
}

# --- services -----------------------------------------------------------------------------------------

section_udp() {
	start
	healthy stun
	check "udp: TCP 443 and no UDP 3478" equal "$(findings)" "problem udp-3478-blocked av-edge since-load"
	check "udp: by exit code" ends 1 "" xe doctor --interval 0
	check "udp: its figures" equal "$(figure udp-3478-blocked 0) $(figure udp-3478-blocked 1)" "0 10"
	check "udp: what to ask for" grep -q "Ask the firewall people: UDP 3478" "$WORK/stdout"
	(sleep 0.7; https) &
	check "udp: it rises" equal "$(findings --interval 3)" "problem udp-3478-blocked av-edge now"
	wait $!
	(sleep 0.7; stun; https) &
	check "udp: once UDP comes it is over" equal "$(xe -j doctor --interval 3 | jq -r '.findings[] | select(.id == "udp-3478-blocked") | "\(.severity) \(.when)"')" ""
	wait $!
	start
	healthy inside
	sent lan0 "8,syn,$DESK,5002,$EDGE,443,60" "80,tcp,$DESK,5002,$EDGE,443,60" >/dev/null
	sent dmi0 "90,tcp,$EDGE,443,$DESK,5002,60" >/dev/null
	check "udp: on the inside" equal "$(findings)" "problem udp-3478-blocked edge-internal since-load"
}

section_answers() {
	start
	healthy federation lists names
	sent wan0 "12,syn,$PARTNER,4005,$ACCESS,5061,60" >/dev/null
	check "answers: 5061 in" equal "$(findings)" "problem sip-unanswered access-edge 5061 since-load"
	check "answers: its figures" equal "$(figure sip-unanswered 0) $(figure sip-unanswered 1)" "12 0"
	sent dmz0 "9,syn,$ACCESS,4006,$PARTNER,5061,60" >/dev/null
	check "answers: 5061 in and out" equal "$(findings | cut -d' ' -f2,3 | sort | uniq -c | xargs)" "2 sip-unanswered access-edge"
	sent dmz0 "6,syn,$ACCESS,4007,$PARTNER,80,60" "20,udp,$ACCESS,4008,$PARTNER,53,80" >/dev/null
	check "answers: CRL and DNS" equal "$(findings | cut -d' ' -f2 | sort -u | xargs)" "crl-unanswered dns-unanswered sip-unanswered"
	start
	healthy stun
	sent wan0 "40,udp,$CLIENT,4001,$AV,3478,120" >/dev/null
	check "answers: STUN" equal "$(findings)" "problem stun-unanswered av-edge 3478 since-load"
	start
	sent wan0 "10,syn,$CLIENT,4002,$AV,443,60" "100,tcp,$CLIENT,4002,$AV,443,60" "6,syn,$PARTNER,4005,$ACCESS,5061,60" \
		"50,tcp,$PARTNER,4005,$ACCESS,5061,60" "400,udp,$CLIENT,4001,$AV,3478,120" >/dev/null
	check "answers: one direction only" equal "$(findings)" "problem one-direction since-load"
}

# By some of the NICs only: what they cannot show is no fault, and what they can is.
section_view() {
	local edits nics unseen
	while read -r nics unseen; do
		mapfile -t edits < <(for nic in wan0 dmz0 dmi0 lan0; do [[ ,$nics, == *,$nic,* ]] || echo "/^  $nic:/d"; done)
		start "${edits[@]}"
		healthy
		check "view: $nics: no problem, no warning" equal "$(findings)" ""
		check "view: $nics: what cannot be seen" equal "$(xe -j doctor --interval 0 |
			jq -r '[.not_possible[] | select(.id == "sip-unanswered") | .why | sub(".*faces "; "")] | join("")')" "$unseen"
		check "view: $nics: nor in rehearse" equal "$(site "${edits[@]}" 's/^mode:.*/mode: rehearse/'
			xe reload >/dev/null
			healthy
			findings | grep -v unsolicited || true)" ""
	done <<-END
		wan0 dmz-external
		dmz0 internet
		dmi0 lan
		lan0 dmz-internal
		dmz0,dmi0 internet
		wan0,lan0 dmz-external
		wan0,dmz0
	END
	start '/^  dmz0:/d' '/^  dmi0:/d' '/^  lan0:/d'
	healthy stun
	check "view: UDP 3478 is judged by the Internet's side alone" equal "$(findings)" "problem udp-3478-blocked av-edge since-load"
	start '/^  dmi0:/d' '/^  lan0:/d'
	healthy federation
	sent wan0 "12,syn,$PARTNER,4005,$ACCESS,5061,60" >/dev/null
	check "view: with the Edge's side beside it, answers too" equal "$(findings)" "problem sip-unanswered access-edge 5061 since-load"
	start 's/^  wan0:.*/  wan0: mirror/' '/^  dmz0:/d' '/^  dmi0:/d' '/^  lan0:/d'
	healthy
	check "view: a mirror of one direction" equal "$(findings)" "problem one-direction since-load"
}

section_media() {
	start
	healthy media
	sent wan0 "1200,udp,$PARTNER,50001,$AV,50002,214" >/dev/null
	check "media: RTP one way" equal "$(findings)" "problem rtp-one-way av-edge since-load"
	check "media: its figures" equal "$(figure rtp-one-way 0) $(figure rtp-one-way 1)" "1200 0"
	start
	healthy media
	sent dmz0 "1200,udp,$AV,50002,$PARTNER,50001,214" >/dev/null
	check "media: the other way" equal "$(xe -j doctor --interval 0 | jq -r '.findings[] | select(.id == "rtp-one-way").what')" \
		"RTP one way only: media on UDP 50000-59999 goes out from the A/V Edge, none comes back"
}

# --- sides --------------------------------------------------------------------------------------------

section_inside() {
	start
	healthy
	# slowly: what comes faster is recorded in part
	far "$SEND" -r 100 wan0-far "9,syn,$CLIENT,4000,$ACCESS,445,60" "5,syn,$CLIENT,4000,$AV,135,60" \
		"4,udp,$CLIENT,4000,$ACCESS,1434,60" "3,syn,$CLIENT,4000,$ACCESS,5062,60" >/dev/null
	check "inside: ports of servers, from outside" equal "$(findings)" "warning inside-port-asked since-load"
	check "inside: which" equal "$(xe -j doctor --interval 0 | jq -r '.findings[] | select(.id == "inside-port-asked").figures[] | "\(.since_load) \(.what)"' | cut -d'(' -f1)" \
		"21 packets to such ports that no row allows
9 to TCP 445 
5 to TCP 135 
4 to UDP 1434 
3 to TCP 5062 "
	sent wan0 "300,syn,$CLIENT,4000,$ACCESS,445,60" "300,syn,$CLIENT,4000,$AV,135,60" "300,syn,$CLIENT,4000,$ACCESS,1434,60" \
		"300,syn,$CLIENT,4000,$ACCESS,5062,60" >/dev/null
	check "inside: what came too fast is called an estimate" equal "$(xe -j doctor --interval 0 |
		jq -c '.findings[] | select(.id == "inside-port-asked").figures[0].estimated')" true
	xe doctor --interval 0 >"$WORK/text" || true
	check "inside: in words, too" grep -q "about [0-9]* packets to such ports" "$WORK/text"
	start
	healthy
	far "$SEND" -r 100 wan0-far "9,syn,$CLIENT,4000,$ACCESS,445,60" >/dev/null
	sent wan0 "30,syn,$CLIENT,4000,$SERVER,4000,60" >/dev/null
	far "$SEND" -r 100 wan0-far "3,syn,$CLIENT,4000,$ACCESS,5062,60" >/dev/null
	check "inside: addresses of the inside, too" equal "$(findings)" "warning inside-port-asked since-load
warning inside-role-reached since-load"
	start '$ a\rows: [{name: leak, service: RPC, l4: tcp, ports: 135, source: any, destination: access-edge}]'
	healthy
	sent wan0 "5,syn,$CLIENT,4000,$ACCESS,135,60" >/dev/null
	sent dmz0 "5,tcp,$ACCESS,135,$CLIENT,4000,60" >/dev/null
	check "inside: a row that allows it" equal "$(findings)" "problem inside-port-allowed 135 wan0 since-load"
	start
	healthy
	sent lan0 "6,udp,10.0.1.50,500,$SERVER,500,80" >/dev/null
	check "inside: IKE at a host of the IPsec table" equal "$(findings)" "warning ipsec-exempt since-load"
}

section_sides() {
	local hint i
	start 's/^  wan0:.*/  wan0: dmz-external/' 's/^  dmz0:.*/  dmz0: internet/'
	healthy
	check "sides: two NICs exchanged" equal "$(findings | cut -d' ' -f2,3 | grep nic | sort | xargs)" "nic-side wan0 nic-spoofed dmz0"
	start 's/^  wan0:.*/  wan0: dmz-external/' 's/^  dmz0:.*/  dmz0: internet/' '$ a\hairpin: yes'
	healthy
	check "sides: nor hidden by hairpin: yes" equal "$(findings | cut -d' ' -f2,3 | grep nic | sort | xargs)" "nic-side dmz0 nic-side wan0"
	start
	healthy
	sent wan0 "15,udp,$ACCESS,4000,$WEB,9999,60" "5,udp,127.0.0.1,4000,$WEB,9999,60" >/dev/null
	check "sides: forged sources are a note" equal "$(findings)" ""
	sent dmz0 "30,tcp,$EDGE,5061,$SERVER,5003,60" >/dev/null
	check "sides: the Edge's answers by its external NIC" equal "$(findings)" "warning forged-sources dmz0 since-load"
	site 's/^mode:.*/mode: rehearse/'
	xe reload >/dev/null
	sent lan0 "120,syn,$SERVER,5003,$EDGE,5061,60" >/dev/null
	sent dmz0 "30,tcp,$EDGE,5061,$SERVER,5003,60" >/dev/null
	check "sides: whose, and what to do" equal "$(xe -j doctor --interval 0 |
		jq -c '[.findings[] | select(.subject == "dmz0" or .subject == "edge-internal 5061") |
			[.id, (.what + .why | test("inside \\(front-end\\) come in on dmz0")), (.next | test("route print"))]] | sort')" \
		'[["forged-sources",true,true],["sip-unanswered",true,true]]'
	start
	healthy
	sent wan0 "15,udp,$ACCESS,4000,$WEB,9999,60" "5,udp,127.0.0.1,4000,$WEB,9999,60" >/dev/null
	check "sides: which says so" equal "$(notes | grep -o forged-sources)" "forged-sources"
	sent lan0 "30,udp,$EDGE,4000,$SERVER,9999,60" >/dev/null
	hint=$(xe -j doctor --interval 0 | jq -r '.findings[] | select(.id == "forged-sources" and .subject == "lan0").next' |
		grep -o 'xdp-edge capture .*| tcpdump -[a-z]* -')
	timeout 60 bash -c "${hint/xdp-edge/\"\$@\"}" - "$XE" -c "$SITE" >"$WORK/shown" 2>/dev/null &
	for i in {1..50}; do
		sent lan0 "5,udp,$EDGE,4000,$SERVER,9999,60" >/dev/null
		jobs -r | grep -q . || break
		sleep 0.2
	done
	wait
	check "sides: what is advised shows them" equal "$i < 50: $((i < 50)), $(grep -c "$EDGE.4000 > $SERVER.9999" "$WORK/shown")" "$i < 50: 1, 20"
}

section_hairpin() {
	local pool="s/^  av-edge:.*/  av-edge: [$AV, 203.0.113.31]/"
	start "$pool"
	healthy
	sent wan0 "60,udp,203.0.113.31,3478,$AV,3478,120" >/dev/null
	check "hairpin: our own source from the Internet" equal "$(findings)" "warning hairpin-spoofed av-edge since-load"
	site "$pool" 's/^mode:.*/mode: enforce/'
	xe reload >/dev/null
	xe baseline >/dev/null
	sent wan0 "60,udp,203.0.113.31,3478,$AV,3478,120" >/dev/null
	check "hairpin: dropped, it is a problem" equal "$(findings)" "problem hairpin-spoofed av-edge since-load"
	start "$pool" '$ a\hairpin: yes'
	healthy
	sent wan0 "60,udp,203.0.113.31,3478,$AV,3478,120" >/dev/null
	check "hairpin: allowed" equal "$(findings)" ""
	start "$pool"
	healthy
	sent dmz0 "60,udp,203.0.113.31,3478,$AV,3478,120" >/dev/null
	check "hairpin: asked for and not turned round" equal "$(findings)" "warning hairpin-missing av-edge since-load"
}

section_silent() {
	start
	healthy meetings
	check "silent: a note, soon after the load" equal "$(xe -j doctor --interval 0 |
		jq -r '.findings[] | select(.id == "role-silent" and .subject != "") | "\(.severity) \(.subject)"')" "note web-conf-edge"
	xe -j stats | jq -c '.loaded_at -= 3600' >"$WORK/older.json"
	check "silent: a warning, an hour later" equal "$(findings --file "$WORK/older.json")" "warning role-silent web-conf-edge since-load"
	start 's/203.0.113/192.0.2/; s/172.25.33.10/172.25.33.11/; s/10.0.1.11/10.0.1.12/'
	healthy
	check "silent: no row has a packet" equal "$(findings | grep silent)" "problem role-silent since-load"
}

# --- the policy, the NICs ---------------------------------------------------------------------------

section_guard() {
	local i
	start 's/^mode:.*/mode: rehearse/'
	healthy
	xe reload --enforce --confirm-within 1h >/dev/null 2>&1
	check "guard: unconfirmed" equal "$(findings)" "warning enforce-unconfirmed now"
	xe confirm >/dev/null
	check "guard: confirmed" equal "$(findings)" ""
	xe reload --enforce --confirm-within 1s >/dev/null 2>&1
	sleep 1.2
	check "guard: too late" equal "$(findings)" "problem enforce-unconfirmed now"
	xe reload >/dev/null
	sent wan0 "800,udp,$PARTNER,53,$ACCESS,9999,80" >/dev/null
	check "guard: unsolicited, soon after a load" equal "$(findings) $(notes | grep -o unsolicited)" " unsolicited"
	start 's/^mode:.*/mode: enforce/'
	ip link set wan0 xdp off
	check "guard: enforce that does not hold" equal "$(findings)" "problem not-enforced wan0 now"
	start 's/^mode:.*/mode: rehearse/' '$ a\state: {flows: 64}'
	for ((i = 1; i <= 250; i += 25)); do
		sent wan0 $(seq -f "2,udp,198.51.100.%.0f,5000,$AV,3478,60" "$i" $((i + 24))) >/dev/null
	done
	check "guard: a table that overflows" equal "$(findings | grep flows)" "warning flows-full flows since-load"
	start
	healthy
	sent wan0 "800,udp,$CLIENT,4000,$ACCESS,7777,60" >/dev/null
	check "guard: much unmatched" equal "$(findings)" "warning unmatched since-load"
}

section_nics() {
	local i
	start 's/^  wan0:.*/  wan0.10: internet/'
	check "nics: before a frame, tags that may be hidden are not called clean" equal \
		"$(xe -j doctor --interval 0 | jq -c '[.clean, .too_little | index("vlan-hidden") != null]')" "[false,true]"
	sent wan0 "1,udp,$CLIENT,4001,$AV,3478,120" >/dev/null
	check "nics: the first that is hidden is told" equal "$(findings | grep wan0)" "warning vlan-hidden wan0 now"
	healthy
	check "nics: tags that the NIC hides" equal "$(findings | grep wan0)" "problem vlan-hidden wan0 now"
	ethtool -K wan0 rxvlan off
	check "nics: else frames of no VLAN" equal "$(findings | grep wan0)" "warning vlan-unjudged wan0 since-load"
	ethtool -K wan0 rxvlan on
	start
	healthy
	ip link set lan0 down
	check "nics: down" equal "$(findings)" "warning nic-down lan0 now"
	ip link set lan0 up
	for i in {1..50}; do
		ip link show lan0 | grep -q "LOWER_UP.*state UP" && break
		sleep 0.1
	done
	ip link set dmi0 xdp off
	check "nics: without its program" equal "$(findings)" "problem nic-missing dmi0 now"
	xe unload >/dev/null
	site
	xe load --mode generic >/dev/null
	healthy
	check "nics: generic mode is a note" equal "$(findings) $(notes | grep -o generic-mode)" " generic-mode"
	start
	healthy inside
	check "nics: some see nothing" equal "$(findings | grep nic- | cut -d' ' -f1-3 | xargs)" "warning nic-silent dmi0 warning nic-silent lan0"
}

# --- files, rights, signals ----------------------------------------------------------------------------

section_file() {
	local id
	start
	healthy stun
	xe doctor --collect --interval 0.2 >"$WORK/collected"
	check "file: collected, then judged" equal "$(findings --file "$WORK/collected")" "problem udp-3478-blocked av-edge since-load"
	check "file: all of it is possible" equal "$(xe -j doctor --file "$WORK/collected" | jq -c '[.readings, .not_possible]')" "[2,[]]"
	check "file: standard input" equal "$(xe -j stats | findings --file -)" "problem udp-3478-blocked av-edge since-load"
	(sleep 0.7; https) &
	xe -j stats --interval 1 --count 3 >"$WORK/lines"
	wait $!
	check "file: several readings, the first and the last" equal "$(findings --file "$WORK/lines")" "problem udp-3478-blocked av-edge now"
	xe -p stats --interval 0.2 --count 2 >"$WORK/pretty"
	check "file: written over many lines" equal "$(xe -j doctor --file "$WORK/pretty" | jq .readings)" 2
	xe -j stats | jq -c 'del(.site, .loaded_at, .read_at, .monotonic_ms, .missed_on, .rows[].interfaces, .rows[].annotation,
		.rows[].forward_only, .rows[].verdict, .mode, .dropped, .would_drop, .exempt, .events, .tables, .unjudged,
		.not_enforced_on)' >"$WORK/old"
	check "file: of an older version" equal "$(findings --file "$WORK/old")" "problem udp-3478-blocked av-edge since-load"
	for id in nic-side nic-spoofed hairpin-spoofed enforce-unconfirmed lro inside-port-asked; do
		check "file: $id is said not to be possible" equal \
			"$(xe -j doctor --file "$WORK/old" | jq -r ".not_possible[] | select(.id == \"$id\").id")" "$id"
	done
	xe -j stats --by role >"$WORK/by"
	check "file: without rows nothing of them is judged" equal "$(findings --file "$WORK/by")" ""
	check "file: which is said" equal "$(xe -j doctor --file "$WORK/by" | jq -r '.not_possible[] | select(.id == "sip-unanswered").why')" \
		"the reading has no rows (stats --by row has them)"
	xe -j stats --nonzero >"$WORK/nonzero"
	check "file: with --nonzero, silence is not judged" equal "$(xe -j doctor --file "$WORK/nonzero" |
		jq -r '.not_possible[] | select(.id == "role-silent").why')" "the reading has only rows with packets (leave out --nonzero)"
	echo '{"a": 1}' >"$WORK/other"
	check "file: another object" ends 1 "$WORK/other:1: not a reading of xdp-edge -j stats" xe doctor --file "$WORK/other"
	check "file: none" ends 1 "$WORK/none: cannot be read: No such file or directory" xe doctor --file "$WORK/none"
	check "file: a directory" ends 1 "$WORK: is a directory, not a regular file" xe doctor --file "$WORK"
	mkfifo "$WORK/fifo"
	check "file: a FIFO without a writer is not waited for" ends 1 "$WORK/fifo: is a FIFO, not a regular file" xe doctor --file "$WORK/fifo"
	check "file: without end" ends 1 "standard input: larger than 64 MiB" bash -c '"$@" </dev/zero' - "$XE" doctor --file -
	xe stats >"$WORK/table.txt"
	check "file: a table" ends 1 "$WORK/table.txt:1: '[' or '{' expected near '$(head -c 6 "$WORK/table.txt" | cut -d' ' -f1)' (readings of xdp-edge -j stats are wanted)" \
		xe doctor --file "$WORK/table.txt"
	check "file: as a name" ends 2 - xe doctor "$WORK/old"
	xe doctor "$WORK/old" 2>"$WORK/said" || true
	check "file: which is told" grep -q -- "'$WORK/old' is no policy's name: a file goes with --file" "$WORK/said"
	cp "$WORK/old" "$WORK/reading"
	env -C "$WORK" "$XE" doctor reading 2>"$WORK/said" || true
	check "file: there is one of that name, and no such policy" grep -q "'reading' is no policy's name: a file goes with --file" "$WORK/said"
	cp "$WORK/old" "$WORK/doctor"
	check "file: the policy goes first" ends 1 "" env -C "$WORK" "$XE" -c "$SITE" doctor doctor --interval 0
	check "file: with a name" ends 2 - xe doctor --file "$WORK/old" edge1
	check "file: an interval of letters" ends 2 - xe doctor --interval x
	jq -c '.interfaces[0].name = "w\u001b[31m\u202e0" | .interfaces[0].packets = 0 | .total.packets = 5000 | .rows[0].id = "\u001b]0;x\u0007"' \
		"$WORK/old" >"$WORK/hostile"
	check "file: hostile names are read" ends 0 - bash -c '"$@" || true' - "$XE" doctor --file "$WORK/hostile"
	check "file: and escaped" equal "$(LC_ALL=C tr -d '\n -~' <"$WORK/stdout" | tr -d '\302-\364\200-\277' | wc -c) $(grep -c 'w\\x1b\[31m\\u{202e}0' "$WORK/stdout" | sed 's/[1-9][0-9]*/some/')" "0 some"
}

# damaged NAME MESSAGE COMMAND...: what the command makes of a healthy reading is refused, with this message behind the file's name.
damaged() {
	local name=$1 message=$2
	shift 2
	"$@" <"$WORK/whole" >"$WORK/damaged"
	check "damaged: $name" ends 1 "$WORK/damaged:$message" xe doctor --file "$WORK/damaged"
}

section_damaged() {
	local count="is not a count: a whole number, 0 or more" wanted=" (readings of xdp-edge -j stats are wanted)"
	start
	healthy
	xe -j stats >"$WORK/whole"
	check "damaged: the whole one is judged" equal "$(findings --file "$WORK/whole")" ""
	damaged "a negative count" "1: total.packets: -5 $count" jq -c '.total.packets = -5'
	damaged "a count in words" "1: rows[2].matched.packets: $count" jq -c '.rows[2].matched.packets = "7"'
	damaged "a count with a part" "1: rows[2].new: $count" jq -c '.rows[2].new = 0.5'
	damaged "a count that no counter holds" "1: too big integer near '99999999999999999999'$wanted" \
		sed 's/"loaded_at": *[0-9]*/"loaded_at": 99999999999999999999/'
	damaged "a row that is none" "1: rows[1]: is not an object" jq -c '.rows[1] = 3'
	damaged "an interface that is none" "1: interfaces[0]: is not an object" jq -c '.interfaces[0] = "wan0"'
	damaged "an interface without a name" "1: interfaces[0].name: is not a text" jq -c '.interfaces[0].name = 1'
	damaged "a miss that is none" "1: misses.foreign: is not an object" jq -c '.misses.foreign = []'
	damaged "without misses" "1: misses: is missing" jq -c 'del(.misses)'
	damaged "without rows" "1: has neither rows nor groups" jq -c 'del(.rows)'
	damaged "in its second reading" "2: interfaces[3].packets: is missing" jq -c '., del(.interfaces[3].packets)'
	damaged "two policies" "2: other: another policy's reading, the one before is of 'doctor'" jq -c '., (.site = "other")'
	damaged "cut" "2: string or '}' expected near end of file$wanted" sed 's/,"packets".*/,/'
	damaged "nothing" " no reading in it" true
	damaged "something behind it" "2: '[' or '{' expected near 'x'$wanted" sed '$ a\x'
	damaged "a NUL" "2:1: \\x00: NUL byte; this is not a text file" bash -c 'cat; printf "\0"'
	damaged "very deep" "1: maximum parsing depth reached near '['$wanted" bash -c 'printf "[%.0s" {1..9999}'
	damaged "one that becomes too large" "1: takes more memory than is set aside for readings" \
		bash -c 'printf "{\"a\": ["; yes "[]," | head -n 12000000 | tr -d "\n"; printf "[]]}"'
	damaged "a key twice" "1: duplicate object key near '\"site\"'$wanted" sed 's/^{/{"site": "x", /'
	damaged "a hostile key" '1: misses.\x1b[2J: is not an object' jq -c '.misses["\u001b[2J"] = 1'
	damaged "a time that is none" "1: loaded_at: 9223372036854775807 is not a time: whole seconds since 1970, before the year 10000" \
		sed 's/"loaded_at": *[0-9]*/"loaded_at": 9223372036854775807/'
}

section_rights() {
	local code=0
	start
	xe unload >/dev/null
	readers_group
	chmod 644 "$SITE"
	xe load >/dev/null 2>&1
	healthy
	check "rights: a member of the group, without any capability" ends 0 "" \
		setpriv --reuid 65534 --regid "$READERS" --clear-groups "$XE" -c "$SITE" doctor --interval 0
	check "rights: who is none may not" ends 1 - setpriv --reuid 65534 --regid 65534 --clear-groups "$XE" -c "$SITE" doctor --interval 0
	umount /etc/group
	"$XE" -c "$SITE" -j doctor --interval 600 >"$WORK/interrupted" &
	local doctor=$!
	sleep 1
	kill -INT "$doctor"
	wait "$doctor" || code=$?
	check "rights: Ctrl-C judges what there is" equal "$code $(jq -c '[.readings, .seconds < 60]' "$WORK/interrupted")" "0 [2,true]"
	xe unload >/dev/null
	check "rights: nothing is loaded" ends 1 - xe doctor --interval 0
}

(($#)) || set -- idle healthy udp answers view media inside sides hairpin silent guard nics file damaged rights
for section; do
	"section_$section"
done
finish
