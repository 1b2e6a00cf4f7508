// SPDX-License-Identifier: GPL-2.0-only
/* Address spaces: the sweep over prefixes, and the tries painted from its intervals. */
#include "addrspace.h"
#include "trie4.h"
#include "trie6.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* A mark's prefix as addresses. */
struct span {
	u128 start;
	uint32_t mark;
	uint8_t prefixlen;
};

static u128 span_mask(unsigned width, unsigned prefixlen)
{
	unsigned host = width - prefixlen;

	return host >= 128 ? ~(u128)0 : ((u128)1 << host) - 1;
}

static struct span span_of(const struct mark *mark, unsigned width)
{
	struct span span = {.mark = mark->value, .prefixlen = mark->prefix.prefixlen};

	for (unsigned i = 0; i < width / 8; i++)
		span.start = span.start << 8 | mark->prefix.addr[i];
	return span;
}

/* Outer before inner. */
static int span_compare(const void *pa, const void *pb)
{
	const struct span *a = pa, *b = pb;

	if (a->start != b->start)
		return a->start < b->start ? -1 : 1;
	if (a->prefixlen != b->prefixlen)
		return a->prefixlen < b->prefixlen ? -1 : 1;
	return (a->mark > b->mark) - (a->mark < b->mark);
}

/* Where the ascending run that begins at `i` ends. */
static size_t run_end(const struct span *spans, size_t i, size_t n)
{
	for (i++; i < n && span_compare(&spans[i - 1], &spans[i]) <= 0; i++)
		;
	return i;
}

static void merge_runs(const struct span *a, const struct span *a_end, const struct span *b,
		       const struct span *b_end, struct span *to)
{
	while (a < a_end && b < b_end)
		*to++ = span_compare(b, a) < 0 ? *b++ : *a++;
	memcpy(to, a, (a_end - a) * sizeof(*a));
	memcpy(to + (a_end - a), b, (b_end - b) * sizeof(*b));
}

/*
 * Natural merge sort (Knuth, The Art of Computer Programming 3, 5.2.4, algorithm N): prefixes come
 * from a few lists that are sorted already, of which some are long. 0 or -ENOMEM.
 */
static int spans_sort(struct span *spans, size_t n)
{
	struct span *other;

	if (run_end(spans, 0, n) >= n)
		return 0;
	other = malloc(n * sizeof(*other));
	if (!other)
		return -ENOMEM;
	while (run_end(spans, 0, n) < n) {
		for (size_t i = 0; i < n;) {
			size_t half = run_end(spans, i, n);
			size_t end = half < n ? run_end(spans, half, n) : n;

			merge_runs(spans + i, spans + half, spans + half, spans + end, other + i);
			i = end;
		}
		memcpy(spans, other, n * sizeof(*spans));
	}
	free(other);
	return 0;
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

/*
 * What set_with() said before: a list of prefixes asks for the same few sets again and again.
 * Direct-mapped; what does not fit is asked anew.
 */
#define MEMO_BITS 12

struct memo {
	struct memo_entry {
		uint32_t set, mark, with; /* with: id + 1; 0: nothing here */
	} v[1 << MEMO_BITS];
};

static long set_with_memo(struct memo *memo, struct intern *sets, uint32_t set, uint32_t mark)
{
	uint32_t hash = (set * 0x9e3779b1u ^ mark * 0x85ebca77u) * 0xc2b2ae3du;
	struct memo_entry *entry = &memo->v[hash >> (32 - MEMO_BITS)];
	long with;

	if (entry->with && entry->set == set && entry->mark == mark)
		return entry->with - 1;
	with = set_with(sets, set, mark);
	if (with >= 0)
		*entry = (struct memo_entry){set, mark, with + 1};
	return with;
}

/* A prefix that the sweep is in, and the set there. */
struct open {
	u128 end;
	uint32_t set;
};

static size_t gather_spans(const struct mark *marks, size_t n_marks, int family, struct span *spans)
{
	size_t n = 0;

	for (size_t i = 0; i < n_marks; i++) {
		if (marks[i].prefix.family != family)
			continue;
		if (spans)
			spans[n] = span_of(&marks[i], family == 4 ? 32 : 128);
		n++;
	}
	return n;
}

int addrspace_cut(const struct mark *marks, size_t n_marks, int family, struct intern *sets,
		  struct addrspace *out)
{
	size_t n = gather_spans(marks, n_marks, family, NULL), depth = 0;
	struct span *spans = malloc((n + 1) * sizeof(*spans));
	/* prefixes nest once a length and once a mark on the same prefix, at most */
	struct open *stack = malloc((n + 1) * sizeof(*stack));
	struct memo *memo = calloc(1, sizeof(*memo));
	long set = intern_add(sets, "", 0, NULL);
	int err = -ENOMEM;

	*out = (struct addrspace){.width = family == 4 ? 32 : 128};
	if (!spans || !stack || !memo || set < 0)
		goto out;
	gather_spans(marks, n_marks, family, spans);
	if (spans_sort(spans, n))
		goto out;

	stack[0] = (struct open){.end = span_mask(out->width, 0), .set = set};
	if (interval_add(out, 0, set))
		goto out;
	for (size_t i = 0; i <= n; i++) {
		/* Close what ends before this one starts; behind the last, everything. */
		while (depth && (i == n || stack[depth].end < spans[i].start)) {
			u128 end = stack[depth--].end;

			if (end != stack[0].end && interval_add(out, end + 1, stack[depth].set))
				goto out;
		}
		if (i == n)
			break;
		set = set_with_memo(memo, sets, stack[depth].set, spans[i].mark);
		if (set < 0 || interval_add(out, spans[i].start, set))
			goto out;
		stack[++depth] = (struct open){
			.end = spans[i].start | span_mask(out->width, spans[i].prefixlen),
			.set = set,
		};
	}
	err = 0;
out:
	free(spans);
	free(stack);
	free(memo);
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

int addrspace_paint(const struct addrspace *space, struct block_builder *block)
{
	return space->width == 32 ? trie4_paint(space, block) : trie6_paint(space, block);
}
