/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Pair classes: what a packet's two addresses and its side leave of the entries. A plane says the
 * pair class of each source class and destination class, for one side.
 */
#ifndef XE_POLICY_PAIRS_H
#define XE_POLICY_PAIRS_H

#include "address_classes.h"
#include "hash_table.h"

/* What is known of a pair beside its entries. */
#define PAIR_PROTECTED 1u
#define PAIR_IPSEC     2u
#define PAIR_SPOOFED   4u
#define PAIR_MARTIAN   8u

/* A pair class, by one pair of address classes that has it. */
struct pair {
	uint32_t source, destination;
	uint8_t flags;
	bool outer;  /* its side is none on which `any` reaches inner addresses */
	bool empty;  /* no entries: it is martian or spoofed */
	bool denied; /* one entry: that of a deny list */
};

struct pairs {
	struct pair *v;
	size_t n, capacity;
	struct hash_table table;
	/*
	 * Rows of planes, one a source class and way in which the side matters to it: references,
	 * by id, to blocks of XE_BLOCK pairs.
	 */
	struct intern blocks;
	uint32_t *rows;
	size_t n_rows, rows_capacity, row_refs;
	uint32_t *row_of[XE_SIDE_COUNT]; /* by source class; NULL: a side not in use */
};

struct build;

/* 0, -ENOMEM, or -E2BIG: past what b->limit allows. */
int pairs_make(struct build *b);
void pairs_free(struct pairs *pairs);

/*
 * Whether an end that is `any` holds opposite an address class: an inner one is not open to the
 * outer sides.
 */
static inline bool any_is_open(bool outer, unsigned opposite)
{
	return !(outer && opposite & CLASS_INNER);
}

/* The entry that takes a pair of which an address is in a deny list: sources are looked at first.
 * Lists as struct address_class has them. */
static inline uint32_t pair_denied(uint32_t source, uint32_t destination)
{
	return source ? entries_deny(source - 1, XE_FORWARD)
		      : entries_deny(destination - 1, XE_REPLY);
}

#endif
