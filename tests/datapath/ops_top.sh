#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The full-screen view in a real terminal (tmux), its screen read back: the figures of `stats`, every key, sizes, reload, unload and
# load, hostile names, terminals that cannot, and the terminal as it was whatever ends it.
#
#	ops_top.sh [SECTION...]    figures keys detail sizes policy hostile ends group refuses
set -euo pipefail
# shellcheck source=tests/datapath/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
world "$0" "$@"

SITE=$WORK/site.yaml
export LC_ALL=C.UTF-8

# A name that turns the line round and one that takes two columns a letter.
RTL=$'wan\u202ez'
WIDE=$'\u8a9e\u8a9e'

site() {
	cat >"$SITE" <<-YAML
		name: top
		mode: rehearse
		tables: [lync2013-edge-nat]
		roles:
		  access-edge: 203.0.113.10
		  av-edge: 203.0.113.30
		  edge-internal: 172.25.33.10
		  front-end: 10.0.1.11
		interfaces:
		  wan0: internet
		  lan0: lan
		  "$RTL": dmz-external
		rows:
		  - {name: wide, service: "$WIDE <b>", l4: udp, ports: 7000-7009, source: any, destination: access-edge}
		  - {name: narrow, service: monitoring, l4: udp, ports: 7000, source: 192.0.2.0/24, destination: access-edge}
	YAML
	printf '%s\n' "$@" >>"$SITE"
}

NARROW=udp,192.0.2.1,5000,203.0.113.10,7000,60
WIDE_FLOW=udp,192.0.2.1,5000,203.0.113.10,7001,100
SIP=syn,192.0.2.1,5000,203.0.113.10,5061,74
NOBODY=udp,192.0.2.1,5000,203.0.113.10,9999,64
STRANGER=udp,192.0.2.1,5000,192.0.2.9,9999,64

# --- the terminal --------------------------------------------------------------------------------------

tm() {
	tmux -u -S "$WORK/tmux" -f /dev/null "$@"
}

# shell COLUMNS ROWS: a terminal with a shell in it, whose prompt is "READY".
shell() {
	tm kill-server 2>/dev/null || true
	while tm ls >/dev/null 2>&1; do sleep 0.05; done
	tm new-session -d -s t -x "$1" -y "$2" "${@:3}" 'PS1="READY " exec bash --norc --noprofile' \; set -g remain-on-exit on
	tm send-keys -t t 'clear' Enter
	until_shows '^READY'
}

# start COLUMNS ROWS [ARGUMENT...]: top in a new terminal, with its first figures; a reading every $beat seconds.
beat=0.2
start() {
	local columns=$1 rows=$2
	shift 2
	shell "$columns" "$rows"
	stty_before=$(stty_now)
	type_line "$XE -c $SITE top --interval $beat $*"
	until_shows 'generation'
}

type_line() {
	tm send-keys -t t -l "$1"
	tm send-keys -t t Enter
}

keys() {
	tm send-keys -t t "$@"
}

screen() {
	tm capture-pane -p -t t
}

stty_now() {
	stty -g <"$(tm display -p -t t '#{pane_tty}')"
}

shows() {
	screen | grep -q -e "$1"
}

shows_not() {
	! shows "$1"
}

# until_shows PATTERN: within twenty seconds. until_not PATTERN
until_shows() {
	wait_for 20 shows "$1" && return
	echo "never on the screen: $1"
	screen
	return 1
}

until_not() {
	wait_for 20 shows_not "$1" && return
	echo "still on the screen: $1"
	screen
	return 1
}

# cells TITLE [FIRST [COUNT]]: "NAME VALUE" of the lines of a list under its titles, which stand in line FIRST (the first ones),
# COUNT of them (all); empty values are left out.
cells() {
	screen | LC_ALL=C awk -v title="$1" -v first="${2:-0}" -v count="${3:-1000}" '
		!first && /PKT.S/ { first = NR }
		NR == first {
			names = index($0, "PKT/S") - 4
			if (match($0 " ", "[ v^]" title " ")) end = RSTART + length(title)
		}
		first && NR > first && NR <= first + count && !/[?] help/ && end {
			value = substr(substr($0, 1, end), end - 8); name = substr($0, 1, names)
			sub(/ +$/, "", name); sub(/.* /, "", value)
			if (name != "" && value != "") print name, value }'
}

