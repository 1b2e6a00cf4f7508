/* SPDX-License-Identifier: GPL-2.0-only */
/* Sending: one thread a CPU, stopped after a number of packets, a time, or by a signal. */
#ifndef XE_BENCH_SENDER_RUN_H
#define XE_BENCH_SENDER_RUN_H

#include <stddef.h>
#include <stdint.h>

#include "sender.h"

struct sender_run {
	int program;		     /* descriptor of the XDP program */
	struct sender_place *places; /* its places, by CPU */
	size_t frames;		     /* of the trace */
	size_t size;		     /* bytes of a frame */
	int cpu[SENDER_CPUS_MAX];
	unsigned n_cpus, batch;
	uint64_t count; /* packets over all CPUs; 0: no limit */
	double seconds; /* 0: no limit */
	double rate;	/* packets a second over all CPUs; 0: no limit */
};

/*
 * Times are nanoseconds a packet on one CPU, taken in spans of 20 ms while frames flow: what the
 * clock says, and what the sending thread used of its CPU, the serving of the other end included.
 * The second is without what other processes took meanwhile.
 */
struct sender_times {
	uint64_t attempted;
	double seconds;		/* from start to end, some 20 ms of setting up included */
	double wall_ns, cpu_ns; /* means; 0 if no span was whole */
	double wall_ns_median, cpu_ns_median; /* of the spans */
};

/* 0, or negative errno: -EINVAL or -EOPNOTSUPP where the kernel has no live frames. */
int sender_run(const struct sender_run *run, struct sender_times *times);

/* From a signal handler: end the run early. */
void sender_stop(void);

#endif
