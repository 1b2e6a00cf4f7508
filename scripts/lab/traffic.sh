# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# The lab's traffic: real clients against the services of services.sh, every conversation over IPv4 and over IPv6, and a
# few packets that no row explains. Each conversation must be answered; one that is not fails the run. Sourced by lab.sh.

# Seconds that one conversation may take.
TRAFFIC_LIMIT=40

# Returns when all is said; 1 if something was not answered. The work is done by a process of its own session, so that
# an interrupted lab can end it with all that it forked.
lab_traffic() {
	local rc=0
	LAB_STATE=$STATE setsid "$LAB_HOME/lab.sh" traffic-here </dev/null >"$STATE/log/traffic.log" 2>&1 &
	echo $! >"$STATE/pids/traffic"
	wait $! || rc=$?
	rm -f "$STATE/pids/traffic"
	if ((rc)); then
		cat "$STATE/log/traffic.log" >&2
	fi
	return "$rc"
}

traffic_run() {
	local failed=0 four six
	# The two families side by side; unanswered conversations are named in the files that the functions write.
	: >"$STATE/log/traffic.failed"
	traffic_family 4 &
	four=$!
	traffic_family 6 &
	six=$!
	wait "$four" || failed=1
	wait "$six" || failed=1
	if ((failed)) || [[ -s $STATE/log/traffic.failed ]]; then
		cat "$STATE/log/traffic.failed" >&2
		die "some conversations were not answered"
	fi
}

# The addresses of one family; the same names serve both.
traffic_addresses() {
	if (($1 == 4)); then
		client=198.51.100.10 peer=198.51.100.11 partner=198.51.100.20 partner_av=198.51.100.21
		im_partner=198.51.100.30 messenger=198.51.100.40 dns=198.51.100.53 web=198.51.100.80 stranger=198.51.100.200
		access=203.0.113.10 conf=203.0.113.11 av=203.0.113.12
		internal=10.1.0.10 proxy=10.1.0.20
		front_end=10.2.0.10 director=10.2.0.11 mediation=10.2.0.12 insider=10.2.0.200
	else
		client=2001:db8:1:0:c::10 peer=2001:db8:1:0:c::11 partner=2001:db8:1::20 partner_av=2001:db8:1::21
		im_partner=2001:db8:1::30 messenger=2001:db8:1::40 dns=2001:db8:1::53 web=2001:db8:1::80 stranger=2001:db8:1::200
		access=2001:db8:e::10 conf=2001:db8:e::11 av=2001:db8:e::12
		internal=2001:db8:1d::10 proxy=2001:db8:1d::20
		front_end=2001:db8:2d::10 director=2001:db8:2d::11 mediation=2001:db8:2d::12 insider=2001:db8:2d:0:c::200
	fi
}

# try NAME COMMAND...: one conversation; its output goes to the log, and if it failed, its end to those who ask why.
try() {
	local name="IPv$family $1" output rc=0
	shift
	output=$("$@" 2>&1) || rc=$?
	printf '%s\n' "--- $name: $*" "$output" >>"$log"
	if ((rc)); then
		printf '%s\n' "not answered: $name (exit code $rc)" "$(tail -n 5 <<<"$output")" >>"$STATE/log/traffic.failed"
	fi
}

