// SPDX-License-Identifier: GPL-2.0-only
/* What stands above and below: how the policy is, its totals, what is shown, the keys. */
#include "draw.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "../output/table.h"

#define HEAD_ROWS 3
#define FOOT_ROWS 1

/* "1.23k": a rate as the lists have it. */
static const char *rate(const struct top *top, enum figure figure, char buf[16])
{
	return stats_rate_text(top->lines.total.rate[figure] * (figure == FIGURE_BYTES ? 8 : 1),
			       buf, 16);
}

/* What the policy does with packets, in a word or with what has to be known. */
static void draw_policy(const struct top *top)
{
	const struct snapshot *now = &top->source.now;
	char mode[STATS_MODE_MAX], text[STATS_MODE_MAX + 128], clock[16];
	time_t at = time(NULL);
	struct tm tm;

	strftime(clock, sizeof(clock), "%H:%M:%S", localtime_r(&at, &tm));
	screen_text(0, 0, screen_columns(), SIDE_LEFT, ATTR_BAR, "");
	if (source_has(now))
		snprintf(text, sizeof(text), " %s, generation %u: %s", now->site, now->generation,
			 stats_mode_text(&now->guard, mode));
	else
		snprintf(text, sizeof(text), " %s: no counters", top->source.name);
	screen_text(0, 0, screen_columns() - 10, SIDE_LEFT, ATTR_BAR, text);
	screen_text(0, screen_columns() - 10, 9, SIDE_RIGHT, ATTR_BAR, clock);
}

/* " WHAT RATE/s" behind what is in `text`. */
static void add_rate(const struct top *top, char *text, size_t size, const char *what,
		     enum figure figure)
{
	size_t len = strlen(text);
	char buf[16];

	snprintf(text + len, size - len, "  %s %s/s", what, rate(top, figure, buf));
}

static void draw_totals(const struct top *top)
{
	const struct snapshot_guard *guard = &top->source.now.guard;
	const struct line *total = &top->lines.total;
	char text[256], packets[16], bits[16];
	size_t len;

	if (top->source.trouble[0]) {
		screen_printf(1, 1, ATTR_WARN, "%s; waiting for it", top->source.trouble);
		return;
	}
	if (!source_has(&top->source.now))
		return;
	snprintf(text, sizeof(text), "%s pkt/s  %s bit/s", rate(top, FIGURE_PACKETS, packets),
		 rate(top, FIGURE_BYTES, bits));
	add_rate(top, text, sizeof(text), "miss", FIGURE_MISSED);
	/* in each mode that which may be, and the other only if it is: past a deadline, say */
	if (guard->mode == XE_MODE_ENFORCE || total->rate[FIGURE_DROPPED] > 0)
		add_rate(top, text, sizeof(text), "drop", FIGURE_DROPPED);
	if (guard->mode != XE_MODE_ENFORCE || total->rate[FIGURE_WOULD] > 0)
		add_rate(top, text, sizeof(text), "would drop", FIGURE_WOULD);
	len = strlen(text);
	if (guard->flows.known && guard->flows.capacity)
		snprintf(text + len, sizeof(text) - len, "  flows %" PRIu64 " %%",
			 100 * guard->flows.live / guard->flows.capacity);
	screen_printf(1, 1, ATTR_BOLD, "%s", text);
}

/* What is shown, of how much, since when. */
static void draw_state(struct top *top)
{
	const struct view *view = view_now(top);
	char title[256], text[512], since[32] = "", count[64] = "";
	struct tm tm;

	if (source_has(&top->source.base))
		strftime(since, sizeof(since), ", since %H:%M:%S",
			 localtime_r(&top->source.base_at, &tm));
	if (!view->detail)
		snprintf(count, sizeof(count), ", %zu of %zu", top->n_places, top->lines.n);
	snprintf(text, sizeof(text), "%s%s%s%s%s%s%s%s", view_title(top, title, sizeof(title)),
		 count, top->nonzero && !view->detail ? ", nonzero" : "",
		 view->filter[0] && !view->detail ? ", filter: " : "",
		 view->detail ? "" : view->filter, since, top->source.paused ? ", paused" : "",
		 top->help ? ", help" : "");
	screen_text(2, 1, screen_columns() - 1, SIDE_LEFT,
		    top->source.paused ? ATTR_WARN : ATTR_PLAIN, text);
}

/* As many keys as have room; the last ones are told by the help too. */
static void draw_keys(const struct top *top)
{
	static const char *const lists[] = {"? help",	 "q quit",     "1-7 lists", "<> sort",
					    "r reverse", "/ filter",   "Enter in",  "p pause",
					    "n nonzero", "b baseline", NULL};
	static const char *const details[] = {"? help",	 "q quit",     "Esc back",
					      "p pause", "b baseline", NULL};
	bool detail = top->views[top->depth].detail;
	unsigned row = screen_rows() - 1, column = 1;

	screen_text(row, 0, screen_columns(), SIDE_LEFT, ATTR_BAR, "");
	if (top->message[0]) {
		screen_text(row, 1, screen_columns() - 2, SIDE_LEFT, ATTR_BAR, top->message);
		return;
	}
	for (const char *const *key = detail ? details : lists; *key; key++) {
		if (column + strlen(*key) > screen_columns())
			return;
		screen_text(row, column, strlen(*key), SIDE_LEFT, ATTR_BAR, *key);
		column += strlen(*key) + 2;
		if (!detail && top->depth && key == lists + 1) {
			screen_text(row, column, 8, SIDE_LEFT, ATTR_BAR, "Esc back");
			column += 10;
		}
	}
}

/* The filter while it is typed: its end, if it is longer than the line. */
static void draw_prompt(struct top *top)
{
	unsigned row = screen_rows() - 1, width = screen_columns() - 10;
	const char *filter = view_now(top)->filter;
	size_t length = strlen(filter);

	screen_text(row, 0, screen_columns(), SIDE_LEFT, ATTR_BAR, "filter: ");
	screen_path(row, 8, width, ATTR_BAR, filter);
	length = text_width(filter);
	screen_cursor(row, 8 + (length < width ? length : width));
}

void draw(struct top *top)
{
	unsigned rows = screen_rows();

	screen_clear();
	if (rows < SCREEN_MIN_ROWS || screen_columns() < SCREEN_MIN_COLUMNS) {
		screen_printf(0, 0, ATTR_PLAIN, "%ux%u is too small", screen_columns(), rows);
		screen_printf(1, 0, ATTR_PLAIN, "%ux%u at least; q quits", SCREEN_MIN_COLUMNS,
			      SCREEN_MIN_ROWS);
		screen_show();
		return;
	}
	draw_policy(top);
	draw_totals(top);
	draw_state(top);
	if (top->help)
		draw_help(top, HEAD_ROWS, rows - HEAD_ROWS - FOOT_ROWS);
	else if (view_now(top)->detail)
		draw_detail(top, HEAD_ROWS, rows - HEAD_ROWS - FOOT_ROWS);
	else
		draw_list(top, HEAD_ROWS, rows - HEAD_ROWS - FOOT_ROWS);
	if (top->typing)
		draw_prompt(top);
	else
		draw_keys(top);
	screen_show();
}
