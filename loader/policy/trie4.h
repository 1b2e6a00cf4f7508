/* SPDX-License-Identifier: GPL-2.0-only */
/* The IPv4 trie of the policy block (include/xdp_edge.h: full, rank, run nodes), painted from
 * intervals. */
#ifndef XE_POLICY_TRIE4_H
#define XE_POLICY_TRIE4_H

#include "addrspace.h"

/* XE_ROOT4 has been reserved. 0, -ENOMEM or -E2BIG (the block's limit). */
int trie4_paint(const struct addrspace *space, struct block_builder *block);

#endif