traffic_family() {
	local family=$1 log=$STATE/log/traffic-$1.log lport=$((20000 + 100 * $1))
	local client peer partner partner_av im_partner messenger dns web stranger access conf av internal proxy
	local front_end director mediation insider relay=()
	traffic_addresses "$family"
	if ((family == 6)); then
		relay=(-x)
	fi

	# Media: the TURN client counts in whole seconds, so these run beside everything else.
	try "TURN, udp" relay_media inet "$client" "$av" 40 -p 3478 -e "$peer" -r 3480 &
	try "TURN, TLS over tcp 443" relay_media inet "$client" "$av" 20 -t -S -p 443 -e "$peer" -r 3480 &
	try "TURN to a federated relay" relay_media inet "$client" "$av" 20 -p 3478 -e "$partner_av" -r 50500 &
	try "TURN/tcp at a partner" relay_media edge "$av" "$partner_av" 5 -t -S -p 443 -e "$peer" -r 3480 &

	# What the Edge asks of the internet.
	try "DNS/udp" ask_dns udp "partner$family.example"
	try "DNS/tcp" ask_dns tcp "partner$family.example"
	try "CRL over HTTP" fetch edge "$access" "http://$(bracket "$web"):80/lab.crl"

	# Users from outside.
	try "SIP/TLS client, 443" call_sip inet "$client" "$access" 443 3
	try "web conference, 443" fetch inet "$client" "https://$(bracket "$conf"):443/page"
	try "STUN, client" ask_stun inet "$client" "$av"
	try "sharing into the media range" talk_tcp inet "$client" "$av" 50100

	# Federation, public IM, XMPP.
	try "SIP/MTLS from a partner" call_sip inet "$partner" "$access" 5061 2
	try "SIP/MTLS to a partner" call_sip edge "$access" "$partner" 5061 2
	try "SIP/MTLS from an IM partner" call_sip inet "$im_partner" "$access" 5061 2
	try "SIP/MTLS to an IM partner" call_sip edge "$access" "$im_partner" 5061 2
	try "STUN to a partner" ask_stun edge "$av" "$partner_av"
	try "STUN to a Messenger client" ask_stun edge "$av" "$messenger"
	try "STUN from a Messenger client" ask_stun inet "$messenger" "$av"
	try "sharing to a partner's media range" talk_tcp edge "$av" "$partner_av" 50600
	try "XMPP, both ways" ping_xmpp "edge$family.example" "partner$family.example"

	# Between the Edge and the inside.
	try "SIP/MTLS front end to Edge" call_sip inside "$front_end" "$internal" 5061 2
	try "SIP/MTLS Edge to front end" call_sip edge "$internal" "$front_end" 5061 2
	try "SIP/MTLS Edge to Director" call_sip edge "$internal" "$director" 5061 2
	try "A/V authentication" call_sip inside "$front_end" "$internal" 5062 1
	try "PSOM/MTLS" talk_tls inside "$front_end" "$internal" 8057
	try "STUN inside" ask_stun inside "$mediation" "$internal"
	try "TURN/tcp inside" ask_turn_tls inside "$front_end" "$internal"
	try "replication, 4443" fetch inside "$front_end" "https://$(bracket "$internal"):4443/page"
	try "logging 50001" talk_tls inside "$front_end" "$internal" 50001
	try "logging 50002" talk_tls inside "$insider" "$internal" 50002
	try "logging 50003" talk_tls inside "$director" "$internal" 50003
	try "XMPP gateway" open_xmpp_stream inside "$front_end" "$internal" 23456 "edge$family.example"
	try "reverse proxy, 4443" fetch edge "$proxy" "https://$(bracket "$front_end"):4443/page"
	try "reverse proxy, 8080" fetch edge "$proxy" "http://$(bracket "$front_end"):8080/page"
	try "reverse proxy, Director 4443" fetch edge "$proxy" "https://$(bracket "$director"):4443/page"
	try "reverse proxy, Director 8080" fetch edge "$proxy" "http://$(bracket "$director"):8080/page"

	# What no row explains: echo with fragments, a closed port, two strangers, a worn address, IKE.
	try "echo" echo_fragments inet "$client" "$access"
	try "closed port" refused inet "$client" "$access" 8443
	try "inside to web" fetch inside "$insider" "http://$(bracket "$web"):80/lab.crl"
	try "strangers" refused inet "$stranger" "$insider" 9999
	if ((family == 4)); then
		try "worn address" send_udp inet "$front_end" "$access" 5061
	fi
	try "key exchange" send_udp inside "$insider" "$internal" 4500
	wait
}

bracket() {
	if [[ $1 == *:* ]]; then
		echo "[$1]"
	else
		echo "$1"
	fi
}

# pf NAME: the protocol family as socat spells it.
pf() {
	if [[ $1 == *:* ]]; then
		echo ip6
	else
		echo ip4
	fi
}

limited() {
	local ns=$1
	shift
	(cd "$STATE/run" && in_ns "$ns" timeout -k 1 "$TRAFFIC_LIMIT" "$@" </dev/null)
}

# answers PATTERN COMMAND...: its output, which is also shown, must have a line that matches. (No `| grep -q`: that one
# leaves at the first match, and under pipefail the command's broken pipe would be a failure.)
answers() {
	local pattern=$1 output
	shift
	output=$("$@")
	printf '%s\n' "$output"
	grep -q -e "$pattern" <<<"$output"
}

# ask_dns udp|tcp NAME: the access edge asks the server of its own family.
ask_dns() {
	local tcp=+notcp type=A
	[[ $1 == udp ]] || tcp=+tcp
	[[ $family == 4 ]] || type=AAAA
	answers "^$partner\$" limited edge dig +time=2 +tries=3 "$tcp" -b "$access" "@$dns" "$2" "$type" +short
}

# fetch NAMESPACE SOURCE URL
fetch() {
	limited "$1" curl -sS -f -o /dev/null --noproxy '*' --max-time 30 --interface "$2" --cacert "$STATE/tls/ca.pem" \
		--connect-to "::$(sed -E 's,^[a-z]+://(.*)/.*$,\1,' <<<"$3")" "$(sed -E 's,//.*:([0-9]+)/,//lab.example:\1/,' <<<"$3")"
}

# ask_stun NAMESPACE SOURCE SERVER
ask_stun() {
	answers 'UDP reflexive addr' limited "$1" turnutils_stunclient -p 3478 -L "$2" "$3"
}

