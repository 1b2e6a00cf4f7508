# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# The tools that are compared. Each has a network namespace `t-NAME` of its own, in it the NIC rx that receives, and here:
# loading a rule set, unloading it, and telling what its own counters say. The rule set's files are in RULES (rules.awk).
#
# Needs from the caller: XE, FLOOR (an object file with floor_pass, floor_drop, floor_count_drop), BPFFS.

# Floors first: what is subtracted, and what compares.
# shellcheck disable=SC2034 # for those who read this file
PEERS=(xdp-drop xdp-count xdp-edge xdp-filter skb-drop skb-drop-gro nft-ingress-linear nft-ingress-set
	nft-ingress-map nft-prerouting-linear nft-prerouting-set nft-prerouting-map iptables-legacy iptables-nft ipset)

# in_peer NAME COMMAND...
in_peer() {
	nsenter --net="/run/netns/t-$1" "${@:2}"
}

# peer_device NAME: the sender's end of its veth pair, in the namespace `far`; names of devices are short.
peer_device() {
	local device=${1//nft/n}
	device=${device//prerouting/pre}
	echo "${device//ingress/in}"
}

# peer_add NAME: its namespace and its NIC.
peer_add() {
	local name=$1
	ip netns add "t-$name"
	in_peer "$name" bash -c "$(declare -f quiet_namespace); quiet_namespace"
	ip link add rx netns "t-$name" type veth peer name "$(peer_device "$name")" netns far
	ip -n "t-$name" link set rx up
	far ip link set "$(peer_device "$name")" up
	# veth takes frames from the sender only where its NAPI is on: by an XDP program, or by GRO. For tools of the stack a
	# program that only passes is the cheaper of the two, by some 100 ns a packet.
	case $name in
	xdp-*) ;;
	*-gro) in_peer "$name" ethtool -K rx gro on ;;
	*)
		in_peer "$name" ethtool -K rx gro off
		[[ -e $BPFFS/pass ]] || bpftool prog loadall "$FLOOR" "$BPFFS/pass"
		in_peer "$name" bpftool net attach xdpdrv pinned "$BPFFS/pass/floor_pass" dev rx
		;;
	esac
}

# peer_load NAME
peer_load() {
	local name=$1
	case $name in
	xdp-drop) load_floor "$name" floor_drop ;;
	xdp-count) load_floor "$name" floor_count_drop ;;
	xdp-edge) in_peer "$name" "$XE" -c "$RULES/site.yaml" load ;;
	xdp-filter) load_xdp_filter ;;
	skb-drop*) in_peer "$name" nft -f "$RULES/ingress-none.nft" ;;
	nft-*) in_peer "$name" nft -f "$RULES/${name#nft-}.nft" ;;
	iptables-*) in_peer "$name" "$name-restore" -w 60 "$RULES/iptables.txt" ;;
	ipset)
		in_peer ipset ipset restore -file "$RULES/ipset.txt" &&
			in_peer ipset iptables-legacy-restore -w 60 "$RULES/ipset-iptables.txt"
		;;
	esac
}

load_floor() {
	bpftool prog loadall "$FLOOR" "$BPFFS/$1" && in_peer "$1" bpftool net attach xdpdrv pinned "$BPFFS/$1/$2" dev rx
}

load_xdp_filter() {
	local address
	in_peer xdp-filter xdp-filter load -m native -p allow -f ipv4 rx || return
	while read -r address; do
		xdp-filter ip -m dst "$address" || return
	done <"$RULES/xdp-filter.txt"
}

# peer_unload NAME
peer_unload() {
	local name=$1
	case $name in
	xdp-drop | xdp-count)
		ip -n "t-$name" link set rx xdpdrv off
		rm -r "${BPFFS:?}/$name"
		;;
	xdp-edge) in_peer "$name" "$XE" -c "$RULES/site.yaml" unload ;;
	xdp-filter) in_peer "$name" xdp-filter unload rx ;;
	skb-drop* | nft-*) in_peer "$name" nft flush ruleset ;;
	iptables-*) in_peer "$name" "$name" -t raw -F ;;
	ipset) in_peer ipset iptables-legacy -t raw -F && in_peer ipset ipset destroy ;;
	esac
}

