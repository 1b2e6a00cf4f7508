#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Captures from the operator's side: what is in the files, by tshark and beside the counters; every filter; how much is
# copied; files and pipes; reloads and kills meanwhile; that programs that come and go lose no frame.
#
#	ops_capture.sh [SECTION...]    files filters amounts pipes lives exchange names
set -euo pipefail
# shellcheck source=tests/datapath/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
world "$0" "$@"

SITE=$WORK/site.yaml
EXCHANGES=6
FRAMES_WANTED=50000

KEPT=udp,192.0.2.1,5000,203.0.113.10,7000,60
BEFORE=udp,192.0.2.1,5000,203.0.113.10,7001,64
# From an address nobody has, to a port no row has.
FORBIDDEN=udp,192.0.2.1,5000,203.0.113.10,7777,68
# As if answering: row 2 of the table lets the access edge ask port 80 of anybody.
REPLY=tcp,192.0.2.1,80,203.0.113.10,9999,80
FOREIGN=udp,192.0.2.1,5000,198.51.100.9,7000,84
OUT=udp,203.0.113.10,7000,192.0.2.1,5000,90

# fresh MODE [LINE...]: that site loaded on new NICs.
fresh() {
	local nic
	xe unload >/dev/null 2>&1 || true
	for nic in wan0 lan0; do
		ip link del "$nic" 2>/dev/null || true
		nic "$nic"
	done
	mode_site "$@"
	xe load >/dev/null
}

# --- captures ---------------------------------------------------------------------------------------------------

# until_ready WHAT COMMAND...: a minute at most, for what a busy machine does late.
until_ready() {
	local what=$1
	shift
	wait_for 60 "$@" && return
	echo "waited in vain until $what"
	return 1
}

announced() {
	grep -q 'capturing what enters' "$WORK/$1.err"
}

# begins NAME [ARGUMENT...]: a capture in the background, to WORK/NAME.pcapng unless told otherwise. Its process: `capture`.
begins() {
	local name=$1
	shift
	rm -f "$WORK/$name.pcapng" "$WORK/$name.err" # what a former one said is no sign of this one
	"$XE" -c "$SITE" capture -w "$WORK/$name.pcapng" "$@" 2>"$WORK/$name.err" >/dev/null &
	capture=$!
	until_ready "$name captures" announced "$name" || cat "$WORK/$name.err"
}

# ends_capture NAME [SIGNAL]: `none`: it ends by itself. Its exit code is `code`, what it said last is `last`.
ends_capture() {
	code=0
	[[ ${2:-INT} == none ]] || kill "-${2:-INT}" "$capture"
	wait "$capture" || code=$?
	last=$(tail -n 1 "$WORK/$1.err")
	((code == 0)) || sed 's/^/     /' "$WORK/$1.err"
}

# comments FILE: as tshark reads them.
comments() {
	tshark -r "$1" -T fields -e frame.comment 2>/dev/null
}

# fields FILE FIELD...
fields() {
	local file=$1 field arguments=()
	shift
	for field; do
		arguments+=(-e "$field")
	done
	tshark -r "$file" -T fields -E separator=' ' "${arguments[@]}" 2>/dev/null
}

counted() {
	[[ $(stats .total.packets) == "$1" ]]
}

# written NAME: packets in the file; statistic_of NAME: what the capture said in the end, by the words that follow a number.
written() {
	comments "$WORK/$1.pcapng" | wc -l
}

said() {
	sed -E "s/.* ([0-9]+) $1.*/\1/" <<<"$last"
}

# traffic: a little of everything; returns when it has been counted.
traffic() {
	local before
	before=$(stats .total.packets)
	sent wan0 "5,$KEPT" "3,$BEFORE" "4,$FORBIDDEN" "2,$REPLY" "6,$FOREIGN" "1,0x0806,60" >/dev/null
	sent lan0 "3,$OUT" "2,$FORBIDDEN" >/dev/null
	until_ready "26 frames are counted" counted $((before + 26))
}

# --- filters ----------------------------------------------------------------------------------------------------

# What the counters say, as the comments do: "N row=…", "N miss=…" by interface.
counters_of_rows() {
	stats '(.rows[] | select(.decided.packets > 0) | "\(.decided.packets) row=\(.id)"),
		(.misses | to_entries[] | select(.value.packets > 0) | "\(.value.packets) miss=\(.key)")' | sort
}

counters_of_drops() {
	stats '(.dropped[] | "\(.packets) dropped \(.reason) \(.role) \(.interface)"),
		(.would_drop[] | "\(.packets) would-drop \(.reason) \(.role) \(.interface)")' |
		awk '{ n[$2 " " $3 " " $4 " " $5] += $1 } END { for (k in n) print n[k], k }' | sort
}

comments_by_row() {
	comments "$1" | sed -E 's/ .*//' | sort | uniq -c | sed 's/^ *//' | sort
}

