#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Modes from the operator's side: which maps a policy has and who may read them; what status and stats say in each mode; the
# baseline; reloads from mode to mode under traffic, by which no frame is lost to the counters and none to the verdicts; what a
# reload keeps (flows, drops) and what it refuses (other sizes, other roles, more memory than there is).
#
#	ops_modes.sh [SECTION...]    pins texts few_flows gaps changes keeps refuses
set -euo pipefail
# shellcheck source=tests/datapath/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
world "$0" "$@"

CHANGES=21
FRAMES_WANTED=100000
SITE=$WORK/site.yaml

ALLOWED=udp,192.0.2.1,5000,203.0.113.10,7000,60
# From an address nobody has, to a port no row has.
FORBIDDEN=udp,192.0.2.1,5000,203.0.113.10,7777,64
# As if answering: row 2 of the table lets the access edge ask port 80 of anybody.
REPLY=tcp,192.0.2.1,80,203.0.113.10,9999,80
OUT=udp,203.0.113.10,7000,192.0.2.1,5000,60
LIMITED=udp,192.0.2.1,5000,203.0.113.10,7002,60

fresh() {
	xe unload >/dev/null 2>&1 || true
	[[ -e /sys/class/net/wan0 ]] || nic wan0
	[[ -e /sys/class/net/lan0 ]] || nic lan0
}

# drops KEY: "REASON PACKETS …" of dropped or would_drop, summed over roles and interfaces.
drops() {
	stats "[.$1 | group_by(.reason)[] | \"\(.[0].reason) \(map(.packets) | add)\"] | join(\" \")"
}

# --- pins ---------------------------------------------------------------------------------------------

modes_of_pins() {
	(cd "$BPFFS/xdp-edge/ops" && find . -maxdepth 1 -type f -printf '%m %G %P\n' | sed "s/ $READERS / readers /; s/ 0 / root /" | sort -k3)
}

section_pins() {
	local member
	fresh
	readers_group
	mode_site enforce 'payload: yes' 'verdicts: [{row: lync2013-edge-nat/external/5, limit: 5/s per source}]'
	check "pins: load with everything" ends 0 "" xe load
	check "pins: which there are, and who reads them" equal "$(modes_of_pins)" "640 readers baseline
640 readers buckets
640 readers conformity
640 readers control
640 readers counters
640 readers flows
640 readers fragments
640 readers interfaces
640 readers notes
600 root policy
640 readers roles
600 root secret
640 readers suspects
640 readers totals
640 readers verdicts"
	sent wan0 "10,$FORBIDDEN" >/dev/null
	member=(setpriv --reuid 65534 --regid "$READERS" --clear-groups)
	check "pins: a member of the group reads what was dropped" equal \
		"$("${member[@]}" "$XE" -j -c "$SITE" stats | jq -c '[.mode, .dropped[0].packets, (.tables | keys)]')" '["enforce",10,["buckets","flows","fragments"]]'
	check "pins: and the status" equal "$("${member[@]}" "$XE" -j status | jq -c '.policies[0] | [.enforcing, .dropped[0].packets]')" \
		"[true,10]"
	ip link set wan0 xdp off
	check "pins: and that the program has been taken off" equal "$("${member[@]}" "$XE" -j -c "$SITE" stats | jq -c '[.enforcing, .not_enforced_on]')" \
		'[false,[{"name":"wan0","state":"missing"}]]'
	check "pins: in the status, too" equal "$("${member[@]}" "$XE" -j status | jq -c '.policies[0] | [.enforcing, .interfaces[0].state]')" \
		'[false,"missing"]'
	check "pins: it may not set the baseline" ends 1 "xdp-edge: cannot open $BPFFS/xdp-edge-lock: Permission denied: run as root" \
		"${member[@]}" "$XE" -c "$SITE" baseline
	mode_site monitor 'suggest: no'
	check "pins: nothing but counting" ends 0 "" xe reload
	check "pins: then what remembers packets is gone, what was counted stays" equal "$(modes_of_pins | cut -d' ' -f3 | paste -sd' ')" \
		"baseline conformity control counters interfaces notes policy roles suspects totals verdicts"
	xe unload >/dev/null
	check "pins: from the beginning" ends 0 "" xe load
	check "pins: then there are no others" equal "$(modes_of_pins | cut -d' ' -f3 | paste -sd' ')" \
		"control counters interfaces policy totals"
	check "pins: no baseline without drops" ends 1 "xdp-edge: ops: it counts no drops: mode monitor with suggest: no" xe baseline
	xe unload >/dev/null
	umount /etc/group
}

