#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# What goes wrong around load, reload, unload, status and stats: each is refused or survived as it should be, with the exact message
# and exit code, and what is not ours stays as it was.
#
#	ops_refusals.sh [SECTION...]    default: all, the functions section_* below
set -euo pipefail
# shellcheck source=tests/datapath/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
world "$0" "$@"

BPFTOOL=${BPFTOOL:-bpftool}
WAN_KEPT=udp,192.0.2.1,5000,203.0.113.10,7000,60
LAN_PROBE=udp,10.0.1.11,5000,172.25.33.10,7002,110
NOT_LOADED="xdp-edge: no policy named ops is loaded: xdp-edge load"
LOADED="ops: loaded generation 1: 4 rows, 16 atoms, 2 interfaces, mode monitor"
ALONE=", alone on them: this kernel refuses libxdp's dispatcher"
SITE=$WORK/site.yaml

# fresh: NICs, pins and site as at the beginning.
fresh() {
	local name
	for name in wan0 lan0 new0; do
		ip link del "$name" 2>/dev/null || true
		nic "$name"
	done
	rm -rf "$BPFFS/xdp-edge" "$BPFFS/xdp-edge-lock" "$BPFFS/xdp"
	cp "$FIXTURES/old.yaml" "$SITE"
	chmod 644 "$SITE"
}

# says TEXT COMMAND...: succeeds, and prints exactly TEXT.
says() {
	local text=$1 got
	shift
	got=$("$@" 2>&1) || { echo "exit code $?: $got"; return 1; }
	equal "${got/$ALONE/}" "$text"
}

# says_alone COMMAND...: load says that it is alone exactly if status then shows no dispatcher.
says_alone() {
	local said alone=false
	said=$("$@" 2>&1) || { echo "exit code $?: $said"; return 1; }
	[[ $said != *"$ALONE, mode monitor" ]] || alone=true
	equal "$(xe -j status | jq '[.policies[].interfaces[].dispatcher] | any(not)')" "$alone"
}

# ends_with CODE TEXT COMMAND...: like ends, of the last line only: those before it are the kernel's and the libraries'.
ends_with() {
	local code=$1 text=$2 got=0 said
	shift 2
	said=$("$@" 2>&1) || got=$?
	[[ $got == "$code" ]] || { echo "exit code $got, wanted $code: $said"; return 1; }
	equal "${said##*$'\n'}" "$text"
}

# interfaces: "NAME STATE" of status, one a line.
interfaces() {
	xe -j status | jq -r '.policies[].interfaces[] | "\(.name) \(.state)"'
}

states() {
	equal "$(interfaces)" "$(printf '%s\n' "$@")"
}

nothing_of_ours() {
	local nic
	equal "$(own_pins | grep -v '^foreign$')" "${1-xdp-edge}" && equal "$(dispatchers)" "" || return 1
	for nic in wan0 lan0 new0; do
		[[ -z $(xdp_name "$nic") || $(xdp_name "$nic") == foreign_pass ]] || { echo "$(xdp_name "$nic") on $nic"; return 1; }
	done
}

xdp_name() {
	ip -j -d link show dev "$1" 2>/dev/null | jq -r '.[0].xdp.prog.name // empty'
}

# counts NIC FLOW: each of ten frames is counted, once.
counts() {
	local before
	before=$(stats .total.packets)
	sent "$1" "10,$2" >/dev/null
	equal "$(stats .total.packets)" $((before + 10))
}

# --- (c1) interfaces ----------------------------------------------------------------------------------

section_interfaces() {
	fresh
	ip link del lan0
	check "c1: load, an interface missing" ends 1 "$SITE:$(grep -n lan0: "$SITE" | cut -d: -f1): lan0: no such interface in this network namespace" xe load
	check "c1: nothing was attached or pinned" nothing_of_ours ""
	nic lan0
	ip link set lan0 down
	check "c1: load, an interface down" says \
		"xdp-edge: lan0: warning: the interface is down; counting starts when it comes up
$LOADED" xe load
	ip link set lan0 up
	check "c1: counts when it comes up" counts lan0 "$LAN_PROBE"

	ip link del lan0
	check "c1: status of a deleted interface" states "wan0 attached" "lan0 gone"
	check "c1: status then exits with 1" ends 1 "" xe status
	check "c1: reload without it is refused" ends 1 "$SITE:$(grep -n lan0: "$SITE" | cut -d: -f1): lan0: no such interface in this network namespace" xe reload
	check "c1: the others go on" counts wan0 "$WAN_KEPT"
	nic lan0
	check "c1: made again: status is not fooled by the name" states "wan0 attached" "lan0 gone"
	check "c1: reload attaches it again" says "ops: generation 2: 4 rows, 16 atoms, 2 interfaces, mode monitor" xe reload
	check "c1: status" states "wan0 attached" "lan0 attached"
	check "c1: it counts" counts lan0 "$LAN_PROBE"
	check "c1: counters from before it was deleted are kept" equal "$(stats '.interfaces[] | "\(.name) \(.packets)"')" "wan0 10
lan0 20"

	rename lan0 lan9
	check "c1: status of a renamed interface" states "wan0 attached" "lan0 renamed"
	check "c1: status tells the new name" grep -q "  lan0            renamed   native.*, now named lan9$" <(xe status)
	check "c1: renamed is no failure" ends 0 "" xe status
	check "c1: it counts still" counts_as lan0 lan0 "$LAN_PROBE"
	sed -i 's/^  lan0: lan/  lan9: lan/' "$SITE"
	check "c1: reload with the new name" says "ops: generation 3: 4 rows, 16 atoms, 2 interfaces, mode monitor" xe reload
	check "c1: each frame there counts once" counts_as lan0 "" "$LAN_PROBE"
	sed -i 's/^  lan9: lan/  lan0: lan/' "$SITE"
	rename lan9 lan0
	xe reload >/dev/null 2>&1 || true

	ip link set lan0 netns far
	check "c1: status of one in another namespace" states_contain "lan0 gone"
	check "c1: unload says what stays" ends 0 \
		"xdp-edge: lan0: warning: gone, or in another network namespace: if so, its program stays there until ip link set lan0 xdp off" \
		xe unload
	check "c1: the remedy it names works" far ip link set lan0 xdp off
	far ip link del lan0
	nic lan0
	check "c1: nothing of ours is left here" nothing_of_ours
}

