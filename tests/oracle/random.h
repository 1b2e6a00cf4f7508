/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Random sites over the real tables, and random packets aimed at their rows. Everything follows
 * from the seed; no clock, no rand().
 */
#ifndef XE_ORACLE_RANDOM_H
#define XE_ORACLE_RANDOM_H

#include "oracle.h"

struct rng {
	uint64_t state;
};

void rng_seed(struct rng *rng, uint64_t seed);
uint64_t rng_next(struct rng *rng);
/* 0..n-1; n > 0. */
unsigned rng_below(struct rng *rng, unsigned n);
bool rng_percent(struct rng *rng, unsigned percent);

/*
 * The spec with other roles of the same names: other sides, groups, stand-ins and protection, so
 * that rules that the real roles seldom meet are met. Shares everything else with `spec`.
 */
void random_roles(struct rng *rng, const struct spec *spec, struct spec *out);
void random_roles_free(struct spec *spec);

/* A random site in *out, all of it allocated; aborts when out of memory. */
void random_site(struct rng *rng, const struct spec *spec, struct site *out);
void random_site_free(const struct spec *spec, struct site *site);
/* As the reader leaves a list. */
void random_sort_prefixes(struct prefix_list *list);

/* --- packets ---------------------------------------------------------------------------------- */

/* Every address that a packet may well be aimed at, and one of each kind of address of the site. */
struct address {
	uint8_t family;
	uint8_t addr[16];
};

struct addresses {
	struct address *v;
	size_t n;
};

/*
 * The edges of all prefixes of the site in `family`: between two neighbours of this list nothing
 * about an address changes, so that one of each stands for all. Free v.
 */
void random_edges(const struct site *site, const struct spec *spec, uint8_t family,
		  struct addresses *out);

/* Aim at a row in a sense and family; a miss by one here and there is part of the aim. */
void random_aim(struct rng *rng, const struct spec *spec, const struct site *site,
		const struct oracle_row *row, enum xe_sense sense, uint8_t family,
		struct tuple *out);
/* A packet aimed at nothing in particular. */
void random_stray(struct rng *rng, const struct site *site, const struct spec *spec,
		  struct tuple *out);
/* A port of the set: a boundary or anything inside. */
uint16_t random_port_in(struct rng *rng, const struct port_set *set);

void addr_first(const struct prefix *prefix, uint8_t *addr);
void addr_last(const struct prefix *prefix, uint8_t *addr);
/* The next (+1) or previous (-1) address, wrapping. */
void addr_step(uint8_t family, uint8_t *addr, int step);

#endif
