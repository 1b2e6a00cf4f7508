// SPDX-License-Identifier: GPL-2.0-only
/* Stories about verdicts; see stories.h. */
#include "stories.h"

const char story_site[] = "name: stories\n"
			  "tables: [lync2013-edge-nat, sfb-internal/ipsec-exceptions]\n"
			  "roles:\n"
			  "  access-edge: [203.0.113.10, \"2001:db8:16::10\"]\n"
			  "  web-conf-edge: [203.0.113.20, \"2001:db8:16::20\"]\n"
			  "  av-edge: [203.0.113.30, \"2001:db8:16::30\"]\n"
			  "  edge-internal: [172.25.33.10, \"2001:db8:33::10\"]\n"
			  "  front-end: [10.0.1.11, \"2001:db8:1::11\"]\n"
			  "interfaces:\n"
			  "  wan0.10: internet\n"
			  "  wan0.20: dmz-external\n"
			  "  wan0.30: dmz-internal\n"
			  "  wan0.40: lan\n";

#define NET XE_SIDE_INTERNET
#define DMZ XE_SIDE_DMZ_EXTERNAL
#define DMI XE_SIDE_DMZ_INTERNAL
#define LAN XE_SIDE_LAN

#define ACCESS	"203.0.113.10"
#define WEB	"203.0.113.20"
#define AV	"203.0.113.30"
#define INNER	"172.25.33.10"
#define FE	"10.0.1.11"
#define WORLD	"192.0.2.77" /* no role, and nor has the next */
#define OTHER	"192.0.2.78"
#define ACCESS6 "2001:db8:16::10"
#define AV6	"2001:db8:16::30"
#define FE6	"2001:db8:1::11"
#define WORLD6	"2001:db8:77::77"
#define NEAR6	"2001:db8:77::78"   /* shares 64 bits with it, */
#define OTHER6	"2001:db8:77:1::77" /* this does not */

#define SYN    STEP_TCP(0x02)
#define SYNACK STEP_TCP(0x12)
#define ACK    STEP_TCP(0x10)
#define FIN    STEP_TCP(0x11)
#define RST    STEP_TCP(0x04)
#define RSTACK STEP_TCP(0x14)
#define UDP    STEP_UDP
#define GRE    STEP_PROTO(47)

#define MS	   1000000ull
#define S	   1000000000ull
#define MIN	   (60 * S)
#define IN(a, p)   WORLD, p, a, 443
#define OUT(a, p)  a, 443, WORLD, p
#define ALL(steps) steps, sizeof(steps) / sizeof(*(steps))
#define NOBODY	   NULL, 0, NULL, 0

/* --- TCP, users' SIP at the Access Edge ------------------------------------------------------- */

static const struct step tcp_established[] = {
	{"a reply before anything", 0, DMZ, ACK, OUT(ACCESS, 1025), "unsolicited"},
	{"SYN", 0, NET, SYN, IN(ACCESS, 1025), "pass"},
	{"SYN and ACK", 0, DMZ, SYNACK, OUT(ACCESS, 1025), "pass"},
	{"ACK", 0, NET, ACK, IN(ACCESS, 1025), "pass"},
	{"to another port", 0, DMZ, ACK, OUT(ACCESS, 1026), "unsolicited"},
	{"to another host", 0, DMZ, ACK, ACCESS, 443, OTHER, 1025, "unsolicited"},
	{"of another host", 0, DMZ, ACK, OUT(WEB, 1025), "unsolicited"},
	{"a SYN is no reply", 0, DMZ, SYN, OUT(ACCESS, 1025), "unmatched"},
	{"as long as it is remembered", 7440 * S, DMZ, ACK, OUT(ACCESS, 1025), "pass"},
	{"that kept it alive", 7440 * S, DMZ, ACK, OUT(ACCESS, 1025), "pass"},
	{"a second too late", 7441 * S, DMZ, ACK, OUT(ACCESS, 1025), "unsolicited"},
	{"an ACK in the middle begins one", 0, NET, ACK, IN(ACCESS, 1025), "pass"},
	{"and has a reply", 0, DMZ, ACK, OUT(ACCESS, 1025), "pass"},
};

static const struct step tcp_new[] = {
	{"SYN", 0, NET, SYN, IN(ACCESS, 1), "pass"},
	{"reply in time", 30 * S, DMZ, SYNACK, OUT(ACCESS, 1), "pass"},
	{"replied, no more", 30 * S, DMZ, SYNACK, OUT(ACCESS, 1), "pass"},
	{"SYN again is no answer", 0, NET, SYN, IN(ACCESS, 1), "pass"},
	{"so it is not established", 31 * S, DMZ, SYNACK, OUT(ACCESS, 1), "unsolicited"},
	{"SYN", 0, NET, SYN, IN(ACCESS, 2), "pass"},
	{"reply too late", 31 * S, DMZ, SYNACK, OUT(ACCESS, 2), "unsolicited"},
	{"SYN", 0, NET, SYN, IN(ACCESS, 3), "pass"},
	{"SYN once more", 29 * S, NET, SYN, IN(ACCESS, 3), "pass"},
	{"reply in time of the second", 30 * S, DMZ, SYNACK, OUT(ACCESS, 3), "pass"},
	{"ACK", 0, NET, ACK, IN(ACCESS, 4), "pass"},
	{"ACKs alone establish nothing", 29 * S, NET, ACK, IN(ACCESS, 4), "pass"},
	{"reply too late", 31 * S, DMZ, ACK, OUT(ACCESS, 4), "unsolicited"},
};

#define ESTABLISHED(p)                                                   \
	{"SYN", 0, NET, SYN, IN(ACCESS, p), "pass"},                     \
		{"SYN and ACK", 0, DMZ, SYNACK, OUT(ACCESS, p), "pass"}, \
	{                                                                \
		"ACK", 0, NET, ACK, IN(ACCESS, p), "pass"                \
	}

static const struct step tcp_fin[] = {
	ESTABLISHED(1),
	{"FIN", 0, NET, FIN, IN(ACCESS, 1), "pass"},
	{"FIN again", 0, NET, FIN, IN(ACCESS, 1), "pass"},
	{"half closed", 7440 * S, DMZ, ACK, OUT(ACCESS, 1), "pass"},
	{"FIN of the other", 0, DMZ, FIN, OUT(ACCESS, 1), "pass"},
	{"last ACK", 0, NET, ACK, IN(ACCESS, 1), "pass"},
	{"closing", 10 * S, DMZ, ACK, OUT(ACCESS, 1), "pass"},
	{"closed", 11 * S, DMZ, ACK, OUT(ACCESS, 1), "unsolicited"},
	ESTABLISHED(2),
	{"FIN of the other first", 0, DMZ, FIN, OUT(ACCESS, 2), "pass"},
	{"half closed", 7440 * S, NET, ACK, IN(ACCESS, 2), "pass"},
	{"still", 7440 * S, DMZ, ACK, OUT(ACCESS, 2), "pass"},
	{"FIN", 0, NET, FIN, IN(ACCESS, 2), "pass"},
	{"closed", 11 * S, DMZ, ACK, OUT(ACCESS, 2), "unsolicited"},
	ESTABLISHED(3),
	{"FIN of both at once", 0, NET, FIN, IN(ACCESS, 3), "pass"},
	{"FIN of both at once", 0, DMZ, FIN, OUT(ACCESS, 3), "pass"},
	{"used again: new", 9 * S, NET, SYN, IN(ACCESS, 3), "pass"},
	{"as long as a new one", 30 * S, DMZ, SYNACK, OUT(ACCESS, 3), "pass"},
	{"ACK", 0, NET, ACK, IN(ACCESS, 3), "pass"},
	{"established", 7440 * S, DMZ, ACK, OUT(ACCESS, 3), "pass"},
	{"FIN of one: the other's is forgotten", 0, NET, FIN, IN(ACCESS, 3), "pass"},
	{"half closed", 7440 * S, DMZ, ACK, OUT(ACCESS, 3), "pass"},
};