# some TITLE …: those that are not 0.
some() {
	cells "$@" | awk '$NF > 0'
}

# steady: readings enough for all rates to be those of now.
steady() {
	sleep 1
}

# head_has TEXT: in the lines above the list, however they are broken and without the clock. head_says TEXT: within twenty seconds.
head_has() {
	screen | sed '/PKT.S/,$d; s/ *[0-9:]\{8\}$//' | tr -s ' \n' ' ' | grep -q -F -e "$1"
}

head_says() {
	wait_for 20 head_has "$1" && return
	echo "never above the list: $1"
	screen
	return 1
}

first_line() {
	screen | sed -n 5p | sed 's/ .*//'
}

# --- figures -------------------------------------------------------------------------------------------

traffic() {
	sent wan0 7,$NARROW 5,$WIDE_FLOW 11,$SIP 13,$NOBODY 17,$STRANGER >/dev/null
	sent lan0 3,tcp,10.0.1.11,5061,172.25.33.10,40000,80 >/dev/null
}

# same LIST TITLE: what the list shows is what `stats` says; EXPRESSION of jq: "NAME COUNT" for each.
same() {
	equal "$(some "$1" | sort)" "$(xe -j stats "${@:3}" | jq -r "$2" | sort)"
}

shown_totals() {
	screen | sed -n 2p
}

section_figures() {
	site
	xe load >/dev/null
	traffic
	sent "$RTL" 9,tcp,203.0.113.10,5061,192.0.2.1,5000,80 >/dev/null
	start 80 24 --ascii --nonzero
	until_shows 'PACKETS'
	check 'figures: a list by row at 80x24' until_shows '^site/rows/narrow'
	check 'figures: rows and misses are those of stats' same PACKETS \
		'(.rows[] | select(.decided.packets > 0) | "\(.id) \(.decided.packets)"), (.misses | to_entries[] | select(.value.packets > 0) | "\(.key) \(.value.packets)")'
	keys 2
	until_shows ' roles,'
	check 'figures: roles' same PACKETS \
		'(.groups[] | select(.decided.packets > 0) | "\(.name) \(.decided.packets)"), (.misses | to_entries[] | select(.value.packets > 0) | "\(.key) \(.value.packets)")' --by role
	keys 3
	until_shows ' services,'
	# names with other letters stand escaped and cut here
	check 'figures: services, added up' equal "$(cells PACKETS | awk '{ n += $NF } END { print n }')" "$(stats .total.packets)"
	keys 4
	until_shows ' documents,'
	check 'figures: documents' same PACKETS \
		'(.groups[] | select(.decided.packets > 0) | "\(.name) \(.decided.packets)"), (.misses | to_entries[] | select(.value.packets > 0) | "\(.key) \(.value.packets)")' --by document
	keys 5
	until_shows ' interfaces,'
	check 'figures: interfaces' same PACKETS '.interfaces[] | select(.packets > 0) | "\(.name | gsub("\u202e"; "\\u{202e}")) \(.packets)"'
	keys 6
	until_shows ' misses,'
	check 'figures: misses' same PACKETS '.misses | to_entries[] | select(.value.packets > 0) | "\(.key) \(.value.packets)"'
	keys 7
	until_shows ' drops,'
	check 'figures: drops, by reason' same WOULD \
		'[.would_drop[]] | group_by(.reason)[] | "\(.[0].reason) \(map(.packets) | add)"'
	check 'figures: nothing is dropped in rehearse' equal "$(some DROPPED)" ''
	keys q
	until_shows '^READY'

	start 200 50 --ascii --nonzero
	until_shows 'MATCHED'
	check 'figures: bytes' same BYTES '(.rows[] | select(.decided.packets > 0) | "\(.id) \(.decided.bytes)"), (.misses | to_entries[] | select(.value.packets > 0) | "\(.key) \(.value.bytes)")'
	check 'figures: matched' same MATCHED '.rows[] | select(.matched.packets > 0) | "\(.id) \(.matched.packets)"'
	check 'figures: new flows' same NEW '.rows[] | select(.new > 0) | "\(.id) \(.new)"'
	check 'figures: replies' same REPLY '.rows[] | select(.reply.packets > 0) | "\(.id) \(.reply.packets)"'
	keys q
	until_shows '^READY'
	figures_live
	xe unload >/dev/null
}

