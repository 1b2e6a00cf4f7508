// SPDX-License-Identifier: GPL-2.0-only
/* Numbers for distinct byte strings, by open addressing. */
#include "intern.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* FNV-1a taken eight bytes at a time and mixed; keys are compared whole, so only speed depends on
 * it. */
static uint64_t hash_bytes(const uint8_t *key, size_t len)
{
	uint64_t hash = 0xcbf29ce484222325u ^ len;

	while (len) {
		uint64_t word = 0;
		size_t step = len < sizeof(word) ? len : sizeof(word);

		memcpy(&word, key, step);
		hash = (hash ^ word) * 0x9e3779b97f4a7c15u;
		hash ^= hash >> 29;
		key += step;
		len -= step;
	}
	return hash;
}

static int grow_slots(struct intern *intern)
{
	size_t n = intern->n_slots ? intern->n_slots * 2 : 64;
	uint32_t *slots = calloc(n, sizeof(*slots));

	if (!slots)
		return -ENOMEM;
	for (size_t id = 0; id < intern->n; id++) {
		size_t i = intern->entries[id].hash & (n - 1);

		while (slots[i])
			i = (i + 1) & (n - 1);
		slots[i] = id + 1;
	}
	free(intern->slots);
	intern->slots = slots;
	intern->n_slots = n;
	return 0;
}

static int reserve(void **array, size_t *capacity, size_t need, size_t size)
{
	size_t n = *capacity ? *capacity : 64;
	void *p;

	if (need <= *capacity)
		return 0;
	while (n < need)
		n *= 2;
	p = realloc(*array, n * size);
	if (!p)
		return -ENOMEM;
	*array = p;
	*capacity = n;
	return 0;
}

/* The slot that holds `key`, or the free one where it belongs. */
static size_t find_slot(const struct intern *intern, const void *key, size_t len, uint64_t hash)
{
	size_t i = hash & (intern->n_slots - 1);

	for (; intern->slots[i]; i = (i + 1) & (intern->n_slots - 1)) {
		const struct intern_entry *entry = &intern->entries[intern->slots[i] - 1];

		if (entry->hash == hash && entry->len == len &&
		    !memcmp(intern->bytes + entry->offset, key, len))
			break;
	}
	return i;
}

long intern_find(const struct intern *intern, const void *key, size_t len)
{
	if (!intern->n_slots)
		return -1;
	return (long)intern->slots[find_slot(intern, key, len, hash_bytes(key, len))] - 1;
}

long intern_add(struct intern *intern, const void *key, size_t len, int *is_new)
{
	uint64_t hash = hash_bytes(key, len);
	size_t i;

	if (intern->n * 2 >= intern->n_slots && grow_slots(intern))
		return -ENOMEM;
	i = find_slot(intern, key, len, hash);
	if (is_new)
		*is_new = !intern->slots[i];
	if (intern->slots[i])
		return intern->slots[i] - 1;
	if (reserve((void **)&intern->entries, &intern->capacity, intern->n + 1,
		    sizeof(*intern->entries)) ||
	    reserve((void **)&intern->bytes, &intern->bytes_capacity, intern->n_bytes + len + 1, 1))
		return -ENOMEM;
	intern->entries[intern->n] =
		(struct intern_entry){.hash = hash, .offset = intern->n_bytes, .len = len};
	memcpy(intern->bytes + intern->n_bytes, key, len);
	intern->n_bytes += len;
	intern->slots[i] = ++intern->n;
	return intern->n - 1;
}

const void *intern_key(const struct intern *intern, size_t id, size_t *len)
{
	const struct intern_entry *entry = &intern->entries[id];

	if (len)
		*len = entry->len;
	return intern->bytes + entry->offset;
}

void intern_free(struct intern *intern)
{
	free(intern->entries);
	free(intern->slots);
	free(intern->bytes);
	*intern = (struct intern){0};
}
