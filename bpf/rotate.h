/* SPDX-License-Identifier: GPL-2.0-only */
/* What the rotating prologue and its loader share. */
#ifndef XE_BPF_ROTATE_H
#define XE_BPF_ROTATE_H

#include <linux/types.h>

/*
 * The part of a frame that a trace replaces: behind the destination address, which nothing reads.
 * From byte 6 on, words of 8 bytes end where the headers of an untagged frame do (14 Ethernet, 22
 * and 38 the IPv6 addresses): no load of the program under test spans two stores, which would make
 * it wait for both of them to reach the cache.
 */
#define ROTATE_START 6
#define ROTATE_WORDS 16
#define ROTATE_END   (ROTATE_START + ROTATE_WORDS * 8)

#define ROTATE_PROGRAMS 256

struct rotate_header {
	__u64 words[ROTATE_WORDS];
};

#endif
