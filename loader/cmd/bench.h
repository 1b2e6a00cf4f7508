/* SPDX-License-Identifier: GPL-2.0-only */
/* What the parts of `bench` hand on to each other. */
#ifndef XE_CMD_BENCH_H
#define XE_CMD_BENCH_H

#include "../kernel/bench.h"
#include "../output/bench_report.h"
#include "bench_frames.h"
#include "bench_search.h"

struct bench_request {
	unsigned rounds;
	uint32_t repeat;
	bool verdict[VERDICTS];
	const char *only;      /* --case: pattern or row id; NULL: all */
	const char *trace;     /* "random", a file, or NULL */
	const char *interface; /* NULL: one NIC for each side */
	bool csv;
};

/* What is run for the case of the same index. */
struct bench_job {
	size_t entry;
	uint8_t frame[BENCH_FRAME_MAX];
	int len;
	uint32_t atom;
	/* of a trace, instead of the frame: */
	uint8_t (*headers)[TRACE_HEADER];
	uint32_t *atoms; /* of each header */
	size_t n_headers;
};

struct bench_run {
	const struct bench_request *request;
	struct policy_ctx ctx;
	struct bench_entry entries[BENCH_ENTRIES_MAX];
	size_t n_entries;
	const struct nic *sideless; /* a trunk that has frames of no side, or NULL */
	struct bench_search search;
	struct bench *kernel;
	struct bench_report report;
	struct bench_job *jobs; /* report.n_cases */
	size_t cases_max;
	bool only_met;	    /* --case named something, if only what cannot be measured */
	uint64_t *expected; /* packets that each atom must have counted */
};

/*
 * A new case with its job, both zero but for the name; NULL with *err 0 if --case does not ask for
 * it, or with *err -ENOMEM. Valid until the next is added.
 */
struct bench_case *bench_case_add(struct bench_run *run, int *err, const char *kind,
				  const char *row, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));
struct bench_job *bench_job_last(struct bench_run *run);

/* Rows, misses and dressed frames, each shown to the program once. An exit code. */
int bench_cases(struct bench_run *run);
/* The traces that the request asks for, likewise. An exit code. */
int bench_traces(struct bench_run *run);
/* Time all of them. An exit code. */
int bench_measure(struct bench_run *run);
/* 0 or -ENOMEM. */
int bench_environment(struct bench_run *run);

/* "wan0" or "trunk0.10" */
void bench_entry_text(const struct bench_entry *entry, char *buf, size_t size);
/* "tcp 192.0.2.77:40000 > 203.0.113.10:443 SYN" */
void bench_tuple_text(const struct tuple *tuple, char *buf, size_t size);

#endif