# --- what is said -------------------------------------------------------------------------------------------

# tells LINE...: status has these lines, whatever else.
tells() {
	local line said
	said=$(xe status)
	for line; do
		grep -qxF -- "$line" <<<"$said" || { echo "not said: $line"; echo "$said"; return 1; }
	done
}

tells_not() {
	local said
	said=$(xe status)
	! grep -F -- "$1" <<<"$said"
}

# tells_like PATTERN: a basic regular expression for a whole line.
tells_like() {
	xe status >"$WORK/said"
	grep -qx -- "$1" "$WORK/said" || { cat "$WORK/said"; return 1; }
}

section_texts() {
	local i flows=()
	fresh
	mode_site monitor
	check "texts: load" ends 0 "" xe load
	check "texts: monitor" tells "  mode: monitor: everything passes"
	check "texts: nothing yet" tells_like "  since .* (xdp-edge baseline begins anew): nothing was dropped, nor would have been"
	check "texts: no tables" tells_not "flows:"
	sent wan0 "10,$FORBIDDEN" "5,$REPLY" "3,0x0806,60" >/dev/null
	check "texts: what enforce would have dropped" tells "  would drop unmatched       10 packets: 10 access-edge"
	check "texts: what needs a memory is not told in monitor" equal "$(drops would_drop)" "unmatched 10"
	check "texts: what passes by its name" equal "$(stats '[.exempt[] | "\(.name) \(.interface) \(.packets) \(.bytes)"] | join(", ")')" \
		"arp wan0 3 180"

	mode_site rehearse 'state: {flows: 1000}'
	check "texts: reload" ends 0 "" xe reload
	check "texts: rehearse" tells "  mode: rehearse: everything passes, what enforce would drop is counted" \
		"  flows: 0 of 1024; 0 begun, 0 evicted, 0 not remembered for lack of room" "  fragmented packets: 0 of 4096; 0 evicted"
	sent wan0 "10,$FORBIDDEN" "5,$REPLY" >/dev/null
	check "texts: rehearse tells more" tells "  would drop unmatched       20 packets: 20 access-edge" \
		"  would drop unsolicited     5 packets: 5 access-edge"
	for ((i = 1; i <= 30; i++)); do
		flows+=("2,udp,192.0.2.$i,5000,203.0.113.10,7000,60")
	done
	sent wan0 "${flows[@]}" >/dev/null
	check "texts: flows are counted" tells "  flows: 30 of 1024; 30 begun, 0 evicted, 0 not remembered for lack of room"
	check "texts: in JSON too" equal "$(stats '.tables.flows | "\(.live) \(.capacity) \(.about)"')" "30 1024 false"

	check "texts: the baseline" ends 0 "" xe baseline
	check "texts: from then on" tells_like "  since .* (xdp-edge baseline begins anew): nothing was dropped, nor would have been"
	check "texts: in JSON, too" equal "$(drops would_drop)" ""
	check "texts: counters know no baseline" equal "$(stats '"\(.misses.unmatched.packets) \(.misses.unsolicited.packets)"')" "20 5"

	mode_site enforce 'state: {flows: 1000}'
	check "texts: reload to enforce" ends 0 "" xe reload
	check "texts: enforce" tells "  mode: enforce: what no row allows is dropped" \
		"  flows: 30 of 1024; 30 begun, 0 evicted, 0 not remembered for lack of room"
	sent wan0 "7,$FORBIDDEN" >/dev/null
	check "texts: what was dropped" tells "  dropped    unmatched       7 packets: 7 access-edge"
	check "texts: stats by role" grep -qx "unmatched  access-edge        7    448           0      0" <(xe stats --by role)
	check "texts: stats by interface" grep -qx "unmatched  wan0             7    448           0      0" <(xe stats --by interface)
	check "texts: CSV" grep -qx "dropped,unmatched,,,,,,,,0,0,0,0,0,0,0,0,0,0,0,7,448" <(xe stats --csv)

	mode_site rehearse 'state: {flows: 1000}'
	check "texts: enforce for a while" ends 0 "" xe reload --enforce --confirm-within 2s
	check "texts: unconfirmed, or over by now" tells_like \
		"  mode: enforce, \(unconfirmed: [0-9]* s left, then it rehearses (xdp-edge confirm)\|not confirmed in time: rehearsing since .*, everything passes\)"
	sleep 2.2
	check "texts: it is over" tells_like "  mode: enforce, not confirmed in time: rehearsing since 20.*, everything passes"
	check "texts: and says so in JSON" equal "$(stats '"\(.mode) \(.enforcing) \(.unconfirmed) \(.confirm_in)"')" "enforce false true 0"
	check "texts: it is not said to drop" tells_not "is dropped"
	sent wan0 "4,$FORBIDDEN" >/dev/null
	check "texts: then nothing more is dropped" equal "$(drops dropped), $(drops would_drop)" "unmatched 7, unmatched 4"
	xe unload >/dev/null
}

