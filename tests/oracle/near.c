// SPDX-License-Identifier: GPL-2.0-only
/* Packets at the edges of rows and prefixes; see near.h. */
#include "near.h"

#include <stdlib.h>
#include <string.h>

void tuples_free(struct tuples *t)
{
	free(t->v);
	memset(t, 0, sizeof(*t));
}

static void add(struct tuples *to, const struct tuple *tuple)
{
	if (to->n == to->capacity) {
		to->capacity = to->capacity ? 2 * to->capacity : 64;
		to->v = realloc(to->v, to->capacity * sizeof(*to->v));
		if (!to->v)
			abort();
	}
	to->v[to->n] = *tuple;
	/* what neither TCP nor UDP has */
	if (tuple->proto != 6 && tuple->proto != 17)
		to->v[to->n].sport = to->v[to->n].dport = 0;
	if (tuple->proto != 6)
		to->v[to->n].syn = false;
	to->n++;
}

static unsigned addr_bits(uint8_t family)
{
	return family == 4 ? 32 : 128;
}

static void flip(uint8_t *addr, unsigned bit)
{
	addr[bit / 8] ^= (uint8_t)(0x80u >> bit % 8);
}

/* An address of the prefix: its first, its last, or anything between. */
static void draw_in(struct rng *rng, const struct prefix *p, uint8_t *addr)
{
	switch (rng_below(rng, 3)) {
	case 0:
		addr_first(p, addr);
		break;
	case 1:
		addr_last(p, addr);
		break;
	default:
		addr_first(p, addr);
		for (unsigned bit = p->prefixlen; bit < addr_bits(p->family); bit++)
			if (rng_percent(rng, 50))
				flip(addr, bit);
	}
}

/* --- rows ------------------------------------------------------------------------------------- */

/* A prefix of the end in a family, or NULL: there is none. */
static const struct prefix *pick(struct rng *rng, const struct end *end, uint8_t family)
{
	size_t n = 0, at;

	for (size_t i = 0; i < end->prefixes.n; i++)
		n += end->prefixes.v[i].family == family;
	if (end->kind != END_PREFIXES || n == 0)
		return NULL;
	at = rng_below(rng, (unsigned)n);
	for (size_t i = 0;; i++)
		if (end->prefixes.v[i].family == family && at-- == 0)
			return &end->prefixes.v[i];
}

/* Both ends of a range, and one beyond each. `port` is that of *t. */
static void add_ports(struct rng *rng, const struct port_set *set, struct tuple *t, uint16_t *port,
		      struct tuples *out)
{
	const struct port_range *r = &set->v[rng_below(rng, (unsigned)set->n)];
	const uint16_t at[] = {r->lo, r->hi, (uint16_t)(r->lo - 1), (uint16_t)(r->hi + 1)};
	uint16_t was = *port;

	for (size_t i = 0; i < 4; i++) {
		*port = at[i];
		add(out, t);
	}
	*port = was;
}

/* The other side of each bit that ends the prefix, and its neighbours. `addr` is one of *t's. */
static void add_addresses(const struct prefix *p, struct tuple *t, uint8_t *addr,
			  struct tuples *out)
{
	uint8_t was[16];

	memcpy(was, addr, sizeof(was));
	if (p->prefixlen > 0) {
		flip(addr, p->prefixlen - 1u);
		add(out, t);
		memcpy(addr, was, sizeof(was));
	}
	if (p->prefixlen < addr_bits(p->family)) {
		flip(addr, p->prefixlen);
		add(out, t);
	}
	addr_first(p, addr);
	addr_step(p->family, addr, -1);
	add(out, t);
	addr_last(p, addr);
	addr_step(p->family, addr, 1);
	add(out, t);
	memcpy(addr, was, sizeof(was));
}

static void swap_addresses(struct tuple *t)
{
	uint8_t addr[16];

	memcpy(addr, t->saddr, sizeof(addr));
	memcpy(t->saddr, t->daddr, sizeof(addr));
	memcpy(t->daddr, addr, sizeof(addr));
}

static void swap_ports(struct tuple *t)
{
	uint16_t port = t->sport;

	t->sport = t->dport;
	t->dport = port;
}

static void add_turned(struct tuple t, struct tuples *out)
{
	swap_addresses(&t);
	add(out, &t);
	swap_ports(&t);
	add(out, &t);
	t.syn = !t.syn;
	add(out, &t);
	swap_addresses(&t);
	add(out, &t);
}

static void add_protocols(struct rng *rng, struct tuple t, struct tuples *out)
{
	static const uint8_t others[] = {1, 47, 50, 132};

	t.proto = t.proto == 6 ? 17 : 6;
	add(out, &t);
	t.proto = others[rng_below(rng, sizeof(others))];
	add(out, &t);
}

static uint8_t draw_proto(struct rng *rng, unsigned l4)
{
	if ((l4 & L4_OTHER) && rng_percent(rng, 30))
		return 47;
	if ((l4 & L4_TCP) && (l4 & L4_UDP))
		return rng_percent(rng, 50) ? 6 : 17;
	return l4 & L4_UDP ? 17 : 6;
}

void near_row(struct rng *rng, const struct oracle_row *row, struct tuples *out)
{
	for (int f = 0; f < 2; f++) {
		uint8_t family = f == 0 ? 4 : 6;
		const struct prefix *from = pick(rng, &row->source, family);
		const struct prefix *to = pick(rng, &row->destination, family);
		struct tuple t = {.family = family};

		if (!from || !to)
			continue;
		t.proto = draw_proto(rng, row->row->l4);
		draw_in(rng, from, t.saddr);
		draw_in(rng, to, t.daddr);
		t.sport = random_port_in(rng, row->source_ports);
		t.dport = random_port_in(rng, row->ports);
		t.syn = rng_percent(rng, 50);
		add(out, &t);
		add_turned(t, out);
		add_protocols(rng, t, out);
		add_addresses(from, &t, t.saddr, out);
		add_addresses(to, &t, t.daddr, out);
		add_ports(rng, row->source_ports, &t, &t.sport, out);
		add_ports(rng, row->ports, &t, &t.dport, out);
	}
}

/* --- prefixes --------------------------------------------------------------------------------- */

void near_prefix(struct rng *rng, const struct prefix *p, uint16_t port, struct tuples *out)
{
	static const uint8_t peers[2][16] = {
		{198, 51, 100, 77},
		{0x20, 0x01, 0x0d, 0xb8, 0xff, 0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x77}};
	struct tuple t = {.family = p->family, .proto = 6, .dport = port};
	struct tuples from = {0};

	memcpy(t.daddr, peers[p->family == 4 ? 0 : 1], sizeof(t.daddr));
	t.sport = (uint16_t)rng_next(rng);
	draw_in(rng, p, t.saddr);
	add(&from, &t);
	add_addresses(p, &t, t.saddr, &from);
	/* any bit of what the prefix fixes, for tables that look at some of them only */
	if (p->prefixlen > 0) {
		flip(t.saddr, rng_below(rng, p->prefixlen));
		add(&from, &t);
	}
	for (size_t i = 0; i < from.n; i++) {
		add(out, &from.v[i]);
		if (rng_percent(rng, 50)) {
			swap_addresses(&from.v[i]);
			add(out, &from.v[i]);
		}
	}
	tuples_free(&from);
}
