/* SPDX-License-Identifier: GPL-2.0-only */
/* What verdicts go by: the tables of the policy's block, clocks, and how what becomes of a packet
 * is told from one function to the next. */
#ifndef XE_BPF_FATE_H
#define XE_BPF_FATE_H

#include <bpf/bpf_helpers.h>

#include "classify.h"
#include "notes.h"
#include "../maps/maps.h"

const volatile __u32 block_mask; /* bytes of a policy value - 4 */
const volatile __u64 jiffy_ns;	 /* of the clock that ticks are counted by */

/*
 * What becomes of a packet: enum xe_reason why it is dropped, or would be, and above it, if it has
 * been found out on the way, 1 + the role for which that is counted; or:
 */
#define FATE_PASS   XE_REASON_COUNT
#define FATE_REASON 15u
#define FATE_ALONE  31u /* either of both without the role */
#define FATE_ROLE   8
_Static_assert(XE_REASON_COUNT == FATE_REASON + 1, "a reason has four bits");

/*
 * What has been found out about a packet, for functions that look more closely; they get it as
 * three numbers, so that it need not be in memory when they are not called.
 */
struct guarded {
	__u32 atom;		   /* as classified */
	__u32 generation;	   /* its lower bits */
	__u32 source, destination; /* leaves */
	__u64 tag;		   /* of its flow, with XE_FEATURE_STATE */
};

static __always_inline __u64 guarded_what(__u32 atom, __u32 generation)
{
	return atom | (__u64)generation << 32;
}

static __always_inline __u64 guarded_leaves(const struct flow *flow)
{
	return flow->source | (__u64)flow->destination << 32;
}

static __always_inline struct guarded guarded_of(__u64 what, __u64 leaves, __u64 tag)
{
	return (struct guarded){
		.atom = what,
		.generation = what >> 32,
		.source = leaves,
		.destination = leaves >> 32,
		.tag = tag,
	};
}

/* --- the policy's tables --------------------------------------------------------------------- */

/* The block a packet was classified by. 0 or -1. */
static __always_inline int guard_block(__u32 generation, struct block *b)
{
	__u32 half = generation & 1;

	b->header = bpf_map_lookup_elem(&policy, &half);
	b->mask = block_mask;
	return b->header ? 0 : -1;
}

static __always_inline const struct xe_action *guard_action(const struct block *b, __u32 atom)
{
	__u32 at = b->header->guard.actions + atom * sizeof(struct xe_action);

	return block_at(b, at & b->mask & ~4u);
}

static __always_inline const struct xe_end *guard_source(const struct block *b, __u32 leaf)
{
	__u32 at = (leaf & XE_LEAF_SOURCE) * sizeof(struct xe_end);

	return block_at(b, (b->header->guard.sources + at) & b->mask);
}

static __always_inline const struct xe_end *guard_destination(const struct block *b, __u32 leaf)
{
	__u32 at = (leaf >> XE_LEAF_SOURCE_BITS) * sizeof(struct xe_end);

	return block_at(b, (b->header->guard.destinations + at) & b->mask);
}

/* Whom a packet is for, or else from; 0: no protected role. */
static __always_inline __u32 guard_role(const struct block *b, __u32 source, __u32 destination)
{
	__u32 role = guard_destination(b, destination)->role;

	if (!role)
		role = guard_source(b, source)->role;
	return role & (XE_ROLES_MAX - 1);
}

/*
 * Whether a program has any of some features. `with` is a constant of the program; where a private
 * instance is, or packets are copied, all are in the text, and `features` says at loading which are
 * not.
 */
static __always_inline __u32 guard_has(const __u32 with, __u32 some)
{
	return (with & (XE_FEATURE_TRACE | XE_FEATURE_CAPTURE) ? features : with) & some;
}

static __always_inline const struct xe_limit *guard_limit(const struct block *b, __u32 place)
{
	__u32 at = b->header->guard.limits + (place - 1) * sizeof(struct xe_limit);

	return block_at(b, at & b->mask & ~(__u32)(sizeof(struct xe_limit) - 1));
}

/* An address in its other form. */
static __always_inline const struct xe_nat *guard_nat(const struct block *b, __u32 place)
{
	__u32 at = b->header->guard.nats + (place - 1) * sizeof(struct xe_nat);

	return block_at(b, at & b->mask & ~(__u32)(sizeof(struct xe_nat) - 1));
}

/* --- clocks: an attached program's are the kernel's ------------------------------------------ */

static __always_inline struct xe_trace *guard_trace(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&trace, &zero);
}

static __always_inline __u64 guard_ns(const __u32 with)
{
	if (with & XE_FEATURE_TRACE) {
		struct xe_trace *told = guard_trace();

		return told ? told->now : 0;
	}
	return bpf_ktime_get_ns();
}

static __always_inline __u32 guard_tick(const __u32 with)
{
	if (with & XE_FEATURE_TRACE)
		return guard_ns(with) >> XE_TICK_SHIFT;
	return bpf_jiffies64() * jiffy_ns >> XE_TICK_SHIFT;
}

#endif
