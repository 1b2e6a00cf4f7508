/* SPDX-License-Identifier: GPL-2.0-only */
/* Messages of the system side, one line each on stderr: what failed, why, and the remedy. */
#ifndef XE_OUTPUT_REPORT_H
#define XE_OUTPUT_REPORT_H

#include <stdarg.h>
#include <stddef.h>

/* "xdp-edge: MESSAGE", escaped for the terminal: names of interfaces and programs are anybody's
 * choice. */
void report(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void report_args(const char *fmt, va_list args);
/*
 * For a program that goes on whatever fails and tells it elsewhere: put the first message from here
 * on into `buf` (escaped, cut at size; empty: there was none) instead of stderr, and drop those
 * after it. NULL ends it.
 */
void report_capture(char *buf, size_t size);

#endif
