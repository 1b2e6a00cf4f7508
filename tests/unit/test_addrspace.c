// SPDX-License-Identifier: GPL-2.0-only
/*
 * The sweep over prefixes and both tries, against an oracle that asks every prefix whether it holds
 * the address. The walk is the program's (bpf/address.h). Everything follows from fixed seeds.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <arpa/inet.h>

#include <cmocka.h>

#include "../../loader/policy/addrspace.h"
#include "../../bpf/address.h"

/* splitmix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, 2014). */
struct rng {
	uint64_t state;
};

static void rng_seed(struct rng *rng, uint64_t seed)
{
	rng->state = seed;
}

static uint64_t rng_next(struct rng *rng)
{
	uint64_t z = rng->state += 0x9e3779b97f4a7c15ull;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	return z ^ z >> 31;
}

static unsigned rng_below(struct rng *rng, unsigned n)
{
	return rng_next(rng) % n;
}

static bool rng_percent(struct rng *rng, unsigned percent)
{
	return rng_below(rng, 100) < percent;
}

/* --- what is tested: marks, and the trie made of them ------------------------------------------
 */

struct marks {
	int family;
	struct mark *v;
	struct edges {
		u128 first, last;
	} * edges; /* of each mark's prefix */
	size_t n, capacity;
	size_t fillers; /* the first so many only take room */
};

struct trie {
	const struct marks *marks;
	struct intern sets;
	struct addrspace space;
	struct block_builder words;
	struct block block;
};

static unsigned width_of(int family)
{
	return family == 4 ? 32 : 128;
}

static u128 ones(unsigned n)
{
	return n >= 128 ? ~(u128)0 : ((u128)1 << n) - 1;
}

static void add(struct marks *marks, u128 addr, unsigned prefixlen, uint32_t value)
{
	unsigned width = width_of(marks->family);
	struct mark mark = {
		.prefix = {.family = marks->family, .prefixlen = prefixlen},
		.value = value,
	};

	assert_true(prefixlen <= width);
	addr &= ones(width) & ~ones(width - prefixlen);
	for (unsigned i = 0; i < width / 8; i++)
		mark.prefix.addr[i] = addr >> (width - 8 - 8 * i);
	if (marks->n == marks->capacity) {
		marks->capacity = marks->capacity ? 2 * marks->capacity : 64;
		marks->v = realloc(marks->v, marks->capacity * sizeof(*marks->v));
		marks->edges = realloc(marks->edges, marks->capacity * sizeof(*marks->edges));
		assert_non_null(marks->v);
		assert_non_null(marks->edges);
	}
	marks->v[marks->n] = mark;
	marks->edges[marks->n++] = (struct edges){addr, addr | ones(width - prefixlen)};
}

static void marks_free(struct marks *marks)
{
	free(marks->v);
	free(marks->edges);
}

static void trie_make(struct trie *t, const struct marks *marks)
{
	const struct xe_block_header *header;

	*t = (struct trie){.marks = marks, .words.limit = 64 << 20};
	assert_int_equal(addrspace_cut(marks->v, marks->n, marks->family, &t->sets, &t->space), 0);
	assert_int_equal(block_words(&t->words, XE_BLOCK_TABLES / 4, 16), 0);
	assert_int_equal(addrspace_paint(&t->space, &t->words), 0);
	header = (const struct xe_block_header *)t->words.words;
	t->block = (struct block){.header = header, .mask = (256u << 20) - 4};
}

static void trie_free(struct trie *t)
{
	addrspace_free(&t->space);
	intern_free(&t->sets);
	block_free(&t->words);
}

static uint32_t walk(const struct trie *t, u128 addr)
{
	if (t->marks->family == 4)
		return address_leaf4(&t->block, htonl((uint32_t)addr));
	return address_leaf6(&t->block,
			     (struct addr6){.hi = (uint64_t)(addr >> 64), .lo = (uint64_t)addr});
}

/* --- the oracle --------------------------------------------------------------------------------
 */

