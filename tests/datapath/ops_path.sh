#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# What a network needs beside its services works through an enforcing box that passes nothing else: ARP and neighbour
# discovery with cold caches, path MTU discovery of both families, DHCP between a real client and a real server, with the
# box as a bridge and with a relay behind the box as a router.
set -euo pipefail
# shellcheck source=tests/datapath/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
world "$0" "$@"

SITE=$WORK/site.yaml

# --- networks ------------------------------------------------------------------------------------

# host NAME: a network namespace with IPv6 and without duplicate address detection, which takes a second.
host() {
	ip netns add "$1"
	on "$1" sysctl -qw net.ipv6.conf.all.accept_dad=0 net.ipv6.conf.default.accept_dad=0 \
		net.ipv6.conf.default.router_solicitations=0
	on "$1" ip link set lo up
}

# on NAME COMMAND...
on() {
	local name=$1
	shift
	nsenter --net="/run/netns/$name" "$@"
}

# cable HOST DEVICE HOST DEVICE: `box` is this namespace.
cable() {
	local box=()
	if [[ $1 != box ]]; then
		box=(netns "$1")
	fi
	ip link add "$2" "${box[@]}" type veth peer name "$4" netns "$3"
	up "$1" "$2"
	up "$3" "$4"
}

up() {
	local run=()
	if [[ $1 != box ]]; then
		run=(on "$1")
	fi
	"${run[@]}" ethtool -K "$2" tso off gso off gro off tx off >/dev/null
	"${run[@]}" ip link set "$2" up
}

# start NAME COMMAND...: on that host, in the background; it ends with this world.
start() {
	local name=$1
	shift
	nsenter --net="/run/netns/$name" "$@" >"$WORK/started.$name.${1##*/}" 2>&1 &
}

listens() {
	on "$1" ss -Hnl --"$2" | awk '{print $4}' | grep -qE ":$3\$"
}

# --- what was counted ----------------------------------------------------------------------------

# The names under which packets passed, and the reasons why some did not: "NAME PACKETS" each.
exempted() {
	stats '.exempt[] | "\(.name) \(.packets)"'
}

dropped() {
	stats '.dropped[] | "\(.reason) \(.packets)"'
}

# passed_by_name NAME: some packets did.
passed_by_name() {
	exempted | awk -v name="$1" '$1 == name && $2 > 0 { found = 1 } END { exit !found }' || {
		echo "no packet passed as $1"
		exempted
		return 1
	}
}

# dropped_only REASON...: for no other, and not necessarily for these.
dropped_only() {
	local all
	all=$(dropped) || return
	equal "$(awk -v but=" $* " '$2 > 0 && !index(but, " " $1 " ")' <<<"$all")" ""
}

dropped_some() {
	dropped | awk -v name="$1" '$1 == name && $2 > 0 { found = 1 } END { exit !found }' || {
		echo "nothing was dropped as $1"
		dropped
		return 1
	}
}

# --- a router: internet - box - Edge -------------------------------------------------------------

#   client --far0----near0-- isp --eth0----wan0-- box --dmz0----eth0-- edge
#            the ISP's way to the client takes 1,300 bytes, 1,320 for IPv6, which neither end knows
router_up() {
	local name
	echo 0 >/proc/sys/net/ipv6/conf/all/disable_ipv6
	echo 0 >/proc/sys/net/ipv6/conf/default/disable_ipv6
	sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1 net.ipv6.conf.all.accept_dad=0 \
		net.ipv6.conf.default.accept_dad=0 net.ipv6.conf.default.router_solicitations=0
	for name in client isp edge; do
		host "$name"
	done
	on isp sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1 net.ipv4.icmp_ratelimit=0 net.ipv6.icmp.ratelimit=0
	cable client far0 isp near0
	cable box wan0 isp eth0
	cable box dmz0 edge eth0
	on isp ip link set near0 mtu 1320
	on isp ip address add 192.0.2.1/24 dev near0
	on isp ip -6 address add 2001:db8:2::1/64 dev near0 nodad
	on client ip address add 192.0.2.10/24 dev far0
	on client ip -6 address add 2001:db8:2::10/64 dev far0 nodad
	on client ip route add default via 192.0.2.1
	on client ip -6 route add default via 2001:db8:2::1
	on isp ip address add 198.51.100.9/24 dev eth0
	on isp ip -6 address add 2001:db8:1::9/64 dev eth0 nodad
	on isp ip route add default via 198.51.100.1
	on isp ip -6 route add default via 2001:db8:1::1
	ip address add 198.51.100.1/24 dev wan0
	ip -6 address add 2001:db8:1::1/64 dev wan0 nodad
	ip route add 192.0.2.0/24 via 198.51.100.9
	ip -6 route add 2001:db8:2::/64 via 2001:db8:1::9
	ip address add 203.0.113.1/24 dev dmz0
	ip -6 address add 2001:db8:e::1/64 dev dmz0 nodad
	on edge ip address add 203.0.113.10/24 dev eth0
	on edge ip -6 address add 2001:db8:e::10/64 dev eth0 nodad
	on edge ip route add default via 203.0.113.1
	on edge ip -6 route add default via 2001:db8:e::1
	head -c 300000 /dev/urandom >"$WORK/page"
	start edge socat "TCP6-LISTEN:443,ipv6only=0,reuseaddr,fork" "OPEN:$WORK/page,rdonly"
	wait_for 5 listens edge tcp 443
}

