/* SPDX-License-Identifier: GPL-2.0-only */
/* Snapshots made by hand, for what is made of several of them. */
#ifndef XE_TESTS_READINGS_H
#define XE_TESTS_READINGS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../loader/output/snapshot.h"

#define N_NICS 2

/*
 * Rows of these ids ("role:id" gives a role), two NICs, no packet yet; two roles of verdicts, none
 * and "av-edge". Taken at `at`, of a policy that was loaded at 1000.
 */
static inline struct snapshot reading(double at, const char *const *rows, size_t n)
{
	struct snapshot s = {
		.site = "edge1",
		.generation = 1,
		.taken_at = at,
		.loaded_at = 1000,
		.n_interfaces = N_NICS,
		.n_rows = n,
		.n_live_rows = n,
		.interfaces = calloc(N_NICS, sizeof(struct xe_interface)),
		.rows = calloc(n + 1, sizeof(struct xe_row)),
		.cells = calloc(n * N_NICS + 1, sizeof(struct stats_cell)),
		.misses = calloc(XE_MISS_COUNT * N_NICS, sizeof(struct xe_counter)),
		.guard.n_roles = 2,
		.guard.roles = calloc(2, sizeof(struct xe_role_name)),
		.guard.verdicts = calloc((N_NICS + 1) * 2, sizeof(struct xe_verdicts)),
		.guard.notes = calloc(N_NICS + 1, sizeof(struct xe_notes)),
	};

	assert_true(s.interfaces && s.rows && s.cells && s.misses && s.guard.roles &&
		    s.guard.verdicts && s.guard.notes);
	strcpy(s.interfaces[0].name, "wan0");
	strcpy(s.interfaces[1].name, "lan0");
	strcpy(s.guard.roles[1].name, "av-edge");
	for (size_t i = 0; i < n; i++) {
		const char *id = strchr(rows[i], ':');
		struct xe_row *row = &s.rows[i];

		if (id)
			memcpy(row->role, rows[i], id - rows[i]);
		else
			strcpy(row->role, "any");
		strcpy(row->id, id ? id + 1 : rows[i]);
		strcpy(row->service, "SIP");
		strcpy(row->l4, "tcp");
		strcpy(row->ports, "5061");
		strcpy(row->source, "any");
		strcpy(row->destination, "access-edge");
		row->active = 1;
	}
	return s;
}

#define N_OF(list) (sizeof(list) / sizeof((list)[0]))

/* What row `row` decided on a NIC. */
static inline void decide(struct snapshot *s, size_t row, size_t nic, uint64_t packets,
			  uint64_t bytes)
{
	struct stats_cell *cell = &s->cells[row * N_NICS + nic];

	cell->decided = cell->matched = (struct xe_counter){packets, bytes};
}

/*
 * As a reader has it: only rows that have counted have cells of their own, and rows are in common
 * with `rows`, a snapshot that was made so too, or NULL. `from` is used up.
 */
static inline struct snapshot as_read(struct snapshot *from, const struct snapshot *rows)
{
	struct snapshot s = *from;

	s.places = calloc(s.n_rows + 1, sizeof(*s.places));
	s.cells = calloc((s.n_rows + 1) * N_NICS, sizeof(*s.cells));
	assert_true(s.places && s.cells);
	s.n_places = 1;
	for (size_t i = 0; i < s.n_rows; i++) {
		if (!snapshot_row(from, i).decided.packets)
			continue;
		memcpy(&s.cells[s.n_places * N_NICS], &from->cells[i * N_NICS],
		       N_NICS * sizeof(*s.cells));
		s.places[i] = s.n_places++;
	}
	free(from->cells);
	if (rows) {
		free(s.rows);
		snapshot_share_rows(rows, &s);
	} else {
		assert_int_equal(snapshot_open_rows(&s), 0);
	}
	return s;
}

/* A row that only the totals know: nothing but its id and its counts is left. */
static inline void row_gone(struct snapshot *s, size_t row)
{
	struct xe_row *it = &s->rows[row], gone = {0};

	strcpy(gone.id, it->id);
	*it = gone;
}

static inline void miss(struct snapshot *s, enum xe_miss which, size_t nic, uint64_t packets)
{
	s->misses[which * N_NICS + nic] = (struct xe_counter){packets, 100 * packets};
}

/* `nic` N_NICS: of NICs that are gone. */
static inline void drop(struct snapshot *s, enum xe_reason reason, size_t nic, size_t role,
			uint64_t dropped, uint64_t would)
{
	struct xe_verdicts *at = &s->guard.verdicts[nic * 2 + role];

	at->dropped[reason] = (struct xe_counter){dropped, 10 * dropped};
	at->would[reason] = (struct xe_counter){would, 10 * would};
}

#endif
