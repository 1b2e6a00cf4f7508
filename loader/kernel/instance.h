/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A private instance of the shipped program with private maps: nothing attached, nothing pinned, no
 * live counter moved. For `explain --kernel`, `replay` and the tests, by BPF_PROG_TEST_RUN.
 */
#ifndef XE_KERNEL_INSTANCE_H
#define XE_KERNEL_INSTANCE_H

#include "../policy/compile.h"

struct instance;

/*
 * Load the program for one of the compiled policy's NIC slots with its own maps.
 * 0 or a negative errno, reported on stderr with cause and remedy.
 */
int instance_open(const struct compiled *compiled, unsigned slot, struct instance **out);
void instance_close(struct instance *instance);

/*
 * Run one frame (at least 14 bytes: the kernel refuses less) through it once. *atom gets the atom
 * it was counted under. 0 or a negative errno (not reported).
 */
int instance_run(struct instance *instance, const void *frame, uint32_t len, uint32_t *atom);

/* Nanoseconds a run by the kernel's own clock, over `repeat` runs of the same frame. */
int instance_time(struct instance *instance, const void *frame, uint32_t len, uint32_t repeat,
		  uint32_t *ns);

/* This instance's counter of one atom, summed over CPUs. */
int instance_counter(struct instance *instance, uint32_t atom, struct xe_counter *out);

#endif
