// SPDX-License-Identifier: GPL-2.0-only
/* The lines of one snapshot, in absolute figures. */
#include "lines_take.h"

#include <stdlib.h>
#include <string.h>

#include "../policy/model.h"
#include "tally.h"

#define HAS(figure)  (1u << (figure))
#define HAS_PACKETS  (HAS(FIGURE_PACKETS) | HAS(FIGURE_BYTES))
#define HAS_SENSES   (HAS(FIGURE_REPLY) | HAS(FIGURE_NEW))
#define HAS_CELL     (HAS_PACKETS | HAS_SENSES | HAS(FIGURE_MATCHED))
#define HAS_VERDICTS (HAS(FIGURE_DROPPED) | HAS(FIGURE_WOULD))

/* Room for n lines. Lack of memory shows in lines->failed. */
static void reserve(struct lines *lines, size_t n)
{
	struct line *v = reallocarray(lines->v, n, sizeof(*v));

	if (!v) {
		lines->failed = true;
		return;
	}
	lines->v = v;
	lines->room = n;
}

/* A new line; if there is no memory for it, one that nobody sees. */
static struct line *add_line(struct lines *lines, enum series_kind kind, const char *name,
			     unsigned has)
{
	struct line *line;

	if (lines->n == lines->room)
		reserve(lines, lines->room ? 2 * lines->room : 64);
	if (lines->n == lines->room)
		return &lines->total;
	line = &lines->v[lines->n++];
	*line = (struct line){.kind = kind, .has = has};
	memcpy(line->name, name, strnlen(name, sizeof(line->name) - 1));
	return line;
}

static void set_packets(struct line *line, struct xe_counter counter)
{
	line->count[FIGURE_PACKETS] = counter.packets;
	line->count[FIGURE_BYTES] = counter.bytes;
}

/* What was dropped, or would be, of one interface and role, for one reason; -1: of all. */
struct drops {
	struct xe_counter dropped, would;
};

static struct drops drops_of(const struct snapshot *snapshot, int interface, int role, int reason)
{
	struct drops sum = {0};

	for (int i = 0; i < XE_REASON_COUNT; i++) {
		struct xe_counter dropped, would;

		if (reason >= 0 && i != reason)
			continue;
		dropped = snapshot_dropped(snapshot, interface, role, i);
		would = snapshot_would_drop(snapshot, interface, role, i);
		counter_add(&sum.dropped, &dropped);
		counter_add(&sum.would, &would);
	}
	return sum;
}

static void set_verdicts(struct line *line, const struct drops *drops)
{
	line->count[FIGURE_DROPPED] = drops->dropped.packets;
	line->count[FIGURE_WOULD] = drops->would.packets;
}

/* A line of drops only: its packets are both. */
static void set_drops(struct line *line, const struct drops *drops)
{
	struct xe_counter both = drops->dropped;

	counter_add(&both, &drops->would);
	set_packets(line, both);
	set_verdicts(line, drops);
}

/* The interface of that name; -1: none. */
static int find_interface(const struct snapshot *snapshot, const char *name)
{
	for (size_t i = 0; i < snapshot->n_interfaces; i++)
		if (!strcmp(snapshot->interfaces[i].name, name))
			return i;
	return -1;
}

static enum stats_by by_of(enum lines_of of)
{
	static const enum stats_by by[LINES_COUNT] = {
		[LINES_ROWS] = BY_ROW,
		[LINES_ROLES] = BY_ROLE,
		[LINES_SERVICES] = BY_SERVICE,
		[LINES_DOCUMENTS] = BY_DOCUMENT,
		[LINES_INTERFACES] = BY_INTERFACE,
	};

	return by[of];
}

/* Misses, of one interface or all. */
static void take_misses(const struct snapshot *snapshot, int interface, struct lines *lines)
{
	for (int miss = 0; miss < XE_MISS_COUNT; miss++)
		set_packets(add_line(lines, SERIES_MISS, miss_text(miss), HAS_PACKETS),
			    interface < 0
				    ? snapshot_miss(snapshot, miss)
				    : snapshot->misses[miss * snapshot->n_interfaces + interface]);
}

/* Whether a row is in the group that the request names. */
static bool in_group(const struct lines_request *request, const struct xe_row *row)
{
	char name[XE_TEXT_MAX];

	stats_group_name(row, by_of(request->within), name);
	return !strcmp(name, request->name);
}

static bool is_grouped(enum lines_of of)
{
	return of == LINES_ROLES || of == LINES_SERVICES || of == LINES_DOCUMENTS;
}

struct rows_source rows_source(const struct lines_request *request, const struct snapshot *snapshot)
{
	struct rows_source from = {
		.snapshot = snapshot,
		/* what rows of a group matched does not add up */
		.adds_up = is_grouped(request->of),
		.interface = -1,
	};

	if (request->name && request->within == LINES_INTERFACES) {
		from.interface = find_interface(snapshot, request->name);
		from.nowhere = from.interface < 0;
	}
	return from;
}

