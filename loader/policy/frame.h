/* SPDX-License-Identifier: GPL-2.0-only */
/* The smallest frame that carries a tuple: what `explain --kernel` shows to the program. */
#ifndef XE_POLICY_FRAME_H
#define XE_POLICY_FRAME_H

#include "compile.h"

/* Longest result: Ethernet, IPv6 and TCP headers. */
#define FRAME_MAX (14 + 40 + 20)

/*
 * Ethernet, IPv4 (no options) or IPv6 (no extension headers) and a TCP, UDP or no further header,
 * lengths and checksums right, no payload, no VLAN tag, not padded to Ethernet's minimum. A TCP
 * frame has ACK set, or SYN alone if tuple->syn. Returns its length in bytes, or -EINVAL if `size`
 * is too small or the family is neither 4 nor 6.
 */
int frame_build(const struct tuple *tuple, void *buf, size_t size);

#endif
