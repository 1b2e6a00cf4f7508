// SPDX-License-Identifier: GPL-2.0-only
/* Tables for people: width by wcwidth(), cut where allowed, colour only if asked for. */
#include "table.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

#include "escape.h"

#define GAP	   2 /* columns between cells */
#define SHRINK_MIN 6
#define CELL_MAX   1024 /* bytes of a cell as shown */

struct table_row {
	enum style style;
	char **cells;
};

struct text_table {
	const struct column *columns;
	size_t n_columns;
	struct table_row *rows;
	size_t n_rows, room;
	size_t next; /* column of the next cell */
	enum style style;
	bool failed;
};

struct text_table *table_new(const struct column *columns, size_t n)
{
	struct text_table *table = calloc(1, sizeof(*table));

	if (!table)
		return NULL;
	table->columns = columns;
	table->n_columns = n;
	return table;
}

void table_free(struct text_table *table)
{
	if (!table)
		return;
	for (size_t i = 0; i < table->n_rows; i++) {
		for (size_t j = 0; j < table->n_columns; j++)
			free(table->rows[i].cells[j]);
		free(table->rows[i].cells);
	}
	free(table->rows);
	free(table);
}

static struct table_row *row_begin(struct text_table *table)
{
	struct table_row *row;

	if (table->n_rows == table->room) {
		size_t room = table->room ? 2 * table->room : 32;
		struct table_row *rows = reallocarray(table->rows, room, sizeof(*rows));

		if (!rows)
			return NULL;
		table->rows = rows;
		table->room = room;
	}
	row = &table->rows[table->n_rows];
	row->style = STYLE_PLAIN;
	row->cells = calloc(table->n_columns, sizeof(*row->cells));
	if (!row->cells)
		return NULL;
	table->n_rows++;
	return row;
}

void table_style(struct text_table *table, enum style style)
{
	if (table->next)
		table->rows[table->n_rows - 1].style = style;
	else
		table->style = style;
}

void table_cell(struct text_table *table, const char *text)
{
	char shown[CELL_MAX + sizeof("…")];
	struct table_row *row;

	if (table->failed)
		return;
	if (table->next == 0) {
		row = row_begin(table);
		if (!row) {
			table->failed = true;
			return;
		}
		row->style = table->style;
		table->style = STYLE_PLAIN;
	}
	row = &table->rows[table->n_rows - 1];
	if (escape_terminal(text, strlen(text), shown, CELL_MAX) >= CELL_MAX)
		strcat(shown, "…");
	row->cells[table->next] = strdup(shown);
	if (!row->cells[table->next])
		table->failed = true;
	table->next = (table->next + 1) % table->n_columns;
}

void table_cellf(struct text_table *table, const char *fmt, ...)
{
	char text[CELL_MAX];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	table_cell(table, text);
}

void table_count(struct text_table *table, uint64_t value)
{
	table_cellf(table, "%" PRIu64, value);
}

size_t table_rows(const struct text_table *table)
{
	return table->n_rows;
}

/*
 * Decode one character: bytes used, its width in *width. What is no character is one byte, width
 * 1.
 */
static size_t character(const char *text, int *width)
{
	mbstate_t state = {};
	wchar_t wide;
	size_t used;

	/* nearly all of it */
	if ((unsigned char)*text < 0x80) {
		*width = 1;
		return 1;
	}
	used = mbrtowc(&wide, text, strlen(text), &state);

	if (used == 0 || used > (size_t)-3) {
		*width = 1;
		return 1;
	}
	*width = wcwidth(wide);
	if (*width < 0)
		*width = 1;
	return used;
}

size_t text_width(const char *text)
{
	size_t total = 0;

	while (*text) {
		int width;

		text += character(text, &width);
		total += width;
	}
	return total;
}

