// SPDX-License-Identifier: GPL-2.0-only
/*
 * The misses that addresses and protocols make, by hand: the packet, where it enters, what it must
 * be counted as. Every counter is read after every frame; exactly one may have moved. Near each
 * miss stands what is none.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <netinet/in.h>

#include <cmocka.h>

#include "perimeter.h"

#define HAIRPIN "tests/fixtures/datapath/hairpin.yaml"
#define DHCP	"tests/fixtures/datapath/dhcp.yaml"

#define CLI(n) "sfb-internal/client-ports/" #n

/* What a packet is above IP: one of these, or any other protocol with nothing behind. */
#define ACK IPPROTO_TCP
#define UDP IPPROTO_UDP
#define SYN 256

struct ip_case {
	const char *name, *nic;
	unsigned kind;
	const char *source;
	unsigned sport;
	const char *destination;
	unsigned dport;
	const char *row;
	enum xe_miss miss;
};

static const struct ip_case perimeter_cases[] = {
	/* a protected source by a side that is not its own */
	{"external address from its side", "dmz0", SYN, ACCESS, 40000, WORLD, 80, ROW(EXT(2))},
	{"external address from the Internet", "wan0", SYN, ACCESS, 40000, WORLD, 80,
	 MISS(SPOOFED)},
	{"external address from the inner DMZ", "dmi0", SYN, ACCESS, 40000, WORLD, 80,
	 MISS(SPOOFED)},
	{"external address from the LAN", "lan0", SYN, ACCESS, 40000, WORLD, 80, MISS(SPOOFED)},
	{"external address on the mirror", "span0", SYN, ACCESS, 40000, WORLD, 80, ROW(EXT(2))},
	{"internal address from its side", "dmi0", SYN, INNER, 40000, FE, 5061, ROW(INT(3))},
	{"internal address from the Internet", "wan0", SYN, INNER, 40000, FE, 5061, MISS(SPOOFED)},
	{"internal address from the outer DMZ", "dmz0", SYN, INNER, 40000, FE, 5061, MISS(SPOOFED)},
	{"internal address from the LAN", "lan0", SYN, INNER, 40000, FE, 5061, MISS(SPOOFED)},
	{"internal address on the mirror", "span0", SYN, INNER, 40000, FE, 5061, ROW(INT(3))},
	{"server from its side", "lan0", SYN, FE, 40000, INNER, 443, ROW(INT(7))},
	{"server from the Internet", "wan0", SYN, FE, 40000, INNER, 443, MISS(SPOOFED)},
	{"server from the outer DMZ", "dmz0", SYN, FE, 40000, INNER, 443, MISS(SPOOFED)},
	{"server from the inner DMZ", "dmi0", SYN, FE, 40000, INNER, 443, MISS(SPOOFED)},
	{"server on the mirror", "span0", SYN, FE, 40000, INNER, 443, ROW(INT(7))},
	{"a reply can be spoofed too", "wan0", ACK, ACCESS, 443, WORLD, 40000, MISS(SPOOFED)},
	{"spoofed UDP", "wan0", UDP, AV, 40000, WORLD, 3478, MISS(SPOOFED)},
	{"spoofed ICMP", "wan0", IPPROTO_ICMP, FE, 0, WORLD, 0, MISS(SPOOFED)},
	{"spoofed ESP", "wan0", IPPROTO_ESP, AV, 0, WORLD, 0, MISS(SPOOFED)},
	{"spoofed, no row", "wan0", SYN, ACCESS, 40000, WORLD, 1, MISS(SPOOFED)},
	{"from itself to itself", "wan0", SYN, ACCESS, 443, ACCESS, 443, MISS(SPOOFED)},
	{"spoofed by VLAN", "trunk1", SYN, ACCESS, 40000, WORLD, 80, MISS(SPOOFED)},
	{"spoofed IPv6", "wan0", SYN, ACCESS6, 40000, WORLD6, 80, MISS(SPOOFED)},
	{"not spoofed IPv6", "dmz0", SYN, ACCESS6, 40000, WORLD6, 80, ROW(EXT(2))},
	{"spoofed server IPv6", "wan0", SYN, FE6, 40000, INNER6, 443, MISS(SPOOFED)},
	{"a client's address is nobody's to spoof", "lan0", SYN, CLIENT, 40000, ACCESS, 443,
	 ROW("lync2013-edge-nat/public-im/3")},
	{"spoofed destination is no matter", "dmz0", SYN, WORLD, 40000, ACCESS, 443, ROW(EXT(5))},

	/* ESP and IKE at hosts of the IPsec table */
	{"ESP in", "wan0", IPPROTO_ESP, WORLD, 0, AV, 0, MISS(IPSEC)},
	{"ESP out", "dmz0", IPPROTO_ESP, AV, 0, WORLD, 0, MISS(IPSEC)},
	{"ESP inside", "lan0", IPPROTO_ESP, FE, 0, INNER, 0, MISS(IPSEC)},
	{"ESP IPv6", "wan0", IPPROTO_ESP, WORLD6, 0, AV6, 0, MISS(IPSEC)},
	{"ESP IPv6 out", "dmz0", IPPROTO_ESP, AV6, 0, WORLD6, 0, MISS(IPSEC)},
	{"ESP at no host of the table", "wan0", IPPROTO_ESP, WORLD, 0, ACCESS, 0, MISS(IP_OTHER)},
	{"ESP at no host of the table, IPv6", "wan0", IPPROTO_ESP, WORLD6, 0, ACCESS6, 0,
	 MISS(IP_OTHER)},
	{"ESP of strangers", "wan0", IPPROTO_ESP, WORLD, 0, OTHER, 0, MISS(IP_OTHER)},
	{"the protocol below ESP", "wan0", 49, WORLD, 0, AV, 0, MISS(IP_OTHER)},
	{"IKE in", "wan0", UDP, WORLD, 500, AV, 500, MISS(IPSEC)},
	{"IKE in from any port", "wan0", UDP, WORLD, 40000, AV, 500, MISS(IPSEC)},
	{"IKE out", "dmz0", UDP, AV, 500, WORLD, 40000, MISS(IPSEC)},
	{"IKE through NAT in", "wan0", UDP, WORLD, 40000, AV, 4500, MISS(IPSEC)},
	{"IKE through NAT out", "dmz0", UDP, AV, 4500, WORLD, 40000, MISS(IPSEC)},
	{"IKE inside", "lan0", UDP, FE, 500, DIRECTOR, 500, MISS(IPSEC)},
	{"IKE IPv6", "wan0", UDP, WORLD6, 500, AV6, 500, MISS(IPSEC)},
	{"IKE through NAT IPv6", "wan0", UDP, WORLD6, 40000, AV6, 4500, MISS(IPSEC)},
	{"below IKE's port", "wan0", UDP, WORLD, 499, AV, 499, MISS(UNMATCHED)},
	{"above IKE's port", "wan0", UDP, WORLD, 501, AV, 501, MISS(UNMATCHED)},
	{"below IKE's NAT port", "wan0", UDP, WORLD, 40000, AV, 4499, MISS(UNMATCHED)},
	{"above IKE's NAT port", "wan0", UDP, WORLD, 40000, AV, 4501, MISS(UNMATCHED)},
	{"IKE's port over TCP", "wan0", SYN, WORLD, 500, AV, 500, MISS(UNMATCHED)},
	{"IKE at no host of the table", "wan0", UDP, WORLD, 500, ACCESS, 500, MISS(UNMATCHED)},
	{"IKE of strangers", "wan0", UDP, WORLD, 500, OTHER, 500, MISS(FOREIGN)},
	{"IKE's port to a row's", "wan0", UDP, WORLD, 4500, AV, 3478, ROW(EXT(14))},

	/* IP that is neither TCP nor UDP */
	{"ICMP", "wan0", IPPROTO_ICMP, WORLD, 0, ACCESS, 0, MISS(IP_OTHER)},
	{"ICMP of strangers", "wan0", IPPROTO_ICMP, WORLD, 0, OTHER, 0, MISS(IP_OTHER)},
	{"ICMPv6", "wan0", IPPROTO_ICMPV6, WORLD6, 0, ACCESS6, 0, MISS(IP_OTHER)},
	{"neighbour discovery", "wan0", IPPROTO_ICMPV6, "fe80::1", 0, "ff02::1:ff00:10", 0,
	 MISS(IP_OTHER)},
	{"GRE", "wan0", IPPROTO_GRE, WORLD, 0, AV, 0, MISS(IP_OTHER)},
	{"IP in IP", "wan0", IPPROTO_IPIP, WORLD, 0, AV, 0, MISS(IP_OTHER)},
	{"IPv6 in IP", "wan0", IPPROTO_IPV6, WORLD, 0, AV, 0, MISS(IP_OTHER)},
	{"IPv6 in IPv6", "wan0", IPPROTO_IPV6, WORLD6, 0, AV6, 0, MISS(IP_OTHER)},
	{"AH in IPv4", "wan0", IPPROTO_AH, WORLD, 0, AV, 0, MISS(IP_OTHER)},
	{"SCTP", "wan0", IPPROTO_SCTP, WORLD, 0, ACCESS, 0, MISS(IP_OTHER)},
	{"UDP-Lite", "wan0", IPPROTO_UDPLITE, WORLD, 0, AV, 0, MISS(IP_OTHER)},
	{"DCCP", "wan0", IPPROTO_DCCP, WORLD, 0, AV, 0, MISS(IP_OTHER)},
	{"IGMP", "wan0", IPPROTO_IGMP, WORLD, 0, "224.0.0.22", 0, MISS(IP_OTHER)},
	{"OSPF", "wan0", 89, WORLD, 0, "224.0.0.5", 0, MISS(IP_OTHER)},
	{"VRRP", "wan0", 112, WORLD, 0, "224.0.0.18", 0, MISS(IP_OTHER)},
	{"no next header", "wan0", IPPROTO_NONE, WORLD6, 0, ACCESS6, 0, MISS(IP_OTHER)},
	{"protocol 0 in IPv4", "wan0", 0, WORLD, 0, ACCESS, 0, MISS(IP_OTHER)},
	{"protocol 255", "wan0", 255, WORLD, 0, ACCESS, 0, MISS(IP_OTHER)},
	{"IPv6's extension numbers in IPv4", "wan0", IPPROTO_FRAGMENT, WORLD, 0, ACCESS, 0,
	 MISS(IP_OTHER)},

	/* no row */
	{"unmatched in", "wan0", SYN, WORLD, 40000, ACCESS, 22, MISS(UNMATCHED)},
	{"unmatched out", "dmz0", SYN, ACCESS, 40000, WORLD, 22, MISS(UNMATCHED)},
	{"unmatched inside", "lan0", SYN, FE, 40000, INNER, 22, MISS(UNMATCHED)},
	{"unmatched on the mirror", "span0", SYN, WORLD, 40000, WEB, 22, MISS(UNMATCHED)},
	{"unmatched IPv6", "wan0", SYN, WORLD6, 40000, ACCESS6, 22, MISS(UNMATCHED)},
	{"unmatched, port 0", "wan0", SYN, WORLD, 0, ACCESS, 0, MISS(UNMATCHED)},
	{"unmatched, port 65535", "wan0", UDP, WORLD, 65535, AV, 65535, MISS(UNMATCHED)},
	{"the inside's port from outside", "wan0", SYN, WORLD, 40000, INNER, 443, MISS(UNMATCHED)},
	{"foreign", "wan0", SYN, WORLD, 40000, OTHER, 443, MISS(FOREIGN)},
	{"foreign UDP", "lan0", UDP, WORLD, 40000, OTHER, 53, MISS(FOREIGN)},
	{"foreign IPv6", "wan0", SYN, WORLD6, 40000, OTHER6, 443, MISS(FOREIGN)},
	{"a client is not protected", "wan0", SYN, CLIENT, 40000, WORLD, 443, MISS(FOREIGN)},
	{"a client is not protected, IPv6", "wan0", SYN, CLIENT6, 40000, WORLD6, 443,
	 MISS(FOREIGN)},
	{"beside a protected address", "wan0", SYN, WORLD, 40000, "203.0.113.11", 443,
	 MISS(FOREIGN)},
	{"multicast", "wan0", UDP, WORLD, 5353, "224.0.0.251", 5353, MISS(FOREIGN)},

	/* sources that no packet may have, at the edges of their ranges, and their neighbours */
	{"from 0.0.0.0", "wan0", SYN, "0.0.0.0", 40000, ACCESS, 443, ROW(EXT(5))},
	{"from 0.0.0.1", "wan0", SYN, "0.0.0.1", 40000, ACCESS, 443, MISS(MARTIAN)},
	{"from 0.255.255.255", "wan0", SYN, "0.255.255.255", 40000, ACCESS, 443, MISS(MARTIAN)},
	{"from 1.0.0.0", "wan0", SYN, "1.0.0.0", 40000, ACCESS, 443, ROW(EXT(5))},
	{"from 126.255.255.255", "wan0", SYN, "126.255.255.255", 40000, ACCESS, 443, ROW(EXT(5))},
	{"from 127.0.0.0", "wan0", SYN, "127.0.0.0", 40000, ACCESS, 443, MISS(MARTIAN)},
	{"loopback", "wan0", SYN, "127.0.0.1", 40000, ACCESS, 443, MISS(MARTIAN)},
	{"from 127.255.255.255", "wan0", SYN, "127.255.255.255", 40000, ACCESS, 443, MISS(MARTIAN)},
	{"from 128.0.0.0", "wan0", SYN, "128.0.0.0", 40000, ACCESS, 443, ROW(EXT(5))},
	{"from 223.255.255.255", "wan0", SYN, "223.255.255.255", 40000, ACCESS, 443, ROW(EXT(5))},
	{"from 224.0.0.0", "wan0", SYN, "224.0.0.0", 40000, ACCESS, 443, MISS(MARTIAN)},
	{"from 239.255.255.255", "wan0", SYN, "239.255.255.255", 40000, ACCESS, 443, MISS(MARTIAN)},
	{"from 240.0.0.0", "wan0", SYN, "240.0.0.0", 40000, ACCESS, 443, MISS(MARTIAN)},
	{"from broadcast", "wan0", SYN, "255.255.255.255", 40000, ACCESS, 443, MISS(MARTIAN)},
	{"from ::", "wan0", SYN, "::", 40000, ACCESS6, 443, ROW(EXT(5))},
	{"from ::1", "wan0", SYN, "::1", 40000, ACCESS6, 443, MISS(MARTIAN)},
	{"from ::2", "wan0", SYN, "::2", 40000, ACCESS6, 443, ROW(EXT(5))},
	{"below ::ffff:0:0/96", "wan0", SYN, "::fffe:ffff:ffff", 40000, ACCESS6, 443, ROW(EXT(5))},
	{"from ::ffff:0:0", "wan0", SYN, "::ffff:0:0", 40000, ACCESS6, 443, MISS(MARTIAN)},
	{"an IPv4 address as the start of an IPv6 one", "wan0", SYN, "::ffff:192.0.2.77", 40000,
	 ACCESS6, 443, MISS(MARTIAN)},
	{"from the last of ::ffff:0:0/96", "wan0", SYN, "::ffff:ffff:ffff", 40000, ACCESS6, 443,
	 MISS(MARTIAN)},
	{"above ::ffff:0:0/96", "wan0", SYN, "::1:0:0:0", 40000, ACCESS6, 443, ROW(EXT(5))},
	{"below ff00::/8", "wan0", SYN, "feff:ffff::1", 40000, ACCESS6, 443, ROW(EXT(5))},
	{"from ff00::", "wan0", SYN, "ff00::", 40000, ACCESS6, 443, MISS(MARTIAN)},
	{"from the last address", "wan0", SYN, "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 40000,
	 ACCESS6, 443, MISS(MARTIAN)},

	/* and destinations: multicast and broadcast are none of them */
	{"to 0.0.0.0", "wan0", SYN, WORLD, 40000, "0.0.0.0", 443, MISS(MARTIAN)},
	{"to 0.255.255.255", "wan0", SYN, WORLD, 40000, "0.255.255.255", 443, MISS(MARTIAN)},
	{"to 1.0.0.0", "wan0", SYN, WORLD, 40000, "1.0.0.0", 443, MISS(FOREIGN)},
	{"to 126.255.255.255", "wan0", SYN, WORLD, 40000, "126.255.255.255", 443, MISS(FOREIGN)},
	{"to 127.0.0.0", "wan0", SYN, WORLD, 40000, "127.0.0.0", 443, MISS(MARTIAN)},
	{"to 127.255.255.255", "wan0", SYN, WORLD, 40000, "127.255.255.255", 443, MISS(MARTIAN)},
	{"to 128.0.0.0", "wan0", SYN, WORLD, 40000, "128.0.0.0", 443, MISS(FOREIGN)},
	{"to 224.0.0.0", "wan0", SYN, WORLD, 40000, "224.0.0.0", 443, MISS(FOREIGN)},
	{"to 239.255.255.255", "wan0", SYN, WORLD, 40000, "239.255.255.255", 443, MISS(FOREIGN)},
	{"to 240.0.0.0", "wan0", SYN, WORLD, 40000, "240.0.0.0", 443, MISS(MARTIAN)},
	{"to 255.255.255.254", "wan0", SYN, WORLD, 40000, "255.255.255.254", 443, MISS(MARTIAN)},
	{"to broadcast", "wan0", SYN, WORLD, 40000, "255.255.255.255", 443, MISS(FOREIGN)},
	{"to ::", "wan0", SYN, WORLD6, 40000, "::", 443, MISS(FOREIGN)},
	{"to ::1", "wan0", SYN, WORLD6, 40000, "::1", 443, MISS(MARTIAN)},
	{"to ::2", "wan0", SYN, WORLD6, 40000, "::2", 443, MISS(FOREIGN)},
	{"to below ::ffff:0:0/96", "wan0", SYN, WORLD6, 40000, "::fffe:ffff:ffff", 443,
	 MISS(FOREIGN)},
	{"an IPv4 address as the end of an IPv6 one", "wan0", SYN, WORLD6, 40000,
	 "::ffff:203.0.113.10", 443, MISS(MARTIAN)},
	{"to above ::ffff:0:0/96", "wan0", SYN, WORLD6, 40000, "::1:0:0:0", 443, MISS(FOREIGN)},
	{"to ff00::", "wan0", SYN, WORLD6, 40000, "ff00::", 443, MISS(FOREIGN)},

	/* on every side, whatever the protocol, and before all else that addresses make */
	{"martian on the mirror", "span0", SYN, "127.0.0.1", 40000, ACCESS, 443, MISS(MARTIAN)},
	{"martian from the outer DMZ", "dmz0", SYN, ACCESS, 40000, "127.0.0.1", 80, MISS(MARTIAN)},
	{"martian from the inner DMZ", "dmi0", UDP, "127.0.0.1", 53, INNER, 53, MISS(MARTIAN)},
	{"martian on the LAN", "lan0", SYN, "127.0.0.1", 40000, INNER, 443, MISS(MARTIAN)},
	{"martian ICMP", "wan0", IPPROTO_ICMP, "127.0.0.1", 0, ACCESS, 0, MISS(MARTIAN)},
	{"martian ESP", "wan0", IPPROTO_ESP, "127.0.0.1", 0, AV, 0, MISS(MARTIAN)},
	{"martian and spoofed", "wan0", SYN, ACCESS, 40000, "127.0.0.1", 80, MISS(MARTIAN)},
	{"martian of strangers", "wan0", SYN, "127.0.0.1", 40000, OTHER, 443, MISS(MARTIAN)},
};

