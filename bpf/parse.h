/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From frame to flow: Ethernet, VLAN tags, IPv4, IPv6 with its extension headers, TCP and UDP. One
 * cursor, checked once a header; what fails says which miss it is. Plain C without helpers, so that
 * user space reads a frame by the very same code. The outermost IP header only.
 */
#ifndef XE_BPF_PARSE_H
#define XE_BPF_PARSE_H

#ifdef __bpf__
#include <linux/in.h>
#else
#include <netinet/in.h>
#endif
#include <stddef.h>
#include <linux/types.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <bpf/bpf_endian.h>

#include "xdp_edge.h"

/*
 * Headers as they stand in a frame, at any address. The program may load from there as it is; other
 * compilers must be told.
 */
#ifdef __bpf__
#define AT_ANY_ADDRESS
#else
#define AT_ANY_ADDRESS __attribute__((aligned(1)))
#endif
typedef __be16 AT_ANY_ADDRESS wire_be16;
typedef __be32 AT_ANY_ADDRESS wire_be32;
typedef __be64 AT_ANY_ADDRESS wire_be64;
typedef struct iphdr AT_ANY_ADDRESS wire_ipv4;
typedef struct ipv6hdr AT_ANY_ADDRESS wire_ipv6;
typedef struct tcphdr AT_ANY_ADDRESS wire_tcp;
typedef struct udphdr AT_ANY_ADDRESS wire_udp;

#define PARSE_OK XE_MISS_COUNT /* beside enum xe_miss: nothing amiss */

#define PARSE_VLANS_MAX	     2 /* tags read; one more is too deep */
#define PARSE_EXTENSIONS_MAX 8 /* IPv6 extension headers skipped; one more is too deep */

#define ETHERTYPE_QINQ_OLD 0x9100

enum fragment { FRAGMENT_NO, FRAGMENT_FIRST, FRAGMENT_LATER };

/* 128 bits of IPv6 address, host byte order. */
struct addr6 {
	__u64 hi, lo;
};

/*
 * What sets a packet apart from most of its flow, in one word: bits of the TCP header, and in the
 * place of none of them that it is a first fragment.
 */
#define ODD_SYN	     TCP_FLAG_SYN
#define ODD_FIN	     TCP_FLAG_FIN
#define ODD_RST	     TCP_FLAG_RST
#define ODD_FRAGMENT 1u

struct flow {
	__u8 family; /* 4, 6; 0 before an IP header has been read */
	__u8 proto;  /* as the IP header or the last extension header says */
	__u8 fragment;
	__u8 n_vlans;
	__u16 vid[PARSE_VLANS_MAX]; /* outermost first */
	__u32 l4;		    /* enum xe_l4 */
	__be32 saddr4, daddr4;
	__be16 sport, dport;
	struct addr6 saddr6, daddr6;
	__u32 odd;		   /* ODD_ bits */
	__u8 hops;		   /* IPv6: hop limit */
	__u32 source, destination; /* leaves of its addresses, once they are looked up */
	const volatile __u64 *key; /* in: of its hash; NULL: none is wanted */
	__u64 tag;		   /* its hash */
};

/*
 * `pos` moves over the frame, `end` is the end of what can be read directly. `more` bytes lie
 * beyond it in further buffers (frames larger than one buffer); headers are never looked for there.
 */
struct cursor {
	void *pos, *end;
	__u64 more;
};

/*
 * A miss, on a path of its own: hidden, or the compiler would set it ahead of every check that can
 * lead to it, at an instruction a check for every good packet.
 */
static __always_inline enum xe_miss missed(enum xe_miss miss)
{
	__u32 value = miss;

#ifdef __bpf__
	asm volatile("" : "+r"(value));
#endif
	return value;
}

/*
 * Bytes of the frame from the cursor on, readable directly or not. The difference is hidden from
 * the compiler: reordered, the sum would be arithmetic on a packet pointer that the verifier
 * refuses.
 */
static __always_inline __u64 cursor_left(const struct cursor *c)
{
	__u64 left = c->end - c->pos;

	asm volatile("" : "+r"(left));
	return left + c->more;
}

struct vlan_tag {
	wire_be16 tci;
	wire_be16 type;
};

static __always_inline int is_vlan(__be16 type)
{
	return type == bpf_htons(ETH_P_8021Q) || type == bpf_htons(ETH_P_8021AD) ||
	       type == bpf_htons(ETHERTYPE_QINQ_OLD);
}

