/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Address spaces cut into intervals: which marks hold where. Prefixes are laminar (nested or
 * apart), so one sweep with a stack does it; the intervals then paint the tries of the policy
 * block.
 */
#ifndef XE_POLICY_ADDRSPACE_H
#define XE_POLICY_ADDRSPACE_H

#include "block.h"
#include "intern.h"
#include "model.h"

typedef unsigned __int128 u128; /* an IPv6 address, or an IPv4 address in its low 32 bits */

/* A prefix and what it means to the compiler: a number that its addresses carry. */
struct mark {
	struct prefix prefix;
	uint32_t value;
};

struct interval {
	u128 start;   /* up to the next interval's start */
	uint32_t set; /* id of its set of marks, later its class */
};

struct addrspace {
	struct interval *v; /* the first starts at 0; neighbours differ */
	size_t n, capacity;
	unsigned width; /* 32 or 128 */
};

/*
 * Cut the space of `family` (4 or 6) by those marks that are of this family. Sets are interned in
 * `sets` as sorted arrays of uint32_t; the empty set too. 0 or -ENOMEM.
 */
int addrspace_cut(const struct mark *marks, size_t n, int family, struct intern *sets,
		  struct addrspace *out);
/* Replace each interval's set by map[set] and merge equal neighbours. */
void addrspace_map(struct addrspace *space, const uint32_t *map);
/* The set (or class) at an address. */
uint32_t addrspace_find(const struct addrspace *space, u128 addr);
void addrspace_free(struct addrspace *space);

/*
 * Paint the trie that bpf/address.h walks into the block, whose XE_BLOCK_TABLES have been reserved;
 * its root has a fixed place there. 0, -ENOMEM or -E2BIG (the block's limit).
 */
int addrspace_paint(const struct addrspace *space, struct block_builder *block);

#endif
