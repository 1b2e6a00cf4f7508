/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Final tables: for each pair class, what a packet's kind and ports leave of its entries. That is a
 * match set, and with the miss where nothing decides and whether it is a SYN's, an atom.
 *
 * Of one pair and kind of packet, Q numbers the sets of source port limits that a source port can
 * satisfy, and P what a destination port then makes of all of them: D[P][Q] is the atom. Which port
 * has which number is a pattern, and the same for most pairs; D is each pair's own.
 */
#ifndef XE_POLICY_FINALS_H
#define XE_POLICY_FINALS_H

#include "entries.h"
#include "intern.h"

/* The tables of one pair class and kind of packet. */
struct cell {
	uint32_t p, q; /* ids of patterns; P is given as P x n_q */
	uint32_t d;    /* word in finals_d(): n_p rows of n_q atoms */
	uint32_t n_p, n_q;
};

struct finals {
	struct cell *cells; /* [pair][kind] */
	size_t n_pairs;
	struct intern patterns; /* by port class, n_ports words each */
	size_t n_ports;		/* most port classes that a kind has */
	struct intern d;	/* tables D, equal ones once */
	size_t n_p, n_q;	/* most values that a pair and kind has */
};

struct build;

/* 0, -ENOMEM, or -E2BIG (reported). */
int finals_make(struct build *b);
void finals_free(struct finals *finals);
/* The tables D, one behind the other: how many words, and those words. */
size_t finals_d_words(const struct finals *finals);
const uint32_t *finals_d(const struct finals *finals);

#endif
