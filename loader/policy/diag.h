/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Messages about input, always `FILE:LINE: TOKEN: reason`, to one sink. Readers report where the
 * context is known, count, and return a negative errno; callers never report the same thing again.
 */
#ifndef XE_POLICY_DIAG_H
#define XE_POLICY_DIAG_H

#include <stdbool.h>

/*
 * Errors (and, apart, warnings) of one file, and of those it names, that are shown; the rest is
 * counted and summed up in a line.
 */
#define DIAG_MAX_PER_FILE 20

/*
 * Report one error of input. `line` 0 leaves the line out; `column` 0 likewise ("FILE:LINE:COL:").
 * `token` may be NULL (left out) and is escaped and cut at 64 bytes. Goes to stderr, or to the
 * buffer set with diag_capture(). Returns -EINVAL, so that a reader can `return diag_error(…)`.
 */
int diag_error(const char *file, unsigned line, unsigned column, const char *token, const char *fmt,
	       ...) __attribute__((format(printf, 5, 6)));

/* The same for something that is accepted but worth saying; returns nothing. */
void diag_warning(const char *file, unsigned line, unsigned column, const char *token,
		  const char *fmt, ...) __attribute__((format(printf, 5, 6)));

/* A reader starts on a file: diag_end() for the one before, DIAG_MAX_PER_FILE counts from here. */
void diag_begin(void);

/* No more warnings come about the file: says how many were not shown, if any. */
void diag_end(void);

/* The file has used up its errors: a reader may stop looking for more. */
bool diag_full(void);

/* Errors reported so far in this process. */
unsigned diag_count(void);

/*
 * Tests: collect messages in `buf` (NUL-terminated, cut at size) instead of stderr; NULL ends
 * it.
 */
void diag_capture(char *buf, unsigned long size);

#endif
