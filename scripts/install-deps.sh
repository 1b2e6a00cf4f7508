#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Install what building, testing or demonstrating needs, from Debian's own packages.
#
# install-deps.sh [build|test|demo]...   default: build
set -euo pipefail

build=(gcc make clang llvm bpftool libbpf-dev libxdp-dev libelf-dev zlib1g-dev linux-libc-dev libyaml-dev libcsv-dev
	libjansson-dev libpcap-dev)
lab=(iproute2 ethtool tcpdump python3 python3-yaml procps util-linux coturn sip-tester socat unbound nginx-light prosody
	bind9-dnsutils curl openssl)
test=(libcmocka-dev strace xdp-tools libcap2-bin jq file
	qemu-system-x86 qemu-utils busybox-static cpio xz-utils zstd kmod)

wanted=()
for what in "${@:-build}"; do
	case $what in
	build) wanted+=("${build[@]}") ;;
	demo) wanted+=("${build[@]}" "${lab[@]}") ;;
	test) wanted+=("${build[@]}" "${lab[@]}" "${test[@]}") ;;
	*)
		echo "usage: install-deps.sh [build|test|demo]..." >&2
		exit 2
		;;
	esac
done

missing=()
for package in "${wanted[@]}"; do
	[[ $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) == installed ]] || missing+=("$package")
done
((${#missing[@]})) || exit 0

if ((EUID != 0)); then
	echo "missing packages: ${missing[*]}: run as root, or apt-get install ${missing[*]}" >&2
	exit 1
fi

echo "installing: ${missing[*]}"
