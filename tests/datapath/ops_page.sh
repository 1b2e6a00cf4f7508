#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The page that `serve` shows, in a real browser: a loaded policy, real traffic, hostile names, and Chromium driven by
# tests/page/browser.mjs, which has things done in this world by a script, WORK/do. Its pictures come to build/page.
#
#	ops_page.sh
set -euo pipefail
# shellcheck source=tests/datapath/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

PICTURES=${PICTURES:-$OPS_ROOT/build/page}
CHROMIUM=${CHROMIUM:-/usr/bin/chromium}

# What is missing is fetched outside: the world has no network.
if [[ ${OPS_WORLD:-} != inside ]]; then
	why=
	[[ -x $CHROMIUM ]] || why="no $CHROMIUM here: apt-get install chromium"
	BROWSER_TESTS=$("$OPS_ROOT/scripts/install-browser-tests.sh") || why=${why:-"no playwright-core"}
	if [[ $why ]]; then
		echo "FAIL page: $why"
		echo "0 passed, 1 failed"
		exit 1
	fi
	mkdir -p "$PICTURES"
	export BROWSER_TESTS
fi
world "$0" "$@"

SITE=$WORK/site.yaml
# The name of a NIC: markup, and what turns the text behind it around.
# shellcheck disable=SC2089 # markup that is meant so
HOSTILE=$'<s>"&\xe2\x80\xae0'
SERVER=127.0.0.1:9464

# Who serves is nobody, and of the group that may read counters; it reads the site for `explain`.
readers_group
nic wan0
nic lan0
nic "$HOSTILE"

# site MODE: rows with names that are markup, turn the text around, or are longer than a phone is wide.
site() {
	cat >"$SITE" <<-END
		name: page
		mode: $1
		tables: [lync2013-edge-nat]
		roles:
		  access-edge: [203.0.113.10, "2001:db8:16::10"]
		  av-edge: 203.0.113.30
		  edge-internal: 172.25.33.10
		  front-end: 10.0.1.11
		interfaces:
		  wan0: internet
		  lan0: lan
		  '$HOSTILE': dmz-external
		state: {flows: 1000}
		rows:
		  - {name: kept, service: kept, l4: udp, ports: 7000, source: 192.0.2.0/24, destination: access-edge}
		  - name: hostile
		    service: "<img src=x onerror=\\"window.pwned=1\\">\\u202E\\e[2J"
		    l4: udp
		    ports: 7003
		    source: 192.0.2.0/24
		    destination: access-edge
		  - name: long
		    service: 'a-service-of-one-single-word-that-is-longer-than-any-telephone-is-wide-and-does-not-end-where-a-line-does'
		    l4: udp
		    ports: 7004
		    source: 192.0.2.0/24
		    destination: access-edge
		  - name: limited
		    service: limited
		    l4: udp
		    ports: 7005
		    source: 192.0.2.0/24
		    destination: access-edge
		    limit: 5/s per source
		    limit_on: packets
	END
	chmod 644 "$SITE"
}

# serve_start: in the background; its output to WORK/serve.log.
serve_start() {
	"$XE" -c "$SITE" serve --listen "$SERVER" >>"$WORK/serve.log" 2>&1 &
	echo $! >"$WORK/serve.pid"
	for _ in {1..200}; do
		curl -s -o "$WORK/serve.head" "http://$SERVER/" && return
		kill -0 "$(cat "$WORK/serve.pid")" || break
		sleep 0.1
	done
	cat "$WORK/serve.log"
	return 1
}

serve_stop() {
	local pid
	pid=$(cat "$WORK/serve.pid")
	kill "$pid"
	wait_for 20 ended "$pid" && return
	echo "serve does not end"
	return 1
}

# traffic_start NIC PPS FLOW...: until traffic_stop.
traffic_start() {
	local nic=$1 pps=$2 flow flows=()
	shift 2
	for flow; do
		flows+=("0,$flow")
	done
	nsenter --net=/run/netns/far "$SEND" -r "$pps" "$nic-far" "${flows[@]}" >/dev/null 2>&1 &
	echo $! >>"$WORK/senders"
}

traffic_stop() {
	local pid
	[[ -e $WORK/senders ]] || return 0
	while read -r pid; do
		kill "$pid" 2>/dev/null || true
	done <"$WORK/senders"
	rm "$WORK/senders"
}

mode() {
	site "$1"
	xe reload
}

# WORK/do FUNCTION [ARGUMENT...]: for the browser's test.
{
	echo '#!/bin/bash'
	echo 'set -euo pipefail'
	# shellcheck disable=SC2090
	declare -p XE SEND SITE WORK HOSTILE SERVER BPFFS | sed 's/^declare -[-x]*/declare/'
	declare -f far nic sent xe site ended wait_for serve_start serve_stop traffic_start traffic_stop mode
	# shellcheck disable=SC2016 # expanded there
	echo '"$@"'
} >"$WORK/do"
chmod 700 "$WORK/do"

site monitor
check 'load' ends 0 - xe load
check 'serve' serve_start

# run NAME [ARGUMENT...]: of tests/page. Its lines are its checks; not to come to its end is a failure, too.
run() {
	local name=$1 said=$WORK/$1.log counts
	shift
	HOME=$WORK TMPDIR=$WORK timeout -k 10 900 node "$OPS_ROOT/tests/page/$name.mjs" "$@" 2>&1 |
		tee "$said" | grep -v ' passed, .* failed$' || true
	counts=$(sed -n 's/^\([0-9]*\) passed, \([0-9]*\) failed$/\1 \2/p' "$said")
	check "$name: came to its end" test -n "$counts"
	read -r more_passed more_failed <<<"${counts:-0 0}"
	passed=$((passed + more_passed))
	failed=$((failed + more_failed))
}

run modules
run browser "http://$SERVER/" "$WORK/do" "$PICTURES" "$HOSTILE" "$CHROMIUM"
traffic_stop
check 'the server, too' serve_stop

finish