comments_by_drop() {
	comments "$1" | sed -nE 's/.* verdict=(dropped|would-drop) reason=([^ ]*) role=([^ ]*) interface=([^ ]*).*/\1 \2 \3 \4/p' |
		sort | uniq -c | sed 's/^ *//' | sort
}

# filter MODE NAME PATTERN ARGUMENT...: the capture holds what of all the same traffic has a comment of that pattern.
filter() {
	local mode=$1 name=$2 pattern=$3 file=$WORK/filter.pcapng
	shift 3
	begins filter "$@"
	traffic
	ends_capture filter
	check "$mode: $name: ends" equal "$code" 0
	check "$mode: $name: these and no others" equal "$(comments "$file" | sort)" \
		"$(comments "$WORK/all.pcapng" | { grep -E -e "$pattern" || true; } | sort)"
	check "$mode: $name: there are some, and others" test "$(written filter)" -gt 0 -a "$(written filter)" -lt 26
	check "$mode: $name: told" equal "$(said 'chosen of') $(said 'received:')" "$(written filter) ${received:-26}"
}

filters_of() {
	local mode=$1
	fresh "$mode"
	# flows first, so that the same traffic meets the same verdicts from here on
	traffic
	xe unload >/dev/null
	xe load >/dev/null
	traffic
	xe unload >/dev/null
	xe load >/dev/null
	begins all
	traffic
	ends_capture all
	check "$mode: everything: ends" equal "$code" 0
	check "$mode: everything: by row and miss as counted" equal "$(comments_by_row "$WORK/all.pcapng")" "$(counters_of_rows)"
	check "$mode: everything: drops as counted" equal "$(comments_by_drop "$WORK/all.pcapng")" "$(counters_of_drops)"
	check "$mode: everything: there are drops" test -n "$(comments_by_drop "$WORK/all.pcapng")"
	check "$mode: verdict of the program" equal \
		"$(fields "$WORK/all.pcapng" frame.verdict.ebpf_xdp | sort | uniq -c | awk '{ print $2, $1 }')" \
		"$(comments "$WORK/all.pcapng" | awk '/verdict=dropped/ { d++ } !/verdict=dropped/ { p++ }
			END { if (d) print 1, d; print 2, p }')"
	filter "$mode" "a row" '^row=site/rows/kept ' --row site/rows/kept
	filter "$mode" "drops" 'verdict=(dropped|would-drop)' --dropped
	filter "$mode" "drops for a role" 'role=access-edge ' --dropped --role access-edge
	filter "$mode" "a reason" 'reason=unmatched ' --reason unmatched # unsolicited is another one, not in monitor
	[[ $mode == monitor ]] || { xe unload >/dev/null; return; }
	# what is chosen by atoms is so in every mode
	filter "$mode" "two rows" '^row=site/rows/(kept|only-before) ' --row site/rows/kept --row site/rows/only-before
	filter "$mode" "a row on one NIC" '^row=site/rows/kept .* interface=wan0 ' --row site/rows/kept --interface wan0
	filter "$mode" "a miss" '^miss=foreign ' --miss foreign
	filter "$mode" "a row and a miss" '^(miss=non-ip|row=site/rows/only-before) ' --miss non-ip --row site/rows/only-before
	filter "$mode" "drops of a miss" '^miss=unmatched .*verdict=(dropped|would-drop)' --dropped --miss unmatched
	filter "$mode" "a reason on one NIC" 'reason=unmatched .*interface=lan0' --reason unmatched --interface lan0
	xe unload >/dev/null
}

section_filters() {
	local mode
	for mode in monitor rehearse enforce; do
		filters_of "$mode"
	done
	# a role by its rows
	fresh monitor 'suggest: no'
	begins role --role access-edge
	traffic
	ends_capture role
	check "role: ends" equal "$code" 0
	check "role: what its rows decide" equal "$(comments "$WORK/role.pcapng" | sed 's/ .*//' | sort -u)" \
		"$(printf 'row=%s\n' lync2013-edge-nat/external/2 site/rows/kept site/rows/only-before)"
	check "role: not where nothing counts as dropped" ends 1 \
		"xdp-edge: ops: it counts no drops: mode monitor with suggest: no" timeout 60 "$XE" -c "$SITE" capture -w "$WORK/none" --dropped
	check "role: no file is left of it" test ! -e "$WORK/none"
	xe unload >/dev/null
}

# --- files ------------------------------------------------------------------------------------------------------

refuses() {
	local name=$1 text=$2
	shift 2
	check "files: $name" ends 1 "xdp-edge: $text" timeout 60 "$XE" -c "$SITE" capture "$@"
}

# present NAME TEXT ARGUMENT...: a capture that cannot start leaves what the file holds, and who may read it.
present() {
	local name=$1 text=$2 kept=$WORK/kept.pcapng
	shift 2
	printf 'an old capture\n' >"$kept"
	chmod 644 "$kept"
	refuses "$name, a file is there" "$text" -w "$kept" "$@"
	check "files: $name: the file is as it was" equal "$(stat -c %a "$kept") $(cat "$kept")" "644 an old capture"
}

