#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The lab in enforce and in rehearsal, with attackers on the cable of the internet: every service answers its clients all the
# same, every attack stands under the reason that is its own, and what was sent, counted, dropped and let through agrees
# frame by frame with what another program makes of the captures. Then calls, transfers and media run through reloads and
# changes of mode. Closing line: N passed, N failed.
set -euo pipefail

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=scripts/lab/lab.sh
. "$HERE/../../scripts/lab/lab.sh"
# shellcheck source=tests/datapath/check.sh
. "$HERE/check.sh"

RELOADS=10
RELOADS_WANTED=5
# Seconds that calls, transfers and media go on meanwhile.
CALL=16

test_end() {
	local rc=$?
	trap '' INT TERM
	lab_down
	exit "$rc"
}

# Under each of these the attackers must find themselves.
ATTACKED=(unmatched martian spoofed deny-list deny-row limited unsolicited fragment-denied fragment-orphan ip-other malformed)

# figures dropped|would_drop [FILE]: "REASON PACKETS" each, of the last statistics.
figures() {
	jq -r ".$1 | group_by(.reason)[] | \"\\(.[0].reason) \\(map(.packets) | add)\"" "${2:-$STATE/stats.json}"
}

# packets KIND REASON [FILE]
packets() {
	jq "[.$1[] | select(.reason == \"$2\") | .packets] | add // 0" "${3:-$STATE/stats.json}"
}

each_attack_found() {
	local reason rc=0
	for reason in "${ATTACKED[@]}"; do
		(($(packets "$1" "$reason") > 0)) || {
			echo "nothing under $reason"
			rc=1
		}
	done
	return $rc
}

none_in() {
	jq -e ".$1 == []" "$STATE/stats.json"
}

# --- one mode under attack -----------------------------------------------------------------------

# under_attack MODE: drives traffic twice while the attackers work once, and reads everything when it is over.
under_attack() {
	local mode=$1 attack rc=0
	check "$mode: captures start" capture_start
	lab_site rehearse
	if [[ $mode == enforce ]]; then
		check "enforce: loads, to be confirmed" lab_load load --enforce --confirm-within 60s
		check "enforce: confirmed" lab_xdp_edge confirm
	else
		check "$mode: loads" lab_load load
	fi
	gate_open
	lab_attack >"$STATE/attack.said" 2>&1 &
	attack=$!
	check "$mode: every conversation is answered under attack" lab_traffic
	wait "$attack" || rc=1
	check "$mode: every attack was sent" eval "cat $STATE/attack.said; (($rc == 0))"
	check "$mode: every conversation is answered afterwards" lab_traffic
	gate_close
	lab_xdp_edge -j stats >"$STATE/stats.json" || true
	cp "$STATE/stats.json" "$STATE/$mode.json"
	check "$mode: captures are complete" capture_stop
	check "$mode: sent, counted, dropped and let through agree" lab_prove "$mode"
}

# The statistics with one verdict changed, or a frame too few let through: the proof must notice.
proof_notices() {
	local change
	cp "$STATE/stats.json" "$STATE/right.json"
	for change in '.dropped[0].packets += 1' '.dropped[-1].bytes -= 1' '.dropped[1].role = "director"' \
		'.dropped |= .[1:]' '.would_drop = [.dropped[0]]' '.exempt[0].packets += 1' '.misses.unsolicited.packets -= 1'; do
		jq "$change" "$STATE/right.json" >"$STATE/stats.json"
		if lab_prove enforce; then
			echo "not noticed: $change"
			cp "$STATE/right.json" "$STATE/stats.json"
			return 1
		fi
	done
	cp "$STATE/right.json" "$STATE/stats.json"
	cp "$STATE/passed/wan0.pcap" "$STATE/whole.pcap"
	/usr/bin/python3 -c 'import struct, sys
data = open(sys.argv[1], "rb").read()
size = 16 + struct.unpack_from("<I", data, 24 + 8)[0]
open(sys.argv[2], "wb").write(data[:24] + data[24 + size:])' "$STATE/whole.pcap" "$STATE/passed/wan0.pcap"
	if lab_prove enforce; then
		echo "not noticed: a frame that did not come through"
		return 1
	fi
	mv "$STATE/whole.pcap" "$STATE/passed/wan0.pcap"
}

