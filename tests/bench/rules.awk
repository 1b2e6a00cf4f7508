# SPDX-License-Identifier: GPL-2.0-only
#
# One rule set of N rules in every tool's own words, and a trace that hits it.
#
# awk -v N=1000 -v SEED=1 -v DIR=OUT -f rules.awk
#
# A rule is (source, destination host, protocol, destination port). Seven of ten allow any source, three a source prefix.
# No two rules share destination, protocol and port, so that at most one matches a packet and their order means nothing:
# every tool may use the fastest form it has. Ten rules a host; services from a pool of 64. The trace hits all rules
# equally often, in random order, with random source ports and hosts; one packet of ten misses (an unknown host, an unknown
# port, a source outside the prefix). Addresses are those of RFC 2544, set aside for benchmarks.
#
# Written into DIR:
#   rules.txt                         ID PROTO SOURCE|any DESTINATION PORT
#   trace.txt, hits.txt               the sender's lines; of each the ID it hits, or 0
#   {ingress,prerouting}-{linear,set,map}.nft, ingress-none.nft, iptables.txt, ipset.txt, ipset-iptables.txt, site.yaml, xdp-filter.txt

function random(n) { # 0..n-1: Park and Miller's minimal standard generator
	seed = (seed * 16807) % 2147483647
	return int(seed / 2147483647 * n)
}

function host(i) { return "198.18." int(i / 250) "." i % 250 + 1 }

# Prefix k of the pool, in 198.19.k.0/24: /24, /25, /26, /28.
function prefix(k) { return "198.19." k ".0/" prefix_len[k % 4] }
function inside(k) { return "198.19." k "." random(2 ^ (32 - prefix_len[k % 4])) }
function outside() { return "192.0." random(2) * 2 "." random(256) }

function make_rules(    i, h, s, first) {
	for (s = 0; s < 64; s++) {
		pool_proto[s] = s % 8 < 5 ? "tcp" : "udp"
		pool_port[s] = 100 + s * 150 + random(150)
	}
	n_hosts = int((N + 9) / 10)
	n_prefixes = N / 50 < 4 ? 4 : N / 50 > 200 ? 200 : int(N / 50)
	for (i = 1; i <= N; i++) {
		h = int((i - 1) / 10)
		if ((i - 1) % 10 == 0)
			first = random(64)
		s = (first + (i - 1) % 10 * 7) % 64 # 7 and 64 share no factor: ten different services
		proto[i] = pool_proto[s]
		port[i] = pool_port[s]
		daddr[i] = host(h)
		source[i] = random(10) < 3 ? random(n_prefixes) : -1
	}
}

function saddr_text(i) { return source[i] < 0 ? "any" : prefix(source[i]) }

function make_trace(    t, i, k, swap) {
	n_trace = 2 * N < 10000 ? 10000 : 2 * N
	for (t = 0; t < n_trace; t++)
		order[t] = t % 10 ? 1 + int(t * 9 / 10) % N : 0
	for (t = n_trace - 1; t > 0; t--) {
		k = random(t + 1)
		swap = order[t]; order[t] = order[k]; order[k] = swap
	}
	for (t = 0; t < n_trace; t++) {
		i = order[t]
		print i > (DIR "/hits.txt")
		if (i)
			packet(i, source[i] < 0 ? (random(2) ? outside() : inside(random(n_prefixes))) : inside(source[i]),
				daddr[i], port[i])
		else
			miss(1 + random(N), random(3))
	}
}

# Rule i's packet, unless something of it is wrong.
function miss(i, kind,    tries) {
	if (kind == 0)
		for (tries = 0; tries < 50 && source[i] < 0; tries++)
			i = 1 + random(N)
	if (kind == 0 && source[i] >= 0)
		packet(i, outside(), daddr[i], port[i])
	else if (kind == 1)
		packet(i, outside(), unknown_host(random(16)), port[i])
	else
		packet(i, outside(), daddr[i], 10000 + random(20000))
}

function unknown_host(k) { return "198.18.255." k + 1 }

function packet(i, from, to, dport) {
	print proto[i], from, to, 32768 + random(28232), dport > (DIR "/trace.txt")
}

function nft_match(i) {
	return (source[i] < 0 ? "" : "ip saddr " saddr_text(i) " ") "ip daddr " daddr[i] " " proto[i] " dport " port[i]
}

function nft_key(i) {
	return (source[i] < 0 ? "" : saddr_text(i) " . ") daddr[i] " . " proto[i] " . " port[i]
}

# The elements with or without a source, each followed by `verdict`.
function nft_elements(file, sources, verdict,    i, comma) {
	printf "\t\telements = {" > file
	comma = ""
	for (i = 1; i <= N; i++)
		if ((source[i] >= 0) == sources) {
			printf "%s\n\t\t\t%s%s", comma, nft_key(i), verdict > file
			comma = ","
		}
	print "\n\t\t}" > file
}

