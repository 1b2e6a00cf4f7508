/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Totals: what generations that are gone had counted, by row id and NIC. Two slots; a fold writes
 * the idle one and commits it by one word, so that a fold killed at any point has happened wholly
 * or not at all.
 */
#ifndef XE_KERNEL_TOTALS_H
#define XE_KERNEL_TOTALS_H

#include "meta.h"
#include "store.h"

/* The committed records: pointer into the mapped slot, and how many are in use. */
const struct xe_total *totals_committed(const struct store *store, size_t *n);

/*
 * Whether folding `meta`'s generation could outgrow the totals, whatever it will have counted by
 * then. 0, or -ENOSPC (reported, with the size to load with).
 */
int totals_fit(const struct store *store, const struct meta *meta);

/*
 * Fold a generation that no program runs with any more: add its counters to the totals, commit,
 * zero its half, remove what its atoms mean. 0 or -errno (reported).
 */
int totals_fold(struct store *store, const struct meta *meta);

/*
 * Finish what a killed reload left: fold the generation before the live one if that is due, zero
 * what was folded, remove directories of generations that never became live. 0 or -errno
 * (reported).
 */
int totals_recover(struct store *store);

#endif
