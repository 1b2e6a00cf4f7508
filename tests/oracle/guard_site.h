/* SPDX-License-Identifier: GPL-2.0-only */
/* Random sites that give verdicts: deny lists, limits, translations, state, on one trunk. */
#ifndef XE_ORACLE_GUARD_SITE_H
#define XE_ORACLE_GUARD_SITE_H

#include "random.h"

/* The NIC by which everything enters, and its VLAN for a side that is no mirror. */
#define GUARD_NIC	 "trunk-g"
#define GUARD_VLAN(side) (10u * (1 + (side)))

/* random_site(), with what verdicts are about, in mode enforce. */
void guard_site(struct rng *rng, const struct spec *spec, struct site *out);
void guard_site_free(const struct spec *spec, struct site *site);

#endif
