// SPDX-License-Identifier: GPL-2.0-only
/* A snapshot as CSV. */
#include "stats.h"

#include "../policy/model.h"
#include "csv.h"

static const char *const row_titles[] = {
	"kind",
	"id",
	"role",
	"service",
	"l4",
	"ports",
	"source",
	"destination",
	"active",
	"decided_packets",
	"decided_bytes",
	"matched_packets",
	"matched_bytes",
	"reply_packets",
	"reply_bytes",
	"new",
	"missed_packets",
	"missed_bytes",
	NULL,
};

static const char *const group_titles[] = {
	"kind",		 "name",	   "rows",	   "decided_packets",
	"decided_bytes", "missed_packets", "missed_bytes", NULL,
};

static void counter_cells(struct csv_writer *csv, const struct xe_counter *counter)
{
	csv_count(csv, counter->packets);
	csv_count(csv, counter->bytes);
}

static void line_begin(struct csv_writer *csv, double at, const char *kind)
{
	char text[32];

	if (at >= 0) {
		snprintf(text, sizeof(text), "%.3f", at);
		csv_text(csv, text);
	}
	csv_text(csv, kind);
}

static void row_line(struct csv_writer *csv, const struct xe_row *row,
		     const struct stats_cell *cell)
{
	csv_text(csv, row->id);
	csv_text(csv, row->role);
	csv_text(csv, stats_service(row));
	csv_text(csv, row->l4);
	csv_text(csv, row->ports);
	csv_text(csv, row->source);
	csv_text(csv, row->destination);
	csv_text(csv, row->active ? "yes" : "no");
	counter_cells(csv, &cell->decided);
	counter_cells(csv, &cell->matched);
	counter_cells(csv, &cell->reply);
	csv_count(csv, cell->new_flows);
	csv_count(csv, 0);
	csv_count(csv, 0);
	csv_line_end(csv);
}

static void rows_csv(const struct snapshot *snapshot, const struct stats_view *view, double at,
		     struct csv_writer *csv)
{
	for (size_t i = 0; i < snapshot->n_rows; i++) {
		struct stats_cell cell = snapshot_row(snapshot, i);

		if (view->nonzero && !cell.matched.packets && !cell.decided.packets)
			continue;
		line_begin(csv, at, "row");
		row_line(csv, &snapshot->rows[i], &cell);
	}
}

static int groups_csv(const struct snapshot *snapshot, const struct stats_view *view, double at,
		      struct csv_writer *csv)
{
	struct stats_groups groups;
	int err = stats_groups(snapshot, view->by, &groups);

	if (err)
		return err;
	for (size_t i = 0; i < groups.n; i++) {
		const struct stats_group *group = &groups.v[i];

		if (view->nonzero && !group->decided.packets && !group->missed.packets)
			continue;
		line_begin(csv, at, stats_by_text(view->by));
		csv_text(csv, group->name);
		csv_count(csv, group->rows);
		counter_cells(csv, &group->decided);
		counter_cells(csv, &group->missed);
		csv_line_end(csv);
	}
	stats_groups_free(&groups);
	return 0;
}

/* Misses have no row: the cells between are empty, or 0 where a count stands. */
static void misses_csv(const struct snapshot *snapshot, const struct stats_view *view, double at,
		       struct csv_writer *csv)
{
	for (int miss = 0; miss < XE_MISS_COUNT; miss++) {
		struct xe_counter counter = snapshot_miss(snapshot, miss);

		if (view->nonzero && !counter.packets)
			continue;
		line_begin(csv, at, "miss");
		csv_text(csv, miss_text(miss));
		for (int i = 0; view->by == BY_ROW && i < 7; i++)
			csv_text(csv, "");
		for (int i = 0; i < (view->by == BY_ROW ? 7 : 3); i++)
			csv_count(csv, 0);
		counter_cells(csv, &counter);
		csv_line_end(csv);
	}
}

int stats_csv(const struct snapshot *snapshot, const struct stats_view *view, bool titles,
	      double at, FILE *out)
{
	struct csv_writer csv = {.out = out};
	int err = 0;

	if (titles) {
		if (at >= 0)
			csv_text(&csv, "seconds");
		csv_titles(&csv, view->by == BY_ROW ? row_titles : group_titles);
	}
	if (view->by == BY_ROW)
		rows_csv(snapshot, view, at, &csv);
	else
		err = groups_csv(snapshot, view, at, &csv);
	if (view->by != BY_INTERFACE)
		misses_csv(snapshot, view, at, &csv);
	return err;
}
