// SPDX-License-Identifier: GPL-2.0-only
/* The cases of `bench`: rows, misses, and frames that are dressed up. */
#include <errno.h>
#include <fnmatch.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <netinet/in.h>

#include "bench.h"

static const int families[] = {4, 6};

/* --- adding --------------------------------------------------------------------------------- */

bool bench_case_wanted(const struct bench_run *run, const char *kind, const char *row,
		       const char *name)
{
	const char *only = run->request->only;

	return !only || !fnmatch(only, name, 0) || !fnmatch(only, kind, 0) ||
	       (row && !fnmatch(only, row, 0));
}

/* Room for one more. */
static int grow(struct bench_run *run)
{
	size_t max = run->cases_max ? 2 * run->cases_max : 256;
	struct bench_case *cases;
	struct bench_job *jobs;

	if (run->report.n_cases < run->cases_max)
		return 0;
	cases = realloc(run->report.cases, max * sizeof(*cases));
	if (cases)
		run->report.cases = cases;
	jobs = realloc(run->jobs, max * sizeof(*jobs));
	if (jobs)
		run->jobs = jobs;
	if (!cases || !jobs)
		return -ENOMEM;
	run->cases_max = max;
	return 0;
}

struct bench_case *bench_case_add(struct bench_run *run, int *err, const char *kind,
				  const char *row, const char *fmt, ...)
{
	struct bench_case *c;
	va_list args;
	char *name;

	va_start(args, fmt);
	*err = vasprintf(&name, fmt, args) < 0 ? -ENOMEM : 0;
	va_end(args);
	if (*err)
		return NULL;
	if (!bench_case_wanted(run, kind, row, name)) {
		free(name);
		return NULL;
	}
	run->only_met = true;
	*err = grow(run);
	if (*err) {
		free(name);
		return NULL;
	}
	c = &run->report.cases[run->report.n_cases];
	run->jobs[run->report.n_cases++] = (struct bench_job){};
	*c = (struct bench_case){.name = name, .kind = kind, .row = row};
	return c;
}

struct bench_job *bench_job_last(struct bench_run *run)
{
	return &run->jobs[run->report.n_cases - 1];
}

static const struct bench_found *found_of(const struct bench_run *run, int family, uint32_t atom)
{
	return &run->search.found[family == 6][atom];
}

/* --- rows ------------------------------------------------------------------------------------ */

/* The best packet for a row: that it decides, forward, and that was found first. */
struct choice {
	uint32_t atom;
	unsigned rank; /* 0: there is none */
	enum xe_sense sense;
};

enum { RANK_NONE, RANK_MATCH_REPLY, RANK_MATCH, RANK_DECIDES_REPLY, RANK_DECIDES };

static unsigned rank_of(const struct xe_atom *atom, const struct xe_match *match)
{
	bool decides = atom->row == match->row && atom->sense == match->sense;

	if (match->sense == XE_FORWARD)
		return decides ? RANK_DECIDES : RANK_MATCH;
	return decides ? RANK_DECIDES_REPLY : RANK_MATCH_REPLY;
}

static void choose(const struct bench_run *run, int family, struct choice *choices)
{
	const struct compiled *compiled = &run->ctx.compiled;

	for (uint32_t id = 0; id < compiled->n_atoms; id++) {
		const struct xe_atom *atom = &compiled->atoms[id];
		const struct xe_match *match = compiled->matches + atom->first_match;
		uint32_t order = found_of(run, family, id)->order;

		for (uint32_t i = 0; order && i < atom->n_matches; i++) {
			struct choice *choice = &choices[match[i].row];
			unsigned rank = rank_of(atom, &match[i]);

			if (rank < choice->rank ||
			    (rank == choice->rank &&
			     found_of(run, family, choice->atom)->order < order))
				continue;
			*choice = (struct choice){id, rank, match[i].sense};
		}
	}
}

static bool list_has_family(const struct prefix_list *list, int family)
{
	for (size_t i = 0; list && i < list->n; i++)
		if (list->v[i].family == family)
			return true;
	return false;
}

static bool end_has_family(const struct bench_run *run, const struct end *end, int family)
{
	const struct policy *policy = &run->ctx.policy;
	bool has = end->kind == END_ANY || list_has_family(&end->prefixes, family);

	for (size_t i = 0; i < end->n_roles && !has; i++)
		for (size_t role = 0; role < policy->spec->n_roles && !has; role++)
			has = role_is_in(policy->spec, role, end->roles[i]) &&
			      list_has_family(policy->own[role], family);
	return has;
}

