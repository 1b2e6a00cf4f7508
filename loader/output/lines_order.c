// SPDX-License-Identifier: GPL-2.0-only
/* The columns of a live view, and which of its lines are shown in which order. */
#include "lines.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- columns --------------------------------------------------------------------------------- */

#define RATE(title, figure)                   \
	{                                     \
		title, false, true, figure, 7 \
	}
#define COUNTED(title, figure)                 \
	{                                      \
		title, false, false, figure, 9 \
	}
#define TEXT(title, width)                              \
	{                                               \
		title, true, false, FIGURE_COUNT, width \
	}

static const struct column_info infos[COLUMN_COUNT] = {
	[COLUMN_NAME] = TEXT("NAME", 16),
	[COLUMN_PACKET_RATE] = RATE("PKT/S", FIGURE_PACKETS),
	[COLUMN_BIT_RATE] = RATE("BIT/S", FIGURE_BYTES),
	[COLUMN_MATCHED_RATE] = RATE("MATCH/S", FIGURE_MATCHED),
	[COLUMN_REPLY_RATE] = RATE("REPLY/S", FIGURE_REPLY),
	[COLUMN_NEW_RATE] = RATE("NEW/S", FIGURE_NEW),
	[COLUMN_MISSED_RATE] = RATE("MISS/S", FIGURE_MISSED),
	[COLUMN_DROPPED_RATE] = RATE("DROP/S", FIGURE_DROPPED),
	[COLUMN_WOULD_RATE] = RATE("WOULD/S", FIGURE_WOULD),
	[COLUMN_PACKETS] = COUNTED("PACKETS", FIGURE_PACKETS),
	[COLUMN_BYTES] = COUNTED("BYTES", FIGURE_BYTES),
	[COLUMN_MATCHED] = COUNTED("MATCHED", FIGURE_MATCHED),
	[COLUMN_REPLIES] = COUNTED("REPLY", FIGURE_REPLY),
	[COLUMN_NEW] = COUNTED("NEW", FIGURE_NEW),
	[COLUMN_MISSED] = COUNTED("MISSED", FIGURE_MISSED),
	[COLUMN_DROPPED] = COUNTED("DROPPED", FIGURE_DROPPED),
	[COLUMN_WOULD] = COUNTED("WOULD", FIGURE_WOULD),
	[COLUMN_ROLE] = TEXT("ROLE", 16),
	[COLUMN_SERVICE] = TEXT("SERVICE", 20),
	[COLUMN_PORTS] = TEXT("PORTS", 16),
};

const struct column_info *column_info(enum line_column column)
{
	return &infos[column];
}

static const enum line_column row_columns[] = {
	COLUMN_NAME,	COLUMN_PACKET_RATE, COLUMN_BIT_RATE, COLUMN_REPLY_RATE,	  COLUMN_NEW_RATE,
	COLUMN_PACKETS, COLUMN_PORTS,	    COLUMN_ROLE,     COLUMN_REPLIES,	  COLUMN_NEW,
	COLUMN_SERVICE, COLUMN_MATCHED,	    COLUMN_BYTES,    COLUMN_MATCHED_RATE,
};

static const enum line_column role_columns[] = {
	COLUMN_NAME,	     COLUMN_PACKET_RATE, COLUMN_BIT_RATE, COLUMN_REPLY_RATE,
	COLUMN_DROPPED_RATE, COLUMN_WOULD_RATE,	 COLUMN_PACKETS,  COLUMN_NEW_RATE,
	COLUMN_REPLIES,	     COLUMN_NEW,	 COLUMN_DROPPED,  COLUMN_WOULD,
	COLUMN_BYTES,
};

static const enum line_column group_columns[] = {
	COLUMN_NAME,	COLUMN_PACKET_RATE, COLUMN_BIT_RATE, COLUMN_REPLY_RATE, COLUMN_NEW_RATE,
	COLUMN_PACKETS, COLUMN_REPLIES,	    COLUMN_NEW,	     COLUMN_BYTES,
};

