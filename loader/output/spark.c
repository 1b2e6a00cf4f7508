// SPDX-License-Identifier: GPL-2.0-only
/* Samples as a line of small bars. */
#include "spark.h"

#include <math.h>
#include <string.h>

#define LEVELS 8 /* of which the first is 0 */

/* The mean of those that are known, else NAN. */
static float mean(const float *samples, size_t n)
{
	double sum = 0;
	size_t known = 0;

	for (size_t i = 0; i < n; i++) {
		if (isnan(samples[i]))
			continue;
		sum += samples[i];
		known++;
	}
	return known ? (float)(sum / known) : NAN;
}

/*
 * Bar `back` from the right, 0 the newest, each of `each` samples: the newest may still be short of
 * some.
 */
static float bar(const float *samples, size_t n, uint64_t turn, size_t each, size_t back)
{
	size_t newest = turn % each ? turn % each : each; /* samples in bar 0 */
	size_t end = back ? newest + (back - 1) * each : 0, first = newest + back * each;

	if (end >= n)
		return NAN;
	if (first > n)
		first = n;
	return mean(samples + n - first, first - end);
}

static void put_level(int level, bool unicode, char **out)
{
	static const char ascii[LEVELS + 1] = "_.:-=+*#";

	if (level < 0) {
		*(*out)++ = ' ';
	} else if (!unicode) {
		*(*out)++ = ascii[level];
	} else {
		memcpy(*out, "\xe2\x96\x81", 3);
		(*out)[2] = (char)((*out)[2] + level);
		*out += 3;
	}
}

float spark_text(const float *samples, size_t n, uint64_t turn, size_t width, bool unicode,
		 char *out)
{
	size_t each = width ? (n + width - 1) / width : 1;
	float most = 0;

	if (!each)
		each = 1;
	for (size_t i = 0; i < width; i++) {
		float value = bar(samples, n, turn, each, i);

		if (value > most)
			most = value;
	}
	for (size_t i = width; i-- > 0;) {
		float value = bar(samples, n, turn, each, i);
		int level = isnan(value) ? -1
			    : value > 0	 ? 1 + (int)((LEVELS - 2) * value / most + 0.5f)
					 : 0;

		put_level(level, unicode, &out);
	}
	*out = '\0';
	return most;
}
