// SPDX-License-Identifier: GPL-2.0-only
/* Metrics as text; see exposition.h. */
#include "exposition.h"

#include <inttypes.h>
#include <string.h>

#include "escape.h"

static const struct {
	const char *type, *openmetrics_type, *suffix;
} types[] = {
	[EXPOSITION_COUNTER] = {"counter", "counter", "_total"},
	[EXPOSITION_GAUGE] = {"gauge", "gauge", ""},
	/* the older format has no such type */
	[EXPOSITION_INFO] = {"gauge", "info", "_info"},
};

void exposition_family(struct exposition *to, const struct family *family)
{
	to->family = family;
	to->begun = false;
}

/* OpenMetrics names families without the suffix of their samples. */
static void put_head(const struct exposition *to)
{
	const struct family *family = to->family;
	const char *suffix = to->openmetrics ? "" : types[family->type].suffix;

	fprintf(to->out, "# HELP %s%s %s\n", family->name, suffix, family->help);
	fprintf(to->out, "# TYPE %s%s %s\n", family->name, suffix,
		to->openmetrics ? types[family->type].openmetrics_type : types[family->type].type);
	if (to->openmetrics && family->unit)
		fprintf(to->out, "# UNIT %s %s\n", family->name, family->unit);
}

void exposition_sample(struct exposition *to)
{
	if (!to->begun)
		put_head(to);
	to->begun = true;
	to->labelled = false;
	fputs(to->family->name, to->out);
	fputs(types[to->family->type].suffix, to->out);
}

/* How many characters stand for themselves. */
static size_t plain(const char *text)
{
	const char *p = text;

	while (*p >= ' ' && *p <= '~' && *p != '"' && *p != '\\')
		p++;
	return p - text;
}

static void put(const struct exposition *to, const char *text, size_t len)
{
	fwrite_unlocked(text, 1, len, to->out);
}

/* One character; returns its bytes. */
static size_t put_special(const struct exposition *to, const char *text, size_t len)
{
	char safe[16];
	uint32_t code;
	size_t used = utf8_decode(text, len, &code);

	if (!used) {
		put(to, "\xef\xbf\xbd", 3);
		return 1;
	}
	if (code == '\n') {
		put(to, "\\n", 2);
		return 1;
	}
	escape_terminal(text, used, safe, sizeof(safe));
	/* a backslash, of the text or of its escape, is one of the label's */
	if (*safe == '\\' || *safe == '"')
		put(to, "\\", 1);
	put(to, safe, strlen(safe));
	return used;
}

void exposition_label(struct exposition *to, const char *name, const char *text)
{
	put(to, to->labelled ? "," : "{", 1);
	to->labelled = true;
	put(to, name, strlen(name));
	put(to, "=\"", 2);
	for (size_t len = strlen(text); len;) {
		size_t used = plain(text);

		if (used)
			put(to, text, used);
		else
			used = put_special(to, text, len);
		text += used;
		len -= used;
	}
	put(to, "\"", 1);
}

static void end_labels(struct exposition *to)
{
	fputs(to->labelled ? "} " : " ", to->out);
}

void exposition_count(struct exposition *to, uint64_t value)
{
	end_labels(to);
	fprintf(to->out, "%" PRIu64 "\n", value);
}

/* Not by %f, whose decimal point is the locale's. */
void exposition_seconds(struct exposition *to, double value)
{
	uint64_t us = value > 0 ? (uint64_t)(value * 1e6 + 0.5) : 0;

	end_labels(to);
	fprintf(to->out, "%" PRIu64 ".%06" PRIu64 "\n", us / 1000000, us % 1000000);
}

void exposition_end(struct exposition *to)
{
	if (to->openmetrics)
		fputs("# EOF\n", to->out);
}
