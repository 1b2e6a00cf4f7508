/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From flow to atom: the walk over the policy block. No search: each step is one load whose index
 * the last one gave. Plain C, shared with user space (explain, tests), so there is one meaning
 * only.
 *
 * The block is one array value of a power-of-two size; every index is masked to it, so that the
 * verifier needs no more than one AND, and a block that is replaced under a running program can
 * make it count wrongly for one packet at worst, never read outside.
 */
#ifndef XE_BPF_CLASSIFY_H
#define XE_BPF_CLASSIFY_H

#include "parse.h"

struct block {
	const struct xe_block_header *header;
	__u32 mask; /* bytes of the value - 1 */
};

static __always_inline __u32 block_u32(const struct block *b, __u32 index)
{
	return *(const __u32 *)((const char *)b->header + ((index << 2) & b->mask));
}

static __always_inline __u32 block_u16(const struct block *b, __u32 index)
{
	return *(const __u16 *)((const char *)b->header + ((index << 1) & b->mask));
}

/* Address class by a multibit trie of strides 16-8-8, leaf-pushed. `addr` in host byte order. */
static __always_inline __u32 address_class4(const struct block *b, __u32 addr)
{
	__u32 ref = block_u32(b, b->header->root4 + (addr >> 16));

	if (ref & XE_REF_NODE) {
		ref = block_u32(b, (ref & XE_REF_MASK) + ((addr >> 8) & 0xff));
		if (ref & XE_REF_NODE)
			ref = block_u32(b, (ref & XE_REF_MASK) + (addr & 0xff));
	}
	return ref;
}

/* One check for all fields: the index is masked to where a whole skip node fits. */
static __always_inline const struct xe_skip *block_skip(const struct block *b, __u32 index)
{
	__u32 mask = b->mask & ~((__u32)sizeof(struct xe_skip) - 1);

	return (const struct xe_skip *)((const char *)b->header + ((index << 2) & mask));
}

/* Walk nodes with the bits of `word` from the top; each step uses 8 of them at least. */
static __always_inline __u32 walk_half(const struct block *b, __u32 ref, __u64 word)
{
	for (int i = 0; i < 8; i++) {
		__u32 at = ref & XE_REF_MASK;

		if (!(ref & XE_REF_NODE))
			break;
		if (ref & XE_REF_SKIP) {
			const struct xe_skip *skip = block_skip(b, at);

			ref = skip->miss;
			if ((word ^ skip->key) >> (skip->shift & 63) == 0) {
				ref = skip->hit;
				word <<= skip->bits & 63;
			}
		} else {
			ref = block_u32(b, at + (__u32)(word >> 56));
			word <<= 8;
		}
	}
	return ref;
}

static __always_inline __u32 address_class6(const struct block *b, struct addr6 addr)
{
	__u32 ref = block_u32(b, b->header->root6 + (__u32)(addr.hi >> 48));

	ref = walk_half(b, ref, addr.hi << 16);
	if (ref & XE_REF_LOW)
		ref = walk_half(b, block_u32(b, ref & XE_REF_MASK), addr.lo);
	return ref;
}

/*
 * The atom of a flow whose ends have the classes `source` and `destination`, on the side whose pair
 * plane is `plane`. P holds what the destination port settles, Q the source port, D what both
 * allow.
 */
static __always_inline __u32 classify(const struct block *b, __u32 plane, __u32 source,
				      __u32 destination, const struct flow *flow)
{
	const struct xe_block_header *h = b->header;
	__u32 pair = block_u16(b, plane + source * h->n_addr + destination);
	__u32 sport = 0, dport = 0, first, p, q;

	if (flow->l4 <= XE_L4_UDP) {
		__u32 ports = flow->l4 == XE_L4_UDP ? h->port[1] : h->port[0];

		sport = block_u16(b, ports + flow->sport);
		dport = block_u16(b, ports + flow->dport);
	}
	first = pair * h->n_port + h->l4_class[flow->l4 & 7];
	p = block_u16(b, h->p + first + dport);
	q = block_u16(b, h->q + first + sport);
	return block_u16(b, h->d + p * h->n_q + q);
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
		return classify(b, plane, address_class4(b, flow->saddr4),
				address_class4(b, flow->daddr4), flow);
	return classify(b, plane, address_class6(b, flow->saddr6), address_class6(b, flow->daddr6),
			flow);
}

#endif
