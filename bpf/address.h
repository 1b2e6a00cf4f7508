/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The policy block's elements, and the walk from an address to its leaf. Plain C, shared with user
 * space.
 *
 * The block is one array value of a power-of-two size; every index is masked to it, so that the
 * verifier needs no more than one AND, and a block that is replaced under a running program can
 * make it count wrongly for one packet at worst, never read outside.
 */
#ifndef XE_BPF_ADDRESS_H
#define XE_BPF_ADDRESS_H

#include "parse.h"

/* Parts of an address in network byte order: the first two bytes as they lie in memory, and byte i.
 */
static __always_inline __u32 be32_first16(__be32 addr)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	return addr & 0xffff;
#else
	return addr >> 16;
#endif
}

static __always_inline __u32 be32_byte(__be32 addr, int i)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	return addr >> (8 * i) & 0xff;
#else
	return addr >> (24 - 8 * i) & 0xff;
#endif
}

struct block {
	const struct xe_block_header *header;
	__u32 mask; /* bytes of the value - 4: offsets of words */
};

/*
 * `at` bytes into the block. The addition by hand: the compiler would copy the block's address and
 * add the offset to the copy, an instruction more for every load.
 */
static __always_inline const void *block_at(const struct block *b, __u64 at)
{
#ifdef __bpf__
	asm("%0 += %1" : "+r"(at) : "r"(b->header));
	return (const void *)at;
#else
	return (const char *)b->header + at;
#endif
}

static __always_inline __u32 block_word(const struct block *b, __u32 offset)
{
	return *(const __u32 *)block_at(b, offset & b->mask);
}

static __always_inline __u32 block_u32(const struct block *b, __u32 index)
{
	return block_word(b, index << 2);
}

/* A struct that is aligned to its size or to `align` bytes: one check for all its fields. */
static __always_inline const void *block_struct(const struct block *b, __u32 index, __u32 align)
{
	return block_at(b, (index << 2) & (b->mask & ~(align - 1)));
}

/* --- IPv4 ------------------------------------------------------------------------------------ */

/* Bits set; the program has no instruction for it. */
static __always_inline __u32 bits_set64(__u64 word)
{
	word -= word >> 1 & 0x5555555555555555;
	word = (word & 0x3333333333333333) + (word >> 2 & 0x3333333333333333);
	word = (word + (word >> 4)) & 0x0f0f0f0f0f0f0f0f;
	return word * 0x0101010101010101 >> 56;
}

static __always_inline __u32 rank_step(const struct block *b, __u32 ref, __u32 i)
{
	__u32 word = i >> 6;
	const __u64 *start = block_struct(b, ref + word * 2, sizeof(*start));
	__u32 before = block_u32(b, ref + offsetof(struct xe_rank, before) / 4) >> word * 8 & 0xff;
	__u32 n = before + bits_set64(*start & ((2ull << (i & 63)) - 1));

	return block_u32(b, ref + offsetof(struct xe_rank, value) / 4 + n - 1);
}

/*
 * How many of the bounds lie below x. Without a branch, for both the processor and the verifier;
 * the compiler must not know that x is small, or it would make them of it.
 */
static __always_inline __u32 bounds_below(const __u16 *bound, int n, __u64 x)
{
	__u32 k = 0;

	asm volatile("" : "+r"(x));
	for (int i = 0; i < n; i++)
		k += (bound[i] - x) >> 63;
	return k;
}

static __always_inline __u32 few4_step(const struct block *b, __u32 ref, __u32 x)
{
	const struct xe_few4 *few = block_struct(b, ref, sizeof(*few));

	return block_u32(b, ref + offsetof(struct xe_few4, value) / 4 +
				    bounds_below(few->bound, XE_FEW4 - 1, x));
}

static __always_inline __u32 runs4_step(const struct block *b, __u32 ref, __u32 x)
{
	const struct xe_runs4 *runs = block_struct(b, ref, sizeof(*runs));

	return block_u32(b, ref + offsetof(struct xe_runs4, value) / 4 +
				    bounds_below(runs->bound, XE_RUNS4 - 1, x));
}

/* Which of four bounds are not above x: the upper bits of their lanes, moved to the lower end. */
static __always_inline __u64 line_below(__u64 bounds, __u64 lanes)
{
	return (lanes - bounds) >> 15 & 0x0001000100010001;
}

/* Bounds have 15 bits, so that with the 16th bit set nothing is borrowed from another lane. */
static __always_inline __u32 lines_step(const struct block *b, __u32 ref, __u32 x)
{
	const struct xe_roots *roots = (const void *)b->header + XE_ROOTS;
	__u32 at =
		(ref << 2) + (x >> (15 - (ref >> XE_REF_LINES_SHIFT & 3))) * sizeof(struct xe_line);
	const struct xe_line *line = block_at(b, at & (b->mask & ~(sizeof(*line) - 1)));
	__u64 lanes = (x & 0x7fff) * 0x0001000100010001 | 0x8000800080008000;
	__u64 below = 0;
	__u32 run;

	for (int i = 0; i < XE_LINE / 4; i++)
		below += line_below(line->bounds[i], lanes);
	run = below * 0x0001000100010001 >> 48;
	at += offsetof(struct xe_line, leaf) + run * sizeof(*line->leaf);
	return block_u32(b, roots->leaves + *(const __u16 *)block_at(b, at & (b->mask | 2)));
}

/*
 * From the node `ref` on, the first one that is not full, to the leaf. A function of its own, so
 * that sites that have only full nodes keep their registers.
 */
