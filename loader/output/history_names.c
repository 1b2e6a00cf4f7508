// SPDX-License-Identifier: GPL-2.0-only
/* All that a history has series of, in one snapshot. */
#include "history_names.h"

#include <errno.h>

#include "../policy/model.h"
#include "stats.h"
#include "tally.h"

/* Each returns as history_names() does. */
static int visit_rows(const struct snapshot *snapshot, name_visit *visit, void *arg)
{
	int err = 0;

	for (size_t i = 0; !err && i < snapshot->n_rows; i++)
		err = visit(arg, SERIES_ROW, snapshot->rows[i].id,
			    snapshot_row(snapshot, i).decided);
	return err;
}

static int visit_groups(const struct snapshot *snapshot, name_visit *visit, void *arg,
			enum series_kind kind, enum stats_by by)
{
	struct stats_groups groups;
	int err = stats_groups(snapshot, by, &groups);

	if (err)
		return err;
	for (size_t i = 0; !err && i < groups.n; i++) {
		struct xe_counter sum = groups.v[i].decided;

		counter_add(&sum, &groups.v[i].missed);
		err = visit(arg, kind, groups.v[i].name, sum);
	}
	stats_groups_free(&groups);
	return err;
}

static int visit_misses(const struct snapshot *snapshot, name_visit *visit, void *arg)
{
	int err = 0;

	for (int miss = 0; !err && miss < XE_MISS_COUNT; miss++)
		err = visit(arg, SERIES_MISS, miss_text(miss), snapshot_miss(snapshot, miss));
	return err;
}

/* By reason, or, with `total`, their sum by that name. */
static int visit_drops(const struct snapshot *snapshot, name_visit *visit, void *arg,
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
			err = visit(arg, kind, reason_text(reason), counter);
	}
	return total && !err ? visit(arg, kind, total, sum) : err;
}

static int visit_totals(const struct snapshot *snapshot, name_visit *visit, void *arg)
{
	int err = visit(arg, SERIES_TOTAL, "total", snapshot_total(snapshot, -1));

	if (!err)
		err = visit_drops(snapshot, visit, arg, SERIES_TOTAL, "dropped", snapshot_dropped);
	if (!err)
		err = visit_drops(snapshot, visit, arg, SERIES_TOTAL, "would-drop",
				  snapshot_would_drop);
	return err;
}

int history_names(const struct snapshot *snapshot, unsigned kinds, name_visit *visit, void *arg)
{
	static const struct {
		enum series_kind kind;
		enum stats_by by;
	} groups[] = {
		{SERIES_ROLE, BY_ROLE},
		{SERIES_SERVICE, BY_SERVICE},
		{SERIES_DOCUMENT, BY_DOCUMENT},
		{SERIES_INTERFACE, BY_INTERFACE},
	};
	int err = 0;

	if (kinds & SERIES(SERIES_TOTAL))
		err = visit_totals(snapshot, visit, arg);
	if (!err && kinds & SERIES(SERIES_ROW))
		err = visit_rows(snapshot, visit, arg);
	for (size_t i = 0; !err && i < sizeof(groups) / sizeof(groups[0]); i++)
		if (kinds & SERIES(groups[i].kind))
			err = visit_groups(snapshot, visit, arg, groups[i].kind, groups[i].by);
	if (!err && kinds & SERIES(SERIES_MISS))
		err = visit_misses(snapshot, visit, arg);
	if (!err && kinds & SERIES(SERIES_DROPPED))
		err = visit_drops(snapshot, visit, arg, SERIES_DROPPED, NULL, snapshot_dropped);
	if (!err && kinds & SERIES(SERIES_WOULD_DROP))
		err = visit_drops(snapshot, visit, arg, SERIES_WOULD_DROP, NULL,
				  snapshot_would_drop);
	return err;
}
