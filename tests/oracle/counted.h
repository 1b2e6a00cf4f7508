/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The four counters of every row, twice: as the meaning counts the oracle's answers, and as the
 * product adds up its atoms. Answers that agree one by one may still be added up wrongly.
 */
#ifndef XE_ORACLE_COUNTED_H
#define XE_ORACLE_COUNTED_H

#include "../../loader/output/tally.h"
#include "check.h"

struct counted {
	struct checked *checked;
	struct stats_cell *expected; /* by row */
	struct xe_counter expected_misses[XE_MISS_COUNT];
	struct xe_counter *atoms; /* as the program would count, or did */
};

void counted_open(struct checked *checked, struct counted *out);
void counted_close(struct counted *counted);

/* One packet of `bytes` that the oracle answers so; what its atom counts is the caller's. */
void counted_add(struct counted *counted, const struct answer *oracle, uint64_t bytes);

/* Whether both come to the same; the first difference is printed. */
bool counted_agree(const struct counted *counted);

#endif