# Rates, while packets come: what `send` was told to send a second, roughly, since the machine is not ours alone.
figures_live() {
	local rate beat=1
	start 80 24
	senders=()
	nsenter --net=/run/netns/far "$SEND" -r 400 wan0-far 0,$SIP 0,$NOBODY >/dev/null &
	senders+=($!)
	check 'figures: a sparkline grows' until_shows '[▂▃▄▅▆▇█]$'
	sleep 3
	rate=$(cells PKT/S | sed -n 's|^lync2013-edge-nat/external/6 ||p')
	check "figures: about 200 packets a second of a row ($rate)" awk -v r="$rate" 'BEGIN { exit !(r > 50 && r < 800) }'
	rate=$(shown_totals | sed 's/ pkt.*//')
	check "figures: about 400 in all ($rate)" awk -v r="$rate" 'BEGIN { exit !(r > 100 && r < 1000) }'
	check 'figures: bits are of bytes' awk -v p="$(cells PKT/S | sed -n 's|^unmatched ||p')" -v b="$(cells BIT/S | sed -n 's|^unmatched ||p')" \
		'BEGIN { if (b ~ /k$/) b *= 1000; exit !(b / p > 0.99 * 8 * 64 && b / p < 1.01 * 8 * 64) }'
	check 'figures: so are misses and what would drop' grep -q 'miss [0-9][0-9.]*/s  would drop [0-9][0-9.]*/s' <(shown_totals)
	kill -TERM "${senders[@]}"
	wait "${senders[@]}" || true
	check 'figures: and nothing when it ends' until_shows '^ 0.0 pkt/s'
	keys q
	until_shows '^READY'
}

# --- keys ----------------------------------------------------------------------------------------------

chosen_follows() {
	keys Home Down
	local name
	steady
	keys Enter
	until_shows 'INTERFACE'
	name=$(screen | sed -n 's/^ row //p')
	keys Escape
	until_shows ' rows,'
	keys '<' # by name
	steady
	keys Enter
	until_shows "^ row $name"
	keys Escape
	until_shows ' rows,'
}

