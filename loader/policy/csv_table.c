// SPDX-License-Identifier: GPL-2.0-only
/* Reading one CSV file record by record with libcsv; see csv_table.h. */
#include "policy/csv_table.h"

#include <csv.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "policy/diag.h"
#include "policy/file_read.h"
#include "policy/text.h"

struct reader {
	const char *path;
	const char *const *columns;
	size_t n_columns;
	csv_record_fn record;
	void *ctx;

	unsigned line;	      /* of the bytes libcsv is being given */
	unsigned record_line; /* where the current record starts */
	bool have_header;
	int err; /* first that ends reading */
	bool faulty;

	/*
	 * Cells of the current record, one after the other in `text`; beyond the columns only
	 * counted.
	 */
	size_t n_cells;
	char *text;
	size_t text_used, text_size;
	size_t *offsets;  /* n_columns */
	char **cells;	  /* n_columns */
	size_t oversized; /* bytes of the first cell that is too large, else 0 */
};

static bool text_reserve(struct reader *r, size_t more)
{
	size_t size = r->text_size ? r->text_size : 4096;
	char *text;

	while (size < r->text_used + more)
		size *= 2;
	if (size == r->text_size)
		return true;
	text = realloc(r->text, size);
	if (!text)
		return false;
	r->text = text;
	r->text_size = size;
	return true;
}

/* libcsv: a cell has ended. */
static void on_cell(void *data, size_t len, void *ctx)
{
	struct reader *r = ctx;

	if (r->err)
		return;
	if (r->n_cells < r->n_columns) {
		if (len > CSV_CELL_MAX) {
			if (!r->oversized)
				r->oversized = len;
			len = 0;
		}
		if (!text_reserve(r, len + 1)) {
			r->err = -ENOMEM;
			return;
		}
		r->offsets[r->n_cells] = r->text_used;
		if (len > 0)
			memcpy(r->text + r->text_used, data, len);
		r->text[r->text_used + len] = '\0';
		r->text_used += len + 1;
	}
	r->n_cells++;
}

static int check_header(struct reader *r)
{
	for (size_t i = 0; i < r->n_columns; i++) {
		if (i >= r->n_cells)
			return diag_error(r->path, r->record_line, 0, r->columns[i],
					  "column is missing from the header");
		if (strcmp(r->cells[i], r->columns[i]))
			return diag_error(r->path, r->record_line, 0, r->cells[i],
					  "header of column %zu must be %s", i + 1, r->columns[i]);
	}
	if (r->n_cells > r->n_columns)
		return diag_error(r->path, r->record_line, 0, NULL, "%zu columns, not %zu",
				  r->n_cells, r->n_columns);
	return 0;
}

static int check_record(struct reader *r)
{
	if (r->oversized)
		return diag_error(r->path, r->record_line, 0, NULL,
				  "a cell of %zu bytes; at most %u are read", r->oversized,
				  CSV_CELL_MAX);
	if (r->n_cells != r->n_columns)
		return diag_error(r->path, r->record_line, 0, r->n_cells ? r->cells[0] : NULL,
				  "%zu cells, not %zu", r->n_cells, r->n_columns);
	return r->record(r->ctx, r->record_line, r->cells);
}

/* libcsv: a record has ended. */
static void on_record(int terminator, void *ctx)
{
	struct reader *r = ctx;
	int err;

	(void)terminator;
	if (r->err)
		return;
	for (size_t i = 0; i < r->n_cells && i < r->n_columns; i++)
		r->cells[i] = r->text + r->offsets[i];
	if (!r->have_header) {
		/* With the wrong columns every record would be faulty: one message says it. */
		r->err = check_header(r);
		r->have_header = true;
	} else {
		err = check_record(r);
		if (err == -EINVAL)
			r->faulty = true;
		else
			r->err = err;
		if (diag_full())
			r->err = -EINVAL;
	}
	r->n_cells = 0;
	r->text_used = 0;
	r->oversized = 0;
	r->record_line = 0;
}

/* A CR that no LF follows: libcsv would take it for the end of a record, in silence. */
static int check_line_ends(const char *path, const char *data, size_t len)
{
	const char *p = data, *end = data + len;
	unsigned line = 1;

	for (const char *cr; (cr = memchr(p, '\r', (size_t)(end - p))); p = cr + 1) {
		for (const char *lf = p; (lf = memchr(lf, '\n', (size_t)(cr - lf))); lf++)
			line++;
		if (cr + 1 == end || cr[1] != '\n')
			return diag_error(path, line, 0, NULL,
					  "a CR without LF; save the file with LF line ends");
	}
	return 0;
}

static int parse(struct reader *r, struct csv_parser *parser, const char *data, size_t len)
{
	/* A line at a time, so that callbacks know the line they are on. */
	for (size_t at = 0; at < len && !r->err; r->line++) {
		const char *lf = memchr(data + at, '\n', len - at);
		size_t n = lf ? (size_t)(lf - (data + at)) + 1 : len - at, done;

		if (!r->record_line)
			r->record_line = r->line;
		done = csv_parse(parser, data + at, n, on_cell, on_record, r);
		if (done != n && !r->err) {
			if (csv_error(parser) == CSV_ENOMEM)
				return -ENOMEM;
			return diag_error(r->path, r->line, (unsigned)done + 1, NULL,
					  "a quote in the wrong place");
		}
		/* A blank line ends no record but holds none either. */
		if (r->n_cells == 0 && parser->pstate == 0)
			r->record_line = 0;
		at += n;
	}
	if (!r->err && csv_fini(parser, on_cell, on_record, r)) {
		if (csv_error(parser) == CSV_ENOMEM)
			return -ENOMEM;
		return diag_error(r->path, r->record_line, 0, NULL,
				  "a quote is opened here and never closed");
	}
	return r->err;
}

int csv_table_read(const char *path, const char *const *columns, size_t n_columns,
		   csv_record_fn record, void *ctx)
{
	struct reader r = {.path = path,
			   .columns = columns,
			   .n_columns = n_columns,
			   .record = record,
			   .ctx = ctx,
			   .line = 1};
	struct csv_parser parser;
	bool have_parser = false;
	char *data;
	size_t len, skip;
	int err;

	diag_begin();
	err = file_read(path, CSV_FILE_MAX, &data, &len);
	if (err)
		return err;
	err = text_check(path, data, len);
	if (!err)
		err = check_line_ends(path, data, len);
	if (err)
		goto out;
	r.offsets = calloc(n_columns, sizeof(*r.offsets));
	r.cells = calloc(n_columns, sizeof(*r.cells));
	if (!r.offsets || !r.cells ||
	    csv_init(&parser, CSV_STRICT | CSV_STRICT_FINI | CSV_APPEND_NULL)) {
		err = -ENOMEM;
		goto out;
	}
	have_parser = true;
	csv_set_blk_size(&parser, 4096);
	skip = len >= 3 && memcmp(data, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
	err = parse(&r, &parser, data + skip, len - skip);
	if (!err && !r.have_header)
		err = diag_error(path, 1, 0, NULL, "empty file; the header line is missing");
	if (!err && r.faulty)
		err = -EINVAL;
out:
	if (err == -ENOMEM)
		diag_error(path, r.line, 0, NULL, "out of memory");
	if (have_parser)
		csv_free(&parser);
	free(r.offsets);
	free(r.cells);
	free(r.text);
	free(data);
	return err;
}
