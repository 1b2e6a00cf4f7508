/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Arrays whose values are 64-bit words to be added up: counters, verdicts, notes; per CPU or, like
 * the baseline, not. A system call takes some 120 ns a value and copies it for every CPU, hence
 * batches.
 */
#ifndef XE_KERNEL_PERCPU_H
#define XE_KERNEL_PERCPU_H

#include <stddef.h>
#include <stdint.h>

struct percpu {
	int fd;
	uint32_t n_values;
	size_t words; /* 64-bit words in a value */
	int n_cpus;
};

/* Look at a map. 0; -EPROTO: its values are no words; or another negative errno. */
int percpu_open(int fd, struct percpu *out);

/* The first n words from value `first` on, each summed over CPUs. 0 or -errno. */
int percpu_sum(const struct percpu *map, uint32_t first, size_t n, uint64_t *out);

/* Zero n values. 0 or -errno. */
int percpu_zero(const struct percpu *map, uint32_t first, uint32_t n);

/*
 * Add n values from `from` on to those from `to` on, each on its CPU, and zero them; no program may
 * write them meanwhile. One system call, so that a process killed has moved all or nothing. n is
 * small: all is in memory at once. 0 or -errno.
 */
int percpu_move(const struct percpu *map, uint32_t from, uint32_t to, uint32_t n);

#endif
