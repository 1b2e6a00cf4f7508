/* SPDX-License-Identifier: GPL-2.0-only */
/* How full the tables are that remember packets. What has expired is free, though nobody removes
 * it. */
#ifndef XE_KERNEL_FILL_H
#define XE_KERNEL_FILL_H

#include "../output/fill_parts.h"
#include "../output/snapshot.h"
#include "store.h"

/*
 * Count one of GUARD_FLOWS, GUARD_FRAGMENTS and GUARD_BUCKETS, as far as is due by `parts`. A set
 * takes some 120 ns: a part of a table for up to a million flows 1 ms. Not known: there is none, or
 * it may not be read (root only). 0 or -errno (not reported).
 */
int fill_read(const struct store *store, enum guard_map table, struct fill_parts *parts,
	      struct snapshot_fill *out);

#endif
