#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# One Edge pool, two boxes, one Prometheus: each box is a network and mount namespace with a bpffs, a policy and an
# `xdp-edge serve` of its own; Debian's Prometheus scrapes both with the rules that are shipped. What is sent into the boxes
# comes out of the recording rules, by role and miss, to the packet and byte, across a reload; alerts fire, and stop.
set -euo pipefail
# shellcheck source=tests/datapath/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
world "$0" "$@"

RULES=$OPS_ROOT/scripts/prometheus
BOXES=(edge1 edge2)
POOL=edge-taipei
declare -A box_pid

# --- the rules by themselves ------------------------------------------------------------------------

# Its working directory is where the rules under test are named from.
rules_tested() {
	(cd "$OPS_ROOT/tests/prometheus" && promtool test rules alerts.test.yml recording.test.yml)
}

# Every alert that is shipped has a test that sees it fire.
every_alert_is_tested() {
	local alert missing=()
	while read -r alert; do
		grep -q "alertname=\"$alert\"" "$OPS_ROOT/tests/prometheus/alerts.test.yml" || missing+=("$alert")
	done < <(sed -n 's/^ *- alert: //p' "$RULES/xdp-edge.alerts.yml")
	equal "${missing[*]}" ''
}

check 'the rules are valid' promtool check rules "$RULES"/xdp-edge.*.yml
check 'the example configuration is valid' promtool check config "$RULES/prometheus.yml"
check 'each alert fires when it should and not before, sums are right' rules_tested
check 'no alert without a test' every_alert_is_tested

# --- two boxes --------------------------------------------------------------------------------------

readers_group

# on BOX COMMAND...
on() {
	local pid=${box_pid[$1]}
	shift
	nsenter --target "$pid" --net --mount -- "$@"
}

# xe_on BOX COMMAND...
xe_on() {
	local box=$1
	shift
	on "$box" "$XE" -c "$WORK/$box.yaml" "$@"
}

# box_nic BOX NIC: as nic(), in a box; its far end is BOX-NIC-far.
box_nic() {
	ip link add "$1-$2" type veth peer name "$1-$2-far" netns far
	ip link set "$1-$2" netns "${box_pid[$1]}" name "$2"
	on "$1" ip link set "$2" up
	far ip link set "$1-$2-far" up
}

# start_box BOX ADDRESS: it is managed, and scraped, at that address.
start_box() {
	unshare --net --mount sleep infinity &
	box_pid[$1]=$!
	until [[ $(readlink "/proc/${box_pid[$1]}/ns/mnt") != "$(readlink /proc/self/ns/mnt)" ]]; do
		sleep 0.05
	done
	on "$1" mount -t sysfs sysfs /sys
	on "$1" mount -t bpf -o mode=0755 bpf "$BPFFS"
	on "$1" bash -c "$(declare -f quiet_namespace); quiet_namespace"
	on "$1" ip link set lo up
	ip link add "$1" type veth peer name mgmt0
	ip link set mgmt0 netns "${box_pid[$1]}"
	ip address add 10.0.9.1/32 dev "$1" peer "$2"
	ip link set "$1" up
	on "$1" ip address add "$2/32" dev mgmt0 peer 10.0.9.1
	on "$1" ip link set mgmt0 up
	box_nic "$1" wan0
	box_nic "$1" dmz0
	sed "s/^name: NAME$/name: $1/" "$FIXTURES/pool.yaml" >"$WORK/$1.yaml"
	chmod 644 "$WORK/$1.yaml"
}

start_box edge1 10.0.9.11
start_box edge2 10.0.9.12

serve() {
	nsenter --target "${box_pid[$1]}" --net --mount -- "$XE" -c "$WORK/$1.yaml" serve --listen "$2:9464" --interval 0.5 \
		>"$WORK/$1.serve" 2>&1 &
}

for box in "${BOXES[@]}"; do
	check "$box: loaded" xe_on "$box" load
done
serve edge1 10.0.9.11
serve edge2 10.0.9.12

# --- Prometheus -------------------------------------------------------------------------------------

