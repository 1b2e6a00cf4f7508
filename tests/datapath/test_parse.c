// SPDX-License-Identifier: GPL-2.0-only
/*
 * Frames cut, lengthened and lied about. Each goes through the program, through the same code in
 * user space on a copy that ends where the frame ends, and past the oracle's own reading of frames;
 * the three must agree, and what the answer is stands here by hand. What every whole frame means is
 * told by its ports: external/5, or external/14 over UDP.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <netinet/in.h>

#include <cmocka.h>

#include "../oracle/random.h"
#include "perimeter.h"

/* What stands where no port is to be read from: the port of a row. */
#define DECOY 443

static struct wire wire;

/* --- whole frames ---------------------------------------------------------------------------- */

/*
 * A frame in steps: what stands between Ethernet and IP, what between IP and transport. Both
 * transports are tried, each without payload, so that every byte of the frame is a header's.
 */
struct shape {
	const char *name;
	unsigned n_tags;
	uint16_t tpid[2], tci[2];
	int family;
	unsigned words; /* IPv4's ihl */
	bool first;	/* of more fragments */
	unsigned n_extensions;
	struct {
		uint8_t kind;
		unsigned size;
	} extensions[8];
};

static const struct shape shapes[] = {
	{"plain IPv4", .family = 4, .words = 5},
	{"VLAN", 1, {0x8100}, {10}, .family = 4, .words = 5},
	{"VLAN 802.1ad", 1, {0x88a8}, {10}, .family = 4, .words = 5},
	{"VLAN 0x9100", 1, {0x9100}, {10}, .family = 4, .words = 5},
	{"VLAN 0", 1, {0x8100}, {0xe000}, .family = 4, .words = 5},
	{"VLAN 4095", 1, {0x8100}, {4095}, .family = 4, .words = 5},
	{"QinQ", 2, {0x8100, 0x8100}, {10, 20}, .family = 4, .words = 5},
	{"QinQ 802.1ad", 2, {0x88a8, 0x8100}, {10, 20}, .family = 4, .words = 5},
	{"QinQ 0x9100", 2, {0x9100, 0x8100}, {10, 20}, .family = 4, .words = 5},
	{"QinQ of IPv6", 2, {0x88a8, 0x88a8}, {0, 4095}, .family = 6},
	{"one word of options", .family = 4, .words = 6},
	{"all options", .family = 4, .words = 15},
	{"QinQ and options", 2, {0x88a8, 0x8100}, {10, 20}, .family = 4, .words = 9},
	{"first fragment", .family = 4, .words = 5, .first = true},
	{"first fragment with options", .family = 4, .words = 7, .first = true},
	{"plain IPv6", .family = 6},
	{"hop-by-hop", .family = 6, .n_extensions = 1, .extensions = {{IPPROTO_HOPOPTS, 8}}},
	{"hop-by-hop, longer", .family = 6, .n_extensions = 1,
	 .extensions = {{IPPROTO_HOPOPTS, 24}}},
	{"routing", .family = 6, .n_extensions = 1, .extensions = {{IPPROTO_ROUTING, 24}}},
	{"destination options", .family = 6, .n_extensions = 1,
	 .extensions = {{IPPROTO_DSTOPTS, 16}}},
	{"atomic fragment", .family = 6, .n_extensions = 1, .extensions = {{IPPROTO_FRAGMENT, 8}}},
	{"first fragment of IPv6", .family = 6, .first = true, .n_extensions = 1,
	 .extensions = {{IPPROTO_FRAGMENT, 8}}},
	{"first fragment, options around it", .family = 6, .first = true, .n_extensions = 3,
	 .extensions = {{IPPROTO_HOPOPTS, 8}, {IPPROTO_FRAGMENT, 8}, {IPPROTO_DSTOPTS, 8}}},
	{"AH without a check value", .family = 6, .n_extensions = 1,
	 .extensions = {{IPPROTO_AH, 12}}},
	{"AH of 96 bits", .family = 6, .n_extensions = 1, .extensions = {{IPPROTO_AH, 24}}},
	{"AH of 128 bits", .family = 6, .n_extensions = 1, .extensions = {{IPPROTO_AH, 28}}},
	{"AH of 256 bits", .family = 6, .n_extensions = 1, .extensions = {{IPPROTO_AH, 44}}},
	{"mobility", .family = 6, .n_extensions = 1, .extensions = {{135, 16}}},
	{"HIP", .family = 6, .n_extensions = 1, .extensions = {{139, 40}}},
	{"shim6", .family = 6, .n_extensions = 1, .extensions = {{140, 8}}},
	{"longest of all", .family = 6, .n_extensions = 1, .extensions = {{IPPROTO_DSTOPTS, 2048}}},
	{"in the order of RFC 8200",
	 1,
	 {0x8100},
	 {10},
	 .family = 6,
	 .n_extensions = 6,
	 .extensions = {{IPPROTO_HOPOPTS, 8},
			{IPPROTO_DSTOPTS, 8},
			{IPPROTO_ROUTING, 24},
			{IPPROTO_FRAGMENT, 8},
			{IPPROTO_AH, 24},
			{IPPROTO_DSTOPTS, 16}}},
};

