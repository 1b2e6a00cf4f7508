// SPDX-License-Identifier: GPL-2.0-only
/*
 * Oracle against compiled policy, on the example sites and on random ones. No root, no kernel.
 *
 *   compare [--seed N] [--comparisons N] [--spec DIR] [--sites DIR] [--brief] [--long] [--large]
 *
 * --brief prints less. --long also compares rule sets of 10,000 rows and lists of 100,000 prefixes,
 * by more packets; --large compares those sites only.
 *
 * Prints the seed first; stops at the first difference with the site, the packet and both answers.
 * Fails as well when less than half of the packets matched anything, when a row that can be reached
 * was not reached often enough, or when a site written as YAML is read back as another one.
 */
#include <errno.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../../loader/policy/site.h"
#include "../../loader/policy/spec.h"
#include "actions.h"
#include "compare_large.h"
#include "coverage.h"
#include "guard_site.h"
#include "site_yaml.h"

#define AIMED_EXAMPLE 5000 /* packets of an example site beside those that coverage asks for */
#define AIMED_RANDOM  1500
#define AIM_TRIES     400 /* at one (row, sense, family) before it counts as not hit */
#define MAX_WITNESSES 12

struct run {
	uint64_t seed;
	unsigned long wanted;
	const char *spec_dir, *sites_dir;
	bool brief, lengthy, large_only;
	struct rng rng;
	struct spec spec;
	struct coverage rows; /* of the spec, over the whole run */
	unsigned long comparisons, matched, sites, too_large;
	unsigned passed, failed;
};

/* One site under comparison. */
struct subject {
	struct run *run;
	struct checked checked;
	struct reach reach;
	struct coverage rows; /* effective rows of this site */
	size_t *spec_row;     /* effective row -> row of the spec, or -1 */
	bool real_roles;      /* those of the tables: it counts for the coverage of the whole run */
};

static void count_test(struct run *run, bool ok, const char *name)
{
	if (ok)
		run->passed++;
	else
		run->failed++;
	if (!ok)
		printf("FAIL %s\n", name);
}

/* --- one packet
 * ----------------------------------------------------------------------------------- */

/* Where the roles are not those of the tables, what they are: the CSV that would make them so. */
static void print_roles(const struct run *run, const struct spec *spec)
{
	if (spec->roles == run->spec.roles)
		return;
	printf("# with these roles: name,side,protected,member_of,stand_in\n");
	for (size_t i = 0; i < spec->n_roles; i++) {
		const struct role *r = &spec->roles[i];

		printf("# %s,%s,%s,%s,%s\n", r->name, check_side_name(r->side),
		       r->is_protected ? "yes" : "no",
		       r->member_of >= 0 ? spec->roles[r->member_of].name : "",
		       r->stand_in >= 0 ? spec->roles[r->stand_in].name : "");
	}
}

static void report_difference(struct subject *s, enum xe_side side, const struct tuple *t,
			      const struct answer *expected, const struct answer *got)
{
	printf("\nDIFFERENCE: seed %llu, site:\n", (unsigned long long)s->run->seed);
	print_roles(s->run, s->checked.spec);
	site_yaml_write(stdout, s->checked.spec, s->checked.site);
	printf("\n");
	check_print_tuple(stdout, side, t);
	check_print_answer(stdout, "oracle", expected);
	check_print_answer(stdout, "policy", got);
}

/* Ask both. Exits the program on a difference: one is enough, and everything after it is noise. */
static void compare_one(struct subject *s, enum xe_side side, const struct tuple *t,
			struct answer *answer)
{
	struct answer got;

	check_oracle(&s->checked, side, t, answer);
	check_policy(&s->checked, side, t, &got);
	if (!check_same(answer, &got) || !actions_agree(&s->checked, t, &got, got.atom)) {
		report_difference(s, side, t, answer, &got);
		printf("%u passed, %u failed\n", s->run->passed, s->run->failed + 1);
		exit(1);
	}
	s->run->comparisons++;
	s->run->matched += answer->n_matches > 0;
	coverage_count(&s->rows, answer, t->family, NULL);
	if (s->real_roles)
		coverage_count(&s->run->rows, answer, t->family, s->spec_row);
}

