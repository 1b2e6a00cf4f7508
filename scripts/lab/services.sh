# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# The lab's services: each is the ordinary program from Debian's package, with a configuration in the lab's private
# directory, and listens on both families. Sourced by lab.sh.
#
#   inet    unbound (DNS), nginx (CRL, web), a federated partner: SIP over TLS, prosody, coturn; an IM partner: SIP
#   edge    coturn on av-edge and edge-internal, SIP over TLS, nginx, prosody, TLS listeners for PSOM and logging (CLS)
#   inside  front-end and director: SIP over TLS, nginx
#
# sipp has no TLS in Debian, so socat stands in front of it and asks the caller for a certificate (MTLS).

services_up() {
	services_certificates
	services_inet
	services_edge
	services_inside
	services_ready
}

# An authority and one certificate for all, made for this lab only.
services_certificates() {
	local dir=$STATE/tls name=lab.example
	mkdir -p "$dir" "$STATE/run/certs"
	(
		cd "$dir"
		openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj "/CN=lab authority" \
			-keyout ca.key -out ca.pem
		openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj "/CN=$name" -keyout lab.key -out lab.csr
		printf 'subjectAltName=%s\n' "DNS:$name,DNS:*.example,DNS:edge4.example,DNS:edge6.example,DNS:partner4.example,DNS:partner6.example" >san
		openssl x509 -req -in lab.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile san -out lab.pem
		: >index
		printf '[ca]\ndefault_ca=lab\n[lab]\ndatabase=index\ndefault_md=sha256\n' >ca.cnf
		openssl ca -config ca.cnf -gencrl -keyfile ca.key -cert ca.pem -crldays 2 -out ca.crl
	) >"$STATE/log/openssl.log" 2>&1 || die "openssl: $(tail -n 1 "$STATE/log/openssl.log")"
}

# service NAMESPACE NAME COMMAND...
service() {
	local ns=$1 name=$2
	shift 2
	run_in_background "$ns-$name" "$STATE/log/$ns-$name.log" "$ns" "$@"
}

# socat_tls ADDRESS PORT: a TLS listener in socat's words.
socat_tls() {
	local pf=ip4 address=$1
	if [[ $address == *:* ]]; then
		pf=ip6 address="[$address]"
	fi
	echo "OPENSSL-LISTEN:$2,pf=$pf,bind=$address,reuseaddr,fork,backlog=32,cert=$STATE/tls/lab.pem,key=$STATE/tls/lab.key,cafile=$STATE/tls/ca.pem,verify=1"
}

# tls_service NAMESPACE PORT TARGET ADDRESS...: TLS outside, TARGET (a socat address) inside.
tls_service() {
	local ns=$1 port=$2 target=$3 address
	shift 3
	for address in "$@"; do
		service "$ns" "tls-$port-$address" socat -d "$(socat_tls "$address" "$port")" "$target"
	done
}

# One sipp answers all calls of a namespace, on loopback.
sip_server() {
	service "$1" sipp sipp -sn uas -t t1 -i 127.0.0.1 -p 15060 -nostdin
}

# turn_server NAMESPACE RELAY4 RELAY6 ADDRESS...: relays from RELAY4 and RELAY6, listens on them and on the addresses.
turn_server() {
	local ns=$1 relay4=$2 relay6=$3 address listen=()
	shift 3
	for address in "$relay4" "$relay6" "$@"; do
		listen+=(--listening-ip="$address")
	done
	service "$ns" turn turnserver -n "${listen[@]}" --relay-ip="$relay4" --relay-ip="$relay6" \
		--listening-port=3478 --tls-listening-port=443 --min-port=50000 --max-port=59999 \
		--cert="$STATE/tls/lab.pem" --pkey="$STATE/tls/lab.key" --realm=lab.example --no-auth --no-cli --no-dtls \
		--no-rfc5780 --userdb="$STATE/run/$ns-turn.db" --pidfile="$STATE/run/$ns-turn.pid" --log-file=stdout
}

