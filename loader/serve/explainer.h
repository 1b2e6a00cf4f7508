/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The server's explain: a process of its own that reads and compiles the site file and keeps it
 * until the file, or one that it needs, changes. What is slow, faulty or too large about a site
 * then costs the one who asks his answer, never others theirs.
 */
#ifndef XE_SERVE_EXPLAINER_H
#define XE_SERVE_EXPLAINER_H

#include "../cmd/cmd.h"
#include "../policy/compile.h"

#define EXPLAIN_WAITING_MAX 16	/* questions at once */
#define EXPLAIN_SECONDS	    30	/* for one answer */
#define EXPLAIN_IDLE_S	    600 /* without a question, the process ends */

/* A question, as it goes to the process, which is of the same program. */
struct explain_ask {
	struct tuple tuple;
	bool side_given;
	enum xe_side side;
	/* What is loaded; generation 0: nothing. */
	uint32_t generation;
	uint64_t rows_digest, generation_at; /* readings.h */
};

/* The head of an answer; `len` bytes of JSON follow. */
struct explain_told {
	uint32_t status; /* of HTTP */
	uint32_t len;
};

struct explainer;

/*
 * The answer to one question: `json`, `len` bytes, is the callee's to free; NULL: no memory.
 * `token`: what was given with the question.
 */
typedef void (*explain_answer)(void *token, unsigned status, char *json, size_t len);

/* Of the options the site file, the spec and the memory limit. NULL: no memory. */
struct explainer *explainer_new(const struct options *options, explain_answer answer);
/* Ends the process. Whoever still waits is told so. */
void explainer_free(struct explainer *explainer);

/* 0, or -EAGAIN if too many wait already. The answer may come before it returns. */
int explainer_ask(struct explainer *explainer, const struct explain_ask *ask, void *token);
/* What to wait for in poll(); -1: nothing. */
int explainer_fd(const struct explainer *explainer);
/*
 * Take what has come, and give up what takes too long. Returns when to call again at the latest,
 * CLOCK_MONOTONIC ns; UINT64_MAX: never.
 */
uint64_t explainer_turn(struct explainer *explainer, uint64_t now);

/* The process: answers what comes by `fd` until that is closed. */
void explain_serve(const struct options *options, int fd) __attribute__((noreturn));

#endif
