/* SPDX-License-Identifier: GPL-2.0-only */
/* The lines of one snapshot; private to lines.c. */
#ifndef XE_OUTPUT_LINES_TAKE_H
#define XE_OUTPUT_LINES_TAKE_H

#include "lines.h"

/* Which rows have lines, where there are any. */
enum take { TAKE_ALL, TAKE_COUNTED, TAKE_NO_ROWS };

/*
 * All lines that a request asks for, with what they have counted, no rates; none for `snapshot`
 * NULL. Instead of roles, services and documents these are their rows, with what adds up, until
 * lines_group(). `lines` has been used before, or is zeros. Lack of memory shows in lines->failed.
 */
void lines_take(const struct lines_request *request, const struct snapshot *snapshot,
		enum take take, struct lines *lines);

/* How such lines have the figures of rows. */
struct rows_source {
	const struct snapshot *snapshot;
	bool adds_up;  /* what was decided */
	int interface; /* of this one only; -1: of all; */
	bool nowhere;  /* it has no such interface */
};

struct rows_source rows_source(const struct lines_request *request,
			       const struct snapshot *snapshot);
/* What a row has counted, by figure. */
void rows_figures(const struct rows_source *from, size_t row, uint64_t count[FIGURE_COUNT]);

/* If the request asks for groups: add up the rows of each, counts and rates. */
void lines_group(const struct lines_request *request, struct lines *lines);

#endif
