// SPDX-License-Identifier: GPL-2.0-only
/*
 * IPv6 extension headers: how many, how long, in which order. Behind all of them stand the ports of
 * external/5.
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

/* What stands where no port is to be read from: the port of another row. */
#define DECOY 5061

static struct wire wire;

static const uint8_t extension_kinds[] = {
	IPPROTO_ROUTING, IPPROTO_DSTOPTS, IPPROTO_AH, 135, 139, 140};

static void put_extension(struct wire *w, uint8_t kind, unsigned size)
{
	if (kind == IPPROTO_FRAGMENT)
		wire_ipv6_fragment(w, 0);
	else
		wire_extension(w, kind, size, DECOY);
}

static void start_ipv6(struct wire *w)
{
	wire_start(w);
	wire_ip(w, WORLD6, ACCESS6);
}

static void end_tcp(struct wire *w)
{
	wire_tcp(w, 40000, 443, TCP_SYN, 5);
	wire_end(w);
}

/* Eight are skipped, nine are too deep. */
static void extension_chains(void **state)
{
	(void)state;
	for (size_t k = 0; k < sizeof(extension_kinds); k++)
		for (unsigned n = 0; n <= 24; n++)
			for (unsigned first = 0; first <= 1; first++) {
				start_ipv6(&wire);
				for (unsigned i = 0; i < n; i++) {
					bool hop = i == 0 && first;

					put_extension(&wire,
						      hop ? IPPROTO_HOPOPTS : extension_kinds[k],
						      8 * (1 + i % 3));
				}
				end_tcp(&wire);
				if (n <= 8)
					perimeter_expect(&wire, "chain", n, ROW(SIP_ROW));
				else
					perimeter_expect(&wire, "chain", n, MISS(TOO_DEEP));
			}
}

/* Every length field of every kind: the header is skipped as long as it fits. */
static void extension_lengths(void **state)
{
	(void)state;
	for (size_t k = 0; k < sizeof(extension_kinds); k++)
		for (unsigned field = 0; field <= 255; field++) {
			uint8_t kind = extension_kinds[k];
			unsigned size = kind == IPPROTO_AH ? (field + 2) * 4 : (field + 1) * 8;

			start_ipv6(&wire);
			put_extension(&wire, kind, size);
			end_tcp(&wire);
			perimeter_expect(&wire, "length of an extension", field, ROW(SIP_ROW));
			/* one unit more than there is */
			start_ipv6(&wire);
			put_extension(&wire, kind, size);
			wire_end(&wire);
			if (field < 255) {
				wire.bytes[wire.ip + 41]++;
				perimeter_expect(&wire, "extension beyond the payload", field,
						 MISS(MALFORMED));
			}
		}
}

/* Hop-by-hop anywhere but first; two fragment headers; a chain that ends in nothing. */
static void extension_order(void **state)
{
	(void)state;
	for (size_t k = 0; k < sizeof(extension_kinds); k++) {
		start_ipv6(&wire);
		put_extension(&wire, extension_kinds[k], 8);
		put_extension(&wire, IPPROTO_HOPOPTS, 8);
		end_tcp(&wire);
		perimeter_expect(&wire, "hop-by-hop second", extension_kinds[k], MISS(MALFORMED));
		start_ipv6(&wire);
		put_extension(&wire, extension_kinds[k], 8);
		wire_proto(&wire, IPPROTO_NONE);
		wire_bytes(&wire, 0, 20);
		wire_end(&wire);
		perimeter_expect(&wire, "nothing behind an extension", extension_kinds[k],
				 MISS(IP_OTHER));
		start_ipv6(&wire);
		put_extension(&wire, extension_kinds[k], 8);
		wire_proto(&wire, IPPROTO_ICMPV6);
		wire_end(&wire);
		perimeter_expect(&wire, "ICMPv6 behind an extension", extension_kinds[k],
				 MISS(IP_OTHER));
	}
	start_ipv6(&wire);
	put_extension(&wire, IPPROTO_HOPOPTS, 8);
	put_extension(&wire, IPPROTO_HOPOPTS, 8);
	end_tcp(&wire);
	perimeter_expect(&wire, "hop-by-hop twice", 0, MISS(MALFORMED));
	start_ipv6(&wire);
	put_extension(&wire, IPPROTO_FRAGMENT, 8);
	put_extension(&wire, IPPROTO_FRAGMENT, 8);
	end_tcp(&wire);
	perimeter_expect(&wire, "two fragment headers", 0, MISS(MALFORMED));
	start_ipv6(&wire);
	put_extension(&wire, IPPROTO_FRAGMENT, 8);
	put_extension(&wire, IPPROTO_DSTOPTS, 8);
	wire_ipv6_fragment(&wire, 8 << 3);
	end_tcp(&wire);
	perimeter_expect(&wire, "two fragment headers, the second a later one", 0, MISS(MALFORMED));
	/* The fragment header's length byte is reserved, not a length. */
	start_ipv6(&wire);
	wire_ipv6_fragment(&wire, 1);
	end_tcp(&wire);
	wire.bytes[wire.ip + 41] = 0xff;
	perimeter_expect(&wire, "reserved byte of a fragment header", 0, ROW(SIP_ROW));
}

/*
 * Routing header type 0 with hops left names another destination: the one in the IP header counts.
 */
static void routing_type_0(void **state)
{
	static const uint8_t other[16] = {0x20, 1, 0xd, 0xb8, 0, 0x16, [15] = 0x30}; /* AV6 */

	(void)state;
	start_ipv6(&wire);
	put_extension(&wire, IPPROTO_ROUTING, 24);
	wire.bytes[wire.next + 2] = 0;
	wire.bytes[wire.next + 3] = 1;
	memcpy(&wire.bytes[wire.next + 8], other, 16);
	end_tcp(&wire);
	perimeter_expect(&wire, "routing type 0", 0, ROW(SIP_ROW));
}

/* A jumbogram says payload length 0: then its hop-by-hop header does not fit. */
static void jumbo(void **state)
{
	(void)state;
	start_ipv6(&wire);
	put_extension(&wire, IPPROTO_HOPOPTS, 8);
	wire.bytes[wire.next + 2] = 0xc2;
	wire.bytes[wire.next + 3] = 4;
	end_tcp(&wire);
	wire_set_ip_length(&wire, 0);
	perimeter_expect(&wire, "jumbogram", 0, MISS(MALFORMED));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(extension_chains),
		cmocka_unit_test(extension_lengths),
		cmocka_unit_test(extension_order),
		cmocka_unit_test(routing_type_0),
		cmocka_unit_test(jumbo),
	};

	return cmocka_run_group_tests(tests, perimeter_open, perimeter_close);
}