section_keys() {
	site
	xe load >/dev/null
	traffic
	start 80 24
	check 'keys: on the screen, all that one needs' until_shows \
		'? help  q quit  Enter in  / filter  <> sort  b base  n zero  p pause  1-7 list$'
	keys '?'
	check 'keys: the help' until_shows 'Tab, Shift+Tab'
	check 'keys: the help fits 80x24' until_shows '": none in this interval'
	keys '?'
	check 'keys: and away' until_not 'Shift+Tab'
	resize 40 10
	keys '?'
	until_shows '^ help: '
	check 'keys: a narrow screen has all of the help' until_shows 'documents'
	keys End
	check 'keys: to its end' until_shows 'this interval'
	keys '?'
	resize 80 24
	until_not '^ help: '
	check 'keys: all lines' until_shows ', \([0-9]*\) of \1$'
	keys n
	check 'keys: nonzero' until_shows ' rows, 6 of [0-9]*, nonzero'
	check 'keys: the heaviest first when nothing comes' equal "$(first_line)" foreign
	keys r
	steady
	check 'keys: reversed' equal "$(first_line)" foreign # rates are all 0: still by packets
	keys '>' '>' '>' '>' '>' '>' '>' '>' # …, role, replies, new
	check 'keys: sorted by a column that had no room' until_shows 'vNEW'
	steady
	check 'keys: the most new flows first, its id cut where it says least' equal "$(first_line)" …dge-nat/external/6
	keys '<' '<' '<' '<'
	check 'keys: back to packets' until_shows 'vPACKETS'
	keys r
	check 'keys: the fewest first' until_shows '\^PACKETS'
	steady
	check 'keys: that is' equal "$(first_line)" unsolicited
	keys 1
	steady
	keys '<' '<' '<' '<' '<' '<' '<' '<' '<' '<' '<' '<' '<' '<'
	check 'keys: sorting goes round' until_shows 'vPKT/S'
	keys /
	check 'keys: a filter is asked for' until_shows '^filter:'
	keys -l 'MONITOR'
	check 'keys: in any case, of the service too' until_shows ' rows, 1 of .*filter: MONITOR'
	check 'keys: that one' equal "$(first_line)" site/rows/narrow
	keys BSpace BSpace BSpace BSpace BSpace BSpace BSpace
	keys -l 'q7'
	check 'keys: keys are text there' until_shows 'filter: q7'
	check 'keys: nothing has it' until_shows 'Esc shows all'
	keys Escape
	check 'keys: no filter' until_not 'filter:'
	keys / w i d e Enter
	check 'keys: kept' until_shows ' rows, 1 of .*filter: wide'
	keys Tab
	check 'keys: in the next list too' until_shows ' roles, 0 of .*filter: wide'
	keys BTab Escape
	check 'keys: the list before; all' until_shows ' rows, 6 of [0-9]*, nonzero$'
	check 'keys: the chosen line is followed' chosen_follows
	keys 1
	steady
	keys p
	check 'keys: paused' until_shows 'paused'
	sent wan0 100,$SIP >/dev/null
	steady
	check 'keys: figures stand still' equal "$(cells PACKETS | sed -n 's|^lync2013-edge-nat/external/6 ||p')" 11
	keys 2
	check 'keys: one looks round in them' until_shows ' paused: roles,'
	keys 1 Space
	check 'keys: and go on' until_not paused
	steady
	check 'keys: with what came' equal "$(cells PACKETS | sed -n 's|^lync2013-edge-nat/external/6 ||p')" 111
	keys b
	check 'keys: a baseline' until_shows 'since [0-9][0-9]:'
	check 'keys: nothing since' until_shows ' rows, 0 of '
	sent wan0 2,$SIP >/dev/null
	steady
	check 'keys: figures since then' equal "$(cells PACKETS)" 'lync2013-edge-nat/external/6 2'
	check 'keys: of the view only' equal "$(stats '[.rows[].decided.packets] | add')" $((7 + 5 + 111 + 2))
	keys B
	check 'keys: since the load again' until_not since
	steady
	check 'keys: as before' equal "$(cells PACKETS | sed -n 's|^lync2013-edge-nat/external/6 ||p')" 113
	keys p
	until_shows paused
	sent wan0 50,$SIP >/dev/null
	keys b
	check 'keys: a baseline in a pause: nothing of what is shown is since then' until_shows ' paused: rows, 0 of .*since '
	keys p
	until_not paused
	steady
	check 'keys: nor what came before it' equal "$(cells PACKETS)" ''
	sent wan0 3,$SIP >/dev/null
	steady
	check 'keys: but what comes after' equal "$(cells PACKETS)" 'lync2013-edge-nat/external/6 3'
	keys B
	until_not since
	keys n End
	steady
	check 'keys: to the end of a longer list' until_shows '^lync2013-edge-nat/'
	keys Enter
	check 'keys: into the last' until_shows 'INTERFACE'
	keys q
	check 'keys: quit' until_shows '^READY'
	xe unload >/dev/null
}

# --- details -------------------------------------------------------------------------------------------

goto_row() { # FILTER
	keys Escape Escape Escape
	steady
	keys 1 /
	keys -l "$1"
	keys Enter
	until_shows "filter: $1"
	keys Enter
	until_shows 'INTERFACE'
	steady
}

partner() {
	screen | grep -a "^$1 " | tr -s ' '
}

