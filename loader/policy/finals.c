// SPDX-License-Identifier: GPL-2.0-only
/*
 * Final tables, pair by pair. As along the addresses, sweeps over the port classes add and take
 * away entries by their hash; a list of entries is only made for a set not met before.
 */
#include "finals.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "build.h"
#include "pair_entries.h"

/* Some of a pair's entries, ascending. */
struct list {
	uint32_t *v;
	size_t n;
};

/* Values 0, 1, … for what port classes have, by hash, of one pair and kind. */
struct values {
	struct value_slot {
		set_hash hash;
		uint32_t stamp, value;
	} * slots;
	size_t n_slots;
	uint32_t stamp;	 /* slots with another one are free */
	uint32_t *class; /* by value: the first port class that has it */
	size_t n;
};

struct work {
	struct build *b;
	const struct pair *pair;
	struct pair_entries all; /* of the pair at hand */
	struct list kind, limiting, column;
	set_hash kind_hash;	   /* of the entries in `kind` */
	struct hash_table by_list; /* cell of a set of entries, by kind and flags */
	set_hash *changes;	   /* by port class; all 0 in between */
	struct values q;
	uint32_t *atoms; /* of the kind at hand: [port class][Q], then D, which is [P][Q] */
	size_t atoms_room;
	struct values p;
	uint32_t *pattern; /* at hand, by port class */
};

/* --- values ---------------------------------------------------------------------------------- */

static int values_make(struct values *values, size_t classes)
{
	for (values->n_slots = 64; values->n_slots < 2 * classes; values->n_slots *= 2)
		;
	values->slots = calloc(values->n_slots, sizeof(*values->slots));
	values->class = calloc(classes, sizeof(*values->class));
	return values->slots && values->class ? 0 : -ENOMEM;
}

static void values_free(struct values *values)
{
	free(values->slots);
	free(values->class);
}

static void values_reset(struct values *values)
{
	values->stamp++;
	values->n = 0;
}

/* The value of a hash; a new one if `class` is the first port class to have it. */
static uint32_t value_of(struct values *values, set_hash hash, uint32_t class)
{
	for (size_t i = (size_t)hash & (values->n_slots - 1);;
	     i = (i + 1) & (values->n_slots - 1)) {
		struct value_slot *slot = &values->slots[i];

		if (slot->stamp == values->stamp && slot->hash == hash)
			return slot->value;
		if (slot->stamp == values->stamp)
			continue;
		*slot = (struct value_slot){
			.hash = hash,
			.stamp = values->stamp,
			.value = values->n,
		};
		values->class[values->n] = class;
		return values->n++;
	}
}

/* --- Q --------------------------------------------------------------------------------------- */

static void change(struct work *w, const struct port_classes *ports, uint32_t set, set_hash hash)
{
	for (uint32_t i = ports->first[set]; i < ports->first[set + 1]; i++) {
		w->changes[ports->spans[i].lo] ^= hash;
		w->changes[ports->spans[i].hi] ^= hash;
	}
}

/* What only pairs with IPsec hosts tell apart. */
static bool is_ike(const struct work *w, const struct port_classes *ports, size_t class)
{
	return w->pair->flags & PAIR_IPSEC && ports->ike[class];
}

/* Of every port class of the kind at hand; the rest of its pattern is 0. */
static long put_pattern(struct work *w, size_t n)
{
	struct finals *finals = &w->b->finals;

	memset(w->pattern + n, 0, (finals->n_ports - n) * sizeof(*w->pattern));
	return intern_add(&finals->patterns, w->pattern, finals->n_ports * sizeof(*w->pattern),
			  NULL);
}

