// SPDX-License-Identifier: GPL-2.0-only
/* The cases: the meaning's own examples, and the hit and near miss of each of its rules. */
#include "cases.h"

#define EXT(n) "lync2013-edge-nat/external/" #n
#define INT(n) "lync2013-edge-nat/internal/" #n
#define FED(n) "lync2013-edge-nat/federation/" #n
#define IM(n)  "lync2013-edge-nat/public-im/" #n
#define XM(n)  "lync2013-edge-nat/xmpp/" #n
#define SEC(n) "sfb-internal/ipsec-exceptions/" #n
#define SRV(n) "sfb-internal/required-server-ports/" #n
#define CLI(n) "sfb-internal/client-ports/" #n
#define OWN(n) "site/rows/" n
#define BAN(n) "site/deny/" n

#define EDGE_SITE                                                      \
	"name: cases\n"                                                \
	"mode: monitor\n"                                              \
	"tables: [lync2013-edge-nat, sfb-internal/ipsec-exceptions]\n" \
	"roles:\n"                                                     \
	"  access-edge: [203.0.113.10, \"2001:db8:16::10\"]\n"         \
	"  web-conf-edge: 203.0.113.11\n"                              \
	"  av-edge: [203.0.113.12, \"2001:db8:16::12\"]\n"             \
	"  edge-internal: [172.25.33.10, \"2001:db8:33::10\"]\n"       \
	"  front-end: [10.1.0.5, \"2001:db8:1::5\"]\n"                 \
	"  im-partners: 198.51.100.0/24\n"                             \
	"  messenger-clients: 198.51.100.128/25\n"                     \
	"interfaces:\n"                                                \
	"  wan0: internet\n"                                           \
	"  dmz0: dmz-external\n"                                       \
	"  dmz1: dmz-internal\n"                                       \
	"  lan0: lan\n"

const char *const case_sites[SITE_COUNT] = {
	[SITE_EDGE] = EDGE_SITE,
	[SITE_HAIRPIN] = EDGE_SITE "hairpin: yes\n",
	[SITE_MEDIA] =
		EDGE_SITE "ports:\n"
			  "  av-edge: {ports: 50000-50999, match: either}\n"
			  "  lync2013-edge-nat/external/11: {ports: 50000-50999, match: source}\n",
	[SITE_NARROW] = EDGE_SITE "narrow: [lync2013-edge-nat/internal]\n",
	[SITE_INSIDE] = "name: cases\n"
			"mode: monitor\n"
			"tables: [sfb-internal/required-server-ports, sfb-internal/client-ports]\n"
			"roles:\n"
			"  clients: 10.0.0.0/8\n"
			"  front-end: 10.1.0.5\n"
			"  front-end-cms: 10.1.0.8\n"
			"  director: 10.1.0.6\n"
			"  mediation: 10.1.0.7\n"
			"  all-servers: 10.1.1.0/24\n"
			"interfaces: {lan0: lan, wan0: internet}\n",
	[SITE_OWN] = EDGE_SITE
	"rows:\n"
	"  - {name: scrape, service: node exporter, l4: tcp, ports: 9100, source: [192.0.2.53], "
	"destination: access-edge}\n"
	"  - {name: sip, service: SIP, l4: tcp, ports: 5061, source: im-partners, destination: "
	"access-edge}\n"
	"  - {name: gre, service: tunnel, l4: any, ports: any, source: [192.0.2.0/24], "
	"destination: "
	"[172.25.33.0/24]}\n"
	"  - {name: world, service: web, l4: tcp, ports: 8443, source: any, destination: any}\n",
	[SITE_DENY] = EDGE_SITE
	"deny:\n"
	"  - {name: first, prefixes: [192.0.2.64/26, \"2001:db8:bad::/48\"]}\n"
	"  - {name: second, prefixes: [192.0.2.0/24, 203.0.113.11, 10.1.0.0/16, 0.0.0.0/8]}\n",
};

#define TCP    6
#define UDP    17
#define ESP    50
#define GRE    47
#define ICMP   1
#define ICMPV6 58