section_detail() {
	local below
	site
	xe load >/dev/null
	traffic
	start 80 40 --ascii
	goto_row rows/wide
	check 'detail: what the row is' equal "$(screen | sed -n 3,9p | sed 's/ *$//')" " row site/rows/wide
 role        access-edge
 service     \\u{8a9e}\\u{8a9e} <b>
 ports       udp 7000-7009
 from        any
 to          access-edge
 verdict     allow"
	check 'detail: by interface' equal "$(cells PACKETS 11 4)" 'all 5
wan0 5
lan0 0
wan\u{202e}z 0'
	check 'detail: which rows match the same packets' equal "$(partner site/rows/narrow)" 'site/rows/narrow before . 7 0 7'
	goto_row rows/narrow
	check 'detail: seen from the other' equal "$(partner site/rows/wide)" 'site/rows/wide after . 7 7 0'
	sent wan0 4,$NARROW >/dev/null
	steady
	check 'detail: their figures go on' equal "$(partner site/rows/wide | cut -d' ' -f4-)" '11 11 0'
	keys b
	steady
	check 'detail: since the baseline' equal "$(cells PACKETS 11 1)" 'all 0'
	keys B Escape
	until_shows ' rows,'
	keys Escape 2
	until_shows ' roles,'
	keys / a c c e s s Enter Enter
	check 'detail: the rows of a role' until_shows ' rows of role access-edge'
	steady
	check 'detail: its packets' equal "$(cells PACKETS | awk '{ n += $NF } END { print n }')" \
		"$(xe -j stats --by role | jq '.groups[] | select(.name == "access-edge").decided.packets')"
	keys Escape
	check 'detail: back to the roles' until_shows ' roles,'
	keys Escape 5
	until_shows ' interfaces,'
	keys Enter
	check 'detail: the rows on an interface' until_shows ' rows on interface wan0'
	steady
	check 'detail: all of its packets' equal "$(cells PACKETS | awk '{ n += $NF } END { print n }')" \
		"$(stats '.interfaces[] | select(.name == "wan0").packets')"
	keys 6 Enter
	check 'detail: a miss by interface' until_shows ' miss foreign'
	keys 7 Enter
	check 'detail: a reason by interface and role' until_shows '^ROLE'
	steady
	check 'detail: the role that it is of' equal "$(screen | awk '/^access-edge/ { print $NF == ".", $4, $5 }')" \
		"$(screen | awk '/^access-edge/ { print 1, 0, 13 }')"
	keys 5 Enter
	until_shows ' rows on interface wan0'
	sent wan0 9,$NARROW 9,$NOBODY >/dev/null
	check 'detail: their last minute, of a row' until_shows '^site/rows/narrow .*[.:=+*#-]_*$'
	check 'detail: of a miss' until_shows '^unmatched .*[.:=+*#-]_*$'
	keys Escape Down Enter
	check 'detail: not on an interface where there were none' until_shows ' rows on interface lan0'
	check 'detail: of it no bar' until_shows '^site/rows/narrow .*[0-9. ]$'
	keys q
	until_shows '^READY'

	# What is longer than the screen scrolls, to its end and not further.
	start 80 12
	goto_row external/1
	check 'detail: the beginning' until_shows '^ role '
	check 'detail: how much there is below' until_shows 'Esc back  ▼ [0-9]* more  p pause'
	below=$(screen | sed -n 's/.*▼ \([0-9]*\) more.*/\1/p')
	keys Down
	check 'detail: less of it, scrolled' until_shows "▼ $((below - 1)) more"
	keys End
	check 'detail: the end' until_shows 'THERE by that one'
	check 'detail: nothing below it' until_not ' more'
	keys Home
	check 'detail: the beginning again' until_shows '^ role '
	keys q
	until_shows '^READY'
	start 40 10 --ascii
	goto_row external/6
	check 'detail: the smallest screen has the figures of the row' equal "$(cells PKT/S 4 1 | cut -d' ' -f1)" all
	check 'detail: and that there is more' until_shows ' v [0-9]* more'
	keys End Home
	until_shows INTERFACE
	keys End
	check 'detail: all of it' until_shows '^ THERE by that one'
	keys q
	until_shows '^READY'
	xe unload >/dev/null
}

# --- sizes ---------------------------------------------------------------------------------------------

resize() {
	tm resize-window -t t -x "$1" -y "$2"
}

# Nothing is wider than the terminal, and the last line has the keys.
fits() {
	local width
	width=$(screen | wc -L)
	((width <= $1)) || { echo "$width wide, not $1"; screen; return 1; }
	[[ $(screen | tail -n 1) == *'? help'* ]] || { screen; return 1; }
	screen | grep -q 'PKT/S' || { screen; return 1; }
}

