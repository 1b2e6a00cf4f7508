/* SPDX-License-Identifier: GPL-2.0-only */
/* What becomes of packets that a row decides: limits, and the flows that they begin, need or keep.
 */
#ifndef XE_BPF_ROWS_H
#define XE_BPF_ROWS_H

#include "buckets.h"
#include "exempt.h"
#include "fate.h"
#include "flows.h"
#include "notes.h"
#include "reading.h"

/*
 * Whether a packet finds no token. `begins`: it would begin a flow; one is asked of others only by
 * limits on all packets. A function of its own to the verifier.
 */
__attribute__((noinline)) int guard_limited(const struct reading *r, __u32 generation, __u32 place,
					    int begins)
{
	const struct xe_limit *limit;
	enum memory_put put;
	struct block b;
	int taken;

	if (!(features & XE_FEATURE_LIMITS) || !r || guard_block(generation, &b))
		return 0;
	limit = guard_limit(&b, place);
	if (!limit->packets && !begins)
		return 0;
	taken = limit_take(limit_tag(hash_key, limit, &r->flow), limit, guard_ns(features), &put);
	if (put == MEMORY_EVICTED)
		note_event(XE_EVENT_BUCKET_EVICTED);
	return !taken;
}

/* An end of a flow with its address in the other form. */
static __always_inline __u64 nat_end(const struct block *b, __u32 place, const struct flow *flow,
				     __be16 port)
{
	const struct xe_nat *nat = guard_nat(b, place);

	if (flow->family == 4)
		return flow_end4(hash_key, *(const __be32 *)nat->other, port, flow->proto);
	return flow_end6(hash_key, addr6_load((const wire_be64 *)nat->other), port, flow->proto);
}

/*
 * The hash of a flow with its addresses in the other form, of both ends if both are translated; 0:
 * there is none.
 */
static __always_inline __u64 flow_twin(const struct block *b, const struct guarded *g,
				       const struct flow *flow)
{
	__u32 from = guard_source(b, g->source)->nat,
	      to = guard_destination(b, g->destination)->nat;

	if (!from && !to)
		return 0;
	return flow_between(
		hash_key, from ? nat_end(b, from, flow, flow->sport) : flow_source(hash_key, flow),
		to ? nat_end(b, to, flow, flow->dport) : flow_destination(hash_key, flow));
}

/* A packet that passes and has, or begins, a flow. */
static __always_inline void flow_pass(const struct block *b, const struct guarded *g,
				      const struct flow *flow, __u32 now, int reply)
{
	struct flow_packet packet = {
		.tag = g->tag,
		.generation = g->generation,
		.now = now,
		.odd = flow->odd,
		.proto = flow->proto,
		.reply = reply,
		.syn = flow->l4 == XE_L4_TCP_SYN,
	};

	if (flow_enter(&packet))
		note_event(XE_EVENT_FLOW_NEW);
	if (!(features & XE_FEATURE_NAT))
		return;
	packet.twin = 1;
	packet.tag = flow_twin(b, g, flow);
	if (packet.tag)
		flow_enter(&packet);
}

static __always_inline __u32 fate_of_row(const struct block *b, const struct guarded *g,
					 const struct reading *r, const struct xe_action *action)
{
	int reply = action->act == XE_ACT_REPLY, flows = action->act != XE_ACT_PASS, begins = flows;
	__u32 now = guard_tick(features);

	if (features & XE_FEATURE_STATE && flows) {
		int known = flow_known(g->tag, g->generation, now);

		begins = known < 0 ||
			 (known >> FLOW_STATE == XE_FLOW_CLOSING && r->flow.l4 == XE_L4_TCP_SYN);
		if (reply && known < 0) {
			if (action->otherwise == XE_OTHERWISE_UNSOLICITED) {
				__u32 fate = fate_of_name(b, r);

				return fate == NAMELESS ? XE_REASON_UNSOLICITED : fate;
			}
			if (action->otherwise == XE_OTHERWISE_DENY)
				return XE_REASON_DENY_ROW;
			begins = flows = action->otherwise == XE_OTHERWISE_FORWARD;
			reply = 0;
		}
	}
	if (!reply && action->limit && guard_limited(r, g->generation, action->limit, begins))
		return XE_REASON_LIMITED;
	if (features & XE_FEATURE_STATE && flows)
		flow_pass(b, g, &r->flow, now, reply);
	return FATE_PASS;
}

#endif
