/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Random sequences of packets that have to do with each other: conversations from SYN to RST,
 * replies that nobody asked for, fragments in and out of order, and what always passes.
 */
#ifndef XE_ORACLE_GUARD_SEQUENCE_H
#define XE_ORACLE_GUARD_SEQUENCE_H

#include "guard_oracle.h"
#include "random.h"

#define GUARD_SEQUENCE_MAX 4096

struct guard_sequence;

/* Packets that enter by GUARD_NIC of the site. `guard` is asked only which row decides what. */
struct guard_sequence *guard_sequence_new(struct rng *rng, const struct spec *spec,
					  const struct site *site,
					  const struct guard_oracle *guard);
void guard_sequence_free(struct guard_sequence *sequence);

/* The next frame, 14 bytes or more; its length. */
size_t guard_sequence_next(struct guard_sequence *sequence, uint8_t frame[GUARD_SEQUENCE_MAX]);
/* Nanoseconds until it comes: mostly soon, at times just before or after something is forgotten. */
uint64_t guard_sequence_pause(struct guard_sequence *sequence);

#endif
