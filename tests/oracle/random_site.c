// SPDX-License-Identifier: GPL-2.0-only
/*
 * Random sites: addresses that nest, overlap and are shared, roles left empty so that stand-ins
 * serve, clients that cover servers, rows of the operator's own, own port ranges, trunks.
 */
#include "random.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void rng_seed(struct rng *rng, uint64_t seed)
{
	rng->state = seed;
}

/* splitmix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, 2014). */
uint64_t rng_next(struct rng *rng)
{
	uint64_t z = rng->state += 0x9e3779b97f4a7c15ull;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	return z ^ z >> 31;
}

unsigned rng_below(struct rng *rng, unsigned n)
{
	return (unsigned)(rng_next(rng) % n);
}

bool rng_percent(struct rng *rng, unsigned percent)
{
	return rng_below(rng, 100) < percent;
}

static void *need(void *p)
{
	if (!p) {
		fprintf(stderr, "out of memory\n");
		abort();
	}
	return p;
}

static char *copy(const char *text)
{
	return need(strdup(text));
}

static char *numbered(const char *head, unsigned n)
{
	char buf[XE_ROW_ID_MAX];

	snprintf(buf, sizeof(buf), "%s%u", head, n);
	return copy(buf);
}

/* --- addresses ----------------------------------------------------------------------------------
 */

static void mask_host_bits(struct prefix *p)
{
	unsigned size = p->family == 4 ? 4 : 16;

	for (unsigned bit = p->prefixlen; bit < size * 8; bit++)
		p->addr[bit / 8] &= (uint8_t) ~(0x80u >> bit % 8);
	memset(p->addr + size, 0, 16 - size);
}

/* Room for all prefixes that a site gives away, so that later ones can be kin of earlier ones. */
struct pool {
	struct prefix v[512];
	size_t n;
};

static void fresh_prefix(struct rng *rng, uint8_t family, struct prefix *p)
{
	static const uint8_t heads4[][3] = {{192, 0, 2},     {198, 51, 100}, {203, 0, 113},
					    {10, 45, 16},    {172, 25, 33},  {10, 0, 0},
					    {255, 255, 255}, {0, 0, 0}};
	static const uint8_t heads6[][6] = {{0x20, 0x01, 0x0d, 0xb8, 0x00, 0x16},
					    {0x20, 0x01, 0x0d, 0xb8, 0x00, 0x17},
					    {0xfd, 0x00, 0x00, 0x00, 0x00, 0x01},
					    {0xfe, 0x80, 0x00, 0x00, 0x00, 0x00}};

	memset(p, 0, sizeof(*p));
	p->family = family;
	for (unsigned i = 0; i < 16; i++)
		p->addr[i] = (uint8_t)rng_next(rng);
	if (family == 4) {
		if (!rng_percent(rng, 15))
			memcpy(p->addr, heads4[rng_below(rng, 8)], 3);
		p->prefixlen = rng_percent(rng, 55)   ? 32
			       : rng_percent(rng, 70) ? 20 + rng_below(rng, 12)
						      : 1 + rng_below(rng, 32);
	} else {
		if (!rng_percent(rng, 15))
			memcpy(p->addr, heads6[rng_below(rng, 4)], 6);
		/* Runs of zeros and the same upper half with other lower halves, as people do it.
		 */
		if (rng_percent(rng, 60))
			memset(p->addr + 6, 0, 8);
		p->prefixlen = rng_percent(rng, 50)   ? 128
			       : rng_percent(rng, 40) ? 64
			       : rng_percent(rng, 70) ? 40 + rng_below(rng, 88)
						      : 1 + rng_below(rng, 128);
	}
	mask_host_bits(p);
}

