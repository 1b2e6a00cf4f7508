// SPDX-License-Identifier: GPL-2.0-only
/* What the server knows of the policy. */
#include "readings.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "../kernel/clock.h"
#include "../kernel/pins.h"
#include "../output/report.h"
#include "digest.h"

/* A reading goes on being shown while the policy is replaced again and again: so many intervals,
 * and so many seconds at least. */
#define STALE_INTERVALS 3
#define STALE_S		5

int readings_init(struct readings *readings, const char *name, double interval)
{
	size_t samples = interval > 1 ? READINGS_HISTORY_S / interval : READINGS_SAMPLES_MAX;

	*readings = (struct readings){.name = name, .interval = interval};
	readings->history = history_new(samples ? samples : 1, READINGS_SERIES, READINGS_KINDS);
	snprintf(readings->why, sizeof(readings->why), "not read yet");
	return readings->history ? 0 : -ENOMEM;
}

static void close_reader(struct readings *readings)
{
	reader_close(readings->reader);
	readings->reader = NULL;
}

static void forget(struct readings *readings)
{
	if (readings->has_now)
		snapshot_free(&readings->now);
	readings->has_now = false;
}

void readings_close(struct readings *readings)
{
	close_reader(readings);
	forget(readings);
	history_free(readings->history);
	readings->history = NULL;
}

static bool control_pin(const struct readings *readings, struct stat *st)
{
	char path[PINS_PATH_MAX];

	return !stat(pins_path(path, readings->name, "control"), st);
}

/* 0 or a negative errno (reported). */
static int open_reader(struct readings *readings)
{
	struct stat st = {};
	int err;

	control_pin(readings, &st);
	err = reader_open(readings->name, &readings->reader);
	readings->pin_dev = st.st_dev;
	readings->pin_ino = st.st_ino;
	return err;
}

/* Unloaded meanwhile, and perhaps loaded again: what is open would never change any more. */
static bool is_another(const struct readings *readings)
{
	struct stat st;

	return !control_pin(readings, &st) || st.st_dev != readings->pin_dev ||
	       st.st_ino != readings->pin_ino;
}

/* 0 or a negative errno (reported). */
static int read_now(struct readings *readings, struct snapshot *out)
{
	int err;

	if (readings->reader && is_another(readings))
		close_reader(readings);
	if (!readings->reader) {
		err = open_reader(readings);
		if (err)
			return err;
	}
	err = reader_snapshot(readings->reader, out);
	if (err && err != -EAGAIN)
		close_reader(readings);
	return err;
}

static void note_generation(struct readings *readings)
{
	const struct snapshot *now = &readings->now;
	char path[PINS_PATH_MAX];
	struct stat st;

	readings->rows_digest = digest(now->rows, now->n_live_rows * sizeof(*now->rows));
	readings->generation_at = 0;
	if (!stat(pins_generation_path(path, readings->name, now->generation, NULL), &st))
		readings->generation_at = st.st_mtim.tv_sec * 1000000000ull + st.st_mtim.tv_nsec;
}

static void take_over(struct readings *readings, const struct snapshot *now)
{
	bool known = readings->has_now && readings->now.generation == now->generation &&
		     readings->now.loaded_at == now->loaded_at;

	forget(readings);
	readings->now = *now;
	readings->has_now = true;
	if (!known)
		note_generation(readings);
}

static bool is_stale(const struct readings *readings)
{
	double age = (double)clock_ns(CLOCK_MONOTONIC) / 1e9 - readings->now.taken_at;

	return age > STALE_S && age > STALE_INTERVALS * readings->interval;
}

void readings_take(struct readings *readings)
{
	struct snapshot now;
	char why[sizeof(readings->why)];
	int err;

	report_capture(why, sizeof(why));
	err = read_now(readings, &now);
	report_capture(NULL, 0);
	if (!err) {
		take_over(readings, &now);
		if (readings->told)
			report("%s: counters are there again", readings->name);
		readings->told = false;
		history_add(readings->history, &readings->now); /* without memory: a gap */
		return;
	}
	history_gap(readings->history);
	if (err == -EAGAIN && readings->has_now && !is_stale(readings))
		return;
	forget(readings);
	/* between pins that are there and a policy that is live lies a moment */
	if (err == -ESTALE)
		snprintf(why, sizeof(why), "%s is just being loaded or unloaded", readings->name);
	if (strcmp(readings->why, why) != 0 && (err != -ESTALE || !readings->told))
		report("%s", why);
	snprintf(readings->why, sizeof(readings->why), "%s", why);
	readings->told = true;
}
