// SPDX-License-Identifier: GPL-2.0-only
/* All that a history has series of, in one snapshot; and how names are told apart. */
#include "history_names.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../policy/intern.h"
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

const char *series_part(const char *interface, const char *name, char buf[XE_TEXT_MAX])
{
	size_t first = strnlen(interface, XE_IFNAME_MAX - 1);
	size_t rest = strnlen(name, XE_ROW_ID_MAX - 1);

	_Static_assert(XE_IFNAME_MAX + XE_ROW_ID_MAX <= XE_TEXT_MAX, "both have room");
	memcpy(buf, interface, first);
	buf[first] = '/';
	memcpy(buf + first + 1, name, rest);
	buf[first + 1 + rest] = '\0';
	return buf;
}

/* --- what has changed ------------------------------------------------------------------------ */

void rows_mark_free(struct rows_mark *mark)
{
	snapshot_free(&mark->rows);
	free(mark->decided);
	*mark = (struct rows_mark){0};
}

bool rows_mark_fits(const struct rows_mark *mark, const struct snapshot *snapshot)
{
	return mark->rows.rows && mark->rows.rows == snapshot->rows &&
	       mark->n_interfaces == snapshot->n_interfaces;
}

void rows_mark_set(struct rows_mark *mark, const struct snapshot *snapshot)
{
	size_t n = snapshot->n_places * snapshot->n_interfaces;

	if (!rows_mark_fits(mark, snapshot)) {
		rows_mark_free(mark);
		if (!snapshot->rows_users || !snapshot->places)
			return;
		snapshot_share_rows(snapshot, &mark->rows);
		mark->n_interfaces = snapshot->n_interfaces;
	}
	if (n > mark->room) {
		struct xe_counter *decided = reallocarray(mark->decided, n, sizeof(*decided));

		if (!decided) {
			rows_mark_free(mark);
			return;
		}
		mark->decided = decided;
		mark->room = n;
	}
	mark->n_places = snapshot->n_places;
	for (size_t i = 0; i < n; i++)
		mark->decided[i] = snapshot->cells[i].decided;
}

/* Whether a row has decided anything since a mark that fits. */
static bool has_changed(const struct rows_mark *mark, const struct snapshot *snapshot, size_t row)
{
	size_t n = snapshot->n_interfaces, place = snapshot->places[row];
	const struct stats_cell *cells = snapshot_cells(snapshot, row);
	const struct xe_counter *past = mark->decided + place * n;

	if (place >= mark->n_places)
		return true;
	for (size_t i = 0; i < n; i++)
		if (cells[i].decided.packets != past[i].packets ||
		    cells[i].decided.bytes != past[i].bytes)
			return true;
	return false;
}

/* --- visits ---------------------------------------------------------------------------------- */

/* Each returns as history_names() does. */

static int visit(const struct name_visitor *visitor, enum series_kind kind, const char *name,
		 struct xe_counter counter)
{
	struct xe_counter more;

	return visitor->counted(visitor->arg, kind, name, counter, &more);
}

/* Rows that may have anything new, and what that is. */
struct news {
	struct row_news {
		size_t row;
		struct xe_counter more;
	} * v;
	size_t n;
};

/* What is new of the groups that these rows are in. */
static int visit_groups(const struct snapshot *snapshot, const struct news *news,
			const struct name_visitor *visitor, enum series_kind kind, enum stats_by by)
{
	struct xe_counter *sums = calloc(news->n + 1, sizeof(*sums));
	struct intern names = {0};
	int err = sums ? 0 : -ENOMEM;

	for (size_t i = 0; !err && i < news->n; i++) {
		char name[XE_TEXT_MAX];
		long at;

		stats_group_name(&snapshot->rows[news->v[i].row], by, name);
		at = intern_add(&names, name, strlen(name) + 1, NULL);
		if (at < 0)
			err = -ENOMEM;
		else
			counter_add(&sums[at], &news->v[i].more);
	}
	for (size_t i = 0; !err && i < names.n; i++)
		err = visitor->added(visitor->arg, kind, intern_key(&names, i, NULL), sums[i]);
	intern_free(&names);
	free(sums);
	return err;
}