# Of a capture that cannot start, while it waits for the lock: another file gets the name of the one that it made.
name_taken() {
	local made=$WORK/taken.pcapng code=0 refused
	strace -qq -o /dev/null -e trace=flock -e signal=none -e inject=flock:delay_enter=4000000 \
		"$XE" -c "$SITE" capture -w "$made" --row none 2>"$WORK/taken.err" &
	refused=$!
	until_ready "its file is there" test -e "$made"
	mv "$made" "$WORK/moved.pcapng"
	echo "somebody else's" >"$made"
	wait "$refused" || code=$?
	equal "$code $(grep -c "has no row 'none'" "$WORK/taken.err") $(cat "$made")" "1 1 somebody else's"
}

on_terminal() {
	script -qec "$XE -c $SITE capture" /dev/null </dev/null | tr -d '\r' | head -n 1
}

# usage TEXT ARGUMENT...: wrong, and told so.
usage() {
	local text=$1
	shift
	check "files: usage: $*" ends 2 "xdp-edge capture: $text
Try 'xdp-edge capture -h'." timeout 60 "$XE" -c "$SITE" capture -w "$WORK/usage" "$@"
}

file_is_pcapng() {
	equal "$(timeout 60 "$XE" -c "$SITE" capture -w /dev/stdout --duration 1 2>/dev/null | od -A n -t x1 -N 4)" " 0a 0d 0d 0a"
}

# What nothing decides, as in stats -h and README.
MISSES='unmatched, foreign, martian, spoofed, unsolicited, fragment, ip-other, ipsec, non-ip, malformed, too-deep, no-policy'