# --- where nothing is enforced ------------------------------------------------------------------------------------

# open_on WANTED: what JSON says of it, by both commands: whether it enforces, and where not.
open_on() {
	local filter='[.enforcing, [.not_enforced_on[] | "\(.name) \(.state)"]]'
	equal "$(xe -j stats | jq -c "$filter") $(xe -j status | jq -c ".policies[0] | $filter")" "$1 $1"
}

# In a large table, a few flows: by one reading, and by every one of many.
section_few_flows() {
	fresh
	mode_site rehearse
	check "few flows: load" ends 0 "" xe load
	sent wan0 1,udp,192.0.2.{1..3},5000,203.0.113.10,7000,60 >/dev/null
	check "few flows: one reading counts them all" equal "$(stats '.tables.flows | "\(.live) \(.capacity) \(.about)"')" "3 262144 false"
	check "few flows: of many readings none says 0" equal "$(xe -j stats --interval 0.1 --count 20 | jq -r .tables.flows.live | uniq -c | tr -s ' ')" " 20 3"
	check "few flows: later ones say that it is not of one moment" equal \
		"$(xe -j stats --interval 0.1 --count 3 | jq -r .tables.flows.about | paste -sd' ')" "false true true"
	xe unload >/dev/null
}

section_gaps() {
	local stripped="xdp-edge: wan0: warning: the NIC strips VLAN tags before the program sees them: ethtool -K wan0 rxvlan off"
	fresh
	mode_site enforce
	check "gaps: load" ends 0 "" xe load
	check "gaps: none" open_on '[true,[]]'
	check "gaps: nothing is said of any" tells_not "everything passes"
	ip link set wan0 xdp off
	check "gaps: a program that is gone" tells "  mode: enforce, but not on wan0 (missing): everything passes there"
	check "gaps: by exit code" ends 1 "" xe status
	check "gaps: by stats" grep -qx "enforce, but not on wan0 (missing): everything passes there; drops are counted since .*" <(xe stats)
	check "gaps: in JSON" open_on '[false,["wan0 missing"]]'
	sent wan0 "3,$FORBIDDEN" >/dev/null
	check "gaps: and so it is" equal "$(drops dropped)" ""
	ip link del lan0
	check "gaps: an interface that is gone, too" tells \
		"  mode: enforce, but not on wan0 (missing), lan0 (gone): everything passes there"
	check "gaps: both in JSON" open_on '[false,["wan0 missing","lan0 gone"]]'
	nic lan0
	check "gaps: a reload attaches again" ends 0 "" xe reload
	check "gaps: then there is none" open_on '[true,[]]'
	check "gaps: with a deadline" ends 0 "" xe reload --confirm-within 1h
	ip link set wan0 xdp off
	check "gaps: it is said beside the deadline" tells_like \
		"  mode: enforce, unconfirmed: [0-9]* s left, then it rehearses (xdp-edge confirm); but not on wan0 (missing): everything passes there"
	mode_site rehearse
	check "gaps: rehearse" ends 0 "" xe reload
	check "gaps: it enforces nowhere" open_on '[false,[]]'

	mode_site enforce
	sed -i '/^  lan0:/d' "$SITE"
	check "gaps: without lan0" ends 0 "" xe reload
	check "gaps: the reload says so" grep -qxF "lan0: detached: nothing is filtered there any more" "$WORK/stdout"
	check "gaps: it is no gap of the site" open_on '[true,[]]'
	mode_site monitor
	check "gaps: with it again" ends 0 "" xe reload
	check "gaps: nothing is said" equal "$(grep -c detached "$WORK/stdout")" 0
	sed -i '/^  lan0:/d' "$SITE"
	check "gaps: without it in monitor" ends 0 "" xe reload
	check "gaps: there it was only counted" grep -qxF "lan0: detached: nothing is counted there any more" "$WORK/stdout"

	mode_site enforce
	sed -i 's/^  lan0: lan/  lan0: mirror/' "$SITE"
	xe unload >/dev/null
	check "gaps: a mirror" ends 0 "" xe load
	check "gaps: nothing is amiss" tells "  mode: enforce: what no row allows is dropped"
	check "gaps: in JSON it is named" open_on '[true,["lan0 mirror"]]'
	sed -i 's/^  wan0: internet/  wan0: mirror/' "$SITE"
	check "gaps: mirrors only" ends 0 "" xe reload
	check "gaps: that is nothing" tells "  mode: enforce, but every NIC is a mirror: nothing is filtered"
	check "gaps: in JSON, too" open_on '[false,["wan0 mirror","lan0 mirror"]]'
	xe unload >/dev/null

	mode_site enforce
	sed -i 's/^  wan0: internet/  wan0.10: internet/' "$SITE"
	check "gaps: a VLAN" ends 0 "$stripped" xe load
	check "gaps: nothing unjudged yet" tells_not "unjudged"
	sent wan0 "12,$FORBIDDEN" >/dev/null
	check "gaps: what has no policy is said" tells \
		"  passed unjudged: 12 packets by wan0 of no VLAN that the site names (no-policy)"
	check "gaps: in JSON" equal "$(stats '.unjudged | tojson') $(xe -j status | jq -c '.policies[0].unjudged')" \
		'[{"interface":"wan0","packets":12,"bytes":768}] [{"interface":"wan0","packets":12,"bytes":768}]'
	sed -i 's/^mode:.*/mode: rehearse/' "$SITE"
	check "gaps: the VLAN, rehearsed" ends 0 "$stripped" xe reload
	check "gaps: it stays, by a reload and in rehearse" tells \
		"  passed unjudged: 12 packets by wan0 of no VLAN that the site names (no-policy)"
	sed -i 's/^mode:.*/mode: monitor/' "$SITE"
	check "gaps: the VLAN, monitored" ends 0 "$stripped" xe reload
	check "gaps: in monitor nothing is judged" tells_not "unjudged"
	xe unload >/dev/null
}

