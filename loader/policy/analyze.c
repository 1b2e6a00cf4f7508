// SPDX-License-Identifier: GPL-2.0-only
/* What the compiled policy says about its rows: repeats, overlaps, shadows; see analyze.h. */
#include "analyze.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "addr.h"
#include "bits.h"
#include "intern.h"

/* --- which rows are the same --------------------------------------------------------------------
 */

/*
 * Ends by number: ends with the same number take the same addresses. What an end comes to is found
 * once, however many rows name it: roles may hold a million prefixes.
 */
struct ends {
	const struct policy *policy;
	struct intern by_roles;	   /* roles of an end, in their order */
	struct intern by_prefixes; /* what it comes to, and how the protected filter treats it */
	uint32_t *prefixes_of;	   /* by_roles id: by_prefixes id */
	size_t capacity;
};

/* In front of the prefixes in a key of by_prefixes. */
struct end_key {
	uint32_t kind;
	uint32_t is_protected;
	uint32_t empty_of; /* by_roles id + 1: without any address, only by name the same */
};

static bool prefix_covers(const struct prefix *wide, const struct prefix *narrow)
{
	return wide->prefixlen <= narrow->prefixlen &&
	       prefix_contains(wide, narrow->family, narrow->addr);
}

/*
 * Leave only prefixes that no other one covers. Sorted, so that a cover stands before what it
 * covers.
 */
static void list_reduce(struct prefix_list *list)
{
	size_t kept = 0;

	for (size_t i = 0; i < list->n; i++)
		if (!kept || !prefix_covers(&list->v[kept - 1], &list->v[i]))
			list->v[kept++] = list->v[i];
	list->n = kept;
}

/* Everything that the roles of an end hold, or its literal prefixes. 0 or -ENOMEM. */
static int end_prefixes(const struct policy *policy, const struct end *end, struct prefix_list *out)
{
	int err = prefix_list_merge(out, &end->prefixes);

	for (size_t i = 0; i < end->n_roles && !err; i++)
		for (size_t role = 0; role < policy->spec->n_roles && !err; role++)
			if (role_is_in(policy->spec, role, end->roles[i]))
				err = prefix_list_merge(out, policy->own[role]);
	list_reduce(out);
	return err;
}

/* A number for what the end takes. `roles` is its number in by_roles. -ENOMEM. */
static long prefixes_number(struct ends *ends, const struct end *end, uint32_t roles)
{
	struct end_key key = {.kind = end->kind};
	struct prefix_list list = {};
	size_t len;
	long id = -ENOMEM;
	char *bytes;

	if (end_prefixes(ends->policy, end, &list))
		goto out;
	/* Roles with the same addresses are the same end if the filter treats them alike. */
	key.is_protected = end->n_roles && ends->policy->spec->roles[end->roles[0]].is_protected;
	if (!list.n && end->kind == END_ROLES)
		key.empty_of = roles + 1;
	len = sizeof(key) + list.n * sizeof(*list.v);
	bytes = malloc(len);
	if (!bytes)
		goto out;
	memcpy(bytes, &key, sizeof(key));
	if (list.n)
		memcpy(bytes + sizeof(key), list.v, list.n * sizeof(*list.v));
	id = intern_add(&ends->by_prefixes, bytes, len, NULL);
	free(bytes);
out:
	prefix_list_free(&list);
	return id;
}

static long end_number(struct ends *ends, const struct end *end)
{
	int is_new;
	long roles, id;

	if (end->kind != END_ROLES)
		return prefixes_number(ends, end, 0);
	roles = intern_add(&ends->by_roles, end->roles, end->n_roles * sizeof(*end->roles),
			   &is_new);
	if (roles < 0 || !is_new)
		return roles < 0 ? roles : ends->prefixes_of[roles];
	id = prefixes_number(ends, end, roles);
	if (id < 0)
		return id;
	if ((size_t)roles >= ends->capacity) {
		size_t capacity = ends->capacity ? ends->capacity * 2 : 64;
		uint32_t *v = realloc(ends->prefixes_of, capacity * sizeof(*v));

		if (!v)
			return -ENOMEM;
		ends->prefixes_of = v;
		ends->capacity = capacity;
	}
	ends->prefixes_of[roles] = id;
	return id;
}

/* All that tells two rows apart but their names; behind it, the ranges of `ports`, then the others.
 */
struct row_key {
	uint32_t source, destination; /* numbers of ends */
	uint32_t n_ports, n_source_ports;
	uint8_t active, annotation, dhcp, client_is_source, forward_only, match, l4, unused;
};