section_files() {
	local file=$WORK/a.pcapng before
	usage "--snaplen takes a number from 1 to 65535, not '0'" --snaplen 0
	usage "--snaplen takes a number from 1 to 65535, not '65536'" --snaplen 65536
	usage "--sample takes N or 1/N, of 1 or more, not '1/0'" --sample 1/0
	usage "--rate takes a rate as 100/s or '100/s burst 10', not '100'" --rate 100
	usage "--rate takes a rate as 100/s or '100/s burst 10', not '1/s per source'" --rate '1/s per source'
	usage "--count takes a number from 1 to 4294967295, not '-1'" --count=-1
	usage "--duration takes a time as 30, 30s, 5m or 2h, up to a week, not ''" --duration=
	usage "--buffer takes a number from 128 to 1048576, not '127'" --buffer 127
	usage "--reason takes one of unmatched, foreign, martian, spoofed, deny-list, deny-row, limited, unsolicited, fragment-denied, \
fragment-orphan, ip-other, ipsec, echo, non-ip, malformed, too-deep, not 'unmached'; did you mean unmatched?" --reason unmached
	usage "--miss takes one of $MISSES, not 'unmatch'; did you mean unmatched?" --miss unmatch
	usage "--miss takes one of $MISSES, not 'x'" --miss x
	usage "-w takes a file, or '-'" -w ''
	usage "a capture is pcapng: no JSON" -j
	usage "b: one name at most" a b
	check "files: usage: nothing made" test ! -e "$WORK/usage"
	mode_site monitor
	check "files: nothing loaded" ends 1 "xdp-edge: no policy named ops is loaded: xdp-edge load" timeout 60 "$XE" -c "$SITE" capture -w "$file"
	check "files: and nothing made" test ! -e "$file"
	present "nothing loaded" "no policy named ops is loaded: xdp-edge load"
	fresh monitor
	before=$(xdp_on wan0)
	check "files: not to a terminal" equal "$(on_terminal)" \
		"xdp-edge capture: packets are not written to a terminal: -w FILE, or | tshark -r -"
	refuses "no such row" "ops: generation 1 has no row 'site/rows/kebt'; did you mean site/rows/kept?" -w "$file" --row site/rows/kebt
	refuses "no such role" "ops: generation 1 has no role 'acess-edge'; did you mean access-edge?" -w "$file" --role acess-edge
	refuses "the end of a row's id" "ops: generation 1 has no row 'external/8'; did you mean lync2013-edge-nat/external/8?" -w "$file" \
		--row external/8
	refuses "the end of a row's id, not of a name in it" "ops: generation 1 has no row 'nal/8': xdp-edge rules lists them" -w "$file" \
		--row nal/8
	refuses "nothing like such a row" "ops: generation 1 has no row 'x': xdp-edge rules lists them" -w "$file" --row x
	refuses "no such NIC" "ops: generation 1 has no interface 'wan1'; did you mean wan0?" -w "$file" --interface wan1
	refuses "a row that is not active" \
		"ops: row lync2013-edge-nat/external/8 decides no packet in generation 1: it is not active; xdp-edge check says why" \
		-w "$file" --row lync2013-edge-nat/external/8
	check "files: none is left of those" test ! -e "$file"
	present "no such row" "ops: generation 1 has no row 'site/rows/kebt'; did you mean site/rows/kept?" --row site/rows/kebt
	present "no such role" "ops: generation 1 has no role 'acess-edge'; did you mean access-edge?" --role acess-edge
	present "no such NIC" "ops: generation 1 has no interface 'wan1'; did you mean wan0?" --interface wan1
	check "files: a name that is another file's meanwhile is left to it" name_taken
	check "files: the program is the same" equal "$(xdp_on wan0)" "$before"
	touch "$WORK/target"
	ln -s target "$WORK/link"
	ln "$WORK/target" "$WORK/second"
	touch "$WORK/foreign"
	chown 1234 "$WORK/foreign"
	refuses "a symbolic link" "$WORK/link: a symbolic link, which is not followed: name the file itself" -w "$WORK/link"
	refuses "a hard link" "$WORK/second: has several names (hard links) and is not overwritten: remove it, or take another name" \
		-w "$WORK/second"
	refuses "somebody else's" "$WORK/foreign: belongs to somebody else and is not overwritten: remove it, or take another name" \
		-w "$WORK/foreign"
	refuses "a folder" "$WORK: neither a regular file nor a pipe nor /dev/null" -w "$WORK"
	refuses "a device" "/dev/zero: neither a regular file nor a pipe nor /dev/null" -w /dev/zero
	check "files: /dev/null takes it all" ends 0 - timeout 60 "$XE" -c "$SITE" capture -w /dev/null --duration 1
	check "files: standard output by its other name" file_is_pcapng
	refuses "no folder" "$WORK/none/a: no such directory" -w "$WORK/none/a"
	check "files: what was there is as it was" equal "$(stat -c '%s %U' "$WORK/target") $(stat -c %u "$WORK/foreign")" "0 root 1234"

	printf 'old and long %.0s' {1..1000} >"$file"
	chmod 644 "$file"
	"$XE" -c "$SITE" capture -w "$file" --count 3 2>"$WORK/a.err" &
	capture=$!
	until_ready "it captures" announced a
	sent wan0 "3,$KEPT" >/dev/null
	ends_capture a none
	check "files: ends by itself" equal "$code" 0
	check "files: one's own is overwritten, and private" equal "$(stat -c %a "$file") $(comments "$file" | wc -l)" "600 3"
	check "files: said" equal "$last" \
		"xdp-edge: ops: 3 packets written; 3 chosen of 3 received: 0 sampled out, 0 over the rate, 0 lost for lack of room"
	check "files: the program is put back" equal "$(xe -j status | jq -r '.policies[0].capture')" none

	# What tshark and capinfos make of it.
	check "files: interface, direction, length" equal \
		"$(fields "$file" frame.interface_name frame.interface_description frame.packet_flags_direction frame.len frame.cap_len | sort -u)" \
		"wan0 internet 0x00000001 60 60"
	check "files: comment" equal "$(comments "$file" | sort -u)" \
		"row=site/rows/kept sense=forward verdict=passed interface=wan0 service=kept"
	check "files: who made it" equal "$(capinfos "$file" | sed -n 's/^Capture application: *//p')" "xdp-edge $("$XE" -V | sed 's/xdp-edge \([^,]*\),.*/\1/')"
	check "files: nanoseconds" equal "$(capinfos "$file" | sed -n 's/^ *Time precision = //p' | sort -u)" "nanoseconds (9)"
	check "files: Ethernet" equal "$(capinfos "$file" | sed -n 's/^File encapsulation: *//p')" "Ethernet"
	check "files: statistics of both interfaces" equal "$(capinfos "$file" | grep -c 'Number of stat entries = 1')" 2
	check "files: the time is now's" test "$(($(date +%s) - $(fields "$file" frame.time_epoch | head -n 1 | cut -d. -f1)))" -lt 120
	check "files: other readers" equal "$(tcpdump -nr "$file" 2>/dev/null | wc -l)" 3
	check "files: replay takes it" equal "$(xe -j replay "$file" | jq -s '.[-1].frames // .[-1].packets // .[-1].total.packets')" 3
	xe unload >/dev/null
}

# --- how much ---------------------------------------------------------------------------------------------------

