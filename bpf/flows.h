/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Flows (VERDICTS.md): what tells one from another, the states that its packets take it through,
 * and the table that remembers it. A packet of a known flow costs a hash and one cache line, mostly
 * read only: written is what changes, and a few times a second that it was seen.
 */
#ifndef XE_BPF_FLOWS_H
#define XE_BPF_FLOWS_H

#include "flow_tag.h"
#include "memory.h"
#include "notes.h"
#include "parse.h"
#include "../maps/maps.h"

const volatile __u32 flow_sets; /* sets in `flows` - 1 */

/* --- states ---------------------------------------------------------------------------------- */

union flow_word {
	__u64 word;
	struct xe_memory flow;
};

/* Ticks since something was seen; another CPU's clock may be ahead of the one that was read here.
 */
static __always_inline __u32 memory_age(__u32 now, __u32 seen)
{
	__s32 age = now - seen;

	return age < 0 ? 0 : age;
}

/* What a table's entries are judged by. */
struct memory_clock {
	const struct xe_guard *guard;
	__u32 now;	  /* tick */
	__u32 generation; /* of fragments */
};

/* What a generation's block says of verdicts; NULL: never. */
static __always_inline const struct xe_guard *guard_of(__u32 generation)
{
	__u32 half = generation & 1;
	const struct xe_block_header *header = bpf_map_lookup_elem(&policy, &half);

	return header ? &header->guard : NULL;
}

static __always_inline int flow_expired(const struct memory_clock *clock, __u64 word)
{
	union flow_word is = {.word = word};
	__u32 life = XE_LIFE_NEW;

	if (is.flow.state == XE_FLOW_ESTABLISHED)
		life = is.flow.life;
	else if (is.flow.state == XE_FLOW_CLOSING)
		life = XE_LIFE_CLOSING;
	return memory_age(clock->now, is.flow.seen) >= clock->guard->life[life & 7];
}

/* See memory_insert(): whatever is not established gives way, what was seen longest ago first. */
static __always_inline __u64 flow_worth(const void *of, __u64 word)
{
	const struct memory_clock *clock = of;
	union flow_word is = {.word = word};

	if (flow_expired(clock, word))
		return MEMORY_FREE;
	if (is.flow.state == XE_FLOW_ESTABLISHED)
		return MEMORY_KEEP;
	return (1ull << 32) - memory_age(clock->now, is.flow.seen);
}

/* One packet of a flow. */
struct flow_packet {
	__u64 tag;
	__u32 generation, now; /* tick */
	__u32 odd;
	__u8 proto;
	__u8 reply;
	__u8 syn;  /* and no ACK */
	__u8 twin; /* its flow in the other form of its addresses, which may begin by a reply */
};

/* FIN and RST, after the rest. */
static __always_inline void flow_close(struct xe_memory *flow, const struct flow_packet *packet)
{
	if (packet->odd & ODD_FIN)
		flow->flags |= packet->reply ? XE_FLOW_FIN_REPLY : XE_FLOW_FIN;
	if (packet->odd & ODD_RST || (flow->flags & XE_FLOW_FIN && flow->flags & XE_FLOW_FIN_REPLY))
		flow->state = XE_FLOW_CLOSING;
}

static __always_inline __u64 flow_begin(__u32 now, const struct flow_packet *packet)
{
	union flow_word is = {.flow = {.seen = now, .state = XE_FLOW_NEW}};

	is.flow.life = packet->proto == IPPROTO_TCP   ? XE_LIFE_TCP
		       : packet->proto == IPPROTO_UDP ? XE_LIFE_UDP
						      : XE_LIFE_OTHER;
	flow_close(&is.flow, packet);
	return is.word;
}

/* Whether a packet goes on in a flow that a RST alone has closed: nobody obeyed it. */
static __always_inline int flow_revives(const struct xe_memory *flow,
					const struct flow_packet *packet)
{
	const __u8 fins = XE_FLOW_FIN | XE_FLOW_FIN_REPLY;

	return flow->state == XE_FLOW_CLOSING && (flow->flags & fins) != fins &&
	       !(packet->odd & (ODD_FIN | ODD_RST));
}

static __always_inline __u64 flow_next(__u64 word, __u32 now, const struct flow_packet *packet)
{
	union flow_word is = {.word = word};

	if (is.flow.state == XE_FLOW_CLOSING && packet->syn)
		return flow_begin(now, packet);
	if (flow_revives(&is.flow, packet)) {
		is.flow.state = XE_FLOW_NEW;
		is.flow.flags &= ~(XE_FLOW_FIN | XE_FLOW_FIN_REPLY);
	}
	is.flow.seen = now;
	if (is.flow.state == XE_FLOW_NEW && packet->reply)
		is.flow.state = XE_FLOW_REPLIED;
	else if (is.flow.state == XE_FLOW_REPLIED && !packet->reply && !packet->syn)
		is.flow.state = XE_FLOW_ESTABLISHED;
	flow_close(&is.flow, packet);
	return is.word;
}

/* --- the table ------------------------------------------------------------------------------- */

/*
 * What follows are functions of their own to the verifier too: there are many ways through a set of
 * entries, and many to get here. It looks at them even if nobody calls them, so that they begin
 * with the feature that they are of.
 */

