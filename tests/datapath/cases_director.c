// SPDX-License-Identifier: GPL-2.0-only
/*
 * All nine rows of lync2013-director on tests/fixtures/datapath/director.yaml: hit, reply, near
 * miss.
 */
#include "cases.h"

#define NET XE_SIDE_INTERNET
#define DMI XE_SIDE_DMZ_INTERNAL
#define LAN XE_SIDE_LAN

#define INNER	      "172.25.33.10", "2001:db8:33::10"
#define PROXY	      "172.25.33.40", "2001:db8:33::40"
#define DIRECTOR      "10.0.1.20", "2001:db8:1::20"
#define FE	      "10.0.1.11", "2001:db8:1::11"
#define NOBODY	      "10.0.1.99", "2001:db8:1::99" /* inside, no role */
#define CLIENT	      "10.0.64.0", "2001:db8:64::"
#define LAST_CLIENT   "10.0.127.255", "2001:db8:64:ffff:ffff:ffff:ffff:ffff"
#define ABOVE_CLIENTS "10.0.128.0", "2001:db8:65::"
#define WORLD	      "192.0.2.77", "2001:db8:77::77"

static const struct packet_case cases[] = {
	{"published HTTP", DMI, SYN, PROXY, 40000, DIRECTOR, 8080, "firewall/1> "},
	{"published HTTP, established", DMI, ACK, PROXY, 40000, DIRECTOR, 8080, "firewall/1> "},
	{"published HTTP, reply", LAN, ACK, DIRECTOR, 8080, PROXY, 40000, "firewall/1< "},
	{"published HTTP, port below", DMI, SYN, PROXY, 40000, DIRECTOR, 8079, "unmatched"},
	{"published HTTP, port above", DMI, SYN, PROXY, 40000, DIRECTOR, 8081, "unmatched"},
	{"published HTTP of a client", LAN, SYN, CLIENT, 40000, DIRECTOR, 8080, "unmatched"},
	{"published HTTP at a Front End", DMI, SYN, PROXY, 40000, FE, 8080, "unmatched"},
	{"published HTTP over UDP", DMI, UDP, PROXY, 40000, DIRECTOR, 8080, "unmatched"},
	{"a SYN from 8080 is no reply", LAN, SYN, DIRECTOR, 8080, PROXY, 40000, "unmatched"},

	{"published HTTPS", DMI, SYN, PROXY, 40000, DIRECTOR, 4443, "firewall/2> "},
	{"published HTTPS, reply", LAN, ACK, DIRECTOR, 4443, PROXY, 40000, "firewall/2< "},
	{"published HTTPS, port below", DMI, SYN, PROXY, 40000, DIRECTOR, 4442, "unmatched"},
	{"published HTTPS, port above", DMI, SYN, PROXY, 40000, DIRECTOR, 4444, "unmatched"},
	{"published HTTPS of the Edge", DMI, SYN, INNER, 40000, DIRECTOR, 4443, "unmatched"},
	{"the reverse proxy at 443", DMI, SYN, PROXY, 40000, DIRECTOR, 443, "unmatched"},

	{"to the Front End", LAN, SYN, DIRECTOR, 40000, FE, 444, "firewall/3> "},
	{"to the Front End, reply", LAN, ACK, FE, 444, DIRECTOR, 40000, "firewall/3< "},
	{"to the Front End, port below", LAN, SYN, DIRECTOR, 40000, FE, 443, "unmatched"},
	{"to the Front End, port above", LAN, SYN, DIRECTOR, 40000, FE, 445, "unmatched"},
	{"the other way round", LAN, SYN, FE, 40000, DIRECTOR, 444, "unmatched"},
	{"to the Front End, of a client", LAN, SYN, CLIENT, 40000, FE, 444, "unmatched"},

	{"client's HTTP", LAN, SYN, CLIENT, 40000, DIRECTOR, 80, "firewall/4> "},
	{"client's HTTP, last client", LAN, SYN, LAST_CLIENT, 40000, DIRECTOR, 80, "firewall/4> "},
	{"client's HTTP, reply", LAN, ACK, DIRECTOR, 80, CLIENT, 40000, "firewall/4< "},
	{"client's HTTP, port below", LAN, SYN, CLIENT, 40000, DIRECTOR, 79, "unmatched"},
	{"client's HTTP, port above", LAN, SYN, CLIENT, 40000, DIRECTOR, 81, "unmatched"},
	{"client's HTTP of no client", LAN, SYN, NOBODY, 40000, DIRECTOR, 80, "unmatched"},
	{"client's HTTP above the clients", LAN, SYN, ABOVE_CLIENTS, 40000, DIRECTOR, 80,
	 "unmatched"},

	{"client's HTTPS", LAN, SYN, CLIENT, 40000, DIRECTOR, 443, "firewall/5> "},
	{"client's HTTPS, reply", LAN, ACK, DIRECTOR, 443, CLIENT, 40000, "firewall/5< "},
	{"client's HTTPS, port below", LAN, SYN, CLIENT, 40000, DIRECTOR, 442, "unmatched"},
	{"client's HTTPS, port above", LAN, SYN, CLIENT, 40000, DIRECTOR, 444, "unmatched"},
	/*
	 * a client is not protected, so its source is never spoofed and both ends are named: no
	 * limit of sides
	 */
	{"client's address from the Internet", NET, SYN, CLIENT, 40000, DIRECTOR, 443,
	 "firewall/5> "},

	{"SIP of the Edge", DMI, SYN, INNER, 40000, DIRECTOR, 5061, "firewall/6> "},
	{"SIP of the Edge, reply", LAN, ACK, DIRECTOR, 5061, INNER, 40000, "firewall/6< "},
	{"SIP of the Edge, port below", DMI, SYN, INNER, 40000, DIRECTOR, 5060, "unmatched"},
	{"SIP of the Edge, port above", DMI, SYN, INNER, 40000, DIRECTOR, 5062, "unmatched"},
	{"SIP of the Edge from outside", NET, SYN, INNER, 40000, DIRECTOR, 5061, "spoofed"},
	{"SIP to the Edge", LAN, SYN, DIRECTOR, 40000, INNER, 5061, "unmatched"},

	{"logging, below all three", LAN, SYN, DIRECTOR, 40000, INNER, 50000, "unmatched"},
	{"logging 50001", LAN, SYN, DIRECTOR, 40000, INNER, 50001, "firewall/7> "},
	{"logging 50001 of anybody inside", LAN, SYN, NOBODY, 40000, INNER, 50001, "firewall/7> "},
	{"logging 50001, reply", DMI, ACK, INNER, 50001, DIRECTOR, 40000, "firewall/7< "},
	{"logging 50001 from the Internet", NET, SYN, WORLD, 40000, INNER, 50001, "unmatched"},
	{"logging 50002", LAN, SYN, DIRECTOR, 40000, INNER, 50002, "firewall/8> "},
	{"logging 50002, reply", DMI, ACK, INNER, 50002, DIRECTOR, 40000, "firewall/8< "},
	{"logging 50003", LAN, SYN, DIRECTOR, 40000, INNER, 50003, "firewall/9> "},
	{"logging 50003, reply", DMI, ACK, INNER, 50003, DIRECTOR, 40000, "firewall/9< "},
	{"logging, above all three", LAN, SYN, DIRECTOR, 40000, INNER, 50004, "unmatched"},
	{"nobody's business", LAN, SYN, NOBODY, 40000, CLIENT, 443, "foreign"},
};

const struct case_list cases_director = {
	.document = "lync2013-director/",
	.site = "tests/fixtures/datapath/director.yaml",
	.cases = cases,
	.n = sizeof(cases) / sizeof(*cases),
	.never_decide = "",
	.n_rows = 9,
};