static long row_number(struct ends *ends, struct intern *rows, const struct effective_row *row)
{
	long source = end_number(ends, &row->source);
	long destination = source < 0 ? source : end_number(ends, &row->destination);
	size_t ports = row->ports.n * sizeof(*row->ports.v);
	size_t source_ports = row->source_ports.n * sizeof(*row->source_ports.v);
	struct row_key key = {
		.source = source,
		.destination = destination,
		.n_ports = row->ports.n,
		.n_source_ports = row->source_ports.n,
		.active = row->active,
		.annotation = row->annotation,
		.dhcp = row->dhcp,
		.client_is_source = row->dhcp && row->client_is_source,
		.forward_only = row->forward_only,
		.match = row->match,
		.l4 = row->row->l4,
	};
	char *bytes;
	long id;

	if (destination < 0)
		return destination;
	bytes = malloc(sizeof(key) + ports + source_ports);
	if (!bytes)
		return -ENOMEM;
	memcpy(bytes, &key, sizeof(key));
	memcpy(bytes + sizeof(key), row->ports.v, ports);
	memcpy(bytes + sizeof(key) + ports, row->source_ports.v, source_ports);
	id = intern_add(rows, bytes, sizeof(key) + ports + source_ports, NULL);
	free(bytes);
	return id;
}

static int find_same(const struct policy *policy, struct analysis *analysis)
{
	struct ends ends = {.policy = policy};
	struct intern rows = {};
	long *first = calloc(policy->n_rows + 1, sizeof(*first)); /* row + 1 by number */
	int err = first ? 0 : -ENOMEM;

	for (size_t i = 0; i < policy->n_rows && !err; i++) {
		long number;

		/* lists of addresses are many and few are alike: not worth their copy */
		analysis->rows[i].same_as = -1;
		if (policy->rows[i].deny_list)
			continue;
		number = row_number(&ends, &rows, &policy->rows[i]);
		if (number < 0) {
			err = number;
			break;
		}
		analysis->rows[i].same_as = first[number] - 1;
		if (!first[number])
			first[number] = i + 1;
	}
	free(first);
	free(ends.prefixes_of);
	intern_free(&ends.by_roles);
	intern_free(&ends.by_prefixes);
	intern_free(&rows);
	return err;
}

/* --- rows among each other ------------------------------------------------------------------- */

/* What the bits of all rows by all rows may take at a time; more rows take more rounds. */
#define MATRIX_MAX (64u << 20)

/* Rows first … first + n, and for each of them a bit for every row. */
struct matrix {
	size_t first, n, words;
	uint64_t *bits;
	uint64_t *set;	       /* one row's worth of bits, to work with */
	uint64_t *annotations; /* rows that are such */
};

static void count_atoms(const struct compiled *compiled, struct analysis *analysis)
{
	for (size_t i = 0; i < compiled->n_atoms; i++) {
		const struct xe_atom *atom = &compiled->atoms[i];
		const struct xe_match *matches = compiled->matches + atom->first_match;

		if (atom->row != XE_NO_ROW)
			analysis->rows[atom->row].atoms++;
		for (size_t j = 0; j < atom->n_matches; j++)
			analysis->rows[matches[j].row].seen = true;
	}
}

static void find_denied(const struct policy *policy, struct analysis *analysis)
{
	for (size_t i = 0; i < policy->n_rows; i++) {
		const struct effective_row *row = &policy->rows[i];

		if (row->active && !row->deny_list && !analysis->rows[i].seen)
			analysis->rows[i].denied_by = row_denied_by(policy, row);
	}
}

/*
 * Every row of the matrix that the atom matches meets all that it matches: pair by pair, or where
 * that is less work by the set of them.
 */
static void note_overlaps(const struct xe_atom *atom, const struct xe_match *matches,
			  struct matrix *m)
{
	bool whole = atom->n_matches > m->words;

	if (whole) {
		memset(m->set, 0, m->words * sizeof(*m->set));
		for (size_t j = 0; j < atom->n_matches; j++)
			bits_set(m->set, matches[j].row);
	}
	for (size_t i = 0; i < atom->n_matches; i++) {
		size_t at = matches[i].row - m->first;
		uint64_t *bits = m->bits + at * m->words;

		if (at >= m->n)
			continue;
		for (size_t j = 0; whole && j < m->words; j++)
			bits[j] |= m->set[j];
		for (size_t j = 0; !whole && j < atom->n_matches; j++)
			bits_set(bits, matches[j].row);
	}
}