/* Same as, inside of, around, or beside another one. */
static void kin_prefix(struct rng *rng, const struct prefix *of, struct prefix *p)
{
	unsigned max = of->family == 4 ? 32 : 128;
	unsigned len = of->prefixlen;

	*p = *of;
	switch (rng_below(rng, 4)) {
	case 0:
		break;
	case 1: /* inside */
		for (unsigned bit = len; bit < max; bit++)
			if (rng_percent(rng, 50))
				p->addr[bit / 8] |= (uint8_t)(0x80u >> bit % 8);
		p->prefixlen = (uint8_t)(len + (len < max ? 1 + rng_below(rng, max - len) : 0));
		break;
	case 2: /* around, not too far */
		p->prefixlen = (uint8_t)(len > 12 ? len - rng_below(rng, 12) : 1 + len / 2);
		break;
	default: /* its neighbour: the last bit of the prefix turned */
		if (len > 0)
			p->addr[(len - 1) / 8] ^= (uint8_t)(0x80u >> (len - 1) % 8);
		break;
	}
	mask_host_bits(p);
}

static bool has_prefix(const struct prefix_list *list, const struct prefix *p)
{
	for (size_t i = 0; i < list->n; i++)
		if (list->v[i].family == p->family && list->v[i].prefixlen == p->prefixlen &&
		    memcmp(list->v[i].addr, p->addr, 16) == 0)
			return true;
	return false;
}

