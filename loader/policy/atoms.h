/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Atoms: distinct (deciding row or miss, match set, SYN). Found by the hash of the set of entries,
 * kept by what they are: sets that differ only in the halves of MATCH_EITHER are one atom.
 */
#ifndef XE_POLICY_ATOMS_H
#define XE_POLICY_ATOMS_H

#include "hash_table.h"
#include "port_classes.h"

struct atoms {
	struct intern list;	  /* struct xe_atom without first_match, then its matches */
	struct hash_table by_set; /* atom of a set of entries and a struct atom_kind */
	uint8_t *key;		  /* room for one of `list` */
	uint32_t *syn_of;	  /* by atom: the same of a SYN; 0: not made yet */
	size_t n_syn_of;
};

/* What an atom is beside its match set. */
struct atom_kind {
	enum xe_miss miss; /* where nothing decides */
	bool syn, spoofed;
};

/* The first atoms are the misses. `n_entries`: the most that a match set can have. 0 or -ENOMEM. */
int atoms_make(struct atoms *atoms, size_t n_entries);
void atoms_free(struct atoms *atoms);

/*
 * The atom of those of the `n` entries of `column`, indices of `entries`, whose destination ports
 * hold `class`; without `ports` of all of them. `hash` is that of this set. Its number, or -ENOMEM.
 */
long atoms_of(struct atoms *atoms, set_hash hash, const struct atom_kind *what,
	      const struct entry *entries, const uint32_t *column, size_t n,
	      const struct port_classes *ports, size_t class);
/* The atom of the same match set for a SYN; misses without one are the same. Likewise. */
long atoms_syn(struct atoms *atoms, uint32_t atom);

#endif