static void put_link(struct wire *w, const struct shape *s)
{
	wire_start(w);
	for (unsigned i = 0; i < s->n_tags; i++)
		wire_tag(w, s->tpid[i], s->tci[i]);
	wire_type(w, s->family == 4 ? 0x0800 : 0x86dd);
}

static void put_shape(struct wire *w, const struct shape *s, bool udp)
{
	put_link(w, s);
	if (s->family == 4)
		wire_ipv4(w, WORLD, udp ? AV : ACCESS, s->words, DECOY);
	else
		wire_ipv6(w, WORLD6, udp ? AV6 : ACCESS6);
	for (unsigned i = 0; i < s->n_extensions; i++)
		if (s->extensions[i].kind == IPPROTO_FRAGMENT)
			wire_ipv6_fragment(w, s->first);
		else
			wire_extension(w, s->extensions[i].kind, s->extensions[i].size, DECOY);
	if (s->family == 4 && s->first)
		wire_ipv4_fragment(w, 0x2000);
	if (udp)
		wire_udp(w, 40000, 3478);
	else
		wire_tcp(w, 40000, 443, TCP_SYN, 5);
	wire_end(w);
}

#define EACH_SHAPE(s, udp)                                                                       \
	for (const struct shape *s = shapes; s < shapes + sizeof(shapes) / sizeof(*shapes); s++) \
		for (int udp = 0; udp <= 1; udp++)

static void whole_frames(void **state)
{
	(void)state;
	EACH_SHAPE(s, udp)
	{
		put_shape(&wire, s, udp);
		perimeter_expect(&wire, s->name, wire.len, ROW(udp ? STUN_ROW : SIP_ROW));
	}
}

/* --- cut ------------------------------------------------------------------------------------- */

/*
 * At every byte, down to nothing at all; what the kernel does not take, the same code in user space
 * still does.
 */
static void cut_frames(void **state)
{
	(void)state;
	EACH_SHAPE(s, udp)
	{
		put_shape(&wire, s, udp);
		for (size_t len = wire.len; len-- > 0;) {
			wire.len = len;
			perimeter_expect(&wire, s->name, len, MISS(MALFORMED));
		}
	}
}

/*
 * The same bytes, but IP says that it ends sooner: the transport header then lies in what is
 * Ethernet's padding, whole or in part, and is none.
 */
