// SPDX-License-Identifier: GPL-2.0-only
/* Effective rows out of spec and site, as MEANING.md says; see resolve.h. */
#include "policy/resolve.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "policy/addr.h"

/* --- what roles hold -------------------------------------------------------------------------- */

/* Mark the role and every group it is in. */
static void mark_upwards(const struct spec *spec, int role, bool *marks)
{
	for (; role >= 0 && !marks[role]; role = spec->roles[role].member_of)
		marks[role] = true;
}

/* All that `role` holds by the site's own prefixes, its members' too. */
static int collect(const struct spec *spec, const struct site *site, int role,
		   struct prefix_list *list)
{
	for (size_t i = 0; i < spec->n_roles; i++) {
		const struct prefix_list *own = &site->role_prefixes[i];

		if (own->n > 0 && role_is_in(spec, (int)i, role) && prefix_list_merge(list, own))
			return -ENOMEM;
	}
	return 0;
}

static int resolve_roles(struct policy *policy)
{
	const struct spec *spec = policy->spec;
	const struct site *site = policy->site;
	bool *given = calloc(spec->n_roles + 1, sizeof(*given)); /* holds without any stand-in */
	int err = 0;

	if (!given)
		return -ENOMEM;
	for (size_t i = 0; i < spec->n_roles; i++) {
		if (site->role_prefixes[i].n > 0)
			mark_upwards(spec, (int)i, given);
	}
	for (size_t i = 0; i < spec->n_roles && !err; i++) {
		int other = spec->roles[i].stand_in;

		policy->own[i] = &site->role_prefixes[i];
		policy->stand_in[i] = -1;
		if (given[i] || other < 0 || !given[other])
			continue;
		policy->own[i] = &policy->borrowed[i];
		policy->stand_in[i] = other;
		err = collect(spec, site, other, &policy->borrowed[i]);
	}
	for (size_t i = 0; i < spec->n_roles; i++) {
		if (policy->own[i] && policy->own[i]->n > 0)
			mark_upwards(spec, (int)i, policy->holds);
	}
	free(given);
	return err;
}

/* --- one row ---------------------------------------------------------------------------------- */

static bool is_narrowed(const struct policy *policy, const struct row *row)
{
	if (row->table < 0 || row->n_narrow_to == 0)
		return false;
	return policy->site->narrow_all || policy->site->narrow_rows[row - policy->spec->rows];
}

/* The row's `any` end becomes the roles of narrow_to that hold something. */
static int narrow(const struct policy *policy, struct effective_row *row)
{
	const struct row *written = row->row;
	struct end *end = row->source.kind == END_ANY ? &row->source : &row->destination;

	if (end->kind != END_ANY)
		return 0;
	end->roles = calloc(written->n_narrow_to, sizeof(*end->roles));
	if (!end->roles)
		return -ENOMEM;
	end->kind = END_ROLES;
	for (size_t i = 0; i < written->n_narrow_to; i++) {
		if (policy->holds[written->narrow_to[i]])
			end->roles[end->n_roles++] = written->narrow_to[i];
	}
	if (end->n_roles == 0) {
		row->active = false;
		row->missing = written->narrow_to[0];
	}
	return 0;
}

/* The site's entry for the row, else for its role; NULL: none. */
static const struct site_ports *find_ports(const struct policy *policy, const struct row *row)
{
	const struct site *site = policy->site;
	const struct site_ports *by_role = NULL;

	for (size_t i = 0; i < site->n_ports; i++) {
		const struct site_ports *entry = &site->ports[i];

		if (row->table >= 0 && entry->row == row - policy->spec->rows)
			return entry;
		if (!by_role && entry->role >= 0 && entry->role == row->role)
			by_role = entry;
	}
	return by_role && row_has_range(row) ? by_role : NULL;
}

static int resolve_ports(const struct policy *policy, struct effective_row *row)
{
	const struct site_ports *entry = find_ports(policy, row->row);
	const struct port_set *ports = entry && entry->has_ports ? &entry->ports : &row->row->ports;

	row->match = entry && entry->match == MATCH_EITHER ? MATCH_EITHER : MATCH_DESTINATION;
	if (entry && entry->match == MATCH_SOURCE) {
		if (port_set_any(&row->ports))
			return -ENOMEM;
		return port_set_copy(&row->source_ports, ports);
	}
	if (port_set_copy(&row->source_ports, &row->row->source_ports))
		return -ENOMEM;
	return port_set_copy(&row->ports, ports);
}

