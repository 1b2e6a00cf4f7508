/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The text formats that Prometheus reads: its own, 0.0.4, and OpenMetrics 1.0.0. Families one after
 * the other, samples with labels under each; a family without a sample leaves no line. Errors of
 * writing stay with `out`.
 */
#ifndef XE_OUTPUT_EXPOSITION_H
#define XE_OUTPUT_EXPOSITION_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum exposition_type { EXPOSITION_COUNTER, EXPOSITION_GAUGE, EXPOSITION_INFO };

/* All of it text of ours: [a-z_], and help without a backslash or a line end. */
struct family {
	const char *name; /* without _total or _info, with its unit; both add what they demand */
	enum exposition_type type;
	const char *unit; /* the end of the name, or NULL */
	const char *help;
};

struct exposition {
	FILE *out;
	bool openmetrics;
	/* the rest is its own */
	const struct family *family;
	bool begun;    /* the family's head has been written */
	bool labelled; /* the sample has a label */
};

void exposition_family(struct exposition *to, const struct family *family);
/* Begin a sample of the family; labels follow, then its value. */
void exposition_sample(struct exposition *to);
/*
 * A label; text of any bytes. What is no UTF-8 becomes U+FFFD, as in JSON; what would act on a
 * terminal is spelled out, as escape_terminal() does.
 */
void exposition_label(struct exposition *to, const char *name, const char *text);
void exposition_count(struct exposition *to, uint64_t value);
/* A time, 0 or more, to the microsecond. */
void exposition_seconds(struct exposition *to, double value);
void exposition_end(struct exposition *to);

#endif
