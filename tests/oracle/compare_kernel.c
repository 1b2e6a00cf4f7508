// SPDX-License-Identifier: GPL-2.0-only
/*
 * The program in the kernel against frame.c and the oracle: random sites, random frames, whole and
 * spoiled. Needs root; attaches nothing and moves no live counter.
 *
 *   compare_kernel [--seed N] [--frames N] [--spec DIR] [--sites DIR] [--long]
 *
 * Each frame's atom is compared, and at the end of each NIC the counters of every atom it had, and
 * the four counters of every row that come of them. Imported rule sets and long prefix lists take
 * part; with --long also those of 10,000 rules and 100,000 prefixes, and more frames.
 */
#include <errno.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../../loader/kernel/instance.h"
#include "../../loader/policy/site.h"
#include "../../loader/policy/spec.h"
#include "build.h"
#include "compare_large.h"
#include "frame.h"
#include "guard_site.h"
#include "site_yaml.h"

#define FRAMES_A_NIC   400
#define CUT_EVERYWHERE 1 /* frames a NIC that are also run cut at each of their bytes */

struct run {
	uint64_t seed;
	unsigned long wanted, frames, matched, sites, too_large;
	unsigned long by_miss[XE_MISS_COUNT];
	const char *spec_dir, *sites_dir;
	struct rng rng;
	struct spec spec;
	bool lengthy;
	unsigned passed, failed;
};

/* One NIC of a site, and what its counters ought to be. */
struct port {
	struct run *run;
	struct checked *checked;
	const struct nic *nic;
	struct instance *instance;
	struct xe_counter *expected; /* by atom */
	struct counted counted;	     /* by row */
};

static void print_frame(const uint8_t *frame, size_t len)
{
	printf("frame, %zu bytes:", len);
	for (size_t i = 0; i < len; i++)
		printf("%s%02x", i % 32 == 0 ? "\n  " : "", frame[i]);
	printf("\n");
}

static void expect(struct port *p, const uint8_t *frame, size_t len, struct frame_view *view,
		   struct answer *out)
{
	int side;

	frame_read(frame, len, view);
	side = view->tags_read ? oracle_nic_side(p->checked->site, p->nic->name, view->vid) : 0;
	if (view->tags_read && side < 0)
		check_missed(XE_MISS_NO_POLICY, out);
	else if (view->missed)
		check_missed(view->miss, out);
	else
		check_oracle(p->checked, (enum xe_side)side, &view->tuple, out);
}

/* False on a difference, which is printed. */
static bool run_frame(struct port *p, const uint8_t *frame, size_t len)
{
	struct frame_view view;
	struct answer expected, got;
	uint32_t atom = 0;
	int err;

	expect(p, frame, len, &view, &expected);
	err = instance_run(p->instance, frame, (uint32_t)len, &atom);
	if (err) {
		printf("instance_run() of %zu bytes: %s\n", len, strerror(-err));
		print_frame(frame, len);
		return false;
	}
	check_atom(p->checked, atom, &got);
	if (!check_same(&expected, &got)) {
		printf("\nDIFFERENCE: seed %llu, frame %lu, NIC %s, site:\n",
		       (unsigned long long)p->run->seed, p->run->frames, p->nic->name);
		site_yaml_write(stdout, p->checked->spec, p->checked->site);
		print_frame(frame, len);
		if (view.tags_read)
			printf("VLAN %u\n", view.vid);
		if (!view.missed)
			check_print_tuple(stdout,
					  (enum xe_side)oracle_nic_side(p->checked->site,
									p->nic->name, view.vid),
					  &view.tuple);
		check_print_answer(stdout, "frame.c and oracle", &expected);
		check_print_answer(stdout, "program", &got);
		return false;
	}
	p->expected[atom].packets++;
	p->expected[atom].bytes += len;
	counted_add(&p->counted, &expected, len);
	p->run->frames++;
	p->run->matched += expected.n_matches > 0;
	if (!expected.row)
		p->run->by_miss[expected.miss]++;
	return true;
}

static unsigned draw_vid(struct port *p)
{
	struct rng *rng = &p->run->rng;

	if (p->nic->n_vlans > 0 && rng_percent(rng, 70))
		return p->nic->vlans[rng_below(rng, (unsigned)p->nic->n_vlans)].vlan;
	return rng_percent(rng, 80) ? 0 : rng_below(rng, 4096);
}

