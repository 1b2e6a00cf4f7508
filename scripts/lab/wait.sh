# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Waiting for what others do; to be sourced.

# ended PROCESS
ended() {
	! kill -0 "$1"
}

# wait_for SECONDS COMMAND...: tries it ten times a second.
wait_for() {
	local tries=$(($1 * 10))
	shift
	until "$@" >/dev/null 2>&1; do
		((tries-- > 0)) || return 1
		sleep 0.1
	done
}
