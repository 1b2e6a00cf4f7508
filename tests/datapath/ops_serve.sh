#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The server: with the right of group xdp-edge and no other, across reload, unload and load; its answers are the commands' and
# fit their schema; and whoever talks to it, however, a scrape is answered.
set -euo pipefail
# shellcheck source=tests/datapath/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
world "$0" "$@"

SCHEMA=$OPS_ROOT/scripts/api/v1.schema.json
CLIENT=$OPS_ROOT/tests/datapath/serve_client.py
SITE=$WORK/site.yaml
# shellcheck disable=SC1003 # the backslash is of the name
NIC='lan"<0>\'
PORT=9464
URL=http://127.0.0.1:$PORT

cp "$FIXTURES/serve.yaml" "$SITE"
chmod 644 "$SITE"
readers_group
grep -v '^xdp-edge:' "$WORK/group" >"$WORK/no-group"
chmod 644 "$WORK/no-group"
# One who is in the group, and one who is in none.
member=(setpriv --reuid 65533 --regid "$READERS" --clear-groups --bounding-set=-all --inh-caps=-all)
stranger=(setpriv --reuid 65533 --regid 65533 --clear-groups)
echo 0 >/proc/sys/net/ipv6/conf/lo/disable_ipv6

# --- the server -----------------------------------------------------------------------------------------------------------

# start [COMMAND... --] [ARGUMENT...]: `serve` in the background, until it listens; server: its process.
start() {
	local before=()
	if [[ " $* " == *" -- "* ]]; then
		while [[ $1 != -- ]]; do
			before+=("$1")
			shift
		done
		shift
	fi
	: >"$WORK/serve.out"
	"${before[@]}" "$XE" -c "$SITE" serve "$@" >"$WORK/serve.out" 2>"$WORK/serve.err" &
	server=$!
	for ((i = 0; i < 600; i++)); do
		grep -q http "$WORK/serve.out" && return
		kill -0 "$server" 2>/dev/null || return 0
		sleep 0.05
	done
}

# end: it ends with 0 at SIGTERM, and nothing of it is left.
end() {
	local rc=0
	kill -TERM "$server"
	wait "$server" || rc=$?
	check 'SIGTERM ends it' equal "$rc $(pgrep -cf "^$XE -c $SITE serve" || true)" "0 0"
}

api() {
	curl -sS --max-time 60 "$URL/api/v1/$1"
}

code_of() {
	curl -sS --max-time 60 -o "$WORK/body" -w '%{http_code}' "$@"
}

client() {
	python3 "$CLIENT" "$1" 127.0.0.1 "$PORT" "${@:2}"
}

# read_anew: until there is a reading that began after now.
read_anew() {
	local before now
	before=$(api stats | jq .monotonic_ms)
	for ((i = 0; i < 600; i++)); do
		now=$(api stats | jq .monotonic_ms)
		[[ $now == "$before" ]] || return 0
		sleep 0.05
	done
}

# answers CODE URL-PATH: until it does; a reading may be under way.
answers() {
	local got
	for ((i = 0; i < 600; i++)); do
		got=$(code_of "$URL/$2")
		[[ $got == "$1" ]] && return
		sleep 0.05
	done
	echo "$got $(cat "$WORK/body")"
	return 1
}

# --- its rights -----------------------------------------------------------------------------------------------------------

# rights UID: as /proc tells them.
rights() {
	equal "$(awk '/^(Uid|Gid|Groups|Cap|NoNewPrivs)/ {print $1, $2, $3, $4, $5}' "/proc/$server/status" | sed 's/ *$//')" \
		"Uid: $1 $1 $1 $1
Gid: 54321 54321 54321 54321
Groups:
CapInh: 0000000000000000
CapPrm: 0000000000000000
CapEff: 0000000000000000
CapBnd: 0000000000000000
CapAmb: 0000000000000000
NoNewPrivs: 1"
}

