/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The terminal, by ncursesw: taken over, drawn on, given back whatever happens. The only file that
 * knows curses. All text comes here as it is and is escaped here.
 */
#ifndef XE_TOP_SCREEN_H
#define XE_TOP_SCREEN_H

#include <stdbool.h>
#include <stddef.h>

enum attr {
	ATTR_PLAIN,
	ATTR_DIM,
	ATTR_BOLD,
	ATTR_WARN, /* misses, drops */
	ATTR_SPARK,
	ATTR_BAR,   /* the line of titles, and that of keys */
	ATTR_CHOSEN /* the line that Enter goes into */
};

enum side { SIDE_LEFT, SIDE_RIGHT };

/* Smaller than this only tells that it is too small. */
#define SCREEN_MIN_COLUMNS 40
#define SCREEN_MIN_ROWS	   10

/*
 * Take the terminal over. `ascii`: whatever the locale and the terminal say. 0, or -1: not a
 * terminal, or one that is not known or cannot do it (reported with the remedy).
 */
int screen_begin(bool ascii);
/* Give it back as it was; also if it was not taken. */
void screen_end(void);

/* Whether there are blocks and an ellipsis. */
bool screen_unicode(void);
unsigned screen_rows(void);
unsigned screen_columns(void);

/* Begin and end a picture: all of it, of which only what has changed is sent. */
void screen_clear(void);
void screen_show(void);

/*
 * Text in a field of `width` columns, filled with spaces. Cut if it is longer: at its end, or if it
 * is a path of names, whose end tells them apart, at its beginning.
 */
void screen_text(unsigned row, unsigned column, unsigned width, enum side side, enum attr attr,
		 const char *text);
void screen_path(unsigned row, unsigned column, unsigned width, enum attr attr, const char *text);
/* From `column` on to the end of the line; what has no room is not shown. */
void screen_printf(unsigned row, unsigned column, enum attr attr, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
/* Show the cursor there, where text is typed; until the next screen_clear(). */
void screen_cursor(unsigned row, unsigned column);

/* What may be typed; characters stand for themselves, below 256. */
enum key {
	KEY_IS_NONE = -1, /* nothing more has been typed */
	KEY_IS_GONE = -2, /* the terminal has hung up */
	KEY_IS_SIZE = 0x10000,
	KEY_IS_UP,
	KEY_IS_DOWN,
	KEY_IS_LEFT,
	KEY_IS_RIGHT,
	KEY_IS_PAGE_UP,
	KEY_IS_PAGE_DOWN,
	KEY_IS_HOME,
	KEY_IS_END,
	KEY_IS_ENTER,
	KEY_IS_BACKSPACE,
	KEY_IS_ESCAPE,
	KEY_IS_TAB,
	KEY_IS_BACK_TAB,
	KEY_IS_OTHER
};

/* The next key that has been typed; does not wait. */
int screen_key(void);

#endif
