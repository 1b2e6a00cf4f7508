// SPDX-License-Identifier: GPL-2.0-only
/*
 * A snapshot as tables for people: rows or groups, misses, total; with rates if there is an
 * earlier one. Figures and rates are those of lines.h, as in `top`.
 */
#include "stats.h"

#include <errno.h>
#include <inttypes.h>

#include "lines.h"
#include "table.h"

#define WITH_RATES(view) ((view)->before != NULL)

/* Columns are listed with the two of rates last; without rates these are left out. */
#define RATE_COLUMNS                        \
	{"PKT/S", ALIGN_RIGHT, false},      \
	{                                   \
		"BIT/S", ALIGN_RIGHT, false \
	}

#define ROW_COLUMNS                                                                            \
	{"ROW", ALIGN_LEFT, false}, {"ROLE", ALIGN_LEFT, true}, {"SERVICE", ALIGN_LEFT, true}, \
		{"L4", ALIGN_LEFT, false}, {"PORTS", ALIGN_LEFT, true},                        \
		{"DECIDED", ALIGN_RIGHT, false}, {"BYTES", ALIGN_RIGHT, false},                \
		{"MATCHED", ALIGN_RIGHT, false}, {"REPLY", ALIGN_RIGHT, false},                \
	{                                                                                      \
		"NEW", ALIGN_RIGHT, false                                                      \
	}

static const struct column row_columns[] = {
	ROW_COLUMNS,
	RATE_COLUMNS,
};

/* With payload classes. */
static const struct column payload_columns[] = {
	ROW_COLUMNS,
	{"CONFORMING", ALIGN_RIGHT, false},
	{"OTHER", ALIGN_RIGHT, false},
	RATE_COLUMNS,
};

static const struct column group_columns[] = {
	{"NAME", ALIGN_LEFT, true},
	{"ROWS", ALIGN_RIGHT, false},
	{"DECIDED", ALIGN_RIGHT, false},
	{"BYTES", ALIGN_RIGHT, false},
	RATE_COLUMNS,
};

static const struct column interface_columns[] = {
	{"INTERFACE", ALIGN_LEFT, false},
	{"MODE", ALIGN_LEFT, false},
	{"DECIDED", ALIGN_RIGHT, false},
	{"MISSED", ALIGN_RIGHT, false},
	{"PACKETS", ALIGN_RIGHT, false},
	{"BYTES", ALIGN_RIGHT, false},
	RATE_COLUMNS,
};

static const struct column miss_columns[] = {
	{"MISS", ALIGN_LEFT, false},
	{"PACKETS", ALIGN_RIGHT, false},
	{"BYTES", ALIGN_RIGHT, false},
	RATE_COLUMNS,
};

#define TABLE_NEW(columns, view) \
	table_new(columns, sizeof(columns) / sizeof(columns[0]) - (WITH_RATES(view) ? 0 : 2))

const char *stats_rate_text(double rate, char *buf, size_t size)
{
	static const char *const units[] = {"", "k", "M", "G", "T"};
	size_t unit = 0;

	/* not 1000: that would be a column more */
	while (rate >= 999.95 && unit < 4) {
		rate /= 1000;
		unit++;
	}
	snprintf(buf, size, unit ? "%.2f%s" : "%.1f%s", rate, units[unit]);
	return buf;
}

static void rate_cells(struct text_table *table, const struct line *line,
		       const struct stats_view *view)
{
	char text[32];

	if (!WITH_RATES(view))
		return;
	stats_rate_text(line->rate[FIGURE_PACKETS], text, sizeof(text));
	table_cell(table, text);
	stats_rate_text(8 * line->rate[FIGURE_BYTES], text, sizeof(text));
	table_cell(table, text);
}

/* Nothing where no protocol is known to look for. */
static void payload_cells(struct text_table *table, const struct xe_row *row,
			  const struct xe_conformity *payload)
{
	if (row->payload == XE_PAYLOAD_NONE && !payload->conforming && !payload->other) {
		table_cell(table, "");
		table_cell(table, "");
		return;
	}
	table_count(table, payload->conforming);
	table_count(table, payload->other);
}

static void row_cells(struct text_table *table, const struct line *line)
{
	const struct xe_row *row = line->row;

	table_style(table, row->active ? STYLE_PLAIN : STYLE_DIM);
	table_cell(table, row->id);
	table_cell(table, row->role);
	table_cell(table, stats_service(row));
	table_cell(table, row->l4);
	table_cell(table, row->ports);
	table_count(table, line->count[FIGURE_PACKETS]);
	table_count(table, line->count[FIGURE_BYTES]);
	table_count(table, line->count[FIGURE_MATCHED]);
	table_count(table, line->count[FIGURE_REPLY]);
	table_count(table, line->count[FIGURE_NEW]);
}