static const struct step tcp_rst[] = {
	ESTABLISHED(1),
	{"RST", 0, NET, RST, IN(ACCESS, 1), "pass"},
	{"closed", 11 * S, DMZ, ACK, OUT(ACCESS, 1), "unsolicited"},
	ESTABLISHED(2),
	{"RST of the other", 0, DMZ, RSTACK, OUT(ACCESS, 2), "pass"},
	{"a RST does not open it", 10 * S, DMZ, RST, OUT(ACCESS, 2), "pass"},
	{"nor does a FIN", 10 * S, NET, FIN, IN(ACCESS, 2), "pass"},
	{"closed", 11 * S, DMZ, ACK, OUT(ACCESS, 2), "unsolicited"},
	{"begun by a RST", 0, NET, RST, IN(ACCESS, 3), "pass"},
	{"closing at once", 11 * S, DMZ, ACK, OUT(ACCESS, 3), "unsolicited"},
	{"SYN", 0, NET, SYN, IN(ACCESS, 4), "pass"},
	{"refused", 0, DMZ, RSTACK, OUT(ACCESS, 4), "pass"},
	{"closed", 11 * S, DMZ, ACK, OUT(ACCESS, 4), "unsolicited"},
	{"SYN with RST", 0, NET, STEP_TCP(0x06), IN(ACCESS, 5), "pass"},
	{"closing at once", 11 * S, DMZ, ACK, OUT(ACCESS, 5), "unsolicited"},
};

/* A RST that neither end has obeyed. */
static const struct step tcp_revived[] = {
	ESTABLISHED(1),
	{"RST, forged", 0, NET, RST, IN(ACCESS, 1), "pass"},
	{"the server goes on", 2 * S, DMZ, ACK, OUT(ACCESS, 1), "pass"},
	{"and so does the client", 0, NET, ACK, IN(ACCESS, 1), "pass"},
	{"idle longer than a closing one is", 12 * S, DMZ, ACK, OUT(ACCESS, 1), "pass"},
	{"established", 7440 * S, DMZ, ACK, OUT(ACCESS, 1), "pass"},
	ESTABLISHED(2),
	{"RST, forged, of the other", 0, DMZ, RSTACK, OUT(ACCESS, 2), "pass"},
	{"the client goes on: new", 10 * S, NET, ACK, IN(ACCESS, 2), "pass"},
	{"as long as a new one", 30 * S, DMZ, ACK, OUT(ACCESS, 2), "pass"},
	{"replied, no more", 31 * S, DMZ, ACK, OUT(ACCESS, 2), "unsolicited"},
	ESTABLISHED(3),
	{"RST", 0, NET, RST, IN(ACCESS, 3), "pass"},
	{"only the server goes on: replied", 0, DMZ, ACK, OUT(ACCESS, 3), "pass"},
	{"as long as a replied one", 30 * S, DMZ, ACK, OUT(ACCESS, 3), "pass"},
	{"no longer", 31 * S, DMZ, ACK, OUT(ACCESS, 3), "unsolicited"},
	ESTABLISHED(4),
	{"FIN", 0, NET, FIN, IN(ACCESS, 4), "pass"},
	{"FIN of the other", 0, DMZ, FIN, OUT(ACCESS, 4), "pass"},
	{"RST besides", 0, NET, RST, IN(ACCESS, 4), "pass"},
	{"which closed nothing", 0, NET, ACK, IN(ACCESS, 4), "pass"},
	{"nor does the other end open it", 0, DMZ, ACK, OUT(ACCESS, 4), "pass"},
	{"closed", 11 * S, DMZ, ACK, OUT(ACCESS, 4), "unsolicited"},
	ESTABLISHED(5),
	{"FIN", 0, NET, FIN, IN(ACCESS, 5), "pass"},
	{"RST", 0, NET, RST, IN(ACCESS, 5), "pass"},
	{"revived, without its FIN", 0, DMZ, ACK, OUT(ACCESS, 5), "pass"},
	{"established", 0, NET, ACK, IN(ACCESS, 5), "pass"},
	{"FIN of the other", 0, DMZ, FIN, OUT(ACCESS, 5), "pass"},
	{"half closed", 7440 * S, DMZ, ACK, OUT(ACCESS, 5), "pass"},
	ESTABLISHED(6),
	{"RST", 0, NET, RST, IN(ACCESS, 6), "pass"},
	{"FIN after all", 0, NET, FIN, IN(ACCESS, 6), "pass"},
	{"FIN of the other", 0, DMZ, FIN, OUT(ACCESS, 6), "pass"},
	{"last ACK: closed by both", 0, NET, ACK, IN(ACCESS, 6), "pass"},
	{"closed", 11 * S, DMZ, ACK, OUT(ACCESS, 6), "unsolicited"},
	{"begun by a RST", 0, NET, RST, IN(ACCESS, 7), "pass"},
	{"and gone on with: new", 0, NET, ACK, IN(ACCESS, 7), "pass"},
	{"as long as a new one", 30 * S, DMZ, ACK, OUT(ACCESS, 7), "pass"},
};

/* --- forged replies --------------------------------------------------------------------------- */

static const struct step forged[] = {
	{"from 53", 0, NET, UDP, WORLD, 53, ACCESS, 40000, "unsolicited"},
	{"from 53 over TCP", 0, NET, ACK, WORLD, 53, ACCESS, 40000, "unsolicited"},
	{"from 80", 0, NET, ACK, WORLD, 80, ACCESS, 40000, "unsolicited"},
	{"from 80 with RST", 0, NET, RST, WORLD, 80, ACCESS, 40000, "unsolicited"},
	{"from 80 with FIN", 0, NET, FIN, WORLD, 80, ACCESS, 40000, "unsolicited"},
	{"from 80 with SYN and ACK", 0, NET, SYNACK, WORLD, 80, ACCESS, 40000, "unsolicited"},
	{"from 80 without a flag", 0, NET, STEP_TCP(0), WORLD, 80, ACCESS, 40000, "unsolicited"},
	{"from 80 with SYN", 0, NET, SYN, WORLD, 80, ACCESS, 40000, "unmatched"},
	{"from 443", 0, NET, ACK, WORLD, 443, AV, 40000, "unsolicited"},
	{"from 5061", 0, NET, ACK, WORLD, 5061, ACCESS, 22, "unsolicited"},
	{"from 3478", 0, NET, UDP, WORLD, 3478, AV, 40000, "unsolicited"},
	{"from a media port", 0, NET, UDP, WORLD, 50000, AV, 40000, "unsolicited"},
	{"from 53, IPv6", 0, NET, UDP, WORLD6, 53, ACCESS6, 40000, "unsolicited"},
	{"from 443, IPv6", 0, NET, ACK, WORLD6, 443, AV6, 40000, "unsolicited"},
	{"a question", 0, DMZ, UDP, ACCESS, 40000, WORLD, 53, "pass"},
	{"its answer", 0, NET, UDP, WORLD, 53, ACCESS, 40000, "pass"},
	{"of another", 0, NET, UDP, OTHER, 53, ACCESS, 40000, "unsolicited"},
	{"to another port", 0, NET, UDP, WORLD, 53, ACCESS, 40001, "unsolicited"},
	{"over TCP", 0, NET, ACK, WORLD, 53, ACCESS, 40000, "unsolicited"},
	{"a question, IPv6", 0, DMZ, UDP, ACCESS6, 40000, WORLD6, 53, "pass"},
	{"its answer, IPv6", 0, NET, UDP, WORLD6, 53, ACCESS6, 40000, "pass"},
	{"of another, IPv6", 0, NET, UDP, NEAR6, 53, ACCESS6, 40000, "unsolicited"},
	{"a question from the port asked", 0, DMZ, UDP, ACCESS, 53, WORLD, 53, "pass"},
	{"its answer", 0, NET, UDP, WORLD, 53, ACCESS, 53, "pass"},
	/* ports and addresses that add up to the same */
	{"a question", 0, DMZ, UDP, ACCESS, 1000, WORLD, 53, "pass"},
	{"a neighbour's answer to the port above", 0, NET, UDP, OTHER, 53, ACCESS, 999,
	 "unsolicited"},
};