static enum xe_side random_side(struct rng *rng, unsigned sides)
{
	unsigned side;

	do
		side = rng_below(rng, XE_SIDE_COUNT);
	while (!(sides & 1u << side));
	return (enum xe_side)side;
}

/* --- aimed packets
 * --------------------------------------------------------------------------------- */

static bool has_match(const struct answer *a, size_t row, enum xe_sense sense)
{
	for (size_t i = 0; i < a->n_matches; i++)
		if (a->matches[i].row == row && a->matches[i].sense == sense)
			return true;
	return false;
}

/* The sides in a random order until one of them lets the packet match the row. */
static bool aim_side(struct subject *s, size_t row, enum xe_sense sense, const struct tuple *t,
		     enum xe_side *side)
{
	unsigned from = rng_below(&s->run->rng, XE_SIDE_COUNT);
	struct answer a;

	for (unsigned i = 0; i < XE_SIDE_COUNT; i++) {
		*side = (enum xe_side)((from + i) % XE_SIDE_COUNT);
		if (!(s->checked.sides & 1u << *side))
			continue;
		check_oracle(&s->checked, *side, t, &a);
		if (has_match(&a, row, sense))
			return true;
	}
	return false;
}

static void compare_aimed(struct subject *s, unsigned n)
{
	struct rng *rng = &s->run->rng;
	size_t n_rows;
	const struct oracle_row *rows = oracle_rows(s->checked.oracle, &n_rows);
	struct answer a;
	struct tuple t;

	for (unsigned i = 0; i < n; i++) {
		size_t row = rng_below(rng, (unsigned)n_rows);
		enum xe_sense sense = rng_percent(rng, 50) ? XE_FORWARD : XE_REPLY;
		enum xe_side side;

		/* Rows that sleep are aimed at too, seldom: they must stay asleep. */
		for (int tries = 0; tries < 20 && !rows[row].active && !rng_percent(rng, 4);
		     tries++)
			row = rng_below(rng, (unsigned)n_rows);
		if (rng_percent(rng, 12)) {
			random_stray(rng, s->checked.site, s->checked.spec, &t);
			compare_one(s, random_side(rng, s->checked.sides), &t, &a);
			continue;
		}
		/* A near miss as it falls, or tries until it hits. */
		for (int tries = rng_percent(rng, 30) ? 1 : 4; tries > 0; tries--) {
			random_aim(rng, s->checked.spec, s->checked.site, &rows[row], sense,
				   rng_percent(rng, 55) ? 4 : 6, &t);
			if (aim_side(s, row, sense, &t, &side) && !rng_percent(rng, 25))
				break;
			side = random_side(rng, s->checked.sides);
		}
		compare_one(s, side, &t, &a);
	}
}

/* --- coverage
 * ---------------------------------------------------------------------------------------- */

/* Other ports that the row takes, and SYN or not: the addresses and the side stay. */
static void vary(struct rng *rng, const struct oracle_row *e, enum xe_sense sense, struct tuple *t)
{
	uint16_t *from = sense == XE_FORWARD ? &t->sport : &t->dport;
	uint16_t *to = sense == XE_FORWARD ? &t->dport : &t->sport;

	if (t->proto == 6 || t->proto == 17) {
		*from = random_port_in(rng, e->source_ports);
		*to = random_port_in(rng, e->ports);
		if (e->either && rng_percent(rng, 50)) {
			uint16_t port = *from;

			*from = *to;
			*to = port;
		}
	}
	t->syn = t->proto == 6 && sense == XE_FORWARD && rng_percent(rng, 40);
}

/* Hit one (row, sense, family) until `cell`, here or of the whole run, has enough, if it can be
 * hit. */
static void cover_one(struct subject *s, size_t row, enum xe_sense sense, int f,
		      struct coverage_cell *cell)
{
	struct witness found[MAX_WITNESSES];
	enum reach_reason reason;
	size_t n_rows, n;
	const struct oracle_row *e = &oracle_rows(s->checked.oracle, &n_rows)[row];
	struct answer a;

