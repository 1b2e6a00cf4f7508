#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The demo: a lab, real services and clients, xdp-edge on the four NICs of the perimeter box, its counters while they
# move, and then the proof: what was captured on the other end of every cable, counted row by row by another program,
# equals what xdp-edge counted. Cleans up after itself, also when interrupted. `make demo` installs and builds first.
#
# DEMO_ROUNDS: how often the whole traffic is driven (default 3, about seven seconds each).
set -euo pipefail

# shellcheck source=scripts/lab/lab.sh
. "$(dirname "${BASH_SOURCE[0]}")/lab/lab.sh"

DEMO_ROUNDS=${DEMO_ROUNDS:-3}

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
	local round rc=0
	# Not to be stopped by a terminal that lets only the foreground write.
	trap '' TTOU
	demo_say "a lab: the internet, a perimeter box with four NICs, the Edge, the inside"
	net_up
	demo_say "services: coturn, SIP over TLS (sipp behind socat), unbound, nginx, prosody"
	services_up
	demo_say "captures on the far end of each cable, then xdp-edge on the box's NICs; only then does the first frame pass"
	capture_start
	lab_xdp_edge load
	lab_xdp_edge status "$LAB"
	gate_open

	demo_say "traffic over IPv4 and IPv6, $DEMO_ROUNDS rounds: sipp, turnutils, dig, curl, prosody, socat"
	demo_display_start
	for ((round = 1; round <= DEMO_ROUNDS && !rc; round++)); do
		lab_traffic 2>"$STATE/unanswered" || rc=1
	done
	# One more refresh, so that the last numbers are seen.
	sleep 1.2
	end_background display
	gate_close

	demo_say "the proof: frames captured outbound on each sending peer, and what xdp-edge counted, row by row"
	lab_xdp_edge -j stats >"$STATE/stats.json"
	capture_stop
	lab_prove || rc=1
	if ((rc)); then
		demo_say "FAILED"
		cat "$STATE/unanswered" >&2
	else
		demo_say "equal, frame for frame and byte for byte, after $SECONDS s"
	fi
	return "$rc"
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