/* Ethernet and tags. Leaves the cursor behind them and the type in *type. */
static __always_inline enum xe_miss parse_link(struct cursor *c, struct flow *flow, __be16 *type)
{
	/* not struct ethhdr: it is packed, and the type would be loaded a byte at a time */
	wire_be16 *eth_type = c->pos + offsetof(struct ethhdr, h_proto);

	if ((void *)(eth_type + 1) > c->end)
		return missed(XE_MISS_MALFORMED);
	*type = *eth_type;
	c->pos = eth_type + 1;

	if (*type == bpf_htons(ETH_P_IP) || *type == bpf_htons(ETH_P_IPV6) || !is_vlan(*type))
		return PARSE_OK;
	for (int i = 0; i < PARSE_VLANS_MAX; i++) {
		struct vlan_tag *tag = c->pos;

		if ((void *)(tag + 1) > c->end)
			return missed(XE_MISS_MALFORMED);
		flow->vid[i] = bpf_ntohs(tag->tci) & 0xfff;
		flow->n_vlans = i + 1;
		*type = tag->type;
		c->pos = tag + 1;
		if (!is_vlan(*type))
			return PARSE_OK;
	}
	return missed(XE_MISS_TOO_DEEP);
}

/* The VLAN a frame belongs to: a tag of VID 0 carries a priority only. 0: none. */
static __always_inline __u16 flow_vlan(const struct flow *flow)
{
	return flow->vid[0] ? flow->vid[0] : flow->vid[1];
}

/*
 * TCP or UDP at the cursor, `left` bytes of IP payload from there. A first fragment may announce
 * more than it holds, but must hold the header: ports out of a split header could be anybody's.
 */
static __always_inline enum xe_miss parse_transport(struct cursor *c, struct flow *flow, __u32 left)
{
	if (flow->proto == IPPROTO_TCP) {
		wire_tcp *tcp = c->pos;
		__u32 header;

		if (left < sizeof(*tcp) || (void *)(tcp + 1) > c->end)
			return missed(XE_MISS_MALFORMED);
		header = tcp->doff * 4;
		if (header < sizeof(*tcp) || (header > left && flow->fragment == FRAGMENT_NO))
			return missed(XE_MISS_MALFORMED);
		flow->sport = tcp->source;
		flow->dport = tcp->dest;
		flow->l4 = XE_L4_TCP;
		if ((tcp_flag_word(tcp) & (TCP_FLAG_SYN | TCP_FLAG_ACK)) == TCP_FLAG_SYN)
			flow->l4 = XE_L4_TCP_SYN;
		flow->odd |= tcp_flag_word(tcp) & (ODD_SYN | ODD_FIN | ODD_RST);
	} else if (flow->proto == IPPROTO_UDP) {
		wire_udp *udp = c->pos;
		__u32 len;

		if (left < sizeof(*udp) || (void *)(udp + 1) > c->end)
			return missed(XE_MISS_MALFORMED);
		len = bpf_ntohs(udp->len);
		if (len < sizeof(*udp) || (len > left && flow->fragment == FRAGMENT_NO))
			return missed(XE_MISS_MALFORMED);
		flow->sport = udp->source;
		flow->dport = udp->dest;
		flow->l4 = XE_L4_UDP;
	} else {
		flow->l4 = flow->proto == IPPROTO_ESP ? XE_L4_ESP : XE_L4_OTHER;
	}
	return PARSE_OK;
}

#define IPV4_OFFSET	    0x1fff
#define IPV4_MORE_FRAGMENTS 0x2000
#define IPV4_NO_OPTIONS	    0x45 /* version 4, header of five words */

/* The IPv4 header with its addresses; `*left` bytes follow it. */
static __always_inline enum xe_miss parse_header4(struct cursor *c, struct flow *flow, __u32 *left)
{
	wire_ipv4 *ip = c->pos;
	__u32 header, total;

	if ((void *)(ip + 1) > c->end)
		return missed(XE_MISS_MALFORMED);
	total = bpf_ntohs(ip->tot_len);
	if (total < sizeof(*ip) || total > cursor_left(c))
		return missed(XE_MISS_MALFORMED);
	flow->proto = ip->protocol;
	flow->saddr4 = ip->saddr;
	flow->daddr4 = ip->daddr;
	/* nearly every packet */
	if (*(__u8 *)ip == IPV4_NO_OPTIONS &&
	    !(ip->frag_off & bpf_htons(IPV4_OFFSET | IPV4_MORE_FRAGMENTS))) {
		flow->family = 4;
		c->pos = ip + 1;
		*left = total - sizeof(*ip);
		return PARSE_OK;
	}

	header = ip->ihl * 4;
	if (ip->version != 4 || header < sizeof(*ip) || total < header)
		return missed(XE_MISS_MALFORMED);
	flow->family = 4;
	if (ip->frag_off & bpf_htons(IPV4_OFFSET)) {
		flow->fragment = FRAGMENT_LATER;
		return missed(XE_MISS_FRAGMENT);
	}
	if (ip->frag_off & bpf_htons(IPV4_MORE_FRAGMENTS)) {
		flow->fragment = FRAGMENT_FIRST;
		flow->odd = ODD_FRAGMENT;
	}
	c->pos += header;
	*left = total - header;
	return PARSE_OK;
}