	cell->active = true;
	if (cell->hits >= COVERAGE_HITS) {
		cell->reachable = true;
		return;
	}
	n = reach_find(&s->reach, row, sense, f == 0 ? 4 : 6, found, MAX_WITNESSES, &reason);
	if (n == 0) {
		cell->reason = reason;
		return;
	}
	cell->reachable = true;
	for (unsigned i = 0; i < AIM_TRIES && cell->hits < COVERAGE_HITS; i++) {
		struct witness w = found[rng_below(&s->run->rng, (unsigned)n)];

		/* Now and then the very packet that was found: DHCP's ports may be what lets it in.
		 */
		if (i % 8 != 0)
			vary(&s->run->rng, e, sense, &w.tuple);
		compare_one(s, w.side, &w.tuple, &a);
	}
}

static void cover(struct subject *s, bool whole_site)
{
	size_t n_rows;
	const struct oracle_row *rows = oracle_rows(s->checked.oracle, &n_rows);

	for (size_t r = 0; r < n_rows; r++)
		for (int sense = 0; sense < 2 && rows[r].active; sense++)
			for (int f = 0; f < 2; f++) {
				size_t at = s->spec_row[r];
				bool here = whole_site || at == (size_t)-1;

				if (here)
					cover_one(s, r, (enum xe_sense)sense, f,
						  &s->rows.cells[r][sense][f]);
				if (at != (size_t)-1 && s->real_roles)
					cover_one(s, r, (enum xe_sense)sense, f,
						  &s->run->rows.cells[at][sense][f]);
			}
}

/* --- sites
 * ------------------------------------------------------------------------------------------ */

static int subject_open(struct run *run, const struct spec *spec, const struct site *site,
			unsigned sides, struct subject *s)
{
	size_t n_rows;
	const struct oracle_row *rows;
	int err;

	memset(s, 0, sizeof(*s));
	s->run = run;
	s->real_roles = spec->roles == run->spec.roles;
	err = check_open(spec, site, sides, &s->checked);
	if (err)
		return err;
	rows = oracle_rows(s->checked.oracle, &n_rows);
	coverage_open(&s->rows, n_rows);
	s->spec_row = calloc(n_rows + 1, sizeof(*s->spec_row));
	if (!s->spec_row)
		abort();
	for (size_t r = 0; r < n_rows; r++)
		s->spec_row[r] = rows[r].row->table < 0 ? (size_t)-1
							: (size_t)(rows[r].row - run->spec.rows);
	reach_open(s->checked.oracle, spec, site, s->checked.sides, &s->reach);
	return 0;
}

static void subject_close(struct subject *s)
{
	reach_close(&s->reach);
	coverage_close(&s->rows);
	free(s->spec_row);
	check_close(&s->checked);
}

static const char *policy_row_id(const void *of, size_t row)
{
	return ((const struct policy *)of)->rows[row].row->id;
}

static const char *spec_row_id(const void *of, size_t row)
{
	return ((const struct spec *)of)->rows[row].id;
}

static void run_example(struct run *run, const char *path)
{
	const char *name = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
	struct coverage_sum sum;
	struct subject s;
	struct site site;

	if (site_load(path, &run->spec, &site) != 0) {
		count_test(run, false, path);
		return;
	}
	if (subject_open(run, &run->spec, &site, 0, &s) != 0) {
		count_test(run, false, path);
		site_free(&site);
		return;
	}
	compare_aimed(&s, AIMED_EXAMPLE);
	cover(&s, true);
	count_test(run, true, path);
	sum = coverage_report(&s.rows, name, policy_row_id, &s.checked.policy, !run->brief);
	count_test(run, sum.short_of == 0, "every reachable row of the site is hit often enough");
	count_test(run, sum.by_reason[REACH_NEVER] + sum.surprises == 0,
		   "every unreachable row has its reason");
	subject_close(&s);
	site_free(&site);
}

