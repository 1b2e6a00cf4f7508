#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Run test suites one after the other and add up what they say. A suite is a name and a command; it counts by its closing
# line: `N passed, N failed`, cmocka's, or unittest's. One that exits non-zero without a failure counted, or that ran
# nothing, is a failure itself.
#
# run-tests.sh LOGDIR < SUITES, each line: NAME<tab>COMMAND. Full output of each in LOGDIR/NAME.log.
set -uo pipefail

logs=$1
mkdir -p "$logs"
passed=0 failed=0

# tally LOG -> "PASSED FAILED"
tally() {
	awk '
	/^[0-9]+ passed, [0-9]+ failed/ { p += $1; f += $3 }
	/^\[  PASSED  \] [0-9]+ test/ { p += $4 }
	/^\[  FAILED  \] [0-9]+ test/ { f += $4 }
	/^Ran [0-9]+ tests? in/ { ran = $2 }
	/^OK/ && ran { p += ran; ran = 0 }
	/^FAILED \(/ && ran {
		bad = 0; n = split($0, parts, /[=,)]/)
		for (i = 2; i <= n; i++) if (parts[i] ~ /^[0-9]+$/) bad += parts[i]
		p += ran - bad; f += bad; ran = 0
	}
	END { print p + 0, f + 0 }' "$1"
}

while IFS=$'\t' read -r name command; do
	name=${name# }
	[[ -n $name ]] || continue
	log=$logs/$name.log
	start=$SECONDS
	bash -c "$command" >"$log" 2>&1 </dev/null
	status=$?
	read -r p f < <(tally "$log")
	((status && !f)) && f=1
	((!status && !f && !p)) && f=1
	passed=$((passed + p)) failed=$((failed + f))
	printf '%-22s %6d passed %4d failed  %4d s\n' "$name" "$p" "$f" $((SECONDS - start))
	if ((f)); then
		echo "--- $log (exit $status):"
		grep -aE 'not ok|FAILED|^FAIL|ERROR|rror:|differ|: [0-9]+ passed' "$log" | head -40
		tail -n 25 "$log"
		echo "---"
	fi
done

echo "$passed passed, $failed failed"
((failed == 0))
