// SPDX-License-Identifier: GPL-2.0-only
/* Text of limits and durations; see limit.h. */
#include "policy/limit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "policy/text.h"

#define NS_PER_S     1000000000ull
#define FULL_MAX     (100ull * 365 * 24 * 3600 * NS_PER_S)
#define DURATION_MAX (7u * 24 * 3600)

static const struct unit {
	char name;
	unsigned seconds;
} units[] = {{'s', 1}, {'m', 60}, {'h', 3600}};

static const struct unit *unit_find(char name)
{
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (units[i].name == name)
			return &units[i];
	}
	return NULL;
}

/* --- limits ----------------------------------------------------------------------------------- */

/* The next word, blanks on both sides taken off, into `word`; false: there is none, or too long. */
static bool next_word(const char **at, char *word, size_t size)
{
	size_t len;

	*at += strspn(*at, " ");
	len = strcspn(*at, " ");
	if (len == 0 || len >= size)
		return false;
	memcpy(word, *at, len);
	word[len] = '\0';
	*at += len;
	return true;
}

static int count_parse(const char *text, uint32_t *out, const char **why, const char *zero,
		       const char *range)
{
	unsigned value;

	if (strcmp(text, "0") == 0)
		*why = zero;
	else if (number_parse(text, 1, UINT32_MAX, &value))
		*why = range;
	else {
		*out = value;
		return 0;
	}
	return -EINVAL;
}

static const char rate_zero[] = "a rate of 0: write verdict: deny";

/* "50/s" */
static int rate_parse(char *text, uint32_t *rate, const struct unit **unit, const char **why)
{
	char *slash = strchr(text, '/');

	*unit = slash && slash[1] && !slash[2] ? unit_find(slash[1]) : NULL;
	if (!*unit) {
		*why = strcmp(text, "0") == 0 ? rate_zero
					      : "not " LIMIT_EXPECTED
						"; the rate is per /s, /m or /h";
		return -EINVAL;
	}
	*slash = '\0';
	return count_parse(text, rate, why, rate_zero, "the rate is not 1..4294967295");
}

int limit_parse(const char *text, struct limit *out, const char **why)
{
	const struct unit *unit;
	const char *at = text;
	uint32_t rate, burst;
	uint64_t interval;
	char word[32];

	if (!next_word(&at, word, sizeof(word))) {
		*why = "not " LIMIT_EXPECTED;
		return -EINVAL;
	}
	if (rate_parse(word, &rate, &unit, why))
		return -EINVAL;
	burst = rate;
	if (!next_word(&at, word, sizeof(word)))
		goto no_source;
	if (strcmp(word, "burst") == 0) {
		if (!next_word(&at, word, sizeof(word))) {
			*why = "a number expected behind burst";
			return -EINVAL;
		}
		if (count_parse(word, &burst, why, "a burst of 0 lets nothing pass",
				"the burst is not 1..4294967295"))
			return -EINVAL;
		if (!next_word(&at, word, sizeof(word)))
			goto no_source;
	}
	if (strcmp(word, "per"))
		goto not_that;
	if (!next_word(&at, word, sizeof(word)))
		goto no_source;
	if (strcmp(word, "source") || at[strspn(at, " ")])
		goto not_that;
	interval = unit->seconds * NS_PER_S / rate;
	if (interval == 0)
		interval = 1;
	if (interval > FULL_MAX / burst) {
		*why = "after this burst the bucket takes more than a hundred years to be full "
		       "again";
		return -EINVAL;
	}
	out->interval = interval;
	out->burst = burst;
	return 0;

no_source:
	*why = "limits are counted for each source: end it with per source";
	return -EINVAL;
not_that:
	*why = "not " LIMIT_EXPECTED;
	return -EINVAL;
}

/*
 * The roundest rate that limit_parse() makes this interval of, or 0: those above `ns` / (interval +
 * 1) up to `ns` / interval do.
 */
static uint32_t rate_of(uint64_t ns, uint64_t interval)
{
	uint64_t least = ns / (interval + 1), most = ns / interval;

	for (uint64_t round = NS_PER_S; round > 0; round /= 10) {
		if (most / round * round > least)
			return (uint32_t)(most / round * round);
	}
	return 0;
}

void limit_text(const struct limit *limit, char buf[LIMIT_TEXT_MAX])
{
	const struct unit *unit = units;
	uint32_t rate = rate_of(NS_PER_S, limit->interval);

	while (rate == 0 && unit->name != 'h') {
		unit++;
		rate = rate_of(unit->seconds * NS_PER_S, limit->interval);
	}
	snprintf(buf, LIMIT_TEXT_MAX, "%u/%c burst %u per source", rate, unit->name, limit->burst);
}

/* --- durations -------------------------------------------------------------------------------- */

int duration_parse(const char *text, uint32_t *seconds, const char **why)
{
	size_t len = strlen(text);
	const struct unit *unit = len > 1 ? unit_find(text[len - 1]) : NULL;
	char number[16];
	unsigned value;

	*why = "not " DURATION_EXPECTED;
	if (!unit || len > sizeof(number))
		return -EINVAL;
	memcpy(number, text, len - 1);
	number[len - 1] = '\0';
	if (number[strspn(number, "0123456789")])
		return -EINVAL;
	*why = "the duration is not 1s to 168h";
	if (number_parse(number, 1, DURATION_MAX / unit->seconds, &value))
		return -EINVAL;
	*seconds = value * unit->seconds;
	return 0;
}

void duration_text(uint32_t seconds, char buf[DURATION_TEXT_MAX])
{
	size_t i = sizeof(units) / sizeof(units[0]) - 1;

	while (i > 0 && (seconds == 0 || seconds % units[i].seconds))
		i--;
	snprintf(buf, DURATION_TEXT_MAX, "%u%c", seconds / units[i].seconds, units[i].name);
}
