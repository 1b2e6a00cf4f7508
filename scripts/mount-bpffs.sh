#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A bpffs at its usual place, if there is none yet; what tests and demo need and a booted system has. They need root for
# more than that, so whoever is not root is told here, before anything runs.
set -euo pipefail

dir=/sys/fs/bpf
if ((EUID != 0)); then
	echo "needs root, to load programs and to make network namespaces: sudo make test, sudo make demo" >&2
	exit 1
fi
[[ $(stat -f -c %T "$dir" 2>/dev/null) == bpf_fs ]] && exit 0
mount -t bpf bpf "$dir" || {
	echo "no bpffs at $dir, and it cannot be mounted: needs a kernel with CONFIG_BPF_SYSCALL and CAP_SYS_ADMIN" >&2
	exit 1
}