section_sizes() {
	site
	xe load >/dev/null
	traffic
	start 80 24
	check 'sizes: 80x24' fits 80
	for size in '60 15' '40 10' '132 43' '300 80' '80 24'; do
		read -r columns rows <<<"$size"
		resize "$columns" "$rows"
		steady
		check "sizes: ${columns}x$rows" fits "$columns"
	done
	ip link set dev wan0 xdp off
	check 'sizes: a NIC without its program is told in any mode' head_says 'nothing is counted on wan0 (missing)'
	check 'sizes: and that mode' head_says 'rehearse: everything passes'
	check 'sizes: over as many lines as that takes' fits 80
	resize 39 24
	check 'sizes: too narrow' until_shows '39x24 is too small'
	check 'sizes: says how much it takes' until_shows '40x10 at least'
	resize 80 9
	check 'sizes: too low' until_shows '80x9 is too small'
	keys 2
	resize 3 2
	steady
	resize 80 24
	check 'sizes: and back, with what was typed' until_shows ' roles,'
	keys q
	until_shows '^READY'
	start 80 24 --ascii
	check 'sizes: a filter longer than the line' keys / aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
	until_shows '^filter: aaa'
	resize 40 10
	check 'sizes: shows its end' until_shows '^filter: ~a*$'
	keys Escape q
	until_shows '^READY'
	xe unload >/dev/null
}

# --- reload, unload, load ------------------------------------------------------------------------------

section_policy() {
	site
	xe load >/dev/null
	traffic
	start 80 24 --ascii --nonzero
	check 'policy: mode and generation' until_shows '^ top, generation 1: rehearse'
	until_shows '^site/rows/narrow'
	site "  - {name: third, service: third, l4: udp, ports: 9999, source: any, destination: access-edge}"
	xe reload >/dev/null
	check 'policy: reloaded' until_shows 'generation 2'
	steady
	check 'policy: counters go on' equal "$(cells PACKETS | sed -n 's|^site/rows/narrow ||p')" 7
	sent wan0 2,$NARROW 5,$NOBODY >/dev/null
	check 'policy: so do rows, the new one too' until_shows '^site/rows/third .* 5'
	steady
	check 'policy: and those that were' equal "$(cells PACKETS | sed -n 's|^site/rows/narrow ||p')" 9
	keys b
	until_shows since
	site
	xe reload >/dev/null
	until_shows 'generation 3'
	sent wan0 1,$NARROW >/dev/null
	keys 2
	until_shows '^access-edge .* 1'
	check 'policy: what a row counted before it was gone is no new traffic of another group' equal "$(some PACKETS)" 'access-edge 1'
	keys 1 B
	check 'policy: a row that is gone keeps its counts' until_shows '^site/rows/third .* 5'
	keys b
	until_shows since
	xe unload >/dev/null
	check 'policy: unloaded' until_shows '^ no policy named top is loaded: .*waiting'
	check 'policy: no figures of what is not there' until_not '^site/rows'
	keys 2 1 Enter Escape p b
	steady
	check 'policy: keys do no harm then' until_shows 'waiting'
	xe load >/dev/null
	check 'policy: comes back' until_shows '^ top, generation 1: rehearse'
	check 'policy: from nothing' until_shows ' rows, 0 of .*nonzero$'
	sent wan0 3,$NARROW >/dev/null
	steady
	check 'policy: and counts' equal "$(some PACKETS)" 'site/rows/narrow 3'
	# so fast that no reading falls between
	tm send-keys -t t C-z
	until_shows '^READY'
	xe unload >/dev/null
	xe load >/dev/null
	sent wan0 1,$WIDE_FLOW >/dev/null
	type_line fg
	check 'policy: unloaded and loaded between two readings' until_shows '^site/rows/wide .* 1'
	check 'policy: nothing of before' until_not '^site/rows/narrow'
	site 'mode: enforce'
	sed -i '0,/^mode:/{/^mode:/d}' "$SITE"
	xe reload --force --confirm-within 300s >/dev/null
	check 'policy: enforce, and for how long' until_shows 'enforce, unconfirmed: [0-9]* s left'
	check 'policy: all of it' head_says 's left, then it rehearses (xdp-edge confirm) (top, generation 2)'
	sent wan0 6,$NOBODY >/dev/null
	keys 7
	until_shows ' drops,'
	steady
	check 'policy: dropped' equal "$(some DROPPED)" 'unmatched 6'
	ip link set dev wan0 xdp off
	check 'policy: where it does not enforce' head_says '; but not on wan0 (missing): everything passes there'
	check 'policy: with the rest' head_says 'enforce, unconfirmed: '
	resize 40 10
	check 'policy: on the smallest screen too' head_says '; but not on wan0 (missing)'
	check 'policy: how long too' head_says 's left, then it rehearses'
	check 'policy: and a list' fits 40
	keys q
	until_shows '^READY'
	xe unload >/dev/null
}

