/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Stories about verdicts, by hand from VERDICTS.md: packets in their order and at their times, and
 * what becomes of each.
 */
#ifndef XE_DATAPATH_STORIES_H
#define XE_DATAPATH_STORIES_H

#include <stddef.h>
#include <stdint.h>

#include "xdp_edge.h"

/* What a packet is above IP, or beside it. */
#define STEP_TCP(flags)	      (0x10000u | (flags))
#define STEP_UDP	      0x20000u
#define STEP_ICMP(type, code) (0x30000u | (type) << 8 | (code)) /* ICMPv6 by the addresses */
#define STEP_PROTO(proto)     (0x40000u | (proto))
#define STEP_FIRST	      0x100000u /* with the above: a first fragment, */
#define STEP_LATER	      0x200000u /* or a later one, of number `id` */
#define STEP_CUT	      0x400000u /* of eight bytes */
#define STEP_BYTE	      0x800000u /* or one */
#define STEP_ETHERTYPE(type) \
	(0x50000u | (type))  /* no IP; `source`: to which MAC address, or NULL */
#define STEP_RELOAD 0x70000u /* no packet: the same policy again */
#define STEP_TURN   0x80000u /* no packet: the same policy in the other mode */

struct step {
	const char *name;
	uint64_t after; /* ns since the step before */
	enum xe_side side;
	uint32_t kind;
	const char *source;
	unsigned sport;
	const char *destination;
	unsigned dport;
	/*
	 * "pass", the reason for which it is dropped, or "as NAME": what it passes as. NULL: of no
	 * packet.
	 */
	const char *expected;
	uint32_t id;
	unsigned hops; /* IPv6; 0: 64 */
};

struct story {
	const char *name;
	const char *site; /* YAML beside that of all, or "" */
	const struct step *steps;
	size_t n;
};

/* Name, roles and the NIC `wan0` with a VLAN for each side. No mode. */
extern const char story_site[];
extern const struct story stories[];
extern const size_t n_stories;

#endif
