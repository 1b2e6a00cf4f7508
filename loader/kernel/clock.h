/* SPDX-License-Identifier: GPL-2.0-only */
/* The kernel's clocks in nanoseconds, as the program has them. */
#ifndef XE_KERNEL_CLOCK_H
#define XE_KERNEL_CLOCK_H

#include <stdint.h>
#include <time.h>

static inline uint64_t clock_ns(clockid_t id)
{
	struct timespec now;

	clock_gettime(id, &now);
	return now.tv_sec * 1000000000ull + now.tv_nsec;
}

/* How long the kernel's own clock, which ticks are counted by, stands still: a jiffy. */
static inline uint64_t clock_jiffy_ns(void)
{
	struct timespec step;

	clock_getres(CLOCK_MONOTONIC_COARSE, &step);
	return step.tv_sec * 1000000000ull + step.tv_nsec;
}

/*
 * Seconds of CLOCK_REALTIME that it is, was or will be at `monotonic` (ns), as far as the clock is
 * not set meanwhile. Rounded to the nearest, so that it is the same whenever it is asked for.
 */
static inline uint64_t clock_date(uint64_t monotonic)
{
	uint64_t ahead = clock_ns(CLOCK_REALTIME) - clock_ns(CLOCK_MONOTONIC);

	return (monotonic + ahead + 500000000) / 1000000000;
}

#endif
