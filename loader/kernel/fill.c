// SPDX-License-Identifier: GPL-2.0-only
/* How full the tables are that remember packets. */
#include "fill.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "records.h"

#define BATCH 1024 /* sets read at once */

/* What entries are judged by. */
struct clocks {
	uint64_t ns;   /* CLOCK_MONOTONIC, the program's bpf_ktime_get_ns() */
	uint32_t tick; /* about the program's, from bpf_jiffies64() */
	const uint32_t *life;
	uint8_t generation;
};

/*
 * The kernel's count of ticks begins five minutes before it would overflow 32 bits
 * (INITIAL_JIFFIES, include/linux/jiffies.h) and goes on with CLOCK_MONOTONIC, whose coarse
 * resolution is one of them.
 */
static struct clocks clocks_now(const struct store *store)
{
	uint32_t generation = store_generation(store);
	uint64_t now = clock_ns(CLOCK_MONOTONIC), jiffy_ns = clock_jiffy_ns(), first;

	first = (uint32_t)(-300 * (int64_t)((1000000000 + jiffy_ns / 2) / jiffy_ns));
	return (struct clocks){
		.ns = now,
		.tick = (first + now / jiffy_ns) * jiffy_ns >> XE_TICK_SHIFT,
		.life = store->control->life[generation & 1],
		.generation = generation,
	};
}

static bool is_alive(enum guard_map table, const struct xe_entry *entry,
		     const struct clocks *clocks)
{
	enum xe_flow_life life = XE_LIFE_NEW;
	struct xe_memory memory;

	if (!entry->tag)
		return false;
	if (table == GUARD_BUCKETS)
		return entry->word > clocks->ns;
	memcpy(&memory, &entry->word, sizeof(memory));
	if (table == GUARD_FRAGMENTS && memory.generation != clocks->generation)
		return false;
	if (table == GUARD_FRAGMENTS)
		life = XE_LIFE_FRAGMENT;
	else if (memory.state == XE_FLOW_CLOSING)
		life = XE_LIFE_CLOSING;
	else if (memory.state == XE_FLOW_ESTABLISHED && memory.life < XE_LIFE_COUNT)
		life = memory.life;
	return (int32_t)(clocks->tick - memory.seen) <= (int64_t)clocks->life[life];
}

/* Those alive in sets first .. end - 1; `set` has room for BATCH. 0 or -errno. */
static int count(const struct records *records, enum guard_map table, const struct clocks *clocks,
		 uint32_t first, uint32_t end, struct xe_set *set, uint64_t *live)
{
	*live = 0;
	while (first < end) {
		int got = records_read_values(records, first,
					      end - first < BATCH ? end - first : BATCH, set);

		if (got < 0)
			return got;
		for (int i = 0; i < got; i++)
			for (int way = 0; way < XE_WAYS; way++)
				*live += is_alive(table, &set[i].way[way], clocks);
		first += got;
	}
	return 0;
}

int fill_read(const struct store *store, enum guard_map table, struct fill_parts *parts,
	      struct snapshot_fill *out)
{
	const struct clocks clocks = clocks_now(store);
	uint32_t sets = store->guard.entries[table];
	uint64_t live[FILL_PARTS];
	struct records records;
	struct fill_due due;
	struct xe_set *set;
	int err;

	*out = (struct snapshot_fill){0};
	if (store->guard.fd[table] < 0)
		return 0;
	err = records_open(store->guard.fd[table], sizeof(*set), &records);
	if (err)
		return err;
	set = calloc(BATCH, sizeof(*set));
	if (!set)
		return -ENOMEM;
	due = fill_parts_due(parts, records.map, sets);
	for (uint32_t part = due.first; !err && part < due.end; part++) {
		uint32_t first = part * due.size, left = sets - first;

		err = count(&records, table, &clocks, first,
			    first + (left < due.size ? left : due.size), set,
			    &live[part - due.first]);
	}
	free(set);
	if (!err)
		*out = (struct snapshot_fill){
			.known = true,
			.about = due.end - due.first < due.n,
			.live = fill_parts_take(parts, &due, live),
			.capacity = (uint64_t)sets * XE_WAYS / 2,
		};
	return err;
}
