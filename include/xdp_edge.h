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

#define XE_ABI_VERSION 5

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
	XE_MISS_MARTIAN,
	XE_MISS_SPOOFED,
	XE_MISS_UNSOLICITED,
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

/* --- verdicts: what becomes of a packet (loader/policy/VERDICTS.md) ----------------------------- */

enum xe_mode { XE_MODE_MONITOR, XE_MODE_REHEARSE, XE_MODE_ENFORCE };

/* Why a packet is dropped, or would be. */
enum xe_reason {
	XE_REASON_UNMATCHED,
	XE_REASON_FOREIGN,
	XE_REASON_MARTIAN,
	XE_REASON_SPOOFED,
	XE_REASON_DENY_LIST,
	XE_REASON_DENY_ROW,
	XE_REASON_LIMITED,
	XE_REASON_UNSOLICITED,
	XE_REASON_FRAGMENT_DENIED, /* its first fragment was dropped */
	XE_REASON_FRAGMENT_ORPHAN, /* its first fragment is not known */
	XE_REASON_IP_OTHER,
	XE_REASON_IPSEC,
	XE_REASON_ECHO,
	XE_REASON_NON_IP,
	XE_REASON_MALFORMED,
	XE_REASON_TOO_DEEP,
	XE_REASON_COUNT
};

/* What passes whatever the rows say, each counted by its name. */
enum xe_exempt {
	XE_EXEMPT_ARP,
	XE_EXEMPT_LLDP,
	XE_EXEMPT_STP,
	XE_EXEMPT_EAPOL,
	XE_EXEMPT_LACP,
	XE_EXEMPT_PPPOE_DISCOVERY,
	XE_EXEMPT_ND,
	XE_EXEMPT_PMTU,
	XE_EXEMPT_ECHO,
	XE_EXEMPT_DHCP,
	XE_EXEMPT_COUNT
};

/* What happens to the tables that remember packets. */
enum xe_event {
	XE_EVENT_FLOW_NEW,
	XE_EVENT_FLOW_EVICTED,	/* a flow that was alive gave way to a new one */
	XE_EVENT_FLOW_FULL,	/* a new flow found only established ones and is not remembered */
	XE_EVENT_FRAGMENT_EVICTED,
	XE_EVENT_BUCKET_EVICTED,
	XE_EVENT_COUNT
};

/* What a policy needs of the program, bits; what is not set costs nothing. */
enum xe_feature {
	XE_FEATURE_WATCH = 1,	/* what would be dropped is counted and remembered for suggestions */
	XE_FEATURE_GUARD = 2,	/* verdicts: rehearse and enforce */
	XE_FEATURE_STATE = 4,	/* with GUARD: flows */
	XE_FEATURE_PAYLOAD = 8, /* payload classes */
	XE_FEATURE_LIMITS = 16,
	XE_FEATURE_NAT = 32,
	XE_FEATURE_TRACE = 64, /* private instances: struct xe_trace is read and written */
	XE_FEATURE_CAPTURE = 128 /* copies of packets; of programs, never of a policy */
};

/* What an atom's packets need before they pass. */
enum xe_act {
	XE_ACT_PASS,	/* nothing */
	XE_ACT_FORWARD, /* nothing; the flow is remembered */
	XE_ACT_REPLY,	/* a flow; without one, what `otherwise` says */
	XE_ACT_DROP,	/* `reason` says why */
	XE_ACT_MISS	/* to be looked at more closely: xe_action.miss */
};

/* What a reply without a flow is: the miss, or what a later row of its match set makes of it. */
enum xe_otherwise {
	XE_OTHERWISE_UNSOLICITED,
	XE_OTHERWISE_FORWARD, /* as XE_ACT_FORWARD */
	XE_OTHERWISE_DENY,    /* dropped: XE_REASON_DENY_ROW */
	XE_OTHERWISE_PASS     /* as XE_ACT_PASS: that row is a DHCP row, which begins no flow */
};

/*
 * The protocol that a row's packets speak, by the row's app. A row may be both tcp and udp, so that
 * an atom does not know which: the program tells the two forms of TURN and DNS apart by the
 * packet's protocol. What is neither TCP nor UDP is not looked at.
 */
