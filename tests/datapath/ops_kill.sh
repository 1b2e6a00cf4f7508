#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# kill -9 before the system calls of a reload, a load or an unload, one by one, and at random moments, under traffic. After each:
# the old policy or the new one decides, whole; the next reload (load, unload) heals; no pin is left over; and the counters are,
# frame for frame, what was sent.
#
#	ops_kill.sh [-a] [-n EVERY] [SCENARIO...]    reload random interfaces enforce monitor load unload; default: all
#	    -a          before every call; otherwise before those that change something, those that follow such a one, and
#	                some of the rest, between which nothing happens
#	    -n EVERY    of these only every so many-th; of enforce and monitor every third of those
set -euo pipefail
# shellcheck source=tests/datapath/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
world "$0" "$@"

# Those that change kernel or files, or open what is changed.
CALLS=(bpf mmap munmap mremap unlink unlinkat rmdir mkdir mkdirat chmod fchmod chown fchown flock openat sendto sendmsg setsockopt ftruncate rename)
# What changes something; writes to the shared mappings stand between a mapping's calls and the next one.
CHANGES='BPF_OBJ_PIN|BPF_MAP_(CREATE|UPDATE|FREEZE|DELETE)|BPF_LINK|RTM_SETLINK|MAP_SHARED|^(unlink|rmdir|mkdir|chmod|chown|flock|rename)'
# Of the rest, and of what comes before the lock is taken and changes nothing at all.
OTHERS_EVERY=12
EARLY_EVERY=20
RANDOM_KILLS=60

WAN_KEPT=udp,192.0.2.1,5000,203.0.113.10,7000,60
WAN_PROBE=udp,192.0.2.1,5000,203.0.113.10,7001,90
LAN_PROBE=udp,10.0.1.11,5000,172.25.33.10,7002,110
WAN_FORBIDDEN=udp,192.0.2.1,5000,203.0.113.10,7009,70
OLD=$FIXTURES/old.yaml
NEW=$FIXTURES/new.yaml
OTHER_NIC=$FIXTURES/other-nic.yaml
SITE=$OLD

all=0
every=1
tried=0
not_reached=0
sent_packets=0
sent_bytes=0
senders=()
tables=() # maps that the policy healed to has besides
also=:	  # what else is looked at after each kill and each healing

# problem CATEGORY TEXT...: noted; the check at the end of the scenario shows it.
problem() {
	local category=$1
	shift
	echo "$point: $*" >>"$WORK/problems.$category"
}

no_problems() {
	[[ ! -s $WORK/problems.$1 ]] && return
	echo "$(wc -l <"$WORK/problems.$1") of them"
	head -n 10 "$WORK/problems.$1"
	return 1
}

