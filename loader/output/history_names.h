/* SPDX-License-Identifier: GPL-2.0-only */
/* All that a history has series of, in one snapshot; and how names are told apart. */
#ifndef XE_OUTPUT_HISTORY_NAMES_H
#define XE_OUTPUT_HISTORY_NAMES_H

#include "history.h"

/* A kind before the name. */
#define SERIES_KEY_MAX (1 + XE_TEXT_MAX)
/* What tells a kind and name from all others, for intern.h. Returns its length. */
size_t series_key(enum series_kind kind, const char *name, char key[SERIES_KEY_MAX]);

/* Not 0 ends the visit. */
struct name_visitor {
	/* All that a name has counted so far; what of it is new goes to *more. */
	int (*counted)(void *arg, enum series_kind kind, const char *name,
		       struct xe_counter counter, struct xe_counter *more);
	/* What is new of a role, service or document that has anything new: of the rows that are in
	 * it now. */
	int (*added)(void *arg, enum series_kind kind, const char *name, struct xe_counter more);
	void *arg;
};

/* What rows had decided in a reading. Zeros: there was none. */
struct rows_mark {
	struct snapshot rows; /* only the rows */
	size_t n_places, n_interfaces;
	struct xe_counter *decided; /* [place * n_interfaces + interface] */
	size_t room;
};

/*
 * Remember it of a reading that shares its rows: those that follow and have the same rows need not
 * look at what has not changed. Of another: nothing, as if without memory.
 */
void rows_mark_set(struct rows_mark *mark, const struct snapshot *snapshot);
void rows_mark_free(struct rows_mark *mark);
/* Whether a reading has the rows of the mark, and the interfaces. */
bool rows_mark_fits(const struct rows_mark *mark, const struct snapshot *snapshot);

/*
 * Visit every name of the kinds in the mask, but rows that have counted nothing since `mark`, if it
 * fits; kind by kind, each in the order of the snapshot. Where it has roles, services or documents,
 * or what rows are on an interface, rows are visited too, whether it has them or not: a reload may
 * move a row from one group to another, with all that it has ever counted. 0, -ENOMEM or what the
 * visitor ended with.
 */
int history_names(const struct snapshot *snapshot, unsigned kinds, const struct rows_mark *mark,
		  const struct name_visitor *visitor);

#endif
