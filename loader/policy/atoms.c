// SPDX-License-Identifier: GPL-2.0-only
/* Atoms: what is left of the entries when addresses and ports are known. */
#include "atoms.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static long intern_atom(struct atoms *atoms, struct xe_atom atom)
{
	atom.first_match = 0;
	memcpy(atoms->key, &atom, sizeof(atom));
	return intern_add(&atoms->list, atoms->key,
			  sizeof(atom) + atom.n_matches * sizeof(struct xe_match), NULL);
}

/* What atoms_of() asks for, of a set that has no atom yet. */
static long make_atom(struct atoms *atoms, const struct atom_kind *what,
		      const struct entry *entries, const uint32_t *column, size_t n,
		      const struct port_classes *ports, size_t class)
{
	struct xe_match *matches = (struct xe_match *)(atoms->key + sizeof(struct xe_atom));
	struct xe_atom atom = {.row = XE_NO_ROW, .miss = what->miss};
	bool dhcp = false;

	for (size_t i = 0; i < n; i++) {
		const struct entry *entry = &entries[column[i]];
		struct xe_match match = {entry->row_index, entry->sense};

		if (ports && !port_classes_has(ports, entry->dports, class))
			continue;
		dhcp |= entry->row->dhcp;
		/* both halves of MATCH_EITHER stand side by side */
		if (atom.n_matches && !memcmp(&matches[atom.n_matches - 1], &match, sizeof(match)))
			continue;
		matches[atom.n_matches++] = match;
		if (atom.row == XE_NO_ROW && !entry->row->annotation) {
			atom.row = match.row;
			atom.sense = match.sense;
			atom.miss = 0;
		}
	}
	if (what->spoofed && !dhcp)
		return XE_MISS_SPOOFED;
	if (!atom.n_matches)
		return atom.miss;
	atom.syn = what->syn;
	return intern_atom(atoms, atom);
}

long atoms_syn(struct atoms *atoms, uint32_t atom)
{
	struct xe_atom what;
	const void *key;
	size_t len;
	long syn;

	if (atom < XE_MISS_COUNT)
		return atom;
	if (atom >= atoms->n_syn_of) {
		size_t room = 2 * (atom + 512);
		uint32_t *syn_of = realloc(atoms->syn_of, room * sizeof(*syn_of));

		if (!syn_of)
			return -ENOMEM;
		memset(syn_of + atoms->n_syn_of, 0, (room - atoms->n_syn_of) * sizeof(*syn_of));
		atoms->syn_of = syn_of;
		atoms->n_syn_of = room;
	}
	if (atoms->syn_of[atom])
		return atoms->syn_of[atom];
	key = intern_key(&atoms->list, atom, &len);
	memcpy(atoms->key, key, len);
	memcpy(&what, atoms->key, sizeof(what));
	what.syn = true;
	syn = intern_atom(atoms, what);
	if (syn >= 0)
		atoms->syn_of[atom] = syn;
	return syn;
}

long atoms_of(struct atoms *atoms, set_hash hash, const struct atom_kind *what,
	      const struct entry *entries, const uint32_t *column, size_t n,
	      const struct port_classes *ports, size_t class)
{
	long atom;

	hash ^= zobrist(ZOBRIST_FLAGS, what->miss << 2 | what->syn << 1 | what->spoofed);
	atom = hash_table_find(&atoms->by_set, hash);
	if (atom >= 0)
		return atom;
	atom = make_atom(atoms, what, entries, column, n, ports, class);
	if (atom >= 0 && hash_table_put(&atoms->by_set, hash, atom))
		return -ENOMEM;
	return atom;
}

int atoms_make(struct atoms *atoms, size_t n_entries)
{
	*atoms = (struct atoms){
		.key = calloc(1, sizeof(struct xe_atom) + n_entries * sizeof(struct xe_match)),
	};
	if (!atoms->key)
		return -ENOMEM;
	for (int miss = 0; miss < XE_MISS_COUNT; miss++)
		if (intern_atom(atoms, (struct xe_atom){.row = XE_NO_ROW, .miss = miss}) != miss)
			return -ENOMEM;
	return 0;
}

void atoms_free(struct atoms *atoms)
{
	intern_free(&atoms->list);
	hash_table_free(&atoms->by_set);
	free(atoms->key);
	free(atoms->syn_of);
	*atoms = (struct atoms){0};
}
