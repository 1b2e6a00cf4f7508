/* SPDX-License-Identifier: GPL-2.0-only */
/* The picture: what stands above, the list or the details, the keys below. */
#ifndef XE_TOP_DRAW_H
#define XE_TOP_DRAW_H

#include "../output/layout.h"
#include "screen.h"
#include "view.h"

/* All of the screen, as it is now. */
void draw(struct top *top);

/* Its parts: from line `row` on, `n` lines. */
void draw_list(struct top *top, unsigned row, unsigned n);
void draw_detail(struct top *top, unsigned row, unsigned n);
void draw_help(struct top *top, unsigned row, unsigned n);

/* How a line of the counters looks. */
enum attr draw_attr(const struct line *line);
/* One line's figures in the columns of a layout; its name is cut where it says least. */
void draw_line(const struct layout *layout, const struct line *line, enum attr attr, unsigned row);
/* The titles of a layout's columns; the one that is sorted by is marked. */
void draw_titles(const struct layout *layout, enum line_column sort, bool reverse,
		 const char *spark, unsigned row);
/*
 * The last minute of a line as bars, of a row or miss on one interface or, for NULL, on all;
 * nothing where it had no packet. Returns the highest, per second.
 */
double draw_spark(const struct top *top, const struct line *line, const char *interface,
		  enum series_unit unit, unsigned row, unsigned column, unsigned width,
		  enum attr attr);
/* "60 s": what a sparkline is of. Returns buf. */
const char *draw_span(const struct top *top, char buf[32]);

#endif
