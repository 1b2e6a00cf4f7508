#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Proof that ops_kill.sh and ops_accounting.sh can fail: defects put into a copy of the tree, one at a time, each of which they must notice.
set -euo pipefail
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
COPY=$(mktemp -d "${TMPDIR:-/tmp}/xe-mutate.$$.XXXXXX")
trap 'rm -rf "$COPY"' EXIT
trap 'trap "" INT TERM HUP; exit 130' INT
trap 'exit 143' TERM

passed=0
failed=0

# defect NAME FILE SED TEST...: the test with that defect built in must fail, by a check and not for another reason.
defect() {
	local name=$1 file=$2 change=$3 output
	shift 3
	cp "$ROOT/$file" "$COPY/$file"
	sed -i -E "$change" "$COPY/$file"
	if cmp -s "$ROOT/$file" "$COPY/$file"; then
		failed=$((failed + 1))
		echo "FAIL $name: the change does not apply"
		return
	fi
	make -s -C "$COPY" build/xdp-edge >/dev/null
	output=$(XE="$COPY/build/xdp-edge" "$@" 2>&1) || true
	cp -p "$ROOT/$file" "$COPY/$file"
	touch "$COPY/$file"
	if grep -qE '^[0-9]+ passed, [1-9][0-9]* failed$' <<<"$output"; then
		passed=$((passed + 1))
		echo "ok   $name: $(grep -c '^FAIL' <<<"$output") checks noticed"
	else
		failed=$((failed + 1))
		echo "FAIL $name: not noticed"
		tail -n 3 <<<"$output" | sed 's/^/     /'
	fi
}

cp -a "$ROOT"/{Makefile,bpf,build,include,loader,maps} "$COPY"
mkdir -p "$COPY/tests"
cp -a "$ROOT/tests/datapath" "$COPY/tests"
T=$ROOT/tests/datapath

defect "a killed reload is not made up for" loader/kernel/totals.c \
	's/^(\tuint32_t live = store_generation\(store\), folded = store_folded\(store\);)/\1\n\tif (live)\n\t\treturn 0;/' \
	"$T/ops_kill.sh" reload
defect "recovery does not zero what was folded" loader/kernel/totals.c \
	's/store->control->zeroed < folded/store->control->zeroed > folded/' \
	"$T/ops_kill.sh" reload
defect "directories of dead generations stay" loader/kernel/totals.c \
	's/generation != stray->live/generation > stray->live + 9/' \
	"$T/ops_kill.sh" reload
defect "a fold commits before it adds" loader/kernel/totals.c \
	's/^(\tmemcpy\(draft->v, records, .*)$/\tstore->control->folded = (uint64_t)draft->slot << 32 | (store_generation(store) - 1);\n\tif (store_drain())\n\t\treturn -EIO;\n\1/' \
	"$T/ops_kill.sh" reload
defect "counters are not zeroed after a fold" loader/kernel/totals.c \
	's/^\tint err = store_zero_counters\(store, generation, n_atoms\);/\tint err = n_atoms ? 0 : -1;/' \
	"$T/ops_accounting.sh" 3
defect "a reader does not look again" loader/kernel/reader.c \
	's/after\.live == reader->store\.control->live/after.live/; s/after\.folded == reader->store\.control->folded/after.live/' \
	"$T/ops_accounting.sh" 10
defect "totals forget bytes" loader/output/tally.c \
	's/^(\t+.*)->bytes \+= .*/\1->bytes += 0;/' \
	"$T/ops_accounting.sh" 3

echo "$passed passed, $failed failed"
((failed == 0))
