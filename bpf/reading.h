/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A frame read once more, for what needs more of it than its atom: into numbers, without a pointer
 * into the frame, so that the verifier follows the ways through a frame once, and not for all that
 * can be done with what was read.
 */
#ifndef XE_BPF_READING_H
#define XE_BPF_READING_H

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "parse.h"

struct reading {
	__u64 len; /* of the frame */
	struct flow flow;
	__be16 type; /* EtherType behind the tags */
	__u8 stp;    /* to the group address of a spanning tree */
	__u8 icmp;   /* ICMP in the IP version that it belongs to, with: */
	__u8 icmp_type, icmp_code;
	__u16 transport; /* where the transport header begins, bytes into the frame */
	__u32 left;	 /* bytes of IP payload from there on */
	__u32 unused;
};

/* IEEE's group, and the one of per-VLAN trees. */
static __always_inline int is_stp(const __u8 *to)
{
	__u32 upper = (__u32)to[0] << 24 | to[1] << 16 | to[2] << 8 | to[3];
	__u32 lower = to[4] << 8 | to[5];

	return (upper == 0x0180c200 && lower == 0) || (upper == 0x01000ccc && lower == 0xcccd);
}

/* `c` at what follows the IP header, `left` bytes of it. */
static __always_inline void read_icmp(struct reading *r, const struct cursor *c, __u32 left)
{
	__u8 *message = c->pos;

	if (r->flow.proto != (r->flow.family == 4 ? IPPROTO_ICMP : IPPROTO_ICMPV6))
		return;
	if (left < 2 || (void *)(message + 2) > c->end)
		return;
	r->icmp = 1;
	r->icmp_type = message[0];
	r->icmp_code = message[1];
}

/*
 * Read a frame as classify_frame() does, and what it leaves out. A function of its own to the
 * verifier; *r is zeroed by the caller. enum xe_miss, or PARSE_OK; the flow is what was read up to
 * a miss.
 */
__attribute__((noinline)) int frame_read(struct xdp_md *ctx, struct reading *r)
{
	struct cursor c = {.pos = (void *)(long)ctx->data, .end = (void *)(long)ctx->data_end};
	enum xe_miss miss;
	__u32 left = 0;
	__be16 type;

	if (!r)
		return XE_MISS_MALFORMED;
	r->len = bpf_xdp_get_buff_len(ctx);
	c.more = r->len - (c.end - c.pos);
	if (c.pos + ETH_ALEN <= c.end)
		r->stp = is_stp(c.pos);
	miss = parse_link(&c, &r->flow, &type);
	if (miss != PARSE_OK)
		return miss;
	r->type = type;
	if (type == bpf_htons(ETH_P_IP)) {
		miss = parse_header4(&c, &r->flow, &left);
		if (miss == PARSE_OK)
			miss = parse_transport(&c, &r->flow, left);
	} else if (type == bpf_htons(ETH_P_IPV6)) {
		miss = parse_header6(&c, &r->flow, &left);
		if (miss == PARSE_OK)
			miss = parse_payload6(&c, &r->flow, left);
	} else {
		miss = XE_MISS_NON_IP;
	}
	if (miss != PARSE_OK)
		return miss;
	if (r->flow.l4 == XE_L4_OTHER)
		read_icmp(r, &c, left);
	r->transport = c.pos - (void *)(long)ctx->data;
	r->left = left;
	return PARSE_OK;
}

static __always_inline __u32 fragment_id4(const struct cursor *c)
{
	wire_ipv4 *ip = c->pos;

	return (void *)(ip + 1) <= c->end ? ip->id : 0;
}

/* Out of the fragment header. `c` at the IP header. */
static __always_inline __u32 fragment_id6(const struct cursor *c)
{
	wire_ipv6 *ip = c->pos;
	void *pos = ip + 1;
	__u8 proto;

	if (pos > c->end)
		return 0;
	proto = ip->nexthdr;
	for (int i = 0; i < PARSE_EXTENSIONS_MAX && is_extension(proto); i++) {
		struct extension *ext = pos;

		if ((void *)(ext + 1) > c->end)
			return 0;
		if (proto == IPPROTO_FRAGMENT)
			return ext->rest;
		pos += proto == IPPROTO_AH ? (ext->len + 2) * 4 : (ext->len + 1) * 8;
		proto = ext->next;
	}
	return 0;
}

/* The identification of a fragment, as it stands there. */
__attribute__((noinline)) int frame_fragment_id(struct xdp_md *ctx)
{
	struct cursor c = {.pos = (void *)(long)ctx->data, .end = (void *)(long)ctx->data_end};
	struct flow flow = {};
	__be16 type;

	if (parse_link(&c, &flow, &type) != PARSE_OK)
		return 0;
	return type == bpf_htons(ETH_P_IP) ? fragment_id4(&c) : fragment_id6(&c);
}

#endif
