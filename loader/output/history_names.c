// SPDX-License-Identifier: GPL-2.0-only
/* All that a history has series of, in one snapshot; and how names are told apart. */
#include "history_names.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../policy/model.h"
#include "stats.h"
#include "tally.h"

#define GROUPS (SERIES(SERIES_ROLE) | SERIES(SERIES_SERVICE) | SERIES(SERIES_DOCUMENT))

size_t series_key(enum series_kind kind, const char *name, char key[SERIES_KEY_MAX])
{
	size_t len = strnlen(name, XE_TEXT_MAX);

	key[0] = (char)kind;
	memcpy(key + 1, name, len);
	return 1 + len;
}

/* Each returns as history_names() does. */

static int visit(const struct name_visitor *visitor, enum series_kind kind, const char *name,
		 struct xe_counter counter)
{
	struct xe_counter more;

	return visitor->counted(visitor->arg, kind, name, counter, &more);
}

static int visit_groups(const struct snapshot *snapshot, const struct name_visitor *visitor,
			enum series_kind kind, enum stats_by by)
{
	struct stats_groups groups;
	int err = stats_groups(snapshot, by, &groups);

	if (err)
		return err;
	for (size_t i = 0; !err && i < groups.n; i++)
		err = visitor->added(visitor->arg, kind, groups.v[i].name, groups.v[i].decided);
	stats_groups_free(&groups);
	return err;
}

/* And the groups that the mask has: of what is new of each row. */
static int visit_rows(const struct snapshot *snapshot, unsigned kinds,
		      const struct name_visitor *visitor)
{
	struct snapshot more = *snapshot;
	int err = 0;

	more.n_interfaces = 1;
	more.cells = calloc(snapshot->n_rows + 1, sizeof(*more.cells));
	if (!more.cells)
		return -ENOMEM;
	for (size_t i = 0; !err && i < snapshot->n_rows; i++)
		err = visitor->counted(visitor->arg, SERIES_ROW, snapshot->rows[i].id,
				       snapshot_row(snapshot, i).decided, &more.cells[i].decided);
	if (!err && kinds & SERIES(SERIES_ROLE))
		err = visit_groups(&more, visitor, SERIES_ROLE, BY_ROLE);
	if (!err && kinds & SERIES(SERIES_SERVICE))
		err = visit_groups(&more, visitor, SERIES_SERVICE, BY_SERVICE);
	if (!err && kinds & SERIES(SERIES_DOCUMENT))
		err = visit_groups(&more, visitor, SERIES_DOCUMENT, BY_DOCUMENT);
	free(more.cells);
	return err;
}

static int visit_interfaces(const struct snapshot *snapshot, const struct name_visitor *visitor)
{
	int err = 0;

	for (size_t i = 0; !err && i < snapshot->n_interfaces; i++)
		err = visit(visitor, SERIES_INTERFACE, snapshot->interfaces[i].name,
			    snapshot_total(snapshot, (int)i));
	return err;
}

static int visit_misses(const struct snapshot *snapshot, const struct name_visitor *visitor)
{
	int err = 0;

	for (int miss = 0; !err && miss < XE_MISS_COUNT; miss++)
		err = visit(visitor, SERIES_MISS, miss_text(miss), snapshot_miss(snapshot, miss));
	return err;
}

/* By reason, or, with `total`, their sum by that name. */
static int visit_drops(const struct snapshot *snapshot, const struct name_visitor *visitor,
		       enum series_kind kind, const char *total,
		       struct xe_counter (*dropped)(const struct snapshot *, int, int,
						    enum xe_reason))
{
	struct xe_counter sum = {0};
	int err = 0;

	for (int reason = 0; !err && reason < XE_REASON_COUNT; reason++) {
		struct xe_counter counter = dropped(snapshot, -1, -1, reason);

		counter_add(&sum, &counter);
		if (!total)
			err = visit(visitor, kind, reason_text(reason), counter);
	}
	return total && !err ? visit(visitor, kind, total, sum) : err;
}

static int visit_totals(const struct snapshot *snapshot, const struct name_visitor *visitor)
{
	int err = visit(visitor, SERIES_TOTAL, "total", snapshot_total(snapshot, -1));

	if (!err)
		err = visit_drops(snapshot, visitor, SERIES_TOTAL, "dropped", snapshot_dropped);
	if (!err)
		err = visit_drops(snapshot, visitor, SERIES_TOTAL, "would-drop",
				  snapshot_would_drop);
	return err;
}

int history_names(const struct snapshot *snapshot, unsigned kinds,
		  const struct name_visitor *visitor)
{
	int err = 0;

	if (kinds & SERIES(SERIES_TOTAL))
		err = visit_totals(snapshot, visitor);
	if (!err && kinds & (SERIES(SERIES_ROW) | GROUPS))
		err = visit_rows(snapshot, kinds, visitor);
	if (!err && kinds & SERIES(SERIES_INTERFACE))
		err = visit_interfaces(snapshot, visitor);
	if (!err && kinds & SERIES(SERIES_MISS))
		err = visit_misses(snapshot, visitor);
	if (!err && kinds & SERIES(SERIES_DROPPED))
		err = visit_drops(snapshot, visitor, SERIES_DROPPED, NULL, snapshot_dropped);
	if (!err && kinds & SERIES(SERIES_WOULD_DROP))
		err = visit_drops(snapshot, visitor, SERIES_WOULD_DROP, NULL, snapshot_would_drop);
	return err;
}
