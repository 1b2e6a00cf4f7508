// SPDX-License-Identifier: GPL-2.0-only
/* The dead-man's switch. */
#include "deadline.h"

#include "clock.h"

uint64_t deadline_clock(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}

uint64_t deadline_read(const struct store *store)
{
	return __atomic_load_n(&store->control->deadline, __ATOMIC_ACQUIRE);
}

static void deadline_store(struct store *store, uint64_t deadline)
{
	__atomic_store_n(&store->control->deadline, deadline, __ATOMIC_SEQ_CST);
}

void deadline_before(struct store *store, enum xe_mode mode, uint64_t within)
{
	uint64_t pending = deadline_read(store), now = deadline_clock();

	if (mode != XE_MODE_ENFORCE)
		return; /* the one that is live may still need its deadline */
	if (store_mode(store) != XE_MODE_ENFORCE)
		deadline_store(store, within ? now + within : 0);
	else if (within && !(pending && now > pending))
		deadline_store(store, now + within);
	/* a deadline that has passed stays until the new policy is live: the old one, which nobody
	 * confirmed, must not enforce once more */
}

void deadline_after(struct store *store, enum xe_mode mode, uint64_t within)
{
	if (mode != XE_MODE_ENFORCE)
		deadline_store(store, 0);
	else if (within)
		deadline_store(store, deadline_clock() + within);
}

bool deadline_confirm(struct store *store, uint64_t deadline)
{
	return __atomic_compare_exchange_n(&store->control->deadline, &deadline, 0, false,
					   __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}
