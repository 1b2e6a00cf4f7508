// SPDX-License-Identifier: GPL-2.0-only
/*
 * Rates of the last while. Every name of a reading has an entry with its last counters; only those
 * with traffic have samples. All samples lie in rings that turn together.
 */
#include "history.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../policy/intern.h"
#include "history_names.h"
#include "stats.h"

/* Series that give way in one reading at most: to find the lightest takes a pass over all. */
#define WAITING_MAX 16

/* A series with traffic for which there is no room. */
struct waiting {
	size_t entry;
	double packets, bytes;
};

struct history {
	size_t samples, max_series;
	unsigned kinds;
	struct intern names; /* of entries: kind and name */
	struct series *entries;
	size_t n_entries, room;
	size_t next;	       /* entry of the next name, if names come as they did */
	size_t n_series;       /* entries with samples */
	uint64_t turn;	       /* samples so far, gaps too; the newest is at (turn - 1) % samples */
	uint64_t readings;     /* stamps `seen` */
	bool *gaps;	       /* [turn % samples] */
	bool begun;	       /* there is a reading to count from, */
	uint64_t loaded_at;    /* what is counted since then, */
	double at;	       /* taken then, */
	double seconds;	       /* so long before this one */
	struct rows_mark mark; /* of that reading */
	struct waiting waiting[WAITING_MAX]; /* in this one, the most packets first */
	size_t n_waiting;
};

struct history *history_new(size_t samples, size_t max_series, unsigned kinds)
{
	struct history *history = calloc(1, sizeof(*history));

	if (!history)
		return NULL;
	history->samples = samples;
	history->max_series = max_series;
	history->kinds = kinds;
	history->gaps = calloc(samples, sizeof(*history->gaps));
	if (!history->gaps) {
		free(history);
		return NULL;
	}
	return history;
}

static void entry_free(struct series *entry)
{
	free((char *)entry->name);
	free(entry->rates);
}

void history_free(struct history *history)
{
	if (!history)
		return;
	for (size_t i = 0; i < history->n_entries; i++)
		entry_free(&history->entries[i]);
	free(history->entries);
	intern_free(&history->names);
	rows_mark_free(&history->mark);
	free(history->gaps);
	free(history);
}

/* --- entries by name ------------------------------------------------------------------------- */

/* A new one, behind the last. NULL: no memory. */
static struct series *entry_new(struct history *history, enum series_kind kind, const char *key,
				size_t len)
{
	struct series entry = {.kind = kind, .name = strndup(key + 1, len - 1)};

	if (!entry.name)
		return NULL;
	if (history->n_entries == history->room) {
		size_t room = history->room ? 2 * history->room : 64;
		struct series *entries =
			reallocarray(history->entries, room, sizeof(*history->entries));

		if (!entries) {
			free((char *)entry.name);
			return NULL;
		}
		history->entries = entries;
		history->room = room;
	}
	if (intern_add(&history->names, key, len, NULL) < 0) {
		free((char *)entry.name);
		return NULL;
	}
	history->entries[history->n_entries] = entry;
	return &history->entries[history->n_entries++];
}

const struct series *history_find(const struct history *history, enum series_kind kind,
				  const char *name)
{
	char key[SERIES_KEY_MAX];
	long i = intern_find(&history->names, key, series_key(kind, name, key));

	return i >= 0 && history->entries[i].rates ? &history->entries[i] : NULL;
}

/* --- samples --------------------------------------------------------------------------------- */

static float *place(const struct history *history, const struct series *series,
		    enum series_unit unit, uint64_t turn)
{
	return &series->rates[unit * history->samples + turn % history->samples];
}

static void drop_samples(struct history *history, struct series *series)
{
	free(series->rates);
	series->rates = NULL;
	series->weight = 0;
	history->n_series--;
}

/* This turn's sample of a series that has samples. */
static void put_sample(struct history *history, struct series *series, double packets, double bytes)
{
	*place(history, series, UNIT_PACKETS, history->turn) = (float)packets;
	*place(history, series, UNIT_BYTES, history->turn) = (float)bytes;
	series->weight += (float)packets;
	series->busy = history->turn;
}

/* 0 or -ENOMEM. */
static int begin_samples(struct history *history, struct series *series, double packets,
			 double bytes)
{
	series->rates = calloc(2 * history->samples, sizeof(*series->rates));
	if (!series->rates)
		return -ENOMEM;
	history->n_series++;
	series->begun = history->turn;
	put_sample(history, series, packets, bytes);
	return 0;
}