section_amounts() {
	local n
	fresh monitor
	for n in 1 7 100; do
		begins sample --sample "$n"
		sent wan0 "1000,$KEPT" >/dev/null
		sent lan0 "234,$FORBIDDEN" >/dev/null
		until_ready "all is counted" counted "$(stats .total.packets)"
		ends_capture sample
		check "amounts: 1/$n ends" equal "$code" 0
		check "amounts: 1/$n of 1234, exactly" equal "$(written sample) $(said 'chosen of') $(said 'sampled out,')" \
			"$(((1234 + n - 1) / n)) 1234 $((1234 - (1234 + n - 1) / n))"
	done
	check "amounts: 1/N of what is chosen only" ends_capture_of_some

	begins rate --rate '1/h burst 10'
	sent wan0 "500,$KEPT" >/dev/null
	ends_capture rate
	check "amounts: a rate ends" equal "$code" 0
	check "amounts: its burst, and all else is counted" equal "$(written rate) $(said 'over the rate,')" "10 490"

	begins snap --snaplen 77
	sent wan0 "1,udp,192.0.2.1,5000,203.0.113.10,7000,76" "1,udp,192.0.2.1,5000,203.0.113.10,7000,77" \
		"1,udp,192.0.2.1,5000,203.0.113.10,7000,1514" >/dev/null
	ends_capture snap
	check "amounts: snap ends" equal "$code" 0
	check "amounts: so many bytes of each, and its length" equal \
		"$(fields "$WORK/snap.pcapng" frame.len frame.cap_len | sort -n)" "$(printf '76 76\n77 77\n1514 77')"

	begins whole
	sent wan0 "1,udp,192.0.2.1,5000,203.0.113.10,7000,60" "1,udp,192.0.2.1,5000,203.0.113.10,7000,128" \
		"1,udp,192.0.2.1,5000,203.0.113.10,7000,129" "1,udp,192.0.2.1,5000,203.0.113.10,7000,513" \
		"1,udp,192.0.2.1,5000,203.0.113.10,7000,1514" >/dev/null
	ends_capture whole
	check "amounts: whole ends" equal "$code" 0
	check "amounts: whole frames" equal "$(fields "$WORK/whole.pcapng" frame.len frame.cap_len | sort -n)" \
		"$(printf '%s\n' '60 60' '128 128' '129 129' '513 513' '1514 1514')"

	begins brief --duration 1
	ends_capture brief none
	check "amounts: a duration ends by itself" equal "$code" 0
	check "amounts: an empty file is one too" equal "$(capinfos -c "$WORK/brief.pcapng" | sed -n 's/^Number of packets: *//p')" 0

	# Frames of several buffers: their bytes come from all of them.
	xe unload >/dev/null
	ip link set wan0 mtu 9000
	far ip link set wan0-far mtu 9000
	xe load >/dev/null
	begins jumbo
	sent wan0 "2,udp,192.0.2.1,5000,203.0.113.10,7000,9014" "1,udp,192.0.2.1,5000,203.0.113.10,7000,60" >/dev/null
	ends_capture jumbo
	check "amounts: several buffers: ends" equal "$code" 0
	check "amounts: several buffers: whole" equal "$(fields "$WORK/jumbo.pcapng" frame.len frame.cap_len | sort -n)" \
		"$(printf '60 60\n9014 9014\n9014 9014')"
	check "amounts: several buffers: all the frame is it" equal \
		"$(fields "$WORK/jumbo.pcapng" ip.checksum.status udp.length | sort -u | wc -l)" 2
	begins jumbo --snaplen 5000
	sent wan0 "2,udp,192.0.2.1,5000,203.0.113.10,7000,9014" >/dev/null
	ends_capture jumbo
	check "amounts: several buffers: cut behind the first: ends" equal "$code" 0
	check "amounts: several buffers: cut behind the first" equal "$(fields "$WORK/jumbo.pcapng" frame.len frame.cap_len | sort -u)" "9014 5000"
	xe unload >/dev/null
}

ends_capture_of_some() {
	begins some --sample 1/10 --row site/rows/kept
	sent wan0 "95,$KEPT" "205,$FORBIDDEN" >/dev/null
	ends_capture some
	equal "$(written some) $(said 'chosen of') $(said 'received:')" "10 95 300"
}

# --- pipes ------------------------------------------------------------------------------------------------------

lines() {
	(($(wc -l <"$1") >= $2))
}