void rows_figures(const struct rows_source *from, size_t row, uint64_t count[FIGURE_COUNT])
{
	const struct stats_cell *cells = snapshot_cells(from->snapshot, row);
	size_t first = 0, end = from->snapshot->n_interfaces;

	memset(count, 0, FIGURE_COUNT * sizeof(*count));
	if (from->nowhere || !snapshot_has_counted(from->snapshot, row))
		return;
	if (from->interface >= 0) {
		first = from->interface;
		end = first + 1;
	}
	for (size_t i = first; i < end; i++) {
		const struct stats_cell *cell = &cells[i];

		count[FIGURE_PACKETS] += cell->decided.packets;
		count[FIGURE_BYTES] += cell->decided.bytes;
		count[FIGURE_MATCHED] += from->adds_up ? 0 : cell->matched.packets;
		count[FIGURE_REPLY] +=
			from->adds_up ? cell->decided_reply.packets : cell->reply.packets;
		count[FIGURE_NEW] += from->adds_up ? cell->decided_new : cell->new_flows;
	}
}

/* Lines of rows: of all of them, or of those of the group that the request names. */
static void take_rows(const struct lines_request *request, const struct rows_source *from,
		      enum take take, unsigned has, struct lines *lines)
{
	const struct snapshot *snapshot = from->snapshot;
	bool in_one = request->name && is_grouped(request->within);

	if (take == TAKE_NO_ROWS || from->nowhere)
		return;
	for (size_t i = 0; i < snapshot->n_rows; i++) {
		struct line *line;

		if (take == TAKE_COUNTED && !snapshot_has_counted(snapshot, i))
			continue;
		if (in_one && !in_group(request, &snapshot->rows[i]))
			continue;
		line = add_line(lines, SERIES_ROW, snapshot->rows[i].id, has);
		line->row = &snapshot->rows[i];
		rows_figures(from, i, line->count);
	}
}

static enum series_kind kind_of(enum lines_of of)
{
	static const enum series_kind kinds[LINES_COUNT] = {
		[LINES_ROWS] = SERIES_ROW,
		[LINES_ROLES] = SERIES_ROLE,
		[LINES_SERVICES] = SERIES_SERVICE,
		[LINES_DOCUMENTS] = SERIES_DOCUMENT,
		[LINES_INTERFACES] = SERIES_INTERFACE,
		[LINES_MISSES] = SERIES_MISS,
		[LINES_DROPS] = SERIES_DROPPED,
	};

	return kinds[of];
}

/* What became of packets by role, of those that have any: to be added to the roles' lines. */
static void take_role_verdicts(const struct snapshot *snapshot, struct lines *lines)
{
	for (size_t role = 0; role < snapshot->guard.n_roles; role++) {
		struct drops drops = drops_of(snapshot, -1, role, -1);

		if (drops.dropped.packets || drops.would.packets)
			set_verdicts(add_line(lines, SERIES_ROLE, snapshot_role(snapshot, role),
					      HAS_PACKETS | HAS_VERDICTS),
				     &drops);
	}
}

static void set_group(struct line *line, const struct stats_group *group)
{
	struct xe_counter sum = group->decided;

	counter_add(&sum, &group->missed);
	set_packets(line, sum);
	line->count[FIGURE_REPLY] = group->decided_reply.packets;
	line->count[FIGURE_NEW] = group->decided_new;
	line->count[FIGURE_MISSED] = group->missed.packets;
}

static void add_figures(struct line *to, const struct line *from)
{
	to->rows += from->rows;
	for (int i = 0; i < FIGURE_COUNT; i++) {
		to->count[i] += from->count[i];
		to->rate[i] += from->rate[i];
	}
}

void lines_group(const struct lines_request *request, struct lines *lines)
{
	struct intern names = {0}; /* of groups: their places, since the misses come last */
	size_t n = 0;

	if (!is_grouped(request->of))
		return;
	for (size_t i = 0; i < lines->n; i++) {
		struct line line = lines->v[i];
		int is_new = true;
		long place = n;

		if (line.kind == SERIES_ROW) {
			stats_group_name(line.row, by_of(request->of), line.name);
			line.kind = kind_of(request->of);
			line.row = NULL;
			line.rows = 1;
		}
		if (line.kind != SERIES_MISS)
			place = intern_add(&names, line.name, strlen(line.name), &is_new);
		if (place < 0)
			lines->failed = true;
		else if (is_new)
			lines->v[n++] = line;
		else
			add_figures(&lines->v[place], &line);
	}
	lines->n = n;
	intern_free(&names);
}

static void take_interfaces(const struct snapshot *snapshot, struct lines *lines)
{
	struct drops gone = drops_of(snapshot, snapshot->n_interfaces, -1, -1);
	struct stats_groups groups;

	if (stats_groups(snapshot, BY_INTERFACE, &groups)) {
		lines->failed = true;
		return;
	}
	for (size_t i = 0; i < groups.n; i++) {
		struct line *line =
			add_line(lines, SERIES_INTERFACE, groups.v[i].name,
				 HAS_PACKETS | HAS_SENSES | HAS(FIGURE_MISSED) | HAS_VERDICTS);
		struct drops drops = drops_of(snapshot, i, -1, -1);

		set_group(line, &groups.v[i]);
		set_verdicts(line, &drops);
	}
	stats_groups_free(&groups);
	if (gone.dropped.packets || gone.would.packets)
		set_verdicts(add_line(lines, SERIES_INTERFACE, INTERFACE_GONE, HAS_VERDICTS),
			     &gone);
}