static __always_inline enum xe_miss parse_ipv4(struct cursor *c, struct flow *flow)
{
	__u32 left;
	enum xe_miss miss = parse_header4(c, flow, &left);

	return miss == PARSE_OK ? parse_transport(c, flow, left) : miss;
}

/* The common start of IPv6 extension headers; `len` counts 8 bytes beyond the first 8, of AH 4
 * beyond 8. */
struct extension {
	__u8 next, len;
	wire_be16 offset; /* of a fragment header: offset << 3 | M */
	wire_be32 rest;
};

#define IPPROTO_MOBILITY 135
#define IPPROTO_HIP_	 139
#define IPPROTO_SHIM6	 140

static __always_inline int is_extension(__u8 proto)
{
	return proto == IPPROTO_HOPOPTS || proto == IPPROTO_ROUTING || proto == IPPROTO_FRAGMENT ||
	       proto == IPPROTO_AH || proto == IPPROTO_DSTOPTS || proto == IPPROTO_MOBILITY ||
	       proto == IPPROTO_HIP_ || proto == IPPROTO_SHIM6;
}

/* Skip extension headers; `*left` bytes of payload from the cursor on. */
static __always_inline enum xe_miss parse_extensions(struct cursor *c, struct flow *flow,
						     __u32 *left)
{
	int fragmented = 0;

	for (int i = 0; i < PARSE_EXTENSIONS_MAX; i++) {
		struct extension *ext = c->pos;
		__u32 size;

		if (*left < sizeof(*ext) || (void *)(ext + 1) > c->end)
			return missed(XE_MISS_MALFORMED);
		if (flow->proto == IPPROTO_HOPOPTS && i > 0)
			return missed(XE_MISS_MALFORMED);
		if (flow->proto == IPPROTO_FRAGMENT) {
			if (fragmented)
				return missed(XE_MISS_MALFORMED);
			fragmented = 1;
			if (ext->offset & bpf_htons(0xfff8)) {
				flow->fragment = FRAGMENT_LATER;
				return missed(XE_MISS_FRAGMENT);
			}
			if (ext->offset & bpf_htons(1)) {
				flow->fragment = FRAGMENT_FIRST;
				flow->odd = ODD_FRAGMENT;
			}
			size = sizeof(*ext);
		} else if (flow->proto == IPPROTO_AH) {
			size = (ext->len + 2) * 4;
		} else {
			size = (ext->len + 1) * 8;
		}
		if (size > *left)
			return missed(XE_MISS_MALFORMED);
		flow->proto = ext->next;
		*left -= size;
		c->pos += size;
		if (!is_extension(flow->proto))
			return PARSE_OK;
	}
	return missed(XE_MISS_TOO_DEEP);
}

static __always_inline struct addr6 addr6_load(const wire_be64 *half)
{
	return (struct addr6){
		.hi = bpf_be64_to_cpu(half[0]),
		.lo = bpf_be64_to_cpu(half[1]),
	};
}

/* The IPv6 header with its addresses; `*left` bytes follow it. */
static __always_inline enum xe_miss parse_header6(struct cursor *c, struct flow *flow, __u32 *left)
{
	wire_ipv6 *ip = c->pos;

	if ((void *)(ip + 1) > c->end)
		return missed(XE_MISS_MALFORMED);
	*left = bpf_ntohs(ip->payload_len);
	if (ip->version != 6 || sizeof(*ip) + *left > cursor_left(c))
		return missed(XE_MISS_MALFORMED);

	flow->family = 6;
	flow->proto = ip->nexthdr;
	flow->hops = ip->hop_limit;
	flow->saddr6 = addr6_load((void *)ip + offsetof(struct ipv6hdr, saddr));
	flow->daddr6 = addr6_load((void *)ip + offsetof(struct ipv6hdr, daddr));
	c->pos = ip + 1;
	return PARSE_OK;
}

/* What follows parse_header6(): extension headers and the transport header. */
static __always_inline enum xe_miss parse_payload6(struct cursor *c, struct flow *flow, __u32 left)
{
	if (flow->proto != IPPROTO_TCP && flow->proto != IPPROTO_UDP && is_extension(flow->proto)) {
		enum xe_miss miss = parse_extensions(c, flow, &left);

		if (miss != PARSE_OK)
			return miss;
	}
	return parse_transport(c, flow, left);
}

static __always_inline enum xe_miss parse_ipv6(struct cursor *c, struct flow *flow)
{
	__u32 left;
	enum xe_miss miss = parse_header6(c, flow, &left);

	return miss == PARSE_OK ? parse_payload6(c, flow, left) : miss;
}

/* What follows parse_link(). PARSE_OK and the whole flow, or the miss and what was read so far. */
static __always_inline enum xe_miss parse_network(struct cursor *c, struct flow *flow, __be16 type)
{
	if (type == bpf_htons(ETH_P_IP))
		return parse_ipv4(c, flow);
	if (type == bpf_htons(ETH_P_IPV6))
		return parse_ipv6(c, flow);
	return missed(XE_MISS_NON_IP);
}

#endif
