// SPDX-License-Identifier: GPL-2.0-only
/* JSON of any text and any counter is valid, and says what went in. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <errno.h>

#include <cmocka.h>

#include "../../loader/output/json.h"

/* Write and free `value`; the text is to be freed. */
static char *written(json_t *value, bool pretty)
{
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_int_equal(json_write(value, pretty, out), 0);
	fclose(out);
	return text;
}

static void expect(json_t *value, const char *want)
{
	char *text = written(value, false);

	assert_string_equal(text, want);
	free(text);
}

static void test_text(void **state)
{
	(void)state;
	expect(json_text("plain"), "\"plain\"\n");
	expect(json_text(NULL), "null\n");
	expect(json_text("a\"\\\n\033"), "\"a\\\"\\\\\\n\\u001B\"\n");
	expect(json_text("前"), "\"\\u524D\"\n");
	expect(json_text("\xe2\x80\xae"), "\"\\u202E\"\n");
	/* bytes that are no UTF-8: alone, cut, overlong, a surrogate */
	expect(json_text("a\xff"
			 "b"),
	       "\"a\\uFFFDb\"\n");
	expect(json_text("x\xe5\x89"), "\"x\\uFFFD\\uFFFD\"\n");
	expect(json_text("\xc0\xaf"), "\"\\uFFFD\\uFFFD\"\n");
	expect(json_text("\xed\xa0\x80"), "\"\\uFFFD\\uFFFD\\uFFFD\"\n");
	expect(json_text("\xff前"), "\"\\uFFFD\\u524D\"\n");
}

static void test_counters(void **state)
{
	struct xe_counter counter = {.packets = 3, .bytes = 1ull << 40};

	(void)state;
	expect(json_counter(&counter), "{\"packets\":3,\"bytes\":1099511627776}\n");
	expect(json_count(0), "0\n");
	expect(json_count(INT64_MAX), "9223372036854775807\n");
	expect(json_count(UINT64_MAX), "9223372036854775807\n");
}

static void test_pretty_is_the_same_value(void **state)
{
	struct xe_counter counter = {.packets = 1, .bytes = 2};
	char *text = written(json_counter(&counter), true);
	json_t *back = json_loads(text, 0, NULL);

	(void)state;
	assert_non_null(back);
	assert_int_equal(json_integer_value(json_object_get(back, "packets")), 1);
	assert_int_equal(json_integer_value(json_object_get(back, "bytes")), 2);
	assert_non_null(strstr(text, "\n    \"packets\""));
	json_decref(back);
	free(text);
}

static void test_no_value(void **state)
{
	(void)state;
	assert_int_equal(json_write(NULL, false, stdout), -ENOMEM);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_counters),
		cmocka_unit_test(test_pretty_is_the_same_value),
		cmocka_unit_test(test_no_value),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
