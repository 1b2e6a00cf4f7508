// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fragments of IPv4 and IPv6: first ones carry ports, later ones are a miss, tiny ones malformed.
 * And packets within packets, whose ports are nobody's.
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

#define MORE 0x2000

struct fragment_case {
	const char *name;
	uint16_t field; /* as IPv4 has it: MORE, and the offset in units of 8 bytes */
	unsigned proto;
	unsigned bytes; /* of what follows the IP header, out of a packet with 100 bytes of payload
			 */
	const char *row;
	enum xe_miss miss;
};

/* WORLD to port 443 of the Access Edge as SYN, or to port 3478 of it over UDP, in pieces. */
static const struct fragment_case fragment_cases[] = {
	{"whole", 0, IPPROTO_TCP, 120, ROW(EXT(5))},
	{"first", MORE, IPPROTO_TCP, 120, ROW(EXT(5))},
	{"first, the header alone", MORE, IPPROTO_TCP, 24, ROW(EXT(5))},
	{"first, the header cut", MORE, IPPROTO_TCP, 16, MISS(MALFORMED)},
	{"tiny first: eight bytes", MORE, IPPROTO_TCP, 8, MISS(MALFORMED)},
	{"first of nothing", MORE, IPPROTO_TCP, 0, MISS(MALFORMED)},
	{"later", 15, IPPROTO_TCP, 20, MISS(FRAGMENT)},
	{"later, not the last", MORE | 15, IPPROTO_TCP, 24, MISS(FRAGMENT)},
	{"overlapping, offset 1", 1, IPPROTO_TCP, 120, MISS(FRAGMENT)},
	{"overlapping, offset 1, not the last", MORE | 1, IPPROTO_TCP, 120, MISS(FRAGMENT)},
	{"the last possible offset", 0x1fff, IPPROTO_TCP, 8, MISS(FRAGMENT)},
	{"later of nothing", 15, IPPROTO_TCP, 0, MISS(FRAGMENT)},
	{"first of UDP, announcing more than it holds", MORE, IPPROTO_UDP, 64, ROW(EXT(14))},
	{"first of UDP, the header alone", MORE, IPPROTO_UDP, 8, ROW(EXT(14))},
	{"first of UDP of nothing", MORE, IPPROTO_UDP, 0, MISS(MALFORMED)},
	{"the same not as a fragment", 0, IPPROTO_UDP, 64, MISS(MALFORMED)},
	{"later of UDP", 8, IPPROTO_UDP, 52, MISS(FRAGMENT)},
	{"first of ICMP", MORE, IPPROTO_ICMP, 64, MISS(IP_OTHER)},
	{"later of ICMP", 8, IPPROTO_ICMP, 64, MISS(FRAGMENT)},
	{"first of ESP", MORE, IPPROTO_ESP, 64, MISS(IP_OTHER)},
};

static void put_piece(struct wire *w, const struct fragment_case *c)
{
	size_t at = w->len;

	if (c->proto == IPPROTO_TCP)
		wire_tcp(w, 40000, 443, TCP_SYN, 5);
	else if (c->proto == IPPROTO_UDP)
		wire_udp(w, 40000, 3478);
	else
		wire_proto(w, c->proto);
	wire_bytes(w, 0, at + 120 - w->len);
	if (c->proto == IPPROTO_UDP)
		wire_set16(w, w->udp_length, 120);
	w->udp_length = 0;
	w->len = at + c->bytes;
	wire_end(w);
}

static void fragments(void **state)
{
	static struct wire w;

	(void)state;
	perimeter.sweep = true;
	for (size_t i = 0; i < sizeof(fragment_cases) / sizeof(*fragment_cases); i++) {
		const struct fragment_case *c = &fragment_cases[i];

		wire_start(&w);
		wire_ip(&w, WORLD, c->proto == IPPROTO_UDP ? AV : ACCESS);
		wire_ipv4_fragment(&w, c->field);
		put_piece(&w, c);
		perimeter_expect(&w, c->name, c->field, c->row, c->miss);

		/*
		 * IPv6: the same field, shifted by three bits. Offset 0 without M is an atomic
		 * fragment: none at all.
		 */
		wire_start(&w);
		wire_ip(&w, WORLD6, c->proto == IPPROTO_UDP ? AV6 : ACCESS6);
		wire_ipv6_fragment(&w, (c->field & 0x1fff) << 3 | (c->field & MORE ? 1 : 0));
		put_piece(&w, c);
		perimeter_expect(&w, c->name, c->field, c->row, c->miss);
	}
	/* Don't-fragment and the reserved bit are no fragment. */
	for (uint16_t flags = 0; flags <= 0x8000; flags += 0x4000) {
		wire_start(&w);
		wire_ip(&w, WORLD, ACCESS);
		wire_ipv4_fragment(&w, flags);
		wire_tcp(&w, 40000, 443, TCP_SYN, 5);
		wire_end(&w);
		perimeter_expect(&w, "flags without MF", 0, ROW(EXT(5)));
	}
	/* The reserved bits of IPv6's field are not the offset. */
	wire_start(&w);
	wire_ip(&w, WORLD6, ACCESS6);
	wire_ipv6_fragment(&w, 0x0006);
	wire_tcp(&w, 40000, 443, TCP_SYN, 5);
	wire_end(&w);
	perimeter_expect(&w, "reserved bits", 0, ROW(EXT(5)));
	/*
	 * A spoofed later fragment is a fragment: its ports are not known, so neither is whether
	 * DHCP exempts it.
	 */
	wire_start(&w);
	wire_ip(&w, FE, ACCESS);
	wire_ipv4_fragment(&w, 15);
	wire_bytes(&w, 0, 20);
	wire_end(&w);
	perimeter_expect(&w, "spoofed later fragment", 0, MISS(FRAGMENT));
	wire_start(&w);
	wire_ip(&w, FE, ACCESS);
	wire_ipv4_fragment(&w, MORE);
	wire_tcp(&w, 40000, 443, TCP_SYN, 5);
	wire_end(&w);
	perimeter_expect(&w, "spoofed first fragment", 0, MISS(SPOOFED));
}

/* The quoted packet of an ICMP error, and what a tunnel carries, are not looked at. */
static void inner_packets(void **state)
{
	static struct wire w;
	size_t outer;

	(void)state;
	perimeter.sweep = true;
	for (unsigned proto = 0; proto < 256; proto++) {
		if (proto == IPPROTO_TCP || proto == IPPROTO_UDP)
			continue;
		wire_start(&w);
		wire_ip(&w, WORLD, ACCESS);
		outer = w.ip;
		wire_proto(&w, proto);
		/* ICMP's eight bytes, then a packet that would hit external/5 */
		wire_bytes(&w, 0, proto == IPPROTO_ICMP ? 8 : 0);
		wire_ipv4(&w, WORLD, ACCESS, 5, 0);
		wire_tcp(&w, 40000, 443, TCP_SYN, 5);
		wire_end(&w);
		w.ip = outer;
		wire_set_ip_length(&w, w.len - outer);
		perimeter_expect(&w, "a packet within a packet", proto, MISS(IP_OTHER));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fragments),
		cmocka_unit_test(inner_packets),
	};

	return cmocka_run_group_tests(tests, perimeter_open, perimeter_close);
}
