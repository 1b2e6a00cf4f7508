/* SPDX-License-Identifier: GPL-2.0-only */
/* One site with both of its readings, oracle and compiled policy, and the comparison of answers. */
#ifndef XE_ORACLE_CHECK_H
#define XE_ORACLE_CHECK_H

#include <stdio.h>

#include "oracle.h"

struct checked {
	const struct spec *spec;
	const struct site *site;
	struct oracle *oracle;
	struct policy policy;
	struct nic *nics;
	size_t n_nics;
	unsigned sides;		      /* bit mask: compiled */
	struct compiled compiled;     /* as it would be loaded */
	struct compiled blocked;      /* the same, in the layout for many rows */
	struct oracle_match *matches; /* of the last answer by the policy */
};

/* An answer of either. `matches` is valid until the next answer of the same one. */
struct answer {
	bool valid; /* false: an atom that there is not */
	uint32_t atom;
	const char *row;
	enum xe_sense sense;
	enum xe_miss miss;
	bool syn;
	const struct oracle_match *matches;
	size_t n_matches;
};

/*
 * Read the site both ways, compiled for its NICs' sides and those in the mask beside them. 0;
 * -E2BIG if it is larger than a policy may be (no message); another negative errno, with a message
 * on stdout, if it can't be resolved or compiled or if what holds of every policy does not.
 */
int check_open(const struct spec *spec, const struct site *site, unsigned sides,
	       struct checked *out);
void check_close(struct checked *checked);

void check_oracle(struct checked *checked, enum xe_side side, const struct tuple *tuple,
		  struct answer *out);
/* By both layouts; where they differ, a miss that there is not. */
void check_policy(struct checked *checked, enum xe_side side, const struct tuple *tuple,
		  struct answer *out);
/* What an atom of the policy says. */
void check_atom(struct checked *checked, uint32_t atom, struct answer *out);
/* The answer to a frame that parsing itself decided. */
void check_missed(enum xe_miss miss, struct answer *out);

/*
 * Deciding row, sense, miss, the whole ordered match set, and whether it is a SYN's. An atom with
 * an empty match set counts no row, so its SYN mark means nothing and is not compared.
 */
bool check_same(const struct answer *a, const struct answer *b);

void check_print_tuple(FILE *to, enum xe_side side, const struct tuple *tuple);
void check_print_answer(FILE *to, const char *who, const struct answer *a);
const char *check_miss_name(enum xe_miss miss);
const char *check_side_name(enum xe_side side);

#endif