static void transport_in_padding(void **state)
{
	(void)state;
	EACH_SHAPE(s, udp)
	{
		size_t from_ip, skip;

		put_shape(&wire, s, udp);
		from_ip = s->family == 4 ? 0 : 40;
		skip = wire.ip + from_ip;
		for (size_t end = skip; end < wire.len; end++) {
			wire_set_ip_length(&wire, end - skip);
			perimeter_expect(&wire, s->name, end, MISS(MALFORMED));
		}
		wire_set_ip_length(&wire, wire.len - skip);
		perimeter_expect(&wire, s->name, wire.len, ROW(udp ? STUN_ROW : SIP_ROW));
	}
}

/* Cut, and IP's length follows the cut: nothing lies but the header that is not whole. */
static void cut_packets(void **state)
{
	(void)state;
	EACH_SHAPE(s, udp)
	{
		size_t skip, whole;

		put_shape(&wire, s, udp);
		whole = wire.len;
		skip = wire.ip + (s->family == 4 ? 0 : 40);
		for (size_t end = skip; end < whole; end++) {
			wire_set_ip_length(&wire, end - skip);
			wire.len = end;
			perimeter_expect(&wire, s->name, end, MISS(MALFORMED));
		}
	}
}

/* Padding behind the packet, also what looks like one: never read. */
static void padding(void **state)
{
	(void)state;
	EACH_SHAPE(s, udp)
	{
		for (size_t n = 1; n <= 64; n++) {
			put_shape(&wire, s, udp);
			wire_bytes(&wire, 0xff, n);
			perimeter_expect(&wire, s->name, n, ROW(udp ? STUN_ROW : SIP_ROW));
		}
	}
}

/* --- lengths that lie ------------------------------------------------------------------------ */

static void ipv4_total_length(void **state)
{
	(void)state;
	for (unsigned total = 0; total <= 65535; total += total < 200 ? 1 : 97) {
		wire_start(&wire);
		wire_ip(&wire, WORLD, ACCESS);
		wire_tcp(&wire, 40000, 443, TCP_SYN, 5);
		wire_bytes(&wire, 0, 60);
		wire_end(&wire);
		wire_set_ip_length(&wire, total);
		if (total >= 40 && total <= 100)
			perimeter_expect(&wire, "total length", total, ROW(SIP_ROW));
		else
			perimeter_expect(&wire, "total length", total, MISS(MALFORMED));
	}
}

static void ipv6_payload_length(void **state)
{
	(void)state;
	for (unsigned payload = 0; payload <= 65535; payload += payload < 200 ? 1 : 97) {
		wire_start(&wire);
		wire_ip(&wire, WORLD6, ACCESS6);
		wire_tcp(&wire, 40000, 443, TCP_SYN, 5);
		wire_bytes(&wire, 0, 60);
		wire_end(&wire);
		wire_set_ip_length(&wire, payload);
		if (payload >= 20 && payload <= 80)
			perimeter_expect(&wire, "payload length", payload, ROW(SIP_ROW));
		else
			perimeter_expect(&wire, "payload length", payload, MISS(MALFORMED));
	}
}

static void udp_length(void **state)
{
	(void)state;
	for (int v6 = 0; v6 <= 1; v6++)
		for (unsigned length = 0; length <= 65535; length += length < 120 ? 1 : 97) {
			wire_start(&wire);
			wire_ip(&wire, v6 ? WORLD6 : WORLD, v6 ? AV6 : AV);
			wire_udp(&wire, 40000, 3478);
			wire_bytes(&wire, 0, 60);
			wire_end(&wire);
			wire_bytes(&wire, 0, 20); /* padding is no payload */
			wire_set16(&wire, wire.udp_length, length);
			if (length >= 8 && length <= 68)
				perimeter_expect(&wire, "UDP length", length, ROW(STUN_ROW));
			else
				perimeter_expect(&wire, "UDP length", length, MISS(MALFORMED));
		}
}

