/* SPDX-License-Identifier: GPL-2.0-only */
/* Sets of small numbers as arrays of 64-bit words; the length is the owner's to know. */
#ifndef XE_POLICY_BITS_H
#define XE_POLICY_BITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

static inline size_t bits_words(size_t n)
{
	return (n + 63) / 64;
}

static inline void bits_set(uint64_t *bits, size_t i)
{
	bits[i / 64] |= 1ull << (i % 64);
}

static inline bool bits_has(const uint64_t *bits, size_t i)
{
	return bits[i / 64] >> (i % 64) & 1;
}

static inline bool bits_any(const uint64_t *bits, size_t words)
{
	for (size_t i = 0; i < words; i++)
		if (bits[i])
			return true;
	return false;
}

#endif