# points COMMAND: lines "CALL N" of an undisturbed run of `xe COMMAND`: N-th call of that name.
points() {
	local calls
	calls=$(IFS=,; echo "${CALLS[*]}")
	strace -f -qq -e trace="$calls" -e signal=none -o "$WORK/trace" "$XE" -c "$SITE" "$1" >/dev/null
	sed 's/^[0-9]* *//' "$WORK/trace" |
		awk -v changes="$CHANGES" -v others="$OTHERS_EVERY" -v early="$EARLY_EVERY" -v all="$all" -v every="$every" '
		function point() { if (++points % every == 0) print call, n }
		{ call = $0; sub(/\(.*/, "", call); n = ++seen[call] }
		/^flock/ { locked = 1 }
		all { point(); next }
		!locked { if (++before % early == 0) point(); next }
		# elements of an array that nobody else has yet: the first and the last of them will do
		/BPF_MAP_UPDATE_ELEM/ && updates++ && ++rest % others { follows = 1; next }
		!/BPF_MAP_UPDATE_ELEM/ { updates = 0 }
		$0 ~ changes { point(); follows = 1; next }
		follows || ++rest % others == 0 { point() }
		{ follows = 0 }'
}

# killed_at CALL N COMMAND: whether the kill met it.
killed_at() {
	local rc=0
	{ strace -f -qq -e trace="$1" -e signal=none -e inject="$1:signal=SIGKILL:when=$2" -o /dev/null "$XE" -c "$SITE" "$3" \
		>"$WORK/killed" 2>&1; } 2>/dev/null || rc=$?
	tried=$((tried + 1))
	((rc != 137)) || return 0
	not_reached=$((not_reached + 1))
	((rc == 0)) || problem heal "$3 ended with $rc before it: $(tail -n 1 "$WORK/killed")"
}

# killed_after SECONDS COMMAND
killed_after() {
	local rc=0
	{ timeout -s KILL "$1" "$XE" -c "$SITE" "$2" >"$WORK/killed" 2>&1; } 2>/dev/null || rc=$?
	tried=$((tried + 1))
	((rc == 137)) || not_reached=$((not_reached + 1))
}

# traffic NIC FLOW...: some in the background, about as long as a reload takes.
traffic() {
	local nic=$1
	shift
	far "$SEND" -r 2000 "$nic-far" "$@" >"$WORK/traffic.$nic" &
	senders+=($!)
}

# All that was in the background, and entered in the sums.
traffic_end() {
	local file packets bytes
	wait "${senders[@]}"
	senders=()
	for file in "$WORK"/traffic.*; do
		read -r packets bytes < <(sed -n 's/^total //p' "$file")
		sent_packets=$((sent_packets + packets))
		sent_bytes=$((sent_bytes + bytes))
		rm "$file"
	done
}

# send_now NIC FLOW...: at once, entered in the sums.
send_now() {
	local packets bytes
	read -r packets bytes < <(sent "$@")
	sent_packets=$((sent_packets + packets))
	sent_bytes=$((sent_bytes + bytes))
}

probe_counts() {
	xe -j stats | jq -r '[.rows[] | {(.id): .decided.packets}] | add |
		"\(.["site/rows/old-wan"] // 0) \(.["site/rows/old-lan"] // 0) \(.["site/rows/new-wan"] // 0) \(.["site/rows/new-lan"] // 0)"'
}

generation() {
	xe -j status | jq -r '.policies[] | select(.name == "ops") | .generation'
}

# Which policy decides: sets `decides` to old, new or what was counted instead.
classify() {
	local a b
	read -ra a < <(probe_counts) || { problem policy "counters cannot be read"; return; }
	send_now wan0 "10,$WAN_PROBE"
	send_now lan0 "10,$LAN_PROBE"
	read -ra b < <(probe_counts) || { problem policy "counters cannot be read"; return; }
	decides="$((b[0] - a[0])) $((b[1] - a[1])) $((b[2] - a[2])) $((b[3] - a[3]))"
	case $decides in
	"10 10 0 0") decides=old ;;
	"0 0 10 10") decides=new ;;
	esac
}

sums_are_exact() {
	local counted
	counted=$(total) || counted="unreadable"
	[[ $counted == "$sent_packets $sent_bytes" ]] || {
		problem sums "counted $counted, sent $sent_packets $sent_bytes"
		# not again and again
		read -r sent_packets sent_bytes <<<"$counted"
	}
}

pins_are_right() {
	local wanted got
	wanted=$(policy_pins ops "$1" "${tables[@]}")
	got=$(own_pins)
	[[ $got == "$wanted" ]] || problem pins "pins: $(diff <(echo "$got") <(echo "$wanted") | grep '^[<>]' | tr '\n' ' ')"
	wanted=$(expected_dispatchers | sort)
	got=$(dispatchers)
	[[ $got == "$wanted" ]] || problem pins "dispatchers: $got, attached: $wanted"
}

heal() {
	local said
	said=$(xe "$1" 2>&1) || problem heal "$1: exit $?: $said"
}

# --- reload ------------------------------------------------------------------------------------------

