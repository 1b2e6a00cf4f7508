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
# DEMO_STAY: yes or no: whether it stays up at the end, with traffic, for the page and for top; asked on a terminal.
# DEMO_PORT: of the page then, on 127.0.0.1 (default 9464).
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

# --- staying up --------------------------------------------------------------------------------

demo_stays() {
	local answer
	case ${DEMO_STAY:-} in
	yes) return 0 ;;
	no) return 1 ;;
	esac
	[[ -t 0 && -t 1 ]] || return 1
	read -rp $'\nStay up, with traffic, for the page and for top? [y/N] ' answer && [[ $answer == [yYjJ]* ]]
}

# The page's server has no right but its group's. A machine without that group has it here only: in $XDP_EDGE's own view of
# /etc/group.
demo_group() {
	local gid=990 edge=$STATE/run/edge
	if getent group xdp-edge >/dev/null; then
		return
	fi
	while getent group "$gid" >/dev/null; do
		gid=$((gid - 1))
	done
	{
		cat /etc/group
		echo "xdp-edge:x:$gid:"
	} >"$STATE/run/group"
	chmod 0644 "$STATE/run/group"
	cat >"$edge" <<-EOF
		#!/bin/bash
		exec unshare --mount --propagation private bash -c 'mount --bind "\$1" /etc/group && shift && exec "\$@"' - \
			$(printf '%q %q' "$STATE/run/group" "$XDP_EDGE") "\$@"
	EOF
	chmod 0755 "$edge"
	XDP_EDGE=$edge
}

# The lab once more, in the last of the modes, until it is told to end.
demo_stay() {
	local mode=${DEMO_MODES[-1]} port=${DEMO_PORT:-9464} top=$XDP_EDGE
	trap '' TTOU
	demo_group
	# The server explains packets by the site file, and reads it as nobody.
	chmod 0700 "$STATE"/*/
	chmod 0711 "$STATE"
	demo_load "$mode"
	gate_open
	# This machine's namespace, where the browser is, has no NIC of the box: the server stands where they are.
	run_in_background serve serve.log box "$XDP_EDGE" -c "$STATE/site.yaml" serve --host "127.0.0.1:$port"
	setsid socat "TCP-LISTEN:$port,bind=127.0.0.1,reuseaddr,fork" \
		"EXEC:nsenter --net=/run/netns/$LAB-box socat STDIO TCP\:127.0.0.1\:9464" 2>"$STATE/run/page.log" &
	echo $! >"$STATE/pids/page"
	wait_for 10 curl -fs "http://127.0.0.1:$port/metrics" -o /dev/null ||
		die "the page does not answer: $(tail -qn 2 "$STATE/run/serve.log" "$STATE/run/page.log")" || return
	demo_say "it stays up in $mode until Ctrl-C"
	printf '   page   http://127.0.0.1:%s/\n   top    sudo nsenter --net=/run/netns/%s-box %s top %s\n' \
		"$port" "$LAB" "$top" "$LAB"
	while :; do
		demo_traffic "$mode" >/dev/null 2>"$STATE/unanswered" || {
			cat "$STATE/unanswered" >&2
			return 1
		}
	done
}

# The demo runs in a process group of its own, while this shell only waits for it. A shell that waits for a command in
# the foreground may miss a SIGINT that the command gets as well; one that sits in `wait` does not, and cleans up.
demo_main() {
	((EUID == 0)) || die "needs root: it makes network namespaces; run sudo make demo"
	[[ -x $XDP_EDGE ]] || die "$XDP_EDGE is not built: run make"
	demo=
	trap 'demo_end' EXIT
	# One signal may come as two, from the terminal and from make: the second must not break into the cleaning up.
	trap 'trap "" INT TERM HUP; exit 130' INT
	trap 'trap "" INT TERM HUP; exit 143' TERM HUP
	lab_new
	demo_part demo_run
	if ((rc == 0)) && demo_stays; then
		demo_part demo_stay
	fi
	return "$rc"
}

# demo_part FUNCTION: its exit status to `rc`. Not part of a condition, in which errexit would not hold inside.
demo_part() {
	rc=0
	set -m
	"$1" &
	demo=$!
	set +m
	wait "$demo" || rc=$?
	demo=
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