/* Values of Q for the kind at hand. The id of their pattern. */
static long fill_q(struct work *w, const struct port_classes *ports)
{
	const struct entry *entries = w->b->entries.v;
	bool last_ike = false;
	uint32_t value = 0;
	set_hash hash = 0;

	values_reset(&w->q);
	for (size_t i = 0; i < w->limiting.n; i++) {
		const struct entry *entry = &entries[w->limiting.v[i]];

		change(w, ports, entry->sports, entry->hash);
	}
	for (size_t i = 0; i < ports->n; i++) {
		bool ike = is_ike(w, ports, i);

		if (!i || w->changes[i] || ike != last_ike) {
			hash ^= w->changes[i];
			w->changes[i] = 0;
			value = value_of(&w->q, ike ? hash ^ zobrist(ZOBRIST_FLAGS, 0) : hash, i);
			last_ike = ike;
		}
		w->pattern[i] = value;
	}
	w->changes[ports->n] = 0;
	return put_pattern(w, ports->n);
}

/* --- P and D --------------------------------------------------------------------------------- */

static enum xe_miss miss_of(unsigned flags, enum xe_l4 kind, bool ike)
{
	if (flags & PAIR_MARTIAN)
		return XE_MISS_MARTIAN;
	if (flags & PAIR_IPSEC && (kind == XE_L4_ESP || ike))
		return XE_MISS_IPSEC;
	if (kind == XE_L4_OTHER || kind == XE_L4_ESP)
		return XE_MISS_IP_OTHER;
	return flags & PAIR_PROTECTED ? XE_MISS_UNMATCHED : XE_MISS_FOREIGN;
}

/* Entries of the kind at hand that a source port of `class` satisfies. */
static void make_column(struct work *w, const struct port_classes *ports, uint32_t class)
{
	w->column.n = 0;
	for (size_t i = 0; i < w->kind.n; i++) {
		const struct entry *entry = &w->b->entries.v[w->kind.v[i]];

		if (!entry->limits_sport || port_classes_has(ports, entry->sports, class))
			w->column.v[w->column.n++] = w->kind.v[i];
	}
}

/* The atoms of one value of Q with every destination port. */
static int fill_column(struct work *w, enum xe_l4 kind, const struct port_classes *ports,
		       size_t value)
{
	bool sport_ike = is_ike(w, ports, w->q.class[value]), last_ike = false;
	set_hash hash = 0;
	long atom = -1;

	for (size_t i = 0; i < w->column.n; i++) {
		const struct entry *entry = &w->b->entries.v[w->column.v[i]];

		if (entry->dports == PORT_ID_ANY)
			hash ^= entry->hash;
		else
			change(w, ports, entry->dports, entry->hash);
	}
	for (size_t i = 0; i < ports->n; i++) {
		bool ike = sport_ike || is_ike(w, ports, i);

		if (atom < 0 || w->changes[i] || ike != last_ike) {
			struct atom_kind what = {
				.miss = miss_of(w->pair->flags, kind, ike),
				.syn = kind == XE_L4_TCP_SYN,
				.spoofed = w->pair->flags & PAIR_SPOOFED,
			};

			hash ^= w->changes[i];
			w->changes[i] = 0;
			atom = atoms_of(&w->b->atoms, hash, &what, w->b->entries.v, w->column.v,
					w->column.n, ports, i);
			if (atom < 0)
				return atom;
			last_ike = ike;
		}
		w->atoms[i * w->q.n + value] = atom;
	}
	w->changes[ports->n] = 0;
	return 0;
}

/* Where a table D begins. */
static long put_d(struct work *w, size_t n)
{
	struct intern *d = &w->b->finals.d;
	long id = intern_add(d, w->atoms, n * sizeof(*w->atoms), NULL);

	return id < 0 ? id : (long)(d->entries[id].offset / sizeof(*w->atoms));
}

static set_hash row_hash(const uint32_t *atoms, size_t n)
{
	set_hash hash = 0;

	for (size_t i = 0; i < n; i++)
		hash = (hash ^ zobrist(ZOBRIST_ATOM, atoms[i])) * 0x9e3779b97f4a7c15u;
	return hash;
}

/*
 * Values of P for the kind at hand: equal rows of atoms[] are one, and are moved together, so that
 * atoms[] becomes [P][Q]. The id of their pattern.
 */
