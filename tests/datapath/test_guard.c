// SPDX-License-Identifier: GPL-2.0-only
/*
 * Random sites and random sequences of packets: what becomes of each packet by the second oracle
 * and by the program, in monitor, rehearse and enforce, and what has been counted in the end. The
 * tables are so large that nothing is evicted.
 *
 *   test_guard [--seed N] [--packets N] [--a-site N]
 *
 * Prints the seed first; stops at the first difference.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../oracle/guard_sequence.h"
#include "../oracle/guard_site.h"
#include "lane.h"
#include "policy/spec.h"

#define SECOND 1000000000ull
/* How often a packet is put off, since what it asks for may be there or not. */
#define PUT_OFF 40

struct run {
	uint64_t seed;
	unsigned long wanted, a_site;
	struct rng rng;
	struct spec spec;
	unsigned long packets, sites, too_large, put_off;
	unsigned long reasons[XE_REASON_COUNT], exempt[XE_EXEMPT_COUNT], replies, new_flows;
	unsigned passed, failed;
};

/* A site in all modes. */
struct trial {
	struct run *run;
	struct site site;
	struct guard_sequence *sequence;
	struct lane lane[3]; /* by enum xe_mode */
	uint64_t now, deadline;
};

static bool open_lanes(struct trial *t)
{
	bool too_large = false;

	for (int mode = XE_MODE_MONITOR; mode <= XE_MODE_ENFORCE; mode++)
		if (!lane_open(&t->run->spec, &t->site, (enum xe_mode)mode, &t->lane[mode],
			       &too_large)) {
			t->run->too_large += too_large;
			return false;
		}
	return true;
}

static void tally(struct run *run, const struct guard_outcome *out)
{
	run->packets++;
	run->new_flows += out->new_flow;
	if (out->drop)
		run->reasons[out->reason]++;
	if (out->exempt)
		run->exempt[out->exempt - 1]++;
	run->replies += !out->drop && out->counted.row && out->counted.sense == XE_REPLY;
}

/* Both modes that remember must say the same of every packet. */
static bool modes_agree(const struct guard_outcome *rehearse, const struct guard_outcome *enforce)
{
	if (rehearse->drop == enforce->drop && rehearse->exempt == enforce->exempt &&
	    (!enforce->drop || rehearse->reason == enforce->reason))
		return true;
	printf("\nDIFFERENCE of the oracle between rehearse and enforce\n");
	return false;
}

static bool run_packet(struct trial *t)
{
	struct guard_outcome out[3];
	uint8_t frame[GUARD_SEQUENCE_MAX];
	size_t len = guard_sequence_next(t->sequence, frame);
	unsigned tries = 0;

	t->now += guard_sequence_pause(t->sequence);
	/* Those that remember first: the others are never open. */
	for (int mode = XE_MODE_ENFORCE; mode >= XE_MODE_MONITOR; mode--) {
		if (!lane_run(&t->lane[mode], t->now, frame, len, &out[mode]))
			return false;
		if (!out[mode].open)
			continue;
		if (mode != XE_MODE_ENFORCE || ++tries > PUT_OFF) {
			printf("\nDIFFERENCE: a packet is open in mode %s, or always\n",
			       mode_text((enum xe_mode)mode));
			return false;
		}
		t->run->put_off++;
		t->now += SECOND / 3;
		mode++;
	}
	tally(t->run, &out[XE_MODE_ENFORCE]);
	return modes_agree(&out[XE_MODE_REHEARSE], &out[XE_MODE_ENFORCE]);
}

/* What may happen between two packets. False: what must not. */
static bool change_something(struct trial *t)
{
	struct rng *rng = &t->run->rng;

	if (rng_percent(rng, 1)) {
		t->deadline = rng_percent(rng, 40) ? 0 : t->now + rng_next(rng) % (5 * SECOND);
		lane_deadline(&t->lane[XE_MODE_ENFORCE], t->deadline);
	}
	if (rng_below(rng, 400) == 0)
		for (int mode = XE_MODE_MONITOR; mode <= XE_MODE_ENFORCE; mode++)
			if (!lane_reload(&t->lane[mode], &t->site, (enum xe_mode)mode))
				return false;
	return true;
}

