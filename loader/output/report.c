// SPDX-License-Identifier: GPL-2.0-only
/* Messages of the system side. */
#include "report.h"

#include <stdio.h>
#include <string.h>

#include "escape.h"

void report_args(const char *fmt, va_list args)
{
	char text[2048], shown[4096];

	vsnprintf(text, sizeof(text), fmt, args);
	escape_terminal(text, strlen(text), shown, sizeof(shown));
	fprintf(stderr, "xdp-edge: %s\n", shown);
}

void report(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	report_args(fmt, args);
	va_end(args);
}