# --- the same frames in both modes ---------------------------------------------------------------

# replayed MODE: every cable's frames once more, through the program but not through a network; and the other program judges
# them again, since on a cable alone the flows of the others are unknown.
replayed() {
	local mode=$1 cable nic ns peer side
	mkdir -p "$STATE/replay"
	for cable in "${CABLES[@]}"; do
		read -r nic ns peer <<<"$cable"
		side=$(sed -n "s/^  $nic: //p" "$STATE/site.yaml")
		{
			sed '/^interfaces:/,$d' "$LAB_ROOT/maps/sites/lab.yaml"
			printf 'interfaces:\n  replay: %s\n' "$side"
			cat "$LAB_HOME/guard.yaml"
		} >"$STATE/replay.yaml"
		cp "$STATE/captures/$nic.pcap" "$STATE/replay/replay.pcap"
		"$XDP_EDGE" -c "$STATE/replay.yaml" -j replay --side "$side" --mode "$mode" "$STATE/replay/replay.pcap" \
			>"$STATE/replay/$nic.$mode.json" || return
		"$LAB_HOME/expect.py" "$LAB_ROOT/maps/spec" "$STATE/replay.yaml" --mode "$mode" \
			--stats "$STATE/replay/$nic.$mode.json" "$STATE/replay/replay.pcap" || return
	done
}

# What would be dropped in rehearsal is what is dropped in enforce: by reason, role and NIC, packets and bytes.
modes_agree() {
	local cable nic rest
	for cable in "${CABLES[@]}"; do
		read -r nic rest <<<"$cable"
		jq -s -e '.[0].dropped == [] and .[1].would_drop == [] and .[0].would_drop == .[1].dropped and
			(.[1].dropped | length > 0)' "$STATE/replay/$nic.rehearse.json" "$STATE/replay/$nic.enforce.json" || {
			echo "$nic:"
			diff <(jq -c '.would_drop[]' "$STATE/replay/$nic.rehearse.json") <(jq -c '.dropped[]' "$STATE/replay/$nic.enforce.json")
			return 1
		}
	done
}

# --- reloads under flows -------------------------------------------------------------------------