# Back to the old policy, which each point starts from, so that it always counts the same calls.
back() {
	SITE=$OLD
	heal reload
	SITE=$1
}

# A point of a reload from the old policy to the new one: killed by the command given.
reload_point() {
	local before after
	before=$(generation)
	traffic wan0 "60,$WAN_KEPT" "60,$WAN_PROBE"
	traffic lan0 "120,$LAN_PROBE"
	"$@" reload
	after=$(generation) || after=unreadable
	traffic_end
	classify
	"$also"
	case "$after $decides" in
	"$before old" | "$((before + 1)) new") ;;
	*) problem policy "generation $before, then $after; $decides decide" ;;
	esac
	heal reload
	after=$(generation) || after=0
	classify
	[[ $decides == new ]] || problem policy "healed, but $decides decide"
	"$also"
	sums_are_exact
	pins_are_right "$after"
	back "$NEW"
}

rows_are_exact() {
	equal "$(stats '[.rows[] | {(.id): .decided.packets}] | add | .["site/rows/old-wan"] + .["site/rows/new-wan"] +
		.["site/rows/old-lan"] + .["site/rows/new-lan"] + .["site/rows/kept"]')" "$sent_packets"
}

checks_of_reload() {
	check "$1: the old policy or the new one, never a mix" no_problems policy
	check "$1: the next reload heals" no_problems heal
	check "$1: no pin is left over" no_problems pins
	check "$1: sums are exact" no_problems sums
}

scenario_begin() {
	point=begin tried=0 not_reached=0 sent_packets=0 sent_bytes=0
	rm -f "$WORK"/problems.*
	SITE=$OLD
}

# kill_reloads NAME: load $OLD, and then kill its reloads to $NEW, point by point.
kill_reloads() {
	local name=$1 call n
	check "$name: begin" ends 0 "" xe load
	SITE=$NEW
	points reload >"$WORK/points"
	back "$NEW"
	while read -r call n; do
		point="$call $n"
		reload_point killed_at "$call" "$n"
	done <"$WORK/points"
	echo "     $tried points tried, $not_reached of them not reached; $sent_packets frames"
	checks_of_reload "$name"
}

scenario_reload() {
	scenario_begin
	kill_reloads reload
	check "reload: rows are exact" rows_are_exact
	check "reload: the kills met" test "$not_reached" -le $((tried / 10))
	check "reload: unload" ends 0 "" xe unload
	check "reload: nothing is left" nothing_left
}

scenario_random() {
	local i after begin milliseconds
	scenario_begin
	check "random: begin" ends 0 "" xe load
	back "$NEW"
	begin=${EPOCHREALTIME/./}
	heal reload
	milliseconds=$(((${EPOCHREALTIME/./} - begin) / 1000))
	back "$NEW"
	for ((i = 0; i < RANDOM_KILLS / every + 1; i++)); do
		after=$((RANDOM % (milliseconds < 999 ? milliseconds : 999) + 1))
		after=$(printf '0.%03d' "$after")
		point="after $after s"
		reload_point killed_after "$after"
	done
	echo "     $tried moments tried, $not_reached of them after the end; $sent_packets frames"
	checks_of_reload random
	check "random: rows are exact" rows_are_exact
	check "random: the kills met" test "$not_reached" -le $((tried / 2))
	check "random: unload" ends 0 "" xe unload
	check "random: nothing is left" nothing_left
}

# --- reload from mode to mode: another program, other maps ----------------------------------------------

# "MODE DROPPED WOULD" of what no row allows.
unmatched_verdicts() {
	xe -j stats | jq -r 'def sum(list): [list[] | select(.reason == "unmatched") | .packets] | add // 0;
		"\(.mode) \(sum(.dropped)) \(sum(.would_drop))"'
}

