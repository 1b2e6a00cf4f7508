/* SPDX-License-Identifier: GPL-2.0-only */
/* The full-screen live view. */
#ifndef XE_TOP_TOP_H
#define XE_TOP_TOP_H

#include <stdbool.h>

#include "../output/lines.h"

struct top_options {
	const char *name; /* of the policy */
	double interval;  /* seconds between readings */
	enum lines_of of; /* what it begins with */
	bool nonzero, ascii;
};

/*
 * Show it until somebody quits. 0, or -1: it could not be shown, or not any more (reported). Ended
 * by SIGTERM, SIGHUP or SIGQUIT, the process ends by that signal, the terminal given back before.
 */
int top_run(const struct top_options *options);

#endif
