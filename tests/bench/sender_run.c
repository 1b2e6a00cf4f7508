// SPDX-License-Identifier: GPL-2.0-only
/* Sending threads, and the thread that watches them; see sender_run.h. */
#include "sender_run.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <bpf/bpf.h>

#define BURSTS_A_SECOND 50 /* at a rate, at most: a system call itself waits for some 20 ms */
#define SAMPLE_NS	20e6
#define CALL_MAX	(1 << 30) /* frames a system call */
#define WAKE		SIGUSR1	  /* ends a thread's system call */

struct moment {
	double wall_ns, cpu_ns;
	uint64_t attempted;
};

struct worker {
	const struct sender_run *run;
	struct sender_place *place;
	pthread_t thread;
	uint64_t count;
	int cpu, err;
	bool done;
	struct moment *moments;
	size_t n_moments, room;
};

static volatile sig_atomic_t stopped;

void sender_stop(void)
{
	stopped = 1;
}

static void wake(int signal)
{
	(void)signal;
}

static double now_ns(clockid_t clock)
{
	struct timespec t = {0};

	clock_gettime(clock, &t);
	return t.tv_sec * 1e9 + t.tv_nsec;
}

static void sleep_until(double ns)
{
	struct timespec at = {.tv_sec = ns / 1e9};

	at.tv_nsec = ns - at.tv_sec * 1e9;
	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL);
}

static int pin(int cpu)
{
	cpu_set_t cpus;

	CPU_ZERO(&cpus);
	CPU_SET(cpu, &cpus);
	return -pthread_setaffinity_np(pthread_self(), sizeof(cpus), &cpus);
}

/* One system call: `n` frames, or fewer if a signal ended it. */
static int send_frames(struct worker *w, void *frame, uint64_t n)
{
	const struct sender_run *run = w->run;
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = frame, .data_size_in = run->size,
		    .repeat = n, .flags = BPF_F_TEST_XDP_LIVE_FRAMES,
		    .batch_size = n < run->batch ? n : run->batch);
	int err = bpf_prog_test_run_opts(run->program, &opts);

	return err == -EINTR ? 0 : err;
}

/* How many frames the next call sends; at a rate, after a wait, those that are due by then. */
static uint64_t next_frames(const struct worker *w, double start)
{
	double rate = w->run->rate / w->run->n_cpus;
	uint64_t sent = w->place->attempted, n = CALL_MAX;

	if (rate) {
		sleep_until(now_ns(CLOCK_MONOTONIC) + 1e9 / BURSTS_A_SECOND);
		n = (now_ns(CLOCK_MONOTONIC) - start) / 1e9 * rate;
		n = n > sent ? n - sent : 0;
	}
	if (w->run->count && w->count - sent < n)
		n = w->count - sent;
	return n;
}

static void *work(void *arg)
{
	struct worker *w = arg;
	double start = now_ns(CLOCK_MONOTONIC);
	void *frame = calloc(1, w->run->size);

	w->err = frame ? pin(w->cpu) : -ENOMEM;
	while (!w->err && !stopped && !(w->run->count && w->place->attempted >= w->count)) {
		uint64_t n = next_frames(w, start);

		if (n && !stopped)
			w->err = send_frames(w, frame, n);
	}
	free(frame);
	__atomic_store_n(&w->done, true, __ATOMIC_RELEASE);
	return NULL;
}

/* What a thread has used of its CPU; 0 if it is over. */
static double cpu_clock_ns(pthread_t thread)
{
	clockid_t clock;

	return pthread_getcpuclockid(thread, &clock) ? 0 : now_ns(clock);
}

static int note(struct worker *w)
{
	if (w->n_moments == w->room) {
		struct moment *more;

		w->room = w->room ? w->room * 2 : 1024;
		more = realloc(w->moments, w->room * sizeof(*more));
		if (!more)
			return -ENOMEM;
		w->moments = more;
	}
	w->moments[w->n_moments++] = (struct moment){
		.wall_ns = now_ns(CLOCK_MONOTONIC),
		.cpu_ns = cpu_clock_ns(w->thread),
		.attempted = __atomic_load_n(&w->place->attempted, __ATOMIC_RELAXED),
	};
	return 0;
}

