// SPDX-License-Identifier: GPL-2.0-only
/*
 * Frames read byte by byte. There is no cursor and no header struct: every byte is asked for by its
 * offset, from a window that ends where the layer that holds it says it ends, and asking past the
 * end is remembered. Each layer then says one of: this miss, or go on there.
 */
#include "frame.h"

#include <string.h>

#define ETHERTYPE_IPV4 0x0800
#define ETHERTYPE_IPV6 0x86dd

#define NEXT_HOP_BY_HOP	 0
#define NEXT_ICMP	 1
#define NEXT_TCP	 6
#define NEXT_UDP	 17
#define NEXT_ROUTING	 43
#define NEXT_FRAGMENT	 44
#define NEXT_AH		 51
#define NEXT_ICMPV6	 58
#define NEXT_DESTINATION 60
#define NEXT_MOBILITY	 135
#define NEXT_HIP	 139
#define NEXT_SHIM6	 140

#define MAX_TAGS       2
#define MAX_EXTENSIONS 8

/* Bytes that may be looked at: [0, end) of the frame. `past` is set by any look beyond. */
struct window {
	const uint8_t *bytes;
	size_t end;
	bool past;
};

static unsigned u8(struct window *w, size_t i)
{
	if (i >= w->end) {
		w->past = true;
		return 0;
	}
	return w->bytes[i];
}

static unsigned u16(struct window *w, size_t i)
{
	return u8(w, i) << 8 | u8(w, i + 1);
}

static void copy(struct window *w, size_t i, size_t n, uint8_t *to)
{
	for (size_t k = 0; k < n; k++)
		to[k] = (uint8_t)u8(w, i + k);
}

static void miss(struct frame_view *out, enum xe_miss why)
{
	out->missed = true;
	out->miss = why;
}

static bool is_tag(unsigned ethertype)
{
	return ethertype == 0x8100 || ethertype == 0x88a8 || ethertype == 0x9100;
}

static bool is_extension(unsigned next)
{
	switch (next) {
	case NEXT_HOP_BY_HOP:
	case NEXT_ROUTING:
	case NEXT_FRAGMENT:
	case NEXT_AH:
	case NEXT_DESTINATION:
	case NEXT_MOBILITY:
	case NEXT_HIP:
	case NEXT_SHIM6:
		return true;
	}
	return false;
}

/* Transport header at `at`; `w` ends where the IP packet ends. */
static void read_transport(struct window *w, size_t at, struct frame_view *out)
{
	struct tuple *t = &out->tuple;
	bool first = out->fragment == FRAME_FIRST;
	size_t left = at <= w->end ? w->end - at : 0;

	if (t->proto == NEXT_TCP) {
		unsigned header = (u8(w, at + 12) >> 4) * 4;
		unsigned flags = u8(w, at + 13);

		u8(w, at + 19);
		t->sport = (uint16_t)u16(w, at);
		t->dport = (uint16_t)u16(w, at + 2);
		t->syn = (flags & 0x02) && !(flags & 0x10);
		out->tcp_flags = flags;
		if (w->past || header < 20 || (header > left && !first))
			miss(out, XE_MISS_MALFORMED);
	} else if (t->proto == NEXT_UDP) {
		unsigned length = u16(w, at + 4);

		u8(w, at + 7);
		t->sport = (uint16_t)u16(w, at);
		t->dport = (uint16_t)u16(w, at + 2);
		if (w->past || length < 8 || (length > left && !first))
			miss(out, XE_MISS_MALFORMED);
	} else if (t->proto == (t->family == 4 ? NEXT_ICMP : NEXT_ICMPV6) && left >= 2) {
		out->icmp = true;
		out->icmp_type = u8(w, at);
		out->icmp_code = u8(w, at + 1);
	}
}