/* A packet aimed at a row as it enters this NIC and VLAN. */
static void draw_tuple(struct port *p, int side, struct tuple *t)
{
	struct rng *rng = &p->run->rng;
	size_t n_rows;
	const struct oracle_row *rows = oracle_rows(p->checked->oracle, &n_rows);
	struct answer a;

	random_stray(rng, p->checked->site, p->checked->spec, t);
	if (n_rows == 0 || side < 0 || rng_percent(rng, 8))
		return;
	for (int tries = 0; tries < 6; tries++) {
		random_aim(rng, p->checked->spec, p->checked->site,
			   &rows[rng_below(rng, (unsigned)n_rows)],
			   rng_percent(rng, 50) ? XE_FORWARD : XE_REPLY,
			   rng_percent(rng, 50) ? 4 : 6, t);
		check_oracle(p->checked, (enum xe_side)side, t, &a);
		if (a.n_matches > 0)
			return;
	}
}

static bool run_frames(struct port *p)
{
	struct rng *rng = &p->run->rng;
	uint8_t frame[BUILD_MAX];

	for (unsigned i = 0; i < FRAMES_A_NIC; i++) {
		unsigned vid = draw_vid(p);
		struct tuple t;
		size_t len;

		draw_tuple(p, oracle_nic_side(p->checked->site, p->nic->name, vid), &t);
		len = build_frame(rng, &t, vid, frame);
		if (i < CUT_EVERYWHERE)
			for (size_t cut = 14; cut < len; cut++) {
				/* A copy of its own size, so that nothing lies behind the cut. */
				uint8_t *copy = malloc(cut);
				bool ok;

				if (!copy)
					abort();
				memcpy(copy, frame, cut);
				ok = run_frame(p, copy, cut);
				free(copy);
				if (!ok)
					return false;
			}
		else if (rng_percent(rng, 30))
			len = build_spoil(rng, frame, len);
		if (!run_frame(p, frame, len))
			return false;
	}
	return true;
}

static bool counters_agree(struct port *p)
{
	for (uint32_t atom = 0; atom < p->checked->compiled.n_atoms; atom++) {
		const struct xe_counter *want = &p->expected[atom];
		struct xe_counter *got = &p->counted.atoms[atom];

		/* Those that moved, and a few of those that must not have. */
		if (want->packets == 0 && atom % 64 != 0)
			continue;
		if (instance_counter(p->instance, atom, got) != 0 ||
		    got->packets != want->packets || got->bytes != want->bytes) {
			printf("NIC %s, atom %u: %llu packets, %llu bytes counted, %llu and %llu "
			       "were sent\n",
			       p->nic->name, atom, (unsigned long long)got->packets,
			       (unsigned long long)got->bytes, (unsigned long long)want->packets,
			       (unsigned long long)want->bytes);
			return false;
		}
	}
	return counted_agree(&p->counted);
}

/* Frames of the tuples, or random ones if there are none. */
static bool run_nic(struct run *run, struct checked *checked, const struct nic *nic,
		    const struct tuples *tuples)
{
	struct port p = {.run = run, .checked = checked, .nic = nic};
	uint8_t frame[BUILD_MAX];
	bool ok = true;

	if (instance_open(rng_percent(&run->rng, 50) ? &checked->blocked : &checked->compiled,
			  nic->slot, &p.instance) != 0)
		return false;
	p.expected = calloc(checked->compiled.n_atoms, sizeof(*p.expected));
	if (!p.expected)
		abort();
	counted_open(checked, &p.counted);
	for (size_t i = 0; tuples && i < tuples->n && ok; i++)
		ok = run_frame(&p, frame, build_frame(&run->rng, &tuples->v[i], 0, frame));
	ok = ok && (tuples || run_frames(&p)) && counters_agree(&p);
	counted_close(&p.counted);
	free(p.expected);
	instance_close(p.instance);
	return ok;
}

/* --- sites
 * ------------------------------------------------------------------------------------- */

#define LARGE_BRIEF   1500 /* frames on one NIC of a large site */
#define LARGE_LENGTHY 20000

static bool run_tuples(void *ctx, struct checked *checked, const struct tuples *tuples)
{
	struct run *run = ctx;

	run->sites++;
	return run_nic(run, checked,
		       &checked->nics[rng_below(&run->rng, (unsigned)checked->n_nics)], tuples);
}

static bool run_large(struct run *run)
{
	struct large_run large = {
		.rng = &run->rng,
		.spec = &run->spec,
		.lengthy = run->lengthy,
		.max = run->lengthy ? LARGE_LENGTHY : LARGE_BRIEF,
		.fn = run_tuples,
		.ctx = run,
	};
	unsigned long before = run->frames, sites = run->sites, matched = run->matched;
	bool ok = compare_large(&large);

	run->passed += large.passed;
	printf("%lu frames through the program on %lu large sites\n", run->frames - before,
	       run->sites - sites);
	run->frames = before;
	run->sites = sites;
	run->matched = matched;
	return ok;
}

