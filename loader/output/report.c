// SPDX-License-Identifier: GPL-2.0-only
/* Messages of the system side. */
#include "report.h"

#include <stdio.h>
#include <string.h>

#include "escape.h"

static struct {
	char *buf;
	size_t size;
} captured;

void report_capture(char *buf, size_t size)
{
	captured.buf = buf;
	captured.size = size;
	if (buf)
		*buf = '\0';
}

void report_args(const char *fmt, va_list args)
{
	char text[2048], shown[4096];

	vsnprintf(text, sizeof(text), fmt, args);
	escape_terminal(text, strlen(text), shown, sizeof(shown));
	if (!captured.buf)
		fprintf(stderr, "xdp-edge: %s\n", shown);
	else if (!*captured.buf)
		snprintf(captured.buf, captured.size, "%s", shown);
}

void report(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	report_args(fmt, args);
	va_end(args);
}
