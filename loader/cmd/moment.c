// SPDX-License-Identifier: GPL-2.0-only
/* Moments of CLOCK_MONOTONIC as people read the time. */
#include "moment.h"

#include "../kernel/clock.h"

const char *moment_text(uint64_t monotonic, char buf[STATS_TIME_MAX])
{
	return stats_time_text(clock_date(monotonic), buf);
}
