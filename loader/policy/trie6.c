// SPDX-License-Identifier: GPL-2.0-only
/*
 * The IPv6 trie, painted. An address is two words of 64 bits, walked one after the other: within
 * the upper, a /64 whose addresses differ is a run of one word that leads to a struct xe_low.
 * Strides are chosen where they are used, by what each would cost.
 */
#include "trie6.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define NO_LEAF XE_REF_NODE /* no leaf's value */

/* From `start` up to the next run's start all words have one reference. */
struct run {
	uint64_t start;
	uint32_t ref;
	uint32_t miss; /* the leaf that a walk through `ref` ends with for any other word; else
			  NO_LEAF */
};

/* The runs that meet the words `first`..`last`; v[0] may start before it. */
struct stretch {
	const struct run *v;
	size_t n;
	uint64_t first, last;
};

/*
 * What a window may take. Bytes decide, and the end of a run that an entry does not tell from its
 * neighbours counts as some too.
 */
struct strides {
	uint64_t unresolved;		   /* bytes; an entry is four */
	uint64_t entries_min, entries_max; /* fewer where few bits are left */
};

struct window {
	uint64_t key, end; /* first and last word inside */
	unsigned shift;
	uint64_t entries;
	uint32_t miss; /* what lies outside */
};

static uint64_t low_bits(unsigned n)
{
	return n >= 64 ? ~0ull : (1ull << n) - 1;
}

static uint64_t run_last(const struct stretch *s, size_t i)
{
	return i + 1 < s->n ? s->v[i + 1].start - 1 : s->last;
}

/*
 * One reference for a whole stretch: its only run's, or that of the one /64 in it whose xe_low
 * gives all others what they have. NO_LEAF: there is none.
 */
static uint32_t stretch_ref(const struct run *v, size_t n)
{
	uint32_t node = v[0].miss;

	if (n == 1)
		return v[0].ref;
	for (size_t i = 0; i < n; i++) {
		if (v[i].miss != v[0].miss)
			return NO_LEAF;
		if (v[i].ref == v[i].miss)
			continue;
		if (node != v[0].miss)
			return NO_LEAF;
		node = v[i].ref;
	}
	return node;
}

/* What is the same leaf before and behind need not lie inside. */
static struct window window_around(const struct stretch *s)
{
	const struct run *first = &s->v[0], *last = &s->v[s->n - 1];

	if (s->n > 2 && first->ref == last->ref && !(first->ref & XE_REF_NODE))
		return (struct window){
			.key = s->v[1].start,
			.end = last->start - 1,
			.miss = first->ref,
		};
	return (struct window){.key = s->first, .end = s->last}; /* nothing lies outside */
}

static void window_set_shift(struct window *w, uint64_t key, unsigned shift)
{
	w->shift = shift;
	w->key = key & ~low_bits(shift);
	w->entries = ((w->end - w->key) >> shift) + 1;
}

/* Bytes that the entries and what hangs below them will about take. */
static uint64_t window_cost(const struct stretch *s, const struct window *w,
			    const struct strides *strides)
{
	uint64_t inside = low_bits(w->shift), cost = 4 * w->entries;
	size_t i = 1;

	while (i < s->n) {
		uint64_t entry = s->v[i].start >> w->shift;
		size_t from = i - 1;

		if (!(s->v[i].start & inside)) {
			i++;
			continue;
		}
		while (i < s->n && s->v[i].start >> w->shift == entry && s->v[i].start & inside)
			i++;
		if (stretch_ref(s->v + from, i - from) == NO_LEAF)
			cost += strides->unresolved * (i - from);
	}
	return cost;
}

static bool window_is_exact(const struct stretch *s, const struct window *w,
			    const struct strides *strides)
{
	return window_cost(s, w, strides) == 4 * w->entries;
}

/* The stride of a window over the words from w.key up to w.end, of 2^shift_max words at most. */
static struct window window_fit(const struct stretch *s, const struct strides *strides,
				struct window w, int shift_max)
{
	uint64_t key = w.key, best_cost = UINT64_MAX;
	struct window best = w;

