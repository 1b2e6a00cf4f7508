/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Other programs under a policy that is loaded: a reload may need features that the attached ones
 * lack, or no longer need some.
 *
 * Where our program is alone on a NIC, the kernel replaces it at once. It goes on counting for the
 * live generation, whatever block that has: before the swap comes a program that can do what both
 * policies need, after it one with only what the new one needs. Where libxdp's dispatcher holds it,
 * which cannot replace one, the new program is attached beside with the next epoch, counts nothing
 * until the swap, and the old one is detached after it. A frame that is between the two programs
 * when the word with epoch and generation is stored, one a CPU at most, is counted twice or not at
 * all.
 */
#ifndef XE_KERNEL_EXCHANGE_H
#define XE_KERNEL_EXCHANGE_H

#include "store.h"

/*
 * Before a swap to a policy of these features; its maps are there (store_prepare_features()).
 * *epoch: which to publish it with, and to attach further NICs with. 0 or a negative errno
 * (reported); then, as always when no swap follows, exchange_settle().
 */
int exchange_prepare(struct store *store, uint32_t features, uint32_t *epoch);

/*
 * After a swap, or instead of it: each NIC's program becomes the one that the live policy needs,
 * and no other of ours stays; tables that nothing needs go. Right after store_publish(), before the
 * fold. At the beginning of a reload it makes good what a killed one left. 0 or a negative errno
 * (reported).
 */
int exchange_settle(struct store *store);

/*
 * Without another policy: programs of these features for the live one, which needs some of them or
 * all; its maps are there. 0 or a negative errno (reported); then the programs are those that it
 * needs, as far as they can be.
 */
int exchange_to(struct store *store, uint32_t features);

#endif
