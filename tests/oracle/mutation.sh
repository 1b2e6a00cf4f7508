# SPDX-License-Identifier: GPL-2.0-only
# Mutations as mutate.sh and mutate_guard.sh have them; to be sourced. `top` is where the sources are,
# `build` where a run leaves its words: in `log` what building it said, in `out` the judge;
# `here/mutations` has the mutations, and `mutate NAME` tries one.

passed=0
failed=0

say() {
	printf '%-28s %-9s %s\n' "$1" "$2" "$3"
}

# Parts of a mutation file: `file`, `what`, `judge`, `old`, `new`.
read_mutation() {
	local part=head line

	file='' what='' judge='' old='' new=''
	while IFS= read -r line; do
		case $part:$line in
		'head:# '*) ;;
		head:file:*) file=${line#file: } ;;
		head:what:*) what=${line#what: } ;;
		head:judge:*) judge=${line#judge: } ;;
		'head:<<<<') part=old ;;
		old:====) part=new ;;
		'new:>>>>') part=end ;;
		old:*) old+=${old:+$'\n'}$line ;;
		new:*) new+=${new:+$'\n'}$line ;;
		*)
			echo "$1: not a mutation: $line" >&2
			exit 1
			;;
		esac
	done <"$1"
	if [[ $part != end || -z $file || -z $old || ! -f $top/$file ]]; then
		echo "$1: not a whole mutation, or its file is gone: $file" >&2
		exit 1
	fi
}

# put_mutation NAME TREE: the defect that was read, in the copy of its file in TREE.
put_mutation() {
	local text without count

	text=$(cat "$top/$file" && echo .)
	text=${text%.}
	without=${text//"$old"/}
	count=$(((${#text} - ${#without}) / ${#old}))
	if ((count != 1)); then
		echo "$1: its anchor stands $count times in $file, not once:" >&2
		printf '%s\n' "$old" >&2
		exit 1
	fi
	printf '%s' "${text/"$old"/"$new"}" >"$2/$file"
}

# tell_mutation NAME SIGN: caught if it was `built`, and its judge's `status` is a failure with SIGN among its words.
tell_mutation() {
	local name=$1 sign=$2

	if [[ ! $built ]]; then
		say "$name" "no build" "$what"
		sed 's/^/    /' "$build/log"
		failed=$((failed + 1))
	elif ((status > 0 && status < 124)) && grep -q "$sign" "$build/out"; then
		say "$name" caught "$what"
		passed=$((passed + 1))
	else
		if ((status == 0)); then
			say "$name" survived "$what"
		else
			say "$name" "exit $status" "$what; no difference was named"
			tail -5 "$build/out" | sed 's/^/    /'
		fi
		failed=$((failed + 1))
	fi
}

# Nothing can be said of changed sources if the unchanged ones do not build,
unchanged_unbuilt() {
	cat "$build/log" >&2
	echo "the unchanged sources do not build" >&2
	exit 1
}

# or do not pass: `status` is that of their judge.
unchanged_passes() {
	if ((status != 0)); then
		tail -40 "$build/out" >&2
		echo "the unchanged sources do not pass (exit $status): nothing can be said of changed ones" >&2
		exit 1
	fi
}

# mutate_each [NAME...]: `mutate` each of them, by default all in $here/mutations, and tell the sum.
mutate_each() {
	local name names=("$@")

	if (($# == 0)); then
		mapfile -t names < <(cd "$here/mutations" && printf '%s\n' *.mut | sed 's/\.mut$//')
	fi
	for name in "${names[@]}"; do
		mutate "$name"
	done
	echo "$passed passed, $failed failed"
	((failed == 0))
}
