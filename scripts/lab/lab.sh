#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The lab: network namespaces, real services and real clients around a perimeter box with four NICs. It serves the tests
# and the demo, and can be used by hand:
#
#   eval "$(sudo scripts/lab/lab.sh up)"      # prints LAB_STATE=DIRECTORY: the lab that the other verbs mean
#   sudo LAB_STATE=$LAB_STATE scripts/lab/lab.sh VERB
#
# Verbs: up, services, gate-open, gate-close, capture-start, load, traffic, attack, stats, unload, capture-stop, prove, down.
# LAB_MODE=rehearse or enforce, for `up`: the site with verdicts (scripts/lab/guard.yaml) instead of one that only counts.
# Names carry a prefix of the lab's own, so that several labs live side by side. Root only: it makes namespaces. Sourced
# by another script it gives the functions lab_* and does nothing by itself.
set -euo pipefail

LAB_HOME=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
LAB_ROOT=$(cd "$LAB_HOME/../.." && pwd)
XDP_EDGE=${XDP_EDGE:-$LAB_ROOT/build/xdp-edge}

# shellcheck source=scripts/lab/net.sh
. "$LAB_HOME/net.sh"
# shellcheck source=scripts/lab/services.sh
. "$LAB_HOME/services.sh"
# shellcheck source=scripts/lab/traffic.sh
. "$LAB_HOME/traffic.sh"
# shellcheck source=scripts/lab/wait.sh
. "$LAB_HOME/wait.sh"
# shellcheck source=scripts/lab/attack.sh
. "$LAB_HOME/attack.sh"

die() {
	echo "lab: $*" >&2
	return 1
}

# run_in_background NAME LOG NAMESPACE COMMAND...: in a session of its own, so that it and what it forks end together;
# its id goes to $STATE/pids/NAME.
run_in_background() {
	local name=$1 log=$2 ns=$3
	shift 3
	(
		cd "$STATE/run"
		exec setsid nsenter --net="/run/netns/$LAB-$ns" "$@" </dev/null >"$log" 2>&1
	) &
	echo $! >"$STATE/pids/$name"
	# The shell need not tell how it ended.
	disown
}

# Programs that a distribution's AppArmor profile would keep out of the lab's private directory run without it.
unconfined() {
	if [[ $(cat /sys/module/apparmor/parameters/enabled 2>/dev/null) == Y ]] && command -v aa-exec >/dev/null; then
		echo "aa-exec -p unconfined --"
	fi
}

# end_background NAME...: asks them and their forks to end, insists after two seconds. No `wait` here: in a trap that broke
# into another `wait`, bash may wait for ever for a process that has ended already.
end_background() {
	local name sessions=
	for name in "$@"; do
		if [[ -e $STATE/pids/$name ]]; then
			sessions+=${sessions:+,}$(<"$STATE/pids/$name")
			rm -f "$STATE/pids/$name"
		fi
	done
	[[ -n $sessions ]] || return 0
	background_signal TERM "$sessions"
	if ! wait_for 2 background_ended "$sessions"; then
		background_signal KILL "$sessions"
	fi
}

# background_signal SIGNAL LEADER,...: to the leaders of sessions (that may not have become one yet) and to all members.
background_signal() {
	local pid
	for pid in ${2//,/ } $(ps -o pid= -g "$2"); do
		kill -s "$1" "$pid" 2>/dev/null || true
	done
}

# No member of the sessions is left but those that are dead already.
background_ended() {
	[[ -z $(ps -o stat= -g "$1" | tr -d 'Z<NsLl+\n ') ]]
}

# Makes the lab; prints nothing. Sets LAB and STATE. The gate is closed: no frame passes yet.
lab_up() {
	lab_new
	net_up
}

# The lab's name and its directory, nothing else yet: sets LAB and STATE, which lab_down needs.
lab_new() {
	local tool
	((EUID == 0)) || die "needs root: it makes network namespaces" || return
	for tool in ip tc nsenter setsid ethtool tcpdump; do
		command -v "$tool" >/dev/null || die "$tool is missing: run scripts/install-deps.sh" || return
	done
	STATE=$(mktemp -d "${TMPDIR:-/tmp}/xe-lab.XXXXXX") # mode 0700
	LAB=xe-$(printf %s "${STATE##*.}" | tr '[:upper:]' '[:lower:]')-$$
	mkdir "$STATE/pids" "$STATE/run" "$STATE/log"
	echo "$LAB" >"$STATE/name"
	lab_site "${LAB_MODE:-monitor}"
}

# lab_site MODE: the site from now on; a load or a reload puts it into force.
lab_site() {
	case $1 in
	monitor | rehearse | enforce) ;;
	*) die "LAB_MODE=$1: monitor, rehearse or enforce" || return ;;
	esac
	sed "s/^name: .*/name: $LAB/; s/^mode: .*/mode: $1/" "$LAB_ROOT/maps/sites/lab.yaml" >"$STATE/site.new"
	if [[ $1 != monitor ]]; then
		cat "$LAB_HOME/guard.yaml" >>"$STATE/site.new"
	fi
	mv "$STATE/site.new" "$STATE/site.yaml"
}

