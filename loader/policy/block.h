/* SPDX-License-Identifier: GPL-2.0-only */
/* A policy block while it is being built: a growing array of words; parts are named by index. */
#ifndef XE_POLICY_BLOCK_H
#define XE_POLICY_BLOCK_H

#include <stddef.h>
#include <stdint.h>

struct block_builder {
	uint32_t *words;
	size_t n, capacity; /* words */
	size_t limit;	    /* words; more is -E2BIG */
};

/*
 * Reserve `n` zeroed words, the first at a multiple of `align` words. Returns their index, or
 * -ENOMEM, -E2BIG. Pointers into words are stale after it.
 */
long block_words(struct block_builder *block, size_t n, size_t align);
void block_free(struct block_builder *block);

#endif
