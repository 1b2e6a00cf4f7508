// SPDX-License-Identifier: GPL-2.0-only
/* A capture from its first packet to its last. */
#include "capture_run.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../kernel/clock.h"
#include "../kernel/verdicts.h"
#include "../output/report.h"
#include "capture_out.h"
#include "deploy.h"

#define TEND_NS	    250000000ull
#define POLL_MS	    250
#define GRACE_NS    1000000000ull /* that a reader has to take the rest once the capture has ended */
#define FLUSH_BYTES (64u << 10)
#define KNOWN	    4 /* generations whose packets may still be in the ring */

enum ending { GOES_ON, BY_SIGNAL, BY_COUNT, BY_TIME, BY_READER, BY_UNLOAD, BY_FAILURE };

struct run {
	const struct options *options;
	const struct capture_request *request;
	const char *name;
	struct store store;
	struct capture *capture;
	struct capture_out out;
	struct meta known[KNOWN]; /* by generation */
	struct xe_role_name *roles;
	size_t n_roles;
	struct xe_interface slots[XE_MAX_NICS];
	uint32_t generation;
	uint64_t tended, until, give_up; /* CLOCK_MONOTONIC ns */
	uint64_t looked;		 /* its programs were in place: CLOCK_MONOTONIC ns */
	uint64_t missed;		 /* ns in which they were not, at most */
	enum ending ending;
	bool moved; /* another generation is live, or the programs are gone */
	bool shut;  /* no packet is written any more */
	bool cut;   /* nothing at all: the other end takes no more */
};

static volatile sig_atomic_t stopped;

static void stop(int signal)
{
	(void)signal;
	stopped = 1;
}

/* Without SA_RESTART: waiting ends. */
static void catch_signals(void)
{
	static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
	const struct sigaction action = {.sa_handler = stop};

	for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++)
		sigaction(signals[i], &action, NULL);
}

/* --- arming ---------------------------------------------------------------------------------- */

/* What was counted until now, by slot. */
static int read_counts(const struct run *run, struct xe_captured counts[XE_MAX_NICS])
{
	int err = 0;

	memset(counts, 0, XE_MAX_NICS * sizeof(*counts));
	for (uint32_t slot = 0; !err && slot < run->store.n_slots; slot++)
		err = capture_counts(run->capture, slot, &counts[slot]);
	if (err)
		fail("%s: cannot read the counts of the capture: %s", run->name, strerror(-err));
	return err;
}

static struct meta *known_at(struct run *run, uint32_t generation)
{
	return &run->known[generation % KNOWN];
}

/* The live policy anew: what its atoms mean, its NICs and roles. */
static int read_live(struct run *run, struct capture_live *live)
{
	uint32_t generation = store_generation(&run->store);
	struct meta *meta = known_at(run, generation);
	int err = 0;

	if (meta->generation != generation) {
		meta_free(meta);
		err = meta_read(run->name, generation, meta);
	}
	for (uint32_t slot = 0; !err && slot < run->store.n_slots; slot++)
		err = store_read_interface(&run->store, slot, &run->slots[slot]);
	if (err)
		return err;
	free(run->roles);
	run->roles = NULL;
	run->n_roles = 0;
	err = verdicts_roles(&run->store, &run->roles, &run->n_roles);
	if (err && err != -ENOENT)
		return err;
	run->generation = generation;
	*live = (struct capture_live){
		.name = run->name,
		.meta = meta,
		.slots = run->slots,
		.n_slots = run->store.n_slots,
		.roles = run->roles,
		.n_roles = run->n_roles,
		.features = store_features(&run->store),
	};
	return 0;
}

static int arm_live(struct run *run)
{
	const struct capture_request *request = run->request;
	struct xe_captured counts[XE_MAX_NICS];
	struct capture_filter filter;
	struct capture_live live;
	int err = read_live(run, &live);

	if (err == -ENOENT)
		fail("%s: generation %u is gone", run->name, store_generation(&run->store));
	if (err)
		return err;
	err = capture_filter_make(&request->wants, &live, &filter);
	if (err)
		return err;
	err = read_counts(run, counts);
	if (!err)
		err = capture_out_interfaces(&run->out, run->slots, run->store.n_slots,
					     filter.slots, request->limits.snap, counts);
	if (!err && !run->out.n_sources) {
		fail("%s: it is attached to no interface", run->name);
		err = -ENODEV;
	}
	if (!err)
		err = capture_arm(run->capture, &run->store, &filter);
	capture_filter_free(&filter);
	return err;
}

/* --- packets --------------------------------------------------------------------------------- */

/* Whether somebody has moved the programs, or the generation, since. */
static void look(struct run *run, uint64_t now)
{
	run->moved = !capture_in_place(run->capture, &run->store);
	if (!run->moved)
		run->looked = now;
}

