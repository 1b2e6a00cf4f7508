// SPDX-License-Identifier: GPL-2.0-only
/* Address spaces: the sweep over prefixes, and the tries painted from its intervals. */
#include "addrspace.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* A mark's first and last address. */
struct span {
	u128 start, end;
	uint32_t mark;
};

static u128 span_mask(unsigned width, unsigned prefixlen)
{
	unsigned host = width - prefixlen;

	return host >= 128 ? ~(u128)0 : ((u128)1 << host) - 1;
}

static struct span span_of(const struct mark *mark)
{
	unsigned width = mark->prefix.family == 4 ? 32 : 128;
	struct span span = {.mark = mark->value};

	for (unsigned i = 0; i < width / 8; i++)
		span.start = span.start << 8 | mark->prefix.addr[i];
	span.end = span.start | span_mask(width, mark->prefix.prefixlen);
	return span;
}

/* Outer before inner. */
static int span_compare(const void *pa, const void *pb)
{
	const struct span *a = pa, *b = pb;

	if (a->start != b->start)
		return a->start < b->start ? -1 : 1;
	if (a->end != b->end)
		return a->end > b->end ? -1 : 1;
	return (a->mark > b->mark) - (a->mark < b->mark);
}

static int interval_add(struct addrspace *space, u128 start, uint32_t set)
{
	if (space->n && space->v[space->n - 1].start == start)
		space->n--;
	if (space->n && space->v[space->n - 1].set == set)
		return 0;
	if (space->n == space->capacity) {
		size_t capacity = space->capacity ? space->capacity * 2 : 64;
		struct interval *v = realloc(space->v, capacity * sizeof(*v));

		if (!v)
			return -ENOMEM;
		space->v = v;
		space->capacity = capacity;
	}
	space->v[space->n++] = (struct interval){.start = start, .set = set};
	return 0;
}

/* The set with one mark more. */
static long set_with(struct intern *sets, uint32_t set, uint32_t mark)
{
	size_t len, n, i;
	const uint32_t *old = intern_key(sets, set, &len);
	uint32_t *marks;
	long id;

	n = len / sizeof(*marks);
	marks = malloc(len + sizeof(*marks));
	if (!marks)
		return -ENOMEM;
	for (i = 0; i < n && old[i] < mark; i++)
		marks[i] = old[i];
	if (i < n && old[i] == mark) {
		free(marks);
		return set;
	}
	memcpy(marks + i + 1, old + i, (n - i) * sizeof(*marks));
	marks[i] = mark;
	id = intern_add(sets, marks, len + sizeof(*marks), NULL);
	free(marks);
	return id;
}

int addrspace_cut(const struct mark *marks, size_t n_marks, int family, struct intern *sets,
		  struct addrspace *out)
{
	/* Prefixes nest at most once a length and once a mark on the same prefix. */
	struct open {
		u128 end;
		uint32_t set;
	} *stack = NULL;
	struct span *spans = NULL;
	size_t n = 0, depth = 0;
	int err = -ENOMEM;
	long empty;

	*out = (struct addrspace){.width = family == 4 ? 32 : 128};
	spans = calloc(n_marks + 1, sizeof(*spans));
	stack = calloc(n_marks + 1, sizeof(*stack));
	empty = intern_add(sets, "", 0, NULL);
	if (!spans || !stack || empty < 0)
		goto out;
	for (size_t i = 0; i < n_marks; i++)
		if (marks[i].prefix.family == family)
			spans[n++] = span_of(&marks[i]);
	qsort(spans, n, sizeof(*spans), span_compare);

	stack[0] = (struct open){.end = span_mask(out->width, 0), .set = empty};
	if (interval_add(out, 0, empty))
		goto out;
	for (size_t i = 0; i <= n; i++) {
		long set;

		/* Close what ends before this one starts; behind the last, everything. */
		while (depth && (i == n || stack[depth].end < spans[i].start)) {
			u128 end = stack[depth--].end;

			if (end != stack[0].end && interval_add(out, end + 1, stack[depth].set))
				goto out;
		}
		if (i == n)
			break;
		set = set_with(sets, stack[depth].set, spans[i].mark);
		if (set < 0 || interval_add(out, spans[i].start, set))
			goto out;
		stack[++depth] = (struct open){.end = spans[i].end, .set = set};
	}
	err = 0;
out:
	free(spans);
	free(stack);
	if (err)
		addrspace_free(out);
	return err;
}

void addrspace_map(struct addrspace *space, const uint32_t *map)
{
	size_t n = space->n;

	space->n = 0;
	for (size_t i = 0; i < n; i++)
		interval_add(space, space->v[i].start, map[space->v[i].set]); /* never grows */
}

