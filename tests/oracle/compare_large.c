// SPDX-License-Identifier: GPL-2.0-only
/* Which large sites are compared, and by which packets; see compare_large.h. */
#include "compare_large.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../../loader/policy/site.h"

#define PORT 9000 /* of packets at prefixes */

static const struct rule_set brief_sets[] = {
	{"acl", 100, false, false},  {"acl", 300, true, false}, {"acl", 1000, false, false},
	{"fw", 100, false, false},   {"fw", 100, true, false},	{"fw", 1000, false, false},
	{"ipc", 1000, false, false}, {"ipc", 100, true, false}, {"acl", 100, false, true},
	{"ipc", 100, true, true},
};

static const struct rule_set lengthy_sets[] = {
	{"acl", 1000, true, false},  {"fw", 300, true, false},	   {"ipc", 300, true, false},
	{"fw", 300, false, true},    {"acl", 3000, true, false},   {"acl", 10000, false, false},
	{"fw", 10000, false, false}, {"ipc", 10000, false, false},
};

static const unsigned brief_lists[] = {200, 2000};
static const unsigned lengthy_lists[] = {10000, 100000};

/* Some of the tuples, so that a run stays bounded: each as likely, their order is of no matter. */
static void thin(struct rng *rng, struct tuples *t, size_t max)
{
	for (size_t i = 0; i < max && t->n > max; i++) {
		size_t k = i + rng_next(rng) % (t->n - i);
		struct tuple was = t->v[i];

		t->v[i] = t->v[k];
		t->v[k] = was;
	}
	if (t->n > max)
		t->n = max;
}

static bool ask(struct large_run *run, struct checked *checked, struct tuples *tuples, size_t max)
{
	bool ok;

	thin(run->rng, tuples, max);
	ok = run->fn(run->ctx, checked, tuples);
	tuples_free(tuples);
	return ok;
}

static bool run_rule_set(struct large_run *run, const struct rule_set *set, bool may_be_too_large)
{
	uint64_t seed = run->rng->state;
	struct tuples tuples = {0};
	struct checked checked;
	struct site site;
	size_t n_rows;
	int err;
	bool ok;

	if (!large_rule_set(run->rng, run->spec, set, &site))
		return false;
	err = check_open(run->spec, &site, 0, &checked);
	ok = !err;
	if (err == -E2BIG) {
		printf("%s of %u rules%s%s is larger than a policy may be\n", set->kind, set->rules,
		       set->replies ? " with replies" : "", set->edge ? " beside tables" : "");
		ok = may_be_too_large;
	} else if (!err) {
		const struct oracle_row *rows = oracle_rows(checked.oracle, &n_rows);

		for (size_t i = 0; i < n_rows; i++)
			near_row(run->rng, &rows[i], &tuples);
		ok = ask(run, &checked, &tuples, run->max);
		check_close(&checked);
	}
	if (!ok)
		printf("rule set: %s, %u rules%s%s; seed state %llu\n", set->kind, set->rules,
		       set->replies ? ", with replies" : "", set->edge ? ", beside tables" : "",
		       (unsigned long long)seed);
	site_free(&site);
	return ok;
}

static void near_list(struct rng *rng, const struct prefix_list *list, struct tuples *out)
{
	for (size_t i = 0; i < list->n; i++)
		near_prefix(rng, &list->v[i], PORT, out);
}

static bool run_prefix_lists(struct large_run *run, unsigned n)
{
	uint64_t seed = run->rng->state;
	struct tuples tuples = {0};
	struct checked checked;
	struct site site;
	bool ok;

	if (!large_prefix_lists(run->rng, run->spec, n, &site))
		return false;
	ok = check_open(run->spec, &site, 0, &checked) == 0;
	if (ok) {
		for (size_t r = 0; r < run->spec->n_roles; r++)
			near_list(run->rng, &site.role_prefixes[r], &tuples);
		for (size_t i = 0; i < site.n_rows; i++) {
			near_list(run->rng, &site.rows[i].source.prefixes, &tuples);
			near_list(run->rng, &site.rows[i].destination.prefixes, &tuples);
		}
		/* the oracle looks at every prefix, several times */
		ok = ask(run, &checked, &tuples, run->max / (1 + n / 10000));
		check_close(&checked);
	}
	if (!ok)
		printf("prefix lists: %u; seed state %llu\n", n, (unsigned long long)seed);
	site_free(&site);
	return ok;
}

static bool count(struct large_run *run, bool ok)
{
	if (ok)
		run->passed++;
	else
		run->failed++;
	return ok;
}

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

bool compare_large(struct large_run *run)
{
	bool ok = true;

	for (size_t i = 0; i < COUNT(brief_sets) && ok; i++)
		ok = count(run, run_rule_set(run, &brief_sets[i], false));
	for (size_t i = 0; i < COUNT(brief_lists) && ok; i++)
		ok = count(run, run_prefix_lists(run, brief_lists[i]));
	for (size_t i = 0; i < COUNT(lengthy_sets) && ok && run->lengthy; i++)
		ok = count(run, run_rule_set(run, &lengthy_sets[i], true));
	for (size_t i = 0; i < COUNT(lengthy_lists) && ok && run->lengthy; i++)
		ok = count(run, run_prefix_lists(run, lengthy_lists[i]));
	return ok;
}