static void note_shadows(const struct analysis *analysis, const struct xe_atom *atom,
			 const struct xe_match *matches, struct matrix *m)
{
	for (size_t i = 0; i < atom->n_matches; i++) {
		size_t row = matches[i].row, at = row - m->first;

		if (at < m->n && !analysis->rows[row].atoms)
			bits_set(m->bits + at * m->words, atom->row);
	}
}

/* The rows of the matrix's row `at`, itself and annotations left out. 0 or -ENOMEM. */
static int take_list(struct matrix *m, size_t at, struct row_list *out)
{
	uint64_t *bits = m->bits + at * m->words;
	size_t row = m->first + at, n;

	/* an annotation overlaps nothing and is hidden by nothing */
	if (bits_has(m->annotations, row))
		return 0;
	bits[row / 64] &= ~(1ull << row % 64);
	for (size_t i = 0; i < m->words; i++) {
		bits[i] &= ~m->annotations[i];
		out->total += __builtin_popcountll(bits[i]);
	}
	n = out->total < ROW_LIST_MAX ? out->total : ROW_LIST_MAX;
	if (!n)
		return 0;
	out->v = calloc(n, sizeof(*out->v));
	if (!out->v)
		return -ENOMEM;
	for (size_t i = 0; out->n < n; i++)
		for (uint64_t left = bits[i]; left && out->n < n; left &= left - 1)
			out->v[out->n++] = i * 64 + __builtin_ctzll(left);
	return 0;
}

/* Overlaps of the matrix's rows, or what shadows those of them that decide nothing. */
static int fill_lists(const struct compiled *compiled, bool shadows, struct matrix *m,
		      struct analysis *analysis)
{
	int err = 0;

	memset(m->bits, 0, m->n * m->words * sizeof(*m->bits));
	for (size_t i = 0; i < compiled->n_atoms; i++) {
		const struct xe_atom *atom = &compiled->atoms[i];
		const struct xe_match *matches = compiled->matches + atom->first_match;

		if (!shadows)
			note_overlaps(atom, matches, m);
		else if (atom->row != XE_NO_ROW)
			note_shadows(analysis, atom, matches, m);
	}
	for (size_t i = 0; i < m->n && !err; i++) {
		struct row_report *report = &analysis->rows[m->first + i];

		err = take_list(m, i, shadows ? &report->shadowed_by : &report->overlaps);
	}
	return err;
}

static int find_overlaps(const struct policy *policy, const struct compiled *compiled,
			 struct analysis *analysis)
{
	size_t words = bits_words(policy->n_rows) + 1, rows = MATRIX_MAX / (words * 8) + 1;
	struct matrix m = {.words = words};
	int err = -ENOMEM;

	if (rows > policy->n_rows + 1)
		rows = policy->n_rows + 1;
	m.bits = malloc(rows * words * sizeof(*m.bits));
	m.set = malloc(words * sizeof(*m.set));
	m.annotations = calloc(words, sizeof(*m.annotations));
	if (m.bits && m.set && m.annotations)
		err = 0;
	for (size_t i = 0; i < policy->n_rows && !err; i++)
		if (policy->rows[i].annotation)
			bits_set(m.annotations, i);
	for (; m.first < policy->n_rows && !err; m.first += m.n) {
		m.n = policy->n_rows - m.first < rows ? policy->n_rows - m.first : rows;
		err = fill_lists(compiled, false, &m, analysis);
		if (!err)
			err = fill_lists(compiled, true, &m, analysis);
	}
	free(m.bits);
	free(m.set);
	free(m.annotations);
	return err;
}

int policy_analyze(const struct policy *policy, const struct compiled *compiled,
		   struct analysis *out)
{
	int err = -ENOMEM;

	out->n_rows = policy->n_rows;
	out->rows = calloc(policy->n_rows + 1, sizeof(*out->rows));
	if (out->rows) {
		count_atoms(compiled, out);
		find_denied(policy, out);
		err = find_same(policy, out);
	}
	if (!err)
		err = find_overlaps(policy, compiled, out);
	if (err)
		analysis_free(out);
	return err;
}

void analysis_free(struct analysis *analysis)
{
	for (size_t i = 0; analysis->rows && i < analysis->n_rows; i++) {
		free(analysis->rows[i].overlaps.v);
		free(analysis->rows[i].shadowed_by.v);
	}
	free(analysis->rows);
	analysis->rows = NULL;
	analysis->n_rows = 0;
}