static const enum line_column miss_columns[] = {
	COLUMN_NAME, COLUMN_PACKET_RATE, COLUMN_BIT_RATE, COLUMN_PACKETS, COLUMN_BYTES,
};

static const enum line_column interface_columns[] = {
	COLUMN_NAME,	     COLUMN_PACKET_RATE, COLUMN_BIT_RATE, COLUMN_MISSED_RATE,
	COLUMN_DROPPED_RATE, COLUMN_WOULD_RATE,	 COLUMN_PACKETS,  COLUMN_REPLY_RATE,
	COLUMN_NEW_RATE,     COLUMN_MISSED,	 COLUMN_DROPPED,  COLUMN_WOULD,
	COLUMN_REPLIES,	     COLUMN_NEW,	 COLUMN_BYTES,
};

static const enum line_column drop_columns[] = {
	COLUMN_NAME,  COLUMN_PACKET_RATE,  COLUMN_BIT_RATE,   COLUMN_DROPPED,
	COLUMN_WOULD, COLUMN_DROPPED_RATE, COLUMN_WOULD_RATE, COLUMN_BYTES,
};

#define LIST(columns)                                         \
	{                                                     \
		columns, sizeof(columns) / sizeof(columns[0]) \
	}

const enum line_column *lines_columns(enum lines_of of, size_t *n)
{
	static const struct {
		const enum line_column *v;
		size_t n;
	} lists[LINES_COUNT] = {
		[LINES_ROWS] = LIST(row_columns),
		[LINES_ROLES] = LIST(role_columns),
		[LINES_SERVICES] = LIST(group_columns),
		[LINES_DOCUMENTS] = LIST(group_columns),
		[LINES_INTERFACES] = LIST(interface_columns),
		[LINES_MISSES] = LIST(miss_columns),
		[LINES_DROPS] = LIST(drop_columns),
	};

	*n = lists[of].n;
	return lists[of].v;
}

/* --- what a line shows ----------------------------------------------------------------------- */

/* A text of a line; `buf` for those that are put together. */
static const char *line_text(const struct line *line, enum line_column column,
			     char buf[CELL_TEXT_MAX])
{
	switch (column) {
	case COLUMN_NAME:
		return line->name;
	case COLUMN_ROLE:
		return line->row ? stats_role(line->row) : "";
	case COLUMN_SERVICE:
		return line->row ? stats_service(line->row) : "";
	default:
		if (!line->row)
			return "";
		snprintf(buf, CELL_TEXT_MAX, "%s %s", line->row->l4, line->row->ports);
		return buf;
	}
}

/* What figures are compared by, and shown as: bits of bytes per second. */
static double rate_of(const struct line *line, const struct column_info *info)
{
	return line->rate[info->figure] * (info->figure == FIGURE_BYTES ? 8 : 1);
}

const char *line_cell(const struct line *line, enum line_column column, char buf[CELL_TEXT_MAX])
{
	const struct column_info *info = &infos[column];
	int len;

	if (info->is_text)
		return line_text(line, column, buf);
	if (!(line->has & 1u << info->figure))
		return "";
	if (info->is_rate)
		return rate_of(line, info) > 0
			       ? stats_rate_text(rate_of(line, info), buf, CELL_TEXT_MAX)
			       : ".";
	len = snprintf(buf, CELL_TEXT_MAX, "%" PRIu64, line->count[info->figure]);
	if (len > (int)info->width)
		stats_rate_text((double)line->count[info->figure], buf, CELL_TEXT_MAX);
	return buf;
}

/* --- order ----------------------------------------------------------------------------------- */

static bool counted(const struct line *line)
{
	for (int i = 0; i < FIGURE_COUNT; i++)
		if (line->count[i])
			return true;
	return false;
}

static bool is_shown(const struct line *line, const struct lines_order *order)
{
	char buf[CELL_TEXT_MAX];
	const struct xe_row *row = line->row;

	if (order->nonzero && !counted(line))
		return false;
	if (!order->filter || !*order->filter || strcasestr(line->name, order->filter))
		return true;
	return row && (strcasestr(stats_role(row), order->filter) ||
		       strcasestr(stats_service(row), order->filter) ||
		       strcasestr(line_text(line, COLUMN_PORTS, buf), order->filter) ||
		       strcasestr(row->source, order->filter) ||
		       strcasestr(row->destination, order->filter));
}

