/* SPDX-License-Identifier: GPL-2.0-only */
/* Moments of CLOCK_MONOTONIC as people read the time. */
#ifndef XE_CMD_MOMENT_H
#define XE_CMD_MOMENT_H

#include "../output/stats.h"

/* Local date and time that it is, was or will be at `monotonic` (ns), as far as the clock is not
 * set meanwhile. Returns buf. */
const char *moment_text(uint64_t monotonic, char buf[STATS_TIME_MAX]);

#endif
