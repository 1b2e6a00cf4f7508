// SPDX-License-Identifier: GPL-2.0-only
/* What fits on a terminal: columns, foreign text, sparklines. */
#include <locale.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "../../loader/output/layout.h"
#include "../../loader/output/spark.h"
#include "../../loader/output/table.h"

/* --- columns --------------------------------------------------------------------------------- */

static struct layout fit(enum lines_of of, const char *name, enum line_column sort, unsigned width,
			 unsigned spark)
{
	struct line line = {};
	struct lines lines = {.v = &line, .n = 1};
	struct layout layout;
	size_t n;
	const enum line_column *columns = lines_columns(of, &n);

	snprintf(line.name, sizeof(line.name), "%s", name);
	layout_fit(&lines, columns, n, sort, width, spark, &layout);
	return layout;
}

static bool shows(const struct layout *layout, enum line_column column)
{
	for (size_t i = 0; i < layout->n; i++)
		if (layout->v[i].column == column)
			return true;
	return false;
}

/* At any width, in any order: nothing overlaps or is twice, the column sorted by is there. */
static void test_any_width(void **state)
{
	(void)state;
	for (unsigned width = 20; width < 300; width++) {
		for (enum lines_of of = 0; of < LINES_COUNT; of++) {
			size_t n;
			const enum line_column *columns = lines_columns(of, &n);

			for (size_t i = 0; i < n; i++) {
				struct layout l = fit(of, "a-name-that-is-not-short/at/all",
						      columns[i], width, 60);
				unsigned end = 0;

				assert_true(shows(&l, columns[i]) || width < 40);
				assert_int_equal(l.v[0].column, COLUMN_NAME);
				for (size_t j = 0; j < l.n; j++) {
					assert_true(!j || l.v[j].x > end);
					end = l.v[j].x + l.v[j].width;
					for (size_t k = 0; k < j; k++)
						assert_true(l.v[k].column != l.v[j].column);
				}
				if (l.spark_width) {
					assert_true(l.spark_x > end);
					end = l.spark_x + l.spark_width;
				}
				assert_true(end <= width);
				assert_true(l.spark_width <= 60);
			}
		}
	}
}

static void test_usual_widths(void **state)
{
	static const char id[] = "lync2013-edge-nat/external/12";
	struct layout l = fit(LINES_ROWS, id, COLUMN_PACKET_RATE, 80, 60);

	(void)state;
	/* an id of the Edge's tables is whole at 80 columns, beside what is asked for most */
	assert_int_equal(l.v[0].width, strlen(id));
	assert_true(shows(&l, COLUMN_PACKET_RATE) && shows(&l, COLUMN_BIT_RATE) &&
		    shows(&l, COLUMN_REPLY_RATE) && shows(&l, COLUMN_NEW_RATE) &&
		    shows(&l, COLUMN_PACKETS));
	assert_int_equal(l.spark_width, 8);
	l = fit(LINES_ROWS, id, COLUMN_PACKET_RATE, 240, 60);
	assert_true(shows(&l, COLUMN_PORTS) && shows(&l, COLUMN_ROLE) &&
		    shows(&l, COLUMN_SERVICE) && shows(&l, COLUMN_BYTES));
	assert_true(l.spark_width >= 20);
	/* what is not there takes no room */
	l = fit(LINES_ROWS, "x", COLUMN_PACKET_RATE, 80, 0);
	assert_int_equal(l.spark_width, 0);
	assert_true(shows(&l, COLUMN_PORTS));
}

/* --- text ------------------------------------------------------------------------------------ */

static const char *cut(const char *text, size_t width, enum cut side, bool unicode)
{
	static char out[512];
	size_t taken = text_cut(text, width, side, unicode, out, sizeof(out));

	assert_int_equal(taken, text_width(out));
	assert_true(taken <= width);
	return out;
}

static void test_cut(void **state)
{
	(void)state;
	assert_string_equal(cut("wan0", 4, CUT_END, true), "wan0");
	assert_string_equal(cut("wan0", 3, CUT_END, true), "wa…");
	assert_string_equal(cut("wan0", 3, CUT_END, false), "wa~");
	assert_string_equal(cut("doc/t/12", 5, CUT_BEGINNING, true), "…t/12");
	assert_string_equal(cut("doc/t/12", 5, CUT_BEGINNING, false), "~t/12");
	assert_string_equal(cut("wan0", 1, CUT_END, true), "…");
	assert_string_equal(cut("wan0", 0, CUT_BEGINNING, true), "");
	assert_string_equal(cut("", 0, CUT_END, true), "");
	/* characters of two columns are not cut in two */
	assert_string_equal(cut("語語語語", 8, CUT_END, true), "語語語語");
	assert_string_equal(cut("語語語語", 6, CUT_END, true), "語語…");
	assert_string_equal(cut("語語語語", 6, CUT_BEGINNING, true), "…語語");
	assert_string_equal(cut("語語語語", 5, CUT_BEGINNING, true), "…語語");
	assert_string_equal(cut("語語語語", 4, CUT_BEGINNING, true), "…語");
	assert_string_equal(cut("語x", 40, CUT_END, false), "\\u{8a9e}x");
}

