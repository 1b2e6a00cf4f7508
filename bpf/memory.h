/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is remembered of packets: tables of sets of four entries, each a keyed hash of what it
 * stands for and a word. A hash may stand in two sets (Azar and others, "Balanced allocations",
 * 1994), so that a table that is half full hardly ever lacks room. Nothing is locked: hashes and
 * words are replaced whole, by compare and swap. What is forgotten is not removed, but a free
 * place.
 */
#ifndef XE_BPF_MEMORY_H
#define XE_BPF_MEMORY_H

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "flow_tag.h"
#include "xdp_edge.h"

#define MEMORY_SETS 2 /* that may hold one hash */

/* The set of a table, of sets - 1 = `mask`, that may hold a hash: i is 0 or 1. */
static __always_inline struct xe_set *memory_set(void *table, __u32 mask, __u64 tag, int i)
{
	__u32 at = tag >> (i ? 33 : 1) & mask;

	return bpf_map_lookup_elem(table, &at);
}

/* The place in its first set that a hash takes if it is free: nearly always where it is found. */
static __always_inline __u32 memory_first(__u64 tag)
{
	return tag >> 60 & (XE_WAYS - 1);
}

/*
 * The entry of a set that holds a hash; NULL: none. Without a branch for each, of which flows would
 * have any other mispredicted, and the verifier would follow them all; the uppermost bit is
 * clear, so that of two the difference less one is negative only if they are the same.
 */
static __always_inline struct xe_entry *memory_way(struct xe_set *set, __u64 tag)
{
	__u64 at = 0, found = 0;

	for (__u64 way = XE_WAYS; way-- > 0;) {
		__u64 same = ((set->way[way].tag ^ tag) - 1) >> 63;

		asm volatile("" : "+r"(same));
		at = (at & (same - 1)) | (way & -same);
		found |= same;
	}
	if (!found)
		return NULL;
	asm volatile("" : "+r"(at));
	return &set->way[at & (XE_WAYS - 1)];
}

/* Where a hash stands in a table; NULL: nowhere. */
static __always_inline struct xe_entry *memory_find(void *table, __u32 mask, __u64 tag)
{
	for (int i = 0; i < MEMORY_SETS; i++) {
		struct xe_set *set = memory_set(table, mask, tag, i);
		struct xe_entry *entry = set ? memory_way(set, tag) : NULL;

		if (entry)
			return entry;
	}
	return NULL;
}

/* Replace a word that has not changed since it was read. True: it is replaced. */
static __always_inline int memory_swap(__u64 *word, __u64 from, __u64 to)
{
	return __sync_val_compare_and_swap(word, from, to) == from;
}

/* What an entry is worth when there is no free place: the least goes first. */
#define MEMORY_FREE 0
#define MEMORY_KEEP (~0ull) /* it never goes */

enum memory_put {
	MEMORY_PUT,	/* in a free place, or in its own */
	MEMORY_EVICTED, /* in the place of another that was alive */
	MEMORY_FULL	/* not at all */
};

#define MEMORY_TRIES 2 /* when another CPU takes the place first */

/*
 * Put a hash with its word into a table. `worth` says what the word of an entry in use is worth;
 * `of` is handed to it. The hash is written first: for a moment it has the word of what stood
 * there, which was forgotten or is about to be.
 */
static __always_inline enum memory_put memory_insert(void *table, __u32 mask, __u64 tag, __u64 word,
						     __u64 (*worth)(const void *of, __u64 word),
						     const void *of)
{
	for (int try = 0; try < MEMORY_TRIES; try++) {
		__u64 least = MEMORY_KEEP, was = 0;
		struct xe_entry *place = NULL;

		for (int i = 0; i < MEMORY_SETS; i++) {
			struct xe_set *set = memory_set(table, mask, tag, i);

			if (!set)
				return MEMORY_FULL;
			for (int way = 0; way < XE_WAYS; way++) {
				struct xe_entry *entry =
					&set->way[(memory_first(tag) + way) & (XE_WAYS - 1)];
				__u64 its = MEMORY_FREE;

				if (entry->tag && entry->tag != tag)
					its = worth(of, entry->word);
				/* Of free places the first in order: the fuller set has it later.
				 */
				if (its == MEMORY_FREE && entry->tag != tag)
					its = way;
				else if (its && its < XE_WAYS)
					its = XE_WAYS;
				/* Its own of before, first of all: a hash stands once. */
				if (its < least || entry->tag == tag) {
					least = its;
					place = entry;
					was = entry->tag;
				}
			}
		}
		if (!place)
			return MEMORY_FULL;
		if (memory_swap(&place->tag, was, tag)) {
			*(volatile __u64 *)&place->word = word;
			return least < XE_WAYS ? MEMORY_PUT : MEMORY_EVICTED;
		}
	}
	return MEMORY_FULL;
}

#endif
