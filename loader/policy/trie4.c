// SPDX-License-Identifier: GPL-2.0-only
/*
 * The IPv4 trie, painted: strides 16-8-8, leaf-pushed. All nodes full while they are few; else each
 * as small as its runs allow. The intervals are walked once, from the lowest address to the
 * highest.
 */
#include "trie4.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define FULL 256 /* references of a full node */

/* Bytes of nodes up to which all are full: about what stays in a core's cache beside the rest. */
#define ALL_FULL_MAX (1u << 20)

/* Lines of a struct xe_line node at most; a /16 that needs more has something dense in it. */
#define LINES_MAX 16

struct painter {
	const struct addrspace *space;
	struct block_builder *block;
	size_t at; /* the interval that holds the next address to paint */
	bool all_full;
	uint32_t *leaves; /* sorted, each once; for struct xe_line */
	size_t n_leaves;  /* 0: there are too many */
};

static int compare_leaves(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* All leaves of the space, and their table in the block. */
static int gather_leaves(struct painter *p)
{
	size_t n = p->space->n, kept = 0;
	struct xe_roots *roots;
	long at;

	p->leaves = malloc(n * sizeof(*p->leaves));
	if (!p->leaves)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		p->leaves[i] = p->space->v[i].set;
	qsort(p->leaves, n, sizeof(*p->leaves), compare_leaves);
	for (size_t i = 0; i < n; i++)
		if (!i || p->leaves[i] != p->leaves[i - 1])
			p->leaves[kept++] = p->leaves[i];
	if (kept > UINT16_MAX + 1)
		return 0;
	at = block_words(p->block, kept, 16);
	if (at < 0)
		return at;
	memcpy(p->block->words + at, p->leaves, kept * sizeof(*p->leaves));
	roots = (struct xe_roots *)((char *)p->block->words + XE_ROOTS);
	roots->leaves = at;
	p->n_leaves = kept;
	return 0;
}

static uint16_t leaf_place(const struct painter *p, uint32_t leaf)
{
	const uint32_t *place =
		bsearch(&leaf, p->leaves, p->n_leaves, sizeof(leaf), compare_leaves);

	return place - p->leaves;
}

/* Nodes that a trie of full ones has: stretches of 2^16 and of 2^8 addresses with a start inside.
 */
static size_t count_full(const struct addrspace *space)
{
	uint32_t last16 = 0, last8 = 0;
	size_t n = 0;

	for (size_t i = 1; i < space->n; i++) {
		uint32_t start = (uint32_t)space->v[i].start;

		if (start & 0xffff && (!n || start >> 16 != last16)) {
			last16 = start >> 16;
			n++;
		}
		if (start & 0xff && start >> 8 != last8) {
			last8 = start >> 8;
			n++;
		}
	}
	return n;
}

/* The last address of interval `i`. */
static uint32_t interval_last(const struct addrspace *space, size_t i)
{
	return i + 1 < space->n ? (uint32_t)space->v[i + 1].start - 1 : UINT32_MAX;
}

/* Intervals from p->at on that meet the addresses up to `last`, at most `max` of them. */
static size_t count_runs(const struct painter *p, uint32_t last, size_t max)
{
	size_t n = 1;

	while (n < max && interval_last(p->space, p->at + n - 1) < last)
		n++;
	return n;
}

static long put(struct block_builder *block, const void *node, size_t size, uint32_t kind,
		size_t align)
{
	long at = block_words(block, size / sizeof(uint32_t), align / sizeof(uint32_t));

	if (at < 0)
		return at;
	memcpy(block->words + at, node, size);
	return at | XE_REF_NODE | kind;
}

/* `size` places for the `n` intervals from p->at on. */
static void fill_runs(const struct painter *p, size_t n, uint16_t *bound, uint32_t *value,
		      size_t size)
{
	for (size_t i = 0; i < size; i++) {
		size_t run = i < n ? i : n - 1;

		value[i] = p->space->v[p->at + run].set;
		if (i + 1 < size)
			bound[i] = i + 1 < n ? interval_last(p->space, p->at + i) : 0xffff;
	}
}

/* A node for the `n` intervals from p->at on; they are then painted. */
static long paint_runs(struct painter *p, size_t n)
{
	struct xe_runs4 runs;
	struct xe_few4 few;
	long ref;

	if (n <= XE_FEW4) {
		fill_runs(p, n, few.bound, few.value, XE_FEW4);
		ref = put(p->block, &few, sizeof(few), XE_REF_FEW, sizeof(few));
	} else {
		fill_runs(p, n, runs.bound, runs.value, XE_RUNS4);
		ref = put(p->block, &runs, sizeof(runs), XE_REF_RUNS, sizeof(runs));
	}
	p->at += n - 1;
	return ref;
}

/* Lines of one size, a power of two, that hold the /16 from `first` on; 0: more than LINES_MAX. */
static uint32_t count_lines(const struct painter *p, uint32_t first)
{
	uint32_t last = first | 0xffff;

	for (uint32_t lines = 2; lines <= LINES_MAX; lines *= 2) {
		uint32_t inside = 65536 / lines - 1, line = UINT32_MAX;
		size_t runs = 0;
		bool fits = true;

		for (size_t i = p->at + 1; fits && i < p->space->n; i++) {
			uint32_t start = (uint32_t)p->space->v[i].start;

			if (start > last)
				break;
			runs = (start & ~inside) == line ? runs : 1;
			line = start & ~inside;
			runs += (start & inside) != 0;
			fits = runs <= XE_LINE;
		}
		if (fits)
			return lines;
	}
	return 0;
}

/* One line for the addresses `first` to `last`; p->at moves to the interval of the last. */
static struct xe_line line_of(struct painter *p, uint32_t first, uint32_t last)
{
	struct xe_line line;
	uint64_t bound[XE_LINE];
	size_t n = 0;

	while (interval_last(p->space, p->at) < first)
		p->at++;
	for (size_t i = 0; i < XE_LINE; i++)
		bound[i] = 0x8000;
	while (true) {
		line.leaf[n++] = leaf_place(p, p->space->v[p->at].set);
		if (interval_last(p->space, p->at) >= last)
			break;
		p->at++;
		bound[n - 1] = p->space->v[p->at].start & 0x7fff;
	}
	while (n < XE_LINE)
		line.leaf[n++] = line.leaf[0];
	for (size_t i = 0; i < XE_LINE; i += 4)
		line.bounds[i / 4] =
			bound[i] | bound[i + 1] << 16 | bound[i + 2] << 32 | bound[i + 3] << 48;
	return line;
}

static long paint_lines(struct painter *p, uint32_t first, uint32_t n_lines)
{
	size_t words = sizeof(struct xe_line) / sizeof(uint32_t);
	uint32_t size = 65536 / n_lines;
	long at = block_words(p->block, n_lines * words, words);

	if (at < 0)
		return at;
	for (uint32_t i = 0; i < n_lines; i++) {
		struct xe_line line = line_of(p, first + i * size, first + (i + 1) * size - 1);

		memcpy(p->block->words + at + i * words, &line, sizeof(line));
	}
	return at | XE_REF_NODE | XE_REF_LINES |
	       (uint32_t)(__builtin_ctz(n_lines) - 1) << XE_REF_LINES_SHIFT;
}

/* A node of 256 references, full or by rank, whichever is smaller. */
static long put_node(const struct painter *p, const uint32_t *refs, bool last)
{
	uint64_t words[(offsetof(struct xe_rank, value[FULL]) + 7) / 8] = {0};
	struct xe_rank *rank = (struct xe_rank *)words;
	size_t n = 0, size;

	for (size_t i = 0; i < FULL; i++) {
		if (i % 64 == 0)
			rank->before |= (uint32_t)n << i / 64 * 8;
		if (i && refs[i] == refs[i - 1])
			continue;
		rank->start[i / 64] |= 1ull << i % 64;
		rank->value[n++] = refs[i];
	}
	size = offsetof(struct xe_rank, value[n]);
	if (p->all_full || size >= FULL * sizeof(*refs))
		return put(p->block, refs, FULL * sizeof(*refs), XE_REF_FULL, 64);
	return put(p->block, rank, size, XE_REF_RANK | (last ? XE_REF_LAST : 0), 64);
}

/* The reference for 2^bits addresses from `first` on; p->at moves to the interval of the last. */
static long paint(struct painter *p, uint32_t first, unsigned bits)
{
	uint32_t last = first | ((1u << bits) - 1), refs[FULL], n_lines;
	size_t n;

	while (interval_last(p->space, p->at) < first)
		p->at++;
	n = count_runs(p, last, p->all_full ? 2 : XE_RUNS4 + 1);
	if (n == 1)
		return p->space->v[p->at].set;
	if (!p->all_full && n <= XE_RUNS4)
		return paint_runs(p, n);
	n_lines = !p->all_full && p->n_leaves && bits == 16 ? count_lines(p, first) : 0;
	if (n_lines)
		return paint_lines(p, first, n_lines);
	for (uint32_t i = 0; i < FULL; i++) {
		long ref = paint(p, first + (i << (bits - 8)), bits - 8);

		if (ref < 0)
			return ref;
		refs[i] = ref;
	}
	return put_node(p, refs, bits == 8);
}

int trie4_paint(const struct addrspace *space, struct block_builder *block)
{
	struct painter p = {
		.space = space,
		.block = block,
		.all_full = count_full(space) * FULL * sizeof(uint32_t) <= ALL_FULL_MAX,
	};

	long ref = p.all_full ? 0 : gather_leaves(&p);

	for (uint32_t i = 0; ref >= 0 && i < 65536; i++) {
		ref = paint(&p, i << 16, 16);
		if (ref >= 0)
			block->words[XE_ROOT4 / sizeof(uint32_t) + htons(i)] = ref;
	}
	free(p.leaves);
	return ref < 0 ? ref : 0;
}