/* With no payload an offset beyond 5 leaves the packet; with 40 bytes of it none does. */
static void tcp_offset(void **state)
{
	(void)state;
	for (int v6 = 0; v6 <= 1; v6++)
		for (unsigned payload = 0; payload <= 40; payload += 4)
			for (unsigned words = 0; words <= 15; words++) {
				wire_start(&wire);
				wire_ip(&wire, v6 ? WORLD6 : WORLD, v6 ? ACCESS6 : ACCESS);
				wire_tcp(&wire, 40000, 443, TCP_SYN, 5);
				wire.bytes[wire.transport + 12] = words << 4;
				wire_bytes(&wire, 0, payload);
				wire_end(&wire);
				wire_bytes(&wire, 0, 40); /* padding is no options */
				if (words >= 5 && words * 4 <= 20 + payload)
					perimeter_expect(&wire, "data offset", words, ROW(SIP_ROW));
				else
					perimeter_expect(&wire, "data offset", words,
							 MISS(MALFORMED));
			}
}

/* Only SYN without ACK opens; every flag else, and none, is a packet like others. */
static void tcp_flags(void **state)
{
	(void)state;
	for (unsigned flags = 0; flags <= 255; flags++) {
		bool syn = (flags & TCP_SYN) && !(flags & TCP_ACK);

		wire_start(&wire);
		wire_ip(&wire, WORLD, ACCESS);
		wire_tcp(&wire, 80, 50123, flags, 5);
		wire_end(&wire);
		if (syn)
			perimeter_expect(&wire, "flags", flags, MISS(UNMATCHED));
		else
			perimeter_expect(&wire, "flags", flags,
					 ROW("lync2013-edge-nat/external/2"));
	}
}

/* --- IPv4 options and version ---------------------------------------------------------------- */

/*
 * The ports are behind the options: right ones with wrong ones as decoy, and the other way round.
 */
static void ipv4_options(void **state)
{
	(void)state;
	for (unsigned words = 0; words <= 15; words++)
		for (unsigned is_decoy = 0; is_decoy <= 1; is_decoy++) {
			wire_start(&wire);
			wire_type(&wire, 0x0800);
			wire_ipv4(&wire, WORLD, ACCESS, words < 5 ? 5 : words, is_decoy ? 443 : 22);
			wire_tcp(&wire, 40000, is_decoy ? 22 : 443, TCP_SYN, 5);
			wire_end(&wire);
			wire.bytes[wire.ip] = 0x40 | words;
			if (words < 5)
				perimeter_expect(&wire, "ihl", words, MISS(MALFORMED));
			else if (is_decoy)
				perimeter_expect(&wire, "decoy in options", words, MISS(UNMATCHED));
			else
				perimeter_expect(&wire, "options", words, ROW(SIP_ROW));
		}
	/* options that leave the packet */
	for (unsigned words = 6; words <= 15; words++) {
		wire_start(&wire);
		wire_ip(&wire, WORLD, ACCESS);
		wire_end(&wire);
		wire.bytes[wire.ip] = 0x40 | words;
		wire_bytes(&wire, 0, 60);
		perimeter_expect(&wire, "options in padding", words, MISS(MALFORMED));
	}
}

static void versions(void **state)
{
	(void)state;
	for (unsigned version = 0; version <= 15; version++) {
		wire_start(&wire);
		wire_ip(&wire, WORLD, ACCESS);
		wire_tcp(&wire, 40000, 443, TCP_SYN, 5);
		wire_end(&wire);
		wire.bytes[wire.ip] = version << 4 | 5;
		if (version == 4)
			perimeter_expect(&wire, "version", version, ROW(SIP_ROW));
		else
			perimeter_expect(&wire, "version", version, MISS(MALFORMED));
		wire_start(&wire);
		wire_ip(&wire, WORLD6, ACCESS6);
		wire_tcp(&wire, 40000, 443, TCP_SYN, 5);
		wire_end(&wire);
		wire.bytes[wire.ip] = version << 4 | 0xf; /* traffic class */
		if (version == 6)
			perimeter_expect(&wire, "version", version, ROW(SIP_ROW));
		else
			perimeter_expect(&wire, "version", version, MISS(MALFORMED));
	}
}