/* Nothing of it moves the cursor, reorders the line or is cut inside an escape. */
static void test_hostile(void **state)
{
	static const char *const texts[] = {
		"a\033[31mb", "\r\n\t", "\xff\xfe", "a\u202eb",	   "\u200f",	    "\x9b",
		"\xc2\x85",   "%n%s%s", "\\u{1}",   "𝕏\U000e0041", "e\u0301\u0301",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		for (size_t width = 0; width < 40; width++) {
			const char *out = cut(texts[i], width, width % 2, width % 4 < 2);

			for (const char *c = out; *c; c++)
				assert_true((unsigned char)*c >= 0x20 && *c != 0x7f);
			assert_null(strstr(out, "\u202e"));
			assert_null(strstr(out, "\u200f"));
			if (width % 4 >= 2)
				for (const char *c = out; *c; c++)
					assert_true((unsigned char)*c < 0x80);
		}
	}
	assert_string_equal(cut("a\033[31mb", 40, CUT_END, true), "a\\x1b[31mb");
	assert_string_equal(cut("a\u202eb", 40, CUT_END, true), "a\\u{202e}b");
}

/* --- lines --------------------------------------------------------------------------------- */

/* The lines of a text, with a bar between. */
static const char *wrapped(const char *text, size_t width)
{
	static char out[256];
	size_t len = 0;

	out[0] = '\0';
	while (*text) {
		size_t n = text_line(text, width);

		assert_true(n > 0);
		len += sprintf(out + len, "%s%.*s", len ? "|" : "", (int)n, text);
		text += n + strspn(text + n, " ");
	}
	return out;
}

static void test_lines(void **state)
{
	(void)state;
	assert_string_equal(wrapped("", 5), "");
	assert_string_equal(wrapped("all of it", 9), "all of it");
	assert_string_equal(wrapped("all of it", 8), "all of|it");
	assert_string_equal(wrapped("all of it", 7), "all of|it");
	assert_string_equal(wrapped("all of it", 6), "all of|it");
	assert_string_equal(wrapped("all of it", 5), "all|of it");
	/* what has no blank is broken where the line ends; blanks are where lines are broken */
	assert_string_equal(wrapped("abcdef gh", 4), "abcd|ef|gh");
	assert_string_equal(wrapped("ab   cd", 4), "ab|cd");
	/* columns, not bytes; and a character wider than the line is not waited for */
	assert_string_equal(wrapped("ééé é", 4), "ééé|é");
	assert_string_equal(wrapped("語語 語", 4), "語語|語");
	assert_string_equal(wrapped("語語", 1), "語語");
}

/* --- sparklines ------------------------------------------------------------------------------ */

static const char *spark(const float *samples, size_t n, uint64_t turn, size_t width, float *most)
{
	static char out[SPARK_BYTES(100)];
	float highest = spark_text(samples, n, turn, width, false, out);

	assert_int_equal(strlen(out), width);
	if (most)
		*most = highest;
	return out;
}

static void test_spark(void **state)
{
	static const float rise[] = {0, 1, 2, 3, 4, 5, 6}, holes[] = {NAN, 6, NAN, 0};
	static const float pairs[] = {2, 4, 0, 0, 8, 4};
	float most;
	char out[SPARK_BYTES(8)];

	(void)state;
	assert_string_equal(spark(rise, 7, 7, 7, &most), "_:-=+*#");
	assert_true(most == 6);
	assert_string_equal(spark(holes, 4, 4, 4, NULL), " # _");
	assert_string_equal(spark(rise, 3, 3, 7, NULL), "    _=#");
	/* the smallest is more than nothing, and equal ones are as high as can be */
	assert_string_equal(spark((const float[]){0, 0.001f, 1000}, 3, 3, 3, NULL), "_.#");
	assert_string_equal(spark((const float[]){5, 5}, 2, 2, 2, NULL), "##");
	assert_string_equal(spark((const float[]){0, 0}, 2, 2, 2, &most), "__");
	assert_true(most == 0);
	assert_string_equal(spark(rise, 7, 7, 0, NULL), "");
	/* two samples a bar: their mean */
	assert_string_equal(spark(pairs, 6, 6, 3, &most), "=_#");
	assert_true(most == 6);
	/* one sample later bars have the same samples as before, and the newest has one */
	assert_string_equal(spark(pairs, 5, 5, 3, &most), "-_#");
	assert_true(most == 8);

	assert_true(spark_text(rise, 7, 7, 7, true, out) == 6);
	assert_string_equal(out, "▁▃▄▅▆▇█");
	assert_int_equal(text_width(out), 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_any_width), cmocka_unit_test(test_usual_widths),
		cmocka_unit_test(test_cut),	  cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_lines),	  cmocka_unit_test(test_spark),
	};

	setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
