// SPDX-License-Identifier: GPL-2.0-only
/*
 * Random packets: aimed at a row's ends and ports and at what lies one beside them, or at nothing.
 */
#include "random.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static unsigned addr_size(uint8_t family)
{
	return family == 4 ? 4 : 16;
}

void addr_first(const struct prefix *prefix, uint8_t *addr)
{
	memcpy(addr, prefix->addr, 16);
}

void addr_last(const struct prefix *prefix, uint8_t *addr)
{
	memcpy(addr, prefix->addr, 16);
	for (unsigned bit = prefix->prefixlen; bit < addr_size(prefix->family) * 8; bit++)
		addr[bit / 8] |= (uint8_t)(0x80u >> bit % 8);
}

void addr_step(uint8_t family, uint8_t *addr, int step)
{
	for (unsigned i = addr_size(family); i-- > 0;) {
		addr[i] = (uint8_t)(addr[i] + step);
		if (addr[i] != (step > 0 ? 0x00 : 0xff))
			break;
	}
}

/* --- the site's prefixes, gathered
 * ---------------------------------------------------------------- */

struct prefixes {
	const struct prefix *v[1024];
	size_t n;
};

static void gather(struct prefixes *to, const struct prefix_list *list, uint8_t family)
{
	for (size_t i = 0; i < list->n; i++)
		if (list->v[i].family == family && to->n < sizeof(to->v) / sizeof(to->v[0]))
			to->v[to->n++] = &list->v[i];
}

static void gather_role(struct prefixes *to, const struct spec *spec, const struct site *site,
			int role, uint8_t family)
{
	gather(to, &site->role_prefixes[role], family);
	for (size_t m = 0; m < spec->n_roles; m++)
		if (spec->roles[m].member_of == role)
			gather_role(to, spec, site, (int)m, family);
}

static void gather_end(struct prefixes *to, const struct spec *spec, const struct site *site,
		       const struct end *end, uint8_t family)
{
	to->n = 0;
	if (end->kind == END_PREFIXES)
		gather(to, &end->prefixes, family);
	for (size_t i = 0; end->kind == END_ROLES && i < end->n_roles; i++) {
		gather_role(to, spec, site, end->roles[i], family);
		if (to->n == 0 && spec->roles[end->roles[i]].stand_in >= 0)
			gather_role(to, spec, site, spec->roles[end->roles[i]].stand_in, family);
	}
}

static void gather_site(struct prefixes *to, const struct spec *spec, const struct site *site,
			uint8_t family)
{
	to->n = 0;
	for (size_t r = 0; r < spec->n_roles; r++)
		gather(to, &site->role_prefixes[r], family);
	for (size_t i = 0; i < site->n_rows; i++) {
		gather(to, &site->rows[i].source.prefixes, family);
		gather(to, &site->rows[i].destination.prefixes, family);
	}
	for (size_t i = 0; i < site->n_deny; i++)
		gather(to, &site->deny[i].prefixes, family);
}

/* What martian addresses begin and end at; prefixes, as the site's. */
static void gather_martians(struct prefixes *to, uint8_t family)
{
	static struct prefix v[] = {
		{.family = 4, .prefixlen = 8},
		{.family = 4, .prefixlen = 32},
		{.family = 4, .prefixlen = 8, .addr = {127}},
		{.family = 4, .prefixlen = 4, .addr = {224}},
		{.family = 4, .prefixlen = 4, .addr = {240}},
		{.family = 4, .prefixlen = 32, .addr = {255, 255, 255, 255}},
		{.family = 6, .prefixlen = 128, .addr = {[15] = 1}},
		{.family = 6, .prefixlen = 96, .addr = {[10] = 0xff, [11] = 0xff}},
		{.family = 6, .prefixlen = 8, .addr = {0xff}},
	};
	const struct prefix_list list = {v, sizeof(v) / sizeof(*v)};

	gather(to, &list, family);
}

static void add_edge(struct addresses *to, uint8_t family, const uint8_t *addr)
{
	for (size_t i = 0; i < to->n; i++)
		if (memcmp(to->v[i].addr, addr, addr_size(family)) == 0)
			return;
	to->v[to->n].family = family;
	memset(to->v[to->n].addr, 0, 16);
	memcpy(to->v[to->n++].addr, addr, addr_size(family));
}

