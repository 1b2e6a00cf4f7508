/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tables for people: columns as wide as their text on a terminal, cut only where that is allowed.
 */
#ifndef XE_OUTPUT_TABLE_H
#define XE_OUTPUT_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum align { ALIGN_LEFT, ALIGN_RIGHT };

struct column {
	const char *title;
	enum align align;
	bool shrink; /* may be cut with "…" to fit the terminal, down to 6 columns */
};

enum style { STYLE_PLAIN, STYLE_DIM, STYLE_BOLD, STYLE_WARN };

struct text_table;

/* `columns` must live as long as the table. NULL: no memory. */
struct text_table *table_new(const struct column *columns, size_t n);
/*
 * The next cell, row after row; text of any origin, escaped here. Lack of memory shows at
 * table_print().
 */
void table_cell(struct text_table *table, const char *text);
void table_cellf(struct text_table *table, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
void table_count(struct text_table *table, uint64_t value);
/* Style of the row that the next cell belongs to. */
void table_style(struct text_table *table, enum style style);
/* Rows begun so far. */
size_t table_rows(const struct text_table *table);
/*
 * Print with a header. `width`: terminal columns to fit into, 0 for no limit. 0 or -ENOMEM; errors
 * of writing stay with `out`.
 */
int table_print(const struct text_table *table, FILE *out, unsigned width, bool colour);
void table_free(struct text_table *table);

/* Terminal columns that UTF-8 text takes; what cannot be shown counts 1. */
size_t text_width(const char *text);
/* Bytes of `text` that fit into `width` columns; the columns they take in *taken. */
size_t text_fit(const char *text, size_t width, size_t *taken);

/* Columns of the terminal that `out` is, 0 if it is none. */
unsigned terminal_width(FILE *out);
/* `out` is a terminal that shows colours, and NO_COLOR is not set. */
bool terminal_colour(FILE *out);

#endif
