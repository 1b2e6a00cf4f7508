/* SPDX-License-Identifier: GPL-2.0-only */
/* Frames made of tuples: tags, options, extension headers, fragments, padding; and their ruin. */
#ifndef XE_ORACLE_BUILD_H
#define XE_ORACLE_BUILD_H

#include "random.h"

#define BUILD_MAX 4096

/*
 * A frame in `buf` (BUILD_MAX bytes) that carries the tuple with VLAN `vid` (0: untagged or
 * priority tagged); seldom with more tags or extension headers than are read, or as a fragment. Its
 * length.
 */
size_t build_frame(struct rng *rng, const struct tuple *tuple, unsigned vid, uint8_t *buf);

/* Spoil it: cut, flipped bits, lengths that lie. Returns the new length, 14 or more. */
size_t build_spoil(struct rng *rng, uint8_t *buf, size_t len);

#endif