# The shipped example with these boxes, every second; alerts do not wait minutes here.
sed -e 's/^  scrape_interval: .*/  scrape_interval: 1s/; s/^  evaluation_interval: .*/  evaluation_interval: 1s/' \
	-e 's/- targets: .*/- targets: [10.0.9.11:9464, 10.0.9.12:9464]/' "$RULES/prometheus.yml" >"$WORK/prometheus.yml"
cp "$RULES/xdp-edge.recording.yml" "$WORK"
sed 's/^\( *for:\) .*/\1 2s/' "$RULES/xdp-edge.alerts.yml" >"$WORK/xdp-edge.alerts.yml"
mkdir "$WORK/tsdb"
chown 65534:65534 "$WORK/tsdb"
setpriv --reuid 65534 --regid 65534 --clear-groups prometheus --config.file="$WORK/prometheus.yml" \
	--storage.tsdb.path="$WORK/tsdb" --web.listen-address=127.0.0.1:9090 --log.level=warn >"$WORK/prometheus.log" 2>&1 &
prometheus=$!

# query EXPRESSION: a line for each result, "LABELS VALUE", the labels without the metric's name, sorted.
query() {
	curl -sS -m 5 -G 127.0.0.1:9090/api/v1/query --data-urlencode "query=$1" |
		jq -r '.data.result[] | (.metric | del(.__name__) | to_entries | sort_by(.key) | map("\(.key)=\(.value)") | join(","))
			+ " " + .value[1]' | sort
}

