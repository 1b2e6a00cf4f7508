#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Do the tests of verdicts notice a program that gives wrong ones? Each file in mutations/ is one seeded
# defect, as those of tests/oracle/mutations are; it goes into a copy of the tree, from which the unit tests
# of what is remembered, test_room, test_verdicts and test_guard are built and run until one of them fails,
# by a check and not for another reason. Needs root.
#
#   tests/datapath/mutate_guard.sh [-b BUILDDIR] [-n PACKETS] [-s SEED] [NAME...]
#
# Ends with `N passed, N failed`: caught, and not caught.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(cd "$here/../.." && pwd)
build=$top/build/mutate_guard
packets=12000
seed=20130521
limit=300 # seconds that one run may take

usage() {
	echo "usage: mutate_guard.sh [-b BUILDDIR] [-n PACKETS] [-s SEED] [NAME...]" >&2
	exit 2
}

while getopts b:n:s:h option; do
	case $option in
	b) build=$OPTARG ;;
	n) packets=$OPTARG ;;
	s) seed=$OPTARG ;;
	*) usage ;;
	esac
done
shift $((OPTIND - 1))

source "$top/tests/oracle/mutation.sh"

# Twice: one to change and build, one that stays as it is.
copy_sources() {
	local dir copy

	rm -rf "$build/tree" "$build/source"
	for copy in tree source; do
		mkdir -p "$build/$copy/tests"
		for dir in bpf include loader maps tests/oracle tests/datapath tests/unit tests/fixtures; do
			cp -a "$top/$dir" "$build/$copy/$dir"
		done
		cp -a "$top/Makefile" "$build/$copy/"
	done
	top=$build/source
}

build_judges() {
	make -s -j2 -C "$build/tree" B=build build/tests/test_{flow_tag,memory,room,verdicts,guard} >"$build/log" 2>&1
}

# run_judges: the last one's exit status in `status`, its words in $build/out.
run_judges() {
	local tests=$build/tree/build/tests

	status=0
	(
		cd "$top"
		timeout "$limit" "$tests/test_flow_tag" &&
			timeout "$limit" "$tests/test_memory" &&
			timeout "$limit" "$tests/test_room" &&
			timeout "$limit" "$tests/test_verdicts" '*enforce' &&
			timeout "$limit" "$tests/test_guard" --packets "$packets" --seed "$seed"
	) >"$build/out" 2>&1 || status=$?
}

mutate() {
	local name=$1 built=yes

	read_mutation "$here/mutations/$name.mut"
	put_mutation "$name" "$build/tree"
	if build_judges; then
		run_judges
	else
		built=
	fi
	tell_mutation "$name" '  FAILED  \|^DIFFERENCE'
	cp "$top/$file" "$build/tree/$file"
}

copy_sources
if ! build_judges; then
	unchanged_unbuilt
fi
run_judges
unchanged_passes
say unchanged passes "$(grep 'three modes' "$build/out" | cut -d';' -f1)"
passed=1

mutate_each "$@"