/*
 * As the operator says; else media and transfer ranges of client tables, whose replies would
 * legalise every server port.
 */
static bool is_forward_only(const struct spec *spec, const struct row *row)
{
	if (row->reply != REPLY_BY_FORM)
		return row->reply == REPLY_NO;
	return row->source.kind == END_ANY && row->destination.kind == END_ROLES &&
	       row->destination.n_roles == 1 &&
	       !spec->roles[row->destination.roles[0]].is_protected &&
	       port_set_count(&row->ports) > 1 && !row_is_dhcp(row);
}

/* --- verdicts --------------------------------------------------------------------------------- */

/* The site's entries by what they are for; NULL: there is none. */
struct verdicts {
	const struct site_verdict **rows, **tables, **roles;
};

static int verdicts_index(const struct spec *spec, const struct site *site, struct verdicts *by)
{
	/* One more of each: nothing to hold is no failure of calloc(). */
	by->rows = calloc(spec->n_rows + 1, sizeof(*by->rows));
	by->tables = calloc(spec->n_tables + 1, sizeof(*by->tables));
	by->roles = calloc(spec->n_roles + 1, sizeof(*by->roles));
	if (!by->rows || !by->tables || !by->roles)
		return -ENOMEM;
	for (size_t i = 0; i < site->n_verdicts; i++) {
		const struct site_verdict *entry = &site->verdicts[i];

		if (entry->row >= 0)
			by->rows[entry->row] = entry;
		else if (entry->table >= 0)
			by->tables[entry->table] = entry;
		else
			by->roles[entry->role] = entry;
	}
	return 0;
}

static void verdicts_free(struct verdicts *by)
{
	free(by->rows);
	free(by->tables);
	free(by->roles);
}

/* Its own, or the site's for the row, for its table, for its column `role`: the first there is. */
static struct verdict find_verdict(const struct policy *policy, const struct verdicts *by,
				   const struct row *row)
{
	const struct site_verdict *entry = NULL;

	if (row->table >= 0) {
		if (policy->spec->tables[row->table].annotation)
			return (struct verdict){.kind = VERDICT_ALLOW};
		entry = by->rows[row - policy->spec->rows];
		if (!entry)
			entry = by->tables[row->table];
	} else if (row->has_verdict) {
		return row->verdict;
	}
	if (!entry && row->role >= 0)
		entry = by->roles[row->role];
	return entry ? entry->verdict : (struct verdict){.kind = VERDICT_ALLOW};
}

/* --- order of the match set ------------------------------------------------------------------- */

/* Depth of a named end; `deepest` is that of any role. */
static unsigned end_depth(const struct spec *spec, const struct end *end, unsigned deepest)
{
	unsigned depth = deepest;

	if (end->kind == END_PREFIXES)
		return deepest + 1;
	if (end->kind == END_ANY || end->n_roles == 0)
		return 0;
	for (size_t i = 0; i < end->n_roles; i++) {
		unsigned d = (unsigned)spec->roles[end->roles[i]].depth;

		if (d < depth)
			depth = d;
	}
	return depth;
}

static void resolve_order(const struct spec *spec, struct effective_row *row, unsigned deepest)
{
	row->named_ends =
		(row->source.kind != END_ANY) + (unsigned)(row->destination.kind != END_ANY);
	row->depth = end_depth(spec, &row->source, deepest) +
		     end_depth(spec, &row->destination, deepest);
	row->width = port_set_count(&row->ports);
	row->width *= row->match == MATCH_EITHER ? 65536 : port_set_count(&row->source_ports);
}

/* --- all rows --------------------------------------------------------------------------------- */

/* A named end that nobody can match makes the row inactive; the source is named first. */
static void check_held(const struct policy *policy, struct effective_row *row,
		       const struct end *end)
{
	if (!row->active || end->kind != END_ROLES)
		return;
	for (size_t i = 0; i < end->n_roles; i++) {
		if (policy->holds[end->roles[i]])
			return;
	}
	row->active = false;
	row->missing = end->n_roles ? end->roles[0] : -1;
}

