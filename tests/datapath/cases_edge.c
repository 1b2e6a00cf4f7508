// SPDX-License-Identifier: GPL-2.0-only
/* All 37 rows of lync2013-edge-nat on tests/fixtures/datapath/edge.yaml: hit, reply, near miss. */
#include "cases.h"

#define NET XE_SIDE_INTERNET
#define DMZ XE_SIDE_DMZ_EXTERNAL
#define DMI XE_SIDE_DMZ_INTERNAL
#define LAN XE_SIDE_LAN

/* IPv4 and IPv6 of each host. */
#define ACCESS		 "203.0.113.10", "2001:db8:16::10"
#define WEB		 "203.0.113.20", "2001:db8:16::20"
#define AV		 "203.0.113.30", "2001:db8:16::30"
#define INNER		 "172.25.33.10", "2001:db8:33::10"
#define FE		 "10.0.1.11", "2001:db8:1::11"
#define WORLD		 "192.0.2.77", "2001:db8:77::77"
#define PARTNER		 "198.51.100.32", "2001:db8:c:20::"
#define LAST_PARTNER	 "198.51.100.47", "2001:db8:c:2f:ffff:ffff:ffff:ffff"
#define BELOW_PARTNERS	 "198.51.100.31", "2001:db8:c:1f:ffff:ffff:ffff:ffff"
#define ABOVE_PARTNERS	 "198.51.100.48", "2001:db8:c:30::"
#define MESSENGER	 "198.51.100.64", "2001:db8:c:40::"
#define ABOVE_MESSENGERS "198.51.100.130", "2001:db8:c:81::" /* a client */
#define CLIENT		 "198.51.100.255", "2001:db8:c:ff:ffff:ffff:ffff:ffff"

