/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * CSV after RFC 4180, lines ended by LF like the spec tables. Text is escaped as for a terminal,
 * and a cell that a spreadsheet would take for a formula (it begins with = + - @) gets an
 * apostrophe before it, which spreadsheets do not show.
 */
#ifndef XE_OUTPUT_CSV_H
#define XE_OUTPUT_CSV_H

#include <stdint.h>
#include <stdio.h>

struct csv_writer {
	FILE *out;
	unsigned column; /* of the next cell; 0 at the start of a line */
};

void csv_text(struct csv_writer *csv, const char *text);
void csv_count(struct csv_writer *csv, uint64_t value);
void csv_line_end(struct csv_writer *csv);
/* A whole line of titles, ended by NULL. */
void csv_titles(struct csv_writer *csv, const char *const *titles);

#endif
