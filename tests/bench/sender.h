/* SPDX-License-Identifier: GPL-2.0-only */
/* What the sender's program and its user space share. */
#ifndef XE_BENCH_SENDER_H
#define XE_BENCH_SENDER_H

#include <linux/types.h>

/*
 * Headers that are written over each frame, in words of 8 bytes: Ethernet, IPv4 and TCP take 54
 * bytes, with IPv6 74. A trace of IPv4 only moves one cache line a packet.
 */
#define SENDER_WORDS_SHORT 8
#define SENDER_WORDS_LONG  10

#define SENDER_CPUS_MAX 256

/* One CPU's place in the trace; a line of its own. */
struct sender_place {
	__u64 attempted; /* frames handed to the device */
	__u32 next;	 /* frame of the trace */
} __attribute__((aligned(64)));

#endif