static long fill_p(struct work *w, const struct port_classes *ports)
{
	size_t n = w->q.n, bytes = n * sizeof(*w->atoms);
	uint32_t value = 0;

	values_reset(&w->p);
	for (size_t i = 0; i < ports->n; i++) {
		const uint32_t *atoms = w->atoms + i * n;

		if (!i || memcmp(atoms, w->atoms + (i - 1) * n, bytes))
			value = value_of(&w->p, row_hash(atoms, n), i);
		w->pattern[i] = value * n;
	}
	for (size_t i = 0; i < w->p.n; i++)
		memmove(w->atoms + i * n, w->atoms + w->p.class[i] * n, bytes);
	return put_pattern(w, ports->n);
}

static int room_for_atoms(struct work *w, size_t n)
{
	uint32_t *atoms;

	if (n <= w->atoms_room)
		return 0;
	if (n * sizeof(*atoms) > w->b->max_memory)
		return build_refuse(w->b, n * sizeof(*atoms), false);
	atoms = realloc(w->atoms, n * sizeof(*atoms));
	if (!atoms)
		return -ENOMEM;
	w->atoms = atoms;
	w->atoms_room = n;
	return 0;
}

/* A kind without ports has one class, and one atom. */
static int fill_portless(struct work *w, enum xe_l4 kind)
{
	struct atom_kind what = {
		.miss = miss_of(w->pair->flags, kind, false),
		.spoofed = w->pair->flags & PAIR_SPOOFED,
	};
	long atom = atoms_of(&w->b->atoms, w->kind_hash, &what, w->b->entries.v, w->kind.v,
			     w->kind.n, NULL, 0);
	if (atom >= 0)
		w->atoms[0] = atom;
	return atom < 0 ? atom : 0;
}

/* The entries of the pair that a packet of this kind can match. */
static void select_kind(struct work *w, enum xe_l4 kind)
{
	w->kind.n = w->limiting.n = 0;
	w->kind_hash = 0;
	for (size_t i = 0; i < w->all.n; i++) {
		const struct entry *entry = &w->b->entries.v[w->all.v[i]];

		if (!(entry->kinds & 1u << kind))
			continue;
		w->kind.v[w->kind.n++] = w->all.v[i];
		w->kind_hash ^= entry->hash;
		if (entry->limits_sport)
			w->limiting.v[w->limiting.n++] = w->all.v[i];
	}
}

/* Values of Q and P, and D in atoms[]. */
static int fill_ports(struct work *w, enum xe_l4 kind, const struct port_classes *ports,
		      struct cell *cell)
{
	long p, q = fill_q(w, ports);
	int err = q < 0 ? q : room_for_atoms(w, w->q.n * ports->n);

	for (size_t value = 0; !err && value < w->q.n; value++) {
		make_column(w, ports, w->q.class[value]);
		err = fill_column(w, kind, ports, value);
	}
	if (err)
		return err;
	p = fill_p(w, ports);
	*cell = (struct cell){.p = p, .q = q, .n_p = w->p.n, .n_q = w->q.n};
	return p < 0 ? p : 0;
}

/* A SYN's tables where TCP's entries are its own too: there are no replies but deny lists'. */
static int fill_syn(struct work *w, const struct cell *tcp, struct cell *cell)
{
	const uint32_t *d = finals_d(&w->b->finals) + tcp->d;
	size_t n = (size_t)tcp->n_p * tcp->n_q;
	int err = room_for_atoms(w, n);

	if (err)
		return err;
	*cell = *tcp;
	for (size_t i = 0; i < n; i++) {
		long atom = atoms_syn(&w->b->atoms, d[i]);

		if (atom < 0)
			return atom;
		w->atoms[i] = atom;
	}
	return 0;
}

/* Tables of the kind at hand that no pair had before: the cell but for D, which is in atoms[]. */
static int fill_new(struct work *w, enum xe_l4 kind, set_hash tcp_hash, struct cell *cell)
{
	const struct port_classes *ports = kind_ports(w->b, kind).classes;

	*cell = (struct cell){.n_p = 1, .n_q = 1}; /* pattern 0 is all 0 */
	if (kind == XE_L4_TCP_SYN && w->kind_hash == tcp_hash)
		return fill_syn(w, cell - 1, cell);
	return ports ? fill_ports(w, kind, ports, cell) : fill_portless(w, kind);
}

