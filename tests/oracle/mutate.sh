#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Does the comparison notice a compiler that is wrong? Each file in mutations/ is one seeded defect: a
# piece of source that must stand exactly once in its file, and what replaces it. The sources are
# copied, the defect goes in, `compare` is built from them and must find a difference. A crash, a build
# failure or another complaint than a difference does not count as caught. What random sites do not
# reach has a unit test for its judge (`judge: test_NAME` in the file), which must then fail.
#
#   tests/oracle/mutate.sh [-b BUILDDIR] [-n COMPARISONS] [-s SEED] [NAME...]
#
# Ends with `N passed, N failed`: caught, and not caught.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(cd "$here/../.." && pwd)
build=$top/build/mutate
comparisons=90000
seed=20130521
cc=${CC:-gcc}
cflags=(-std=gnu11 -O1 -D_GNU_SOURCE -Iinclude -Ibpf -Iloader)
libs=(-lyaml -lcsv)
limit=300 # seconds that one run may take

usage() {
	echo "usage: mutate.sh [-b BUILDDIR] [-n COMPARISONS] [-s SEED] [NAME...]" >&2
	exit 2
}

while getopts b:n:s:h option; do
	case $option in
	b) build=$OPTARG ;;
	n) comparisons=$OPTARG ;;
	s) seed=$OPTARG ;;
	*) usage ;;
	esac
done
shift $((OPTIND - 1))

source "$here/mutation.sh"

# The pure sources, and nothing of the kernel side.
copy_sources() {
	rm -rf "$build/tree" "$build/objects"
	mkdir -p "$build/tree/loader" "$build/tree/tests"
	cp -r "$top/include" "$top/bpf" "$build/tree/"
	cp -r "$top/loader/policy" "$top/loader/output" "$build/tree/loader/"
	cp -r "$here" "$build/tree/tests/oracle"
}

sources() {
	printf '%s\n' loader/policy/*.c loader/output/escape.c loader/output/tally.c
	printf 'tests/oracle/%s.c\n' actions compare compare_large counted coverage guard_site \
		large_site near reach check oracle random_site random_packet site_yaml
}

# Objects of all sources, or of the one named; then the program.
build_compare() {
	local only=${1:-} source

	(
		cd "$build/tree"
		while read -r source; do
			if [[ -n $only && $source != "$only" ]]; then
				continue
			fi
			"$cc" "${cflags[@]}" -c -o "${source//\//_}.o" "$source" || exit 1
		done < <(sources)
		mapfile -t objects < <(sources | tr / _ | sed 's/$/.o/')
		"$cc" -o compare "${objects[@]}" "${libs[@]}"
	) >"$build/log" 2>&1
}

# Exit status of the program in `status`, its words in $build/out.
run_compare() {
	status=0
	(cd "$top" && timeout "$limit" "$build/tree/compare" --brief --seed "$seed" \
		--comparisons "$comparisons") >"$build/out" 2>&1 || status=$?
}

# The judge named in `judge`, of the sources as they are in the tree; its status and words likewise.
run_judge() {
	status=0
	(
		cd "$build/tree"
		mkdir -p tests/unit
		cp "$top/tests/unit/$judge.c" "$top/tests/unit/input.h" tests/unit/
		"$cc" "${cflags[@]}" -o "$judge" "tests/unit/$judge.c" loader/policy/*.c \
			loader/output/escape.c "${libs[@]}" -lcmocka
	) >"$build/log" 2>&1 || return 1
	(cd "$top" && timeout "$limit" "$build/tree/$judge") >"$build/out" 2>&1 || status=$?
}

mutate() {
	local name=$1

	read_mutation "$here/mutations/$name.mut"
	put_mutation "$name" "$build/tree"

	local only=$file built=yes sign='^DIFFERENCE'
	if [[ $file == *.h ]]; then
		only=
	fi
	if [[ $judge ]]; then
		sign='  FAILED  '
		run_judge || built=
	elif build_compare "$only"; then
		run_compare
	else
		built=
	fi
	tell_mutation "$name" "$sign"
	# Back to what it was, objects too.
	cp "$top/$file" "$build/tree/$file"
	cp "$build/objects"/*.o "$build/tree/"
}

copy_sources
if ! build_compare; then
	unchanged_unbuilt
fi
run_compare
unchanged_passes
mkdir -p "$build/objects"
cp "$build/tree"/*.o "$build/objects/"
say unchanged passes "$(grep comparisons: "$build/out")"
passed=1

mutate_each "$@"
