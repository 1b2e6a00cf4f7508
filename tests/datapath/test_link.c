// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is decided before IP: every EtherType, tags and the VLANs of trunks. Too many tags, cut
 * tags, no policy.
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

/* --- EtherTypes ------------------------------------------------------------------------------ */

struct type_case {
	const char *name;
	uint16_t type;
	unsigned payload;
};

static const struct type_case type_cases[] = {
	{"ARP", 0x0806, 46},
	{"RARP", 0x8035, 46},
	{"LLDP", 0x88cc, 46},
	{"STP over 802.3", 38, 46},
	{"SNAP over 802.3", 46, 46},
	{"802.3 of 1500 bytes", 1500, 1500},
	{"EAPOL", 0x888e, 46},
	{"PTP", 0x88f7, 46},
	{"MPLS", 0x8847, 46},
	{"MPLS multicast", 0x8848, 46},
	{"PPPoE discovery", 0x8863, 46},
	{"PPPoE session", 0x8864, 46},
	{"LACP", 0x8809, 110},
	{"flow control", 0x8808, 46},
	{"FCoE", 0x8906, 46},
	{"MACsec", 0x88e5, 46},
	{"802.1ah", 0x88e7, 46},
	{"ARP without a body", 0x0806, 0},
	{"type 0", 0, 46},
	{"type 65535", 0xffff, 46},
};

/* The payload of each is a packet that would hit external/5, had it the type of IPv4. */
static void non_ip(void **state)
{
	static struct wire w;

	(void)state;
	perimeter.sweep = true;
	for (size_t i = 0; i < sizeof(type_cases) / sizeof(*type_cases); i++) {
		const struct type_case *c = &type_cases[i];

		for (unsigned tags = 0; tags <= 2; tags++) {
			wire_start(&w);
			for (unsigned k = 0; k < tags; k++)
				wire_tag(&w, 0x8100, 10);
			wire_type(&w, c->type);
			if (c->payload >= 40) {
				wire_ipv4(&w, WORLD, ACCESS, 5, 0);
				wire_tcp(&w, 40000, 443, TCP_SYN, 5);
				wire_end(&w);
				wire_bytes(&w, 0, c->payload - 40);
			}
			perimeter_expect_on("wan0", &w, c->name, MISS(NON_IP));
		}
	}
}

/* All of them, with nothing but zeros behind. */
static void every_ethertype(void **state)
{
	static struct wire w;

	(void)state;
	perimeter.sweep = false; /* once at the end */
	for (unsigned type = 0; type <= 0xffff; type++) {
		enum xe_miss miss = XE_MISS_NON_IP;

		/* Version 0 is neither version; a tag of zeros has type 0 behind it. */
		if (type == 0x0800 || type == 0x86dd)
			miss = XE_MISS_MALFORMED;
		wire_start(&w);
		wire_type(&w, type);
		wire_bytes(&w, 0, 46);
		perimeter_expect(&w, "EtherType", type, NULL, miss);
	}
}

/* --- tags and VLANs -------------------------------------------------------------------------- */

struct vlan_case {
	const char *name, *nic;
	unsigned n;
	struct {
		uint16_t tpid, tci;
	} tags[10];
	const char *row;
	enum xe_miss miss;
};

#define Q   0x8100
#define AD  0x88a8
#define OLD 0x9100

