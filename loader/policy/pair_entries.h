/* SPDX-License-Identifier: GPL-2.0-only */
/* The entries of a pair class: those of every group whose ends hold its two address classes. */
#ifndef XE_POLICY_PAIR_ENTRIES_H
#define XE_POLICY_PAIR_ENTRIES_H

#include "pairs.h"

struct pair_entries {
	const struct build *build;
	uint32_t *v; /* indices of entries, ascending */
	size_t n;
	bool *held;	/* by end: it holds the pair's destination; all false in between */
	uint64_t *seen; /* entries as bits, to sort them; all 0 in between */
};

/* 0 or -ENOMEM; to be freed in any case. */
int pair_entries_make(const struct build *build, struct pair_entries *out);
void pair_entries_free(struct pair_entries *entries);
/* v and n become the pair's. */
void pair_entries_list(struct pair_entries *entries, const struct pair *pair);

#endif
