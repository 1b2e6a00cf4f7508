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

/*
 * An address's leaf (its classes) by a multibit trie of strides 16-8-8, leaf-pushed. The first two
 * bytes index the root as they are; a node's kind falls victim to the mask.
 */
static __always_inline __u32 address_leaf4(const struct block *b, __be32 addr)
{
	__u32 ref = *(const __u32 *)(block_at(b, (__u64)be32_first16(addr) << 2) + XE_ROOT4);

	if (ref & XE_REF_NODE) {
		ref = block_u32(b, ref + be32_byte(addr, 2));
		if (ref & XE_REF_NODE)
			ref = block_u32(b, ref + be32_byte(addr, 3));
	}
	return ref;
}

/* One check for all fields: the index is masked to where a whole skip node fits. */
static __always_inline const struct xe_skip *block_skip(const struct block *b, __u32 index)
{
	__u32 mask = b->mask & ~((__u32)sizeof(struct xe_skip) - 1);

	return block_at(b, (index << 2) & mask);
}

/* Walk nodes with the bits of `word` from the top; each step uses 8 of them at least. */
static __always_inline __u32 walk_half(const struct block *b, __u32 ref, __u64 word)
{
	for (int i = 0; i < 8; i++) {
		__u32 at = ref & XE_REF_MASK;

		if (!(ref & XE_REF_NODE) || ref & XE_REF_LOW)
			break;
		if (ref & XE_REF_SKIP) {
			const struct xe_skip *skip = block_skip(b, at);

			ref = skip->miss;
			if ((word ^ skip->key) >> (skip->shift & 63) == 0) {
				ref = skip->hit;
				word <<= skip->bits & 63;
			}
		} else {
			ref = block_u32(b, at + (__u32)(word >> 56));
			word <<= 8;
		}
	}
	return ref;
}

static __always_inline __u32 address_leaf6(const struct block *b, struct addr6 addr)
{
	__u32 ref = block_u32(b, b->header->root6 + (__u32)(addr.hi >> 48));

	ref = walk_half(b, ref, addr.hi << 16);
	if (ref & XE_REF_NODE && ref & XE_REF_LOW)
		ref = walk_half(b, block_u32(b, ref & XE_REF_MASK), addr.lo);
	return ref;
}

#endif