static struct text_table *rows_table(const struct snapshot *snapshot, const struct lines *lines,
				     const struct stats_view *view)
{
	bool payloads = snapshot->guard.features & XE_FEATURE_PAYLOAD;
	struct text_table *table =
		payloads ? TABLE_NEW(payload_columns, view) : TABLE_NEW(row_columns, view);

	for (size_t i = 0; table && i < lines->n; i++) {
		const struct line *line = &lines->v[i];

		if (line->kind != SERIES_ROW)
			continue;
		if (view->nonzero && !line->count[FIGURE_MATCHED] && !line->count[FIGURE_PACKETS])
			continue;
		row_cells(table, line);
		if (payloads) {
			struct stats_cell cell = snapshot_row(snapshot, line->row - snapshot->rows);

			payload_cells(table, line->row, &cell.payload);
		}
		rate_cells(table, line, view);
	}
	return table;
}

static struct text_table *groups_table(const struct lines *lines, const struct stats_view *view)
{
	struct text_table *table = TABLE_NEW(group_columns, view);

	for (size_t i = 0; table && i < lines->n; i++) {
		const struct line *line = &lines->v[i];

		/* misses belong to no group; what was dropped for a role without rows stands below
		 */
		if (!line->rows || (view->nonzero && !line->count[FIGURE_PACKETS]))
			continue;
		table_cell(table, line->name);
		table_count(table, line->rows);
		table_count(table, line->count[FIGURE_PACKETS]);
		table_count(table, line->count[FIGURE_BYTES]);
		rate_cells(table, line, view);
	}
	return table;
}

/* Lines of interfaces stand as in the snapshot. */
static struct text_table *interfaces_table(const struct snapshot *snapshot,
					   const struct lines *lines, const struct stats_view *view)
{
	struct text_table *table = TABLE_NEW(interface_columns, view);

	for (size_t i = 0; table && i < snapshot->n_interfaces; i++) {
		const struct line *line = &lines->v[i];
		uint64_t packets = line->count[FIGURE_PACKETS];

		if (view->nonzero && !packets)
			continue;
		table_cell(table, line->name);
		table_cell(table, interface_mode_text(&snapshot->interfaces[i]));
		table_count(table, packets - line->count[FIGURE_MISSED]);
		table_count(table, line->count[FIGURE_MISSED]);
		table_count(table, packets);
		table_count(table, line->count[FIGURE_BYTES]);
		rate_cells(table, line, view);
	}
	return table;
}

static struct text_table *misses_table(const struct lines *lines, const struct stats_view *view)
{
	struct text_table *table = TABLE_NEW(miss_columns, view);

	for (size_t i = 0; table && i < lines->n; i++) {
		const struct line *line = &lines->v[i];
		uint64_t packets = line->count[FIGURE_PACKETS];

		if (line->kind != SERIES_MISS || (view->nonzero && !packets))
			continue;
		table_style(table, packets ? STYLE_WARN : STYLE_PLAIN);
		table_cell(table, line->name);
		table_count(table, packets);
		table_count(table, line->count[FIGURE_BYTES]);
		rate_cells(table, line, view);
	}
	return table;
}

static void print_total(const struct snapshot *snapshot, const struct line *total,
			const struct stats_view *view, FILE *out)
{
	fprintf(out, "total %" PRIu64 " packets, %" PRIu64 " bytes", total->count[FIGURE_PACKETS],
		total->count[FIGURE_BYTES]);
	if (WITH_RATES(view)) {
		char packets[32], bits[32];

		stats_rate_text(total->rate[FIGURE_PACKETS], packets, sizeof(packets));
		stats_rate_text(8 * total->rate[FIGURE_BYTES], bits, sizeof(bits));
		fprintf(out, ", %s packets/s, %s bits/s", packets, bits);
	}
	fprintf(out, "; generation %u\n", snapshot->generation);
}

/* The lines of `--by`, against the reading before if there is one. 0 or -ENOMEM. */
static int build_lines(const struct snapshot *snapshot, const struct stats_view *view,
		       struct lines *lines)
{
	struct lines_request request = {0};

	lines_parse(stats_by_text(view->by), &request.of); /* they have the same names */
	return lines_build(&request, snapshot, view->before, NULL, lines);
}

int stats_table(const struct snapshot *snapshot, const struct stats_view *view, FILE *out,
		unsigned width, bool colour)
{
	struct text_table *table, *misses = NULL;
	char lost[STATS_LOST_MAX];
	struct lines lines = {0};
	int err = build_lines(snapshot, view, &lines);

	if (err)
		return err;
	err = -ENOMEM;
	table = view->by == BY_ROW	   ? rows_table(snapshot, &lines, view)
		: view->by == BY_INTERFACE ? interfaces_table(snapshot, &lines, view)
					   : groups_table(&lines, view);
	if (!table)
		goto out;
	if (view->by != BY_INTERFACE) {
		misses = misses_table(&lines, view);
		if (!misses)
			goto out;
	}
	err = table_print(table, out, width, colour);
	if (!err && misses && table_rows(misses)) {
		putc('\n', out);
		err = table_print(misses, out, width, colour);
	}
	if (!err)
		err = stats_verdicts_table(snapshot, view, out, width, colour);
	if (!err) {
		if (stats_lost_text(snapshot, lost))
			fprintf(out, "\n%s\n", lost);
		putc('\n', out);
		print_total(snapshot, &lines.total, view, out);
	}
out:
	table_free(misses);
	table_free(table);
	lines_free(&lines);
	return err;
}
