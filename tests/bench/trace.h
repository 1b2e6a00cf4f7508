/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A trace: one packet a line, made into the headers of Ethernet frames.
 *
 *	PROTO SADDR DADDR SPORT DPORT [syn]     PROTO: tcp, udp
 *
 * Empty lines and lines that begin with # are skipped. A TCP packet has ACK set, or with `syn` SYN
 * alone.
 */
#ifndef XE_BENCH_TRACE_H
#define XE_BENCH_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sender.h"

struct trace_headers {
	uint64_t words[SENDER_WORDS_LONG];
};

struct trace {
	struct trace_headers *headers;
	size_t n;
	bool ipv6; /* one of them at least */
};

/*
 * Read `path` ("-": standard input). 0, -EINVAL after a line `FILE:LINE: TOKEN: reason` on stderr,
 * or another negative errno.
 */
int trace_read(const char *path, struct trace *trace);

/*
 * Set what a line does not say: MACs (6 bytes each), and the length fields and checksums for frames
 * of `size` bytes (from the Ethernet header on) that are all headers and zeros.
 */
void trace_finish(struct trace *trace, const uint8_t *dmac, const uint8_t *smac, size_t size);
void trace_free(struct trace *trace);

#endif