/* Where there is no room: wait until all that have samples have this turn's; the heaviest few. */
static void stand_by(struct history *history, const struct series *series, double packets,
		     double bytes)
{
	size_t i;

	if (history->n_waiting < WAITING_MAX)
		history->n_waiting++;
	else if (history->waiting[WAITING_MAX - 1].packets >= packets)
		return;
	for (i = history->n_waiting - 1; i && history->waiting[i - 1].packets < packets; i--)
		history->waiting[i] = history->waiting[i - 1];
	history->waiting[i] = (struct waiting){series - history->entries, packets, bytes};
}

/* Packets per second since it has samples, this turn's among them. */
static double average(const struct history *history, const struct series *series)
{
	uint64_t turns = history->turn - series->begun + 1;

	return series->weight / (turns < history->samples ? turns : history->samples);
}

static struct series *lightest(const struct history *history)
{
	struct series *least = NULL;

	for (size_t i = 0; i < history->n_entries; i++) {
		struct series *series = &history->entries[i];

		if (series->rates && (!least || average(history, series) < average(history, least)))
			least = series;
	}
	return least;
}

/* Those that wait take the place of what has less on average. 0 or -ENOMEM. */
static int let_in(struct history *history)
{
	int err = 0;

	for (size_t i = 0; !err && i < history->n_waiting; i++) {
		const struct waiting *waiting = &history->waiting[i];
		struct series *least = lightest(history);

		if (average(history, least) >= waiting->packets)
			break;
		drop_samples(history, least);
		err = begin_samples(history, &history->entries[waiting->entry], waiting->packets,
				    waiting->bytes);
	}
	return err;
}

/*
 * The next turn: zeros for all series, whose oldest samples they replace; those that have become
 * all zeros give their room back.
 */
static void turn_begin(struct history *history, bool gap)
{
	for (size_t i = 0; i < history->n_entries; i++) {
		struct series *series = &history->entries[i];

		if (!series->rates)
			continue;
		if (history->turn - series->busy >= history->samples) {
			drop_samples(history, series);
			continue;
		}
		series->weight -= *place(history, series, UNIT_PACKETS, history->turn);
		*place(history, series, UNIT_PACKETS, history->turn) = 0;
		*place(history, series, UNIT_BYTES, history->turn) = 0;
	}
	history->gaps[history->turn % history->samples] = gap;
}

/*
 * The entry of a name, new or known, mostly the one behind that of the name before, as in the
 * reading before. NULL: no memory.
 */
static struct series *entry_of(struct history *history, enum series_kind kind, const char *name)
{
	struct series *expected = &history->entries[history->next];
	char key[SERIES_KEY_MAX];
	size_t len;
	long i;

	if (history->next < history->n_entries && expected->kind == kind &&
	    !strcmp(expected->name, name)) {
		history->next++;
		return expected;
	}
	len = series_key(kind, name, key);
	i = intern_find(&history->names, key, len);
	history->next = (i < 0 ? history->n_entries : (size_t)i) + 1;
	return i < 0 ? entry_new(history, kind, key, len) : &history->entries[i];
}

/* This turn's sample of a name that has counted so much more. 0 or -ENOMEM. */
static int add_sample(struct history *history, struct series *series, struct xe_counter more)
{
	double packets = stats_rate(more.packets, 0, history->seconds);
	double bytes = stats_rate(more.bytes, 0, history->seconds);

	if (!history->begun || packets <= 0 || !(history->kinds & SERIES(series->kind)))
		return 0;
	if (series->rates)
		put_sample(history, series, packets, bytes);
	else if (history->n_series < history->max_series)
		return begin_samples(history, series, packets, bytes);
	else
		stand_by(history, series, packets, bytes);
	return 0;
}

static uint64_t since(uint64_t now, uint64_t before)
{
	return now > before ? now - before : 0;
}

/* For history_names(); both return 0 or -ENOMEM. */
static int add_counter(void *arg, enum series_kind kind, const char *name,
		       struct xe_counter counter, struct xe_counter *more)
{
	struct history *history = arg;
	struct series *series = entry_of(history, kind, name);

	if (!series)
		return -ENOMEM;
	*more = (struct xe_counter){
		.packets = since(counter.packets, series->last.packets),
		.bytes = since(counter.bytes, series->last.bytes),
	};
	series->last = counter;
	series->seen = history->readings;
	return add_sample(history, series, *more);
}

static int add_group(void *arg, enum series_kind kind, const char *name, struct xe_counter more)
{
	struct history *history = arg;
	struct series *series = entry_of(history, kind, name);

	if (!series)
		return -ENOMEM;
	series->seen = history->readings;
	return add_sample(history, series, more);
}

/* --- readings -------------------------------------------------------------------------------- */

/*
 * Forget names that this reading did not have and that have no samples, once they are as many as
 * the others: rows that reloads have taken away. 0 or -ENOMEM, with nothing forgotten.
 */