/* Until now they may not have been in place. */
static void account_missed(struct run *run)
{
	uint64_t now = clock_ns(CLOCK_MONOTONIC);

	run->missed += now - run->looked;
	capture_out_missed(&run->out, run->looked, now);
	run->looked = now;
}

/* What is due a few times a second, however busy or stuck the rest is. */
static void tend(struct run *run)
{
	uint64_t now = clock_ns(CLOCK_MONOTONIC);

	if (stopped && !run->ending)
		run->ending = BY_SIGNAL;
	if (now - run->tended < TEND_NS)
		return;
	run->tended = now;
	if (!run->ending) {
		capture_extend(run->capture);
		if (run->until && now >= run->until)
			run->ending = BY_TIME;
		else if (capture_out_abandoned(&run->out))
			run->ending = BY_READER;
	}
	capture_out_clock(&run->out);
	look(run, now);
}

/* While the reader takes nothing: whether to wait for it. */
static bool wait_for_reader(void *arg)
{
	struct run *run = arg;
	uint64_t now = clock_ns(CLOCK_MONOTONIC);

	tend(run);
	if (!run->ending)
		return true;
	if (!run->give_up)
		run->give_up = now + GRACE_NS;
	return now < run->give_up;
}

static void flush(struct run *run)
{
	int err;

	if (run->cut)
		return;
	err = capture_out_flush(&run->out, wait_for_reader, run);
	if (!err)
		return;
	run->shut = run->cut = true;
	if (err == -EINTR)
		fail("the reader takes nothing: the capture is cut off");
	if (!run->ending || err != -EPIPE)
		run->ending = err == -EPIPE ? BY_READER : BY_FAILURE;
}

static int take(void *arg, const struct xe_sample *sample)
{
	struct run *run = arg;
	const struct meta *meta = known_at(run, sample->generation);

	if (!run->shut) {
		capture_out_packet(
			&run->out,
			&(struct capture_packet){
				.sample = sample,
				.meta = meta->generation == sample->generation ? meta : NULL,
				.roles = run->roles,
				.n_roles = run->n_roles,
			});
		if (run->request->count && run->out.written == run->request->count) {
			run->shut = true;
			if (!run->ending)
				run->ending = BY_COUNT;
		}
	}
	if (run->out.file.n >= FLUSH_BYTES)
		flush(run);
	if (run->ending)
		return 0; /* what is left is taken at once */
	tend(run);
	return run->moved || run->ending;
}

static int check_loaded(const struct run *run)
{
	if (run->store.control->loaded_at)
		return 0;
	fail("%s: its load was interrupted: xdp-edge load clears and repeats it", run->name);
	return -EUCLEAN;
}

/* For the first time. 0 or a negative errno (reported). */
static int arm_first(struct run *run)
{
	int lock = deploy_begin(run->options), err;

	if (lock < 0)
		return lock;
	err = check_loaded(run);
	if (!err)
		err = capture_open(&run->store, &run->request->limits, take, run, &run->capture);
	if (!err)
		err = arm_live(run);
	if (!err) {
		err = capture_out_begin(&run->out);
		if (err)
			capture_disarm(&run->store);
	}
	run->looked = clock_ns(CLOCK_MONOTONIC);
	deploy_end(lock);
	return err;
}

/* --- reloads --------------------------------------------------------------------------------- */

/* Under the lock: the pins anew, since a reload may have made tables that were not there. */
static int open_again(struct run *run)
{
	struct store store;
	int err = store_open(run->name, false, &store);

	if (err)
		return err;
	store_close(&run->store);
	run->store = store;
	return 0;
}

/*
 * Somebody reloaded the policy, or tried: other atoms, or other programs. A reload begins by
 * putting the programs back that the policy needs, and those count nothing for a capture: of what
 * came in between there is no number, only how long it was.
 */
static void follow(struct run *run)
{
	uint32_t before = run->generation;
	int lock = deploy_begin(run->options), err = lock < 0 ? lock : 0;

	run->moved = false;
	if (!err && !run->store.control->loaded_at) {
		run->ending = BY_UNLOAD;
		deploy_end(lock);
		return;
	}
	if (!err)
		err = open_again(run);
	if (!err)
		err = arm_live(run);
	account_missed(run);
	if (lock >= 0)
		deploy_end(lock);
	if (err) {
		run->ending = BY_FAILURE;
		fail("%s: the policy was reloaded, and the capture cannot go on", run->name);
	} else if (run->generation != before) {
		report("%s: generation %u took the place of %u: the capture goes on by it",
		       run->name, run->generation, before);
	} else {
		report("%s: a reload had other programs in place: the capture goes on", run->name);
	}
}