void random_edges(const struct site *site, const struct spec *spec, uint8_t family,
		  struct addresses *out)
{
	struct prefixes *all = malloc(sizeof(*all));
	uint8_t addr[16] = {0};

	if (!all)
		abort();
	gather_site(all, spec, site, family);
	gather_martians(all, family);
	out->n = 0;
	out->v = calloc(2 * all->n + 3, sizeof(*out->v));
	if (!out->v)
		abort();
	add_edge(out, family, addr); /* 0.0.0.0 and :: */
	memset(addr, 0xff, sizeof(addr));
	add_edge(out, family, addr);
	for (size_t i = 0; i < all->n; i++) {
		memset(addr, 0, sizeof(addr));
		addr_first(all->v[i], addr);
		add_edge(out, family, addr);
		addr_last(all->v[i], addr);
		addr_step(family, addr, 1);
		add_edge(out, family, addr);
	}
	free(all);
}

/* --- drawing
 * --------------------------------------------------------------------------------------- */

static void draw_near(struct rng *rng, const struct prefix *p, bool stay, uint8_t *addr)
{
	switch (rng_below(rng, stay ? 3 : 5)) {
	case 0:
		addr_first(p, addr);
		break;
	case 1:
		addr_last(p, addr);
		break;
	case 2:
		addr_first(p, addr);
		for (unsigned bit = p->prefixlen; bit < addr_size(p->family) * 8; bit++)
			if (rng_percent(rng, 50))
				addr[bit / 8] |= (uint8_t)(0x80u >> bit % 8);
		break;
	case 3:
		addr_first(p, addr);
		addr_step(p->family, addr, -1);
		break;
	default:
		addr_last(p, addr);
		addr_step(p->family, addr, 1);
		break;
	}
}

static void draw_foreign(struct rng *rng, uint8_t family, uint8_t *addr)
{
	struct prefixes *martians;

	for (unsigned i = 0; i < 16; i++)
		addr[i] = (uint8_t)rng_next(rng);
	if (family == 4 && rng_percent(rng, 5))
		memcpy(addr, "\xa9\xfe\x01\x01", 4);
	if (family == 6 && rng_percent(rng, 50))
		memcpy(addr, "\x20\x01\x0d\xb8\x00\x16", 6);
	if (family == 6 && rng_percent(rng, 5))
		memset(addr, rng_percent(rng, 50) ? 0 : 0xff, 16);
	if (!rng_percent(rng, 15))
		return;
	martians = malloc(sizeof(*martians));
	if (!martians)
		abort();
	martians->n = 0;
	gather_martians(martians, family);
	draw_near(rng, martians->v[rng_below(rng, (unsigned)martians->n)], false, addr);
	free(martians);
}

static void draw_any(struct rng *rng, const struct prefixes *all, uint8_t family, uint8_t *addr)
{
	if (all->n > 0 && rng_percent(rng, 50))
		draw_near(rng, all->v[rng_below(rng, (unsigned)all->n)], false, addr);
	else
		draw_foreign(rng, family, addr);
}

uint16_t random_port_in(struct rng *rng, const struct port_set *set)
{
	const struct port_range *r = &set->v[rng_below(rng, (unsigned)set->n)];

	switch (rng_below(rng, 3)) {
	case 0:
		return r->lo;
	case 1:
		return r->hi;
	default:
		return (uint16_t)(r->lo + rng_below(rng, r->hi - r->lo + 1u));
	}
}

static uint16_t draw_port(struct rng *rng, const struct port_set *set)
{
	const struct port_range *r = &set->v[rng_below(rng, (unsigned)set->n)];

	switch (rng_below(rng, 12)) {
	case 0:
		return (uint16_t)(r->lo - 1);
	case 1:
		return (uint16_t)(r->hi + 1);
	default:
		return random_port_in(rng, set);
	}
}

static uint16_t draw_common_port(struct rng *rng)
{
	static const uint16_t common[] = {0,	 53,	67,    68,    80,   135,   443,
					  444,	 445,	500,   1434,  3478, 4443,  4500,
					  5060,	 5061,	5062,  5269,  8057, 23456, 49152,
					  50000, 50001, 59999, 60000, 1023, 1024,  65535};

	return rng_percent(rng, 60) ? common[rng_below(rng, sizeof(common) / sizeof(common[0]))]
				    : (uint16_t)rng_next(rng);
}

