/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Payload classes: does what TCP or UDP carries begin as the protocol of the deciding row does? By
 * fixed headers only, never beyond them, never a verdict. Plain C, shared with user space as
 * parse.h is; only the counting at the end is the program's.
 */
#ifndef XE_BPF_PAYLOAD_H
#define XE_BPF_PAYLOAD_H

#include "parse.h"

enum payload_class {
	PAYLOAD_NEITHER, /* nothing was looked at, or it cannot be told */
	PAYLOAD_CONFORMING,
	PAYLOAD_OTHER
};

/* What follows the transport header: `len` bytes by the headers, of which those before `end` can be
 * read. Ethernet padding lies beyond `len`, what further buffers hold beyond `end`. */
struct payload {
	void *pos, *end;
	__u32 len;
};

/*
 * The payload of a packet that was parsed: `c` stands at the transport header, `left` bytes of IP
 * payload from there, as parse_header4() or parse_payload6() left them. 0; -1: none, or none that
 * can be read.
 */
static __always_inline int payload_open(const struct cursor *c, const struct flow *flow, __u32 left,
					struct payload *p)
{
	__u32 header;

	if (flow->l4 == XE_L4_UDP) {
		wire_udp *udp = c->pos;

		if ((void *)(udp + 1) > c->end)
			return -1;
		header = sizeof(*udp);
		left = bpf_ntohs(
			udp->len); /* of a first fragment: the datagram's, as it should be */
		p->pos = udp + 1;
	} else if (flow->l4 == XE_L4_TCP || flow->l4 == XE_L4_TCP_SYN) {
		wire_tcp *tcp = c->pos;

		if ((void *)(tcp + 1) > c->end)
			return -1;
		header = tcp->doff * 4;
		p->pos = c->pos + header;
	} else {
		return -1;
	}
	if (left <= header || p->pos + 1 > c->end)
		return -1;
	p->len = left - header;
	p->end = c->end;
	return 0;
}

/* The first n bytes are there and can be read. */
static __always_inline int payload_has(const struct payload *p, __u32 n)
{
	return p->len >= n && p->pos + n <= p->end;
}

/* --- headers --------------------------------------------------------------------------------- */

#define STUN_COOKIE	   0x2112a442
#define MSTURN_ATTRIBUTE   0x000f
#define MSTURN_COOKIE	   0x72c64bc6
#define MSTURN_SET_ACTIVE  0x0006 /* Set Active Destination request */
#define TLS_LENGTH_MAX	   16640  /* of a record: RFC 8446, 5.2, with what older versions add */
#define TLS_HANDSHAKE	   22
#define RTP_VERSION_MASK   0xc0
#define RTP_VERSION_2	   0x80
#define RTCP_TYPE_FIRST	   192
#define RTCP_TYPE_LAST	   223
#define DNS_OPCODE_LAST	   5
#define CHANNEL_FIRST_BITS 0x40

/* RFC 5389, section 6; MS-TURN, sections 2.2.2 and 2.2.2.8, of which the header's transaction id
 * has 16 bytes, and whose first attribute must be the cookie. */
struct stun_header {
	wire_be16 type, length;
	wire_be32 cookie;
	__u8 transaction[12];
};
struct msturn_cookie {
	wire_be16 type, length;
	wire_be32 value;
};

#define STUN_RFC5389 1u
#define STUN_MSTURN  2u
#define STUN_ACTIVE  4u /* with STUN_MSTURN: a Set Active Destination request */

/* What message stands there: STUN_ bits, 0: none. */
static __always_inline __u32 payload_stun(const struct payload *p)
{
	struct stun_header *header = p->pos;
	struct msturn_cookie *attribute = (void *)(header + 1);
	__u32 length, is = 0;

	if (!payload_has(p, sizeof(*header)))
		return 0;
	length = bpf_ntohs(header->length);
	if (header->type & bpf_htons(0xc000) || length % 4 || sizeof(*header) + length > p->len)
		return 0;
	if (header->cookie == bpf_htonl(STUN_COOKIE))
		is = STUN_RFC5389;
	if (length >= sizeof(*attribute) && payload_has(p, sizeof(*header) + sizeof(*attribute)) &&
	    attribute->type == bpf_htons(MSTURN_ATTRIBUTE) &&
	    attribute->length == bpf_htons(sizeof(attribute->value)) &&
	    attribute->value == bpf_htonl(MSTURN_COOKIE))
		is |= header->type == bpf_htons(MSTURN_SET_ACTIVE) ? STUN_MSTURN | STUN_ACTIVE
								   : STUN_MSTURN;
	return is;
}