# --- hostile names -------------------------------------------------------------------------------------

only_ascii() {
	! screen | LC_ALL=C grep -q '[^ -~]'
}

harmless() {
	! screen | grep -q $'\u202e'
}

# Columns of a line without what is blank at its end.
width_of() {
	screen | sed -n "/$1/s/ *$//p" | wc -L
}

section_hostile() {
	site
	xe load >/dev/null
	sent "$RTL" 4,udp,203.0.113.30,3478,192.0.2.1,5000,80 >/dev/null
	traffic
	start 100 24
	keys 5
	check 'hostile: an interface that turns the line round' until_shows '^wan\\u{202e}z '
	check 'hostile: nothing of it reaches the terminal' harmless
	keys 3
	check 'hostile: letters of two columns' until_shows "^$WIDE <b> "
	check 'hostile: what stands behind them stands right' equal "$(width_of "^$WIDE")" "$(width_of '^monitoring')"
	keys /
	keys -l "$(printf '\u8a9e%%n\033')"
	steady
	check 'hostile: typed too' until_shows ' services,'
	keys q
	keys Escape q
	until_shows '^READY'

	start 100 24 --ascii
	keys 3
	check 'hostile: in ASCII' until_shows '^.u{8a9e}.u{8a9e} <b> '
	check 'hostile: nothing else' only_ascii
	keys q
	until_shows '^READY'
	shell 80 24
	for words in 'LC_ALL=C' 'LC_ALL=en_US.ISO-8859-1' 'TERM=vt100' 'TERM=linux'; do
		tm send-keys -t t clear Enter
		type_line "$words $XE -c $SITE top --interval 0.2"
		until_shows 'generation'
		keys 3
		until_shows ' services,'
		steady
		check "hostile: ASCII by itself: $words" only_ascii
		keys q
		until_shows '^READY *$'
	done
	xe unload >/dev/null
}

# --- ends ----------------------------------------------------------------------------------------------

# The terminal is as it was: settings, the other screen, the cursor.
restored() {
	equal "$(stty_now)" "$stty_before"
	equal "$(tm display -p -t t '#{alternate_on} #{cursor_flag} #{keypad_cursor_flag}')" '0 1 0'
}

of_top() {
	pgrep -f "$XE -c $SITE top" -P "$(tm display -p -t t '#{pane_pid}')"
}

# gone PROCESS: within ten seconds.
gone() {
	wait_for 10 ended "$1"
}

section_ends() {
	local end code
	site
	xe load >/dev/null
	for end in q:0 C-c:0 TERM:143 HUP:129 QUIT:131 SEGV:139 ABRT:134; do
		code=${end#*:}
		end=${end%:*}
		# shellcheck disable=SC2016
		start 80 24 '; echo "CODE $?"'
		check "ends: $end: it has the screen" equal "$(tm display -p -t t '#{alternate_on} #{cursor_flag}')" '1 0'
		case $end in
		q | C-c) keys "$end" ;;
		*) kill -"$end" "$(of_top)" ;;
		esac
		check "ends: $end: exit code $code" until_shows "^CODE $code"
		check "ends: $end: the terminal as it was" restored
	done
	start 80 24 '; echo "CODE $?"'
	keys C-z
	check 'ends: stopped' until_shows Stopped
	check 'ends: the terminal as it was, while it is stopped' restored
	# shellcheck disable=SC2016
	type_line 'fg; echo "CODE $?"'
	check 'ends: and continued' until_shows '? help'
	keys q
	check 'ends: quit then' until_shows '^CODE 0'
	check 'ends: the terminal as it was after all' restored

	# The terminal itself goes.
	start 80 24
	local pid
	pid=$(of_top)
	tm kill-server
	check 'ends: with its terminal' gone "$pid"
	costs
	xe unload >/dev/null
}

