/* SPDX-License-Identifier: GPL-2.0-only */
/* From atoms to rows: what each atom's packets count for. Costs the data plane nothing. */
#ifndef XE_OUTPUT_TALLY_H
#define XE_OUTPUT_TALLY_H

#include "snapshot.h"

/*
 * Add the counters of one NIC's atoms to `cells` (by row index) and `misses` (XE_MISS_COUNT). A row
 * that stands in the match set in both senses is matched once, and no reply. 0 or -ENOMEM.
 */
int tally_atoms(const struct xe_atom *atoms, size_t n_atoms, const struct xe_match *matches,
		const struct xe_counter *counters, struct stats_cell *cells,
		struct xe_counter *misses);

/* Add what the payloads of each atom's packets looked like to the row that decides them. */
void tally_payloads(const struct xe_atom *atoms, size_t n_atoms,
		    const struct xe_conformity *payloads, struct stats_cell *cells);

void counter_add(struct xe_counter *to, const struct xe_counter *from);
void cell_add(struct stats_cell *to, const struct stats_cell *from);

#endif