states_contain() {
	grep -qx "$1" <<<"$(interfaces)"
}

rename() {
	ip link set "$1" down
	ip link set "$1" name "$2"
	ip link set "$2" up
}

# counts_as OTHER_END NAME FLOW: ten frames are ten more, under that interface name if it is not empty.
counts_as() {
	local before select=".interfaces | map(.packets) | add"
	[[ -z $2 ]] || select=".interfaces[] | select(.name == \"$2\") | .packets"
	before=$(stats "$select")
	sent "$1" "10,$3" >/dev/null
	equal "$(stats "$select")" $((before + 10))
}

# --- (c2) somebody else's program ----------------------------------------------------------------------

refused_foreign() {
	ends 1 "xdp-edge: lan0: XDP program foreign_pass of somebody else is attached without libxdp's dispatcher; it stays: detach it (ip link set lan0 xdp off), or load it by xdp-loader" \
		xe load
}

section_foreign() {
	local id
	fresh
	${CLANG:-clang} -O2 -g -target bpf -I"/usr/include/$(gcc -print-multiarch)" -c "$FIXTURES/foreign.bpf.c" -o "$WORK/foreign.o"
	ip link set lan0 xdp obj "$WORK/foreign.o" sec xdp
	rm -rf "${BPFFS:?}"/{ip,tc,xdp} # directories that ip makes
	id=$(xdp_on lan0)
	check "c2: a program that ip attached" refused_foreign
	check "c2: it is untouched" equal "$(xdp_on lan0)" "$id"
	check "c2: nothing of ours is left" nothing_of_ours
	check "c2: generic mode is refused as well" ends 1 - xe load --mode generic
	check "c2: untouched again" equal "$(xdp_on lan0)" "$id"
	ip link set lan0 xdp off

	"$BPFTOOL" prog load "$WORK/foreign.o" "$BPFFS/foreign" type xdp
	"$BPFTOOL" net attach xdp pinned "$BPFFS/foreign" dev lan0
	id=$(xdp_on lan0)
	check "c2: a program that bpftool attached" refused_foreign
	check "c2: that is untouched" equal "$(xdp_on lan0)" "$id"
	check "c2: again nothing of ours is left" nothing_of_ours
	"$BPFTOOL" net detach xdp dev lan0

	"$BPFTOOL" net attach xdp pinned "$BPFFS/foreign" dev new0
	check "c2: load beside it, on other interfaces" says "$LOADED" xe load
	cp "$FIXTURES/other-nic.yaml" "$SITE"
	check "c2: reload onto its interface" ends 1 \
		"xdp-edge: new0: XDP program foreign_pass of somebody else is attached without libxdp's dispatcher; it stays: detach it (ip link set new0 xdp off), or load it by xdp-loader" \
		xe reload
	check "c2: the old policy stays" states "wan0 attached" "lan0 attached"
	check "c2: its generation too" equal "$(xe -j status | jq '.policies[0].generation')" 1
	check "c2: it counts" counts lan0 "$LAN_PROBE"
	check "c2, c10: unload" says "ops: unloaded" xe unload
	check "c10: unload leaves the other's program" equal "$(xdp_on new0) $(xdp_name new0)" "$id foreign_pass"
	check "c10: and its pin" test -e "$BPFFS/foreign"
	check "c10: nothing of ours is left" nothing_of_ours
	"$BPFTOOL" net detach xdp dev new0
	rm "$BPFFS/foreign"
}

# --- (c4) two at once ----------------------------------------------------------------------------------

# both COMMAND COMMAND: at the same time; their output and exit codes, sorted.
both() {
	local pids=()
	(eval "$1" 2>&1; echo "exit $?") >"$WORK/first" &
	pids+=($!)
	(eval "$2" 2>&1; echo "exit $?") >"$WORK/second" &
	pids+=($!)
	wait "${pids[@]}"
	cat "$WORK/first" "$WORK/second" | sed "s/$ALONE//" | sort
}

one_policy_decides() {
	sent wan0 10,udp,192.0.2.1,5000,203.0.113.10,7001,60 >/dev/null
	sent lan0 "10,$LAN_PROBE" >/dev/null
	stats '[.rows[] | select(.decided.packets > 0) | "\(.id) \(.decided.packets)"] | sort | join(", ")' |
		grep -qx -e "site/rows/old-lan 10, site/rows/old-wan 10" -e "site/rows/new-lan 10, site/rows/new-wan 10"
}