static const struct ip_case hairpin_cases[] = {
	/* hairpin: our public source from the Internet, and nothing else */
	{"hairpin", "wan0", SYN, ACCESS, 40000, WORLD, 80, ROW(EXT(2))},
	{"hairpin A/V to A/V", "wan0", UDP, AV, 3478, AV, 3478, ROW(EXT(13))},
	{"hairpin of no row", "wan0", SYN, ACCESS, 40000, WORLD, 1, MISS(UNMATCHED)},
	{"hairpin IPv6", "wan0", SYN, ACCESS6, 40000, WORLD6, 80, ROW(EXT(2))},
	{"hairpin is not for the LAN side", "lan0", SYN, ACCESS, 40000, WORLD, 80, MISS(SPOOFED)},
	{"nor for the inner DMZ side", "dmi0", SYN, ACCESS, 40000, WORLD, 80, MISS(SPOOFED)},
	{"nor for the internal address", "wan0", SYN, INNER, 40000, FE, 5061, MISS(SPOOFED)},
	{"nor for servers", "wan0", SYN, FE, 40000, INNER, 443, MISS(SPOOFED)},
};

static const struct ip_case dhcp_cases[] = {
	/* DHCP is exempt, by the row and not by the port */
	{"DHCP discovery", "lan0", UDP, "0.0.0.0", 68, "255.255.255.255", 67, ROW(CLI(1))},
	{"DHCP request of a client", "lan0", UDP, "10.64.0.1", 68, "255.255.255.255", 67,
	 ROW(CLI(1))},
	{"a server's DHCP from the wrong side", "wan0", UDP, FE, 67, "255.255.255.255", 68,
	 ROW(CLI(1))},
	{"the same from another port", "wan0", UDP, FE, 66, "255.255.255.255", 68, MISS(SPOOFED)},
	{"the same over TCP", "wan0", ACK, FE, 67, "255.255.255.255", 68, MISS(SPOOFED)},
	{"the same to another address", "wan0", UDP, FE, 67, WORLD, 68, MISS(SPOOFED)},
	{"the same to the address below", "wan0", UDP, FE, 67, "255.255.255.254", 68,
	 MISS(MARTIAN)},
	{"DHCP from 0.0.0.1", "lan0", UDP, "0.0.0.1", 68, "255.255.255.255", 67, MISS(MARTIAN)},
};

