/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The ABI between the XDP program and user space: the flat policy block, counters, control words
 * and the records that say what an atom means. Nothing else is shared. Words are those of the
 * design: row, role, side, atom, miss, generation.
 *
 * Host byte order throughout; offsets into a block are in bytes / element size as each comment
 * says.
 */
#ifndef XDP_EDGE_H
#define XDP_EDGE_H

#include <linux/types.h>

#define XE_ABI_VERSION 3

/* NICs that one policy can hold; each has a slot. */
#define XE_MAX_NICS   64
#define XE_ROW_ID_MAX 96
#define XE_TEXT_MAX   128
#define XE_IFNAME_MAX 16

/* Which network a NIC, or one VLAN of a trunk, faces. */
enum xe_side {
	XE_SIDE_INTERNET,
	XE_SIDE_DMZ_EXTERNAL,
	XE_SIDE_DMZ_INTERNAL,
	XE_SIDE_LAN,
	XE_SIDE_MIRROR,
	XE_SIDE_COUNT
};

/*
 * Why nothing decided. The first XE_MISS_COUNT atoms of every generation are these, with an empty
 * match set; an atom further up may name one of them together with the annotations it matched.
 */
enum xe_miss {
	XE_MISS_UNMATCHED,
	XE_MISS_FOREIGN,
	XE_MISS_SPOOFED,
	XE_MISS_FRAGMENT,
	XE_MISS_IP_OTHER,
	XE_MISS_IPSEC,
	XE_MISS_NON_IP,
	XE_MISS_MALFORMED,
	XE_MISS_TOO_DEEP,
	XE_MISS_NO_POLICY,
	XE_MISS_COUNT
};

enum xe_sense { XE_FORWARD, XE_REPLY };

/*
 * What parsing leaves of a frame for the port classes. XE_L4_TCP_SYN is a TCP SYN without ACK: it
 * never is a reply, so it has classes of its own. TCP is first, so that its part of P begins at 0.
 */
enum xe_l4 { XE_L4_TCP, XE_L4_TCP_SYN, XE_L4_UDP, XE_L4_OTHER, XE_L4_ESP, XE_L4_COUNT };

/* --- the policy block ------------------------------------------------------------------------ */

/* Per NIC slot, in the block so that a reload moves sides together with everything else. */
struct xe_nic {
	__u32 plane;	/* byte offset of the pair plane of this NIC's side; 0: no side */
	__u32 vlans;	/* u32 index of 4096 plane words, one a VLAN; 0: the NIC is no trunk */
	__u32 counters; /* index in `counters` of this slot's atom 0 */
	__u32 drop;	/* count and drop: the NIC gets copies (side mirror) */
};

/*
 * Trie references (u32). Top bit 0: a leaf, the address classes: as a packet's source in the low
 * bits, as its destination above. Top bit 1: a node, its kind in the next five bits, its u32 index
 * in the rest.
 */
#define XE_REF_NODE	    0x80000000u
#define XE_REF_KIND	    0x7c000000u
#define XE_REF_MASK	    0x03ffffffu /* u32 index: blocks are 256 MiB at most */
#define XE_LEAF_SOURCE_BITS 15
#define XE_LEAF_SOURCE	    ((1u << XE_LEAF_SOURCE_BITS) - 1)
#define XE_LEAF_MAX_SOURCES (1u << XE_LEAF_SOURCE_BITS)
#define XE_LEAF_MAX_DESTS   (1u << (31 - XE_LEAF_SOURCE_BITS))

/*
 * IPv4: 65,536 references by the upper 16 bits, then nodes by the next eight and the last eight.
 * Full nodes are fastest while all of them stay in the cache; a policy that has too many for that
 * has the other kinds too.
 */
#define XE_REF_FULL 0x00000000u /* 256 references */
#define XE_REF_DEEP 0x40000000u /* any other kind: */
/* 2 << n struct xe_line, n in the two bits from XE_REF_LINES_SHIFT on: ends the walk */
#define XE_REF_LINES	   (XE_REF_DEEP | 0x20000000u)
#define XE_REF_LINES_SHIFT 27
#define XE_REF_RUNS	   (XE_REF_DEEP | 0x10000000u) /* struct xe_runs4: ends the walk */
#define XE_REF_FEW	   (XE_REF_DEEP | 0x08000000u) /* struct xe_few4: ends the walk */
#define XE_REF_RANK	   (XE_REF_DEEP | 0x00000000u) /* struct xe_rank over the third byte */
#define XE_REF_LAST	   0x04000000u		       /* with it: over the last byte */

/*
 * The runs of a half of a /16 or of a smaller part: bound k is the first address, its lower 15
 * bits, of run k + 1; 0x8000: not needed. leaf[k] is the place of run k's leaf among
 * xe_roots.leaves. All bounds of a word are compared at once (Lamport, "Multiple Byte Processing
 * with Full-Word Instructions", 1975). Aligned to its size: a packet from anywhere costs one cache
 * line.
 */