static void row_why_not(const struct bench_run *run, const struct effective_row *row, int family,
			struct bench_case *c)
{
	if (!end_has_family(run, &row->source, family))
		snprintf(c->why_not, sizeof(c->why_not), "the source has no IPv%d address", family);
	else if (!end_has_family(run, &row->destination, family))
		snprintf(c->why_not, sizeof(c->why_not), "the destination has no IPv%d address",
			 family);
	else if (run->search.complete)
		snprintf(c->why_not, sizeof(c->why_not),
			 "no IPv%d packet that enters by these interfaces matches", family);
	else
		snprintf(c->why_not, sizeof(c->why_not),
			 "no IPv%d packet was found, though not all were tried", family);
}

static int add_row(struct bench_run *run, size_t i, int family, const struct choice *choice)
{
	const struct effective_row *row = &run->ctx.policy.rows[i];
	const struct bench_found *found = found_of(run, family, choice->atom);
	struct bench_case *c;
	int err;

	c = bench_case_add(run, &err, "row", row->row->id, "%s ipv%d", row->row->id, family);
	if (!c)
		return err ? fail("out of memory") : EXIT_OK;
	if (choice->rank == RANK_NONE) {
		c->family = family;
		row_why_not(run, row, family, c);
		return EXIT_OK;
	}
	c->sense = sense_text(choice->sense);
	return bench_case_set(run, &run->subject, &run->entries[found->entry], &found->tuple,
			      DRESS_PLAIN, choice->atom);
}

static int add_rows(struct bench_run *run, int family)
{
	const struct policy *policy = &run->ctx.policy;
	struct choice *choices = calloc(policy->n_rows + 1, sizeof(*choices));
	int code = EXIT_OK;

	if (!choices)
		return fail("out of memory");
	choose(run, family, choices);
	for (size_t i = 0; i < policy->n_rows && !code; i++)
		if (policy->rows[i].active)
			code = add_row(run, i, family, &choices[i]);
	free(choices);
	return code;
}

/* --- misses ---------------------------------------------------------------------------------- */

/* The first packet found that is this miss, or NULL. */
static const struct bench_found *find_miss(const struct bench_run *run, int family,
					   enum xe_miss miss, uint32_t *id)
{
	const struct bench_found *best = NULL;

	for (uint32_t i = 0; i < run->ctx.compiled.n_atoms; i++) {
		const struct xe_atom *atom = &run->ctx.compiled.atoms[i];
		const struct bench_found *found = found_of(run, family, i);

		if (atom->row != XE_NO_ROW || atom->miss != miss || !found->order ||
		    (best && best->order < found->order))
			continue;
		best = found;
		*id = i;
	}
	return best;
}

static int add_tuple_miss(struct bench_run *run, int family, enum xe_miss miss)
{
	uint32_t atom = miss;
	const struct bench_found *found = find_miss(run, family, miss, &atom);
	struct bench_case *c;
	int err;

	if (!found && !bench_family_used(&run->ctx, family))
		return EXIT_OK;
	c = bench_case_add(run, &err, "miss", NULL, "%s ipv%d", miss_text(miss), family);
	if (!c)
		return err ? fail("out of memory") : EXIT_OK;
	c->miss = miss_text(miss);
	if (found)
		return bench_case_set(run, &run->subject, &run->entries[found->entry],
				      &found->tuple, DRESS_PLAIN, atom);
	c->family = family;
	snprintf(c->why_not, sizeof(c->why_not),
		 run->search.complete ? "no packet that enters by these interfaces is %s"
				      : "no packet that is %s was found, though not all were tried",
		 miss_text(miss));
	return EXIT_OK;
}

/* --- dressed frames -------------------------------------------------------------------------- */

/* The packet to dress: TCP that a row decides, best forward, if there is one; the first found. */
static const struct bench_found *find_base(const struct bench_run *run, int family, uint32_t *id)
{
	const struct bench_found *best = NULL;
	unsigned best_hit = 0;

	for (uint32_t i = 0; i < run->ctx.compiled.n_atoms; i++) {
		const struct bench_found *found = found_of(run, family, i);
		const struct xe_atom *atom = &run->ctx.compiled.atoms[i];
		unsigned hit = atom->row == XE_NO_ROW ? 0 : atom->sense == XE_REPLY ? 1 : 2;

		if (!found->order || found->tuple.proto != IPPROTO_TCP ||
		    (best && (hit < best_hit || (hit == best_hit && best->order < found->order))))
			continue;
		best = found;
		best_hit = hit;
		*id = i;
	}
	return best;
}