/* Appends the row. */
static int resolve_row(struct policy *policy, const struct verdicts *by, const struct row *written,
		       unsigned deepest)
{
	struct effective_row *row = &policy->rows[policy->n_rows++];

	row->row = written;
	row->source = written->source;
	row->destination = written->destination;
	row->active = true;
	row->missing = -1;
	row->annotation = written->table >= 0 && policy->spec->tables[written->table].annotation;
	row->dhcp = row_is_dhcp(written);
	row->verdict = find_verdict(policy, by, written);
	row->client_is_source = written->source.kind != END_ANY;
	row->forward_only = is_forward_only(policy->spec, written);
	if (is_narrowed(policy, written) && narrow(policy, row))
		return -ENOMEM;
	if (resolve_ports(policy, row))
		return -ENOMEM;
	check_held(policy, row, &row->source);
	check_held(policy, row, &row->destination);
	resolve_order(policy->spec, row, deepest);
	return 0;
}

static size_t count_rows(const struct spec *spec, const struct site *site)
{
	size_t n = site->n_deny + site->n_rows;

	for (size_t i = 0; i < site->n_tables; i++)
		n += spec->tables[site->tables[i]].n_rows;
	return n;
}

static int resolve_rows(struct policy *policy)
{
	const struct spec *spec = policy->spec;
	const struct site *site = policy->site;
	struct verdicts by;
	unsigned deepest = 0;
	int err = verdicts_index(spec, site, &by);

	for (size_t i = 0; i < spec->n_roles; i++) {
		if (spec->roles[i].depth > (int)deepest)
			deepest = (unsigned)spec->roles[i].depth;
	}
	for (size_t i = 0; i < site->n_deny && !err; i++) {
		err = resolve_row(policy, &by, &site->deny[i].row, deepest);
		policy->rows[policy->n_rows - 1].deny_list = true;
	}
	for (size_t i = 0; i < site->n_rows && !err; i++)
		err = resolve_row(policy, &by, &site->rows[i], deepest);
	for (size_t t = 0; t < site->n_tables; t++) {
		const struct table *table = &spec->tables[site->tables[t]];

		for (size_t i = 0; i < table->n_rows && !err; i++)
			err = resolve_row(policy, &by, &spec->rows[table->first_row + i], deepest);
	}
	verdicts_free(&by);
	return err;
}

int policy_resolve(const struct spec *spec, const struct site *site, struct policy *out)
{
	struct policy policy = {.spec = spec, .site = site};
	int err = -ENOMEM;

	memset(out, 0, sizeof(*out));
	/* One more of each: nothing to hold is no failure of calloc(). */
	policy.rows = calloc(count_rows(spec, site) + 1, sizeof(*policy.rows));
	policy.own = calloc(spec->n_roles + 1, sizeof(*policy.own));
	policy.stand_in = calloc(spec->n_roles + 1, sizeof(*policy.stand_in));
	policy.holds = calloc(spec->n_roles + 1, sizeof(*policy.holds));
	policy.borrowed = calloc(spec->n_roles + 1, sizeof(*policy.borrowed));
	if (policy.rows && policy.own && policy.stand_in && policy.holds && policy.borrowed)
		err = resolve_roles(&policy);
	if (!err)
		err = resolve_rows(&policy);
	if (err)
		policy_free(&policy);
	else
		*out = policy;
	return err;
}

/* The roles of an end belong to the row as written unless narrowing made them. */
static void end_free(struct end *end, const struct end *written)
{
	if (end->roles != written->roles)
		free(end->roles);
}

void policy_free(struct policy *policy)
{
	for (size_t i = 0; i < policy->n_rows; i++) {
		struct effective_row *row = &policy->rows[i];

		end_free(&row->source, &row->row->source);
		end_free(&row->destination, &row->row->destination);
		port_set_free(&row->source_ports);
		port_set_free(&row->ports);
	}
	for (size_t i = 0; policy->borrowed && i < policy->spec->n_roles; i++)
		prefix_list_free(&policy->borrowed[i]);
	free(policy->rows);
	free(policy->own);
	free(policy->stand_in);
	free(policy->holds);
	free(policy->borrowed);
	memset(policy, 0, sizeof(*policy));
}