# holding SECONDS COMMAND...: while somebody else has the lock.
holding() {
	local seconds=$1 holder rc=0
	shift
	flock --no-fork "$BPFFS/xdp-edge-lock" sleep "$seconds" &
	holder=$!
	sleep 0.2
	"$@" || rc=$?
	kill "$holder" 2>/dev/null || true
	wait "$holder" 2>/dev/null || true
	return $rc
}

section_two_at_once() {
	fresh
	check "c4: two loads: one loads, one is told" equal "$(both 'xe load' 'xe load')" "exit 0
exit 1
$LOADED
xdp-edge: ops is loaded already: xdp-edge reload changes its policy, unload takes it away"
	check "c4: two reloads: one after the other" equal "$(both 'SITE=$FIXTURES/old.yaml xe reload' 'SITE=$FIXTURES/new.yaml xe reload' |
		sed 's/[0-9]* rows, [0-9]* atoms/N rows, N atoms/')" "exit 0
exit 0
ops: generation 2: N rows, N atoms, 2 interfaces, mode monitor
ops: generation 3: N rows, N atoms, 2 interfaces, mode monitor"
	check "c4: no mix of the two" one_policy_decides
	check "c4: no pin of an old generation" equal "$(own_pins)" "$(policy_pins ops 3)"
	check "c4: waits for a lock that is let go" holding 1 says "ops: generation 4: 4 rows, 16 atoms, 2 interfaces, mode monitor" xe reload
	check "c4: gives up after ten seconds" holding 30 ends 1 \
		"xdp-edge: another xdp-edge is changing a policy: waited 10 s; try again when it is done" xe reload
	check "c4: nobody else may hold it" equal "$(stat -c '%a %u' "$BPFFS/xdp-edge-lock")" "700 0"
	check "c4: readers need no lock" holding 5 timeout 2 "$XE" -c "$SITE" stats
	check "c4: generation as before" equal "$(xe -j status | jq '.policies[0].generation')" 4
	check "c4: reload and unload at once" both_orders "$(both 'xe reload' 'xe unload')"
	check "c4: nothing of ours is left" nothing_of_ours
}

both_orders() {
	case $1 in
	"exit 0
exit 0
ops: generation 5: 4 rows, 16 atoms, 2 interfaces, mode monitor
ops: unloaded" | "exit 0
exit 1
ops: unloaded
$NOT_LOADED") ;;
	*) echo "$1"; return 1 ;;
	esac
}

# --- (c5) bpffs ---------------------------------------------------------------------------------------

# in_private_mounts COMMAND: a line of shell.
in_private_mounts() {
	unshare -m bash -c "$1"
}

section_bpffs() {
	local no_bpffs="xdp-edge: no bpffs at $BPFFS: mount -t bpf bpf $BPFFS; but if this runs under ip netns exec, which hides it, use nsenter --net=/run/netns/NAME instead"
	local command run="$XE -c $SITE" hidden="mount -t tmpfs tmpfs $BPFFS"
	fresh
	for command in load reload unload; do
		check "c5: $command without bpffs" ends 1 "$no_bpffs" in_private_mounts "$hidden; $run $command"
	done
	check "c5: stats without bpffs" ends 1 "$no_bpffs" in_private_mounts "$hidden; $run stats"
	check "c5: status without bpffs" ends 1 "$no_bpffs" in_private_mounts "$hidden; $run status"
	check "c5: nothing attached" nothing_of_ours ""
	check "c5: load, read-only bind mount" ends 1 \
		"xdp-edge: cannot change $BPFFS/xdp-edge: the bpffs is mounted read-only: mount -o remount,rw $BPFFS" \
		in_private_mounts "mount -o remount,ro,bind $BPFFS; $run load"
	check "c5: nothing attached" nothing_of_ours ""
	check "c5: load" says "$LOADED" xe load
	for command in load reload unload; do
		check "c5: $command, loaded, read-only" ends 1 \
			"xdp-edge: cannot change $BPFFS/xdp-edge: the bpffs is mounted read-only: mount -o remount,rw $BPFFS" \
			in_private_mounts "mount -o remount,ro,bind $BPFFS; $run $command"
	done
	check "c5: stats, read-only" ends 0 "" in_private_mounts "mount -o remount,ro,bind $BPFFS; $run stats"
	check "c5: the policy stays as it was" states "wan0 attached" "lan0 attached"
	check "c5: and counts" counts wan0 "$WAN_KEPT"
	mount -o remount,ro "$BPFFS"
	check "c5: reload, whole bpffs read-only" ends 1 \
		"xdp-edge: cannot change $BPFFS/xdp-edge: the bpffs is mounted read-only: mount -o remount,rw $BPFFS" xe reload
	mount -o remount,rw "$BPFFS"
	check "c5: writable again" says "ops: generation 2: 4 rows, 16 atoms, 2 interfaces, mode monitor" xe reload
	xe unload >/dev/null
}

# --- (c6) rights --------------------------------------------------------------------------------------

nobody() {
	setpriv --reuid 65534 --regid 65534 --clear-groups "$@"
}

# Three capabilities and no other, without root.
few_capabilities() {
	local few=+bpf,+net_admin,+perfmon
	setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps "$few" --ambient-caps "$few" --bounding-set "-all,$few" "$@"
}

