// SPDX-License-Identifier: GPL-2.0-only
/* Sequences of packets that have to do with each other; see guard_sequence.h. */
#include "guard_sequence.h"

#include <stdlib.h>
#include <string.h>

#include "build.h"
#include "guard_frame.h"
#include "guard_site.h"

#define TCP_FIN 0x01
#define TCP_SYN 0x02
#define TCP_RST 0x04
#define TCP_ACK 0x10

#define SECOND	      1000000000ull
#define CONVERSATIONS 14
#define TRIES	      12
#define IDS	      3 /* identifications of fragments that a conversation uses */

/* Who talks with whom: the first packet's tuple, and the VLANs by which each way enters. */
struct conversation {
	struct tuple tuple[2]; /* by sense */
	unsigned vid[2];
};

struct guard_sequence {
	struct rng *rng;
	const struct spec *spec;
	const struct site *site;
	const struct guard_oracle *guard; /* whose first oracle a reload replaces */
	struct conversation talk[CONVERSATIONS];
	struct guard_frame later; /* what comes next of a first fragment, if it is a fragment */
};

static void turn(const struct tuple *from, struct tuple *to)
{
	*to = *from;
	memcpy(to->saddr, from->daddr, sizeof(to->saddr));
	memcpy(to->daddr, from->saddr, sizeof(to->daddr));
	to->sport = from->dport;
	to->dport = from->sport;
	to->syn = false;
}

/* --- conversations ---------------------------------------------------------------------------- */

static unsigned some_vid(struct guard_sequence *s)
{
	return rng_percent(s->rng, 4) ? rng_below(s->rng, 60)
				      : GUARD_VLAN(rng_below(s->rng, XE_SIDE_MIRROR));
}

/* A VLAN by which the packet is decided in this sense; false: there is none. */
static bool find_vid(struct guard_sequence *s, const struct tuple *t, enum xe_sense sense,
		     unsigned *vid)
{
	unsigned first = rng_below(s->rng, XE_SIDE_MIRROR);

	for (unsigned i = 0; i < XE_SIDE_MIRROR; i++) {
		struct oracle_verdict v;
		int side;

		*vid = GUARD_VLAN((first + i) % XE_SIDE_MIRROR);
		side = oracle_nic_side(s->site, GUARD_NIC, *vid);
		if (side < 0)
			continue;
		oracle_classify(guard_oracle_rows(s->guard), (enum xe_side)side, t, &v);
		if (v.row && v.sense == sense)
			return true;
	}
	*vid = some_vid(s);
	return false;
}

/* Any row; rather often one with a limit, if there are some. */
static const struct oracle_row *some_row(struct guard_sequence *s, const struct oracle_row *rows,
					 size_t n_rows)
{
	const struct oracle_row *row = &rows[rng_below(s->rng, (unsigned)n_rows)];

	if (!rng_percent(s->rng, 50))
		return row;
	for (int tries = 0; tries < 60; tries++) {
		const struct oracle_row *other = &rows[rng_below(s->rng, (unsigned)n_rows)];

		if (other->active && !other->deny_list && !other->annotation &&
		    oracle_row_verdict(guard_oracle_rows(s->guard), other->row)->kind ==
			    VERDICT_LIMIT)
			return other;
	}
	return row;
}

static void new_conversation(struct guard_sequence *s, struct conversation *c)
{
	size_t n_rows;
	const struct oracle_row *rows = oracle_rows(guard_oracle_rows(s->guard), &n_rows);

	for (int tries = 0; tries < TRIES; tries++) {
		if (n_rows == 0 || rng_percent(s->rng, 5))
			random_stray(s->rng, s->site, s->spec, &c->tuple[XE_FORWARD]);
		else
			random_aim(s->rng, s->spec, s->site, some_row(s, rows, n_rows), XE_FORWARD,
				   rng_percent(s->rng, 55) ? 4 : 6, &c->tuple[XE_FORWARD]);
		turn(&c->tuple[XE_FORWARD], &c->tuple[XE_REPLY]);
		if (find_vid(s, &c->tuple[XE_FORWARD], XE_FORWARD, &c->vid[XE_FORWARD]) ||
		    tries == TRIES - 1)
			break;
	}
	find_vid(s, &c->tuple[XE_REPLY], XE_REPLY, &c->vid[XE_REPLY]);
}

/* Between the addresses before, or behind, translation. */
static void translate(struct guard_sequence *s, uint8_t family, uint8_t *addr)
{
	unsigned size = family == 4 ? 4 : 16;

	for (size_t i = 0; i < s->site->n_nats; i++) {
		const struct nat_pair *nat = &s->site->nats[i];

		if (nat->outside.family != family)
			continue;
		if (memcmp(addr, nat->outside.addr, size) == 0)
			memcpy(addr, nat->inside.addr, size);
		else if (memcmp(addr, nat->inside.addr, size) == 0)
			memcpy(addr, nat->outside.addr, size);
		else
			continue;
		return;
	}
}

