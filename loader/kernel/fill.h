/* SPDX-License-Identifier: GPL-2.0-only */
/* How full the tables are that remember packets. What has expired is free, though nobody removes
 * it. */
#ifndef XE_KERNEL_FILL_H
#define XE_KERNEL_FILL_H

#include "../output/snapshot.h"
#include "store.h"

/*
 * Count one of GUARD_FLOWS, GUARD_FRAGMENTS and GUARD_BUCKETS. Tables of more than `sets_max` sets
 * by their first so many: hashes spread evenly. A set takes some 120 ns. Not known: there is none,
 * or it may not be read (root only). 0 or -errno (not reported).
 */
int fill_read(const struct store *store, enum guard_map table, uint32_t sets_max,
	      struct snapshot_fill *out);

#endif