#define XE_LINE 16
struct xe_line {
	__u64 bounds[XE_LINE / 4]; /* four in each, the lowest bits first; the last is not needed */
	__u16 leaf[XE_LINE];
};

/*
 * 256 references of which neighbours are alike: bit i of `start` says that reference i is not the
 * one before it (bit 0 always); its value is value[n - 1], n the number of bits up to i. `before`
 * counts the bits in the words before each word of `start`, a byte each, the lowest for the first.
 * Aligned to a cache line.
 */
struct xe_rank {
	__u64 start[4];
	__u32 before;
	__u32 value[];
};

/*
 * The runs of a /16, or of a /24 under one: bound[k] is the last address, its lower 16 bits, of run
 * k; what is not needed is 0xffff, and its values repeat the last. Aligned to their size: one cache
 * line, and a quarter of it for what one prefix makes.
 */
#define XE_RUNS4 11
#define XE_FEW4	 3
struct xe_runs4 {
	__u16 bound[XE_RUNS4 - 1];
	__u32 value[XE_RUNS4];
};
struct xe_few4 {
	__u16 bound[XE_FEW4 - 1];
	__u32 value[XE_FEW4];
};

/*
 * IPv6: both halves of an address are walked by the same kinds of nodes, the upper half first. A
 * struct xe_low stands between them.
 */
#define XE_REF_LOW     0x40000000u /* struct xe_low; the only kind with this bit */
#define XE_REF_WINDOW  0x00000000u /* struct xe_window */
#define XE_REF_RUNS6   0x20000000u /* struct xe_runs6 */
#define XE_REF_LOWER   0x10000000u /* with the last two: a node over the lower half */
#define XE_WALK6_DEPTH 12	   /* nodes of one half on a path at most, without struct xe_low */

/*
 * A stretch of 64-bit words: i = (word - key) >> shift, whatever lies outside is i = last. It is
 * followed by last + 1 references. The key is absolute, so that one step both skips the bits that
 * all entries share and indexes by the next (level and path compression: Nilsson and Karlsson,
 * "IP-address lookup using LC-tries", 1999). Aligned to 16 bytes in the block.
 */
struct xe_window {
	__u64 key;
	__u32 shift, last;
};

/*
 * A window over the lower half, for addresses with one upper half; for others too, i = last. 32
 * bytes, aligned so.
 */
struct xe_low {
	__u64 upper;
	struct xe_window window;
	__u32 refs; /* byte offset of last + 1 references */
	__u32 ref;  /* a place for them, if there is but one */
};

/*
 * Where IPv6 begins. Hosts stand in a few subnets: those are found by a hash of the upper half, the
 * upper XE_SUBNET_BITS of its product with `multiplier` (Dietzfelbinger and others, "A reliable
 * randomized algorithm for the closest-pair problem", 1997). What has no place there, and any other
 * address, begins in subnets[0], which is none but a window over the upper half.
 */
#define XE_SUBNET_BITS 9
#define XE_SUBNETS     (1u << XE_SUBNET_BITS)
struct xe_roots {
	__u64 multiplier;
	__u32 leaves; /* IPv4: u32 index of what struct xe_line names */
	__u32 unused[5];
	struct xe_low subnets[XE_SUBNETS];
};

/*
 * The runs of a range of less than 2^63 words: bound[k] is the first word of run k + 1; what is not
 * needed repeats the last. One cache line, aligned so.
 */
#define XE_RUNS6 6
struct xe_runs6 {
	__u64 bound[XE_RUNS6 - 1];
	__u32 value[XE_RUNS6];
};

/*
 * A block starts with the header and tables whose place is fixed, so that their entries need no
 * check: the IPv4 root, by the first two address bytes, and the port classes of TCP and UDP, by the
 * port, all as they stand in the packet (network byte order) and indexed by that in host byte
 * order; and the IPv6 root. Both roots begin below 32,768, so that a load's own offset reaches
 * them. A port class is a byte offset too: four times its number.
 */
#define XE_ROOTS	2048			   /* struct xe_roots */
#define XE_ROOT4	20480			   /* __u32[65536] of references */
#define XE_PORTS_TCP	(XE_ROOT4 + 65536 * 4)	   /* __u16[65536] */
#define XE_PORTS_UDP	(XE_PORTS_TCP + 65536 * 2) /* __u16[65536] */
#define XE_BLOCK_TABLES (XE_PORTS_UDP + 65536 * 2) /* where the rest begins */

/*
 * The rest holds u32 values, each the byte offset of the next step, which nothing needs to scale.
 * Pair tables come in three layouts. Flat, for few classes:
 *   plane + source class * plane_row + destination class * 4  -> pair, its row
 *   row + P of the destination port, row + Q of the source port -> p, a row of D; q, a place in it
 *   p + q -> atom
 * Cells, for many rows, since most pairs tell ports apart in one of a few ways:
 *   plane + source class * plane_row + destination class * 2  -> pair, u16: its number
 *   cells + number * XE_PAIR_CELLS                            -> its cells, one a kind of packet
 *   cell.p + destination port class -> p, cell.q + source port class -> q
 *   cell.d + p + q                  -> atom
 * Blocks, for very many pairs: as cells, but a plane's rows are references of blocks of XE_BLOCK
 * values, equal blocks stored once: value i of a row is at (reference i / XE_BLOCK) + i % XE_BLOCK,
 * and is the offset of the pair's cells.
 */
