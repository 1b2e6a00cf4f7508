// SPDX-License-Identifier: GPL-2.0-only
/* The program's tables of sets: where a hash goes, and what is found if it stands twice. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "xdp_edge.h"

#define SETS 8u

/* The table, in place of the map. */
static struct xe_set table[SETS];

static void *test_lookup(void *map, const void *key)
{
	(void)map;
	return &table[*(const uint32_t *)key];
}
#define bpf_map_lookup_elem test_lookup
#include "memory.h"

static int setup(void **state)
{
	(void)state;
	memset(table, 0, sizeof(table));
	return 0;
}

/* A word is worth itself. */
static __u64 worth(const void *of, __u64 word)
{
	(void)of;
	return word;
}

static enum memory_put put(__u64 tag, __u64 word)
{
	return memory_insert(NULL, SETS - 1, tag, word, worth, NULL);
}

static struct xe_entry *find(__u64 tag)
{
	return memory_find(NULL, SETS - 1, tag);
}

static unsigned places_of(__u64 tag)
{
	unsigned n = 0;

	for (unsigned set = 0; set < SETS; set++)
		for (unsigned way = 0; way < XE_WAYS; way++)
			n += table[set].way[way].tag == tag;
	return n;
}

/* The first set of `set`, the second of `other`; `n` tells it from its like. */
static __u64 tag_at(unsigned set, unsigned other, unsigned n)
{
	return (__u64)other << 33 | set << 1 | (__u64)n << 10 | 1;
}

/* --- one of several --------------------------------------------------------------------------- */

/* Two CPUs may have put a hash down twice. Of its places one is meant, never a stranger's. */
static void stands_twice(void **state)
{
	const __u64 tag = tag_at(3, 5, 1), full = ~0ull >> 1;

	(void)state;
	for (unsigned ways = 0; ways < 1u << XE_WAYS; ways++) {
		struct xe_entry *found;

		for (unsigned way = 0; way < XE_WAYS; way++)
			table[3].way[way].tag = ways >> way & 1 ? tag : full - way;
		found = find(tag);
		if (!ways) {
			assert_null(found);
			continue;
		}
		assert_non_null(found);
		assert_true(found->tag == tag);
	}
}

/* Hashes that differ by one bit, whichever, are others; nor is an empty place one. */
static void differs_by_a_bit(void **state)
{
	const __u64 tag = tag_at(3, 3, 1);

	(void)state;
	assert_null(find(tag));
	for (unsigned bit = 0; bit < 63; bit++) {
		if ((bit >= 1 && bit < 4) || (bit >= 33 && bit < 36))
			continue; /* another set */
		for (unsigned way = 0; way < XE_WAYS; way++)
			table[3].way[way].tag = tag ^ 1ull << bit;
		assert_null(find(tag));
		table[3].way[bit % XE_WAYS].tag = tag;
		assert_ptr_equal(find(tag), &table[3].way[bit % XE_WAYS]);
	}
}

/* --- where it goes ---------------------------------------------------------------------------- */

/* Its own place of before, wherever that is, though others are free. */
static void own_place_first(void **state)
{
	(void)state;
	for (unsigned way = 0; way < 2 * XE_WAYS; way++) {
		struct xe_set *set = &table[way < XE_WAYS ? 3 : 5];

		for (unsigned n = 0; n < 4; n++) {
			__u64 tag = tag_at(3, 5, 1) | (__u64)n << 60; /* prefers another way */

			setup(NULL);
			set->way[way % XE_WAYS] = (struct xe_entry){.tag = tag, .word = 9};
			assert_int_equal(put(tag, 7), MEMORY_PUT);
			assert_int_equal(places_of(tag), 1);
			assert_int_equal(set->way[way % XE_WAYS].word, 7);
		}
	}
}

/* A set is filled before anybody goes, the second set too; then the least, and what is kept never.
 */
static void fills_then_evicts(void **state)
{
	const unsigned room = MEMORY_SETS * XE_WAYS;
	struct xe_entry *kept;

	(void)state;
	for (unsigned n = 0; n < room; n++)
		assert_int_equal(put(tag_at(3, 5, n), 100 + n), MEMORY_PUT);
	for (unsigned n = 0; n < room; n++) {
		assert_non_null(find(tag_at(3, 5, n)));
		assert_int_equal(find(tag_at(3, 5, n))->word, 100 + n);
	}
	assert_int_equal(put(tag_at(3, 5, room), 999), MEMORY_EVICTED);
	assert_null(find(tag_at(3, 5, 0)));
	kept = find(tag_at(3, 5, 1));
	assert_non_null(kept);
	kept->word = MEMORY_KEEP;
	assert_int_equal(put(tag_at(3, 5, room + 1), 999), MEMORY_EVICTED);
	assert_null(find(tag_at(3, 5, 2)));
	assert_ptr_equal(find(tag_at(3, 5, 1)), kept);
	/* What is worth nothing is free. */
	find(tag_at(3, 5, 6))->word = MEMORY_FREE;
	assert_int_equal(put(tag_at(3, 5, room + 2), 999), MEMORY_PUT);
	assert_null(find(tag_at(3, 5, 6)));
	for (unsigned set = 0; set < SETS; set++)
		for (unsigned way = 0; way < XE_WAYS; way++)
			table[set].way[way].word = MEMORY_KEEP;
	assert_int_equal(put(tag_at(3, 5, room + 3), 1), MEMORY_FULL);
	assert_null(find(tag_at(3, 5, room + 3)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(stands_twice, setup),
		cmocka_unit_test_setup(differs_by_a_bit, setup),
		cmocka_unit_test_setup(own_place_first, setup),
		cmocka_unit_test_setup(fills_then_evicts, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
