/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Programs kept in the kernel's XDP dispatcher while they are measured.
 *
 * A test run of an XDP program that repeats puts it into that dispatcher (the code that makes
 * indirect calls of XDP programs direct ones) and takes it out again, which waits for an RCU grace
 * period each time: some 50 ms a call, whatever it measures. A program that is attached somewhere
 * is in it already, as every program in use is. So each is attached to the loopback interface of a
 * network namespace of its own, which has no name and no process, carries no packet, and is gone
 * with its descriptor.
 */
#ifndef XE_KERNEL_BENCH_HOLD_H
#define XE_KERNEL_BENCH_HOLD_H

/* The descriptor that holds the program, or a negative errno (not reported). */
int bench_hold(int program_fd);
/* Let go of it. A process that is killed lets go too, though the kernel takes its time then. */
void bench_release(int hold);

#endif