static __attribute__((noinline)) __u32 address_deep4(const struct xe_block_header *header,
						     __u32 mask, __u32 ref, __be32 be_addr)
{
	const struct block block = {.header = header, .mask = mask}, *b = &block;
	__u32 addr = bpf_ntohl(be_addr);

	if ((ref & XE_REF_LINES) == XE_REF_LINES)
		return lines_step(b, ref, addr & 0xffff);
	if ((ref & XE_REF_KIND) == XE_REF_RANK)
		ref = rank_step(b, ref, addr >> 8 & 0xff);
	if (!(ref & XE_REF_NODE))
		return ref;
	if (!(ref & XE_REF_DEEP))
		return block_u32(b, ref + (addr & 0xff));
	if ((ref & XE_REF_FEW) == XE_REF_FEW)
		return few4_step(b, ref, addr & 0xffff);
	if ((ref & XE_REF_RUNS) == XE_REF_RUNS)
		return runs4_step(b, ref, addr & 0xffff);
	return rank_step(b, ref, addr & 0xff);
}

/* One comparison, since of all references full nodes are the lowest signed numbers. */
static __always_inline int is_full(__u32 ref)
{
	return (__s32)ref < (__s32)(XE_REF_NODE | XE_REF_DEEP);
}

/*
 * An address's leaf (its classes) by a multibit trie of strides 16-8-8, leaf-pushed. The first two
 * bytes index the root as they are; a node's kind falls victim to the mask.
 */
static __always_inline __u32 address_leaf4(const struct block *b, __be32 addr)
{
	__u32 ref = *(const __u32 *)(block_at(b, (__u64)be32_first16(addr) << 2) + XE_ROOT4);

	if (is_full(ref)) {
		ref = block_u32(b, ref + be32_byte(addr, 2));
		if (is_full(ref))
			return block_u32(b, ref + be32_byte(addr, 3));
	}
	if (__builtin_expect(ref & XE_REF_NODE, 0))
		ref = address_deep4(b->header, b->mask, ref, addr);
	return ref;
}

/* --- IPv6 ------------------------------------------------------------------------------------ */

static __always_inline __u64 window_index(const struct xe_window *window, __u64 word)
{
	return (word - window->key) >> window->shift;
}

static __always_inline __u32 window_step(const struct block *b, __u32 ref, __u64 word)
{
	const struct xe_window *window = block_struct(b, ref, sizeof(*window));
	__u64 i = window_index(window, word), last = window->last;

	/* the lesser of both without a branch, which any other packet would mispredict */
	i ^= (i ^ last) & (__u64)((__s64)(i | (last - i)) >> 63);
	return block_u32(b, ref + sizeof(*window) / 4 + (__u32)i);
}

static __always_inline __u32 runs6_step(const struct block *b, __u32 ref, __u64 word)
{
	const struct xe_runs6 *runs = block_struct(b, ref, sizeof(*runs));
	__u32 k = XE_RUNS6 - 1;

	for (int i = 0; i < XE_RUNS6 - 1; i++)
		k -= (word - runs->bound[i]) >> 63;
	return block_u32(b, ref + offsetof(struct xe_runs6, value) / 4 + k);
}

/* Walk the nodes of one half, whose bits are `word`, from a node on. */
static __always_inline __u32 walk6(const struct block *b, __u32 ref, __u64 word)
{
	for (int i = 0; i < XE_WALK6_DEPTH; i++) {
		if (!(ref & XE_REF_NODE) || ref & XE_REF_LOW)
			break;
		if (ref & XE_REF_RUNS6)
			ref = runs6_step(b, ref, word);
		else
			ref = window_step(b, ref, word);
	}
	return ref;
}

static __always_inline __u32 low_step(const struct block *b, const struct xe_low *low,
				      struct addr6 addr)
{
	__u64 i = window_index(&low->window, addr.lo);

	if (i > low->window.last || addr.hi != low->upper)
		i = low->window.last;
	return block_word(b, low->refs + ((__u32)i << 2));
}

/*
 * From the node `ref` behind the first two steps to the leaf. A function of its own, since few
 * sites need it: inlined, it would cost everybody registers.
 */
static __attribute__((noinline)) __u32 address_deep6(const struct xe_block_header *header,
						     __u32 mask, __u32 ref, __u64 hi, __u64 lo)
{
	const struct block block = {.header = header, .mask = mask};
	const struct addr6 addr = {.hi = hi, .lo = lo};

	if (!(ref & XE_REF_LOWER)) {
		ref = walk6(&block, ref, hi);
		if (!(ref & XE_REF_NODE))
			return ref;
		ref = low_step(&block, block_struct(&block, ref, sizeof(struct xe_low)), addr);
	}
	return walk6(&block, ref, lo);
}

/* A subnet of the root, from the address that block_at() gives for its offset in the table. */
#define SUBNET(at) ((const struct xe_low *)((at) + XE_ROOTS + offsetof(struct xe_roots, subnets)))

static __always_inline __u32 address_leaf6(const struct block *b, struct addr6 addr)
{
	const struct xe_roots *root = (const void *)b->header + XE_ROOTS;
	__u64 slot = addr.hi * root->multiplier >> (64 - XE_SUBNET_BITS);
	const void *at = block_at(b, slot * sizeof(struct xe_low));
	__u64 word = addr.lo, i;
	__u32 ref;

	if (SUBNET(at)->upper != addr.hi) {
		at = b->header;
		word = addr.hi;
		asm volatile("" : "+r"(word)); /* one branch for both, not one each */
	}
	i = window_index(&SUBNET(at)->window, word);
	if (i > SUBNET(at)->window.last)
		i = SUBNET(at)->window.last;
	ref = block_word(b, SUBNET(at)->refs + ((__u32)i << 2));
	if (__builtin_expect(ref & XE_REF_NODE, 0))
		ref = address_deep6(b->header, b->mask, ref, addr.hi, addr.lo);
	return ref;
}

#endif
