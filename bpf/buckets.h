/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Limits (VERDICTS.md): a token bucket for each source and row, in a table that may forget the
 * fullest. A bucket is one time, by the generic cell rate algorithm (ITU-T I.371): when it will be
 * full again; so an idle one needs nothing done to it, and is a free place.
 */
#ifndef XE_BPF_BUCKETS_H
#define XE_BPF_BUCKETS_H

#include "memory.h"
#include "parse.h"
#include "../maps/maps.h"

#ifdef __bpf__			  /* the unit test has a table, and this, of its own */
const volatile __u32 bucket_sets; /* sets in `buckets` - 1 */
#endif

/*
 * The hash of a packet's source and the limit's row; of IPv6 the first 64 bits, since a host has as
 * many of the rest as it likes. `key` is the policy's secret.
 */
static __always_inline __u64 limit_tag(const volatile __u64 *key, const struct xe_limit *limit,
				       const struct flow *flow)
{
	__u64 hash;

	if (flow->family == 4)
		hash = memory_fold(flow->saddr4 | 4ull << 32, key[0]);
	else
		hash = memory_fold(flow->saddr6.hi, key[1]);
	return memory_tag(memory_fold(hash + limit->key, key[2]), key[3]);
}

/* See memory_insert(): a full bucket is free, else the one that is full soonest goes. */
static __always_inline __u64 limit_worth(const void *of, __u64 full)
{
	__u64 now = *(const __u64 *)of;

	return full <= now ? MEMORY_FREE : full - now;
}

/*
 * When a bucket that is full at `full` will be so after one more packet at `now`, all in ns; 0: it
 * has no token. What no bucket of this limit can be is of a limit that the row had before a reload,
 * or, for a moment, of the entry's last owner: that counts as full.
 */
static __always_inline __u64 limit_next(const struct xe_limit *limit, __u64 full, __u64 now)
{
	__u64 early = full > now ? full - now : 0;

	if (early > limit->tolerance + limit->interval)
		early = 0;
	return early > limit->tolerance ? 0 : now + early + limit->interval;
}

#define LIMIT_SWAPS 4 /* when other CPUs have packets of the same source */

/* Take a token from the bucket whose time is *full, at `now`. True: there was one. */
static __always_inline int limit_spend(__u64 *full, const struct xe_limit *limit, __u64 now)
{
	for (int i = 0; i < LIMIT_SWAPS; i++) {
		__u64 was = *(volatile __u64 *)full;
		__u64 next = limit_next(limit, was, now);

		if (!next)
			return 0;
		if (memory_swap(full, was, next))
			return 1;
	}
	return 0;
}

/*
 * Take a token for one packet of a limited row, where VERDICTS.md has one taken. True: there was
 * one. False: over the limit; also when other CPUs are always faster, which only a flood does.
 * `tag` is by limit_tag(), `limit` the row's, in the block, its interval and tolerance below 2^62,
 * `now` CLOCK_MONOTONIC ns (bpf_ktime_get_ns(); of a private instance trace.now).
 *
 * *put becomes MEMORY_EVICTED where another source's bucket gave way: to be counted as
 * XE_EVENT_BUCKET_EVICTED.
 */
static __always_inline int limit_take(__u64 tag, const struct xe_limit *limit, __u64 now,
				      enum memory_put *put)
{
	struct xe_entry *entry = memory_find(&buckets, bucket_sets, tag);

	*put = MEMORY_PUT;
	if (!entry) {
		*put = memory_insert(&buckets, bucket_sets, tag, now + limit->interval, limit_worth,
				     &now);
		return *put != MEMORY_FULL;
	}
	return limit_spend(&entry->word, limit, now);
}

#endif