/* The frame behind the tags is WORLD to port 443 of the Access Edge as SYN: external/5. */
static const struct vlan_case vlan_cases[] = {
	{"no tag", "wan0", 0, {{0}}, ROW(EXT(5))},
	{"any VLAN where none is named", "wan0", 1, {{Q, 7}}, ROW(EXT(5))},
	{"VLAN 4095 where none is named", "wan0", 1, {{Q, 4095}}, ROW(EXT(5))},
	{"802.1ad", "wan0", 1, {{AD, 7}}, ROW(EXT(5))},
	{"0x9100", "wan0", 1, {{OLD, 7}}, ROW(EXT(5))},
	{"a priority tag", "wan0", 1, {{Q, 0xe000}}, ROW(EXT(5))},
	{"QinQ", "wan0", 2, {{AD, 7}, {Q, 8}}, ROW(EXT(5))},
	{"three tags", "wan0", 3, {{AD, 7}, {Q, 8}, {Q, 9}}, MISS(TOO_DEEP)},
	{"three tags of old", "wan0", 3, {{OLD, 7}, {OLD, 8}, {OLD, 9}}, MISS(TOO_DEEP)},
	{"ten tags",
	 "wan0",
	 10,
	 {{Q, 1}, {Q, 2}, {Q, 3}, {Q, 4}, {Q, 5}, {Q, 6}, {Q, 7}, {Q, 8}, {Q, 9}, {Q, 10}},
	 MISS(TOO_DEEP)},

	{"the trunk's VLAN", "trunk0", 1, {{Q, 10}}, ROW(EXT(5))},
	{"with priority and DEI set", "trunk0", 1, {{Q, 0xf00a}}, ROW(EXT(5))},
	{"by 802.1ad", "trunk0", 1, {{AD, 10}}, ROW(EXT(5))},
	{"by 0x9100", "trunk0", 1, {{OLD, 10}}, ROW(EXT(5))},
	{"the outer tag tells the VLAN", "trunk0", 2, {{AD, 10}, {Q, 99}}, ROW(EXT(5))},
	{"and the inner does not", "trunk0", 2, {{AD, 99}, {Q, 10}}, MISS(NO_POLICY)},
	{"unless the outer is a priority tag", "trunk0", 2, {{Q, 0xe000}, {Q, 10}}, ROW(EXT(5))},
	{"an unknown VLAN", "trunk0", 1, {{Q, 11}}, MISS(NO_POLICY)},
	{"VLAN 9", "trunk0", 1, {{Q, 9}}, MISS(NO_POLICY)},
	{"VLAN 1", "trunk0", 1, {{Q, 1}}, MISS(NO_POLICY)},
	{"VLAN 4094", "trunk0", 1, {{Q, 4094}}, MISS(NO_POLICY)},
	{"VLAN 4095", "trunk0", 1, {{Q, 4095}}, MISS(NO_POLICY)},
	{"VLAN 0", "trunk0", 1, {{Q, 0}}, MISS(NO_POLICY)},
	{"VLAN 0 in VLAN 0", "trunk0", 2, {{Q, 0}, {Q, 0}}, MISS(NO_POLICY)},
	{"untagged on a trunk", "trunk0", 0, {{0}}, MISS(NO_POLICY)},
	{"three tags on a trunk", "trunk0", 3, {{Q, 10}, {Q, 10}, {Q, 10}}, MISS(TOO_DEEP)},
	{"three tags of an unknown VLAN", "trunk0", 3, {{Q, 11}, {Q, 10}, {Q, 10}}, MISS(TOO_DEEP)},

	{"untagged where the NIC has a side", "trunk1", 0, {{0}}, ROW(EXT(5))},
	{"any VLAN where the NIC has a side", "trunk1", 1, {{Q, 7}}, ROW(EXT(5))},
	{"a VLAN of another side", "trunk1", 1, {{Q, 30}}, ROW(EXT(5))},
};

static void tags(struct wire *w, const struct vlan_case *c)
{
	wire_start(w);
	for (unsigned i = 0; i < c->n; i++)
		wire_tag(w, c->tags[i].tpid, c->tags[i].tci);
}