enum xe_layout { XE_LAYOUT_FLAT, XE_LAYOUT_CELLS, XE_LAYOUT_BLOCKS };
#define XE_BLOCK 16u

/* The tables of one pair and kind of packet. XE_L4_COUNT of them are one pair's, 64 bytes with what
 * is unused behind them: one cache line. */
struct xe_cell {
	__u32 p, q, d;
};
#define XE_PAIR_CELLS 64u

/* Added to the port classes of one kind of packet. */
struct xe_l4_row {
	__u32 dport; /* flat: where its part of P begins in a pair's row; else XE_CELL_SHIFT */
	__u32 sport; /* flat: where its part of Q begins; else 0 */
};
/* Not flat: the offset of a kind's cell stands above the port class. */
#define XE_CELL_SHIFT 20

struct xe_block_header {
	__u32 abi, size; /* XE_ABI_VERSION; bytes of the block in use */
	__u32 layout;	 /* enum xe_layout */
	__u32 plane_row; /* bytes of a row of a plane */
	__u32 cells;	 /* layout cells: the first pair's */
	__u32 n_atoms;
	struct xe_l4_row l4[XE_L4_COUNT];
	struct xe_nic nic[XE_MAX_NICS];
};

_Static_assert(sizeof(struct xe_block_header) <= XE_ROOTS, "the header fits");
_Static_assert(sizeof(struct xe_roots) <= XE_ROOT4 - XE_ROOTS, "the roots fit");

/* --- counters and control --------------------------------------------------------------------- */

struct xe_counter {
	__u64 packets;
	__u64 bytes;
};

/*
 * Counters in one value of the per-CPU array: counter i stands in value i / 64 at i % 64. Reading
 * takes a system call some 120 ns a value, whatever its size, and the kernel keeps 8 bytes of
 * address a value, which every packet touches.
 */
#define XE_COUNTERS_PER_VALUE 64

/*
 * One record, one writer at a time (the loader holding the lock), many readers. `live` is stored
 * with release order after everything it names is in place.
 */
struct xe_control {
	__u64 live;   /* program epoch << 32 | live generation; 0: nothing is live */
	__u64 folded; /* totals slot << 32 | newest generation whose counters are in the totals */
	__u64 zeroed; /* newest generation whose half has been zeroed after folding */
	__u64 loaded_at; /* CLOCK_REALTIME seconds of the load */
	__u32 abi;
	__u32 n_slots;	  /* NIC slots the counters are laid out for */
	__u32 atoms_max;  /* atoms a slot: counters hold 2 x n_slots x atoms_max */
	__u32 totals_max; /* records in each of the two slots of totals */
	__u32 block_size; /* bytes of a policy block */
	__u32 unused;
};

/* --- what atoms mean: one set of three frozen arrays a generation
 * --------------------------------- */

#define XE_NO_ROW 0xffffffffu

struct xe_atom {
	__u32 row;  /* deciding row, or XE_NO_ROW */
	__u32 miss; /* enum xe_miss when no row decides */
	__u32 sense;
	__u32 syn; /* the packets are TCP SYNs without ACK */
	__u32 first_match, n_matches;
};

struct xe_match {
	__u32 row;
	__u32 sense;
};

struct xe_row {
	char id[XE_ROW_ID_MAX];
	char role[32];
	char service[XE_TEXT_MAX];
	char l4[8];
	char ports[XE_TEXT_MAX];
	char source[XE_TEXT_MAX];
	char destination[XE_TEXT_MAX];
	__u32 active;
	__u32 annotation;
};

struct xe_interface {
	char name[XE_IFNAME_MAX];
	__u32 ifindex;
	__u32 slot;
	__u32 prog_id;
	__u32 mode;	  /* XDP attach flags: XDP_FLAGS_DRV_MODE, … */
	__u32 dispatcher; /* attached through libxdp's dispatcher */
	__u32 sides;	  /* bit mask of enum xe_side */
	/* The NIC's own count of frames received, read before and after attaching. */
	__u64 rx_before, rx_after;
};

#define XE_RX_UNKNOWN 0xffffffffffffffffull /* attached again: counters go back further */

/* Counters of generations that are gone, by name, for one row (or miss) on one NIC. */
struct xe_total {
	char id[XE_ROW_ID_MAX]; /* row id, or miss name; empty: free */
	char interface[XE_IFNAME_MAX];
	struct xe_counter decided; /* of a miss: its packets */
	struct xe_counter matched;
	struct xe_counter reply;
	__u64 new_flows;
	__u32 is_miss;
	__u32 unused;
};

#endif