router_site() {
	cat >"$SITE" <<-EOF
		name: router
		mode: enforce
		foreign: drop
		non-ip: drop
		echo: drop
		tables: [lync2013-edge-nat/external]
		roles:
		  access-edge: [203.0.113.10, "2001:db8:e::10"]
		interfaces:
		  wan0: internet
		  dmz0: dmz-external
	EOF
}

# fetch ADDRESS: the page, whole; nobody answers a client that goes away first.
fetch() {
	on client timeout 10 socat -u "TCP:$1:443,connect-timeout=5" "CREATE:$WORK/got" && cmp "$WORK/page" "$WORK/got"
}

# The neighbours forgotten everywhere, first; the answer then needs every one of them found again.
fetch_cold() {
	local name
	for name in client isp edge; do
		on "$name" ip neigh flush all
		on "$name" ip -6 neigh flush all
	done
	ip neigh flush all
	ip -6 neigh flush all
	fetch "$1"
}

# knows_mtu FAMILY ADDRESS MTU: the Edge has learnt it from the ICMP error, and not from its own cable.
knows_mtu() {
	on edge ip "$1" -j route get "$2" | jq -e ".[0].metrics[0].mtu == $3" || {
		on edge ip "$1" route get "$2"
		return 1
	}
}

knows_no_mtu() {
	on edge ip "$1" -j route get "$2" | jq -e ".[0].metrics[0].mtu == null"
}

refused_echo() {
	! on client ping -q -c 1 -W 1 203.0.113.10
}

refused_stranger() {
	! fetch_port 8443
}

fetch_port() {
	on client timeout 3 socat -u "TCP:203.0.113.10:$1,connect-timeout=1" /dev/null
}

test_router() {
	router_up
	check "router: the page comes without xdp-edge" fetch 203.0.113.10
	on edge ip route flush cache
	on edge ip -6 route flush cache
	check "router: the path MTU is forgotten, IPv4" knows_no_mtu -4 192.0.2.10
	check "router: the path MTU is forgotten, IPv6" knows_no_mtu -6 2001:db8:2::10
	router_site
	check "router: loads in enforce" xe load
	check "router: cold caches, IPv4" fetch_cold 203.0.113.10
	check "router: cold caches, IPv6" fetch_cold "[2001:db8:e::10]"
	check "router: cold caches once more, IPv4" fetch_cold 203.0.113.10
	check "router: cold caches once more, IPv6" fetch_cold "[2001:db8:e::10]"
	check "router: ARP passed by name" passed_by_name arp
	check "router: neighbour discovery passed by name" passed_by_name nd
	check "router: path MTU, IPv4" knows_mtu -4 192.0.2.10 1320
	check "router: path MTU, IPv6" knows_mtu -6 2001:db8:2::10 1320
	check "router: path MTU errors passed by name" passed_by_name pmtu
	check "router: nothing was dropped so far" dropped_only
	check "router: echo is dropped where the site says so" refused_echo
	check "router: another port is dropped" refused_stranger
	check "router: each for its own reason" eval "dropped_some echo && dropped_some unmatched && dropped_only echo unmatched"
	check "router: unload" xe unload
	ip link del wan0
	ip link del dmz0
}

# --- a bridge between DHCP client and server -----------------------------------------------------

#   phone --eth0----lan0-- box: br0 --dmi0----eth0-- dhcpd
bridge_up() {
	host phone
	host dhcpd
	cable box lan0 phone eth0
	cable box dmi0 dhcpd eth0
	ip link add br0 type bridge
	ip link set br0 up
	ip link set lan0 master br0
	ip link set dmi0 master br0
	on dhcpd ip address add 10.1.0.10/24 dev eth0
	dhcp_server 10.1.0.100,10.1.0.120,255.255.255.0,2m
	dhcp_script
}

# dhcp_server RANGE...
dhcp_server() {
	local range ranges=()
	for range; do
		ranges+=(--dhcp-range="$range")
	done
	start dhcpd dnsmasq --no-daemon --conf-file=/dev/null --port=0 --user=root --group=root --pid-file= \
		--dhcp-authoritative --no-ping --log-dhcp --dhcp-leasefile="$WORK/leases" "${ranges[@]}"
	wait_for 5 listens dhcpd udp 67
}

