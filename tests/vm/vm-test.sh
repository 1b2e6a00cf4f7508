#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Boots another Debian kernel (6.1 unless told otherwise) and runs guest.sh in it.
#
# Usage: vm-test.sh [KERNEL [COMMAND...]]
# Each COMMAND is a further check, a shell command run in the guest at the top of the checkout.
# Ends with `N passed, N failed`; what cannot be run has failed.
set -euo pipefail

KERNEL=${1:-6.1}
shift $(($# > 0))
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
TOP=$(cd "$HERE/../.." && pwd)
TOOLS=$TOP/build/tests/vm
CLANG=${CLANG:-clang}
CC=${CC:-cc}
LOG=

# finish PASSED FAILED
finish() {
	[ -z "$LOG" ] || rm -f "$LOG"
	echo "$1 passed, $2 failed"
	[ "$2" -eq 0 ]
	exit
}

build() {
	mkdir -p "$TOOLS" &&
		"$CC" -std=gnu11 -Wall -Wextra -O2 "$HERE/send.c" -o "$TOOLS/send" &&
		"$CLANG" -O2 -g -Wall -target bpf "-I/usr/include/$(uname -m)-linux-gnu" \
			-c "$HERE/other.bpf.c" -o "$TOOLS/other.bpf.o"
}

if [ ! -x "$TOP/build/xdp-edge" ]; then
	echo "not ok - build/xdp-edge is missing: run make first"
	finish 0 1
fi
if ! build; then
	echo "not ok - the guest's tools could not be built"
	finish 0 1
fi

LOG=$(mktemp)
status=0
"$HERE/vm.sh" run "$KERNEL" -t 1200 -- "$(printf '%q ' "$HERE/guest.sh" "$@")" | tee "$LOG" || status=$?

passed=$(grep -c '^ok - ' "$LOG" || true)
failed=$(grep -c '^not ok - ' "$LOG" || true)
if ! grep -qx "1\.\.$((passed + failed))" "$LOG" || [ "$status" -ne 0 ]; then
	echo "not ok - Linux $KERNEL: the guest did not finish its checks (status $status)"
	failed=$((failed + 1))
fi
finish "$passed" "$failed"
