/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From atom to verdict, as loader/policy/VERDICTS.md says. What most packets need stands in line:
 * those that pass without a word, those of known flows, those that are dropped without one. All
 * else is a function of its own, which reads the frame once more: guard_closer().
 */
#ifndef XE_BPF_GUARD_H
#define XE_BPF_GUARD_H

#include "drops.h"
#include "exempt.h"
#include "fate.h"
#include "fragments.h"
#include "flows.h"
#include "misses.h"
#include "payload.h"
#include "reading.h"
#include "rows.h"

/* What becomes of a packet that needs more than a look at its atom and its flow's word. */
__attribute__((noinline)) int guard_closer(struct xdp_md *ctx, __u64 what, __u64 leaves, __u64 tag)
{
	const struct guarded looked = guarded_of(what, leaves, tag), *g = &looked;
	const struct xe_action *action;
	struct reading r = {};
	struct block b;

	if (!(features & (XE_FEATURE_WATCH | XE_FEATURE_GUARD | XE_FEATURE_PAYLOAD)))
		return FATE_PASS;
	if (guard_block(g->generation, &b))
		return FATE_PASS;
	frame_read(ctx, &r);
	action = guard_action(&b, g->atom);
	if (action->act == XE_ACT_MISS)
		return fate_of_miss(ctx, &b, g, &r, action->miss);
	if (action->act == XE_ACT_DROP)
		return action->reason;
	return fate_of_row(&b, g, &r, action);
}

/* Remember what became of a first fragment, for those behind it; of one that cannot be read
 * nothing.
 */
__attribute__((noinline)) int guard_first_fragment(struct xdp_md *ctx, __u32 generation, __u32 fate)
{
	struct reading r = {};

	if (!(features & XE_FEATURE_GUARD) || frame_read(ctx, &r) != PARSE_OK)
		return 0;
	return fragment_keep(fragment_tag(hash_key, &r.flow, frame_fragment_id(ctx)), generation,
			     guard_tick(features), fate != FATE_PASS);
}

/* Look at the payload of a packet that a row decided; `index` is its place in `counters`. */
__attribute__((noinline)) int guard_payload(struct xdp_md *ctx, __u64 what, __u64 leaves, __u64 tag,
					    __u32 index)
{
	const struct guarded looked = guarded_of(what, leaves, tag), *g = &looked;
	struct cursor c = {};
	__u32 flags;
	const struct xe_action *action;
	struct reading r = {};
	struct block b;
	int known = -1;

	if (!(features & XE_FEATURE_PAYLOAD) || guard_block(g->generation, &b) ||
	    frame_read(ctx, &r) != PARSE_OK)
		return 0;
	action = guard_action(&b, g->atom);
	if (tag)
		known = flow_known(tag, g->generation, guard_tick(features));
	flags = known < 0 ? 0 : known & FLOW_FLAGS;
	c.pos = (void *)(long)ctx->data +
		(r.transport & 0x7fff); /* the verifier likes less than 2^16 */
	c.end = (void *)(long)ctx->data_end;
	payload_look(action->payload, &c, &r.flow, r.left, index, action->reply, known >= 0,
		     &flags);
	if (known < 0 || flags == (known & FLOW_FLAGS))
		return 0;
	flow_mark(tag, flags);
	if (features & XE_FEATURE_NAT) {
		tag = flow_twin(&b, g, &r.flow);
		if (tag)
			flow_mark(tag, flags);
	}
	return 0;
}

/* --- all of it ------------------------------------------------------------------------------- */

union action_word {
	__u64 word;
	struct xe_action action;
};

/* An atom's action, all of it in a register. */
static __always_inline struct xe_action guard_load(const struct block *b, __u32 atom)
{
	const union action_word is = {.word = *(const volatile __u64 *)guard_action(b, atom)};

	return is.action;
}

/* Whether a packet of an atom that begins or needs a flow belongs to one and leaves it as it is. */
static __always_inline int flow_passes(const struct block *b, struct xe_action action,
				       const struct flow *flow, const __u32 with)
{
	if (flow->odd || (action.limit && guard_limit(b, action.limit)->packets))
		return 0;
	return flow_still(flow->tag, guard_tick(with), action.act);
}

/* Whether a packet is to a port that a DHCP client or server has: few are, and few of the others.
 */
static __always_inline int is_to_dhcp(const struct flow *flow)
{
	return flow->dport == bpf_htons(67) || flow->dport == bpf_htons(68) ||
	       flow->dport == bpf_htons(546) || flow->dport == bpf_htons(547);
}

#define FATE_CLOSER (XE_REASON_COUNT + 1) /* guard_closer() is to say */

/*
 * What becomes of a packet as far as its atom and its flow's word tell. `with`: enum
 * xe_feature, a constant.
 */
static __always_inline __u32 guard_glance(const struct block *b, __u32 atom,
					  const struct flow *flow, const __u32 with)
{
	const struct xe_action action = guard_load(b, atom);

	switch (action.act) {
	case XE_ACT_PASS:
		return action.limit ? FATE_CLOSER : FATE_PASS;
	case XE_ACT_FORWARD:
	case XE_ACT_REPLY:
		if (guard_has(with, XE_FEATURE_STATE))
			return flow_passes(b, action, flow, with) ? FATE_PASS : FATE_CLOSER;
		return action.limit ? FATE_CLOSER : FATE_PASS;
	case XE_ACT_DROP:
		return action.reason;
	default:
		if (action.miss == XE_MISS_UNMATCHED && !is_to_dhcp(flow))
			return XE_REASON_UNMATCHED;
		if (action.miss == XE_MISS_FOREIGN && !b->header->guard.drop_foreign)
			return FATE_PASS;
		return FATE_CLOSER;
	}
}

#endif
