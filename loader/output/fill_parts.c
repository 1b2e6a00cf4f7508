// SPDX-License-Identifier: GPL-2.0-only
/* Tables that remember packets, counted part by part. */
#include "fill_parts.h"

#include <string.h>

struct fill_due fill_parts_due(const struct fill_parts *parts, uint32_t map, uint32_t sets)
{
	struct fill_due due = {.map = map, .size = (sets + FILL_PARTS - 1) / FILL_PARTS};

	if (due.size < FILL_SETS)
		due.size = FILL_SETS;
	due.n = due.end = (sets + due.size - 1) / due.size;
	if (parts->map == map) {
		due.first = parts->next;
		due.end = parts->next + 1;
	}
	return due;
}

/* One part has so many now; of the others nothing newer is known. */
static void tell_others(struct fill_parts *parts, uint32_t n, uint64_t before, uint64_t now)
{
	for (uint32_t i = 0; now >= FILL_MANY && i < n; i++)
		parts->live[i] = now;
	/* too few now to tell by; and not again at once where they stay about so many */
	if (now < FILL_MANY && before >= FILL_MANY && now < before / 2)
		parts->map = 0;
}

uint64_t fill_parts_take(struct fill_parts *parts, const struct fill_due *due, const uint64_t *live)
{
	uint64_t before = parts->live[due->first], sum = 0;

	memcpy(&parts->live[due->first], live, (due->end - due->first) * sizeof(*live));
	parts->map = due->map;
	parts->next = due->end % due->n;
	if (due->end - due->first < due->n)
		tell_others(parts, due->n, before, live[0]);
	for (uint32_t i = 0; i < due->n; i++)
		sum += parts->live[i];
	return sum;
}