static bool is_translated(struct guard_sequence *s, uint8_t family, const uint8_t *addr)
{
	uint8_t other[16];

	memcpy(other, addr, 16);
	translate(s, family, other);
	return memcmp(other, addr, 16) != 0;
}

/* A conversation with a host whose addresses are translated, if the site has one. */
static void translate_end(struct guard_sequence *s, struct conversation *c)
{
	const struct nat_pair *nat;
	struct tuple *t = &c->tuple[XE_FORWARD];

	if (s->site->n_nats == 0 || !rng_percent(s->rng, 40))
		return;
	nat = &s->site->nats[rng_below(s->rng, (unsigned)s->site->n_nats)];
	if (nat->outside.family != t->family)
		return;
	memcpy(rng_percent(s->rng, 50) ? t->daddr : t->saddr,
	       rng_percent(s->rng, 50) ? nat->outside.addr : nat->inside.addr, 16);
	turn(t, &c->tuple[XE_REPLY]);
	find_vid(s, t, XE_FORWARD, &c->vid[XE_FORWARD]);
	find_vid(s, &c->tuple[XE_REPLY], XE_REPLY, &c->vid[XE_REPLY]);
}

static struct conversation *some_talk(struct guard_sequence *s)
{
	return &s->talk[rng_below(s->rng, CONVERSATIONS)];
}

/* --- what is wrong with a packet -------------------------------------------------------------- */

static void draw_martian(struct guard_sequence *s, uint8_t family, uint8_t *addr)
{
	static const uint8_t first4[] = {0, 127, 224, 239, 240, 255, 126, 128, 223, 1};
	static const uint8_t first6[][16] = {
		{[15] = 1}, {[15] = 2}, {0xff, 0x02}, {[10] = 0xff, [11] = 0xff, [12] = 10}, {0}};

	if (family == 6) {
		memcpy(addr, first6[rng_below(s->rng, 5)], 16);
		return;
	}
	memset(addr, 0, 16);
	addr[0] = first4[rng_below(s->rng, sizeof(first4))];
	for (int i = 1; i < 4; i++)
		addr[i] = rng_percent(s->rng, 40) ? addr[0] : (uint8_t)rng_next(s->rng);
}

static void draw_denied(struct guard_sequence *s, uint8_t family, uint8_t *addr)
{
	const struct prefix_list *list;
	const struct prefix *p;

	if (s->site->n_deny == 0)
		return;
	list = &s->site->deny[rng_below(s->rng, (unsigned)s->site->n_deny)].prefixes;
	p = &list->v[rng_below(s->rng, (unsigned)list->n)];
	if (p->family != family)
		return;
	memcpy(addr, p->addr, 16);
	if (rng_percent(s->rng, 50))
		addr_last(p, addr);
	if (rng_percent(s->rng, 20))
		addr_step(family, addr, 1);
}

static void draw_role(struct guard_sequence *s, uint8_t family, uint8_t *addr)
{
	const struct prefix_list *list =
		&s->site->role_prefixes[rng_below(s->rng, (unsigned)s->spec->n_roles)];
	const struct prefix *p = list->n ? &list->v[rng_below(s->rng, (unsigned)list->n)] : NULL;

	if (p && p->family == family)
		memcpy(addr, p->addr, 16);
}

static void spoil(struct guard_sequence *s, struct tuple *t)
{
	switch (rng_below(s->rng, 40)) {
	case 0:
		t->sport++;
		break;
	case 1:
		t->dport++;
		break;
	case 2:
		draw_martian(s, t->family, t->saddr);
		break;
	case 3:
		draw_martian(s, t->family, t->daddr);
		break;
	case 4:
		draw_denied(s, t->family, t->saddr);
		break;
	case 5:
		draw_denied(s, t->family, t->daddr);
		break;
	case 6:
		draw_role(s, t->family, t->saddr);
		break;
	case 7:
		draw_role(s, t->family, t->daddr);
		break;
	case 8:
		t->proto = 50; /* ESP */
		break;
	case 9:
		t->proto = 17;
		t->sport = rng_percent(s->rng, 50) ? 500 : 4500;
		break;
	case 10:
	case 11:
	case 12:
	case 13: /* the same hosts once more */
		t->sport = (uint16_t)rng_next(s->rng);
		break;
	}
}

/* --- frames ----------------------------------------------------------------------------------- */

