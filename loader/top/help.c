// SPDX-License-Identifier: GPL-2.0-only
/* The keys, and what the figures mean. */
#include <string.h>

#include "draw.h"

static const struct {
	const char *keys; /* NULL: none, the text begins at the left */
	const char *text;
} help[] = {
	{"1 2 3 4 5 6 7", "rows roles services documents interfaces misses drops"},
	{"Tab, Shift+Tab", "the next of these, the one before"},
	{"up down, j k", "choose a line; also Page Up, Page Down, Home, End"},
	{"Enter", "go in: a row's interfaces, ends and the rows that share its packets; the rows "
		  "of a role, an interface, ..."},
	{"Esc Backspace", "back; also takes a filter away"},
	{"< >", "sort by the column before, the next one; r reverses"},
	{"/", "lines with this text (name, role, service, ports, ends)"},
	{"n", "only lines that counted something, or all"},
	{"p, space", "pause, and go on"},
	{"b", "count PACKETS, BYTES, ... from now; B from the load again"},
	{"q, Ctrl-C", "quit"},
	{NULL, ""},
	{NULL, "Rows: packets they decide, misses those that nothing does: they add up to the "
	       "total. REPLY of a row: those it matches as answers; NEW: TCP connection attempts. "
	       "WOULD: dropped in enforce, passed in this mode. Drops count since xdp-edge "
	       "baseline, or b. \".\": none in this interval."},
};

#define N_ENTRIES (sizeof(help) / sizeof(help[0]))
#define INDENT	  15 /* where what keys do begins */

/*
 * One entry, on as many lines as it takes. `at` is the first of them, of all the help; those that
 * are scrolled by or have no room in `n` lines from `row` on are left out. The line behind it.
 */
static size_t put(const struct top *top, size_t entry, size_t at, unsigned row, unsigned n)
{
	const char *keys = help[entry].keys, *text = help[entry].text;
	unsigned column = keys ? 1 + INDENT : 1;

	do {
		size_t len = text_line(text, screen_columns() - column);
		bool shown = at >= top->help_top && at < top->help_top + n;
		unsigned to = row + at - top->help_top;

		if (shown && keys)
			screen_printf(to, 1, ATTR_PLAIN, "%s", keys);
		if (shown)
			screen_printf(to, column, ATTR_PLAIN, "%.*s", (int)len, text);
		keys = NULL;
		at++;
		text += len + strspn(text + len, " ");
	} while (*text);
	return at;
}

void draw_help(struct top *top, unsigned row, unsigned n)
{
	size_t lines = 0, most;

	for (size_t i = 0; i < N_ENTRIES; i++)
		lines = put(top, i, lines, row, 0);
	most = lines > n ? lines - n : 0;
	if (top->help_top > most)
		top->help_top = most;
	lines = 0;
	for (size_t i = 0; i < N_ENTRIES; i++)
		lines = put(top, i, lines, row, n);
}