static const struct dressed {
	const char *name;
	int family; /* 0: both */
	enum bench_dress dress;
	int miss; /* or -1: the atom of the packet below */
} dressed[] = {
	{"vlan", 0, DRESS_VLAN, -1},
	{"qinq", 0, DRESS_QINQ, -1},
	{"options", 4, DRESS_OPTIONS, -1},
	{"extensions", 6, DRESS_EXTENSIONS, -1},
	{"first-fragment", 0, DRESS_FIRST_FRAGMENT, -1},
	{"fragment", 0, DRESS_LATER_FRAGMENT, XE_MISS_FRAGMENT},
	{"malformed", 0, DRESS_CUT, XE_MISS_MALFORMED},
	{"too-deep", 4, DRESS_TAGS, XE_MISS_TOO_DEEP},
	{"too-deep", 6, DRESS_DEEP, XE_MISS_TOO_DEEP},
};

static int add_dressed(struct bench_run *run, const struct dressed *dress, int family)
{
	uint32_t atom;
	const struct bench_found *base = find_base(run, family, &atom);
	bool is_miss = dress->miss >= 0;
	const struct bench_entry *entry;
	struct bench_case *c;
	int err;

	if (!base || (dress->family && dress->family != family))
		return EXIT_OK;
	entry = &run->entries[base->entry];
	c = bench_case_add(run, &err, is_miss ? "miss" : dress->name, NULL, "%s ipv%d", dress->name,
			   family);
	if (!c)
		return err ? fail("out of memory") : EXIT_OK;
	if (dress->dress == DRESS_VLAN && entry->vlan) {
		c->family = family;
		snprintf(c->why_not, sizeof(c->why_not),
			 "the rows' frames are tagged already: the interface is a trunk");
		return EXIT_OK;
	}
	return bench_case_set(run, &run->subject, entry, &base->tuple, dress->dress,
			      is_miss ? (uint32_t)dress->miss : atom);
}

/* Misses that are no matter of the family. */
static int add_others(struct bench_run *run)
{
	struct bench_entry nowhere = {.nic = run->sideless};
	struct bench_found *any = NULL;
	struct bench_case *c;
	int err, code = EXIT_OK;

	for (size_t i = 0; i < run->ctx.compiled.n_atoms && !any; i++)
		if (run->search.found[0][i].order)
			any = &run->search.found[0][i];
	c = any ? bench_case_add(run, &err, "miss", NULL, "non-ip") : NULL;
	if (c) {
		code = bench_case_set(run, &run->subject, &run->entries[any->entry], &any->tuple,
				      DRESS_ARP, XE_MISS_NON_IP);
		c->family = 0;
		snprintf(c->packet, sizeof(c->packet), "ARP");
	}
	c = any && !code ? bench_case_add(run, &err, "miss", NULL, "no-policy") : NULL;
	if (!c)
		return code;
	c->miss = miss_text(XE_MISS_NO_POLICY);
	if (!run->sideless) {
		snprintf(c->why_not, sizeof(c->why_not),
			 "every frame of these interfaces has a side");
		return EXIT_OK;
	}
	/* an entry of its own: the trunk, untagged */
	run->entries[run->n_entries] = nowhere;
	return bench_case_set(run, &run->subject, &run->entries[run->n_entries], &any->tuple,
			      DRESS_PLAIN, XE_MISS_NO_POLICY);
}

int bench_cases(struct bench_run *run)
{
	static const enum xe_miss misses[] = {XE_MISS_UNMATCHED, XE_MISS_FOREIGN,  XE_MISS_MARTIAN,
					      XE_MISS_SPOOFED,	 XE_MISS_IP_OTHER, XE_MISS_IPSEC};
	int code = EXIT_OK;

	for (size_t f = 0; f < 2 && !code; f++)
		if (bench_family_used(&run->ctx, families[f]))
			code = add_rows(run, families[f]);
	for (size_t f = 0; f < 2; f++)
		for (size_t i = 0; i < sizeof(dressed) / sizeof(dressed[0]) && !code; i++)
			code = add_dressed(run, &dressed[i], families[f]);
	for (size_t f = 0; f < 2; f++)
		for (size_t i = 0; i < sizeof(misses) / sizeof(misses[0]) && !code; i++)
			code = add_tuple_miss(run, families[f], misses[i]);
	return code ? code : add_others(run);
}