# only_reads: of the policy's maps it has descriptors that cannot be written to, and none of the policy itself.
only_reads() {
	local fd flags n=0
	for fd in "/proc/$server/fd/"*; do
		[[ $(readlink "$fd") == anon_inode:bpf-map ]] || continue
		n=$((n + 1))
		flags=$(sed -n 's/^flags:\s*//p' "/proc/$server/fdinfo/${fd##*/}")
		(((8#$flags & 3) == 0)) || { echo "descriptor ${fd##*/}: flags $flags"; return 1; }
	done
	((n >= 4))
}

# --- its answers ----------------------------------------------------------------------------------------------------------

# fits KIND: the answer on stdin is of the schema's KIND, and has nothing that stands not there.
fits() {
	python3 -c '
import json, sys, jsonschema
schema = json.load(open(sys.argv[1]))
def closed(part):
    if isinstance(part, dict):
        part = {name: closed(value) for name, value in part.items()}
        if isinstance(part.get("properties"), dict) and part.get("type") == "object":
            part.setdefault("additionalProperties", False)
    elif isinstance(part, list):
        part = [closed(value) for value in part]
    return part
jsonschema.Draft202012Validator.check_schema(schema)
of_kind = {"$schema": schema["$schema"], "$ref": "#/$defs/" + sys.argv[2], "$defs": closed(schema["$defs"])}
errors = list(jsonschema.Draft202012Validator(of_kind).iter_errors(json.load(sys.stdin)))
for error in errors[:5]:
    print(error.json_path, error.message[:300])
sys.exit(bool(errors))' "$SCHEMA" "$1"
}

api_fits() {
	api "$2" >"$WORK/answer"
	fits "$1" <"$WORK/answer"
}

# ascii: nothing in the answer acts on whoever prints it.
ascii() {
	api "$1" | LC_ALL=C tr -d '\n -~' | wc -c | grep -qx 0
}

UNTIMED='del(.read_at, .monotonic_ms)'

# stats_are_the_same QUERY ARGUMENT...: those that a member of the group gets.
stats_are_the_same() {
	equal "$(api "stats?$1" | jq -S "$UNTIMED")" "$("${member[@]}" "$XE" -c "$SITE" -j stats "${@:2}" | jq -S "$UNTIMED")"
}

# status_is_the_same: what a member of the group gets.
status_is_the_same() {
	equal "$(api status | jq .)" "$("${member[@]}" "$XE" -c "$SITE" -j status serve | jq .)"
}

# nics_are_the_same STATE: wan0 has it; and of each NIC the server tells without a right what root sees, in status and stats.
nics_are_the_same() {
	equal "$(api status | jq -c '.policies[].interfaces')" "$(xe -j status serve | jq -c '.policies[].interfaces')" &&
		equal "$(api stats | jq -c '[.interfaces[] | [.name, .state]]')" \
			"$(xe -j stats | jq -c '[.interfaces[] | [.name, .state]]')" &&
		equal "$(api stats | jq -r '.interfaces[0].state')" "$1"
}

# lost STATE: wan0 is so, and everybody says it.
lost() {
	local words="nothing is counted on wan0 ($1): what enters there passes; xdp-edge reload attaches the program again"
	[[ $1 == missing ]] || words+=", once what is gone is back"
	read_anew
	read_anew
	nics_are_the_same "$1" &&
		equal "$(curl -sS "$URL/metrics" | grep '^xdp_edge_interface_attached{')" \
			"xdp_edge_interface_attached{site=\"serve\",interface=\"wan0\"} 0
xdp_edge_interface_attached{site=\"serve\",interface=\"lan\\\"<0>\\\\\"} 1" &&
		grep -qx "$words" <(xe stats) &&
		equal "$(xe stats --csv 2>&1 >"$WORK/csv")" \
			"xdp-edge: $words"
}

# explained QUERY ARGUMENT...: as the command has it, byte for byte but for what the server adds.
explained() {
	equal "$(api "explain?$1" | jq -c 'del(.side, .assumed, .loaded)')" "$(xe -j explain "${@:2}")"
}

# loaded: whether the site is what is loaded, by the server's word.
loaded() {
	api 'explain?proto=tcp&source=198.51.100.7:40000&destination=203.0.113.10:443' | jq -r '.loaded.same'
}

wrong() {
	equal "$(code_of "$URL/api/v1/$1") $(jq -r .error "$WORK/body")" "400 $2" && fits error <"$WORK/body"
}

metrics_of() {
	curl -sS "$URL/metrics" | sed -n "s/^$1{.*} //p" | awk '{ sum += $1 } END { print sum + 0 }'
}

figures_agree() {
	read_anew
	equal "$(metrics_of xdp_edge_row_packets_total) $(metrics_of xdp_edge_miss_packets_total)" \
		"$(stats '([.rows[].decided.packets] | add) as $rows | "\($rows) \([.misses[].packets] | add)"')"
}

# --- under way ------------------------------------------------------------------------------------------------------------

# descriptors: of the server.
descriptors() {
	find "/proc/$server/fd" -mindepth 1 -maxdepth 1 | wc -l
}

# memory: resident, KiB
memory() {
	awk '/^VmRSS/ { print $2 }' "/proc/$server/status"
}

# calm: no connection is left but for one that asks this.
calm() {
	for ((i = 0; i < 1200; i++)); do
		(($(descriptors) <= calm_descriptors)) && return
		sleep 0.05
	done
	echo "$(descriptors) descriptors, $calm_descriptors before"
	return 1
}

# reads: how many bpf() calls the server makes while COMMAND runs.
reads() {
	local tracer
	strace -f -qq -e trace=bpf -e signal=none -o "$WORK/trace" -p "$server" &
	tracer=$!
	until grep -qs '^TracerPid:\s*[1-9]' "/proc/$server/status"; do
		sleep 0.02
	done
	"$@" >"$WORK/reads.out" || { cat "$WORK/reads.out"; kill -INT "$tracer"; return 1; }
	kill -INT "$tracer"
	wait "$tracer" || true
	grep -c 'bpf(' "$WORK/trace" || true
}

# reloads N
reloads() {
	for ((n = 0; n < $1; n++)); do
		xe reload >/dev/null
	done
}

watched_across_reloads() {
	local watcher
	client watch 6 >"$WORK/watch" &
	watcher=$!
	reloads 15
	wait "$watcher" || { cat "$WORK/watch"; return 1; }
	read -r generations many <"$WORK/watch"
	((generations > 1)) && [[ $many == True ]]
}

# refused N: so many of those who ask have been told to come again.
refused() {
	local n=0
	for ((i = 0; i < 400; i++)); do
		n=$(cat "$WORK"/stuck.* | grep -c 503 || true)
		((n == $1)) && return
		sleep 0.05
	done
	echo "$n refused"
	return 1
}

# wait_all: those who wait behind one that is stuck have their answers when that is given up.
wait_all() {
	local left
	for left in "$WORK"/stuck.*; do
		for ((i = 0; i < 1200; i++)); do
			[[ -s $left ]] && break
			sleep 0.05
		done
	done
	equal "$(sort "$WORK"/stuck.* | uniq -c | awk '{ print $1 " " $2 }')" "15 200
9 503"
}

explainer() {
	pgrep -P "$server"
}

# --- tests ----------------------------------------------------------------------------------------------------------------

nic wan0
nic "$NIC"

check 'no such address: cause and remedy' ends 1 "xdp-edge: cannot listen on 192.0.2.77:9464: no interface has this address: \
say --listen with one that is there, or 0.0.0.0 or [::] for all" xe serve --listen 192.0.2.77:9464
# refused_usage WORDS ARGUMENT...: wrong usage, in these words.
refused_usage() {
	ends 2 "xdp-edge serve: $1
Try 'xdp-edge serve -h'." xe serve "${@:2}"
}

ZONE='a zone belongs to link-local addresses, which are not for this'
while IFS='|' read -r given words; do
	check "--listen $given" refused_usage "--listen: $words: say ADDRESS:PORT, as 127.0.0.1:9464 or [::1]:9464; 0.0.0.0 is all \
of IPv4, [::] all there is" --listen "$given"
done <<-END
	|'': no address
	9464|'9464': a port without an address
	:9464|':9464': a port without an address
	localhost:9464|'localhost:9464': not an address of IPv4 or IPv6: names are not looked up
	http://127.0.0.1:9464|'http://127.0.0.1:9464': not an address of IPv4 or IPv6: names are not looked up
	1.2.3.4:99999|'99999': not a port of 0-65535
	10.0.0.0/8:9464|'10.0.0.0/8': not one address
	fe80::1%lo:9464|'fe80::1%lo:9464': $ZONE
	[fe80::1%lo]:9464|'[fe80::1%lo]:9464': $ZONE
	[fe80::1]:9464|'[fe80::1]:9464': link-local addresses are not for this
END
for given in '' 'a b' edge1:9464 http://edge1 '[::1]' -edge1 $'\xc3\xa9dge1'; do
	check "--host $given" refused_usage "--host: '$given': not a name as browsers and Prometheus call this server: \
edge1.example.net, without a port or http://" --host "$given"
done
for given in -j -p; do
	check "$given is for other commands" refused_usage 'serves JSON at /api/v1/: -j and -p are not for it' "$given"
done
check 'no interval' ends 2 - xe serve --interval 0
check 'not as root' refused_usage "--user: root: has root's rights, which no server may have: name a user without them" --user root
check 'nobody of that name' refused_usage '--user: nonesuch: there is no such user' --user nonesuch
chmod 600 "$SITE"
check 'a site that it may not read: no other policy is served' ends 1 \
	"xdp-edge: $SITE: may not be read by user 65534, group 54321: chgrp xdp-edge and chmod g+r, or say xdp-edge serve NAME" xe serve
chmod 644 "$SITE"
check 'who is not root stays who he is' ends 1 "xdp-edge: --user: only root can become somebody else" \
	"${member[@]}" "$XE" -c "$SITE" serve --user nobody
mount --bind "$WORK/no-group" /etc/group
check 'without a group there is no right to serve by' ends 1 'xdp-edge: there is no group xdp-edge, which may read counters without '\
'a capability: groupadd --system xdp-edge, then xdp-edge reload' xe serve
umount /etc/group

start --interval 0.2
check 'before the load: 503' answers 503 metrics
check 'with the reason' equal "$(api status)" '{"error":"no policy named serve is loaded: xdp-edge load"}'
check 'and when to ask again' equal "$(curl -sS -D- -o /dev/null "$URL/metrics" | sed -n 's/^Retry-After: \([0-9]*\)\r$/\1/p')" 1
check 'the page is there all the same' equal "$(code_of "$URL/")" 200
check 'and explaining' equal "$(loaded)" null
check 'root became nobody of the group, without a capability' rights 65534
check 'a second one is told who has the port' ends 1 "xdp-edge: cannot listen on 127.0.0.1:9464: something listens there already, \
perhaps another xdp-edge serve: end that, or say --listen ADDRESS:PORT" xe serve

xe load >/dev/null
check 'loaded: there it is' answers 200 metrics
check 'said once each' equal "$(cat "$WORK/serve.err")" 'xdp-edge: no policy named serve is loaded: xdp-edge load
xdp-edge: serve: counters are there again'
check 'it can only read' only_reads
sent wan0 7,udp,192.0.2.7,40000,203.0.113.10,4242,60 5,syn,192.0.2.8,40000,203.0.113.10,443,74 \
	3,udp,192.0.2.7,40000,203.0.113.12,3478,90 4,tcp,192.0.2.9,40000,203.0.113.10,8443,60 \
	2,udp,198.51.100.66,40000,203.0.113.10,4242,60 >/dev/null
sent "$NIC" 6,tcp,10.0.1.11,40000,172.25.33.10,5061,66 >/dev/null
sleep 0.3 # a clock's tick: what is told of the tables
read_anew
check 'figures of /metrics' figures_agree
for by in row role service document interface; do
	check "stats by $by: as the command" stats_are_the_same "by=$by" --by "$by"
	check "stats by $by: the schema" api_fits stats "stats?by=$by&nonzero=1"
done
check 'stats, lines with packets only' stats_are_the_same nonzero=1 --nonzero
check 'status: as the command says to a member' status_is_the_same
check 'status: the NICs as root sees them' nics_are_the_same attached
check 'status: the schema' api_fits status status
check 'rules: the schema' api_fits rules rules
check 'rules: those of the site' equal "$(api rules | jq -c '.rows[] | [.id, .role, .service, .l4]')" \
	"$(xe -j rules | jq -c '.[] | [.id, .role, .service, .l4]')"
for minutes in 1 5 15 60; do
	check "history: the schema, $minutes minutes" api_fits history "history?minutes=$minutes"
done
check 'history: what there was' equal "$(api 'history?minutes=60' | jq -c '
	.samples as $n | [.series[] | select((.packets | length) != $n or (.bytes | length) != $n) | .name],
	[.series[] | select([.packets[] | . // 0] | add > 0) | .name] - ["dropped"] | sort')" \
	"[]
$(stats '["total", "would-drop", "miss:unmatched", (.rows[] | select(.decided.packets > 0).id)] | sort | tojson')"
check 'history: the heaviest first' equal "$(api history | jq -r '.series[0].name')" total
T='proto=tcp&source=198.51.100.7:40000'
check 'explain: a SYN' explained "$T&destination=203.0.113.10:443&syn=1" \
	tcp 198.51.100.7:40000 203.0.113.10:443 --syn
check 'explain: a side' explained "$T&destination=203.0.113.10:443&side=lan" \
	tcp 198.51.100.7:40000 203.0.113.10:443 --side lan
check 'explain: a miss' explained "$T&destination=203.0.113.10:8443" tcp 198.51.100.7:40000 203.0.113.10:8443
check 'explain: escaped, IPv6, without ports' explained 'proto=icmp&source=2001%3Adb8%3A%3A7&destination=%5B2001%3adb8:16::10%5D' \
	icmp 2001:db8::7 '[2001:db8:16::10]'
check 'explain: a deny list' explained 'proto=udp&source=198.51.100.66:1&destination=203.0.113.10:4242' \
	udp 198.51.100.66:1 203.0.113.10:4242
for query in "$T&destination=203.0.113.10:8443" "$T&destination=203.0.113.10:443&syn=1" \
	'proto=udp&source=203.0.113.12:3478&destination=192.0.2.9:40000'; do
	check "explain: the schema, $query" api_fits explain "explain?$query"
done
check 'explain: it is what is loaded' equal "$(loaded)" true

check 'wrong: no parameter' wrong explain "parameter 'proto' is missing: proto, source and destination are needed; side and syn=1 may be given"
check 'wrong: no port' wrong 'explain?proto=tcp&source=1.2.3.4&destination=5.6.7.8:1' 'tcp needs SRC:PORT and DST:PORT'
check 'wrong: no side' wrong "explain?$T&destination=5.6.7.8:1&side=moon" \
	"no side 'moon': it is internet, dmz-external, dmz-internal, lan or mirror"
check 'wrong: SYN of UDP' wrong 'explain?proto=udp&source=1.2.3.4:1&destination=5.6.7.8:1&syn=1' '--syn goes with tcp'
check 'wrong: a hostile address' wrong 'explain?proto=udp&source=%3Cscript%3E%22%0a%1b%5b2J&destination=5.6.7.8:1' \
	$'\'<script>"\n\e[2J\': not an address or prefix'
check 'wrong: a NUL' wrong 'explain?proto=udp&source=1.2.3.4:1%00&destination=5.6.7.8:1' "'1%00': not a port of 0-65535"
check 'wrong: twice' wrong 'stats?by=row&by=role' "parameter 'by': given twice"
check 'wrong: unknown' wrong 'stats?By=row' "parameter 'By': not known here"
for minutes in 2 61 05 ''; do
	check "wrong: minutes '$minutes'" wrong "history?minutes=$minutes" "parameter 'minutes' takes 1, 5, 15 or 60, not '$minutes'"
done
check 'wrong: yes and no' wrong 'stats?nonzero=yes' "parameter 'nonzero' takes 0 or 1, not 'yes'"

for target in status rules stats 'stats?by=service' history "explain?proto=udp&source=1.2.3.4:1&destination=203.0.113.10:4242" \
	'stats?by=%1b%5b2J%e2%80%ae'; do
	check "hostile names, as harmless text: $target" ascii "$target"
done
check 'hostile names are whole' equal "$(api rules | jq '.rows[] | select(.id == "site/rows/hostile").service')" \
	"$(printf 'a"b\\c\nd\e[2J<script>alert(1)</script>\xe2\x80\xae%%n{}' | jq -Rs .)"
check 'of NICs too' equal "$(api stats | jq -r '.interfaces[1].name')" "$NIC"
check 'and of nothing that is not JSON' equal "$(curl -sS -o /dev/null -w '%{content_type}' "$URL/api/v1/rules")" application/json

# --- HTTP -----------------------------------------------------------------------------------------------------------------

check 'headers of all answers, and tags' client headers
check 'plain text: curl' client accept '*/*' text
check 'OpenMetrics: Prometheus' client accept 'application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1' openmetrics
check 'plain text: who likes it better' client accept 'application/openmetrics-text;version=1.0.0;q=0.3, text/plain;q=0.9' text
check 'plain text: another version' client accept 'application/openmetrics-text;version=2.0.0' text
check 'plain text: refused' client accept 'application/openmetrics-text;q=0' text
check 'plain text: a browser' client accept 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8' text
check 'HEAD' client method HEAD /api/v1/stats 200
for name in POST PUT DELETE OPTIONS TRACE PATCH get; do
	check "$name is refused" client method "$name" /api/v1/stats 405
done
check 'a body is refused' equal "$(code_of -X GET -d x "$URL/metrics")" 413
for name in localhost LocalHost localhost:9464 127.0.0.1 127.0.0.1:9464; do
	check "Host $name: that is us" client host "$name" /api/v1/stats 200
done
for name in evil.example localhost.evil.example 127.0.0.1.evil.example 127.0.0.2 192.0.2.1:9464 localhost. '[::1]' '' 'x"><script>'; do
	check "Host $name: that is not" client host "$name" /api/v1/stats 403
done
check 'nor for the page' client host evil.example / 403
check 'nor for metrics, which name all rows' client host edge1.example.net:9464 /metrics 403
check 'nor to explain' client host evil.example '/api/v1/explain?proto=udp&source=1.2.3.4:1&destination=5.6.7.8:1' 403

# --- under way ------------------------------------------------------------------------------------------------------------

check 'reloads under way: figures never go back, no request fails' watched_across_reloads
check 'what was loaded anew of the same file is still it' equal "$(read_anew; loaded)" true
ip link set dev wan0 xdp off
check 'a NIC that has lost its program' lost missing
check 'said in the shape of the schema' api_fits stats stats
ip link delete wan0
check 'one that is gone' lost gone
nic wan0
check 'one that was made anew in its place' lost gone
xe reload >/dev/null
read_anew
read_anew
check 'attached again: everybody says that too' nics_are_the_same attached
check 'and nobody warns' equal "$(xe stats --csv 2>&1 >"$WORK/csv"; xe stats | grep 'nothing is counted')" ''
xe unload >/dev/null
check 'unloaded: 503' answers 503 api/v1/stats
xe load >/dev/null
check 'loaded: 200' answers 200 api/v1/stats
check 'from 0' equal "$(api stats | jq .total.packets)" 0
xe unload >/dev/null
xe load >/dev/null
sent wan0 9,udp,192.0.2.7,40000,203.0.113.10,4242,60 >/dev/null
read_anew
read_anew
check 'unloaded and loaded between two readings' equal "$(api stats | jq .total.packets)" 9
sleep 0.02
touch "$SITE"
check 'a file that is newer may be another' equal "$(loaded)" null
xe reload >/dev/null
read_anew
check 'loaded, it is known' equal "$(loaded)" true
sed -i 's/4242/4243/' "$SITE"
check 'other rows are another' equal "$(loaded)" false
check 'and those are explained' equal \
	"$(api 'explain?proto=udp&source=192.0.2.1:1&destination=203.0.113.10:4243' | jq -r .deciding.row)" site/rows/hostile
echo 'junk: 1' >>"$SITE"
check 'a faulty file: 503, with its line' equal "$(code_of "$URL/api/v1/explain?$T&destination=203.0.113.10:443") $(jq -r .error "$WORK/body")" \
	"503 $SITE:$(wc -l <"$SITE"):1: junk: unknown key"
check 'metrics go on' equal "$(code_of "$URL/metrics")" 200
chmod 600 "$SITE"
sleep 1.1 # what has failed is not tried again at once
check 'one that it may not read: 503' equal "$(code_of "$URL/api/v1/explain?$T&destination=203.0.113.10:443") $(jq -r .error "$WORK/body")" \
	"503 $SITE: cannot be read: Permission denied"
cp "$FIXTURES/serve.yaml" "$SITE"
chmod 644 "$SITE"
sleep 1.1
check 'mended' equal "$(api "explain?$T&destination=203.0.113.10:443" | jq -r .miss)" null
kill -KILL "$(explainer)"
check 'who explains was killed: the next question has its answer' equal \
	"$(sleep 0.2; api "explain?$T&destination=203.0.113.10:443" | jq -r .miss)" null

# --- hostile --------------------------------------------------------------------------------------------------------------

kill -STOP "$(explainer)"
curl -sS --max-time 90 -w '%{http_code}' "$URL/api/v1/explain?$T&destination=203.0.113.10:443" >"$WORK/stuck" &
stuck=$!
client second-drip >"$WORK/second-drip" &
second=$!
sleep 0.5
check 'explaining is stuck: metrics go on' client scrape
for ((i = 0; i < 24; i++)); do
	curl -sS --max-time 90 -o /dev/null -w '%{http_code}\n' "$URL/api/v1/explain?$T&destination=203.0.113.10:443" >"$WORK/stuck.$i" &
done
check 'of 24 more, 9 are refused: 16 wait at most' refused 9
check 'traversal' client traversal
check 'junk' client junk
check 'huge headers' client refused-headers
check 'pipelining' client pipeline 50
check 'half closed' client halves
check 'slow headers' client drip 40 2
check 'slow headers by more than there is room for' client drip 300 0
check 'deaf clients' client deaf 300
check 'connections reset' client resets 1000
wait "$second" && rc=0 || rc=$?
check 'a slow second header' equal "$rc $(cat "$WORK/second-drip")" '0 '
wait "$stuck" || true
check 'stuck, it is given up' equal "$(cat "$WORK/stuck")" $'{"error":"explaining took too long"}\n503'
check 'those behind it have theirs' wait_all
calm_descriptors=$(descriptors)
memory_before=$(memory)
check '1,000 connections of one address' client crowd 1000 1
check '1,000 connections of ten' client crowd 1000 10
check 'all of them are gone' calm
check '64 at once by one address: all have answers' client storm 60
check 'and no memory of it is left' test "$(($(memory) - memory_before))" -lt 16384
end

# --- few descriptors --------------------------------------------------------------------------------------------------------

start prlimit --nofile=48 --
check 'few descriptors' answers 200 metrics
check '200 connections, more than it has descriptors for' client crowd 200 4
end

# --- answers that nobody reads --------------------------------------------------------------------------------------------

# unread_is_bounded: 128 MiB of answers, one beyond, as much again as is rendered at once, and what it was before.
unread_is_bounded() {
	client hoard 60 >"$WORK/hoard" &
	local hoarder=$! most=0 now before
	before=$(memory)
	while kill -0 "$hoarder" 2>/dev/null; do
		now=$(memory)
		((now > most)) && most=$now
		sleep 0.05
	done
	wait "$hoarder" || { cat "$WORK/hoard"; return 1; }
	((most - before < 200 << 10)) || { echo "$before KiB, then $most"; return 1; }
}

xe unload >/dev/null
cp "$SITE" "$WORK/small.yaml"
# of the longest names in JSON
for ((i = 0; i < 7000; i++)); do
	printf '  - {name: n%d, service: "%s", l4: udp, ports: %d, source: any, destination: access-edge}\n' \
		$i "$(printf '\\x01%.0s' {1..120})" $((20000 + i))
done >>"$SITE"
xe load >/dev/null
start --interval 0.2
check 'many rows' answers 200 metrics
check 'answers that nobody reads: at some time there is no more memory for them' unread_is_bounded
check 'when they are gone, all is as before' answers 200 metrics
end
xe unload >/dev/null
cp "$WORK/small.yaml" "$SITE"
xe load >/dev/null

# --- how many read --------------------------------------------------------------------------------------------------------

start --interval 86400
check 'a long interval' answers 200 api/v1/status
check '300 requests cost no reading' equal "$(reads client readings 300)" 0
check 'and show one' equal "$(cat "$WORK/reads.out")" 1
check '60 at once show one' equal "$(client storm 60)" 1
end
start --interval 0.2
check 'a short interval: readings are seen' test "$(reads sleep 1)" -gt 0
end

# --- other ways to start it -----------------------------------------------------------------------------------------------

start "${member[@]}" --
check 'a member of the group starts it' answers 200 metrics
check 'and it has no other right' rights 65533
end
start setpriv --reuid 65533 --regid "$READERS" --clear-groups --inh-caps +net_raw --ambient-caps +net_raw --
check 'a capability that came along is given up' equal \
	"$(grep -E '^Cap(Inh|Prm|Eff|Amb)' "/proc/$server/status" | awk '{ print $2 }' | sort -u)" 0000000000000000
end
start "${stranger[@]}" -- serve
check 'who is no member is told so' answers 503 metrics
check 'with the remedy' equal "$(jq -r .error "$WORK/body")" \
	'serve: may not read its counters: run as root, or as a member of group xdp-edge'
end
start --listen '[::1]:9470' --host edge1.example.net --host b.example serve
URL='http://[::1]:9470'
check 'IPv6' answers 200 metrics
check 'its address is us' answers 200 api/v1/stats
check 'a name that it was given' equal "$(code_of -H 'Host: edge1.example.net:9470' "$URL/api/v1/stats")" 200
check 'a Prometheus that scrapes by it' equal "$(code_of -H 'Host: edge1.example.net:9470' "$URL/metrics")" 200
check 'another one' equal "$(code_of -H 'Host: edge2.example.net' "$URL/api/v1/stats")" 403
end
start --listen 0.0.0.0:81 serve
URL=http://127.0.0.9:81
check 'a port that is root'\''s, all addresses: the one that was called is us' answers 200 api/v1/stats
check 'without root' rights 65534
end
start --listen 127.0.0.1:0 serve
URL=$(sed -n 's|^serve: \(http://127.0.0.1:[1-9][0-9]*\)/$|\1|p' "$WORK/serve.out")
check 'any port' answers 200 metrics
end

# --- the unit -------------------------------------------------------------------------------------------------------------

UNIT=xdp-edge-serve@.service
make -s -C "$OPS_ROOT" B="$(dirname "$XE")" install PREFIX="$WORK/prefix" >/dev/null

# setting NAME: of the unit.
setting() {
	sed -n "s/^$1=//p" "$WORK/prefix/lib/systemd/system/$UNIT"
}

verified() {
	local said
	cp "$WORK/prefix/lib/systemd/system/$UNIT" "$WORK/${UNIT/@/@site}"
	said=$(systemd-analyze verify "$WORK/${UNIT/@/@site}" 2>&1) && equal "$said" ""
}

# calls_beyond: system calls of a server that reads, answers and explains, that the unit's filter would refuse.
calls_beyond() {
	python3 "$OPS_ROOT/tests/datapath/calls_beyond.py" "$WORK/calls" "$(setting SystemCallFilter)"
}

check 'the unit has the program where PREFIX is' equal "$(setting ExecStart)" \
	"$WORK/prefix/bin/xdp-edge -c /etc/xdp-edge/%i.yaml serve \$OPTIONS"
check 'its group is the one that may read' equal "$(setting Group)|$(setting CapabilityBoundingSet)|$(setting AmbientCapabilities)" \
	'xdp-edge||'
if command -v systemd-analyze >/dev/null; then
	check 'systemd-analyze verify has nothing to say' verified
	URL=http://127.0.0.1:$PORT
	start strace -f -qq -e signal=none -o "$WORK/trace" "${member[@]}" --
	answers 200 metrics
	api "explain?$T&destination=203.0.113.10:443" >/dev/null
	api status >/dev/null
	kill -TERM "$(pgrep -o -P "$server")"
	wait "$server" || true
	sed 's/^[0-9]* *//' "$WORK/trace" | sed -n 's/^\([a-z][a-z0-9_]*\)(.*/\1/p' | sort -u >"$WORK/calls"
	check 'its filter allows all system calls' equal "$(calls_beyond)" ""
	check 'and that looked at some' grep -qx accept4 "$WORK/calls"
fi
make -s -C "$OPS_ROOT" B="$(dirname "$XE")" uninstall PREFIX="$WORK/prefix" >/dev/null
check 'make uninstall takes it away' equal "$(find "$WORK/prefix" -type f)" ""
xe unload >/dev/null
finish
