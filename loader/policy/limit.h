/* SPDX-License-Identifier: GPL-2.0-only */
/* Text of limits and of durations, in and out. Strict: a rate without its unit is refused. */
#ifndef XE_POLICY_LIMIT_H
#define XE_POLICY_LIMIT_H

#include "model.h"

/* In words, for messages. */
#define LIMIT_EXPECTED	  "a rate as 50/s burst 100 per source"
#define DURATION_EXPECTED "a duration as 30s, 5m or 2h"

/*
 * "RATE/UNIT [burst N] per source", RATE and N 1..4294967295, UNIT s, m or h; without a burst it is
 * RATE. Sets interval (rounded down to nanoseconds, 1 at least) and burst. A bucket that takes more
 * than a hundred years to be full again is refused: its clock has 64 bits of nanoseconds. 0, or
 * -EINVAL with a reason in *why (static text).
 */
int limit_parse(const char *text, struct limit *out, const char **why);

/* Reads back by limit_parse() to the same interval and burst. */
#define LIMIT_TEXT_MAX 43
void limit_text(const struct limit *limit, char buf[LIMIT_TEXT_MAX]);

/* "30s", "5m", "2h": 1 second to a week. *seconds; 0, or -EINVAL with a reason in *why. */
int duration_parse(const char *text, uint32_t *seconds, const char **why);

/* Reads back by duration_parse(): the greatest unit that gives a whole number. */
#define DURATION_TEXT_MAX 16
void duration_text(uint32_t seconds, char buf[DURATION_TEXT_MAX]);

#endif