# flow NAME COMMAND...: in the background. `check` runs its command in a subshell, which cannot wait for this shell's
# children: they leave their exit code in a file.
flow() {
	local name=$1 file=$STATE/flow.${#flows[@]}
	shift
	{
		local rc=0
		"$@" >"$file" 2>&1 || rc=$?
		echo "$rc" >"$file.code"
	} &
	flows+=("$name")
}

# flow_ends NUMBER: with success.
flow_ends() {
	local file=$STATE/flow.$1
	wait_for $((CALL + 40)) test -s "$file.code" || return
	cat "$file"
	return "$(<"$file.code")"
}

transfer() {
	limited inet curl -sS -f -o /dev/null -w '%{size_download}' --noproxy '*' --max-time 35 --interface "$1" --cacert \
		"$STATE/tls/ca.pem" --connect-to "::$(bracket "$2"):443" "https://lab.example/slow" | grep -x "$SLOW"
}

flows_start() {
	local lport=21000 relay
	# The web servers send it at 100 kB a second.
	SLOW=$((CALL * 100 * 1024))
	head -c "$SLOW" /dev/zero >"$STATE/run/www/slow"
	service edge media4 "$HERE/stream.py" echo 203.0.113.12 50700
	service edge media6 "$HERE/stream.py" echo 2001:db8:e::12 50700
	wait_for 5 services_listens edge udp:203.0.113.12:50700
	wait_for 5 services_listens edge "udp:[2001:db8:e::12]:50700"
	flow "media, IPv4" limited inet "$HERE/stream.py" send 198.51.100.10 203.0.113.12 50700 "$CALL"
	flow "media, IPv6" limited inet "$HERE/stream.py" send 2001:db8:1:0:c::10 2001:db8:e::12 50700 "$CALL"
	flow "a transfer, IPv4" transfer 198.51.100.10 203.0.113.11
	flow "a transfer, IPv6" transfer 2001:db8:1:0:c::10 2001:db8:e::11
	flow "calls, IPv4" call_sip inet 198.51.100.20 203.0.113.10 5061 5 $((CALL * 900))
	lport=21100
	flow "calls, IPv6" call_sip inet 2001:db8:1::20 2001:db8:e::10 5061 5 $((CALL * 900))
	relay=()
	flow "TURN, udp" relay_media inet 198.51.100.10 203.0.113.12 $((CALL * 60)) -p 3478 -e 198.51.100.11 -r 3480
}

# Other rows and other verdicts each time, and every third time the other mode. Fails unless enough of it was while all
# flows ran, however slow the machine is.
reload_often() {
	local i under_flows=0
	for ((i = 0; i < RELOADS; i++)); do
		lab_site enforce
		if ((i % 2)); then
			sed -i '/verdict: deny/d' "$STATE/site.yaml"
		fi
		if ((i % 3 == 2)); then
			sed -i 's/^mode: .*/mode: rehearse/' "$STATE/site.yaml"
		fi
		lab_xdp_edge reload || return
		if ! ls "$STATE"/flow.*.code 2>/dev/null; then
			under_flows=$((under_flows + 1))
		fi
		sleep 0.4
	done
	echo "$under_flows reloads while all flows ran"
	((under_flows >= RELOADS_WANTED))
}

# Not one packet of the flows was taken for one without a flow.
no_flow_lost() {
	lab_xdp_edge -j stats >"$STATE/after.json"
	echo "before:"
	figures dropped "$STATE/before.json"
	echo "after:"
	figures dropped "$STATE/after.json"
	[[ $(packets dropped unsolicited "$STATE/before.json") == "$(packets dropped unsolicited "$STATE/after.json")" &&
		$(packets would_drop unsolicited "$STATE/before.json") == "$(packets would_drop unsolicited "$STATE/after.json")" ]]
}

reloads_under_flows() {
	local i
	flows=()
	gate_open
	lab_xdp_edge -j stats >"$STATE/before.json"
	flows_start
	sleep 1.5
	check "$RELOADS reloads and changes of mode under flows" reload_often
	for ((i = 0; i < ${#flows[@]}; i++)); do
		check "through the reloads: ${flows[i]}" flow_ends "$i"
	done
	check "through the reloads: no packet lost its flow" no_flow_lost
	gate_close
}

main() {
	trap test_end EXIT
	trap 'trap "" INT TERM HUP; exit 130' INT
	trap 'exit 143' TERM

	LAB_MODE=enforce lab_up
	check "services start" services_up
	under_attack rehearse
	check "rehearse: each attack under its own reason" each_attack_found would_drop
	check "rehearse: nothing was dropped" none_in dropped
	check "rehearse: unload" lab_xdp_edge unload
	under_attack enforce
	check "enforce: each attack under its own reason" each_attack_found dropped
	check "enforce: nothing is told as merely rehearsed" none_in would_drop
	check "the proof notices what is wrong" proof_notices
	check "the same frames replayed, rehearse" replayed rehearse
	check "the same frames replayed, enforce" replayed enforce
	check "what rehearsal would drop is what enforce drops" modes_agree
	reloads_under_flows
	check "enforce: unload" lab_xdp_edge unload

	echo "$passed passed, $failed failed"
	((failed == 0))
}

main "$@"
