#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Install what building, testing or demonstrating needs, from Debian's own packages.
#
# install-deps.sh [build|test|demo|bench]...   default: build
set -euo pipefail

build=(gcc libc6-dev binutils make clang llvm bpftool libbpf-dev libxdp-dev libelf-dev zlib1g-dev linux-libc-dev libyaml-dev
	libcsv-dev libjansson-dev libpcap-dev libmicrohttpd-dev libncurses-dev)
lab=(iproute2 iputils-ping ethtool tcpdump python3 python3-yaml procps util-linux coturn sip-tester socat unbound nginx-light
	prosody lua-unbound bind9-dnsutils curl openssl nmap hping3)
bench=(nftables iptables ipset xdp-tools gnuplot-nox fonts-dejavu-core python3 iproute2 ethtool jq util-linux)
test=(libcmocka-dev dnsmasq-base strace xdp-tools libcap2-bin jq debian-archive-keyring qemu-system-x86 busybox-static cpio xz-utils
	openssh-server openssh-client tmux tshark prometheus chromium python3-jsonschema)
# Whoever has another Node.js than Debian's has its npm with it, and the two packages exclude each other.
command -v npm >/dev/null || test+=(nodejs npm)

wanted=()
for what in "${@:-build}"; do
	case $what in
	build) wanted+=("${build[@]}") ;;
	demo) wanted+=("${build[@]}" "${lab[@]}") ;;
	bench) wanted+=("${build[@]}" "${bench[@]}") ;;
	test) wanted+=("${build[@]}" "${lab[@]}" "${bench[@]}" "${test[@]}") ;;
	*)
		echo "usage: install-deps.sh [build|test|demo|bench]..." >&2
		exit 2
		;;
	esac
done

if ! { command -v apt-get && command -v dpkg-query; } >/dev/null; then
	echo "no apt-get here, and these are Debian's packages; what they hold is needed: ${wanted[*]}" >&2
	exit 3
fi

missing=()
for package in "${wanted[@]}"; do
	[[ $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) == installed ]] || missing+=("$package")
done
((${#missing[@]})) || exit 0

if ((EUID != 0)); then
	echo "packages are missing, and only root may install them: the same again with sudo, or" \
		"apt-get install ${missing[*]}" >&2
	exit 1
fi

echo "installing: ${missing[*]}"

# A daemon that comes with these packages must not start here, now or at the next boot: the lab starts its own.
units=(coturn unbound unbound-resolvconf nginx prosody ssh prometheus) fresh=()
for unit in "${units[@]}"; do
	[[ -e /lib/systemd/system/$unit.service ]] || fresh+=("$unit.service")
done
policy=/usr/sbin/policy-rc.d
if [[ ! -e $policy ]]; then
	trap 'rm -f "$policy"' EXIT
	printf '#!/bin/sh\nexit 101\n' >"$policy"
	chmod 0755 "$policy"
fi
apt-get update -q
DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${missing[@]}"
if command -v systemctl >/dev/null; then
	for unit in "${fresh[@]}"; do
		if [[ -e /lib/systemd/system/$unit ]]; then
			systemctl disable --quiet "$unit" || echo "warning: $unit may start at the next boot" >&2
		fi
	done
fi
