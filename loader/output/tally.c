// SPDX-License-Identifier: GPL-2.0-only
/* From atoms to rows. */
#include "tally.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

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
	to->payload.conforming += from->payload.conforming;
	to->payload.other += from->payload.other;
	counter_add(&to->decided_reply, &from->decided_reply);
	to->decided_new += from->decided_new;
}

/* By row: the number + 1 of the last atom whose match set has the row forward. */
struct marks {
	uint32_t *v;
	size_t n;
};

static int mark(struct marks *marks, uint32_t row, uint32_t value)
{
	if (row >= marks->n) {
		size_t n = 2 * (size_t)row + 64;
		uint32_t *v = realloc(marks->v, n * sizeof(*v));

		if (!v)
			return -ENOMEM;
		memset(v + marks->n, 0, (n - marks->n) * sizeof(*v));
		*marks = (struct marks){v, n};
	}
	marks->v[row] = value;
	return 0;
}

static int tally_matches(const struct xe_atom *atom, uint32_t number, const struct xe_match *match,
			 const struct xe_counter *counter, struct stats_cell *cells,
			 struct marks *forward)
{
	for (uint32_t j = 0; j < atom->n_matches; j++) {
		struct stats_cell *cell = &cells[match[j].row];

		if (match[j].sense != XE_FORWARD)
			continue;
		if (mark(forward, match[j].row, number))
			return -ENOMEM;
		counter_add(&cell->matched, counter);
		if (atom->syn)
			cell->new_flows += counter->packets;
	}
	for (uint32_t j = 0; j < atom->n_matches; j++) {
		struct stats_cell *cell = &cells[match[j].row];

		if (match[j].sense == XE_FORWARD ||
		    (match[j].row < forward->n && forward->v[match[j].row] == number))
			continue;
		counter_add(&cell->matched, counter);
		counter_add(&cell->reply, counter);
	}
	return 0;
}

static void tally_decided(const struct xe_atom *atom, const struct xe_counter *counter,
			  struct stats_cell *cell)
{
	counter_add(&cell->decided, counter);
	if (atom->sense == XE_REPLY)
		counter_add(&cell->decided_reply, counter);
	else
		cell->decided_new += atom->syn ? counter->packets : 0;
}

int tally_atoms(const struct xe_atom *atoms, size_t n_atoms, const struct xe_match *matches,
		const struct xe_counter *counters, struct stats_cell *cells,
		struct xe_counter *misses)
{
	struct marks forward = {0};
	int err = 0;

	for (size_t i = 0; !err && i < n_atoms; i++) {
		const struct xe_atom *atom = &atoms[i];

		/* of what has come since another reading there may be bytes without packets */
		if (!counters[i].packets && !counters[i].bytes)
			continue;
		if (atom->row == XE_NO_ROW)
			counter_add(&misses[atom->miss], &counters[i]);
		else
			tally_decided(atom, &counters[i], &cells[atom->row]);
		err = tally_matches(atom, i + 1, matches + atom->first_match, &counters[i], cells,
				    &forward);
	}
	free(forward.v);
	return err;
}

void tally_payloads(const struct xe_atom *atoms, size_t n_atoms,
		    const struct xe_conformity *payloads, struct stats_cell *cells)
{
	for (size_t i = 0; i < n_atoms; i++) {
		if (atoms[i].row == XE_NO_ROW)
			continue;
		cells[atoms[i].row].payload.conforming += payloads[i].conforming;
		cells[atoms[i].row].payload.other += payloads[i].other;
	}
}