# They suffice, or it is said which one is missing; then nothing of ours stays.
few_capabilities_load() {
	local said rc=0
	said=$(few_capabilities "$XE" -c "$SITE" load 2>&1) || rc=$?
	if ((rc == 0)); then
		counts wan0 "$WAN_KEPT"
		return
	fi
	((rc == 1)) && grep -q 'CAP_SYS_ADMIN' <<<"${said##*$'\n'}" || { echo "exit $rc: $said"; return 1; }
}

MAKE_GROUP="run as root; or make a group xdp-edge, then xdp-edge reload, and run as a member of it"

# Whatever the machine has: there is no group xdp-edge, until umount /etc/group, or a line in WORK/group makes it.
no_group() {
	chmod 711 "$WORK"
	grep -v '^xdp-edge:' /etc/group >"$WORK/group"
	chmod 644 "$WORK/group"
	mount --bind "$WORK/group" /etc/group
}

section_rights() {
	fresh
	no_group
	check "c6: nobody may not load" ends 1 "xdp-edge: cannot make $BPFFS/xdp-edge: Permission denied: run as root" nobody "$XE" -c "$SITE" load
	check "c6: root without capabilities" ends_with 1 \
		"xdp-edge: ops: cannot create maps: Operation not permitted: needs CAP_BPF and CAP_NET_ADMIN; run as root" \
		setpriv --bounding-set -all --inh-caps -all "$XE" -c "$SITE" load
	check "c6: nothing attached" nothing_of_ours
	check "c6: load" says "$LOADED" xe load
	check "c6: nobody may not reload" ends 1 "xdp-edge: cannot open $BPFFS/xdp-edge-lock: Permission denied: run as root" nobody "$XE" -c "$SITE" reload
	check "c6: nobody may not unload" ends 1 "xdp-edge: cannot open $BPFFS/xdp-edge-lock: Permission denied: run as root" nobody "$XE" -c "$SITE" unload
	check "c6: nobody may not read counters" ends 1 \
		"xdp-edge: ops: may not read its counters: $MAKE_GROUP" nobody "$XE" -c "$SITE" stats
	check "c6: nobody is not told that nothing is loaded" ends 1 \
		"xdp-edge: may not look into $BPFFS/xdp-edge: $MAKE_GROUP" nobody "$XE" status
	check "c6: nobody may check" ends 0 "" nobody "$XE" -c "$SITE" check
	check "c6: the policy is untouched" counts wan0 "$WAN_KEPT"
	check "c6: unload" says "ops: unloaded" xe unload
	rmdir "$BPFFS/xdp-edge" "$BPFFS/xdp-edge-lock"
	chown 65534 "$BPFFS"
	check "c6: CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON suffice, or what is missing is named" few_capabilities_load
	[[ ! -e $BPFFS/xdp-edge/ops ]] || xe unload
	check "c6: nothing stays behind" nothing_of_ours
	chown 0 "$BPFFS"
	fresh
	check "c6: no locked memory allowed" says "$LOADED" bash -c "ulimit -l 0; $XE -c $SITE load"
	check "c6: reload then, too" says "ops: generation 2: 4 rows, 16 atoms, 2 interfaces, mode monitor" bash -c "ulimit -l 0; $XE -c $SITE reload"
	xe unload >/dev/null
	umount /etc/group
	readers_group
	mount -t bpf -o mode=0777 bpf "$BPFFS"
	touch "$WORK/private"
	chmod 600 "$WORK/private"
	nobody ln -s "$WORK/private" "$BPFFS/xdp-edge"
	check "c6: somebody's symbolic link in the place of the pins" ends 1 \
		"xdp-edge: $BPFFS/xdp-edge belongs to somebody else, or others may write to it: remove it, or chown root and chmod go-w" xe load
	check "c6: what it leads to stays as it was" equal "$(stat -c '%a %U %G' "$WORK/private")" "600 root root"
	umount "$BPFFS"
	umount /etc/group
}

# --- group xdp-edge -----------------------------------------------------------------------------------

# Of a policy's second generation: the group reads all but the rules.
readers_are_right() {
	equal "$(cd "$BPFFS/xdp-edge" && find . -printf '%M %g %P\n' | sed "s/ $READERS / xdp-edge /" | sort -k3)" \
		"drwxr-x--- xdp-edge 
drwxr-x--- xdp-edge ops
-rw-r----- xdp-edge ops/baseline
-rw-r----- xdp-edge ops/control
-rw-r----- xdp-edge ops/counters
drwxr-x--- xdp-edge ops/gen-2
-rw-r----- xdp-edge ops/gen-2/atoms
-rw-r----- xdp-edge ops/gen-2/matches
-rw-r----- xdp-edge ops/gen-2/rows
-rw-r----- xdp-edge ops/interfaces
-rw-r----- xdp-edge ops/notes
-rw------- root ops/policy
-rw-r----- xdp-edge ops/roles
-rw-r----- xdp-edge ops/suspects
-rw-r----- xdp-edge ops/totals
-rw-r----- xdp-edge ops/verdicts"
}

