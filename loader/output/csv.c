// SPDX-License-Identifier: GPL-2.0-only
/* CSV cells. */
#include "csv.h"

#include <inttypes.h>
#include <string.h>

#include "escape.h"

static void cell_begin(struct csv_writer *csv)
{
	if (csv->column++)
		putc(',', csv->out);
}

void csv_text(struct csv_writer *csv, const char *text)
{
	char shown[1024];

	cell_begin(csv);
	escape_terminal(text, strlen(text), shown, sizeof(shown));
	if (*shown && strchr("=+-@", *shown)) {
		fputs("\"'", csv->out);
	} else if (strpbrk(shown, ",\"\r\n")) {
		putc('"', csv->out);
	} else {
		fputs(shown, csv->out);
		return;
	}
	for (const char *c = shown; *c; c++) {
		if (*c == '"')
			putc('"', csv->out);
		putc(*c, csv->out);
	}
	putc('"', csv->out);
}

void csv_count(struct csv_writer *csv, uint64_t value)
{
	cell_begin(csv);
	fprintf(csv->out, "%" PRIu64, value);
}

void csv_line_end(struct csv_writer *csv)
{
	putc('\n', csv->out);
	csv->column = 0;
}

void csv_titles(struct csv_writer *csv, const char *const *titles)
{
	for (; *titles; titles++)
		csv_text(csv, *titles);
	csv_line_end(csv);
}