struct sorting {
	const struct lines *lines;
	const struct lines_order *order;
};

static int compare_numbers(double a, double b)
{
	return (a < b) - (a > b);
}

static int compare_counts(uint64_t a, uint64_t b)
{
	return (a < b) - (a > b);
}

static int compare_column(const struct line *a, const struct line *b, enum line_column column)
{
	const struct column_info *info = &infos[column];
	char buf_a[CELL_TEXT_MAX], buf_b[CELL_TEXT_MAX];

	/* numbers in names by their value: …/2 before …/10 */
	if (info->is_text)
		return strverscmp(line_text(a, column, buf_a), line_text(b, column, buf_b));
	if (info->is_rate)
		return compare_numbers(rate_of(a, info), rate_of(b, info));
	return compare_counts(a->count[info->figure], b->count[info->figure]);
}

static int compare_places(const void *a, const void *b, void *arg)
{
	const struct sorting *sorting = arg;
	size_t i = *(const size_t *)a, j = *(const size_t *)b;
	const struct line *x = &sorting->lines->v[i], *y = &sorting->lines->v[j];
	int result = compare_column(x, y, sorting->order->sort);

	if (sorting->order->reverse)
		result = -result;
	if (!result)
		result = compare_numbers(x->rate[FIGURE_PACKETS], y->rate[FIGURE_PACKETS]);
	if (!result)
		result = compare_counts(x->count[FIGURE_PACKETS], y->count[FIGURE_PACKETS]);
	return result ? result : (i > j) - (i < j);
}

/*
 * What is to be shown, first as it stood: the first `n_known` of places that are there still, then
 * the others. How many.
 */
static size_t choose(const struct lines *lines, const struct lines_order *order, size_t *places,
		     size_t n_known)
{
	bool *missing = calloc(lines->n + 1, sizeof(*missing));
	size_t n = 0;

	if (!missing)
		n_known = 0;
	for (size_t i = 0; n_known && i < lines->n; i++)
		missing[i] = is_shown(&lines->v[i], order);
	for (size_t i = 0; i < n_known; i++) {
		size_t place = places[i];

		if (place >= lines->n || !missing[place])
			continue;
		missing[place] = false;
		places[n++] = place;
	}
	for (size_t i = 0; i < lines->n; i++)
		if (n_known ? missing[i] : is_shown(&lines->v[i], order))
			places[n++] = i;
	free(missing);
	return n;
}

/*
 * Sort what mostly stands in order: from the end, where lines without traffic are, what fits before
 * all that has been kept is kept; the others are sorted by themselves, in `others`, and merged in.
 */
static void sort(size_t *places, size_t n, size_t *others, struct sorting *sorting)
{
	size_t kept = n, n_others = 0, next = 0;

	for (size_t i = n; i-- > 0;) {
		if (kept == n || compare_places(&places[i], &places[kept], sorting) < 0)
			places[--kept] = places[i];
		else
			others[n_others++] = places[i];
	}
	qsort_r(others, n_others, sizeof(*others), compare_places, sorting);
	/* what is written is never beyond what is still to be read of those kept */
	for (size_t i = 0; next < n_others; i++)
		if (kept < n && compare_places(&places[kept], &others[next], sorting) < 0)
			places[i] = places[kept++];
		else
			places[i] = others[next++];
}

size_t lines_arrange(const struct lines *lines, const struct lines_order *order, size_t *places,
		     size_t n_known)
{
	struct sorting sorting = {lines, order};
	size_t n = choose(lines, order, places, n_known);
	size_t *others = calloc(n + 1, sizeof(*others));

	if (others)
		sort(places, n, others, &sorting);
	else
		qsort_r(places, n, sizeof(*places), compare_places, &sorting);
	free(others);
	return n;
}