static int visit_parts(const struct snapshot *snapshot, const struct name_visitor *visitor,
		       size_t row)
{
	const struct stats_cell *cells = snapshot_cells(snapshot, row);
	int err = 0;

	for (size_t i = 0; !err && i < snapshot->n_interfaces; i++) {
		char name[XE_TEXT_MAX];

		if (cells[i].decided.packets)
			err = visit(visitor, SERIES_PART,
				    series_part(snapshot->interfaces[i].name,
						snapshot->rows[row].id, name),
				    cells[i].decided);
	}
	return err;
}

/* And the groups that the mask of kinds has: of what is new of each row. */
static int visit_rows(const struct snapshot *snapshot, unsigned kinds, const struct rows_mark *mark,
		      const struct name_visitor *visitor)
{
	struct news news = {.v = calloc(snapshot->n_rows + 1, sizeof(*news.v))};
	bool fits = rows_mark_fits(mark, snapshot);
	int err = news.v ? 0 : -ENOMEM;

	for (size_t i = 0; !err && i < snapshot->n_rows; i++)
		if (snapshot_has_counted(snapshot, i) && (!fits || has_changed(mark, snapshot, i)))
			news.v[news.n++].row = i;
	for (size_t i = 0; !err && i < news.n; i++) {
		struct row_news *row = &news.v[i];

		err = visitor->counted(visitor->arg, SERIES_ROW, snapshot->rows[row->row].id,
				       snapshot_row(snapshot, row->row).decided, &row->more);
	}
	for (size_t i = 0; !err && kinds & SERIES(SERIES_PART) && i < news.n; i++)
		err = visit_parts(snapshot, visitor, news.v[i].row);
	if (!err && kinds & SERIES(SERIES_ROLE))
		err = visit_groups(snapshot, &news, visitor, SERIES_ROLE, BY_ROLE);
	if (!err && kinds & SERIES(SERIES_SERVICE))
		err = visit_groups(snapshot, &news, visitor, SERIES_SERVICE, BY_SERVICE);
	if (!err && kinds & SERIES(SERIES_DOCUMENT))
		err = visit_groups(snapshot, &news, visitor, SERIES_DOCUMENT, BY_DOCUMENT);
	free(news.v);
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

static int visit_miss_parts(const struct snapshot *snapshot, const struct name_visitor *visitor)
{
	const size_t n = snapshot->n_interfaces;
	int err = 0;

	for (size_t i = 0; !err && i < XE_MISS_COUNT * n; i++) {
		char name[XE_TEXT_MAX];

		if (snapshot->misses[i].packets)
			err = visit(visitor, SERIES_PART,
				    series_part(snapshot->interfaces[i % n].name, miss_text(i / n),
						name),
				    snapshot->misses[i]);
	}
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

int history_names(const struct snapshot *snapshot, unsigned kinds, const struct rows_mark *mark,
		  const struct name_visitor *visitor)
{
	int err = 0;

	if (kinds & SERIES(SERIES_TOTAL))
		err = visit_totals(snapshot, visitor);
	if (!err && kinds & (SERIES(SERIES_ROW) | SERIES(SERIES_PART) | GROUPS))
		err = visit_rows(snapshot, kinds, mark, visitor);
	if (!err && kinds & SERIES(SERIES_INTERFACE))
		err = visit_interfaces(snapshot, visitor);
	if (!err && kinds & SERIES(SERIES_MISS))
		err = visit_misses(snapshot, visitor);
	if (!err && kinds & SERIES(SERIES_PART))
		err = visit_miss_parts(snapshot, visitor);
	if (!err && kinds & SERIES(SERIES_DROPPED))
		err = visit_drops(snapshot, visitor, SERIES_DROPPED, NULL, snapshot_dropped);
	if (!err && kinds & SERIES(SERIES_WOULD_DROP))
		err = visit_drops(snapshot, visitor, SERIES_WOULD_DROP, NULL, snapshot_would_drop);
	return err;
}
