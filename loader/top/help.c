// SPDX-License-Identifier: GPL-2.0-only
/* The keys, and what the figures mean. */
#include "draw.h"

static const char *const help[] = {
	"1 2 3 4 5 6 7  rows roles services documents interfaces misses drops",
	"Tab, Shift+Tab the next of these, the one before",
	"up down, j k   choose a line; also Page Up, Page Down, Home, End",
	"Enter          go in: a row's interfaces, ends and the rows that share",
	"               its packets; the rows of a role, an interface, ...",
	"Esc Backspace  back; also takes a filter away",
	"< >            sort by the column before, the next one; r reverses",
	"/              lines with this text (name, role, service, ports, ends)",
	"n              only lines that counted something, or all",
	"p, space       pause, and go on",
	"b              count PACKETS, BYTES, ... from now; B from the load again",
	"q, Ctrl-C      quit",
	"",
	"Rows: packets they decide, misses those that nothing does: they add up",
	"to the total. REPLY of a row: those it matches as answers; NEW: TCP",
	"connection attempts. WOULD: dropped in enforce, passed in this mode.",
	"Drops count since xdp-edge baseline, or b. \".\": none in this interval.",
};

#define N_LINES (sizeof(help) / sizeof(help[0]))

void draw_help(struct top *top, unsigned row, unsigned n)
{
	size_t most = N_LINES > n ? N_LINES - n : 0;

	if (top->help_top > most)
		top->help_top = most;
	for (unsigned i = 0; i < n && top->help_top + i < N_LINES; i++)
		screen_printf(row + i, 1, ATTR_PLAIN, "%s", help[top->help_top + i]);
}