static bool run_site(struct run *run)
{
	struct trial t = {.run = run, .now = 1000 * SECOND};
	unsigned long too_large = run->too_large;
	bool ok;

	guard_site(&run->rng, &run->spec, &t.site);
	ok = open_lanes(&t);
	if (ok) {
		t.sequence = guard_sequence_new(&run->rng, &run->spec, &t.site,
						t.lane[XE_MODE_ENFORCE].oracle);
		for (unsigned long i = 0; i < run->a_site && ok; i++)
			ok = change_something(&t) && run_packet(&t);
		for (int mode = XE_MODE_MONITOR; mode <= XE_MODE_ENFORCE && ok; mode++)
			ok = lane_totals(&t.lane[mode]);
	}
	run->sites++;
	guard_sequence_free(t.sequence);
	for (int mode = XE_MODE_MONITOR; mode <= XE_MODE_ENFORCE; mode++)
		lane_close(&t.lane[mode]);
	guard_site_free(&run->spec, &t.site);
	return ok || run->too_large > too_large;
}

#define ENOUGH_SITES 30 /* for a few of them to have any word that a site can have */

/* A reason or a name that never came is one that was never compared. */
static void check_cover(struct run *run, bool ok)
{
	unsigned missing = 0;

	for (int i = 0; i < XE_REASON_COUNT; i++) {
		printf(" %s %lu", reason_text(i), run->reasons[i]);
		missing += run->reasons[i] == 0;
	}
	printf("; passed as");
	for (int i = 0; i < XE_EXEMPT_COUNT; i++) {
		printf(" %s %lu", exempt_text(i), run->exempt[i]);
		missing += run->exempt[i] == 0;
	}
	printf("; %lu new flows, %lu replies let pass\n", run->new_flows, run->replies);
	missing += run->replies * 50 < run->packets;
	if (!ok || run->sites < ENOUGH_SITES)
		return;
	if (missing)
		printf("FAIL %u of these never came, or too seldom\n", missing);
	run->failed += missing > 0;
	run->passed += missing == 0;
}

static int parse_options(int argc, char **argv, struct run *run)
{
	for (int i = 1; i + 1 < argc; i += 2) {
		unsigned long long n = strtoull(argv[i + 1], NULL, 0);

		if (strcmp(argv[i], "--seed") == 0)
			run->seed = n;
		else if (strcmp(argv[i], "--packets") == 0)
			run->wanted = n;
		else if (strcmp(argv[i], "--a-site") == 0)
			run->a_site = n;
		else
			return -1;
	}
	return argc % 2 ? 0 : -1;
}

int main(int argc, char **argv)
{
	struct run run = {.seed = (uint64_t)time(NULL) ^ (uint64_t)getpid() << 32,
			  .wanted = 40000,
			  .a_site = 1200};
	bool ok = true;

	if (parse_options(argc, argv, &run) != 0) {
		fprintf(stderr, "usage: test_guard [--seed N] [--packets N] [--a-site N]\n");
		return 2;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("seed %llu\n", (unsigned long long)run.seed);
	rng_seed(&run.rng, run.seed);
	if (spec_load("maps/spec", &run.spec) != 0)
		return 1;
	while (ok && run.packets < run.wanted) {
		ok = run_site(&run);
		run.passed += ok;
	}
	run.failed += !ok;
	printf("%lu packets in three modes on %lu sites (%lu too large), %lu put off; dropped:",
	       run.packets, run.sites, run.too_large, run.put_off);
	check_cover(&run, ok);
	spec_free(&run.spec);
	printf("%u passed, %u failed\n", run.passed, run.failed);
	return run.failed ? 1 : 0;
}
