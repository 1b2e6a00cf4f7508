#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Run test suites and add up what they say. A suite is a name and a command; it counts by its closing line:
# `N passed, N failed`, cmocka's, or unittest's. One that exits non-zero without a failure counted, or that ran nothing,
# is a failure itself.
#
# run-tests.sh LOGDIR < SUITES, each line: NAME<tab>COMMAND. Full output of each in LOGDIR/NAME.log. Suites run one after
# the other; those named &NAME, which share no pin, namespace or clock with any other, are a second queue beside. What failed
# is said again before the sum, so that the last lines tell it.
set -uo pipefail

logs=$1
mkdir -p "$logs"
rm -f "$logs"/*.sum

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

# faults LOG: the lines that name what failed.
faults() {
	grep -aE 'not ok|FAILED|^FAIL|ERROR|rror:|differ|: [0-9]+ passed' "$1" | head -40
}

# run_suite NAME COMMAND: its line, and what it said if it failed; what it counted in LOGDIR/NAME.sum.
run_suite() {
	local name=$1 command=$2 log=$logs/$1.log start=$SECONDS status p f
	bash -c "$command" >"$log" 2>&1 </dev/null
	status=$?
	read -r p f < <(tally "$log")
	((status && !f)) && f=1
	((!status && !f && !p)) && f=1
	echo "$p $f" >"$logs/$name.sum"
	printf '%-22s %6d passed %4d failed  %4d s\n' "$name" "$p" "$f" $((SECONDS - start))
	((f)) || return 0
	echo "--- $log (exit $status):"
	faults "$log"
	tail -n 25 "$log"
	echo "---"
}

# queue NAME COMMAND ...: each when the one before has ended, its words in one piece.
queue() {
	local words
	while (($#)); do
		words=$(run_suite "$1" "$2")
		printf '%s\n' "$words"
		shift 2
	done
}

suites=() beside=()
while IFS=$'\t' read -r name command; do
	name=${name# }
	case $name in
	'') ;;
	'&'*) beside+=("${name#&}" "$command") ;;
	*) suites+=("$name" "$command") ;;
	esac
done

# A group of its own: nothing of it stays when this one is interrupted.
set -m
queue "${beside[@]}" &
group=$!
set +m
trap 'kill -- "-$group" 2>/dev/null' EXIT
queue "${suites[@]}"
wait "$group"

# a suite without a sum was never run to its end
read -r passed failed < <(cat "$logs"/*.sum | awk -v suites=$(((${#suites[@]} + ${#beside[@]}) / 2)) '
	{ p += $1; f += $2 } END { print p + 0, f + suites - NR }')
for sum in "$logs"/*.sum; do
	read -r p f <"$sum"
	((f)) || continue
	log=${sum%.sum}.log
	echo "failed: $(basename "$log" .log) ($f; $log)"
	{ faults "$log" | head -6; tail -n 3 "$log"; } | sed 's/^/    /'
done
echo "$passed passed, $failed failed"
((failed == 0))
