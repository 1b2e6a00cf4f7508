/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the server knows of the policy: the newest reading of its counters, and the rates of the
 * last hour, or of 3600 readings. Read once an interval, however many ask; across reloads, and
 * across unload and load, which it waits for.
 */
#ifndef XE_SERVE_READINGS_H
#define XE_SERVE_READINGS_H

#include <stdbool.h>
#include <sys/types.h>

#include "../kernel/reader.h"
#include "../output/history.h"

#define READINGS_HISTORY_S 3600
/* More often than once a second, it is less than an hour: 256 series of 3600 take 7 MiB. */
#define READINGS_SAMPLES_MAX READINGS_HISTORY_S
#define READINGS_SERIES	     256 /* with samples, at most */
/* Of what: SERIES() of each kind. */
#define READINGS_KINDS (SERIES(SERIES_TOTAL) | SERIES(SERIES_ROW) | SERIES(SERIES_MISS))

struct readings {
	const char *name;      /* of the policy */
	double interval;       /* seconds */
	struct reader *reader; /* NULL: not open */
	dev_t pin_dev;	       /* of what it has open */
	ino_t pin_ino;
	bool has_now;
	struct snapshot now;
	struct history *history;
	char why[512]; /* without a reading */
	bool told;     /* that on stderr */
	/* Of the live generation, to tell whether a site file is what is loaded. */
	uint64_t rows_digest;	/* of its rows' records */
	uint64_t generation_at; /* CLOCK_REALTIME ns when it was made; 0: not known */
};

/* 0 or -ENOMEM. `name` must live as long. */
int readings_init(struct readings *readings, const char *name, double interval);
/*
 * Read now. Whether there is a reading says has_now, or `why` tells what keeps it from that. What
 * changes is said on stderr once.
 */
void readings_take(struct readings *readings);
void readings_close(struct readings *readings);

#endif