static const struct packet_case cases[] = {
	/* external/1 and xmpp/1 say the same: XMPP Proxy shares the Access Edge's address */
	{"XMPP in", NET, SYN, WORLD, 40000, ACCESS, 5269, "external/1> xmpp/1> "},
	{"XMPP in, established", NET, ACK, WORLD, 40000, ACCESS, 5269, "external/1> xmpp/1> "},
	{"XMPP in, reply", DMZ, ACK, ACCESS, 5269, WORLD, 40000, "external/1< xmpp/1< "},
	{"XMPP in, port below", NET, SYN, WORLD, 40000, ACCESS, 5268, "unmatched"},
	{"XMPP in, port above", NET, SYN, WORLD, 40000, ACCESS, 5270, "unmatched"},
	{"XMPP in, at another service", NET, SYN, WORLD, 40000, WEB, 5269, "unmatched"},
	{"XMPP over UDP", NET, UDP, WORLD, 40000, ACCESS, 5269, "unmatched"},

	{"revocation list", DMZ, SYN, ACCESS, 40000, WORLD, 80, "external/2> "},
	{"revocation list, established", DMZ, ACK, ACCESS, 40000, WORLD, 80, "external/2> "},
	{"revocation list, reply", NET, ACK, WORLD, 80, ACCESS, 40000, "external/2< "},
	{"a SYN from port 80 is no reply", NET, SYN, WORLD, 80, ACCESS, 40000, "unmatched"},
	{"revocation list, port below", DMZ, SYN, ACCESS, 40000, WORLD, 79, "unmatched"},
	{"revocation list, port above", DMZ, SYN, ACCESS, 40000, WORLD, 81, "unmatched"},
	{"revocation list of another service", DMZ, SYN, WEB, 40000, WORLD, 80, "unmatched"},
	{"port 80 inwards", NET, SYN, WORLD, 40000, ACCESS, 80, "unmatched"},

	{"DNS over TCP", DMZ, SYN, ACCESS, 40000, WORLD, 53, "external/3> "},
	{"DNS over TCP, reply", NET, ACK, WORLD, 53, ACCESS, 40000, "external/3< "},
	{"DNS over TCP, port below", DMZ, SYN, ACCESS, 40000, WORLD, 52, "unmatched"},
	{"DNS over TCP, port above", DMZ, SYN, ACCESS, 40000, WORLD, 54, "unmatched"},
	{"DNS over TCP inwards", NET, SYN, WORLD, 40000, ACCESS, 53, "unmatched"},

	{"DNS", DMZ, UDP, ACCESS, 40000, WORLD, 53, "external/4> "},
	{"DNS, reply", NET, UDP, WORLD, 53, ACCESS, 40000, "external/4< "},
	{"DNS, port below", DMZ, UDP, ACCESS, 40000, WORLD, 52, "unmatched"},
	{"DNS, port above", DMZ, UDP, ACCESS, 40000, WORLD, 54, "unmatched"},
	{"DNS, reply to another service", NET, UDP, WORLD, 53, WEB, 40000, "unmatched"},
	{"DNS 53 to 53", DMZ, UDP, ACCESS, 53, WORLD, 53, "external/4> "},

	{"users' SIP", NET, SYN, WORLD, 40000, ACCESS, 443, "external/5> "},
	{"users' SIP, established", NET, ACK, WORLD, 40000, ACCESS, 443, "external/5> "},
	{"users' SIP, reply", DMZ, ACK, ACCESS, 443, WORLD, 40000, "external/5< "},
	{"users' SIP, port below", NET, SYN, WORLD, 40000, ACCESS, 442, "unmatched"},
	{"users' SIP, port above", NET, SYN, WORLD, 40000, ACCESS, 444, "unmatched"},
	{"users' SIP over UDP", NET, UDP, WORLD, 40000, ACCESS, 443, "unmatched"},
	{"443 outwards is no row of the Access Edge", DMZ, SYN, ACCESS, 40000, WORLD, 443,
	 "unmatched"},

	{"federation in", NET, SYN, WORLD, 40000, ACCESS, 5061, "external/6> "},
	{"federation in, reply", DMZ, ACK, ACCESS, 5061, WORLD, 40000, "external/6< "},
	{"federation in, port below", NET, SYN, WORLD, 40000, ACCESS, 5060, "unmatched"},
	{"federation in, port above", NET, SYN, WORLD, 40000, ACCESS, 5062, "unmatched"},
	{"federation in, at another service", NET, SYN, WORLD, 40000, AV, 5061, "unmatched"},

	/* federation/1 repeats external/7 */
	{"federation out", DMZ, SYN, ACCESS, 40000, WORLD, 5061, "external/7> federation/1> "},
	{"federation out, reply", NET, ACK, WORLD, 5061, ACCESS, 40000,
	 "external/7< federation/1< "},
	{"federation out, port below", DMZ, SYN, ACCESS, 40000, WORLD, 5060, "unmatched"},
	{"federation out, port above", DMZ, SYN, ACCESS, 40000, WORLD, 5062, "unmatched"},
	{"federation 5061 to 5061, in", NET, ACK, WORLD, 5061, ACCESS, 5061,
	 "external/6> external/7< federation/1< "},
	{"federation 5061 to 5061, out", DMZ, ACK, ACCESS, 5061, WORLD, 5061,
	 "external/7> federation/1> external/6< "},

	{"web conferencing", NET, SYN, WORLD, 40000, WEB, 443, "external/8> "},
	{"web conferencing, reply", DMZ, ACK, WEB, 443, WORLD, 40000, "external/8< "},
	{"web conferencing, port below", NET, SYN, WORLD, 40000, WEB, 442, "unmatched"},
	{"web conferencing, port above", NET, SYN, WORLD, 40000, WEB, 444, "unmatched"},
	{"web conferencing outwards", DMZ, SYN, WEB, 40000, WORLD, 443, "unmatched"},

	{"RTP/TCP out, below", DMZ, SYN, AV, 40000, WORLD, 49999, "unmatched"},
	{"RTP/TCP out, first", DMZ, SYN, AV, 40000, WORLD, 50000, "external/9> "},
	{"RTP/TCP out, last", DMZ, SYN, AV, 40000, WORLD, 59999, "external/9> "},
	{"RTP/TCP out, above", DMZ, SYN, AV, 40000, WORLD, 60000, "unmatched"},
	{"RTP/TCP out, reply from the first", NET, ACK, WORLD, 50000, AV, 40000, "external/9< "},
	{"RTP/TCP out, reply from the last", NET, ACK, WORLD, 59999, AV, 40000, "external/9< "},
	{"RTP/TCP out, reply from above", NET, ACK, WORLD, 60000, AV, 40000, "unmatched"},

	{"RTP out, below", DMZ, UDP, AV, 40000, WORLD, 49999, "unmatched"},
	{"RTP out, first", DMZ, UDP, AV, 40000, WORLD, 50000, "external/10> "},
	{"RTP out, last", DMZ, UDP, AV, 40000, WORLD, 59999, "external/10> "},
	{"RTP out, above", DMZ, UDP, AV, 40000, WORLD, 60000, "unmatched"},
	{"RTP out, reply", NET, UDP, WORLD, 50000, AV, 40000, "external/10< "},
	{"RTP out, reply from below", NET, UDP, WORLD, 49999, AV, 40000, "unmatched"},
	{"RTP out of another service", DMZ, UDP, WEB, 40000, WORLD, 50000, "unmatched"},

	{"RTP/TCP in, below", NET, SYN, WORLD, 40000, AV, 49999, "unmatched"},
	{"RTP/TCP in, first", NET, SYN, WORLD, 40000, AV, 50000, "external/11> "},
	{"RTP/TCP in, last", NET, SYN, WORLD, 40000, AV, 59999, "external/11> "},
	{"RTP/TCP in, above", NET, SYN, WORLD, 40000, AV, 60000, "unmatched"},
	{"RTP/TCP in, reply", DMZ, ACK, AV, 59999, WORLD, 40000, "external/11< "},
	{"RTP/TCP in, at another service", NET, SYN, WORLD, 40000, ACCESS, 50000, "unmatched"},
	{"RTP/TCP, both ports in the range, in", NET, ACK, WORLD, 50000, AV, 59999,
	 "external/11> external/9< "},
	{"RTP/TCP, both ports in the range, out", DMZ, ACK, AV, 50000, WORLD, 59999,
	 "external/9> external/11< "},

	{"RTP in, below", NET, UDP, WORLD, 40000, AV, 49999, "unmatched"},
	{"RTP in, first", NET, UDP, WORLD, 40000, AV, 50000, "external/12> "},
	{"RTP in, last", NET, UDP, WORLD, 40000, AV, 59999, "external/12> "},
	{"RTP in, above", NET, UDP, WORLD, 40000, AV, 60000, "unmatched"},
	{"RTP in, reply", DMZ, UDP, AV, 50000, WORLD, 40000, "external/12< "},
	{"RTP, both ports in the range", NET, UDP, WORLD, 50000, AV, 50000,
	 "external/12> external/10< "},

	{"STUN out", DMZ, UDP, AV, 40000, WORLD, 3478, "external/13> "},
	{"STUN out, reply", NET, UDP, WORLD, 3478, AV, 40000, "external/13< "},
	{"STUN out, port below", DMZ, UDP, AV, 40000, WORLD, 3477, "unmatched"},
	{"STUN out, port above", DMZ, UDP, AV, 40000, WORLD, 3479, "unmatched"},
	{"STUN over TCP", DMZ, SYN, AV, 40000, WORLD, 3478, "unmatched"},

	{"STUN in", NET, UDP, WORLD, 40000, AV, 3478, "external/14> "},
	{"STUN in, reply", DMZ, UDP, AV, 3478, WORLD, 40000, "external/14< "},
	{"STUN in, port below", NET, UDP, WORLD, 40000, AV, 3477, "unmatched"},
	{"STUN in, port above", NET, UDP, WORLD, 40000, AV, 3479, "unmatched"},
	{"STUN in, at another service", NET, UDP, WORLD, 40000, ACCESS, 3478, "unmatched"},
	{"STUN 3478 to 3478, in", NET, UDP, WORLD, 3478, AV, 3478, "external/14> external/13< "},
	{"STUN 3478 to 3478, out", DMZ, UDP, AV, 3478, WORLD, 3478, "external/13> external/14< "},
	{"STUN to a media port", DMZ, UDP, AV, 50000, WORLD, 3478, "external/13> external/12< "},
	{"STUN from a media port", NET, UDP, WORLD, 50000, AV, 3478, "external/14> external/10< "},

	{"STUN over 443 in", NET, SYN, WORLD, 40000, AV, 443, "external/15> "},
	{"STUN over 443 in, reply", DMZ, ACK, AV, 443, WORLD, 40000, "external/15< "},
	{"STUN over 443 in, port below", NET, SYN, WORLD, 40000, AV, 442, "unmatched"},
	{"STUN over 443 in, port above", NET, SYN, WORLD, 40000, AV, 444, "unmatched"},

	{"STUN over 443 out", DMZ, SYN, AV, 40000, WORLD, 443, "external/16> "},
	{"STUN over 443 out, reply", NET, ACK, WORLD, 443, AV, 40000, "external/16< "},
	{"STUN over 443 out, port below", DMZ, SYN, AV, 40000, WORLD, 442, "unmatched"},
	{"STUN over 443 out, port above", DMZ, SYN, AV, 40000, WORLD, 444, "unmatched"},
	{"STUN over 443 to 443, in", NET, ACK, WORLD, 443, AV, 443, "external/15> external/16< "},
	{"443 to a media port with ACK: the narrower port decides", NET, ACK, WORLD, 443, AV, 50123,
	 "external/16< external/11> "},
	{"443 to a media port as SYN", NET, SYN, WORLD, 443, AV, 50001, "external/11> "},

	/* internal/1 and xmpp/3 say the same while internal/1 is not narrowed */
	{"XMPP gateway", LAN, SYN, FE, 40000, INNER, 23456, "internal/1> xmpp/3> "},
	{"XMPP gateway, reply", DMI, ACK, INNER, 23456, FE, 40000, "internal/1< xmpp/3< "},
	{"XMPP gateway, port below", LAN, SYN, FE, 40000, INNER, 23455, "unmatched"},
	{"XMPP gateway, port above", LAN, SYN, FE, 40000, INNER, 23457, "unmatched"},
	{"XMPP gateway from the Internet", NET, SYN, WORLD, 40000, INNER, 23456, "unmatched"},

	{"SIP out", LAN, SYN, FE, 40000, INNER, 5061, "internal/2> "},
	{"SIP out, reply", DMI, ACK, INNER, 5061, FE, 40000, "internal/2< "},
	{"SIP out, port below", LAN, SYN, FE, 40000, INNER, 5060, "unmatched"},
	{"SIP out from the Internet", NET, SYN, WORLD, 40000, INNER, 5061, "unmatched"},
	{"SIP out from the external network", DMZ, SYN, WORLD, 40000, INNER, 5061, "unmatched"},

	{"SIP in", DMI, SYN, INNER, 40000, FE, 5061, "internal/3> "},
	{"SIP in, reply", LAN, ACK, FE, 5061, INNER, 40000, "internal/3< "},
	{"SIP in, port below", DMI, SYN, INNER, 40000, FE, 5060, "unmatched"},
	{"SIP in, port above", DMI, SYN, INNER, 40000, FE, 5062, "unmatched"},
	{"SIP in, no reply from a SYN", LAN, SYN, FE, 5061, INNER, 40000, "unmatched"},
	{"SIP 5061 to 5061, out", LAN, ACK, FE, 5061, INNER, 5061, "internal/2> internal/3< "},
	{"SIP 5061 to 5061, in", DMI, ACK, INNER, 5061, FE, 5061, "internal/3> internal/2< "},

	{"web conferencing inside", LAN, SYN, FE, 40000, INNER, 8057, "internal/4> "},
	{"web conferencing inside, reply", DMI, ACK, INNER, 8057, FE, 40000, "internal/4< "},
	{"web conferencing inside, port below", LAN, SYN, FE, 40000, INNER, 8056, "unmatched"},
	{"web conferencing inside, port above", LAN, SYN, FE, 40000, INNER, 8058, "unmatched"},

	{"media credentials", LAN, SYN, FE, 40000, INNER, 5062, "internal/5> "},
	{"media credentials, reply", DMI, ACK, INNER, 5062, FE, 40000, "internal/5< "},
	{"media credentials, port above", LAN, SYN, FE, 40000, INNER, 5063, "unmatched"},
	{"media credentials at the external address", LAN, SYN, FE, 40000, ACCESS, 5062,
	 "unmatched"},

	{"STUN inside", LAN, UDP, FE, 40000, INNER, 3478, "internal/6> "},
	{"STUN inside, reply", DMI, UDP, INNER, 3478, FE, 40000, "internal/6< "},
	{"STUN inside, port below", LAN, UDP, FE, 40000, INNER, 3477, "unmatched"},
	{"STUN inside, port above", LAN, UDP, FE, 40000, INNER, 3479, "unmatched"},
	{"STUN inside from the Internet", NET, UDP, WORLD, 40000, INNER, 3478, "unmatched"},

	{"STUN over 443 inside", LAN, SYN, FE, 40000, INNER, 443, "internal/7> "},
	{"STUN over 443 inside, reply", DMI, ACK, INNER, 443, FE, 40000, "internal/7< "},
	{"STUN over 443 inside, port below", LAN, SYN, FE, 40000, INNER, 442, "unmatched"},
	{"STUN over 443 inside, port above", LAN, SYN, FE, 40000, INNER, 444, "unmatched"},
	{"443 of the inside from the Internet", NET, SYN, WORLD, 40000, INNER, 443, "unmatched"},
	{"443 of the inside, its reply to the Internet", DMI, ACK, INNER, 443, WORLD, 40000,
	 "internal/7< "},

	{"replica", LAN, SYN, FE, 40000, INNER, 4443, "internal/8> "},
	{"replica, reply", DMI, ACK, INNER, 4443, FE, 40000, "internal/8< "},
	{"replica, port below", LAN, SYN, FE, 40000, INNER, 4442, "unmatched"},
	{"replica, port above", LAN, SYN, FE, 40000, INNER, 4444, "unmatched"},

	{"logging, below all three", LAN, SYN, FE, 40000, INNER, 50000, "unmatched"},
	{"logging 50001", LAN, SYN, FE, 40000, INNER, 50001, "internal/9> "},
	{"logging 50001, reply", DMI, ACK, INNER, 50001, FE, 40000, "internal/9< "},
	{"logging 50002", LAN, SYN, FE, 40000, INNER, 50002, "internal/10> "},
	{"logging 50002, reply", DMI, ACK, INNER, 50002, FE, 40000, "internal/10< "},
	{"logging 50003", LAN, SYN, FE, 40000, INNER, 50003, "internal/11> "},
	{"logging 50003, reply", DMI, ACK, INNER, 50003, FE, 40000, "internal/11< "},
	{"logging, above all three", LAN, SYN, FE, 40000, INNER, 50004, "unmatched"},
	{"logging over UDP", LAN, UDP, FE, 40000, INNER, 50001, "unmatched"},

	{"public IM in", NET, SYN, PARTNER, 40000, ACCESS, 5061, "public-im/1> external/6> "},
	{"public IM in, last partner", NET, SYN, LAST_PARTNER, 40000, ACCESS, 5061,
	 "public-im/1> external/6> "},
	{"public IM in, reply", DMZ, ACK, ACCESS, 5061, PARTNER, 40000,
	 "public-im/1< external/6< "},
	{"below the partners it is federation", NET, SYN, BELOW_PARTNERS, 40000, ACCESS, 5061,
	 "external/6> "},
	{"above the partners it is federation", NET, SYN, ABOVE_PARTNERS, 40000, ACCESS, 5061,
	 "external/6> "},
	{"public IM in, port above", NET, SYN, PARTNER, 40000, ACCESS, 5062, "unmatched"},

	{"public IM out", DMZ, SYN, ACCESS, 40000, PARTNER, 5061,
	 "public-im/2> external/7> federation/1> "},
	{"public IM out, reply", NET, ACK, PARTNER, 5061, ACCESS, 40000,
	 "public-im/2< external/7< federation/1< "},
	{"public IM out, beside the partners", DMZ, SYN, ACCESS, 40000, ABOVE_PARTNERS, 5061,
	 "external/7> federation/1> "},
	{"public IM 5061 to 5061", NET, ACK, PARTNER, 5061, ACCESS, 5061,
	 "public-im/1> public-im/2< external/6> external/7< federation/1< "},

	{"known client's SIP", NET, SYN, CLIENT, 40000, ACCESS, 443, "public-im/3> external/5> "},
	{"known client's SIP, reply", DMZ, ACK, ACCESS, 443, CLIENT, 40000,
	 "public-im/3< external/5< "},
	{"known client's SIP, port above", NET, SYN, CLIENT, 40000, ACCESS, 444, "unmatched"},
	{"known client at another service", NET, SYN, CLIENT, 40000, WEB, 443, "external/8> "},

	{"Messenger A/V", DMZ, SYN, AV, 40000, MESSENGER, 50000, "public-im/4> external/9> "},
	{"Messenger A/V, last port", DMZ, SYN, AV, 40000, MESSENGER, 59999,
	 "public-im/4> external/9> "},
	{"Messenger A/V, port below", DMZ, SYN, AV, 40000, MESSENGER, 49999, "unmatched"},
	{"Messenger A/V, port above", DMZ, SYN, AV, 40000, MESSENGER, 60000, "unmatched"},
	{"Messenger A/V, reply", NET, ACK, MESSENGER, 50000, AV, 40000,
	 "public-im/4< external/9< "},
	{"Messenger A/V, both ports in the range", NET, ACK, MESSENGER, 50000, AV, 50000,
	 "public-im/4< external/11> external/9< "},
	{"Messenger A/V over UDP is the range's row", DMZ, UDP, AV, 40000, MESSENGER, 50000,
	 "external/10> "},
	{"Messenger A/V beside Messenger", DMZ, SYN, AV, 40000, ABOVE_MESSENGERS, 50000,
	 "external/9> "},

	{"Messenger STUN out", DMZ, UDP, AV, 40000, MESSENGER, 3478, "public-im/5> external/13> "},
	{"Messenger STUN out, reply", NET, UDP, MESSENGER, 3478, AV, 40000,
	 "public-im/5< external/13< "},
	{"Messenger STUN out, port above", DMZ, UDP, AV, 40000, MESSENGER, 3479, "unmatched"},
	{"Messenger STUN in", NET, UDP, MESSENGER, 40000, AV, 3478, "public-im/6> external/14> "},
	{"Messenger STUN in, reply", DMZ, UDP, AV, 3478, MESSENGER, 40000,
	 "public-im/6< external/14< "},
	{"Messenger STUN in, port below", NET, UDP, MESSENGER, 40000, AV, 3477, "unmatched"},
	{"Messenger STUN 3478 to 3478", NET, UDP, MESSENGER, 3478, AV, 3478,
	 "public-im/6> public-im/5< external/14> external/13< "},

	{"XMPP out", DMZ, SYN, ACCESS, 40000, WORLD, 5269, "xmpp/2> "},
	{"XMPP out, reply", NET, ACK, WORLD, 5269, ACCESS, 40000, "xmpp/2< "},
	{"XMPP out, port below", DMZ, SYN, ACCESS, 40000, WORLD, 5268, "unmatched"},
	{"XMPP out, port above", DMZ, SYN, ACCESS, 40000, WORLD, 5270, "unmatched"},
	{"XMPP out of another service", DMZ, SYN, AV, 40000, WORLD, 5269, "unmatched"},
	{"XMPP 5269 to 5269, in", NET, ACK, WORLD, 5269, ACCESS, 5269,
	 "external/1> xmpp/1> xmpp/2< "},
	{"XMPP 5269 to 5269, out", DMZ, ACK, ACCESS, 5269, WORLD, 5269,
	 "xmpp/2> external/1< xmpp/1< "},
};

const struct case_list cases_edge = {
	.document = "lync2013-edge-nat/",
	.site = "tests/fixtures/datapath/edge.yaml",
	.cases = cases,
	.n = sizeof(cases) / sizeof(*cases),
	.never_decide = "federation/1 xmpp/1 xmpp/3 ",
	.n_rows = 37,
};
