// SPDX-License-Identifier: GPL-2.0-only
/* Sums over the cells of one reading. */
#include "snapshot.h"

#include <stdlib.h>
#include <string.h>

#include "tally.h"

void snapshot_free(struct snapshot *snapshot)
{
	free(snapshot->interfaces);
	free(snapshot->rows);
	free(snapshot->cells);
	free(snapshot->misses);
	memset(snapshot, 0, sizeof(*snapshot));
}

struct stats_cell snapshot_row(const struct snapshot *snapshot, size_t row)
{
	const struct stats_cell *cell = snapshot->cells + row * snapshot->n_interfaces;
	struct stats_cell sum = {};

	for (size_t i = 0; i < snapshot->n_interfaces; i++, cell++)
		cell_add(&sum, cell);
	return sum;
}

struct xe_counter snapshot_miss(const struct snapshot *snapshot, enum xe_miss miss)
{
	struct xe_counter sum = {};

	for (size_t i = 0; i < snapshot->n_interfaces; i++)
		counter_add(&sum, &snapshot->misses[miss * snapshot->n_interfaces + i]);
	return sum;
}

struct xe_counter snapshot_total(const struct snapshot *snapshot, int interface)
{
	struct xe_counter sum = {};

	for (size_t i = 0; i < snapshot->n_interfaces; i++) {
		if (interface >= 0 && (size_t)interface != i)
			continue;
		for (size_t row = 0; row < snapshot->n_rows; row++)
			counter_add(&sum,
				    &snapshot->cells[row * snapshot->n_interfaces + i].decided);
		for (int miss = 0; miss < XE_MISS_COUNT; miss++)
			counter_add(&sum, &snapshot->misses[miss * snapshot->n_interfaces + i]);
	}
	return sum;
}