section_group() {
	local younger="group xdp-edge was made after the load: xdp-edge reload, as root, lets it"
	local reloaded="4 rows, 16 atoms, 2 interfaces, mode monitor"
	fresh
	no_group
	check "group: load and unload without it" says "$LOADED
ops: unloaded" bash -c "$XE -c $SITE load && $XE -c $SITE unload"
	check "group: load without it" says "$LOADED" xe load
	echo "xdp-edge:x:$READERS:" >>"$WORK/group"
	member=(setpriv --reuid 65534 --regid "$READERS" --clear-groups)
	check "group: it is younger" ends 1 "xdp-edge: ops: may not read its counters: $younger" "${member[@]}" "$XE" -c "$SITE" stats
	check "group: for all that is loaded, too" ends 1 "xdp-edge: may not look into $BPFFS/xdp-edge: $younger" "${member[@]}" "$XE" status
	check "group: nobody else is told so" ends 1 \
		"xdp-edge: ops: may not read its counters: run as root, or as a member of group xdp-edge" nobody "$XE" -c "$SITE" stats
	sent wan0 "10,$WAN_KEPT" >/dev/null
	check "group: a reload lets it" says "ops: generation 2: $reloaded" xe reload
	check "group: a member reads what was counted before" member_reads 10
	check "group: who reads what" readers_are_right
	xe unload >/dev/null
	rmdir "$BPFFS/xdp-edge"
	check "group: load anew" says "$LOADED" xe load
	sent wan0 "10,$WAN_KEPT" >/dev/null
	check "group: a member reads counters" member_reads 10
	check "group: after a reload too" says "ops: generation 2: $reloaded" xe reload
	check "group: the same counters" member_reads 10
	check "group: a member's status finds nothing wrong" ends 0 "" "${member[@]}" "$XE" status
	check "group: it cannot look at programs, but sees which are there" equal \
		"$("${member[@]}" "$XE" -j status | jq -r '.policies[].interfaces[] | "\(.name) \(.state)"')" "wan0 attached
lan0 attached"
	check "group: a member may not reload" ends 1 "xdp-edge: cannot open $BPFFS/xdp-edge-lock: Permission denied: run as root" \
		"${member[@]}" "$XE" -c "$SITE" reload
	check "group: nor unload" ends 1 "xdp-edge: cannot open $BPFFS/xdp-edge-lock: Permission denied: run as root" \
		"${member[@]}" "$XE" -c "$SITE" unload
	check "group: the same read it" readers_are_right
	check "group: nobody else reads" ends 1 - nobody "$XE" -c "$SITE" stats
	xe unload >/dev/null
	umount /etc/group
}

member_reads() {
	equal "$("${member[@]}" "$XE" -j -c "$SITE" stats | jq .total.packets)" "$1"
}

# --- (c7) kernel BTF hidden -----------------------------------------------------------------------------

section_btf() {
	local hidden="mount -t tmpfs tmpfs /sys/kernel/btf; $XE -c $SITE"
	fresh
	check "c7: load without the kernel's BTF" says "$LOADED" in_private_mounts "$hidden load"
	check "c7: counts" counts wan0 "$WAN_KEPT"
	check "c7: reload" says "ops: generation 2: 4 rows, 16 atoms, 2 interfaces, mode monitor" in_private_mounts "$hidden reload"
	check "c7: unload" says "ops: unloaded" in_private_mounts "$hidden unload"
	check "c7: nothing of ours is left" nothing_of_ours
}

# --- (c10) unload leaves things as they were --------------------------------------------------------------

# Everything that can be seen of a NIC but its counters.
nic_state() {
	local nic
	for nic in wan0 lan0 new0; do
		ip -d link show dev "$nic"
		tc qdisc show dev "$nic"
		ethtool -k "$nic"
		ethtool -l "$nic"
	done 2>&1
}

section_unload() {
	local before
	fresh
	before=$(nic_state)
	check "c10: load" says "$LOADED" xe load
	check "c10: it shows on the NIC" test "$(nic_state)" != "$before"
	check "c10: unload by name" says "ops: unloaded" "$XE" unload ops
	check "c10: NICs are as before: XDP, queueing, offloads, channels" equal "$(nic_state)" "$before"
	check "c10: nothing of ours is left" nothing_of_ours
	check "unload of nothing" ends 1 "xdp-edge: no policy named ops is loaded" xe unload
	check "reload of nothing" ends 1 "$NOT_LOADED" xe reload
	check "stats of nothing" ends 1 "$NOT_LOADED" xe stats
	check "status of nothing" says "nothing is loaded" xe status
	check "status of a name that is not loaded" ends 1 "$NOT_LOADED" xe status ops
	check "load" says "$LOADED" xe load
	check "load of what is loaded" ends 1 \
		"xdp-edge: ops is loaded already: xdp-edge reload changes its policy, unload takes it away" xe load
	check "it still counts" counts wan0 "$WAN_KEPT"
	check "unload takes one name" ends 2 "xdp-edge unload: b: one name at most
Try 'xdp-edge unload -h'." xe unload a b
	check "reload takes no argument" ends 2 "xdp-edge reload: takes no argument 'ops'
Try 'xdp-edge reload -h'." xe reload ops
	sed 's/^name: ops/name: second/; /lan0/d; s/wan0/new0/' "$SITE" >"$WORK/second.yaml"
	check "a second policy on another interface" says "second: loaded generation 1: 4 rows, 15 atoms, 1 interfaces, mode monitor" "$XE" -c "$WORK/second.yaml" load
	sed 's/^name: ops/name: third/' "$SITE" >"$WORK/third.yaml"
	check "what is loaded is said to who names what is not" ends 1 "xdp-edge: no policy named third is loaded, only ops, second" xe stats third
	check "a third on the first's interfaces is refused" ends 1 - "$XE" -c "$WORK/third.yaml" load
	check "it says whose they are" equal "$("$XE" -c "$WORK/third.yaml" load 2>&1 | tail -n 1)" "xdp-edge: wan0: policy ops is attached to it, and without libxdp's dispatcher there is no room for two: xdp-edge unload ops"
	check "status shows both" equal "$(xe -j status | jq -r '[.policies[].name] | sort | join(" ")')" "ops second"
	check "unload the first" says "ops: unloaded" xe unload
	check "the second is untouched" equal "$(xe -j status | jq -r '.policies[] | "\(.name) \(.interfaces[0].state)"')" "second attached"
	check "unload the second" says "second: unloaded" xe unload second
	check "nothing of ours is left" nothing_of_ours
}