static const struct step both_ways[] = {
	{"STUN 3478 to 3478, in", 0, NET, UDP, WORLD, 3478, AV, 3478, "pass"},
	{"STUN 3478 to 3478, out", 0, DMZ, UDP, AV, 3478, WORLD, 3478, "pass"},
	{"out first", MIN, DMZ, UDP, AV, 3478, OTHER, 3478, "pass"},
	{"in without a question", MIN, NET, UDP, OTHER, 3478, AV, 3478, "pass"},
	{"federation 5061 to 5061, in", 0, NET, ACK, WORLD, 5061, ACCESS, 5061, "pass"},
	{"federation 5061 to 5061, out", 0, DMZ, ACK, ACCESS, 5061, WORLD, 5061, "pass"},
	{"443 to a media port: the media row takes the reply's place", MIN, NET, ACK, WORLD, 443,
	 AV, 50123, "pass"},
	{"and again, as a reply", 0, NET, ACK, WORLD, 443, AV, 50123, "pass"},
	{"what it is a reply to", 0, DMZ, ACK, AV, 50123, WORLD, 443, "pass"},
	{"443 to no media port", 0, NET, ACK, WORLD, 443, AV, 49999, "unsolicited"},
};

static const struct step media_denied[] = {
	{"SYN to a media port", 0, NET, SYN, WORLD, 40000, AV, 50123, "deny-row"},
	{"the media row in the reply's place", 0, NET, ACK, WORLD, 443, AV, 50123, "deny-row"},
	{"out", 0, DMZ, SYN, AV, 50123, WORLD, 443, "pass"},
	{"a reply now", 0, NET, ACK, WORLD, 443, AV, 50123, "pass"},
};

/* --- UDP and what is neither ------------------------------------------------------------------ */

#define STUN_IN(p)  WORLD, p, AV, 3478
#define STUN_OUT(p) AV, 3478, WORLD, p

static const struct step udp[] = {
	{"a reply before anything", 0, DMZ, UDP, STUN_OUT(1), "unsolicited"},
	{"in", 0, NET, UDP, STUN_IN(1), "pass"},
	{"new", 30 * S, DMZ, UDP, STUN_OUT(1), "pass"},
	{"replied", 30 * S, DMZ, UDP, STUN_OUT(1), "pass"},
	{"no more", 31 * S, DMZ, UDP, STUN_OUT(1), "unsolicited"},
	{"in", 0, NET, UDP, STUN_IN(2), "pass"},
	{"too late", 31 * S, DMZ, UDP, STUN_OUT(2), "unsolicited"},
	{"in", 0, NET, UDP, STUN_IN(3), "pass"},
	{"out", 0, DMZ, UDP, STUN_OUT(3), "pass"},
	{"in again: established", 0, NET, UDP, STUN_IN(3), "pass"},
	{"in time", 300 * S, DMZ, UDP, STUN_OUT(3), "pass"},
	{"too late", 301 * S, DMZ, UDP, STUN_OUT(3), "unsolicited"},
	{"in", 0, NET, UDP, WORLD6, 7, AV6, 3478, "pass"},
	{"out", 0, DMZ, UDP, AV6, 3478, WORLD6, 7, "pass"},
	{"in again", 0, NET, UDP, WORLD6, 7, AV6, 3478, "pass"},
	{"in time", 300 * S, DMZ, UDP, AV6, 3478, WORLD6, 7, "pass"},
	{"too late", 301 * S, DMZ, UDP, AV6, 3478, WORLD6, 7, "unsolicited"},
};

#define TUNNEL                                                                           \
	"rows:\n"                                                                        \
	"  - {name: tunnel, service: tunnel, l4: any, ports: any, source: access-edge, " \
	"destination: [192.0.2.0/24, \"2001:db8:77::/48\"]}\n"

static const struct step other[] = {
	{"a reply before anything", 0, NET, GRE, WORLD, 0, ACCESS, 0, "unsolicited"},
	{"out", 0, DMZ, GRE, ACCESS, 0, WORLD, 0, "pass"},
	{"another protocol's reply", 0, NET, STEP_PROTO(50), WORLD, 0, ACCESS, 0, "unsolicited"},
	{"reply", 30 * S, NET, GRE, WORLD, 0, ACCESS, 0, "pass"},
	{"out again: established", 30 * S, DMZ, GRE, ACCESS, 0, WORLD, 0, "pass"},
	{"in time", 60 * S, NET, GRE, WORLD, 0, ACCESS, 0, "pass"},
	{"too late", 61 * S, NET, GRE, WORLD, 0, ACCESS, 0, "unsolicited"},
	/* ICMP that the row decides, in reply, passes by its name if it was not asked for */
	{"echo reply, not asked for", 0, NET, STEP_ICMP(0, 0), WORLD, 0, ACCESS, 0, "as echo"},
	{"too big, of a router", 0, NET, STEP_ICMP(3, 4), OTHER, 0, ACCESS, 0, "as pmtu"},
	{"port unreachable, of a router", 0, NET, STEP_ICMP(3, 3), OTHER, 0, ACCESS, 0,
	 "unsolicited"},
	{"echo request", 0, DMZ, STEP_ICMP(8, 0), ACCESS, 0, WORLD, 0, "pass"},
	{"echo reply", 0, NET, STEP_ICMP(0, 0), WORLD, 0, ACCESS, 0, "pass"},
	{"any ICMP of the same host now", 0, NET, STEP_ICMP(3, 3), WORLD, 0, ACCESS, 0, "pass"},
	{"too big, IPv6", 0, NET, STEP_ICMP(2, 0), WORLD6, 0, ACCESS6, 0, "as pmtu"},
	{"advertisement", 0, NET, STEP_ICMP(136, 0), WORLD6, 0, ACCESS6, 0, "as nd", .hops = 255},
	{"advertisement from afar", 0, NET, STEP_ICMP(136, 0), WORLD6, 0, ACCESS6, 0, "unsolicited",
	 .hops = 254},
};

/* --- what always passes, and what is near it -------------------------------------------------- */

