/* SPDX-License-Identifier: GPL-2.0-only */
/* All that a history has series of, in one snapshot. */
#ifndef XE_OUTPUT_HISTORY_NAMES_H
#define XE_OUTPUT_HISTORY_NAMES_H

#include "history.h"

/* Not 0 ends the visit. */
typedef int name_visit(void *arg, enum series_kind kind, const char *name,
		       struct xe_counter counter);

/*
 * Call `visit` for every name of the kinds in the mask, with what it has counted; kind by kind,
 * each in the order of the snapshot. 0, -ENOMEM or what `visit` ended with.
 */
int history_names(const struct snapshot *snapshot, unsigned kinds, name_visit *visit, void *arg);

#endif
