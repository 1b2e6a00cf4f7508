/* SPDX-License-Identifier: GPL-2.0-only */
/* Which rows share packets with one row, from the match sets of a generation's atoms. */
#ifndef XE_OUTPUT_PARTNERS_H
#define XE_OUTPUT_PARTNERS_H

#include "snapshot.h"

struct partners {
	struct snapshot_partner *v; /* by row */
	size_t n;
	/* Private: the atoms of the row, and the partners by row, place + 1. */
	uint32_t row, *atoms, *at;
	size_t n_atoms;
};

/* All that share an atom with `row`, without counts. 0 or -ENOMEM; free with partners_free(). */
int partners_find(const struct xe_atom *atoms, size_t n_atoms, const struct xe_match *matches,
		  size_t n_rows, uint32_t row, struct partners *out);
/* Add the counters of one NIC's atoms: those that partners_find() was given. */
void partners_add(struct partners *partners, const struct xe_atom *atoms,
		  const struct xe_match *matches, const struct xe_counter *counters);
void partners_free(struct partners *partners);

#endif
