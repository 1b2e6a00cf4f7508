/* SPDX-License-Identifier: GPL-2.0-only */
/* The BPF object, opened and sized for one policy: what attached programs and private instances
 * share. */
#ifndef XE_KERNEL_OBJECT_H
#define XE_KERNEL_OBJECT_H

#include <stdbool.h>
#include <stdint.h>

#include "xdp_edge.h"

struct bpf_program;
struct xdp_edge_bpf;

/* What differs between two programs made from the one object. */
struct object_config {
	uint32_t slot; /* NIC slot */
	uint32_t epoch;
	uint32_t block_size; /* bytes of one policy value, a power of two */
	uint32_t counters;   /* records in `counters` */
	uint32_t features;   /* of the policy: enum xe_feature */
	uint32_t n_slots;    /* with features: NICs that `verdicts` and `notes` count for; 0: one */
	/* sets of the tables that the features need, powers of two; 0: one */
	uint32_t flow_sets, fragment_sets, bucket_sets;
	const uint64_t *secret; /* four words, for the hashes; NULL: one of its own */
	enum object_kind {
		OBJECT_PLAIN, /* frames of one buffer */
		OBJECT_FRAGS, /* frames of several */
		OBJECT_TRACE, /* both, with a clock of its own, and says what came of a frame:
				 private instances */
	} kind;
};

/*
 * Open the object, set its constants and sizes; nothing is loaded yet. Maps the program does not
 * use are left out. Returns NULL with errno set.
 */
struct xdp_edge_bpf *object_open(const struct object_config *config);
/* The one program of the object that will be loaded: by kind, and by the features it was opened
 * with. */
struct bpf_program *object_program(struct xdp_edge_bpf *skel, enum object_kind kind);

/* Make a secret for the hashes of what is remembered, odd numbers. 0 or a negative errno. */
int object_secret(uint64_t secret[4]);

/* The smallest block: a power of two that holds the tables of fixed place. */
#define OBJECT_BLOCK_MIN (1u << 20)
_Static_assert(OBJECT_BLOCK_MIN >= XE_BLOCK_TABLES, "the tables of fixed place fit");

/* The power of two that holds `size` bytes, at least OBJECT_BLOCK_MIN. */
uint32_t object_block_size(uint32_t size);

/*
 * libbpf's and libxdp's own messages: kept back, and shown on stderr when verbose, or by
 * object_log_flush() when something failed and nobody here knows better.
 */
void object_log_init(bool verbose);
void object_log_flush(void);
/* What the kernel or the driver itself gave as the reason, of the messages kept; NULL if it said
 * nothing. */
const char *object_log_cause(void);
/* Whether the kernel's verifier gave up on the program loaded last (E2BIG). libxdp makes other
 * errors of that. */
bool object_log_too_complex(void);

#endif
