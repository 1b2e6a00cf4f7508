// SPDX-License-Identifier: GPL-2.0-only
/* Snapshots as lines: the figures of one against those of others. */
#include "lines.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "history_names.h"
#include "lines_take.h"

static const char *const names[LINES_COUNT] = {
	[LINES_ROWS] = "row",
	[LINES_ROLES] = "role",
	[LINES_SERVICES] = "service",
	[LINES_DOCUMENTS] = "document",
	[LINES_INTERFACES] = "interface",
	[LINES_MISSES] = "miss",
	[LINES_DROPS] = "drop",
};

const char *lines_text(enum lines_of of)
{
	return names[of];
}

int lines_parse(const char *text, enum lines_of *of)
{
	for (unsigned i = 0; i < LINES_COUNT; i++) {
		if (strcmp(text, names[i]) == 0) {
			*of = i;
			return 0;
		}
	}
	return -EINVAL;
}

/* --- against others -------------------------------------------------------------------------- */

static size_t key_of(const struct line *line, char key[SERIES_KEY_MAX])
{
	return series_key(line->kind, line->name, key);
}

/*
 * The line of the same kind and name, mostly the one behind that of the line before, or NULL. The
 * places of the others are by name, from the first that has moved on.
 */
static const struct line *find_same(struct lines *lines, const struct line *line)
{
	char key[SERIES_KEY_MAX];
	long i;

	if (lines->next < lines->n && lines->v[lines->next].kind == line->kind &&
	    !strcmp(lines->v[lines->next].name, line->name))
		return &lines->v[lines->next++];
	for (size_t j = lines->names.n; j < lines->n; j++) {
		if (intern_add(&lines->names, key, key_of(&lines->v[j], key), NULL) < 0) {
			lines->failed = true;
			return NULL;
		}
	}
	i = intern_find(&lines->names, key, key_of(line, key));
	if (i < 0)
		return NULL;
	lines->next = i + 1;
	return &lines->v[i];
}

/*
 * A line's rates, which are still 0, and what it counted since the base; each other may be NULL: it
 * had nothing.
 */
static void compare(struct line *line, const uint64_t *before, double seconds, const uint64_t *base)
{
	bool is_still = before && !memcmp(line->count, before, sizeof(line->count));

	for (int i = 0; !is_still && i < FIGURE_COUNT; i++)
		line->rate[i] = stats_rate(line->count[i], before ? before[i] : 0, seconds);
	for (int i = 0; base && i < FIGURE_COUNT; i++)
		if (base[i] <= line->count[i])
			line->count[i] -= base[i];
}

/* A snapshot that lines are compared with. */
struct past {
	const struct snapshot *snapshot; /* or NULL */
	bool same_rows;			 /* it has its rows where the lines' snapshot has them */
	struct rows_source rows;	 /* then: what they had counted, */
	struct lines lines;		 /* and in any case all other lines */
};

static void past_begin(const struct lines_request *request, const struct snapshot *now,
		       const struct snapshot *snapshot, struct past *past)
{
	struct lines_request all = *request;

	*past = (struct past){.snapshot = snapshot};
	if (!snapshot)
		return;
	past->same_rows = snapshot->rows == now->rows;
	past->rows = rows_source(request, snapshot);
	/* whichever group a row was in: it is looked for by its id */
	if (request->of == LINES_ROWS && request->within != LINES_INTERFACES)
		all.name = NULL;
	lines_take(&all, snapshot, past->same_rows ? TAKE_NO_ROWS : TAKE_COUNTED, &past->lines);
}

/* What a line had counted then, in `count` or elsewhere; `row`: of a row. NULL: nothing. */
static const uint64_t *past_figures(struct past *past, const struct line *line, size_t row,
				    uint64_t count[FIGURE_COUNT])
{
	const struct line *same;

	if (!past->snapshot)
		return NULL;
	if (line->row && past->same_rows) {
		rows_figures(&past->rows, row, count);
		return count;
	}
	same = find_same(&past->lines, line);
	return same ? same->count : NULL;
}

int lines_build(const struct lines_request *request, const struct snapshot *now,
		const struct snapshot *before, const struct snapshot *base, struct lines *out)
{
	uint64_t counts[2][FIGURE_COUNT];
	struct past then, from;
	double seconds = 0;
	bool failed;

	if (before && before->loaded_at != now->loaded_at)
		before = NULL;
	if (base && base->loaded_at != now->loaded_at)
		base = NULL;
	/* nothing of what is shown has come since then */
	if (base && base->taken_at > now->taken_at)
		base = now;
	if (before)
		seconds = now->taken_at - before->taken_at;

	lines_take(request, now, TAKE_ALL, out);
	past_begin(request, now, before, &then);
	past_begin(request, now, base, &from);
	for (size_t i = 0; i < out->n; i++) {
		struct line *line = &out->v[i];
		size_t row = line->row ? (size_t)(line->row - now->rows) : 0;

		/* zeros are zeros whatever they are compared with */
		if (line->row && !snapshot_has_counted(now, row))
			continue;
		compare(line, past_figures(&then, line, row, counts[0]), seconds,
			past_figures(&from, line, row, counts[1]));
	}
	compare(&out->total, then.lines.total.count, seconds, from.lines.total.count);
	lines_group(request, out);
	failed = out->failed || then.lines.failed || from.lines.failed;
	lines_free(&then.lines);
	lines_free(&from.lines);
	if (failed)
		lines_free(out);
	return failed ? -ENOMEM : 0;
}

void lines_free(struct lines *lines)
{
	free(lines->v);
	intern_free(&lines->names);
	*lines = (struct lines){0};
}
