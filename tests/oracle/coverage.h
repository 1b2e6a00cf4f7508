/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How often each active row was hit, by sense and family, and whether that was often enough. A hit
 * is a packet with (row, sense) in the match set on which oracle and policy agreed.
 */
#ifndef XE_ORACLE_COVERAGE_H
#define XE_ORACLE_COVERAGE_H

#include "check.h"
#include "reach.h"

#define COVERAGE_HITS 20 /* wanted of every reachable (row, sense, family) */

struct coverage_cell {
	uint32_t hits, decided;
	enum reach_reason reason; /* of the last search that found nothing */
	bool active, reachable;
};

/* [row][sense][family: 0 IPv4, 1 IPv6] */
struct coverage {
	struct coverage_cell (*cells)[2][2];
	size_t n_rows;
};

void coverage_open(struct coverage *coverage, size_t n_rows);
void coverage_close(struct coverage *coverage);

/* Count an agreed answer. `index` maps the answer's row to a row of this coverage; (size_t)-1:
 * none. */
void coverage_count(struct coverage *coverage, const struct answer *answer, uint8_t family,
		    const size_t *index);

struct coverage_sum {
	unsigned active_rows, reached, short_of, unreachable;
	unsigned surprises; /* hit, though the search held it to be unreachable */
	unsigned by_reason[REACH_REASONS];
};

/*
 * Print what was not reached, by reason, and what was reached too seldom; `id` names a row. Returns
 * the sum; short_of and surprises are failures.
 */
struct coverage_sum coverage_report(const struct coverage *coverage, const char *title,
				    const char *(*id)(const void *of, size_t row), const void *of,
				    bool verbose);

#endif
