/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One reading of all counters, consistent across reloads: what every output renders. The kernel
 * side fills it (kernel/reader.h); outputs and `--by` only add up cells.
 */
#ifndef XE_OUTPUT_SNAPSHOT_H
#define XE_OUTPUT_SNAPSHOT_H

#include <stddef.h>
#include <stdint.h>

#include "xdp_edge.h"

struct stats_cell {
	struct xe_counter decided, matched, reply;
	uint64_t new_flows;
};

struct snapshot {
	char site[64];
	uint32_t generation;
	double taken_at; /* CLOCK_MONOTONIC seconds */
	struct xe_interface
		*interfaces; /* attached ones first, then those only the totals know (ifindex 0) */
	size_t n_interfaces;
	struct xe_row
		*rows; /* of the live generation in its order, then those only the totals know */
	size_t n_rows;
	struct stats_cell *cells;  /* [row * n_interfaces + interface] */
	struct xe_counter *misses; /* [miss * n_interfaces + interface], XE_MISS_COUNT misses */
};

void snapshot_free(struct snapshot *snapshot);

/* Sum over all interfaces. */
struct stats_cell snapshot_row(const struct snapshot *snapshot, size_t row);
struct xe_counter snapshot_miss(const struct snapshot *snapshot, enum xe_miss miss);
/* Decided by rows plus misses: packets the program saw; one interface, or all with interface = -1.
 */
struct xe_counter snapshot_total(const struct snapshot *snapshot, int interface);

#endif
