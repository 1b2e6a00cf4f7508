// SPDX-License-Identifier: GPL-2.0-only
/* The program's token buckets, beside a token bucket as everybody knows it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

/* The table, in place of the map. */
static struct {
	uint64_t tag, word;
} table[4096][4];
static uint32_t bucket_sets; /* in use - 1 */

static void *test_lookup(void *map, const void *key)
{
	(void)map;
	return table[*(const uint32_t *)key];
}
#define bpf_map_lookup_elem test_lookup
#include "buckets.h"

#define MS     1000000ull
#define SECOND (1000 * MS)

static const __u64 key[4] = {0x9e3779b97f4a7c15, 0xc2b2ae3d27d4eb4f, 0x165667b19e3779f9,
			     0xd6e8feb86659fd93};

static int setup(void **state)
{
	(void)state;
	memset(table, 0, sizeof(table));
	bucket_sets = 4095;
	return 0;
}

static struct xe_limit limit(uint64_t interval, uint64_t burst, uint64_t row)
{
	return (struct xe_limit){
		.interval = interval, .tolerance = (burst - 1) * interval, .key = row};
}

static enum memory_put put;

static int takes(const struct xe_limit *limit, uint32_t source, uint64_t now)
{
	struct flow flow = {.family = 4, .saddr4 = source};

	return limit_take(limit_tag(key, limit, &flow), limit, now, &put);
}

static int takes6(const struct xe_limit *limit, uint64_t hi, uint64_t lo, uint64_t now)
{
	struct flow flow = {.family = 6, .saddr6 = {.hi = hi, .lo = lo}};

	return limit_take(limit_tag(key, limit, &flow), limit, now, &put);
}

static void burst_then_rate(void **state)
{
	struct xe_limit five = limit(20 * MS, 5, 1);
	uint64_t now = 77 * SECOND;

	(void)state;
	for (int i = 0; i < 5; i++)
		assert_true(takes(&five, 1, now));
	assert_false(takes(&five, 1, now));
	assert_false(takes(&five, 1, now + 20 * MS - 1));
	assert_true(takes(&five, 1, now + 20 * MS));
	assert_false(takes(&five, 1, now + 20 * MS));
	/* what was refused cost nothing; full again, and not fuller than full */
	now += 100 * SECOND;
	for (int i = 0; i < 5; i++)
		assert_true(takes(&five, 1, now));
	assert_false(takes(&five, 1, now));
}

static void of_one_packet(void **state)
{
	struct xe_limit one = limit(3600 * SECOND, 1, 1);

	(void)state;
	assert_true(takes(&one, 1, 1));
	assert_false(takes(&one, 1, 3600 * SECOND));
	assert_true(takes(&one, 1, 3600 * SECOND + 1));
}

/* Tokens counted in ns: a full bucket has burst x interval, a packet takes an interval. */
static void as_a_token_bucket(void **state)
{
	uint64_t seed = 42;

	(void)state;
	for (uint32_t source = 1; source <= 50; source++) {
		uint64_t interval = 1 + source * source * 7919;
		uint64_t burst = 1 + source % 9, full = burst * interval, tokens = full;
		struct xe_limit it = limit(interval, burst, 3);
		uint64_t now = SECOND;
		size_t passed = 0;

		for (int i = 0; i < 4000; i++) {
			uint64_t pause;
			int expected;

			seed = seed * 6364136223846793005 + 1442695040888963407;
			pause = (seed >> 33) % (2 * interval);
			now += pause;
			tokens = tokens + pause < full ? tokens + pause : full;
			expected = tokens >= interval;
			tokens -= expected ? interval : 0;
			passed += expected;
			assert_int_equal(takes(&it, source, now), expected);
		}
		assert_in_range(passed, 1000, 3999);
	}
}

static void a_bucket_each(void **state)
{
	struct xe_limit one = limit(SECOND, 1, 1), other = limit(SECOND, 1, 2);

	(void)state;
	assert_true(takes(&one, 1, SECOND));
	assert_false(takes(&one, 1, SECOND));
	assert_true(takes(&one, 2, SECOND));
	assert_true(takes(&other, 1, SECOND));
	assert_false(takes(&other, 1, SECOND));

	/* of IPv6 the network is the source; it is not the IPv4 host of the same number */
	assert_true(takes6(&one, 1, 1, SECOND));
	assert_false(takes6(&one, 1, 2, SECOND));
	assert_true(takes6(&one, 2, 1, SECOND));
	assert_true(takes6(&one, 0x20010db800000001, 1, SECOND));
	assert_true(takes6(&one, 0x20010db800000002, 1, SECOND));
	assert_false(takes6(&one, 0x20010db800000002, 0xffffffffffffffff, SECOND));
}

/* Room for four: what is full again goes without a word, else what is full soonest, counted. */
static void no_room(void **state)
{
	struct xe_limit slow = limit(SECOND, 3, 1);

	(void)state;
	bucket_sets = 0;
	for (uint32_t source = 1; source <= 4; source++) {
		for (uint32_t i = 0; i < (source == 3 ? 1 : 3); i++)
			assert_true(takes(&slow, source, SECOND));
		assert_int_equal(put, MEMORY_PUT);
	}
	assert_true(takes(&slow, 5, SECOND));
	assert_int_equal(put, MEMORY_EVICTED);
	for (uint32_t source = 1; source <= 4; source++)
		if (source != 3)
			assert_false(takes(&slow, source, SECOND));
	/* source 5 gives way now: its bucket misses one token, the others' three */
	assert_true(takes(&slow, 3, SECOND));
	assert_int_equal(put, MEMORY_EVICTED);
	/* behind 2 s source 3's is full again, a free place */
	assert_true(takes(&slow, 6, 2 * SECOND + 1));
	assert_int_equal(put, MEMORY_PUT);
	for (uint32_t source = 1; source <= 4; source++)
		if (source != 3)
			assert_true(takes(&slow, source, 2 * SECOND + 1));
	assert_int_equal(put, MEMORY_PUT);
}

/* A reload that eases a limit is felt at once: what is left of the old one is no bucket of the new.
 */
static void eased(void **state)
{
	struct xe_limit before = limit(3600 * SECOND, 1, 9), after = limit(20 * MS, 2, 9);

	(void)state;
	assert_true(takes(&before, 1, SECOND));
	assert_false(takes(&before, 1, 2 * SECOND));
	assert_true(takes(&after, 1, 2 * SECOND));
	assert_true(takes(&after, 1, 2 * SECOND));
	assert_false(takes(&after, 1, 2 * SECOND));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(burst_then_rate, setup),
		cmocka_unit_test_setup(of_one_packet, setup),
		cmocka_unit_test_setup(as_a_token_bucket, setup),
		cmocka_unit_test_setup(a_bucket_each, setup),
		cmocka_unit_test_setup(no_room, setup),
		cmocka_unit_test_setup(eased, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
