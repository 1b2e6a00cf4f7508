// SPDX-License-Identifier: GPL-2.0-only
/*
 * The timing of `bench`: rounds over all cases, in each the programs one after the other, so that
 * whatever else the machine does falls on all alike.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"

/* Samples of one case and verdict: [program][round]. A trace also has its prologue's. */
enum { SAMPLE_PROLOGUE = BENCH_PROGRAMS, SAMPLES };

struct samples {
	double *ns[SAMPLES];
};

/* --- progress -------------------------------------------------------------------------------- */

struct progress {
	bool shown;
	size_t done, all;
	struct timespec start, last;
};

static double seconds_between(const struct timespec *from, const struct timespec *to)
{
	return to->tv_sec - from->tv_sec + (to->tv_nsec - from->tv_nsec) / 1e9;
}

static void progress_start(struct progress *p, size_t all)
{
	*p = (struct progress){.shown = isatty(STDERR_FILENO), .all = all};
	clock_gettime(CLOCK_MONOTONIC, &p->start);
	p->last = p->start;
}

/* One step further; drawn five times a second. */
static void progress_step(struct progress *p)
{
	static const char bar[] = "##############################";
	int full = sizeof(bar) - 1, filled;
	struct timespec now;
	double spent;

	p->done++;
	if (!p->shown)
		return;
	clock_gettime(CLOCK_MONOTONIC, &now);
	if (seconds_between(&p->last, &now) < 0.2)
		return;
	p->last = now;
	spent = seconds_between(&p->start, &now);
	filled = p->done * full / p->all;
	fprintf(stderr, "\r[%.*s%*s] %3zu %%, %.0f s left \033[K", filled, bar, full - filled, "",
		p->done * 100 / p->all, spent * (p->all - p->done) / p->done);
}

static void progress_end(struct progress *p)
{
	if (p->shown)
		fputs("\r\033[K", stderr);
	p->shown = false;
}

/* --- samples --------------------------------------------------------------------------------- */

static void samples_free(struct samples *samples, size_t n)
{
	for (size_t i = 0; samples && i < n; i++)
		for (int k = 0; k < SAMPLES; k++)
			free(samples[i].ns[k]);
	free(samples);
}

static struct samples *samples_new(size_t n, unsigned rounds)
{
	struct samples *samples = calloc(n + 1, sizeof(*samples));

	for (size_t i = 0; samples && i < n; i++)
		for (int k = 0; k < SAMPLES; k++) {
			samples[i].ns[k] = calloc(rounds, sizeof(double));
			if (!samples[i].ns[k]) {
				samples_free(samples, n);
				return NULL;
			}
		}
	return samples;
}

static double smallest(const double *values, size_t n)
{
	double min = values[0];

	for (size_t i = 1; i < n; i++)
		if (values[i] < min)
			min = values[i];
	return min;
}

/*
 * Ratio and difference are those of each round, whose programs ran directly one after the other,
 * and then the median of them: what slows the machine for longer than a round falls out.
 */
static void figures_make(struct samples *s, unsigned rounds, bool is_trace,
			 struct bench_figures *out)
{
	double *pass = s->ns[BENCH_PASS], *count = s->ns[BENCH_COUNT], *edge = s->ns[BENCH_EDGE];
	double *spare = s->ns[SAMPLE_PROLOGUE];

	out->ns_min = smallest(edge, rounds);
	if (is_trace)
		out->ns_min -= smallest(spare, rounds) - smallest(pass, rounds);
	for (unsigned i = 0; i < rounds && is_trace; i++) {
		spare[i] -= pass[i];
		count[i] -= spare[i];
		edge[i] -= spare[i];
	}
	if (is_trace)
		out->prologue_ns = bench_median(spare, rounds);
	for (unsigned i = 0; i < rounds; i++)
		spare[i] = edge[i] / count[i];
	out->ratio = bench_median(spare, rounds);
	for (unsigned i = 0; i < rounds; i++)
		spare[i] = edge[i] - pass[i];
	out->added_ns = bench_median(spare, rounds);
	/* these sort, and the rounds are no longer side by side */
	out->pass_ns = bench_median(pass, rounds);
	out->count_ns = bench_median(count, rounds);
	out->ns_median = bench_median(edge, rounds);
}