static const struct step names[] = {
	{"echo request", 0, NET, STEP_ICMP(8, 0), WORLD, 0, ACCESS, 0, "as echo"},
	{"echo reply", 0, NET, STEP_ICMP(0, 0), WORLD, 0, ACCESS, 0, "as echo"},
	{"echo of strangers", 0, NET, STEP_ICMP(8, 0), WORLD, 0, OTHER, 0, "as echo"},
	{"echo is no flow", 0, DMZ, STEP_ICMP(13, 0), ACCESS, 0, WORLD, 0, "ip-other"},
	{"too big", 0, NET, STEP_ICMP(3, 4), WORLD, 0, ACCESS, 0, "as pmtu"},
	{"host unreachable", 0, NET, STEP_ICMP(3, 1), WORLD, 0, ACCESS, 0, "ip-other"},
	{"port unreachable", 0, NET, STEP_ICMP(3, 3), WORLD, 0, ACCESS, 0, "ip-other"},
	{"route failed", 0, NET, STEP_ICMP(3, 5), WORLD, 0, ACCESS, 0, "ip-other"},
	{"code 4 of another type", 0, NET, STEP_ICMP(4, 4), WORLD, 0, ACCESS, 0, "ip-other"},
	{"redirect", 0, NET, STEP_ICMP(5, 0), WORLD, 0, ACCESS, 0, "ip-other"},
	{"time exceeded", 0, NET, STEP_ICMP(11, 0), WORLD, 0, ACCESS, 0, "ip-other"},
	{"unreachable of strangers", 0, NET, STEP_ICMP(3, 1), WORLD, 0, OTHER, 0, "pass"},
	{"echo request, IPv6", 0, NET, STEP_ICMP(128, 0), WORLD6, 0, ACCESS6, 0, "as echo"},
	{"echo reply, IPv6", 0, NET, STEP_ICMP(129, 0), WORLD6, 0, ACCESS6, 0, "as echo"},
	{"below echo, IPv6", 0, NET, STEP_ICMP(127, 0), WORLD6, 0, ACCESS6, 0, "ip-other"},
	{"too big, IPv6", 0, NET, STEP_ICMP(2, 0), WORLD6, 0, ACCESS6, 0, "as pmtu"},
	{"unreachable, IPv6", 0, NET, STEP_ICMP(1, 4), WORLD6, 0, ACCESS6, 0, "ip-other"},
	{"time exceeded, IPv6", 0, NET, STEP_ICMP(3, 4), WORLD6, 0, ACCESS6, 0, "ip-other"},
	{"IPv4's echo in IPv6", 0, NET, STEP_ICMP(8, 0), WORLD6, 0, ACCESS6, 0, "ip-other"},
	{"IPv6's echo in IPv4", 0, NET, STEP_ICMP(128, 0), WORLD, 0, ACCESS, 0, "ip-other"},
	{"router solicitation", 0, DMZ, STEP_ICMP(133, 0), ACCESS6, 0, "ff02::2", 0, "as nd",
	 .hops = 255},
	{"router advertisement", 0, NET, STEP_ICMP(134, 0), "fe80::1", 0, "ff02::1", 0, "as nd",
	 .hops = 255},
	{"solicitation", 0, NET, STEP_ICMP(135, 0), "fe80::1", 0, ACCESS6, 0, "as nd", .hops = 255},
	{"advertisement", 0, NET, STEP_ICMP(136, 0), "fe80::1", 0, ACCESS6, 0, "as nd",
	 .hops = 255},
	{"redirect, IPv6", 0, NET, STEP_ICMP(137, 0), "fe80::1", 0, ACCESS6, 0, "as nd",
	 .hops = 255},
	{"solicitation from afar", 0, NET, STEP_ICMP(135, 0), WORLD6, 0, ACCESS6, 0, "ip-other",
	 .hops = 254},
	{"redirect from afar", 0, NET, STEP_ICMP(137, 0), WORLD6, 0, ACCESS6, 0, "ip-other",
	 .hops = 254},
	{"above ND", 0, NET, STEP_ICMP(138, 0), "fe80::1", 0, ACCESS6, 0, "ip-other", .hops = 255},
	{"listener query", 0, NET, STEP_ICMP(130, 0), "fe80::1", 0, ACCESS6, 0, "as nd", .hops = 1},
	{"listener report", 0, DMZ, STEP_ICMP(131, 0), ACCESS6, 0, "ff02::16", 0, "as nd",
	 .hops = 1},
	{"listener done", 0, DMZ, STEP_ICMP(132, 0), ACCESS6, 0, "ff02::2", 0, "as nd", .hops = 1},
	{"listener report, version 2", 0, DMZ, STEP_ICMP(143, 0), ACCESS6, 0, "ff02::16", 0,
	 "as nd", .hops = 1},
	{"listener query from afar", 0, NET, STEP_ICMP(130, 0), WORLD6, 0, ACCESS6, 0, "ip-other",
	 .hops = 2},
	{"listener query, 255", 0, NET, STEP_ICMP(130, 0), WORLD6, 0, ACCESS6, 0, "ip-other",
	 .hops = 255},
	{"solicitation, 1", 0, NET, STEP_ICMP(135, 0), WORLD6, 0, ACCESS6, 0, "ip-other",
	 .hops = 1},
	{"below version 2", 0, NET, STEP_ICMP(142, 0), WORLD6, 0, ACCESS6, 0, "ip-other",
	 .hops = 1},
	{"above version 2", 0, NET, STEP_ICMP(144, 0), WORLD6, 0, ACCESS6, 0, "ip-other",
	 .hops = 1},
	{"a name does not save the spoofed", 0, NET, STEP_ICMP(8, 0), FE, 0, ACCESS, 0, "spoofed"},
	{"nor the martian", 0, NET, STEP_ICMP(3, 4), "127.0.0.1", 0, ACCESS, 0, "martian"},
	{"a byte of echo is no message", 0, NET, STEP_ICMP(8, 0) | STEP_BYTE, WORLD, 0, ACCESS, 0,
	 "ip-other"},
	{"a byte of echo is no message, IPv6", 0, NET, STEP_ICMP(128, 0) | STEP_BYTE, WORLD6, 0,
	 ACCESS6, 0, "ip-other"},
	{"GRE", 0, NET, GRE, WORLD, 0, ACCESS, 0, "ip-other"},
	{"GRE of strangers", 0, NET, GRE, WORLD, 0, OTHER, 0, "pass"},
	{"ESP at a host of the IPsec table", 0, NET, STEP_PROTO(50), WORLD, 0, AV, 0, "ipsec"},
	{"IKE there", 0, NET, UDP, WORLD, 500, AV, 500, "ipsec"},
	{"ESP elsewhere", 0, NET, STEP_PROTO(50), WORLD, 0, ACCESS, 0, "ip-other"},
	{"ICMP's number in IPv6", 0, NET, STEP_PROTO(1), WORLD6, 0, ACCESS6, 0, "ip-other"},
	{"ICMPv6's number in IPv4", 0, NET, STEP_PROTO(58), WORLD, 0, ACCESS, 0, "ip-other"},
};

static const struct step no_echo[] = {
	{"echo request", 0, NET, STEP_ICMP(8, 0), WORLD, 0, ACCESS, 0, "echo"},
	{"echo reply", 0, NET, STEP_ICMP(0, 0), WORLD, 0, ACCESS, 0, "echo"},
	{"echo of strangers", 0, NET, STEP_ICMP(8, 0), WORLD, 0, OTHER, 0, "echo"},
	{"echo request, IPv6", 0, NET, STEP_ICMP(128, 0), WORLD6, 0, ACCESS6, 0, "echo"},
	{"echo reply, IPv6", 0, NET, STEP_ICMP(129, 0), WORLD6, 0, ACCESS6, 0, "echo"},
	{"too big still", 0, NET, STEP_ICMP(3, 4), WORLD, 0, ACCESS, 0, "as pmtu"},
	{"too big still, IPv6", 0, NET, STEP_ICMP(2, 0), WORLD6, 0, ACCESS6, 0, "as pmtu"},
	{"solicitation still", 0, NET, STEP_ICMP(135, 0), "fe80::1", 0, ACCESS6, 0, "as nd",
	 .hops = 255},
};

#define STP  "01:80:c2:00:00:00"
#define PVST "01:00:0c:cc:cc:cd"
#define TYPE STEP_ETHERTYPE

static const struct step non_ip[] = {
	{"ARP", 0, NET, TYPE(0x0806), NOBODY, "as arp"},
	{"LLDP", 0, NET, TYPE(0x88cc), NOBODY, "as lldp"},
	{"EAPOL", 0, NET, TYPE(0x888e), NOBODY, "as eapol"},
	{"LACP", 0, NET, TYPE(0x8809), NOBODY, "as lacp"},
	{"PPPoE discovery", 0, NET, TYPE(0x8863), NOBODY, "as pppoe-discovery"},
	{"spanning tree", 0, NET, TYPE(0x0026), STP, 0, NULL, 0, "as stp"},
	{"spanning tree of a VLAN", 0, NET, TYPE(0x0032), PVST, 0, NULL, 0, "as stp"},
	{"the greatest length", 0, NET, TYPE(0x05ff), STP, 0, NULL, 0, "as stp"},
	{"no length", 0, NET, TYPE(0x0600), STP, 0, NULL, 0, "pass"},
	{"a length to another", 0, NET, TYPE(0x0026), NOBODY, "pass"},
	{"PPPoE session", 0, NET, TYPE(0x8864), NOBODY, "pass"},
	{"RARP", 0, NET, TYPE(0x8035), NOBODY, "pass"},
	{"MPLS", 0, NET, TYPE(0x8847), NOBODY, "pass"},
};