static unsigned draw_flags(struct guard_sequence *s, enum xe_sense sense)
{
	switch (rng_below(s->rng, 20)) {
	case 0:
	case 1:
		return TCP_FIN | TCP_ACK;
	case 2:
		return TCP_RST;
	case 3:
		return TCP_SYN;
	case 4:
		return rng_below(s->rng, 256);
	case 5:
	case 6:
	case 7:
	case 8:
		return sense == XE_FORWARD ? TCP_SYN : TCP_SYN | TCP_ACK;
	}
	return TCP_ACK;
}

static void draw_payload(struct guard_sequence *s, struct guard_frame *f, uint8_t bytes[64])
{
	for (int i = 0; i < 64; i++)
		bytes[i] = (uint8_t)rng_next(s->rng);
	if (rng_percent(s->rng, 30))
		memcpy(bytes, "\x00\x01\x00\x00\x21\x12\xa4\x42", 8);
	f->payload = bytes;
	f->payload_len = rng_percent(s->rng, 40) ? 0 : rng_below(s->rng, 64);
}

static void draw_fragment(struct guard_sequence *s, struct guard_frame *f)
{
	f->id = 1 + rng_below(s->rng, IDS);
	if (rng_percent(s->rng, 4))
		f->id = (uint32_t)rng_next(s->rng);
	f->fragment = rng_percent(s->rng, 45) ? FRAME_FIRST : FRAME_LATER;
	f->offset = 1 + rng_below(s->rng, 200);
	f->more = rng_percent(s->rng, 50);
	if (f->fragment == FRAME_FIRST && rng_percent(s->rng, 70)) {
		s->later = *f;
		s->later.fragment = FRAME_LATER;
		s->later.payload = NULL;
	}
	if (rng_percent(s->rng, 5))
		f->cut = 8; /* too little of a TCP header */
}

static size_t draw_talk(struct guard_sequence *s, uint8_t *buf)
{
	struct conversation *c = some_talk(s);
	enum xe_sense sense = rng_percent(s->rng, 55) ? XE_FORWARD : XE_REPLY;
	struct guard_frame f = {.tuple = c->tuple[sense], .vid = c->vid[sense]};
	uint8_t bytes[64];

	if (rng_percent(s->rng, 5))
		f.vid = some_vid(s);
	/* The same host, as the other side of the translation shows it. */
	if (is_translated(s, f.tuple.family, f.tuple.saddr) && rng_percent(s->rng, 50))
		translate(s, f.tuple.family, f.tuple.saddr);
	if (is_translated(s, f.tuple.family, f.tuple.daddr) && rng_percent(s->rng, 50))
		translate(s, f.tuple.family, f.tuple.daddr);
	spoil(s, &f.tuple);
	f.tcp_flags = draw_flags(s, sense);
	f.icmp_type = rng_below(s->rng, 20);
	f.icmp_code = rng_below(s->rng, 6);
	draw_payload(s, &f, bytes);
	if (rng_percent(s->rng, 20))
		draw_fragment(s, &f);
	return guard_frame_write(&f, buf);
}

static size_t draw_icmp(struct guard_sequence *s, uint8_t *buf)
{
	static const uint8_t types4[] = {0, 3, 3, 3, 5, 8, 11, 12, 13};
	static const uint8_t types6[] = {1,   2,   3,	4,   128, 129, 130, 131, 132,
					 133, 134, 135, 136, 137, 138, 142, 143, 144};
	static const uint8_t limits[] = {64, 255, 255, 254, 1, 1, 2};
	static const uint8_t all_nodes[16] = {0xff, 0x02, [15] = 1}, link_local[16] = {0xfe, 0x80};
	const struct conversation *c = some_talk(s);
	unsigned way = rng_below(s->rng, 2);
	struct guard_frame f = {.tuple = c->tuple[way], .vid = c->vid[way]};
	uint8_t bytes[64];

	f.tuple.proto = f.tuple.family == 4 ? 1 : 58;
	f.icmp_type = f.tuple.family == 4 ? types4[rng_below(s->rng, sizeof(types4))]
					  : types6[rng_below(s->rng, sizeof(types6))];
	f.icmp_code = rng_below(s->rng, 6);
	f.hop_limit = limits[rng_below(s->rng, sizeof(limits))];
	/* A router on the way, which has no part in the conversation. */
	if (rng_percent(s->rng, 50))
		f.tuple.saddr[f.tuple.family == 4 ? 3 : 15] ^= 0x2a;
	if (f.tuple.family == 6 && rng_percent(s->rng, 20))
		memcpy(f.tuple.daddr, all_nodes, 16);
	if (f.tuple.family == 6 && rng_percent(s->rng, 20))
		memcpy(f.tuple.saddr, link_local, 16);
	spoil(s, &f.tuple);
	draw_payload(s, &f, bytes);
	if (rng_percent(s->rng, 10))
		draw_fragment(s, &f);
	/* The other family's protocol is no ICMP. */
	if (rng_percent(s->rng, 4))
		f.tuple.proto = f.tuple.family == 4 ? 58 : 1;
	return guard_frame_write(&f, buf);
}

