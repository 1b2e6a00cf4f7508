// SPDX-License-Identifier: GPL-2.0-only
/* Tables that remember packets, counted part by part. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../loader/output/fill_parts.h"

#define MAP  7
#define SETS (16 * FILL_SETS) /* of the default table: 262144 flows */

/* A table as it is: entries by part. */
static uint64_t table[FILL_PARTS];

/* One reading: how many are alive, as it tells. *counted: parts it looked at. */
static uint64_t read_table(struct fill_parts *parts, uint32_t map, uint32_t sets, uint32_t *counted)
{
	struct fill_due due = fill_parts_due(parts, map, sets);

	*counted = due.end - due.first;
	assert_true(due.end <= due.n && due.n <= FILL_PARTS);
	assert_true((uint64_t)due.n * due.size >= sets && (due.n - 1) * due.size < sets);
	return fill_parts_take(parts, &due, &table[due.first]);
}

static void fill_table(uint64_t each)
{
	for (int i = 0; i < FILL_PARTS; i++)
		table[i] = each;
}

static void test_parts(void **state)
{
	static const struct {
		uint32_t sets, n, size;
	} all[] = {
		{1, 1, FILL_SETS},
		{FILL_SETS, 1, FILL_SETS},
		{FILL_SETS + 1, 2, FILL_SETS},
		{SETS, 16, FILL_SETS},
		{1u << 19, 64, FILL_SETS},
		{1u << 25, 64, 1u << 19},
		{(1u << 25) + 1, 64, (1u << 19) + 1},
	};
	const struct fill_parts nothing = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++) {
		struct fill_due due = fill_parts_due(&nothing, MAP, all[i].sets);

		assert_int_equal(due.n, all[i].n);
		assert_int_equal(due.size, all[i].size);
		assert_int_equal(due.first, 0);
		assert_int_equal(due.end, due.n);
	}
}

static void test_a_small_table_is_counted_whole_each_time(void **state)
{
	struct fill_parts parts = {0};
	uint32_t counted;

	(void)state;
	for (uint64_t n = 0; n < 5; n++) {
		fill_table(n * 700);
		assert_int_equal(read_table(&parts, MAP, FILL_SETS, &counted), n * 700);
		assert_int_equal(counted, 1);
	}
}

/* Few flows of a large table: never 0, and whole again after one round. */
static void test_few_of_many(void **state)
{
	struct fill_parts parts = {0};
	uint32_t counted;

	(void)state;
	fill_table(0);
	table[11] = 3;
	assert_int_equal(read_table(&parts, MAP, SETS, &counted), 3);
	assert_int_equal(counted, 16);
	for (int i = 0; i < 100; i++) {
		assert_int_equal(read_table(&parts, MAP, SETS, &counted), 3);
		assert_int_equal(counted, 1);
	}
	table[2] = 40;
	table[11] = 1;
	for (int i = 0; i < 15; i++)
		read_table(&parts, MAP, SETS, &counted);
	assert_int_equal(read_table(&parts, MAP, SETS, &counted), 41);
}

/* A flood shows at once, and its end with the next reading but one. */
static void test_a_flood(void **state)
{
	struct fill_parts parts = {0};
	uint32_t counted;

	(void)state;
	fill_table(2);
	assert_int_equal(read_table(&parts, MAP, SETS, &counted), 32);
	fill_table(16000);
	assert_int_equal(read_table(&parts, MAP, SETS, &counted), 16 * 16000);
	assert_int_equal(counted, 1);
	fill_table(4000);
	assert_int_equal(read_table(&parts, MAP, SETS, &counted), 16 * 4000);
	fill_table(0);
	table[9] = 1;
	read_table(&parts, MAP, SETS, &counted);
	assert_int_equal(read_table(&parts, MAP, SETS, &counted), 1);
	assert_int_equal(counted, 16);
	read_table(&parts, MAP, SETS, &counted);
	assert_int_equal(counted, 1);
}

/* About as many as tell: it is not counted whole again and again. */
static void test_on_the_edge(void **state)
{
	struct fill_parts parts = {0};
	uint32_t counted;

	(void)state;
	fill_table(FILL_MANY);
	read_table(&parts, MAP, SETS, &counted);
	for (int i = 0; i < 200; i++) {
		uint64_t told;

		fill_table(FILL_MANY + (i % 3 - 1) * 60);
		told = read_table(&parts, MAP, SETS, &counted);
		assert_int_equal(counted, 1);
		assert_in_range(told, 16 * (FILL_MANY - 60), 16 * (FILL_MANY + 60));
	}
}

/* A flood that told the other parts, small or not, is soon over for all of them. */
static void test_a_small_flood_ends(void **state)
{
	struct fill_parts parts = {0};
	uint32_t counted;

	(void)state;
	fill_table(2 * FILL_MANY - 100);
	read_table(&parts, MAP, SETS, &counted);
	read_table(&parts, MAP, SETS, &counted);
	fill_table(0);
	read_table(&parts, MAP, SETS, &counted);
	assert_int_equal(read_table(&parts, MAP, SETS, &counted), 0);
}

/* A reload that made the table anew; what is kept of the old one means nothing. */
static void test_another_table(void **state)
{
	struct fill_parts parts = {0};
	uint32_t counted;

	(void)state;
	fill_table(50);
	read_table(&parts, MAP, SETS, &counted);
	fill_table(1);
	assert_int_equal(read_table(&parts, MAP + 1, SETS, &counted), 16);
	assert_int_equal(counted, 16);
	assert_int_equal(read_table(&parts, MAP, 2 * SETS, &counted), 32);
	assert_int_equal(counted, 32);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parts),
		cmocka_unit_test(test_a_small_table_is_counted_whole_each_time),
		cmocka_unit_test(test_few_of_many),
		cmocka_unit_test(test_a_flood),
		cmocka_unit_test(test_on_the_edge),
		cmocka_unit_test(test_a_small_flood_ends),
		cmocka_unit_test(test_another_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
