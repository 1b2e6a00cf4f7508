// SPDX-License-Identifier: GPL-2.0-only
/*
 * One row, miss or reason of drops in detail: what it is, its figures by interface (drops: by role
 * too), its last minute, and the rows that share packets with it. Longer than a screen it scrolls.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "draw.h"

/* Where it is drawn: lines of the whole count from 0, of which the first `skip` are above. */
struct page {
	struct top *top;
	unsigned row, n;
	size_t skip, next;
};

/* The screen's line for the next line of the page, or -1: it is not on the screen. */
static int next_row(struct page *page)
{
	size_t at = page->next++;

	return at >= page->skip && at < page->skip + page->n ? (int)(page->row + at - page->skip)
							     : -1;
}

static void put(struct page *page, enum attr attr, const char *text)
{
	int row = next_row(page);

	if (row >= 0)
		screen_text(row, 1, screen_columns() - 1, SIDE_LEFT, attr, text);
}

/* "label  text", if there is a text. */
static void put_field(struct page *page, const char *label, const char *text)
{
	int row;

	if (!*text)
		return;
	row = next_row(page);
	if (row < 0)
		return;
	screen_text(row, 1, 12, SIDE_LEFT, ATTR_DIM, label);
	screen_text(row, 13, screen_columns() - 13, SIDE_LEFT, ATTR_PLAIN, text);
}

/* --- what it is ------------------------------------------------------------------------------ */

static const struct xe_row *find_row(const struct snapshot *snapshot, const char *id)
{
	for (size_t i = 0; i < snapshot->n_rows; i++)
		if (!strcmp(snapshot->rows[i].id, id))
			return &snapshot->rows[i];
	return NULL;
}

static void put_row(struct page *page, const char *id)
{
	const struct xe_row *row = find_row(&page->top->source.now, id);
	char text[2 * XE_TEXT_MAX];

	if (!row) {
		put(page, ATTR_WARN, "no longer counted");
		return;
	}
	put_field(page, "role", stats_role(row));
	put_field(page, "service", stats_service(row));
	if (!row->l4[0])
		return;
	snprintf(text, sizeof(text), "%s %s", row->l4, row->ports);
	put_field(page, "ports", text);
	put_field(page, "from", row->source);
	put_field(page, "to", row->destination);
	put_field(page, "verdict",
		  row->annotation   ? "none: it names packets, and decides none"
		  : row->verdict[0] ? row->verdict
				    : "allow");
	if (!row->active)
		put_field(page, "inactive", "the site has no address for an end of it");
}

/* --- figures --------------------------------------------------------------------------------- */

static const enum line_column row_columns[] = {
	COLUMN_NAME,	 COLUMN_PACKET_RATE, COLUMN_BIT_RATE,	  COLUMN_REPLY_RATE,
	COLUMN_NEW_RATE, COLUMN_PACKETS,     COLUMN_REPLIES,	  COLUMN_NEW,
	COLUMN_MATCHED,	 COLUMN_BYTES,	     COLUMN_MATCHED_RATE,
};

static void put_line(struct page *page, const struct layout *layout, const struct line *line,
		     enum attr attr)
{
	int row = next_row(page);

	if (row >= 0)
		draw_line(layout, line, attr, row);
}

/*
 * Lines under a title, above them their sum: an interface's and a role's figures add up. `all`:
 * also those that have counted nothing.
 */
static void put_lines(struct page *page, const struct lines *lines, const char *title, bool all)
{
	enum lines_of of = page->top->views[page->top->depth].within;
	size_t n = sizeof(row_columns) / sizeof(row_columns[0]);
	const enum line_column *columns = of == LINES_ROWS ? row_columns : lines_columns(of, &n);
	struct line sum = {.name = "all"};
	struct layout layout;
	int row;

	layout_fit(lines, columns, n, COLUMN_NAME, screen_columns(), 0, &layout);
	if (page->next)
		next_row(page);
	row = next_row(page);
	if (row >= 0) {
		draw_titles(&layout, COLUMN_COUNT, false, "", row);
		screen_text(row, 0, layout.v[0].width, SIDE_LEFT, ATTR_BOLD, title);
	}
	for (size_t i = 0; i < lines->n; i++) {
		sum.has |= lines->v[i].has;
		for (int j = 0; j < FIGURE_COUNT; j++) {
			sum.count[j] += lines->v[i].count[j];
			sum.rate[j] += lines->v[i].rate[j];
		}
	}
	put_line(page, &layout, &sum, ATTR_PLAIN);
	for (size_t i = 0; i < lines->n; i++)
		if (all || lines->v[i].count[FIGURE_PACKETS])
			put_line(page, &layout, &lines->v[i], ATTR_PLAIN);
}