#define NET  XE_SIDE_INTERNET
#define DMZ  XE_SIDE_DMZ_EXTERNAL
#define DMZI XE_SIDE_DMZ_INTERNAL
#define LAN  XE_SIDE_LAN
#define MIR  XE_SIDE_MIRROR

#define ACCESS "203.0.113.10"
#define WEB    "203.0.113.11"
#define AV     "203.0.113.12"
#define INNER  "172.25.33.10"
#define FE     "10.1.0.5"
#define WORLD  "192.0.2.77"

/* A packet of a kind: not a SYN. */
#define PACKET(side, proto, s, sp, d, dp) side, proto, s, sp, d, dp, false
#define SYN(side, s, sp, d, dp)		  side, TCP, s, sp, d, dp, true
#define FORWARD(row)			  row, XE_FORWARD, 0
#define REPLY(row)			  row, XE_REPLY, 0
#define MISS(kind)			  0, 0, XE_MISS_##kind

const struct oracle_case oracle_cases[] = {
	/* the port tells the direction */
	{"443 to a media port with ACK is the reply of the outbound 443 row", SITE_EDGE,
	 PACKET(NET, TCP, WORLD, 443, AV, 50123), REPLY(EXT(16)),
	 EXT(16) "< " EXT(11) "> " SEC(2) "> " SEC(4) "< "},
	{"a SYN to 50001 of the A/V address is RTP", SITE_EDGE, SYN(NET, WORLD, 443, AV, 50001),
	 FORWARD(EXT(11)), EXT(11) "> " SEC(2) "> "},
	{"50001 of the internal interface is CLS", SITE_EDGE, SYN(LAN, FE, 40000, INNER, 50001),
	 FORWARD(INT(9)), 0},
	{"3478 to 3478 inwards is the inbound row's", SITE_EDGE,
	 PACKET(NET, UDP, WORLD, 3478, AV, 3478), FORWARD(EXT(14)),
	 EXT(14) "> " EXT(13) "< " SEC(2) "> " SEC(4) "< " SEC(15) "> " SEC(15) "< "},
	{"3478 to 3478 outwards is the outbound row's", SITE_EDGE,
	 PACKET(DMZ, UDP, AV, 3478, WORLD, 3478), FORWARD(EXT(13)), 0},
	{"first port of the media range", SITE_EDGE, SYN(NET, WORLD, 1, AV, 50000),
	 FORWARD(EXT(11)), 0},
	{"last port of the media range", SITE_EDGE, SYN(NET, WORLD, 1, AV, 59999), FORWARD(EXT(11)),
	 0},
	{"one below the media range", SITE_EDGE, SYN(NET, WORLD, 1, AV, 49999), MISS(UNMATCHED),
	 SEC(2) "> "},
	{"one above the media range", SITE_EDGE, SYN(NET, WORLD, 1, AV, 60000), MISS(UNMATCHED),
	 SEC(2) "> "},
	{"UDP media is the UDP row's", SITE_EDGE, PACKET(NET, UDP, WORLD, 9, AV, 50500),
	 FORWARD(EXT(12)), 0},
	{"a SYN is never a reply", SITE_EDGE, SYN(NET, WORLD, 443, AV, 40000), MISS(UNMATCHED), 0},
	{"the same with ACK is one", SITE_EDGE, PACKET(NET, TCP, WORLD, 443, AV, 40000),
	 REPLY(EXT(16)), 0},

	/* any and the inside */
	{"443 of the internal interface is not open to the Internet", SITE_EDGE,
	 SYN(NET, WORLD, 40000, INNER, 443), MISS(UNMATCHED), ""},
	{"nor to the external DMZ", SITE_EDGE, SYN(DMZ, WORLD, 40000, INNER, 443), MISS(UNMATCHED),
	 ""},
	{"443 of the internal interface from the inside", SITE_EDGE,
	 SYN(LAN, FE, 40000, INNER, 443), FORWARD(INT(7)), 0},
	{"443 of the internal interface on a mirror", SITE_EDGE, SYN(MIR, WORLD, 40000, INNER, 443),
	 FORWARD(INT(7)), 0},
	{"the answer of the internal interface", SITE_EDGE,
	 PACKET(DMZI, TCP, INNER, 443, FE, 40000), REPLY(INT(7)), 0},
	{"443 of the Access Edge is open to the Internet", SITE_EDGE,
	 SYN(NET, WORLD, 40000, ACCESS, 443), FORWARD(EXT(5)), EXT(5) "> "},
	{"443 of the Web Conferencing Edge", SITE_EDGE, SYN(NET, WORLD, 40000, WEB, 443),
	 FORWARD(EXT(8)), EXT(8) "> "},
	{"IPv6: 443 of the Access Edge", SITE_EDGE,
	 SYN(NET, "2001:db8:77::1", 40000, "2001:db8:16::10", 443), FORWARD(EXT(5)), EXT(5) "> "},
	{"IPv6: beside the Access Edge", SITE_EDGE,
	 SYN(NET, "2001:db8:77::1", 40000, "2001:db8:16::11", 443), MISS(FOREIGN), ""},
	{"IPv6: the A/V address answers from a media port", SITE_EDGE,
	 PACKET(DMZ, TCP, "2001:db8:16::12", 50000, "2001:db8:77::1", 40000), REPLY(EXT(11)), 0},

	/* order */
	{"two named ends before one", SITE_EDGE, SYN(NET, "198.51.100.1", 40000, ACCESS, 5061),
	 FORWARD(IM(1)), IM(1) "> " EXT(6) "> "},
	{"one address past the partners", SITE_EDGE, SYN(NET, "198.51.101.0", 40000, ACCESS, 5061),
	 FORWARD(EXT(6)), EXT(6) "> "},
	{"and in reply", SITE_EDGE, PACKET(DMZ, TCP, ACCESS, 5061, "198.51.100.1", 40000),
	 REPLY(IM(1)), IM(1) "< " EXT(6) "< "},
	{"5061 outwards stands in two tables: the first in order", SITE_EDGE,
	 SYN(DMZ, ACCESS, 40000, WORLD, 5061), FORWARD(EXT(7)), EXT(7) "> " FED(1) "> "},
	{"5061 to 5061 at a partner: both directions, forward first", SITE_EDGE,
	 PACKET(NET, TCP, "198.51.100.1", 5061, ACCESS, 5061), FORWARD(IM(1)),
	 IM(1) "> " IM(2) "< " EXT(6) "> " EXT(7) "< " FED(1) "< "},
	{"Messenger 3478 in both directions", SITE_EDGE,
	 PACKET(NET, UDP, "198.51.100.128", 3478, AV, 3478), FORWARD(IM(6)),
	 IM(6) "> " IM(5) "< " EXT(14) "> " EXT(13) "< " SEC(2) "> " SEC(4) "< " SEC(15) "> " SEC(
		 15) "< "},

	/* stand-ins */
	{"XMPP at the Access Edge's address", SITE_EDGE, SYN(NET, WORLD, 40000, ACCESS, 5269),
	 FORWARD(EXT(1)), EXT(1) "> " XM(1) "> "},
	{"XMPP elsewhere", SITE_EDGE, SYN(NET, WORLD, 40000, WEB, 5269), MISS(UNMATCHED), ""},

	/* spoofing */
	{"our public source from the Internet", SITE_EDGE, SYN(NET, ACCESS, 40000, AV, 443),
	 MISS(SPOOFED), ""},
	{"with hairpin it is allowed", SITE_HAIRPIN, SYN(NET, ACCESS, 40000, AV, 443),
	 FORWARD(EXT(15)), 0},
	{"hairpin is for the external DMZ only", SITE_HAIRPIN, SYN(NET, INNER, 40000, AV, 443),
	 MISS(SPOOFED), ""},
	{"hairpin is for the Internet side only", SITE_HAIRPIN, SYN(LAN, ACCESS, 40000, AV, 443),
	 MISS(SPOOFED), ""},
	{"a mirror knows no spoofing", SITE_EDGE, SYN(MIR, ACCESS, 40000, AV, 443),
	 FORWARD(EXT(15)), 0},
	{"an inside server from the Internet", SITE_EDGE, PACKET(NET, UDP, FE, 9, AV, 3478),
	 MISS(SPOOFED), ""},
	{"an unprotected source is never spoofed", SITE_EDGE,
	 SYN(LAN, "198.51.100.1", 40000, ACCESS, 5061), FORWARD(IM(1)), 0},

	/* misses */
	{"neither end is protected", SITE_EDGE, SYN(NET, WORLD, 40000, "192.0.2.78", 80),
	 MISS(FOREIGN), ""},
	{"neither end is protected, and an annotation of any to any", SITE_EDGE,
	 PACKET(NET, UDP, WORLD, 1024, "192.0.2.78", 1023), MISS(FOREIGN), SEC(15) "> "},
	{"one below its source ports", SITE_EDGE, PACKET(NET, UDP, WORLD, 1023, "192.0.2.78", 53),
	 MISS(FOREIGN), ""},
	{"a protected end that no row takes", SITE_EDGE, SYN(NET, WORLD, 40000, ACCESS, 22),
	 MISS(UNMATCHED), ""},
	{"ICMP", SITE_EDGE, PACKET(NET, ICMP, WORLD, 0, ACCESS, 0), MISS(IP_OTHER), ""},
	{"ICMPv6", SITE_EDGE, PACKET(NET, ICMPV6, "2001:db8:77::1", 0, "2001:db8:16::12", 0),
	 MISS(IP_OTHER), ""},
	{"ESP at a host of the IPsec table", SITE_EDGE, PACKET(NET, ESP, WORLD, 0, AV, 0),
	 MISS(IPSEC), ""},
	{"ESP at another host", SITE_EDGE, PACKET(NET, ESP, WORLD, 0, ACCESS, 0), MISS(IP_OTHER),
	 ""},
	{"GRE at a host of the IPsec table", SITE_EDGE, PACKET(NET, GRE, WORLD, 0, AV, 0),
	 MISS(IP_OTHER), ""},
	{"IKE at a host of the IPsec table", SITE_EDGE, PACKET(NET, UDP, WORLD, 500, AV, 500),
	 MISS(IPSEC), SEC(2) "> " SEC(4) "< "},
	{"IKE behind NAT", SITE_EDGE, PACKET(NET, UDP, WORLD, 61000, AV, 4500), MISS(IPSEC), 0},
	{"IKE's answer", SITE_EDGE, PACKET(DMZ, UDP, AV, 4500, WORLD, 61000), MISS(IPSEC), 0},
	{"IKE at another host", SITE_EDGE, PACKET(NET, UDP, WORLD, 500, ACCESS, 500),
	 MISS(UNMATCHED), ""},
	{"IKE's port on TCP", SITE_EDGE, SYN(NET, WORLD, 500, AV, 500), MISS(UNMATCHED),
	 SEC(2) "> "},
	{"from IKE's port to a port row is that row's", SITE_EDGE,
	 PACKET(NET, UDP, WORLD, 4500, AV, 3478), FORWARD(EXT(14)), 0},
	{"an annotation never decides", SITE_EDGE, PACKET(NET, UDP, WORLD, 40000, AV, 1023),
	 MISS(UNMATCHED), SEC(2) "> " SEC(4) "< " SEC(15) "> "},
	{"IPsec at the internal interface from outside", SITE_EDGE,
	 PACKET(NET, ESP, WORLD, 0, INNER, 0), MISS(IPSEC), ""},

	/* the deployment's own ports */
	{"either: the far end's port is in the range", SITE_MEDIA,
	 PACKET(NET, UDP, WORLD, 50010, AV, 7777), FORWARD(EXT(12)),
	 EXT(12) "> " EXT(10) "< " SEC(2) "> " SEC(4) "< " SEC(15) "> " SEC(15) "< "},
	{"without it, the outbound row's reply only", SITE_EDGE,
	 PACKET(NET, UDP, WORLD, 50010, AV, 7777), REPLY(EXT(10)), 0},
	{"either: last port", SITE_MEDIA, PACKET(NET, UDP, WORLD, 1, AV, 50999), FORWARD(EXT(12)),
	 0},
	{"either: one above, though in the table's range", SITE_MEDIA,
	 PACKET(NET, UDP, WORLD, 1, AV, 51000), MISS(UNMATCHED), 0},
	{"source: the row's own entry wins over its role's", SITE_MEDIA,
	 SYN(NET, WORLD, 50000, AV, 7), FORWARD(EXT(11)), EXT(11) "> " SEC(2) "> "},
	{"source: the destination port alone does not do", SITE_MEDIA,
	 SYN(NET, WORLD, 7, AV, 50000), MISS(UNMATCHED), SEC(2) "> "},
	{"one fixed port is not replaced", SITE_MEDIA, PACKET(NET, UDP, WORLD, 9, AV, 3478),
	 FORWARD(EXT(14)), 0},

	/* narrowing */
	{"narrowed: from a Front End", SITE_NARROW, SYN(LAN, FE, 40000, INNER, 8057),
	 FORWARD(INT(4)), 0},
	{"narrowed: from elsewhere", SITE_NARROW, SYN(LAN, "10.1.0.77", 40000, INNER, 8057),
	 MISS(UNMATCHED), 0},
	{"not narrowed: from elsewhere", SITE_EDGE, SYN(LAN, "10.1.0.77", 40000, INNER, 8057),
	 FORWARD(INT(4)), 0},
	{"narrowed goes before the table that is not", SITE_NARROW,
	 SYN(LAN, FE, 40000, INNER, 23456), FORWARD(INT(1)),
	 INT(1) "> " SEC(10) "> " XM(3) "> " SEC(1) "> "},

	/* clients, groups and DHCP inside */
	{"clients 10/8 do not open the servers", SITE_INSIDE, SYN(LAN, WORLD, 40000, FE, 2000),
	 MISS(UNMATCHED), ""},
	{"but the clients' own ranges are open", SITE_INSIDE,
	 SYN(LAN, WORLD, 40000, "10.1.0.99", 2000), FORWARD(CLI(8)),
	 CLI(8) "> " CLI(9) "> " CLI(10) "> " CLI(11) "> "},
	{"the clients' ranges have no reply", SITE_INSIDE,
	 PACKET(LAN, TCP, "10.1.0.99", 2000, WORLD, 40000), MISS(FOREIGN), ""},
	{"file transfer is narrower", SITE_INSIDE, SYN(LAN, WORLD, 40000, "10.1.0.99", 6901),
	 FORWARD(CLI(7)), 0},
	{"a client's service row has a reply", SITE_INSIDE,
	 PACKET(NET, TCP, WORLD, 443, "10.1.0.99", 1000), REPLY(CLI(2)),
	 CLI(2) "< " CLI(3) "< " CLI(4) "< "},
	{"DHCP broadcast", SITE_INSIDE, PACKET(LAN, UDP, "0.0.0.0", 68, "255.255.255.255", 67),
	 FORWARD(CLI(1)), CLI(1) "> " CLI(1) "< "},
	{"DHCP one port off", SITE_INSIDE, PACKET(LAN, UDP, "0.0.0.0", 68, "255.255.255.255", 69),
	 MISS(FOREIGN), ""},
	{"DHCP on TCP", SITE_INSIDE, SYN(LAN, "0.0.0.0", 68, "255.255.255.255", 67), MISS(FOREIGN),
	 ""},
	{"a server's DHCP broadcast is never spoofed", SITE_INSIDE,
	 PACKET(NET, UDP, FE, 67, "255.255.255.255", 68), REPLY(CLI(1)), CLI(1) "< "},
	{"the same to another port is", SITE_INSIDE,
	 PACKET(NET, UDP, FE, 67, "255.255.255.255", 69), MISS(SPOOFED), ""},
	{"all servers: a member", SITE_INSIDE, PACKET(LAN, UDP, WORLD, 9, FE, 1434),
	 FORWARD(SRV(1)), SRV(1) "> " SRV(39) "> "},
	{"all servers: an address of the group itself", SITE_INSIDE,
	 PACKET(LAN, UDP, WORLD, 9, "10.1.1.1", 1434), FORWARD(SRV(1)), 0},
	{"a group's own address is not its members'", SITE_INSIDE,
	 SYN(LAN, WORLD, 40000, "10.1.1.1", 5061), MISS(UNMATCHED), ""},
	{"a member of Front End is a Front End", SITE_INSIDE,
	 SYN(LAN, WORLD, 40000, "10.1.0.8", 5061), FORWARD(SRV(3)), 0},
	{"a Front End is not that member", SITE_INSIDE, SYN(LAN, WORLD, 40000, FE, 5067),
	 MISS(UNMATCHED), 0},
	{"inside servers are closed to the Internet", SITE_INSIDE, SYN(NET, WORLD, 40000, FE, 5061),
	 MISS(UNMATCHED), ""},

	/* rows of the operator's own */
	{"own row: literal source", SITE_OWN, SYN(NET, "192.0.2.53", 40000, ACCESS, 9100),
	 FORWARD(OWN("scrape")), OWN("scrape") "> "},
	{"own row: beside it", SITE_OWN, SYN(NET, "192.0.2.54", 40000, ACCESS, 9100),
	 MISS(UNMATCHED), ""},
	{"own row goes before a table's at equal precision", SITE_OWN,
	 SYN(NET, "198.51.100.1", 40000, ACCESS, 5061), FORWARD(OWN("sip")),
	 OWN("sip") "> " IM(1) "> " EXT(6) "> "},
	{"own row of any protocol takes GRE", SITE_OWN,
	 PACKET(NET, GRE, WORLD, 0, "172.25.33.99", 0), FORWARD(OWN("gre")), OWN("gre") "> "},
	{"and ESP, which then is no miss", SITE_OWN, PACKET(NET, ESP, WORLD, 0, INNER, 0),
	 FORWARD(OWN("gre")), 0},
	{"literal ends know no limit of sides", SITE_OWN, SYN(NET, WORLD, 40000, INNER, 7),
	 FORWARD(OWN("gre")), OWN("gre") "> "},
	{"any to any", SITE_OWN, SYN(NET, WORLD, 40000, "192.0.2.78", 8443), FORWARD(OWN("world")),
	 OWN("world") "> "},
	{"any to any stays limited at inside addresses", SITE_OWN,
	 SYN(NET, "198.51.100.1", 40000, INNER, 8443), MISS(UNMATCHED), ""},

	/* martians: addresses alone, before all else */
	{"from loopback, to an open port", SITE_EDGE, SYN(NET, "127.0.0.1", 40000, ACCESS, 443),
	 MISS(MARTIAN), ""},
	{"and the one before it", SITE_EDGE, SYN(NET, "126.255.255.255", 40000, ACCESS, 443),
	 FORWARD(EXT(5)), 0},
	{"from multicast", SITE_EDGE, PACKET(NET, UDP, "224.0.0.1", 3478, AV, 3478), MISS(MARTIAN),
	 ""},
	{"to multicast is nobody's", SITE_EDGE, PACKET(NET, UDP, WORLD, 5, "224.0.0.1", 5),
	 MISS(FOREIGN), ""},
	{"from the broadcast address", SITE_EDGE,
	 PACKET(LAN, UDP, "255.255.255.255", 68, ACCESS, 67), MISS(MARTIAN), ""},
	{"to it is nobody's", SITE_EDGE, PACKET(LAN, UDP, WORLD, 68, "255.255.255.255", 67),
	 MISS(FOREIGN), ""},
	{"from 0.0.0.0, which has no address yet", SITE_EDGE,
	 PACKET(LAN, UDP, "0.0.0.0", 68, "255.255.255.255", 67), MISS(FOREIGN), ""},
	{"from 0.0.0.1", SITE_EDGE, PACKET(LAN, UDP, "0.0.0.1", 68, "255.255.255.255", 67),
	 MISS(MARTIAN), ""},
	{"a server's own address to loopback, on its wrong side", SITE_EDGE,
	 PACKET(NET, GRE, FE, 0, "127.0.0.1", 0), MISS(MARTIAN), ""},
	{"on a mirror too", SITE_EDGE, PACKET(MIR, ICMP, "240.0.0.1", 0, ACCESS, 0), MISS(MARTIAN),
	 ""},
	{"IPv6 loopback", SITE_EDGE, PACKET(LAN, TCP, "2001:db8:16::10", 443, "::1", 5),
	 MISS(MARTIAN), ""},
	{"IPv6 multicast as a source", SITE_EDGE,
	 PACKET(LAN, ICMPV6, "ff02::1", 0, "2001:db8:1::5", 0), MISS(MARTIAN), ""},
	{"IPv4-mapped", SITE_EDGE, PACKET(NET, TCP, "::ffff:192.0.2.1", 5, "2001:db8:16::10", 443),
	 MISS(MARTIAN), ""},

	/* deny lists: behind spoofed, before rows */
	{"from a list to an open port", SITE_DENY, SYN(NET, "192.0.2.1", 40000, ACCESS, 443),
	 FORWARD(BAN("second")), BAN("second") "> "},
	{"two hold the address: the first", SITE_DENY, SYN(NET, WORLD, 40000, ACCESS, 443),
	 FORWARD(BAN("first")), BAN("first") "> "},
	{"beside the list", SITE_DENY, SYN(NET, "192.0.3.0", 40000, ACCESS, 443), FORWARD(EXT(5)),
	 0},
	{"a SYN to a listed address", SITE_DENY, SYN(DMZ, ACCESS, 40000, WORLD, 443),
	 REPLY(BAN("first")), BAN("first") "< "},
	{"any protocol", SITE_DENY, PACKET(DMZ, ESP, ACCESS, 0, WORLD, 0), REPLY(BAN("first")),
	 BAN("first") "< "},
	{"the source's list before the destination's", SITE_DENY,
	 PACKET(NET, UDP, "192.0.2.1", 5, WORLD, 5), FORWARD(BAN("second")), BAN("second") "> "},
	{"a listed server, from anywhere", SITE_DENY, SYN(NET, "198.51.100.1", 40000, WEB, 443),
	 REPLY(BAN("second")), BAN("second") "< "},
	{"a listed server inside: no limit of any", SITE_DENY,
	 SYN(NET, "198.51.100.1", 40000, FE, 7), REPLY(BAN("second")), BAN("second") "< "},
	{"spoofed goes before", SITE_DENY, SYN(NET, FE, 40000, WORLD, 443), MISS(SPOOFED), ""},
	{"on its own side it is denied", SITE_DENY, SYN(LAN, FE, 40000, WORLD, 443),
	 FORWARD(BAN("second")), BAN("second") "> "},
	{"martian goes before", SITE_DENY, PACKET(LAN, UDP, "0.0.0.1", 68, WORLD, 67),
	 MISS(MARTIAN), ""},
	{"0.0.0.0 is none and is listed", SITE_DENY, PACKET(LAN, UDP, "0.0.0.0", 68, WORLD, 67),
	 FORWARD(BAN("second")), BAN("second") "> "},
	{"an IPv6 list", SITE_DENY,
	 SYN(NET, "2001:db8:bad:ffff:ffff:ffff:ffff:ffff", 40000, "2001:db8:16::10", 443),
	 FORWARD(BAN("first")), BAN("first") "> "},
	{"and beside it", SITE_DENY, SYN(NET, "2001:db8:bae::", 40000, "2001:db8:16::10", 443),
	 FORWARD(EXT(5)), 0},
};

const unsigned n_oracle_cases = sizeof(oracle_cases) / sizeof(oracle_cases[0]);