/* The interfaces of one row, or of one miss. */
static void take_row_interfaces(const struct snapshot *snapshot, const char *id,
				struct lines *lines)
{
	struct rows_source from = {.snapshot = snapshot};
	size_t row = 0;

	while (row < snapshot->n_rows && strcmp(snapshot->rows[row].id, id))
		row++;
	for (size_t i = 0; row < snapshot->n_rows && i < snapshot->n_interfaces; i++) {
		from.interface = (int)i;
		rows_figures(
			&from, row,
			add_line(lines, SERIES_INTERFACE, snapshot->interfaces[i].name, HAS_CELL)
				->count);
	}
}

static void take_miss_interfaces(const struct snapshot *snapshot, const char *name,
				 struct lines *lines)
{
	enum xe_miss miss;

	if (miss_parse(name, &miss))
		return;
	for (size_t i = 0; i < snapshot->n_interfaces; i++)
		set_packets(add_line(lines, SERIES_INTERFACE, snapshot->interfaces[i].name,
				     HAS_PACKETS),
			    snapshot->misses[miss * snapshot->n_interfaces + i]);
}

/* One line of drops: `reason` -1: all. */
static void take_drop(const struct snapshot *snapshot, enum series_kind kind, const char *name,
		      int interface, int role, int reason, struct lines *lines)
{
	struct drops drops = drops_of(snapshot, interface, role, reason);

	set_drops(add_line(lines, kind, name, HAS_PACKETS | HAS_VERDICTS), &drops);
}

static void take_drops(const struct lines_request *request, const struct snapshot *snapshot,
		       struct lines *lines)
{
	enum xe_reason reason;

	if (!request->name)
		for (int i = 0; i < XE_REASON_COUNT; i++)
			take_drop(snapshot, SERIES_DROPPED, reason_text(i), -1, -1, i, lines);
	else if (reason_parse(request->name, &reason))
		return;
	else if (request->of == LINES_INTERFACES)
		for (size_t i = 0; i < snapshot->n_interfaces; i++)
			take_drop(snapshot, SERIES_INTERFACE, snapshot->interfaces[i].name, i, -1,
				  reason, lines);
	else
		for (size_t i = 0; i < snapshot->guard.n_roles; i++)
			take_drop(snapshot, SERIES_ROLE, snapshot_role(snapshot, i), -1, i, reason,
				  lines);
}

static void take_total(const struct snapshot *snapshot, struct lines *lines)
{
	struct line total = {
		.kind = SERIES_TOTAL,
		.name = "total",
		.has = HAS_PACKETS | HAS(FIGURE_MISSED) | HAS_VERDICTS,
	};
	struct drops drops = drops_of(snapshot, -1, -1, -1);

	set_packets(&total, snapshot_total(snapshot, -1));
	set_verdicts(&total, &drops);
	for (int miss = 0; miss < XE_MISS_COUNT; miss++)
		total.count[FIGURE_MISSED] += snapshot_miss(snapshot, miss).packets;
	lines->total = total;
}

/* As before the first line, but for the memory. */
static void reset(struct lines *lines)
{
	intern_free(&lines->names);
	*lines = (struct lines){.v = lines->v, .room = lines->room};
}

void lines_take(const struct lines_request *request, const struct snapshot *snapshot,
		enum take take, struct lines *lines)
{
	bool within_drops = request->name && request->within == LINES_DROPS;
	struct rows_source from;

	reset(lines);
	if (!snapshot)
		return;
	from = rows_source(request, snapshot);
	if (request->of == LINES_DROPS || within_drops) {
		take_drops(request, snapshot, lines);
	} else if (request->of == LINES_ROWS) {
		take_rows(request, &from, take, HAS_CELL, lines);
		if (!from.nowhere && !(request->name && is_grouped(request->within)))
			take_misses(snapshot, from.interface, lines);
	} else if (request->of == LINES_MISSES) {
		take_misses(snapshot, -1, lines);
	} else if (request->of == LINES_INTERFACES && request->name) {
		request->within == LINES_ROWS
			? take_row_interfaces(snapshot, request->name, lines)
			: take_miss_interfaces(snapshot, request->name, lines);
	} else if (request->of == LINES_INTERFACES) {
		take_interfaces(snapshot, lines);
	} else {
		bool roles = request->of == LINES_ROLES;

		take_rows(request, &from, take,
			  HAS_PACKETS | HAS_SENSES | (roles ? HAS_VERDICTS : 0), lines);
		if (roles)
			take_role_verdicts(snapshot, lines);
		take_misses(snapshot, -1, lines);
	}
	take_total(snapshot, lines);
}