static int forget(struct history *history)
{
	struct intern names = {0};
	char key[SERIES_KEY_MAX];
	size_t n = 0;

#define IS_USED(series) ((series)->rates || (series)->seen == history->readings)
	for (size_t i = 0; i < history->n_entries; i++)
		n += IS_USED(&history->entries[i]);
	if (history->n_entries <= 2 * n)
		return 0;
	for (size_t i = 0; i < history->n_entries; i++) {
		const struct series *series = &history->entries[i];

		if (IS_USED(series) &&
		    intern_add(&names, key, series_key(series->kind, series->name, key), NULL) <
			    0) {
			intern_free(&names);
			return -ENOMEM;
		}
	}
	n = 0;
	for (size_t i = 0; i < history->n_entries; i++) {
		if (IS_USED(&history->entries[i]))
			history->entries[n++] = history->entries[i];
		else
			entry_free(&history->entries[i]);
	}
#undef IS_USED
	history->n_entries = n;
	intern_free(&history->names);
	history->names = names;
	return 0;
}

int history_add(struct history *history, const struct snapshot *snapshot)
{
	const struct name_visitor visitor = {add_counter, add_group, history};
	const uint64_t turn = history->turn;
	bool all; /* names are visited, whatever has changed */
	int err;

	if (snapshot->loaded_at != history->loaded_at) {
		if (history->begun)
			history_gap(history);
		rows_mark_free(&history->mark);
	}
	history->loaded_at = snapshot->loaded_at;
	history->readings++;
	history->seconds = snapshot->taken_at - history->at;
	history->n_waiting = 0;
	history->next = 0;
	if (history->begun)
		turn_begin(history, false);
	all = !rows_mark_fits(&history->mark, snapshot);
	err = history_names(snapshot, history->kinds, &history->mark, &visitor);
	if (!err)
		err = let_in(history);
	/*
	 * What had nothing to be visited for counts from nothing: it may have been loaded anew, in
	 * the same second even.
	 */
	for (size_t i = 0; !err && all && i < history->n_entries; i++)
		if (history->entries[i].seen != history->readings)
			history->entries[i].last = (struct xe_counter){0};
	if (!err && all)
		err = forget(history);
	if (err) {
		rows_mark_free(&history->mark);
		/* one sample, with nothing of what is in it so far */
		if (history->turn == turn)
			history_gap(history);
		return err;
	}
	if (history->begun)
		history->turn++;
	history->begun = true;
	history->at = snapshot->taken_at;
	rows_mark_set(&history->mark, snapshot);
	return 0;
}

void history_gap(struct history *history)
{
	turn_begin(history, true);
	history->turn++;
	history->begun = false;
}

/* --- reading out ----------------------------------------------------------------------------- */

size_t history_filled(const struct history *history)
{
	return history->turn < history->samples ? history->turn : history->samples;
}

uint64_t history_turn(const struct history *history)
{
	return history->turn;
}

void history_read(const struct history *history, const struct series *series, enum series_unit unit,
		  size_t n, float *out)
{
	for (size_t i = 0; i < n; i++) {
		size_t age = n - i; /* of the newest: 1 */
		uint64_t turn = history->turn - age;

		if (age > history_filled(history) || history->gaps[turn % history->samples])
			out[i] = NAN;
		else
			out[i] = series && series->rates ? *place(history, series, unit, turn) : 0;
	}
}

struct weighed {
	const struct series *series;
	double weight;
};

static int compare_weights(const void *a, const void *b)
{
	const struct weighed *x = a, *y = b;

	if (x->weight != y->weight)
		return x->weight > y->weight ? -1 : 1;
	return strcmp(x->series->name, y->series->name);
}

/* Packets of the last n samples. */
static double weigh(const struct history *history, const struct series *series, size_t n)
{
	double sum = 0;

	for (size_t age = 1; age <= n; age++)
		sum += *place(history, series, UNIT_PACKETS, history->turn - age);
	return sum;
}

size_t history_heaviest(const struct history *history, unsigned kinds, size_t n,
			const struct series **out, size_t max)
{
	struct weighed *all = calloc(history->n_series + 1, sizeof(*all));
	size_t found = 0;

	if (n > history_filled(history))
		n = history_filled(history);
	for (size_t i = 0; all && i < history->n_entries; i++) {
		const struct series *series = &history->entries[i];
		double weight;

		if (!series->rates || !(kinds & SERIES(series->kind)))
			continue;
		weight = weigh(history, series, n);
		if (weight > 0)
			all[found++] = (struct weighed){series, weight};
	}
	if (found)
		qsort(all, found, sizeof(*all), compare_weights);
	if (found > max)
		found = max;
	for (size_t i = 0; i < found; i++)
		out[i] = all[i].series;
	free(all);
	return found;
}
