// SPDX-License-Identifier: GPL-2.0-only
/* The terminal, by ncursesw. */
#include "screen.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <curses.h>

#include "../output/layout.h"
#include "../output/report.h"
#include "terminal.h"

#define TEXT_BYTES 2048

static struct {
	bool taken, unicode, colours;
	SCREEN *curses;
	int stderr_before; /* libraries' messages do not go on the picture */
	bool cursor;
} screen = {.stderr_before = -1};

/* --- taking and giving back ------------------------------------------------------------------ */

/* Nobody's messages go on the picture; ours are told by report_capture(). */
static void hide_stderr(void)
{
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

	fflush(stderr);
	screen.stderr_before = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
	if (null >= 0 && screen.stderr_before >= 0)
		dup2(null, STDERR_FILENO);
	if (null >= 0)
		close(null);
}

static void begin_colours(void)
{
	const char *no = getenv("NO_COLOR");

	screen.colours = !(no && *no) && has_colors() && start_color() != ERR;
	if (!screen.colours)
		return;
	use_default_colors();
	init_pair(ATTR_WARN, COLOR_YELLOW, -1);
	init_pair(ATTR_SPARK, COLOR_CYAN, -1);
}

int screen_begin(bool ascii)
{
	if (terminal_check())
		return -1;
	screen.unicode = !ascii && terminal_unicode();
	screen.curses = newterm(NULL, stdout, stdin);
	if (!screen.curses) {
		report("top: %s: curses cannot use this terminal", getenv("TERM"));
		return -1;
	}
	set_term(screen.curses);
	terminal_guard();
	screen.taken = true;
	hide_stderr();
	cbreak();
	noecho();
	nonl();
	set_escdelay(25);
	keypad(stdscr, TRUE);
	nodelay(stdscr, TRUE);
	curs_set(0);
	begin_colours();
	return 0;
}

void screen_end(void)
{
	if (!screen.taken)
		return;
	curs_set(1);
	/* where there is no other screen to go back to, the prompt comes into the last line */
	move(LINES - 1, 0);
	clrtoeol();
	refresh();
	endwin();
	delscreen(screen.curses);
	terminal_unguard();
	screen.taken = false;
	if (screen.stderr_before >= 0) {
		dup2(screen.stderr_before, STDERR_FILENO);
		close(screen.stderr_before);
		screen.stderr_before = -1;
	}
}

/* --- drawing --------------------------------------------------------------------------------- */

bool screen_unicode(void)
{
	return screen.unicode;
}

unsigned screen_rows(void)
{
	return LINES;
}

unsigned screen_columns(void)
{
	return COLS;
}

void screen_clear(void)
{
	erase();
	screen.cursor = false;
}

void screen_show(void)
{
	curs_set(screen.cursor);
	refresh();
}

void screen_cursor(unsigned row, unsigned column)
{
	screen.cursor = true;
	move((int)row, (int)column);
}

static attr_t attributes(enum attr attr)
{
	switch (attr) {
	case ATTR_DIM:
		return A_DIM;
	case ATTR_BOLD:
		return A_BOLD;
	case ATTR_WARN:
	case ATTR_SPARK:
		return screen.colours ? COLOR_PAIR(attr) : A_NORMAL;
	case ATTR_BAR:
	case ATTR_CHOSEN:
		return A_REVERSE | (attr == ATTR_BAR ? A_BOLD : 0);
	default:
		return A_NORMAL;
	}
}

static void put(unsigned row, unsigned column, unsigned width, enum side side, enum attr attr,
		enum cut cut, const char *text)
{
	char shown[TEXT_BYTES];
	unsigned gap, y, x;

	if (row >= screen_rows() || column >= screen_columns())
		return;
	if (width > screen_columns() - column)
		width = screen_columns() - column;
	gap = width - text_cut(text, width, cut, screen.unicode, shown, sizeof(shown));
	attrset(attributes(attr));
	move((int)row, (int)column);
	for (unsigned i = 0; side == SIDE_RIGHT && i < gap; i++)
		addch(' ');
	addstr(shown);
	/* where curses is, not where it should be: fonts differ on what is wide */
	getyx(stdscr, y, x);
	for (; side == SIDE_LEFT && y == row && x < column + width; x++)
		addch(' ');
	attrset(A_NORMAL);
}

void screen_text(unsigned row, unsigned column, unsigned width, enum side side, enum attr attr,
		 const char *text)
{
	put(row, column, width, side, attr, CUT_END, text);
}

void screen_path(unsigned row, unsigned column, unsigned width, enum attr attr, const char *text)
{
	put(row, column, width, SIDE_LEFT, attr, CUT_BEGINNING, text);
}

void screen_printf(unsigned row, unsigned column, enum attr attr, const char *fmt, ...)
{
	char text[TEXT_BYTES];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	if (column < screen_columns())
		put(row, column, screen_columns() - column, SIDE_LEFT, attr, CUT_END, text);
}

/* --- keys ------------------------------------------------------------------------------------ */

/* Whether curses returns nothing because nobody is there any more. */
static bool hung_up(void)
{
	return !isatty(STDIN_FILENO) || tcgetpgrp(STDIN_FILENO) < 0;
}

int screen_key(void)
{
	static const struct {
		int code;
		enum key key;
	} keys[] = {
		{KEY_RESIZE, KEY_IS_SIZE},
		{KEY_UP, KEY_IS_UP},
		{KEY_DOWN, KEY_IS_DOWN},
		{KEY_LEFT, KEY_IS_LEFT},
		{KEY_RIGHT, KEY_IS_RIGHT},
		{KEY_PPAGE, KEY_IS_PAGE_UP},
		{KEY_NPAGE, KEY_IS_PAGE_DOWN},
		{KEY_HOME, KEY_IS_HOME},
		{KEY_END, KEY_IS_END},
		{KEY_ENTER, KEY_IS_ENTER},
		{'\r', KEY_IS_ENTER},
		{'\n', KEY_IS_ENTER},
		{KEY_BACKSPACE, KEY_IS_BACKSPACE},
		{'\b', KEY_IS_BACKSPACE},
		{0x7f, KEY_IS_BACKSPACE},
		{0x1b, KEY_IS_ESCAPE},
		{'\t', KEY_IS_TAB},
		{KEY_BTAB, KEY_IS_BACK_TAB},
	};
	int code = getch();

	if (code == ERR)
		return hung_up() ? KEY_IS_GONE : KEY_IS_NONE;
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (keys[i].code == code)
			return keys[i].key;
	return code < 256 ? code : KEY_IS_OTHER;
}