/* Write the site as YAML and read it; false if it does not come back the same. */
static bool read_back(const struct spec *spec, const struct site *site, struct site *out)
{
	char path[] = "/tmp/compare-site-XXXXXX", why[256];
	int fd = mkstemp(path);
	FILE *file = fd >= 0 ? fdopen(fd, "w") : NULL;
	bool ok = false;

	if (!file) {
		printf("%s: %s\n", path, strerror(errno));
		return false;
	}
	site_yaml_write(file, spec, site);
	if (fclose(file) == 0 && site_load(path, spec, out) == 0) {
		ok = site_yaml_same(spec, site, out, why, sizeof(why));
		if (!ok) {
			printf("read back differently: %s\n", why);
			site_free(out);
		}
	}
	unlink(path);
	return ok;
}

static bool run_random(struct run *run)
{
	bool all_sides, verdicts, ok, other_roles = rng_percent(&run->rng, 25);
	const struct spec *spec = &run->spec;
	struct spec scrambled = {0};
	struct site made, read;
	struct subject s;
	int err;

	if (other_roles) {
		random_roles(&run->rng, &run->spec, &scrambled);
		spec = &scrambled;
	}
	/* All that verdicts are made of, in any mode; or a site that leaves it to the defaults. */
	verdicts = rng_percent(&run->rng, 50);
	if (verdicts) {
		guard_site(&run->rng, spec, &made);
		made.mode = (enum xe_mode)rng_below(&run->rng, 3);
	} else {
		random_site(&run->rng, spec, &made);
	}
	all_sides = rng_percent(&run->rng, 50);
	ok = read_back(spec, &made, &read);
	if (ok) {
		/* What was read goes on: reader, resolver and compiler are one road. */
		err = subject_open(run, spec, &read, all_sides ? (1u << XE_SIDE_COUNT) - 1 : 0, &s);
		run->too_large += err == -E2BIG;
		ok = !err || err == -E2BIG;
		if (!err) {
			compare_aimed(&s, AIMED_RANDOM);
			cover(&s, false);
			subject_close(&s);
		}
		site_free(&read);
	}
	if (!ok) {
		printf("\nseed %llu, site %lu:\n", (unsigned long long)run->seed, run->sites);
		site_yaml_write(stdout, spec, &made);
	}
	if (verdicts)
		guard_site_free(spec, &made);
	else
		random_site_free(spec, &made);
	if (other_roles)
		random_roles_free(&scrambled);
	run->sites++;
	return ok;
}

static void run_examples(struct run *run)
{
	char pattern[4096];
	glob_t found;

	snprintf(pattern, sizeof(pattern), "%s/*.yaml", run->sites_dir);
	if (glob(pattern, 0, NULL, &found) != 0) {
		printf("no site in %s\n", pattern);
		count_test(run, false, "example sites");
		return;
	}
	for (size_t i = 0; i < found.gl_pathc; i++)
		run_example(run, found.gl_pathv[i]);
	globfree(&found);
}

/* --- large sites
 * ------------------------------------------------------------------------------------- */

#define LARGE_BRIEF   6000 /* packets a large site */
#define LARGE_LENGTHY 40000
#define LARGE_BYTES   100 /* of each, for the counters */

static bool compare_tuples(void *ctx, struct checked *checked, const struct tuples *tuples)
{
	struct run *run = ctx;
	struct counted counted;
	bool ok = true;

	counted_open(checked, &counted);
	for (size_t i = 0; i < tuples->n && ok; i++) {
		enum xe_side side = random_side(&run->rng, checked->sides);
		struct answer expected, got;

		check_oracle(checked, side, &tuples->v[i], &expected);
		check_policy(checked, side, &tuples->v[i], &got);
		ok = check_same(&expected, &got);
		if (!ok) {
			printf("\nDIFFERENCE: seed %llu\n", (unsigned long long)run->seed);
			check_print_tuple(stdout, side, &tuples->v[i]);
			check_print_answer(stdout, "oracle", &expected);
			check_print_answer(stdout, "policy", &got);
			break;
		}
		run->comparisons++;
		run->matched += expected.n_matches > 0;
		counted_add(&counted, &expected, LARGE_BYTES);
		counted.atoms[got.atom].packets++;
		counted.atoms[got.atom].bytes += LARGE_BYTES;
	}
	ok = ok && counted_agree(&counted);
	counted_close(&counted);
	return ok;
}