/* ::ffff:0:0/96 and what is in it is no IPv6 address that a site may give. */
static bool is_mapped(const struct prefix *p)
{
	static const uint8_t head[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

	return p->family == 6 && p->prefixlen >= 96 && memcmp(p->addr, head, 12) == 0;
}

static void give_prefix(struct rng *rng, struct pool *pool, struct prefix_list *list,
			unsigned kin_percent)
{
	struct prefix p;

	if (pool->n > 0 && rng_percent(rng, kin_percent))
		kin_prefix(rng, &pool->v[rng_below(rng, (unsigned)pool->n)], &p);
	else
		fresh_prefix(rng, rng_percent(rng, 55) ? 4 : 6, &p);
	if (rng_percent(rng, 1)) {
		p.prefixlen = 0;
		mask_host_bits(&p);
	}
	if (has_prefix(list, &p) || is_mapped(&p))
		return;
	list->v = need(realloc(list->v, (list->n + 1) * sizeof(*list->v)));
	list->v[list->n++] = p;
	if (pool->n < sizeof(pool->v) / sizeof(pool->v[0]))
		pool->v[pool->n++] = p;
}

static int compare_prefixes(const void *a, const void *b)
{
	const struct prefix *x = a, *y = b;
	int order = (int)x->family - y->family;

	if (order == 0)
		order = memcmp(x->addr, y->addr, sizeof(x->addr));
	return order ? order : (int)x->prefixlen - y->prefixlen;
}

void random_sort_prefixes(struct prefix_list *list)
{
	if (list->n > 0)
		qsort(list->v, list->n, sizeof(*list->v), compare_prefixes);
}

static void give_roles(struct rng *rng, const struct spec *spec, struct pool *pool,
		       struct site *site)
{
	unsigned wealth = 30 + rng_below(rng, 71);

	site->role_prefixes = need(calloc(spec->n_roles, sizeof(*site->role_prefixes)));
	/* Protected roles first: the others then often cover them. */
	for (int pass = 0; pass < 2; pass++) {
		for (size_t r = 0; r < spec->n_roles; r++) {
			const struct role *role = &spec->roles[r];
			unsigned n = 1 + rng_below(rng, 3);
			bool group = false;

			if (role->is_protected != (pass == 0))
				continue;
			for (size_t m = 0; m < spec->n_roles; m++)
				group = group || spec->roles[m].member_of == (int)r;
			if (!rng_percent(rng, role->stand_in >= 0 ? 45 : group ? 55 : wealth))
				continue;
			for (unsigned i = 0; i < n; i++)
				give_prefix(rng, pool, &site->role_prefixes[r], pass ? 55 : 35);
			random_sort_prefixes(&site->role_prefixes[r]);
		}
	}
}

/* --- ports --------------------------------------------------------------------------------------
 */

static void set_any(struct port_set *set)
{
	set->v = need(calloc(1, sizeof(*set->v)));
	set->n = 1;
	set->v[0].lo = 0;
	set->v[0].hi = 65535;
}

static void random_port_set(struct rng *rng, unsigned max_ranges, struct port_set *set)
{
	static const unsigned well_known[] = {0,     53,    67,	   68,	  80,	 443,
					      500,   3478,  4500,  5060,  5061,	 8057,
					      49999, 50000, 50001, 59999, 60000, 65535};
	unsigned ranges = 1 + rng_below(rng, max_ranges), from = 0;

	set->v = need(calloc(ranges, sizeof(*set->v)));
	set->n = 0;
	for (unsigned i = 0; i < ranges && from <= 65535; i++) {
		unsigned lo = rng_percent(rng, 60) ? well_known[rng_below(rng, 18)]
						   : rng_below(rng, 65536);
		unsigned hi = lo;

		if (lo < from)
			lo = hi = from + rng_below(rng, 65536 - from);
		if (rng_percent(rng, 50))
			hi = lo +
			     (rng_percent(rng, 50) ? rng_below(rng, 20) : rng_below(rng, 20000));
		if (hi > 65535)
			hi = 65535;
		set->v[set->n].lo = (uint16_t)lo;
		set->v[set->n++].hi = (uint16_t)hi;
		from = hi + 2; /* not adjacent */
	}
}

static bool is_any_set(const struct port_set *set)
{
	return set->n == 1 && set->v[0].lo == 0 && set->v[0].hi == 65535;
}

/* Whether the entry of the row's role, if there is one, governs the row. */
static bool has_range(const struct row *row)
{
	return (row->ports.n > 1 || row->ports.v[0].lo != row->ports.v[0].hi) &&
	       !is_any_set(&row->ports) &&
	       !(row->app && strcmp(row->app, "DHCP") == 0 && row->ports.n == 1 &&
		 row->ports.v[0].lo == 67 && row->ports.v[0].hi == 68);
}

/* Rows that an entry for `role` would govern, and whether one of them limits source ports. */
static unsigned governed(const struct spec *spec, const struct site *site, int role, bool *limited)
{
	unsigned n = 0;

	*limited = false;
	for (size_t i = 0; i < site->n_rows + spec->n_rows; i++) {
		const struct row *row =
			i < site->n_rows ? &site->rows[i] : &spec->rows[i - site->n_rows];
		bool on = i < site->n_rows;

		for (size_t t = 0; t < site->n_tables; t++)
			on = on || (int)site->tables[t] == row->table;
		if (!on || row->role != role || !has_range(row))
			continue;
		*limited = *limited || !is_any_set(&row->source_ports);
		n++;
	}
	return n;
}

static void random_overrides(struct rng *rng, const struct spec *spec, struct site *site)
{
	unsigned n = rng_percent(rng, 50) ? 0 : 1 + rng_below(rng, 5);

	site->ports = need(calloc(n + 1, sizeof(*site->ports)));
	for (unsigned i = 0; i < n; i++) {
		struct site_ports *p = &site->ports[site->n_ports];
		bool limited, taken = false;

		memset(p, 0, sizeof(*p));
		p->row = p->role = -1;
		if (rng_percent(rng, 50)) {
			const struct table *t = &spec->tables[site->tables[rng_below(
				rng, (unsigned)site->n_tables)]];

			p->row = (int)(t->first_row + rng_below(rng, (unsigned)t->n_rows));
			limited = !is_any_set(&spec->rows[p->row].source_ports);
		} else {
			/* An entry that governs nothing is refused by the reader. */
			p->role = (int)rng_below(rng, (unsigned)spec->n_roles);
			for (unsigned tries = 0; !governed(spec, site, p->role, &limited);
			     tries++) {
				p->role = (int)rng_below(rng, (unsigned)spec->n_roles);
				if (tries == 50)
					return;
			}
		}
		for (size_t k = 0; k < site->n_ports; k++)
			if (site->ports[k].row == p->row && site->ports[k].role == p->role)
				taken = true;
		if (taken)
			continue;
		p->match = limited ? MATCH_DESTINATION : (enum port_match)rng_below(rng, 3);
		p->has_ports = p->match == MATCH_DESTINATION || rng_percent(rng, 70);
		if (p->has_ports)
			random_port_set(rng, 3, &p->ports);
		site->n_ports++;
	}
}

/* --- the operator's own rows ------------------------------------------------------------------ */

static void random_end(struct rng *rng, const struct spec *spec, struct pool *pool, struct end *end)
{
	unsigned n = 1 + rng_below(rng, 3);

	if (rng_percent(rng, 30)) {
		end->kind = END_ANY;
	} else if (rng_percent(rng, 50)) {
		end->kind = END_ROLES;
		end->roles = need(calloc(1, sizeof(*end->roles)));
		end->roles[0] = (int)rng_below(rng, (unsigned)spec->n_roles);
		end->n_roles = 1;
	} else {
		end->kind = END_PREFIXES;
		while (end->prefixes.n == 0 || --n > 0)
			give_prefix(rng, pool, &end->prefixes, 70);
		random_sort_prefixes(&end->prefixes);
	}
}

static void random_rows(struct rng *rng, const struct spec *spec, struct pool *pool,
			struct site *site)
{
	static const unsigned l4s[] = {L4_TCP, L4_UDP, L4_TCP | L4_UDP, L4_TCP | L4_UDP | L4_OTHER};
	unsigned n = rng_percent(rng, 30) ? 0 : 1 + rng_below(rng, 6);

	site->rows = need(calloc(n + 1, sizeof(*site->rows)));
	for (unsigned i = 0; i < n; i++) {
		struct row *row = &site->rows[site->n_rows++];

		row->id = numbered("site/rows/own-", i + 1);
		row->table = -1;
		row->number = i + 1;
		row->role =
			rng_percent(rng, 40) ? -1 : (int)rng_below(rng, (unsigned)spec->n_roles);
		row->service = numbered("own service ", i + 1);
		row->l4 = l4s[rng_below(rng, 4)];
		row->file = site->path;
		random_end(rng, spec, pool, &row->source);
		random_end(rng, spec, pool, &row->destination);
		row->note = copy("");
		row->app = copy(rng_percent(rng, 15) ? "DHCP" : "");
		row->reply = rng_percent(rng, 50)   ? REPLY_BY_FORM
			     : rng_percent(rng, 65) ? REPLY_NO
						    : REPLY_YES;
		if (row->app[0] && rng_percent(rng, 50))
			row->l4 = L4_UDP;
		if (rng_percent(rng, 20))
			set_any(&row->ports);
		else
			random_port_set(rng, 3, &row->ports);
		if (rng_percent(rng, 70))
			set_any(&row->source_ports);
		else
			random_port_set(rng, 2, &row->source_ports);
	}
}

/* --- the rest ------------------------------------------------------------------------------------
 */

static void random_tables(struct rng *rng, const struct spec *spec, struct site *site)
{
	unsigned keep = 10 + rng_below(rng, 91);

	site->tables = need(calloc(spec->n_tables, sizeof(*site->tables)));
	while (site->n_tables == 0)
		for (size_t t = 0; t < spec->n_tables; t++)
			if (spec->tables[t].n_rows > 0 && rng_percent(rng, keep))
				site->tables[site->n_tables++] = t;
	for (size_t i = site->n_tables - 1; i > 0; i--) {
		size_t k = rng_below(rng, (unsigned)i + 1), t = site->tables[i];

		site->tables[i] = site->tables[k];
		site->tables[k] = t;
	}
}

static void random_narrow(struct rng *rng, const struct spec *spec, struct site *site)
{
	unsigned how = rng_below(rng, 4);

	site->narrow_rows = need(calloc(spec->n_rows, sizeof(*site->narrow_rows)));
	site->narrow_all = how == 0;
	for (size_t i = 0; how == 1 && i < site->n_tables; i++) {
		const struct table *t = &spec->tables[site->tables[i]];

		for (size_t r = t->first_row; r < t->first_row + t->n_rows; r++)
			site->narrow_rows[r] =
				spec->rows[r].n_narrow_to > 0 && rng_percent(rng, 60);
	}
}

static void random_interfaces(struct rng *rng, struct site *site)
{
	static const char *const names[] = {"wan0", "dmz0", "lan0", "eth4", "trunk-a"};
	unsigned nics = 1 + rng_below(rng, 5);

	site->interfaces = need(calloc(nics * 5, sizeof(*site->interfaces)));
	for (unsigned i = 0; i < nics; i++) {
		unsigned vlans = rng_percent(rng, 60) ? 0 : 1 + rng_below(rng, 4);
		bool itself = vlans == 0 || rng_percent(rng, 50);
		bool copies = rng_percent(rng, 8); /* of a NIC all of it or nothing */
		uint16_t vlan = 0;

		for (unsigned v = itself ? 0 : 1; v <= vlans; v++) {
			struct site_interface *at = &site->interfaces[site->n_interfaces++];

			if (v > 0)
				vlan += 1 + rng_below(rng, rng_percent(rng, 50) ? 3 : 1000);
			snprintf(at->name, sizeof(at->name), "%s", names[i]);
			at->vlan = vlan;
			at->side = copies ? XE_SIDE_MIRROR : (enum xe_side)rng_below(rng, 4);
		}
	}
}

/* Small tables; times that are neither the defaults nor each other's. */
static void random_state(struct rng *rng, struct state_config *state)
{
	state->flows = 1 + rng_below(rng, 5000);
	state->fragments = 1 + rng_below(rng, 500);
	state->sources = 1 + rng_below(rng, 500);
	for (unsigned i = 0; i < XE_LIFE_COUNT; i++)
		state->life[i] = 10 * i + 1 + rng_below(rng, 9);
}

void random_roles(struct rng *rng, const struct spec *spec, struct spec *out)
{
	*out = *spec;
	out->roles = need(calloc(spec->n_roles, sizeof(*out->roles)));
	for (size_t i = 0; i < spec->n_roles; i++) {
		struct role *role = &out->roles[i];

		*role = spec->roles[i];
		role->side = (enum xe_side)rng_below(rng, 4);
		role->is_protected = rng_percent(rng, 70);
		/* A parent that stands before it: no cycles. */
		role->member_of =
			i > 0 && rng_percent(rng, 40) ? (int)rng_below(rng, (unsigned)i) : -1;
		role->depth = role->member_of < 0 ? 0 : out->roles[role->member_of].depth + 1;
		role->stand_in = -1;
	}
	for (size_t i = 0; i < spec->n_roles; i++) {
		int other = (int)rng_below(rng, (unsigned)spec->n_roles);

		if (other != (int)i && rng_percent(rng, 30))
			out->roles[i].stand_in = other;
	}
}

void random_roles_free(struct spec *spec)
{
	free(spec->roles);
	memset(spec, 0, sizeof(*spec));
}

void random_site(struct rng *rng, const struct spec *spec, struct site *out)
{
	struct pool *pool = need(calloc(1, sizeof(*pool)));

	memset(out, 0, sizeof(*out));
	out->path = copy("random site");
	out->name = copy("random");
	out->mode = XE_MODE_MONITOR;
	random_tables(rng, spec, out);
	give_roles(rng, spec, pool, out);
	random_interfaces(rng, out);
	random_rows(rng, spec, pool, out);
	random_overrides(rng, spec, out);
	random_narrow(rng, spec, out);
	out->hairpin = rng_percent(rng, 30);
	out->suggest = rng_percent(rng, 70);
	random_state(rng, &out->state);
	free(pool);
}

static void end_free(struct end *end)
{
	free(end->roles);
	free(end->prefixes.v);
}

void random_site_free(const struct spec *spec, struct site *site)
{
	for (size_t i = 0; i < site->n_rows; i++) {
		struct row *row = &site->rows[i];

		free(row->id);
		free(row->service);
		free(row->app);
		free(row->note);
		free(row->source_ports.v);
		free(row->ports.v);
		end_free(&row->source);
		end_free(&row->destination);
	}
	for (size_t i = 0; i < site->n_ports; i++)
		free(site->ports[i].ports.v);
	for (size_t r = 0; site->role_prefixes && r < spec->n_roles; r++)
		free(site->role_prefixes[r].v);
	free(site->path);
	free(site->name);
	free(site->tables);
	free(site->role_prefixes);
	free(site->interfaces);
	free(site->ports);
	free(site->rows);
	free(site->narrow_rows);
	memset(site, 0, sizeof(*site));
}