section_pipes() {
	local reader code
	fresh monitor
	# A reader sees each packet as it comes, while nothing else does.
	"$XE" -c "$SITE" capture 2>"$WORK/live.err" > >(tshark -l -r - -T fields -e frame.comment >"$WORK/live" 2>/dev/null) &
	capture=$!
	until_ready "it captures" announced live
	sent wan0 "1,$KEPT" >/dev/null
	check "pipes: tshark shows the first at once" until_ready "it shows" lines "$WORK/live" 1
	sent wan0 "1,$FORBIDDEN" >/dev/null
	check "pipes: and the second" until_ready "it shows" lines "$WORK/live" 2
	ends_capture live
	check "pipes: tshark: ends" equal "$code" 0
	check "pipes: what it showed" equal "$(sed 's/ .*//' "$WORK/live")" "$(printf 'row=site/rows/kept\nmiss=unmatched')"

	# The reader leaves.
	code=0
	(set -o pipefail; timeout 60 "$XE" -c "$SITE" capture -w - 2>"$WORK/gone.err" | head -c 100 >/dev/null) || code=$?
	check "pipes: it ends with its reader" equal "$code $(xe -j status | jq -r '.policies[0].capture')" "0 none"

	"$XE" -c "$SITE" capture 2>"$WORK/dump.err" > >(tcpdump -lnr - >"$WORK/dump" 2>/dev/null) &
	capture=$!
	until_ready "it captures" announced dump
	sent wan0 "2,$KEPT" >/dev/null
	check "pipes: tcpdump too" until_ready "it shows" lines "$WORK/dump" 2
	ends_capture dump
	check "pipes: tcpdump: ends" equal "$code" 0

	# A reader that takes nothing for a while: what has no room is lost, and counted.
	mkfifo "$WORK/fifo"
	(exec 3<"$WORK/fifo"; until_ready "released" test -e "$WORK/release"; cat <&3 >"$WORK/slow.pcapng") &
	reader=$!
	"$XE" -c "$SITE" capture --buffer 128 -w "$WORK/fifo" 2>"$WORK/slow.err" &
	capture=$!
	until_ready "it captures" announced slow
	sent wan0 "3000,udp,192.0.2.1,5000,203.0.113.10,7000,1000" >/dev/null
	until_ready "all is counted" counted "$(stats .total.packets)"
	touch "$WORK/release"
	ends_capture slow
	check "pipes: a slow reader: ends" equal "$code" 0
	wait "$reader"
	check "pipes: a slow reader: some were lost" test "$(said 'lost for lack of room')" -gt 100
	check "pipes: a slow reader: lost and written are all" equal \
		"$(($(comments "$WORK/slow.pcapng" | wc -l) + $(said 'lost for lack of room')))" 3000
	check "pipes: a slow reader: the file says so" equal \
		"$(statistics_of "$WORK/slow.pcapng" | sort -rn | head -n 1)" "$(written slow) 3000 3000 $(said 'lost for lack of room')"

	# One that never does, and a capture that is to end: not at the price of waiting.
	"$XE" -c "$SITE" capture -w "$WORK/fifo" 2>"$WORK/stuck.err" &
	capture=$!
	exec 4<"$WORK/fifo"
	until_ready "it captures" announced stuck
	sent wan0 "2000,udp,192.0.2.1,5000,203.0.113.10,7000,1000" >/dev/null
	kill -INT "$capture"
	code=0
	wait "$capture" || code=$?
	exec 4<&-
	check "pipes: a stuck reader: it ends, and says so" equal "$code $(grep -c 'the reader takes nothing' "$WORK/stuck.err")" "1 1"
	check "pipes: a stuck reader: nothing is left" equal "$(xe -j status | jq -r '.policies[0].capture')" none
	check "pipes: no space" ends_like_full
	xe unload >/dev/null
}

# The statistics blocks, by hand: what is delivered, received, accepted, dropped of each interface.
statistics_of() {
	python3 - "$1" <<'PY'
import struct, sys
data = open(sys.argv[1], "rb").read()
at = 0
while at < len(data):
    kind, length = struct.unpack_from("<II", data, at)
    if kind == 5:
        options, place = {}, at + 20
        while True:
            code, size = struct.unpack_from("<HH", data, place)
            if not code:
                break
            options[code] = data[place + 4:place + 4 + size]
            place += 4 + (size + 3) // 4 * 4
        count = lambda code: struct.unpack("<Q", options[code])[0]
        print(count(8), count(4), count(6), count(5))
    at += length
PY
}

# missed FILE: how often it, a message or a capture, says that nothing was looked at for a while.
missed() {
	grep -aoE 'not looked at for up to [0-9]+\.[0-9] s while the policy was replaced' "$1" | wc -l
}

# A file system without room: said, and everything is put back; the file holds the packets that are told, and no half of one.
ends_like_full() {
	local code=0 packets got
	mkdir -p "$WORK/small"
	mount -t tmpfs -o size=64k tmpfs "$WORK/small"
	"$XE" -c "$SITE" capture -w "$WORK/small/a" 2>"$WORK/full.err" &
	capture=$!
	until_ready "it captures" announced full
	sent wan0 "2000,udp,192.0.2.1,5000,203.0.113.10,7000,1000" >/dev/null
	wait "$capture" || code=$?
	packets=$(comments "$WORK/small/a" | wc -l) || packets="not readable"
	got="$code $(grep -c "small/a: No space left on device" "$WORK/full.err") $(xe -j status | jq -r '.policies[0].capture')"
	got+=", $packets of $(sed -n 's/.*: \([0-9]*\) packets written.*/\1/p' "$WORK/full.err")"
	# nothing at all fits
	rm "$WORK/small/a"
	head -c 65536 /dev/zero >"$WORK/small/rest"
	code=0
	"$XE" -c "$SITE" capture -w "$WORK/small/b" --duration 1 2>"$WORK/full.err" || code=$?
	got+=", $code $(ls "$WORK/small")"
	umount "$WORK/small"
	equal "$got" "1 1 none, $packets of $packets, 1 rest" && test "$packets" -gt 20
}