/* Index of the interval that holds the address. */
static size_t interval_at(const struct addrspace *space, u128 addr)
{
	size_t lo = 0, hi = space->n;

	while (hi - lo > 1) {
		size_t mid = lo + (hi - lo) / 2;

		if (space->v[mid].start <= addr)
			lo = mid;
		else
			hi = mid;
	}
	return lo;
}

uint32_t addrspace_find(const struct addrspace *space, u128 addr)
{
	return space->v[interval_at(space, addr)].set;
}

void addrspace_free(struct addrspace *space)
{
	free(space->v);
	*space = (struct addrspace){0};
}

/* --- the trie ------------------------------------------------------------------------------------
 */

/* Skipping fewer bits would save memory but no load. */
#define SKIP_BITS_MIN 16

static long paint(const struct addrspace *space, struct block_builder *block, u128 base,
		  unsigned used);

/* Bits that two addresses share behind the first `used`, at most up to the end of the half. */
static unsigned bits_shared(u128 a, u128 b, unsigned used)
{
	unsigned end = used < 64 ? 64 : 128, n = used;

	while (n < end && !(((a ^ b) >> (127 - n)) & 1))
		n++;
	return n - used;
}

/*
 * IPv6: if everything but one aligned part of this block is of one class, a skip node leads there.
 * Returns its reference, 0 if it would not pay, or a negative errno.
 */
static long paint_skip(const struct addrspace *space, struct block_builder *block, u128 base,
		       unsigned used)
{
	size_t first = interval_at(space, base);
	size_t last = interval_at(space, base | span_mask(128, used));
	unsigned bits;
	struct xe_skip *skip;
	long hit, at;
	u128 key;

	if (space->v[first].set != space->v[last].set)
		return 0;
	key = space->v[first + 1].start;
	bits = bits_shared(key, space->v[last].start - 1, used) / 8 * 8;
	if (bits < SKIP_BITS_MIN)
		return 0;
	key = key & ~span_mask(128, used + bits);
	hit = paint(space, block, key, used + bits);
	if (hit < 0)
		return hit;
	at = block_words(block, sizeof(*skip) / sizeof(uint32_t), sizeof(*skip) / sizeof(uint32_t));
	if (at < 0)
		return at;
	skip = (struct xe_skip *)(block->words + at);
	*skip = (struct xe_skip){
		.key = (uint64_t)(key << used >> 64),
		.bits = bits,
		.shift = 64 - bits,
		.hit = hit,
		.miss = space->v[first].set,
	};
	return at | XE_REF_NODE | XE_REF_SKIP;
}

/* A node of 256 references for the next eight bits. */
static long paint_node(const struct addrspace *space, struct block_builder *block, u128 base,
		       unsigned used)
{
	unsigned shift = space->width - used - 8;
	long node = block_words(block, 256, 16);

	if (node < 0)
		return node;
	for (unsigned i = 0; i < 256; i++) {
		long ref = paint(space, block, base | (u128)i << shift, used + 8);

		if (ref < 0)
			return ref;
		block->words[node + i] = ref;
	}
	return node | XE_REF_NODE;
}

/* The lower half's walk starts at a reference in a word of its own. */
static long paint_low(struct block_builder *block, long ref)
{
	long at;

	if (ref < 0)
		return ref;
	at = block_words(block, 1, 1);
	if (at < 0)
		return at;
	block->words[at] = ref;
	return at | XE_REF_NODE | XE_REF_LOW;
}

/* The reference for the block of addresses that share the first `used` bits of `base`. */
static long paint(const struct addrspace *space, struct block_builder *block, u128 base,
		  unsigned used)
{
	size_t at = interval_at(space, base);
	long ref = 0;

	if (at + 1 == space->n || space->v[at + 1].start > (base | span_mask(space->width, used)))
		return space->v[at].set;
	if (space->width == 128)
		ref = paint_skip(space, block, base, used);
	if (!ref)
		ref = paint_node(space, block, base, used);
	return used == 64 ? paint_low(block, ref) : ref;
}

int addrspace_paint(const struct addrspace *space, struct block_builder *block, uint32_t *root)
{
	bool fixed = space->width == 32;
	long at = fixed ? XE_ROOT4 / (long)sizeof(uint32_t) : block_words(block, 65536, 16);

	if (at < 0)
		return at;
	*root = at;
	for (uint32_t i = 0; i < 65536; i++) {
		long ref = paint(space, block, (u128)i << (space->width - 16), 16);

		if (ref < 0)
			return ref;
		block->words[at + (fixed ? htons(i) : i)] = ref;
	}
	return 0;
}
