// SPDX-License-Identifier: GPL-2.0-only
/* A policy block while it is being built. */
#include "block.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

long block_words(struct block_builder *block, size_t n, size_t align)
{
	size_t at = (block->n + align - 1) / align * align;

	if (at + n > block->limit)
		return -E2BIG;
	if (at + n > block->capacity) {
		size_t capacity = block->capacity ? block->capacity : 1 << 16;
		uint32_t *words;

		while (capacity < at + n)
			capacity *= 2;
		words = realloc(block->words, capacity * sizeof(*words));
		if (!words)
			return -ENOMEM;
		block->words = words;
		block->capacity = capacity;
	}
	memset(block->words + block->n, 0, (at + n - block->n) * sizeof(*block->words));
	block->n = at + n;
	return at;
}

void block_free(struct block_builder *block)
{
	free(block->words);
	*block = (struct block_builder){0};
}
