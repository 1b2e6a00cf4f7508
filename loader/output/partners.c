// SPDX-License-Identifier: GPL-2.0-only
/* Which rows share packets with one row. */
#include "partners.h"

#include <errno.h>
#include <stdlib.h>

#include "tally.h"

/* Where a row first stands in the match set of an atom; n_matches: nowhere. */
static uint32_t position(const struct xe_atom *atom, const struct xe_match *matches, uint32_t row)
{
	const struct xe_match *match = matches + atom->first_match;
	uint32_t i = 0;

	while (i < atom->n_matches && match[i].row != row)
		i++;
	return i;
}

static int compare_partners(const void *a, const void *b)
{
	const struct snapshot_partner *x = a, *y = b;

	return (x->row > y->row) - (x->row < y->row);
}

int partners_find(const struct xe_atom *atoms, size_t n_atoms, const struct xe_match *matches,
		  size_t n_rows, uint32_t row, struct partners *out)
{
	*out = (struct partners){
		.row = row,
		.v = calloc(n_rows + 1, sizeof(*out->v)),
		.atoms = calloc(n_atoms + 1, sizeof(*out->atoms)),
		.at = calloc(n_rows + 1, sizeof(*out->at)),
	};
	if (!out->v || !out->atoms || !out->at) {
		partners_free(out);
		return -ENOMEM;
	}
	for (size_t i = 0; i < n_atoms; i++) {
		const struct xe_match *match = matches + atoms[i].first_match;
		uint32_t mine = position(&atoms[i], matches, row);

		if (mine == atoms[i].n_matches)
			continue;
		out->atoms[out->n_atoms++] = i;
		for (uint32_t j = 0; j < atoms[i].n_matches; j++) {
			uint32_t other = match[j].row;

			if (other == row)
				continue;
			if (!out->at[other]) {
				out->v[out->n] = (struct snapshot_partner){.row = other};
				out->at[other] = ++out->n;
			}
			/* where it stands twice, its first place decides */
			if (position(&atoms[i], matches, other) < mine)
				out->v[out->at[other] - 1].before = true;
			else
				out->v[out->at[other] - 1].after = true;
		}
	}
	qsort(out->v, out->n, sizeof(*out->v), compare_partners);
	for (size_t i = 0; i < out->n; i++)
		out->at[out->v[i].row] = i + 1;
	return 0;
}

void partners_add(struct partners *partners, const struct xe_atom *atoms,
		  const struct xe_match *matches, const struct xe_counter *counters)
{
	for (size_t i = 0; i < partners->n_atoms; i++) {
		const struct xe_atom *atom = &atoms[partners->atoms[i]];
		const struct xe_counter *counter = &counters[partners->atoms[i]];
		const struct xe_match *match = matches + atom->first_match;

		for (uint32_t j = 0; counter->packets && j < atom->n_matches; j++) {
			struct snapshot_partner *partner;

			/* once, though it may stand in both senses */
			if (match[j].row == partners->row ||
			    position(atom, matches, match[j].row) != j)
				continue;
			partner = &partners->v[partners->at[match[j].row] - 1];
			counter_add(&partner->shared, counter);
			if (atom->row == partners->row)
				partner->here += counter->packets;
			else if (atom->row == partner->row)
				partner->there += counter->packets;
		}
	}
}

void partners_free(struct partners *partners)
{
	free(partners->v);
	free(partners->atoms);
	free(partners->at);
	*partners = (struct partners){0};
}