static void put_roles(struct page *page, const char *reason)
{
	const struct source *source = &page->top->source;
	const struct lines_request request = {LINES_ROLES, LINES_DROPS, reason};
	struct lines roles = {0};

	if (lines_build(&request, &source->now,
			source_has(&source->before) ? &source->before : NULL,
			source_has(&source->base) ? &source->base : NULL, &roles))
		return;
	put_lines(page, &roles, "ROLE", false);
	lines_free(&roles);
}

/* The last minute, with what its highest bar stands for. */
static void put_spark(struct page *page, enum series_kind kind, const char *name)
{
	const struct top *top = page->top;
	unsigned width = screen_columns() - 13;
	struct line line = {.kind = kind};
	char span[32], text[64], rate[16];
	double most;
	int row;

	snprintf(line.name, sizeof(line.name), "%s", name);
	next_row(page);
	row = next_row(page);
	if (row < 0)
		return;
	width = width < 20 + 5 ? width : width - 20;
	if (width > top->samples)
		width = top->samples;
	screen_text(row, 1, 12, SIDE_LEFT, ATTR_DIM, draw_span(top, span));
	most = draw_spark(top, &line, NULL, UNIT_PACKETS, row, 13, width, ATTR_SPARK);
	snprintf(text, sizeof(text), most > 0 ? "to %s pkt/s" : "no packet",
		 stats_rate_text(most, rate, sizeof(rate)));
	screen_text(row, most > 0 ? 13 + width + 1 : 13, 20, SIDE_LEFT, ATTR_DIM, text);
}

/* --- partners -------------------------------------------------------------------------------- */

/* The same partner in the reading before, if it counted the same generation. */
static const struct snapshot_partner *partner_before(const struct source *source,
						     const struct snapshot_partner *partner)
{
	const struct snapshot *before = &source->before;

	if (!source_has(before) || before->generation != source->now.generation ||
	    before->loaded_at != source->now.loaded_at)
		return NULL;
	for (size_t i = 0; i < before->n_partners; i++)
		if (before->partners[i].row == partner->row)
			return &before->partners[i];
	return NULL;
}

static int compare_partners(const void *a, const void *b)
{
	const struct snapshot_partner *x = *(const struct snapshot_partner *const *)a,
				      *y = *(const struct snapshot_partner *const *)b;

	if (x->shared.packets != y->shared.packets)
		return x->shared.packets > y->shared.packets ? -1 : 1;
	return (x->row > y->row) - (x->row < y->row);
}

/* The most important first; the name has the rest. */
#define NAME_MIN	20
#define PARTNER_COLUMNS 5
static const struct {
	const char *title;
	unsigned width;
} partner_columns[PARTNER_COLUMNS] = {
	{"STANDS", 6}, {"PKT/S", 7}, {"SHARED", 9}, {"HERE", 9}, {"THERE", 9},
};

/* A line of that table: as many columns as leave the name enough. */
static void put_cells(struct page *page, enum attr attr, const char *name,
		      const char *const cells[PARTNER_COLUMNS])
{
	unsigned n = 0, x = screen_columns();
	int row = next_row(page);

	if (row < 0)
		return;
	while (n < PARTNER_COLUMNS && x >= NAME_MIN + partner_columns[n].width + 1)
		x -= partner_columns[n++].width + 1;
	screen_path(row, 0, x, attr, name);
	for (unsigned i = 0; i < n; i++) {
		screen_text(row, x + 1, partner_columns[i].width, SIDE_RIGHT, attr, cells[i]);
		x += partner_columns[i].width + 1;
	}
}