# settles WANTED EXPRESSION: what is counted comes to Prometheus a moment later.
settles() {
	local until=$((SECONDS + 30)) got
	until got=$(query "$2") && [[ $got == "$1" ]]; do
		if ((SECONDS >= until)); then
			equal "$got" "$1"
			tail -n 5 "$WORK"/*.serve "$WORK/prometheus.log"
			return 1
		fi
		sleep 0.2
	done
}

# by_role METRIC AV-EDGE ACCESS-EDGE: the pool's sums of the two roles that have traffic.
by_role() {
	settles "pool=$POOL,role=access-edge $3
pool=$POOL,role=av-edge $2" "$1{role=~\"av-edge|access-edge\"}"
}

# scraped FORMAT-OPTION...: what a box shows to who asks for that.
scraped() {
	curl -sS -m 5 "$@" http://10.0.9.11:9464/metrics
}

# promtool complains on standard error and by its code.
text_is_clean() {
	local said
	said=$(scraped | promtool check metrics 2>&1) && equal "$said" ''
}

check 'both boxes are scraped' settles "instance=10.0.9.11:9464,job=xdp-edge,pool=$POOL 1
instance=10.0.9.12:9464,job=xdp-edge,pool=$POOL 1" 'up'
# all that follows would wait for them in vain
((failed == 0)) || finish
check 'each tells its policy' settles "mode=monitor,site=edge1 1
mode=monitor,site=edge2 1" 'count by (site, mode) (xdp_edge_info)'
check 'promtool has nothing to say about the metrics' text_is_clean
check 'OpenMetrics ends as it must' equal "$(scraped -H 'Accept: application/openmetrics-text; version=1.0.0' | tail -n 1)" '# EOF'
check 'a sum of nothing is there from the start' by_role pool_role:xdp_edge_packets:sum 0 0

# --- what is sent is what is summed -----------------------------------------------------------------

CLIENT=198.51.100.7
AV=203.0.113.30
ACCESS=203.0.113.10
packets=0
bytes=0

# sends BOX NIC FLOW...: adds to what the pool must have got.
sends() {
	local got
	read -ra got < <(sent "$1-$2" "${@:3}")
	packets=$((packets + got[0]))
	bytes=$((bytes + got[1]))
}

sends edge1 wan0 "101,udp,$CLIENT,40000,$AV,3478,130" "7,syn,$CLIENT,40001,$ACCESS,443,74" "23,tcp,$CLIENT,40001,$ACCESS,443,200" \
	"11,udp,$CLIENT,5000,$ACCESS,7777,64" 5,0x0806,60
sends edge1 dmz0 "59,udp,$AV,3478,$CLIENT,40000,140" "17,tcp,$ACCESS,443,$CLIENT,40001,90"
sends edge2 wan0 "203,udp,$CLIENT,40000,$AV,3478,130" "3,syn,$CLIENT,40001,$ACCESS,443,74" "31,tcp,$CLIENT,40001,$ACCESS,443,200" \
	"13,udp,$CLIENT,5000,$ACCESS,7777,64" 2,0x0806,60
sends edge2 dmz0 "83,udp,$AV,3478,$CLIENT,40000,140" "19,tcp,$ACCESS,443,$CLIENT,40001,90"

check 'every packet of both boxes, once' settles "pool=$POOL $packets" pool:xdp_edge_packets:sum
check 'and every byte' settles "pool=$POOL $bytes" pool:xdp_edge_bytes:sum
check 'packets by role over both boxes' by_role pool_role:xdp_edge_packets:sum $((101 + 59 + 203 + 83)) $((7 + 23 + 17 + 3 + 31 + 19))
check 'bytes by role' by_role pool_role:xdp_edge_bytes:sum $(((101 + 203) * 130 + (59 + 83) * 140)) \
	$(((7 + 3) * 74 + (23 + 31) * 200 + (17 + 19) * 90))
check 'replies by role' by_role pool_role:xdp_edge_reply_packets:sum $((59 + 83)) $((17 + 19))
check 'connection attempts by role' by_role pool_role:xdp_edge_new_flows:sum 0 $((7 + 3))
check 'misses by name' settles "miss=non-ip,pool=$POOL $((5 + 2))
miss=unmatched,pool=$POOL $((11 + 13))" 'pool_miss:xdp_edge_packets:sum > 0'
check 'what enforce would drop, by role' settles "pool=$POOL,role=access-edge $((11 + 13))" pool_role:xdp_edge_would_drop_packets:sum
check 'by box: the site' settles "site=edge1 $((101 + 59))
site=edge2 $((203 + 83))" 'sum by (site) (xdp_edge_row_packets_total{role="av-edge"})'
check 'by row and sense: as stats has it' settles "sense=forward $(xe_on edge1 -j stats |
	jq '.rows[] | select(.id == "lync2013-edge-nat/external/14") | .matched.packets - .reply.packets')
sense=reply $(xe_on edge1 -j stats | jq '.rows[] | select(.id == "lync2013-edge-nat/external/14") | .reply.packets')" \
	'sum by (sense) (xdp_edge_row_matched_packets_total{site="edge1",row="lync2013-edge-nat/external/14"})'
# the counters began with 0 before the first packet, so that a rate saw it; how many seconds it is spread over is Prometheus' affair
check 'rates see the first packets' settles "pool=$POOL,role=access-edge 1
pool=$POOL,role=av-edge 1" 'max_over_time(pool_role:xdp_edge_packets:rate1m{role=~"av-edge|access-edge"}[2m]) > bool 0'

# --- a reload keeps what was counted ----------------------------------------------------------------

# with names that mean harm: a NIC's and a service's
NIC='x"\}n'
SERVICE=$'"own" \\ <b>,\u00e9\ue000'
box_nic edge2 "$NIC"
cat >>"$WORK/edge2.yaml" <<-'END'
	  'x"\}n': internet
	rows:
	  - {name: own, service: "\"own\" \\ <b>,\u00e9\ue000", l4: udp, ports: 7777, source: any, destination: access-edge}
END
check 'a reload of one box' xe_on edge2 reload
sends edge2 wan0 "10,udp,$CLIENT,40000,$AV,3478,130" "4,syn,$CLIENT,40001,$ACCESS,443,74" "37,udp,$CLIENT,5000,$ACCESS,7777,64"
sends edge2 dmz0 "6,udp,$AV,3478,$CLIENT,40000,140"
sends edge2 "$NIC" "5,udp,$CLIENT,5000,$ACCESS,7777,64"
check 'nothing is lost, nothing twice' settles "pool=$POOL $packets" pool:xdp_edge_packets:sum
check 'replies go on' by_role pool_role:xdp_edge_reply_packets:sum $((59 + 83 + 6)) $((17 + 19))
check 'connection attempts go on' by_role pool_role:xdp_edge_new_flows:sum 0 $((7 + 3 + 4))
check 'the new row is one of its role, names are as given' settles "interface=wan0,role=access-edge,service=$SERVICE 37
interface=$NIC,role=access-edge,service=$SERVICE 5" \
	'sum by (role, service, interface) (xdp_edge_row_packets_total{row="site/rows/own"})  > 0'

# --- alerts -----------------------------------------------------------------------------------------

# firing: the alerts that fire now, by what they are about.
FIRING='count by (alertname, instance, interface) (ALERTS{alertstate="firing"}) > 0'

alert_text() {
	curl -sS -m 5 127.0.0.1:9090/api/v1/alerts |
		jq -r ".data.alerts[] | select(.labels.alertname == \"$1\") | .annotations.summary"
}

check 'no alert while all is well' settles '' "$FIRING"
sends edge1 wan0 "9,udp,$AV,3478,$CLIENT,40000,140"
check 'forged addresses at one NIC of one box' settles 'alertname=XdpEdgeSpoofed,instance=10.0.9.11:9464,interface=wan0 1' "$FIRING"
check 'in words' equal "$(alert_text XdpEdgeSpoofed)" 'Spoofed packets enter wan0 of 10.0.9.11:9464'

on edge1 ip link set dev wan0 xdp off
check 'a NIC of a box that only monitors has lost its program' settles \
	"alertname=XdpEdgeInterfaceLost,instance=10.0.9.11:9464,interface=wan0 1
alertname=XdpEdgeSpoofed,instance=10.0.9.11:9464,interface=wan0 1" "$FIRING"
check 'in words' equal "$(alert_text XdpEdgeInterfaceLost)" 'wan0 of 10.0.9.11:9464 has lost its program'
check 'attached again' xe_on edge1 reload
check 'and told no more' settles '' 'ALERTS{alertname="XdpEdgeInterfaceLost"}'

check 'one box enforces' xe_on edge2 reload --enforce --confirm-within 60s
check 'confirmed' xe_on edge2 confirm
check 'it says so' settles 'site=edge2 1' 'sum by (site) (xdp_edge_enforcing) > 0'
sends edge2 wan0 "29,udp,$CLIENT,5000,$ACCESS,7778,64"
check 'drops by role' settles "pool=$POOL,role=access-edge 29" pool_role:xdp_edge_dropped_packets:sum
check 'dropped packets are counted as what they are' settles "pool=$POOL $packets" pool:xdp_edge_packets:sum

check 'it enforces to a deadline' xe_on edge2 reload --enforce --confirm-within 10s
check 'nobody confirms: it does not enforce' settles 'instance=10.0.9.12:9464,site=edge2 1' \
	'count by (instance, site) (ALERTS{alertname="XdpEdgeNotEnforcing",alertstate="firing"})'
check 'there was a warning before' settles 'instance=10.0.9.12:9464 1' \
	'max by (instance) (max_over_time(ALERTS{alertname="XdpEdgeConfirmationDue",alertstate="firing"}[5m]))'

# --- one box less -----------------------------------------------------------------------------------

check 'one box is unloaded' xe_on edge1 unload
check 'its counters are missed' settles 'instance=10.0.9.11:9464 1' \
	'count by (instance) (ALERTS{alertname="XdpEdgeDown",alertstate="firing"})'
check 'what is left are those of the other' by_role pool_role:xdp_edge_packets:sum $((203 + 83 + 16)) $((3 + 31 + 19 + 4 + 37 + 5))
check 'loaded again' xe_on edge1 load
check 'it is scraped again' settles '' 'ALERTS{alertname="XdpEdgeDown"}'
sends edge1 wan0 "12,udp,$CLIENT,40000,$AV,3478,130"
check 'and counts from 0' settles 'site=edge1 12' 'sum by (site) (xdp_edge_row_packets_total{site="edge1",role="av-edge"})'

check 'Prometheus had nothing to complain of' equal "$(cat "$WORK/prometheus.log")" ''
kill "$prometheus"
wait "$prometheus" || true
finish
