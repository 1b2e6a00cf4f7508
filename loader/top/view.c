// SPDX-License-Identifier: GPL-2.0-only
/* What is looked at, and the lines of it. */
#include "view.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void view_list(struct top *top, enum lines_of of)
{
	struct view *view = &top->views[0];
	char filter[FILTER_MAX];

	/* a filter is what one looks for, whatever the lines are */
	memcpy(filter, view_now(top)->filter, sizeof(filter));
	top->depth = 0;
	*view = (struct view){.of = of, .sort = COLUMN_PACKET_RATE};
	memcpy(view->filter, filter, sizeof(filter));
	source_watch(&top->source, NULL);
}

/* The list that lines of a kind stand in. */
static enum lines_of list_of(enum series_kind kind)
{
	switch (kind) {
	case SERIES_ROLE:
		return LINES_ROLES;
	case SERIES_SERVICE:
		return LINES_SERVICES;
	case SERIES_DOCUMENT:
		return LINES_DOCUMENTS;
	case SERIES_INTERFACE:
		return LINES_INTERFACES;
	case SERIES_MISS:
		return LINES_MISSES;
	case SERIES_DROPPED:
		return LINES_DROPS;
	default:
		return LINES_ROWS;
	}
}

void view_enter(struct top *top)
{
	struct view *view = view_now(top), *next;
	const struct line *line;
	enum lines_of list;

	if (view->detail || view->at >= top->n_places || top->depth + 1 == VIEWS_DEPTH)
		return;
	line = &top->lines.v[top->places[view->at]];
	list = list_of(line->kind);
	next = &top->views[top->depth + 1];
	*next = (struct view){
		.of = LINES_ROWS,
		.within = list,
		.detail = list == LINES_ROWS || list == LINES_MISSES || list == LINES_DROPS,
		.sort = COLUMN_PACKET_RATE,
	};
	snprintf(next->name, sizeof(next->name), "%s", line->name);
	if (next->detail)
		next->of = LINES_INTERFACES;
	view->follow = true; /* there it is found again */
	view->kind = line->kind;
	snprintf(view->chosen, sizeof(view->chosen), "%s", line->name);
	top->depth++;
	source_watch(&top->source, list == LINES_ROWS ? next->name : NULL);
}

bool view_back(struct top *top)
{
	if (!top->depth)
		return false;
	if (view_now(top)->detail)
		source_watch(&top->source, NULL);
	top->depth--;
	return true;
}

/* Where the chosen line is now; gone: as far down as it was. */
static void follow(struct top *top)
{
	struct view *view = view_now(top);

	for (size_t i = 0; view->follow && i < top->n_places; i++) {
		const struct line *line = &top->lines.v[top->places[i]];

		if (line->kind == view->kind && !strcmp(line->name, view->chosen)) {
			view->at = i;
			return;
		}
	}
	if (view->at >= top->n_places)
		view->at = top->n_places ? top->n_places - 1 : 0;
}

int view_make(struct top *top)
{
	const struct source *source = &top->source;
	struct view *view = view_now(top);
	const struct lines_request request = {
		.of = view->of,
		.within = view->within,
		.name = view->name[0] ? view->name : NULL,
	};
	const struct lines_order order = {
		.sort = view->sort,
		.reverse = view->reverse,
		.nonzero = top->nonzero && !view->detail,
		.filter = view->detail ? NULL : view->filter,
	};

	size_t n_known = top->n_places, *places;

	top->n_places = 0;
	if (!source_has(&source->now)) {
		lines_free(&top->lines);
		return 0;
	}
	if (lines_build(&request, &source->now,
			source_has(&source->before) ? &source->before : NULL,
			source_has(&source->base) ? &source->base : NULL, &top->lines))
		return -ENOMEM;
	places = reallocarray(top->places, top->lines.n + 1, sizeof(*places));
	if (!places)
		return -ENOMEM;
	top->places = places;
	if (n_known > top->lines.n)
		n_known = top->lines.n;
	top->n_places = lines_arrange(&top->lines, &order, places, n_known);
	if (!view->detail)
		follow(top);
	return 0;
}

void view_move(struct top *top, long by)
{
	struct view *view = view_now(top);
	long at = (long)(view->detail ? view->top : view->at) + by;

	if (at < 0)
		at = 0;
	if (view->detail) {
		view->top = at; /* drawing knows how far it goes */
		return;
	}
	if (!top->n_places)
		return;
	view->at = (size_t)at < top->n_places ? (size_t)at : top->n_places - 1;
	/* at the beginning one looks at what comes first, whatever it is */
	view->follow = view->at > 0;
	view->kind = top->lines.v[top->places[view->at]].kind;
	snprintf(view->chosen, sizeof(view->chosen), "%s",
		 top->lines.v[top->places[view->at]].name);
}

void view_sort(struct top *top, int by)
{
	struct view *view = view_now(top);
	size_t n, i = 0;
	const enum line_column *columns = lines_columns(view->of, &n);

	while (i < n && columns[i] != view->sort)
		i++;
	view->sort = columns[(i + n + by) % n];
	view->reverse = false;
}

const char *view_title(const struct top *top, char *buf, size_t size)
{
	static const char *const lists[LINES_COUNT] = {
		[LINES_ROWS] = "rows",
		[LINES_ROLES] = "roles",
		[LINES_SERVICES] = "services",
		[LINES_DOCUMENTS] = "documents",
		[LINES_INTERFACES] = "interfaces",
		[LINES_MISSES] = "misses",
		[LINES_DROPS] = "drops",
	};
	const struct view *view = &top->views[top->depth];

	if (view->detail)
		snprintf(buf, size, "%s %s", lines_text(view->within), view->name);
	else if (view->name[0])
		snprintf(buf, size, "%s %s %s %s", lists[view->of],
			 view->within == LINES_INTERFACES ? "on" : "of", lines_text(view->within),
			 view->name);
	else
		snprintf(buf, size, "%s", lists[view->of]);
	return buf;
}