/*
 * Whether a packet that is not odd leaves its flow's word as it is: seen in this tick, and
 * established, or in the state that such a packet begins, which is act - XE_ACT_FORWARD.
 */
static __always_inline int flow_stays(__u64 word, __u32 now, __u32 act)
{
	const union flow_word is = {.word = word};

	_Static_assert(XE_ACT_FORWARD == 1 && XE_ACT_REPLY == 2, "bits of these states:");
	_Static_assert(XE_FLOW_NEW == 0 && XE_FLOW_REPLIED == 1, "what the acts begin");
	return is.flow.seen == now && (act | 1u << XE_FLOW_ESTABLISHED) >> (is.flow.state & 31) & 1;
}

/* The same of a flow that is not where it is looked for first. */
__attribute__((noinline)) int flow_seek(__u64 tag, __u32 now, __u32 act)
{
	struct xe_entry *entry;

	if (!(features & XE_FEATURE_STATE))
		return 0;
	entry = memory_find(&flows, flow_sets, tag);
	return entry && flow_stays(*(volatile __u64 *)&entry->word, now, act);
}

/* Whether a packet has a flow and leaves it as it is. */
static __always_inline int flow_still(__u64 tag, __u32 now, __u32 act)
{
	struct xe_set *set = memory_set(&flows, flow_sets, tag, 0);
	struct xe_entry *entry;

	if (!set)
		return 0;
	entry = &set->way[memory_first(tag)];
	if (*(volatile __u64 *)&entry->tag == tag)
		return flow_stays(*(volatile __u64 *)&entry->word, now, act);
	return flow_seek(tag, now, act);
}

#define FLOW_SWAPS 4 /* when other CPUs have packets of the same flow */

/* Set flags of a flow that is known. */
__attribute__((noinline)) int flow_mark(__u64 tag, __u32 flags)
{
	struct xe_entry *entry;

	if (!(features & XE_FEATURE_STATE))
		return 0;
	entry = memory_find(&flows, flow_sets, tag);
	for (int i = 0; entry && i < FLOW_SWAPS; i++) {
		union flow_word is = {.word = *(volatile __u64 *)&entry->word}, next = is;

		if (*(volatile __u64 *)&entry->tag != tag)
			break; /* it has another owner by now */
		next.flow.flags |= flags;
		if (next.word == is.word || memory_swap(&entry->word, is.word, next.word))
			break;
	}
	return 0;
}

#define FLOW_FLAGS 0xff /* and the state above */
#define FLOW_STATE 8

/* The flags and the state of a flow, or -1: there is none. */
__attribute__((noinline)) int flow_known(__u64 tag, __u32 generation, __u32 now)
{
	struct memory_clock clock = {.now = now};
	struct xe_entry *entry;
	union flow_word is;

	if (!(features & XE_FEATURE_STATE))
		return -1;
	clock.guard = guard_of(generation);
	entry = memory_find(&flows, flow_sets, tag);
	if (!entry || !clock.guard)
		return -1;
	is.word = *(volatile __u64 *)&entry->word;
	return flow_expired(&clock, is.word) ? -1 : is.flow.flags | is.flow.state << FLOW_STATE;
}

enum flow_kept { FLOW_NONE, FLOW_KEPT, FLOW_BEGUN };

/* Let a packet keep its flow alive, or begin it anew where it ended: a hash stands once. */
static __always_inline enum flow_kept flow_keep(const struct memory_clock *clock,
						const struct flow_packet *packet)
{
	struct xe_entry *entry = memory_find(&flows, flow_sets, packet->tag);

	if (!entry)
		return FLOW_NONE;
	for (int i = 0; i < FLOW_SWAPS; i++) {
		__u64 word = *(volatile __u64 *)&entry->word, next;
		int expired = flow_expired(clock, word);

		if (*(volatile __u64 *)&entry->tag != packet->tag)
			return FLOW_NONE; /* it has another owner by now */
		next = expired ? flow_begin(clock->now, packet)
			       : flow_next(word, clock->now, packet);
		if (next == word || memory_swap(&entry->word, word, next))
			return expired ? FLOW_BEGUN : FLOW_KEPT;
	}
	return FLOW_KEPT;
}

/* Keep a flow alive, or begin it. True: it has begun. */
__attribute__((noinline)) int flow_enter(const struct flow_packet *packet)
{
	struct memory_clock clock;
	enum flow_kept kept;

	if (!(features & XE_FEATURE_STATE) || !packet)
		return 0;
	clock.guard = guard_of(packet->generation);
	clock.now = packet->now;
	if (!clock.guard)
		return 0;
	kept = flow_keep(&clock, packet);
	if (kept != FLOW_NONE)
		return kept == FLOW_BEGUN;
	if (packet->reply && !packet->twin)
		return 0; /* its flow has just gone */
	switch (memory_insert(&flows, flow_sets, packet->tag, flow_begin(clock.now, packet),
			      flow_worth, &clock)) {
	case MEMORY_EVICTED:
		note_event(XE_EVENT_FLOW_EVICTED);
		return 1;
	case MEMORY_FULL:
		note_event(XE_EVENT_FLOW_FULL);
		return 0;
	default:
		return 1;
	}
}

#endif
