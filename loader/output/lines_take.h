/* SPDX-License-Identifier: GPL-2.0-only */
/* The lines of one snapshot; private to lines.c. */
#ifndef XE_OUTPUT_LINES_TAKE_H
#define XE_OUTPUT_LINES_TAKE_H

#include "lines.h"

/*
 * All lines that a request asks for, with what they have counted, no rates; none for `snapshot`
 * NULL. Instead of roles, services and documents these are their rows, with what adds up, until
 * lines_group(). Lack of memory shows in lines->failed.
 */
void lines_take(const struct lines_request *request, const struct snapshot *snapshot,
		struct lines *lines);
/* If the request asks for groups: add up the rows of each, counts and rates. */
void lines_group(const struct lines_request *request, struct lines *lines);

#endif
