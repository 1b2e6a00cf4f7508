// SPDX-License-Identifier: GPL-2.0-only
/*
 * The IPv4 trie, painted: strides 16-8-8, leaf-pushed. All nodes full while they are few; else each
 * as small as its runs allow. The intervals are walked once, from the lowest address to the
 * highest.
 */
#include "trie4.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#define FULL 256 /* references of a full node */

/* Bytes of nodes up to which all are full: about what stays in a core's cache beside the rest. */
#define ALL_FULL_MAX (1u << 20)

struct painter {
	const struct addrspace *space;
	struct block_builder *block;
	size_t at; /* the interval that holds the next address to paint */
	bool all_full;
};

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
	return put(p->block, rank, size, XE_REF_RANK | (last ? XE_REF_LAST : 0), 32);
}

/* The reference for 2^bits addresses from `first` on; p->at moves to the interval of the last. */
static long paint(struct painter *p, uint32_t first, unsigned bits)
{
	uint32_t last = first | ((1u << bits) - 1), refs[FULL];
	size_t n;

	while (interval_last(p->space, p->at) < first)
		p->at++;
	n = count_runs(p, last, p->all_full ? 2 : XE_RUNS4 + 1);
	if (n == 1)
		return p->space->v[p->at].set;
	if (!p->all_full && n <= XE_RUNS4)
		return paint_runs(p, n);
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

	for (uint32_t i = 0; i < 65536; i++) {
		long ref = paint(&p, i << 16, 16);

		if (ref < 0)
			return ref;
		block->words[XE_ROOT4 / sizeof(uint32_t) + htons(i)] = ref;
	}
	return 0;
}