/* Take the times of the first `n` until all are done; end them when it is time. */
static int watch(const struct sender_run *run, struct worker *workers, unsigned n)
{
	double start = now_ns(CLOCK_MONOTONIC), at = start;
	unsigned busy;
	int err = 0;

	do {
		busy = 0;
		at += SAMPLE_NS;
		sleep_until(at);
		if (run->seconds && at - start >= run->seconds * 1e9)
			stopped = 1;
		for (unsigned i = 0; i < n; i++) {
			struct worker *w = &workers[i];

			if (__atomic_load_n(&w->done, __ATOMIC_ACQUIRE))
				continue;
			busy++;
			if (!err)
				err = note(w);
			if (err)
				stopped = 1;
			if (stopped)
				pthread_kill(w->thread, WAKE);
		}
	} while (busy);
	return err;
}

static int compare(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/*
 * From moments to times. What lies before the first frame or after the last is left out: a span
 * counts if frames were sent in it and in both of its neighbours.
 */
static int add_up(const struct sender_run *run, const struct worker *workers,
		  struct sender_times *times)
{
	double wall = 0, cpu = 0, packets = 0, *walls, *cpus;
	size_t n = 0, room = 1;
	int err = -ENOMEM;

	for (unsigned i = 0; i < run->n_cpus; i++)
		room += workers[i].n_moments;
	walls = calloc(room, sizeof(*walls));
	cpus = calloc(room, sizeof(*cpus));
	if (!walls || !cpus)
		goto out;
	for (unsigned i = 0; i < run->n_cpus; i++) {
		const struct moment *m = workers[i].moments;

		times->attempted += workers[i].place->attempted;
		for (size_t k = 2; k + 1 < workers[i].n_moments; k++) {
			uint64_t sent = m[k].attempted - m[k - 1].attempted;

			if (!sent || m[k - 1].attempted == m[k - 2].attempted ||
			    m[k + 1].attempted == m[k].attempted)
				continue;
			walls[n] = (m[k].wall_ns - m[k - 1].wall_ns) / sent;
			cpus[n] = (m[k].cpu_ns - m[k - 1].cpu_ns) / sent;
			wall += walls[n] * sent;
			cpu += cpus[n] * sent;
			packets += sent;
			n++;
		}
	}
	if (n) {
		qsort(walls, n, sizeof(*walls), compare);
		qsort(cpus, n, sizeof(*cpus), compare);
		times->wall_ns = wall / packets;
		times->wall_ns_median = walls[n / 2];
		times->cpu_ns = cpu / packets;
		times->cpu_ns_median = cpus[n / 2];
	}
	err = 0;
out:
	free(walls);
	free(cpus);
	return err;
}

static int start(const struct sender_run *run, struct worker *w, unsigned i)
{
	*w = (struct worker){
		.run = run,
		.place = &run->places[run->cpu[i]],
		.cpu = run->cpu[i],
		.count = run->count / run->n_cpus + (i < run->count % run->n_cpus),
	};
	w->place->next = (uint64_t)run->frames * i / run->n_cpus;
	return -pthread_create(&w->thread, NULL, work, w);
}

int sender_run(const struct sender_run *run, struct sender_times *times)
{
	struct worker *workers = calloc(run->n_cpus, sizeof(*workers));
	struct sigaction action = {.sa_handler = wake};
	unsigned started = 0;
	int err = 0, watched;

	*times = (struct sender_times){.seconds = -now_ns(CLOCK_MONOTONIC) / 1e9};
	if (!workers)
		return -ENOMEM;
	sigaction(WAKE, &action, NULL);
	while (!err && started < run->n_cpus) {
		err = start(run, &workers[started], started);
		started += !err;
	}
	if (err)
		stopped = 1;
	watched = watch(run, workers, started);
	if (!err)
		err = watched;
	for (unsigned i = 0; i < started; i++) {
		pthread_join(workers[i].thread, NULL);
		if (!err)
			err = workers[i].err;
	}
	times->seconds += now_ns(CLOCK_MONOTONIC) / 1e9;
	if (!err)
		err = add_up(run, workers, times);
	for (unsigned i = 0; i < run->n_cpus; i++)
		free(workers[i].moments);
	free(workers);
	return err;
}
