#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The systemd unit: installed where it belongs, without a complaint of systemd's, and its rights are enough: load, reload and
# unload do all with the capabilities and the system calls that it leaves them.
set -euo pipefail
# shellcheck source=tests/datapath/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
world "$0" "$@"

UNIT=xdp-edge@.service
SITE=$FIXTURES/old.yaml

installed() {
	make -s -C "$OPS_ROOT" B="$(dirname "$XE")" install "$@"
}

# setting NAME: of the unit, in the words of setpriv or as it is.
setting() {
	sed -n "s/^$1=//p" "$WORK/prefix/lib/systemd/system/$UNIT"
}

capabilities() {
	setting CapabilityBoundingSet | sed 's/CAP_//g; s/ /,+/g; s/^/-all,+/' | tr '[:upper:]' '[:lower:]'
}

confined() {
	setpriv --bounding-set "$(capabilities)" --inh-caps=-all --no-new-privs "$XE" -c "$SITE" "$@"
}

verified() {
	local said
	cp "$WORK/prefix/lib/systemd/system/$UNIT" "$WORK/${UNIT/@/@site}"
	said=$(systemd-analyze verify "$WORK/${UNIT/@/@site}" 2>&1) && equal "$said" ""
}

# calls_beyond: the system calls of a load, a reload and an unload that the unit's filter would refuse.
calls_beyond() {
	local command
	for command in load reload unload; do
		strace -f -qq -e signal=none -o "$WORK/trace.$command" "$XE" -c "$SITE" "$command" >/dev/null
	done
	# shellcheck disable=SC2046
	cat "$WORK"/trace.* | sed 's/^[0-9]* *//' | sed -n 's/^\([a-z][a-z0-9_]*\)(.*/\1/p' | sort -u >"$WORK/calls"
	python3 "$OPS_ROOT/tests/datapath/calls_beyond.py" "$WORK/calls" "$(setting SystemCallFilter)"
}

main() {
	local command
	nic wan0
	nic lan0
	installed DESTDIR="$WORK/root" PREFIX=/opt/edge >/dev/null
	check "make install puts it below DESTDIR" test -f "$WORK/root/opt/edge/lib/systemd/system/$UNIT" -a -x "$WORK/root/opt/edge/bin/xdp-edge"
	check "it names the program where PREFIX is" equal "$(grep -c '^Exec.*=/opt/edge/bin/xdp-edge -c /etc/xdp-edge/%i.yaml ' "$WORK/root/opt/edge/lib/systemd/system/$UNIT")" 3
	check "nothing is left to replace in it" equal "$(grep -c '@[A-Z]*@' "$WORK/root/opt/edge/lib/systemd/system/$UNIT" || true)" 0
	installed PREFIX="$WORK/prefix" >/dev/null
	for command in load reload unload; do
		check "its capabilities are enough to $command" ends 0 "" confined "$command"
	done
	if command -v systemd-analyze >/dev/null; then
		check "systemd-analyze verify has nothing to say" verified
		check "its filter allows all system calls" equal "$(calls_beyond)" ""
		check "and that looked at some" grep -qx bpf "$WORK/calls"
	fi
	make -s -C "$OPS_ROOT" B="$(dirname "$XE")" uninstall PREFIX="$WORK/prefix" >/dev/null
	check "make uninstall takes it away" equal "$(find "$WORK/prefix" -type f)" ""
	finish
}

main "$@"
