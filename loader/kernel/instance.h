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

/*
 * As instance_run(), at the time `now` (ns, not 0, of a clock that never goes back) for all that is
 * remembered of frames before. *out gets what came of it: the atom it was counted under and, of
 * policies that give verdicts, the rest.
 */
int instance_trace(struct instance *instance, const void *frame, uint32_t len, uint64_t now,
		   struct xe_trace *out);

/* What became of the frame that was run last: enum xdp_action. */
uint32_t instance_action(const struct instance *instance);

/* What enforce does from then on, ns of the same clock: it only rehearses. 0: never. 0 or -errno.
 */
int instance_deadline(struct instance *instance, uint64_t deadline);

/*
 * Put another policy in place of the one loaded, as a reload does: another generation with what the
 * last one remembers. Its features must be the same, and its block and atoms no more than the
 * first's fit. 0 or a negative errno (not reported).
 */
int instance_reload(struct instance *instance, const struct compiled *compiled);

/* This instance's counter of one atom, summed over CPUs. 0 or a negative errno, as of all below. */
int instance_counter(struct instance *instance, uint32_t atom, struct xe_counter *out);

/* The same of a role (0: none) and of the NIC; of a policy without features nothing. */
int instance_verdicts(struct instance *instance, uint32_t role, struct xe_verdicts *out);
int instance_notes(struct instance *instance, struct xe_notes *out);

#endif
