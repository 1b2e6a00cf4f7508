/* SPDX-License-Identifier: GPL-2.0-only */
/* What the stages of the compiler hand on to each other; private to it. */
#ifndef XE_POLICY_BUILD_H
#define XE_POLICY_BUILD_H

#include "atoms.h"
#include "block.h"
#include "compile.h"
#include "finals.h"
#include "guard.h"
#include "pairs.h"
#include "port_classes.h"

struct build {
	const struct policy *policy;
	const struct nic *nics;
	size_t n_nics;
	unsigned sides;	   /* in use, bit mask */
	size_t max_memory; /* bytes */
	struct guard guard;
	struct entries entries;
	struct address_classes addresses;
	struct port_classes tcp, udp;
	/* port classes of all kinds of packets, one kind behind the other */
	size_t n_port;
	uint32_t l4_class[XE_L4_COUNT];
	struct pairs pairs;
	size_t sources_done; /* source classes whose pairs are made */
	struct atoms atoms;
	struct finals finals;
	struct block_builder block;
	struct compiled *out;
};

/* The port classes of one kind of packet; those without ports have one, which satisfies no limit.
 */
struct kind_ports {
	size_t n;
	const struct port_classes *classes; /* NULL: no ports */
};

static inline struct kind_ports kind_ports(const struct build *b, enum xe_l4 kind)
{
	switch (kind) {
	case XE_L4_TCP:
	case XE_L4_TCP_SYN:
		return (struct kind_ports){b->tcp.n, &b->tcp};
	case XE_L4_UDP:
		return (struct kind_ports){b->udp.n, &b->udp};
	default:
		return (struct kind_ports){1, NULL};
	}
}

/*
 * Bytes that what is made so far takes in the end: the block, but for its tries, the counters of
 * one CPU, the lists of what atoms mean, and what the program remembers of packets.
 */
size_t build_bytes(const struct build *b);
/* 0, or -E2BIG past max_memory or COMPILE_BLOCK_MAX (reported: sizes, and which rows cross). */
int build_fits(const struct build *b);
/* Report a policy that takes `bytes`, or more than that if it is not `whole`. Returns -E2BIG. */
int build_refuse(const struct build *b, size_t bytes, bool whole);
/* Report a policy of which already what it remembers of packets is too large. Returns -E2BIG. */
int build_refuse_state(const struct build *b);

/*
 * The block, in the layout asked for, or in that which suits; the lists of atoms are in b->out. 0,
 * -ENOMEM or -E2BIG (not reported).
 */
int build_block(struct build *b, enum compile_layout layout);

#endif