# --- from mode to mode under traffic ---------------------------------------------------------------------------

# What the policy is to be, one after the other: features come and go.
next_site() {
	case $(($1 % 7)) in
	0) mode_site rehearse ;;
	1) mode_site enforce ;;
	2) mode_site monitor 'suggest: no' ;;
	3) mode_site enforce 'state: off' 'payload: yes' ;;
	4) mode_site monitor 'payload: yes' ;;
	5) mode_site enforce 'payload: yes' 'verdicts: [{row: lync2013-edge-nat/external/5, limit: 5/s per source}]' ;;
	6) mode_site monitor ;;
	esac
}

# The same, always counting what would be dropped.
next_watching_site() {
	case $(($1 % 5)) in
	0) mode_site rehearse ;;
	1) mode_site enforce 'state: off' ;;
	2) mode_site monitor 'payload: yes' ;;
	3) mode_site enforce 'payload: yes' ;;
	4) mode_site monitor ;;
	esac
}

# dispatched: whether the kernel takes libxdp's dispatcher, whose programs cannot be replaced at one stroke.
dispatched() {
	[[ $(xe -j status | jq '.policies[0].interfaces[0].dispatcher') == true ]]
}

# As many as were sent; in a dispatcher one a CPU and change may be counted by both programs or by neither.
as_many() {
	local got=$1 wanted=$2 room=0
	! dispatched || room=$(($(nproc) * CHANGES))
	echo "counted $got, sent $wanted, difference $((got - wanted)), at most $room"
	((got - wanted <= room && wanted - got <= room))
}

never_down() {
	jq -es 'map({total: .total.packets, unmatched: .misses.unmatched.packets}) | [range(1; length) as $i |
		select(.[$i].total < .[$i - 1].total or .[$i].unmatched < .[$i - 1].unmatched)] == []' "$1"
}