# --- kills, reloads ---------------------------------------------------------------------------------------------

capture_state() {
	xe -j status | jq -r '.policies[0].capture'
}

map_field() {
	bpftool map dump name captured -j | jq "[.. | objects | .value | objects | .$1] | add"
}

no_maps() {
	[[ $(bpftool map show -j | jq '[.[] | select(.name == "captured")] | length') == 0 ]]
}

lease_over() {
	sent wan0 "1,$KEPT" >/dev/null
	(($(map_field expired) > 0))
}

section_lives() {
	local before copied code
	fresh enforce
	before=$(xdp_on wan0)
	begins one --count 1000000
	check "lives: running" equal "$(capture_state)" running
	check "lives: told" equal "$(xe status | grep capture:)" "  capture: packets are being copied by xdp-edge capture"
	check "lives: by another program" test "$(xdp_on wan0)" != "$before"
	check "lives: a second one is refused" ends 1 "xdp-edge: ops: another xdp-edge capture takes packets of it: one at a time" \
		timeout 60 "$XE" -c "$SITE" capture -w "$WORK/two.pcapng"
	check "lives: and leaves no file" test ! -e "$WORK/two.pcapng"
	sent wan0 "5,$KEPT" >/dev/null
	check "lives: the first is not disturbed" until_ready "5 are there" has_written one 5

	# The lease of a command that is gone runs out.
	kill -KILL "$capture"
	wait "$capture" 2>/dev/null || true
	check "lives: killed: left" equal "$(capture_state)" left
	check "lives: killed: told" equal "$(xe status | grep -c 'capture: one that was killed left its programs')" 1
	check "lives: killed: it stops by itself" until_ready "the lease is over" lease_over
	copied=$(map_field copied)
	sent wan0 "50,$KEPT" "7,$FORBIDDEN" >/dev/null
	check "lives: killed: nothing more is copied" equal "$(map_field copied)" "$copied"
	check "lives: killed: it counts and drops as before" equal "$(stats '[.dropped[] | .packets] | add')" 7
	check "lives: killed: a reload puts it in order" ends 0 "" xe reload
	check "lives: killed: none" equal "$(capture_state)" none
	check "lives: killed: and its maps are gone" until_ready "they are" no_maps
	begins one
	kill -KILL "$capture"
	wait "$capture" 2>/dev/null || true
	begins one
	sent wan0 "3,$KEPT" >/dev/null
	ends_capture one
	check "lives: killed: another capture does too" equal "$code" 0
	check "lives: killed: with its packets" equal "$(written one) $(capture_state)" "3 none"
	check "lives: without a reload none is told" equal "$(missed "$WORK/one.err") $(missed "$WORK/one.pcapng")" "0 0"
	xe unload >/dev/null

	# Somebody reloads: other atoms, other rows.
	fresh monitor
	begins reload --row site/rows/kept --miss unmatched
	sent wan0 "5,$KEPT" "2,$FORBIDDEN" "3,$BEFORE" >/dev/null
	mode_site enforce
	sed -i '/only-before/d' "$SITE"
	sed -i 's/ports: 7000/ports: 7100/' "$SITE"
	check "lives: reload while it captures" ends 0 "" xe reload
	check "lives: reload: it goes on" until_ready "it follows" grep -q 'generation 2 took the place of 1: the capture goes on by it' "$WORK/reload.err"
	check "lives: reload: running" equal "$(capture_state)" running
	sent wan0 "4,$KEPT" "6,udp,192.0.2.1,5000,203.0.113.10,7100,60" "2,$BEFORE" >/dev/null
	ends_capture reload
	check "lives: reload: ends" equal "$code" 0
	check "lives: reload: by the rows of the time" equal \
		"$(comments "$WORK/reload.pcapng" | sed -E 's/(sense=|interface).*(verdict=[^ ]*).*/\2/; s/ interface.*//; s/ role.*//' | sort | uniq -c | sed 's/^ *//')" \
		"$(printf '%s\n' '6 miss=unmatched verdict=dropped reason=unmatched' '2 miss=unmatched verdict=would-drop reason=unmatched' \
			'11 row=site/rows/kept verdict=passed' | sed 's/^/ /; s/^ //')"
	check "lives: reload: nothing is left" equal "$(capture_state)" none
	check "lives: reload: for how long nothing was looked at, in the end and of both NICs" equal \
		"$(missed - <<<"$last") $(missed "$WORK/reload.pcapng")" "1 2"

	# A reload that it does not come to follow.
	begins unfollowed
	kill -STOP "$capture"
	check "lives: reload before its end" ends 0 "" xe reload
	kill -INT "$capture"
	ends_capture unfollowed CONT
	check "lives: reload before its end: ends, and has not followed" equal \
		"$code $(grep -c 'took the place' "$WORK/unfollowed.err")" "0 0"
	check "lives: reload before its end: told as well" equal "$(missed - <<<"$last") $(missed "$WORK/unfollowed.pcapng")" "1 2"

	# A reload that fails has put other programs in place.
	begins failed --miss unmatched
	sed -i 's/name: kept/name: KEPT/' "$SITE"
	check "lives: a reload that fails" ends 1 - xe reload
	sed -i 's/name: KEPT/name: kept/' "$SITE"
	sent wan0 "4,$FORBIDDEN" >/dev/null
	ends_capture failed
	check "lives: a reload that fails: ends" equal "$code" 0
	check "lives: a reload that fails: it goes on" equal "$(written failed)" 4

	# The row that was asked for is gone.
	begins lost --row site/rows/split-before
	sed -i '/split-before/d' "$SITE"
	check "lives: reload without the row" ends 0 "" xe reload
	code=0
	wait "$capture" || code=$?
	check "lives: without the row it ends, and says so" equal \
		"$code $(grep -c "has no row 'site/rows/split-before'" "$WORK/lost.err") $(tail -n 2 "$WORK/lost.err" | head -n 1)" \
		"1 1 xdp-edge: ops: the policy was reloaded, and the capture cannot go on"
	check "lives: without the row: nothing is left" equal "$(capture_state)" none

	begins unloaded
	check "lives: unload while it captures" ends 0 "" xe unload
	code=0
	wait "$capture" || code=$?
	check "lives: unloaded: it ends, and says so" equal "$code $(tail -n 1 "$WORK/unloaded.err")" \
		"1 xdp-edge: ops: it was unloaded: the capture has ended"
	check "lives: nothing is left" equal "$(own_pins) $(dispatchers)$(xdp_on wan0)$(xdp_on lan0)" "xdp-edge "
	check "lives: an empty capture is a file" equal "$(capinfos -c "$WORK/unloaded.pcapng" | sed -n 's/^Number of packets: *//p')" 0
}