static const struct step no_non_ip[] = {
	{"ARP", 0, NET, TYPE(0x0806), NOBODY, "as arp"},
	{"above ARP", 0, NET, TYPE(0x0807), NOBODY, "non-ip"},
	{"LLDP", 0, NET, TYPE(0x88cc), NOBODY, "as lldp"},
	{"EAPOL", 0, NET, TYPE(0x888e), NOBODY, "as eapol"},
	{"below EAPOL", 0, NET, TYPE(0x888d), NOBODY, "non-ip"},
	{"LACP", 0, NET, TYPE(0x8809), NOBODY, "as lacp"},
	{"PPPoE discovery", 0, NET, TYPE(0x8863), NOBODY, "as pppoe-discovery"},
	{"PPPoE session", 0, NET, TYPE(0x8864), NOBODY, "non-ip"},
	{"spanning tree", 0, NET, TYPE(0x0026), STP, 0, NULL, 0, "as stp"},
	{"spanning tree of a VLAN", 0, NET, TYPE(0x0032), PVST, 0, NULL, 0, "as stp"},
	{"no length", 0, NET, TYPE(0x0600), STP, 0, NULL, 0, "non-ip"},
	{"a length to another group", 0, NET, TYPE(0x0026), "01:80:c2:00:00:01", 0, NULL, 0,
	 "non-ip"},
	{"a length beside the VLANs' group", 0, NET, TYPE(0x0026), "01:00:0c:cc:cc:cc", 0, NULL, 0,
	 "non-ip"},
	{"a length to anyone", 0, NET, TYPE(0x0026), NOBODY, "non-ip"},
	{"MPLS", 0, NET, TYPE(0x8847), NOBODY, "non-ip"},
};

#define UNSET	  "0.0.0.0"
#define BROADCAST "255.255.255.255"

static const struct step dhcp[] = {
	{"from the LAN", 0, LAN, UDP, FE, 68, BROADCAST, 67, "as dhcp"},
	{"to the LAN", 0, LAN, UDP, "10.0.1.1", 67, FE, 68, "as dhcp"},
	{"of a relay", 0, LAN, UDP, "10.0.1.1", 67, FE, 67, "as dhcp"},
	{"from the outer DMZ", 0, DMZ, UDP, WORLD, 67, ACCESS, 68, "as dhcp"},
	{"from the Internet", 0, NET, UDP, WORLD, 67, ACCESS, 68, "unmatched"},
	{"above the ports", 0, LAN, UDP, "10.0.1.1", 67, FE, 69, "unmatched"},
	{"below the ports", 0, LAN, UDP, "10.0.1.1", 66, FE, 68, "unmatched"},
	{"over TCP", 0, LAN, SYN, "10.0.1.1", 67, FE, 68, "unmatched"},
	{"of strangers", 0, LAN, UDP, UNSET, 68, BROADCAST, 67, "pass"},
	{"IPv6", 0, LAN, UDP, FE6, 546, "ff02::1:2", 547, "as dhcp"},
	{"IPv6, answer", 0, LAN, UDP, "fe80::1", 547, FE6, 546, "as dhcp"},
	{"IPv6, below the ports", 0, LAN, UDP, "fe80::1", 545, FE6, 546, "unmatched"},
	{"IPv6, above the ports", 0, LAN, UDP, "fe80::1", 547, FE6, 548, "unmatched"},
	{"IPv6 by IPv4's ports", 0, LAN, UDP, "fe80::1", 67, FE6, 68, "unmatched"},
	{"IPv4 by IPv6's ports", 0, LAN, UDP, "10.0.1.1", 547, FE, 546, "unmatched"},
	{"spoofed", 0, DMZ, UDP, FE, 68, BROADCAST, 67, "spoofed"},
};

static const struct step no_foreign[] = {
	{"strangers", 0, NET, SYN, WORLD, 40000, OTHER, 443, "foreign"},
	{"strangers' GRE", 0, NET, GRE, WORLD, 0, OTHER, 0, "foreign"},
	{"strangers' ESP", 0, NET, STEP_PROTO(50), WORLD6, 0, OTHER6, 0, "foreign"},
	{"strangers' echo", 0, NET, STEP_ICMP(8, 0), WORLD, 0, OTHER, 0, "as echo"},
	{"strangers' DHCP", 0, LAN, UDP, UNSET, 68, BROADCAST, 67, "as dhcp"},
	{"strangers' DHCP from the Internet", 0, NET, UDP, UNSET, 68, BROADCAST, 67, "foreign"},
	{"a row", 0, NET, SYN, IN(ACCESS, 1), "pass"},
	{"no row", 0, NET, SYN, WORLD, 1, ACCESS, 1, "unmatched"},
	{"strangers' fragment", 0, NET, UDP | STEP_LATER, WORLD, 0, OTHER, 0, "pass", .id = 1},
	{"ARP", 0, NET, TYPE(0x0806), NOBODY, "as arp"},
};

/* --- addresses -------------------------------------------------------------------------------- */

static const struct step martians[] = {
	{"0/8", 0, NET, SYN, "0.0.0.1", 1, ACCESS, 443, "martian"},
	{"0/8, last", 0, NET, SYN, "0.255.255.255", 1, ACCESS, 443, "martian"},
	{"0.0.0.0 itself", 0, NET, SYN, "0.0.0.0", 1, ACCESS, 443, "pass"},
	{"above 0/8", 0, NET, SYN, "1.0.0.0", 1, ACCESS, 443, "pass"},
	{"below loopback", 0, NET, SYN, "126.255.255.255", 1, ACCESS, 443, "pass"},
	{"loopback, first", 0, NET, SYN, "127.0.0.0", 1, ACCESS, 443, "martian"},
	{"loopback, last", 0, NET, SYN, "127.255.255.255", 1, ACCESS, 443, "martian"},
	{"above loopback", 0, NET, SYN, "128.0.0.0", 1, ACCESS, 443, "pass"},
	{"below multicast", 0, NET, SYN, "223.255.255.255", 1, ACCESS, 443, "pass"},
	{"multicast, first", 0, NET, SYN, "224.0.0.0", 1, ACCESS, 443, "martian"},
	{"reserved, first", 0, NET, SYN, "240.0.0.0", 1, ACCESS, 443, "martian"},
	{"broadcast", 0, NET, SYN, BROADCAST, 1, ACCESS, 443, "martian"},
	{"to 0/8", 0, DMZ, SYN, ACCESS, 1, "0.0.0.1", 80, "martian"},
	{"to 0.0.0.0", 0, DMZ, SYN, ACCESS, 1, "0.0.0.0", 80, "martian"},
	{"to loopback", 0, DMZ, SYN, ACCESS, 1, "127.0.0.1", 80, "martian"},
	{"to multicast", 0, DMZ, SYN, ACCESS, 1, "224.0.0.1", 80, "pass"},
	{"to reserved", 0, DMZ, SYN, ACCESS, 1, "240.0.0.1", 80, "martian"},
	{"to the last but one", 0, DMZ, SYN, ACCESS, 1, "255.255.255.254", 80, "martian"},
	{"to broadcast", 0, DMZ, SYN, ACCESS, 1, BROADCAST, 80, "pass"},
	{"::1", 0, NET, SYN, "::1", 1, ACCESS6, 443, "martian"},
	{"::", 0, NET, SYN, "::", 1, ACCESS6, 443, "pass"},
	{"::2", 0, NET, SYN, "::2", 1, ACCESS6, 443, "pass"},
	{"multicast, IPv6", 0, NET, SYN, "ff02::1", 1, ACCESS6, 443, "martian"},
	{"below multicast, IPv6", 0, NET, SYN, "feff:ffff::1", 1, ACCESS6, 443, "pass"},
	{"mapped", 0, NET, SYN, "::ffff:192.0.2.1", 1, ACCESS6, 443, "martian"},
	{"below mapped", 0, NET, SYN, "::fffe:c000:201", 1, ACCESS6, 443, "pass"},
	{"above mapped", 0, NET, SYN, "::1:0:0:0", 1, ACCESS6, 443, "pass"},
	{"to ::1", 0, DMZ, SYN, ACCESS6, 1, "::1", 80, "martian"},
	{"to multicast, IPv6", 0, DMZ, SYN, ACCESS6, 1, "ff02::1", 80, "pass"},
	{"to mapped", 0, DMZ, SYN, ACCESS6, 1, "::ffff:192.0.2.1", 80, "martian"},
	{"martian before spoofed", 0, NET, SYN, FE, 1, "127.0.0.1", 80, "martian"},
	{"spoofed", 0, NET, SYN, FE, 1, ACCESS, 443, "spoofed"},
	{"spoofed UDP", 0, LAN, UDP, AV, 1, WORLD, 3478, "spoofed"},
	{"among strangers too", 0, NET, UDP, "127.0.0.1", 1, OTHER, 9, "martian"},
	{"later fragment of a martian", 0, NET, UDP | STEP_LATER, "127.0.0.1", 0, OTHER, 0,
	 "martian", .id = 1},
	{"later fragment of a spoofed", 0, NET, UDP | STEP_LATER, FE, 0, OTHER, 0, "spoofed",
	 .id = 1},
};