# --- (c11) native mode refused --------------------------------------------------------------------------

# verifier_gives_up: a load whose last program is refused as the verifier refuses one that is too complex: once, and once more
# when libbpf asks for its reasons.
verifier_gives_up() {
	local calls=$WORK/calls n
	strace -f -qq -e trace=bpf -e signal=none -o "$calls" "$XE" -c "$SITE" load >/dev/null
	xe unload >/dev/null
	n=$(grep -n 'BPF_PROG_LOAD.*prog_name="xdp_edge' "$calls" | tail -n 1 | cut -d: -f1)
	ends 3 "xdp-edge: wan0: this kernel's verifier gives up on the program as too complex: Argument list too long. Remedies: a newer kernel, or less in the site: payload: no, state: off, mode: monitor" \
		strace -f -qq -e trace=bpf -e signal=none -e inject="bpf:error=E2BIG:when=$n..$((n + 1))" -o "$calls" \
		"$XE" -c "$SITE" load
	[[ $(grep -c 'BPF_PROG_LOAD.*(INJECTED)' "$calls") == 2 ]]
}

section_native() {
	fresh
	far ip link set lan0-far mtu 65535
	check "c11: the driver refuses" ends_with 3 \
		"xdp-edge: lan0: driver veth refuses native XDP at MTU 1500: veth: Peer MTU is too large to set XDP. Remedies: a lower MTU, here or on a veth's other end (ip link set lan0 mtu 1500), another driver setting, or generic XDP, slower, by --mode generic" \
		xe load
	check "c11: nothing was attached" nothing_of_ours
	check "c11: --mode generic" says "$LOADED" xe load --mode generic
	check "c11: status says generic" equal "$(xe -j status | jq -r '.policies[].interfaces[] | "\(.name) \(.state) \(.mode)"')" "wan0 attached generic
lan0 attached generic"
	check "c11: counts" counts lan0 "$LAN_PROBE"
	check "c11: reload keeps it" says "ops: generation 2: 4 rows, 16 atoms, 2 interfaces, mode monitor" xe reload
	cp "$FIXTURES/other-nic.yaml" "$SITE"
	check "c11: an interface that comes later is generic too" says "lan0: detached: nothing is counted there any more
ops: generation 3: 5 rows, 19 atoms, 2 interfaces, mode monitor" xe reload
	check "c11: status" equal "$(xe -j status | jq -r '.policies[].interfaces[] | select(.name == "new0") | .mode')" generic
	check "c11: unload" says "ops: unloaded" xe unload
	check "c11: nothing of ours is left" nothing_of_ours

	fresh
	sed -i 's/lan0/lo/' "$SITE"
	check "c11: a driver without native XDP: unsupported here" ends_with 3 \
		"xdp-edge: lo: driver unknown refuses native XDP at MTU 65536 (frames of several buffers): Underlying driver does not support XDP in native mode. Remedies: a lower MTU, here or on a veth's other end (ip link set lo mtu 1500), another driver setting, or generic XDP, slower, by --mode generic" \
		xe load
	check "c11: nothing was attached there" equal "$(xdp_on lo)$(xdp_on wan0)$(own_pins)" "xdp-edge"
	fresh
	sed '/lan0/d' "$FIXTURES/old.yaml" >"$SITE"
	check "c11: the verifier gives up on the program: one line" verifier_gives_up
	check "c11: nothing was attached then" nothing_of_ours

	fresh
	check "c11: load says whether it is alone" says_alone xe load
	check "c11: modes" ends 2 "xdp-edge load: --mode: offload: native or generic
Try 'xdp-edge load -h'." xe load --mode offload

	fresh
	ip link set lan0 mtu 9000
	far ip link set lan0-far mtu 9000
	check "c11: MTU 9000 loads by frames of several buffers, and says so" says \
		"xdp-edge: lan0: note: MTU 9000 needs frames of several buffers; not every driver has them with native XDP
$LOADED" xe load
	sent lan0 10,udp,10.0.1.11,5000,172.25.33.10,7002,9014 >/dev/null
	check "c11: their bytes are counted whole" equal "$(total)" "10 90140"
	xe unload >/dev/null
}

# --- (c12) CPUs ---------------------------------------------------------------------------------------

