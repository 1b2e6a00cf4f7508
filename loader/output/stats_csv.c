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
	"conforming",
	"other",
	"verdict_packets",
	"verdict_bytes",
	NULL,
};

static const char *const group_titles[] = {
	"kind",		 "name",
	"rows",		 "decided_packets",
	"decided_bytes", "missed_packets",
	"missed_bytes",	 "verdict_packets",
	"verdict_bytes", NULL,
};

static void counter_cells(struct csv_writer *csv, const struct xe_counter *counter)
{
	csv_count(csv, counter->packets);
	csv_count(csv, counter->bytes);
}

static void zeros(struct csv_writer *csv, int n)
{
	for (int i = 0; i < n; i++)
		csv_count(csv, 0);
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
	zeros(csv, 2);
	csv_count(csv, cell->payload.conforming);
	csv_count(csv, cell->payload.other);
	zeros(csv, 2);
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
		zeros(csv, 2);
		csv_line_end(csv);
	}
	stats_groups_free(&groups);
	return 0;
}

/*
 * What is no row begins so: the cells between its name and the counts are empty, or 0 where a count
 * stands.
 */
static void other_line(struct csv_writer *csv, const struct stats_view *view, double at,
		       const char *kind, const char *name)
{
	line_begin(csv, at, kind);
	csv_text(csv, name);
	for (int i = 0; view->by == BY_ROW && i < 7; i++)
		csv_text(csv, "");
	zeros(csv, view->by == BY_ROW ? 7 : 3);
}

static void misses_csv(const struct snapshot *snapshot, const struct stats_view *view, double at,
		       struct csv_writer *csv)
{
	for (int miss = 0; miss < XE_MISS_COUNT; miss++) {
		struct xe_counter counter = snapshot_miss(snapshot, miss);

		if (view->nonzero && !counter.packets)
			continue;
		other_line(csv, view, at, "miss", miss_text(miss));
		counter_cells(csv, &counter);
		zeros(csv, view->by == BY_ROW ? 4 : 2);
		csv_line_end(csv);
	}
}

static void verdict_line(struct csv_writer *csv, const struct stats_view *view, double at,
			 const char *kind, const char *name, struct xe_counter counter)
{
	if (!counter.packets)
		return;
	other_line(csv, view, at, kind, name);
	zeros(csv, view->by == BY_ROW ? 4 : 2);
	counter_cells(csv, &counter);
	csv_line_end(csv);
}

/* Drops by reason, and by role or interface if the rest is. */
static void drops_csv(const struct snapshot *snapshot, const struct stats_view *view, double at,
		      struct csv_writer *csv, const char *kind,
		      struct xe_counter (*sum)(const struct snapshot *, int, int, enum xe_reason))
{
	size_t parts = view->by == BY_ROLE	  ? snapshot->guard.n_roles
		       : view->by == BY_INTERFACE ? snapshot->n_interfaces + 1
						  : 1;

	for (int reason = 0; reason < XE_REASON_COUNT; reason++) {
		for (size_t i = 0; i < parts; i++) {
			char name[192];

			if (view->by == BY_ROLE)
				snprintf(name, sizeof(name), "%s %s", reason_text(reason),
					 snapshot_role(snapshot, i));
			else if (view->by == BY_INTERFACE)
				snprintf(name, sizeof(name), "%s %s", reason_text(reason),
					 snapshot_interface(snapshot, i));
			else
				snprintf(name, sizeof(name), "%s", reason_text(reason));
			verdict_line(csv, view, at, kind, name,
				     sum(snapshot, view->by == BY_INTERFACE ? (int)i : -1,
					 view->by == BY_ROLE ? (int)i : -1, reason));
		}
	}
}

static void verdicts_csv(const struct snapshot *snapshot, const struct stats_view *view, double at,
			 struct csv_writer *csv)
{
	drops_csv(snapshot, view, at, csv, "dropped", snapshot_dropped);
	drops_csv(snapshot, view, at, csv, "would-drop", snapshot_would_drop);
	for (int exempt = 0; exempt < XE_EXEMPT_COUNT; exempt++)
		verdict_line(csv, view, at, "exempt", exempt_text(exempt),
			     snapshot_exempt(snapshot, -1, exempt));
	for (int event = 0; event < XE_EVENT_COUNT; event++)
		verdict_line(csv, view, at, "event", event_text(event),
			     (struct xe_counter){.packets = snapshot_event(snapshot, -1, event)});
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
	verdicts_csv(snapshot, view, at, &csv);
	return err;
}
