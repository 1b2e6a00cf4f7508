// SPDX-License-Identifier: GPL-2.0-only
/*
 * Frames as they might come, and as they should not: every header is written field by field from
 * the RFCs' layouts. What a frame then means is for frame.c and the program to say, not for this
 * file.
 */
#include "build.h"

#include <string.h>

struct writer {
	struct rng *rng;
	uint8_t *buf;
	size_t len;
};

static void put8(struct writer *w, unsigned value)
{
	if (w->len < BUILD_MAX)
		w->buf[w->len++] = (uint8_t)value;
}

static void put16(struct writer *w, unsigned value)
{
	put8(w, value >> 8);
	put8(w, value);
}

static void put(struct writer *w, const uint8_t *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		put8(w, bytes[i]);
}

static void put_random(struct writer *w, size_t n)
{
	while (n-- > 0)
		put8(w, (unsigned)rng_next(w->rng));
}

static void set16(struct writer *w, size_t at, unsigned value)
{
	w->buf[at] = (uint8_t)(value >> 8);
	w->buf[at + 1] = (uint8_t)value;
}

/* --- Ethernet ----------------------------------------------------------------------------------
 */

static void put_tag(struct writer *w, unsigned vid)
{
	static const unsigned types[] = {0x8100, 0x8100, 0x88a8, 0x9100};

	put16(w, types[rng_below(w->rng, 4)]);
	put16(w, (rng_below(w->rng, 16) << 12) | vid);
}

static void put_ethernet(struct writer *w, unsigned vid, unsigned ethertype)
{
	unsigned shape = rng_below(w->rng, 100);

	put_random(w, 12);
	if (vid == 0) {
		if (shape < 12)
			put_tag(w, 0);
		if (shape < 4)
			put_tag(w, 0);
	} else {
		if (shape < 20)
			put_tag(w, 0);
		put_tag(w, vid);
		if (shape >= 20 && shape < 45)
			put_tag(w, rng_below(w->rng, 4096));
	}
	if (shape >= 97)
		for (unsigned n = 1 + rng_below(w->rng, 4); n > 0; n--)
			put_tag(w, rng_below(w->rng, 4096));
	put16(w, ethertype);
}

/* --- transport ---------------------------------------------------------------------------------
 */

static unsigned tcp_flags(struct rng *rng, bool syn)
{
	unsigned flags = rng_below(rng, 256);

	if (syn)
		return (flags | 0x02) & ~0x10u;
	/* Not a SYN by itself: an ACK with or without SYN, or no SYN. */
	return rng_percent(rng, 70) ? flags | 0x10 : flags & ~0x02u;
}

/*
 * `first`: a first fragment, whose transport header may well announce more than the fragment holds.
 * Seldom others do so, too, which then lie.
 */
static void put_transport(struct writer *w, const struct tuple *t, bool first)
{
	size_t at = w->len, payload = rng_below(w->rng, 60);
	bool announce = rng_percent(w->rng, first ? 50 : 3);

	if (t->proto == 6) {
		unsigned words = rng_percent(w->rng, 60) ? 5 : 5 + rng_below(w->rng, 11);

		put16(w, t->sport);
		put16(w, t->dport);
		put_random(w, 8);
		put8(w, words << 4 | rng_below(w->rng, 16));
		put8(w, tcp_flags(w->rng, t->syn));
		put_random(w, 6);
		if (announce) {
			put_random(w, rng_below(w->rng, (words - 5) * 4 + 1));
			return;
		}
		put_random(w, (words - 5) * 4 + payload);
	} else if (t->proto == 17) {
		put16(w, t->sport);
		put16(w, t->dport);
		put_random(w, 4);
		put_random(w, payload);
		/* The UDP length may well be less than there is, never more. */
		set16(w, at + 4,
		      (unsigned)(w->len - at - (rng_percent(w->rng, 5) ? payload / 2 : 0)));
	} else {
		put_random(w, payload);
	}
}

/* --- IP
 * ------------------------------------------------------------------------------------------- */

static void put_ipv4(struct writer *w, const struct tuple *t)
{
	unsigned options = rng_percent(w->rng, 75) ? 0 : 1 + rng_below(w->rng, 10);
	unsigned kind = rng_below(w->rng, 100), fragment = rng_percent(w->rng, 50) ? 0x4000 : 0;
	size_t at = w->len;

	if (kind < 5)
		fragment = 0x2000;
	else if (kind < 9)
		fragment = (1 + rng_below(w->rng, 0x1fff)) | (rng_percent(w->rng, 50) ? 0x2000 : 0);
	else if (kind < 12)
		fragment |= 0x8000; /* the reserved bit */
	put8(w, 0x40 | (5 + options));
	put8(w, rng_below(w->rng, 256));
	put16(w, 0);
	put16(w, rng_below(w->rng, 65536));
	put16(w, fragment);
	put8(w, 64);
	put8(w, t->proto);
	put_random(w, 2);
	put(w, t->saddr, 4);
	put(w, t->daddr, 4);
	put_random(w, options * 4);
	put_transport(w, t, fragment == 0x2000);
	set16(w, at + 2, (unsigned)(w->len - at));
}

