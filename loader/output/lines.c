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
 * The line of the same kind and name, mostly at the same place, or NULL. The places of the others
 * are by name, from the first that has moved on.
 */
static const struct line *find_same(struct lines *lines, const struct line *line, size_t place)
{
	char key[SERIES_KEY_MAX];
	long i;

	if (place < lines->n && lines->v[place].kind == line->kind &&
	    !strcmp(lines->v[place].name, line->name))
		return &lines->v[place];
	for (size_t j = lines->names.n; j < lines->n; j++) {
		if (intern_add(&lines->names, key, key_of(&lines->v[j], key), NULL) < 0) {
			lines->failed = true;
			return NULL;
		}
	}
	i = intern_find(&lines->names, key, key_of(line, key));
	return i >= 0 ? &lines->v[i] : NULL;
}

/* A line's rates, and what it counted since the base; each other may be NULL: it had nothing. */
static void compare(struct line *line, const struct line *before, double seconds,
		    const struct line *base)
{
	for (int i = 0; i < FIGURE_COUNT; i++) {
		uint64_t now = line->count[i];

		line->rate[i] = stats_rate(now, before ? before->count[i] : 0, seconds);
		if (base && base->count[i] <= now)
			line->count[i] = now - base->count[i];
	}
}

int lines_build(const struct lines_request *request, const struct snapshot *now,
		const struct snapshot *before, const struct snapshot *base, struct lines *out)
{
	struct lines_request past = *request;
	struct lines then, from;
	double seconds = 0;
	bool failed;

	if (before && before->loaded_at != now->loaded_at)
		before = NULL;
	if (base && base->loaded_at != now->loaded_at)
		base = NULL;
	if (before)
		seconds = now->taken_at - before->taken_at;

	/* whichever group a row was in: it is looked for by its id */
	if (request->of == LINES_ROWS && request->within != LINES_INTERFACES)
		past.name = NULL;
	lines_take(request, now, out);
	lines_take(&past, before, &then);
	lines_take(&past, base, &from);
	for (size_t i = 0; i < out->n; i++)
		compare(&out->v[i], find_same(&then, &out->v[i], i), seconds,
			find_same(&from, &out->v[i], i));
	compare(&out->total, &then.total, seconds, &from.total);
	lines_group(request, out);
	failed = out->failed || then.failed || from.failed;
	lines_free(&then);
	lines_free(&from);
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