# changes NAME NEXT: CHANGES reloads under traffic, the sites by NEXT.
changes() {
	local name=$1 next=$2 i senders=() watcher failures=0
	xe unload >/dev/null 2>&1 || true
	for i in wan0 lan0; do
		ip link del "$i" 2>/dev/null || true
		nic "$i"
	done
	"$next" $((CHANGES % 5 + 1))
	check "$name: load" ends 0 "" xe load
	"$XE" -j -c "$SITE" stats --interval 0.1 >"$WORK/watch.json" &
	watcher=$!
	start_flows wan0 0 "$ALLOWED" "$FORBIDDEN" "$REPLY" "$LIMITED"
	start_flows lan0 $(($(nproc) - 1)) "$OUT" "$FORBIDDEN"
	for ((i = 0; i < CHANGES; i++)); do
		"$next" "$i"
		xe reload >>"$WORK/reloads" 2>&1 || { failures=$((failures + 1)); tail -n 1 "$WORK/reloads"; }
		sleep 0.1
	done
	kill -TERM "${senders[@]}"
	wait "${senders[@]}"
	sleep 0.3
	kill -TERM "$watcher"
	wait "$watcher" || true
	xe -j stats >"$WORK/stats.json"
	sent_wan=$(sent_of wan0 total 1) sent_lan=$(sent_of lan0 total 1)
	echo "     $((sent_wan + sent_lan)) frames sent while the policy changed $CHANGES times"
	check "$name: no reload failed" equal "$failures" 0
	check "$name: there was traffic" test "$sent_wan" -ge "$FRAMES_WANTED" -a "$sent_lan" -ge "$FRAMES_WANTED"
	check "$name: wan0 lost no frame before the program" nic_lost_nothing wan0
	check "$name: lan0 lost no frame before the program" nic_lost_nothing lan0
	check "$name: counted = sent, wan0" as_many "$(jq '.interfaces[] | select(.name == "wan0") | .packets' "$WORK/stats.json")" "$sent_wan"
	check "$name: counted = sent, lan0" as_many "$(jq '.interfaces[] | select(.name == "lan0") | .packets' "$WORK/stats.json")" "$sent_lan"
	check "$name: nothing goes down meanwhile" never_down "$WORK/watch.json"
}

section_changes() {
	changes "changes" next_site
	check "changes: both kinds of verdict were given" jq -e '([.dropped[].packets] | add) > 1000 and ([.would_drop[].packets] | add) > 1000' \
		"$WORK/stats.json"
	changes "watched changes" next_watching_site
	# what no row allows is dropped or would be, whatever the mode of the moment
	check "watched changes: verdicts of unmatched = its count" as_many \
		"$(jq '[.dropped[], .would_drop[] | select(.reason == "unmatched") | .packets] | add' "$WORK/stats.json")" \
		"$(jq .misses.unmatched.packets "$WORK/stats.json")"
	check "watched changes: of unsolicited too" as_many \
		"$(jq '[.dropped[], .would_drop[] | select(.reason == "unsolicited") | .packets] | add' "$WORK/stats.json")" \
		"$(jq .misses.unsolicited.packets "$WORK/stats.json")"
	check "watched changes: verify agrees" ends 0 "" xe stats --verify
	xe unload >/dev/null
	check "changes: nothing is left" equal "$(own_pins) $(dispatchers)$(xdp_on wan0)$(xdp_on lan0)" "xdp-edge "
}

# --- what a reload keeps -----------------------------------------------------------------------------------------

program_of() {
	xe -j status | jq -r ".policies[0].interfaces[] | select(.name == \"$1\") | .prog_id"
}

# With the network that the access edge is in.
edge_site() {
	mode_site "$@"
	sed -i 's/^  lan0: lan/&\n  dmz0: dmz-external/' "$SITE"
}