#define DENY                                                                       \
	"deny:\n"                                                                  \
	"  - {name: first, prefixes: [198.51.100.0/24, \"2001:db8:dead::/48\"]}\n" \
	"  - {name: second, prefixes: [198.51.100.7, 198.51.0.0/16, 172.25.33.10]}\n"
#define BAD  "198.51.100.7"
#define BAD6 "2001:db8:dead::1"

static const struct step denied[] = {
	{"from a list", 0, NET, SYN, BAD, 1, ACCESS, 443, "deny-list"},
	{"to a list", 0, DMZ, SYN, ACCESS, 1, BAD, 80, "deny-list"},
	{"by any side", 0, LAN, UDP, BAD, 1, FE, 80, "deny-list"},
	{"from a list, IPv6", 0, NET, UDP, BAD6, 1, AV6, 3478, "deny-list"},
	{"to a list, IPv6", 0, DMZ, UDP, AV6, 1, BAD6, 3478, "deny-list"},
	{"beside it", 0, NET, SYN, "198.52.0.0", 1, ACCESS, 443, "pass"},
	{"beside it, IPv6", 0, NET, SYN, "2001:db8:deae::", 1, ACCESS6, 443, "pass"},
	{"strangers", 0, NET, SYN, BAD, 1, OTHER, 1, "deny-list"},
	{"ICMP", 0, NET, STEP_ICMP(8, 0), BAD, 0, ACCESS, 0, "deny-list"},
	{"ESP", 0, NET, STEP_PROTO(50), BAD, 0, ACCESS, 0, "deny-list"},
	{"a server", 0, LAN, SYN, FE, 1, INNER, 5061, "deny-list"},
	{"spoofed is first", 0, NET, SYN, FE, 1, BAD, 443, "spoofed"},
	{"martian is first", 0, NET, SYN, "127.0.0.1", 1, BAD, 443, "martian"},
	{"DHCP", 0, LAN, UDP, BAD, 68, BROADCAST, 67, "deny-list"},
	{"later fragment", 0, NET, UDP | STEP_LATER, BAD, 0, ACCESS, 0, "deny-list", .id = 1},
	{"later fragment to it", 0, DMZ, UDP | STEP_LATER, ACCESS6, 0, BAD6, 0, "deny-list",
	 .id = 1},
	{"ARP", 0, NET, TYPE(0x0806), NOBODY, "as arp"},
};

/* --- verdicts of rows ------------------------------------------------------------------------- */

#define EXT "lync2013-edge-nat/external"
#define DENY_ROW                                  \
	"verdicts:\n"                             \
	"  - {row: " EXT "/5, verdict: deny}\n"   \
	"  - {row: " EXT "/14, verdict: allow}\n" \
	"  - {role: av-edge, verdict: deny}\n"

static const struct step deny_row[] = {
	{"denied", 0, NET, SYN, IN(ACCESS, 1), "deny-row"},
	{"its reply", 0, DMZ, ACK, OUT(ACCESS, 1), "deny-row"},
	{"another row of the host", 0, NET, SYN, WORLD, 1, ACCESS, 5061, "pass"},
	{"a row of the role", 0, NET, SYN, IN(AV, 1), "deny-row"},
	{"the row before its role", 0, NET, UDP, WORLD, 1, AV, 3478, "pass"},
	{"reply of a row of the role", 0, NET, ACK, WORLD, 443, AV, 1, "deny-row"},
	{"the answer", 0, DMZ, UDP, AV, 3478, WORLD, 1, "pass"},
	{"a denied fragment", 0, NET, SYN | STEP_FIRST, IN(ACCESS, 1), "deny-row", .id = 9},
	{"and what follows", 0, NET, SYN | STEP_LATER, IN(ACCESS, 1), "fragment-denied", .id = 9},
};

#define DENY_TABLE                                  \
	"verdicts:\n"                               \
	"  - {table: " EXT ", verdict: deny}\n"     \
	"  - {role: access-edge, verdict: allow}\n" \
	"  - {row: " EXT "/8, verdict: allow}\n"

static const struct step deny_table[] = {
	{"the table before the role", 0, NET, SYN, IN(ACCESS, 1), "deny-row"},
	{"the row before the table", 0, NET, SYN, IN(WEB, 1), "pass"},
	{"another table", 0, LAN, SYN, FE, 1, INNER, 5061, "pass"},
};

/* --- limits ----------------------------------------------------------------------------------- */

#define LIMIT(on, rate)                                                         \
	"verdicts:\n"                                                           \
	"  - {row: " EXT "/14, limit: " rate " per source, limit_on: " on "}\n" \
	"  - {row: " EXT "/5, limit: " rate " per source, limit_on: " on "}\n"

static const struct step limit_flows[] = {
	{"first", 0, NET, UDP, WORLD, 1, AV, 3478, "pass"},
	{"second", 0, NET, UDP, WORLD, 2, AV, 3478, "pass"},
	{"third", 0, NET, UDP, WORLD, 3, AV, 3478, "limited"},
	{"again", 0, NET, UDP, WORLD, 3, AV, 3478, "limited"},
	{"it began nothing", 0, DMZ, UDP, AV, 3478, WORLD, 3, "unsolicited"},
	{"what runs is left alone", 0, NET, UDP, WORLD, 1, AV, 3478, "pass"},
	{"what runs is left alone", 0, DMZ, UDP, AV, 3478, WORLD, 2, "pass"},
	{"another row of its own", 0, NET, SYN, IN(ACCESS, 1), "pass"},
	{"another source", 0, NET, UDP, OTHER, 3, AV, 3478, "pass"},
	{"a nanosecond too early", S - 1, NET, UDP, WORLD, 4, AV, 3478, "limited"},
	{"one token", 1, NET, UDP, WORLD, 4, AV, 3478, "pass"},
	{"no second one", 0, NET, UDP, WORLD, 5, AV, 3478, "limited"},
	{"full again, no more than that", 29 * S, NET, UDP, WORLD, 6, AV, 3478, "pass"},
	{"full again, no more than that", 0, NET, UDP, WORLD, 7, AV, 3478, "pass"},
	{"full again, no more than that", 0, NET, UDP, WORLD, 8, AV, 3478, "limited"},
	{"a flow that ended begins anew", 40 * S, NET, UDP, WORLD, 6, AV, 3478, "pass"},
	{"which takes a token", 0, NET, UDP, WORLD, 7, AV, 3478, "pass"},
	{"and there were two", 0, NET, UDP, WORLD, 8, AV, 3478, "limited"},
	{"IPv6", 0, NET, UDP, WORLD6, 1, AV6, 3478, "pass"},
	{"IPv6, same 64 bits", 0, NET, UDP, NEAR6, 1, AV6, 3478, "pass"},
	{"IPv6, same 64 bits", 0, NET, UDP, WORLD6, 2, AV6, 3478, "limited"},
	{"IPv6, another subnet", 0, NET, UDP, OTHER6, 1, AV6, 3478, "pass"},
};