static void read_ipv4(struct window *w, size_t at, struct frame_view *out)
{
	unsigned version = u8(w, at) >> 4, header = (u8(w, at) & 15) * 4;
	unsigned total = u16(w, at + 2);
	unsigned fragment = u16(w, at + 6);

	u8(w, at + 19);
	if (w->past || version != 4 || header < 20 || total < header || at + total > w->end) {
		miss(out, XE_MISS_MALFORMED);
		return;
	}
	out->tuple.family = 4;
	out->tuple.proto = (uint8_t)u8(w, at + 9);
	copy(w, at + 12, 4, out->tuple.saddr);
	copy(w, at + 16, 4, out->tuple.daddr);
	w->end = at + total;
	out->id = u16(w, at + 4);
	if (fragment & 0x1fff) {
		out->fragment = FRAME_LATER;
		miss(out, XE_MISS_FRAGMENT);
		return;
	}
	if (fragment & 0x2000)
		out->fragment = FRAME_FIRST;
	read_transport(w, at + header, out);
}

static void read_ipv6(struct window *w, size_t at, struct frame_view *out)
{
	unsigned version = u8(w, at) >> 4, payload = u16(w, at + 4), next = u8(w, at + 6);
	bool seen_fragment = false;
	size_t here = at + 40;

	u8(w, at + 39);
	if (w->past || version != 6 || here + payload > w->end) {
		miss(out, XE_MISS_MALFORMED);
		return;
	}
	out->tuple.family = 6;
	out->hop_limit = u8(w, at + 7);
	copy(w, at + 8, 16, out->tuple.saddr);
	copy(w, at + 24, 16, out->tuple.daddr);
	w->end = here + payload;

	for (unsigned skipped = 0; is_extension(next); skipped++) {
		unsigned kind = next, words, size;

		if (skipped == MAX_EXTENSIONS) {
			miss(out, XE_MISS_TOO_DEEP);
			return;
		}
		if ((kind == NEXT_HOP_BY_HOP && skipped > 0) ||
		    (kind == NEXT_FRAGMENT && seen_fragment)) {
			miss(out, XE_MISS_MALFORMED);
			return;
		}
		next = u8(w, here);
		words = u8(w, here + 1);
		size = kind == NEXT_FRAGMENT ? 8
		       : kind == NEXT_AH     ? (words + 2) * 4
					     : (words + 1) * 8;
		u8(w, here + size - 1);
		if (w->past) {
			miss(out, XE_MISS_MALFORMED);
			return;
		}
		if (kind == NEXT_FRAGMENT) {
			unsigned field = u16(w, here + 2);

			seen_fragment = true;
			out->id = u16(w, here + 4) << 16 | u16(w, here + 6);
			if (field & 0xfff8) {
				out->fragment = FRAME_LATER;
				miss(out, XE_MISS_FRAGMENT);
				return;
			}
			if (field & 1)
				out->fragment = FRAME_FIRST;
		}
		here += size;
	}
	out->tuple.proto = (uint8_t)next;
	read_transport(w, here, out);
}

void frame_read(const uint8_t *frame, size_t len, struct frame_view *out)
{
	struct window w = {frame, len, false};
	unsigned ethertype = u16(&w, 12), tags = 0;
	size_t at = 14;

	memset(out, 0, sizeof(*out));
	while (!w.past && is_tag(ethertype)) {
		unsigned tag;

		if (tags == MAX_TAGS) {
			miss(out, XE_MISS_TOO_DEEP);
			return;
		}
		tag = u16(&w, at) & 0x0fff;
		ethertype = u16(&w, at + 2);
		if (out->vid == 0)
			out->vid = tag;
		at += 4;
		tags++;
	}
	if (w.past) {
		miss(out, XE_MISS_MALFORMED);
		return;
	}
	out->tags_read = true;
	out->ethertype = ethertype;
	copy(&w, 0, 6, out->to);
	if (ethertype == ETHERTYPE_IPV4)
		read_ipv4(&w, at, out);
	else if (ethertype == ETHERTYPE_IPV6)
		read_ipv6(&w, at, out);
	else
		miss(out, XE_MISS_NON_IP);
}
