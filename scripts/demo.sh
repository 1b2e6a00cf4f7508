#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The demo: a lab, real services and clients, xdp-edge on the four NICs of the perimeter box, its counters while they
# move; first only counting, then rehearsing and enforcing while attackers with nmap and hping3 share the internet. And the
# proof after each: what was captured on the other end of every cable, counted row by row and judged by another program,
# equals what xdp-edge counted and dropped, frame for frame. Cleans up after itself, also when interrupted. `make demo`
# installs and builds first.
#
# DEMO_MODE: monitor, rehearse or enforce: that one alone.
# DEMO_ROUNDS: how often the whole traffic is driven in monitor (default 2, about seven seconds each).
set -euo pipefail

# shellcheck source=scripts/lab/lab.sh
. "$(dirname "${BASH_SOURCE[0]}")/lab/lab.sh"

DEMO_ROUNDS=${DEMO_ROUNDS:-2}
read -ra DEMO_MODES <<<"${DEMO_MODE:-monitor rehearse enforce}"

demo_say() {
	printf '\n== %s\n' "$*"
}

# The counters while they move, until told to end: every second on a terminal, by row where it is tall enough for all of
# them, else by service; in a log seldom, since nothing is redrawn there.
demo_display_start() {
	local how=(--by service --interval 5) lines
	if [[ -t 1 ]]; then
		how=(--by service --interval 1)
		lines=$(stty size </dev/tty 2>/dev/null | cut -d' ' -f1) || lines=0
		if ((${lines:-0} >= 80)); then
			how=(--by row --interval 1)
		fi
	fi
	setsid nsenter --net="/run/netns/$LAB-box" "$XDP_EDGE" -c "$STATE/site.yaml" stats --nonzero "${how[@]}" &
	echo $! >"$STATE/pids/display"
}

demo_run() {
	local mode
	failed=0
	# Not to be stopped by a terminal that lets only the foreground write.
	trap '' TTOU
	demo_say "a lab: the internet with an attacker, a perimeter box with four NICs, the Edge, the inside"
	net_up
	demo_say "services: coturn, SIP over TLS (sipp behind socat), unbound, nginx, prosody"
	services_up
	for mode in "${DEMO_MODES[@]}"; do
		demo_in "$mode"
		if ((failed)); then
			demo_say "FAILED in $mode"
			cat "$STATE/unanswered" >&2
			return 1
		fi
	done
	demo_say "equal, frame for frame and byte for byte, after $SECONDS s"
}

# demo_in MODE: from the load to the proof. Sets `failed`, and does not return where nothing more can follow.
demo_in() {
	local mode=$1
	demo_say "$mode: captures on the far end of each cable, then xdp-edge on the box's NICs; only then does the first frame pass"
	capture_start
	demo_load "$mode"
	lab_xdp_edge status "$LAB"
	gate_open
	demo_display_start
	demo_traffic "$mode" 2>"$STATE/unanswered" || failed=1
	# One more refresh, so that the last numbers are seen.
	sleep 1.2
	end_background display
	gate_close

	demo_say "$mode, the proof: frames captured on each sending peer and behind xdp-edge, and what xdp-edge counted"
	lab_xdp_edge -j stats >"$STATE/stats.json"
	capture_stop
	lab_prove "$mode" || failed=1
	lab_xdp_edge unload
}

# Enforcing begins as on a box that one does not sit beside: without `confirm` it would end by itself.
demo_load() {
	if [[ $1 == enforce ]]; then
		lab_site rehearse
		lab_load load --enforce --confirm-within 60s
		lab_xdp_edge confirm
	else
		lab_site "$1"
		lab_load load
	fi
}

# demo_traffic MODE: fails if a conversation was not answered, whatever the attackers do.
demo_traffic() {
	local round attack rc=0
	if [[ $1 == monitor ]]; then
		demo_traffic_said "$DEMO_ROUNDS rounds"
		for ((round = 1; round <= DEMO_ROUNDS && !rc; round++)); do
			lab_traffic || rc=1
		done
		return "$rc"
	fi
	demo_traffic_said "meanwhile nmap and hping3: scans, floods, forged replies, fragments, worn addresses"
	lab_attack &
	attack=$!
	lab_traffic || rc=1
	wait "$attack" || rc=1
	return "$rc"
}

demo_traffic_said() {
	demo_say "traffic over IPv4 and IPv6: sipp, turnutils, dig, curl, prosody, socat; $1"
}

# The demo runs in a process group of its own, while this shell only waits for it. A shell that waits for a command in
# the foreground may miss a SIGINT that the command gets as well; one that sits in `wait` does not, and cleans up.
demo_main() {
	local rc=0
	((EUID == 0)) || die "needs root: it makes network namespaces; run sudo make demo"
	[[ -x $XDP_EDGE ]] || die "$XDP_EDGE is not built: run make"
	demo=
	trap 'demo_end' EXIT
	# One signal may come as two, from the terminal and from make: the second must not break into the cleaning up.
	trap 'trap "" INT TERM HUP; exit 130' INT
	trap 'trap "" INT TERM HUP; exit 143' TERM HUP
	lab_new
	set -m
	demo_run &
	demo=$!
	set +m
	wait "$demo" || rc=$?
	demo=
	return "$rc"
}

demo_end() {
	local rc=$?
	trap '' INT TERM HUP
	if [[ -n $demo ]]; then
		kill -KILL -- "-$demo" 2>/dev/null || true
	fi
	lab_down
	exit "$rc"
}

demo_main "$@"
