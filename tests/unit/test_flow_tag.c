// SPDX-License-Identifier: GPL-2.0-only
/*
 * The hash by which flows are told apart, of plain C: whatever the key is, flows that look much
 * alike have hashes that differ, and fill the sets of a table evenly. Keys and flows are drawn from
 * a fixed seed, so that it says the same every time.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

/* Which set is asked for, in place of a map. */
static uint32_t asked;

static void *test_lookup(void *map, const void *key)
{
	(void)map;
	asked = *(const uint32_t *)key;
	return &asked;
}
#define bpf_map_lookup_elem test_lookup
#include "memory.h"

#define KEYS 200

/* SplitMix64 (Steele and others, 2014). */
static uint64_t drawn(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

/* As object_secret() makes one: odd words. */
static void draw_key(uint64_t *state, __u64 key[4])
{
	for (int i = 0; i < 4; i++)
		key[i] = drawn(state) | 1;
}

static struct flow draw_flow(uint64_t *state, int family)
{
	struct flow flow = {
		.family = (uint8_t)family,
		.proto = IPPROTO_UDP,
		.sport = (uint16_t)drawn(state),
		.dport = (uint16_t)drawn(state),
	};

	if (family == 4) {
		flow.saddr4 = (uint32_t)drawn(state);
		flow.daddr4 = (uint32_t)drawn(state);
	} else {
		flow.saddr6 = (struct addr6){drawn(state), drawn(state)};
		flow.daddr6 = (struct addr6){drawn(state), drawn(state)};
	}
	return flow;
}

static __u64 tag_of(const __u64 *key, const struct flow *flow)
{
	return flow->family == 4 ? flow_tag4(key, flow) : flow_tag6(key, flow);
}

static struct flow turned(const struct flow *flow)
{
	struct flow other = *flow;

	other.saddr4 = flow->daddr4;
	other.daddr4 = flow->saddr4;
	other.saddr6 = flow->daddr6;
	other.daddr6 = flow->saddr6;
	other.sport = flow->dport;
	other.dport = flow->sport;
	return other;
}

/* --- one from another ------------------------------------------------------------------------- */

static void both_directions(void **state)
{
	uint64_t random = 1;
	__u64 key[4];

	(void)state;
	for (int i = 0; i < 2 * KEYS; i++) {
		struct flow flow = draw_flow(&random, i % 2 ? 4 : 6), reply = turned(&flow);
		struct flow crossed = flow;

		draw_key(&random, key);
		assert_true(tag_of(key, &flow) == tag_of(key, &reply));
		assert_true(tag_of(key, &flow) & 1);
		assert_false(tag_of(key, &flow) >> 63);
		/* ends that have each other's ports are others, and so is another protocol */
		crossed.sport = flow.dport;
		crossed.dport = flow.sport;
		if (flow.sport != flow.dport)
			assert_true(tag_of(key, &flow) != tag_of(key, &crossed));
		crossed = flow;
		crossed.proto = IPPROTO_TCP;
		assert_true(tag_of(key, &flow) != tag_of(key, &crossed));
	}
}

/*
 * What one port gains the other loses, as with two streams of a call: by numbers of the wire, and
 * of the host.
 */
static void ports_shifted(int family, uint64_t seed)
{
	unsigned met = 0;
	__u64 key[4];

	for (int k = 0; k < KEYS; k++) {
		struct flow flow = draw_flow(&seed, family), other = flow;
		__u64 tag;

		draw_key(&seed, key);
		tag = tag_of(key, &flow);
		for (unsigned d = 1; d <= UINT16_MAX; d++) {
			if (k % 2) {
				other.sport = (uint16_t)(flow.sport + d);
				other.dport = (uint16_t)(flow.dport - d);
			} else {
				other.sport = bpf_htons((uint16_t)(bpf_ntohs(flow.sport) + d));
				other.dport = bpf_htons((uint16_t)(bpf_ntohs(flow.dport) - d));
			}
			met += tag_of(key, &other) == tag;
		}
	}
	assert_int_equal(met, 0);
}

static void ports_shifted4(void **state)
{
	(void)state;
	ports_shifted(4, 2);
}

static void ports_shifted6(void **state)
{
	(void)state;
	ports_shifted(6, 3);
}

/* The same of addresses, in each of their words. */
static void addresses_shifted(void **state)
{
	uint64_t random = 4;
	__u64 key[4];

	(void)state;
	for (int k = 0; k < KEYS; k++) {
		struct flow v4 = draw_flow(&random, 4), v6 = draw_flow(&random, 6), other;

		draw_key(&random, key);
		for (unsigned d = 1; d < 2048; d++) {
			other = v4;
			other.saddr4 = bpf_htonl(bpf_ntohl(v4.saddr4) + d);
			other.daddr4 = bpf_htonl(bpf_ntohl(v4.daddr4) - d);
			assert_true(tag_of(key, &other) != tag_of(key, &v4));
			other = v6;
			other.saddr6.lo += d;
			other.daddr6.lo -= d;
			assert_true(tag_of(key, &other) != tag_of(key, &v6));
			other = v6;
			other.saddr6.hi += d;
			other.daddr6.hi -= d;
			assert_true(tag_of(key, &other) != tag_of(key, &v6));
		}
	}
}

/* --- in a table ------------------------------------------------------------------------------- */

#define SETS	  1024u
#define FLOWS	  (16 * SETS)
#define SOME_KEYS 40
/*
 * Chi square of SETS - 1 degrees of freedom has that mean and a deviation of sqrt(2 * (SETS - 1)),
 * 45: ten of them above. Of twice as many flows in one half of the sets it would be thousands.
 */
#define UNEVEN (SETS - 1 + 450)

/* The n-th of many flows that are alike. */
static struct flow alike(const struct flow *first, unsigned pattern, unsigned n)
{
	struct flow flow = *first;

	switch (pattern) {
	case 0: /* one client's ports */
		flow.sport = bpf_htons((uint16_t)n);
		break;
	case 1: /* one port of many clients */
		flow.saddr4 = bpf_htonl(bpf_ntohl(first->saddr4) + n);
		flow.saddr6.lo += n;
		break;
	case 2: /* a client of each of many networks */
		flow.saddr4 = bpf_htonl(bpf_ntohl(first->saddr4) + (n << 8));
		flow.saddr6.hi += n;
		break;
	case 3: /* streams of a call */
		flow.sport = bpf_htons((uint16_t)(bpf_ntohs(first->sport) + n));
		flow.dport = bpf_htons((uint16_t)(bpf_ntohs(first->dport) + n));
		break;
	default:
		flow.sport = bpf_htons((uint16_t)(bpf_ntohs(first->sport) + n));
		flow.dport = bpf_htons((uint16_t)(bpf_ntohs(first->dport) - n));
	}
	return flow;
}

#define PATTERNS 5

static uint64_t chi_square(const unsigned in[SETS])
{
	uint64_t squares = 0;

	for (unsigned i = 0; i < SETS; i++)
		squares += (uint64_t)in[i] * in[i];
	return squares * SETS / FLOWS - FLOWS;
}

static void check_even(const __u64 *key, const struct flow *first, unsigned pattern)
{
	unsigned in[MEMORY_SETS][SETS] = {{0}}, between[SETS] = {0};

	for (unsigned n = 0; n < FLOWS; n++) {
		struct flow flow = alike(first, pattern, n);
		__u64 tag = tag_of(key, &flow);
		uint32_t at[MEMORY_SETS];

		for (int i = 0; i < MEMORY_SETS; i++) {
			memory_set(NULL, SETS - 1, tag, i);
			at[i] = asked;
			in[i][asked]++;
		}
		between[(at[0] - at[1]) & (SETS - 1)]++;
	}
	for (int i = 0; i < MEMORY_SETS; i++)
		assert_in_range(chi_square(in[i]), 0, UNEVEN);
	/* Nor does one of its sets tell the other: those that share one would share both. */
	assert_in_range(chi_square(between), 0, UNEVEN);
}

static void sets_even(void **state)
{
	uint64_t random = 5;
	__u64 key[4];

	(void)state;
	for (int k = 0; k < SOME_KEYS; k++) {
		struct flow first = draw_flow(&random, k % 2 ? 4 : 6);

		draw_key(&random, key);
		for (unsigned pattern = 0; pattern < PATTERNS; pattern++)
			check_even(key, &first, pattern);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_directions), cmocka_unit_test(ports_shifted4),
		cmocka_unit_test(ports_shifted6),  cmocka_unit_test(addresses_shifted),
		cmocka_unit_test(sets_even),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