static size_t draw_dhcp(struct guard_sequence *s, uint8_t *buf)
{
	const struct conversation *c = some_talk(s);
	struct guard_frame f = {.tuple = c->tuple[0], .vid = some_vid(s)};
	unsigned low = f.tuple.family == 4 ? 66 : 545;

	f.tuple.proto = 17;
	f.tuple.sport = (uint16_t)(low + rng_below(s->rng, 4));
	f.tuple.dport = (uint16_t)(low + rng_below(s->rng, 4));
	if (f.tuple.family == 4 && rng_percent(s->rng, 40))
		memset(f.tuple.saddr, 0, 4);
	if (f.tuple.family == 4 && rng_percent(s->rng, 40))
		memset(f.tuple.daddr, 0xff, 4);
	spoil(s, &f.tuple);
	return guard_frame_write(&f, buf);
}

static size_t draw_non_ip(struct guard_sequence *s, uint8_t *buf)
{
	static const uint8_t macs[][6] = {{0x01, 0x80, 0xc2, 0, 0, 0},
					  {0x01, 0x00, 0x0c, 0xcc, 0xcc, 0xcd},
					  {0x01, 0x80, 0xc2, 0, 0, 0x0e},
					  {0x01, 0x00, 0x0c, 0xcc, 0xcc, 0xcc}};
	static const unsigned types[] = {0x0806, 0x88cc, 0x888e, 0x8809, 0x8863, 0x8864, 0x0026,
					 0x05ff, 0x0600, 0x0805, 0x0807, 0x8847, 0x0000};

	return guard_frame_other(types[rng_below(s->rng, 13)],
				 rng_percent(s->rng, 60) ? macs[rng_below(s->rng, 4)] : NULL,
				 some_vid(s), buf);
}

static size_t draw_wild(struct guard_sequence *s, uint8_t *buf)
{
	struct tuple t = some_talk(s)->tuple[rng_below(s->rng, 2)];
	size_t len;

	if (rng_percent(s->rng, 40))
		random_stray(s->rng, s->site, s->spec, &t);
	len = build_frame(s->rng, &t, some_vid(s), buf);
	return rng_percent(s->rng, 40) ? build_spoil(s->rng, buf, len) : len;
}

/* --- the sequence ----------------------------------------------------------------------------- */

struct guard_sequence *guard_sequence_new(struct rng *rng, const struct spec *spec,
					  const struct site *site, const struct guard_oracle *guard)
{
	struct guard_sequence *s = calloc(1, sizeof(*s));

	if (!s)
		abort();
	s->rng = rng;
	s->spec = spec;
	s->site = site;
	s->guard = guard;
	for (int i = 0; i < CONVERSATIONS; i++)
		new_conversation(s, &s->talk[i]);
	return s;
}

void guard_sequence_free(struct guard_sequence *s)
{
	free(s);
}

size_t guard_sequence_next(struct guard_sequence *s, uint8_t frame[GUARD_SEQUENCE_MAX])
{
	unsigned kind = rng_below(s->rng, 100);

	if (s->later.fragment == FRAME_LATER && rng_percent(s->rng, 60)) {
		size_t len = guard_frame_write(&s->later, frame);

		s->later.fragment = FRAME_WHOLE;
		return len;
	}
	if (rng_percent(s->rng, 5)) {
		struct conversation *c = some_talk(s);

		new_conversation(s, c);
		translate_end(s, c);
	}
	if (kind < 70)
		return draw_talk(s, frame);
	if (kind < 80)
		return draw_icmp(s, frame);
	if (kind < 84)
		return draw_dhcp(s, frame);
	if (kind < 89)
		return draw_non_ip(s, frame);
	return draw_wild(s, frame);
}

static uint64_t below(struct guard_sequence *s, uint64_t n)
{
	return rng_next(s->rng) % n;
}

uint64_t guard_sequence_pause(struct guard_sequence *s)
{
	unsigned kind = rng_below(s->rng, 100);
	uint64_t life;

	if (kind < 70)
		return below(s, SECOND / 50);
	if (kind < 93)
		return below(s, SECOND);
	if (kind < 96)
		return below(s, 12 * SECOND);
	life = s->site->state.life[rng_below(s->rng, XE_LIFE_COUNT)] * SECOND;
	return kind < 98 ? life - below(s, SECOND / 2) : life + SECOND + below(s, SECOND / 2);
}
