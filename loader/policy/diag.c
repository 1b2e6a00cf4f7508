// SPDX-License-Identifier: GPL-2.0-only
/* The one sink of messages about input; see diag.h. */
#include "policy/diag.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "output/escape.h"

#define TOKEN_MAX 64

static struct {
	unsigned errors;	/* of the process */
	unsigned file_errors;	/* since diag_begin() */
	unsigned file_warnings; /* since diag_begin() */
	char warned_file[1024]; /* whose warnings they are, fit for a terminal */
	char *buf;
	unsigned long size, used;
} sink;

static void emit(const char *line)
{
	unsigned long n, left;

	if (!sink.buf) {
		fputs(line, stderr);
		return;
	}
	left = sink.size - sink.used;
	n = strlen(line);
	if (n >= left)
		n = left ? left - 1 : 0;
	memcpy(sink.buf + sink.used, line, n);
	sink.used += n;
	if (left)
		sink.buf[sink.used] = '\0';
}

/* A long token is cut in front of the character that would pass TOKEN_MAX bytes. */
static size_t token_cut(const char *token)
{
	size_t len = strnlen(token, TOKEN_MAX + 1), at = 0;

	if (len <= TOKEN_MAX)
		return len;
	while (at < TOKEN_MAX) {
		uint32_t code;
		/*
		 * Four bytes more than the limit are not known to be there; a cut character is one
		 * byte.
		 */
		size_t n = utf8_decode(token + at, len - at, &code);

		if (n == 0)
			n = 1;
		if (at + n > TOKEN_MAX)
			break;
		at += n;
	}
	return at;
}

static void report(const char *kind, const char *file, unsigned line, unsigned column,
		   const char *token, const char *fmt, va_list args)
{
	char name[1024], where[32] = "", shown[TOKEN_MAX * 4 + 16] = "", reason[512], safe[1024],
			 text[3072];

	escape_terminal(file, strlen(file), name, sizeof(name));
	if (line && column)
		snprintf(where, sizeof(where), "%u:%u:", line, column);
	else if (line)
		snprintf(where, sizeof(where), "%u:", line);
	if (token) {
		size_t cut = token_cut(token);

		if (*token == '\0')
			strcpy(shown, "\"\"");
		else
			escape_terminal(token, cut, shown, sizeof(shown) - 8);
		strcat(shown, token[cut] ? "…: " : ": ");
	}
	vsnprintf(reason, sizeof(reason), fmt, args);
	escape_terminal(reason, strlen(reason), safe, sizeof(safe));
	snprintf(text, sizeof(text), "%s:%s %s%s%s\n", name, where, shown, kind, safe);
	emit(text);
}

int diag_error(const char *file, unsigned line, unsigned column, const char *token, const char *fmt,
	       ...)
{
	va_list args;

	sink.errors++;
	sink.file_errors++;
	if (sink.file_errors <= DIAG_MAX_PER_FILE) {
		va_start(args, fmt);
		report("", file, line, column, token, fmt, args);
		va_end(args);
	} else if (sink.file_errors == DIAG_MAX_PER_FILE + 1) {
		char name[1024], text[1100];

		escape_terminal(file, strlen(file), name, sizeof(name));
		snprintf(text, sizeof(text), "%s: more errors follow, not shown\n", name);
		emit(text);
	}
	return -EINVAL;
}

void diag_warning(const char *file, unsigned line, unsigned column, const char *token,
		  const char *fmt, ...)
{
	va_list args;

	if (++sink.file_warnings > DIAG_MAX_PER_FILE) {
		escape_terminal(file, strlen(file), sink.warned_file, sizeof(sink.warned_file));
		return;
	}
	va_start(args, fmt);
	report("warning: ", file, line, column, token, fmt, args);
	va_end(args);
}

void diag_end(void)
{
	char text[1100];

	if (sink.file_warnings > DIAG_MAX_PER_FILE) {
		unsigned more = sink.file_warnings - DIAG_MAX_PER_FILE;

		snprintf(text, sizeof(text), "%s: %u more warning%s, not shown\n", sink.warned_file,
			 more, more == 1 ? "" : "s");
		emit(text);
	}
	sink.file_errors = 0;
	sink.file_warnings = 0;
}

void diag_begin(void)
{
	diag_end();
}

bool diag_full(void)
{
	return sink.file_errors > DIAG_MAX_PER_FILE;
}

unsigned diag_count(void)
{
	return sink.errors;
}

void diag_capture(char *buf, unsigned long size)
{
	sink.buf = buf;
	sink.size = size;
	sink.used = 0;
	if (buf && size)
		buf[0] = '\0';
}
