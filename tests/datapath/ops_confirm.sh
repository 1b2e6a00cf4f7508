#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The dead-man's switch: what enforces to a deadline drops before it and, unless confirmed, passes everything after it, whatever
# becomes of the session and the loader; a confirmation in time holds; one that comes too late, or twice, or for nothing, is
# refused; reloads in the window keep to it; and at no moment that a kill can leave behind does an unconfirmed policy enforce
# without its deadline.
set -euo pipefail
# shellcheck source=tests/datapath/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
world "$0" "$@"

FRAMES=10
ALLOWED=udp,192.0.2.1,5000,203.0.113.10,7000,60
FORBIDDEN=udp,192.0.2.1,5000,203.0.113.10,7009,60
# Seconds to confirm in: the next one is taken where the machine was too slow to look in time.
WINDOWS=(3 12 48)

# site MODE: written anew.
site() {
	sed "s/^mode:.*/mode: $1/" "$FIXTURES/old.yaml" >"$WORK/site.yaml"
}

# now: microseconds of a clock that is not set.
now() {
	python3 -c 'import time; print(time.monotonic_ns() // 1000)'
}

# arrived FLOW: of FRAMES sent now, how many get past the program. A packet socket sees what XDP passed on.
arrived() {
	python3 - wan0 "${1##*,}" "$FRAMES" far_send "$FRAMES,$1" <<-'PY'
		import socket, subprocess, sys, os
		nic, length, frames, _, flow = sys.argv[1:]
		port = int(flow.split(",")[5])
		s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0800))
		s.bind((nic, 0))
		subprocess.run(["nsenter", "--net=/run/netns/far", os.environ["SEND"], nic + "-far", flow], check=True,
		               stdout=subprocess.DEVNULL)
		s.settimeout(0.3)
		seen = 0
		try:
		    while True:
		        frame = s.recv(2048)
		        seen += frame[23] == 17 and int.from_bytes(frame[36:38], "big") == port
		except TimeoutError:
		    pass
		print(seen)
	PY
}

# verdicts: what becomes of allowed and of forbidden frames.
verdicts() {
	echo "$(arrived "$ALLOWED") $(arrived "$FORBIDDEN")"
}

dropping="$FRAMES 0"
passing="$FRAMES $FRAMES"

# window COMMAND...: run it with --confirm-within; sets `seen`, the verdicts in the window (or what went wrong), and `over`, a
# moment when it is over for certain.
window() {
	local began within
	for within in "${WINDOWS[@]}"; do
		[[ $2 != load ]] || xe unload >/dev/null 2>&1 || true
		began=$(now)
		if ! "$@" --confirm-within "${within}s" >"$WORK/said" 2>&1; then
			seen=$(<"$WORK/said")
			return
		fi
		over=$(($(now) + within * 1000000))
		seen=$(verdicts)
		(($(now) < began + within * 1000000)) && return
	done
	seen="never in time"
}

wait_over() {
	local left=$((over - $(now)))
	((left < 0)) || sleep "$(printf '%d.%06d' $((left / 1000000)) $((left % 1000000)))"
	# the program's clock and this one are the same; the last microseconds are not
	sleep 0.01
}

# state: mode, whether packets are dropped now, whether it waits for a confirmation.
state() {
	stats '"\(.mode) \(.enforcing) \(.unconfirmed)"'
}

generation() {
	stats .generation
}

# lines FILE: without the times in them.
lines() {
	sed -E 's/[0-9]{4}-[0-9-]+T[0-9:]+[+-][0-9]{4}/TIME/g; s/ [0-9]+ s( before)?/ N s\1/g; s/(generation) [0-9]+/\1 N/g' "$1"
}

# refused TEXT COMMAND...: exit code 1, and says that, times left out.
refused() {
	local text=$1 rc=0
	shift
	"$@" >"$WORK/stdout" 2>"$WORK/stderr" || rc=$?
	equal "$rc" 1
	equal "$(cat "$WORK/stdout")" ""
	equal "$(lines "$WORK/stderr")" "$text"
}

usage_refused() {
	local text=$1 rc=0
	shift
	"$@" >"$WORK/stdout" 2>"$WORK/stderr" || rc=$?
	equal "$rc" 2
	equal "$(head -n 1 "$WORK/stderr")" "$text"
}

