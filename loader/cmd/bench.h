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

/* A policy that is measured. */
struct bench_subject {
	const struct policy *policy;
	const struct compiled *compiled;
	struct bench *kernel;
	uint64_t slots;	    /* of NICs that have programs */
	uint64_t *expected; /* packets that each atom must have counted */
	bool loose;	    /* but of replies it is not known which had their flows */
};

/* A frame, as it enters by the NIC of a slot. */
struct bench_packet {
	unsigned slot;
	uint8_t frame[BENCH_FRAME_MAX];
	int len; /* 0: none */
	uint32_t atom;
};

/* What is run for the case of the same index. */
struct bench_job {
	struct bench_subject *subject;
	struct bench_packet packet;
	struct bench_packet before; /* without which it would be another case: its flow's first */
	enum bench_ending ending[VERDICTS];
	bool run[VERDICTS];
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
	/* the same of all interfaces: flows may begin elsewhere */
	struct bench_entry beginnings[BENCH_ENTRIES_MAX];
	size_t n_beginnings;
	const struct nic *sideless; /* a trunk that has frames of no side, or NULL */
	struct bench_search search;
	struct bench_subject subject;	 /* the site as it is */
	struct bench_features *features; /* and with settings changed */
	struct bench_report report;
	struct bench_job *jobs; /* report.n_cases */
	size_t cases_max;
	bool only_met; /* --case named something, if only what cannot be measured */
};

/*
 * A new case with its job, both zero but for the name; NULL with *err 0 if --case does not ask for
 * it, or with *err -ENOMEM. Valid until the next is added.
 */
struct bench_case *bench_case_add(struct bench_run *run, int *err, const char *kind,
				  const char *row, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));
struct bench_job *bench_job_last(struct bench_run *run);
/* Whether --case asks for it. */
bool bench_case_wanted(const struct bench_run *run, const char *kind, const char *row,
		       const char *name);
/*
 * Fill in the newest case: a tuple as it is dressed, entering by `entry`, which `subject` must
 * count under `atom`. What has to come before it comes before it; what cannot be measured gets its
 * reason. An exit code.
 */
int bench_case_set(struct bench_run *run, struct bench_subject *subject,
		   const struct bench_entry *entry, const struct tuple *tuple,
		   enum bench_dress dress, uint32_t atom);
/* Make the newest case a trace that enters by `entry`; its headers are taken. An exit code. */
struct bench_trace;
int bench_case_trace(struct bench_run *run, struct bench_subject *subject,
		     const struct bench_entry *entry, struct bench_trace *trace);

/* 0 or a negative errno (reported): load a subject's programs, beside those of the site. */
int bench_subject_open(struct bench_subject *subject, const struct policy *policy,
		       const struct compiled *compiled, uint64_t slots,
		       const struct bench_subject *beside);
void bench_subject_close(struct bench_subject *subject);

/* Rows, misses and dressed frames, each shown to the program once. An exit code. */
int bench_cases(struct bench_run *run);
/* The site with features on and off, the same packets for all. An exit code. */
int bench_features(struct bench_run *run);
void bench_features_free(struct bench_run *run);
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
/* The packet that comes back; never a SYN. */
void bench_tuple_back(const struct tuple *tuple, struct tuple *back);

#endif
