// SPDX-License-Identifier: GPL-2.0-only
/* The readings that a live view is made of. */
#include "source.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../output/report.h"

/* Minutes of history that are kept: so long can a pause be before its sparklines run out. */
#define MINUTES	   3
#define SERIES_MAX 20000 /* with traffic, of all kinds */

int source_open(struct source *source, const char *name, size_t samples)
{
	int err;

	memset(source, 0, sizeof(*source));
	snprintf(source->name, sizeof(source->name), "%s", name);
	err = reader_open(name, &source->reader);
	if (err)
		return err;
	source->history = history_new(MINUTES * samples, SERIES_MAX, (1u << SERIES_KINDS) - 1);
	if (source->history)
		return 0;
	reader_close(source->reader);
	report("out of memory");
	return -ENOMEM;
}

void source_close(struct source *source)
{
	reader_close(source->reader);
	history_free(source->history);
	snapshot_free(&source->now);
	snapshot_free(&source->before);
	snapshot_free(&source->base);
	snapshot_free(&source->waiting);
}

/* `to` becomes `from`, which is empty then. */
static void move(struct snapshot *to, struct snapshot *from)
{
	snapshot_free(to);
	*to = *from;
	*from = (struct snapshot){0};
}

/* What cannot be read any more shows nothing. */
static void lose(struct source *source)
{
	history_gap(source->history);
	snapshot_free(&source->now);
	snapshot_free(&source->before);
	snapshot_free(&source->waiting);
	source->paused = false;
}

/*
 * One attempt. A policy that was unloaded and loaded again has other maps: they are opened anew
 * once. 0 or a negative errno, with the cause in `trouble`.
 */
static int try(struct source *source, struct snapshot *out)
{
	int err = -ENOENT;

	report_capture(source->trouble, sizeof(source->trouble));
	if (source->reader) {
		err = reader_snapshot(source->reader, out);
		if (err) {
			reader_close(source->reader);
			source->reader = NULL;
		}
	}
	if (!source->reader) {
		report_capture(source->trouble, sizeof(source->trouble));
		err = reader_open(source->name, &source->reader);
		if (!err) {
			reader_watch(source->reader, source->watched);
			err = reader_snapshot(source->reader, out);
		}
	}
	report_capture(NULL, 0);
	if (!err)
		source->trouble[0] = '\0';
	else if (!source->trouble[0])
		snprintf(source->trouble, sizeof(source->trouble), "%s: %s", source->name,
			 err == -ENOENT ? "not loaded" : strerror(-err));
	return err;
}

int source_read(struct source *source)
{
	struct snapshot next;

	if (try(source, &next)) {
		lose(source);
		return 0;
	}
	if (source_has(&source->base) && source->base.loaded_at != next.loaded_at)
		snapshot_free(&source->base);
	if (history_add(source->history, &next)) {
		snapshot_free(&next);
		return -ENOMEM;
	}
	if (source->paused) {
		move(&source->waiting, &next);
		return 0;
	}
	if (source_has(&source->waiting))
		move(&source->before, &source->waiting);
	else
		move(&source->before, &source->now);
	move(&source->now, &next);
	source->shown_turn = history_turn(source->history);
	return 0;
}

void source_pause(struct source *source, bool paused)
{
	source->paused = paused && source_has(&source->now);
}

/* --- where figures are counted from ---------------------------------------------------------- */

int source_rebase(struct source *source, bool all)
{
	struct snapshot base = {0};
	int err = 0;

	if (!all)
		err = try(source, &base);
	if (err)
		return err;
	move(&source->base, &base);
	source->base_at = time(NULL);
	return 0;
}

/* --- partners -------------------------------------------------------------------------------- */

void source_watch(struct source *source, const char *row)
{
	struct snapshot now = {0}, *shown = &source->now;

	snprintf(source->watched, sizeof(source->watched), "%s", row ? row : "");
	if (!source->reader)
		return;
	reader_watch(source->reader, row);
	if (!row)
		return;
	/* not a reading of the view's: those come at their own pace */
	report_capture(source->trouble, sizeof(source->trouble));
	if (!reader_snapshot(source->reader, &now) && now.generation == shown->generation &&
	    now.loaded_at == shown->loaded_at && now.n_live_rows <= shown->n_rows) {
		free(shown->partners);
		shown->partners = now.partners;
		shown->n_partners = now.n_partners;
		now.partners = NULL;
	}
	report_capture(NULL, 0);
	source->trouble[0] = '\0';
	snapshot_free(&now);
}

/* --- history --------------------------------------------------------------------------------- */

void source_samples(const struct source *source, const struct series *series, enum series_unit unit,
		    size_t n, float *out)
{
	size_t ago = history_turn(source->history) - source->shown_turn;
	float *all = calloc(n + ago + 1, sizeof(*all));

	for (size_t i = 0; i < n; i++)
		out[i] = NAN;
	if (all) {
		history_read(source->history, series, unit, n + ago, all);
		memcpy(out, all, n * sizeof(*out));
	}
	free(all);
}
