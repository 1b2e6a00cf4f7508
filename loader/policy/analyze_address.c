// SPDX-License-Identifier: GPL-2.0-only
/* Who lives at an address, which roles share one, which are named at all; see analyze.h. */
#include "analyze.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "addr.h"

void address_roles(const struct policy *policy, int family, const uint8_t *addr, bool *roles)
{
	const struct spec *spec = policy->spec;
	bool is_protected = false;

	memset(roles, 0, spec->n_roles * sizeof(*roles));
	for (size_t i = 0; i < spec->n_roles; i++)
		if (prefix_list_contains(policy->own[i], family, addr))
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
		if (roles[i] && prefix_list_contains(&policy->site->role_prefixes[i], family, addr))
			sides |= 1u << policy->spec->roles[i].side;
	return sides;
}

static bool covers(const struct prefix *wide, const struct prefix *narrow)
{
	return wide->prefixlen <= narrow->prefixlen &&
	       prefix_contains(wide, narrow->family, narrow->addr);
}

/*
 * The first prefix, in order, that one list has and one of the other's covers; false if there is
 * none. Both lists at once from the front: what covers a prefix stands before it, and of those that
 * stand before it and do not cover it none covers a later one, so the widest open one is enough.
 */
static bool lists_meet(const struct prefix_list *a, const struct prefix_list *b, struct prefix *out)
{
	const struct prefix_list *const lists[2] = {a, b};
	const struct prefix *open[2] = {NULL, NULL};
	size_t at[2] = {0, 0};

	while (at[0] < a->n || at[1] < b->n) {
		int from = at[0] == a->n   ? 1
			   : at[1] == b->n ? 0
					   : prefix_compare(&a->v[at[0]], &b->v[at[1]]) > 0;
		const struct prefix *next = &lists[from]->v[at[from]++];

		if (open[!from] && covers(open[!from], next)) {
			*out = *next;
			return true;
		}
		if (!open[from] || !covers(open[from], next))
			open[from] = next;
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

/* Whether prefixes of the list hold all of `prefix`; none of them is wider than it. */
static bool list_fills(const struct prefix_list *list, const struct prefix *prefix)
{
	struct prefix half = *prefix;

	if (bsearch(prefix, list->v, list->n, sizeof(*list->v), prefix_compare))
		return true;
	/* an address, in the end, has no halves: what holds it is itself */
	if (!prefix_list_contains(list, prefix->family, prefix->addr))
		return false;
	half.prefixlen++;
	if (!list_fills(list, &half))
		return false;
	half.addr[prefix->prefixlen / 8] |= 0x80 >> prefix->prefixlen % 8;
	return list_fills(list, &half);
}

static bool list_holds(const struct prefix_list *list, const struct prefix *prefix)
{
	struct prefix wide = *prefix;

	while (wide.prefixlen > 0) {
		wide.prefixlen--;
		wide.addr[wide.prefixlen / 8] &= ~(0x80 >> wide.prefixlen % 8);
		if (bsearch(&wide, list->v, list->n, sizeof(*list->v), prefix_compare))
			return true;
	}
	return list_fills(list, prefix);
}

/* All of `prefixes` are denied; *first: by which list the first was, unless it is set already. */
static bool all_denied(const struct policy *policy, const struct prefix_list *prefixes,
		       const struct deny_list **first)
{
	const struct site *site = policy->site;

	for (size_t i = 0; i < prefixes->n; i++) {
		size_t list = 0;

		while (list < site->n_deny &&
		       !list_holds(&site->deny[list].prefixes, &prefixes->v[i]))
			list++;
		if (list == site->n_deny)
			return false;
		if (!*first)
			*first = &site->deny[list];
	}
	return true;
}

static const struct deny_list *end_denied_by(const struct policy *policy, const struct end *end)
{
	const struct deny_list *first = NULL;

	if (end->kind == END_PREFIXES)
		return all_denied(policy, &end->prefixes, &first) ? first : NULL;
	for (size_t i = 0; i < end->n_roles; i++)
		for (size_t role = 0; role < policy->spec->n_roles; role++)
			if (role_is_in(policy->spec, role, end->roles[i]) &&
			    !all_denied(policy, policy->own[role], &first))
				return NULL;
	return first;
}

const struct deny_list *row_denied_by(const struct policy *policy, const struct effective_row *row)
{
	const struct deny_list *list;

	/* the client of DHCP has addresses that its role has not */
	if (row->dhcp)
		return NULL;
	list = end_denied_by(policy, &row->source);
	return list ? list : end_denied_by(policy, &row->destination);
}