enum xe_payload {
	XE_PAYLOAD_NONE,
	XE_PAYLOAD_TURN, /* STUN, MS-TURN, ChannelData, relayed media; TCP: pseudo-TLS, framed */
	XE_PAYLOAD_RTP,
	XE_PAYLOAD_TLS,
	XE_PAYLOAD_DNS,
	XE_PAYLOAD_COUNT
};

/* One an atom, in the block of policies that guard. */
struct xe_action {
	__u8 act;	/* enum xe_act */
	__u8 reason;	/* enum xe_reason, of XE_ACT_DROP */
	__u8 otherwise; /* enum xe_otherwise, of XE_ACT_REPLY */
	__u8 payload;	/* enum xe_payload; none without XE_FEATURE_PAYLOAD */
	__u8 miss;	/* enum xe_miss, where no row decides; of XE_ACT_MISS and of drops */
	__u8 reply;	/* the deciding sense is reply */
	/*
	 * 1-based place in the limits, 0: none. Of what passes as forward: XE_ACT_FORWARD,
	 * XE_ACT_PASS (a limit on all packets), and XE_ACT_REPLY that is XE_OTHERWISE_FORWARD or
	 * XE_OTHERWISE_PASS.
	 */
	__u16 limit;
};

/* One an address class, of sources and of destinations, in the block of policies that guard. */
struct xe_end {
	__u8 role; /* 1-based index in `roles` of the deepest protected role; 0: not protected */
	__u8 unused;
	__u16 nat; /* 1-based place in the translations; 0: none */
};

/* A host's address before translation and behind it; network byte order, as the family has it. */
struct xe_nat {
	__u8 other[16]; /* what the address at hand is translated to, or from */
};

/* A token bucket's rate (generic cell rate algorithm, ITU-T I.371). */
struct xe_limit {
	__u64 interval;	 /* ns between two packets */
	__u64 tolerance; /* ns that a packet may come early: (burst - 1) x interval */
	__u64 key;	 /* of the row, the same in all generations */
	__u32 packets;	 /* of every packet, not only of new flows */
	__u32 unused;
};

/* The clock of flows and fragments: one tick is 2^28 ns, a quarter of a second. */
#define XE_TICK_SHIFT 28

/* After how long without packets a flow, or a fragment, is forgotten. */
enum xe_flow_life {
	XE_LIFE_NEW,
	XE_LIFE_CLOSING,
	XE_LIFE_TCP,
	XE_LIFE_UDP,
	XE_LIFE_OTHER,
	XE_LIFE_FRAGMENT,
	XE_LIFE_COUNT
};

/* --- the policy block ------------------------------------------------------------------------ */