case_load() {
	site monitor
	window xe load --enforce
	check "it says until when, and the command that confirms" equal "$(lines "$WORK/said" | grep -o 'mode enforce.*\|  xdp-edge.*')" \
		"mode enforce until TIME, in N s; from then on it only rehearses, unless you confirm:
  xdp-edge confirm ops"
	check "in the window it drops" equal "$seen" "$dropping"
	wait_over
	check "after the deadline everything passes" equal "$(verdicts)" "$passing"
	check "the state says so" equal "$(state)" "enforce false true"
	check "what would have been dropped is counted" equal \
		"$(stats '[.would_drop[] | select(.reason == "unmatched" and .role == "access-edge") | .packets] | add')" "$FRAMES"
	check "confirm comes too late" refused "xdp-edge: ops: too late: generation N only rehearses since TIME: xdp-edge reload --enforce --confirm-within 60s, then confirm in time" \
		xe confirm
	check "which changes nothing" equal "$(verdicts)" "$passing"
	check "both say the same second" equal "$(sed 's/.* since \([^ ]*\): .*/\1/' "$WORK/stderr")" \
		"$(xe status | sed -n 's/.* rehearsing since \([^ ]*\), .*/\1/p')"
}

# After a deadline has passed.
case_late_reload() {
	site enforce
	check "a plain reload does not confirm what nobody confirmed" ends 0 - xe reload
	check "it rehearses on" equal "$(verdicts) $(state)" "$passing enforce false true"
	window xe reload
	check "a reload with a deadline of its own enforces again" equal "$seen" "$dropping"
	check "confirm in time" ends 0 "" xe confirm ops
	check "it says so" equal "$(lines "$WORK/stdout")" "ops: generation N confirmed, N s before its deadline: it enforces from now on"
	wait_over
	check "it drops after the deadline too" equal "$(verdicts) $(state)" "$dropping enforce true false"
	check "confirm again has nothing to confirm" refused "xdp-edge: ops: nothing to confirm: generation N enforces without a deadline" xe confirm
	check "reload of what is confirmed enforces on" ends 0 "" xe reload
	check "without a deadline" equal "$(verdicts) $(state)" "$dropping enforce true false"
}

case_session() {
	local leader
	site rehearse
	xe reload >/dev/null
	check "rehearse drops nothing" equal "$(verdicts) $(state)" "$passing rehearse false false"
	check "nothing to confirm in rehearse" refused "xdp-edge: ops: nothing to confirm: generation N does not enforce" xe confirm
	for within in "${WINDOWS[@]}"; do
		local began
		began=$(now)
		setsid bash -c "'$XE' -c '$WORK/site.yaml' reload --enforce --confirm-within ${within}s >'$WORK/said'; echo \$\$ >'$WORK/leader'; sleep 1000" &
		until [[ -s $WORK/leader ]]; do sleep 0.05; done
		over=$(($(now) + within * 1000000))
		leader=$(<"$WORK/leader")
		rm "$WORK/leader"
		kill -KILL -- "-$leader"
		wait "$!" 2>/dev/null || true
		seen=$(verdicts)
		(($(now) < began + within * 1000000)) && break
	done
	check "with its whole session killed it still enforces in the window" equal "$seen" "$dropping"
	wait_over
	check "and falls back by itself" equal "$(verdicts) $(state)" "$passing enforce false true"
	xe reload >/dev/null
	check "rehearse takes the deadline away" equal "$(state)" "rehearse false false"
}

case_reload_in_window() {
	site enforce
	window xe reload
	check "a window" equal "$seen" "$dropping"
	xe reload >/dev/null 2>&1
	check "a plain reload in it keeps the deadline" equal "$(state | cut -d' ' -f1,3)" "enforce true"
	wait_over
	check "and the new policy falls back with it" equal "$(verdicts) $(state)" "$passing enforce false true"
	xe reload --confirm-within 1s >/dev/null
	window xe reload
	check "of two deadlines the later reload's counts" equal "$seen" "$dropping"
	xe confirm >/dev/null
	wait_over
	check "and confirmed for good" equal "$(verdicts) $(state)" "$dropping enforce true false"
	site monitor
	xe reload >/dev/null
	check "monitor needs no confirmation" equal "$(verdicts) $(state)" "$passing monitor false false"
	xe unload >/dev/null
}

# bare: a live policy that enforces, and has no deadline.
bare() {
	bpftool -j map dump pinned "$BPFFS/xdp-edge/ops/control" |
		jq -e '.[0].formatted.value | .live != 0 and .mode[.live % 2] == 2 and .deadline == 0' >/dev/null
}

