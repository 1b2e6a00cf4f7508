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
	/* What is new of a role, service or document: of the rows that are in it now. */
	int (*added)(void *arg, enum series_kind kind, const char *name, struct xe_counter more);
	void *arg;
};

/*
 * Visit every name of the kinds in the mask; kind by kind, each in the order of the snapshot. Where
 * it has roles, services or documents, rows are visited too, whether it has them or not: a reload
 * may move a row from one group to another, with all that it has ever counted. 0, -ENOMEM or what
 * the visitor ended with.
 */
int history_names(const struct snapshot *snapshot, unsigned kinds,
		  const struct name_visitor *visitor);

#endif