static const struct step limit_again[] = {
	{"SYN", 0, NET, SYN, IN(ACCESS, 1), "pass"},
	{"SYN once more is not asked", 0, NET, SYN, IN(ACCESS, 1), "pass"},
	{"RST", 0, NET, RST, IN(ACCESS, 1), "pass"},
	{"used again", 0, NET, SYN, IN(ACCESS, 1), "pass"},
	{"RST", 0, NET, RST, IN(ACCESS, 1), "pass"},
	{"once too often", 0, NET, SYN, IN(ACCESS, 1), "limited"},
	{"it is still closing", 10 * S, DMZ, RST, OUT(ACCESS, 1), "pass"},
	{"an ACK in the middle is asked", 11 * S, NET, ACK, IN(ACCESS, 1), "pass"},
	{"an ACK in the middle is asked", 0, NET, ACK, IN(ACCESS, 2), "pass"},
	{"an ACK in the middle is asked", 0, NET, ACK, IN(ACCESS, 3), "limited"},
	{"RST", 0, NET, RST, IN(ACCESS, 2), "pass"},
	{"what goes on nevertheless is not asked", 0, NET, ACK, IN(ACCESS, 2), "pass"},
};

static const struct step limit_packets[] = {
	{"first", 0, NET, UDP, WORLD, 1, AV, 3478, "pass"},
	{"reply is not asked", 0, DMZ, UDP, AV, 3478, WORLD, 1, "pass"},
	{"second", 0, NET, UDP, WORLD, 1, AV, 3478, "pass"},
	{"third", 0, NET, UDP, WORLD, 1, AV, 3478, "limited"},
	{"reply is not asked", 0, DMZ, UDP, AV, 3478, WORLD, 1, "pass"},
	{"early", 999 * MS, NET, UDP, WORLD, 1, AV, 3478, "limited"},
	{"in time", MS, NET, UDP, WORLD, 1, AV, 3478, "pass"},
	{"another source", 0, NET, UDP, OTHER, 1, AV, 3478, "pass"},
	{"who has no address yet", 0, NET, UDP, "0.0.0.0", 1, AV, 3478, "pass"},
	{"who has no address yet", 0, NET, UDP, "0.0.0.0", 1, AV, 3478, "pass"},
	{"nor one of IPv6", 0, NET, UDP, "::", 1, AV6, 3478, "pass"},
	{"who has no address yet", 0, NET, UDP, "0.0.0.0", 1, AV, 3478, "limited"},
};

#define LIMITED_MEDIA \
	"verdicts:\n" \
	"  - {row: " EXT "/11, limit: 1/s burst 2 per source}\n"

static const struct step limit_instead[] = {
	{"the media row in the reply's place", 0, NET, ACK, WORLD, 443, AV, 50001, "pass"},
	{"the media row in the reply's place", 0, NET, ACK, WORLD, 443, AV, 50002, "pass"},
	{"and its limit", 0, NET, ACK, WORLD, 443, AV, 50003, "limited"},
	{"what has a flow is a reply", 0, NET, ACK, WORLD, 443, AV, 50001, "pass"},
};

#define LIMITED_PACKETS \
	"verdicts:\n"   \
	"  - {row: " EXT "/11, limit: 1/s burst 1 per source, limit_on: packets}\n"

static const struct step limit_not_reply[] = {
	{"the media row in the reply's place", 0, NET, ACK, WORLD, 443, AV, 50001, "pass"},
	{"a reply now, which is not asked", 0, NET, ACK, WORLD, 443, AV, 50001, "pass"},
	{"nor is the next, when the tick is another", S / 2, NET, ACK, WORLD, 443, AV, 50001,
	 "pass"},
	{"what has no flow is", 0, NET, ACK, WORLD, 443, AV, 50002, "limited"},
};

/* --- fragments -------------------------------------------------------------------------------- */

#define FIRST(kind) (kind | STEP_FIRST)
#define LATER(kind) (kind | STEP_LATER)

static const struct step fragments[] = {
	{"orphan", 0, NET, LATER(UDP), WORLD, 0, AV, 0, "fragment-orphan", .id = 1},
	{"orphan of strangers", 0, NET, LATER(UDP), WORLD, 0, OTHER, 0, "pass", .id = 1},
	{"orphan going out", 0, DMZ, LATER(UDP), AV, 0, WORLD, 0, "fragment-orphan", .id = 1},
	{"first", 0, NET, FIRST(UDP), WORLD, 9, AV, 3478, "pass", .id = 1},
	{"later", 0, NET, LATER(UDP), WORLD, 0, AV, 0, "pass", .id = 1},
	{"again", 0, NET, LATER(UDP), WORLD, 0, AV, 0, "pass", .id = 1},
	{"of another number", 0, NET, LATER(UDP), WORLD, 0, AV, 0, "fragment-orphan", .id = 2},
	{"of another protocol", 0, NET, LATER(ACK), WORLD, 0, AV, 0, "fragment-orphan", .id = 1},
	{"of another source", 0, NET, LATER(UDP), OTHER, 0, AV, 0, "fragment-orphan", .id = 1},
	{"to another destination", 0, NET, LATER(UDP), WORLD, 0, ACCESS, 0, "fragment-orphan",
	 .id = 1},
	{"the other way round", 0, DMZ, LATER(UDP), AV, 0, WORLD, 0, "fragment-orphan", .id = 1},
	{"the first began a flow", 0, DMZ, UDP, AV, 3478, WORLD, 9, "pass"},
	{"as long as it is remembered", 30 * S, NET, LATER(UDP), WORLD, 0, AV, 0, "pass", .id = 1},
	{"which that did not prolong", S, NET, LATER(UDP), WORLD, 0, AV, 0, "fragment-orphan",
	 .id = 1},
	{"first, dropped", 0, NET, FIRST(UDP), WORLD, 9, AV, 9, "unmatched", .id = 3},
	{"later", 0, NET, LATER(UDP), WORLD, 0, AV, 0, "fragment-denied", .id = 3},
	{"first, unsolicited", 0, NET, FIRST(UDP), WORLD, 53, ACCESS, 9, "unsolicited", .id = 4},
	{"later", 0, NET, LATER(UDP), WORLD, 0, ACCESS, 0, "fragment-denied", .id = 4},
	{"the number used again", 0, NET, FIRST(UDP), WORLD, 9, AV, 3478, "pass", .id = 3},
	{"the newer has the last word", 0, NET, LATER(UDP), WORLD, 0, AV, 0, "pass", .id = 3},
	{"a large ping", 0, NET, FIRST(STEP_ICMP(8, 0)), WORLD, 0, AV, 0, "as echo", .id = 5},
	{"later", 0, NET, LATER(STEP_ICMP(8, 0)), WORLD, 0, AV, 0, "pass", .id = 5},
	{"a first one of strangers", 0, NET, FIRST(UDP), WORLD, 9, OTHER, 9, "pass", .id = 6},
	{"later", 0, NET, LATER(UDP), WORLD, 0, OTHER, 0, "pass", .id = 6},
	{"first, IPv6", 0, NET, FIRST(UDP), WORLD6, 9, AV6, 3478, "pass", .id = 0x10001},
	{"later, IPv6", 0, NET, LATER(UDP), WORLD6, 0, AV6, 0, "pass", .id = 0x10001},
	{"another protocol, IPv6", 0, NET, LATER(ACK), WORLD6, 0, AV6, 0, "pass", .id = 0x10001},
	{"half the number, IPv6", 0, NET, LATER(UDP), WORLD6, 0, AV6, 0, "fragment-orphan",
	 .id = 1},
	{"other source, IPv6", 0, NET, LATER(UDP), NEAR6, 0, AV6, 0, "fragment-orphan",
	 .id = 0x10001},
	{"eight bytes of TCP", 0, NET, FIRST(SYN) | STEP_CUT, IN(ACCESS, 1), "malformed", .id = 7},
	{"which are remembered by nobody", 0, NET, LATER(SYN), IN(ACCESS, 1), "fragment-orphan",
	 .id = 7},
	{"the same whole", 0, NET, FIRST(SYN), IN(ACCESS, 1), "pass", .id = 7},
	{"eight bytes again", 0, NET, FIRST(SYN) | STEP_CUT, IN(ACCESS, 1), "malformed", .id = 7},
	{"change nothing", 0, NET, LATER(SYN), IN(ACCESS, 1), "pass", .id = 7},
	{"another generation", 0, NET, STEP_RELOAD, NOBODY, NULL},
	{"which remembers none", 0, NET, LATER(UDP), WORLD, 0, AV, 0, "fragment-orphan", .id = 3},
	{"IPv6 neither", 0, NET, LATER(UDP), WORLD6, 0, AV6, 0, "fragment-orphan", .id = 0x10001},
	{"but the flow", 0, DMZ, UDP, AV, 3478, WORLD, 9, "pass"},
};