# Takes up the lab that LAB_STATE names.
lab_take() {
	STATE=${LAB_STATE:?set LAB_STATE to what \"up\" printed}
	[[ -r $STATE/name ]] || die "$STATE: no lab here" || return
	LAB=$(<"$STATE/name")
}

# xdp-edge, in the box's namespace, on this lab's site; the SSH connection that it is typed in does not pass here.
lab_xdp_edge() {
	in_ns box env -u SSH_CONNECTION "$XDP_EDGE" -c "$STATE/site.yaml" "$@"
}

# lab_load load|reload [OPTION...]. An XDP program makes a veth merge segments again, and then what passed is no longer
# what was sent.
lab_load() {
	local cable nic ns peer
	lab_xdp_edge "$@" || return
	for cable in "${CABLES[@]}"; do
		read -r nic ns peer <<<"$cable"
		net_plain box "$nic"
	done
}

# lab_prove [MODE]: compares the captures with the counters, row by row and verdict by verdict, and frame by frame what came
# through with what was to, in the site's mode or another; the gate was closed when `stats -j` spoke.
# shellcheck disable=SC2120 # by itself this file passes none
lab_prove() {
	"$LAB_HOME/expect.py" "$LAB_ROOT/maps/spec" "$STATE/site.yaml" ${1:+--mode "$1"} --stats "$STATE/stats.json" \
		--passed "$STATE/passed" "$STATE"/captures/*.pcap
}

# Takes the lab away, however far it had come; says nothing and succeeds if it is gone already.
lab_down() {
	local ns pid names file
	[[ -n ${STATE:-} && -d $STATE ]] || return 0
	if [[ -e /sys/fs/bpf/xdp-edge/$LAB && -e /run/netns/$LAB-box ]]; then
		lab_xdp_edge unload >/dev/null 2>"$STATE/unload" || echo "lab: xdp-edge unload failed: $(<"$STATE/unload")" >&2
	fi
	if [[ -d $STATE/pids ]]; then
		# Debian's prosody with lua-unbound crashes at an orderly end, and the system's log says so; spare it that.
		for file in "$STATE"/pids/*-prosody; do
			[[ -e $file ]] && background_signal KILL "$(<"$file")"
		done
		mapfile -t names < <(ls "$STATE/pids")
		end_background "${names[@]}"
	fi
	# What a client left behind: whoever lives in the lab's own namespaces is the lab's own.
	for ns in "${NAMESPACES[@]}"; do
		[[ -e /run/netns/$LAB-$ns ]] || continue
		for pid in $(ip netns pids "$LAB-$ns"); do
			kill -KILL "$pid" 2>/dev/null || true
		done
	done
	net_down
	# The NICs are gone, their programs with them; pins of this lab's own name are all that a failed unload can leave.
	rm -rf "/sys/fs/bpf/xdp-edge/${LAB:?}" "$STATE"
	STATE=
}

lab_main() {
	local verb=${1:-}
	case $verb in
	up)
		trap 'lab_down' EXIT
		# Once only: a second signal must not break into lab_down.
		trap 'trap "" INT TERM; exit 130' INT
		trap 'trap "" INT TERM; exit 143' TERM
		lab_up
		trap - EXIT INT TERM
		echo "LAB_STATE=$STATE"
		return
		;;
	services | gate-open | gate-close | capture-start | capture-stop | load | unload) lab_take ;;
	traffic | traffic-here | attack | attack-here | stats | prove) lab_take ;;
	down)
		[[ -e ${LAB_STATE:-}/name ]] || return 0
		lab_take
		;;
	*)
		sed -n '4,/^set -/s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2
		return 2
		;;
	esac
	case $verb in
	services) services_up ;;
	gate-open) gate_open ;;
	gate-close) gate_close ;;
	capture-start) capture_start ;;
	capture-stop) capture_stop ;;
	load) lab_load load ;;
	unload) lab_xdp_edge unload ;;
	traffic)
		trap 'end_background traffic' EXIT
		trap 'exit 130' INT
		trap 'exit 143' TERM
		lab_traffic
		;;
	attack)
		trap 'end_background attack' EXIT
		trap 'exit 130' INT
		trap 'exit 143' TERM
		lab_attack
		;;
	traffic-here) traffic_run ;;
	attack-here) attack_run ;;
	stats) lab_xdp_edge -j stats >"$STATE/stats.json" && cat "$STATE/stats.json" ;;
	prove) lab_prove "" ;;
	down) lab_down ;;
	esac
}

if [[ ${BASH_SOURCE[0]} == "$0" ]]; then
	lab_main "$@"
fi