has_written() {
	(($(comments "$WORK/$1.pcapng" | wc -l) >= $2))
}

# --- programs come and go under traffic -------------------------------------------------------------------------

exchange_in() {
	local mode=$1 i senders=() failures=0 nic
	fresh "$mode"
	start_flows wan0 0 "$KEPT" "$FORBIDDEN" "$REPLY"
	start_flows lan0 $(($(nproc) - 1)) "$OUT" "$FORBIDDEN"
	for ((i = 0; i < EXCHANGES; i++)); do
		begins exchange --count 100 --sample 1000 --miss unmatched
		((i % 2 == 0)) || xe reload >/dev/null 2>&1 || failures=$((failures + 1))
		ends_capture exchange none || failures=$((failures + 1))
	done
	kill -TERM "${senders[@]}"
	wait "${senders[@]}"
	until_ready "all is counted" counted $(($(sent_of wan0 total 1) + $(sent_of lan0 total 1)))
	check "exchange, $mode: none failed" equal "$failures" 0
	for nic in wan0 lan0; do
		check "exchange, $mode: there was traffic, $nic" test "$(sent_of "$nic" total 1)" -ge "$FRAMES_WANTED"
		check "exchange, $mode: $nic lost no frame before the program" nic_lost_nothing "$nic"
		check "exchange, $mode: counted = sent, $nic" equal \
			"$(stats ".interfaces[] | select(.name == \"$nic\") | .packets")" "$(sent_of "$nic" total 1)"
	done
	check "exchange, $mode: verdicts of unmatched = its count" equal \
		"$(stats '[.dropped[], .would_drop[] | select(.reason == "unmatched") | .packets] | add')" "$(stats .misses.unmatched.packets)"
	check "exchange, $mode: verify agrees" ends 0 "" xe stats --verify
	xe unload >/dev/null
	check "exchange, $mode: nothing is left" equal "$(own_pins) $(dispatchers)$(xdp_on wan0)$(xdp_on lan0)" "xdp-edge "
}

section_exchange() {
	exchange_in monitor
	exchange_in enforce
}

# --- names that others have chosen ------------------------------------------------------------------------------

section_names() {
	fresh monitor
	xe unload >/dev/null
	sed -i 's/service: kept/service: "\\e]0;title\\a\\u202eleft \\"right\\" <b>"/' "$SITE"
	xe load >/dev/null
	begins names --row site/rows/kept
	sent wan0 "1,$KEPT" >/dev/null
	ends_capture names
	check "names: ends" equal "$code" 0
	check "names: nothing in the file that a terminal would take" equal "$(LC_ALL=C grep -acP '\x1b\]|\xe2\x80\xae' "$WORK/names.pcapng")" 0
	check "names: a service, escaped" equal "$(comments "$WORK/names.pcapng")" \
		'row=site/rows/kept sense=forward verdict=passed interface=wan0 service=\x1b]0;title\x07\u{202e}left "right" <b>'
	xe unload >/dev/null
}

main() {
	local section
	(($#)) || set -- files filters amounts pipes lives exchange names
	for section; do
		"section_$section"
	done
	finish
}

main "$@"
