// SPDX-License-Identifier: GPL-2.0-only
/* How full the tables are that remember packets. */
#include "fill.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "records.h"

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

int fill_read(const struct store *store, enum guard_map table, uint32_t sets_max,
	      struct snapshot_fill *out)
{
	struct clocks clocks = clocks_now(store);
	uint32_t sets = store->guard.entries[table], read = sets;
	struct records records;
	struct xe_set *set;
	uint64_t alive = 0;
	int err = 0;

	*out = (struct snapshot_fill){0};
	if (store->guard.fd[table] < 0)
		return 0;
	if (read > sets_max)
		read = sets_max;
	set = calloc(read, sizeof(*set));
	if (!set)
		return -ENOMEM;
	err = records_open(store->guard.fd[table], sizeof(*set), &records);
	for (uint32_t done = 0; !err && done < read;) {
		int got = records_read_values(&records, done, read - done, set + done);

		if (got < 0)
			err = got;
		else
			done += got;
	}
	for (uint32_t i = 0; !err && i < read; i++)
		for (int way = 0; way < XE_WAYS; way++)
			alive += is_alive(table, &set[i].way[way], &clocks);
	free(set);
	if (!err)
		*out = (struct snapshot_fill){
			.known = true,
			.about = read < sets,
			.live = alive * sets / read,
			.capacity = (uint64_t)sets * XE_WAYS / 2,
		};
	return err;
}