static bool run_site(struct run *run, const struct site *site)
{
	struct checked checked;
	bool ok = true;
	int err = check_open(&run->spec, site, 0, &checked);

	run->sites++;
	run->too_large += err == -E2BIG;
	if (err)
		return err == -E2BIG;
	for (size_t i = 0; i < checked.n_nics && ok; i++)
		ok = run_nic(run, &checked, &checked.nics[i], NULL);
	check_close(&checked);
	return ok;
}

static bool run_examples(struct run *run)
{
	char pattern[4096];
	bool ok = true;
	glob_t found;

	snprintf(pattern, sizeof(pattern), "%s/*.yaml", run->sites_dir);
	if (glob(pattern, 0, NULL, &found) != 0) {
		printf("no site in %s\n", pattern);
		return false;
	}
	for (size_t i = 0; i < found.gl_pathc && ok; i++) {
		struct site site;

		ok = site_load(found.gl_pathv[i], &run->spec, &site) == 0;
		if (!ok)
			break;
		site.mode = XE_MODE_MONITOR; /* replies without a flow are another comparison's */
		ok = run_site(run, &site);
		site_free(&site);
		run->passed += ok;
	}
	globfree(&found);
	return ok;
}

static int parse_options(int argc, char **argv, struct run *run)
{
	for (int i = 1; i < argc; i += 2) {
		if (strcmp(argv[i], "--long") == 0) {
			run->lengthy = true;
			i--;
			continue;
		}
		if (i + 1 >= argc)
			return -1;
		if (strcmp(argv[i], "--seed") == 0)
			run->seed = strtoull(argv[i + 1], NULL, 0);
		else if (strcmp(argv[i], "--frames") == 0)
			run->wanted = strtoul(argv[i + 1], NULL, 0);
		else if (strcmp(argv[i], "--spec") == 0)
			run->spec_dir = argv[i + 1];
		else if (strcmp(argv[i], "--sites") == 0)
			run->sites_dir = argv[i + 1];
		else
			return -1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	struct run run = {.seed = (uint64_t)time(NULL) ^ (uint64_t)getpid() << 32,
			  .wanted = 40000,
			  .spec_dir = "maps/spec",
			  .sites_dir = "maps/sites"};
	bool ok;

	if (parse_options(argc, argv, &run) != 0) {
		fprintf(stderr, "usage: compare_kernel [--seed N] [--frames N] [--spec DIR] "
				"[--sites DIR] [--long]\n");
		return 2;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("seed %llu\n", (unsigned long long)run.seed);
	rng_seed(&run.rng, run.seed);
	if (spec_load(run.spec_dir, &run.spec) != 0)
		return 1;

	ok = run_examples(&run);
	ok = ok && run_large(&run);
	while (ok && run.frames < run.wanted) {
		bool verdicts = rng_percent(&run.rng, 50);
		struct site site;

		/* with deny lists and all; what becomes of packets is another comparison's */
		if (verdicts)
			guard_site(&run.rng, &run.spec, &site);
		else
			random_site(&run.rng, &run.spec, &site);
		site.mode = XE_MODE_MONITOR;
		ok = run_site(&run, &site);
		if (verdicts)
			guard_site_free(&run.spec, &site);
		else
			random_site_free(&run.spec, &site);
		run.passed += ok;
	}
	run.failed += !ok;
	printf("%lu frames through the program on %lu sites, %lu matched something; misses:",
	       run.frames, run.sites, run.matched);
	for (int m = 0; m < XE_MISS_COUNT; m++)
		printf(" %s %lu", check_miss_name((enum xe_miss)m), run.by_miss[m]);
	printf("\n");
	/* A kind of miss that never came would be a kind that was never compared. */
	for (int m = 0; ok && m < XE_MISS_COUNT; m++) {
		if (m == XE_MISS_UNSOLICITED) /* monitor knows no flows */
			continue;
		if (run.by_miss[m] > 0) {
			run.passed++;
		} else {
			printf("FAIL no frame was a %s\n", check_miss_name((enum xe_miss)m));
			run.failed++;
		}
	}
	spec_free(&run.spec);
	printf("%u passed, %u failed\n", run.passed, run.failed);
	return run.failed ? 1 : 0;
}
