// SPDX-License-Identifier: GPL-2.0-only
/*
 * A snapshot as tables for people: rows or groups, misses, total; with rates if there is an
 * earlier one.
 */
#include "stats.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "../policy/model.h"
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

static void rate_cells(struct text_table *table, const struct snapshot *snapshot,
		       const struct stats_view *view, struct xe_counter now,
		       struct xe_counter before)
{
	double seconds;
	char text[32];

	if (!WITH_RATES(view))
		return;
	seconds = snapshot->taken_at - view->before->taken_at;
	stats_rate_text(stats_rate(now.packets, before.packets, seconds), text, sizeof(text));
	table_cell(table, text);
	stats_rate_text(8 * stats_rate(now.bytes, before.bytes, seconds), text, sizeof(text));
	table_cell(table, text);
}

/*
 * What a row of this id had decided before; a row that is new had nothing. Rows rarely move: row
 * `i` of now is looked for from row `i` of then on.
 */
static struct xe_counter row_before(const struct stats_view *view, const char *id, size_t i)
{
	size_t n = view->before ? view->before->n_rows : 0;

	for (size_t j = 0; j < n; j++) {
		size_t at = (i + j) % n;

		if (strcmp(view->before->rows[at].id, id) == 0)
			return snapshot_row(view->before, at).decided;
	}
	return (struct xe_counter){};
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

static struct text_table *rows_table(const struct snapshot *snapshot, const struct stats_view *view)
{
	bool payloads = snapshot->guard.features & XE_FEATURE_PAYLOAD;
	struct text_table *table =
		payloads ? TABLE_NEW(payload_columns, view) : TABLE_NEW(row_columns, view);

	for (size_t i = 0; table && i < snapshot->n_rows; i++) {
		const struct xe_row *row = &snapshot->rows[i];
		struct stats_cell cell = snapshot_row(snapshot, i);

		if (view->nonzero && !cell.matched.packets && !cell.decided.packets)
			continue;
		table_style(table, row->active ? STYLE_PLAIN : STYLE_DIM);
		table_cell(table, row->id);
		table_cell(table, row->role);
		table_cell(table, stats_service(row));
		table_cell(table, row->l4);
		table_cell(table, row->ports);
		table_count(table, cell.decided.packets);
		table_count(table, cell.decided.bytes);
		table_count(table, cell.matched.packets);
		table_count(table, cell.reply.packets);
		table_count(table, cell.new_flows);
		if (payloads)
			payload_cells(table, row, &cell.payload);
		rate_cells(table, snapshot, view, cell.decided, row_before(view, row->id, i));
	}
	return table;
}

static struct xe_counter group_sum(const struct stats_group *group)
{
	return (struct xe_counter){
		.packets = group->decided.packets + group->missed.packets,
		.bytes = group->decided.bytes + group->missed.bytes,
	};
}

static struct xe_counter group_before(const struct stats_groups *before, const char *name)
{
	for (size_t i = 0; i < before->n; i++)
		if (strcmp(before->v[i].name, name) == 0)
			return group_sum(&before->v[i]);
	return (struct xe_counter){};
}

static struct text_table *groups_table(const struct snapshot *snapshot,
				       const struct stats_view *view)
{
	struct stats_groups groups, before = {};
	struct text_table *table = NULL;
	bool interfaces = view->by == BY_INTERFACE;

	if (stats_groups(snapshot, view->by, &groups))
		return NULL;
	if (view->before && stats_groups(view->before, view->by, &before))
		goto out;
	table = interfaces ? TABLE_NEW(interface_columns, view) : TABLE_NEW(group_columns, view);
	for (size_t i = 0; table && i < groups.n; i++) {
		const struct stats_group *group = &groups.v[i];
		struct xe_counter sum = group_sum(group);

		if (view->nonzero && !sum.packets)
			continue;
		table_cell(table, group->name);
		if (interfaces) {
			table_cell(table, interface_mode_text(&snapshot->interfaces[i]));
			table_count(table, group->decided.packets);
			table_count(table, group->missed.packets);
		} else {
			table_count(table, group->rows);
		}
		table_count(table, sum.packets);
		table_count(table, sum.bytes);
		rate_cells(table, snapshot, view, sum, group_before(&before, group->name));
	}
out:
	stats_groups_free(&before);
	stats_groups_free(&groups);
	return table;
}

static struct text_table *misses_table(const struct snapshot *snapshot,
				       const struct stats_view *view)
{
	struct text_table *table = TABLE_NEW(miss_columns, view);
	struct xe_counter before = {};

	for (int miss = 0; table && miss < XE_MISS_COUNT; miss++) {
		struct xe_counter counter = snapshot_miss(snapshot, miss);

		if (view->nonzero && !counter.packets)
			continue;
		table_style(table, counter.packets ? STYLE_WARN : STYLE_PLAIN);
		table_cell(table, miss_text(miss));
		table_count(table, counter.packets);
		table_count(table, counter.bytes);
		if (view->before)
			before = snapshot_miss(view->before, miss);
		rate_cells(table, snapshot, view, counter, before);
	}
	return table;
}

static void print_total(const struct snapshot *snapshot, const struct stats_view *view, FILE *out)
{
	struct xe_counter total = snapshot_total(snapshot, -1);

	fprintf(out, "total %" PRIu64 " packets, %" PRIu64 " bytes", (uint64_t)total.packets,
		(uint64_t)total.bytes);
	if (WITH_RATES(view)) {
		struct xe_counter before = snapshot_total(view->before, -1);
		double seconds = snapshot->taken_at - view->before->taken_at;
		char packets[32], bits[32];

		stats_rate_text(stats_rate(total.packets, before.packets, seconds), packets,
			  sizeof(packets));
		stats_rate_text(8 * stats_rate(total.bytes, before.bytes, seconds), bits, sizeof(bits));
		fprintf(out, ", %s packets/s, %s bits/s", packets, bits);
	}
	fprintf(out, "; generation %u\n", snapshot->generation);
}

int stats_table(const struct snapshot *snapshot, const struct stats_view *view, FILE *out,
		unsigned width, bool colour)
{
	struct text_table *lines, *misses = NULL;
	int err = -ENOMEM;

	lines = view->by == BY_ROW ? rows_table(snapshot, view) : groups_table(snapshot, view);
	if (!lines)
		return -ENOMEM;
	if (view->by != BY_INTERFACE) {
		misses = misses_table(snapshot, view);
		if (!misses)
			goto out;
	}
	err = table_print(lines, out, width, colour);
	if (!err && misses && table_rows(misses)) {
		putc('\n', out);
		err = table_print(misses, out, width, colour);
	}
	if (!err)
		err = stats_verdicts_table(snapshot, view, out, width, colour);
	if (!err) {
		putc('\n', out);
		print_total(snapshot, view, out);
	}
out:
	table_free(misses);
	table_free(lines);
	return err;
}
