/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From flow to atom: the walk over the policy block. No search: each step is one load whose index
 * the last one gave. Plain C, shared with user space (explain, tests), so there is one meaning
 * only.
 */
#ifndef XE_BPF_CLASSIFY_H
#define XE_BPF_CLASSIFY_H

#include "address.h"

/* What a flow's addresses and ports come to before pairs are looked at. */
struct classes {
	__u32 source, destination; /* address classes */
	__u32 sport, dport;	   /* port classes, over all kinds of packets */
};

static __always_inline __u32 classify_flat(const struct block *b, __u32 plane,
					   const struct classes *c)
{
	const struct xe_block_header *h = b->header;
	__u32 pair = block_u16(b, plane + c->source * h->plane_row + c->destination);
	__u32 row = pair * h->n_port;
	__u32 p = block_u16(b, h->p + row + c->dport);
	__u32 q = block_u16(b, h->q + row + c->sport);

	return block_u16(b, h->d + p * h->n_q + q);
}

/* The value of element `i` of a row whose references of blocks start at `row`. */
static __always_inline __u32 block_value(const struct block *b, __u32 row, __u32 i)
{
	__u32 values = block_u32(b, row + (i >> XE_BLOCK_BITS));

	return block_u32(b, values + (i & (XE_BLOCK - 1)));
}

static __always_inline __u32 classify_blocked(const struct block *b, __u32 plane,
					      const struct classes *c)
{
	const struct xe_block_header *h = b->header;
	__u32 pair = block_value(b, plane + c->source * h->plane_row, c->destination);
	__u32 p = block_value(b, pair + 1, c->dport);
	__u32 q = block_value(b, block_u32(b, pair), c->sport);

	return block_u32(b, h->d + p + q);
}

/*
 * The atom of a flow whose ends have the leaves `source` and `destination`, on the side whose pair
 * plane is `plane`. P holds what the destination port settles, Q the source port, D what both
 * allow.
 */
static __always_inline __u32 classify(const struct block *b, __u32 plane, __u32 source,
				      __u32 destination, const struct flow *flow)
{
	const struct xe_block_header *h = b->header;
	struct classes c = {
		.source = source & XE_LEAF_SOURCE,
		.destination = destination >> XE_LEAF_SOURCE_BITS,
	};

	if (flow->l4 <= XE_L4_UDP) {
		__u32 ports = flow->l4 == XE_L4_UDP ? h->port[1] : h->port[0];

		c.sport = block_u16(b, ports + flow->sport);
		c.dport = block_u16(b, ports + flow->dport);
	}
	c.sport += h->l4_class[flow->l4 & 7];
	c.dport += h->l4_class[flow->l4 & 7];
	return h->blocked ? classify_blocked(b, plane, &c) : classify_flat(b, plane, &c);
}

/* The pair plane for a flow's VLAN on a NIC; 0: no side is known for it. */
static __always_inline __u32 flow_plane(const struct block *b, const struct xe_nic *nic,
					const struct flow *flow)
{
	if (nic->vlans)
		return block_u32(b, nic->vlans + flow_vlan(flow));
	return nic->plane;
}

/* A frame's atom on one NIC, from the link header on. */
static __always_inline __u32 classify_frame(const struct block *b, const struct xe_nic *nic,
					    struct cursor *c, struct flow *flow)
{
	__u32 plane;
	__be16 type;
	enum xe_miss miss = parse_link(c, flow, &type);

	if (miss != PARSE_OK)
		return miss;
	plane = flow_plane(b, nic, flow);
	if (!plane)
		return XE_MISS_NO_POLICY;
	miss = parse_network(c, flow, type);
	if (miss != PARSE_OK)
		return miss;
	if (flow->family == 4)
		return classify(b, plane, address_leaf4(b, flow->saddr4),
				address_leaf4(b, flow->daddr4), flow);
	return classify(b, plane, address_leaf6(b, flow->saddr6), address_leaf6(b, flow->daddr6),
			flow);
}

#endif