	for (int shift = shift_max; shift >= 0; shift--) {
		uint64_t cost;

		window_set_shift(&w, key, shift);
		if (w.entries > strides->entries_max && best_cost != UINT64_MAX)
			break;
		cost = window_cost(s, &w, strides);
		if (cost == 4 * w.entries) { /* nothing left to tell apart */
			if (cost < best_cost)
				best = w;
			break;
		}
		if (cost < best_cost && w.entries >= strides->entries_min) {
			best = w;
			best_cost = cost;
		}
	}
	return best;
}

static struct window window_choose(const struct stretch *s, const struct strides *strides)
{
	return window_fit(s, strides, window_around(s), 63);
}

/* One half's painting. */
struct painter {
	struct block_builder *block;
	uint32_t half;	     /* 0 or XE_REF_LOWER */
	uint64_t unresolved; /* for struct strides */
};

/*
 * The smallest nodes that are left to do for a run take 24 bytes. Another step takes time, so in
 * small policies, which stay in the cache, a good deal of memory is spent to save one.
 */
#define UNRESOLVED_MIN	  24
#define UNRESOLVED_MAX	  1024
#define UNRESOLVED_BUDGET (1u << 20)

static struct painter painter_for(struct block_builder *block, size_t n_intervals, uint32_t half)
{
	struct painter p = {
		.block = block,
		.half = half,
		.unresolved = UNRESOLVED_BUDGET / n_intervals,
	};

	if (p.unresolved < UNRESOLVED_MIN)
		p.unresolved = UNRESOLVED_MIN;
	if (p.unresolved > UNRESOLVED_MAX)
		p.unresolved = UNRESOLVED_MAX;
	return p;
}

/* Deep down, and that is rare, strides of eight bits, so that XE_WALK6_DEPTH is enough. */
#define DEEP 4

/* An entry or more for every run, so that few are left in each. */
static struct strides node_strides(const struct painter *p, size_t n_runs, unsigned depth)
{
	uint64_t min = depth < DEEP ? 16 : 256;

	return (struct strides){
		.unresolved = p->unresolved,
		.entries_min = n_runs > min ? n_runs : min,
		.entries_max = n_runs < 2048 ? 4096 : 4 * n_runs,
	};
}

static long paint(struct painter *p, const struct stretch *s, unsigned depth);

/* The runs in an entry of a window; *i is the run that the last entry ended in. */
static struct stretch window_entry(const struct stretch *s, const struct window *w, uint64_t entry,
				   size_t *i)
{
	struct stretch part = {.first = w->key + (entry << w->shift)};

	part.last = part.first + low_bits(w->shift);
	if (part.first < s->first)
		part.first = s->first;
	if (part.last > s->last || part.last < part.first)
		part.last = s->last;
	while (run_last(s, *i) < part.first)
		++*i;
	part.v = s->v + *i;
	while (run_last(s, *i) < part.last)
		++*i;
	part.n = s->v + *i + 1 - part.v;
	return part;
}

/* The window's references, into the words from `at` on. */
static int fill_window(struct painter *p, const struct stretch *s, const struct window *w,
		       size_t at, unsigned depth)
{
	size_t run = 0;

	for (uint64_t entry = 0; entry < w->entries; entry++) {
		struct stretch part = window_entry(s, w, entry, &run);
		long ref = paint(p, &part, depth + 1);

		if (ref < 0)
			return ref;
		p->block->words[at + entry] = ref;
	}
	p->block->words[at + w->entries] = w->miss;
	return 0;
}

static struct xe_window window_header(const struct window *w)
{
	return (struct xe_window){.key = w->key, .shift = w->shift, .last = w->entries};
}