# web_server NAMESPACE DIRECTIVES: the directives are `listen` lines.
web_server() {
	local ns=$1 conf=$STATE/run/$1-nginx.conf
	mkdir -p "$STATE/run/www" "$STATE/run/$ns-nginx"
	cp "$STATE/tls/ca.crl" "$STATE/run/www/lab.crl"
	head -c 20000 /dev/zero | tr '\0' x >"$STATE/run/www/page"
	cat >"$conf" <<-EOF
		daemon off;
		master_process off;
		pid $STATE/run/$ns-nginx/pid;
		error_log stderr;
		events {}
		http {
			access_log off;
			client_body_temp_path $STATE/run/$ns-nginx;
			proxy_temp_path $STATE/run/$ns-nginx;
			fastcgi_temp_path $STATE/run/$ns-nginx;
			uwsgi_temp_path $STATE/run/$ns-nginx;
			scgi_temp_path $STATE/run/$ns-nginx;
			ssl_certificate $STATE/tls/lab.pem;
			ssl_certificate_key $STATE/tls/lab.key;
			server {
				$2
				root $STATE/run/www;
				location /slow { limit_rate 100k; }
			}
		}
	EOF
	service "$ns" nginx nginx -e stderr -c "$conf"
}

# xmpp_server NAMESPACE ADDRESS4 ADDRESS6 DOMAIN...
xmpp_server() {
	local ns=$1 address4=$2 address6=$3 dir=$STATE/run/$1-prosody conf=$STATE/run/$1-prosody.lua domain
	shift 3
	mkdir -p "$dir" "$STATE/run/certs"
	{
		cat <<-EOF
			run_as_root = true
			pidfile = "$dir/pid"
			data_path = "$dir"
			log = { info = "*console" }
			modules_enabled = { "s2s", "tls", "dialback", "iq", "ping", "admin_shell" }
			modules_disabled = { "c2s", "offline", "register" }
			authentication = "internal_hashed"
			storage = "memory"
			s2s_ports = { 5269 }
			s2s_interfaces = { "$address4", "$address6" }
			s2s_require_encryption = true
			s2s_secure_auth = false
			ssl = { certificate = "$STATE/tls/lab.pem"; key = "$STATE/tls/lab.key" }
			unbound = { resolvconf = false; hoststxt = false; forward = { "198.51.100.53" } }
		EOF
		for domain in "$@"; do
			echo "VirtualHost \"$domain\""
		done
	} >"$conf"
	service "$ns" prosody prosody -F --config "$conf"
}

dns_server() {
	local conf=$STATE/run/unbound.conf
	cat >"$conf" <<-EOF
		server:
			interface: 198.51.100.53
			interface: 2001:db8:1::53
			access-control: 0.0.0.0/0 allow
			access-control: ::/0 allow
			username: ""
			chroot: ""
			directory: "$STATE/run"
			pidfile: ""
			use-syslog: no
			do-daemonize: no
			num-threads: 1
			module-config: "iterator"
			local-zone: "." static
			local-data: "partner4.example. A 198.51.100.20"
			local-data: "partner6.example. AAAA 2001:db8:1::20"
			local-data: "edge4.example. A 203.0.113.10"
			local-data: "edge6.example. AAAA 2001:db8:e::10"
			local-data: "crl.example. A 198.51.100.80"
			local-data: "crl.example. AAAA 2001:db8:1::80"
			local-data: '_sipfederationtls._tcp.partner4.example. SRV 0 0 5061 partner4.example.'
		remote-control:
			control-enable: no
	EOF
	# shellcheck disable=SC2046 # words of a command, or none
	service inet unbound $(unconfined) unbound -d -c "$conf"
}

services_inet() {
	dns_server
	web_server inet "listen 198.51.100.80:80; listen [2001:db8:1::80]:80;
		listen 198.51.100.80:443 ssl; listen [2001:db8:1::80]:443 ssl;"
	sip_server inet
	tls_service inet 5061 TCP:127.0.0.1:15060 198.51.100.20 2001:db8:1::20 198.51.100.30 2001:db8:1::30
	turn_server inet 198.51.100.21 2001:db8:1::21 198.51.100.40 2001:db8:1::40
	# Media peers; the second one has its port in the range of the relays, as a federated A/V Edge would.
	service inet peer4 turnutils_peer -L 198.51.100.11 -p 3480
	service inet peer6 turnutils_peer -L 2001:db8:1:0:c::11 -p 3480
	service inet rtp4 turnutils_peer -L 198.51.100.21 -p 50500
	service inet rtp6 turnutils_peer -L 2001:db8:1::21 -p 50500
	service inet sharing4 socat TCP-LISTEN:50600,pf=ip4,bind=198.51.100.21,reuseaddr,fork EXEC:cat
	service inet sharing6 socat "TCP-LISTEN:50600,pf=ip6,bind=[2001:db8:1::21],reuseaddr,fork" EXEC:cat
	xmpp_server inet 198.51.100.20 2001:db8:1::20 partner4.example partner6.example
}

