#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A bpffs at its usual place, if there is none yet; what tests and demo need and a booted system has.
set -euo pipefail

dir=/sys/fs/bpf
[[ $(stat -f -c %T "$dir" 2>/dev/null) == bpf_fs ]] && exit 0
mount -t bpf bpf "$dir" || {
	echo "no bpffs at $dir, and it cannot be mounted: run as root" >&2
	exit 1
}