static bool run_large(struct run *run)
{
	struct large_run large = {
		.rng = &run->rng,
		.spec = &run->spec,
		.lengthy = run->lengthy,
		.max = run->lengthy ? LARGE_LENGTHY : LARGE_BRIEF,
		.fn = compare_tuples,
		.ctx = run,
	};
	unsigned long before = run->comparisons, matched = run->matched;
	bool ok = compare_large(&large);

	run->passed += large.passed;
	run->failed += large.failed;
	printf("%lu comparisons on %u large sites; %lu matched something\n",
	       run->comparisons - before, large.passed + large.failed, run->matched - matched);
	run->comparisons = before;
	run->matched = matched;
	return ok;
}

/* --- the program
 * ------------------------------------------------------------------------------------- */

static int usage(void)
{
	fprintf(stderr, "usage: compare [--seed N] [--comparisons N] [--spec DIR] [--sites DIR] "
			"[--brief] [--long] [--large]\n");
	return 2;
}

static int parse_options(int argc, char **argv, struct run *run)
{
	for (int i = 1; i < argc; i++) {
		bool *flag = strcmp(argv[i], "--brief") == 0   ? &run->brief
			     : strcmp(argv[i], "--long") == 0  ? &run->lengthy
			     : strcmp(argv[i], "--large") == 0 ? &run->large_only
							       : NULL;

		if (flag) {
			*flag = true;
			continue;
		}
		if (i + 1 >= argc)
			return -1;
		if (strcmp(argv[i], "--seed") == 0)
			run->seed = strtoull(argv[++i], NULL, 0);
		else if (strcmp(argv[i], "--comparisons") == 0)
			run->wanted = strtoul(argv[++i], NULL, 0);
		else if (strcmp(argv[i], "--spec") == 0)
			run->spec_dir = argv[++i];
		else if (strcmp(argv[i], "--sites") == 0)
			run->sites_dir = argv[++i];
		else
			return -1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	struct run run = {.seed = (uint64_t)time(NULL) ^ (uint64_t)getpid() << 32,
			  .wanted = 220000,
			  .spec_dir = "maps/spec",
			  .sites_dir = "maps/sites"};
	unsigned long from_examples;
	struct coverage_sum sum;
	bool ok = true;

	if (parse_options(argc, argv, &run) != 0)
		return usage();
	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("seed %llu\n", (unsigned long long)run.seed);
	rng_seed(&run.rng, run.seed);
	if (spec_load(run.spec_dir, &run.spec) != 0)
		return 1;
	if (run.large_only) {
		run_large(&run);
		spec_free(&run.spec);
		printf("%u passed, %u failed\n", run.passed, run.failed);
		return run.failed ? 1 : 0;
	}
	coverage_open(&run.rows, run.spec.n_rows);

	run_examples(&run);
	from_examples = run.comparisons;
	while (ok && run.comparisons < run.wanted && run.too_large < 200) {
		ok = run_random(&run);
		if (!ok)
			count_test(&run, false, "random site");
		else
			run.passed++;
	}

	if (ok)
		run_large(&run);
	printf("%lu comparisons: %lu on example sites, %lu on %lu random ones; %lu matched "
	       "something\n",
	       run.comparisons, from_examples, run.comparisons - from_examples, run.sites,
	       run.matched);
	printf("%lu random sites were larger than a policy may be\n", run.too_large);
	count_test(&run, 5 * run.too_large <= run.sites + 20, "few random sites are too large");
	count_test(&run, run.comparisons >= run.wanted, "as many comparisons as asked for");
	count_test(&run, 2 * run.matched >= run.comparisons, "at least half matched something");
	sum = coverage_report(&run.rows, "all sites", spec_row_id, &run.spec, !run.brief);
	count_test(&run, sum.short_of == 0, "every reachable row is hit often enough");
	count_test(&run, sum.by_reason[REACH_NEVER] + sum.surprises == 0,
		   "every unreachable row has its reason");
	coverage_close(&run.rows);
	spec_free(&run.spec);
	printf("%u passed, %u failed\n", run.passed, run.failed);
	return run.failed ? 1 : 0;
}
