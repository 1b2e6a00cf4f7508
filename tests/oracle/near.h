/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Packets at the edges of rows and prefixes: each bound and one beyond it, the last bit of each
 * prefix the other way round, ends swapped, another protocol. Traces of packets that hit are a weak
 * test: a classifier that ignores a field passes them.
 */
#ifndef XE_ORACLE_NEAR_H
#define XE_ORACLE_NEAR_H

#include "random.h"

struct tuples {
	struct tuple *v;
	size_t n, capacity;
};

void tuples_free(struct tuples *tuples);

/* Every near miss of the row, if both its ends are prefixes; families go together. */
void near_row(struct rng *rng, const struct oracle_row *row, struct tuples *out);

/*
 * Addresses at the edges of a prefix, opposite a peer of its family and in both directions: TCP
 * from any port to `port`.
 */
void near_prefix(struct rng *rng, const struct prefix *prefix, uint16_t port, struct tuples *out);

#endif