/* --- one case -------------------------------------------------------------------------------- */

static int run_failed(const struct bench_case *c, int err)
{
	return fail("%s: test run of a program: %s", c->name, strerror(-err));
}

/* The packet that the case's own needs before it. 0 or a negative errno. */
static int show_before(const struct bench_job *job)
{
	const struct bench_packet *before = &job->before;

	if (!before->len)
		return 0;
	job->subject->expected[before->atom]++;
	return bench_show(job->subject->kernel, before->slot, before->frame, before->len);
}

/* Every program once, another one first in each round. */
static int frame_round(struct bench_run *run, size_t i, enum bench_verdict verdict, unsigned round,
		       struct samples *s)
{
	const struct bench_job *job = &run->jobs[i];
	const struct bench_packet *packet = &job->packet;
	uint32_t repeat = run->request->repeat;

	for (unsigned k = 0; k < BENCH_PROGRAMS; k++) {
		struct bench_target target = {
			.program = (round + k) % BENCH_PROGRAMS,
			.slot = packet->slot,
			.ending = job->ending[verdict],
		};
		int err = target.program == BENCH_EDGE ? show_before(job) : 0;

		if (!err)
			err = bench_run(job->subject->kernel, &target, packet->frame, packet->len,
					repeat, &s->ns[target.program][round]);
		if (err)
			return run_failed(&run->report.cases[i], err);
	}
	job->subject->expected[packet->atom] += repeat;
	return EXIT_OK;
}

/* Whole turns of the trace, so that each of its packets runs equally often. */
static uint32_t trace_turns(const struct bench_run *run, const struct bench_job *job)
{
	return (run->request->repeat + job->n_headers - 1) / job->n_headers;
}

static int trace_round(struct bench_run *run, size_t i, enum bench_verdict verdict, unsigned round,
		       struct samples *s)
{
	const struct bench_job *job = &run->jobs[i];
	uint32_t turns = trace_turns(run, job), repeat = turns * job->n_headers;
	struct bench_target target = {
		.slot = job->packet.slot,
		.ending = job->ending[verdict],
	};
	struct bench *kernel = job->subject->kernel;
	int err;

	/* the bare verdict by itself, then behind the prologue */
	target.program = BENCH_PASS;
	err = bench_run(kernel, &target, job->packet.frame, job->packet.len, repeat,
			&s->ns[BENCH_PASS][round]);
	for (unsigned k = 0; k < BENCH_PROGRAMS && !err; k++) {
		target.program = (round + k) % BENCH_PROGRAMS;
		err = bench_trace_run(kernel, &target, repeat,
				      &s->ns[target.program == BENCH_PASS ? SAMPLE_PROLOGUE
									  : target.program][round]);
	}
	if (err)
		return run_failed(&run->report.cases[i], err);
	for (size_t k = 0; k < job->n_headers; k++)
		job->subject->expected[job->atoms[k]] += turns;
	return EXIT_OK;
}

/* --- all of them ----------------------------------------------------------------------------- */

static bool is_trace(const struct bench_run *run, size_t i)
{
	return run->jobs[i].n_headers > 0;
}

static int frame_rounds(struct bench_run *run, struct samples *samples, struct progress *progress)
{
	for (unsigned round = 0; round < run->request->rounds; round++)
		for (size_t i = 0; i < run->report.n_cases; i++)
			for (int verdict = 0; verdict < VERDICTS; verdict++) {
				int code;

				if (is_trace(run, i) || !run->jobs[i].run[verdict])
					continue;
				code = frame_round(run, i, verdict, round,
						   &samples[i * VERDICTS + verdict]);
				if (code)
					return code;
				progress_step(progress);
			}
	return EXIT_OK;
}

