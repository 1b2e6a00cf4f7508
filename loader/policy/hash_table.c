// SPDX-License-Identifier: GPL-2.0-only
/* Numbers by the hash of a set. */
#include "hash_table.h"

#include <errno.h>
#include <stdlib.h>

static void place(struct hash_slot *slots, size_t n_slots, struct hash_slot slot)
{
	size_t i = (slot.lo ^ slot.hi) & (n_slots - 1);

	while (slots[i].value)
		i = (i + 1) & (n_slots - 1);
	slots[i] = slot;
}

static int grow(struct hash_table *table)
{
	size_t n_slots = table->n_slots ? table->n_slots * 2 : 1024;
	struct hash_slot *slots = calloc(n_slots, sizeof(*slots));

	if (!slots)
		return -ENOMEM;
	for (size_t i = 0; i < table->n_slots; i++)
		if (table->slots[i].value)
			place(slots, n_slots, table->slots[i]);
	free(table->slots);
	table->slots = slots;
	table->n_slots = n_slots;
	return 0;
}

int hash_table_put(struct hash_table *table, set_hash hash, uint32_t value)
{
	struct hash_slot slot = {
		.lo = (uint64_t)hash,
		.hi = (uint32_t)(hash >> 64),
		.value = value + 1,
	};

	if (table->n >= table->n_slots / 2 && grow(table))
		return -ENOMEM;
	place(table->slots, table->n_slots, slot);
	table->n++;
	return 0;
}

void hash_table_free(struct hash_table *table)
{
	free(table->slots);
	*table = (struct hash_table){0};
}