/* ChannelData, RFC 5766, section 11.4: channels 0x4000 to 0x7fff. */
static __always_inline int payload_is_channel(const struct payload *p)
{
	struct {
		wire_be16 channel, length;
	} *data = p->pos;

	return payload_has(p, sizeof(*data)) &&
	       (data->channel & bpf_htons(0xc000)) == bpf_htons(CHANNEL_FIRST_BITS << 8) &&
	       sizeof(*data) + bpf_ntohs(data->length) <= p->len;
}

/* RFC 3550, sections 5.1 and 6.4.1: RTP with its CSRC list, or the first packet of RTCP; told apart
 * as in RFC 5761, section 4. */
static __always_inline int payload_is_rtp(const struct payload *p)
{
	struct {
		__u8 first, type;
		wire_be16 length; /* of RTCP: words without the first */
		wire_be32 ssrc;	  /* of RTP: the timestamp */
	} *rtp = p->pos;

	if (!payload_has(p, sizeof(*rtp)) || (rtp->first & RTP_VERSION_MASK) != RTP_VERSION_2)
		return 0;
	if (rtp->type >= RTCP_TYPE_FIRST && rtp->type <= RTCP_TYPE_LAST)
		return (bpf_ntohs(rtp->length) + 1u) * 4 <= p->len;
	return 12 + (rtp->first & 15u) * 4 <= p->len;
}

/* RFC 7983: told by the first byte alone, since DTLS 1.3 has headers without a version (RFC 9147).
 */
static __always_inline int payload_is_dtls(const struct payload *p)
{
	__u8 first = *(__u8 *)p->pos;

	return first >= 20 && first <= 63;
}

struct tls_record {
	__u8 type, major, minor, length[2]; /* bytes: the length is not aligned to anything */
};

static __always_inline int payload_is_tls(const struct payload *p)
{
	struct tls_record *record = p->pos;

	return payload_has(p, sizeof(*record)) && record->type >= 20 && record->type <= 23 &&
	       record->major == 3 && (record->length[0] << 8 | record->length[1]) <= TLS_LENGTH_MAX;
}

/* MS-TURN, section 2.1.1: a handshake record of TLS 1.0, which a hello that is none at all has too.
 */
static __always_inline int payload_is_hello(const struct payload *p)
{
	struct tls_record *record = p->pos;

	return payload_is_tls(p) && record->type == TLS_HANDSHAKE && record->minor == 1;
}

/* RFC 1035, section 4.1.1. */
static __always_inline int payload_is_dns(const struct payload *p, int reply)
{
	struct {
		wire_be16 id;
		__u8 flags[2];
		wire_be16 questions, rest[3];
	} *header = p->pos;

	if (!payload_has(p, sizeof(*header)) || (header->flags[0] >> 3 & 15) > DNS_OPCODE_LAST)
		return 0;
	if (header->flags[0] >> 7)
		return reply;
	return !reply && header->questions == bpf_htons(1);
}

/*
 * What a stream holds behind the two bytes that tell a message's length (RFC 4571; RFC 1035,
 * section 4.2.2): the message, or the part of it that is here. 0; -1: no such length, or nothing
 * behind it.
 */
static __always_inline int payload_unframe(const struct payload *p, struct payload *message)
{
	__u8 *length = p->pos; /* bytes: not aligned to anything */
	__u32 here = p->len - 2, whole;

	if (!payload_has(p, 3))
		return -1;
	whole = length[0] << 8 | length[1];
	message->pos = p->pos + 2;
	message->end = p->end;
	message->len = whole < here ? whole : here;
	return whole ? 0 : -1;
}

/* --- classes --------------------------------------------------------------------------------- */

static __always_inline enum payload_class payload_conforms(int conforms)
{
	return conforms ? PAYLOAD_CONFORMING : PAYLOAD_OTHER;
}

/*
 * UDP to a relay: control messages, channels, and what is relayed bare to the active destination,
 * which only the flow can tell from anything else.
 */