static long paint_window(struct painter *p, const struct stretch *s, const struct window *w,
			 unsigned depth)
{
	size_t header = sizeof(struct xe_window) / 4;
	long at = block_words(p->block, header + w->entries + 1, header);
	int err;

	if (at < 0)
		return at;
	*(struct xe_window *)(p->block->words + at) = window_header(w);
	err = fill_window(p, s, w, at + header, depth);
	return err ? err : (long)(at | XE_REF_NODE | XE_REF_WINDOW | p->half);
}

static long paint_runs(struct painter *p, const struct stretch *s)
{
	struct xe_runs6 runs;
	long at = block_words(p->block, sizeof(runs) / 4, sizeof(runs) / 4);

	if (at < 0)
		return at;
	for (size_t i = 0; i < XE_RUNS6; i++) {
		size_t run = i < s->n ? i : s->n - 1;

		runs.value[i] = s->v[run].ref;
		if (i)
			runs.bound[i - 1] = s->v[run].start;
	}
	memcpy(p->block->words + at, &runs, sizeof(runs));
	return at | XE_REF_NODE | XE_REF_RUNS6 | p->half;
}

/* The reference for a stretch. */
static long paint(struct painter *p, const struct stretch *s, unsigned depth)
{
	uint32_t ref = stretch_ref(s->v, s->n);
	struct strides strides = node_strides(p, s->n, depth);
	struct window w;

	if (ref != NO_LEAF)
		return ref;
	w = window_choose(s, &strides);
	if (s->n <= XE_RUNS6 && s->last - s->first <= INT64_MAX &&
	    (w.entries * sizeof(uint32_t) > sizeof(struct xe_runs6) ||
	     !window_is_exact(s, &w, &strides)))
		return paint_runs(p, s);
	return paint_window(p, s, &w, depth);
}

/*
 * The runs of one /64's lower halves, behind a struct xe_low. `miss` of the run gets the leaf of
 * all other upper halves, if there is one that fits.
 */
static int paint_low(struct painter *p, uint64_t upper, const struct stretch *s, struct run *run)
{
	struct strides strides = node_strides(p, s->n, 0);
	struct window w = window_choose(s, &strides);
	size_t header = sizeof(struct xe_low) / 4;
	long at = block_words(p->block, header + w.entries + 1, header);
	bool around = w.key > s->first || w.end < s->last;

	if (at < 0)
		return at;
	*(struct xe_low *)(p->block->words + at) = (struct xe_low){
		.upper = upper,
		.window = window_header(&w),
		.refs = (at + header) * sizeof(uint32_t),
	};
	*run = (struct run){
		.start = upper,
		.ref = at | XE_REF_NODE | XE_REF_LOW,
		.miss = around ? w.miss : NO_LEAF,
	};
	return fill_window(p, s, &w, at + header, 0);
}

/* The runs of the upper half; those of the lower are painted on the way. */
static int split_halves(struct painter *p, const struct addrspace *space, struct run *upper,
			size_t *n_upper)
{
	struct run *lower = malloc((space->n + 1) * sizeof(*lower));
	size_t n = 0, i = 0;
	int err = lower ? 0 : -ENOMEM;

	while (!err && i < space->n) {
		uint64_t hi = space->v[i].start >> 64;
		struct stretch s = {.v = lower, .last = UINT64_MAX};

		if (i && (uint64_t)space->v[i].start) { /* what was before reaches into this /64 */
			lower[s.n++] = (struct run){0, space->v[i - 1].set, space->v[i - 1].set};
		}
		for (; i < space->n && (uint64_t)(space->v[i].start >> 64) == hi; i++)
			lower[s.n++] = (struct run){(uint64_t)space->v[i].start, space->v[i].set,
						    space->v[i].set};
		if (s.n == 1) {
			upper[n++] = (struct run){hi, lower[0].ref, lower[0].miss};
			continue;
		}
		err = paint_low(p, hi, &s, &upper[n++]);
		if (hi != UINT64_MAX &&
		    (i == space->n || (uint64_t)(space->v[i].start >> 64) != hi + 1 ||
		     (uint64_t)space->v[i].start))
			upper[n++] = (struct run){hi + 1, space->v[i - 1].set, space->v[i - 1].set};
	}
	free(lower);
	*n_upper = n;
	return err;
}