/* --- sizes, and what nobody thought of ------------------------------------------------------- */

static void sizes(void **state)
{
	static const size_t larger[] = {65,   128,  1499, 1500,		  1514,
					1518, 2048, 3000, PROBE_FRAME_MAX};

	(void)state;
	for (size_t i = 14; i < 65 + sizeof(larger) / sizeof(*larger); i++) {
		size_t len = i < 65 ? i : larger[i - 65];

		/* of bytes 0 */
		wire_start(&wire);
		wire_bytes(&wire, 0, len - wire.len);
		perimeter_expect(&wire, "size", len, MISS(NON_IP));
		/* IPv4 and nothing, IPv6 and nothing */
		wire_start(&wire);
		wire_type(&wire, 0x0800);
		wire_bytes(&wire, 0, len - wire.len);
		perimeter_expect(&wire, "size", len, MISS(MALFORMED));
		/* UDP padded to the size, and UDP of the size */
		for (int v6 = 0; v6 <= 1; v6++)
			for (int padded = 0; padded <= 1; padded++) {
				wire_start(&wire);
				wire_ip(&wire, v6 ? WORLD6 : WORLD, v6 ? AV6 : AV);
				wire_udp(&wire, 40000, 3478);
				if (wire.len > len)
					continue;
				if (padded)
					wire_end(&wire);
				wire_bytes(&wire, 0, len - wire.len);
				if (!padded)
					wire_end(&wire);
				perimeter_expect(&wire, "size", len, ROW(STUN_ROW));
			}
	}
}

/*
 * Every byte of every frame at every value that a bit makes of it, and random ruin: the three
 * readings agree.
 */
static void ruin(void **state)
{
	const uint64_t seed = 20130711;
	struct rng rng;
	struct outcome out;
	unsigned n = 0, hits = 0;
	size_t wan = probe_nic(&perimeter, "wan0");

	(void)state;
	EACH_SHAPE(s, udp)
	{
		for (size_t at = 0;; at++) {
			put_shape(&wire, s, udp);
			if (at == wire.len || at == 160)
				break;
			for (int bit = 0; bit < 8; bit++) {
				put_shape(&wire, s, udp);
				wire.bytes[at] ^= 1 << bit;
				probe_agree(&perimeter, wan, wire.bytes, wire.len, s->name, &out);
				n++;
				hits += out.row != NULL;
			}
		}
	}
	rng_seed(&rng, seed);
	for (unsigned i = 0; i < 20000; i++) {
		put_shape(&wire, &shapes[rng_below(&rng, sizeof(shapes) / sizeof(*shapes))],
			  rng_below(&rng, 2));
		for (unsigned changes = 1 + rng_below(&rng, 4); changes > 0; changes--)
			wire.bytes[12 + rng_below(&rng, wire.len - 12)] = (uint8_t)rng_next(&rng);
		if (rng_below(&rng, 4) == 0)
			wire.len = 14 + rng_below(&rng, wire.len - 13);
		probe_agree(&perimeter, wan, wire.bytes, wire.len, "random ruin", &out);
		n++;
		hits += out.row != NULL;
	}
	print_message("%u ruined frames, %u still hit a row, seed %lu\n", n, hits, seed);
	assert_true(hits > 1000 && hits < n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole_frames),
		cmocka_unit_test(cut_frames),
		cmocka_unit_test(transport_in_padding),
		cmocka_unit_test(cut_packets),
		cmocka_unit_test(padding),
		cmocka_unit_test(ipv4_total_length),
		cmocka_unit_test(ipv6_payload_length),
		cmocka_unit_test(udp_length),
		cmocka_unit_test(tcp_offset),
		cmocka_unit_test(tcp_flags),
		cmocka_unit_test(ipv4_options),
		cmocka_unit_test(versions),
		cmocka_unit_test(sizes),
		cmocka_unit_test(ruin),
	};

	return cmocka_run_group_tests(tests, perimeter_open, perimeter_close);
}