static int compare_marks(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* The marks that hold the address, sorted, each once. */
static size_t oracle(const struct marks *marks, u128 addr, uint32_t *out)
{
	size_t n = 0, kept = 0;

	for (size_t i = 0; i < marks->n; i++)
		if (marks->edges[i].first <= addr && addr <= marks->edges[i].last)
			out[n++] = marks->v[i].value;
	qsort(out, n, sizeof(*out), compare_marks);
	for (size_t i = 0; i < n; i++)
		if (!i || out[i] != out[i - 1])
			out[kept++] = out[i];
	return kept;
}

/* --- comparing ---------------------------------------------------------------------------------
 */

static unsigned long compared;

static void fail_at(const struct trie *t, u128 addr, const char *what)
{
	fail_msg("IPv%d, %zu prefixes, at %016llx%016llx: %s", t->marks->family, t->marks->n,
		 (unsigned long long)(addr >> 64), (unsigned long long)addr, what);
}

static void check_address(const struct trie *t, u128 addr)
{
	uint32_t *marks = malloc((t->marks->n + 1) * sizeof(*marks));
	const uint32_t *got;
	size_t n, len;
	uint32_t set;

	assert_non_null(marks);
	addr &= ones(width_of(t->marks->family));
	n = oracle(t->marks, addr, marks);
	set = walk(t, addr);
	if (set != addrspace_find(&t->space, addr))
		fail_at(t, addr, "the trie and the intervals differ");
	if (set >= t->sets.n)
		fail_at(t, addr, "no leaf");
	got = intern_key(&t->sets, set, &len);
	if (len != n * sizeof(*marks) || memcmp(got, marks, len))
		fail_at(t, addr, "other marks than the prefixes have");
	free(marks);
	compared++;
}

/* Each prefix's edges and what lies across them, an address inside, and one bit of it flipped. */
static void check_prefix(const struct trie *t, struct rng *rng, size_t i)
{
	u128 first = t->marks->edges[i].first, last = t->marks->edges[i].last;
	u128 inside = ((u128)rng_next(rng) << 64 | rng_next(rng)) & (last - first);

	check_address(t, first - 1);
	check_address(t, first);
	check_address(t, last);
	check_address(t, last + 1);
	check_address(t, first + inside);
	check_address(t, (first + inside) ^ (u128)1 << rng_below(rng, width_of(t->marks->family)));
}

/* The whole trie against the intervals: the first and the last address of each. */
static void check_intervals(const struct trie *t)
{
	for (size_t i = 0; i < t->space.n; i++) {
		u128 last = i + 1 < t->space.n ? t->space.v[i + 1].start - 1 : ones(t->space.width);

		if (walk(t, t->space.v[i].start) != t->space.v[i].set ||
		    walk(t, last) != t->space.v[i].set)
			fail_at(t, t->space.v[i].start, "an interval's edge has another leaf");
		compared += 2;
	}
}

static void check_all(const struct trie *t, uint64_t seed)
{
	struct rng rng;

	rng_seed(&rng, seed);
	check_intervals(t);
	for (size_t i = t->marks->fillers; i < t->marks->n; i++)
		check_prefix(t, &rng, i);
	for (int i = 0; i < 50; i++)
		check_address(t, (u128)rng_next(&rng) << 64 | rng_next(&rng));
	check_address(t, 0);
	check_address(t, ~(u128)0);
}

/* --- nodes by kind ------------------------------------------------------------------------------
 */

enum kind {
	FULL4,
	LINES4,
	RANK4,
	RUNS4,
	FEW4,
	SUBNET6,
	WINDOW6,
	RUNS6,
	LOW6,
	LOWER_WINDOW6,
	LOWER_RUNS6,
	KINDS
};

struct census {
	const struct trie *t;
	size_t n[KINDS];
	unsigned depth[2]; /* most nodes of one half on a path, without struct xe_low */
};

static const uint32_t *node_words(const struct census *c, uint32_t ref, size_t words, size_t align)
{
	size_t at = ref & XE_REF_MASK;

	assert_int_equal(at % align, 0);
	assert_true(at + words <= c->t->words.n);
	return c->t->words.words + at;
}

static void count4(struct census *c, uint32_t ref, int level)
{
	const uint32_t *refs;
	const struct xe_rank *rank;
	size_t n = 0;

	if (!(ref & XE_REF_NODE))
		return;
	assert_true(level < 2);
	switch (ref & XE_REF_KIND) {
	case XE_REF_FULL:
		c->n[FULL4]++;
		refs = node_words(c, ref, 256, 16);
		for (int i = 0; i < 256; i++)
			count4(c, refs[i], level + 1);
		return;
	case XE_REF_RANK:
	case XE_REF_RANK | XE_REF_LAST:
		assert_int_equal(level, !!(ref & XE_REF_LAST));
		c->n[RANK4]++;
		rank = (const struct xe_rank *)node_words(c, ref, sizeof(*rank) / 4, 16);
		assert_true(rank->start[0] & 1);
		for (int i = 0; i < 4; i++)
			n += bits_set64(rank->start[i]);
		node_words(c, ref, offsetof(struct xe_rank, value) / 4 + n, 16);
		for (size_t i = 0; i < n; i++)
			count4(c, rank->value[i], level + 1);
		return;
	case XE_REF_LINES:
	case XE_REF_LINES | 1u << XE_REF_LINES_SHIFT:
	case XE_REF_LINES | 2u << XE_REF_LINES_SHIFT:
	case XE_REF_LINES | 3u << XE_REF_LINES_SHIFT:
		assert_int_equal(level, 0);
		c->n[LINES4]++;
		node_words(c, ref,
			   (2u << (ref >> XE_REF_LINES_SHIFT & 3)) * sizeof(struct xe_line) / 4,
			   16);
		return;
	case XE_REF_RUNS:
		c->n[RUNS4]++;
		node_words(c, ref, sizeof(struct xe_runs4) / 4, 16);
		return;
	case XE_REF_FEW:
		c->n[FEW4]++;
		node_words(c, ref, sizeof(struct xe_few4) / 4, 4);
		return;
	default:
		fail_msg("no such kind of node: %08x", ref);
	}
}

static void count6(struct census *c, uint32_t ref, bool lower, unsigned depth)
{
	const struct xe_window *window;
	const struct xe_runs6 *runs;
	const struct xe_low *low;
	const uint32_t *refs;

	if (!(ref & XE_REF_NODE))
		return;
	if (ref & XE_REF_LOW) {
		assert_false(lower);
		c->n[LOW6]++;
		low = (const struct xe_low *)node_words(c, ref, sizeof(*low) / 4, 8);
		refs = node_words(c, low->refs / 4, low->window.last + 1, 1);
		for (uint32_t i = 0; i <= low->window.last; i++)
			count6(c, refs[i], true, 0);
		return;
	}
	assert_int_equal(!!(ref & XE_REF_LOWER), lower);
	if (++depth > c->depth[lower])
		c->depth[lower] = depth;
	if (ref & XE_REF_RUNS6) {
		c->n[lower ? LOWER_RUNS6 : RUNS6]++;
		runs = (const struct xe_runs6 *)node_words(c, ref, sizeof(*runs) / 4, 16);
		for (int i = 0; i < XE_RUNS6; i++)
			if (!i || runs->value[i] != runs->value[i - 1])
				count6(c, runs->value[i], lower, depth);
		return;
	}
	c->n[lower ? LOWER_WINDOW6 : WINDOW6]++;
	window = (const struct xe_window *)node_words(c, ref, sizeof(*window) / 4, 4);
	refs = node_words(c, ref, sizeof(*window) / 4 + window->last + 1, 4) + sizeof(*window) / 4;
	assert_true(window->shift < 64);
	for (uint32_t i = 0; i <= window->last; i++)
		if (!i || refs[i] != refs[i - 1])
			count6(c, refs[i], lower, depth);
}

static void census_take(struct census *c, const struct trie *t)
{
	const uint32_t *words = t->words.words;

	*c = (struct census){.t = t};
	if (t->marks->family == 4) {
		for (int i = 0; i < 65536; i++)
			count4(c, words[XE_ROOT4 / 4 + i], 0);
		return;
	}
	const struct xe_roots *root = (const struct xe_roots *)(words + XE_ROOTS / 4);

	for (uint32_t i = 0; i <= root->subnets[0].window.last; i++)
		count6(c, words[root->subnets[0].refs / 4 + i], false, 0);
	for (uint32_t slot = 0; slot < XE_SUBNETS; slot++) {
		const struct xe_low *low = &root->subnets[slot];

		if (low->upper * root->multiplier >> (64 - XE_SUBNET_BITS) != slot)
			continue;
		assert_int_not_equal(slot, 0);
		c->n[SUBNET6]++;
		for (uint32_t i = 0; i <= low->window.last; i++)
			count6(c, words[low->refs / 4 + i], true, 0);
	}
	assert_true(c->depth[0] <= XE_WALK6_DEPTH);
	assert_true(c->depth[1] <= XE_WALK6_DEPTH);
}

/* --- tests -------------------------------------------------------------------------------------
 */

/* Make, compare, count; the marks are freed. */
static void run(struct marks *marks, uint64_t seed, struct census *census)
{
	struct census own;
	struct trie t;

	trie_make(&t, marks);
	check_all(&t, seed);
	census_take(census ? census : &own, &t);
	trie_free(&t);
	marks_free(marks);
}

static void nothing(void **state)
{
	(void)state;
	for (int family = 4; family <= 6; family += 2) {
		struct marks marks = {.family = family};

		run(&marks, 1, NULL);
	}
}

/* One prefix of each length, at both ends of the space and somewhere in it. */
static void each_length_alone(void **state)
{
	struct rng rng;

	(void)state;
	rng_seed(&rng, 2);
	for (int family = 4; family <= 6; family += 2)
		for (unsigned len = 0; len <= width_of(family); len++)
			for (int place = 0; place < 3; place++) {
				struct marks marks = {.family = family};
				u128 addr = (u128)rng_next(&rng) << 64 | rng_next(&rng);

				add(&marks, place == 0 ? 0 : place == 1 ? ~(u128)0 : addr, len, 7);
				run(&marks, len, NULL);
			}
}

/* A prefix in a prefix in a prefix, of all lengths, with and without marks of their own. */
static void each_length_nested(void **state)
{
	struct rng rng;

	(void)state;
	rng_seed(&rng, 3);
	for (int family = 4; family <= 6; family += 2)
		for (int own = 0; own < 2; own++)
			for (int chains = 1; chains <= 64; chains *= 4) {
				struct marks marks = {.family = family};

				for (int i = 0; i < chains; i++) {
					u128 addr = (u128)rng_next(&rng) << 64 | rng_next(&rng);

					for (unsigned len = 1; len <= width_of(family); len++)
						add(&marks, addr, len, own ? len : len % 3);
				}
				run(&marks, chains, NULL);
			}
}

/* Around the bits where strides and halves end, every prefix beside every other. */
static void borders(void **state)
{
	static const unsigned bits4[] = {8, 15, 16, 17, 23, 24, 25, 31, 32};
	static const unsigned bits6[] = {16, 32, 47, 48, 49, 56, 62, 63, 64, 65, 66, 96, 127, 128};

	(void)state;
	for (int family = 4; family <= 6; family += 2) {
		const unsigned *bits = family == 4 ? bits4 : bits6;
		size_t n = family == 4 ? sizeof(bits4) / sizeof(*bits4)
				       : sizeof(bits6) / sizeof(*bits6);
		u128 base = family == 4 ? 0x0a010203u : (u128)0x20010db800000000u << 64;

		for (size_t i = 0; i < n; i++)
			for (size_t j = 0; j < n; j++)
				for (int step = -1; step <= 1; step++) {
					struct marks marks = {.family = family};
					u128 unit = (u128)1 << (width_of(family) - bits[i]);

					add(&marks, base, bits[i], 1);
					add(&marks, base + step * unit, bits[j], 2);
					add(&marks, base + 2 * step * unit, bits[i], 3);
					run(&marks, i, NULL);
				}
	}
}

/* Where the window of the IPv6 root ends, 2000::/3, with what begins, ends or stands alone there.
 */
static void around_global(void **state)
{
	static const unsigned lengths[] = {1, 2, 3, 4, 63, 64, 65, 127, 128};
	static const size_t n = sizeof(lengths) / sizeof(*lengths);
	const u128 edges[] = {(u128)1 << 125, (u128)2 << 125};

	(void)state;
	for (size_t i = 0; i < 4 * n * 4 * n; i++) {
		struct marks marks = {.family = 6};

		for (size_t k = 0, rest = i; k < 2; k++, rest /= 4 * n) {
			u128 addr = edges[rest & 1] - (rest >> 1 & 1);
			unsigned length = lengths[rest / 4 % n];

			add(&marks, addr, length, 1 + k);
		}
		run(&marks, i, NULL);
	}
}

/* Prefixes that make an IPv4 trie of full nodes too large, far from what a test is about. */
static void fill_up(struct marks *marks)
{
	for (uint32_t i = 0; i < 1024; i++)
		add(marks, 0xc0000001u + (i << 16), 32, 1);
	marks->fillers = marks->n;
}

/* More subnets with hosts than the IPv6 root has places for. */
static void crowd(struct marks *marks)
{
	for (uint64_t i = 0; i < 700; i++)
		add(marks, (u128)(0x3fff000000000000u + i * 0x10003) << 64 | (i + 1), 128, 1);
	marks->fillers = marks->n;
}

/* Beside it in the same /16, so that no struct xe_line is small enough: /24s `from` to `to` - 1. */
static void make_dense(struct marks *marks, uint32_t base, unsigned from, unsigned to)
{
	for (unsigned i = from; i < to; i++)
		add(marks, base + (i << 8), 25, 2);
}

/* Node kinds of IPv4: by the number of runs in a /16, and in a /24 of a /16 with many. */
static void runs_of_ipv4(void **state)
{
	(void)state;
	for (int level = 16; level <= 24; level += 8)
		for (unsigned hosts = 1; hosts <= 30; hosts++)
			for (int end = 0; end < 3; end++) {
				struct marks marks = {.family = 4};
				uint32_t size = level == 16 ? 1 << 16 : 1 << 8;
				uint32_t step = level == 16 ? 256 : 1, base = 0x0a000000u;
				uint32_t at = end == 0	 ? 0
					      : end == 1 ? size - step * (2 * hosts)
							 : size - step * (2 * hosts - 1);
				struct census census;
				size_t runs = 2 * hosts + (end != 0) - (end == 2);

				fill_up(&marks);
				if (level == 24)
					make_dense(&marks, base, 1, 60);
				for (unsigned i = 0; i < hosts; i++)
					add(&marks, base + at + 2 * step * i, level == 16 ? 24 : 32,
					    3 + i % 2);
				run(&marks, hosts, &census);
				assert_int_equal(census.n[FULL4], 0);
				assert_int_equal(census.n[FEW4],
						 1024 + (level == 24 ? 59 : 0) + (runs <= XE_FEW4));
				assert_int_equal(census.n[RUNS4],
						 runs > XE_FEW4 && runs <= XE_RUNS4);
				assert_int_equal(census.n[LINES4], level == 16 && runs > XE_RUNS4);
				assert_int_equal(census.n[RANK4],
						 level == 24 ? 1 + (runs > XE_RUNS4) : 0);
			}
}

/* Runs that begin at one index and end before another, about the edges of the rank node's words. */
static void words_of_ranks(void **state)
{
	static const unsigned edges[] = {0,   1,   62,	63,  64,  65,  126, 127, 128,
					 129, 190, 191, 192, 193, 254, 255, 256};
	const size_t n = sizeof(edges) / sizeof(*edges);
	size_t ranks = 0;

	(void)state;
	for (int level = 16; level <= 24; level += 8)
		for (size_t i = 0; i < n; i++)
			for (size_t j = i + 1; j < n; j++) {
				struct marks marks = {.family = 4};
				struct census census;
				unsigned shift = level == 16 ? 8 : 0;

				fill_up(&marks);
				make_dense(&marks, 0x0a000000u, 80, 110);
				/* some outside the run too */
				for (unsigned k = 0; k < 256; k++)
					if ((k >= edges[i] && k < edges[j]) || k % 20 == 7)
						add(&marks, 0x0a000000u + (k << shift),
						    level == 16 ? 24 : 32,
						    k >= edges[i] && k < edges[j] ? 4 : 5);
				run(&marks, i, &census);
				assert_true(census.n[RANK4] >= 1);
				ranks += census.n[RANK4];
			}
	assert_true(ranks > 272 + 100);
}

/*
 * A /16 with runs that begin anywhere, or where lines and their halves meet: as many as lines of
 * each size hold, and some more.
 */
static void lines(void **state)
{
	static const uint32_t edges[] = {0x0fff, 0x1000, 0x1001, 0x3fff, 0x4000, 0x7ffe, 0x7fff,
					 0x8000, 0x8001, 0xbfff, 0xc000, 0xefff, 0xf000, 0xffff};
	size_t n_lines = 0, others = 0;
	struct rng rng;

	(void)state;
	rng_seed(&rng, 7);
	for (int round = 0; round < 300; round++) {
		struct marks marks = {.family = 4};
		struct census census;

		fill_up(&marks);
		for (int i = 0; i < 6 + round; i++) {
			unsigned len = 17 + rng_below(&rng, 16);
			uint32_t at = rng_below(&rng, 65536);

			if (rng_percent(&rng, 30)) {
				at = edges[rng_below(&rng, sizeof(edges) / sizeof(*edges))];
				len = 32;
			}
			add(&marks, 0x0a000000u + at, len, 2 + (round % 2 ? i : i % 5));
		}
		run(&marks, round, &census);
		n_lines += census.n[LINES4];
		others += census.n[RANK4];
	}
	assert_true(n_lines > 100);
	assert_true(others > 20);
}

/* More leaves than lines can name: no lines. */
static void many_leaves(void **state)
{
	struct marks marks = {.family = 4};
	struct census census;
	struct trie t;

	(void)state;
	for (uint32_t i = 0; i < 70000; i++)
		add(&marks, i * 60000, 32, i);
	trie_make(&t, &marks);
	check_intervals(&t);
	census_take(&census, &t);
	assert_int_equal(census.n[LINES4], 0);
	assert_true(census.n[RUNS4] + census.n[FEW4] + census.n[RANK4] > 60000);
	trie_free(&t);
	marks_free(&marks);
}

/* A node of 256 different references is smaller full. */
static void full_among_small(void **state)
{
	struct marks marks = {.family = 4};
	struct census census;

	(void)state;
	fill_up(&marks);
	for (uint32_t i = 0; i < 256; i++) {
		add(&marks, 0x0a000000u + (i << 8), 24, 100 + i);
		add(&marks, 0x0a000500u + i, 32, 400 + i);
	}
	run(&marks, 4, &census);
	assert_int_equal(census.n[FULL4], 2);
}

/* --- fuzzing -----------------------------------------------------------------------------------
 */

/* Prefixes as sites have them, and as they never ought to: close together, nested, repeated. */
static void random_prefixes(struct marks *marks, struct rng *rng, size_t n, unsigned values)
{
	unsigned width = width_of(marks->family), style = rng_below(rng, 5);
	u128 bases[4], last = 0;

	for (int i = 0; i < 4; i++)
		bases[i] = (u128)rng_next(rng) << 64 | rng_next(rng);
	for (size_t i = 0; i < n; i++) {
		u128 noise = (u128)rng_next(rng) << 64 | rng_next(rng);
		unsigned len = rng_below(rng, width + 1), keep = rng_below(rng, width);
		u128 addr = bases[rng_below(rng, 4)] & ones(width);

		switch (style) {
		case 0: /* anywhere */
			addr = noise;
			break;
		case 1: /* close to a base, in the bits that matter */
			addr ^= noise & ones(width) & ones(width - keep);
			break;
		case 2: /* hosts of a few subnets */
			addr = (addr & ~ones(width / 2)) | rng_below(rng, 300);
			len = rng_percent(rng, 80) ? width : len;
			break;
		case 3: /* subnets of a few networks */
			len = marks->family == 4 ? 20 + rng_below(rng, 9) : 44 + rng_below(rng, 25);
			addr ^= (noise & 0xff) << (width - len);
			break;
		default: /* beside the last one */
			len = width - rng_below(rng, width / 2);
			addr = i ? last + 1 : addr;
		}
		if (marks->n && rng_percent(rng, 3)) { /* the same again */
			size_t old = rng_below(rng, (unsigned)marks->n);

			addr = marks->edges[old].first;
			len = marks->v[old].prefix.prefixlen;
		}
		add(marks, addr, len, rng_below(rng, values));
		last = marks->edges[marks->n - 1].last;
	}
}

static void fuzz(void **state)
{
	static const size_t sizes[] = {1, 2, 3, 5, 8, 13, 21, 50, 120, 300};
	struct census sum = {0}, census;
	struct rng rng;

	(void)state;
	rng_seed(&rng, 5);
	for (int round = 0; round < 600; round++)
		for (int family = 4; family <= 6; family += 2) {
			struct marks marks = {.family = family};

			if (round % 2)
				(family == 4 ? fill_up : crowd)(&marks);
			random_prefixes(&marks, &rng, sizes[round % 10], 1 + rng_below(&rng, 6));
			if (round % 3 == 0)
				random_prefixes(&marks, &rng, sizes[round % 7], 3);
			run(&marks, round, &census);
			for (int i = 0; i < KINDS; i++)
				sum.n[i] += census.n[i];
			for (int i = 0; i < 2; i++)
				if (census.depth[i] > sum.depth[i])
					sum.depth[i] = census.depth[i];
		}
	print_message(
		"nodes: IPv4 full %zu, lines %zu, rank %zu, runs %zu, few %zu; IPv6 subnets %zu, "
		"windows %zu, runs %zu, low %zu, lower windows %zu, lower runs %zu; depth "
		"%u, %u\n",
		sum.n[FULL4], sum.n[LINES4], sum.n[RANK4], sum.n[RUNS4], sum.n[FEW4],
		sum.n[SUBNET6], sum.n[WINDOW6], sum.n[RUNS6], sum.n[LOW6], sum.n[LOWER_WINDOW6],
		sum.n[LOWER_RUNS6], sum.depth[0], sum.depth[1]);
	for (int i = 0; i < KINDS; i++)
		assert_true(sum.n[i] > 0);
}

/* Large sets: all edges against the intervals, some addresses against all prefixes. */
static void many(void **state)
{
	static const struct {
		int family;
		size_t n;
		unsigned shortest, longest, host_percent;
	} sets[] = {
		{4, 10000, 16, 31, 6},	{4, 100000, 16, 31, 6},	 {4, 20000, 24, 31, 90},
		{6, 10000, 32, 64, 10}, {6, 100000, 32, 64, 10}, {6, 20000, 64, 127, 50},
	};
	struct rng rng;

	(void)state;
	rng_seed(&rng, 6);
	for (size_t i = 0; i < sizeof(sets) / sizeof(*sets); i++) {
		struct marks marks = {.family = sets[i].family};
		struct census census;
		struct trie t;

		for (size_t j = 0; j < sets[i].n; j++) {
			u128 addr = (u128)rng_next(&rng) << 64 | rng_next(&rng);
			unsigned len = sets[i].shortest +
				       rng_below(&rng, sets[i].longest - sets[i].shortest + 1);

			if (rng_percent(&rng, sets[i].host_percent))
				len = width_of(marks.family);
			add(&marks, addr & (ones(125) | (u128)1 << 125), len, rng_below(&rng, 9));
		}
		trie_make(&t, &marks);
		check_intervals(&t);
		for (int j = 0; j < 40; j++)
			check_prefix(&t, &rng, rng_below(&rng, (unsigned)marks.n));
		census_take(&census, &t);
		print_message("IPv%d, %zu prefixes: %.1f MB\n", marks.family, marks.n,
			      t.words.n * 4e-6);
		trie_free(&t);
		marks_free(&marks);
	}
}

/* A block that is full says so. */
static void block_limit(void **state)
{
	struct marks marks4 = {.family = 4}, marks6 = {.family = 6};
	const size_t tables = XE_BLOCK_TABLES / 4;
	struct addrspace space;
	struct intern sets = {0};

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct marks *marks = i ? &marks6 : &marks4;
		struct block_builder whole = {.limit = 64 << 20};

		for (uint32_t j = 0; j < 40; j++)
			add(marks, (u128)j * 0x12345 << (i ? 60 : 4), i ? 128 : 32, j % 3);
		assert_int_equal(addrspace_cut(marks->v, marks->n, marks->family, &sets, &space),
				 0);
		assert_int_equal(block_words(&whole, tables, 16), 0);
		assert_int_equal(addrspace_paint(&space, &whole), 0);
		for (size_t limit = tables; limit < whole.n; limit += 1 + (whole.n - tables) / 50) {
			struct block_builder block = {.limit = limit};

			assert_int_equal(block_words(&block, tables, 16), 0);
			assert_int_equal(addrspace_paint(&space, &block), -E2BIG);
			block_free(&block);
		}
		block_free(&whole);
		addrspace_free(&space);
		marks_free(marks);
	}
	intern_free(&sets);
}

static int tell_compared(void **state)
{
	(void)state;
	print_message("%lu addresses compared\n", compared);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing),
		cmocka_unit_test(each_length_alone),
		cmocka_unit_test(each_length_nested),
		cmocka_unit_test(borders),
		cmocka_unit_test(around_global),
		cmocka_unit_test(runs_of_ipv4),
		cmocka_unit_test(words_of_ranks),
		cmocka_unit_test(lines),
		cmocka_unit_test(many_leaves),
		cmocka_unit_test(full_among_small),
		cmocka_unit_test(fuzz),
		cmocka_unit_test(many),
		cmocka_unit_test(block_limit),
	};

	return cmocka_run_group_tests(tests, NULL, tell_compared);
}