cpus_counted() {
	"$BPFTOOL" map dump pinned "$BPFFS/xdp-edge/ops/counters" -j |
		jq -r '[.[].formatted.values[] | .cpu as $cpu | .value[] | select(.packets > 0) | "\($cpu) \(.packets)"] | join(", ")'
}

section_cpus() {
	local last
	last=$(($(nproc) - 1))
	fresh
	check "c12: load" says "$LOADED" xe load
	sent wan0 -c 0 "1000,$WAN_KEPT" >/dev/null
	sent wan0 -c "$last" "500,$WAN_KEPT" >/dev/null
	check "c12: each CPU has counters of its own" equal "$(cpus_counted)" "0 1000, $last 500"
	check "c12: stats are their sums" equal "$(total)" "1500 90000"
	check "c12: after a fold too" equal "$(xe reload >/dev/null && total)" "1500 90000"
	xe unload >/dev/null
}

# --- a policy that outgrows what was set aside ------------------------------------------------------------

untouched() {
	equal "$(xe -j status | jq -r '.policies[0].generation')" "$1" && counts wan0 "$WAN_KEPT" &&
		equal "$(own_pins)" "$(policy_pins ops "$1")"
}

section_room() {
	local i
	fresh
	check "room: load, small" says "$LOADED" xe load --atoms 16
	check "room: as said" equal "$(xe -j status | jq -c .policies[0].room.atoms)" 16
	cp "$FIXTURES/new.yaml" "$SITE"
	check "room: reload with more atoms" ends 1 \
		"xdp-edge: ops: the policy has outgrown what was set aside at load: block $(block_bytes) of 1048576 bytes, 19 of 16 atoms; unload, then load --block-size 1048576 --atoms 19 (or larger)" \
		xe reload
	check "room: the old policy is untouched" untouched 1
	check "room: the size it named suffices" says "ops: unloaded
ops: loaded generation 1: 5 rows, 19 atoms, 2 interfaces, mode monitor" bash -c "$XE unload ops; $XE -c $SITE load --atoms 19"
	xe unload >/dev/null

	cp "$FIXTURES/old.yaml" "$SITE"
	check "room: load with few totals" says "$LOADED" xe load --totals 32
	cp "$FIXTURES/new.yaml" "$SITE"
	check "room: reload that they hold" says "ops: generation 2: 5 rows, 19 atoms, 2 interfaces, mode monitor" xe reload
	check "room: reload whose fold they could not hold" ends 1 \
		"xdp-edge: ops: totals are kept for 32 rows and misses by NIC, and this could make them 34: unload, then load --totals 34 (or larger)" \
		xe reload
	check "room: the policy is untouched" untouched 2
	xe unload >/dev/null
	cp "$FIXTURES/old.yaml" "$SITE"

	check "room: load" says "$LOADED" xe load
	for ((i = 1; i <= 400; i++)); do
		printf '10.%d.%d.7, ' $((i % 200 + 1)) $((i / 200))
	done | sed 's/^/  - {name: hosts, service: host, l4: udp, ports: 9, source: any, destination: [/; s/, $/]}/' >>"$SITE"
	echo >>"$SITE"
	check "room: reload with a larger block" ends_like 1 \
		"xdp-edge: ops: the policy has outgrown what was set aside at load: block [0-9]* of 1048576 bytes, [0-9]* of 88 atoms; unload, then load --block-size 2097152 --atoms [0-9]* (or larger)" \
		xe reload
	check "room: the policy is untouched still" untouched 1
	xe unload >/dev/null
	cp "$FIXTURES/old.yaml" "$SITE"

	for i in 1 2 3; do
		nic "more$i"
	done
	check "room: load" says "$LOADED" xe load
	sed -i 's/^rows:/  more1: lan\n  more2: lan\n  more3: lan\nrows:/' "$SITE"
	check "room: two more interfaces have room, a third has not" ends 1 "xdp-edge: ops: no slot left for more3: unload, then load" xe reload
	check "room: the policy is untouched then" untouched 1
	check "room: no new interface was attached" equal "$(xdp_on more1)$(xdp_on more2)$(xdp_on more3)" ""
	xe unload >/dev/null
	for i in 1 2 3; do
		ip link del "more$i"
	done
	for i in "--atoms 0" "--atoms 67108865" "--totals x" "--block-size -1" "--totals 99999999999999999999"; do
		# shellcheck disable=SC2086
		check "room: $i is no size" ends 2 - xe load $i
	done
}

block_bytes() {
	xe -j check | jq '.sizes.block // .sizes.block_bytes'
}

# ends_like CODE PATTERN COMMAND...: says exactly one line that the basic regular expression matches as a whole.
ends_like() {
	local code=$1 pattern=$2 got=0 said
	shift 2
	said=$("$@" 2>&1 >/dev/null) || got=$?
	[[ $got == "$code" ]] && grep -qx "$pattern" <<<"$said" && (($(wc -l <<<"$said") == 1)) || { echo "exit $got: $said"; return 1; }
}

# --- interfaces that come and go by reload ------------------------------------------------------------------