size_t text_fit(const char *text, size_t width, size_t *taken)
{
	size_t bytes = 0;

	*taken = 0;
	while (text[bytes]) {
		int columns;
		size_t used = character(text + bytes, &columns);

		if (*taken + columns > width)
			break;
		*taken += columns;
		bytes += used;
	}
	return bytes;
}

static void print_spaces(FILE *out, size_t n)
{
	while (n--)
		putc(' ', out);
}

/* `*gap`: spaces still to come before the next text; a line does not end in spaces. */
static void print_cell(FILE *out, const char *text, size_t width, enum align align, size_t *gap)
{
	size_t columns = text_width(text), bytes = strlen(text);
	bool cut = columns > width;

	if (cut) {
		bytes = text_fit(text, width - 1, &columns);
		columns++;
	}
	if (align == ALIGN_RIGHT)
		*gap += width - columns;
	if (bytes) {
		print_spaces(out, *gap);
		*gap = 0;
	}
	fwrite(text, 1, bytes, out);
	if (cut)
		fputs("…", out);
	if (align == ALIGN_LEFT)
		*gap += width - columns;
	*gap += GAP;
}

/* Take columns from the widest cells that may be cut until all fit, or none may be cut any more. */
static void widths_shrink(const struct text_table *table, size_t *widths, unsigned limit)
{
	size_t total = GAP * (table->n_columns - 1);

	for (size_t i = 0; i < table->n_columns; i++)
		total += widths[i];
	for (; total > limit; total--) {
		size_t *widest = NULL;

		for (size_t i = 0; i < table->n_columns; i++)
			if (table->columns[i].shrink && widths[i] > SHRINK_MIN &&
			    (!widest || widths[i] > *widest))
				widest = &widths[i];
		if (!widest)
			return;
		(*widest)--;
	}
}

static const char *style_code(enum style style)
{
	switch (style) {
	case STYLE_DIM:
		return "\033[2m";
	case STYLE_BOLD:
		return "\033[1m";
	case STYLE_WARN:
		return "\033[33m";
	default:
		return NULL;
	}
}

static void print_styled(FILE *out, const struct text_table *table, const size_t *widths,
			 enum style style, bool colour, char *const *cells)
{
	const char *code = colour ? style_code(style) : NULL;
	size_t gap = 0;

	if (code)
		fputs(code, out);
	for (size_t i = 0; i < table->n_columns; i++) {
		const char *text = cells ? cells[i] : table->columns[i].title;

		print_cell(out, text ? text : "", widths[i], table->columns[i].align, &gap);
	}
	if (code)
		fputs("\033[0m", out);
	putc('\n', out);
}

int table_print(const struct text_table *table, FILE *out, unsigned width, bool colour)
{
	size_t *widths;

	if (table->failed)
		return -ENOMEM;
	widths = calloc(table->n_columns, sizeof(*widths));
	if (!widths)
		return -ENOMEM;
	for (size_t i = 0; i < table->n_columns; i++)
		widths[i] = text_width(table->columns[i].title);
	for (size_t i = 0; i < table->n_rows; i++) {
		for (size_t j = 0; j < table->n_columns; j++) {
			const char *text = table->rows[i].cells[j];
			size_t columns = text ? text_width(text) : 0;

			if (columns > widths[j])
				widths[j] = columns;
		}
	}
	if (width)
		widths_shrink(table, widths, width);

	print_styled(out, table, widths, STYLE_BOLD, colour, NULL);
	for (size_t i = 0; i < table->n_rows; i++)
		print_styled(out, table, widths, table->rows[i].style, colour,
			     table->rows[i].cells);
	free(widths);
	return 0;
}

unsigned terminal_width(FILE *out)
{
	struct winsize size;

	if (!isatty(fileno(out)) || ioctl(fileno(out), TIOCGWINSZ, &size) || !size.ws_col)
		return 0;
	return size.ws_col;
}

bool terminal_colour(FILE *out)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

	return !(no && *no) && isatty(fileno(out)) && term && strcmp(term, "dumb") != 0;
}
