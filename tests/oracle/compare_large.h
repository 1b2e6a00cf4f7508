/* SPDX-License-Identifier: GPL-2.0-only */
/* Large sites: imported rule sets and long prefix lists, oracle and compiled policy side by side.
 */
#ifndef XE_ORACLE_COMPARE_LARGE_H
#define XE_ORACLE_COMPARE_LARGE_H

#include "counted.h"
#include "large_site.h"
#include "near.h"

/*
 * What is done with one site: asked all its tuples, which are near misses. False after a difference
 * (printed) or another failure.
 */
typedef bool (*large_fn)(void *ctx, struct checked *checked, const struct tuples *tuples);

struct large_run {
	struct rng *rng;
	const struct spec *spec;
	bool lengthy; /* minutes, not seconds */
	unsigned max; /* tuples a site, drawn from all; fewer where the oracle takes long */
	large_fn fn;
	void *ctx;
	unsigned passed, failed; /* sites */
};

/* All of it, until the first failure. */
bool compare_large(struct large_run *run);

#endif