# relay_media NAMESPACE SOURCE SERVER MESSAGES ARGUMENT...: allocates, sends through the relay, and gets
# messages back (all, unless the machine is too busy for a datagram).
relay_media() {
	local ns=$1 source=$2 server=$3 messages=$4
	shift 4
	answers "tot_recv_msgs=[1-9][0-9]*\$" limited "$ns" turnutils_uclient -c "${relay[@]}" -L "$source" -n "$messages" \
		-l 400 -u lab -w lab "$@" "$server"
}

# ask_turn_tls NAMESPACE SOURCE SERVER: TLS to TURN's 443 and an answered handshake, no allocation.
ask_turn_tls() {
	limited "$1" openssl s_client -bind "$(bracket "$2"):0" -connect "$(bracket "$3"):443" -CAfile "$STATE/tls/ca.pem" -brief
}

tls_client() {
	echo "OPENSSL:$(bracket "$2"):$3,pf=$(pf "$2"),bind=$(bracket "$1"),cert=$STATE/tls/lab.pem,key=$STATE/tls/lab.key,cafile=$STATE/tls/ca.pem,commonname=lab.example"
}

# call_sip NAMESPACE SOURCE SERVER PORT CALLS [MS]: sipp calls through TLS, each INVITE, ACK, some time, BYE.
call_sip() {
	local ns=$1 door=$((lport++)) socat rc=0
	(cd "$STATE/run" && exec nsenter --net="/run/netns/$LAB-$ns" \
		timeout -k 1 "$TRAFFIC_LIMIT" socat -d "TCP-LISTEN:$door,bind=127.0.0.1,reuseaddr" "$(tls_client "$2" "$3" "$4")") &
	socat=$!
	wait_for 5 services_listens "$ns" "tcp:127.0.0.1:$door"
	limited "$ns" sipp -sn uac "127.0.0.1:$door" -t t1 -i 127.0.0.1 -p $((door + 2000)) -cp $((door + 4000)) -m "$5" -r 10 -d "${6:-50}" -nostdin \
		-timeout 30s -timeout_error || rc=$?
	wait_for 2 not kill -0 "$socat" || kill -TERM "$socat" 2>/dev/null || true
	wait "$socat" 2>/dev/null || true
	return "$rc"
}

not() {
	! "$@"
}

# talk_tcp and talk_tls NAMESPACE SOURCE SERVER PORT: sends two kilobytes to an echo and wants them back.
talk_tcp() {
	talk "$1" "TCP:$(bracket "$3"):$4,pf=$(pf "$3"),bind=$(bracket "$2")"
}

talk_tls() {
	talk "$1" "$(tls_client "$2" "$3" "$4")"
}

talk() {
	local sent got
	sent=$(head -c 2000 /dev/zero | tr '\0' x)
	got=$(say "$sent" 0 "" "$1" -t 10 - "$2")
	[[ $got == "$sent" ]]
}

# open_xmpp_stream NAMESPACE SOURCE SERVER PORT DOMAIN: a stream header must be answered with one, and with features.
open_xmpp_stream() {
	local header="<?xml version='1.0'?><stream:stream xmlns='jabber:server' to='$5' from='gateway.example' version='1.0'\
 xmlns:stream='http://etherx.jabber.org/streams'>"
	# The header; a while later the end of the stream, upon which prosody closes the connection.
	answers '<stream:features' say "$header" 1 '</stream:stream>' "$1" -T 20 -,ignoreeof "$(tls_client "$2" "$3" "$4")"
}

# say TEXT SECONDS TEXT NAMESPACE SOCAT-ARGUMENT...: the texts into socat with a pause between them, its output out. The
# first is a moment late: a listening socat overlooks what arrives in one packet with the end of the TLS handshake until
# something else arrives.
say() {
	local first=$1 pause=$2 second=$3 ns=$4
	shift 4
	(sleep 0.2 && printf %s "$first" && sleep "$pause" && printf %s "$second") |
		(cd "$STATE/run" && in_ns "$ns" timeout -k 1 "$TRAFFIC_LIMIT" socat -d "$@")
}

# ping_xmpp FROM TO: the Edge's server opens a stream to the partner's, which calls back to verify it (dialback).
ping_xmpp() {
	limited edge prosodyctl --config "$STATE/run/edge-prosody.lua" shell xmpp ping "$1" "$2"
}

# echo_fragments NAMESPACE SOURCE TARGET
echo_fragments() {
	limited "$1" ping -q -c 2 -i 0.2 -W 2 -s 3000 -I "$2" "$3"
}

# refused NAMESPACE SOURCE TARGET PORT: a connection that must fail at once.
refused() {
	! limited "$1" curl -sS -o /dev/null --noproxy '*' --max-time 3 --interface "$2" "http://$(bracket "$3"):$4/"
}

# send_udp NAMESPACE SOURCE TARGET PORT: one datagram, no answer wanted.
send_udp() {
	say worn 0 "" "$1" -u - "UDP-SENDTO:$(bracket "$3"):$4,bind=$(bracket "$2")"
}
