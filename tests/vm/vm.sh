#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Runs one command as root under another Debian kernel: QEMU boots the kernel with this machine's
# own root directory as its userland, shared read-only, with everything the guest writes kept in
# the guest's memory. So what was built here runs there, at the same path, without an image.
#
# Kernels and QEMU come from the Debian archive named in this machine's apt settings. They are
# unpacked in the cache and never installed; apt's own settings and lists stay as they are.
set -Eeuo pipefail
trap 'echo "vm.sh: line $LINENO: failed: $BASH_COMMAND" >&2; exit 125' ERR

usage() {
	cat <<'END'
Usage: vm.sh run KERNEL [-m MB] [-t SECONDS] [-n NIC] -- COMMAND
       vm.sh fetch KERNEL...

Boots Debian's kernel KERNEL (6.1, 6.12, ...: the newest that Debian has of that version), runs
the shell command COMMAND as root in it, prints what it prints and exits with its exit status
(124: ran out of time, 125: the machine did not start or died). `fetch` only fills the cache.

  -m MB       memory of the guest (1024)
  -t SECONDS  time the guest may take, boot included (300)
  -n NIC      QEMU's model of the two NICs: virtio-net-pci (default), vmxnet3

In the guest, eth0 and eth1 are wired to each other: what is sent on one arrives on the other.

Environment:
  VM_CACHE   cache directory (${XDG_CACHE_HOME:-~/.cache}/xdp-edge/vm); remove it to fetch anew
  VM_MIRROR  Debian archive to fetch from (the one in this machine's apt settings)
  VM_QEMU    QEMU to use (the installed one from version 10 on, else bookworm-backports' one)
  VM_ACCEL   QEMU accelerator (tcg; kvm is faster where it works)
END
}

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
CACHE=${VM_CACHE:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/xdp-edge/vm}
SUITES=(bookworm bookworm-backports trixie trixie-backports)
KEYRING=/usr/share/keyrings/debian-archive-keyring.gpg

# What the kernel needs before it can reach the shared root; everything else it loads from there.
BOOT_MODULES=(virtio_pci virtiofs overlay)

die() {
	echo "vm.sh: $*" >&2
	exit 125
}

# need COMMAND PACKAGE: fails, naming the package, where the command is missing.
need() {
	command -v "$1" >/dev/null || die "$1 is missing: apt-get install $2"
}

# existing PATH...: the first of them that exists.
existing() {
	local path
	for path in "$@"; do
		[ ! -e "$path" ] || { echo "$path"; return; }
	done
	die "none of these exists: $*"
}

# --- The Debian archive --------------------------------------------------------------------

# archive NAME: address of the archive (debian, debian-security) in this machine's apt settings.
archive() {
	# shellcheck disable=SC2016  # apt's own placeholder
	apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' |
		sed -nE "s|(/$1)/?\$|\1|p" | sort -u | sed -n 1p
}

# apt_private TOOL ARG...: an apt tool on lists of our own. The empty status file makes it answer
# from the archive alone, whatever is installed or pinned here.
apt_private() {
	local tool=$1
	shift
	"$tool" -o Dir::State="$CACHE/apt" -o Dir::State::lists="$CACHE/apt/lists" \
		-o Dir::State::status=/dev/null -o Dir::Cache="$CACHE/apt" \
		-o Dir::Etc::sourcelist="$CACHE/apt/sources.list" -o Dir::Etc::sourceparts=/dev/null \
		-o Dir::Etc::preferences=/dev/null -o Dir::Etc::preferencesparts=/dev/null \
		-o Acquire::Languages=none -o Acquire::Retries=3 -o APT::Architecture=amd64 \
		-o APT::Architectures=amd64 -o APT::Sandbox::User=root "$@"
}

archive_update() {
	local main security suite
	need dpkg-deb dpkg
	[ -r "$KEYRING" ] || die "$KEYRING is missing: apt-get install debian-archive-keyring"
	main=${VM_MIRROR:-$(archive debian)}
	security=$(archive debian-security)
	[ -n "$main" ] ||
		die "no Debian archive in this machine's apt settings: set VM_MIRROR to the address of one"
	mkdir -p "$CACHE/apt/lists/partial" "$CACHE/apt/archives/partial"
	for suite in "${SUITES[@]}"; do
		echo "deb [signed-by=$KEYRING] $main $suite main"
		# The fixes of a release: the kernels that its users really run.
		[ -z "$security" ] || [[ $suite == *-backports ]] ||
			echo "deb [signed-by=$KEYRING] $security $suite-security main"
	done >"$CACHE/apt/sources.list"
	apt_private apt-get -qq update >&2 || die "cannot read the package lists of $main"
}

# archive_unpack DIRECTORY PACKAGE...: downloads packages and unpacks them below DIRECTORY.
archive_unpack() {
	local dir=$1 deb
	shift
	mkdir -p "$dir.debs" "$dir"
	(cd "$dir.debs" && apt_private apt-get -qq download "$@" >&2) || die "cannot download $*"
	for deb in "$dir.debs"/*.deb; do
		dpkg-deb -x "$deb" "$dir" || die "cannot unpack ${deb##*/}"
	done
	rm -rf "$dir.debs"
}

# --- Kernel and QEMU, each made in a directory beside its place and then moved there whole --

# kernel_fetch KERNEL: fills $CACHE/kernel/KERNEL with vmlinuz, release and lib/modules/RELEASE.
kernel_fetch() {
	local kernel=$1 dir=$CACHE/kernel/$1 new image release packages
	[ -d "$dir" ] && return
	archive_update
	image=$(apt_private apt-cache pkgnames linux-image- |
		grep -E "^linux-image-${kernel//./\\.}[.+-].*cloud-amd64\$" | sort -V | tail -n 1 || true)
	[ -n "$image" ] || die "$kernel: Debian (${SUITES[*]}) has no such kernel"
	release=${image#linux-image-}
	# Newer kernels come in several packages, all of the same release.
	mapfile -t packages < <(apt_private apt-cache depends --important --recurse "$image" |
		grep -E "^linux-(image|binary|modules)-${release//[.+]/.}\$")

	new=$dir.new
	rm -rf "$new"
	archive_unpack "$new/files" "${packages[@]}"
	mkdir -p "$new/lib/modules"
	# Where Debian puts them has changed between releases.
	mv "$(existing "$new"/files/{usr/,}lib/modules/"$release")" "$new/lib/modules/"
	mv "$(existing "$new/files/boot/vmlinuz-$release" "$new/lib/modules/$release/vmlinuz")" \
		"$new/vmlinuz"
	rm -rf "$new/files"
	find "$new/lib/modules" -name '*.ko.xz' -exec xz -d {} +
	busybox depmod -b "$new" "$release"
	echo "$release" >"$new/release"
	mv "$new" "$dir"
}

# qemu_find: sets QEMU to the command that starts it. Debian 12's own (7.2) is not reliable in
# emulating newer kernels, hence the one of its backports.
qemu_find() {
	local dir=$CACHE/qemu major
	QEMU=("${VM_QEMU:-qemu-system-x86_64}")
	need "${QEMU[0]}" qemu-system-x86
	major=$("${QEMU[0]}" --version | sed -nE '1s/.* version ([0-9]+).*/\1/p')
	[ -z "${VM_QEMU:-}" ] && [ "$major" -lt 10 ] || return 0

	if [ ! -d "$dir" ]; then
		archive_update
		rm -rf "$dir.new"
		archive_unpack "$dir.new" \
			{qemu-system-x86,qemu-system-common,qemu-system-data,seabios}/bookworm-backports
		mv "$dir.new" "$dir"
	fi
	QEMU=("$dir/usr/bin/qemu-system-x86_64" -L "$dir/usr/share/qemu" -L "$dir/usr/share/seabios")
	if ldd "${QEMU[0]}" | grep -q 'not found'; then
		die "$(ldd "${QEMU[0]}" | awk '/not found/ {print $1; exit}') is missing for" \
			"${QEMU[0]}: apt-get install qemu-system-x86, or set VM_QEMU"
	fi
}

virtiofsd_find() {
	for VIRTIOFSD in /usr/libexec/virtiofsd /usr/lib/qemu/virtiofsd; do
		[ -x "$VIRTIOFSD" ] && return
	done
	die "virtiofsd is missing: apt-get install virtiofsd (Debian 12: qemu-system-common)"
}

# fetch KERNEL...: everything from the archive; a second vm.sh waits until the first is done.
fetch() {
	local kernel
	[ "$(dpkg --print-architecture)" = amd64 ] || die "this needs an amd64 machine"
	need xz xz-utils
	need busybox busybox-static
	mkdir -p "$CACHE/kernel" || die "cannot write the cache: set VM_CACHE"
	CACHE=$(realpath "$CACHE") # the guest looks for it as well
	exec {lock}>"$CACHE/lock"
	flock "$lock"
	qemu_find
	for kernel in "$@"; do
		kernel_fetch "$kernel"
	done
	exec {lock}>&-
}

# --- One run -------------------------------------------------------------------------------

WORK=   # directory of this run
NETNS=  # network namespace of this run
PIDS=() # processes of this run

# Ends what this run started and nothing else, however the run ended.
cleanup() {
	local pid
	trap - EXIT
	for pid in "${PIDS[@]}"; do
		kill "$pid" 2>/dev/null || true
	done
	[ ${#PIDS[@]} -eq 0 ] || wait "${PIDS[@]}" 2>/dev/null || true
	[ -z "$NETNS" ] || ip netns delete "$NETNS" || true
	[ -z "$WORK" ] || rm -rf "$WORK"
}

# initramfs_make KERNEL COMMAND: $WORK/initramfs, which holds the command to run as well.
initramfs_make() {
	local dir=$CACHE/kernel/$1 root=$WORK/root release modules module
	release=$(<"$dir/release")
	modules=$dir/lib/modules/$release
	mkdir -p "$root"/{bin,modules}
	cp "$(command -v busybox)" "$root/bin/busybox"
	install -m 755 "$HERE/init" "$root/init"
	echo "$modules" >"$root/modules.path"
	printf '%s\n' "$2" >"$root/command"
	# modules.dep names for each module the ones it needs, the deepest last.
	for module in "${BOOT_MODULES[@]}"; do
		sed -n "s|^\([^:]*/$module\.ko\):|\1|p" "$modules/modules.dep" | tr ' ' '\n' | tac
	done | grep . | awk '!seen[$0]++' >"$WORK/order" || die "no module list for $release"
	while read -r module; do
		cp "$modules/$module" "$root/modules/"
		echo "${module##*/}"
	done <"$WORK/order" >"$root/modules/order"
	(cd "$root" && find . | cpio --quiet -o -H newc) >"$WORK/initramfs"
}

# network_make NIC: a namespace with two bridged taps, and NICS, QEMU's arguments for them. Real
# taps, because only they offer the offloads that make a driver refuse native XDP.
network_make() {
	local nic=$1 i queues=1 tap=(mode tap) backend device
	NETNS=vm-$$
	ip netns add "$NETNS" || { NETNS=; die "cannot make a network namespace"; }
	# Nothing of the host's own may be heard in the guest: it would spoil exact counts.
	ip netns exec "$NETNS" sysctl -qw net.ipv6.conf.all.disable_ipv6=1 \
		net.ipv6.conf.default.disable_ipv6=1
	ip -n "$NETNS" link add br0 type bridge mcast_snooping 0
	# Twice the processors, so that virtio_net has queues of its own for XDP.
	[ "$nic" != virtio-net-pci ] || { queues=4; tap+=(multi_queue); }
	NICS=()
	for i in 0 1; do
		ip -n "$NETNS" tuntap add "tap$i" "${tap[@]}" || die "cannot make a tap (/dev/net/tun)"
		ip -n "$NETNS" link set "tap$i" mtu 9216 master br0 up
		backend=tap,id=net$i,ifname=tap$i,script=no,downscript=no,vhost=off
		device=$nic,netdev=net$i,mac=52:54:00:00:00:0$i,romfile=
		if [ "$queues" -gt 1 ]; then
			backend+=,queues=$queues
			device+=,mq=on,vectors=$((2 * queues + 2))
		fi
		NICS+=(-netdev "$backend" -device "$device")
	done
	ip -n "$NETNS" link set br0 up
}

root_share() {
	local i
	# The guest mounts it read-only. It may keep what it has read: a root that changes under an
	# overlay is undefined anyway, and asking anew makes the start of a program ten times slower.
	"$VIRTIOFSD" --socket-path="$WORK/root.sock" -o source=/ -o sandbox=chroot \
		-o cache=always >"$WORK/virtiofsd.log" 2>&1 &
	PIDS+=($!)
	for ((i = 0; i < 100; i++)); do
		[ -S "$WORK/root.sock" ] && return
		kill -0 "${PIDS[-1]}" 2>/dev/null || break
		sleep 0.1
	done
	die "virtiofsd did not start: $(tail -n 1 "$WORK/virtiofsd.log")"
}

# guest_boot KERNEL MB SECONDS: the guest's first serial port is the kernel's console, kept in a
# file; the second carries what the command prints.
guest_boot() {
	local kernel=$1 mb=$2 seconds=$3 rc=0
	timeout --kill-after=5 "$seconds" ip netns exec "$NETNS" "${QEMU[@]}" \
		-machine q35 -accel "${VM_ACCEL:-tcg}" -cpu max -smp 2 -m "$mb" \
		-object "memory-backend-memfd,id=mem,size=${mb}M,share=on" -numa node,memdev=mem \
		-nodefaults -display none -no-reboot \
		-chardev "file,id=console,path=$WORK/console" -serial chardev:console \
		-chardev stdio,id=output,signal=off -serial chardev:output \
		-kernel "$CACHE/kernel/$kernel/vmlinuz" -initrd "$WORK/initramfs" \
		-append "console=ttyS0 quiet loglevel=4 panic=-1 net.ifnames=0" \
		-chardev "socket,id=root,path=$WORK/root.sock" \
		-device vhost-user-fs-pci,chardev=root,tag=root \
		"${NICS[@]}" </dev/null 2>"$WORK/qemu.log" &
	PIDS+=($!)
	wait $! || rc=$?
	[ "$rc" -ne 124 ] || return 124
	rc=$(tr -d '\r' <"$WORK/console" | sed -n 's/^vm-exit \([0-9]*\)$/\1/p' | tail -n 1)
	return "${rc:-125}"
}

run() {
	local kernel=${1:-} mb=1024 seconds=300 nic=virtio-net-pci rc=0 option begin
	[ -n "$kernel" ] || { usage >&2; exit 2; }
	shift
	while getopts :m:t:n: option; do
		case $option in
		m) mb=$OPTARG ;;
		t) seconds=$OPTARG ;;
		n) nic=$OPTARG ;;
		*) usage >&2; exit 2 ;;
		esac
	done
	shift $((OPTIND - 1))
	[ $# -gt 0 ] || { usage >&2; exit 2; }
	[ "$(id -u)" -eq 0 ] || die "this needs root: sudo $0 ..."
	need cpio cpio
	need ip iproute2

	fetch "$kernel"
	virtiofsd_find
	trap cleanup EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM HUP
	# Not in the cache: the path of a socket must be short.
	WORK=$(mktemp -d -t xdp-edge-vm.XXXXXX)
	initramfs_make "$kernel" "$*"
	network_make "$nic"
	root_share
	begin=$SECONDS
	guest_boot "$kernel" "$mb" "$seconds" || rc=$?
	case $rc in
	124) echo "vm.sh: the guest ran out of its $seconds seconds" >&2 ;;
	125)
		echo "vm.sh: the guest died; the last lines of its logs:" >&2
		tail -n 20 "$WORK/console" "$WORK/qemu.log" >&2 || true
		;;
	*) echo "vm.sh: Linux $(<"$CACHE/kernel/$kernel/release"), $((SECONDS - begin)) s" >&2 ;;
	esac
	exit "$rc"
}

case ${1:-} in
run | fetch) "$@" ;;
-h | --help) usage ;;
*) usage >&2; exit 2 ;;
esac