/* --- the root --------------------------------------------------------------------------------- */

static struct xe_roots *roots_of(struct block_builder *block)
{
	return (struct xe_roots *)((char *)block->words + XE_ROOTS);
}

/* One /64 with a reference of its own, of the runs of the upper half. */
static bool is_subnet(const struct stretch *s, size_t i)
{
	return s->v[i].start == run_last(s, i);
}

static size_t slot_of(uint64_t upper, uint64_t multiplier)
{
	return upper * multiplier >> (64 - XE_SUBNET_BITS);
}

/* Multipliers tried: for 80 subnets, which few sites have, one in some 600 has no collision. */
#define MULTIPLIERS 4096

/* An odd number; splitmix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators).
 */
static uint64_t multiplier_of(uint64_t try)
{
	uint64_t z = try * 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return (z ^ z >> 31) | 1;
}

/* How many subnets have a slot of their own, or come first to one. Slot 0 is taken. */
static size_t count_placed(const uint64_t *subnets, size_t n, uint64_t multiplier)
{
	uint64_t taken[XE_SUBNETS / 64] = {1};
	size_t placed = 0;

	for (size_t i = 0; i < n; i++) {
		size_t slot = slot_of(subnets[i], multiplier);

		placed += !(taken[slot / 64] >> slot % 64 & 1);
		taken[slot / 64] |= 1ull << slot % 64;
	}
	return placed;
}

/* The multiplier that places the most subnets. With very many any other is as good. */
static uint64_t choose_multiplier(const struct stretch *s)
{
	uint64_t subnets[XE_SUBNETS], best = multiplier_of(1);
	size_t n = 0, most = 0;

	for (size_t i = 0; i < s->n && n < XE_SUBNETS; i++)
		if (is_subnet(s, i))
			subnets[n++] = s->v[i].start;
	for (uint64_t try = 1; try <= MULTIPLIERS && most < n; try++) {
		size_t placed = count_placed(subnets, n, multiplier_of(try));

		if (placed > most) {
			most = placed;
			best = multiplier_of(try);
		}
	}
	return best;
}

/* A struct xe_low for a reference: another's words, or a window of one entry. */
static struct xe_low low_of(const struct block_builder *block, uint64_t upper, uint32_t ref,
			    const struct xe_low *place)
{
	size_t offset = (const char *)place - (const char *)block->words;

	if (ref & XE_REF_NODE && ref & XE_REF_LOW)
		return *(const struct xe_low *)(block->words + (ref & XE_REF_MASK));
	return (struct xe_low){
		.upper = upper,
		.refs = offset + offsetof(struct xe_low, ref),
		.ref = ref,
	};
}

/*
 * Put subnets where their hash says. Those that found a place are never looked for elsewhere, so in
 * the runs they join a neighbour, and the window over these has less to tell apart.
 */
static void place_subnets(struct block_builder *block, struct run *v, struct stretch *s)
{
	struct xe_roots *root = roots_of(block);
	bool taken[XE_SUBNETS] = {true};
	size_t n = 0;

	root->multiplier = choose_multiplier(s);
	for (size_t i = 0; i < s->n; i++) {
		size_t slot = slot_of(v[i].start, root->multiplier);
		struct run run = v[i];

		if (is_subnet(s, i) && !taken[slot] && s->n > 1) {
			taken[slot] = true;
			root->subnets[slot] =
				low_of(block, run.start, run.ref, &root->subnets[slot]);
			/* run_last() of the one before looks at starts, which stay */
			run.ref = n ? v[n - 1].ref : v[i + 1].ref;
			run.miss = n ? v[n - 1].miss : v[i + 1].miss;
		}
		if (n && v[n - 1].ref == run.ref && run.ref == run.miss)
			continue;
		v[n++] = run;
	}
	s->n = n;
	/* an empty slot, and the first, has an upper half that never comes there */
	taken[0] = false;
	for (size_t slot = 0; slot < XE_SUBNETS; slot++)
		for (uint64_t upper = 0; !taken[slot]; upper++)
			if (slot_of(upper, root->multiplier) != slot) {
				root->subnets[slot] = (struct xe_low){.upper = upper};
				break;
			}
}

