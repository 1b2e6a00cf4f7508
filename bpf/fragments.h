/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Fragments (VERDICTS.md): the verdict of a first one, remembered for those behind it by what
 * reassembly goes by.
 */
#ifndef XE_BPF_FRAGMENTS_H
#define XE_BPF_FRAGMENTS_H

#include "flows.h"

const volatile __u32 fragment_sets; /* sets in `fragments` - 1 */

/* The hash of what a fragment's kin share. The protocol of IPv6 is 0: it may differ from one to the
 * next (RFC 8200, 4.5). */
static __always_inline __u64 fragment_tag(const volatile __u64 *key, const struct flow *flow,
					  __u32 id)
{
	__u64 hash;

	if (flow->family == 4) {
		hash = memory_fold((__u64)flow->saddr4 << 32 | flow->daddr4, key[0]);
		hash += (__u64)flow->proto << 32 | id;
	} else {
		hash = memory_fold(flow->saddr6.hi, key[0]) + flow->saddr6.lo;
		hash = memory_fold(hash, key[1]) + flow->daddr6.hi;
		hash = memory_fold(hash, key[0]) + flow->daddr6.lo;
		hash = memory_fold(hash, key[1]) + ((__u64)6 << 40 | id);
	}
	return memory_tag(memory_fold(hash, key[1]), key[3]);
}

/* Another generation's are forgotten: its rows may say otherwise. */
static __always_inline int fragment_expired(const struct memory_clock *clock, __u64 word)
{
	union flow_word is = {.word = word};

	return is.flow.generation != clock->generation ||
	       memory_age(clock->now, is.flow.seen) >= clock->guard->life[XE_LIFE_FRAGMENT];
}

static __always_inline __u64 fragment_worth(const void *of, __u64 word)
{
	const struct memory_clock *clock = of;
	union flow_word is = {.word = word};

	if (fragment_expired(clock, word))
		return MEMORY_FREE;
	return (1ull << 32) - memory_age(clock->now, is.flow.seen);
}

/*
 * Remember what became of a first fragment; a second one of the same name has the last word. A
 * function of its own to the verifier, as flows' are.
 */
__attribute__((noinline)) int fragment_keep(__u64 tag, __u32 generation, __u32 now, int denied)
{
	union flow_word is = {.flow = {.seen = now,
				       .flags = denied ? XE_FRAGMENT_DENIED : 0,
				       .generation = generation}};
	struct memory_clock clock = {.now = now, .generation = generation & 0xff};
	struct xe_entry *entry;

	if (!(features & XE_FEATURE_GUARD))
		return 0;
	clock.guard = guard_of(generation);
	if (!clock.guard)
		return 0;
	entry = memory_find(&fragments, fragment_sets, tag);
	if (entry)
		*(volatile __u64 *)&entry->word = is.word;
	else if (memory_insert(&fragments, fragment_sets, tag, is.word, fragment_worth, &clock) ==
		 MEMORY_EVICTED)
		note_event(XE_EVENT_FRAGMENT_EVICTED);
	return 0;
}

enum fragment_fate { FRAGMENT_ORPHAN, FRAGMENT_PASSES, FRAGMENT_DENIED };

/* What a later fragment's first one met with: enum fragment_fate. */
__attribute__((noinline)) int fragment_ask(__u64 tag, __u32 generation, __u32 now)
{
	struct memory_clock clock = {.now = now, .generation = generation & 0xff};
	struct xe_entry *entry;
	union flow_word is;

	if (!(features & XE_FEATURE_GUARD))
		return FRAGMENT_ORPHAN;
	clock.guard = guard_of(generation);
	entry = memory_find(&fragments, fragment_sets, tag);
	if (!entry || !clock.guard)
		return FRAGMENT_ORPHAN;
	is.word = *(volatile __u64 *)&entry->word;
	if (fragment_expired(&clock, is.word))
		return FRAGMENT_ORPHAN;
	return is.flow.flags & XE_FRAGMENT_DENIED ? FRAGMENT_DENIED : FRAGMENT_PASSES;
}

#endif