static void vlans(void **state)
{
	static struct wire w;

	(void)state;
	perimeter.sweep = true;
	for (size_t i = 0; i < sizeof(vlan_cases) / sizeof(*vlan_cases); i++) {
		const struct vlan_case *c = &vlan_cases[i];

		tags(&w, c);
		wire_ip(&w, WORLD, ACCESS);
		wire_tcp(&w, 40000, 443, TCP_SYN, 5);
		wire_end(&w);
		perimeter_expect_on(c->nic, &w, c->name, c->row, c->miss);
		tags(&w, c);
		wire_ip(&w, WORLD6, ACCESS6);
		wire_tcp(&w, 40000, 443, TCP_SYN, 5);
		wire_end(&w);
		perimeter_expect_on(c->nic, &w, c->name, c->row, c->miss);

		/* Where no side is known, nothing behind the tags is looked at. */
		tags(&w, c);
		wire_type(&w, 0x0806);
		wire_bytes(&w, 0, 28);
		perimeter_expect_on(c->nic, &w, c->name, NULL, c->row ? XE_MISS_NON_IP : c->miss);
		tags(&w, c);
		wire_type(&w, 0x0800);
		perimeter_expect_on(c->nic, &w, c->name, NULL,
				    c->row ? XE_MISS_MALFORMED : c->miss);
	}
}

/* The side of a VLAN decides, not only that there is one: spoofed on one, not on the other. */
static void vlan_sides(void **state)
{
	static const struct {
		const char *nic;
		uint16_t vid;
		const char *row;
		enum xe_miss miss;
	} cases[] = {
		{"trunk0", 10, MISS(SPOOFED)},	 {"trunk0", 20, ROW(EXT(2))},
		{"trunk0", 30, MISS(NO_POLICY)}, {"trunk1", 0, MISS(SPOOFED)},
		{"trunk1", 29, MISS(SPOOFED)},	 {"trunk1", 30, ROW(EXT(2))},
		{"trunk1", 31, MISS(SPOOFED)},
	};
	static struct wire w;

	(void)state;
	perimeter.sweep = true;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		wire_start(&w);
		if (cases[i].vid)
			wire_tag(&w, Q, cases[i].vid);
		wire_ip(&w, ACCESS, WORLD);
		wire_tcp(&w, 40000, 80, TCP_SYN, 5);
		wire_end(&w);
		perimeter_expect_on(cases[i].nic, &w, "side of a VLAN", cases[i].row,
				    cases[i].miss);
	}
}

/*
 * A tag that is not whole is malformed, wherever; a whole one is enough to say that there is no
 * policy.
 */
static void cut_tags(void **state)
{
	static const struct {
		const char *nic;
		size_t len;
		uint16_t vid;
		enum xe_miss miss;
	} cases[] = {
		{"wan0", 14, 10, XE_MISS_MALFORMED},   {"wan0", 15, 10, XE_MISS_MALFORMED},
		{"wan0", 16, 10, XE_MISS_MALFORMED},   {"wan0", 17, 10, XE_MISS_MALFORMED},
		{"wan0", 18, 10, XE_MISS_MALFORMED},   {"trunk0", 14, 10, XE_MISS_MALFORMED},
		{"trunk0", 16, 11, XE_MISS_MALFORMED}, {"trunk0", 17, 11, XE_MISS_MALFORMED},
		{"trunk0", 18, 11, XE_MISS_NO_POLICY}, {"trunk0", 18, 10, XE_MISS_MALFORMED},
		{"trunk1", 17, 30, XE_MISS_MALFORMED},
	};
	static struct wire w;

	(void)state;
	perimeter.sweep = true;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		wire_start(&w);
		wire_tag(&w, Q, cases[i].vid);
		wire_type(&w, 0x0800);
		w.len = cases[i].len;
		perimeter_expect_on(cases[i].nic, &w, "cut tag", NULL, cases[i].miss);
		/* the second of two */
		wire_start(&w);
		wire_tag(&w, AD, cases[i].vid);
		wire_tag(&w, Q, 99);
		wire_type(&w, 0x0800);
		w.len = cases[i].len + 4;
		perimeter_expect_on(cases[i].nic, &w, "cut inner tag", NULL, cases[i].miss);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(non_ip),   cmocka_unit_test(every_ethertype),
		cmocka_unit_test(vlans),    cmocka_unit_test(vlan_sides),
		cmocka_unit_test(cut_tags),
	};

	return cmocka_run_group_tests(tests, perimeter_open, perimeter_close);
}