static void loop(struct run *run)
{
	if (run->request->duration)
		run->until = clock_ns(CLOCK_MONOTONIC) + run->request->duration;
	while (!run->ending) {
		int err = capture_poll(run->capture, POLL_MS);

		if (err) {
			fail("%s: cannot read the ring: %s", run->name, strerror(-err));
			run->ending = BY_FAILURE;
		}
		if (run->out.file.n)
			flush(run);
		tend(run);
		if (run->moved && !run->ending)
			follow(run);
	}
}

/* --- the end --------------------------------------------------------------------------------- */

static void add(struct xe_captured *sum, const struct xe_captured *counts)
{
	const __u64 *from = (const __u64 *)counts;
	__u64 *to = (__u64 *)sum;

	for (size_t i = 0; i < sizeof(*sum) / sizeof(*to); i++)
		to[i] += from[i];
}

static void tell(const struct run *run, const struct xe_captured *all)
{
	char more[256] = "", missed[128];
	size_t n = 0;

	if (all->expired)
		n += snprintf(more + n, sizeof(more) - n,
			      ", %llu lost while the command stood still", all->expired);
	if (all->copied > run->out.written)
		n += snprintf(more + n, sizeof(more) - n, ", %llu behind the last not written",
			      all->copied - run->out.written);
	if (all->stale)
		snprintf(more + n, sizeof(more) - n,
			 "; %llu came while the policy changed and were not looked at", all->stale);
	capture_out_missed_text(run->missed, missed, sizeof(missed));
	report("%s: %" PRIu64 " packet%s written; %llu chosen of %llu received: %llu sampled out, "
	       "%llu over the rate, %llu lost for lack of room%s%s",
	       run->name, run->out.written, run->out.written == 1 ? "" : "s", all->chosen,
	       all->seen, all->sampled_out, all->limited, all->lost, more, missed);
}

/* The last packets and the statistics, then the programs that were there before. */
static int finish(struct run *run)
{
	struct xe_captured counts[XE_MAX_NICS], all = {0};
	bool failed = run->ending == BY_FAILURE;
	int lock;

	look(run, clock_ns(CLOCK_MONOTONIC));
	if (run->moved && run->store.control->loaded_at)
		account_missed(run); /* a reload that follow() did not come to, or failed at */
	capture_stop(run->capture);
	capture_poll(run->capture, 0);
	if (!read_counts(run, counts)) {
		for (uint32_t slot = 0; slot < run->store.n_slots; slot++)
			add(&all, &counts[slot]);
		capture_out_end(&run->out, counts);
		if (run->ending != BY_READER)
			flush(run);
		failed |= run->ending == BY_FAILURE;
	}
	tell(run, &all);
	if (run->ending == BY_UNLOAD) {
		fail("%s: it was unloaded: the capture has ended", run->name);
		return EXIT_FAILED;
	}
	lock = deploy_begin(run->options);
	if (lock < 0) {
		fail("%s: the program that copies packets stays attached, and copies nothing more; "
		     "xdp-edge reload takes it away",
		     run->name);
		return EXIT_FAILED;
	}
	if (run->store.control->loaded_at && !open_again(run))
		failed |= capture_disarm(&run->store) != 0;
	deploy_end(lock);
	return failed ? EXIT_FAILED : EXIT_OK;
}

static void announce(const struct run *run)
{
	char list[XE_MAX_NICS * (XE_IFNAME_MAX + 2)] = "";
	size_t n = 0;

	for (size_t i = 0; i < run->out.n_sources; i++)
		n += snprintf(list + n, sizeof(list) - n, "%s%s", i ? ", " : "",
			      run->out.sources[i].name);
	report("%s: capturing what enters %s", run->name, list);
}

static void run_free(struct run *run)
{
	capture_close(run->capture);
	for (int i = 0; i < KNOWN; i++)
		meta_free(&run->known[i]);
	free(run->roles);
	store_close(&run->store);
}

int capture_run(const struct options *options, const char *name,
		const struct capture_request *request)
{
	struct run run = {.options = options, .request = request, .name = name};
	int lock, err, code = EXIT_FAILED;

	if (store_open(name, false, &run.store))
		return EXIT_FAILED;
	lock = pins_capture_lock(name);
	err = lock < 0 ? lock : capture_out_open(request->path, &run.out);
	if (err)
		goto out;
	catch_signals();
	err = arm_first(&run);
	if (!err) {
		announce(&run);
		loop(&run);
		code = finish(&run);
	} else {
		code = deploy_exit_code(err);
	}
	if (capture_out_close(&run.out, !err))
		code = EXIT_FAILED;
out:
	run_free(&run);
	if (lock >= 0)
		close(lock);
	return code;
}