# What is live drops, or only would: as its mode says, on both NICs.
verdicts_fit_mode() {
	local a b wanted
	read -ra a < <(unmatched_verdicts) || { problem policy "verdicts cannot be read"; return; }
	send_now wan0 "10,$WAN_FORBIDDEN"
	send_now lan0 "10,$WAN_FORBIDDEN"
	read -ra b < <(unmatched_verdicts) || { problem policy "verdicts cannot be read"; return; }
	wanted="0 20"
	[[ ${a[0]} != enforce ]] || wanted="20 0"
	[[ "$((b[1] - a[1])) $((b[2] - a[2]))" == "$wanted" ]] ||
		problem policy "mode ${a[0]}, of 20 frames dropped and would be: $((b[1] - a[1])) $((b[2] - a[2]))"
}

# modes NAME OLD-MODE NEW-MODE TABLE...: the new policy has the maps TABLE besides.
modes() {
	local name=$1
	local OLD=$WORK/kill-old.yaml NEW=$WORK/kill-new.yaml
	sed "s/^mode:.*/mode: $2/" "$FIXTURES/old.yaml" >"$OLD"
	sed "s/^mode:.*/mode: $3/" "$FIXTURES/new.yaml" >"$NEW"
	shift 3
	scenario_begin
	tables=("$@")
	also=verdicts_fit_mode
	# each is tried under traffic in two modes: every third, of two scenarios
	every=$((all ? every : every * 3)) kill_reloads "$name"
	check "$name: the kills met" test "$not_reached" -le $((tried / 10))
	check "$name: unload" ends 0 "" xe unload
	check "$name: nothing is left" nothing_left
	tables=()
	also=:
}

scenario_enforce() {
	modes enforce monitor enforce flows fragments secret
}

scenario_monitor() {
	modes monitor enforce monitor
}

# --- reload that attaches one interface and detaches another ---------------------------------------------

# attached_are NIC...: these and no others count; each frame once, not twice as with two of our programs on one.
attached_are() {
	local nic nameless
	send_now wan0 "10,$WAN_PROBE"
	for nic in lan0 new0; do
		if [[ " $* " == *" $nic "* ]]; then
			send_now "$nic" "10,$LAN_PROBE"
			[[ -n $(xdp_on "$nic") ]] || problem heal "no program on $nic"
		else
			sent "$nic" "10,$LAN_PROBE" >/dev/null
			[[ -z $(xdp_on "$nic") ]] || problem heal "program on $nic"
		fi
	done
	sums_are_exact
	[[ $(xe -j status | jq -r '[.policies[0].interfaces[] | select(.state == "attached") | .name] | sort | join(" ")') == \
	$(printf '%s\n' "$@" | sort | paste -sd' ') ]] || problem heal "status: $(xe status | tr '\n' ' ')"
	nameless=$(xe -j stats | jq -r '.interfaces | map(.name) | map(select(. == "")) | length') || nameless=unreadable
	[[ $nameless == 0 ]] || problem sums "an interface without a name has counters"
	pins_are_right "$(generation)"
}

interfaces_point() {
	traffic wan0 "60,$WAN_KEPT" "60,$WAN_PROBE"
	"$@" reload
	traffic_end
	if ((tried % 2)); then
		heal reload
		attached_are wan0 new0
	fi
	back "$OTHER_NIC"
	attached_are wan0 lan0
}

scenario_interfaces() {
	local call n
	scenario_begin
	check "interfaces: begin" ends 0 "" xe load
	SITE=$OTHER_NIC
	points reload >"$WORK/points"
	back "$OTHER_NIC"
	while read -r call n; do
		point="$call $n"
		interfaces_point killed_at "$call" "$n"
	done <"$WORK/points"
	echo "     $tried points tried, $not_reached of them not reached; $sent_packets frames"
	checks_of_reload interfaces
	check "interfaces: the kills met" test "$not_reached" -le $((tried / 10))
	check "interfaces: unload" ends 0 "" xe unload
	check "interfaces: nothing is left" nothing_left
}

# --- load ----------------------------------------------------------------------------------------------

