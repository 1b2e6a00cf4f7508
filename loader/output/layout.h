/* SPDX-License-Identifier: GPL-2.0-only */
/* Which columns of a live view fit into a terminal, and text made to fit into a column. */
#ifndef XE_OUTPUT_LAYOUT_H
#define XE_OUTPUT_LAYOUT_H

#include "lines.h"

struct layout {
	struct column_place {
		enum line_column column;
		unsigned x, width;
	} v[COLUMN_COUNT]; /* from left to right, the name first */
	size_t n;
	unsigned spark_x, spark_width; /* width 0: no room for it */
};

/*
 * Of n columns, the name first, those that fit into a screen `width` wide, 20 at least: the first
 * few, `sort` whatever it is, the name as wide as the longest of `lines`, then more, as long as the
 * sparkline has some room too, of `spark` columns at most; 0: there is none.
 */
void layout_fit(const struct lines *lines, const enum line_column *columns, size_t n,
		enum line_column sort, unsigned width, unsigned spark, struct layout *out);

enum cut { CUT_END, CUT_BEGINNING };

/*
 * Foreign text, escaped, in at most `width` columns: what is cut off leaves "…" at that end. Not
 * `unicode`: what is no ASCII becomes \u{…}, and the mark "~". Returns the columns it takes.
 */
size_t text_cut(const char *text, size_t width, enum cut cut, bool unicode, char *out, size_t size);

/*
 * How many bytes of a text, escaped already, one line of `width` columns, 1 at least, takes: all,
 * or whole words, or of a word that is longer what fits. Blanks before the next line are not among
 * them.
 */
size_t text_line(const char *text, size_t width);

#endif
