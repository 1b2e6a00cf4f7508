/* SPDX-License-Identifier: GPL-2.0-only */
/* What is looked at: a stack of lists, each gone into from a line of the one below. */
#ifndef XE_TOP_VIEW_H
#define XE_TOP_VIEW_H

#include <stdbool.h>
#include <stddef.h>

#include "../output/lines.h"
#include "source.h"

#define FILTER_MAX  64
#define VIEWS_DEPTH 4

/* One list, or the details of one line. */
struct view {
	enum lines_of of;
	/* Only what is within this line of another list; empty: all. */
	enum lines_of within;
	char name[XE_TEXT_MAX];
	bool detail; /* of the row, miss or reason `name`, in the list `within` */
	enum line_column sort;
	bool reverse;
	char filter[FILTER_MAX];
	/* The chosen line, which is followed when the order changes; else what stands first. */
	bool follow;
	enum series_kind kind;
	char chosen[XE_TEXT_MAX];
	size_t at;  /* its place among those shown */
	size_t top; /* the first place on the screen; of details: lines scrolled by */
};

struct top {
	struct source source;
	const char *name;
	double interval; /* seconds */
	size_t samples;	 /* of a sparkline */
	bool nonzero;
	struct view views[VIEWS_DEPTH];
	size_t depth;	    /* the view shown is views[depth] */
	struct lines lines; /* of the view shown; of details: the interfaces */
	size_t *places;	    /* those of them that are shown, in order */
	size_t n_places;
	unsigned page; /* lines of the screen that the list, the details or the help have */
	bool help;
	size_t help_top;	/* lines of it scrolled by */
	size_t below;		/* lines of the details that the screen has no room for */
	bool typing;		/* the filter */
	char message[128];	/* until the next key, or */
	uint64_t message_until; /* CLOCK_MONOTONIC ns */
};

static inline struct view *view_now(struct top *top)
{
	return &top->views[top->depth];
}

/* A list of everything, sorted as is usual for it. */
void view_list(struct top *top, enum lines_of of);
/* Go into the chosen line: rows within it, or its details. */
void view_enter(struct top *top);
/* Back to where it was gone into from. False: there is nothing. */
bool view_back(struct top *top);
/* Make the lines of the view shown, after each reading or change of it. 0 or -ENOMEM. */
int view_make(struct top *top);
/* Choose a line so many places further, as far as there are any. */
void view_move(struct top *top, long by);
/* Sort by the next column (or the one before it) that the lines have. */
void view_sort(struct top *top, int by);
/* What the list is of, in words. Returns buf. */
const char *view_title(const struct top *top, char *buf, size_t size);

#endif