# points COMMAND...: lines "CALL N", the system calls from where a generation is all there but not live.
points() {
	strace -f -qq -e trace=bpf,mmap,munmap,close,sendto -e signal=none -s 200 -o "$WORK/trace" "$XE" -c "$SITE" "$@" >/dev/null
	sed 's/^[0-9]* *//' "$WORK/trace" | awk '
		{ call = $0; sub(/\(.*/, "", call); n[call]++ }
		begun && begun++ <= 24 { print call, n[call] }
		/BPF_OBJ_PIN.*gen-[0-9]*\/rows/ { begun = 1 }'
}

# killed_at CALL N COMMAND...
killed_at() {
	{ strace -f -qq -e trace="$1" -e signal=none -e inject="$1:signal=SIGKILL:when=$2" -o /dev/null \
		"$XE" -c "$SITE" "${@:3}" >/dev/null 2>&1; } 2>/dev/null || true
}

# From rehearse to enforce.
case_reload_killed() {
	local call n tried=0 bad="" enforced=0
	site rehearse
	xe load >/dev/null
	points reload --enforce --confirm-within 1h >"$WORK/points"
	xe reload >/dev/null
	while read -r call n; do
		tried=$((tried + 1))
		killed_at "$call" "$n" reload --enforce --confirm-within 1h
		case $(state) in
		"rehearse false false") ;;
		"enforce true true") enforced=$((enforced + 1)) ;;
		*) bad+=" $call $n: $(state)" ;;
		esac
		if bare; then bad+=" $call $n: no deadline"; fi
		xe reload >/dev/null 2>&1
		[[ $(state) == "rehearse false false" ]] || bad+=" $call $n: then $(state)"
	done <"$WORK/points"
	echo "     $tried points tried, $enforced of them after the new policy was live"
	check "killed anywhere: rehearses, or enforces with its deadline; the next reload heals" equal "$bad" ""
	check "kills met both" test "$enforced" -gt 0 -a "$enforced" -lt "$tried"
	xe reload --enforce >/dev/null
	check "enforce without a deadline is what that looks for" bare
	xe unload >/dev/null
}

case_load_killed() {
	local call n bad="" live=0
	site enforce
	points load --confirm-within 1h >"$WORK/points"
	xe unload >/dev/null
	while read -r call n; do
		killed_at "$call" "$n" load --confirm-within 1h
		if [[ $(xe -j status | jq -r '.policies[0].generation') == 1 ]]; then live=$((live + 1)); fi
		if bare; then bad+=" $call $n"; fi
		if [[ $(xe -j status | jq '.policies[0].whole') == false ]] && xe confirm >/dev/null 2>&1; then bad+=" $call $n: confirmed"; fi
		xe unload >/dev/null
	done <"$WORK/points"
	echo "     $(wc -l <"$WORK/points") points tried, $live of them after the policy was live"
	check "a load killed anywhere leaves no live policy without its deadline" equal "$bad" ""
	check "kills met both" test "$live" -gt 0 -a "$live" -lt "$(wc -l <"$WORK/points")"
}

# Unloaded, and loaded again, between what confirm looks at and its turn: what it was typed for is gone.
case_unloaded() {
	local pid rc=0
	site enforce
	xe load --confirm-within 1h >/dev/null
	strace -qq -e trace=bpf,flock -e signal=none -e inject=flock:delay_enter=6000000 -o "$WORK/trace" \
		"$XE" -c "$SITE" confirm >"$WORK/late" 2>&1 &
	pid=$!
	# it has the policy open when it comes to the lock
	until grep -q '^flock' "$WORK/trace" 2>/dev/null; do sleep 0.05; done
	xe unload >/dev/null
	xe load --confirm-within 1h >/dev/null
	wait "$pid" || rc=$?
	check "confirm of what is unloaded and loaded meanwhile" equal "$rc $(lines "$WORK/late")" \
		"1 xdp-edge: ops: generation N was unloaded meanwhile: nothing was confirmed"
	check "the new one waits on" equal "$(state)" "enforce true true"
	xe unload >/dev/null
}

case_usage() {
	site rehearse
	check "--confirm-within without enforce" usage_refused \
		"xdp-edge load: --confirm-within: there is nothing to confirm, the site's mode is rehearse: add --enforce" xe load --confirm-within 60s
	check "nothing was loaded" equal "$(own_pins)" "xdp-edge"
	check "confirm of nothing" refused "xdp-edge: no policy named ops is loaded: xdp-edge load" xe confirm
	check "confirm takes one name" usage_refused "xdp-edge confirm: b: one name at most" xe confirm a b
	check "24h is the most" ends 0 - xe load --enforce --confirm-within 24h
	xe unload >/dev/null
}

main() {
	export SEND
	SITE=$WORK/site.yaml
	nic wan0
	nic lan0
	case_load
	case_late_reload
	case_session
	case_reload_in_window
	case_reload_killed
	case_load_killed
	case_unloaded
	case_usage
	check "nothing is left" equal "$(own_pins) $(dispatchers)$(xdp_on wan0)$(xdp_on lan0)" "xdp-edge "
	finish
}

main "$@"
