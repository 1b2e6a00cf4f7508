/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The dead-man's switch: control.deadline, from which on a generation that enforces only rehearses
 * unless somebody has confirmed it. The program looks at it by itself; nothing in user space has to
 * be alive for it.
 *
 * One writer at a time, who holds the lock. Around publishing a generation:
 *
 *	deadline_before(); store_publish(); deadline_after();
 *
 * In whatever order a kill ends this, no generation enforces without the deadline it was given.
 * Killed between the first two, the generation before has that deadline too: it can be confirmed,
 * or only rehearses when it has passed.
 */
#ifndef XE_KERNEL_DEADLINE_H
#define XE_KERNEL_DEADLINE_H

#include "store.h"

/* CLOCK_MONOTONIC in ns: what the program compares the deadline with. */
uint64_t deadline_clock(void);

/* The deadline; 0: none. */
uint64_t deadline_read(const struct store *store);

/*
 * A generation of mode `mode` is to become live. `within`: ns that it has to be confirmed in; 0: no
 * new deadline is asked for. Then one that is pending, or has passed, stays: what nobody confirmed,
 * a reload does not confirm.
 */
void deadline_before(struct store *store, enum xe_mode mode, uint64_t within);
/*
 * It is live: its time starts now. Also later, when all it needs has been done, to start it again.
 */
void deadline_after(struct store *store, enum xe_mode mode, uint64_t within);

/*
 * Confirm: take `deadline`, as it was read, away. False if it is another one meanwhile. The caller
 * has read the clock before and found the deadline not passed. If it passes between that and this
 * store, what is dropped until then only would have been; from the store on the policy enforces.
 */
bool deadline_confirm(struct store *store, uint64_t deadline);

#endif