static const struct step orphans[] = {
	{"orphan", 0, NET, LATER(UDP), WORLD, 0, AV, 0, "pass", .id = 1},
	{"first, dropped", 0, NET, FIRST(UDP), WORLD, 9, AV, 9, "unmatched", .id = 3},
	{"later", 0, NET, LATER(UDP), WORLD, 0, AV, 0, "fragment-denied", .id = 3},
	{"until it is forgotten", 31 * S, NET, LATER(UDP), WORLD, 0, AV, 0, "pass", .id = 3},
};

/* --- without flows, and through reloads ------------------------------------------------------- */

static const struct step stateless[] = {
	{"a reply", 0, NET, UDP, WORLD, 53, ACCESS, 40000, "pass"},
	{"a reply of TCP", 0, DMZ, ACK, OUT(ACCESS, 1), "pass"},
	{"no row", 0, NET, UDP, WORLD, 52, ACCESS, 40000, "unmatched"},
	{"orphan", 0, NET, LATER(UDP), WORLD, 0, AV, 0, "fragment-orphan", .id = 1},
	{"first", 0, NET, FIRST(UDP), WORLD, 9, AV, 3478, "pass", .id = 1},
	{"later", 0, NET, LATER(UDP), WORLD, 0, AV, 0, "pass", .id = 1},
};

static const struct step reload[] = {
	ESTABLISHED(1),
	{"SYN", 0, NET, SYN, IN(ACCESS, 2), "pass"},
	{"reload", 0, NET, STEP_RELOAD, NOBODY, NULL},
	{"established still", 7440 * S, DMZ, ACK, OUT(ACCESS, 1), "pass"},
	{"SYN", 0, NET, SYN, IN(ACCESS, 2), "pass"},
	{"reload", 0, NET, STEP_RELOAD, NOBODY, NULL},
	{"new still", 30 * S, DMZ, SYNACK, OUT(ACCESS, 2), "pass"},
	{"the other mode", 0, NET, STEP_TURN, NOBODY, NULL},
	{"established still", 0, DMZ, ACK, OUT(ACCESS, 1), "pass"},
	{"replied still", 0, NET, ACK, IN(ACCESS, 2), "pass"},
	{"never begun", 0, DMZ, ACK, OUT(ACCESS, 3), "unsolicited"},
	{"and back", 0, NET, STEP_TURN, NOBODY, NULL},
	{"established still", 7440 * S, DMZ, ACK, OUT(ACCESS, 2), "pass"},
};

#define NAT                                                                                   \
	"nat: {203.0.113.10: 10.45.16.10, \"2001:db8:16::10\": \"fd00::1\"}\n"                \
	"rows:\n"                                                                             \
	"  - {name: inside, service: inside, l4: tcp, ports: 443, source: any, destination: " \
	"[10.45.16.10, \"fd00::1\"]}\n"                                                       \
	"  - {name: asks, service: asks, l4: udp, ports: 53, source: [10.45.16.10], "         \
	"destination: any}\n"
#define PRIVATE	 "10.45.16.10"
#define PRIVATE6 "fd00::1"

static const struct step nat[] = {
	{"in, before translation", 0, NET, SYN, IN(ACCESS, 1), "pass"},
	{"out, as the host is behind it", 0, DMZ, SYNACK, OUT(PRIVATE, 1), "pass"},
	{"in: established", 0, NET, ACK, IN(ACCESS, 1), "pass"},
	{"out, for as long", 7440 * S, DMZ, ACK, OUT(PRIVATE, 1), "pass"},
	{"in keeps both alive", 7000 * S, NET, ACK, IN(ACCESS, 1), "pass"},
	{"in keeps both alive", 7000 * S, NET, ACK, IN(ACCESS, 1), "pass"},
	{"out", 7000 * S, DMZ, ACK, OUT(PRIVATE, 1), "pass"},
	{"out", 7000 * S, DMZ, ACK, OUT(PRIVATE, 1), "pass"},
	{"out, as it was", 7000 * S, DMZ, ACK, OUT(ACCESS, 1), "pass"},
	{"to another port", 0, DMZ, ACK, OUT(PRIVATE, 2), "unsolicited"},
	{"a question", 0, DMZ, UDP, PRIVATE, 5, WORLD, 53, "pass"},
	{"the answer, before translation", 0, NET, UDP, WORLD, 53, ACCESS, 5, "pass"},
	{"nobody asked", 0, NET, UDP, WORLD, 53, ACCESS, 6, "unsolicited"},
	{"in, IPv6", 0, NET, SYN, WORLD6, 1, ACCESS6, 443, "pass"},
	{"out, IPv6", 0, DMZ, SYNACK, PRIVATE6, 443, WORLD6, 1, "pass"},
	{"nobody asked, IPv6", 0, DMZ, SYNACK, PRIVATE6, 443, WORLD6, 2, "unsolicited"},
	{"RST, forged", 0, NET, RST, IN(ACCESS, 1), "pass"},
	{"out, gone on with in both forms", 0, DMZ, ACK, OUT(PRIVATE, 1), "pass"},
	{"in", 0, NET, ACK, IN(ACCESS, 1), "pass"},
	{"out", 7440 * S, DMZ, ACK, OUT(PRIVATE, 1), "pass"},
	{"RST", 0, DMZ, RST, OUT(PRIVATE, 1), "pass"},
	{"closed in both forms", 11 * S, DMZ, ACK, OUT(PRIVATE, 1), "unsolicited"},
	{"closed in both forms", 0, DMZ, ACK, OUT(ACCESS, 1), "unsolicited"},
};

const struct story stories[] = {
	{"TCP, established", "", ALL(tcp_established)},
	{"TCP, new", "", ALL(tcp_new)},
	{"TCP, FIN", "", ALL(tcp_fin)},
	{"TCP, RST", "", ALL(tcp_rst)},
	{"TCP, a RST that nobody obeyed", "", ALL(tcp_revived)},
	{"forged replies", "", ALL(forged)},
	{"forward both ways", "", ALL(both_ways)},
	{"a denied row in the reply's place", "verdicts: [{row: " EXT "/11, verdict: deny}]\n",
	 ALL(media_denied)},
	{"UDP", "", ALL(udp)},
	{"neither TCP nor UDP", TUNNEL, ALL(other)},
	{"what always passes", "", ALL(names)},
	{"echo: drop", "echo: drop\n", ALL(no_echo)},
	{"non-IP", "", ALL(non_ip)},
	{"non-ip: drop", "non-ip: drop\n", ALL(no_non_ip)},
	{"DHCP", "", ALL(dhcp)},
	{"foreign: drop", "foreign: drop\n", ALL(no_foreign)},
	{"martians", "", ALL(martians)},
	{"deny lists", DENY, ALL(denied)},
	{"denied rows", DENY_ROW, ALL(deny_row)},
	{"a denied table", DENY_TABLE, ALL(deny_table)},
	{"limit on new flows", LIMIT("new-flows", "1/s burst 2"), ALL(limit_flows)},
	{"limit on flows used again", LIMIT("new-flows", "1/s burst 2"), ALL(limit_again)},
	{"limit on packets", LIMIT("packets", "1/s burst 2"), ALL(limit_packets)},
	{"a limited row in the reply's place", LIMITED_MEDIA, ALL(limit_instead)},
	{"no limit for replies", LIMITED_PACKETS, ALL(limit_not_reply)},
	{"fragments", "", ALL(fragments)},
	{"fragments: pass", "fragments: pass\n", ALL(orphans)},
	{"state: off", "state: off\n", ALL(stateless)},
	{"reload", "", ALL(reload)},
	{"translation", NAT, ALL(nat)},
};
const size_t n_stories = sizeof(stories) / sizeof(*stories);