/* One trace after the other: only one is loaded at a time. */
static int trace_rounds(struct bench_run *run, struct samples *samples, struct progress *progress)
{
	for (size_t i = 0; i < run->report.n_cases; i++) {
		const struct bench_job *job = &run->jobs[i];

		if (!is_trace(run, i))
			continue;
		if (bench_trace_load(job->subject->kernel, (const void *)job->headers,
				     job->n_headers))
			return EXIT_FAILED;
		for (unsigned round = 0; round < run->request->rounds; round++)
			for (int verdict = 0; verdict < VERDICTS; verdict++) {
				int code;

				if (!job->run[verdict])
					continue;
				code = trace_round(run, i, verdict, round,
						   &samples[i * VERDICTS + verdict]);
				if (code)
					return code;
				progress_step(progress);
			}
	}
	return EXIT_OK;
}

/* A reply, which would have been unsolicited without its flow, or was. */
static bool is_reply(const struct bench_subject *subject, uint32_t atom)
{
	return atom == XE_MISS_UNSOLICITED ||
	       compiled_action(subject->compiled, atom)->act == XE_ACT_REPLY;
}

/* Packets of one atom, or of replies together: as many counted as were run. */
static int compare_counts(const char *what, size_t atom, uint64_t expected, uint64_t counted)
{
	if (expected == counted)
		return EXIT_OK;
	return fail("%s %zu: %llu packets were run, %llu counted", what, atom,
		    (unsigned long long)expected, (unsigned long long)counted);
}

/* Every packet that was run must have been counted where it belongs, and nowhere else. */
static int check_counters(const struct bench_subject *subject)
{
	size_t n = subject->compiled->n_atoms;
	uint64_t *counted = calloc(n, sizeof(*counted)), replies = 0, replies_counted = 0;
	int err = counted ? bench_counted(subject->kernel, counted, n) : -ENOMEM;
	int code = EXIT_OK;

	if (err)
		code = fail("reading the counters: %s", strerror(-err));
	for (size_t i = 0; i < n && !code; i++)
		if (subject->loose && is_reply(subject, i)) {
			replies += subject->expected[i];
			replies_counted += counted[i];
		} else {
			code = compare_counts("atom", i, subject->expected[i], counted[i]);
		}
	if (!code)
		code = compare_counts("replies, of atoms up to", n, replies, replies_counted);
	free(counted);
	return code;
}

/* Of each policy that cases are of; those of one stand side by side, or not. */
static int check_all_counters(const struct bench_run *run)
{
	int code = EXIT_OK;

	for (size_t i = 0; i < run->report.n_cases && !code; i++) {
		const struct bench_subject *subject = run->jobs[i].subject;
		bool before = !subject;

		for (size_t k = 0; k < i && !before; k++)
			before = run->jobs[k].subject == subject;
		if (!before)
			code = check_counters(subject);
	}
	return code;
}

int bench_measure(struct bench_run *run)
{
	const struct bench_request *request = run->request;
	size_t n = run->report.n_cases * VERDICTS, to_run = 0;
	struct samples *samples = samples_new(n, request->rounds);
	struct progress progress;
	int code;

	if (!samples)
		return fail("out of memory");
	for (size_t i = 0; i < run->report.n_cases; i++)
		to_run += run->jobs[i].run[VERDICT_PASS] + run->jobs[i].run[VERDICT_DROP];
	progress_start(&progress, to_run * request->rounds);
	code = frame_rounds(run, samples, &progress);
	if (!code)
		code = trace_rounds(run, samples, &progress);
	progress_end(&progress);
	if (!code)
		code = check_all_counters(run);
	for (size_t i = 0; i < n && !code; i++) {
		struct bench_case *c = &run->report.cases[i / VERDICTS];
		enum bench_verdict verdict = i % VERDICTS;

		c->measured[verdict] = run->jobs[i / VERDICTS].run[verdict];
		if (c->measured[verdict])
			figures_make(&samples[i], request->rounds, is_trace(run, i / VERDICTS),
				     &c->figures[verdict]);
	}
	samples_free(samples, n);
	return code;
}
