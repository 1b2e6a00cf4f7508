/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The readings that a live view is made of: the newest, the one before it, the one that figures are
 * counted from, and the history. Goes on across reloads, and across unload and load: then there is
 * none for a while.
 */
#ifndef XE_TOP_SOURCE_H
#define XE_TOP_SOURCE_H

#include <stdbool.h>
#include <time.h>

#include "../kernel/reader.h"
#include "../output/history.h"
#include "../output/snapshot.h"

struct source {
	char name[64];
	struct reader *reader; /* NULL: what is said in `trouble` */
	char trouble[256];     /* why there is no reading: not loaded, …; escaped; or empty */
	struct history *history;
	struct snapshot now, before; /* shown; each as long as it has a site's name */
	struct snapshot base;	     /* figures count from it, likewise */
	time_t base_at;
	bool paused;
	struct snapshot waiting; /* paused: the newest, not shown */
	uint64_t shown_turn;	 /* of the history: what is shown ends there */
	char watched[XE_ROW_ID_MAX];
};

/* Whether a snapshot has been filled. */
static inline bool source_has(const struct snapshot *snapshot)
{
	return snapshot->site[0];
}

/*
 * Open policy `name`; `samples` in a minute of history, of which some more are kept so that a pause
 * can show them. 0 or a negative errno (reported).
 */
int source_open(struct source *source, const char *name, size_t samples);
void source_close(struct source *source);

/* Take the next reading; what goes wrong is in `trouble` then. 0, or -ENOMEM. */
int source_read(struct source *source);
/* Stop showing new readings, or go on with the newest. */
void source_pause(struct source *source, bool paused);
/*
 * Count from this moment on, whatever is shown, by a reading of its own; `all`: everything since
 * the load again. 0 or a negative errno; what went wrong is in `trouble` then.
 */
int source_rebase(struct source *source, bool all);
/* From now on with the partners of a row; NULL: of none. Those of now are read at once. */
void source_watch(struct source *source, const char *row);
/* The last n samples of what is shown, as history_read() gives them. */
void source_samples(const struct source *source, const struct series *series, enum series_unit unit,
		    size_t n, float *out);

#endif