/* Per NIC slot, in the block so that a reload moves sides together with everything else. */
struct xe_nic {
	__u32 plane;	/* byte offset of the pair plane of this NIC's side; 0: no side */
	/*
	 * u32 index of 4096 plane words, one a VLAN; 0: the NIC is no trunk. 128 words follow them:
	 * bit i % 32 of word i / 32 says that VLAN i faces the internet.
	 */
	__u32 vlans;
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

/* What the program needs to give verdicts; offsets in bytes from the block's beginning. */
struct xe_guard {
	__u32 mode;	    /* enum xe_mode */
	__u32 features;	    /* enum xe_feature */
	__u32 actions;	    /* struct xe_action[n_atoms]; all pass if this policy gives no verdicts */
	__u32 sources;	    /* struct xe_end by source class */
	__u32 destinations; /* struct xe_end by destination class */
	__u32 nats;	    /* struct xe_nat[] */
	__u32 limits;	    /* struct xe_limit[] */
	__u8 drop_foreign, drop_non_ip, drop_echo, pass_orphans;
	__u32 life[XE_LIFE_COUNT]; /* ticks */
	/* bit `slot`: the NIC's own side is internet; of a trunk its VLANs tell (struct xe_nic) */
	__u32 internet[XE_MAX_NICS / 32];
	__u32 unused;
};

struct xe_block_header {
	__u32 abi, size; /* XE_ABI_VERSION; bytes of the block in use */
	__u32 layout;	 /* enum xe_layout */
	__u32 plane_row; /* bytes of a row of a plane */
	__u32 cells;	 /* layout cells: the first pair's */
	__u32 n_atoms;
	struct xe_guard guard;
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
	__u64 deadline;	 /* CLOCK_MONOTONIC ns: from there on enforce only rehearses; 0: never */
	__u64 baseline_at; /* CLOCK_REALTIME seconds: since when `baseline` counts */
	__u32 abi;
	__u32 n_slots;	  /* NIC slots the counters are laid out for */
	__u32 atoms_max;  /* atoms a slot: counters hold 2 x n_slots x atoms_max */
	__u32 totals_max; /* records in each of the two slots of totals */
	__u32 block_size; /* bytes of a policy block */
	__u32 unused;
	/* By generation & 1, for readers, who may not look into blocks. */
	__u32 mode[2];	   /* enum xe_mode */
	__u32 features[2]; /* enum xe_feature */
	__u32 life[2][XE_LIFE_COUNT]; /* ticks */
};

/*
 * What is remembered of packets: sets of four entries, one cache line, each entry a tag (a keyed hash of
 * what it stands for; 0: free) and a word that is replaced whole. Two sets may hold a tag (Azar and
 * others, "Balanced allocations", 1994).
 */
#define XE_WAYS 4
struct xe_entry {
	__u64 tag;
	__u64 word; /* a flow's, a fragment's: struct xe_memory; a bucket's: ns, when it is full again */
};
struct xe_set {
	struct xe_entry way[XE_WAYS];
};

enum xe_flow_state { XE_FLOW_NEW, XE_FLOW_REPLIED, XE_FLOW_ESTABLISHED, XE_FLOW_CLOSING };

#define XE_FLOW_FIN	  1u  /* seen from the forward side */
#define XE_FLOW_FIN_REPLY 2u  /* from the other */
#define XE_FLOW_PAYLOAD	  4u  /* the first payload has been looked at, forward */
#define XE_FLOW_PAYLOAD_REPLY 8u
#define XE_FLOW_ACTIVE	  16u /* TURN: Set Active Destination was asked for */
#define XE_FRAGMENT_DENIED 1u

/* The word of a flow or a fragment. */
struct xe_memory {
	__u32 seen; /* tick of the clock */
	__u8 state; /* enum xe_flow_state */
	__u8 life;  /* enum xe_flow_life, when established */
	__u8 flags;
	__u8 generation; /* of a fragment: the low bits */
};

/*
 * Per CPU, by [NIC slot][role]: 0 is no role, else 1 + its index in `roles`. One slot more than NICs
 * holds what those had counted that are gone.
 */
#define XE_ROLES_MAX 64
#define XE_VERDICTS_AT(slot, role) ((slot) * XE_ROLES_MAX + (role))
struct xe_verdicts {
	struct xe_counter dropped[XE_REASON_COUNT];
	struct xe_counter would[XE_REASON_COUNT]; /* have been dropped in enforce */
};

/* Per CPU, by NIC slot; one more as in verdicts. */
struct xe_notes {
	struct xe_counter exempt[XE_EXEMPT_COUNT];
	__u64 events[XE_EVENT_COUNT];
};

/* Per CPU, beside `counters`: by atom, what its packets' payload looked like. */
struct xe_conformity {
	__u64 conforming, other;
};

/* A packet that is, or would be, dropped, without what differs from one to the next of its kind. */
struct xe_suspect_key {
	__u8 saddr[16], daddr[16]; /* network byte order; IPv4 in the first four */
	__u8 family, proto;
	__u8 at_source; /* `port` is the source's */
	__u8 slot;	/* of the NIC */
	__u16 port;	/* the service's, host byte order; 0 without ports */
	__u16 vlan;
};
struct xe_suspect {
	__u64 packets, bytes;	/* estimates where packets came faster than they were recorded */
	__u64 first, last;	/* CLOCK_MONOTONIC ns */
	__u32 reason;		/* enum xe_reason */
	__u32 syn;		/* TCP: a SYN was among them */
	__u64 recorded;		/* packets that were; `packets` has those skipped before them too */
};
#define XE_SUSPECTS_MAX 4096

/* One CPU's budget of records, and what was skipped since the last one. */
struct xe_suspicion {
	__u64 jiffy; /* the one that `spent` is of */
	__u64 spent; /* records in it */
	__u64 packets, bytes;
	struct xe_suspect_key key; /* room for the next record: the stack has none to spare */
	struct xe_suspect fresh;
};

struct xe_role_name {
	char name[64];
};

/* What a private instance is told and tells; an attached program knows nothing of it. */
struct xe_trace {
	__u64 now;     /* in: ns, the clock of all that is remembered */
	__u32 atom;    /* out: counted under */
	__u32 verdict; /* 0 passed, 1 dropped, or would be */
	__u32 reason;  /* enum xe_reason if so */
	__u32 exempt;  /* 1 + enum xe_exempt that passed it, or 0 */
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
	char verdict[64]; /* allow, deny, limit … */
	__u32 active;
	__u32 annotation;
	__u32 payload; /* enum xe_payload that is looked for */
	__u32 forward_only; /* it has no reply sense */
};

struct xe_interface {
	char name[XE_IFNAME_MAX];
	__u32 ifindex;
	__u32 slot;
	__u32 prog_id;
	__u32 mode;	  /* XDP attach flags: XDP_FLAGS_DRV_MODE, … */
	__u32 dispatcher; /* libxdp's program that ours was attached through; 0: it is alone */
	__u32 sides;	  /* bit mask of enum xe_side */
	__u32 epoch;	  /* of the program */
	__u32 features;	  /* enum xe_feature that it has, or XE_FEATURES_UNKNOWN */
	/* A reload attached it beside: it takes over, with these features, when the next epoch is
	 * live. 0: none. */
	__u32 next_prog_id, next_features;
	/* The NIC's own count of frames received, read before and after attaching. */
	__u64 rx_before, rx_after;
};

#define XE_FEATURES_UNKNOWN 0xffffffffu /* the program is being replaced */
#define XE_RX_UNKNOWN 0xffffffffffffffffull /* attached again: counters go back further */

/* Counters of generations that are gone, by name, for one row (or miss) on one NIC. */
struct xe_total {
	char id[XE_ROW_ID_MAX]; /* row id, or miss name; empty: free */
	char interface[XE_IFNAME_MAX];
	struct xe_counter decided; /* of a miss: its packets */
	struct xe_counter matched;
	struct xe_counter reply;
	__u64 new_flows;
	struct xe_conformity payload;
	struct xe_counter decided_reply;
	__u64 decided_new;
	__u32 is_miss;
	__u32 unused;
};

/* --- copies of packets: `xdp-edge capture` --------------------------------------------------- */

/*
 * Which packets are copied, and how much of them. One writer, the command; the program writes
 * `nth` and `full` only.
 */
struct xe_capture {
	__u64 lease;	     /* CLOCK_MONOTONIC ns: nothing is copied from there on */
	__u64 slots;	     /* NICs, a bit each */
	__u64 roles;	     /* drops that count for one of these: bit 1 + index in `roles` */
	struct xe_limit rate; /* of copies; interval 0: no limit */
	__u64 nth;	     /* packets chosen until now */
	__u64 full;	     /* when the rate's bucket is full again */
	__u32 generation[2]; /* whose atoms stand in which half of `chosen`; 0: none */
	__u32 words;	     /* of each half */
	__u32 reasons;	     /* not 0: drops for one of these only, a bit each */
	__u32 every;	     /* one packet out of so many */
	__u32 snap;	     /* bytes of a packet at most, XE_SNAP_MAX */
	__u32 all;	     /* atoms and roles do not matter */
	__u32 unused;
};
#define XE_SNAP_MAX 65535

/* Per CPU, by NIC slot. What was chosen is any of those below it, each packet once. */
struct xe_captured {
	__u64 seen;	   /* by the capturing program */
	__u64 stale;	   /* of a generation whose atoms the command does not know yet */
	__u64 chosen;	   /* what was asked for */
	__u64 expired;	   /* the command had let its lease run out */
	__u64 sampled_out; /* of 1/N */
	__u64 limited;	   /* over the rate */
	__u64 lost;	   /* no room in the ring */
	__u64 copied;
};

/* A copy in the ring; `captured` bytes of the frame follow. */
struct xe_sample {
	__u64 at; /* CLOCK_MONOTONIC ns */
	__u32 generation, atom;
	__u32 length, captured; /* bytes of the frame, and those that were copied */
	__u8 slot;
	__u8 reason; /* enum xe_reason, or XE_REASON_COUNT: none, it passes */
	__u8 role;   /* that the drop counts for, as in `roles` of struct xe_capture; 0: none */
	__u8 dropped; /* for that reason; else it only would be */
	__u32 action; /* what the program returned, XDP_PASS or XDP_DROP */
};

#endif
