/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which packet is which atom: a deterministic search through the addresses and ports that the
 * policy's rows tell apart. The answer of every candidate is the compiled policy's own.
 */
#ifndef XE_CMD_BENCH_SEARCH_H
#define XE_CMD_BENCH_SEARCH_H

#include "policy_ctx.h"

/* A way in: a NIC, or one VLAN of a trunk. */
struct bench_entry {
	const struct nic *nic;
	uint16_t vlan; /* 0: untagged */
	enum xe_side side;
};

#define BENCH_ENTRIES_MAX (XE_SIDE_COUNT + 1) /* one a side, and one without */

/* The first packet found for an atom in one family. */
struct bench_found {
	struct tuple tuple;
	uint32_t order; /* 1, 2, … in the order of finding; 0: none was found */
	uint8_t entry;
};

/* One address or port for each class that the rows tell apart; well-known strangers first. */
struct bench_search {
	uint8_t (*addr[2])[16]; /* IPv4, IPv6 */
	size_t n_addr[2];
	uint16_t *port[2]; /* TCP, UDP */
	size_t n_port[2];
	struct bench_found *found[2]; /* [family][atom] */
	size_t n_atoms;
	/* every combination was looked at: what was not found is no packet's */
	bool complete;
};

/* 0 or -ENOMEM. */
int bench_search(const struct policy_ctx *ctx, const struct bench_entry *entries, size_t n_entries,
		 struct bench_search *out);
void bench_search_free(struct bench_search *search);

#define BENCH_STRANGER 40000 /* the port that a client would take */

/*
 * The parts of it: addr[f] and n_addr[f], port[l] and n_port[l]. `complete` becomes false if there
 * are more than can be looked at. 0 or -ENOMEM.
 */
int bench_addresses(const struct policy_ctx *ctx, int f, struct bench_search *out);
int bench_ports(const struct policy_ctx *ctx, int l, struct bench_search *out);

/* The family has addresses in the site, or in literal prefixes of its rows. */
bool bench_family_used(const struct policy_ctx *ctx, int family);

/* 64 bits from a state, by splitmix64 (Steele, Lea, Flood 2014): the same on every machine. */
uint64_t bench_random(uint64_t *state);

#endif
