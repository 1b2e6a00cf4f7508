// SPDX-License-Identifier: GPL-2.0-only
/* The compiler's last stage: what a P and a Q leave together is a match set, and that is an atom.
 */
#include "build.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* An atom's interned key: the record without first_match, then its matches. */
static long atom_add(struct build *b, struct xe_atom atom, const struct xe_match *matches)
{
	size_t len = sizeof(atom) + atom.n_matches * sizeof(*matches);
	char *key = malloc(len);
	long id;

	if (!key)
		return -ENOMEM;
	atom.first_match = 0;
	memcpy(key, &atom, sizeof(atom));
	if (atom.n_matches)
		memcpy(key + sizeof(atom), matches, atom.n_matches * sizeof(*matches));
	id = intern_add(&b->atoms, key, len, NULL);
	free(key);
	return id;
}

static enum xe_miss miss_of(uint64_t flags)
{
	if (flags & PAIR_IPSEC && flags & (TOKEN_ESP | TOKEN_IKE))
		return XE_MISS_IPSEC;
	if (flags & TOKEN_OTHER)
		return XE_MISS_IP_OTHER;
	return flags & PAIR_PROTECTED ? XE_MISS_UNMATCHED : XE_MISS_FOREIGN;
}

/* What a P and a Q leave together. */
static long atom_of(struct build *b, size_t p_id, size_t q_id, struct xe_match *matches)
{
	const uint64_t *p = intern_key(&b->p, p_id, NULL), *q = intern_key(&b->q, q_id, NULL);
	uint64_t flags = p[b->words] | q[b->words];
	struct xe_atom atom = {.row = XE_NO_ROW, .miss = miss_of(flags)};
	bool dhcp = false;

	for (size_t i = 0; i < b->words; i++) {
		uint64_t bits = p[i] & (q[i] | ~b->entries.limits_sport[i]);

		dhcp |= bits & b->entries.dhcp[i];
		for (; bits; bits &= bits - 1) {
			const struct entry *entry = &b->entries.v[i * 64 + __builtin_ctzll(bits)];
			struct xe_match match = {entry->row_index, entry->sense};

			/* both halves of MATCH_EITHER stand side by side */
			if (atom.n_matches &&
			    !memcmp(&matches[atom.n_matches - 1], &match, sizeof(match)))
				continue;
			matches[atom.n_matches++] = match;
			if (atom.row == XE_NO_ROW && !entry->row->annotation) {
				atom.row = match.row;
				atom.sense = match.sense;
				atom.miss = 0;
			}
		}
	}
	if (flags & PAIR_SPOOFED && !dhcp)
		return XE_MISS_SPOOFED;
	if (!atom.n_matches)
		return atom.miss;
	atom.syn = !!(flags & TOKEN_SYN);
	return atom_add(b, atom, matches);
}

/* The distinct values of a piece of a P or Q row. `seen` holds the last piece that had each id. */
static size_t distinct(const uint16_t *row, size_t n, uint32_t piece, uint32_t *seen, uint16_t *ids)
{
	size_t n_ids = 0;

	for (size_t i = 0; i < n; i++) {
		if (seen[row[i]] == piece)
			continue;
		seen[row[i]] = piece;
		ids[n_ids++] = row[i];
	}
	return n_ids;
}

/* Workspace of build_atoms(). */
struct d_work {
	struct xe_match *matches;
	uint32_t *p_seen, *q_seen;
	uint16_t *p_ids, *q_ids;
};

/* The atoms of one pair and kind of packet. */
static int fill_d(struct build *b, const struct d_work *w, size_t pair, int kind)
{
	size_t n = kind_ports(b, kind).n, at = pair * b->n_port + b->l4_class[kind];
	uint32_t piece = pair * XE_L4_COUNT + kind + 1;
	size_t n_p = distinct(b->p_rows + at, n, piece, w->p_seen, w->p_ids);
	size_t n_q = distinct(b->q_rows + at, n, piece, w->q_seen, w->q_ids);

	for (size_t i = 0; i < n_p * n_q; i++) {
		size_t p = w->p_ids[i / n_q], q = w->q_ids[i % n_q];
		long atom;

		if (b->d[p * b->q.n + q] != UNSEEN)
			continue;
		atom = atom_of(b, p, q, w->matches);
		if (atom < 0)
			return atom;
		if (atom >= UNSEEN)
			return build_too_big(b, "atoms", atom);
		b->d[p * b->q.n + q] = atom;
	}
	return 0;
}

int build_atoms(struct build *b)
{
	struct d_work w = {
		.matches = calloc(b->entries.n + 1, sizeof(*w.matches)),
		.p_seen = calloc(b->p.n, sizeof(*w.p_seen)),
		.q_seen = calloc(b->q.n, sizeof(*w.q_seen)),
		.p_ids = calloc(b->p.n, sizeof(*w.p_ids)),
		.q_ids = calloc(b->q.n, sizeof(*w.q_ids)),
	};
	int err = -ENOMEM;

	if (b->p.n * b->q.n * sizeof(*b->d) > COMPILE_BLOCK_MAX) {
		err = -E2BIG;
		goto out;
	}
	b->d = malloc(b->p.n * b->q.n * sizeof(*b->d));
	if (!w.matches || !w.p_seen || !w.q_seen || !w.p_ids || !w.q_ids || !b->d)
		goto out;
	memset(b->d, 0xff, b->p.n * b->q.n * sizeof(*b->d));
	for (int miss = 0; miss < XE_MISS_COUNT; miss++)
		if (atom_add(b, (struct xe_atom){.row = XE_NO_ROW, .miss = miss}, NULL) != miss)
			goto out;
	err = 0;
	for (size_t pair = 0; !err && pair < b->pairs.n; pair++)
		for (int kind = 0; !err && kind < XE_L4_COUNT; kind++)
			err = fill_d(b, &w, pair, kind);
out:
	free(w.matches);
	free(w.p_seen);
	free(w.q_seen);
	free(w.p_ids);
	free(w.q_ids);
	return err;
}
