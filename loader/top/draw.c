// SPDX-License-Identifier: GPL-2.0-only
/* What stands above and below: how the policy is, its totals, what is shown, the keys. */
#include "draw.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "../output/table.h"
#include "../policy/model.h"

/* The totals, and what is shown. */
#define STATE_ROWS 2
#define FOOT_ROWS  1
#define CLOCK	   10 /* columns */

/* "1.23k": a rate as the lists have it. */
static const char *rate(const struct top *top, enum figure figure, char buf[16])
{
	return stats_rate_text(top->lines.total.rate[figure] * (figure == FIGURE_BYTES ? 8 : 1),
			       buf, 16);
}

static void draw_bar(unsigned row, const char *text)
{
	screen_text(row, 0, screen_columns(), SIDE_LEFT, ATTR_BAR, "");
	screen_text(row, 1, screen_columns() - (row ? 2 : 1 + CLOCK), SIDE_LEFT, ATTR_BAR, text);
}

static void draw_clock(void)
{
	time_t at = time(NULL);
	char clock[16];
	struct tm tm;

	strftime(clock, sizeof(clock), "%H:%M:%S", localtime_r(&at, &tm));
	screen_text(0, screen_columns() - CLOCK, CLOCK - 1, SIDE_RIGHT, ATTR_BAR, clock);
}

/* Over as many lines as it takes, a third of the screen at most. How many. */
static unsigned draw_wrapped(const char *text)
{
	unsigned row = 0, most = screen_rows() / 3;

	for (; *text; row++) {
		size_t n = text_line(text, screen_columns() - (row ? 2 : 1 + CLOCK));
		char line[1024];

		if (row + 1 == most)
			n = strlen(text);
		snprintf(line, sizeof(line), "%.*s", (int)n, text);
		draw_bar(row, line);
		if (row + 1 == most)
			return most;
		text += n + strspn(text + n, " ");
	}
	return row;
}

/*
 * What the policy does with packets, in one line where what has to be known has room: that a mode
 * only counts says its name, and whether packets are dropped takes more words. Else it comes first,
 * in several. Returns how many.
 */
static unsigned draw_policy(const struct top *top)
{
	const struct snapshot *now = &top->source.now;
	char mode[STATS_MODE_MAX], lost[STATS_LOST_MAX], text[2 * STATS_MODE_MAX + STATS_LOST_MAX];
	bool enforce = now->guard.mode == XE_MODE_ENFORCE, is_lost;
	size_t needed;
	unsigned rows = 1;

	snprintf(text, sizeof(text), "%s: no counters", top->source.name);
	if (source_has(now)) {
		/* in enforce it is part of the mode */
		is_lost =
			stats_lost_text(now, lost) && (!enforce || snapshot_enforces(&now->guard));
		stats_mode_text(&now->guard, mode);
		needed = snprintf(text, sizeof(text), "%s, generation %u: %s", now->site,
				  now->generation, enforce ? mode : mode_text(now->guard.mode));
		if (needed > screen_columns() - 1 - CLOCK || is_lost) {
			snprintf(text, sizeof(text), "%s%s%s (%s, generation %u)",
				 is_lost ? lost : "", is_lost ? "; " : "", mode, now->site,
				 now->generation);
			rows = draw_wrapped(text);
		} else {
			snprintf(text, sizeof(text), "%s, generation %u: %s", now->site,
				 now->generation, mode);
			draw_bar(0, text);
		}
	} else {
		draw_bar(0, text);
	}
	draw_clock();
	return rows;
}

/* " WHAT RATE/s" behind what is in `text`. */
static void add_rate(const struct top *top, char *text, size_t size, const char *what,
		     enum figure figure)
{
	size_t len = strlen(text);
	char buf[16];

	snprintf(text + len, size - len, "  %s %s/s", what, rate(top, figure, buf));
}

/* How full their table is; a few of many are not none. */
static void add_flows(const struct snapshot_fill *flows, char *text, size_t size)
{
	size_t len = strlen(text);
	uint64_t percent;

	if (!flows->known || !flows->capacity)
		return;
	percent = 100 * flows->live / flows->capacity;
	snprintf(text + len, size - len, "  flows %s%" PRIu64 " %%",
		 flows->live && !percent ? "<" : "", flows->live && !percent ? 1 : percent);
}