static void put_partner(struct page *page, const struct snapshot_partner *partner)
{
	const struct source *source = &page->top->source;
	const struct snapshot_partner *before = partner_before(source, partner);
	double seconds = before ? source->now.taken_at - source->before.taken_at : 0, rate = 0;
	char rate_text[16] = ".", shared[24], here[24], there[24];
	const char *const cells[PARTNER_COLUMNS] = {
		partner->before ? partner->after ? "both" : "before" : "after",
		rate_text,
		shared,
		here,
		there,
	};

	if (before)
		rate = stats_rate(partner->shared.packets, before->shared.packets, seconds);
	if (rate > 0)
		stats_rate_text(rate, rate_text, sizeof(rate_text));
	snprintf(shared, sizeof(shared), "%" PRIu64, (uint64_t)partner->shared.packets);
	snprintf(here, sizeof(here), "%" PRIu64, partner->here);
	snprintf(there, sizeof(there), "%" PRIu64, partner->there);
	put_cells(page, partner->shared.packets ? ATTR_PLAIN : ATTR_DIM,
		  source->now.rows[partner->row].id, cells);
}

static void put_partners(struct page *page)
{
	const struct snapshot *now = &page->top->source.now;
	const struct snapshot_partner **order = calloc(now->n_partners + 1, sizeof(*order));
	const char *titles[PARTNER_COLUMNS];

	next_row(page);
	if (!order || !now->n_partners) {
		put(page, ATTR_DIM, "no other row matches a packet of this one");
		free(order);
		return;
	}
	for (size_t i = 0; i < PARTNER_COLUMNS; i++)
		titles[i] = partner_columns[i].title;
	put_cells(page, ATTR_BOLD, "SHARES PACKETS WITH", titles);
	for (size_t i = 0; i < now->n_partners; i++)
		order[i] = &now->partners[i];
	qsort(order, now->n_partners, sizeof(*order), compare_partners);
	for (size_t i = 0; i < now->n_partners; i++)
		put_partner(page, order[i]);
	free(order);
	put(page, ATTR_DIM, "since the last reload: SHARED both match; decided HERE by this row,");
	put(page, ATTR_DIM, "THERE by that one; it STANDS before or after this one");
}

/* --- all of it ------------------------------------------------------------------------------- */

/* On fewer lines, what the row is would leave its figures no room: they come first. */
#define FIGURES_BELOW 8

static void put_all(struct page *page)
{
	const struct view *view = view_now(page->top);
	enum series_kind kind = view->within == LINES_ROWS     ? SERIES_ROW
				: view->within == LINES_MISSES ? SERIES_MISS
							       : SERIES_DROPPED;
	bool is_row = kind == SERIES_ROW, low = page->n < FIGURES_BELOW;

	if (is_row && !low)
		put_row(page, view->name);
	put_lines(page, &page->top->lines, "INTERFACE", true);
	if (is_row && low) {
		next_row(page);
		put_row(page, view->name);
	}
	if (kind == SERIES_DROPPED)
		put_roles(page, view->name);
	put_spark(page, kind, view->name);
	if (is_row)
		put_partners(page);
}

void draw_detail(struct top *top, unsigned row, unsigned n)
{
	struct view *view = view_now(top);
	struct page page = {.top = top, .row = row, .n = n, .skip = view->top};

	top->below = 0;
	if (!source_has(&top->source.now))
		return;
	put_all(&page);
	/* scrolled further than there is: again, to its end */
	if (view->top && page.next < view->top + n) {
		view->top = page.next > n ? page.next - n : 0;
		for (unsigned i = 0; i < n; i++)
			screen_text(row + i, 0, screen_columns(), SIDE_LEFT, ATTR_PLAIN, "");
		page = (struct page){.top = top, .row = row, .n = n, .skip = view->top};
		put_all(&page);
	}
	top->below = page.next > view->top + n ? page.next - view->top - n : 0;
}