static __always_inline enum payload_class payload_turn(const struct payload *p, int known,
						       __u32 *flags)
{
	__u32 stun = payload_stun(p);

	if (stun) {
		if (stun & STUN_ACTIVE)
			*flags |= XE_FLOW_ACTIVE;
		return PAYLOAD_CONFORMING;
	}
	if (payload_is_channel(p))
		return PAYLOAD_CONFORMING;
	if (!payload_is_rtp(p))
		return PAYLOAD_OTHER;
	if (!known)
		return PAYLOAD_NEITHER;
	return payload_conforms(*flags & XE_FLOW_ACTIVE);
}

static __always_inline int payload_is_media(const struct payload *p)
{
	return payload_is_rtp(p) || payload_is_dtls(p) || payload_stun(p) & STUN_RFC5389;
}

/* The first bytes of one direction of a stream. */
static __always_inline int payload_begins(enum xe_payload kind, const struct payload *p, int reply)
{
	struct payload message = {};
	int framed;

	if (kind == XE_PAYLOAD_TLS)
		return payload_is_tls(p);
	framed = !payload_unframe(p, &message);
	if (kind == XE_PAYLOAD_DNS)
		return framed && payload_is_dns(&message, reply);
	if (kind == XE_PAYLOAD_RTP)
		return framed && payload_is_media(&message);
	return payload_is_hello(p) || payload_stun(p) || (framed && payload_stun(&message));
}

/*
 * The class of a packet's payload (VERDICTS.md, "Payload classes").
 * `kind` is what the deciding row's protocol begins with, `l4` the packet's, `reply`: the deciding
 * sense is reply, `known`: the packet belongs to a flow that is remembered, and *flags are its.
 * XE_FLOW_PAYLOAD, _REPLY and _ACTIVE may be added to *flags, to be kept with the flow, if there is
 * one; nothing is taken away.
 *
 * Of a stream only the first payload of each direction is looked at, and only of a known flow. RTP
 * over TCP is framed by RFC 4571.
 */
static __always_inline enum payload_class payload_class(enum xe_payload kind, enum xe_l4 l4,
							const struct payload *p, int reply,
							int known, __u32 *flags)
{
	__u32 seen = reply ? XE_FLOW_PAYLOAD_REPLY : XE_FLOW_PAYLOAD;

	if (kind == XE_PAYLOAD_NONE || (l4 == XE_L4_UDP && kind == XE_PAYLOAD_TLS))
		return PAYLOAD_NEITHER;
	if (l4 == XE_L4_UDP) {
		if (kind == XE_PAYLOAD_TURN)
			return payload_turn(p, known, flags);
		if (kind == XE_PAYLOAD_RTP)
			return payload_conforms(payload_is_media(p));
		return payload_conforms(payload_is_dns(p, reply));
	}
	if (!known || *flags & seen)
		return PAYLOAD_NEITHER;
	*flags |= seen;
	return payload_conforms(payload_begins(kind, p, reply));
}

/* --- counting: the program only ----------------------------------------------------------------
 */

#ifdef __bpf__

#include "../maps/maps.h"

/*
 * Count a class under the record that `counters` counts the packet in: `index` is the same, the
 * NIC's counters + the atom.
 */
static __always_inline void payload_count(__u32 index, enum payload_class class)
{
	__u32 value = index / XE_COUNTERS_PER_VALUE;
	struct xe_conformity *record;

	if (class == PAYLOAD_NEITHER)
		return;
	record = bpf_map_lookup_elem(&conformity, &value);
	if (!record)
		return;
	record += index % XE_COUNTERS_PER_VALUE;
	if (class == PAYLOAD_CONFORMING)
		record->conforming++;
	else
		record->other++;
}

/*
 * All of it for a packet that a row decided, allowed or not: `c` at the transport header and `left`
 * as for payload_open(), the rest as for payload_class(). Call it before the flow's word is
 * written, with a copy of its flags.
 */
static __always_inline void payload_look(enum xe_payload kind, const struct cursor *c,
					 const struct flow *flow, __u32 left, __u32 index,
					 int reply, int known, __u32 *flags)
{
	struct payload payload;

	if (payload_open(c, flow, left, &payload))
		return;
	payload_count(index, payload_class(kind, flow->l4, &payload, reply, known, flags));
}

#endif

#endif
