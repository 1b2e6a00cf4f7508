// SPDX-License-Identifier: GPL-2.0-only
/* Columns that fit, and text that fits into them. */
#include "layout.h"

#include <stdio.h>
#include <string.h>

#include "escape.h"
#include "table.h"

#define GAP	   1
#define NAME_MAX   64 /* columns, before others get room */
#define IMPORTANT  7  /* the first so many, the name among them, but for texts */
#define SPARK_MIN  8
#define SPARK_GOOD 20 /* before columns of less importance get room */

/* Columns of the longest name, as far as its bytes tell: those of others would cost more to find.
 */
static unsigned name_width(const struct lines *lines)
{
	size_t most = 0;

	for (size_t i = 0; i < lines->n; i++) {
		size_t len = strlen(lines->v[i].name);

		if (len > most)
			most = len;
	}
	return most < NAME_MAX ? most : NAME_MAX;
}

static bool has(const struct layout *layout, enum line_column column)
{
	for (size_t i = 0; i < layout->n; i++)
		if (layout->v[i].column == column)
			return true;
	return false;
}

/* Add a column if it takes no more than *left leaves above `reserve`. */
static bool add(struct layout *layout, enum line_column column, unsigned reserve, unsigned *left)
{
	unsigned width = column_info(column)->width;

	if (*left < GAP + width + reserve)
		return false;
	layout->v[layout->n++] = (struct column_place){column, 0, width};
	*left -= GAP + width;
	return true;
}

/* `sort` in place of the last ones, until it fits; at worst in place of the sparkline too. */
static void add_sort(struct layout *layout, enum line_column sort, unsigned reserve, unsigned *left)
{
	while (!add(layout, sort, reserve, left)) {
		if (layout->n > 1)
			*left += GAP + layout->v[--layout->n].width;
		else if (reserve)
			reserve = 0;
		else
			return;
	}
}

void layout_fit(const struct lines *lines, const enum line_column *columns, size_t n,
		enum line_column sort, unsigned width, unsigned spark, struct layout *out)
{
	unsigned name = column_info(COLUMN_NAME)->width, wanted = name_width(lines), x;
	unsigned least = spark ? GAP + SPARK_MIN : 0, good = spark ? GAP + SPARK_GOOD : 0;
	unsigned left = width - name;
	size_t next;

	*out = (struct layout){.n = 1, .v = {{COLUMN_NAME, 0, name}}};
	for (next = 1; next < n && next < IMPORTANT && !column_info(columns[next])->is_text; next++)
		if (!add(out, columns[next], least, &left))
			break;
	if (!has(out, sort))
		add_sort(out, sort, least, &left);
	if (wanted > name && left > least) {
		unsigned more = left - least < wanted - name ? left - least : wanted - name;

		out->v[0].width += more;
		left -= more;
	}
	for (; next < n; next++)
		if (!has(out, columns[next]))
			add(out, columns[next], good, &left);
	x = out->v[0].width;
	for (size_t i = 1; i < out->n; i++) {
		out->v[i].x = x + GAP;
		x = out->v[i].x + out->v[i].width;
	}
	out->spark_x = x + GAP;
	out->spark_width = left < GAP + SPARK_MIN ? 0 : left - GAP;
	if (out->spark_width > spark)
		out->spark_width = spark;
}

/* --- text ------------------------------------------------------------------------------------ */

/* `in` is UTF-8 and escaped: what is no ASCII, by number. */
static void only_ascii(const char *in, char *out, size_t size)
{
	size_t len = strlen(in), used = 0;

	for (size_t i = 0; i < len;) {
		char text[16];
		uint32_t code;
		size_t n = utf8_decode(in + i, len - i, &code), k;

		if (!n)
			break;
		k = snprintf(text, sizeof(text), code < 0x80 ? "%c" : "\\u{%x}", (int)code);
		if (used + k >= size)
			break;
		memcpy(out + used, text, k);
		used += k;
		i += n;
	}
	out[used] = '\0';
}

size_t text_cut(const char *text, size_t width, enum cut cut, bool unicode, char *out, size_t size)
{
	char escaped[1024], ascii[1024];
	const char *shown = escaped, *mark = unicode ? "…" : "~";
	size_t total, bytes, taken;

	escape_terminal(text, strlen(text), escaped, sizeof(escaped));
	if (!unicode) {
		only_ascii(escaped, ascii, sizeof(ascii));
		shown = ascii;
	}
	total = text_width(shown);
	if (total <= width) {
		snprintf(out, size, "%s", shown);
		return total;
	}
	if (!width) {
		*out = '\0';
		return 0;
	}
	if (cut == CUT_END) {
		bytes = text_fit(shown, width - 1, &taken);
		snprintf(out, size, "%.*s%s", (int)bytes, shown, mark);
		return taken + 1;
	}
	/* a wide character that is cut in two goes wholly */
	bytes = text_fit(shown, total - (width - 1), &taken);
	if (taken < total - (width - 1))
		bytes = text_fit(shown, total - (width - 1) + 1, &taken);
	snprintf(out, size, "%s%s", mark, shown + bytes);
	return total - taken + 1;
}

size_t text_line(const char *text, size_t width)
{
	size_t taken, fits = text_fit(text, width, &taken), end = fits;

	if (!text[fits])
		return fits;
	while (end && text[end] != ' ')
		end--;
	while (end && text[end - 1] == ' ')
		end--;
	if (end)
		return end;
	/* not even one character: it is shown cut */
	return fits ? fits : strlen(text);
}
