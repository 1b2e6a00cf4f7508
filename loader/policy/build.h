/* SPDX-License-Identifier: GPL-2.0-only */
/* What the stages of the compiler hand on to each other; private to compile*.c. */
#ifndef XE_POLICY_BUILD_H
#define XE_POLICY_BUILD_H

#include "compile.h"
#include "entries.h"

/* What is known of a pair of address classes on a side, beside its entries. */
#define PAIR_PROTECTED 1u
#define PAIR_IPSEC     2u
#define PAIR_SPOOFED   4u

/* What P adds to the flags of its pair: the kind of packet. */
#define TOKEN_OTHER 8u /* neither TCP nor UDP */
#define TOKEN_ESP   16u
#define TOKEN_IKE   32u
#define TOKEN_SYN   64u

struct build {
	const struct policy *policy;
	const struct nic *nics;
	size_t n_nics;
	struct entries entries;
	struct address_classes addresses;
	struct port_classes tcp, udp;
	size_t words;
	struct intern pairs, p, q,
		atoms; /* keys: entries' bits and a word of flags; an atom: rows and senses */
	struct block_builder block;
	uint64_t *key;
	uint16_t *p_rows, *q_rows; /* [pair][port class] */
	size_t n_port;
	uint32_t l4_class[XE_L4_COUNT];
	uint16_t *d; /* [P][Q]; unset: UNSEEN */
	struct compiled *out;
};

/* No id of a pair, token or atom. */
#define UNSEEN UINT16_MAX

/* Report that more ids are needed than 16 bits hold. Returns -E2BIG. */
int build_too_big(const struct build *b, const char *what, size_t n);

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

/* Stages: 0 or a negative errno (-E2BIG may be reported). */
int build_atoms(struct build *b); /* D, and the atoms it names */
int build_block(struct build *b); /* the block's parts behind the planes, and its header */
int build_lists(struct build *b); /* atoms and matches, into b->out */

#endif
