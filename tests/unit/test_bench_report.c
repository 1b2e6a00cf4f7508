// SPDX-License-Identifier: GPL-2.0-only
/* What a benchmark's report makes of its figures: medians, summaries, and the shape of its JSON. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "output/bench_report.h"

static void medians(void **state)
{
	double one[] = {7}, odd[] = {9, 1, 5}, even[] = {8, 2, 100, 4};

	(void)state;
	assert_true(bench_median(one, 1) == 7);
	assert_true(bench_median(odd, 3) == 5);
	assert_true(bench_median(even, 4) == 6);
}

/* Hits of both families, a miss, a trace, and one that was measured in the other verdict only. */
static struct bench_case cases[] = {
	{.name = "a ipv4",
	 .kind = "row",
	 .row = "a",
	 .family = 4,
	 .hit = true,
	 .measured = {true, true},
	 .figures = {{10, 20, 25, 30, 1.5, 20, 0}, {11, 21, 26, 42, 2, 31, 0}}},
	{.name = "b ipv4",
	 .kind = "row",
	 .row = "b",
	 .family = 4,
	 .hit = true,
	 .measured = {true},
	 .figures = {{12, 24, 25, 60, 2.5, 48, 0}}},
	{.name = "c ipv6",
	 .kind = "row",
	 .row = "c",
	 .family = 6,
	 .hit = true,
	 .measured = {false, true},
	 .figures = {{}, {10, 20, 30, 80, 4, 70, 0}}},
	{.name = "foreign ipv4",
	 .kind = "miss",
	 .miss = "foreign",
	 .family = 4,
	 .measured = {true, true},
	 .figures = {{1, 2, 3, 4, 90, 90, 0}, {1, 2, 3, 4, 90, 90, 0}}},
	{.name = "random ipv4 n0",
	 .kind = "trace",
	 .family = 4,
	 .hit = true,
	 .tuples = 16384,
	 .atoms = 9,
	 .measured = {true, true},
	 .figures = {{1, 2, 3, 4, 70, 70, 5}, {1, 2, 3, 4, 70, 70, 5}}},
	{.name = "d ipv6", .kind = "row", .row = "d", .family = 6, .why_not = "there is none"},
	/* features: in the summary only by their aim */
	{.name = "state: tcp ipv4",
	 .kind = "feature",
	 .family = 4,
	 .aim = AIM_STATE,
	 .measured = {true},
	 .figures = {{1, 2, 3, 4, 1.5, 1, 0}, {1, 2, 3, 4, 99, 1, 0}}},
	{.name = "state: udp ipv4",
	 .kind = "feature",
	 .family = 4,
	 .aim = AIM_STATE,
	 .measured = {true},
	 .figures = {{1, 2, 3, 4, 1.75, 1, 0}}},
	{.name = "state: udp ipv6",
	 .kind = "feature",
	 .family = 6,
	 .aim = AIM_STATE,
	 .measured = {true},
	 .figures = {{1, 2, 3, 4, 1.25, 1, 0}}},
	{.name = "state: unmatched ipv6",
	 .kind = "feature",
	 .family = 6,
	 .aim = AIM_DROP,
	 .measured = {false, true},
	 .figures = {{}, {1, 2, 3, 4, 1.25, 1, 0}}},
};

static struct bench_report report = {.cases = cases, .n_cases = sizeof(cases) / sizeof(cases[0])};

static void summaries(void **state)
{
	struct bench_summary s;

	(void)state;
	assert_true(bench_summary(&report, 4, VERDICT_PASS, &s));
	assert_true(s.pass_ns == 11 && s.count_ns == 22 && s.ratio == 2 && s.added_ns == 34);
	assert_true(bench_summary(&report, 4, VERDICT_DROP, &s));
	assert_true(s.pass_ns == 11 && s.ratio == 2 && s.added_ns == 31);
	assert_false(bench_summary(&report, 6, VERDICT_PASS, &s));
	assert_true(bench_summary(&report, 6, VERDICT_DROP, &s));
	assert_true(s.ratio == 4);
	/* both families */
	assert_true(bench_summary(&report, 0, VERDICT_DROP, &s));
	assert_true(s.ratio == 3);
}

/* Of the verdict that was measured, and of no other aim. */
static void aims(void **state)
{
	double ratio = 0;

	(void)state;
	assert_true(bench_aim_ratio(&report, AIM_STATE, 0, &ratio));
	assert_true(ratio == 1.5);
	assert_true(bench_aim_ratio(&report, AIM_STATE, 4, &ratio));
	assert_true(ratio == 1.625);
	assert_true(bench_aim_ratio(&report, AIM_STATE, 6, &ratio));
	assert_true(ratio == 1.25);
	assert_true(bench_aim_ratio(&report, AIM_DROP, 6, &ratio));
	assert_true(ratio == 1.25);
	assert_false(bench_aim_ratio(&report, AIM_DROP, 4, &ratio));
}

/* What the table ends with. */
static void table(void **state)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	(void)state;
	assert_int_equal(bench_table(&report, out, 0, false), 0);
	fclose(out);
	assert_non_null(strstr(text, "\npackets of known flows, enforce with state: "
				     "IPv4 1.62, IPv6 1.25 x parse and count\n"));
	assert_non_null(strstr(
		text, "\ndrop of a packet that nothing allows: IPv6 1.25 x parse and count\n"));
	free(text);
}

static double number_at(json_t *value, const char *object, const char *key)
{
	json_t *number = json_object_get(json_object_get(value, object), key);

	assert_true(json_is_number(number));
	return json_number_value(number);
}

static void json(void **state)
{
	json_t *value = bench_json(&report), *list;

	(void)state;
	assert_non_null(value);
	assert_true(number_at(value, "floor", "pass_ns") == 11);
	assert_true(number_at(value, "floor", "count_ns") == 22);
	assert_true(number_at(value, "summary", "ipv4_ratio") == 2);
	assert_true(number_at(value, "summary", "ipv4_added_ns") == 34);
	assert_true(json_is_null(json_object_get(json_object_get(value, "summary"), "ipv6_ratio")));
	assert_true(number_at(value, "summary", "state_ratio") == 1.5);
	assert_true(number_at(value, "summary", "drop_ratio") == 1.25);
	/* a case for each verdict that was measured */
	list = json_object_get(value, "cases");
	assert_int_equal(json_array_size(list), 2 + 1 + 1 + 2 + 2 + 4);
	assert_string_equal(json_string_value(json_object_get(json_array_get(list, 1), "verdict")),
			    "drop");
	assert_true(json_is_null(json_object_get(json_array_get(list, 4), "row")));
	list = json_object_get(value, "not_measured");
	assert_int_equal(json_array_size(list), 1);
	assert_string_equal(json_string_value(json_object_get(json_array_get(list, 0), "reason")),
			    "there is none");
	json_decref(value);
}

/* Negative figures are numbers, not what a spreadsheet would take for a formula. */
static void csv(void **state)
{
	struct bench_case odd = {.name = "=x",
				 .kind = "row",
				 .measured = {true},
				 .figures = {{10, 20, 8, 8, 0.4, -2, 0}}};
	struct bench_report of = {.cases = &odd, .n_cases = 1};
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	(void)state;
	bench_csv(&of, out);
	fclose(out);
	assert_non_null(strstr(text, ",10.00,20.00,8.00,8.00,0.40,-2.00,0.00,0,0,"));
	assert_non_null(strstr(text, "\n\"'=x\",row,"));
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(medians), cmocka_unit_test(summaries), cmocka_unit_test(aims),
		cmocka_unit_test(table),   cmocka_unit_test(json),	cmocka_unit_test(csv),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