static void draw_totals(const struct top *top, unsigned row)
{
	const struct snapshot_guard *guard = &top->source.now.guard;
	const struct line *total = &top->lines.total;
	char text[256], packets[16], bits[16];

	if (top->source.trouble[0]) {
		screen_printf(row, 1, ATTR_WARN, "%s; waiting for it", top->source.trouble);
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
	add_flows(&guard->flows, text, sizeof(text));
	screen_printf(row, 1, ATTR_BOLD, "%s", text);
}

/* What is shown, of how much, since when. */
static void draw_state(struct top *top, unsigned row)
{
	const struct view *view = view_now(top);
	char title[256], text[512], since[32] = "", count[64] = "";
	struct tm tm;

	if (source_has(&top->source.base))
		strftime(since, sizeof(since), ", since %H:%M:%S",
			 localtime_r(&top->source.base_at, &tm));
	if (!view->detail)
		snprintf(count, sizeof(count), ", %zu of %zu", top->n_places, top->lines.n);
	/* what changes the meaning of the rest comes first: a narrow screen has no room for all */
	snprintf(text, sizeof(text), "%s%s%s%s%s%s%s%s", top->help ? "help: " : "",
		 top->source.paused ? "paused: " : "", view_title(top, title, sizeof(title)), count,
		 view->filter[0] && !view->detail ? ", filter: " : "",
		 view->detail ? "" : view->filter, top->nonzero && !view->detail ? ", nonzero" : "",
		 since);
	screen_text(row, 1, screen_columns() - 1, SIDE_LEFT,
		    top->source.paused ? ATTR_WARN : ATTR_PLAIN, text);
}

/* One word of them, if it has room, and where the next one goes. */
static bool draw_key(unsigned row, unsigned *column, const char *text)
{
	unsigned width = text_width(text);

	if (*column + width >= screen_columns()) /* not into the corner */
		return false;
	screen_text(row, *column, width, SIDE_LEFT, ATTR_BAR, text);
	*column += width + 2;
	return true;
}

/* As many keys as have room; the last ones are told by the help too. */
static void draw_keys(const struct top *top)
{
	static const char *const lists[] = {"Enter in", "/ filter", "<> sort",	"b base",
					    "n zero",	"p pause",  "1-7 list", "r reverse"};
	static const char *const details[] = {"p pause", "b baseline"};
	bool detail = top->views[top->depth].detail;
	size_t n = detail ? sizeof(details) / sizeof(details[0]) : sizeof(lists) / sizeof(lists[0]);
	unsigned row = screen_rows() - 1, column = 1;
	char more[32];

	screen_text(row, 0, screen_columns(), SIDE_LEFT, ATTR_BAR, "");
	if (top->message[0]) {
		screen_text(row, 1, screen_columns() - 2, SIDE_LEFT, ATTR_BAR, top->message);
		return;
	}
	draw_key(row, &column, "? help");
	draw_key(row, &column, "q quit");
	if (top->depth)
		draw_key(row, &column, "Esc back");
	if (detail && top->below && !top->help) {
		snprintf(more, sizeof(more), "%s %zu more", screen_unicode() ? "\u25bc" : "v",
			 top->below);
		draw_key(row, &column, more);
	}
	for (size_t i = 0; i < n; i++)
		if (!draw_key(row, &column, detail ? details[i] : lists[i]))
			return;
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
	unsigned rows = screen_rows(), head;

	screen_clear();
	if (rows < SCREEN_MIN_ROWS || screen_columns() < SCREEN_MIN_COLUMNS) {
		screen_printf(0, 0, ATTR_PLAIN, "%ux%u is too small", screen_columns(), rows);
		screen_printf(1, 0, ATTR_PLAIN, "%ux%u at least; q quits", SCREEN_MIN_COLUMNS,
			      SCREEN_MIN_ROWS);
		screen_show();
		return;
	}
	head = draw_policy(top);
	draw_totals(top, head);
	draw_state(top, head + 1);
	head += STATE_ROWS;
	top->page = rows - head - FOOT_ROWS;
	if (top->help)
		draw_help(top, head, top->page);
	else if (view_now(top)->detail)
		draw_detail(top, head, top->page);
	else
		draw_list(top, head, top->page);
	if (top->typing)
		draw_prompt(top);
	else
		draw_keys(top);
	screen_show();
}
