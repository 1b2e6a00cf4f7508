// SPDX-License-Identifier: GPL-2.0-only
/* What is streamed is, byte for byte, what jansson writes of the same value. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../loader/output/json.h"
#include "../../loader/output/json_stream.h"
#include "../../loader/output/stats.h"

static char *text_of(void (*write)(struct json_stream *json, const void *arg), const void *arg,
		     bool pretty)
{
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	struct json_stream json = {.out = out, .pretty = pretty};

	write(&json, arg);
	fclose(out);
	return text;
}

/* Written by jansson after reading it, it must be the same; and it must be one line, or end in one.
 */
static void expect_canonical(void (*write)(struct json_stream *json, const void *arg),
			     const void *arg)
{
	for (int pretty = 0; pretty < 2; pretty++) {
		char *text = text_of(write, arg, pretty), *again;
		json_t *value = json_loads(text, 0, NULL);
		size_t size;
		FILE *out = open_memstream(&again, &size);

		assert_non_null(value);
		assert_int_equal(json_write(value, pretty, out), 0);
		fclose(out);
		assert_string_equal(text, again);
		free(text);
		free(again);
	}
}

static void write_shapes(struct json_stream *json, const void *arg)
{
	const struct xe_counter counter = {UINT64_MAX, 1};

	(void)arg;
	json_stream_open(json, '{');
	json_stream_key(json, "empty list");
	json_stream_open(json, '[');
	json_stream_close(json, ']');
	json_stream_key(json, "empty object");
	json_stream_open(json, '{');
	json_stream_close(json, '}');
	json_stream_key(json, "list");
	json_stream_open(json, '[');
	json_stream_count(json, 0);
	json_stream_count(json, 1234567890123456789u);
	json_stream_bool(json, true);
	json_stream_open(json, '[');
	json_stream_open(json, '{');
	json_stream_key(json, "none");
	json_stream_text(json, NULL);
	json_stream_close(json, '}');
	json_stream_open(json, '{');
	json_stream_close(json, '}');
	json_stream_close(json, ']');
	json_stream_bool(json, false);
	json_stream_close(json, ']');
	json_stream_key(json, "counter");
	json_stream_counter(json, &counter);
	json_stream_close(json, '}');
}

static void test_shapes(void **state)
{
	char *text = text_of(write_shapes, NULL, false);

	(void)state;
	assert_string_equal(
		text, "{\"empty list\":[],\"empty object\":{},\"list\":[0,1234567890123456789,"
		      "true,[{\"none\":null},{}],false],\"counter\":{\"packets\":"
		      "9223372036854775807,\"bytes\":1}}\n");
	free(text);
	expect_canonical(write_shapes, NULL);
}

static void write_rates(struct json_stream *json, const void *arg)
{
	static const double rates[] = {
		0,	1,   1234567890, 0.5,	  0.25,	  0.125, 0.001, 0.0004,
		0.0005, 8.7, 99.999,	 99.9996, 10.010, 1e300, NAN,	7,
	};

	(void)arg;
	json_stream_open(json, '[');
	for (size_t i = 0; i < sizeof(rates) / sizeof(*rates); i++)
		json_stream_rate(json, rates[i]);
	json_stream_close(json, ']');
}

/* Three decimals, rounded; no more digits than are needed. */
static void test_rates(void **state)
{
	char *text = text_of(write_rates, NULL, false);

	(void)state;
	assert_string_equal(text, "[0,1,1234567890,0.5,0.25,0.125,0.001,0,0.001,8.7,99.999,100,"
				  "10.01,9223372036854775.808,null,7]\n");
	free(text);
}

static void write_text(struct json_stream *json, const void *arg)
{
	json_stream_open(json, '[');
	json_stream_text(json, arg);
	json_stream_close(json, ']');
}

/* Every byte between two others, every kind of character, and what is no character. */
static void test_texts(void **state)
{
	static const char *const texts[] = {
		"",
		"plain",
		"\"\\/\b\f\n\r\t",
		"\x1b[31m\x7f",
		"\xc3\xa4\xe2\x80\xae\xef\xbf\xbd",
		"\xf0\x9f\x98\x80",
		"\xf4\x8f\xbf\xbf",
		"\xed\xa0\x80",
		"\xc3",
		"a\xffz\xc0\x80",
		"\xf0\x9f",
	};
	char bytes[4] = "a?z";

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts) + 255; i++) {
		const char *text = bytes;
		json_t *list;
		char *streamed;

		if (i < 255)
			bytes[1] = (char)(i + 1);
		else
			text = texts[i - 255];
		streamed = text_of(write_text, text, false);
		list = json_loads(streamed, 0, NULL);
		assert_non_null(list);
		/* as json_text() takes it */
		{
			json_t *wanted = json_text(text);

			assert_true(json_equal(json_array_get(list, 0), wanted));
			json_decref(wanted);
		}
		json_decref(list);
		free(streamed);
		expect_canonical(write_text, text);
	}
}

#define N_ROWS 3

static void write_stats(struct json_stream *json, const void *arg)
{
	struct xe_interface interfaces[2] = {
		{.name = "wan0", .ifindex = 7, .dispatcher = 1, .sides = 5},
		{.name = "gone"},
	};
	struct xe_row rows[N_ROWS] = {
		{.id = "a/b/1", .role = "r\xc3\xb6", .l4 = "tcp", .active = 1},
		{.id = "a/b/2", .service = "\"x\"", .l4 = "udp"},
		{.id = "site/rows/gone"},
	};
	struct stats_cell cells[2 * N_ROWS] = {{{1, 2}, {3, 4}, {5, 6}, 7}};
	struct xe_counter misses[2 * XE_MISS_COUNT] = {{8, 9}};
	const struct snapshot snapshot = {
		.generation = 4294967295,
		.interfaces = interfaces,
		.n_interfaces = 2,
		.rows = rows,
		.n_rows = N_ROWS,
		.cells = cells,
		.misses = misses,
	};

	assert_int_equal(stats_json_write(&snapshot, arg, json->pretty, json->out), 0);
}

static void test_stats(void **state)
{
	(void)state;
	for (enum stats_by by = 0; by < BY_COUNT; by++) {
		expect_canonical(write_stats, &(struct stats_view){.by = by});
		expect_canonical(write_stats, &(struct stats_view){.by = by, .nonzero = true});
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shapes),
		cmocka_unit_test(test_rates),
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_stats),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
