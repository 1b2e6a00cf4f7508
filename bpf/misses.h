/* SPDX-License-Identifier: GPL-2.0-only */
/* What becomes of packets that no row decides (VERDICTS.md). */
#ifndef XE_BPF_MISSES_H
#define XE_BPF_MISSES_H

#include "classify.h"
#include "exempt.h"
#include "fate.h"
#include "fragments.h"
#include "reading.h"

/* What a packet that no row decides gets if one of its ends is protected, and else. */
static __always_inline __u32 miss_fate(const struct block *b, const struct guarded *g,
				       __u32 protected)
{
	if (guard_role(b, g->source, g->destination))
		return protected;
	return b->header->guard.drop_foreign ? XE_REASON_FOREIGN : FATE_PASS;
}

/* The offsets of ports that a packet without ports has. */
static __always_inline __u32 classify_addresses(const struct block *b, __u32 plane, __u32 source,
						__u32 destination)
{
	const struct xe_l4_row *l4 = &b->header->l4[XE_L4_OTHER];
	const struct port_offsets ports = {.dport = l4->dport, .sport = l4->sport};

	return classify(b, pair_offsets(b, plane, source, destination), ports);
}

static __always_inline void flow_leaves(const struct block *b, struct flow *flow)
{
	if (flow->family == 4) {
		flow->source = address_leaf4(b, flow->saddr4);
		flow->destination = address_leaf4(b, flow->daddr4);
	} else {
		flow->source = address_leaf6(b, flow->saddr6);
		flow->destination = address_leaf6(b, flow->daddr6);
	}
}

/*
 * What the addresses of a later fragment alone are dropped for, or FATE_PASS. Its leaves are looked
 * up, too.
 */
__attribute__((noinline)) int guard_addresses(struct reading *r, __u32 generation)
{
	struct flow *flow;
	const struct xe_action *action;
	const struct xe_nic *nic;
	struct block b;
	__u32 atom;

	if (!r || guard_block(generation, &b))
		return FATE_PASS;
	flow = &r->flow;
	nic = &b.header->nic[slot & (XE_MAX_NICS - 1)];
	flow_leaves(&b, flow);
	atom = classify_addresses(&b, flow_plane(&b, nic, flow), flow->source, flow->destination);
	action = guard_action(&b, atom);
	if (action->act == XE_ACT_DROP &&
	    (action->reason == XE_REASON_MARTIAN || action->reason == XE_REASON_SPOOFED ||
	     action->reason == XE_REASON_DENY_LIST))
		return action->reason;
	return FATE_PASS;
}

/* A later fragment. */
static __always_inline __u32 miss_fragment(struct xdp_md *ctx, const struct block *b,
					   const struct guarded *g, struct reading *r)
{
	__u32 fate = guard_addresses(r, g->generation);
	__u32 role = guard_role(b, r->flow.source, r->flow.destination);

	if (fate == FATE_PASS && features & XE_FEATURE_GUARD)
		switch (fragment_ask(fragment_tag(hash_key, &r->flow, frame_fragment_id(ctx)),
				     g->generation, guard_tick(features))) {
		case FRAGMENT_PASSES:
			break;
		case FRAGMENT_DENIED:
			fate = XE_REASON_FRAGMENT_DENIED;
			break;
		default:
			if (role && !b->header->guard.pass_orphans)
				fate = XE_REASON_FRAGMENT_ORPHAN;
		}
	return fate == FATE_PASS ? fate : fate | (1 + role) << FATE_ROLE;
}

static __always_inline __u32 fate_of_miss(struct xdp_md *ctx, const struct block *b,
					  const struct guarded *g, struct reading *r,
					  enum xe_miss miss)
{
	__u32 fate = NAMELESS;

	if (miss == XE_MISS_FOREIGN && !b->header->guard.drop_foreign)
		return FATE_PASS;
	if (miss == XE_MISS_FOREIGN || miss == XE_MISS_UNMATCHED || miss == XE_MISS_IP_OTHER)
		fate = fate_of_name(b, r);
	if (fate != NAMELESS)
		return fate;
	switch (miss) {
	case XE_MISS_FOREIGN:
		return XE_REASON_FOREIGN;
	case XE_MISS_UNMATCHED:
		return XE_REASON_UNMATCHED;
	case XE_MISS_IP_OTHER:
		return miss_fate(b, g, XE_REASON_IP_OTHER);
	case XE_MISS_IPSEC:
		return miss_fate(b, g, XE_REASON_IPSEC);
	case XE_MISS_FRAGMENT:
		return miss_fragment(ctx, b, g, r);
	case XE_MISS_NON_IP:
		return exempt_link(b, r);
	case XE_MISS_MARTIAN:
		return XE_REASON_MARTIAN;
	case XE_MISS_SPOOFED:
		return XE_REASON_SPOOFED;
	case XE_MISS_MALFORMED:
		return XE_REASON_MALFORMED;
	case XE_MISS_TOO_DEEP:
		return XE_REASON_TOO_DEEP;
	default:
		return FATE_PASS;
	}
}

#endif