/*
 * Global unicast addresses, 2000::/3 (RFC 4291 2.4): nearly all that come from anywhere. The root's
 * window is over these alone, since some that mean something lie at either end of all others.
 */
#define GLOBAL_FIRST (1ull << 61)
#define GLOBAL_LAST  (2 * GLOBAL_FIRST - 1)
#define GLOBAL_BITS  61

/* The runs that meet the global unicast addresses. */
static struct stretch global_runs(const struct stretch *s)
{
	struct stretch part = {.v = s->v, .n = s->n, .first = GLOBAL_FIRST, .last = GLOBAL_LAST};

	while (part.n > 1 && part.v[1].start <= GLOBAL_FIRST) {
		part.v++;
		part.n--;
	}
	while (part.n > 1 && part.v[part.n - 1].start > GLOBAL_LAST)
		part.n--;
	return part;
}

static void add_run(struct run *v, size_t *n, struct run run)
{
	if (!*n || v[*n - 1].ref != run.ref || run.ref != run.miss)
		v[(*n)++] = run;
}

/* The reference for all other addresses; global ones never come there. */
static long paint_others(struct painter *p, const struct stretch *s, const struct stretch *global)
{
	struct run *v = malloc((s->n + 2) * sizeof(*v));
	struct stretch others = {.v = v, .last = UINT64_MAX};
	long ref;

	if (!v)
		return -ENOMEM;
	for (size_t i = 0; i < s->n && s->v[i].start < GLOBAL_FIRST; i++)
		add_run(v, &others.n, s->v[i]);
	/* as what is before them, so that nothing is told apart there */
	ref = v[others.n - 1].ref & XE_REF_NODE ? 0 : v[others.n - 1].ref;
	add_run(v, &others.n, (struct run){GLOBAL_FIRST, ref, ref});
	for (size_t i = global->v + global->n - 1 - s->v; i < s->n; i++) {
		struct run run = s->v[i];

		if (run_last(s, i) <= GLOBAL_LAST)
			continue;
		if (run.start <= GLOBAL_LAST)
			run.start = GLOBAL_LAST + 1;
		add_run(v, &others.n, run);
	}
	ref = paint(p, &others, 1);
	free(v);
	return ref;
}

static int paint_root(struct painter *p, struct run *v, struct stretch *s)
{
	struct window w = {.key = GLOBAL_FIRST, .end = GLOBAL_LAST};
	struct stretch global;
	struct strides strides;
	struct xe_low *other;
	long at, others;

	place_subnets(p->block, v, s);
	global = global_runs(s);
	others = paint_others(p, s, &global);
	if (others < 0)
		return others;
	w.miss = others;
	strides = node_strides(p, global.n, 0);
	w = window_fit(&global, &strides, w, GLOBAL_BITS);
	at = block_words(p->block, w.entries + 1, 16);
	if (at < 0)
		return at;
	other = &roots_of(p->block)->subnets[0];
	other->window = window_header(&w);
	other->refs = at * sizeof(uint32_t);
	return fill_window(p, &global, &w, at, 0);
}

int trie6_paint(const struct addrspace *space, struct block_builder *block)
{
	struct painter lower = painter_for(block, space->n, XE_REF_LOWER);
	struct painter upper = painter_for(block, space->n, 0);
	struct run *v = malloc((2 * space->n + 1) * sizeof(*v));
	struct stretch s = {.v = v, .last = UINT64_MAX};
	int err;

	if (!v)
		return -ENOMEM;
	err = split_halves(&lower, space, v, &s.n);
	if (!err)
		err = paint_root(&upper, v, &s);
	free(v);
	return err;
}