services_edge() {
	local port
	turn_server edge 203.0.113.12 2001:db8:e::12 10.1.0.10 2001:db8:1d::10
	sip_server edge
	for port in 443 5061; do
		tls_service edge "$port" TCP:127.0.0.1:15060 203.0.113.10 2001:db8:e::10
	done
	for port in 5061 5062; do
		tls_service edge "$port" TCP:127.0.0.1:15060 10.1.0.10 2001:db8:1d::10
	done
	for port in 8057 50001 50002 50003; do
		tls_service edge "$port" EXEC:cat 10.1.0.10 2001:db8:1d::10
	done
	# The XMPP gateway inside speaks to the proxy through TLS from the first octet.
	tls_service edge 23456 TCP:203.0.113.10:5269 10.1.0.10 2001:db8:1d::10
	web_server edge "listen 203.0.113.11:443 ssl; listen [2001:db8:e::11]:443 ssl;
		listen 10.1.0.10:4443 ssl; listen [2001:db8:1d::10]:4443 ssl;"
	service edge sharing4 socat TCP-LISTEN:50100,pf=ip4,bind=203.0.113.12,reuseaddr,fork EXEC:cat
	service edge sharing6 socat "TCP-LISTEN:50100,pf=ip6,bind=[2001:db8:e::12],reuseaddr,fork" EXEC:cat
	xmpp_server edge 203.0.113.10 2001:db8:e::10 edge4.example edge6.example
}

services_inside() {
	sip_server inside
	tls_service inside 5061 TCP:127.0.0.1:15060 10.2.0.10 2001:db8:2d::10 10.2.0.11 2001:db8:2d::11
	web_server inside "listen 10.2.0.10:443 ssl; listen [2001:db8:2d::10]:443 ssl;
		listen 10.2.0.10:4443 ssl; listen [2001:db8:2d::10]:4443 ssl;
		listen 10.2.0.10:8080; listen [2001:db8:2d::10]:8080;
		listen 10.2.0.11:4443 ssl; listen [2001:db8:2d::11]:4443 ssl;
		listen 10.2.0.11:8080; listen [2001:db8:2d::11]:8080;"
}

# Waits for every listener, and says which one did not come.
services_ready() {
	local ns listener
	while read -r ns listener; do
		wait_for 15 services_listens "$ns" "$listener" ||
			die "in $ns nothing listens on $listener; last words: $(tail -qn 1 "$STATE/log/$ns"-*.log 2>/dev/null | tail -n 5)" || return
	done <<-EOF
		inet udp:198.51.100.53:53
		inet tcp:[2001:db8:1::53]:53
		inet tcp:[2001:db8:1::80]:443
		inet tcp:127.0.0.1:15060
		inet tcp:198.51.100.20:5061
		inet tcp:[2001:db8:1::30]:5061
		inet udp:198.51.100.21:3478
		inet udp:[2001:db8:1::40]:3478
		inet tcp:[2001:db8:1::21]:443
		inet udp:[2001:db8:1::21]:50500
		inet tcp:198.51.100.20:5269
		inet tcp:[2001:db8:1::20]:5269
		edge udp:203.0.113.12:3478
		edge tcp:[2001:db8:e::12]:443
		edge udp:[2001:db8:1d::10]:3478
		edge tcp:10.1.0.10:443
		edge tcp:127.0.0.1:15060
		edge tcp:203.0.113.10:443
		edge tcp:[2001:db8:e::10]:5061
		edge tcp:[2001:db8:1d::10]:5062
		edge tcp:[2001:db8:1d::10]:50003
		edge tcp:[2001:db8:1d::10]:23456
		edge tcp:[2001:db8:e::11]:443
		edge tcp:203.0.113.10:5269
		edge tcp:[2001:db8:e::10]:5269
		inside tcp:127.0.0.1:15060
		inside tcp:[2001:db8:2d::11]:5061
		inside tcp:[2001:db8:2d::11]:8080
	EOF
}

services_listens() {
	local kind=${2%%:*} address=${2#*:}
	in_ns "$1" ss -Hnl --"$kind" | awk '{print $4}' | grep -qxF "$address"
}
