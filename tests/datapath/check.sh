# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# How suites in shell count; to be sourced.

passed=0
failed=0

# check NAME COMMAND...: one line, and what it said if it failed.
check() {
	local name=$1 output
	shift
	if output=$("$@" 2>&1); then
		passed=$((passed + 1))
		echo "ok   $name"
	else
		failed=$((failed + 1))
		echo "FAIL $name"
		tail -n 20 <<<"$output" | sed 's/^/     /'
	fi
}
