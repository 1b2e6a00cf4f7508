// SPDX-License-Identifier: GPL-2.0-only
/* What the compiled policy says about its rows: repeats, overlaps, shadows; see analyze.h. */
#include "analyze.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "addr.h"
#include "bits.h"

/* --- what a role or an end comes to ---------------------------------------------------------- */

static int list_add_all(struct prefix_list *to, const struct prefix_list *from)
{
	int err = 0;

	for (size_t i = 0; from && i < from->n && !err; i++)
		err = prefix_list_add(to, &from->v[i]);
	return err;
}

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
	int err = list_add_all(out, &end->prefixes);

	for (size_t i = 0; i < end->n_roles && !err; i++)
		for (size_t role = 0; role < policy->spec->n_roles && !err; role++)
			if (role_is_in(policy->spec, role, end->roles[i]))
				err = list_add_all(out, policy->own[role]);
	list_reduce(out);
	return err;
}

static bool end_is_protected(const struct policy *policy, const struct end *end)
{
	return end->n_roles && policy->spec->roles[end->roles[0]].is_protected;
}

/*
 * Roles with the same addresses are the same end if the protected filter treats them alike; ends of
 * roles without any address are the same only by name. 1, 0 or -ENOMEM.
 */
static int ends_same(const struct policy *policy, const struct end *a, const struct end *b)
{
	struct prefix_list x = {}, y = {};
	int same;

	if (a->kind != b->kind)
		return 0;
	if (a->kind == END_ANY)
		return 1;
	if (a->n_roles == b->n_roles && a->n_roles &&
	    !memcmp(a->roles, b->roles, a->n_roles * sizeof(*a->roles)))
		return 1;
	if (end_is_protected(policy, a) != end_is_protected(policy, b))
		return 0;
	if (end_prefixes(policy, a, &x) || end_prefixes(policy, b, &y))
		same = -ENOMEM;
	else
		same = x.n && x.n == y.n && !memcmp(x.v, y.v, x.n * sizeof(*x.v));
	prefix_list_free(&x);
	prefix_list_free(&y);
	return same;
}

static bool ports_same(const struct port_set *a, const struct port_set *b)
{
	return a->n == b->n && !memcmp(a->v, b->v, a->n * sizeof(*a->v));
}

/* 1, 0 or -ENOMEM. */
static int rows_same(const struct policy *policy, const struct effective_row *a,
		     const struct effective_row *b)
{
	int same;

	if (a->active != b->active || a->annotation != b->annotation || a->dhcp != b->dhcp ||
	    a->forward_only != b->forward_only || a->match != b->match ||
	    a->row->l4 != b->row->l4 || (a->dhcp && a->client_is_source != b->client_is_source))
		return 0;
	if (!ports_same(&a->ports, &b->ports) || !ports_same(&a->source_ports, &b->source_ports))
		return 0;
	same = ends_same(policy, &a->source, &b->source);
	return same == 1 ? ends_same(policy, &a->destination, &b->destination) : same;
}

/* --- rows among each other ------------------------------------------------------------------- */

struct matrix {
	uint64_t *overlaps, *shadows; /* [row][row], words bits a row */
	size_t words;
};

static void atom_note(const struct policy *policy, const struct compiled *compiled,
		      const struct xe_atom *atom, struct analysis *analysis, struct matrix *m)
{
	const struct xe_match *matches = compiled->matches + atom->first_match;

	if (atom->row != XE_NO_ROW)
		analysis->rows[atom->row].atoms++;
	for (size_t i = 0; i < atom->n_matches; i++) {
		uint32_t row = matches[i].row;

		analysis->rows[row].seen = true;
		if (policy->rows[row].annotation)
			continue;
		bits_set(m->shadows + row * m->words, atom->row);
		for (size_t j = 0; j < atom->n_matches; j++)
			if (matches[j].row != row && !policy->rows[matches[j].row].annotation)
				bits_set(m->overlaps + row * m->words, matches[j].row);
	}
}

static int list_from_bits(const uint64_t *bits, size_t n, struct row_list *out)
{
	size_t count = 0;

	for (size_t i = 0; i < n; i++)
		count += bits_has(bits, i);
	if (!count)
		return 0;
	out->v = calloc(count, sizeof(*out->v));
	if (!out->v)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		if (bits_has(bits, i))
			out->v[out->n++] = i;
	return 0;
}

static int find_same(const struct policy *policy, struct analysis *analysis)
{
	for (size_t i = 0; i < policy->n_rows; i++) {
		analysis->rows[i].same_as = -1;
		for (size_t j = 0; j < i; j++) {
			int same = rows_same(policy, &policy->rows[i], &policy->rows[j]);

			if (same < 0)
				return same;
			if (same) {
				analysis->rows[i].same_as = j;
				break;
			}
		}
	}
	return 0;
}