nothing_left() {
	equal "$(own_pins)" xdp-edge && equal "$(dispatchers)" "" && equal "$(xdp_on wan0)$(xdp_on lan0)$(xdp_on new0)" ""
}

is_whole() {
	[[ $(xe -j status 2>/dev/null | jq -r '.policies[0].whole') == true ]]
}

# What is loaded counts each frame of both NICs once, from nothing; then it goes without a trace.
load_is_right() {
	local before said
	read -ra before < <(total) || { problem heal "counters cannot be read"; return; }
	sent wan0 "10,$WAN_PROBE" >/dev/null
	sent lan0 "10,$LAN_PROBE" >/dev/null
	[[ $(total) == "$((before[0] + 20)) $((before[1] + 2000))" ]] || problem sums "20 frames more than ${before[*]}: $(total)"
	pins_are_right 1
	heal unload
	said=$(nothing_left) || problem pins "after unload: $said"
}

load_point() {
	local said rc=0
	traffic wan0 "120,$WAN_KEPT"
	traffic lan0 "120,$LAN_PROBE"
	"$@" load
	traffic_end
	if is_whole; then
		load_is_right
		return
	fi
	said=$(xe reload 2>&1) || rc=$?
	case "$rc $said" in
	"1 xdp-edge: no policy named ops is loaded: xdp-edge load") ;;
	"1 xdp-edge: ops: its load was interrupted: xdp-edge load clears and repeats it") ;;
	*) problem heal "reload of what was not loaded: exit $rc: $said" ;;
	esac
	if ((tried % 2)) && [[ -e $BPFFS/xdp-edge/ops ]]; then
		heal unload
		said=$(nothing_left) || problem pins "after unload of the interrupted load: $said"
	fi
	heal load
	[[ $(total) == "0 0" ]] || problem sums "a fresh load has counted: $(total)"
	load_is_right
}

scenario_load() {
	local call n
	scenario_begin
	points load >"$WORK/points"
	heal unload
	while read -r call n; do
		point="$call $n"
		load_point killed_at "$call" "$n"
	done <"$WORK/points"
	echo "     $tried points tried, $not_reached of them not reached"
	check "load: the next load or unload heals" no_problems heal
	check "load: no program and no pin is left over" no_problems pins
	check "load: sums are exact" no_problems sums
	check "load: the kills met" test "$not_reached" -le $((tried / 10))
}

# --- unload --------------------------------------------------------------------------------------------

unload_point() {
	local said
	heal load
	traffic wan0 "60,$WAN_KEPT"
	traffic lan0 "60,$LAN_PROBE"
	"$@" unload
	traffic_end
	if [[ -e $BPFFS/xdp-edge/ops ]]; then
		if is_whole; then
			[[ $(total) == "120 10200" ]] || problem sums "not unloaded, 120 frames sent: $(total)"
		fi
		((tried % 2)) || is_whole || heal load
		heal unload
	fi
	said=$(nothing_left) || problem pins "$said"
}

scenario_unload() {
	local call n
	scenario_begin
	heal load
	points unload >"$WORK/points"
	while read -r call n; do
		point="$call $n"
		unload_point killed_at "$call" "$n"
	done <"$WORK/points"
	echo "     $tried points tried, $not_reached of them not reached"
	check "unload: the next load or unload heals" no_problems heal
	check "unload: no program and no pin is left over" no_problems pins
	check "unload: sums are exact until then" no_problems sums
	check "unload: the kills met" test "$not_reached" -le $((tried / 10))
}

main() {
	local option scenario
	while getopts an: option; do
		case $option in
		a) all=1 ;;
		n) every=$OPTARG ;;
		*) exit 2 ;;
		esac
	done
	shift $((OPTIND - 1))
	(($#)) || set -- reload random interfaces enforce monitor load unload
	nic wan0
	nic lan0
	nic new0
	for scenario; do
		"scenario_$scenario"
	done
	finish
}

main "$@"