/* The pair's tables for one kind of packet. */
static int fill_kind(struct work *w, enum xe_l4 kind, set_hash tcp_hash, struct cell *cell)
{
	struct finals *finals = &w->b->finals;
	set_hash hash = w->kind_hash ^ zobrist(ZOBRIST_FLAGS, kind << 8 | w->pair->flags);
	long known = hash_table_find(&w->by_list, hash), d;
	int err;

	if (known >= 0) {
		*cell = finals->cells[known];
		return 0;
	}
	err = fill_new(w, kind, tcp_hash, cell);
	if (err)
		return err;
	d = put_d(w, (size_t)cell->n_p * cell->n_q);
	if (d < 0)
		return d;
	cell->d = d;
	finals->n_p = cell->n_p > finals->n_p ? cell->n_p : finals->n_p;
	finals->n_q = cell->n_q > finals->n_q ? cell->n_q : finals->n_q;
	return hash_table_put(&w->by_list, hash, cell - finals->cells);
}

static int work_make(struct work *w)
{
	struct build *b = w->b;
	struct finals *finals = &b->finals;
	size_t n = b->entries.n + 1;
	size_t classes = (b->tcp.n > b->udp.n ? b->tcp.n : b->udp.n) + 1;

	finals->n_ports = classes - 1;
	finals->cells = calloc(b->pairs.n * XE_L4_COUNT, sizeof(*finals->cells));
	w->kind.v = calloc(n, sizeof(*w->kind.v));
	w->limiting.v = calloc(n, sizeof(*w->limiting.v));
	w->column.v = calloc(n, sizeof(*w->column.v));
	w->changes = calloc(classes, sizeof(*w->changes));
	w->pattern = calloc(classes, sizeof(*w->pattern));
	if (pair_entries_make(b, &w->all) || values_make(&w->q, classes) ||
	    values_make(&w->p, classes) || room_for_atoms(w, 1))
		return -ENOMEM;
	return finals->cells && w->kind.v && w->limiting.v && w->column.v && w->changes &&
			       w->pattern
		       ? 0
		       : -ENOMEM;
}

static void work_free(struct work *w)
{
	pair_entries_free(&w->all);
	free(w->kind.v);
	free(w->limiting.v);
	free(w->column.v);
	free(w->changes);
	values_free(&w->q);
	values_free(&w->p);
	hash_table_free(&w->by_list);
	free(w->atoms);
	free(w->pattern);
}

static int make_pair(struct work *w, size_t i)
{
	struct finals *finals = &w->b->finals;
	set_hash tcp_hash = 0;
	int err = 0;

	w->pair = &w->b->pairs.v[i];
	pair_entries_list(&w->all, w->pair);
	for (int kind = 0; !err && kind < XE_L4_COUNT; kind++) {
		select_kind(w, kind);
		tcp_hash = kind == XE_L4_TCP ? w->kind_hash : tcp_hash;
		err = fill_kind(w, kind, tcp_hash, &finals->cells[i * XE_L4_COUNT + kind]);
	}
	finals->n_pairs++;
	return err ? err : build_fits(w->b);
}

int finals_make(struct build *b)
{
	struct work w = {.b = b};
	int err = work_make(&w);

	if (!err && put_pattern(&w, 0) != 0)
		err = -ENOMEM;
	for (size_t i = 0; !err && i < b->pairs.n; i++)
		err = make_pair(&w, i);
	work_free(&w);
	return err;
}

size_t finals_d_words(const struct finals *finals)
{
	return finals->d.n_bytes / sizeof(uint32_t);
}

const uint32_t *finals_d(const struct finals *finals)
{
	return (const uint32_t *)finals->d.bytes;
}

void finals_free(struct finals *finals)
{
	free(finals->cells);
	intern_free(&finals->patterns);
	intern_free(&finals->d);
	*finals = (struct finals){0};
}