static uint8_t draw_other_proto(struct rng *rng)
{
	/* ICMP, IGMP, IPIP, 6in4, GRE, ESP, ESP again, AH, ICMPv6, no next header, SCTP, UDP-Lite
	 */
	static const uint8_t others[] = {1, 2, 4, 41, 47, 50, 50, 51, 58, 59, 132, 136};
	uint8_t proto = (uint8_t)rng_next(rng);

	if (rng_percent(rng, 80) || proto == 6 || proto == 17)
		return others[rng_below(rng, sizeof(others))];
	return proto;
}

/* What only TCP, only UDP or neither has. */
static void settle(struct rng *rng, struct tuple *t)
{
	t->syn = t->proto == 6 && rng_percent(rng, 40);
	if (t->proto != 6 && t->proto != 17)
		t->sport = t->dport = 0;
}

static uint8_t draw_proto(struct rng *rng, unsigned l4)
{
	if (rng_percent(rng, 4))
		return draw_other_proto(rng);
	if (rng_percent(rng, 3))
		return rng_percent(rng, 50) ? 6 : 17;
	if ((l4 & L4_OTHER) && rng_percent(rng, 40))
		return draw_other_proto(rng);
	if ((l4 & L4_TCP) && (l4 & L4_UDP))
		return rng_percent(rng, 50) ? 6 : 17;
	return l4 & L4_UDP ? 17 : 6;
}

/* Addresses for one end of an aimed packet. */
static void draw_end(struct rng *rng, const struct spec *spec, const struct site *site,
		     const struct end *end, bool dhcp_client, uint8_t family, uint8_t *addr)
{
	struct prefixes *list = malloc(sizeof(*list));

	if (!list)
		abort();
	gather_end(list, spec, site, end, family);
	if (dhcp_client && family == 4 && rng_percent(rng, 40)) {
		memset(addr, rng_percent(rng, 50) ? 0x00 : 0xff, 4);
	} else if (end->kind != END_ANY && list->n > 0) {
		draw_near(rng, list->v[rng_below(rng, (unsigned)list->n)], !rng_percent(rng, 12),
			  addr);
	} else {
		gather_site(list, spec, site, family);
		draw_any(rng, list, family, addr);
	}
	free(list);
}

static void swap_ends(struct tuple *t)
{
	uint8_t addr[16];
	uint16_t port = t->sport;

	memcpy(addr, t->saddr, 16);
	memcpy(t->saddr, t->daddr, 16);
	memcpy(t->daddr, addr, 16);
	t->sport = t->dport;
	t->dport = port;
}

void random_aim(struct rng *rng, const struct spec *spec, const struct site *site,
		const struct oracle_row *row, enum xe_sense sense, uint8_t family,
		struct tuple *out)
{
	memset(out, 0, sizeof(*out));
	out->family = family;
	out->proto = draw_proto(rng, row->row->l4);
	draw_end(rng, spec, site, &row->source, row->dhcp && row->client_is_source, family,
		 out->saddr);
	draw_end(rng, spec, site, &row->destination, row->dhcp && !row->client_is_source, family,
		 out->daddr);
	out->sport = rng_percent(rng, 25) && row->source_ports->v[0].lo == 0
			     ? draw_common_port(rng)
			     : draw_port(rng, row->source_ports);
	out->dport = draw_port(rng, row->ports);
	if (row->either && rng_percent(rng, 50)) {
		out->sport = draw_port(rng, row->ports);
		out->dport = draw_common_port(rng);
	}
	if (sense == XE_REPLY)
		swap_ends(out);
	settle(rng, out);
	if (sense == XE_REPLY && rng_percent(rng, 90))
		out->syn = false;
}

void random_stray(struct rng *rng, const struct site *site, const struct spec *spec,
		  struct tuple *out)
{
	struct prefixes *all = malloc(sizeof(*all));
	unsigned kind = rng_below(rng, 10);

	if (!all)
		abort();
	memset(out, 0, sizeof(*out));
	out->family = rng_percent(rng, 55) ? 4 : 6;
	gather_site(all, spec, site, out->family);
	draw_any(rng, all, out->family, out->saddr);
	draw_any(rng, all, out->family, out->daddr);
	out->proto = kind < 4 ? 6 : kind < 8 ? 17 : draw_other_proto(rng);
	out->sport = draw_common_port(rng);
	out->dport = draw_common_port(rng);
	settle(rng, out);
	free(all);
}
