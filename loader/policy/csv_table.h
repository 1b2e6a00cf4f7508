/* SPDX-License-Identifier: GPL-2.0-only */
/* Reading one CSV file with a fixed header, record by record; RFC 4180 by libcsv, strict. */
#ifndef XE_POLICY_CSV_TABLE_H
#define XE_POLICY_CSV_TABLE_H

#include <stddef.h>

/* Largest file, and largest cell; a record with a larger cell is an error. */
#define CSV_FILE_MAX (16u << 20)
#define CSV_CELL_MAX 16384u

/*
 * One record: `line` where it starts, one NUL-terminated cell a column, valid only during the call.
 * Returns 0; -EINVAL when the record is faulty (reported): reading goes on for more faults; any
 * other negative errno ends it.
 */
typedef int (*csv_record_fn)(void *ctx, unsigned line, char *const *cells);

/*
 * Read `path`, whose first line must name exactly `columns`. UTF-8 with LF or CRLF; a byte order
 * mark and a missing last newline are accepted; NUL, other encodings and bare CR are not. Blank
 * lines are skipped. 0; -EINVAL if anything was faulty; another negative errno. All reported.
 */
int csv_table_read(const char *path, const char *const *columns, size_t n_columns,
		   csv_record_fn record, void *ctx);

#endif