int policy_analyze(const struct policy *policy, const struct compiled *compiled,
		   struct analysis *out)
{
	struct matrix m = {.words = bits_words(policy->n_rows)};
	int err = -ENOMEM;

	out->n_rows = policy->n_rows;
	out->rows = calloc(policy->n_rows + 1, sizeof(*out->rows));
	m.overlaps = calloc(policy->n_rows * m.words + 1, sizeof(*m.overlaps));
	m.shadows = calloc(policy->n_rows * m.words + 1, sizeof(*m.shadows));
	if (!out->rows || !m.overlaps || !m.shadows)
		goto out;
	for (size_t i = 0; i < compiled->n_atoms; i++)
		atom_note(policy, compiled, &compiled->atoms[i], out, &m);
	err = find_same(policy, out);
	for (size_t i = 0; i < policy->n_rows && !err; i++) {
		err = list_from_bits(m.overlaps + i * m.words, policy->n_rows,
				     &out->rows[i].overlaps);
		if (!err && out->rows[i].seen && !out->rows[i].atoms)
			err = list_from_bits(m.shadows + i * m.words, policy->n_rows,
					     &out->rows[i].shadowed_by);
	}
out:
	free(m.overlaps);
	free(m.shadows);
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

/* --- addresses ------------------------------------------------------------------------------- */

static bool list_contains(const struct prefix_list *list, int family, const uint8_t *addr)
{
	for (size_t i = 0; list && i < list->n; i++)
		if (prefix_contains(&list->v[i], family, addr))
			return true;
	return false;
}

void address_roles(const struct policy *policy, int family, const uint8_t *addr, bool *roles)
{
	const struct spec *spec = policy->spec;
	bool is_protected = false;

	memset(roles, 0, spec->n_roles * sizeof(*roles));
	for (size_t i = 0; i < spec->n_roles; i++)
		if (list_contains(policy->own[i], family, addr))
			for (int role = i; role >= 0; role = spec->roles[role].member_of)
				roles[role] = true;
	for (size_t i = 0; i < spec->n_roles; i++)
		is_protected |= roles[i] && spec->roles[i].is_protected;
	for (size_t i = 0; is_protected && i < spec->n_roles; i++)
		roles[i] = roles[i] && spec->roles[i].is_protected;
}

unsigned address_sides(const struct policy *policy, int family, const uint8_t *addr,
		       const bool *roles)
{
	unsigned sides = 0;

	for (size_t i = 0; i < policy->spec->n_roles; i++)
		if (roles[i] && list_contains(&policy->site->role_prefixes[i], family, addr))
			sides |= 1u << policy->spec->roles[i].side;
	return sides;
}

/* The narrower prefix where two lists meet first; false if they do not. */
static bool lists_meet(const struct prefix_list *a, const struct prefix_list *b, struct prefix *out)
{
	for (size_t i = 0; i < a->n; i++)
		for (size_t j = 0; j < b->n; j++) {
			if (a->v[i].family != b->v[j].family)
				continue;
			if (prefix_covers(&a->v[i], &b->v[j]))
				*out = b->v[j];
			else if (prefix_covers(&b->v[j], &a->v[i]))
				*out = a->v[i];
			else
				continue;
			return true;
		}
	return false;
}

int policy_shared_addresses(const struct policy *policy, struct shared_address **out, size_t *n)
{
	const struct spec *spec = policy->spec;
	const struct prefix_list *given = policy->site->role_prefixes;

	*n = 0;
	*out = calloc(spec->n_roles * spec->n_roles + 1, sizeof(**out));
	if (!*out)
		return -ENOMEM;
	for (size_t i = 0; i < spec->n_roles; i++)
		for (size_t j = i + 1; j < spec->n_roles; j++) {
			struct shared_address *shared = &(*out)[*n];

			if (!spec->roles[i].is_protected || !spec->roles[j].is_protected ||
			    spec->roles[i].side == spec->roles[j].side ||
			    !lists_meet(&given[i], &given[j], &shared->prefix))
				continue;
			shared->role = i;
			shared->other = j;
			(*n)++;
		}
	return 0;
}

static bool end_names(const struct policy *policy, const struct end *end, int role)
{
	for (size_t i = 0; i < end->n_roles; i++) {
		int named = end->roles[i], stand_in = policy->stand_in[named];

		if (role_is_in(policy->spec, role, named) || stand_in == role)
			return true;
	}
	return false;
}

bool role_is_used(const struct policy *policy, int role)
{
	for (size_t i = 0; i < policy->n_rows; i++)
		if (end_names(policy, &policy->rows[i].source, role) ||
		    end_names(policy, &policy->rows[i].destination, role))
			return true;
	return false;
}
