// SPDX-License-Identifier: GPL-2.0-only
/* Tables and CSV: widths, alignment, cutting, what hostile text may not do. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <locale.h>

#include <cmocka.h>

#include "../../loader/output/csv.h"
#include "../../loader/output/table.h"

static const struct column columns[] = {
	{"NAME", ALIGN_LEFT, true},
	{"N", ALIGN_RIGHT, false},
	{"NOTE", ALIGN_LEFT, true},
};

static struct text_table *make(void)
{
	struct text_table *table = table_new(columns, 3);

	assert_non_null(table);
	return table;
}

/* Print and free; the text is to be freed. */
static char *printed(struct text_table *table, unsigned width, bool colour)
{
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	assert_int_equal(table_print(table, out, width, colour), 0);
	fclose(out);
	table_free(table);
	return text;
}

static void expect(struct text_table *table, unsigned width, bool colour, const char *want)
{
	char *got = printed(table, width, colour);

	assert_string_equal(got, want);
	free(got);
}

static void test_aligned(void **state)
{
	struct text_table *table = make();

	(void)state;
	table_cell(table, "a");
	table_count(table, 7);
	table_cell(table, "first");
	table_cell(table, "longer");
	table_count(table, 12345);
	table_cell(table, "");
	assert_int_equal(table_rows(table), 2);
	expect(table, 0, false,
	       "NAME        N  NOTE\n"
	       "a           7  first\n"
	       "longer  12345\n");
}

static void test_wide_characters(void **state)
{
	struct text_table *table = make();

	(void)state;
	assert_int_equal(text_width("前端"), 4);
	assert_int_equal(text_width("é"), 1);
	assert_int_equal(text_width("e\xcc\x81"), 1); /* combining acute */
	table_cell(table, "前端伺服器");
	table_count(table, 1);
	table_cell(table, "x");
	table_cell(table, "abc");
	table_count(table, 2);
	table_cell(table, "y");
	expect(table, 0, false,
	       "NAME        N  NOTE\n"
	       "前端伺服器  1  x\n"
	       "abc         2  y\n");
}

static void test_cut_to_width(void **state)
{
	struct text_table *table = make();
	char *text;

	(void)state;
	table_cell(table, "short");
	table_count(table, 1234567);
	table_cell(table, "a note that is far too long for this terminal");
	text = printed(table, 30, false);
	assert_string_equal(text, "NAME         N  NOTE\n"
				  "short  1234567  a note that i…\n");
	free(text);
}

static void test_cut_keeps_wide_characters_whole(void **state)
{
	struct text_table *table = make();

	(void)state;
	table_cell(table, "x");
	table_count(table, 1);
	table_cell(table, "一二三四五六七八九十");
	/* 4 + 2 + 1 + 2 leaves 10 columns: four characters of 2 and the ellipsis, 9 */
	expect(table, 19, false,
	       "NAME  N  NOTE\n"
	       "x     1  一二三四…\n");
}

static void test_columns_that_may_not_be_cut(void **state)
{
	struct text_table *table = make();

	(void)state;
	table_cell(table, "12345678901234");
	table_count(table, UINT64_MAX);
	table_cell(table, "n");
	/* NAME gives way to 6 columns and no further; numbers are never cut */
	expect(table, 10, false,
	       "NAME                       N  NOTE\n"
	       "12345…  18446744073709551615  n\n");
}

static void test_hostile_text(void **state)
{
	struct text_table *table = make();
	char *big = malloc(5001), *text;

	(void)state;
	memset(big, 'A', 5000);
	big[5000] = '\0';
	table_cell(table, "\033]0;owned\a\r\n\tx");
	table_count(table, 1);
	table_cell(table, "a\xe2\x80\xae"
			  "b\x9b"
			  "31m");
	table_cell(table, big);
	table_count(table, 2);
	table_cell(table, "%n%s");
	text = printed(table, 0, false);
	for (const char *c = text; *c; c++)
		assert_true((unsigned char)*c >= 0x20 || *c == '\n');
	assert_null(strstr(text, "\xe2\x80\xae"));
	assert_null(strchr(text, '\x9b'));
	assert_non_null(strstr(text, "\\x1b]0;owned\\x07\\x0d\\x0a\\x09x"));
	assert_non_null(strstr(text, "%n%s"));
	assert_non_null(strstr(text, "AAA…"));
	/* a header and two lines, whatever the cells held */
	assert_int_equal(strchr(strchr(strchr(text, '\n') + 1, '\n') + 1, '\n')[1], '\0');
	free(text);
	free(big);
}

static void test_colour_only_when_asked(void **state)
{
	struct text_table *table = make();

	(void)state;
	table_style(table, STYLE_DIM);
	table_cell(table, "a");
	table_count(table, 1);
	table_cell(table, "b");
	table_cell(table, "c");
	table_count(table, 2);
	table_cell(table, "d");
	expect(table, 0, true,
	       "\033[1mNAME  N  NOTE\033[0m\n"
	       "\033[2ma     1  b\033[0m\n"
	       "c     2  d\n");
}

static void test_no_colour_without_terminal(void **state)
{
	FILE *out = tmpfile();

	(void)state;
	assert_non_null(out);
	assert_false(terminal_colour(out));
	assert_int_equal(terminal_width(out), 0);
	fclose(out);
}

static void expect_csv(const char *cell, const char *want)
{
	char *text;
	size_t size;
	struct csv_writer csv = {.out = open_memstream(&text, &size)};

	csv_text(&csv, "x");
	csv_text(&csv, cell);
	csv_count(&csv, 3);
	csv_line_end(&csv);
	fclose(csv.out);
	assert_int_equal(csv.column, 0);
	assert_memory_equal(text, "x,", 2);
	assert_int_equal(size, strlen(want) + 5);
	assert_memory_equal(text + 2, want, strlen(want));
	assert_string_equal(text + 2 + strlen(want), ",3\n");
	free(text);
}

static void test_csv(void **state)
{
	(void)state;
	expect_csv("plain", "plain");
	expect_csv("", "");
	expect_csv("a,b", "\"a,b\"");
	expect_csv("say \"hi\"", "\"say \"\"hi\"\"\"");
	expect_csv("=1+1", "\"'=1+1\"");
	expect_csv("+1", "\"'+1\"");
	expect_csv("-1", "\"'-1\"");
	expect_csv("@SUM(\"A\")", "\"'@SUM(\"\"A\"\")\"");
	expect_csv("a=b", "a=b");
	expect_csv("a\nb", "a\\x0ab");
	expect_csv("\033[2J", "\\x1b[2J");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_aligned),
		cmocka_unit_test(test_wide_characters),
		cmocka_unit_test(test_cut_to_width),
		cmocka_unit_test(test_cut_keeps_wide_characters_whole),
		cmocka_unit_test(test_columns_that_may_not_be_cut),
		cmocka_unit_test(test_hostile_text),
		cmocka_unit_test(test_colour_only_when_asked),
		cmocka_unit_test(test_no_colour_without_terminal),
		cmocka_unit_test(test_csv),
	};

	if (!setlocale(LC_CTYPE, "C.UTF-8"))
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
