// SPDX-License-Identifier: GPL-2.0-only
/* A trace being made; see bench_headers.h. */
#include "bench_headers.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int bench_trace_open(struct bench_trace *t, size_t max, bool expected)
{
	size_t size = 16;

	while (size < 2 * max)
		size *= 2;
	*t = (struct bench_trace){.max = max, .mask = size - 1};
	t->headers = calloc(max, sizeof(*t->headers));
	t->expected = expected ? calloc(max, sizeof(*t->expected)) : NULL;
	t->table = calloc(size, sizeof(*t->table));
	return t->headers && t->table && (t->expected || !expected) ? 0 : -ENOMEM;
}

void bench_trace_free(struct bench_trace *t)
{
	free(t->headers);
	free(t->expected);
	free(t->table);
}

/* FNV-1a, 64 bits. */
static size_t header_hash(const uint8_t *header)
{
	uint64_t hash = 0xcbf29ce484222325ull;

	for (size_t i = 0; i < TRACE_HEADER; i++)
		hash = (hash ^ header[i]) * 0x100000001b3ull;
	return hash ^ hash >> 32;
}

bool bench_trace_add(struct bench_trace *t, const uint8_t *frame, size_t len, uint32_t expected)
{
	uint8_t header[TRACE_HEADER] = {};
	size_t at;

	if (t->n == t->max)
		return false;
	memcpy(header, frame, len < sizeof(header) ? len : sizeof(header));
	for (at = header_hash(header) & t->mask; t->table[at]; at = (at + 1) & t->mask)
		if (!memcmp(t->headers[t->table[at] - 1], header, sizeof(header)))
			return false;
	memcpy(t->headers[t->n], header, sizeof(header));
	if (t->expected)
		t->expected[t->n] = expected;
	t->table[at] = ++t->n;
	return true;
}

/* Fisher and Yates, as Durstenfeld 1964 has it. */
void bench_trace_shuffle(struct bench_trace *t, uint64_t *random)
{
	for (size_t i = t->n; i > 1; i--) {
		size_t k = bench_random(random) % i;
		uint8_t header[TRACE_HEADER];
		uint32_t atom;

		memcpy(header, t->headers[i - 1], sizeof(header));
		memcpy(t->headers[i - 1], t->headers[k], sizeof(header));
		memcpy(t->headers[k], header, sizeof(header));
		if (!t->expected)
			continue;
		atom = t->expected[i - 1];
		t->expected[i - 1] = t->expected[k];
		t->expected[k] = atom;
	}
}
