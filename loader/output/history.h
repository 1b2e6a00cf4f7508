/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Rates of the last while: for every line of the counters that had traffic, one sample a reading.
 * For sparklines and charts. Pure: it is fed with snapshots, one after the other, and takes the
 * rates from each and the one before it, as `stats --interval` does.
 *
 * Series are known by kind and name, so that they go on across reloads, whatever rows come, go or
 * move. A role's, service's or document's sample is of the rows that were in it then: what a row
 * counted before it came is not among it, however it came. Those without a packet in all of the
 * samples take no room for them, rows that have counted nothing since the load none at all.
 */
#ifndef XE_OUTPUT_HISTORY_H
#define XE_OUTPUT_HISTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "snapshot.h"

/* What a series is of, and its names. Packets and bytes are those that `stats` shows per second. */
enum series_kind {
	SERIES_TOTAL,	   /* "total": all packets seen; "dropped", "would-drop": of all reasons */
	SERIES_ROW,	   /* row id: what it decided */
	SERIES_ROLE,	   /* as the groups of stats.h */
	SERIES_SERVICE,	   /* the same */
	SERIES_DOCUMENT,   /* the same */
	SERIES_INTERFACE,  /* name: what it received, decided or not */
	SERIES_MISS,	   /* miss_text() */
	SERIES_DROPPED,	   /* reason_text() */
	SERIES_WOULD_DROP, /* reason_text() */
	SERIES_PART,	   /* series_part(): of a row or miss, what is so on one interface */
	SERIES_KINDS
};

/* For masks of kinds. */
#define SERIES(kind) (1u << (kind))

enum series_unit { UNIT_PACKETS, UNIT_BYTES };

/* "wan0/ROW" or "wan0/MISS": no name of an interface has a slash. Returns buf. */
const char *series_part(const char *interface, const char *name, char buf[XE_TEXT_MAX]);

/* Valid until the next history_add(), history_gap() or history_free(). */
struct series {
	enum series_kind kind;
	const char *name; /* as in the snapshot: not escaped */
	/* Private from here on. */
	struct xe_counter last; /* of the last reading that had it */
	uint64_t seen;		/* number of that reading */
	uint64_t begun, busy;	/* turns: from which it has samples, of the last with a packet */
	float *rates;		/* [unit * samples + turn % samples]; NULL: all are 0 */
	double weight;		/* of its packets, the sum */
};

struct history;

/*
 * `samples`: how many are kept, the newest; from 1. `max_series`: with samples at one time, from 1;
 * when there are more, those that are lighter, on average over their own time, are left out.
 * `kinds`: a mask of SERIES(). Takes 8 x samples bytes a series with traffic, and some 200 bytes a
 * name. NULL: no memory.
 */
struct history *history_new(size_t samples, size_t max_series, unsigned kinds);
void history_free(struct history *history);

/*
 * The next reading. Adds one sample to all series, of packets and bytes per second since the
 * reading before it; the first reading of all, and the first behind a gap, only says from where to
 * count. If the policy has been loaded anew since then, the sample is a gap. A counter that is less
 * than it was (a baseline was set) has the rate 0 once. 0 or -ENOMEM: then this reading is a gap,
 * one sample: history_gap() has been called for it already.
 */
int history_add(struct history *history, const struct snapshot *snapshot);
/* A reading that failed: a sample that nothing is known of, NAN in all series. */
void history_gap(struct history *history);

/* Samples there are so far, gaps too, up to as many as are kept. */
size_t history_filled(const struct history *history);
/* Samples there have ever been: a number for the newest. */
uint64_t history_turn(const struct history *history);

/* NULL: it had no packet in all of the samples, or was left out, or there is none of that name. */
const struct series *history_find(const struct history *history, enum series_kind kind,
				  const char *name);

/*
 * The last n samples, the newest at out[n - 1], in packets or bytes per second. NAN: a gap, or
 * before the first. `series` NULL: what has no packets, zeros.
 */
void history_read(const struct history *history, const struct series *series, enum series_unit unit,
		  size_t n, float *out);

/*
 * Series of the kinds in the mask with a packet in the last n samples, the most packets first, by
 * name where they are equal. Returns how many are in `out`, `max` at most.
 */
size_t history_heaviest(const struct history *history, unsigned kinds, size_t n,
			const struct series **out, size_t max);

#endif
