/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the program needs to give verdicts (VERDICTS.md), compiled: an action for each atom, whose
 * each address is, rates, translations, times. Private to the compiler.
 */
#ifndef XE_POLICY_GUARD_H
#define XE_POLICY_GUARD_H

#include "compile.h"

struct guard {
	unsigned features; /* of enum xe_feature */
	struct xe_limit *limits;
	size_t n_limits;
	uint16_t *limit_of; /* by row: 1-based place in limits; 0: none that is asked for */
};

/* 0, -ENOMEM, or -E2BIG (reported): more limits or roles than the program can name. */
int guard_make(const struct policy *policy, struct guard *out);
void guard_free(struct guard *guard);

struct build;

/* Words that guard_put() takes for what is made so far. */
size_t guard_words(const struct build *b);
/* Entries of the program's memory of packets for XE_FEATURE_STATE, _GUARD or _LIMITS: flows,
 * fragments, sources; 0 without the feature. */
uint32_t guard_remembers(const struct build *b, unsigned feature);
/* Bytes that all of it takes, outside the block. */
size_t guard_state_bytes(const struct build *b);
/* Lay it out behind the rest of the block; b->out has the atoms. 0, -ENOMEM, -E2BIG (not reported).
 */
int guard_put(struct build *b, struct xe_guard *header);

#endif