# What the client does with what it is told.
dhcp_script() {
	cat >"$WORK/script" <<-'EOF'
		#!/bin/sh
		case $1 in
		bound | renew)
			ip address replace "$ip/24" dev "$interface"
			echo "$1 $ip" >>"$TOLD"
			;;
		esac
	EOF
	chmod +x "$WORK/script"
}

# lease_comes PREFIX: a client that starts from nothing gets an address that begins so.
lease_comes() {
	rm -f "$WORK/told"
	on phone ip address flush dev eth0 scope global
	TOLD=$WORK/told on phone busybox udhcpc -i eth0 -f -n -q -t 5 -T 1 -s "$WORK/script" || return
	grep "^bound $1" "$WORK/told"
}

# lease_renewed: a client that has an address asks the server for it again, without broadcast.
lease_renewed() {
	local client rc=0
	rm -f "$WORK/told"
	on phone ip address flush dev eth0 scope global
	TOLD=$WORK/told nsenter --net=/run/netns/phone busybox udhcpc -i eth0 -f -n -t 5 -T 1 -s "$WORK/script" &
	client=$!
	wait_for 8 grep '^bound' "$WORK/told" || rc=1
	kill -USR1 "$client" || rc=1
	wait_for 8 grep '^renew' "$WORK/told" || rc=1
	kill "$client" || true
	wait "$client" || true
	return "$rc"
}

# dhcp_site NAME [LINE...]: with these lines more.
dhcp_site() {
	{
		cat <<-EOF
			name: $1
			mode: enforce
			foreign: drop
			non-ip: drop
			interfaces:
			  lan0: lan
			  dmi0: dmz-internal
			roles:
			  edge-internal: 10.1.0.10
		EOF
		shift
		printf '%s\n' "$@"
	} >"$SITE"
}

decided_dhcp() {
	stats '[.rows[] | select(.id | endswith("client-ports/1")) | .decided.packets] | add // 0' | grep -vx 0
}

test_bridge() {
	bridge_up
	check "bridge: a lease comes without xdp-edge" lease_comes 10.1.0.1
	dhcp_site bridge "tables: [lync2013-edge-nat/internal]"
	check "bridge: loads in enforce" xe load
	check "bridge: a lease comes" lease_comes 10.1.0.1
	check "bridge: a lease is renewed" lease_renewed
	check "bridge: DHCP passed by name" passed_by_name dhcp
	check "bridge: no DHCP was dropped" dropped_only foreign ip-other
	check "bridge: unload" xe unload
	# The phones have a row of their own now; their addresses are known.
	dhcp_site rows "  clients: 10.1.0.96/27" "tables: [lync2013-edge-nat/internal, sfb-internal/client-ports]"
	check "bridge, DHCP row: loads in enforce" xe load
	check "bridge, DHCP row: a lease comes" lease_comes 10.1.0.1
	check "bridge, DHCP row: a lease is renewed" lease_renewed
	check "bridge, DHCP row: the row decided" decided_dhcp
	check "bridge, DHCP row: no DHCP was dropped" dropped_only foreign ip-other
	check "bridge, DHCP row: unload" xe unload
	ip link del lan0
	ip link del dmi0
	ip link del br0
}

# --- a relay on the inside, the box a router -----------------------------------------------------

#   phone --eth0----down0-- relay --up0----lan0-- box --dmi0----eth0-- dhcpd
relay_up() {
	ip netns del phone
	ip netns del dhcpd
	host phone
	host relay
	host dhcpd
	cable phone eth0 relay down0
	cable box lan0 relay up0
	cable box dmi0 dhcpd eth0
	ip address add 10.2.0.1/24 dev lan0
	ip address add 10.1.0.1/24 dev dmi0
	ip route add 10.3.0.0/24 via 10.2.0.5
	on relay sysctl -qw net.ipv4.ip_forward=1
	on relay ip address add 10.2.0.5/24 dev up0
	on relay ip address add 10.3.0.1/24 dev down0
	on relay ip route add default via 10.2.0.1
	on dhcpd ip address add 10.1.0.10/24 dev eth0
	on dhcpd ip route add default via 10.1.0.1
	dhcp_server 10.3.0.100,10.3.0.120,255.255.255.0,2m
	start relay dnsmasq --no-daemon --conf-file=/dev/null --port=0 --user=root --group=root --pid-file= \
		--dhcp-relay=10.3.0.1,10.1.0.10
	wait_for 5 listens relay udp 67
}

test_relay() {
	relay_up
	dhcp_site relay "tables: [lync2013-edge-nat/internal]"
	check "relay: loads in enforce" xe load
	check "relay: a lease comes" lease_comes 10.3.0.1
	check "relay: DHCP passed by name" passed_by_name dhcp
	check "relay: no DHCP was dropped" dropped_only foreign ip-other
	check "relay: unload" xe unload
}

test_router
test_bridge
test_relay
finish
