/* SPDX-License-Identifier: GPL-2.0-only */
/* Sites of many rows, imported as an operator would, and of long prefix lists, read from files. */
#ifndef XE_ORACLE_LARGE_SITE_H
#define XE_ORACLE_LARGE_SITE_H

#include "random.h"

struct rule_set {
	const char *kind; /* acl, fw, ipc */
	unsigned rules;
	bool replies; /* rows with a reply sense */
	bool edge;    /* beside the tables of an Edge and its roles */
};

/*
 * The site that tests/bench/rules.py and scripts/import-classbench.py make, started in the top
 * directory of the repository. Free it by site_free(). False after a message.
 */
bool large_rule_set(struct rng *rng, const struct spec *spec, const struct rule_set *set,
		    struct site *out);

/*
 * A site whose roles, two of them protected, and two rows of its own take their prefixes from
 * files: every length of both families, nested, repeated and side by side, `n` in all or more. What
 * is in no list and what is in any of them differ by a row each. Free by site_free(). False after a
 * message.
 */
bool large_prefix_lists(struct rng *rng, const struct spec *spec, unsigned n, struct site *out);

#endif
