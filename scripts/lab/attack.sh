# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# The lab's attackers: nmap and hping3 on the cable of the internet, and a reverse proxy that somebody has taken over. All
# of it bounded in number, rate and time; what it proves is told by the captures. Sourced by lab.sh.

# Seconds that one tool may take.
ATTACK_LIMIT=30

# Returns when all tools have ended; 1 if one of them could not send. In a process of its own session, as lab_traffic.
lab_attack() {
	local rc=0
	LAB_STATE=$STATE setsid "$LAB_HOME/lab.sh" attack-here </dev/null >"$STATE/log/attack.log" 2>&1 &
	echo $! >"$STATE/pids/attack"
	wait $! || rc=$?
	rm -f "$STATE/pids/attack"
	if ((rc)); then
		tail -n 20 "$STATE/log/attack.log" >&2
	fi
	return "$rc"
}

attack_run() {
	: >"$STATE/log/attack.failed"
	attack_scans &
	attack_source_ports &
	attack_scans6 &
	attack_floods &
	attack_forgeries &
	wait
	if [[ -s $STATE/log/attack.failed ]]; then
		die "these could not attack: $(paste -sd' ' "$STATE/log/attack.failed")"
	fi
}

# attack NAME PATTERN COMMAND...: its output must have a line that matches.
attack() {
	local name=$1 pattern=$2 output
	shift 2
	output=$(in_ns "$from" timeout -k 1 "$ATTACK_LIMIT" "$@" </dev/null 2>&1) || true
	printf '%s\n' "--- $name: $*" "$output"
	grep -q -e "$pattern" <<<"$output" || echo "($name)" >>"$STATE/log/attack.failed"
}

# scan NAME ARGUMENT...: nmap sends each probe once and waits for nobody.
scan() {
	local name=$1
	shift
	attack "$name" '^Nmap done: [1-9]' nmap -n -Pn --max-retries 0 --min-rate 300 --max-rate 600 --max-rtt-timeout 200ms \
		--initial-rtt-timeout 100ms "$@"
}

# packets NAME COUNT INTERVAL ARGUMENT...: hping3, INTERVAL microseconds between two; it ends early when as many answers came.
packets() {
	local name=$1 count=$2 interval=$3
	shift 3
	attack "$name" "^[1-9][0-9]* packets transmitted" hping3 -I "$device" -n -q -c "$count" -i "u$interval" "$@"
}

attack_scans() {
	local from=attacker access=203.0.113.10 av=203.0.113.12
	scan "SYN scan" -sS --top-ports 300 "$access" "$av"
	scan "UDP scan" -sU --top-ports 60 "$access" "$av"
	# Every first fragment holds the ports, but not the whole of what follows.
	scan "scan in fragments" -sS --mtu 24 --data-length 64 -p 1-40 "$access"
	# Fragments that hide the ports: the first one is too short for a TCP header.
	scan "scan in tiny fragments" -sS -f -p 1-20 "$access"
}

# Source ports that careless filters take for answers.
attack_source_ports() {
	local from=attacker access=203.0.113.10 av=203.0.113.12
	scan "from port 53, UDP" -sU -g 53 -p 1-60 "$access"
	scan "from port 80" -sA -g 80 -p 1-60 "$access"
	scan "from port 443" -sA -g 443 -p 1-60 "$av"
	scan "SYN from port 443" -sS -g 443 -p 1-60 "$av"
	scan "from the deny list" -sS -e eth0 -S 198.51.100.66 -p 443,5061,5269 "$access" "$av"
}

attack_scans6() {
	local from=attacker access=2001:db8:e::10 av=2001:db8:e::12
	scan "SYN scan, IPv6" -6 -sS -p 1-150 "$access" "$av"
	scan "UDP scan, IPv6" -6 -sU -p 1-40 "$av"
	scan "from port 53, UDP, IPv6" -6 -sU -g 53 -p 1-60 "$access"
	scan "from port 443, IPv6" -6 -sA -g 443 -p 1-60 "$av"
	scan "from the deny list, IPv6" -6 -sS -e eth0 -S 2001:db8:1::66 -p 443,5061,5269 "$access"
}

attack_floods() {
	local from=attacker device=eth0 access=203.0.113.10 conf=203.0.113.11 av=203.0.113.12
	packets "SYN flood" 600 1000 -S -p 5061 "$access"
	packets "SYN flood, TURN" 400 1000 -S -p 443 "$av"
	packets "UDP flood" 600 1000 -2 -p 3478 -d 32 "$av"
	packets "SYN flood from everywhere" 200 2000 -S -p 443 --rand-source "$conf"
}

attack_forgeries() {
	local from=attacker device=eth0 access=203.0.113.10 conf=203.0.113.11 av=203.0.113.12
	# Answers that nobody asked for; the partner's address is one that the Edge does talk to.
	packets "forged SYN-ACK" 60 2000 -S -A -s 443 -k -p ++2000 "$av"
	packets "forged ACK" 60 2000 -A -s 443 -k -p ++3000 -a 198.51.100.20 "$av"
	packets "forged DNS answers" 60 2000 -2 -s 53 -k -p ++30000 -d 40 -a 198.51.100.53 "$access"
	packets "later fragments alone" 40 2000 -2 -g 64 -d 64 -p 3478 "$av"
	# Addresses of others: of an inside server, of the Edge itself, of nobody.
	packets "a server's address" 40 2000 -2 -p 3478 -a 10.2.0.10 "$av"
	packets "the Edge's own address" 40 2000 -S -p 5061 -a 203.0.113.12 "$access"
	packets "a loopback address" 20 2000 -S -p 443 -a 127.0.0.1 "$conf"
	packets "a class E address" 20 2000 -2 -p 3478 -a 240.0.0.9 "$av"
	# A TCP header shorter than TCP's; GRE; a host of the deny list at an open port.
	packets "short TCP header" 20 2000 -S -O 2 -p 443 "$conf"
	packets "GRE" 20 2000 -0 -H 47 -d 40 "$access"
	packets "the deny list" 40 2000 -S -p 443 -a 198.51.100.66 "$conf"
	# The reverse proxy tries what the tables allow and this site denies.
	from=edge device=int0
	packets "RPC from the proxy" 40 2000 -S -p 135 -a 10.1.0.20 10.2.0.10
}
