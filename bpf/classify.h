/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From flow to atom: the walk over the policy block. No search: each step is one load whose index
 * the last one gave. Plain C, shared with user space (explain, tests), so there is one meaning
 * only.
 */
#ifndef XE_BPF_CLASSIFY_H
#define XE_BPF_CLASSIFY_H

#include "address.h"
#include "flow_tag.h"

/* Where P and Q of a flow's ports stand in a pair's row or pattern, in bytes; struct xe_l4_row. */
struct port_offsets {
	__u32 dport, sport;
};

static __always_inline __u32 port_class(const struct block *b, __u32 table, __be16 port)
{
	return *(const __u16 *)(block_at(b, (__u64)port << 1) + table);
}

/* One branch a kind, each with its offsets as constants, right behind the parser's own branches. */
static __always_inline struct port_offsets port_offsets(const struct block *b,
							const struct flow *flow)
{
	const struct xe_l4_row *l4 = b->header->l4;
	struct port_offsets o;

	if (flow->l4 == XE_L4_TCP) {
		o.dport = port_class(b, XE_PORTS_TCP, flow->dport); /* the first kind: at 0 */
		o.sport = l4[XE_L4_TCP].sport + port_class(b, XE_PORTS_TCP, flow->sport);
	} else if (flow->l4 == XE_L4_UDP) {
		o.dport = l4[XE_L4_UDP].dport + port_class(b, XE_PORTS_UDP, flow->dport);
		o.sport = l4[XE_L4_UDP].sport + port_class(b, XE_PORTS_UDP, flow->sport);
	} else if (flow->l4 == XE_L4_TCP_SYN) {
		o.dport = l4[XE_L4_TCP_SYN].dport + port_class(b, XE_PORTS_TCP, flow->dport);
		o.sport = l4[XE_L4_TCP_SYN].sport + port_class(b, XE_PORTS_TCP, flow->sport);
	} else {
		o.dport = l4[flow->l4 & 7].dport;
		o.sport = l4[flow->l4 & 7].sport;
	}
	return o;
}

/* Two leaves of addresses: the offset of a plane's row, and four times the place in it. */
struct pair_offsets {
	__u32 row, destination;
};

/* The class of the destination stands in the leaf above that of the source, whose upper bits stay
 * below and are masked away in the end. */
static __always_inline struct pair_offsets pair_offsets(const struct block *b, __u32 plane,
							__u32 source, __u32 destination)
{
	return (struct pair_offsets){
		.row = plane + (source & XE_LEAF_SOURCE) * b->header->plane_row,
		.destination = destination >> (XE_LEAF_SOURCE_BITS - 2),
	};
}

static __always_inline __u32 classify_flat(const struct block *b, struct pair_offsets pair,
					   struct port_offsets ports)
{
	__u32 row = block_word(b, pair.row + pair.destination);

	return block_word(b, block_word(b, row + ports.dport) + block_word(b, row + ports.sport));
}

/* The value at byte offset `at` of a row that is references of blocks. */
static __always_inline __u32 block_value(const struct block *b, __u32 row, __u32 at)
{
	__u32 values = block_word(b, row + at / XE_BLOCK);

	return block_word(b, values + at % (XE_BLOCK * 4));
}

/* A value of 16 bits; `offset` need not be even. */
static __always_inline __u32 block_half(const struct block *b, __u32 offset)
{
	return *(const __u16 *)block_at(b, offset & (b->mask | 2));
}

static __always_inline __u32 classify_cells(const struct block *b, __u32 pair,
					    struct port_offsets ports)
{
	__u32 cell = pair + (ports.dport >> XE_CELL_SHIFT);
	__u32 dport = ports.dport & ((1u << XE_CELL_SHIFT) - 1);
	__u32 p = block_word(b, block_word(b, cell) + dport);
	__u32 q = block_word(b, block_word(b, cell + 4) + ports.sport);

	return block_word(b, block_word(b, cell + 8) + p + q);
}

static __always_inline __u32 classify(const struct block *b, struct pair_offsets pair,
				      struct port_offsets ports)
{
	if (b->header->layout == XE_LAYOUT_FLAT)
		return classify_flat(b, pair, ports);
	if (b->header->layout == XE_LAYOUT_CELLS) {
		__u32 number = block_half(b, pair.row + (pair.destination >> 1));

		return classify_cells(b, b->header->cells + number * XE_PAIR_CELLS, ports);
	}
	return classify_cells(b, block_value(b, pair.row, pair.destination), ports);
}

/* The pair plane for a flow's VLAN on a NIC; 0: no side is known for it. */
static __always_inline __u32 flow_plane(const struct block *b, const struct xe_nic *nic,
					const struct flow *flow)
{
	if (nic->vlans)
		return block_u32(b, nic->vlans + flow_vlan(flow));
	return nic->plane;
}

/*
 * A frame's atom on one NIC, from the link header on. The families part at the type and meet when
 * addresses and ports have been looked up, so that few values are alive where they meet; addresses
 * first, so that their loads begin while the transport header is still being checked.
 */
static __always_inline __u32 classify_frame(const struct block *b, const struct xe_nic *nic,
					    struct cursor *c, struct flow *flow)
{
	struct port_offsets ports;
	struct pair_offsets pair;
	enum xe_miss miss;
	__u32 plane, left;
	__be16 type;

	miss = parse_link(c, flow, &type);
	if (miss != PARSE_OK)
		return miss;
	plane = flow_plane(b, nic, flow);
	if (!plane)
		return missed(XE_MISS_NO_POLICY);
	if (type == bpf_htons(ETH_P_IP)) {
		miss = parse_header4(c, flow, &left);
		if (miss != PARSE_OK)
			return miss;
		flow->source = address_leaf4(b, flow->saddr4);
		flow->destination = address_leaf4(b, flow->daddr4);
		pair = pair_offsets(b, plane, flow->source, flow->destination);
		miss = parse_transport(c, flow, left);
		if (miss != PARSE_OK)
			return miss;
		if (flow->key)
			flow->tag = flow_tag4(flow->key, flow);
		ports = port_offsets(b, flow);
	} else if (type == bpf_htons(ETH_P_IPV6)) {
		miss = parse_header6(c, flow, &left);
		if (miss != PARSE_OK)
			return miss;
		flow->source = address_leaf6(b, flow->saddr6);
		flow->destination = address_leaf6(b, flow->daddr6);
		pair = pair_offsets(b, plane, flow->source, flow->destination);
		miss = parse_payload6(c, flow, left);
		if (miss != PARSE_OK)
			return miss;
		if (flow->key)
			flow->tag = flow_tag6(flow->key, flow);
		ports = port_offsets(b, flow);
	} else {
		return missed(XE_MISS_NON_IP);
	}
	return classify(b, pair, ports);
}

#endif
