// SPDX-License-Identifier: GPL-2.0-only
/* Frames field by field, from the RFCs' layouts; see guard_frame.h. */
#include "guard_frame.h"

#include <stdlib.h>
#include <string.h>

#define PROTO_ICMP     1
#define PROTO_TCP      6
#define PROTO_UDP      17
#define PROTO_FRAGMENT 44
#define PROTO_ICMPV6   58

#define SHORTEST 60 /* frame on a NIC, without its check sequence */

struct writer {
	uint8_t *buf;
	size_t len;
};

static void put8(struct writer *w, unsigned value)
{
	if (w->len == GUARD_FRAME_MAX)
		abort();
	w->buf[w->len++] = (uint8_t)value;
}

static void put16(struct writer *w, unsigned value)
{
	put8(w, value >> 8);
	put8(w, value);
}

static void put32(struct writer *w, uint32_t value)
{
	put16(w, value >> 16);
	put16(w, value & 0xffff);
}

static void put(struct writer *w, const uint8_t *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		put8(w, bytes ? bytes[i] : 0);
}

static void put_ethernet(struct writer *w, const uint8_t *to, unsigned vid, unsigned type)
{
	static const uint8_t anyone[6] = {0x02, 0, 0, 0, 0, 1}, from[6] = {0x02, 0, 0, 0, 0, 2};

	put(w, to ? to : anyone, 6);
	put(w, from, 6);
	if (vid) {
		put16(w, 0x8100);
		put16(w, vid);
	}
	put16(w, type);
}

static unsigned transport_size(const struct guard_frame *f)
{
	if (f->fragment == FRAME_LATER)
		return 0;
	switch (f->tuple.proto) {
	case PROTO_TCP:
		return 20;
	case PROTO_UDP:
	case PROTO_ICMP:
	case PROTO_ICMPV6:
		return 8;
	}
	return 0;
}

static void put_transport(struct writer *w, const struct guard_frame *f)
{
	const struct tuple *t = &f->tuple;

	if (f->fragment == FRAME_LATER) {
		put(w, f->payload, f->payload_len);
		return;
	}
	switch (t->proto) {
	case PROTO_TCP:
		put16(w, t->sport);
		put16(w, t->dport);
		put32(w, 1);
		put32(w, 1);
		put8(w, 5 << 4);
		put8(w, f->tcp_flags);
		put16(w, 8192);
		put32(w, 0);
		break;
	case PROTO_UDP:
		put16(w, t->sport);
		put16(w, t->dport);
		put16(w, 8 + f->payload_len);
		put16(w, 0);
		break;
	case PROTO_ICMP:
	case PROTO_ICMPV6:
		put8(w, f->icmp_type);
		put8(w, f->icmp_code);
		put16(w, 0);
		put32(w, 0);
		break;
	}
	put(w, f->payload, f->payload_len);
}

static void put_ipv4(struct writer *w, const struct guard_frame *f, unsigned size)
{
	unsigned offset = f->fragment == FRAME_LATER ? f->offset : 0;
	bool more = f->fragment == FRAME_FIRST || (f->fragment == FRAME_LATER && f->more);

	put8(w, 0x45);
	put8(w, 0);
	put16(w, 20 + size);
	put16(w, f->id & 0xffff);
	put16(w, (more ? 0x2000 : 0) | offset);
	put8(w, f->hop_limit ? f->hop_limit : 64);
	put8(w, f->tuple.proto);
	put16(w, 0);
	put(w, f->tuple.saddr, 4);
	put(w, f->tuple.daddr, 4);
}

static void put_ipv6(struct writer *w, const struct guard_frame *f, unsigned size)
{
	bool whole = f->fragment == FRAME_WHOLE;
	unsigned offset = f->fragment == FRAME_LATER ? f->offset : 0;
	bool more = f->fragment == FRAME_FIRST || f->more;

	put32(w, 0x60000000);
	put16(w, (whole ? 0 : 8) + size);
	put8(w, whole ? f->tuple.proto : PROTO_FRAGMENT);
	put8(w, f->hop_limit ? f->hop_limit : 64);
	put(w, f->tuple.saddr, 16);
	put(w, f->tuple.daddr, 16);
	if (whole)
		return;
	put8(w, f->tuple.proto);
	put8(w, 0);
	put16(w, offset << 3 | more);
	put32(w, f->id);
}

size_t guard_frame_write(const struct guard_frame *f, uint8_t buf[GUARD_FRAME_MAX])
{
	struct writer w = {.buf = memset(buf, 0, SHORTEST)};
	unsigned size = transport_size(f) + f->payload_len;
	size_t at;

	if (f->cut && f->cut < size)
		size = f->cut;
	put_ethernet(&w, NULL, f->vid, f->tuple.family == 4 ? 0x0800 : 0x86dd);
	if (f->tuple.family == 4)
		put_ipv4(&w, f, size);
	else
		put_ipv6(&w, f, size);
	at = w.len;
	put_transport(&w, f);
	/* Short frames are padded, here by what was cut off. */
	return at + size < SHORTEST ? SHORTEST : at + size;
}

size_t guard_frame_other(unsigned type, const uint8_t *to, unsigned vid,
			 uint8_t buf[GUARD_FRAME_MAX])
{
	struct writer w = {.buf = buf};

	put_ethernet(&w, to, vid, type);
	put(&w, NULL, 46);
	return w.len;
}
