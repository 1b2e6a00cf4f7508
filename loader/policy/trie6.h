/* SPDX-License-Identifier: GPL-2.0-only */
/* The IPv6 trie of the policy block (include/xdp_edge.h: windows, runs), painted from intervals. */
#ifndef XE_POLICY_TRIE6_H
#define XE_POLICY_TRIE6_H

#include "addrspace.h"

/* XE_ROOTS has been reserved. 0, -ENOMEM or -E2BIG (the block's limit). */
int trie6_paint(const struct addrspace *space, struct block_builder *block);

#endif