section_come_and_go() {
	fresh
	check "come and go: load" says "$LOADED" xe load
	sent lan0 "10,$LAN_PROBE" >/dev/null
	cp "$FIXTURES/other-nic.yaml" "$SITE"
	check "come and go: reload" says "lan0: detached: nothing is counted there any more
ops: generation 2: 5 rows, 19 atoms, 2 interfaces, mode monitor" xe reload
	check "come and go: the new one counts" counts new0 "$LAN_PROBE"
	check "come and go: the old one has no program" equal "$(xdp_on lan0)" ""
	check "come and go: its counts are kept" equal "$(stats '.interfaces[] | select(.name == "lan0") | .packets')" 10
	check "come and go: status" states "wan0 attached" "lan0 detached" "new0 attached"
	cp "$FIXTURES/old.yaml" "$SITE"
	check "come and go: back" says "new0: detached: nothing is counted there any more
ops: generation 3: 4 rows, 16 atoms, 2 interfaces, mode monitor" xe reload
	check "come and go: the first one counts again" counts lan0 "$LAN_PROBE"
	check "come and go: under its old name" equal "$(stats '.interfaces[] | select(.name == "lan0") | .packets')" 20
	check "come and go: the sum is kept" equal "$(total)" "30 3300"
	check "come and go: the other has no program" equal "$(xdp_on new0)" ""
	xe unload >/dev/null
	check "come and go: nothing of ours is left" nothing_of_ours
}

# --- (c13) soak, in small -------------------------------------------------------------------------------

# Sizes by which this test's maps are known among all.
SOAK_TOTALS=$((3000 + $$ % 1000))
SOAK_ROWS=593
ROWS_PER_VALUE=16 # as maps.h has them, and the others
TOTALS_PER_VALUE=16
COUNTERS_PER_VALUE=64

# soak_objects: how many of this test's maps and programs the kernel has.
soak_objects() {
	local maps counters
	maps=$("$BPFTOOL" map list -j)
	counters=$(jq ".[] | select(.name == \"counters\" and .max_entries == $SOAK_COUNTERS) | .id" <<<"$maps")
	echo "maps $(jq "[.[] | select((.name == \"totals\" and .max_entries == $((2 * ((SOAK_TOTALS + TOTALS_PER_VALUE - 1) / TOTALS_PER_VALUE)))) or
		(.name == \"rows\" and .max_entries == $(((SOAK_ROWS + ROWS_PER_VALUE - 1) / ROWS_PER_VALUE))) or (.name == \"counters\" and .max_entries == $SOAK_COUNTERS))] | length" <<<"$maps")" \
		"programs $("$BPFTOOL" prog list -j | jq "[.[] | select(.map_ids // [] | index(${counters:-0}))] | length")"
}

# The kernel frees them a moment after.
soak_objects_are() {
	local i got
	for ((i = 0; i < 50; i++)); do
		got=$(soak_objects)
		[[ $got != "$1" ]] || return 0
		sleep 0.1
	done
	equal "$got" "$1"
}

many_reloads() {
	local i
	for ((i = 1; i <= $1; i++)); do
		xe reload >/dev/null || return 1
		((i % 10)) || sent wan0 "10,$WAN_KEPT" >/dev/null
	done
}

many_loads() {
	local i
	for ((i = 1; i <= $1; i++)); do
		xe load >/dev/null && xe unload >/dev/null || return 1
	done
}

soak_reader() {
	find "/proc/$reader/fd" | wc -l
}

reader_memory() {
	awk '/^VmRSS/ { print $2 }' "/proc/$reader/status"
}

section_soak() {
	local i fds memory reader
	fresh
	for ((i = 1; i <= SOAK_ROWS - 4; i++)); do
		echo "  - {name: filler-$i, service: filler, l4: udp, ports: $((20000 + i)), source: any, destination: access-edge}"
	done >>"$SITE"
	SOAK_COUNTERS=$((2 * 4 * (50 + $$ % 500)))
	xe load --totals "$SOAK_TOTALS" --atoms $((COUNTERS_PER_VALUE * (50 + $$ % 500))) >/dev/null
	"$XE" -j -c "$SITE" stats --interval 0.1 >"$WORK/soak.json" &
	reader=$!
	many_reloads 10
	check "c13: this test's maps and programs" soak_objects_are "maps 3 programs 2"
	fds=$(soak_reader)
	memory=$(reader_memory)
	check "c13: 200 reloads" many_reloads 200
	check "c13: as many maps and programs as before" soak_objects_are "maps 3 programs 2"
	check "c13: as many pins" equal "$(own_pins)" "$(policy_pins ops 211)"
	check "c13: a reader has as many descriptors" within "$(soak_reader)" "$fds" 3
	# a buffer that it had not needed before may come; a leak of one reading a reload would be hundreds of MB
	check "c13: and as much memory" within "$(reader_memory)" "$memory" 1024
	check "c13: nothing was lost" equal "$(total)" "210 12600"
	kill -TERM "$reader"
	wait "$reader" || true
	check "c13: unload" says "ops: unloaded" xe unload
	check "c13: no map and no program is left" soak_objects_are "maps 0 programs 0"
	check "c13: 30 times load and unload" many_loads 30
	check "c13: none is left of these" soak_objects_are "maps 0 programs 0"
	check "c13: nothing of ours is left" nothing_of_ours
}

# within GOT BEFORE MORE: at most MORE above BEFORE.
within() {
	echo "$1, before: $2"
	(($1 <= $2 + $3))
}

main() {
	local section
	(($#)) || set -- interfaces foreign two_at_once bpffs rights group btf unload native cpus room come_and_go soak
	for section; do
		"section_$section"
	done
	finish
}

main "$@"
