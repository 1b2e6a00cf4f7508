/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The programs that `bench` compares, loaded with private maps and run by BPF_PROG_TEST_RUN: the
 * shipped object for each NIC slot in question, and the two floors. Nothing is attached or pinned,
 * no live counter moves.
 */
#ifndef XE_KERNEL_BENCH_H
#define XE_KERNEL_BENCH_H

#include "../policy/compile.h"

struct bench;

enum bench_program {
	BENCH_PASS,  /* the bare verdict */
	BENCH_COUNT, /* parse and count */
	BENCH_EDGE,  /* the shipped program */
	BENCH_PROGRAMS
};

/* How a frame must come out of a program. */
enum bench_ending {
	BENCH_PASSES,
	BENCH_DROPS,  /* because the policy says so */
	BENCH_COPIED, /* dropped: the NIC is made one that gets copies */
	BENCH_EITHER  /* frames of several kinds: not looked at */
};

/* What to run: a program, as the NIC of one slot, to which ending. */
struct bench_target {
	enum bench_program program;
	unsigned slot;
	enum bench_ending ending;
};

/* Bytes of the shipped program, and the compiler that built it. */
struct bench_sizes {
	uint32_t xlated, jited; /* jited 0: it is interpreted */
	char built_by[128];
};

/*
 * Load everything for the slots in the bit mask `slots` (XE_MAX_NICS is 64). The floors are those
 * of `beside`, which must stay open longer; NULL: they are loaded too. 0 or a negative errno,
 * reported with cause and remedy.
 */
int bench_open(const struct compiled *compiled, uint64_t slots, const struct bench *beside,
	       struct bench **out);
void bench_close(struct bench *bench);
void bench_sizes(const struct bench *bench, struct bench_sizes *out);

/* What the program said of a frame. */
struct bench_told {
	uint32_t atom; /* counted under */
	bool dropped;
};

/*
 * Show one frame (14 to BENCH_FRAME_MAX bytes) as the NIC of `slot` to a program that tells what it
 * makes of it. It counts where the others do; what it remembers of frames, flows and so on, are its
 * own. 0 or a negative errno.
 */
int bench_tell(struct bench *bench, unsigned slot, const void *frame, uint32_t len,
	       struct bench_told *out);

/* Run one frame once through the shipped program, to be remembered. 0 or a negative errno. */
int bench_show(struct bench *bench, unsigned slot, const void *frame, uint32_t len);

/*
 * Run one frame `repeat` times to the target's ending, which is checked (-EPROTO); *ns gets
 * nanoseconds a run. The clock is this thread's CPU time around the system call, less that of a
 * call with one run: finer than the whole nanoseconds that the kernel reports, and without the time
 * that other processes took. 0 or a negative errno.
 */
int bench_run(struct bench *bench, const struct bench_target *target, const void *frame,
	      uint32_t len, uint32_t repeat, double *ns);

/*
 * Load a trace: `n` frames of TRACE_HEADER bytes each; what follows them in a frame is zeros up to
 * TRACE_FRAME bytes. It stays until the next is loaded. 0 or a negative errno.
 */
#define TRACE_HEADER 134  /* ROTATE_END */
#define TRACE_FRAME  3072 /* fits one buffer on every page size */
int bench_trace_load(struct bench *bench, const uint8_t (*frames)[TRACE_HEADER], size_t n);
/* As bench_run(), over the trace from its start. */
int bench_trace_run(struct bench *bench, const struct bench_target *target, uint32_t repeat,
		    double *ns);

/* The packets that the shipped program has counted under each atom, over CPUs. 0 or -errno. */
int bench_counted(const struct bench *bench, uint64_t *packets, size_t n_atoms);

#endif
