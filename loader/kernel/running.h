/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Running sums: what the totals and the generations that count now have counted so far, by row and
 * NIC, kept from one reading to the next. A reading fetches all counters and adds what they have
 * grown by: beyond fetching it costs what has changed meanwhile, not what there is. Another
 * generation, other totals or NICs begin anew.
 */
#ifndef XE_KERNEL_RUNNING_H
#define XE_KERNEL_RUNNING_H

#include "../output/snapshot.h"
#include "meta.h"
#include "store.h"

/* What the counters of one generation were. */
struct running_counters {
	/* [slot][atom]: at the last reading; NULL: not read yet */
	struct xe_counter *counters[XE_MAX_NICS];
	struct xe_conformity *payloads[XE_MAX_NICS];
	struct stats_cell *cells; /* by row: what came since then on one NIC; else zeros */
	uint32_t *rows;		  /* where each of its rows stands in the sums */
	void *more;		  /* room for one slot's counters or payloads */
};

/* Zeros: nothing is known yet. */
struct running {
	uint64_t live, folded; /* the control words that it is of; 0: of none */
	struct running_slot {
		char name[XE_IFNAME_MAX]; /* of the NIC; "": none */
		bool attached;
		size_t interface; /* where it stands in the sums */
	} slots[XE_MAX_NICS];
	struct snapshot sums; /* rows, interfaces, cells, their sums and misses only */
	size_t room;	      /* of its cells, in places */
	struct running_counters live_counters, old_counters;
};

/*
 * Bring it up to what the counters say now: of the live generation, and of the one before it, or
 * generation 0; `slots` are the NICs. 0 or -errno (not reported), and nothing is known then.
 */
int running_update(struct running *running, const struct store *store, const struct meta *live,
		   const struct meta *old, const struct xe_interface *slots);
/* Rows, interfaces, cells and misses for a reading. 0 or -ENOMEM; free with snapshot_free(). */
int running_copy(const struct running *running, const struct store *store,
		 const struct xe_interface *slots, struct snapshot *out);
void running_free(struct running *running);

#endif