static void run_ip_case(struct probe *p, const struct ip_case *c)
{
	static struct wire w;

	wire_start(&w);
	wire_ip(&w, c->source, c->destination);
	if (c->kind == SYN || c->kind == ACK)
		wire_tcp(&w, c->sport, c->dport, c->kind == SYN ? TCP_SYN : TCP_ACK, 5);
	else if (c->kind == UDP)
		wire_udp(&w, c->sport, c->dport);
	else
		wire_proto(&w, c->kind);
	wire_bytes(&w, 0, 24);
	wire_end(&w);
	probe_expect(p, probe_nic(p, c->nic), w.bytes, w.len, c->name, c->row, c->miss);
}

struct ip_cases {
	const char *site;
	const struct ip_case *v;
	size_t n;
};

static void ip_misses(void **state)
{
	const struct ip_cases *cases = *state;
	struct probe p;

	probe_open(&p, cases->site);
	p.sweep = true;
	for (size_t i = 0; i < cases->n; i++)
		run_ip_case(&p, &cases->v[i]);
	probe_close(&p);
}

#define CASES(site, v)                            \
	{                                         \
		site, v, sizeof(v) / sizeof(*(v)) \
	}

int main(void)
{
	static struct ip_cases sites[] = {
		CASES(PERIMETER, perimeter_cases),
		CASES(HAIRPIN, hairpin_cases),
		CASES(DHCP, dhcp_cases),
	};
	const struct CMUnitTest tests[] = {
		{PERIMETER, ip_misses, NULL, NULL, &sites[0]},
		{HAIRPIN, ip_misses, NULL, NULL, &sites[1]},
		{DHCP, ip_misses, NULL, NULL, &sites[2]},
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
