/* SPDX-License-Identifier: GPL-2.0-only */
/* A trace being made: different headers, and in which order they come. */
#ifndef XE_CMD_BENCH_HEADERS_H
#define XE_CMD_BENCH_HEADERS_H

#include "bench.h"

/* Different headers; a hash table finds those that are there already. */
struct bench_trace {
	uint8_t (*headers)[TRACE_HEADER];
	uint32_t *expected; /* by the compiled policy; NULL: not known */
	size_t n, max;
	uint32_t *table; /* index + 1; 0: free */
	size_t mask;
};

/* For at most `max` headers; `expected` if it is known what each is. 0 or -ENOMEM. */
int bench_trace_open(struct bench_trace *t, size_t max, bool expected);
void bench_trace_free(struct bench_trace *t);
/* True if it was new, and there was room. */
bool bench_trace_add(struct bench_trace *t, const uint8_t *frame, size_t len, uint32_t expected);
void bench_trace_shuffle(struct bench_trace *t, uint64_t *random);

/* Open it and fill it from a capture file, in the file's order. An exit code (reported). */
int bench_trace_read(const char *path, struct bench_trace *t);

#endif
