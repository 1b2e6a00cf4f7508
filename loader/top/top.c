// SPDX-License-Identifier: GPL-2.0-only
/* The full-screen live view: readings at their beat, keys between them. */
#include "top.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../kernel/clock.h"
#include "../output/report.h"
#include "draw.h"
#include "keys.h"
#include "screen.h"

/* Samples of a sparkline: a minute's, but neither too few to see anything nor too many to keep. */
#define SAMPLES_MIN 12
#define SAMPLES_MAX 600

/* --- signals --------------------------------------------------------------------------------- */

static const int endings[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
#define N_ENDINGS (sizeof(endings) / sizeof(endings[0]))

static volatile sig_atomic_t ended_by;

static void note_ending(int number)
{
	ended_by = number;
}

/*
 * They come while nothing is being drawn: in ppoll(), with the mask that is left in *waiting. So
 * does SIGWINCH, whose handler is curses' own.
 */
static void catch_endings(sigset_t *waiting)
{
	struct sigaction action = {.sa_handler = note_ending};
	sigset_t held;

	sigemptyset(&held);
	for (size_t i = 0; i < N_ENDINGS; i++) {
		sigaction(endings[i], &action, NULL);
		sigaddset(&held, endings[i]);
	}
	sigaddset(&held, SIGWINCH);
	sigprocmask(SIG_BLOCK, &held, waiting);
	for (size_t i = 0; i < N_ENDINGS; i++)
		sigdelset(waiting, endings[i]);
	sigdelset(waiting, SIGWINCH);
}

/* Ctrl-C quits, as q does; what others send ends the process as they meant it to. */
static void end_by_signal(const sigset_t *waiting)
{
	int number = ended_by;

	if (number && number != SIGINT) {
		signal(number, SIG_DFL);
		raise(number);
	}
	sigprocmask(SIG_SETMASK, waiting, NULL);
}

/* --- the loop -------------------------------------------------------------------------------- */

/* Wait for a key, a signal or the next beat; `at` in ns. */
static void wait_for(uint64_t at, const sigset_t *waiting)
{
	struct pollfd fd = {.fd = STDIN_FILENO, .events = POLLIN};
	uint64_t now = clock_ns(CLOCK_MONOTONIC), left = at > now ? at - now : 0;
	struct timespec timeout = {
		.tv_sec = (time_t)(left / 1000000000),
		.tv_nsec = (long)(left % 1000000000),
	};

	ppoll(&fd, 1, &timeout, waiting);
}

/* All that has been typed. False: quit; *any: there was something. */
static bool take_keys(struct top *top, bool *any)
{
	int key;

	*any = false;
	while ((key = screen_key()) != KEY_IS_NONE) {
		*any = true;
		if (key == KEY_IS_GONE || !keys_do(top, key))
			return false;
		/* the next key may be for what this one has changed */
		if (view_make(top))
			top->n_places = 0;
	}
	return true;
}

/* 0 or -ENOMEM. */
static int loop(struct top *top, const sigset_t *waiting)
{
	uint64_t beat = (uint64_t)(top->interval * 1e9), next = 0;
	bool draw_now = true;
	int err = 0;

	while (!err && !ended_by) {
		uint64_t now = clock_ns(CLOCK_MONOTONIC);

		if (now >= next) {
			err = source_read(&top->source);
			if (now >= top->message_until)
				top->message[0] = '\0';
			/* beats that were slept through are left out */
			next = next && now < next + beat ? next + beat : now + beat;
			draw_now = true;
		}
		if (!err && draw_now)
			err = view_make(top);
		if (!err && draw_now)
			draw(top);
		wait_for(next, waiting);
		if (!err && !take_keys(top, &draw_now))
			break;
	}
	return err;
}

int top_run(const struct top_options *options)
{
	double samples = 60 / options->interval;
	struct top top = {
		.name = options->name,
		.interval = options->interval,
		.nonzero = options->nonzero,
		.samples = samples < SAMPLES_MIN   ? SAMPLES_MIN
			   : samples > SAMPLES_MAX ? SAMPLES_MAX
						   : (size_t)(samples + 0.5),
	};
	sigset_t waiting;
	int err;

	if (source_open(&top.source, options->name, top.samples))
		return -1;
	view_list(&top, options->of);
	if (screen_begin(options->ascii)) {
		source_close(&top.source);
		return -1;
	}
	catch_endings(&waiting);
	err = loop(&top, &waiting);
	screen_end();
	lines_free(&top.lines);
	free(top.places);
	source_close(&top.source);
	if (err)
		report("out of memory");
	end_by_signal(&waiting);
	return err ? -1 : 0;
}