# peer_counts NAME: a line `PROTO SOURCE|any DESTINATION PORT PACKETS` for each rule and one `miss PACKETS`; of tools that
# do not count so, `total PACKETS`. What has no counter prints nothing.
peer_counts() {
	local name=$1
	case $name in
	xdp-edge)
		in_peer "$name" "$XE" -c "$RULES/site.yaml" -j stats |
			jq -r '(.rows[] | "row \(.id | ltrimstr("site/rows/r")) \(.decided.packets)"),
				"miss \(.total.packets - ([.rows[].decided.packets] | add))"' |
			awk 'NR == FNR { rule[$1] = $2 " " $3 " " $4 " " $5; next } $1 == "row" { print rule[$2], $3; next } 1' \
				"$RULES/rules.txt" -
		;;
	xdp-filter)
		# its table of addresses: ADDRESS MODE HITS
		in_peer "$name" xdp-filter status | awk '$1 ~ /^[0-9.]+\.[0-9.]+$/ && NF == 3 { n += $3 } END { print "total", n + 0 }'
		;;
	skb-drop*) in_peer "$name" nft list ruleset | awk '$1 == "counter" { print "total", $3 }' ;;
	nft-*) in_peer "$name" nft list ruleset | nft_counts ;;
	iptables-*) in_peer "$name" "$name-save" -t raw -c | iptables_counts ;;
	ipset)
		in_peer ipset ipset save | awk '
			$1 == "add" { split($3, e, "[,:]"); print e[2], (e[4] == "" ? "any" : e[4]), e[1], e[3], $5 }'
		in_peer ipset iptables-legacy-save -t raw -c | grep -v match-set | iptables_counts
		;;
	esac
}

nft_counts() {
	awk '
	{ gsub(/elements = {|[,{}]/, " ") }
	$1 == "counter" && $2 == "packets" { print "miss", $3; next }
	!/counter packets/ { next }
	/ dport / {
		source = "any"
		for (i = 1; i < NF; i++) {
			if ($i == "saddr") source = $(i + 1)
			if ($i == "daddr") daddr = $(i + 1)
			if ($i == "dport") { proto = $(i - 1); port = $(i + 1) }
			if ($i == "packets") n = $(i + 1)
		}
		print proto, source, daddr, port, n
		next
	}
	$6 == "counter" { print $3, "any", $1, $5, $8 }
	$8 == "counter" { print $5, $1, $3, $7, $10 }'
}

iptables_counts() {
	awk '
	!/-A PREROUTING/ { next }
	{
		source = "any"; daddr = ""
		for (i = 1; i < NF; i++) {
			if ($i == "-s") source = $(i + 1)
			if ($i == "-d") { daddr = $(i + 1); sub(/\/32/, "", daddr) }
			if ($i == "-p") proto = $(i + 1)
			if ($i == "--dport") port = $(i + 1)
		}
		split(substr($1, 2), n, ":")
		if (daddr == "") print "miss", n[1]; else print proto, source, daddr, port, n[1]
	}'
}

# peer_memory NAME: bytes of kernel memory that are known but not charged to the loader's control group.
peer_memory() {
	case $1 in
	# an entry's counters, 16 bytes for each CPU
	iptables-legacy) echo $((16 * $(in_peer "$1" iptables-legacy-save -t raw | grep -c '^-A') * $(nproc --all))) ;;
	# a set's elements, as it says itself
	ipset) in_peer ipset ipset list -t | awk '/^Size in memory/ { n += $4 } END { print n + 0 }' ;;
	*) echo 0 ;;
	esac
}