static void put_extension(struct writer *w, unsigned kind, unsigned next, unsigned fragment)
{
	unsigned words = rng_percent(w->rng, 90) ? rng_below(w->rng, 4) : rng_below(w->rng, 30);

	put8(w, next);
	if (kind == 44) {
		put8(w, rng_below(w->rng, 256)); /* reserved: no length */
		put16(w, fragment);
		put_random(w, 4);
	} else if (kind == 51) {
		put8(w, words * 2);
		put_random(w, (words * 2 + 2) * 4 - 2);
	} else {
		put8(w, words);
		put_random(w, (words + 1) * 8 - 2);
	}
}

static void put_ipv6(struct writer *w, const struct tuple *t)
{
	static const unsigned kinds[] = {43, 44, 51, 60, 60, 135, 139, 140};
	unsigned chain[16], n = 0, at_least = rng_below(w->rng, 100);
	size_t at = w->len;
	bool fragmented = false, first = false;

	if (at_least < 35) {
		unsigned want = at_least < 5 ? 7 + rng_below(w->rng, 4) : 1 + rng_below(w->rng, 4);

		while (n < want) {
			unsigned kind = kinds[rng_below(w->rng, 8)];

			if (n == 0 ? rng_percent(w->rng, 30) : rng_percent(w->rng, 2))
				kind = 0;
			if (kind == 44 && fragmented && !rng_percent(w->rng, 10))
				continue;
			fragmented = fragmented || kind == 44;
			chain[n++] = kind;
		}
	}
	put8(w, 0x60 | rng_below(w->rng, 16));
	put_random(w, 3);
	put16(w, 0);
	put8(w, n > 0 ? chain[0] : t->proto);
	put8(w, 64);
	put(w, t->saddr, 16);
	put(w, t->daddr, 16);
	for (unsigned i = 0; i < n; i++) {
		unsigned how = rng_below(w->rng, 10);
		unsigned fragment =
			how < 4	  ? 0 /* atomic */
			: how < 8 ? 1 /* first */
				  : (1 + rng_below(w->rng, 0x1fff)) << 3 | rng_below(w->rng, 2);

		fragment |= rng_below(w->rng, 4) << 1; /* reserved bits */
		put_extension(w, chain[i], i + 1 < n ? chain[i + 1] : t->proto, fragment);
		first = first || (chain[i] == 44 && (fragment & 1));
	}
	put_transport(w, t, first);
	set16(w, at + 4, (unsigned)(w->len - at - 40));
}

size_t build_frame(struct rng *rng, const struct tuple *t, unsigned vid, uint8_t *buf)
{
	struct writer w = {rng, buf, 0};

	if (rng_percent(rng, 3)) {
		static const unsigned others[] = {0x0806, 0x88cc, 0x0026, 0x8847,
						  0x8864, 0x0800, 0x86dd, 0xffff};

		put_ethernet(&w, vid, others[rng_below(rng, 8)]);
		put_random(&w, 46);
		return w.len;
	}
	put_ethernet(&w, vid, t->family == 4 ? 0x0800 : 0x86dd);
	if (t->family == 4)
		put_ipv4(&w, t);
	else
		put_ipv6(&w, t);
	/* Padding beyond the IP length, full of what could be taken for ports. */
	if (rng_percent(rng, 30))
		put_random(&w, rng_below(rng, 40));
	return w.len;
}

size_t build_spoil(struct rng *rng, uint8_t *buf, size_t len)
{
	size_t reach = len < 120 ? len : 120;

	switch (rng_below(rng, 4)) {
	case 0:
		return 14 + rng_below(rng, (unsigned)(len - 14 + 1));
	case 1: /* bits, past the addresses of Ethernet */
		for (unsigned n = 1 + rng_below(rng, 3); n > 0 && reach > 12; n--)
			buf[12 + rng_below(rng, (unsigned)reach - 12)] ^=
				(uint8_t)(1u << rng_below(rng, 8));
		return len;
	case 2: /* one byte of the headers: lengths, next headers, versions */
		if (reach > 12)
			buf[12 + rng_below(rng, (unsigned)reach - 12)] = (uint8_t)rng_next(rng);
		return len;
	default: /* a length a little off: IPv4's, UDP's, or whatever lies there */
		for (size_t at = 14; at + 6 < reach; at++)
			if (buf[at] >> 4 == 4 || buf[at] >> 4 == 6) {
				size_t field = at + (buf[at] >> 4 == 4 ? 3 : 5);

				buf[field] = (uint8_t)(buf[field] + rng_below(rng, 41) - 20);
				break;
			}
		return len;
	}
}
