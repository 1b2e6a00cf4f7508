/* SPDX-License-Identifier: GPL-2.0-only */
/* Numbers by the hash of a set (zobrist.h), by open addressing. */
#ifndef XE_POLICY_HASH_TABLE_H
#define XE_POLICY_HASH_TABLE_H

#include <stddef.h>

#include "zobrist.h"

struct hash_table {
	/* 96 bits of the hash; four to a cache line */
	struct hash_slot {
		uint64_t lo;
		uint32_t hi;
		uint32_t value; /* + 1; 0: free */
	} * slots;
	size_t n, n_slots; /* n_slots: a power of two, or 0 */
};

/* The number stored for a set, or -1. */
static inline long hash_table_find(const struct hash_table *table, set_hash hash)
{
	uint64_t lo = (uint64_t)hash;
	uint32_t hi = (uint32_t)(hash >> 64);

	if (!table->n_slots)
		return -1;
	for (size_t i = (lo ^ hi) & (table->n_slots - 1);; i = (i + 1) & (table->n_slots - 1)) {
		const struct hash_slot *slot = &table->slots[i];

		if (!slot->value)
			return -1;
		if (slot->lo == lo && slot->hi == hi)
			return (long)slot->value - 1;
	}
}

/* Store a number, below 2^32 - 1, for a set that has none. 0 or -ENOMEM. */
int hash_table_put(struct hash_table *table, set_hash hash, uint32_t value);
void hash_table_free(struct hash_table *table);

#endif
