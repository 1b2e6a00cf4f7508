// SPDX-License-Identifier: GPL-2.0-only
/* From atoms to rows. */
#include "tally.h"

void counter_add(struct xe_counter *to, const struct xe_counter *from)
{
	to->packets += from->packets;
	to->bytes += from->bytes;
}

void cell_add(struct stats_cell *to, const struct stats_cell *from)
{
	counter_add(&to->decided, &from->decided);
	counter_add(&to->matched, &from->matched);
	counter_add(&to->reply, &from->reply);
	to->new_flows += from->new_flows;
}

/* Whether the match set has this row in that sense. */
static int stands(const struct xe_match *matches, size_t n, uint32_t row, uint32_t sense)
{
	for (size_t i = 0; i < n; i++)
		if (matches[i].row == row && matches[i].sense == sense)
			return 1;
	return 0;
}

void tally_atoms(const struct xe_atom *atoms, size_t n_atoms, const struct xe_match *matches,
		 const struct xe_counter *counters, struct stats_cell *cells,
		 struct xe_counter *misses)
{
	for (size_t i = 0; i < n_atoms; i++) {
		const struct xe_atom *atom = &atoms[i];
		const struct xe_match *match = matches + atom->first_match;

		if (!counters[i].packets)
			continue;
		if (atom->row == XE_NO_ROW)
			counter_add(&misses[atom->miss], &counters[i]);
		else
			counter_add(&cells[atom->row].decided, &counters[i]);
		for (size_t j = 0; j < atom->n_matches; j++) {
			struct stats_cell *cell = &cells[match[j].row];

			if (match[j].sense == XE_FORWARD) {
				counter_add(&cell->matched, &counters[i]);
				if (atom->syn)
					cell->new_flows += counters[i].packets;
			} else if (!stands(match, atom->n_matches, match[j].row, XE_FORWARD)) {
				counter_add(&cell->matched, &counters[i]);
				counter_add(&cell->reply, &counters[i]);
			}
		}
	}
}
