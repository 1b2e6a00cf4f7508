/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The compiler: effective rows to the flat block of equivalence classes (recursive flow
 * classification: Gupta & McKeown, "Packet Classification on Multiple Fields", SIGCOMM 1999) and
 * the list of atoms. Pure: no kernel, no libbpf.
 */
#ifndef XE_POLICY_COMPILE_H
#define XE_POLICY_COMPILE_H

#include "resolve.h"

/* A NIC as the program sees it: one slot, a side for frames no VLAN entry names, sides by VLAN. */
struct nic {
	char name[XE_IFNAME_MAX];
	unsigned slot;
	int side; /* enum xe_side, or -1: frames without a named VLAN are no-policy */
	struct nic_vlan {
		uint16_t vlan;
		enum xe_side side;
	} * vlans;
	size_t n_vlans;
};

/*
 * The NICs of a site, in its order, slots 0, 1, … 0 or -ENOMEM. A caller that must keep slots
 * (reload) rewrites `slot` before compiling.
 */
int nics_from_site(const struct site *site, struct nic **nics, size_t *n);
void nics_free(struct nic *nics, size_t n);
/* Bit mask of the sides that the NICs have. */
unsigned nics_sides(const struct nic *nics, size_t n);

struct compiled {
	struct xe_block_header *block; /* block->size bytes; nic[].counters still 0 */
	uint32_t mask;		       /* for offsets into the block, as the program has it */
	uint32_t plane[XE_SIDE_COUNT]; /* byte offset of each side's pair plane; 0: not compiled */
	struct xe_atom *atoms;	       /* rows are indices of policy->rows */
	size_t n_atoms;
	struct xe_match *matches; /* each atom's match set, in precedence order */
	size_t n_matches;
	struct state_config state; /* the site's */
	/* sizes, for `check` and `status` */
	size_t n_sources, n_destinations; /* address classes at either end */
	size_t n_port, n_pairs;
	size_t n_p, n_q; /* most values of P and of Q that a pair and kind of packet has */
};

/* Largest block, bytes: what one array map value may comfortably be. */
#define COMPILE_BLOCK_MAX (256u << 20)

enum compile_layout {
	LAYOUT_AUTO,
	LAYOUT_FLAT,
	LAYOUT_CELLS,
	LAYOUT_BLOCKS,
};

struct compile_options {
	/*
	 * Bytes at most: the block, the counters of one CPU, the lists of what atoms mean and what
	 * is remembered of packets. The block is never more than COMPILE_BLOCK_MAX.
	 */
	size_t max_memory;
	enum compile_layout layout; /* for tests; the program's answers do not depend on it */
};

#define COMPILE_MEMORY_DEFAULT ((size_t)128 << 20)

/*
 * Compile for the NICs and, beyond theirs, the sides in the bit mask `sides`, in the site's mode (a
 * caller that is told another one rewrites site.mode before).
 * 0; -E2BIG with a message when a limit is passed (which, and by what); -ENOMEM.
 */
int policy_compile_with(const struct policy *policy, const struct nic *nics, size_t n_nics,
			unsigned sides, const struct compile_options *options,
			struct compiled *out);
/* With COMPILE_MEMORY_DEFAULT and LAYOUT_AUTO. */
int policy_compile(const struct policy *policy, const struct nic *nics, size_t n_nics,
		   unsigned sides, struct compiled *out);
void compiled_free(struct compiled *compiled);

/* What the program does with an atom's packets; NULL: the policy gives no verdicts. */
const struct xe_action *compiled_action(const struct compiled *compiled, uint32_t atom);
/* The class of an address as a packet's source or destination, likewise. As for struct tuple. */
const struct xe_end *compiled_end(const struct compiled *compiled, int family, const uint8_t *addr,
				  bool is_source);

/* The protocol that payloads of a row's packets are looked at for. */
enum xe_payload row_payload(const struct row *row);

/* Sets of a table that is to remember n at once: twice the places, four a set, a power of two. */
uint32_t guard_sets(uint32_t n);

/*
 * The atom of one packet on one side, by the very code the program runs (bpf/classify.h).
 * Addresses in network byte order, 4 or 16 bytes by family (4 or 6); ports in host byte order.
 */
struct tuple {
	uint8_t family;
	uint8_t proto;
	uint8_t saddr[16], daddr[16];
	uint16_t sport, dport;
	bool syn; /* TCP SYN without ACK */
};
uint32_t compiled_classify(const struct compiled *compiled, enum xe_side side,
			   const struct tuple *tuple);

#endif
