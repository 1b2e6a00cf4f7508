/* SPDX-License-Identifier: GPL-2.0-only */
/* Numbers for distinct byte strings: equal keys get the same id, ids count up from 0. */
#ifndef XE_POLICY_INTERN_H
#define XE_POLICY_INTERN_H

#include <stddef.h>
#include <stdint.h>

struct intern {
	struct intern_entry {
		uint64_t hash;
		size_t offset;
		size_t len;
	} * entries;
	size_t n, capacity;
	uint32_t *slots; /* id + 1, open addressing */
	size_t n_slots;
	uint8_t *bytes;
	size_t n_bytes, bytes_capacity;
};

/* The id of `key`, new or known; *is_new (if given) says which. -ENOMEM. */
long intern_add(struct intern *intern, const void *key, size_t len, int *is_new);
/* Its id if it has one, else -1. */
long intern_find(const struct intern *intern, const void *key, size_t len);
/* The key of an id; valid until the next intern_add(). */
const void *intern_key(const struct intern *intern, size_t id, size_t *len);
void intern_free(struct intern *intern);

#endif