section_keeps() {
	local program
	fresh
	nic new0
	nic dmz0
	edge_site rehearse 'state: {flows: 1000}'
	check "keeps: load" ends 0 "" xe load
	sent dmz0 "1,syn,203.0.113.10,9999,192.0.2.1,80,74" >/dev/null
	sent wan0 "3,$REPLY" >/dev/null
	check "keeps: a reply of a flow passes" equal "$(drops would_drop)" ""
	program=$(program_of wan0)
	edge_site enforce 'state: {flows: 1000}'
	check "keeps: reload to enforce" ends 0 "" xe reload
	check "keeps: by the same program" equal "$(program_of wan0)" "$program"
	sent wan0 "3,$REPLY" >/dev/null
	check "keeps: the flow" equal "$(drops dropped)$(drops would_drop)" ""
	sent wan0 "5,$FORBIDDEN" >/dev/null
	check "keeps: drops begin" equal "$(drops dropped)" "unmatched 5"
	edge_site enforce 'state: {flows: 1000}' 'payload: yes'
	check "keeps: reload with payload classes" ends 0 "" xe reload
	check "keeps: by another program" test "$(program_of wan0)" != "$program"
	sent wan0 "3,$REPLY" >/dev/null
	check "keeps: the flow still" equal "$(drops dropped)$(drops would_drop)" "unmatched 5"

	# an interface that goes, and what was dropped there
	sent lan0 "4,$FORBIDDEN" >/dev/null
	sed -i 's/^  lan0: lan/  new0: lan/' "$SITE"
	check "keeps: another interface" ends 0 "" xe reload
	check "keeps: drops of one that has gone, by its name" equal \
		"$(stats '[.dropped[] | "\(.interface) \(.packets)"] | join(", ")')" "wan0 5, lan0 4"
	check "keeps: reload" ends 0 "" xe reload
	check "keeps: and when its slot is free" equal \
		"$(stats '[.dropped[] | "\(.interface) \(.packets)"] | join(", ")')" "wan0 5, (no longer in the site) 4"
	check "keeps: baseline" ends 0 "" xe baseline
	check "keeps: nothing since" equal "$(drops dropped)" ""
	sent new0 "2,$FORBIDDEN" >/dev/null
	check "keeps: the new one's own" equal "$(stats '[.dropped[] | "\(.interface) \(.packets)"] | join(", ")')" "new0 2"
	xe unload >/dev/null
	ip link del new0
	ip link del dmz0
}

# --- what a reload refuses ------------------------------------------------------------------------------------------

untouched() {
	equal "$(stats '"\(.generation) \(.mode)"')" "$1"
}

section_refuses() {
	local spec
	fresh
	mode_site rehearse 'state: {flows: 1000}'
	check "refuses: load" ends 0 "" xe load
	mode_site rehearse 'state: {flows: 5000}'
	check "refuses: another size" ends 1 \
		"xdp-edge: ops: the table of flows has 2048 places and cannot become one of 16384 by a reload: unload, then load" xe reload
	check "refuses: untouched" untouched "1 rehearse"
	mode_site monitor
	check "refuses: reload to monitor" ends 0 "" xe reload
	mode_site rehearse 'state: {flows: 5000}'
	check "refuses: not from a mode that has none" ends 0 "" xe reload
	check "refuses: it has the new size" equal "$(stats .tables.flows.capacity)" 8192

	spec=$WORK/spec
	cp -r "${XDP_EDGE_SPEC:-$OPS_ROOT/maps/spec}" "$spec"
	sed -i '2{h;s/^[^,]*/another-role/;p;g}' "$spec/roles.csv"
	check "refuses: other roles" ends_like 1 \
		"xdp-edge: ops: the tables' roles are not those it was loaded with (number 1: another-role, was [a-z-]*), and drops are counted by them: unload, then load" \
		env XDP_EDGE_SPEC="$spec" "$XE" -c "$SITE" reload
	check "refuses: untouched by that" untouched "3 rehearse"
	xe unload >/dev/null

	mode_site enforce 'state: {flows: 67108864, sources: 67108864, fragments: 67108864}' \
		'verdicts: [{row: lync2013-edge-nat/external/5, limit: 5/s per source}]'
	if (($(sed -n 's/^MemAvailable: *\([0-9]*\) kB/\1/p' /proc/meminfo) < 6 * 1024 * 1024)); then
		check "refuses: more memory than there is" ends_like 1 \
			"xdp-edge: ops: its state needs 6144 MB of memory, and [0-9]* MB are available: make flows, fragments or sources smaller" xe load
	fi
	check "refuses: nothing is left of it" equal "$(own_pins) $(dispatchers)$(xdp_on wan0)$(xdp_on lan0)" "xdp-edge "
}

# ends_like CODE PATTERN COMMAND...: says exactly one line that the basic regular expression matches as a whole.
ends_like() {
	local code=$1 pattern=$2 got=0 said
	shift 2
	said=$("$@" 2>&1 >/dev/null) || got=$?
	[[ $got == "$code" ]] && grep -qx "$pattern" <<<"$said" && (($(wc -l <<<"$said") == 1)) || { echo "exit $got: $said"; return 1; }
}

main() {
	local section
	(($#)) || set -- pins texts few_flows gaps changes keeps refuses
	for section; do
		"section_$section"
	done
	finish
}

main "$@"