# What a second costs: no assertion on a noisy machine but that it does not spin.
costs() {
	local pid before after
	shell 80 24
	type_line "$XE -c $SITE top"
	until_shows generation
	pid=$(of_top)
	before=$(awk '{ print $14 + $15 }' "/proc/$pid/stat")
	sleep 10
	after=$(awk '{ print $14 + $15 }' "/proc/$pid/stat")
	check "ends: $(((after - before) * 10)) ms of CPU in ten seconds" test $((after - before)) -lt 50
	keys q
	until_shows '^READY'
}

# --- without any right but the group's -----------------------------------------------------------------

section_group() {
	local pid
	readers_group
	site
	chmod 644 "$SITE"
	xe load >/dev/null
	traffic
	shell 80 24
	type_line "setpriv --reuid 65534 --regid $READERS --clear-groups --inh-caps=-all $XE -c $SITE top --interval 0.2 --ascii --nonzero"
	check 'group: a member sees the same' until_shows '^site/rows/narrow .* 7\( .*\)\?$'
	pid=$(pgrep -u 65534 -f "$XE -c $SITE top")
	check 'group: without a capability' equal "$(sed -n 's/^CapEff:\t//p' "/proc/$pid/status")" 0000000000000000
	goto_row rows/narrow
	check 'group: partners too' equal "$(partner site/rows/wide)" 'site/rows/wide after . 7 7 0'
	keys q
	until_shows '^READY'
	xe unload >/dev/null
}

# --- what cannot be ------------------------------------------------------------------------------------

# in_terminal WORDS...: what they say in a terminal, and the exit code.
in_terminal() {
	shell 200 24
	type_line "$* ; echo CODE \$?"
	until_shows '^CODE [0-9]' || return
	screen | sed -n '/^xdp-edge/,/^CODE/p'
}

section_refuses() {
	site
	check 'refuses: nothing is loaded' ends 1 - xe top
	xe load >/dev/null
	check 'refuses: no terminal' ends 1 'xdp-edge: top: standard output is no terminal: use xdp-edge stats --interval 1' xe top
	check 'refuses: no keyboard' equal "$(in_terminal "$XE -c $SITE top </dev/null")" \
		'xdp-edge: top: standard input is no terminal: use xdp-edge stats --interval 1
CODE 1'
	check 'refuses: a terminal that nobody knows' equal "$(in_terminal "TERM=nonesuch $XE -c $SITE top" | tr -d '\n')" \
		"xdp-edge: top: nonesuch: this type of terminal is not known here: set TERM to a type like this terminal, TERM=xterm for most (package ncurses-term knows more)CODE 1"
	check 'refuses: a hostile one' equal "$(in_terminal "TERM=\$'a\\e[31mb' $XE -c $SITE top" | sed -n '1s/: this.*//p')" \
		'xdp-edge: top: a\x1b[31mb'
	check 'refuses: no TERM' equal "$(in_terminal "TERM= $XE -c $SITE top")" \
		'xdp-edge: top: TERM is not set: set it to the type of this terminal, TERM=xterm for most
CODE 1'
	check 'refuses: one without a cursor' equal "$(in_terminal "TERM=dumb $XE -c $SITE top")" \
		'xdp-edge: top: dumb: this type of terminal cannot place the cursor: use xdp-edge stats --interval 1
CODE 1'
	check 'refuses: JSON' ends 2 - xe top -j
	check 'refuses: an interval of 0' ends 2 - xe top --interval 0
	check 'refuses: no list of that name' ends 2 - xe top --by rows
	check 'refuses: two names' ends 2 - xe top a b
	check 'refuses: another name' ends 1 - xe top other
	xe unload >/dev/null
}

nic wan0
nic lan0
ip link add "$RTL" type veth peer name "$RTL-far" netns far
ip link set "$RTL" up
far ip link set "$RTL-far" up

sections=(figures keys detail sizes policy hostile ends group refuses)
(($# == 0)) || sections=("$@")
for section in "${sections[@]}"; do
	"section_$section"
done

finish