function nft(hook, form,    file, i, kind, any_key, source_key) {
	file = DIR "/" hook "-" form ".nft"
	print hook == "ingress" ? "table netdev bench {" : "table ip bench {" > file
	if (form == "set" || form == "map") {
		kind = form == "set" ? "set" : "map"
		print "\t" kind " hosts {" > file
		print "\t\ttype ipv4_addr . inet_proto . inet_service" (form == "map" ? " : verdict" : "") > file
		print "\t\tcounter" > file
		nft_elements(file, 0, form == "map" ? " : drop" : "")
		print "\t}" > file
		print "\t" kind " sources {" > file
		print "\t\ttype ipv4_addr . ipv4_addr . inet_proto . inet_service" (form == "map" ? " : verdict" : "") > file
		print "\t\tflags interval" > file
		print "\t\tcounter" > file
		nft_elements(file, 1, form == "map" ? " : drop" : "")
		print "\t}" > file
	}
	print "\tchain bench {" > file
	print "\t\ttype filter hook " (hook == "ingress" ? "ingress device rx priority 0;" : "prerouting priority raw;") > file
	any_key = "ip daddr . meta l4proto . th dport"
	source_key = "ip saddr . ip daddr . meta l4proto . th dport"
	if (form == "linear")
		for (i = 1; i <= N; i++)
			print "\t\t" nft_match(i) " counter drop" > file
	else if (form == "set")
		print "\t\t" any_key " @hosts drop\n\t\t" source_key " @sources drop" > file
	else if (form == "map")
		print "\t\t" any_key " vmap @hosts\n\t\t" source_key " vmap @sources" > file
	print "\t\tcounter drop\n\t}\n}" > file
	close(file)
}

function iptables(    file, i) {
	file = DIR "/iptables.txt"
	print "*raw" > file
	for (i = 1; i <= N; i++)
		print "-A PREROUTING" (source[i] < 0 ? "" : " -s " saddr_text(i)) " -d " daddr[i] " -p " proto[i] " -m " proto[i] \
			" --dport " port[i] " -j DROP" > file
	print "-A PREROUTING -j DROP\nCOMMIT" > file
	close(file)
}

function ipset(    file, i) {
	file = DIR "/ipset.txt"
	print "create hosts hash:ip,port counters maxelem " 2 * N > file
	print "create sources hash:ip,port,net counters maxelem " 2 * N > file
	for (i = 1; i <= N; i++)
		print "add", (source[i] < 0 ? "hosts" : "sources"), daddr[i] "," proto[i] ":" port[i] \
			(source[i] < 0 ? "" : "," saddr_text(i)) > file
	close(file)
	file = DIR "/ipset-iptables.txt"
	print "*raw" > file
	print "-A PREROUTING -m set --match-set hosts dst,dst -j DROP" > file
	print "-A PREROUTING -m set --match-set sources dst,dst,src -j DROP" > file
	print "-A PREROUTING -j DROP\nCOMMIT" > file
	close(file)
}

# On side `mirror` everything is counted and dropped, as by the peers; like theirs, a row means no answers.
function xdp_edge(    file, i) {
	file = DIR "/site.yaml"
	print "name: bench\nmode: monitor\ninterfaces: {rx: mirror}\nroles: {access-edge: 203.0.113.1} # a site has one; no packet has it\nrows:" > file
	for (i = 1; i <= N; i++)
		print "  - {name: r" i ", l4: " proto[i] ", ports: " port[i] ", source: " saddr_text(i) ", destination: " daddr[i] ", reply: no}" > file
	close(file)
}

# It knows addresses and ports, but not both of one rule: destinations only, so many as there are rules.
function xdp_filter(    file, i) {
	file = DIR "/xdp-filter.txt"
	for (i = 0; i < n_hosts; i++)
		print host(i) > file
	for (i = 0; i < 16; i++)
		print unknown_host(i) > file
	close(file)
}

BEGIN {
	seed = SEED + 1
	split("24 25 26 28", lens)
	for (i = 0; i < 4; i++)
		prefix_len[i] = lens[i + 1]
	for (i = 0; i < 100; i++)
		random(2) # the first results of a small seed are small
	make_rules()
	for (i = 1; i <= N; i++)
		print i, proto[i], saddr_text(i), daddr[i], port[i] > (DIR "/rules.txt")
	make_trace()
	n_hooks = split("ingress prerouting", hooks)
	n_forms = split("linear set map", forms)
	for (h = 1; h <= n_hooks; h++)
		for (f = 1; f <= n_forms; f++)
			nft(hooks[h], forms[f])
	nft("ingress", "none") # drops all: what a packet costs before any rule
	iptables()
	ipset()
	xdp_edge()
	xdp_filter()
}
