/* SPDX-License-Identifier: GPL-2.0-only */
/* Samples as a line of small bars. */
#ifndef XE_OUTPUT_SPARK_H
#define XE_OUTPUT_SPARK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes of `width` bars with the NUL. */
#define SPARK_BYTES(width) (3 * (width) + 1)

/*
 * The last samples, newest at samples[n - 1], as bars in `width` columns, the newest rightmost.
 * Where there are more samples than columns, each bar is the mean of as many as it takes; these
 * stand still while samples move on, since they begin at multiples of their number of `turn`, the
 * number of the newest (history_turn()). Bars are parts of the highest one in the line; a space
 * where nothing is known (NAN). Unicode: U+2581 (0) to U+2588; else from "_" to "#". Returns the
 * value of the highest bar.
 */
float spark_text(const float *samples, size_t n, uint64_t turn, size_t width, bool unicode,
		 char *out);

#endif
